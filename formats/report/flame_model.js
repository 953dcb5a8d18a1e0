// Call trees for pictures: what the page of the server and the file that `pyro-query html` writes draw. Everything that
// comes from data is shown as text, never as markup.
'use strict';
const $ = id => document.getElementById(id), $$ = what => document.querySelectorAll(what);
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
// A model holds its frames in arrays, level by level and in each from left to right; frame 0 is the root. What is below a
// frame therefore stands together: kids[i] to kids[i + 1]. By frame: name (its place in names), up (the frame that holds
// it), d (its level), path (hash of the names down to it), outer (no frame above has its name: a recursive function counts
// once); by side and frame: x, w (total), s (self). There is one side, or two: before, after.
// A chart (times) has levels of several threads below one another; x and w are time there, and kids are not known.
function blankModel(names, n, depth, two) {
	const side = () => Array.from({ length: two ? 2 : 1 }, () => new Float64Array(n));
	return { names, n, two, starts: new Uint32Array(depth + 1).fill(n), name: new Uint32Array(n), up: new Uint32Array(n),
		d: new Uint32Array(n), x: side(), w: side(), s: side() };
}
function finishModel(m) {
	const { n, up, name, names } = m, hashes = names.map(s => hash(s, 5381)), seen = new Uint32Array(n);
	Object.assign(m, { path: new Uint32Array(n), outer: new Uint8Array(n), kids: new Uint32Array(n + 1).fill(n), totals: m.w.map(w => w[0] || 0) });
	for (let i = 0, k = 1; i < n; i++) {
		const u = up[i], bit = 1 << (hashes[name[i]] & 31);
		while (k < n && up[k] < i) k++;
		m.kids[i] = k;
		if (!i) { m.path[0] = 1; continue; }
		m.path[i] = Math.imul(m.path[u] ^ hashes[name[i]], 16777619);
		// A frame whose bit is new has a name that is new, too.
		seen[i] = seen[u] | bit;
		let p = seen[u] & bit ? u : 0;
		while (p && name[p] !== name[i]) p = up[p];
		m.outer[i] = p ? 0 : 1;
	}
	return m;
}
// rows: levels in groups of four (offset from the end of the group before, total, self, name) or seven (twice), as the
// API and the file have them.
function flameModel(names, rows, two, times) {
	const size = two ? 7 : 4, sides = two ? 2 : 1, m = blankModel(names.length ? names : [''], rows.reduce((n, v) => n + Math.floor(v.length / size), 0), rows.length, two);
	let i = 0;
	m.times = times;
	rows.forEach((v, d) => {
		const end = [0, 0], both = j => m.x[0][j] + (two ? m.x[1][j] : 0), wide = j => m.w[0][j] + (two ? m.w[1][j] : 0);
		let at = d ? m.starts[d - 1] : 0;
		m.starts[d] = i;
		for (let k = 0; k + size <= v.length; k += size, i++) {
			m.d[i] = d;
			m.name[i] = v[k + size - 1] in m.names ? +v[k + size - 1] : 0;
			for (let j = 0; j < sides; j++) {
				m.x[j][i] = end[j] + +v[k + 3 * j];
				m.w[j][i] = +v[k + 3 * j + 1];
				m.s[j][i] = +v[k + 3 * j + 2];
				end[j] = m.x[j][i] + m.w[j][i];
			}
			while (d && at < m.starts[d] - 1 && both(at) + wide(at) <= both(i)) at++;
			m.up[i] = d && (!times || both(at) <= both(i)) ? at : 0;
		}
	});
	return finishModel(m);
}
// The model of a tree: root is {name, w, s}, and below(node, i) gives such nodes of what is below; i is its frame.
function treeModel(names, two, root, below) {
	const levels = [[root]], sides = two ? [0, 1] : [0];
	let n = 1;
	root.up = 0;
	root.x = [0, 0];
	for (let level = levels[0], i = 0; level.length; n += level.length) {
		const next = [];
		for (const node of level) {
			const at = node.x.slice();
			for (const kid of below(node, i)) {
				kid.up = i;
				kid.x = at.slice();
				for (const k of sides) at[k] += kid.w[k];
				next.push(kid);
			}
			i++;
		}
		if (next.length) levels.push(next);
		level = next;
	}
	const m = blankModel(names, n, levels.length, two);
	let i = 0;
	levels.forEach((level, d) => {
		m.starts[d] = i;
		for (const node of level) {
			m.name[i] = node.name;
			m.up[i] = node.up;
			m.d[i] = d;
			for (const k of sides) for (const f of ['x', 'w', 's']) m[f][k][i] = node[f][k];
			i++;
		}
	});
	return finishModel(m);
}
function hash(s, h) {
	for (let i = 0; i < s.length; i++) h = Math.imul(h ^ s.charCodeAt(i), 16777619);
	return Math.imul(h, 16777619) >>> 0;
}
const nameOf = (m, i) => m.names[m.name[i]] || '(no name)', at = (m, f, i) => m[f].map(side => side[i]);
const add = (to, from) => { for (let k = 0; k < from.length; k++) to[k] += from[k]; };
// Names down to a frame, without the root.
function pathTo(m, i) {
	const out = [];
	for (; i; i = m.up[i]) out.unshift(nameOf(m, i));
	return out;
}
function findPath(m, names) {
	let i = 0;
	for (const n of names) {
		let k = m.kids[i];
		while (k < m.kids[i + 1] && nameOf(m, k) !== n) k++;
		if (k >= m.kids[i + 1]) return -1;
		i = k;
	}
	return i;
}
// Gives the places of strings in one list, which it makes.
function namer(names) {
	const known = new Map(names.map((s, i) => [s, i]));
	return s => { if (!known.has(s)) { known.set(s, names.length); names.push(s); } return known.get(s); };
}
// Two models of one side as one of two.
function comparison(a, b) {
	const names = [], put = namer(names), places = [a, b].map(m => m.names.map(put)), models = [a, b];
	const node = (name, i) => ({ name, i, w: models.map((m, k) => i[k] < 0 ? 0 : m.w[0][i[k]]), s: models.map((m, k) => i[k] < 0 ? 0 : m.s[0][i[k]]) });
	return treeModel(names, true, node(put('total'), [0, 0].map((_, k) => models[k].n ? 0 : -1)), n => {
		const found = new Map(), out = [];
		models.forEach((m, k) => {
			for (let j = n.i[k] < 0 ? 0 : m.kids[n.i[k]]; n.i[k] >= 0 && j < m.kids[n.i[k] + 1]; j++) {
				const name = places[k][m.name[j]], same = found.get(name);
				if (k && same && same[1] < 0) { same[1] = j; continue; }
				const i = k ? [-1, j] : [j, -1];
				out.push([name, i]);
				if (!same) found.set(name, i);
			}
		});
		return out.map(([name, i]) => node(name, i));
	});
}
// The model m in which what is below the frame `into` is what the model `sub` has below its frame `from`.
function graft(m, into, sub, from) {
	const names = m.names.slice(), put = namer(names), places = sub.names.map(put);
	const node = (o, i) => ({ o, i, name: o === m ? m.name[i] : places[o.name[i]], w: at(o, 'w', i), s: at(o, 's', i) });
	const root = node(m, 0);
	return treeModel(names, m.two, root, n => {
		let { o, i } = n;
		const out = [];
		if (o === m && i === into) { o = sub; i = from; }
		for (let k = o.kids[i]; k < o.kids[i + 1]; k++) out.push(node(o, k));
		return out;
	});
}
// All stacks through one function: what it calls, or (callers) by whom it is called; it is the root of both.
function through(m, text, callers) {
	const name = m.names.indexOf(text), node = name => ({ name, w: [0, 0], s: [0, 0], below: new Map() }), root = node(name), nodes = new Map();
	const count = (n, i) => { add(n.w, at(m, 'w', i)); add(n.s, at(m, 's', i)); return n; };
	const below = (n, name) => { if (!n.below.has(name)) n.below.set(name, node(name)); return n.below.get(name); };
	for (let i = 1; i < m.n; i++) {
		if (m.outer[i] && m.name[i] === name) {
			nodes.set(i, count(root, i));
			if (callers) for (let n = root, p = m.up[i]; p; p = m.up[p]) n = count(below(n, m.name[p]), i);
		} else if (!callers && nodes.has(m.up[i])) nodes.set(i, count(below(nodes.get(m.up[i]), m.name[i]), i));
	}
	const weight = n => n.w[0] + n.w[1];
	return { ...treeModel(m.names, m.two, root, n => [...n.below.values()].sort((a, b) => weight(b) - weight(a))), totals: m.totals };
}
// Flame graphs of times that follow one another, side by side: the highest fills its place. parts: {model, label}.
function inTime(parts) {
	const names = ['total'], put = namer(names), most = Math.max(...parts.map(p => p.model.totals[0]), 1), depth = Math.max(...parts.map(p => p.model.starts.length)) + 1;
	const m = blankModel(names, 1 + parts.reduce((n, p) => n + p.model.n, 0), depth, false), shift = parts.map(() => 0);
	const renamed = parts.map(p => p.model.names.map(put));
	let i = 1;
	m.starts[0] = 0;
	m.w[0][0] = parts.length * most;
	m.slots = most;
	for (let d = 1; d < depth; d++) {
		m.starts[d] = i;
		parts.forEach(({ model: o, label }, k) => {
			const places = renamed[k], first = i - (o.starts[d - 1] ?? o.n);
			for (let j = o.starts[d - 1]; j < o.starts[d]; j++, i++) {
				m.name[i] = d > 1 ? places[o.name[j]] : put(label);
				m.up[i] = d > 1 ? o.up[j] + shift[k] : 0;
				m.d[i] = d;
				m.x[0][i] = k * most + o.x[0][j];
				m.w[0][i] = o.w[0][j];
				m.s[0][i] = o.s[0][j];
			}
			shift[k] = first;
		});
	}
	return { ...finishModel(m), totals: [parts.reduce((n, p) => n + p.model.totals[0], 0)] };
}
// By function, in the order of the names: {at (its place there), name, self, total}, by side.
function functionsOf(m) {
	const sums = () => m.w.map(() => new Float64Array(m.names.length)), self = sums(), total = sums(), used = new Uint8Array(m.names.length), out = [];
	for (let i = 1; i < m.n; i++) {
		const f = m.name[i];
		used[f] = 1;
		for (let k = 0; k < m.w.length; k++) {
			self[k][f] += m.s[k][i];
			if (m.outer[i]) total[k][f] += m.w[k][i];
		}
	}
	used.forEach((yes, f) => { if (yes) out.push({ at: f, name: m.names[f] || '(no name)', self: self.map(s => s[f]), total: total.map(t => t[f]) }); });
	return out;
}
// What the search asks for: text, "exactly this", or /an expression/. Throws where the expression is none.
function finder(text) {
	const exact = /^"(.*)"$/s.exec(text), expr = /^\/(.+)\/$/s.exec(text), low = text.toLowerCase(), re = expr && new RegExp(expr[1], 'i');
	return exact ? s => s === exact[1] : re ? s => re.test(s) : low ? s => s.toLowerCase().includes(low) : null;
}
// Which functions are found, and the sums of all stacks that have one of them, each once.
function search(m, accept) {
	const by = Uint8Array.from(m.names, (s, i) => accept(s || '(no name)') ? 1 : 0), under = new Uint8Array(m.n), sums = m.w.map(() => 0), before = new Uint32Array(m.n + 1);
	for (let i = 0; i < m.n; i++) {
		const hit = i ? by[m.name[i]] : 0;
		before[i + 1] = before[i] + hit;
		under[i] = hit || (i && under[m.up[i]]);
		if (hit && !under[m.up[i]]) for (let k = 0; k < sums.length; k++) sums[k] += m.w[k][i];
	}
	return { by, sums, before };
}

// ---- is a difference more than noise? See pyro-diff(7). ----
// What a sample of time is worth, which a store does not keep: it divides all sums of samples. Where nothing from a tenth
// of a millisecond does, there were 100 samples a second, as usual.
function sampleTime(m) {
	let most = 0;
	for (const v of m.s[0]) {
		for (let rest = v; rest;) [most, rest] = [rest, most % rest];
		if (most && most < 1e5) return 1e7;
	}
	return most || 1e7;
}
// e: values of one event, before and after; nothing is known where they are 0.
function chance(w, totals, e) {
	const n = w.map((v, k) => v / e[k]), all = totals.map((v, k) => v / e[k]), seen = n[0] + n[1];
	if (!(e[0] > 0 && e[1] > 0 && all[0] > 0 && all[1] > 0)) return 0;
	if (!seen) return 1;
	if (seen < 50) {
		const count = Math.max(1, Math.round(seen)), q = all[1] / (all[0] + all[1]), k = Math.min(count, Math.round(n[1]));
		let term = (1 - q) ** count, low = 0, here = 0;
		for (let i = 0; i <= k; i++) { low += here = term; term *= (count - i) / (i + 1) * q / (1 - q); }
		return Math.min(1, 2 * Math.min(low, 1 - low + here));
	}
	const p = seen / (all[0] + all[1]), z = Math.abs(n[1] / all[1] - n[0] / all[0]) / Math.sqrt(p * (1 - p) * (1 / all[0] + 1 / all[1])), t = 1 / (1 + .3275911 * z / Math.SQRT2);
	return p >= 1 ? 1 : t * (.254829592 + t * (-.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * Math.exp(-z * z / 2);
}
