/* test_page_cache.c - which pages stay */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "formats/block/page_cache.h"

enum { LIMIT = 100 };

/* A page that is made, used and let go; is it still there? */
static bool stays(struct page_cache *c, struct cached_page **slot, size_t size, bool passing)
{
	struct cached_page *p = mem_zalloc(sizeof(*p));

	p->size = size;
	if (passing)
		page_cache_add_passing(c, slot, p);
	else
		page_cache_add(c, slot, p);
	assert_ptr_equal(*slot, p);
	page_cache_drop(c, p);
	return *slot != NULL;
}

static void the_oldest_goes(void **state)
{
	struct page_cache c = { .limit = LIMIT };
	struct cached_page *a = NULL, *b = NULL, *d = NULL;

	(void)state;
	assert_true(stays(&c, &a, 40, false));
	assert_true(stays(&c, &b, 40, false));
	page_cache_drop(&c, page_cache_get(&c, &a));
	assert_true(stays(&c, &d, 40, false));
	assert_non_null(a);
	assert_null(b);
	assert_int_equal(c.size, 80);
	page_cache_fini(&c);
	assert_null(a);
	assert_int_equal(c.size, 0);
}

/* What only passes goes first; what comes again soon after does not. */
static void passing_pages(void **state)
{
	struct page_cache c = { .limit = LIMIT };
	struct cached_page *a = NULL, *often = NULL, *others[PAGES_PASSED] = { 0 };

	(void)state;
	assert_true(stays(&c, &a, 60, false));
	assert_false(stays(&c, &often, 60, true));
	assert_non_null(a);
	for (size_t i = 1; i < PAGES_PASSED; i++)
		assert_false(stays(&c, &others[i], 60, true));
	assert_true(stays(&c, &often, 60, true));
	assert_null(a);
	page_cache_forget(&c, &often);
	assert_true(stays(&c, &a, 60, false));
	assert_false(stays(&c, &others[0], 60, true));
	assert_false(stays(&c, &often, 60, true));
	assert_non_null(a);
	page_cache_fini(&c);
}

/* When there is less room than before, pages go; what is held stays until it is dropped. */
static void less_room(void **state)
{
	struct page_cache c = { .limit = LIMIT };
	struct cached_page *first = NULL, *second = NULL, *held = NULL, *p;

	(void)state;
	assert_true(stays(&c, &first, LIMIT / 4, false));
	assert_true(stays(&c, &second, LIMIT / 4, false));
	assert_true(stays(&c, &held, LIMIT / 4, false));
	p = page_cache_get(&c, &held);
	page_cache_limit(&c, LIMIT / 2);
	assert_null(first);
	assert_non_null(second);
	page_cache_limit(&c, 0);
	assert_null(second);
	assert_ptr_equal(held, p);
	page_cache_drop(&c, p);
	assert_null(held);
	page_cache_limit(&c, LIMIT);
	assert_true(stays(&c, &first, LIMIT, false));
	page_cache_fini(&c);
}

/* One array stays: the largest of those that went. */
static void spare_memory(void **state)
{
	struct page_cache c = { .limit = LIMIT };
	struct cached_page *slot = NULL, *p;
	uint32_t *numbers = mem_array(20, sizeof(*numbers));
	size_t n;

	(void)state;
	assert_null(page_cache_spare(&c, &n));
	assert_int_equal(n, 0);
	page_cache_give(&c, mem_array(10, sizeof(*numbers)), 10);
	p = mem_zalloc(sizeof(*p));
	p->narrow = numbers;
	p->n = 20;
	p->size = LIMIT + 1;
	page_cache_add(&c, &slot, p);
	page_cache_drop(&c, p);
	assert_null(slot);
	assert_int_equal(page_cache_bytes(&c), 20 * sizeof(*numbers));
	page_cache_give(&c, mem_array(15, sizeof(*numbers)), 15);
	page_cache_give(&c, NULL, 0);
	page_cache_give(&c, mem_array(MAX_SPARE + 1, sizeof(*numbers)), MAX_SPARE + 1);
	assert_ptr_equal(page_cache_spare(&c, &n), numbers);
	assert_int_equal(n, 20);
	assert_null(page_cache_spare(&c, &n));
	assert_int_equal(page_cache_bytes(&c), 0);
	page_cache_give(&c, numbers, 20);
	page_cache_fini(&c);
	assert_null(page_cache_spare(&c, &n));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_oldest_goes),
		cmocka_unit_test(passing_pages),
		cmocka_unit_test(less_room),
		cmocka_unit_test(spare_memory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("page_cache", tests, NULL, NULL);
}
