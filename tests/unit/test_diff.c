/*
 * test_diff.c - the mathematics of comparisons, and limits: against numbers of other programs, and against chance itself.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "base/mem.h"
#include "formats/profile.h"
#include "formats/report/diff_limit.h"
#include "formats/report/diff_stats.h"

static void near(double have, double want)
{
	if (!(fabs(have - want) <= 1e-6 + 1e-6 * fabs(want)))
		fail_msg("%.9g is not %.9g", have, want);
}

static void test_quantiles(void **ctx)
{
	(void)ctx;
	near(diff_quantile(0.95), 1.959963985);
	near(diff_quantile(0.99), 2.575829304);
	near(diff_quantile(0.5), 0.674489750);
}

static void test_binomial(void **ctx)
{
	(void)ctx;
	near(diff_binomial(13, 0.5, 9), 0.953857421875);
	near(diff_binomial(13, 0.3, 3), 0.420605645);
	near(diff_binomial(5, 0.5, 5), 1);
	near(diff_binomial(5, 0, 0), 1);
	near(diff_binomial(5, 1, 4), 0);
	near(diff_binomial(49, 0.02, 0), pow(0.98, 49));
}

static struct diff_sum events(double n)
{
	return (struct diff_sum){ n * 10, n * 100 }; /* each is worth 10 */
}

/* 3 of 10 against 10: binomial; more: normal; shares: two proportions. */
static void test_p(void **ctx)
{
	static const struct {
		double s, total[2], n[2];
		bool shares;
		double p;
	} cases[] = {
		{ 1, { 100, 100 }, { 3, 10 }, false, 0.092285156 },
		{ 1, { 100, 100 }, { 5, 5 }, false, 1 },
		{ 2, { 100, 200 }, { 0, 10 }, false, 2 * 0.017341529915832 },
		{ 1, { 1000, 1000 }, { 400, 500 }, false, 0.000858121 },
		{ 2, { 1000, 2000 }, { 400, 800 }, false, 1 },
		{ 1, { 1000, 1000 }, { 400, 500 }, true, 0.0000069 },
		{ 2, { 1000, 2000 }, { 100, 200 }, true, 1 },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct diff_scale c = { .s = cases[i].s, .shares = cases[i].shares, .z = 1.96 };
		struct diff_sum x[2] = { events(cases[i].n[0]), events(cases[i].n[1]) };
		struct diff_test t;

		c.total[0] = events(cases[i].total[0]);
		c.total[1] = events(cases[i].total[1]);
		assert_true(diff_test(&c, x, &t));
		if (fabs(t.p - cases[i].p) > 1e-5)
			fail_msg("case %zu: p %.9f, not %.9f", i, t.p, cases[i].p);
		assert_true(t.low <= x[1].value - c.s * x[0].value && t.high >= x[1].value - c.s * x[0].value);
	}
}

static void test_unknown(void **ctx)
{
	struct diff_scale c = { .s = 1, .z = 1.96 };
	struct diff_sum x[2] = { { 5, 0 }, { 7, 0 } };
	struct diff_test t;

	(void)ctx;
	assert_false(diff_test(&c, x, &t));
	near(t.low, 2);
	c.shares = true;
	c.total[0] = events(1);
	x[0] = x[1] = events(1);
	assert_false(diff_test(&c, x, &t));
}

static void test_adjust(void **ctx)
{
	/* as p.adjust(c(0.01, 0.04, 0.03, 0.5), "BH") of R */
	double p[] = { 0.01, 0.04, 0.03, 0.5 };

	(void)ctx;
	diff_adjust(p, 4);
	near(p[0], 0.04);
	near(p[1], 0.16 / 3);
	near(p[2], 0.16 / 3);
	near(p[3], 0.5);
	diff_adjust(p, 0);
}

static uint64_t seed = 7;

static double uniform(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (double)(seed >> 11) / 0x1p53;
}

static double poisson(double mean)
{
	double limit = exp(-mean), p = 1;
	unsigned n = 0;

	do
		p *= uniform();
	while (n++, p > limit);
	return n - 1;
}

/* Nothing has changed: p is below 0.05 in one of twenty, and the bounds miss 0 as often. */
static void test_false_alarms(void **ctx)
{
	static const double means[] = { 2, 10, 40, 200 };

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(means); i++) {
		const struct diff_scale c = { .s = 1,
			.total = { { 1e6, 1e7 }, { 1e6, 1e7 } },
			.z = diff_quantile(0.95) };
		unsigned alarms = 0, missed = 0, rounds = 4000;

		for (unsigned k = 0; k < rounds; k++) {
			struct diff_sum x[2] = { events(poisson(means[i])), events(poisson(means[i])) };
			struct diff_test t;

			diff_test(&c, x, &t);
			alarms += t.p < 0.05;
			missed += t.low > 0 || t.high < 0;
		}
		assert_true(alarms < rounds * 7 / 100);
		assert_true(missed < rounds * 7 / 100);
	}
}

static void test_limit_texts(void **ctx)
{
	static const struct {
		const char *text;
		const char *wrong; /* NULL: right */
	} cases[] = {
		{ "self(encode) > +3%", NULL },
		{ "flat(a(b|c)) >= -1.5ms", NULL },
		{ "cum(json\\)x) < 100", NULL },
		{ " total<=+2 GB ", NULL },
		{ "total > 5%", NULL },
		{ "self(x) > 5% of total", NULL },
		{ "cum(x) < 5 %  of total", NULL },
		{ "self(x) > +5% of total", "a share of the total has no sign" },
		{ "total > 5% of total", "is of functions" },
		{ "", "self(RE), cum(RE) or total is expected" },
		{ "slow(x) > 1", "self(RE), cum(RE) or total is expected" },
		{ "self(x > 1", "a bracket is not closed" },
		{ "self(x\\", "a bracket is not closed" },
		{ "self(x) = 1", "<, <=, > or >= is expected" },
		{ "self(x) >", "a number is expected" },
		{ "self(x) > +", "a number is expected" },
		{ "self(x) > %", "a number is expected" },
		{ "self(x) > 1.2.3", "a number is expected" },
		{ "self(a[) > 1", "error parsing regexp" },
	};
	struct arena *a = arena_new();

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct diff_limit l;
		struct err e;
		int rc = diff_limit_parse(a, str_cstr(cases[i].text), &l, &e);

		if ((rc < 0) != (cases[i].wrong != NULL) || (rc < 0 && strstr(e.msg, cases[i].wrong) == NULL))
			fail_msg("%s: %s", cases[i].text, rc < 0 ? e.msg : "taken");
		if (rc < 0)
			assert_int_equal(e.kind, ERR_USAGE);
		else
			diff_limit_fini(&l);
	}
	arena_free(a);
}

/* main;encode and main;rest, n samples of so many nanoseconds each; the profile says its period. */
static struct report *report_with(struct arena *a, int64_t encode, int64_t rest, int64_t sample, int64_t period)
{
	struct profile_builder *b = profile_builder_new(a, 1);
	uint32_t main_ = profile_builder_frame(b, STR("main"), STR_NONE, 0), stack[2];
	struct report_opts o = report_defaults();
	struct profile *p;
	struct err e;

	profile_builder_type(b, 0, STR("cpu"), STR("nanoseconds"));
	stack[1] = main_;
	stack[0] = profile_builder_frame(b, STR("encode"), STR_NONE, 0);
	profile_builder_add(b, stack, 2, &(int64_t){ encode * sample }, NULL, 0);
	stack[0] = profile_builder_frame(b, STR("rest"), STR_NONE, 0);
	profile_builder_add(b, stack, 2, &(int64_t){ rest * sample }, NULL, 0);
	p = profile_builder_finish(b);
	p->has_period_type = true;
	p->period_type = p->types[0];
	p->period = period;
	return report_new(p, &o, &e);
}

static struct report *report_of(struct arena *a, int64_t encode, int64_t rest)
{
	return report_with(a, encode, rest, 10000000, 10000000);
}

/* What a store gives says a period of one second: the values tell what a sample was worth. */
static void test_period_of_stores(void **ctx)
{
	static const struct {
		int64_t sample, period;
		int64_t before[2], after[2];
		bool passed;
	} cases[] = {
		/* 101 to 200 samples of 10 ms are no chance (p < 0.001), 1 to 2 of 1 s are */
		{ 10000000, 10000000, { 101, 907 }, { 200, 907 }, true },
		{ 10000000, 1000000000, { 101, 907 }, { 200, 907 }, true },
		{ 10000000, 1000000000, { 101, 907 }, { 105, 907 }, false },
		{ 1000000000, 1000000000, { 1, 9 }, { 2, 9 }, false },
		/* 19 a second */
		{ 52631578, 1000000000, { 101, 907 }, { 200, 907 }, true },
		/* a thousand a second, nearly */
		{ 999983, 1000000000, { 100, 907 }, { 200, 907 }, true },
		/* of no rate: as if there were 100 a second, from 10 to 20 samples, and from 100 to 200 */
		{ 7, 1000000000, { 14285715, 129571429 }, { 28571429, 129571429 }, false },
		{ 7, 1000000000, { 142857150, 1295714290 }, { 285714290, 1295714290 }, true },
		/* a period that is said counts */
		{ 10000000, 999999999, { 101, 907 }, { 200, 907 }, false },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct report *before = report_with(a, cases[i].before[0], cases[i].before[1], cases[i].sample,
		    cases[i].period);
		struct report *after = report_with(a, cases[i].after[0], cases[i].after[1], cases[i].sample,
		    cases[i].period);
		struct report_diff_opts o = report_diff_defaults();
		struct diff_limit l;
		struct err e;

		o.normalize = DIFF_NONE;
		assert_int_equal(diff_limit_parse(a, STR("self(encode) > +3%"), &l, &e), 0);
		if (diff_limit_check(&l, a, before, after, &o, &e) < 0)
			fail_msg("case %zu: %s", i, e.msg);
		if (l.passed != cases[i].passed)
			fail_msg("case %zu: %.*s", i, (int)l.sentence.n, l.sentence.p);
		diff_limit_fini(&l);
		report_free(before);
		report_free(after);
		arena_free(a);
	}
}

static void test_limits(void **ctx)
{
	static const struct {
		const char *text;
		int64_t before[2], after[2];
		bool total; /* normalised */
		bool passed;
		const char *sentence;
	} cases[] = {
		{ "self(encode) > +3%", { 100, 900 }, { 200, 900 }, false, true,
		    "self(encode) > +3%: 1000ms before, 2000ms after, +100.00% (p <0.001)" },
		{ "self(encode) > +3%", { 100, 900 }, { 105, 900 }, false, false,
		    "self(encode) > +3%: 1000ms before, 1050ms after, +5.00% (p 0.727)" },
		{ "self(encode) > +200%", { 100, 900 }, { 200, 900 }, false, false, NULL },
		{ "self(main) > +3%", { 100, 900 }, { 500, 900 }, false, false, NULL },
		{ "cum(main) > +3%", { 100, 900 }, { 500, 900 }, false, true, NULL },
		{ "cum(enc|rest) > +2s", { 100, 900 }, { 500, 900 }, false, true, NULL },
		{ "cum(enc|rest) > +5s", { 100, 900 }, { 500, 900 }, false, false, NULL },
		{ "total > 5%", { 100, 900 }, { 500, 900 }, false, true, NULL },
		{ "total > 5%", { 100, 900 }, { 500, 4500 }, true, false, NULL },
		{ "total > 1hr", { 100, 900 }, { 500, 4500 }, false, false, NULL },
		{ "total > 10s", { 100, 900 }, { 500, 4500 }, false, true, NULL },
		{ "total >= 50000ms", { 100, 900 }, { 500, 4500 }, false, true, NULL },
		{ "total > 50000ms", { 100, 900 }, { 500, 4500 }, false, false, NULL },
		{ "self(encode) < -20%", { 400, 900 }, { 200, 900 }, false, true, NULL },
		{ "self(encode) > +3%", { 0, 900 }, { 50, 900 }, false, true, NULL },
		{ "self(nobody) > +3%", { 1, 900 }, { 50, 900 }, false, false, NULL },
		/* twice as long, the same shares */
		{ "self(encode) > +3%", { 100, 900 }, { 200, 1800 }, true, false, NULL },
		{ "self(encode) > +3%", { 100, 900 }, { 400, 1600 }, true, true, NULL },
		{ "self(encode) > 19.9% of total", { 100, 900 }, { 400, 1600 }, false, true,
		    "self(encode) > 19.9% of total: 1000ms before, 4000ms after, +300.00%, 20.00% of total (p "
		    "<0.001)" },
		{ "self(encode) > 20% of total", { 100, 900 }, { 400, 1600 }, false, false, NULL },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct report *before = report_of(a, cases[i].before[0], cases[i].before[1]);
		struct report *after = report_of(a, cases[i].after[0], cases[i].after[1]);
		struct report_diff_opts o = report_diff_defaults();
		struct diff_limit l;
		struct err e;

		o.normalize = cases[i].total ? DIFF_TOTAL : DIFF_NONE;
		assert_int_equal(diff_limit_parse(a, str_cstr(cases[i].text), &l, &e), 0);
		if (diff_limit_check(&l, a, before, after, &o, &e) < 0)
			fail_msg("case %zu: %s", i, e.msg);
		if (l.passed != cases[i].passed)
			fail_msg("case %zu: %.*s", i, (int)l.sentence.n, l.sentence.p);
		if (cases[i].sentence != NULL && !str_eq(l.sentence, str_cstr(cases[i].sentence)))
			fail_msg("case %zu: %.*s", i, (int)l.sentence.n, l.sentence.p);
		diff_limit_fini(&l);
		report_free(before);
		report_free(after);
		arena_free(a);
	}
}

/* One profile, with nothing to compare it with: 1 s of 10 s. */
static void test_limits_alone(void **ctx)
{
	static const struct {
		const char *text;
		bool passed;
		const char *sentence; /* NULL: it cannot be said */
	} cases[] = {
		{ "self(encode) > 500ms", true, "self(encode) > 500ms: 1000ms" },
		{ "self(encode) > 1s", false, "self(encode) > 1s: 1000ms" },
		{ "self(encode) >= 10% of total", true, "self(encode) >= 10% of total: 1000ms, 10.00% of total" },
		{ "cum(main) < 100% of total", false, "cum(main) < 100% of total: 10000ms, 100.00% of total" },
		{ "self(nobody) < 1", true, "self(nobody) < 1: 0" },
		{ "total > 9s", true, "total > 9s: 10000ms" },
		{ "total > +9s", false, NULL },
		{ "total > 9%", false, NULL },
	};
	struct arena *a = arena_new();
	struct report *r = report_of(a, 100, 900);
	struct report_diff_opts o = report_diff_defaults();

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct diff_limit l;
		struct err e;
		int rc;

		assert_int_equal(diff_limit_parse(a, str_cstr(cases[i].text), &l, &e), 0);
		rc = diff_limit_check(&l, a, NULL, r, &o, &e);
		assert_int_equal(rc, cases[i].sentence != NULL ? 0 : -1);
		if (rc == 0 && (l.passed != cases[i].passed || !str_eq(l.sentence, str_cstr(cases[i].sentence))))
			fail_msg("case %zu: %.*s", i, (int)l.sentence.n, l.sentence.p);
		diff_limit_fini(&l);
	}
	report_free(r);
	arena_free(a);
}

static void test_limit_documents(void **ctx)
{
	struct diff_limit l[2] = { { .text = STR("total > 1"), .passed = true, .sentence = STR("total > 1: <2>\033") },
		{ .text = STR("total > 3"), .sentence = STR("total > 3: 2") } };
	struct limit_suite s[2] = { { STR("a`b"), l, 2, STR_NONE }, { STR("\xff&"), l, 1, STR("no\nserver") } };
	struct limit_counts n = limits_count(s, 2);
	struct buf b;

	(void)ctx;
	assert_true(n.limits == 3 && n.passed == 1 && n.unchecked == 1);
	buf_init(&b, 4096);
	limits_text(s, 2, &b);
	assert_true(str_eq(buf_str(&b),
	    STR("exceeded     a`b: total > 1: <2>?\nkept         a`b: total > 3: 2\n"
		"not checked  \xff&: total > 1: no?server\n")));
	buf_reset(&b);
	limits_markdown(s, 2, &b);
	assert_true(str_eq(buf_str(&b),
	    STR("- **exceeded** `a'b`: `total > 1: <2>\033`\n- **kept** `a'b`: `total > 3: 2`\n"
		"- **not checked** `\xff&`: `total > 1`: `no server`\n")));
	buf_reset(&b);
	limits_junit(s + 1, 1, &b);
	assert_true(str_eq(buf_str(&b),
	    STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
		" <testsuite name=\"?&amp;\" tests=\"1\" failures=\"0\" errors=\"1\">\n"
		"  <testcase classname=\"?&amp;\" name=\"total &gt; 1\">\n   <error message=\"no\nserver\"/>\n"
		"  </testcase>\n </testsuite>\n</testsuites>\n")));
	buf_fini(&b);
}

static void test_limit_units(void **ctx)
{
	static const char *const texts[] = { "total > 5MB", "total > 5m", "total > 5 apples" };
	struct arena *a = arena_new();
	struct report *r = report_of(a, 1, 1);
	struct report_diff_opts o = report_diff_defaults();
	struct diff_limit l;
	struct err e;

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		assert_int_equal(diff_limit_parse(a, str_cstr(texts[i]), &l, &e), 0);
		assert_int_equal(diff_limit_check(&l, a, r, r, &o, &e), -1);
		assert_int_equal(e.kind, ERR_USAGE);
		diff_limit_fini(&l);
	}
	report_free(r);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_binomial),
		cmocka_unit_test(test_p),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_adjust),
		cmocka_unit_test(test_false_alarms),
		cmocka_unit_test(test_limit_texts),
		cmocka_unit_test(test_period_of_stores),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_limits_alone),
		cmocka_unit_test(test_limit_documents),
		cmocka_unit_test(test_limit_units),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
