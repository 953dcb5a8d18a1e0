/*
 * symtab.h - the functions of an ELF file by its symbol tables (.symtab,
 * .dynsym and the .symtab inside .gnu_debugdata) and its calls into libraries (plt.h), sorted by address.
 *
 * A symbol covers its size; one without a size reaches to the next one, or to
 * the end of its section. The padding behind a function counts as part of it. Of
 * several at one address the one that a reader expects counts: a function
 * before a label, a sized one before one without, the smaller, then the first
 * of the file.
 */
#ifndef SYMBOLIZE_SYMTAB_H
#define SYMBOLIZE_SYMTAB_H

#include "formats/symbolize/elf.h"

struct symbol {
	uint64_t addr, end;
	uint64_t reach; /* the padding behind it, too: where a call that never returns would return to */
	struct str name;
	struct str file; /* of local symbols, where the table says it; may be empty */
	uint8_t rank;    /* of those at one address, larger is better */
};

struct symtab {
	struct symbol *p;
	uint32_t n;
};

/* Tables that are broken count as absent; *trouble (may be NULL) then says why. limit: bytes of .gnu_debugdata, unpacked. */
void symtab_read(struct arena *a, const struct elf *f, size_t limit, struct symtab *out, struct err *trouble);
const struct symbol *symtab_find(const struct symtab *t, uint64_t addr); /* NULL: none */
/* The address of a symbol by name, data included, from .symtab; false when there is none. */
bool symtab_address(const struct elf *f, const char *name, uint64_t *addr);

#endif
