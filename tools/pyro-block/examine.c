/* examine.c - pyro-block check: one line on standard output for each problem */
#include <stdio.h>

#include "formats/block/block.h"
#include "formats/block/index.h"
#include "tools/pyro-block/block.h"
#include "tools/pyro-block/dump.h"
#include "tools/pyro-block/parts.h"
#include "tools/pyro-block/replay.h"

struct examining {
	struct printer p;
	const char *path;
	uint64_t problems;
};

static void say(void *ctx, const char *problem)
{
	struct examining *x = ctx;
	struct err ignored;

	x->problems++;
	buf_printf(&x->p.b, "%s: %s\n", x->path, problem);
	print_more(&x->p, &ignored);
}

/* What the storage refuses is no problem of the data: -1 then, else it has been said. */
static int tell(struct examining *x, struct err *e)
{
	if (e->kind == ERR_IO || e->kind == ERR_TIMEOUT || e->kind == ERR_BUSY || e->kind == ERR_DENIED)
		return -1;
	say(x, e->msg);
	return 0;
}

static int examine_block(struct examining *x, struct found *f, struct err *e)
{
	struct block *b = block_open(f->parts, e);
	uint32_t problems = 0;
	int rc;

	f->parts = NULL;
	if (b == NULL)
		return tell(x, e);
	rc = block_check(b, say, x, &problems, e);
	block_close(b);
	if (problems > x->problems)
		x->problems = problems;
	return rc;
}

static int examine_meta(struct examining *x, struct str bytes, struct err *e)
{
	struct arena *a = arena_new();
	struct block_meta m;
	int rc = block_meta_parse(a, bytes, &m, e);

	(void)x;
	arena_free(a);
	return rc;
}

static int examine_index(struct examining *x, struct str bytes, struct err *e)
{
	struct index *ix = index_open(bytes, e);
	uint32_t problems = 0;
	int rc;

	if (ix == NULL)
		return -1;
	rc = index_check(ix, say, x, &problems, e);
	index_close(ix);
	return rc;
}

/* What is printed to nobody has been read, with all its checksums and references. */
static int by_reading(struct examining *x, struct str bytes, struct err *e,
    int (*dump)(struct printer *p, const char *path, struct str bytes, struct err *e))
{
	struct printer nobody;
	int rc;

	print_init(&nobody, x->p.tool, false);
	nobody.nobody = true;
	rc = dump(&nobody, x->path, bytes, e);
	buf_fini(&nobody.b);
	return rc;
}

static int examine_parquet(struct examining *x, struct str bytes, struct err *e)
{
	return by_reading(x, bytes, e, dump_parquet);
}

static int examine_symdb(struct examining *x, struct str bytes, struct err *e)
{
	return by_reading(x, bytes, e, dump_symdb);
}

static int examine_folder(struct examining *x, const struct found *f, struct err *e)
{
	struct printer nobody;
	int rc;

	print_init(&nobody, x->p.tool, false);
	nobody.nobody = true;
	rc = dump_symdb_folder(&nobody, f->path, f->parts, e);
	buf_fini(&nobody.b);
	return rc;
}

/* A torn tail is how a journal looks after a crash, and no problem. */
static int examine_journal(struct examining *x, struct str bytes, struct err *e)
{
	struct replay r;
	enum journal_found found;
	struct journal_frame f;
	struct head *h;
	struct err why;
	char text[256];

	if (replay_begin(&r, bytes, e) < 0)
		return -1;
	while ((found = replay_next(&r, &f, &h, &why)) != JOURNAL_END) {
		if (found != JOURNAL_BROKEN)
			continue;
		snprintf(text, sizeof(text), "%zu bytes at %zu: %.200s", f.bytes, f.at,
		    why.kind == ERR_NONE ? "broken frame, sound ones follow" : why.msg);
		say(x, text);
	}
	replay_end(&r);
	return 0;
}

static int one_found(void *ctx, struct found *f, struct err *e)
{
	static int (*const kinds[])(struct examining * x, struct str bytes, struct err * e) = {
		[FOUND_META] = examine_meta,
		[FOUND_INDEX] = examine_index,
		[FOUND_PARQUET] = examine_parquet,
		[FOUND_SYMBOLS] = examine_symdb,
		[FOUND_SYMDB_INDEX] = examine_symdb,
		[FOUND_JOURNAL] = examine_journal,
	};
	struct examining *x = ctx;

	x->path = f->path;
	if (f->kind == FOUND_BLOCK)
		return examine_block(x, f, e);
	if (f->kind == FOUND_SYMDB)
		return examine_folder(x, f, e) < 0 ? tell(x, e) : 0;
	return kinds[f->kind](x, f->bytes, e) < 0 ? tell(x, e) : 0;
}

int block_examine(struct tool *t, struct err *e)
{
	static const char *const standard_input[] = { "-" };
	const char *const *paths = t->conf.n_args ? t->conf.args : standard_input;
	size_t n = t->conf.n_args ? t->conf.n_args : 1;
	struct examining x = { 0 };
	int rc;

	print_init(&x.p, t, false);
	for (size_t i = 0; i < n && !x.p.closed; i++) {
		if (found_each(paths[i], NULL, one_found, &x, e) == 0 || x.p.closed)
			continue;
		/* 1 would say that something was looked at and is broken. */
		if (e->kind == ERR_NOTFOUND)
			e->kind = ERR_INVALID;
		print_trouble(&x.p, "", e);
	}
	rc = print_end(&x.p, x.p.closed ? -1 : 0, e);
	return rc == 0 && x.problems > 0 ? 1 : rc;
}
