/* codec.c - see codec.h. snappy and LZ4 blocks are the small LZ77 forms of their format descriptions. */
#include "formats/parquet/codec.h"

#include "base/zip.h"
#include "formats/parquet/bits.h"

struct lz {
	const uint8_t *p, *end;
	uint8_t *out, *at, *limit; /* at: next byte to write */
};

static bool lz_literal(struct lz *z, size_t n)
{
	if (n > (size_t)(z->end - z->p) || n > (size_t)(z->limit - z->at))
		return false;
	memcpy(z->at, z->p, n);
	z->at += n;
	z->p += n;
	return true;
}

/* The source may overlap what is being written: then it repeats. */
static bool lz_copy(struct lz *z, size_t distance, size_t n)
{
	if (distance == 0 || distance > (size_t)(z->at - z->out) || n > (size_t)(z->limit - z->at))
		return false;
	if (distance >= n) {
		memcpy(z->at, z->at - distance, n);
		z->at += n;
	} else {
		for (; n; n--, z->at++)
			*z->at = z->at[-(ptrdiff_t)distance];
	}
	return true;
}

static bool lz_le(struct lz *z, unsigned bytes, size_t *v)
{
	*v = 0;
	if ((size_t)(z->end - z->p) < bytes)
		return false;
	for (unsigned i = 0; i < bytes; i++)
		*v |= (size_t)*z->p++ << (8 * i);
	return true;
}

static bool snappy_step(struct lz *z)
{
	unsigned tag = *z->p++;
	size_t n, distance;

	switch (tag & 3) {
	case 0:
		n = tag >> 2;
		if (n >= 60 && !lz_le(z, (unsigned)n - 59, &n))
			return false;
		return lz_literal(z, n + 1);
	case 1: return lz_le(z, 1, &distance) && lz_copy(z, distance | (size_t)(tag & 0xe0) << 3, (tag >> 2 & 7) + 4);
	default: return lz_le(z, (tag & 3) == 2 ? 2 : 4, &distance) && lz_copy(z, distance, (tag >> 2) + 1);
	}
}

static bool snappy(struct lz *z)
{
	uint64_t n;

	if (!bits_uvarint(&z->p, z->end, &n) || n != (size_t)(z->limit - z->out))
		return false;
	while (z->p < z->end)
		if (!snappy_step(z))
			return false;
	return true;
}

/* A nibble of 15 goes on in bytes up to one that is not 255. */
static bool lz4_length(struct lz *z, size_t *n)
{
	uint8_t more = 255;

	if (*n != 15)
		return true;
	while (more == 255) {
		if (z->p == z->end || *n > (size_t)(z->limit - z->out) + 15)
			return false;
		more = *z->p++;
		*n += more;
	}
	return true;
}

static bool lz4(struct lz *z)
{
	while (z->p < z->end) {
		unsigned token = *z->p++;
		size_t n = token >> 4, distance;

		if (!lz4_length(z, &n) || !lz_literal(z, n))
			return false;
		if (z->p == z->end)
			return true; /* the last sequence has literals only */
		n = token & 15;
		if (!lz_le(z, 2, &distance) || !lz4_length(z, &n) || !lz_copy(z, distance, n + 4))
			return false;
	}
	return true;
}

static int lz_decode(bool (*decode)(struct lz *), const char *name, struct str in, size_t size, struct buf *out,
    struct err *e)
{
	const uint8_t *p = (const uint8_t *)in.p;
	struct lz z = { .p = p, .end = p + in.n };

	if (!buf_room(out, size))
		return buf_check(out, "page", e);
	z.out = z.at = (uint8_t *)out->p + out->n;
	z.limit = z.out + size;
	if (in.n == 0 || !decode(&z) || z.at != z.limit)
		return err_set(e, ERR_CORRUPT, "%s: broken data, %zu of %zu bytes", name, (size_t)(z.at - z.out), size);
	out->n += size;
	return 0;
}

static int checked(int rc, size_t before, size_t size, const struct buf *out, struct err *e)
{
	if (rc < 0)
		return -1;
	if (out->n - before != size)
		return err_set(e, ERR_CORRUPT, "%zu bytes decompressed where the page header says %zu", out->n - before,
		    size);
	return 0;
}

int codec_decode(int codec, struct str in, size_t size, struct buf *out, struct err *e)
{
	size_t before = out->n;

	if (size == 0)
		return 0;
	switch (codec) {
	case PQ_NONE: buf_add(out, in); return checked(buf_check(out, "page", e), before, size, out, e);
	case PQ_SNAPPY: return lz_decode(snappy, "snappy", in, size, out, e);
	case PQ_LZ4_RAW: return lz_decode(lz4, "lz4", in, size, out, e);
	case PQ_GZIP: return checked(zip_gunzip(in, size, out, e), before, size, out, e);
	case PQ_ZSTD: return checked(zip_unzstd(in, size, out, e), before, size, out, e);
	}
	return err_set(e, ERR_UNSUPPORTED, "compression codec %d", codec);
}
