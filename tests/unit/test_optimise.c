/*
 * test_optimise.c - profiles for compilers: of Go, and of LLVM.
 */
#include "tests/lib/profile_fixture.h"

#include "formats/format.h"
#include "formats/folded/folded.h"

static const struct format *row(const char *name)
{
	struct err e;
	const struct format *f = format_by_name(str_cstr(name), &e);

	assert_non_null(f);
	return f;
}

struct maker {
	struct profile_builder *b;
	uint32_t next_address;
};

static struct line line_of(struct maker *m, const char *name, const char *symbol, int64_t start, int64_t line)
{
	struct function f = { .name = profile_builder_str(m->b, str_cstr(name)),
		.system_name = profile_builder_str(m->b, str_cstr(symbol)),
		.file = profile_builder_str(m->b, STR("x.go")),
		.start_line = start };

	return (struct line){ .function = profile_builder_function(m->b, &f), .line = line };
}

/* A location of its own address; lines innermost first. */
static uint32_t place(struct maker *m, const struct line *lines, uint32_t n)
{
	struct location l = { .mapping = PROFILE_NONE,
		.address = 0x1000 + 16 * (uint64_t)m->next_address++,
		.n_lines = n };

	return profile_builder_location(m->b, &l, lines);
}

/*
 * main calls f in line 13; f is at its first line, at line 24 twice, and in g, inlined in line 22 of it, which has h
 * inlined. Seven frames of recursion below main.
 */
static struct profile *made(struct arena *a, bool starts, const char *type, const char *unit)
{
	struct maker m = { .b = profile_builder_new(a, 2) };
	struct line main13 = line_of(&m, "main", "main", starts ? 10 : 0, 13);
	struct line f20 = line_of(&m, "f", "_Z1fv", starts ? 20 : 0, 20), f24 = f20, f22 = f20;
	struct line h = line_of(&m, "h", "_Z1hv", starts ? 40 : 0, 41),
		    g = line_of(&m, "g", "_Z1gv", starts ? 30 : 0, 33);
	struct line lost = line_of(&m, "lost", "", 0, 3);
	uint32_t root, leaf[5], again;

	f24.line = 24;
	f22.line = 22;
	profile_builder_type(m.b, 0, STR("other"), STR("bytes"));
	profile_builder_type(m.b, 1, str_cstr(type), str_cstr(unit));
	root = place(&m, &main13, 1);
	leaf[0] = place(&m, &f20, 1);
	leaf[1] = place(&m, &f24, 1);
	leaf[2] = place(&m, &f24, 1);
	leaf[3] = place(&m, (struct line[]){ h, g, f22 }, 3);
	leaf[4] = place(&m, &lost, 1);
	again = place(&m, &f22, 1);
	for (int64_t i = 0; i < 5; i++)
		profile_builder_add(m.b, (uint32_t[]){ leaf[i], root }, 2, (int64_t[]){ 1000, i + 1 }, NULL, 0);
	profile_builder_add(m.b, (uint32_t[]){ leaf[0], again, again, again, again, again, again, root }, 8,
	    (int64_t[]){ 1000, 100 }, NULL, 0);
	profile_builder_add(m.b, (uint32_t[]){ leaf[0] }, 1, (int64_t[]){ 7, 0 }, NULL, 0);
	return profile_builder_finish(m.b);
}

static const char *encoded(struct arena *a, const char *name, struct profile *p, uint32_t type)
{
	struct format_opts o = { .type = type, .plain = true };
	struct str text;
	struct buf b;
	struct err e;

	buf_init(&b, FIXTURE_MAX);
	if (row(name)->encode(&(struct format_profile){ .p = p }, 1, &o, &b, &e) < 0)
		text = arena_printf(a, "error: %s", e.msg);
	else
		text = arena_printf(a, STR_FMT, STR_ARG(buf_str(&b)));
	buf_fini(&b);
	return text.p;
}

static void test_autofdo(void **ctx)
{
	struct arena *a = arena_new();

	(void)ctx;
	assert_string_equal(encoded(a, "autofdo", made(a, true, "samples", "count"), FORMAT_ALL_TYPES),
	    "_Z1fv:110:101\n 0: 101\n 4: 5\n 2: _Z1gv:4\n  3: _Z1hv:4\n   1: 4\n");
	assert_string_equal(encoded(a, "autofdo", made(a, true, "samples", "count"), 0),
	    "_Z1fv:5007:2007\n 0: 2007\n 4: 2000\n 2: _Z1gv:1000\n  3: _Z1hv:1000\n   1: 1000\n");
	assert_string_equal(encoded(a, "autofdo", made(a, false, "samples", "count"), 1),
	    "error: autofdo: no sample is in a function whose first line is known");
	assert_string_equal(encoded(a, "autofdo", made(a, true, "samples", "count"), 7),
	    "error: autofdo: there is no sample type 7, the profile has 2");
	arena_free(a);
}

static void test_pgo(void **ctx)
{
	struct arena *a = arena_new();
	struct format_opts o = { .plain = true };
	struct format_profiles got = { 0 };
	struct buf b;
	struct err e;

	(void)ctx;
	buf_init(&b, FIXTURE_MAX);
	assert_int_equal(row("pgo")->encode(&(struct format_profile){ .p = made(a, true, "cpu", "nanoseconds") }, 1, &o,
			     &b, &e),
	    0);
	assert_int_equal(row("pprof")->decode(a, buf_str(&b), &o, &got, &e), 0);
	assert_int_equal(got.p[0].p->n_types, 1);
	assert_int_equal(got.p[0].p->n_mappings, 0);
	buf_reset(&b);
	/* both places of line 24 are one; of the deep stack the five at the leaf are left */
	folded_encode(got.p[0].p, 0, &b);
	buf_byte(&b, '\0');
	assert_string_equal(b.p, "f;f;f;f;f 100\nmain;f 6\nmain;f;g;h 4\nmain;lost 5\n");
	assert_int_equal(got.p[0].p->n_samples, 4);
	assert_string_equal(encoded(a, "pgo", made(a, false, "cpu", "nanoseconds"), 0),
	    "error: pgo: no function has a start line, by which Go finds calls");
	assert_string_equal(encoded(a, "pgo", made(a, true, "cpu", "seconds"), 0),
	    "error: pgo: the profile has neither samples/count nor cpu/nanoseconds");
	buf_fini(&b);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_autofdo),
		cmocka_unit_test(test_pgo),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
