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
	VEC(struct str) journals;
};

void commit_fini(struct commit *c);
/* Makes the cut valid: after this the rows are in the blocks. */
int commit_write(int journal_dir, const char *name, const struct commit *c, struct err *e);
/* Does what is left to do, any number of times: names blocks, removes journals, then the file. */
int commit_finish(const char *data, int journal_dir, const char *name, struct err *e);
/* <data>/<tenant>/local, made if missing. */
int commit_tenant_dir(const char *data, struct str tenant, struct err *e);

#endif
