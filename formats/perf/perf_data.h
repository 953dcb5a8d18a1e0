/*
 * perf_data.h - perf.data, the file of `perf record`, without symbols: names
 * are given later by whoever has the binaries (pyro-symbolize).
 *
 * - A profile for each event that has samples, named as the event; types as
 *   in perf_script.h.
 * - A frame is an address in a mapping, which has the file, its build id,
 *   start, limit and offset. Return addresses are one below, in the call.
 *   The kernel is [kernel.kallsyms] when the recording does not say more.
 *   An address that nothing was mapped at keeps its number alone.
 * - Stacks that were dumped (--call-graph dwarf) are walked where
 *   format_opts.binary has the programs, see perf_unwind.h; notes.warning
 *   says which were not.
 * - The root frame is the command of the thread (format_opts.root), a function
 *   without address. Tags as in perf_script.h. With FORMAT_TIMES the time is
 *   that on the wall when the recording says how (perf record -k), otherwise
 *   the recorder's own.
 * - Both byte orders, files and pipes, zstd. Records of other kinds (branches,
 *   raw data, hardware traces) are passed over.
 *
 * ERR_CORRUPT names the byte; ERR_LIMIT: mappings out of proportion. lenient:
 * broken records are noted and left out. A file that is cut gives what is
 * there, noted.
 */
#ifndef PERF_DATA_H
#define PERF_DATA_H

#include "formats/format.h"

int perf_data_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e);

#endif
