/*
 * publish.h - blocks on disk: written under a temporary name, made visible by
 * a rename. Used by the cutter and by the filter.
 */
#ifndef PUBLISH_H
#define PUBLISH_H

#include "formats/block/block.h"

/* Writes and syncs <dir>/.tmp-<ULID>/ with all parts. dir exists. Nothing is left of it on failure. */
int publish_write(int dir, const struct block_parts *b, struct err *e);
/* .tmp-<ULID> -> <ULID>, durably. A block of that name stays, and the temporary one goes. */
int publish_name(int dir, struct ulid id, struct err *e);
/* Removes .tmp-<ULID>; absent is no error. */
int publish_drop(int dir, struct ulid id, struct err *e);
/* Removes .tmp-* folders. */
int publish_tidy(int dir, struct err *e);

#endif
