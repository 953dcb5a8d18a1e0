/* heap.c - see heap.h */
#include "base/heap.h"

#include <malloc.h>

void heap_give_back(void)
{
	enum { LARGE = 4 << 20, KEEP = 4 << 20 };

	/* Unless they are set, malloc changes both as it sees fit. */
	mallopt(M_MMAP_THRESHOLD, LARGE);
	mallopt(M_TRIM_THRESHOLD, KEEP);
	mallopt(M_ARENA_MAX, 1); /* not a heap, and what it keeps, for each thread */
}
