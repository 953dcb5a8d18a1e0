/* symbols_unite.c - all symbols of one partition added to another: see symbols.h */
#include "base/mem.h"
#include "formats/symbols/symbols.h"

/*
 * What the numbers of `from` are in `to`. What was cut of one program in two hours comes in the same order but for what is
 * new: so an entry is most likely what follows the one before (`next`), and is compared with that before it is looked up,
 * which takes tables of all there is.
 */
struct united {
	uint32_t *strings, *mappings, *functions, *locations, *nodes;
};

static bool same_mapping(const struct sym_mapping *x, const struct sym_mapping *y)
{
	return x->start == y->start && x->limit == y->limit && x->offset == y->offset && x->file == y->file &&
	    x->build_id == y->build_id && x->flags == y->flags;
}

static bool same_function(const struct sym_function *x, const struct sym_function *y)
{
	return x->name == y->name && x->system_name == y->system_name && x->file == y->file &&
	    x->start_line == y->start_line;
}

static bool same_location(const struct symbols *s, const struct sym_location *x, const struct sym_location *y,
    const struct sym_line *lines)
{
	if (x->address != y->address || x->mapping != y->mapping || x->n_lines != y->n_lines)
		return false;
	for (uint32_t i = 0; i < y->n_lines; i++) {
		const struct sym_line *own = &s->lines.p[x->first_line + i];

		if (own->function != lines[i].function || own->line != lines[i].line)
			return false;
	}
	return true;
}

static bool same_node(const struct sym_node *x, const struct sym_node *y)
{
	return x->parent == y->parent && x->location == y->location;
}

/* ---- tables ---- */

static void unite_strings(struct symbols *to, const struct symbols *from, const struct united *u)
{
	for (uint32_t i = 0, next = 0; i < from->strings.n; i++, next++) {
		if (next >= to->strings.n || !str_eq(to->strings.p[next], from->strings.p[i]))
			next = symbols_add_string(to, from->strings.p[i]);
		u->strings[i] = next;
	}
}

static void unite_mappings(struct symbols *to, const struct symbols *from, const struct united *u)
{
	for (uint32_t i = 0, next = 0; i < from->mappings.n; i++, next++) {
		struct sym_mapping m = from->mappings.p[i];

		m.file = u->strings[m.file];
		m.build_id = u->strings[m.build_id];
		if (next >= to->mappings.n || !same_mapping(&to->mappings.p[next], &m))
			next = symbols_add_mapping(to, &m);
		u->mappings[i] = next;
	}
}

static void unite_functions(struct symbols *to, const struct symbols *from, const struct united *u)
{
	for (uint32_t i = 0, next = 0; i < from->functions.n; i++, next++) {
		struct sym_function f = from->functions.p[i];

		f.name = u->strings[f.name];
		f.system_name = u->strings[f.system_name];
		f.file = u->strings[f.file];
		if (next >= to->functions.n || !same_function(&to->functions.p[next], &f))
			next = symbols_add_function(to, &f);
		u->functions[i] = next;
	}
}

static void unite_locations(struct symbols *to, const struct symbols *from, const struct united *u)
{
	struct sym_line lines[SYM_MAX_LINES];

	for (uint32_t i = 0, next = 0; i < from->locations.n; i++, next++) {
		struct sym_location l = from->locations.p[i];

		l.mapping = u->mappings[l.mapping];
		for (uint32_t k = 0; k < l.n_lines; k++) {
			const struct sym_line *own = &from->lines.p[l.first_line + k];

			lines[k] = (struct sym_line){ u->functions[own->function], own->line };
		}
		if (next >= to->locations.n || !same_location(to, &to->locations.p[next], &l, lines))
			next = symbols_add_location(to, &l, lines);
		u->locations[i] = next;
	}
}

static void unite_nodes(struct symbols *to, const struct symbols *from, const struct united *u, struct sym_runs *runs)
{
	u->nodes[0] = 0;
	vec_push(runs, ((struct sym_run){ 0, 0 }));
	for (uint32_t i = 1, next = 1; i < from->nodes.n; i++, next++) {
		struct sym_node node = { u->nodes[from->nodes.p[i].parent], u->locations[from->nodes.p[i].location] };

		if (next >= to->nodes.n || !same_node(&to->nodes.p[next], &node)) {
			uint32_t is = symbols_add_node(to, node.parent, node.location);

			if (is != next)
				vec_push(runs, ((struct sym_run){ i, is }));
			next = is;
		}
		u->nodes[i] = next;
	}
}

void symbols_unite(struct symbols *to, const struct symbols *from, struct sym_runs *runs)
{
	size_t n = from->strings.n + from->mappings.n + from->functions.n + from->locations.n + from->nodes.n;
	struct united u;

	u.strings = mem_array(n, sizeof(uint32_t));
	u.mappings = u.strings + from->strings.n;
	u.functions = u.mappings + from->mappings.n;
	u.locations = u.functions + from->functions.n;
	u.nodes = u.locations + from->locations.n;
	runs->n = 0;
	unite_strings(to, from, &u);
	unite_mappings(to, from, &u);
	unite_functions(to, from, &u);
	unite_locations(to, from, &u);
	unite_nodes(to, from, &u, runs);
	mem_free(u.strings);
}
