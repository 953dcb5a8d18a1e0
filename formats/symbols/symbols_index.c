/*
 * symbols_index.c - look-up tables of symbols.
 */
#include "formats/symbols/symbols_impl.h"

enum {
	TABLE_FIRST = 32,
	LIST_MAX = 8, /* children in a list; more go to the map */
	STRINGS_CHUNK = 2000,
};

static_assert(sizeof(struct sym_node) == 2 * sizeof(uint32_t), "nodes are pairs");
static_assert(sizeof(struct sym_name) == 2 * sizeof(uint32_t), "names are pairs");

/*
 * Odd numbers without a pattern (splitmix64). Keys that grow by steps would make stacks of two recursive
 * functions equal whenever their places add up to the same.
 */
#define MIX1(z) (((z) ^ (z) >> 30) * UINT64_C(0xbf58476d1ce4e5b9))
#define MIX2(z) (((z) ^ (z) >> 27) * UINT64_C(0x94d049bb133111eb))
#define MIX3(z) ((z) ^ (z) >> 31)
#define ODD(n) (MIX3(MIX2(MIX1(UINT64_C(0x9e3779b97f4a7c15) * (n)))) | 1)
#define KEY(i)                                     \
	{                                          \
		ODD(2 * (i) + 1), ODD(2 * (i) + 2) \
	}
#define KEYS4(i) KEY(i), KEY(i + 1), KEY(i + 2), KEY(i + 3)
#define KEYS8(i) KEYS4(i), KEYS4(i + 4)

const struct sym_hash sym_keys[SYM_KEYS] = {
	KEYS8(0),
	KEYS8(8),
	KEYS8(16),
	KEYS8(24),
	KEYS8(32),
	KEYS8(40),
	KEYS8(48),
	KEYS8(56),
};

static void table_fini(struct sym_table *t)
{
	mem_free(t->slots);
	*t = (struct sym_table){ 0 };
}

static size_t table_bytes(const struct sym_table *t)
{
	return t->slots ? ((size_t)t->mask + 1) * sizeof(*t->slots) : 0;
}

static void table_insert(struct sym_table *t, struct sym_slot s)
{
	uint32_t i = (uint32_t)s.a & t->mask;

	while (t->slots[i].value1)
		i = (i + 1) & t->mask;
	t->slots[i] = s;
	t->n++;
}

/* At most 3/4 full. */
static void table_grow(struct sym_table *t)
{
	struct sym_table old = *t;
	size_t n = old.slots ? (size_t)old.mask + 1 : 0, more = n ? n * 2 : TABLE_FIRST;

	assert(more <= UINT64_C(1) << 32);
	t->slots = mem_zarray(more, sizeof(*t->slots));
	t->mask = (uint32_t)(more - 1);
	t->n = 0;
	for (size_t i = 0; i < n; i++)
		if (old.slots[i].value1)
			table_insert(t, old.slots[i]);
	mem_free(old.slots);
}

void sym_table_put(struct sym_table *t, struct sym_hash h, uint32_t value)
{
	if (t->slots == NULL || (uint64_t)t->n * 4 >= ((uint64_t)t->mask + 1) * 3)
		table_grow(t);
	table_insert(t, (struct sym_slot){ h.a, (uint32_t)h.b, value + 1 });
}

static uint64_t child_hash(uint32_t parent, uint32_t label)
{
	return hash_mix((uint64_t)parent << 32 | label, 0);
}

static void child_link(struct sym_children *c, const uint32_t *pairs, uint32_t i)
{
	struct sym_siblings *parent = &c->at.p[pairs[2 * (size_t)i]];

	if (parent->first == SYM_WIDE) {
		map_put(&c->wide, child_hash(pairs[2 * (size_t)i], pairs[2 * (size_t)i + 1]), i);
	} else {
		c->at.p[i].next = parent->first;
		parent->first = i;
	}
}

/* Parents come before their children; node 0 is nobody's child. */
void sym_children_sync(struct sym_children *c, const uint32_t *pairs, uint32_t n)
{
	if (LIKELY(c->at.n == n))
		return;
	vec_reserve(&c->at, n - c->at.n);
	while (c->at.n < n) {
		uint32_t i = (uint32_t)c->at.n;

		c->at.p[c->at.n++] = (struct sym_siblings){ 0, 0 };
		if (i > 0)
			child_link(c, pairs, i);
	}
}

static void child_widen(struct sym_children *c, const uint32_t *pairs, uint32_t parent)
{
	for (uint32_t i = c->at.p[parent].first; i; i = c->at.p[i].next)
		map_put(&c->wide, child_hash(parent, pairs[2 * (size_t)i + 1]), i);
	c->at.p[parent].first = SYM_WIDE;
}

static uint32_t child_find_wide(const struct sym_children *c, const uint32_t *pairs, uint32_t parent, uint32_t label)
{
	struct map_at at = map_find(&c->wide, child_hash(parent, label));

	for (uint32_t i; map_next(&at, &i);)
		if (pairs[2 * (size_t)i] == parent && pairs[2 * (size_t)i + 1] == label)
			return i;
	return 0;
}

uint32_t sym_children_find(struct sym_children *c, const uint32_t *pairs, uint32_t parent, uint32_t label)
{
	uint32_t i = c->at.p[parent].first, seen = 0;

	if (i != SYM_WIDE) {
		for (; i; i = c->at.p[i].next) {
			if (pairs[2 * (size_t)i + 1] == label)
				return i;
			if (++seen == LIST_MAX)
				break;
		}
		if (i == 0)
			return 0;
		child_widen(c, pairs, parent);
	}
	return child_find_wide(c, pairs, parent, label);
}

static void children_fini(struct sym_children *c)
{
	vec_free(&c->at);
	map_fini(&c->wide);
}

static size_t children_bytes(const struct sym_children *c)
{
	return c->at.cap * sizeof(*c->at.p) + map_bytes(&c->wide);
}

struct sym_index *sym_index_of(struct symbols *s)
{
	if (UNLIKELY(s->index == NULL))
		s->index = mem_zalloc(sizeof(*s->index));
	return s->index;
}

void sym_index_free(struct sym_index *x)
{
	if (x == NULL)
		return;
	map_fini(&x->strings);
	table_fini(&x->mappings);
	table_fini(&x->functions);
	table_fini(&x->locations);
	table_fini(&x->stacks);
	vec_free(&x->location_hash);
	children_fini(&x->nodes);
	children_fini(&x->names);
	mem_free(x);
}

size_t sym_index_bytes(const struct sym_index *x)
{
	return x == NULL ? 0
			 : sizeof(*x) + map_bytes(&x->strings) + table_bytes(&x->mappings) +
		table_bytes(&x->functions) + table_bytes(&x->locations) + table_bytes(&x->stacks) +
		x->location_hash.cap * sizeof(*x->location_hash.p) + children_bytes(&x->nodes) +
		children_bytes(&x->names);
}

/* Strings lie back to back: an arena of its own would round each up to 16. */
static struct str string_keep(struct symbols *s, struct str text)
{
	struct sym_index *x = sym_index_of(s);
	char *p;

	if (text.n == 0)
		return STR("");
	if (text.n > x->left) {
		if (text.n > STRINGS_CHUNK / 4)
			return arena_str(s->mem, text);
		x->left = STRINGS_CHUNK;
		x->at = arena_alloc(s->mem, x->left);
	}
	p = memcpy(x->at, text.p, text.n);
	x->at += text.n;
	x->left -= text.n;
	return str_of(p, text.n);
}

void symbols_append_string(struct symbols *s, struct str text)
{
	struct str kept = string_keep(s, sym_cut(text));

	assert(s->strings.n < UINT32_MAX);
	vec_push(&s->strings, kept);
}

uint32_t sym_put_string(struct symbols *s, struct str text, uint64_t hash)
{
	struct sym_index *x = sym_index_of(s);
	struct map_at at;
	uint32_t i;

	sym_sync_strings(s);
	at = map_find(&x->strings, hash);
	while (map_next(&at, &i))
		if (str_eq(s->strings.p[i], text))
			return i;
	i = (uint32_t)s->strings.n;
	symbols_append_string(s, text);
	map_put(&x->strings, hash, i);
	x->n_strings++;
	return i;
}

uint32_t sym_put_mapping(struct symbols *s, const struct sym_mapping *m, struct sym_hash h)
{
	uint32_t i;

	sym_sync_mappings(s);
	i = sym_table_find(&s->index->mappings, h);
	if (i != UINT32_MAX)
		return i;
	i = (uint32_t)s->mappings.n;
	vec_push(&s->mappings, *m);
	sym_table_put(&s->index->mappings, h, i);
	s->index->n_mappings++;
	return i;
}

uint32_t sym_put_function(struct symbols *s, const struct sym_function *f, struct sym_hash h)
{
	uint32_t i;

	sym_sync_functions(s);
	i = sym_table_find(&s->index->functions, h);
	if (i != UINT32_MAX)
		return i;
	i = (uint32_t)s->functions.n;
	vec_push(&s->functions, *f);
	sym_table_put(&s->index->functions, h, i);
	s->index->n_functions++;
	return i;
}

uint32_t sym_put_location(struct symbols *s, const struct sym_location *l, const struct sym_line *lines,
    struct sym_hash h)
{
	struct sym_location mine = *l;
	uint32_t i;

	sym_sync_locations(s);
	i = sym_table_find(&s->index->locations, h);
	if (i != UINT32_MAX)
		return i;
	i = (uint32_t)s->locations.n;
	mine.first_line = (uint32_t)s->lines.n;
	for (uint32_t k = 0; k < l->n_lines; k++)
		vec_push(&s->lines, lines[k]);
	vec_push(&s->locations, mine);
	sym_table_put(&s->index->locations, h, i);
	s->index->n_locations++;
	return i;
}

uint32_t sym_put_stack(struct symbols *s, const uint32_t *locations, uint32_t n, struct sym_hash h)
{
	struct sym_index *x = sym_index_of(s);
	uint32_t node = 0;

	while (n > 0)
		node = symbols_add_node(s, node, locations[--n]);
	sym_table_put(&x->stacks, h, node);
	return node;
}
