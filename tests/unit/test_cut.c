/* test_cut.c - heads into blocks: one a window of profile time, every row once, the same rows the same bytes */
#include "tests/lib/block_fixture.h"

#include "formats/block/block_cut.h"
#include "formats/head/head.h"

#define HOUR (3600 * NS_PER_S)

struct fixture {
	struct arena *a;
	struct sym_importer *imp;
	struct buf record;
};

static void setup(struct fixture *f)
{
	*f = (struct fixture){ arena_new(), sym_importer_new(), { 0 } };
	buf_init(&f->record, 1 << 24);
}

static void teardown(struct fixture *f)
{
	buf_fini(&f->record);
	sym_importer_free(f->imp);
	arena_free(f->a);
}

/* A profile of `shop` with stacks that depend on n. */
static void push(struct fixture *f, struct head *h, const char *shop, uint64_t partition, int64_t time, uint32_t n)
{
	struct label labels[] = {
		{ STR("__name__"), STR("process_cpu") },
		{ STR("service_name"), str_cstr(shop) },
	};
	struct profile_builder *b = profile_builder_new(f->a, 2);
	struct head_push p = { .labels = { labels, 2 },
		.partition = partition,
		.time = time,
		.duration = 10 * NS_PER_S,
		.now = time };

	profile_builder_type(b, 0, STR("samples"), STR("count"));
	profile_builder_type(b, 1, STR("cpu"), STR("nanoseconds"));
	for (uint32_t i = 0; i <= n % 7; i++) {
		uint32_t stack[2] = {
			profile_builder_frame(b, arena_printf(f->a, "work%u", i), STR("a.c"), (int64_t)i),
			profile_builder_frame(b, STR("main"), STR("a.c"), 1),
		};
		int64_t values[2] = { 1, 100 * (int64_t)n + i + 1 };

		profile_builder_add(b, stack, 2, values, NULL, 0);
	}
	p.profile = profile_builder_finish(b);
	p.id[0] = (uint8_t)n;
	p.id[1] = (uint8_t)(n >> 8);
	buf_reset(&f->record);
	assert_int_equal(head_add(h, f->imp, &p, &f->record), 2);
}

static struct ulid id_of(size_t i)
{
	struct ulid id = { { 1, 2, 3 } };

	id.b[15] = (uint8_t)i;
	return id;
}

static size_t windows_of(struct fixture *f, struct head *const *heads, size_t n, int64_t width, struct cut_window **out)
{
	struct dataset *sets[4];
	struct err e;
	size_t k;

	for (size_t i = 0; i < n; i++)
		sets[i] = &heads[i]->set;
	assert_int_equal(cut_windows(f->a, sets, n, width, out, &k, &e), 0);
	return k;
}

static void windows(void **state)
{
	static const struct {
		int64_t time, from;
	} cases[] = {
		{ -1, -HOUR },
		{ -HOUR, -HOUR },
		{ -HOUR - 1, -2 * HOUR },
		{ 0, 0 },
		{ HOUR - 1, 0 },
		{ HOUR, HOUR },
		{ 491242 * HOUR + 17, 491242 * HOUR },
	};
	static const int64_t ascending[] = { -2 * HOUR, -HOUR, 0, HOUR, 491242 * HOUR };
	struct fixture f;
	struct head *all, *none;
	struct cut_window *w;

	(void)state;
	setup(&f);
	all = head_new();
	none = head_new();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct head *h = head_new();

		push(&f, h, "shop", 1, cases[i].time, 1);
		push(&f, all, "shop", 1, cases[ARRAY_LEN(cases) - 1 - i].time, (uint32_t)i);
		assert_int_equal(windows_of(&f, &h, 1, HOUR, &w), 1);
		assert_true(w[0].from == cases[i].from && w[0].to == cases[i].from + HOUR - 1);
		head_free(h);
	}
	assert_int_equal(windows_of(&f, &all, 1, HOUR, &w), ARRAY_LEN(ascending));
	for (size_t i = 0; i < ARRAY_LEN(ascending); i++)
		assert_true(w[i].from == ascending[i] && w[i].to == ascending[i] + HOUR - 1);
	assert_int_equal(windows_of(&f, &all, 1, INT64_C(1000000) * HOUR, &w), 2);
	assert_int_equal(windows_of(&f, &none, 1, HOUR, &w), 0);
	assert_int_equal(windows_of(&f, (struct head *[]){ none, all }, 2, HOUR, &w), ARRAY_LEN(ascending));
	head_free(all);
	head_free(none);
	teardown(&f);
}

/* Windows at the ends of time are cut off there, and their blocks hold the row. */
static void ends_of_time(void **state)
{
	static const struct {
		int64_t time, from, to;
	} cases[] = {
		{ INT64_MAX, INT64_MAX / HOUR * HOUR, INT64_MAX },
		{ INT64_MIN, INT64_MIN, INT64_MIN / HOUR * HOUR - 1 },
	};
	struct fixture f;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct head *h = head_new();
		struct block_parts parts;
		struct cut_window *w;
		struct err e;

		push(&f, h, "shop", 1, cases[i].time, 1);
		assert_int_equal(windows_of(&f, &h, 1, HOUR, &w), 1);
		assert_true(w[0].from == cases[i].from && w[0].to == cases[i].to);
		assert_int_equal(cut_block((struct dataset *[]){ &h->set }, 1, w[0], id_of(0), &parts, &e), 0);
		assert_int_equal(parts.meta.n_profiles, 2);
		block_parts_free(&parts);
		head_free(h);
	}
	teardown(&f);
}

/* Two heads, as two shards have them: partitions of their own, a series in both. */
static void fill(struct fixture *f, struct head *one, struct head *two)
{
	for (uint32_t i = 0; i < 40; i++) {
		int64_t time = (491242 * HOUR) + i * (HOUR / 10);

		push(f, one, i % 3 ? "shop" : "cart", 1 + i % 2, time, i);
		push(f, two, i % 5 ? "shop" : "till", 7, time + 1, 100 + i);
	}
}

static struct block_parts cut(struct head *one, struct head *two, struct cut_window w, size_t i)
{
	struct dataset *sets[] = { &one->set, &two->set };
	struct block_parts parts;
	struct err e;

	assert_int_equal(cut_block(sets, 2, w, id_of(i), &parts, &e), 0);
	return parts;
}

static void same_rows(struct block *b, struct head *one, struct head *two, struct cut_window w)
{
	struct digests got = digest_block(b), want = digest_set(&one->set, w.from, w.to),
		       more = digest_set(&two->set, w.from, w.to);

	for (size_t i = 0; i < more.rows.n; i++)
		vec_push(&want.rows, more.rows.p[i]);
	qsort(want.rows.p, want.rows.n, sizeof(*want.rows.p), digest_cmp);
	assert_int_equal(got.rows.n, want.rows.n);
	assert_memory_equal(got.rows.p, want.rows.p, got.rows.n * sizeof(*got.rows.p));
	digests_fini(&got);
	digests_fini(&want);
	digests_fini(&more);
}

static void blocks(void **state)
{
	struct fixture f;
	struct head *one = head_new(), *two = head_new(), *one_more = head_new(), *two_more = head_new();
	struct cut_window *w;
	uint64_t rows = 0, samples = 0;
	size_t n;

	(void)state;
	setup(&f);
	fill(&f, one, two);
	fill(&f, one_more, two_more);
	n = windows_of(&f, (struct head *[]){ one, two }, 2, HOUR, &w);
	assert_int_equal(n, 4);
	for (size_t i = 0; i < n; i++) {
		struct block_parts first = cut(one, two, w[i], i), second = cut(one, two, w[i], i);
		struct block_parts other = cut(one_more, two_more, w[i], i);
		const struct block_meta *m = &first.meta;
		struct block *b = open_parts(&first);

		same_bytes(&first, &second);
		same_bytes(&first, &other);
		assert_int_equal(problems_of(b), 0);
		assert_int_equal(m->level, 1);
		assert_true(ulid_cmp(m->ulid, id_of(i)) == 0);
		assert_int_equal(m->min_time, w[i].from / NS_PER_MS);
		assert_true(m->max_time <= w[i].to / NS_PER_MS);
		same_rows(b, one, two, w[i]);
		rows += m->n_profiles;
		samples += m->n_samples;
		block_close(b);
		block_parts_free(&first);
		block_parts_free(&second);
		block_parts_free(&other);
	}
	assert_int_equal(rows, one->n_rows + two->n_rows);
	assert_int_equal(samples, one->n_samples + two->n_samples);
	head_free(one);
	head_free(two);
	head_free(one_more);
	head_free(two_more);
	teardown(&f);
}

/* Which shard a series went to, and in which order, must not show in a block. */
static void order_does_not_matter(void **state)
{
	struct fixture f;
	struct head *one = head_new(), *two = head_new();
	struct cut_window *w;
	struct block_parts a, b;
	struct err e;

	(void)state;
	setup(&f);
	fill(&f, one, two);
	assert_int_equal(windows_of(&f, (struct head *[]){ one, two }, 2, 100 * HOUR, &w), 1);
	a = cut(one, two, w[0], 0);
	assert_int_equal(cut_block((struct dataset *[]){ &two->set, &one->set }, 2, w[0], id_of(0), &b, &e), 0);
	same_bytes(&a, &b);
	block_parts_free(&a);
	block_parts_free(&b);
	head_free(one);
	head_free(two);
	teardown(&f);
}

static void empty_windows(void **state)
{
	struct fixture f;
	struct head *h = head_new(), *none = head_new();
	struct block_parts parts;
	struct err e;

	(void)state;
	setup(&f);
	push(&f, h, "shop", 1, 5 * HOUR, 3);
	assert_int_equal(cut_block((struct dataset *[]){ &h->set }, 1, (struct cut_window){ 0, HOUR - 1 }, id_of(0),
			     &parts, &e),
	    -1);
	assert_int_equal(e.kind, ERR_NOTFOUND);
	assert_int_equal(cut_block((struct dataset *[]){ &none->set }, 1, (struct cut_window){ INT64_MIN, INT64_MAX },
			     id_of(0), &parts, &e),
	    -1);
	assert_int_equal(e.kind, ERR_NOTFOUND);
	assert_int_equal(cut_block(NULL, 0, (struct cut_window){ 0, HOUR - 1 }, id_of(0), &parts, &e), -1);
	head_free(h);
	head_free(none);
	teardown(&f);
}

/* Only symbols that rows of the window reach are in its block. */
static void symbols_of_the_window(void **state)
{
	struct fixture f;
	struct head *h = head_new();
	struct cut_window *w;
	size_t n;

	(void)state;
	setup(&f);
	push(&f, h, "shop", 1, 0, 0);
	push(&f, h, "shop", 1, HOUR, 6);
	n = windows_of(&f, &h, 1, HOUR, &w);
	assert_int_equal(n, 2);
	for (size_t i = 0; i < n; i++) {
		struct block_parts parts;
		struct symbols *s;
		struct block *b;
		struct err e;

		assert_int_equal(cut_block((struct dataset *[]){ &h->set }, 1, w[i], id_of(i), &parts, &e), 0);
		b = open_parts(&parts);
		assert_int_equal(b->set.n_partitions, 1);
		assert_int_equal(dataset_symbols(&b->set, 0, &s, &e), 0);
		/* main and work0, or main and work0 to work6. */
		assert_int_equal(s->nodes.n, i ? 1 + 1 + 7 : 1 + 1 + 1);
		block_close(b);
		block_parts_free(&parts);
	}
	head_free(h);
	teardown(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows),
		cmocka_unit_test(ends_of_time),
		cmocka_unit_test(blocks),
		cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(empty_windows),
		cmocka_unit_test(symbols_of_the_window),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cut", tests, NULL, NULL);
}
