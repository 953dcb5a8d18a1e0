/*
 * symbols_check.c - do the references of appended entries lead somewhere?
 */
#include "formats/symbols/symbols.h"

static int bad(const struct symbols *s, const char *what, size_t i, const char *part, uint64_t to, size_t n,
    struct err *e)
{
	return err_set(e, ERR_CORRUPT, "symbols of partition %016llx: %s %zu: %s %llu of %zu",
	    (unsigned long long)s->partition, what, i, part, (unsigned long long)to, n);
}

static int check_mappings(const struct symbols *s, uint32_t from, struct err *e)
{
	for (size_t i = from; i < s->mappings.n; i++) {
		const struct sym_mapping *m = &s->mappings.p[i];

		if (m->file >= s->strings.n || m->build_id >= s->strings.n)
			return bad(s, "mapping", i, "string", MAX(m->file, m->build_id), s->strings.n, e);
	}
	return 0;
}

static int check_functions(const struct symbols *s, uint32_t from, struct err *e)
{
	for (size_t i = from; i < s->functions.n; i++) {
		const struct sym_function *f = &s->functions.p[i];
		uint32_t most = MAX(MAX(f->name, f->system_name), f->file);

		if (most >= s->strings.n)
			return bad(s, "function", i, "string", most, s->strings.n, e);
	}
	return 0;
}

static int check_locations(const struct symbols *s, uint32_t from, struct err *e)
{
	for (size_t i = from; i < s->locations.n; i++) {
		const struct sym_location *l = &s->locations.p[i];
		uint64_t end = (uint64_t)l->first_line + l->n_lines;

		if (l->mapping >= s->mappings.n)
			return bad(s, "location", i, "mapping", l->mapping, s->mappings.n, e);
		if (l->n_lines > SYM_MAX_LINES)
			return bad(s, "location", i, "lines", l->n_lines, SYM_MAX_LINES, e);
		if (end > s->lines.n)
			return bad(s, "location", i, "line", end, s->lines.n, e);
	}
	return 0;
}

static int check_lines(const struct symbols *s, uint32_t from, struct err *e)
{
	for (size_t i = from; i < s->lines.n; i++)
		if (s->lines.p[i].function >= s->functions.n)
			return bad(s, "line", i, "function", s->lines.p[i].function, s->functions.n, e);
	return 0;
}

static int check_nodes(const struct symbols *s, uint32_t from, struct err *e)
{
	for (size_t i = MAX(from, 1u); i < s->nodes.n; i++) {
		const struct sym_node *node = &s->nodes.p[i];

		if (node->parent >= i)
			return bad(s, "stack node", i, "parent", node->parent, i, e);
		if (node->location >= s->locations.n)
			return bad(s, "stack node", i, "location", node->location, s->locations.n, e);
	}
	return 0;
}

int symbols_check(const struct symbols *s, const struct sym_counts *from, struct err *e)
{
	if (s->strings.n == 0 || s->strings.p[0].n != 0)
		return err_set(e, ERR_CORRUPT, "symbols of partition %016llx: string 0 is not empty",
		    (unsigned long long)s->partition);
	if (s->nodes.n == 0 || s->nodes.p[0].parent != 0)
		return err_set(e, ERR_CORRUPT, "symbols of partition %016llx: the stack tree has no root",
		    (unsigned long long)s->partition);
	if (check_mappings(s, from->mappings, e) < 0 || check_functions(s, from->functions, e) < 0 ||
	    check_locations(s, from->locations, e) < 0 || check_lines(s, from->lines, e) < 0)
		return -1;
	return check_nodes(s, from->nodes, e);
}
