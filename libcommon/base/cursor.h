/*
 * cursor.h - reading fixed and variable length integers from bytes at hand.
 * Reading past the end gives zeros and sets `bad`, which stays: read a whole
 * record, then check once.
 *
 *	struct cursor c = cursor_of(bytes);
 *	uint32_t n = cursor_u32(&c);
 *	struct str name = cursor_str(&c, cursor_uvarint(&c));
 *	if (c.bad) ...
 */
#ifndef CURSOR_H
#define CURSOR_H

#include "base/str.h"

struct cursor {
	const unsigned char *p, *end;
	bool bad;
};

static inline struct cursor cursor_of(struct str s)
{
	const unsigned char *p = (const unsigned char *)(s.p ? s.p : "");

	return (struct cursor){ p, p + s.n, false };
}

static inline size_t cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->p);
}

/* The next n bytes, or nothing. */
static inline struct str cursor_str(struct cursor *c, uint64_t n)
{
	struct str s;

	if (n > cursor_left(c)) {
		c->bad = true;
		c->p = c->end;
		return STR_NONE;
	}
	s = str_of(c->p, (size_t)n);
	c->p += n;
	return s;
}

/* Big endian, `bytes` of 1 to 8. */
static inline uint64_t cursor_be(struct cursor *c, unsigned bytes)
{
	struct str s = cursor_str(c, bytes);
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | (unsigned char)s.p[i];
	return v;
}

static inline uint32_t cursor_u32(struct cursor *c)
{
	return (uint32_t)cursor_be(c, 4);
}

static inline uint64_t cursor_u64(struct cursor *c)
{
	return cursor_be(c, 8);
}

/* LEB128 of at most 64 bits. */
static inline uint64_t cursor_uvarint(struct cursor *c)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && c->p < c->end; shift += 7) {
		unsigned char b = *c->p++;

		if (shift == 63 && b > 1)
			break;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80)
			return v;
	}
	c->bad = true;
	c->p = c->end;
	return 0;
}

/* Zigzag over LEB128. */
static inline int64_t cursor_varint(struct cursor *c)
{
	uint64_t v = cursor_uvarint(c);

	return (int64_t)(v >> 1 ^ (~(v & 1) + 1));
}

#endif
