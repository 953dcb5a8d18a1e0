/*
 * v8_encode.c - writes a .cpuprofile: nodes, samples and time deltas. A last
 * sample of the root ends the time of the one before, so that no time depends
 * on the precision of endTime. What the values are stands in "$pyro".
 */
#include <stdio.h>

#include "base/arith.h"
#include "base/json.h"
#include "formats/json/frame_table.h"
#include "formats/json/v8.h"

struct entry { /* a sample that is written */
	uint32_t node;
	int64_t value, line;
};

struct writer {
	struct jw w;
	const struct profile *p;
	uint32_t type;
	struct frame_table frames;
	struct stack_tree tree;
	struct entry *entries;
	uint32_t n;
	struct err *e;
};

static int64_t leaf_line(const struct profile *p, uint32_t sample)
{
	uint32_t at = p->stack_at[sample], l;

	if (at == p->stack_at[sample + 1])
		return 0;
	l = p->stack[at];
	return l < p->n_locations && p->locations[l].n_lines ? p->lines[p->locations[l].first_line].line : 0;
}

static int make_entries(struct writer *w, struct arena *a)
{
	const struct profile *p = w->p;
	struct frame_map m;
	uint32_t *stack;
	int64_t sum = 0;

	frame_table_init(&w->frames, a);
	frame_table_add(&w->frames, p, &m);
	stack_tree_init(&w->tree, a, NULL, 0);
	stack = arena_array(a, m.max_depth, sizeof(*stack));
	w->entries = arena_array(a, p->n_samples, sizeof(*w->entries));
	for (uint32_t i = 0; i < p->n_samples; i++) {
		struct entry one = { STACK_TREE_ROOT, profile_value(p, i, w->type), leaf_line(p, i) };
		uint32_t n;

		if (one.value < 0)
			return err_set(w->e, ERR_INVALID, "cpuprofile: sample %u has the negative value %lld", i,
			    (long long)one.value);
		if (__builtin_add_overflow(sum, one.value, &sum))
			return err_set(w->e, ERR_INVALID, "cpuprofile: the values add up to more than 63 bits");
		if (one.value == 0)
			continue;
		n = frame_map_stack(&m, i, stack);
		for (uint32_t k = 0; k < n; k++)
			one.node = stack_tree_child(&w->tree, one.node, stack[k]);
		w->tree.nodes[one.node].v[0]++;
		w->entries[w->n++] = one;
	}
	return 0;
}

/* Lists of what hangs on nodes: first[node], then next[...], UINT32_MAX ends. In the order that they were added. */
struct lists {
	uint32_t *first, *last, *next;
};

static struct lists lists_new(struct arena *a, uint32_t nodes, uint32_t items)
{
	struct lists l = { arena_array(a, nodes, sizeof(uint32_t)), arena_array(a, nodes, sizeof(uint32_t)),
		arena_array(a, items, sizeof(uint32_t)) };

	memset(l.first, 0xff, nodes * sizeof(*l.first));
	return l;
}

static void lists_add(struct lists *l, uint32_t node, uint32_t item)
{
	if (l->first[node] == UINT32_MAX)
		l->first[node] = item;
	else
		l->next[l->last[node]] = item;
	l->last[node] = item;
	l->next[item] = UINT32_MAX;
}

static void put_i64(struct writer *w, const char *key, int64_t v)
{
	jw_key(&w->w, str_cstr(key));
	jw_i64(&w->w, v);
}

static void put_str(struct writer *w, const char *key, struct str v)
{
	jw_key(&w->w, str_cstr(key));
	jw_str(&w->w, v);
}

static void put_call_frame(struct writer *w, uint32_t node)
{
	const struct table_frame *f = node ? &w->frames.frames[w->tree.nodes[node].location] : NULL;

	jw_key(&w->w, STR("callFrame"));
	jw_open(&w->w, '{');
	put_str(w, "functionName", f ? f->name : STR("(root)"));
	put_str(w, "scriptId", STR("0"));
	put_str(w, "url", f ? f->file : STR(""));
	put_i64(w, "lineNumber", f && f->start_line > 0 ? f->start_line - 1 : -1);
	put_i64(w, "columnNumber", -1);
	jw_close(&w->w, '}');
}

static void put_ticks(struct writer *w, const struct lists *samples, uint32_t node)
{
	uint32_t i = samples->first[node];

	jw_key(&w->w, STR("positionTicks"));
	jw_open(&w->w, '[');
	while (i != UINT32_MAX) {
		int64_t line = w->entries[i].line, ticks = 0;

		for (; i != UINT32_MAX && w->entries[i].line == line; i = samples->next[i])
			ticks++;
		jw_open(&w->w, '{');
		put_i64(w, "line", line > 0 && line < UINT32_MAX ? line : 0);
		put_i64(w, "ticks", ticks);
		jw_close(&w->w, '}');
	}
	jw_close(&w->w, ']');
}

static void put_nodes(struct writer *w, struct arena *a)
{
	struct lists children = lists_new(a, w->tree.n, w->tree.n), samples = lists_new(a, w->tree.n, w->n);

	for (uint32_t i = 1; i < w->tree.n; i++)
		lists_add(&children, w->tree.nodes[i].parent, i);
	for (uint32_t i = 0; i < w->n; i++)
		lists_add(&samples, w->entries[i].node, i);
	jw_key(&w->w, STR("nodes"));
	jw_open(&w->w, '[');
	for (uint32_t i = 0; i < w->tree.n; i++) {
		jw_open(&w->w, '{');
		put_i64(w, "id", i + INT64_C(1));
		put_call_frame(w, i);
		put_i64(w, "hitCount", w->tree.nodes[i].v[0]);
		if (children.first[i] != UINT32_MAX) {
			jw_key(&w->w, STR("children"));
			jw_open(&w->w, '[');
			for (uint32_t c = children.first[i]; c != UINT32_MAX; c = children.next[c])
				jw_i64(&w->w, c + INT64_C(1));
			jw_close(&w->w, ']');
		}
		if (i && samples.first[i] != UINT32_MAX)
			put_ticks(w, &samples, i);
		jw_close(&w->w, '}');
	}
	jw_close(&w->w, ']');
}

/* Microseconds, with a fraction where there is one: all digits, which a double does not always have. */
static void put_us(struct writer *w, int64_t ns)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%lld.%03d", (long long)(ns / NS_PER_US), (int)(ns % NS_PER_US));

	if (ns % NS_PER_US == 0)
		jw_i64(&w->w, ns / NS_PER_US);
	else
		jw_raw(&w->w, str_of(text, (size_t)n));
}

static void put_samples(struct writer *w, bool ns)
{
	int64_t start = w->p->time > 0 ? w->p->time / NS_PER_US : 0, sum = 0;

	for (uint32_t i = 0; i < w->n; i++)
		sum += w->entries[i].value;
	put_i64(w, "startTime", start);
	put_i64(w, "endTime", wrap_add(start, ns ? sum / NS_PER_US : sum));
	jw_key(&w->w, STR("samples"));
	jw_open(&w->w, '[');
	for (uint32_t i = 0; i < w->n; i++)
		jw_u64(&w->w, w->entries[i].node + UINT64_C(1));
	jw_i64(&w->w, 1);
	jw_close(&w->w, ']');
	jw_key(&w->w, STR("timeDeltas"));
	jw_open(&w->w, '[');
	jw_i64(&w->w, 0);
	for (uint32_t i = 0; i < w->n; i++)
		if (ns)
			put_us(w, w->entries[i].value);
		else
			jw_i64(&w->w, w->entries[i].value);
	jw_close(&w->w, ']');
}

int cpuprofile_encode(const struct profile *p, uint32_t type, struct buf *out, struct err *e)
{
	struct arena *a = arena_new();
	struct writer w = { .w = jw_init(out), .p = p, .type = type, .e = e };
	struct str unit = profile_str(p, p->types[type].unit), name = profile_str(p, p->types[type].type);
	int rc = make_entries(&w, a);

	if (rc == 0) {
		jw_open(&w.w, '{');
		put_nodes(&w, a);
		put_samples(&w, str_eq(unit, STR("nanoseconds")));
		jw_key(&w.w, STR("$pyro"));
		jw_open(&w.w, '{');
		put_str(&w, "type", name);
		put_str(&w, "unit", unit);
		jw_close(&w.w, '}');
		jw_close(&w.w, '}');
		buf_byte(out, '\n');
	}
	arena_free(a);
	return rc < 0 ? -1 : buf_check(out, "cpuprofile", e);
}
