/* block_answers.c - see block_answers.h */
#include "tools/pyro-query/block_answers.h"

#include "base/arith.h"
#include "base/clock.h"
#include "base/hash.h"
#include "formats/query/stoppable.h"

static const atomic_int never;

/* Other questions wait meanwhile. */
#define MATCH_PATIENCE NS_PER_S

enum { HOUR_MS = 3600 * 1000, MAX_KEPT = INT32_MAX };

static struct blocks_range range_of(const struct pyro_ask *ask)
{
	struct label_range labels = { ask->from, ask->to };

	if (ask->kind == ASK_STATS || (ask->from == 0 && ask->to == 0))
		return (struct blocks_range){ INT64_MIN, INT64_MAX };
	if (ask->kind == ASK_NAMES || ask->kind == ASK_VALUES || ask->kind == ASK_SETS)
		labels = ask_label_range(ask);
	return (struct blocks_range){ floor_ms(labels.from), floor_ms(labels.to) };
}

/* ---- asking ---- */

static void block_rested(void *blocks, const struct dataset *set)
{
	blocks_rested(blocks, set);
}

static int run(struct block_answers *x, struct arena *a, const struct pyro_ask *ask, const struct msg_strs *ids,
    struct part *out, struct err *e)
{
	struct dataset **sets = arena_array(a, ids->n, sizeof(*sets));
	struct patience patience = { clock_cpu, MATCH_PATIENCE, 0 };
	size_t n;

	if (blocks_open(x->blocks, ask->tenant, ids->p, ids->n, sets, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct stoppable *s = arena_alloc(a, sizeof(*s));

		stoppable_init(s, sets[i], x->stop != NULL ? x->stop : &never);
		s->rested = block_rested;
		s->ctx = x->blocks;
		sets[i] = &s->set;
	}
	return ask_run_within(a, ask, &patience, sets, n, out, e);
}

/* ---- what is kept ---- */

static struct str encoded(struct arena *a, const struct msg_type *type, const void *m)
{
	struct str out;
	struct buf b;

	buf_init(&b, MAX_KEPT);
	msg_encode(type, m, &b);
	out = buf_check(&b, "answer", &(struct err){ 0 }) == 0 ? arena_str(a, buf_str(&b)) : STR_NONE;
	buf_fini(&b);
	return out;
}

/* The ask without its range, and the blocks. */
static struct str key_of(struct arena *a, const struct pyro_ask *ask, const struct msg_strs *ids)
{
	struct pyro_ask core = *ask;
	struct hash128 names;
	struct str out;
	struct buf b;

	core.from = core.to = core.from_ms = core.to_ms = core.step_ms = 0;
	buf_init(&b, MAX_KEPT);
	for (size_t i = 0; i < ids->n; i++)
		buf_add(&b, ids->p[i]);
	names = hash_seeded_128(buf_str(&b));
	buf_reset(&b);
	buf_add(&b, STR("blocks\n"));
	buf_add(&b, str_of(&names, sizeof(names)));
	msg_encode(&pyro_ask_type, &core, &b);
	out = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return out;
}

static int found(struct arena *a, struct str body, const struct pyro_ask *ask, struct part *out, struct err *e)
{
	struct pyro_answer m = { 0 };

	if (msg_decode(a, &pyro_answer_type, arena_str(a, body), &m, e) < 0 || part_of_message(a, &m, out, e) < 0)
		return -1;
	if (out->profile != NULL) {
		out->profile->time = ask->to;
		out->profile->duration = wrap_sub(ask->to, ask->from);
	}
	return 0;
}

/* Points are kept as they lie in memory: there is one for every row. */
static int found_series(struct arena *a, struct str body, const struct query_series_opts *grid, struct part *out,
    struct err *e)
{
	struct pyro_answer m = { 0 };

	if (msg_decode(a, &pyro_answer_type, body, &m, e) < 0 || part_of_message(a, &m, out, e) < 0)
		return -1;
	out->series.n = 0;
	for (size_t i = 0; i < m.series.n; i++) {
		struct labels l = labels_copy(a, &out->series.p[i].labels);

		series_add_on_grid(a, &out->series, &l, m.series.p[i].raw, grid);
	}
	return 0;
}

static void keep(struct block_answers *x, struct arena *a, struct str key, const struct part *p)
{
	struct pyro_answer m = { 0 };
	struct part bare = *p;
	struct answer kept = { 0 };

	bare.series.p = arena_array(a, p->series.n, sizeof(*bare.series.p));
	for (size_t i = 0; i < p->series.n; i++)
		bare.series.p[i] = (struct series_group){ .labels = p->series.p[i].labels };
	part_to_message(a, &bare, &m);
	for (size_t i = 0; i < p->series.n; i++)
		m.series.p[i].raw = str_of(p->series.p[i].p, p->series.p[i].n * sizeof(*p->series.p[i].p));
	kept.body = encoded(a, &pyro_answer_type, &m);
	if (kept.body.n > 0)
		answers_put(x->kept, key, &kept);
}

/* Blocks that lie in the range as a whole. */
static int ask_whole(struct block_answers *x, struct arena *a, const struct pyro_ask *ask, const struct msg_strs *ids,
    struct part *out, struct err *e)
{
	const struct query_series_opts grid = { .from_ms = ask->from_ms, .to_ms = ask->to_ms, .step_ms = ask->step_ms };
	struct pyro_ask fine = *ask;
	struct str key = key_of(a, ask, ids);
	const struct answer *old = answers_find(x->kept, key, 0);

	x->hits += old != NULL;
	x->misses += old == NULL;
	if (old != NULL)
		return ask->kind == ASK_SERIES ? found_series(a, old->body, &grid, out, e)
					       : found(a, old->body, ask, out, e);
	if (ask->kind == ASK_SERIES) {
		fine.from_ms = floor_ms(ask->from);
		fine.to_ms = floor_ms(ask->to);
		fine.step_ms = 1;
	}
	if (run(x, a, &fine, ids, out, e) < 0)
		return -1;
	keep(x, a, key, out);
	if (ask->kind == ASK_SERIES)
		series_on_grid(&out->series, &grid);
	return 0;
}

/* ---- which blocks are whole ---- */

struct groups {
	struct msg_strs edge, closed, newest;
};

static int64_t hour_of(int64_t ms)
{
	return ms / HOUR_MS - (ms % HOUR_MS < 0);
}

static void split(struct block_answers *x, struct arena *a, const struct pyro_ask *ask, const struct msg_strs *ids,
    const struct blocks_range *times, struct groups *g)
{
	struct blocks_range in = range_of(ask);
	bool keeps = x->kept != NULL && ask->kind != ASK_STATS && (ask->kind != ASK_SERIES || ask->step_ms > 0);
	int64_t newest = INT64_MIN;

	g->edge.p = arena_array(a, ids->n, sizeof(struct str));
	g->closed.p = arena_array(a, ids->n, sizeof(struct str));
	g->newest.p = arena_array(a, ids->n, sizeof(struct str));
	for (size_t i = 0; i < ids->n; i++)
		if (times[i].from >= in.from && times[i].to <= in.to && times[i].from <= times[i].to)
			newest = MAX(newest, hour_of(times[i].to));
	for (size_t i = 0; i < ids->n; i++) {
		struct msg_strs *to = &g->edge;

		if (times[i].from > in.to || times[i].to < in.from)
			continue;
		if (keeps && times[i].from >= in.from && times[i].to <= in.to)
			to = hour_of(times[i].to) == newest ? &g->newest : &g->closed;
		to->p[to->n++] = ids->p[i];
	}
}

static int add_edge(struct block_answers *x, struct arena *a, const struct pyro_ask *ask, const struct msg_strs *ids,
    struct part *out, struct err *e)
{
	struct part part;

	return run(x, a, ask, ids, &part, e) < 0 ? -1 : part_merge(a, ask, out, &part, e);
}

/* What is added to a profile with a builder is not needed afterwards: there is one of a large service at a time. */
static int add_whole(struct block_answers *x, struct arena *a, const struct pyro_ask *ask, const struct msg_strs *ids,
    struct part *out, struct err *e)
{
	struct arena *mem = out->builder != NULL ? arena_part(a) : a;
	struct part part;
	int rc;

	rc = ask_whole(x, mem, ask, ids, &part, e) < 0 ? -1 : part_merge(a, ask, out, &part, e);
	if (mem != a)
		arena_free(mem);
	return rc;
}

/* Others are merged into what comes first: a profile that was just made, because it is open for more; or else what
   whole blocks say, which is the largest as a rule. */
int block_answers_ask(struct block_answers *x, struct arena *a, const struct pyro_ask *ask, const struct msg_strs *ids,
    struct part *out, struct err *e)
{
	struct blocks_range *times = arena_array(a, ids->n, sizeof(*times));
	struct groups g = { 0 };
	const struct msg_strs *whole[] = { &g.closed, &g.newest };
	bool edge_first = ask->kind == ASK_PROFILE;

	if (blocks_times(x->blocks, ask->tenant, ids->p, ids->n, times, e) < 0)
		return -1;
	split(x, a, ask, ids, times, &g);
	*out = part_none();
	if (edge_first && add_edge(x, a, ask, &g.edge, out, e) < 0)
		goto fail;
	for (size_t i = 0; i < ARRAY_LEN(whole); i++)
		if (whole[i]->n > 0 && add_whole(x, a, ask, whole[i], out, e) < 0)
			goto fail;
	if (edge_first || add_edge(x, a, ask, &g.edge, out, e) == 0)
		return 0;
fail:
	part_fini(out);
	return -1;
}
