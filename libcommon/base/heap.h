/*
 * heap.h - how malloc deals with the system, for programs that keep to a
 * limit of memory.
 */
#ifndef HEAP_H
#define HEAP_H

/*
 * From now on what is large goes back to the system when it is freed, so that
 * what the process holds is what it uses, and 1 MiB for what comes next; it
 * costs page faults. All threads have one heap, so they should not work at the
 * same time. Before other threads begin.
 */
void heap_give_back(void);

#endif
