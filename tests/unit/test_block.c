/* test_block.c - made-up blocks through writer and reader, and broken ones */
#include "formats/block/profiles_table.h"
#include "tests/lib/block_fixture.h"

static uint64_t seed = 11;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* ---- made-up blocks ---- */

static struct symbols *make_symbols(uint64_t partition, uint32_t stacks)
{
	struct symbols *s = symbols_new(partition);
	uint32_t m = symbols_add_mapping(s,
	    &(struct sym_mapping){ .start = 1, .limit = 2, .file = symbols_add_string(s, STR("a.out")) });
	uint32_t locations[50];

	for (uint32_t i = 0; i < ARRAY_LEN(locations); i++) {
		char name[30];
		struct sym_line line = { .line = i };
		uint32_t f;

		snprintf(name, sizeof(name), "f%u.%" PRIx64, i, partition);
		f = symbols_add_string(s, str_cstr(name));
		line.function = symbols_add_function(s, &(struct sym_function){ .name = f, .system_name = f });
		locations[i] = symbols_add_location(s,
		    &(struct sym_location){ .address = i % 3 ? 0 : i, .mapping = m, .n_lines = 1 }, &line);
	}
	for (uint32_t i = 0; i < stacks; i++) {
		uint32_t stack[8], n = 1 + (uint32_t)(rnd() % 8);

		for (uint32_t k = 0; k < n; k++)
			stack[k] = locations[rnd() % ARRAY_LEN(locations)];
		symbols_add_stack(s, stack, n);
	}
	return s;
}

enum { MADE_SERIES = 40, MADE_PARTITIONS = 3 };

/* A block, and the rows that went in. */
struct made {
	struct symbols *symbols[MADE_PARTITIONS];
	struct block_parts parts;
	struct arena *mem;
	struct digests rows;
	VEC(struct row) in;
};

static void made_fini(struct made *m)
{
	for (int i = 0; i < MADE_PARTITIONS; i++)
		symbols_free(m->symbols[i]);
	block_parts_free(&m->parts);
	vec_free(&m->in);
	digests_fini(&m->rows);
}

static struct labels made_labels(struct arena *a, uint32_t i)
{
	struct labels l = { arena_array(a, 3, sizeof(struct label)), 3 };

	l.p[0] = (struct label){ STR("__profile_type__"), arena_printf(a, "type %u", i % 3) };
	l.p[1] = (struct label){ STR("pod"), arena_printf(a, "pod-%u", i) };
	l.p[2] = (struct label){ STR("service_name"), STR("shop") };
	return l;
}

static struct row made_row(struct made *m, uint32_t max_samples, bool spans)
{
	struct row r = { .series = (uint32_t)(rnd() % MADE_SERIES),
		.partition = (uint32_t)(rnd() % MADE_PARTITIONS),
		.time = (int64_t)(INT64_C(1768471200000000000) + (int64_t)(rnd() % 240) * 15000000000),
		.duration = rnd() % 3 ? 15000000000 : 0,
		.n = 1 + (uint32_t)(rnd() % max_samples) };
	uint32_t *stacks = arena_array(m->mem, r.n, sizeof(*stacks));
	int64_t *values = arena_array(m->mem, r.n, sizeof(*values));
	uint64_t *span = arena_array(m->mem, r.n, sizeof(*span));
	size_t nodes = m->symbols[r.partition]->nodes.n;

	for (uint32_t i = 0; i < r.n; i++) {
		stacks[i] = 1 + (uint32_t)(rnd() % (nodes - 1));
		values[i] = (int64_t)(r.series % 3 ? 1 + rnd() % 9 : rnd() % 1000000 + 1) * (rnd() % 99 ? 1 : -1);
		span[i] = rnd() % 3 ? rnd() % 100 : 0;
		r.total += values[i];
	}
	for (int i = 0; i < 16; i++)
		r.id[i] = (uint8_t)rnd();
	r.stacks = stacks;
	r.values = values;
	r.spans = spans && rnd() % 3 == 0 ? span : NULL;
	return r;
}

static void make_block(struct made *m, uint32_t rows, uint32_t max_samples, bool spans)
{
	struct block_writer *w = block_writer_new();
	struct labels labels[MADE_SERIES];
	struct err e;

	*m = (struct made){ .mem = arena_new() };
	m->rows.mem = m->mem;
	m->rows.series = arena_array(m->mem, MADE_SERIES, sizeof(uint64_t));
	for (uint32_t i = 0; i < MADE_SERIES; i++) {
		labels[i] = made_labels(m->mem, i);
		m->rows.series[i] = labels_hash(&labels[i]) * 2;
		block_writer_series(w, &labels[i], labels_hash(&labels[i]));
	}
	for (uint32_t i = 0; i < MADE_PARTITIONS; i++) {
		m->symbols[i] = make_symbols(UINT64_C(0xfedcba9876543210) - i, 300);
		assert_int_equal(block_writer_partition(w, m->symbols[i]), i);
	}
	for (uint32_t i = 0; i < rows; i++) {
		struct row r = made_row(m, max_samples, spans);

		vec_push(&m->in, r);
		block_writer_row(w, &r);
	}
	assert_int_equal(block_writer_finish(w, (struct ulid){ { 1, 2, 3 } }, &m->parts, &e), 0);
	block_writer_free(w);
}

/* The rows of m that a scan must give; symbols come from the maker, not from a dataset. */
static int made_symbols(struct dataset *d, uint32_t partition, struct symbols **out, struct err *e);

struct fake_set {
	struct dataset set;
	struct made *m;
};

static int made_symbols(struct dataset *d, uint32_t partition, struct symbols **out, struct err *e)
{
	(void)e;
	*out = ((struct fake_set *)d)->m->symbols[partition];
	return 0;
}

static void digest_made(struct made *m, const bool *series, int64_t from, int64_t to, bool samples, bool ids)
{
	static const struct dataset_ops ops = { .symbols = made_symbols };
	struct fake_set fake = { { .ops = &ops }, m };
	struct err e;

	m->rows.set = &fake.set;
	m->rows.ids = ids;
	m->rows.rows.n = 0;
	for (size_t i = 0; i < m->in.n; i++) {
		struct row r = m->in.p[i];

		if (!series[r.series] || r.time < from || r.time > to)
			continue;
		if (!samples)
			r.n = 0;
		assert_int_equal(digest_row(&m->rows, &r, &e), 0);
	}
	if (m->rows.rows.n > 1)
		qsort(m->rows.rows.p, m->rows.rows.n, sizeof(struct digest), digest_cmp);
}

/* One question, asked of the block and of the rows that went in. */
static void check_scan(struct made *m, struct block *b, const struct series_list *all, uint32_t part, int64_t from,
    int64_t to, bool samples, bool ids)
{
	struct digests d = { .set = &b->set, .mem = arena_new(), .ids = ids };
	struct scan s = { .from = from,
		.to = to,
		.samples = samples,
		.spans = samples,
		.ids = ids,
		.row = digest_row,
		.ctx = &d };
	struct series_ref *wanted = arena_array(d.mem, all->n, sizeof(*wanted));
	bool in[MADE_SERIES] = { false };
	struct err e;

	d.series = arena_zarray(d.mem, MADE_SERIES, sizeof(*d.series));
	for (uint32_t i = 0; i < all->n; i++) {
		struct str pod = labels_get(&all->p[i].labels, STR("pod"));
		uint32_t number = (uint32_t)strtoul(pod.p + 4, NULL, 10);

		d.series[all->p[i].number] = labels_hash(&all->p[i].labels) + all->p[i].fingerprint;
		if (rnd() % part)
			continue;
		in[number] = true;
		wanted[s.n_series++] = all->p[i];
	}
	s.series = wanted;
	assert_int_equal(dataset_scan(&b->set, &s, &e), 0);
	if (d.rows.n > 1)
		qsort(d.rows.p, d.rows.n, sizeof(*d.rows.p), digest_cmp);
	digest_made(m, in, from, to, samples, ids);
	assert_int_equal(d.rows.n, m->rows.rows.n);
	for (size_t i = 0; i < d.rows.n; i++) {
		assert_true(d.rows.p[i].key == m->rows.rows.p[i].key);
		assert_true(d.rows.p[i].samples == m->rows.rows.p[i].samples);
	}
	digests_fini(&d);
}

static void check_made(struct made *m)
{
	static const int64_t start = INT64_C(1768471200000000000), step = INT64_C(15000000000);
	struct block *b = open_parts(&m->parts);
	struct arena *a = arena_new();
	struct series_list all;
	struct err e;

	assert_int_equal(dataset_series(&b->set, a, NULL, &all, &e), 0);
	for (uint32_t i = 1; i < all.n; i++)
		assert_true(labels_cmp(&all.p[i - 1].labels, &all.p[i].labels) < 0);
	check_scan(m, b, &all, 1, INT64_MIN, INT64_MAX, true, true);
	check_scan(m, b, &all, 1, INT64_MIN, INT64_MAX, false, false);
	check_scan(m, b, &all, 1, start + 100 * step, start + 100 * step, true, true);
	check_scan(m, b, &all, 1, start + 240 * step, INT64_MAX, true, true);
	for (int i = 0; i < 20; i++) {
		int64_t from = start + (int64_t)(rnd() % 240) * step;

		check_scan(m, b, &all, 1 + (uint32_t)(rnd() % MADE_SERIES), from, from + (int64_t)(rnd() % 60) * step,
		    rnd() % 2, rnd() % 2);
	}
	assert_int_equal(problems_of(b), 0);
	block_close(b);
	arena_free(a);
}

static void test_made(void **state)
{
	static const struct {
		uint32_t rows, samples;
		bool spans;
	} cases[] = { { 1, 1, false }, { 3, 5, true }, { 500, 100, false }, { 800, 60, true }, { 4000, 30, false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct made m;

		make_block(&m, cases[i].rows, cases[i].samples, cases[i].spans);
		check_made(&m);
		made_fini(&m);
	}
}

/* More rows than a row group holds; spans in some of the groups only. */
static void test_row_groups(void **state)
{
	struct made m;
	struct err e;
	struct block *b;
	struct profiles_table *t;

	(void)state;
	make_block(&m, PROFILES_GROUP_ROWS + 5000, 2, false);
	assert_int_equal(m.parts.meta.files[1].row_groups, 2);
	t = profiles_open(blob_mem(m.parts.part[1].bytes), 1, &e);
	assert_non_null(t);
	assert_int_equal(profiles_groups(t), 2);
	assert_int_equal(profiles_rows(t), PROFILES_GROUP_ROWS + 5000);
	profiles_close(t);
	b = open_parts(&m.parts);
	assert_int_equal(problems_of(b), 0);
	block_close(b);
	made_fini(&m);
}

static int count_samples(void *ctx, const struct profiles_row *r, struct err *e)
{
	uint64_t *sum = ctx;

	(void)e;
	for (uint32_t i = 0; i < r->n; i++)
		*sum += (uint64_t)r->values[i] * (r->stacks[i] + 1) + (r->spans ? r->spans[i] : 0);
	*sum += r->id[7] + (uint64_t)r->time;
	return 0;
}

/* A blob that copies, as ranged reads of an object do: nothing may point into it later. */
struct copying {
	struct blob blob;
	struct str bytes;
	unsigned reads;
};

static int copying_read(struct blob *b, struct arena *a, uint64_t off, size_t n, struct str *out, struct err *e)
{
	struct copying *c = (struct copying *)b;

	(void)e;
	c->reads++;
	*out = arena_str(a, str_of(c->bytes.p + off, n));
	return 0;
}

static void copying_close(struct blob *b)
{
	(void)b;
}

/* Pages come and go: with no cache at all, a small one, and one that holds everything. */
static void test_cache(void **state)
{
	static const size_t limits[] = { 0, 200000, 1 << 28 };
	struct made m;
	uint32_t series[MADE_SERIES];
	uint64_t first = 0;

	(void)state;
	make_block(&m, 4000, 60, true);
	for (uint32_t i = 0; i < MADE_SERIES; i++)
		series[i] = i;
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		struct copying blob = { { m.parts.part[1].bytes.n, copying_read, copying_close, NULL },
			m.parts.part[1].bytes, 0 };
		struct err e;
		struct profiles_table *t = profiles_open(&blob.blob, limits[i], &e);
		unsigned reads = 0;

		assert_non_null(t);
		for (int round = 0; round < 3; round++) {
			uint64_t sum = 0;
			struct profiles_scan s = { .series = series,
				.n_series = MADE_SERIES,
				.from = INT64_MIN,
				.to = INT64_MAX,
				.samples = true,
				.spans = true,
				.ids = true,
				.row = count_samples,
				.ctx = &sum };

			assert_int_equal(profiles_scan(t, &s, &e), 0);
			if (first == 0)
				first = sum;
			assert_true(sum == first);
			if (round > 0 && i == 2)
				assert_int_equal(blob.reads, reads); /* warm: nothing is read again */
			reads = blob.reads;
		}
		assert_true(i == 2 || profiles_bytes(t) < 1500000 + limits[i]);
		profiles_close(t);
	}
	made_fini(&m);
}

/* Fewer series, less is read. */
static void test_pruning(void **state)
{
	struct made m;
	struct copying all, one;
	uint32_t series[MADE_SERIES];

	(void)state;
	make_block(&m, 8000, 400, false);
	all = (struct copying){ { m.parts.part[1].bytes.n, copying_read, copying_close, NULL }, m.parts.part[1].bytes,
		0 };
	one = all;
	for (uint32_t i = 0; i < MADE_SERIES; i++)
		series[i] = i;
	for (int i = 0; i < 2; i++) {
		uint64_t sum = 0;
		struct err e;
		struct profiles_table *t = profiles_open(i ? &one.blob : &all.blob, 1 << 28, &e);
		size_t before = profiles_bytes(t);
		struct profiles_scan s = { .series = series + (i ? 7 : 0),
			.n_series = i ? 1 : MADE_SERIES,
			.from = INT64_MIN,
			.to = INT64_MAX,
			.samples = true,
			.row = count_samples,
			.ctx = &sum };
		static size_t used[2];

		assert_int_equal(profiles_scan(t, &s, &e), 0);
		used[i] = profiles_bytes(t) - before;
		assert_true(i == 0 || used[1] < used[0] / 5);
		profiles_close(t);
	}
	made_fini(&m);
}

/* ---- the writer's rules ---- */

static struct block_writer *small_writer(struct symbols **s)
{
	struct block_writer *w = block_writer_new();
	struct label l = { STR("a"), STR("1") };
	struct labels labels = { &l, 1 };

	*s = make_symbols(5, 10);
	block_writer_series(w, &labels, labels_hash(&labels));
	block_writer_partition(w, *s);
	return w;
}

static void test_no_rows(void **state)
{
	struct block_parts p;
	struct symbols *s;
	struct block_writer *w = small_writer(&s);
	struct row r = { .n = 2, .stacks = (uint32_t[]){ 1, 2 }, .values = (int64_t[]){ 0, 0 } };
	struct err e;

	(void)state;
	assert_int_equal(block_writer_finish(w, (struct ulid){ { 0 } }, &p, &e), -1);
	assert_int_equal(e.kind, ERR_NOTFOUND);
	block_writer_row(w, &r);
	r.n = 0;
	block_writer_row(w, &r);
	assert_int_equal(block_writer_rows(w), 0);
	assert_int_equal(block_writer_finish(w, (struct ulid){ { 0 } }, &p, &e), -1);
	block_writer_free(w);
	symbols_free(s);
}

static void test_stack_outside(void **state)
{
	struct block_parts p;
	struct symbols *s;
	struct block_writer *w = small_writer(&s);
	struct row r = { .n = 1, .stacks = (uint32_t[]){ 100000 }, .values = (int64_t[]){ 1 } };
	struct err e;

	(void)state;
	block_writer_row(w, &r);
	assert_int_equal(block_writer_finish(w, (struct ulid){ { 0 } }, &p, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	block_writer_free(w);
	symbols_free(s);
}

static int only_row(void *ctx, const struct row *r, struct err *e)
{
	struct row *out = ctx;

	(void)e;
	assert_int_equal(out->n, 0);
	*out = *r;
	assert_int_equal(r->n, 3);
	assert_int_equal(r->total, 47);
	assert_null(r->spans);
	for (uint32_t i = 0; i < r->n; i++)
		out->total += r->values[i] == 40;
	assert_int_equal(out->total, 48);
	return 0;
}

/* Equal stacks are summed, zeros go, series of equal labels become one, unused ones and partitions are left out. */
static void test_cleaning(void **state)
{
	struct block_parts p;
	struct symbols *s, *unused = make_symbols(6, 10);
	struct block_writer *w = small_writer(&s);
	struct label l = { STR("a"), STR("1") }, l2 = { STR("b"), STR("1") };
	struct labels labels = { &l, 1 }, labels2 = { &l2, 1 };
	struct row r = { .series = 1,
		.n = 6,
		.stacks = (uint32_t[]){ 3, 1, 3, 2, 4, 3 },
		.values = (int64_t[]){ 10, 5, 20, 0, 2, 10 },
		.time = INT64_C(1768471200000999999) },
		   got = { 0 };
	struct scan scan = { .from = INT64_MIN,
		.to = INT64_MAX,
		.samples = true,
		.spans = true,
		.row = only_row,
		.ctx = &got };
	struct arena *a = arena_new();
	struct series_list list;
	struct block *b;
	struct err e;

	(void)state;
	assert_int_equal(block_writer_series(w, &labels, labels_hash(&labels)), 1);
	assert_int_equal(block_writer_series(w, &labels2, 78), 2);
	assert_int_equal(block_writer_partition(w, unused), 1);
	block_writer_row(w, &r);
	assert_int_equal(block_writer_finish(w, (struct ulid){ { 0 } }, &p, &e), 0);
	b = open_parts(&p);
	assert_int_equal(b->set.n_partitions, 1);
	assert_int_equal(b->meta.n_series, 1);
	assert_int_equal(b->meta.n_samples, 3);
	assert_true(b->meta.min_time == INT64_C(1768471200000));
	assert_true(b->set.max_time >= r.time);
	assert_int_equal(dataset_series(&b->set, a, NULL, &list, &e), 0);
	assert_int_equal(list.n, 1);
	assert_true(list.p[0].fingerprint == labels_hash(&labels));
	scan.series = list.p;
	scan.n_series = list.n;
	assert_int_equal(dataset_scan(&b->set, &scan, &e), 0);
	assert_int_equal(got.n, 3);
	assert_int_equal(problems_of(b), 0);
	block_close(b);
	block_parts_free(&p);
	block_writer_free(w);
	symbols_free(s);
	symbols_free(unused);
	arena_free(a);
}

/* ---- broken blocks ---- */

static int ignore_row(void *ctx, const struct row *r, struct err *e)
{
	uint64_t *sum = ctx;

	(void)e;
	for (uint32_t i = 0; i < r->n; i++)
		*sum += r->stacks[i] + (uint64_t)r->values[i];
	return 0;
}

static void quiet(void *ctx, const char *problem)
{
	(void)ctx;
	(void)problem;
}

/* Asks everything; says whether anything was found wrong. */
static bool finds_fault(const struct block_parts *p)
{
	struct err e;
	struct block *b = block_open(parts_blobs(p), &e);
	struct arena *a = arena_new();
	struct series_list list;
	uint64_t sum = 0;
	uint32_t n = 0;
	struct scan s = { .from = INT64_MIN,
		.to = INT64_MAX,
		.samples = true,
		.spans = true,
		.ids = true,
		.row = ignore_row,
		.ctx = &sum };

	if (b && dataset_series(&b->set, a, NULL, &list, &e) == 0) {
		s.series = list.p;
		s.n_series = list.n;
		dataset_scan(&b->set, &s, &e);
	}
	if (b)
		assert_int_equal(block_check(b, quiet, NULL, &n, &e), 0);
	arena_free(a);
	block_close(b);
	return b == NULL || n > 0;
}

/* A copy of the parts with one byte changed. */
static bool finds_change(const struct block_parts *p, uint32_t part, size_t at, char by)
{
	struct block_parts q = *p;
	char *copy = mem_alloc(p->part[part].bytes.n);
	bool found;

	memcpy(copy, p->part[part].bytes.p, p->part[part].bytes.n);
	copy[at] = (char)(copy[at] ^ by);
	q.part[part].bytes.p = copy;
	found = finds_fault(&q);
	mem_free(copy);
	return found;
}

static void test_broken(void **state)
{
	struct made m;

	(void)state;
	make_block(&m, 300, 20, true);
	assert_false(finds_fault(&m.parts));
	/* Index and symbols: no byte may change unnoticed, except the padding between sections. */
	for (uint32_t part = 0; part < 3; part += 2) {
		unsigned missed = 0;

		for (int i = 0; i < 400; i++) {
			size_t at = rnd() % m.parts.part[part].bytes.n;

			if (!finds_change(&m.parts, part, at, (char)(1 << rnd() % 8))) {
				assert_true(part == 0 && m.parts.part[part].bytes.p[at] == 0);
				missed++;
			}
		}
		assert_true(missed < 40);
	}
	for (int i = 0; i < 2000; i++)
		finds_change(&m.parts, 1, rnd() % m.parts.part[1].bytes.n, (char)(1 << rnd() % 8));
	for (uint32_t part = 0; part < 4; part++)
		for (size_t cut = 0; cut < m.parts.part[part].bytes.n; cut += 1 + m.parts.part[part].bytes.n / 60) {
			struct block_parts q = m.parts;

			q.part[part].bytes.n = cut;
			assert_true(finds_fault(&q));
		}
	made_fini(&m);
}

static void test_missing_part(void **state)
{
	struct made m;

	(void)state;
	make_block(&m, 30, 5, false);
	for (uint32_t part = 0; part < 4; part++) {
		struct block_parts q = m.parts;

		q.part[part].name = STR("elsewhere");
		assert_true(finds_fault(&q));
	}
	made_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_rows),
		cmocka_unit_test(test_stack_outside),
		cmocka_unit_test(test_cleaning),
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_row_groups),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_pruning),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_missing_part),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
