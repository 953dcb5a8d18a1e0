/*
 * sums_fixture.h - for tests of rows that come as one: blocks whose rows are known by formulas, and scans of them against the
 * sums of that. Rows are one a second from 0; stack s of a symbol table is a frame at line s; partitions are 7 and 8.
 */
#ifndef SUMS_FIXTURE_H
#define SUMS_FIXTURE_H

#include "tests/lib/block_fixture.h"

enum { SUMS_SERIES = 5, SUMS_STACKS = 2600 };

struct sums_set {
	uint32_t lengths[SUMS_SERIES], stacks;        /* rows of each series; stacks from 1 on, at most SUMS_STACKS */
	bool (*moved)(uint32_t series, uint32_t row); /* it is in the second partition */
	int64_t (*value)(uint32_t series, uint32_t row, uint32_t stack); /* 0: the row does not have it */
};

static inline struct symbols *sums_symbols(uint64_t partition, uint32_t stacks)
{
	struct symbols *s = symbols_new(partition);
	uint32_t f = symbols_add_function(s, &(struct sym_function){ .name = symbols_add_string(s, STR("main")) });

	symbols_add_mapping(s, &(struct sym_mapping){ 0 });
	for (uint32_t i = 1; i <= stacks; i++) {
		struct sym_line line = { f, i };

		symbols_add_node(s, 0, symbols_add_location(s, &(struct sym_location){ .n_lines = 1 }, &line));
	}
	return s;
}

static inline void sums_add_row(const struct sums_set *x, struct block_writer *w, uint32_t series, uint32_t k)
{
	uint32_t stacks[SUMS_STACKS];
	int64_t values[SUMS_STACKS];
	struct row r = { .series = series,
		.partition = x->moved(series, k),
		.time = k * NS_PER_S,
		.stacks = stacks,
		.values = values };

	for (uint32_t s = 1; s <= x->stacks; s++) {
		int64_t v = x->value(series, k, s);

		if (v == 0)
			continue;
		stacks[r.n] = s;
		values[r.n++] = v;
		r.total += v;
	}
	block_writer_row(w, &r);
}

static inline void sums_make(const struct sums_set *x, struct block_parts *out)
{
	struct block_writer *w = block_writer_new();
	struct symbols *s[2] = { sums_symbols(7, x->stacks), sums_symbols(8, x->stacks) };
	struct err e;

	for (int i = 0; i < SUMS_SERIES; i++) {
		char pod[] = { (char)('0' + i), 0 };
		struct label l = { STR("pod"), str_cstr(pod) };
		struct labels labels = { &l, 1 };

		block_writer_series(w, &labels, labels_hash(&labels));
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(block_writer_partition(w, s[i]), i);
	for (uint32_t i = 0; i < SUMS_SERIES; i++)
		for (uint32_t k = 0; k < x->lengths[i]; k++)
			sums_add_row(x, w, i, k);
	assert_int_equal(block_writer_finish(w, ulid_make(1000, (const uint8_t[10]){ 9 }), out, &e), 0);
	block_writer_free(w);
	symbols_free(s[0]);
	symbols_free(s[1]);
}

/* By series, partition and line of the stack's only frame. */
typedef int64_t sums_table[SUMS_SERIES][2][SUMS_STACKS + 1];

struct sums_given {
	struct dataset *set;
	sums_table sum;
	unsigned rows;
};

static inline int sums_give(void *ctx, const struct row *r, struct err *e)
{
	struct sums_given *g = ctx;
	struct symbols *s;

	if (dataset_symbols(g->set, r->partition, &s, e) < 0)
		return -1;
	g->rows++;
	for (uint32_t i = 0; i < r->n; i++) {
		uint32_t line = s->lines.p[s->locations.p[s->nodes.p[r->stacks[i]].location].first_line].line;

		g->sum[r->series][s->partition == 8][line] += r->values[i];
	}
	return 0;
}

/* A scan of all series that has begun. */
struct sums_scan {
	struct arena *a;
	struct scan s;
	struct sums_given *got;
};

static inline void sums_begin(struct sums_scan *x, struct dataset *set, uint32_t from, uint32_t to, bool summed,
    struct scan_piece *piece)
{
	struct series_list list;
	struct err e;

	*x = (struct sums_scan){ .a = arena_new() };
	x->got = arena_zalloc(x->a, sizeof(*x->got));
	x->got->set = set;
	assert_int_equal(dataset_series(set, x->a, NULL, &list, &e), 0);
	x->s = (struct scan){ .series = list.p,
		.n_series = list.n,
		.from = from * NS_PER_S,
		.to = to * NS_PER_S,
		.samples = true,
		.summed = summed,
		.piece = piece,
		.row = sums_give,
		.ctx = x->got };
	assert_int_equal(dataset_scan(set, &x->s, &e), 0);
}

/* The sums are those of the rows; returns in how many they came. */
static inline unsigned sums_end(struct sums_scan *x, const struct sums_set *set)
{
	sums_table *want = arena_zalloc(x->a, sizeof(*want));
	unsigned rows = x->got->rows;

	for (uint32_t i = 0; i < SUMS_SERIES; i++)
		for (int64_t k = x->s.from / NS_PER_S; k < set->lengths[i] && k <= x->s.to / NS_PER_S; k++)
			for (uint32_t s = 1; s <= set->stacks; s++)
				(*want)[i][set->moved(i, (uint32_t)k)][s] += set->value(i, (uint32_t)k, s);
	assert_memory_equal(x->got->sum, *want, sizeof(*want));
	arena_free(x->a);
	return rows;
}

#endif
