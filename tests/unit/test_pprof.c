/*
 * test_pprof.c - the protobuf profile: vectors, odd and broken ones, every
 * cut, round trips, and the shared test data against its index.
 */
#include "tests/lib/pprof_read.h"
#include "tests/lib/profile_fixture.h"

#include "base/zip.h"
#include "formats/pprof/pprof.h"

#define LIMIT ((size_t)32 << 20)

/* type; two stacks of two locations; a mapping; functions f, g; strings "" count samples f g x.c */
#define TYPE "\x0a\x04\x08\x02\x10\x01"
#define SAMPLE1 "\x12\x07\x0a\x02\x01\x02\x12\x01\x05"
#define SAMPLE2 "\x12\x06\x0a\x01\x02\x12\x01\x07"
#define MAPPING "\x1a\x0a\x08\x01\x10\x80\x20\x18\x80\x40\x38\x01"
#define LOC1 "\x22\x0d\x08\x01\x10\x01\x18\x90\x20\x22\x04\x08\x01\x10\x0a"
#define LOC2 "\x22\x08\x08\x02\x22\x04\x08\x02\x10\x14"
#define FUN1 "\x2a\x08\x08\x01\x10\x03\x18\x03\x20\x05"
#define FUN2 "\x2a\x04\x08\x02\x10\x04"
#define STRINGS            \
	"\x32\x00\x32\x05" \
	"count"            \
	"\x32\x07"         \
	"samples"          \
	"\x32\x01"         \
	"f"                \
	"\x32\x01"         \
	"g"                \
	"\x32\x03"         \
	"x.c"
#define WHOLE TYPE SAMPLE1 SAMPLE2 MAPPING LOC1 LOC2 FUN1 FUN2 STRINGS

#define T_TYPE "type 'samples' 'count'\n"
#define T_HEAD "period 0 time 0 duration 0 drop '' keep '' default ''\n"
#define T_SAMPLES "sample 0 1 = 5\nsample 1 = 7\n"
#define T_MAPPING "mapping 1 0x1000-0x2000+0x0 '' '' flags 8\n"
#define T_LOCS "location 1 at 0x1010 mapping 0 'f':10\nlocation 2 at 0x0 'g':20\n"
#define T_FUNS "function 1 'f' 'f' 'x.c':0\nfunction 2 'g' '' '':0\n"
#define T_WHOLE T_TYPE T_HEAD T_SAMPLES T_MAPPING T_LOCS T_FUNS

struct vector {
	const char *about;
	struct str bytes;
	const char *want; /* the dump, or what the error contains */
};

static const struct vector good[] = {
	{ "nothing", { "", 0 }, "period 0 time 0 duration 0 drop #0 keep #0 default #0\n" },
	{ "whole", { WHOLE, sizeof(WHOLE) - 1 }, T_WHOLE },
#define V_REVERSED STRINGS FUN1 FUN2 LOC1 LOC2 MAPPING SAMPLE1 SAMPLE2 TYPE
	{ "tables in another order", { V_REVERSED, sizeof(V_REVERSED) - 1 }, T_WHOLE },
#define V_MIXED SAMPLE1 FUN1 LOC1 TYPE STRINGS SAMPLE2 LOC2 MAPPING FUN2
	{ "mixed", { V_MIXED, sizeof(V_MIXED) - 1 }, T_WHOLE },
#define V_UNPACKED                              \
	TYPE "\x12\x06\x08\x01\x10\x05\x08\x02" \
	     "\x12\x05\x10\x07\x0a\x01\x02" MAPPING LOC1 LOC2 FUN1 FUN2 STRINGS
	{ "not packed, half packed", { V_UNPACKED, sizeof(V_UNPACKED) - 1 }, T_WHOLE },
#define V_UNKNOWN                                                                                    \
	TYPE "\xf8\x07\x96\x01" SAMPLE1 "\xfa\x07\x03"                                               \
	     "abc"                                                                                   \
	     "\x12\x0b\x0a\x01\x02\x12\x01\x07\x7d"                                                  \
	     "abcd"                                                                                  \
	     "\x99\x08"                                                                              \
	     "12345678" MAPPING LOC1 LOC2 FUN1 "\x2a\x06\x08\x02\x10\x04\x70\x05" STRINGS "\x85\x01" \
	     "abcd"
	{ "unknown fields of each kind", { V_UNKNOWN, sizeof(V_UNKNOWN) - 1 }, T_WHOLE },
#define V_LONG                                                         \
	"\x8a\x80\x00\x87\x80\x00\x88\x00\x82\x80\x00\x10\x01" SAMPLE1 \
	"\x92\x00\x07\x8a\x00\x01\x02\x12\x01\x07" MAPPING LOC1 LOC2 FUN1 FUN2 STRINGS
	{ "numbers longer than needed", { V_LONG, sizeof(V_LONG) - 1 }, T_WHOLE },
#define V_HEAD                                                                          \
	TYPE STRINGS "\x38\x03\x40\x04\x48\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x50\x64" \
		     "\x5a\x02\x08\x02\x60\x0a\x68\x03\x6a\x02\x04\x05\x70\x02"         \
		     "\x5a\x02\x10\x01"
	{ "head; a repeated message is merged", { V_HEAD, sizeof(V_HEAD) - 1 },
	    T_TYPE "period type 'samples' 'count'\nperiod 10 time 9223372036854775807 duration 100 drop 'f' keep 'g' "
		   "default 'samples' comment 'f' comment 'g' comment 'x.c'\n" },
#define V_DOC TYPE STRINGS "\x78\x05"
	{ "where it is explained", { V_DOC, sizeof(V_DOC) - 1 },
	    T_TYPE "period 0 time 0 duration 0 drop '' keep '' default '' doc 'x.c'\n" },
#define V_LABELS                                                                                    \
	TYPE "\x12\x13\x12\x01\x05\x1a\x04\x08\x03\x10\x04\x1a\x06\x08\x03\x18\x05\x20\x02\x1a\x00" \
	     "\x12\x03\x12\x01\x06" STRINGS
	{ "labels", { V_LABELS, sizeof(V_LABELS) - 1 },
	    T_TYPE T_HEAD "sample = 5 'f'='g'/0'' 'f'=''/5'samples' ''=''/0''\nsample = 6\n" },
#define V_NEGATIVE TYPE "\x12\x0c\x12\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" STRINGS
	{ "negative value", { V_NEGATIVE, sizeof(V_NEGATIVE) - 1 }, T_TYPE T_HEAD "sample = -1\n" },
#define V_COUNT                         \
	TYPE "\x12\x04\x12\x02\x05\x06" \
	     "\x12\x00"                 \
	     "\x12\x03\x12\x01\x07" STRINGS
	{ "too many and too few values", { V_COUNT, sizeof(V_COUNT) - 1 },
	    T_TYPE T_HEAD "sample = 5\nsample = 0\nsample = 7\nfaults 0 0 0 0 0 2\n" },
#define V_UNDEFINED                                         \
	TYPE "\x12\x09\x0a\x04\x01\x00\xff\x0f\x12\x01\x05" \
	     "\x22\x09\x08\x01\x10\x07\x22\x03\x08\x80\x01" \
	     "\x22\x08\x10\x00\x22\x04\x08\x00\x10\x01" STRINGS
	{ "ids that are nowhere defined, location id 0", { V_UNDEFINED, sizeof(V_UNDEFINED) - 1 },
	    T_TYPE T_HEAD "sample 0 1 ? = 5\nlocation 1 at 0x0 unknown-mapping ?:0\nlocation 0 at 0x0 ?:1\n"
			  "faults 1 0 1 2 1 0\n" },
#define V_FUN0                                  \
	TYPE "\x22\x06\x08\x01\x22\x02\x08\x00" \
	     "\x22\x02\x08\x02"                 \
	     "\x2a\x02\x10\x03" STRINGS
	{ "function id 0", { V_FUN0, sizeof(V_FUN0) - 1 },
	    T_TYPE T_HEAD "location 1 at 0x0 'f':0\nlocation 2 at 0x0\nfunction 0 'f' '' '':0\nfaults 0 1 0 0 0 0\n" },
#define V_DOTNET                                \
	TYPE "\x22\x06\x08\x05\x22\x02\x08\x05" \
	     "\x22\x06\x08\x09\x22\x02\x08\x09" \
	     "\x2a\x02\x10\x03"                 \
	     "\x2a\x02\x10\x04" STRINGS
	{ "function ids 0, lines with the id of their location", { V_DOTNET, sizeof(V_DOTNET) - 1 },
	    T_TYPE T_HEAD "location 5 at 0x0 'f':0\nlocation 9 at 0x0 'g':0\nfunction 0 'f' '' '':0\n"
			  "function 0 'g' '' '':0\nfaults 0 2 0 0 0 0\n" },
#define V_DUPLICATE                                     \
	TYPE "\x12\x08\x0a\x03\x01\x02\x01\x12\x01\x05" \
	     "\x22\x04\x08\x01\x18\x01"                 \
	     "\x22\x04\x08\x02\x18\x02"                 \
	     "\x22\x04\x08\x01\x18\x03" STRINGS
	{ "the last of equal ids counts", { V_DUPLICATE, sizeof(V_DUPLICATE) - 1 },
	    T_TYPE T_HEAD "sample 2 1 2 = 5\nlocation 1 at 0x1\nlocation 2 at 0x2\nlocation 1 at 0x3\n" },
#define V_HUGE                                                                                  \
	TYPE "\x12\x12\x0a\x0d\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x03\x80\x08\x12\x01\x05" \
	     "\x22\x02\x08\x03"                                                                 \
	     "\x22\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" STRINGS
	{ "huge ids", { V_HUGE, sizeof(V_HUGE) - 1 },
	    T_TYPE T_HEAD "sample 1 0 ? = 5\nlocation 3 at 0x0\nlocation 18446744073709551615 at 0x0\n"
			  "faults 0 0 1 0 0 0\n" },
#define V_STRINGS TYPE "\x2a\x0d\x10\x7f\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" STRINGS
	{ "string positions outside", { V_STRINGS, sizeof(V_STRINGS) - 1 },
	    T_TYPE T_HEAD "function 0 #127 #4294967295 '':0\nfaults 0 1 0 0 0 0\n" },
#define V_LINES                                                                                                   \
	TYPE "\x22\x14\x08\x01\x22\x04\x08\x02\x10\x01\x22\x04\x08\x01\x10\x02\x22\x02\x08\x01\x28\x01" FUN1 FUN2 \
	    STRINGS
	{ "several lines, folded", { V_LINES, sizeof(V_LINES) - 1 },
	    T_TYPE T_HEAD "location 1 at 0x0 folded 'g':1 'f':2 'f':0\n" T_FUNS },
#define V_ORDER                                                                  \
	TYPE "\x22\x0d\x22\x04\x10\x0a\x08\x01\x18\x90\x20\x10\x01\x08\x01" LOC2 \
	     "\x2a\x08\x20\x05\x18\x03\x10\x03\x08\x01" FUN2 SAMPLE1 SAMPLE2 MAPPING STRINGS
	{ "fields of records in another order", { V_ORDER, sizeof(V_ORDER) - 1 }, T_WHOLE },
};

static const struct vector broken[] = {
#define B(text)                        \
	{                              \
		text, sizeof(text) - 1 \
	}
	{ "field 0", B("\x02\x00"), "byte 1: illegal field number 0" },
	{ "field number of 40 bits", B("\xf8\xff\xff\xff\xff\x7f\x01"), "illegal field number" },
	{ "group", B(TYPE "\x83\x01\x84\x01"), "byte 8: wire type 3" },
	{ "wire type 7", B(TYPE "\x87\x01"), "byte 8: wire type 7" },
	{ "sample as a number", B(TYPE "\x10\x01"), "byte 6, field 2 (sample): wrong wire type 0" },
	{ "time as bytes", B(TYPE "\x4a\x01\x01"), "byte 6, field 9 (time_nanos): wrong wire type 2" },
	{ "length past the end",
	    B(TYPE "\x32\x05"
		   "abc"),
	    "byte 7, field 6 (string_table): unexpected EOF: length 5, but 3 bytes are left" },
	{ "length of 63 bits", B(TYPE "\x32\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), "field 6 (string_table)" },
	{ "length of 64 bits", B(TYPE "\x32\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "field 6 (string_table)" },
	{ "tag without a number", B(TYPE "\x48"), "field 9 (time_nanos): unexpected EOF" },
	{ "number of eleven bytes", B(TYPE "\x48\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
	    "byte 7, field 9 (time_nanos): a number of more than ten bytes" },
	{ "number of eleven bytes in the middle",
	    B(TYPE "\x12\x0d\x0a\x0b\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" WHOLE),
	    "field 2 (sample): a number of more than ten bytes" },
	{ "number passes the end of its record", B(TYPE "\x12\x03\x0a\x01\xff" WHOLE),
	    "byte 11, field 2 (sample): a part passes the end" },
	{ "record ends in a tag", B(TYPE "\x2a\x03\x08\x01\x10" WHOLE), "field 5 (function): a part passes the end" },
	{ "part is longer than its record", B(TYPE "\x12\x03\x0a\x05\x01" WHOLE),
	    "byte 9, field 2 (sample): unexpected EOF: length 5, but 1 bytes are left" },
	{ "line is longer than its location", B(TYPE "\x22\x04\x22\x09\x08\x01" WHOLE), "field 4 (location)" },
	{ "location ids as 32 bits",
	    B(TYPE "\x12\x05\x0d"
		   "abcd" WHOLE),
	    "field 2 (sample): wrong wire type 5 for part 1" },
	{ "function name as bytes",
	    B(TYPE "\x2a\x03\x12\x01"
		   "f" WHOLE),
	    "field 5 (function): wrong wire type 2 for part 2" },
	{ "line as a number", B(TYPE "\x22\x02\x20\x01" WHOLE), "field 4 (location): wrong wire type 0 for part 4" },
	{ "field 0 in a mapping", B(TYPE "\x1a\x02\x00\x00" WHOLE), "field 3 (mapping): illegal field number 0" },
	{ "group in a label", B(TYPE "\x12\x04\x1a\x02\x7b\x7c" WHOLE), "field 2 (sample): wire type 3" },
	{ "cut fixed number",
	    B(TYPE "\x12\x03\x79"
		   "ab" WHOLE),
	    "field 2 (sample): unexpected EOF" },
	{ "comment that is cut", B(TYPE "\x6a\x01\x80"), "field 13 (comment)" },
	{ "samples times types", B("\x0a\x00\x0a\x00\x0a\x00\x0a\x00\x12\x00\x12\x00\x12\x00\x12\x00\x12\x00"),
	    "sample value length mismatch: 5 samples of 4 types in 18 bytes" },
	{ "text", B("main;work 3\n"), "pprof: byte " },
};

/* A copy that ends where its memory ends. */
static struct str tight(struct str s)
{
	char *p = mem_alloc(s.n ? s.n : 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	return str_of(p, s.n);
}

static void drop(struct str s)
{
	mem_free((char *)(uintptr_t)s.p);
}

static void expect_dump(const char *about, const struct profile *p, const char *want)
{
	struct buf b;

	buf_init(&b, FIXTURE_MAX);
	profile_dump(&b, p);
	buf_byte(&b, '\0');
	if (strcmp(b.p, want) != 0)
		fail_msg("%s: got\n%s\nwant\n%s", about, b.p, want);
	buf_fini(&b);
}

static void test_good(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct arena *a = arena_new();
		struct str s = tight(good[i].bytes);
		struct profile *p;
		struct err e;

		if (pprof_decode(a, s, &p, &e) < 0)
			fail_msg("%s: %s", good[i].about, e.msg);
		assert_int_equal(p->wire_size, s.n);
		expect_dump(good[i].about, p, good[i].want);
		arena_free(a);
		drop(s);
	}
}

/* The same records far from the end of the input, where they are read in another way. */
static void test_good_far_from_end(void **ctx)
{
	(void)ctx;
	for (size_t i = 1; i < ARRAY_LEN(good); i++) {
		struct arena *a = arena_new();
		struct profile *p;
		struct buf b;
		struct err e;

		buf_init(&b, 4096);
		buf_add(&b, good[i].bytes);
		buf_add(&b,
		    STR("\xfa\x07\x20"
			"0123456789abcdef0123456789abcdef"));
		if (pprof_decode(a, buf_str(&b), &p, &e) < 0)
			fail_msg("%s: %s", good[i].about, e.msg);
		expect_dump(good[i].about, p, good[i].want);
		arena_free(a);
		buf_fini(&b);
	}
}

static void test_broken(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		struct arena *a = arena_new();
		struct str s = tight(broken[i].bytes);
		struct profile *p = NULL;
		struct err e;

		if (pprof_decode(a, s, &p, &e) == 0)
			fail_msg("%s: is taken", broken[i].about);
		assert_null(p);
		assert_int_equal(e.kind, ERR_INVALID);
		if (strstr(e.msg, broken[i].want) == NULL)
			fail_msg("%s: \"%s\" does not have \"%s\"", broken[i].about, e.msg, broken[i].want);
		arena_free(a);
		drop(s);
	}
}

/* Where top-level fields end, by a reader as plain as can be. */
static bool is_boundary(struct str s, size_t at)
{
	size_t i = 0;

	while (i < at) {
		uint64_t v[2] = { 0 };

		for (unsigned k = 0; k < 2; k++)
			for (unsigned shift = 0;; shift += 7) {
				unsigned char c = (unsigned char)s.p[i++];

				v[k] |= (uint64_t)(c & 0x7f) << shift;
				if (c < 0x80)
					break;
			}
		if ((v[0] & 7) == 2)
			i += v[1];
	}
	return i == at;
}

static void test_cut(void **ctx)
{
	static const struct str whole = { WHOLE, sizeof(WHOLE) - 1 }, head = { V_HEAD, sizeof(V_HEAD) - 1 };
	const struct str *both[] = { &whole, &head };

	(void)ctx;
	for (size_t k = 0; k < ARRAY_LEN(both); k++)
		for (size_t n = 0; n < both[k]->n; n++) {
			struct arena *a = arena_new();
			struct str s = tight(str_of(both[k]->p, n));
			struct profile *p;
			struct err e;
			int rc = pprof_decode(a, s, &p, &e);

			if ((rc == 0) != is_boundary(*both[k], n))
				fail_msg("cut at %zu: %s", n, rc ? e.msg : "is taken");
			if (rc < 0)
				assert_non_null(strstr(e.msg, "unexpected EOF"));
			arena_free(a);
			drop(s);
		}
}

static unsigned take_changed(struct str s)
{
	static const unsigned char flips[] = { 0x01, 0x07, 0x08, 0x70, 0x80, 0xff };
	char *bytes = (char *)(uintptr_t)s.p;
	unsigned taken = 0;

	for (size_t i = 0; i < s.n; i++)
		for (size_t k = 0; k < ARRAY_LEN(flips); k++) {
			struct arena *a = arena_new();
			struct profile *p;
			struct buf b;
			struct err e;

			buf_init(&b, FIXTURE_MAX);
			bytes[i] = (char)(bytes[i] ^ flips[k]);
			if (pprof_decode(a, s, &p, &e) == 0) {
				profile_dump(&b, p);
				pprof_encode(p, &b);
				taken++;
			}
			bytes[i] = (char)(bytes[i] ^ flips[k]);
			buf_fini(&b);
			arena_free(a);
		}
	return taken;
}

/* Every byte changed in several ways: taken or not, but within bounds. */
static void test_changed(void **ctx)
{
	struct str whole = tight(STR(WHOLE)), labels = tight(STR(V_LABELS));

	(void)ctx;
	assert_true(take_changed(whole) > 100);
	assert_true(take_changed(labels) > 100);
	drop(whole);
	drop(labels);
}

/* One profile behind another is no sum of both. */
static void test_two(void **ctx)
{
	struct str two[] = { tight(STR(WHOLE WHOLE)), tight(STR(WHOLE V_LABELS)) };

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(two); i++) {
		struct arena *a = arena_new();
		struct profile *p;
		struct err e;

		assert_int_equal(pprof_decode(a, two[i], &p, &e), -1);
		assert_non_null(strstr(e.msg, "a second profile begins here"));
		arena_free(a);
		drop(two[i]);
	}
}

/* What is encoded reads back as the same, and encodes to the same bytes. */
static void expect_round_trip(const char *about, const struct profile *p)
{
	struct buf one, two, text1, text2;
	struct arena *a = arena_new();
	struct profile *q;
	struct err e;

	buf_init(&one, FIXTURE_MAX);
	buf_init(&two, FIXTURE_MAX);
	buf_init(&text1, FIXTURE_MAX * (size_t)8);
	buf_init(&text2, FIXTURE_MAX * (size_t)8);
	pprof_encode(p, &one);
	assert_int_equal(pprof_size(p), one.n);
	if (pprof_decode(a, buf_str(&one), &q, &e) < 0)
		fail_msg("%s: encoded: %s", about, e.msg);
	pprof_encode(q, &two);
	assert_int_equal(pprof_size(q), two.n);
	if (!str_eq(buf_str(&one), buf_str(&two)))
		fail_msg("%s: encodes differently the second time", about);
	profile_dump(&text1, p);
	profile_dump(&text2, q);
	if (!text1.over &&
	    p->faults.location_id_zero + p->faults.function_id_zero + p->faults.value_count +
		    p->faults.unknown_mapping ==
		0 &&
	    !str_eq(buf_str(&text1), buf_str(&text2)))
		fail_msg("%s: reads back differently", about);
	buf_fini(&one);
	buf_fini(&two);
	buf_fini(&text1);
	buf_fini(&text2);
	arena_free(a);
}

static void test_round_trip(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct arena *a = arena_new();
		struct profile *p;
		struct err e;

		assert_int_equal(pprof_decode(a, good[i].bytes, &p, &e), 0);
		if (strstr(good[i].about, "equal ids") == NULL && p->n_strings)
			expect_round_trip(good[i].about, p);
		arena_free(a);
	}
}

/* The encoder's bytes are exactly the usual ones. */
static void test_encode_bytes(void **ctx)
{
	struct arena *a = arena_new();
	struct profile *p;
	struct buf b;
	struct err e;

	(void)ctx;
	buf_init(&b, 4096);
	assert_int_equal(pprof_decode(a, STR(WHOLE), &p, &e), 0);
	pprof_encode(p, &b);
	assert_true(str_eq(buf_str(&b), STR(WHOLE)));
	arena_free(a);
	buf_fini(&b);
}

static void test_encode_limit(void **ctx)
{
	struct arena *a = arena_new();
	struct profile *p;
	struct err e;

	(void)ctx;
	assert_int_equal(pprof_decode(a, STR(WHOLE), &p, &e), 0);
	for (size_t max = 0; max < sizeof(WHOLE) - 1; max++) {
		struct buf b;

		buf_init(&b, max);
		pprof_encode(p, &b);
		assert_int_equal(buf_check(&b, "pprof", &e), -1);
		buf_fini(&b);
	}
	arena_free(a);
}

/* Ids that are sparse, unsorted or equal are found or replaced. */
static void test_encode_ids(void **ctx)
{
	static const uint64_t ids[][4] = {
		{ 1, 2, 3, 4 },
		{ 4, 3, 2, 1 },
		{ 7, 900, 100000000000, 8 },
		{ 5, 5, 6, 7 },
		{ 0, 1, 2, 3 },
		{ UINT64_MAX, 1, 3, 2 },
		{ 10, 20, 30, 31 },
	};
	static const bool kept[] = { true, true, true, false, false, true, true };

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		struct arena *a = arena_new();
		struct profile_builder *b = profile_builder_new(a, 1);
		uint32_t stack[4];
		struct profile *p, *q;
		struct buf out;
		struct err e;

		buf_init(&out, 4096);
		for (uint32_t k = 0; k < 4; k++)
			stack[k] = profile_builder_frame(b, str_of(&"abcd"[k], 1), STR_NONE, 0);
		profile_builder_add(b, stack, 4, &(int64_t){ 9 }, NULL, 0);
		p = profile_builder_finish(b);
		for (uint32_t k = 0; k < 4; k++)
			p->locations[k].id = p->functions[k].id = ids[i][k];
		pprof_encode(p, &out);
		assert_int_equal(pprof_decode(a, buf_str(&out), &q, &e), 0);
		for (uint32_t k = 0; k < 4; k++) {
			assert_int_equal(q->stack[k], k);
			assert_int_equal(q->lines[k].function, k);
			assert_int_equal(q->locations[k].id, kept[i] ? ids[i][k] : k + 1);
		}
		arena_free(a);
		buf_fini(&out);
	}
}

static void test_memory(void **ctx)
{
	/* the worst records: empty ones of the widest tables */
	static const char tags[] = { 0x0a, 0x12, 0x1a, 0x22, 0x2a, 0x32, 0x6a };
	enum { N = 1 << 16 };

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
		struct arena *a = arena_new();
		char *bytes = mem_zalloc(N);
		struct profile *p;
		struct err e;

		for (size_t k = 0; k < N; k += 2)
			bytes[k] = tags[i];
		assert_int_equal(pprof_decode(a, str_of(bytes, N), &p, &e), 0);
		assert_true(arena_bytes(a) < (size_t)64 * N + (2 << 20));
		arena_free(a);
		mem_free(bytes);
	}
}

static void test_read(void **ctx)
{
	struct arena *a = arena_new();
	struct buf packed, scratch;
	struct profile *p;
	struct err e;
	size_t half = sizeof(WHOLE) / 2;

	(void)ctx;
	buf_init(&packed, 1 << 16);
	buf_init(&scratch, 1 << 16);
	assert_int_equal(pprof_read(a, STR(WHOLE), LIMIT, &scratch, &p, &e), 0);
	assert_int_equal(scratch.n, 0);
	expect_dump("plain", p, T_WHOLE);
	zip_gzip(str_of(WHOLE, half), 6, &packed);
	zip_gzip(str_skip(STR(WHOLE), half), 6, &packed);
	assert_int_equal(pprof_read(a, buf_str(&packed), LIMIT, &scratch, &p, &e), 0);
	expect_dump("two members", p, T_WHOLE);
	buf_reset(&packed);
	zip_zstd(STR(WHOLE), 3, &packed);
	assert_int_equal(pprof_read(a, buf_str(&packed), LIMIT, &scratch, &p, &e), 0);
	expect_dump("zstd, behind other bytes of scratch", p, T_WHOLE);
	arena_free(a);
	buf_fini(&packed);
	buf_fini(&scratch);
}

static void expect_read_error(struct str s, size_t limit, enum err_kind kind, const char *msg)
{
	struct arena *a = arena_new();
	struct buf scratch;
	struct profile *p;
	struct err e;

	buf_init(&scratch, FIXTURE_MAX);
	assert_int_equal(pprof_read(a, s, limit, &scratch, &p, &e), -1);
	assert_string_equal(e.msg, msg);
	assert_int_equal(e.kind, kind);
	buf_fini(&scratch);
	arena_free(a);
}

static void test_read_errors(void **ctx)
{
	struct buf packed;

	(void)ctx;
	buf_init(&packed, 1 << 16);
	zip_gzip(STR(WHOLE), 6, &packed);
	expect_read_error(STR(""), LIMIT, ERR_INVALID, "gzip reset: EOF");
	expect_read_error(STR("\xff\xfe\xfd hello"), LIMIT, ERR_INVALID, "gzip reset: unexpected EOF");
	expect_read_error(str_of(packed.p, packed.n - 20), LIMIT, ERR_INVALID, "copy to buffer: unexpected EOF");
	expect_read_error(buf_str(&packed), 50, ERR_LIMIT,
	    "decompressed size exceeds maximum allowed size of 50 bytes");
	expect_read_error(STR(WHOLE), 50, ERR_LIMIT, "decompressed size exceeds maximum allowed size of 50 bytes");
	expect_read_error(STR("not a profile"), LIMIT, ERR_INVALID,
	    "pprof: byte 0, field 13 (comment): wrong wire type 6");
	buf_fini(&packed);
}

/* ---- shared data ---- */

static int64_t number_of(const json_t *o, const char *member)
{
	return json_integer_value(json_object_get(o, member));
}

static void expect_number(const char *path, const char *what, int64_t got, int64_t want)
{
	if (got != want)
		fail_msg("%s: %s is %lld, not %lld", path, what, (long long)got, (long long)want);
}

static struct str function_name(const struct profile *p, uint32_t line)
{
	uint32_t f = p->lines[line].function;

	return f < p->n_functions ? profile_str(p, p->functions[f].name) : STR_NONE;
}

static bool has_name(const struct profile *p, uint32_t sample, struct str name, bool leaf_only)
{
	for (uint32_t k = p->stack_at[sample]; k < p->stack_at[sample + 1]; k++) {
		const struct location *l = &p->locations[p->stack[k]];

		for (uint32_t i = 0; i < l->n_lines; i++) {
			if (str_eq(function_name(p, l->first_line + i), name))
				return true;
			if (leaf_only)
				return false;
		}
		if (leaf_only)
			return false;
	}
	return false;
}

static void expect_top(const char *path, const struct profile *p, uint32_t type, const json_t *top, bool leaf_only)
{
	for (size_t i = 0; i < json_array_size(top); i++) {
		const json_t *row = json_array_get(top, i);
		const json_t *text = json_object_get(row, "name");
		struct str name = str_of(json_string_value(text), json_string_length(text));
		uint64_t sum = 0;

		if (str_prefix(name, STR("0x")) || str_search(name, STR("\xef\xbf\xbd")) < name.n)
			continue;
		for (uint32_t k = 0; k < p->n_samples; k++)
			if (has_name(p, k, name, leaf_only))
				sum += (uint64_t)profile_value(p, k, type);
		expect_number(path, json_string_value(text), (int64_t)sum, number_of(row, "value"));
	}
}

static void expect_types(const char *path, const struct profile *p, const json_t *types)
{
	for (uint32_t t = 0; t < json_array_size(types); t++) {
		const json_t *row = json_array_get(types, t);
		uint64_t sum = 0;

		if (!str_eq(profile_str(p, p->types[t].type),
			str_cstr(json_string_value(json_object_get(row, "type")))))
			fail_msg("%s: sample type %u", path, t);
		for (uint32_t i = 0; i < p->n_samples; i++)
			sum += (uint64_t)profile_value(p, i, t);
		expect_number(path, "total", (int64_t)sum, number_of(row, "total"));
		expect_top(path, p, t, json_object_get(row, "top_flat"), true);
		expect_top(path, p, t, json_object_get(row, "top_cum"), false);
	}
}

static void expect_tables(const char *path, const struct profile *p, const json_t *want)
{
	uint32_t depth = 0;

	expect_number(path, "lines", p->n_lines, number_of(want, "lines"));
	expect_number(path, "period", p->period, number_of(want, "period"));
	expect_number(path, "time", p->time, number_of(want, "time_nanos"));
	expect_number(path, "duration", p->duration, number_of(want, "duration_nanos"));
	for (uint32_t i = 0; i < p->n_samples; i++)
		depth = MAX(depth, p->stack_at[i + 1] - p->stack_at[i]);
	expect_number(path, "depth", depth, number_of(want, "max_depth_locations"));
	if (!str_eq(profile_str(p, p->default_type),
		str_cstr(json_string_value(json_object_get(want, "default_sample_type")))))
		fail_msg("%s: default sample type", path);
}

/* Whether the bytes break a rule of the wire. */
static bool is_broken(const char *path, const json_t *row)
{
	const json_t *want = json_object_get(row, "expected");

	return json_object_get(want, "gzip_error") || json_object_get(json_object_get(want, "wire"), "error") ||
	    strstr(path, "gzip-bad-") || strstr(path, "gzip-trailing-") || strstr(path, "/bad-field-zero") ||
	    strstr(path, "/bad-all-zero-bytes") || strstr(path, "/bad-zip-bomb") || strstr(path, "gzip-of-gzip") ||
	    strstr(path, "/empty.pb");
}

static void check_row(const char *path, const json_t *row, void *arg)
{
	const json_t *want = json_object_get(row, "expected"), *wire = json_object_get(want, "wire");
	struct arena *a = arena_new();
	struct str bytes = fixture_file(a, path);
	struct profile *p = NULL;
	struct buf scratch;
	struct err e;
	int rc;

	assert_non_null(bytes.p);
	buf_init(&scratch, FIXTURE_MAX * (size_t)2);
	rc = pprof_read(a, bytes, LIMIT, &scratch, &p, &e);
	if ((rc < 0) != is_broken(path, row))
		fail_msg("%s: %s", path, rc < 0 ? e.msg : "is taken");
	if (rc == 0) {
		expect_number(path, "samples", p->n_samples, number_of(wire, "samples"));
		expect_number(path, "locations", p->n_locations, number_of(wire, "locations"));
		expect_number(path, "functions", p->n_functions, number_of(wire, "functions"));
		expect_number(path, "mappings", p->n_mappings, number_of(wire, "mappings"));
		expect_number(path, "strings", p->n_strings, number_of(wire, "strings"));
		expect_number(path, "bytes", (int64_t)p->wire_size, number_of(wire, "bytes"));
		if (json_is_true(json_object_get(want, "google_pprof_accepts"))) {
			expect_tables(path, p, want);
			expect_types(path, p, json_object_get(want, "types"));
		}
		if (strstr(path, "duplicate-") == NULL)
			expect_round_trip(path, p);
		++*(unsigned *)arg;
	}
	buf_fini(&scratch);
	arena_free(a);
}

static void test_shared(void **ctx)
{
	unsigned taken = 0, n = fixture_rows("pprof/ own/pprof/", "pprof", check_row, &taken);

	(void)ctx;
	print_message("%u files, %u taken\n", n, taken);
	assert_true(taken > 80 && taken < n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_good_far_from_end),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_encode_bytes),
		cmocka_unit_test(test_encode_limit),
		cmocka_unit_test(test_encode_ids),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_errors),
		cmocka_unit_test(test_shared),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
