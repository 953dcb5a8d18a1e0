/* dbp.c - see dbp.h */
#include "formats/parquet/dbp.h"

#include "formats/parquet/bits.h"

enum {
	BLOCK = 128,
	MINIBLOCKS = 4,
	MINI = BLOCK / MINIBLOCKS,
	MAX_BLOCK = 65536,
	CHUNK = 32,    /* values unpacked at a time; miniblocks are multiples of it */
	OVERREAD = 16, /* bytes behind a chunk that unpacking may touch */
};

/* ---- writing ---- */

static unsigned width_of(uint64_t v)
{
	return v ? 64 - (unsigned)__builtin_clzll(v) : 0;
}

/* 32 values of `width` bits; LSB first. */
static void put_mini(struct buf *out, const uint64_t *d, unsigned width)
{
	unsigned char bytes[MINI * 8 + 8];
	uint64_t acc = 0;
	unsigned have = 0;
	size_t n = 0;

	for (unsigned i = 0; i < MINI; i++) {
		acc |= d[i] << have;
		if (have + width >= 64) {
			memcpy(bytes + n, &acc, 8);
			n += 8;
			acc = have ? d[i] >> (64 - have) : 0;
			have = have + width - 64;
		} else {
			have += width;
		}
	}
	memcpy(bytes + n, &acc, 8);
	buf_add(out, str_of(bytes, (size_t)width * MINI / 8));
}

/* d[0..n): deltas less their minimum; zeros follow up to BLOCK. */
static void put_block(struct buf *out, const uint64_t *d, size_t n, int64_t min)
{
	unsigned width[MINIBLOCKS];

	buf_varint(out, min);
	for (unsigned m = 0; m < MINIBLOCKS; m++) {
		uint64_t all = 0;

		for (unsigned i = 0; i < MINI; i++)
			all |= d[m * MINI + i];
		width[m] = width_of(all);
		buf_byte(out, (unsigned char)width[m]);
	}
	for (unsigned m = 0; m < MINIBLOCKS && m * MINI < n; m++)
		if (width[m])
			put_mini(out, d + m * MINI, width[m]);
}

static void put_header(struct buf *out, size_t n, int64_t first)
{
	buf_uvarint(out, BLOCK);
	buf_uvarint(out, MINIBLOCKS);
	buf_uvarint(out, n);
	buf_varint(out, first);
}

void dbp_encode64(struct buf *out, const int64_t *v, size_t n)
{
	uint64_t d[BLOCK];

	put_header(out, n, n ? v[0] : 0);
	for (size_t at = 1; at < n; at += BLOCK) {
		size_t k = MIN(n - at, (size_t)BLOCK);
		int64_t min = INT64_MAX;

		for (size_t i = 0; i < k; i++) {
			d[i] = (uint64_t)v[at + i] - (uint64_t)v[at + i - 1];
			min = MIN(min, (int64_t)d[i]);
		}
		for (size_t i = 0; i < k; i++)
			d[i] -= (uint64_t)min;
		memset(d + k, 0, (BLOCK - k) * sizeof(d[0]));
		put_block(out, d, k, min);
	}
}

void dbp_encode32(struct buf *out, const uint32_t *v, size_t n)
{
	uint64_t d[BLOCK];

	put_header(out, n, n ? (int32_t)v[0] : 0);
	for (size_t at = 1; at < n; at += BLOCK) {
		size_t k = MIN(n - at, (size_t)BLOCK);
		int32_t min = INT32_MAX;

		for (size_t i = 0; i < k; i++) {
			d[i] = v[at + i] - v[at + i - 1];
			min = MIN(min, (int32_t)(uint32_t)d[i]);
		}
		for (size_t i = 0; i < k; i++)
			d[i] = (uint32_t)d[i] - (uint32_t)min;
		memset(d + k, 0, (BLOCK - k) * sizeof(d[0]));
		put_block(out, d, k, min);
	}
}

/* ---- reading ---- */

/* 32 deltas of a fixed width become 32 values: prev is the value before, min is added to each. */
#define VALUE(i)                                      \
	prev += bits_at(p, (unsigned)(i)*w, w) + min; \
	out[i] = prev;

static inline __attribute__((always_inline)) uint64_t unpack(const uint8_t *p, unsigned w, uint64_t min, uint64_t prev,
    uint64_t *out)
{
	for (unsigned g = 0; g < CHUNK / 8; g++, p += w, out += 8) {
		VALUE(0) VALUE(1) VALUE(2) VALUE(3) VALUE(4) VALUE(5) VALUE(6) VALUE(7)
	}
	return prev;
}

#define WIDTH(n)                                                                                 \
	static uint64_t unpack_##n(const uint8_t *p, uint64_t min, uint64_t prev, uint64_t *out) \
	{                                                                                        \
		return unpack(p, n, min, prev, out);                                             \
	}
/* clang-format off */
#define EACH_WIDTH                                                                             \
	WIDTH(0) WIDTH(1) WIDTH(2) WIDTH(3) WIDTH(4) WIDTH(5) WIDTH(6) WIDTH(7) WIDTH(8)       \
	WIDTH(9) WIDTH(10) WIDTH(11) WIDTH(12) WIDTH(13) WIDTH(14) WIDTH(15) WIDTH(16)         \
	WIDTH(17) WIDTH(18) WIDTH(19) WIDTH(20) WIDTH(21) WIDTH(22) WIDTH(23) WIDTH(24)        \
	WIDTH(25) WIDTH(26) WIDTH(27) WIDTH(28) WIDTH(29) WIDTH(30) WIDTH(31) WIDTH(32)        \
	WIDTH(33) WIDTH(34) WIDTH(35) WIDTH(36) WIDTH(37) WIDTH(38) WIDTH(39) WIDTH(40)        \
	WIDTH(41) WIDTH(42) WIDTH(43) WIDTH(44) WIDTH(45) WIDTH(46) WIDTH(47) WIDTH(48)        \
	WIDTH(49) WIDTH(50) WIDTH(51) WIDTH(52) WIDTH(53) WIDTH(54) WIDTH(55) WIDTH(56)        \
	WIDTH(57) WIDTH(58) WIDTH(59) WIDTH(60) WIDTH(61) WIDTH(62) WIDTH(63) WIDTH(64)
/* clang-format on */
EACH_WIDTH
#undef WIDTH
#define WIDTH(n) unpack_##n,

static uint64_t (*const unpackers[65])(const uint8_t *, uint64_t, uint64_t, uint64_t *) = { EACH_WIDTH };

struct stream {
	const uint8_t *p, *end;
	size_t block, minis, per_mini, count;
	uint64_t prev; /* the last value */
};

static int get_uvarint(struct stream *s, uint64_t *v, struct err *e)
{
	if (bits_uvarint(&s->p, s->end, v))
		return 0;
	return err_set(e, ERR_CORRUPT, "delta stream: cut short or a number too long");
}

static int get_varint(struct stream *s, uint64_t *v, struct err *e)
{
	if (get_uvarint(s, v, e) < 0)
		return -1;
	*v = (*v >> 1) ^ -(*v & 1);
	return 0;
}

static int get_header(struct stream *s, size_t max, struct err *e)
{
	uint64_t block, minis, count;

	if (get_uvarint(s, &block, e) < 0 || get_uvarint(s, &minis, e) < 0 || get_uvarint(s, &count, e) < 0 ||
	    get_varint(s, &s->prev, e) < 0)
		return -1;
	if (block == 0 || block > MAX_BLOCK || block % BLOCK || minis == 0 || minis > block / CHUNK || block % minis ||
	    block / minis % CHUNK)
		return err_set(e, ERR_UNSUPPORTED, "delta stream: %llu miniblocks in a block of %llu",
		    (unsigned long long)minis, (unsigned long long)block);
	if (count > max)
		return err_set(e, ERR_CORRUPT, "delta stream: %llu values where at most %zu are due",
		    (unsigned long long)count, max);
	s->block = (size_t)block;
	s->minis = (size_t)minis;
	s->per_mini = s->block / s->minis;
	s->count = (size_t)count;
	return 0;
}

/* CHUNK values of a miniblock. The bytes are there. */
static void get_chunk(struct stream *s, unsigned width, uint64_t min, uint64_t *out)
{
	size_t bytes = (size_t)width * CHUNK / 8;
	uint8_t padded[CHUNK * 8 + OVERREAD];
	const uint8_t *p = s->p;

	if (UNLIKELY((size_t)(s->end - p) < bytes + OVERREAD)) {
		memcpy(padded, p, bytes);
		memset(padded + bytes, 0, OVERREAD);
		p = padded;
	}
	s->prev = unpackers[width](p, min, s->prev, out);
	s->p += bytes;
}

static void narrow(uint32_t *to, const uint64_t *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (uint32_t)from[i];
}

/* One miniblock: up to `left` values go to *out, which advances. wide: 64-bit values. */
static inline __attribute__((always_inline)) void get_mini(struct stream *s, unsigned width, uint64_t min, size_t left,
    void **out, bool wide)
{
	const uint8_t *next = s->p + s->per_mini / 8 * width;
	uint64_t values[CHUNK];

	for (size_t done = 0; done < s->per_mini && done < left; done += CHUNK) {
		size_t n = MIN(left - done, (size_t)CHUNK);

		if (wide && n == CHUNK) {
			get_chunk(s, width, min, *out);
		} else {
			get_chunk(s, width, min, values);
			if (wide)
				memcpy(*out, values, n * sizeof(values[0]));
			else
				narrow(*out, values, n);
		}
		*out = (char *)*out + n * (wide ? 8 : 4);
	}
	s->p = next;
}

static inline __attribute__((always_inline)) int get_block(struct stream *s, size_t *left, void **out, bool wide,
    struct err *e)
{
	const uint8_t *widths;
	uint64_t min;

	if (get_varint(s, &min, e) < 0)
		return -1;
	if ((size_t)(s->end - s->p) < s->minis)
		return err_set(e, ERR_CORRUPT, "delta stream: cut short in the widths of a block");
	widths = s->p;
	s->p += s->minis;
	for (size_t m = 0; m < s->minis && *left; m++) {
		if (widths[m] > (wide ? 64 : 32))
			return err_set(e, ERR_CORRUPT, "delta stream: %u bits wide", widths[m]);
		if ((size_t)(s->end - s->p) < s->per_mini / 8 * widths[m])
			return err_set(e, ERR_CORRUPT, "delta stream: cut short in a block");
		get_mini(s, widths[m], min, *left, out, wide);
		*left -= MIN(*left, s->per_mini);
	}
	return 0;
}

static inline __attribute__((always_inline)) int get_stream(struct str in, size_t max, void *out, bool wide, size_t *n,
    size_t *used, struct err *e)
{
	struct stream s = { .p = (const uint8_t *)in.p, .end = (const uint8_t *)in.p + in.n };
	size_t left;

	if (get_header(&s, max, e) < 0)
		return -1;
	left = *n = s.count;
	if (left) {
		if (wide)
			*(uint64_t *)out = s.prev;
		else
			*(uint32_t *)out = (uint32_t)s.prev;
		out = (char *)out + (wide ? 8 : 4);
		left--;
	}
	while (left)
		if (get_block(&s, &left, &out, wide, e) < 0)
			return -1;
	if (used)
		*used = (size_t)(s.p - (const uint8_t *)in.p);
	else if (s.p != s.end)
		return err_set(e, ERR_CORRUPT, "delta stream: %zu bytes behind its end", (size_t)(s.end - s.p));
	return 0;
}

int dbp_decode64(struct str in, size_t max, int64_t *out, size_t *n, size_t *used, struct err *e)
{
	return get_stream(in, max, out, true, n, used, e);
}

int dbp_decode32(struct str in, size_t max, uint32_t *out, size_t *n, size_t *used, struct err *e)
{
	return get_stream(in, max, out, false, n, used, e);
}
