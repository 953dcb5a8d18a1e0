/*
 * fuzz_zip.c - decompression. The whole-buffer decoders and the streaming
 * filter must agree on what is good, and neither may pass the limit.
 */
#include <stdlib.h>

#include "base/vec.h"
#include "base/zip.h"
#include "io/filter_zip.h"

enum { LIMIT = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check(int (*undo)(struct str in, size_t limit, struct buf *out, struct err *e), struct str in)
{
	struct buf whole, streamed;
	struct src *s = src_unzip(src_mem(in), LIMIT);
	struct err e;
	int rc, rc_stream;

	buf_init(&whole, LIMIT * 2);
	buf_init(&streamed, LIMIT * 2);
	rc = undo(in, LIMIT, &whole, &e);
	require(rc == 0 ? whole.n <= LIMIT : e.kind == ERR_LIMIT || e.kind == ERR_CORRUPT);
	require(rc == 0 || whole.n == 0);
	rc_stream = src_all(s, SIZE_MAX, &streamed, &e);
	require(streamed.n <= LIMIT);
	/* libdeflate lets the two unassigned length codes pass where the checksum is right. */
	if (rc == 0 && rc_stream < 0)
		require(str_eq(str_cstr(e.msg), STR("gzip: invalid literal/length code")));
	if (rc_stream == 0)
		require(rc == 0 && str_eq(buf_str(&whole), buf_str(&streamed)));
	src_close(s);
	buf_fini(&whole);
	buf_fini(&streamed);
}

/* Members and frames, of both kinds: as many bytes as the last end says. */
static void check_ends(struct str in)
{
	struct zip_ends ends = { 0 };
	struct buf out;
	struct err e;

	buf_init(&out, LIMIT * 2);
	if (zip_unpack(in, LIMIT, &out, &ends, &e) == 0)
		require(ends.n > 0 && ends.p[ends.n - 1] == out.n && out.n <= LIMIT);
	for (size_t i = 1; i < ends.n; i++)
		require(ends.p[i - 1] <= ends.p[i]);
	vec_free(&ends);
	buf_fini(&out);
}

/* The first byte chooses; what the encoders make of the rest must come back. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str in = str_of(p, n);
	struct buf zip, back;
	struct err e;

	if (zip_is_gzip(in))
		check(zip_gunzip, in);
	if (zip_is_zstd(in))
		check(zip_unzstd, in);
	check_ends(in);
	if (n == 0 || n > LIMIT)
		return 0;
	buf_init(&zip, LIMIT * 2);
	buf_init(&back, LIMIT * 2);
	if (p[0] & 1) {
		zip_gzip(in, 1 + p[0] % 12, &zip);
		require(zip_gunzip(buf_str(&zip), n, &back, &e) == 0);
	} else {
		zip_zstd(in, 1 + p[0] % 5, &zip);
		require(zip_unzstd(buf_str(&zip), n, &back, &e) == 0);
	}
	require(str_eq(in, buf_str(&back)));
	buf_fini(&zip);
	buf_fini(&back);
	return 0;
}
