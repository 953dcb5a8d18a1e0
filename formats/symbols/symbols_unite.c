/* symbols_unite.c - all symbols of one partition added to another: see symbols.h */
#include "base/mem.h"
#include "formats/symbols/symbols.h"

/* What the numbers of `from` are in `to`. */
struct united {
	uint32_t *strings, *mappings, *functions, *locations;
};

static void unite_functions(struct symbols *to, const struct symbols *from, const struct united *u)
{
	for (size_t i = 0; i < from->functions.n; i++) {
		struct sym_function f = from->functions.p[i];

		f.name = u->strings[f.name];
		f.system_name = u->strings[f.system_name];
		f.file = u->strings[f.file];
		u->functions[i] = symbols_add_function(to, &f);
	}
}

static void unite_mappings(struct symbols *to, const struct symbols *from, const struct united *u)
{
	for (size_t i = 0; i < from->mappings.n; i++) {
		struct sym_mapping m = from->mappings.p[i];

		m.file = u->strings[m.file];
		m.build_id = u->strings[m.build_id];
		u->mappings[i] = symbols_add_mapping(to, &m);
	}
}

static void unite_locations(struct symbols *to, const struct symbols *from, const struct united *u)
{
	struct sym_line lines[SYM_MAX_LINES];

	for (size_t i = 0; i < from->locations.n; i++) {
		struct sym_location l = from->locations.p[i];
		const struct sym_line *own = from->lines.p + l.first_line;

		l.mapping = u->mappings[l.mapping];
		for (uint32_t k = 0; k < l.n_lines; k++)
			lines[k] = (struct sym_line){ u->functions[own[k].function], own[k].line };
		u->locations[i] = symbols_add_location(to, &l, lines);
	}
}

void symbols_unite(struct symbols *to, const struct symbols *from, uint32_t *number)
{
	struct united u = { mem_array(from->strings.n + 1, sizeof(uint32_t)),
		mem_array(from->mappings.n + 1, sizeof(uint32_t)), mem_array(from->functions.n + 1, sizeof(uint32_t)),
		mem_array(from->locations.n + 1, sizeof(uint32_t)) };

	for (size_t i = 0; i < from->strings.n; i++)
		u.strings[i] = symbols_add_string(to, from->strings.p[i]);
	unite_mappings(to, from, &u);
	unite_functions(to, from, &u);
	unite_locations(to, from, &u);
	number[0] = 0;
	for (size_t i = 1; i < from->nodes.n; i++)
		number[i] = symbols_add_node(to, number[from->nodes.p[i].parent],
		    u.locations[from->nodes.p[i].location]);
	mem_free(u.strings);
	mem_free(u.mappings);
	mem_free(u.functions);
	mem_free(u.locations);
}
