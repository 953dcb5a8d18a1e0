/* test_output.c - forms of answers: names, extensions, --output, and that each form prints what it says. */
#include "tests/lib/profile_fixture.h"

#include "base/zip.h"
#include "formats/report/output.h"

#define LIMIT ((size_t)32 << 20)

static const struct {
	const char *text, *usual;
	enum output_of of;
	const char *form; /* NULL: an error */
	const char *file; /* NULL: standard output */
	enum output_pack pack;
} choices[] = {
	{ "", "top", OUTPUT_REPORT, "top", NULL, OUTPUT_AS_IT_IS },
	{ "-", "svg", OUTPUT_REPORT, "svg", NULL, OUTPUT_AS_IT_IS },
	{ "text", "tree", OUTPUT_REPORT, "tree", NULL, OUTPUT_AS_IT_IS },
	{ "text=x", "tree", OUTPUT_REPORT, "tree", "x", OUTPUT_AS_IT_IS },
	{ "svg", "top", OUTPUT_REPORT, "svg", NULL, OUTPUT_AS_IT_IS },
	{ "svg=x", "top", OUTPUT_REPORT, "svg", "x", OUTPUT_AS_IT_IS },
	{ "svg=", "top", OUTPUT_REPORT, "svg", NULL, OUTPUT_AS_IT_IS },
	{ "merge=x.gz", "top", OUTPUT_REPORT, "pprof", "x.gz", OUTPUT_GZIP },
	{ "table", "top", OUTPUT_REPORT, "tsv", NULL, OUTPUT_AS_IT_IS },
	{ "a.svg", "top", OUTPUT_REPORT, "svg", "a.svg", OUTPUT_AS_IT_IS },
	{ "d/A.SVG", "top", OUTPUT_REPORT, "svg", "d/A.SVG", OUTPUT_AS_IT_IS },
	{ "x.pb.gz", "top", OUTPUT_REPORT, "pprof", "x.pb.gz", OUTPUT_GZIP },
	{ "x.pprof", "top", OUTPUT_REPORT, "pprof", "x.pprof", OUTPUT_AS_IT_IS },
	{ "x.folded.zst", "top", OUTPUT_REPORT, "folded", "x.folded.zst", OUTPUT_ZSTD },
	{ "x.json", "top", OUTPUT_REPORT, "json", "x.json", OUTPUT_AS_IT_IS },
	{ "x.txt", "top", OUTPUT_REPORT, "top", "x.txt", OUTPUT_AS_IT_IS },
	{ "flamebearer", "top", OUTPUT_PROFILES, "flamebearer", NULL, OUTPUT_AS_IT_IS },
	{ "x.dot", "diff", OUTPUT_COMPARISON, "dot", "x.dot", OUTPUT_AS_IT_IS },
	{ "svgx", "top", OUTPUT_REPORT, NULL, NULL, OUTPUT_AS_IT_IS },
	{ ".svg", "top", OUTPUT_REPORT, "svg", ".svg", OUTPUT_AS_IT_IS },
	{ "x.unheard", "top", OUTPUT_REPORT, NULL, NULL, OUTPUT_AS_IT_IS },
	{ "x.gz", "top", OUTPUT_REPORT, NULL, NULL, OUTPUT_AS_IT_IS },
	{ "=x", "top", OUTPUT_REPORT, NULL, NULL, OUTPUT_AS_IT_IS },
};

static void test_parse(void **state)
{
	struct arena *a = arena_new();
	struct output_choice c;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
		int rc = output_parse(a, choices[i].text, str_cstr(choices[i].usual), choices[i].of, &c, &e);

		if ((rc == 0) != (choices[i].form != NULL))
			fail_msg("%s: %d", choices[i].text, rc);
		if (rc < 0) {
			assert_int_equal(e.kind, ERR_USAGE);
			assert_non_null(strstr(e.msg, "folded"));
			continue;
		}
		if (strcmp(c.form.name, choices[i].form) != 0)
			fail_msg("%s: %s", choices[i].text, c.form.name);
		assert_int_equal(c.file != NULL, choices[i].file != NULL);
		if (c.file != NULL)
			assert_string_equal(c.file, choices[i].file);
		assert_int_equal(c.pack, choices[i].pack);
	}
	arena_free(a);
}

/* Every format that can be written is a form, once, and every form can be found by its name. */
static void test_table(void **state)
{
	struct output f, g;
	uint32_t written = 0;

	(void)state;
	for (uint32_t i = 0; i < output_count(); i++) {
		f = output_at(i);
		assert_non_null(f.name);
		assert_non_null(f.text);
		assert_non_null(f.extensions);
		assert_true(f.content_type.n > 0);
		/* one, with or without parameters */
		for (size_t at = str_find(f.content_type, ' '); at < f.content_type.n; at = f.content_type.n)
			assert_true(at > 0 && f.content_type.p[at - 1] == ';');
		if (f.format != NULL && f.report == NULL)
			assert_true(str_prefix(str_cstr(f.format->content_types), f.content_type));
		assert_int_not_equal(output_what(&f), 0);
		assert_true(output_find(str_cstr(f.name), &g));
		assert_ptr_equal(f.format, g.format);
		assert_ptr_equal(f.report, g.report);
		written += f.format != NULL;
		for (uint32_t k = 0; k < i; k++)
			assert_string_not_equal(output_at(k).name, f.name);
	}
	for (uint32_t i = 0; i < n_formats; i++)
		written -= formats[i]->encode != NULL;
	assert_int_equal(written, 0);
	assert_true(output_find(STR("pprof"), &f));
	assert_true(f.binary);
	assert_true(output_find(STR("folded"), &f));
	assert_false(f.binary);
	assert_true(output_find(STR("jsonl"), &f));
	assert_true(str_eq(f.content_type, STR("application/x-ndjson")));
	assert_true(output_find(STR("svg"), &f));
	assert_true(str_eq(f.content_type, STR("image/svg+xml")));
	assert_false(output_find(STR(""), &f));
}

static struct profile *sample(struct arena *a)
{
	struct profile_builder *b = profile_builder_new(a, 2);
	uint32_t main = profile_builder_frame(b, STR("main"), STR("m.c"), 3);
	uint32_t work = profile_builder_frame(b, STR("work"), STR("w.c"), 5);
	int64_t values[] = { 3, 30 };
	struct profile *p;

	profile_builder_type(b, 0, STR("samples"), STR("count"));
	profile_builder_type(b, 1, STR("cpu"), STR("nanoseconds"));
	profile_builder_add(b, (uint32_t[]){ work, main }, 2, values, NULL, 0);
	profile_builder_add(b, &main, 1, values, NULL, 0);
	p = profile_builder_finish(b);
	for (uint32_t i = 0; i < p->n_functions; i++)
		p->functions[i].start_line = 1; /* formats for compilers need them */
	profile_time_samples(p);
	return p;
}

static void test_print(void **state)
{
	struct arena *a = arena_new();
	struct profile *p = sample(a);
	const struct report_opts ro = report_defaults();
	const struct output_opts oo = { .type = FORMAT_ALL_TYPES };
	struct format_profile one[2] = { { .p = p }, { .p = p } };
	struct report *r, *before;
	struct err e;

	(void)state;
	r = report_new(p, &ro, &e);
	before = report_new(p, &ro, &e);
	for (uint32_t i = 0; i < output_count(); i++) {
		const struct output f = output_at(i);
		const struct output_in in[] = {
			{ .a = a, .report = r, .profile = p },
			{ .a = a, .profiles = one, .n = 1 },
			{ .a = a, .report = r, .before = before },
		};

		for (unsigned k = 0; k < ARRAY_LEN(in); k++) {
			struct buf b;
			int rc;

			buf_init(&b, LIMIT);
			rc = output_print(&f, &in[k], &oo, &b, &e);
			if ((rc == 0) != ((output_what(&f) & 1u << k) != 0))
				fail_msg("%s of %u: %d %s", f.name, k, rc, rc < 0 ? e.msg : "");
			if (rc < 0)
				assert_int_equal(e.kind, ERR_USAGE);
			else if (b.n == 0 && strcmp(f.name, "tags") != 0 && strcmp(f.name, "comments") != 0)
				fail_msg("%s of %u says nothing", f.name, k);
			buf_fini(&b);
		}
		if (f.format != NULL && !f.format->several) {
			struct buf b;

			buf_init(&b, LIMIT);
			assert_int_equal(output_print(&f, &(struct output_in){ .a = a, .profiles = one, .n = 2 }, &oo,
					     &b, &e),
			    -1);
			buf_fini(&b);
		}
	}
	report_free(r);
	report_free(before);
	arena_free(a);
}

/* What the filters leave is what a format gets. */
static void test_filtered(void **state)
{
	struct arena *a = arena_new();
	struct profile *p = sample(a), *back;
	struct report_opts ro = report_defaults();
	struct output_opts oo = { .plain = true };
	struct output f;
	struct format_profiles got = { 0 };
	struct report *r;
	struct buf b;
	struct err e;

	(void)state;
	ro.sample = STR("cpu");
	ro.divide_by = 10;
	r = report_new(p, &ro, &e);
	assert_true(output_find(STR("pprof"), &f));
	buf_init(&b, LIMIT);
	assert_int_equal(output_print(&f, &(struct output_in){ .a = a, .report = r, .profile = p, .changed = true },
			     &oo, &b, &e),
	    0);
	assert_int_equal(f.format->decode(a, buf_str(&b), &(struct format_opts){ 0 }, &got, &e), 0);
	back = got.p[0].p;
	assert_int_equal(back->n_samples, 2);
	assert_int_equal(profile_value(back, 0, 1), 3);
	buf_fini(&b);
	report_free(r);
	arena_free(a);
}

static void test_pack(void **state)
{
	struct arena *a = arena_new();
	struct buf b, once;
	struct str out;
	struct err e;

	(void)state;
	for (int how = OUTPUT_AS_IT_IS; how <= OUTPUT_ZSTD; how++) {
		buf_init(&b, LIMIT);
		buf_add(&b, STR("a;b 3\n"));
		output_pack((enum output_pack)how, &b);
		assert_int_equal(zip_is_gzip(buf_str(&b)), how == OUTPUT_GZIP);
		assert_int_equal(zip_is_zstd(buf_str(&b)), how == OUTPUT_ZSTD);
		output_pack(OUTPUT_GZIP, &b); /* what is packed stays */
		assert_int_equal(zip_is_zstd(buf_str(&b)), how == OUTPUT_ZSTD);
		assert_int_equal(format_unpack(a, buf_str(&b), LIMIT, &out, &e), 0);
		assert_true(str_eq(out, STR("a;b 3\n")));
		output_pack(OUTPUT_ZSTD, &b); /* but a file called .zst is that, and no gzip inside of it */
		buf_init(&once, LIMIT);
		assert_int_equal(zip_unzstd(buf_str(&b), LIMIT, &once, &e), 0);
		assert_true(str_eq(buf_str(&once), STR("a;b 3\n")));
		buf_fini(&once);
		buf_fini(&b);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_filtered),
		cmocka_unit_test(test_pack),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
