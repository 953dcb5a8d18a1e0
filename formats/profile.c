/*
 * profile.c - growing arrays, indexes and frame names: what makers and writers
 * of profiles share.
 */
#include "formats/profile_impl.h"

enum { TABLE_FIRST_BITS = 5, TABLE_MAX_BITS = 31 };

static void cap_grow(uint32_t *cap, uint32_t n)
{
	*cap = *cap > UINT32_MAX / 2 - 8 ? UINT32_MAX : *cap * 2 + 8;
	/* 4 G elements: memory has ended long before */
	assert(n < *cap);
}

void *profile_grow(struct arena *a, const void *old, size_t size, uint32_t n, uint32_t *cap)
{
	void *p;

	cap_grow(cap, n);
	p = arena_array(a, *cap, size);
	if (n)
		memcpy(p, old, n * size);
	return p;
}

void *profile_move(struct arena *a, void *old, size_t size, uint32_t n, uint32_t *cap)
{
	cap_grow(cap, n);
	return arena_resize(a, old, n * size, *cap * size);
}

uint32_t *profile_none_array(struct arena *a, size_t n)
{
	uint32_t *p = arena_array(a, n, sizeof(*p));

	if (n > 0)
		memset(p, 0xff, n * sizeof(*p));
	return p;
}

static void table_insert(struct table *t, uint64_t slot)
{
	uint32_t i = (uint32_t)(slot >> 32) >> t->shift;

	while (t->slots[i])
		i = (i + 1) & t->mask;
	t->slots[i] = slot;
}

static void table_resize(struct table *t, struct arena *a)
{
	struct table old = *t;
	unsigned bits = old.slots ? 32 - old.shift + 1 : TABLE_FIRST_BITS;

	assert(bits <= TABLE_MAX_BITS);
	t->shift = 32 - bits;
	t->mask = (UINT32_C(1) << bits) - 1;
	t->slots = arena_zarray(a, (size_t)t->mask + 1, sizeof(*t->slots));
	for (uint32_t i = 0; old.slots && i <= old.mask; i++)
		if (old.slots[i])
			table_insert(t, old.slots[i]);
}

void table_put(struct table *t, struct arena *a, uint64_t hash, uint32_t value)
{
	/* half full at most, so that misses end soon */
	if (UNLIKELY(t->slots == NULL || t->n >= t->mask / 2))
		table_resize(t, a);
	table_insert(t, hash >> 32 << 32 | (value + 1));
	t->n++;
}

static uint32_t location_names(const struct profile *p, uint32_t i, struct arena *a, struct str *out)
{
	const struct location *l = &p->locations[i];
	struct str hex = STR_NONE;

	for (uint32_t k = 0; k < MAX(l->n_lines, 1u); k++) {
		uint32_t line = l->first_line + l->n_lines - 1 - k;
		uint32_t f = l->n_lines ? p->lines[line].function : PROFILE_NONE;

		out[k] = f < p->n_functions ? profile_str(p, p->functions[f].name) : STR_NONE;
		if (out[k].n)
			continue;
		/* an empty name stays when there is no address to tell it from others */
		if (f < p->n_functions && l->address == 0)
			continue;
		if (hex.n == 0)
			hex = arena_printf(a, "0x%llx", (unsigned long long)l->address);
		out[k] = hex;
	}
	return MAX(l->n_lines, 1u);
}

void frames_init(struct frames *f, struct arena *a, const struct profile *p)
{
	uint32_t n = 0;

	*f = (struct frames){ .p = p };
	f->names = arena_array(a, (size_t)p->n_lines + p->n_locations + 1, sizeof(*f->names));
	f->first = arena_array(a, (size_t)p->n_locations + 2, sizeof(*f->first));
	for (uint32_t i = 0; i < p->n_locations; i++) {
		f->first[i] = n;
		n += location_names(p, i, a, f->names + n);
	}
	f->first[p->n_locations] = n;
	f->names[n] = STR("[unknown]");
	f->first[p->n_locations + 1] = n + 1;
	for (uint32_t i = 0; i < p->n_samples; i++)
		f->max_depth = MAX(f->max_depth, frames_stack(f, i, NULL));
}

uint32_t frames_names(const struct frames *f, const uint32_t *stack, uint32_t n, struct str *out)
{
	uint32_t names = 0;

	for (uint32_t k = n; k-- > 0;) {
		uint32_t l = MIN(stack[k], f->p->n_locations);

		for (uint32_t i = f->first[l]; i < f->first[l + 1]; i++, names++)
			if (out != NULL)
				out[names] = f->names[i];
	}
	return names;
}

uint32_t frames_stack(const struct frames *f, uint32_t sample, struct str *out)
{
	const uint32_t *at = &f->p->stack_at[sample];

	return frames_names(f, f->p->stack + at[0], at[1] - at[0], out);
}

void profile_reserve_strings(struct profile *p, uint32_t more)
{
	struct str *all = arena_array(p->mem, (size_t)p->n_strings + more, sizeof(*all));

	if (p->n_strings)
		memcpy(all, p->strings, p->n_strings * sizeof(*all));
	p->strings = all;
}

uint32_t profile_new_str(struct profile *p, struct str s)
{
	p->strings[p->n_strings] = s.n ? s : STR("");
	return p->n_strings++;
}

uint32_t profile_default_type(const struct profile *p)
{
	struct str own = profile_str(p, p->default_type);

	for (uint32_t i = 0; own.n > 0 && i < p->n_types; i++)
		if (str_eq(profile_str(p, p->types[i].type), own))
			return i;
	return p->n_types > 0 ? p->n_types - 1 : 0;
}

void profile_time_samples(struct profile *p)
{
	if (p->at != NULL)
		return;
	p->at = arena_array(p->mem, (size_t)p->n_samples + 1, sizeof(*p->at));
	for (uint32_t i = 0; i < p->n_samples; i++)
		p->at[i] = p->time;
}
