/* cli_diff.c - see cli.h: two profiles, and limits that they must keep */
#include "tools/pyro-query/cli.h"

#include <stdio.h>

#include "base/clock.h"
#include "formats/report/diff_limit.h"
#include "formats/report/report.h"
#include "tools/pyro-query/cli_edit.h"
#include "tools/pyro-query/cli_filters.h"
#include "tools/pyro-query/cli_out.h"
#include "tools/pyro-query/places.h"

enum { MAX_ANSWER = INT32_MAX };

struct side {
	struct places places;
	struct profile *p;
	struct report_filters f;
	struct report *r;
};

static int open_side(struct side *s, const char *path, const struct query_opts *o, struct err *e)
{
	if (places_open(&s->places, &path, 1, o, PLACES_SAMPLES, 0, NULL, e) < 0)
		return -1;
	if (places_profile(&s->places, &s->p, e) < 0 || (s->p = cli_edit(s->places.a, o, s->p, e)) == NULL ||
	    cli_filters_init(&s->f, s->places.a, o, s->p, e) < 0)
		return -1;
	s->r = report_new(s->p, &s->f.o, e);
	return s->r != NULL ? 0 : -1;
}

static void close_side(struct side *s)
{
	report_free(s->r);
	report_filters_fini(&s->f);
	if (s->places.a != NULL)
		places_close(&s->places);
}

static int time_of(const struct side *s, const char *which, double *out, struct err *e)
{
	*out = (double)s->p->duration / NS_PER_S;
	return *out > 0 ? 0
			: err_set(e, ERR_INVALID, "--normalize time: %s does not say how long it was recorded", which);
}

static int normalize(const struct side *sides, const struct query_opts *o, struct report_diff_opts *d, struct err *e)
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

static int check_limits(const struct side *sides, struct arena *a, struct report_diff_opts *d, struct diff_limit *l,
    size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (diff_limit_check(&l[i], a, sides[0].r, sides[1].r, d, e) < 0)
			return err_wrap(e, "--fail-if");
	d->limits = l;
	d->n_limits = n;
	return 0;
}

static int parse_limits(struct arena *a, const struct query_opts *o, struct diff_limit *l, size_t *n, struct err *e)
{
	for (*n = 0; *n < o->fail_if.n; ++*n)
		if (diff_limit_parse(a, str_cstr(o->fail_if.p[*n]), &l[*n], e) < 0)
			return err_wrap(e, "--fail-if");
	return 0;
}

/* 1: some limit is passed. */
static int tell_limits(const struct diff_limit *l, size_t n)
{
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		if (!l[i].passed)
			continue;
		fprintf(stderr, "pyro-query: " STR_FMT "\n", STR_ARG(l[i].sentence));
		rc = 1;
	}
	return rc;
}

int cli_diff(struct tool *t, const struct query_opts *o, struct err *e)
{
	struct side sides[2] = { 0 };
	struct report_diff_opts d = report_diff_defaults();
	struct output_opts oo = cli_output_options(o);
	struct arena *a = arena_new();
	struct diff_limit *limits = arena_zarray(a, o->fail_if.n + 1, sizeof(*limits));
	size_t n_limits = 0;
	struct cli_out out;
	struct buf b;
	int rc = 0;

	buf_init(&b, MAX_ANSWER);
	if (t->conf.n_args != 2)
		rc = err_set(e, ERR_USAGE, "diff: two sources are expected, BEFORE and AFTER, not %zu", t->conf.n_args);
	if (rc == 0)
		rc = cli_out_parse(a, o->output, STR("diff"), o->force, &out, e);
	if (rc == 0)
		rc = parse_limits(a, o, limits, &n_limits, e);
	if (rc == 0 && n_limits == 0 && strcmp(out.output.name, "junit") == 0)
		rc = err_set(e, ERR_USAGE, "--output junit: there is no --fail-if that could be a test");
	for (int i = 0; i < 2 && rc == 0; i++)
		rc = open_side(&sides[i], t->conf.args[i], o, e);
	d.confidence = o->confidence;
	d.all = o->all;
	if (rc == 0)
		rc = normalize(sides, o, &d, e);
	if (rc == 0)
		rc = check_limits(sides, a, &d, limits, n_limits, e);
	oo.picture = sides[1].f.picture;
	oo.diff = &d;
	if (rc == 0)
		rc = output_print(&out.output,
		    &(struct output_in){ .a = a, .before = sides[0].r, .report = sides[1].r }, &oo, &b, e);
	if (rc == 0)
		rc = cli_out_write(&out, &b, e);
	if (rc == 0)
		rc = tell_limits(limits, n_limits);
	for (size_t i = 0; i < n_limits; i++)
		diff_limit_fini(&limits[i]);
	for (int i = 0; i < 2; i++)
		close_side(&sides[i]);
	buf_fini(&b);
	arena_free(a);
	return rc;
}
