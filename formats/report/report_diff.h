/*
 * report_diff.h - what the printers of a comparison share: functions before and after, with what is known of their noise.
 * Only for formats/report.
 */
#ifndef REPORT_DIFF_H
#define REPORT_DIFF_H

#include "formats/report/diff_stats.h"
#include "formats/report/report_impl.h"

struct diff_value {
	int64_t v[2];           /* before (scaled), after */
	struct diff_sum sum[2]; /* as they were measured */
	struct diff_test test;  /* low and high of the change; p adjusted for the number of functions */
	bool tested;
};

struct change {
	struct str name;
	struct diff_value flat, cum;
};

struct changes {
	const struct report_diff_opts *o;
	struct map map;
	VEC(struct change) all; /* those that are shown first */
	size_t n;               /* of all: to show */
	size_t noise;           /* changed, but within the noise: not shown */
	struct diff_scale scale;
	struct diff_value total;
	bool known; /* events were counted on both sides */
};

/* both: noise in one of the columns flat and cum alone hides nothing; otherwise the column of the order counts. */
void changes_collect(struct changes *c, struct report *before, struct report *after, const struct report_diff_opts *o,
    bool both);
void changes_fini(struct changes *c);

static inline int64_t diff_delta(const struct diff_value *x)
{
	return sum_wrap(x->v[1], (int64_t)(0 - (uint64_t)x->v[0]));
}

double diff_confidence(const struct report_diff_opts *o);
/* Scale, bounds and p of a value whose sums are set; the scale is that of c. */
void diff_value_test(const struct changes *c, struct diff_value *x);
/* Is it more than noise, or is nothing known of noise? */
bool diff_matters(const struct changes *c, const struct diff_value *x);
/* One unit for all values of the comparison becomes that of r. */
void diff_unit(const struct changes *c, struct report *r);

void diff_print_value(struct report *r, int64_t v, bool sign, struct buf *out);
void diff_print_growth(const struct diff_value *x, struct buf *b); /* +3.00%, new, gone, 0% */
void diff_print_p(const struct diff_value *x, struct buf *b);      /* 0.012, <0.001, - */

/* How many events sample s of r stands for. */
struct diff_events {
	uint32_t column; /* of the values that count them */
	double size;     /* value of one there */
	bool known;
};
struct diff_events diff_events_of(const struct report *r);
double diff_sample_variance(const struct report *r, const struct diff_events *e, const struct rsample *s);

#endif
