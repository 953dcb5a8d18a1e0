/*
 * Journal records into a head: u16 length (little endian) and a record, again
 * and again, up to the first that is refused. Then everything is asked of the
 * head: what rows name must be there.
 */
#include "base/mem.h"
#include "formats/head/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(bool ok)
{
	if (!ok)
		__builtin_trap();
}

struct seen {
	struct head *h;
	uint64_t rows, samples;
	uint32_t series;
};

static int one_row(void *ctx, const struct row *row, struct err *e)
{
	struct seen *s = ctx;
	struct symbols *sym;
	uint32_t stack[64];
	int64_t total = 0;

	check(row->partition < s->h->set.n_partitions && row->series < s->series);
	check(dataset_symbols(&s->h->set, row->partition, &sym, e) == 0);
	for (uint32_t i = 0; i < row->n; i++) {
		uint32_t depth = symbols_stack(sym, row->stacks[i], stack, ARRAY_LEN(stack));

		check(row->stacks[i] < sym->nodes.n);
		for (uint32_t k = 0; k < MIN(depth, (uint32_t)ARRAY_LEN(stack)); k++)
			check(stack[k] < sym->locations.n);
		total = (int64_t)((uint64_t)total + (uint64_t)row->values[i]);
	}
	check(total == row->total);
	s->rows++;
	s->samples += row->n;
	return 0;
}

static void ask(struct head *h)
{
	struct seen seen = { .h = h, .series = head_series(h) };
	struct scan s = { .from = INT64_MIN,
		.to = INT64_MAX,
		.samples = true,
		.spans = true,
		.ids = true,
		.row = one_row,
		.ctx = &seen };
	struct arena *a = arena_new();
	struct series_list list;
	struct err e;

	check(dataset_series(&h->set, a, NULL, &list, &e) == 0);
	s.series = list.p;
	s.n_series = list.n;
	check(dataset_scan(&h->set, &s, &e) == 0);
	check(seen.rows == h->n_rows && seen.samples == h->n_samples);
	for (uint32_t i = 0; i < h->set.n_partitions; i++) {
		struct symbols *sym;

		check(dataset_symbols(&h->set, i, &sym, &e) == 0);
	}
	arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct head *h = head_new();
	size_t at = 0;
	struct err e;

	while (n - at >= 2) {
		size_t size = MIN((size_t)p[at] | (size_t)p[at + 1] << 8, n - at - 2);
		char *record = mem_alloc(size ? size : 1);
		int rc;

		/* A copy of its own, so that reading past its end is seen. */
		memcpy(record, p + at + 2, size);
		rc = head_replay(h, str_of(record, size), &e);
		mem_free(record);
		at += 2 + size;
		if (rc < 0) {
			check(e.kind == ERR_CORRUPT);
			break;
		}
	}
	ask(h);
	head_free(h);
	return 0;
}
