/*
 * json_walk_numbers.c - numbers of up to 19 digits are kept as whole numbers,
 * short ones are read eight bytes at once; exponents and faults stand apart.
 */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "formats/json/json_walk_impl.h"

enum { MAX_DIGITS = 19, SHORT_NUMBER = 64, MAX_EXPONENT = 100000 };

struct number {
	uint64_t digits; /* the first 19 */
	int exponent;    /* of ten */
	bool minus, exact;
};

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *fraction(const char *p, const char *end, struct number *n, unsigned *count)
{
	for (; p < end && is_digit(*p); p++) {
		if (*count < MAX_DIGITS) {
			n->digits = n->digits * 10 + (unsigned)(*p - '0');
			n->exponent--;
			*count += n->digits != 0;
		} else {
			n->exact = n->exact && *p == '0';
		}
	}
	return p;
}

static const char *exponent(const char *p, const char *end, struct number *n)
{
	bool minus = p < end && *p == '-';
	int v = 0;

	p += p < end && (*p == '-' || *p == '+');
	for (; p < end && is_digit(*p); p++)
		v = MIN(v * 10 + (*p - '0'), MAX_EXPONENT);
	n->exponent += minus ? -v : v;
	return p;
}

/* Everything but what begins with a digit and has neither point nor exponent. */
static bool odd_number(struct jwalk *j, const char *p, struct number *n, unsigned count)
{
	const char *from;

	for (; p < j->end && is_digit(*p); p++) { /* beyond 19 digits */
		n->exact = n->exact && *p == '0';
		n->exponent += n->exponent < MAX_EXPONENT;
	}
	if (p < j->end && *p == '.') {
		from = ++p;
		p = fraction(p, j->end, n, &count);
		if (p == from)
			goto wrong;
	}
	if (p < j->end && (*p | 0x20) == 'e') {
		from = ++p;
		p = exponent(p, j->end, n);
		if (p == from || !is_digit(p[-1]))
			goto wrong;
	}
	j->p = p;
	return true;
wrong:
	j->p = p;
	jwalk_bad(j, "a digit");
	return false;
}

static inline bool number(struct jwalk *j, struct number *n)
{
	char c = jwalk_next(j);
	const char *p = j->p, *digits;
	unsigned count;

	*n = (struct number){ .minus = c == '-', .exact = true };
	p += n->minus;
	if ((c == '\0' && !n->minus) || p == j->end || !is_digit(*p)) {
		j->p = c == '\0' ? j->p : p;
		jwalk_bad(j, n->minus ? "a digit" : "a number");
		return false;
	}
	digits = p;
	while (p < j->end && is_digit(*p) && p - digits < MAX_DIGITS)
		n->digits = n->digits * 10 + (unsigned)(*p++ - '0');
	count = (unsigned)(p - digits);
	if (count > 1 && UNLIKELY(*digits == '0')) {
		j->p = digits + 1;
		jwalk_bad(j, "',' or a bracket behind 0");
		return false;
	}
	if (UNLIKELY(p < j->end && (*p == '.' || (*p | 0x20) == 'e' || is_digit(*p))))
		return odd_number(j, p, n, n->digits ? count : 0);
	j->p = p;
	return true;
}

bool jwalk_number(struct jwalk *j)
{
	struct number n;

	return number(j, &n);
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { WORDS = 1 };
#else
enum { WORDS = 0 };
#endif

/*
 * Up to seven digits in eight bytes, without a branch for each: the first byte that is no digit gives their number, then
 * they are moved to the upper end, and neighbours are joined to two, four and eight digits. Returns the number, 0: none,
 * or eight.
 */
static inline unsigned word_digits(const char *p, uint32_t *v)
{
	uint64_t w, other;
	unsigned n;

	memcpy(&w, p, sizeof(w));
	w ^= EACH('0');
	other = (((w & EACH(0x7f)) + EACH(0x76)) | w) & EACH(0x80);
	if (other == 0)
		return 0;
	n = (unsigned)__builtin_ctzll(other) / 8;
	if (n == 0)
		return 0;
	w <<= (8 - n) * 8;
	w = w * 10 + (w >> 8);
	w = (w & 0x000000ff000000ff) * 0x000f424000000064 + ((w >> 16) & 0x000000ff000000ff) * 0x0000271000000001;
	*v = (uint32_t)(w >> 32);
	return n;
}

static inline bool ends_number(char c)
{
	return c == ',' || c == ']' || c == '}';
}

/* A number of up to nine digits with nothing behind that could belong to it; false: something else, nothing is read. */
static inline bool quick(struct jwalk *j, const char **at, uint32_t *v)
{
	const char *p = *at, *q = p, *end = j->end;
	uint32_t n = 0;
	unsigned digits;

	if (WORDS && LIKELY(end - p > 8)) {
		digits = word_digits(p, v);
		if (LIKELY(digits > 0 && ends_number(p[digits]) && (*p != '0' || digits == 1))) {
			*at = p + digits;
			return true;
		}
	}
	while (q < end && is_digit(*q) && q - p < 10)
		n = n * 10 + (uint32_t)(*q++ - '0');
	if (q == p || q - p > 9 || q == end || (*p == '0' && q - p > 1) || !ends_number(*q))
		return false;
	*v = n;
	*at = q;
	return true;
}

size_t jwalk_run(struct jwalk *j, uint32_t *out, size_t max)
{
	const char *p = j->p;
	size_t n = 0;

	if (j->failed || max == 0)
		return 0;
	if (j->first) {
		if (!quick(j, &p, out))
			return 0;
		j->first = false;
		n = 1;
	}
	while (n < max && p < j->end && *p == ',') {
		const char *q = p + 1;

		if (!quick(j, &q, &out[n]))
			break;
		p = q;
		n++;
	}
	j->p = p;
	return n;
}

/* Whole numbers below 2^53 and powers of ten up to 22 are exact doubles, and so is what one operation makes of them. */
static double number_f64(const struct number *n, const char *text, const char *end)
{
	static const double powers[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14,
		1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
	char copy[SHORT_NUMBER], *c = copy;
	size_t size = (size_t)(end - text);
	double v;

	if (n->digits < UINT64_C(1) << 53 && n->exact && n->exponent >= -22 && n->exponent <= 22) {
		v = n->exponent < 0 ? (double)n->digits / powers[-n->exponent]
				    : (double)n->digits * powers[n->exponent];
		return n->minus ? -v : v;
	}
	if (size >= sizeof(copy))
		c = mem_alloc(size + 1);
	memcpy(c, text, size);
	c[size] = '\0';
	v = strtod(c, NULL);
	if (c != copy)
		mem_free(c);
	return v;
}

double jwalk_f64(struct jwalk *j)
{
	struct number n;
	const char *from;
	uint32_t small;
	double v;

	jwalk_next(j);
	if (LIKELY(!j->failed) && quick(j, &j->p, &small))
		return small;
	from = j->p;
	if (!number(j, &n))
		return 0;
	v = number_f64(&n, from, j->p);
	if (isfinite(v))
		return v;
	j->p = from;
	jwalk_fail(j, "the number is too large");
	return 0;
}

int64_t jwalk_i64(struct jwalk *j)
{
	struct number n;
	const char *from;
	uint32_t small;
	double v;

	jwalk_next(j);
	if (LIKELY(!j->failed) && quick(j, &j->p, &small))
		return small;
	from = j->p;
	if (!number(j, &n))
		return 0;
	if (LIKELY(n.exponent == 0 && n.exact && n.digits <= (uint64_t)INT64_MAX + n.minus))
		return (int64_t)(n.minus ? 0 - n.digits : n.digits);
	v = nearbyint(number_f64(&n, from, j->p));
	if (v >= -0x1p63 && v < 0x1p63)
		return (int64_t)v;
	j->p = from;
	jwalk_fail(j, "the number is beyond 64 bits");
	return 0;
}

int64_t jwalk_scaled(struct jwalk *j, int shift)
{
	struct number n;
	const char *from;
	uint64_t v, rest = 0, unit = 1;
	double d;

	jwalk_next(j);
	from = j->p;
	if (!number(j, &n))
		return 0;
	v = n.digits;
	n.exponent = v ? n.exponent + shift : 0; /* no power of ten makes more of 0 */
	for (; n.exact && n.exponent > 0 && v < UINT64_C(100000000000000000); n.exponent--)
		v *= 10;
	for (; n.exact && n.exponent < 0 && unit < UINT64_C(100000000000000000); n.exponent++, unit *= 10) {
		rest += v % 10 * unit;
		v /= 10;
	}
	if (n.exact && n.exponent == 0 && v <= (uint64_t)INT64_MAX) {
		v += unit > 1 && rest >= unit / 2 && v < (uint64_t)INT64_MAX;
		return (int64_t)(n.minus ? 0 - v : v);
	}
	n = (struct number){ .exact = false };
	d = nearbyint(number_f64(&n, from, j->p) * pow(10, shift));
	if (d >= -0x1p63 && d < 0x1p63)
		return (int64_t)d;
	j->p = from;
	jwalk_fail(j, "the number is beyond 64 bits");
	return 0;
}

uint32_t jwalk_u32(struct jwalk *j)
{
	struct number n;
	const char *from;
	uint32_t small;

	jwalk_next(j);
	if (LIKELY(!j->failed) && quick(j, &j->p, &small))
		return small;
	from = j->p;
	if (!number(j, &n))
		return 0;
	if (LIKELY(n.exponent == 0 && (!n.minus || n.digits == 0) && n.digits < UINT32_MAX))
		return (uint32_t)n.digits;
	/* 5.0 */
	if (!n.minus && number_f64(&n, from, j->p) < UINT32_MAX &&
	    number_f64(&n, from, j->p) == nearbyint(number_f64(&n, from, j->p)))
		return (uint32_t)number_f64(&n, from, j->p);
	j->p = from;
	jwalk_fail(j, "a whole number from 0 to %u expected", UINT32_MAX - 1);
	return 0;
}
