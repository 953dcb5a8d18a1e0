/* plt.c - see plt.h */
#include "formats/symbolize/plt.h"

#include <elf.h>

#include "base/vec.h"
#include "formats/symbolize/radix.h"
#include "formats/symbolize/rd.h"

enum { RELA = 24, SYMBOL = 24, ENTRY = 16, NAMES = 4 /* times the table of names */ };

#define BTI_C 0xd503245f

struct slots {
	struct keyed *p; /* address of a slot, place of the name in names */
	uint32_t n;
	struct str names;
};

/* The places of the names of a table's symbols, by relocation. */
static void read_relocations(const struct elf *f, struct arena *a, size_t limit, const char *section, struct slots *s)
{
	struct str relocations, symbols;
	struct rd r, y;
	struct err e;

	if (elf_section(f, section, a, limit, &relocations, &e) <= 0 ||
	    elf_section(f, ".dynsym", a, limit, &symbols, &e) <= 0)
		return;
	r = rd_of(relocations, f->big);
	while (rd_left(&r) >= RELA) {
		uint64_t slot = rd_u64(&r), symbol = rd_u64(&r) >> 32;

		rd_u64(&r);
		if (symbol == 0 || symbol >= symbols.n / SYMBOL)
			continue;
		y = rd_at(symbols, symbol * SYMBOL, f->big);
		s->p[s->n++] = (struct keyed){ slot, rd_u32(&y) };
	}
}

static struct str name_of(const struct slots *s, uint64_t slot)
{
	uint32_t i = keyed_below(s->p, s->n, sizeof(*s->p), slot);

	return i < s->n && s->p[i].key == slot ? rd_text(s->names, s->p[i].value) : STR_NONE;
}

/* The slot that the code at p jumps through; false: it is something else. */
static bool x86_slot(const uint8_t *p, size_t n, uint64_t addr, uint64_t *slot)
{
	size_t i = 0;
	int32_t off;

	if (n >= 4 && memcmp(p, "\xf3\x0f\x1e\xfa", 4) == 0)
		i = 4;
	if (n > i && p[i] == 0xf2)
		i++;
	if (n < i + 6 || p[i] != 0xff || p[i + 1] != 0x25)
		return false;
	memcpy(&off, p + i + 2, sizeof(off));
	*slot = addr + i + 6 + (uint64_t)(int64_t)off;
	return true;
}

/* *begin: where the piece begins, with the mark of where jumps may come to. */
static bool arm64_slot(struct str code, size_t at, uint64_t addr, uint64_t *slot, size_t *begin)
{
	struct rd r = rd_at(code, at, false), before = rd_at(code, at - MIN(at, (size_t)4), false);
	uint32_t adrp = rd_u32(&r), ldr = rd_u32(&r), last = rd_u32(&before);
	int64_t pages = (int32_t)((adrp >> 5 & 0x7ffff) << 13) >> 11 | (adrp >> 29 & 3);

	if ((adrp & 0x9f00001f) != 0x90000010 || (ldr & 0xffc003ff) != 0xf9400211)
		return false;
	*slot = ((addr + at) & ~UINT64_C(0xfff)) + (uint64_t)pages * 4096 + (ldr >> 10 & 0xfff) * 8;
	*begin = at >= 4 && last == BTI_C ? at - 4 : at;
	return true;
}

struct reading {
	struct arena *a;
	const struct slots *slots;
	size_t left; /* bytes of names: a long one may be the name of many */
	VEC(struct plt_entry) got;
};

static void add(struct reading *in, uint64_t addr, uint64_t size, uint64_t slot)
{
	struct str name = name_of(in->slots, slot);

	if (name.n == 0 || name.n > in->left)
		return;
	in->left -= name.n;
	vec_push(&in->got,
	    ((struct plt_entry){ addr, addr + size, arena_printf(in->a, STR_FMT "@plt", STR_ARG(name)) }));
}

static void read_x86(struct reading *in, const struct elf_section *s, struct str code)
{
	const uint64_t step = s->entry == ENTRY / 2 ? ENTRY / 2 : ENTRY;
	uint64_t slot;

	for (size_t at = 0; at < code.n; at += step)
		if (x86_slot((const uint8_t *)code.p + at, code.n - at, s->addr + at, &slot))
			add(in, s->addr + at, step, slot);
}

static void read_arm64(struct reading *in, const struct elf_section *s, struct str code)
{
	uint64_t slot;
	size_t begin;

	for (size_t at = 0; code.n >= 8 && at <= code.n - 8; at += 4)
		if (arm64_slot(code, at, s->addr, &slot, &begin))
			add(in, s->addr + begin, at - begin + ENTRY, slot);
}

static void read_section(struct reading *in, const struct elf *f, const char *name, size_t limit)
{
	const struct elf_section *s = elf_find(f, name);
	struct str code;
	struct err e;

	if (s == NULL || elf_section(f, name, in->a, limit, &code, &e) <= 0)
		return;
	if (f->machine == EM_X86_64)
		read_x86(in, s, code);
	else
		read_arm64(in, s, code);
}

uint32_t plt_read(struct arena *a, const struct elf *f, size_t limit, struct plt_entry **out)
{
	static const char *const sections[] = { ".plt", ".plt.sec", ".plt.got" };
	static const char *const relocations[] = { ".rela.plt", ".rela.dyn" };
	struct slots slots = { 0 };
	struct reading in = { .a = a, .slots = &slots };
	size_t n = 0;
	struct err e;

	if (!f->wide || f->big || (f->machine != EM_X86_64 && f->machine != EM_AARCH64))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(relocations); i++) {
		struct str bytes;

		if (elf_section(f, relocations[i], a, limit, &bytes, &e) > 0)
			n += bytes.n / RELA;
	}
	if (n == 0 || n > UINT32_MAX / 2 || elf_section(f, ".dynstr", a, limit, &slots.names, &e) <= 0)
		return 0;
	slots.p = mem_array(n * 2, sizeof(*slots.p));
	for (size_t i = 0; i < ARRAY_LEN(relocations); i++)
		read_relocations(f, a, limit, relocations[i], &slots);
	in.left = NAMES * MIN(slots.names.n, limit);
	radix_sort(slots.p, slots.p + n, slots.n);
	for (size_t i = 0; i < ARRAY_LEN(sections); i++)
		read_section(&in, f, sections[i], limit);
	*out = arena_array(a, in.got.n, sizeof(**out));
	for (size_t i = 0; i < in.got.n; i++)
		(*out)[i] = in.got.p[i];
	n = in.got.n;
	vec_free(&in.got);
	mem_free(slots.p);
	return (uint32_t)n;
}
