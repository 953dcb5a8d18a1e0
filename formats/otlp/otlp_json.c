/*
 * otlp_json.c - an export request from JSON, in one pass over the text. Names
 * are in lowerCamelCase or those of the .proto; a member whose value is null
 * is absent; numbers may be text; bytes are base64, ids also 32 or 16 hexadecimal
 * digits. Members of any published schema are known; the schema is the newest
 * that has all those that were met.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/enc.h"
#include "base/num.h"
#include "formats/otlp/otlp_request.h"

struct names { /* the fields of each message */
	uint32_t first[OTLP_MESSAGES], end[OTLP_MESSAGES];
};

struct reader {
	struct otlp_build b;
	struct names names;
	const char *base, *p, *end;
	bool lenient;
	uint32_t *unknown;
	unsigned schemas; /* a bit for each that has all fields so far */
	struct err *e;
};

PRINTF_LIKE(2, 3) static int bad(struct reader *r, const char *fmt, ...);

static __attribute__((cold)) int bad(struct reader *r, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(r->e, ERR_INVALID, "otlp: byte %zu: %s", (size_t)(r->p - r->base), text);
}

/* ---- tokens ---- */

/* The next byte that is no blank; 0 at the end. */
static inline char look(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r'))
		r->p++;
	return r->p < r->end ? *r->p : '\0';
}

static int expect(struct reader *r, char c)
{
	char got = look(r);

	if (got == c) {
		r->p++;
		return 0;
	}
	if (got == '\0' && r->p == r->end)
		return bad(r, "unexpected end of JSON, '%c' should follow", c);
	return bad(r, "'%c' should stand here", c);
}

/* In a list or an object: another one follows (1), or it ended with `close` (0). */
static int more(struct reader *r, char close, bool first)
{
	char c = look(r);

	if (c == close) {
		r->p++;
		return 0;
	}
	if (first)
		return 1;
	if (c != ',')
		return bad(r, "',' or '%c' should stand here", close);
	r->p++;
	return look(r) == close ? bad(r, "a value should follow the ','") : 1;
}

static bool word(struct reader *r, const char *text)
{
	size_t n = strlen(text);

	if ((size_t)(r->end - r->p) < n || memcmp(r->p, text, n) != 0)
		return false;
	r->p += n;
	return true;
}

static int hex4(struct reader *r, const char *p, uint32_t *c)
{
	*c = 0;
	for (int i = 0; i < 4; i++) {
		char x = p + i < r->end ? p[i] : '\0';
		int digit = x >= '0' && x <= '9' ? x - '0'
		    : x >= 'a' && x <= 'f'       ? x - 'a' + 10
		    : x >= 'A' && x <= 'F'       ? x - 'A' + 10
						 : -1;

		if (digit < 0)
			return bad(r, "four hexadecimal digits should follow \\u");
		*c = *c << 4 | (uint32_t)digit;
	}
	return 0;
}

/* What stands behind a backslash at p; returns what follows it, or NULL. */
static const char *escape(struct reader *r, const char *p, char *out, size_t *n)
{
	static const char plain[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
	uint32_t c, low;

	for (size_t i = 0; p < r->end && i < sizeof(plain) - 1; i += 2)
		if (*p == plain[i]) {
			out[(*n)++] = plain[i + 1];
			return p + 1;
		}
	if (p >= r->end || *p != 'u') {
		bad(r, "an escape that JSON does not have");
		return NULL;
	}
	if (hex4(r, p + 1, &c) < 0)
		return NULL;
	p += 5;
	if (c >= 0xd800 && c < 0xe000) {
		if (c >= 0xdc00 || p + 1 >= r->end || p[0] != '\\' || p[1] != 'u' || hex4(r, p + 2, &low) < 0 ||
		    low < 0xdc00 || low >= 0xe000) {
			bad(r, "half of a surrogate pair");
			return NULL;
		}
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		p += 6;
	}
	*n += enc_utf8(out + *n, c);
	return p;
}

/* A string with escapes, whose quote has been read. */
static __attribute__((noinline)) int escaped(struct reader *r, struct str *out)
{
	const char *p = r->p, *close = p;
	size_t n = 0;
	char *text;

	while (close < r->end && *close != '"')
		close += *close == '\\' ? 2 : 1;
	if (close >= r->end)
		return bad(r, "unexpected end of JSON in a string");
	text = arena_alloc(r->b.a, (size_t)(close - p) + 4);
	while (p < close) {
		if ((unsigned char)*p < ' ')
			return bad(r, "a control character in a string");
		if (*p != '\\') {
			text[n++] = *p++;
			continue;
		}
		p = escape(r, p + 1, text, &n);
		if (p == NULL)
			return -1;
	}
	r->p = close + 1;
	*out = str_of(text, n);
	return 0;
}

static int string(struct reader *r, struct str *out)
{
	const char *p;

	if (expect(r, '"') < 0)
		return -1;
	for (p = r->p; p < r->end && *p != '"'; p++) {
		if (*p == '\\')
			return escaped(r, out);
		if ((unsigned char)*p < ' ')
			return bad(r, "a control character in a string");
	}
	if (p == r->end)
		return bad(r, "unexpected end of JSON in a string");
	*out = str_of(r->p, (size_t)(p - r->p));
	r->p = p + 1;
	return 0;
}

/* A number's text as it stands. */
static struct str digits(struct reader *r)
{
	const char *from = r->p;

	while (r->p < r->end &&
	    ((*r->p >= '0' && *r->p <= '9') || *r->p == '-' || *r->p == '+' || *r->p == '.' || *r->p == 'e' ||
		*r->p == 'E'))
		r->p++;
	return str_of(from, (size_t)(r->p - from));
}

static int skip_value(struct reader *r, unsigned depth)
{
	struct str s;
	char c = look(r);
	int rc;

	if (depth > OTLP_MAX_DEPTH)
		return bad(r, "values are nested more than %d deep", OTLP_MAX_DEPTH);
	if (c == '"')
		return string(r, &s);
	if (c == '{' || c == '[') {
		char close = c == '{' ? '}' : ']';

		r->p++;
		for (bool first = true; (rc = more(r, close, first)) > 0; first = false)
			if ((c == '{' && (string(r, &s) < 0 || expect(r, ':') < 0)) || skip_value(r, depth + 1) < 0)
				return -1;
		return rc;
	}
	if (word(r, "true") || word(r, "false") || word(r, "null") || digits(r).n > 0)
		return 0;
	return bad(r, "a value should stand here");
}

/* ---- fields ---- */

/* key is name, as it is or in lowerCamelCase. */
static bool is_name(struct str key, struct str name)
{
	size_t k = 0;

	if (str_eq(key, name))
		return true;
	for (size_t i = 0; i < name.n; i++, k++) {
		char c = name.p[i];

		if (c == '_' && i + 1 < name.n) {
			c = name.p[++i];
			c = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
		}
		if (k >= key.n || key.p[k] != c)
			return false;
	}
	return k == key.n;
}

static unsigned schemas_of(uint32_t id)
{
	unsigned bits = 0;

	for (unsigned v = 0; v < OTLP_VERSIONS; v++)
		bits |= (otlp_fields[id].number[v] != 0) << v;
	return bits;
}

/*
 * The field of that name, OTLP_FIELDS if there is none. Of two (in an old and
 * a new schema) the last, unless only the other one is a list as the value is.
 */
static uint32_t find(struct reader *r, enum otlp_message m, struct str key, bool list, unsigned *schemas)
{
	uint32_t found = OTLP_FIELDS;

	*schemas = 0;
	for (uint32_t i = r->names.first[m]; i < r->names.end[m]; i++)
		if (is_name(key, otlp_fields[i].name) && (found == OTLP_FIELDS || otlp_fields[i].many == list)) {
			/* bits of both where the form does not tell them apart */
			*schemas = (found != OTLP_FIELDS && otlp_fields[i].many == otlp_fields[found].many ? *schemas
													   : 0) |
			    schemas_of(i);
			found = i;
		}
	return found;
}

/* "profiles" holds containers in the experimental schema: the first member that only one of both has tells. */
static bool is_container(struct reader *r)
{
	struct reader x = *r;
	struct err ignored;
	struct str key;
	unsigned bits;

	x.e = &ignored;
	if (expect(&x, '{') < 0)
		return false;
	for (bool first = true; more(&x, '}', first) > 0; first = false) {
		bool in_profile, in_container;

		if (string(&x, &key) < 0 || expect(&x, ':') < 0)
			return false;
		in_profile = find(&x, OTLP_profile, key, false, &bits) < OTLP_FIELDS;
		in_container = find(&x, OTLP_container, key, false, &bits) < OTLP_FIELDS;
		if (in_profile != in_container)
			return in_container;
		if (skip_value(&x, 0) < 0)
			return false;
	}
	return false;
}

static int number_of(struct reader *r, struct str text, enum otlp_kind kind, int64_t *v)
{
	struct err ignored;
	uint64_t u;
	double d;

	if (num_i64(text, v, &ignored) < 0) {
		if (num_u64(text, &u, &ignored) == 0) {
			*v = (int64_t)u;
			if (kind == OTLP_U64 || kind == OTLP_FIX64)
				return 0;
			return bad(r, "the number is too large");
		}
		if (num_f64(text, &d, &ignored) < 0 || d < -9.2e18 || d > 9.2e18 || d != (double)(int64_t)d)
			return bad(r, "a whole number should stand here");
		*v = (int64_t)d;
	}
	if (*v < 0 && (kind == OTLP_U32 || kind == OTLP_U64 || kind == OTLP_FIX64))
		return bad(r, "the number must not be negative");
	if ((kind == OTLP_I32 && (*v < INT32_MIN || *v > INT32_MAX)) || (kind == OTLP_U32 && *v > UINT32_MAX))
		return bad(r, "the number is too large");
	return 0;
}

static int number(struct reader *r, uint32_t id)
{
	enum otlp_kind kind = otlp_fields[id].kind;
	char c = look(r);
	struct str text;
	int64_t v;

	if (kind == OTLP_BOOL) {
		v = c == 't';
		if (!word(r, "true") && !word(r, "false"))
			return bad(r, "true or false should stand here");
	} else if (kind == OTLP_F64 || kind == OTLP_ENUM) {
		if (c == '{' || c == '[')
			return bad(r, "a number should stand here");
		if (skip_value(r, 0) < 0)
			return -1;
		v = 0;
	} else {
		if (c == '"') {
			if (string(r, &text) < 0)
				return -1;
		} else {
			text = digits(r);
		}
		if (number_of(r, text, kind, &v) < 0)
			return -1;
	}
	otlp_number(&r->b, id, v);
	return 0;
}

/* An id of OTLP's own JSON is hexadecimal, that of protobuf's base64. */
static int bytes(struct reader *r, uint32_t id)
{
	size_t hex = id == OTLP_link_trace_id ? 32 : id == OTLP_link_span_id ? 16 : 0;
	struct str text, out;
	struct err ignored;

	if (string(r, &text) < 0)
		return -1;
	if ((hex == 0 || text.n != hex || dec_hex(r->b.a, text, &out, &ignored) < 0) &&
	    dec_base64(r->b.a, text, &out, &ignored) < 0)
		return bad(r, "neither base64 nor the digits of an id");
	otlp_text(&r->b, id, out);
	return 0;
}

static int message(struct reader *r, enum otlp_message m, unsigned depth);

static int value(struct reader *r, uint32_t id, unsigned depth)
{
	const struct otlp_field *f = &otlp_fields[id];
	struct str s;

	switch (f->kind) {
	case OTLP_MSG:
		otlp_begin(&r->b, id);
		if (message(r, f->inner, depth + 1) < 0)
			return -1;
		otlp_end(&r->b, id);
		return 0;
	case OTLP_STR:
		if (string(r, &s) < 0)
			return -1;
		otlp_text(&r->b, id, s);
		return 0;
	case OTLP_BYTES: return bytes(r, id);
	default: return number(r, id);
	}
}

static int list(struct reader *r, uint32_t id, unsigned depth)
{
	unsigned schemas = OTLP_VERSIONS;
	int rc;

	if (expect(r, '[') < 0)
		return -1;
	for (bool first = true; (rc = more(r, ']', first)) > 0; first = false) {
		if (id == OTLP_scopes_profiles || id == OTLP_scopes_profiles_) {
			id = is_container(r) ? OTLP_scopes_profiles_ : OTLP_scopes_profiles;
			schemas = schemas_of(id);
			r->schemas &= schemas;
		}
		if (value(r, id, depth) < 0)
			return -1;
	}
	return rc;
}

/* A member that no schema has. */
static int unknown(struct reader *r, struct str key)
{
	if (!r->lenient)
		return bad(r, "unknown member \"%.*s\"", (int)MIN(key.n, (size_t)80), key.p);
	++*r->unknown;
	return skip_value(r, 0);
}

static int member(struct reader *r, enum otlp_message m, unsigned depth)
{
	unsigned schemas;
	struct str key;
	uint32_t id;

	if (look(r) != '"')
		return bad(r, "a name should stand here");
	if (string(r, &key) < 0 || expect(r, ':') < 0)
		return -1;
	id = find(r, m, key, look(r) == '[', &schemas);
	if (id == OTLP_FIELDS)
		return unknown(r, key);
	if (word(r, "null"))
		return 0;
	r->schemas &= schemas;
	return otlp_fields[id].many ? list(r, id, depth) : value(r, id, depth);
}

static int message(struct reader *r, enum otlp_message m, unsigned depth)
{
	int rc;

	if (depth > OTLP_MAX_DEPTH)
		return bad(r, "messages are nested more than %d deep", OTLP_MAX_DEPTH);
	if (expect(r, '{') < 0)
		return -1;
	for (bool first = true; (rc = more(r, '}', first)) > 0; first = false)
		if (member(r, m, depth) < 0)
			return -1;
	return rc;
}

int otlp_read_json(struct arena *a, struct str text, bool lenient, struct otlp_request *rq, uint32_t *unknown_members,
    struct err *e)
{
	struct reader r = {
		.base = text.p,
		.p = text.p,
		.end = text.p + text.n,
		.lenient = lenient,
		.unknown = unknown_members,
		.schemas = (1u << OTLP_VERSIONS) - 1,
		.e = e,
	};

	*unknown_members = 0;
	if (text.n >= UINT32_MAX)
		return err_set(e, ERR_LIMIT, "otlp: %zu bytes are more than a request may have (4 GiB)", text.n);
	if (text.n == 0)
		return err_set(e, ERR_INVALID, "otlp: the input is empty");
	for (uint32_t m = 0; m < OTLP_MESSAGES; m++)
		otlp_fields_of((enum otlp_message)m, &r.names.first[m], &r.names.end[m]);
	otlp_build_init(&r.b, a, rq);
	if (message(&r, OTLP_request, 0) < 0)
		return -1;
	if (look(&r) != '\0' || r.p < r.end)
		return bad(&r, "something follows the request");
	if (r.schemas == 0)
		return err_set(e, ERR_INVALID, "otlp: members of different schemas in one request");
	rq->version = (enum otlp_version)(31 - __builtin_clz(r.schemas));
	return 0;
}
