/* cli.c - see cli.h */
#include "tools/pyro-query/cli.h"

#include "formats/labels/regex.h"
#include "formats/report/report.h"
#include "tools/pyro-query/cli_base.h"
#include "tools/pyro-query/cli_filters.h"
#include "tools/pyro-query/cli_list.h"
#include "tools/pyro-query/cli_out.h"
#include "tools/pyro-query/places.h"

enum { MAX_ANSWER = INT32_MAX };

/* ---- one profile ---- */

static int print_peek(struct report *r, const char *text, struct buf *out, struct err *e)
{
	struct regex *which = regex_new(str_cstr(text), e);
	int rc;

	if (which == NULL) {
		e->kind = ERR_USAGE;
		return err_wrap(e, "peek");
	}
	rc = report_peek(r, which, out, e);
	regex_free(which);
	return rc;
}

/* A verb with an expression in front of its sources. */
static int print_matching(struct report *r, struct arena *a, const struct query_opts *o, const char *verb,
    const char *text, struct buf *out, struct err *e)
{
	return strcmp(verb, "list") == 0 ? cli_list_print(r, a, text, o->source_path, out, e)
					 : print_peek(r, text, out, e);
}

static int report_on(const struct profile *p, struct arena *a, const struct query_opts *o, const struct cli_out *to,
    const char *verb, const char *matching, struct buf *out, struct err *e)
{
	struct output_opts oo = cli_output_options(o);
	struct output_in in = { .a = a, .profile = p };
	struct report_filters f;
	int rc = cli_filters_init(&f, a, o, p, e);

	if (rc == 0)
		rc = (in.report = report_new(p, &f.o, e)) == NULL ? -1 : 0;
	in.changed = report_filters_change(&f);
	oo.picture = f.picture;
	if (rc == 0)
		rc = matching != NULL ? print_matching(in.report, a, o, verb, matching, out, e)
				      : output_print(&to->output, &in, &oo, out, e);
	report_free(in.report);
	report_filters_fini(&f);
	return rc;
}

int cli_report(struct tool *t, const struct query_opts *o, struct err *e)
{
	bool matching = strcmp(t->conf.verb, "peek") == 0 || strcmp(t->conf.verb, "list") == 0;
	const char *const *args = t->conf.args;
	size_t n = t->conf.n_args;
	struct cli_base base = { 0 };
	struct cli_out out;
	struct profile *p;
	struct places places;
	struct buf b;
	int rc;

	if (matching && n == 0)
		return err_set(e, ERR_USAGE, "%s: a regular expression is expected", t->conf.verb);
	if (places_open(&places, args + matching, n - matching, o, e) < 0)
		return -1;
	buf_init(&b, MAX_ANSWER);
	/* these have another argument: the form is for standard output alone */
	rc = cli_out_parse(places.a, o->output, matching ? STR("tree") : str_cstr(t->conf.verb), o->force, &out, e);
	if (rc == 0)
		rc = places_profile(&places, &p, e);
	if (rc == 0)
		rc = cli_base_subtract(&base, places.a, o, &p, e);
	if (rc == 0)
		rc = report_on(p, places.a, o, &out, t->conf.verb, matching ? args[0] : NULL, &b, e);
	if (rc == 0)
		rc = cli_out_write(&out, &b, e);
	if (rc == 0 && places.skipped > 0)
		rc = 1;
	buf_fini(&b);
	cli_base_fini(&base);
	places_close(&places);
	return rc;
}
