/*
 * gopclntab.h - functions, files, lines and inlined calls of Go programs by
 * the table that their runtime reads (.gopclntab): every Go binary has it,
 * also a stripped one.
 *
 *	magic       Go          what changed
 *	fffffffb    1.2 - 1.15  one table of everything
 *	fffffffa    1.16, 1.17  a head with offsets of names, files and programs
 *	fffffff0    1.18, 1.19  function entries relative to the text
 *	fffffff1    1.20 -      start lines; inlined calls with start lines
 *
 * Inlined calls need what lies beside the table (go:func.*), which the
 * runtime's moduledata points at; it is looked for in the data sections. Which
 * layout they have depends on the version of Go before 1.20 (.go.buildinfo, or
 * runtime.buildVersion).
 *
 * Nothing is unpacked: a question reads the programs of one function, as
 * the runtime does. Source: cmd/link (pcln.go), runtime/symtab.go,
 * "Go 1.2 Runtime Symbol Information".
 */
#ifndef SYMBOLIZE_GOPCLNTAB_H
#define SYMBOLIZE_GOPCLNTAB_H

#include "formats/symbolize/elf.h"
#include "formats/symbolize/frame.h"

struct gopclntab;

/* ERR_NOTFOUND: not a Go program. In the arena; the ELF file must outlive it. */
struct gopclntab *gopclntab_open(struct arena *a, const struct elf *f, struct err *e);
/* Innermost first; 0: no function of Go. */
uint32_t gopclntab_find(struct gopclntab *t, uint64_t addr, struct sym_frame *out, uint32_t max);
uint32_t gopclntab_functions(const struct gopclntab *t);
bool gopclntab_inlines(const struct gopclntab *t); /* inlined calls can be told */

#endif
