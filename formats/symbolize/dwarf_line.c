/* dwarf_line.c - line programs run into sorted rows; see dwarf_impl.h */
#include "formats/symbolize/dwarf_impl.h"

enum { FORMATS_MAX = 16 };

struct header {
	uint16_t version;
	uint8_t addr_size, off_size, min_inst, max_ops, line_range, opcode_base;
	int8_t line_base;
	uint8_t lengths[256];
};

struct registers {
	uint64_t addr;
	uint32_t op, file;
	int64_t line;
};

struct sequence {
	size_t first, n;
};

/* ---- names ---- */

static void add_dir(struct dw_part *p, struct dw_lines *l, struct str dir, uint32_t *cap)
{
	if (l->n_dirs == *cap)
		l->dirs = profile_grow(p->d->a, l->dirs, sizeof(*l->dirs), l->n_dirs, cap);
	l->dirs[l->n_dirs++] = dir;
}

static void add_file(struct dw_part *p, struct dw_lines *l, struct str name, uint64_t dir, uint32_t *cap)
{
	if (l->n_files == *cap)
		l->files = profile_grow(p->d->a, l->files, sizeof(*l->files), l->n_files, cap);
	l->files[l->n_files++] = (struct dw_file_name){ .name = name, .dir = (uint32_t)MIN(dir, (uint64_t)UINT32_MAX) };
}

static void old_names(struct dw_part *p, struct rd *r, struct dw_lines *l)
{
	uint32_t dirs = 0, files = 0;
	struct str s;

	while ((s = rd_cstr(r)).n > 0)
		add_dir(p, l, s, &dirs);
	while ((s = rd_cstr(r)).n > 0) {
		uint64_t dir = rd_uleb(r);

		rd_uleb(r);
		rd_uleb(r);
		add_file(p, l, s, dir, &files);
	}
}

/* One table of version 5: what each entry has, and the entries. */
static void new_names(struct dw_unit *u, struct rd *r, const struct header *h, struct dw_lines *l, bool is_files)
{
	struct dw_unit with = *u; /* sizes of the line table, not of the unit */
	struct dw_spec specs[FORMATS_MAX];
	uint64_t kinds[FORMATS_MAX], n;
	uint32_t cap = 0, n_specs = rd_u8(r);

	with.addr_size = h->addr_size;
	with.off_size = h->off_size;
	with.version = 5;
	if (n_specs > FORMATS_MAX)
		r->bad = true;
	for (uint32_t i = 0; i < n_specs && !r->bad; i++) {
		kinds[i] = rd_uleb(r);
		specs[i] = (struct dw_spec){ .form = (uint16_t)rd_uleb_max(r, UINT16_MAX) };
	}
	n = rd_uleb(r);
	if (n > rd_left(r) || (n_specs == 0 && n > 0))
		r->bad = true;
	for (uint64_t i = 0; i < n && !r->bad; i++) {
		struct str name = STR_NONE;
		uint64_t dir = 0;

		for (uint32_t k = 0; k < n_specs; k++) {
			struct dw_value v = { 0 };

			dw_read(r, &with, &specs[k], &v);
			if (kinds[k] == 1)
				name = dw_text(u, &v);
			else if (kinds[k] == 2)
				dir = v.u;
		}
		if (is_files)
			add_file(u->part, l, name, dir, &cap);
		else
			add_dir(u->part, l, name, &cap);
	}
}

static struct str join(struct arena *a, struct str dir, struct str name)
{
	if (dir.n == 0 || str_eq(dir, STR(".")) || (name.n && name.p[0] == '/'))
		return name;
	if (str_eq(name, STR(".")))
		return dir;
	return arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(dir), dir.p[dir.n - 1] == '/' ? "" : "/", STR_ARG(name));
}

struct str dw_path(struct dw_unit *u, struct dw_lines *l, uint32_t file)
{
	struct arena *a = u->part->d->a;
	struct dw_file_name *f;
	struct str dir = STR_NONE;

	if (!l->five)
		file--; /* 0 wraps and is beyond them all */
	if (file >= l->n_files)
		return STR_NONE;
	f = &l->files[file];
	if (f->path.p == NULL) {
		if (l->five)
			dir = f->dir < l->n_dirs ? l->dirs[f->dir] : STR_NONE;
		else if (f->dir > 0 && f->dir <= l->n_dirs)
			dir = l->dirs[f->dir - 1];
		f->path = join(a, join(a, u->dir, dir), f->name);
	}
	return f->path;
}

/* ---- the program ---- */

static void row(struct dwarf *d, const struct registers *g, bool end)
{
	struct dw_row r = { g->addr, end ? DW_NO_NODE : g->file, (uint32_t)(g->line < 0 ? 0 : g->line) };
	struct dw_row *last = d->rows.n ? &d->rows.p[d->rows.n - 1] : NULL;

	/* Of rows at one address the last counts. */
	if (!end && last != NULL && last->addr == r.addr && last->file != DW_NO_NODE)
		*last = r;
	else
		vec_push(&d->rows, r);
}

static void advance(struct registers *g, const struct header *h, uint64_t ops)
{
	if (LIKELY(h->max_ops <= 1)) {
		g->addr += ops * h->min_inst;
		return;
	}
	g->addr += h->min_inst * ((g->op + ops) / h->max_ops);
	g->op = (uint32_t)((g->op + ops) % h->max_ops);
}

static void end_sequence(struct dwarf *d, struct registers *g, size_t *first, struct sequence **list, size_t *n,
    size_t *cap)
{
	struct sequence s;

	row(d, g, true);
	s = (struct sequence){ *first, d->rows.n - *first };
	*g = (struct registers){ .file = 1, .line = 1 };
	if (s.n < 2 || !elf_code(d->elf, d->rows.p[*first].addr)) {
		d->rows.n = *first; /* of a function that is not there any more */
		return;
	}
	if (*n == *cap) {
		*cap = *cap * 2 + 16;
		*list = mem_resize(*list, *cap, sizeof(**list));
	}
	(*list)[(*n)++] = s;
	*first = d->rows.n;
}

static void extended(struct rd *r, const struct header *h, struct registers *g, bool *ended)
{
	uint64_t n = rd_uleb(r);
	const uint8_t *end = r->p + MIN(n, (uint64_t)rd_left(r));
	uint8_t op = n ? rd_u8(r) : 0;

	if (n > rd_left(r) + 1)
		r->bad = true;
	if (op == 1)
		*ended = true;
	else if (op == 2) {
		g->addr = rd_uint(r, n == 5 ? 4 : n == 9 ? 8 : h->addr_size);
		g->op = 0;
	}
	if (r->p > end)
		r->bad = true;
	else
		r->p = end;
}

/* true: a row is to be written. */
static bool standard(struct rd *r, const struct header *h, struct registers *g, uint8_t op)
{
	switch (op) {
	case 1: return true;
	case 2: advance(g, h, rd_uleb(r)); break;
	case 3: g->line += rd_sleb(r) % INT32_MAX; break;
	case 4: g->file = (uint32_t)rd_uleb_max(r, UINT32_MAX - 1); break;
	case 5: rd_uleb(r); break;
	case 8:
		if (h->line_range)
			advance(g, h, (255u - h->opcode_base) / h->line_range);
		break;
	case 9:
		g->addr += rd_u16(r);
		g->op = 0;
		break;
	case 6:
	case 7:
	case 10:
	case 11: break;
	case 12: rd_uleb(r); break;
	default:
		for (unsigned i = 0; i < h->lengths[op]; i++)
			rd_uleb(r);
	}
	return false;
}

static size_t run(struct dwarf *d, struct rd *r, const struct header *h, struct sequence **list)
{
	struct registers g = { .file = 1, .line = 1 };
	size_t first = 0, n = 0, cap = 0;

	d->rows.n = 0;
	while (rd_left(r) > 0 && !r->bad) {
		uint8_t op = rd_u8(r);
		bool ended = false;

		if (op >= h->opcode_base) {
			uint8_t k = op - h->opcode_base;

			if (h->line_range == 0)
				break;
			advance(&g, h, k / h->line_range);
			g.line += h->line_base + k % h->line_range;
			row(d, &g, false);
		} else if (op == 0) {
			extended(r, h, &g, &ended);
			if (ended)
				end_sequence(d, &g, &first, list, &n, &cap);
		} else if (standard(r, h, &g, op))
			row(d, &g, false);
	}
	d->rows.n = first; /* without a sequence that does not end */
	return n;
}

/* Within a sequence addresses only grow, in sound programs. */
static void order_sequence(struct dwarf *d, struct dw_row *p, size_t n)
{
	struct keyed *keys;
	struct dw_row *copy;
	bool good = true;

	for (size_t i = 1; i < n; i++)
		good &= p[i].addr >= p[i - 1].addr;
	if (good)
		return;
	d->keys.n = 0;
	vec_reserve(&d->keys, n * 2);
	keys = d->keys.p;
	copy = mem_array(n, sizeof(*copy));
	memcpy(copy, p, n * sizeof(*copy));
	for (size_t i = 0; i < n; i++)
		keys[i] = (struct keyed){ p[i].addr, (uint32_t)i };
	radix_sort(keys, keys + n, n);
	for (size_t i = 0; i < n; i++)
		p[i] = copy[keys[i].value];
	mem_free(copy);
}

/* Sequences in order of their addresses; one that begins inside another is left out. */
static void order(struct dwarf *d, struct dw_lines *l, struct sequence *list, size_t n)
{
	struct keyed *keys = mem_array(n * 2 + 1, sizeof(*keys));
	uint64_t end = 0;

	for (size_t i = 0; i < n; i++) {
		order_sequence(d, d->rows.p + list[i].first, list[i].n);
		keys[i] = (struct keyed){ d->rows.p[list[i].first].addr, (uint32_t)i };
	}
	radix_sort(keys, keys + n, n);
	l->rows = arena_array(d->a, d->rows.n, sizeof(*l->rows));
	for (size_t i = 0; i < n; i++) {
		const struct sequence *s = &list[keys[i].value];
		const struct dw_row *p = d->rows.p + s->first;

		if (p->addr < end)
			continue;
		memcpy(l->rows + l->n_rows, p, s->n * sizeof(*p));
		l->n_rows += (uint32_t)s->n;
		end = p[s->n - 1].addr;
	}
	mem_free(keys);
}

static int read_header(struct dw_unit *u, struct rd *r, struct header *h, struct dw_lines *l, struct err *e)
{
	uint64_t length = rd_u32(r), head;
	struct rd names;

	*h = (struct header){ .off_size = 4, .addr_size = u->addr_size, .max_ops = 1 };
	if (length == 0xffffffff) {
		length = rd_u64(r);
		h->off_size = 8;
	}
	if (r->bad || length > rd_left(r))
		return err_set(e, ERR_CORRUPT, ".debug_line: the program at 0x%llx is cut short",
		    (unsigned long long)l->off);
	if (length + 12 > u->part->line_work)
		return err_set(e, ERR_LIMIT, ".debug_line: programs overlap, reading them all takes too long");
	u->part->line_work -= length + 12; /* also of a program that turns out to be broken */
	r->end = r->p + length;
	h->version = rd_u16(r);
	if (h->version < 2 || h->version > 5)
		return err_set(e, ERR_UNSUPPORTED, ".debug_line: the program at 0x%llx has version %u",
		    (unsigned long long)l->off, h->version);
	if (h->version >= 5) {
		h->addr_size = rd_u8(r);
		rd_u8(r);
	}
	head = rd_uint(r, h->off_size);
	names = *r;
	rd_skip(r, head);
	names.end = r->p;
	h->min_inst = rd_u8(&names);
	if (h->version >= 4)
		h->max_ops = rd_u8(&names);
	rd_u8(&names); /* whether rows begin statements */
	h->line_base = (int8_t)rd_u8(&names);
	h->line_range = rd_u8(&names);
	h->opcode_base = rd_u8(&names);
	for (unsigned i = 1; i < h->opcode_base; i++)
		h->lengths[i] = rd_u8(&names);
	l->five = h->version >= 5;
	if (l->five) {
		new_names(u, &names, h, l, false);
		new_names(u, &names, h, l, true);
	} else
		old_names(u->part, &names, l);
	if (r->bad || names.bad)
		return err_set(e, ERR_CORRUPT, ".debug_line: the head of the program at 0x%llx is broken",
		    (unsigned long long)l->off);
	return 0;
}

static struct dw_lines *read_lines(struct dw_unit *u, struct err *e)
{
	struct dw_part *p = u->part;
	struct dw_lines *l = arena_zalloc(p->d->a, sizeof(*l));
	struct rd r = rd_at(p->s.line, u->line_off, p->big);
	struct sequence *list = NULL;
	struct header h;
	size_t n;

	l->off = u->line_off;
	if (read_header(u, &r, &h, l, e) < 0)
		return NULL;
	n = run(p->d, &r, &h, &list);
	order(p->d, l, list, n);
	mem_free(list);
	return l;
}

struct dw_lines *dw_lines_of(struct dw_unit *u)
{
	struct dw_part *p = u->part;
	struct dw_lines *l;
	struct err e;

	if (!u->has_line)
		return NULL;
	for (size_t i = p->lines.n; i > 0 && p->lines.n - i < 64; i--)
		if (p->lines.p[i - 1]->off == u->line_off)
			return p->lines.p[i - 1];
	l = read_lines(u, &e);
	if (l == NULL)
		dw_trouble(p->d, u, &e);
	else
		vec_push(&p->lines, l);
	return l;
}

const struct dw_row *dw_row_at(const struct dw_lines *l, uint64_t addr)
{
	uint32_t i = keyed_upto(l->rows, l->n_rows, sizeof(*l->rows), addr);

	return i > 0 && l->rows[i - 1].file != DW_NO_NODE ? &l->rows[i - 1] : NULL;
}
