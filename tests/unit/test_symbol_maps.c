/*
 * test_symbol_maps.c - what names come from beside programs: perf maps, source
 * maps, mapping files of R8; and names put into a profile.
 */
#include "tests/lib/profile_fixture.h"

#include "formats/symbolize/perfmap.h"
#include "formats/symbolize/r8map.h"
#include "formats/symbolize/sourcemap.h"
#include "formats/symbolize/symbolize_profile.h"

/* ---- perf maps ---- */

static const struct {
	enum perfmap_kind kind;
	const char *text;
	uint64_t addr;
	const char *want; /* NULL: nothing */
	unsigned skipped;
} perf[] = {
	{ PERFMAP_PERF, "1000 10 a\n", 0x1000, "a", 0 },
	{ PERFMAP_PERF, "1000 10 a\n", 0x100f, "a", 0 },
	{ PERFMAP_PERF, "1000 10 a\n", 0x1010, NULL, 0 },
	{ PERFMAP_PERF, "1000 10 a\n", 0xfff, NULL, 0 },
	{ PERFMAP_PERF, "0x1000 0x10 a b c \r\n", 0x1001, "a b c", 0 },
	{ PERFMAP_PERF, "1000 d a", 0x1001, "a", 0 },
	{ PERFMAP_PERF, "1000 10 old\n1000 10 new\n", 0x1000, "new", 0 },
	{ PERFMAP_PERF, "1000 100 outer\n1040 10 inner\n", 0x1045, "inner", 0 },
	{ PERFMAP_PERF, "1000 100 outer\n1040 10 inner\n", 0x1050, "outer", 0 },
	{ PERFMAP_PERF, "1040 10 old\n1000 100 new\n", 0x1045, "new", 0 },
	{ PERFMAP_PERF, "1000 20 a\n1010 20 b\n", 0x1015, "b", 0 },
	{ PERFMAP_PERF, "1010 20 b\n1000 20 a\n", 0x1015, "a", 0 },
	{ PERFMAP_PERF, "1010 20 b\n1000 20 a\n", 0x1025, "b", 0 },
	{ PERFMAP_PERF, "ffffffffffffff00 fff a\n", UINT64_MAX - 1, "a", 0 },
	{ PERFMAP_PERF, "\n1000 0 a\nx\n1000 10\n1000 1g a\n", 0x1000, NULL, 3 },
	{ PERFMAP_KERNEL, "1000 T a\n1000 t b\n2000 D c\n3000 w d [m]\n", 0x1fff, "b", 0 },
	{ PERFMAP_KERNEL, "1000 T a\n2000 D c\n3000 w d\t[m]\n", 0x2000, NULL, 0 },
	{ PERFMAP_KERNEL, "1000 T a\n2000 D c\n3000 w d\t[m]\n", 0x3010, "d", 0 },
	{ PERFMAP_KERNEL, "0 T a\n0 T b\nnonsense\n", 0x10, NULL, 1 },
};

static void test_perfmap(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(perf); i++) {
		struct arena *a = arena_new();
		struct sym_frame f = { 0 };
		struct perfmap m;
		bool found;

		perfmap_read(a, str_cstr(perf[i].text), perf[i].kind, &m);
		found = perfmap_find(&m, perf[i].addr, &f);
		if (found != (perf[i].want != NULL) || (found && !str_eq(f.name, str_cstr(perf[i].want))) ||
		    m.skipped != perf[i].skipped)
			fail_msg("%s 0x%llx: " STR_FMT ", %u skipped", perf[i].text, (unsigned long long)perf[i].addr,
			    STR_ARG(f.name), (unsigned)m.skipped);
		arena_free(a);
	}
}

/* ---- source maps ---- */

#define MAP \
	"{\"version\":3,\"file\":\"out.js\",\"sources\":[\"a.ts\",\"b.ts\"],\"names\":[\"work\",\"x\"],\"mappings\":"
/* line 1: [0 a.ts 0:0] [9 a.ts 0:9 work]; line 2: nothing; line 3: [4 b.ts 10:2] [8 without a source] */
#define MAPPINGS MAP "\"AAAA,SAASA;;ICUR,I\"}"
#define INDEX                                                                                    \
	"{\"version\":3,\"sections\":[{\"offset\":{\"line\":0,\"column\":0},\"map\":" MAPPINGS   \
	"},{\"offset\":{\"line\":10,\"column\":5},\"map\":{\"version\":3,\"sourceRoot\":\"/src/" \
	"\",\"sources\":[\"c.ts\"],"                                                             \
	"\"names\":[],\"mappings\":\"AAAA\"}}]}"

static const struct {
	const char *text;
	uint32_t line, column;
	const char *want; /* "file:line name"; NULL: nothing */
} maps[] = {
	{ MAPPINGS, 1, 1, "a.ts:1 " },
	{ MAPPINGS, 1, 9, "a.ts:1 " },
	{ MAPPINGS, 1, 10, "a.ts:1 work" },
	{ MAPPINGS, 1, 500, "a.ts:1 work" },
	{ MAPPINGS, 1, 0, "a.ts:1 " },
	{ MAPPINGS, 2, 1, NULL },
	{ MAPPINGS, 2, 0, NULL },
	{ MAPPINGS, 3, 4, NULL },
	{ MAPPINGS, 3, 5, "b.ts:11 " },
	{ MAPPINGS, 3, 9, NULL },
	{ MAPPINGS, 3, 0, "b.ts:11 " },
	{ MAPPINGS, 4, 1, NULL },
	{ MAPPINGS, 0, 1, NULL },
	{ ")]}'\n" MAPPINGS, 1, 10, "a.ts:1 work" },
	{ "\xef\xbb\xbf)]}'\n" MAPPINGS, 1, 10, "a.ts:1 work" },
	{ INDEX, 1, 10, "a.ts:1 work" },
	{ INDEX, 11, 6, "/src/c.ts:1 " },
	{ INDEX, 11, 5, NULL },
};

static const struct {
	const char *text, *error;
} bad_maps[] = {
	{ "", "unexpected end of JSON input" },
	{ "{\"version\":2,\"mappings\":\"\"}", "source map: version 2 instead of 3" },
	{ MAP "\"AAAA,!\"}", "source map: mappings: the segment that ends at byte 5 (line 1) is broken" },
	{ MAP "\"AEAA\"}", NULL },        /* source 2 of 2 */
	{ MAP "\"ADAA\"}", NULL },        /* source -1 */
	{ MAP "\"AA\"}", NULL },          /* two numbers */
	{ MAP "\"AAAAAA\"}", NULL },      /* six */
	{ MAP "\"ggggggggggB\"}", NULL }, /* a number without end */
	{ MAP "\"AAAAE\"}", NULL },       /* name 2 of 2 */
};

static void test_sourcemap(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
		struct arena *a = arena_new();
		struct sourcemap m;
		struct sym_frame f;
		struct err e;
		bool found;

		if (sourcemap_read(a, str_cstr(maps[i].text), &m, &e) < 0)
			fail_msg("case %zu: %s", i, e.msg);
		found = sourcemap_find(&m, maps[i].line, maps[i].column, &f);
		assert_int_equal(found, maps[i].want != NULL);
		if (found) {
			struct str got = arena_printf(a, STR_FMT ":%u " STR_FMT, STR_ARG(f.file), f.line,
			    STR_ARG(f.name));

			assert_string_equal(got.p, maps[i].want);
		}
		arena_free(a);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad_maps); i++) {
		struct arena *a = arena_new();
		struct sourcemap m;
		struct err e;

		if (sourcemap_read(a, str_cstr(bad_maps[i].text), &m, &e) == 0)
			fail_msg("%s was taken", bad_maps[i].text);
		if (bad_maps[i].error != NULL)
			assert_string_equal(e.msg, bad_maps[i].error);
		arena_free(a);
	}
}

/* ---- R8 ---- */

static const char r8[] = "# compiler: R8\n"
			 "com.shop.Cart -> a.b:\n"
			 "# {\"id\":\"sourceFile\",\"fileName\":\"Cart.kt\"}\n"
			 "    int total -> a\n"
			 "    1:3:void add(int):20:22 -> a\n"
			 "    4:4:int com.shop.Price.round():7:7 -> a\n"
			 "    4:4:void add(int):23 -> a\n"
			 "    void clear() -> c\n"
			 "    5:9:int[] items(java.lang.String,int) -> d\n"
			 "com.shop.Main$Inner -> a.c:\n"
			 "    1:1:void run() -> run\n";

static const struct {
	const char *name;
	uint32_t line;
	const char *want;
} r8_cases[] = {
	{ "a.b.a", 1, "com.shop.Cart.add Cart.kt:20" },
	{ "a.b.a", 3, "com.shop.Cart.add Cart.kt:22" },
	{ "a.b.a", 4, "com.shop.Price.round Price.java:7 < com.shop.Cart.add Cart.kt:23" },
	{ "a.b.a", 0, "com.shop.Cart.add Cart.kt:0" },
	{ "a.b.a", 99, "com.shop.Cart.add Cart.kt:0" },
	{ "a.b.a(I)V", 2, "com.shop.Cart.add Cart.kt:21" },
	{ "a/b.a", 2, "com/shop/Cart.add Cart.kt:21" },
	{ "a.b.c", 0, "com.shop.Cart.clear Cart.kt:0" },
	{ "a.b.c", 17, "com.shop.Cart.clear Cart.kt:17" },
	{ "a.b.d", 6, "com.shop.Cart.items Cart.kt:6" },
	{ "a.b.kept", 6, "com.shop.Cart.kept Cart.kt:6" },
	{ "a.c.run", 1, "com.shop.Main$Inner.run Main.java:1" },
	{ "a.d.run", 1, "" },
	{ "main", 1, "" },
	{ "", 1, "" },
};

static const char *r8_answer(struct arena *a, const struct r8map *m, const char *name, uint32_t line)
{
	struct sym_frame got[SYM_FRAMES_MAX];
	uint32_t n = r8map_find(m, a, str_cstr(name), line, got, SYM_FRAMES_MAX);
	struct str s = STR("");

	for (uint32_t i = 0; i < n; i++)
		s = arena_printf(a, STR_FMT "%s" STR_FMT " " STR_FMT ":%u", STR_ARG(s), i ? " < " : "",
		    STR_ARG(got[i].name), STR_ARG(got[i].file), got[i].line);
	return arena_cstr(a, s);
}

static void test_r8(void **ctx)
{
	struct arena *a = arena_new();
	uint64_t skipped;
	struct r8map *m = r8map_read(a, str_cstr(r8), &skipped);

	(void)ctx;
	assert_non_null(m);
	assert_int_equal(skipped, 0);
	for (size_t i = 0; i < ARRAY_LEN(r8_cases); i++)
		assert_string_equal(r8_answer(a, m, r8_cases[i].name, r8_cases[i].line), r8_cases[i].want);
	assert_null(r8map_read(a, STR("nothing\nof this\n"), &skipped));
	assert_int_equal(skipped, 2);
	m = r8map_read(a, STR("a -> b:\n  1:x:void f() -> g\n  2:3:void f():z -> g\n  void f() -> h\n"), &skipped);
	assert_non_null(m);
	assert_int_equal(skipped, 2);
	for (size_t n = 0; n < sizeof(r8); n++) {
		m = r8map_read(a, str_of(r8, n), &skipped);
		if (m != NULL)
			r8_answer(a, m, "a.b.a", 4);
	}
	arena_free(a);
}

/* ---- into a profile ---- */

static uint32_t find(void *ctx, const struct profile *p, const struct mapping *m, uint64_t addr, struct sym_frame *out,
    uint32_t max)
{
	(void)ctx;
	(void)p;
	(void)max;
	if (m == NULL || addr != 0x1000)
		return 0;
	out[0] = (struct sym_frame){ .name = STR("_ZN1a5innerEv"), .file = STR("a.cc"), .line = 3, .start_line = 2 };
	out[1] = (struct sym_frame){ .name = STR("outer"), .file = STR("a.cc"), .line = 9 };
	return 2;
}

static uint32_t rename_outer(void *ctx, const struct sym_frame *in, struct sym_frame *out, uint32_t max)
{
	(void)ctx;
	(void)max;
	if (!str_eq(in->name, STR("outer")))
		return 0;
	out[0] = *in;
	out[0].name = STR("renamed");
	out[1] = (struct sym_frame){ .name = STR("caller"), .file = STR("b.cc"), .line = 1 };
	return 2;
}

static const char *text_of(struct arena *a, const struct profile *p)
{
	struct str s = STR("");

	for (uint32_t i = 0; i < p->n_locations; i++) {
		const struct location *l = &p->locations[i];

		s = arena_printf(a, STR_FMT "0x%llx", STR_ARG(s), (unsigned long long)l->address);
		for (uint32_t k = 0; k < l->n_lines; k++) {
			const struct line *n = &p->lines[l->first_line + k];
			const struct function *f = &p->functions[n->function];

			s = arena_printf(a, STR_FMT " " STR_FMT "@" STR_FMT ":%d/%d", STR_ARG(s),
			    STR_ARG(profile_str(p, f->name)), STR_ARG(profile_str(p, f->file)), (int)n->line,
			    (int)f->start_line);
		}
		s = arena_printf(a, STR_FMT ";", STR_ARG(s));
	}
	return arena_cstr(a, s);
}

static struct profile *sample(struct arena *a)
{
	struct profile_builder *b = profile_builder_new(a, 1);
	uint32_t stack[4], m;
	int64_t one = 1;

	profile_builder_type(b, 0, STR("samples"), STR("count"));
	m = profile_builder_mapping(b, &(struct mapping){ .start = 0x1000, .limit = 0x3000 });
	stack[0] = profile_builder_location(b, &(struct location){ .address = 0x1000, .mapping = m }, NULL);
	stack[1] = profile_builder_location(b, &(struct location){ .address = 0x2000, .mapping = m }, NULL);
	stack[2] = profile_builder_location(b, &(struct location){ .address = 0x1000, .mapping = PROFILE_NONE }, NULL);
	stack[3] = profile_builder_frame(b, STR("outer"), STR("a.cc"), 7);
	profile_builder_add(b, stack, 4, &one, NULL, 0);
	return profile_builder_finish(b);
}

static void test_profile(void **ctx)
{
	struct arena *a = arena_new();
	struct symbolize s = { .find = find, .demangle = DEMANGLE_SIMPLE };
	struct symbolize_count count = { 0 };
	struct profile *p = sample(a);

	(void)ctx;
	symbolize_profile(a, p, &s, &count);
	assert_string_equal(text_of(a, p), "0x1000 a::inner@a.cc:3/2 outer@a.cc:9/0;0x2000;0x1000;0x0 outer@a.cc:7/0;");
	assert_int_equal(p->n_functions, 2); /* outer was there */
	assert_int_equal(count.locations, 3);
	assert_int_equal(count.found, 1);
	assert_int_equal(count.bare, 2);
	assert_true(p->mappings[0].flags & MAPPING_HAS_INLINE_FRAMES);
	/* Again: nothing is left to do, until it is asked for by force. */
	count = (struct symbolize_count){ 0 };
	symbolize_profile(a, p, &s, &count);
	assert_int_equal(count.found, 0);
	s.force = true;
	s.demangle = DEMANGLE_FULL;
	s.rename = rename_outer;
	symbolize_profile(a, p, &s, &count);
	assert_string_equal(text_of(a, p),
	    "0x1000 a::inner()@a.cc:3/2 renamed@a.cc:9/0 caller@b.cc:1/0;0x2000;0x1000;0x0 renamed@a.cc:7/0 "
	    "caller@b.cc:1/0;");
	assert_int_equal(count.renamed, 2);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_perfmap),
		cmocka_unit_test(test_sourcemap),
		cmocka_unit_test(test_r8),
		cmocka_unit_test(test_profile),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
