/* formats/promtext.h: metrics as text. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "formats/promtext.h"

static struct buf b;

static int setup(void **state)
{
	(void)state;
	buf_init(&b, 1 << 16);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buf_fini(&b);
	return 0;
}

static void check(const char *want)
{
	buf_byte(&b, 0);
	assert_string_equal(b.p, want);
}

static void counters_from_a_table(void **state)
{
	const struct {
		uint64_t pushes, bytes;
	} counters = {3, UINT64_MAX};
	struct promtext t = promtext_init(&b);

	(void)state;
#define COUNTERS(X)                                                                                                    \
	X(pushes, "x_pushes_total", "Pushes that came in.")                                                            \
	X(bytes, "x_bytes_total", "Their bytes.")
#define X(name, metric, help)                                                                                          \
	promtext_family(&t, PROMTEXT_COUNTER, STR(metric), STR(help));                                                 \
	promtext_u64(&t, NULL, counters.name);
	COUNTERS(X)
#undef X
	check("# HELP x_pushes_total Pushes that came in.\n"
	      "# TYPE x_pushes_total counter\n"
	      "x_pushes_total 3\n"
	      "# HELP x_bytes_total Their bytes.\n"
	      "# TYPE x_bytes_total counter\n"
	      "x_bytes_total 18446744073709551615\n");
}

static void labels_and_escapes(void **state)
{
	struct label p[] = {{STR("a"), STR("x\"y\\z\nw")}, {STR("b"), STR("\xc3\xa9")}};
	struct labels two = {p, 2}, none = {NULL, 0};
	struct promtext t = promtext_init(&b);

	(void)state;
	promtext_family(&t, PROMTEXT_GAUGE, STR("g"), STR("a \"quoted\" \\ line\nbreak"));
	promtext_u64(&t, &two, 1);
	promtext_u64(&t, &none, 2);
	check("# HELP g a \"quoted\" \\\\ line\\nbreak\n"
	      "# TYPE g gauge\n"
	      "g{a=\"x\\\"y\\\\z\\nw\",b=\"\xc3\xa9\"} 1\n"
	      "g 2\n");
}

static void numbers(void **state)
{
	static const double values[] = {0, -1, 1.5, 1e21, 0.001, INFINITY, -INFINITY, NAN};
	struct promtext t = promtext_init(&b);

	(void)state;
	t.name = STR("g");
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		promtext_f64(&t, NULL, values[i]);
	check("g 0\ng -1\ng 1.5\ng 1e+21\ng 0.001\ng +Inf\ng -Inf\ng NaN\n");
}

static void histograms(void **state)
{
	static const double bounds[] = {0.5, 1, 2.5};
	uint64_t counts[4] = {0};
	struct promtext_histogram h = {bounds, counts, 3, 0};
	struct label p[] = {{STR("route"), STR("/push")}};
	struct labels l = {p, 1};
	struct promtext t = promtext_init(&b);

	(void)state;
	promtext_observe(&h, 0.25);
	promtext_observe(&h, 0.5);
	promtext_observe(&h, 0.75);
	promtext_observe(&h, 2.5);
	promtext_observe(&h, 3);
	promtext_family(&t, PROMTEXT_HISTOGRAM, STR("d"), STR("Duration."));
	promtext_histogram(&t, &l, &h);
	promtext_histogram(&t, NULL, &h);
	check("# HELP d Duration.\n"
	      "# TYPE d histogram\n"
	      "d_bucket{route=\"/push\",le=\"0.5\"} 2\n"
	      "d_bucket{route=\"/push\",le=\"1\"} 3\n"
	      "d_bucket{route=\"/push\",le=\"2.5\"} 4\n"
	      "d_bucket{route=\"/push\",le=\"+Inf\"} 5\n"
	      "d_sum{route=\"/push\"} 7\n"
	      "d_count{route=\"/push\"} 5\n"
	      "d_bucket{le=\"0.5\"} 2\n"
	      "d_bucket{le=\"1\"} 3\n"
	      "d_bucket{le=\"2.5\"} 4\n"
	      "d_bucket{le=\"+Inf\"} 5\n"
	      "d_sum 7\n"
	      "d_count 5\n");
}

static void nan_counts_above_all_bounds(void **state)
{
	static const double bounds[] = {1};
	uint64_t counts[2] = {0};
	struct promtext_histogram h = {bounds, counts, 1, 0};

	(void)state;
	promtext_observe(&h, (double)NAN);
	assert_int_equal(counts[0], 0);
	assert_int_equal(counts[1], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(counters_from_a_table, setup, teardown),
	    cmocka_unit_test_setup_teardown(labels_and_escapes, setup, teardown),
	    cmocka_unit_test_setup_teardown(numbers, setup, teardown),
	    cmocka_unit_test_setup_teardown(histograms, setup, teardown),
	    cmocka_unit_test_setup_teardown(nan_counts_above_all_bounds, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
