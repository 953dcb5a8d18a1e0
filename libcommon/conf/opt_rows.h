/*
 * opt_rows.h - the row table of a program: defines OPT_TABLE, a static const
 * struct opt_table, from OPT_FILE for struct OPT_STRUCT; see opt.h. No
 * include guard.
 */
#define OPT_PASTE_(a, b) a##b
#define OPT_PASTE(a, b) OPT_PASTE_(a, b)
#define OPT_AT(f) .off = offsetof(struct OPT_STRUCT, f), .field = #f
#define OPT_ANY(f, l, t, d, fl, y, tx, adv) \
	{ .kind = OPT_ROW,                  \
		.type = OPT_##t,            \
		.letter = (l),              \
		.advanced = (adv),          \
		OPT_AT(f),                  \
		.def = (d),                 \
		.flag = (fl),               \
		.yaml = (y),                \
		.text = (tx) },
#define OPT(f, l, t, d, fl, y, tx) OPT_ANY(f, l, t, d, fl, y, tx, false)
#define ADV(f, l, t, d, fl, y, tx) OPT_ANY(f, l, t, d, fl, y, tx, true)
#define RANGE(f, lo, hi) { .kind = OPT_RANGE, OPT_AT(f), .low = (double)(lo), .high = (double)(hi) },
#define CHOICE(f, words) { .kind = OPT_CHOICE, OPT_AT(f), .def = (words) },
#define OLD(old, f) { .kind = OPT_OLD, OPT_AT(f), .flag = (old) },
#define SECTION(title, verbs) { .kind = OPT_SECTION, .flag = (title), .yaml = (verbs) },
static const struct opt_row OPT_PASTE(OPT_TABLE, _rows)[] = {
#include OPT_FILE
};
static const struct opt_table OPT_TABLE = {
	OPT_PASTE(OPT_TABLE, _rows),
	ARRAY_LEN(OPT_PASTE(OPT_TABLE, _rows)),
	sizeof(struct OPT_STRUCT),
};
#undef OPT_PASTE_
#undef OPT_PASTE
#undef OPT_AT
#undef OPT_ANY
#undef OPT
#undef ADV
#undef RANGE
#undef CHOICE
#undef OLD
#undef SECTION
#undef OPT_FILE
#undef OPT_STRUCT
#undef OPT_TABLE
