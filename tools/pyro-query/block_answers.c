/* block_answers.c - see block_answers.h */
#include "tools/pyro-query/block_answers.h"

#include <stdlib.h>

#include "base/arith.h"
#include "base/clock.h"
#include "base/hash.h"
#include "formats/query/stoppable.h"

static const atomic_int never;

/* Other questions wait meanwhile. */
#define MATCH_PATIENCE NS_PER_S

/* A range that moves begins as often as not in the same five minutes as before, or in the next. */
#define ROUND (300 * NS_PER_S)

enum { HOUR_MS = 3600 * 1000, MAX_KEPT = INT32_MAX, MAX_SELECTORS = 4096 };

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

static void block_rested(void *ctx, const struct dataset *set)
{
	struct block_answers *x = ctx;

	blocks_rested(x->blocks, set);
}

static bool is_enough(void *ctx)
{
	struct block_answers *x = ctx;

	return x->enough(x->ctx);
}

static void pause_here(void *ctx, const struct dataset *in)
{
	struct block_answers *x = ctx;

	x->pause(x->ctx, in);
}

static int run(struct block_answers *x, struct arena *a, const struct pyro_ask *ask, const struct msg_strs *ids,
    struct ask_way way, struct part *out, struct err *e)
{
	struct dataset **sets = arena_array(a, ids->n, sizeof(*sets));
	size_t n;

	if (blocks_open(x->blocks, ask->tenant, ids->p, ids->n, sets, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct stoppable *s = arena_alloc(a, sizeof(*s));

		stoppable_init(s, sets[i], x->stop != NULL ? x->stop : &never);
		s->rested = block_rested;
		s->enough = x->enough != NULL ? is_enough : NULL;
		s->pause = pause_here;
		s->ctx = x;
		sets[i] = &s->set;
	}
	way.patience = &x->patience;
	return ask_run_so(a, ask, &way, sets, n, out, e);
}

/* ---- what is kept ---- */

/* The ask with no range but the moment that it is known from (0: all of the blocks), and the blocks. */
static struct str key_of(struct arena *a, struct str what, const struct pyro_ask *ask, int64_t since,
    const struct msg_strs *ids)
{
	struct pyro_ask core = *ask;
	struct hash128 names;
	struct str out;
	struct buf b;

	core.from = since;
	core.to = core.from_ms = core.to_ms = core.step_ms = 0;
	buf_init(&b, MAX_KEPT);
	for (size_t i = 0; i < ids->n; i++)
		buf_add(&b, ids->p[i]);
	names = hash_seeded_128(buf_str(&b));
	buf_reset(&b);
	buf_add(&b, what);
	buf_add(&b, str_of(&names, sizeof(names)));
	msg_encode(&pyro_ask_type, &core, &b);
	out = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return out;
}

static int found(struct arena *a, struct str body, struct part *out, struct err *e)
{
	struct pyro_answer m = { 0 };

	return msg_decode(a, &pyro_answer_type, arena_str(a, body), &m, e) < 0 ? -1 : part_of_message(a, &m, out, e);
}

static int message_bytes(struct arena *a, const struct pyro_answer *m, struct str *out, struct err *e)
{
	struct buf b;
	int rc;

	buf_init(&b, MAX_KEPT);
	msg_encode(&pyro_answer_type, m, &b);
	rc = buf_check(&b, "what blocks say", e);
	if (rc == 0)
		*out = buf_to_arena(&b, a);
	else
		buf_fini(&b);
	return rc;
}

static int kept_form(struct arena *a, const struct part *p, struct str *out, struct err *e)
{
	struct pyro_answer m = { 0 };

	part_to_message(a, p, &m);
	return message_bytes(a, &m, out, e);
}

/* ---- pieces of the range ---- */

/* Some blocks, and what they are asked; all of it merged is what was asked. */
struct piece {
	struct msg_strs ids;
	struct pyro_ask ask; /* with a range of its own */
	bool keeps;          /* the range is all of the blocks, or all of them since a moment */
	int64_t since;       /* this one, or 0 */
};

static int ask_kept(struct block_answers *x, struct arena *a, const struct piece *p, struct part *out, struct err *e)
{
	struct str key = key_of(a, STR("blocks\n"), &p->ask, p->since, &p->ids), body;
	const struct answer *old = answers_find(x->kept, key, 0);

	x->hits += old != NULL;
	x->misses += old == NULL;
	if (old != NULL)
		return found(a, old->body, out, e);
	if (run(x, a, &p->ask, &p->ids, (struct ask_way){ .packed = true }, out, e) < 0)
		return -1;
	if (kept_form(a, out, &body, e) < 0) {
		part_fini(out);
		return -1;
	}
	answers_put(x->kept, key, &(struct answer){ .body = body });
	return 0;
}

enum {
	OTHERS, /* blocks that the range ends in, and what is not kept */
	CUT,    /* blocks that the range begins in, up to a round moment, */
	SINCE,  /* and from then on */
	CLOSED,
	NEWEST,
	N_PIECES,
};

static int64_t hour_of(int64_t ms)
{
	return ms / HOUR_MS - (ms % HOUR_MS < 0);
}

/* When parts make the same whole whatever the moment is. */
static bool divisible(const struct pyro_ask *ask)
{
	return ask->kind == ASK_TREE || (ask->kind == ASK_PROFILE && ask->max_nodes <= 0);
}

static int64_t round_after(int64_t t)
{
	int64_t rest = t % ROUND;

	return t > INT64_MAX - ROUND ? INT64_MAX : t - rest + (rest > 0 ? ROUND : 0);
}

/* The blocks that the range begins in are asked as others, or, when that comes again, as two pieces. */
static void cut(struct block_answers *x, struct arena *a, struct piece *pieces)
{
	struct piece *since = &pieces[SINCE], *others = &pieces[OTHERS];
	const struct msg_strs *ids = &pieces[CUT].ids;

	if (ids->n > 0 && answers_again(x->kept, key_of(a, STR("again\n"), &since->ask, since->since, ids))) {
		since->ids = *ids;
		return;
	}
	for (size_t i = 0; i < ids->n; i++)
		others->ids.p[others->ids.n++] = ids->p[i];
	pieces[CUT].ids.n = 0;
}

static void split(struct block_answers *x, struct arena *a, const struct pyro_ask *ask, const struct msg_strs *ids,
    const struct blocks_range *times, struct piece *pieces)
{
	struct blocks_range in = range_of(ask);
	bool keeps = x->kept != NULL && ask->kind != ASK_STATS && ask->kind != ASK_SERIES;
	int64_t newest = INT64_MIN, since = divisible(ask) ? round_after(ask->from) : INT64_MAX;

	for (size_t i = 0; i < N_PIECES; i++)
		pieces[i] = (struct piece){ { arena_array(a, ids->n, sizeof(struct str)), 0 }, *ask, i >= SINCE, 0 };
	pieces[CUT].ask.to = since - 1;
	pieces[SINCE].ask.from = pieces[SINCE].since = since;
	for (size_t i = 0; i < ids->n; i++)
		if (times[i].from >= in.from && times[i].to <= in.to && times[i].from <= times[i].to)
			newest = MAX(newest, hour_of(times[i].to));
	for (size_t i = 0; i < ids->n; i++) {
		struct msg_strs *to = &pieces[OTHERS].ids;

		if (times[i].from > in.to || times[i].to < in.from)
			continue;
		if (keeps && times[i].from >= in.from && times[i].to <= in.to)
			to = &pieces[hour_of(times[i].to) == newest ? NEWEST : CLOSED].ids;
		else if (keeps && times[i].to <= in.to && times[i].to > floor_ms(since))
			to = &pieces[CUT].ids;
		to->p[to->n++] = ids->p[i];
	}
	cut(x, a, pieces);
}

/* The range ends in a block: recent rows are probably behind it, and have nothing to add. */
static bool ends_in_block(const struct pyro_ask *ask, const struct blocks_range *times, size_t n)
{
	size_t i = 0;

	while (i < n && (times[i].from > times[i].to || times[i].to < floor_ms(ask->to)))
		i++;
	return i < n;
}

/* What is added to a profile with a builder is not needed afterwards: there is one of a large service at a time. */
static int add(struct block_answers *x, struct arena *a, const struct pyro_ask *ask, const struct piece *p,
    struct part *out, struct err *e)
{
	struct arena *mem = out->builder != NULL ? arena_part(a) : a;
	struct part part;
	int rc;

	rc = p->keeps ? ask_kept(x, mem, p, &part, e) : run(x, mem, &p->ask, &p->ids, (struct ask_way){ 0 }, &part, e);
	if (rc == 0)
		rc = part_merge(a, ask, out, &part, e);
	if (mem != a)
		arena_free(mem);
	return rc;
}

/* ---- sums ---- */

struct finding {
	struct block_answers *x;
	struct str tenant;
};

static struct symbols *find_symbols(void *ctx, uint64_t id, uint64_t generation)
{
	struct finding *f = ctx;

	return blocks_shared(f->x->blocks, f->tenant, id, generation);
}

/* A tree and a profile are made of the same sums. */
static struct str sums_key(struct arena *a, const struct piece *p)
{
	struct pyro_ask ask = p->ask;

	ask.kind = ASK_PROFILE;
	return key_of(a, STR("sums\n"), &ask, p->since, &p->ids);
}

static void keep_sums(struct block_answers *x, struct str key, const struct sums *s)
{
	struct buf b;

	buf_init(&b, MAX_KEPT);
	sums_pack(s, &b);
	if (!b.over)
		answers_put(x->kept, key, &(struct answer){ .body = buf_str(&b) });
	buf_fini(&b);
}

static int add_kept_sums(struct block_answers *x, struct arena *a, const struct piece *p, struct sums *into,
    struct err *e)
{
	struct finding f = { x, p->ask.tenant };
	struct str key = sums_key(a, p);
	const struct answer *old = answers_find(x->kept, key, 0);
	bool known = old != NULL && sums_unpack(into, old->body, find_symbols, &f);
	struct sums own = { 0 };
	struct part none;
	int rc = 0;

	x->hits += known;
	x->misses += !known;
	if (known)
		return 0;
	rc = run(x, a, &p->ask, &p->ids, (struct ask_way){ .sums = &own }, &none, e);
	if (rc == 0) {
		keep_sums(x, key, &own);
		sums_add(into, &own);
	}
	sums_fini(&own);
	return rc;
}

int block_answers_prepare(struct block_answers *x, struct arena *a, const struct pyro_ask *ask,
    const struct msg_strs *ids, struct str id, struct err *e)
{
	struct blocks_range *times = arena_array(a, ids->n, sizeof(*times));
	struct piece p = { .ids = { &id, 1 }, .ask = *ask, .keeps = true };
	struct sums sums = { 0 };
	int rc;

	x->patience = (struct patience){ clock_cpu, MATCH_PATIENCE, 0 };
	if (x->kept == NULL)
		return 0;
	rc = blocks_times(x->blocks, ask->tenant, ids->p, ids->n, times, e);
	if (rc == 0)
		rc = add_kept_sums(x, a, &p, &sums, e);
	sums_fini(&sums);
	return rc;
}

/* All pieces become one sum, and that one answer. */
static int ask_for_sums(struct block_answers *x, struct arena *a, const struct pyro_ask *ask,
    const struct piece *pieces, bool alone, struct part *out, struct err *e)
{
	struct sums all = { 0 };
	const struct ask_way way = { .sums = &all, .packed = alone };
	int rc = 0;

	for (size_t i = 0; i < N_PIECES && rc == 0; i++) {
		const struct piece *p = &pieces[i];
		struct part none;

		if (p->keeps && p->ids.n > 0)
			rc = add_kept_sums(x, a, p, &all, e);
		else if (p->ids.n > 0 || i == OTHERS)
			rc = run(x, a, &p->ask, &p->ids, way, &none, e);
	}
	if (rc == 0)
		rc = ask_sums_part(a, ask, &way, out, e);
	sums_fini(&all);
	return rc;
}

/* Others are merged into what comes first: a profile that was just made, because it is open for more; or else what
   whole blocks say, which is the largest as a rule. */
static int ask_for_parts(struct block_answers *x, struct arena *a, const struct pyro_ask *ask,
    const struct piece *pieces, struct part *out, struct err *e)
{
	for (size_t i = 0; i < N_PIECES; i++) {
		size_t at = ask->kind == ASK_PROFILE ? i : (i + CLOSED) % N_PIECES;

		/* what others are asked says whether it may be asked at all */
		if ((pieces[at].ids.n > 0 || at == OTHERS) && add(x, a, ask, &pieces[at], out, e) < 0) {
			part_fini(out);
			return -1;
		}
	}
	return 0;
}

/* ---- time series ---- */

struct timed {
	struct str id;
	struct blocks_range times;
};

static int timed_cmp(const void *a, const void *b)
{
	const struct timed *x = a, *y = b;

	return x->times.from != y->times.from ? (x->times.from < y->times.from ? -1 : 1) : str_cmp(x->id, y->id);
}

/* Those that have rows in the range, by time. */
static size_t blocks_in(const struct msg_strs *ids, const struct blocks_range *times, const struct blocks_range *in,
    struct timed *out)
{
	size_t n = 0;

	for (size_t i = 0; i < ids->n; i++)
		if (times[i].from <= in->to && times[i].to >= in->from)
			out[n++] = (struct timed){ ids->p[i], times[i] };
	if (n > 0)
		qsort(out, n, sizeof(*out), timed_cmp);
	return n;
}

/* What one block says to any range: the points of each profile, by the millisecond. */
static int block_series(struct block_answers *x, struct arena *a, const struct pyro_ask *ask, const struct msg_strs *id,
    struct str *out, struct err *e)
{
	struct pyro_answer m = { 0 };
	struct pyro_ask all = *ask;
	struct part part;

	all.from = INT64_MIN;
	all.to = INT64_MAX;
	all.from_ms = floor_ms(all.from);
	all.to_ms = floor_ms(all.to);
	all.step_ms = 1;
	if (run(x, a, &all, id, (struct ask_way){ 0 }, &part, e) < 0)
		return -1;
	m.series.n = part.series.n;
	m.series.p = arena_zarray(a, m.series.n, sizeof(*m.series.p));
	for (size_t i = 0; i < m.series.n; i++) {
		m.series.p[i].labels = pairs_of_labels(a, &part.series.p[i].labels);
		m.series.p[i].raw = series_pack(a, &part.series.p[i]);
	}
	part_fini(&part);
	return message_bytes(a, &m, out, e);
}

static int lay_series(struct arena *a, struct str body, struct series_grid *g, struct err *e)
{
	struct pyro_answer m = { 0 };

	if (msg_decode(a, &pyro_answer_type, body, &m, e) < 0)
		return -1;
	for (size_t i = 0; i < m.series.n; i++) {
		struct labels l = labels_of_pairs(a, &m.series.p[i].labels);

		series_grid_add(g, &l, m.series.p[i].raw);
	}
	return 0;
}

/* A question about time series, and what it has so far. */
struct laying {
	struct block_answers *x;
	const struct pyro_ask *ask;
	struct series_grid grid;
	size_t room; /* for parts that are kept: other questions have some, too */
};

/* On the grid comes what is known of the block, or made now. partly: the range is not all of it, so that is only made when it is
   asked for the second time; *added: it was. */
static int add_block(struct laying *l, const struct msg_strs *id, bool partly, bool *added, struct err *e)
{
	struct block_answers *x = l->x;
	struct arena *mem = arena_part(l->grid.a);
	struct str key = key_of(mem, STR("blocks\n"), l->ask, 0, id), body = STR_NONE;
	const struct answer *old = answers_find(x->kept, key, 0);
	int rc = 0;

	*added = old != NULL || !partly || answers_again(x->kept, key);
	x->hits += old != NULL;
	x->misses += *added && old == NULL;
	if (old != NULL)
		body = old->body;
	else if (*added && (rc = block_series(x, mem, l->ask, id, &body, e)) == 0)
		answers_put(x->kept, key, &(struct answer){ .body = body });
	if (rc == 0 && *added) {
		rc = lay_series(mem, body, &l->grid, e);
		l->room -= MIN(l->room, key.n + body.n);
	}
	arena_free(mem);
	return rc;
}

/* For each block that it is asked alone a question is read anew: a long one is asked of all at once, and not kept. */
static bool keeps_series(const struct pyro_ask *ask)
{
	size_t n = 0;

	for (size_t i = 0; i < ask->selectors.n; i++)
		n += ask->selectors.p[i].n;
	return ask->step_ms > 0 && n <= MAX_SELECTORS;
}

/* The range begins and ends between two milliseconds, as points have them. */
static bool is_by_ms(const struct pyro_ask *ask)
{
	return wrap_mul(floor_ms(ask->from), NS_PER_MS) == ask->from &&
	    wrap_add(wrap_mul(floor_ms(ask->to), NS_PER_MS), NS_PER_MS - 1) == ask->to;
}

static int ask_for_series(struct block_answers *x, struct arena *a, const struct pyro_ask *ask,
    const struct msg_strs *ids, const struct blocks_range *times, struct part *out, struct err *e)
{
	const struct query_series_opts grid = { .from_ms = ask->from_ms, .to_ms = ask->to_ms, .step_ms = ask->step_ms };
	const struct blocks_range in = range_of(ask);
	struct timed *blocks = arena_array(a, ids->n, sizeof(*blocks));
	struct msg_strs others = { arena_array(a, ids->n, sizeof(*others.p)), 0 };
	bool keeps = keeps_series(ask), by_ms = is_by_ms(ask);
	size_t n = blocks_in(ids, times, &in, blocks);
	struct part kept = part_none();
	struct laying l = { .x = x, .ask = ask, .room = x->kept != NULL ? answers_largest(x->kept) : 0 };
	int rc = 0;

	series_grid_init(&l.grid, a, &grid, in.from, in.to);
	for (size_t i = 0; i < n && rc == 0; i++) {
		bool partly = blocks[i].times.from < in.from || blocks[i].times.to > in.to, added = false;

		if (keeps && l.room > 0 && (!partly || by_ms))
			rc = add_block(&l, &(struct msg_strs){ &blocks[i].id, 1 }, partly, &added, e);
		if (!added)
			others.p[others.n++] = blocks[i].id;
	}
	series_grid_finish(&l.grid, &kept.series);
	/* what others are asked says whether it may be asked at all */
	if (rc < 0 || run(x, a, ask, &others, (struct ask_way){ 0 }, out, e) < 0)
		return -1;
	return part_merge(a, ask, out, &kept, e);
}

int block_answers_ask(struct block_answers *x, struct arena *a, const struct pyro_ask *ask, const struct msg_strs *ids,
    struct part *out, struct err *e)
{
	struct blocks_range *times = arena_array(a, ids->n, sizeof(*times));
	struct piece pieces[N_PIECES];

	x->patience = (struct patience){ clock_cpu, MATCH_PATIENCE, 0 };
	if (blocks_times(x->blocks, ask->tenant, ids->p, ids->n, times, e) < 0)
		return -1;
	*out = part_none();
	if (ask->kind == ASK_SERIES)
		return ask_for_series(x, a, ask, ids, times, out, e);
	split(x, a, ask, ids, times, pieces);
	if (ask_by_sums(ask))
		return ask_for_sums(x, a, ask, pieces, ends_in_block(ask, times, ids->n), out, e);
	return ask_for_parts(x, a, ask, pieces, out, e);
}
