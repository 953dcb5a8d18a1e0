/* perf_data_sample.h - the fields of a sample of perf.data; see perf_file.h. Pure. */
#ifndef PERF_DATA_SAMPLE_H
#define PERF_DATA_SAMPLE_H

#include "formats/perf/perf_file.h"
#include "formats/perf/perf_unwind.h"

struct perf_data_sample {
	uint64_t ip, time, id, period, n;
	uint32_t pid, tid, cpu;
	const char *chain;     /* n numbers */
	struct perf_dump dump; /* abi 0: there is none, or it is not one to walk */
};

/*
 * The fields that the event says it has; only_id: those up to the id, which are at the same places whatever the event. All
 * points into the record; false: it is cut.
 */
bool perf_data_sample_parse(const struct perf_file *f, const char *record, const struct perf_attr *x, bool only_id,
    struct perf_data_sample *out);

#endif
