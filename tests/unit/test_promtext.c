/* Metrics as text. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/promtext.h"

static void expect(struct buf *b, const char *want)
{
	struct str got = buf_str(b);

	if (!str_eq(got, str_cstr(want)))
		fail_msg("want \"%s\"\ngot \"" STR_FMT "\"", want, STR_ARG(got));
	buf_fini(b);
	buf_init(b, 1 << 20);
}

static void samples(void **state)
{
	struct prom_label l[] = { { "a", STR("x\"y\\z\nw") }, { "b", STR("") } };
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	prom_single(&b, "m_total", "counter", "Help.", 9007199254740991.0);
	expect(&b, "# HELP m_total Help.\n# TYPE m_total counter\nm_total 9007199254740991\n");
	prom_sample(&b, "m", l, 2, 0.25);
	prom_sample(&b, "m", NULL, 0, -1);
	expect(&b, "m{a=\"x\\\"y\\\\z\\nw\",b=\"\"} 0.25\nm -1\n");
	buf_fini(&b);
}

static void histograms(void **state)
{
	struct prom_label l = { "a", STR("1") };
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	prom_histogram(&b, "h", &l, 1, (const double[]){ .5, 10 }, (const uint64_t[]){ 2, 0, 3 }, 2, 71.5);
	expect(&b,
	    "h_bucket{a=\"1\",le=\"0.5\"} 2\nh_bucket{a=\"1\",le=\"10\"} 2\nh_bucket{a=\"1\",le=\"+Inf\"} 5\n"
	    "h_sum{a=\"1\"} 71.5\nh_count{a=\"1\"} 5\n");
	prom_histogram(&b, "h", NULL, 0, NULL, (const uint64_t[]){ 1 }, 0, 2);
	expect(&b, "h_bucket{le=\"+Inf\"} 1\nh_sum 2\nh_count 1\n");
	buf_fini(&b);
}

static void two_texts(void **state)
{
	static const char one[] = "# HELP a A.\n# TYPE a gauge\na{p=\"1\"} 1\n# HELP b B.\n# TYPE b counter\n"
				  "# HELP c C.\n# TYPE c counter\nc 3\n";
	static const char two[] =
	    "stray 1\n# HELP b B.\n# TYPE b counter\nb{p=\"2\"} 2\n# HELP d D.\n# TYPE d gauge\nd 4\n"
	    "# HELP a Other words.\n# TYPE a gauge\na{p=\"2\"} 2\na{p=\"3\"} 3";
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	prom_merge(&b, str_cstr(one), str_cstr(two));
	expect(&b,
	    "# HELP a A.\n# TYPE a gauge\na{p=\"1\"} 1\na{p=\"2\"} 2\na{p=\"3\"} 3\n"
	    "# HELP b B.\n# TYPE b counter\nb{p=\"2\"} 2\n# HELP c C.\n# TYPE c counter\nc 3\n"
	    "# HELP d D.\n# TYPE d gauge\nd 4\n");
	prom_merge(&b, STR(""), STR(""));
	expect(&b, "");
	/* Cut anywhere: no byte beyond the end is read, and nothing is invented. */
	for (size_t n = 0; n < sizeof(two); n++) {
		char *copy = malloc(n ? n : 1);

		memcpy(copy, two, n);
		prom_merge(&b, str_cstr(one), str_of(copy, n));
		assert_true(b.n <= sizeof(one) + n + 8);
		buf_reset(&b);
		prom_merge(&b, str_of(copy, n), str_cstr(one));
		assert_true(str_search(buf_str(&b), STR("c 3\n")) < b.n);
		buf_reset(&b);
		free(copy);
	}
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples),
		cmocka_unit_test(histograms),
		cmocka_unit_test(two_texts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
