/*
 * profile_builder.c - interns everything by content. The arrays are those of
 * the profile to come; the indexes and outgrown arrays stay in the arena.
 */
#include "base/hash.h"
#include "formats/profile_impl.h"

struct profile_builder {
	struct arena *a;
	struct profile *p;
	uint32_t cap_strings, cap_mappings, cap_functions, cap_locations, cap_lines;
	uint32_t cap_samples, cap_stack, cap_tags, cap_at;
	uint32_t n_stack, n_tags;
	uint32_t *tag_at; /* of a finished profile whose samples have no tags */
	struct table strings, mappings, functions, locations, frames, samples;
	uint64_t *lows; /* of each sample in that table: half of the hash of its stack */
	uint32_t cap_lows;
	uint32_t n_indexed; /* samples that are in the table; behind them are those of _other, until one is looked up */
	bool copies;
};

static uint64_t hash_bytes(const void *p, size_t n)
{
	return hash_seeded(str_of(p, n));
}

#define MAKE_ROOM(b, array, count, capacity)                                                                \
	do {                                                                                                \
		if (UNLIKELY((count) == (b)->capacity))                                                     \
			(array) = profile_move((b)->a, (array), sizeof(*(array)), (count), &(b)->capacity); \
	} while (0)

struct profile_builder *profile_builder_new(struct arena *a, uint32_t n_types)
{
	struct profile_builder *b = arena_zalloc(a, sizeof(*b));

	b->a = a;
	b->p = arena_zalloc(a, sizeof(*b->p));
	b->p->mem = a;
	b->p->n_types = n_types;
	b->p->types = arena_zarray(a, n_types, sizeof(*b->p->types));
	profile_builder_str(b, STR(""));
	return b;
}

void profile_builder_copies(struct profile_builder *b)
{
	b->copies = true;
}

uint32_t profile_builder_str(struct profile_builder *b, struct str s)
{
	uint64_t hash = hash_seeded(s);
	struct table_at at = table_find(&b->strings, hash);
	struct profile *p = b->p;

	for (uint32_t v; table_next(&at, &v);)
		if (str_eq(p->strings[v], s))
			return v;
	MAKE_ROOM(b, p->strings, p->n_strings, cap_strings);
	p->strings[p->n_strings] = s.n == 0 ? STR("") : b->copies ? arena_str(b->a, s) : s;
	table_put(&b->strings, b->a, hash, p->n_strings);
	return p->n_strings++;
}

void profile_builder_type(struct profile_builder *b, uint32_t i, struct str type, struct str unit)
{
	assert(i < b->p->n_types);
	b->p->types[i].type = profile_builder_str(b, type);
	b->p->types[i].unit = profile_builder_str(b, unit);
}

static bool mapping_eq(const struct mapping *x, const struct mapping *y)
{
	return x->start == y->start && x->limit == y->limit && x->offset == y->offset && x->file == y->file &&
	    x->build_id == y->build_id && x->flags == y->flags;
}

uint32_t profile_builder_mapping(struct profile_builder *b, const struct mapping *m)
{
	uint64_t key[] = { m->start, m->limit, m->offset, (uint64_t)m->file << 32 | m->build_id, m->flags };
	uint64_t hash = hash_bytes(key, sizeof(key));
	struct table_at at = table_find(&b->mappings, hash);
	struct profile *p = b->p;

	for (uint32_t v; table_next(&at, &v);)
		if (mapping_eq(&p->mappings[v], m))
			return v;
	MAKE_ROOM(b, p->mappings, p->n_mappings, cap_mappings);
	p->mappings[p->n_mappings] = *m;
	p->mappings[p->n_mappings].id = p->n_mappings + UINT64_C(1);
	table_put(&b->mappings, b->a, hash, p->n_mappings);
	return p->n_mappings++;
}

static bool function_eq(const struct function *x, const struct function *y)
{
	return x->name == y->name && x->system_name == y->system_name && x->file == y->file &&
	    x->start_line == y->start_line;
}

uint32_t profile_builder_function(struct profile_builder *b, const struct function *f)
{
	uint64_t key[] = { (uint64_t)f->name << 32 | f->system_name, f->file, (uint64_t)f->start_line };
	uint64_t hash = hash_bytes(key, sizeof(key));
	struct table_at at = table_find(&b->functions, hash);
	struct profile *p = b->p;

	for (uint32_t v; table_next(&at, &v);)
		if (function_eq(&p->functions[v], f))
			return v;
	MAKE_ROOM(b, p->functions, p->n_functions, cap_functions);
	p->functions[p->n_functions] = *f;
	p->functions[p->n_functions].id = p->n_functions + UINT64_C(1);
	table_put(&b->functions, b->a, hash, p->n_functions);
	return p->n_functions++;
}

static bool location_eq(const struct profile *p, const struct location *x, const struct location *y,
    const struct line *lines)
{
	if (x->address != y->address || x->mapping != y->mapping || x->folded != y->folded ||
	    x->mapping_unknown != y->mapping_unknown || x->n_lines != y->n_lines)
		return false;
	for (uint32_t i = 0; i < x->n_lines; i++) {
		const struct line *own = &p->lines[x->first_line + i];

		if (own->function != lines[i].function || own->line != lines[i].line || own->column != lines[i].column)
			return false;
	}
	return true;
}

static uint64_t location_hash(const struct location *l, const struct line *lines)
{
	uint64_t key[] = {
		l->address,
		(uint64_t)l->mapping << 32 | (uint32_t)l->folded << 1 | l->mapping_unknown,
		l->n_lines ? lines[0].function : PROFILE_NONE,
		l->n_lines ? (uint64_t)lines[0].line ^ (uint64_t)lines[0].column << 32 : 0,
	};
	uint64_t hash = hash_bytes(key, sizeof(key));

	for (uint32_t i = 1; i < l->n_lines; i++)
		hash = hash_mix(hash_mix(hash, lines[i].function),
		    (uint64_t)lines[i].line ^ (uint64_t)lines[i].column << 32);
	return hash;
}

uint32_t profile_builder_new_location(struct profile_builder *b, const struct location *l, const struct line *lines)
{
	struct profile *p = b->p;
	struct location *own;

	MAKE_ROOM(b, p->locations, p->n_locations, cap_locations);
	own = &p->locations[p->n_locations];
	*own = *l;
	own->id = p->n_locations + UINT64_C(1);
	own->first_line = p->n_lines;
	for (uint32_t i = 0; i < l->n_lines; i++) {
		MAKE_ROOM(b, p->lines, p->n_lines, cap_lines);
		p->lines[p->n_lines++] = lines[i];
	}
	return p->n_locations++;
}

uint32_t profile_builder_location(struct profile_builder *b, const struct location *l, const struct line *lines)
{
	uint64_t hash = location_hash(l, lines);
	struct table_at at = table_find(&b->locations, hash);

	for (uint32_t v; table_next(&at, &v);)
		if (location_eq(b->p, &b->p->locations[v], l, lines))
			return v;
	table_put(&b->locations, b->a, hash, b->p->n_locations);
	return profile_builder_new_location(b, l, lines);
}

/* The frames table leads past functions and locations: names come again and again. */
uint32_t profile_builder_frame(struct profile_builder *b, struct str name, struct str file, int64_t line)
{
	return profile_builder_frame_at(b, name, file, line, 0);
}

uint32_t profile_builder_frame_at(struct profile_builder *b, struct str name, struct str file, int64_t line,
    uint32_t column)
{
	uint32_t n = profile_builder_str(b, name), f = file.n ? profile_builder_str(b, file) : 0;
	uint64_t key[] = { (uint64_t)n << 32 | f, (uint64_t)line ^ (uint64_t)column << 32 };
	uint64_t hash = hash_bytes(key, sizeof(key));
	struct table_at at = table_find(&b->frames, hash);
	struct profile *p = b->p;
	struct location l = { .n_lines = 1 };
	struct line where = { .line = line, .column = column };

	for (uint32_t v; table_next(&at, &v);) {
		const struct line *own = &p->lines[p->locations[v].first_line];

		if (own->line == line && own->column == column && p->functions[own->function].name == n &&
		    p->functions[own->function].file == f)
			return v;
	}
	l.mapping = profile_builder_mapping(b, &(struct mapping){ 0 });
	where.function = profile_builder_function(b, &(struct function){ .name = n, .system_name = n, .file = f });
	n = profile_builder_location(b, &l, &where);
	table_put(&b->frames, b->a, hash, n);
	return n;
}

static uint64_t tags_hash(uint64_t hash, const struct tag *tags, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		hash = hash_mix(hash, (uint64_t)tags[i].key << 32 | tags[i].str);
		hash = hash_mix(hash, (uint64_t)tags[i].num ^ (uint64_t)tags[i].unit << 32);
	}
	return hash;
}

static bool tags_eq(const struct tag *x, const struct tag *y, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (x[i].key != y[i].key || x[i].str != y[i].str || x[i].num != y[i].num || x[i].unit != y[i].unit)
			return false;
	return true;
}

/* A sample with values 0; stack_at and tag_at always have one entry more than there are samples. */
static uint32_t sample_new(struct profile_builder *b, const uint32_t *stack, uint32_t n, const struct tag *tags,
    uint32_t n_tags)
{
	struct profile *p = b->p;
	uint32_t i = p->n_samples, cap = b->cap_samples;

	if (i + 1 >= cap) {
		p->stack_at = profile_move(b->a, p->stack_at, sizeof(*p->stack_at), i + (i > 0), &cap);
		cap = b->cap_samples;
		p->tag_at = profile_move(b->a, p->tag_at, sizeof(*p->tag_at), i + (i > 0), &cap);
		cap = b->cap_samples;
		p->values = profile_move(b->a, p->values, sizeof(*p->values) * p->n_types, i, &cap);
		b->cap_samples = cap;
	}
	while (b->cap_stack - b->n_stack < n)
		p->stack = profile_move(b->a, p->stack, sizeof(*p->stack), b->n_stack, &b->cap_stack);
	while (b->cap_tags - b->n_tags < n_tags)
		p->tags = profile_move(b->a, p->tags, sizeof(*p->tags), b->n_tags, &b->cap_tags);
	if (n)
		memcpy(p->stack + b->n_stack, stack, n * sizeof(*stack));
	if (n_tags)
		memcpy(p->tags + b->n_tags, tags, n_tags * sizeof(*tags));
	p->stack_at[i] = b->n_stack;
	p->tag_at[i] = b->n_tags;
	p->stack_at[i + 1] = b->n_stack += n;
	p->tag_at[i + 1] = b->n_tags += n_tags;
	for (uint32_t k = 0; k < p->n_types; k++)
		p->values[(size_t)i * p->n_types + k] = 0;
	return p->n_samples++;
}

/* No two stacks share a hash of 128 bits: they are not compared, which would be a look at memory far away. */
static bool sample_eq(const struct profile_builder *b, uint32_t i, uint64_t low, const struct tag *tags,
    uint32_t n_tags)
{
	const uint32_t *at = b->p->tag_at + i;

	if (b->lows[i] != low)
		return false;
	return b->n_tags + n_tags == 0 || (at[1] - at[0] == n_tags && tags_eq(b->p->tags + at[0], tags, n_tags));
}

static struct hash128 stack_hash(const uint32_t *stack, uint32_t n)
{
	return hash_seeded_128(str_of(stack, n * sizeof(*stack)));
}

static struct sample_key key_of(const uint32_t *stack, uint32_t n, const struct tag *tags, uint32_t n_tags)
{
	struct hash128 hash = stack_hash(stack, n);

	return (struct sample_key){ tags_hash(hash.high, tags, n_tags), hash.low };
}

struct sample_key profile_builder_key(const struct profile_builder *b, const uint32_t *stack, uint32_t n,
    const struct tag *tags, uint32_t n_tags)
{
	struct sample_key key = key_of(stack, n, tags, n_tags);

	if (b->samples.slots != NULL)
		__builtin_prefetch(&b->samples.slots[table_find(&b->samples, key.hash).i]);
	return key;
}

/* The sample that is next in turn. */
static void index_sample(struct profile_builder *b, struct sample_key key)
{
	MAKE_ROOM(b, b->lows, b->n_indexed, cap_lows);
	b->lows[b->n_indexed] = key.low;
	table_put(&b->samples, b->a, key.hash, b->n_indexed++);
}

static void index_others(struct profile_builder *b)
{
	const struct profile *p = b->p;

	while (b->n_indexed < p->n_samples) {
		uint32_t at = p->stack_at[b->n_indexed];

		index_sample(b, key_of(p->stack + at, p->stack_at[b->n_indexed + 1] - at, NULL, 0));
	}
}

static uint32_t find_sample(struct profile_builder *b, struct sample_key key, const uint32_t *stack, uint32_t n,
    const struct tag *tags, uint32_t n_tags)
{
	struct table_at at;
	uint32_t v;

	if (UNLIKELY(b->n_indexed < b->p->n_samples))
		index_others(b);
	at = table_find(&b->samples, key.hash);
	while (table_next(&at, &v))
		if (LIKELY(sample_eq(b, v, key.low, tags, n_tags)))
			return v;
	v = sample_new(b, stack, n, tags, n_tags);
	index_sample(b, key);
	return v;
}

uint32_t profile_builder_sample(struct profile_builder *b, const uint32_t *stack, uint32_t n, const struct tag *tags,
    uint32_t n_tags)
{
	return find_sample(b, key_of(stack, n, tags, n_tags), stack, n, tags, n_tags);
}

uint32_t profile_builder_other(struct profile_builder *b, const uint32_t *stack, uint32_t n)
{
	return sample_new(b, stack, n, NULL, 0);
}

int64_t *profile_builder_values(struct profile_builder *b, uint32_t sample)
{
	return b->p->values + (size_t)sample * b->p->n_types;
}

void profile_builder_add_key(struct profile_builder *b, struct sample_key key, const uint32_t *stack, uint32_t n,
    const int64_t *values, const struct tag *tags, uint32_t n_tags)
{
	uint32_t types = b->p->n_types, i = find_sample(b, key, stack, n, tags, n_tags);
	int64_t *sum = b->p->values + (size_t)i * types;

	for (uint32_t k = 0; k < types; k++)
		sum[k] = (int64_t)((uint64_t)sum[k] + (uint64_t)values[k]);
}

void profile_builder_add(struct profile_builder *b, const uint32_t *stack, uint32_t n, const int64_t *values,
    const struct tag *tags, uint32_t n_tags)
{
	profile_builder_add_key(b, key_of(stack, n, tags, n_tags), stack, n, values, tags, n_tags);
}

void profile_builder_append(struct profile_builder *b, const uint32_t *stack, uint32_t n, const int64_t *values,
    const struct tag *tags, uint32_t n_tags)
{
	uint32_t i = sample_new(b, stack, n, tags, n_tags), types = b->p->n_types;

	if (types)
		memcpy(b->p->values + (size_t)i * types, values, types * sizeof(*values));
	/* not in the table: nothing is to be added to it */
	b->n_indexed = b->p->n_samples;
}

void profile_builder_add_at(struct profile_builder *b, const uint32_t *stack, uint32_t n, const int64_t *values,
    const struct tag *tags, uint32_t n_tags, int64_t at)
{
	uint32_t i = b->p->n_samples;

	profile_builder_append(b, stack, n, values, tags, n_tags);
	MAKE_ROOM(b, b->p->at, i, cap_at);
	b->p->at[i] = at;
}

void profile_builder_widen(struct profile_builder *b, uint32_t n_types)
{
	struct profile *p = b->p;
	uint32_t old = p->n_types;
	struct value_type *types = arena_zarray(b->a, n_types, sizeof(*types));
	int64_t *values = arena_zarray(b->a, (size_t)b->cap_samples * n_types + 1, sizeof(*values));

	assert(n_types >= old);
	if (old > 0)
		memcpy(types, p->types, old * sizeof(*types));
	for (size_t i = 0; old > 0 && i < p->n_samples; i++)
		memcpy(values + i * n_types, p->values + i * old, old * sizeof(*values));
	p->types = types;
	p->values = values;
	p->n_types = n_types;
}

const struct profile *profile_builder_peek(const struct profile_builder *b)
{
	return b->p;
}

/* Arrays that stayed empty become arrays of nothing: readers add 0 to them. */
#define NOT_NULL(b, array)                                                   \
	do {                                                                 \
		if ((array) == NULL)                                         \
			(array) = arena_zarray((b)->a, 1, sizeof(*(array))); \
	} while (0)

struct profile *profile_builder_finish(struct profile_builder *b)
{
	struct profile *p = b->p;

	NOT_NULL(b, p->mappings);
	NOT_NULL(b, p->functions);
	NOT_NULL(b, p->locations);
	NOT_NULL(b, p->lines);
	NOT_NULL(b, p->stack_at);
	NOT_NULL(b, p->stack);
	NOT_NULL(b, p->values);
	NOT_NULL(b, p->comments);
	b->tag_at = p->tag_at;
	if (b->n_tags == 0)
		p->tag_at = NULL;
	b->p = NULL;
	return p;
}

void profile_builder_resume(struct profile_builder *b, struct profile *p)
{
	b->p = p;
	p->tag_at = b->tag_at;
}
