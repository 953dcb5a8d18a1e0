/* dwarf.c - see dwarf.h: opening, split units, questions */
#include "formats/symbolize/dwarf_impl.h"

enum { PACKAGE_COLUMNS = 16 };

void dw_trouble(struct dwarf *d, const struct dw_unit *u, const struct err *e)
{
	if (d->troubled)
		return;
	d->troubled = true;
	d->trouble = *e;
	if (u != NULL)
		err_wrap(&d->trouble, "unit at 0x%llx (" STR_FMT ")", (unsigned long long)u->off, STR_ARG(u->name));
}

int dw_sections_read(struct dwarf *d, const struct elf *f, bool dwo, struct dw_sections *s, struct err *e)
{
	const struct {
		const char *name;
		struct str *out;
	} want[] = {
		{ "info", &s->info },
		{ "abbrev", &s->abbrev },
		{ "line", &s->line },
		{ "str", &s->str },
		{ "line_str", &s->line_str },
		{ "ranges", &s->ranges },
		{ "rnglists", &s->rnglists },
		{ "addr", &s->addr },
		{ "str_offsets", &s->str_offsets },
	};

	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		char name[32] = ".debug_";

		strncat(name, want[i].name, sizeof(name) - 12);
		if (dwo)
			strncat(name, ".dwo", 5);
		if (elf_section(f, name, d->a, d->o.limit, want[i].out, e) < 0)
			return -1;
	}
	return 0;
}

static void part_init(struct dwarf *d, struct dw_part *p, bool big, bool split)
{
	p->d = d;
	p->big = big;
	p->split = split;
	p->abbrev_work = (uint64_t)p->s.abbrev.n * DW_AGAIN + 4096;
	p->line_work = (uint64_t)p->s.line.n * DW_AGAIN + 4096;
	d->range_work += ((uint64_t)p->s.info.n + p->s.ranges.n + p->s.rnglists.n) * 2;
}

/* ---- split units ---- */

/* The sections of the package, which may be packed: once, not for each of its units. */
static bool package_read(struct dwarf *d)
{
	struct err e = { 0 };

	if (d->package_index.n > 0)
		return true;
	if (dw_sections_read(d, &d->package, true, &d->package_all, &e) == 0 &&
	    elf_section(&d->package, ".debug_cu_index", d->a, d->o.limit, &d->package_index, &e) > 0)
		return true;
	d->has_package = false;
	if (e.kind != ERR_NONE) {
		err_wrap(&e, "package");
		dw_trouble(d, NULL, &e);
	}
	return false;
}

struct package_head {
	uint32_t version, columns, units, slots;
	uint64_t ids, rows, table; /* where they are in the index */
};

static bool package_head(const struct dwarf *d, struct package_head *h)
{
	struct rd r = rd_of(d->package_index, d->package.big);

	h->version = rd_u32(&r);
	if (h->version != 2) { /* version 5 has two bytes and padding */
		r = rd_of(d->package_index, d->package.big);
		h->version = rd_u16(&r);
		rd_u16(&r);
	}
	h->columns = rd_u32(&r);
	h->units = rd_u32(&r);
	h->slots = rd_u32(&r);
	h->ids = 16;
	h->rows = h->ids + (uint64_t)h->slots * 8;
	h->table = h->rows + (uint64_t)h->slots * 4;
	return !r.bad && h->slots > 0 && (h->slots & (h->slots - 1)) == 0 && h->columns <= PACKAGE_COLUMNS &&
	    (uint64_t)h->slots * 12 <= rd_left(&r) &&
	    ((uint64_t)h->units * 2 + 1) * h->columns * 4 <= rd_left(&r) - (uint64_t)h->slots * 12;
}

static uint32_t index_u32(const struct dwarf *d, uint64_t at)
{
	struct rd r = rd_at(d->package_index, at, d->package.big);

	return rd_u32(&r);
}

/* From 1; 0: it has no such unit. The low half of an id says where to look first, the high half how far on. */
static uint32_t package_row(const struct dwarf *d, const struct package_head *h, uint64_t id)
{
	uint64_t mask = h->slots - 1, at = id & mask;

	for (uint32_t i = 0; i < h->slots; i++, at = (at + ((id >> 32 & mask) | 1)) & mask) {
		struct rd r = rd_at(d->package_index, h->ids + at * 8, d->package.big);
		uint32_t row = index_u32(d, h->rows + at * 4);

		if (row == 0 || row > h->units)
			return 0;
		if (rd_u64(&r) == id)
			return row;
	}
	return 0;
}

/* The pieces of a package's sections that belong to a unit: a hash table of ids, then offsets and sizes. */
static bool package_find(struct dwarf *d, uint64_t id, struct dw_sections *s)
{
	struct package_head h;
	uint32_t row;

	if (!package_read(d) || !package_head(d, &h))
		return false;
	row = package_row(d, &h, id);
	if (row == 0)
		return false;
	*s = d->package_all; /* strings are shared by all */
	for (uint32_t i = 0; i < h.columns; i++) {
		uint64_t place = h.table + ((uint64_t)row * h.columns + i) * 4;
		uint64_t at = index_u32(d, place), n = index_u32(d, place + (uint64_t)h.units * h.columns * 4);
		struct str *part = NULL, whole;

		switch (index_u32(d, h.table + i * 4u)) {
		case 1: part = &s->info; break;
		case 3: part = &s->abbrev; break;
		case 4: part = &s->line; break;
		case 6: part = &s->str_offsets; break;
		case 8:
			if (h.version == 5)
				part = &s->rnglists;
			break;
		default: break;
		}
		if (part == NULL)
			continue;
		whole = *part;
		*part = at <= whole.n && n <= whole.n - at ? str_of(whole.p + at, (size_t)n) : STR_NONE;
	}
	return true;
}

static bool load_split(struct dw_unit *u, struct dw_part *p, struct err *e)
{
	struct dwarf *d = u->part->d;
	struct str bytes;
	struct elf f;

	if (d->has_package && package_find(d, u->dwo_id, &p->s)) {
		part_init(d, p, d->package.big, true);
		return true;
	}
	if (d->o.split == NULL || !d->o.split(d->o.ctx, u->dir, u->dwo_name, &bytes)) {
		err_set(e, ERR_NOTFOUND, STR_FMT " is not there", STR_ARG(u->dwo_name));
		return false;
	}
	if (elf_open(d->a, bytes, &f, e) < 0 || dw_sections_read(d, &f, true, &p->s, e) < 0) {
		err_wrap(e, STR_FMT, STR_ARG(u->dwo_name));
		return false;
	}
	part_init(d, p, f.big, true);
	return true;
}

void dw_find_split(struct dw_unit *u)
{
	struct dwarf *d = u->part->d;
	struct dw_part *p;
	struct err e;

	if (u->dwo_name.n == 0 || u->tree != u)
		return;
	p = arena_zalloc(d->a, sizeof(*p));
	if (!load_split(u, p, &e) || dw_part_units(p, &e) < 0) {
		dw_trouble(d, u, &e);
		u->dwo_name = STR_NONE; /* not again */
		return;
	}
	vec_push(&d->parts, p);
	for (uint32_t i = 0; i < p->n_units; i++) {
		struct dw_unit *s = &p->units[i];

		if (s->dwo_id != u->dwo_id || s->type == UT_SPLIT_TYPE)
			continue;
		s->skeleton = u;
		s->low_pc = u->low_pc;
		u->tree = s;
		return;
	}
	err_set(&e, ERR_INVALID, STR_FMT " is of another build", STR_ARG(u->dwo_name));
	dw_trouble(d, u, &e);
	u->dwo_name = STR_NONE;
}

/* ---- opening ---- */

/* Which unit has which addresses; a unit that does not say so is read at once. */
static void index_units(struct dwarf *d)
{
	struct dw_range_list list = { 0 };

	for (uint32_t i = 0; i < d->main.n_units; i++) {
		struct dw_unit *u = &d->main.units[i];
		size_t before = list.n;

		if (u->abbrevs == NULL || u->tag == TAG_PARTIAL_UNIT || u->type == UT_TYPE)
			continue;
		if (u->has_ranges || (u->has_low && u->has_high)) {
			dw_ranges(u, &u->low, &u->high, u->has_ranges ? &u->ranges : NULL, i, &list);
			if (list.n > before)
				continue;
		}
		dw_find_split(u);
		dw_read_tree(u->tree);
		for (uint32_t k = 0; k + 1 < u->tree->spans.n; k++) {
			const struct dw_span *s = &u->tree->spans.p[k];

			if (s->node != DW_NO_NODE)
				vec_push(&list, ((struct dw_range){ s->from, s[1].from, i }));
		}
	}
	dw_flatten(d, &list, &d->units);
	vec_free(&list);
}

struct dwarf *dwarf_open(struct arena *a, const struct elf *f, const struct dwarf_opts *o, struct err *e)
{
	struct dwarf *d = mem_zalloc(sizeof(*d));

	d->a = a;
	d->elf = f;
	d->o = *o;
	if (dw_sections_read(d, f, false, &d->main.s, e) < 0)
		goto fail;
	if (d->main.s.info.n == 0) {
		err_set(e, ERR_NOTFOUND, "no debug information");
		goto fail;
	}
	part_init(d, &d->main, f->big, false);
	if (o->alt != NULL) {
		if (dw_sections_read(d, o->alt, false, &d->alt.s, e) < 0)
			goto fail;
		part_init(d, &d->alt, o->alt->big, false);
		if (dw_part_units(&d->alt, e) < 0)
			goto fail;
	}
	d->has_package = o->package.n && elf_open(a, o->package, &d->package, e) == 0;
	if (dw_part_units(&d->main, e) < 0)
		goto fail;
	index_units(d);
	return d;
fail:
	dwarf_close(d);
	return NULL;
}

static void part_fini(struct dw_part *p)
{
	vec_free(&p->abbrevs);
	vec_free(&p->lines);
}

void dwarf_close(struct dwarf *d)
{
	if (d == NULL)
		return;
	part_fini(&d->main);
	part_fini(&d->alt);
	for (size_t i = 0; i < d->parts.n; i++)
		part_fini(d->parts.p[i]);
	vec_free(&d->parts);
	vec_free(&d->names);
	vec_free(&d->ranges);
	vec_free(&d->nodes);
	vec_free(&d->rows);
	vec_free(&d->keys);
	vec_free(&d->flat);
	vec_free(&d->stack);
	mem_free(d);
}

const char *dwarf_trouble(const struct dwarf *d)
{
	return d->troubled ? d->trouble.msg : NULL;
}

/* ---- questions ---- */

/* The unit of an address, read. */
static struct dw_unit *unit_of(struct dwarf *d, uint64_t addr)
{
	uint32_t i = dw_span_at(&d->units, addr);
	struct dw_unit *u = i == DW_NO_NODE ? NULL : &d->main.units[i];

	if (u == NULL)
		return NULL;
	if (u->tree == u && u->dwo_name.n)
		dw_find_split(u);
	if (u->tree->state == STATE_NEW)
		dw_read_tree(u->tree);
	if (u->lines == NULL && u->has_line) {
		u->lines = dw_lines_of(u);
		u->has_line = u->lines != NULL;
	}
	return u;
}

/* Split units may name files in a table of their own; the places of instructions are always in the main file. */
static struct str call_path(struct dw_unit *u, uint32_t file)
{
	struct dw_unit *t = u->tree;

	if (t != u && t->has_line) {
		if (t->lines == NULL)
			t->lines = dw_lines_of(t);
		t->has_line = t->lines != NULL;
		if (t->lines != NULL)
			return dw_path(t, t->lines, file);
	}
	return u->lines ? dw_path(u, u->lines, file) : STR_NONE;
}

uint32_t dwarf_find(struct dwarf *d, uint64_t addr, struct sym_frame *out, uint32_t max)
{
	struct dw_unit *u = unit_of(d, addr);
	const struct dw_row *row;
	uint32_t node, n = 0;

	if (u == NULL || max == 0)
		return 0;
	row = u->lines ? dw_row_at(u->lines, addr) : NULL;
	out[0] = (struct sym_frame){ 0 };
	if (row != NULL) {
		out[0].file = dw_path(u, u->lines, row->file);
		out[0].line = row->line;
	}
	node = dw_span_at(&u->tree->spans, addr);
	if (node == DW_NO_NODE)
		return out[0].file.n ? 1 : 0;
	for (;;) {
		struct dw_node *k = &u->tree->nodes[node];
		const struct dw_names *names;

		names = dw_names_of(u->tree, k);
		out[n].name = names->linkage.n ? names->linkage : names->name;
		out[n].start_line = names->start_line;
		n++;
		node = k->parent;
		if (node == DW_NO_NODE || n == max)
			return n;
		out[n] = (struct sym_frame){ .file = call_path(u, k->call_file), .line = k->call_line };
	}
}

bool dwarf_entry(struct dwarf *d, uint64_t addr, uint64_t *entry)
{
	struct dw_unit *u = unit_of(d, addr);
	uint32_t node = u ? dw_span_at(&u->tree->spans, addr) : DW_NO_NODE;
	struct dw_node *k;

	if (node == DW_NO_NODE)
		return false;
	while (u->tree->nodes[node].parent != DW_NO_NODE)
		node = u->tree->nodes[node].parent;
	k = &u->tree->nodes[node];
	*entry = k->entry;
	return dw_names_of(u->tree, k)->linkage.n > 0;
}
