// ---- controls ----
for (const k of ['by', 'nodes', 'tenant', 'la', 'lb', 'ta', 'tb', 'tone', 'heat', 'ftype']) on(k, 'change', e => go({ [k]: e.target.value.trim() }));
on('labels', 'change', e => go({ labels: e.target.value.trim().replace(/^\{|\}$/g, '') }));
on('add', 'change', e => go({ labels: join(state.labels, e.target.value) }));
on('service', 'change', e => go({ service: e.target.value, zoom: '', focus: '', fn: '' }));
on('type', 'change', e => go({ type: e.target.value, zoom: '' }));
on('kind', 'change', e => go({ type: e.target.value }));
on('range', 'change', e => go(RANGES[e.target.value] ? { range: e.target.value, from: '', until: '' } : { from: shown[0], until: shown[1] }));
on('exact', 'change', () => { const [from, until] = ['from', 'until'].map(k => +new Date($(k).value)); if (from < until) go({ from, until }); });
on('find', 'input', e => go({ find: e.target.value }, true));
on('faint', 'change', e => go({ faint: e.target.checked ? 1 : '' }));
on('reload', 'click', refresh);
on('live', 'click', () => go({ live: state.live ? '' : 1 }));
on('compare', 'click', () => {
	if (!state.a) return state.file ? choose('compare') : compare('half');
	go({ a: '', b: '', la: '', lb: '', ta: '', tb: '', file: state.fb && state.fa, fa: '', fb: '', zoom: '' });
});
on('preset', 'change', e => { compare(e.target.value); e.target.value = ''; });
function compare(how) {
	const [f, u] = shown.map(Math.round), m = Math.round((f + u) / 2), back = { half: 0, day: DAY, week: 7 * DAY }[how] ?? how * (u - f);
	go({ a: how === 'half' ? f + '-' + m : f - back + '-' + (u - back), b: (how === 'half' ? m : f) + '-' + u });
}
for (const k of ['a', 'b']) {
	on('pick-' + k, 'click', () => { active = k; draw(); });
	on('file-' + k, 'click', () => state['f' + k] ? go({ ['f' + k]: '' }) : choose(k));
}
on('theme', 'click', () => { chooseTheme(isDark() ? 'light' : 'dark'); draw(); });
for (const [id, ...how] of [['earlier', -.5, 1], ['later', .5, 1], ['wider', 0, 2]]) on(id, 'click', () => move(...how));
on('all', 'click', () => board.zoomTo(0));
on('leave', 'click', () => go({ focus: '' }));
on('home', 'click', () => go({ ...EMPTY, range: state.range, from: state.from, until: state.until, tenant: state.tenant, type: state.type }));
for (const [b, k, v] of switches) b.onclick = () => go({ [k]: v });
for (const b of $$('[data-tab]')) b.onclick = () => go({ tab: b.dataset.tab });
on('export', 'toggle', e => { if (e.target.open) exportMenu(); });
addEventListener('pointerdown', e => { if (!e.target.closest('#export')) $('export').open = false; });
on('open', 'click', () => choose('view'));
on('unfile', 'click', () => go({ file: '', ftype: '', a: '', b: '', fa: '', fb: '', zoom: '', focus: '', shape: '' }));
on('files', 'change', e => take([...e.target.files], taking));
const dropping = e => [...e.dataTransfer.types].includes('Files');
addEventListener('dragover', e => {
	if (!dropping(e)) return;
	e.preventDefault();
	$('drop').hidden = false;
	$('drop-compare').hidden = !board;
	for (const p of ['drop-view', 'drop-compare']) $(p).className = e.target.id === p ? 'over' : '';
});
addEventListener('dragleave', e => { if (!e.relatedTarget) $('drop').hidden = true; });
addEventListener('drop', e => {
	if (!dropping(e)) return;
	e.preventDefault();
	$('drop').hidden = true;
	take([...e.dataTransfer.files], e.target.id === 'drop-compare' ? 'compare' : 'view');
});

// ---- keys ----
const KEYS = { '/': ['find', 'find functions'], s: ['home', 'all services'], c: ['compare', 'compare'], o: ['open', 'open a file'], r: ['reload', 'reload'], l: ['live', 'reload every ten seconds'], t: ['theme', 'light or dark'], '?': ['help', 'these keys'] };
const MORE = { Esc: 'clear the search, zoom out', '← → ↑ ↓': 'choose frames; move in time', Enter: 'zoom in, open "other"', 'Backspace, Home': 'zoom out', '+ −': 'zoom in time' };
on('help', 'click', () => {
	const row = (k, s) => el('tr', {}, el('td', {}, k), el('td', {}, s));
	$('keys').replaceChildren(el('table', {}, ...Object.entries({ ...KEYS, ...MORE }).map(([k, s]) => row(k, [s].flat().pop()))), button('Close', () => $('keys').close()));
	$('keys').showModal();
});
addEventListener('keydown', e => {
	if (!plain(e) || $('keys').open) return;
	if (e.key === 'Escape') { $('find').value = ''; $('export').open = false; if (board) board.select(null); for (const b of boards) b.zoomTo(0); return go({ find: '', zoom: '', focus: '' }); }
	const [id] = !/INPUT|SELECT/.test(e.target.tagName) && KEYS[e.key] || [];
	if (!id) return;
	e.preventDefault();
	if (id === 'find') $(id).focus(); else $(id).click();
});
addEventListener('popstate', () => { const old = state; read(); show(old); });
new ResizeObserver(timeline).observe($('over'));
matchMedia('(prefers-color-scheme:dark)').onchange = () => { chooseTheme(); draw(); };
chooseTheme();
read();
refresh();
