/* A program as a stranger sends it: symbols, DWARF, Go tables. Every answer points into readable bytes. */
#include "base/hash.h"
#include "formats/symbolize/binary.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

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
	return 0;
}
