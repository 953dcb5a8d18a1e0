/* formats/labels/matcher.h: any text as a selector; what is one is matched against some labels. */
#include "formats/labels/matcher.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct label pairs[] = {
		{ STR("__name__"), STR("cpu") },
		{ STR("a"), STR("") },
		{ STR("b"), STR("x\xc3\xa9y\n") },
	};
	struct labels l = { pairs, 3 };
	struct arena *a = arena_new();
	struct selector s;
	struct err e;

	if (n <= 4096 && selector_parse(a, str_of(p, n), &s, &e) == 0) {
		bool all = true;

		for (uint32_t i = 0; i < s.n; i++)
			all = matcher_match_value(&s.p[i], labels_get(&l, s.p[i].name)) && all;
		assert(selector_match(&s, &l) == all);
		selector_fini(&s);
	}
	arena_free(a);
	return 0;
}
