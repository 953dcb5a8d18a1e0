/*
 * jfr_groups.c - events that are counted together. Stacks and strings are
 * the decoder's; jfr_profiles.c makes profiles of them at the end.
 */
#include "base/arith.h"
#include "base/hash.h"
#include "formats/jfr/jfr_impl.h"

enum { MAX_EVENT_NAME = 100 };

struct first {
	uint32_t sample; /* + 1 */
	uint32_t keys;
};

struct keyed {
	uint64_t key; /* stack and keys */
	uint32_t sample;
};

/* ---- the groups ---- */

static const struct {
	const char *name, *metric, *types[2], *units[2], *period_type, *period_unit;
} known[] = {
	[KIND_CPU] = { "cpu", "process_cpu", { "cpu" }, { "nanoseconds" }, "cpu", "nanoseconds" },
	[KIND_WALL] = { "wall", "wall", { "wall" }, { "nanoseconds" }, "wall", "nanoseconds" },
	[KIND_IN_TLAB] = { "alloc_in_new_tlab", "memory", { "alloc_in_new_tlab_objects", "alloc_in_new_tlab_bytes" },
	    { "count", "bytes" }, "space", "bytes" },
	[KIND_OUT_TLAB] = { "alloc_outside_tlab", "memory",
	    { "alloc_outside_tlab_objects", "alloc_outside_tlab_bytes" }, { "count", "bytes" }, "space", "bytes" },
	[KIND_LOCK] = { "lock", "mutex", { "contentions", "delay" }, { "count", "nanoseconds" }, "mutex", "count" },
	[KIND_PARK] = { "park", "block", { "contentions", "delay" }, { "count", "nanoseconds" }, "block", "count" },
	[KIND_LIVE] = { "live", "memory", { "live", "live_bytes" }, { "count", "bytes" }, "objects", "count" },
	[KIND_ALLOC] = { "alloc_sample", "memory", { "alloc_sample_objects", "alloc_sample_bytes" },
	    { "count", "bytes" }, "space", "bytes" },
	[KIND_MALLOC] = { "malloc", "memory", { "malloc_objects", "malloc_bytes" }, { "count", "bytes" }, NULL, NULL },
	[KIND_NATIVE] = { "native", "native", { "native" }, { "nanoseconds" }, "native", "nanoseconds" },
};

void jfr_groups_init(struct jfr *d)
{
	for (uint32_t i = 0; i < ARRAY_LEN(known); i++) {
		struct jfr_group g = {
			.name = str_cstr(known[i].name),
			.metric = str_cstr(known[i].metric),
			.period_type = str_cstr(known[i].period_type),
			.period_unit = str_cstr(known[i].period_unit),
		};

		for (unsigned k = 0; k < 2 && known[i].types[k]; k++) {
			g.types[k] = str_cstr(known[i].types[k]);
			g.units[k] = str_cstr(known[i].units[k]);
			g.n_types++;
		}
		if (i == KIND_LIVE && d->o->only_known)
			g.n_types = 1;
		JFR_ROOM(d, d->groups, d->n_groups, d->cap_groups);
		d->groups[d->n_groups++] = g;
	}
}

/* jdk.FileRead: file_read; com.example.MyEvent: my_event; others keep what they have of letters and digits. */
static struct str snake(struct arena *a, struct str s)
{
	size_t dot = str_rfind(s, '.'), n = 0;
	char *p;

	if (dot < s.n)
		s = str_skip(s, dot + 1);
	s.n = MIN(s.n, (size_t)MAX_EVENT_NAME);
	p = arena_array(a, s.n * 2 + 1, 1);
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool upper = c >= 'A' && c <= 'Z';
		bool after = i > 0 && !(s.p[i - 1] >= 'A' && s.p[i - 1] <= 'Z');
		bool before = i > 0 && i + 1 < s.n && s.p[i + 1] >= 'a' && s.p[i + 1] <= 'z';

		if (upper && (after || before) && n > 0 && p[n - 1] != '_')
			p[n++] = '_';
		if (upper)
			p[n++] = (char)(c - 'A' + 'a');
		else
			p[n++] = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_';
	}
	return str_of(p, n);
}

uint32_t jfr_group_other(struct jfr *d, const struct jfr_class *cls)
{
	static const char *const suffixes[JFR_TYPES] = { "events", "time", "bytes" };
	static const char *const units[JFR_TYPES] = { "count", "nanoseconds", "bytes" };
	uint64_t hash = hash_seeded(cls->name);
	struct table_at at = table_find(&d->by_group, hash);
	struct jfr_group g = { .other = true, .n_types = JFR_TYPES };

	for (uint32_t v; table_next(&at, &v);)
		if (str_eq(d->groups[v].event, cls->name))
			return v;
	g.event = arena_str(d->a, cls->name);
	g.metric = g.name = snake(d->a, cls->name);
	for (unsigned k = 0; k < JFR_TYPES; k++) {
		g.types[k] = arena_printf(d->a, STR_FMT "_%s", STR_ARG(g.name), suffixes[k]);
		g.units[k] = str_cstr(units[k]);
	}
	JFR_ROOM(d, d->groups, d->n_groups, d->cap_groups);
	d->groups[d->n_groups] = g;
	table_put(&d->by_group, d->a, hash, d->n_groups);
	return d->n_groups++;
}

void jfr_groups_begin(struct jfr *d)
{
	for (uint32_t i = 0; i < d->n_groups; i++) {
		struct jfr_group *g = &d->groups[i];

		g->begin = g->n;
		g->firsts = NULL;
		g->by_key = g->by_keys = (struct table){ 0 };
		g->keyed = NULL;
		g->keys = NULL;
		g->n_keyed = g->cap_keyed = g->n_keys = g->cap_keys = 0;
	}
}

/* ---- tags ---- */

static void push_tag(struct jfr *d, struct jfr_group *g, struct str key, struct str value)
{
	struct tag t;

	if (!jfr_spend(d, sizeof(t) + value.n + key.n))
		return;
	t = (struct tag){ .key = jfr_intern(d, key), .str = jfr_intern(d, value) };
	JFR_ROOM(d, g->tags, g->n_tags, g->cap_tag);
	g->tags[g->n_tags++] = t;
}

static void push_context(struct jfr *d, struct jfr_group *g, const uint64_t *keys)
{
	const struct jfr_pair *pairs;
	struct str name;
	uint32_t n;

	pairs = jfr_contexts_get(d->contexts, (int64_t)keys[0], &n);
	for (uint32_t i = 0; i < n; i++)
		push_tag(d, g, jfr_contexts_str(d->contexts, pairs[i].key),
		    jfr_contexts_str(d->contexts, pairs[i].value));
	if (keys[1])
		push_tag(d, g, STR("profile_id"), arena_printf(d->tmp, "%016llx", (unsigned long long)keys[1]));
	name = keys[2] ? jfr_contexts_str(d->contexts, (int64_t)keys[2]) : STR("");
	if (name.n)
		push_tag(d, g, STR("span_name"), name);
}

static void push_text(struct jfr *d, struct jfr_group *g, const char *key, struct str text)
{
	if (text.n)
		push_tag(d, g, str_cstr(key), text);
}

static struct jfr_tags make_tags(struct jfr *d, struct jfr_chunk *c, struct jfr_group *g, const uint64_t *keys)
{
	uint32_t before = g->n_tags;

	if (d->o->spans)
		push_context(d, g, keys);
	if (d->o->keep & FORMAT_TAGS) {
		push_text(d, g, "thread", jfr_thread(d, c, keys[3]));
		push_text(d, g, "state", jfr_state_name(d, c, keys[4]));
		push_text(d, g, "class", jfr_class_name(d, c, keys[5]));
		push_text(d, g, "monitor", jfr_class_name(d, c, keys[6]));
	}
	return (struct jfr_tags){ before, g->n_tags - before };
}

static inline bool same_keys(const uint64_t *x, const uint64_t *y)
{
	uint64_t other = (x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]);

	static_assert(JFR_KEYS == 7, "all of them, without a loop");
	return (other | (x[4] ^ y[4]) | (x[5] ^ y[5]) | (x[6] ^ y[6])) == 0;
}

static __attribute__((noinline)) uint32_t search_keys(struct jfr *d, struct jfr_chunk *c, struct jfr_group *g,
    const uint64_t *keys)
{
	struct jfr_keys *k;
	uint64_t hash = hash_seeded(str_of(keys, sizeof(k->of)));
	struct table_at at = table_find(&g->by_keys, hash);

	for (uint32_t v; table_next(&at, &v);)
		if (memcmp(g->keys[v].of, keys, sizeof(k->of)) == 0)
			return v;
	if (g->n_keys == g->cap_keys)
		g->keys = profile_grow(c->a, g->keys, sizeof(*g->keys), g->n_keys, &g->cap_keys);
	k = &g->keys[g->n_keys];
	memcpy(k->of, keys, sizeof(k->of));
	k->tags = make_tags(d, c, g, keys);
	table_put(&g->by_keys, c->a, hash, g->n_keys);
	return g->n_keys++;
}

/* Position of the keys in g->keys. Those of the event before are asked first: one thread's often follow each other. */
static uint32_t find_keys(struct jfr *d, struct jfr_chunk *c, struct jfr_group *g, const uint64_t *keys)
{
	if (g->n_keys == 0 || !same_keys(g->keys[g->keys_before].of, keys))
		g->keys_before = search_keys(d, c, g, keys);
	return g->keys_before;
}

/* ---- samples ---- */

static uint64_t content_hash(const struct jfr *d, const struct jfr_group *g, uint32_t stack, struct jfr_tags t)
{
	const struct jfr_stack *s = &d->stacks[stack];
	uint64_t hash = hash_seeded(str_of(d->frames + s->first, (size_t)s->n * sizeof(*d->frames)));

	for (uint32_t i = 0; i < t.n; i++) {
		const struct tag *tag = &g->tags[t.first + i];
		uint64_t both = (uint64_t)tag->key << 32 | tag->str;

		hash = hash_mix(hash, hash_seeded(str_of(&both, sizeof(both))));
	}
	return hash;
}

static bool same_content(const struct jfr *d, const struct jfr_group *g, uint32_t i, uint32_t stack, struct jfr_tags t)
{
	const struct jfr_stack *x = &d->stacks[g->stacks[i]], *y = &d->stacks[stack];
	struct jfr_tags own = jfr_tags_of(g, i);

	if (x->n != y->n || own.n != t.n)
		return false;
	if (x->n && memcmp(d->frames + x->first, d->frames + y->first, (size_t)x->n * sizeof(*d->frames)) != 0)
		return false;
	for (uint32_t k = 0; k < t.n; k++)
		if (g->tags[own.first + k].key != g->tags[t.first + k].key ||
		    g->tags[own.first + k].str != g->tags[t.first + k].str)
			return false;
	return true;
}

static uint64_t with_id(uint64_t hash, uint64_t id)
{
	return hash_mix(hash, hash_seeded(str_of(&id, sizeof(id))));
}

/* Of chunks before; id NULL: any. */
static uint32_t find_content(const struct jfr *d, const struct jfr_group *g, uint32_t stack, struct jfr_tags t,
    const uint64_t *id, uint64_t hash)
{
	struct table_at at = table_find(&g->by_content, hash);

	for (uint32_t v; table_next(&at, &v);)
		if ((id == NULL || g->ids[v] == *id) && same_content(d, g, v, stack, t))
			return v;
	return PROFILE_NONE;
}

/*
 * The stacks of a group lie one behind the other in d->frames while that is possible, so that they need not be copied
 * again: one that other samples have, too, is written once more behind them. Returns the stack to take.
 */
static uint32_t place_stack(struct jfr *d, struct jfr_group *g, uint32_t stack)
{
	struct jfr_stack s = d->stacks[stack];

	if (g->scattered)
		return stack;
	if (s.n && s.first != g->n_frames) {
		if (g->n_frames != d->n_frames || d->cap_frames - d->n_frames < s.n) {
			g->scattered = true;
			return stack;
		}
		memcpy(d->frames + d->n_frames, d->frames + s.first, s.n * sizeof(*d->frames));
		s.first = d->n_frames;
		d->n_frames += s.n;
		JFR_ROOM(d, d->stacks, d->n_stacks, d->cap_stacks);
		stack = d->n_stacks++;
		d->stacks[stack] = s;
	}
	g->n_frames += s.n;
	return stack;
}

static uint32_t new_sample(struct jfr *d, struct jfr_group *g, const struct jfr_sample *s, uint64_t id,
    struct jfr_tags t)
{
	uint32_t i = g->n;

	/* what the profile will have of it: its stack and its tags in full */
	if (!jfr_spend(d, (uint64_t)d->stacks[s->stack].n * sizeof(uint32_t) + t.n * sizeof(struct tag)))
		return PROFILE_NONE;
	JFR_ROOM(d, g->stacks, i, g->cap);
	if (i == g->cap_values)
		g->values = profile_grow(d->a, g->values, sizeof(*g->values) * g->n_types, i, &g->cap_values);
	if (t.n && g->tags_at == NULL) {
		g->cap_tags = g->cap;
		g->tags_at = arena_zarray(d->a, g->cap_tags, sizeof(*g->tags_at));
	}
	if (g->tags_at) {
		JFR_ROOM(d, g->tags_at, i, g->cap_tags);
		g->tags_at[i] = t;
	}
	if (d->o->keep & FORMAT_TIMES) {
		JFR_ROOM(d, g->at, i, g->cap_at);
		g->at[i] = s->at;
	}
	JFR_ROOM(d, g->ids, i, g->cap_ids);
	g->stacks[i] = place_stack(d, g, s->stack);
	g->ids[i] = id;
	g->sample_tags += t.n;
	for (uint32_t k = 0; k < g->n_types; k++)
		g->values[(size_t)i * g->n_types + k] = 0;
	g->n++;
	return i;
}

/*
 * One of a chunk before with the same stack and tags, that of the same id
 * where there are several, or a new one. async-profiler numbers its stacks for
 * all chunks: there another id is another stack to Pyroscope.
 */
static uint32_t find_sample(struct jfr *d, struct jfr_chunk *c, struct jfr_group *g, const struct jfr_sample *s,
    struct jfr_tags t)
{
	uint64_t id = c->pools[JFR_STACKS].map.ids[s->entry], hash;
	uint32_t i = PROFILE_NONE;

	if (g->by_content.slots && !(d->o->keep & FORMAT_TIMES)) {
		hash = content_hash(d, g, s->stack, t);
		i = find_content(d, g, s->stack, t, &id, with_id(hash, id));
		if (i == PROFILE_NONE && !c->stable)
			i = find_content(d, g, s->stack, t, NULL, hash);
	}
	return i == PROFILE_NONE ? new_sample(d, g, s, id, t) : i;
}

/* Of a stack that came with other keys before, or of a group that has no room for every stack. */
static uint32_t keyed_sample(struct jfr *d, struct jfr_chunk *c, struct jfr_group *g, const struct jfr_sample *s,
    uint32_t keys)
{
	uint64_t key = (uint64_t)s->entry << 32 | keys, hash = hash_seeded(str_of(&key, sizeof(key)));
	struct table_at at = table_find(&g->by_key, hash);
	uint32_t i;

	for (uint32_t v; table_next(&at, &v);)
		if (g->keyed[v].key == key)
			return g->keyed[v].sample;
	i = find_sample(d, c, g, s, g->keys[keys].tags);
	if (i == PROFILE_NONE)
		return i;
	if (g->n_keyed == g->cap_keyed)
		g->keyed = profile_grow(c->a, g->keyed, sizeof(*g->keyed), g->n_keyed, &g->cap_keyed);
	g->keyed[g->n_keyed] = (struct keyed){ key, i };
	table_put(&g->by_key, c->a, hash, g->n_keyed++);
	return i;
}

/* Most stacks come with the same keys always. */
static uint32_t first_sample(struct jfr *d, struct jfr_chunk *c, struct jfr_group *g, const struct jfr_sample *s,
    uint32_t keys)
{
	struct first *f;

	if (g->firsts == NULL)
		g->firsts = arena_zarray(c->a, c->pools[JFR_STACKS].map.n, sizeof(*g->firsts));
	f = &g->firsts[s->entry];
	if (f->sample == 0)
		*f = (struct first){ find_sample(d, c, g, s, g->keys[keys].tags) + 1, keys }; /* none: 0 */
	return f->sample == 0 || f->keys == keys ? f->sample - 1 : keyed_sample(d, c, g, s, keys);
}

int jfr_add(struct jfr *d, struct jfr_chunk *c, uint32_t group, const struct jfr_sample *s)
{
	struct jfr_group *g = &d->groups[group];
	uint32_t keys = find_keys(d, c, g, s->keys), i;
	int64_t *v;

	if (d->e->kind != ERR_NONE)
		return -1;
	if (d->o->keep & FORMAT_TIMES)
		i = find_sample(d, c, g, s, g->keys[keys].tags);
	else if (g->other)
		i = keyed_sample(d, c, g, s, keys);
	else
		i = first_sample(d, c, g, s, keys);
	if (i == PROFILE_NONE)
		return -1;
	v = g->values + (size_t)i * g->n_types;
	for (uint32_t k = 0; k < g->n_types; k++)
		v[k] = wrap_add(v[k], s->values[k]);
	return 0;
}

void jfr_groups_end(struct jfr *d)
{
	if (!d->more || (d->o->keep & FORMAT_TIMES))
		return;
	for (uint32_t k = 0; k < d->n_groups; k++) {
		struct jfr_group *g = &d->groups[k];

		for (uint32_t i = g->begin; i < g->n; i++) {
			struct jfr_tags t = jfr_tags_of(g, i);
			uint64_t hash = content_hash(d, g, g->stacks[i], t), exact = with_id(hash, g->ids[i]);

			if (find_content(d, g, g->stacks[i], t, &g->ids[i], exact) == PROFILE_NONE)
				table_put(&g->by_content, d->a, exact, i);
			if (find_content(d, g, g->stacks[i], t, NULL, hash) == PROFILE_NONE)
				table_put(&g->by_content, d->a, hash, i);
		}
	}
}
