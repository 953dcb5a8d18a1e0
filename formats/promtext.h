/*
 * promtext.h - metrics as text, Prometheus exposition format 0.0.4. A writer
 * without a registry: the owner of the numbers lists them in a .def and
 * prints them when asked.
 *
 *	COUNTER(pushes, "pyroscope_pushes_total", "Pushes that came in.")      in counters.def
 *
 *	struct promtext t = promtext_init(&out);
 *	#define COUNTER(name, metric, help) \
 *		promtext_family(&t, PROMTEXT_COUNTER, STR(metric), STR(help)); \
 *		promtext_u64(&t, NULL, counters->name);
 *	#include "counters.def"
 *
 * A family is announced once, then come its values, one per label set; NULL
 * labels are none. Names are the tool's own and not checked; help texts and
 * label values are escaped. Check the buf once with buf_check.
 *
 * Source: the exposition formats page of Prometheus' documentation.
 */
#ifndef PROMTEXT_H
#define PROMTEXT_H

#include "base/buf.h"
#include "formats/labels.h"

#define PROMTEXT_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"

enum promtext_type { PROMTEXT_COUNTER, PROMTEXT_GAUGE, PROMTEXT_HISTOGRAM };

struct promtext {
	struct buf *out;
	struct str name;        /* of the family */
};

/* counts[i]: values <= bounds[i] and above the bound before; counts[n]: all above. No sums. */
struct promtext_histogram {
	const double *bounds;   /* ascending */
	uint64_t *counts;       /* n + 1 */
	uint32_t n;
	double sum;
};

struct promtext promtext_init(struct buf *out);
void promtext_family(struct promtext *t, enum promtext_type type, struct str name, struct str help);
void promtext_u64(struct promtext *t, const struct labels *l, uint64_t v);
void promtext_f64(struct promtext *t, const struct labels *l, double v);
/* Buckets with the label le, _sum and _count. */
void promtext_histogram(struct promtext *t, const struct labels *l,
    const struct promtext_histogram *h);
void promtext_observe(struct promtext_histogram *h, double v);

#endif
