/* cli_info.c - see cli.h: one JSON object a line for each file, or lines for people. */
#include "tools/pyro-query/cli.h"

#include <stdio.h>

#include "base/json.h"
#include "base/num.h"
#include "base/vec.h"
#include "formats/profile_facts.h"
#include "formats/report/report.h"
#include "tools/pyro-query/cli_out.h"
#include "tools/pyro-query/places.h"
#include "tools/pyro-query/places_read.h"
#include "tools/pyro-query/places_type.h"

enum { MAX_ANSWER = INT32_MAX };

/* One source: a file, the member of an archive, or all that a server or blocks answer. */
struct source {
	struct str name;
	const char *format, *packed;
	size_t bytes;
	struct format_profiles got;
};

struct infos {
	const struct query_opts *o;
	bool json;
	struct buf *out;
	uint64_t skipped;
};

/* ---- JSON: names are those that other programs use for the same facts ---- */

static void put_str(struct jw *w, const char *key, struct str s)
{
	jw_key(w, str_cstr(key));
	jw_str(w, s);
}

static void put_i64(struct jw *w, const char *key, int64_t v)
{
	jw_key(w, str_cstr(key));
	jw_i64(w, v);
}

static void json_functions(struct jw *w, const char *key, const struct fact_functions *f)
{
	jw_key(w, str_cstr(key));
	jw_open(w, '[');
	for (uint32_t i = 0; i < f->n; i++) {
		jw_open(w, '{');
		put_str(w, "name", f->p[i].name);
		put_i64(w, "value", f->p[i].value);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static void json_types(struct jw *w, const struct profile_facts *f)
{
	jw_key(w, STR("types"));
	jw_open(w, '[');
	for (uint32_t i = 0; i < f->n_types; i++) {
		const struct fact_type *t = &f->types[i];

		jw_open(w, '{');
		put_str(w, "type", t->type);
		put_str(w, "unit", t->unit);
		put_i64(w, "total", t->total);
		json_functions(w, "top_flat", &t->flat);
		json_functions(w, "top_cum", &t->cum);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static void json_head(struct jw *w, const struct profile *p)
{
	jw_key(w, STR("period_type"));
	jw_open(w, '[');
	jw_str(w, profile_str(p, p->period_type.type));
	jw_str(w, profile_str(p, p->period_type.unit));
	jw_close(w, ']');
	put_i64(w, "period", p->period);
	put_i64(w, "time_nanos", p->time);
	put_i64(w, "duration_nanos", p->duration);
	put_str(w, "default_sample_type", profile_str(p, p->default_type));
	put_str(w, "drop_frames", profile_str(p, p->drop_frames));
	put_str(w, "keep_frames", profile_str(p, p->keep_frames));
	jw_key(w, STR("comments"));
	jw_open(w, '[');
	for (uint32_t i = 0; i < p->n_comments; i++)
		jw_str(w, profile_str(p, p->comments[i]));
	jw_close(w, ']');
}

/* The types again, as lists of pairs and of sums, which compare in one go. */
static void json_sums(struct jw *w, const struct profile_facts *f)
{
	jw_key(w, STR("sample_types"));
	jw_open(w, '[');
	for (uint32_t i = 0; i < f->n_types; i++) {
		jw_open(w, '[');
		jw_str(w, f->types[i].type);
		jw_str(w, f->types[i].unit);
		jw_close(w, ']');
	}
	jw_close(w, ']');
	jw_key(w, STR("totals"));
	jw_open(w, '[');
	for (uint32_t i = 0; i < f->n_types; i++)
		jw_i64(w, f->types[i].total);
	jw_close(w, ']');
}

static void json_profile(struct jw *w, const struct profile *p, const struct profile_facts *f)
{
	json_head(w, p);
	put_i64(w, "samples", (int64_t)f->samples);
	put_i64(w, "all_zero_samples", (int64_t)f->all_zero_samples);
	put_i64(w, "negative_values", (int64_t)f->negative_values);
	put_i64(w, "distinct_stacks", (int64_t)f->distinct_stacks);
	put_i64(w, "max_depth_locations", f->max_depth_locations);
	put_i64(w, "max_depth", f->max_depth);
	put_i64(w, "locations", f->locations);
	put_i64(w, "lines", f->lines);
	put_i64(w, "functions", f->functions);
	put_i64(w, "mappings", f->mappings);
	jw_key(w, STR("label_keys"));
	jw_open(w, '{');
	for (uint32_t i = 0; i < f->n_label_keys; i++) {
		jw_key(w, f->label_keys[i].name);
		jw_i64(w, f->label_keys[i].value);
	}
	jw_close(w, '}');
	if (f->n_types == 1)
		put_i64(w, "total", f->types[0].total);
	json_sums(w, f);
	json_types(w, f);
}

static void json_labels(struct jw *w, const struct labels *l)
{
	jw_key(w, STR("labels"));
	jw_open(w, '{');
	for (uint32_t i = 0; i < l->n; i++) {
		jw_key(w, l->p[i].name);
		jw_str(w, l->p[i].value);
	}
	jw_close(w, '}');
}

/* One of the source's; of the only one everything was said of the source already, and is said again. */
static void json_one(struct jw *w, struct arena *a, const struct format_profile *one, const struct profile_facts *known)
{
	struct str metric = labels_get(&one->labels, STR("__name__"));
	struct profile_facts own;

	jw_open(w, '{');
	put_str(w, "name", one->name);
	if (metric.n > 0)
		put_str(w, "metric", metric);
	json_labels(w, &one->labels);
	if (known == NULL)
		profile_facts(a, one->p, &own);
	json_profile(w, one->p, known != NULL ? known : &own);
	jw_close(w, '}');
}

static void json_source(struct infos *x, struct arena *a, const struct source *s, const struct profile *whole)
{
	struct jw w = jw_init(x->out);
	const struct format_notes *notes = &s->got.notes;
	struct profile_facts all;

	jw_open(&w, '{');
	put_str(&w, "file", s->name);
	put_str(&w, "format", str_cstr(s->format));
	put_i64(&w, "bytes", (int64_t)s->bytes);
	jw_key(&w, STR("gzip"));
	jw_bool(&w, s->packed != NULL && strcmp(s->packed, "gzip") == 0);
	if (s->packed != NULL)
		put_str(&w, "packed", str_cstr(s->packed));
	if (notes->records > 0) {
		put_i64(&w, "lines_with_count", (int64_t)notes->records);
		put_i64(&w, "other_lines", (int64_t)notes->skipped);
	}
	put_i64(&w, "skipped", (int64_t)notes->skipped);
	if (notes->skipped > 0)
		put_str(&w, "first_skipped", notes->first);
	if (notes->warning.n > 0)
		put_str(&w, "warning", notes->warning);
	if (whole != NULL) {
		profile_facts(a, whole, &all);
		json_profile(&w, whole, &all);
	}
	jw_key(&w, STR("profiles"));
	jw_open(&w, '[');
	for (uint32_t i = 0; i < s->got.n; i++)
		json_one(&w, a, &s->got.p[i], s->got.n == 1 ? &all : NULL);
	jw_close(&w, ']');
	jw_close(&w, '}');
	buf_byte(x->out, '\n');
}

/* ---- for people ---- */

static void text_functions(struct report *r, struct arena *a, const char *what, const struct fact_functions *f,
    struct buf *out)
{
	for (uint32_t i = 0; i < f->n; i++)
		buf_printf(out, "    %-4s %10.*s  " STR_FMT "\n", i == 0 ? what : "",
		    STR_ARG(report_value(r, a, f->p[i].value)), STR_ARG(f->p[i].name));
}

static int text_types(struct arena *a, const struct profile *p, const struct profile_facts *f, struct buf *out,
    struct err *e)
{
	for (uint32_t i = 0; i < f->n_types; i++) {
		const struct fact_type *t = &f->types[i];
		struct report_opts o = report_defaults();
		struct report *r;

		o.sample = arena_printf(a, "%u", i);
		if ((r = report_new(p, &o, e)) == NULL)
			return -1;
		buf_printf(out, "  " STR_FMT "/" STR_FMT ": " STR_FMT "\n", STR_ARG(t->type), STR_ARG(t->unit),
		    STR_ARG(report_value(r, a, t->total)));
		text_functions(r, a, "flat", &t->flat, out);
		text_functions(r, a, "cum", &t->cum, out);
		report_free(r);
	}
	return 0;
}

static int text_profile(struct arena *a, const struct profile *p, struct buf *out, struct err *e)
{
	struct profile_facts f;

	profile_facts(a, p, &f);
	if (p->has_period_type || p->period != 0)
		buf_printf(out, "  period     %lld " STR_FMT "/" STR_FMT "\n", (long long)p->period,
		    STR_ARG(profile_str(p, p->period_type.type)), STR_ARG(profile_str(p, p->period_type.unit)));
	if (p->time != 0)
		buf_printf(out, "  time       " STR_FMT "\n", STR_ARG(num_rfc3339(a, p->time)));
	if (p->duration != 0)
		buf_printf(out, "  duration   " STR_FMT "\n", STR_ARG(num_go_duration(a, p->duration)));
	buf_printf(out, "  samples    %llu\n  stacks     %llu, at most %u deep\n  locations  %u\n",
	    (unsigned long long)f.samples, (unsigned long long)f.distinct_stacks, f.max_depth, f.locations);
	buf_printf(out, "  functions  %u\n  mappings   %u\n", f.functions, f.mappings);
	for (uint32_t i = 0; i < f.n_label_keys; i++)
		buf_printf(out, "  %s  " STR_FMT " (%lld sample%s)\n", i == 0 ? "tags     " : "         ",
		    STR_ARG(f.label_keys[i].name), (long long)f.label_keys[i].value,
		    f.label_keys[i].value == 1 ? "" : "s");
	for (uint32_t i = 0; i < p->n_comments; i++)
		buf_printf(out, "  comment    " STR_FMT "\n", STR_ARG(profile_str(p, p->comments[i])));
	return text_types(a, p, &f, out, e);
}

static int text_source(struct infos *x, struct arena *a, const struct source *s, struct err *e)
{
	int rc = 0;

	buf_printf(x->out, STR_FMT ": %s%s%s, " STR_FMT "%s\n", STR_ARG(s->name), s->format,
	    s->packed != NULL ? " in " : "", s->packed != NULL ? s->packed : "", STR_ARG(num_size_iec(a, s->bytes)),
	    s->packed != NULL ? " unpacked" : "");
	if (s->got.notes.skipped > 0)
		buf_printf(x->out, "  skipped    %llu, the first: " STR_FMT "\n",
		    (unsigned long long)s->got.notes.skipped, STR_ARG(s->got.notes.first));
	if (s->got.notes.warning.n > 0)
		buf_printf(x->out, "  note       " STR_FMT "\n", STR_ARG(s->got.notes.warning));
	for (uint32_t i = 0; i < s->got.n && rc == 0; i++) {
		const struct format_profile *fp = &s->got.p[i];

		if (s->got.n > 1 || fp->name.n > 0)
			buf_printf(x->out, " profile %u of %u: " STR_FMT "\n", i + 1, s->got.n, STR_ARG(fp->name));
		if (fp->labels.n > 0) {
			buf_add(x->out, STR("  labels     "));
			labels_print(x->out, &fp->labels);
			buf_byte(x->out, '\n');
		}
		rc = text_profile(a, fp->p, x->out, e);
	}
	return rc;
}

/* ---- sources ---- */

/* All profiles of the source as one: the only one, or their sum over all types. */
static struct profile *whole_of(struct arena *a, const struct format_profiles *got, struct err *e)
{
	struct profile_merger *m;
	struct profile *out;
	int rc = 0;

	if (got->n == 1)
		return got->p[0].p;
	m = profile_merger_new(a, &(struct profile_merge_opts){ .keep_tags = true, .unite = true });
	for (uint32_t i = 0; i < got->n && rc == 0; i++)
		rc = format_beside(got, i) ? profile_merger_add_beside(m, got->p[i].p, e)
					   : profile_merger_add(m, got->p[i].p, e);
	out = profile_merger_finish(m);
	return rc == 0 ? out : NULL;
}

static int print_source(struct infos *x, struct arena *a, const struct source *s, struct err *e)
{
	struct profile *whole = NULL;

	if (!x->json)
		return text_source(x, a, s, e);
	if (s->got.n > 0 && (whole = whole_of(a, &s->got, e)) == NULL)
		return -1;
	json_source(x, a, s, whole);
	return 0;
}

/* Those that --profile-type means. */
static int of_type(struct infos *x, struct arena *a, struct format_profiles *got, struct err *e)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < got->n; i++) {
		struct format_profile *to = &got->p[n];

		*to = got->p[i];
		if (places_of_type(x->o, a, to->p, &to->labels, &to->p, e) < 0)
			return -1;
		n += to->p != NULL;
	}
	got->n = n;
	return 0;
}

static int add_input(void *ctx, struct input *in, struct err *e)
{
	struct infos *x = ctx;
	struct source s = { .name = in->name, .packed = in->packed, .bytes = in->bytes.n };
	const struct format *f;

	if (places_decode(x->o, 0, in, &f, &s.got, e) < 0 || of_type(x, in->a, &s.got, e) < 0)
		return -1;
	s.format = f->name;
	if (s.got.n == 0 && x->o->profile_type[0])
		return 0;
	return print_source(x, in->a, &s, e);
}

static int skip_input(void *ctx, struct str name, struct err *e)
{
	struct infos *x = ctx;

	(void)name;
	x->skipped++;
	fprintf(stderr, "pyro-query: %s\n", e->msg);
	return 0;
}

static int ask_places(struct infos *x, const char *path, struct err *e)
{
	struct format_profile one = { 0 };
	struct source s = { .name = str_cstr(path), .format = "rows", .got = { .p = &one, .n = 1 } };
	struct places places;
	int rc;

	if (places_open(&places, &path, 1, x->o, PLACES_SAMPLES, 0, NULL, e) < 0)
		return -1;
	rc = places_profile(&places, &one.p, e);
	if (rc == 0)
		rc = print_source(x, places.a, &s, e);
	places_close(&places);
	return rc;
}

int cli_info(struct tool *t, const struct query_opts *o, struct err *e)
{
	struct inputs_opts io = { .limit = PLACES_INPUT_LIMIT, .bad = o->keep_going ? skip_input : NULL, .skip = "-k" };
	struct arena *a = arena_new();
	const char *standard_input = "-", *const *paths = t->conf.n_args > 0 ? t->conf.args : &standard_input;
	size_t n = MAX(t->conf.n_args, (size_t)1);
	struct infos x = { .o = o };
	struct cli_out out;
	struct buf b;
	int rc;

	buf_init(&b, MAX_ANSWER);
	x.out = &b;
	rc = cli_out_parse(a, o->output, STR("text"), o->force, &out, e);
	x.json = o->json || str_eq(out.form, STR("json"));
	if (rc == 0 && !x.json && !str_eq(out.form, STR("text")))
		rc = err_set(e, ERR_USAGE, "--output: no form " STR_FMT " of facts: text or json", STR_ARG(out.form));
	for (size_t i = 0; i < n && rc == 0; i++) {
		const char *path = places_path(paths[i]);

		rc = places_is_server(path) || places_has_blocks(path) ? ask_places(&x, path, e)
								       : inputs_each(&path, 1, &io, add_input, &x, e);
	}
	if (rc < 0 && e->kind == ERR_NOTFOUND)
		e->kind = ERR_INVALID;
	if (rc == 0 && b.n == 0 && x.skipped == 0)
		rc = err_set(e, ERR_NOTFOUND, "there are no profiles");
	if (rc == 0)
		rc = cli_out_write(&out, &b, e);
	if (rc == 0 && x.skipped > 0)
		rc = 1;
	buf_fini(&b);
	arena_free(a);
	return rc;
}
