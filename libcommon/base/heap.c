/* heap.c - see heap.h */
#include "base/heap.h"

#include <malloc.h>

void heap_give_back(void)
{
	enum { LARGE = 128 << 10, KEEP = 1 << 20 };

	/* The first is malloc's own value, but it raises it as it sees fit unless it is set. */
	mallopt(M_MMAP_THRESHOLD, LARGE);
	mallopt(M_TRIM_THRESHOLD, KEEP);
	mallopt(M_ARENA_MAX, 1); /* not a heap, and what it keeps, for each thread */
}
