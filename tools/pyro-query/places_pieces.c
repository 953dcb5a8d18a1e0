/*
 * places_pieces.c - see places.h. The main thread reads and cuts pieces and adds their profiles to the sum in the order of
 * the input; pool threads decode. So the answer does not depend on who is faster, and a few pieces are all that is in
 * memory of the input.
 */
#include "formats/format_tell.h"
#include "proc/loop.h"
#include "proc/pool.h"
#include "tools/pyro-query/places.h"
#include "tools/pyro-query/places_read.h"

enum {
	THREADS = 2,
	AT_ONCE = THREADS + 1, /* one more is being read or added */
	PIECE = 8 << 20,       /* bytes, without --memory */
	PIECE_MIN = 1 << 18,
	MEMORY_PARTS = 128,        /* a piece is such a part of --memory */
	PIECE_MAX = INT32_MAX / 2, /* one record is not larger than that */
	LOOK = 1 << 16,
};

struct piece {
	struct job job;
	struct pieces *all;
	struct arena *a; /* text and profiles; NULL: the piece is free */
	struct str text;
	uint64_t offset; /* in the input */
	bool first;
	struct format_profiles got;
	bool done;
	int rc;
	struct err err;
};

struct pieces {
	struct places *x;
	struct str name;
	struct src *s;
	const struct format *f;
	struct format_opts opts; /* but for `first` */
	struct str head;         /* the first piece, for those behind it */
	struct arena *a;
	struct loop *loop;
	struct pool *pool;
	struct piece ring[AT_ONCE];
	struct buf text; /* read, not yet cut */
	uint64_t offset; /* of text in the input */
	size_t size;     /* of a piece */
	bool end;
	struct format_notes notes; /* of all pieces */
};

static void decode(struct job *j)
{
	struct piece *p = CONTAINER_OF(j, struct piece, job);
	const struct pieces *all = p->all;
	struct format_opts o = all->opts;

	o.first = p->first ? STR_NONE : all->head;
	p->got = (struct format_profiles){ 0 };
	p->rc = all->f->decode(p->a, p->text, &o, &p->got, &p->err);
}

static void decoded(struct job *j)
{
	struct piece *p = CONTAINER_OF(j, struct piece, job);

	p->done = true;
	loop_stop(p->all->loop);
}

/* Whole records for the next piece; n = 0: the end. */
static int read_piece(struct pieces *all, struct str *out, struct err *e)
{
	size_t want = all->size, n;
	struct str got;

	for (;;) {
		while (!all->end && all->text.n < want) {
			if (src_peek(all->s, 1, &got, e) < 0)
				return -1;
			buf_add(&all->text, got);
			src_skip(all->s, got.n);
			all->end = got.n == 0;
		}
		n = all->end ? all->text.n : all->f->cut(buf_str(&all->text));
		if (n > 0 || all->end)
			break;
		if (want >= PIECE_MAX)
			return err_set(e, ERR_LIMIT, "a record of more than %d bytes", PIECE_MAX);
		want *= 2;
	}
	*out = str_of(all->text.p, n);
	return 0;
}

static void forget_piece(struct pieces *all, size_t n)
{
	memmove(all->text.p, all->text.p + n, all->text.n - n);
	all->text.n -= n;
	all->offset += n;
}

static int submit(struct pieces *all, struct piece *p, struct str text, struct err *e)
{
	p->a = arena_new();
	p->text = arena_str(p->a, text);
	p->offset = all->offset;
	p->done = false;
	p->all = all;
	p->first = all->head.p == NULL;
	if (p->first)
		all->head = arena_str(all->a, text);
	p->job = (struct job){ .work = decode, .done = decoded, .home = all->loop };
	forget_piece(all, text.n);
	return pool_submit(all->pool, &p->job, e);
}

/* Decoders count lines from the beginning of their piece. */
static void note(struct pieces *all, const struct piece *p)
{
	const struct format_notes *own = &p->got.notes;

	if (own->skipped > 0 && all->notes.skipped == 0)
		all->notes.first = p->offset == 0 ? arena_str(all->a, own->first)
						  : arena_printf(all->a, "in what follows byte %llu: " STR_FMT,
							(unsigned long long)p->offset, STR_ARG(own->first));
	all->notes.skipped += own->skipped;
	if (own->warning.n > 0 && all->notes.warning.n == 0)
		all->notes.warning = arena_str(all->a, own->warning);
}

/* Waits for the piece and adds what is in it. */
static int finish(struct pieces *all, struct piece *p, bool add, struct err *e)
{
	int rc = 0;

	if (p->a == NULL)
		return 0;
	while (!p->done && rc == 0)
		rc = loop_run(all->loop, e);
	if (rc == 0 && add && p->rc < 0) {
		*e = p->err;
		rc = p->offset > 0 ? err_wrap(e, "in what follows byte %llu", (unsigned long long)p->offset) : -1;
	}
	for (uint32_t i = 0; rc == 0 && add && i < p->got.n; i++)
		rc = places_add(all->x, p->a, false, p->got.p[i].p, &p->got.p[i].labels, e);
	if (rc == 0 && add)
		note(all, p);
	progress_add(&all->x->progress, p->text.n);
	arena_free(p->a);
	p->a = NULL;
	return rc;
}

static int read_all(struct pieces *all, struct err *e)
{
	struct str text;
	int rc = 0;

	for (size_t i = 0;; i++) {
		struct piece *p = &all->ring[i % AT_ONCE];

		rc = finish(all, p, true, e);
		if (rc == 0)
			rc = read_piece(all, &text, e);
		if (rc == 0 && text.n > 0)
			rc = submit(all, p, text, e);
		if (rc < 0 || text.n == 0) {
			/* the others, oldest first */
			for (size_t k = 1; k < AT_ONCE; k++)
				if (finish(all, &all->ring[(i + k) % AT_ONCE], rc == 0, e) < 0)
					rc = -1;
			return rc;
		}
	}
}

static size_t piece_size(const struct query_opts *o)
{
	return o->memory > 0 ? (size_t)MIN(MAX(o->memory / MEMORY_PARTS, (uint64_t)PIECE_MIN), (uint64_t)PIECE) : PIECE;
}

int places_pieces(void *ctx, struct str name, struct src *s, struct err *e)
{
	struct places *x = ctx;
	struct pieces all = { .x = x, .name = name, .s = s, .size = piece_size(x->o) };
	struct str look;
	struct err no;
	int rc;

	if (places_opts(x->o, name, places_keep(x), &all.opts, e) < 0 || src_peek(s, LOOK, &look, e) < 0)
		return -1;
	all.f = look.n < LOOK ? NULL : places_format(x->o, str_of(look.p, LOOK), name, &no);
	if (all.f != NULL && all.f->stream != NULL && x->o->memory == 0)
		return places_take_stream(x, all.f, name, s, e) < 0 ? -1 : 1;
	if (all.f == NULL || all.f->cut == NULL || x->o->profile.n + x->o->event.n > 0)
		return 0;
	all.a = arena_new();
	all.loop = loop_new();
	all.pool = pool_new("decode", THREADS, AT_ONCE);
	buf_init(&all.text, INT32_MAX);
	rc = read_all(&all, e);
	x->n_instances++;
	buf_fini(&all.text);
	pool_free(all.pool);
	loop_free(all.loop);
	if (rc == 0)
		format_tell(name, &all.notes);
	arena_free(all.a);
	return rc < 0 ? -1 : 1;
}
