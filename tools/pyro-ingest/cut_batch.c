/* cut_batch.c - see cut_batch.h */
#include "tools/pyro-ingest/cut_batch.h"

struct cut_batch *cut_batch_new(_Atomic uint64_t *held)
{
	struct cut_batch *b = mem_zalloc(sizeof(*b));

	b->mem = arena_new();
	b->held = held;
	return b;
}

void cut_batch_keep(struct cut_batches *all, struct cut_batch *b)
{
	for (size_t i = 0; i < b->heads.n; i++) {
		struct frozen_head *h = &b->heads.p[i];
		uint64_t now = head_bytes(h->head);

		*b->held += now - h->held;
		h->held = now;
	}
	vec_push(all, b);
}

void cut_batch_free(struct cut_batch *b)
{
	for (size_t i = 0; i < b->heads.n; i++) {
		*b->held -= b->heads.p[i].held;
		head_free(b->heads.p[i].head);
	}
	vec_free(&b->heads);
	vec_free(&b->journals);
	vec_free(&b->damaged);
	arena_free(b->mem);
	mem_free(b);
}

void cut_batch_let_go(struct cut_batch *b)
{
	if (b->holds == 0 && b->published)
		cut_batch_free(b);
}
