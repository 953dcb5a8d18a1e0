/*
 * publish.h - blocks on disk: written under a temporary name, made visible by
 * a rename. Used by the cutter and by the filter.
 *
 *	if (publish_begin(&p, dir, id, e) < 0) return -1;
 *	rc = cut_block_to(..., &p.sink, ...);
 *	rc = publish_end(&p, true, rc, e);
 *	... publish_name(dir, id, e) ...
 */
#ifndef PUBLISH_H
#define PUBLISH_H

#include "formats/block/block.h"

struct publish {
	struct block_sink sink; /* first member: parts become files, each synced when it is closed */
	uint64_t bytes;         /* of all parts so far */

	int dir, folder, fd;
	struct ulid id;
	char name[64]; /* of the file that is open */
	struct sink file;
};

/* An empty folder <dir>/.tmp-<ULID>/. dir exists and stays open. */
int publish_begin(struct publish *p, int dir, struct ulid id, struct err *e);
/*
 * rc: of what wrote the parts. If it is 0 and the block is whole, the folder is
 * synced; else nothing is left of it. Returns what comes of it; errors tell the block.
 */
int publish_end(struct publish *p, bool whole, int rc, struct err *e);
/* .tmp-<ULID> -> <ULID>, durably. A block of that name stays, and the temporary one goes. */
int publish_name(int dir, struct ulid id, struct err *e);
/* Removes .tmp-<ULID>; absent is no error. */
int publish_drop(int dir, struct ulid id, struct err *e);
/* Removes .tmp-* folders. */
int publish_tidy(int dir, struct err *e);

#endif
