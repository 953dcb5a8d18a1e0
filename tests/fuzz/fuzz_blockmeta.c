/* meta.json: whatever is read is printed and reads back the same. */
#include <stdlib.h>

#include "formats/block/block.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new();
	struct block_meta m, again;
	struct buf first, second;
	struct err e;

	buf_init(&first, 1 << 26);
	buf_init(&second, 1 << 26);
	if (block_meta_parse(a, str_of(p, n), &m, &e) == 0) {
		block_meta_print(&first, &m);
		if (block_meta_parse(a, buf_str(&first), &again, &e) < 0)
			abort();
		block_meta_print(&second, &again);
		if (!str_eq(buf_str(&first), buf_str(&second)))
			abort();
	}
	buf_fini(&first);
	buf_fini(&second);
	arena_free(a);
	return 0;
}
