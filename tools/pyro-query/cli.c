/* cli.c - see cli.h: one profile, or one for each value of a label */
#include "tools/pyro-query/cli.h"

#include <unistd.h>

#include "formats/labels/regex.h"
#include "formats/profile_edit.h"
#include "formats/report/report.h"
#include "io/file.h"
#include "io/stream_fd.h"
#include "tools/pyro-query/cli_base.h"
#include "tools/pyro-query/cli_edit.h"
#include "tools/pyro-query/cli_filters.h"
#include "tools/pyro-query/cli_list.h"
#include "tools/pyro-query/cli_out.h"
#include "tools/pyro-query/cli_screen.h"
#include "tools/pyro-query/cli_watch.h"
#include "tools/pyro-query/places.h"
#include "tools/pyro-query/places_sum.h"

enum { MAX_ANSWER = INT32_MAX };

/* What is asked, and of which sources. */
struct question {
	const struct query_opts *o;
	struct arena *a;
	const char *verb;
	const char *matching; /* the expression of peek and list; NULL: another verb */
	const char *const *paths;
	size_t n;
	struct cli_out out;
};

/* ---- one report ---- */

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
static int print_matching(const struct question *q, struct report *r, struct buf *out, struct err *e)
{
	return strcmp(q->verb, "list") == 0 ? cli_list_print(r, q->a, q->matching, q->o->source_path, out, e)
					    : print_peek(r, q->matching, out, e);
}

static int report_on(const struct question *q, const struct profile *p, struct buf *out, struct err *e)
{
	struct output_opts oo = cli_output_options(q->o);
	struct output_in in = { .a = q->a, .profile = p };
	struct report *r = NULL, *hidden = NULL;
	struct profile *left;
	struct report_filters f;
	int rc = cli_filters_init(&f, q->a, q->o, p, e);

	if (rc == 0)
		rc = (r = report_new(p, &f.o, e)) == NULL ? -1 : 0;
	if (rc == 0)
		rc = cli_edit_hide(q->a, q->o, &f.o, r, &hidden, &left, e);
	in.report = rc > 0 ? hidden : r;
	in.profile = rc > 0 ? left : p;
	in.changed = rc == 0 && report_filters_change(&f);
	oo.picture = f.picture;
	if (rc >= 0 && q->o->interactive) {
		const struct picture pic = output_picture(in.report, &oo, "Flame graph");

		rc = cli_screen(in.report, &pic, q->o->max_nodes, e);
	} else if (rc >= 0)
		rc = q->matching != NULL ? print_matching(q, in.report, out, e)
					 : output_print(&q->out.output, &in, &oo, out, e);
	report_free(hidden);
	report_free(r);
	report_filters_fini(&f);
	return rc;
}

/* ---- one for each value ---- */

static bool is_form(const struct question *q, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(q->out.output.name, *names) == 0)
			return true;
	return false;
}

static struct str keys_text(const struct question *q)
{
	const struct opt_list *l = q->o->split_by.n > 0 ? &q->o->split_by : &q->o->group_by;
	struct str text = STR("");

	for (size_t i = 0; i < l->n; i++)
		text = i > 0 ? arena_printf(q->a, STR_FMT ",%s", STR_ARG(text), l->p[i]) : str_cstr(l->p[i]);
	return text;
}

/* A column in front of every line: the keys, then their values. */
static void with_column(struct str table, struct str title, struct str value, char sep, bool first, struct buf *out)
{
	for (bool head = true; table.n > 0; head = false) {
		struct str line = str_cut(&table, '\n');

		if (head && !first)
			continue;
		report_field(head ? title : value, sep, out);
		buf_byte(out, (unsigned char)sep);
		buf_add(out, line);
		buf_byte(out, '\n');
	}
}

/* As one table, or as texts with a line in front of each. */
static int print_groups(const struct question *q, const struct profile_share *shares, size_t n, struct buf *out,
    struct err *e)
{
	static const char *const texts[] = { "top", "tree", "calls", "raw", "traces", "tags", "comments", NULL };
	static const char *const tables[] = { "tsv", "csv", NULL };
	bool table = is_form(q, tables);
	struct str title = keys_text(q);
	struct buf one;
	int rc = 0;

	if (!table && !is_form(q, texts))
		return err_set(e, ERR_USAGE,
		    "%s by " STR_FMT ": tables and texts alone go one after the other; --split-by with "
		    "--output %s=FILE writes a file for each",
		    q->out.output.name, STR_ARG(title), q->out.output.name);
	buf_init(&one, MAX_ANSWER);
	for (size_t i = 0; i < n && rc == 0; i++) {
		buf_reset(&one);
		rc = report_on(q, shares[i].p, &one, e);
		if (table) {
			with_column(buf_str(&one), title, shares[i].value, is_form(q, tables + 1) ? ',' : '\t', i == 0,
			    out);
			continue;
		}
		buf_printf(out, "%s" STR_FMT ": " STR_FMT "\n", i > 0 ? "\n" : "", STR_ARG(title),
		    STR_ARG(shares[i].value));
		buf_add(out, buf_str(&one));
	}
	buf_fini(&one);
	return rc;
}

/* cpu.pb.gz and shop: cpu-shop.pb.gz. What a file name cannot have in it is "_". */
static const char *file_of(const struct question *q, struct str value)
{
	struct str name = str_cstr(q->out.file), end = name;
	size_t slash = str_rfind(name, '/'), dot;
	char *clean = arena_cstr(q->a, value.n > 0 ? value : STR("none"));

	for (char *p = clean; *p != '\0'; p++)
		if (*p == '/' || (unsigned char)*p < ' ')
			*p = '_';
	if (str_suffix(end, STR(".gz")))
		end.n -= 3;
	else if (str_suffix(end, STR(".zst")))
		end.n -= 4;
	dot = str_rfind(end, '.');
	if (dot >= end.n || (slash < name.n && dot < slash))
		dot = end.n;
	return arena_printf(q->a, STR_FMT "-%s" STR_FMT, STR_ARG(str_of(name.p, dot)), clean,
	    STR_ARG(str_skip(name, dot)))
	    .p;
}

static int write_shares(const struct question *q, const struct profile_share *shares, size_t n, struct err *e)
{
	const char **files = arena_array(q->a, n, sizeof(*files));
	struct buf b;
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		files[i] = file_of(q, shares[i].value);
		/* two values that look alike as names of files */
		for (size_t k = 0; k < i; k++)
			if (strcmp(files[k], files[i]) == 0)
				return err_set(e, ERR_INVALID, "--split-by: two values want the file %s", files[i]);
	}
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct cli_out out = q->out;

		out.file = files[i];
		buf_init(&b, MAX_ANSWER);
		rc = report_on(q, shares[i].p, &b, e);
		if (rc == 0)
			rc = cli_out_write(&out, &b, e);
		buf_fini(&b);
	}
	return rc;
}

static int answer(const struct question *q, const struct profile *p, struct err *e)
{
	const struct opt_list *by = q->o->split_by.n > 0 ? &q->o->split_by : &q->o->group_by;
	struct str *keys = arena_array(q->a, by->n + 1, sizeof(*keys));
	struct profile_share *shares;
	struct buf b;
	size_t n;
	int rc;

	for (size_t i = 0; i < by->n; i++)
		keys[i] = str_cstr(by->p[i]);
	n = by->n > 0 ? profile_split(q->a, p, keys, by->n, &shares) : 0;
	if (q->o->split_by.n > 0 && q->out.file != NULL)
		return write_shares(q, shares, n, e);
	buf_init(&b, MAX_ANSWER);
	rc = by->n > 0 ? print_groups(q, shares, n, &b, e) : report_on(q, p, &b, e);
	if (rc == 0)
		rc = cli_out_write(&q->out, &b, e);
	buf_fini(&b);
	return rc;
}

/* ---- in bounded memory ---- */

/* What the filters leave of one input; the report lives until the next. */
struct stream_filter {
	const struct query_opts *o;
	struct report *r;
};

static struct profile *filter_input(void *ctx, struct arena *a, struct profile *p, struct err *e)
{
	struct stream_filter *s = ctx;
	struct report_filters f;

	report_free(s->r);
	s->r = NULL;
	p = cli_edit(a, s->o, p, e);
	if (p != NULL && cli_filters_init(&f, a, s->o, p, e) == 0) {
		s->r = report_new(p, &f.o, e);
		p = s->r == NULL ? NULL : report_filters_change(&f) ? report_profile(s->r) : p;
		report_filters_fini(&f);
	} else {
		p = NULL;
	}
	if (p != NULL && (s->o->anonymize || s->o->anonymize_key.secret[0]))
		p = profile_anonymous(a, p, str_cstr(s->o->anonymize_key.secret));
	return p;
}

static bool is_filtered(const struct query_opts *o)
{
	return o->focus[0] || o->ignore[0] || o->hide[0] || o->show[0] || o->show_from[0] || o->prune_from[0] ||
	    o->tag_focus[0] || o->tag_ignore[0] || o->tag_show[0] || o->tag_hide[0] || o->tag_root[0] ||
	    o->tag_leaf[0] || o->label_frame.n > 0 || o->noinlines || o->collapse || o->rewrite_path.n > 0 ||
	    o->anonymize || o->anonymize_key.secret[0];
}

static int check_stream(const struct question *q, struct err *e)
{
	const struct query_opts *o = q->o;
	const struct places_form *form = places_form(str_cstr(q->out.output.name), e);

	if (form == NULL)
		return -1;
	if (q->out.pack != OUTPUT_AS_IT_IS && strcmp(form->name, "pprof") != 0)
		return err_set(e, ERR_USAGE, "--memory: %s is not compressed on the way; %s", form->name,
		    form->packed ? "its pages are" : "pipe it through gzip");
	if (o->base.n + o->diff_base.n + o->group_by.n + o->split_by.n > 0)
		return err_set(e, ERR_USAGE, "--memory: not together with a base, --group-by or --split-by");
	if (o->columns)
		return err_set(e, ERR_USAGE, "--memory: one sample type is written, not --columns");
	if (o->divide_by != 1)
		return err_set(e, ERR_USAGE,
		    "--memory: parts cannot be divided one by one; leave --divide-by to a reader");
	if (o->anonymize && !o->anonymize_key.secret[0])
		return err_set(e, ERR_USAGE, "--memory: --anonymize needs a --anonymize-key");
	return 0;
}

static int report_stream(struct question *q, struct places *places, struct err *e)
{
	struct stream_filter filter = { .o = q->o };
	const struct places_sum_opts so = { .memory = (size_t)q->o->memory,
		.form = places_form(str_cstr(q->out.output.name), e),
		.sample = str_cstr(q->o->sample_type),
		.strict = q->o->strict,
		.filter = is_filtered(q->o) ? filter_input : NULL,
		.ctx = &filter };
	struct places_sum *sum = places_sum_new(&so, e);
	struct sink *to = NULL;
	struct profile *rows;
	int rc = sum != NULL ? places_open(places, q->paths, q->n, q->o, PLACES_SAMPLES, 0, sum, e) : -1;

	if (rc == 0 && places->n_profiles == 0) {
		/* blocks and servers bound their answers themselves */
		rc = places_profile(places, &rows, e);
		if (rc == 0)
			rc = places_sum_add(sum, rows, false, e);
	}
	if (rc == 0)
		rc = (to = sink_answer(q->out.file, q->out.force, e)) != NULL ? 0 : -1;
	if (rc == 0 && (rc = places_sum_write(sum, to, e)) < 0)
		sink_drop(to);
	else if (rc == 0)
		rc = sink_close(to, e);
	report_free(filter.r);
	places_sum_free(sum);
	return rc;
}

/* ---- the verb ---- */

/* What is asked for as one sum has no times. */
static int check_times(const struct question *q, const struct places *places, struct err *e)
{
	bool timed = is_form(q, (const char *const[]){ "chart", "heatmap", NULL });

	if (!timed || (places->url == NULL && places->sets.n == 0))
		return 0;
	return err_set(e, ERR_INVALID,
	    "%s: blocks and servers give the sum of a range, whose samples have no times; those of files have",
	    q->out.output.name);
}

static int report_whole(struct question *q, struct places *places, struct err *e)
{
	bool tags = is_form(q, (const char *const[]){ "tags", "raw", "traces", NULL });
	struct cli_base base = { 0 };
	struct profile *p;
	int rc = places_open(places, q->paths, q->n, q->o, PLACES_SAMPLES,
	    q->out.output.keep | (tags ? FORMAT_TAGS : 0), NULL, e);

	if (rc == 0)
		rc = check_times(q, places, e);
	if (rc == 0)
		rc = places_profile(places, &p, e);
	if (rc == 0)
		rc = cli_base_subtract(&base, q->a, q->o, &p, e);
	if (rc == 0)
		rc = (p = cli_edit(q->a, q->o, p, e)) != NULL ? 0 : -1;
	if (rc == 0)
		rc = answer(q, p, e);
	cli_base_fini(&base);
	return rc;
}

/* `export --format folded`: people mean the form of the answer. */
static int check_export(const struct query_opts *o, struct err *e)
{
	struct output named;

	if (o->output[0] || !output_find(str_cstr(o->format), &named))
		return 0;
	return err_set(e, ERR_USAGE,
	    "export --format %s: --format says how sources are read; the form of the answer is --output %s", o->format,
	    o->format);
}

static struct str usual_form(const char *verb, bool matching)
{
	/* these have another argument: the form is for standard output alone */
	return matching ? STR("tree") : strcmp(verb, "export") == 0 ? STR("pprof") : str_cstr(verb);
}

int cli_report(struct tool *t, const struct query_opts *o, struct err *e)
{
	bool matching = strcmp(t->conf.verb, "peek") == 0 || strcmp(t->conf.verb, "list") == 0;
	struct question q = { .o = o,
		.verb = t->conf.verb,
		.matching = matching && t->conf.n_args > 0 ? t->conf.args[0] : NULL,
		.paths = t->conf.args + matching,
		.n = t->conf.n_args - matching };
	struct places places = { 0 };
	int rc;

	if (matching && q.matching == NULL)
		return err_set(e, ERR_USAGE, "%s: a regular expression is expected", t->conf.verb);
	if (o->interactive && strcmp(t->conf.verb, "flame") != 0)
		return err_set(e, ERR_USAGE, "--interactive is for the verb flame");
	if (cli_watch_wanted(o, q.paths, q.n))
		return cli_watch(o, t->conf.verb, q.paths, q.n, e);
	if (o->group_by.n > 0 && o->split_by.n > 0)
		return err_set(e, ERR_USAGE, "--group-by or --split-by, not both");
	if (strcmp(t->conf.verb, "export") == 0 && check_export(o, e) < 0)
		return -1;
	q.a = arena_new();
	rc = cli_out_parse(q.a, o->output, usual_form(t->conf.verb, matching), o->force, &q.out, e);
	if (rc == 0 && o->memory > 0)
		rc = check_stream(&q, e);
	if (rc == 0)
		rc = o->memory > 0 ? report_stream(&q, &places, e) : report_whole(&q, &places, e);
	if (rc == 0 && places.skipped > 0)
		rc = 1;
	if (places.a != NULL)
		places_close(&places);
	arena_free(q.a);
	return rc;
}
