/*
 * buf.h - owned bytes that grow up to a maximum set at birth.
 *
 * Appending past the maximum keeps what is there, sets `over` and ignores
 * all later appends: writers append freely and check once, with buf_check.
 */
#ifndef BUF_H
#define BUF_H

#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"
#include "base/str.h"

struct buf {
	char *p;
	size_t n, cap, max;
	bool over;
};

void buf_init(struct buf *b, size_t max);
void buf_fini(struct buf *b);  /* may be initialised again */
void buf_reset(struct buf *b); /* empties, keeps memory */
/* What b has, in a; what is large is not copied. b is as after buf_fini. */
struct str buf_to_arena(struct buf *b, struct arena *a);
int buf_check(const struct buf *b, const char *what, struct err *e); /* ERR_LIMIT if over */

bool buf_room(struct buf *b, size_t n); /* n more bytes fit behind p + n (then may be written there) */
void buf_add(struct buf *b, struct str s);
void buf_fill(struct buf *b, char c, size_t n);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool buf_grow(struct buf *b, size_t n); /* slow path of buf_room */

static inline struct str buf_str(const struct buf *b)
{
	return (struct str){ b->p, b->n };
}

static inline void buf_byte(struct buf *b, unsigned char c)
{
	if (LIKELY(b->n < b->cap) || buf_grow(b, 1))
		b->p[b->n++] = (char)c;
}

/* Fixed-width integers. */
void buf_u16be(struct buf *b, uint16_t v);
void buf_u32be(struct buf *b, uint32_t v);
void buf_u64be(struct buf *b, uint64_t v);
void buf_u32le(struct buf *b, uint32_t v);
void buf_u64le(struct buf *b, uint64_t v);
/* LEB128: unsigned, and zigzag for signed values. */
void buf_uvarint(struct buf *b, uint64_t v);
void buf_varint(struct buf *b, int64_t v);

#endif
