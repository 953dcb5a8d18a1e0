/* test_pprof_order.c - the order of samples that packs well, and that nothing else changes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/zip.h"
#include "formats/format.h"
#include "formats/pprof/pprof.h"
#include "formats/pprof/pprof_order.h"

enum { STACKS = 100000 }; /* frames of a profile at most */

/* Stacks of letters, leaf first, as numbers of locations; sample i has the value i + 1. */
static struct profile *of(struct arena *a, const char *const *stacks, uint32_t n)
{
	struct profile *p = arena_zalloc(a, sizeof(*p));
	uint32_t at = 0;

	p->mem = a;
	p->strings = arena_zarray(a, 1, sizeof(*p->strings));
	p->n_strings = 1;
	p->types = arena_zarray(a, 1, sizeof(*p->types));
	p->n_types = 1;
	p->n_locations = 26;
	p->locations = arena_zarray(a, 26, sizeof(*p->locations));
	for (uint32_t i = 0; i < 26; i++)
		p->locations[i] = (struct location){ .id = i + 1, .mapping = PROFILE_NONE };
	p->n_samples = n;
	p->stack = arena_zarray(a, STACKS, sizeof(*p->stack));
	p->stack_at = arena_zarray(a, (size_t)n + 1, sizeof(*p->stack_at));
	p->values = arena_zarray(a, (size_t)n + 1, sizeof(*p->values));
	for (uint32_t i = 0; i < n; i++) {
		for (const char *c = stacks[i]; *c; c++)
			p->stack[at++] = *c == '?' ? PROFILE_NONE : (uint32_t)(*c - 'a');
		p->stack_at[i + 1] = at;
		p->values[i] = i + 1;
	}
	return p;
}

/* The root is the last letter. */
static void test_order(void **ctx)
{
	static const struct {
		const char *stacks[9];
		uint32_t n, want[9];
	} cases[] = {
		{ { "" }, 0, { 0 } },
		{ { "a" }, 1, { 0 } },
		{ { "b", "a" }, 2, { 1, 0 } },
		{ { "a", "a", "a" }, 3, { 0, 1, 2 } },
		{ { "ba", "a", "", "ca" }, 4, { 2, 1, 0, 3 } },
		{ { "ab", "ba" }, 2, { 1, 0 } },
		{ { "xcba", "acba", "xcba", "cba", "acba" }, 5, { 3, 1, 4, 0, 2 } },
		{ { "zm", "cbm", "?", "am", "abm", "bm", "m", "?m", "am" }, 9, { 6, 3, 8, 5, 4, 1, 0, 7, 2 } },
		{ { "fedcba", "gedcba", "xdcba", "fedcba", "cba", "ycba" }, 6, { 4, 0, 3, 1, 2, 5 } },
	};

	(void)ctx;
	for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
		struct arena *a = arena_new();
		uint32_t *order = pprof_order(of(a, cases[c].stacks, cases[c].n));

		for (uint32_t i = 0; i < cases[c].n; i++)
			if (order[i] != cases[c].want[i])
				fail_msg("case %zu: sample %u is at %u", c, order[i], i);
		mem_free(order);
		arena_free(a);
	}
}

/* As qsort puts them: by text, from its end. */
static int by_text(const void *x, const void *y)
{
	const char *const *a = x, *const *b = y;
	size_t i = strlen(*a), k = strlen(*b);

	while (i > 0 && k > 0)
		if ((*a)[--i] != (*b)[--k])
			return (*a)[i] < (*b)[k] ? -1 : 1;
	return i > 0 ? 1 : k > 0 ? -1 : (*a > *b) - (*a < *b);
}

static void test_many(void **ctx)
{
	enum { MOST = 300, DEEP = 12 };
	static char text[MOST][DEEP + 1];
	const char *stacks[MOST] = { NULL }, *want[MOST];
	uint64_t seed = 7;

	(void)ctx;
	for (uint32_t n = 0; n <= MOST; n += n < 20 ? 1 : 35) {
		struct arena *a = arena_new();
		uint32_t *order;

		for (uint32_t i = 0; i < n; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			/* long stacks of two letters: most have much in common */
			memset(text[i], 0, sizeof(text[i]));
			for (unsigned k = 0; k < (seed >> 40) % DEEP; k++)
				text[i][k] = (char)('a' + (seed >> (44 + k) & 1));
			stacks[i] = want[i] = text[i];
		}
		order = pprof_order(of(a, stacks, n));
		qsort(want, n, sizeof(*want), by_text);
		for (uint32_t i = 0; i < n; i++)
			assert_ptr_equal(stacks[order[i]], want[i]);
		mem_free(order);
		arena_free(a);
	}
}

/* Values go with their stacks. */
static void test_encode(void **ctx)
{
	static const char *const stacks[] = { "zm", "cbm", "am", "abm" };
	static const uint32_t order[] = { 2, 3, 1, 0 };
	struct arena *a = arena_new();
	struct profile *p = of(a, stacks, 4), *q;
	struct buf one, other;
	struct err e;

	(void)ctx;
	buf_init(&one, 4096);
	buf_init(&other, 4096);
	pprof_encode(p, &one);
	pprof_encode_ordered(p, &other);
	assert_int_equal(one.n, other.n);
	assert_memory_not_equal(one.p, other.p, one.n);
	assert_int_equal(pprof_decode(a, buf_str(&other), &q, &e), 0);
	for (uint32_t i = 0; i < 4; i++) {
		const char *s = stacks[order[i]];

		assert_int_equal(q->values[i], order[i] + 1);
		assert_int_equal(q->stack_at[i + 1] - q->stack_at[i], strlen(s));
		for (uint32_t k = 0; s[k]; k++)
			assert_int_equal(q->stack[q->stack_at[i] + k], s[k] - 'a');
	}
	buf_fini(&one);
	buf_fini(&other);
	arena_free(a);
}

/* Of 100,000 frames and more what is packed is in order; others stay as they are. */
static void test_packed(void **ctx)
{
	enum { DEEP = 100, MOST = STACKS / DEEP };
	static const char *stacks[MOST];
	char text[2][DEEP + 1] = { { 0 } };

	(void)ctx;
	memset(text[0], 'a', DEEP);
	memset(text[1], 'b', DEEP);
	for (uint32_t i = 0; i < MOST; i++)
		stacks[i] = text[i % 2 == 0];
	for (uint32_t n = MOST - 1; n <= MOST; n++) {
		struct arena *a = arena_new();
		struct format_profile in = { .p = of(a, stacks, n) };
		struct profile *p;
		struct buf packed, raw;
		struct err e;

		buf_init(&packed, 1 << 20);
		buf_init(&raw, 1 << 20);
		assert_int_equal(format_by_name(STR("pprof"), &e)
				     ->encode(&in, 1, &(struct format_opts){ 0 }, &packed, &e),
		    0);
		assert_int_equal(zip_gunzip(buf_str(&packed), 1 << 20, &raw, &e), 0);
		assert_int_equal(pprof_decode(a, buf_str(&raw), &p, &e), 0);
		assert_int_equal(p->n_samples, n);
		assert_int_equal(p->values[0], n == MOST ? 2 : 1);
		assert_int_equal(p->values[1], n == MOST ? 4 : 2);
		assert_int_equal(p->values[n - 1], n == MOST ? MOST - 1 : n);
		buf_fini(&packed);
		buf_fini(&raw);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_packed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
