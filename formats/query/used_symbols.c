/* used_symbols.c - see used_symbols.h */
#include "formats/query/used_symbols.h"

#include "formats/profile_impl.h"

/* By number in the partition: the number in the profile, PROFILE_NONE: it is not used. */
struct numbers {
	uint32_t *strings, *functions, *mappings, *locations;
};

struct use {
	const struct symbols *s;
	struct profile *p;
	struct numbers to;
};

static uint32_t use_string(struct use *u, uint32_t i)
{
	if (i == 0) /* "", as in the tables */
		return 0;
	if (u->to.strings[i] == PROFILE_NONE)
		u->to.strings[i] = profile_new_str(u->p, u->s->strings.p[i]);
	return u->to.strings[i];
}

static uint32_t use_function(struct use *u, uint32_t i)
{
	const struct sym_function *f = &u->s->functions.p[i];
	struct profile *p = u->p;

	if (u->to.functions[i] != PROFILE_NONE)
		return u->to.functions[i];
	p->functions[p->n_functions] = (struct function){ .id = p->n_functions + UINT64_C(1),
		.name = use_string(u, f->name),
		.system_name = use_string(u, f->system_name),
		.file = use_string(u, f->file),
		.start_line = f->start_line };
	return u->to.functions[i] = p->n_functions++;
}

/* Its lines are behind those of the locations before it; its mapping is still that of the partition. */
static void use_location(struct use *u, uint32_t i)
{
	const struct sym_location *l = &u->s->locations.p[i];
	struct profile *p = u->p;

	if (u->to.locations[i] != PROFILE_NONE)
		return;
	u->to.locations[i] = p->n_locations;
	p->locations[p->n_locations] = (struct location){ .id = p->n_locations + UINT64_C(1),
		.address = l->address,
		.mapping = l->mapping < u->s->mappings.n ? l->mapping : PROFILE_NONE,
		.first_line = p->n_lines,
		.n_lines = l->n_lines };
	p->n_locations++;
	p->n_lines += l->n_lines;
}

static void use_lines(struct use *u)
{
	for (uint32_t i = 0; i < u->s->locations.n; i++) {
		const struct sym_location *l = &u->s->locations.p[i];
		const struct sym_line *from = u->s->lines.p + l->first_line;
		struct line *to;

		if (u->to.locations[i] == PROFILE_NONE)
			continue;
		to = u->p->lines + u->p->locations[u->to.locations[i]].first_line;
		for (uint32_t k = 0; k < l->n_lines; k++)
			to[k] = (struct line){ .function = use_function(u, from[k].function), .line = from[k].line };
	}
}

/* In their order; the one without anything, of locations that have none, is the last. */
static void use_mappings(struct use *u)
{
	struct profile *p = u->p;

	for (uint32_t i = 0; i < p->n_locations; i++)
		if (p->locations[i].mapping != PROFILE_NONE)
			u->to.mappings[p->locations[i].mapping] = 0;
	for (int empty = 0; empty < 2; empty++)
		for (uint32_t i = 0; i < u->s->mappings.n; i++) {
			const struct sym_mapping *x = &u->s->mappings.p[i];

			if (u->to.mappings[i] == PROFILE_NONE || sym_mapping_empty(x) != empty)
				continue;
			u->to.mappings[i] = p->n_mappings;
			p->mappings[p->n_mappings] = (struct mapping){ .id = p->n_mappings + UINT64_C(1),
				.start = x->start,
				.limit = x->limit,
				.offset = x->offset,
				.file = use_string(u, x->file),
				.build_id = use_string(u, x->build_id),
				.flags = (uint8_t)x->flags };
			p->n_mappings++;
		}
	for (uint32_t i = 0; i < p->n_locations; i++)
		if (p->locations[i].mapping != PROFILE_NONE)
			p->locations[i].mapping = u->to.mappings[p->locations[i].mapping];
}

/* Nodes that are used, with the locations of the profile. */
static void use_nodes(struct use *u, struct arena *a, const int64_t *sums, struct used_symbols *out)
{
	const struct sym_node *nodes = u->s->nodes.p;
	uint32_t n = (uint32_t)u->s->nodes.n, *became = profile_none_array(a, n), used = 1;

	for (uint32_t i = n; i-- > 1;)
		if (sums[i] != 0 || became[i] != PROFILE_NONE) {
			became[i] = became[nodes[i].parent] = 0;
			used++;
		}
	became[0] = 0;
	out->nodes = arena_array(a, used, sizeof(*out->nodes));
	out->nodes[0] = (struct pprof_node){ 0 };
	out->n_nodes = 1;
	for (uint32_t i = 1; i < n; i++) {
		if (became[i] == PROFILE_NONE)
			continue;
		use_location(u, nodes[i].location);
		out->nodes[out->n_nodes] = (struct pprof_node){ became[nodes[i].parent],
			u->to.locations[nodes[i].location], sums[i] };
		became[i] = out->n_nodes++;
	}
}

void used_symbols(struct arena *a, const struct symbols *s, const int64_t *sums, const struct str *strings,
    uint32_t n_strings, struct used_symbols *out)
{
	struct profile *p = &out->tables;
	struct use u = { s, p,
		{ profile_none_array(a, s->strings.n), profile_none_array(a, s->functions.n),
		    profile_none_array(a, s->mappings.n), profile_none_array(a, s->locations.n) } };

	*p = (struct profile){ .mem = a };
	p->strings = arena_array(a, s->strings.n + n_strings, sizeof(*p->strings));
	p->functions = arena_array(a, s->functions.n + 1, sizeof(*p->functions));
	p->mappings = arena_array(a, s->mappings.n + 1, sizeof(*p->mappings));
	p->locations = arena_array(a, s->locations.n + 1, sizeof(*p->locations));
	for (uint32_t i = 0; i < n_strings; i++)
		profile_new_str(p, strings[i]);
	use_nodes(&u, a, sums, out);
	p->lines = arena_array(a, (size_t)p->n_lines + 1, sizeof(*p->lines));
	use_lines(&u);
	use_mappings(&u);
}
