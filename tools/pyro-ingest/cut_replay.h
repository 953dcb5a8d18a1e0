/*
 * cut_replay.h - what the last run left in the journal folder: commits that
 * are to be finished, and journals whose rows are in no block.
 */
#ifndef CUT_REPLAY_H
#define CUT_REPLAY_H

#include "tools/pyro-ingest/cut_batch.h"

/* Finishes commits. *generation becomes one above all that were used. */
int cut_recover(const char *data, int dir, uint64_t *generation, struct err *e);

/*
 * Adds a batch for each journal of a generation below `below`. Damaged ones
 * are read as far as they can be; files that are no journals of ours are
 * renamed. On failure what was read so far is in *out. On a pool thread.
 */
int cut_replay(int dir, uint64_t below, struct counters *counters, _Atomic uint64_t *held, struct cut_batches *out,
    struct err *e);

#endif
