/*
 * question.h - questions on their way. They wait for the turn of their tenant
 * and client (lanes.h), and are answered one after another; while one waits
 * for recent rows the next one begins (engine.h).
 *
 *	request → question_procedure, question_page → queue → a thread → reply
 *
 * What is asked again while it waits gets that answer; an
 * answer that was finished and is still true is given again (answers.h); what
 * nobody waits for any more, or not in time, is stopped.
 *
 * Everything here is called on the loop's thread.
 */
#ifndef QUESTION_H
#define QUESTION_H

#include "tools/pyro-query/api.h"

struct loop;
struct questions;

struct query_counts { /* of the loop's thread */
#define COUNTER(field, name, type, help) uint64_t field;
#include "tools/pyro-query/query_counters.def"
#undef COUNTER
};

struct questions_conf {
	struct loop *loop;
	struct engine_conf engine;
	size_t max_waiting; /* of one tenant */
	size_t keep;        /* bytes of finished answers */
	int64_t timeout;    /* of a question, from its arrival; ns */
	bool multitenancy;
	uint64_t max_adhoc;
};

struct questions *questions_new(const struct questions_conf *conf, struct limits_set *limits, struct err *e);
/* Waits for those that have begun; what is queued is given up. Before the loop goes; accepts NULL. */
void questions_free(struct questions *x);
/* The limits from now on, taken over; answers that were made under others are forgotten. */
void questions_limits(struct questions *x, struct limits_set *limits);
const struct query_counts *questions_counts(const struct questions *x);

void question_procedure(struct questions *x, struct http_req *r, const struct procedure *p);
void question_page(struct questions *x, struct http_req *r, const struct page *p);

#endif
