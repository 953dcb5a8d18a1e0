/* head_record.c - the journal record of a change to a head: written and read here */
#include "base/enc.h"
#include "base/hash.h"
#include "formats/head/head.h"
#include "formats/head/head_tables.h"

/* ---- writing ---- */

static void put_str(struct buf *out, struct str s)
{
	buf_uvarint(out, s.n);
	buf_add(out, s);
}

static void put_mappings(struct buf *out, const struct symbols *s, uint32_t from)
{
	buf_uvarint(out, from);
	buf_uvarint(out, s->mappings.n - from);
	for (size_t i = from; i < s->mappings.n; i++) {
		const struct sym_mapping *m = &s->mappings.p[i];

		buf_uvarint(out, m->start);
		buf_uvarint(out, m->limit);
		buf_uvarint(out, m->offset);
		buf_uvarint(out, m->file);
		buf_uvarint(out, m->build_id);
		buf_uvarint(out, m->flags);
	}
}

static void put_functions(struct buf *out, const struct symbols *s, uint32_t from)
{
	buf_uvarint(out, from);
	buf_uvarint(out, s->functions.n - from);
	for (size_t i = from; i < s->functions.n; i++) {
		const struct sym_function *f = &s->functions.p[i];

		buf_uvarint(out, f->name);
		buf_uvarint(out, f->system_name);
		buf_uvarint(out, f->file);
		buf_uvarint(out, f->start_line);
	}
}

static void put_locations(struct buf *out, const struct symbols *s, uint32_t from)
{
	buf_uvarint(out, from);
	buf_uvarint(out, s->locations.n - from);
	for (size_t i = from; i < s->locations.n; i++) {
		const struct sym_location *l = &s->locations.p[i];

		buf_uvarint(out, l->address);
		buf_uvarint(out, l->mapping);
		buf_uvarint(out, l->n_lines);
		for (uint32_t k = 0; k < l->n_lines; k++) {
			buf_uvarint(out, s->lines.p[l->first_line + k].function);
			buf_uvarint(out, s->lines.p[l->first_line + k].line);
		}
	}
}

void record_symbols(struct buf *out, const struct symbols *s, const struct sym_counts *from)
{
	buf_u64le(out, s->partition);
	buf_uvarint(out, from->strings);
	buf_uvarint(out, s->strings.n - from->strings);
	for (size_t i = from->strings; i < s->strings.n; i++)
		put_str(out, s->strings.p[i]);
	put_mappings(out, s, from->mappings);
	put_functions(out, s, from->functions);
	put_locations(out, s, from->locations);
	buf_uvarint(out, from->nodes);
	buf_uvarint(out, s->nodes.n - from->nodes);
	for (size_t i = from->nodes; i < s->nodes.n; i++) {
		buf_uvarint(out, i - s->nodes.p[i].parent);
		buf_uvarint(out, s->nodes.p[i].location);
	}
}

void record_series(struct buf *out, const struct head *h, uint32_t from)
{
	const struct head_tables *t = h->tables;

	buf_uvarint(out, from);
	buf_uvarint(out, t->series.n - from);
	for (size_t i = from; i < t->series.n; i++) {
		const struct labels *l = &t->series.p[i].labels;

		buf_uvarint(out, l->n);
		for (uint32_t k = 0; k < l->n; k++) {
			put_str(out, l->p[k].name);
			put_str(out, l->p[k].value);
		}
	}
}

void record_profile(struct buf *out, const struct head_profile *p)
{
	buf_u64le(out, (uint64_t)p->time);
	buf_u64le(out, (uint64_t)p->duration);
	buf_add(out, str_of(p->id, sizeof(p->id)));
}

/* ---- reading ---- */

/* A reader that remembers that it ran past the end, so that fields can be read in a row. */
struct reader {
	struct str in;
	size_t at;
	bool bad;
};

static uint64_t get(struct reader *r)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && r->at < r->in.n; shift += 7) {
		uint8_t c = (uint8_t)r->in.p[r->at++];

		v |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80)
			return v;
	}
	r->bad = true;
	return 0;
}

static uint32_t get32(struct reader *r)
{
	uint64_t v = get(r);

	if (v > UINT32_MAX)
		r->bad = true;
	return (uint32_t)v;
}

static struct str get_bytes(struct reader *r, uint64_t n)
{
	struct str s;

	if (r->bad || n > r->in.n - r->at) {
		r->bad = true;
		return STR_NONE;
	}
	s = str_of(r->in.p + r->at, n);
	r->at += n;
	return s;
}

static struct str get_str(struct reader *r)
{
	return get_bytes(r, get(r));
}

static uint64_t get_u64le(struct reader *r)
{
	struct str s = get_bytes(r, 8);
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v |= (uint64_t)(uint8_t)s.p[i] << (8 * i);
	return v;
}

/* The head of a section: its entries follow a table of exactly `known`. Each takes a byte at least. */
static uint64_t get_section(struct reader *r, size_t known)
{
	uint64_t from = get(r), n = get(r);

	if (r->bad || from != known || n > r->in.n - r->at) {
		r->bad = true;
		return 0;
	}
	return n;
}

static void get_tables(struct reader *r, struct symbols *s)
{
	for (uint64_t n = get_section(r, s->strings.n); n > 0 && !r->bad; n--)
		symbols_append_string(s, get_str(r));
	for (uint64_t n = get_section(r, s->mappings.n); n > 0 && !r->bad; n--) {
		struct sym_mapping m = { .start = get(r), .limit = 0 };

		m.limit = get(r);
		m.offset = get(r);
		m.file = get32(r);
		m.build_id = get32(r);
		m.flags = get32(r);
		vec_push(&s->mappings, m);
	}
	for (uint64_t n = get_section(r, s->functions.n); n > 0 && !r->bad; n--) {
		struct sym_function f = { .name = get32(r) };

		f.system_name = get32(r);
		f.file = get32(r);
		f.start_line = get32(r);
		vec_push(&s->functions, f);
	}
}

static void get_location(struct reader *r, struct symbols *s)
{
	struct sym_location l = { .address = get(r) };

	l.mapping = get32(r);
	l.n_lines = get32(r);
	l.first_line = (uint32_t)s->lines.n;
	if (l.n_lines > SYM_MAX_LINES) {
		r->bad = true;
		return;
	}
	for (uint32_t k = 0; k < l.n_lines; k++) {
		struct sym_line line = { .function = get32(r) };

		line.line = get32(r);
		vec_push(&s->lines, line);
	}
	vec_push(&s->locations, l);
}

static void get_nodes(struct reader *r, struct symbols *s)
{
	for (uint64_t n = get_section(r, s->nodes.n); n > 0 && !r->bad; n--) {
		uint64_t up = get(r);
		uint32_t location = get32(r);

		if (up > s->nodes.n) {
			r->bad = true;
			return;
		}
		struct sym_node node = { (uint32_t)(s->nodes.n - up), location };

		vec_push(&s->nodes, node);
	}
}

/* Series that the record makes; their strings stay in the record. */
struct new_series {
	struct arena *mem;
	VEC(struct labels) v;
};

static void get_series(struct reader *r, size_t known, struct new_series *out)
{
	for (uint64_t n = get_section(r, known); n > 0 && !r->bad; n--) {
		uint64_t k = get(r);
		struct labels l;

		if (r->bad || k > (r->in.n - r->at) / 2) {
			r->bad = true;
			return;
		}
		l.n = (uint32_t)k;
		l.p = arena_array(out->mem, k, sizeof(*l.p));
		for (uint32_t i = 0; i < l.n; i++) {
			l.p[i].name = get_str(r);
			l.p[i].value = get_str(r);
		}
		vec_push(&out->v, l);
	}
}

static int get_rows(struct reader *r, struct head *h, uint32_t partition, uint32_t profile, struct err *e)
{
	struct head_tables *t = h->tables;
	size_t used, nodes = t->partitions.p[partition]->nodes.n;

	while (r->at < r->in.n) {
		uint32_t series = get32(r);
		struct str kind = get_bytes(r, 1);

		if (r->bad || series >= t->series.n || (uint8_t)kind.p[0] > 1)
			return err_set(e, ERR_CORRUPT, "head record: row at byte %zu", r->at);
		if (rows_decode(str_skip(r->in, r->at), &t->samples, &used, e) < 0)
			return err_wrap(e, "head record: row at byte %zu", r->at);
		for (size_t i = 0; i < t->samples.stacks.n; i++)
			if (t->samples.stacks.p[i] >= nodes)
				return err_set(e, ERR_CORRUPT, "head record: stack %u of %zu", t->samples.stacks.p[i],
				    nodes);
		buf_reset(&t->packed);
		buf_add(&t->packed, str_of(r->in.p + r->at, used));
		r->at += used;
		head_row_add(h, series, profile, kind.p[0]);
	}
	return 0;
}

/* All of a record before its rows. Fails with the tables as they were, so that later records still fit. */
static int get_changes(struct reader *r, struct symbols *s, size_t known, struct new_series *series,
    struct head_profile *p, struct err *e)
{
	struct sym_counts before = symbols_counts(s);
	struct str id;
	int rc = 0;

	get_tables(r, s);
	for (uint64_t n = get_section(r, s->locations.n); n > 0 && !r->bad; n--)
		get_location(r, s);
	get_nodes(r, s);
	get_series(r, known, series);
	p->time = (int64_t)get_u64le(r);
	p->duration = (int64_t)get_u64le(r);
	id = get_bytes(r, sizeof(p->id));
	if (r->bad)
		rc = err_set(e, ERR_CORRUPT, "head record: does not fit at byte %zu of %zu", r->at, r->in.n);
	else if (symbols_check(s, &before, e) < 0)
		rc = err_wrap(e, "head record");
	else
		memcpy(p->id, id.p, sizeof(p->id));
	if (rc < 0)
		symbols_truncate(s, &before);
	return rc;
}

int head_replay(struct head *h, struct str record, struct err *e)
{
	struct reader r = { .in = record };
	struct head_profile p = { .partition = head_partition(h, get_u64le(&r)) };
	struct new_series series = { .mem = arena_new() };
	int rc = get_changes(&r, h->tables->partitions.p[p.partition], head_series(h), &series, &p, e);

	for (size_t i = 0; i < series.v.n && rc == 0; i++)
		head_series_add(h, &series.v.p[i], labels_hash(&series.v.p[i]));
	vec_free(&series.v);
	arena_free(series.mem);
	if (rc < 0 || get_rows(&r, h, p.partition, head_profile_add(h, &p), e) < 0)
		return -1;
	h->record_bytes += record.n;
	return 0;
}
