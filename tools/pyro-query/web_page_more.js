// ---- all services: what each takes, how it changed since yesterday, and its functions ----
const KINDS = 'process_cpu:cpu: memory:inuse_space: memory:alloc_space: goroutine: mutex:delay: block:delay: wall:'.split(' ');
const signed = v => (v >= .05 ? '+' : '') + v.toFixed(1).replace('-0.0', '0.0');
let details, dayAgo;
async function overview(types, start, end) {
	const each = [...types.values()].flat(), all = [...new Set(each)].sort(), rank = t => KINDS.findIndex(k => t.startsWith(k)) + 1 || 99, count = t => each.filter(x => x === t).length;
	const kind = all.includes(state.type) ? state.type : [...all].sort((a, b) => rank(a) - rank(b) || count(b) - count(a))[0], unit = kind.split(':')[2];
	options('kind', all, kind, typeText);
	step = Math.max(15, Math.ceil((end - start) / 12e5) * 15);
	const over = back => ask('SelectSeries', { profileTypeID: kind, labelSelector: selector(), start: start - back, end: end - back, step, groupBy: ['service_name'], ...overTime(kind) });
	const [now, then] = await Promise.all([over(0), over(DAY)]), rows = new Map(), mine = asking;
	[now, then].forEach((answer, k) => (answer.series || []).forEach(s => {
		const name = pairs(s).map(l => l[1]).join(), points = (s.points || []).map(p => [+p.timestamp + k * DAY, p.value || 0]), row = rows.get(name) || { name, sums: [0, 0], points: [[], []] };
		row.sums[k] = within(points, start, kind);
		row.points[k] = points;
		rows.set(name, row);
	}));
	const list = [...rows.values()].sort((a, b) => b.sums[0] - a.sums[0]), rest = [...types.keys()].filter(s => !rows.has(s)).sort();
	const amount = v => kind.startsWith('process_cpu:cpu:') ? cores(v / 1e6 / (end - start)) : valueText(v, unit) + (isLevel(kind) ? ' a profile' : ''), all0 = sum(list.map(r => r.sums[0]));
	board = null;
	dayAgo = then.series && then.series.length;
	$('empty').hidden = true;
	$('overview').hidden = false;
	$('all-title').textContent = `${list.length} service${list.length === 1 ? '' : 's'}: ${typeText(kind)} ${isLevel(kind) ? '' : amount(all0)}`;
	if (details) details.disconnect();
	details = new IntersectionObserver(seen => { for (const s of seen) if (s.isIntersecting) { details.unobserve(s.target); functionsFor(s.target, mine).catch(e => { if (e.name !== 'AbortError') s.target.more.textContent = e.message; }); } });
	const kept = new Map([...$$('#services li')].map(l => [l.who + l.kind, l.more]));
	keepFocus('services', () => $('services').replaceChildren(el('li', { className: 'head' }, el('span', {}, 'service'), el('span', {}, 'now; dotted: a day before'), el('span', {}, 'top functions by self: share, change in points')), ...list.map(r => {
		const [v, was] = r.sums, open = () => go({ service: r.name, type: kind }), more = kept.get(r.name + kind) || el('div', { className: 'tops' });
		const change = el('span', { className: 'change ' + (v > was * 1.1 ? 'up' : v < was * .9 ? 'down' : '') }, !was ? dayAgo ? 'new since yesterday' : '' : signed(100 * (v - was) / was) + ' % since yesterday');
		const li = el('li', {}, el('div', { className: 'who' }, button(r.name || '–', open), el('span', { className: 'amount' }, el('b', {}, amount(v)), ' ', el('small', {}, percent(v, all0))), change), spark(r.points, start, end), more);
		Object.assign(li, { kind, unit, who: r.name, more, open });
		details.observe(li);
		return li;
	}), ...rest.length ? [el('li', { className: 'rest' }, 'without such profiles: ', ...rest.flatMap(s => [button(s || '–', () => go({ service: s, type: '' })), ' ']))] : []));
	uploads().catch(() => { });
	draw();
}
// Now as an area, a day before as a line.
function spark(points, start, end) {
	const ns = document.querySelector('svg').namespaceURI, svg = document.createElementNS(ns, 'svg'), top = Math.max(...points.flat().map(p => p[1]), 1e-9);
	// A point holds what came in the step before it; where nothing came for some steps, there was nothing.
	const one = step * 1e3, far = (a, b) => !a || !b || Math.abs(a[0] - b[0]) > 3 * one;
	const filled = list => list.flatMap((p, i) => [...far(p, list[i - 1]) ? [[p[0] - one, 0], [p[0] - one, p[1]]] : [], p, ...far(p, list[i + 1]) ? [[p[0], 0]] : []]);
	const line = list => filled(list).map(([t, v]) => `${((t - start) / (end - start) * 200).toFixed(1)},${(38 - v / top * 36).toFixed(1)}`);
	const set = (e, all) => { for (const k in all) e.setAttribute(k, all[k]); return e; }, put = (kind, at, cls) => svg.append(set(document.createElementNS(ns, kind), { points: at.join(' '), class: cls }));
	set(svg, { viewBox: '0 0 200 40', preserveAspectRatio: 'none', 'aria-hidden': true });
	if (points[0].length) put('polygon', line(points[0]), 'is');
	if (points[1].length) put('polyline', line(points[1]), 'was');
	return svg;
}
async function functionsFor(li, mine) {
	const side = back => ({ profileTypeID: li.kind, labelSelector: `{service_name=${quote(li.who)}}`, start: shown[0] - back, end: shown[1] - back, maxNodes: 2000 });
	const g = (await ask('Diff', { left: side(DAY), right: side(0) })).flamegraph || {};
	if (mine !== asking) return;
	const m = flameModel(g.names || [], (g.levels || []).map(l => l.values || []), true), [was, is] = m.totals;
	const tops = functionsOf(m).filter(f => f.name !== 'other').sort((a, b) => b.self[1] - a.self[1]).slice(0, 3).filter(f => f.self[1]);
	keepFocus('services', () => li.more.replaceChildren(...tops.map(f => {
		const points = 100 * (share(f.self[1], is) - share(f.self[0], was)), b = button('', () => go({ service: li.who, type: li.kind, find: `"${f.name}"` }), { className: 'top', title: f.name });
		b.append(el('span', {}, f.name), el('i', {}, percent(f.self[1], is)), el('i', { className: points > 1 ? 'up' : points < -1 ? 'down' : '' }, was ? signed(points) : ''));
		b.style.setProperty('--part', 100 * share(f.self[1], is) + '%');
		return b;
	})));
}

// ---- files: any format, uploaded to this server ----
async function uploads() {
	const list = (await adhoc('List', {})).profiles || [];
	for (const p of list) files.set(p.id, files.get(p.id) || { name: p.name, types: [], type: '' });
	$('uploads').replaceChildren(...list.length ? [el('h2', {}, 'Files'), ...list.slice(0, 30).map(p => button(p.name, () => go({ file: p.id, ftype: '', a: '', b: '' }), { title: new Date(+p.uploadedAt).toLocaleString() }))] : []);
}
async function upload(file) {
	const data = await new Promise((done, fail) => { const r = new FileReader(); r.onload = () => done(r.result); r.onerror = () => fail(Error(file.name + ' cannot be read.')); r.readAsDataURL(file); });
	const r = await adhoc('Upload', { name: file.name, profile: data.slice(data.indexOf(',') + 1), maxNodes: 1 }).catch(e => { throw Error(`${file.name}: ${e.message.replace(/ \(tried: .*\)/s, '')}`); });
	files.set(r.id, { name: r.name, types: r.profileTypes || [], type: r.profileType });
	return r.id;
}
// Where a file goes: 'view'; 'compare' with what is shown; 'a' or 'b' of a comparison. Two files are compared.
async function take(list, where) {
	busy(true);
	try {
		const [one, two] = [list[0] && await upload(list[0]), list[1] && await upload(list[1])], times = shown.map(Math.round).join('-'), both = { a: state.a || times, b: state.b || times };
		if (two) go({ ...both, fa: one, fb: two, file: '', ftype: '', zoom: '', focus: '' });
		else if (where === 'a' || where === 'b') go({ ...both, ['f' + where]: one, zoom: '' });
		else if (where === 'compare') go({ ...both, fa: state.file || state.fa, fb: one, file: '', zoom: '', focus: '' });
		else if (one) go({ file: one, ftype: ['inuse_space', 'cpu'].find(t => files.get(one).types.includes(t)) || '', a: '', b: '', fa: '', fb: '', zoom: '', focus: '' });
	} catch (e) { complain(e.message); }
	busy(false);
}
let taking = 'view';
const choose = where => { taking = where; $('files').value = ''; $('files').click(); };

// ---- beside the table: labels, source lines ----
const sourceTexts = new Map();
let lines;
function pane() {
	for (const b of $$('[data-tab]')) b.ariaSelected = b.dataset.tab === state.tab;
	$('table').hidden = !!state.tab;
	$('pane').hidden = !state.tab;
	if (state.tab === 'labels' && onlyFiles()) fileLabels().catch(e => $('pane').replaceChildren(el('p', { className: 'note' }, e.message)));
	else if (state.tab === 'labels') $('pane').replaceChildren(...labelPane());
	if (state.tab === 'source') sourcePane().catch(e => $('pane').replaceChildren(el('p', { className: 'note' }, e.message)));
}
// table of rows of cells; a row that is clicked does what its last member says
function rowsTable(heads, rows) {
	const t = el('table', {}, el('thead', {}, el('tr', {}, ...heads.map(h => el('th', {}, h)))), el('tbody', {}, ...rows.map(([cells, act], i) => el('tr', { tabIndex: i ? -1 : 0, onclick: e => { if (act && e.target.tagName !== 'BUTTON') act(); } }, ...cells))));
	rowKeys(t);
	return t;
}
// Labels of the samples of a file, as pprof's -tags has them.
const shownFile = () => state.file || state['f' + active];
async function fileLabels() {
	const text = await (await call(address('pyroscope/adhoc', { id: shownFile(), type: typeOf(shownFile()), format: 'tags' }), {})).text();
	if (state.tab === 'labels') $('pane').replaceChildren(text.trim() ? el('pre', { className: 'code' }, text) : el('p', { className: 'note' }, 'The samples have no labels.'));
}
function labelPane() {
	const names = [...labelSets.keys()].sort(), all = sum(series.map(s => s.sum)), td = s => el('td', {}, s);
	if (!names.length) return [el('p', { className: 'note' }, 'There are no other labels here.')];
	if (!state.by) return [rowsTable(['label', 'values'], names.map(n => [[td(n), td(String(labelSets.get(n).size))], () => go({ by: n })]))];
	const put = (k, s) => { const t = shown.map(Math.round).join('-'); go({ a: state.a || t, b: state.b || t, ['l' + k]: state.by + '=' + quote(s.name) }); };
	return [el('p', { className: 'note' }, button('‹ labels', () => go({ by: '' })), ` Compare two of ${state.by}:`), rowsTable([state.by, isLevel(state.type) ? 'mean' : 'total', ''], series.map(s => [
		[td(s.name || '(none)'), partCell(valueText(s.sum, board.unit), s.sum, all), el('td', {}, button('before', () => put('a', s), { ariaLabel: 'before: ' + s.name }), ' ', button('after', () => put('b', s), { ariaLabel: 'after: ' + s.name }))],
		() => go({ labels: join(state.labels, state.by + '=' + quote(s.name)) })]))];
}
// Lines of the function: {file, line, flat, cum}, of the side that is chosen.
async function sourcePane() {
	const fn = state.fn, p = pick(state.a ? active : ''), key = quote([fn, p, state.type, state.ftype]);
	if (!fn) return $('pane').replaceChildren(el('p', { className: 'note' }, 'Click a function to see its lines.'));
	if (!lines || lines.key !== key) {
		$('pane').replaceChildren(el('p', { className: 'note' }, '…'));
		const r = p.file ? await (await call(address('pyroscope/adhoc', { id: p.file, type: typeOf(p.file), format: 'pprof-json' }), {})).json()
			: await ask('SelectMergeProfile', { profileTypeID: state.type, labelSelector: p.selector, start: p.from, end: p.until }, p.tenant);
		lines = { key, of: linesOf(r, fn) };
	}
	if (state.tab !== 'source' || state.fn !== fn) return;
	const { of } = lines, names = [...new Set(of.map(l => l.file))], input = el('input', { type: 'file', hidden: true, onchange: () => readSource(input.files[0]) });
	const kids = [el('p', { className: 'note' }, el('b', {}, fn), ' ', names.join(', ') || 'no file is known'), input];
	if (!of.some(l => l.line)) kids.push(el('p', { className: 'note' }, of.length ? 'The profile has no line numbers of it.' : 'It is not in the profile.'));
	for (const file of names) {
		const text = sourceTexts.get(file.split('/').pop()), own = of.filter(l => l.file === file), by = new Map(own.map(l => [l.line, l]));
		const wanted = text ? [...new Set(own.flatMap(l => [-3, -2, -1, 0, 1, 2, 3].map(d => l.line + d)))].filter(n => n > 0 && n <= text.length).sort((a, b) => a - b) : own.map(l => l.line);
		kids.push(rowsTable(['line', 'self', 'total', ...text ? ['source'] : []], wanted.map(n => {
			const l = by.get(n), cell = v => l && v ? partCell(valueText(v, board.unit), v, board.model.totals[0]) : el('td', {});
			return [[el('td', {}, n ? String(n) : '?'), cell(l && l.flat), cell(l && l.cum), ...text ? [el('td', { className: 'code' }, text[n - 1])] : []]];
		})));
	}
	kids.push(el('p', { className: 'note' }, button('Open the source file', () => input.click()), ' It stays in this browser.'));
	$('pane').replaceChildren(...kids);
}
async function readSource(file) {
	if (!file) return;
	sourceTexts.set(file.name, (await file.text()).split(/\r?\n/));
	sourcePane();
}
function linesOf(r, fn) {
	const text = i => r.stringTable[+i || 0] || '', by = (list, key) => new Map((list || []).map(x => [x.id, x])), functions = by(r.function), places = by(r.location), out = new Map();
	const named = new Set((r.function || []).filter(f => text(f.name) === fn).map(f => f.id));
	for (const s of r.sample || []) {
		const v = +(s.value || [])[0] || 0, seen = new Set();
		(s.locationId || []).forEach((id, depth) => ((places.get(id) || {}).line || []).forEach((l, k) => {
			if (!named.has(l.functionId)) return;
			const file = text(functions.get(l.functionId).filename), key = file + ':' + (l.line || 0), o = out.get(key) || { file, line: +l.line || 0, flat: 0, cum: 0 };
			if (!depth && !k) o.flat += v;
			if (!seen.has(key)) o.cum += v;
			seen.add(key);
			out.set(key, o);
		}));
	}
	return [...out.values()].sort((a, b) => a.line - b.line);
}

// ---- export ----
const FORMS = 'pprof=pb.gz svg html=html folded=txt speedscope=speedscope.json flamebearer=json csv tsv top=txt tree=txt calls=txt traces=txt raw=txt tags=txt flame=txt dot callgrind=callgrind cpuprofile firefox=json jsonl otlp=otlp otlp-json=json pprof-json=json stacks-csv=csv stacks-tsv=tsv parquet pgo=pgo autofdo=afdo'.split(' ');
// Samples that are stored have no tags.
const formsNow = () => state.a ? DIFFS : FORMS.filter(f => state.file || f !== 'tags=txt');
const DIFFS = 'svg html json folded=txt diff=txt flame=txt markdown=md junit=xml csv tsv'.split(' ');
function save(name, blob) {
	const a = el('a', { href: URL.createObjectURL(blob), download: name });
	a.click();
	setTimeout(() => URL.revokeObjectURL(a.href), 6e4);
}
const exportName = ext => (onlyFiles() ? fileName(state.file || state.fb) : state.service).replace(/[^\w.-]+/g, '-') + (state.a ? '-diff.' : '.') + ext;
// Where the server has it; '' where it has not: sides of two tenants, a file beside a selection.
function exportFrom(format) {
	const type = typeOf(state.file || state.fb), node = state.zoom && board.zoom ? pathTo(board.model, board.zoom) : [];
	if (!state.a) return state.file ? address('pyroscope/adhoc', { id: state.file, type, format }) : address('pyroscope/render', fromRender(pick(''), { format, callSite: node }));
	const [a, b] = [pick('a'), pick('b')];
	if (a.file && b.file) return address('pyroscope/adhoc', { id: b.file, before: a.file, type, format });
	return a.file || b.file || a.tenant !== b.tenant ? '' : address('pyroscope/render-diff', { leftQuery: state.type + a.selector, leftFrom: a.from, leftUntil: a.until, rightQuery: state.type + b.selector, rightFrom: b.from, rightUntil: b.until, format });
}
async function exportAs(form) {
	const [format, ext = format] = form.split('=');
	busy(true);
	try { save(exportName(ext), await (await call(exportFrom(format), { headers: { Accept: 'text/html' } }, pick(state.a && 'a').tenant)).blob()); } catch (e) { complain(e.message); }
	busy(false);
}
// Stacks of what is on the screen, with the opened frames, below the zoomed one.
function shownFolded() {
	const m = board.model, inside = new Uint8Array(m.n), out = [];
	for (let i = board.zoom; i < m.n; i++) {
		inside[i] = i === board.zoom || (i && inside[m.up[i]]) ? 1 : 0;
		const own = at(m, 's', i);
		if (inside[i] && sum(own)) out.push((pathTo(m, i).join(';') || 'total') + ' ' + own.join(' '));
	}
	return out.join('\n') + '\n';
}
function shownTable() {
	const cell = s => /[",\n]/.test(s) ? '"' + s.replace(/"/g, '""') + '"' : s, m = board.model, heads = k => m.two ? [k + ' before', k + ' after'] : [k];
	return [['function', ...heads('self'), ...heads('total')], ...functionsOf(m).map(f => [f.name, ...f.self, ...f.total])].map(r => r.map(cell).join(',') + '\n').join('');
}
function exportMenu() {
	const can = exportFrom('svg'), put = (text, act) => button(text, () => { $('export').open = false; act(); }), canvas = document.querySelector('.flame canvas');
	$('export').lastElementChild.replaceChildren(el('b', {}, 'as shown'), put('link', copyLink), put('folded', () => save(exportName('folded.txt'), new Blob([shownFolded()]))),
		put('csv', () => save(exportName('functions.csv'), new Blob([shownTable()]))), put('png', () => canvas.toBlob(b => save(exportName('png'), b))),
		el('b', {}, can ? 'from the server' : 'The server has no other forms of this.'), ...can ? formsNow().map(f => put(f.split('=')[0], () => exportAs(f))) : []);
}
// With exact times, so that it shows the same tomorrow.
async function copyLink() {
	if (!state.from && !onlyFiles()) go({ from: Math.round(shown[0]), until: Math.round(shown[1]), live: '' });
	try { await navigator.clipboard.writeText(location.href); $('found').textContent = 'The link is copied.'; } catch { complain('This is the link: ' + location.href); }
}
