/*
 * pprof_encode.c - writes the protobuf profile. A record's size is computed
 * before it is written, so that every length is known when its turn comes;
 * room is asked for once a record.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "formats/pprof/pprof.h"
#include "formats/pprof/pprof_order.h"

enum { MAX_VARINT = 10, MAX_FIELD = MAX_VARINT + 1, MAX_NUMBERS = 10 };

static inline unsigned varint_size(uint64_t v)
{
	unsigned bits = 64 - (unsigned)__builtin_clzll(v | 1);

	return (bits * 9 + 64) / 64;
}

static inline unsigned field_size(uint64_t v)
{
	return v ? 1 + varint_size(v) : 0;
}

static inline char *put_varint(char *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (char)(v | 0x80);
		v >>= 7;
	}
	*p++ = (char)v;
	return p;
}

static inline char *put_number(char *p, unsigned field, uint64_t v)
{
	if (v == 0)
		return p;
	*p++ = (char)(field << 3);
	return put_varint(p, v);
}

static inline char *put_length(char *p, unsigned field, size_t n)
{
	*p++ = (char)(field << 3 | 2);
	return put_varint(p, n);
}

static void put_field(struct buf *out, unsigned field, uint64_t v)
{
	if (v && buf_room(out, MAX_FIELD))
		out->n = (size_t)(put_number(out->p + out->n, field, v) - out->p);
}

/* A message of numbers only, v[i] as field i + 1. */
static void put_numbers(struct buf *out, unsigned field, const uint64_t *v, unsigned n)
{
	size_t size = 0;
	char *p;

	if (!buf_room(out, (MAX_NUMBERS + 1) * MAX_FIELD))
		return;
	for (unsigned i = 0; i < n; i++)
		size += field_size(v[i]);
	p = put_length(out->p + out->n, field, size);
	for (unsigned i = 0; i < n; i++)
		p = put_number(p, i + 1, v[i]);
	out->n = (size_t)(p - out->p);
}

static int id_cmp(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

/* The ids of a table whose items begin with it: the original ones if they will do, else 1..n. */
static uint64_t *ids_new(const void *items, size_t stride, uint32_t n)
{
	uint64_t *ids = mem_array((size_t)n + 1, sizeof(*ids)), *sorted;
	bool rising = true, good = true;

	for (uint32_t i = 0; i < n; i++) {
		memcpy(&ids[i], (const char *)items + i * stride, sizeof(*ids));
		rising = rising && ids[i] > (i ? ids[i - 1] : 0);
	}
	if (rising)
		return ids;
	sorted = mem_array((size_t)n + 1, sizeof(*sorted));
	memcpy(sorted, ids, n * sizeof(*ids));
	qsort(sorted, n, sizeof(*sorted), id_cmp);
	for (uint32_t i = 0; i < n && good; i++)
		good = sorted[i] > (i ? sorted[i - 1] : 0);
	mem_free(sorted);
	for (uint32_t i = 0; i < n && !good; i++)
		ids[i] = i + UINT64_C(1);
	return ids;
}

struct writer {
	const struct profile *p;
	struct buf *out;
	uint64_t *mapping, *function, *location; /* ids by position */
};

static uint64_t id_of(const uint64_t *ids, uint32_t n, uint32_t position)
{
	return position < n ? ids[position] : 0;
}

static void put_labels(char **at, const struct tag *tag, uint32_t n)
{
	char *p = *at;

	for (uint32_t i = 0; i < n; i++) {
		const struct tag *t = &tag[i];

		p = put_length(p, 3,
		    field_size(t->key) + field_size(t->str) + field_size((uint64_t)t->num) + field_size(t->unit));
		p = put_number(p, 1, t->key);
		p = put_number(p, 2, t->str);
		p = put_number(p, 3, (uint64_t)t->num);
		p = put_number(p, 4, t->unit);
	}
	*at = p;
}

static size_t labels_size(const struct tag *tag, uint32_t n)
{
	size_t size = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct tag *t = &tag[i];

		/* a label is shorter than 128 bytes */
		size += 2 + field_size(t->key) + field_size(t->str) + field_size((uint64_t)t->num) +
		    field_size(t->unit);
	}
	return size;
}

static void put_sample(struct writer *w, uint32_t i)
{
	const struct profile *p = w->p;
	const uint32_t *stack = p->stack + p->stack_at[i];
	const int64_t *values = p->values + (size_t)i * p->n_types;
	uint32_t n = p->stack_at[i + 1] - p->stack_at[i];
	const struct tag *tags = p->tag_at ? p->tags + p->tag_at[i] : NULL;
	uint32_t n_tags = p->tag_at ? p->tag_at[i + 1] - p->tag_at[i] : 0;
	size_t stack_size = 0, values_size = 0, size;
	char *at;

	for (uint32_t k = 0; k < n; k++)
		stack_size += varint_size(id_of(w->location, p->n_locations, stack[k]));
	for (uint32_t k = 0; k < p->n_types; k++)
		values_size += varint_size((uint64_t)values[k]);
	size = labels_size(tags, n_tags);
	size += stack_size ? 1 + varint_size(stack_size) + stack_size : 0;
	size += values_size ? 1 + varint_size(values_size) + values_size : 0;
	if (!buf_room(w->out, size + MAX_FIELD))
		return;
	at = put_length(w->out->p + w->out->n, 2, size);
	if (stack_size)
		at = put_length(at, 1, stack_size);
	for (uint32_t k = 0; k < n; k++)
		at = put_varint(at, id_of(w->location, p->n_locations, stack[k]));
	if (values_size)
		at = put_length(at, 2, values_size);
	for (uint32_t k = 0; k < p->n_types; k++)
		at = put_varint(at, (uint64_t)values[k]);
	put_labels(&at, tags, n_tags);
	w->out->n = (size_t)(at - w->out->p);
}

/* Samples that are a tree: where the stacks of its nodes are in what was written. */
struct stacks {
	const struct pprof_node *nodes;
	uint32_t *sizes; /* bytes */
	size_t *at;      /* 0: nowhere so far */
};

/* A stack ends with that of its caller, so from there on the bytes are copied. */
static void put_node(struct writer *w, const struct stacks *s, uint32_t i)
{
	uint64_t value = (uint64_t)s->nodes[i].value;
	size_t stack = s->sizes[i], values = varint_size(value), size = stack + 2 + values;
	char *p;

	size += stack ? 1 + varint_size(stack) : 0;
	if (!buf_room(w->out, size + MAX_FIELD))
		return;
	p = put_length(w->out->p + w->out->n, 2, size);
	if (stack)
		p = put_length(p, 1, stack);
	for (; i != 0 && s->at[i] == 0; i = s->nodes[i].parent) {
		s->at[i] = (size_t)(p - w->out->p);
		p = put_varint(p, s->nodes[i].location + UINT64_C(1));
	}
	if (i != 0)
		memcpy(p, w->out->p + s->at[i], s->sizes[i]);
	p = put_length(p + s->sizes[i], 2, values);
	p = put_varint(p, value);
	w->out->n = (size_t)(p - w->out->p);
}

static void put_nodes(struct writer *w, const struct pprof_node *nodes, uint32_t n)
{
	struct stacks s = { nodes, mem_zarray((size_t)n + 1, sizeof(*s.sizes)),
		mem_zarray((size_t)n + 1, sizeof(*s.at)) };
	size_t size = 0;

	for (uint32_t i = 1; i < n; i++) {
		s.sizes[i] = s.sizes[nodes[i].parent] + varint_size(nodes[i].location + UINT64_C(1));
		size += nodes[i].value != 0 ? s.sizes[i] + 2 * MAX_FIELD : 0;
	}
	buf_room(w->out, size); /* at once */
	for (uint32_t i = 1; i < n; i++)
		if (nodes[i].value != 0)
			put_node(w, &s, i);
	mem_free(s.sizes);
	mem_free(s.at);
}

static void put_mapping(struct writer *w, uint32_t i)
{
	const struct mapping *m = &w->p->mappings[i];
	uint64_t v[10] = {
		w->mapping[i],
		m->start,
		m->limit,
		m->offset,
		m->file,
		m->build_id,
		(m->flags & MAPPING_HAS_FUNCTIONS) != 0,
		(m->flags & MAPPING_HAS_FILENAMES) != 0,
		(m->flags & MAPPING_HAS_LINE_NUMBERS) != 0,
		(m->flags & MAPPING_HAS_INLINE_FRAMES) != 0,
	};

	put_numbers(w->out, 3, v, ARRAY_LEN(v));
}

static void put_location(struct writer *w, uint32_t i)
{
	const struct profile *p = w->p;
	const struct location *l = &p->locations[i];
	const struct line *line = p->lines + l->first_line;
	uint64_t mapping = id_of(w->mapping, p->n_mappings, l->mapping);
	size_t size = field_size(w->location[i]) + field_size(mapping) + field_size(l->address) + field_size(l->folded);
	char *at;

	for (uint32_t k = 0; k < l->n_lines; k++)
		size += 2 + field_size(id_of(w->function, p->n_functions, line[k].function)) +
		    field_size((uint64_t)line[k].line) + field_size(line[k].column);
	if (!buf_room(w->out, size + MAX_FIELD))
		return;
	at = put_length(w->out->p + w->out->n, 4, size);
	at = put_number(at, 1, w->location[i]);
	at = put_number(at, 2, mapping);
	at = put_number(at, 3, l->address);
	for (uint32_t k = 0; k < l->n_lines; k++) {
		uint64_t function = id_of(w->function, p->n_functions, line[k].function);

		at = put_length(at, 4,
		    field_size(function) + field_size((uint64_t)line[k].line) + field_size(line[k].column));
		at = put_number(at, 1, function);
		at = put_number(at, 2, (uint64_t)line[k].line);
		at = put_number(at, 3, line[k].column);
	}
	at = put_number(at, 5, l->folded);
	w->out->n = (size_t)(at - w->out->p);
}

static void put_function(struct writer *w, uint32_t i)
{
	const struct function *f = &w->p->functions[i];
	uint64_t v[5] = { w->function[i], f->name, f->system_name, f->file, (uint64_t)f->start_line };

	put_numbers(w->out, 5, v, ARRAY_LEN(v));
}

static void put_string(struct buf *out, struct str s)
{
	if (!buf_room(out, s.n + MAX_FIELD))
		return;
	out->n = (size_t)(put_length(out->p + out->n, 6, s.n) - out->p);
	if (s.n)
		memcpy(out->p + out->n, s.p, s.n);
	out->n += s.n;
}

static void put_comments(struct buf *out, const uint32_t *comment, uint32_t n)
{
	size_t size = 0;
	char *at;

	for (uint32_t i = 0; i < n; i++)
		size += varint_size(comment[i]);
	if (size == 0 || !buf_room(out, size + MAX_FIELD))
		return;
	at = put_length(out->p + out->n, 13, size);
	for (uint32_t i = 0; i < n; i++)
		at = put_varint(at, comment[i]);
	out->n = (size_t)(at - out->p);
}

static void put_head(struct writer *w)
{
	const struct profile *p = w->p;

	put_field(w->out, 7, p->drop_frames);
	put_field(w->out, 8, p->keep_frames);
	put_field(w->out, 9, (uint64_t)p->time);
	put_field(w->out, 10, (uint64_t)p->duration);
	if (p->has_period_type)
		put_numbers(w->out, 11, (uint64_t[2]){ p->period_type.type, p->period_type.unit }, 2);
	put_field(w->out, 12, (uint64_t)p->period);
	put_comments(w->out, p->comments, p->n_comments);
	put_field(w->out, 14, p->default_type);
	put_field(w->out, 15, p->doc_url);
}

static struct writer begin(const struct profile *p, struct buf *out)
{
	struct writer w = {
		.p = p,
		.out = out,
		.mapping = ids_new(p->mappings, sizeof(*p->mappings), p->n_mappings),
		.function = ids_new(p->functions, sizeof(*p->functions), p->n_functions),
		.location = ids_new(p->locations, sizeof(*p->locations), p->n_locations),
	};

	for (uint32_t i = 0; i < p->n_types; i++)
		put_numbers(out, 1, (uint64_t[2]){ p->types[i].type, p->types[i].unit }, 2);
	return w;
}

/* What comes behind the samples. */
static void end(struct writer *w)
{
	const struct profile *p = w->p;

	for (uint32_t i = 0; i < p->n_mappings; i++)
		put_mapping(w, i);
	for (uint32_t i = 0; i < p->n_locations; i++)
		put_location(w, i);
	for (uint32_t i = 0; i < p->n_functions; i++)
		put_function(w, i);
	for (uint32_t i = 0; i < p->n_strings; i++)
		put_string(w->out, p->strings[i]);
	put_head(w);
	mem_free(w->mapping);
	mem_free(w->function);
	mem_free(w->location);
}

/* order: of the samples, or NULL */
static void encode(const struct profile *p, const uint32_t *order, struct buf *out)
{
	struct writer w = begin(p, out);

	for (uint32_t i = 0; i < p->n_samples; i++)
		put_sample(&w, order != NULL ? order[i] : i);
	end(&w);
}

void pprof_encode(const struct profile *p, struct buf *out)
{
	encode(p, NULL, out);
}

void pprof_encode_nodes(const struct profile *p, const struct pprof_node *nodes, uint32_t n, struct buf *out)
{
	struct writer w = begin(p, out);

	put_nodes(&w, nodes, n);
	end(&w);
}

void pprof_encode_ordered(const struct profile *p, struct buf *out)
{
	uint32_t *order = pprof_order(p);

	encode(p, order, out);
	mem_free(order);
}
