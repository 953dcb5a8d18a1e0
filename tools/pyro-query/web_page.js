// What is shown is `state`; the address bar keeps all of it that differs from EMPTY, so that links and the back button
// work. `go` changes it. Changes of ASKS need new answers from the server, the others are drawn from what is here.
const EMPTY = { service: '', type: '', labels: '', range: '1h', from: '', until: '', by: '', nodes: '', tenant: '', a: '', b: '',
	la: '', lb: '', live: '', find: '', view: 'both', sort: '', zoom: '', focus: '' };
const ASKS = 'service type labels range from until by nodes tenant a b la lb live'.split(' ');
const RANGES = { '5m': 5, '15m': 15, '1h': 60, '6h': 360, '24h': 1440, '7d': 10080, '30d': 43200 }, MINUTE = 6e4, DAY = 864e5, quote = JSON.stringify;
let state, shown, step, series = [], board, boards = [], asking, timer, active = 'a', drag;
const views = document.querySelectorAll('[data-view]'), on = (id, event, fn) => $(id).addEventListener(event, fn);
const table = new FunctionTable($('table'), { sort: sort => go({ sort }), pick: name => go({ find: state.find === `"${name}"` ? '' : `"${name}"` }) });
const button = (text, onclick) => el('button', { onclick }, text);
const join = (...parts) => parts.filter(Boolean).join(', ');

function read() {
	const p = new URLSearchParams(location.hash.slice(1));
	state = { ...EMPTY, ...Object.fromEntries([...p].filter(([k]) => k in EMPTY)) };
	if (!(+state.from < +state.until)) state.from = state.until = '';
	if (!RANGES[state.range]) state.range = '1h';
	if (!['a', 'b'].every(k => side(k)[0] < side(k)[1])) state.a = state.b = '';
}
function write(replace) {
	const p = new URLSearchParams(Object.entries(state).filter(([k, v]) => v !== EMPTY[k]));
	if ('#' + p !== location.hash) history[replace ? 'replaceState' : 'pushState'](null, '', '#' + p);
}
function go(changes, replace) {
	const old = state;
	state = { ...state };
	for (const k in changes) state[k] = String(changes[k]);
	write(replace);
	show(old);
}
function show(old) { if (ASKS.some(k => old[k] !== state[k])) refresh(); else draw(); }
const side = k => state[k].split('-').map(Number), name = k => k === 'a' ? 'before' : 'after', sides = () => state.a ? ['a', 'b'] : [];
const selector = more => `{${join(state.service && 'service_name=' + quote(state.service), state.labels, more)}}`;

// ---- the server ----
async function ask(what, body) {
	const headers = { 'Content-Type': 'application/json' };
	if (state.tenant) headers['X-Scope-OrgID'] = state.tenant;
	const r = await fetch('querier.v1.QuerierService/' + what, { method: 'POST', headers, body: quote(body), signal: asking.signal }).catch(e => {
		throw e.name === 'AbortError' ? e : Error('The server does not answer. Is it running?');
	});
	const answer = await r.json().catch(e => { if (r.ok) throw e; return {}; });
	if (r.ok) return answer;
	if (r.status === 401) $('tenants').hidden = false;
	throw Error(r.status === 401 ? 'This server has tenants: enter one above.' : answer.message || `${what}: status ${r.status}`);
}
async function refresh() {
	if (asking) asking.abort();
	const mine = asking = new AbortController(), now = Date.now();
	clearTimeout(timer);
	shown = state.from ? [+state.from, +state.until] : [now - RANGES[state.range] * MINUTE, now];
	busy(true);
	let wrong = '';
	try { await answers(...shown); } catch (e) { wrong = e.message; }
	if (mine !== asking) return;
	$('error').hidden = !wrong;
	$('error').replaceChildren(wrong + ' ', button('Try again', refresh));
	busy(false);
	if (state.live) timer = setTimeout(refresh, 1e4);
}
function busy(yes) {
	$('progress').hidden = !yes;
	$('main').ariaBusy = yes;
	controls();
}
async function answers(start, end) {
	const pairs = l => (l.labels || []).map(x => [x.name, x.value]), types = new Map();
	for (const l of (await ask('Series', { labelNames: ['service_name', '__profile_type__'], start, end })).labelsSet || []) {
		const { service_name: s = '', __profile_type__: t = '' } = Object.fromEntries(pairs(l));
		types.set(s, [...types.get(s) || [], t]);
	}
	const services = [...types.keys()].sort();
	state.service = state.service || services[0] || '';
	const own = (types.get(state.service) || []).sort();
	if (!own.includes(state.type) && own.length) state.type = own.find(t => t.startsWith('process_cpu:cpu:')) || own[0];
	write(true);
	options('service', services, state.service, s => s || '–');
	options('type', own, state.type, typeText);
	if (!own.length) return nothing(services);
	step = Math.max(15, Math.ceil((end - start) / 18e5) * 15);
	const query = { profileTypeID: state.type, labelSelector: selector(), start, end };
	const tree = (k, more) => ({ ...query, ...k && { start: side(k)[0], end: side(k)[1], labelSelector: selector(more) }, ...state.nodes && { maxNodes: state.nodes } });
	const [over, flame, sets] = await Promise.all([
		ask('SelectSeries', { ...query, step, groupBy: state.by ? [state.by] : [] }),
		state.a ? ask('Diff', { left: tree('a', state.la), right: tree('b', state.lb) }) : ask('SelectMergeStacktraces', tree()),
		ask('Series', { matchers: [selector()], start, end })]);
	const labels = new Map();
	for (const [n, v] of (sets.labelsSet || []).flatMap(pairs)) if (!n.startsWith('__') && n !== 'service_name') labels.set(n, (labels.get(n) || new Set()).add(v));
	const names = [...labels.keys()].sort();
	options('by', ['', ...names], state.by, s => s || 'nothing');
	$('add').replaceChildren(new Option('+ label', ''), ...names.map(n => el('optgroup', { label: n },
		...[...labels.get(n)].sort().slice(0, 200).map(v => new Option(`${n} = ${v}`, n + '=' + quote(v))))));
	series = (over.series || []).map(s => ({ name: pairs(s).map(l => l[1]).join(), points: (s.points || []).map(p => [+p.timestamp, p.value || 0]) }));
	for (const s of series) s.sum = sum(s.points.map(p => p[1]));
	series.sort((x, y) => y.sum - x.sum);
	const g = flame.flamegraph || {}, m = flameModel(g.names || [], (g.levels || []).map(l => l.values || []), !!state.a);
	if (!m.totals[0] && !m.totals[1]) return nothing(services);
	board = new Board(m, state.type.split(':')[2], { zoom: z => go({ zoom: z.up ? z.path : '' }), select: detail });
	boards = [];
	$('empty').hidden = true;
	draw();
}
// Nothing to draw: says why, and what helps.
async function nothing(services) {
	const stats = await ask('GetProfileStats', {}), newest = +stats.newestProfileTime + MINUTE, wide = shown[1] - shown[0];
	const help = (text, changes) => button(text, () => go({ a: '', b: '', ...changes }));
	board = null;
	$('empty').hidden = false;
	$('empty').replaceChildren(...!stats.dataIngested ? [el('h2', {}, 'No profiles yet'), 'Point a Pyroscope SDK at this address, or push a file:',
		el('pre', {}, `curl --data-binary @cpu.pb.gz "${location.origin}/ingest?name=shop&format=pprof"`), help('Wait for one', { live: 1 })
	] : [el('h2', {}, services.length ? `No ${state.type} of ${selector()} in this time` : 'No profiles in this time'),
		el('p', {}, `The newest profile is of ${new Date(newest - MINUTE).toLocaleString()}.`),
		help('Show the newest', { from: newest - wide, until: newest }), help('Last 7 days', { range: '7d', from: '', until: '' }),
		state.labels ? help('Without labels', { labels: '' }) : '']);
	draw();
}

// ---- what is drawn ----
function options(id, values, chosen, text) {
	if (!values.includes(chosen)) values = [chosen, ...values];
	$(id).replaceChildren(...values.map(v => new Option(text(v), v, false, v === chosen)));
}
const zone = t => new Date(t).getTimezoneOffset() * MINUTE, clock = (t, day) => new Date(t).toLocaleString([], { dateStyle: day ? 'short' : undefined, timeStyle: 'short' });
function controls() {
	options('range', [...Object.keys(RANGES), 'exact'], state.from ? 'exact' : state.range, r => RANGES[r] ? 'last ' + r : 'from … until');
	for (const k of ['labels', 'tenant', 'find', 'nodes', 'la', 'lb']) if ($(k) !== document.activeElement) $(k).value = state[k];
	['from', 'until'].forEach((k, i) => { $(k).value = new Date(shown[i] - zone(shown[i])).toISOString().slice(0, 19); });
	$('compare').ariaPressed = !!state.a;
	$('live').ariaPressed = !!state.live;
	for (const b of views) b.ariaPressed = b.dataset.view === state.view;
	$('exact').hidden = !state.from;
	$('sides').hidden = !state.a;
	for (const k of sides()) {
		$('pick-' + k).ariaPressed = k === active;
		$('time-' + k).textContent = side(k).map((t, i) => clock(t, !i)).join(' – ');
	}
	if (state.tenant) $('tenants').hidden = false;
}
function draw() {
	controls();
	$('over').hidden = $('graph').hidden = !board;
	if (!board) return;
	timeline();
	labels();
	const m = board.model, part = k => valueText(sums[k], board.unit) + ' (' + percent(sums[k], m.totals[k]) + ')';
	let accept = null, wrong = '';
	try { accept = finder(state.find); } catch (e) { wrong = e.message; }
	board.hits = accept && new Set(m.names.filter(accept));
	board.zoom = board.top;
	if (state.zoom) for (const f of framesOf(m)) if (f.path === +state.zoom) { board.zoom = f; break; }
	if (boards.focus !== state.focus) flames(state.focus);
	for (const b of boards) { b.hits = board.hits; b.redraw(); }
	$('result').className = m.two ? 'two' : '';
	$('result').dataset.view = state.view;
	$('all').hidden = !board.zoom.up || !!state.focus;
	$('leave').hidden = !state.focus;
	$('leave').textContent = 'Leave ' + state.focus;
	table.sort = state.sort;
	const n = table.fill(board), sums = board.hits && board.matched();
	$('found').textContent = wrong || (sums ? `${n} found: ${part(0)}${m.two ? ' before, ' + part(1) + ' after' : ''}` : '');
}
// The canvases: one; before and after; or callers and callees of one function.
function flames(focus) {
	const m = board.model, split = m.names.includes(focus);
	boards = split ? [true, false].map(up => new Board(through(m, focus, up), board.unit, { select: detail })) : [board];
	boards.focus = focus;
	board.views = [];
	$('flames').replaceChildren(...boards.flatMap((b, i) => {
		const up = split && !i, what = split ? i ? 'callees' : 'callers' : '';
		return (m.two ? sides() : ['']).map(k => {
			const view = new FlameView(b, k === 'b' ? 1 : 0, `flame graph ${k && name(k)} ${what}`, up), cap = el('div', { className: 'cap ' + k });
			if (k) cap.append(`${name(k)}: ${valueText(m.totals[view.side], b.unit)} `);
			if (k || split) cap.append(el('small', {}, what + ({ a: ' blue: less afterwards', b: ' red: more than before' }[k] || '')));
			return el('div', {}, cap, view.box);
		});
	}));
	if (split) for (const v of boards[0].views) v.box.scrollTop = 1e6;
	detail();
}
function detail(f, b) {
	$('detail').hidden = !f;
	if (!f) return;
	const n = f.name;
	$('detail').replaceChildren(el('b', {}, n), el('span', {}, b.facts(f).join(' · ')), button('Zoom', () => b.zoomTo(f)), button('Find', () => go({ find: `"${n}"` })),
		f.up && n !== state.focus ? button('Callers', () => go({ focus: n, zoom: '' })) : '', button('Close', () => b.select()));
}

// ---- over time ----
const COLOURS = ['', '#1c7ed6', '#2f9e44', '#ae3ec9', '#f59f00', '#0c8599', '#e64980', '#868e96'];
const rate = v => state.type.startsWith('process_cpu:cpu:') ? digits(v / step / 1e9) + ' cores' : valueText(v, board.unit);
const typeText = t => t.split(':').slice(0, 2).join(' · '), sum = list => list.reduce((a, b) => a + b, 0);
// Values by time and place in COLOURS; the last one is for all other series.
function stacks() {
	const at = new Map();
	series.forEach((s, k) => { for (const [t, v] of s.points) { if (!at.has(t)) at.set(t, Array(8).fill(0)); at.get(t)[Math.min(k, 7)] += v; } });
	return at;
}
function timeline() {
	const c = $('timeline'), w = c.clientWidth, h = c.clientHeight, dpr = devicePixelRatio, [from, until] = shown, g = c.getContext('2d');
	if (!w || !board) return;
	const css = getComputedStyle(c), own = n => css.getPropertyValue(n), X = t => (t - from) / (until - from) * w;
	const at = stacks(), top = Math.max(...[...at.values()].map(sum), 1e-9), bar = Math.max(1.5, step * 1000 / (until - from) * w - 1), low = h - 18;
	const rect = (colour, ...r) => { g.fillStyle = colour; g.fillRect(...r); };
	c.width = w * dpr;
	c.height = h * dpr;
	g.scale(dpr, dpr);
	g.font = '11px system-ui,sans-serif';
	for (const y of [0, .5, 1]) rect(own('--line'), 0, Math.round(low - y * (low - 16)), w, 1);
	for (const k of sides()) {
		const [f, u] = drag && drag.k === k ? drag.to : side(k), colour = k === 'a' ? '#0ca678' : '#ae3ec9';
		rect(colour + (k === active ? '40' : '20'), X(f), 16, X(u) - X(f), low - 16);
		for (const t of [f, u]) rect(colour, X(t) - 1, 16, 2, low - 16);
		g.fillText(name(k), Math.max(X(f) + 2, k === 'a' ? 90 : 140), 11);
	}
	for (const [t, values] of at) {
		let y = low;
		values.forEach((v, k) => { v *= (low - 16) / top; y -= v; rect(COLOURS[k] || own('--hot'), Math.max(0, X(t) - bar), y, bar, v); });
	}
	if (drag && !drag.k) rect('#8886', X(drag.to[0]), 0, X(drag.to[1]) - X(drag.to[0]), low);
	g.fillStyle = own('--dim');
	g.fillText(rate(top), 2, 11);
	g.textAlign = 'center';
	const tick = [1, 5, 15, 30, 60, 180, 360, 720, 1440, 4320].map(m => m * MINUTE).find(t => X(from + t) > 70) || 9e9;
	for (let t = Math.ceil((from - zone(from)) / tick) * tick + zone(from); X(t) < w - 30; t += tick) if (X(t) > 30) g.fillText(tick < DAY ? clock(t) : new Date(t).toLocaleDateString(), X(t), h - 4);
}
function labels() {
	$('title').textContent = `${typeText(state.type)} of ${state.service}${state.a ? '' : ': ' + valueText(board.model.totals[0], board.unit)}`;
	$('timeline').ariaLabel = shown.map(t => clock(t, 1)).join(' to ') + ': arrows move, + and - zoom';
	$('legend').replaceChildren(...(state.by ? series : []).slice(0, 8).map((s, k) => {
		const others = k === 7 && series.length > 8, dot = el('span', {}, '■ ');
		dot.style.color = COLOURS[k] || 'var(--hot)';
		return el('button', { disabled: others, onclick: () => go({ labels: join(state.labels, state.by + '=' + quote(s.name)) }) }, dot, others ? series.length - 7 + ' others' : s.name || '(none)');
	}));
}
const timeAt = e => Math.round(shown[0] + Math.min(1, Math.max(0, e.offsetX / $('timeline').clientWidth)) * (shown[1] - shown[0]));
on('timeline', 'pointerdown', e => {
	if (e.button) return;
	const t = timeAt(e), near = (shown[1] - shown[0]) / e.target.clientWidth * 7;
	drag = { from: t, to: [t, t], k: state.a && active };
	for (const k of sides()) side(k).forEach((edge, i, r) => { if (Math.abs(edge - t) < near) drag = { from: r[1 - i], to: r, k }; });
	e.target.setPointerCapture(e.pointerId);
});
on('timeline', 'pointermove', e => {
	const t = timeAt(e), at = stacks(), y = at.get([...at.keys()].find(x => x >= t && x < t + step * 1000));
	if (drag) { drag.to = [drag.from, t].sort((a, b) => a - b); timeline(); }
	showTip([clock(t, 1), ...y ? state.by ? series.slice(0, 8).flatMap((s, k) => y[k] ? s.name + ': ' + rate(y[k]) : []) : [rate(sum(y))] : []], e);
});
on('timeline', 'pointerleave', () => showTip());
on('timeline', 'pointercancel', () => { drag = null; timeline(); });
on('timeline', 'pointerup', () => {
	const { k, to = [0, 0] } = drag || {};
	drag = null;
	if (to[1] - to[0] < Math.max(1e3, (shown[1] - shown[0]) / 200)) timeline();
	else go(k ? { [k]: to.join('-') } : { from: to[0], until: to[1] });
});
on('timeline', 'keydown', e => {
	const how = plain(e) && { ArrowLeft: [-.25, 1], ArrowRight: [.25, 1], '+': [0, .5], '-': [0, 2] }[e.key];
	if (how) { e.preventDefault(); move(...how); }
});
// By a part of what is shown, and wider; in a comparison the side that is chosen.
function move(by, wider) {
	const [f, u] = state.a ? side(active) : shown, middle = (f + u) / 2 + by * (u - f), half = Math.max(500, (u - f) / 2 * wider), [from, until] = [middle - half, middle + half].map(Math.round);
	go(state.a ? { [active]: from + '-' + until } : { from, until });
}

// ---- controls ----
for (const k of ['by', 'nodes', 'tenant', 'la', 'lb']) on(k, 'change', e => go({ [k]: e.target.value.trim() }));
on('labels', 'change', e => go({ labels: e.target.value.trim().replace(/^\{|\}$/g, '') }));
on('add', 'change', e => go({ labels: join(state.labels, e.target.value) }));
on('service', 'change', e => go({ service: e.target.value, zoom: '', focus: '' }));
on('type', 'change', e => go({ type: e.target.value, zoom: '' }));
on('range', 'change', e => go(RANGES[e.target.value] ? { range: e.target.value, from: '', until: '' } : { from: shown[0], until: shown[1] }));
on('exact', 'change', () => { const [from, until] = ['from', 'until'].map(k => +new Date($(k).value)); if (from < until) go({ from, until }); });
on('find', 'input', e => go({ find: e.target.value }, true));
on('reload', 'click', refresh);
on('live', 'click', () => go({ live: state.live ? '' : 1 }));
on('compare', 'click', () => state.a ? go({ a: '', b: '', la: '', lb: '', zoom: '' }) : compare('half'));
on('preset', 'change', e => { compare(e.target.value); e.target.value = ''; });
function compare(how) {
	const [f, u] = shown, m = Math.round((f + u) / 2), back = { half: 0, day: DAY, week: 7 * DAY }[how] ?? how * (u - f);
	go({ a: how === 'half' ? f + '-' + m : f - back + '-' + (u - back), b: (how === 'half' ? m : f) + '-' + u });
}
for (const k of ['a', 'b']) on('pick-' + k, 'click', () => { active = k; draw(); });
on('theme', 'click', () => { chooseTheme(isDark() ? 'light' : 'dark'); draw(); });
for (const [id, ...how] of [['earlier', -.5, 1], ['later', .5, 1], ['wider', 0, 2]]) on(id, 'click', () => move(...how));
on('all', 'click', () => board.zoomTo());
on('leave', 'click', () => go({ focus: '' }));
for (const b of views) b.onclick = () => go({ view: b.dataset.view });
addEventListener('keydown', e => {
	if (!plain(e)) return;
	if (e.key === 'Escape') { $('find').value = ''; detail(); return go({ find: '', zoom: '', focus: '' }); }
	const id = !/INPUT|SELECT/.test(e.target.tagName) && { '/': 'find', c: 'compare', r: 'reload', l: 'live', t: 'theme' }[e.key];
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
