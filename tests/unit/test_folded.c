/*
 * test_folded.c - collapsed stacks in and out.
 */
#include "tests/lib/drip_src.h"
/* before cmocka, which has a macro "skip" */
#include "tests/lib/profile_fixture.h"

#include "formats/folded/folded.h"

typedef int decoder(struct arena *a, struct str text, struct profile **out, struct err *e);

static void expect_folded(const char *about, const struct profile *p, const char *want)
{
	struct buf b;

	buf_init(&b, FIXTURE_MAX);
	folded_encode(p, 0, &b);
	buf_byte(&b, '\0');
	if (strcmp(b.p, want) != 0)
		fail_msg("%s: got\n%s\nwant\n%s", about, b.p, want);
	buf_fini(&b);
}

static const struct {
	decoder *fn;
	const char *in, *want, *error;
} cases[] = {
	{ folded_decode, "", "", NULL },
	{ folded_decode, "main;work 3\nmain 2", "main 2\nmain;work 3\n", NULL },
	{ folded_decode, "a b;c d 5\n", "a b;c d 5\n", NULL },
	{ folded_decode, "main;a b;c 2\r\nnocount\n\nmain;x  3\nmain;x 4\n;lead 1\nmain;;empty 2\n foo;baz 200\n",
	    " foo;baz 200\n;lead 1\nmain;;empty 2\nmain;a b;c 2\nmain;x 4\nmain;x  3\n", NULL },
	{ folded_decode, "a 1\na 2\nb 1\na +3\n", "a 6\nb 1\n", NULL },
	{ folded_decode, "a -5\nb 0\n", "a -5\n", NULL },
	{ folded_decode, "a 3\na -3\n", "", NULL },
	{ folded_decode, " 5\n", " 5\n", NULL },
	{ folded_decode, "; 6\n;; 7\n", " 6\n; 7\n", NULL },
	{ folded_decode, "a;b; 1\na;b 2\na;;b 3\n", "a;;b 3\na;b 3\n", NULL },
	{ folded_decode, "a 9223372036854775807\nb -9223372036854775808\n",
	    "a 9223372036854775807\nb -9223372036854775808\n", NULL },
	{ folded_decode, "a 1\nmain;work x1\n", NULL, "strconv.Atoi: parsing \"x1\": invalid syntax" },
	{ folded_decode, "a \n", NULL, "strconv.Atoi: parsing \"\": invalid syntax" },
	{ folded_decode, "a -\n", NULL, "strconv.Atoi: parsing \"-\": invalid syntax" },
	{ folded_decode, "a 1_000\n", NULL, "strconv.Atoi: parsing \"1_000\": invalid syntax" },
	{ folded_decode, "a 1.5\n", NULL, "strconv.Atoi: parsing \"1.5\": invalid syntax" },
	{ folded_decode, "a \"\x01\n", NULL, "strconv.Atoi: parsing \"\\\"\\x01\": invalid syntax" },
	{ folded_decode, "a 9223372036854775808\n", NULL,
	    "strconv.Atoi: parsing \"9223372036854775808\": value out of range" },
	{ folded_decode, "a -9223372036854775809\n", NULL,
	    "strconv.Atoi: parsing \"-9223372036854775809\": value out of range" },
	{ folded_decode, "a 99999999999999999999999999x\n", NULL,
	    "strconv.Atoi: parsing \"99999999999999999999999999x\": invalid syntax" },
	{ folded_decode_lines, "a;b\na;b\r\na;c\n\na\n", "a 1\na;b 2\na;c 1\n", NULL },
	{ folded_decode_lines, "a 5", "a 5 1\n", NULL },
	{ folded_decode_lines, "", "", NULL },
};

static void test_cases(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct profile *p;
		struct err e;
		int rc = cases[i].fn(a, str_cstr(cases[i].in), &p, &e);

		if ((rc < 0) != (cases[i].error != NULL))
			fail_msg("%s: %s", cases[i].in, rc < 0 ? e.msg : "is taken");
		if (rc < 0) {
			assert_null(p);
			assert_int_equal(e.kind, ERR_INVALID);
			assert_string_equal(e.msg, cases[i].error);
		} else {
			expect_folded(cases[i].in, p, cases[i].want);
		}
		arena_free(a);
	}
}

/* What a profile of this format looks like: function-only frames, one mapping, leaf first, no types. */
static void test_shape(void **ctx)
{
	struct arena *a = arena_new();
	struct profile *p;
	struct buf b;
	struct err e;

	(void)ctx;
	buf_init(&b, 4096);
	assert_int_equal(folded_decode(a, STR("m;n 2\n"), &p, &e), 0);
	profile_dump(&b, p);
	assert_true(str_eq(buf_str(&b),
	    STR("type '' ''\n"
		"period 0 time 0 duration 0 drop '' keep '' default ''\nsample 0 1 = 2\n"
		"mapping 1 0x0-0x0+0x0 '' '' flags 0\nlocation 1 at 0x0 mapping 0 'n':0\nlocation 2 at 0x0 mapping 0 "
		"'m':0\n"
		"function 1 'n' 'n' '':0\nfunction 2 'm' 'm' '':0\n")));
	buf_fini(&b);
	arena_free(a);
}

/* A line counts with its end: 65535 bytes and a line feed are the most. */
static void test_long_lines(void **ctx)
{
	(void)ctx;
	for (size_t n = FOLDED_MAX_LINE - 2; n <= FOLDED_MAX_LINE + 1; n++) {
		struct arena *a = arena_new();
		bool fits = n < FOLDED_MAX_LINE;
		struct profile *p;
		struct buf b;
		struct err e;

		buf_init(&b, 1 << 20);
		buf_add(&b, STR("first 1\n"));
		buf_fill(&b, 'x', n - 2);
		buf_add(&b, STR(" 2\nlast 3\n"));
		assert_int_equal(folded_decode(a, buf_str(&b), &p, &e), 0);
		assert_int_equal(p->n_samples, fits ? 3 : 1);
		assert_int_equal(folded_decode_lines(a, buf_str(&b), &p, &e), fits ? 0 : -1);
		if (!fits)
			assert_string_equal(e.msg, "bufio.Scanner: token too long");
		buf_fini(&b);
		arena_free(a);
	}
}

static void same_text(size_t i, struct buf *b, const char *want)
{
	if (want == NULL || !str_eq(buf_str(b), str_cstr(want)))
		fail_msg("case %zu: got\n%.*s", i, STR_ARG(buf_str(b)));
}

static const struct {
	struct str in, first; /* first: of pieces */
	bool split, tags;
	const char *types, *want; /* want: all columns; or the error */
	const char *note;         /* what was skipped first, or the warning */
} files[] = {
#define F(text)                        \
	{                              \
		text, sizeof(text) - 1 \
	}
	{ F("a;b 3\nc -2\r\n"), F(""), 0, 0, "samples/count", "samples/count\na;b 3\nc -2\n", "" },
	{ F("# comment\n#\n#!x 1\n\na;b 3\n#<Class:X> 4\n"), F(""), 0, 0, "samples/count",
	    "samples/count\n#<Class:X> 4\na;b 3\n", "" },
	{ F("a;b 3\nx\n\ty z\nc 1"), F(""), 0, 0, "samples/count", "samples/count\na;b 3\nc 1\n",
	    "2 line 2 does not end in a blank and a count" },
	{ F("a;b\t3\na b\tc 1\n"), F(""), 0, 0, "samples/count", "samples/count\na b\tc 1\na;b 3\n", "" },
	{ F("a;b; 1\na;b 2\n;a 3\n;; 4\n 5\na;;b 6\n"), F(""), 0, 0, "samples/count",
	    "samples/count\n 5\n;; 4\n;a 3\na;;b 6\na;b 2\na;b; 1\n", "" },
	{ F("\xff\xfe"
	    "a\0;\0b\0 \0"
	    "3\0\n\0"),
	    F(""), 0, 0, "samples/count", "samples/count\na;b 3\n", "" },
	{ F("\xfe\xff\0a\0;\xd8\x3d\xde\0\x20\xac\xdc\0\0 \0"
	    "3\0"),
	    F(""), 0, 0, "samples/count", "samples/count\na;\xf0\x9f\x98\x80\xe2\x82\xac\xef\xbf\xbd 3\n", "" },
	/* fractions, ranges */
	{ F("a .4\na 0.4\na .4\nb -1.5\nb -1.25\nc 1.\n"), F(""), 0, 0, "samples/count",
	    "samples/count\na 1\nb -3\nc 1\n", "fractions of counts are added up and rounded" },
	{ F("a 9223372036854775807\nb -9223372036854775808\nc 9223372036854775808\nd 1e3\ne .\nf -\n"), F(""), 0, 0,
	    "samples/count", "samples/count\na 9223372036854775807\nb -9223372036854775808\n",
	    "4 line 3 does not end in a blank and a count" },
	{ F("a 9223372036854775807.9\na .2\nb -9223372036854775808.9\n"), F(""), 0, 0, "samples/count",
	    "samples/count\na -9223372036854775808\nb 9223372036854775807\n",
	    "fractions of counts are added up and rounded" },
	{ F("a 000000000000000000000000007\n"), F(""), 0, 0, "samples/count", "samples/count\na 7\n", "" },
	/* several types */
	{ F("samples/count cpu/nanoseconds\na;b 1 2\nc d 3 4\nbad 5\n"), F(""), 0, 0, "samples/count cpu/nanoseconds",
	    "samples/count cpu/nanoseconds\na;b 1 2\nc d 3 4\n", "1 line 4 does not end in a blank and a count" },
	{ F("# x\nalloc/bytes\na;b 1 2\n"), F(""), 0, 0, "alloc/bytes", "alloc/bytes\na;b 1 2\n", "" },
	{ F("/x\na;b 1\n"), F(""), 0, 0, "samples/count", "samples/count\na;b 1\n",
	    "1 line 1 does not end in a blank and a count" },
	{ F("a;b 5 6\n"), F("samples/count cpu/nanoseconds\na;b 1 2\n"), 0, 0, "samples/count cpu/nanoseconds",
	    "samples/count cpu/nanoseconds\na;b 5 6\n", "" },
	/* the two sides of a comparison */
	{ F("a;b 1 2\na;c 3 0\na;d 0 0\n"), F(""), 0, 0, "before/count after/count", "a;b 1 2\na;c 3 0\n", "" },
	{ F("a;b 1 2\na;c 3\n"), F(""), 0, 0, "samples/count", "samples/count\na;b 1 2\na;c 3\n", "" },
	{ F("cpu 0 2\ncpu 1 3\n"), F(""), 0, 0, "samples/count", "samples/count\ncpu 0 2\ncpu 1 3\n", "" },
	{ F("x 7 8\n"), F("a;b 1 2\n"), 0, 0, "before/count after/count", "x 7 8\n", "" },
	/* Austin; places in names */
	{ F("# austin: 3\n# interval: 100\n# mode: wall\n\nP1;T2;a.py:f:3 4\nP1;T5;a.py:f:3 6\n"), F(""), 0, 0,
	    "wall/microseconds", "wall/microseconds\nP1;T2;a.py:f:3 4\nP1;T5;a.py:f:3 6\n", "" },
	{ F("# austin: 3\n# mode: memory\nP1;T2;a.py:f:3 4\nP1;T5;a.py:f:3 6\nP1 7\nPx;T5 8\n"), F(""), 1, 1,
	    "memory/bytes", "memory/bytes\n 7\nPx;T5 8\nf 10\n", "" },
	{ F("f (a b.py:12);<m> (x:1) 1\nq (y) (z:1);g (h);k (:5);(x:1) 2\na:b;a:1;:b:1;a::1;c.d:e f:10 3\n"), F(""), 1,
	    0, "samples/count", "samples/count\na:b;a:1;:b:1;a::1;e f 3\nf;<m> 1\nq (y);g (h);k;(x:1) 2\n", "" },
	{ F("x\ny z\n"), F(""), 0, 0, NULL,
	    "folded: no line ends in a blank and a count: line 1 does not end in a blank and a count", "" },
	{ F(""), F(""), 0, 0, NULL, "folded: no line ends in a blank and a count", "" },
	{ F("# c\n"), F("a 1\n"), 0, 0, "samples/count", "samples/count\n", "" },
};

static void types_of(const struct profile *p, struct buf *b)
{
	for (uint32_t i = 0; i < p->n_types; i++)
		buf_printf(b, "%s" STR_FMT "/" STR_FMT, i ? " " : "", STR_ARG(profile_str(p, p->types[i].type)),
		    STR_ARG(profile_str(p, p->types[i].unit)));
}

static void test_files(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct arena *a = arena_new();
		struct format_opts o = { .first = files[i].first,
			.split_frames = files[i].split,
			.keep = files[i].tags ? FORMAT_TAGS : 0 };
		struct format_profiles got = { 0 };
		struct buf b, types, note;
		struct err e;

		buf_init(&b, 4096);
		buf_init(&types, 4096);
		buf_init(&note, 4096);
		if (folded_profiles(a, files[i].in, &o, &got, &e) < 0) {
			assert_null(files[i].types);
			buf_add(&b, str_cstr(e.msg));
		} else {
			assert_int_equal(got.n, 1);
			types_of(got.p[0].p, &types);
			same_text(i, &types, files[i].types);
			folded_encode_columns(got.p[0].p, &b);
			if (got.notes.skipped)
				buf_printf(&note, "%u ", (unsigned)got.notes.skipped);
			buf_add(&note, got.notes.skipped ? got.notes.first : got.notes.warning);
			same_text(i, &note, files[i].note);
		}
		same_text(i, &b, files[i].want);
		buf_fini(&b);
		buf_fini(&types);
		buf_fini(&note);
		arena_free(a);
	}
}

/* Places, tags and the period of what Austin wrote. */
static void test_places(void **ctx)
{
	struct arena *a = arena_new();
	struct format_opts o = { .split_frames = true, .keep = FORMAT_TAGS };
	struct format_profiles got = { 0 };
	struct buf b;
	struct err e;

	(void)ctx;
	buf_init(&b, 4096);
	assert_int_equal(folded_profiles(a,
			     STR("# austin: 3\n# interval: 100\n# mode: cpu\nP1;T2:0;m.py:g:2;a b.py:f x:3 4\n"), &o,
			     &got, &e),
	    0);
	profile_dump(&b, got.p[0].p);
	buf_byte(&b, '\0');
	assert_string_equal(b.p,
	    "type 'cpu' 'microseconds'\nperiod type 'cpu' 'microseconds'\n"
	    "period 100 time 0 duration 0 drop '' keep '' default ''\n"
	    "sample 3 2 = 4 'pid'='1'/0'' 'tid'='2:0'/0''\n"
	    "mapping 1 0x0-0x0+0x0 '' '' flags 0\nlocation 1 at 0x0 mapping 0 'P1':0\nlocation 2 at 0x0 mapping 0 "
	    "'T2:0':0\n"
	    "location 3 at 0x0 mapping 0 'g':2\nlocation 4 at 0x0 mapping 0 'f x':3\n"
	    "function 1 'P1' 'P1' '':0\nfunction 2 'T2:0' 'T2:0' '':0\nfunction 3 'g' 'g' 'm.py':0\n"
	    "function 4 'f x' 'f x' 'a b.py':0\n");
	buf_fini(&b);
	arena_free(a);
}

/* Lines in any order, with stacks that begin alike, come again or do not: a plain sum by text is the measure. */
static void test_many(void **ctx)
{
	struct arena *a = arena_new();
	struct folded_lines lines;
	struct buf b;
	struct profile *p;
	struct err e;
	uint64_t seed = 1;

	(void)ctx;
	for (unsigned kinds = 2; kinds < 40; kinds += 7) {
		int64_t sum = 0, seen = 0;

		buf_init(&b, 1 << 22);
		for (int i = 0; i < 6000; i++) {
			unsigned depth = 1 + (unsigned)(seed >> 33) % 6;

			for (unsigned k = 0; k < depth; k++) {
				seed = seed * 6364136223846793005u + 1442695040888963407u;
				buf_printf(&b, "%sf%u", k ? ";" : "", (unsigned)(seed >> 33) % kinds);
			}
			buf_printf(&b, " %d\n", i % 10);
			sum += i % 10;
		}
		assert_int_equal(folded_read(a, buf_str(&b), &p, &lines, &e), 0);
		assert_int_equal(lines.counted, 6000);
		for (uint32_t i = 0; i < p->n_samples; i++)
			seen += profile_value(p, i, 0);
		assert_int_equal(seen, sum);
		/* the reader of /ingest takes stacks apart in another way */
		{
			struct buf one, two;
			struct profile *q;

			buf_init(&one, 1 << 22);
			buf_init(&two, 1 << 22);
			assert_int_equal(folded_decode(a, buf_str(&b), &q, &e), 0);
			folded_encode(p, 0, &one);
			folded_encode(q, 0, &two);
			assert_true(str_eq(buf_str(&one), buf_str(&two)));
			buf_fini(&one);
			buf_fini(&two);
		}
		buf_fini(&b);
	}
	arena_free(a);
}

/* Text whose lines stand at known places, beyond the first piece: in order, then one that is none, then some again. */
static void many_lines(struct buf *b)
{
	buf_add(b, STR("# a comment\n\n"));
	for (int i = 0; i < 20000; i++)
		buf_printf(b, "main;some.function.with.a.long.name;f%05d 1\n", i);
	buf_add(b, STR("no count\n"));
	for (int i = 100; i > 0; i--)
		buf_printf(b, "main;some.function.with.a.long.name;f%05d 5\n", 199 * i);
	buf_add(b, STR("main;some.function.with.a.long.name;f00199 2.5"));
}

static void test_stream(void **ctx)
{
	struct arena *a = arena_new();
	struct format_profiles got = { 0 };
	struct format_opts o = { 0 };
	struct drip_src d;
	struct buf b, out;
	struct err e;

	(void)ctx;
	buf_init(&b, 4 << 20);
	buf_init(&out, 4 << 20);
	many_lines(&b);
	d = drip_src(buf_str(&b));
	assert_int_equal(folded_stream(a, &d.src, &o, &got, &e), 0);
	drip_src_fini(&d);
	buf_reset(&b);
	assert_int_equal(got.n, 1);
	assert_int_equal(got.p[0].p->n_samples, 20000);
	assert_int_equal(got.notes.records, 20101);
	assert_int_equal(got.notes.skipped, 1);
	assert_true(str_eq(got.notes.first, STR("line 20003 does not end in a blank and a count")));
	folded_encode(got.p[0].p, 0, &out);
	assert_true(str_prefix(buf_str(&out), STR("main;some.function.with.a.long.name;f00000 1\n")));
	assert_true(str_search(buf_str(&out), STR(";f00199 9\n")) < out.n); /* 1 + 5 + 2.5 */
	assert_true(str_search(buf_str(&out), STR(";f00398 6\n")) < out.n);
	assert_true(str_search(buf_str(&out), STR(";f00399 1\n")) < out.n);
	assert_true(str_search(buf_str(&out), STR(";f19900 6\n")) < out.n);
	buf_fini(&b);
	buf_fini(&out);
	arena_free(a);
}

/* Two columns are known by fifty lines, however long they are. */
static void test_stream_head(void **ctx)
{
	char name[20000];

	(void)ctx;
	memset(name, 'x', sizeof(name));
	for (int one = 0; one < 2; one++) {
		struct arena *a = arena_new();
		struct format_profiles got = { 0 };
		struct format_opts o = { 0 };
		struct drip_src d;
		struct buf b;
		struct err e;

		buf_init(&b, 4 << 20);
		for (int i = 0; i < 60; i++)
			buf_printf(&b, "a;%.*s%d%s 3\n", (int)sizeof(name), name, i, one && i == 45 ? "" : " 2");
		d = drip_src(buf_str(&b));
		assert_int_equal(folded_stream(a, &d.src, &o, &got, &e), 0);
		drip_src_fini(&d);
		assert_int_equal(got.p[0].p->n_types, one ? 1 : 2);
		buf_fini(&b);
		arena_free(a);
	}
}

static void test_cut(void **ctx)
{
	(void)ctx;
	assert_int_equal(folded_cut(STR("")), 0);
	assert_int_equal(folded_cut(STR("a 1")), 0);
	assert_int_equal(folded_cut(STR("a 1\nb 2\nc")), 8);
	assert_int_equal(folded_cut(STR("\xff\xfe"
					"a\0\n\0")),
	    0);
}

/* Names that would break a line, inlined calls, addresses. */
static void test_encode(void **ctx)
{
	struct arena *a = arena_new();
	struct profile_builder *b = profile_builder_new(a, 2);
	struct line lines[2] = { 0 };
	struct location l = { .mapping = PROFILE_NONE, .n_lines = 2 };
	uint32_t stack[2];
	struct profile *p;
	struct buf out;

	(void)ctx;
	lines[0].function = profile_builder_function(b,
	    &(struct function){ .name = profile_builder_str(b, STR("a;b")) });
	lines[1].function = profile_builder_function(b,
	    &(struct function){ .name = profile_builder_str(b, STR("c\nd")) });
	stack[0] = profile_builder_location(b, &l, lines);
	stack[1] = profile_builder_location(b, &(struct location){ .mapping = PROFILE_NONE, .address = 0xabc }, NULL);
	profile_builder_add(b, stack, 2, (int64_t[]){ 1, 0 }, NULL, 0);
	profile_builder_add(b, stack, 1, (int64_t[]){ 0, 2 }, NULL, 0);
	profile_builder_add(b, NULL, 0, (int64_t[]){ 4, 0 }, NULL, 0);
	p = profile_builder_finish(b);
	expect_folded("names", p, " 4\n0xabc;c d;a:b 1\n");
	buf_init(&out, 64);
	folded_encode(p, 1, &out);
	assert_true(str_eq(buf_str(&out), STR("c d;a:b 2\n")));
	buf_fini(&out);
	arena_free(a);
}

/* The index knows whole numbers and no comments; in these files are fractions, more than 64 bits, UTF-16, comments that
   end in a number. */
static bool more_than_there(const char *path)
{
	return strstr(path, "edge-bad-counts") || strstr(path, ".lines.txt") || strstr(path, "fractional") ||
	    strstr(path, "with-space") || strstr(path, "utf16") || strstr(path, "austin");
}

static void check_row(const char *path, const json_t *row, void *arg)
{
	int64_t counted = json_integer_value(fixture_get(row, "lines_with_count"));
	struct arena *a = arena_new();
	struct folded_lines lines;
	struct profile *p;
	struct err e;
	uint32_t depth = 0;

	if ((folded_read(a, fixture_file(a, path), &p, &lines, &e) < 0) != (counted == 0) && !more_than_there(path))
		fail_msg("%s: %s", path, e.msg);
	if (counted && !more_than_there(path)) {
		bool two = p->n_types == 2; /* there the first count is part of the last name */

		for (uint32_t i = 0; i < p->n_samples; i++)
			depth = MAX(depth, p->stack_at[i + 1] - p->stack_at[i]);
		if (lines.counted != (uint64_t)counted)
			fail_msg("%s: %llu lines", path, (unsigned long long)lines.counted);
		if (p->n_samples != json_integer_value(fixture_get(row, "distinct_stacks")) && !two)
			fail_msg("%s: %u stacks", path, p->n_samples);
		assert_int_equal(fixture_total(p, p->n_types - 1), json_integer_value(fixture_get(row, "total")));
		assert_int_equal(depth, json_integer_value(fixture_get(row, "max_depth")));
		++*(unsigned *)arg;
	}
	arena_free(a);
}

static void test_shared(void **ctx)
{
	unsigned n = 0;

	(void)ctx;
	fixture_rows("folded/ own/folded/", "folded", check_row, &n);
	fixture_rows("trie-tree-lines/", "groups", check_row, &n);
	assert_true(n > 25);
}

/* What the original takes from a file is what we take, and write. */
static void test_expected(void **ctx)
{
	static const struct {
		const char *name;
		decoder *fn;
	} known[] = {
		{ "small.groups.txt", folded_decode },
		{ "small.lines.txt", folded_decode_lines },
		{ "deep.groups.txt", folded_decode },
		{ "node-collapsed.groups.txt", folded_decode },
		{ "node-collapsed.lines.txt", folded_decode_lines },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		struct arena *a = arena_new();
		const char *path = arena_cstr(a, arena_printf(a, "trie-tree-lines/%s", known[i].name));
		struct str in = fixture_file(a, path), want;
		struct profile *p, *q;
		struct err e;

		if (in.p == NULL) {
			arena_free(a);
			print_message("no shared data: set PYRO_SHARED\n");
			skip();
		}
		assert_int_equal(known[i].fn(a, in, &p, &e), 0);
		want = fixture_file(a, arena_cstr(a, arena_printf(a, "%s.expected-folded.txt", path)));
		assert_int_equal(folded_decode(a, want, &q, &e), 0);
		assert_int_equal(p->n_samples, q->n_samples);
		{
			struct buf b;

			buf_init(&b, FIXTURE_MAX);
			folded_encode(q, 0, &b);
			buf_byte(&b, '\0');
			expect_folded(path, p, b.p);
			buf_fini(&b);
		}
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_stream_head),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_expected),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
