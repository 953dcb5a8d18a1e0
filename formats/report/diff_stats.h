/*
 * diff_stats.h - is a difference more than noise? The mathematics of a comparison of two sampled profiles; what it is for
 * people stands in doc/pyro-diff.7.
 *
 * A sample stands for e events (ticks of the sampling clock, sampled allocations, contentions), each of value v / e. Events
 * come independently of one another, so the sum V of values has the variance S = sum of v * v / e.
 *
 * Two questions: what bounds does the change D = V2 - s * V1 have (s: before is scaled to after), and how likely is a
 * change that large when nothing has changed, p. Few events are compared by the exact binomial test, more by its normal
 * limit. Where shares of totals are compared (two proportions), V is a part of T, which varies with it.
 */
#ifndef DIFF_STATS_H
#define DIFF_STATS_H

#include "base/base.h"

struct diff_sum {
	double value, variance;
};

struct diff_scale {
	double s;    /* values before are multiplied by it */
	bool shares; /* s is total after / total before */
	struct diff_sum total[2];
	double z; /* of diff_quantile */
};

struct diff_test {
	double low, high; /* of D */
	double p;
};

/* x: before, after. false: nothing is known (no events). */
bool diff_test(const struct diff_scale *c, const struct diff_sum x[2], struct diff_test *out);
/* Half the width of the interval that holds this part (0 < part < 1) of a normal distribution, in deviations. */
double diff_quantile(double part);
/* P(X <= k) of the binomial distribution, 0 <= q <= 1. */
double diff_binomial(uint32_t n, double q, uint32_t k);
/* Benjamini and Hochberg: p of one test among n becomes the share of false alarms among all that are at most as large. */
void diff_adjust(double *p, size_t n);

#endif
