/* attime.c - see attime.h */
#include "formats/query/attime.h"

#include "base/arith.h"
#include "base/num.h"

enum { MAX_TEXT = 64 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_leap(int64_t y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

/* Days since 1970-01-01 of a date of the common calendar. */
static int64_t days_of(int64_t y, int64_t m, int64_t d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool date_of(int64_t digits, int64_t *out)
{
	static const int64_t month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t y = digits / 10000, m = digits / 100 % 100, d = digits % 100;

	if (y <= 1900 || m < 1 || m > 12 || d < 1 || d > month_days[m - 1] + (m == 2 && is_leap(y)))
		return false;
	*out = wrap_mul(days_of(y, m, d) * 86400, NS_PER_S);
	return true;
}

static int64_t absolute(struct str s, int64_t now)
{
	int64_t v, date;
	struct err e;

	if (num_i64(s, &v, &e) < 0)
		return now;
	switch (s.n) {
	case 8: return date_of(v, &date) ? date : v * NS_PER_S;
	case 13: return wrap_mul(v, NS_PER_MS);
	case 16: return wrap_mul(v, NS_PER_US);
	case 19: return v;
	default: return v > INT64_MAX / NS_PER_S ? INT64_MAX : v * NS_PER_S;
	}
}

static int64_t unit_of(struct str s)
{
	static const struct {
		const char *prefix;
		int64_t seconds;
	} units[] = {
		{ "s", 1 },
		{ "mon", 30 * 86400 },
		{ "min", 60 },
		{ "m", 60 },
		{ "M", 30 * 86400 },
		{ "h", 3600 },
		{ "d", 86400 },
		{ "w", 7 * 86400 },
		{ "y", 365 * 86400 },
	};

	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (str_prefix(s, str_cstr(units[i].prefix)))
			return units[i].seconds;
	return 0;
}

static int64_t offset_of(struct str s)
{
	int64_t n = 0;
	size_t i = 0;

	for (; i < s.n && is_digit(s.p[i]); i++)
		if (n < INT32_MAX)
			n = n * 10 + (s.p[i] - '0');
	n = MIN(n, (int64_t)INT32_MAX);
	int64_t unit = unit_of(str_skip(s, i));

	return unit > 0 && n > INT64_MAX / NS_PER_S / unit ? INT64_MAX / 2 : n * unit * NS_PER_S;
}

int64_t attime_parse(struct str text, int64_t now)
{
	char clean[MAX_TEXT];
	size_t n = 0, at;
	bool digits = true;
	struct str s = str_trim(text);

	for (size_t i = 0; i < s.n && n < sizeof(clean); i++) {
		if (s.p[i] == '_' || s.p[i] == ',' || s.p[i] == ' ')
			continue;
		digits = digits && is_digit(s.p[i]);
		clean[n++] = s.p[i];
	}
	s = str_of(clean, n);
	if (n > 0 && digits)
		return absolute(s, now);
	at = str_find(s, '+');
	if (at < s.n)
		return wrap_add(now, offset_of(str_skip(s, at + 1)));
	at = str_find(s, '-');
	return at < s.n ? wrap_sub(now, offset_of(str_skip(s, at + 1))) : now;
}
