/*
 * rd.h - reading numbers of either byte order from bytes of strangers. Past
 * the end everything reads as zero and `bad` is set: read freely, check once.
 * Only for formats/symbolize.
 */
#ifndef SYMBOLIZE_RD_H
#define SYMBOLIZE_RD_H

#include "base/str.h"

enum { RD_TEXT_MAX = 1 << 16 }; /* bytes of one text of a table: looking for its end must not take all day */

struct rd {
	const uint8_t *p, *end;
	bool big, bad;
};

static inline struct rd rd_of(struct str s, bool big)
{
	if (s.p == NULL)
		s = STR("");
	return (struct rd){ (const uint8_t *)s.p, (const uint8_t *)s.p + s.n, big, false };
}

/* From an offset in s; bad when it lies behind the end. */
static inline struct rd rd_at(struct str s, uint64_t off, bool big)
{
	struct rd r = rd_of(str_skip(s, off < s.n ? (size_t)off : s.n), big);

	r.bad = off > s.n;
	return r;
}

static inline size_t rd_left(const struct rd *r)
{
	return (size_t)(r->end - r->p);
}

static inline const uint8_t *rd_take(struct rd *r, uint64_t n)
{
	static const uint8_t zero[16];
	const uint8_t *p = r->p;

	if (UNLIKELY(n > rd_left(r))) {
		r->bad = true;
		r->p = r->end;
		return n <= sizeof(zero) ? zero : NULL;
	}
	r->p += n;
	return p;
}

static inline void rd_skip(struct rd *r, uint64_t n)
{
	rd_take(r, n);
}

static inline uint8_t rd_u8(struct rd *r)
{
	return *rd_take(r, 1);
}

static inline uint16_t rd_u16(struct rd *r)
{
	uint16_t v;

	memcpy(&v, rd_take(r, 2), 2);
	return r->big ? __builtin_bswap16(v) : v;
}

static inline uint32_t rd_u32(struct rd *r)
{
	uint32_t v;

	memcpy(&v, rd_take(r, 4), 4);
	return r->big ? __builtin_bswap32(v) : v;
}

static inline uint64_t rd_u64(struct rd *r)
{
	uint64_t v;

	memcpy(&v, rd_take(r, 8), 8);
	return r->big ? __builtin_bswap64(v) : v;
}

/* 1, 2, 3, 4 or 8 bytes. */
static inline uint64_t rd_uint(struct rd *r, unsigned size)
{
	const uint8_t *p;

	switch (size) {
	case 1: return rd_u8(r);
	case 2: return rd_u16(r);
	case 3:
		p = rd_take(r, 3);
		return r->big ? (uint64_t)p[0] << 16 | p[1] << 8 | p[2] : (uint64_t)p[2] << 16 | p[1] << 8 | p[0];
	case 4: return rd_u32(r);
	case 8: return rd_u64(r);
	default: r->bad = true; return 0;
	}
}

static inline uint64_t rd_uleb(struct rd *r)
{
	uint64_t v = 0;

	if (LIKELY(rd_left(r) >= 2)) { /* most are that short */
		if (r->p[0] < 0x80)
			return *r->p++;
		if (r->p[1] < 0x80) {
			r->p += 2;
			return (uint64_t)(r->p[-2] & 0x7f) | (uint64_t)r->p[-1] << 7;
		}
	}
	for (unsigned shift = 0; r->p < r->end; shift += 7) {
		uint8_t c = *r->p++;

		if (shift < 64)
			v |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80)
			return v;
		if (shift >= 70)
			break;
	}
	r->bad = true;
	return 0;
}

/* Larger ones become max. */
static inline uint64_t rd_uleb_max(struct rd *r, uint64_t max)
{
	uint64_t v = rd_uleb(r);

	return v < max ? v : max;
}

static inline int64_t rd_sleb(struct rd *r)
{
	uint64_t v = 0;

	for (unsigned shift = 0; r->p < r->end; shift += 7) {
		uint8_t c = *r->p++;

		if (shift < 64)
			v |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80)
			return (int64_t)(c & 0x40 && shift + 7 < 64 ? v | UINT64_MAX << (shift + 7) : v);
		if (shift >= 70)
			break;
	}
	r->bad = true;
	return 0;
}

/* Text up to a NUL, which is passed over. */
static inline struct str rd_cstr(struct rd *r)
{
	const uint8_t *nul = rd_left(r) ? memchr(r->p, 0, rd_left(r)) : NULL;
	struct str s = str_of(r->p, nul ? (size_t)(nul - r->p) : 0);

	if (nul == NULL) {
		r->bad = true;
		r->p = r->end;
	} else
		r->p = nul + 1;
	return s;
}

/* The text at an offset of a table of such; empty when there is none, or none that short. */
static inline struct str rd_text(struct str table, uint64_t off)
{
	struct rd r = rd_at(table, off, false);

	r.end = r.p + MIN(rd_left(&r), (size_t)RD_TEXT_MAX);
	return rd_cstr(&r);
}

#endif
