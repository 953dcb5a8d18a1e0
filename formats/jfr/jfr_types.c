/*
 * jfr_types.c - the metadata of a chunk: its types and their fields, and what
 * they mean.
 */
#include "base/enc.h"
#include "base/num.h"
#include "formats/jfr/jfr_impl.h"

/* element = name, n, n * (key, value), children, children * element; all numbers are positions of strings */
struct element {
	struct str name;
	uint64_t children;
	struct str id, type, dimension, unit, attr_name; /* attributes that are looked at */
	bool pool;
};

struct reader {
	struct jfr_chunk *c;
	struct jfr_in in;
	struct str *strings;
	uint64_t n_strings;
};

/* Half of a surrogate pair stays what it is: no name of a type has one. */
static struct str meta_chars(struct reader *r)
{
	uint64_t n = jfr_num(&r->in, 4);
	char *p;
	size_t len = 0;

	if (n > jfr_left(&r->in)) {
		jfr_bad(&r->in);
		return STR_NONE;
	}
	p = arena_array(r->c->a, (size_t)n + 1, 3);
	while (n-- && !r->in.bad)
		len += enc_utf8(p + len, (uint32_t)jfr_num(&r->in, 2) & 0xffff);
	return str_of(p, len);
}

static struct str meta_string(struct reader *r)
{
	struct jfr_in in = r->in;
	unsigned how = (unsigned)jfr_fix(&in, 1);
	uint64_t n;

	if (how == 4) {
		r->in = in;
		return meta_chars(r);
	}
	jfr_skip_string(&r->in);
	if (r->in.bad || (how != 3 && how != 5))
		return STR_NONE;
	n = jfr_num(&in, 4);
	return str_of(in.p, (size_t)n);
}

static struct str name_at(struct reader *r)
{
	uint64_t i = jfr_num(&r->in, 4);

	if (r->in.bad || i >= r->n_strings) {
		jfr_bad(&r->in);
		return STR_NONE;
	}
	return r->strings[i];
}

static struct element read_element(struct reader *r)
{
	struct element e = { .name = name_at(r) };
	uint64_t n = jfr_num(&r->in, 4);

	while (n-- && !r->in.bad) {
		struct str key = name_at(r), value = name_at(r);

		if (str_eq(key, STR("name")))
			e.attr_name = value;
		else if (str_eq(key, STR("id")))
			e.id = value;
		else if (str_eq(key, STR("class")))
			e.type = value;
		else if (str_eq(key, STR("constantPool")))
			e.pool = str_eq(value, STR("true"));
		else if (str_eq(key, STR("dimension")))
			e.dimension = value;
		else if (str_eq(key, STR("value")) || str_eq(key, STR("value-0")))
			e.unit = value;
	}
	e.children = jfr_num(&r->in, 4);
	/* an element takes three bytes at least */
	if (e.children > jfr_left(&r->in))
		jfr_bad(&r->in);
	return e;
}

/* Elements below one that is of no interest. A loop: their number is bounded by the bytes, their depth is no matter. */
static void skip_children(struct reader *r, uint64_t n)
{
	while (n && !r->in.bad) {
		uint64_t more = read_element(r).children;

		n = n - 1 + more;
		if (n > jfr_left(&r->in))
			jfr_bad(&r->in);
	}
}

static uint64_t id_of(struct reader *r, struct str text)
{
	uint64_t id;
	struct err e;

	if (num_u64(text, &id, &e) == 0)
		return id;
	jfr_bad(&r->in);
	return 0;
}

static uint8_t unit_of(struct str s)
{
	static const struct {
		const char *name;
		enum jfr_unit unit;
	} units[] = {
		{ "TICKS", JFR_TICKS },
		{ "NANOSECONDS", JFR_NS },
		{ "MICROSECONDS", JFR_US },
		{ "MILLISECONDS", JFR_MS },
		{ "SECONDS", JFR_S },
	};

	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (str_eq(s, str_cstr(units[i].name)))
			return (uint8_t)units[i].unit;
	return JFR_NO_UNIT;
}

static void read_field(struct reader *r, struct jfr_class *cls)
{
	struct jfr_chunk *c = r->c;
	struct element e = read_element(r);
	struct jfr_field f = { .name = e.attr_name, .pool = e.pool, .cls = PROFILE_NONE };

	if (!str_eq(e.name, STR("field"))) {
		skip_children(r, e.children);
		return;
	}
	f.type = id_of(r, e.type);
	f.array = e.dimension.n > 0 && !str_eq(e.dimension, STR("0"));
	if (f.array && !str_eq(e.dimension, STR("1")))
		jfr_bad(&r->in);
	for (uint64_t i = 0; i < e.children && !r->in.bad; i++) {
		struct element note = read_element(r);
		uint8_t unit = note.unit.n ? unit_of(note.unit) : JFR_NO_UNIT;

		if (unit != JFR_NO_UNIT) {
			f.note = id_of(r, note.type);
			f.unit = unit;
		}
		skip_children(r, note.children);
	}
	if (c->n_fields == c->cap_fields)
		c->fields = profile_grow(c->a, c->fields, sizeof(*c->fields), c->n_fields, &c->cap_fields);
	c->fields[c->n_fields++] = f;
	cls->n++;
}

static void read_class(struct reader *r)
{
	struct jfr_chunk *c = r->c;
	struct element e = read_element(r);
	struct jfr_class *cls;

	if (!str_eq(e.name, STR("class"))) {
		skip_children(r, e.children);
		return;
	}
	if (c->n_classes == c->cap_classes)
		c->classes = profile_grow(c->a, c->classes, sizeof(*c->classes), c->n_classes, &c->cap_classes);
	cls = &c->classes[c->n_classes];
	*cls = (struct jfr_class){ .name = e.attr_name, .first = c->n_fields, .pool = JFR_POOLS };
	cls->id = id_of(r, e.id);
	for (uint64_t i = 0; i < e.children && !r->in.bad; i++)
		read_field(r, cls);
	c->n_classes++;
	c->max_fields = MAX(c->max_fields, cls->n);
}

static void read_root(struct reader *r)
{
	struct element root = read_element(r);

	if (!str_eq(root.name, STR("root")))
		jfr_bad(&r->in);
	for (uint64_t i = 0; i < root.children && !r->in.bad; i++) {
		struct element e = read_element(r);

		if (!str_eq(e.name, STR("metadata"))) {
			skip_children(r, e.children);
			continue;
		}
		for (uint64_t k = 0; k < e.children && !r->in.bad; k++)
			read_class(r);
	}
}

/* ---- what the types mean ---- */

static const struct {
	const char *name;
	uint8_t leb, fixed; /* op */
	bool integer;
} language_types[] = {
	{ "boolean", JFR_FIX1, JFR_FIX1, true },
	{ "byte", JFR_FIX1, JFR_FIX1, true },
	{ "short", JFR_LEB, JFR_FIX2, true },
	{ "char", JFR_LEB, JFR_FIX2, true },
	{ "int", JFR_LEB, JFR_FIX4, true },
	{ "long", JFR_LEB, JFR_FIX8, true },
	{ "float", JFR_FIX4, JFR_FIX4, false },
	{ "double", JFR_FIX8, JFR_FIX8, false },
	{ "java.lang.String", JFR_STRING, JFR_STRING, false },
};

static const char *const pool_types[JFR_POOLS] = {
	[JFR_STACKS] = "jdk.types.StackTrace",
	[JFR_METHODS] = "jdk.types.Method",
	[JFR_CLASSES] = "java.lang.Class",
	[JFR_SYMBOLS] = "jdk.types.Symbol",
	[JFR_STRINGS] = "java.lang.String",
	[JFR_THREADS] = "java.lang.Thread",
	[JFR_STATES] = "jdk.types.ThreadState",
};

static void find_language(struct jfr_chunk *c)
{
	struct str names[ARRAY_LEN(language_types)];

	for (size_t k = 0; k < ARRAY_LEN(names); k++)
		names[k] = str_cstr(language_types[k].name);
	for (uint32_t i = 0; i < c->n_classes; i++)
		for (size_t k = 0; k < ARRAY_LEN(names) && c->classes[i].language == 0; k++)
			if (str_eq(c->classes[i].name, names[k]))
				c->classes[i].language = (uint8_t)(k + 1);
}

static uint8_t op_of(const struct jfr_chunk *c, struct jfr_field *f)
{
	unsigned language = f->cls == PROFILE_NONE ? 0 : c->classes[f->cls].language;

	if (f->pool)
		return c->fixed ? JFR_FIX8 : JFR_LEB;
	if (language == 0)
		return JFR_OBJECT;
	f->integer = language_types[language - 1].integer && !f->array;
	return c->fixed ? language_types[language - 1].fixed : language_types[language - 1].leb;
}

static void link_fields(struct jfr_chunk *c)
{
	for (uint32_t i = 0; i < c->n_fields; i++) {
		struct jfr_field *f = &c->fields[i];
		uint32_t note = jfr_ids_find(&c->by_id, f->note);

		f->cls = jfr_ids_find(&c->by_id, f->type);
		f->of = op_of(c, f);
		f->op = f->array ? JFR_ARRAY : f->of;
		if (note == PROFILE_NONE || !str_eq(c->classes[note].name, STR("jdk.jfr.Timespan")))
			f->unit = JFR_NO_UNIT;
	}
}

/*
 * Types whose values take no bytes: any number of them may be said to be
 * there. Those that contain themselves are not empty: reading one faults at
 * a depth. Of chains of other types that reach as deep nothing would be known.
 */
static bool find_empty(struct jfr_chunk *c, uint32_t i, unsigned depth)
{
	struct jfr_class *cls = &c->classes[i];

	if (cls->state)
		return cls->empty;
	if (depth >= JFR_MAX_DEPTH) {
		c->too_deep = true;
		return false;
	}
	cls->state = 1;
	for (uint32_t k = 0; k < cls->n; k++) {
		const struct jfr_field *f = &c->fields[cls->first + k];

		if (f->op != JFR_OBJECT || f->cls == PROFILE_NONE || !find_empty(c, f->cls, depth + 1))
			return false;
	}
	cls->empty = true;
	return true;
}

/* Without fields that take no bytes: passing over any number of them would cost nothing but time. */
static void drop_empty(struct jfr_chunk *c, struct jfr_class *cls)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < cls->n; k++) {
		const struct jfr_field *f = &c->fields[cls->first + k];

		if (f->op != JFR_OBJECT || f->cls == PROFILE_NONE || !c->classes[f->cls].empty)
			c->fields[cls->first + n++] = *f;
	}
	cls->n = n;
}

static void find_runs(struct jfr_chunk *c, struct jfr_class *cls)
{
	struct jfr_field *f = c->fields + cls->first;

	for (uint32_t k = cls->n; k > 0; k--)
		f[k - 1].run = f[k - 1].op != JFR_LEB ? 0 : k < cls->n ? f[k].run + 1 : 1;
	cls->lebs = cls->n && f[0].run == cls->n ? cls->n : 0;
}

static void link_types(struct jfr_chunk *c)
{
	if (c->fields == NULL) /* readers add 0 to it */
		c->fields = arena_zarray(c->a, 1, sizeof(*c->fields));
	for (uint32_t i = 0; i < c->n_classes; i++) {
		struct jfr_ids *m = &c->by_id;

		if (m->n == m->cap)
			m->ids = profile_grow(c->a, m->ids, sizeof(*m->ids), m->n, &m->cap);
		m->ids[m->n++] = c->classes[i].id;
	}
	jfr_ids_build(&c->by_id, c->a);
	find_language(c);
	link_fields(c);
	for (uint32_t i = 0; i < c->n_classes; i++)
		if (!c->classes[i].state)
			find_empty(c, i, 0);
	for (uint32_t i = 0; i < c->n_classes; i++)
		drop_empty(c, &c->classes[i]);
	for (uint32_t i = 0; i < c->n_classes; i++)
		find_runs(c, &c->classes[i]);
	for (unsigned k = 0; k < JFR_POOLS; k++) {
		struct jfr_class *cls = jfr_class_by_name(c, pool_types[k]);

		c->pools[k].cls = cls ? (uint32_t)(cls - c->classes) : PROFILE_NONE;
		if (cls) {
			cls->pool = (uint8_t)k;
			cls->empty &= k != JFR_STRINGS;
		}
	}
}

struct jfr_class *jfr_class_by_name(const struct jfr_chunk *c, const char *name)
{
	for (uint32_t i = c->n_classes; i > 0; i--)
		if (str_eq(c->classes[i - 1].name, str_cstr(name)))
			return &c->classes[i - 1];
	return NULL;
}

uint32_t jfr_field_of(const struct jfr_chunk *c, const struct jfr_class *cls, const char *name)
{
	for (uint32_t i = 0; i < cls->n; i++)
		if (str_eq(c->fields[cls->first + i].name, str_cstr(name)))
			return i;
	return cls->n;
}

int jfr_read_types(struct jfr_chunk *c, size_t at, struct err *e)
{
	struct reader r = { .c = c, .in = jfr_window(c, at, c->bytes.n) };
	uint64_t size = jfr_num(&r.in, 4), type;

	if (r.in.bad || size > c->bytes.n - at)
		return err_set(e, ERR_INVALID, "metadata at byte %zu of the chunk: unexpected EOF", at);
	r.in.end = (const uint8_t *)c->bytes.p + at + size;
	if (r.in.p > r.in.end)
		jfr_bad(&r.in);
	type = jfr_num(&r.in, 8);
	if (r.in.bad || type != 0)
		return err_set(e, ERR_INVALID, "metadata at byte %zu of the chunk: there is an event of type %llu", at,
		    (unsigned long long)type);
	for (unsigned i = 0; i < 3; i++) /* start, duration, id */
		jfr_num(&r.in, 8);
	r.n_strings = jfr_num(&r.in, 4);
	if (r.n_strings > jfr_left(&r.in))
		jfr_bad(&r.in);
	else
		r.strings = arena_array(c->a, r.n_strings + 1, sizeof(*r.strings));
	for (uint64_t i = 0; i < r.n_strings && !r.in.bad; i++)
		r.strings[i] = meta_string(&r);
	if (!r.in.bad)
		read_root(&r);
	if (r.in.bad)
		return err_set(e, ERR_INVALID,
		    "metadata at byte %zu of the chunk: its %llu bytes are not a tree of types", at,
		    (unsigned long long)size);
	link_types(c);
	if (c->too_deep)
		return err_set(e, ERR_INVALID, "metadata at byte %zu of the chunk: types are nested more than %d deep",
		    at, JFR_MAX_DEPTH);
	c->stable = jfr_class_by_name(c, "profiler.types.LogLevel") != NULL;
	c->v = arena_zarray(c->a, ((size_t)c->max_fields + 1) * 2, sizeof(*c->v)); /* the second half: of a frame */
	c->w = arena_zarray(c->a, (size_t)c->max_fields + 1, sizeof(*c->w));
	return 0;
}
