/* test_samples.c - tables of samples: what is written, what is read back, what other programs make of them, what is refused */
#include "formats/parquet/reader.h"
#include "formats/parquet/samples.h"
#include "formats/parquet/writer.h"

#include "tests/lib/format_fixture.h"

static const struct format_opts all_types = { .type = FORMAT_ALL_TYPES, .keep = FORMAT_TAGS };

/* Two types, one sample with tags; a second one of zeros, a third without a stack. */
static struct profile *sample_profile(struct arena *a)
{
	struct profile_builder *b = profile_builder_new(a, 2);
	struct tag tags[4] = { { .num = 0 } };
	struct profile *p;
	uint32_t stack[2];

	profile_builder_type(b, 0, STR("cpu"), STR("nanoseconds"));
	profile_builder_type(b, 1, STR("alloc space"), STR("bytes"));
	stack[0] = profile_builder_frame(b, STR("work"), STR("w.c"), 7);
	stack[1] = profile_builder_frame(b, STR("ma\xffin"), STR_NONE, 0);
	tags[0].key = tags[2].key = profile_builder_str(b, STR("thread"));
	tags[0].str = profile_builder_str(b, STR("gc"));
	tags[1].key = profile_builder_str(b, STR("bytes"));
	tags[1].num = -48;
	tags[1].unit = profile_builder_str(b, STR("kilobytes"));
	tags[2].str = profile_builder_str(b, STR("main"));
	tags[3] = tags[0];
	profile_builder_add(b, stack, 2, (int64_t[]){ 70, INT64_MIN }, tags, 4);
	profile_builder_add(b, stack, 1, (int64_t[]){ 0, 0 }, NULL, 0);
	profile_builder_add(b, NULL, 0, (int64_t[]){ 2, 1 }, NULL, 0);
	p = profile_builder_finish(b);
	p->time = 1700000000123456789;
	p->duration = 5000;
	p->period = 10;
	p->has_period_type = true;
	p->period_type = p->types[0];
	return p;
}

static struct str encode(struct arena *a, const struct format_profile *in, uint32_t n, const struct format_opts *o)
{
	struct str bytes;
	struct buf b;
	struct err e;

	buf_init(&b, FIXTURE_MAX);
	if (samples_encode(in, n, o, &b, &e) < 0)
		fail_msg("%s", e.msg);
	bytes = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return bytes;
}

static struct pq_file *open_bytes(struct str bytes)
{
	struct err e;
	struct pq_file *f = pq_open(blob_mem(bytes), &e);

	if (f == NULL)
		fail_msg("%s", e.msg);
	return f;
}

/* A column as text: rows between "|", null is "-", lists in brackets. */
static const char *column_text(struct arena *a, struct pq_file *f, const char *path)
{
	int leaf = pq_find(f, str_cstr(path));
	struct pq_values v = { 0 };
	size_t at = 0;
	struct buf b;
	struct err e;
	const char *text;

	assert_true(leaf >= 0);
	buf_init(&b, FIXTURE_MAX);
	assert_int_equal(pq_read_rows(f, 0, (uint32_t)leaf, 0, pq_group_rows(f, 0), &v, &e), 0);
	for (uint32_t row = 0; row < v.rows; row++) {
		uint32_t from = v.row_at.n ? v.row_at.p[row] : row, end = v.row_at.n ? v.row_at.p[row + 1] : row + 1;

		buf_printf(&b, "%s", row ? "|" : "");
		for (uint32_t i = from; i < end; i++) {
			bool null = v.def.n && v.def.p[i] < pq_leaf(f, (uint32_t)leaf)->max_def;

			buf_printf(&b, "%s", i > from ? ";" : "");
			if (null)
				buf_printf(&b, "-");
			else if (v.strs.n)
				buf_printf(&b, STR_FMT, STR_ARG(v.strs.p[at]));
			else
				buf_printf(&b, "%lld", (long long)v.ints.p[at]);
			at += !null;
		}
	}
	text = arena_cstr(a, buf_str(&b));
	buf_fini(&b);
	pq_values_fini(&v);
	return text;
}

static void test_columns(void **ctx)
{
	static const struct {
		const char *path, *want;
	} columns[] = {
		{ "time", "1700000000123456789|1700000000123456789" },
		{ "profile", "-|-" },
		{ "cpu_nanoseconds", "70|2" },
		{ "alloc_space_bytes", "-9223372036854775808|1" },
		{ "stack.list.element", "ma\xef\xbf\xbdin;work|-" },
		{ "labels.key_value.key", "job;thread;bytes|job" },
		{ "labels.key_value.value", "x;gc,main,gc;-48|x" },
	};
	static const char *const pairs[][2] = {
		{ "pyro.type:cpu_nanoseconds", "cpu/nanoseconds" },
		{ "pyro.type:alloc_space_bytes", "alloc space/bytes" },
		{ "pyro.default_type", "alloc_space_bytes" },
		{ "pyro.period_type", "cpu/nanoseconds" },
		{ "pyro.period", "10" },
		{ "pyro.duration", "5000" },
	};
	struct arena *a = arena_new();
	struct label job = { STR("job"), STR("x") };
	struct format_profile in = { .p = sample_profile(a), .labels = { &job, 1 } };
	struct pq_file *f = open_bytes(encode(a, &in, 1, &all_types));

	(void)ctx;
	assert_int_equal(pq_leaves(f), ARRAY_LEN(columns));
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		const struct pq_leaf *l = pq_leaf(f, (uint32_t)i);
		const struct pq_page_bounds *bounds;
		struct err e;
		uint32_t n;

		assert_string_equal(arena_cstr(a, l->path), columns[i].path);
		assert_string_equal(column_text(a, f, columns[i].path), columns[i].want);
		assert_int_equal(pq_bounds(f, 0, (uint32_t)i, &bounds, &n, &e), 0);
		assert_int_equal(n, l->type == PQ_INT64);
	}
	assert_int_equal(pq_leaf(f, 0)->logical, PQ_TIMESTAMP_NS);
	assert_int_equal(pq_meta(f)->n_pairs, ARRAY_LEN(pairs));
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		assert_true(str_eq(pq_meta(f)->pairs[i].key, str_cstr(pairs[i][0])));
		assert_true(str_eq(pq_meta(f)->pairs[i].value, str_cstr(pairs[i][1])));
	}
	pq_close(f);
	arena_free(a);
}

/* What was written is read back: totals, tags as text, times, what stands beside. */
static void test_back(void **ctx)
{
	struct arena *a = arena_new();
	struct format_profile in = { .p = sample_profile(a) };
	struct str bytes = encode(a, &in, 1, &all_types);
	struct format_opts one = { .type = 0 }, times = { .keep = FORMAT_TAGS | FORMAT_TIMES };
	struct format_profiles got = { 0 };
	const struct profile *p;
	struct err e;

	(void)ctx;
	assert_string_equal(fixture_decode(a, "parquet", bytes, &all_types),
	    "cpu/nanoseconds:\n 2\nma\xef\xbf\xbdin;work 70\n"
	    "alloc space/bytes:\n 1\nma\xef\xbf\xbdin;work -9223372036854775808\n");
	assert_string_equal(fixture_decode(a, "parquet", encode(a, &in, 1, &one), &all_types),
	    "cpu/nanoseconds:\n 2\nma\xef\xbf\xbdin;work 70\n");
	assert_int_equal(samples_decode(a, bytes, &times, &got, &e), 0);
	assert_int_equal(got.n, 1);
	p = got.p[0].p;
	assert_true(p->time == 1700000000123456789 && p->duration == 5000 && p->period == 10);
	assert_true(p->has_period_type && str_eq(profile_str(p, p->period_type.unit), STR("nanoseconds")));
	assert_true(str_eq(profile_str(p, p->default_type), STR("alloc space")));
	assert_int_equal(p->n_samples, 2);
	assert_true(p->at != NULL && p->at[1] == p->time);
	assert_int_equal(p->tag_at[1], 2);
	assert_true(str_eq(profile_str(p, p->tags[0].str), STR("gc,main,gc")));
	assert_true(str_eq(profile_str(p, p->tags[1].str), STR("-48")));
	fixture_torture("parquet", bytes, 1);
	arena_free(a);
}

static struct profile *one_sample(struct arena *a, const char *type, const char *unit, const char *name, int64_t v)
{
	struct profile_builder *b = profile_builder_new(a, 1);
	uint32_t frame = profile_builder_frame(b, str_cstr(name), STR_NONE, 0);

	profile_builder_type(b, 0, str_cstr(type), str_cstr(unit));
	profile_builder_add(b, &frame, 1, &v, NULL, 0);
	return profile_builder_finish(b);
}

/* Profiles side by side: columns are those of all, names of columns are unlike each other. */
static void test_several(void **ctx)
{
	struct arena *a = arena_new();
	const struct format_profile in[] = {
		{ .p = one_sample(a, "a", "b_c", "f", 1), .name = STR("main") },
		{ .p = one_sample(a, "a.b", "c", "g", 2), .name = STR("gc") },
		{ .p = one_sample(a, "A", "B_C", "f", 3), .name = STR("main") },
		{ .p = one_sample(a, "time", "", "h", 4) },
		{ .p = one_sample(a, "7\xc3\xa4", "", "h", 5) },
	};
	struct str bytes = encode(a, in, ARRAY_LEN(in), &all_types);
	struct pq_file *f = open_bytes(bytes);

	(void)ctx;
	assert_string_equal(column_text(a, f, "time"), "-|-|-|-|-");
	assert_string_equal(column_text(a, f, "profile"), "main|gc|main|-|-");
	assert_string_equal(column_text(a, f, "a_b_c"), "1|0|0|0|0");
	assert_string_equal(column_text(a, f, "a_b_c_2"), "0|2|0|0|0");
	assert_string_equal(column_text(a, f, "A_B_C_3"), "0|0|3|0|0");
	assert_string_equal(column_text(a, f, "time_2"), "0|0|0|4|0");
	assert_string_equal(column_text(a, f, "_7__"), "0|0|0|0|5");
	pq_close(f);
	assert_string_equal(fixture_decode(a, "parquet", bytes, &all_types),
	    "main a/b_c:\nf 1\nmain a.b/c:\nmain A/B_C:\nf 3\nmain time/:\nmain 7\xc3\xa4/:\n"
	    "gc a/b_c:\ngc a.b/c:\ng 2\ngc A/B_C:\ngc time/:\ngc 7\xc3\xa4/:\n"
	    "a/b_c:\na.b/c:\nA/B_C:\ntime/:\nh 4\n7\xc3\xa4/:\nh 5\n");
	arena_free(a);
}

/* Row groups leave while rows come; what has left may be taken away. */
static void test_groups(void **ctx)
{
	enum { ROWS = 2 * SAMPLES_ROWS + 3 };
	struct arena *a = arena_new();
	struct format_profile in = { .p = one_sample(a, "n", "count", "f", 1) };
	struct buf part, all;
	struct samples_writer *w;
	struct pq_file *f;
	struct err e;
	size_t most = 0;
	uint32_t none = PROFILE_NONE, first = 0;

	(void)ctx;
	buf_init(&part, FIXTURE_MAX);
	buf_init(&all, FIXTURE_MAX);
	w = samples_writer_new(&part, &in, 1, FORMAT_ALL_TYPES, &e);
	samples_writer_profile(w, &in);
	for (int64_t i = 1; i <= ROWS; i++) {
		const struct stack_row row = { .stack = i % 2 ? &first : &none, .n = 1, .values = &i, .n_values = 1 };

		samples_writer_add(w, &row, i);
		most = MAX(most, part.n);
		buf_add(&all, buf_str(&part));
		samples_writer_moved(w, part.n);
		buf_reset(&part);
	}
	samples_writer_finish(w);
	buf_add(&all, buf_str(&part));
	f = open_bytes(buf_str(&all));
	assert_int_equal(pq_meta(f)->n_groups, 3);
	assert_int_equal(pq_group_rows(f, 0), SAMPLES_ROWS);
	assert_int_equal(pq_group_rows(f, 2), 3);
	pq_close(f);
	assert_true(most > 0 && most < all.n / 2 + 1000);
	/* odd numbers up to 262147 and even ones up to 262146 */
	assert_string_equal(fixture_decode(a, "parquet", buf_str(&all), &all_types),
	    "n/count:\n[unknown] 17180262402\nf 17180393476\n");
	buf_fini(&part);
	buf_fini(&all);
	arena_free(a);
}

/* ---- as others write them ---- */

static const struct pq_form plain[] = { { PQ_PLAIN, false, 3 } };

/* A table of three rows with other columns, other times, nulls in lists and an empty one. */
static struct str foreign(struct arena *a, enum pq_type value, enum pq_logical time, const char *stack)
{
	const struct pq_node nodes[] = {
		{ .name = STR("schema"), .type = PQ_GROUP, .n_children = 4 },
		{ .name = str_cstr(stack),
		    .type = PQ_GROUP,
		    .repetition = PQ_OPTIONAL,
		    .n_children = 1,
		    .logical = PQ_LIST },
		{ .name = STR("list"), .type = PQ_GROUP, .repetition = PQ_REPEATED, .n_children = 1 },
		{ .name = STR("item"), .type = PQ_BYTES, .repetition = PQ_OPTIONAL, .logical = PQ_STRING },
		{ .name = STR("lock_wait_seconds"), .type = value, .repetition = PQ_OPTIONAL },
		{ .name = STR("ts"), .type = PQ_INT64, .repetition = PQ_OPTIONAL, .logical = time },
		{ .name = STR("host"), .type = PQ_BYTES, .repetition = PQ_OPTIONAL, .logical = PQ_STRING },
	};
	static const uint32_t row_at[] = { 0, 3, 4, 5 };
	static const uint8_t def[] = { 3, 2, 3, 1, 0 }, some[] = { 1, 0, 1 };
	const struct str words[] = { STR("a"), STR("b") };
	struct pq_writer *w;
	struct str bytes;
	struct buf b;

	buf_init(&b, FIXTURE_MAX);
	w = pq_writer_new(&b, nodes, ARRAY_LEN(nodes), true);
	pq_writer_group(w, 3);
	pq_writer_column(w,
	    &(struct pq_column){ .u32 = (uint32_t[]){ 0, 1 },
		.words = words,
		.n = 2,
		.row_at = row_at,
		.def = def,
		.page_entries = 1,
		.forms = plain,
		.n_forms = 1 });
	pq_writer_column(w,
	    &(struct pq_column){ .i64 = value == PQ_INT64 ? (int64_t[]){ 5, 7 } : NULL,
		.u32 = value == PQ_INT32 ? (uint32_t[]){ 5, 7 } : NULL,
		.n = value == PQ_DOUBLE ? 0 : 2,
		.def = value == PQ_DOUBLE ? NULL : some,
		.page_entries = 100,
		.forms = plain,
		.n_forms = 1 });
	pq_writer_column(w,
	    &(struct pq_column){ .i64 = (int64_t[]){ 3, 2, 9 },
		.n = 3,
		.level = 1,
		.page_entries = 2,
		.forms = plain,
		.n_forms = 1 });
	pq_writer_column(w, &(struct pq_column){ .page_entries = 100, .forms = plain, .n_forms = 1 });
	pq_writer_finish(w, STR("somebody"));
	bytes = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return bytes;
}

static void test_foreign(void **ctx)
{
	static const struct {
		enum pq_type value;
		enum pq_logical time;
		const char *stack, *want;
		int64_t first;
	} cases[] = {
		{ PQ_INT64, PQ_TIMESTAMP_MS, "stack", "lock_wait/seconds:\n 7\na;[unknown];b 5\n", 2000000 },
		{ PQ_INT32, PQ_TIMESTAMP_US, "stack", "lock_wait/seconds:\n 7\na;[unknown];b 5\n", 2000 },
		{ PQ_INT64, PQ_TIMESTAMP_NS, "stack", "lock_wait/seconds:\n 7\na;[unknown];b 5\n", 2 },
		{ PQ_INT64, PQ_TIMESTAMP_NS, "frames", "error: parquet: no column \"stack\" of lists of names", 0 },
		{ PQ_DOUBLE, PQ_TIMESTAMP_NS, "stack",
		    "error: parquet: no column of whole numbers beside the stacks (a sum of DuckDB is one as ::BIGINT)",
		    0 },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct str bytes = foreign(a, cases[i].value, cases[i].time, cases[i].stack);
		struct format_profiles got = { 0 };
		struct err e;

		assert_string_equal(fixture_decode(a, "parquet", bytes, &(struct format_opts){ 0 }), cases[i].want);
		if (cases[i].first != 0) {
			assert_int_equal(samples_decode(a, bytes, &(struct format_opts){ 0 }, &got, &e), 0);
			assert_int_equal(got.p[0].p->time, cases[i].first);
			assert_string_equal(arena_cstr(a, got.notes.warning),
			    "parquet: columns that are no whole numbers are left out: host");
		}
		fixture_torture("parquet", bytes, 1);
		arena_free(a);
	}
}

/* A few bytes that claim hundreds of millions of rows are not worked through. */
static void test_claims(void **ctx)
{
	enum { ROWS = 1 << 24, COLUMNS = 40 };
	struct arena *a = arena_new();
	struct pq_node nodes[COLUMNS + 4] = {
		{ .name = STR("schema"), .type = PQ_GROUP, .n_children = COLUMNS + 1 },
		{ .name = STR("stack"), .type = PQ_GROUP, .n_children = 1, .logical = PQ_LIST },
		{ .name = STR("list"), .type = PQ_GROUP, .repetition = PQ_REPEATED, .n_children = 1 },
		{ .name = STR("item"), .type = PQ_BYTES, .logical = PQ_STRING },
	};
	uint32_t *row_at = mem_array(ROWS + 1, sizeof(*row_at));
	struct pq_writer *w;
	struct buf b;

	(void)ctx;
	for (uint32_t i = 0; i < COLUMNS; i++)
		nodes[4 + i] = (struct pq_node){ .name = arena_printf(a, "c%u", i),
			.type = PQ_INT64,
			.repetition = PQ_OPTIONAL };
	for (uint32_t i = 0; i <= ROWS; i++)
		row_at[i] = i;
	buf_init(&b, FIXTURE_MAX);
	w = pq_writer_new(&b, nodes, ARRAY_LEN(nodes), true);
	pq_writer_group(w, ROWS);
	pq_writer_column(w,
	    &(struct pq_column){ .row_at = row_at, .page_entries = ROWS, .forms = plain, .n_forms = 1 });
	for (uint32_t i = 0; i < COLUMNS; i++)
		pq_writer_column(w, &(struct pq_column){ .page_entries = ROWS, .forms = plain, .n_forms = 1 });
	pq_writer_finish(w, STR("somebody"));
	assert_true(b.n < 20000);
	assert_string_equal(fixture_decode(a, "parquet", buf_str(&b), &(struct format_opts){ 0 }),
	    "error: parquet: more rows and frames than a file of that size can be believed to have");
	buf_fini(&b);
	mem_free(row_at);
	arena_free(a);
}

static void test_empty(void **ctx)
{
	struct arena *a = arena_new();
	struct format_profile in = { .p = one_sample(a, "n", "count", "f", 0) };

	(void)ctx;
	assert_string_equal(fixture_decode(a, "parquet", encode(a, &in, 1, &all_types), &all_types), "n/count:\n");
	assert_string_equal(fixture_decode(a, "parquet", STR("PAR1PAR1"), &all_types),
	    "error: parquet: a file of 8 bytes");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_back),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_empty),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
