/*
 * flame_screen.h - a flame graph that fills a terminal and is used with keys: what is shown and what a key does, as pure
 * functions; whoever has the terminal (io/tty.h) reads keys and writes pictures.
 *
 *	struct flame_screen *s = flame_screen_new(g, false, &picture);
 *	do {
 *		buf_reset(&b);
 *		flame_screen_draw(s, rows, columns, true, &b);
 *		... write b ...
 *	} while (flame_screen_key(s, next_key()));
 *	flame_screen_free(s);
 *
 * Views: the graph; a table of functions; the sandwich of one function, who calls it above and what it calls below.
 */
#ifndef FLAME_SCREEN_H
#define FLAME_SCREEN_H

#include "base/key.h"
#include "formats/report/report.h"

struct flame_screen;

/* g is borrowed. */
struct flame_screen *flame_screen_new(const struct flamegraph *g, bool diff, const struct picture *o);
void flame_screen_free(struct flame_screen *s); /* accepts NULL */
/*
 * s, which is new, shows what old showed of another graph: the same stacks chosen and zoomed, the same view, search and order,
 * as far as there are such.
 */
void flame_screen_follow(struct flame_screen *s, const struct flame_screen *old);
bool flame_screen_asks(const struct flame_screen *s); /* keys are the text of a search now */
/* false: the person wants to leave. */
bool flame_screen_key(struct flame_screen *s, int key);
/* The whole screen: moves the cursor home first, writes every line to its end. */
void flame_screen_draw(struct flame_screen *s, unsigned rows, unsigned columns, bool colours, struct buf *out);

#endif
