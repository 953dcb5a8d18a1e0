/* elf.c - see elf.h */
#include "formats/symbolize/elf.h"

#include <elf.h>

#include "base/zip.h"
#include "formats/symbolize/rd.h"

enum { MAX_SECTIONS = 1 << 20, MAX_LOADS = 4096, ZLIB_RATIO = 1032 };

bool elf_is(struct str bytes)
{
	return bytes.n >= EI_NIDENT && memcmp(bytes.p, ELFMAG, SELFMAG) == 0;
}

static uint64_t word(struct rd *r, bool wide)
{
	return wide ? rd_u64(r) : rd_u32(r);
}

struct header {
	uint64_t ph_off, sh_off;
	uint32_t ph_size, ph_n, sh_size, sh_n, names;
};

static int read_header(struct elf *f, struct header *h, struct err *e)
{
	struct rd r = rd_at(f->bytes, EI_NIDENT, f->big);

	f->type = rd_u16(&r);
	f->machine = rd_u16(&r);
	rd_skip(&r, 4);
	word(&r, f->wide); /* entry */
	h->ph_off = word(&r, f->wide);
	h->sh_off = word(&r, f->wide);
	rd_skip(&r, 6);
	h->ph_size = rd_u16(&r);
	h->ph_n = rd_u16(&r);
	h->sh_size = rd_u16(&r);
	h->sh_n = rd_u16(&r);
	h->names = rd_u16(&r);
	if (r.bad)
		return err_set(e, ERR_CORRUPT, "ELF: %zu bytes, and the header is longer", f->bytes.n);
	if ((h->ph_n && h->ph_size < (f->wide ? 56 : 32)) || (h->sh_off && h->sh_size < (f->wide ? 64 : 40)))
		return err_set(e, ERR_CORRUPT, "ELF: entries of %u and %u bytes in the tables of segments and sections",
		    h->ph_size, h->sh_size);
	return 0;
}

static struct elf_section section_at(const struct elf *f, uint64_t off, uint32_t *name)
{
	struct rd r = rd_at(f->bytes, off, f->big);
	struct elf_section s = { 0 };

	*name = rd_u32(&r);
	s.type = rd_u32(&r);
	s.flags = word(&r, f->wide);
	s.addr = word(&r, f->wide);
	s.off = word(&r, f->wide);
	s.size = word(&r, f->wide);
	s.link = rd_u32(&r);
	s.info = rd_u32(&r);
	word(&r, f->wide);
	s.entry = word(&r, f->wide);
	return r.bad ? (struct elf_section){ 0 } : s;
}

static struct str raw(const struct elf *f, const struct elf_section *s)
{
	if (s->type == SHT_NOBITS || s->off >= f->bytes.n || s->size > f->bytes.n - s->off)
		return STR_NONE;
	return str_of(f->bytes.p + s->off, (size_t)s->size);
}

static void read_sections(struct arena *a, struct elf *f, struct header *h)
{
	struct elf_section first;
	uint32_t name, *names;
	struct str table;

	if (h->sh_off == 0 || h->sh_off >= f->bytes.n)
		return;
	first = section_at(f, h->sh_off, &name);
	if (h->sh_n == 0) /* more than fit into the header */
		h->sh_n = (uint32_t)MIN(first.size, (uint64_t)MAX_SECTIONS);
	if (h->names == SHN_XINDEX)
		h->names = first.link;
	h->sh_n = (uint32_t)MIN((uint64_t)h->sh_n, (f->bytes.n - h->sh_off) / h->sh_size);
	f->sections = arena_zarray(a, h->sh_n, sizeof(*f->sections));
	names = arena_zarray(a, h->sh_n, sizeof(*names));
	for (uint32_t i = 0; i < h->sh_n; i++)
		f->sections[i] = section_at(f, h->sh_off + (uint64_t)i * h->sh_size, &names[i]);
	f->n_sections = h->sh_n;
	if (h->names >= h->sh_n)
		return;
	table = raw(f, &f->sections[h->names]);
	for (uint32_t i = 0; i < h->sh_n; i++)
		f->sections[i].name = rd_text(table, names[i]);
}

/* left: bytes of notes that may still be read; pieces that overlap are not read for ever. */
static void read_notes(struct elf *f, struct str bytes, uint64_t *left)
{
	struct rd r = rd_of(bytes, f->big);

	if (bytes.n > *left)
		return;
	*left -= bytes.n;
	while (rd_left(&r) >= 12) {
		uint32_t name_n = rd_u32(&r), text_n = rd_u32(&r), type = rd_u32(&r);
		struct str name = str_of(r.p, name_n), text;

		rd_skip(&r, ((uint64_t)name_n + 3) & ~UINT64_C(3));
		text = str_of(r.p, text_n);
		rd_skip(&r, text_n);
		if (r.bad)
			return;
		rd_skip(&r, MIN(rd_left(&r), (size_t)(-text_n & 3)));
		if (type == NT_GNU_BUILD_ID && str_eq(name, str_of("GNU", 4)) && f->build_id.n == 0)
			f->build_id = text;
		if (type == 4 && str_eq(name, str_of("Go\0", 4)) && f->go_build_id.n == 0)
			f->go_build_id = text;
	}
}

static void read_loads(struct arena *a, struct elf *f, const struct header *h, uint64_t *left)
{
	uint32_t n = MIN(h->ph_n, (uint32_t)MAX_LOADS);

	f->loads = arena_zarray(a, n, sizeof(*f->loads));
	for (uint32_t i = 0; i < n; i++) {
		struct rd r = rd_at(f->bytes, h->ph_off + (uint64_t)i * h->ph_size, f->big);
		uint32_t type = rd_u32(&r), flags = f->wide ? rd_u32(&r) : 0;
		struct elf_load l = { 0 };

		l.off = word(&r, f->wide);
		l.addr = word(&r, f->wide);
		word(&r, f->wide);
		l.file_size = word(&r, f->wide);
		l.mem_size = word(&r, f->wide);
		if (!f->wide)
			flags = rd_u32(&r);
		l.exec = flags & PF_X;
		if (r.bad)
			return;
		if (type == PT_LOAD)
			f->loads[f->n_loads++] = l;
		if (type == PT_NOTE && l.off < f->bytes.n && l.file_size <= f->bytes.n - l.off)
			read_notes(f, str_of(f->bytes.p + l.off, (size_t)l.file_size), left);
	}
}

static void read_links(struct elf *f)
{
	const struct elf_section *s = elf_find(f, ".gnu_debuglink");
	struct str text;

	if (s != NULL) {
		text = raw(f, s);
		f->debug_link = rd_text(text, 0);
		if (text.n >= 4) {
			struct rd r = rd_at(text, (f->debug_link.n + 4) & ~(size_t)3, f->big);

			f->debug_link_crc = rd_u32(&r);
		}
	}
	s = elf_find(f, ".gnu_debugaltlink");
	if (s != NULL) {
		text = raw(f, s);
		f->alt_link = rd_text(text, 0);
		f->alt_id = str_skip(text, f->alt_link.n + 1);
	}
}

int elf_open(struct arena *a, struct str bytes, struct elf *f, struct err *e)
{
	struct header h;
	uint64_t left = (uint64_t)bytes.n * 2; /* notes are in a segment, and in a section */

	if (!elf_is(bytes))
		return err_set(e, ERR_INVALID, "not an ELF file");
	*f = (struct elf){ .bytes = bytes };
	if ((bytes.p[EI_CLASS] != ELFCLASS32 && bytes.p[EI_CLASS] != ELFCLASS64) ||
	    (bytes.p[EI_DATA] != ELFDATA2LSB && bytes.p[EI_DATA] != ELFDATA2MSB))
		return err_set(e, ERR_CORRUPT, "ELF: class %d, byte order %d", bytes.p[EI_CLASS], bytes.p[EI_DATA]);
	f->wide = bytes.p[EI_CLASS] == ELFCLASS64;
	f->big = bytes.p[EI_DATA] == ELFDATA2MSB;
	if (read_header(f, &h, e) < 0)
		return -1;
	read_sections(a, f, &h);
	read_loads(a, f, &h, &left);
	for (uint32_t i = 0; i < f->n_sections; i++)
		if (f->sections[i].type == SHT_NOTE)
			read_notes(f, raw(f, &f->sections[i]), &left);
	read_links(f);
	return 0;
}

const struct elf_section *elf_find(const struct elf *f, const char *name)
{
	struct str want = str_cstr(name);

	for (uint32_t i = 0; i < f->n_sections; i++)
		if (str_eq(f->sections[i].name, want))
			return &f->sections[i];
	return NULL;
}

static int unpack(struct arena *a, const char *name, struct str packed, bool zstd, uint64_t size, size_t limit,
    struct str *out, struct err *e)
{
	char *p;

	if (size > limit)
		return err_set(e, ERR_LIMIT, "ELF: section %s claims %llu bytes, the limit is %zu", name,
		    (unsigned long long)size, limit);
	if (!zstd && size / ZLIB_RATIO > packed.n)
		return err_set(e, ERR_CORRUPT, "ELF: section %s: %zu bytes cannot be %llu", name, packed.n,
		    (unsigned long long)size);
	p = arena_alloc(a, (size_t)size);
	if ((zstd ? zip_unzstd_into : zip_unzlib_into)(packed, p, (size_t)size, e) < 0)
		return err_wrap(e, "ELF: section %s", name);
	*out = str_of(p, (size_t)size);
	return 1;
}

/* .zdebug_info: "ZLIB" and the size in eight bytes, most significant first, before a zlib stream. */
static int old_packed(const struct elf *f, const char *name, struct arena *a, size_t limit, struct str *out,
    struct err *e)
{
	const struct elf_section *s;
	char old[64] = ".z";
	struct str text;
	struct rd r;

	if (name[0] != '.' || strlen(name) > sizeof(old) - 4)
		return 0;
	memcpy(old + 2, name + 1, strlen(name));
	s = elf_find(f, old);
	if (s == NULL)
		return 0;
	text = raw(f, s);
	if (!str_prefix(text, STR("ZLIB")))
		return 0;
	r = rd_at(text, 4, true);
	return unpack(a, name, str_skip(text, 12), false, rd_u64(&r), limit, out, e);
}

int elf_section(const struct elf *f, const char *name, struct arena *a, size_t limit, struct str *out, struct err *e)
{
	const struct elf_section *s = elf_find(f, name);
	uint64_t size;
	struct str text;
	uint32_t type;
	struct rd r;

	*out = STR_NONE;
	if (s == NULL)
		return old_packed(f, name, a, limit, out, e);
	text = raw(f, s);
	if (text.n == 0)
		return 0;
	if (!(s->flags & SHF_COMPRESSED)) {
		*out = text;
		return 1;
	}
	r = rd_of(text, f->big);
	type = rd_u32(&r);
	if (f->wide)
		rd_u32(&r);
	size = word(&r, f->wide);
	word(&r, f->wide);
	if (r.bad || (type != ELFCOMPRESS_ZLIB && type != 2))
		return err_set(e, ERR_UNSUPPORTED, "ELF: section %s is compressed in a way %u", name, type);
	return unpack(a, name, str_of(r.p, rd_left(&r)), type == 2, size, limit, out, e);
}

bool elf_memory(const struct elf *f, uint64_t addr, uint64_t n, struct str *out)
{
	for (uint32_t i = 0; i < f->n_loads; i++) {
		const struct elf_load *l = &f->loads[i];

		if (addr < l->addr || addr - l->addr > l->file_size || n > l->file_size - (addr - l->addr))
			continue;
		if (l->off > f->bytes.n || addr - l->addr > f->bytes.n - l->off ||
		    n > f->bytes.n - l->off - (addr - l->addr))
			continue;
		*out = str_of(f->bytes.p + l->off + (addr - l->addr), (size_t)n);
		return true;
	}
	return false;
}

bool elf_address(const struct elf *f, uint64_t off, uint64_t *addr)
{
	for (unsigned pass = 0; pass < 2; pass++) /* code first: pieces may share a page of the file */
		for (uint32_t i = 0; i < f->n_loads; i++) {
			const struct elf_load *l = &f->loads[i];

			if (l->exec != (pass == 0) || off < l->off || off - l->off >= MAX(l->file_size, l->mem_size))
				continue;
			*addr = l->addr + (off - l->off);
			return true;
		}
	return false;
}

bool elf_code(const struct elf *f, uint64_t addr)
{
	bool any = false;

	if (f->type == ET_REL)
		return true;
	for (uint32_t i = 0; i < f->n_loads; i++) {
		any |= f->loads[i].exec;
		if (f->loads[i].exec && addr >= f->loads[i].addr && addr - f->loads[i].addr < f->loads[i].mem_size)
			return true;
	}
	return !any && addr != 0;
}
