/*
 * test_pprof_ids.c - references of samples to locations: ids that are their
 * position + 1, that leave out some, that are far apart, that are nowhere.
 */
#include "tests/lib/profile_fixture.h"

#include "formats/pprof/pprof.h"

#define TYPE "\x0a\x04\x08\x02\x10\x01" /* of the samples */

/* Many locations with ids of each kind: in order, small but mixed, any. */
static void test_ids(void **ctx)
{
	enum { N = 3000 };
	(void)ctx;
	for (unsigned kind = 0; kind < 3; kind++) {
		struct arena *a = arena_new();
		struct profile *p;
		struct buf b, ids;
		struct err e;

		buf_init(&b, 1 << 20);
		buf_init(&ids, 1 << 20);
		buf_add(&b, STR(TYPE));
		for (uint64_t i = 0; i < N; i++) {
			uint64_t id = kind == 0 ? i + 1 : kind == 1 ? N * 3 - i * 3 : (i + 1) * 0x9e3779b97f4a7c15;
			struct buf one;

			buf_init(&one, 64);
			buf_byte(&one, 8);
			buf_uvarint(&one, id);
			buf_add(&b, STR("\x22"));
			buf_uvarint(&b, one.n);
			buf_add(&b, buf_str(&one));
			buf_uvarint(&ids, id);
			buf_fini(&one);
		}
		buf_uvarint(&ids, 4000000);
		buf_byte(&b, 0x12);
		buf_uvarint(&b, ids.n + 1 + (ids.n < 128 ? 1 : ids.n < 16384 ? 2 : 3) + 3);
		buf_byte(&b, 0x0a);
		buf_uvarint(&b, ids.n);
		buf_add(&b, buf_str(&ids));
		buf_add(&b, STR("\x12\x01\x01"));
		if (pprof_decode(a, buf_str(&b), &p, &e) < 0)
			fail_msg("%s", e.msg);
		assert_int_equal(p->stack_at[1], N + 1);
		for (uint32_t i = 0; i < N; i++)
			assert_int_equal(p->stack[i], i);
		assert_int_equal(p->stack[N], PROFILE_NONE);
		assert_int_equal(p->faults.unknown_location, 1);
		arena_free(a);
		buf_fini(&b);
		buf_fini(&ids);
	}
}

/*
 * References of one to three bytes in every mixture, to ids that are their position + 1, leave out some, or are far apart:
 * what was encoded, which goes through them one by one, comes back.
 */
static void test_references(void **ctx)
{
	static const struct {
		uint32_t locations;
		uint64_t first, step;
	} kinds[] = {
		{ 3, 1, 1 },
		{ 127, 1, 1 },
		{ 128, 1, 1 },
		{ 129, 1, 1 },
		{ 20000, 1, 1 },
		{ 3, 2, 1 },
		{ 100, 5, 1 },
		{ 126, 1, 3 },
		{ 5000, 2, 3 },
		{ 30000, 1, 2 },
		{ 500, 1, 1000003 },
	};
	uint64_t seed = 1;

	(void)ctx;
	for (size_t c = 0; c < ARRAY_LEN(kinds); c++) {
		struct arena *a = arena_new();
		uint32_t n = kinds[c].locations, cap = 120 * 1000;
		struct profile in = { .n_types = 1, .n_samples = 1000, .n_locations = n }, *out;
		struct buf b;
		struct err e;

		in.strings = arena_zarray(a, 1, sizeof(*in.strings));
		in.n_strings = 1;
		in.types = arena_zarray(a, 1, sizeof(*in.types));
		in.locations = arena_zarray(a, n, sizeof(*in.locations));
		for (uint32_t i = 0; i < n; i++) {
			in.locations[i].id = kinds[c].first + i * kinds[c].step;
			in.locations[i].mapping = PROFILE_NONE;
		}
		in.stack = arena_array(a, cap, sizeof(*in.stack));
		in.stack_at = arena_zarray(a, 1001, sizeof(*in.stack_at));
		in.values = arena_zarray(a, 1000, sizeof(*in.values));
		for (uint32_t i = 0; i < 1000; i++) {
			in.stack_at[i + 1] = in.stack_at[i];
			for (uint32_t k = 0; k < i % 120; k++) {
				seed = seed * 6364136223846793005u + 1442695040888963407u;
				/* runs of low ones, and any */
				in.stack[in.stack_at[i + 1]++] = (uint32_t)(seed >> 33) %
				    (seed >> 60 < i % 16 ? MIN(n, 100u) : n);
			}
		}
		buf_init(&b, FIXTURE_MAX);
		pprof_encode(&in, &b);
		assert_int_equal(pprof_decode(a, buf_str(&b), &out, &e), 0);
		assert_int_equal(out->n_samples, 1000);
		assert_memory_equal(out->stack_at, in.stack_at, 1001 * sizeof(*in.stack_at));
		assert_memory_equal(out->stack, in.stack, in.stack_at[1000] * sizeof(*in.stack));
		assert_int_equal(out->faults.unknown_location, 0);
		buf_fini(&b);
		arena_free(a);
	}
}

/* Ids that are nowhere among ids that are, and numbers that have more bytes than they need. */
static void test_unknown_references(void **ctx)
{
	static const struct {
		const char *ids;
		unsigned n;
		uint32_t want[12], n_want, unknown;
	} cases[] = {
		{ "\1\3\1\3", 4, { 0, 1, 0, 1 }, 4, 0 },
		{ "\1\2\3\4\0\3", 6, { 0, PROFILE_NONE, 1, PROFILE_NONE, PROFILE_NONE, 1 }, 6, 3 },
		{ "\xac\2\1\xac\2\xab\2\1", 8, { 2, 0, 2, PROFILE_NONE, 0 }, 5, 1 },
		{ "\1\xac\2\xac\2\xac\2\xac\2\xac\2\xac\2\xac\2\xac\2\3", 18, { 0, 2, 2, 2, 2, 2, 2, 2, 2, 1 }, 10, 0 },
		{ "\x81\0\x83\0\1\xac\2", 7, { 0, 1, 0, 2 }, 4, 0 },
		{ "\x81\x80\0\3\xac\x82\x80\0", 8, { 0, 1, 2 }, 3, 0 },
		{ "\xff\x7f\xff\xff\3\1", 6, { PROFILE_NONE, PROFILE_NONE, 0 }, 3, 2 },
	};

	(void)ctx;
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		const bool dense = i >= ARRAY_LEN(cases); /* enough other ids that those up to 347 get a table */
		const size_t c = i % ARRAY_LEN(cases);
		struct profile *p;
		struct buf b;
		struct err e;

		buf_init(&b, 4096);
		/* a type; locations 1, 3, 300 and more; a sample */
		buf_add(&b, STR("\x0a\0\x22\2\x08\1\x22\2\x08\3\x22\3\x08\xac\2"));
		for (unsigned id = 301; dense && id < 348; id++) {
			buf_add(&b, STR("\x22\3\x08"));
			buf_uvarint(&b, id);
		}
		buf_byte(&b, 2 << 3 | 2);
		buf_byte(&b, (unsigned char)(cases[c].n + 6));
		buf_byte(&b, 1 << 3 | 2);
		buf_byte(&b, (unsigned char)cases[c].n);
		buf_add(&b, str_of(cases[c].ids, cases[c].n));
		buf_add(&b, STR("\x80\1\x80\1")); /* field 16, which looks like more of the same */
		/* far from the end, and then at it */
		for (int far = 1; far >= 0; far--) {
			size_t n = b.n;

			for (int k = 0; far && k < 40; k++)
				buf_add(&b, STR("\x32\0")); /* strings */
			assert_int_equal(pprof_decode(a, buf_str(&b), &p, &e), 0);
			assert_int_equal(p->n_samples, 1);
			assert_int_equal(p->stack_at[1], cases[c].n_want);
			assert_memory_equal(p->stack, cases[c].want, cases[c].n_want * sizeof(uint32_t));
			assert_int_equal(p->faults.unknown_location, cases[c].unknown);
			b.n = n;
		}
		buf_fini(&b);
		arena_free(a);
	}
}

/* A table of 20 ids is not looked at behind its end. */
static void test_small_references(void **ctx)
{
	struct arena *a = arena_new();
	struct profile *p;
	struct err e;

	(void)ctx;
	assert_int_equal(pprof_decode(a,
			     STR("\x0a\0\x22\2\x08\1\x22\2\x08\3\x22\2\x08\x14\x12\x0b\x0a\x09\x64\xac\2\x14\xac\2\3"
				 "\x7f\1"
				 "\x32\0\x32\0\x32\0\x32\0\x32\0\x32\0\x32\0\x32\0\x32\0\x32\0\x32\0\x32\0"),
			     &p, &e),
	    0);
	assert_int_equal(p->stack_at[1], 7);
	assert_memory_equal(p->stack, ((uint32_t[]){ PROFILE_NONE, PROFILE_NONE, 2, PROFILE_NONE, 1, PROFILE_NONE, 0 }),
	    7 * sizeof(uint32_t));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_unknown_references),
		cmocka_unit_test(test_small_references),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
