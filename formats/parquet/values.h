/*
 * values.h - the value sections of pages, decoded: everything behind the
 * levels. For page.c.
 */
#ifndef PARQUET_VALUES_H
#define PARQUET_VALUES_H

#include "formats/parquet/page.h"

/* out->n values of `in` into the array of out that the type asks for. */
int values_decode(struct pq_scratch *s, struct str in, int encoding, const struct pq_leaf *leaf,
    const struct pq_values *dictionary, struct pq_values *out, struct err *e);
/* The integers in narrow instead, if all of them are below 2^32. */
void values_narrow(struct pq_values *v);

#endif
