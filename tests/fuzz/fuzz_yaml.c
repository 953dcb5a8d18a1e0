/* Configuration files: parse, print, and what is printed parses again. */
#include "conf/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new();
	struct str text = str_of(p, n), expanded;
	struct yaml *y, *again;
	struct err e;
	struct buf b;

	buf_init(&b, 64 << 20);
	if (yaml_expand(a, text, "f", &expanded, &e) == 0)
		y = yaml_parse(a, expanded, "f", &e);
	y = yaml_parse(a, text, "f", &e);
	if (y) {
		yaml_print(&b, y);
		again = b.over ? NULL : yaml_parse(a, buf_str(&b), "again", &e);
		assert(b.over || again || y->n == 0 || y->weight > YAML_MAX_NODES / 2);
	}
	buf_fini(&b);
	arena_free(a);
	return 0;
}
