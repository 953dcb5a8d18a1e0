/*
 * profile_merge_known.c - locations of the sum, found by what they say: hashes
 * of 128 bits over addresses, lines and the texts of functions, of which no
 * two that are not equal are the same. Programs are profiled again and again:
 * so nothing of the sum, which lies anywhere, need be read to know a location
 * again.
 */
#include "formats/profile_merge_impl.h"

enum { AHEAD = 64 }; /* locations that are looked up at once */

/* Into *h, whose low is 0 until then. */
static __attribute__((noinline)) void hash_string(struct hash128 *h, struct str s)
{
	*h = hash_seeded_128(s);
	h->low |= 1;
}

static inline struct hash128 mix_string(const struct profile_merger *m, struct hash128 h, uint32_t i, uint64_t more)
{
	struct hash128 none = { 0 }, *part = LIKELY(i < m->in->n_strings) ? &m->t.string_hashes[i] : &none;

	if (part->low == 0)
		hash_string(part, part != &none ? m->in->strings[i] : STR(""));
	return hash_mix_128(h, part->low, part->high ^ more);
}

static __attribute__((noinline)) void hash_function(const struct profile_merger *m, uint32_t i)
{
	const struct function *f = &m->in->functions[i];
	struct hash128 h = mix_string(m, m->seed, f->name, 0);

	h = mix_string(m, h, f->system_name, 0);
	h = mix_string(m, h, f->file, (uint64_t)f->start_line);
	h.low |= 1;
	m->t.function_hashes[i] = h;
}

static inline struct hash128 location_hash(const struct profile_merger *m, const struct location *l)
{
	const struct profile *in = m->in;
	const struct line *k = in->lines + l->first_line, *end = k + l->n_lines;
	uint64_t address = l->address, mapping = l->mapping;
	struct hash128 h;

	if (LIKELY(l->mapping < in->n_mappings)) {
		mapping = m->t.mappings[l->mapping];
		address += address != 0 ? m->t.moved[l->mapping] : 0;
	}
	h = hash_mix_128(m->seed, address, mapping << 32 | (uint32_t)l->folded << 1 | l->mapping_unknown);
	for (; k < end; k++) {
		struct hash128 code = { 0 };

		if (LIKELY(k->function < in->n_functions)) {
			if (m->t.function_hashes[k->function].low == 0)
				hash_function(m, k->function);
			code = m->t.function_hashes[k->function];
		}
		h = hash_mix_128(h, code.low ^ (uint64_t)k->line, code.high ^ k->column);
	}
	return h;
}

struct hash128 merger_location_hash(const struct profile_merger *m, const struct location *l)
{
	return location_hash(m, l);
}

static inline uint32_t find(const struct profile_merger *m, struct hash128 hash)
{
	struct table_at at = table_find(&m->known, hash.high);

	for (uint32_t v; table_next(&at, &v);)
		if (LIKELY(m->known_lows.p[v] == hash.low))
			return v;
	return PROFILE_NONE;
}

uint32_t merger_find_location(const struct profile_merger *m, struct hash128 hash)
{
	return find(m, hash);
}

void merger_put_location(struct profile_merger *m, struct hash128 hash)
{
	table_put(&m->known, m->a, hash.high, (uint32_t)m->known_lows.n);
	vec_push(&m->known_lows, hash.low);
}

/*
 * Most writers number locations as samples come to need them: those behind one that is needed are mostly known, too. They
 * are looked up side by side, a step at a time, because what is known of them lies anywhere.
 */
void merger_recognise(struct profile_merger *m, uint32_t first)
{
	const struct profile *in = m->in;
	uint32_t end = first + MIN(in->n_locations - first, (uint32_t)AHEAD), n = 0;
	struct {
		struct hash128 hash;
		uint32_t i;
	} some[AHEAD], *s;

	m->ahead = end;
	for (uint32_t i = first; i < end && m->known.slots != NULL; i++) {
		const struct location *l = &in->locations[i];

		if (m->t.locations[i] != PROFILE_NONE ||
		    (l->mapping < in->n_mappings && m->t.mappings[l->mapping] == PROFILE_NONE))
			continue;
		s = &some[n++];
		s->i = i;
		s->hash = location_hash(m, l);
		__builtin_prefetch(&m->known.slots[table_find(&m->known, s->hash.high).i]);
	}
	for (s = some; s < some + n; s++)
		m->t.locations[s->i] = find(m, s->hash);
}
