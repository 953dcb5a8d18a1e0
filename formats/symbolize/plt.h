/*
 * plt.h - names for the small pieces of code through which a program calls functions of libraries: "puts@plt", as objdump
 * and perf have it. x86-64 (.plt, .plt.sec, .plt.got) and arm64 (.plt).
 *
 * A piece jumps to the address that lies in a slot of the table of offsets. Which slot its instructions say:
 *
 *	x86-64	[f3 0f 1e fa  endbr64]  [f2  bnd]  ff 25 DISP32         jmp *DISP32(%rip)
 *	arm64	[d503245f  bti c]  adrp x16, PAGE   ldr x17, [x16, OFF]   add ...   br x17
 *
 * and which function comes there a relocation of that slot (.rela.plt, .rela.dyn), whose symbol has the name. A piece whose
 * relocation names nothing (IRELATIVE) has none here.
 */
#ifndef SYMBOLIZE_PLT_H
#define SYMBOLIZE_PLT_H

#include "formats/symbolize/elf.h"

struct plt_entry {
	uint64_t addr, end;
	struct str name;
};

/* Returns how many; *out in a, ascending within each section. limit: bytes of a section; names take no more
 * than four times the bytes of the table that they are from. What is broken counts as absent. */
uint32_t plt_read(struct arena *a, const struct elf *f, size_t limit, struct plt_entry **out);

#endif
