/* otlp_write.c - see otlp_write.h */
#include "formats/otlp/otlp_write.h"

#include <stdio.h>

#include "base/enc.h"
#include "formats/msg/pb.h"

void otlp_out_begin(struct otlp_out *w, struct buf *b, enum otlp_wire wire)
{
	memset(w, 0, sizeof(*w));
	w->b = b;
	w->json = wire == OTLP_JSON;
	w->jw = jw_init(b);
	if (w->json)
		jw_open(&w->jw, '{');
}

void otlp_out_end(struct otlp_out *w)
{
	assert(w->depth == 0);
	if (!w->json)
		return;
	jw_close(&w->jw, '}');
	buf_byte(w->b, '\n');
}

static uint32_t number_of(enum otlp_field_id field)
{
	return otlp_fields[field].number[OTLP_NEWEST];
}

/* The name in lowerCamelCase. */
static void key(struct otlp_out *w, enum otlp_field_id field)
{
	struct str name = otlp_fields[field].name;
	char text[40];
	size_t n = 0;

	for (size_t i = 0; i < name.n && n < sizeof(text); i++)
		if (name.p[i] == '_' && i + 1 < name.n && name.p[i + 1] >= 'a')
			text[n++] = (char)(name.p[++i] - 'a' + 'A');
		else
			text[n++] = name.p[i];
	jw_key(&w->jw, str_of(text, n));
}

void otlp_out_list(struct otlp_out *w, enum otlp_field_id field)
{
	if (!w->json)
		return;
	key(w, field);
	jw_open(&w->jw, '[');
}

void otlp_out_list_end(struct otlp_out *w)
{
	if (w->json)
		jw_close(&w->jw, ']');
}

void otlp_out_open(struct otlp_out *w, enum otlp_field_id field)
{
	assert(w->depth < ARRAY_LEN(w->at));
	if (w->json) {
		if (!otlp_fields[field].many)
			key(w, field);
		jw_open(&w->jw, '{');
	} else {
		/* the last sibling's size is a good guess for this one's */
		if (w->size[w->depth] == 0)
			w->size[w->depth] = 1;
		w->at[w->depth] = pb_open(w->b, number_of(field), w->size[w->depth]);
	}
	w->depth++;
}

void otlp_out_close(struct otlp_out *w)
{
	w->depth--;
	if (w->json)
		jw_close(&w->jw, '}');
	else
		w->size[w->depth] = pb_close(w->b, w->at[w->depth], w->size[w->depth]);
}

static void json_number(struct otlp_out *w, enum otlp_field_id field, int64_t v)
{
	char text[32];
	int n;

	switch (otlp_fields[field].kind) {
	case OTLP_BOOL: jw_bool(&w->jw, v != 0); return;
	case OTLP_I32:
	case OTLP_U32:
	case OTLP_ENUM: jw_i64(&w->jw, v); return;
	case OTLP_U64:
	case OTLP_FIX64: n = snprintf(text, sizeof(text), "%llu", (unsigned long long)v); break;
	default: n = snprintf(text, sizeof(text), "%lld", (long long)v);
	}
	jw_str(&w->jw, str_of(text, (size_t)n));
}

static void put_number(struct otlp_out *w, enum otlp_field_id field, int64_t v)
{
	uint64_t u = (uint64_t)v;

	if (w->json) {
		if (otlp_fields[field].many) {
			otlp_out_list(w, field);
			json_number(w, field, v);
			otlp_out_list_end(w);
		} else {
			key(w, field);
			json_number(w, field, v);
		}
		return;
	}
	if (!otlp_fields[field].many) {
		if (otlp_fields[field].kind == OTLP_FIX64)
			pb_put_fix64(w->b, number_of(field), u);
		else
			pb_put_varint(w->b, number_of(field), u);
	} else if (otlp_fields[field].kind == OTLP_FIX64) {
		pb_put_bytes(w->b, number_of(field), str_of(&u, sizeof(u)));
	} else {
		pb_put_packed(w->b, number_of(field), &u, 1);
	}
}

/* Of a list: the one element of it. */
void otlp_out_number(struct otlp_out *w, enum otlp_field_id field, int64_t v)
{
	if (v != 0 || otlp_fields[field].many)
		put_number(w, field, v);
}

void otlp_out_numbers(struct otlp_out *w, enum otlp_field_id field, const uint32_t *v, uint32_t n)
{
	size_t size = 0;

	if (n == 0)
		return;
	if (w->json) {
		otlp_out_list(w, field);
		for (uint32_t i = 0; i < n; i++)
			json_number(w, field, v[i]);
		otlp_out_list_end(w);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		size += pb_varint_size(v[i]);
	buf_uvarint(w->b, PB_TAG(number_of(field), PB_LEN));
	buf_uvarint(w->b, size);
	for (uint32_t i = 0; i < n; i++)
		buf_uvarint(w->b, v[i]);
}

static void json_text(struct otlp_out *w, enum otlp_field_id field, struct str s)
{
	struct buf hex;

	if (otlp_fields[field].kind != OTLP_BYTES) {
		jw_str(&w->jw, s);
		return;
	}
	/* OTLP's JSON writes ids so, other bytes as base64 */
	buf_init(&hex, SIZE_MAX);
	if (otlp_fields[field].message == OTLP_link)
		enc_hex(&hex, s);
	else
		enc_base64(&hex, s);
	jw_str(&w->jw, buf_str(&hex));
	buf_fini(&hex);
}

void otlp_out_text(struct otlp_out *w, enum otlp_field_id field, struct str s)
{
	if (s.n > 0)
		otlp_out_choice(w, field, 0, s);
}

void otlp_out_texts(struct otlp_out *w, enum otlp_field_id field, const struct str *s, uint32_t n)
{
	if (w->json)
		otlp_out_list(w, field);
	for (uint32_t i = 0; i < n; i++)
		if (w->json)
			json_text(w, field, s[i]);
		else
			pb_put_bytes(w->b, number_of(field), s[i]);
	otlp_out_list_end(w);
}

void otlp_out_choice(struct otlp_out *w, enum otlp_field_id field, int64_t v, struct str s)
{
	if (otlp_fields[field].kind < OTLP_STR) {
		put_number(w, field, v);
	} else if (w->json) {
		key(w, field);
		json_text(w, field, s);
	} else {
		pb_put_bytes(w->b, number_of(field), s);
	}
}
