/* binary.c - see binary.h */
#include "formats/symbolize/binary.h"

#include "base/mem.h"
#include "formats/symbolize/dwarf.h"
#include "formats/symbolize/gopclntab.h"
#include "formats/symbolize/symtab.h"

struct binary {
	struct arena *a;
	struct elf main, debug, alt;
	bool has_main, has_debug, has_alt, no_inlines;
	bool dwarf_opened; /* when it was first needed: the tables of Go come without it */
	struct binary_files files;
	struct symtab symbols, debug_symbols;
	struct dwarf *dwarf;
	struct gopclntab *go;
	bool troubled;
	struct err trouble;
};

static void trouble(struct binary *b, const struct err *e)
{
	if (b->troubled)
		return;
	b->troubled = true;
	b->trouble = *e;
}

static bool open_part(struct binary *b, struct str bytes, struct elf *f)
{
	struct err e;

	if (bytes.n == 0)
		return false;
	if (elf_open(b->a, bytes, f, &e) == 0)
		return true;
	trouble(b, &e);
	return false;
}

static void read_symbols(struct binary *b, const struct elf *f, struct symtab *t)
{
	struct err e = { 0 };

	symtab_read(b->a, f, b->files.limit, t, &e);
	if (e.kind != ERR_NONE)
		trouble(b, &e);
}

static void open_dwarf(struct binary *b)
{
	struct dwarf_opts o = { .limit = b->files.limit,
		.alt = b->has_alt ? &b->alt : NULL,
		.package = b->files.package,
		.split = b->files.split,
		.ctx = b->files.ctx };
	struct err e;

	b->dwarf_opened = true;
	for (unsigned i = 0; i < 2 && b->dwarf == NULL; i++) {
		if (!(i == 0 ? b->has_debug : b->has_main))
			continue;
		b->dwarf = dwarf_open(b->a, i == 0 ? &b->debug : &b->main, &o, &e);
		if (b->dwarf == NULL && e.kind != ERR_NOTFOUND)
			trouble(b, &e);
	}
}

struct binary *binary_open(const struct binary_files *files, struct err *e)
{
	struct binary *b = mem_zalloc(sizeof(*b));
	struct err ge;

	b->a = arena_new();
	b->files = *files;
	if (b->files.limit == 0)
		b->files.limit = BINARY_SECTION_MAX;
	b->no_inlines = files->no_inlines;
	b->has_main = open_part(b, files->main, &b->main);
	b->has_debug = open_part(b, files->debug, &b->debug);
	b->has_alt = open_part(b, files->alt, &b->alt);
	if (!b->has_main && !b->has_debug) {
		if (b->troubled)
			*e = b->trouble;
		else
			err_set(e, ERR_INVALID, "no file");
		binary_close(b);
		return NULL;
	}
	if (b->has_debug)
		read_symbols(b, &b->debug, &b->debug_symbols);
	if (b->has_main) {
		read_symbols(b, &b->main, &b->symbols);
		b->go = gopclntab_open(b->a, &b->main, &ge);
		if (b->go == NULL && ge.kind != ERR_NOTFOUND)
			trouble(b, &ge);
	}
	return b;
}

void binary_close(struct binary *b)
{
	if (b == NULL)
		return;
	dwarf_close(b->dwarf);
	arena_free(b->a);
	mem_free(b);
}

const struct elf *binary_elf(const struct binary *b)
{
	return b->has_main ? &b->main : &b->debug;
}

bool binary_has_lines(struct binary *b)
{
	if (b->go == NULL && !b->dwarf_opened)
		open_dwarf(b);
	return b->dwarf != NULL || b->go != NULL;
}

const char *binary_trouble(const struct binary *b)
{
	return b->troubled ? b->trouble.msg : b->dwarf ? dwarf_trouble(b->dwarf) : NULL;
}

size_t binary_bytes(const struct binary *b)
{
	return arena_bytes(b->a);
}

static const struct symbol *symbol_of(const struct binary *b, uint64_t addr)
{
	const struct symbol *s = symtab_find(&b->debug_symbols, addr);

	return s ? s : symtab_find(&b->symbols, addr);
}

/* A function without a linkage name (of an unnamed type, say) has one in the symbol table all the same. */
static void better_name(struct binary *b, uint64_t addr, struct sym_frame *outer)
{
	const struct symbol *s;
	uint64_t entry;

	if (outer->name.n == 0) {
		s = symbol_of(b, addr);
		if (s != NULL)
			outer->name = s->name;
		return;
	}
	if (dwarf_entry(b->dwarf, addr, &entry))
		return;
	s = symbol_of(b, addr);
	if (s != NULL && s->addr == entry && str_prefix(s->name, STR("_Z")))
		outer->name = s->name;
}

/* Without inlined calls: the function, at the place in it that is known. */
static uint32_t without_inlines(struct sym_frame *out, uint32_t n)
{
	out[0] = out[n - 1];
	return 1;
}

uint32_t binary_find(struct binary *b, uint64_t addr, struct sym_frame *out, uint32_t max)
{
	const struct symbol *s;
	uint32_t n = 0;

	if (max == 0)
		return 0;
	if (b->go != NULL)
		n = gopclntab_find(b->go, addr, out, max);
	if (n == 0 && !b->dwarf_opened)
		open_dwarf(b);
	if (n == 0 && b->dwarf != NULL) {
		n = dwarf_find(b->dwarf, addr, out, max);
		if (n > 0)
			better_name(b, addr, &out[n - 1]);
		if (n > 0 && out[n - 1].name.n == 0 && out[n - 1].file.n == 0)
			n = 0;
	}
	if (n > 1 && b->no_inlines)
		n = without_inlines(out, n);
	if (n > 0)
		return n;
	s = symbol_of(b, addr);
	if (s == NULL)
		return 0;
	out[0] = (struct sym_frame){ .name = s->name, .file = s->file };
	return 1;
}

bool binary_address(const struct binary *b, uint64_t start, uint64_t limit, uint64_t offset, uint64_t addr,
    uint64_t *out)
{
	const struct elf *f = binary_elf(b);

	if (addr < start || addr >= limit)
		return false;
	/* Programs that are not moved: the addresses of a process are those of the file. */
	if (f->type == 2)
		return *out = addr, true;
	return elf_address(f, addr - start + offset, out);
}
