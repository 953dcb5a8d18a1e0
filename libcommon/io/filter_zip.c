/*
 * filter_zip.c - gunzip and unzstd as a src over a src.
 */
#include "io/filter_zip.h"

#include <inttypes.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "base/mem.h"
#include "base/zip.h"
#include "io/window.h"

enum { UNZIP_BUFFER = 65536 };

struct unzip {
	struct window w;
	struct src *in;
	int (*step)(struct unzip *u, char *p, size_t room, size_t *got, struct err *e);
	uint64_t limit, total;
	bool within; /* a gzip member or zstd frame has begun and not ended */
	z_stream z;
	ZSTD_DCtx *zstd;
};

/* One turn of zlib. *got may be 0 without being at the end. */
static int gzip_turn(struct unzip *u, struct str in, char *p, size_t room, size_t *got, struct err *e)
{
	size_t fed = MIN(in.n, (size_t)1 << 30);
	int rc;

	u->z.next_in = (unsigned char *)(uintptr_t)in.p;
	u->z.avail_in = (unsigned)fed;
	u->z.next_out = (unsigned char *)p;
	u->z.avail_out = (unsigned)room;
	rc = inflate(&u->z, Z_NO_FLUSH);
	*got = room - u->z.avail_out;
	src_skip(u->in, fed - u->z.avail_in);
	if (rc == Z_STREAM_END) {
		u->within = false;
		return 0;
	}
	/* Z_BUF_ERROR: nothing to do without more input or room; not an error. */
	if (rc != Z_OK && rc != Z_BUF_ERROR)
		return err_set(e, ERR_CORRUPT, "gzip: %s", u->z.msg ? u->z.msg : "broken data");
	return 0;
}

static int gzip_step(struct unzip *u, char *p, size_t room, size_t *got, struct err *e)
{
	room = MIN(room, (size_t)1 << 30);
	do {
		size_t held;
		struct str in;

		if (src_peek(u->in, 1, &in, e) < 0)
			return -1;
		held = in.n;
		if (!u->within) {
			if (held == 0)
				return 0;
			u->within = true;
			inflateReset(&u->z);
		}
		if (gzip_turn(u, in, p, room, got, e) < 0)
			return -1;
		if (held == 0 && u->within && *got == 0)
			return err_set(e, ERR_CORRUPT, "gzip: unexpected EOF");
	} while (*got == 0);
	return 0;
}

static int zstd_step(struct unzip *u, char *p, size_t room, size_t *got, struct err *e)
{
	do {
		ZSTD_outBuffer out = { p, room, 0 };
		ZSTD_inBuffer zin;
		struct str in;
		size_t rc;

		if (src_peek(u->in, 1, &in, e) < 0)
			return -1;
		if (in.n == 0 && !u->within)
			return 0;
		zin = (ZSTD_inBuffer){ in.p, in.n, 0 };
		rc = ZSTD_decompressStream(u->zstd, &out, &zin);
		if (ZSTD_isError(rc))
			return err_set(e, ERR_CORRUPT, "zstd: %s", ZSTD_getErrorName(rc));
		src_skip(u->in, zin.pos);
		u->within = rc != 0;
		*got = out.pos;
		if (in.n == 0 && u->within && out.pos == 0)
			return err_set(e, ERR_CORRUPT, "zstd: unexpected EOF");
	} while (*got == 0);
	return 0;
}

static int unzip_limit(const struct unzip *u, struct err *e)
{
	return err_set(e, ERR_LIMIT, "decompressed data is larger than %" PRIu64 " bytes", u->limit);
}

static int unzip_fill(struct window *w, char *p, size_t room, size_t *got, struct err *e)
{
	struct unzip *u = CONTAINER_OF(w, struct unzip, w);
	uint64_t left = u->limit - u->total;
	char extra;

	if (left == 0) {
		if (u->step(u, &extra, 1, got, e) < 0)
			return -1;
		return *got ? unzip_limit(u, e) : 0;
	}
	if (u->step(u, p, (size_t)MIN((uint64_t)room, left), got, e) < 0)
		return -1;
	u->total += *got;
	return 0;
}

static void unzip_free(struct window *w)
{
	struct unzip *u = CONTAINER_OF(w, struct unzip, w);

	src_close(u->in);
	if (u->step == gzip_step)
		inflateEnd(&u->z);
	ZSTD_freeDCtx(u->zstd);
	window_fini(w);
	mem_free(u);
}

/* Neither gzip nor zstd: the inner bytes as they lie, not copied. */
static int plain_peek(struct src *s, size_t want, struct str *got, struct err *e)
{
	struct unzip *u = CONTAINER_OF(s, struct unzip, w.src);
	uint64_t left = u->limit - u->total;

	if (src_peek(u->in, want, got, e) < 0)
		return -1;
	if (got->n > left) {
		if (left == 0 || left < want)
			return unzip_limit(u, e);
		got->n = (size_t)left;
	}
	return 0;
}

static void plain_skip(struct src *s, size_t n)
{
	struct unzip *u = CONTAINER_OF(s, struct unzip, w.src);

	u->total += n;
	src_skip(u->in, n);
}

/* The first peek: looks at the magic, then becomes what the stream needs. */
static int unzip_detect(struct src *s, size_t want, struct str *got, struct err *e)
{
	struct unzip *u = CONTAINER_OF(s, struct unzip, w.src);
	struct str head;

	if (src_peek(u->in, 4, &head, e) < 0)
		return -1;
	if (zip_is_gzip(head)) {
		if (inflateInit2(&u->z, 16 + MAX_WBITS) != Z_OK)
			abort();
		u->step = gzip_step;
	} else if (zip_is_zstd(head)) {
		u->zstd = ZSTD_createDCtx();
		if (u->zstd == NULL)
			abort();
		u->step = zstd_step;
	} else {
		s->peek = plain_peek;
		s->skip = plain_skip;
		return plain_peek(s, want, got, e);
	}
	window_init(&u->w, unzip_fill, unzip_free, UNZIP_BUFFER);
	return s->peek(s, want, got, e);
}

struct src *src_unzip(struct src *s, uint64_t limit)
{
	struct unzip *u;

	if (s == NULL)
		return NULL;
	u = mem_zalloc(sizeof(*u));
	window_init(&u->w, unzip_fill, unzip_free, UNZIP_BUFFER);
	u->w.src.peek = unzip_detect;
	u->in = s;
	u->limit = limit;
	return &u->w.src;
}
