/* The table of a Go program, in an ELF file that has nothing else: the input is the table, the code and the data. */
#include "base/hash.h"
#include "formats/symbolize/gopclntab.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct elf_section s = { .name = STR(".gopclntab"), .type = 1, .addr = 0x500000, .size = n };
	struct elf_load loads[] = { { .addr = 0x400000, .file_size = n, .mem_size = MAX(n, (size_t)128), .exec = true },
		{ .addr = 0x600000, .file_size = n, .mem_size = n } };
	struct elf f = { .bytes = str_of(p, n),
		.wide = true,
		.sections = &s,
		.n_sections = 1,
		.loads = loads,
		.n_loads = 2 };
	struct arena *a = arena_new();
	struct sym_frame got[SYM_FRAMES_MAX];
	struct gopclntab *t;
	struct err e;

	t = gopclntab_open(a, &f, &e);
	for (unsigned i = 0; t != NULL && i < 64; i++) {
		uint32_t k = gopclntab_find(t, 0x400000 + i * 16, got, SYM_FRAMES_MAX);

		for (uint32_t j = 0; j < k; j++) {
			hash_str(got[j].name);
			hash_str(got[j].file);
		}
	}
	arena_free(a);
	return 0;
}
