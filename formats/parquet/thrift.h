/*
 * thrift.h - the compact protocol of Apache Thrift, as far as Parquet's
 * footers, page headers and page indexes need it.
 *
 *	field header    (id - previous id) << 4 | type, or type and varint id
 *	types           1 true, 2 false, 3 i8, 4 i16, 5 i32, 6 i64 (varints), 7 double,
 *	                8 binary (uvarint length, bytes), 9 list, 10 set, 11 map, 12 struct
 *	list            n << 4 | type, or 0xf << 4 | type and uvarint n
 *	end of struct   00
 *
 * Reading: errors stick in `bad`, values after one are 0 or empty, and every
 * loop ends; the caller looks once, at the end:
 *
 *	struct thrift_in t = thrift_in(bytes);
 *	for (struct thrift_field f = { 0 }; thrift_next(&t, &f);)
 *		switch (f.id) {
 *		case 1: version = thrift_int(&t, &f); break;
 *		default: thrift_skip(&t, &f);
 *		}
 *	if (t.bad) ...
 *
 * A value of a field must be taken or skipped before the next thrift_next.
 * Binary values borrow the input. The number of list entries is at most the
 * number of bytes left, so that allocating for them is bounded by the input.
 *
 * Writing never fails (see buf.h); fields are given in ascending order.
 */
#ifndef THRIFT_H
#define THRIFT_H

#include "base/buf.h"

enum thrift_type {
	THRIFT_STOP,
	THRIFT_TRUE,
	THRIFT_FALSE,
	THRIFT_I8,
	THRIFT_I16,
	THRIFT_I32,
	THRIFT_I64,
	THRIFT_DOUBLE,
	THRIFT_BINARY,
	THRIFT_LIST,
	THRIFT_SET,
	THRIFT_MAP,
	THRIFT_STRUCT,
};

enum { THRIFT_MAX_DEPTH = 32 }; /* of values that are skipped */

struct thrift_in {
	const uint8_t *p, *end;
	bool bad;
};

struct thrift_field {
	int16_t id;
	uint8_t type;
};

static inline struct thrift_in thrift_in(struct str bytes)
{
	return (struct thrift_in){ (const uint8_t *)bytes.p, (const uint8_t *)bytes.p + bytes.n, false };
}

/* The next field of a struct; f starts as { 0 }. False at the end of the struct or when bad. */
bool thrift_next(struct thrift_in *t, struct thrift_field *f);
int64_t thrift_int(struct thrift_in *t, const struct thrift_field *f); /* i8 to i64 */
int32_t thrift_i32(struct thrift_in *t, const struct thrift_field *f); /* bad when it does not fit */
bool thrift_bool(struct thrift_in *t, const struct thrift_field *f);
struct str thrift_binary(struct thrift_in *t, const struct thrift_field *f);
/* A struct begins: thrift_next with a field of its own. */
bool thrift_struct(struct thrift_in *t, const struct thrift_field *f);
/* Number of entries; their type must be `type` (for bools either one), else bad. */
uint32_t thrift_list(struct thrift_in *t, const struct thrift_field *f, enum thrift_type type);
void thrift_skip(struct thrift_in *t, const struct thrift_field *f);
/* Entries of lists. */
int64_t thrift_item_int(struct thrift_in *t);
bool thrift_item_bool(struct thrift_in *t);
struct str thrift_item_binary(struct thrift_in *t);

/* Writer: *last is the id of the field before, 0 at the beginning of a struct. */
void thrift_put_int(struct buf *b, int16_t *last, int16_t id, enum thrift_type type, int64_t v);
void thrift_put_i32(struct buf *b, int16_t *last, int16_t id, int32_t v);
void thrift_put_i64(struct buf *b, int16_t *last, int16_t id, int64_t v);
void thrift_put_bool(struct buf *b, int16_t *last, int16_t id, bool v);
void thrift_put_binary(struct buf *b, int16_t *last, int16_t id, struct str v);
void thrift_put_list(struct buf *b, int16_t *last, int16_t id, enum thrift_type type, uint32_t n);
void thrift_put_struct(struct buf *b, int16_t *last, int16_t id); /* fields follow, then thrift_put_stop */
void thrift_put_stop(struct buf *b);
/* Entries of lists: buf_varint for integers, buf_byte for bools. */
void thrift_put_item_binary(struct buf *b, struct str v);

#endif
