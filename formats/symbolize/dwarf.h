/*
 * dwarf.h - functions, inlined calls and lines by DWARF 2 to 5.
 *
 *	struct dwarf *d = dwarf_open(a, &elf, &(struct dwarf_opts){ .limit = 1 << 30 }, e);
 *	struct sym_frame got[SYM_FRAMES_MAX];
 *	uint32_t n = d ? dwarf_find(d, 0x401136, got, SYM_FRAMES_MAX) : 0;
 *	dwarf_close(d);
 *
 * dwarf_open reads the heads of all units and which addresses each has. A
 * unit is read when the first address in it is asked for, once, into a sorted
 * table; after that a question is a binary search. A unit that is broken has
 * no answers; dwarf_trouble says what was wrong with the first such one.
 *
 * Split debug information (.dwo files, .dwp packages) and the file that dwz
 * shares are read from bytes that the caller provides.
 *
 * Memory is a constant times the bytes read; so is time, but for the sorting.
 * Not for two threads at once. Source: DWARF Debugging Information Format,
 * versions 2 to 5; GNU DebugFission and DWARF package file format version 2.
 */
#ifndef SYMBOLIZE_DWARF_H
#define SYMBOLIZE_DWARF_H

#include "formats/symbolize/elf.h"
#include "formats/symbolize/frame.h"

struct dwarf;

struct dwarf_opts {
	size_t limit;          /* bytes of one section, unpacked */
	const struct elf *alt; /* what .gnu_debugaltlink names, or NULL */
	struct str package;    /* bytes of the .dwp file, or empty */
	/* The bytes of a .dwo file; false: there is none. May be NULL. */
	bool (*split)(void *ctx, struct str dir, struct str name, struct str *bytes);
	void *ctx;
};

/* The ELF file's bytes and the arena must outlive it. ERR_NOTFOUND: there is no debug information. */
struct dwarf *dwarf_open(struct arena *a, const struct elf *f, const struct dwarf_opts *o, struct err *e);
void dwarf_close(struct dwarf *d); /* accepts NULL */
/* The frames at an address of the file, innermost first; 0: nothing is known. One without a name: only the place. */
uint32_t dwarf_find(struct dwarf *d, uint64_t addr, struct sym_frame *out, uint32_t max);
/* Whether the function at addr, not counting inlined calls, has a linkage name, and where it begins. */
bool dwarf_entry(struct dwarf *d, uint64_t addr, uint64_t *entry);
const char *dwarf_trouble(const struct dwarf *d); /* NULL: none so far */

#endif
