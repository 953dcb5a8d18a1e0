/*
 * zip.c - gzip by libdeflate, zstd; state per thread. zlib looks only at
 * gzip input that libdeflate has refused, to say whether it was cut short.
 */
#include "base/zip.h"

#include <libdeflate.h>
#include <pthread.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "base/vec.h"

enum {
	DEFLATE_RATIO = 1032, /* no deflate stream expands more */
	ZSTD_RATIO = 1024,    /* beyond it the announced size is not believed in advance */
	GROW_MIN = 4096,
	GZIP_HEAD = 10,
	WINDOW_LOG_MAX = 27, /* address space only: what is touched stays below the limit */
};

struct state {
	struct libdeflate_decompressor *inflate;
	struct libdeflate_compressor *deflate;
	int deflate_level;
	ZSTD_DCtx *unzstd;
	ZSTD_CCtx *zstd;
};

static pthread_key_t state_key;
static pthread_once_t state_once = PTHREAD_ONCE_INIT;
static _Thread_local struct state *state_here;

static void state_free(void *p)
{
	struct state *s = p;

	libdeflate_free_decompressor(s->inflate);
	libdeflate_free_compressor(s->deflate);
	ZSTD_freeDCtx(s->unzstd);
	ZSTD_freeCCtx(s->zstd);
	mem_free(s);
	state_here = NULL;
}

static void state_setup(void)
{
	libdeflate_set_memory_allocator(mem_alloc, mem_free);
	if (pthread_key_create(&state_key, state_free) != 0)
		abort();
}

static struct state *state_get(void)
{
	if (UNLIKELY(state_here == NULL)) {
		pthread_once(&state_once, state_setup);
		state_here = mem_zalloc(sizeof(*state_here));
		pthread_setspecific(state_key, state_here);
	}
	return state_here;
}

void zip_rest(void)
{
	if (state_here == NULL)
		return;
	pthread_setspecific(state_key, NULL);
	state_free(state_here);
}

bool zip_is_gzip(struct str in)
{
	return str_prefix(in, STR("\x1f\x8b"));
}

bool zip_is_zstd(struct str in)
{
	return str_prefix(in, STR("\x28\xb5\x2f\xfd"));
}

static int zip_limit(struct err *e, size_t limit)
{
	return err_set(e, ERR_LIMIT, "decompressed data is larger than %zu bytes", limit);
}

/* What one call may still append. */
struct room {
	size_t limit; /* for the message */
	size_t left;
	size_t before, max; /* of out, when the call began */
};

/* out gets the limit as its maximum, so that it does not grow past it in advance. */
static struct room room_begin(struct buf *out, size_t limit)
{
	size_t left = out->over ? 0 : MIN(limit, out->max - out->n);
	struct room r = { limit, left, out->n, out->max };

	if (!out->over)
		out->max = out->n + left;
	return r;
}

static int room_end(const struct room *r, struct buf *out, int rc)
{
	out->max = r->max;
	if (rc < 0 && !out->over)
		out->n = r->before;
	return rc;
}

/* The length that the last member states about itself: a hint, as it may lie. */
static size_t gzip_hint(struct str in)
{
	uint32_t size = 0;

	if (in.n >= 18)
		memcpy(&size, in.p + in.n - 4, sizeof(size));
	if (size < in.n)
		size = (uint32_t)MIN(in.n, (size_t)UINT32_MAX / 4) * 4;
	return in.n < SIZE_MAX / DEFLATE_RATIO ? MIN((size_t)size, in.n * DEFLATE_RATIO) : size;
}

size_t zip_gunzip_size(struct str in, size_t limit)
{
	uint32_t size = 0;

	if (in.n >= 18)
		memcpy(&size, in.p + in.n - 4, sizeof(size));
	return size <= limit && size / DEFLATE_RATIO <= in.n ? size : 0;
}

bool zip_gunzip_into(struct str in, void *p, size_t n)
{
	struct state *s = state_get();
	size_t used = 0, made = 0;

	if (s->inflate == NULL && (s->inflate = libdeflate_alloc_decompressor()) == NULL)
		abort();
	return libdeflate_gzip_decompress_ex(s->inflate, in.p, in.n, p, n, &used, &made) == LIBDEFLATE_SUCCESS &&
	    used == in.n && made == n;
}

/* zlib's words, where Go's are other ones: those are what clients of the servers here have seen so far. */
static const char *gzip_words(const char *zlib)
{
	if (zlib == NULL)
		return "broken data";
	if (strcmp(zlib, "incorrect header check") == 0)
		return "invalid header";
	if (strcmp(zlib, "incorrect data check") == 0 || strcmp(zlib, "incorrect length check") == 0)
		return "invalid checksum";
	return zlib;
}

/* Says what is wrong with a member: at most `left` bytes of it are inflated, into nowhere. */
static int gzip_diagnose(struct str in, size_t left, struct err *e)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)in.p };
	unsigned char nowhere[16384];
	size_t made = 0, fed = 0;
	int rc;

	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return err_set(e, ERR_CORRUPT, "gzip: broken data");
	do {
		if (z.avail_in == 0) {
			z.avail_in = (unsigned)MIN(in.n - fed, (size_t)1 << 30);
			fed += z.avail_in;
		}
		z.next_out = nowhere;
		z.avail_out = sizeof(nowhere);
		rc = inflate(&z, Z_NO_FLUSH);
		made += sizeof(nowhere) - z.avail_out;
	} while (rc == Z_OK && made <= left && (z.avail_in || fed < in.n || z.avail_out == 0));
	if (rc == Z_BUF_ERROR || (rc == Z_OK && made <= left))
		err_set(e, ERR_CORRUPT, "gzip: unexpected EOF");
	else
		err_set(e, ERR_CORRUPT, "gzip: %s", gzip_words(z.msg));
	inflateEnd(&z);
	return -1;
}

/* One member: appended to out, taken off *rest. */
static int gunzip_member(struct str *rest, struct room *r, struct buf *out, struct err *e)
{
	struct state *s = state_get();
	struct str in = *rest;
	size_t want = MIN(MAX(gzip_hint(in), (size_t)GROW_MIN), r->left), used = 0;

	if (in.n < GZIP_HEAD)
		return err_set(e, ERR_CORRUPT, "gzip: unexpected EOF");
	if (s->inflate == NULL)
		s->inflate = libdeflate_alloc_decompressor();
	for (;;) {
		size_t made = 0;
		enum libdeflate_result rc;
		char none;

		if (want && !buf_room(out, want))
			return zip_limit(e, r->limit);
		rc = libdeflate_gzip_decompress_ex(s->inflate, in.p, in.n, want ? out->p + out->n : &none, want, &used,
		    &made);
		if (rc == LIBDEFLATE_SUCCESS) {
			out->n += made;
			r->left -= made;
			*rest = str_skip(in, used);
			return 0;
		}
		if (rc != LIBDEFLATE_INSUFFICIENT_SPACE)
			return gzip_diagnose(in, r->left, e);
		if (want == r->left)
			return zip_limit(e, r->limit);
		want = want > r->left / 2 ? r->left : want * 2;
	}
}

int zip_gunzip(struct str in, size_t limit, struct buf *out, struct err *e)
{
	struct room r = room_begin(out, limit);
	int rc;

	do {
		rc = gunzip_member(&in, &r, out, e);
	} while (rc == 0 && in.n);
	return room_end(&r, out, rc);
}

/* Room before a frame: its stated size when that is plausible. */
static size_t zstd_hint(struct str frame, size_t left)
{
	unsigned long long size = ZSTD_getFrameContentSize(frame.p, frame.n);
	size_t most = frame.n < SIZE_MAX / ZSTD_RATIO ? frame.n * ZSTD_RATIO : SIZE_MAX;
	size_t want = MAX(MIN(frame.n, SIZE_MAX / 4) * 4, (size_t)GROW_MIN);

	if (size != ZSTD_CONTENTSIZE_UNKNOWN && size != ZSTD_CONTENTSIZE_ERROR)
		want = (size_t)MIN(size, (unsigned long long)MAX(most, (size_t)GROW_MIN));
	return MIN(want, left);
}

/* Decompresses until one frame ends or the input does: 0 frame done, 1 wants input, -1 error. */
static int unzstd_step(ZSTD_DCtx *d, ZSTD_inBuffer *zin, struct room *r, struct buf *out, struct err *e)
{
	for (;;) {
		char extra;
		bool full = r->left == 0;
		ZSTD_outBuffer zout = { &extra, 1, 0 };
		size_t rc, before = zin->pos;

		if (!full) {
			size_t grow = MIN(MAX(out->n / 2, (size_t)GROW_MIN), r->left);

			if (out->n == out->cap && !buf_room(out, grow))
				return zip_limit(e, r->limit);
			zout = (ZSTD_outBuffer){ out->p + out->n, MIN(out->cap - out->n, r->left), 0 };
		}
		rc = ZSTD_decompressStream(d, &zout, zin);
		if (ZSTD_isError(rc))
			return err_set(e, ERR_CORRUPT, "zstd: %s", ZSTD_getErrorName(rc));
		if (full && zout.pos)
			return zip_limit(e, r->limit);
		if (!full) {
			out->n += zout.pos;
			r->left -= zout.pos;
		}
		if (rc == 0)
			return 0;
		if (zin->pos == zin->size && zout.pos < zout.size)
			return 1;
		if (zin->pos == before && zout.pos == 0)
			return err_set(e, ERR_CORRUPT, "zstd: no progress");
	}
}

/* One frame: appended to out, taken off *in. 1: the input ends before the frame does. */
static int unzstd_frame(struct str *in, struct room *r, struct buf *out, struct err *e)
{
	struct state *s = state_get();
	ZSTD_inBuffer zin = { in->p, in->n, 0 };
	size_t want = zstd_hint(*in, r->left);
	int rc;

	if (s->unzstd == NULL && (s->unzstd = ZSTD_createDCtx()) == NULL)
		abort();
	ZSTD_DCtx_reset(s->unzstd, ZSTD_reset_session_only);
	ZSTD_DCtx_setParameter(s->unzstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	rc = want && !buf_room(out, want) ? zip_limit(e, r->limit) : unzstd_step(s->unzstd, &zin, r, out, e);
	*in = str_skip(*in, zin.pos);
	return rc;
}

static int zstd_cut(int rc, struct err *e)
{
	return rc > 0 ? err_set(e, ERR_CORRUPT, "zstd: unexpected EOF") : rc;
}

int zip_unzstd(struct str in, size_t limit, struct buf *out, struct err *e)
{
	struct room r = room_begin(out, limit);
	int rc;

	do {
		rc = unzstd_frame(&in, &r, out, e);
	} while (rc == 0 && in.n);
	return room_end(&r, out, zstd_cut(rc, e));
}

int zip_unzstd_open(struct str in, size_t limit, struct buf *out, struct err *e)
{
	struct room r = room_begin(out, limit);
	int rc;

	do {
		rc = unzstd_frame(&in, &r, out, e);
	} while (rc == 0 && in.n);
	return room_end(&r, out, MIN(rc, 0));
}

int zip_unpack(struct str in, size_t limit, struct buf *out, struct zip_ends *ends, struct err *e)
{
	struct room r = room_begin(out, limit);
	bool zstd = false;
	int rc;

	do {
		/* zstd also has frames of nothing, which begin otherwise */
		zstd = zip_is_zstd(in) || (zstd && !zip_is_gzip(in));
		rc = zstd ? unzstd_frame(&in, &r, out, e) : gunzip_member(&in, &r, out, e);
		if (rc == 0 && ends != NULL)
			vec_push(ends, out->n);
	} while (rc == 0 && in.n);
	return room_end(&r, out, zstd_cut(rc, e));
}

int zip_unzlib_into(struct str in, void *p, size_t n, struct err *e)
{
	struct state *s = state_get();

	if (s->inflate == NULL && (s->inflate = libdeflate_alloc_decompressor()) == NULL)
		abort();
	if (libdeflate_zlib_decompress(s->inflate, in.n ? in.p : "", in.n, p, n, NULL) != LIBDEFLATE_SUCCESS)
		return err_set(e, ERR_CORRUPT, "zlib: not %zu sound bytes", n);
	return 0;
}

int zip_unzstd_into(struct str in, void *p, size_t n, struct err *e)
{
	struct state *s = state_get();
	size_t got;

	if (s->unzstd == NULL && (s->unzstd = ZSTD_createDCtx()) == NULL)
		abort();
	ZSTD_DCtx_reset(s->unzstd, ZSTD_reset_session_only);
	got = ZSTD_decompressDCtx(s->unzstd, p, n, in.p, in.n);
	if (ZSTD_isError(got))
		return err_set(e, ERR_CORRUPT, "zstd: %s", ZSTD_getErrorName(got));
	if (got != n)
		return err_set(e, ERR_CORRUPT, "zstd: %zu bytes instead of %zu", got, n);
	return 0;
}

/* As if the bytes had been appended to a buf that is too small for them. */
static void zip_over(struct buf *out)
{
	out->over = true;
	out->cap = out->n;
}

void zip_gzip(struct str in, int level, struct buf *out)
{
	struct state *s = state_get();
	size_t bound, made;

	if (s->deflate == NULL || s->deflate_level != level) {
		libdeflate_free_compressor(s->deflate);
		s->deflate = libdeflate_alloc_compressor(level);
		s->deflate_level = level;
	}
	assert(s->deflate);
	bound = libdeflate_gzip_compress_bound(s->deflate, in.n);
	/* The bound may pass the maximum where the result does not. */
	if (out->over || !buf_room(out, MIN(bound, out->max - out->n)))
		return;
	made = libdeflate_gzip_compress(s->deflate, in.n ? in.p : "", in.n, out->p + out->n, out->cap - out->n);
	if (made == 0)
		zip_over(out);
	out->n += made;
}

void zip_zstd(struct str in, int level, struct buf *out)
{
	struct state *s = state_get();
	size_t bound = ZSTD_compressBound(in.n), made;

	if (s->zstd == NULL && (s->zstd = ZSTD_createCCtx()) == NULL)
		abort();
	if (out->over || !buf_room(out, MIN(bound, out->max - out->n)))
		return;
	made = ZSTD_compressCCtx(s->zstd, out->p + out->n, out->cap - out->n, in.p, in.n, level);
	if (ZSTD_isError(made))
		zip_over(out);
	else
		out->n += made;
}
