/* stoppable.c - see stoppable.h */
#include "formats/query/stoppable.h"

struct passing {
	const struct scan *to;
	const atomic_int *stop;
};

static int check(const atomic_int *stop, struct err *e)
{
	if (LIKELY(atomic_load_explicit(stop, memory_order_relaxed) == 0))
		return 0;
	return err_set(e, ERR_CANCELED, "stopped");
}

static int pass_row(void *ctx, const struct row *row, struct err *e)
{
	const struct passing *p = ctx;

	if (check(p->stop, e) < 0)
		return -1;
	return p->to->row(p->to->ctx, row, e);
}

static int series(struct dataset *d, struct arena *a, const struct selector *sel, struct series_list *out,
    struct err *e)
{
	struct stoppable *s = CONTAINER_OF(d, struct stoppable, set);

	return check(s->stop, e) < 0 ? -1 : dataset_series(s->in, a, sel, out, e);
}

static int scan(struct dataset *d, const struct scan *to, struct err *e)
{
	struct stoppable *s = CONTAINER_OF(d, struct stoppable, set);
	struct passing p = { to, s->stop };
	struct scan_piece piece = { .enough = s->enough, .ctx = s->ctx };
	struct scan own = *to;

	own.row = pass_row;
	own.ctx = &p;
	own.piece = s->enough != NULL && to->samples ? &piece : NULL;
	for (;;) {
		if (check(s->stop, e) < 0 || dataset_scan(s->in, &own, e) < 0)
			return -1;
		if (!piece.more)
			return 0;
		s->pause(s->ctx, s->in);
	}
}

static int symbols(struct dataset *d, uint32_t partition, struct symbols **out, struct err *e)
{
	struct stoppable *s = CONTAINER_OF(d, struct stoppable, set);

	return check(s->stop, e) < 0 ? -1 : dataset_symbols(s->in, partition, out, e);
}

static int shared(struct dataset *d, uint32_t partition, struct shared_symbols *out, struct err *e)
{
	struct stoppable *s = CONTAINER_OF(d, struct stoppable, set);

	return check(s->stop, e) < 0 ? -1 : s->in->ops->shared(s->in, partition, out, e);
}

static void sizes(struct dataset *d, struct dataset_sizes *out)
{
	struct stoppable *s = CONTAINER_OF(d, struct stoppable, set);

	*out = (struct dataset_sizes){ 0 };
	if (s->in->ops->sizes != NULL)
		s->in->ops->sizes(s->in, out);
}

static int series_since(struct dataset *d, struct arena *a, const struct selector *sel, uint32_t since,
    struct series_list *out, uint32_t *now, struct err *e)
{
	struct stoppable *s = CONTAINER_OF(d, struct stoppable, set);

	return check(s->stop, e) < 0 ? -1 : s->in->ops->series_since(s->in, a, sel, since, out, now, e);
}

static struct label_views **views(struct dataset *d)
{
	struct stoppable *s = CONTAINER_OF(d, struct stoppable, set);

	return s->in->ops->views(s->in);
}

static void rest(struct dataset *d)
{
	struct stoppable *s = CONTAINER_OF(d, struct stoppable, set);

	dataset_rest(s->in);
	if (s->rested != NULL)
		s->rested(s->ctx, s->in);
	if (s->enough != NULL && s->enough(s->ctx))
		s->pause(s->ctx, NULL);
}

void stoppable_init(struct stoppable *s, struct dataset *in, const atomic_int *stop)
{
	bool ordered = in->ops->series_since != NULL;

	*s = (struct stoppable){ .set = *in, .in = in, .stop = stop };
	s->ops = (struct dataset_ops){ .series = series,
		.scan = scan,
		.symbols = symbols,
		.sizes = sizes,
		.series_since = ordered ? series_since : NULL,
		.views = ordered ? views : NULL,
		.shared = in->ops->shared != NULL ? shared : NULL,
		.rest = rest };
	s->set.ops = &s->ops;
}
