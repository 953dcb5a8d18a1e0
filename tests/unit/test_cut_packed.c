/* test_cut_packed.c - rows that stay packed where they are: the bytes of a block are those of rows that a scan gives */
#include "tests/lib/block_fixture.h"

#include "formats/block/block_cut.h"
#include "formats/block/profiles_columns.h"
#include "formats/head/head.h"
#include "formats/head/rows.h"

#define HOUR (3600 * NS_PER_S)
#define FROM (491242 * HOUR)

struct fixture {
	struct arena *a;
	struct sym_importer *imp;
	struct buf record;
	uint64_t seed;
};

static void setup(struct fixture *f)
{
	*f = (struct fixture){ arena_new(), sym_importer_new(), { 0 }, 11 };
	buf_init(&f->record, 1 << 24);
}

static void teardown(struct fixture *f)
{
	buf_fini(&f->record);
	sym_importer_free(f->imp);
	arena_free(f->a);
}

static uint64_t rnd(struct fixture *f)
{
	f->seed ^= f->seed << 13;
	f->seed ^= f->seed >> 7;
	f->seed ^= f->seed << 17;
	return f->seed;
}

/* Some of `functions` leaves, in any order; spans of some samples, if wanted. */
static void push(struct fixture *f, struct head *h, const char *shop, int64_t time, uint32_t functions, bool with_spans)
{
	struct label labels[] = {
		{ STR("__name__"), STR("process_cpu") },
		{ STR("service_name"), str_cstr(shop) },
	};
	struct profile_builder *b = profile_builder_new(f->a, 1);
	struct head_push p = { .labels = { labels, 2 },
		.partition = (uint64_t)shop[0],
		.time = time,
		.duration = 10 * NS_PER_S,
		.now = time };
	uint32_t n = 1 + (uint32_t)(rnd(f) % functions);
	uint64_t id = rnd(f), *spans = arena_zarray(f->a, n, sizeof(*spans));

	profile_builder_type(b, 0, STR("cpu"), STR("nanoseconds"));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t k = (uint32_t)(rnd(f) % functions);
		uint32_t stack[2] = {
			profile_builder_frame(b, arena_printf(f->a, "work%u", k), STR("a.c"), (int64_t)k),
			profile_builder_frame(b, STR("main"), STR("a.c"), 1),
		};
		int64_t value = 1 + (int64_t)(rnd(f) % 1000) * k;

		spans[i] = rnd(f) % 3;
		profile_builder_add(b, stack, 2, &value, NULL, 0);
	}
	p.profile = profile_builder_finish(b);
	assert_true(p.profile->n_samples <= n);
	if (with_spans)
		p.spans = spans;
	memcpy(p.id, &id, sizeof(id));
	buf_reset(&f->record);
	assert_int_equal(head_add(h, f->imp, &p, &f->record), 1);
}

/* Services with few stacks and with many, rows that come late or at the same time, spans. */
static struct head *filled(struct fixture *f, uint32_t rows, uint32_t functions)
{
	struct head *h = head_new();

	for (uint32_t i = 0; i < rows; i++) {
		int64_t time = FROM + i * NS_PER_S;

		if (i % 11 == 0)
			time -= (int64_t)(rnd(f) % 5) * NS_PER_S;
		push(f, h, i % 3 ? "shop" : "till", MAX(time, FROM), functions, false);
		push(f, h, "cart", MAX(time, FROM), 5, i % 4 == 0);
	}
	return h;
}

static struct block_parts cut(struct head *h)
{
	struct block_parts parts;
	struct err e;

	assert_int_equal(cut_block((struct dataset *[]){ &h->set }, 1, (struct cut_window){ FROM, FROM + HOUR - 1 },
			     (struct ulid){ { 7 } }, &parts, &e),
	    0);
	return parts;
}

/* One page, some pages, many pages; parts that the head has compressed, and stacks that are dense in a row and are not. */
static void as_a_scan_gives_them(void **state)
{
	static const struct {
		uint32_t rows, functions;
	} sets[] = { { 3, 4 }, { 70, 300 }, { 300, 40 }, { 700, 900 }, { 400, 9000 } };
	struct fixture f;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		struct head *h = filled(&f, sets[i].rows, sets[i].functions);
		const struct dataset_ops *own = h->set.ops;
		struct dataset_ops scanned = *own;
		struct block_parts a = cut(h), b, c;
		struct block *block = open_parts(&a);

		assert_non_null(own->packed);
		assert_int_equal(problems_of(block), 0);
		assert_int_equal(a.meta.n_profiles, h->n_rows);
		assert_int_equal(a.meta.n_samples, h->n_samples);
		block_close(block);
		scanned.packed = NULL;
		h->set.ops = &scanned;
		b = cut(h);
		same_bytes(&a, &b);
		h->set.ops = own;
		head_rest(h);
		c = cut(h);
		same_bytes(&a, &c);
		block_parts_free(&a);
		block_parts_free(&b);
		block_parts_free(&c);
		head_free(h);
	}
	teardown(&f);
}

/* What only growing needs is gone, and questions get what they got. */
static void head_at_rest(void **state)
{
	struct fixture f;
	struct head *h;
	struct digests before, after;
	size_t bytes;

	(void)state;
	setup(&f);
	h = filled(&f, 100, 500);
	bytes = head_bytes(h);
	before = digest_set(&h->set, h->set.min_time, h->set.max_time);
	head_rest(h);
	assert_true(head_bytes(h) < bytes / 10 * 9);
	after = digest_set(&h->set, h->set.min_time, h->set.max_time);
	assert_int_equal(before.rows.n, after.rows.n);
	assert_memory_equal(before.rows.p, after.rows.p, before.rows.n * sizeof(*before.rows.p));
	digests_fini(&before);
	digests_fini(&after);
	head_free(h);
	teardown(&f);
}

/* ---- rows of somebody else ---- */

/* Two rows of one series, of which the second has a stack twice. */
struct given {
	struct packed_rows rows; /* first member */
	struct buf packed[2];
	bool fails;
};

enum { MANY = 200 };

static int given_take(struct packed_rows *p, uint32_t series, uint32_t row, struct str *out, struct err *e)
{
	struct given *g = CONTAINER_OF(p, struct given, rows);

	assert_int_equal(series, 3);
	if (g->fails)
		return err_set(e, ERR_IO, "row %u is gone", row);
	*out = buf_str(&g->packed[row]);
	return 0;
}

static void given_pack(struct buf *out, uint32_t twice)
{
	struct samples s = { 0 };

	buf_init(out, 1 << 20);
	for (uint32_t i = 0; i < MANY; i++) {
		vec_push(&s.stacks, 1 + i);
		vec_push(&s.values, 10 + i);
		if (i == twice) {
			vec_push(&s.stacks, 1 + i);
			vec_push(&s.values, 1000);
		}
	}
	rows_encode(out, &s);
	samples_fini(&s);
}

static struct symbols *given_symbols(uint32_t stacks)
{
	struct symbols *s = symbols_new(5);

	symbols_add_mapping(s, &(struct sym_mapping){ 0 });
	symbols_add_function(s, &(struct sym_function){ 0 });
	for (uint32_t i = 0; i < stacks; i++) {
		uint32_t location = symbols_add_location(s, &(struct sym_location){ .address = 100 + i }, NULL);

		assert_int_equal(symbols_add_node(s, 0, location), 1 + i);
	}
	return s;
}

/* A block of n of these rows, `apart` ns, from the given one on backwards. stacks: that the partition has. */
static int write_given(struct given *g, uint32_t stacks, uint32_t n, uint32_t first, int64_t apart,
    struct block_parts *out, struct err *e)
{
	struct label label = { STR("service_name"), STR("shop") };
	struct labels labels = { &label, 1 };
	struct block_writer *w = block_writer_new();
	struct symbols *s = given_symbols(stacks);
	int rc = 0;

	assert_int_equal(block_writer_series(w, &labels, labels_hash(&labels)), 0);
	assert_int_equal(block_writer_partition(w, s), 0);
	for (uint32_t i = n; i-- > 0 && rc == 0;) {
		struct row row = { .time = FROM + apart * i, .number = (first + i) % 2 };

		rc = block_writer_packed(w, &row, &g->rows, 3, e);
	}
	if (rc == 0)
		rc = block_writer_finish(w, (struct ulid){ { 7 } }, out, e);
	block_writer_free(w);
	symbols_free(s);
	return rc;
}

static int total_of(void *ctx, const struct row *r, struct err *e)
{
	int64_t *total = ctx, sum = 0;

	(void)e;
	for (uint32_t i = 0; i < r->n; i++)
		sum += r->values[i];
	assert_true(sum == r->total);
	*total += sum;
	return 0;
}

static void rows_of_others(void **state)
{
	int64_t total = 0, want = 1000 + 2 * (10 * MANY + MANY * (MANY - 1) / 2);
	struct given g = { .rows = { given_take, NULL } };
	struct scan scan = { .from = FROM, .to = FROM + HOUR, .samples = true, .row = total_of, .ctx = &total };
	struct arena *a = arena_new();
	struct series_list list;
	struct block_parts parts;
	struct block *b;
	struct err e;

	(void)state;
	given_pack(&g.packed[0], MANY);
	given_pack(&g.packed[1], MANY / 2);
	assert_int_equal(write_given(&g, MANY, 2, 0, 1, &parts, &e), 0);
	assert_int_equal(parts.meta.n_samples, 2 * MANY + 1);
	b = open_parts(&parts);
	assert_int_equal(problems_of(b), 0);
	assert_int_equal(dataset_series(&b->set, a, NULL, &list, &e), 0);
	scan.series = list.p;
	scan.n_series = list.n;
	assert_int_equal(dataset_scan(&b->set, &scan, &e), 0);
	assert_true(total == want);
	block_close(b);
	block_parts_free(&parts);

	/* A stack that is not there; rows that cannot be taken; rows that are none. */
	assert_int_equal(write_given(&g, MANY - 1, 2, 0, 1, &parts, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	g.fails = true;
	assert_int_equal(write_given(&g, MANY, 2, 0, 1, &parts, &e), -1);
	assert_int_equal(e.kind, ERR_IO);
	g.fails = false;
	g.packed[1].n--;
	assert_int_equal(write_given(&g, MANY, 2, 0, 1, &parts, &e), -1);
	buf_reset(&g.packed[1]);
	rows_encode(&g.packed[1], &(struct samples){ 0 });
	assert_int_equal(write_given(&g, MANY, 2, 0, 1, &parts, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	buf_fini(&g.packed[0]);
	buf_fini(&g.packed[1]);
	arena_free(a);
}

/* Of rows that are equal but for their samples, the order in which they came does not show. */
static void equal_rows(void **state)
{
	struct given g = { .rows = { given_take, NULL } };
	struct block_parts a, b;
	struct err e;

	(void)state;
	given_pack(&g.packed[0], MANY);
	given_pack(&g.packed[1], MANY / 2);
	assert_int_equal(write_given(&g, MANY, 2, 0, 0, &a, &e), 0);
	assert_int_equal(write_given(&g, MANY, 2, 1, 0, &b, &e), 0);
	same_bytes(&a, &b);
	block_parts_free(&a);
	block_parts_free(&b);
	buf_fini(&g.packed[0]);
	buf_fini(&g.packed[1]);
}

/* A row group has no more samples than it may. */
static void groups_of_samples(void **state)
{
	enum { ROWS = 2 * PROFILES_GROUP_SAMPLES / MANY + 1000 };
	struct given g = { .rows = { given_take, NULL } };
	struct block_parts parts;
	struct block *b;
	struct profiles_table *t;
	struct err e;

	(void)state;
	given_pack(&g.packed[0], MANY);
	given_pack(&g.packed[1], MANY);
	assert_int_equal(write_given(&g, MANY, ROWS, 0, 1, &parts, &e), 0);
	assert_int_equal(parts.meta.n_samples, (uint64_t)ROWS * MANY);
	assert_int_equal(parts.meta.files[1].row_groups, 3);
	b = open_parts(&parts);
	assert_int_equal(problems_of(b), 0);
	block_close(b);
	t = profiles_open(blob_mem(parts.part[1].bytes), 0, &e);
	assert_non_null(t);
	assert_int_equal(profiles_groups(t), 3);
	assert_int_equal(profiles_rows(t), ROWS);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(pq_group_rows(t->pq, i),
		    i < 2 ? PROFILES_GROUP_SAMPLES / MANY : ROWS - 2 * (PROFILES_GROUP_SAMPLES / MANY));
	profiles_close(t);
	block_parts_free(&parts);
	buf_fini(&g.packed[0]);
	buf_fini(&g.packed[1]);
}

/* ---- where parts go ---- */

/* Takes so many bytes and no more. */
struct small_disk {
	struct block_sink sink; /* first member */
	struct sink part;
	size_t room;
	uint32_t opened, closed;
	bool none; /* parts cannot be opened */
};

static int disk_write(struct sink *s, struct str bytes, struct err *e)
{
	struct small_disk *d = CONTAINER_OF(s, struct small_disk, part);

	if (bytes.n > d->room)
		return err_set(e, ERR_IO, "no space left");
	d->room -= bytes.n;
	return 0;
}

static int disk_close(struct sink *s, struct err *e)
{
	(void)e;
	CONTAINER_OF(s, struct small_disk, part)->closed++;
	return 0;
}

static struct sink *disk_part(struct block_sink *s, struct str name, struct err *e)
{
	struct small_disk *d = CONTAINER_OF(s, struct small_disk, sink);

	(void)name;
	assert_int_equal(d->opened, d->closed);
	if (d->none) {
		err_set(e, ERR_NOTFOUND, "the folder is gone");
		return NULL;
	}
	d->opened++;
	return &d->part;
}

/* However little room there is, it is an error, it is told, and what was opened is closed. */
static void full_disks(void **state)
{
	struct fixture f;
	struct head *h;
	struct arena *a = arena_new();
	struct block_meta meta;
	struct block_parts whole;
	struct dataset *set;
	struct err e;
	size_t bytes = 0;

	(void)state;
	setup(&f);
	h = filled(&f, 50, 100);
	set = &h->set;
	whole = cut(h);
	for (uint32_t i = 0; i < whole.n_parts; i++)
		bytes += whole.part[i].bytes.n;
	for (size_t room = 0; room <= bytes; room += MAX(bytes - room, (size_t)7) / 7) {
		struct small_disk d = { { disk_part }, { disk_write, disk_close }, .room = room };
		int rc = cut_block_to(&set, 1, (struct cut_window){ FROM, FROM + HOUR - 1 }, (struct ulid){ { 7 } },
		    &d.sink, a, &meta, &e);

		assert_int_equal(rc, room < bytes ? -1 : 0);
		assert_int_equal(d.opened, d.closed);
		if (rc < 0)
			assert_string_equal(e.msg, "no space left");
		else
			assert_int_equal(d.room, 0);
		if (room == bytes)
			break;
	}
	{
		struct small_disk d = { { disk_part }, { disk_write, disk_close }, .none = true };

		assert_int_equal(cut_block_to(&set, 1, (struct cut_window){ FROM, FROM + HOUR - 1 },
				     (struct ulid){ { 7 } }, &d.sink, a, &meta, &e),
		    -1);
		assert_int_equal(e.kind, ERR_NOTFOUND);
		/* No rows: nothing is asked for. */
		assert_int_equal(cut_block_to(&set, 1, (struct cut_window){ 0, 1 }, (struct ulid){ { 7 } }, &d.sink, a,
				     &meta, &e),
		    0);
		assert_int_equal(meta.n_profiles, 0);
	}
	block_parts_free(&whole);
	head_free(h);
	arena_free(a);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_a_scan_gives_them),
		cmocka_unit_test(head_at_rest),
		cmocka_unit_test(rows_of_others),
		cmocka_unit_test(equal_rows),
		cmocka_unit_test(groups_of_samples),
		cmocka_unit_test(full_disks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cut packed", tests, NULL, NULL);
}
