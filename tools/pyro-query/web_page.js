// What is shown is `state`; the address bar keeps all of it that differs from EMPTY, so that links and the back button
// work. `go` changes it. Changes of ASKS need new answers from the server, the others are drawn from what is here.
// Of a comparison: a, b are times, la, lb labels, ta, tb tenants, fa, fb uploaded files instead of them.
const EMPTY = { service: '', type: '', labels: '', range: '1h', from: '', until: '', by: '', nodes: '', tenant: '', a: '', b: '',
	la: '', lb: '', ta: '', tb: '', fa: '', fb: '', file: '', ftype: '', live: '', find: '', view: 'both', shape: '', heat: '',
	tone: '', faint: '1', tab: '', fn: '', sort: '', zoom: '', focus: '' };
const ASKS = 'service type labels range from until by nodes tenant a b la lb ta tb fa fb file ftype live shape heat'.split(' ');
const RANGES = { '5m': 5, '15m': 15, '1h': 60, '6h': 360, '24h': 1440, '7d': 10080, '30d': 43200 }, MINUTE = 6e4, DAY = 864e5, quote = JSON.stringify;
let state, shown, step, series = [], sizes, board, boards = [], chart, asking, timer, active = 'a', drag, labelSets = new Map();
const switches = [...$$('[data-view],[data-shape]')].map(b => [b, ...Object.entries(b.dataset)[0]]), on = (id, event, fn) => $(id).addEventListener(event, fn);
const files = new Map(), table = new FunctionTable($('table'), { sort: sort => go({ sort }), pick: name => go({ find: state.find === `"${name}"` ? '' : `"${name}"`, fn: name }) });
const button = (text, onclick, more) => el('button', { onclick, ...more }, text);
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
	if ('#' + p !== (location.hash || '#')) history[replace ? 'replaceState' : 'pushState'](null, '', '#' + p);
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
// What a side ('' without comparison) is of: an uploaded file, or a selection.
function pick(k) {
	const file = k ? state['f' + k] : state.file, [from, until] = k ? side(k) : shown;
	return file ? { file } : { tenant: k && state['t' + k] || state.tenant, selector: selector(k && state['l' + k]), from, until };
}

// ---- the server ----
const WORDS = { 401: 'This server has tenants: enter one above.',
	501: 'For that the server needs -querier.heatmaps-enabled.', 502: 'A part of the server is not there.', 503: 'The server is starting or stopping. Try again in a moment.', 504: 'That took too long: choose a shorter time or more labels.' };
async function call(path, options, tenant = state.tenant) {
	const headers = { ...options.headers, ...tenant && { 'X-Scope-OrgID': tenant } };
	const r = await fetch(path, { signal: asking && asking.signal, ...options, headers }).catch(e => {
		throw e.name === 'AbortError' ? e : Error('The server does not answer. Is it running?');
	});
	if (r.ok) return r;
	const said = await r.json().catch(() => ({}));
	if (r.status === 401) $('tenants').hidden = false;
	const wrong = /parse error: (.*)/s.exec(said.message);
	throw Object.assign(Error(wrong ? `These labels cannot be read: ${wrong[1]}. They are written like env="prod", pod=~"web-.*".` : WORDS[r.status] || said.message && said.message + (r.status === 429 ? ': try again in a moment.' : '') || `The server answers with status ${r.status}.`), { status: r.status });
}
const send = async (what, body, tenant) => (await call(what, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: quote(body) }, tenant)).json();
const ask = (what, body, tenant) => send('querier.v1.QuerierService/' + what, body, tenant);
const adhoc = (what, body) => send('adhocprofiles.v1.AdHocProfileService/' + what, body);
const address = (path, q) => path + '?' + new URLSearchParams(Object.entries(q).flatMap(([k, v]) => [v].flat().map(x => [k, x])).filter(([, v]) => v !== '' && v !== undefined));
const fromRender = (p, more) => ({ query: state.type + p.selector, from: p.from, until: p.until, 'max-nodes': state.nodes, ...more });
function graphOfAnswer(g, times) {
	const { names = [], levels = [] } = g.flamebearer || {}, { units, sampleRate, name } = g.metadata;
	return { model: flameModel(names, levels, false, times), unit: units === 'samples' && sampleRate === 1e9 && name === 'cpu' ? 'nanoseconds' : units };
}
// The sample type that is shown of a file.
const typeOf = file => state.ftype || (files.get(file) || {}).type || '';
// {model, unit} of a side; only what is below the functions of site, root first.
async function graphOf(p, site = [], more) {
	if (!p.file) return graphOfAnswer(await (await call(address('pyroscope/render', fromRender(p, { callSite: site, ...more })), {}, p.tenant)).json());
	const r = await adhoc('Get', { id: p.file, profileType: state.ftype || state.type.split(':')[1] || '', maxNodes: +state.nodes || 2e5, ...more });
	files.set(p.file, { name: r.name, types: r.profileTypes || [], type: r.profileType });
	return graphOfAnswer(JSON.parse(r.flamebearerProfile));
}
// What one event of a side, drawn as m, is worth, for chance(): as pyro-diff(7) has it; 0: nobody knows.
async function eventOf(p, unit, m) {
	if (p.file) {
		const { types, type } = files.get(p.file), counts = types.find(t => t === 'samples');
		if (!counts || counts === type) return unit === 'nanoseconds' || unit === 'bytes' ? 0 : 1;
		return m.totals[0] / JSON.parse((await adhoc('Get', { id: p.file, profileType: counts, maxNodes: 1 })).flamebearerProfile).flamebearer.numTicks;
	}
	const [, , own, , period] = state.type.split(':');
	if (own === 'count') return 1;
	if (own !== period) return 0;
	if (own === 'nanoseconds') return sampleTime(m);
	const r = await ask('SelectMergeProfile', { profileTypeID: state.type, labelSelector: p.selector, start: p.from, end: p.until, maxNodes: 1 }, p.tenant);
	return +r.period > 1 ? +r.period : 0;
}

async function refresh() {
	if (asking) asking.abort();
	const mine = asking = new AbortController(), now = Date.now(), focus = document.activeElement;
	clearTimeout(timer);
	shown = state.from ? [+state.from, +state.until] : [now - RANGES[state.range] * MINUTE, now];
	busy(true);
	let wrong = '';
	try { await answers(...shown); } catch (e) { wrong = e.message; }
	if (mine !== asking) return;
	complain(wrong, refresh);
	busy(false);
	if (focus !== document.body && (document.activeElement === document.body || !document.activeElement.getClientRects().length)) $('title').focus();
	if (state.live) timer = setTimeout(refresh, 1e4);
}
function complain(text, again) {
	$('error').hidden = !text;
	$('error').replaceChildren(text + ' ', again ? button('Try again', again) : button('Close', () => complain('')));
}
function busy(yes) {
	$('progress').hidden = !yes;
	$('main').ariaBusy = yes;
	controls();
}
const pairs = l => (l.labels || []).map(x => [x.name, x.value]), onlyFiles = () => state.a ? state.fa && state.fb : state.file;
async function answers(start, end) {
	if (onlyFiles()) { series = []; return graphs(); }
	const types = new Map();
	for (const l of (await ask('Series', { labelNames: ['service_name', '__profile_type__'], start, end })).labelsSet || []) {
		const { service_name: s = '', __profile_type__: t = '' } = Object.fromEntries(pairs(l));
		types.set(s, [...types.get(s) || [], t]);
	}
	const services = [...types.keys()].sort(), best = list => list.find(t => t.startsWith('process_cpu:cpu:')) || list[0];
	options('service', ['', ...services], state.service, s => s || 'all services');
	if (!state.service) return services.length ? overview(types, start, end) : nothing(services);
	const own = (types.get(state.service) || []).sort();
	if (!own.includes(state.type) && own.length) state.type = best(own);
	write(true);
	options('type', own, state.type, typeText);
	if (!own.length) return nothing(services);
	step = Math.max(15, Math.ceil((end - start) / 18e5) * 15);
	const query = { profileTypeID: state.type, labelSelector: selector(), start, end };
	const [over, sets] = await Promise.all([ask('SelectSeries', { ...query, step, groupBy: state.by ? [state.by] : [], ...overTime(state.type) }), ask('Series', { matchers: [selector()], start, end }), graphs()]);
	sizes = state.heat === 'size' ? (await ask('SelectHeatmap', { ...query, step: step * 2, queryType: 'HEATMAP_QUERY_TYPE_INDIVIDUAL' })).series : null;
	labelSets = new Map();
	for (const [n, v] of (sets.labelsSet || []).flatMap(pairs)) if (!n.startsWith('__') && n !== 'service_name') labelSets.set(n, (labelSets.get(n) || new Set()).add(v));
	const names = [...labelSets.keys()].sort();
	options('by', ['', ...names], state.by, s => s || 'no label');
	$('add').replaceChildren(new Option('+ label', ''), ...names.map(n => el('optgroup', { label: n },
		...[...labelSets.get(n)].sort().slice(0, 200).map(v => new Option(`${n} = ${v}`, n + '=' + quote(v))))));
	series = (over.series || []).map(s => ({ name: pairs(s).map(l => l[1]).join(), points: (s.points || []).map(p => [+p.timestamp, p.value || 0]) }));
	for (const s of series) s.sum = within(s.points, start, state.type);
	series.sort((x, y) => y.sum - x.sum);
	if (!state.a && !board.model.totals[0]) return nothing(services);
	if (state.heat === 'label' && !state.by && names.length) go({ by: names.sort((a, b) => labelSets.get(b).size - labelSets.get(a).size)[0] }, true);
	draw();
}
// The picture: of one side, or of two that are compared.
async function graphs() {
	const picks = state.a ? sides().map(pick) : [pick('')], got = await Promise.all(picks.map(p => graphOf(p))), two = got.length > 1, unit = got[0].unit;
	if (two && unit !== got[1].unit) throw Error(`One side has ${unit || 'counts'}, the other ${got[1].unit || 'counts'}: choose another profile.`);
	const events = two ? await Promise.all(picks.map((p, k) => eventOf(p, unit, got[k].model).catch(() => 0))) : [0, 0];
	let untimed = null;
	const own = await chartOf(picks[0], two).catch(e => { if (!picks[0].file || e.name === 'AbortError') throw e; untimed = e; }), rates = picks.map(p => p.file ? 1 : 1e3 / (p.until - p.from));
	board = new Board(two ? comparison(got[0].model, got[1].model) : got[0].model, unit,
		{ zoom: i => go({ zoom: i ? board.model.path[i] : '' }), select: detail, open: picks.some(p => p.file) ? null : i => openCut(i, picks) },
		{ events, rates: picks.some(p => p.file) ? [1, 1] : rates });
	chart = own && new Board(own, unit, { select: detail });
	boards = [];
	$('empty').hidden = $('overview').hidden = true;
	if (untimed) { state.shape = ''; write(true); }
	if (onlyFiles()) draw();
	if (untimed) throw untimed;
}
// What ran when: the times of the samples of a file, or flame graphs of times that follow one another.
async function chartOf(p, two) {
	if (state.shape !== 'chart' || two) return null;
	if (p.file) return graphOfAnswer(await (await call(address('pyroscope/adhoc', { id: p.file, type: typeOf(p.file), format: 'times' }), {})).json(), true).model;
	const n = Math.max(2, Math.min(24, Math.round((p.until - p.from) / 3e4))), wide = (p.until - p.from) / n;
	return inTime(await Promise.all(Array.from({ length: n }, async (_, k) => {
		const from = Math.round(p.from + k * wide), { model } = await graphOf({ ...p, from, until: Math.round(from + wide) - 1 }, [], { 'max-nodes': state.nodes || 2000 });
		return { model, label: clock(from) };
	})));
}
// "other" stands for frames that were too small for the answer: asks for what is below its parent alone.
async function openCut(i, picks) {
	const m = board.model, parent = m.up[i], site = pathTo(m, parent);
	busy(true);
	try {
		const got = await Promise.all(picks.map(p => graphOf(p, site))), sub = m.two ? comparison(got[0].model, got[1].model) : got[0].model, from = findPath(sub, site);
		if (from < 0) throw Error('Nothing of it is there any more.');
		Object.assign(board, { model: graft(m, parent, sub, from), sel: null, hover: null });
		boards = [];
		go({ zoom: board.model.path[parent] });
		draw();
	} catch (e) { complain(e.message); }
	busy(false);
}
// Nothing to draw: says why, and what helps.
async function nothing(services) {
	const stats = await ask('GetProfileStats', {}), newest = +stats.newestProfileTime + MINUTE, wide = shown[1] - shown[0];
	const help = (text, changes) => button(text, () => go({ a: '', b: '', ...changes }));
	board = null;
	$('overview').hidden = true;
	$('empty').hidden = false;
	$('empty').replaceChildren(...!stats.dataIngested ? [el('h2', {}, 'No profiles yet'), 'Point a Pyroscope SDK at this address, push a file, or drop one here:',
		el('pre', {}, `curl --data-binary @cpu.pb.gz "${location.origin}/ingest?name=shop&format=pprof"`), help('Wait for one', { live: 1 })
	] : [el('h2', {}, services.length ? `No ${typeText(state.type)} of ${selector()} in this time` : 'No profiles in this time'),
		el('p', {}, `The newest profile is of ${new Date(newest - MINUTE).toLocaleString()}.`),
		help('Show the newest', { from: newest - wide, until: newest }), help('Last 7 days', { range: '7d', from: '', until: '' }),
		state.labels ? help('Without labels', { labels: '' }) : '']);
	draw();
}

// ---- what is drawn ----
function options(id, values, chosen, text) {
	if (!values.includes(chosen)) values = [chosen, ...values];
	// Two that look the same are told in full.
	const texts = values.map(text), only = t => texts.indexOf(t) === texts.lastIndexOf(t);
	$(id).replaceChildren(...values.map((v, i) => new Option(only(texts[i]) ? texts[i] : `${texts[i]} (${v.split(':').slice(2).filter(Boolean).join(':')})`, v, false, v === chosen)));
}
const zone = t => new Date(t).getTimezoneOffset() * MINUTE, clock = (t, day) => new Date(t).toLocaleString([], { dateStyle: day ? 'short' : undefined, timeStyle: 'short' });
const fileName = id => (files.get(id) || { name: id.slice(27) || id }).name;
function controls() {
	options('range', [...Object.keys(RANGES), 'exact'], state.from ? 'exact' : state.range, r => RANGES[r] ? 'last ' + r : 'from … until');
	for (const k of ['labels', 'tenant', 'find', 'nodes', 'la', 'lb', 'ta', 'tb', 'tone', 'heat']) if ($(k) !== document.activeElement) $(k).value = state[k];
	['from', 'until'].forEach((k, i) => { $(k).value = new Date(shown[i] - zone(shown[i])).toISOString().slice(0, 19); });
	$('compare').ariaPressed = !!state.a;
	$('live').ariaPressed = !!state.live;
	$('faint').checked = state.faint;
	for (const [b, k, v] of switches) { b.ariaPressed = state[k] === v; b.disabled = v === 'chart' && !!state.a; }
	$('exact').hidden = !state.from || !!onlyFiles();
	$('sides').hidden = !state.a;
	$('stored').hidden = $('live').hidden = $('preset').hidden = !!onlyFiles();
	$('filed').hidden = !state.file && !state.fa && !state.fb;
	const file = state.file || state.fb || state.fa, known = files.get(file);
	if (known) options('ftype', known.types, known.type, t => t);
	$('filename').textContent = state.a ? '' : file && fileName(file);
	$('type').hidden = $('add').hidden = $('compare').disabled = !state.service && !file;
	if (state.tenant) $('tenants').hidden = false;
	for (const k of ['a', 'b']) {
		const f = state['f' + k];
		$('pick-' + k).ariaPressed = k === active;
		$('time-' + k).textContent = f ? fileName(f) : state.a && side(k).map((t, i) => clock(t, !i)).join(' – ');
		$('file-' + k).textContent = f ? '✕ file' : 'File …';
		$('l' + k).hidden = !!f;
		$('t' + k).hidden = !!f || $('tenants').hidden;
	}
}
function draw() {
	controls();
	$('over').hidden = !board || !!onlyFiles();
	$('graph').hidden = !board;
	if (!board) return;
	if (!onlyFiles()) { timeline(); labels(); }
	const m = board.model, part = k => valueText(sums[k], board.unit) + ' (' + percent(sums[k], m.totals[k]) + ')';
	let accept = null, wrong = '';
	try { accept = finder(state.find); } catch (e) { wrong = e.message; }
	Object.assign(board, { tone: state.tone, faint: !!state.faint });
	board.zoom = state.zoom ? Math.max(0, m.path.indexOf(+state.zoom)) : 0;
	if (boards.key !== state.focus + '\n' + state.shape) flames(state.focus);
	for (const b of new Set([board, ...boards])) { Object.assign(b, { tone: board.tone, faint: board.faint, found: foundIn(b, accept) }); b.redraw(); }
	$('result').className = m.two ? 'two' : '';
	$('result').dataset.view = state.view;
	$('all').hidden = !board.zoom || !!state.focus;
	$('leave').hidden = !state.focus;
	$('leave').textContent = 'Leave ' + state.focus;
	$('key').hidden = !m.two;
	table.sort = state.sort;
	const n = keepFocus('table', () => table.fill(board)), sums = board.found && board.found.sums;
	$('found').textContent = wrong || (sums ? `${n} found: ${part(0)}${m.two ? ' before, ' + part(1) + ' after' : ''}` : '');
	pane();
}
// What is found in b, once for each model and text.
function foundIn(b, accept) {
	if (b.sought !== state.find || b.soughtIn !== b.model) Object.assign(b, { sought: state.find, soughtIn: b.model, finds: accept && search(b.model, accept) });
	return b.finds;
}
// Who goes by keys stays where they were when all of a list is made again.
function keepFocus(id, act) {
	const all = () => [...$(id).querySelectorAll('button,tr[tabindex]')], place = all().indexOf(document.activeElement), result = act(), now = all()[place];
	if (now) now.focus({ preventScroll: true });
	return result;
}
// The canvases: one; before and after; or callers and callees of one function.
function flames(focus) {
	const m = board.model, split = m.names.includes(focus), upward = state.shape === 'flame';
	boards = split ? [true, false].map(up => new Board(through(m, focus, up), board.unit, { select: detail }, { events: board.events, rates: board.rates })) : [chart || board];
	boards.key = focus + '\n' + state.shape;
	board.views = [];
	$('flames').replaceChildren(...boards.flatMap((b, i) => {
		const what = split ? i ? 'callees' : 'callers' : '';
		return (b.model.two ? sides() : ['']).map(k => {
			const view = new FlameView(b, k === 'b' ? 1 : 0, `flame graph ${k && name(k)} ${what}`, split ? !i : upward), cap = el('div', { className: 'cap ' + k });
			if (k) cap.append(`${name(k)}: ${valueText(m.totals[view.side], b.unit)} `);
			if (k || split) cap.append(el('small', {}, what));
			return el('div', {}, cap, view.box);
		});
	}));
	for (const v of boards.flatMap(b => b.views)) if (v.upward) v.box.scrollTop = 1e9;
	detail(null);
}
function detail(i, b) {
	$('detail').hidden = i === null;
	if (i === null) return;
	const n = nameOf(b.model, i);
	$('detail').replaceChildren(el('b', {}, n), el('span', {}, b.facts(i).join(' · ')), button(b.isCut(i) ? 'Open' : 'Zoom', () => b.click(i)), button('Find', () => go({ find: `"${n}"` })),
		i && n !== state.focus ? button('Callers', () => go({ focus: n, zoom: '', shape: state.shape === 'chart' ? '' : state.shape })) : '',
		i ? button('Source', () => go({ tab: 'source', fn: n, view: state.view === 'flame' ? 'both' : state.view })) : '', button('Close', () => b.select(null)));
}
