/* cfi.c - see cfi.h: the table of functions, and a step */
#include "formats/symbolize/cfi_impl.h"

#include <elf.h>

#include "base/vec.h"
#include "formats/symbolize/radix.h"

enum {
	AUGMENTATION_MAX = 8,
	X86_SP = 7,
	ARM_SP = 31,
	ARM_ADDRESS_BITS = 48, /* of addresses of programs; above are signatures and tags */
};

struct cfi_function {
	uint64_t from, to;
	uint32_t at, end, common; /* behind the id, in the section; of the record; the common record */
};

struct table {
	struct str section;
	uint64_t addr;          /* of it */
	bool debug;             /* .debug_frame */
	struct cfi_function *p; /* sorted */
	uint32_t n;
};

struct cfi {
	bool arm;
	struct table exceptions, debug;
};

/* ---- records ---- */

struct record {
	uint64_t body, end; /* behind the id, in the section; the end */
	uint64_t common_at; /* of a function */
	bool common;
};

/* The record at r; false: the end, or broken. */
static bool read_record(struct rd *r, const struct table *t, struct record *out)
{
	const uint8_t *start = (const uint8_t *)t->section.p;
	uint64_t length = rd_u32(r), id_at;
	bool wide = length == 0xffffffff;
	unsigned id_bytes = wide && t->debug ? 8 : 4;

	if (wide)
		length = rd_u64(r);
	id_at = (uint64_t)(r->p - start);
	if (r->bad || length < id_bytes || length > rd_left(r))
		return false;
	out->end = id_at + length;
	out->common_at = rd_uint(r, id_bytes);
	out->body = (uint64_t)(r->p - start);
	if (t->debug) {
		out->common = out->common_at == (wide ? UINT64_MAX : UINT32_MAX);
		return !r->bad;
	}
	out->common = out->common_at == 0;
	out->common_at = id_at - MIN(out->common_at, id_at);
	return true;
}

static bool read_augmentation(const struct table *t, struct rd *r, struct str text, struct cfi_common *out)
{
	uint64_t ignored, length;
	struct rd in;

	if (text.n == 0)
		return true;
	if (text.p[0] != 'z')
		return false; /* nobody says how long it is */
	out->augmented = true;
	length = rd_uleb(r);
	in = *r;
	rd_skip(r, length);
	for (size_t i = 1; i < text.n && !in.bad; i++)
		switch (text.p[i]) {
		case 'R': out->encoding = rd_u8(&in); break;
		case 'L': rd_u8(&in); break;
		case 'P':
			if (!cfi_pointer(&in, rd_u8(&in), t->section, t->addr, &ignored))
				return false;
			break;
		case 'S': out->signal = true; break;
		case 'B': break;
		default: return false;
		}
	return !in.bad;
}

/* No further than such a text may be long: many functions may have their record in common. */
static bool read_text(struct rd *r, struct str *out)
{
	struct rd text = *r;

	text.end = r->p + MIN(rd_left(r), (size_t)AUGMENTATION_MAX + 1);
	*out = rd_cstr(&text);
	r->p = text.p;
	return !text.bad;
}

static bool read_common(const struct table *t, uint64_t at, struct cfi_common *out)
{
	struct rd r = rd_at(t->section, at, false);
	struct str augmentation;
	struct record record;
	uint8_t version;

	*out = (struct cfi_common){ 0 };
	if (r.bad || !read_record(&r, t, &record) || !record.common)
		return false;
	r.end = (const uint8_t *)t->section.p + record.end;
	version = rd_u8(&r);
	if ((version != 1 && version != 3 && version != 4) || !read_text(&r, &augmentation))
		return false;
	if (version == 4 && (rd_u8(&r) != 8 || rd_u8(&r) != 0)) /* of addresses, of segments */
		return false;
	out->code_factor = rd_uleb(&r);
	out->data_factor = rd_sleb(&r);
	out->return_register = version == 1 ? rd_u8(&r) : (uint32_t)rd_uleb_max(&r, CFI_REGS);
	if (!read_augmentation(t, &r, augmentation, out) || r.bad || out->return_register >= CFI_REGS)
		return false;
	out->rules = str_of((const char *)r.p, rd_left(&r));
	return true;
}

static bool read_function(const struct table *t, struct rd *r, const struct cfi_common *common, uint64_t *from,
    uint64_t *to)
{
	uint64_t size;

	/* the size is a number of the same width, relative to nothing */
	if (!cfi_pointer(r, common->encoding, t->section, t->addr, from) ||
	    !cfi_pointer(r, common->encoding & 0x0f, t->section, t->addr, &size))
		return false;
	*to = *from + size;
	return *from < *to;
}

static void read_functions(struct arena *a, struct table *t)
{
	struct rd r = rd_of(t->section, false);
	struct cfi_common common = { 0 };
	uint64_t known = UINT64_MAX; /* where it is */
	struct record record;
	VEC(struct cfi_function) got = { 0 };
	struct keyed *keys;

	while (rd_left(&r) >= 4 && read_record(&r, t, &record)) {
		struct cfi_function x = { .at = (uint32_t)record.body, .end = (uint32_t)record.end };

		r.end = (const uint8_t *)t->section.p + record.end;
		if (!record.common && got.n < UINT32_MAX / 2 &&
		    (record.common_at == known || read_common(t, record.common_at, &common))) {
			known = x.common = (uint32_t)record.common_at;
			if (read_function(t, &r, &common, &x.from, &x.to))
				vec_push(&got, x);
		} else if (!record.common)
			known = UINT64_MAX;
		r = rd_at(t->section, record.end, false);
	}
	t->n = (uint32_t)got.n;
	t->p = arena_array(a, got.n, sizeof(*t->p));
	keys = mem_array(got.n * 2 + 1, sizeof(*keys));
	for (uint32_t i = 0; i < t->n; i++)
		keys[i] = (struct keyed){ got.p[i].from, i };
	radix_sort(keys, keys + t->n, t->n);
	for (uint32_t i = 0; i < t->n; i++)
		t->p[i] = got.p[keys[i].value];
	mem_free(keys);
	vec_free(&got);
}

/* 1: there; 0: there is none, or it cannot be read, as *e says. */
static int read_table(struct arena *a, const struct elf *f, const char *name, struct table *t, struct err *e)
{
	const struct elf_section *s = elf_find(f, name);
	int rc = elf_section(f, name, a, INT32_MAX, &t->section, e);

	if (rc <= 0 || s == NULL)
		return 0;
	t->addr = s->addr;
	read_functions(a, t);
	return 1;
}

struct cfi *cfi_open(struct arena *a, const struct elf *f, struct err *e)
{
	struct cfi *c;

	if (!f->wide || f->big || (f->machine != EM_X86_64 && f->machine != EM_AARCH64)) {
		err_set(e, ERR_UNSUPPORTED, "stacks are walked on x86-64 and arm64 alone");
		return NULL;
	}
	c = arena_zalloc(a, sizeof(*c));
	c->arm = f->machine == EM_AARCH64;
	c->debug.debug = true;
	err_set(e, ERR_NOTFOUND, "no .eh_frame and no .debug_frame");
	if (read_table(a, f, ".eh_frame", &c->exceptions, e) + read_table(a, f, ".debug_frame", &c->debug, e) == 0)
		return NULL;
	return c;
}

uint32_t cfi_functions(const struct cfi *c)
{
	return c->exceptions.n + c->debug.n;
}

/* ---- a step ---- */

static bool row_in(const struct table *t, uint64_t addr, struct cfi_common *common, struct cfi_row *row)
{
	uint32_t i = keyed_upto(t->p, t->n, sizeof(*t->p), addr);
	const struct cfi_function *x = i ? &t->p[i - 1] : NULL;
	uint64_t from, to;
	struct rd r;

	if (x == NULL || addr >= x->to || !read_common(t, x->common, common))
		return false;
	r = rd_at(str_of(t->section.p, x->end), x->at, false);
	if (!read_function(t, &r, common, &from, &to))
		return false;
	if (common->augmented)
		rd_skip(&r, rd_uleb(&r));
	return !r.bad && cfi_row_of(common, str_of((const char *)r.p, rd_left(&r)), from, addr, row);
}

static bool find_row(const struct cfi *c, uint64_t addr, struct cfi_common *common, struct cfi_row *row)
{
	return row_in(&c->exceptions, addr, common, row) || row_in(&c->debug, addr, common, row);
}

static bool known(const struct cfi_frame *f, uint64_t reg)
{
	return reg < CFI_REGS && f->known >> reg & 1;
}

/* The address that the rules of a frame count from: the stack pointer before the call. */
static enum cfi_result frame_address(const struct cfi_row *row, const struct cfi_frame *f, const struct cfi_memory *m,
    uint64_t *out)
{
	if (row->frame.kind == RULE_VAL_EXPRESSION)
		return cfi_value(row->frame.expression, f, m, NULL, out);
	if (row->frame.kind != RULE_REGISTER)
		return CFI_BROKEN;
	if (!known(f, row->frame_register))
		return CFI_MEMORY;
	*out = f->reg[row->frame_register] + (uint64_t)row->frame.n;
	return CFI_CALLER;
}

/* One register of the caller; what cannot be told is not known. */
static void restore(const struct cfi_rule *rule, uint32_t reg, uint64_t cfa, const struct cfi_frame *f,
    const struct cfi_memory *m, struct cfi_frame *out)
{
	uint64_t value = f->reg[reg], addr = cfa + (uint64_t)rule->n;
	bool good = true;

	switch (rule->kind) {
	case RULE_SAME: good = known(f, reg); break;
	case RULE_UNDEFINED: good = false; break;
	case RULE_OFFSET: good = m->read(m->ctx, addr, &value); break;
	case RULE_VAL_OFFSET: value = addr; break;
	case RULE_REGISTER:
		good = known(f, (uint64_t)rule->n);
		value = good ? f->reg[rule->n] : 0;
		break;
	case RULE_EXPRESSION:
		good = cfi_value(rule->expression, f, m, &cfa, &addr) == CFI_CALLER && m->read(m->ctx, addr, &value);
		break;
	case RULE_VAL_EXPRESSION: good = cfi_value(rule->expression, f, m, &cfa, &value) == CFI_CALLER; break;
	}
	out->reg[reg] = value;
	if (good)
		out->known |= UINT64_C(1) << reg;
}

enum cfi_result cfi_step(const struct cfi *c, uint64_t addr, struct cfi_frame *f, const struct cfi_memory *m)
{
	const uint32_t sp = c->arm ? ARM_SP : X86_SP;
	struct cfi_frame up = { 0 };
	struct cfi_common common;
	struct cfi_row row;
	enum cfi_result got;
	uint64_t cfa;

	if (!find_row(c, addr, &common, &row))
		return CFI_NONE;
	if (row.reg[common.return_register].kind == RULE_UNDEFINED)
		return CFI_END;
	got = frame_address(&row, f, m, &cfa);
	if (got != CFI_CALLER)
		return got;
	for (uint32_t i = 0; i < CFI_REGS; i++)
		restore(&row.reg[i], i, cfa, f, m, &up);
	if (row.reg[sp].kind == RULE_SAME) {
		up.reg[sp] = cfa;
		up.known |= UINT64_C(1) << sp;
	}
	if (!known(&up, common.return_register) || !known(&up, sp))
		return CFI_MEMORY;
	up.pc = up.reg[common.return_register];
	if (c->arm && row.signed_return)
		up.pc &= (UINT64_C(1) << ARM_ADDRESS_BITS) - 1;
	if (up.pc == 0)
		return CFI_END;
	/* a leaf of arm64 may have put nothing on the stack */
	if (known(f, sp) && !common.signal &&
	    (up.reg[sp] < f->reg[sp] || (up.reg[sp] == f->reg[sp] && (up.pc == f->pc || !c->arm))))
		return CFI_BROKEN;
	up.signal = common.signal;
	*f = up;
	return CFI_CALLER;
}
