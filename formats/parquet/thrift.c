/* thrift.c - see thrift.h */
#include "formats/parquet/thrift.h"

#include "formats/parquet/bits.h"

static bool fail(struct thrift_in *t)
{
	t->bad = true;
	t->p = t->end;
	return false;
}

static uint8_t get_byte(struct thrift_in *t)
{
	if (t->p == t->end) {
		fail(t);
		return 0;
	}
	return *t->p++;
}

static uint64_t get_uvarint(struct thrift_in *t)
{
	uint64_t v;

	if (!bits_uvarint(&t->p, t->end, &v)) {
		fail(t);
		return 0;
	}
	return v;
}

static int64_t get_varint(struct thrift_in *t)
{
	uint64_t v = get_uvarint(t);

	return (int64_t)((v >> 1) ^ -(v & 1));
}

static struct str get_binary(struct thrift_in *t)
{
	uint64_t n = get_uvarint(t);
	const uint8_t *p = t->p;

	if (n > (size_t)(t->end - p)) {
		fail(t);
		return STR("");
	}
	t->p += n;
	return str_of(p, (size_t)n);
}

bool thrift_next(struct thrift_in *t, struct thrift_field *f)
{
	uint8_t head = t->bad ? 0 : get_byte(t);
	int64_t id;

	if (head == THRIFT_STOP)
		return false;
	f->type = head & 15;
	id = head >> 4 ? f->id + (head >> 4) : get_varint(t);
	if (t->bad || f->type == THRIFT_STOP || f->type > THRIFT_STRUCT || id < INT16_MIN || id > INT16_MAX)
		return fail(t);
	f->id = (int16_t)id;
	return true;
}

int64_t thrift_int(struct thrift_in *t, const struct thrift_field *f)
{
	if (f->type == THRIFT_I8)
		return (int8_t)get_byte(t);
	if (f->type < THRIFT_I16 || f->type > THRIFT_I64) {
		fail(t);
		return 0;
	}
	return get_varint(t);
}

int32_t thrift_i32(struct thrift_in *t, const struct thrift_field *f)
{
	int64_t v = thrift_int(t, f);

	if (v < INT32_MIN || v > INT32_MAX) {
		fail(t);
		return 0;
	}
	return (int32_t)v;
}

bool thrift_bool(struct thrift_in *t, const struct thrift_field *f)
{
	if (f->type != THRIFT_TRUE && f->type != THRIFT_FALSE)
		return fail(t);
	return f->type == THRIFT_TRUE;
}

struct str thrift_binary(struct thrift_in *t, const struct thrift_field *f)
{
	if (f->type != THRIFT_BINARY) {
		fail(t);
		return STR("");
	}
	return get_binary(t);
}

bool thrift_struct(struct thrift_in *t, const struct thrift_field *f)
{
	return f->type == THRIFT_STRUCT ? !t->bad : fail(t);
}

static uint32_t get_list(struct thrift_in *t, uint8_t *type)
{
	uint8_t head = get_byte(t);
	uint64_t n = head >> 4 == 15 ? get_uvarint(t) : head >> 4;

	*type = head & 15;
	if (t->bad || n > (size_t)(t->end - t->p) || n > UINT32_MAX) {
		fail(t);
		return 0;
	}
	return (uint32_t)n;
}

uint32_t thrift_list(struct thrift_in *t, const struct thrift_field *f, enum thrift_type type)
{
	uint8_t got;
	uint32_t n;

	if (f->type != THRIFT_LIST && f->type != THRIFT_SET) {
		fail(t);
		return 0;
	}
	n = get_list(t, &got);
	if (got == THRIFT_FALSE)
		got = THRIFT_TRUE;
	if (type == THRIFT_FALSE)
		type = THRIFT_TRUE;
	if (n && got != type) {
		fail(t);
		return 0;
	}
	return n;
}

int64_t thrift_item_int(struct thrift_in *t)
{
	return get_varint(t);
}

/* 0 and 2 are both in use for false. */
bool thrift_item_bool(struct thrift_in *t)
{
	return get_byte(t) == 1;
}

struct str thrift_item_binary(struct thrift_in *t)
{
	return get_binary(t);
}

static void skip_value(struct thrift_in *t, uint8_t type, bool item, unsigned depth);

static void skip_list(struct thrift_in *t, unsigned depth)
{
	uint8_t type;
	uint32_t n = get_list(t, &type);

	while (n-- && !t->bad)
		skip_value(t, type, true, depth);
}

static void skip_map(struct thrift_in *t, unsigned depth)
{
	uint64_t n = get_uvarint(t);
	uint8_t types = n ? get_byte(t) : 0;

	if (n > (size_t)(t->end - t->p))
		fail(t);
	while (n-- && !t->bad) {
		skip_value(t, types >> 4, true, depth);
		skip_value(t, types & 15, true, depth);
	}
}

static void skip_value(struct thrift_in *t, uint8_t type, bool item, unsigned depth)
{
	if (depth > THRIFT_MAX_DEPTH) {
		fail(t);
		return;
	}
	switch (type) {
	case THRIFT_TRUE:
	case THRIFT_FALSE:
		if (item)
			get_byte(t);
		break;
	case THRIFT_I8: get_byte(t); break;
	case THRIFT_I16:
	case THRIFT_I32:
	case THRIFT_I64: get_uvarint(t); break;
	case THRIFT_DOUBLE:
		if (t->end - t->p < 8)
			fail(t);
		else
			t->p += 8;
		break;
	case THRIFT_BINARY: get_binary(t); break;
	case THRIFT_LIST:
	case THRIFT_SET: skip_list(t, depth + 1); break;
	case THRIFT_MAP: skip_map(t, depth + 1); break;
	case THRIFT_STRUCT:
		for (struct thrift_field f = { 0 }; thrift_next(t, &f);)
			skip_value(t, f.type, false, depth + 1);
		break;
	default: fail(t);
	}
}

void thrift_skip(struct thrift_in *t, const struct thrift_field *f)
{
	skip_value(t, f->type, false, 0);
}

static void put_head(struct buf *b, int16_t *last, int16_t id, enum thrift_type type)
{
	int delta = id - *last;

	if (delta > 0 && delta < 16) {
		buf_byte(b, (unsigned char)(delta << 4 | (int)type));
	} else {
		buf_byte(b, (unsigned char)type);
		buf_varint(b, id);
	}
	*last = id;
}

void thrift_put_int(struct buf *b, int16_t *last, int16_t id, enum thrift_type type, int64_t v)
{
	put_head(b, last, id, type);
	if (type == THRIFT_I8)
		buf_byte(b, (unsigned char)v);
	else
		buf_varint(b, v);
}

void thrift_put_i32(struct buf *b, int16_t *last, int16_t id, int32_t v)
{
	thrift_put_int(b, last, id, THRIFT_I32, v);
}

void thrift_put_i64(struct buf *b, int16_t *last, int16_t id, int64_t v)
{
	thrift_put_int(b, last, id, THRIFT_I64, v);
}

void thrift_put_bool(struct buf *b, int16_t *last, int16_t id, bool v)
{
	put_head(b, last, id, v ? THRIFT_TRUE : THRIFT_FALSE);
}

void thrift_put_binary(struct buf *b, int16_t *last, int16_t id, struct str v)
{
	put_head(b, last, id, THRIFT_BINARY);
	thrift_put_item_binary(b, v);
}

void thrift_put_list(struct buf *b, int16_t *last, int16_t id, enum thrift_type type, uint32_t n)
{
	put_head(b, last, id, THRIFT_LIST);
	if (n < 15) {
		buf_byte(b, (unsigned char)(n << 4 | type));
	} else {
		buf_byte(b, (unsigned char)(0xf0 | type));
		buf_uvarint(b, n);
	}
}

void thrift_put_struct(struct buf *b, int16_t *last, int16_t id)
{
	put_head(b, last, id, THRIFT_STRUCT);
}

void thrift_put_stop(struct buf *b)
{
	buf_byte(b, 0);
}

void thrift_put_item_binary(struct buf *b, struct str v)
{
	buf_uvarint(b, v.n);
	buf_add(b, v);
}
