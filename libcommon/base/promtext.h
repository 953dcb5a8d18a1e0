/*
 * promtext.h - metrics as Prometheus reads them (text format 0.0.4): writing
 * families, and laying the texts of two processes together.
 *
 *	prom_family(&b, "pyroscope_x_total", "counter", "What it counts.");
 *	prom_sample(&b, "pyroscope_x_total", labels, 2, 41);
 *
 * A family is its HELP and TYPE line and all its samples behind them; each
 * family stands once in a text.
 */
#ifndef PROMTEXT_H
#define PROMTEXT_H

#include "base/buf.h"
#include "base/str.h"

#define PROM_TYPE STR("text/plain; version=0.0.4; charset=utf-8; escaping=underscores")

struct prom_label {
	const char *name;
	struct str value;
};

void prom_family(struct buf *b, const char *name, const char *type, const char *help);
void prom_sample(struct buf *b, const char *name, const struct prom_label *labels, size_t n, double value);
/* A family of one sample without labels. */
void prom_single(struct buf *b, const char *name, const char *type, const char *help, double value);

/*
 * The samples of one histogram: n upper bounds in rising order and n + 1
 * counts, each of its own bucket alone (the last is above all bounds).
 */
void prom_histogram(struct buf *b, const char *name, const struct prom_label *labels, size_t n_labels,
    const double *bounds, const uint64_t *counts, size_t n, double sum);

/*
 * Two texts as one: a family that both have stands once, the samples of the
 * second behind those of the first. They must differ in a label; that is up
 * to the writers. Lines before the first HELP of a text are dropped.
 */
void prom_merge(struct buf *out, struct str first, struct str second);

#endif
