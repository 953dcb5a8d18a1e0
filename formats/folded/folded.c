/*
 * folded.c - collapsed stacks in and out. Stacks are taken apart from the end,
 * leaf first, as a profile keeps them.
 */
#include "formats/folded/folded.h"

#include <stdlib.h>

#include "base/enc.h"
#include "base/mem.h"
#include "base/vec.h"
#include "formats/profile_impl.h"

enum count { COUNT_GOOD, COUNT_SYNTAX, COUNT_RANGE };

struct folder {
	struct profile_builder *b;
	VEC(uint32_t) stack;
	/* /ingest: a last frame counts only when it has a name, and an empty text is a stack without frames */
	bool named_leaf;
};

static void folder_init(struct folder *f, struct arena *a, bool named_leaf)
{
	*f = (struct folder){ .b = profile_builder_new(a, 1), .named_leaf = named_leaf };
}

static int folder_fini(struct folder *f, int rc, struct profile **out)
{
	*out = rc < 0 ? NULL : profile_builder_finish(f->b);
	vec_free(&f->stack);
	return rc;
}

static void folder_add(struct folder *f, struct str key, int64_t value)
{
	bool more = key.n > 0 || !f->named_leaf;

	f->stack.n = 0;
	if (f->named_leaf && more && key.p[key.n - 1] == ';')
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

/* Splits at the last blank, or also tab; false when there is none. */
static bool split(struct str line, bool tab, struct str *key, struct str *count)
{
	size_t at = line.n;

	while (at > 0 && line.p[at - 1] != ' ' && !(tab && line.p[at - 1] == '\t'))
		at--;
	if (at-- == 0)
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
		if (!split(without_cr(line), false, &key, &count))
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

	folder_init(&f, a, true);
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

	folder_init(&f, a, true);
	return folder_fini(&f, decode_lines(&f, text, e), out);
}

int folded_read(struct arena *a, struct str text, struct profile **out, struct folded_lines *lines, struct err *e)
{
	struct str line, key, count;
	struct folder f;
	int64_t value;
	uint32_t n = 0;

	*lines = (struct folded_lines){ 0 };
	folder_init(&f, a, false);
	while (next_line(&text, &line)) {
		n++;
		line = without_cr(line);
		if (split(line, true, &key, &count) && count_parse(count, &value) == COUNT_GOOD) {
			lines->counted++;
			folder_add(&f, key, value);
		} else if (line.n) {
			lines->skipped++;
			lines->first_skipped = lines->first_skipped ? lines->first_skipped : n;
		}
	}
	if (lines->counted)
		return folder_fini(&f, 0, out);
	folder_fini(&f, -1, out);
	return err_set(e, ERR_INVALID, "folded: none of %u lines ends in a blank and a whole number", n);
}

/* ---- out ---- */

struct row {
	struct str text;
	int64_t value;
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

static void print_rows(struct row *rows, uint32_t n, struct buf *out)
{
	qsort(rows, n, sizeof(*rows), row_cmp);
	for (uint32_t i = 0, k; i < n; i = k) {
		uint64_t sum = 0;

		for (k = i; k < n && str_eq(rows[k].text, rows[i].text); k++)
			sum += (uint64_t)rows[k].value;
		if (sum == 0)
			continue;
		buf_add(out, rows[i].text);
		buf_printf(out, " %lld\n", (long long)sum);
	}
}

void folded_encode(const struct profile *p, uint32_t type, struct buf *out)
{
	struct arena *a = arena_new();
	struct frames f;
	struct row *rows = arena_array(a, p->n_samples, sizeof(*rows));
	struct str *names;
	uint32_t n = 0;

	assert(type < p->n_types);
	frames_init(&f, a, p);
	for (uint32_t i = 0; i < f.first[p->n_locations + 1]; i++)
		f.names[i] = clean_name(a, f.names[i]);
	names = arena_array(a, f.max_depth, sizeof(*names));
	for (uint32_t i = 0; i < p->n_samples; i++)
		if (profile_value(p, i, type)) {
			uint32_t depth = frames_stack(&f, i, names);

			rows[n++] = (struct row){ join(a, names, depth), profile_value(p, i, type) };
		}
	print_rows(rows, n, out);
	arena_free(a);
}
