/*
 * commit.h - the commit file of a cut; see cutter.h for its text. Its
 * existence decides: with it the blocks count, without it the journals.
 */
#ifndef COMMIT_H
#define COMMIT_H

#include "base/vec.h"
#include "formats/ulid.h"

struct commit_block {
	struct str tenant;
	struct ulid id;
};

struct commit {
	VEC(struct commit_block) blocks;
	VEC(struct str) journals, damaged; /* damaged ones are kept under another name */
};

void commit_fini(struct commit *c);
/*
 * Makes the cut valid: after this the rows are in the blocks. On failure the
 * file may be there or not: commit_cancel before anything else.
 */
int commit_write(int journal_dir, const char *name, const struct commit *c, struct err *e);
/* Takes back a file whose writing failed, durably. */
int commit_cancel(int journal_dir, const char *name, struct err *e);
/* Removes the blocks that are still under temporary names. */
int commit_drop_blocks(const char *data, const struct commit *c, struct err *e);
/* Does what is left to do, any number of times: names blocks, removes journals, then the file. */
int commit_finish(const char *data, int journal_dir, const char *name, struct err *e);
/* Renames a damaged journal to <name>.broken, durably; that it is gone is no error. */
int commit_keep_aside(int journal_dir, struct str name, struct err *e);
/* <data>/<tenant>/local, made if missing. */
int commit_tenant_dir(const char *data, struct str tenant, struct err *e);

#endif
