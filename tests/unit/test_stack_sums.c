/* test_stack_sums.c - samples of rows added up by stack: order, zeros, wrapping, the limit, and use again and again */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "formats/head/stack_sums.h"

static void is_packed(struct stack_sums *s, const uint32_t *stacks, const int64_t *values, size_t n)
{
	struct samples got = { 0 };
	struct buf b;
	struct err e;
	size_t used;

	buf_init(&b, 1 << 20);
	stack_sums_pack(s, &b);
	assert_int_equal(rows_decode(buf_str(&b), &got, &used, &e), 0);
	assert_int_equal(used, b.n);
	assert_int_equal(got.stacks.n, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(got.stacks.p[i], stacks[i]);
		assert_true(got.values.p[i] == values[i]);
	}
	samples_fini(&got);
	buf_fini(&b);
}

static void adds_up(void **state)
{
	struct stack_sums s = { 0 };

	(void)state;
	is_packed(&s, NULL, NULL, 0);
	for (int again = 0; again < 2; again++) {
		assert_true(stack_sums_add(&s, (uint32_t[]){ 700, 64, 63 }, (int64_t[]){ 5, 2, 3 }, 3));
		assert_true(stack_sums_add(&s, NULL, NULL, 0));
		assert_true(stack_sums_add(&s, (uint32_t[]){ 0, 64, 700, 63 }, (int64_t[]){ 1, -2, 7, INT64_MAX }, 4));
		is_packed(&s, (uint32_t[]){ 0, 63, 700 }, (int64_t[]){ 1, INT64_MIN + 2, 12 }, 3);
		is_packed(&s, NULL, NULL, 0);
	}
	assert_true(stack_sums_bytes(&s) >= 701 * 8);
	stack_sums_fini(&s);
}

/* What does not fit leaves no trace. */
static void limit(void **state)
{
	struct stack_sums s = { 0 };

	(void)state;
	assert_true(stack_sums_add(&s, (uint32_t[]){ SUM_STACKS - 1 }, (int64_t[]){ 1 }, 1));
	assert_false(stack_sums_add(&s, (uint32_t[]){ 3, SUM_STACKS }, (int64_t[]){ 1, 1 }, 2));
	assert_false(stack_sums_add(&s, (uint32_t[]){ UINT32_MAX }, (int64_t[]){ 1 }, 1));
	is_packed(&s, (uint32_t[]){ SUM_STACKS - 1 }, (int64_t[]){ 1 }, 1);
	stack_sums_fini(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_up),
		cmocka_unit_test(limit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("stack_sums", tests, NULL, NULL);
}
