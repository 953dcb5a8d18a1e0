/* pauses.c - see pauses.h */
#include "tools/pyro-query/pauses.h"

static void work(struct job *j)
{
	struct pauses *p = CONTAINER_OF(j, struct pauses, job);
	struct engine *x = p->carrier->engine;

	engine_begin(x, p->carrier->mem, NULL, INT64_MAX);
	p->prepared = engine_prepare(x);
	engine_rest(x);
}

static void done(struct job *j)
{
	struct pauses *p = CONTAINER_OF(j, struct pauses, job);

	carriers_give(p->carriers, p->carrier);
	p->carrier = NULL;
	p->over(p->ctx, p->prepared);
}

void pauses_use(struct pauses *p)
{
	struct engine *any = p->carriers->v[0].engine;
	struct err e;

	if (p->carrier != NULL || !engine_prepares(any) || engine_rests(any))
		return;
	p->carrier = carriers_take(p->carriers, 1);
	if (p->carrier == NULL)
		return;
	p->job = (struct job){ .work = work, .done = done, .home = p->loop };
	if (pool_submit(p->pool, &p->job, &e) < 0) /* there is a thread and a place for each carrier */
		assert(false);
}

void pauses_disturb(struct pauses *p)
{
	if (p->carrier != NULL)
		engine_disturb(p->carrier->engine);
}
