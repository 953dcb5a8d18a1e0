/* rle.c - see rle.h */
#include "formats/parquet/rle.h"

#include "base/mem.h"
#include "formats/parquet/bits.h"

enum {
	GROUP = 8,       /* values of a bit-packed group */
	MAX_GROUPS = 63, /* of the runs we write: their header is one byte */
	MIN_RUN = 8,
	OVERREAD = 16, /* bytes behind a group that unpacking may touch */
};

/* ---- reading ---- */

struct rle {
	const uint8_t *p, *end;
	unsigned width;
	size_t left; /* values still due */
};

struct run {
	const uint8_t *packed; /* or NULL: n times value */
	size_t bytes;          /* of packed */
	uint32_t value;
	size_t n;
};

static int broken(const struct rle *r, struct err *e)
{
	return err_set(e, ERR_CORRUPT, "levels or indices: cut short, %zu values missing", r->left);
}

static int next_packed(struct rle *r, uint64_t groups, struct run *run, struct err *e)
{
	size_t room = (size_t)(r->end - r->p), bytes;

	run->n = groups > r->left / GROUP ? r->left : (size_t)groups * GROUP;
	bytes = (run->n * r->width + 7) / 8;
	if (run->n == 0 || bytes > room)
		return broken(r, e);
	run->packed = r->p;
	run->bytes = room;
	r->p += r->width == 0 || groups <= room / r->width ? (size_t)groups * r->width : room;
	return 0;
}

static int next_run(struct rle *r, struct run *run, struct err *e)
{
	unsigned bytes = (r->width + 7) / 8;
	uint64_t head;

	if (!bits_uvarint(&r->p, r->end, &head))
		return broken(r, e);
	*run = (struct run){ 0 };
	if (head & 1) {
		if (next_packed(r, head >> 1, run, e) < 0)
			return -1;
	} else {
		if ((size_t)(r->end - r->p) < bytes || head == 0)
			return broken(r, e);
		memcpy(&run->value, r->p, bytes);
		r->p += bytes;
		run->n = head >> 1 > r->left ? r->left : (size_t)(head >> 1);
		if (r->width < 32 && run->value >> r->width)
			return err_set(e, ERR_CORRUPT, "levels or indices: %u does not fit in %u bits", run->value,
			    r->width);
	}
	r->left -= run->n;
	return 0;
}

static struct rle rle_of(struct str in, unsigned width, size_t n)
{
	const uint8_t *p = (const uint8_t *)in.p;

	return (struct rle){ p, p + in.n, width, n };
}

/* Groups of 8 values of a fixed width. */
#define VALUE(i) out[i] = (uint32_t)bits_at(p, (unsigned)(i)*w, w);

static inline __attribute__((always_inline)) void unpack(const uint8_t *p, unsigned w, size_t groups, uint32_t *out)
{
	for (size_t g = 0; g < groups; g++, p += w, out += GROUP) {
		VALUE(0) VALUE(1) VALUE(2) VALUE(3) VALUE(4) VALUE(5) VALUE(6) VALUE(7)
	}
}

#define WIDTH(n)                                                               \
	static void unpack_##n(const uint8_t *p, size_t groups, uint32_t *out) \
	{                                                                      \
		unpack(p, n, groups, out);                                     \
	}
/* clang-format off */
#define EACH_WIDTH                                                                             \
	WIDTH(0) WIDTH(1) WIDTH(2) WIDTH(3) WIDTH(4) WIDTH(5) WIDTH(6) WIDTH(7) WIDTH(8)       \
	WIDTH(9) WIDTH(10) WIDTH(11) WIDTH(12) WIDTH(13) WIDTH(14) WIDTH(15) WIDTH(16)         \
	WIDTH(17) WIDTH(18) WIDTH(19) WIDTH(20) WIDTH(21) WIDTH(22) WIDTH(23) WIDTH(24)        \
	WIDTH(25) WIDTH(26) WIDTH(27) WIDTH(28) WIDTH(29) WIDTH(30) WIDTH(31) WIDTH(32)
/* clang-format on */
EACH_WIDTH
#undef WIDTH
#define WIDTH(n) unpack_##n,

static void (*const unpackers[33])(const uint8_t *, size_t, uint32_t *) = { EACH_WIDTH };

/* The bytes of n values are there; `bytes` tells how many more may be read. */
static void unpack_run(const struct run *run, unsigned width, uint32_t *out)
{
	size_t whole = run->n / GROUP,
	       safe = run->bytes > OVERREAD && width ? MIN(whole, (run->bytes - OVERREAD) / width)
	    : width                                  ? 0
						     : whole;

	unpackers[width](run->packed, safe, out);
	for (size_t i = safe * GROUP; i < run->n; i += GROUP) {
		size_t n = MIN(run->n - i, (size_t)GROUP), from = i / GROUP * width;
		uint8_t padded[32 + OVERREAD] = { 0 };
		uint32_t last[GROUP];

		memcpy(padded, run->packed + from, MIN(run->bytes - from, (size_t)width));
		unpackers[width](padded, 1, last);
		memcpy(out + i, last, n * sizeof(last[0]));
	}
}

int rle_decode32(struct str in, unsigned width, size_t n, uint32_t *out, struct err *e)
{
	struct rle r = rle_of(in, width, n);
	struct run run;

	if (width > 32)
		return err_set(e, ERR_CORRUPT, "indices: %u bits wide", width);
	for (; r.left; out += run.n) {
		if (next_run(&r, &run, e) < 0)
			return -1;
		if (run.packed)
			unpack_run(&run, width, out);
		else
			for (size_t i = 0; i < run.n; i++)
				out[i] = run.value;
	}
	return 0;
}

static uint32_t packed_at(const struct run *run, unsigned width, size_t i)
{
	uint8_t two[10] = { 0 };
	size_t bit = i * width, n = MIN(run->bytes - bit / 8, (size_t)2);

	memcpy(two, run->packed + bit / 8, n);
	return (uint32_t)bits_at(two, (unsigned)(bit % 8), width);
}

int rle_decode8(struct str in, unsigned width, size_t n, uint8_t *out, struct err *e)
{
	struct rle r = rle_of(in, width, n);
	struct run run;

	if (width > 8)
		return err_set(e, ERR_CORRUPT, "levels: %u bits wide", width);
	for (; r.left; out += run.n) {
		if (next_run(&r, &run, e) < 0)
			return -1;
		if (!run.packed)
			memset(out, (int)run.value, run.n);
		else if (width == 1)
			for (size_t i = 0; i < run.n; i++)
				out[i] = run.packed[i / 8] >> (i % 8) & 1;
		else
			for (size_t i = 0; i < run.n; i++)
				out[i] = (uint8_t)packed_at(&run, width, i);
	}
	return 0;
}

/* 8 values at group g as bits: 1 where the value is 0. */
static unsigned zero_bits(const struct run *run, unsigned width, size_t g)
{
	size_t n = MIN(run->n - g * GROUP, (size_t)GROUP);
	unsigned bits = 0;

	if (width == 1)
		return ~run->packed[g] & ((1u << n) - 1);
	for (size_t i = 0; i < n; i++)
		bits |= (unsigned)(packed_at(run, width, g * GROUP + i) == 0) << i;
	return bits;
}

/* out may be NULL: then they are only counted. */
static int find_zeros(struct str in, unsigned width, size_t n, uint32_t *out, size_t max, size_t *found, struct err *e)
{
	struct rle r = rle_of(in, width, n);
	size_t at = 0, k = 0;

	if (width > 8 || n > UINT32_MAX)
		return err_set(e, ERR_CORRUPT, "levels: %zu values, %u bits wide", n, width);
	for (struct run run; r.left; at += run.n) {
		if (next_run(&r, &run, e) < 0)
			return -1;
		if (!run.packed && run.value == 0) {
			if (run.n > max - k)
				goto many;
			for (size_t i = 0; out && i < run.n; i++)
				out[k + i] = (uint32_t)(at + i);
			k += run.n;
		}
		for (size_t g = 0; run.packed && g * GROUP < run.n; g++)
			for (unsigned b = zero_bits(&run, width, g); b; b &= b - 1, k++) {
				if (k == max)
					goto many;
				if (out)
					out[k] = (uint32_t)(at + g * GROUP) + (uint32_t)__builtin_ctz(b);
			}
	}
	*found = k;
	return 0;
many:
	return err_set(e, ERR_CORRUPT, "levels: more than %zu rows", max);
}

int rle_zeros(struct str in, unsigned width, size_t n, uint32_t *out, size_t max, size_t *found, struct err *e)
{
	return find_zeros(in, width, n, out, max, found, e);
}

int rle_count_zeros(struct str in, unsigned width, size_t n, size_t *found, struct err *e)
{
	return find_zeros(in, width, n, NULL, SIZE_MAX, found, e);
}

int rle_all(struct str in, unsigned width, size_t n, uint32_t v, bool *all, struct err *e)
{
	struct rle r = rle_of(in, width, n);
	struct run run;

	*all = true;
	if (width > 8)
		return err_set(e, ERR_CORRUPT, "levels: %u bits wide", width);
	while (r.left && *all) {
		if (next_run(&r, &run, e) < 0)
			return -1;
		if (!run.packed)
			*all = run.value == v;
		for (size_t i = 0; run.packed && i < run.n && *all; i++)
			*all = packed_at(&run, width, i) == v;
	}
	return 0;
}

/* ---- writing ---- */

void rle_encode_run(struct buf *out, unsigned width, uint32_t v, size_t n)
{
	if (n == 0)
		return;
	buf_uvarint(out, (uint64_t)n << 1);
	buf_add(out, str_of(&v, (width + 7) / 8));
}

/* Bits of up to n values; the last byte is filled with zeros. */
static void put_bits(struct buf *out, unsigned width, const uint32_t *v, size_t n)
{
	uint64_t acc = 0;
	unsigned have = 0;

	for (size_t i = 0; i < n; i++) {
		acc |= (uint64_t)v[i] << have;
		for (have += width; have >= 8; have -= 8, acc >>= 8)
			buf_byte(out, (unsigned char)acc);
	}
	if (have)
		buf_byte(out, (unsigned char)acc);
}

void rle_encode_packed(struct buf *out, unsigned width, const uint32_t *v, size_t n)
{
	size_t groups = (n + GROUP - 1) / GROUP, end;

	if (n == 0)
		return;
	buf_uvarint(out, (uint64_t)groups << 1 | 1);
	end = out->n + groups * width;
	if (!buf_room(out, groups * width))
		return;
	put_bits(out, width, v, n);
	buf_fill(out, 0, end - out->n);
}

static void put_groups(struct buf *out, unsigned width, const uint32_t *v, size_t n)
{
	for (; n; v += MIN(n, (size_t)MAX_GROUPS * GROUP), n -= MIN(n, (size_t)MAX_GROUPS * GROUP))
		rle_encode_packed(out, width, v, MIN(n, (size_t)MAX_GROUPS * GROUP));
}

void rle_encode32(struct buf *out, unsigned width, const uint32_t *v, size_t n)
{
	size_t from = 0, i = 0; /* from: first value not yet written; i - from is whole groups */

	while (i < n) {
		size_t run = 1;

		while (i + run < n && v[i + run] == v[i])
			run++;
		if (run >= MIN_RUN) {
			put_groups(out, width, v + from, i - from);
			rle_encode_run(out, width, v[i], run);
			i += run;
			from = i;
		} else {
			i = MIN(i + GROUP, n);
		}
	}
	put_groups(out, width, v + from, n - from);
}

void rle_encode8(struct buf *out, unsigned width, const uint8_t *v, size_t n)
{
	uint32_t *wide = mem_array(n, sizeof(*wide));

	for (size_t i = 0; i < n; i++)
		wide[i] = v[i];
	rle_encode32(out, width, wide, n);
	mem_free(wide);
}

/* Zeros among entries [i, i + 8) as bits; *row: first row that begins at or behind i. */
static unsigned row_bits(const uint32_t *at, size_t rows, size_t *row, uint32_t i)
{
	unsigned bits = 0;

	for (; *row < rows && at[*row] < i + GROUP; ++*row)
		bits |= 1u << (at[*row] - i);
	return bits;
}

struct levels {
	struct buf *out;
	unsigned width;
	uint32_t v[MAX_GROUPS * GROUP];
	size_t n;
};

static void levels_flush(struct levels *l)
{
	rle_encode_packed(l->out, l->width, l->v, l->n);
	l->n = 0;
}

static void levels_run(struct levels *l, uint32_t v, uint32_t n)
{
	levels_flush(l);
	rle_encode_run(l->out, l->width, v, n);
}

void rle_encode_rows(struct buf *out, unsigned width, const uint32_t *at, size_t rows)
{
	struct levels l = { .out = out, .width = width };
	uint32_t i = at[0], end = at[rows];
	size_t row = 0;

	while (i < end) {
		uint32_t next = row < rows ? at[row] : end;
		size_t single = row;

		while (single < rows && at[single] == i + (single - row))
			single++;
		if (next - i >= MIN_RUN) {
			levels_run(&l, 1, next - i);
			i = next;
		} else if (single - row >= MIN_RUN) {
			levels_run(&l, 0, (uint32_t)(single - row));
			i += (uint32_t)(single - row);
			row = single;
		} else {
			unsigned zeros = row_bits(at, rows, &row, i);
			uint32_t n = MIN(end - i, (uint32_t)GROUP);

			for (uint32_t k = 0; k < n; k++)
				l.v[l.n++] = ~zeros >> k & 1;
			i += n;
			if (l.n + GROUP > ARRAY_LEN(l.v))
				levels_flush(&l);
		}
	}
	levels_flush(&l);
}
