/* Profiles of before protobuf: the first byte chooses the row and the options. */
#include "base/mem.h"
#include "tests/lib/profile_sound.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

extern const struct format format_gperftools_cpu, format_heap_text, format_jemalloc, format_contention, format_go_text,
    format_threadz;

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct format *const rows[] = { &format_gperftools_cpu, &format_heap_text, &format_jemalloc,
		&format_contention, &format_go_text, &format_threadz };

	if (n > 0)
		row_sound(rows[(p[0] >> 4) % ARRAY_LEN(rows)], p[0] & 15, str_of(p + 1, n - 1));
	return 0;
}
