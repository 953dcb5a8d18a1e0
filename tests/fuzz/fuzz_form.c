/* Multipart: the first line is the Content-Type, the rest the body. */
#include "net/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str body = str_of(p, n), type = str_cut(&body, '\n');
	struct arena *a = arena_new();
	struct form f;
	struct err e;

	if (!form_is(type))
		type = STR("multipart/form-data; boundary=b");
	if (form_parse(a, type, body, &f, &e) == 0) {
		assert(f.n <= FORM_MAX_PARTS);
		for (size_t i = 0; i < f.n; i++) {
			struct form_part *part = &f.parts[i];

			assert(part->name.n > 0);
			assert(part->value.p >= body.p && part->value.p + part->value.n <= body.p + body.n);
		}
	}
	arena_free(a);
	return 0;
}
