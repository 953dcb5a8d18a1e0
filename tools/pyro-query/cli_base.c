/* cli_base.c - see cli_base.h */
#include "tools/pyro-query/cli_base.h"

#include <math.h>

/* Values that do not fit become the smallest number, as they do in the rest of this world. */
static int64_t scale_value(int64_t v, double by)
{
	double scaled = round((double)v * by);

	return scaled > -0x1p63 && scaled < 0x1p63 ? (int64_t)scaled : INT64_MIN;
}

/* by: a factor for each type. */
static void scale(struct arena *a, struct profile *p, const double *by)
{
	int64_t *values = arena_array(a, (size_t)p->n_samples * p->n_types + 1, sizeof(*values));

	for (size_t i = 0; i < (size_t)p->n_samples * p->n_types; i++) {
		double factor = by[i % p->n_types];

		values[i] = factor == 1 ? p->values[i] : scale_value(p->values[i], factor);
	}
	p->values = values;
}

static int64_t sum_of(const struct profile *p, uint32_t type)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < p->n_samples; i++)
		sum += (uint64_t)profile_value(p, i, type);
	return (int64_t)sum;
}

/* p as large as the base, type by type. */
static int normalize(struct arena *a, struct profile *p, const struct profile *base, struct err *e)
{
	double *by = arena_array(a, (size_t)p->n_types + 1, sizeof(*by));

	if (p->n_types != base->n_types)
		return err_set(e, ERR_INVALID, "--normalize: %u and %u sample types", p->n_types, base->n_types);
	for (uint32_t i = 0; i < p->n_types; i++) {
		int64_t own = sum_of(p, i);

		by[i] = own == 0 ? 0 : (double)sum_of(base, i) / (double)own;
	}
	scale(a, p, by);
	return 0;
}

static void negate(struct arena *a, struct profile *p)
{
	double *by = arena_array(a, (size_t)p->n_types + 1, sizeof(*by));

	for (uint32_t i = 0; i < p->n_types; i++)
		by[i] = -1;
	scale(a, p, by);
}

/* Every sample gets a tag by which reports know it: percentages are of these then. */
static void mark(struct arena *a, struct profile *p)
{
	uint32_t n = p->n_strings, old = p->tag_at ? p->tag_at[p->n_samples] : 0, at = 0;
	struct str *strings = arena_array(a, (size_t)n + 2, sizeof(*strings));
	struct tag *tags = arena_array(a, (size_t)old + p->n_samples + 1, sizeof(*tags));
	uint32_t *tag_at = arena_array(a, (size_t)p->n_samples + 1, sizeof(*tag_at));

	memcpy(strings, p->strings, n * sizeof(*strings));
	strings[n] = STR("pprof::base");
	strings[n + 1] = STR("true");
	for (uint32_t i = 0; i < p->n_samples; i++) {
		tag_at[i] = at;
		for (uint32_t k = p->tag_at ? p->tag_at[i] : 0; p->tag_at && k < p->tag_at[i + 1]; k++)
			tags[at++] = p->tags[k];
		tags[at++] = (struct tag){ .key = n, .str = n + 1 };
	}
	tag_at[p->n_samples] = at;
	p->strings = strings;
	p->n_strings = n + 2;
	p->tags = tags;
	p->tag_at = tag_at;
}

static bool is_normalized(const struct query_opts *o)
{
	return o->normalize == NORMALIZE_TOTAL || o->normalize == NORMALIZE_TRUE;
}

int cli_base_subtract(struct cli_base *b, struct arena *a, const struct query_opts *o, struct profile **p,
    struct err *e)
{
	const struct opt_list *paths = o->diff_base.n > 0 ? &o->diff_base : &o->base;
	struct profile own = **p, *base, away;
	struct profile *both[2] = { &own, &away };

	if (o->diff_base.n > 0 && o->base.n > 0)
		return err_set(e, ERR_USAGE, "--base or --diff-base, not both");
	if (o->normalize == NORMALIZE_TIME || o->normalize == NORMALIZE_INSTANCES)
		return err_set(e, ERR_USAGE, "--normalize: time and instances are for diff");
	if (paths->n == 0)
		return is_normalized(o) ? err_set(e, ERR_USAGE, "--normalize: there is no --base to be as large as")
					: 0;
	if (places_open(&b->places, paths->p, paths->n, o, PLACES_SAMPLES, 0, NULL, e) < 0)
		return -1;
	b->open = true;
	if (places_profile(&b->places, &base, e) < 0)
		return -1;
	away = *base;
	if (is_normalized(o) && normalize(a, &own, base, e) < 0)
		return -1;
	if (o->diff_base.n > 0)
		mark(a, &away);
	negate(a, &away);
	*p = profile_merge(a, both, 2, true, e);
	/* Once more: samples that are zero now go, and what only they needed. */
	if (*p != NULL)
		*p = profile_merge(a, p, 1, true, e);
	return *p == NULL ? -1 : 0;
}

void cli_base_fini(struct cli_base *b)
{
	if (b->open)
		places_close(&b->places);
	b->open = false;
}
