/*
 * perf_script.h - the text that `perf script` prints.
 *
 *	comm  PID[/TID] [CPU] [FLAGS] SECS.USECS: [PERIOD] EVENT[:MODIFIERS]: [text of the event]
 *	\t   HEXADDR SYMBOL[+0xOFF] (OBJECT)           leaf first
 *	\t   HEXADDR SYMBOL[+0xOFF] (inlined)          stands before the function that holds it
 *	  FILE:LINE                                    of the frame above, with -F +srcline
 *	<empty line>
 *
 * Each field may be missing, as -F says; an event without call chain has its
 * one frame behind its name, or none. Lines that begin with "#" are comments.
 * What one decoder does with it:
 *
 * - One profile for each event, in the order in which they are first met; its
 *   name is the event as it stands. Types are samples/count and, when there is
 *   a period, EVENT/count without modifiers, or cpu/nanoseconds for the clocks.
 *   A period of 0 counts 1. duration is from the first to the last sample.
 * - The root frame is the command, with "_" for blanks (format_opts.root).
 * - Names are those of the usual collapser (stackcollapse-perf): no offset, no
 *   arguments, no quotes, ":" for ";", "[object]" where the symbol is not
 *   known, of Java "Lpkg/Cls;" is "pkg/Cls:"; format_opts.marks asks for "_[k]"
 *   and such. The object is the file of the mapping.
 * - Addresses are not kept where there is a symbol or an object: without the
 *   places of objects in memory nothing can be looked up with them, and each
 *   would be a stack of its own. A frame that has nothing else keeps it.
 * - An inlined call and what holds it are one location.
 * - FORMAT_TAGS: thread (the command), pid, tid and cpu, all as text; one
 *   number alone is the tid, as `perf script` has it. FORMAT_TIMES: the
 *   recorder's clock, which begins anywhere.
 *
 * Lines that are neither are skipped and noted, as are frames without an
 * event: other programs' messages stand between. A last record that is cut
 * inside a line is left out and noted; one without the empty line behind it is
 * taken (the usual collapser drops it, and all events without a call chain; of
 * a symbol without a name it makes a blank, not the object).
 * ERR_INVALID when there are lines but no event.
 *
 * Bytes of names stay as they are (see folded.h), NUL included.
 *
 * Source: own recordings of perf 6.1 with all field sets; the perf-script(1)
 * page; outputs of stackcollapse-perf.
 */
#ifndef PERF_SCRIPT_H
#define PERF_SCRIPT_H

#include "formats/format.h"

/* Text is gone through once, in pieces of whole records; names are copied. */
int perf_script_stream(struct arena *a, struct src *in, const struct format_opts *o, struct format_profiles *out,
    struct err *e);
int perf_script_decode(struct arena *a, struct str text, const struct format_opts *o, struct format_profiles *out,
    struct err *e);
/* See format.h: up to the last line that begins a record, or behind the last empty line. */
size_t perf_script_cut(struct str text);

#endif
