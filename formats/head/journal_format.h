/*
 * journal_format.h - the bytes of a journal file, written and read: changes
 * of heads (formats/head/head.h) in the order in which they were made, of many
 * tenants, by one shard of pyro-ingest.
 *
 *	header, 32 bytes    "pyrojrnl"  u32 version 2  u32 shard  u64 generation
 *	                    u32 0  u32 CRC32C of the 28 bytes before     (little endian)
 *	frame               u32 0x314a7970 ("pyJ1")  u32 length of the payload
 *	                    u32 CRC32C of length and payload, payload:
 *	                    uvarint n, tenant name, record (formats/head/head.h)
 *
 * Version 1, which is read too, had no uvarints among its samples (rows.h).
 *
 * Space is allocated ahead; zeros up to the end are the end. What follows the
 * last sound frame and is not zero is a torn tail: a frame that was never
 * acknowledged. A broken frame with sound ones behind it is damage.
 *
 *	struct journal_reader r;
 *	struct journal_frame f;
 *	if (journal_begin(&r, file, e) == 0)
 *		while ((found = journal_next(&r, &f)) != JOURNAL_END)
 *			if (found == JOURNAL_RECORD) head_replay(h, f.record, e);
 *
 * Bytes in, bytes out; nothing is allocated by the reader, and what it gives
 * are slices of the file.
 */
#ifndef JOURNAL_FORMAT_H
#define JOURNAL_FORMAT_H

#include "base/buf.h"
#include "base/err.h"

enum { JOURNAL_HEADER = 32, JOURNAL_FRAME = 12, JOURNAL_OLDEST = 1, JOURNAL_VERSION = 2, JOURNAL_MARK = 0x314a7970 };

void journal_put_header(char out[static JOURNAL_HEADER], uint64_t generation, uint32_t shard);
/* Appends a frame, or nothing and sets b->over when it does not fit into b or into 32 bits. */
void journal_put_frame(struct buf *b, struct str tenant, struct str record);

bool journal_like(struct str file); /* begins as one */

struct journal_reader {
	uint64_t generation;
	uint32_t version, shard;
	struct str file;
	size_t at, end; /* next frame; end of what is not zero */
	uint64_t work;  /* bytes summed up in search of frames */
};

enum journal_found {
	JOURNAL_END,
	JOURNAL_RECORD,
	JOURNAL_BROKEN, /* damage: `at` and `bytes` tell where; the next call goes on behind it */
	JOURNAL_TORN,   /* the same at the end; JOURNAL_END follows */
};

struct journal_frame {
	size_t at, bytes;          /* in the file, with its header */
	struct str tenant, record; /* of JOURNAL_RECORD */
};

/* ERR_CORRUPT, ERR_UNSUPPORTED for a header that is none of ours. The file is borrowed. */
int journal_begin(struct journal_reader *r, struct str file, struct err *e);
enum journal_found journal_next(struct journal_reader *r, struct journal_frame *out);

#endif
