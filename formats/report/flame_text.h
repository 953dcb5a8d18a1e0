/*
 * flame_text.h - flame graphs of characters: a row for each level, bars as
 * wide as their values. With 24-bit colours, or without, lines between.
 *
 *	│main──────────────────────────
 *	│serve──────────────│idle──────
 *
 * Names are shown as characters that move no cursor: control characters and
 * bytes that are no UTF-8 are "?".
 */
#ifndef FLAME_TEXT_H
#define FLAME_TEXT_H

#include "formats/report/report.h"

/* A bar of a level, laid out: positions are sums, of a comparison those of both sides. */
struct flame_bar {
	int64_t x, w, self;
	int64_t left, right; /* of a comparison */
	uint32_t name;       /* in names; of the root "total" or "all" */
	uint32_t up;         /* bar of the level above that holds it */
};

struct flame_row {
	struct flame_bar *p;
	uint32_t n;
};

struct flame_layout {
	const struct flamegraph *g;
	bool diff;
	struct flame_row *rows; /* one a level */
	size_t n;
};

struct flame_layout flame_layout(struct arena *a, const struct flamegraph *g, bool diff);

struct flame_window {
	int64_t x, w; /* what of the sums is shown */
	unsigned columns;
	bool colours;
	enum picture_colours palette;
	const bool *hits;               /* by name, or NULL */
	const struct flame_bar *chosen; /* or NULL */
};

/* A level as one line, without its end. */
void flame_text_row(const struct flame_layout *l, size_t level, const struct flame_window *w, struct buf *out);
/* At most width cells of the name, filled up with `fill` unless that is empty. */
void flame_text_name(struct str name, size_t width, const char *fill, struct buf *out);
/* The same of a function: where it has no room its path goes first, "github.com/shop/cart.Add" to "cart.Add". */
void flame_text_function(struct str name, size_t width, const char *fill, struct buf *out);
/* "1.25s", "3 samples" */
void flame_text_amount(const struct picture *o, int64_t v, struct buf *out);
/* The whole graph below a title, o->columns wide, root on top unless o->flame. */
void report_flame_text(const struct flamegraph *g, bool diff, const struct picture *o, struct buf *out);

#endif
