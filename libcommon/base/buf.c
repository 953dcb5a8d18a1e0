/*
 * buf.c - owned bytes with a maximum.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"

enum {
	BUF_FIRST = 64,
	BUF_LARGE = 64 << 10, /* a copy touches as many new pages; what is smaller lies better with the rest */
};

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void buf_fini(struct buf *b)
{
	mem_free(b->p);
	*b = (struct buf){ .max = b->max };
}

struct str buf_to_arena(struct buf *b, struct arena *a)
{
	struct str out;

	if (b->n < BUF_LARGE) {
		out = arena_str(a, buf_str(b));
		buf_fini(b);
		return out;
	}
	out = str_of(mem_resize(b->p, b->n, 1), b->n);
	arena_take(a, (char *)(uintptr_t)out.p, out.n);
	*b = (struct buf){ .max = b->max };
	return out;
}

void buf_reset(struct buf *b)
{
	b->n = 0;
	b->over = false;
}

int buf_check(const struct buf *b, const char *what, struct err *e)
{
	if (!b->over)
		return 0;
	return err_set(e, ERR_LIMIT, "%s: larger than %zu bytes", what, b->max);
}

bool buf_grow(struct buf *b, size_t n)
{
	size_t cap;

	if (b->over)
		return false;
	if (b->n > b->max || n > b->max - b->n) {
		b->over = true;
		/* Makes the fast paths, which compare with cap only, refuse as well. */
		b->cap = b->n;
		return false;
	}
	if (n <= b->cap - b->n)
		return true;
	cap = MAX(b->n + n, (size_t)BUF_FIRST);
	if (b->cap <= b->max / 2)
		cap = MAX(cap, b->cap * 2);
	else
		cap = b->max;
	cap = MIN(cap, b->max);
	b->p = mem_resize(b->p, cap, 1);
	b->cap = cap;
	return true;
}

bool buf_room(struct buf *b, size_t n)
{
	return LIKELY(!b->over && n <= b->cap - b->n) || buf_grow(b, n);
}

void buf_add(struct buf *b, struct str s)
{
	if (s.n == 0 || !buf_room(b, s.n))
		return;
	memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
}

void buf_fill(struct buf *b, char c, size_t n)
{
	if (n == 0 || !buf_room(b, n))
		return;
	memset(b->p + b->n, c, n);
	b->n += n;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	size_t room = b->over ? 0 : b->cap - b->n;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(room ? b->p + b->n : NULL, room, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < room) {
		b->n += (size_t)n;
	} else if (n > 0 && buf_room(b, (size_t)n)) {
		/* vsnprintf ends with a NUL for which there may be no room left. */
		char *tmp = mem_alloc((size_t)n + 1);

		vsnprintf(tmp, (size_t)n + 1, fmt, again);
		memcpy(b->p + b->n, tmp, (size_t)n);
		b->n += (size_t)n;
		mem_free(tmp);
	}
	va_end(again);
}

static void buf_word(struct buf *b, const void *p, size_t n)
{
	buf_add(b, str_of(p, n));
}

void buf_u16be(struct buf *b, uint16_t v)
{
	v = __builtin_bswap16(v);
	buf_word(b, &v, sizeof(v));
}

void buf_u32be(struct buf *b, uint32_t v)
{
	v = __builtin_bswap32(v);
	buf_word(b, &v, sizeof(v));
}

void buf_u64be(struct buf *b, uint64_t v)
{
	v = __builtin_bswap64(v);
	buf_word(b, &v, sizeof(v));
}

void buf_u32le(struct buf *b, uint32_t v)
{
	buf_word(b, &v, sizeof(v));
}

void buf_u64le(struct buf *b, uint64_t v)
{
	buf_word(b, &v, sizeof(v));
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the integers above assume it");

void buf_uvarint(struct buf *b, uint64_t v)
{
	unsigned char tmp[10];
	size_t n = 0;

	if (v < 0x80) {
		buf_byte(b, (unsigned char)v);
		return;
	}
	for (; v >= 0x80; v >>= 7)
		tmp[n++] = (unsigned char)(v | 0x80);
	tmp[n++] = (unsigned char)v;
	buf_add(b, str_of(tmp, n));
}

void buf_varint(struct buf *b, int64_t v)
{
	buf_uvarint(b, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}
