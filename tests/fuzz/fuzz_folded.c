/* Collapsed stacks: what is written from what was read reads back as the same. */
#include "base/mem.h"
#include "formats/folded/folded.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(bool ok)
{
	if (!ok)
		__builtin_trap();
}

/* Names may change once (a lone CR before the count is no line end, then), so compare from the second text on. */
static void round_trip(struct arena *a, const struct profile *o)
{
	struct folded_lines lines;
	struct profile *again;
	struct buf one, two;
	struct err e;

	buf_init(&one, SIZE_MAX / 2);
	buf_init(&two, SIZE_MAX / 2);
	folded_encode(o, 0, &one);
	if (one.n) {
		check(folded_read(a, buf_str(&one), &again, &lines, &e) == 0);
		check(lines.skipped == 0);
		folded_encode(again, 0, &two);
		check(str_eq(buf_str(&one), buf_str(&two)));
	}
	buf_fini(&one);
	buf_fini(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new();
	struct str text = str_of(p, n);
	struct folded_lines lines;
	struct profile *o;
	struct err e;

	if (folded_decode(a, text, &o, &e) == 0)
		round_trip(a, o);
	else
		check(str_prefix(str_cstr(e.msg), STR("strconv.Atoi: parsing ")));
	if (folded_decode_lines(a, text, &o, &e) == 0)
		round_trip(a, o);
	if (folded_read(a, text, &o, &lines, &e) == 0)
		round_trip(a, o);
	else
		check(lines.counted == 0);
	arena_free(a);
	return 0;
}
