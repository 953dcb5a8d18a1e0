/*
 * regex_plan.c - regular expressions: what needs no engine, and the engine
 * for the rest.
 */
#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "formats/labels/regex.h"
#include "formats/labels/rx.h"

/* What stands on one side of a literal: nothing, ".*" or ".+". */
enum wild { WILD_NONE, WILD_ANY, WILD_SOME };

struct part {
	enum wild before, after;
	struct str literal;
};

/* With more literals than this, one look-up is cheaper than comparing all. */
enum { FEW_PARTS = 8 };

struct regex {
	struct rx *rx; /* NULL: the parts decide */
	struct part *parts;
	uint32_t n;
	struct map set;    /* of many plain literals */
	struct str prefix; /* what each match of the engine starts with (anchored only) */
	char *bytes;       /* of literals and prefix */
	bool anchored;
	bool group; /* all parts stand in a capturing group */
};

static bool is_meta(char c)
{
	return memchr("\\.+*?()|[]{}^$", c, 14) != NULL;
}

/* Behind a backslash these are themselves. */
static bool is_punctuation(char c)
{
	return is_meta(c) || memchr("-/:@,;=<>!&%#\"'~ ", c, 17) != NULL;
}

static bool is_repeat(struct str s)
{
	return s.n && memchr("*+?{", s.p[0], 4) != NULL;
}

static enum wild take_wild(struct str *s)
{
	enum wild w = str_prefix(*s, STR(".*")) ? WILD_ANY : str_prefix(*s, STR(".+")) ? WILD_SOME : WILD_NONE;

	if (w != WILD_NONE)
		*s = str_skip(*s, 2);
	return w;
}

/* One literal character (escaped punctuation counts) that is not repeated. */
static bool take_char(struct str *s, char *out)
{
	struct str rest = *s;

	if (rest.n == 0)
		return false;
	if (rest.p[0] == '\\') {
		rest = str_skip(rest, 1);
		if (rest.n == 0 || !is_punctuation(rest.p[0]))
			return false;
	} else if (is_meta(rest.p[0])) {
		return false;
	}
	*out = rest.p[0];
	rest = str_skip(rest, 1);
	/* A repetition takes the whole last rune; better leave all of it to the engine. */
	if (is_repeat(rest))
		return false;
	*s = rest;
	return true;
}

/* One alternative, up to a '|' or the end. Literals are written behind *bytes. */
static bool take_part(struct str *s, char **bytes, struct part *out)
{
	char *start = *bytes;

	if (str_prefix(*s, STR("^")))
		*s = str_skip(*s, 1);
	out->before = take_wild(s);
	while (take_char(s, *bytes))
		++*bytes;
	out->after = take_wild(s);
	out->literal = str_of(start, (size_t)(*bytes - start));
	if (str_prefix(*s, STR("$")))
		*s = str_skip(*s, 1);
	/* ".+.+" counts runes. */
	if (out->literal.n == 0 && out->before && out->after)
		return false;
	return s->n == 0 || s->p[0] == '|';
}

/* "(a|b)", "(?:a|b)", "^(a|b)$": the inside. */
static struct str unwrap(struct str s, bool *group)
{
	struct str in = s;

	if (str_prefix(in, STR("^(")) && str_suffix(in, STR(")$")))
		in = str_of(in.p + 1, in.n - 2);
	if (!str_prefix(in, STR("(")) || !str_suffix(in, STR(")")))
		return s;
	in = str_of(in.p + 1, in.n - 2);
	*group = !str_prefix(in, STR("?:"));
	return *group ? in : str_skip(in, 2);
}

static void parts_index(struct regex *r)
{
	for (uint32_t i = 0; i < r->n; i++)
		if (r->parts[i].before || r->parts[i].after)
			return;
	if (r->n <= FEW_PARTS)
		return;
	map_reserve(&r->set, r->n);
	for (uint32_t i = 0; i < r->n; i++)
		map_put(&r->set, hash_seeded(r->parts[i].literal), i);
}

static bool plan(struct regex *r, struct str pattern)
{
	struct str s;
	char *at = r->bytes;
	size_t n = 1;

	if (!str_utf8(pattern))
		return false;
	s = unwrap(pattern, &r->group);
	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '|';
	r->parts = mem_array(n, sizeof(*r->parts));
	for (;;) {
		if (!take_part(&s, &at, &r->parts[r->n]))
			return false;
		r->n++;
		if (s.n == 0)
			break;
		s = str_skip(s, 1);
	}
	parts_index(r);
	return true;
}

/* The literal start of a pattern without alternatives at any level. */
static void find_prefix(struct regex *r, struct str pattern)
{
	char *at = r->bytes;

	if (str_find(pattern, '|') < pattern.n || str_prefix(pattern, STR("(?")))
		return;
	if (str_prefix(pattern, STR("^")))
		pattern = str_skip(pattern, 1);
	while (take_char(&pattern, at))
		at++;
	/* The rune in front of a repetition was not taken whole. */
	while (at > r->bytes && pattern.n && (pattern.p[0] & 0xc0) == 0x80 && (at[-1] & 0x80))
		at--;
	r->prefix = str_of(r->bytes, (size_t)(at - r->bytes));
}

static struct regex *regex_make(struct str pattern, bool anchored, struct err *e)
{
	struct regex *r = mem_zalloc(sizeof(*r));
	char why[512];

	r->anchored = anchored;
	r->bytes = mem_alloc(pattern.n + 1);
	if (anchored && plan(r, pattern))
		return r;
	r->n = 0;
	r->rx = rx_new(pattern.n ? pattern.p : "", pattern.n, why, sizeof(why));
	if (r->rx == NULL) {
		regex_free(r);
		err_set(e, ERR_INVALID, "%s", why);
		return NULL;
	}
	if (anchored)
		find_prefix(r, pattern);
	return r;
}

struct regex *regex_new(struct str pattern, struct err *e)
{
	return regex_make(pattern, false, e);
}

struct regex *regex_new_anchored(struct str pattern, struct err *e)
{
	return regex_make(pattern, true, e);
}

void regex_free(struct regex *r)
{
	if (r == NULL)
		return;
	rx_free(r->rx);
	map_fini(&r->set);
	mem_free(r->parts);
	mem_free(r->bytes);
	mem_free(r);
}

static bool part_match(const struct part *p, struct str text)
{
	size_t before = p->before == WILD_SOME, after = p->after == WILD_SOME;

	if (text.n < p->literal.n + before + after)
		return false;
	text = str_of(text.p ? text.p + before : "", text.n - before - after);
	if (p->before == WILD_NONE)
		return p->after == WILD_NONE ? str_eq(text, p->literal) : str_prefix(text, p->literal);
	if (p->after == WILD_NONE)
		return str_suffix(text, p->literal);
	return p->literal.n == 0 || str_search(text, p->literal) < text.n;
}

static bool parts_match(const struct regex *r, struct str text)
{
	if (r->set.slots) {
		struct map_at at = map_find(&r->set, hash_seeded(text));

		for (uint32_t i; map_next(&at, &i);)
			if (str_eq(r->parts[i].literal, text))
				return true;
		return false;
	}
	for (uint32_t i = 0; i < r->n; i++)
		if (part_match(&r->parts[i], text))
			return true;
	return false;
}

bool regex_match(const struct regex *r, struct str text)
{
	if (r->rx == NULL)
		return parts_match(r, text);
	if (!str_prefix(text, r->prefix))
		return false;
	return rx_match(r->rx, text.n ? text.p : "", text.n, r->anchored, NULL, 0);
}

size_t regex_size(const struct regex *r)
{
	return r->rx ? rx_size(r->rx) : 0;
}

bool regex_capture(const struct regex *r, struct str text, struct str *out, unsigned n)
{
	struct rx_span span[REGEX_MAX_GROUPS];
	unsigned ask = MIN(n, (unsigned)REGEX_MAX_GROUPS);

	memset(out, 0, n * sizeof(*out));
	if (text.n == 0)
		text = STR("");
	if (r->rx == NULL) {
		if (!parts_match(r, text))
			return false;
		for (unsigned i = 0; i < n && i < 1u + r->group; i++)
			out[i] = text;
		return true;
	}
	if (!str_prefix(text, r->prefix) || !rx_match(r->rx, text.p, text.n, r->anchored, span, (int)ask))
		return false;
	for (unsigned i = 0; i < ask; i++)
		out[i] = str_of(span[i].p, span[i].n);
	return true;
}

int regex_group(const struct regex *r, struct str name)
{
	return r->rx ? rx_group(r->rx, name.p, name.n) : -1;
}
