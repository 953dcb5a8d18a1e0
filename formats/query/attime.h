/*
 * attime.h - times as /ingest and /pyroscope/render take them: digits (date,
 * seconds, ms, us, ns by their number) or an offset from now ("now-1h"). No
 * text is an error; what cannot be understood means now.
 *
 * Source: spec of the read API, 10.2.
 */
#ifndef ATTIME_H
#define ATTIME_H

#include "base/str.h"

/* Unix ns. */
int64_t attime_parse(struct str text, int64_t now);

#endif
