/* cli_diff.c - see cli.h: two profiles, and limits that they must keep */
#include "tools/pyro-query/cli.h"

#include <stdio.h>

#include "formats/report/diff_limit.h"
#include "formats/report/report.h"
#include "tools/pyro-query/cli_filters.h"
#include "tools/pyro-query/cli_out.h"
#include "tools/pyro-query/cli_sides.h"

enum { MAX_ANSWER = INT32_MAX };

static int check_limits(const struct cli_side *sides, struct arena *a, struct report_diff_opts *d, struct diff_limit *l,
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

/* Names what is there: one of them may be meant for an option whose value may be left out. */
static int no_two(const struct opts *c, struct err *e)
{
	if (c->n_args < 2)
		return err_set(e, ERR_USAGE, "diff: two sources are expected, BEFORE and AFTER, not %zu", c->n_args);
	return err_set(e, ERR_USAGE, "diff: two sources are expected, BEFORE and AFTER, not %zu: %s %s %s%s", c->n_args,
	    c->args[0], c->args[1], c->args[2], c->n_args > 3 ? " ..." : "");
}

int cli_diff(struct tool *t, const struct query_opts *o, struct err *e)
{
	struct cli_side sides[2] = { 0 };
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
		rc = no_two(&t->conf, e);
	if (rc == 0)
		rc = cli_out_parse(a, o->output, STR("diff"), o->force, &out, e);
	if (rc == 0)
		rc = parse_limits(a, o, limits, &n_limits, e);
	if (rc == 0 && n_limits == 0 && strcmp(out.output.name, "junit") == 0)
		rc = err_set(e, ERR_USAGE, "--output junit: there is no --fail-if that could be a test");
	for (int i = 0; i < 2 && rc == 0; i++)
		rc = cli_side_open(&sides[i], &t->conf.args[i], 1, o, e);
	d.confidence = o->confidence;
	d.all = o->all;
	if (rc == 0)
		rc = cli_sides_normalize(sides, o, &d, e);
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
		cli_side_close(&sides[i]);
	buf_fini(&b);
	arena_free(a);
	return rc;
}
