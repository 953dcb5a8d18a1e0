/* Mapping files of R8: the names in the file itself are looked up in it. */
#include "base/hash.h"
#include "formats/symbolize/r8map.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new();
	struct str text = str_of(p, n), rest = text;
	struct sym_frame got[SYM_FRAMES_MAX];
	uint64_t skipped;
	struct r8map *m = r8map_read(a, text, &skipped);

	for (unsigned lines = 0; m != NULL && rest.n > 0 && lines < 100; lines++) {
		struct str word = str_trim(str_cut(&rest, '\n'));

		word = str_skip(word, str_rfind(word, ' '));
		for (uint32_t line = 0; line < 8; line++) {
			uint32_t k = r8map_find(m, a, arena_printf(a, "a.b." STR_FMT, STR_ARG(word)), line, got,
			    SYM_FRAMES_MAX);

			k += r8map_find(m, a, word, line, got + k, SYM_FRAMES_MAX - k);
			for (uint32_t i = 0; i < k; i++) {
				hash_str(got[i].name);
				hash_str(got[i].file);
			}
		}
	}
	arena_free(a);
	return 0;
}
