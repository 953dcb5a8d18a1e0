/* Units and numbers as people read them: 1.50MB, 20ms, 3.45%. */
#include <math.h>
#include <stdio.h>

#include "formats/report_impl.h"

struct unit {
	const char *name;
	const char *aliases[4];         /* lower case, without a plural s */
	double factor;
};

struct unit_family {
	const struct unit *units;       /* ascending */
	size_t n;
	const struct unit *fallback;    /* for values below the smallest, and for targets of another family */
};

static const struct unit bytes[] = {
	{ "B", { "b", "byte" }, 1 },
	{ "kB", { "kb", "kbyte", "kilobyte" }, 1024.0 },
	{ "MB", { "mb", "mbyte", "megabyte" }, 1048576.0 },
	{ "GB", { "gb", "gbyte", "gigabyte" }, 1073741824.0 },
	{ "TB", { "tb", "tbyte", "terabyte" }, 1099511627776.0 },
	{ "PB", { "pb", "pbyte", "petabyte" }, 1125899906842624.0 },
};

static const struct unit times[] = {
	{ "ns", { "ns", "nanosecond" }, 1 },
	{ "us", { "us", "microsecond" }, 1e3 },
	{ "ms", { "ms", "millisecond" }, 1e6 },
	{ "s", { "s", "sec", "second" }, 1e9 },
	{ "hrs", { "hour", "hr" }, 3600e9 },
};

static const struct unit gcus[] = {
	{ "n*GCU", { "nanogcu" }, 1e-9 },
	{ "u*GCU", { "microgcu" }, 1e-6 },
	{ "m*GCU", { "milligcu" }, 1e-3 },
	{ "GCU", { "gcu" }, 1 },
	{ "k*GCU", { "kilogcu" }, 1e3 },
	{ "M*GCU", { "megagcu" }, 1e6 },
	{ "G*GCU", { "gigagcu" }, 1e9 },
	{ "T*GCU", { "teragcu" }, 1e12 },
	{ "P*GCU", { "petagcu" }, 1e15 },
};

static const struct unit_family families[] = {
	{ bytes, ARRAY_LEN(bytes), &bytes[0] },
	{ times, ARRAY_LEN(times), &times[3] },
	{ gcus, ARRAY_LEN(gcus), &gcus[3] },
};

static const struct unit *find_unit(const struct unit_family *f, struct str name)
{
	if (name.n > 2 && (name.p[name.n - 1] | 32) == 's')
		name.n--;
	for (size_t i = 0; i < f->n; i++)
		for (size_t k = 0; k < ARRAY_LEN(f->units[i].aliases) && f->units[i].aliases[k]; k++)
			if (str_eq_nocase(name, str_cstr(f->units[i].aliases[k])))
				return &f->units[i];
	return NULL;
}

static bool is_auto(struct str unit)
{
	return str_eq(unit, STR("minimum")) || str_eq(unit, STR("auto"));
}

/* The largest unit that leaves a value of at least one. */
static const struct unit *fitting(const struct unit_family *f, double v)
{
	const struct unit *best = NULL;

	for (size_t i = 0; i < f->n; i++)
		if (v / f->units[i].factor >= 1.0)
			best = &f->units[i];
	return best;
}

static bool scale_in(const struct unit_family *f, int64_t value, struct str from, struct str to, double *out,
    struct str *name)
{
	const struct unit *source = find_unit(f, from), *target;
	double v;

	if (source == NULL)
		return false;
	v = (double)value * source->factor;
	target = is_auto(to) ? fitting(f, v) : find_unit(f, to);
	if (target == NULL)
		target = f->fallback;
	*out = v / target->factor;
	*name = str_cstr(target->name);
	return true;
}

double unit_scale(int64_t value, struct str from, struct str to, struct str *unit)
{
	static const char *const dull[] = { "count", "sample", "unit", "minimum", "auto" };
	double v;

	if (value < 0 && value != INT64_MIN)
		return -unit_scale(-value, from, to, unit);
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (scale_in(&families[i], value, from, to, &v, unit))
			return v;
	*unit = to;
	for (size_t i = 0; i < ARRAY_LEN(dull); i++)
		if (str_eq(to, str_cstr(dull[i])))
			*unit = STR("");
	return (double)value;
}

void unit_label(struct buf *b, int64_t value, struct str from, struct str to)
{
	struct str unit;
	double v = unit_scale(value, from, to, &unit);
	char text[340];
	int n = snprintf(text, sizeof(text), "%.2f", v);
	struct str number = str_of(text, n > 0 ? MIN((size_t)n, sizeof(text) - 1) : 0);

	if (str_suffix(number, STR(".00")))
		number.n -= 3;
	if (str_eq(number, STR("0")) || str_eq(number, STR("-0"))) {
		buf_byte(b, '0');
		return;
	}
	buf_add(b, number);
	buf_add(b, unit);
}

static void percent(char *text, size_t n, int64_t value, int64_t total)
{
	double ratio = total != 0 ? fabs((double)value / (double)total) * 100 : 0;

	if (ratio >= 99.95 && ratio <= 100.05)
		snprintf(text, n, "  100%%");
	else if (ratio >= 1.0)
		snprintf(text, n, "%5.2f%%", ratio);
	else
		snprintf(text, n, "%5.2g%%", ratio);
}

void unit_percent(struct buf *b, int64_t value, int64_t total)
{
	char text[340];

	percent(text, sizeof(text), value, total);
	buf_add(b, str_cstr(text));
}

void unit_percent_trimmed(struct buf *b, int64_t value, int64_t total)
{
	char text[340];

	percent(text, sizeof(text), value, total);
	buf_add(b, str_trim(str_cstr(text)));
}

int64_t div_wrap(int64_t a, int64_t b)
{
	return b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}
