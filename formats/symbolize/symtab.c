/* symtab.c - see symtab.h */
#include "formats/symbolize/symtab.h"

#include <elf.h>

#include "base/unxz.h"
#include "base/vec.h"
#include "formats/symbolize/plt.h"
#include "formats/symbolize/radix.h"
#include "formats/symbolize/rd.h"

enum {
	PADDING = 64,
	BACK = 16, /* how many functions may begin inside a longer one before it is forgotten */
	RANK_LABEL = 0,
	RANK_FUNCTION = 2,
	RANK_SIZED = 1,
};

struct reading {
	VEC(struct symbol) got;
};

static void read_entry(struct rd *r, bool wide, uint32_t *name, uint8_t *info, uint16_t *section, uint64_t *value,
    uint64_t *size)
{
	*name = rd_u32(r);
	if (wide) {
		*info = rd_u8(r);
		rd_u8(r);
		*section = rd_u16(r);
		*value = rd_u64(r);
		*size = rd_u64(r);
	} else {
		*value = rd_u32(r);
		*size = rd_u32(r);
		*info = rd_u8(r);
		rd_u8(r);
		*section = rd_u16(r);
	}
}

/* $x, $d.3 and .L5 are marks of assemblers. */
static bool is_mark(struct str name)
{
	return name.n == 0 || name.p[0] == '$' || str_prefix(name, STR(".L"));
}

static bool in_code(const struct elf *f, uint16_t section, uint64_t *end)
{
	const struct elf_section *s = section < f->n_sections ? &f->sections[section] : NULL;

	*end = s ? s->addr + MIN(s->size, UINT64_MAX - s->addr) : UINT64_MAX;
	return section == SHN_XINDEX || (s != NULL && s->flags & SHF_EXECINSTR);
}

static void read_table(struct reading *in, const struct elf *f, struct str symbols, struct str names)
{
	const size_t entry = f->wide ? 24 : 16;
	struct str file = STR_NONE;
	struct rd r = rd_of(symbols, f->big);

	while (rd_left(&r) >= entry) {
		struct symbol y = { 0 };
		uint64_t value, size, end;
		uint16_t section;
		uint32_t name;
		uint8_t info;

		read_entry(&r, f->wide, &name, &info, &section, &value, &size);
		if ((info & 15) == STT_FILE) {
			file = rd_text(names, name);
			continue;
		}
		if ((info & 15) != STT_FUNC && (info & 15) != STT_GNU_IFUNC && (info & 15) != STT_NOTYPE)
			continue;
		if (section == SHN_UNDEF || !in_code(f, section, &end))
			continue;
		y.name = rd_text(names, name);
		if (is_mark(y.name))
			continue;
		if (f->machine == EM_ARM && (info & 15) == STT_FUNC)
			value &= ~UINT64_C(1);
		y.rank = (uint8_t)(((info & 15) == STT_NOTYPE ? RANK_LABEL : RANK_FUNCTION) + (size ? RANK_SIZED : 0));
		y.addr = value;
		y.reach = end;
		y.end = value + MIN(size, UINT64_MAX - value);
		if (info >> 4 == STB_LOCAL)
			y.file = file;
		vec_push(&in->got, y);
	}
}

static void read_tables(struct reading *in, struct arena *a, const struct elf *f, size_t limit, struct err *trouble)
{
	static const char *const names[][2] = { { ".symtab", ".strtab" }, { ".dynsym", ".dynstr" } };
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct str symbols, text;

		if (elf_section(f, names[i][0], a, limit, &symbols, &e) < 0 ||
		    elf_section(f, names[i][1], a, limit, &text, &e) < 0) {
			if (trouble)
				*trouble = e;
			continue;
		}
		read_table(in, f, symbols, text);
	}
}

/* .gnu_debugdata: an xz-packed ELF file with a .symtab of what .dynsym does not have. */
static void read_mini(struct reading *in, struct arena *a, const struct elf *f, size_t limit, struct err *trouble)
{
	struct str packed;
	struct elf mini;
	struct buf b;
	struct err e;
	int rc;

	if (elf_section(f, ".gnu_debugdata", a, limit, &packed, &e) <= 0)
		return;
	buf_init(&b, limit);
	rc = unxz(packed, limit, &b, &e);
	if (rc == 0)
		rc = elf_open(a, arena_str(a, buf_str(&b)), &mini, &e);
	buf_fini(&b);
	if (rc == 0)
		read_tables(in, a, &mini, limit, trouble);
	else if (trouble) {
		err_wrap(&e, ".gnu_debugdata");
		*trouble = e;
	}
}

static void read_plt(struct reading *in, struct arena *a, const struct elf *f, size_t limit)
{
	struct plt_entry *p;
	uint32_t n = plt_read(a, f, limit, &p);

	for (uint32_t i = 0; i < n; i++)
		vec_push(&in->got,
		    ((struct symbol){ .addr = p[i].addr,
			.end = p[i].end,
			.reach = p[i].end,
			.name = p[i].name,
			.rank = RANK_FUNCTION + RANK_SIZED }));
}

static bool better(const struct symbol *a, const struct symbol *b)
{
	if (a->rank != b->rank)
		return a->rank > b->rank;
	return a->end < b->end;
}

/* Sorted, one for each address, without labels inside functions. */
static void tidy(struct arena *a, struct reading *in, struct symtab *out)
{
	uint32_t n = (uint32_t)MIN(in->got.n, (size_t)UINT32_MAX / 2);
	struct keyed *keys = mem_array((size_t)n * 2 + 1, sizeof(*keys));
	uint64_t covered = 0; /* by functions with a size */

	for (uint32_t i = 0; i < n; i++)
		keys[i] = (struct keyed){ in->got.p[i].addr, i };
	radix_sort(keys, keys + n, n);
	out->p = arena_array(a, n, sizeof(*out->p));
	for (uint32_t i = 0; i < n; i++) {
		const struct symbol *s = &in->got.p[keys[i].value];
		struct symbol *last = out->n ? &out->p[out->n - 1] : NULL;

		if (last != NULL && last->addr == s->addr) {
			if (better(s, last))
				*last = *s;
		} else if (s->rank >= RANK_FUNCTION || s->addr >= covered)
			out->p[out->n++] = *s;
		if (s->rank >= RANK_FUNCTION)
			covered = MAX(covered, s->end);
	}
	mem_free(keys);
}

/* reach was the end of the section so far. */
static void set_ends(struct symtab *t)
{
	for (uint32_t i = 0; i < t->n; i++) {
		struct symbol *s = &t->p[i];
		uint64_t next = i + 1 < t->n ? t->p[i + 1].addr : UINT64_MAX, top = MAX(s->reach, s->addr);

		next = MIN(next, top);
		if (s->end == s->addr)
			s->end = next;
		s->reach = MAX(s->end, MIN(next, s->end + MIN(PADDING, UINT64_MAX - s->end)));
	}
}

void symtab_read(struct arena *a, const struct elf *f, size_t limit, struct symtab *out, struct err *trouble)
{
	struct reading in = { 0 };

	*out = (struct symtab){ 0 };
	read_tables(&in, a, f, limit, trouble);
	read_mini(&in, a, f, limit, trouble);
	read_plt(&in, a, f, limit);
	tidy(a, &in, out);
	vec_free(&in.got);
	set_ends(out);
}

const struct symbol *symtab_find(const struct symtab *t, uint64_t addr)
{
	uint32_t low = keyed_upto(t->p, t->n, sizeof(*t->p), addr);

	for (uint32_t i = low; i > 0 && low - i < BACK; i--)
		if (addr < t->p[i - 1].end)
			return &t->p[i - 1];
	return low > 0 && addr < t->p[low - 1].reach ? &t->p[low - 1] : NULL;
}

bool symtab_address(const struct elf *f, const char *want, uint64_t *addr)
{
	const struct elf_section *s = elf_find(f, ".symtab"), *t = elf_find(f, ".strtab");
	struct str name = str_cstr(want), symbols, names;
	struct rd r;

	if (s == NULL || t == NULL || s->off > f->bytes.n || s->size > f->bytes.n - s->off || t->off > f->bytes.n ||
	    t->size > f->bytes.n - t->off)
		return false;
	symbols = str_of(f->bytes.p + s->off, (size_t)s->size);
	names = str_of(f->bytes.p + t->off, (size_t)t->size);
	r = rd_of(symbols, f->big);
	while (rd_left(&r) >= (f->wide ? 24 : 16)) {
		uint64_t value, size;
		uint16_t section;
		uint32_t at;
		uint8_t info;

		read_entry(&r, f->wide, &at, &info, &section, &value, &size);
		if (section != SHN_UNDEF && at < names.n && names.n - at > name.n &&
		    memcmp(names.p + at, name.p, name.n) == 0 && names.p[at + name.n] == '\0') {
			*addr = value;
			return true;
		}
	}
	return false;
}
