/* dwarf_form.c - abbreviations and the forms of attributes; see dwarf_impl.h */
#include "formats/symbolize/dwarf_impl.h"

#include <stdlib.h>

enum { SPECS_MAX = 1024 }; /* attributes of one abbreviation: entries of no bytes at all have them too */

/* Bytes of a form, or -1 when it says so itself. */
static int form_size(const struct dw_unit *u, uint16_t form)
{
	switch (form) {
	case FORM_FLAG_PRESENT:
	case FORM_IMPLICIT_CONST: return 0;
	case FORM_DATA1:
	case FORM_FLAG:
	case FORM_REF1:
	case FORM_STRX1:
	case FORM_ADDRX1: return 1;
	case FORM_DATA2:
	case FORM_REF2:
	case FORM_STRX2:
	case FORM_ADDRX2: return 2;
	case FORM_STRX3:
	case FORM_ADDRX3: return 3;
	case FORM_DATA4:
	case FORM_REF4:
	case FORM_REF_SUP4:
	case FORM_STRX4:
	case FORM_ADDRX4: return 4;
	case FORM_DATA8:
	case FORM_REF8:
	case FORM_REF_SIG8:
	case FORM_REF_SUP8: return 8;
	case FORM_DATA16: return 16;
	case FORM_ADDR: return u->addr_size;
	case FORM_STRP:
	case FORM_SEC_OFFSET:
	case FORM_STRP_SUP:
	case FORM_LINE_STRP:
	case FORM_GNU_REF_ALT:
	case FORM_GNU_STRP_ALT: return u->off_size;
	case FORM_REF_ADDR: return u->version <= 2 ? u->addr_size : u->off_size;
	default: return -1;
	}
}

struct spec_list {
	struct dw_spec *p;
	size_t n, cap;
};

/*
 * Types of functions, calls and the like have parameters below them, a function that is only declared, too. A class may have
 * member functions with their code; GCC has that beside the class, unless the class is in a function.
 */
static enum dw_barren is_barren(uint16_t tag, bool declared)
{
	switch (tag) {
	case TAG_ARRAY_TYPE:
	case TAG_ENUMERATION_TYPE:
	case TAG_SUBROUTINE_TYPE:
	case TAG_CALL_SITE:
	case TAG_GNU_CALL_SITE: return BARREN_ALWAYS;
	case TAG_SUBPROGRAM: return declared ? BARREN_ALWAYS : BARREN_NOT;
	case TAG_CLASS_TYPE:
	case TAG_STRUCTURE_TYPE:
	case TAG_UNION_TYPE: return BARREN_OUTSIDE;
	default: return BARREN_NOT;
	}
}

static void read_specs(struct rd *r, const struct dw_unit *u, struct dw_abbrev *b, struct spec_list *list)
{
	bool declared = false;
	int64_t fixed = 0;

	b->first = (uint32_t)list->n;
	b->sibling = -1;
	for (;;) {
		struct dw_spec s = { 0 };
		uint64_t name = rd_uleb(r), form = rd_uleb(r);
		int size;

		if ((name == 0 && form == 0) || r->bad)
			break;
		s.name = (uint16_t)MIN(name, (uint64_t)UINT16_MAX);
		s.form = (uint16_t)MIN(form, (uint64_t)UINT16_MAX);
		if (form == FORM_IMPLICIT_CONST)
			s.constant = rd_sleb(r);
		if (name == AT_SIBLING && form == FORM_REF4 && fixed >= 0 && fixed <= INT32_MAX)
			b->sibling = (int32_t)fixed;
		declared |= name == AT_DECLARATION;
		b->has_code |= name == AT_LOW_PC || name == AT_RANGES;
		size = form_size(u, s.form);
		s.size = (int8_t)size;
		fixed = size < 0 || fixed < 0 ? -1 : fixed + size;
		vec_push(list, s);
		r->bad |= list->n - b->first > SPECS_MAX;
	}
	b->n = (uint32_t)(list->n - b->first);
	b->fixed = fixed > INT32_MAX ? -1 : (int32_t)fixed;
	b->barren = (uint8_t)is_barren(b->tag, declared && !b->has_code);
}

static int by_code(const void *a, const void *b)
{
	const struct dw_abbrev *x = a, *y = b;

	return x->code < y->code ? -1 : x->code > y->code;
}

static int overlap(struct err *e)
{
	return err_set(e, ERR_LIMIT, ".debug_abbrev: tables overlap, reading them all takes too long");
}

static struct dw_abbrevs *read_table(struct dw_unit *u, struct err *e)
{
	struct dw_part *part = u->part;
	struct arena *a = part->d->a;
	struct rd r = rd_at(part->s.abbrev, u->abbrev_off, part->big);
	size_t before = rd_left(&r);
	struct dw_abbrevs *t = NULL;
	bool dense = true;
	VEC(struct dw_abbrev) list = { 0 };
	struct spec_list specs = { 0 };

	for (;;) {
		struct dw_abbrev b = { .code = rd_uleb(&r) };

		if (b.code == 0 || r.bad)
			break;
		b.tag = (uint16_t)rd_uleb_max(&r, UINT16_MAX);
		b.children = rd_u8(&r) != 0;
		read_specs(&r, u, &b, &specs);
		if (b.code != list.n + 1)
			dense = false;
		vec_push(&list, b);
		if (before - rd_left(&r) > part->abbrev_work)
			break;
	}
	if (before - rd_left(&r) > part->abbrev_work) {
		part->abbrev_work = 0;
		overlap(e);
		goto fail;
	}
	part->abbrev_work -= before - rd_left(&r);
	if (r.bad) {
		err_set(e, ERR_CORRUPT,
		    ".debug_abbrev: the table at 0x%llx is cut short, or an entry has too many attributes",
		    (unsigned long long)u->abbrev_off);
		goto fail;
	}
	t = arena_zalloc(a, sizeof(*t));
	*t = (struct dw_abbrevs){ u->abbrev_off, u->addr_size, u->off_size, u->version <= 2, .dense = dense };
	t->n = (uint32_t)list.n;
	t->p = arena_array(a, list.n, sizeof(*t->p));
	if (list.n)
		memcpy(t->p, list.p, list.n * sizeof(*t->p));
	if (!t->dense)
		qsort(t->p, t->n, sizeof(*t->p), by_code);
	t->specs = arena_array(a, specs.n, sizeof(*t->specs));
	if (specs.n)
		memcpy(t->specs, specs.p, specs.n * sizeof(*t->specs));
	vec_free(&list);
	vec_free(&specs);
	return t;
fail:
	vec_free(&list);
	vec_free(&specs);
	return NULL;
}

const struct dw_abbrevs *dw_abbrevs_at(struct dw_unit *u, struct err *e)
{
	struct dw_part *part = u->part;
	struct dw_abbrevs *t;

	/* Neighbours share them, if anybody does. */
	for (size_t i = part->abbrevs.n; i > 0 && part->abbrevs.n - i < 8; i--) {
		t = part->abbrevs.p[i - 1];
		if (t->off == u->abbrev_off && t->addr_size == u->addr_size && t->off_size == u->off_size &&
		    t->old == (u->version <= 2))
			return t;
	}
	if (part->abbrev_work == 0) {
		overlap(e);
		return NULL;
	}
	t = read_table(u, e);
	if (t != NULL)
		vec_push(&part->abbrevs, t);
	return t;
}

const struct dw_abbrev *dw_abbrev_of(const struct dw_abbrevs *t, uint64_t code)
{
	uint32_t i;

	if (LIKELY(t->dense))
		return code - 1 < t->n ? &t->p[code - 1] : NULL;
	i = keyed_below(t->p, t->n, sizeof(*t->p), code);
	return i < t->n && t->p[i].code == code ? &t->p[i] : NULL;
}

static void set(struct dw_value *v, enum dw_class class, uint64_t u)
{
	v->class = class;
	v->u = u;
}

static void read_text(struct rd *r, const struct dw_unit *u, uint16_t form, struct dw_value *v)
{
	const struct dw_part *part = u->part;

	if (form == FORM_STRING) {
		v->class = CLASS_STR;
		v->s = rd_cstr(r);
		return;
	}
	set(v, CLASS_STRP, rd_uint(r, u->off_size));
	v->s = form == FORM_STRP ? part->s.str : form == FORM_LINE_STRP ? part->s.line_str : part->d->alt.s.str;
}

static void read_block(struct rd *r, uint16_t form, struct dw_value *v)
{
	set(v, CLASS_NONE, 0);
	switch (form) {
	case FORM_BLOCK1: rd_skip(r, rd_u8(r)); break;
	case FORM_BLOCK2: rd_skip(r, rd_u16(r)); break;
	case FORM_BLOCK4: rd_skip(r, rd_u32(r)); break;
	default: rd_skip(r, rd_uleb(r)); break;
	}
}

void dw_read(struct rd *r, const struct dw_unit *u, const struct dw_spec *s, struct dw_value *v)
{
	uint16_t form = s->form;

	if (form == FORM_INDIRECT)
		form = (uint16_t)rd_uleb_max(r, UINT16_MAX);
	switch (form) {
	case FORM_ADDR: set(v, CLASS_ADDR, rd_uint(r, u->addr_size)); break;
	case FORM_DATA1:
	case FORM_FLAG: set(v, CLASS_UINT, rd_u8(r)); break;
	case FORM_DATA2: set(v, CLASS_UINT, rd_u16(r)); break;
	case FORM_DATA4: set(v, CLASS_UINT, rd_u32(r)); break;
	case FORM_DATA8: set(v, CLASS_UINT, rd_u64(r)); break;
	case FORM_DATA16:
		rd_skip(r, 16);
		set(v, CLASS_NONE, 0);
		break;
	case FORM_UDATA: set(v, CLASS_UINT, rd_uleb(r)); break;
	case FORM_SDATA: set(v, CLASS_UINT, (uint64_t)rd_sleb(r)); break;
	case FORM_IMPLICIT_CONST: set(v, CLASS_UINT, (uint64_t)s->constant); break;
	case FORM_FLAG_PRESENT: set(v, CLASS_UINT, 1); break;
	case FORM_SEC_OFFSET: set(v, CLASS_UINT, rd_uint(r, u->off_size)); break;
	case FORM_STRING:
	case FORM_STRP:
	case FORM_LINE_STRP:
	case FORM_STRP_SUP:
	case FORM_GNU_STRP_ALT: read_text(r, u, form, v); break;
	case FORM_STRX:
	case FORM_GNU_STR_INDEX: set(v, CLASS_STRX, rd_uleb(r)); break;
	case FORM_STRX1:
	case FORM_STRX2:
	case FORM_STRX3:
	case FORM_STRX4: set(v, CLASS_STRX, rd_uint(r, form - FORM_STRX1 + 1u)); break;
	case FORM_ADDRX:
	case FORM_GNU_ADDR_INDEX: set(v, CLASS_ADDRX, rd_uleb(r)); break;
	case FORM_ADDRX1:
	case FORM_ADDRX2:
	case FORM_ADDRX3:
	case FORM_ADDRX4: set(v, CLASS_ADDRX, rd_uint(r, form - FORM_ADDRX1 + 1u)); break;
	case FORM_REF1: set(v, CLASS_REF, u->off + rd_u8(r)); break;
	case FORM_REF2: set(v, CLASS_REF, u->off + rd_u16(r)); break;
	case FORM_REF4: set(v, CLASS_REF, u->off + rd_u32(r)); break;
	case FORM_REF8: set(v, CLASS_REF, u->off + rd_u64(r)); break;
	case FORM_REF_UDATA: set(v, CLASS_REF, u->off + rd_uleb(r)); break;
	case FORM_REF_ADDR: set(v, CLASS_REF, rd_uint(r, u->version <= 2 ? u->addr_size : u->off_size)); break;
	case FORM_REF_SUP4: set(v, CLASS_REF_ALT, rd_u32(r)); break;
	case FORM_REF_SUP8: set(v, CLASS_REF_ALT, rd_u64(r)); break;
	case FORM_GNU_REF_ALT: set(v, CLASS_REF_ALT, rd_uint(r, u->off_size)); break;
	case FORM_REF_SIG8:
		rd_skip(r, 8);
		set(v, CLASS_NONE, 0);
		break;
	case FORM_RNGLISTX: set(v, CLASS_RNGLISTX, rd_uleb(r)); break;
	case FORM_LOCLISTX:
		rd_uleb(r);
		set(v, CLASS_NONE, 0);
		break;
	case FORM_BLOCK1:
	case FORM_BLOCK2:
	case FORM_BLOCK4:
	case FORM_BLOCK:
	case FORM_EXPRLOC: read_block(r, form, v); break;
	default:
		r->bad = true; /* nobody knows how long it is */
		set(v, CLASS_NONE, 0);
	}
}

void dw_skip_one(struct rd *r, const struct dw_unit *u, const struct dw_spec *s)
{
	struct dw_value v;

	if (s->size >= 0)
		rd_skip(r, (uint64_t)s->size);
	else
		dw_read(r, u, s, &v);
}

uint64_t dw_skip(struct rd *r, const struct dw_unit *u, const struct dw_abbrevs *t, const struct dw_abbrev *b)
{
	struct rd at = *r;

	if (b->fixed >= 0)
		rd_skip(r, (uint64_t)b->fixed);
	for (uint32_t i = 0; i < b->n && b->fixed < 0 && !r->bad; i++)
		dw_skip_one(r, u, &t->specs[b->first + i]);
	if (b->sibling < 0)
		return 0;
	rd_skip(&at, (uint64_t)b->sibling);
	return u->off + rd_u32(&at);
}

struct str dw_text(const struct dw_unit *u, const struct dw_value *v)
{
	struct rd r;

	if (v->class == CLASS_STR)
		return v->s;
	if (v->class == CLASS_STRP)
		return rd_text(v->s, v->u);
	if (v->class != CLASS_STRX || v->u > u->part->s.str_offsets.n)
		return STR_NONE;
	r = rd_at(u->part->s.str_offsets, u->str_offsets_base + v->u * u->off_size, u->part->big);
	return rd_text(u->part->s.str, rd_uint(&r, u->off_size));
}

bool dw_address(const struct dw_unit *u, const struct dw_value *v, uint64_t *addr)
{
	const struct dw_unit *with = u->skeleton ? u->skeleton : u;
	struct rd r;

	*addr = v->u;
	if (v->class == CLASS_ADDR)
		return true;
	if (v->class != CLASS_ADDRX || v->u > with->part->s.addr.n)
		return false;
	r = rd_at(with->part->s.addr, with->addr_base + v->u * with->addr_size, with->part->big);
	*addr = rd_uint(&r, with->addr_size);
	return !r.bad;
}
