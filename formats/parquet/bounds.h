/*
 * bounds.h - smallest and largest value of a page, in the order of its
 * column's type: unsigned or signed numbers, bytes for PQ_FIXED.
 */
#ifndef PARQUET_BOUNDS_H
#define PARQUET_BOUNDS_H

#include "formats/parquet/writer.h"

/* Of n values of `width` bytes: u32 or i64 for integer columns, bytes for PQ_FIXED. n = 0 makes a page of nulls. Bytes live
   in a. */
void bounds_make(struct arena *a, const struct pq_leaf *leaf, const char *values, unsigned width, size_t n,
    struct pq_page_bounds *out);
/* 1: both bounds ascend from page to page, 2: both descend, 0: neither. Pages of nulls do not count. */
int bounds_order(const struct pq_leaf *leaf, const struct pq_page_bounds *p, uint32_t n);
/* A bound of an integer column as a number (widened as values are); false if it has another width. */
bool bounds_int(const struct pq_leaf *leaf, struct str bound, int64_t *v);

#endif
