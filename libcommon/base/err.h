/*
 * err.h - what went wrong. Filled by the callee, passed as the last parameter
 * of every fallible function; nothing is allocated on the error path.
 *
 * Fallible functions return 0 or -1 (or a pointer or NULL). The three setters
 * return -1 so that `return err_set(e, ...)` reads well. The function that
 * knows the noun adds it once, with err_wrap, in front: the message reads
 * "where: what, how much, which setting". Whoever returns an error does not
 * log it; the top (a request, a job, main) does, once.
 */
#ifndef ERR_H
#define ERR_H

#include "base/base.h"

enum err_kind {
#define ERR(kind, exit, http, rpc, retry, text) ERR_##kind,
#include "base/err.def"
#undef ERR
	ERR_KINDS
};

struct err {
	enum err_kind kind;
	int sys;        /* errno, or 0 */
	char msg[8192]; /* long enough for label sets at their limits */
};

int err_set(struct err *e, enum err_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);
int err_sys(struct err *e, enum err_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4); /* appends strerror(errno) */
int err_wrap(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);                    /* puts "text: " in front */

int err_exit(enum err_kind kind);         /* exit code: 1, 2, 100, 111 */
int err_http(enum err_kind kind);         /* HTTP status */
const char *err_rpc(enum err_kind kind);  /* Connect code, "invalid_argument" */
const char *err_name(enum err_kind kind); /* "LIMIT" */

#endif
