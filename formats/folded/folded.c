/*
 * folded.c - collapsed stacks of /ingest in, and all of them out. Stacks are
 * taken apart from the end, leaf first, as a profile keeps them.
 */
#include "formats/folded/folded.h"

#include <stdlib.h>

#include "base/arith.h"
#include "base/enc.h"
#include "base/mem.h"
#include "base/vec.h"
#include "formats/format_impl.h"

enum count { COUNT_GOOD, COUNT_SYNTAX, COUNT_RANGE };

struct folder {
	struct profile_builder *b;
	VEC(uint32_t) stack;
};

static void folder_init(struct folder *f, struct arena *a)
{
	*f = (struct folder){ .b = profile_builder_new(a, 1) };
}

static int folder_fini(struct folder *f, int rc, struct profile **out)
{
	*out = rc < 0 ? NULL : profile_builder_finish(f->b);
	vec_free(&f->stack);
	return rc;
}

/* A last frame counts only when it has a name, and an empty text is a stack without frames. */
static void folder_add(struct folder *f, struct str key, int64_t value)
{
	bool more = key.n > 0;

	f->stack.n = 0;
	if (more && key.p[key.n - 1] == ';')
		key.n--;
	while (more) {
		const char *sep = key.n ? memrchr(key.p, ';', key.n) : NULL;
		size_t at = sep ? (size_t)(sep - key.p) + 1 : 0;

		vec_push(&f->stack, profile_builder_frame(f->b, str_of(key.p + at, key.n - at), STR_NONE, 0));
		more = sep != NULL;
		key.n = more ? at - 1 : 0;
	}
	profile_builder_add(f->b, f->stack.p, (uint32_t)f->stack.n, &value, NULL, 0);
}

/* The next line without its end; false at the end of text. */
static bool next_line(struct str *text, struct str *line)
{
	const char *end;

	if (text->n == 0)
		return false;
	end = memchr(text->p, '\n', text->n);
	*line = str_of(text->p, end ? (size_t)(end - text->p) : text->n);
	*text = str_skip(*text, line->n + 1);
	return true;
}

static struct str without_cr(struct str line)
{
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static enum count count_parse(struct str s, int64_t *out)
{
	bool minus = s.n && s.p[0] == '-';
	uint64_t v = 0, limit = (uint64_t)INT64_MAX + minus;
	bool over = false;

	if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
		s = str_skip(s, 1);
	if (s.n == 0)
		return COUNT_SYNTAX;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned)(unsigned char)s.p[i] - '0';

		if (digit > 9)
			return COUNT_SYNTAX;
		over = over || v > (limit - digit) / 10;
		v = v * 10 + digit;
	}
	*out = (int64_t)(minus ? -v : v);
	return over ? COUNT_RANGE : COUNT_GOOD;
}

static int bad_count(struct str text, enum count why, struct err *e)
{
	struct buf quoted;
	int rc;

	buf_init(&quoted, 512);
	enc_quote(&quoted, str_of(text.p, MIN(text.n, (size_t)100)));
	rc = err_set(e, ERR_INVALID, "strconv.Atoi: parsing " STR_FMT ": %s", STR_ARG(buf_str(&quoted)),
	    why == COUNT_RANGE ? "value out of range" : "invalid syntax");
	buf_fini(&quoted);
	return rc;
}

/* Splits at the last blank; false when there is none. */
static bool split(struct str line, struct str *key, struct str *count)
{
	size_t at = str_rfind(line, ' ');

	if (at == line.n)
		return false;
	*key = str_of(line.p, at);
	*count = str_skip(line, at + 1);
	return true;
}

static int decode_groups(struct folder *f, struct str text, struct err *e)
{
	struct str line, key, count;
	enum count rc;
	int64_t value;

	while (next_line(&text, &line)) {
		if (line.n >= FOLDED_MAX_LINE)
			return 0;
		if (!split(without_cr(line), &key, &count))
			continue;
		if ((rc = count_parse(count, &value)) != COUNT_GOOD)
			return bad_count(count, rc, e);
		if (value)
			folder_add(f, key, value);
	}
	return 0;
}

int folded_decode(struct arena *a, struct str text, struct profile **out, struct err *e)
{
	struct folder f;

	folder_init(&f, a);
	return folder_fini(&f, decode_groups(&f, text, e), out);
}

static int decode_lines(struct folder *f, struct str text, struct err *e)
{
	struct str line;

	while (next_line(&text, &line)) {
		if (line.n >= FOLDED_MAX_LINE)
			return err_set(e, ERR_INVALID, "bufio.Scanner: token too long");
		line = without_cr(line);
		if (line.n)
			folder_add(f, line, 1);
	}
	return 0;
}

int folded_decode_lines(struct arena *a, struct str text, struct profile **out, struct err *e)
{
	struct folder f;

	folder_init(&f, a);
	return folder_fini(&f, decode_lines(&f, text, e), out);
}

int folded_one(struct arena *a, struct profile *p, struct format_profiles *out)
{
	struct str *strings = arena_alloc(a, (p->n_strings + 2) * sizeof(*strings));

	memcpy(strings, p->strings, p->n_strings * sizeof(*strings));
	strings[p->n_strings] = STR("samples");
	strings[p->n_strings + 1] = STR("count");
	p->strings = strings;
	p->types[0] = (struct value_type){ p->n_strings, p->n_strings + 1 };
	p->n_strings += 2;
	return format_one(a, p, out);
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

/* A name as it stands in a line: without what separates frames and lines. */
static struct str clean_name(struct arena *a, struct str s)
{
	char *p;

	if (s.n == 0 || (memchr(s.p, ';', s.n) == NULL && memchr(s.p, '\n', s.n) == NULL))
		return s;
	p = arena_alloc(a, s.n);
	for (size_t i = 0; i < s.n; i++)
		p[i] = s.p[i] == ';' ? ':' : s.p[i] == '\n' ? ' ' : s.p[i];
	return str_of(p, s.n);
}

static struct str join(struct arena *a, const struct str *names, uint32_t n)
{
	size_t size = n ? n - 1 : 0;
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
	return str_of(p, size);
}

/* Rows of equal stacks become one; of types `from` to `to`. */
static void print_rows(const struct profile *p, struct row *rows, uint32_t n, uint32_t from, uint32_t to,
    struct buf *out)
{
	int64_t *sums = mem_zarray(p->n_types + 1, sizeof(*sums));

	qsort(rows, n, sizeof(*rows), row_cmp);
	for (uint32_t i = 0, k; i < n; i = k) {
		bool some = false;

		for (uint32_t t = from; t < to; t++)
			sums[t] = 0;
		for (k = i; k < n && str_eq(rows[k].text, rows[i].text); k++)
			for (uint32_t t = from; t < to; t++)
				sums[t] = wrap_add(sums[t], profile_value(p, rows[k].sample, t));
		for (uint32_t t = from; t < to; t++)
			some |= sums[t] != 0;
		if (!some)
			continue;
		buf_add(out, rows[i].text);
		for (uint32_t t = from; t < to; t++)
			buf_printf(out, " %lld", (long long)sums[t]);
		buf_byte(out, '\n');
	}
	mem_free(sums);
}

static bool any_value(const struct profile *p, uint32_t sample, uint32_t from, uint32_t to)
{
	for (uint32_t t = from; t < to; t++)
		if (profile_value(p, sample, t))
			return true;
	return false;
}

static void encode(const struct profile *p, uint32_t from, uint32_t to, struct buf *out)
{
	struct arena *a = arena_new();
	struct frames f;
	struct row *rows = arena_array(a, p->n_samples, sizeof(*rows));
	struct str *names;
	uint32_t n = 0;

	frames_init(&f, a, p);
	for (uint32_t i = 0; i < f.first[p->n_locations + 1]; i++)
		f.names[i] = clean_name(a, f.names[i]);
	names = arena_array(a, f.max_depth, sizeof(*names));
	for (uint32_t i = 0; i < p->n_samples; i++)
		if (any_value(p, i, from, to)) {
			uint32_t depth = frames_stack(&f, i, names);

			rows[n++] = (struct row){ join(a, names, depth), i };
		}
	print_rows(p, rows, n, from, to, out);
	arena_free(a);
}

void folded_encode(const struct profile *p, uint32_t type, struct buf *out)
{
	assert(type < p->n_types);
	encode(p, type, type + 1, out);
}

static bool is_pair(const struct profile *p)
{
	struct str x, y;

	if (p->n_types != 2)
		return false;
	x = profile_str(p, p->types[0].type);
	y = profile_str(p, p->types[1].type);
	return (str_eq(x, STR("before")) && str_eq(y, STR("after"))) ||
	    (str_eq(x, STR("left")) && str_eq(y, STR("right")));
}

/* A name in the head: without what separates it from others. */
static void put_word(struct buf *out, struct str s, const char *empty)
{
	if (s.n == 0)
		buf_add(out, str_cstr(empty));
	for (size_t i = 0; i < s.n; i++)
		buf_byte(out, (unsigned char)(strchr(" \t\r\n/", s.p[i]) ? '_' : s.p[i]));
}

void folded_encode_columns(const struct profile *p, struct buf *out)
{
	for (uint32_t t = 0; t < p->n_types && !is_pair(p); t++) {
		if (t)
			buf_byte(out, ' ');
		put_word(out, profile_str(p, p->types[t].type), "samples");
		buf_byte(out, '/');
		put_word(out, profile_str(p, p->types[t].unit), "count");
		if (t + 1 == p->n_types)
			buf_byte(out, '\n');
	}
	encode(p, 0, p->n_types, out);
}
