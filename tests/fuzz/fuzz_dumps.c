/* Stacks that texts show frame by frame: the first byte chooses the row and the options. */
#include "base/mem.h"
#include "tests/lib/profile_sound.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

extern const struct format format_goroutine_dump, format_bpftrace, format_proc_stack, format_jstack, format_gdb;

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct format *const rows[] = { &format_goroutine_dump, &format_bpftrace, &format_proc_stack,
		&format_jstack, &format_gdb };

	if (n > 0)
		row_sound(rows[(p[0] >> 4) % ARRAY_LEN(rows)], p[0] & 15, str_of(p + 1, n - 1));
	return 0;
}
