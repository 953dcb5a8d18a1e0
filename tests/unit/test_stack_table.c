/*
 * test_stack_table.c - sums in bounded memory against sums in a plain array; the order against that of folded text.
 */
#include "formats/stack_table.h" /* before cmocka, whose skip() is a macro */

#include "tests/lib/profile_fixture.h"

#include "formats/folded/folded.h"

/* Names that begin with one another, with ";" and line feeds, and bytes on both sides of ";". */
static const char *const names[] = { "a", "ab", "a b", "a;b", "a\nb", "a<", "b", "", "a:b", "\xff" };

struct made {
	struct arena *a;
	struct profile_builder *b;
	uint32_t locations[ARRAY_LEN(names) + 1];
	uint64_t seed;
	uint32_t roots; /* that all rows have in common */
};

static uint64_t next(struct made *m)
{
	m->seed = m->seed * 6364136223846793005u + 1442695040888963407u;
	return m->seed >> 33;
}

static void made_init(struct made *m, uint64_t seed)
{
	struct line inlined[2] = { 0 };

	*m = (struct made){ .a = arena_new(), .seed = seed };
	m->b = profile_builder_new(m->a, 2);
	profile_builder_type(m->b, 0, STR("x"), STR("count"));
	profile_builder_type(m->b, 1, STR("y"), STR("count"));
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		m->locations[i] = profile_builder_frame(m->b, str_cstr(names[i]), STR_NONE, 0);
	/* one location that is two frames: a and b */
	inlined[0].function = profile_builder_peek(m->b)->lines[6].function;
	inlined[1].function = profile_builder_peek(m->b)->lines[0].function;
	m->locations[ARRAY_LEN(names)] = profile_builder_location(m->b,
	    &(struct location){ .mapping = PROFILE_NONE, .n_lines = 2 }, inlined);
}

static void random_row(struct made *m, struct stack_row *row, uint32_t *stack, struct tag *tag, int64_t *values)
{
	*row = (struct stack_row){ stack, tag, values, (uint32_t)(1 + next(m) % 4), (uint32_t)(next(m) % 2), 2 };
	for (uint32_t i = 0; i < row->n; i++)
		stack[i] = m->locations[next(m) % ARRAY_LEN(m->locations)];
	for (uint32_t i = 0; i < m->roots; i++)
		stack[row->n++] = m->locations[ARRAY_LEN(m->locations) - 1 - i % 3];
	*tag = (struct tag){ .key = 1, .num = (int64_t)(next(m) % 2) - 1 };
	values[0] = (int64_t)(next(m) % 7) - 3;
	values[1] = INT64_MAX - (int64_t)(next(m) % 3);
}

static struct src *run_of(struct arena *a, struct stack_table *t, const struct stack_order *o)
{
	struct buf b;
	struct src *s;

	stack_table_sort(t, o);
	buf_init(&b, FIXTURE_MAX);
	for (size_t i = 0; i < stack_table_count(t); i++) {
		struct stack_row row = stack_table_row(t, i);

		stack_row_encode(&row, &b);
	}
	s = src_mem(arena_str(a, buf_str(&b)));
	buf_fini(&b);
	stack_table_reset(t);
	return s;
}

/* Rows through a table of any size and as many runs as that takes, as folded text, are what folded_encode prints. */
static void check_sum(uint64_t seed, size_t bytes, unsigned rows, uint32_t roots)
{
	struct made m;
	struct stack_table *t = stack_table_new(bytes);
	struct src *runs[512];
	struct stack_merge *merge;
	struct stack_order o;
	struct stack_row row, last = { 0 };
	struct buf got, want;
	struct err e;
	size_t n_runs = 0;
	uint64_t sum = 0;
	int rc;

	made_init(&m, seed);
	m.roots = roots;
	stack_order_init(&o, profile_builder_peek(m.b));
	for (unsigned i = 0; i < rows; i++) {
		uint32_t stack[32];
		int64_t values[2];
		struct tag tag;

		random_row(&m, &row, stack, &tag, values);
		profile_builder_add(m.b, stack, row.n, values, &tag, row.n_tags);
		if (stack_table_add(t, &row))
			continue;
		assert_true(n_runs + 1 < ARRAY_LEN(runs));
		runs[n_runs++] = run_of(m.a, t, &o);
		assert_true(stack_table_add(t, &row));
	}
	runs[n_runs++] = run_of(m.a, t, &o);
	merge = stack_merge_new(&o, runs, n_runs);
	buf_init(&got, FIXTURE_MAX);
	buf_init(&want, FIXTURE_MAX);
	while ((rc = stack_merge_next(merge, &row, &e)) > 0) {
		struct stack_row copy = row;

		if (last.n > 0 && !stack_order_same_text(&o, &last, &row)) {
			if (sum != 0) {
				stack_order_print(&o, &last, &got);
				buf_printf(&got, " %lld\n", (long long)sum);
			}
			sum = 0;
		}
		if (last.n > 0)
			assert_true(stack_order_cmp(&o, &last, &row) < 0);
		sum += (uint64_t)row.values[1];
		copy.stack = memcpy(arena_alloc(m.a, row.n * sizeof(uint32_t)), row.stack, row.n * sizeof(uint32_t));
		copy.tags = memcpy(arena_alloc(m.a, sizeof(struct tag)), row.tags, row.n_tags * sizeof(struct tag));
		last = copy;
	}
	assert_int_equal(rc, 0);
	if (sum != 0) {
		stack_order_print(&o, &last, &got);
		buf_printf(&got, " %lld\n", (long long)sum);
	}
	folded_encode(profile_builder_finish(m.b), 1, &want);
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p, want.p, want.n);
	buf_fini(&got);
	buf_fini(&want);
	stack_merge_free(merge);
	stack_order_fini(&o);
	stack_table_free(t);
	arena_free(m.a);
}

static void test_sums(void **ctx)
{
	(void)ctx;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		check_sum(seed, 4096, 2000, 0);
		check_sum(seed, 1 << 16, 5000, 0);
		check_sum(seed, 1 << 20, 5000, 0);
		/* more in common than a key has room for */
		check_sum(seed, 1 << 16, 5000, 2);
		check_sum(seed, 1 << 20, 5000, 24);
	}
}

static void test_too_large(void **ctx)
{
	struct stack_table *t = stack_table_new(4096);
	uint32_t *stack = mem_zarray(4096, sizeof(*stack));
	int64_t value = 1;

	(void)ctx;
	assert_false(stack_table_add(t, &(struct stack_row){ stack, NULL, &value, 4096, 0, 1 }));
	assert_true(stack_table_add(t, &(struct stack_row){ stack, NULL, &value, 100, 0, 1 }));
	assert_true(stack_table_add(t, &(struct stack_row){ stack, NULL, &value, 100, 0, 1 }));
	assert_int_equal(stack_table_count(t), 1);
	mem_free(stack);
	stack_table_free(t);
}

/* Rows with fewer values than others are 0 there. */
static void test_more_values(void **ctx)
{
	struct made m;
	struct stack_table *t = stack_table_new(4096);
	struct stack_order o;
	struct stack_merge *merge;
	struct stack_row row;
	struct src *run;
	struct err e;

	(void)ctx;
	made_init(&m, 1);
	stack_order_init(&o, profile_builder_peek(m.b));
	assert_true(stack_table_add(t, &(struct stack_row){ m.locations, NULL, (int64_t[]){ 1 }, 2, 0, 1 }));
	assert_true(stack_table_add(t, &(struct stack_row){ m.locations, NULL, (int64_t[]){ 2, 5 }, 2, 0, 2 }));
	run = run_of(m.a, t, &o);
	merge = stack_merge_new(&o, &run, 1);
	assert_int_equal(stack_merge_next(merge, &row, &e), 1);
	assert_int_equal(row.n_values, 2);
	assert_int_equal(row.values[0], 3);
	assert_int_equal(row.values[1], 5);
	assert_int_equal(stack_merge_next(merge, &row, &e), 0);
	stack_merge_free(merge);
	stack_order_fini(&o);
	stack_table_free(t);
	arena_free(m.a);
}

/* A run that was cut or changed is an error, or another row; it is never read behind its end. */
static void test_broken_runs(void **ctx)
{
	const struct stack_row row = { (uint32_t[]){ 0, 1, 2 }, &(struct tag){ .key = 1, .num = -5 },
		(int64_t[]){ 1, -1 }, 3, 1, 2 };
	struct made m;
	struct stack_order o;
	struct buf b;
	struct err e;

	(void)ctx;
	made_init(&m, 1);
	stack_order_init(&o, profile_builder_peek(m.b));
	buf_init(&b, 4096);
	stack_row_encode(&row, &b);
	for (size_t cut = 0; cut <= b.n; cut++)
		for (unsigned bit = 0; bit < 8 * cut + 1; bit++) {
			char *copy = mem_alloc(cut + 1);
			struct src *run;
			struct stack_merge *merge;
			struct stack_row got;
			int rc;

			memcpy(copy, b.p, cut);
			if (bit < 8 * cut)
				copy[bit / 8] ^= (char)(1 << bit % 8);
			run = src_mem(str_of(copy, cut));
			merge = stack_merge_new(&o, &run, 1);
			while ((rc = stack_merge_next(merge, &got, &e)) > 0)
				;
			if (cut > 0 && cut < b.n && bit == 8 * cut)
				assert_int_equal(rc, -1);
			stack_merge_free(merge);
			mem_free(copy);
		}
	buf_fini(&b);
	stack_order_fini(&o);
	arena_free(m.a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_more_values),
		cmocka_unit_test(test_broken_runs),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
