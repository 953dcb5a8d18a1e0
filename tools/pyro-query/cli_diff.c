/* cli_diff.c - see cli.h: two profiles */
#include "tools/pyro-query/cli.h"

#include "formats/report/report.h"
#include "tools/pyro-query/cli_filters.h"
#include "tools/pyro-query/cli_out.h"
#include "tools/pyro-query/places.h"

enum { MAX_ANSWER = INT32_MAX };

int cli_diff(struct tool *t, const struct query_opts *o, struct err *e)
{
	struct places places[2] = { 0 };
	struct report *r[2] = { NULL, NULL };
	struct profile *p[2];
	struct report_filters f[2] = { 0 };
	struct output_opts oo = cli_output_options(o);
	struct cli_out out;
	struct buf b;
	int rc = 0;

	if (t->conf.n_args != 2)
		return err_set(e, ERR_USAGE, "diff: two sources are expected, BEFORE and AFTER, not %zu",
		    t->conf.n_args);
	buf_init(&b, MAX_ANSWER);
	for (int i = 0; i < 2 && rc == 0; i++) {
		rc = places_open(&places[i], t->conf.args + i, 1, o, PLACES_SAMPLES, 0, NULL, e);
		if (rc == 0)
			rc = places_profile(&places[i], &p[i], e);
		if (rc == 0)
			rc = cli_filters_init(&f[i], places[i].a, o, p[i], e);
		if (rc == 0 && (r[i] = report_new(p[i], &f[i].o, e)) == NULL)
			rc = -1;
	}
	if (rc == 0)
		rc = cli_out_parse(places[0].a, o->output, STR("diff"), o->force, &out, e);
	oo.picture = f[1].picture;
	if (rc == 0)
		rc = output_print(&out.output, &(struct output_in){ .a = places[0].a, .before = r[0], .report = r[1] },
		    &oo, &b, e);
	if (rc == 0)
		rc = cli_out_write(&out, &b, e);
	for (int i = 0; i < 2; i++) {
		report_free(r[i]);
		report_filters_fini(&f[i]);
		if (places[i].a != NULL)
			places_close(&places[i]);
	}
	buf_fini(&b);
	return rc;
}
