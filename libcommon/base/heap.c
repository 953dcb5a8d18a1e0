/* heap.c - see heap.h */
#include "base/heap.h"

#include <malloc.h>

void heap_give_back(void)
{
	enum { LARGE = 128 << 10 };

	/* These are malloc's own values, but it raises them as it sees fit unless they are set. */
	mallopt(M_MMAP_THRESHOLD, LARGE);
	mallopt(M_TRIM_THRESHOLD, LARGE);
}
