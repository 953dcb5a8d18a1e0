/*
 * test_perf_data.c - perf.data made here, in both byte orders, as a file, a
 * pipe and packed: they all hold the same.
 */
#include "tests/lib/perf_fixture.h"
#include "tests/lib/profile_fixture.h"

#include "formats/folded/folded.h"
#include "formats/perf/perf_data.h"
#include "formats/perf/perf_maps.h"

#define KERNEL ((uint64_t)-128)
#define USER ((uint64_t)-512)

/* Two threads, a child that runs another program, the kernel, an address from nowhere, records out of order. */
static void make_records(struct made *m)
{
	made_mmap(m, UINT32_MAX, 0xffffffff81000000, 0x1000000, 0xffffffff81000000, "[kernel.kallsyms]_text", true, 0);
	made_comm(m, 1, 1, "main one", false, 0);
	made_mmap(m, 1, 0x400000, 0x10000, 0x2000, "/bin/one", false, 0);
	made_fork(m, 1, 1, 2, 1, 10);
	made_sample(m, 11, 1, 1, 101, 5, (uint64_t[]){ USER, 0x400100, 0x400201 }, 3);
	made_sample(m, 11, 1, 2, 102, 5,
	    (uint64_t[]){ KERNEL, 0xffffffff81000010, 0xffffffff81000021, USER, 0x400100, 0x400201 }, 6);
	made_fork(m, 3, 1, 3, 1, 103);
	made_sample(m, 22, 3, 3, 104, 0, (uint64_t[]){ USER, 0x400100, 0x400201 }, 3);
	made_comm(m, 3, 3, "two", true, 105);
	made_sample(m, 22, 3, 3, 107, 2, (uint64_t[]){ USER, 0x400100, 0x900001 }, 3);
	/* of another processor: it belongs before the sample above */
	made_mmap2(m, 3, 0x400000, 0x1000, "/bin/two", 8, 106);
	made_sample(m, 11, 0, 0, 108, 5, NULL, 0);
	made_sample(m, 11, 1, 1, 109, 5, (uint64_t[]){ USER, 0x400100, 0x400201 }, 3);
}

#define CPU                                                                                                  \
	"type 'samples' 'count'\ntype 'cpu' 'nanoseconds'\nperiod type 'cpu' 'nanoseconds'\n"                \
	"period 5 time 1000001 duration 8 drop '' keep '' default '' comment 'cmdline : perf record'\n"      \
	"sample 0 1 2 = 2 10\nsample 3 4 0 1 2 = 1 5\nsample 5 6 = 1 5\n"                                    \
	"mapping 1 0x400000-0x410000+0x2000 '/bin/one' 'a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3' flags 0\n" \
	"mapping 2 0x0-0x0+0x0 '' '' flags 0\n"                                                              \
	"mapping 3 0xffffffff81000000-0xffffffff82000000+0x0 '[kernel.kallsyms]' '' flags 0\n"               \
	"location 1 at 0x400100 mapping 0\nlocation 2 at 0x400200 mapping 0\nlocation 3 at 0x0 mapping 1 "   \
	"'main_one':0\n"                                                                                     \
	"location 4 at 0xffffffff81000010 mapping 2\nlocation 5 at 0xffffffff81000020 mapping 2\n"           \
	"location 6 at 0x1234\nlocation 7 at 0x0 mapping 1 'swapper':0\n"                                    \
	"function 1 'main_one' 'main_one' '':0\nfunction 2 'swapper' 'swapper' '':0\n"
#define FAULTS                                                                                                         \
	"type 'samples' 'count'\ntype 'faults' 'count'\nperiod type 'faults' 'count'\n"                                \
	"period 1 time 1000004 duration 3 drop '' keep '' default '' comment 'cmdline : perf record'\n"                \
	"sample 0 1 2 = 1 1\nsample 3 4 5 = 1 2\n"                                                                     \
	"mapping 1 0x400000-0x410000+0x2000 '/bin/one' 'a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3' flags 0\n"           \
	"mapping 2 0x0-0x0+0x0 '' '' flags 0\nmapping 3 0x400000-0x401000+0x1000 '/bin/two' '0102030405060708' flags " \
	"0\n"                                                                                                          \
	"location 1 at 0x400100 mapping 0\nlocation 2 at 0x400200 mapping 0\nlocation 3 at 0x0 mapping 1 "             \
	"'main_one':0\n"                                                                                               \
	"location 4 at 0x400100 mapping 2\nlocation 5 at 0x900000\nlocation 6 at 0x0 mapping 1 'two':0\n"              \
	"function 1 'main_one' 'main_one' '':0\nfunction 2 'two' 'two' '':0\n"

enum form { FORM_FILE, FORM_PIPE, FORM_ZSTD, N_FORMS };

static void make(enum form form, bool big, struct buf *out)
{
	struct made m = { .big = big };

	buf_init(&m.b, 1 << 20);
	make_records(&m);
	if (form == FORM_FILE)
		made_file(&m, out);
	else
		made_pipe(&m, form == FORM_ZSTD, out);
	buf_fini(&m.b);
}

static void test_forms(void **ctx)
{
	(void)ctx;
	for (int form = 0; form < N_FORMS; form++)
		for (int big = 0; big < 2; big++) {
			struct arena *a = arena_new();
			struct format_opts o = { 0 };
			struct format_profiles got = { 0 };
			struct buf b;
			struct err e;

			buf_init(&b, 1 << 20);
			make((enum form)form, big, &b);
			if (perf_data_decode(a, buf_str(&b), &o, &got, &e) < 0)
				fail_msg("form %d: %s", form, e.msg);
			assert_int_equal(got.n, 2);
			assert_true(str_eq(got.p[0].name, STR("cpu-clock:u")));
			assert_true(str_eq(got.p[1].name, STR("faults")));
			expect_profile(got.p[0].p, CPU);
			expect_profile(got.p[1].p, FAULTS);
			assert_int_equal(got.notes.skipped, 0);
			assert_string_equal(format_detect(buf_str(&b), STR(""), &e)->name, "perf-data");
			buf_fini(&b);
			arena_free(a);
		}
}

/* Each event may say that all of the file is its ids; both cannot. */
static void test_ids(void **ctx)
{
	struct format_opts o = { 0 };
	struct format_profiles got = { 0 };
	struct buf b;
	struct err e = { 0 };

	(void)ctx;
	buf_init(&b, 1 << 20);
	make(FORM_FILE, false, &b);
	for (size_t i = 0; i < 2; i++) {
		struct arena *a = arena_new();
		uint64_t section[2] = { 0, b.n - 8 };

		memcpy(b.p + MADE_HEADER + i * (MADE_ATTR + 16) + MADE_ATTR, section, sizeof(section));
		assert_int_equal(perf_data_decode(a, buf_str(&b), &o, &got, &e), i ? -1 : 0);
		arena_free(a);
	}
	assert_non_null(strstr(e.msg, "the ids of events are more than the file"));
	buf_fini(&b);
}

static void test_options(void **ctx)
{
	struct arena *a = arena_new();
	struct format_opts o = { .keep = FORMAT_TAGS | FORMAT_TIMES, .root = FORMAT_ROOT_TID };
	struct format_profiles got = { 0 };
	struct profile *p;
	struct buf b, out;
	struct err e;

	(void)ctx;
	buf_init(&b, 1 << 20);
	buf_init(&out, 1 << 16);
	make(FORM_FILE, false, &b);
	assert_int_equal(perf_data_decode(a, buf_str(&b), &o, &got, &e), 0);
	p = got.p[0].p;
	assert_int_equal(p->n_samples, 4);
	assert_int_equal(p->at[0], 1000001);
	assert_int_equal(p->at[3], 1000009);
	dump_sample(&out, p, 1);
	folded_encode(p, 0, &out);
	buf_byte(&out, '\0');
	assert_string_equal(out.p,
	    "sample 3 4 0 1 5 = 1 5 'thread'='main one'/0'' 'pid'='1'/0'' 'tid'='2'/0'' 'cpu'='003'/0''\n"
	    "main_one-1/1;0x400200;0x400100 2\nmain_one-1/2;0x400200;0x400100;0xffffffff81000020;0xffffffff81000010 1\n"
	    "swapper-0/0;0x1234 1\n");
	o = (struct format_opts){ .root = FORMAT_ROOT_NONE };
	got = (struct format_profiles){ 0 };
	assert_int_equal(perf_data_decode(a, buf_str(&b), &o, &got, &e), 0);
	buf_reset(&out);
	folded_encode(got.p[1].p, 1, &out);
	buf_byte(&out, '\0');
	assert_string_equal(out.p, "0x400200;0x400100 1\n0x900000;0x400100 2\n");
	buf_fini(&b);
	buf_fini(&out);
	arena_free(a);
}

/* Cut anywhere and with each bit turned: an answer or an error, and whoever says nothing was skipped has all samples. */
static void decode_any(struct str in, bool lenient)
{
	struct arena *a = arena_new();
	struct format_opts o = { .lenient = lenient };
	struct format_profiles got = { 0 };
	struct err e;

	if (perf_data_decode(a, in, &o, &got, &e) < 0)
		assert_true(e.kind == ERR_CORRUPT || e.kind == ERR_INVALID || e.kind == ERR_LIMIT);
	arena_free(a);
}

static void test_hostile(void **ctx)
{
	(void)ctx;
	for (int form = 0; form < N_FORMS; form++) {
		struct buf b;

		buf_init(&b, 1 << 20);
		make((enum form)form, form == FORM_PIPE, &b);
		for (size_t n = 0; n < b.n; n++) {
			char *in = mem_alloc(n + 1);

			memcpy(in, b.p, n);
			decode_any(str_of(in, n), n & 1);
			mem_free(in);
			for (int bit = 0; bit < 8; bit++) {
				b.p[n] = (char)(b.p[n] ^ (1 << bit));
				decode_any(buf_str(&b), bit & 1);
				b.p[n] = (char)(b.p[n] ^ (1 << bit));
			}
		}
		buf_fini(&b);
	}
}

static void error_of(struct str in, const char *want)
{
	struct arena *a = arena_new();
	struct format_profiles got = { 0 };
	struct format_opts o = { 0 };
	struct err e;

	assert_int_equal(perf_data_decode(a, in, &o, &got, &e), -1);
	assert_string_equal(e.msg, want);
	arena_free(a);
}

static void test_errors(void **ctx)
{
	struct made m = { 0 };
	struct buf b;

	(void)ctx;
	error_of(STR("PERFILE2"), "perf.data: byte 8: the header is cut");
	error_of(STR("PERFILE1xxxxxxxx"), "perf.data: byte 0: it does not begin with PERFILE2");
	error_of(STR("PERFILE2\x10\0\0\0\0\0\0\0"), "perf.data: no samples");
	error_of(STR("PERFILE2\x68\0\0\0\0\0\0\0"), "perf.data: byte 16: the header is cut");
	error_of(STR("PERFILE2\x10\0\0\0\0\0\0\0\x09\0\0\0\0\0\x08\0"),
	    "perf.data: byte 16: a record before any event is described");
	error_of(STR("PERFILE2\x10\0\0\0\0\0\0\0\x44\0\0\0\0\0\x07\0"),
	    "perf.data: byte 16: a record is shorter than its header");
	error_of(STR("PERFILE2\x10\0\0\0\0\0\0\0\x44\0\0\0\0\0\x09\0"),
	    "perf.data: no samples: byte 16: the last record is cut");
	buf_init(&b, 1 << 20);
	buf_init(&m.b, 1 << 20);
	make(FORM_FILE, false, &b);
	b.p[24 + 7] = 1;
	error_of(buf_str(&b), "perf.data: byte 24: the descriptions of events are not in the file");
	b.p[24 + 7] = 0;
	b.p[40 + 7] = 1;
	error_of(buf_str(&b), "perf.data: byte 40: the records are not in the file");
	buf_fini(&b);
	buf_fini(&m.b);
}

/* ---- maps ---- */

static const char *file_at(struct perf_maps *m, uint32_t pid, uint64_t address)
{
	uint32_t i = perf_maps_find(m, perf_maps_space(m, pid), address);

	return i == PROFILE_NONE ? "" : m->maps[i].file.p;
}

static void add(struct perf_maps *m, uint32_t pid, uint64_t start, uint64_t end, const char *file)
{
	assert_true(perf_maps_add(m, pid, &(struct perf_map){ .start = start, .end = end, .file = str_cstr(file) }));
}

static void test_maps(void **ctx)
{
	struct arena *a = arena_new();
	struct perf_maps m;

	(void)ctx;
	perf_maps_init(&m, a, 1000);
	add(&m, 1, 10, 20, "a");
	add(&m, 1, 30, 40, "b");
	add(&m, 1, 20, 30, "c");
	add(&m, 1, 12, 14, "d"); /* inside a */
	add(&m, 1, 38, 50, "e"); /* over the end of b */
	add(&m, 1, 5, 5, "f");
	perf_maps_fork(&m, 2, 1);
	add(&m, 2, 0, 35, "g"); /* over most of them, of the child alone */
	assert_string_equal(file_at(&m, 1, 9), "");
	assert_string_equal(file_at(&m, 1, 10), "a");
	assert_string_equal(file_at(&m, 1, 12), "d");
	assert_string_equal(file_at(&m, 1, 14), "a");
	assert_string_equal(file_at(&m, 1, 20), "c");
	assert_string_equal(file_at(&m, 1, 37), "b");
	assert_string_equal(file_at(&m, 1, 49), "e");
	assert_string_equal(file_at(&m, 1, 50), "");
	assert_string_equal(file_at(&m, 2, 12), "g");
	assert_string_equal(file_at(&m, 2, 35), "b");
	assert_string_equal(file_at(&m, 2, 40), "e");
	perf_maps_clear(&m, 2);
	assert_string_equal(file_at(&m, 2, 40), "");
	assert_string_equal(file_at(&m, 3, 40), "");
	/* bounded, however often what is large is copied */
	for (uint32_t i = 0; i < 200; i++)
		add(&m, 4, i * 10, i * 10 + 5, "x");
	for (uint32_t i = 5;; i++) {
		perf_maps_fork(&m, i, 4);
		if (!perf_maps_add(&m, i, &(struct perf_map){ .start = 1, .end = 2 }))
			break;
		assert_true(i < 20);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_maps),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
