/* parts.h - one part of a block at a time, so that a broken one does not hide the others. */
#ifndef PARTS_H
#define PARTS_H

#include "formats/block/block.h"

/* meta.json, parsed. */
int part_meta(struct arena *a, struct blobs *parts, struct block_meta *out, struct err *e);
/* The whole file whose path ends in this name: as meta.json says, else by the name itself. The bytes are good as long
   as *blob is open and a lives. */
int part_bytes(struct arena *a, struct blobs *parts, struct str name, struct blob **blob, struct str *out,
    struct err *e);

/* Limits of times that do not fit. */
static inline int64_t ms_to_ns(int64_t ms)
{
	return ms > INT64_MAX / NS_PER_MS ? INT64_MAX : ms < INT64_MIN / NS_PER_MS ? INT64_MIN : ms * NS_PER_MS;
}

#endif
