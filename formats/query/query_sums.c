/* query_sums.c - see query_sums.h */
#include "formats/query/query_sums.h"

#include "base/arith.h"
#include "base/cursor.h"
#include "formats/query/query_fold.h"

void sums_fini(struct sums *s)
{
	for (size_t i = 0; i < s->parts.n; i++)
		vec_free(&s->parts.p[i].values);
	vec_free(&s->parts);
}

/* Room for all stacks that the symbols have now. */
static void fit(struct sums_part *p)
{
	size_t n = p->symbols->nodes.n, had = p->values.n;

	if (n <= had)
		return;
	vec_reserve(&p->values, n - had);
	memset(p->values.p + had, 0, (n - had) * sizeof(*p->values.p));
	p->values.n = n;
}

static struct sums_part *part_of(struct sums *s, struct symbols *symbols, uint64_t id, uint64_t generation)
{
	struct sums_part *p = NULL;

	for (size_t i = 0; i < s->parts.n && p == NULL; i++)
		if (s->parts.p[i].generation == generation)
			p = &s->parts.p[i];
	if (p == NULL) {
		vec_push(&s->parts, ((struct sums_part){ symbols, id, generation, { 0 } }));
		p = &s->parts.p[s->parts.n - 1];
	}
	fit(p);
	return p;
}

static void add(int64_t *to, int64_t value)
{
	*to = wrap_add(*to, value);
}

static void add_part(struct sums *s, const struct fold_part *from)
{
	const struct shared_symbols *x = &from->shared;
	struct sums_part *p = part_of(s, x->symbols, x->id, x->generation);

	for (size_t r = 0; r < x->n_runs; r++) {
		size_t first = x->runs[r].first, end = r + 1 < x->n_runs ? x->runs[r + 1].first : from->n;
		int64_t *to = p->values.p + x->runs[r].is;

		for (size_t i = MAX(first, (size_t)1); i < end; i++)
			add(&to[i - first], from->sums[i]);
	}
}

int query_sums(struct sums *into, struct dataset *const *sets, size_t n, const struct query *q, struct err *e)
{
	struct arena *mem = arena_new();
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		struct fold f = { .shared = true };

		rc = fold_run(&f, mem, sets[i], q, e);
		for (uint32_t k = 0; rc == 0 && k < sets[i]->n_partitions; k++)
			if (f.parts[k].sums != NULL)
				add_part(into, &f.parts[k]);
		arena_reset(mem);
		dataset_rest(sets[i]);
	}
	arena_free(mem);
	return rc;
}

void sums_add(struct sums *into, const struct sums *from)
{
	for (size_t i = 0; i < from->parts.n; i++) {
		const struct sums_part *f = &from->parts.p[i];
		struct sums_part *p = part_of(into, f->symbols, f->id, f->generation);

		for (size_t k = 1; k < f->values.n; k++)
			add(&p->values.p[k], f->values.p[k]);
	}
}

void sums_tree(struct sums *s, struct tree *into)
{
	for (size_t i = 0; i < s->parts.n; i++)
		tree_add_symbols(into, s->parts.p[i].symbols, s->parts.p[i].values.p, s->parts.p[i].values.n);
}

/* ---- packed ---- */

static void pack_part(const struct sums_part *p, struct buf *out)
{
	size_t n = 0, last = 0;

	for (size_t i = 1; i < p->values.n; i++)
		n += p->values.p[i] != 0;
	buf_u64be(out, p->id);
	buf_u64be(out, p->generation);
	buf_uvarint(out, n);
	for (size_t i = 1; i < p->values.n; i++) {
		if (p->values.p[i] == 0)
			continue;
		buf_uvarint(out, i - last);
		buf_varint(out, p->values.p[i]);
		last = i;
	}
}

void sums_pack(const struct sums *s, struct buf *out)
{
	for (size_t i = 0; i < s->parts.n; i++)
		pack_part(&s->parts.p[i], out);
}

bool sums_unpack(struct sums *into, struct str bytes,
    struct symbols *(*find)(void *ctx, uint64_t id, uint64_t generation), void *ctx)
{
	struct cursor c = cursor_of(bytes);
	struct sums read = { 0 };
	bool all = true;

	while (all && cursor_left(&c) > 0) {
		uint64_t id = cursor_u64(&c), generation = cursor_u64(&c), n = cursor_uvarint(&c), at = 0;
		struct symbols *symbols = find(ctx, id, generation);
		struct sums_part *p = symbols != NULL ? part_of(&read, symbols, id, generation) : NULL;

		all = p != NULL;
		for (; all && n > 0; n--) {
			at += cursor_uvarint(&c);
			all = !c.bad && at < p->values.n;
			if (all)
				add(&p->values.p[at], cursor_varint(&c));
		}
	}
	if (all)
		sums_add(into, &read);
	sums_fini(&read);
	return all;
}
