/*
 * jfr.h - Java Flight Recorder files, of the JDK and of async-profiler: one
 * profile for each kind of event that has a stack.
 *
 *	struct jfr_opts o = { .rate = 100, .only_known = true, .clean_names = true, .spans = true, .contexts = labels };
 *	struct format_profiles got;
 *	if (jfr_decode(a, bytes, &o, &got, e) < 0)
 *		return -1;
 *	for each: got.p[i].p, and its labels __name__ and jfr_event
 *
 * A file is a row of chunks, each complete in itself:
 *
 *	header    68 bytes, big-endian: "FLR\0", version, size, place of the constant pools, place of the metadata,
 *	          start ns, duration ns, start ticks, ticks a second, flags (1 = integers are LEB128)
 *	events    size, type, fields; type 0 is the metadata, type 1 constants
 *
 * The metadata says which fields a type has; nothing about their order is
 * taken for granted. A kind of event becomes a profile, as Pyroscope has it:
 *
 *	jdk.ExecutionSample               process_cpu, and wall when the recording is of wall time
 *	profiler.WallClockSample          wall, and process_cpu for running threads when the recording is of wall time
 *	jdk.ObjectAllocationInNewTLAB     memory: alloc_in_new_tlab_objects, _bytes
 *	jdk.ObjectAllocationOutsideTLAB   memory: alloc_outside_tlab_objects, _bytes
 *	jdk.ObjectAllocationSample        memory: alloc_sample_objects, _bytes
 *	jdk.JavaMonitorEnter              mutex: contentions, delay
 *	jdk.ThreadPark                    block: contentions, delay
 *	profiler.LiveObject               memory: live (and live_bytes, unless only_known)
 *	profiler.Malloc                   memory: malloc_objects, malloc_bytes
 *
 * and unless only_known: jdk.NativeMethodSample as native/nanoseconds, and any
 * other event with a stack as NAME_events/count with NAME_time/nanoseconds and
 * NAME_bytes/bytes where it has a duration or a size.
 *
 * Limits: no more memory than a constant times the input; what is counted
 * again and again (stacks of samples, tags, long names) is ERR_LIMIT beyond
 * JFR_SPREAD bytes for each byte of input. Chunks of up to 4 GiB. Borrows from
 * bytes. Errors: ERR_INVALID with chunk and byte. A chunk that is cut short is
 * an error, or with lenient a note, and what is whole in it is taken.
 *
 * Sources: the spec of the write API, 6 and 7; JDK's chunk parser and writer
 * (the flags, fixed-width integers, the strings' encodings); recordings.
 */
#ifndef JFR_H
#define JFR_H

#include "formats/format.h"

enum { JFR_SPREAD = 128 };

struct jfr_opts {
	uint32_t rate;       /* samples a second of cpu and wall where the file does not say; 0 = values are 0 */
	unsigned keep;       /* enum format_keep. FORMAT_TAGS: thread, state, class, monitor */
	bool only_known;     /* the nine kinds above alone, `rate` counts, durations stay ticks: as Pyroscope has it */
	bool clean_names;    /* names that the JVM makes up at run time become one: Foo$$Lambda_ */
	bool spans;          /* tags of contextId, spanId and spanName: from contexts, profile_id, span_name */
	struct str contexts; /* LabelsSnapshot in protobuf, may be empty */
	bool lenient;        /* leave out what cannot be read and note it */
};

int jfr_decode(struct arena *a, struct str bytes, const struct jfr_opts *o, struct format_profiles *out, struct err *e);

/* What clean_names makes of the name of a class or library; in the arena if it differs. */
struct str jfr_clean_name(struct arena *a, struct str name);

#endif
