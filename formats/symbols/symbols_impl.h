/*
 * symbols_impl.h - look-up tables of a symbols, shared by the files that
 * implement formats/symbols/symbols.h and by nobody else.
 *
 * Everything but strings is found by a hash of its content, not of the
 * numbers it refers to: a location's hash follows from the hashes of its
 * function names. So an importer can tell that a whole stack is known from
 * the strings of the profile alone and touches one table entry per stack.
 *
 *	string    64 bits, seeded; bytes are compared before one is added twice
 *	function  128 bits from the three strings and the line
 *	location  128 bits from mapping, address and functions
 *	stack     128 bits from the locations
 *
 * Tables store 96 bits and take a match of these for equality. The hash of a
 * string is the narrowest place: among 100,000 strings of a partition two
 * share one with a probability of 3e-10, and outsiders do not know the seed.
 *
 * Tables catch up with entries that were appended without them (sym_sync_*).
 */
#ifndef SYMBOLS_IMPL_H
#define SYMBOLS_IMPL_H

#include "base/hash.h"
#include "formats/symbols/symbols.h"

struct sym_hash {
	uint64_t a, b;
};

/* From 96 bits of hash to a number. */
struct sym_slot {
	uint64_t a;
	uint32_t b;
	uint32_t value1; /* value + 1; 0 = free */
};

struct sym_table {
	struct sym_slot *slots;
	uint32_t n, mask; /* mask + 1 slots, or none */
};

void sym_table_put(struct sym_table *t, struct sym_hash h, uint32_t value);

static inline uint32_t sym_table_find(const struct sym_table *t, struct sym_hash h)
{
	if (UNLIKELY(t->slots == NULL))
		return UINT32_MAX;
	for (uint32_t i = (uint32_t)h.a & t->mask;; i = (i + 1) & t->mask) {
		const struct sym_slot *s = &t->slots[i];

		if (s->a == h.a && s->b == (uint32_t)h.b && s->value1 != 0)
			return s->value1 - 1;
		if (s->value1 == 0)
			return UINT32_MAX;
	}
}

static inline void sym_table_prefetch(const struct sym_table *t, struct sym_hash h)
{
	if (t->slots)
		__builtin_prefetch(&t->slots[(uint32_t)h.a & t->mask]);
}

/*
 * Children of the nodes of a tree that is stored as pairs (parent, label):
 * sibling lists, and a map for nodes with more than a few children.
 */
struct sym_siblings {
	uint32_t first, next; /* 0 = none; first = SYM_WIDE: see the map */
};

struct sym_children {
	VEC(struct sym_siblings) at; /* of the nodes seen so far */
	struct map wide;
};

#define SYM_WIDE UINT32_MAX

/* pairs: parent and label of node i are pairs[2 * i] and pairs[2 * i + 1]. */
void sym_children_sync(struct sym_children *c, const uint32_t *pairs, uint32_t n);
uint32_t sym_children_find(struct sym_children *c, const uint32_t *pairs, uint32_t parent, uint32_t label);

struct sym_index {
	char *at; /* free room for string bytes */
	size_t left;
	struct map strings;
	uint32_t n_strings; /* entries that the table knows */
	struct sym_table mappings, functions, locations;
	uint32_t n_mappings, n_functions, n_locations;
	struct sym_table stacks;            /* not all, but those that were asked for */
	VEC(struct sym_hash) location_hash; /* for symbols_add_stack only */
	struct sym_children nodes, names;
};

struct sym_index *sym_index_of(struct symbols *s);
void sym_index_free(struct sym_index *x);
size_t sym_index_bytes(const struct sym_index *x);

/* Known or added; the hash is given. */
uint32_t sym_put_string(struct symbols *s, struct str text, uint64_t hash);
uint32_t sym_put_mapping(struct symbols *s, const struct sym_mapping *m, struct sym_hash h);
uint32_t sym_put_function(struct symbols *s, const struct sym_function *f, struct sym_hash h);
/* first_line is set here; lines may be empty. */
uint32_t sym_put_location(struct symbols *s, const struct sym_location *l, const struct sym_line *lines,
    struct sym_hash h);
/* Walks and grows the tree. */
uint32_t sym_put_stack(struct symbols *s, const uint32_t *locations, uint32_t n, struct sym_hash h);

/* The tables know all entries after these. */
void sym_sync_strings(struct symbols *s);
void sym_sync_mappings(struct symbols *s);
void sym_sync_functions(struct symbols *s);
void sym_sync_locations(struct symbols *s);

static inline struct str sym_cut(struct str text)
{
	return UNLIKELY(text.n > SYM_MAX_STRING) ? str_skip(text, text.n - SYM_MAX_STRING) : text;
}

static inline struct sym_hash sym_hash_function(uint64_t name, uint64_t system_name, uint64_t file, uint32_t start_line)
{
	uint64_t names = hash_mix(name, system_name);
	uint64_t place = file + start_line * UINT64_C(0x9fb21c651e98df25);

	return (struct sym_hash){ hash_mix(names, place), hash_mix(place ^ names, name) };
}

/* What a profile chooses never stands alone in a product: a zero would hide the other factor. */
static inline struct sym_hash sym_hash_mapping(const struct sym_mapping *m, uint64_t file, uint64_t build_id)
{
	uint64_t range = hash_mix(m->start ^ file, m->limit + build_id);
	uint64_t rest = hash_mix(m->offset ^ build_id, m->flags + file);

	return (struct sym_hash){ hash_mix(range, rest), hash_mix(rest ^ file, range + build_id) };
}

static inline struct sym_hash sym_hash_place(struct sym_hash mapping, uint64_t address)
{
	return (struct sym_hash){ hash_mix(mapping.a + address, mapping.b),
		hash_mix(mapping.b + address, mapping.a ^ address) };
}

static inline struct sym_hash sym_hash_line(struct sym_hash h, struct sym_hash function, uint32_t line)
{
	return (struct sym_hash){ hash_mix(h.a ^ function.a, line + UINT64_C(0xd6e8feb86659fd93)),
		hash_mix(h.b + function.b, line ^ UINT64_C(0xa0761d6478bd642f)) };
}

enum { SYM_KEYS = 64 };
extern const struct sym_hash sym_keys[SYM_KEYS];

/*
 * Hash of a stack from the hashes of its locations: in each run of 64 frames
 * the sum of products with a key per place, and the runs are chained. The
 * addends are random (seeded) already, so distinct odd keys do. False if an
 * entry is not below `limit`.
 */
static inline bool sym_hash_stack(const struct sym_hash *of, uint32_t limit, const uint32_t *stack, uint32_t n,
    struct sym_hash *out)
{
	struct sym_hash h = { n, ~(uint64_t)n };

	while (n > 0) {
		uint32_t run = MIN(n, (uint32_t)SYM_KEYS);
		uint64_t a = 0, b = 0;

		for (uint32_t i = 0; i < run; i++) {
			uint32_t l = stack[i];

			if (UNLIKELY(l >= limit))
				return false;
			a += of[l].a * sym_keys[i].a;
			b += of[l].b * sym_keys[i].b;
		}
		h = (struct sym_hash){ hash_mix(h.a ^ a, h.b + b), hash_mix(h.b ^ b, a) };
		stack += run;
		n -= run;
	}
	*out = h;
	return true;
}

#endif
