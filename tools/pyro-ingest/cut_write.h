/*
 * cut_write.h - batches into blocks, on a pool thread: the blocks under
 * temporary names, then the commit file, then names and removals. See
 * cutter.h for the order and doc/design/commit-file.md for the reasons.
 *
 *	w->generation = ...; w->wall = ...;
 *	if (cut_write_run(w, batches.p, batches.n, e) == 0) ... cut_write_reset(w);
 *
 * A run that fails with w->committed is done again with the same batches, and
 * only its last steps are. One that fails without took everything back, or
 * keeps what it could not take back for the beginning of the next run.
 */
#ifndef CUT_WRITE_H
#define CUT_WRITE_H

#include "tools/pyro-ingest/commit.h"
#include "tools/pyro-ingest/cut_batch.h"

struct cut_write {
	const char *data;    /* the data folder */
	int journals;        /* descriptor of the journal folder */
	int64_t window;      /* ns of profile time in a block */
	uint64_t generation; /* names the commit file */
	int64_t wall;        /* when it began: the time in the blocks' ids */

	struct commit commit; /* what it made */
	uint64_t n_rows, n_bytes;
	bool committed; /* the commit file is written: from here only forward */
	bool uncertain; /* its writing failed, and it may be there all the same */
	char name[48];  /* of the commit file */
};

int cut_write_run(struct cut_write *w, struct cut_batch *const *b, size_t n, struct err *e);
/* After a run that succeeded, and at the end. */
void cut_write_reset(struct cut_write *w);

#endif
