/*
 * sibling.h - one question to another process of the same server, from a
 * thread that may wait: POST over HTTP/1.1 and a kept connection. For strangers
 * there is httpc.h; this one needs no library and no memory to speak of.
 *
 *	struct sibling *s = sibling_new("unix:/data/run/head.sock", e);
 *
 *	if (sibling_post(s, a, &(struct sibling_call){ .path = "/x", .body = question }, &answer, e) < 0)
 *		return -1;                      // no answer at all
 *	if (answer.status != 200) ...
 *
 * While nobody listens (a sibling that is restarted) it tries again for `wait`.
 * A question that was cut off is asked once more, so it must change nothing.
 * ERR_CANCELED: it was stopped, and the sibling sees the connection end; ERR_BUSY: nobody there, or gone in the middle; ERR_TIMEOUT; ERR_LIMIT: the
 * answer is larger than max_body; ERR_CORRUPT: no HTTP. One thread at a time.
 */
#ifndef SIBLING_H
#define SIBLING_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct sibling;

struct sibling_call {
	const char *path;
	struct str body;
	int64_t timeout;        /* of the whole; 0 = 60 s */
	int64_t wait;           /* for somebody to listen; 0 = 5 s */
	size_t max_body;        /* of the answer; 0 = 1 GiB */
	const atomic_int *stop; /* looked at every 50 ms: not 0 stops; may be NULL */
	/* NULL, or what is done while the sibling works: called when it has been asked, once at most. */
	void (*meanwhile)(void *ctx);
	void *ctx;
};

struct sibling_answer {
	int status;
	struct str body; /* in the arena */
};

/* net_parse form; resolved now. */
struct sibling *sibling_new(const char *at, struct err *e);
void sibling_free(struct sibling *s); /* accepts NULL */
int sibling_post(struct sibling *s, struct arena *a, const struct sibling_call *call, struct sibling_answer *out,
    struct err *e);

#endif
