/* tail.h - pyro-tail's options and its parts: the connection (tail_follow.c), the table (tail_table.c), the stream (tail.c). */
#ifndef TOOL_TAIL_H
#define TOOL_TAIL_H

#include "conf/client.h"
#include "conf/tool.h"
#include "formats/labels/labels.h"
#include "formats/profile.h"

struct tail_opts {
#define OPT_FILE "tools/pyro-tail/tail.def"
#include "conf/opt_struct.h"
	struct client_opts client; /* a table of its own */
};

/* One profile that came in; all of it until the callback returns. */
struct tail_event {
	struct labels labels;
	int64_t time;
	struct str pprof; /* not compressed */
	const struct profile *p;
};

struct tail_reader {
	int (*event)(void *ctx, const struct tail_event *ev, struct err *e); /* -1 ends all, with its error */
	void (*lost)(void *ctx, uint64_t n);                                 /* so many the server had to leave out */
	/* About the connection, for people; why: NULL when it stands. */
	void (*state)(void *ctx, const char *why);
	bool (*turn)(void *ctx); /* ten times a second, and when fd can be read; false: end */
	int fd;                  /* or -1 */
	void *ctx;
};

/*
 * Follows what comes in at url until a turn says no (0) or there is nothing to be had any more (-1). A connection that
 * breaks, or is silent for too long, is made again with o->retry, after a growing time; the first one is tried once.
 */
int tail_follow(const struct tail_opts *o, const char *url, struct str query, const struct tail_reader *r,
    struct err *e);

#endif
