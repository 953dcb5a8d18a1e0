/*
 * report_impl.h - what the files behind report.h share. Not for anyone else.
 *
 * A report is the profile as the filters leave it: samples with their stacks
 * (location numbers, leaf first), locations with their lines, functions with
 * interned names. Graphs are made of it per form, over arrays by number:
 * nothing is hashed per frame but the edges that a form asks for.
 */
#ifndef REPORT_IMPL_H
#define REPORT_IMPL_H

#include "base/map.h"
#include "base/vec.h"
#include "formats/report/report.h"

struct rfunction {
	uint32_t name; /* interned */
	struct str system, file;
	int64_t start_line;
};

struct rlocation {
	uint32_t first, n; /* in lines; innermost inlined call first */
};

struct rsample {
	uint32_t number; /* of the profile: values and tags */
	uint32_t at, n;  /* in stack, leaf first */
};

/* What makes two frames one node; names are interned strings. */
struct rinfo {
	uint32_t name, file, object;
	uint32_t column;
	int64_t line, start_line;
	uint64_t address;
};

#define NO_NODE UINT32_MAX
#define NO_LABEL UINT32_MAX

struct report {
	struct arena *mem;
	const struct profile *p;
	struct report_opts o;
	uint32_t type; /* position of the sample type */
	struct str type_name, unit;
	struct str out_unit; /* of the form that is being printed */
	int64_t total;

	VEC(struct str) strings; /* interned; 0 is "" */
	struct map string_map;

	struct rfunction *functions;
	uint32_t n_functions;
	struct rlocation *locations;
	uint64_t *addresses; /* by location */
	uint32_t *mappings;  /* by location: position or PROFILE_NONE */
	uint32_t n_locations;
	uint64_t last_id; /* the largest of a location */
	const struct line *lines;
	uint32_t n_lines;
	struct rsample *samples;
	uint32_t n_samples;
	const uint32_t *stack;

	uint32_t *object;     /* by mapping: its file, interned */
	uint32_t *keys;       /* by string of the profile: interned, if it is the key of a tag; or NULL */
	uint32_t n_keys;      /* interned keys are below */
	struct str *key_unit; /* by key: unit of its numbers */
	bool *tag_gone;       /* by key: its tags are not shown; or NULL */
	bool have_base;       /* some samples are marked as the base of a comparison */

	/* Nodes of locations, made with the first graph. */
	VEC(struct rinfo) infos;
	struct str *printed; /* by info, NULL pointer: not yet */
	uint32_t *node_at;   /* by location: first in nodes; n_locations + 1 entries */
	uint32_t *nodes;     /* info of each line; a location without lines has one */
	bool whole_paths;    /* file names of infos are as in the profile, not trimmed */
	bool object_names;   /* infos have the mapping's file and the start line of their function */
	bool *inlined;       /* by info: some line of it was inlined into a caller */
};

/* report.c */
uint32_t report_intern(struct report *r, struct str s);
struct str report_mapping_file(const struct report *r, uint32_t location);
/* Value of the sample type; and what it is divided by, 0 = nothing. */
static inline int64_t report_weight(const struct report *r, const struct rsample *s)
{
	return profile_value(r->p, s->number, r->type);
}

static inline int64_t report_divisor(const struct report *r, const struct rsample *s)
{
	return r->o.mean ? profile_value(r->p, s->number, 0) : 0;
}

static inline struct str report_str(const struct report *r, uint32_t interned)
{
	return r->strings.p[interned];
}

/* Tags of sample number i; 0 if there are none. */
static inline uint32_t report_tags_of(const struct profile *p, uint32_t sample, const struct tag **tags)
{
	if (p->tag_at == NULL)
		return 0;
	*tags = p->tags + p->tag_at[sample];
	return p->tag_at[sample + 1] - p->tag_at[sample];
}

/* A tag with neither text, number nor unit is none. */
static inline bool report_tag_empty(const struct tag *t)
{
	return t->str == 0 && t->num == 0 && t->unit == 0;
}

/* Empty, or left out by tag_show and tag_hide. */
static inline bool report_tag_gone(const struct report *r, const struct tag *t)
{
	return report_tag_empty(t) || (r->tag_gone && r->tag_gone[t->key < r->p->n_strings ? r->keys[t->key] : 0]);
}

/* report_filter.c: all change locations and samples. */
int report_filter(struct report *r, struct err *e);      /* names, then tags, then prune_from */
int report_drop_frames(struct report *r, struct err *e); /* as the profile itself asks for */

/* report_tag.c */
void report_tag_units(struct report *r);
void report_tag_frames(struct report *r); /* tag_root, tag_leaf */
bool report_tag_match(const struct report *r, const struct report_tag_filter *f, uint32_t sample);
void report_tag_hide(struct report *r);
uint32_t report_key(const struct report *r, const struct tag *t); /* interned */
struct str report_tag_unit(const struct report *r, uint32_t key);

/*
 * report_tag_text.c: the tags of a sample, one printed text for each key, sorted. Numbers and texts of one key are
 * groups apart.
 */
uint32_t report_tag_groups(struct report *r, struct arena *a, uint32_t sample, bool numbers,
    void (*print)(struct report *r, const struct tag *group, uint32_t n, struct buf *b), struct str **out);

/* report_unit.c: numbers as people read them. */
bool unit_same(struct str a, struct str b); /* may be compared: "ms" and "milliseconds", "samples" and "count" */
double unit_scale(int64_t value, struct str from, struct str to, struct str *unit);
void unit_label(struct buf *b, int64_t value, struct str from, struct str to); /* "1.50MB" */
void unit_percent(struct buf *b, int64_t value, int64_t total);                /* six columns: " 5.00%" */
void unit_percent_trimmed(struct buf *b, int64_t value, int64_t total);        /* without blanks in front */
/* Values are anything that 64 bits can say: sums wrap. */
static inline int64_t abs_wrap(int64_t v)
{
	return v < 0 ? (int64_t)(0 - (uint64_t)v) : v;
}

static inline int64_t sum_wrap(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

int64_t div_wrap(int64_t a, int64_t b); /* b is not 0 */

/* report_name.c */
enum report_names { NAMES_TRIMMED, NAMES_WHOLE_PATHS, NAMES_OF_OBJECTS };
/* infos, nodes: once, but again when names are wanted otherwise. Graphs that were made before are void then. */
void report_nodes(struct report *r, enum report_names names);
struct str report_printed(struct report *r, uint32_t info); /* the node's name as texts show it */
void report_print_name(struct report *r, const struct rinfo *i, const char *sep, struct buf *b);
void report_print_info(struct report *r, const struct rinfo *i, struct buf *b); /* every field: a last order */
/* Without the first of the prefixes; without prefixes, what follows the first folder that has a name of search. */
struct str path_trim(struct str path, struct str prefixes, struct str search);
struct str path_base(struct str path);
struct str path_clean(struct arena *a, struct str path);

/* report_build.c, report_order.c, report_graph.c */
struct gnode {
	int64_t flat, flat_div, cum, cum_div;
};

struct gedge {
	uint32_t src, dest;
	int64_t weight, weight_div;
	bool indirect; /* leads over nodes that were left out */
	bool inlined;  /* every call along it was inlined */
	bool gone;
};

enum graph_edges { EDGES_INLINED, EDGES_ALL }; /* only to nodes that were inlined somewhere, or all */

struct graph {
	struct report *r;
	struct gnode *nodes; /* by info */
	uint32_t *order;     /* the nodes of the graph */
	uint32_t n;
	VEC(struct gedge) edges;
	struct graph_tags *tags; /* of the dot form */
	uint32_t orig_count, dropped_nodes, dropped_edges;

	/* Edges by node, after graph_adjacent: in_at and out_at have one entry per info and one more. */
	uint32_t *in_at, *in, *out_at, *out;
};

enum graph_form { FORM_TOP, FORM_TREE, FORM_DOT };

void graph_values(struct graph *g); /* flat and cum of nodes, and the list of those that have any */
/* Edges between nodes that are kept (by info; NULL: all), over those that are not. */
void graph_edges(struct graph *g, const bool *kept, enum graph_edges want);
void graph_sort(struct graph *g, enum graph_form form);
int graph_by_weight(const void *a, const void *b, void *graph); /* for qsort_r over numbers of edges */
/* Trimmed and ordered as the form has it; also selects r->out_unit. */
struct graph *graph_new(struct report *r, enum graph_form form, bool trim);
void graph_free(struct graph *g);
void graph_adjacent(struct graph *g); /* each list heaviest first */
int64_t graph_flat(const struct graph *g, uint32_t info);
int64_t graph_cum(const struct graph *g, uint32_t info);
int64_t graph_total(const struct graph *g); /* sum of the flat values */

/* report_dot_tags.c: boxes at the nodes of a dot graph; those below cutoff are left out. */
struct graph_tags *graph_tags_new(struct report *r, int64_t cutoff);
void graph_tags_free(struct graph_tags *t);                                                /* accepts NULL */
uint32_t graph_tags_count(const struct graph_tags *t, uint32_t node);                      /* those with a flat value */
bool graph_tags_print(const struct graph *g, uint32_t node, uint32_t id, struct buf *out); /* false: no box */

/* report_calls.c: the stacks as a tree of printed names; tidy: as folded stacks have them. */
struct tree *report_names_tree(struct report *r, bool tidy);

/* report_folded.c: lines "a;b;c" with their values, in order of bytes. */
struct folded_line {
	struct str stack;
	int64_t value;
};
size_t report_folded_lines(struct report *r, struct arena *a, struct folded_line **out);

/* report_dot.c: without package path, version, arguments, outer namespaces. In a, or a slice of name. */
struct str report_short_name(struct arena *a, struct str name);

/* report_svg_script.c */
extern const char report_svg_script[];

/* report_colour.c: 0xrrggbb */
uint32_t report_colour(enum picture_colours how, struct str name);
uint32_t report_change_colour(double before, double after); /* shares, in percent */

/* report_svg.c */
void svg_text(struct buf *out, struct str s); /* escaped; what XML does not allow becomes U+FFFD */
/* "1.25s", "3 samples" */
void svg_amount(const struct picture *o, int64_t v, struct buf *out);
void svg_begin(const struct picture *o, unsigned height, struct buf *out); /* head, style, title */
unsigned svg_top(const struct picture *o); /* where the picture begins below the title */

/* report_text.c */
int64_t report_divided(const struct report *r, int64_t v); /* by divide_by */
void report_format(struct report *r, int64_t value, struct buf *b);
void put_right(struct buf *b, struct str s, size_t width); /* blanks in front; width in characters */
size_t text_width(struct str s);
void put_cut(struct buf *b, struct str s, size_t width);  /* at most width columns, "…" at the end */
void put_tail(struct buf *b, struct str s, size_t width); /* at most width characters, "…" in front: of paths */

/* report_header.c */
void report_print_time(const struct report *r, int64_t ns, bool fraction, struct buf *b);
struct str report_zone(const struct report *r);
void report_header(struct report *r, const struct graph *g, bool full, struct buf *out);
void report_profile_lines(struct report *r, struct buf *out); /* File, Type, Time, ... each with a line feed */

#endif
