/*
 * elf.h - an ELF file in memory: sections, loaded pieces, notes, and what
 * names them. 32 and 64 bit, either byte order, executables, libraries,
 * relocatable files and the separate files of debug information.
 *
 *	struct elf f;
 *	struct str text;
 *
 *	if (elf_open(a, bytes, &f, e) < 0)
 *		return -1;
 *	if (elf_section(&f, ".debug_info", a, limit, &text, e) > 0) ...
 *
 * Everything borrows the bytes; unpacked sections lie in the arena. A file
 * that is cut short still opens when its headers are whole: what lies behind
 * the end is as if it were not there.
 *
 * Source: System V ABI, chapter 4 and 5 (gabi), SHF_COMPRESSED; GNU gabi
 * notes (NT_GNU_BUILD_ID); Go build ids: cmd/internal/buildid.
 */
#ifndef SYMBOLIZE_ELF_H
#define SYMBOLIZE_ELF_H

#include "base/arena.h"
#include "base/err.h"

struct elf_section {
	struct str name;
	uint32_t type, link, info;
	uint64_t flags, addr, off, size, entry;
};

struct elf_load { /* PT_LOAD */
	uint64_t addr, off, file_size, mem_size;
	bool exec;
};

struct elf {
	struct str bytes;
	bool wide, big; /* 64 bit; big endian */
	uint16_t type, machine;
	struct elf_section *sections;
	uint32_t n_sections;
	struct elf_load *loads;
	uint32_t n_loads;
	struct str build_id;    /* GNU, raw bytes; may be empty */
	struct str go_build_id; /* text; may be empty */
	struct str debug_link;  /* .gnu_debuglink: a file name; may be empty */
	uint32_t debug_link_crc;
	struct str alt_link, alt_id; /* .gnu_debugaltlink: file name and raw build id of the file that dwz shares */
};

bool elf_is(struct str bytes);
int elf_open(struct arena *a, struct str bytes, struct elf *out, struct err *e);
const struct elf_section *elf_find(const struct elf *f, const char *name); /* NULL: none */
/*
 * The bytes of a section by name, unpacked (zlib, zstd, .zdebug_*). 1: there;
 * 0: there is none, or it has no bytes in this file; -1: packed and broken, or larger than limit.
 */
int elf_section(const struct elf *f, const char *name, struct arena *a, size_t limit, struct str *out, struct err *e);
/* The bytes that lie in memory at addr .. addr + n; false when the file does not have them all. */
bool elf_memory(const struct elf *f, uint64_t addr, uint64_t n, struct str *out);
/* The address that a place in the file is loaded at; false when it is not. */
bool elf_address(const struct elf *f, uint64_t off, uint64_t *addr);
/* Whether code may lie at addr: a tool that drops a function writes 0 where its address was. */
bool elf_code(const struct elf *f, uint64_t addr);

#endif
