/*
 * msg_json.c - messages as JSON text.
 */
#include "base/enc.h"
#include "base/json.h"
#include "formats/msg/msg.h"
#include "formats/msg/msg_impl.h"

/* Numbers written between two looks at the room, and the most that one takes. */
enum { NUMBERS_AT_ONCE = 64, NUMBER_MAX = 24 };

static void json_fields(struct jw *w, const struct msg_type *t, const void *msg);

static unsigned digits_of(uint64_t v)
{
	static const uint64_t power[] = {
		0,
		10,
		100,
		1000,
		10000,
		100000,
		1000000,
		10000000,
		100000000,
		1000000000,
		UINT64_C(10000000000),
		UINT64_C(100000000000),
		UINT64_C(1000000000000),
		UINT64_C(10000000000000),
		UINT64_C(100000000000000),
		UINT64_C(1000000000000000),
		UINT64_C(10000000000000000),
		UINT64_C(100000000000000000),
		UINT64_C(1000000000000000000),
		UINT64_C(10000000000000000000),
	};
	/* 1233 / 4096 is log10(2), a little too small; the table decides. */
	unsigned t = (unsigned)(64 - __builtin_clzll(v | 1)) * 1233 >> 12;

	return t + (v >= power[t]);
}

/* v at p in decimal. */
static char *digits_at(char *p, uint64_t v)
{
	static const char pair[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
				   "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
				   "8081828384858687888990919293949596979899";
	unsigned n = v < 10 ? 1 : digits_of(v);
	char *end = p + n, *q = end;

	while (v >= 100) {
		q -= 2;
		memcpy(q, pair + v % 100 * 2, 2);
		v /= 100;
	}
	if (v >= 10)
		memcpy(q - 2, pair + v * 2, 2);
	else
		q[-1] = (char)('0' + v);
	return end;
}

static char *quoted_at(char *p, unsigned kind, uint64_t v)
{
	*p++ = '"';
	if (kind == MSG_I64 && (int64_t)v < 0) {
		*p++ = '-';
		v = 0 - v;
	}
	p = digits_at(p, v);
	*p++ = '"';
	return p;
}

static void json_quoted(struct jw *w, unsigned kind, uint64_t v)
{
	char text[NUMBER_MAX];

	jw_raw(w, str_of(text, (size_t)(quoted_at(text, kind, v) - text)));
}

static void json_numbers(struct jw *w, unsigned kind, const uint64_t *v, size_t n)
{
	jw_open(w, '[');
	for (size_t i = 0; i < n;) {
		size_t stop = i + MIN(n - i, (size_t)NUMBERS_AT_ONCE);
		char *p;

		if (!buf_room(w->b, (stop - i) * NUMBER_MAX))
			return;
		p = w->b->p + w->b->n;
		for (; i < stop; i++) {
			if (i)
				*p++ = ',';
			p = quoted_at(p, kind, v[i]);
		}
		w->b->n = (size_t)(p - w->b->p);
	}
	jw_close(w, ']');
}

static void json_enum(struct jw *w, const struct msg_enum *values, int32_t v)
{
	for (uint32_t i = 0; i < values->n; i++)
		if (values->values[i].number == v) {
			jw_str(w, values->values[i].name);
			return;
		}
	jw_i64(w, v);
}

static void json_bytes(struct jw *w, struct str bytes)
{
	jw_raw(w, STR("\""));
	enc_base64(w->b, bytes);
	buf_byte(w->b, '"');
}

static void json_scalar(struct jw *w, const struct msg_field *f, const void *at)
{
	uint64_t v;

	switch (f->kind) {
	case MSG_BOOL: jw_bool(w, *(const bool *)at); break;
	case MSG_I32: jw_i64(w, *(const int32_t *)at); break;
	case MSG_U32: jw_u64(w, *(const uint32_t *)at); break;
	case MSG_F64: jw_f64(w, *(const double *)at); break;
	case MSG_ENUM: json_enum(w, f->values, *(const int32_t *)at); break;
	case MSG_STR: jw_str(w, *(const struct str *)at); break;
	case MSG_BYTES: json_bytes(w, *(const struct str *)at); break;
	default: memcpy(&v, at, sizeof(v)); json_quoted(w, f->kind, v);
	}
}

static void json_message(struct jw *w, const struct msg_type *t, const void *msg)
{
	jw_open(w, '{');
	json_fields(w, t, msg);
	jw_close(w, '}');
}

static void json_list(struct jw *w, const struct msg_field *f, const struct msg_list *list)
{
	size_t size = msg_element_size(f);
	const char *p = list->p;

	if (f->kind == MSG_I64 || f->kind == MSG_U64) {
		json_numbers(w, f->kind, list->p, list->n);
		return;
	}
	jw_open(w, '[');
	for (size_t i = 0; i < list->n && !w->b->over; i++) {
		if (f->kind == MSG_MSG)
			json_message(w, f->type, p + i * size);
		else
			json_scalar(w, f, p + i * size);
	}
	jw_close(w, ']');
}

static void json_map(struct jw *w, const struct msg_field *f, const struct msg_list *list)
{
	const struct msg_field *key = &f->type->fields[0], *value = &f->type->fields[1];
	const char *p = list->p;

	jw_open(w, '{');
	for (size_t i = 0; i < list->n; i++, p += f->type->size) {
		const void *sub = *(void *const *)msg_at_const(p, value->at);

		jw_key(w, *(const struct str *)msg_at_const(p, key->at));
		jw_open(w, '{');
		if (sub)
			json_fields(w, value->type, sub);
		jw_close(w, '}');
	}
	jw_close(w, '}');
}

/* Whether a member is to be written. */
static bool is_set(const struct msg_field *f, const void *msg)
{
	static const char zero[8];
	const void *at = msg_at_const(msg, f->at);

	if (f->card == MSG_REP || f->card == MSG_MAP)
		return ((const struct msg_list *)at)->n > 0;
	if (f->kind == MSG_MSG)
		return *(void *const *)at != NULL;
	if (f->card == MSG_OPT)
		return *(const bool *)msg_at_const(msg, f->has);
	if (f->kind == MSG_STR || f->kind == MSG_BYTES)
		return ((const struct str *)at)->n > 0;
	return memcmp(at, zero, msg_element_size(f)) != 0;
}

static void json_fields(struct jw *w, const struct msg_type *t, const void *msg)
{
	for (uint32_t i = 0; i < t->n; i++) {
		const struct msg_field *f = &t->fields[i];
		const void *at = msg_at_const(msg, f->at);

		if (!is_set(f, msg))
			continue;
		jw_key(w, f->json);
		if (f->card == MSG_MAP)
			json_map(w, f, at);
		else if (f->card == MSG_REP)
			json_list(w, f, at);
		else if (f->kind == MSG_MSG)
			json_message(w, f->type, *(void *const *)at);
		else
			json_scalar(w, f, at);
	}
}

void msg_to_json(const struct msg_type *t, const void *msg, struct buf *out)
{
	struct jw w = jw_init(out);

	json_message(&w, t, msg);
}
