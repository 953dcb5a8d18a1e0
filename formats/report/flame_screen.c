/* flame_screen.c - see flame_screen.h: what is shown, and what a key does */
#include "formats/report/flame_screen_impl.h"

#include <stdlib.h>

#include "formats/labels/regex.h"

/* ---- functions ---- */

/* Some bar above has the same name: a recursive function counts once. */
static bool is_inner(const struct flame_layout *l, size_t level, const struct flame_bar *b)
{
	uint32_t name = b->name;

	for (; level > 1; level--) {
		b = &l->rows[level - 1].p[b->up];
		if (b->name == name)
			return true;
	}
	return false;
}

static void count_functions(struct flame_screen *s)
{
	const struct flame_layout *l = &s->graph;
	struct function_row *all = arena_zalloc(s->a, (l->g->n_names + 1) * sizeof(*all));

	for (size_t i = 1; i < l->n; i++)
		for (uint32_t k = 0; k < l->rows[i].n; k++) {
			const struct flame_bar *b = &l->rows[i].p[k];

			all[b->name].name = b->name;
			all[b->name].self = sum_wrap(all[b->name].self, b->self);
			if (!is_inner(l, i, b))
				all[b->name].total = sum_wrap(all[b->name].total, b->w);
		}
	for (size_t i = 0; i < l->g->n_names; i++)
		if (all[i].total != 0)
			all[s->n_functions++] = all[i];
	s->functions = all;
}

static int by_sort(const void *a, const void *b, void *ctx)
{
	const struct function_row *x = a, *y = b;
	const struct flame_screen *s = ctx;
	int64_t vx = s->sort == 0 ? x->self : x->total, vy = s->sort == 0 ? y->self : y->total;

	if (s->sort < 2 && vx != vy)
		return vx > vy ? -1 : 1;
	return str_cmp(s->graph.g->names[x->name], s->graph.g->names[y->name]);
}

static void sort_functions(struct flame_screen *s)
{
	if (s->n_functions > 1)
		qsort_r(s->functions, s->n_functions, sizeof(*s->functions), by_sort, s);
	s->chosen_row = s->top_row = 0;
}

/* ---- the sandwich ---- */

/* The first bar of the row that is held by bar `up` of the level above, or by one behind it. */
static uint32_t first_below(const struct flame_row *row, uint32_t up)
{
	uint32_t a = 0, b = row->n;

	while (a < b) {
		uint32_t c = a + (b - a) / 2;

		if (row->p[c].up >= up)
			b = c;
		else
			a = c + 1;
	}
	return a;
}

/* The stacks below a bar, its own name first. */
static void add_callees(struct tree *t, const struct flame_layout *l, size_t level, uint32_t bar)
{
	uint32_t *node = mem_array(l->rows[level].n, sizeof(*node)), *below;
	uint32_t from = bar, to = bar + 1;

	node[bar] = tree_child(t, 0, l->g->names[l->rows[level].p[bar].name]);
	for (;; level++) {
		const struct flame_row *row = &l->rows[level], *next = &l->rows[level + 1];
		uint32_t first, last;

		for (uint32_t k = from; k < to; k++)
			t->nodes.p[node[k]].self = sum_wrap(t->nodes.p[node[k]].self, row->p[k].self);
		if (level + 1 >= l->n)
			break;
		first = first_below(next, from);
		last = first_below(next, to);
		if (first == last)
			break;
		below = mem_array(next->n, sizeof(*below));
		for (uint32_t k = first; k < last; k++)
			below[k] = tree_child(t, node[next->p[k].up], l->g->names[next->p[k].name]);
		mem_free(node);
		node = below;
		from = first;
		to = last;
	}
	mem_free(node);
}

static void add_callers(struct tree *t, const struct flame_layout *l, size_t level, uint32_t bar)
{
	const struct flame_bar *b = &l->rows[level].p[bar];
	int64_t w = b->w;
	uint32_t at = 0;

	for (; level > 0; level--, b = &l->rows[level].p[b->up])
		at = tree_child(t, at, l->g->names[b->name]);
	t->nodes.p[at].self = sum_wrap(t->nodes.p[at].self, w);
}

/* What is below the function alone: without the root that all trees have. */
static struct flame_layout sandwich_side(struct flame_screen *s, struct tree *t)
{
	tree_total(t);
	return flame_layout(s->sandwich, tree_flamegraph(s->sandwich, t, 0), false);
}

static void open_sandwich(struct flame_screen *s, uint32_t name)
{
	struct tree *callers = tree_new(), *callees = tree_new();
	const struct flame_layout *l = &s->graph;

	for (size_t i = 1; i < l->n; i++)
		for (uint32_t k = 0; k < l->rows[i].n; k++)
			if (l->rows[i].p[k].name == name && !is_inner(l, i, &l->rows[i].p[k])) {
				add_callees(callees, l, i, k);
				add_callers(callers, l, i, k);
			}
	arena_free(s->sandwich);
	s->sandwich = arena_new();
	s->middle = name;
	s->callers = sandwich_side(s, callers);
	s->callees = sandwich_side(s, callees);
	s->view = VIEW_SANDWICH;
	tree_free(callers);
	tree_free(callees);
}

/* ---- making ---- */

struct flame_screen *flame_screen_new(const struct flamegraph *g, bool diff, const struct picture *o)
{
	struct flame_screen *s = mem_zalloc(sizeof(*s));

	s->a = arena_new();
	s->o = o;
	s->graph = flame_layout(s->a, g, diff);
	assert(s->graph.n > 0 && s->graph.rows[0].n > 0);
	s->rows = 24;
	count_functions(s);
	sort_functions(s);
	return s;
}

void flame_screen_free(struct flame_screen *s)
{
	if (s == NULL)
		return;
	arena_free(s->sandwich);
	arena_free(s->a);
	mem_free(s);
}

/* ---- searching ---- */

static void search(struct flame_screen *s)
{
	const struct flamegraph *g = s->graph.g;
	struct regex *re;
	struct err e;

	s->asking = false;
	s->hits = NULL;
	s->wrong = NULL;
	if (s->n_text == 0)
		return;
	re = regex_new(str_of(s->text, s->n_text), &e);
	if (re == NULL) {
		s->wrong = "not an expression";
		return;
	}
	s->hits = arena_zalloc(s->a, g->n_names + 1);
	for (size_t i = 0; i < g->n_names; i++)
		s->hits[i] = regex_match(re, g->names[i]);
	regex_free(re);
}

int64_t flame_screen_matched(const struct flame_screen *s)
{
	const struct flame_layout *l = &s->graph;
	int64_t sum = 0;

	for (size_t i = 1; i < l->n; i++)
		for (uint32_t k = 0; k < l->rows[i].n; k++) {
			const struct flame_bar *b = &l->rows[i].p[k], *p = b;
			bool inside = false;

			if (!s->hits[b->name])
				continue;
			for (size_t d = i; d > 1 && !inside; d--) {
				p = &l->rows[d - 1].p[p->up];
				inside = s->hits[p->name];
			}
			if (!inside)
				sum = sum_wrap(sum, b->w);
		}
	return sum;
}

static bool is_inside(const struct flame_bar *b, const struct flame_bar *of)
{
	return b->x >= of->x && sum_wrap(b->x, b->w) <= sum_wrap(of->x, of->w);
}

/* The next hit behind (step 1) or before (-1) what is chosen, level by level. */
static void next_hit(struct flame_screen *s, int step)
{
	const struct flame_layout *l = &s->graph;
	struct place p = s->chosen;
	size_t bars = 0;

	for (size_t i = 0; i < l->n; i++)
		bars += l->rows[i].n;
	while (s->hits != NULL && bars-- > 0) {
		if (step > 0 && ++p.bar >= l->rows[p.level].n) {
			p = (struct place){ (p.level + 1) % l->n, 0 };
		} else if (step < 0 && p.bar-- == 0) {
			p.level = (p.level + l->n - 1) % l->n;
			p.bar = l->rows[p.level].n - 1;
		}
		if (p.level > 0 && l->rows[p.level].n > 0 && s->hits[bar_at(l, p)->name]) {
			s->chosen = p;
			if (!is_inside(bar_at(l, p), bar_at(l, s->zoom)))
				s->zoom = (struct place){ 0, 0 };
			return;
		}
	}
}

/* ---- another graph in its place ---- */

/* The bar of the same stack, or as much of it as there is. */
static struct place same_place(const struct flame_layout *old, struct place p, const struct flame_layout *new)
{
	uint32_t *path = mem_array(p.level + 1, sizeof(*path));
	struct place at = { 0, 0 };

	for (size_t i = p.level; i > 0; i--) {
		path[i] = p.bar;
		p.bar = old->rows[i].p[p.bar].up;
	}
	for (size_t i = 1; i <= p.level && i < new->n; i++) {
		const struct flame_row *row = &new->rows[i];
		struct str name = old->g->names[old->rows[i].p[path[i]].name];
		uint32_t k = first_below(row, at.bar), end = first_below(row, at.bar + 1);

		while (k < end && !str_eq(new->g->names[row->p[k].name], name))
			k++;
		if (k == end)
			break;
		at = (struct place){ i, k };
	}
	mem_free(path);
	return at;
}

static bool find_name(const struct flamegraph *g, struct str name, uint32_t *out)
{
	for (size_t i = 0; i < g->n_names; i++)
		if (str_eq(g->names[i], name)) {
			*out = (uint32_t)i;
			return true;
		}
	return false;
}

static void follow_table(struct flame_screen *s, const struct flame_screen *old)
{
	struct str name;

	s->sort = old->sort;
	sort_functions(s);
	if (old->chosen_row >= old->n_functions)
		return;
	name = old->graph.g->names[old->functions[old->chosen_row].name];
	for (size_t i = 0; i < s->n_functions && old->chosen_row > 0; i++)
		if (str_eq(s->graph.g->names[s->functions[i].name], name))
			s->chosen_row = i;
	s->top_row = MIN(old->top_row, s->chosen_row);
}

void flame_screen_follow(struct flame_screen *s, const struct flame_screen *old)
{
	uint32_t middle;

	s->zoom = same_place(&old->graph, old->zoom, &s->graph);
	s->chosen = same_place(&old->graph, old->chosen, &s->graph);
	s->top = s->zoom.level == old->zoom.level ? old->top : 0;
	s->rows = old->rows;
	follow_table(s, old);
	memcpy(s->text, old->text, sizeof(s->text));
	s->n_text = old->n_text;
	if (old->hits != NULL && !old->asking)
		search(s);
	s->asking = old->asking;
	s->view = old->view;
	s->before = old->before;
	if (old->view == VIEW_SANDWICH || (old->view == VIEW_HELP && old->before == VIEW_SANDWICH)) {
		if (find_name(s->graph.g, old->graph.g->names[old->middle], &middle))
			open_sandwich(s, middle);
		s->view = s->sandwich == NULL && old->view == VIEW_SANDWICH ? VIEW_GRAPH : old->view;
		s->before = s->sandwich == NULL ? VIEW_GRAPH : old->before;
	}
}

/* ---- moving ---- */

static struct place parent(const struct flame_layout *l, struct place p)
{
	return p.level > 0 ? (struct place){ p.level - 1, bar_at(l, p)->up } : p;
}

/* The heaviest below. */
static struct place child(const struct flame_layout *l, struct place p)
{
	const struct flame_row *row = p.level + 1 < l->n ? &l->rows[p.level + 1] : NULL;
	struct place best = p;
	int64_t most = 0;

	for (uint32_t k = 0; row != NULL && k < row->n; k++)
		if (row->p[k].up == p.bar && row->p[k].w > most) {
			best = (struct place){ p.level + 1, k };
			most = row->p[k].w;
		}
	return best;
}

static void move_beside(struct flame_screen *s, int step)
{
	const struct flame_row *row = &s->graph.rows[s->chosen.level];
	const struct flame_bar *within = bar_at(&s->graph, s->zoom);

	for (int64_t k = (int64_t)s->chosen.bar + step; k >= 0 && k < row->n; k += step)
		if (row->p[k].w > 0 && is_inside(&row->p[k], within)) {
			s->chosen.bar = (uint32_t)k;
			return;
		}
}

/* So many levels up, or down along the heaviest. */
static void page(struct flame_screen *s, bool up)
{
	for (unsigned i = 0; i < s->rows; i++)
		s->chosen = up ? parent(&s->graph, s->chosen) : child(&s->graph, s->chosen);
}

static void zoom_to(struct flame_screen *s, struct place p)
{
	s->zoom = s->chosen = p;
	s->top = p.level > 1 ? p.level - 1 : 0;
}

static void graph_key(struct flame_screen *s, int key)
{
	struct place up = parent(&s->graph, s->chosen);

	switch (key) {
	case KEY_UP:
	case 'k': s->chosen = up; break;
	case KEY_DOWN:
	case 'j': s->chosen = child(&s->graph, s->chosen); break;
	case KEY_LEFT:
	case 'h': move_beside(s, -1); break;
	case KEY_RIGHT:
	case 'l': move_beside(s, 1); break;
	case KEY_PAGE_UP: page(s, true); break;
	case KEY_PAGE_DOWN: page(s, false); break;
	case KEY_ENTER: zoom_to(s, s->chosen); break;
	case KEY_BACKSPACE:
	case 'u': zoom_to(s, parent(&s->graph, s->zoom)); break;
	case KEY_HOME:
	case 'r': zoom_to(s, (struct place){ 0, 0 }); break;
	case 's':
		if (s->chosen.level > 0)
			open_sandwich(s, bar_at(&s->graph, s->chosen)->name);
		break;
	default: break;
	}
}

static void table_key(struct flame_screen *s, int key)
{
	size_t last = s->n_functions > 0 ? s->n_functions - 1 : 0;

	switch (key) {
	case KEY_UP:
	case 'k': s->chosen_row -= s->chosen_row > 0; break;
	case KEY_DOWN:
	case 'j': s->chosen_row = MIN(s->chosen_row + 1, last); break;
	case KEY_PAGE_UP: s->chosen_row -= MIN(s->chosen_row, (size_t)s->rows); break;
	case KEY_PAGE_DOWN: s->chosen_row = MIN(s->chosen_row + s->rows, last); break;
	case KEY_HOME: s->chosen_row = 0; break;
	case KEY_END: s->chosen_row = last; break;
	case 'o':
		s->sort = (s->sort + 1) % TABLE_SORTS;
		sort_functions(s);
		break;
	case KEY_ENTER:
	case 's':
		if (s->n_functions > 0)
			open_sandwich(s, s->functions[s->chosen_row].name);
		break;
	default: break;
	}
}

static void type_key(struct flame_screen *s, int key)
{
	if (key == KEY_ENTER) {
		search(s);
		next_hit(s, 1);
	} else if (key == KEY_ESCAPE) {
		s->asking = false;
	} else if (key == KEY_BACKSPACE) {
		while (s->n_text > 0 && ((unsigned char)s->text[--s->n_text] & 0xc0) == 0x80)
			;
	} else if (key >= ' ' && key < 0x80 && s->n_text < TEXT_MAX) {
		s->text[s->n_text++] = (char)key;
	} else if (key >= 0xa0 && key < 0x800 && s->n_text + 1 < TEXT_MAX) {
		s->text[s->n_text++] = (char)(0xc0 | key >> 6);
		s->text[s->n_text++] = (char)(0x80 | (key & 0x3f));
	} else if (key >= 0x800 && key < 0x10000 && s->n_text + 2 < TEXT_MAX) {
		s->text[s->n_text++] = (char)(0xe0 | key >> 12);
		s->text[s->n_text++] = (char)(0x80 | (key >> 6 & 0x3f));
		s->text[s->n_text++] = (char)(0x80 | (key & 0x3f));
	}
}

bool flame_screen_asks(const struct flame_screen *s)
{
	return s->asking;
}

bool flame_screen_key(struct flame_screen *s, int key)
{
	if (key == KEY_CTRL_C || key == KEY_GONE)
		return false;
	if (s->asking) {
		type_key(s, key);
		return true;
	}
	switch (key) {
	case 'q': return false;
	case '?':
		s->before = s->view == VIEW_HELP ? s->before : s->view;
		s->view = s->view == VIEW_HELP ? s->before : VIEW_HELP;
		return true;
	case '/':
		s->asking = true;
		s->n_text = 0;
		return true;
	case 't':
	case 9: s->view = s->view == VIEW_TABLE ? VIEW_GRAPH : VIEW_TABLE; return true;
	case 'n':
	case 'N':
		s->view = VIEW_GRAPH;
		next_hit(s, key == 'n' ? 1 : -1);
		return true;
	case KEY_ESCAPE:
		if (s->view == VIEW_GRAPH) {
			s->n_text = 0;
			search(s);
			zoom_to(s, (struct place){ 0, 0 });
		}
		s->view = VIEW_GRAPH;
		return true;
	default: break;
	}
	if (s->view == VIEW_HELP)
		s->view = s->before;
	else if (s->view == VIEW_TABLE)
		table_key(s, key);
	else if (s->view == VIEW_GRAPH)
		graph_key(s, key);
	else if (key == KEY_BACKSPACE || key == 's' || key == 'r')
		s->view = VIEW_GRAPH;
	return true;
}
