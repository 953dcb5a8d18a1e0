/* cli.c - see cli.h */
#include "tools/pyro-query/cli.h"

#include "base/json.h"
#include "formats/labels/regex.h"
#include "formats/report/report.h"
#include "tools/pyro-query/cli_base.h"
#include "tools/pyro-query/cli_filters.h"
#include "tools/pyro-query/cli_out.h"
#include "tools/pyro-query/places.h"

enum { MAX_ANSWER = INT32_MAX, GZIP_LEVEL = 6 };

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

static struct output_opts output_options(const struct query_opts *o)
{
	return (struct output_opts){ .max_nodes = o->max_nodes,
		.cum = o->cum,
		.rows = o->node_count > 0 ? (uint64_t)o->node_count : 0 };
}

static int report_on(const struct profile *p, struct arena *a, const struct query_opts *o, const struct cli_out *to,
    const char *peek, struct buf *out, struct err *e)
{
	const struct output_opts oo = output_options(o);
	struct output_in in = { .a = a, .profile = p };
	struct report_filters f;
	int rc = cli_filters_init(&f, a, o, p, e);

	if (rc == 0)
		rc = (in.report = report_new(p, &f.o, e)) == NULL ? -1 : 0;
	in.changed = report_filters_change(&f);
	if (rc == 0)
		rc = peek != NULL ? print_peek(in.report, peek, out, e) : output_print(&to->output, &in, &oo, out, e);
	report_free(in.report);
	report_filters_fini(&f);
	return rc;
}

int cli_report(struct tool *t, const struct query_opts *o, struct err *e)
{
	bool peek = strcmp(t->conf.verb, "peek") == 0;
	const char *const *args = t->conf.args;
	size_t n = t->conf.n_args;
	struct cli_base base = { 0 };
	struct cli_out out;
	struct profile *p;
	struct places places;
	struct buf b;
	int rc;

	if (peek && n == 0)
		return err_set(e, ERR_USAGE, "peek: a regular expression is expected");
	if (places_open(&places, args + peek, n - peek, o, e) < 0)
		return -1;
	buf_init(&b, MAX_ANSWER);
	/* peek has another argument: the form is for standard output alone */
	rc = cli_out_parse(places.a, o->output, peek ? STR("tree") : str_cstr(t->conf.verb), o->force, &out, e);
	if (rc == 0)
		rc = places_profile(&places, &p, e);
	if (rc == 0)
		rc = cli_base_subtract(&base, places.a, o, &p, e);
	if (rc == 0)
		rc = report_on(p, places.a, o, &out, peek ? args[0] : NULL, &b, e);
	if (rc == 0)
		rc = cli_out_write(&out, &b, e);
	if (rc == 0 && places.skipped > 0)
		rc = 1;
	buf_fini(&b);
	cli_base_fini(&base);
	places_close(&places);
	return rc;
}

/* ---- two profiles ---- */

int cli_diff(struct tool *t, const struct query_opts *o, struct err *e)
{
	struct places places[2] = { 0 };
	struct report *r[2] = { NULL, NULL };
	struct profile *p[2];
	struct report_filters f[2] = { 0 };
	const struct output_opts oo = output_options(o);
	struct cli_out out;
	struct buf b;
	int rc = 0;

	if (t->conf.n_args != 2)
		return err_set(e, ERR_USAGE, "diff: two sources are expected, BEFORE and AFTER, not %zu",
		    t->conf.n_args);
	buf_init(&b, MAX_ANSWER);
	for (int i = 0; i < 2 && rc == 0; i++) {
		rc = places_open(&places[i], t->conf.args + i, 1, o, e);
		if (rc == 0)
			rc = places_profile(&places[i], &p[i], e);
		if (rc == 0)
			rc = cli_filters_init(&f[i], places[i].a, o, p[i], e);
		if (rc == 0 && (r[i] = report_new(p[i], &f[i].o, e)) == NULL)
			rc = -1;
	}
	if (rc == 0)
		rc = cli_out_parse(places[0].a, o->output, STR("diff"), o->force, &out, e);
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

/* ---- labels ---- */

static void print_sets(const struct labels_list *sets, bool json, struct buf *out)
{
	for (size_t i = 0; i < sets->n; i++) {
		struct jw w = jw_init(out);

		if (json) {
			jw_open(&w, '{');
			for (uint32_t k = 0; k < sets->p[i].n; k++) {
				jw_key(&w, sets->p[i].p[k].name);
				jw_str(&w, sets->p[i].p[k].value);
			}
			jw_close(&w, '}');
		} else {
			labels_print(out, &sets->p[i]);
		}
		buf_byte(out, '\n');
	}
}

static void print_strings(const struct str_list *l, bool json, struct buf *out)
{
	for (size_t i = 0; i < l->n; i++) {
		struct jw w = jw_init(out);

		if (json)
			jw_str(&w, l->p[i]);
		else
			buf_add(out, l->p[i]);
		buf_byte(out, '\n');
	}
}

struct label_question {
	enum ask_kind kind;
	struct msg_strs names;
	struct str name;
	size_t skip; /* arguments that are no sources */
};

static int label_question(struct tool *t, const struct query_opts *o, struct arena *a, struct label_question *q,
    struct err *e)
{
	const char *verb = t->conf.verb;

	*q = (struct label_question){ .kind = ASK_VALUES, .name = STR("__profile_type__") };
	if (strcmp(verb, "labels") == 0) {
		q->kind = ASK_NAMES;
	} else if (strcmp(verb, "series") == 0) {
		q->kind = ASK_SETS;
		q->names.n = o->label_names.n;
		q->names.p = arena_array(a, o->label_names.n, sizeof(*q->names.p));
		for (size_t i = 0; i < o->label_names.n; i++)
			q->names.p[i] = str_cstr(o->label_names.p[i]);
		return 0;
	} else if (strcmp(verb, "values") == 0) {
		if (t->conf.n_args == 0)
			return err_set(e, ERR_USAGE, "values: the name of a label is expected");
		q->name = str_cstr(t->conf.args[0]);
		q->skip = 1;
	}
	q->names = (struct msg_strs){ &q->name, 1 };
	return 0;
}

int cli_labels(struct tool *t, const struct query_opts *o, struct err *e)
{
	struct arena *a = arena_new();
	struct label_question q;
	struct cli_out out;
	struct places places;
	struct part part;
	struct buf b;
	int rc = label_question(t, o, a, &q, e);

	if (rc < 0 || places_open(&places, t->conf.args + q.skip, t->conf.n_args - q.skip, o, e) < 0) {
		arena_free(a);
		return -1;
	}
	buf_init(&b, MAX_ANSWER);
	rc = cli_out_parse(a, o->output, STR("text"), o->force, &out, e);
	if (rc == 0 && !str_eq(out.form, STR("text")) && !str_eq(out.form, STR("json")))
		rc = err_set(e, ERR_USAGE, "--output: no form " STR_FMT " of labels: text or json", STR_ARG(out.form));
	if (rc == 0)
		rc = places_labels(&places, q.kind, &q.names, &part, e);
	if (rc == 0 && q.kind == ASK_SETS)
		print_sets(&part.sets, str_eq(out.form, STR("json")), &b);
	else if (rc == 0)
		print_strings(&part.strings, str_eq(out.form, STR("json")), &b);
	if (rc == 0 && b.n == 0)
		rc = 1;
	else if (rc == 0)
		rc = cli_out_write(&out, &b, e);
	buf_fini(&b);
	places_close(&places);
	arena_free(a);
	return rc;
}
