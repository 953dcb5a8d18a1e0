/*
 * binary.h - a program or library as one table: which function, file and
 * line, and which inlined calls an address stands for, from all that the file
 * and those that belong to it know. In this order:
 *
 *	Go      the tables of the Go runtime (gopclntab.h)
 *	DWARF   dwarf.h
 *	names   symbol tables, .gnu_debugdata included (symtab.h)
 *
 *	struct binary *b = binary_open(&(struct binary_files){ .main = bytes }, e);
 *	struct sym_frame got[SYM_FRAMES_MAX];
 *	uint32_t n = binary_find(b, 0x401136, got, SYM_FRAMES_MAX);
 *	binary_close(b);
 *
 * Addresses are those of the file (what nm shows). binary_address gives
 * them from where a process had the file mapped. Questions change the object:
 * one thread at a time. Names are as the compiler wrote them.
 */
#ifndef SYMBOLIZE_BINARY_H
#define SYMBOLIZE_BINARY_H

#include "formats/symbolize/elf.h"
#include "formats/symbolize/frame.h"

enum { BINARY_SECTION_MAX = INT32_MAX }; /* bytes of one section, unpacked: the default limit */

struct binary_files {
	struct str main;    /* the file itself, or its separate debug information; may be empty if debug is not */
	struct str debug;   /* separate debug information beside main; may be empty */
	struct str alt;     /* what .gnu_debugaltlink names; may be empty */
	struct str package; /* .dwp; may be empty */
	/* The bytes of a .dwo file, which must live as long as the binary; may be NULL. */
	bool (*split)(void *ctx, struct str dir, struct str name, struct str *bytes);
	void *ctx;
	size_t limit; /* bytes of one section, unpacked; 0 = BINARY_SECTION_MAX */
	bool no_inlines;
};

struct binary;

/* The bytes must outlive it. Broken parts are left out, see binary_trouble; an error only when nothing can be read. */
struct binary *binary_open(const struct binary_files *files, struct err *e);
void binary_close(struct binary *b); /* accepts NULL */
const struct elf *binary_elf(const struct binary *b);
bool binary_has_lines(struct binary *b); /* anything better than names */
uint32_t binary_find(struct binary *b, uint64_t addr, struct sym_frame *out, uint32_t max);
/*
 * A process had the bytes from offset of the file at start .. limit; addr is
 * in there. false: that place of the file is not loaded.
 */
bool binary_address(const struct binary *b, uint64_t start, uint64_t limit, uint64_t offset, uint64_t addr,
    uint64_t *out);
const char *binary_trouble(const struct binary *b); /* NULL: none so far */
size_t binary_bytes(const struct binary *b);        /* memory that it holds, besides the files */

#endif
