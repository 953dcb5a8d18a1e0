/*
 * window.c - the buffer of a src.
 */
#include "io/window.h"

#include "base/mem.h"

static struct window *window_of(struct src *s)
{
	return CONTAINER_OF(s, struct window, src);
}

/* Makes room behind the unread bytes so that `want` of them could lie there. */
static void window_room(struct window *w, size_t want)
{
	if (w->n == 0)
		w->at = 0;
	if (w->at + w->n < w->cap && w->cap - w->at >= want)
		return;
	if (w->at) {
		memmove(w->p, w->p + w->at, w->n);
		w->at = 0;
	}
	if (w->n < w->cap && w->cap >= want)
		return;
	assert(want <= SIZE_MAX / 2);
	w->cap = MAX(w->size, want * 2);
	w->p = mem_resize(w->p, w->cap, 1);
}

static int window_peek(struct src *s, size_t want, struct str *got, struct err *e)
{
	struct window *w = window_of(s);

	while (w->n < want && !w->end && !w->failed) {
		size_t more = 0;

		window_room(w, want);
		if (w->fill(w, w->p + w->at + w->n, w->cap - w->at - w->n, &more, &w->err) < 0)
			w->failed = true;
		else if (more == 0)
			w->end = true;
		else
			w->n += more;
	}
	if (w->n < want && w->failed) {
		if (e)
			*e = w->err;
		return -1;
	}
	*got = str_of(w->n ? w->p + w->at : "", w->n);
	return 0;
}

static void window_skip(struct src *s, size_t n)
{
	struct window *w = window_of(s);

	assert(n <= w->n);
	w->at += n;
	w->n -= n;
}

static void window_close(struct src *s)
{
	struct window *w = window_of(s);

	w->close(w);
}

void window_init(struct window *w, int (*fill)(struct window *w, char *p, size_t room, size_t *got, struct err *e),
    void (*close)(struct window *w), size_t size)
{
	*w = (struct window){
		.src = { window_peek, window_skip, window_close },
		.fill = fill,
		.close = close,
		.size = size,
	};
}

void window_fini(struct window *w)
{
	mem_free(w->p);
	w->p = NULL;
}
