/* formats/block/block.h: meta.json */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "formats/block/block.h"

/* Last: its macros fail and skip are names of ours. */
#include <cmocka.h>

#define ID "01HHYG6245NWHZWVP27V8WJRT7"

static const char FULL[] = "{\n"
			   "\t\"ulid\": \"" ID "\",\n"
			   "\t\"minTime\": 1702904400.005,\n"
			   "\t\"maxTime\": 1702906199.5,\n"
			   "\t\"stats\": {\n"
			   "\t\t\"numSamples\": 1477784,\n"
			   "\t\t\"numSeries\": 362,\n"
			   "\t\t\"numProfiles\": 10000\n"
			   "\t},\n"
			   "\t\"files\": [\n"
			   "\t\t{\n"
			   "\t\t\t\"relPath\": \"index.tsdb\",\n"
			   "\t\t\t\"sizeBytes\": 163444,\n"
			   "\t\t\t\"tsdb\": {\n"
			   "\t\t\t\t\"numSeries\": 362\n"
			   "\t\t\t}\n"
			   "\t\t},\n"
			   "\t\t{\n"
			   "\t\t\t\"relPath\": \"profiles.parquet\",\n"
			   "\t\t\t\"sizeBytes\": 8169518,\n"
			   "\t\t\t\"parquet\": {\n"
			   "\t\t\t\t\"numRowGroups\": 1,\n"
			   "\t\t\t\t\"numRows\": 10000\n"
			   "\t\t\t}\n"
			   "\t\t},\n"
			   "\t\t{\n"
			   "\t\t\t\"relPath\": \"symbols.symdb\",\n"
			   "\t\t\t\"sizeBytes\": 2140\n"
			   "\t\t}\n"
			   "\t],\n"
			   "\t\"compaction\": {\n"
			   "\t\t\"level\": 2,\n"
			   "\t\t\"sources\": [\n"
			   "\t\t\t\"01HHYG628G63D5TBSK8BNX5Y07\"\n"
			   "\t\t],\n"
			   "\t\t\"parents\": [\n"
			   "\t\t\t{\n"
			   "\t\t\t\t\"ulid\": \"01HHYG628G63D5TBSK8BNX5Y07\",\n"
			   "\t\t\t\t\"minTime\": 1702904400,\n"
			   "\t\t\t\t\"maxTime\": 1702906199.998\n"
			   "\t\t\t}\n"
			   "\t\t]\n"
			   "\t},\n"
			   "\t\"version\": 3,\n"
			   "\t\"labels\": {\n"
			   "\t\t\"__compactor_shard_id__\": \"1_of_2\",\n"
			   "\t\t\"host\": \"a\\u003cb\\\"c\"\n"
			   "\t},\n"
			   "\t\"source\": \"compactor\",\n"
			   "\t\"downsample\": {\n"
			   "\t\t\"resolution\": 0\n"
			   "\t}\n"
			   "}";

static const char SMALL[] = "{\n"
			    "\t\"ulid\": \"" ID "\",\n"
			    "\t\"minTime\": 0,\n"
			    "\t\"maxTime\": 0.001,\n"
			    "\t\"stats\": {},\n"
			    "\t\"compaction\": {\n"
			    "\t\t\"level\": 0\n"
			    "\t},\n"
			    "\t\"version\": 1,\n"
			    "\t\"labels\": {},\n"
			    "\t\"downsample\": {\n"
			    "\t\t\"resolution\": 0\n"
			    "\t}\n"
			    "}";

static void expect_same(struct str text, struct str want)
{
	struct arena *a = arena_new();
	struct block_meta m;
	struct buf out;
	struct err e;

	buf_init(&out, 1 << 20);
	if (block_meta_parse(a, text, &m, &e) < 0)
		fail_msg("%s", e.msg);
	block_meta_print(&out, &m);
	if (!str_eq(buf_str(&out), want))
		fail_msg(STR_FMT, STR_ARG(buf_str(&out)));
	buf_fini(&out);
	arena_free(a);
}

static void test_text(void **ctx)
{
	(void)ctx;
	expect_same(STR(FULL), STR(FULL));
	expect_same(STR(SMALL), STR(SMALL));
}

static void test_fields(void **ctx)
{
	struct arena *a = arena_new();
	struct block_meta m;
	char id[ULID_TEXT + 1];
	struct err e;

	(void)ctx;
	assert_int_equal(block_meta_parse(a, STR(FULL), &m, &e), 0);
	ulid_print(m.ulid, id);
	assert_string_equal(id, ID);
	assert_int_equal(m.min_time, INT64_C(1702904400005));
	assert_int_equal(m.max_time, INT64_C(1702906199500));
	assert_int_equal(m.n_samples, 1477784);
	assert_int_equal(m.n_series, 362);
	assert_int_equal(m.n_profiles, 10000);
	assert_int_equal(m.n_files, 3);
	assert_true(str_eq(m.files[1].path, STR("profiles.parquet")));
	assert_int_equal(m.files[1].size, 8169518);
	assert_int_equal(m.files[1].row_groups, 1);
	assert_int_equal(m.files[1].rows, 10000);
	assert_int_equal(m.files[0].series, 362);
	assert_int_equal(m.level, 2);
	assert_int_equal(m.n_sources, 1);
	assert_int_equal(m.n_parents, 1);
	assert_int_equal(m.parents[0].max_time, INT64_C(1702906199998));
	assert_int_equal(m.version, 3);
	assert_int_equal(m.labels.n, 2);
	assert_true(str_eq(labels_get(&m.labels, STR("host")), STR("a<b\"c")));
	assert_true(str_eq(m.source, STR("compactor")));
	arena_free(a);
}

/* What other writers leave out, add or put differently. */
static void test_lenient(void **ctx)
{
	static const char *const good[] = {
		"{\"ulid\":\"" ID "\",\"minTime\":0,\"maxTime\":0.001,\"version\":1}",
		"{\"version\":1,\"labels\":null,\"stats\":null,\"files\":null,\"compaction\":null,\"source\":\"\","
		"\"maxTime\":0.0019,\"minTime\":0.000,\"ulid\":\"" ID "\",\"thanos\":{\"x\":[1]},\"downsample\":{}}",
		"{\"ulid\":\"" ID "\",\"minTime\":0,\"maxTime\":0.001,\"version\":1,\"files\":[],\"labels\":{},"
		"\"compaction\":{\"level\":0,\"sources\":[],\"hints\":[\"a\"],\"failed\":true,\"deletable\":true}}",
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		expect_same(str_cstr(good[i]), STR(SMALL));
}

static void test_times(void **ctx)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
		{ "1702904400.005", INT64_C(1702904400005) },
		{ "1702904400.999", INT64_C(1702904400999) },
		{ "4102444799.123", INT64_C(4102444799123) },
		{ "1", 1000 },
		{ "0.5", 500 },
		{ "0.05", 50 },
		{ "1.9999", 1999 },
		{ "-1", -1000 },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct block_meta m;
		struct err e;
		struct str text = arena_printf(a, "{\"ulid\":\"" ID "\",\"minTime\":%s,\"maxTime\":0,\"version\":3}",
		    cases[i].text);

		assert_int_equal(block_meta_parse(a, text, &m, &e), 0);
		assert_int_equal(m.min_time, cases[i].ms);
		arena_free(a);
	}
	/* Every millisecond of a second, there and back. */
	for (int64_t ms = INT64_C(1768478399000); ms < INT64_C(1768478401000); ms++) {
		struct arena *a = arena_new();
		struct block_meta m = { .version = 3, .min_time = ms, .max_time = ms + INT64_C(1000000000000) }, again;
		struct buf out;
		struct err e;

		buf_init(&out, 4096);
		block_meta_print(&out, &m);
		assert_int_equal(block_meta_parse(a, buf_str(&out), &again, &e), 0);
		assert_int_equal(again.min_time, m.min_time);
		assert_int_equal(again.max_time, m.max_time);
		buf_fini(&out);
		arena_free(a);
	}
}

static void test_bad(void **ctx)
{
#define REST ",\"minTime\":0,\"maxTime\":1}"
	static const struct {
		const char *text;
		enum err_kind kind;
	} bad[] = {
		{ "", ERR_CORRUPT },
		{ "[]", ERR_CORRUPT },
		{ "{}", ERR_CORRUPT },
		{ "null", ERR_CORRUPT },
		{ "{\"ulid\":\"01\",\"version\":3" REST, ERR_CORRUPT },
		{ "{\"ulid\":7,\"version\":3" REST, ERR_CORRUPT },
		{ "{\"ulid\":\"" ID "\",\"version\":0" REST, ERR_UNSUPPORTED },
		{ "{\"ulid\":\"" ID "\",\"version\":4" REST, ERR_UNSUPPORTED },
		{ "{\"ulid\":\"" ID "\"" REST, ERR_UNSUPPORTED },
		{ "{\"ulid\":\"" ID "\",\"version\":\"3\"" REST, ERR_CORRUPT },
		{ "{\"ulid\":\"" ID "\",\"version\":3,\"minTime\":0}", ERR_CORRUPT },
		{ "{\"ulid\":\"" ID "\",\"version\":3,\"minTime\":\"0\",\"maxTime\":0}", ERR_CORRUPT },
		{ "{\"ulid\":\"" ID "\",\"version\":3,\"minTime\":1e300,\"maxTime\":0}", ERR_CORRUPT },
		{ "{\"ulid\":\"" ID "\",\"version\":3,\"minTime\":9223372036854775807,\"maxTime\":0}", ERR_CORRUPT },
		{ "{\"ulid\":\"" ID "\",\"version\":3,\"stats\":[]" REST, ERR_CORRUPT },
		{ "{\"ulid\":\"" ID "\",\"version\":3,\"stats\":{\"numSeries\":-1}" REST, ERR_CORRUPT },
		{ "{\"ulid\":\"" ID "\",\"version\":3,\"files\":{}" REST, ERR_CORRUPT },
		{ "{\"ulid\":\"" ID "\",\"version\":3,\"files\":[1]" REST, ERR_CORRUPT },
		{ "{\"ulid\":\"" ID "\",\"version\":3,\"files\":[{}]" REST, ERR_CORRUPT },
		{ "{\"ulid\":\"" ID "\",\"version\":3,\"files\":[{\"relPath\":\"a\",\"sizeBytes\":1.5}]" REST,
		    ERR_CORRUPT },
		{ "{\"ulid\":\"" ID "\",\"version\":3,\"files\":[{\"relPath\":\"a\",\"tsdb\":1}]" REST, ERR_CORRUPT },
		{ "{\"ulid\":\"" ID "\",\"version\":3,\"compaction\":{\"level\":4294967296}" REST, ERR_CORRUPT },
		{ "{\"ulid\":\"" ID "\",\"version\":3,\"compaction\":{\"sources\":[1]}" REST, ERR_CORRUPT },
		{ "{\"ulid\":\"" ID "\",\"version\":3,\"compaction\":{\"parents\":[{}]}" REST, ERR_CORRUPT },
		{ "{\"ulid\":\"" ID "\",\"version\":3,\"compaction\":{\"parents\":[3]}" REST, ERR_CORRUPT },
		{ "{\"ulid\":\"" ID "\",\"version\":3,\"labels\":{\"a\":1}" REST, ERR_CORRUPT },
		{ "{\"ulid\":\"" ID "\",\"version\":3,\"source\":1" REST, ERR_CORRUPT },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct arena *a = arena_new();
		struct block_meta m;
		struct err e;

		assert_int_equal(block_meta_parse(a, str_cstr(bad[i].text), &m, &e), -1);
		assert_int_equal(e.kind, bad[i].kind);
		assert_non_null(strstr(e.msg, "meta.json"));
		arena_free(a);
	}
}

static void test_cut(void **ctx)
{
	struct str text = STR(FULL);

	(void)ctx;
	for (size_t n = 0; n < text.n; n++) {
		struct arena *a = arena_new();
		struct block_meta m;
		struct err e;

		assert_int_equal(block_meta_parse(a, str_of(text.p, n), &m, &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
		arena_free(a);
	}
}

/* The original's own files come out as they were. */
static void test_golden(void **ctx)
{
	static const char *const files[] = {
		"golden/blocks/compacted/01KF0HJ0803N2PGHJQK4ANKZJ7",
		"golden/blocks/level1/01M7ZB34NT7AGX7D8K7PTG3NCJ",
		"golden/blocks/level1/01M7ZB354NYQJDW56SYG60K9X1",
		"golden/blocks/level1/01M7ZB359GEJT09S3JV6YGTY7R",
		"golden/blocks/level1/01M7ZB359MC8Z7X636C702EC5P",
		"testdata/blocks/v1-symbols-only/01HHYG6245NWHZWVP27V8WJRT7",
	};
	const char *shared = getenv("PYRO_SHARED");

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		char path[512], text[1 << 16];
		size_t n = 0;
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s/meta.json", shared ? shared : "../shared", files[i]);
		f = fopen(path, "rb");
		if (f) {
			n = fread(text, 1, sizeof(text), f);
			fclose(f);
		}
		if (n == 0) {
			print_message("no shared data: PYRO_SHARED\n");
			skip();
		}
		expect_same(str_of(text, n), str_trim(str_of(text, n)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_lenient),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_golden),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
