/* A program as a stranger sends it: symbols, DWARF, Go tables, rules of frames. Every answer points into readable bytes. */
#include "base/hash.h"
#include "formats/symbolize/binary.h"
#include "formats/symbolize/cfi.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static bool read_address(void *ctx, uint64_t addr, uint64_t *value)
{
	(void)ctx;
	*value = addr;
	return addr % 64 != 0;
}

/* A step goes up, or says why not. */
static void walk(struct str bytes)
{
	const struct cfi_memory m = { .read = read_address };
	struct arena *a = arena_new();
	struct elf f;
	struct err e;
	struct cfi *c = elf_open(a, bytes, &f, &e) == 0 ? cfi_open(a, &f, &e) : NULL;

	for (uint64_t addr = 0x200; c != NULL && addr < 0x1400; addr += addr < 0x300 ? 1 : 4) {
		struct cfi_frame x = { .pc = addr,
			.reg = { [3] = 0x1000, [7] = 0x1000, [30] = 1, [31] = 0x1000 },
			.known = UINT64_MAX };
		struct cfi_frame before = x;

		if (cfi_step(c, addr, &x, &m) == CFI_CALLER ? x.pc == 0 : memcmp(&x, &before, sizeof(x)) != 0)
			__builtin_trap();
	}
	arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct sym_frame got[SYM_FRAMES_MAX];
	struct binary *b;
	struct err e;

	b = binary_open(&(struct binary_files){ .main = str_of(p, n), .limit = 1 << 20 }, &e);
	for (unsigned i = 0; b != NULL && i < 256; i++) {
		uint64_t addr = i < 128 ? 0x1000 + i * 16 : 0x401000 + (i - 128) * 16;
		uint32_t k = binary_find(b, addr, got, SYM_FRAMES_MAX);

		for (uint32_t f = 0; f < k; f++) {
			hash_str(got[f].name);
			hash_str(got[f].file);
		}
	}
	binary_close(b);
	walk(str_of(p, n));
	return 0;
}
