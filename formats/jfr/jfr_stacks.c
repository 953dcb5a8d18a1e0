/*
 * jfr_stacks.c - from the id of a stack trace to locations and functions.
 * Each is made once in a chunk, when the first event has it.
 */
#include "base/hash.h"
#include "formats/jfr/jfr_impl.h"

enum { NO_FUNCTION = 1 }; /* in `made`: there is none; functions are + 2 */

uint32_t jfr_intern(struct jfr *d, struct str s)
{
	uint64_t hash = hash_seeded(s);
	struct table_at at = table_find(&d->by_text, hash);

	for (uint32_t v; table_next(&at, &v);)
		if (str_eq(d->strings[v], s))
			return v;
	JFR_ROOM(d, d->strings, d->n_strings, d->cap_strings);
	d->strings[d->n_strings] = s.n ? arena_str(d->a, s) : STR("");
	table_put(&d->by_text, d->a, hash, d->n_strings);
	return d->n_strings++;
}

/*
 * Methods of one name and signature are one function when another chunk has
 * them, that of the same id where several are called so; in one chunk each
 * is its own, as its id says. The table has each (text, id) and each text
 * once, so that equal ones do not crowd it.
 */
static uint32_t find_function(const struct jfr *d, const struct jfr_text *t, const uint64_t *id, uint64_t hash)
{
	struct table_at at = table_find(&d->by_function, hash);

	for (uint32_t v; table_next(&at, &v);) {
		const struct jfr_function *f = &d->functions[v];

		if (f->text.cls == t->cls && f->text.name == t->name && f->text.descriptor == t->descriptor &&
		    (id == NULL || f->id == *id))
			return v;
	}
	return PROFILE_NONE;
}

static struct str join_names(struct jfr *d, struct str cls, struct str method)
{
	char *p = arena_array(d->tmp, cls.n + method.n + 1, 1);

	if (cls.n)
		memcpy(p, cls.p, cls.n);
	p[cls.n] = '.';
	if (method.n)
		memcpy(p + cls.n + 1, method.p, method.n);
	return str_of(p, cls.n + 1 + method.n);
}

static uint32_t new_function(struct jfr *d, uint64_t id, struct str cls, struct str method, struct str descriptor)
{
	struct jfr_text t;
	uint64_t hash, exact;
	uint32_t i, same;

	if (!jfr_spend(d, (uint64_t)cls.n * 2 + method.n * 2 + descriptor.n + sizeof(struct jfr_function)))
		return PROFILE_NONE;
	t = (struct jfr_text){ jfr_intern(d, cls), jfr_intern(d, method), jfr_intern(d, descriptor) };
	hash = hash_seeded(str_of(&t, sizeof(t)));
	exact = hash_mix(hash, hash_seeded(str_of(&id, sizeof(id))));
	same = find_function(d, &t, NULL, hash);
	i = same == PROFILE_NONE ? same : find_function(d, &t, &id, exact);
	if (i == PROFILE_NONE && same != PROFILE_NONE && d->functions[same].chunk < d->chunk)
		i = same;
	if (i != PROFILE_NONE)
		return i;
	JFR_ROOM(d, d->functions, d->n_functions, d->cap_functions);
	i = d->n_functions++;
	d->functions[i] = (struct jfr_function){ t, jfr_intern(d, join_names(d, cls, method)), d->chunk, id };
	table_put(&d->by_function, d->a, exact, i);
	if (same == PROFILE_NONE)
		table_put(&d->by_function, d->a, hash, i);
	return i;
}

static uint32_t make_function(struct jfr *d, struct jfr_chunk *c, uint32_t method)
{
	const struct jfr_pool *p = &c->pools[JFR_METHODS];
	const struct jfr_class *cls = &c->classes[p->cls];
	uint32_t type = jfr_field_of(c, cls, "type"), name = jfr_field_of(c, cls, "name");
	uint32_t descriptor = jfr_field_of(c, cls, "descriptor");
	struct jfr_in in = jfr_window(c, p->at[method], c->bytes.n);
	uint64_t v_type, v_name, v_descriptor;

	if (type == cls->n || !c->fields[cls->first + type].pool)
		return PROFILE_NONE;
	memset(c->w, 0, ((size_t)cls->n + 1) * sizeof(*c->w));
	jfr_fields(c, &in, cls, cls->n, c->w);
	/* texts read constants into the same array */
	v_type = c->w[type];
	v_name = c->w[name];
	v_descriptor = c->w[descriptor];
	if (in.bad || jfr_ids_find(&c->pools[JFR_CLASSES].map, v_type) == PROFILE_NONE)
		return PROFILE_NONE;
	return new_function(d, p->map.ids[method], jfr_class_name(d, c, v_type), jfr_text(d, c, cls, name, v_name),
	    jfr_text(d, c, cls, descriptor, v_descriptor));
}

static uint32_t function_of(struct jfr *d, struct jfr_chunk *c, uint64_t method)
{
	struct jfr_pool *p = &c->pools[JFR_METHODS];
	uint32_t i = jfr_ids_find(&p->map, method), f;

	if (i == PROFILE_NONE)
		return PROFILE_NONE;
	if (p->made[i] == 0) {
		f = make_function(d, c, i);
		p->made[i] = f == PROFILE_NONE ? NO_FUNCTION : f + 2;
	}
	return p->made[i] == NO_FUNCTION ? PROFILE_NONE : p->made[i] - 2;
}

static uint32_t location_of(struct jfr *d, uint32_t function, uint32_t line)
{
	uint64_t key = (uint64_t)function << 32 | line, hash = hash_seeded(str_of(&key, sizeof(key)));
	struct table_at at = table_find(&d->by_location, hash);

	for (uint32_t v; table_next(&at, &v);)
		if (d->locations[v].function == function && d->locations[v].line == line)
			return v;
	JFR_ROOM(d, d->locations, d->n_locations, d->cap_locations);
	d->locations[d->n_locations] = (struct jfr_location){ function, line };
	table_put(&d->by_location, d->a, hash, d->n_locations);
	return d->n_locations++;
}

struct frame_plan {
	const struct jfr_class *cls;
	uint32_t method, line, n;
};

static bool plan_frames(const struct jfr_chunk *c, const struct jfr_field *frames, struct frame_plan *p)
{
	const struct jfr_class *cls;

	if (frames->op != JFR_ARRAY || frames->of != JFR_OBJECT || frames->cls == PROFILE_NONE)
		return false;
	cls = &c->classes[frames->cls];
	*p = (struct frame_plan){ cls, jfr_field_of(c, cls, "method"), jfr_field_of(c, cls, "lineNumber"), cls->n };
	return p->method < cls->n && c->fields[cls->first + p->method].pool && !cls->empty;
}

static void read_frames(struct jfr *d, struct jfr_chunk *c, size_t at, const struct frame_plan *p)
{
	struct jfr_in in = jfr_window(c, at, c->bytes.n);
	uint64_t n = jfr_num(&in, 4), *w = c->v + c->max_fields + 1;

	w[p->n] = 0;
	for (; n && !in.bad; n--) {
		uint32_t f, line;

		jfr_fields(c, &in, p->cls, p->n, w);
		if (in.bad)
			return;
		f = function_of(d, c, w[p->method]);
		if (f == PROFILE_NONE)
			continue;
		line = (uint32_t)w[p->line];
		JFR_ROOM(d, d->frames, d->n_frames, d->cap_frames);
		d->frames[d->n_frames++] = location_of(d, f, line);
	}
}

uint32_t jfr_stack(struct jfr *d, struct jfr_chunk *c, uint64_t id)
{
	struct jfr_pool *p = &c->pools[JFR_STACKS];
	uint32_t i = jfr_ids_find(&p->map, id), frames;
	const struct jfr_class *cls;
	struct frame_plan plan;
	struct jfr_in in;

	if (i == PROFILE_NONE)
		return PROFILE_NONE;
	if (p->made[i])
		return p->made[i] - 1;
	cls = &c->classes[p->cls];
	frames = jfr_field_of(c, cls, "frames");
	JFR_ROOM(d, d->stacks, d->n_stacks, d->cap_stacks);
	d->stacks[d->n_stacks] = (struct jfr_stack){ d->n_frames, 0 };
	if (frames < cls->n && plan_frames(c, &c->fields[cls->first + frames], &plan)) {
		in = jfr_window(c, p->at[i], c->bytes.n);
		jfr_fields(c, &in, cls, frames + 1, c->w);
		if (!in.bad)
			read_frames(d, c, (size_t)c->w[frames], &plan);
	}
	d->stacks[d->n_stacks].n = d->n_frames - d->stacks[d->n_stacks].first;
	p->made[i] = ++d->n_stacks;
	return d->n_stacks - 1;
}
