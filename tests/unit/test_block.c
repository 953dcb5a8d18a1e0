/* test_block.c - blocks through writer and reader, blocks of the original, broken blocks */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "formats/block.h"
#include "formats/profiles_table.h"
#include "io/blobs.h"

/* Last: its macros fail and skip are names of ours. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static uint64_t seed = 11;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* ---- rows as numbers that can be compared ---- */

struct digest {
	uint64_t key, samples;          /* key: labels, time and so on; samples: a sum, so order does not count */
};

struct digests {
	struct dataset *set;
	struct arena *mem;
	uint64_t *series;               /* hash of labels, by number */
	VEC(struct digest) rows;
	bool ids, samples;
};

static uint64_t hash_text(struct buf *b)
{
	return hash_xxh64(buf_str(b), 0);
}

/* A stack in words: numbers differ from block to block. */
static uint64_t stack_hash(const struct symbols *s, uint32_t id)
{
	struct buf b;
	uint64_t h;

	buf_init(&b, 1 << 20);
	for (; id; id = s->nodes.p[id].parent) {
		const struct sym_location *l = &s->locations.p[s->nodes.p[id].location];
		const struct sym_mapping *m = &s->mappings.p[l->mapping];

		buf_printf(&b, "[%" PRIx64 " %" PRIx64 " " STR_FMT " " STR_FMT, l->address, m->start,
		    STR_ARG(s->strings.p[m->file]), STR_ARG(s->strings.p[m->build_id]));
		for (uint32_t k = l->first_line; k < l->first_line + l->n_lines; k++) {
			const struct sym_function *f = &s->functions.p[s->lines.p[k].function];

			buf_printf(&b, "|" STR_FMT "," STR_FMT ":%u", STR_ARG(s->strings.p[f->name]),
			    STR_ARG(s->strings.p[f->file]), s->lines.p[k].line);
		}
	}
	h = hash_text(&b);
	buf_fini(&b);
	return h;
}

static int digest_row(void *ctx, const struct row *r, struct err *e)
{
	struct digests *d = ctx;
	struct digest out = { 0 };
	struct symbols *s;
	struct buf b;

	if (dataset_symbols(d->set, r->partition, &s, e) < 0)
		return -1;
	buf_init(&b, 1 << 16);
	buf_printf(&b, "%" PRIx64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRIx64, d->series[r->series], r->time,
	    r->duration, r->total, s->partition);
	if (d->ids)
		buf_add(&b, str_of(r->id, 16));
	out.key = hash_text(&b);
	buf_fini(&b);
	/* Linear in the values, so that splitting a sample makes no difference. */
	for (uint32_t i = 0; i < r->n; i++)
		out.samples += (uint64_t)r->values[i] *
		    (hash_mix(stack_hash(s, r->stacks[i]), r->spans ? r->spans[i] : 0) | 1);
	vec_push(&d->rows, out);
	return 0;
}

static int digest_cmp(const void *a, const void *b)
{
	const struct digest *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->samples < y->samples ? -1 : x->samples > y->samples;
}

/* All rows of a block, in an order that does not depend on it. */
static struct digests digest_block(struct block *b)
{
	struct digests d = { .set = &b->set, .mem = arena_new(), .ids = true, .samples = true };
	struct scan s = { .from = INT64_MIN, .to = INT64_MAX, .samples = true, .spans = true, .ids = true,
		.row = digest_row, .ctx = &d };
	struct series_list list;
	struct err e;

	assert_int_equal(dataset_series(&b->set, d.mem, NULL, &list, &e), 0);
	s.series = list.p;
	s.n_series = list.n;
	d.series = arena_zarray(d.mem, list.n ? list.p[list.n - 1].number + 1 : 1, sizeof(*d.series));
	for (uint32_t i = 0; i < list.n; i++)
		d.series[list.p[i].number] = labels_hash(&list.p[i].labels) + list.p[i].fingerprint;
	assert_int_equal(dataset_scan(&b->set, &s, &e), 0);
	if (d.rows.n > 1)
		qsort(d.rows.p, d.rows.n, sizeof(*d.rows.p), digest_cmp);
	return d;
}

static void digests_fini(struct digests *d)
{
	vec_free(&d->rows);
	arena_free(d->mem);
}

static void say(void *ctx, const char *problem)
{
	(void)ctx;
	print_message("%s\n", problem);
}

static uint32_t problems_of(struct block *b)
{
	struct err e;
	uint32_t n;

	assert_int_equal(block_check(b, say, NULL, &n, &e), 0);
	return n;
}

static struct blobs *parts_blobs(const struct block_parts *p)
{
	struct blobs *s = blobs_mem();

	for (uint32_t i = 0; i < p->n_parts; i++)
		blobs_mem_add(s, NULL, p->part[i].name, p->part[i].bytes);
	return s;
}

static struct block *open_parts(const struct block_parts *p)
{
	struct err e;
	struct block *b = block_open(parts_blobs(p), &e);

	if (b == NULL)
		print_message("%s\n", e.msg);
	assert_non_null(b);
	return b;
}

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
	struct scan s = { .from = INT64_MIN, .to = INT64_MAX, .samples = true, .spans = true, .ids = true,
		.row = copy_row, .ctx = &c };
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

static void same_bytes(const struct block_parts *a, const struct block_parts *b)
{
	assert_int_equal(a->n_parts, b->n_parts);
	for (uint32_t i = 0; i < a->n_parts; i++) {
		assert_true(str_eq(a->part[i].name, b->part[i].name));
		assert_true(str_eq(a->part[i].bytes, b->part[i].bytes));
	}
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
	struct str rows;                /* what is left of the dump */
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
	struct scan s = { .from = INT64_MIN, .to = INT64_MAX, .samples = true, .spans = true, .ids = true,
		.row = expect_row, .ctx = &d };
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
		assert_true(strtoull(json_string_value(json_object_get(s, "fingerprint")), NULL, 16) ==
		    list.p[i].fingerprint);
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
			assert_int_equal(got[i], json_integer_value(json_array_get(want, i)));
	}
}

/* "partition":N becomes "partition":"N". */
static struct str quote_partitions(struct arena *a, struct str text)
{
	static const char key[] = "\"partition\":";
	char *out = arena_alloc(a, text.n + text.n / 8 + 100);
	size_t n = 0;

	while (text.n) {
		size_t at = str_search(text, STR("\"partition\":")), digits;

		memcpy(out + n, text.p, MIN(at, text.n));
		n += MIN(at, text.n);
		text = str_skip(text, at);
		if (text.n == 0)
			break;
		text = str_skip(text, strlen(key));
		digits = strspn(text.p, "0123456789");
		n += (size_t)sprintf(out + n, "%s\"%.*s\"", key, (int)digits, text.p);
		text = str_skip(text, digits);
	}
	return str_of(out, n);
}

static void check_dump_symbols(const char *path, struct block *b)
{
	struct arena *a = arena_new();
	struct err e;
	json_t *dump = json_parse(quote_partitions(a, read_dump(a, path, "symbols.json")), &e);

	if (dump == NULL)
		print_message("%s\n", e.msg);
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

/* ---- made-up blocks ---- */

static struct symbols *make_symbols(uint64_t partition, uint32_t stacks)
{
	struct symbols *s = symbols_new(partition);
	uint32_t m = symbols_add_mapping(s, &(struct sym_mapping){ .start = 1, .limit = 2,
		.file = symbols_add_string(s, STR("a.out")) });
	uint32_t locations[50];

	for (uint32_t i = 0; i < ARRAY_LEN(locations); i++) {
		char name[30];
		struct sym_line line = { .line = i };
		uint32_t f;

		snprintf(name, sizeof(name), "f%u.%" PRIx64, i, partition);
		f = symbols_add_string(s, str_cstr(name));
		line.function = symbols_add_function(s, &(struct sym_function){ .name = f, .system_name = f });
		locations[i] = symbols_add_location(s, &(struct sym_location){ .address = i % 3 ? 0 : i, .mapping = m,
			.n_lines = 1 }, &line);
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
	struct row r = { .series = (uint32_t)(rnd() % MADE_SERIES), .partition = (uint32_t)(rnd() % MADE_PARTITIONS),
		.time = (int64_t)(INT64_C(1768471200000000000) + (int64_t)(rnd() % 240) * 15000000000),
		.duration = rnd() % 3 ? 15000000000 : 0, .n = 1 + (uint32_t)(rnd() % max_samples) };
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
	struct scan s = { .from = from, .to = to, .samples = samples, .spans = samples, .ids = ids,
		.row = digest_row, .ctx = &d };
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
		struct copying blob = { { m.parts.part[1].bytes.n, copying_read, copying_close },
			m.parts.part[1].bytes, 0 };
		struct err e;
		struct profiles_table *t = profiles_open(&blob.blob, limits[i], &e);
		unsigned reads = 0;

		assert_non_null(t);
		for (int round = 0; round < 3; round++) {
			uint64_t sum = 0;
			struct profiles_scan s = { .series = series, .n_series = MADE_SERIES, .from = INT64_MIN,
				.to = INT64_MAX, .samples = true, .spans = true, .ids = true,
				.row = count_samples, .ctx = &sum };

			assert_int_equal(profiles_scan(t, &s, &e), 0);
			if (first == 0)
				first = sum;
			assert_true(sum == first);
			if (round > 0 && i == 2)
				assert_int_equal(blob.reads, reads);    /* warm: nothing is read again */
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
	all = one = (struct copying){ { m.parts.part[1].bytes.n, copying_read, copying_close }, m.parts.part[1].bytes, 0 };
	for (uint32_t i = 0; i < MADE_SERIES; i++)
		series[i] = i;
	for (int i = 0; i < 2; i++) {
		uint64_t sum = 0;
		struct err e;
		struct profiles_table *t = profiles_open(i ? &one.blob : &all.blob, 1 << 28, &e);
		size_t before = profiles_bytes(t);
		struct profiles_scan s = { .series = series + (i ? 7 : 0), .n_series = i ? 1 : MADE_SERIES,
			.from = INT64_MIN, .to = INT64_MAX, .samples = true, .row = count_samples, .ctx = &sum };
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
	block_writer_series(w, &labels, 77);
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
	struct row r = { .series = 1, .n = 6, .stacks = (uint32_t[]){ 3, 1, 3, 2, 4, 3 },
		.values = (int64_t[]){ 10, 5, 20, 0, 2, 10 }, .time = INT64_C(1768471200000999999) }, got = { 0 };
	struct scan scan = { .from = INT64_MIN, .to = INT64_MAX, .samples = true, .spans = true, .row = only_row,
		.ctx = &got };
	struct arena *a = arena_new();
	struct series_list list;
	struct block *b;
	struct err e;

	(void)state;
	assert_int_equal(block_writer_series(w, &labels, 77), 1);
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
	assert_int_equal(list.p[0].fingerprint, 77);
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
	struct scan s = { .from = INT64_MIN, .to = INT64_MAX, .samples = true, .spans = true, .ids = true,
		.row = ignore_row, .ctx = &sum };

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
		for (size_t cut = 0; cut < m.parts.part[part].bytes.n;
		     cut += 1 + m.parts.part[part].bytes.n / 60) {
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
		cmocka_unit_test(test_golden_level1),
		cmocka_unit_test(test_golden_compacted),
		cmocka_unit_test(test_old_blocks),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_missing_part),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
