/*
 * num.c - numbers, sizes, durations and times from text and back.
 */
#include "base/num.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/enc.h"

static const int64_t DAY = 86400 * NS_PER_S;

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "text: why", the text quoted and cut to a readable length. */
static int num_bad(struct err *e, struct str s, const char *why)
{
	struct buf b;

	buf_init(&b, 512);
	enc_quote(&b, str_of(s.p, MIN(s.n, (size_t)64)));
	err_set(e, ERR_INVALID, STR_FMT "%s: %s", STR_ARG(buf_str(&b)), s.n > 64 ? "..." : "", why);
	buf_fini(&b);
	return -1;
}

/* The digits in front of s; false when they pass 64 bits. s moves behind them. */
static bool num_digits(struct str *s, uint64_t *out)
{
	uint64_t v = 0;
	bool ok = true;

	for (; s->n && is_digit(s->p[0]); *s = str_skip(*s, 1))
		if (__builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (uint64_t)(s->p[0] - '0'), &v))
			ok = false;
	*out = v;
	return ok;
}

int num_u64(struct str s, uint64_t *out, struct err *e)
{
	struct str left = s;
	uint64_t v;

	if (s.n == 0 || !is_digit(s.p[0]))
		return num_bad(e, s, "not a whole number");
	if (!num_digits(&left, &v))
		return num_bad(e, s, "number too large");
	if (left.n)
		return num_bad(e, s, "not a whole number");
	*out = v;
	return 0;
}

int num_i64(struct str s, int64_t *out, struct err *e)
{
	bool minus = s.n && s.p[0] == '-';
	struct str left = s.n && (minus || s.p[0] == '+') ? str_skip(s, 1) : s;
	uint64_t v, max = (uint64_t)INT64_MAX + minus;

	if (left.n == 0 || !is_digit(left.p[0]))
		return num_bad(e, s, "not a whole number");
	if (!num_digits(&left, &v) || v > max)
		return num_bad(e, s, minus ? "number too small" : "number too large");
	if (left.n)
		return num_bad(e, s, "not a whole number");
	*out = minus ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

static size_t skip_digits(struct str *s)
{
	size_t n = 0;

	while (n < s->n && is_digit(s->p[n]))
		n++;
	*s = str_skip(*s, n);
	return n;
}

/* [+-] digits [. digits] [e [+-] digits], at least one digit before the e. */
static bool is_float(struct str s)
{
	size_t n;

	if (s.n && (s.p[0] == '+' || s.p[0] == '-'))
		s = str_skip(s, 1);
	n = skip_digits(&s);
	if (s.n && s.p[0] == '.') {
		s = str_skip(s, 1);
		n += skip_digits(&s);
	}
	if (n == 0)
		return false;
	if (s.n == 0)
		return true;
	if (s.p[0] != 'e' && s.p[0] != 'E')
		return false;
	s = str_skip(s, 1);
	if (s.n && (s.p[0] == '+' || s.p[0] == '-'))
		s = str_skip(s, 1);
	return skip_digits(&s) > 0 && s.n == 0;
}

int num_f64(struct str s, double *out, struct err *e)
{
	char text[512];
	double v;

	if (!is_float(s))
		return num_bad(e, s, "not a number");
	if (s.n >= sizeof(text))
		return num_bad(e, s, "more than 511 characters");
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	v = strtod(text, NULL);
	if (isinf(v))
		return num_bad(e, s, "number too large");
	*out = v;
	return 0;
}

/* Digits behind a decimal point: value / scale, at most 18 digits of it. */
static uint64_t num_fraction(struct str *s, uint64_t *scale)
{
	uint64_t v = 0;

	*scale = 1;
	for (; s->n && is_digit(s->p[0]); *s = str_skip(*s, 1))
		if (*scale < UINT64_C(1000000000000000000)) {
			v = v * 10 + (uint64_t)(s->p[0] - '0');
			*scale *= 10;
		}
	return v;
}

/* "" B k K kB KB KiB M MB MiB ... E; -1 when it is none of them. */
static int size_shift(struct str unit)
{
	static const char letters[] = "kMGTPE";
	const char *at;
	struct str rest;

	if (unit.n == 0 || str_eq(unit, STR("B")))
		return 0;
	at = memchr(letters, unit.p[0] == 'K' ? 'k' : unit.p[0], sizeof(letters) - 1);
	rest = str_skip(unit, 1);
	if (at == NULL || !(rest.n == 0 || str_eq(rest, STR("B")) || str_eq(rest, STR("iB"))))
		return -1;
	return 10 * (int)(at - letters + 1);
}

int num_size(struct str s, uint64_t *out, struct err *e)
{
	struct str left = s;
	uint64_t whole, part = 0, scale = 1;
	unsigned __int128 v;
	bool fits, point = false;
	int shift;

	if (s.n == 0 || !is_digit(s.p[0]))
		return num_bad(e, s, "not a size (4096, 64k, 4MiB, 1.5GB)");
	fits = num_digits(&left, &whole);
	if (left.n > 1 && left.p[0] == '.' && is_digit(left.p[1])) {
		point = true;
		left = str_skip(left, 1);
		part = num_fraction(&left, &scale);
	}
	shift = size_shift(left);
	if (shift < 0 || (shift == 0 && point))
		return num_bad(e, s, "not a size (4096, 64k, 4MiB, 1.5GB)");
	v = ((unsigned __int128)whole << shift) + ((unsigned __int128)part << shift) / scale;
	if (!fits || v > UINT64_MAX)
		return num_bad(e, s, "size too large");
	*out = (uint64_t)v;
	return 0;
}

struct unit {
	struct str name;
	int64_t ns;
};

/* Takes the unit, the longest letters in front of s; 0 when there is no such unit. */
static int64_t duration_unit(struct str *s, bool months)
{
	static const struct unit units[] = {
		{ { "ns", 2 }, 1 },
		{ { "us", 2 }, NS_PER_US },
		{ { "\xc2\xb5s", 3 }, NS_PER_US }, /* micro sign */
		{ { "\xce\xbcs", 3 }, NS_PER_US }, /* Greek mu */
		{ { "ms", 2 }, NS_PER_MS },
		{ { "s", 1 }, NS_PER_S },
		{ { "m", 1 }, 60 * NS_PER_S },
		{ { "h", 1 }, 3600 * NS_PER_S },
		{ { "d", 1 }, 86400 * NS_PER_S },
		{ { "w", 1 }, 7 * 86400 * NS_PER_S },
		{ { "y", 1 }, 365 * 86400 * NS_PER_S },
		{ { "M", 1 }, 30 * 86400 * NS_PER_S },
	};
	size_t n = 0;

	while (n < s->n && !is_digit(s->p[n]) && s->p[n] != '.')
		n++;
	for (size_t i = 0; i < ARRAY_LEN(units) - !months; i++)
		if (str_eq(str_of(s->p, n), units[i].name)) {
			*s = str_skip(*s, n);
			return units[i].ns;
		}
	return 0;
}

/* One "1.5h": added to total. A reason, or NULL. */
static const char *duration_part(struct str *left, bool months, unsigned __int128 *total)
{
	uint64_t whole = 0, part = 0, scale = 1;
	size_t before = left->n, digits;
	bool fits = num_digits(left, &whole);
	int64_t unit;

	digits = before - left->n;
	if (left->n && left->p[0] == '.') {
		*left = str_skip(*left, 1);
		before = left->n;
		part = num_fraction(left, &scale);
		digits += before - left->n;
	}
	if (digits == 0)
		return "not a duration (10ms, 1h30m, 7d)";
	if (left->n == 0)
		return "the unit is missing (10ms, 1h30m, 7d)";
	unit = duration_unit(left, months);
	if (unit == 0)
		return "unknown unit in duration (ns us ms s m h d w y)";
	*total += (unsigned __int128)whole * (uint64_t)unit;
	*total += (unsigned __int128)part * (uint64_t)unit / scale;
	if (!fits || *total > (uint64_t)INT64_MAX + 1)
		return "duration too large (at most 292 years)";
	return NULL;
}

static int duration_parse(struct str s, bool months, int64_t *out, struct err *e)
{
	bool minus = s.n && s.p[0] == '-';
	struct str left = s.n && (minus || s.p[0] == '+') ? str_skip(s, 1) : s;
	unsigned __int128 total = 0;

	if (left.n == 0)
		return num_bad(e, s, "not a duration (10ms, 1h30m, 7d)");
	if (str_eq(left, STR("0"))) {
		*out = 0;
		return 0;
	}
	while (left.n) {
		const char *why = duration_part(&left, months, &total);

		if (why)
			return num_bad(e, s, why);
	}
	if (!minus && total > INT64_MAX)
		return num_bad(e, s, "duration too large (at most 292 years)");
	*out = minus ? (int64_t)(0 - (uint64_t)total) : (int64_t)total;
	return 0;
}

int num_duration(struct str s, int64_t *out, struct err *e)
{
	return duration_parse(s, false, out, e);
}

/* Days from 1970-01-01 to year-month-day of the Gregorian calendar. */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void date_of(int64_t days, int *year, unsigned *month, unsigned *day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*day = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
	*month = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2));
}

static unsigned month_days(unsigned year, unsigned month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* n digits at off as a number; false when there are not n digits. */
static bool fixed(struct str s, size_t off, size_t n, unsigned *out)
{
	unsigned v = 0;

	if (off > s.n || n > s.n - off)
		return false;
	for (size_t i = off; i < off + n; i++) {
		if (!is_digit(s.p[i]))
			return false;
		v = v * 10 + (unsigned)(s.p[i] - '0');
	}
	*out = v;
	return true;
}

/* Z, +hh:mm, -hh:mm: all of s, in seconds. */
static bool zone_parse(struct str s, int64_t *out)
{
	unsigned h, m;

	if (s.n == 1 && (s.p[0] == 'Z' || s.p[0] == 'z')) {
		*out = 0;
		return true;
	}
	if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-') || s.p[3] != ':' || !fixed(s, 1, 2, &h) ||
	    !fixed(s, 4, 2, &m) || h > 23 || m > 59)
		return false;
	*out = (int64_t)(h * 3600 + m * 60) * (s.p[0] == '-' ? -1 : 1);
	return true;
}

/* 2026-01-15T10:00:00[.123]Z; false when it is none or outside of 64 bits. */
static bool rfc3339_parse(struct str s, int64_t *out)
{
	unsigned year, month, day, h, m, sec;
	struct str left;
	uint64_t frac = 0, scale = 1;
	int64_t zone;
	__int128 v;

	if (s.n < 20 || s.p[4] != '-' || s.p[7] != '-' || (s.p[10] != 'T' && s.p[10] != 't') || s.p[13] != ':' ||
	    s.p[16] != ':')
		return false;
	if (!fixed(s, 0, 4, &year) || !fixed(s, 5, 2, &month) || !fixed(s, 8, 2, &day) || !fixed(s, 11, 2, &h) ||
	    !fixed(s, 14, 2, &m) || !fixed(s, 17, 2, &sec))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > month_days(year, month) || h > 23 || m > 59 || sec > 59)
		return false;
	left = str_skip(s, 19);
	if (left.n > 1 && left.p[0] == '.' && is_digit(left.p[1])) {
		left = str_skip(left, 1);
		frac = num_fraction(&left, &scale);
	}
	if (!zone_parse(left, &zone))
		return false;
	v = (__int128)(days_of(year, month, day) * 86400 + h * 3600 + m * 60 + sec - zone) * NS_PER_S;
	v += (__int128)((unsigned __int128)frac * NS_PER_S / scale);
	if (v < INT64_MIN || v > INT64_MAX)
		return false;
	*out = (int64_t)v;
	return true;
}

static int unix_parse(struct str s, int64_t *out, struct err *e)
{
	int64_t v, unit = s.n == 10 ? NS_PER_S : s.n == 13 ? NS_PER_MS : s.n == 16 ? NS_PER_US : 1;

	if (s.n != 1 && s.n != 10 && s.n != 13 && s.n != 16 && s.n != 19)
		return num_bad(e, s, "unix time must have 10 (s), 13 (ms), 16 (us) or 19 (ns) digits");
	if (num_i64(s, &v, e) < 0)
		return -1;
	if (__builtin_mul_overflow(v, unit, out))
		return num_bad(e, s, "time after the year 2262");
	return 0;
}

/* now, now-1h, now+1h, 1h, -1h */
static int relative_parse(struct str s, int64_t now, int64_t *out, struct err *e)
{
	struct str d = s;
	bool past = true;
	int64_t ns;

	if (str_prefix(d, STR("now"))) {
		d = str_skip(d, 3);
		if (d.n == 0) {
			*out = now;
			return 0;
		}
		past = d.p[0] == '-';
		if (!past && d.p[0] != '+')
			return num_bad(e, s, "not a time");
		d = str_skip(d, 1);
	} else if (d.n && d.p[0] == '-') {
		d = str_skip(d, 1);
	}
	if (d.n == 0 || !(is_digit(d.p[0]) || d.p[0] == '.') || duration_parse(d, true, &ns, NULL) < 0)
		return num_bad(e, s, "not a time (2026-01-15T10:00:00Z, now-1h, 1h, unix time)");
	if (past ? __builtin_sub_overflow(now, ns, out) : __builtin_add_overflow(now, ns, out))
		return num_bad(e, s, "time outside of the years 1678 to 2262");
	return 0;
}

int num_time(struct str s, int64_t now, int64_t *out, struct err *e)
{
	struct str left = s;

	if ((s.n >= 10 && skip_digits(&left) == s.n) || str_eq(s, STR("0")))
		return unix_parse(s, out, e);
	if (rfc3339_parse(s, out))
		return 0;
	return relative_parse(s, now, out, e);
}

/* v / scale with up to digits decimals, trailing zeros cut; scale = 10^digits. */
static void print_decimal(struct buf *b, uint64_t v, uint64_t scale, int digits)
{
	uint64_t part = v % scale;

	buf_printf(b, "%" PRIu64, v / scale);
	if (part == 0)
		return;
	buf_printf(b, ".%0*" PRIu64, digits, part);
	while (b->p[b->n - 1] == '0')
		b->n--;
}

static struct str num_finish(struct arena *a, struct buf *b)
{
	struct str s = arena_str(a, buf_str(b));

	buf_fini(b);
	return s;
}

/* |INT64_MIN| does not fit into an int64_t. */
static uint64_t magnitude(int64_t v)
{
	return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

struct str num_go_duration(struct arena *a, int64_t ns)
{
	uint64_t u = magnitude(ns), minutes = u / (60 * (uint64_t)NS_PER_S);
	struct buf b;

	buf_init(&b, 64);
	if (ns < 0)
		buf_byte(&b, '-');
	if (u == 0) {
		buf_add(&b, STR("0s"));
	} else if (u < (uint64_t)NS_PER_US) {
		buf_printf(&b, "%" PRIu64 "ns", u);
	} else if (u < (uint64_t)NS_PER_MS) {
		print_decimal(&b, u, NS_PER_US, 3);
		buf_add(&b, STR("\xc2\xb5s"));
	} else if (u < (uint64_t)NS_PER_S) {
		print_decimal(&b, u, NS_PER_MS, 6);
		buf_add(&b, STR("ms"));
	} else {
		if (minutes >= 60)
			buf_printf(&b, "%" PRIu64 "h", minutes / 60);
		if (minutes)
			buf_printf(&b, "%" PRIu64 "m", minutes % 60);
		print_decimal(&b, u % (60 * (uint64_t)NS_PER_S), NS_PER_S, 9);
		buf_byte(&b, 's');
	}
	return num_finish(a, &b);
}

struct str num_prom_duration(struct arena *a, int64_t ns)
{
	/* Years, weeks and days only when nothing is left over; so the text stays short. */
	static const struct {
		const char *name;
		uint64_t ms;
		bool exact;
	} units[] = {
		{ "y", UINT64_C(365) * 86400000, true },
		{ "w", UINT64_C(7) * 86400000, true },
		{ "d", 86400000, true },
		{ "h", 3600000, false },
		{ "m", 60000, false },
		{ "s", 1000, false },
		{ "ms", 1, false },
	};
	uint64_t ms = magnitude(ns) / (uint64_t)NS_PER_MS;
	struct buf b;

	buf_init(&b, 64);
	if (ms == 0)
		buf_add(&b, STR("0s"));
	else if (ns < 0)
		buf_byte(&b, '-');
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		uint64_t v = ms / units[i].ms;

		if (v == 0 || (units[i].exact && ms % units[i].ms))
			continue;
		buf_printf(&b, "%" PRIu64 "%s", v, units[i].name);
		ms -= v * units[i].ms;
	}
	return num_finish(a, &b);
}

/* Two digits below ten, whole numbers above; rounded half up. */
static struct str size_print(struct arena *a, uint64_t bytes, unsigned base, const char *const units[7])
{
	long double unit = 1, v;
	int i = 0;

	if (bytes < 10)
		return arena_printf(a, "%" PRIu64 " B", bytes);
	for (; i < 6 && (long double)bytes >= unit * base; i++)
		unit *= base;
	v = floorl((long double)bytes / unit * 10 + 0.5L) / 10;
	return arena_printf(a, v < 10 ? "%.1Lf %s" : "%.0Lf %s", v, units[i]);
}

struct str num_size_si(struct arena *a, uint64_t bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };

	return size_print(a, bytes, 1000, units);
}

struct str num_size_iec(struct arena *a, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };

	return size_print(a, bytes, 1024, units);
}

struct str num_rfc3339(struct arena *a, int64_t ns)
{
	int64_t days = ns / DAY - (ns % DAY < 0);
	uint64_t rest = (uint64_t)((ns % DAY + DAY) % DAY), s = rest / (uint64_t)NS_PER_S;
	unsigned month, day;
	struct buf b;
	int year;

	date_of(days, &year, &month, &day);
	buf_init(&b, 64);
	buf_printf(&b, "%04d-%02u-%02uT%02u:%02u:", year, month, day, (unsigned)(s / 3600), (unsigned)(s / 60 % 60));
	if (s % 60 < 10)
		buf_byte(&b, '0');
	print_decimal(&b, rest % (60 * (uint64_t)NS_PER_S), NS_PER_S, 9);
	buf_byte(&b, 'Z');
	return num_finish(a, &b);
}
