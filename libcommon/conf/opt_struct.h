/*
 * opt_struct.h - the fields of a table's struct. Include it between the
 * braces with OPT_FILE naming the table; see opt.h. No include guard.
 */
#define OPT(field, letter, type, def, flag, yaml, text) OPT_C_##type field;
#define ADV(field, letter, type, def, flag, yaml, text) OPT_C_##type field;
#define RANGE(field, low, high)
#define CHOICE(field, words)
#define OLD(old, field)
#define SECTION(title, verbs)
#include OPT_FILE
#undef OPT
#undef ADV
#undef RANGE
#undef CHOICE
#undef OLD
#undef SECTION
#undef OPT_FILE
