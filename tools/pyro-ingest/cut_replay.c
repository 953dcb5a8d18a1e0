/* cut_replay.c - see cut_replay.h */
#include "tools/pyro-ingest/cut_replay.h"

#include <stdlib.h>

#include "base/log.h"
#include "io/file.h"
#include "tools/pyro-ingest/commit.h"

struct replay {
	int dir;
	struct counters *counters;
	_Atomic uint64_t *held;
	struct cut_batches *out;
};

static int replay_record(void *ctx, struct str tenant, struct str record, struct err *e)
{
	struct cut_batch *b = ctx;
	struct frozen_head new = { .head = NULL };

	for (size_t i = 0; i < b->heads.n; i++)
		if (str_eq(b->heads.p[i].tenant, tenant))
			return head_replay(b->heads.p[i].head, record, e);
	new.tenant = arena_str(b->mem, tenant);
	new.head = head_new();
	vec_push(&b->heads, new);
	return head_replay(new.head, record, e);
}

static void report(struct counters *c, const char *name, const struct journal_report *r, const struct err *e)
{
	c->replayed_records += r->records;
	c->broken_records += r->broken;
	log_event(r->broken ? LOG_ERROR : LOG_INFO, r->broken ? "journal replayed with losses" : "journal replayed",
	    LOG_CSTR("file", name), LOG_I64("records", r->records), LOG_I64("bytes", r->bytes),
	    LOG_I64("broken", r->broken), LOG_I64("torn_bytes", r->torn),
	    LOG_CSTR("first_error", r->broken ? e->msg : ""));
}

/* Its rows that could be read go into blocks, and the file is kept under another name when they are there. */
static void replay_damaged(struct cut_batch *b, const char *name)
{
	log_event(LOG_ERROR, "damaged journal is kept aside when its rows are in blocks", LOG_CSTR("file", name));
	vec_push(&b->damaged, arena_str(b->mem, str_cstr(name)));
}

/* No journal of ours, or of a later version: there are no rows to save. */
static int replay_refused(const struct replay *r, const char *name, struct err *e)
{
	if (e->kind != ERR_CORRUPT && e->kind != ERR_UNSUPPORTED)
		return -1;
	log_event(LOG_ERROR, "journal cannot be read and is kept aside", LOG_CSTR("error", e->msg));
	r->counters->broken_records++;
	return commit_keep_aside(r->dir, str_cstr(name), e);
}

static int replay_file(const struct replay *r, const char *name, struct err *e)
{
	struct cut_batch *b = cut_batch_new(r->held);
	struct journal_report out;

	if (journal_replay(r->dir, name, replay_record, b, &out, e) < 0) {
		cut_batch_free(b);
		return replay_refused(r, name, e);
	}
	report(r->counters, name, &out, e);
	for (size_t i = 0; i < b->heads.n; i++)
		head_rest(b->heads.p[i].head);
	if (out.broken > 0)
		replay_damaged(b, name);
	else
		vec_push(&b->journals, arena_str(b->mem, str_cstr(name)));
	vec_push(r->out, b);
	return 0;
}

int cut_replay(int dir, uint64_t below, struct counters *counters, _Atomic uint64_t *held, struct cut_batches *out,
    struct err *e)
{
	const struct replay r = { dir, counters, held, out };
	struct arena *a = arena_new();
	struct file_list list;
	uint64_t generation;
	uint32_t shard;
	int rc = file_list(a, dir, ".", &list, e);

	for (size_t i = 0; rc == 0 && i < list.n; i++)
		if (journal_name_parse(list.p[i].name, &generation, &shard) && generation < below)
			rc = replay_file(&r, list.p[i].name.p, e);
	arena_free(a);
	return rc;
}

int cut_recover(const char *data, int dir, uint64_t *generation, struct err *e)
{
	struct arena *a = arena_new();
	struct file_list list;
	uint64_t known;
	uint32_t shard;
	int rc = tmp_tidy(dir, ".", e);

	if (rc == 0)
		rc = file_list(a, dir, ".", &list, e);
	for (size_t i = 0; rc == 0 && i < list.n; i++) {
		if (str_suffix(list.p[i].name, STR(".commit"))) {
			*generation = MAX(*generation, strtoull(list.p[i].name.p, NULL, 16) + 1);
			rc = commit_finish(data, dir, list.p[i].name.p, e);
		} else if (journal_name_parse(list.p[i].name, &known, &shard)) {
			*generation = MAX(*generation, known + 1);
		}
	}
	arena_free(a);
	return rc;
}
