/*
 * replay.h - a journal file into heads, one a tenant, with word of every
 * frame on the way: for dump and check.
 */
#ifndef REPLAY_H
#define REPLAY_H

#include "base/vec.h"
#include "formats/head/head.h"
#include "formats/head/journal_format.h"

struct tenant_head {
	struct str tenant; /* in the file */
	struct head *head;
	bool refused; /* a record did not fit: the head stays as it is from there on */
};

struct replay {
	struct journal_reader reader;
	VEC(struct tenant_head) tenants;
	uint64_t rows, samples; /* of the head, before the last record */
	uint32_t series;
};

/* The file is borrowed. */
int replay_begin(struct replay *r, struct str file, struct err *e);
void replay_end(struct replay *r);
/*
 * The next frame. A record is also put into the head of its tenant, *head;
 * one that does not fit is JOURNAL_BROKEN with *why filled, and so are those
 * of the tenant behind it, which build on it; else why->kind is ERR_NONE.
 */
enum journal_found replay_next(struct replay *r, struct journal_frame *f, struct head **head, struct err *why);

#endif
