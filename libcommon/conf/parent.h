/*
 * parent.h - what a program owes to whoever started it: to end when the
 * supervisor ends, and to say when it is ready (proc/ready.h says it). Both
 * are asked for in the environment; what is read is removed from there, so
 * that the program's own children do not take it for theirs. Before threads.
 */
#ifndef PARENT_H
#define PARENT_H

#include "base/base.h"

#define PARENT_PID_ENV "PYRO_PARENT_PID" /* process id of the supervisor */
#define PARENT_READY_ENV "PYRO_READY_FD" /* descriptor that waits for the line "ready" */

/*
 * True when there is a supervisor: this process then gets SIGTERM when the
 * supervisor's (main) thread ends, or at once when it is gone already.
 */
bool parent_bind(void);
/* The option's value if not negative, else PARENT_READY_ENV, else -1; close-on-exec from now on. */
int parent_ready_fd(int64_t option);

#endif
