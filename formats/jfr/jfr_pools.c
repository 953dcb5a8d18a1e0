/*
 * jfr_pools.c - the constants of a chunk by their ids, and what is made of
 * them once they are asked for: stacks of locations, functions, names.
 *
 *	constants event = size, type 1, start, duration, delta to the one before, mask (a byte), n, n * pool
 *	pool            = type id, n, n * (id, fields)
 */
#include "base/enc.h"
#include "base/hash.h"
#include "formats/jfr/jfr_impl.h"

enum { MAX_TEXT_DEPTH = 4, DENSE_SPREAD = 16, DENSE_FREE = 256 };

/* ---- ids ---- */

static uint32_t place(const struct jfr_ids *m, uint64_t id)
{
	return (uint32_t)((id * m->times) >> (64 - m->bits));
}

void jfr_ids_build(struct jfr_ids *m, struct arena *a)
{
	uint64_t max = 0;
	uint32_t mask;

	for (uint32_t i = 0; i < m->n; i++)
		max = MAX(max, m->ids[i]);
	m->max = 0;
	m->bits = 0;
	if (m->n == 0)
		return;
	if (max < (uint64_t)m->n * DENSE_SPREAD + DENSE_FREE) {
		m->max = max + 1;
		m->at = arena_zarray(a, (size_t)m->max, sizeof(*m->at));
		for (uint32_t i = 0; i < m->n; i++)
			m->at[m->ids[i]] = i + 1;
		return;
	}
	m->bits = 4;
	while ((UINT64_C(1) << m->bits) < (uint64_t)m->n * 2)
		m->bits++;
	/* outsiders choose the ids, not what they are multiplied with */
	m->times = hash_seeded(STR("ids of a recording")) | 1;
	mask = (uint32_t)((UINT64_C(1) << m->bits) - 1);
	m->at = arena_zarray(a, (size_t)mask + 1, sizeof(*m->at));
	for (uint32_t i = 0; i < m->n; i++) {
		uint32_t k = place(m, m->ids[i]);

		while (m->at[k] && m->ids[m->at[k] - 1] != m->ids[i])
			k = (k + 1) & mask;
		m->at[k] = i + 1; /* the last of one id counts */
	}
}

uint32_t jfr_ids_find_slow(const struct jfr_ids *m, uint64_t id)
{
	uint32_t mask = (uint32_t)((UINT64_C(1) << m->bits) - 1);

	for (uint32_t k = place(m, id); m->at[k]; k = (k + 1) & mask)
		if (m->ids[m->at[k] - 1] == id)
			return m->at[k] - 1;
	return PROFILE_NONE;
}

/* ---- reading ---- */

static void keep_entry(struct jfr_chunk *c, struct jfr_pool *p, uint64_t id, const uint8_t *at)
{
	if (p->map.n == p->map.cap) {
		p->map.ids = profile_grow(c->a, p->map.ids, sizeof(*p->map.ids), p->map.n, &p->map.cap);
		p->at = profile_grow(c->a, p->at, sizeof(*p->at), p->map.n, &p->cap_at);
	}
	p->map.ids[p->map.n] = id;
	p->at[p->map.n++] = (uint32_t)(at - (const uint8_t *)c->bytes.p);
}

static int read_pool(struct jfr_chunk *c, struct jfr_in *in, struct err *e)
{
	uint64_t type = jfr_num(in, 8), n = jfr_num(in, 4);
	uint32_t i = jfr_ids_find(&c->by_id, type);
	const struct jfr_class *cls;

	if (i == PROFILE_NONE && !in->bad)
		return err_set(e, ERR_INVALID, "unknown type %llu", (unsigned long long)type);
	if (in->bad || n > jfr_left(in)) {
		jfr_bad(in);
		return 0;
	}
	cls = &c->classes[i];
	while (n-- && !in->bad) {
		uint64_t id = jfr_num(in, 8);
		const uint8_t *at = in->p;

		jfr_skip(c, in, cls);
		/* a whole one: what reads it later need not ask */
		if (cls->pool < JFR_POOLS && !in->bad)
			keep_entry(c, &c->pools[cls->pool], id, at);
	}
	return 0;
}

int jfr_read_constants(struct jfr_chunk *c, size_t at, size_t end, size_t *before, struct err *e)
{
	struct jfr_in in = jfr_window(c, at, end);
	uint64_t size = jfr_num(&in, 4), type, n;
	int64_t delta;

	if (in.bad || size > end - at || size < (size_t)(in.p - ((const uint8_t *)c->bytes.p + at)))
		return err_set(e, ERR_INVALID, "constants at byte %zu of the chunk: unexpected EOF", at);
	in.end = (const uint8_t *)c->bytes.p + at + size;
	type = jfr_num(&in, 8);
	jfr_num(&in, 8);
	jfr_num(&in, 8);
	delta = (int64_t)jfr_num(&in, 8);
	jfr_fix(&in, 1);
	n = jfr_num(&in, 4);
	if (!in.bad && type != 1)
		return err_set(e, ERR_INVALID, "constants at byte %zu of the chunk: there is an event of type %llu", at,
		    (unsigned long long)type);
	while (n-- && !in.bad)
		if (read_pool(c, &in, e) < 0)
			return err_wrap(e, "constants at byte %zu of the chunk", at);
	if (in.bad)
		return err_set(e, ERR_INVALID, "constants at byte %zu of the chunk: they do not fit in its %llu bytes",
		    at, (unsigned long long)size);
	*before = delta < 0 && (uint64_t) - (delta + 1) + 1 < at ? at - (size_t)(-(delta + 1) + 1) : 0;
	if (delta > 0)
		return err_set(e, ERR_INVALID, "constants at byte %zu of the chunk: the next are %lld bytes behind", at,
		    (long long)delta);
	return 0;
}

/* Each ends before the one that was read begins: so no byte is read twice. */
int jfr_read_pools(struct jfr_chunk *c, struct err *e)
{
	size_t at = (size_t)c->pools_at, end = c->bytes.n, before;

	while (at) {
		if (at >= end)
			return err_set(e, ERR_INVALID, "constants at byte %zu of the chunk: they end at %zu", at, end);
		if (jfr_read_constants(c, at, end, &before, e) < 0)
			return -1;
		end = at;
		at = before;
	}
	return 0;
}

/* The first of the names that a constant of the type has. */
static uint32_t text_field(const struct jfr_chunk *c, const struct jfr_class *cls)
{
	static const char *const names[] = { "string", "name", "javaName" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		uint32_t f = jfr_field_of(c, cls, names[i]);

		if (f < cls->n)
			return f;
	}
	return cls->n;
}

static void find_layout(struct jfr_chunk *c)
{
	struct jfr_layout *l = &c->layout;
	uint32_t stacks = c->pools[JFR_STACKS].cls, methods = c->pools[JFR_METHODS].cls;
	const struct jfr_class *cls;
	const struct jfr_field *f;

	l->frames = PROFILE_NONE;
	if (stacks == PROFILE_NONE || methods == PROFILE_NONE)
		return;
	cls = &c->classes[methods];
	l->type = jfr_field_of(c, cls, "type");
	l->name = jfr_field_of(c, cls, "name");
	l->descriptor = jfr_field_of(c, cls, "descriptor");
	if (l->type == cls->n || !c->fields[cls->first + l->type].pool)
		return;
	cls = &c->classes[stacks];
	f = &c->fields[cls->first + jfr_field_of(c, cls, "frames")];
	if (f == &c->fields[cls->first + cls->n] || f->op != JFR_ARRAY || f->of != JFR_OBJECT || f->cls == PROFILE_NONE)
		return;
	l->frame = &c->classes[f->cls];
	l->method = jfr_field_of(c, l->frame, "method");
	l->line = jfr_field_of(c, l->frame, "lineNumber");
	if (l->method >= l->frame->n || !c->fields[l->frame->first + l->method].pool)
		return;
	l->frames = (uint32_t)(f - &c->fields[cls->first]);
	l->words = l->frame->lebs == JFR_FRAME_FIELDS && l->line < JFR_FRAME_FIELDS;
}

void jfr_pools_done(struct jfr_chunk *c)
{
	for (unsigned k = 0; k < JFR_POOLS; k++) {
		struct jfr_pool *p = &c->pools[k];

		jfr_ids_build(&p->map, c->a);
		p->made = arena_zarray(c->a, (size_t)p->map.n + 1, sizeof(*p->made));
		if (k == JFR_SYMBOLS || k == JFR_THREADS || k == JFR_CLASSES || k == JFR_STATES)
			p->text = arena_zarray(c->a, (size_t)p->map.n + 1, sizeof(*p->text));
		if (p->cls != PROFILE_NONE)
			p->field = text_field(c, &c->classes[p->cls]);
	}
	find_layout(c);
	/* a method has a few lines */
	c->seen_bits = JFR_SEEN_MIN;
	while (c->seen_bits < JFR_SEEN_MAX && (UINT64_C(1) << c->seen_bits) < (uint64_t)c->pools[JFR_METHODS].map.n)
		c->seen_bits++;
	c->seen = arena_zarray(c->a, (size_t)1 << c->seen_bits, sizeof(*c->seen));
	c->raw_bits = c->seen_bits + JFR_RAW_MORE;
	c->raw = arena_array(c->a, (size_t)1 << c->raw_bits, sizeof(*c->raw));
	memset(c->raw, 0xff, sizeof(*c->raw) << c->raw_bits);
	c->raw_location = arena_array(c->a, (size_t)1 << c->raw_bits, sizeof(*c->raw_location));
}

/* ---- texts ---- */

bool jfr_spend(struct jfr *d, uint64_t bytes)
{
	if (LIKELY(bytes <= d->budget)) {
		d->budget -= bytes;
		return true;
	}
	d->budget = 0;
	if (d->e->kind == ERR_NONE)
		err_set(d->e, ERR_LIMIT,
		    "the recording repeats its stacks, tags or names to more than %d bytes for each byte of it",
		    JFR_SPREAD);
	return false;
}

/* Latin-1, or UTF-16 of which halves come one by one. */
static struct str decode_text(struct jfr *d, struct jfr_chunk *c, struct jfr_in *in, bool latin1, uint64_t n)
{
	uint32_t high = 0;
	struct str out;
	char *p;

	if (n > jfr_left(in) || !jfr_spend(d, n * 3))
		return STR("");
	p = arena_array(c->a, (size_t)n * 3 + 1, 1);
	out = str_of(p, 0);
	while (n--) {
		uint32_t u = (uint32_t)(latin1 ? jfr_fix(in, 1) : jfr_num(in, 2));

		if (u >= 0xdc00 && u < 0xe000 && high) {
			/* the high half took three bytes of room, as the low one has */
			u = 0x10000 + ((high - 0xd800) << 10) + (u - 0xdc00);
			high = 0;
		} else if (u >= 0xd800 && u < 0xdc00) {
			high = u;
			continue;
		} else if (u >= 0xd800 && u < 0xe000) {
			u = 0xfffd;
		}
		out.n += enc_utf8(p + out.n, MIN(u, 0x10ffffu));
	}
	return out;
}

static struct str read_string(struct jfr *d, struct jfr_chunk *c, size_t at, unsigned depth)
{
	const struct jfr_pool *strings = &c->pools[JFR_STRINGS];
	struct jfr_in in = jfr_window(c, at, c->bytes.n);
	unsigned how = (unsigned)jfr_fix(&in, 1);
	uint64_t n = how >= 2 ? jfr_num(&in, how == 2 ? 8 : 4) : 0;
	uint32_t i;

	switch (how) {
	case 2:
		i = jfr_ids_find(&strings->map, n);
		/* a constant that refers to one that refers ... */
		return i == PROFILE_NONE || depth >= MAX_TEXT_DEPTH ? STR("")
								    : read_string(d, c, strings->at[i], depth + 1);
	case 3: return n <= jfr_left(&in) ? str_of(in.p, (size_t)n) : STR("");
	case 4:
	case 5: return decode_text(d, c, &in, how == 5, n);
	default: return STR("");
	}
}

static struct str field_text(struct jfr *d, struct jfr_chunk *c, const struct jfr_field *f, uint64_t v, unsigned depth);

/* Text of entry i of a pool: what a symbol, a class or a state is called. */
static struct str entry_text(struct jfr *d, struct jfr_chunk *c, unsigned pool, uint32_t i, unsigned depth)
{
	struct jfr_pool *p = &c->pools[pool];
	const struct jfr_class *cls = &c->classes[p->cls];
	struct jfr_in in = jfr_window(c, p->at[i], c->bytes.n);
	struct str s = STR("");
	uint32_t f;

	if (pool == JFR_STRINGS)
		return read_string(d, c, p->at[i], depth);
	if (p->text && p->text[i].p)
		return p->text[i];
	f = p->field;
	if (f < cls->n && depth < MAX_TEXT_DEPTH) {
		jfr_fields(c, &in, cls, f + 1, c->w);
		s = field_text(d, c, &c->fields[cls->first + f], c->w[f], depth + 1);
	}
	if (pool == JFR_SYMBOLS && d->o->clean_names)
		s = jfr_clean_name(c->a, s);
	if (s.p == NULL)
		s = STR("");
	if (p->text)
		p->text[i] = s;
	return s;
}

static struct str field_text(struct jfr *d, struct jfr_chunk *c, const struct jfr_field *f, uint64_t v, unsigned depth)
{
	unsigned pool;
	uint32_t i;

	if (f->op == JFR_STRING)
		return read_string(d, c, (size_t)v, depth);
	if (!f->pool || f->array || f->cls == PROFILE_NONE)
		return STR("");
	pool = c->classes[f->cls].pool;
	if (pool >= JFR_POOLS)
		return STR("");
	i = jfr_ids_find(&c->pools[pool].map, v);
	return i == PROFILE_NONE ? STR("") : entry_text(d, c, pool, i, depth);
}

struct str jfr_text(struct jfr *d, struct jfr_chunk *c, const struct jfr_class *cls, uint32_t field, uint64_t v)
{
	return field < cls->n ? field_text(d, c, &c->fields[cls->first + field], v, 0) : STR("");
}

static struct str text_by_id(struct jfr *d, struct jfr_chunk *c, unsigned pool, uint64_t id)
{
	uint32_t i = jfr_ids_find(&c->pools[pool].map, id);

	return i == PROFILE_NONE ? STR("") : entry_text(d, c, pool, i, 0);
}

struct str jfr_class_name(struct jfr *d, struct jfr_chunk *c, uint64_t id)
{
	return text_by_id(d, c, JFR_CLASSES, id);
}

/* The name in Java, else that of the system. */
struct str jfr_thread(struct jfr *d, struct jfr_chunk *c, uint64_t id)
{
	struct jfr_pool *p = &c->pools[JFR_THREADS];
	uint32_t i = jfr_ids_find(&p->map, id);
	static const char *const names[] = { "javaName", "osName" };
	const struct jfr_class *cls;
	struct jfr_in in;

	if (i == PROFILE_NONE)
		return STR("");
	if (p->text[i].p)
		return p->text[i];
	cls = &c->classes[p->cls];
	for (size_t k = 0; k < ARRAY_LEN(names) && p->text[i].n == 0; k++) {
		uint32_t f = jfr_field_of(c, cls, names[k]);

		if (f == cls->n)
			continue;
		in = jfr_window(c, p->at[i], c->bytes.n);
		jfr_fields(c, &in, cls, f + 1, c->w);
		p->text[i] = jfr_text(d, c, cls, f, c->w[f]);
	}
	if (p->text[i].p == NULL)
		p->text[i] = STR("");
	return p->text[i];
}

struct str jfr_state_name(struct jfr *d, struct jfr_chunk *c, uint64_t id)
{
	return text_by_id(d, c, JFR_STATES, id);
}

unsigned jfr_state(struct jfr *d, struct jfr_chunk *c, uint64_t id)
{
	struct jfr_pool *p = &c->pools[JFR_STATES];
	uint32_t i = jfr_ids_find(&p->map, id);

	if (i == PROFILE_NONE)
		return 0;
	if (p->made[i] == 0) {
		struct str name = entry_text(d, c, JFR_STATES, i, 0);

		p->made[i] = STATE_KNOWN | (str_eq(name, STR("STATE_SLEEPING")) ? STATE_SLEEPS : 0) |
		    (str_eq(name, STR("STATE_RUNNABLE")) ? STATE_RUNS : 0);
	}
	return p->made[i];
}
