/* Boxes that hang on the nodes of a dot graph: tags of samples and their weight there. */
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "formats/report_impl.h"

enum { MAX_BOXES = 4 };

struct graph_tags {
	struct report *r;
	struct map map;                 /* by node, label, name */
	VEC(struct gtag) all;
	uint32_t *at, *list;            /* tags by node */
};

/* The tags of one sample, in the names that nodes show. */
struct sample_tags {
	uint32_t label;                 /* interned "key:value\nkey:value", 0 = none */
	VEC(struct gtag) numbers;
};

static uint32_t find_tag(struct graph_tags *g, const struct gtag *want)
{
	uint64_t hash = hash_mix(hash_mix(want->node, want->label), hash_seeded(want->name));
	struct map_at at = map_find(&g->map, hash);

	for (uint32_t i; map_next(&at, &i);) {
		const struct gtag *t = &g->all.p[i];

		if (t->node == want->node && t->label == want->label && str_eq(t->name, want->name))
			return i;
	}
	map_put(&g->map, hash, (uint32_t)g->all.n);
	vec_push(&g->all, *want);
	return (uint32_t)g->all.n - 1;
}

static void add_to(struct graph_tags *g, const struct gtag *want, int64_t w, int64_t d, bool flat)
{
	uint32_t i = find_tag(g, want);
	struct gtag *t = &g->all.p[i];

	if (flat) {
		t->flat = sum_wrap(t->flat, w);
		t->flat_div = sum_wrap(t->flat_div, d);
	} else {
		t->cum = sum_wrap(t->cum, w);
		t->cum_div = sum_wrap(t->cum_div, d);
	}
}

static void add_node(struct graph_tags *g, const struct sample_tags *s, uint32_t node, const struct rsample *sample,
    bool flat)
{
	int64_t w = report_weight(g->r, sample), d = report_divisor(g->r, sample);

	if (s->label != 0)
		add_to(g, &(struct gtag){ .name = report_str(g->r, s->label), .node = node, .label = NO_LABEL,
		    .self = s->label }, w, d, flat);
	for (size_t i = 0; i < s->numbers.n; i++) {
		struct gtag t = s->numbers.p[i];

		t.node = node;
		t.label = s->label;
		add_to(g, &t, w, d, flat);
	}
}

static int by_bytes(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Texts as one label; of numbers only bytes. */
static void read_tags(struct graph_tags *g, uint32_t sample, struct sample_tags *out)
{
	struct report *r = g->r;
	const struct tag *t = NULL;
	uint32_t n = report_tags_of(r->p, sample, &t), texts = 0;
	struct str *parts = mem_array((size_t)n + 1, sizeof(*parts));
	struct buf b;

	out->label = 0;
	out->numbers.n = 0;
	buf_init(&b, SIZE_MAX / 2);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t key = report_key(r, &t[i]);

		if (report_tag_empty(&t[i]) || (r->tag_gone && r->tag_gone[key]))
			continue;
		buf_reset(&b);
		if (t[i].str != 0 && !str_eq(report_str(r, key), STR("pprof::base"))) {
			buf_add(&b, report_str(r, key));
			buf_byte(&b, ':');
			buf_add(&b, profile_str(r->p, t[i].str));
			parts[texts++] = report_str(r, report_intern(r, arena_str(r->mem, buf_str(&b))));
		} else if (t[i].str == 0 && str_eq(report_str(r, key), STR("bytes"))) {
			struct str unit = report_tag_unit(r, key);

			unit_label(&b, t[i].num, unit, r->o.unit);
			vec_push(&out->numbers, ((struct gtag){ .name = arena_str(r->mem, buf_str(&b)),
			    .unit = unit, .value = t[i].num }));
		}
	}
	qsort(parts, texts, sizeof(*parts), by_bytes);
	buf_reset(&b);
	for (uint32_t i = 0; i < texts; i++) {
		buf_add(&b, i ? STR("\\n") : STR(""));
		buf_add(&b, parts[i]);
	}
	if (texts > 0)
		out->label = report_intern(r, arena_str(r->mem, buf_str(&b)));
	buf_fini(&b);
	mem_free(parts);
}

/* Every node of the stack once, and the leaf if it was not left out. */
static void add_sample(struct graph_tags *g, const struct sample_tags *tags, const struct rsample *s,
    const bool *kept, uint32_t *seen, uint32_t mark)
{
	const struct report *r = g->r;
	uint32_t leaf = NO_NODE;

	for (uint32_t i = s->n; i > 0; i--) {
		uint32_t location = r->stack[s->at + i - 1];

		if (location >= r->n_locations)
			continue;
		for (uint32_t k = r->node_at[location + 1]; k-- > r->node_at[location];) {
			uint32_t node = r->nodes[k];

			leaf = kept == NULL || kept[node] ? node : NO_NODE;
			if (leaf == NO_NODE || seen[node] == mark)
				continue;
			seen[node] = mark;
			add_node(g, tags, node, s, false);
		}
	}
	if (leaf != NO_NODE)
		add_node(g, tags, leaf, s, true);
}

static void list_tags(struct graph_tags *g)
{
	size_t n = g->r->infos.n;

	g->at = mem_zarray(n + 2, sizeof(*g->at));
	g->list = mem_array(g->all.n + 1, sizeof(*g->list));
	for (size_t i = 0; i < g->all.n; i++)
		g->at[g->all.p[i].node + 2]++;
	for (size_t i = 0; i < n; i++)
		g->at[i + 2] += g->at[i + 1];
	for (size_t i = 0; i < g->all.n; i++)
		g->list[g->at[g->all.p[i].node + 1]++] = (uint32_t)i;
}

struct graph_tags *graph_tags_new(struct report *r, const bool *kept)
{
	struct graph_tags *g = mem_zalloc(sizeof(*g));
	uint32_t *seen = mem_zarray(r->infos.n + 1, sizeof(*seen));
	struct sample_tags tags = { 0 };

	g->r = r;
	for (uint32_t i = 0; i < r->n_samples && r->p->tag_at != NULL; i++) {
		const struct rsample *s = &r->samples[i];

		if (report_weight(r, s) == 0 && report_divisor(r, s) == 0)
			continue;
		read_tags(g, s->number, &tags);
		if (tags.label != 0 || tags.numbers.n > 0)
			add_sample(g, &tags, s, kept, seen, i + 1);
	}
	list_tags(g);
	vec_free(&tags.numbers);
	mem_free(seen);
	return g;
}

void graph_tags_free(struct graph_tags *g)
{
	if (g == NULL)
		return;
	map_fini(&g->map);
	vec_free(&g->all);
	mem_free(g->at);
	mem_free(g->list);
	mem_free(g);
}

void graph_tags_trim(struct graph_tags *t, const struct graph *g, int64_t cutoff)
{
	for (uint32_t i = 0; i < g->n; i++)
		for (uint32_t k = t->at[g->order[i]]; k < t->at[g->order[i] + 1]; k++) {
			struct gtag *x = &t->all.p[t->list[k]];

			x->gone = abs_wrap(x->flat) < cutoff && abs_wrap(x->cum) < cutoff;
		}
}

uint32_t graph_tags_count(const struct graph_tags *t, uint32_t node)
{
	uint32_t n = 0;

	for (uint32_t k = t->at[node]; k < t->at[node + 1]; k++)
		n += !t->all.p[t->list[k]].gone && t->all.p[t->list[k]].flat != 0;
	return n;
}

static int64_t flat_of(const struct gtag *t)
{
	return t->flat_div ? div_wrap(t->flat, t->flat_div) : t->flat;
}

static int64_t cum_of(const struct gtag *t)
{
	return t->cum_div ? div_wrap(t->cum, t->cum_div) : t->cum;
}

/* Heaviest first: by flat, or by cum and then by flat. */
static int by_weight(const void *a, const void *b, void *ctx)
{
	const struct gtag *x = a, *y = b;
	const bool *flat = ctx;
	int64_t cx = abs_wrap(x->cum), cy = abs_wrap(y->cum), fx = abs_wrap(x->flat), fy = abs_wrap(y->flat);

	if (!*flat && x->cum != y->cum)
		return cx > cy ? -1 : cx < cy;
	if (x->flat != y->flat)
		return fx > fy ? -1 : fx < fy;
	return str_cmp(x->name, y->name);
}

static size_t tags_with(const struct graph_tags *g, uint32_t node, uint32_t label, bool flat, struct gtag *out)
{
	size_t n = 0;

	for (uint32_t k = g->at[node]; k < g->at[node + 1]; k++) {
		const struct gtag *t = &g->all.p[g->list[k]];

		if (!t->gone && t->label == label)
			out[n++] = *t;
	}
	qsort_r(out, n, sizeof(*out), by_weight, &flat);
	return n;
}

static double distance(const struct gtag *t, const struct gtag *u)
{
	struct str unit;
	double v = unit_scale(u->value, u->unit, t->unit, &unit);

	return v < (double)t->value ? (double)t->value - v : v - (double)t->value;
}

struct group {
	struct gtag first, low, high, sum;
	size_t n;
};

static void widen(struct group *g, const struct gtag *t)
{
	struct str unit;

	if (unit_scale(t->value, t->unit, g->low.unit, &unit) < (double)g->low.value)
		g->low = *t;
	if (unit_scale(t->value, t->unit, g->high.unit, &unit) > (double)g->high.value)
		g->high = *t;
	g->sum.flat = sum_wrap(g->sum.flat, t->flat);
	g->sum.flat_div = sum_wrap(g->sum.flat_div, t->flat_div);
	g->sum.cum = sum_wrap(g->sum.cum, t->cum);
	g->sum.cum_div = sum_wrap(g->sum.cum_div, t->cum_div);
	g->n++;
}

static struct gtag group_tag(struct report *r, const struct group *g)
{
	struct gtag t = { .flat = flat_of(&g->sum), .cum = cum_of(&g->sum) };
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	unit_label(&b, g->low.value, g->low.unit, STR("auto"));
	if (g->n > 1) {
		buf_add(&b, STR(".."));
		unit_label(&b, g->high.value, g->high.unit, STR("auto"));
	}
	t.name = arena_str(r->mem, buf_str(&b));
	buf_fini(&b);
	return t;
}

/* At most MAX_BOXES: the others join the nearest of the heaviest. */
static size_t collapse(struct report *r, struct gtag *t, size_t n, bool flat)
{
	struct group groups[MAX_BOXES];

	if (n <= MAX_BOXES)
		return n;
	for (size_t i = 0; i < MAX_BOXES; i++)
		groups[i] = (struct group){ t[i], t[i], t[i], t[i], 1 };
	for (size_t i = MAX_BOXES; i < n; i++) {
		size_t nearest = 0;

		for (size_t k = 1; k < MAX_BOXES; k++)
			if (distance(&t[i], &groups[k].first) < distance(&t[i], &groups[nearest].first))
				nearest = k;
		widen(&groups[nearest], &t[i]);
	}
	for (size_t i = 0; i < MAX_BOXES; i++)
		t[i] = group_tag(r, &groups[i]);
	qsort_r(t, MAX_BOXES, sizeof(*t), by_weight, &flat);
	return MAX_BOXES;
}

static void put_box(struct report *r, const char *source, const char *id, const struct gtag *t, int64_t w,
    bool dotted, struct buf *out)
{
	struct buf value;

	buf_init(&value, 4096);
	report_format(r, w, &value);
	buf_printf(out, "%s [label = \"", id);
	buf_add(out, t->name);
	buf_printf(out, "\" id=\"%s\" fontsize=8 shape=box3d tooltip=\"" STR_FMT "\"]\n", id,
	    STR_ARG(buf_str(&value)));
	buf_printf(out, "%s -> %s [label=\" " STR_FMT "\" weight=100 tooltip=\"" STR_FMT "\" labeltooltip=\"" STR_FMT
	    "\"%s]\n", source, id, STR_ARG(buf_str(&value)), STR_ARG(buf_str(&value)),
	    STR_ARG(buf_str(&value)), dotted ? " style=\"dotted\"" : "");
	buf_fini(&value);
}

static void put_numbers(struct graph *g, uint32_t node, uint32_t label, bool flat, const char *source,
    struct gtag *room, struct buf *out)
{
	size_t n = collapse(g->r, room, tags_with(g->tags, node, label, flat, room), flat);

	for (size_t i = 0; i < n; i++) {
		bool show_flat = flat || flat_of(&room[i]) == cum_of(&room[i]);
		int64_t w = show_flat ? flat_of(&room[i]) : cum_of(&room[i]);
		char id[64];

		snprintf(id, sizeof(id), "N%s_%zu", source, i);
		if (w != 0)
			put_box(g->r, source, id, &room[i], w, !show_flat, out);
	}
}

/* At a leaf of the picture cum counts, which has what was left out below it. */
bool graph_tags_print(struct graph *g, uint32_t node, uint32_t id, struct buf *out)
{
	struct graph_tags *tags = g->tags;
	bool flat = g->out_at[node + 1] > g->out_at[node];
	size_t before = out->n, max = tags->at[node + 1] - tags->at[node];
	struct gtag *labels = mem_array(max + 1, sizeof(*labels));
	struct gtag *room = mem_array(max + MAX_BOXES, sizeof(*room));
	size_t n = tags_with(tags, node, NO_LABEL, flat, labels);
	char source[32], box[48];

	snprintf(source, sizeof(source), "N%u", id);
	for (size_t i = 0; i < MIN(n, MAX_BOXES); i++) {
		int64_t w = flat ? flat_of(&labels[i]) : cum_of(&labels[i]);

		if (w == 0)
			continue;
		snprintf(box, sizeof(box), "N%u_%zu", id, i);
		put_box(g->r, source, box, &labels[i], w, false, out);
		put_numbers(g, node, labels[i].self, flat, box, room, out);
	}
	put_numbers(g, node, 0, flat, source, room, out);
	mem_free(labels);
	mem_free(room);
	return out->n > before;
}
