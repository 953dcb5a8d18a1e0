/* gopclntab.c - see gopclntab.h */
#include "formats/symbolize/gopclntab.h"

#include <stdlib.h>

#include "formats/symbolize/rd.h"
#include "formats/symbolize/symtab.h"

enum version { GO_2 = 2, GO_16 = 16, GO_18 = 18, GO_20 = 20 };

enum {
	MAGIC_2 = 0xfffffffb,
	MAGIC_16 = 0xfffffffa,
	MAGIC_18 = 0xfffffff0,
	MAGIC_20 = 0xfffffff1,
	PROGRAM_MAX = 1 << 20, /* bytes of one program */
	MODULE_TRIES = 64,     /* places that look like the beginning of moduledata */
	WORK_MAX = 64 << 20,   /* bytes of programs that may be read at a time */
	WORK_EACH = 16 << 10,  /* what a question adds to those that are left */
};

enum program_kind { PROGRAM_FILE, PROGRAM_LINE, PROGRAM_INLINE, PROGRAMS };

/* Where a program was left: questions come in order of addresses, many of them about the same function. */
struct left_at {
	uint64_t entry, program, pc;
	const uint8_t *p; /* the first pair from pc on */
	int32_t value;
};

struct gopclntab {
	const struct elf *f;
	struct str bytes;
	bool big;
	enum version version;
	uint8_t quantum, ptr;
	uint32_t n_functions, n_files;
	uint64_t text; /* entries are relative to it since 1.18; 0 before */
	struct str names, cus, files, programs, functions;
	uint64_t gofunc;               /* address that funcdata is relative to since 1.18 */
	int minor;                     /* of the Go that made it; 0 = not known */
	int inline_table, inline_data; /* numbers of the PCDATA and FUNCDATA of inlined calls, or -1 */
	uint64_t work;                 /* bytes of programs that may be read now */
	struct left_at left[PROGRAMS];
};

struct func { /* what stands in the table about one function */
	uint64_t entry, end;
	int32_t name, file_program, line_program;
	uint32_t n_pcdata, n_funcdata, cu, start_line;
	uint64_t programs, funcdata; /* offsets in `functions` of the arrays behind it */
};

static uint64_t word(const struct gopclntab *t, struct rd *r)
{
	return rd_uint(r, t->ptr);
}

/* ---- opening ---- */

static int read_head(struct gopclntab *t, struct err *e)
{
	struct rd r;
	uint32_t magic;

	for (unsigned big = 0; big < 2; big++) {
		r = rd_of(t->bytes, big);
		magic = rd_u32(&r);
		t->big = big;
		t->version = magic == MAGIC_2 ? GO_2
		    : magic == MAGIC_16       ? GO_16
		    : magic == MAGIC_18       ? GO_18
		    : magic == MAGIC_20       ? GO_20
					      : 0;
		if (t->version)
			break;
	}
	if (t->version == 0)
		return err_set(e, ERR_UNSUPPORTED, ".gopclntab: unknown magic");
	rd_skip(&r, 2);
	t->quantum = rd_u8(&r);
	t->ptr = rd_u8(&r);
	if (r.bad || (t->ptr != 4 && t->ptr != 8) || t->quantum == 0)
		return err_set(e, ERR_CORRUPT, ".gopclntab: pointers of %u bytes, code in steps of %u", t->ptr,
		    t->quantum);
	t->n_functions = (uint32_t)word(t, &r);
	if (t->version == GO_2) {
		t->functions = t->names = t->programs = t->files = t->bytes;
		return 0;
	}
	t->n_files = (uint32_t)word(t, &r);
	if (t->version >= GO_18)
		t->text = word(t, &r);
	t->names = str_skip(t->bytes, word(t, &r));
	t->cus = str_skip(t->bytes, word(t, &r));
	t->files = str_skip(t->bytes, word(t, &r));
	t->programs = str_skip(t->bytes, word(t, &r));
	t->functions = str_skip(t->bytes, word(t, &r));
	return r.bad ? err_set(e, ERR_CORRUPT, ".gopclntab: the head is cut short") : 0;
}

static unsigned entry_size(const struct gopclntab *t)
{
	return t->version >= GO_18 ? 4 : t->ptr;
}

/* The table of entries: pairs of an address and an offset, and the end of the last function. */
static struct rd table_at(const struct gopclntab *t, uint32_t i)
{
	uint64_t head = t->version == GO_2 ? 8u + t->ptr : 0;

	return rd_at(t->functions, head + (uint64_t)i * 2 * entry_size(t), t->big);
}

static uint64_t entry_of(const struct gopclntab *t, uint32_t i)
{
	struct rd r = table_at(t, i);

	return t->text + rd_uint(&r, entry_size(t));
}

static int check_table(struct gopclntab *t, struct err *e)
{
	uint64_t need = ((uint64_t)t->n_functions * 2 + 1) * entry_size(t), head = t->version == GO_2 ? 8u + t->ptr : 0;
	struct rd r;

	if (need + head > t->functions.n)
		return err_set(e, ERR_CORRUPT, ".gopclntab: %u functions claimed in %zu bytes", t->n_functions,
		    t->functions.n);
	if (t->version == GO_2) { /* behind the functions is the offset of the table of files */
		r = rd_at(t->bytes, head + need, t->big);
		t->files = str_skip(t->bytes, rd_u32(&r));
		r = rd_of(t->files, t->big);
		t->n_files = rd_u32(&r);
	}
	return 0;
}

/* "go1.21.3" in .go.buildinfo (since 1.13: through a pointer, since 1.18 in place). */
static struct str build_version(const struct gopclntab *t)
{
	const struct elf *f = t->f;
	const struct elf_section *s = elf_find(f, ".go.buildinfo");
	uint64_t at, n;
	struct str got;
	struct rd r;

	if (s != NULL && s->off < f->bytes.n && s->size <= f->bytes.n - s->off && s->size >= 32 &&
	    memcmp(f->bytes.p + s->off, "\xff Go buildinf:", 14) == 0) {
		struct str info = str_of(f->bytes.p + s->off, (size_t)s->size);

		if (info.p[15] & 2) {
			r = rd_at(info, 32, false);
			n = rd_uleb(&r);
			return n <= rd_left(&r) ? str_of(r.p, (size_t)n) : STR_NONE;
		}
		r = rd_at(info, 16, t->big);
		at = word(t, &r);
	} else if (!symtab_address(f, "runtime.buildVersion", &at))
		return STR_NONE;
	if (!elf_memory(f, at, t->ptr * 2u, &got))
		return STR_NONE;
	r = rd_of(got, t->big);
	at = word(t, &r);
	n = word(t, &r);
	return n < 256 && elf_memory(f, at, n, &got) ? got : STR_NONE;
}

static int minor_of(struct str version)
{
	char text[8] = "";

	if (!str_prefix(version, STR("go1.")))
		return 0;
	for (size_t i = 0; i < 3 && i + 4 < version.n && version.p[i + 4] >= '0' && version.p[i + 4] <= '9'; i++)
		text[i] = version.p[i + 4];
	return (int)strtol(text, NULL, 10);
}

/* Which of the numbered tables of a function are about inlined calls. */
static void inline_numbers(struct gopclntab *t)
{
	static const struct {
		int from, table, data;
	} known[] = {
		{ 16, 2, 3 },
		{ 13, 2, 4 },
		{ 9, 1, 2 },
	};

	t->inline_table = t->inline_data = -1;
	if (t->version >= GO_18)
		t->minor = MAX(t->minor, (int)t->version);
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (t->minor >= known[i].from) {
			t->inline_table = known[i].table;
			t->inline_data = known[i].data;
			return;
		}
}

/*
 * moduledata in words: the address of the table; six slices; findfunctab;
 * minpc and maxpc; text and etext; eight bounds of data (ten since 1.20); end
 * and two of the collector; types and etypes; rodata; gofunc.
 */
enum { MODULE_MIN = 20, MODULE_TEXT = 22, MODULE_GOFUNC_18 = 38, MODULE_GOFUNC_20 = 40, MODULE_WORDS = 41 };

/* Of position-independent programs the words lie in the relocations: RELATIVE, by what it adds. */
struct relocations {
	const struct elf *f;
	struct str bytes;
};

static bool relocation(const struct relocations *all, size_t i, uint64_t *at, uint64_t *value)
{
	const size_t size = all->f->wide ? 24 : 12;
	struct rd r = rd_at(all->bytes, i * size, all->f->big);

	if ((i + 1) * size > all->bytes.n)
		return false;
	*at = rd_uint(&r, all->f->wide ? 8 : 4);
	rd_uint(&r, all->f->wide ? 8 : 4);
	*value = rd_uint(&r, all->f->wide ? 8 : 4);
	return true;
}

static void module_words(const struct gopclntab *t, const struct relocations *all, uint64_t addr,
    uint64_t words[static MODULE_WORDS])
{
	uint64_t at, value;
	struct str got;
	struct rd r;

	memset(words, 0, MODULE_WORDS * sizeof(*words));
	if (elf_memory(t->f, addr, (uint64_t)MODULE_WORDS * t->ptr, &got)) {
		r = rd_of(got, t->big);
		for (size_t i = 0; i < MODULE_WORDS; i++)
			words[i] = word(t, &r);
	}
	for (size_t i = 0; relocation(all, i, &at, &value); i++)
		if (at >= addr && at - addr < (uint64_t)MODULE_WORDS * t->ptr && (at - addr) % t->ptr == 0)
			words[(at - addr) / t->ptr] = value;
}

static bool use_module(struct gopclntab *t, const struct relocations *all, uint64_t table, uint64_t addr)
{
	uint64_t words[MODULE_WORDS], text;

	module_words(t, all, addr, words);
	text = words[MODULE_TEXT];
	if (words[0] != table || text == 0 || words[MODULE_TEXT + 1] < text || words[MODULE_MIN] < text ||
	    words[MODULE_MIN + 1] > words[MODULE_TEXT + 1] || !elf_code(t->f, words[MODULE_MIN]))
		return false;
	t->text = text;
	t->gofunc = words[t->version >= GO_20 ? MODULE_GOFUNC_20 : MODULE_GOFUNC_18];
	return true;
}

static void find_module(struct gopclntab *t, uint64_t table)
{
	const struct elf *f = t->f;
	struct relocations all = { f, STR_NONE };
	const struct elf_section *s = elf_find(f, ".rela.dyn");
	uint64_t at, value, left = f->bytes.n; /* bytes to look through: segments may overlap */
	unsigned tries = 0;

	if (s == NULL)
		s = elf_find(f, ".rela");
	if (s != NULL && s->off < f->bytes.n && s->size <= f->bytes.n - s->off)
		all.bytes = str_of(f->bytes.p + s->off, (size_t)s->size);
	for (size_t i = 0; relocation(&all, i, &at, &value) && tries < MODULE_TRIES; i++)
		if (value == table && ++tries && use_module(t, &all, table, at))
			return;
	for (uint32_t i = 0; i < f->n_loads; i++) {
		const struct elf_load *l = &f->loads[i];
		struct str data;
		struct rd r;

		if (l->exec || !elf_memory(f, l->addr, l->file_size, &data) || data.n > left)
			continue;
		left -= data.n;
		r = rd_of(data, t->big);
		for (uint64_t off = 0; rd_left(&r) >= t->ptr && tries < MODULE_TRIES; off += t->ptr)
			if (word(t, &r) == table && ++tries && use_module(t, &all, table, l->addr + off))
				return;
	}
}

struct gopclntab *gopclntab_open(struct arena *a, const struct elf *f, struct err *e)
{
	const struct elf_section *s = elf_find(f, ".gopclntab");
	struct gopclntab *t = arena_zalloc(a, sizeof(*t));

	if (s == NULL)
		s = elf_find(f, ".data.rel.ro.gopclntab");
	if (s == NULL || s->type == 8) {
		err_set(e, ERR_NOTFOUND, "not a Go program");
		return NULL;
	}
	if (s->off > f->bytes.n || s->size > f->bytes.n - s->off) {
		err_set(e, ERR_CORRUPT, ".gopclntab: behind the end of the file");
		return NULL;
	}
	t->f = f;
	t->work = WORK_MAX;
	t->bytes = str_of(f->bytes.p + s->off, (size_t)s->size);
	if (read_head(t, e) < 0 || check_table(t, e) < 0)
		return NULL;
	t->minor = minor_of(build_version(t));
	inline_numbers(t);
	if (t->version >= GO_18) {
		find_module(t, s->addr);
		if (t->text == 0 && elf_find(f, ".text") != NULL)
			t->text = elf_find(f, ".text")->addr;
	}
	return t;
}

uint32_t gopclntab_functions(const struct gopclntab *t)
{
	return t->n_functions;
}

bool gopclntab_inlines(const struct gopclntab *t)
{
	return t->inline_data >= 0 && (t->version < GO_18 || t->gofunc != 0);
}

/* ---- a function ---- */

static bool func_at(const struct gopclntab *t, uint32_t i, struct func *f)
{
	struct rd r = table_at(t, i);
	uint64_t off, at;
	uint32_t last;

	f->entry = t->text + rd_uint(&r, entry_size(t));
	off = rd_uint(&r, entry_size(t));
	f->end = t->text + rd_uint(&r, entry_size(t));
	r = rd_at(t->functions, off, t->big);
	rd_skip(&r, entry_size(t));
	f->name = (int32_t)rd_u32(&r);
	rd_skip(&r, 12); /* arguments, deferreturn, program of stack pointers */
	f->file_program = (int32_t)rd_u32(&r);
	f->line_program = (int32_t)rd_u32(&r);
	f->n_pcdata = rd_u32(&r);
	f->cu = t->version >= GO_16 ? rd_u32(&r) : 0;
	f->start_line = t->version >= GO_20 ? rd_u32(&r) : 0;
	last = rd_u32(&r);
	if (t->version == GO_2 && t->minor && t->minor < 12)
		f->n_funcdata = last;
	else
		f->n_funcdata = t->big ? last & 0xff : last >> 24;
	at = (uint64_t)((const char *)r.p - t->functions.p);
	f->programs = at;
	at += (uint64_t)f->n_pcdata * 4;
	if (t->version < GO_18) /* pointers, where they are aligned in the whole table */
		at += -(at + (uint64_t)(t->functions.p - t->bytes.p)) & (t->ptr - 1u);
	f->funcdata = at;
	return !r.bad && f->n_pcdata < 64 && f->n_funcdata < 64;
}

/*
 * A program is pairs of differences: of the value (zigzag), then of the
 * address; a value holds up to the address. left: NULL, or where the same
 * program was left before.
 */
static bool value_at(struct gopclntab *t, const struct func *f, uint64_t program, uint64_t addr, struct left_at *left,
    int32_t *out)
{
	struct rd r = rd_at(t->programs, program, t->big);
	struct left_at at = { f->entry, program, f->entry, r.p, -1 };
	const uint8_t *begin = r.p, *from;
	bool found = false;

	if (rd_left(&r) > PROGRAM_MAX)
		r.end = r.p + PROGRAM_MAX;
	if (left != NULL && left->p != NULL && left->entry == f->entry && left->program == program && left->pc <= addr)
		at = *left;
	r.p = from = at.p;
	if (rd_left(&r) > t->work)
		r.end = r.p + t->work;
	while (!found) {
		uint32_t change = (uint32_t)rd_uleb(&r);
		int32_t value = (int32_t)((uint32_t)at.value + (change >> 1 ^ -(change & 1)));
		uint64_t pc = at.pc + rd_uleb(&r) * t->quantum;

		if (r.bad || (change == 0 && at.p != begin))
			break;
		found = addr < pc;
		if (found) {
			*out = value;
			if (left != NULL)
				*left = at;
		} else
			at = (struct left_at){ f->entry, program, pc, r.p, value };
	}
	t->work -= (uint64_t)(r.p - from);
	return found;
}

static struct str file_name(const struct gopclntab *t, const struct func *f, int32_t number)
{
	struct rd r;
	uint32_t off;

	if (number < 0)
		return STR_NONE;
	if (t->version == GO_2) {
		r = rd_at(t->files, (uint64_t)number * 4, t->big);
		off = rd_u32(&r);
		return r.bad || (uint32_t)number > t->n_files ? STR_NONE : rd_text(t->bytes, off);
	}
	r = rd_at(t->cus, ((uint64_t)f->cu + (uint32_t)number) * 4, t->big);
	off = rd_u32(&r);
	return r.bad || off == UINT32_MAX ? STR_NONE : rd_text(t->files, off);
}

/* Number i of the tables of a function; 0: there is none. */
static uint32_t pcdata(const struct gopclntab *t, const struct func *f, uint32_t i)
{
	struct rd r = rd_at(t->functions, f->programs + (uint64_t)i * 4, t->big);

	return i < f->n_pcdata ? rd_u32(&r) : 0;
}

static bool funcdata(const struct gopclntab *t, const struct func *f, uint32_t i, uint64_t *addr)
{
	unsigned size = t->version >= GO_18 ? 4 : t->ptr;
	struct rd r = rd_at(t->functions, f->funcdata + (uint64_t)i * size, t->big);
	uint64_t v = rd_uint(&r, size);

	if (i >= f->n_funcdata || r.bad)
		return false;
	if (t->version < GO_18) {
		*addr = v;
		return v != 0;
	}
	*addr = t->gofunc + v;
	return t->gofunc != 0 && v != UINT32_MAX;
}

struct call { /* an inlined one */
	int32_t name, parent_pc, start_line;
	int32_t parent, file, line; /* Go 1.9 to 1.11, without parent_pc */
};

static bool call_at(const struct gopclntab *t, uint64_t tree, int32_t i, struct call *c)
{
	bool short_one = t->version >= GO_20 || t->minor < 12;
	unsigned size = short_one ? 16 : 20;
	struct str got;
	struct rd r;

	*c = (struct call){ .parent = -1, .parent_pc = -1 };
	if (i < 0 || !elf_memory(t->f, tree + (uint64_t)i * size, size, &got))
		return false;
	r = rd_of(got, t->big);
	if (t->version >= GO_20) {
		rd_u32(&r);
		c->name = (int32_t)rd_u32(&r);
		c->parent_pc = (int32_t)rd_u32(&r);
		c->start_line = (int32_t)rd_u32(&r);
	} else if (short_one) {
		c->parent = (int32_t)rd_u32(&r);
		c->file = (int32_t)rd_u32(&r);
		c->line = (int32_t)rd_u32(&r);
		c->name = (int32_t)rd_u32(&r);
	} else {
		rd_skip(&r, 12);
		c->name = (int32_t)rd_u32(&r);
		c->parent_pc = (int32_t)rd_u32(&r);
	}
	return true;
}

/* left: of the programs of files and lines, or NULL. */
static void place(struct gopclntab *t, const struct func *f, uint64_t addr, struct left_at *left, struct sym_frame *out)
{
	int32_t line, file;

	*out = (struct sym_frame){ 0 };
	if (value_at(t, f, (uint32_t)f->file_program, addr, left ? &left[PROGRAM_FILE] : NULL, &file))
		out->file = file_name(t, f, file);
	if (value_at(t, f, (uint32_t)f->line_program, addr, left ? &left[PROGRAM_LINE] : NULL, &line) && line > 0)
		out->line = (uint32_t)line;
}

/* The calls inlined at addr, innermost first; then out[n] has the place of the function itself. */
static uint32_t inlined(struct gopclntab *t, const struct func *f, uint64_t addr, struct sym_frame *out, uint32_t max)
{
	uint32_t n = 0, program = pcdata(t, f, (uint32_t)t->inline_table);
	uint64_t tree;
	struct call c;
	int32_t i;

	if (!gopclntab_inlines(t) || program == 0 || !funcdata(t, f, (uint32_t)t->inline_data, &tree) ||
	    !value_at(t, f, program, addr, &t->left[PROGRAM_INLINE], &i))
		return 0;
	while (n + 1 < max && call_at(t, tree, i, &c)) {
		out[n].name = rd_text(t->names, (uint32_t)c.name);
		out[n++].start_line = (uint32_t)MAX(c.start_line, 0);
		if (c.parent_pc >= 0) {
			place(t, f, f->entry + (uint32_t)c.parent_pc, NULL, &out[n]);
			if (!value_at(t, f, program, f->entry + (uint32_t)c.parent_pc, NULL, &i))
				break;
		} else {
			out[n] = (struct sym_frame){ .file = file_name(t, f, c.file), .line = (uint32_t)c.line };
			i = c.parent;
		}
	}
	return n;
}

uint32_t gopclntab_find(struct gopclntab *t, uint64_t addr, struct sym_frame *out, uint32_t max)
{
	uint32_t low = 0, high = t->n_functions, n;
	struct func f;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (entry_of(t, mid) <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0 || max == 0 || !func_at(t, low - 1, &f) || addr >= f.end)
		return 0;
	t->work = MIN(t->work + WORK_EACH, (uint64_t)WORK_MAX);
	place(t, &f, addr, t->left, &out[0]);
	n = inlined(t, &f, addr, out, max);
	out[n].name = rd_text(t->names, (uint32_t)f.name);
	out[n].start_line = f.start_line;
	return n + 1;
}
