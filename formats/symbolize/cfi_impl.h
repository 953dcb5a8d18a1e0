/* cfi_impl.h - what cfi.c (tables, steps) and cfi_rules.c (rules, expressions) share; see cfi.h */
#ifndef SYMBOLIZE_CFI_IMPL_H
#define SYMBOLIZE_CFI_IMPL_H

#include "formats/symbolize/cfi.h"
#include "formats/symbolize/rd.h"

enum cfi_kind {
	RULE_SAME, /* the value that it has */
	RULE_UNDEFINED,
	RULE_OFFSET, /* lies at the frame's address + n */
	RULE_VAL_OFFSET,
	RULE_REGISTER,   /* is in register n */
	RULE_EXPRESSION, /* lies where an expression says */
	RULE_VAL_EXPRESSION,
};

struct cfi_rule {
	enum cfi_kind kind;
	int64_t n;
	struct str expression;
};

struct cfi_row {
	struct cfi_rule frame; /* RULE_REGISTER: cfa_register + n; RULE_VAL_EXPRESSION */
	uint32_t frame_register;
	struct cfi_rule reg[CFI_REGS];
	bool signed_return; /* arm64: the upper bits of the return address are a signature */
};

struct cfi_common { /* of several functions */
	uint64_t code_factor;
	int64_t data_factor;
	uint32_t return_register;
	uint8_t encoding; /* of addresses */
	bool signal, augmented;
	struct str rules;
};

/* A number as an augmentation says; base: the address of the section. false: an encoding that is not used on stacks. */
bool cfi_pointer(struct rd *r, uint8_t encoding, struct str section, uint64_t base, uint64_t *out);
/* The row for an address of a function that begins at `from`. */
bool cfi_row_of(const struct cfi_common *common, struct str rules, uint64_t from, uint64_t addr, struct cfi_row *out);
/* start: what the stack of the expression begins with, or NULL. */
enum cfi_result cfi_value(struct str expression, const struct cfi_frame *f, const struct cfi_memory *m,
    const uint64_t *start, uint64_t *out);

#endif
