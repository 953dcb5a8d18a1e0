/* block_check.c - see block_check.h */
#include "formats/block/block_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void check_problem(struct check *c, const char *fmt, ...)
{
	char text[1200];
	va_list ap;

	if (c->problems++ >= CHECK_MAX_LINES)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (c->say)
		c->say(c->ctx, text);
}

/* Trouble with the storage is no problem of the block. */
static int tell(struct check *c, struct err *e)
{
	if (e->kind == ERR_IO || e->kind == ERR_TIMEOUT || e->kind == ERR_BUSY || e->kind == ERR_CANCELED)
		return -1;
	check_problem(c, "%s", e->msg);
	return 0;
}

static int check_file(struct check *c, const struct block_file *f, struct err *e)
{
	struct blob *blob = blobs_open(c->b->parts, f->path, e);

	if (blob == NULL)
		return tell(c, e);
	if (f->size && blob->size != f->size)
		check_problem(c, "meta.json: " STR_FMT " has %" PRIu64 " bytes, not %" PRIu64, STR_ARG(f->path),
		    blob->size, f->size);
	blob_close(blob);
	return 0;
}

static int check_meta(struct check *c, struct err *e)
{
	const struct block_meta *m = &c->b->face.meta;

	if (m->n_files == 0)
		check_problem(c, "meta.json: no files");
	for (uint32_t i = 0; i < m->n_files; i++)
		if (check_file(c, &m->files[i], e) < 0)
			return -1;
	if (m->version == 3 && m->n_sources == 0)
		check_problem(c, "meta.json: no sources: a compactor would delete the block");
	if (m->min_time > m->max_time)
		check_problem(c, "meta.json: the last time is before the first");
	return 0;
}

static int check_index(struct check *c, struct err *e)
{
	const struct block_meta *m = &c->b->face.meta;
	struct index *ix;
	uint32_t n = 0;

	if (block_index(c->b, &ix, e) < 0)
		return tell(c, e);
	if (index_check(ix, c->say, c->ctx, &n, e) < 0 && tell(c, e) < 0)
		return -1;
	c->problems += n;
	if (index_all(ix, c->mem, &c->series, &c->n_series, e) < 0)
		return tell(c, e);
	c->has_index = true;
	if (m->n_series && m->n_series != c->n_series)
		check_problem(c, "meta.json: %" PRIu64 " series, the index has %u", m->n_series, c->n_series);
	return 0;
}

static int check_symbols(struct check *c, struct err *e)
{
	for (uint32_t i = 0; i < c->b->face.set.n_partitions; i++) {
		struct symbols *s;

		if (block_symbols(c->b, i, &s, e) < 0) {
			err_wrap(e, "symbols: partition %016" PRIx64, c->b->ids[i]);
			if (tell(c, e) < 0)
				return -1;
		}
	}
	return 0;
}

static int check_profiles(struct check *c, struct err *e)
{
	struct profiles_table *t;

	if (block_profiles(c->b, &t, e) < 0)
		return tell(c, e);
	check_pages(c, t);
	check_rows(c, t);
	return 0;
}

int block_check(struct block *b, void (*say)(void *ctx, const char *problem), void *ctx, uint32_t *problems,
    struct err *e)
{
	struct check c = { .b = (struct open_block *)b, .say = say, .ctx = ctx, .mem = arena_new() };
	int rc = 0;

	if (check_meta(&c, e) < 0 || check_index(&c, e) < 0 || check_symbols(&c, e) < 0 || check_profiles(&c, e) < 0)
		rc = -1;
	*problems = c.problems;
	arena_free(c.mem);
	return rc;
}
