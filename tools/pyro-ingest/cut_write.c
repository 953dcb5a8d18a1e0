/* cut_write.c - see cut_write.h */
#include "tools/pyro-ingest/cut_write.h"

#include <inttypes.h>
#include <stdio.h>

#include "formats/block/block_cut.h"
#include "io/entropy.h"
#include "io/fd.h"
#include "tools/pyro-ingest/publish.h"

struct tenant_sets {
	struct str tenant;
	VEC(struct dataset *) sets;
};

static struct ulid new_ulid(int64_t ms)
{
	uint8_t random[10];

	entropy_bytes(random, sizeof(random));
	return ulid_make(ms, random);
}

static int write_block(struct cut_write *w, int dir, const struct tenant_sets *t, struct cut_window win, struct err *e)
{
	struct commit_block b = { t->tenant, new_ulid(w->wall / NS_PER_MS) };
	struct block_meta meta;
	struct publish p;
	struct arena *a;
	int rc;

	if (publish_begin(&p, dir, b.id, e) < 0)
		return -1;
	mem_trim(); /* what the block before took, or pushes did, is not kept beside what this one takes */
	a = arena_new();
	rc = cut_block_to(t->sets.p, t->sets.n, win, b.id, &p.sink, a, &meta, e);
	rc = publish_end(&p, rc == 0 && meta.n_profiles > 0, rc, e);
	if (rc == 0 && meta.n_profiles > 0) {
		vec_push(&w->commit.blocks, b);
		w->n_rows += meta.n_profiles;
		w->n_bytes += p.bytes;
	}
	arena_free(a);
	return rc;
}

static int write_tenant(struct cut_write *w, const struct tenant_sets *t, struct err *e)
{
	struct arena *a = arena_new();
	struct cut_window *win;
	size_t n;
	int dir = -1, rc = cut_windows(a, t->sets.p, t->sets.n, w->window, &win, &n, e);

	if (rc == 0 && n > 0)
		rc = dir = commit_tenant_dir(w->data, t->tenant, e);
	for (size_t i = 0; i < n && rc >= 0; i++)
		rc = write_block(w, dir, t, win[i], e);
	fd_close(&dir);
	arena_free(a);
	return rc < 0 ? err_wrap(e, "tenant " STR_FMT, STR_ARG(t->tenant)) : 0;
}

/*
 * One batch at a time: shards of one moment have disjoint partitions, so their
 * heads fit into one block; heads of different moments do not.
 */
static int write_batch(struct cut_write *w, struct cut_batch *b, struct err *e)
{
	VEC(struct tenant_sets) v = { 0 };
	int rc = 0;

	for (size_t i = 0; i < b->heads.n; i++) {
		struct tenant_sets new = { .tenant = b->heads.p[i].tenant };
		size_t k = 0;

		while (k < v.n && !str_eq(v.p[k].tenant, new.tenant))
			k++;
		if (k == v.n)
			vec_push(&v, new);
		if (b->heads.p[i].head->n_rows > 0)
			vec_push(&v.p[k].sets, &b->heads.p[i].head->set);
	}
	for (size_t i = 0; i < v.n; i++) {
		if (rc == 0)
			rc = write_tenant(w, &v.p[i], e);
		vec_free(&v.p[i].sets);
	}
	vec_free(&v);
	for (size_t i = 0; i < b->journals.n; i++)
		vec_push(&w->commit.journals, b->journals.p[i]);
	for (size_t i = 0; i < b->damaged.n; i++)
		vec_push(&w->commit.damaged, b->damaged.p[i]);
	return rc;
}

/*
 * The way back from a cut that failed. A commit file that may be there comes
 * first: with it a restart would publish these blocks, beside those of the
 * next attempt, which has the same rows.
 */
static int take_back(struct cut_write *w, struct err *e)
{
	struct err ignored;

	if (w->uncertain && commit_cancel(w->journals, w->name, e) < 0)
		return err_wrap(e, "commit file %s cannot be taken back", w->name);
	w->uncertain = false;
	commit_drop_blocks(w->data, &w->commit, &ignored); /* what stays goes at the next start */
	commit_fini(&w->commit);
	return 0;
}

static int write_and_commit(struct cut_write *w, struct cut_batch *const *b, size_t n, struct err *e)
{
	int rc = take_back(w, e);

	w->n_rows = w->n_bytes = 0;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = write_batch(w, b[i], e);
	if (rc == 0) {
		snprintf(w->name, sizeof(w->name), "%016" PRIx64 ".commit", w->generation);
		rc = commit_write(w->journals, w->name, &w->commit, e);
		w->uncertain = rc < 0;
		w->committed = rc == 0;
	}
	return rc;
}

int cut_write_run(struct cut_write *w, struct cut_batch *const *b, size_t n, struct err *e)
{
	struct err ignored;

	if (!w->committed && write_and_commit(w, b, n, e) < 0) {
		take_back(w, &ignored); /* if not now, then before the next attempt */
		return -1;
	}
	return commit_finish(w->data, w->journals, w->name, e);
}

void cut_write_reset(struct cut_write *w)
{
	commit_fini(&w->commit);
	w->committed = false;
}
