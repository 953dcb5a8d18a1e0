/* test_journal.c - the bytes of a journal: frames, torn tails, damage, the way back to sound frames; replay */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "formats/head/journal_format.h"
#include "tools/pyro-ingest/journal.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static const struct {
	struct str tenant, record;
} three[] = {
	{ { "alpha", 5 }, { "first record", 12 } },
	{ { "", 0 }, { "second, with a pyJ1 in it and zeros \0\0", 38 } },
	{ { "beta", 4 }, { "third\0\0\0", 8 } },
};

enum { FILE_MAX = 64 << 20 };

/* A journal of `n` of the records above; at[i] is where frame i begins, at[n] the end. */
static struct buf journal_of(size_t n, size_t *at)
{
	char head[JOURNAL_HEADER];
	struct buf b;

	buf_init(&b, FILE_MAX);
	journal_put_header(head, 0x1122334455667788, 9);
	buf_add(&b, str_of(head, sizeof(head)));
	for (size_t i = 0; i < n; i++) {
		at[i] = b.n;
		journal_put_frame(&b, three[i].tenant, three[i].record);
	}
	at[n] = b.n;
	assert_false(b.over);
	return b;
}

static void begin(struct journal_reader *r, struct str file)
{
	struct err e;

	assert_int_equal(journal_begin(r, file, &e), 0);
}

static void is_record(struct journal_reader *r, size_t i)
{
	struct journal_frame f;

	assert_int_equal(journal_next(r, &f), JOURNAL_RECORD);
	assert_true(str_eq(f.tenant, three[i].tenant));
	assert_true(str_eq(f.record, three[i].record));
}

static void is_end(struct journal_reader *r)
{
	struct journal_frame f;

	assert_int_equal(journal_next(r, &f), JOURNAL_END);
	assert_int_equal(journal_next(r, &f), JOURNAL_END);
}

/* In memory of exactly that size, so that a step too far is seen. */
static char *exactly(struct str s)
{
	char *p = mem_alloc(s.n ? s.n : 1);

	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return p;
}

static void headers(void **state)
{
	char head[JOURNAL_HEADER];
	struct journal_reader r;
	struct err e;

	(void)state;
	journal_put_header(head, 0x1122334455667788, 9);
	assert_memory_equal(head, "pyrojrnl\2\0\0\0\x09\0\0\0\x88\x77\x66\x55\x44\x33\x22\x11\0\0\0\0", 28);
	begin(&r, str_of(head, sizeof(head)));
	assert_int_equal(r.generation, 0x1122334455667788);
	assert_int_equal(r.shard, 9);
	is_end(&r);
	for (size_t n = 0; n < sizeof(head); n++) {
		char *p = exactly(str_of(head, n));

		assert_int_equal(journal_begin(&r, str_of(p, n), &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
		assert_int_equal(journal_like(str_of(p, n)), n >= 8);
		mem_free(p);
	}
	for (size_t i = 0; i < sizeof(head) * 8; i++) {
		head[i / 8] = (char)(head[i / 8] ^ (1 << i % 8));
		assert_int_equal(journal_begin(&r, str_of(head, sizeof(head)), &e), -1);
		/* Another version may have another checksum: it is told first. */
		assert_int_equal(e.kind, i / 8 >= 8 && i / 8 < 12 ? ERR_UNSUPPORTED : ERR_CORRUPT);
		head[i / 8] = (char)(head[i / 8] ^ (1 << i % 8));
	}
}

static void frames(void **state)
{
	size_t at[4];
	struct buf b = journal_of(3, at);
	struct journal_reader r;
	struct journal_frame f;

	(void)state;
	assert_int_equal(at[0], JOURNAL_HEADER);
	assert_memory_equal(b.p + at[0], "pyJ1\x12\0\0\0", 8);
	assert_memory_equal(b.p + at[0] + JOURNAL_FRAME, "\5alphafirst record", 18);
	begin(&r, buf_str(&b));
	for (size_t i = 0; i < 3; i++)
		is_record(&r, i);
	is_end(&r);
	begin(&r, buf_str(&b));
	assert_int_equal(journal_next(&r, &f), JOURNAL_RECORD);
	assert_int_equal(f.at, at[0]);
	assert_int_equal(f.bytes, at[1] - at[0]);
	/* Space that was allocated ahead. */
	buf_fill(&b, 0, 5000);
	begin(&r, buf_str(&b));
	for (size_t i = 0; i < 3; i++)
		is_record(&r, i);
	is_end(&r);
	buf_fini(&b);
}

static void torn_at_every_byte(void **state)
{
	size_t at[4];
	struct buf b = journal_of(3, at);

	(void)state;
	for (int ahead = 0; ahead < 2; ahead++) {
		for (size_t n = at[0]; n < at[3]; n++) {
			size_t size = ahead ? at[3] + 100 : n, whole = 0, left;
			char *p = mem_zalloc(size);
			struct journal_reader r;
			struct journal_frame f;

			memcpy(p, b.p, n);
			begin(&r, str_of(p, size));
			for (left = n; left > 0 && p[left - 1] == 0;)
				left--;
			/* Zeros that were not written are the same as zeros that were. */
			while (whole < 3 && (at[whole + 1] <= n || (ahead && memcmp(p, b.p, at[whole + 1]) == 0)))
				is_record(&r, whole++);
			if (left > at[whole]) {
				assert_int_equal(journal_next(&r, &f), JOURNAL_TORN);
				assert_int_equal(f.at, at[whole]);
				assert_int_equal(f.bytes, left - at[whole]);
			}
			is_end(&r);
			mem_free(p);
		}
	}
	buf_fini(&b);
}

static void broken_middle(void **state)
{
	size_t at[4];
	struct buf b = journal_of(3, at);

	(void)state;
	for (size_t i = at[1] * 8; i < at[2] * 8; i++) {
		struct journal_reader r;
		struct journal_frame f;

		b.p[i / 8] = (char)(b.p[i / 8] ^ (1 << i % 8));
		begin(&r, buf_str(&b));
		is_record(&r, 0);
		assert_int_equal(journal_next(&r, &f), JOURNAL_BROKEN);
		assert_int_equal(f.at, at[1]);
		assert_int_equal(f.bytes, at[2] - at[1]);
		is_record(&r, 2);
		is_end(&r);
		b.p[i / 8] = (char)(b.p[i / 8] ^ (1 << i % 8));
	}
	/* The same to the last one: nobody can tell that from a torn tail. */
	for (size_t i = at[2] * 8; i < at[3] * 8; i++) {
		struct journal_reader r;
		struct journal_frame f;

		b.p[i / 8] = (char)(b.p[i / 8] ^ (1 << i % 8));
		begin(&r, buf_str(&b));
		is_record(&r, 0);
		is_record(&r, 1);
		assert_int_equal(journal_next(&r, &f), JOURNAL_TORN);
		is_end(&r);
		b.p[i / 8] = (char)(b.p[i / 8] ^ (1 << i % 8));
	}
	buf_fini(&b);
}

static void lost_middle(void **state)
{
	/* What may stand where a frame was: zeros, text, false marks, half a frame. */
	static const struct str junk[] = {
		{ "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16 },
		{ "x", 1 },
		{ "pyJ1", 4 },
		{ "pyJ1pyJ1pyJ1pyJ1pyJ1", 20 },
		{ "pyJ1\xff\xff\xff\xff\0\0\0\0", 12 },
		{ "pyJ1\0\0\0\0\0\0\0\0", 12 },
		{ "ppypyJpyJ1\5\0\0\0abcdefghijk", 25 },
	};
	size_t at[4];
	struct buf b = journal_of(3, at);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(junk); i++) {
		struct journal_reader r;
		struct journal_frame f;
		struct buf file;
		char *p;

		buf_init(&file, FILE_MAX);
		buf_add(&file, str_of(b.p, at[1]));
		buf_add(&file, junk[i]);
		buf_add(&file, str_of(b.p + at[2], at[3] - at[2]));
		p = exactly(buf_str(&file));
		begin(&r, str_of(p, file.n));
		is_record(&r, 0);
		assert_int_equal(journal_next(&r, &f), JOURNAL_BROKEN);
		assert_int_equal(f.at, at[1]);
		assert_int_equal(f.bytes, junk[i].n);
		is_record(&r, 2);
		is_end(&r);
		mem_free(p);
		buf_fini(&file);
	}
	buf_fini(&b);
}

/* A sound frame within the record of a broken one is not taken for one of ours while the length of that one holds. */
static void frame_within_a_record(void **state)
{
	struct buf inner, b;
	size_t at[4];
	struct journal_reader r;
	struct journal_frame f;

	(void)state;
	buf_init(&inner, FILE_MAX);
	journal_put_frame(&inner, STR("victim"), STR("not written by anybody"));
	b = journal_of(1, at);
	journal_put_frame(&b, STR("stranger"), buf_str(&inner));
	b.p[at[1] + JOURNAL_FRAME + 2] ^= 1;
	journal_put_frame(&b, three[2].tenant, three[2].record);
	begin(&r, buf_str(&b));
	is_record(&r, 0);
	assert_int_equal(journal_next(&r, &f), JOURNAL_BROKEN);
	is_record(&r, 2);
	is_end(&r);
	buf_fini(&b);
	buf_fini(&inner);
}

static void put_payload(struct buf *b, struct str payload)
{
	size_t at = b->n;

	buf_u32le(b, JOURNAL_MARK);
	buf_u32le(b, (uint32_t)payload.n);
	buf_u32le(b, crc32c(crc32c(0, str_of(b->p + at + 4, 4)), payload));
	buf_add(b, payload);
}

static void payloads_without_a_tenant(void **state)
{
	static const struct str bad[] = {
		{ "\5four", 5 },
		{ "\x80", 1 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff", 8 },
		{ "\x7f", 1 },
	};
	size_t at[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct buf b = journal_of(1, at);
		struct journal_reader r;
		struct journal_frame f;

		put_payload(&b, bad[i]);
		journal_put_frame(&b, three[2].tenant, three[2].record);
		begin(&r, buf_str(&b));
		is_record(&r, 0);
		assert_int_equal(journal_next(&r, &f), JOURNAL_BROKEN);
		assert_int_equal(f.at, at[1]);
		assert_int_equal(f.bytes, JOURNAL_FRAME + bad[i].n);
		is_record(&r, 2);
		is_end(&r);
		buf_fini(&b);
	}
}

static void frame_that_does_not_fit(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 40);
	journal_put_frame(&b, STR("a"), STR("0123456789"));
	assert_int_equal(b.n, JOURNAL_FRAME + 12);
	assert_false(b.over);
	journal_put_frame(&b, STR("a"), STR("0123456789"));
	assert_true(b.over);
	assert_int_equal(b.n, JOURNAL_FRAME + 12);
	buf_fini(&b);
}

/* Every fourth byte begins a false frame of half the file: summing up each would take hours. */
static void search_has_a_limit(void **state)
{
	enum { SIZE = 2 << 20 };
	size_t at[4];
	struct buf b = journal_of(1, at);
	struct journal_reader r;
	struct journal_frame f;

	(void)state;
	while (b.n < SIZE) {
		buf_u32le(&b, JOURNAL_MARK);
		buf_u32le(&b, SIZE / 2);
	}
	begin(&r, buf_str(&b));
	is_record(&r, 0);
	assert_int_equal(journal_next(&r, &f), JOURNAL_TORN);
	is_end(&r);
	assert_true(r.work <= (uint64_t)66 * b.n);
	buf_fini(&b);
}

/* ---- files ---- */

struct seen {
	size_t n, refuse;
};

static int see(void *ctx, struct str tenant, struct str record, struct err *e)
{
	struct seen *s = ctx;

	assert_true(s->n < 3);
	assert_true(str_eq(tenant, three[s->n].tenant));
	assert_true(str_eq(record, three[s->n].record));
	return s->n++ == s->refuse ? err_set(e, ERR_CORRUPT, "refused") : 0;
}

static void files(void **state)
{
	char folder[] = "/tmp/test_journal.XXXXXX", name[48];
	struct journal_report report;
	struct seen seen = { 0, SIZE_MAX };
	size_t at[4];
	struct buf b = journal_of(3, at);
	struct err e;
	int dir, fd;

	(void)state;
	assert_non_null(mkdtemp(folder));
	dir = open(folder, O_RDONLY | O_DIRECTORY);
	journal_name(name, 0x1122334455667788, 9);
	fd = openat(dir, name, O_CREAT | O_WRONLY, 0600);
	buf_fill(&b, 0, 100);
	assert_int_equal(write(fd, b.p, b.n), (ssize_t)b.n);
	assert_int_equal(journal_replay(dir, name, see, &seen, &report, &e), 0);
	assert_int_equal(seen.n, 3);
	assert_int_equal(report.records, 3);
	assert_int_equal(report.bytes, at[3] - at[0]);
	assert_int_equal(report.generation, 0x1122334455667788);
	assert_int_equal(report.shard, 9);
	assert_int_equal(report.broken, 0);
	assert_int_equal(report.torn, 0);
	seen = (struct seen){ 0, 1 };
	assert_int_equal(journal_replay(dir, name, see, &seen, &report, &e), 0);
	assert_int_equal(report.records, 2);
	assert_int_equal(report.broken, 1);
	seen = (struct seen){ 0, SIZE_MAX };
	assert_int_equal(ftruncate(fd, (off_t)(at[3] - 4)), 0);
	assert_int_equal(journal_replay(dir, name, see, &seen, &report, &e), 0);
	assert_int_equal(report.records, 2);
	assert_int_equal(report.torn, at[3] - 4 - at[2]);
	/* A header that was never written, in any way that power loss leaves it. */
	assert_int_equal(ftruncate(fd, 10), 0);
	assert_int_equal(journal_replay(dir, name, see, &seen, &report, &e), 0);
	assert_int_equal(report.torn, 10);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(journal_replay(dir, name, see, &seen, &report, &e), 0);
	assert_int_equal(ftruncate(fd, 5000), 0);
	assert_int_equal(journal_replay(dir, name, see, &seen, &report, &e), 0);
	assert_int_equal(report.records + report.broken, 0);
	assert_int_equal(pwrite(fd, "x", 1, 3), 1);
	assert_int_equal(journal_replay(dir, name, see, &seen, &report, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_non_null(strstr(e.msg, name));
	assert_int_equal(unlinkat(dir, name, 0), 0);
	assert_int_equal(journal_replay(dir, name, see, &seen, &report, &e), -1);
	assert_int_equal(e.kind, ERR_NOTFOUND);
	close(fd);
	close(dir);
	assert_int_equal(rmdir(folder), 0);
	buf_fini(&b);
}

static void names(void **state)
{
	static const char *const bad[] = {
		"",
		"0000000000000001",
		"0000000000000001-",
		"0000000000000001-.journal",
		"0000000000000001-0",
		"000000000000001-0.journal",
		"000000000000000g-0.journal",
		"0000000000000001-4294967296.journal",
		"0000000000000001--1.journal",
		"0000000000000001-0.journal.damaged",
		"000000000000000A-0.journal",
	};
	uint64_t generation;
	uint32_t shard;
	char name[48];

	(void)state;
	journal_name(name, UINT64_MAX, UINT32_MAX);
	assert_string_equal(name, "ffffffffffffffff-4294967295.journal");
	assert_true(journal_name_parse(str_cstr(name), &generation, &shard));
	assert_int_equal(generation, UINT64_MAX);
	assert_int_equal(shard, UINT32_MAX);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(journal_name_parse(str_cstr(bad[i]), &generation, &shard));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(frames),
		cmocka_unit_test(torn_at_every_byte),
		cmocka_unit_test(broken_middle),
		cmocka_unit_test(lost_middle),
		cmocka_unit_test(frame_within_a_record),
		cmocka_unit_test(payloads_without_a_tenant),
		cmocka_unit_test(frame_that_does_not_fit),
		cmocka_unit_test(search_has_a_limit),
		cmocka_unit_test(files),
		cmocka_unit_test(names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
