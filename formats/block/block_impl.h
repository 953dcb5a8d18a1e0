/*
 * block_impl.h - an open block; for block_reader.c and block_check.c.
 */
#ifndef BLOCK_IMPL_H
#define BLOCK_IMPL_H

#include "base/map.h"
#include "base/vec.h"
#include "formats/block/block.h"
#include "formats/block/index.h"
#include "formats/block/profiles_table.h"
#include "formats/symbols/symbol_pools.h"
#include "formats/symbols/symdb.h"

/* A partition in a pool of symbols. */
struct pooled {
	uint64_t generation;  /* of the pool; 0: it is in none */
	struct sym_runs runs; /* what its stacks are there */
	uint32_t n;           /* stacks */
};

struct open_block {
	struct block face; /* first member */
	struct blobs *parts;
	struct arena *mem;        /* meta */
	struct page_cache *pages; /* of others too, or NULL */
	struct blob *index_blob;
	struct arena *index_mem; /* bytes of index.tsdb, where they are a copy */
	struct index *index;     /* these three: NULL until needed */
	struct profiles_table *profiles;
	struct label_views *views;
	struct symdb *symdb;
	struct symbols **symbols; /* per partition, NULL until needed */
	struct pooled *pooled;    /* per partition; NULL: nothing is shared */
	struct dataset_ops ops;   /* if something is */
	struct symbol_pools *pools;
	uint64_t owner, *now; /* of pools */
	const uint64_t *ids;  /* of partitions */
	struct map by_id;
	VEC(uint32_t) wanted; /* scratch of scans */
	VEC(uint32_t) nodes;
};

static inline struct open_block *open_block_of(struct dataset *d)
{
	return CONTAINER_OF(d, struct open_block, face.set);
}

/* Opened and kept on first use. */
int block_index(struct open_block *b, struct index **out, struct err *e);
int block_profiles(struct open_block *b, struct profiles_table **out, struct err *e);
int block_symbols(struct open_block *b, uint32_t partition, struct symbols **out, struct err *e);
/* A part by the last element of its path, or *out = NULL when the block has none. */
int block_part(struct open_block *b, struct str base, struct blob **out, struct err *e);
/* Number of the partition with this id; false: there is none. */
bool block_partition_of(const struct open_block *b, uint64_t id, uint32_t *out);

#endif
