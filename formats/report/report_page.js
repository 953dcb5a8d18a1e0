// The page of one profile or of two, opened from disk: what it shows stands in the element "data". What is chosen stands
// behind the # of the address, so that links, reload and the back button work here as on the page of the server.
chooseTheme();
const data = JSON.parse($('data').textContent), EMPTY = { graph: String(data.chosen), find: '', view: 'both', sort: '', zoom: '', focus: '', flip: data.flame ? 1 : '' };
const graphs = data.graphs.map(g => ({ ...g, model: null })), views = $$('[data-view]');
let state, board, boards = [];
const table = new FunctionTable($('table'), { sort: sort => go({ sort }), pick: name => go({ find: state.find === `"${name}"` ? '' : `"${name}"` }) });
const button = (text, onclick) => el('button', { onclick }, text);

function read() {
	const p = new URLSearchParams(location.hash.slice(1));
	state = { ...EMPTY, ...Object.fromEntries([...p].filter(([k]) => k in EMPTY)) };
	if (!graphs[state.graph]) state.graph = EMPTY.graph;
}
function go(changes, replace) {
	for (const k in changes) state[k] = String(changes[k]);
	const p = new URLSearchParams(Object.entries(state).filter(([k, v]) => v !== String(EMPTY[k])));
	if ('#' + p !== (location.hash || '#')) history[replace ? 'replaceState' : 'pushState'](null, '', '#' + p);
	draw();
}
function show() {
	const g = graphs[state.graph];
	g.model = g.model || flameModel(g.names, g.levels, data.diff);
	board = new Board(g.model, g.unit, { select: detail, zoom: i => go({ zoom: i ? board.model.path[i] : '' }) });
	board.graph = state.graph;
	boards.key = '';
}
function draw() {
	if (!board || board.graph !== state.graph) show();
	const m = board.model;
	let accept = null, bad = '';
	try { accept = finder(state.find); } catch (e) { bad = e.message; }
	if ($('search').value !== state.find) $('search').value = state.find;
	board.zoom = state.zoom ? Math.max(0, m.path.indexOf(+state.zoom)) : 0;
	if (boards.key !== state.focus + '\n' + state.flip) flames();
	for (const b of new Set([board, ...boards])) { b.found = accept && search(b.model, accept); b.redraw(); }
	const { found } = board, sums = found ? found.sums : m.totals, word = found ? 'matched ' : '';
	const part = k => valueText(sums[k], board.unit) + (found ? ' (' + percent(sums[k], m.totals[k]) + ')' : '');
	$('stat').textContent = bad || word + (m.two ? part(0) + ' before, ' + part(1) + ' after' : part(0));
	document.body.dataset.view = state.view;
	for (const b of views) b.ariaPressed = b.dataset.view === state.view;
	$('type').value = state.graph;
	$('leave').hidden = !state.focus;
	$('leave').textContent = 'Leave ' + state.focus;
	table.sort = state.sort;
	table.fill(board);
}
function flames() {
	const m = board.model, split = m.names.includes(state.focus), upward = !!state.flip;
	boards = split ? [true, false].map(up => new Board(through(m, state.focus, up), board.unit, { select: detail })) : [board];
	boards.key = state.focus + '\n' + state.flip;
	board.views = [];
	$('flames').replaceChildren(...boards.flatMap((b, i) => (m.two ? ['before', 'after'] : ['']).map((side, k) => {
		const what = split ? i ? 'callees' : 'callers' : '', v = new FlameView(b, k, `flame graph ${side} ${what}`, split ? !i : upward);
		const cap = side && `${side}: ${valueText(m.totals[k], b.unit)}` + (split ? '' : k ? ' · red: more than before' : ' · blue: less afterwards');
		return el('div', { className: what }, el('div', { className: 'cap' }, [cap, what].filter(Boolean).join(' · ')), v.box);
	})));
	document.body.className = (split ? 'split ' : '') + (m.two ? 'two' : '');
	for (const v of boards.flatMap(b => b.views)) if (v.upward) v.box.scrollTop = 1e6;
	detail(null);
}
function detail(i, b) {
	$('detail').hidden = i === null;
	if (i === null) return;
	const n = nameOf(b.model, i);
	$('detail').replaceChildren(el('b', {}, n), el('span', {}, b.facts(i).join(' · ')), button('Zoom', () => b.zoomTo(i)), button('Find', () => go({ find: `"${n}"` })),
		i && n !== state.focus ? button('Callers', () => go({ focus: n, zoom: '' })) : '', button('Close', () => b.select(null)));
}

$('type').replaceChildren(...graphs.map((g, i) => el('option', { value: i }, g.type || 'values')));
$('type').hidden = graphs.length < 2;
$('type').onchange = e => go({ graph: e.target.value, zoom: '' });
$('search').oninput = e => go({ find: e.target.value }, true);
$('reset').onclick = () => board.zoomTo(0);
$('leave').onclick = () => go({ focus: '' });
$('flip').onclick = () => go({ flip: state.flip ? '' : 1 });
$('theme').onclick = () => { chooseTheme(isDark() ? 'light' : 'dark'); draw(); };
for (const b of views) b.onclick = () => go({ view: b.dataset.view });
addEventListener('keydown', e => {
	if (!plain(e)) return;
	if (e.key === 'Escape') { board.select(null); return go({ find: '', zoom: '', focus: '' }); }
	const id = !/INPUT|SELECT/.test(e.target.tagName) && { '/': 'search', t: 'theme', f: 'flip' }[e.key];
	if (!id) return;
	e.preventDefault();
	if (id === 'search') $(id).focus(); else $(id).click();
});
addEventListener('popstate', () => { read(); draw(); });
matchMedia('(prefers-color-scheme:dark)').onchange = () => { chooseTheme(); draw(); };
read();
draw();
