/*
 * window.h - what all sources that produce bytes bit by bit have in common:
 * a buffer that peek fills, that skip moves through, and an error that stays.
 * A maker embeds struct window, gives it a fill function, and returns &w.src.
 *
 *	struct my_src { struct window w; int fd; };
 *
 *	static int my_fill(struct window *w, char *p, size_t room, size_t *got, struct err *e)
 *	{
 *		return fd_read_some(CONTAINER_OF(w, struct my_src, w)->fd, p, room, got, e);
 *	}
 *	...
 *	window_init(&m->w, my_fill, my_close, 65536);
 *	return &m->w.src;
 *
 * Memory: the larger of `size` and twice the greatest `want` of any peek.
 */
#ifndef WINDOW_H
#define WINDOW_H

#include "base/stream.h"

struct window {
	struct src src;
	/* Puts 1 .. room bytes at p, or *got = 0 at the end. Not called again after that. */
	int (*fill)(struct window *w, char *p, size_t room, size_t *got, struct err *e);
	void (*close)(struct window *w); /* frees the maker's object; calls window_fini */
	char *p;
	size_t at, n, cap; /* unread bytes are p[at .. at + n) */
	size_t size;
	bool end, failed;
	struct err err; /* the first error, given to every later peek */
};

void window_init(struct window *w, int (*fill)(struct window *w, char *p, size_t room, size_t *got, struct err *e),
    void (*close)(struct window *w), size_t size);
void window_fini(struct window *w);

#endif
