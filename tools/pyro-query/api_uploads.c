/*
 * api_uploads.c - /pyroscope/adhoc: an uploaded profile, or two, in the forms of output.h; see upload.h.
 *
 *	id      of the upload
 *	before  of another one: what changed from it to that
 *	type    name of the sample type, as Get lists them; the first one
 *	format  a form, JSON if none is named; "times": the flame chart as flamebearer JSON, its values in nanoseconds
 */
#include "base/num.h"
#include "formats/query/render.h"
#include "formats/report/output.h"
#include "net/url.h"
#include "tools/pyro-query/upload.h"

static struct report *report_of(struct api *x, const struct upload_column *c, struct err *e)
{
	struct report_opts o = report_defaults();

	o.sample = arena_printf(x->a, "%u", c->type);
	return report_new(c->p, &o, e);
}

static int put_times(struct api *x, const struct upload_column *c, struct buf *out, struct err *e)
{
	struct report *r = report_of(x, c, e);
	struct flamegraph *g = r != NULL ? report_chart(r, x->a, e) : NULL;

	if (g != NULL)
		render_json(out, &(struct render){ .graph = g, .name = STR("time"), .unit = STR("nanoseconds") });
	report_free(r);
	return g != NULL ? 0 : -1;
}

/* c: the upload, and the one before it or NULL. */
static int put_form(struct api *x, const struct output *f, const struct upload_column *const c[2], struct buf *out,
    struct err *e)
{
	struct output_opts o = { .type = c[0]->type };
	struct output_in in = { .a = x->a, .profile = c[0]->p, .profiles = c[0]->in, .n = 1 };
	int rc = -1;

	in.report = report_of(x, c[0], e);
	if (in.report != NULL && c[1] != NULL)
		in.before = report_of(x, c[1], e);
	if (in.report != NULL && (c[1] == NULL || in.before != NULL))
		rc = output_print(f, &in, &o, out, e);
	report_free(in.before);
	report_free(in.report);
	return rc;
}

static int choose_form(struct str name, bool two, struct output *f, struct err *e)
{
	bool known = output_find(name, f);

	if (known && (output_what(f) & (two ? OUTPUT_COMPARISON : OUTPUT_REPORT)) != 0)
		return 0;
	return err_set(e, ERR_INVALID,
	    known ? "there is no \"" STR_FMT "\" of a %s" : "format: there is no \"" STR_FMT "\"", STR_ARG(name),
	    two ? "comparison" : "profile");
}

int uploads_page(struct api *x, struct str query, struct buf *out, const char **type, struct err *e)
{
	struct str ids[2] = { param(x, query, "id"), param(x, query, "before") }, name = param(x, query, "format");
	bool times = str_eq(name, STR("times")), two = ids[1].n > 0;
	const struct upload_column *c[2] = { NULL, NULL };
	struct output f = { .keep = FORMAT_TIMES | FORMAT_TAGS };
	struct upload u[2];

	if (name.n == 0)
		name = STR("json");
	if (url_query_check(query, e) < 0 || (!times && choose_form(name, two, &f, e) < 0))
		return -1;
	for (int i = 0; i < 1 + two; i++) {
		if (upload_open(x, ids[i], f.keep, &u[i], e) < 0)
			return -1;
		c[i] = upload_choose(&u[i], param(x, query, "type"));
	}
	if (times)
		return put_times(x, c[0], out, e);
	*type = arena_cstr(x->a, f.content_type);
	return put_form(x, &f, c, out, e);
}
