/* retention.c - see retention.h */
#include "tools/pyro-ingest/retention.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#include "base/log.h"
#include "io/file.h"
#include "tools/pyro-ingest/retain.h"
#include "tools/pyro-ingest/worker.h"

struct candidate {
	struct local_block block;
	struct retain_block age;
};

struct retention {
	struct retention_conf conf;
	struct timer timer;
	struct job job;
	VEC(struct local_block) leaving; /* forgotten in the last round: their files go in this one */

	/* The round under way. */
	struct arena *mem;
	VEC(struct candidate) candidates; /* ascending by age */
	struct retain_disk disk;
	int64_t wall;
	VEC(struct local_block) stuck; /* whose files could not be removed */
	uint64_t removed;
	struct err err;
	bool ended; /* free it after this round */
};

/* ---- on a pool thread ---- */

static const char *folder_of(struct retention *r, const struct local_block *b)
{
	char text[ULID_TEXT + 1];

	ulid_print(b->id, text);
	return arena_printf(r->mem, "%s/" STR_FMT "/local/%s", r->conf.data, STR_ARG(b->tenant), text).p;
}

/* Renamed first: a block is whole or not there, also when the removal is cut short. */
static int remove_block(struct retention *r, const struct local_block *b, struct err *e)
{
	const char *folder = folder_of(r, b);
	char text[ULID_TEXT + 1];
	const char *tmp;

	ulid_print(b->id, text);
	tmp = arena_printf(r->mem, "%s/" STR_FMT "/local/.tmp-%s", r->conf.data, STR_ARG(b->tenant), text).p;
	if (file_rename(AT_FDCWD, folder, tmp, e) < 0 && e->kind != ERR_NOTFOUND)
		return -1;
	return file_remove_tree(AT_FDCWD, tmp, e);
}

static void remove_leaving(struct retention *r)
{
	struct err e;

	for (size_t i = 0; i < r->leaving.n; i++) {
		if (remove_block(r, &r->leaving.p[i], &e) == 0) {
			r->removed++;
			continue;
		}
		vec_push(&r->stuck, r->leaving.p[i]);
		r->err = e;
	}
}

static uint64_t folder_bytes(struct retention *r, const struct local_block *b)
{
	struct file_list list;
	uint64_t bytes = 0;
	struct err e;

	if (file_list(r->mem, AT_FDCWD, folder_of(r, b), &list, &e) < 0)
		return 0;
	for (size_t i = 0; i < list.n; i++)
		bytes += list.p[i].size;
	return bytes;
}

static int by_age(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return x->age.made < y->age.made ? -1 : x->age.made > y->age.made;
}

static void round_work(struct job *j)
{
	struct retention *r = CONTAINER_OF(j, struct retention, job);
	struct statvfs vfs;

	remove_leaving(r);
	if (r->conf.min_free > 0 && statvfs(r->conf.data, &vfs) == 0) {
		r->disk.free = (uint64_t)vfs.f_bavail * vfs.f_frsize;
		r->disk.total = (uint64_t)vfs.f_blocks * vfs.f_frsize;
	}
	if (r->candidates.n > 1)
		qsort(r->candidates.p, r->candidates.n, sizeof(*r->candidates.p), by_age);
	for (size_t i = 0; retain_disk_full(&r->disk) && i < r->candidates.n; i++)
		r->candidates.p[i].age.bytes = folder_bytes(r, &r->candidates.p[i].block);
}

/* ---- on the loop ---- */

static void forget(struct retention *r, const struct local_block *b, enum retain why)
{
	char text[ULID_TEXT + 1];

	ulid_print(b->id, text);
	if (why == RETAIN_DISK)
		log_event(LOG_WARN, "the disk is nearly full: an old block goes", LOG_STR("tenant", b->tenant),
		    LOG_CSTR("block", text), LOG_I64("free", r->disk.free), LOG_I64("min_free", r->disk.min_free));
	else
		log_event(LOG_INFO, "a block is past its retention period", LOG_STR("tenant", b->tenant),
		    LOG_CSTR("block", text));
	local_blocks_forget(r->conf.blocks, b);
	vec_push(&r->leaving, *b);
}

static void pick(struct retention *r)
{
	VEC(struct retain_block) ages = { 0 };

	for (size_t i = 0; i < r->candidates.n; i++)
		vec_push(&ages, r->candidates.p[i].age);
	retain_pick(ages.p, ages.n, &r->disk, r->wall);
	for (size_t i = 0; i < ages.n; i++)
		if (ages.p[i].verdict != RETAIN_KEEP)
			forget(r, &r->candidates.p[i].block, ages.p[i].verdict);
	vec_free(&ages);
}

static void again(struct retention *r)
{
	loop_timer(r->conf.loop, &r->timer, loop_mono(r->conf.loop) + r->conf.interval);
}

static void round_done(struct job *j)
{
	struct retention *r = CONTAINER_OF(j, struct retention, job);

	r->leaving.n = 0;
	for (size_t i = 0; i < r->stuck.n; i++)
		vec_push(&r->leaving, r->stuck.p[i]);
	if (r->stuck.n > 0)
		log_event(LOG_ERROR, "blocks could not be removed", LOG_I64("blocks", r->stuck.n),
		    LOG_CSTR("error", r->err.msg));
	r->conf.counters->blocks_removed += r->removed;
	pick(r);
	arena_free(r->mem);
	r->mem = NULL;
	if (r->ended)
		retention_free(r);
	else
		again(r);
}

static void round_begin(struct timer *t)
{
	struct retention *r = CONTAINER_OF(t, struct retention, timer);
	struct err e;

	r->mem = arena_new();
	r->candidates.n = r->stuck.n = 0;
	r->removed = 0;
	r->wall = loop_wall(r->conf.loop);
	r->disk = (struct retain_disk){ .min_free = r->conf.min_free, .min_fraction = r->conf.min_fraction };
	for (size_t i = 0; i < r->conf.blocks->v.n; i++) {
		struct candidate c = { .block = r->conf.blocks->v.p[i] };

		c.age.made = ulid_ms(c.block.id) * NS_PER_MS;
		c.age.period = limits_of(*r->conf.limits, c.block.tenant)->compactor_blocks_retention_period;
		vec_push(&r->candidates, c);
	}
	r->job = (struct job){ .work = round_work, .done = round_done, .home = r->conf.loop };
	if (pool_submit(r->conf.pool, &r->job, &e) < 0) {
		arena_free(r->mem);
		r->mem = NULL;
		again(r);
	}
}

struct retention *retention_start(const struct retention_conf *conf)
{
	struct retention *r = mem_zalloc(sizeof(*r));

	r->conf = *conf;
	r->timer.fn = round_begin;
	again(r);
	return r;
}

void retention_free(struct retention *r)
{
	if (r == NULL)
		return;
	r->ended = true;
	if (r->mem != NULL)
		return;
	loop_timer_off(r->conf.loop, &r->timer);
	vec_free(&r->leaving);
	vec_free(&r->candidates);
	vec_free(&r->stuck);
	mem_free(r);
}
