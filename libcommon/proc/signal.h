/*
 * signal.h - signals as events of a loop, over signalfd.
 *
 * signals_open blocks the listed signals in the calling thread: call it
 * before other threads start, so that they inherit the block and the signals
 * reach the loop alone. Children of child.h get an empty mask again.
 *
 *	static void on_signal(struct signals *s, int signo) { loop_stop(s->w.loop); }
 *	struct signals sig = { .fn = on_signal };
 *	signals_open(&sig, l, (const int[]){ SIGTERM, SIGINT, SIGHUP, 0 }, e);
 */
#ifndef PROC_SIGNAL_H
#define PROC_SIGNAL_H

#include <signal.h>

#include "proc/loop.h"

struct signals {
	void (*fn)(struct signals *s, int signo);
	struct watch w;
	sigset_t before; /* mask to put back */
};

int signals_open(struct signals *s, struct loop *l, const int *list /* ends with 0 */, struct err *e);
void signals_close(struct signals *s); /* also after a failed open; restores the mask */

#endif
