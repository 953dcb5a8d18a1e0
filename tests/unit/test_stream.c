/* test_stream.c - streams in memory, over descriptors, and through the unzip filter. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/stream.h"
#include "base/zip.h"
#include "io/fd.h"
#include "io/file.h"
#include "io/filter_zip.h"
#include "io/stream_fd.h"
#include "io/window.h"

/* Behind the others: it defines skip() as a macro. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static char folder[64], path[128];

static int setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/pyro-test-stream-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/f", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return file_remove_tree(AT_FDCWD, folder, NULL);
}

/* Gives its bytes in pieces of `step`, then the end or an error. */
struct drip {
	struct window w;
	struct str left;
	size_t step;
	bool fails;
	unsigned calls_after_end;
};

static int drip_fill(struct window *w, char *p, size_t room, size_t *got, struct err *e)
{
	struct drip *d = CONTAINER_OF(w, struct drip, w);
	size_t n = MIN(MIN(d->step, room), d->left.n);

	assert_true(room > 0);
	if (d->left.n == 0 && d->calls_after_end++)
		fail_msg("asked again after the end");
	if (d->left.n == 0 && d->fails)
		return err_set(e, ERR_IO, "drip failed");
	if (n)
		memcpy(p, d->left.p, n);
	d->left = str_skip(d->left, n);
	*got = n;
	return 0;
}

static void drip_close(struct window *w)
{
	window_fini(w);
	mem_free(CONTAINER_OF(w, struct drip, w));
}

static struct src *drip(struct str bytes, size_t step, bool fails)
{
	struct drip *d = mem_zalloc(sizeof(*d));

	window_init(&d->w, drip_fill, drip_close, 16);
	d->left = bytes;
	d->step = step;
	d->fails = fails;
	return &d->w.src;
}

static struct buf text_of(size_t n)
{
	struct buf b;

	buf_init(&b, 1 << 24);
	for (size_t i = 0; b.n < n; i++)
		buf_printf(&b, "line %zu;", i * 2654435761u % 100003);
	b.n = n;
	return b;
}

static void test_memory(void **state)
{
	struct src *s = src_mem(STR("hello"));
	struct arena *a = arena_new();
	struct blob *blob = blob_mem(STR("0123456789"));
	struct err e;
	struct str got;
	struct buf b;
	struct sink *k;

	(void)state;
	assert_int_equal(src_peek(s, 100, &got, &e), 0);
	assert_true(str_eq(got, STR("hello")));
	src_skip(s, 2);
	assert_int_equal(src_peek(s, 1, &got, &e), 0);
	assert_true(str_eq(got, STR("llo")));
	src_skip(s, 3);
	assert_int_equal(src_peek(s, 1, &got, &e), 0);
	assert_int_equal(got.n, 0);
	src_close(s);
	src_close(NULL);
	buf_init(&b, 5);
	k = sink_mem(&b);
	assert_int_equal(sink_write(k, STR("abc"), &e), 0);
	assert_int_equal(sink_write(k, STR_NONE, &e), 0);
	assert_int_equal(sink_write(k, STR("def"), &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_int_equal(sink_close(k, &e), -1);
	assert_int_equal(sink_close(NULL, &e), 0);
	assert_true(str_eq(buf_str(&b), STR("abc")));
	buf_fini(&b);
	assert_int_equal(blob_read(blob, a, 2, 3, &got, &e), 0);
	assert_true(str_eq(got, STR("234")));
	assert_int_equal(blob_read(blob, a, 8, 3, &got, &e), -1);
	assert_string_equal(e.msg, "3 bytes at offset 8 reach past the end (10 bytes)");
	blob_close(blob);
	arena_free(a);
}

static void test_all(void **state)
{
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 100);
	for (size_t step = 1; step < 12; step++) {
		struct src *s = drip(STR("0123456789"), step, false);

		buf_reset(&b);
		assert_int_equal(src_all(s, 10, &b, &e), 0);
		assert_true(str_eq(buf_str(&b), STR("0123456789")));
		src_close(s);
		s = drip(STR("0123456789"), step, false);
		assert_int_equal(src_all(s, 9, &b, &e), -1);
		assert_int_equal(e.kind, ERR_LIMIT);
		src_close(s);
	}
	buf_fini(&b);
	buf_init(&b, 5);
	struct src *s = src_mem(STR("0123456789"));
	assert_int_equal(src_all(s, 10, &b, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	src_close(s);
	buf_fini(&b);
}

/* Any mix of wants and skips sees the same bytes. */
static void test_window(void **state)
{
	struct buf in = text_of(5000);
	uint32_t seed = 7;

	(void)state;
	for (size_t step = 1; step < 300; step += 13) {
		struct src *s = drip(buf_str(&in), step, false);
		size_t at = 0;
		struct err e;
		struct str got;

		for (;;) {
			size_t want, skip;

			seed = seed * 1664525u + 1013904223u;
			want = (seed >> 8) % 200;
			assert_int_equal(src_peek(s, want, &got, &e), 0);
			assert_true(got.n >= MIN(want, in.n - at));
			assert_memory_equal(got.p, in.p + at, got.n);
			if (got.n == 0 && want)
				break;
			skip = (seed >> 20) % (got.n + 1);
			src_skip(s, skip);
			at += skip;
		}
		assert_int_equal(at, in.n);
		src_close(s);
	}
	buf_fini(&in);
}

static void test_window_error(void **state)
{
	struct src *s = drip(STR("abcdef"), 4, true);
	struct err e;
	struct str got;

	(void)state;
	assert_int_equal(src_peek(s, 6, &got, &e), 0);
	assert_int_equal(src_peek(s, 7, &got, &e), -1);
	assert_string_equal(e.msg, "drip failed");
	/* What came before is still there; the error stays. */
	assert_int_equal(src_peek(s, 6, &got, &e), 0);
	src_skip(s, 6);
	memset(&e, 0, sizeof(e));
	assert_int_equal(src_peek(s, 1, &got, &e), -1);
	assert_string_equal(e.msg, "drip failed");
	assert_int_equal(src_peek(s, 1, &got, NULL), -1);
	src_close(s);
}

static void test_paths(void **state)
{
	struct buf in = text_of(300000), b;
	struct err e;
	struct src *s;
	struct sink *k;

	(void)state;
	assert_null(src_path(path, &e));
	assert_int_equal(e.kind, ERR_NOTFOUND);
	k = sink_path(path, &e);
	assert_non_null(k);
	for (size_t at = 0, n = 1; at < in.n; at += n, n = MIN(n * 3, in.n - at))
		assert_int_equal(sink_write(k, str_of(in.p + at, n), &e), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(sink_close(k, &e), 0);
	buf_init(&b, 1 << 20);
	s = src_path(path, &e);
	assert_int_equal(src_all(s, 1 << 20, &b, &e), 0);
	assert_true(str_eq(buf_str(&b), buf_str(&in)));
	src_close(s);
	/* Dropped: the old file stays. */
	assert_int_equal(chmod(path, 0640), 0);
	k = sink_path(path, &e);
	assert_int_equal(sink_write(k, STR("other"), &e), 0);
	sink_drop(k);
	buf_reset(&b);
	assert_int_equal(file_read(AT_FDCWD, path, 1 << 20, &b, &e), 0);
	assert_int_equal(b.n, in.n);
	buf_fini(&b);
	buf_fini(&in);
}

/* Replacing through a link keeps the link and the mode. */
static void test_link(void **state)
{
	char link[128];
	struct stat st;
	struct err e;
	struct sink *k;

	(void)state;
	snprintf(link, sizeof(link), "%s/link", folder);
	assert_int_equal(file_replace(AT_FDCWD, path, STR("old"), 0640, &e), 0);
	assert_int_equal(symlink("f", link), 0);
	k = sink_path(link, &e);
	assert_int_equal(sink_write(k, STR("new!"), &e), 0);
	assert_int_equal(sink_close(k, &e), 0);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void test_full_device(void **state)
{
	struct buf in = text_of(100000);
	struct err e;
	struct sink *k = sink_path("/dev/full", &e);

	(void)state;
	assert_non_null(k);
	/* What fits the buffer is accepted; the error shows at the latest on close. */
	assert_int_equal(sink_write(k, STR("x"), &e), 0);
	assert_int_equal(sink_close(k, &e), -1);
	assert_int_equal(e.sys, ENOSPC);
	assert_string_equal(e.msg, "/dev/full: write: No space left on device");
	k = sink_path("/dev/full", &e);
	assert_int_equal(sink_write(k, buf_str(&in), &e), -1);
	e.sys = 0;
	assert_int_equal(sink_write(k, STR("x"), &e), -1);
	assert_int_equal(e.sys, ENOSPC);
	assert_int_equal(sink_flush(k, &e), -1);
	assert_int_equal(sink_close(k, &e), -1);
	assert_null(sink_path("/nowhere/at/all", &e));
	assert_int_equal(e.kind, ERR_NOTFOUND);
	buf_fini(&in);
}

static void test_pipe(void **state)
{
	int fds[2];
	struct err e;
	struct str got;
	struct sink *k;
	struct src *s;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	k = sink_fd(fds[1], FD_OWN, "pipe");
	s = src_fd(fds[0], FD_OWN, "pipe");
	assert_int_equal(sink_write(k, STR("abc"), &e), 0);
	assert_int_equal(sink_flush(k, &e), 0);
	assert_int_equal(src_peek(s, 1, &got, &e), 0);
	assert_true(str_eq(got, STR("abc")));
	assert_int_equal(sink_write(k, STR("def"), &e), 0);
	assert_int_equal(sink_close(k, &e), 0);
	assert_int_equal(src_peek(s, 100, &got, &e), 0);
	assert_true(str_eq(got, STR("abcdef")));
	src_close(s);
}

/* All of a stream through the filter; the error's text, or NULL. */
static const char *unzip(struct str in, size_t step, uint64_t limit, struct buf *out)
{
	static struct err e;
	struct src *s = src_unzip(drip(in, step, false), limit);
	int rc = src_all(s, SIZE_MAX / 2, out, &e);

	src_close(s);
	return rc < 0 ? e.msg : NULL;
}

static void test_unzip(void **state)
{
	struct buf in = text_of(200000), zip, out;

	(void)state;
	buf_init(&zip, 1 << 24);
	buf_init(&out, 1 << 24);
	for (int kind = 0; kind < 3; kind++) {
		buf_reset(&zip);
		if (kind == 0)
			zip_gzip(buf_str(&in), 6, &zip);
		else if (kind == 1)
			zip_zstd(buf_str(&in), 3, &zip);
		else
			buf_add(&zip, buf_str(&in));
		for (size_t step = 1; step < 100000; step = step * 7 + 1) {
			buf_reset(&out);
			assert_null(unzip(buf_str(&zip), step, 200000, &out));
			assert_true(str_eq(buf_str(&out), buf_str(&in)));
			buf_reset(&out);
			assert_string_equal(unzip(buf_str(&zip), step, 199999, &out),
			    "decompressed data is larger than 199999 bytes");
		}
	}
	buf_fini(&in);
	buf_fini(&zip);
	buf_fini(&out);
}

static void test_unzip_several(void **state)
{
	struct buf zip, out;

	(void)state;
	buf_init(&zip, 1000);
	buf_init(&out, 1000);
	zip_gzip(STR("one"), 6, &zip);
	zip_gzip(STR(""), 6, &zip);
	zip_gzip(STR("two"), 6, &zip);
	for (size_t step = 1; step < 100; step++) {
		buf_reset(&out);
		assert_null(unzip(buf_str(&zip), step, 100, &out));
		assert_true(str_eq(buf_str(&out), STR("onetwo")));
	}
	buf_add(&zip, STR("x"));
	assert_string_equal(unzip(buf_str(&zip), 9, 100, &out), "gzip: unexpected EOF");
	buf_add(&zip, STR("yz"));
	assert_string_equal(unzip(buf_str(&zip), 9, 100, &out), "gzip: incorrect header check");
	buf_reset(&zip);
	zip_zstd(STR("one"), 3, &zip);
	zip_zstd(STR("two"), 3, &zip);
	buf_reset(&out);
	assert_null(unzip(buf_str(&zip), 5, 100, &out));
	assert_true(str_eq(buf_str(&out), STR("onetwo")));
	/* Not compressed, and shorter than a magic number. */
	for (size_t n = 0; n < 5; n++) {
		buf_reset(&out);
		assert_null(unzip(str_of("\x28\xb5\x2f", MIN(n, (size_t)3)), 1, 100, &out));
		assert_int_equal(out.n, MIN(n, 3));
	}
	assert_null(src_unzip(NULL, 1));
	buf_fini(&zip);
	buf_fini(&out);
}

static void test_unzip_cut_everywhere(void **state)
{
	struct buf in = text_of(3000), zip, out;

	(void)state;
	buf_init(&zip, 1 << 20);
	buf_init(&out, 1 << 20);
	for (int kind = 0; kind < 2; kind++) {
		buf_reset(&zip);
		if (kind == 0)
			zip_gzip(buf_str(&in), 6, &zip);
		else
			zip_zstd(buf_str(&in), 3, &zip);
		for (size_t n = 4; n < zip.n; n++) {
			buf_reset(&out);
			assert_string_equal(unzip(str_of(zip.p, n), 50, 1 << 20, &out),
			    kind ? "zstd: unexpected EOF" : "gzip: unexpected EOF");
			assert_true(str_prefix(buf_str(&in), buf_str(&out)));
		}
	}
	buf_fini(&in);
	buf_fini(&zip);
	buf_fini(&out);
}

/* The inner error comes through as it is. */
static void test_unzip_inner_error(void **state)
{
	struct buf zip, out;
	struct err e;

	(void)state;
	buf_init(&zip, 1000);
	buf_init(&out, 1000);
	zip_gzip(STR("some text to be cut"), 6, &zip);
	for (int kind = 0; kind < 2; kind++) {
		struct src *s = src_unzip(drip(kind ? STR("plain text") : str_of(zip.p, 20), 3, true), 100);

		assert_int_equal(src_all(s, 100, &out, &e), -1);
		assert_string_equal(e.msg, "drip failed");
		assert_int_equal(e.kind, ERR_IO);
		src_close(s);
	}
	buf_fini(&zip);
	buf_fini(&out);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_window_error),
		CASE(test_paths),
		CASE(test_link),
		cmocka_unit_test(test_full_device),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_unzip),
		cmocka_unit_test(test_unzip_several),
		cmocka_unit_test(test_unzip_cut_everywhere),
		cmocka_unit_test(test_unzip_inner_error),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
