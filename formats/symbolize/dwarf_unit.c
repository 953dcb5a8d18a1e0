/* dwarf_unit.c - the heads of units, and ranges of addresses; see dwarf_impl.h */
#include "formats/symbolize/dwarf_impl.h"

static int read_header(struct dw_part *p, struct rd *r, struct dw_unit *u, struct err *e)
{
	uint64_t length;

	u->part = p;
	u->tree = u;
	u->off = (uint64_t)(r->p - (const uint8_t *)p->s.info.p);
	length = rd_u32(r);
	u->off_size = 4;
	if (length == 0xffffffff) {
		length = rd_u64(r);
		u->off_size = 8;
	}
	if (r->bad || length > rd_left(r))
		return err_set(e, ERR_CORRUPT, ".debug_info: the unit at 0x%llx claims %llu bytes, there are %zu",
		    (unsigned long long)u->off, (unsigned long long)length, rd_left(r));
	if (length > INT32_MAX) /* places in it are 32 bits */
		return err_set(e, ERR_UNSUPPORTED, ".debug_info: the unit at 0x%llx has %llu bytes",
		    (unsigned long long)u->off, (unsigned long long)length);
	u->end = (uint64_t)(r->p - (const uint8_t *)p->s.info.p) + length;
	u->version = rd_u16(r);
	u->type = UT_COMPILE;
	if (u->version >= 5) {
		u->type = rd_u8(r);
		u->addr_size = rd_u8(r);
		u->abbrev_off = rd_uint(r, u->off_size);
		if (u->type == UT_SKELETON || u->type == UT_SPLIT_COMPILE)
			u->dwo_id = rd_u64(r);
		if (u->type == UT_TYPE || u->type == UT_SPLIT_TYPE)
			rd_skip(r, 8u + u->off_size);
	} else {
		u->abbrev_off = rd_uint(r, u->off_size);
		u->addr_size = rd_u8(r);
	}
	u->first = (uint64_t)(r->p - (const uint8_t *)p->s.info.p);
	if (r->bad || u->version < 2 || u->version > 5 || u->first > u->end || (u->addr_size != 4 && u->addr_size != 8))
		return err_set(e, ERR_UNSUPPORTED,
		    ".debug_info: the unit at 0x%llx has version %u, addresses of %u bytes", (unsigned long long)u->off,
		    u->version, u->addr_size);
	return 0;
}

static void root_value(struct dw_unit *u, uint16_t name, const struct dw_value *v, struct dw_value *dwo_name,
    struct dw_value *unit_name, struct dw_value *dir)
{
	switch (name) {
	case AT_PRODUCER: u->by_gcc = str_prefix(dw_text(u, v), STR("GNU ")); break;
	case AT_NAME: *unit_name = *v; break;
	case AT_COMP_DIR: *dir = *v; break;
	case AT_DWO_NAME:
	case AT_GNU_DWO_NAME: *dwo_name = *v; break;
	case AT_GNU_DWO_ID: u->dwo_id = v->u; break;
	case AT_STMT_LIST:
		u->has_line = v->class == CLASS_UINT;
		u->line_off = v->u;
		break;
	case AT_LOW_PC:
		u->low = *v;
		u->has_low = true;
		break;
	case AT_HIGH_PC:
		u->high = *v;
		u->has_high = true;
		break;
	case AT_RANGES:
		u->ranges = *v;
		u->has_ranges = true;
		break;
	case AT_STR_OFFSETS_BASE: u->str_offsets_base = v->u; break;
	case AT_ADDR_BASE:
	case AT_GNU_ADDR_BASE: u->addr_base = v->u; break;
	case AT_RNGLISTS_BASE: u->rnglists_base = v->u; break;
	case AT_GNU_RANGES_BASE: u->ranges_base = v->u; break;
	default: break;
	}
}

/* Split units have no bases of their own: their tables begin behind a header. */
static void default_bases(struct dw_unit *u)
{
	uint64_t head = u->off_size == 8 ? 16 : 8;

	if (!u->part->split || u->version < 5)
		return;
	u->str_offsets_base = head;
	u->rnglists_base = head + 4;
}

static int read_root(struct dw_unit *u, struct err *e)
{
	struct str info = str_of(u->part->s.info.p, (size_t)u->end);
	struct rd r = rd_at(info, u->first, u->part->big);
	struct dw_value name = { 0 }, dir = { 0 }, dwo = { 0 };
	const struct dw_abbrev *b;
	uint64_t code;

	default_bases(u);
	code = rd_uleb(&r);
	if (code == 0)
		return 0; /* an empty unit */
	u->abbrevs = dw_abbrevs_at(u, e);
	if (u->abbrevs == NULL)
		return -1;
	b = dw_abbrev_of(u->abbrevs, code);
	if (b == NULL)
		return err_set(e, ERR_CORRUPT, "no abbreviation %llu", (unsigned long long)code);
	u->tag = b->tag;
	for (uint32_t i = 0; i < b->n; i++) {
		struct dw_value v = { 0 };

		dw_read(&r, u, &u->abbrevs->specs[b->first + i], &v);
		root_value(u, u->abbrevs->specs[b->first + i].name, &v, &dwo, &name, &dir);
	}
	if (r.bad)
		return err_set(e, ERR_CORRUPT, "the first entry is cut short");
	u->name = dw_text(u, &name);
	u->dir = dw_text(u, &dir);
	u->dwo_name = dw_text(u, &dwo);
	if (u->has_low && !dw_address(u, &u->low, &u->low_pc))
		u->has_low = false;
	return 0;
}

int dw_part_units(struct dw_part *p, struct err *e)
{
	struct rd r = rd_of(p->s.info, p->big);
	VEC(struct dw_unit) list = { 0 };
	int rc = 0;

	while (rd_left(&r) > 0) {
		struct dw_unit u = { 0 };

		rc = read_header(p, &r, &u, e);
		if (rc < 0)
			break;
		vec_push(&list, u);
		r.p = (const uint8_t *)p->s.info.p + u.end;
	}
	/* Units before a broken one are whole. */
	if (rc < 0)
		dw_trouble(p->d, NULL, e);
	p->n_units = (uint32_t)MIN(list.n, (size_t)UINT32_MAX - 1);
	p->units = arena_array(p->d->a, list.n, sizeof(*p->units));
	if (list.n)
		memcpy(p->units, list.p, list.n * sizeof(*p->units));
	vec_free(&list);
	for (uint32_t i = 0; i < p->n_units; i++) {
		struct dw_unit *u = &p->units[i];

		u->tree = u;
		if (read_root(u, e) < 0) {
			dw_trouble(p->d, u, e);
			u->state = STATE_BROKEN;
		}
	}
	return p->n_units > 0 || rc == 0 ? 0 : -1;
}

struct dw_unit *dw_unit_at(struct dw_part *p, uint64_t off)
{
	uint32_t low = 0, high = p->n_units;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (p->units[mid].end <= off)
			low = mid + 1;
		else
			high = mid;
	}
	return low < p->n_units && off >= p->units[low].first ? &p->units[low] : NULL;
}

/* ---- ranges ---- */

static void add_range(struct dw_unit *u, uint64_t from, uint64_t to, uint32_t node, struct dw_range_list *out)
{
	struct dwarf *d = u->part->d;

	if (from < to && d->range_work > 0 && elf_code(d->elf, from)) {
		d->range_work--;
		vec_push(out, ((struct dw_range){ from, to, node }));
	}
}

/* DWARF 2 to 4: pairs of addresses from a base, which a first of all ones replaces. */
static void old_ranges(struct dw_unit *u, uint64_t off, uint32_t node, struct dw_range_list *out)
{
	struct dw_unit *with = u->skeleton ? u->skeleton : u;
	struct rd r = rd_at(with->part->s.ranges, off + with->ranges_base * (u->skeleton != NULL), u->part->big);
	uint64_t base = with->low_pc, top = u->addr_size == 8 ? UINT64_MAX : UINT32_MAX;

	while (u->part->d->range_work > 0) {
		uint64_t from = rd_uint(&r, u->addr_size), to = rd_uint(&r, u->addr_size);

		if (r.bad || (from == 0 && to == 0))
			return;
		if (from == top)
			base = to;
		else
			add_range(u, base + from, base + to, node, out);
		if (from == top || from >= to)
			u->part->d->range_work--;
	}
}

static uint64_t indexed(struct dw_unit *u, uint64_t index)
{
	struct dw_value v = { .class = CLASS_ADDRX, .u = index };
	uint64_t addr;

	return dw_address(u, &v, &addr) ? addr : 0;
}

static void new_ranges(struct dw_unit *u, uint64_t off, uint32_t node, struct dw_range_list *out)
{
	struct rd r = rd_at(u->part->s.rnglists, off, u->part->big);
	uint64_t base = u->skeleton ? u->skeleton->low_pc : u->low_pc, from, to;

	while (u->part->d->range_work > 0) {
		uint8_t kind = rd_u8(&r);

		from = to = 0;
		switch (kind) {
		case 1: base = indexed(u, rd_uleb(&r)); break;
		case 2:
			from = indexed(u, rd_uleb(&r));
			to = indexed(u, rd_uleb(&r));
			break;
		case 3:
			from = indexed(u, rd_uleb(&r));
			to = from + rd_uleb(&r);
			break;
		case 4:
			from = base + rd_uleb(&r);
			to = base + rd_uleb(&r);
			break;
		case 5: base = rd_uint(&r, u->addr_size); break;
		case 6:
			from = rd_uint(&r, u->addr_size);
			to = rd_uint(&r, u->addr_size);
			break;
		case 7:
			from = rd_uint(&r, u->addr_size);
			to = from + rd_uleb(&r);
			break;
		default: return;
		}
		if (r.bad)
			return;
		if (from < to)
			add_range(u, from, to, node, out);
		else
			u->part->d->range_work--;
	}
}

void dw_ranges(struct dw_unit *u, const struct dw_value *low, const struct dw_value *high,
    const struct dw_value *ranges, uint32_t node, struct dw_range_list *out)
{
	uint64_t from, to, off;

	if (ranges != NULL && ranges->class != CLASS_NONE) {
		off = ranges->u;
		if (ranges->class == CLASS_RNGLISTX) {
			struct rd r = rd_at(u->part->s.rnglists,
			    MIN(u->rnglists_base + MIN(off, (uint64_t)UINT32_MAX) * u->off_size, UINT64_MAX / 2),
			    u->part->big);

			off = u->rnglists_base + rd_uint(&r, u->off_size);
			if (r.bad)
				return;
		}
		if (u->version >= 5)
			new_ranges(u, off, node, out);
		else
			old_ranges(u, off, node, out);
		return;
	}
	if (low == NULL || high == NULL || !dw_address(u, low, &from))
		return;
	if (high->class == CLASS_UINT)
		to = from + high->u;
	else if (!dw_address(u, high, &to))
		return;
	add_range(u, from, to, node, out);
}

static void span(struct dwarf *d, uint64_t from, uint32_t node)
{
	size_t n = d->flat.n;

	if (n > 0 && d->flat.p[n - 1].from == from)
		d->flat.p[n - 1].node = node;
	else if (n > 0 && d->flat.p[n - 1].node == node)
		return;
	else
		vec_push(&d->flat, ((struct dw_span){ from, node }));
}

/* Ends the ranges on the stack that end at or before `at`; what is below goes on. */
static void unwind(struct dwarf *d, const struct dw_range *r, uint64_t at)
{
	while (d->stack.n > 0) {
		uint64_t to = r[d->stack.p[d->stack.n - 1]].to;

		if (to > at)
			return;
		d->stack.n--;
		while (d->stack.n > 0 && r[d->stack.p[d->stack.n - 1]].to <= to)
			d->stack.n--;
		span(d, to, d->stack.n > 0 ? r[d->stack.p[d->stack.n - 1]].node : DW_NO_NODE);
	}
}

/*
 * In order of their beginnings, longer ones first, and later ones inside
 * earlier ones: entries come after those that they are in.
 */
void dw_flatten(struct dwarf *d, struct dw_range_list *in, struct dw_spans *out)
{
	size_t n = MIN(in->n, (size_t)UINT32_MAX / 2);
	struct keyed *keys;

	d->keys.n = 0;
	vec_reserve(&d->keys, n * 2 + 1);
	keys = d->keys.p;
	for (size_t i = 0; i < n; i++)
		keys[i] = (struct keyed){ UINT64_MAX - (in->p[i].to - in->p[i].from), (uint32_t)i };
	radix_sort(keys, keys + n, n);
	for (size_t i = 0; i < n; i++)
		keys[i].key = in->p[keys[i].value].from;
	radix_sort(keys, keys + n, n);
	d->flat.n = d->stack.n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct dw_range *r = &in->p[keys[i].value];

		unwind(d, in->p, r->from);
		vec_push(&d->stack, keys[i].value);
		span(d, r->from, r->node);
	}
	unwind(d, in->p, UINT64_MAX);
	out->n = (uint32_t)d->flat.n;
	out->p = arena_array(d->a, d->flat.n, sizeof(*out->p));
	if (out->n)
		memcpy(out->p, d->flat.p, d->flat.n * sizeof(*out->p));
}

uint32_t dw_span_at(const struct dw_spans *s, uint64_t addr)
{
	uint32_t i = keyed_upto(s->p, s->n, sizeof(*s->p), addr);

	return i > 0 ? s->p[i - 1].node : DW_NO_NODE;
}
