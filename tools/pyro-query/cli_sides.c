/* cli_sides.c - see cli_sides.h */
#include "tools/pyro-query/cli_sides.h"

#include "base/clock.h"
#include "tools/pyro-query/cli_edit.h"
#include "tools/pyro-query/cli_filters.h"

int cli_side_open(struct cli_side *s, const char *const *paths, size_t n, const struct query_opts *o, struct err *e)
{
	if (places_open(&s->places, paths, n, o, PLACES_SAMPLES, 0, NULL, e) < 0)
		return -1;
	s->places.turn = s->turn;
	if (places_profile(&s->places, &s->p, e) < 0 || (s->p = cli_edit(s->places.a, o, s->p, e)) == NULL ||
	    cli_filters_init(&s->f, s->places.a, o, s->p, e) < 0)
		return -1;
	s->r = report_new(s->p, &s->f.o, e);
	return s->r != NULL ? 0 : -1;
}

void cli_side_close(struct cli_side *s)
{
	report_free(s->r);
	report_filters_fini(&s->f);
	if (s->places.a != NULL)
		places_close(&s->places);
}

static int time_of(const struct cli_side *s, const char *which, double *out, struct err *e)
{
	*out = (double)s->p->duration / NS_PER_S;
	return *out > 0 ? 0
			: err_set(e, ERR_INVALID, "--normalize time: %s does not say how long it was recorded", which);
}

static int read_exposure(const struct cli_side sides[2], const struct query_opts *o, struct report_diff_opts *d,
    struct err *e)
{
	switch ((enum normalize)o->normalize) {
	case NORMALIZE_NONE:
	case NORMALIZE_FALSE: d->normalize = DIFF_NONE; return 0;
	case NORMALIZE_TOTAL:
	case NORMALIZE_TRUE: d->normalize = DIFF_TOTAL; return 0;
	case NORMALIZE_TIME:
		d->normalize = DIFF_TIME;
		return time_of(&sides[0], "before", &d->exposure[0], e) < 0
		    ? -1
		    : time_of(&sides[1], "after", &d->exposure[1], e);
	case NORMALIZE_INSTANCES:
		d->normalize = DIFF_INSTANCES;
		for (int i = 0; i < 2; i++) {
			d->exposure[i] = (double)sides[i].places.n_instances;
			if (d->exposure[i] == 0)
				return err_set(e, ERR_USAGE,
				    "--normalize instances: of profiles in files and streams alone");
		}
		return 0;
	}
	return 0;
}

int cli_sides_normalize(const struct cli_side sides[2], const struct query_opts *o, struct report_diff_opts *d,
    struct err *e)
{
	return read_exposure(sides, o, d, e) < 0 ? -1 : report_diff_check(sides[0].r, sides[1].r, d, e);
}
