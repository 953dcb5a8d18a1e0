// Flame graphs on a canvas and the table of functions; models are made by flame_model.js.

// ---- colours ----
const isDark = () => document.documentElement.dataset.theme === 'dark';
function chooseTheme(theme) {
	// Without storage: as the system has it.
	try { theme = localStorage.theme = theme || localStorage.theme || ''; } catch { }
	document.documentElement.dataset.theme = theme || (matchMedia('(prefers-color-scheme:dark)').matches ? 'dark' : 'light');
}
// Pixels as numbers: alpha, blue, green, red. h in degrees, s and l in per cent.
const pixel = (r, g, b) => (255 << 24 | b << 16 | g << 8 | r) >>> 0;
function hsl(h, s, l) {
	const a = s * Math.min(l, 100 - l) / 100, part = n => { const k = (n + h / 30) % 12; return Math.round(2.55 * (l - a * Math.max(-1, Math.min(k - 3, 9 - k, 1)))); };
	return pixel(part(0), part(8), part(4));
}
const HUES = [8, 20, 31, 42, 52, 75, 140, 165, 188, 205, 222, 262, 320];
// By package: what stands before the first dot, colon or bracket after the last slash.
function frameColour(name, dark) {
	const h = hash(/^(?:.*\/)?[^/.:(<\s]*/.exec(name)[0], 2166136261), tone = (h >>> 8) % 7;
	return hsl(HUES[h % 13], tone + (dark ? 34 : 66), tone + (dark ? 30 : 74));
}
// -1 (gone) to 1 (new). Usually of shares, so that a longer range is not a change; "points": by how much of the whole,
// 10 of 100 have the full colour; "value": of values by time.
function changeOf(b, w) {
	const t = b.model.totals, part = w.map((v, k) => share(v, t[k])), [x, y] = b.tone === 'value' ? w.map((v, k) => v * b.rates[k]) : part;
	return b.tone === 'points' ? Math.max(-1, Math.min(1, 10 * (y - x))) : share(y - x, Math.max(x, y));
}
function changeText(b, w) {
	const t = b.model.totals, [x, y] = w.map((v, k) => b.tone === 'value' ? v * b.rates[k] : share(v, t[k])), sign = y > x ? '+' : '';
	if (!w[0] !== !w[1]) return w[1] ? 'new' : 'gone';
	return b.tone === 'value' ? sign + percent(y - x, x) : sign + digits(Math.round(1e4 * (y - x)) / 100) + ' points';
}
function changeColour(c, dark, faint) {
	const k = Math.min(10, Math.round(Math.abs(c) * 14)) / (faint ? 60 : 10), hue = c > 0 ? 4 : 212;
	return dark ? hsl(hue, k * 62, 27 + k * 15) : hsl(hue, k * 88, 89 - k * 24);
}

// ---- the canvas ----
// What the views of one model share: zoom, selection and pointer (frames; null: none), found (of search(), or null).
// on: zoom(frame), select(frame, board), open(frame): "other" was clicked.
const ROW = 21, FONT = '12px ui-monospace,Menlo,Consolas,monospace', plain = e => !e.ctrlKey && !e.metaKey && !e.altKey;
class Board {
	constructor(model, unit, on, more) {
		Object.assign(this, { model, unit, on, views: [], fills: [], zoom: 0, sel: null, hover: null, found: null, tone: '', rates: [1, 1], events: [0, 0], faint: true }, more);
	}
	redraw() {
		this.frame = this.frame || requestAnimationFrame(() => { this.frame = 0; for (const v of this.views) v.draw(); });
	}
	zoomTo(i) {
		this.zoom = i;
		for (const v of this.views) v.reveal(i);
		this.redraw();
		if (this.on.zoom) this.on.zoom(i);
	}
	select(i) {
		this.sel = i;
		this.redraw();
		if (this.on.select) this.on.select(i, this);
	}
	isCut(i) { return i && this.on.open && nameOf(this.model, i) === 'other'; }
	click(i) { if (this.isCut(i)) this.on.open(i); else this.zoomTo(i); }
	// How likely such a difference is without a change: 0 where nothing is known.
	chance(w) { return chance(w, this.model.totals, this.events); }
	isNoise(w) { return this.faint && this.model.two && this.chance(w) > .05; }
	facts(i) {
		const m = this.model, z = this.zoom, w = at(m, 'w', i), s = at(m, 's', i), part = (v, k) => `${valueText(v, this.unit)} (${percent(v, m.totals[k])})`;
		if (m.two) {
			const p = this.chance(w);
			return ['before ' + part(w[0], 0), 'after ' + part(w[1], 1), 'change ' + changeText(this, w), ...p > .05 ? [`may be noise (p = ${p.toFixed(2)})`] : []];
		}
		if (m.times) return [valueText(w[0], 'nanoseconds') + ' long', 'from ' + valueText(m.x[0][i], 'nanoseconds')];
		return ['total ' + part(w[0], 0), 'self ' + part(s[0], 0), ...z && !m.slots ? [percent(w[0], m.w[0][z]) + ' of the zoomed frame'] : [], ...this.isCut(i) ? ['click to open: smaller frames'] : []];
	}
}

class FlameView {
	// side: whose widths are drawn. upward: the root is at the bottom.
	constructor(board, side, label, upward) {
		const space = el('div'), c = el('canvas', { tabIndex: 0, role: 'application', ariaLabel: label + ': arrows choose, Enter zooms, Backspace goes out' });
		Object.assign(this, { board, m: board.model, side, upward, canvas: c, box: el('div', { className: 'flame' }, c, space), rows: board.model.starts.length - 1 });
		space.style.height = this.box.style.height = this.rows * ROW + 'px';
		c.onmousemove = e => this.point(this.at(e), e);
		c.onmouseleave = () => this.point(null);
		c.onclick = e => {
			const i = this.at(e), act = e.pointerType !== 'touch' || i === board.sel;
			this.point(null);
			if (i === null) return;
			board.select(i);
			if (act) board.click(i);
		};
		c.onkeydown = e => this.key(e);
		this.box.onscroll = () => board.redraw();
		new ResizeObserver(() => board.redraw()).observe(this.box);
		board.views.push(this);
	}
	// Level to row, and back.
	turn(d) { return this.upward ? this.rows - 1 - d : d; }
	// The first frame of a level that ends right of x, not before `from`.
	first(d, x, from) {
		const m = this.m, xs = m.x[this.side], ws = m.w[this.side];
		let a = from ?? m.starts[d], b = m.starts[d + 1];
		while (a < b) { const c = (a + b) >> 1; if (xs[c] + ws[c] > x) b = c; else a = c + 1; }
		return a;
	}
	above(d) {
		let i = this.board.zoom;
		while (this.m.d[i] > d) i = this.m.up[i];
		return i;
	}
	at(e) {
		const m = this.m, z = this.board.zoom, k = this.side, d = this.turn(Math.floor((e.offsetY + this.box.scrollTop) / ROW));
		if (d < 0 || d >= this.rows) return null;
		if (d < m.d[z] && !m.times) return this.above(d);
		const x = m.x[k][z] + e.offsetX / this.width * m.w[k][z], i = this.first(d, x);
		return i < m.starts[d + 1] && m.x[k][i] <= x ? i : null;
	}
	point(i, e) {
		const b = this.board;
		if (i !== b.hover) b.redraw();
		b.hover = i;
		this.canvas.style.cursor = i === null ? '' : 'pointer';
		showTip(i !== null && [nameOf(this.m, i), ...b.facts(i)], e);
	}
	fill(i) {
		const b = this.board, m = this.m, dark = this.dark, f = m.name[i];
		if (b.found && !b.found.by[f]) return dark ? pixel(43, 47, 55) : pixel(228, 230, 234);
		if (!i || (m.slots && m.d[i] < 2) || b.isCut(i)) return dark ? pixel(52, 58, 70) : pixel(214, 218, 225);
		if (m.two) { const w = at(m, 'w', i); return changeColour(changeOf(b, w), dark, b.isNoise(w)); }
		return b.fills[f] || (b.fills[f] = frameColour(m.names[f], dark));
	}
	draw() {
		const c = this.canvas, g = this.g = c.getContext('2d'), m = this.m, k = this.side, w = this.width = this.box.clientWidth, h = this.box.clientHeight;
		const scroll = this.box.scrollTop, dpr = devicePixelRatio, z = this.board.zoom, last = Math.ceil((scroll + h) / ROW);
		if (!w || !m.n) return;
		if (this.dark !== isDark() || this.board.fills.length !== m.names.length) this.board.fills = new Uint32Array(m.names.length);
		this.dark = isDark();
		if (c.width !== Math.round(w * dpr) || c.height !== Math.round(h * dpr)) {
			c.width = Math.round(w * dpr);
			c.height = Math.round(h * dpr);
			c.style.height = h + 'px';
			this.image = g.createImageData(c.width, c.height);
			this.line = new Uint32Array(c.width);
		}
		g.setTransform(dpr, 0, 0, dpr, 0, 0);
		g.clearRect(0, 0, w, h);
		g.font = FONT;
		g.textBaseline = 'middle';
		g.fillStyle = '#8d95a5';
		if (!m.w[k][z]) return g.fillText('nothing of it here', 8, this.turn(m.d[z]) * ROW - scroll + ROW / 2);
		this.letter = g.measureText('m').width;
		this.late = [];
		this.image.data.fill(0);
		for (let row = Math.floor(scroll / ROW); row < Math.min(last, this.rows); row++) {
			const d = this.turn(row), y = row * ROW - scroll;
			this.line.fill(0);
			this.marks = [];
			if (m.times && !d) this.late.push(() => this.axis(y, m.x[k][z], m.w[k][z]));
			else if (d < m.d[z] && !m.times) this.rect(this.above(d), 0, w, y, 0x8cffffff);
			else this.row(d, y, m.x[k][z], m.w[k][z]);
			this.lay(y, dpr);
		}
		g.putImageData(this.image, 0, 0);
		for (const f of this.late) f();
	}
	// Rectangles of a row are pixels of its first line, which is repeated; what is not of pixels alone comes late.
	fillLine(a, e, colour) {
		const dpr = devicePixelRatio, from = Math.round(a * dpr);
		this.line.fill(colour, from, Math.max(from + 1, Math.round(e * dpr)));
	}
	lay(y, dpr) {
		const { image } = this, wide = image.width, all = new Uint32Array(image.data.buffer), end = Math.min(image.height, Math.round((y + ROW - 1) * dpr)), low = Math.round((y + ROW - 4) * dpr);
		for (let t = Math.max(0, Math.round(y * dpr)); t < end; t++) {
			all.set(this.line, t * wide);
			if (t >= low) for (const [a, e] of this.marks) all.fill(this.mark, t * wide + Math.round(a * dpr), t * wide + Math.round(e * dpr));
		}
	}
	get mark() { return this.dark ? pixel(255, 212, 59) : pixel(232, 89, 12); }
	axis(y, from, wide) {
		const g = this.g, step = 10 ** Math.floor(Math.log10(wide / 2)), every = step * [1, 2, 5].find(s => wide / step / s < Math.max(2, this.width / 90) || s === 5);
		for (let t = Math.ceil(from / every) * every; t < from + wide; t += every) {
			const x = (t - from) / wide * this.width;
			g.fillRect(x, y + 12, 1, ROW - 12);
			g.fillText(valueText(t, 'nanoseconds'), x + 4, y + ROW / 2);
		}
	}
	// One level. Neighbours below a pixel or so become one stripe, and are passed over by halving: a row is never more work
	// than pixels.
	row(d, y, x0, zw) {
		const { m, board: { found } } = this, xs = m.x[this.side], ws = m.w[this.side], scale = this.width / zw, end = m.starts[d + 1], far = x0 + zw;
		for (let i = this.first(d, x0); i < end && xs[i] < far;) {
			const a = Math.max(0, (xs[i] - x0) * scale), e = Math.min(this.width, (xs[i] + ws[i] - x0) * scale);
			if (e - a >= 1.5) { this.rect(i++, a, e, y, -1); continue; }
			const next = Math.max(i + 1, this.first(d, x0 + (a + 2) / scale, i)), wide = (xs[next - 1] + ws[next - 1] - x0) * scale - a;
			if (wide > 0) {
				let best = i;
				for (let j = i, step = Math.ceil((next - i) / 12); j < next; j += step) if (ws[j] > ws[best]) best = j;
				this.fillLine(a, a + wide, found && found.before[next] > found.before[i] ? this.mark : this.fill(best));
			}
			i = next;
		}
		if (m.slots && d === 1) this.late.push(() => this.times(d, y));
	}
	// mask: of the pixels.
	rect(i, a, e, y, mask) {
		const g = this.g, b = this.board, m = this.m, k = this.side, width = e - a - (e - a > 3 ? 1 : 0), dark = this.dark, hit = b.found && i && b.found.by[m.name[i]];
		this.fillLine(a, a + width, (this.fill(i) & mask) >>> 0);
		if (hit) this.marks.push([a, a + width]);
		if (i === b.sel || i === b.hover) this.late.push(() => {
			g.lineWidth = i === b.sel ? 2 : 1;
			g.strokeStyle = dark ? '#fff' : '#101828';
			g.strokeRect(a + 1, y + 1, Math.max(width - 2, 1), ROW - 3);
		});
		let room = Math.floor((width - 8) / this.letter), s = nameOf(m, i);
		if (room < 3 || (m.slots && m.d[i] === 1)) return;
		if (b.isCut(i)) s = '⋯ other';
		// Wide letters take two places; the path makes room first.
		if (/[\u1100-\uffff]/.test(s)) room >>= 1;
		if (s.length > room) s = s.slice(s.lastIndexOf('/', s.length - 2) + 1);
		if (s.length > room) s = s.slice(0, room - 1) + '…';
		else if (s.length + 9 < room && !m.times) s += '  ' + (i ? percent(m.w[k][i], m.totals[k]) : valueText(m.slots ? m.totals[k] : m.w[k][0], b.unit));
		this.late.push(() => {
			g.fillStyle = b.found && !hit ? '#8d95a5' : dark ? '#f2f4f8' : '#16191f';
			g.fillText(s, a + 4, y + ROW / 2);
		});
	}
	// The times of the parts of a chart: as many as have the room.
	times(d, y) {
		const g = this.g, { m, board: { zoom } } = this, scale = this.width / m.w[0][zoom], first = m.starts[d], every = Math.ceil((nameOf(m, first).length + 1.5) * this.letter / m.slots / scale);
		g.fillStyle = this.dark ? '#f2f4f8' : '#16191f';
		for (let i = first; i < m.starts[d + 1]; i++) if (!(Math.round(m.x[0][i] / m.slots) % every)) g.fillText(nameOf(m, i), (m.x[0][i] - m.x[0][zoom]) * scale + 4, y + ROW / 2);
	}
	reveal(i) {
		const y = this.turn(this.m.d[i]) * ROW, b = this.box;
		b.scrollTop = Math.min(Math.max(b.scrollTop, y + ROW - b.clientHeight), y);
	}
	// The next frame of the level that has a width; the widest one below.
	beside(i, step) {
		const m = this.m, d = m.d[i];
		for (let j = i + step; j >= m.starts[d] && j < m.starts[d + 1]; j += step) if (m.w[this.side][j]) return j;
		return i;
	}
	child(i) {
		const m = this.m, w = m.w[this.side], d = m.d[i] + 1;
		let best = i, from = m.kids[i], to = m.kids[i + 1];
		if (m.times && d < this.rows) { from = this.first(d, m.x[0][i]); to = from + (from < m.starts[d + 1]); }
		for (let j = from; j < to; j++) if (w[j] && (best === i || w[j] > w[best])) best = j;
		return best;
	}
	key(e) {
		const b = this.board, z = b.zoom, i = b.sel ?? z, name = e.key, up = this.m.up[i];
		if (!plain(e)) return;
		const to = { ArrowRight: () => this.beside(i, 1), ArrowLeft: () => this.beside(i, -1), [this.upward ? 'ArrowDown' : 'ArrowUp']: () => up,
			[this.upward ? 'ArrowUp' : 'ArrowDown']: () => this.child(i) }[name];
		const zoom = { Enter: i, ' ': i, Backspace: this.m.up[z], Home: 0 }[name];
		if (!to && zoom === undefined) return;
		e.preventDefault();
		if (!to) return name === 'Enter' ? b.click(zoom) : b.zoomTo(zoom);
		b.select(b.sel === null ? i : to());
		this.reveal(b.sel);
	}
}
// lines: the first is a name; without them it hides.
function showTip(lines, e) {
	const t = $('tip');
	t.hidden = !lines;
	if (!lines) return;
	t.replaceChildren(...lines.map((s, i) => el(i ? 'div' : 'b', {}, s)));
	t.style.left = Math.max(4, Math.min(e.clientX + 14, innerWidth - t.offsetWidth - 8)) + 'px';
	t.style.top = (e.clientY + 18 + t.offsetHeight > innerHeight ? Math.max(4, e.clientY - t.offsetHeight - 10) : e.clientY + 18) + 'px';
}

// ---- the table ----
// Up and down go from row to row, Enter is a click.
function rowKeys(table) {
	table.onkeydown = e => {
		const tr = e.target.closest('tbody tr'), to = tr && { ArrowDown: tr.nextSibling, ArrowUp: tr.previousSibling }[e.key];
		if (!to && !(tr && e.target === tr && e.key === 'Enter')) return;
		e.preventDefault();
		if (to) to.focus(); else tr.click();
	};
}
function partCell(text, v, all) {
	const td = el('td', {}, text + ' ', el('small', {}, percent(v, all)));
	td.style.setProperty('--part', 100 * share(v, all) + '%');
	return td;
}
class FunctionTable {
	// on.sort(text): "self", "total", ..., with "-" before it the other way round; on.pick(name).
	constructor(table, on) {
		Object.assign(this, { table, on, sort: '', most: 100 });
		rowKeys(table);
	}
	// Returns how many functions there are of those that the board has found.
	fill(board) {
		const m = board.model, t = m.totals, keys = m.two ? ['function', 'before', 'after', 'change'] : ['function', 'self', 'total'];
		const how = JSON.stringify([this.sort, this.most, board.tone, board.faint, board.rates, board.events]);
		if (this.model === m && this.found === board.found && this.how === how) return this.count;
		if (this.model !== m) { this.model = m; this.rows = functionsOf(m); }
		const wanted = this.sort.replace('-', ''), key = keys.includes(wanted) ? wanted : m.two ? 'change' : 'self', turned = this.sort[0] === '-';
		const change = r => board.tone === 'value' ? Math.abs(r.total[1] * board.rates[1] - r.total[0] * board.rates[0]) : Math.abs(share(r.total[1], t[1]) - share(r.total[0], t[0]));
		const rank = { self: r => r.self[0], total: r => r.total[0], before: r => r.total[0], after: r => r.total[1], change: r => change(r) * (r.noise ? 1e-6 : 1) }[key] || (() => 0);
		for (const r of this.rows) r.noise = board.isNoise(r.total);
		const rows = this.rows.filter(r => !board.found || board.found.by[r.at]), sign = turned ? -1 : 1, ranks = Float64Array.from(rows, r => sign * rank(r));
		// Of a million only those are put in order that may be shown.
		const least = ranks.slice().sort()[Math.max(0, rows.length - this.most)];
		const shown = rows.map((r, i) => [ranks[i], r]).filter(r => r[0] >= least).sort((a, b) => b[0] - a[0] || (a[1].name < b[1].name ? -sign : sign)).slice(0, this.most);
		const body = el('tbody', {}, ...shown.map((r, i) => this.row(board, r[1], i)));
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
		Object.assign(this, { found: board.found, how, count: rows.length });
		return rows.length;
	}
	row(board, r, i) {
		const t = board.model.totals, cell = (v, k) => partCell(valueText(v, board.unit), v, t[k]);
		const cells = board.model.two ? [cell(r.total[0], 0), cell(r.total[1], 1), el('td', { className: changeOf(board, r.total) > 0 ? 'up' : 'down' }, changeText(board, r.total))]
			: [cell(r.self[0], 0), cell(r.total[0], 0)];
		return el('tr', { tabIndex: i ? -1 : 0, className: r.noise ? 'faint' : '', onclick: e => { if (e.target.tagName !== 'BUTTON') this.on.pick(r.name); } }, el('td', {}, r.name), ...cells);
	}
}
