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

/* Texts are cut once: class is that of an entry of its pool, the others are those of symbols where they are. */
static uint32_t interned(struct jfr *d, uint32_t *made, struct str s)
{
	uint32_t i;

	if (*made)
		return *made - 1;
	if (!jfr_spend(d, s.n))
		return 0;
	i = jfr_intern(d, s);
	*made = i + 1;
	return i;
}

static uint32_t class_text(struct jfr *d, struct jfr_chunk *c, uint64_t id)
{
	struct jfr_pool *p = &c->pools[JFR_CLASSES];
	uint32_t i = jfr_ids_find(&p->map, id);

	if (i == PROFILE_NONE)
		return i;
	return p->made[i] ? p->made[i] - 1 : interned(d, &p->made[i], jfr_class_name(d, c, id));
}

static uint32_t field_text(struct jfr *d, struct jfr_chunk *c, const struct jfr_class *cls, uint32_t field, uint64_t v)
{
	const struct jfr_field *f = &c->fields[cls->first + field];
	struct jfr_pool *p = &c->pools[JFR_SYMBOLS];
	uint32_t i = PROFILE_NONE, none = 0;

	if (field < cls->n && f->pool && f->cls == p->cls)
		i = jfr_ids_find(&p->map, v);
	if (i != PROFILE_NONE && p->made[i])
		return p->made[i] - 1;
	return interned(d, i == PROFILE_NONE ? &none : &p->made[i], jfr_text(d, c, cls, field, v));
}

static uint32_t new_function(struct jfr *d, uint64_t id, const struct jfr_text *t)
{
	struct str cls = d->strings[t->cls], name = d->strings[t->name];
	uint64_t hash = hash_seeded(str_of(t, sizeof(*t))),
		 exact = hash_mix(hash, hash_seeded(str_of(&id, sizeof(id))));
	uint32_t same = find_function(d, t, NULL, hash);
	uint32_t i = same == PROFILE_NONE ? same : find_function(d, t, &id, exact);

	if (i == PROFILE_NONE && same != PROFILE_NONE && d->functions[same].chunk < d->chunk)
		i = same;
	if (i != PROFILE_NONE)
		return i;
	if (!jfr_spend(d, (uint64_t)cls.n + name.n + sizeof(struct jfr_function)))
		return PROFILE_NONE;
	JFR_ROOM(d, d->functions, d->n_functions, d->cap_functions);
	i = d->n_functions++;
	d->functions[i] = (struct jfr_function){ *t, jfr_intern(d, join_names(d, cls, name)), d->chunk, id };
	table_put(&d->by_function, d->a, exact, i);
	if (same == PROFILE_NONE)
		table_put(&d->by_function, d->a, hash, i);
	return i;
}

/* When there is one chunk alone, nobody asks whether another has the function too. */
static uint32_t only_function(struct jfr *d, struct jfr_chunk *c, const struct jfr_class *cls, uint64_t type,
    uint64_t method)
{
	uint32_t i = jfr_ids_find(&c->pools[JFR_CLASSES].map, type);
	struct str of, name;

	if (i == PROFILE_NONE)
		return i;
	of = jfr_class_name(d, c, type);
	name = jfr_text(d, c, cls, c->layout.name, method);
	if (!jfr_spend(d, (uint64_t)of.n + name.n + sizeof(struct jfr_function)))
		return PROFILE_NONE;
	JFR_ROOM(d, d->functions, d->n_functions, d->cap_functions);
	d->functions[d->n_functions] = (struct jfr_function){ .name = jfr_intern(d, join_names(d, of, name)) };
	return d->n_functions++;
}

static uint32_t make_function(struct jfr *d, struct jfr_chunk *c, uint32_t method)
{
	const struct jfr_pool *p = &c->pools[JFR_METHODS];
	const struct jfr_class *cls = &c->classes[p->cls];
	const struct jfr_layout *l = &c->layout;
	struct jfr_in in = jfr_window(c, p->at[method], c->bytes.n);
	uint64_t type, name, descriptor;
	struct jfr_text t;

	c->w[cls->n] = 0;
	jfr_fields(c, &in, cls, cls->n, c->w);
	/* texts read constants into the same array */
	type = c->w[l->type];
	name = c->w[l->name];
	descriptor = c->w[l->descriptor];
	if (in.bad)
		return PROFILE_NONE;
	if (d->chunk == 0 && !d->more)
		return only_function(d, c, cls, type, name);
	t.cls = class_text(d, c, type);
	if (t.cls == PROFILE_NONE)
		return PROFILE_NONE;
	t.name = field_text(d, c, cls, l->name, name);
	t.descriptor = field_text(d, c, cls, l->descriptor, descriptor);
	return new_function(d, p->map.ids[method], &t);
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

/* The same few thousand frames come again and again: a place for each leads past the tables. */
static uint32_t frame_location(struct jfr *d, struct jfr_chunk *c, uint64_t method, uint32_t line)
{
	uint64_t mixed = (method * 0x9e3779b97f4a7c15u) ^ (line * UINT64_C(0xc2b2ae3d27d4eb4f));
	struct jfr_seen *seen = &c->seen[mixed >> (64 - c->seen_bits)];
	uint32_t f, l;

	if (LIKELY(seen->location && seen->method == method && seen->line == line))
		return seen->location - 1;
	f = function_of(d, c, method);
	if (f == PROFILE_NONE)
		return f;
	l = location_of(d, f, line);
	*seen = (struct jfr_seen){ method, line, l + 1 };
	return l;
}

/* There is room. */
static inline void add_frame(struct jfr *d, uint32_t location)
{
	d->frames[d->n_frames] = location;
	d->n_frames += location != PROFILE_NONE;
}

/* Where integer i of a word begins; there are so many. */
static inline unsigned field_at(uint64_t word, unsigned i)
{
	uint64_t tops = ~word & JFR_TOPS;

	for (unsigned k = 1; k < i; k++)
		tops &= tops - 1;
	return i ? (unsigned)__builtin_ctzll(tops) / 8 + 1 : 0;
}

static uint32_t word_location(struct jfr *d, struct jfr_chunk *c, uint64_t word)
{
	const struct jfr_layout *l = &c->layout;
	uint64_t method = jfr_leb_of(word, field_at(word, l->method), field_at(word, l->method + 1) - 1);
	uint64_t line = jfr_leb_of(word, field_at(word, l->line), field_at(word, l->line + 1) - 1);

	return frame_location(d, c, method, (uint32_t)line);
}

/* The location of a frame that is not in its place; kept there, unless there is none. */
static uint32_t new_word(struct jfr *d, struct jfr_chunk *c, uint64_t place, uint64_t word, uint64_t unused)
{
	uint32_t location = word_location(d, c, word >> unused);

	if (location != PROFILE_NONE) {
		c->raw[place] = word;
		c->raw_location[place] = location;
	}
	return location;
}

/*
 * Frames as long as each has eight bytes at most: such a one is known by its bytes. Returns how many are left; the
 * next is a longer one or near the end of the chunk.
 */
static inline __attribute__((always_inline)) uint64_t read_words_by(uint64_t (*frame_ends_of)(uint64_t ends),
    uint64_t (*first_bits)(uint64_t bits, uint64_t n), struct jfr *d, struct jfr_chunk *c, struct jfr_in *in,
    uint64_t n)
{
	const uint64_t *raw = c->raw;
	const uint32_t *locations = c->raw_location;
	uint32_t *out = d->frames + d->n_frames;
	unsigned shift = 64 - c->raw_bits;
	uint64_t at = JFR_BLOCK;

	while (n > 0 && at > 0 && in->end - in->p >= JFR_BLOCK_ROOM) {
		uint64_t ends = frame_ends_of(jfr_ends(in->p)), far = jfr_far(ends);
		const uint8_t *p = in->p;

		if (UNLIKELY(far))
			ends &= (far & -far) - 1;
		if (n < JFR_BLOCK / JFR_FRAME_FIELDS)
			ends = first_bits(ends, n);
		n -= (uint64_t)__builtin_popcountll(ends);
		for (at = 0; ends; ends &= ends - 1) {
			uint64_t word, place, last = (uint64_t)__builtin_ctzll(ends);
			uint64_t unused = (7 + at - last) * 8; /* bits of a word behind the frame */
			uint32_t location;

			memcpy(&word, p + at, 8);
			word <<= unused;
			at = last + 1;
			place = (word * 0x9e3779b97f4a7c15u) >> shift;
			location = locations[place];
			if (UNLIKELY(raw[place] != word)) {
				location = new_word(d, c, place, word, unused);
				if (location == PROFILE_NONE)
					continue;
			}
			*out++ = location;
		}
		in->p += at;
	}
	d->n_frames = (uint32_t)(out - d->frames);
	return n;
}

#ifdef __x86_64__
static JFR_BITS uint64_t read_words_clmul(struct jfr *d, struct jfr_chunk *c, struct jfr_in *in, uint64_t n)
{
	return read_words_by(jfr_frame_ends_clmul, jfr_first_bits_bmi, d, c, in, n);
}
#endif

static uint64_t read_words(struct jfr *d, struct jfr_chunk *c, struct jfr_in *in, uint64_t n)
{
#ifdef __x86_64__
	if (LIKELY(JFR_HAS_BITS))
		return read_words_clmul(d, c, in, n);
#endif
	return read_words_by(jfr_frame_ends, jfr_first_bits, d, c, in, n);
}

static void read_frames(struct jfr *d, struct jfr_chunk *c, size_t at)
{
	struct jfr_in in = jfr_window(c, at, c->bytes.n);
	const struct jfr_layout *l = &c->layout;
	uint64_t n = jfr_num(&in, 4), *w = c->v + c->max_fields + 1;

	if (l->frame->empty || n > jfr_left(&in))
		return;
	while (d->cap_frames - d->n_frames < n + 1)
		d->frames = profile_grow(d->a, d->frames, sizeof(*d->frames), d->n_frames, &d->cap_frames);
	w[l->frame->n] = 0;
	while (n > 0 && !in.bad) {
		n = l->words ? read_words(d, c, &in, n) : n;
		if (n == 0)
			return;
		jfr_fields(c, &in, l->frame, l->frame->n, w);
		if (in.bad)
			return;
		add_frame(d, frame_location(d, c, w[l->method], (uint32_t)w[l->line]));
		n--;
	}
}

uint32_t jfr_stack_make(struct jfr *d, struct jfr_chunk *c, uint32_t entry)
{
	struct jfr_pool *p = &c->pools[JFR_STACKS];
	struct jfr_in in;

	JFR_ROOM(d, d->stacks, d->n_stacks, d->cap_stacks);
	d->stacks[d->n_stacks] = (struct jfr_stack){ d->n_frames, 0, 0 };
	if (c->layout.frames != PROFILE_NONE) {
		in = jfr_window(c, p->at[entry], c->bytes.n);
		jfr_fields(c, &in, &c->classes[p->cls], c->layout.frames, c->w);
		if (!in.bad)
			read_frames(d, c, (size_t)(in.p - (const uint8_t *)c->bytes.p));
	}
	d->stacks[d->n_stacks].n = d->n_frames - d->stacks[d->n_stacks].first;
	d->stacks[d->n_stacks].locations = d->n_locations;
	p->made[entry] = ++d->n_stacks;
	return d->n_stacks - 1;
}
