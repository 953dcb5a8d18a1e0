/* sourcemap.c - see sourcemap.h */
#include "formats/symbolize/sourcemap.h"

#include <stdlib.h>

#include "base/vec.h"
#include "formats/json/json_walk.h"

struct strings {
	struct str *p;
	size_t n, cap;
};

struct segments {
	struct sourcemap_segment *p;
	size_t n, cap;
};

struct reading {
	struct arena *a;
	struct strings sources, names;
	struct segments segments;
	struct str file;
};

/* One map or section; the texts of mappings come last of all, when its tables are complete. */
struct part {
	struct str root, mappings;
	uint32_t first_source, first_name, line, column; /* where it begins */
};

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The next number of a segment; false: there is none, or it is broken (*bad). */
static bool vlq(struct str s, size_t *i, int64_t *out, bool *bad)
{
	uint64_t v = 0;
	unsigned shift = 0;
	int d;

	if (*i >= s.n || s.p[*i] == ',' || s.p[*i] == ';')
		return false;
	do {
		d = *i < s.n ? digit(s.p[*i]) : -1;
		if (d < 0 || shift > 30) {
			*bad = true;
			return false;
		}
		v |= (uint64_t)(d & 31) << shift;
		shift += 5;
		++*i;
	} while (d & 32);
	*out = v & 1 ? -(int64_t)(v >> 1) : (int64_t)(v >> 1);
	return true;
}

/* Each of the running numbers stays within its table, or the map is broken. */
static bool step(int64_t *at, int64_t change, uint64_t limit)
{
	*at += change;
	return *at >= 0 && (uint64_t)*at < limit;
}

static int read_mappings(struct reading *in, const struct part *part, struct err *e)
{
	struct str s = part->mappings;
	int64_t source = 0, line = 0, column = 0, name = 0, generated = 0, v;
	const uint64_t n_sources = in->sources.n - part->first_source, n_names = in->names.n - part->first_name;
	uint32_t at_line = 0;
	bool bad = false;

	for (size_t i = 0; i < s.n && !bad;) {
		struct sourcemap_segment g = { .source = UINT32_MAX, .name = UINT32_MAX };

		if (s.p[i] == ';' || s.p[i] == ',') {
			if (s.p[i] == ';') {
				at_line++;
				generated = 0;
			}
			i++;
			continue;
		}
		bad = !vlq(s, &i, &v, &bad) || !step(&generated, v, UINT32_MAX / 2);
		if (!bad && vlq(s, &i, &v, &bad)) {
			bad |= !step(&source, v, n_sources);
			bad |= !vlq(s, &i, &v, &bad) || !step(&line, v, UINT32_MAX / 2);
			bad |= !vlq(s, &i, &v, &bad) || !step(&column, v, UINT32_MAX / 2);
			g.source = part->first_source + (uint32_t)source;
			g.source_line = (uint32_t)line;
			g.source_column = (uint32_t)column;
			if (!bad && vlq(s, &i, &v, &bad)) {
				bad |= !step(&name, v, n_names);
				g.name = part->first_name + (uint32_t)name;
			}
		}
		bad |= i < s.n && s.p[i] != ',' && s.p[i] != ';';
		if (bad)
			return err_set(e, ERR_INVALID,
			    "source map: mappings: the segment that ends at byte %zu (line %u) is "
			    "broken",
			    i, at_line + 1);
		g.line = part->line + at_line;
		g.column = (uint32_t)generated + (at_line == 0 ? part->column : 0);
		vec_push(&in->segments, g);
	}
	return 0;
}

static void read_strings(struct jwalk *j, struct strings *out)
{
	for (jwalk_open(j, '['); jwalk_item(j);) {
		struct str s = STR("");

		if (jwalk_kind(j) == '"')
			s = jwalk_str(j);
		else
			jwalk_skip(j);
		vec_push(out, s);
	}
}

static uint32_t offset_part(struct jwalk *j)
{
	int64_t v = jwalk_i64_or(j, 0);

	return v > 0 && v < UINT32_MAX / 4 ? (uint32_t)v : 0;
}

static int read_map(struct reading *in, struct jwalk *j, struct part part, bool outer, struct err *e);

static int read_sections(struct reading *in, struct jwalk *j, struct err *e)
{
	for (jwalk_open(j, '['); jwalk_item(j);) {
		struct part part = { 0 };
		struct str key;

		for (jwalk_open(j, '{'); jwalk_member(j, &key);) {
			struct str inner;

			if (str_eq(key, STR("offset"))) {
				for (jwalk_open(j, '{'); jwalk_member(j, &inner);)
					if (str_eq(inner, STR("line")))
						part.line = offset_part(j);
					else if (str_eq(inner, STR("column")))
						part.column = offset_part(j);
					else
						jwalk_skip(j);
			} else if (str_eq(key, STR("map"))) {
				if (read_map(in, j, part, false, e) < 0)
					return -1;
			} else
				jwalk_skip(j);
		}
	}
	return j->failed ? -1 : 0;
}

static int read_map(struct reading *in, struct jwalk *j, struct part part, bool outer, struct err *e)
{
	int64_t version = 0;
	struct str key;

	part.first_source = (uint32_t)in->sources.n;
	part.first_name = (uint32_t)in->names.n;
	for (jwalk_open(j, '{'); jwalk_member(j, &key);) {
		if (str_eq(key, STR("version")))
			version = jwalk_i64_or(j, 0);
		else if (str_eq(key, STR("file")) && outer)
			in->file = jwalk_str_or(j, STR_NONE);
		else if (str_eq(key, STR("sourceRoot")))
			part.root = jwalk_str_or(j, STR_NONE);
		else if (str_eq(key, STR("sources")) && in->sources.n == part.first_source)
			read_strings(j, &in->sources);
		else if (str_eq(key, STR("names")) && in->names.n == part.first_name)
			read_strings(j, &in->names);
		else if (str_eq(key, STR("mappings")))
			part.mappings = jwalk_str(j);
		else if (str_eq(key, STR("sections")) && outer) {
			if (read_sections(in, j, e) < 0)
				return -1;
		} else
			jwalk_skip(j);
	}
	if (j->failed)
		return -1;
	if (version != 3)
		return err_set(e, ERR_UNSUPPORTED, "source map: version %lld instead of 3", (long long)version);
	for (size_t i = part.first_source; part.root.n > 0 && i < in->sources.n && part.mappings.p != NULL; i++) {
		struct str s = in->sources.p[i];

		if (s.n && s.p[0] != '/' && str_search(s, STR("://")) == s.n)
			in->sources.p[i] = arena_printf(in->a, STR_FMT "%s" STR_FMT, STR_ARG(part.root),
			    str_suffix(part.root, STR("/")) ? "" : "/", STR_ARG(s));
	}
	return part.mappings.p ? read_mappings(in, &part, e) : 0;
}

static int by_place(const void *a, const void *b)
{
	const struct sourcemap_segment *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->column < y->column ? -1 : x->column > y->column;
}

static bool in_order(const struct segments *s)
{
	for (size_t i = 1; i < s->n; i++)
		if (by_place(&s->p[i - 1], &s->p[i]) > 0)
			return false;
	return true;
}

static void *keep(struct arena *a, const void *p, size_t n, size_t size)
{
	void *to = arena_array(a, n, size);

	if (n > 0)
		memcpy(to, p, n * size);
	return to;
}

int sourcemap_read(struct arena *a, struct str text, struct sourcemap *out, struct err *e)
{
	struct reading in = { .a = a };
	struct jwalk j;
	int rc;

	*out = (struct sourcemap){ 0 };
	text = str_unmarked(text);
	if (str_prefix(text, STR(")]}"))) /* so that nobody runs it as a script */
		text = str_skip(text, str_find(text, '\n'));
	jwalk_init(&j, a, text, e);
	rc = read_map(&in, &j, (struct part){ 0 }, true, e);
	if (rc == 0)
		rc = jwalk_end(&j);
	if (rc == 0 && (in.segments.n > UINT32_MAX / 2 || in.sources.n > UINT32_MAX / 2))
		rc = err_set(e, ERR_LIMIT, "source map: too many segments");
	if (rc == 0) {
		if (!in_order(&in.segments))
			qsort(in.segments.p, in.segments.n, sizeof(*in.segments.p), by_place);
		out->file = in.file;
		out->sources = keep(a, in.sources.p, in.sources.n, sizeof(*in.sources.p));
		out->names = keep(a, in.names.p, in.names.n, sizeof(*in.names.p));
		out->p = keep(a, in.segments.p, in.segments.n, sizeof(*in.segments.p));
		out->n_sources = (uint32_t)in.sources.n;
		out->n_names = (uint32_t)in.names.n;
		out->n = (uint32_t)in.segments.n;
	}
	vec_free(&in.sources);
	vec_free(&in.names);
	vec_free(&in.segments);
	return rc;
}

bool sourcemap_find(const struct sourcemap *m, uint32_t line, uint32_t column, struct sym_frame *out)
{
	uint32_t low = 0, high = m->n;
	struct sourcemap_segment want = { .line = line - 1, .column = column ? column - 1 : 0 };
	const struct sourcemap_segment *g;

	if (line == 0)
		return false;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (by_place(&m->p[mid], &want) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (column == 0 && (low == 0 || m->p[low - 1].line != want.line))
		low++; /* the first one behind the beginning of the line */
	if (low == 0 || low > m->n || m->p[low - 1].line != want.line || m->p[low - 1].source >= m->n_sources)
		return false;
	g = &m->p[low - 1];
	*out = (struct sym_frame){ .file = m->sources[g->source], .line = g->source_line + 1 };
	if (column != 0) {
		out->column = g->source_column + 1;
		if (g->name < m->n_names)
			out->name = m->names[g->name];
	}
	return true;
}
