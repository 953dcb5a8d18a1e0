// The page of one flame graph, opened from disk: data stands in the element "data".
chooseTheme();
const data = JSON.parse($('data').textContent), model = flameModel(data.names, data.levels, data.diff), board = new Board(model, data.unit, {});
const table = new FunctionTable($('table'), { sort: s => { table.sort = s; find(); }, pick: name => { $('search').value = `"${name}"`; find(); } });
function find() {
	let accept = null, bad = '';
	try { accept = finder($('search').value); } catch (e) { bad = e.message; }
	board.hits = accept && new Set(model.names.filter(accept));
	const sums = board.hits ? board.matched() : model.totals, word = board.hits ? 'matched ' : '';
	const part = k => valueText(sums[k], data.unit) + (board.hits ? ' (' + percent(sums[k], model.totals[k]) + ')' : '');
	$('stat').textContent = bad || word + (model.two ? part(0) + ' before, ' + part(1) + ' after' : part(0));
	table.fill(board);
	board.redraw();
}
let upward = data.flame;
function show() {
	const views = model.two ? ['before', 'after'] : ['flame graph'];
	board.views = [];
	$('flames').replaceChildren(...views.map((t, k) => el('div', {}, el('div', { className: 'cap' }, model.two ? t : ''), new FlameView(board, k, t, upward).box)));
	for (const v of board.views) if (upward) v.box.scrollTop = 1e6;
	board.redraw();
}
$('search').oninput = find;
$('reset').onclick = () => board.zoomTo();
$('flip').onclick = () => { upward = !upward; show(); };
$('theme').onclick = () => { chooseTheme(isDark() ? 'light' : 'dark'); board.redraw(); };
addEventListener('keydown', e => {
	if (e.key === 'Escape') { $('search').value = ''; board.zoomTo(); find(); }
	if (e.key === '/' && e.target !== $('search')) { e.preventDefault(); $('search').focus(); }
});
show();
find();
