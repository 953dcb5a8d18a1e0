/*
 * tty.h - the terminal of a person, filled by a program: keys one by one, pictures over its whole size. It is /dev/tty, so
 * standard input and output may be something else.
 *
 *	struct tty *t = tty_open(e);                    NULL: ERR_USAGE, there is none, or a dumb one
 *	for (int key = KEY_RESIZE; key != KEY_GONE; key = tty_key(t)) {
 *		tty_size(t, &rows, &columns);
 *		... tty_write(t, picture) ...
 *	}
 *	tty_close(t);
 *
 * The terminal is as it was before after tty_close, exit, and every signal that ends a process and can be caught; also while
 * the process is stopped. One at a time in a process.
 */
#ifndef TTY_H
#define TTY_H

#include "base/err.h"
#include "base/key.h"
#include "base/str.h"

struct tty;

struct tty *tty_open(struct err *e);
void tty_close(struct tty *t); /* accepts NULL */
/* Waits; enum key or a character. ^Z stops the process and comes back as KEY_RESIZE. */
int tty_key(struct tty *t);
/* The same, for at most that long: KEY_NONE when nothing came. */
int tty_key_within(struct tty *t, int wait_ms);
int tty_fd(const struct tty *t);                                       /* readable: there may be a key */
void tty_size(const struct tty *t, unsigned *rows, unsigned *columns); /* 24 x 80 where nobody tells */
int tty_write(struct tty *t, struct str bytes, struct err *e);

#endif
