/* prepare.c - see prepare.h */
#include "tools/pyro-query/prepare.h"

#include "base/clock.h"
#include "base/hash.h"

#define LATELY (600 * NS_PER_S)

enum { MAX_DISTURBED = 3, MAX_ASK = 4096 };

struct prepare_block {
	char *tenant, *id;
};

static void drop_block(struct prepare *p, size_t i)
{
	mem_free(p->blocks.p[i].tenant);
	mem_free(p->blocks.p[i].id);
	memmove(&p->blocks.p[i], &p->blocks.p[i + 1], (p->blocks.n - i - 1) * sizeof(*p->blocks.p));
	p->blocks.n--;
	p->at = i == 0 ? 0 : p->at;
	p->disturbed = i == 0 ? 0 : p->disturbed;
	atomic_store(&p->waits, p->blocks.n > 0);
}

void prepare_fini(struct prepare *p)
{
	while (p->blocks.n > 0)
		drop_block(p, 0);
	vec_free(&p->blocks);
	for (size_t i = 0; i < PREPARE_ASKS; i++)
		mem_free(p->asks[i].bytes);
}

/* A tree and a profile are made of the same sums. */
static void encode(const struct pyro_ask *ask, struct buf *out)
{
	struct pyro_ask core = *ask;

	core.kind = ASK_PROFILE;
	core.from = core.to = core.from_ms = core.to_ms = core.step_ms = 0;
	msg_encode(&pyro_ask_type, &core, out);
}

/* Where the ask is, or in place of the one that was asked longest ago. */
static struct prepare_ask *place_of(struct prepare *p, uint64_t hash, struct str bytes)
{
	struct prepare_ask *oldest = p->asks;

	for (size_t i = 0; i < PREPARE_ASKS; i++) {
		struct prepare_ask *x = &p->asks[i];

		if (x->bytes != NULL && x->hash == hash && str_eq(str_of(x->bytes, x->n), bytes))
			return x;
		if (x->bytes == NULL || (oldest->bytes != NULL && x->asked < oldest->asked))
			oldest = oldest->bytes == NULL ? oldest : x;
	}
	mem_free(oldest->bytes);
	*oldest = (struct prepare_ask){ mem_cstr(bytes.p, bytes.n), bytes.n, hash, 0 };
	return oldest;
}

void prepare_asked(struct prepare *p, const struct pyro_ask *ask, int64_t now)
{
	struct buf b;

	if (!ask_by_sums(ask))
		return;
	buf_init(&b, MAX_ASK);
	encode(ask, &b);
	if (!b.over)
		place_of(p, hash_seeded(buf_str(&b)), buf_str(&b))->asked = now;
	buf_fini(&b);
}

void prepare_block(struct prepare *p, struct str tenant, struct str id)
{
	if (p->blocks.n == PREPARE_BLOCKS)
		drop_block(p, 0);
	vec_push(&p->blocks, ((struct prepare_block){ mem_cstr(tenant.p, tenant.n), mem_cstr(id.p, id.n) }));
	atomic_store(&p->waits, true);
}

static bool is_wanted(const struct prepare_ask *x, struct arena *a, int64_t now, struct str tenant,
    struct pyro_ask *ask)
{
	struct err e;

	*ask = (struct pyro_ask){ 0 };
	return x->bytes != NULL && now - x->asked <= LATELY &&
	    msg_decode(a, &pyro_ask_type, arena_str(a, str_of(x->bytes, x->n)), ask, &e) == 0 &&
	    str_eq(ask->tenant, tenant);
}

bool prepare_next(struct prepare *p, struct arena *a, int64_t now, struct str tenant, struct str *id,
    struct pyro_ask *ask)
{
	for (; p->blocks.n > 0; drop_block(p, 0)) {
		const struct prepare_block *b = &p->blocks.p[0];

		if (!str_eq(str_cstr(b->tenant), tenant))
			continue;
		*id = arena_str(a, str_cstr(b->id));
		for (; p->at < PREPARE_ASKS; p->at++) {
			if (!is_wanted(&p->asks[p->at], a, now, tenant, ask))
				continue;
			ask->from = INT64_MIN;
			ask->to = INT64_MAX;
			return true;
		}
	}
	return false;
}

void prepare_done(struct prepare *p, bool finished)
{
	if (!finished && ++p->disturbed < MAX_DISTURBED)
		return;
	p->at++;
	p->disturbed = 0;
}

bool prepare_waits(const struct prepare *p)
{
	return atomic_load(&p->waits);
}
