/* pprof_size.c - what pprof_encode would write, counted without writing */
#include "formats/msg/pb.h"
#include "formats/pprof/pprof.h"

static size_t number_size(uint64_t v)
{
	return v ? 1 + pb_varint_size(v) : 0;
}

/* A message or text of n bytes: its tag, its length, itself. */
static size_t record_size(size_t n)
{
	return 1 + pb_varint_size(n) + n;
}

static size_t type_size(struct value_type t)
{
	return record_size(number_size(t.type) + number_size(t.unit));
}

/* Positions in a table of limit items as the ids 1, 2 ...; others have one byte. */
static size_t ids_size(const uint32_t *positions, uint32_t n, uint32_t limit)
{
	static const uint32_t longer[] = { 0x7f, 0x3fff, 0x1fffff, 0xfffffff }; /* from there on a byte more */
	size_t size = n;

	for (size_t k = 0; k < ARRAY_LEN(longer) && longer[k] < limit; k++)
		for (uint32_t i = 0; i < n; i++)
			size += positions[i] - longer[k] < limit - longer[k];
	return size;
}

static size_t tags_size(const struct profile *p, uint32_t i)
{
	size_t size = 0;

	if (p->tag_at == NULL)
		return 0;
	for (uint32_t k = p->tag_at[i]; k < p->tag_at[i + 1]; k++) {
		const struct tag *t = &p->tags[k];

		size += record_size(
		    number_size(t->key) + number_size(t->str) + number_size((uint64_t)t->num) + number_size(t->unit));
	}
	return size;
}

static size_t sample_size(const struct profile *p, uint32_t i)
{
	uint32_t n = p->stack_at[i + 1] - p->stack_at[i];
	size_t size = tags_size(p, i), values = 0;

	if (n > 0)
		size += record_size(ids_size(p->stack + p->stack_at[i], n, p->n_locations));
	for (uint32_t k = 0; k < p->n_types; k++)
		values += pb_varint_size((uint64_t)profile_value(p, i, k));
	if (values > 0)
		size += record_size(values);
	return record_size(size);
}

static size_t location_size(const struct profile *p, uint32_t i)
{
	const struct location *l = &p->locations[i];
	size_t size = number_size(i + UINT64_C(1)) + number_size(l->address) + number_size(l->folded);

	size += l->mapping < p->n_mappings ? number_size(l->mapping + UINT64_C(1)) : 0;
	for (uint32_t k = l->first_line; k < l->first_line + l->n_lines; k++) {
		const struct line *line = &p->lines[k];
		size_t function = line->function < p->n_functions ? number_size(line->function + UINT64_C(1)) : 0;

		size += record_size(function + number_size((uint64_t)line->line) + number_size(line->column));
	}
	return record_size(size);
}

static size_t mapping_size(const struct profile *p, uint32_t i)
{
	const struct mapping *m = &p->mappings[i];

	return record_size(number_size(i + UINT64_C(1)) + number_size(m->start) + number_size(m->limit) +
	    number_size(m->offset) + number_size(m->file) + number_size(m->build_id) +
	    2 * (size_t)__builtin_popcount(m->flags & 15u));
}

static size_t function_size(const struct profile *p, uint32_t i)
{
	const struct function *f = &p->functions[i];

	return record_size(number_size(i + UINT64_C(1)) + number_size(f->name) + number_size(f->system_name) +
	    number_size(f->file) + number_size((uint64_t)f->start_line));
}

static size_t head_size(const struct profile *p)
{
	size_t size = number_size(p->drop_frames) + number_size(p->keep_frames) + number_size((uint64_t)p->time) +
	    number_size((uint64_t)p->duration) + number_size((uint64_t)p->period) + number_size(p->default_type) +
	    number_size(p->doc_url);
	size_t comments = 0;

	for (uint32_t i = 0; i < p->n_comments; i++)
		comments += pb_varint_size(p->comments[i]);
	size += comments ? record_size(comments) : 0;
	for (uint32_t i = 0; i < p->n_types; i++)
		size += type_size(p->types[i]);
	return size + (p->has_period_type ? type_size(p->period_type) : 0);
}

/* Ids of a table whose items begin with them are 1, 2 ... */
static bool in_order(const void *items, size_t stride, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint64_t id;

		memcpy(&id, (const char *)items + i * stride, sizeof(id));
		if (id != i + UINT64_C(1))
			return false;
	}
	return true;
}

size_t pprof_size(const struct profile *p)
{
	size_t size = head_size(p);

	if (!in_order(p->locations, sizeof(*p->locations), p->n_locations) ||
	    !in_order(p->functions, sizeof(*p->functions), p->n_functions) ||
	    !in_order(p->mappings, sizeof(*p->mappings), p->n_mappings)) {
		struct buf b;

		buf_init(&b, SIZE_MAX);
		pprof_encode(p, &b);
		size = b.n;
		buf_fini(&b);
		return size;
	}
	for (uint32_t i = 0; i < p->n_samples; i++)
		size += sample_size(p, i);
	for (uint32_t i = 0; i < p->n_mappings; i++)
		size += mapping_size(p, i);
	for (uint32_t i = 0; i < p->n_locations; i++)
		size += location_size(p, i);
	for (uint32_t i = 0; i < p->n_functions; i++)
		size += function_size(p, i);
	for (uint32_t i = 0; i < p->n_strings; i++)
		size += record_size(p->strings[i].n);
	return size;
}
