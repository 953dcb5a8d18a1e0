// Flame graphs on a canvas and the table of functions. The page of the server and the file that `pyro-query html`
// writes are made of it. Everything that comes from data is shown as text, never as markup.
'use strict';
const $ = id => document.getElementById(id);
function el(tag, props, ...kids) {
	const e = Object.assign(document.createElement(tag), props);
	e.append(...kids);
	return e;
}

// ---- values for people ----
const SCALES = {
	nanoseconds: [[36e11, ' h'], [6e10, ' min'], [1e9, ' s'], [1e6, ' ms'], [1e3, ' µs'], [1, ' ns']],
	bytes: [[2 ** 40, ' TB'], [2 ** 30, ' GB'], [2 ** 20, ' MB'], [1024, ' kB'], [1, ' B']],
	count: [[1e9, ' G'], [1e6, ' M'], [1e4, ' k', 1e3], [1, '']],
};
function digits(v) {
	const a = Math.abs(v);
	return Number.isInteger(v) && a < 1e4 ? String(v) : v.toFixed(a < 10 ? 2 : a < 100 ? 1 : 0);
}
function valueText(v, unit) {
	const scale = SCALES[unit] || SCALES.count, s = scale.find(s => Math.abs(v) >= s[0]) || scale[scale.length - 1];
	return v ? digits(v / (s[2] || s[0])) + s[1] : '0';
}
const share = (v, all) => all ? v / all : 0, percent = (v, all) => digits(100 * share(v, all)) + ' %';

// ---- a flame graph ----
// A model has levels of frames, left to right: {name, d (its level), up (the frame that holds it), path (hash of the
// names down to it), outer (no frame above it has its name: a recursive function counts once)} and by side x, w (total)
// and s (self). There is one side, or three: before, after, both; `all` is the last one.
// rows: levels in groups of four (offset from the end of the group before, total, self, name) or seven (twice).
function flameModel(names, rows, two) {
	const size = two ? 7 : 4, all = two ? 2 : 0, levels = [], totals = [0, 0, 0];
	for (const v of rows) {
		const above = levels[levels.length - 1], level = [], end = [0, 0];
		for (let k = 0, at = 0; k + size <= v.length; k += size) {
			const f = { name: names[v[k + size - 1]] || '(no name)', d: levels.length, x: [], w: [], s: [], outer: true, path: 1 };
			for (let j = 0; j <= all / 2; j++) {
				f.x[j] = end[j] + +v[k + 3 * j];
				f.w[j] = +v[k + 3 * j + 1];
				f.s[j] = +v[k + 3 * j + 2];
				end[j] = f.x[j] + f.w[j];
			}
			if (two) for (const n of [f.x, f.w, f.s]) n[2] = n[0] + n[1];
			if (above) {
				while (at < above.length - 1 && above[at].x[all] + above[at].w[all] <= f.x[all]) at++;
				f.up = above[at];
				f.path = hash(f.name, f.up.path);
				for (let p = f.up; p.up && f.outer; p = p.up) f.outer = p.name !== f.name;
			} else add(totals, f.w);
			level.push(f);
		}
		levels.push(level);
	}
	return { names, levels, two, all, totals };
}
function add(to, from) { for (let k = 0; k < from.length; k++) to[k] += from[k]; }
function hash(s, h) {
	for (let i = 0; i < s.length; i++) h = Math.imul(h ^ s.charCodeAt(i), 16777619);
	return Math.imul(h, 16777619) >>> 0;
}
function* framesOf(m) { for (const level of m.levels.slice(1)) yield* level; }
function functionsOf(m) {
	const rows = new Map();
	for (const f of framesOf(m)) {
		if (!rows.has(f.name)) rows.set(f.name, { name: f.name, self: [0, 0, 0], total: [0, 0, 0] });
		const r = rows.get(f.name);
		add(r.self, f.s);
		if (f.outer) add(r.total, f.w);
	}
	return [...rows.values()];
}
// What the search asks for: text, "exactly this", or /an expression/. Throws where the expression is none.
function finder(text) {
	const exact = /^"(.*)"$/s.exec(text), expr = /^\/(.+)\/$/s.exec(text), low = text.toLowerCase(), re = expr && new RegExp(expr[1], 'i');
	return exact ? s => s === exact[1] : re ? s => re.test(s) : low ? s => s.toLowerCase().includes(low) : null;
}
// All stacks through one function: what it calls, or (callers) by whom it is called; it is the root of both.
function through(m, name, callers) {
	const node = name => ({ name, w: [0, 0, 0], s: [0, 0, 0], kids: new Map() }), root = node(name), at = new Map(), levels = [];
	const count = (n, f) => { add(n.w, f.w); add(n.s, f.s); return n; };
	const below = (n, name) => { if (!n.kids.has(name)) n.kids.set(name, node(name)); return n.kids.get(name); };
	for (const f of framesOf(m)) {
		if (f.outer && f.name === name) {
			at.set(f, count(root, f));
			if (callers) for (let n = root, p = f.up; p.up; p = p.up) n = count(below(n, p.name), f);
		} else if (!callers && at.has(f.up)) at.set(f, count(below(at.get(f.up), f.name), f));
	}
	const place = (n, d, up, x) => {
		n.x = x;
		x = x.slice();
		(levels[d] = levels[d] || []).push(Object.assign(n, { d, up }));
		for (const kid of [...n.kids.values()].sort((a, b) => b.w[m.all] - a.w[m.all])) { place(kid, d + 1, n, x.slice()); add(x, kid.w); }
	};
	place(root, 0, undefined, [0, 0, 0]);
	return { ...m, levels };
}

// ---- colours ----
const isDark = () => document.documentElement.dataset.theme === 'dark';
function chooseTheme(theme) {
	// Without storage: as the system has it.
	try { theme = localStorage.theme = theme || localStorage.theme || ''; } catch { }
	document.documentElement.dataset.theme = theme || (matchMedia('(prefers-color-scheme:dark)').matches ? 'dark' : 'light');
}
const HUES = [8, 20, 31, 42, 52, 75, 140, 165, 188, 205, 222, 262, 320];
// By package: what stands before the first dot, colon or bracket after the last slash.
function frameColour(name, dark) {
	const h = hash(/^(?:.*\/)?[^/.:(<\s]*/.exec(name)[0], 2166136261), tone = (h >>> 8) % 7;
	return `hsl(${HUES[h % 13]} ${tone + (dark ? 34 : 66)}% ${tone + (dark ? 30 : 74)}%)`;
}
// Of shares, so that a longer range is not a change: -1 (gone) to 1 (new).
function changeOf(m, w) {
	const a = share(w[0], m.totals[0]), b = share(w[1], m.totals[1]);
	return share(b - a, Math.max(a, b));
}
function changeText(m, w) {
	const c = Math.round(1e4 * (share(w[1], m.totals[1]) - share(w[0], m.totals[0]))) / 100;
	return w[0] && w[1] || !c ? (c > 0 ? '+' : '') + digits(c) + ' points' : c > 0 ? 'new' : 'gone';
}
function changeColour(c, dark) {
	const k = Math.min(10, Math.round(Math.abs(c) * 14)) / 10, hue = c > 0 ? 4 : 212;
	return dark ? `hsl(${hue} ${k * 62}% ${27 + k * 15}%)` : `hsl(${hue} ${k * 88}% ${89 - k * 24}%)`;
}

// ---- the canvas ----
// What the views of one model share: zoom and selection (frames), hits (a Set of names, or null).
const ROW = 21, plain = e => !e.ctrlKey && !e.metaKey && !e.altKey;
class Board {
	constructor(model, unit, on) {
		Object.assign(this, { model, unit, on, top: (model.levels[0] || [])[0], views: [], fills: new Map() });
		this.zoom = this.top;
	}
	redraw() {
		this.frame = this.frame || requestAnimationFrame(() => { this.frame = 0; for (const v of this.views) v.draw(); });
	}
	zoomTo(f) {
		this.zoom = f || this.top;
		for (const v of this.views) v.reveal(this.zoom);
		this.redraw();
		if (this.on.zoom) this.on.zoom(this.zoom);
	}
	select(f) {
		this.sel = f;
		this.redraw();
		if (this.on.select) this.on.select(f, this);
	}
	facts(f) {
		const m = this.model, part = (v, k) => `${valueText(v, this.unit)} (${percent(v, m.totals[k])})`;
		return m.two ? ['before ' + part(f.w[0], 0), 'after ' + part(f.w[1], 1), 'change ' + changeText(m, f.w)]
			: ['total ' + part(f.w[0], 0), 'self ' + part(f.s[0], 0), ...this.zoom.d ? [percent(f.w[0], this.zoom.w[0]) + ' of the zoomed frame'] : []];
	}
	// The sum of all stacks that have a hit, each once.
	matched() {
		const sums = [0, 0, 0];
		for (const f of framesOf(this.model)) {
			f.hit = f.up.hit || this.hits.has(f.name);
			if (f.hit && !f.up.hit) add(sums, f.w);
		}
		return sums;
	}
}

class FlameView {
	// side: whose widths are drawn. upward: the root is at the bottom.
	constructor(board, side, label, upward) {
		const space = el('div'), c = el('canvas', { tabIndex: 0, role: 'application', ariaLabel: label + ': arrows choose, Enter zooms, Backspace goes out' });
		Object.assign(this, { board, side, upward, canvas: c, box: el('div', { className: 'flame' }, c, space), levels: board.model.levels });
		space.style.height = this.box.style.height = this.levels.length * ROW + 'px';
		c.onmousemove = e => this.point(this.at(e), e);
		c.onmouseleave = () => this.point();
		c.onclick = e => {
			const f = this.at(e), zoom = e.pointerType !== 'touch' || f === board.sel;
			this.point();
			if (f) board.select(f);
			if (f && zoom) board.zoomTo(f);
		};
		c.onkeydown = e => this.key(e);
		this.box.onscroll = () => board.redraw();
		new ResizeObserver(() => board.redraw()).observe(this.box);
		board.views.push(this);
	}
	// Level to row, and back.
	turn(d) { return this.upward ? this.levels.length - 1 - d : d; }
	// Place of the first frame of a level that ends right of x.
	first(level, x) {
		let a = 0, b = level.length;
		while (a < b) { const c = (a + b) >> 1; if (level[c].x[this.side] + level[c].w[this.side] > x) b = c; else a = c + 1; }
		return a;
	}
	above(d) {
		let f = this.board.zoom;
		while (f.d > d) f = f.up;
		return f;
	}
	at(e) {
		const z = this.board.zoom, k = this.side, d = this.turn(Math.floor((e.offsetY + this.box.scrollTop) / ROW)), level = this.levels[d];
		if (!level || d < z.d) return level && this.above(d);
		const x = z.x[k] + e.offsetX / this.width * z.w[k], f = level[this.first(level, x)];
		return f && f.x[k] <= x ? f : null;
	}
	point(f, e) {
		const b = this.board;
		if (f !== b.hover) b.redraw();
		b.hover = f;
		this.canvas.style.cursor = f ? 'pointer' : '';
		showTip(f && [f.name, ...b.facts(f)], e);
	}
	fill(f) {
		const b = this.board, dark = this.dark;
		if (b.hits && !b.hits.has(f.name)) return dark ? '#2b2f37' : '#e4e6ea';
		if (!f.up) return dark ? '#343a46' : '#d6dae1';
		if (b.model.two) return changeColour(changeOf(b.model, f.w), dark);
		if (!b.fills.has(f.name)) b.fills.set(f.name, frameColour(f.name, dark));
		return b.fills.get(f.name);
	}
	draw() {
		const c = this.canvas, g = this.g = c.getContext('2d'), k = this.side, w = this.width = this.box.clientWidth, h = this.box.clientHeight;
		const scroll = this.box.scrollTop, dpr = devicePixelRatio, z = this.board.zoom;
		if (!w || !z) return;
		if (this.dark !== isDark()) this.board.fills.clear();
		this.dark = isDark();
		if (c.width !== Math.round(w * dpr) || c.height !== Math.round(h * dpr)) {
			c.width = Math.round(w * dpr);
			c.height = Math.round(h * dpr);
			c.style.height = h + 'px';
		}
		g.setTransform(dpr, 0, 0, dpr, 0, 0);
		g.clearRect(0, 0, w, h);
		g.font = '12px ui-monospace,Menlo,Consolas,monospace';
		g.textBaseline = 'middle';
		g.fillStyle = '#8d95a5';
		if (!z.w[k]) return g.fillText('nothing of it here', 8, this.turn(z.d) * ROW - scroll + ROW / 2);
		this.letter = g.measureText('m').width;
		this.levels.forEach((level, d) => {
			const y = this.turn(d) * ROW - scroll;
			if (y + ROW < 0 || y > h) return;
			if (d < z.d) this.rect(this.above(d), 0, w, y, .55);
			else this.row(level, y, z.x[k], z.w[k], w / z.w[k]);
		});
	}
	// One level. Neighbours below a pixel or so become one stripe, so that a row is never more work than pixels.
	row(level, y, x0, zw, scale) {
		const k = this.side, hits = this.board.hits;
		let from = -1, to, most, best;
		const flush = () => {
			if (from < 0) return;
			this.g.fillStyle = this.fill(best);
			this.g.fillRect(from, y, Math.max(to - from, .5), ROW - 1);
			from = -1;
		};
		for (let i = this.first(level, x0); i < level.length && level[i].x[k] < x0 + zw; i++) {
			const f = level[i], a = Math.max(0, (f.x[k] - x0) * scale), e = Math.min(this.width, (f.x[k] + f.w[k] - x0) * scale);
			if (e - a >= 1.5) { flush(); this.rect(f, a, e, y, 1); continue; }
			if (!f.w[k]) continue;
			if (from >= 0 && (a - to > .7 || e - from > 3)) flush();
			if (from < 0) { from = a; most = 0; }
			const weight = f.w[k] + (hits && hits.has(f.name) ? zw : 0);
			if (weight > most) { most = weight; best = f; }
			to = e;
		}
		flush();
	}
	rect(f, a, e, y, alpha) {
		const g = this.g, b = this.board, m = b.model, width = e - a - (e - a > 3 ? 1 : 0), dark = this.dark, hit = b.hits && b.hits.has(f.name);
		g.globalAlpha = alpha;
		g.fillStyle = this.fill(f);
		g.fillRect(a, y, width, ROW - 1);
		g.globalAlpha = 1;
		if (hit) { g.fillStyle = dark ? '#ffd43b' : '#e8590c'; g.fillRect(a, y + ROW - 4, width, 3); }
		if (f === b.sel || f === b.hover) {
			g.lineWidth = f === b.sel ? 2 : 1;
			g.strokeStyle = dark ? '#fff' : '#101828';
			g.strokeRect(a + 1, y + 1, Math.max(width - 2, 1), ROW - 3);
		}
		let room = Math.floor((width - 8) / this.letter), s = f.name;
		if (room < 3) return;
		// Wide letters take two places; the path makes room first.
		if (/[\u1100-\uffff]/.test(s)) room >>= 1;
		if (s.length > room) s = s.slice(s.lastIndexOf('/', s.length - 2) + 1);
		if (s.length > room) s = s.slice(0, room - 1) + '…';
		else if (s.length + 9 < room) s += '  ' + (f.up ? percent(f.w[this.side], m.totals[this.side]) : valueText(f.w[this.side], b.unit));
		g.fillStyle = b.hits && !hit ? '#8d95a5' : dark ? '#f2f4f8' : '#16191f';
		g.fillText(s, a + 4, y + ROW / 2);
	}
	reveal(f) {
		const y = this.turn(f.d) * ROW, b = this.box;
		b.scrollTop = Math.min(Math.max(b.scrollTop, y + ROW - b.clientHeight), y);
	}
	key(e) {
		const b = this.board, f = b.sel || b.zoom, k = this.side, z = b.zoom, name = e.key;
		if (!f || !plain(e)) return;
		const level = this.levels[f.d].filter(o => o.w[k] || o === f), beside = step => level[level.indexOf(f) + step];
		const child = () => (this.levels[f.d + 1] || []).filter(o => o.up === f && o.w[k]).sort((p, q) => q.w[k] - p.w[k])[0];
		const to = { ArrowRight: () => beside(1), ArrowLeft: () => beside(-1), [this.upward ? 'ArrowDown' : 'ArrowUp']: () => f.up,
			[this.upward ? 'ArrowUp' : 'ArrowDown']: child }[name];
		const zoom = { Enter: f, ' ': f, Backspace: z.up || b.top, Home: b.top }[name];
		if (!to && !zoom) return;
		e.preventDefault();
		if (zoom) return b.zoomTo(zoom);
		b.select(b.sel ? to() || f : f);
		this.reveal(b.sel);
	}
}
// lines: the first is a name; null hides it.
function showTip(lines, e) {
	const t = $('tip');
	t.hidden = !lines;
	if (!lines) return;
	t.replaceChildren(...lines.map((s, i) => el(i ? 'div' : 'b', {}, s)));
	t.style.left = Math.max(4, Math.min(e.clientX + 14, innerWidth - t.offsetWidth - 8)) + 'px';
	t.style.top = (e.clientY + 18 + t.offsetHeight > innerHeight ? Math.max(4, e.clientY - t.offsetHeight - 10) : e.clientY + 18) + 'px';
}

// ---- the table ----
class FunctionTable {
	// on.sort(text): "self", "total", ..., with "-" before it the other way round; on.pick(name).
	constructor(table, on) {
		Object.assign(this, { table, on, sort: '', most: 100 });
		table.onkeydown = e => {
			const tr = e.target.closest('tbody tr'), to = tr && { ArrowDown: tr.nextSibling, ArrowUp: tr.previousSibling }[e.key];
			if (!to && !(tr && e.target === tr && e.key === 'Enter')) return;
			e.preventDefault();
			if (to) to.focus(); else tr.click();
		};
	}
	// Returns how many functions there are of those that the board has as hits.
	fill(board) {
		const m = board.model, keys = m.two ? ['function', 'before', 'after', 'change'] : ['function', 'self', 'total'];
		if (this.model !== m) { this.model = m; this.rows = functionsOf(m); }
		const wanted = this.sort.replace('-', ''), key = keys.includes(wanted) ? wanted : m.two ? 'change' : 'self', turned = this.sort[0] === '-';
		const rank = { self: r => r.self[0], total: r => r.total[0], before: r => r.total[0], after: r => r.total[1],
			change: r => Math.abs(share(r.total[1], m.totals[1]) - share(r.total[0], m.totals[0])) }[key] || (() => 0);
		const rows = this.rows.filter(r => !board.hits || board.hits.has(r.name)).sort((a, b) => rank(b) - rank(a) || (a.name < b.name ? -1 : 1));
		if (turned) rows.reverse();
		const body = el('tbody', {}, ...rows.slice(0, this.most).map((r, i) => this.row(board, r, i)));
		if (rows.length > this.most) body.append(el('tr', {}, el('td', {}, el('button', { onclick: () => { this.most *= 5; this.fill(board); } }, `${rows.length - this.most} more`))));
		const up = turned === (key !== 'function');
		this.table.replaceChildren(el('thead', {}, el('tr', {}, ...keys.map(k => {
			const th = el('th', {}, el('button', { onclick: () => {
				this.on.sort(k === key && !turned ? '-' + k : k);
				this.table.rows[0].cells[keys.indexOf(k)].firstChild.focus();
			} }, k + (k !== key ? '' : up ? ' ▴' : ' ▾')));
			if (k === key) th.ariaSort = up ? 'ascending' : 'descending';
			return th;
		}))), body);
		return rows.length;
	}
	row(board, r, i) {
		const m = board.model, cell = (v, k) => {
			const td = el('td', {}, valueText(v, board.unit) + ' ', el('small', {}, percent(v, m.totals[k])));
			td.style.setProperty('--part', 100 * share(v, m.totals[k]) + '%');
			return td;
		};
		const cells = m.two ? [cell(r.total[0], 0), cell(r.total[1], 1), el('td', { className: changeOf(m, r.total) > 0 ? 'up' : 'down' }, changeText(m, r.total))]
			: [cell(r.self[0], 0), cell(r.total[0], 0)];
		return el('tr', { tabIndex: i ? -1 : 0, onclick: e => { if (e.target.tagName !== 'BUTTON') this.on.pick(r.name); } }, el('td', {}, r.name), ...cells);
	}
}
