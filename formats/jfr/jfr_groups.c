/*
 * jfr_groups.c - events that are counted together, and the profile that
 * becomes of them. Stacks and strings are the decoder's until the end.
 */
#include "base/arith.h"
#include "base/hash.h"
#include "formats/jfr/jfr_impl.h"

enum { MAX_EVENT_NAME = 100, FALLBACK_RATE = 100, HEAD_STRINGS = 2 * JFR_TYPES + 3 };

struct tags_at {
	uint32_t first, n;
};

struct key {
	uint64_t stack, keys[JFR_KEYS];
};

struct keyed {
	struct key key;
	uint32_t sample;
};

struct jfr_group {
	struct str name; /* of the profile: cpu, file_read */
	struct str event;
	struct str metric; /* __name__ */
	struct str types[JFR_TYPES], units[JFR_TYPES];
	struct str period_type, period_unit;
	uint32_t n_types;
	bool other;

	uint32_t n, cap, cap_ids, cap_tags, cap_at, cap_values, n_tags, cap_tag;
	uint32_t *stacks; /* of samples */
	uint64_t *ids;    /* of those stacks, in the chunk that brought them */
	int64_t *values;
	struct tags_at *tags_at; /* NULL until one has any */
	struct tag *tags;        /* strings are the decoder's */
	int64_t *at;

	/* of the chunk */
	uint32_t begin;     /* samples of chunks before */
	uint32_t *by_stack; /* sample + 1 of a stack without keys */
	struct table by_key;
	struct keyed *keyed;
	uint32_t n_keyed, cap_keyed;

	/* of chunks before: each (stack, tags) and each (stack, tags, id) once, so that equal ones do not crowd it */
	struct table by_content;
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
		g->by_stack = NULL;
		g->by_key = (struct table){ 0 };
		g->keyed = NULL;
		g->n_keyed = g->cap_keyed = 0;
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

/* The tags of a sample at the end of g->tags; returns how many. */
static uint32_t make_tags(struct jfr *d, struct jfr_chunk *c, struct jfr_group *g, const uint64_t *keys)
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
	return g->n_tags - before;
}

/* ---- samples ---- */

static uint64_t content_hash(const struct jfr *d, const struct jfr_group *g, uint32_t stack, struct tags_at t)
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

static struct tags_at tags_of(const struct jfr_group *g, uint32_t i)
{
	return g->tags_at ? g->tags_at[i] : (struct tags_at){ 0, 0 };
}

static bool same_content(const struct jfr *d, const struct jfr_group *g, uint32_t i, uint32_t stack, struct tags_at t)
{
	const struct jfr_stack *x = &d->stacks[g->stacks[i]], *y = &d->stacks[stack];
	struct tags_at own = tags_of(g, i);

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
static uint32_t find_content(const struct jfr *d, const struct jfr_group *g, uint32_t stack, struct tags_at t,
    const uint64_t *id, uint64_t hash)
{
	struct table_at at = table_find(&g->by_content, hash);

	for (uint32_t v; table_next(&at, &v);)
		if ((id == NULL || g->ids[v] == *id) && same_content(d, g, v, stack, t))
			return v;
	return PROFILE_NONE;
}

static uint32_t new_sample(struct jfr *d, struct jfr_group *g, const struct jfr_sample *s, uint64_t id,
    struct tags_at t)
{
	uint32_t i = g->n;

	/* what the profile will have of it: its stack in full */
	if (!jfr_spend(d, (uint64_t)d->stacks[s->stack].n * sizeof(uint32_t)))
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
	g->stacks[i] = s->stack;
	g->ids[i] = id;
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
static uint32_t find_sample(struct jfr *d, struct jfr_chunk *c, struct jfr_group *g, const struct jfr_sample *s)
{
	struct tags_at t = { g->n_tags, 0 };
	uint64_t id = c->pools[JFR_STACKS].map.ids[s->entry], hash;
	uint32_t tags = g->n_tags, i = PROFILE_NONE;

	t.n = make_tags(d, c, g, s->keys);
	if (d->e->kind != ERR_NONE)
		return PROFILE_NONE;
	if (g->by_content.slots && !(d->o->keep & FORMAT_TIMES)) {
		hash = content_hash(d, g, s->stack, t);
		i = find_content(d, g, s->stack, t, &id, with_id(hash, id));
		if (i == PROFILE_NONE && !c->stable)
			i = find_content(d, g, s->stack, t, NULL, hash);
	}
	if (i == PROFILE_NONE)
		return new_sample(d, g, s, id, t);
	g->n_tags = tags;
	return i;
}

static uint32_t keyed_sample(struct jfr *d, struct jfr_chunk *c, struct jfr_group *g, const struct jfr_sample *s)
{
	struct key key = { .stack = s->entry };
	struct table_at at;
	uint64_t hash;
	uint32_t i;

	memcpy(key.keys, s->keys, sizeof(key.keys));
	hash = hash_seeded(str_of(&key, sizeof(key)));
	at = table_find(&g->by_key, hash);
	for (uint32_t v; table_next(&at, &v);)
		if (memcmp(&g->keyed[v].key, &key, sizeof(key)) == 0)
			return g->keyed[v].sample;
	i = find_sample(d, c, g, s);
	if (i == PROFILE_NONE)
		return i;
	if (g->n_keyed == g->cap_keyed)
		g->keyed = profile_grow(c->a, g->keyed, sizeof(*g->keyed), g->n_keyed, &g->cap_keyed);
	g->keyed[g->n_keyed] = (struct keyed){ key, i };
	table_put(&g->by_key, c->a, hash, g->n_keyed++);
	return i;
}

int jfr_add(struct jfr *d, struct jfr_chunk *c, uint32_t group, const struct jfr_sample *s)
{
	struct jfr_group *g = &d->groups[group];
	const struct jfr_pool *stacks = &c->pools[JFR_STACKS];
	bool plain = !g->other;
	uint32_t i;
	int64_t *v;

	for (unsigned k = 0; k < JFR_KEYS && plain; k++)
		plain = s->keys[k] == 0;
	if (d->o->keep & FORMAT_TIMES) {
		i = find_sample(d, c, g, s);
	} else if (plain) {
		if (g->by_stack == NULL)
			g->by_stack = arena_zarray(c->a, stacks->map.n, sizeof(*g->by_stack));
		if (g->by_stack[s->entry] == 0)
			g->by_stack[s->entry] = find_sample(d, c, g, s) + 1; /* none: 0 */
		i = g->by_stack[s->entry] - 1;
	} else {
		i = keyed_sample(d, c, g, s);
	}
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
			struct tags_at t = tags_of(g, i);
			uint64_t hash = content_hash(d, g, g->stacks[i], t), exact = with_id(hash, g->ids[i]);

			if (find_content(d, g, g->stacks[i], t, &g->ids[i], exact) == PROFILE_NONE)
				table_put(&g->by_content, d->a, exact, i);
			if (find_content(d, g, g->stacks[i], t, NULL, hash) == PROFILE_NONE)
				table_put(&g->by_content, d->a, hash, i);
		}
	}
}

/* ---- profiles ---- */

struct number {
	uint32_t of; /* the pass that it is of: others' are as none */
	uint32_t n;
};

struct renumber { /* of the decoder's tables to those of one profile */
	struct number *strings, *functions, *locations;
	uint32_t pass;
};

static uint32_t own_string(struct jfr *d, struct renumber *r, struct profile *p, uint32_t s)
{
	struct number *own = &r->strings[s];

	if (d->strings[s].n == 0)
		return 0;
	if (own->of != r->pass) {
		p->strings[p->n_strings] = d->strings[s];
		*own = (struct number){ r->pass, p->n_strings++ };
	}
	return own->n;
}

static uint32_t own_function(struct jfr *d, struct renumber *r, struct profile *p, uint32_t f)
{
	struct number *own = &r->functions[f];

	if (own->of != r->pass) {
		*own = (struct number){ r->pass, p->n_functions++ };
		p->functions[own->n] = (struct function){ .id = own->n + UINT64_C(1),
			.name = own_string(d, r, p, d->functions[f].name) };
	}
	return own->n;
}

static uint32_t new_location(struct jfr *d, struct renumber *r, struct profile *p, uint32_t l)
{
	uint32_t i = p->n_locations++;

	r->locations[l] = (struct number){ r->pass, i };
	p->locations[i] = (struct location){ .id = i + UINT64_C(1), .first_line = i, .n_lines = 1 };
	p->lines[p->n_lines++] = (struct line){ .function = own_function(d, r, p, d->locations[l].function),
		.line = d->locations[l].line };
	return i;
}

/* How many frames and locations the group refers to, so that arrays have their size. */
static void count_refs(const struct jfr *d, const struct jfr_group *g, struct renumber *r, uint64_t *frames,
    uint32_t *locations)
{
	r->pass++;
	for (uint32_t i = 0; i < g->n; i++) {
		const struct jfr_stack *s = &d->stacks[g->stacks[i]];
		const uint32_t *f = d->frames + s->first;

		*frames += s->n;
		for (uint32_t k = 0; k < s->n; k++)
			if (r->locations[f[k]].of != r->pass) {
				r->locations[f[k]].of = r->pass;
				++*locations;
			}
	}
}

/* Types of events in general that are always 0 were not there. */
static void drop_types(struct jfr_group *g)
{
	for (uint32_t k = g->n_types; g->other && k-- > 1;) {
		bool any = false;

		for (uint32_t i = 0; i < g->n && !any; i++)
			any = g->values[(size_t)i * g->n_types + k] != 0;
		if (any)
			continue;
		for (uint32_t i = 0, to = 0, n = g->n * g->n_types; i < n; i++)
			if (i % g->n_types != k)
				g->values[to++] = g->values[i];
		for (uint32_t t = k; t + 1 < g->n_types; t++) {
			g->types[t] = g->types[t + 1];
			g->units[t] = g->units[t + 1];
		}
		g->n_types--;
	}
}

static int64_t period_of(const struct jfr *d, uint32_t group)
{
	static const char *const times[] = { "", "cpu", "itimer", "ctimer", "wall", "cpu-clock", "task-clock" };
	int64_t by_rate = d->o->rate ? NS_PER_S / d->o->rate : 0, ns = 0;

	if (d->o->only_known)
		return by_rate;
	/* the interval of other events counts those */
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		if (str_eq(d->event, str_cstr(times[i])))
			ns = d->interval;
	if (group == KIND_WALL && d->wall_interval && !str_eq(d->event, STR("wall")))
		ns = d->wall_interval;
	if (group == KIND_NATIVE)
		ns = d->native_period;
	return ns ? ns : by_rate ? by_rate : NS_PER_S / FALLBACK_RATE;
}

static uint32_t fixed_string(struct profile *p, struct str s)
{
	for (uint32_t i = 0; i < p->n_strings; i++)
		if (str_eq(p->strings[i], s))
			return i;
	p->strings[p->n_strings] = s.n ? s : STR("");
	return p->n_strings++;
}

static void set_head(struct jfr *d, struct jfr_group *g, uint32_t group, struct profile *p)
{
	bool timed = group == KIND_CPU || group == KIND_WALL || group == KIND_NATIVE;
	int64_t period = timed ? period_of(d, group) : 1;

	fixed_string(p, STR(""));
	for (uint32_t k = 0; k < g->n_types; k++)
		p->types[k] = (struct value_type){ fixed_string(p, g->types[k]), fixed_string(p, g->units[k]) };
	if (g->period_type.n) {
		p->period_type = (struct value_type){ fixed_string(p, g->period_type),
			fixed_string(p, g->period_unit) };
		p->has_period_type = true;
	}
	for (size_t i = 0; timed && i < (size_t)g->n * g->n_types; i++)
		g->values[i] = wrap_mul(g->values[i], period);
	if (d->o->only_known)
		return;
	/* the first that says so is shown where all are summed: the recording's own event, times before bytes */
	if (group != KIND_CPU || !str_eq(d->event, STR("wall")))
		p->default_type = p->types[g->other ? MIN(1, g->n_types - 1) : g->n_types - 1].type;
	p->period = timed ? period : 0;
	p->time = (int64_t)d->begin;
	p->duration = (int64_t)d->ran;
}

static void set_samples(struct jfr *d, struct jfr_group *g, struct renumber *r, struct profile *p)
{
	uint32_t n_stack = 0, n_tags = 0;

	for (uint32_t i = 0; i < g->n; i++) {
		const struct jfr_stack *s = &d->stacks[g->stacks[i]];
		struct tags_at t = tags_of(g, i);

		p->stack_at[i] = n_stack;
		for (uint32_t k = 0; k < s->n; k++) {
			const struct number *own = &r->locations[d->frames[s->first + k]];

			p->stack[n_stack++] = own->of == r->pass ? own->n
								 : new_location(d, r, p, d->frames[s->first + k]);
		}
		if (p->tag_at == NULL)
			continue;
		p->tag_at[i] = n_tags;
		for (uint32_t k = 0; k < t.n; k++) {
			struct tag tag = g->tags[t.first + k];

			tag.key = own_string(d, r, p, tag.key);
			tag.str = own_string(d, r, p, tag.str);
			p->tags[n_tags++] = tag;
		}
	}
	p->stack_at[g->n] = n_stack;
	if (p->tag_at)
		p->tag_at[g->n] = n_tags;
}

static struct profile *make_profile(struct jfr *d, uint32_t group, struct renumber *r)
{
	struct jfr_group *g = &d->groups[group];
	struct profile *p = arena_zalloc(d->a, sizeof(*p));
	uint32_t locations = 0;
	uint64_t frames = 0;

	count_refs(d, g, r, &frames, &locations);
	if (frames >= UINT32_MAX) {
		err_set(d->e, ERR_LIMIT, "stacks of %llu frames in all", (unsigned long long)frames);
		return NULL;
	}
	drop_types(g);
	p->mem = d->a;
	p->n_types = g->n_types;
	p->types = arena_zarray(d->a, JFR_TYPES, sizeof(*p->types));
	p->strings = arena_array(d->a,
	    (size_t)locations + MIN((size_t)g->n_tags * 2, (size_t)d->n_strings) + HEAD_STRINGS, sizeof(*p->strings));
	p->mappings = arena_zarray(d->a, 1, sizeof(*p->mappings));
	p->mappings[0] = (struct mapping){ .id = 1, .flags = MAPPING_HAS_FUNCTIONS };
	p->n_mappings = 1;
	p->functions = arena_array(d->a, (size_t)locations + 1, sizeof(*p->functions));
	p->locations = arena_array(d->a, (size_t)locations + 1, sizeof(*p->locations));
	p->lines = arena_array(d->a, (size_t)locations + 1, sizeof(*p->lines));
	p->stack_at = arena_array(d->a, (size_t)g->n + 1, sizeof(*p->stack_at));
	p->stack = arena_array(d->a, (size_t)frames + 1, sizeof(*p->stack));
	p->comments = arena_zarray(d->a, 1, sizeof(*p->comments));
	if (g->n_tags) {
		p->tag_at = arena_array(d->a, (size_t)g->n + 1, sizeof(*p->tag_at));
		p->tags = arena_array(d->a, g->n_tags, sizeof(*p->tags));
	}
	set_head(d, g, group, p);
	p->n_samples = g->n;
	p->values = g->values;
	p->at = g->at;
	r->pass++;
	set_samples(d, g, r, p);
	return p;
}

int jfr_groups_finish(struct jfr *d, struct format_profiles *out)
{
	struct renumber r = {
		arena_zarray(d->tmp, (size_t)d->n_strings + 1, sizeof(*r.strings)),
		arena_zarray(d->tmp, (size_t)d->n_functions + 1, sizeof(*r.functions)),
		arena_zarray(d->tmp, (size_t)d->n_locations + 1, sizeof(*r.locations)),
		0,
	};

	out->p = arena_zarray(d->a, (size_t)d->n_groups + 1, sizeof(*out->p));
	out->n = 0;
	for (uint32_t i = 0; i < d->n_groups; i++) {
		struct format_profile *f = &out->p[out->n];

		if (d->groups[i].n == 0)
			continue;
		f->p = make_profile(d, i, &r);
		if (f->p == NULL)
			return -1;
		f->name = d->groups[i].name;
		f->labels.p = arena_array(d->a, 2, sizeof(*f->labels.p));
		f->labels.n = 2;
		f->labels.p[0] = (struct label){ STR("__name__"), d->groups[i].metric };
		f->labels.p[1] = (struct label){ STR("jfr_event"), d->event };
		out->n++;
	}
	out->notes = d->notes;
	return 0;
}
