/*
 * blockpath.h - where blocks lie, read off a path: folders of blocks, data
 * folders, buckets, and members of a block stream.
 *
 *	01KF0HJ0803N2PGHJQK4ANKZJ7/symbols/index.symdb
 *	data/anonymous/local/01KF0HJ0803N2PGHJQK4ANKZJ7/meta.json
 *	alpha/phlaredb/01KF0HJ0803N2PGHJQK4ANKZJ7
 *
 * Source: spec of the block format, section 1.
 */
#ifndef BLOCKPATH_H
#define BLOCKPATH_H

#include "formats/ulid.h"

enum { BLOCK_PATH_DEPTH = 3 }; /* a data folder's or bucket's blocks lie so many folders down */

struct block_path {
	struct ulid id;
	struct str folder; /* the path up to and with the ULID */
	struct str tenant; /* empty: the path does not tell */
	struct str part;   /* what follows, without slashes in front; may be empty */
};

/* By the last element that is a ULID; false: there is none. Slices of path. */
bool block_path_parse(struct str path, struct block_path *out);

#endif
