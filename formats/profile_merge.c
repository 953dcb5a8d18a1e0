/*
 * profile_merge.c - the sum of profiles. Each input is translated on demand:
 * a location, function, mapping or string is looked up by content the first
 * time a sample that counts needs it, and from then on by number.
 *
 * A program that was mapped elsewhere is the same program: mappings are equal
 * when build id (or else file), offset and size in pages are, and addresses
 * move with the start of the mapping.
 */
#include "formats/profile_merge_impl.h"

enum { PAGE = 4096, TOGETHER = 16 };

uint32_t merger_str(struct profile_merger *m, uint32_t i)
{
	if (i >= m->in->n_strings)
		return 0;
	if (m->t.strings[i] == PROFILE_NONE)
		m->t.strings[i] = profile_builder_str(m->b, m->in->strings[i]);
	return m->t.strings[i];
}

static uint64_t mapping_pages(const struct mapping *m)
{
	return (m->limit - m->start + PAGE - 1) / PAGE;
}

static bool mapping_same(const struct mapping *x, const struct mapping *y)
{
	if (mapping_pages(x) != mapping_pages(y) || x->offset != y->offset || x->build_id != y->build_id)
		return false;
	return x->build_id != 0 || x->file == y->file;
}

static uint64_t mapping_hash(const struct mapping *m)
{
	uint64_t key[] = { mapping_pages(m), m->offset, (uint64_t)m->build_id << 32 | (m->build_id ? 0 : m->file) };

	return hash_seeded(str_of(key, sizeof(key)));
}

/* Of equal ones that at the same place, or else the first; n: there is none. */
static uint32_t find_mapping(const struct profile_merger *m, const struct mapping *map, uint64_t hash)
{
	struct table_at at = table_find(&m->index, hash);
	uint32_t found = (uint32_t)m->same.n;

	for (uint32_t v; table_next(&at, &v);) {
		if (!mapping_same(&m->same.p[v], map))
			continue;
		if (m->same.p[v].start == map->start)
			return v;
		found = MIN(found, v);
	}
	return found;
}

/* The position of an equal mapping in `same`, which is also that in the builder. */
static uint32_t merge_mapping(struct profile_merger *m, uint32_t i)
{
	struct mapping map = m->in->mappings[i];
	uint64_t hash;
	uint32_t v;

	if (m->t.mappings[i] != PROFILE_NONE)
		return m->t.mappings[i];
	map.file = merger_str(m, map.file);
	map.build_id = merger_str(m, map.build_id);
	hash = mapping_hash(&map);
	v = find_mapping(m, &map, hash);
	if (v < m->same.n) {
		m->same.p[v].flags &= map.flags;
		m->t.moved[i] = m->same.p[v].start - map.start;
		return m->t.mappings[i] = v;
	}
	v = profile_builder_mapping(m->b, &map);
	assert(v == m->same.n);
	vec_push(&m->same, map);
	table_put(&m->index, m->a, hash, v);
	m->t.moved[i] = 0;
	return m->t.mappings[i] = v;
}

static uint32_t merge_function(struct profile_merger *m, uint32_t i)
{
	struct function f;

	if (i >= m->in->n_functions)
		return PROFILE_NONE;
	if (m->t.functions[i] == PROFILE_NONE) {
		f = m->in->functions[i];
		f.name = merger_str(m, f.name);
		f.system_name = merger_str(m, f.system_name);
		f.file = merger_str(m, f.file);
		m->t.functions[i] = profile_builder_function(m->b, &f);
	}
	return m->t.functions[i];
}

static uint32_t merge_lines(struct profile_merger *m, const struct location *l, const struct line *lines)
{
	m->lines.n = 0;
	vec_reserve(&m->lines, l->n_lines);
	for (uint32_t k = 0; k < l->n_lines; k++)
		m->lines.p[k] = (struct line){ merge_function(m, lines[k].function), lines[k].column, lines[k].line };
	return profile_builder_new_location(m->b, l, m->lines.p);
}

static __attribute__((noinline)) uint32_t merge_new_location(struct profile_merger *m, uint32_t i)
{
	struct location l = m->in->locations[i];
	struct hash128 hash;
	uint32_t v;

	if (l.mapping < m->in->n_mappings)
		l.mapping = merge_mapping(m, l.mapping);
	if (i >= m->ahead)
		merger_recognise(m, i);
	if (m->t.locations[i] != PROFILE_NONE)
		return m->t.locations[i];
	hash = merger_location_hash(m, &m->in->locations[i]);
	v = merger_find_location(m, hash);
	if (v == PROFILE_NONE) {
		if (l.address != 0 && m->in->locations[i].mapping < m->in->n_mappings)
			l.address += m->t.moved[m->in->locations[i].mapping];
		v = merge_lines(m, &l, m->in->lines + l.first_line);
		assert(v == m->known_lows.n);
		merger_put_location(m, hash);
	}
	return m->t.locations[i] = v;
}

/* n positions of the profile at hand as those of the builder, behind what is in m->stack. */
static void merge_stack(struct profile_merger *m, const uint32_t *stack, uint32_t n)
{
	const uint32_t *known = m->t.locations;
	uint32_t n_locations = m->in->n_locations, *out;

	vec_reserve(&m->stack, n);
	out = m->stack.p + m->stack.n;
	m->stack.n += n;
#pragma GCC unroll 4
	for (uint32_t k = 0; k < n; k++) {
		uint32_t i = stack[k];

		if (UNLIKELY(i >= n_locations))
			out[k] = PROFILE_NONE;
		else if (UNLIKELY((out[k] = known[i]) == PROFILE_NONE))
			out[k] = merge_new_location(m, i);
	}
}

static int tag_cmp(const struct tag *x, const struct tag *y)
{
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->str != y->str)
		return x->str < y->str ? -1 : 1;
	if (x->num != y->num)
		return x->num < y->num ? -1 : 1;
	return x->unit < y->unit ? -1 : x->unit > y->unit;
}

/* The tags of a sample in a fixed order, so that equal sets are equal arrays; behind what is in m->tags. */
static uint32_t merge_tags(struct profile_merger *m, uint32_t sample)
{
	const struct profile *in = m->in;
	uint32_t first = in->tag_at[sample], n = in->tag_at[sample + 1] - first;
	struct tag *out;

	vec_reserve(&m->tags, n);
	out = m->tags.p + m->tags.n;
	m->tags.n += n;
	for (uint32_t i = 0; i < n; i++) {
		const struct tag *from = &in->tags[first + i];
		struct tag t = {
			merger_str(m, from->key),
			merger_str(m, from->str),
			from->num,
			merger_str(m, from->unit),
		};
		uint32_t k = i;

		for (; k > 0 && tag_cmp(&t, &out[k - 1]) < 0; k--)
			out[k] = out[k - 1];
		out[k] = t;
	}
	return n;
}

/* A sample of the profile at hand: where its tags are in m->tags. */
struct row {
	struct sample_key key;
	uint32_t tags, n_tags;
};

static bool is_zero(const struct profile *p, uint32_t sample)
{
	const int64_t *values = p->values + (size_t)sample * p->n_types;
	uint64_t any = 0;

	for (uint32_t k = 0; k < p->n_types; k++)
		any |= (uint64_t)values[k];
	return any == 0;
}

static void add_row(struct profile_merger *m, uint32_t i, const uint32_t *stack, const struct row *r)
{
	const struct profile *in = m->in;
	const struct tag *tags = m->tags.p + r->tags;
	uint32_t n = in->stack_at[i + 1] - in->stack_at[i];

	for (uint32_t k = 0; k < in->n_types; k++)
		m->values.p[m->t.columns[k]] = in->values[(size_t)i * in->n_types + k];
	if (m->o.sample != NULL)
		m->o.sample(m->o.ctx, stack, n, m->values.p, (uint32_t)m->types.n, tags, r->n_tags);
	else if (m->timed)
		profile_builder_add_at(m->b, stack, n, m->values.p, tags, r->n_tags,
		    in->at != NULL ? in->at[i] : in->time);
	else
		profile_builder_add_key(m->b, r->key, stack, n, m->values.p, tags, r->n_tags);
}

/*
 * The samples from `first` on that have values, but not many, and those behind them that have none; returns the next. Each
 * step is one loop for all of them, and their sums, which lie anywhere, are looked up side by side.
 */
static uint32_t merge_samples(struct profile_merger *m, uint32_t first)
{
	const struct profile *in = m->in;
	const uint32_t *at = in->stack_at + first, *stack;
	struct row rows[TOGETHER];
	uint32_t n = 0;

	while (n < TOGETHER && first + n < in->n_samples && !is_zero(in, first + n))
		n++;
	m->stack.n = m->tags.n = 0;
	vec_reserve(&m->stack, 1); /* no null pointers below, where no sample has a stack or a tag */
	vec_reserve(&m->tags, 1);
	if (at[n] > at[0])
		merge_stack(m, in->stack + at[0], at[n] - at[0]);
	stack = m->stack.p;
	for (uint32_t i = 0; i < n; i++) {
		rows[i] = (struct row){ .tags = (uint32_t)m->tags.n };
		if (m->o.keep_tags && in->tag_at)
			rows[i].n_tags = merge_tags(m, first + i);
		if (m->o.sample == NULL && !m->timed)
			rows[i].key = profile_builder_key(m->b, stack + (at[i] - at[0]), at[i + 1] - at[i],
			    m->tags.p + rows[i].tags, rows[i].n_tags);
	}
	for (uint32_t i = 0; i < n; i++)
		add_row(m, first + i, stack + (at[i] - at[0]), &rows[i]);
	for (first += n; first < in->n_samples && is_zero(in, first);)
		first++;
	return first;
}

/* Empty translations for p. */
static void begin_profile(struct profile_merger *m, const struct profile *p)
{
	size_t n = (size_t)p->n_strings + p->n_mappings + p->n_functions + p->n_locations;
	uint32_t *at;

	m->numbers.n = m->moved.n = m->hashes.n = 0;
	vec_reserve(&m->numbers, n + 1);
	vec_reserve(&m->moved, p->n_mappings + 1);
	vec_reserve(&m->hashes, (size_t)p->n_strings + p->n_functions + 1);
	memset(m->hashes.p, 0, ((size_t)p->n_strings + p->n_functions) * sizeof(*m->hashes.p));
	memset(m->numbers.p, 0xff, n * sizeof(*m->numbers.p)); /* PROFILE_NONE */
	at = m->numbers.p;
	m->t.strings = at;
	m->t.mappings = at += p->n_strings;
	m->t.functions = at += p->n_mappings;
	m->t.locations = at + p->n_functions;
	m->t.moved = m->moved.p;
	m->t.string_hashes = m->hashes.p;
	m->t.function_hashes = m->hashes.p + p->n_strings;
	m->t.columns = m->columns.p;
	m->ahead = 0;
	m->in = p;
}

/* Samples whose sums came to nothing go; the others move up. False: there was one. */
static bool drop_zero_samples(struct profile *p)
{
	uint32_t n = 0, stack = 0, tag = 0;
	bool none;

	for (uint32_t i = 0; i < p->n_samples; i++) {
		const int64_t *from = p->values + (size_t)i * p->n_types;
		uint32_t s = p->stack_at[i], s_n = p->stack_at[i + 1] - s;
		uint32_t t = p->tag_at ? p->tag_at[i] : 0;
		uint32_t t_n = p->tag_at ? p->tag_at[i + 1] - t : 0;
		uint64_t any = 0;

		for (uint32_t k = 0; k < p->n_types; k++)
			any |= (uint64_t)from[k];
		if (any == 0)
			continue;
		if (n != i) {
			memmove(p->values + (size_t)n * p->n_types, from, p->n_types * sizeof(*from));
			memmove(p->stack + stack, p->stack + s, s_n * sizeof(*p->stack));
			if (t_n)
				memmove(p->tags + tag, p->tags + t, t_n * sizeof(*p->tags));
		}
		p->stack_at[n] = stack;
		if (p->at)
			p->at[n] = p->at[i];
		if (p->tag_at)
			p->tag_at[n] = tag;
		stack += s_n;
		tag += t_n;
		n++;
	}
	p->stack_at[n] = stack;
	if (p->tag_at)
		p->tag_at[n] = tag;
	none = n == p->n_samples;
	p->n_samples = n;
	return none;
}

struct profile_merger *profile_merger_new(struct arena *a, const struct profile_merge_opts *o)
{
	struct profile_merger *m = arena_zalloc(a, sizeof(*m));

	m->a = a;
	m->o = *o;
	m->seed = hash_seeded_128(STR("location"));
	return m;
}

static int add(struct profile_merger *m, const struct profile *p, bool beside, struct err *e)
{
	size_t known = m->types.n;

	if (merger_columns(m, p, e) < 0) {
		m->types.n = known;
		return -1;
	}
	if (m->b == NULL) {
		m->b = profile_builder_new(m->a, (uint32_t)m->types.n);
		m->timed = m->o.keep_times && p->at != NULL;
		if (m->o.copies)
			profile_builder_copies(m->b);
	} else if (m->types.n > known) {
		profile_builder_widen(m->b, (uint32_t)m->types.n);
	}
	if (known > 0 && m->types.n > known && (m->head.default_type == 0 || m->chosen))
		merger_choose_default(m);
	for (size_t k = known; k < m->types.n; k++)
		profile_builder_type(m->b, (uint32_t)k, m->types.p[k].type, m->types.p[k].unit);
	begin_profile(m, p);
	merger_head(m, beside);
	/* the first mapping is the program itself: it stays the first, whatever the samples are of */
	if (m->n_in == 0 && p->n_mappings > 0)
		merge_mapping(m, 0);
	for (uint32_t k = 0; k < p->n_samples;)
		k = merge_samples(m, k);
	m->n_in++;
	return 0;
}

int profile_merger_add(struct profile_merger *m, const struct profile *p, struct err *e)
{
	return add(m, p, false, e);
}

int profile_merger_add_beside(struct profile_merger *m, const struct profile *p, struct err *e)
{
	return add(m, p, true, e);
}

const struct profile *profile_merger_tables(const struct profile_merger *m)
{
	return m->b != NULL ? profile_builder_peek(m->b) : NULL;
}

/* *b: the builder, if it may go on. */
static struct profile *finish(struct profile_merger *m, struct profile_builder **b)
{
	struct profile *out = NULL;

	*b = m->b;
	if (m->b != NULL) {
		out = profile_builder_finish(m->b);
		merger_set_head(m, out);
		for (uint32_t i = 0; i < out->n_mappings; i++)
			out->mappings[i].flags = m->same.p[i].flags;
		if (!drop_zero_samples(out))
			*b = NULL;
	}
	vec_free(&m->types);
	vec_free(&m->numbers);
	vec_free(&m->moved);
	vec_free(&m->hashes);
	vec_free(&m->known_lows);
	vec_free(&m->stack);
	vec_free(&m->lines);
	vec_free(&m->tags);
	vec_free(&m->values);
	vec_free(&m->columns);
	vec_free(&m->noted);
	vec_free(&m->same);
	m->b = NULL;
	return out;
}

struct profile *profile_merger_finish(struct profile_merger *m)
{
	struct profile_builder *ignored;

	return finish(m, &ignored);
}

/* A merger that has added p: what p is made of lies in b. */
static void resume(struct profile_merger *m, struct profile_builder *b, struct profile *p)
{
	merger_resume_head(m, p);
	m->b = b;
	m->n_in = 1;
	begin_profile(m, p);
	for (uint32_t i = 0; i < p->n_mappings; i++) {
		m->t.mappings[i] = i;
		m->t.moved[i] = 0;
		vec_push(&m->same, p->mappings[i]);
		table_put(&m->index, m->a, mapping_hash(&p->mappings[i]), i);
	}
	profile_builder_resume(b, p);
	for (uint32_t i = 0; i < p->n_locations; i++)
		merger_put_location(m, merger_location_hash(m, &p->locations[i]));
}

struct profile *profile_merge_into(struct arena *a, struct profile_builder **b, struct profile *into,
    const struct profile *p, struct err *e)
{
	struct profile_merger *m = profile_merger_new(a, &(struct profile_merge_opts){ .copies = true });
	struct profile *out;
	int rc = 0;

	if (*b != NULL)
		resume(m, *b, into);
	else
		rc = profile_merger_add(m, into, e);
	if (rc == 0)
		rc = profile_merger_add(m, p, e);
	out = finish(m, b);
	return rc == 0 ? out : NULL;
}

struct profile *profile_merge(struct arena *a, struct profile *const *in, size_t n, bool keep_tags, struct err *e)
{
	struct profile_merger *m = profile_merger_new(a, &(struct profile_merge_opts){ .keep_tags = keep_tags });
	struct profile *out;
	int rc = n > 0 ? 0 : err_set(e, ERR_INVALID, "no profiles to merge");

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = profile_merger_add(m, in[i], e);
	out = profile_merger_finish(m);
	return rc == 0 ? out : NULL;
}
