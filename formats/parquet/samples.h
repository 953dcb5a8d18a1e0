/*
 * samples.h - a table of samples as a Parquet file, for programs that analyse tables: DuckDB, pandas, Polars.
 *
 *	optional int64 time (TIMESTAMP(NANOS, UTC))            when the sample, else its profile, was taken
 *	optional binary profile (STRING)                       name of a thread, an event ...
 *	required int64 <type>_<unit>                           one for each sample type, 0 where a profile has it not
 *	required group stack (LIST)                            names, root first
 *	  repeated group list: required binary element (STRING)
 *	required group labels (MAP)                            of the sample and its profile
 *	  repeated group key_value: required binary key (STRING), required binary value (STRING)
 *
 * One row a sample; samples of zeros are left out. In names of columns what is no ASCII letter, digit or "_" is "_".
 * The metadata of the file says what they stand for: the pair "pyro.type:cpu_nanoseconds" is "cpu/nanoseconds";
 * "pyro.default_type" names a column, and of a single profile "pyro.period_type", "pyro.period", "pyro.duration" (ns)
 * are there where it has them.
 *
 * Text is UTF-8: another byte is U+FFFD. Several values of one label are joined by commas.
 *
 * Writing: rows are collected and leave as a row group when there are SAMPLES_ROWS of them or SAMPLES_ENTRIES frames,
 * labels or values (or less: samples_writer_limit), so memory is bounded by that and by one row, not by the file:
 *
 *	w = samples_writer_new(&out, profiles, n, FORMAT_ALL_TYPES, e);
 *	samples_writer_profile(w, &profiles[0]);
 *	samples_writer_add(w, &row, 0);                 any number of times; each may be followed by:
 *	sink_write(to, buf_str(&out), e); samples_writer_moved(w, out.n); buf_reset(&out);
 *	samples_writer_finish(w);                       frees; buf_check(&out) tells if it fit
 *
 * Reading takes what others made of such files: columns in any order and more of them, lists and maps as Arrow, DuckDB and
 * Polars write them, times of any unit.
 */
#ifndef SAMPLES_H
#define SAMPLES_H

#include "formats/format.h"
#include "formats/stack_table.h"

enum { SAMPLES_ROWS = 1 << 17, SAMPLES_ENTRIES = 1 << 20, SAMPLES_MAX_COLUMNS = 1000 };

struct samples_writer;

/*
 * The columns are the types of all profiles, or of each only that with the number `type`. ERR_INVALID: it has no such, or
 * there are too many. Of the profiles only what stands beside the samples is looked at; they live until finish.
 */
struct samples_writer *samples_writer_new(struct buf *out, const struct format_profile *in, uint32_t n, uint32_t type,
    struct err *e);
void samples_writer_free(struct samples_writer *w); /* accepts NULL */
/* What follows is of this profile, one of those; positions in rows are of its tables. */
void samples_writer_profile(struct samples_writer *w, const struct format_profile *in);
/* at: unix ns, or 0: that of the profile. */
void samples_writer_add(struct samples_writer *w, const struct stack_row *row, int64_t at);
/* Smaller groups: so many frames, labels or values, and a quarter of that in rows. */
void samples_writer_limit(struct samples_writer *w, size_t entries);
void samples_writer_moved(struct samples_writer *w, size_t n); /* the first n bytes of out were taken away */
void samples_writer_finish(struct samples_writer *w);

int samples_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e);
int samples_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e);

#endif
