/*
 * symdb_writer.c - symbols.symdb, version 3.
 */
#include "formats/symbols/symdb_impl.h"
#include "formats/symbols/symdb_plan.h"

#include <stdlib.h>

#include "base/hash.h"
#include "formats/parquet/dbp.h"

struct written {
	uint64_t id;
	struct symdb_chunk chunk;
	struct symdb_ref section[SECTIONS];
};

struct symdb_writer {
	struct buf file; /* sections of all partitions so far */
	VEC(struct written) parts;
	struct buf column[7];          /* of one section block */
	uint32_t v32[2 * SYMDB_BLOCK]; /* values of one column, unless a block has more lines */
	int64_t v64[SYMDB_BLOCK];
	VEC(uint32_t) lines;
};

struct symdb_writer *symdb_writer_new(void)
{
	struct symdb_writer *w = mem_zalloc(sizeof(*w));

	buf_init(&w->file, SIZE_MAX);
	for (size_t i = 0; i < ARRAY_LEN(w->column); i++)
		buf_init(&w->column[i], SIZE_MAX);
	return w;
}

void symdb_writer_free(struct symdb_writer *w)
{
	if (w == NULL)
		return;
	buf_fini(&w->file);
	vec_free(&w->parts);
	vec_free(&w->lines);
	for (size_t i = 0; i < ARRAY_LEN(w->column); i++)
		buf_fini(&w->column[i]);
	mem_free(w);
}

/* Header of a section block: the count, sizes of the columns, checksum; then the columns. */
static void put_columns(struct symdb_writer *w, uint32_t count, const uint32_t *fields, unsigned n_fields,
    unsigned n_columns)
{
	size_t start = w->file.n;

	buf_u32be(&w->file, count);
	for (unsigned i = 0; i < n_fields; i++)
		buf_u32be(&w->file, fields[i]);
	buf_u32be(&w->file, crc32c(0, str_of(w->file.p + start, w->file.n - start)));
	for (unsigned i = 0; i < n_columns; i++)
		buf_add(&w->file, buf_str(&w->column[i]));
}

static void reset_columns(struct symdb_writer *w)
{
	for (size_t i = 0; i < ARRAY_LEN(w->column); i++)
		buf_reset(&w->column[i]);
}

static void put_strings(struct symdb_writer *w, const struct symbols *s, const uint32_t *old, uint32_t n)
{
	bool wide = false;
	size_t start = w->file.n;

	for (uint32_t i = 0; i < n; i++)
		wide = wide || s->strings.p[old[i]].n > UINT8_MAX;
	buf_u32be(&w->file, n);
	buf_byte(&w->file, 0);
	buf_byte(&w->file, wide ? 16 : 8);
	buf_fill(&w->file, '\0', 2);
	buf_u32be(&w->file, crc32c(0, str_of(w->file.p + start, w->file.n - start)));
	for (uint32_t i = 0; i < n; i++) {
		size_t length = s->strings.p[old[i]].n;

		if (wide)
			buf_u16be(&w->file, (uint16_t)length);
		else
			buf_byte(&w->file, (unsigned char)length);
	}
	for (uint32_t i = 0; i < n; i++)
		buf_add(&w->file, s->strings.p[old[i]]);
}

static void put_functions(struct symdb_writer *w, const struct symbols *s, const struct symdb_plan *p, uint32_t from,
    uint32_t n)
{
	uint32_t *columns[] = { w->v32, w->v32 + n, w->v32, w->v32 + n };
	uint32_t sizes[4];

	reset_columns(w);
	for (unsigned c = 0; c < 4; c++) {
		for (uint32_t i = 0; i < n; i++) {
			const struct sym_function *f = &s->functions.p[p->functions.old[from + i]];

			columns[c][i] = c == 0 ? p->strings.fresh[f->name]
			    : c == 1           ? p->strings.fresh[f->system_name]
			    : c == 2           ? p->strings.fresh[f->file]
					       : f->start_line;
		}
		dbp_encode32(&w->column[c], columns[c], n);
		sizes[c] = (uint32_t)w->column[c].n;
	}
	put_columns(w, n, sizes, 4, 4);
}

static uint64_t mapping_value(const struct sym_mapping *m, const struct symdb_plan *p, unsigned column)
{
	switch (column) {
	case 0: return p->strings.fresh[m->file];
	case 1: return p->strings.fresh[m->build_id];
	case 2: return m->flags;
	case 3: return m->start;
	case 4: return m->limit;
	default: return m->offset;
	}
}

static void put_mappings(struct symdb_writer *w, const struct symbols *s, const struct symdb_plan *p, uint32_t from,
    uint32_t n)
{
	uint32_t sizes[6];

	reset_columns(w);
	for (unsigned c = 0; c < 6; c++) {
		uint64_t any = 0;

		for (uint32_t i = 0; i < n; i++) {
			uint64_t v = mapping_value(&s->mappings.p[p->mappings.old[from + i]], p, c);

			w->v32[i] = (uint32_t)v;
			w->v64[i] = (int64_t)v;
			any |= v;
		}
		if (c < 3)
			dbp_encode32(&w->column[c], w->v32, n);
		else if (any)
			dbp_encode64(&w->column[c], w->v64, n);
		sizes[c] = (uint32_t)w->column[c].n;
	}
	put_columns(w, n, sizes, 6, 6);
}

/*
 * addresses: some location of the section has one. The original's reader
 * mixes up blocks if only some have the column.
 */
static void put_locations(struct symdb_writer *w, const struct symbols *s, const struct symdb_plan *p, uint32_t from,
    uint32_t n, bool addresses)
{
	uint32_t fields[5];

	reset_columns(w);
	w->lines.n = 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct sym_location *l = &s->locations.p[p->locations.old[from + i]];

		w->v32[i] = p->mappings.fresh[l->mapping];
		w->v64[i] = (int64_t)l->address;
		buf_byte(&w->column[1], (unsigned char)l->n_lines);
		for (uint32_t k = 0; k < l->n_lines; k++) {
			vec_push(&w->lines, p->functions.fresh[s->lines.p[l->first_line + k].function]);
			vec_push(&w->lines, s->lines.p[l->first_line + k].line);
		}
	}
	dbp_encode32(&w->column[0], w->v32, n);
	dbp_encode32(&w->column[2], w->lines.p, w->lines.n);
	if (addresses)
		dbp_encode64(&w->column[3], w->v64, n);
	fields[0] = (uint32_t)w->column[0].n;
	fields[1] = (uint32_t)(w->lines.n / 2);
	fields[2] = (uint32_t)w->column[2].n;
	fields[3] = (uint32_t)w->column[3].n;
	fields[4] = 0;
	put_columns(w, n, fields, 5, 4);
}

static struct symdb_ref section_begin(const struct symdb_writer *w, uint32_t length, unsigned header, unsigned format)
{
	return (struct symdb_ref){ .offset = w->file.n,
		.length = length,
		.block = SYMDB_BLOCK,
		.header = (uint16_t)header,
		.format = (uint16_t)format };
}

/* False if the section does not fit its field. */
static bool section_end(const struct symdb_writer *w, struct symdb_ref *r)
{
	uint64_t size = w->file.n - r->offset;

	r->size = (uint32_t)size;
	r->crc = crc32c(0, str_of(w->file.p + r->offset, size));
	return size <= UINT32_MAX;
}

static bool put_sections(struct symdb_writer *w, const struct symbols *s, const struct symdb_plan *p,
    struct symdb_ref *out)
{
	bool addresses = false, fits;
	struct symdb_ref r = section_begin(w, p->strings.n, SYMDB_STRINGS_HEADER, FORMAT_STRINGS);

	for (uint32_t i = 0; i < p->strings.n; i += SYMDB_BLOCK)
		put_strings(w, s, p->strings.old + i, MIN(p->strings.n - i, (uint32_t)SYMDB_BLOCK));
	fits = section_end(w, &r);
	out[SECTION_STRINGS] = r;
	r = section_begin(w, p->mappings.n, SYMDB_MAPPINGS_HEADER, FORMAT_MAPPINGS);
	for (uint32_t i = 0; i < p->mappings.n; i += SYMDB_BLOCK)
		put_mappings(w, s, p, i, MIN(p->mappings.n - i, (uint32_t)SYMDB_BLOCK));
	fits = section_end(w, &r) && fits;
	out[SECTION_MAPPINGS] = r;
	r = section_begin(w, p->functions.n, SYMDB_FUNCTIONS_HEADER, FORMAT_FUNCTIONS);
	for (uint32_t i = 0; i < p->functions.n; i += SYMDB_BLOCK)
		put_functions(w, s, p, i, MIN(p->functions.n - i, (uint32_t)SYMDB_BLOCK));
	fits = section_end(w, &r) && fits;
	out[SECTION_FUNCTIONS] = r;
	for (uint32_t i = 0; i < p->locations.n; i++)
		addresses = addresses || s->locations.p[p->locations.old[i]].address != 0;
	r = section_begin(w, p->locations.n, SYMDB_LOCATIONS_HEADER, FORMAT_LOCATIONS);
	for (uint32_t i = 0; i < p->locations.n; i += SYMDB_BLOCK)
		put_locations(w, s, p, i, MIN(p->locations.n - i, (uint32_t)SYMDB_BLOCK), addresses);
	fits = section_end(w, &r) && fits;
	out[SECTION_LOCATIONS] = r;
	return fits;
}

static int put_partition(struct symdb_writer *w, const struct symbols *s, const struct symdb_plan *p, struct err *e)
{
	struct written part = { .id = s->partition };

	if (!put_sections(w, s, p, part.section))
		return err_set(e, ERR_LIMIT, "symdb: a table of partition %016llx has more than %u bytes",
		    (unsigned long long)s->partition, UINT32_MAX);
	part.chunk = (struct symdb_chunk){ .offset = w->file.n,
		.partition = s->partition,
		.encoding = SYMDB_GROUP_VARINT,
		.stacks = p->n_stacks,
		.nodes = p->n_nodes,
		.max_nodes = UINT32_MAX };
	symdb_encode_nodes(&w->file, p->nodes, p->n_nodes);
	part.chunk.size = w->file.n - part.chunk.offset;
	part.chunk.crc = crc32c(0, str_of(w->file.p + part.chunk.offset, part.chunk.size));
	vec_push(&w->parts, part);
	return 0;
}

/*
 * No table may be empty: object stores refuse to read nothing, and the
 * original's reader takes mapping and function 0 for granted. Only what is
 * written is looked at: another thread may be extending the names meanwhile.
 */
static struct symbols without_empty(const struct symbols *s)
{
	static struct sym_mapping mapping;
	static struct sym_function function;
	static struct sym_location location;
	struct symbols view = { .partition = s->partition };

	memcpy(&view.strings, &s->strings, sizeof(view.strings));
	memcpy(&view.mappings, &s->mappings, sizeof(view.mappings));
	memcpy(&view.functions, &s->functions, sizeof(view.functions));
	memcpy(&view.locations, &s->locations, sizeof(view.locations));
	memcpy(&view.lines, &s->lines, sizeof(view.lines));
	memcpy(&view.nodes, &s->nodes, sizeof(view.nodes));
	if (view.mappings.n == 0) {
		view.mappings.p = &mapping;
		view.mappings.n = 1;
	}
	if (view.functions.n == 0) {
		view.functions.p = &function;
		view.functions.n = 1;
	}
	if (view.locations.n == 0) {
		view.locations.p = &location;
		view.locations.n = 1;
	}
	return view;
}

int symdb_writer_add(struct symdb_writer *w, struct symbols *s, const uint8_t *used, uint32_t *renumber, struct err *e)
{
	struct symbols view = without_empty(s);
	struct sym_counts none = { 0 };
	struct symdb_plan plan;
	int rc;

	for (size_t i = 0; i < w->parts.n; i++)
		if (w->parts.p[i].id == s->partition)
			return err_set(e, ERR_INVALID, "symdb: partition %016llx twice",
			    (unsigned long long)s->partition);
	if (symbols_check(&view, &none, e) < 0)
		return -1;
	symdb_plan_make(&plan, &view, used, renumber != NULL);
	rc = put_partition(w, &view, &plan, e);
	for (uint32_t i = 0; renumber && i < s->nodes.n; i++)
		renumber[i] = plan.node[i] == UINT32_MAX ? 0 : plan.node[i];
	symdb_plan_free(&plan);
	return rc;
}

static int cmp_parts(const void *a, const void *b)
{
	const struct written *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static void put_chunk(struct buf *b, const struct symdb_chunk *c)
{
	buf_u64be(b, c->offset);
	buf_u64be(b, c->size);
	buf_u64be(b, c->partition);
	buf_u16be(b, c->number);
	buf_byte(b, 0);
	buf_byte(b, c->encoding);
	buf_u32be(b, 0);
	buf_u32be(b, c->stacks);
	buf_u32be(b, c->nodes);
	buf_u32be(b, 0);
	buf_u32be(b, c->max_nodes);
	buf_fill(b, '\0', 12);
	buf_u32be(b, c->crc);
}

static void put_ref(struct buf *b, const struct symdb_ref *r)
{
	buf_u64be(b, r->offset);
	buf_u32be(b, r->size);
	buf_u32be(b, r->crc);
	buf_u32be(b, r->length);
	buf_u32be(b, r->block);
	buf_u16be(b, r->header);
	buf_u16be(b, r->format);
	buf_u32be(b, 0);
}

static void put_index(const struct symdb_writer *w, struct buf *b)
{
	size_t start = b->n;
	uint64_t each = 12 + SYMDB_CHUNK_HEADER + SECTIONS * 32;

	buf_add(b, STR(SYMDB_MAGIC));
	buf_u32be(b, 3);
	buf_u64be(b, 0);
	buf_u64be(b, 4 + w->parts.n * each);
	buf_u64be(b, SYMDB_INDEX_HEADER);
	buf_u32be(b, (uint32_t)w->parts.n);
	for (size_t i = 0; i < w->parts.n; i++) {
		buf_u64be(b, w->parts.p[i].id);
		buf_u32be(b, 1);
		put_chunk(b, &w->parts.p[i].chunk);
		for (unsigned k = 0; k < SECTIONS; k++)
			put_ref(b, &w->parts.p[i].section[k]);
	}
	if (!b->over)
		buf_u32be(b, crc32c(0, str_of(b->p + start, b->n - start)));
}

void symdb_writer_finish(struct symdb_writer *w, struct buf *out)
{
	size_t footer;

	if (w->parts.n > 1)
		qsort(w->parts.p, w->parts.n, sizeof(*w->parts.p), cmp_parts);
	buf_add(out, buf_str(&w->file));
	put_index(w, out);
	footer = out->n;
	buf_add(out, STR(SYMDB_MAGIC));
	buf_u32be(out, 3);
	buf_u64be(out, w->file.n);
	buf_u32be(out, 0);
	if (!out->over)
		buf_u32be(out, crc32c(0, str_of(out->p + footer, out->n - footer)));
}
