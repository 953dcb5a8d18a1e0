/* test_receive.c - a pprof as clients send it: packed or not, cut, too large; in the protocol's words */
#include "base/zip.h"
#include "tests/lib/profile_fixture.h"
#include "tools/pyro-ingest/receive.h"

#include "formats/pprof/pprof.h"

enum { MAX = 1 << 20 };

/* A profile with `n` samples, as bytes. */
static struct str profile_bytes(struct arena *a, uint32_t n)
{
	struct profile_builder *b = profile_builder_new(a, 1);
	struct str bytes;
	struct buf out;

	profile_builder_type(b, 0, STR("cpu"), STR("nanoseconds"));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t frame = profile_builder_frame(b, arena_printf(a, "function %u", i), STR("a.go"), 1);
		int64_t value = i + 1;

		profile_builder_add(b, &frame, 1, &value, NULL, 0);
	}
	buf_init(&out, MAX);
	pprof_encode(profile_builder_finish(b), &out);
	bytes = arena_str(a, buf_str(&out));
	buf_fini(&out);
	return bytes;
}

static struct str gzipped(struct arena *a, struct str s)
{
	struct str bytes;
	struct buf out;

	buf_init(&out, MAX);
	zip_gzip(s, 6, &out);
	bytes = arena_str(a, buf_str(&out));
	buf_fini(&out);
	return bytes;
}

static struct str joined(struct arena *a, struct str x, struct str y)
{
	char *p = arena_alloc(a, x.n + y.n);

	memcpy(p, x.p, x.n);
	memcpy(p + x.n, y.p, y.n);
	return str_of(p, x.n + y.n);
}

static void accepted(void **state)
{
	struct arena *a = arena_new();
	struct str raw = profile_bytes(a, 50), packed = gzipped(a, raw);
	const struct {
		struct str bytes;
		int64_t limit;
	} cases[] = {
		{ raw, 0 }, { packed, 0 }, { raw, (int64_t)raw.n }, { packed, (int64_t)raw.n },
		{ joined(a, gzipped(a, str_of(raw.p, 100)), gzipped(a, str_skip(raw, 100))), 0 }, /* two members */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf scratch;
		struct profile *p;
		bool too_large;
		struct err e;

		buf_init(&scratch, MAX);
		buf_add(&scratch, STR("of another")); /* what stands there stays there */
		if (receive_pprof(a, cases[i].bytes, cases[i].limit, &scratch, &p, &too_large, &e) < 0)
			fail_msg("case %zu: %s", i, e.msg);
		assert_false(too_large);
		assert_int_equal(p->n_samples, 50);
		assert_int_equal(p->wire_size, raw.n);
		assert_memory_equal(scratch.p, "of another", 10);
		buf_fini(&scratch);
	}
	arena_free(a);
}

static void refused(void **state)
{
	struct arena *a = arena_new();
	struct str raw = profile_bytes(a, 50), packed = gzipped(a, raw);
	const struct {
		struct str bytes;
		int64_t limit;
		bool too_large;
		const char *words;
	} cases[] = {
		{ STR_NONE, 0, false, "gzip reset: EOF" },
		{ str_of(packed.p, 9), 0, false, "gzip reset: unexpected EOF" },
		{ str_of(raw.p, 9), 0, false, "gzip reset: unexpected EOF" },
		{ str_of(packed.p, packed.n - 1), 0, false, "copy to buffer: unexpected EOF" },
		{ str_of(packed.p, 12), 0, false, "copy to buffer: unexpected EOF" },
		{ joined(a, packed, STR("trailing bytes of no member")), 0, false, "copy to buffer: " },
		{ raw, (int64_t)raw.n - 1, true, NULL },
		{ packed, (int64_t)raw.n - 1, true, NULL },
		{ packed, 1, true, NULL },
		{ str_of(raw.p, raw.n - 1), 0, false, "unexpected EOF" },
		{ gzipped(a, STR("not a profile at all, is it")), 0, false,
		    "proto: wrong wireType = 6 for field Comment" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf scratch;
		struct profile *p;
		bool too_large;
		struct err e;

		buf_init(&scratch, MAX);
		assert_int_equal(receive_pprof(a, cases[i].bytes, cases[i].limit, &scratch, &p, &too_large, &e), -1);
		assert_int_equal(too_large, cases[i].too_large);
		if (!too_large && strstr(e.msg, cases[i].words) == NULL)
			fail_msg("case %zu: %s", i, e.msg);
		if (!too_large)
			assert_int_equal(e.kind, ERR_UNKNOWN);
		buf_fini(&scratch);
	}
	arena_free(a);
}

/* A bomb is not unpacked further than the limit. */
static void bomb(void **state)
{
	enum { ZEROS = 64 << 20, LIMIT = 4 << 20 };
	struct arena *a = arena_new();
	struct str packed = gzipped(a, str_of(arena_zalloc(a, ZEROS), ZEROS));
	struct profile *p;
	struct buf scratch;
	bool too_large;
	struct err e;

	(void)state;
	assert_true(packed.n < 100000);
	buf_init(&scratch, INT32_MAX);
	assert_int_equal(receive_pprof(a, packed, LIMIT, &scratch, &p, &too_large, &e), -1);
	assert_true(too_large);
	assert_true(scratch.cap <= 2 * (size_t)LIMIT);
	buf_fini(&scratch);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepted),
		cmocka_unit_test(refused),
		cmocka_unit_test(bomb),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
