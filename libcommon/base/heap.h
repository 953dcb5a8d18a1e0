/*
 * heap.h - how malloc deals with the system, for programs that keep to a
 * limit of memory.
 */
#ifndef HEAP_H
#define HEAP_H

/*
 * From now on what is freed goes back to the system: at once what is larger than 4 MiB, and the end of the heap but for
 * 4 MiB. With smaller limits a question that needs 5 MiB takes them from the system again and again, at a page fault for
 * each page: a third of its time. All threads have one heap, so they should not work at the
 * same time. Before other threads begin.
 */
void heap_give_back(void);

#endif
