/* perf_blank.h - the line feeds of a text, many bytes at a time. Pure. */
#ifndef PERF_BLANK_H
#define PERF_BLANK_H

#include "base/str.h"

/* The line feed that ends the last line before an empty one, or end. */
const char *perf_find_blank(const char *p, const char *end);
uint64_t perf_count_lines(struct str s); /* line feeds */

#endif
