/*
 * symdb_tables.c - partitions whose tables are Parquet files.
 */
#include "formats/symbols/symdb_impl.h"

#include "base/mem.h"

static int read_strings(struct symdb_tables *t, const struct symdb_range *r, struct symbols *s, struct err *e)
{
	struct str *out;

	vec_reserve(&s->strings, r->n);
	out = s->strings.p + s->strings.n;
	if (t->strings(t, s->mem, *r, out, e) < 0)
		return err_wrap(e, "strings");
	for (uint32_t i = 0; i < r->n; i++)
		if (out[i].n > SYM_MAX_STRING)
			out[i] = str_skip(out[i], out[i].n - SYM_MAX_STRING);
	s->strings.n += r->n;
	return 0;
}

static int read_mappings(struct symdb_tables *t, struct arena *a, const struct symdb_range *r, struct symbols *s,
    struct err *e)
{
	vec_reserve(&s->mappings, r->n);
	if (t->mappings(t, a, *r, s->mappings.p + s->mappings.n, e) < 0)
		return err_wrap(e, "mappings");
	s->mappings.n += r->n;
	return 0;
}

static int read_functions(struct symdb_tables *t, struct arena *a, const struct symdb_range *r, struct symbols *s,
    struct err *e)
{
	vec_reserve(&s->functions, r->n);
	if (t->functions(t, a, *r, s->functions.p + s->functions.n, e) < 0)
		return err_wrap(e, "functions");
	s->functions.n += r->n;
	return 0;
}

static int read_locations(struct symdb_tables *t, struct arena *a, const struct symdb_range *r, struct symbols *s,
    struct err *e)
{
	struct sym_location *out;
	struct sym_line *lines;
	uint32_t n;

	vec_reserve(&s->locations, r->n);
	out = s->locations.p + s->locations.n;
	if (t->locations(t, a, *r, out, &lines, &n, e) < 0)
		return err_wrap(e, "locations");
	for (uint32_t i = 0; i < r->n; i++) {
		struct sym_location *l = &out[i];

		if (l->first_line > n || l->n_lines > n - l->first_line)
			return err_set(e, ERR_CORRUPT, "locations: lines of location %u reach past the end", i);
		l->n_lines = MIN(l->n_lines, (uint32_t)SYM_MAX_LINES);
		if (s->lines.n + l->n_lines > UINT32_MAX)
			return err_set(e, ERR_CORRUPT, "locations: more than %u lines", UINT32_MAX);
		vec_reserve(&s->lines, l->n_lines);
		if (l->n_lines)
			memcpy(s->lines.p + s->lines.n, lines + l->first_line, l->n_lines * sizeof(*lines));
		l->first_line = (uint32_t)s->lines.n;
		s->lines.n += l->n_lines;
	}
	s->locations.n += r->n;
	return 0;
}

static int read_range(struct symdb_tables *t, struct arena *a, enum symdb_section which, const struct symdb_range *r,
    struct symbols *s, struct err *e)
{
	switch (which) {
	case SECTION_STRINGS: return read_strings(t, r, s, e);
	case SECTION_MAPPINGS: return read_mappings(t, a, r, s, e);
	case SECTION_FUNCTIONS: return read_functions(t, a, r, s, e);
	default: return read_locations(t, a, r, s, e);
	}
}

int symdb_read_tables(struct symdb *db, const struct symdb_part *part, struct symbols *s, struct err *e)
{
	struct arena *a = arena_new();
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < SECTIONS; i++)
		for (uint32_t k = 0; rc == 0 && k < part->n_ranges[i]; k++) {
			arena_reset(a);
			if (part->ranges[i][k].n > 0)
				rc = read_range(db->files.tables, a, i, &part->ranges[i][k], s, e);
		}
	arena_free(a);
	return rc;
}

static int add_stacks(struct symdb_part *part, const uint32_t *at, const uint32_t *locations, struct symbols *s,
    struct err *e)
{
	for (uint32_t i = 0; i < part->n_node; i++) {
		for (uint32_t k = at[i]; k < at[i + 1]; k++)
			if (locations[k] >= s->locations.n)
				return err_set(e, ERR_CORRUPT, "stacktraces: row %u: location %u of %zu", i,
				    locations[k], s->locations.n);
		part->node[i] = symbols_add_stack(s, locations + at[i], at[i + 1] - at[i]);
	}
	return 0;
}

int symdb_read_stacks(struct symdb *db, struct symdb_part *part, struct symbols *s, struct err *e)
{
	struct symdb_tables *t = db->files.tables;
	uint32_t n = t->rows[SYMDB_STACKS], *locations;
	struct arena *a = arena_new();
	uint32_t *at = arena_array(a, (size_t)n + 1, sizeof(*at));
	int rc = 0;

	if (n > 0)
		rc = t->stacks(t, a, (struct symdb_range){ SYMDB_ALL_GROUPS, 0, n }, at, &locations, e);
	if (part->node == NULL)
		part->node = arena_array(db->mem, n, sizeof(*part->node));
	part->n_node = n;
	if (rc == 0 && n > 0)
		rc = add_stacks(part, at, locations, s, e);
	if (rc < 0)
		part->n_node = 0;
	arena_free(a);
	return rc < 0 ? err_wrap(e, "stacktraces") : 0;
}
