/*
 * Boxes that hang on the nodes of a dot graph: what the tags of samples weigh there.
 *
 * Most samples share their tags with others, so a list of tags is read once and has a number. The samples of one
 * list are summed over dense arrays, and what a list weighs at a node (a cell) becomes boxes when all are known.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "formats/report/report_impl.h"

enum { MAX_BOXES = 4 };

struct weight {
	int64_t flat, flat_div, cum, cum_div;
};

/* Of numbers only bytes are shown. */
struct size {
	uint32_t name; /* interned, as boxes show it */
	int64_t value;
};

struct tag_list {
	uint32_t sample; /* the first that has it */
	uint32_t label;  /* interned "key:value\nkey:value"; 0 = none */
	uint32_t at, n;  /* in sizes */
};

struct cell {
	uint32_t node, list, sample; /* the first one */
	struct weight w;
};

struct box {
	uint32_t owner; /* NO_LABEL: of texts; else of a number: the label that it hangs on */
	uint32_t name;
	uint32_t sample;
	int64_t value;
	struct weight w;
};

struct graph_tags {
	struct report *r;
	uint32_t unit_key; /* the key of sizes */
	VEC(struct tag_list) lists;
	VEC(struct size) sizes;
	VEC(struct cell) cells;
	VEC(struct box) boxes;
	uint32_t *at; /* by node: its boxes are boxes[at[node]] .. boxes[at[node + 1] - 1] */
};

static struct weight weight_sum(const struct weight *a, const struct weight *b)
{
	return (struct weight){ sum_wrap(a->flat, b->flat), sum_wrap(a->flat_div, b->flat_div),
		sum_wrap(a->cum, b->cum), sum_wrap(a->cum_div, b->cum_div) };
}

/* ---- lists of tags ---- */

static uint64_t tags_hash(const struct tag *t, uint32_t n)
{
	uint64_t hash = n;

	for (uint32_t i = 0; i < n; i++)
		hash = hash_mix(hash_mix(hash, (uint64_t)t[i].key << 32 | t[i].str),
		    hash_mix((uint64_t)t[i].num, t[i].unit));
	return hash;
}

static bool tags_equal(const struct tag *a, const struct tag *b, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (a[i].key != b[i].key || a[i].str != b[i].str || a[i].num != b[i].num || a[i].unit != b[i].unit)
			return false;
	return true;
}

static int by_bytes(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* All texts are one label. */
static uint32_t join_texts(struct report *r, const struct tag *t, uint32_t n)
{
	struct str *parts = mem_array((size_t)n + 1, sizeof(*parts));
	uint32_t texts = 0, label = 0;
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	for (uint32_t i = 0; i < n; i++) {
		struct str key = report_str(r, report_key(r, &t[i]));

		if (t[i].str != 0 && !str_eq(key, STR("pprof::base")) && !report_tag_gone(r, &t[i]))
			parts[texts++] = arena_printf(r->mem, STR_FMT ":" STR_FMT, STR_ARG(key),
			    STR_ARG(profile_str(r->p, t[i].str)));
	}
	qsort(parts, texts, sizeof(*parts), by_bytes);
	for (uint32_t i = 0; i < texts; i++) {
		buf_add(&b, i ? STR("\\n") : STR(""));
		buf_add(&b, parts[i]);
	}
	if (b.n > 0)
		label = report_intern(r, arena_str(r->mem, buf_str(&b)));
	buf_fini(&b);
	mem_free(parts);
	return label;
}

static void read_sizes(struct graph_tags *g, const struct tag *t, uint32_t n)
{
	struct report *r = g->r;
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	for (uint32_t i = 0; i < n; i++) {
		if (t[i].str != 0 || report_key(r, &t[i]) != g->unit_key || report_tag_gone(r, &t[i]))
			continue;
		buf_reset(&b);
		unit_label(&b, t[i].num, report_tag_unit(r, g->unit_key), r->o.unit);
		vec_push(&g->sizes, ((struct size){ report_intern(r, arena_str(r->mem, buf_str(&b))), t[i].num }));
	}
	buf_fini(&b);
}

static uint32_t add_list(struct graph_tags *g, uint32_t sample, const struct tag *t, uint32_t n)
{
	struct tag_list l = { .sample = sample, .label = join_texts(g->r, t, n), .at = (uint32_t)g->sizes.n };

	read_sizes(g, t, n);
	l.n = (uint32_t)g->sizes.n - l.at;
	vec_push(&g->lists, l);
	return (uint32_t)g->lists.n - 1;
}

/* The number of the list of each sample. */
static uint32_t *number_lists(struct graph_tags *g)
{
	const struct report *r = g->r;
	uint32_t *list = mem_array((size_t)r->n_samples + 1, sizeof(*list));
	struct map map = { 0 };

	for (uint32_t i = 0; i < r->n_samples; i++) {
		const struct tag *t = NULL, *other = NULL;
		uint32_t n = report_tags_of(r->p, r->samples[i].number, &t), found = UINT32_MAX;
		uint64_t hash = tags_hash(t, n);
		struct map_at at = map_find(&map, hash);

		for (uint32_t k; found == UINT32_MAX && map_next(&at, &k);)
			if (report_tags_of(r->p, g->lists.p[k].sample, &other) == n && tags_equal(t, other, n))
				found = k;
		if (found == UINT32_MAX) {
			found = add_list(g, r->samples[i].number, t, n);
			map_put(&map, hash, found);
		}
		list[i] = found;
	}
	map_fini(&map);
	return list;
}

/* ---- what a list weighs at nodes ---- */

struct summing {
	struct graph_tags *g;
	uint32_t *cell; /* by node: of the list that is being summed, position + 1 */
	uint32_t *seen; /* by node: sample + 1 */
};

static struct weight *weight_at(struct summing *x, uint32_t node, uint32_t list, uint32_t sample)
{
	struct graph_tags *g = x->g;

	if (x->cell[node] == 0) {
		vec_push(&g->cells, ((struct cell){ .node = node, .list = list, .sample = sample }));
		x->cell[node] = (uint32_t)g->cells.n;
	}
	return &g->cells.p[x->cell[node] - 1].w;
}

static void sum_sample(struct summing *x, uint32_t i, uint32_t list)
{
	const struct report *r = x->g->r;
	const struct rsample *s = &r->samples[i];
	int64_t weight = report_weight(r, s), divisor = report_divisor(r, s);
	const struct weight as_cum = { .cum = weight, .cum_div = divisor };
	const struct weight as_flat = { .flat = weight, .flat_div = divisor };
	uint32_t leaf = NO_NODE;
	struct weight *w;

	if (weight == 0 && divisor == 0)
		return;
	for (uint32_t k = 0; k < s->n; k++) {
		uint32_t location = r->stack[s->at + k];

		if (location >= r->n_locations)
			continue;
		leaf = leaf == NO_NODE ? r->nodes[r->node_at[location]] : leaf;
		for (uint32_t n = r->node_at[location]; n < r->node_at[location + 1]; n++) {
			uint32_t node = r->nodes[n];

			if (x->seen[node] == i + 1)
				continue;
			x->seen[node] = i + 1;
			w = weight_at(x, node, list, i);
			*w = weight_sum(w, &as_cum);
		}
	}
	if (leaf != NO_NODE) {
		w = weight_at(x, leaf, list, i);
		*w = weight_sum(w, &as_flat);
	}
}

/* Samples in groups of one list each, so that a cell is found by its node alone. */
static void sum_lists(struct graph_tags *g, const uint32_t *list)
{
	const struct report *r = g->r;
	uint32_t *at = mem_zarray(g->lists.n + 1, sizeof(*at)), *order;
	struct summing x = { .g = g };
	size_t done = 0;

	order = mem_array((size_t)r->n_samples + 1, sizeof(*order));
	x.cell = mem_zarray(r->infos.n + 1, sizeof(*x.cell));
	x.seen = mem_zarray(r->infos.n + 1, sizeof(*x.seen));
	for (uint32_t i = 0; i < r->n_samples; i++)
		at[list[i] + 1]++;
	for (size_t i = 0; i < g->lists.n; i++)
		at[i + 1] += at[i];
	for (uint32_t i = 0; i < r->n_samples; i++)
		order[at[list[i]]++] = i;
	for (uint32_t k = 0; k < r->n_samples; k++) {
		const struct tag_list *l = &g->lists.p[list[order[k]]];

		if (l->label != 0 || l->n > 0)
			sum_sample(&x, order[k], list[order[k]]);
		if (k + 1 < r->n_samples && list[order[k + 1]] == list[order[k]])
			continue;
		for (; done < g->cells.n; done++)
			x.cell[g->cells.p[done].node] = 0;
	}
	mem_free(at);
	mem_free(order);
	mem_free(x.cell);
	mem_free(x.seen);
}

/* ---- boxes ---- */

/* Equal boxes stand together, in the order of samples. */
static int by_box(const void *a, const void *b)
{
	const struct box *x = a, *y = b;

	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	if (x->name != y->name)
		return x->name < y->name ? -1 : 1;
	return x->sample < y->sample ? -1 : x->sample > y->sample;
}

static void add_boxes(struct graph_tags *g, const struct cell *c)
{
	const struct tag_list *l = &g->lists.p[c->list];

	if (l->label != 0)
		vec_push(&g->boxes, ((struct box){ NO_LABEL, l->label, c->sample, 0, c->w }));
	for (uint32_t i = l->at; i < l->at + l->n; i++)
		vec_push(&g->boxes,
		    ((struct box){ l->label, g->sizes.p[i].name, c->sample, g->sizes.p[i].value, c->w }));
}

/* Sums equal boxes from `first` on and leaves out what is too light. */
static void settle_boxes(struct graph_tags *g, size_t first, int64_t cutoff)
{
	struct box *p = g->boxes.p + first;
	size_t n = g->boxes.n - first, kept = 0;

	if (n > 1)
		qsort(p, n, sizeof(*p), by_box);
	for (size_t i = 0, next; i < n; i = next) {
		struct box b = p[i];

		for (next = i + 1; next < n && p[next].owner == b.owner && p[next].name == b.name; next++)
			b.w = weight_sum(&b.w, &p[next].w);
		if (abs_wrap(b.w.flat) >= cutoff || abs_wrap(b.w.cum) >= cutoff)
			p[kept++] = b;
	}
	g->boxes.n = first + kept;
}

static int by_node(const void *a, const void *b)
{
	const struct cell *x = a, *y = b;

	return x->node < y->node ? -1 : x->node > y->node;
}

static void make_boxes(struct graph_tags *g, int64_t cutoff)
{
	size_t nodes = g->r->infos.n, cell = 0;

	if (g->cells.n > 1)
		qsort(g->cells.p, g->cells.n, sizeof(*g->cells.p), by_node);
	g->at = mem_array(nodes + 1, sizeof(*g->at));
	for (uint32_t node = 0; node < nodes; node++) {
		g->at[node] = (uint32_t)g->boxes.n;
		for (; cell < g->cells.n && g->cells.p[cell].node == node; cell++)
			add_boxes(g, &g->cells.p[cell]);
		settle_boxes(g, g->at[node], cutoff);
	}
	g->at[nodes] = (uint32_t)g->boxes.n;
}

struct graph_tags *graph_tags_new(struct report *r, int64_t cutoff)
{
	struct graph_tags *g = mem_zalloc(sizeof(*g));
	uint32_t *list;

	g->r = r;
	if (r->p->tag_at != NULL) {
		g->unit_key = report_intern(r, STR("bytes"));
		list = number_lists(g);
		sum_lists(g, list);
		mem_free(list);
	}
	make_boxes(g, cutoff);
	return g;
}

void graph_tags_free(struct graph_tags *g)
{
	if (g == NULL)
		return;
	vec_free(&g->lists);
	vec_free(&g->sizes);
	vec_free(&g->cells);
	vec_free(&g->boxes);
	mem_free(g->at);
	mem_free(g);
}

uint32_t graph_tags_count(const struct graph_tags *g, uint32_t node)
{
	uint32_t n = 0;

	for (uint32_t i = g->at[node]; i < g->at[node + 1]; i++)
		n += g->boxes.p[i].w.flat != 0;
	return n;
}

/* ---- printing ---- */

struct shown {
	struct str name;
	int64_t value; /* of a number */
	struct weight w;
};

/* Heaviest first; at the leaves of the picture cum counts before flat. */
static int by_weight(const void *a, const void *b, void *ctx)
{
	const struct shown *x = a, *y = b;
	const bool *leaf = ctx;
	int64_t wx, wy;

	if (*leaf && x->w.cum != y->w.cum) {
		wx = abs_wrap(x->w.cum);
		wy = abs_wrap(y->w.cum);
	} else if (x->w.flat != y->w.flat) {
		wx = abs_wrap(x->w.flat);
		wy = abs_wrap(y->w.flat);
	} else {
		return str_cmp(x->name, y->name);
	}
	return wx > wy ? -1 : wx < wy;
}

static void take_mean(struct weight *w)
{
	if (w->flat_div != 0)
		w->flat = div_wrap(w->flat, w->flat_div);
	if (w->cum_div != 0)
		w->cum = div_wrap(w->cum, w->cum_div);
	w->flat_div = w->cum_div = 0;
}

static size_t boxes_of(const struct graph_tags *g, uint32_t node, uint32_t owner, bool leaf, struct shown *out)
{
	size_t n = 0;

	for (uint32_t i = g->at[node]; i < g->at[node + 1]; i++) {
		const struct box *b = &g->boxes.p[i];

		if (b->owner == owner)
			out[n++] = (struct shown){ report_str(g->r, b->name), b->value, b->w };
	}
	qsort_r(out, n, sizeof(*out), by_weight, &leaf);
	return n;
}

/* Which of the heaviest has the nearest value. */
static size_t nearest(const struct shown *heaviest, int64_t value)
{
	size_t best = 0;
	double least = INFINITY;

	for (size_t i = 0; i < MAX_BOXES; i++) {
		double gap = fabs((double)heaviest[i].value - (double)value);

		if (gap < least) {
			best = i;
			least = gap;
		}
	}
	return best;
}

static struct str range_name(struct report *r, struct str unit, int64_t low, int64_t high, bool many)
{
	struct buf b;
	struct str name;

	buf_init(&b, SIZE_MAX / 2);
	unit_label(&b, low, unit, STR("auto"));
	if (many) {
		buf_add(&b, STR(".."));
		unit_label(&b, high, unit, STR("auto"));
	}
	name = arena_str(r->mem, buf_str(&b));
	buf_fini(&b);
	return name;
}

/* More than MAX_BOXES numbers: the heaviest become ranges that take in the others. */
static void make_ranges(const struct graph_tags *g, struct shown *p, size_t n, bool leaf)
{
	struct {
		int64_t low, high;
		size_t n;
	} range[MAX_BOXES];

	for (size_t i = 0; i < n; i++) {
		size_t to = i < MAX_BOXES ? i : nearest(p, p[i].value);

		if (i < MAX_BOXES) {
			range[i].low = range[i].high = p[i].value;
			range[i].n = 1;
			continue;
		}
		range[to].low = MIN(range[to].low, p[i].value);
		range[to].high = MAX(range[to].high, p[i].value);
		range[to].n++;
		p[to].w = weight_sum(&p[to].w, &p[i].w);
	}
	for (size_t i = 0; i < MAX_BOXES; i++) {
		p[i].name = range_name(g->r, report_tag_unit(g->r, g->unit_key), range[i].low, range[i].high,
		    range[i].n > 1);
		take_mean(&p[i].w);
	}
	qsort_r(p, MAX_BOXES, sizeof(*p), by_weight, &leaf);
}

static void put_box(struct report *r, const char *from, const char *id, struct str name, int64_t weight,
    const char *style, struct buf *out)
{
	struct buf b;
	struct str value;

	buf_init(&b, 4096);
	report_format(r, weight, &b);
	value = buf_str(&b);
	buf_printf(out, "%s [label = \"", id);
	buf_add(out, name);
	buf_printf(out, "\" id=\"%s\" fontsize=8 shape=box3d tooltip=\"" STR_FMT "\"]\n", id, STR_ARG(value));
	buf_printf(out,
	    "%s -> %s [label=\" " STR_FMT "\" weight=100 tooltip=\"" STR_FMT "\" labeltooltip=\"" STR_FMT "\"%s]\n",
	    from, id, STR_ARG(value), STR_ARG(value), STR_ARG(value), style);
	buf_fini(&b);
}

/* Dotted: a part of it belongs to what was left out below. */
static void put_sizes(const struct graph_tags *g, uint32_t node, uint32_t owner, bool leaf, const char *from,
    struct shown *room, struct buf *out)
{
	size_t n = boxes_of(g, node, owner, leaf, room);

	if (n > MAX_BOXES)
		make_ranges(g, room, n, leaf);
	for (size_t i = 0; i < MIN(n, MAX_BOXES); i++) {
		struct weight w = room[i].w;
		char id[80];
		bool dotted;

		take_mean(&w);
		dotted = leaf && w.flat != w.cum;
		snprintf(id, sizeof(id), "N%s_%zu", from, i);
		if ((dotted ? w.cum : w.flat) != 0)
			put_box(g->r, from, id, room[i].name, dotted ? w.cum : w.flat,
			    dotted ? " style=\"dotted\"" : "", out);
	}
}

bool graph_tags_print(const struct graph *graph, uint32_t node, uint32_t id, struct buf *out)
{
	const struct graph_tags *g = graph->tags;
	bool leaf = graph->out_at[node + 1] == graph->out_at[node];
	size_t before = out->n, max = g->at[node + 1] - g->at[node], n;
	struct shown *labels = mem_array(max + 1, sizeof(*labels)), *room = mem_array(max + 1, sizeof(*room));
	char name[32], box[48];

	n = boxes_of(g, node, NO_LABEL, leaf, labels);
	snprintf(name, sizeof(name), "N%u", id);
	for (size_t i = 0; i < MIN(n, MAX_BOXES); i++) {
		struct weight w = labels[i].w;

		take_mean(&w);
		if ((leaf ? w.cum : w.flat) == 0)
			continue;
		snprintf(box, sizeof(box), "%s_%zu", name, i);
		put_box(g->r, name, box, labels[i].name, leaf ? w.cum : w.flat, "", out);
		put_sizes(g, node, report_intern(g->r, labels[i].name), leaf, box, room, out);
	}
	put_sizes(g, node, 0, leaf, name, room, out);
	mem_free(labels);
	mem_free(room);
	return out->n > before;
}
