/*
 * binaries.h - the programs and libraries that a profile's mappings name:
 * where they and their debug information lie, opened once, and asked.
 *
 * For a mapping, the first of these that is there and of the same build:
 *
 *	1. --binary, by its build id, then by its file name
 *	2. the mapping's file, below --proc-root where that is given
 *
 * and beside it, when it has no debug information of its own:
 *
 *	3. DEBUGDIR/.build-id/ab/cdef.debug
 *	4. what .gnu_debuglink names: beside the file, in .debug/ there, below DEBUGDIR
 *	5. debuginfod servers, which are asked by build id alone
 *
 * Files are mapped, not read (io/mapped.h).
 */
#ifndef BINARIES_H
#define BINARIES_H

#include "formats/profile.h"
#include "formats/symbolize/frame.h"
#include "tools/pyro-symbolize/symbolize.h"

struct binaries;

/* The options must outlive it. ERR_USAGE and others for what they name and is not there. */
struct binaries *binaries_new(const struct symbolize_opts *o, struct err *e);
void binaries_free(struct binaries *b);                           /* accepts NULL */
void binaries_begin(struct binaries *b, const struct profile *p); /* it is p that is asked about from now on */
/* For format_opts.binary: the program itself, found as above. ctx is the binaries, here and below. */
bool binaries_file(void *ctx, struct str path, struct str build_id, struct str *bytes);
/* For struct symbolize. */
uint32_t binaries_find(void *ctx, const struct profile *p, const struct mapping *m, uint64_t addr,
    struct sym_frame *out, uint32_t max);

#endif
