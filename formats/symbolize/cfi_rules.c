/* cfi_rules.c - the rules of a function up to an address, and expressions; see cfi_impl.h */
#include "formats/symbolize/cfi_impl.h"

enum {
	ROWS_MAX = 16,  /* remembered */
	STACK_MAX = 64, /* of an expression */
	OPERATIONS_MAX = 1024,
};

bool cfi_pointer(struct rd *r, uint8_t encoding, struct str section, uint64_t base, uint64_t *out)
{
	uint64_t at = base + (uint64_t)(r->p - (const uint8_t *)section.p);

	switch (encoding & 0x0f) {
	case 0x00: /* an address */
	case 0x04:
	case 0x0c: *out = rd_u64(r); break;
	case 0x01: *out = rd_uleb(r); break;
	case 0x02: *out = rd_u16(r); break;
	case 0x03: *out = rd_u32(r); break;
	case 0x09: *out = (uint64_t)rd_sleb(r); break;
	case 0x0a: *out = (uint64_t)(int64_t)(int16_t)rd_u16(r); break;
	case 0x0b: *out = (uint64_t)(int64_t)(int32_t)rd_u32(r); break;
	default: return false;
	}
	if ((encoding & 0x70) == 0x10) /* counted from where it stands */
		*out += at;
	else if ((encoding & 0x70) != 0)
		return false;
	return !r->bad;
}

/* ---- rules ---- */

struct run {
	const struct cfi_common *common;
	struct cfi_row *row, start; /* start: what all functions begin with */
	struct cfi_row remembered[ROWS_MAX];
	uint32_t n_remembered, left; /* rules that may still be read */
	uint64_t at;                 /* the address that the row is for */
	bool bad;
};

static void set(struct run *w, uint64_t reg, enum cfi_kind kind, int64_t n)
{
	if (reg < CFI_REGS) /* of vectors and the like: nobody walks by them */
		w->row->reg[reg] = (struct cfi_rule){ .kind = kind, .n = n };
}

static struct str take_block(struct rd *r)
{
	uint64_t n = rd_uleb(r);
	const char *p = (const char *)r->p;

	rd_skip(r, n);
	return r->bad ? STR_NONE : str_of(p, (size_t)n);
}

static void set_expression(struct run *w, struct rd *r, enum cfi_kind kind)
{
	uint64_t reg = rd_uleb(r);
	struct cfi_rule rule = { .kind = kind, .expression = take_block(r) };

	if (reg < CFI_REGS)
		w->row->reg[reg] = rule;
}

static void restore_start(struct run *w, uint64_t reg)
{
	if (reg < CFI_REGS)
		w->row->reg[reg] = w->start.reg[reg];
}

static int64_t scaled(const struct run *w, uint64_t n)
{
	return (int64_t)(n * (uint64_t)w->common->data_factor);
}

static void set_frame(struct run *w, uint64_t reg, int64_t n)
{
	w->row->frame = (struct cfi_rule){ .kind = RULE_REGISTER, .n = n };
	w->row->frame_register = (uint32_t)MIN(reg, (uint64_t)UINT32_MAX);
}

static void frame_rule(struct run *w, struct rd *r, uint8_t op)
{
	uint64_t reg;

	switch (op) {
	case 0x0c:
		reg = rd_uleb(r);
		set_frame(w, reg, (int64_t)rd_uleb(r));
		break;
	case 0x0d: set_frame(w, rd_uleb(r), w->row->frame.n); break;
	case 0x0e: w->row->frame.n = (int64_t)rd_uleb(r); break;
	case 0x0f: w->row->frame = (struct cfi_rule){ .kind = RULE_VAL_EXPRESSION, .expression = take_block(r) }; break;
	case 0x12:
		reg = rd_uleb(r);
		set_frame(w, reg, scaled(w, (uint64_t)rd_sleb(r)));
		break;
	default: w->row->frame.n = scaled(w, (uint64_t)rd_sleb(r)); break; /* 0x13 */
	}
}

static void remember(struct run *w)
{
	if (w->n_remembered == ROWS_MAX)
		w->bad = true;
	else
		w->remembered[w->n_remembered++] = *w->row;
}

static void recall(struct run *w)
{
	if (w->n_remembered == 0)
		w->bad = true;
	else
		*w->row = w->remembered[--w->n_remembered];
}

static void register_rule(struct run *w, struct rd *r, uint8_t op)
{
	uint64_t reg;

	switch (op) {
	case 0x05:
		reg = rd_uleb(r);
		set(w, reg, RULE_OFFSET, scaled(w, rd_uleb(r)));
		break;
	case 0x06: restore_start(w, rd_uleb(r)); break;
	case 0x07: set(w, rd_uleb(r), RULE_UNDEFINED, 0); break;
	case 0x08: set(w, rd_uleb(r), RULE_SAME, 0); break;
	case 0x09:
		reg = rd_uleb(r);
		set(w, reg, RULE_REGISTER, (int64_t)rd_uleb_max(r, INT32_MAX));
		break;
	case 0x0a: remember(w); break;
	case 0x0b: recall(w); break;
	case 0x10: set_expression(w, r, RULE_EXPRESSION); break;
	case 0x11:
		reg = rd_uleb(r);
		set(w, reg, RULE_OFFSET, scaled(w, (uint64_t)rd_sleb(r)));
		break;
	case 0x14:
		reg = rd_uleb(r);
		set(w, reg, RULE_VAL_OFFSET, scaled(w, rd_uleb(r)));
		break;
	case 0x15:
		reg = rd_uleb(r);
		set(w, reg, RULE_VAL_OFFSET, scaled(w, (uint64_t)rd_sleb(r)));
		break;
	case 0x16: set_expression(w, r, RULE_VAL_EXPRESSION); break;
	case 0x2d: w->row->signed_return = !w->row->signed_return; break;
	case 0x2e: rd_uleb(r); break; /* bytes of arguments */
	default: w->bad = true;
	}
}

/* The next rule; what moves on to the next instructions adds to w->at. */
static void rule(struct run *w, struct rd *r)
{
	uint8_t op = rd_u8(r), low = op & 0x3f;

	switch (op >> 6) {
	case 1: w->at += low * w->common->code_factor; return;
	case 2: set(w, low, RULE_OFFSET, scaled(w, rd_uleb(r))); return;
	case 3: restore_start(w, low); return;
	default: break;
	}
	switch (op) {
	case 0x00: break;
	case 0x02: w->at += rd_u8(r) * w->common->code_factor; break;
	case 0x03: w->at += rd_u16(r) * w->common->code_factor; break;
	case 0x04: w->at += rd_u32(r) * w->common->code_factor; break;
	case 0x0c:
	case 0x0d:
	case 0x0e:
	case 0x0f:
	case 0x12:
	case 0x13: frame_rule(w, r, op); break;
	default: register_rule(w, r, op); /* a rule that nobody writes here: an address as a whole (0x01) */
	}
}

static void run(struct run *w, struct str rules, uint64_t addr)
{
	struct rd r = rd_of(rules, false);

	while (rd_left(&r) > 0 && !w->bad && w->left > 0 && w->at <= addr) {
		rule(w, &r);
		w->left--;
		w->bad |= r.bad;
	}
}

bool cfi_row_of(const struct cfi_common *common, struct str rules, uint64_t from, uint64_t addr, struct cfi_row *out)
{
	struct run w = { .common = common, .row = out, .left = CFI_RULES_MAX, .at = from };

	*out = (struct cfi_row){ 0 };
	out->frame.kind = RULE_UNDEFINED;
	run(&w, common->rules, UINT64_MAX);
	w.start = *out;
	w.at = from;
	run(&w, rules, addr);
	return !w.bad && w.left > 0;
}

/* ---- expressions ---- */

struct machine {
	const struct cfi_frame *f;
	const struct cfi_memory *m;
	struct rd r;
	uint64_t stack[STACK_MAX];
	uint32_t n;
	enum cfi_result state;
};

static void push(struct machine *x, uint64_t v)
{
	if (x->n == STACK_MAX)
		x->state = CFI_BROKEN;
	else
		x->stack[x->n++] = v;
}

static uint64_t pop(struct machine *x)
{
	if (x->n == 0) {
		x->state = CFI_BROKEN;
		return 0;
	}
	return x->stack[--x->n];
}

static void push_register(struct machine *x, uint64_t reg)
{
	int64_t n = rd_sleb(&x->r);

	if (reg < CFI_REGS && x->f->known >> reg & 1)
		push(x, x->f->reg[reg] + (uint64_t)n);
	else
		x->state = CFI_MEMORY;
}

static void deref(struct machine *x, unsigned bytes)
{
	uint64_t v = 0;

	if (bytes == 0 || bytes > 8)
		x->state = CFI_BROKEN;
	else if (!x->m->read(x->m->ctx, pop(x), &v))
		x->state = CFI_MEMORY;
	push(x, bytes < 8 ? v & ((UINT64_C(1) << bytes * 8) - 1) : v);
}

static void push_copy(struct machine *x, uint32_t from_top)
{
	if (from_top < x->n)
		push(x, x->stack[x->n - 1 - from_top]);
	else
		x->state = CFI_BROKEN;
}

static void constant(struct machine *x, uint8_t op)
{
	switch (op) {
	case 0x03:
	case 0x0e:
	case 0x0f: push(x, rd_u64(&x->r)); break;
	case 0x08: push(x, rd_u8(&x->r)); break;
	case 0x09: push(x, (uint64_t)(int64_t)(int8_t)rd_u8(&x->r)); break;
	case 0x0a: push(x, rd_u16(&x->r)); break;
	case 0x0b: push(x, (uint64_t)(int64_t)(int16_t)rd_u16(&x->r)); break;
	case 0x0c: push(x, rd_u32(&x->r)); break;
	case 0x0d: push(x, (uint64_t)(int64_t)(int32_t)rd_u32(&x->r)); break;
	case 0x10: push(x, rd_uleb(&x->r)); break;
	default: push(x, (uint64_t)rd_sleb(&x->r)); break; /* 0x11 */
	}
}

/* Of the two on top; b is the upper one. */
static void combine(struct machine *x, uint8_t op)
{
	uint64_t b = pop(x), a = pop(x);
	int64_t sa = (int64_t)a, sb = (int64_t)b;

	switch (op) {
	case 0x1a: push(x, a & b); break;
	case 0x1c: push(x, a - b); break;
	case 0x1e: push(x, a * b); break;
	case 0x21: push(x, a | b); break;
	case 0x22: push(x, a + b); break;
	case 0x24: push(x, b < 64 ? a << b : 0); break;
	case 0x25: push(x, b < 64 ? a >> b : 0); break;
	case 0x26: push(x, (uint64_t)(sa >> MIN(b, (uint64_t)63))); break;
	case 0x27: push(x, a ^ b); break;
	case 0x29: push(x, sa == sb); break;
	case 0x2a: push(x, sa >= sb); break;
	case 0x2b: push(x, sa > sb); break;
	case 0x2c: push(x, sa <= sb); break;
	case 0x2d: push(x, sa < sb); break;
	case 0x2e: push(x, sa != sb); break;
	default: x->state = CFI_BROKEN; /* jumps, division: compilers do not need them here */
	}
}

static void operation(struct machine *x)
{
	uint8_t op = rd_u8(&x->r);

	if ((op >= 0x08 && op <= 0x11) || op == 0x03)
		constant(x, op);
	else if (op >= 0x30 && op <= 0x4f)
		push(x, op - 0x30u);
	else if (op >= 0x70 && op <= 0x8f)
		push_register(x, op - 0x70u);
	else if (op == 0x92)
		push_register(x, rd_uleb(&x->r));
	else if (op == 0x06)
		deref(x, 8);
	else if (op == 0x94)
		deref(x, rd_u8(&x->r));
	else if (op == 0x12 || op == 0x14)
		push_copy(x, op == 0x14);
	else if (op == 0x13)
		pop(x);
	else if (op == 0x15)
		push_copy(x, rd_u8(&x->r));
	else if (op == 0x1f)
		push(x, -pop(x));
	else if (op == 0x20)
		push(x, ~pop(x));
	else if (op == 0x23)
		push(x, pop(x) + rd_uleb(&x->r));
	else if (op != 0x96)
		combine(x, op);
}

enum cfi_result cfi_value(struct str expression, const struct cfi_frame *f, const struct cfi_memory *m,
    const uint64_t *start, uint64_t *out)
{
	struct machine x = { .f = f, .m = m, .r = rd_of(expression, false), .state = CFI_CALLER };

	if (start != NULL)
		push(&x, *start);
	for (unsigned i = 0; rd_left(&x.r) > 0 && x.state == CFI_CALLER; i++) {
		operation(&x);
		if (x.r.bad || i == OPERATIONS_MAX)
			x.state = CFI_BROKEN;
	}
	*out = pop(&x);
	return x.state;
}
