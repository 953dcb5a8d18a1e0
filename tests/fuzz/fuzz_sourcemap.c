/* Source maps: every segment that is found leads to a source that is there. */
#include "base/hash.h"
#include "formats/symbolize/sourcemap.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new();
	struct sourcemap m;
	struct err e;

	if (sourcemap_read(a, str_of(p, n), &m, &e) == 0)
		for (uint32_t line = 0; line < 20; line++)
			for (uint32_t column = 0; column < 20; column++) {
				struct sym_frame f;

				if (sourcemap_find(&m, line, column, &f)) {
					hash_str(f.file);
					hash_str(f.name);
				}
			}
	arena_free(a);
	return 0;
}
