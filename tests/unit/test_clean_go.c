/*
 * test_clean_go.c - what is mended in profiles of Go: which are Go's, names of
 * shapes, stacks that were cut at 64 frames; recorded ones.
 */
#include "tests/lib/clean_fixture.h"
#include "tests/lib/pprof_read.h"

static void test_language(void **state)
{
	static const struct {
		const char *labels, *frames;
		bool go;
	} cases[] = {
		{ "pyroscope_spy=gospy", "main.py", true },
		{ "pyroscope_spy=javaspy", "main.go", false },
		{ "pyroscope_spy=ebpf", "main.go", true },
		{ "", "x main.go java/lang", true },
		{ "", "java/lang main.go", false },
		{ "", "/usr/local/go/src/x", true },
		{ "", "main.gox", false },
		{ "", "app.rb main.go", false },
		{ "", "main.rs", false },
		{ "", "", false },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sample s = { cases[i].frames, NULL, { 1, 1 } };
		struct labels l = labels_of(a, cases[i].labels);

		assert_int_equal(clean_is_go(&l, profile_of(a, &s, 1)), cases[i].go);
	}
	arena_free(a);
}

static void test_shapes(void **state)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{ "f", "f" },
		{ "f[int]", "f[int]" },
		{ "f[go.shape.int]", "f" },
		{ "f[go.shape.int].g", "f.g" },
		{ "f[go.shape.[]int].g[go.shape.x]", "f.g" },
		{ "[go.shape.a[b[c]]]d", "d" },
		{ "f[go.shape.x", "f[go.shape.x" },
		{ "f[go.shape.x]g[go.shape.y", "fg[go.shape.y" },
		{ "f[go.shape]", "f[go.shape]" },
		{ "f[a][go.shape.b][c]", "f[a][c]" },
		{ "]f[go.shape.]", "]f" },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sample s = { cases[i].in, NULL, { 1, 1 } };
		struct profile *p = profile_of(a, &s, 1);

		clean_go(a, p);
		want_stack(p, 0, cases[i].want);
	}
	arena_free(a);
}

/* Frames f<from> .. f<from + n - 1>, leaf first. */
static const char *frames(struct arena *a, unsigned from, unsigned n)
{
	struct buf b;
	const char *text;

	buf_init(&b, 1 << 16);
	for (unsigned i = 0; i < n; i++)
		buf_printf(&b, "%sf%u", i ? " " : "", from + i);
	text = arena_cstr(a, buf_str(&b));
	buf_fini(&b);
	return text;
}

/* A stack of 60 frames whose leaf is 1, 8, 9 calls deeper misses as many at its root. */
static void test_short_stacks(void **state)
{
	static const struct {
		unsigned missing, depth;
		bool mended;
	} cases[] = {
		{ 1, 60, true },
		{ 3, 60, true },
		{ 8, 60, true },
		{ 9, 60, false },
		{ 3, 59, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		unsigned m = cases[i].missing, n = cases[i].depth;
		struct sample s[] = { { frames(a, 100, n), NULL, { 1, 1 } },
			{ frames(a, 100 - m, n), NULL, { 1, 1 } } };
		struct profile *p = profile_of(a, s, 2);

		clean_go(a, p);
		want_stack(p, 0, s[0].stack);
		want_stack(p, 1, frames(a, 100 - m, cases[i].mended ? n + m : n));
		arena_free(a);
	}
}

/* Chains add up: each stack misses three more frames than the one before. */
static void test_chains(void **state)
{
	struct arena *a = arena_new();
	struct sample s[4];
	struct profile *p;

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		s[i] = (struct sample){ frames(a, 100 - 3 * i, 64), NULL, { 1, 1 } };
	p = profile_of(a, s, 4);
	clean_go(a, p);
	for (unsigned i = 0; i < 4; i++)
		want_stack(p, i, frames(a, 100 - 3 * i, 64 + 3 * i));
	arena_free(a);
}

/* ---- recorded Go profiles ---- */

static struct profile *recorded(struct arena *a, struct buf *scratch, const char *name)
{
	struct str bytes = fixture_file(a, name);
	struct profile *p;
	struct err e;

	if (bytes.p == NULL)
		return NULL;
	buf_init(scratch, FIXTURE_MAX);
	assert_int_equal(pprof_read(a, bytes, FIXTURE_MAX, scratch, &p, &e), 0);
	return p;
}

static int text_cmp(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Stacks as names and lines of their frames, sorted. */
static const char **stacks_of(struct arena *a, const struct profile *p)
{
	const char **out = arena_array(a, p->n_samples + 1, sizeof(*out));
	struct buf b;

	buf_init(&b, 1 << 20);
	for (uint32_t i = 0; i < p->n_samples; i++) {
		buf_reset(&b);
		for (uint32_t k = p->stack_at[i]; k < p->stack_at[i + 1]; k++) {
			const struct location *l = &p->locations[p->stack[k]];

			for (uint32_t x = l->first_line; x < l->first_line + l->n_lines; x++)
				buf_printf(&b, STR_FMT ":%lld;",
				    STR_ARG(p->strings[p->functions[p->lines[x].function].name]),
				    (long long)p->lines[x].line);
		}
		out[i] = arena_cstr(a, buf_str(&b));
	}
	buf_fini(&b);
	qsort(out, p->n_samples, sizeof(*out), text_cmp);
	return out;
}

/* Different stacks of x that y lacks. */
static uint32_t missing(const char *const *x, uint32_t n, const char *const *y, uint32_t m)
{
	uint32_t out = 0;

	for (uint32_t i = 0; i < n; i++)
		if ((i == 0 || strcmp(x[i], x[i - 1]) != 0) && bsearch(&x[i], y, m, sizeof(*y), text_cmp) == NULL)
			out++;
	return out;
}

/* No stack loses or changes a frame. */
static void want_grown(const struct profile *p, const uint32_t *stack, const uint32_t *at)
{
	for (uint32_t i = 0; i < p->n_samples; i++) {
		uint32_t n = at[i + 1] - at[i];

		assert_true(p->stack_at[i + 1] - p->stack_at[i] >= n);
		assert_memory_equal(p->stack + p->stack_at[i], stack + at[i], n * sizeof(*stack));
	}
}

/* The recorded repairs stop at other places for some stacks, so that at most `left` of the stacks may differ. */
static void recorded_case(const char *name, uint32_t left)
{
	struct arena *a = arena_new();
	const char *path = arena_cstr(a, arena_printf(a, "pprof/go-truncated/%s.pb.gz", name));
	struct buf in, out;
	struct profile *p = recorded(a, &in, path), *want;
	uint32_t before, after, *stack, *at;
	const char **wanted;

	if (p == NULL) {
		arena_free(a);
		print_message("# no shared data: set PYRO_SHARED\n");
		skip();
	}
	want = recorded(a, &out, arena_cstr(a, arena_printf(a, "%s.fixed", path)));
	assert_non_null(want);
	wanted = stacks_of(a, want);
	before = missing(stacks_of(a, p), p->n_samples, wanted, want->n_samples);
	stack = arena_array(a, p->stack_at[p->n_samples], sizeof(*stack));
	at = arena_array(a, p->n_samples + 1, sizeof(*at));
	memcpy(stack, p->stack, p->stack_at[p->n_samples] * sizeof(*stack));
	memcpy(at, p->stack_at, (p->n_samples + 1) * sizeof(*at));
	clean_go(a, p);
	want_grown(p, stack, at);
	after = missing(stacks_of(a, p), p->n_samples, wanted, want->n_samples);
	print_message("# %s: %u stacks differ from the repaired ones, %u before\n", name, after, before);
	assert_true(before > left);
	assert_true(after <= left);
	buf_fini(&in);
	buf_fini(&out);
	arena_free(a);
}

static void test_recorded(void **state)
{
	(void)state;
	recorded_case("cpu_go_truncated_1", 104);
	recorded_case("heap_go_truncated_1", 320);
	recorded_case("heap_go_truncated_4", 1150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_language),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_short_stacks),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_recorded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
