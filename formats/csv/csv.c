/* csv.c - see csv.h */
#include "formats/csv/csv.h"

#include <math.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/vec.h"
#include "formats/format_impl.h"

enum { MAX_COLUMNS = 64 };

struct reader {
	struct arena *a;
	const struct format_opts *o;
	struct format_notes notes;
	char separator;
	struct str rest;
	size_t line, from; /* where the record began */
	struct str fields[MAX_COLUMNS + 1];
	uint32_t n_fields;
	struct profile_builder *b;
	uint32_t n_types;
	VEC(uint32_t) stack;
	struct err *e;
};

/* ---- records ---- */

/* A quoted field; r->rest is behind the opening quote. false: no end. */
static bool quoted(struct reader *r, struct str *out)
{
	size_t i = 0, doubled = 0;
	char *p;

	for (;; i++) {
		if (i == r->rest.n)
			return false;
		r->line += r->rest.p[i] == '\n';
		if (r->rest.p[i] != '"')
			continue;
		if (i + 1 == r->rest.n || r->rest.p[i + 1] != '"')
			break;
		doubled++;
		i++;
	}
	*out = str_of(r->rest.p, i);
	if (doubled) {
		p = arena_alloc(r->a, i);
		out->n = 0;
		for (size_t k = 0; k < i; k++) {
			p[out->n++] = r->rest.p[k];
			k += r->rest.p[k] == '"';
		}
		out->p = p;
	}
	r->rest = str_skip(r->rest, i + 1);
	return true;
}

static int bad_record(struct reader *r, const char *why)
{
	return err_set(r->e, ERR_INVALID, "line %zu: %s", r->from, why);
}

/* 1: a record; 0: the end; -1: an error. */
static int next_record(struct reader *r)
{
	r->n_fields = 0;
	r->from = r->line;
	if (r->rest.n == 0)
		return 0;
	for (;;) {
		struct str field = STR_NONE;
		size_t n = 0;

		if (r->separator == ',' && r->rest.n && r->rest.p[0] == '"') {
			r->rest = str_skip(r->rest, 1);
			if (!quoted(r, &field))
				return bad_record(r, "a quote without an end");
			if (r->rest.n && r->rest.p[0] == '\r')
				r->rest = str_skip(r->rest, 1);
			if (r->rest.n && r->rest.p[0] != ',' && r->rest.p[0] != '\n')
				return bad_record(r, "something behind the end of a quote");
		} else {
			while (n < r->rest.n && r->rest.p[n] != r->separator && r->rest.p[n] != '\n')
				n++;
			field = str_of(r->rest.p, n);
			r->rest = str_skip(r->rest, n);
			if (field.n && field.p[field.n - 1] == '\r' && (r->rest.n == 0 || r->rest.p[0] == '\n'))
				field.n--;
		}
		if (r->n_fields > MAX_COLUMNS)
			return bad_record(r, "more than 64 columns");
		r->fields[r->n_fields++] = field;
		if (r->rest.n == 0 || r->rest.p[0] == '\n') {
			r->line++;
			r->rest = str_skip(r->rest, 1);
			return 1;
		}
		r->rest = str_skip(r->rest, 1);
	}
}

static bool value_of(struct str s, int64_t *out)
{
	struct err e;
	double v;

	s = str_trim(s);
	if (num_i64(s, out, &e) == 0)
		return true;
	if (num_f64(s, &v, &e) < 0 || !(nearbyint(v) >= -0x1p63 && nearbyint(v) < 0x1p63))
		return false;
	*out = (int64_t)nearbyint(v);
	return true;
}

/* ---- heading ---- */

static bool is_heading(const struct reader *r)
{
	int64_t v;

	for (uint32_t i = 1; i < r->n_fields; i++)
		if (!value_of(r->fields[i], &v))
			return true;
	return false;
}

static void set_type(struct reader *r, uint32_t i, struct str heading)
{
	size_t slash;

	heading = str_trim(heading);
	slash = str_rfind(heading, '/');
	if (str_eq_nocase(heading, STR("count")) || str_eq_nocase(heading, STR("value")) || heading.n == 0)
		profile_builder_type(r->b, i, STR("samples"), STR("count"));
	else
		profile_builder_type(r->b, i, str_of(heading.p, slash),
		    slash < heading.n ? str_skip(heading, slash + 1) : STR("count"));
}

/* From the first record: 1 it is a heading, 0 it is not, -1 an error. */
static int set_types(struct reader *r)
{
	bool heading = is_heading(r);

	if (r->n_fields < 2)
		return bad_record(r, "no column beside the stack");
	r->n_types = r->n_fields - 1;
	r->b = profile_builder_new(r->a, r->n_types);
	for (uint32_t i = 0; i < r->n_types; i++)
		if (heading)
			set_type(r, i, r->fields[i + 1]);
		else if (r->n_types == 1)
			set_type(r, i, STR("count"));
		else
			set_type(r, i, arena_printf(r->a, "column_%u", i + 2));
	return heading;
}

/* ---- stacks ---- */

static void add_stack(struct reader *r, struct str key, const int64_t *values)
{
	bool more = key.n > 0;

	r->stack.n = 0;
	while (more) {
		size_t at = str_rfind(key, ';');

		more = at < key.n;
		vec_push(&r->stack, profile_builder_frame(r->b, more ? str_skip(key, at + 1) : key, STR_NONE, 0));
		key.n = more ? at : 0;
	}
	profile_builder_add(r->b, r->stack.p, (uint32_t)r->stack.n, values, NULL, 0);
}

static int add_record(struct reader *r)
{
	int64_t values[MAX_COLUMNS];

	if (r->n_fields == 1 && str_trim(r->fields[0]).n == 0)
		return 0;
	if (r->n_fields != r->n_types + 1)
		return err_set(r->e, ERR_INVALID, "line %zu: %u columns, the first line has %u", r->from, r->n_fields,
		    r->n_types + 1);
	for (uint32_t i = 0; i < r->n_types; i++)
		if (!value_of(r->fields[i + 1], &values[i]))
			return err_set(r->e, ERR_INVALID, "line %zu: column %u is not a number of 64 bits", r->from,
			    i + 2);
	add_stack(r, r->fields[0], values);
	return 0;
}

/* The types; what is left in r->rest are stacks. */
static int read_heading(struct reader *r, struct str text)
{
	int rc;

	r->rest = text;
	r->line = 1;
	do
		rc = next_record(r);
	while (rc == 1 && r->n_fields == 1 && str_trim(r->fields[0]).n == 0);
	if (rc == 0)
		return err_set(r->e, ERR_INVALID, "no line with a stack and a value");
	rc = rc < 0 ? -1 : set_types(r);
	if (rc == 0) {
		r->rest = text;
		r->line = 1;
	}
	return rc < 0 ? -1 : 0;
}

static int read_records(struct reader *r)
{
	int rc;

	while ((rc = next_record(r)) > 0) {
		if (add_record(r) == 0)
			continue;
		if (!r->o->lenient)
			return -1;
		if (r->notes.skipped++ == 0)
			r->notes.first = arena_printf(r->a, "%s", r->e->msg);
	}
	return rc;
}

int csv_bid(struct str text, char separator, bool named)
{
	struct str line = str_of(text.p, str_find(text, '\n'));
	size_t column = str_find(line, separator);

	if (column == line.n)
		return BID_NO;
	line.n = column;
	if (str_eq_nocase(line, STR("stack")) || str_eq_nocase(line, STR("\"stack\"")))
		return BID_SURE;
	return named ? BID_NAMED : BID_NO;
}

int csv_decode(struct arena *a, struct str text, char separator, const struct format_opts *o,
    struct format_profiles *out, struct err *e)
{
	struct reader r = { .a = a, .o = o, .separator = separator, .e = e };
	const char *name = separator == ',' ? "stacks-csv" : "stacks-tsv";
	int rc = read_heading(&r, o->first.n ? o->first : text);

	if (rc == 0 && o->first.n) {
		r.rest = text;
		r.line = 1;
	}
	if (rc == 0)
		rc = read_records(&r);
	vec_free(&r.stack);
	if (rc < 0)
		return err_wrap(e, "%s", name);
	out->notes = r.notes;
	return format_one(a, profile_builder_finish(r.b), out);
}

size_t csv_cut(struct str text, char separator)
{
	enum {
		BEGIN,
		PLAIN,
		QUOTED,
		CLOSED
	} at = BEGIN; /* a quote counts where a field begins, and in one that began so */
	size_t end = 0;

	if (separator != ',' || memchr(text.p ? text.p : "", '"', text.n) == NULL) {
		end = str_rfind(text, '\n');
		return end < text.n ? end + 1 : 0;
	}
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (at == QUOTED)
			at = c == '"' ? CLOSED : QUOTED;
		else if (c == '"')
			at = at == PLAIN ? PLAIN : QUOTED;
		else
			at = c == ',' || c == '\n' ? BEGIN : PLAIN;
		if (c == '\n' && at == BEGIN)
			end = i + 1;
	}
	return end;
}

/* ---- out ---- */

struct row {
	struct str text;
	uint32_t sample;
};

static int row_cmp(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return str_cmp(x->text, y->text);
}

/* What would end a column or a line is a blank. */
static char clean(char c, char separator)
{
	return c == '\n' || c == '\r' || (c == '\t' && separator == '\t') ? ' ' : c;
}

static struct str clean_name(struct arena *a, struct str s, char separator)
{
	char *p = arena_alloc(a, s.n);

	for (size_t i = 0; i < s.n; i++)
		p[i] = s.p[i] == ';' ? ':' : clean(s.p[i], separator);
	return str_of(p, s.n);
}

static struct str join(struct arena *a, const struct str *names, uint32_t n)
{
	size_t size = n;
	char *p, *at;

	for (uint32_t i = 0; i < n; i++)
		size += names[i].n;
	p = at = arena_alloc(a, size);
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			*at++ = ';';
		if (names[i].n)
			memcpy(at, names[i].p, names[i].n);
		at += names[i].n;
	}
	return str_of(p, (size_t)(at - p));
}

static void put_text(struct buf *out, struct str s, char separator)
{
	bool quotes = separator == ',' && (str_find(s, ',') < s.n || str_find(s, '"') < s.n);

	if (quotes)
		buf_byte(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (quotes && s.p[i] == '"')
			buf_byte(out, '"');
		buf_byte(out, (unsigned char)clean(s.p[i], separator));
	}
	if (quotes)
		buf_byte(out, '"');
}

void csv_put_heading(struct buf *out, const struct profile *p, uint32_t from, uint32_t end, char separator)
{
	struct buf text;

	buf_init(&text, INT32_MAX);
	buf_add(out, STR("stack"));
	for (uint32_t t = from; t < end; t++) {
		buf_reset(&text);
		buf_printf(&text, STR_FMT "/" STR_FMT, STR_ARG(profile_str(p, p->types[t].type)),
		    STR_ARG(profile_str(p, p->types[t].unit)));
		buf_byte(out, (unsigned char)separator);
		put_text(out, buf_str(&text), separator);
	}
	buf_byte(out, '\n');
	buf_fini(&text);
}

void csv_put_line(struct buf *out, struct str stack, const int64_t *values, uint32_t n, char separator)
{
	bool any = false;

	for (uint32_t t = 0; t < n; t++)
		any = any || values[t] != 0;
	if (!any)
		return;
	put_text(out, stack, separator);
	for (uint32_t t = 0; t < n; t++)
		buf_printf(out, "%c%lld", separator, (long long)values[t]);
	buf_byte(out, '\n');
}

struct writer {
	struct arena *a;
	const struct profile *p;
	char separator;
	uint32_t first, end; /* types */
	struct row *rows;
	uint32_t n;
	struct buf *out;
};

static void make_rows(struct writer *w)
{
	const struct profile *p = w->p;
	struct str *names;
	struct frames f;

	frames_init(&f, w->a, p);
	for (uint32_t i = 0; i < f.first[p->n_locations + 1]; i++)
		f.names[i] = clean_name(w->a, f.names[i], w->separator);
	names = arena_array(w->a, f.max_depth, sizeof(*names));
	w->rows = arena_array(w->a, p->n_samples, sizeof(*w->rows));
	for (uint32_t i = 0; i < p->n_samples; i++) {
		uint32_t depth = frames_stack(&f, i, names);

		w->rows[w->n++] = (struct row){ join(w->a, names, depth), i };
	}
	if (w->n)
		qsort(w->rows, w->n, sizeof(*w->rows), row_cmp);
}

/* Rows i .. k of one stack. */
static void put_row(struct writer *w, uint32_t i, uint32_t k, int64_t *sums)
{
	for (uint32_t t = w->first; t < w->end; t++) {
		uint64_t sum = 0;

		for (uint32_t s = i; s < k; s++)
			sum += (uint64_t)profile_value(w->p, w->rows[s].sample, t);
		sums[t - w->first] = (int64_t)sum;
	}
	csv_put_line(w->out, w->rows[i].text, sums, w->end - w->first, w->separator);
}

int csv_encode(const struct profile *p, char separator, const struct format_opts *o, struct buf *out, struct err *e)
{
	const char *name = separator == ',' ? "stacks-csv" : "stacks-tsv";
	struct writer w = { .p = p, .separator = separator, .end = p->n_types, .out = out };
	int64_t *sums;

	if (p->n_types > MAX_COLUMNS || p->n_types == 0)
		return err_set(e, ERR_INVALID, "%s: %u sample types, not 1 to %d", name, p->n_types, MAX_COLUMNS);
	if (o->type != FORMAT_ALL_TYPES) {
		if (format_type(p, o, name, &w.first, e) < 0)
			return -1;
		w.end = w.first + 1;
	}
	w.a = arena_new();
	sums = arena_array(w.a, p->n_types, sizeof(*sums));
	csv_put_heading(out, p, w.first, w.end, separator);
	make_rows(&w);
	for (uint32_t i = 0, k; i < w.n; i = k) {
		for (k = i; k < w.n && str_eq(w.rows[k].text, w.rows[i].text); k++)
			;
		put_row(&w, i, k, sums);
	}
	arena_free(w.a);
	return buf_check(out, name, e);
}
