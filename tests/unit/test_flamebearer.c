/* test_flamebearer.c - flame graphs as Pyroscope's JSON has them, single and compared */
#include "tests/lib/profile_fixture.h"

#include "formats/folded/folded.h"
#include "formats/format.h"
#include "formats/json/flamebearer.h"

#define FLAME                                                                                                \
	"{\"version\":1,\"flamebearer\":{\"names\":[\"total\",\"a\",\"b\"],\"levels\":[[0,3,0,0],[0,3,1,1]," \
	"[1,2,2,2]],\"numTicks\":3,\"maxSelf\":2},\"metadata\":{\"format\":\"single\",\"sampleRate\":100,"   \
	"\"units\":\"bytes\",\"name\":\"inuse_space\"}}"

static void expect_folded(const struct profile *p, uint32_t type, const char *want)
{
	struct buf b;

	buf_init(&b, FIXTURE_MAX);
	folded_encode(p, type, &b);
	buf_byte(&b, '\0');
	assert_string_equal(b.p, want);
	buf_fini(&b);
}

static const struct {
	const char *json;
	const char *want, *right; /* folded, of both types of a diff; or the error in want */
} flames[] = {
	{ FLAME, "a 1\na;b 2\n", NULL },
	{ "{\"flamegraph\":{\"names\":[\"total\",\"d\",\"b\",\"a\",\"c\"],\"levels\":[{\"values\":[\"0\",\"15\",\"0\","
	  "\"0\"]},"
	  "{\"values\":[\"0\",\"8\",\"5\",\"3\",\"0\",\"7\",\"4\",\"1\"]},"
	  "{\"values\":[\"5\",\"1\",\"1\",\"2\",\"0\",\"2\",\"2\",\"4\",\"4\",\"3\",\"3\",\"2\"]}],\"total\":\"15\"}}",
	    "a 5\na;b 1\na;c 2\nd 4\nd;b 3\n", NULL },
	{ "{\"flamebearer\":{\"names\":[\"total\",\"a\",\"d\",\"c\",\"b\"],\"levels\":[[0,3,0,0,12,0,0],[0,3,0,0,12,0,"
	  "1],"
	  "[0,1,1,0,4,4,4,0,2,2,0,0,0,3,0,0,0,0,8,8,2]]},\"metadata\":{\"format\":\"double\",\"units\":\"samples\"}}",
	    "a;b 1\na;c 2\n", "a;b 4\na;d 8\n" },
	{ "{\"flamebearer\":{\"names\":null,\"levels\":[]}}", "", NULL },
	{ "{\"flamebearer\":{\"names\":[\"total\"],\"levels\":[[0,0,0,0]]}}", "", NULL },
	{ "[]", "flamebearer: no object \"flamebearer\"", NULL },
	{ "{\"flamebearer\":[]}", "flamebearer: no object \"flamebearer\"", NULL },
	{ "{\"flamebearer\":{\"names\":[]}}", "flamebearer: no arrays \"names\" and \"levels\"", NULL },
	{ "{\"flamebearer\":{\"names\":{},\"levels\":[]}}", "flamebearer: no arrays \"names\" and \"levels\"", NULL },
	{ "{\"flamebearer\":{\"names\":[1],\"levels\":[]}}", "flamebearer: name 0 is not a string", NULL },
	{ "{\"flamebearer\":{\"names\":[\"t\"],\"levels\":[1]}}", "flamebearer: level 0: not an array of groups of 4",
	    NULL },
	{ "{\"flamebearer\":{\"names\":[\"t\"],\"levels\":[[0,1,0]]}}",
	    "flamebearer: level 0: not an array of groups of 4", NULL },
	{ "{\"flamebearer\":{\"names\":[\"t\"],\"levels\":[[0,1,0,0,0,1,0,0]]}}",
	    "flamebearer: level 0: more than one root", NULL },
	{ "{\"flamebearer\":{\"names\":[\"t\"],\"levels\":[[0,1,0,1]]}}",
	    "flamebearer: level 0, group 0: the name is not in the table", NULL },
	{ "{\"flamebearer\":{\"names\":[\"t\"],\"levels\":[[0,-1,0,0]]}}",
	    "flamebearer: level 0, group 0: not a number, or negative", NULL },
	{ "{\"flamebearer\":{\"names\":[\"t\"],\"levels\":[[0,1.5,0,0]]}}",
	    "flamebearer: level 0, group 0: not a number, or negative", NULL },
	{ "{\"flamebearer\":{\"names\":[\"t\"],\"levels\":[[0,\"9223372036854775808\",0,0]]}}",
	    "flamebearer: level 0, group 0: not a number, or negative", NULL },
	{ "{\"flamebearer\":{\"names\":[\"t\"],\"levels\":[[9223372036854775807,1,0,0]]}}",
	    "flamebearer: level 0, group 0: the place is too large", NULL },
	{ "{\"flamebearer\":{\"names\":[\"t\"],\"levels\":[[0,5,0,0],[0,3,3,0,0,3,3,0]]}}",
	    "flamebearer: level 1, group 1: no group of the level above covers it", NULL },
	{ "{\"flamebearer\":{\"names\":[\"t\"],\"levels\":[[0,5,0,0],[],[0,1,1,0]]}}",
	    "flamebearer: level 2, group 0: no group of the level above covers it", NULL },
};

static void test_flamebearer(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(flames); i++) {
		struct arena *a = arena_new();
		struct profile *p;
		struct err e;

		if (flamebearer_decode(a, str_cstr(flames[i].json), &p, &e) < 0) {
			assert_null(p);
			assert_int_equal(e.kind, ERR_INVALID);
			assert_string_equal(e.msg, flames[i].want);
		} else {
			expect_folded(p, 0, flames[i].want);
			if (flames[i].right)
				expect_folded(p, 1, flames[i].right);
		}
		arena_free(a);
	}
}

/* Every cut of the text is an error. */
static void test_flamebearer_cut(void **ctx)
{
	(void)ctx;
	for (size_t n = 0; n < sizeof(FLAME) - 1; n++) {
		struct arena *a = arena_new();
		char *in = mem_alloc(n + 1);
		struct profile *p;
		struct err e;

		memcpy(in, FLAME, n);
		assert_int_equal(flamebearer_decode(a, str_of(in, n), &p, &e), -1);
		mem_free(in);
		arena_free(a);
	}
}

/* The bytes, in the order that clients know. */
static void test_flamebearer_bytes(void **ctx)
{
	struct arena *a = arena_new();
	struct profile *p;
	struct buf b;
	struct err e;

	(void)ctx;
	buf_init(&b, 4096);
	assert_int_equal(folded_decode(a, STR("a;b 1\na;c 2\na 5\nd 4\nd;b 3\n"), &p, &e), 0);
	assert_int_equal(flamebearer_encode(p, 0, &b, &e), 0);
	assert_non_null(strstr((buf_byte(&b, '\0'), b.p),
	    "{\"version\":1,\"flamebearer\":{\"names\":[\"total\",\"a\",\"d\",\"b\",\"c\"],"
	    "\"levels\":[[0,15,0,0],[0,8,5,1,0,7,4,2],[5,1,1,3,0,2,2,4,4,3,3,3]],\"numTicks\":15,\"maxSelf\":5},"));
	buf_fini(&b);
	arena_free(a);
}

static void refused(const char *folded, const char *want)
{
	struct arena *a = arena_new();
	struct profile *p;
	struct buf b;
	struct err e;

	buf_init(&b, 4096);
	assert_int_equal(folded_decode(a, str_cstr(folded), &p, &e), 0);
	assert_int_equal(flamebearer_encode(p, 0, &b, &e), -1);
	assert_string_equal(e.msg, want);
	buf_fini(&b);
	arena_free(a);
}

static void test_flamebearer_refused(void **ctx)
{
	(void)ctx;
	refused("a 9223372036854775807\nb 1\n", "flamebearer: the values add up to more than 63 bits");
	refused("a 3\nb -1\n", "flamebearer: sample 1 has the negative value -1");
}

static void check_flame(const char *path, const json_t *row, void *arg)
{
	struct arena *a = arena_new();
	struct str bytes = fixture_file(a, path);
	struct profile *p;
	struct err e;
	struct buf one, two;
	int rc;

	(void)row;
	assert_string_equal(format_detect(bytes, STR("x.json"), &e)->name, "flamebearer");
	rc = flamebearer_decode(a, bytes, &p, &e);
	if (strstr(path, "/render.json")) {
		/* a picture without nesting */
		assert_int_equal(rc, -1);
		assert_string_equal(e.msg, "flamebearer: level 2, group 0: no group of the level above covers it");
	} else {
		if (rc < 0)
			fail_msg("%s: %s", path, e.msg);
		assert_true(fixture_total(p, 0) > 0);
		/* written and read again: the same stacks */
		if (p->n_types == 1) {
			struct profile *q;

			buf_init(&one, FIXTURE_MAX);
			buf_init(&two, FIXTURE_MAX);
			assert_int_equal(flamebearer_encode(p, 0, &one, &e), 0);
			assert_int_equal(flamebearer_decode(a, buf_str(&one), &q, &e), 0);
			folded_encode(p, 0, &two);
			buf_byte(&two, '\0');
			expect_folded(q, 0, two.p);
			buf_fini(&one);
			buf_fini(&two);
		} else {
			assert_int_equal(fixture_total(p, 0), 991);
			assert_int_equal(fixture_total(p, 1), 987);
		}
		++*(unsigned *)arg;
	}
	arena_free(a);
}

static void test_flamebearer_shared(void **ctx)
{
	unsigned n = 0;

	(void)ctx;
	fixture_rows("flamebearer/", "flamebearer", check_flame, &n);
	assert_int_equal(n, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flamebearer),
		cmocka_unit_test(test_flamebearer_cut),
		cmocka_unit_test(test_flamebearer_bytes),
		cmocka_unit_test(test_flamebearer_refused),
		cmocka_unit_test(test_flamebearer_shared),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
