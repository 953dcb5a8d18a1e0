/* test_arena.c - lifetimes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/mem.h"

static void test_alignment(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (size_t n = 0; n < 300; n++) {
		char *p = arena_alloc(a, n);

		assert_int_equal((uintptr_t)p % 16, 0);
		memset(p, 0x5a, n);
	}
	arena_free(a);
}

static void test_no_overlap(void **state)
{
	enum { N = 5000 };
	struct arena *a = arena_new();
	unsigned char **p = arena_zarray(a, N, sizeof(*p));
	size_t seed = 1;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		size_t n;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		n = 1 + (seed >> 40) % (i % 50 == 0 ? 70000 : 300);
		p[i] = arena_alloc(a, n + 8);
		memcpy(p[i], &n, 8);
		memset(p[i] + 8, (int)(i & 0xff), n);
	}
	for (size_t i = 0; i < N; i++) {
		size_t n;

		memcpy(&n, p[i], 8);
		for (size_t k = 0; k < n; k++)
			assert_int_equal(p[i][8 + k], i & 0xff);
	}
	arena_free(a);
}

static void test_growth(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_int_equal(arena_bytes(a), 4096);
	arena_alloc(a, 3000);
	assert_int_equal(arena_bytes(a), 4096);
	arena_alloc(a, 3000);
	assert_int_equal(arena_bytes(a), 4096 + 8192);
	/* A piece larger than any regular chunk costs itself, and the current chunk stays. */
	arena_alloc(a, 5 << 20);
	assert_in_range(arena_bytes(a), (5 << 20) + 12288, (5 << 20) + 12288 + 1024);
	arena_alloc(a, 1000);
	assert_in_range(arena_bytes(a), (5 << 20) + 12288, (5 << 20) + 12288 + 1024);
	arena_free(a);
}

static void test_held_follows_use(void **state)
{
	struct arena *a = arena_new();
	size_t used = 0;

	(void)state;
	for (size_t i = 0; i < 200000; i++)
		arena_alloc(a, 48), used += 48;
	assert_in_range(arena_bytes(a), used, 2 * used);
	arena_free(a);
}

static void test_reset(void **state)
{
	struct arena *a = arena_new();
	size_t held;

	(void)state;
	for (int i = 0; i < 100000; i++)
		arena_alloc(a, 100);
	arena_alloc(a, 8 << 20);
	arena_reset(a);
	held = arena_bytes(a);
	assert_in_range(held, 4096, 4096 + (1 << 20));
	/* What was kept serves the next round without new memory. */
	for (int i = 0; i < 5000; i++)
		memset(arena_alloc(a, 100), 1, 100);
	assert_int_equal(arena_bytes(a), held);
	arena_reset(a);
	assert_int_equal(arena_bytes(a), held);
	arena_free(a);
	a = arena_new();
	arena_reset(a);
	assert_int_equal(arena_bytes(a), 4096);
	arena_free(a);
}

/* What was freed comes again, as long as it fits and no more than was said is kept. */
static void test_keep(void **state)
{
	enum { KEPT = 4 << 20 };
	struct arena *a = arena_new();
	char *first, *large;
	size_t held;

	(void)state;
	arena_keep(a, KEPT);
	for (int round = 0; round < 3; round++) {
		first = arena_alloc(a, 1000);
		for (int i = 0; i < 20; i++)
			memset(arena_alloc(a, 300000), i, 300000);
		large = arena_alloc(a, 2000000);
		memset(large, 'x', 2000000);
		large = arena_resize(a, large, 2000000, 3000000);
		assert_int_equal(large[1999999], 'x');
		memset(large, 'y', 3000000);
		memset(first, 'z', 1000);
		held = arena_bytes(a);
		assert_in_range(held, 9000000, 9000000 + KEPT + (2 << 20));
		arena_reset(a);
		assert_in_range(arena_bytes(a), KEPT / 2, KEPT + 5000);
	}
	/* one that is much smaller than what is kept, one that is larger */
	memset(arena_alloc(a, 700000), 'a', 700000);
	memset(arena_alloc(a, 5000000), 'b', 5000000);
	arena_reset(a);
	assert_in_range(arena_bytes(a), 1, KEPT + 5000);
	arena_free(a);
}

/* A part takes what the whole keeps, and leaves it there. */
static void test_part(void **state)
{
	struct arena *a = arena_new(), *part, *inner;
	size_t kept;
	char *p;

	(void)state;
	arena_keep(a, 4 << 20);
	memset(arena_alloc(a, 3000000), 'a', 3000000);
	arena_reset(a);
	kept = arena_bytes(a);
	assert_in_range(kept, 3000000, 3010000);
	part = arena_part(a);
	p = memset(arena_alloc(a, 100), 'a', 100);
	memset(arena_alloc(part, 2900000), 'b', 2900000);
	assert_in_range(arena_bytes(a), 1, 10000);
	assert_in_range(arena_bytes(part), 3000000, 3010000);
	arena_reset(part);
	assert_int_equal(arena_bytes(a), kept);
	inner = arena_part(part);
	memset(arena_alloc(inner, 2000000), 'c', 2000000);
	assert_in_range(arena_bytes(a), 1, 10000);
	arena_free(inner);
	arena_free(part);
	assert_int_equal(arena_bytes(a), kept);
	assert_int_equal(p[0], 'a');
	assert_int_equal(p[99], 'a');
	arena_free(a);
}

/* A chunk of its own grows inside what is kept, and others beside it stay as they are. */
static void test_keep_and_resize(void **state)
{
	struct arena *a = arena_new();
	char *small, *p;

	(void)state;
	arena_keep(a, 8 << 20);
	for (int round = 0; round < 4; round++) {
		size_t n = 600000;

		small = arena_alloc(a, 5000);
		memset(small, 's', 5000);
		p = memset(arena_alloc(a, n), 'p', n);
		for (; n < 3000000; n += 400000) {
			char *other = memset(arena_alloc(a, 90000), 'o', 90000);

			p = arena_resize(a, p, n, n + 400000);
			assert_int_equal(p[0], 'p');
			assert_int_equal(p[n - 1], 'p');
			memset(p, 'p', n + 400000);
			assert_int_equal(other[0], 'o');
			assert_int_equal(other[89999], 'o');
		}
		for (int i = 0; i < 5000; i++)
			assert_int_equal(small[i], 's');
		arena_reset(a);
	}
	arena_free(a);
}

static void test_text(void **state)
{
	struct arena *a = arena_new();
	char big[2000];
	struct str s;

	(void)state;
	s = arena_printf(a, "%d-%s", 7, "x");
	assert_true(str_eq(s, STR("7-x")));
	s = arena_printf(a, "%s", "");
	assert_string_equal(s.p, "");
	memset(big, 'y', sizeof(big));
	s = arena_printf(a, "%.*s!", (int)sizeof(big), big);
	assert_int_equal(s.n, sizeof(big) + 1);
	assert_memory_equal(s.p, big, sizeof(big));
	assert_int_equal(s.p[sizeof(big)], '!');
	/* Around the length where printing switches buffers. */
	for (int n = 250; n < 260; n++) {
		s = arena_printf(a, "%.*s", n, big);
		assert_int_equal(s.n, n);
		assert_int_equal(strlen(s.p), n);
	}
	assert_string_equal(arena_cstr(a, str_of("abc", 2)), "ab");
	assert_string_equal(arena_cstr(a, STR_NONE), "");
	s = arena_str(a, STR("q\0r"));
	assert_true(str_eq(s, STR("q\0r")));
	assert_int_equal(arena_str(a, STR_NONE).n, 0);
	arena_free(a);
	arena_free(NULL);
}

static void test_zeroed(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	memset(arena_alloc(a, 3000), 0xff, 3000);
	arena_reset(a);
	for (int i = 0; i < 20; i++) {
		unsigned char *p = arena_zarray(a, 30, 10);

		for (int k = 0; k < 300; k++)
			assert_int_equal(p[k], 0);
	}
	arena_free(a);
}

/* Small ones move; large ones grow beside others that stay where they are, and are accounted for once. */
static void test_resize(void **state)
{
	struct arena *a = arena_new();
	unsigned char *p = NULL, *other;
	size_t used = 0;

	(void)state;
	other = arena_zalloc(a, 3 << 20);
	for (size_t n = 10; n < (size_t)40 << 20; n = 2 * n + 8) {
		p = arena_resize(a, p, used, n);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < used; i += used / 10 + 1)
			assert_int_equal(p[i], i & 255);
		for (size_t i = 0; i < n; i++)
			p[i] = (unsigned char)i;
		used = n;
		memset(arena_alloc(a, 100), 0xff, 100);
	}
	for (size_t i = 0; i < 3 << 20; i++)
		assert_int_equal(other[i], 0);
#ifndef __SANITIZE_ADDRESS__
	assert_true(arena_bytes(a) >= used && arena_bytes(a) < used + ((size_t)8 << 20));
#endif
	arena_reset(a);
	assert_true(arena_bytes(a) < (size_t)2 << 20);
	arena_free(a);
}

/* An array grows through the holes that another has left, and each keeps what is in it. */
static void test_holes(void **state)
{
	enum { ARRAYS = 8, MOST = 256 << 10 };
	struct arena *a = arena_new();
	unsigned char *p[ARRAYS] = { NULL };
	size_t used[ARRAYS] = { 0 };

	(void)state;
	for (unsigned i = 0; i < ARRAYS; i++)
		for (size_t n = 128; n <= MOST; n *= 2) {
			p[i] = arena_resize(a, p[i], used[i], n);
			assert_int_equal((uintptr_t)p[i] % 16, 0);
			memset(p[i] + used[i], (int)i + 1, n - used[i]);
			used[i] = n;
			for (unsigned k = 0; k < ARRAYS; k++)
				for (size_t at = 0; at < used[k]; at++)
					if (p[k][at] != k + 1)
						fail_msg("array %u changed at %zu when %u grew to %zu", k, at, i, n);
		}
#ifndef __SANITIZE_ADDRESS__
	/* 2 MB, and what no array fits into; 4.4 MB if no hole was filled */
	assert_true(arena_bytes(a) < (size_t)4 << 20);
#endif
	arena_reset(a);
	memset(arena_alloc(a, 100000), 1, 100000);
	arena_free(a);
}

/* What is larger than a hole does not go there. */
static void test_small_hole(void **state)
{
	struct arena *a = arena_new();
	unsigned char *p = arena_alloc(a, 2048), *behind = arena_zalloc(a, 1000);

	(void)state;
	arena_resize(a, p, 2048, 8192);
	memset(arena_alloc(a, 3000), 1, 3000);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(behind[i], 0);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_no_overlap),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_held_follows_use),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_part),
		cmocka_unit_test(test_keep_and_resize),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_zeroed),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_small_hole),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
