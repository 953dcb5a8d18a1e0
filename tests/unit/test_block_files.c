/* test_block_files.c - blocks of the original: read as their dumps say, and written anew */
#include <dirent.h>

#include "base/json.h"
#include "tests/lib/block_fixture.h"

/* ---- copying a block ---- */

struct copied {
	uint32_t series, partition, n;
	struct row row;
	uint32_t *stacks;
	int64_t *values;
	uint64_t *spans;
};

struct copier {
	struct arena *mem;
	VEC(struct copied) rows;
};

static int copy_row(void *ctx, const struct row *r, struct err *e)
{
	struct copier *c = ctx;
	struct copied k = { .row = *r };

	(void)e;
	k.stacks = arena_array(c->mem, r->n, sizeof(*k.stacks));
	k.values = arena_array(c->mem, r->n, sizeof(*k.values));
	if (r->n) {
		memcpy(k.stacks, r->stacks, r->n * sizeof(*k.stacks));
		memcpy(k.values, r->values, r->n * sizeof(*k.values));
	}
	if (r->spans && r->n) {
		k.spans = arena_array(c->mem, r->n, sizeof(*k.spans));
		memcpy(k.spans, r->spans, r->n * sizeof(*k.spans));
	}
	vec_push(&c->rows, k);
	return 0;
}

/* Everything of b into a new block; backwards: added in another order. */
static void rewrite(struct block *b, bool backwards, struct block_parts *out)
{
	struct copier c = { .mem = arena_new() };
	struct scan s = { .from = INT64_MIN,
		.to = INT64_MAX,
		.samples = true,
		.spans = true,
		.ids = true,
		.row = copy_row,
		.ctx = &c };
	struct block_writer *w = block_writer_new();
	struct series_list list;
	uint32_t *series, *partitions;
	struct err e;

	assert_int_equal(dataset_series(&b->set, c.mem, NULL, &list, &e), 0);
	s.series = list.p;
	s.n_series = list.n;
	assert_int_equal(dataset_scan(&b->set, &s, &e), 0);
	series = arena_array(c.mem, list.p[list.n - 1].number + 1, sizeof(*series));
	partitions = arena_array(c.mem, b->set.n_partitions, sizeof(*partitions));
	for (uint32_t k = 0; k < list.n; k++) {
		uint32_t i = backwards ? list.n - 1 - k : k;

		series[list.p[i].number] = block_writer_series(w, &list.p[i].labels, list.p[i].fingerprint);
	}
	for (uint32_t k = 0; k < b->set.n_partitions; k++) {
		uint32_t i = backwards ? b->set.n_partitions - 1 - k : k;
		struct symbols *sym;

		assert_int_equal(dataset_symbols(&b->set, i, &sym, &e), 0);
		partitions[i] = block_writer_partition(w, sym);
	}
	for (size_t k = 0; k < c.rows.n; k++) {
		struct copied *r = &c.rows.p[backwards ? c.rows.n - 1 - k : k];

		r->row.series = series[r->row.series];
		r->row.partition = partitions[r->row.partition];
		r->row.stacks = r->stacks;
		r->row.values = r->values;
		r->row.spans = r->spans;
		block_writer_row(w, &r->row);
	}
	assert_int_equal(block_writer_rows(w), c.rows.n);
	assert_int_equal(block_writer_finish(w, b->meta.ulid, out, &e), 0);
	block_writer_free(w);
	vec_free(&c.rows);
	arena_free(c.mem);
}

static uint64_t total_size(const struct block_meta *m)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < m->n_files; i++)
		n += m->files[i].size;
	return n;
}

/* Writes the block anew, twice: same rows, same bytes, smaller. */
static void check_rewrite(struct block *b)
{
	struct block_parts p, q;
	struct digests before = digest_block(b), after;
	struct block *again;

	rewrite(b, false, &p);
	rewrite(b, true, &q);
	same_bytes(&p, &q);
	again = open_parts(&p);
	after = digest_block(again);
	assert_int_equal(before.rows.n, after.rows.n);
	assert_memory_equal(before.rows.p, after.rows.p, before.rows.n * sizeof(*before.rows.p));
	assert_int_equal(problems_of(again), 0);
	assert_true(block_bytes(again) > 0);
	assert_true(total_size(&again->meta) < total_size(&b->meta));
	assert_int_equal(again->meta.level, 1);
	assert_int_equal(again->meta.n_sources, 1);
	block_close(again);
	digests_fini(&before);
	digests_fini(&after);
	block_parts_free(&p);
	block_parts_free(&q);
}

/* ---- blocks of the original ---- */

static const char *shared(void)
{
	const char *path = getenv("PYRO_SHARED");

	return path ? path : "../shared";
}

/* Calls fn for each block folder under a folder of the shared data; the test is skipped without it. */
static void each_block(const char *folder, void (*fn)(const char *path, struct block *b))
{
	char path[1000];
	DIR *d;
	unsigned n = 0;

	snprintf(path, sizeof(path), "%s/%s", shared(), folder);
	d = opendir(path);
	if (d == NULL) {
		print_message("no shared data: set PYRO_SHARED\n");
		skip();
	}
	for (struct dirent *f; (f = readdir(d)) != NULL;) {
		char block[1500];
		struct block *b;
		struct blobs *parts;
		struct err e;

		if (strlen(f->d_name) != ULID_TEXT)
			continue;
		snprintf(block, sizeof(block), "%s/%s", path, f->d_name);
		parts = blobs_folder(block, &e);
		assert_non_null(parts);
		b = block_open(parts, &e);
		if (b == NULL)
			print_message("%s: %s\n", block, e.msg);
		assert_non_null(b);
		fn(block, b);
		block_close(b);
		n++;
	}
	closedir(d);
	assert_true(n > 0);
}

static struct str read_dump(struct arena *a, const char *block, const char *suffix)
{
	struct str path = arena_printf(a, "%s.%s", block, suffix);
	FILE *f = fopen(arena_cstr(a, path), "rb");
	char *p;
	long n;

	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	n = ftell(f);
	rewind(f);
	p = arena_alloc(a, (size_t)n + 1);
	assert_int_equal(fread(p, 1, (size_t)n, f), n);
	p[n] = 0;
	fclose(f);
	return str_of(p, (size_t)n);
}

/* The dumps have numbers of 64 bits without a sign, which the JSON parser refuses: they are picked out of the text. */
static bool number_after(struct str *line, const char *member, uint64_t *out)
{
	char key[64];
	size_t at;

	snprintf(key, sizeof(key), "\"%s\":", member);
	at = str_search(*line, str_cstr(key));
	*out = 0;
	if (at == line->n)
		return false;
	*line = str_skip(*line, at + strlen(key));
	if (line->n && line->p[0] == '-')
		*out = (uint64_t)strtoll(line->p, NULL, 10);
	else
		*out = strtoull(line->p, NULL, 10);
	return true;
}

struct dump {
	struct block *b;
	struct str rows; /* what is left of the dump */
	size_t n;
};

static void expect_number(struct str line, const char *member, uint64_t is)
{
	uint64_t want;

	number_after(&line, member, &want);
	assert_true(want == is);
}

static int expect_row(void *ctx, const struct row *r, struct err *e)
{
	struct dump *d = ctx;
	struct str line = str_cut(&d->rows, '\n'), samples = line;
	struct symbols *s;
	char id[UUID_TEXT + 1];
	uint64_t want;

	uuid_print(r->id, id);
	assert_true(str_search(line, str_cstr(id)) < line.n);
	assert_int_equal(dataset_symbols(&d->b->set, r->partition, &s, e), 0);
	expect_number(line, "SeriesIndex", r->series);
	expect_number(line, "StacktracePartition", s->partition);
	expect_number(line, "TotalValue", (uint64_t)r->total);
	expect_number(line, "TimeNanos", (uint64_t)r->time);
	expect_number(line, "DurationNanos", (uint64_t)r->duration);
	for (uint32_t i = 0; i < r->n; i++) {
		assert_true(number_after(&samples, "StacktraceID", &want));
		assert_true(want == r->stacks[i]);
		assert_true(number_after(&samples, "Value", &want));
		assert_true(want == (uint64_t)r->values[i]);
		assert_true(number_after(&samples, "SpanID", &want));
		assert_true(want == (r->spans ? r->spans[i] : 0));
	}
	assert_false(number_after(&samples, "StacktraceID", &want));
	d->n++;
	return 0;
}

static void check_dump_rows(const char *path, struct block *b)
{
	struct arena *a = arena_new();
	struct dump d = { .b = b, .rows = read_dump(a, path, "rows.jsonl") };
	struct scan s = { .from = INT64_MIN,
		.to = INT64_MAX,
		.samples = true,
		.spans = true,
		.ids = true,
		.row = expect_row,
		.ctx = &d };
	struct series_list list;
	struct err e;

	assert_int_equal(dataset_series(&b->set, a, NULL, &list, &e), 0);
	s.series = list.p;
	s.n_series = list.n;
	assert_int_equal(dataset_scan(&b->set, &s, &e), 0);
	assert_int_equal(d.n, b->meta.n_profiles);
	assert_int_equal(str_trim(d.rows).n, 0);
	arena_free(a);
}

static void check_dump_series(const char *path, struct block *b)
{
	struct arena *a = arena_new();
	struct series_list list;
	struct err e;
	json_t *dump;

	assert_int_equal(dataset_series(&b->set, a, NULL, &list, &e), 0);
	dump = json_parse(read_dump(a, path, "series.json"), &e);
	assert_non_null(dump);
	assert_int_equal(json_array_size(dump), list.n);
	assert_int_equal(b->meta.n_series, list.n);
	for (uint32_t i = 0; i < list.n; i++) {
		const json_t *s = json_array_get(dump, i), *l = json_object_get(s, "labels");
		const json_t *chunk = json_array_get(json_object_get(s, "chunks"), 0);

		assert_int_equal(json_integer_value(json_object_get(chunk, "series_index")), list.p[i].number);
		assert_true(
		    strtoull(json_string_value(json_object_get(s, "fingerprint")), NULL, 16) == list.p[i].fingerprint);
		assert_int_equal(json_object_size(l), list.p[i].labels.n);
		for (uint32_t k = 0; k < list.p[i].labels.n; k++) {
			struct label *x = &list.p[i].labels.p[k];
			const char *value = json_string_value(json_object_get(l, arena_cstr(a, x->name)));

			assert_true(str_eq(x->value, str_cstr(value)));
		}
	}
	json_decref(dump);
	arena_free(a);
}

static void check_stacks(const struct symbols *s, const json_t *part)
{
	const char *id;
	json_t *want;

	json_object_foreach(json_object_get(part, "stacktraces"), id, want) {
		uint32_t got[1000], n;

		n = symbols_stack(s, (uint32_t)strtoul(id, NULL, 10), got, ARRAY_LEN(got));
		assert_int_equal(n, json_array_size(want));
		for (uint32_t i = 0; i < n; i++)
			assert_true(got[i] == json_number_value(json_array_get(want, i)));
	}
}

static void check_dump_symbols(const char *path, struct block *b)
{
	struct arena *a = arena_new();
	struct str text = read_dump(a, path, "symbols.json");
	/* Addresses have 64 bits without a sign; the numbers that are looked at are small. */
	json_t *dump = json_loadb(text.p, text.n, JSON_DECODE_INT_AS_REAL, NULL);
	struct err e;

	assert_non_null(dump);
	assert_int_equal(json_array_size(dump), b->set.n_partitions);
	for (uint32_t i = 0; i < b->set.n_partitions; i++) {
		struct symbols *s;

		assert_int_equal(dataset_symbols(&b->set, i, &s, &e), 0);
		for (size_t k = 0; k < json_array_size(dump); k++) {
			const json_t *part = json_array_get(dump, k);

			if (strtoull(json_string_value(json_object_get(part, "partition")), NULL, 10) != s->partition)
				continue;
			assert_int_equal(json_array_size(json_object_get(part, "strings")), s->strings.n);
			assert_int_equal(json_array_size(json_object_get(part, "functions")), s->functions.n);
			check_stacks(s, part);
		}
	}
	json_decref(dump);
	arena_free(a);
}

static void check_original(const char *path, struct block *b)
{
	check_dump_series(path, b);
	check_dump_rows(path, b);
	check_dump_symbols(path, b);
	assert_int_equal(problems_of(b), 0);
	check_rewrite(b);
}

static void check_old(const char *path, struct block *b)
{
	(void)path;
	assert_int_equal(problems_of(b), 0);
	check_rewrite(b);
}

static void test_golden_level1(void **state)
{
	(void)state;
	each_block("golden/blocks/level1", check_original);
}

static void test_golden_compacted(void **state)
{
	(void)state;
	each_block("golden/blocks/compacted", check_original);
}

static void test_old_blocks(void **state)
{
	(void)state;
	each_block("testdata/blocks/v1", check_old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_level1),
		cmocka_unit_test(test_golden_compacted),
		cmocka_unit_test(test_old_blocks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
