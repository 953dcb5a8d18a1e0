/*
 * symbols.c - tables of one partition.
 */
#include "formats/symbols/symbols.h"

#include "formats/symbols/symbols_impl.h"

struct symbols *symbols_new(uint64_t partition)
{
	struct symbols *s = mem_zalloc(sizeof(*s));

	s->partition = partition;
	s->mem = arena_new();
	vec_push(&s->strings, STR(""));
	vec_push(&s->nodes, ((struct sym_node){ 0, 0 }));
	return s;
}

void symbols_free(struct symbols *s)
{
	if (s == NULL)
		return;
	vec_free(&s->strings);
	vec_free(&s->mappings);
	vec_free(&s->functions);
	vec_free(&s->locations);
	vec_free(&s->lines);
	vec_free(&s->nodes);
	vec_free(&s->names);
	vec_free(&s->node_name);
	sym_index_free(s->index);
	arena_free(s->mem);
	mem_free(s);
}

struct sym_counts symbols_counts(const struct symbols *s)
{
	return (struct sym_counts){
		.strings = (uint32_t)s->strings.n,
		.mappings = (uint32_t)s->mappings.n,
		.functions = (uint32_t)s->functions.n,
		.locations = (uint32_t)s->locations.n,
		.lines = (uint32_t)s->lines.n,
		.nodes = (uint32_t)s->nodes.n,
	};
}

void symbols_truncate(struct symbols *s, const struct sym_counts *to)
{
	s->strings.n = to->strings;
	s->mappings.n = to->mappings;
	s->functions.n = to->functions;
	s->locations.n = to->locations;
	s->lines.n = to->lines;
	s->nodes.n = to->nodes;
}

#define HELD(v) ((v).cap * sizeof(*(v).p))

size_t symbols_bytes(const struct symbols *s)
{
	return sizeof(*s) + arena_bytes(s->mem) + HELD(s->strings) + HELD(s->mappings) + HELD(s->functions) +
	    HELD(s->locations) + HELD(s->lines) + HELD(s->nodes) + HELD(s->names) + HELD(s->node_name) +
	    sym_index_bytes(s->index);
}

static uint64_t string_hash(const struct symbols *s, uint32_t i)
{
	assert(i < s->strings.n);
	return hash_seeded(s->strings.p[i]);
}

static struct sym_hash mapping_hash(const struct symbols *s, const struct sym_mapping *m)
{
	return sym_hash_mapping(m, string_hash(s, m->file), string_hash(s, m->build_id));
}

static struct sym_hash function_hash(const struct symbols *s, const struct sym_function *f)
{
	uint64_t name = string_hash(s, f->name);

	return sym_hash_function(name, f->system_name == f->name ? name : string_hash(s, f->system_name),
	    string_hash(s, f->file), f->start_line);
}

/* None of a table may have lines. */
static const struct sym_line *lines_of(const struct symbols *s, const struct sym_location *l)
{
	return l->n_lines > 0 ? s->lines.p + l->first_line : NULL;
}

static struct sym_hash location_hash(const struct symbols *s, const struct sym_location *l,
    const struct sym_line *lines)
{
	struct sym_hash h;

	assert(l->mapping < s->mappings.n);
	h = sym_hash_place(mapping_hash(s, &s->mappings.p[l->mapping]), l->address);
	for (uint32_t i = 0; i < l->n_lines; i++) {
		assert(lines[i].function < s->functions.n);
		h = sym_hash_line(h, function_hash(s, &s->functions.p[lines[i].function]), lines[i].line);
	}
	return h;
}

void sym_sync_strings(struct symbols *s)
{
	struct sym_index *x = sym_index_of(s);

	for (; x->n_strings < s->strings.n; x->n_strings++)
		map_put(&x->strings, string_hash(s, x->n_strings), x->n_strings);
}

void sym_sync_mappings(struct symbols *s)
{
	struct sym_index *x = sym_index_of(s);

	for (; x->n_mappings < s->mappings.n; x->n_mappings++)
		sym_table_put(&x->mappings, mapping_hash(s, &s->mappings.p[x->n_mappings]), x->n_mappings);
}

void sym_sync_functions(struct symbols *s)
{
	struct sym_index *x = sym_index_of(s);

	for (; x->n_functions < s->functions.n; x->n_functions++)
		sym_table_put(&x->functions, function_hash(s, &s->functions.p[x->n_functions]), x->n_functions);
}

void sym_sync_locations(struct symbols *s)
{
	struct sym_index *x = sym_index_of(s);

	for (; x->n_locations < s->locations.n; x->n_locations++) {
		const struct sym_location *l = &s->locations.p[x->n_locations];

		sym_table_put(&x->locations, location_hash(s, l, lines_of(s, l)), x->n_locations);
	}
}

uint32_t symbols_add_string(struct symbols *s, struct str text)
{
	text = sym_cut(text);
	return sym_put_string(s, text, hash_seeded(text));
}

uint32_t symbols_add_mapping(struct symbols *s, const struct sym_mapping *m)
{
	return sym_put_mapping(s, m, mapping_hash(s, m));
}

uint32_t symbols_add_function(struct symbols *s, const struct sym_function *f)
{
	return sym_put_function(s, f, function_hash(s, f));
}

uint32_t symbols_add_location(struct symbols *s, const struct sym_location *l, const struct sym_line *lines)
{
	struct sym_location cut = *l;

	cut.n_lines = MIN(l->n_lines, (uint32_t)SYM_MAX_LINES);
	return sym_put_location(s, &cut, lines, location_hash(s, &cut, lines));
}

uint32_t symbols_add_node(struct symbols *s, uint32_t parent, uint32_t location)
{
	struct sym_children *c = &sym_index_of(s)->nodes;
	uint32_t i;

	assert(parent < s->nodes.n);
	sym_children_sync(c, &s->nodes.p->parent, (uint32_t)s->nodes.n);
	i = sym_children_find(c, &s->nodes.p->parent, parent, location);
	if (i)
		return i;
	i = (uint32_t)s->nodes.n;
	assert(i < UINT32_MAX - 1);
	vec_push(&s->nodes, ((struct sym_node){ parent, location }));
	sym_children_sync(c, &s->nodes.p->parent, i + 1);
	return i;
}

uint32_t symbols_add_stack(struct symbols *s, const uint32_t *locations, uint32_t n)
{
	struct sym_index *x = sym_index_of(s);
	struct sym_hash h;
	uint32_t id;
	bool whole;

	if (n == 0)
		return 0;
	while (x->location_hash.n < s->locations.n) {
		const struct sym_location *l = &s->locations.p[x->location_hash.n];

		vec_push(&x->location_hash, location_hash(s, l, lines_of(s, l)));
	}
	whole = sym_hash_stack(x->location_hash.p, (uint32_t)x->location_hash.n, locations, n, &h);
	assert(whole);
	id = sym_table_find(&x->stacks, h);
	return id != UINT32_MAX ? id : sym_put_stack(s, locations, n, h);
}

/* The entry for the names of location l, called from entry `at`: outermost line first. */
static uint32_t names_enter(struct symbols *s, const struct sym_location *l, uint32_t at)
{
	struct sym_children *c = &s->index->names;

	for (uint32_t k = l->n_lines; k-- > 0;) {
		const struct sym_line *line = &s->lines.p[l->first_line + k];
		uint32_t name = s->functions.p[line->function].name;
		uint32_t i = sym_children_find(c, &s->names.p->parent, at, name);

		if (i == 0) {
			i = (uint32_t)s->names.n;
			vec_push(&s->names, ((struct sym_name){ at, name }));
			sym_children_sync(c, &s->names.p->parent, i + 1);
		}
		at = i;
	}
	return at;
}

void symbols_rest(struct symbols *s)
{
	sym_index_free(s->index);
	s->index = NULL;
	vec_fit(&s->strings);
	vec_fit(&s->mappings);
	vec_fit(&s->functions);
	vec_fit(&s->locations);
	vec_fit(&s->lines);
	vec_fit(&s->nodes);
	vec_fit(&s->names);
	vec_fit(&s->node_name);
}

void symbols_names(struct symbols *s)
{
	struct sym_index *x;

	if (s->names.n > 0 && s->node_name.n == s->nodes.n)
		return;
	x = sym_index_of(s);
	if (s->names.n == 0)
		vec_push(&s->names, ((struct sym_name){ 0, 0 }));
	sym_children_sync(&x->names, &s->names.p->parent, (uint32_t)s->names.n);
	vec_reserve(&s->node_name, s->nodes.n - s->node_name.n);
	for (size_t i = s->node_name.n; i < s->nodes.n; i++) {
		const struct sym_node *node = &s->nodes.p[i];
		uint32_t at = i ? names_enter(s, &s->locations.p[node->location], s->node_name.p[node->parent]) : 0;

		s->node_name.p[s->node_name.n++] = at;
	}
}

uint32_t symbols_stack(const struct symbols *s, uint32_t id, uint32_t *out, uint32_t max)
{
	uint32_t n = 0;

	if (id >= s->nodes.n)
		return 0;
	for (; id != 0 && n < max; id = s->nodes.p[id].parent)
		out[n++] = s->nodes.p[id].location;
	return n;
}
