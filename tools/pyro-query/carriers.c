/* carriers.c - see carriers.h */
#include "tools/pyro-query/carriers.h"

enum { KEEP_MEMORY = 4 << 20, MAX_PASSED = 4 };

int carriers_open(struct carriers *x, const struct engine_conf *conf, struct limits_set *limits, struct err *e)
{
	*x = (struct carriers){ .limits = limits };
	for (size_t i = 0; i < CARRIERS; i++) {
		struct carrier *c = &x->v[i];

		c->engine = i == 0 ? engine_new(conf, e) : engine_join(x->v[0].engine, e);
		if (c->engine == NULL)
			return -1;
		c->mem = arena_new();
	}
	arena_keep(x->v[0].mem, KEEP_MEMORY); /* the first is taken most */
	return 0;
}

void carriers_close(struct carriers *x)
{
	for (size_t i = CARRIERS; i-- > 0;) {
		engine_free(x->v[i].engine);
		arena_free(x->v[i].mem);
	}
	for (size_t i = 0; i < x->old.n; i++)
		limits_free(x->old.p[i]);
	vec_free(&x->old);
	limits_free(x->limits);
}

struct carrier *carriers_take(struct carriers *x, size_t waiting)
{
	struct engine *any = x->v[0].engine;
	struct carrier *c = x->v;

	if (engine_busy(any))
		return NULL;
	while (c < x->v + CARRIERS && c->taken)
		c++;
	if (engine_rests(any) && (waiting == 0 || c == x->v + CARRIERS || x->passed == MAX_PASSED)) {
		x->passed = 0;
		engine_go_on(any);
		return NULL;
	}
	if (waiting == 0 || c == x->v + CARRIERS)
		return NULL;
	x->passed += engine_rests(any);
	c->taken = true;
	c->limits = x->limits;
	c->version = x->version;
	engine_claim(c->engine);
	return c;
}

static bool is_used(const struct carriers *x, const struct limits_set *limits)
{
	for (size_t i = 0; i < CARRIERS; i++)
		if (x->v[i].taken && x->v[i].limits == limits)
			return true;
	return false;
}

static void free_old(struct carriers *x)
{
	size_t n = 0;

	for (size_t i = 0; i < x->old.n; i++)
		if (is_used(x, x->old.p[i]))
			x->old.p[n++] = x->old.p[i];
		else
			limits_free(x->old.p[i]);
	x->old.n = n;
}

void carriers_end(struct carriers *x)
{
	if (x->v[0].engine != NULL)
		engine_end(x->v[0].engine);
}

void carriers_give(struct carriers *x, struct carrier *c)
{
	arena_reset(c->mem);
	c->taken = false;
	free_old(x);
}

void carriers_limits(struct carriers *x, struct limits_set *limits)
{
	vec_push(&x->old, x->limits);
	x->limits = limits;
	x->version++;
	free_old(x);
}
