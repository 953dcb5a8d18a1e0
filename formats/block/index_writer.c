/*
 * index_writer.c - index.tsdb from series in order.
 */
#include "formats/block/index.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/vec.h"

enum {
	SERIES_ALIGN = 16,
	POSTINGS_ALIGN = 4,
	FINGERPRINT_EVERY = 1024,
};
#define INDEX_MAX (UINT64_C(16) << 32)

struct entry {
	struct labels labels;
	uint64_t fingerprint;
	int64_t from, through;
	uint32_t ref;
};

/* A label pair that occurs: symbols before they are sorted, and its postings. */
struct pair {
	uint32_t name, value;
	uint32_t n;      /* series */
	uint64_t first;  /* in members */
	uint64_t offset; /* of the list in the file */
};

struct index_writer {
	VEC(struct entry) series;

	/* Made by finish. */
	VEC(struct str) symbols;
	VEC(uint32_t) rank; /* of a symbol among the sorted ones */
	VEC(uint32_t) sorted;
	struct map symbol_at;
	VEC(struct pair) pairs;
	struct map pair_at;
	VEC(uint32_t) series_pairs; /* of all series, one after another */
	VEC(uint32_t) members;      /* refs of all pairs, one after another */
	VEC(uint32_t) order;        /* of pairs */
	size_t base;                /* where the file starts in out */
	struct buf *out;
	struct {
		uint64_t symbols, series, labels, labels_table, postings, postings_table;
		uint64_t fingerprints;
	} toc;
	int64_t from, through;
	uint64_t all_offset;
};

struct index_writer *index_writer_new(void)
{
	return mem_zalloc(sizeof(struct index_writer));
}

void index_writer_free(struct index_writer *w)
{
	if (w == NULL)
		return;
	vec_free(&w->series);
	vec_free(&w->symbols);
	vec_free(&w->rank);
	vec_free(&w->sorted);
	map_fini(&w->symbol_at);
	vec_free(&w->pairs);
	map_fini(&w->pair_at);
	vec_free(&w->series_pairs);
	vec_free(&w->members);
	vec_free(&w->order);
	mem_free(w);
}

int index_writer_add(struct index_writer *w, const struct labels *labels, uint64_t fingerprint, int64_t from,
    int64_t through, struct err *e)
{
	if (w->series.n > 0 && labels_cmp(&w->series.p[w->series.n - 1].labels, labels) >= 0)
		return err_set(e, ERR_INVALID, "index: series %zu does not follow the one before it", w->series.n);
	if (from > through)
		return err_set(e, ERR_INVALID, "index: series %zu ends before it starts", w->series.n);
	if (w->series.n == UINT32_MAX)
		return err_set(e, ERR_LIMIT, "index: more than %u series", UINT32_MAX);
	vec_push(&w->series, ((struct entry){ *labels, fingerprint, from, through, 0 }));
	return 0;
}

uint32_t index_writer_count(const struct index_writer *w)
{
	return (uint32_t)w->series.n;
}

static uint32_t symbol(struct index_writer *w, struct str s)
{
	uint64_t hash = hash_seeded(s);
	struct map_at at = map_find(&w->symbol_at, hash);
	uint32_t i;

	while (map_next(&at, &i))
		if (str_eq(w->symbols.p[i], s))
			return i;
	i = (uint32_t)w->symbols.n;
	vec_push(&w->symbols, s);
	map_put(&w->symbol_at, hash, i);
	return i;
}

static uint32_t pair(struct index_writer *w, uint32_t name, uint32_t value)
{
	uint64_t hash = hash_mix((uint64_t)name << 32 | value, 1);
	struct map_at at = map_find(&w->pair_at, hash);
	uint32_t i;

	while (map_next(&at, &i))
		if (w->pairs.p[i].name == name && w->pairs.p[i].value == value)
			return i;
	i = (uint32_t)w->pairs.n;
	vec_push(&w->pairs, ((struct pair){ .name = name, .value = value }));
	map_put(&w->pair_at, hash, i);
	return i;
}

static void collect(struct index_writer *w)
{
	for (size_t i = 0; i < w->series.n; i++) {
		const struct labels *l = &w->series.p[i].labels;

		for (uint32_t k = 0; k < l->n; k++) {
			uint32_t name = symbol(w, l->p[k].name), value = symbol(w, l->p[k].value);
			uint32_t at = pair(w, name, value);

			w->pairs.p[at].n++;
			vec_push(&w->series_pairs, at);
		}
	}
}

static int cmp_symbols(const void *a, const void *b, void *ctx)
{
	const struct str *s = ctx;
	const uint32_t *x = a, *y = b;

	return str_cmp(s[*x], s[*y]);
}

static int cmp_pairs(const void *a, const void *b, void *ctx)
{
	const struct index_writer *w = ctx;
	const uint32_t *i = a, *j = b;
	const struct pair *x = &w->pairs.p[*i], *y = &w->pairs.p[*j];
	uint32_t p = w->rank.p[x->name], q = w->rank.p[y->name];

	if (p == q) {
		p = w->rank.p[x->value];
		q = w->rank.p[y->value];
	}
	return p < q ? -1 : p > q;
}

static void sort(struct index_writer *w)
{
	for (uint32_t i = 0; i < w->symbols.n; i++)
		vec_push(&w->sorted, i);
	for (uint32_t i = 0; i < w->pairs.n; i++)
		vec_push(&w->order, i);
	if (w->sorted.n > 0)
		qsort_r(w->sorted.p, w->sorted.n, sizeof(*w->sorted.p), cmp_symbols, w->symbols.p);
	vec_reserve(&w->rank, w->symbols.n);
	for (uint32_t i = 0; i < w->sorted.n; i++)
		w->rank.p[w->sorted.p[i]] = i;
	if (w->order.n > 0)
		qsort_r(w->order.p, w->order.n, sizeof(*w->order.p), cmp_pairs, w);
}

static uint64_t here(const struct index_writer *w)
{
	return w->out->n - w->base;
}

static void align(struct index_writer *w, size_t to)
{
	buf_fill(w->out, '\0', (to - here(w) % to) % to);
}

/* A section with a length in front and a checksum behind: returns its start, for section_end. */
static size_t section_begin(struct index_writer *w)
{
	buf_u32be(w->out, 0);
	return w->out->n;
}

static int section_end(struct index_writer *w, size_t start, struct err *e)
{
	struct buf *b = w->out;
	size_t n = b->n - start;

	if (buf_check(b, "index.tsdb", e) < 0)
		return -1;
	if (n > UINT32_MAX)
		return err_set(e, ERR_LIMIT, "index: a section of %zu bytes, at most %u fit", n, UINT32_MAX);
	for (int i = 0; i < 4; i++)
		b->p[start - 4 + (size_t)i] = (char)(n >> (24 - 8 * i));
	buf_u32be(b, crc32c(0, str_of(b->p + start, n)));
	return 0;
}

static int write_symbols(struct index_writer *w, struct err *e)
{
	size_t start;

	w->toc.symbols = here(w);
	start = section_begin(w);
	buf_u32be(w->out, (uint32_t)w->sorted.n);
	for (size_t i = 0; i < w->sorted.n; i++) {
		struct str s = w->symbols.p[w->sorted.p[i]];

		buf_uvarint(w->out, s.n);
		buf_add(w->out, s);
	}
	return section_end(w, start, e);
}

static void series_body(const struct index_writer *w, const struct entry *s, uint32_t number, const uint32_t *pairs,
    struct buf *body)
{
	buf_reset(body);
	buf_u64be(body, s->fingerprint);
	buf_uvarint(body, s->labels.n);
	for (uint32_t k = 0; k < s->labels.n; k++) {
		buf_uvarint(body, w->rank.p[w->pairs.p[pairs[k]].name]);
		buf_uvarint(body, w->rank.p[w->pairs.p[pairs[k]].value]);
	}
	buf_uvarint(body, 1);
	buf_varint(body, s->from);
	buf_uvarint(body, (uint64_t)s->through - (uint64_t)s->from);
	buf_uvarint(body, 0);
	buf_uvarint(body, number);
	buf_u32be(body, 0);
}

static void write_series(struct index_writer *w)
{
	const uint32_t *pairs = w->series_pairs.p;
	struct buf body;

	w->toc.series = here(w);
	w->from = w->series.n ? INT64_MAX : 0;
	w->through = w->series.n ? INT64_MIN : 0;
	buf_init(&body, SIZE_MAX);
	for (uint32_t i = 0; i < w->series.n; i++) {
		struct entry *s = &w->series.p[i];

		align(w, SERIES_ALIGN);
		s->ref = (uint32_t)(here(w) / SERIES_ALIGN);
		series_body(w, s, i, pairs, &body);
		buf_uvarint(w->out, body.n);
		buf_add(w->out, buf_str(&body));
		buf_u32be(w->out, crc32c(0, buf_str(&body)));
		pairs += s->labels.n;
		w->from = MIN(w->from, s->from);
		w->through = MAX(w->through, s->through);
	}
	buf_fini(&body);
}

/* Which series each pair has: ascending, because series are visited in order. */
static void collect_members(struct index_writer *w)
{
	const uint32_t *pairs = w->series_pairs.p;
	uint64_t at = 0;

	for (size_t i = 0; i < w->pairs.n; i++) {
		w->pairs.p[i].first = at;
		at += w->pairs.p[i].n;
		w->pairs.p[i].n = 0;
	}
	vec_reserve(&w->members, at);
	for (size_t i = 0; i < w->series.n; i++)
		for (uint32_t k = 0; k < w->series.p[i].labels.n; k++) {
			struct pair *p = &w->pairs.p[*pairs++];

			w->members.p[p->first + p->n++] = w->series.p[i].ref;
		}
}

static int write_postings(struct index_writer *w, struct err *e)
{
	size_t start;

	align(w, POSTINGS_ALIGN);
	w->all_offset = here(w);
	start = section_begin(w);
	buf_u32be(w->out, (uint32_t)w->series.n);
	for (size_t i = 0; i < w->series.n; i++)
		buf_u32be(w->out, w->series.p[i].ref);
	if (section_end(w, start, e) < 0)
		return -1;
	for (size_t i = 0; i < w->order.n; i++) {
		struct pair *p = &w->pairs.p[w->order.p[i]];

		align(w, POSTINGS_ALIGN);
		p->offset = here(w);
		start = section_begin(w);
		buf_u32be(w->out, p->n);
		for (uint32_t k = 0; k < p->n; k++)
			buf_u32be(w->out, w->members.p[p->first + k]);
		if (section_end(w, start, e) < 0)
			return -1;
	}
	return 0;
}

static void table_entry(struct buf *b, struct str name, struct str value, uint64_t offset)
{
	buf_uvarint(b, 2);
	buf_uvarint(b, name.n);
	buf_add(b, name);
	buf_uvarint(b, value.n);
	buf_add(b, value);
	buf_uvarint(b, offset);
}

static int write_tables(struct index_writer *w, struct err *e)
{
	size_t start;

	w->toc.labels_table = here(w);
	start = section_begin(w);
	buf_u32be(w->out, 0);
	if (section_end(w, start, e) < 0)
		return -1;
	w->toc.postings_table = here(w);
	start = section_begin(w);
	buf_u32be(w->out, (uint32_t)w->pairs.n + 1);
	table_entry(w->out, STR(""), STR(""), w->all_offset);
	for (size_t i = 0; i < w->order.n; i++) {
		const struct pair *p = &w->pairs.p[w->order.p[i]];

		table_entry(w->out, w->symbols.p[p->name], w->symbols.p[p->value], p->offset);
	}
	if (section_end(w, start, e) < 0)
		return -1;
	w->toc.fingerprints = here(w);
	start = section_begin(w);
	buf_u32be(w->out, (uint32_t)((w->series.n + FINGERPRINT_EVERY - 1) / FINGERPRINT_EVERY));
	for (size_t i = 0; i < w->series.n; i += FINGERPRINT_EVERY) {
		buf_u64be(w->out, w->series.p[i].ref);
		buf_u64be(w->out, w->series.p[i].fingerprint);
	}
	return section_end(w, start, e);
}

static void write_toc(struct index_writer *w)
{
	size_t start = w->out->n;

	buf_u64be(w->out, w->toc.symbols);
	buf_u64be(w->out, w->toc.series);
	buf_u64be(w->out, w->toc.labels);
	buf_u64be(w->out, w->toc.labels_table);
	buf_u64be(w->out, w->toc.postings);
	buf_u64be(w->out, w->toc.postings_table);
	buf_u64be(w->out, w->toc.fingerprints);
	buf_u64be(w->out, (uint64_t)w->from);
	buf_u64be(w->out, (uint64_t)w->through);
	if (!w->out->over)
		buf_u32be(w->out, crc32c(0, str_of(w->out->p + start, w->out->n - start)));
}

int index_writer_finish(struct index_writer *w, struct buf *out, struct err *e)
{
	w->out = out;
	w->base = out->n;
	collect(w);
	sort(w);
	buf_add(out, STR("\xba\xaa\xd7\x00\x02"));
	if (write_symbols(w, e) < 0)
		return -1;
	write_series(w);
	if (here(w) > INDEX_MAX)
		return err_set(e, ERR_LIMIT, "index: series of %llu bytes, at most %llu fit",
		    (unsigned long long)here(w), (unsigned long long)INDEX_MAX);
	w->toc.labels = w->toc.postings = here(w);
	collect_members(w);
	if (write_postings(w, e) < 0 || write_tables(w, e) < 0)
		return -1;
	write_toc(w);
	return buf_check(out, "index.tsdb", e);
}
