/* test_archive.c - tar out and in, archives of other programs, broken ones. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/archive.h"
#include "io/stream_fd.h"

/* Behind the others: it defines skip() as a macro. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static struct member member(const char *name, int64_t mtime, const char *labels)
{
	return (struct member){ .name = str_cstr(name), .mtime = mtime, .labels = str_cstr(labels) };
}

static const struct {
	const char *name;
	int64_t mtime;
	const char *labels, *bytes;
} rows[] = {
	{ "1768471200123456789-00ff.pb.gz", INT64_C(1768471200123456789),
	    "{\"service_name\":\"api\",\"umlaut\":\"\xc3\xa4\"}", "first" },
	{ "plain", INT64_C(1768471200000000000), "", "" },
	{ "\xc3\xa4/\xe2\x82\xac.pb.gz", 1, "{}", "third, with a name beyond ASCII" },
	{ "before-1970", -2 * NS_PER_S, "{\"a\":\"line\\nbreak\"}", "x" },
};

static struct buf tar_of(size_t n)
{
	struct buf out;
	struct sink *k;
	struct pack *p;
	struct err e;

	buf_init(&out, 1 << 24);
	k = sink_mem(&out);
	p = pack_open(k, &e);
	assert_non_null(p);
	for (size_t i = 0; i < n; i++) {
		struct member m = member(rows[i].name, rows[i].mtime, rows[i].labels);

		if (pack_add(p, &m, str_cstr(rows[i].bytes), &e) < 0)
			fail_msg("%s", e.msg);
	}
	assert_int_equal(pack_close(p, &e), 0);
	assert_int_equal(sink_close(k, &e), 0);
	return out;
}

static void check_text(struct str got, const char *want)
{
	if (!str_eq(got, str_cstr(want)))
		fail_msg("got " STR_FMT ", want %s", STR_ARG(got), want);
}

/* Reads everything; the number of whole members, or -1 with the error. */
static int read_all(struct str in, bool compare, struct err *e)
{
	struct unpack *u = unpack_open(src_mem(in), e);
	struct member m;
	struct buf b;
	int rc, n = 0;

	if (u == NULL)
		return -1;
	buf_init(&b, 1 << 20);
	while ((rc = unpack_next(u, &m, e)) > 0) {
		buf_reset(&b);
		if (unpack_read(u, 1 << 19, &b, e) < 0) {
			rc = -1;
			break;
		}
		if (compare) {
			check_text(m.name, rows[n].name);
			check_text(m.labels, rows[n].labels);
			check_text(buf_str(&b), rows[n].bytes);
			assert_true(m.mtime == rows[n].mtime);
			assert_true(m.regular);
			assert_true(m.sized);
			assert_int_equal(m.size, b.n);
		}
		n++;
	}
	unpack_close(u);
	buf_fini(&b);
	return rc < 0 ? -1 : n;
}

static void test_round_trip(void **state)
{
	struct err e = { 0 };

	(void)state;
	for (size_t n = 0; n <= ARRAY_LEN(rows); n++) {
		struct buf tar = tar_of(n), again = tar_of(n);

		assert_true(str_eq(buf_str(&tar), buf_str(&again)));
		assert_int_equal(tar.n % 512, 0);
		if (read_all(buf_str(&tar), true, &e) != (int)n)
			fail_msg("%zu members: %s", n, e.msg);
		buf_fini(&tar);
		buf_fini(&again);
	}
}

/* Nothing of the machine or the moment may be in the bytes. */
static void test_deterministic(void **state)
{
	struct buf tar = tar_of(ARRAY_LEN(rows));

	(void)state;
	assert_int_equal(str_search(buf_str(&tar), STR("root")), tar.n);
	assert_int_equal(str_search(buf_str(&tar), STR("atime")), tar.n);
	assert_int_equal(str_search(buf_str(&tar), STR("ctime")), tar.n);
	assert_int_equal(str_search(buf_str(&tar), STR("SCHILY.ino")), tar.n);
	assert_int_equal(str_search(buf_str(&tar), STR("LIBARCHIVE.")), tar.n);
	assert_true(str_search(buf_str(&tar), STR("mtime=1768471200.123456789")) < tar.n);
	assert_true(str_search(buf_str(&tar), STR("SCHILY.xattr.user.pyro.labels={\"service_name\"")) < tar.n);
	buf_fini(&tar);
}

static void test_cut_everywhere(void **state)
{
	struct buf tar = tar_of(ARRAY_LEN(rows));
	struct err e;

	(void)state;
	/* The end is two blocks of zeros; one of them is enough. */
	for (size_t n = 0; n < tar.n - 512; n++) {
		char *p = malloc(n + !n);

		memcpy(p, tar.p, n);
		if (read_all(str_of(p, n), true, &e) >= 0)
			fail_msg("accepted %zu of %zu bytes", n, tar.n);
		assert_int_equal(e.kind, ERR_CORRUPT);
		free(p);
	}
	buf_fini(&tar);
}

static void test_damaged(void **state)
{
	struct buf tar = tar_of(2);
	struct err e;

	(void)state;
	for (size_t i = 0; i < tar.n; i++) {
		tar.p[i] ^= 0x15;
		read_all(buf_str(&tar), false, &e);
		tar.p[i] ^= 0x15;
	}
	buf_fini(&tar);
}

/* A file of zeros is an empty tar, or one that nobody filled. */
static void test_zeros(void **state)
{
	static const struct {
		size_t n;
		const char *want; /* NULL: a tar without members */
	} cases[] = {
		{ 1024, NULL },
		{ 10240, NULL },
		{ 10752, "10752 bytes that are all zero: nothing was written there; record or copy it again" },
		{ 2000, "2000 bytes that are all zero: nothing was written there; record or copy it again" },
		{ 1 << 20, "1048576 bytes that are all zero: nothing was written there; record or copy it again" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *p = calloc(1, cases[i].n);
		struct err e;

		assert_int_equal(read_all(str_of(p, cases[i].n), false, &e), cases[i].want ? -1 : 0);
		if (cases[i].want) {
			assert_int_equal(e.kind, ERR_CORRUPT);
			assert_string_equal(e.msg, cases[i].want);
		}
		free(p);
	}
}

static void test_concatenated(void **state)
{
	struct buf one = tar_of(1), all = tar_of(3);
	struct err e;

	(void)state;
	buf_add(&all, buf_str(&one));
	assert_int_equal(read_all(buf_str(&all), false, &e), 4);
	buf_fini(&one);
	buf_fini(&all);
}

static void test_limits(void **state)
{
	struct buf tar = tar_of(1), b;
	struct unpack *u = unpack_open(src_mem(buf_str(&tar)), NULL);
	struct member m;
	struct err e;
	char *labels = calloc(1, ARCHIVE_LABELS_MAX + 1);
	struct sink *k;
	struct pack *p;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(unpack_next(u, &m, &e), 1);
	assert_int_equal(unpack_read(u, 4, &b, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_string_equal(e.msg, "archive: member is larger than 4 bytes");
	unpack_close(u);
	u = unpack_open(src_mem(buf_str(&tar)), NULL);
	assert_int_equal(unpack_next(u, &m, &e), 1);
	buf_reset(&b);
	assert_int_equal(unpack_read(u, 5, &b, &e), 0);
	assert_int_equal(b.n, 5);
	assert_int_equal(unpack_next(u, &m, &e), 0);
	unpack_close(u);
	unpack_close(NULL);
	buf_fini(&b);

	buf_init(&b, 1 << 20);
	k = sink_mem(&b);
	p = pack_open(k, &e);
	memset(labels, 'x', ARCHIVE_LABELS_MAX + 1);
	m = member("n", 0, "");
	m.labels = str_of(labels, ARCHIVE_LABELS_MAX + 1);
	assert_int_equal(pack_add(p, &m, STR(""), &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	m.labels.n--;
	assert_int_equal(pack_add(p, &m, STR(""), &e), 0);
	assert_int_equal(pack_close(p, &e), 0);
	assert_int_equal(pack_close(NULL, &e), 0);
	sink_close(k, &e);
	u = unpack_open(src_mem(buf_str(&b)), &e);
	assert_int_equal(unpack_next(u, &m, &e), 1);
	assert_int_equal(m.labels.n, ARCHIVE_LABELS_MAX);
	unpack_close(u);
	free(labels);
	buf_fini(&b);
	buf_fini(&tar);
}

/* The sink's own error comes out, not libarchive's. */
static void test_sink_error(void **state)
{
	struct buf small;
	struct sink *k;
	struct pack *p;
	struct err e;
	struct member m = member("n", 0, "");
	int rc = 0;

	(void)state;
	buf_init(&small, 5000);
	k = sink_mem(&small);
	p = pack_open(k, &e);
	for (int i = 0; i < 100 && rc == 0; i++)
		rc = pack_add(p, &m, STR("bytes"), &e);
	assert_int_equal(rc, -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_int_equal(pack_close(p, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	sink_close(k, &e);
	buf_fini(&small);
}

static void test_like(void **state)
{
	static const struct {
		struct str s;
		int want;
	} cases[] = {
		{ { "", 0 }, 0 },
		{ { "PK\3\4....", 8 }, 1 },
		{ { "PK\5\6....", 8 }, 1 },
		{ { "070701", 6 }, 1 },
		{ { "07070", 5 }, 0 },
		{ { "\x1f\x8b\x08", 3 }, 0 },
		{ { "main;work 5\n", 12 }, 0 },
	};
	struct buf tar = tar_of(1);
	char text[512];
	struct src *s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		s = src_mem(cases[i].s);
		assert_int_equal(archive_like(s, NULL), cases[i].want);
		src_close(s);
	}
	s = src_mem(buf_str(&tar));
	assert_int_equal(archive_like(s, NULL), 1);
	src_close(s);
	tar.p[10] ^= 1;
	s = src_mem(buf_str(&tar));
	assert_int_equal(archive_like(s, NULL), 0);
	src_close(s);
	memset(text, 0, sizeof(text));
	s = src_mem(str_of(text, 512));
	assert_int_equal(archive_like(s, NULL), 1);
	src_close(s);
	memset(text, ' ', sizeof(text));
	s = src_mem(str_of(text, 512));
	assert_int_equal(archive_like(s, NULL), 0);
	src_close(s);
	buf_fini(&tar);
}

static struct buf output_of(const char *command)
{
	FILE *f = popen(command, "r");
	struct buf b;
	size_t n;

	assert_non_null(f);
	buf_init(&b, 1 << 20);
	do {
		assert_true(buf_room(&b, 4096));
		n = fread(b.p + b.n, 1, 4096, f);
		b.n += n;
	} while (n);
	pclose(f);
	return b;
}

/* What other programs write: GNU tar in its dialects, and zip by Python when it is there. */
static void test_others(void **state)
{
	static const char *const commands[] = {
		"tar -C $T -cf - --format=gnu a b",
		"tar -C $T -cf - --format=ustar a b",
		"tar -C $T -cf - --format=v7 a b",
		"tar -C $T -cf - --format=posix a b",
		"cd $T && python3 -m zipfile -c /dev/stdout a b 2>/dev/null",
		"cd $T && printf 'a\\nb\\n' | cpio -o -H newc 2>/dev/null",
	};
	char folder[] = "/tmp/pyro-test-archive-XXXXXX", line[256];
	struct err e;

	(void)state;
	assert_non_null(mkdtemp(folder));
	setenv("T", folder, 1);
	snprintf(line, sizeof(line), "cd %s && printf hello > a && head -c 100000 /dev/zero > b", folder);
	struct buf none = output_of(line);

	buf_fini(&none);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		struct buf b = output_of(commands[i]);
		struct src *s = src_mem(buf_str(&b));

		if (b.n == 0) {
			print_message("# skipped, no such program: %s\n", commands[i]);
		} else {
			assert_int_equal(archive_like(s, &e), 1);
			if (read_all(buf_str(&b), false, &e) != 2)
				fail_msg("%s: %s", commands[i], e.msg);
			for (size_t n = 0; n < b.n; n += 97)
				read_all(str_of(b.p, n), false, &e);
		}
		src_close(s);
		buf_fini(&b);
	}
	snprintf(line, sizeof(line), "rm -r %s", folder);
	none = output_of(line);
	buf_fini(&none);
}

/* GNU tar lists and unpacks what we write: names, times, sizes. */
static void test_read_by_tar(void **state)
{
	static const char long_name[] = "name-of-more-than-one-hundred-bytes-name-of-more-than-one-hundred-bytes-"
					"name-of-more-than-one-hundred-bytes";
	static const char *const want[] = {
		"2026-01-15 10:00:00.123456789 1768471200123456789-00ff.pb.gz\n",
		"2026-01-15 10:00:00           plain\n",
		"1970-01-01 00:00:00.000000001 \\303\\244/\\342\\202\\254.pb.gz\n",
		"1969-12-31 23:59:58           before-1970\n",
		"-rw-r--r-- 0/0 ",
		long_name,
	};
	char path[] = "/tmp/pyro-test-archive-XXXXXX", line[256];
	int fd = mkstemp(path);
	struct sink *k = sink_fd(fd, FD_OWN, path);
	struct pack *p = pack_open(k, NULL);
	struct buf text;
	struct member m;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		m = member(rows[i].name, rows[i].mtime, rows[i].labels);
		assert_int_equal(pack_add(p, &m, str_cstr(rows[i].bytes), NULL), 0);
	}
	m = member(long_name, 0, "");
	assert_int_equal(pack_add(p, &m, STR("y"), NULL), 0);
	assert_int_equal(pack_close(p, NULL), 0);
	assert_int_equal(sink_close(k, NULL), 0);
	snprintf(line, sizeof(line), "TZ=UTC LC_ALL=C tar --full-time -tvf %s 2>&1", path);
	text = output_of(line);
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		if (str_search(buf_str(&text), str_cstr(want[i])) == text.n)
			fail_msg("no %s in\n" STR_FMT, want[i], STR_ARG(buf_str(&text)));
	assert_int_equal(str_search(buf_str(&text), STR("tar:")), text.n);
	buf_fini(&text);
	snprintf(line, sizeof(line), "tar --xattrs --xattrs-include='*' -tvvf %s", path);
	text = output_of(line);
	snprintf(line, sizeof(line), "x: %zu user.pyro.labels", strlen(rows[0].labels));
	assert_true(str_search(buf_str(&text), str_cstr(line)) < text.n);
	buf_fini(&text);
	unlink(path);
}

static void test_bad_names(void **state)
{
	struct buf b;
	struct sink *k = sink_mem(&b);
	struct pack *p = pack_open(k, NULL);
	struct member m = member("", 0, "");
	struct err e;

	(void)state;
	buf_init(&b, 10000);
	assert_int_equal(pack_add(p, &m, STR(""), &e), -1);
	assert_int_equal(e.kind, ERR_INVALID);
	m.name = STR("a\0b");
	assert_int_equal(pack_add(p, &m, STR(""), &e), -1);
	pack_close(p, &e);
	sink_close(k, &e);
	buf_fini(&b);
}

static void test_not_an_archive(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(read_all(STR("main;work 5\nmain;rest 7\n"), false, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_string_equal(e.msg, "archive: Unrecognized archive format");
}

/* xz, bzip2, lz4 by their own programs: whole, cut, of a limit. */
static void test_packed(void **state)
{
	static const struct {
		const char *name, *command;
	} cases[] = {
		{ "xz", "seq 20000 | xz -c 2>/dev/null" },
		{ "bzip2", "seq 20000 | bzip2 -c 2>/dev/null" },
		{ "lz4", "seq 20000 | lz4 -c 2>/dev/null" },
		{ "xz", "(seq 10000 | xz -c; seq 10001 20000 | xz -c) 2>/dev/null" },
	};
	struct buf plain = output_of("seq 20000");
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf b = output_of(cases[i].command), out;

		if (b.n == 0) {
			print_message("# skipped, no such program: %s\n", cases[i].command);
			continue;
		}
		assert_string_equal(archive_packed(buf_str(&b)), cases[i].name);
		buf_init(&out, plain.n);
		assert_int_equal(archive_unpack(buf_str(&b), plain.n, &out, &e), 0);
		assert_true(str_eq(buf_str(&out), buf_str(&plain)));
		buf_reset(&out);
		assert_int_equal(archive_unpack(buf_str(&b), plain.n - 1, &out, &e), -1);
		assert_int_equal(e.kind, ERR_LIMIT);
		for (size_t n = 16; n < b.n; n += b.n / 40 + 1) {
			buf_reset(&out);
			if (archive_unpack(str_of(b.p, n), plain.n, &out, &e) < 0) {
				assert_int_equal(e.kind, ERR_CORRUPT);
				assert_true(str_prefix(str_cstr(e.msg), str_cstr(cases[i].name)));
			} else {
				/* a cut between two members, or in the checksum that lz4 has at the end */
				if (!str_prefix(buf_str(&plain), buf_str(&out)))
					fail_msg("%s cut at %zu of %zu: %zu bytes of %zu", cases[i].name, n, b.n, out.n,
					    plain.n);
				assert_true(i == 3 || out.n == plain.n);
			}
		}
		buf_fini(&out);
		buf_fini(&b);
	}
	assert_null(archive_packed(STR("BZhello, that is no bzip2")));
	assert_null(archive_packed(STR("")));
	buf_fini(&plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like),
		cmocka_unit_test(test_not_an_archive),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_deterministic),
		cmocka_unit_test(test_zeros),
		cmocka_unit_test(test_concatenated),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_sink_error),
		cmocka_unit_test(test_cut_everywhere),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_packed),
		cmocka_unit_test(test_read_by_tar),
		cmocka_unit_test(test_bad_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
