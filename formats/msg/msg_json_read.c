/*
 * msg_json_read.c - messages from JSON text, without a tree in between: one
 * token of look-ahead, values go straight to their place in the struct.
 */
#include <math.h>

#include "base/enc.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/num.h"
#include "formats/msg/msg_impl.h"
#include "formats/msg/msg_json_token.h"

static int read_message(struct reader *r, const struct msg_type *t, void *out);

static bool is(const struct reader *r, char c)
{
	return r->kind == (enum token)c;
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

	if (!number_text(r, &text) || !msg_json_whole(text, &minus, &v))
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
		return msg_json_is_number(text) && num_f64(text, at, &e) == 0;
	return true;
}

/* 1 set, 0 ignored (a name from a newer client), -1 wrong. */
static int set_enum(struct reader *r, const struct msg_enum *values, int32_t *at)
{
	struct str name;

	if (r->kind != T_STR)
		return r->kind == T_NUM && set_integer(r, MSG_ENUM, at) ? 1 : -1;
	if (msg_json_string(r, &name) < 0)
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

	return r->kind == T_STR && msg_json_string(r, &text) == 0 && dec_base64(r->a, text, at, &e) == 0;
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
	case MSG_STR: rc = r->kind == T_STR && msg_json_string(r, at) == 0 ? 1 : -1; break;
	case MSG_BYTES: rc = set_bytes(r, at) ? 1 : -1; break;
	default: rc = set_integer(r, f->kind, at) ? 1 : -1;
	}
	if (rc < 0 && r->kind == T_END)
		return msg_json_unexpected(r);
	if (rc < 0) /* a bad escape has said so already */
		return r->e->kind != ERR_NONE ? -1
					      : msg_json_bad(r, "invalid value for %s field " STR_FMT ": " RAW_FMT,
						    kind_name(f->kind), STR_ARG(f->json), RAW_ARG(r->raw));
	return msg_json_next(r) < 0 ? -1 : rc;
}

static int deeper(struct reader *r)
{
	if (++r->depth > MSG_MAX_DEPTH)
		return msg_json_bad(r, "exceeded max recursion depth of %d", MSG_MAX_DEPTH);
	return 0;
}

/*
 * After an element of an array or object: 1 when another follows (its first
 * token is current), 0 behind the closing bracket, -1 error.
 */
static int more(struct reader *r, char close)
{
	if (is(r, ',')) {
		if (msg_json_next(r) < 0)
			return -1;
		return is(r, close) ? msg_json_unexpected(r) : 1;
	}
	if (!is(r, close))
		return msg_json_unexpected(r);
	r->depth--;
	return msg_json_next(r);
}

/* From the opening bracket: 1 when an element follows, 0 behind an empty pair, -1 error. */
static int first(struct reader *r, char open, char close)
{
	if (!is(r, open))
		return msg_json_unexpected(r);
	if (deeper(r) < 0 || msg_json_next(r) < 0)
		return -1;
	if (!is(r, close))
		return 1;
	r->depth--;
	return msg_json_next(r);
}

/* "name": of an object. */
static int read_name(struct reader *r, struct str *name)
{
	if (r->kind != T_STR)
		return msg_json_unexpected(r);
	if (msg_json_string(r, name) < 0 || msg_json_next(r) < 0)
		return -1;
	if (!is(r, ':'))
		return msg_json_unexpected(r);
	return msg_json_next(r);
}

static int skip_value(struct reader *r)
{
	bool object = is(r, '{');
	struct str name;
	int rc;

	if (!object && !is(r, '[')) {
		struct str unused;

		if (r->kind == T_END || strchr("}],:", (int)r->kind))
			return msg_json_unexpected(r);
		if (r->kind == T_STR && msg_json_string(r, &unused) < 0)
			return -1;
		return msg_json_next(r);
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
		return msg_json_bad(r, "duplicate map key " RAW_FMT, RAW_ARG(raw));
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
		return msg_json_next(r);
	assert(t->n <= 64);
	bit = UINT64_C(1) << (f - t->fields);
	if (*seen & bit) {
		r->raw = raw;
		return msg_json_bad(r, "duplicate field " RAW_FMT, RAW_ARG(raw));
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
	if (msg_json_next(&r) < 0 || read_message(&r, t, out) < 0)
		return -1;
	return r.kind == T_END ? 0 : msg_json_unexpected(&r);
}
