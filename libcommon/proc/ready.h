/*
 * ready.h - tell whoever started this program that it can serve now: one
 * line into a descriptor, which is then closed. No polling, no sleeping.
 * The number comes from -ready-fd or PYRO_READY_FD (conf/tool.h, t->ready_fd).
 *
 *	return ready_tell(t->ready_fd, e);
 */
#ifndef READY_H
#define READY_H

#include "base/err.h"

/* Writes "ready\n" and closes; a negative fd means that nobody asked, and a closed reader is no error. */
int ready_tell(int fd, struct err *e);

#endif
