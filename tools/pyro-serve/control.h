/*
 * control.h - one-byte commands (control.def) on a FIFO in the run folder,
 * for whoever may write there. Unknown bytes are counted and passed over.
 *
 *	struct control c = { .fn = on_command };
 *	control_open(&c, l, run_dir, e);
 */
#ifndef CONTROL_H
#define CONTROL_H

#include "proc/loop.h"

struct control {
	void (*fn)(struct control *c, char command);
	struct watch w;
};

int control_open(struct control *c, struct loop *l, const char *dir, struct err *e);
void control_close(struct control *c); /* accepts one that is not open */

/* From another process. NOTFOUND when nobody listens. */
int control_send(const char *dir, char command, struct err *e);
/* The byte of a verb with its operand, or 0. */
char control_byte(const char *verb, const char *operand);

#endif
