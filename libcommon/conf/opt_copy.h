/*
 * opt_copy.h - copies the fields of the table OPT_FILE from the struct that
 * OPT_FROM points to into the struct OPT_TO; both have them all. Include it
 * in a function; see opt.h. No include guard.
 */
#define OPT(field, letter, type, def, flag, yaml, text) (OPT_TO).field = (OPT_FROM)->field;
#define ADV(field, letter, type, def, flag, yaml, text) (OPT_TO).field = (OPT_FROM)->field;
#define RANGE(field, low, high)
#define CHOICE(field, words)
#define OLD(old, field)
#define HARMLESS(name, why)
#define SECTION(title, verbs)
#include OPT_FILE
#undef OPT
#undef ADV
#undef RANGE
#undef CHOICE
#undef OLD
#undef HARMLESS
#undef SECTION
#undef OPT_FILE
#undef OPT_FROM
#undef OPT_TO
