/*
 * found.h - what a path leads to: blocks (a folder, below a folder of blocks,
 * a data folder or a bucket, in an archive or block stream), journals (below
 * a data folder), or one file of a block or journal, told by its first bytes.
 * index.symdb and stacktraces.symdb stand for the folder that they lie in.
 *
 *	static int one(void *ctx, struct found *f, struct err *e) { ... }
 *	found_each("blocks/", NULL, one, ctx, e);
 */
#ifndef FOUND_H
#define FOUND_H

#include "base/stream.h"
#include "formats/block/blockpath.h"

enum found_kind {
	FOUND_BLOCK,
	FOUND_SYMDB, /* the folder symbols/ of an older block */
	FOUND_META,
	FOUND_INDEX,
	FOUND_PARQUET,
	FOUND_SYMBOLS,
	FOUND_JOURNAL,
	FOUND_SYMDB_INDEX, /* index.symdb without its neighbours */
};

struct found {
	enum found_kind kind;
	const char *path;     /* of the folder or file, or the name within a stream */
	struct block_path at; /* read off the path; of blocks */
	struct blobs *parts;  /* of FOUND_BLOCK and FOUND_SYMDB */
	struct str bytes;     /* of the others: the whole file */
};

/*
 * path "-" is standard input. only: of blocks in a stream keep this part
 * alone; NULL = all. What is found is freed after fn returns; fn may take
 * parts (set it to NULL). ERR_NOTFOUND when there is nothing
 * where path leads.
 */
int found_each(const char *path, const char *only, int (*fn)(void *ctx, struct found *f, struct err *e), void *ctx,
    struct err *e);

#endif
