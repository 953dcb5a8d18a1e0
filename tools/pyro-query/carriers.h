/*
 * carriers.h - what questions need from their beginning to their reply: an engine, memory, and the limits of that moment. The
 * engines share what they keep and take turns (engine.h): one question works, the others wait for recent rows, and one may rest because it has worked for long.
 *
 *	struct carrier *c = carriers_take(&x, waiting); // NULL: nobody may begin now
 *	... on another thread: engine_begin(c->engine, c->mem, ...), engine_rest(c->engine) ...
 *	carriers_give(&x, c);
 *
 * All on the loop's thread.
 */
#ifndef CARRIERS_H
#define CARRIERS_H

#include "base/vec.h"
#include "conf/limits.h"
#include "tools/pyro-query/engine.h"

enum { CARRIERS = 4 };

struct carrier {
	struct engine *engine;
	struct arena *mem; /* of the question, until it is given back */
	struct limits_set *limits;
	unsigned version; /* of the limits: later ones have larger numbers */
	struct err err;   /* why its question failed; too large to be in each that waits */
	bool taken;
};

struct carriers {
	struct carrier v[CARRIERS];
	struct limits_set *limits;
	unsigned version;
	unsigned passed;              /* have begun since one has given way */
	VEC(struct limits_set *) old; /* limits that a question may still look at */
};

/* Takes the limits over. On error it is to be closed, too. */
int carriers_open(struct carriers *x, const struct engine_conf *conf, struct limits_set *limits, struct err *e);
/* None is taken any more, or no thread uses it. */
void carriers_close(struct carriers *x);
/*
 * For the first of those that wait to begin, so many; it counts as one that works from now on (engine_claim). NULL: somebody
 * works; or one that had given way goes on, which it does after a few others, or when nobody can begin.
 */
struct carrier *carriers_take(struct carriers *x, size_t waiting);
/* Nobody rests any more. */
void carriers_end(struct carriers *x);
void carriers_give(struct carriers *x, struct carrier *c);
/* Those of the questions that begin from now on, taken over. */
void carriers_limits(struct carriers *x, struct limits_set *limits);

#endif
