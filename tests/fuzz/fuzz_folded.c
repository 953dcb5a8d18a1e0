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
	/* the head says that there is one column; a first frame may still look like a comment */
	folded_encode_columns(o, &one);
	if (o->n_samples && str_search(buf_str(&one), STR("\n#")) == one.n &&
	    str_find(buf_str(&one), '\n') + 1 < one.n) {
		check(folded_read(a, buf_str(&one), &again, &lines, &e) == 0);
		folded_encode_columns(again, &two);
		check(str_eq(buf_str(&one), buf_str(&two)));
	}
	buf_fini(&one);
	buf_fini(&two);
}

/* With all options, as a whole and in two pieces: as many counts are found. */
static void pieces(struct arena *a, struct str text)
{
	struct format_opts o = { .keep = FORMAT_TAGS, .split_frames = true };
	struct format_profiles whole = { 0 }, one = { 0 }, two = { 0 };
	size_t cut = folded_cut(str_of(text.p, text.n / 2));
	struct buf out;
	struct err e;

	check(cut <= text.n / 2);
	if (folded_profiles(a, text, &o, &whole, &e) < 0)
		return;
	buf_init(&out, SIZE_MAX / 2);
	folded_encode_columns(whole.p[0].p, &out);
	buf_fini(&out);
	if (cut == 0 || folded_profiles(a, str_of(text.p, cut), &o, &one, &e) < 0)
		return;
	o.first = str_of(text.p, cut);
	folded_profiles(a, str_skip(text, cut), &o, &two, &e);
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
	pieces(a, text);
	arena_free(a);
	return 0;
}
