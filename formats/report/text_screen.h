/*
 * text_screen.h - a text that fills a terminal: a title, the head of the text, lines that scroll, and a line about keys. Pure,
 * as flame_screen.h.
 *
 *	struct text_screen s = { .head = 1 };
 *	text_screen_draw(&s, text, title, keys, rows, columns, &out);
 *	text_screen_key(&s, key);
 *
 * Names are shown as characters that move no cursor.
 */
#ifndef TEXT_SCREEN_H
#define TEXT_SCREEN_H

#include "base/buf.h"
#include "base/key.h"

struct text_screen {
	size_t head; /* lines that stay */
	size_t top;  /* of the others, the first that is shown */
	unsigned page;
};

/* Arrows, pages, home, end, j and k scroll; false: the key means nothing here. */
bool text_screen_key(struct text_screen *s, int key);
/* The whole screen: moves the cursor home first, writes every line to its end. */
void text_screen_draw(struct text_screen *s, struct str text, struct str title, struct str keys, unsigned rows,
    unsigned columns, struct buf *out);

/* What went wrong, without the address in front of it: a line of a terminal has no room for what the person typed. */
struct str text_screen_reason(const char *message);

#endif
