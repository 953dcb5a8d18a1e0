/* Units and numbers as people read them: 1.50MB, 20ms, 3.45%. */
#include <math.h>
#include <stdio.h>

#include "formats/report/report_impl.h"

/* Units of one kind are the steps of a ladder. A step is known by words: lower case, without the s of a plural. */
enum ladder { BYTES, TIME, GCU };

struct step {
	enum ladder ladder;
	double size;
	const char *label, *words;
};

/* Each ladder upwards. All words of a row begin with the same letter, so some steps have two rows. */
static const struct step steps[] = {
	{ BYTES, 1, "B", "b byte" },
	{ BYTES, 0x1p10, "kB", "kb kbyte kilobyte" },
	{ BYTES, 0x1p20, "MB", "mb mbyte megabyte" },
	{ BYTES, 0x1p30, "GB", "gb gbyte gigabyte" },
	{ BYTES, 0x1p40, "TB", "tb tbyte terabyte" },
	{ BYTES, 0x1p50, "PB", "pb pbyte petabyte" },
	{ TIME, 1, "ns", "ns nanosecond" },
	{ TIME, 1e3, "us", "microsecond" },
	{ TIME, 1e3, "us", "us" },
	{ TIME, 1e6, "ms", "ms millisecond" },
	{ TIME, 1e9, "s", "s sec second" },
	{ TIME, 3600e9, "hrs", "hr hour" },
	{ GCU, 1e-9, "n*GCU", "nanogcu" },
	{ GCU, 1e-6, "u*GCU", "microgcu" },
	{ GCU, 1e-3, "m*GCU", "milligcu" },
	{ GCU, 1, "GCU", "gcu" },
	{ GCU, 1e3, "k*GCU", "kilogcu" },
	{ GCU, 1e6, "M*GCU", "megagcu" },
	{ GCU, 1e9, "G*GCU", "gigagcu" },
	{ GCU, 1e12, "T*GCU", "teragcu" },
	{ GCU, 1e15, "P*GCU", "petagcu" },
};

/* For amounts below the lowest step, and when something is asked for that is on another ladder. */
static const char *const usual[] = { [BYTES] = "b", [TIME] = "s", [GCU] = "gcu" };

static bool has_word(const struct step *s, struct str word)
{
	for (struct str rest = str_cstr(s->words); rest.n > 0;)
		if (str_eq_nocase(str_cut(&rest, ' '), word))
			return true;
	return false;
}

static const struct step *step_of(struct str unit)
{
	if (unit.n > 2 && (unit.p[unit.n - 1] | 32) == 's')
		unit.n--;
	for (size_t i = 0; i < ARRAY_LEN(steps) && unit.n > 0; i++)
		if (steps[i].words[0] == (unit.p[0] | 32) && has_word(&steps[i], unit))
			return &steps[i];
	return NULL;
}

/* The highest step that is not above the amount. */
static const struct step *step_for(enum ladder ladder, double amount)
{
	for (size_t i = ARRAY_LEN(steps); i-- > 0;)
		if (steps[i].ladder == ladder && amount / steps[i].size >= 1)
			return &steps[i];
	return NULL;
}

static bool is_one_of(struct str s, struct str words)
{
	while (words.n > 0)
		if (str_eq(s, str_cut(&words, ' ')))
			return true;
	return false;
}

bool unit_same(struct str a, struct str b)
{
	const struct step *x = step_of(a), *y = step_of(b);

	return x == NULL || y == NULL ? x == y : x->ladder == y->ladder && x->size == y->size;
}

double unit_scale(int64_t value, struct str from, struct str to, struct str *unit)
{
	const struct step *have = step_of(from), *want;
	double v = (double)value;

	if (have == NULL) {
		*unit = is_one_of(to, STR("count sample unit minimum auto")) ? STR("") : to;
		return v;
	}
	v *= have->size;
	if (is_one_of(to, STR("minimum auto")))
		want = step_for(have->ladder, value == INT64_MIN ? v : fabs(v));
	else
		want = step_of(to);
	if (want == NULL || want->ladder != have->ladder)
		want = step_of(str_cstr(usual[have->ladder]));
	*unit = str_cstr(want->label);
	return v / want->size;
}

void unit_label(struct buf *b, int64_t value, struct str from, struct str to)
{
	struct str unit, number;
	double v = unit_scale(value, from, to, &unit);
	char text[340];

	if (v == trunc(v) && fabs(v) < 1e15)
		number = str_of(text, (size_t)snprintf(text, sizeof(text), "%lld", (long long)v));
	else
		number = str_of(text, (size_t)snprintf(text, sizeof(text), "%.2f", v));
	if (str_suffix(number, STR(".00")))
		number.n -= 3;
	if (str_eq(number, STR("-0")))
		number = STR("0");
	buf_add(b, number);
	if (!str_eq(number, STR("0")))
		buf_add(b, unit);
}

/* 100 is said only of what cannot be told from it; small shares keep two digits. */
static struct str share(char *text, size_t size, int64_t value, int64_t total)
{
	double percent = total != 0 ? fabs((double)value / (double)total) * 100 : 0;
	int n;

	if (percent >= 99.95 && percent <= 100.05)
		n = snprintf(text, size, "100%%");
	else
		n = snprintf(text, size, percent >= 1 ? "%.2f%%" : "%.2g%%", percent);
	return str_of(text, n > 0 ? MIN((size_t)n, size - 1) : 0);
}

void unit_percent(struct buf *b, int64_t value, int64_t total)
{
	char text[340];

	put_right(b, share(text, sizeof(text), value, total), 6);
}

void unit_percent_trimmed(struct buf *b, int64_t value, int64_t total)
{
	char text[340];

	buf_add(b, share(text, sizeof(text), value, total));
}

int64_t div_wrap(int64_t a, int64_t b)
{
	return b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}
