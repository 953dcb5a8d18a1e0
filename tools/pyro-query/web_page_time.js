// ---- over time: bars or a heat map, with the times of a comparison; a drag chooses ----
const COLOURS = ['', '#1c7ed6', '#2f9e44', '#ae3ec9', '#f59f00', '#0c8599', '#e64980', '#868e96'], MARKS = { a: '#0ca678', b: '#ae3ec9' };
const cores = v => v && v < .01 ? digits(1e3 * v) + ' mcores' : digits(v) + ' cores';
// Of what is in use at a time a sum over profiles says nothing: their mean is shown.
const isLevel = type => /:(inuse_\w+|goroutine):/.test(type), overTime = type => isLevel(type) ? { aggregation: 'TIME_SERIES_AGGREGATION_TYPE_AVERAGE' } : {};
const rate = v => state.type.startsWith('process_cpu:cpu:') ? cores(v / step / 1e9) : valueText(v, board.unit) + (isLevel(state.type) ? ' a profile' : '');
const typeText = t => t.split(':').slice(0, 2).join(' · '), sum = list => list.reduce((a, b) => a + b, 0);
// A point holds what came since the one before: the first one is older than the range.
function within(points, start, type) {
	const own = points.filter(p => p[0] > start).map(p => p[1]);
	return isLevel(type) ? sum(own) / (own.length || 1) : sum(own);
}
const HEAT_MOST = 14, TOP = 16, FOOT = 18, heatRow = rows => Math.max(16, Math.min(30, Math.floor(90 / rows.length)));
// Values by time and place in COLOURS; the last one is for all other series.
function stacks() {
	const at = new Map();
	series.forEach((s, k) => { for (const [t, v] of s.points) { if (!at.has(t)) at.set(t, Array(8).fill(0)); at.get(t)[Math.min(k, 7)] += v; } });
	return at;
}
// Rows of the heat map, the first one on top: {name, cells: [time, value]}.
function heatRows() {
	if (state.heat === 'label') return series.slice(0, HEAT_MOST).map(s => ({ name: s.name || '(none)', cells: s.points, wide: step * 1e3 }));
	const slots = (sizes || []).flatMap(s => s.slots || []), most = Math.max(0, ...slots.map(s => (s.yMin || []).length));
	const low = i => { const s = slots.find(s => (s.yMin || []).length === most); return s ? valueText(+s.yMin[i], board.unit) : ''; };
	return Array.from({ length: most }, (_, i) => ({ name: '≥ ' + low(i), wide: step * 2e3, cells: slots.map(s => [+s.timestamp, +(s.counts || [])[i] || 0]) })).reverse();
}
function timeline() {
	const c = $('timeline'), heat = state.heat ? heatRows() : null;
	c.style.height = (heat ? TOP + FOOT + heatRow(heat) * heat.length : 120) + 'px';
	const w = c.clientWidth, h = c.clientHeight, dpr = devicePixelRatio, [from, until] = shown, g = c.getContext('2d');
	if (!w || !board) return;
	const css = getComputedStyle(c), own = n => css.getPropertyValue(n), X = t => (t - from) / (until - from) * w, low = h - FOOT;
	const rect = (colour, ...r) => { g.fillStyle = colour; g.fillRect(...r); }, text = (s, x, y, colour) => { g.fillStyle = own(colour || '--dim'); g.fillText(s, x, y); };
	c.width = w * dpr;
	c.height = h * dpr;
	g.scale(dpr, dpr);
	g.font = '11px system-ui,sans-serif';
	const marks = sides().filter(k => !state['f' + k]).map(k => [k, ...(drag && drag.k === k ? drag.to : side(k)).map(X)]);
	for (const [k, f, u] of marks) rect(MARKS[k] + (k === active ? '40' : '20'), f, TOP, u - f, low - TOP);
	if (heat) drawHeat(heat, X, rect, text, own, s => g.measureText(s).width);
	else drawBars(X, rect, text, w, low, own);
	for (const [k, f, u] of marks) {
		for (const x of [f, u]) rect(MARKS[k], x - 1, TOP, 2, low - TOP);
		g.fillText(name(k), Math.min(w - 40, Math.max(f + 2, k === 'a' ? 90 : 140)), 11);
	}
	if (drag && !drag.k) rect('#8886', X(drag.to[0]), 0, X(drag.to[1]) - X(drag.to[0]), low);
	g.textAlign = 'center';
	const tick = [1, 5, 15, 30, 60, 180, 360, 720, 1440, 4320].map(m => m * MINUTE).find(t => X(from + t) > 70) || 9e9;
	for (let t = Math.ceil((from - zone(from)) / tick) * tick + zone(from); X(t) < w - 30; t += tick) if (X(t) > 30) text(tick < DAY ? clock(t) : new Date(t).toLocaleDateString(), X(t), h - 4);
}
function drawBars(X, rect, text, w, low, own) {
	const at = stacks(), top = Math.max(...[...at.values()].map(sum), 1e-9), bar = Math.max(1.5, step * 1000 / (shown[1] - shown[0]) * w - 1);
	for (const y of [0, .5, 1]) rect(own('--line'), 0, Math.round(low - y * (low - TOP)), w, 1);
	for (const [t, values] of at) {
		let y = low;
		values.forEach((v, k) => { v *= (low - TOP) / top; y -= v; rect(COLOURS[k] || own('--time'), Math.max(0, X(t) - bar), y, bar, v); });
	}
	text(rate(top), 2, 11);
}
const profiles = n => n + (n === 1 ? ' profile' : ' profiles');
// --card has six digits, so that it can be thinned. Brighter is more; in the dark as well as in the light the ground shows through where there is little.
function drawHeat(rows, X, rect, text, own, measure) {
	const most = Math.max(1e-9, ...rows.flatMap(r => r.cells.map(c => c[1]))), high = heatRow(rows);
	rows.forEach(({ cells, wide, name }, i) => {
		const y = TOP + i * high, width = Math.max(1.5, X(shown[0] + wide)) + .5;
		for (const [t, v] of cells) if (v) rect(`hsl(${48 - 34 * v / most} 92% ${isDark() ? 58 : 52}% / ${.12 + .88 * v / most})`, Math.max(0, X(t) - width), y, width, high - 1);
		rect(own('--card') + 'c0', 0, y, measure(name) + 8, high - 1);
		text(name, 4, y + high / 2 + 4, '--fg');
	});
	text(rows.length ? 'most: ' + (state.heat === 'size' ? profiles(most) : rate(most)) : 'nothing to show', 2, 11);
}
function labels() {
	$('title').textContent = `${typeText(state.type)} of ${state.service}${state.a ? '' : ': ' + valueText(board.model.totals[0], board.unit)}${isLevel(state.type) && !state.a ? ' in all profiles' : ''}`;
	$('timeline').ariaLabel = shown.map(t => clock(t, 1)).join(' to ') + ': arrows move, + and - zoom';
	$('legend').replaceChildren(...(state.by ? series : []).slice(0, 8).map((s, k) => {
		const others = k === 7 && series.length > 8, dot = el('span', {}, '■ ');
		dot.style.color = COLOURS[k] || 'var(--time)';
		return el('button', { disabled: others, onclick: () => go({ labels: join(state.labels, state.by + '=' + quote(s.name)) }) }, dot, others ? series.length - 7 + ' others' : s.name || '(none)');
	}));
}
const timeAt = e => Math.round(shown[0] + Math.min(1, Math.max(0, e.offsetX / $('timeline').clientWidth)) * (shown[1] - shown[0]));
// What is under the pointer, for the tip.
function told(t, y) {
	const at = stacks(), values = at.get([...at.keys()].find(x => x >= t && x < t + step * 1000));
	if (state.heat) {
		const rows = heatRows(), row = rows[Math.floor((y - TOP) / heatRow(rows))], cell = row && row.cells.find(c => c[0] >= t && c[0] < t + row.wide);
		return row ? [row.name + ': ' + (!cell ? 0 : state.heat === 'size' ? profiles(cell[1]) : rate(cell[1]))] : [];
	}
	return !values ? [] : state.by ? series.slice(0, 8).flatMap((s, k) => values[k] ? s.name + ': ' + rate(values[k]) : []) : [rate(sum(values))];
}
on('timeline', 'pointerdown', e => {
	if (e.button) return;
	const t = timeAt(e), near = (shown[1] - shown[0]) / e.target.clientWidth * 7;
	drag = { from: t, to: [t, t], k: state.a && !state['f' + active] && active };
	for (const k of sides()) if (!state['f' + k]) side(k).forEach((edge, i, r) => { if (Math.abs(edge - t) < near) drag = { from: r[1 - i], to: r, k }; });
	e.target.setPointerCapture(e.pointerId);
});
on('timeline', 'pointermove', e => {
	const t = timeAt(e);
	if (drag) { drag.to = [drag.from, t].sort((a, b) => a - b); timeline(); }
	if (board) showTip([clock(t, 1), ...told(t, e.offsetY)], e);
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
