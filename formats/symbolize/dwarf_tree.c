/* dwarf_tree.c - functions and inlined calls of a unit; see dwarf_impl.h */
#include "formats/symbolize/dwarf_impl.h"

struct walk {
	struct dw_unit *u;
	struct dwarf *d;
	struct rd r;
	uint32_t scope[DW_DEPTH]; /* the node that entries of a depth are in */
	uint32_t depth;
	uint32_t function; /* the depth of what is in the outermost function; 0: outside */
};

/* A function or an inlined call that has addresses becomes a node; the result is its number, or DW_NO_NODE. */
static uint32_t take(struct walk *w, const struct dw_abbrev *b, uint64_t die)
{
	struct dw_node n = { .die = (uint32_t)(die - w->u->off), .parent = DW_NO_NODE, .entry = UINT64_MAX };
	struct dw_value low = { 0 }, high = { 0 }, ranges = { 0 };
	uint32_t at = (uint32_t)w->d->nodes.n;
	size_t before = w->d->ranges.n;

	for (uint32_t i = 0; i < b->n; i++) {
		const struct dw_spec *s = &w->u->abbrevs->specs[b->first + i];
		struct dw_value v;

		switch (s->name) {
		case AT_LOW_PC: dw_read(&w->r, w->u, s, &low); break;
		case AT_HIGH_PC: dw_read(&w->r, w->u, s, &high); break;
		case AT_RANGES: dw_read(&w->r, w->u, s, &ranges); break;
		case AT_CALL_FILE:
			dw_read(&w->r, w->u, s, &v);
			n.call_file = (uint32_t)MIN(v.u, (uint64_t)UINT32_MAX - 1);
			break;
		case AT_CALL_LINE:
			dw_read(&w->r, w->u, s, &v);
			n.call_line = (uint32_t)MIN(v.u, (uint64_t)UINT32_MAX);
			break;
		default: dw_skip_one(&w->r, w->u, s);
		}
	}
	if (w->r.bad || (low.class == CLASS_NONE && ranges.class == CLASS_NONE))
		return DW_NO_NODE;
	dw_ranges(w->u, &low, &high, &ranges, at, &w->d->ranges);
	if (w->d->ranges.n == before)
		return DW_NO_NODE;
	for (size_t i = before; i < w->d->ranges.n; i++)
		n.entry = MIN(n.entry, w->d->ranges.p[i].from);
	if (b->tag == TAG_INLINED)
		n.parent = w->scope[w->depth];
	vec_push(&w->d->nodes, n);
	return at;
}

/* Nothing below such an entry is wanted. */
static bool passes(const struct walk *w, const struct dw_abbrev *b)
{
	return b->barren == BARREN_ALWAYS || (b->barren == BARREN_OUTSIDE && w->u->by_gcc && w->function == 0);
}

static int entry(struct walk *w, struct err *e)
{
	const uint8_t *info = (const uint8_t *)w->u->part->s.info.p;
	uint64_t die = (uint64_t)(w->r.p - info), code = rd_uleb(&w->r), next = 0;
	uint32_t node = w->scope[w->depth];
	const struct dw_abbrev *b;

	if (code == 0) {
		if (w->depth == w->function)
			w->function = 0;
		if (w->depth > 0)
			w->depth--;
		return 0;
	}
	b = dw_abbrev_of(w->u->abbrevs, code);
	if (b == NULL)
		return err_set(e, ERR_CORRUPT, "no abbreviation %llu", (unsigned long long)code);
	if (b->tag == TAG_SUBPROGRAM || b->tag == TAG_INLINED)
		node = DW_NO_NODE;
	if (b->has_code && (b->tag == TAG_SUBPROGRAM || b->tag == TAG_INLINED))
		node = take(w, b, die);
	else
		next = dw_skip(&w->r, w->u, w->u->abbrevs, b);
	if (w->r.bad)
		return err_set(e, ERR_CORRUPT, "an entry of tag 0x%x at 0x%llx is cut short", b->tag,
		    (unsigned long long)die);
	if (passes(w, b) && next > (uint64_t)(w->r.p - info) && next <= w->u->end)
		w->r.p = info + next;
	else if (b->children) {
		if (w->depth + 1 == DW_DEPTH)
			return err_set(e, ERR_LIMIT, "entries are nested more than %d deep", DW_DEPTH);
		w->scope[++w->depth] = node;
		if (b->tag == TAG_SUBPROGRAM && w->function == 0)
			w->function = w->depth;
	}
	return 0;
}

void dw_read_tree(struct dw_unit *u)
{
	struct dwarf *d = u->part->d;
	struct walk w = { .u = u, .d = d };
	struct err e;

	if (u->state != STATE_NEW)
		return;
	u->state = STATE_READ;
	if (u->abbrevs == NULL)
		return;
	w.scope[0] = DW_NO_NODE;
	w.r = rd_at(str_of(u->part->s.info.p, (size_t)u->end), u->first, u->part->big);
	d->ranges.n = d->nodes.n = 0;
	while (rd_left(&w.r) > 0)
		if (entry(&w, &e) < 0) {
			dw_trouble(d, u, &e); /* what stands before it is good */
			u->state = STATE_BROKEN;
			break;
		}
	dw_flatten(d, &d->ranges, &u->spans);
	u->n_nodes = (uint32_t)d->nodes.n;
	u->nodes = arena_array(d->a, d->nodes.n, sizeof(*u->nodes));
	if (u->n_nodes)
		memcpy(u->nodes, d->nodes.p, d->nodes.n * sizeof(*u->nodes));
}

/* ---- names ---- */

/* Where the entry refers to for what it does not say itself; false: nowhere. */
static bool name_step(struct dw_unit *u, uint64_t die, struct dw_names *n, struct dw_value *next)
{
	struct rd r = rd_at(str_of(u->part->s.info.p, (size_t)u->end), die, u->part->big);
	const struct dw_abbrev *b = u->abbrevs ? dw_abbrev_of(u->abbrevs, rd_uleb(&r)) : NULL;

	*next = (struct dw_value){ 0 };
	if (b == NULL)
		return false;
	for (uint32_t i = 0; i < b->n && !r.bad; i++) {
		const struct dw_spec *s = &u->abbrevs->specs[b->first + i];
		struct dw_value v = { 0 };

		dw_read(&r, u, s, &v);
		switch (s->name) {
		case AT_NAME:
			if (n->name.n == 0)
				n->name = dw_text(u, &v);
			break;
		case AT_LINKAGE_NAME:
		case AT_MIPS_LINKAGE_NAME:
			if (n->linkage.n == 0)
				n->linkage = dw_text(u, &v);
			break;
		case AT_DECL_LINE:
			if (n->start_line == 0)
				n->start_line = (uint32_t)MIN(v.u, (uint64_t)UINT32_MAX);
			break;
		case AT_ABSTRACT_ORIGIN:
		case AT_SPECIFICATION: *next = v; break;
		default: break;
		}
	}
	return next->class == CLASS_REF || next->class == CLASS_REF_ALT;
}

const struct dw_names *dw_names_of(struct dw_unit *u, struct dw_node *k)
{
	struct dwarf *d = u->part->d;
	uint64_t die = u->off + k->die;
	struct dw_names n = { 0 };
	struct dw_value next;

	if (k->names > 0)
		return &d->names.p[k->names - 1];
	for (unsigned i = 0; i < DW_CHAIN && u != NULL && name_step(u, die, &n, &next); i++) {
		if (n.linkage.n && n.name.n && n.start_line)
			break;
		die = next.u;
		u = dw_unit_at(next.class == CLASS_REF_ALT ? &d->alt : u->part, die);
	}
	vec_push(&d->names, n);
	k->names = (uint32_t)d->names.n;
	return &d->names.p[d->names.n - 1];
}
