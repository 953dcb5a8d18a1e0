/*
 * perf_maps.c - ranges in order; a new one takes the place of what it covers.
 */
#include "formats/perf/perf_maps.h"

#include "base/hash.h"

void perf_maps_init(struct perf_maps *m, struct arena *a, uint64_t limit)
{
	*m = (struct perf_maps){ .a = a, .limit = limit };
}

uint32_t perf_maps_space(struct perf_maps *m, uint32_t pid)
{
	uint64_t hash = hash_mix(pid, 3);
	struct table_at at = table_find(&m->index, hash);

	for (uint32_t v; table_next(&at, &v);)
		if (m->pids[v] == pid)
			return v;
	if (m->n_spaces == m->cap_spaces)
		m->spaces = profile_grow(m->a, m->spaces, sizeof(*m->spaces), m->n_spaces, &m->cap_spaces);
	if (m->n_spaces == m->cap_pids)
		m->pids = profile_grow(m->a, m->pids, sizeof(*m->pids), m->n_spaces, &m->cap_pids);
	m->spaces[m->n_spaces] = (struct perf_space){ .number = m->numbers++ };
	m->pids[m->n_spaces] = pid;
	table_put(&m->index, m->a, hash, m->n_spaces);
	return m->n_spaces++;
}

/* The first range that ends above the address. */
static uint32_t range_at(const struct perf_space *s, uint64_t address)
{
	uint32_t low = 0, high = s->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (s->ranges[mid].end > address)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

uint32_t perf_maps_find(const struct perf_maps *m, uint32_t space, uint64_t address)
{
	const struct perf_space *s = &m->spaces[space];
	uint32_t i = range_at(s, address);

	return i < s->n && s->ranges[i].start <= address ? s->ranges[i].map : PROFILE_NONE;
}

/* Ranges of its own, with room for `more`. */
static bool make_room(struct perf_maps *m, struct perf_space *s, uint32_t more)
{
	uint32_t cap = s->cap;
	struct perf_range *own;

	if (s->n > PERF_MAX_RANGES - more)
		return false;
	if (!s->shared && s->n + more <= s->cap)
		return true;
	while (cap < s->n + more)
		cap = cap * 2 + 8;
	if (cap > m->limit - m->ranges)
		return false;
	m->ranges += cap;
	own = arena_array(m->a, cap, sizeof(*own));
	if (s->n)
		memcpy(own, s->ranges, s->n * sizeof(*own));
	s->ranges = own;
	s->cap = cap;
	s->shared = false;
	return true;
}

bool perf_maps_add(struct perf_maps *m, uint32_t pid, const struct perf_map *map)
{
	uint32_t space = perf_maps_space(m, pid); /* may move the spaces */
	struct perf_space *s = &m->spaces[space];
	struct perf_range made[3], *r;
	uint32_t from, to, n = 0;

	if (map->end <= map->start)
		return true;
	if (!make_room(m, s, 2))
		return false;
	if (m->n_maps == m->cap_maps)
		m->maps = profile_grow(m->a, m->maps, sizeof(*m->maps), m->n_maps, &m->cap_maps);
	m->maps[m->n_maps] = *map;
	r = s->ranges;
	from = to = range_at(s, map->start);
	while (to < s->n && r[to].start < map->end)
		to++;
	if (to > from && r[from].start < map->start)
		made[n++] = (struct perf_range){ r[from].start, map->start, r[from].map };
	made[n++] = (struct perf_range){ map->start, map->end, m->n_maps++ };
	if (to > from && r[to - 1].end > map->end)
		made[n++] = (struct perf_range){ map->end, r[to - 1].end, r[to - 1].map };
	if (to > from)
		s->number = m->numbers++;
	memmove(r + from + n, r + to, (s->n - to) * sizeof(*r));
	memcpy(r + from, made, n * sizeof(*r));
	s->n = s->n - (to - from) + n;
	return true;
}

void perf_maps_fork(struct perf_maps *m, uint32_t child, uint32_t parent)
{
	uint32_t to = perf_maps_space(m, child), from = perf_maps_space(m, parent);

	if (to == from)
		return;
	m->spaces[from].shared = true;
	m->spaces[to] = m->spaces[from];
	m->spaces[to].number = m->numbers++;
}

void perf_maps_clear(struct perf_maps *m, uint32_t pid)
{
	uint32_t space = perf_maps_space(m, pid);

	m->spaces[space] = (struct perf_space){ .number = m->numbers++ };
}
