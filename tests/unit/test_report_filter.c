/* formats/report/report.h: filters by name and by tag, and comparisons. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "formats/labels/regex.h"
#include "formats/report/report.h"
#include "tests/lib/shop.h"

struct filter_case {
	size_t field; /* of report_opts: a struct regex * */
	const char *expr, *want;
};

#define FIELD(name) offsetof(struct report_opts, name)
#define ALL                                                               \
	"main.main;[shop] 1\nmain.main;main.work 10\n"                    \
	"main.main;main.work;encoding/json.Marshal 20\n"                  \
	"main.main;main.work;encoding/json.Marshal;runtime.mallocgc 60\n" \
	"main.main;main.work;main.work;runtime.mallocgc 5\nruntime.idle:1 4\n"

static void test_name_filters(void **state)
{
	static const struct filter_case cases[] = {
		{ FIELD(focus), "json",
		    "main.main;main.work;encoding/json.Marshal 20\n"
		    "main.main;main.work;encoding/json.Marshal;runtime.mallocgc 60\n" },
		{ FIELD(focus), "malloc\\.go",
		    "main.main;main.work;encoding/json.Marshal;runtime.mallocgc 60\n"
		    "main.main;main.work;main.work;runtime.mallocgc 5\n" },
		{ FIELD(focus), "/bin/shop", ALL }, /* the file of the mapping counts */
		{ FIELD(focus), "nowhere", "" },
		{ FIELD(ignore), "json|idle",
		    "main.main;[shop] 1\nmain.main;main.work 10\n"
		    "main.main;main.work;main.work;runtime.mallocgc 5\n" },
		{ FIELD(hide), "^main\\.work|idle",
		    "main.main 10\nmain.main;[shop] 1\n"
		    "main.main;encoding/json.Marshal 20\n"
		    "main.main;encoding/json.Marshal;runtime.mallocgc 60\n"
		    "main.main;runtime.mallocgc 5\n" },
		{ FIELD(show), "main", "main.main 1\nmain.main;main.work 90\nmain.main;main.work;main.work 5\n" },
		{ FIELD(show_from), "work$",
		    "main.work 10\nmain.work;encoding/json.Marshal 20\n"
		    "main.work;encoding/json.Marshal;runtime.mallocgc 60\n"
		    "main.work;main.work;runtime.mallocgc 5\n" },
		{ FIELD(prune_from), "json",
		    "main.main;[shop] 1\nmain.main;main.work 10\n"
		    "main.main;main.work;encoding/json.Marshal 80\n"
		    "main.main;main.work;main.work;runtime.mallocgc 5\nruntime.idle:1 4\n" },
	};
	struct arena *a = arena_new();
	struct profile *p = make_profile(a, 1);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct report_opts o = report_defaults();
		struct err e;
		struct regex *re = regex_new(str_cstr(cases[i].expr), &e);

		o.sample = STR("samples");
		memcpy((char *)&o + cases[i].field, &re, sizeof(re));
		assert_string_equal(print(a, p, &o, report_folded), cases[i].want);
		regex_free(re);
	}
	arena_free(a);
}

static void test_tag_filters(void **state)
{
	static const char ann[] = "main.main;main.work;encoding/json.Marshal 20\n"
				  "main.main;main.work;main.work;runtime.mallocgc 5\n";
	static const char bob[] = "main.main;main.work;encoding/json.Marshal;runtime.mallocgc 60\n";
	static const char small[] = "main.main;main.work;main.work;runtime.mallocgc 5\n";
	static const struct {
		const char *expr, *want;
	} cases[] = {
		{ "user=ann", ann },
		{ "user=bob,nobody", bob }, /* with a key one of them is enough */
		{ "user:ann", ann },        /* without, all must match */
		{ "user:ann,bob", "" },
		{ "bytes=4096", "" }, /* the unit must be said */
		{ "bytes=4kb", bob },
		{ "bytes=4096b", bob },
		{ "4kB", bob },
		{ "bytes=:1kb", small },
		{ "1kb:", bob },
		{ "bytes=50b:4096b",
		    "main.main;main.work;encoding/json."
		    "Marshal;runtime.mallocgc 60\nmain.main;main.work;main.work;runtime.mallocgc 5\n" },
		{ "bytes=1s:2s", "" },
	};
	struct arena *a = arena_new();
	struct profile *p = make_profile(a, 1);
	struct report_opts o = report_defaults();
	struct err e;

	(void)state;
	o.sample = STR("samples");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		o.tag_focus = report_tag_filter_parse(a, str_cstr(cases[i].expr), &e);
		assert_non_null(o.tag_focus);
		assert_string_equal(print(a, p, &o, report_folded), cases[i].want);
		report_tag_filter_free(o.tag_focus);
	}
	o.tag_focus = NULL;
	o.tag_ignore = report_tag_filter_parse(a, STR("user=."), &e);
	assert_string_equal(print(a, p, &o, report_folded),
	    "main.main;[shop] 1\nmain.main;main.work 10\nruntime.idle:1 4\n");
	report_tag_filter_free(o.tag_ignore);
	assert_null(report_tag_filter_parse(a, STR("user=(ann"), &e));
	assert_int_equal(e.kind, ERR_INVALID);
	assert_null(report_tag_filter_parse(a, STR("99999999999999999999kb"), &e));
	arena_free(a);
}

static void test_tag_frames(void **state)
{
	struct arena *a = arena_new();
	struct profile *p = make_profile(a, 1);
	struct report_opts o = report_defaults();
	struct err e;
	struct regex *malloc_re = regex_new(STR("mallocgc"), &e);

	(void)state;
	o.sample = STR("samples");
	o.focus = malloc_re;
	o.tag_root = STR("user,bytes");
	o.tag_leaf = STR("user");
	assert_string_equal(print(a, p, &o, report_folded),
	    "ann;100B;main.main;main.work;main.work;runtime.mallocgc;ann 5\n"
	    "bob;4kB;main.main;main.work;encoding/json.Marshal;runtime.mallocgc;bob 60\n");
	regex_free(malloc_re);
	arena_free(a);
}

/* The profile itself may ask to drop what some functions call. */
static void test_drop_frames(void **state)
{
	struct arena *a = arena_new();
	struct profile *p = make_profile(a, 1);
	struct report_opts o = report_defaults();
	struct report *r;
	struct err e;
	struct str *strings = arena_array(a, p->n_strings + 2, sizeof(*strings));

	(void)state;
	memcpy(strings, p->strings, p->n_strings * sizeof(*strings));
	strings[p->n_strings] = STR("encoding/.*|runtime.mallocgc");
	strings[p->n_strings + 1] = STR("runtime.mallocgc");
	p->strings = strings;
	p->drop_frames = p->n_strings++;
	o.sample = STR("samples");
	assert_string_equal(print(a, p, &o, report_folded),
	    "main.main;[shop] 1\nmain.main;main.work 90\nmain.main;main.work;main.work 5\nruntime.idle:1 4\n");
	p->keep_frames = p->n_strings++;
	assert_string_equal(print(a, p, &o, report_folded),
	    "main.main;[shop] 1\nmain.main;main.work 90\nmain.main;main.work;main.work;runtime.mallocgc 5\n"
	    "runtime.idle:1 4\n");
	strings[p->drop_frames] = STR("(");
	r = report_new(p, &o, &e);
	assert_null(r);
	assert_non_null(strstr(e.msg, "drop_frames"));
	arena_free(a);
}

struct pair {
	struct arena *a;
	struct report *before, *after;
};

static struct pair make_pair(const char *sample)
{
	struct pair x = { .a = arena_new() };
	struct report_opts o = report_defaults();
	struct err e;

	o.sample = str_cstr(sample);
	x.before = report_new(make_profile(x.a, 1), &o, &e);
	x.after = report_new(make_profile(x.a, 4), &o, &e);
	return x;
}

static void pair_free(struct pair *x)
{
	report_free(x->before);
	report_free(x->after);
	arena_free(x->a);
}

/* Samples of 10 ms: ten before and forty after are a change, one function more. */
static void test_diff(void **state)
{
	struct pair x = make_pair("cpu");
	struct report_diff_opts o = report_diff_defaults();
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	report_diff_top(x.before, x.after, &o, &b);
	buf_byte(&b, 0);
	assert_string_equal(b.p,
	    "Type: cpu\nTotal: 1000ms before, 1300ms after, +300ms (+30.00%, p 0.048)\n"
	    "Showing 1 of 6 functions, by change of flat\n"
	    "    before      after      delta    delta%      95% bounds of delta       p  function\n"
	    "     100ms      400ms     +300ms  +300.00%  +158.66ms.. +441.34ms  <0.001  main.work\n");
	buf_reset(&b);
	o.confidence = 0;
	report_diff_top(x.before, x.after, &o, &b);
	buf_byte(&b, 0);
	assert_string_equal(b.p,
	    "Type: cpu\nTotal: 1000ms before, 1300ms after, +300ms (+30.00%)\n"
	    "Showing 1 of 6 functions, by change of flat\n"
	    "    before      after      delta    delta%  function\n"
	    "     100ms      400ms     +300ms  +300.00%  main.work\n");
	buf_reset(&b);
	o.cum = true;
	o.normalize = DIFF_TOTAL;
	o.count = 2;
	o.sep = '\t';
	report_diff_top(x.before, x.after, &o, &b);
	buf_byte(&b, 0);
	assert_string_equal(b.p,
	    "flat_before\tflat_after\tflat_delta\tflat_low\tflat_high\tflat_p\t"
	    "cum_before\tcum_after\tcum_delta\tcum_low\tcum_high\tcum_p\tname\n"
	    "260000000\t200000000\t-60000000\t\t\t\t1040000000\t800000000\t-240000000\t\t\t\tencoding/json.Marshal\n"
	    "845000000\t650000000\t-195000000\t\t\t\t845000000\t650000000\t-195000000\t\t\t\truntime.mallocgc\n");
	buf_reset(&b);
	o.normalize = DIFF_NONE;
	o.count = 1;
	report_diff_json(x.before, x.after, &o, &b);
	buf_byte(&b, 0);
	assert_string_equal(b.p,
	    "{\"type\":\"cpu\",\"unit\":\"nanoseconds\","
	    "\"total\":{\"before\":1000000000,\"after\":1300000000,\"delta\":300000000},"
	    "\"functions\":[{\"name\":\"main.work\","
	    "\"flat\":{\"before\":100000000,\"after\":400000000,\"delta\":300000000},"
	    "\"cum\":{\"before\":950000000,\"after\":1250000000,\"delta\":300000000}}]}\n");
	buf_fini(&b);
	pair_free(&x);
}

static void test_diff_folded(void **state)
{
	struct pair x = make_pair("samples");
	struct report_opts o = report_defaults();
	struct err e;
	struct regex *idle = regex_new(STR("idle|shop"), &e), *json = regex_new(STR("json"), &e);
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	report_diff_folded(x.before, x.after, &b);
	buf_byte(&b, 0);
	assert_string_equal(b.p,
	    "main.main;[shop] 1 1\nmain.main;main.work 10 40\n"
	    "main.main;main.work;encoding/json.Marshal 20 20\n"
	    "main.main;main.work;encoding/json.Marshal;runtime.mallocgc 60 60\n"
	    "main.main;main.work;main.work;runtime.mallocgc 5 5\nruntime.idle:1 4 4\n");
	pair_free(&x);
	x.a = arena_new();
	o.sample = STR("samples");
	o.focus = idle;
	o.hide = json;
	x.before = report_new(make_profile(x.a, 1), &o, &e);
	o.focus = json;
	o.hide = NULL;
	x.after = report_new(make_profile(x.a, 1), &o, &e);
	buf_reset(&b);
	report_diff_folded(x.after, x.before, &b);
	buf_byte(&b, 0);
	assert_string_equal(b.p,
	    "main.main;[shop] 0 1\nmain.main;main.work 0 30\n"
	    "main.main;main.work;encoding/json.Marshal 20 0\n"
	    "main.main;main.work;encoding/json.Marshal;runtime.mallocgc 60 0\n"
	    "main.main;main.work;main.work;runtime.mallocgc 0 5\n"
	    "main.main;main.work;runtime.mallocgc 0 60\n"
	    "runtime.idle:1 0 4\n");
	buf_fini(&b);
	regex_free(idle);
	regex_free(json);
	pair_free(&x);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name_filters),
		cmocka_unit_test(test_tag_filters),
		cmocka_unit_test(test_tag_frames),
		cmocka_unit_test(test_drop_frames),
		cmocka_unit_test(test_diff),
		cmocka_unit_test(test_diff_folded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
