/* replay.c - see replay.h */
#include "tools/pyro-block/replay.h"

int replay_begin(struct replay *r, struct str file, struct err *e)
{
	*r = (struct replay){ 0 };
	return journal_begin(&r->reader, file, e);
}

void replay_end(struct replay *r)
{
	for (size_t i = 0; i < r->tenants.n; i++)
		head_free(r->tenants.p[i].head);
	vec_free(&r->tenants);
}

static struct tenant_head *tenant_of(struct replay *r, struct str tenant)
{
	struct tenant_head new = { .tenant = tenant };

	for (size_t i = r->tenants.n; i-- > 0;)
		if (str_eq(r->tenants.p[i].tenant, tenant))
			return &r->tenants.p[i];
	new.head = head_new();
	vec_push(&r->tenants, new);
	return &r->tenants.p[r->tenants.n - 1];
}

enum journal_found replay_next(struct replay *r, struct journal_frame *f, struct head **head, struct err *why)
{
	enum journal_found found = journal_next(&r->reader, f);
	struct tenant_head *t;

	why->kind = ERR_NONE;
	*head = NULL;
	if (found != JOURNAL_RECORD)
		return found;
	t = tenant_of(r, f->tenant);
	*head = t->head;
	r->rows = t->head->n_rows;
	r->samples = t->head->n_samples;
	r->series = head_series(t->head);
	if (t->refused)
		err_set(why, ERR_CORRUPT, "behind a record of this tenant that does not fit");
	else if (head_replay(t->head, f->record, why) < 0)
		t->refused = true;
	else
		return JOURNAL_RECORD;
	return JOURNAL_BROKEN;
}
