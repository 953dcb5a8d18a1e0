/*
 * perf_unwind.h - stacks of `perf record --call-graph dwarf`: the registers and the upper end of the stack, as they were at
 * a sample, walked with the tables of the programs that were mapped (cfi.h).
 *
 * x86-64 and arm64. A stack that cannot be walked to its end gives what was walked, at least the instruction;
 * perf_unwind_warning says how many there were, and why. Programs come from format_opts.binary, each is asked for once and
 * must be of the build that the recording names, where both say so.
 *
 * Every byte of a dump is a stranger's: a stack has at most PERF_UNWIND_MAX frames, each of them further up than the one
 * before (cfi.h), and memory is read from the dump alone. A recording names as many programs as it likes: so many are asked for.
 *
 * Source: include/uapi/linux/perf_event.h; arch/x86 and arch/arm64, perf_regs.h.
 */
#ifndef PERF_UNWIND_H
#define PERF_UNWIND_H

#include "formats/format.h"
#include "formats/perf/perf_maps.h"

enum {
	PERF_UNWIND_MAX = 1024,
	PERF_UNWIND_FILES = 4096, /* programs that are asked for; what lies in others is as if they were missing */
};

struct perf_dump {
	uint64_t abi;      /* enum perf_abi; 0: there is no dump */
	uint64_t mask;     /* which registers there are, in the kernel's numbers */
	const char *regs;  /* of 8 bytes each, little endian */
	struct str memory; /* from the stack pointer up */
};

enum perf_abi { PERF_ABI_OTHER = 1 /* 32 bits, or big endian: not walked */, PERF_ABI_64 };

enum perf_unwind_end {
	UNWIND_WHOLE,
	UNWIND_NO_FILE,
	UNWIND_OTHER_BUILD,
	UNWIND_NO_RULES,
	UNWIND_DUMP, /* it is larger than what was dumped */
	UNWIND_BROKEN,
	UNWIND_DEEP,
	UNWIND_OTHER_ABI,
	N_UNWIND_ENDS,
};

struct perf_unwind {
	struct arena *a;
	const struct format_opts *o;
	const struct perf_maps *maps;
	struct unwind_file *files;
	uint32_t n_files, cap_files;
	struct table index;
	uint64_t n, ends[N_UNWIND_ENDS];
	struct str first_missing; /* file */
};

void perf_unwind_init(struct perf_unwind *w, struct arena *a, const struct format_opts *o,
    const struct perf_maps *maps);
/* The addresses, innermost first: where it was, then in the calls. 0 when the registers do not say where it was. */
uint32_t perf_unwind(struct perf_unwind *w, uint32_t space, const struct perf_dump *d, uint64_t out[PERF_UNWIND_MAX]);
/* In the arena; empty: all stacks were walked to their ends. */
struct str perf_unwind_warning(const struct perf_unwind *w);

#endif
