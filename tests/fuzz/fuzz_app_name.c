/* The name parameter, types by suffix, the sample type configuration, flamebearer JSON. */
#include "base/mem.h"
#include "formats/labels/app_name.h"
#include "formats/json/flamebearer.h"
#include "formats/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static void name(struct arena *a, struct str text)
{
	struct labelset l;
	struct app_type t;
	struct err e;

	if (labelset_parse(a, text, &l, &e) < 0) {
		check(e.msg[0] != '\0');
		return;
	}
	for (uint32_t i = 0; i < l.tags.n; i++) {
		check(l.tags.p[i].name.n > 0);
		check(i == 0 || str_cmp(l.tags.p[i - 1].name, l.tags.p[i].name) < 0);
	}
	labelset_labels(a, &l);
	labelset_ignored(&l);
	if (app_type_find(l.app, 100, &t, &e) == 0)
		check(t.name.n > 0 && t.app.n <= l.app.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new();
	struct sample_type_config c;
	struct str text = str_of(p, n);
	struct profile *o;
	struct buf b;
	struct err e;

	name(a, text);
	if (sample_type_config_parse(a, text, &c, &e) == 0)
		for (uint32_t i = 0; i < c.n; i++)
			check(c.p[i].name.p != NULL);
	format_detect(text, STR("x.pb"), &e);
	if (flamebearer_decode(a, text, &o, &e) == 0) {
		buf_init(&b, SIZE_MAX / 2);
		flamebearer_encode(o, 0, &b, &e);
		buf_fini(&b);
	}
	arena_free(a);
	return 0;
}
