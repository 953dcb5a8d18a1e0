/* diff_stats.c - see diff_stats.h */
#include "formats/report/diff_stats.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

enum { FEW = 50 }; /* events on both sides together that are tested exactly */

double diff_quantile(double part)
{
	double low = 0, high = 40;

	for (int i = 0; i < 100; i++) {
		double mid = (low + high) / 2;

		if (erf(mid / sqrt(2)) < part)
			low = mid;
		else
			high = mid;
	}
	return high;
}

double diff_binomial(uint32_t n, double q, uint32_t k)
{
	double sum = 0;

	if (k >= n || q <= 0)
		return 1;
	if (q >= 1)
		return 0;
	for (uint32_t i = 0; i <= k; i++)
		sum += exp(lgamma(n + 1.0) - lgamma(i + 1.0) - lgamma(n - i + 1.0) + i * log(q) + (n - i) * log1p(-q));
	return MIN(sum, 1);
}

/* Two sides: twice the smaller tail. */
static double binomial_test(uint32_t m, double q, uint32_t k)
{
	double at_most = diff_binomial(m, q, k), at_least = k > 0 ? 1 - diff_binomial(m, q, k - 1) : 1;

	return MIN(1, 2 * MIN(at_most, at_least));
}

static double normal_test(double deviation)
{
	return erfc(fabs(deviation) / sqrt(2));
}

/* The value of an event of x, or of the totals where x has none. */
static double event_value(const struct diff_sum x[2], const struct diff_sum total[2])
{
	double value = fabs(x[0].value) + fabs(x[1].value), variance = x[0].variance + x[1].variance;

	if (value == 0 || variance == 0) {
		value = fabs(total[0].value) + fabs(total[1].value);
		variance = total[0].variance + total[1].variance;
	}
	return value > 0 ? variance / value : 0;
}

/* With one event more than there was, so that no event at all is not certainty. */
static double bound_variance(const struct diff_scale *c, struct diff_sum x, int side, double w)
{
	double s = x.variance + w * w, t = c->total[side].value, p;

	if (!c->shares || t == 0)
		return s;
	p = x.value / t;
	return MAX(s - 2 * p * s + p * p * c->total[side].variance, 0);
}

static double p_of(const struct diff_scale *c, const struct diff_sum x[2], double w)
{
	double n1 = fabs(x[0].value) / w, n2 = fabs(x[1].value) / w, m = n1 + n2, e1 = 1, e2 = c->s;

	if (m == 0)
		return 1;
	if (c->shares) {
		e1 = fabs(c->total[0].value);
		e2 = fabs(c->total[1].value);
	}
	if (m < FEW)
		return binomial_test((uint32_t)lround(m), e2 / (e1 + e2), (uint32_t)lround(MIN(n2, m)));
	if (c->shares) {
		double share = m * w / (e1 + e2), spread = share * (1 - share) * w * (1 / e1 + 1 / e2);

		/* everything is one function */
		return spread > 0 ? normal_test((x[1].value / e2 - x[0].value / e1) / sqrt(spread)) : 1;
	}
	return normal_test((n2 - c->s * n1) / sqrt(c->s * m));
}

bool diff_test(const struct diff_scale *c, const struct diff_sum x[2], struct diff_test *out)
{
	double w = event_value(x, c->total), d = x[1].value - c->s * x[0].value, spread;

	*out = (struct diff_test){ d, d, 1 };
	if (!(w > 0) || !(c->s > 0) || (c->shares && (c->total[0].value <= 0 || c->total[1].value <= 0)))
		return false;
	spread = c->z * sqrt(bound_variance(c, x[1], 1, w) + c->s * c->s * bound_variance(c, x[0], 0, w));
	out->low = d - spread;
	out->high = d + spread;
	out->p = p_of(c, x, w);
	return true;
}

struct ranked {
	double p;
	size_t at;
};

static int by_p(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return x->p < y->p ? -1 : x->p > y->p;
}

void diff_adjust(double *p, size_t n)
{
	struct ranked *r = mem_array(n + 1, sizeof(*r));
	double least = 1;

	for (size_t i = 0; i < n; i++)
		r[i] = (struct ranked){ p[i], i };
	qsort(r, n, sizeof(*r), by_p);
	for (size_t i = n; i-- > 0;) {
		least = MIN(least, r[i].p * (double)n / (double)(i + 1));
		p[r[i].at] = least;
	}
	mem_free(r);
}
