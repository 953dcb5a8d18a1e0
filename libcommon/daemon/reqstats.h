/*
 * reqstats.h - durations of requests by method, route and status, as
 * pyroscope_request_duration_seconds. One struct belongs to the thread of one
 * httpd, which alone counts; any thread may print.
 *
 *	conf.on_reply = count;          // calls reqstats_count(&me->stats, r, status)
 *	reqstats_print(&b, all, n);     // of all threads, rows that are alike summed
 *
 * A route is the path of the request's row; of requests that a sibling answers,
 * the path, once it has been answered with success. Everything else is "other",
 * and so is what comes when the table is full, so that no stranger can fill it.
 */
#ifndef REQSTATS_H
#define REQSTATS_H

#include <stdatomic.h>

#include "base/buf.h"
#include "net/http.h"

enum { REQSTATS_ROWS = 256, REQSTATS_BUCKETS = 15, REQSTATS_ROUTE = 80 };

struct reqstat {
	char route[REQSTATS_ROUTE]; /* as a label: "querier_v1_querierservice_diff" */
	char method[8];
	int status;
	_Atomic uint64_t counts[REQSTATS_BUCKETS];
	_Atomic uint64_t ns;
};

struct reqstats {
	_Atomic uint32_t n;
	struct reqstat *rows[REQSTATS_ROWS]; /* those below n never change their names */
};

void reqstats_count(struct reqstats *s, const struct http_req *r, int status);
void reqstats_print(struct buf *b, struct reqstats *const *all, size_t n);
void reqstats_fini(struct reqstats *s);

#endif
