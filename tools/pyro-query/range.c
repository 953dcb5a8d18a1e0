/* range.c - rules that all questions share; see api.h */
#include "base/num.h"
#include "formats/query/tree_cut.h"
#include "tools/pyro-query/api.h"

/* Not clipped now, but later: when the beginning leaves the look-back. */
static void good_while_seen(struct api *x, int64_t start)
{
	int64_t back = x->limits->max_query_lookback, until;

	if (back <= 0 || start >= (INT64_MAX - back) / NS_PER_MS - 1)
		return;
	until = (start + 1) * NS_PER_MS + back;
	x->good_until = x->good_until > 0 ? MIN(x->good_until, until) : until;
}

int range_check(struct api *x, int64_t *start, int64_t end, bool *empty, struct err *e)
{
	const struct limits *l = x->limits;
	int64_t length, oldest = (x->now - l->max_query_lookback) / NS_PER_MS;

	*empty = false;
	if (*start == 0 || end == 0)
		return err_set(e, ERR_INVALID, "missing time range in the query");
	if (*start > end)
		return err_set(e, ERR_INVALID, "query start time is after end time");
	if (l->max_query_lookback > 0 && end < oldest) {
		*empty = x->passing = true;
		return 0;
	}
	if (l->max_query_lookback > 0 && *start < oldest) {
		*start = oldest;
		x->passing = true;
	}
	good_while_seen(x, *start);
	/* Rows have times in ns: beyond those nothing is asked, and no difference overflows. */
	*start = MAX(*start, INT64_MIN / NS_PER_MS);
	length = MIN(MIN(end, INT64_MAX / NS_PER_MS) - *start, INT64_MAX / NS_PER_MS);
	if (l->max_query_length > 0 && length > l->max_query_length / NS_PER_MS)
		return err_set(e, ERR_INVALID,
		    "the query time range exceeds the limit (max_query_length, actual: " STR_FMT ", limit: " STR_FMT
		    ")",
		    STR_ARG(num_go_duration(x->a, length * NS_PER_MS)),
		    STR_ARG(num_prom_duration(x->a, l->max_query_length)));
	return 0;
}

int range_check_labels(struct api *x, int64_t *start, int64_t end, bool *empty, struct err *e)
{
	*empty = false;
	if (*start == 0 || end == 0)
		return 0;
	return range_check(x, start, end, empty, e);
}

int max_nodes_check(struct api *x, int64_t asked, int64_t *out, struct err *e)
{
	int64_t max = x->limits->max_flamegraph_nodes_max;

	*out = asked == 0 ? x->limits->max_flamegraph_nodes_default : asked;
	if (max != 0 && asked > max)
		return err_set(e, ERR_INVALID, "max flamegraph nodes limit %lld is greater than allowed %lld",
		    (long long)asked, (long long)max);
	if (max != 0 && asked < 0)
		return err_set(e, ERR_INVALID, "max flamegraph nodes limit must be set (max allowed %lld)",
		    (long long)max);
	return 0;
}

int step_check(double seconds, int64_t *out, struct err *e)
{
	if (!(seconds >= 0.001) || seconds > 1e12)
		return err_set(e, ERR_INVALID, "step must be non-zero");
	*out = (int64_t)(seconds * 1000);
	return 0;
}

/*
 * The first point holds what came within a step before it, but not from another hour: the original looks
 * into the blocks of the range alone, and a block ends with its hour.
 */
int64_t series_from(int64_t start, int64_t step)
{
	const int64_t hour = 3600 * 1000;

	return MAX(start - step, start - ((start % hour) + hour) % hour);
}

static int64_t ms_to_ns(int64_t ms, bool end)
{
	if (ms > INT64_MAX / NS_PER_MS - 1)
		return INT64_MAX;
	if (ms < INT64_MIN / NS_PER_MS + 1)
		return INT64_MIN;
	return ms * NS_PER_MS + (end ? NS_PER_MS - 1 : 0);
}

void ask_merge(struct api *x, struct pyro_ask *ask, enum ask_kind kind, struct str profile_type, struct str selector,
    int64_t start, int64_t end)
{
	struct str *one = arena_array(x->a, 1, sizeof(*one));

	*one = selector;
	*ask = (struct pyro_ask){ .tenant = x->tenant,
		.kind = kind,
		.profile_type = profile_type,
		.selectors = { one, 1 },
		.from = ms_to_ns(start, false),
		.to = ms_to_ns(end, true) };
}

void note_truncated(struct api *x, const struct tree *t, int64_t max_nodes)
{
	size_t shown = tree_shown(t, max_nodes);

	x->truncated = MAX(x->truncated, x->whole - MIN(x->whole, shown));
}

struct flamegraph *flamegraph_of(struct api *x, struct part *p, int64_t max_nodes)
{
	if (p->tree == NULL)
		p->tree = tree_new();
	tree_total(p->tree);
	note_truncated(x, p->tree, max_nodes);
	return tree_flamegraph(x->a, p->tree, max_nodes);
}
