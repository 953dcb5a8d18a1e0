/*
 * blobs.h - sets of named blobs (base/stream.h): the files of a folder, the
 * members of an archive in memory; and the search for folders that are such a
 * set because they hold a certain file.
 *
 *	struct blobs *s = blobs_folder("blocks/01KF0HJ0803N2PGHJQK4ANKZJ7", e);
 *	struct blob *b = s ? blobs_open(s, STR("symbols/index.symdb"), e) : NULL;
 *	...
 *	blob_close(b);
 *	blobs_close(s);
 *
 * One thread at a time for each set. Files are mapped (see blob_file_at):
 * only for files that are replaced by rename.
 */
#ifndef BLOBS_H
#define BLOBS_H

#include "base/stream.h"

enum { BLOBS_MAX_DEPTH = 8 };

/* The regular files at and below a folder, which are opened by its path: no descriptor stays open. Names that lead out of it (/x, ../x) are ERR_INVALID. */
struct blobs *blobs_folder(const char *path, struct err *e);

/* An empty set in memory. */
struct blobs *blobs_mem(void);
/* For sets of blobs_mem only. name and bytes are borrowed; a, which they may live in, is freed with the set (may be
   NULL). Of equal names the first one counts. */
void blobs_mem_add(struct blobs *s, struct arena *a, struct str name, struct str bytes);

/*
 * Gives fn each folder that has a file `mark`: path itself, or those below it
 * down to `depth` levels (at most BLOBS_MAX_DEPTH), in order of their names.
 * What is below such a folder is not searched, nor are names that begin with
 * a dot. fn owns the set; -1 ends the search. *found (may be NULL) counts them.
 */
int blobs_each(const char *path, const char *mark, unsigned depth,
    int (*fn)(void *ctx, const char *path, struct blobs *s, struct err *e), void *ctx, uint32_t *found, struct err *e);

#endif
