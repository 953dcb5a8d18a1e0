/*
 * block_fixture.h - what tests of blocks share: the rows of a block as
 * numbers that can be compared, whatever the order and the numbering.
 */
#ifndef BLOCK_FIXTURE_H
#define BLOCK_FIXTURE_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "formats/block/block.h"
#include "io/blobs.h"

/* Last: its macros fail and skip are names of ours. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

struct digest {
	uint64_t key, samples; /* key: labels, time and so on; samples: a sum, so order does not count */
};

struct digests {
	struct dataset *set;
	struct arena *mem;
	uint64_t *series; /* hash of labels, by number */
	VEC(struct digest) rows;
	bool ids, samples;
};

static inline uint64_t hash_text(struct buf *b)
{
	return hash_xxh64(buf_str(b), 0);
}

/* A stack in words: numbers differ from block to block. */
static inline uint64_t stack_hash(const struct symbols *s, uint32_t id)
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

static inline int digest_row(void *ctx, const struct row *r, struct err *e)
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

static inline int digest_cmp(const void *a, const void *b)
{
	const struct digest *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->samples < y->samples ? -1 : x->samples > y->samples;
}

/* The rows of a dataset within these times, as numbers. */
static inline struct digests digest_set(struct dataset *set, int64_t from, int64_t to)
{
	struct digests d = { .set = set, .mem = arena_new(), .ids = true, .samples = true };
	struct scan
	    s = { .from = from, .to = to, .samples = true, .spans = true, .ids = true, .row = digest_row, .ctx = &d };
	struct series_list list;
	struct err e;

	assert_int_equal(dataset_series(set, d.mem, NULL, &list, &e), 0);
	s.series = list.p;
	s.n_series = list.n;
	d.series = arena_zarray(d.mem, list.n ? list.p[list.n - 1].number + 1 : 1, sizeof(*d.series));
	for (uint32_t i = 0; i < list.n; i++)
		d.series[list.p[i].number] = labels_hash(&list.p[i].labels) + list.p[i].fingerprint;
	assert_int_equal(dataset_scan(set, &s, &e), 0);
	return d;
}

/* All rows of a block, in an order that does not depend on it. */
static inline struct digests digest_block(struct block *b)
{
	struct digests d = digest_set(&b->set, INT64_MIN, INT64_MAX);

	if (d.rows.n > 1)
		qsort(d.rows.p, d.rows.n, sizeof(*d.rows.p), digest_cmp);
	return d;
}

static inline void digests_fini(struct digests *d)
{
	vec_free(&d->rows);
	arena_free(d->mem);
}

static inline void say(void *ctx, const char *problem)
{
	(void)ctx;
	print_message("%s\n", problem);
}

static inline uint32_t problems_of(struct block *b)
{
	struct err e;
	uint32_t n;

	assert_int_equal(block_check(b, say, NULL, &n, &e), 0);
	return n;
}

static inline struct blobs *parts_blobs(const struct block_parts *p)
{
	struct blobs *s = blobs_mem();

	for (uint32_t i = 0; i < p->n_parts; i++)
		blobs_mem_add(s, NULL, p->part[i].name, p->part[i].bytes);
	return s;
}

static inline struct block *open_parts(const struct block_parts *p)
{
	struct err e;
	struct block *b = block_open(parts_blobs(p), &e);

	if (b == NULL)
		print_message("%s\n", e.msg);
	assert_non_null(b);
	return b;
}

/* Two blocks are the same, part by part. */
static inline void same_bytes(const struct block_parts *a, const struct block_parts *b)
{
	assert_int_equal(a->n_parts, b->n_parts);
	for (uint32_t i = 0; i < a->n_parts; i++) {
		assert_true(str_eq(a->part[i].name, b->part[i].name));
		assert_true(str_eq(a->part[i].bytes, b->part[i].bytes));
	}
}

#endif
