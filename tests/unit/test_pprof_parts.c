/*
 * test_pprof_parts.c - profiles one behind another: in each order of fields that writers have, with and without the ends of
 * members; what cannot be told apart; one profile in many members.
 */
#include "tests/lib/profile_fixture.h"

#include "formats/pprof/pprof_parts.h"

/* A type; a sample of one location; its function f; strings "" count samples f. */
#define TYPE "\x0a\x04\x08\x02\x10\x01"
#define SAMPLE(value) "\x12\x06\x0a\x01\x01\x12\x01" value
#define LOCATION "\x22\x08\x08\x01\x22\x04\x08\x01\x10\x0a"
#define FUNCTION "\x2a\x04\x08\x01\x10\x03"
#define STRINGS            \
	"\x32\x00\x32\x05" \
	"count"            \
	"\x32\x07"         \
	"samples"          \
	"\x32\x01"         \
	"f"
#define TABLES(value)      \
	TYPE SAMPLE(value) \
	LOCATION FUNCTION STRINGS
#define TIME(t) "\x48" t
#define DURATION "\x50\x01"
#define PERIOD "\x60\x01"
#define NOTE "\x68\x03"
/* As generated code writes it; as Go's runtime does; strings first; samples first. */
#define LAST(value, t) TABLES(value) TIME(t) DURATION
#define FIRST(value, t)                            \
	TIME(t) DURATION TYPE PERIOD SAMPLE(value) \
	LOCATION FUNCTION STRINGS
#define BACKWARD(value) STRINGS FUNCTION LOCATION SAMPLE(value) TYPE
#define SAMPLES(value, t) SAMPLE(value) TYPE LOCATION FUNCTION STRINGS TIME(t)

#define S(text)                        \
	{                              \
		text, sizeof(text) - 1 \
	}
enum { TABLES_N = sizeof(TABLES("1")) - 1 };

static const struct row {
	const char *about;
	struct str bytes;
	const char *want; /* value@time of each profile, or the error */
	size_t end;       /* of a member; 0: there is but one */
} rows[] = {
	{ "one", S(TABLES("\x05")), "5@0", 0 },
	{ "two", S(TABLES("\x05") TABLES("\x07")), "5@0 7@0", 0 },
	{ "three", S(LAST("\x05", "\x01") LAST("\x06", "\x02") LAST("\x07", "\x03")), "5@1 6@2 7@3", 0 },
	{ "as Go's runtime", S(FIRST("\x05", "\x01") FIRST("\x06", "\x02") FIRST("\x07", "\x03")), "5@1 6@2 7@3", 0 },
	{ "of both", S(LAST("\x05", "\x01") FIRST("\x06", "\x02") LAST("\x07", "\x03")), "5@1 6@2 7@3", 0 },
	{ "the other way round", S(FIRST("\x05", "\x01") LAST("\x06", "\x02") FIRST("\x07", "\x03")), "5@1 6@2 7@3",
	    0 },
	{ "strings first", S(BACKWARD("\x05") BACKWARD("\x06") BACKWARD("\x07")), "5@0 6@0 7@0", 0 },
	{ "samples first", S(SAMPLES("\x05", "\x01") SAMPLES("\x06", "\x02")),
	    "pprof: byte 61: a second profile begins here or up to 10 bytes before: profiles are given one by one, "
	    "packed one by one, or in a tar",
	    0 },
	{ "samples first, packed", S(SAMPLES("\x05", "\x01") SAMPLES("\x06", "\x02")), "5@1 6@2", TABLES_N + 2 },
	{ "a time of either", S(TABLES("\x05") TIME("\x01") TABLES("\x07")),
	    "pprof: byte 53: a second profile begins here or up to 2 bytes before: profiles are given one by one, "
	    "packed one by "
	    "one, or in a tar",
	    0 },
	{ "a time of the first", S(TABLES("\x05") TIME("\x01") TABLES("\x07")), "5@1 7@0", TABLES_N + 2 },
	{ "a time of the second", S(TABLES("\x05") TIME("\x01") TABLES("\x07")), "5@0 7@1", TABLES_N },
	{ "a comment of the first", S(TABLES("\x05") NOTE TABLES("\x07")), "5@0 7@0", TABLES_N + 2 },
	{ "a member that ends elsewhere", S(TABLES("\x05") NOTE TABLES("\x07")),
	    "pprof: byte 53: a second profile begins here or up to 2 bytes before: profiles are given one by one, "
	    "packed one by "
	    "one, or in a tar",
	    TABLES_N - 1 },
	{ "a location that is nowhere", S(TABLES("\x05") TYPE SAMPLE("\x07") FUNCTION STRINGS),
	    "pprof: byte 51: a second profile begins here, and that at byte 51 is not whole: profiles are given one by "
	    "one, or "
	    "in a tar",
	    0 },
	{ "the first without samples", S(TYPE STRINGS TABLES("\x07")), "0@0 7@0", 0 },
	{ "an empty name twice", S(TABLES("\x05") "\x32\x00"), "5@0", 0 },
};

static void describe(struct buf *b, struct profile *const *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		int64_t sum = 0;

		for (uint32_t k = 0; k < p[i]->n_samples; k++)
			sum += profile_value(p[i], k, 0);
		buf_printf(b, "%s%lld@%lld%s", i ? " " : "", (long long)sum, (long long)p[i]->time,
		    p[i]->faults.value_count ? "?" : "");
	}
}

static void decode(struct str bytes, const size_t *ends, size_t n_ends, struct buf *out)
{
	struct arena *a = arena_new();
	struct profile **p;
	struct err e;
	uint32_t n;

	buf_reset(out);
	if (pprof_decode_parts(a, bytes, ends, n_ends, &p, &n, &e) == 0)
		describe(out, p, n);
	else
		buf_add(out, str_cstr(e.msg));
	arena_free(a);
}

static void test_rows(void **ctx)
{
	struct buf got;

	(void)ctx;
	buf_init(&got, 4096);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		const size_t ends[] = { r->end, r->bytes.n };

		decode(r->bytes, ends, r->end ? 2 : 0, &got);
		if (!str_eq(buf_str(&got), str_cstr(r->want)))
			fail_msg("%s: %.*s", r->about, (int)got.n, got.p);
	}
	buf_fini(&got);
}

/* One profile in members that end anywhere is one profile. */
static void test_members(void **ctx)
{
	struct str one = STR(LAST("\x05", "\x01"));
	size_t ends[sizeof(LAST("\x05", "\x01"))];
	struct buf got;

	(void)ctx;
	buf_init(&got, 4096);
	for (size_t i = 0; i < one.n; i++)
		ends[i] = i + 1;
	decode(one, ends, one.n, &got);
	assert_true(str_eq(buf_str(&got), STR("5@1")));
	buf_fini(&got);
}

/* What is cut off in the second is refused, or said to be odd, once there is more than its time. */
static void test_cut(void **ctx)
{
	struct str two = STR(LAST("\x05", "\x01") FIRST("\x06", "\x02"));
	const size_t first = sizeof(LAST("\x05", "\x01")) - 1, head = sizeof(TIME("1") DURATION) - 1;
	struct buf got;

	(void)ctx;
	buf_init(&got, 4096);
	for (size_t n = first + head + 1; n < two.n; n++) {
		decode(str_of(two.p, n), &first, 1, &got);
		if (str_search(buf_str(&got), STR("?")) == got.n &&
		    str_search(buf_str(&got), STR("pprof: byte")) == got.n)
			fail_msg("%zu bytes: %.*s", n, (int)got.n, got.p);
	}
	buf_fini(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_cut),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
