/*
 * symbols.h - the symbols of one partition: strings, mappings, functions,
 * locations and a tree of stack traces. The head grows one per partition, the
 * block reader decodes one, the block writer (formats/symbols/symdb.h) writes one.
 *
 * All references are positions in the tables of the same partition. Entry 0
 * of strings is "". The stack tree is an array of nodes: node 0 is the root
 * (no location); node i > 0 has a parent < i and a location; a stack trace id
 * is the number of its leaf node, and walking the parents gives the locations
 * in pprof order (leaf first). Equal entries are stored once.
 *
 * Growing only: what was added keeps its number and its place, so a journal
 * can record "strings 10..12, nodes 400..403 are new" and a reader that knows
 * the counts of a moment sees that moment. One thread at a time.
 *
 * Source: spec of the block format, section 5.
 */
#ifndef SYMBOLS_H
#define SYMBOLS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "formats/profile.h"

struct sym_mapping {
	uint64_t start, limit, offset;
	uint32_t file, build_id;
	uint32_t flags; /* enum mapping_flags */
};

/* That of locations which have none. */
static inline bool sym_mapping_empty(const struct sym_mapping *x)
{
	return (x->start | x->limit | x->offset | x->file | x->build_id | x->flags) == 0;
}

struct sym_function {
	uint32_t name, system_name, file;
	uint32_t start_line;
};

struct sym_line {
	uint32_t function, line;
};

struct sym_location {
	uint64_t address;
	uint32_t mapping;
	uint32_t first_line; /* in lines; innermost inlined call first */
	uint32_t n_lines;    /* at most SYM_MAX_LINES */
};

struct sym_node {
	uint32_t parent, location;
};

enum { SYM_MAX_LINES = 255, SYM_MAX_STRING = 65535 };

/* Sizes of all tables at one moment. */
struct sym_counts {
	uint32_t strings, mappings, functions, locations, lines, nodes;
};

/*
 * A tree of function names over the stack tree: entry i is a distinct path of
 * names (string numbers, by bytes); entry 0 is the root. node_name[n] is the
 * entry that stack node n ends in: the innermost line of its location (a
 * location without lines ends where its parent ends). Kept in step on demand.
 */
struct sym_name {
	uint32_t parent, name;
};

struct symbols {
	uint64_t partition;
	struct arena *mem; /* string bytes */
	VEC(struct str) strings;
	VEC(struct sym_mapping) mappings;
	VEC(struct sym_function) functions;
	VEC(struct sym_location) locations;
	VEC(struct sym_line) lines;
	VEC(struct sym_node) nodes;
	VEC(struct sym_name) names;
	VEC(uint32_t) node_name;
	struct sym_index *index; /* look-up tables of symbols_add_*; made on first use */
};

struct symbols *symbols_new(uint64_t partition);
void symbols_free(struct symbols *s); /* accepts NULL */
struct sym_counts symbols_counts(const struct symbols *s);
size_t symbols_bytes(const struct symbols *s); /* memory held */

/* Number of the entry, added if new. Strings are copied (cut to the last SYM_MAX_STRING bytes). */
uint32_t symbols_add_string(struct symbols *s, struct str text);
uint32_t symbols_add_mapping(struct symbols *s, const struct sym_mapping *m);
uint32_t symbols_add_function(struct symbols *s, const struct sym_function *f);
uint32_t symbols_add_location(struct symbols *s, const struct sym_location *l, const struct sym_line *lines);
uint32_t symbols_add_node(struct symbols *s, uint32_t parent, uint32_t location);
/* Stack of locations, leaf first; 0 for an empty one. The whole is looked up by hash first. */
uint32_t symbols_add_stack(struct symbols *s, const uint32_t *locations, uint32_t n);

/* What stacks of one partition are in another: those from `first` on, up to the next run, are `is` and what follows. */
struct sym_run {
	uint32_t first, is;
};

struct sym_runs { /* for vec.h; ascending, from stack 0 on */
	struct sym_run *p;
	size_t n, cap;
};

/* Adds all that `from` has, which has been checked; replaces *runs. Partitions that have most in common, in the same order, are
   compared, not looked up, and take few runs. */
void symbols_unite(struct symbols *to, const struct symbols *from, struct sym_runs *runs);

/*
 * Append entries as they stand, without looking for equal ones (decoders and
 * journal replay: the writer made them distinct). symbols_check afterwards.
 */
void symbols_append_string(struct symbols *s, struct str text); /* copies */
/* tables other than strings: vec_push on the arrays */
/* References of entries from `from` on are in range, parents precede children, or ERR_CORRUPT. */
int symbols_check(const struct symbols *s, const struct sym_counts *from, struct err *e);
/* Takes back what was appended since `to`, before anything was added or asked. */
void symbols_truncate(struct symbols *s, const struct sym_counts *to);

/* Gives back the look-up tables, which are made again when something is added or looked up, and room for more. */
void symbols_rest(struct symbols *s);

/* names and node_name cover all nodes after this. */
void symbols_names(struct symbols *s);

/* The locations of stack id, leaf first, into out (room for max); returns their number. */
uint32_t symbols_stack(const struct symbols *s, uint32_t id, uint32_t *out, uint32_t max);

/*
 * Interning a whole profile, the hot path of ingestion. A sym_importer keeps
 * scratch arrays between profiles (one per thread).
 *
 *	symbols_import(imp, s, p);      maps all locations that samples use
 *	id = symbols_import_stack(imp, s, p, sample);
 *
 * Cleaning on the way, as the protocol asks: a mapping with functions loses
 * its addresses and so do its locations; locations without lines and address,
 * of unknown mapping or with an unknown function are dropped from stacks
 * (symbols_import_stack then returns SYM_DROPPED: the sample is to be
 * removed); a partition always has a mapping 0 and a function 0.
 */
#define SYM_DROPPED UINT32_MAX

struct sym_importer;

struct sym_importer *sym_importer_new(void);
void sym_importer_free(struct sym_importer *imp);
void symbols_import(struct sym_importer *imp, struct symbols *s, const struct profile *p);
uint32_t symbols_import_stack(struct sym_importer *imp, struct symbols *s, const struct profile *p, uint32_t sample);
/*
 * The profile of the last symbols_import once more, unchanged, into the same
 * or another partition (a profile that is split by labels): costs what its
 * new stacks cost. p and its tables must not change between any of these calls.
 */
void symbols_import_again(struct sym_importer *imp, struct symbols *s, const struct profile *p);

#endif
