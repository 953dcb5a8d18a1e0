/*
 * pb.h - the protobuf wire format: a bounded reader and a writer.
 *
 *	message = { tag value }
 *	tag     = varint(field number << 3 | wire)
 *	value   = varint                    wire 0
 *	        | 8 bytes, little endian    wire 1
 *	        | varint(n) n bytes         wire 2
 *	        | tags up to the end tag    wire 3, 4 (groups; only skipped)
 *	        | 4 bytes, little endian    wire 5
 *
 * Reader: a struct pb_in is a window on borrowed bytes that shrinks. Every
 * function returns false when the bytes end too early or break a rule;
 * pb_fault then says which, in the words of the original decoders.
 *
 *	struct pb_in in = pb_in(bytes);
 *	while (in.p < in.end) {
 *		uint32_t tag;
 *		if (!pb_tag(&in, &tag)) return pb_fault(&in, e);
 *		switch (tag) {
 *		case PB_TAG(1, PB_VARINT): ok = pb_varint(&in, &v); break;
 *		case PB_TAG(2, PB_LEN):    ok = pb_bytes(&in, &s); break;
 *		default:                   ok = pb_skip(&in, tag);
 *		}
 *		if (!ok) return pb_fault(&in, e);
 *	}
 *
 * Source: the protobuf encoding document.
 */
#ifndef PB_H
#define PB_H

#include "base/buf.h"
#include "base/err.h"

enum pb_wire {
	PB_VARINT = 0,
	PB_FIX64 = 1,
	PB_LEN = 2,
	PB_GROUP = 3,
	PB_GROUP_END = 4,
	PB_FIX32 = 5,
};

#define PB_TAG(number, wire) ((uint32_t)(number) << 3 | (uint32_t)(wire))

enum pb_bad { PB_OK, PB_SHORT, PB_OVERFLOW, PB_ILLEGAL };

struct pb_in {
	const uint8_t *p, *end;
	enum pb_bad bad; /* why the last call returned false */
};

static inline struct pb_in pb_in(struct str s)
{
	const uint8_t *p = (const uint8_t *)(s.n ? s.p : "");

	return (struct pb_in){ p, p + s.n, PB_OK };
}

bool pb_varint_slow(struct pb_in *in, uint64_t *v);

static inline bool pb_varint(struct pb_in *in, uint64_t *v)
{
	const uint8_t *p = in->p;

	if (LIKELY(in->end - p >= 2)) {
		if (LIKELY(p[0] < 0x80)) {
			*v = p[0];
			in->p = p + 1;
			return true;
		}
		if (p[1] < 0x80) {
			*v = (p[0] & 0x7fu) | (uint32_t)p[1] << 7;
			in->p = p + 2;
			return true;
		}
	}
	return pb_varint_slow(in, v);
}

/* Number and wire as PB_TAG makes them. Refuses number 0, numbers past 2^29 - 1, wires 6 and 7. */
bool pb_tag_slow(struct pb_in *in, uint32_t *tag);

static inline bool pb_tag(struct pb_in *in, uint32_t *tag)
{
	if (LIKELY(in->p < in->end && *in->p < 0x80 && *in->p >= 8 && (*in->p & 7) <= PB_FIX32)) {
		*tag = *in->p++;
		return true;
	}
	return pb_tag_slow(in, tag);
}

static inline bool pb_bytes(struct pb_in *in, struct str *s)
{
	uint64_t n;

	if (!pb_varint(in, &n))
		return false;
	if (UNLIKELY(n > (uint64_t)(in->end - in->p))) {
		in->bad = PB_SHORT;
		return false;
	}
	*s = str_of(in->p, (size_t)n);
	in->p += n;
	return true;
}

static inline bool pb_fix64(struct pb_in *in, uint64_t *v)
{
	if (UNLIKELY(in->end - in->p < 8)) {
		in->bad = PB_SHORT;
		return false;
	}
	memcpy(v, in->p, 8);
	in->p += 8;
	return true;
}

static inline bool pb_fix32(struct pb_in *in, uint32_t *v)
{
	if (UNLIKELY(in->end - in->p < 4)) {
		in->bad = PB_SHORT;
		return false;
	}
	memcpy(v, in->p, 4);
	in->p += 4;
	return true;
}

bool pb_skip(struct pb_in *in, uint32_t tag); /* the value behind tag; groups to a depth of 100 */
size_t pb_count_varints(struct str packed);   /* elements of a packed list of varints */
/* "unexpected EOF" and the like as ERR_INVALID; always -1. */
int pb_fault(const struct pb_in *in, struct err *e);

static inline int64_t pb_zigzag(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static inline size_t pb_varint_size(uint64_t v)
{
	return ((size_t)(63 - __builtin_clzll(v | 1)) * 9 + 73) / 64;
}

enum { PB_VARINT_MAX = 10 };

/* v at p, which has room for PB_VARINT_MAX bytes; returns its end. */
static inline char *pb_varint_at(char *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (char)(v | 0x80);
		v >>= 7;
	}
	*p++ = (char)v;
	return p;
}

/* Writer: appends to b (check once with buf_check). These write also zero and empty values. */
void pb_put_varint(struct buf *b, uint32_t number, uint64_t v);
void pb_put_fix64(struct buf *b, uint32_t number, uint64_t v);
void pb_put_f64(struct buf *b, uint32_t number, double v);
void pb_put_bytes(struct buf *b, uint32_t number, struct str s);
/* Packed lists; nothing when n is 0. */
void pb_put_packed(struct buf *b, uint32_t number, const uint64_t *v, size_t n);
void pb_put_packed_f64(struct buf *b, uint32_t number, const double *v, size_t n);

/*
 * A sub-message of unknown length: what is appended between pb_open and
 * pb_close is its content. len_size says how many bytes to keep free for the
 * length (1 .. 10); a wrong guess costs a memmove of the content. pb_close
 * returns the right number, a good guess for the next sibling.
 *
 *	size_t at = pb_open(b, 2, 1);
 *	pb_put_varint(b, 1, 5);
 *	pb_close(b, at, 1);
 */
size_t pb_open(struct buf *b, uint32_t number, unsigned len_size);
unsigned pb_close(struct buf *b, size_t at, unsigned len_size);

#endif
