/* test_csv.c - tables and JSON lines: headings, quotes, odd lines, pieces */
#include "tests/lib/format_fixture.h"

#include "formats/csv/csv.h"

static const struct {
	const char *format, *text;
	bool lenient;
	const char *want;
} cases[] = {
	{ "stacks-csv", "stack,count\nmain;work,3\nmain,2\n", false, "samples/count:\nmain 2\nmain;work 3\n" },
	{ "stacks-csv", "main;work,3\r\nmain,2\r\n", false, "samples/count:\nmain 2\nmain;work 3\n" },
	{ "stacks-csv", "stack,cpu/nanoseconds,samples\na,30,1\n\na,5,0", false,
	    "cpu/nanoseconds:\na 35\nsamples/count:\na 1\n" },
	{ "stacks-csv", "\"stack\",\"value\"\n\"a \"\"b\"\", c;x\ny\",7\n", false,
	    "samples/count:\na \"b\", c;x y 7\n" },
	{ "stacks-csv", "a,1,2\nb,3.6,-4\n", false, "column_2/count:\na 1\nb 4\ncolumn_3/count:\na 2\nb -4\n" },
	{ "stacks-csv", "stack,count\n,5\n", false, "samples/count:\n 5\n" },
	{ "stacks-csv", "stack,count\n", false, "samples/count:\n" },
	{ "stacks-csv", "", false, "error: stacks-csv: no line with a stack and a value" },
	{ "stacks-csv", "\n\n", false, "error: stacks-csv: no line with a stack and a value" },
	{ "stacks-csv", "stack\n", false, "error: stacks-csv: line 1: no column beside the stack" },
	{ "stacks-csv", "stack,count\na,x\n", false, "error: stacks-csv: line 2: column 2 is not a number of 64 bits" },
	{ "stacks-csv", "stack,count\na,9223372036854775808\n", false,
	    "error: stacks-csv: line 2: column 2 is not a number of 64 bits" },
	{ "stacks-csv", "stack,count\na,NaN\n", false,
	    "error: stacks-csv: line 2: column 2 is not a number of 64 bits" },
	{ "stacks-csv", "stack,count\na,x\nb,1\na,1,1\n", true, "samples/count:\nb 1\n" },
	{ "stacks-csv", "stack,count\na,1\n\na,1,2\n", false,
	    "error: stacks-csv: line 4: 3 columns, the first line has 2" },
	{ "stacks-csv", "stack,count\n\"a\n,1\n", false, "error: stacks-csv: line 2: a quote without an end" },
	{ "stacks-csv", "stack,count\n\"a\"b,1\n", false,
	    "error: stacks-csv: line 2: something behind the end of a quote" },
	{ "stacks-tsv", "stack\tcount\na \"b\"\t3\n", false, "samples/count:\na \"b\" 3\n" },
	{ "jsonl", "{\"stack\":[\"a\",\"b\"],\"value\":3}\n\n{\"value\":4,\"stack\":[]}\r\n", false,
	    "samples/count:\n 4\na;b 3\n" },
	{ "jsonl",
	    "{\"stack\":[{\"name\":\"a\",\"file\":\"a.c\",\"line\":7}],\"value\":3,\"type\":\"cpu\",\"unit\":"
	    "\"nanoseconds\"}",
	    false, "cpu/nanoseconds:\na 3\n" },
	{ "jsonl",
	    "{\"stack\":[\"a\"],\"values\":{\"x/y\":1,\"z\":2}}\n{\"stack\":[\"a\"],\"values\":{\"z/count\":5}}\n",
	    false, "x/y:\na 1\nz/count:\na 7\n" },
	{ "jsonl",
	    "{\"profile\":\"p\",\"stack\":[\"a\"],\"value\":1}\n{\"profile\":\"q\",\"stack\":[\"a\"],\"value\":2}\n"
	    "{\"profile\":\"p\",\"stack\":[\"a\"],\"value\":4}\n",
	    false, "p samples/count:\na 5\nq samples/count:\na 2\n" },
	{ "jsonl", "{\"stack\":[\"a\"],\"value\":1}\n{\"stack\":[\"a\"],\"value\":1,\"type\":\"t\"}\n", false,
	    "error: jsonl: line 2: a type that the first line does not have (it has 1)" },
	{ "jsonl", "{\"stack\":[\"a\"]}\n", false, "error: jsonl: line 1: no \"value\"" },
	{ "jsonl", "{\"value\":1}\n", false, "error: jsonl: line 1: no \"stack\"" },
	{ "jsonl", "{\"stack\":[\"a\"],\"value\":1}\n{\"stack\":[1],\"value\":1}\n", false,
	    "error: jsonl: line 2: line 1 column 11: a string expected, not '1'" },
	{ "jsonl", "nonsense\n{\"stack\":[\"a\"],\"value\":1}\n{\"stack\":", true, "samples/count:\na 1\n" },
	{ "jsonl", "\n", false, "error: jsonl: no line with a stack and a value" },
};

static void test_cases(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct format_opts o = { .lenient = cases[i].lenient };
		const char *got = fixture_decode(a, cases[i].format, str_cstr(cases[i].text), &o);

		if (strcmp(got, cases[i].want) != 0)
			fail_msg("case %zu: %s: %s", i, cases[i].text, got);
		fixture_torture(cases[i].format, str_cstr(cases[i].text), 1);
		arena_free(a);
	}
}

/* What is written, and what pieces of it give together. */
static void test_pieces(void **ctx)
{
	static const struct {
		const char *format, *want;
	} rows[] = {
		{ "stacks-csv", "stack,cpu/nanoseconds,alloc/bytes\na,2,0\n\"b \"\"c\"\", d;e:f\",7,-1\n" },
		{ "stacks-tsv", "stack\tcpu/nanoseconds\talloc/bytes\na\t2\t0\nb \"c\", d;e:f\t7\t-1\n" },
		{ "jsonl",
		    "{\"stack\":[\"b \\\"c\\\", d\",\"e;f\"],\"values\":{\"cpu/nanoseconds\":7,\"alloc/bytes\":-1},"
		    "\"tags\":{\"thread\":\"t\",\"n\":5}}\n"
		    "{\"stack\":[\"a\"],\"values\":{\"cpu/nanoseconds\":2,\"alloc/bytes\":0}}\n" },
	};
	struct arena *a = arena_new();
	struct profile_builder *b = profile_builder_new(a, 2);
	struct format_opts o = { .type = FORMAT_ALL_TYPES, .keep = FORMAT_TAGS };
	struct format_profile in = { 0 };
	uint32_t stack[2];
	struct tag tags[2] = { { .num = 0 } };

	(void)ctx;
	profile_builder_type(b, 0, STR("cpu"), STR("nanoseconds"));
	profile_builder_type(b, 1, STR("alloc"), STR("bytes"));
	stack[0] = profile_builder_frame(b, STR("e;f"), STR_NONE, 0);
	stack[1] = profile_builder_frame(b, STR("b \"c\", d"), STR_NONE, 0);
	tags[0].key = profile_builder_str(b, STR("thread"));
	tags[0].str = profile_builder_str(b, STR("t"));
	tags[1].key = profile_builder_str(b, STR("n"));
	tags[1].num = 5;
	profile_builder_add(b, stack, 2, (int64_t[]){ 7, -1 }, tags, 2);
	stack[0] = profile_builder_frame(b, STR("a"), STR_NONE, 0);
	profile_builder_add(b, stack, 1, (int64_t[]){ 2, 0 }, NULL, 0);
	in.p = profile_builder_finish(b);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct format *f = format_by_name(str_cstr(rows[i].format), &(struct err){ 0 });
		struct format_opts piece = { .keep = FORMAT_TAGS };
		struct str text, rest;
		struct buf out;
		struct err e;
		size_t n;
		int64_t sum = 0;

		buf_init(&out, FIXTURE_MAX);
		assert_int_equal(f->encode(&in, 1, &o, &out, &e), 0);
		text = arena_str(a, buf_str(&out));
		assert_string_equal(arena_cstr(a, text), rows[i].want);
		assert_int_equal(f->cut(str_of(text.p, text.n - 1)),
		    f->cut(str_of(text.p, f->cut(str_of(text.p, text.n - 1)))));
		n = f->cut(str_of(text.p, text.n - 1));
		rest = str_skip(text, n);
		for (int k = 0; k < 2; k++) {
			struct format_profiles got = { 0 };

			if (f->decode(a, k ? rest : str_of(text.p, n), &piece, &got, &e) < 0)
				fail_msg("%s: %s", rows[i].format, e.msg);
			sum += fixture_total(got.p[0].p, 0);
			if (strcmp(rows[i].format, "jsonl") == 0)
				assert_int_equal(got.p[0].p->tag_at ? got.p[0].p->tag_at[1] : 0, k ? 0 : 2);
			piece.first = str_of(text.p, n);
		}
		assert_int_equal(sum, 9);
		buf_fini(&out);
	}
	arena_free(a);
}

/* A quoted line break is no end of a record. */
static void test_cut(void **ctx)
{
	(void)ctx;
	assert_int_equal(csv_cut(STR("a,1\n\"b\nc\",2"), ','), 4);
	assert_int_equal(csv_cut(STR("a,1\n\"b\nc\",2\n"), ','), 12);
	assert_int_equal(csv_cut(STR("\"a\n"), ','), 0);
	/* a quote inside of a field is a character like others; doubled ones do not end it */
	assert_int_equal(csv_cut(STR("a\"b,1\n\"x\ny\",2\n"), ','), 14);
	assert_int_equal(csv_cut(STR("a\"b,1\n\"x\ny"), ','), 6);
	assert_int_equal(csv_cut(STR("a\"\"b,1\n\"x\"\"\ny"), ','), 7);
	assert_int_equal(csv_cut(STR("\"x\ny"), ','), 0);
	assert_int_equal(csv_cut(STR("\"a\nb"), '\t'), 3);
	assert_int_equal(csv_cut(STR(""), ','), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_cut),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
