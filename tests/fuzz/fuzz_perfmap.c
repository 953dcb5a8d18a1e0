/* Maps of code that was compiled while running: ranges are in order and do not overlap. */
#include "formats/symbolize/perfmap.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new();
	struct sym_frame f;
	struct perfmap m;

	for (int kind = PERFMAP_PERF; kind <= PERFMAP_KERNEL; kind++) {
		perfmap_read(a, str_of(p, n), (enum perfmap_kind)kind, &m);
		for (uint32_t i = 0; i < m.n; i++) {
			if (m.p[i].from >= m.p[i].to || (i > 0 && m.p[i].from < m.p[i - 1].to))
				__builtin_trap();
			if (perfmap_find(&m, m.p[i].from, &f) != (m.p[i].name.n > 0))
				__builtin_trap();
		}
	}
	arena_free(a);
	return 0;
}
