/*
 * report_args.h - the options of report_args.def as a report wants them: texts
 * become numbers, expressions and conditions on tags.
 *
 *	struct report_filters f;
 *	const struct report_args args = {       o: the program's options, which have these rows among others
 *	#define OPT(field, ...) .field = o->field,
 *	#define ADV OPT
 *	#define RANGE(...)
 *	#define CHOICE(...)
 *	#include "formats/report/report_args.def"
 *	};
 *	int rc = report_filters_init(&f, a, &args, e);
 *	if (rc == 0)
 *		r = report_new(p, &f.o, e);
 *	...
 *	report_filters_fini(&f);                after the report, also when _init failed
 *
 * The width of the terminal and the time zone are the caller's business: f.o.width, f.o.zone.
 */
#ifndef REPORT_ARGS_H
#define REPORT_ARGS_H

#include "formats/report/report.h"

#define REPORT_C_BOOL bool
#define REPORT_C_INT int64_t
#define REPORT_C_FLOAT double
#define REPORT_C_STRING const char *
#define REPORT_C_ENUM int

struct report_args {
#define OPT(field, letter, type, def, flag, yaml, text) REPORT_C_##type field;
#define ADV(field, letter, type, def, flag, yaml, text) REPORT_C_##type field;
#define RANGE(field, low, high)
#define CHOICE(field, words)
#include "formats/report/report_args.def"
#undef OPT
#undef ADV
#undef RANGE
#undef CHOICE
};

enum { REPORT_MAX_FILTERS = 16 };

struct report_filters {
	struct report_opts o;
	struct regex *compiled[REPORT_MAX_FILTERS];
	uint32_t n;
	struct str active[REPORT_MAX_FILTERS]; /* lines of the header */
	struct picture picture;
};

/* Texts live in a. ERR_USAGE names the flag. */
int report_filters_init(struct report_filters *f, struct arena *a, const struct report_args *o, struct err *e);
/* Do the options leave out or change samples? Without, a profile is given on as it is. */
bool report_filters_change(const struct report_filters *f);
void report_filters_fini(struct report_filters *f);

#endif
