/* test_map.c - hash to number. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"
#include "base/map.h"

static bool has(const struct map *m, uint64_t hash, uint32_t value)
{
	struct map_at at = map_find(m, hash);

	for (uint32_t v; map_next(&at, &v);)
		if (v == value)
			return true;
	return false;
}

static unsigned count(const struct map *m, uint64_t hash)
{
	struct map_at at = map_find(m, hash);
	unsigned n = 0;

	for (uint32_t v; map_next(&at, &v);)
		n++;
	return n;
}

static void test_empty(void **state)
{
	struct map m = { 0 };

	(void)state;
	assert_int_equal(count(&m, 5), 0);
	assert_int_equal(map_bytes(&m), 0);
	map_reset(&m);
	map_fini(&m);
}

static void test_many(void **state)
{
	enum { N = 200000 };
	struct map m = { 0 };

	(void)state;
	for (uint32_t i = 0; i < N; i++)
		map_put(&m, hash_mix(i, 1), i);
	assert_int_equal(m.n, N);
	for (uint32_t i = 0; i < N; i++)
		assert_true(has(&m, hash_mix(i, 1), i));
	for (uint32_t i = 0; i < N; i++)
		assert_false(has(&m, hash_mix(i, 2), i));
	assert_in_range(map_bytes(&m), N * 12, N * 12 * 4);
	map_fini(&m);
}

/* Same low half or same high half of the hash: all are found, also after growing. */
static void test_collisions(void **state)
{
	struct map m = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 500; i++) {
		map_put(&m, (uint64_t)i << 32 | 7, i);
		map_put(&m, (uint64_t)9999 << 32 | i, 1000 + i);
		map_put(&m, 0, 2000 + i);
	}
	for (uint32_t i = 0; i < 500; i++) {
		assert_true(has(&m, (uint64_t)i << 32 | 7, i));
		assert_true(has(&m, (uint64_t)9999 << 32 | i, 1000 + i));
		assert_true(has(&m, 0, 2000 + i));
	}
	assert_int_equal(count(&m, 0), 501); /* the first put has tag 0 as well */
	map_fini(&m);
}

static void test_reserve_and_reset(void **state)
{
	struct map m = { 0 };
	size_t bytes;

	(void)state;
	map_reserve(&m, 1000);
	bytes = map_bytes(&m);
	for (uint32_t i = 0; i < 1000; i++)
		map_put(&m, hash_mix(i, 3), i);
	assert_int_equal(map_bytes(&m), bytes);
	map_reserve(&m, 10);
	assert_int_equal(map_bytes(&m), bytes);
	map_reset(&m);
	assert_int_equal(m.n, 0);
	assert_int_equal(map_bytes(&m), bytes);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(count(&m, hash_mix(i, 3)), 0);
	map_put(&m, 1, UINT32_MAX - 1);
	assert_true(has(&m, 1, UINT32_MAX - 1));
	map_reserve(&m, 100000);
	assert_true(has(&m, 1, UINT32_MAX - 1));
	map_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_collisions),
		cmocka_unit_test(test_reserve_and_reset),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
