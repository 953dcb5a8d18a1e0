/*
 * query_sums.h - what a question selects of many sets that share symbols (dataset_ops.shared), as sums by stack. Sums of other
 * sets are added by number; a tree or a profile is made when all is there.
 *
 *	struct sums s = { 0 };
 *	rc = query_sums(&s, sets, n, &q, e);
 *	sums_tree(&s, tree); or sums_profile(a, &s, &opts, &profile);
 *	sums_fini(&s);
 *
 * Sums are good as long as the symbols are that they are of.
 */
#ifndef QUERY_SUMS_H
#define QUERY_SUMS_H

#include "base/vec.h"
#include "formats/query/query.h"

struct sums_part {
	struct symbols *symbols;
	uint64_t id, generation; /* struct shared_symbols */
	VEC(int64_t) values;     /* by stack; stacks that are newer than the last that was added have none */
};

struct sums {
	VEC(struct sums_part) parts;
};

void sums_fini(struct sums *s);
/* Adds what the question, which is without spans, profile ids and a call site, finds in the sets. */
int query_sums(struct sums *into, struct dataset *const *sets, size_t n, const struct query *q, struct err *e);
void sums_add(struct sums *into, const struct sums *from);

void sums_tree(struct sums *s, struct tree *into);
/* o: without max_nodes and go_pgo. */
void sums_profile(struct arena *a, struct sums *s, const struct query_profile_opts *o, struct merged_profile *out);

/* For the one who made them: of each part u64 id, u64 generation, uvarint(sums), then of each uvarint(distance) varint(value). */
void sums_pack(const struct sums *s, struct buf *out);
/* Adds them, if all symbols are still there; find: NULL: those are not. Returns false if so. */
bool sums_unpack(struct sums *into, struct str bytes,
    struct symbols *(*find)(void *ctx, uint64_t id, uint64_t generation), void *ctx);

#endif
