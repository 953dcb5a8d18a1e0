/* lanes.c - see lanes.h */
#include "tools/pyro-query/lanes.h"

void lanes_fini(struct lanes *l)
{
	for (size_t i = 0; i < l->v.n; i++)
		mem_free(l->v.p[i].tenant);
	vec_free(&l->v);
}

static void drop(struct lanes *l, size_t i)
{
	mem_free(l->v.p[i].tenant);
	memmove(&l->v.p[i], &l->v.p[i + 1], (l->v.n - i - 1) * sizeof(*l->v.p));
	l->v.n--;
	if (l->turn > i)
		l->turn--;
}

/* NULL: nobody of it waits. */
static struct lane *find(const struct lanes *l, struct str tenant)
{
	for (size_t i = 0; i < l->v.n; i++)
		if (str_eq(str_cstr(l->v.p[i].tenant), tenant))
			return &l->v.p[i];
	return NULL;
}

/* The round behind those of the client that wait. */
static uint64_t round_of(const struct lane *lane, struct str client)
{
	uint64_t round = lane->round;

	for (const struct waiting *w = lane->first; w != NULL; w = w->next)
		if (str_eq(w->client, client))
			round = w->round + 1;
	return round;
}

static void insert(struct lane *lane, struct waiting *w)
{
	struct waiting **at = &lane->first;

	while (*at != NULL && (*at)->round <= w->round)
		at = &(*at)->next;
	w->next = *at;
	*at = w;
	lane->n++;
}

void lanes_add(struct lanes *l, struct str tenant, struct waiting *w)
{
	struct lane *lane = find(l, tenant);

	if (lane == NULL) {
		vec_push(&l->v, ((struct lane){ .tenant = mem_cstr(tenant.p, tenant.n) }));
		lane = &l->v.p[l->v.n - 1];
	}
	w->round = round_of(lane, w->client);
	insert(lane, w);
	atomic_fetch_add(&l->n, 1);
}

static struct waiting *last_behind(const struct lane *lane, uint64_t round)
{
	struct waiting *last = NULL;

	for (struct waiting *w = lane->first; w != NULL; w = w->next)
		if (w->round > round && !w->stays)
			last = w;
	return last;
}

bool lanes_put(struct lanes *l, struct str tenant, struct waiting *w, struct waiting **instead)
{
	const struct lane *lane = find(l, tenant);

	*instead = NULL;
	if (lane != NULL && lane->n >= l->max) {
		*instead = last_behind(lane, round_of(lane, w->client));
		if (*instead == NULL)
			return false;
	}
	lanes_add(l, tenant, w);
	if (*instead != NULL)
		lanes_remove(l, *instead);
	return true;
}

struct waiting *lanes_take(struct lanes *l)
{
	struct waiting *w;
	struct lane *lane;

	if (l->v.n == 0)
		return NULL;
	if (l->turn >= l->v.n)
		l->turn = 0;
	lane = &l->v.p[l->turn++];
	w = lane->first;
	lane->round = w->round;
	lanes_remove(l, w);
	return w;
}

bool lanes_remove(struct lanes *l, struct waiting *w)
{
	for (size_t i = 0; i < l->v.n; i++) {
		struct lane *lane = &l->v.p[i];
		struct waiting **at = &lane->first;

		while (*at != NULL && *at != w)
			at = &(*at)->next;
		if (*at == NULL)
			continue;
		*at = w->next;
		w->next = NULL;
		atomic_fetch_sub(&l->n, 1);
		if (--lane->n == 0)
			drop(l, i);
		return true;
	}
	return false;
}

struct waiting *lanes_find(const struct lanes *l, bool (*is)(struct waiting *w, const void *ctx), const void *ctx)
{
	for (size_t i = 0; i < l->v.n; i++)
		for (struct waiting *w = l->v.p[i].first; w != NULL; w = w->next)
			if (is(w, ctx))
				return w;
	return NULL;
}
