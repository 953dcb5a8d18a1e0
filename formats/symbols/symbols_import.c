/*
 * symbols_import.c - a whole profile into the symbols of a partition.
 *
 * First everything is hashed by content, tables in their order, then every
 * stack. Only stacks that the partition does not know are walked, and only
 * the locations in them are looked up, then their functions, then strings.
 * So a profile that brings nothing new reads its own tables once, and one
 * table entry of the partition per stack.
 */
#include "formats/symbols/symbols_impl.h"

struct sym_importer {
	/* Sized by the tables of the profile, reused; one more string, the empty one. */
	VEC(uint64_t) strings;
	VEC(struct sym_hash) mappings, functions, locations;
	VEC(struct sym_hash) stacks; /* per sample; all zero = dropped */
	VEC(uint32_t) number;        /* of locations in the partition, or UINT32_MAX */
	VEC(uint32_t) numbered;      /* the locations that have one */
	VEC(uint32_t) frames;        /* of one stack */
	bool any_dropped;            /* some location has a hash of zeros */
	struct sym_line lines[SYM_MAX_LINES];
};

static const struct sym_hash dropped;

static bool is_dropped(struct sym_hash h)
{
	return h.a == 0 && h.b == 0;
}

struct sym_importer *sym_importer_new(void)
{
	return mem_zalloc(sizeof(struct sym_importer));
}

void sym_importer_free(struct sym_importer *imp)
{
	if (imp == NULL)
		return;
	vec_free(&imp->strings);
	vec_free(&imp->mappings);
	vec_free(&imp->functions);
	vec_free(&imp->locations);
	vec_free(&imp->stacks);
	vec_free(&imp->number);
	vec_free(&imp->numbered);
	vec_free(&imp->frames);
	mem_free(imp);
}

#define SIZED(v, k)                    \
	do {                           \
		(v)->n = 0;            \
		vec_reserve((v), (k)); \
		(v)->n = (k);          \
	} while (0)

static uint64_t string_of(const struct sym_importer *imp, uint32_t i)
{
	return imp->strings.p[MIN(i, imp->strings.n - 1)];
}

static void hash_strings(struct sym_importer *imp, const struct profile *p)
{
	uint64_t *out;

	SIZED(&imp->strings, (size_t)p->n_strings + 1);
	out = imp->strings.p;
	for (uint32_t i = 0; i < p->n_strings; i++)
		out[i] = hash_seeded(sym_cut(p->strings[i]));
	out[p->n_strings] = hash_seeded(STR_NONE);
}

/* The mapping as it is stored: with functions it has no addresses. Strings are the profile's. */
static struct sym_mapping clean_mapping(const struct profile *p, uint32_t i)
{
	const struct mapping *m;

	if (i == PROFILE_NONE)
		return (struct sym_mapping){ .file = PROFILE_NONE, .build_id = PROFILE_NONE };
	m = &p->mappings[i];
	if (m->flags & MAPPING_HAS_FUNCTIONS)
		return (struct sym_mapping){ 0, 0, 0, m->file, m->build_id, m->flags };
	return (struct sym_mapping){ m->start, m->limit, m->offset, m->file, m->build_id, m->flags };
}

static struct sym_hash hash_mapping(const struct sym_importer *imp, const struct sym_mapping *m)
{
	return sym_hash_mapping(m, string_of(imp, m->file), string_of(imp, m->build_id));
}

/* The last entry is that of locations without a mapping. */
static void hash_mappings(struct sym_importer *imp, const struct profile *p)
{
	SIZED(&imp->mappings, (size_t)p->n_mappings + 1);
	for (uint32_t i = 0; i <= p->n_mappings; i++) {
		struct sym_mapping m = clean_mapping(p, i < p->n_mappings ? i : PROFILE_NONE);

		imp->mappings.p[i] = hash_mapping(imp, &m);
	}
}

static void hash_functions(struct sym_importer *imp, const struct profile *p)
{
	SIZED(&imp->functions, (size_t)p->n_functions);
	for (uint32_t i = 0; i < p->n_functions; i++) {
		const struct function *f = &p->functions[i];

		imp->functions.p[i] = sym_hash_function(string_of(imp, f->name), string_of(imp, f->system_name),
		    string_of(imp, f->file), (uint32_t)f->start_line);
	}
}

/* The address of a location as it is stored. */
static uint64_t clean_address(const struct profile *p, const struct location *l)
{
	return l->mapping < p->n_mappings && p->mappings[l->mapping].flags & MAPPING_HAS_FUNCTIONS ? 0 : l->address;
}

static struct sym_hash hash_location(const struct sym_importer *imp, const struct profile *p, const struct location *l)
{
	uint32_t n = MIN(l->n_lines, (uint32_t)SYM_MAX_LINES);
	bool none = l->mapping == PROFILE_NONE;
	struct sym_hash h;

	if ((n == 0 && l->address == 0) || l->mapping_unknown || (!none && l->mapping >= p->n_mappings))
		return dropped;
	h = sym_hash_place(imp->mappings.p[none ? p->n_mappings : l->mapping], clean_address(p, l));
	for (uint32_t i = 0; i < n; i++) {
		const struct line *line = &p->lines[l->first_line + i];

		if (line->function >= p->n_functions)
			return dropped;
		h = sym_hash_line(h, imp->functions.p[line->function], (uint32_t)line->line);
	}
	for (uint32_t i = n; i < l->n_lines; i++)
		if (p->lines[l->first_line + i].function >= p->n_functions)
			return dropped;
	return h;
}

static void hash_locations(struct sym_importer *imp, const struct profile *p)
{
	bool any = false;

	SIZED(&imp->locations, (size_t)p->n_locations);
	for (uint32_t i = 0; i < p->n_locations; i++) {
		imp->locations.p[i] = hash_location(imp, p, &p->locations[i]);
		any |= is_dropped(imp->locations.p[i]);
	}
	imp->any_dropped = any;
}

static bool stack_dropped(const struct sym_importer *imp, const uint32_t *stack, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (stack[i] < imp->locations.n && is_dropped(imp->locations.p[stack[i]]))
			return true;
	return false;
}

static void hash_stacks(struct sym_importer *imp, const struct sym_table *known, const struct profile *p)
{
	uint32_t limit = (uint32_t)imp->locations.n;

	SIZED(&imp->stacks, (size_t)p->n_samples);
	for (uint32_t i = 0; i < p->n_samples; i++) {
		const uint32_t *stack = p->stack + p->stack_at[i];
		uint32_t n = p->stack_at[i + 1] - p->stack_at[i];
		struct sym_hash *h = &imp->stacks.p[i];

		if (!sym_hash_stack(imp->locations.p, limit, stack, n, h) ||
		    (imp->any_dropped && stack_dropped(imp, stack, n)))
			*h = dropped;
		else
			sym_table_prefetch(known, *h);
	}
}

void symbols_import(struct sym_importer *imp, struct symbols *s, const struct profile *p)
{
	hash_strings(imp, p);
	hash_mappings(imp, p);
	hash_functions(imp, p);
	hash_locations(imp, p);
	hash_stacks(imp, &sym_index_of(s)->stacks, p);
	SIZED(&imp->number, (size_t)p->n_locations);
	if (p->n_locations)
		memset(imp->number.p, 0xff, p->n_locations * sizeof(*imp->number.p));
	imp->numbered.n = 0;
	symbols_import_again(imp, s, p);
}

void symbols_import_again(struct sym_importer *imp, struct symbols *s, const struct profile *p)
{
	sym_index_of(s);
	assert(imp->stacks.n == p->n_samples && imp->locations.n == p->n_locations);
	if (s->mappings.n == 0)
		symbols_add_mapping(s, &(struct sym_mapping){ 0 });
	if (s->functions.n == 0)
		symbols_add_function(s, &(struct sym_function){ 0 });
	for (size_t i = 0; i < imp->numbered.n; i++)
		imp->number.p[imp->numbered.p[i]] = UINT32_MAX;
	imp->numbered.n = 0;
}

static uint32_t import_string(const struct sym_importer *imp, struct symbols *s, const struct profile *p, uint32_t i)
{
	return i >= p->n_strings ? 0 : sym_put_string(s, sym_cut(p->strings[i]), imp->strings.p[i]);
}

static uint32_t import_mapping(const struct sym_importer *imp, struct symbols *s, const struct profile *p, uint32_t i)
{
	struct sym_mapping m = clean_mapping(p, i);
	struct sym_hash h = imp->mappings.p[MIN(i, p->n_mappings)];
	uint32_t number;

	sym_sync_mappings(s);
	number = sym_table_find(&s->index->mappings, h);
	if (number != UINT32_MAX)
		return number;
	m.file = import_string(imp, s, p, m.file);
	m.build_id = import_string(imp, s, p, m.build_id);
	return sym_put_mapping(s, &m, h);
}

static uint32_t import_function(const struct sym_importer *imp, struct symbols *s, const struct profile *p, uint32_t i)
{
	const struct function *f = &p->functions[i];
	struct sym_function out = { .start_line = (uint32_t)f->start_line };
	uint32_t number;

	sym_sync_functions(s);
	number = sym_table_find(&s->index->functions, imp->functions.p[i]);
	if (number != UINT32_MAX)
		return number;
	out.name = import_string(imp, s, p, f->name);
	out.system_name = f->system_name == f->name ? out.name : import_string(imp, s, p, f->system_name);
	out.file = import_string(imp, s, p, f->file);
	return sym_put_function(s, &out, imp->functions.p[i]);
}

static uint32_t import_location(struct sym_importer *imp, struct symbols *s, const struct profile *p, uint32_t i)
{
	const struct location *l = &p->locations[i];
	const struct line *lines = p->lines + l->first_line;
	struct sym_location out = { .n_lines = MIN(l->n_lines, (uint32_t)SYM_MAX_LINES) };
	uint32_t number;

	sym_sync_locations(s);
	number = sym_table_find(&s->index->locations, imp->locations.p[i]);
	if (number != UINT32_MAX)
		return number;
	out.mapping = import_mapping(imp, s, p, l->mapping);
	out.address = clean_address(p, l);
	for (uint32_t k = 0; k < out.n_lines; k++)
		imp->lines[k] = (struct sym_line){ import_function(imp, s, p, lines[k].function),
			(uint32_t)lines[k].line };
	return sym_put_location(s, &out, imp->lines, imp->locations.p[i]);
}

static __attribute__((noinline)) uint32_t import_stack(struct sym_importer *imp, struct symbols *s,
    const struct profile *p, uint32_t sample)
{
	const uint32_t *stack = p->stack + p->stack_at[sample];
	uint32_t n = p->stack_at[sample + 1] - p->stack_at[sample];

	SIZED(&imp->frames, (size_t)n);
	for (uint32_t k = 0; k < n; k++) {
		uint32_t l = stack[k];

		if (imp->number.p[l] == UINT32_MAX) {
			imp->number.p[l] = import_location(imp, s, p, l);
			vec_push(&imp->numbered, l);
		}
		imp->frames.p[k] = imp->number.p[l];
	}
	return sym_put_stack(s, imp->frames.p, n, imp->stacks.p[sample]);
}

uint32_t symbols_import_stack(struct sym_importer *imp, struct symbols *s, const struct profile *p, uint32_t sample)
{
	struct sym_hash h;
	uint32_t id;

	assert(sample < imp->stacks.n);
	h = imp->stacks.p[sample];
	if (UNLIKELY(is_dropped(h)))
		return SYM_DROPPED;
	if (UNLIKELY(p->stack_at[sample] == p->stack_at[sample + 1]))
		return 0;
	id = sym_table_find(&s->index->stacks, h);
	return LIKELY(id != UINT32_MAX) ? id : import_stack(imp, s, p, sample);
}
