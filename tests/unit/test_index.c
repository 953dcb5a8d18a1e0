/* formats/block/index.h: index.tsdb written, read, searched, checked. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/enc.h"
#include "base/hash.h"
#include "base/json.h"
#include "formats/block/index.h"

enum { FILE_MAX = 1 << 22 };

static struct labels make(struct arena *a, const char *text)
{
	struct labels l = { arena_array(a, 32, sizeof(*l.p)), 0 };
	struct str rest = str_cstr(text);

	while (rest.n > 0) {
		struct str value = str_cut(&rest, ' '), name = str_cut(&value, '=');

		l.p[l.n++] = (struct label){ name, value };
	}
	return l;
}

/* The series of the worked example: two pods of one program. */
static void example(struct index_writer *w, struct arena *a)
{
	static const char *const common =
	    "__name__=process_cpu __period_type__=cpu __period_unit__=nanoseconds "
	    "__profile_type__=process_cpu:cpu:nanoseconds:cpu:nanoseconds __type__=cpu __unit__=nanoseconds job=";
	struct err e;

	for (int i = 0; i < 2; i++) {
		struct labels l = make(a, arena_cstr(a, arena_printf(a, "%s%c", common, 'a' + i)));

		assert_int_equal(index_writer_add(w, &l, labels_hash(&l), INT64_C(1000000000) * (i ? 11 : 1),
				     INT64_C(1000000000) * (i ? 20 : 10), &e),
		    0);
	}
}

static void expect_hex(struct str bytes, size_t at, const char *want)
{
	struct buf hex;

	buf_init(&hex, 1 << 16);
	assert_true(at + strlen(want) / 2 <= bytes.n);
	enc_hex(&hex, str_of(bytes.p + at, strlen(want) / 2));
	buf_byte(&hex, '\0');
	assert_string_equal(hex.p, want);
	buf_fini(&hex);
}

static void test_vector(void **ctx)
{
	struct arena *a = arena_new();
	struct index_writer *w = index_writer_new();
	struct str got;
	struct buf out;
	struct err e;

	(void)ctx;
	buf_init(&out, 1 << 20);
	example(w, a);
	assert_int_equal(index_writer_count(w), 2);
	assert_int_equal(index_writer_finish(w, &out, &e), 0);
	got = buf_str(&out);
	expect_hex(got, 0,
	    "baaad70002"
	    "000000a0"
	    "0000000d"
	    "085f5f6e616d655f5f"
	    "0f");
	expect_hex(got, 169, "3b3efd5c");
	expect_hex(got, 0xb0,
	    "28"
	    "6e1aa9129d4323f0"
	    "07"
	    "000b"
	    "0108"
	    "020a"
	    "030c"
	    "0408"
	    "050a"
	    "0906"
	    "01"
	    "80a8d6b907"
	    "80b4c4c321"
	    "00"
	    "00"
	    "00000000"
	    "fdd7ffd0");
	expect_hex(got, 0xe0, "28");
	/* All, then __name__=process_cpu, at 0x110: after the series, aligned. */
	expect_hex(got, 0x10d,
	    "000000"
	    "0000000c"
	    "00000002"
	    "0000000b"
	    "0000000e");
	expect_hex(got, got.n - 76 - 28,
	    "00000014"
	    "00000001"
	    "000000000000000b"
	    "6e1aa9129d4323f0"
	    "31b770d5");
	expect_hex(got, got.n - 76,
	    "0000000000000005"
	    "00000000000000ad"
	    "000000000000010d");
	expect_hex(got, got.n - 76 + 32, "000000000000010d");
	expect_hex(got, got.n - 20,
	    "000000003b9aca00"
	    "00000004a817c800");
	index_writer_free(w);
	index_writer_free(NULL);
	buf_fini(&out);
	arena_free(a);
}

/* A reader reads what stands behind other bytes too: offsets count from the start of the file. */
static void test_base(void **ctx)
{
	struct arena *a = arena_new();
	struct buf out, plain;
	struct err e;

	(void)ctx;
	for (int i = 0; i < 2; i++) {
		struct buf *b = i ? &out : &plain;
		struct index_writer *w = index_writer_new();

		buf_init(b, 1 << 20);
		if (i)
			buf_add(b, STR("seven b"));
		example(w, a);
		assert_int_equal(index_writer_finish(w, b, &e), 0);
		index_writer_free(w);
	}
	assert_true(str_eq(str_skip(buf_str(&out), 7), buf_str(&plain)));
	buf_fini(&out);
	buf_fini(&plain);
	arena_free(a);
}

static void test_writer_refuses(void **ctx)
{
	struct arena *a = arena_new();
	struct index_writer *w = index_writer_new();
	struct labels l = make(a, "a=1 b=2"), less = make(a, "a=1"), next = make(a, "a=1 b=3");
	struct buf out;
	struct err e;

	(void)ctx;
	assert_int_equal(index_writer_add(w, &l, 1, 0, 5, &e), 0);
	assert_int_equal(index_writer_add(w, &l, 1, 0, 5, &e), -1);
	assert_int_equal(e.kind, ERR_INVALID);
	assert_int_equal(index_writer_add(w, &less, 1, 0, 5, &e), -1);
	assert_int_equal(index_writer_add(w, &next, 1, 5, 4, &e), -1);
	assert_int_equal(index_writer_add(w, &next, 1, 5, 5, &e), 0);
	buf_init(&out, 100);
	assert_int_equal(index_writer_finish(w, &out, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	buf_fini(&out);
	index_writer_free(w);
	arena_free(a);
}

static void no_problem(void *ctx, const char *problem)
{
	(void)ctx;
	print_error("%s\n", problem);
}

static void ignore_problem(void *ctx, const char *problem)
{
	(void)problem;
	++*(uint32_t *)ctx;
}

static void expect_sound(struct index *ix)
{
	uint32_t problems = 0;
	struct err e;

	assert_int_equal(index_check(ix, no_problem, NULL, &problems, &e), 0);
	assert_int_equal(problems, 0);
}

static void test_empty(void **ctx)
{
	struct arena *a = arena_new();
	struct index_writer *w = index_writer_new();
	struct series_list list;
	struct index *ix;
	struct str *names;
	struct buf out;
	struct err e;
	uint32_t n;

	(void)ctx;
	buf_init(&out, 1 << 20);
	assert_int_equal(index_writer_finish(w, &out, &e), 0);
	ix = index_open(buf_str(&out), &e);
	assert_non_null(ix);
	assert_int_equal(index_select(ix, a, NULL, &list, &e), 0);
	assert_int_equal(list.n, 0);
	index_names(ix, a, &names, &n);
	assert_int_equal(n, 0);
	index_values(ix, a, STR("a"), &names, &n);
	assert_int_equal(n, 0);
	expect_sound(ix);
	index_close(ix);
	index_close(NULL);
	index_writer_free(w);
	buf_fini(&out);
	arena_free(a);
}

enum { PODS = 13, ZONES = 3, MANY = 3000 };

/* MANY series; each third has no zone. */
static void many(struct buf *out, struct arena *a)
{
	struct index_writer *w = index_writer_new();
	struct labels *all = arena_array(a, MANY, sizeof(*all));
	struct err e;

	for (int i = 0; i < MANY; i++) {
		struct str zone = i % ZONES ? arena_printf(a, " zone=z%d", i % ZONES) : STR("");

		all[i] = make(a,
		    arena_cstr(a, arena_printf(a, "__name__=cpu id=%05d pod=p%d" STR_FMT, i, i % PODS, STR_ARG(zone))));
		assert_int_equal(index_writer_add(w, &all[i], labels_hash(&all[i]), i, i + 10, &e), 0);
	}
	assert_int_equal(index_writer_finish(w, out, &e), 0);
	index_writer_free(w);
}

static void test_reader(void **ctx)
{
	struct arena *a = arena_new();
	struct index_series *all;
	struct index *ix;
	struct buf out;
	struct str *got;
	struct err e;
	uint32_t n, *refs;

	(void)ctx;
	buf_init(&out, FILE_MAX);
	many(&out, a);
	ix = index_open(buf_str(&out), &e);
	assert_non_null(ix);
	assert_true(index_bytes(ix) > 0);
	assert_int_equal(index_from(ix), 0);
	assert_int_equal(index_through(ix), MANY - 1 + 10);
	assert_int_equal(index_all(ix, a, &all, &n, &e), 0);
	assert_int_equal(n, MANY);
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(all[i].ref.number, i);
		assert_int_equal(all[i].from, i);
		assert_int_equal(all[i].through, i + 10);
		assert_int_equal(all[i].ref.fingerprint, labels_hash(&all[i].ref.labels));
		assert_int_equal(all[i].ref.labels.n, i % ZONES ? 4 : 3);
	}
	index_names(ix, a, &got, &n);
	assert_int_equal(n, 4);
	assert_true(str_eq(got[0], STR("__name__")) && str_eq(got[3], STR("zone")));
	index_values(ix, a, STR("zone"), &got, &n);
	assert_int_equal(n, 2);
	assert_true(str_eq(got[0], STR("z1")) && str_eq(got[1], STR("z2")));
	index_values(ix, a, STR("none"), &got, &n);
	assert_int_equal(n, 0);
	assert_int_equal(index_postings(ix, a, STR("zone"), STR("z2"), &refs, &n, &e), 0);
	assert_int_equal(n, MANY / 3);
	for (uint32_t i = 1; i < n; i++)
		assert_true(refs[i - 1] < refs[i]);
	assert_int_equal(index_postings(ix, a, STR("zone"), STR("z3"), &refs, &n, &e), 0);
	assert_int_equal(n, 0);
	assert_int_equal(index_series(ix, a, 0, &all[0], &e), -1);
	expect_sound(ix);
	index_close(ix);
	buf_fini(&out);
	arena_free(a);
}

/* The postings give what a comparison of each series gives. */
static void test_select(void **ctx)
{
	static const char *const selectors[] = {
		"{}",
		"{__name__=\"cpu\"}",
		"{__name__=\"mem\"}",
		"{zone=\"z1\"}",
		"{zone!=\"z1\"}",
		"{zone=\"\"}",
		"{zone!=\"\"}",
		"{zone=~\"z.*\"}",
		"{zone!~\"z.*\"}",
		"{zone=~\"|z2\"}",
		"{zone!~\"|z2\"}",
		"{nope=\"\"}",
		"{nope!=\"\"}",
		"{nope=~\".*\"}",
		"{nope=~\".+\"}",
		"{nope!~\"x\"}",
		"{pod=~\"p1|p2|p3\", zone!=\"z1\"}",
		"{pod=~\"p1.\"}",
		"{pod=\"p1\", pod!=\"p1\"}",
		"{pod=\"p1\", id=~\"00.*\"}",
		"{id=\"00042\"}",
		"{id=~\"000(4|5).\", zone=~\"z1|z2\"}",
		"{__name__=\"cpu\", pod!~\"p(1|2).*\", zone=\"\"}",
	};
	struct arena *a = arena_new();
	struct index_series *all;
	struct index *ix;
	struct buf out;
	struct err e;
	uint32_t n;

	(void)ctx;
	buf_init(&out, FILE_MAX);
	many(&out, a);
	ix = index_open(buf_str(&out), &e);
	assert_non_null(ix);
	assert_int_equal(index_all(ix, a, &all, &n, &e), 0);
	for (size_t k = 0; k < ARRAY_LEN(selectors); k++) {
		struct series_list list;
		struct selector s;
		uint32_t at = 0;

		assert_int_equal(selector_parse(a, str_cstr(selectors[k]), &s, &e), 0);
		assert_int_equal(index_select(ix, a, &s, &list, &e), 0);
		for (uint32_t i = 0; i < n; i++)
			if (selector_match(&s, &all[i].ref.labels)) {
				assert_true(at < list.n);
				assert_int_equal(list.p[at].number, i);
				assert_int_equal(list.p[at].fingerprint, all[i].ref.fingerprint);
				assert_int_equal(labels_cmp(&list.p[at].labels, &all[i].ref.labels), 0);
				at++;
			}
		assert_int_equal(at, list.n);
		selector_fini(&s);
	}
	index_close(ix);
	buf_fini(&out);
	arena_free(a);
}

/* Reads everything there is; nothing may go wrong but with an error. */
static int read_all(struct str bytes)
{
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct index *ix = index_open(bytes, &e);
	struct index_series *all;
	struct series_list list;
	uint32_t n, problems = 0, said = 0;
	int rc = ix == NULL ? -1 : index_all(ix, a, &all, &n, &e);

	if (rc == 0)
		rc = index_select(ix, a, NULL, &list, &e);
	if (rc == 0)
		rc = index_check(ix, ignore_problem, &said, &problems, &e);
	assert_int_equal(problems, said);
	if (rc < 0)
		assert_true(e.kind == ERR_CORRUPT || e.kind == ERR_UNSUPPORTED);
	index_close(ix);
	arena_free(a);
	return rc < 0 ? -1 : (int)problems;
}

static void test_cut(void **ctx)
{
	struct arena *a = arena_new();
	struct index_writer *w = index_writer_new();
	struct buf out;
	struct err e;

	(void)ctx;
	buf_init(&out, 1 << 20);
	example(w, a);
	assert_int_equal(index_writer_finish(w, &out, &e), 0);
	assert_int_equal(read_all(buf_str(&out)), 0);
	for (size_t n = 0; n < out.n; n++) {
		char *copy = mem_alloc(n + 1); /* its own block, so that a sanitizer sees its end */

		memcpy(copy, out.p, n);
		assert_int_equal(read_all(str_of(copy, n)), -1);
		mem_free(copy);
	}
	/* Every changed byte is noticed, but for padding. */
	for (size_t i = 0; i < out.n; i++) {
		bool padding = (i >= 0xad && i < 0xb0) || (i >= 0xdd && i < 0xe0) || (i >= 0x10d && i < 0x110);

		out.p[i] ^= 0x15;
		if (!padding)
			assert_int_not_equal(read_all(buf_str(&out)), 0);
		out.p[i] ^= 0x15;
	}
	index_writer_free(w);
	buf_fini(&out);
	arena_free(a);
}

/* A checksum that is right again after a change. */
static void fix_crc(struct buf *b, size_t from, size_t n)
{
	uint32_t crc = crc32c(0, str_of(b->p + from, n));

	for (int i = 0; i < 4; i++)
		b->p[from + n + (size_t)i] = (char)(crc >> (24 - 8 * i));
}

/* Sections whose checksum is right and whose content is not. */
static void test_check_finds(void **ctx)
{
	static const struct {
		size_t at;
		char value;
		size_t from, n;
		bool error;
	} cases[] = {
		{ 0xb1, 0, 0xb1, 40, false },                /* fingerprint */
		{ 0xb1 + 8 + 1 + 1, 0x0c, 0xb1, 40, false }, /* another value: postings disagree, order */
		{ 0xb1 + 8 + 1 + 1, 0x0d, 0xb1, 40, true },  /* no symbol */
		{ 0xb1 + 8, 0x70, 0xb1, 40, true },          /* number of labels */
		{ 0xb1 + 35, 1, 0xb1, 40, false },           /* number of the series */
		{ 0xb1 + 23, 2, 0xb1, 40, true },            /* number of chunks */
		{ 0xb1 + 23, 0, 0xb1, 40, true },
		{ 0x118 + 3, 0x0a, 0x114, 12, true },  /* list of all: reference outside */
		{ 0x118 + 3, 0x0e, 0x114, 12, true },  /* twice the same */
		{ 0x114 + 3, 1, 0x114, 12, true },     /* count */
		{ 0x12c + 3, 0x0e, 0x128, 12, false }, /* a list that does not ascend */
	};
	struct arena *a = arena_new();
	struct err e;

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct index_writer *w = index_writer_new();
		struct buf out;

		buf_init(&out, 1 << 20);
		example(w, a);
		assert_int_equal(index_writer_finish(w, &out, &e), 0);
		out.p[cases[i].at] = cases[i].value;
		fix_crc(&out, cases[i].from, cases[i].n);
		if (cases[i].error)
			assert_int_equal(read_all(buf_str(&out)), -1);
		else
			assert_true(read_all(buf_str(&out)) > 0);
		index_writer_free(w);
		buf_fini(&out);
	}
	arena_free(a);
}

static void test_version(void **ctx)
{
	struct arena *a = arena_new();
	struct index_writer *w = index_writer_new();
	struct buf out;
	struct err e;

	(void)ctx;
	buf_init(&out, 1 << 20);
	assert_int_equal(index_writer_finish(w, &out, &e), 0);
	out.p[4] = 3;
	assert_null(index_open(buf_str(&out), &e));
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
	index_writer_free(w);
	buf_fini(&out);
	arena_free(a);
}

/* ---- files of the original ---- */

static struct str read_shared(struct arena *a, const char *name)
{
	const char *shared = getenv("PYRO_SHARED");
	char path[512], *bytes = arena_alloc(a, FILE_MAX);
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", shared ? shared : "../shared", name);
	f = fopen(path, "rb");
	if (f) {
		n = fread(bytes, 1, FILE_MAX, f);
		fclose(f);
	}
	return str_of(bytes, n);
}

static const char *json_text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static void expect_series(const struct index_series *s, const json_t *want)
{
	json_t *labels = json_object_get(want, "labels"), *value;
	json_t *chunk = json_array_get(json_object_get(want, "chunks"), 0);
	const char *name;
	char fingerprint[32];

	snprintf(fingerprint, sizeof(fingerprint), "%" PRIx64, s->ref.fingerprint);
	assert_string_equal(fingerprint, json_text(want, "fingerprint"));
	assert_int_equal(s->ref.number, json_integer_value(json_object_get(chunk, "series_index")));
	assert_int_equal(s->from, json_integer_value(json_object_get(chunk, "min_time")));
	assert_int_equal(s->through, json_integer_value(json_object_get(chunk, "max_time")));
	assert_int_equal(s->ref.labels.n, json_object_size(labels));
	json_object_foreach(labels, name, value)
		assert_true(str_eq(labels_get(&s->ref.labels, str_cstr(name)), str_cstr(json_string_value(value))));
}

/* Written anew, without label indices, it reads the same. */
static void expect_rewritten(struct index *ix, const struct index_series *all, uint32_t n)
{
	struct index_writer *w = index_writer_new();
	struct arena *a = arena_new();
	struct index_series *again;
	struct index *copy;
	struct buf out;
	uint32_t m;
	struct err e;

	buf_init(&out, FILE_MAX);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(index_writer_add(w, &all[i].ref.labels, all[i].ref.fingerprint, all[i].from,
				     all[i].through, &e),
		    0);
	assert_int_equal(index_writer_finish(w, &out, &e), 0);
	copy = index_open(buf_str(&out), &e);
	assert_non_null(copy);
	expect_sound(copy);
	assert_int_equal(index_from(copy), index_from(ix));
	assert_int_equal(index_through(copy), index_through(ix));
	assert_int_equal(index_all(copy, a, &again, &m, &e), 0);
	assert_int_equal(m, n);
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(again[i].ref.fingerprint, all[i].ref.fingerprint);
		assert_int_equal(labels_cmp(&again[i].ref.labels, &all[i].ref.labels), 0);
	}
	index_close(copy);
	index_writer_free(w);
	buf_fini(&out);
	arena_free(a);
}

static void test_golden(void **ctx)
{
	static const char *const blocks[] = {
		"compacted/01KF0HJ0803N2PGHJQK4ANKZJ7",
		"level1/01M7ZB34NT7AGX7D8K7PTG3NCJ",
		"level1/01M7ZB354NYQJDW56SYG60K9X1",
		"level1/01M7ZB359GEJT09S3JV6YGTY7R",
		"level1/01M7ZB359MC8Z7X636C702EC5P",
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
		struct arena *a = arena_new();
		struct str bytes = read_shared(a,
		    arena_cstr(a, arena_printf(a, "golden/blocks/%s/index.tsdb", blocks[i])));
		struct str dump = read_shared(a,
		    arena_cstr(a, arena_printf(a, "golden/blocks/%s.series.json", blocks[i])));
		struct index_series *all;
		struct index *ix;
		json_t *want;
		uint32_t n;
		struct err e;

		if (bytes.n == 0) {
			arena_free(a);
			print_message("no shared data: PYRO_SHARED\n");
			skip();
		}
		ix = index_open(bytes, &e);
		assert_non_null(ix);
		want = json_parse(dump, &e);
		assert_non_null(want);
		assert_int_equal(index_all(ix, a, &all, &n, &e), 0);
		assert_int_equal(n, json_array_size(want));
		for (uint32_t k = 0; k < n; k++)
			expect_series(&all[k], json_array_get(want, k));
		expect_sound(ix);
		expect_rewritten(ix, all, n);
		json_decref(want);
		index_close(ix);
		arena_free(a);
	}
}

static void test_old_files(void **ctx)
{
	static const struct {
		const char *name;
		uint32_t series;
	} files[] = {
		{ "testdata/blocks/v1/01GR3QABQB6J30Q04K4E6MAKRE/index.tsdb", 2 },
		{ "testdata/blocks/v1/01HA2V3CPSZ9E0HMQNNHH89WSS/index.tsdb", 18 },
		{ "testdata/blocks/v1-symbols-only/01HHYG6245NWHZWVP27V8WJRT7/index.tsdb", 362 },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct arena *a = arena_new();
		struct str bytes = read_shared(a, files[i].name);
		struct index_series *all;
		struct index *ix;
		uint32_t n;
		struct err e;

		if (bytes.n == 0) {
			arena_free(a);
			print_message("no shared data: PYRO_SHARED\n");
			skip();
		}
		ix = index_open(bytes, &e);
		assert_non_null(ix);
		assert_int_equal(index_all(ix, a, &all, &n, &e), 0);
		assert_int_equal(n, files[i].series);
		expect_sound(ix);
		expect_rewritten(ix, all, n);
		index_close(ix);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_base),
		cmocka_unit_test(test_writer_refuses),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_reader),
		cmocka_unit_test(test_select),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_check_finds),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_old_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
