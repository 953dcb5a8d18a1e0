/*
 * cfi.h - from a function to its caller by the tables that exceptions use (.eh_frame), or else those for debuggers
 * (.debug_frame, of Go and where programs are built without the former): where each register of the caller lies, for each
 * instruction. x86-64 and arm64, little endian.
 *
 *	struct cfi *c = cfi_open(a, &elf, e);
 *	struct cfi_frame f = { .pc = ip, .reg[7] = sp, .known = 1 << 7 };
 *	struct cfi_memory stack = { .read = dumped, .ctx = &dump };
 *
 *	while (cfi_step(c, at, &f, &stack) == CFI_CALLER) ... f.pc is where it returns to ...
 *
 * Registers have the numbers of DWARF: x86-64 0 rax, 1 rdx, 2 rcx, 3 rbx, 4 rsi, 5 rdi, 6 rbp, 7 rsp, 8-15, 16 the return
 * address; arm64 0-30, 31 sp.
 *
 *	.eh_frame := record*              length u32 (0: the end); id u32
 *	id 0: what several have in common   version, augmentation, factors, register of the return address, rules
 *	else: a function                    id: how far back the former lies; begin, size, rules
 *	.debug_frame: id ffffffff and where the former lies; addresses as they are
 *
 * The functions are read once, into a sorted table; a step reads the rules of one. Work and memory are a constant times the
 * bytes, a step takes at most CFI_RULES_MAX of them. Stacks only grow: a caller below its callee is broken. So whoever
 * steps needs a limit of frames, for nothing else.
 *
 * Source: Linux Standard Base, "Exception Frames"; DWARF 4, 6.4; System V ABI for x86-64; DWARF for the Arm 64-bit
 * Architecture.
 */
#ifndef SYMBOLIZE_CFI_H
#define SYMBOLIZE_CFI_H

#include "formats/symbolize/elf.h"

enum {
	CFI_REGS = 33,
	CFI_RULES_MAX = 1 << 14,
};

struct cfi_frame {
	uint64_t pc;
	uint64_t reg[CFI_REGS];
	uint64_t known; /* bit n: of register n */
	bool signal;    /* pc was interrupted, it is not returned to */
};

struct cfi_memory {
	/* Eight bytes of the process; false: nobody knows them. */
	bool (*read)(void *ctx, uint64_t addr, uint64_t *value);
	void *ctx;
};

enum cfi_result {
	CFI_CALLER, /* the frame is that of the caller now */
	CFI_END,    /* nobody called it */
	CFI_NONE,   /* there are no rules for this address */
	CFI_MEMORY, /* a register or memory that is needed is not known */
	CFI_BROKEN, /* rules that make no sense, or lead in a circle */
};

struct cfi;

/* In the arena; the file's bytes must outlive it. ERR_NOTFOUND: no such tables; ERR_UNSUPPORTED: of another machine. */
struct cfi *cfi_open(struct arena *a, const struct elf *f, struct err *e);
uint32_t cfi_functions(const struct cfi *c);
/*
 * addr: of the instruction in the file; of a caller, one inside its call. The frame stays as it is unless the result is
 * CFI_CALLER.
 */
enum cfi_result cfi_step(const struct cfi *c, uint64_t addr, struct cfi_frame *f, const struct cfi_memory *m);

#endif
