/*
 * local_blocks.h - which blocks lie on the disk of this machine:
 * <data>/<tenant>/local/<ULID>/. Found at start, added by cuts, forgotten by
 * retention before their files go. Owned by one thread.
 */
#ifndef LOCAL_BLOCKS_H
#define LOCAL_BLOCKS_H

#include "base/arena.h"
#include "base/vec.h"
#include "formats/ulid.h"

struct local_block {
	struct str tenant; /* in local_blocks.mem, as long as that lives */
	struct ulid id;
};

struct local_blocks {
	struct arena *mem;
	VEC(struct str) tenants;
	VEC(struct local_block) v;
};

void local_blocks_init(struct local_blocks *l);
void local_blocks_fini(struct local_blocks *l); /* accepts zeros */
/* What lies below the data folder; what an unfinished cut left there is removed. */
int local_blocks_load(struct local_blocks *l, const char *data, struct err *e);
void local_blocks_add(struct local_blocks *l, struct str tenant, struct ulid id);
void local_blocks_forget(struct local_blocks *l, const struct local_block *b);
/* Those of the tenant, ascending; mem_free(*out). */
size_t local_blocks_of(const struct local_blocks *l, struct str tenant, struct ulid **out);

#endif
