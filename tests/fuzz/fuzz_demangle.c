/* Names of C++ and Rust: what comes out is bounded, whatever goes in. */
#include "formats/symbolize/demangle.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new();
	struct str s = str_of(p, n), full = demangle(a, s, DEMANGLE_FULL), brief = demangle(a, s, DEMANGLE_SIMPLE);

	if ((full.p != s.p && full.n > DEMANGLE_MAX) || (brief.p != s.p && brief.n > DEMANGLE_MAX))
		__builtin_trap();
	arena_free(a);
	return 0;
}
