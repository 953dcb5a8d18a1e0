/*
 * pb.c - the protobuf wire format.
 */
#include "formats/msg/pb.h"

enum { PB_MAX_NUMBER = (1 << 29) - 1, PB_MAX_GROUPS = 100 };

static bool pb_fail(struct pb_in *in, enum pb_bad bad)
{
	in->bad = bad;
	return false;
}

/* Three to ten bytes, none of them past the end: no look at the end between them. */
static bool varint_whole(struct pb_in *in, uint64_t *v)
{
	const uint8_t *p = in->p;
	uint64_t sum = p[0] & 0x7fu;
	unsigned shift = 7;

	if (p[0] >= 0x80)
		do {
			sum |= (uint64_t)(*++p & 0x7f) << shift;
			shift += 7;
		} while (*p >= 0x80 && shift < 63);
	if (UNLIKELY(*p >= 0x80)) { /* the tenth byte has room for one bit */
		if (*++p > 1)
			return pb_fail(in, PB_OVERFLOW);
		sum |= (uint64_t)*p << 63;
	}
	*v = sum;
	in->p = p + 1;
	return true;
}

bool pb_varint_slow(struct pb_in *in, uint64_t *v)
{
	size_t left = (size_t)(in->end - in->p), n = MIN(left, (size_t)PB_VARINT_MAX);
	uint64_t sum = 0;

	if (LIKELY(n == PB_VARINT_MAX))
		return varint_whole(in, v);
	for (size_t i = 0; i < n; i++) {
		uint8_t c = in->p[i];

		sum |= (uint64_t)(c & 0x7f) << (7 * i);
		if (c < 0x80) {
			*v = sum;
			in->p += i + 1;
			return true;
		}
	}
	return pb_fail(in, PB_SHORT);
}

bool pb_tag_slow(struct pb_in *in, uint32_t *tag)
{
	uint64_t v;

	if (!pb_varint(in, &v))
		return false;
	if (v >> 3 == 0 || v >> 3 > PB_MAX_NUMBER || (v & 7) > PB_FIX32)
		return pb_fail(in, PB_ILLEGAL);
	*tag = (uint32_t)v;
	return true;
}

static bool pb_skip_flat(struct pb_in *in, uint32_t tag)
{
	struct str s;
	uint64_t v;
	uint32_t w;

	switch (tag & 7) {
	case PB_VARINT: return pb_varint(in, &v);
	case PB_FIX64: return pb_fix64(in, &v);
	case PB_LEN: return pb_bytes(in, &s);
	case PB_FIX32: return pb_fix32(in, &w);
	default: return pb_fail(in, PB_ILLEGAL);
	}
}

bool pb_skip(struct pb_in *in, uint32_t tag)
{
	uint32_t open[PB_MAX_GROUPS];
	size_t depth = 0;

	if (LIKELY((tag & 7) != PB_GROUP))
		return pb_skip_flat(in, tag);
	open[depth++] = tag >> 3;
	while (depth) {
		if (in->p == in->end)
			return pb_fail(in, PB_SHORT);
		if (!pb_tag(in, &tag))
			return false;
		if ((tag & 7) == PB_GROUP) {
			if (depth == PB_MAX_GROUPS)
				return pb_fail(in, PB_ILLEGAL);
			open[depth++] = tag >> 3;
		} else if ((tag & 7) == PB_GROUP_END) {
			if (open[--depth] != tag >> 3)
				return pb_fail(in, PB_ILLEGAL);
		} else if (!pb_skip_flat(in, tag)) {
			return false;
		}
	}
	return true;
}

size_t pb_count_varints(struct str packed)
{
	size_t n = 0;

	for (size_t i = 0; i < packed.n; i++)
		n += (uint8_t)packed.p[i] < 0x80;
	return n;
}

int pb_fault(const struct pb_in *in, struct err *e)
{
	switch (in->bad) {
	case PB_OVERFLOW: return err_set(e, ERR_INVALID, "proto: integer overflow");
	case PB_ILLEGAL: return err_set(e, ERR_INVALID, "proto: illegal tag");
	default: return err_set(e, ERR_INVALID, "unexpected EOF");
	}
}

void pb_put_varint(struct buf *b, uint32_t number, uint64_t v)
{
	char tmp[2 * PB_VARINT_MAX], *p;

	p = pb_varint_at(tmp, PB_TAG(number, PB_VARINT));
	p = pb_varint_at(p, v);
	buf_add(b, str_of(tmp, (size_t)(p - tmp)));
}

void pb_put_fix64(struct buf *b, uint32_t number, uint64_t v)
{
	char tmp[PB_VARINT_MAX + sizeof(v)], *p = pb_varint_at(tmp, PB_TAG(number, PB_FIX64));

	for (unsigned i = 0; i < sizeof(v); i++)
		*p++ = (char)(v >> (8 * i));
	buf_add(b, str_of(tmp, (size_t)(p - tmp)));
}

void pb_put_f64(struct buf *b, uint32_t number, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	pb_put_fix64(b, number, bits);
}

void pb_put_bytes(struct buf *b, uint32_t number, struct str s)
{
	buf_uvarint(b, PB_TAG(number, PB_LEN));
	buf_uvarint(b, s.n);
	buf_add(b, s);
}

void pb_put_packed(struct buf *b, uint32_t number, const uint64_t *v, size_t n)
{
	size_t size = 0;
	char *p;

	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++)
		size += pb_varint_size(v[i]);
	buf_uvarint(b, PB_TAG(number, PB_LEN));
	buf_uvarint(b, size);
	if (!buf_room(b, size))
		return;
	p = b->p + b->n;
	for (size_t i = 0; i < n; i++) {
		if (LIKELY(v[i] < 0x80))
			*p++ = (char)v[i];
		else
			p = pb_varint_at(p, v[i]);
	}
	b->n += size;
}

void pb_put_packed_f64(struct buf *b, uint32_t number, const double *v, size_t n)
{
	if (n == 0)
		return;
	buf_uvarint(b, PB_TAG(number, PB_LEN));
	buf_uvarint(b, n * sizeof(*v));
	buf_add(b, str_of(v, n * sizeof(*v)));
}

size_t pb_open(struct buf *b, uint32_t number, unsigned len_size)
{
	char tmp[2 * PB_VARINT_MAX], *p = pb_varint_at(tmp, PB_TAG(number, PB_LEN));

	assert(len_size <= PB_VARINT_MAX);
	memset(p, 0, len_size);
	buf_add(b, str_of(tmp, (size_t)(p - tmp) + len_size));
	return b->n;
}

unsigned pb_close(struct buf *b, size_t at, unsigned len_size)
{
	size_t n = b->n - at, need = pb_varint_size(n);

	assert(b->n >= at);
	if (b->over || (need > len_size && !buf_room(b, need - len_size)))
		return len_size;
	if (need != len_size)
		memmove(b->p + at - len_size + need, b->p + at, n);
	pb_varint_at(b->p + at - len_size, n);
	b->n = at - len_size + need + n;
	return (unsigned)need;
}
