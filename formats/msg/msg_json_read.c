/*
 * msg_json_read.c - messages from JSON text, without a tree in between: one
 * token of look-ahead, values go straight to their place in the struct.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/enc.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/num.h"
#include "formats/msg/msg.h"
#include "formats/msg/msg_impl.h"

enum token { /* brackets, colon and comma stand for themselves */
	T_END = 0,
	T_STR = '"',
	T_NUM = '0',
	T_TRUE = 't',
	T_FALSE = 'f',
	T_NULL = 'n',
};

struct reader {
	struct arena *a;
	struct err *e;
	const struct msg_type *top;
	struct str text;
	size_t at; /* behind the token */
	unsigned depth;

	enum token kind;
	struct str raw; /* the token as written */
	bool escaped;   /* a string with backslashes */
};

static int read_message(struct reader *r, const struct msg_type *t, void *out);

/* "unmarshal into *typesv1.LabelValuesRequest: proto: <what> (line 1:9): <why>" */
static int fail_at(struct reader *r, const char *what, size_t at, const char *why)
{
	struct str name = r->top->name;
	size_t dot = str_rfind(name, '.'), line = 1, column = 1, n = 0;
	char package[64];

	for (size_t i = 0; i < MIN(dot, name.n) && n < sizeof(package); i++)
		if (name.p[i] != '.')
			package[n++] = name.p[i];
	for (size_t i = 0; i < at; i++) {
		if (r->text.p[i] == '\n') {
			line++;
			column = 1;
		} else if ((r->text.p[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	return err_set(r->e, ERR_INVALID, "unmarshal into *" STR_FMT "." STR_FMT ": proto: %s(line %zu:%zu): %s",
	    (int)n, package, STR_ARG(str_skip(name, dot + 1)), what, line, column, why);
}

PRINTF_LIKE(2, 3) static int bad_value(struct reader *r, const char *fmt, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return fail_at(r, "", (size_t)(r->raw.p - r->text.p), why);
}

PRINTF_LIKE(3, 4) static int bad_syntax(struct reader *r, size_t at, const char *fmt, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return fail_at(r, "syntax error ", at, why);
}

/* The token may be long, a message is not. */
#define RAW_FMT "%.*s"
#define RAW_ARG(s) (int)MIN((s).n, (size_t)64), (s).p

static int unexpected(struct reader *r)
{
	if (r->kind == T_END)
		return bad_syntax(r, r->text.n, "unexpected EOF");
	return bad_syntax(r, (size_t)(r->raw.p - r->text.p), "unexpected token " RAW_FMT, RAW_ARG(r->raw));
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

struct number {
	struct str whole, fraction;
	int exponent; /* clamped: far beyond what any type holds */
	bool minus;
};

static size_t digits(struct str s, size_t at)
{
	size_t n = 0;

	while (at + n < s.n && is_digit(s.p[at + n]))
		n++;
	return n;
}

static size_t exponent_len(struct str s, size_t at, int *exponent)
{
	size_t i = at + 1, n;
	bool minus = i < s.n && s.p[i] == '-';
	int v = 0;

	i += i < s.n && (s.p[i] == '-' || s.p[i] == '+');
	n = digits(s, i);
	for (size_t k = 0; k < n; k++)
		v = MIN(v * 10 + (s.p[i + k] - '0'), 100000000);
	*exponent = minus ? -v : v;
	return n ? i + n - at : 0;
}

/* Length of the JSON number in front of s, 0 when there is none. */
static size_t number_len(struct str s, struct number *out)
{
	size_t i = 0, n;

	*out = (struct number){ .minus = s.n && s.p[0] == '-' };
	i += out->minus;
	n = digits(s, i);
	if (n == 0 || (n > 1 && s.p[i] == '0'))
		return 0;
	out->whole = str_of(s.p + i, n);
	i += n;
	if (i < s.n && s.p[i] == '.') {
		n = digits(s, i + 1);
		if (n == 0)
			return 0;
		out->fraction = str_of(s.p + i + 1, n);
		i += n + 1;
	}
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		n = exponent_len(s, i, &out->exponent);
		if (n == 0)
			return 0;
		i += n;
	}
	return i;
}

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '+' || c == '.' ||
	    c == '_' || (c & 0x80);
}

static int lex_word(struct reader *r, struct str s)
{
	struct number number;
	size_t n = 0;

	while (n < s.n && is_word(s.p[n]))
		n++;
	r->raw = str_of(s.p, MAX(n, (size_t)1));
	if (str_eq(r->raw, STR("true")))
		r->kind = T_TRUE;
	else if (str_eq(r->raw, STR("false")))
		r->kind = T_FALSE;
	else if (str_eq(r->raw, STR("null")))
		r->kind = T_NULL;
	else if (n && number_len(r->raw, &number) == n)
		r->kind = T_NUM;
	else
		return bad_syntax(r, (size_t)(s.p - r->text.p), "invalid value " RAW_FMT, RAW_ARG(r->raw));
	r->at += r->raw.n;
	return 0;
}

/* s starts with the quote. Escapes are looked at when the string is used. */
static int lex_string(struct reader *r, struct str s)
{
	size_t i = 1, start = (size_t)(s.p - r->text.p);

	r->escaped = false;
	for (; i < s.n && s.p[i] != '"'; i++) {
		if ((unsigned char)s.p[i] < 0x20)
			return bad_syntax(r, start + i, "invalid character '\\x%02x' in string", (unsigned char)s.p[i]);
		if (s.p[i] == '\\') {
			r->escaped = true;
			i++;
		}
	}
	if (i >= s.n)
		return bad_syntax(r, r->text.n, "unexpected EOF");
	r->kind = T_STR;
	r->raw = str_of(s.p, i + 1);
	if (!str_utf8(r->raw))
		return bad_syntax(r, start, "invalid UTF-8 in string");
	r->at += i + 1;
	return 0;
}

/* The next token becomes the current one. */
static int next(struct reader *r)
{
	struct str s;

	while (r->at < r->text.n && strchr(" \t\r\n", r->text.p[r->at]) && r->text.p[r->at])
		r->at++;
	s = str_skip(r->text, r->at);
	if (s.n == 0) {
		r->kind = T_END;
		r->raw = str_of(s.p, 0);
		return 0;
	}
	switch (s.p[0]) {
	case '{':
	case '}':
	case '[':
	case ']':
	case ':':
	case ',':
		r->kind = (enum token)s.p[0];
		r->raw = str_of(s.p, 1);
		r->at++;
		return 0;
	case '"': return lex_string(r, s);
	default: return lex_word(r, s);
	}
}

static bool is(const struct reader *r, char c)
{
	return r->kind == (enum token)c;
}

static bool hex4(struct str s, uint32_t *out)
{
	*out = 0;
	if (s.n < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char c = s.p[i];
		int d = is_digit(c)        ? c - '0'
		    : c >= 'a' && c <= 'f' ? c - 'a' + 10
		    : c >= 'A' && c <= 'F' ? c - 'A' + 10
					   : -1;

		if (d < 0)
			return false;
		*out = *out << 4 | (uint32_t)d;
	}
	return true;
}

/* s starts behind the backslash. Bytes used, 0 when it is no escape; no more are written. */
static size_t escape(struct str s, char *p, size_t *written)
{
	static const char letter[] = "\"\\/bfnrt", meaning[] = "\"\\/\b\f\n\r\t";
	const char *at = s.n && s.p[0] ? strchr(letter, s.p[0]) : NULL;
	uint32_t c, low;

	if (at) {
		*p = meaning[at - letter];
		*written = 1;
		return 1;
	}
	if (s.n == 0 || s.p[0] != 'u' || !hex4(str_skip(s, 1), &c))
		return 0;
	if (c < 0xd800 || c > 0xdfff) {
		*written = enc_utf8(p, c);
		return 5;
	}
	if (c > 0xdbff || !str_prefix(str_skip(s, 5), STR("\\u")) || !hex4(str_skip(s, 7), &low) || low < 0xdc00 ||
	    low > 0xdfff)
		return 0;
	*written = enc_utf8(p, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
	return 11;
}

/* The current string without quotes and escapes. */
static int string(struct reader *r, struct str *out)
{
	struct str s = str_of(r->raw.p + 1, r->raw.n - 2);
	size_t n = 0, used, written;
	char *p;

	if (!r->escaped) {
		*out = s;
		return 0;
	}
	p = arena_alloc(r->a, s.n);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '\\') {
			p[n++] = s.p[i];
			continue;
		}
		used = escape(str_skip(s, i + 1), p + n, &written);
		if (used == 0)
			return bad_syntax(r, (size_t)(s.p + i - r->text.p), "invalid escape code " RAW_FMT " in string",
			    (int)MIN(s.n - i, (size_t)6), s.p + i);
		n += written;
		i += used;
	}
	*out = str_of(p, n);
	return 0;
}

/* The value as sign and magnitude when it is a whole number of 64 bits, also 1.7e12 and 10.0. */
static bool whole(struct str s, bool *minus, uint64_t *out)
{
	struct number num;
	size_t n, zeros = 0;
	uint64_t v = 0;
	int64_t shift;

	if (s.n == 0 || number_len(s, &num) != s.n)
		return false;
	*minus = num.minus;
	n = num.whole.n + num.fraction.n;
	/* Zeros at the end of the digits belong to the exponent. */
	for (size_t i = 0; i < n; i++) {
		char c = i < num.whole.n ? num.whole.p[i] : num.fraction.p[i - num.whole.n];

		if (c == '0') {
			zeros++;
			continue;
		}
		for (; v && zeros; zeros--)
			if (__builtin_mul_overflow(v, 10u, &v))
				return false;
		zeros = 0;
		if (__builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (uint64_t)(c - '0'), &v))
			return false;
	}
	*out = v;
	shift = (int64_t)num.exponent - (int64_t)num.fraction.n + (int64_t)zeros;
	if (v == 0)
		return true;
	if (shift < 0)
		return false;
	for (; shift; shift--)
		if (__builtin_mul_overflow(*out, 10u, out))
			return false;
	return true;
}

/* Text of a number, bare or as a string. */
static bool number_text(struct reader *r, struct str *out)
{
	*out = r->raw;
	if (r->kind != T_STR)
		return r->kind == T_NUM;
	*out = str_of(r->raw.p + 1, r->raw.n - 2);
	return true;
}

static bool set_integer(struct reader *r, unsigned kind, void *at)
{
	uint64_t v,
	    limit = kind == MSG_I64 ? INT64_MAX
	    : kind == MSG_U64       ? UINT64_MAX
	    : kind == MSG_U32       ? UINT32_MAX
				    : INT32_MAX;
	bool minus, is_signed = kind != MSG_U64 && kind != MSG_U32;
	struct str text;

	if (!number_text(r, &text) || !whole(text, &minus, &v))
		return false;
	if (minus && v && !is_signed)
		return false;
	if (v > limit + (minus && is_signed))
		return false;
	if (minus)
		v = 0 - v;
	if (kind == MSG_I64 || kind == MSG_U64)
		memcpy(at, &v, sizeof(v));
	else
		*(uint32_t *)at = (uint32_t)v;
	return true;
}

static bool set_double(struct reader *r, double *at)
{
	struct number num;
	struct str text;
	struct err e;

	if (!number_text(r, &text))
		return false;
	if (r->kind == T_STR && str_eq(text, STR("NaN")))
		*at = (double)NAN;
	else if (r->kind == T_STR && str_eq(text, STR("Infinity")))
		*at = (double)INFINITY;
	else if (r->kind == T_STR && str_eq(text, STR("-Infinity")))
		*at = -(double)INFINITY;
	else
		return text.n && number_len(text, &num) == text.n && num_f64(text, at, &e) == 0;
	return true;
}

/* 1 set, 0 ignored (a name from a newer client), -1 wrong. */
static int set_enum(struct reader *r, const struct msg_enum *values, int32_t *at)
{
	struct str name;

	if (r->kind != T_STR)
		return r->kind == T_NUM && set_integer(r, MSG_ENUM, at) ? 1 : -1;
	if (string(r, &name) < 0)
		return -1;
	for (uint32_t i = 0; i < values->n; i++)
		if (str_eq(values->values[i].name, name)) {
			*at = values->values[i].number;
			return 1;
		}
	return 0;
}

static bool set_bytes(struct reader *r, struct str *at)
{
	struct str text;
	struct err e;

	return r->kind == T_STR && string(r, &text) == 0 && dec_base64(r->a, text, at, &e) == 0;
}

static const char *kind_name(unsigned kind)
{
	static const char *const names[] = {
		[MSG_BOOL] = "bool",
		[MSG_I32] = "int32",
		[MSG_U32] = "uint32",
		[MSG_I64] = "int64",
		[MSG_U64] = "uint64",
		[MSG_F64] = "double",
		[MSG_ENUM] = "enum",
		[MSG_STR] = "string",
		[MSG_BYTES] = "bytes",
		[MSG_MSG] = "message",
	};

	return names[kind];
}

/* The current token as the value of f: 1 set, 0 ignored, -1 error. The next token is read. */
static int read_scalar(struct reader *r, const struct msg_field *f, void *at)
{
	int rc;

	r->e->kind = ERR_NONE;
	switch (f->kind) {
	case MSG_BOOL:
		rc = r->kind == T_TRUE || r->kind == T_FALSE ? 1 : -1;
		*(bool *)at = r->kind == T_TRUE;
		break;
	case MSG_F64: rc = set_double(r, at) ? 1 : -1; break;
	case MSG_ENUM: rc = set_enum(r, f->values, at); break;
	case MSG_STR: rc = r->kind == T_STR && string(r, at) == 0 ? 1 : -1; break;
	case MSG_BYTES: rc = set_bytes(r, at) ? 1 : -1; break;
	default: rc = set_integer(r, f->kind, at) ? 1 : -1;
	}
	if (rc < 0 && r->kind == T_END)
		return unexpected(r);
	if (rc < 0) /* a bad escape has said so already */
		return r->e->kind != ERR_NONE ? -1
					      : bad_value(r, "invalid value for %s field " STR_FMT ": " RAW_FMT,
						    kind_name(f->kind), STR_ARG(f->json), RAW_ARG(r->raw));
	return next(r) < 0 ? -1 : rc;
}

static int deeper(struct reader *r)
{
	if (++r->depth > MSG_MAX_DEPTH)
		return bad_value(r, "exceeded max recursion depth of %d", MSG_MAX_DEPTH);
	return 0;
}

/*
 * After an element of an array or object: 1 when another follows (its first
 * token is current), 0 behind the closing bracket, -1 error.
 */
static int more(struct reader *r, char close)
{
	if (is(r, ',')) {
		if (next(r) < 0)
			return -1;
		return is(r, close) ? unexpected(r) : 1;
	}
	if (!is(r, close))
		return unexpected(r);
	r->depth--;
	return next(r);
}

/* From the opening bracket: 1 when an element follows, 0 behind an empty pair, -1 error. */
static int first(struct reader *r, char open, char close)
{
	if (!is(r, open))
		return unexpected(r);
	if (deeper(r) < 0 || next(r) < 0)
		return -1;
	if (!is(r, close))
		return 1;
	r->depth--;
	return next(r);
}

/* "name": of an object. */
static int read_name(struct reader *r, struct str *name)
{
	if (r->kind != T_STR)
		return unexpected(r);
	if (string(r, name) < 0 || next(r) < 0)
		return -1;
	if (!is(r, ':'))
		return unexpected(r);
	return next(r);
}

static int skip_value(struct reader *r)
{
	bool object = is(r, '{');
	struct str name;
	int rc;

	if (!object && !is(r, '[')) {
		struct str unused;

		if (r->kind == T_END || strchr("}],:", (int)r->kind))
			return unexpected(r);
		if (r->kind == T_STR && string(r, &unused) < 0)
			return -1;
		return next(r);
	}
	rc = first(r, object ? '{' : '[', object ? '}' : ']');
	while (rc > 0) {
		if (object && read_name(r, &name) < 0)
			return -1;
		if (skip_value(r) < 0)
			return -1;
		rc = more(r, object ? '}' : ']');
	}
	return rc;
}

static int read_list(struct reader *r, const struct msg_field *f, struct msg_list *list)
{
	size_t size = msg_element_size(f);
	int rc = first(r, '[', ']');

	while (rc > 0) {
		void *at = memset(msg_list_more(r->a, list, 1, size), 0, size);
		int set = f->kind == MSG_MSG ? read_message(r, f->type, at) + 1 : read_scalar(r, f, at);

		if (set < 0 || (set == 0 && f->kind == MSG_MSG))
			return -1;
		list->n += set > 0;
		rc = more(r, ']');
	}
	return rc;
}

static bool key_is_new(struct map *keys, const struct msg_field *f, const struct msg_list *list, struct str key)
{
	uint64_t hash = hash_seeded(key);
	struct map_at at = map_find(keys, hash);
	const char *p = list->p;

	for (uint32_t i; map_next(&at, &i);)
		if (str_eq(key,
			*(const struct str *)msg_at_const(p + i * (size_t)f->type->size, f->type->fields[0].at)))
			return false;
	map_put(keys, hash, (uint32_t)list->n);
	return true;
}

static int read_entry(struct reader *r, const struct msg_field *f, struct msg_list *list, struct map *keys)
{
	const struct msg_type *t = f->type;
	char *at = memset(msg_list_more(r->a, list, 1, t->size), 0, t->size);
	const struct msg_field *value = &t->fields[1];
	void *sub = arena_zalloc(r->a, value->type->size);
	struct str *key = msg_at(at, t->fields[0].at), raw = r->raw;

	if (read_name(r, key) < 0)
		return -1;
	if (!key_is_new(keys, f, list, *key)) {
		r->raw = raw;
		return bad_value(r, "duplicate map key " RAW_FMT, RAW_ARG(raw));
	}
	memcpy(at + value->at, &sub, sizeof(sub));
	list->n++;
	return read_message(r, value->type, sub);
}

static int read_map(struct reader *r, const struct msg_field *f, struct msg_list *list)
{
	int rc = first(r, '{', '}');
	struct map keys = { 0 };

	while (rc > 0)
		rc = read_entry(r, f, list, &keys) < 0 ? -1 : more(r, '}');
	map_fini(&keys);
	return rc;
}

static int read_field(struct reader *r, const struct msg_field *f, void *out)
{
	void *at = msg_at(out, f->at);
	int rc;

	if (f->card == MSG_MAP)
		return read_map(r, f, at);
	if (f->card == MSG_REP)
		return read_list(r, f, at);
	if (f->kind == MSG_MSG) {
		void *sub = arena_zalloc(r->a, f->type->size);

		memcpy(at, &sub, sizeof(sub));
		return read_message(r, f->type, sub);
	}
	rc = read_scalar(r, f, at);
	if (rc > 0 && f->card == MSG_OPT)
		*(bool *)msg_at(out, f->has) = true;
	return rc < 0 ? -1 : 0;
}

static const struct msg_field *field_named(const struct msg_type *t, struct str name)
{
	for (uint32_t i = 0; i < t->n; i++)
		if (str_eq(t->fields[i].json, name) || str_eq(t->fields[i].name, name))
			return &t->fields[i];
	return NULL;
}

static int read_member(struct reader *r, const struct msg_type *t, void *out, uint64_t *seen)
{
	struct str raw = r->raw, name;
	const struct msg_field *f;
	uint64_t bit;

	if (read_name(r, &name) < 0)
		return -1;
	f = field_named(t, name);
	if (f == NULL)
		return skip_value(r);
	if (r->kind == T_NULL)
		return next(r);
	assert(t->n <= 64);
	bit = UINT64_C(1) << (f - t->fields);
	if (*seen & bit) {
		r->raw = raw;
		return bad_value(r, "duplicate field " RAW_FMT, RAW_ARG(raw));
	}
	*seen |= bit;
	return read_field(r, f, out);
}

static int read_message(struct reader *r, const struct msg_type *t, void *out)
{
	uint64_t seen = 0;
	int rc = first(r, '{', '}');

	while (rc > 0) {
		if (read_member(r, t, out, &seen) < 0)
			return -1;
		rc = more(r, '}');
	}
	return rc;
}

int msg_from_json(struct arena *a, const struct msg_type *t, struct str text, void *out, struct err *e)
{
	struct reader r = { .a = a, .e = e, .top = t, .text = text };

	memset(out, 0, t->size);
	if (text.n == 0)
		return err_set(e, ERR_INVALID, "zero-length payload is not a valid JSON object");
	if (next(&r) < 0 || read_message(&r, t, out) < 0)
		return -1;
	return r.kind == T_END ? 0 : unexpected(&r);
}
