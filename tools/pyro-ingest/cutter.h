/*
 * cutter.h - heads into blocks, on the main loop: when, and the steps that
 * keep every row in exactly one place however the process ends.
 *
 *	idle -> freezing   every shard hands over its heads and starts a new journal
 *	     -> writing    a pool thread makes the blocks under temporary names
 *	     -> idle       the commit file is written (from here the blocks are
 *	                   what counts), blocks are renamed, journals removed
 *
 * The commit file, <data>/journal/<n>.commit, is one line per block and per
 * journal file and a last line "end":
 *
 *	block <tenant> <ULID>
 *	journal <file name>             to be removed
 *	damaged <file name>             to be kept as <file name>.broken
 *
 * A cut that fails changes nothing: what it wrote goes, the rows stay in memory
 * and in the journals, and it is tried again, at growing distances.
 *
 * At start: blocks and journals of a commit file are finished (renamed,
 * removed); temporary blocks without one are removed, because their rows
 * are still in a journal; journals left over are replayed into heads, which
 * answer questions like others and are cut at once.
 *
 * Folders: <data>/journal/, <data>/<tenant>/local/<ULID>/.
 */
#ifndef CUTTER_H
#define CUTTER_H

#include "formats/head/head.h"
#include "formats/ulid.h"
#include "proc/loop.h"
#include "proc/pool.h"
#include "tools/pyro-ingest/local_blocks.h"
#include "tools/pyro-ingest/shard.h"

struct cutter;

struct cutter_conf {
	struct loop *loop;
	struct pool *pool;    /* reads the journal */
	struct pool *cuts;    /* writes blocks: one thread, which gives way to others */
	const char *data;     /* the data folder */
	int64_t window;       /* ns of profile time in a block, and the longest age of a head */
	uint64_t max_journal; /* bytes of journal that start a cut */
	struct counters *counters;
	_Atomic uint64_t *held; /* bytes of heads that are not in blocks yet */
	struct shard **shards;
	uint32_t n_shards;
	/* What was left of the last run answers questions now; e: it could not be read, and must not be forgotten. */
	void (*replayed)(void *ctx, const struct err *e);
	void *ctx;
};

struct cutter *cutter_open(const struct cutter_conf *conf, struct err *e);
void cutter_close(struct cutter *c); /* accepts NULL; heads that are left stay in the journal */

int cutter_journal_dir(struct cutter *c);             /* descriptor, for the shards */
struct local_blocks *cutter_blocks(struct cutter *c); /* on the main loop */
uint64_t cutter_generation(struct cutter *c);         /* for shards that start now */
/* After the shards are there: replays what was left, then cuts on time and size. */
void cutter_start(struct cutter *c);
bool cutter_replaying(const struct cutter *c);

/* Cut soon. done may be NULL; it is called when everything that was pushed before is in blocks, or it failed. */
void cutter_cut(struct cutter *c, void (*done)(void *ctx, bool ok), void *ctx);

/*
 * A moment: the heads that are neither in shards nor in blocks, and the
 * blocks. fn is called at once, or after a freeze under way; it must put its
 * questions to the shards before it returns, so that they see the same moment.
 */
struct moment {
	struct frozen_head *heads; /* of the tenant; valid until cutter_let_go */
	size_t n_heads;
	struct ulid *blocks; /* published, ascending */
	size_t n_blocks;
	void *hold; /* the cutter's */
};

void cutter_moment(struct cutter *c, struct str tenant, void (*fn)(void *ctx, struct moment *m), void *ctx);
void cutter_let_go(struct cutter *c, struct moment *m);

#endif
