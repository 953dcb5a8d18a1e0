/* jsonl.c - see jsonl.h */
#include "formats/json/jsonl.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/vec.h"
#include "formats/format_impl.h"
#include "formats/json/json_note.h"

enum { MAX_TYPES = 64, MAX_PROFILES = 1 << 14 };

struct type {
	struct str type, unit;
};

struct part { /* the lines of one profile; its first says which types there are */
	struct str name;
	struct profile_builder *b;
	struct type *types;
	uint32_t n_types;
};

struct record {
	struct str profile, type, unit; /* of "value" */
	struct type types[MAX_TYPES];
	int64_t values[MAX_TYPES];
	uint32_t n;
	bool has_value, many;     /* many: more than MAX_TYPES */
	const char *stack, *tags; /* where they begin, to be read when the profile is known */
};

struct reader {
	struct arena *a;
	const struct format_opts *o;
	struct format_notes notes;
	VEC(struct part) parts;
	struct table index; /* of parts */
	VEC(uint32_t) stack;
	VEC(struct tag) tags;
	struct err *e;
};

/* ---- types ---- */

static uint32_t find_type(const struct type *types, uint32_t n, struct str type, struct str unit)
{
	uint32_t i = 0;

	while (i < n && !(str_eq(types[i].type, type) && str_eq(types[i].unit, unit)))
		i++;
	return i;
}

static void split_type(struct str key, struct str *type, struct str *unit)
{
	size_t slash = str_rfind(key, '/');

	*type = str_of(key.p, slash);
	*unit = slash < key.n ? str_skip(key, slash + 1) : STR("count");
}

static void set_value(struct record *l, struct str type, struct str unit, int64_t v)
{
	uint32_t i = find_type(l->types, l->n, type, unit);

	if (i == MAX_TYPES) {
		l->many = true;
		return;
	}
	if (i == l->n) {
		l->types[l->n++] = (struct type){ type, unit };
		l->values[i] = 0;
	}
	l->values[i] = (int64_t)((uint64_t)l->values[i] + (uint64_t)v);
}

/* ---- lines ---- */

static void read_members(struct jwalk *j, struct record *l)
{
	struct str key, type, unit;
	int64_t value = 0;
	bool one = false;

	for (jwalk_open(j, '{'); jwalk_member(j, &key);)
		if (str_eq(key, STR("stack"))) {
			jwalk_kind(j);
			l->stack = j->p;
			jwalk_skip(j);
		} else if (str_eq(key, STR("value"))) {
			value = jwalk_i64(j);
			one = true;
		} else if (str_eq(key, STR("type"))) {
			l->type = jwalk_str(j);
		} else if (str_eq(key, STR("unit"))) {
			l->unit = jwalk_str(j);
		} else if (str_eq(key, STR("values"))) {
			for (jwalk_open(j, '{'); jwalk_member(j, &key);) {
				split_type(key, &type, &unit);
				set_value(l, type, unit, jwalk_i64(j));
				l->has_value = true;
			}
		} else if (str_eq(key, STR("tags"))) {
			jwalk_kind(j);
			l->tags = j->p;
			jwalk_skip(j);
		} else if (str_eq(key, STR("profile"))) {
			l->profile = jwalk_str_or(j, STR_NONE);
		} else {
			jwalk_skip(j);
		}
	if (one)
		set_value(l, l->type.p ? l->type : STR("samples"), l->unit.p ? l->unit : STR("count"), value);
	l->has_value = l->has_value || one;
}

/* That of the line, made where there is none. */
static struct part *part(struct reader *r, struct jwalk *j, const struct record *l)
{
	uint64_t hash = hash_seeded(l->profile);
	struct table_at at = table_find(&r->index, hash);
	struct part new = { .name = l->profile, .n_types = l->n };

	for (uint32_t v; table_next(&at, &v);)
		if (str_eq(r->parts.p[v].name, l->profile))
			return &r->parts.p[v];
	if (r->parts.n == MAX_PROFILES) {
		jwalk_fail(j, "more than %d profiles", MAX_PROFILES);
		return NULL;
	}
	new.b = profile_builder_new(r->a, l->n);
	new.types = arena_array(r->a, l->n, sizeof(*new.types));
	for (uint32_t i = 0; i < l->n; i++) {
		new.types[i] = l->types[i];
		profile_builder_type(new.b, i, l->types[i].type, l->types[i].unit);
	}
	table_put(&r->index, r->a, hash, (uint32_t)r->parts.n);
	vec_push(&r->parts, new);
	return &r->parts.p[r->parts.n - 1];
}

static uint32_t read_frame(struct jwalk *j, struct profile_builder *b)
{
	struct str key, name = STR_NONE, file = STR_NONE;
	int64_t line = 0;

	if (jwalk_kind(j) != '{')
		return profile_builder_frame(b, jwalk_str(j), STR_NONE, 0);
	for (jwalk_open(j, '{'); jwalk_member(j, &key);)
		if (str_eq(key, STR("name")))
			name = jwalk_str(j);
		else if (str_eq(key, STR("file")))
			file = jwalk_str_or(j, STR_NONE);
		else if (str_eq(key, STR("line")))
			line = jwalk_i64_or(j, 0);
		else
			jwalk_skip(j);
	return profile_builder_frame(b, name, file, line);
}

static void read_stack(struct reader *r, struct jwalk *j, struct profile_builder *b)
{
	r->stack.n = 0;
	for (jwalk_open(j, '['); jwalk_item(j);)
		vec_push(&r->stack, read_frame(j, b));
	for (size_t i = 0; i < r->stack.n / 2; i++) {
		uint32_t swap = r->stack.p[i];

		r->stack.p[i] = r->stack.p[r->stack.n - 1 - i];
		r->stack.p[r->stack.n - 1 - i] = swap;
	}
}

static void read_tags(struct reader *r, struct jwalk *j, struct profile_builder *b)
{
	struct str key;

	for (jwalk_open(j, '{'); jwalk_member(j, &key);) {
		struct tag t = { .key = profile_builder_str(b, key) };

		if (jwalk_kind(j) == '0')
			t.num = jwalk_i64(j);
		else
			t.str = profile_builder_str(b, jwalk_str(j));
		vec_push(&r->tags, t);
	}
}

static int add_line(struct reader *r, struct jwalk *j, const struct part *p, const struct record *l)
{
	int64_t values[MAX_TYPES] = { 0 };
	struct jwalk sub;

	for (uint32_t i = 0; i < l->n; i++) {
		uint32_t k = find_type(p->types, p->n_types, l->types[i].type, l->types[i].unit);

		if (k == p->n_types)
			return err_set(r->e, ERR_INVALID, "a type that the first line does not have (it has %u)",
			    p->n_types);
		values[k] = l->values[i];
	}
	r->tags.n = 0;
	jwalk_sub(&sub, j, l->stack);
	read_stack(r, &sub, p->b);
	if (!sub.failed && l->tags && (r->o->keep & FORMAT_TAGS)) {
		jwalk_sub(&sub, j, l->tags);
		read_tags(r, &sub, p->b);
	}
	if (sub.failed)
		return -1;
	profile_builder_add(p->b, r->stack.p, (uint32_t)r->stack.n, values, r->tags.p, (uint32_t)r->tags.n);
	return 0;
}

/* 0, or -1 when the line is no good: then r->e says why, without where. */
static int read_line(struct reader *r, struct str text, bool only_types)
{
	struct record l;
	const struct part *p;
	struct jwalk j;

	l.profile = l.type = l.unit = STR_NONE;
	l.n = 0;
	l.has_value = l.many = false;
	l.stack = l.tags = NULL;
	jwalk_init(&j, r->a, text, r->e);
	read_members(&j, &l);
	if (jwalk_end(&j) < 0)
		return -1;
	if (!l.has_value || l.stack == NULL)
		return err_set(r->e, ERR_INVALID, "no %s", l.stack == NULL ? "\"stack\"" : "\"value\"");
	if (l.many)
		return err_set(r->e, ERR_INVALID, "more than %d types", MAX_TYPES);
	p = part(r, &j, &l);
	if (p == NULL)
		return -1;
	return only_types ? 0 : add_line(r, &j, p, &l);
}

static int read_lines(struct reader *r, struct str text, bool only_types)
{
	for (uint64_t number = 1; text.n; number++) {
		size_t n = str_find(text, '\n');
		struct str line = str_trim(str_of(text.p, n));

		text = str_skip(text, n + 1);
		if (line.n == 0)
			continue;
		if (read_line(r, line, only_types) < 0) {
			if (!r->o->lenient)
				return err_wrap(r->e, "line %llu", (unsigned long long)number);
			if (r->notes.skipped++ == 0)
				r->notes.first = arena_printf(r->a, "line %llu: %s", (unsigned long long)number,
				    r->e->msg);
		}
		/* lines without a name are all of one profile */
		if (only_types && r->parts.n && r->parts.p[0].name.n == 0)
			return 0;
	}
	return 0;
}

int jsonl_decode(struct arena *a, struct str text, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct reader r = { .a = a, .o = o, .e = e };
	int rc = 0;

	if (o->first.n)
		rc = read_lines(&r, o->first, true);
	r.notes = (struct format_notes){ 0 };
	if (rc == 0)
		rc = read_lines(&r, text, false);
	if (rc == 0 && r.parts.n == 0)
		rc = err_set(e, ERR_INVALID, "no line with a stack and a value");
	out->p = arena_zarray(a, r.parts.n, sizeof(*out->p));
	for (size_t i = 0; i < r.parts.n && rc == 0; i++) {
		out->p[i].p = profile_builder_finish(r.parts.p[i].b);
		out->p[i].name = r.parts.p[i].name;
		out->n++;
	}
	out->notes = r.notes;
	vec_free(&r.parts);
	vec_free(&r.stack);
	vec_free(&r.tags);
	return rc < 0 ? err_wrap(e, "jsonl") : 0;
}

/* ---- out ---- */

static void put_tags(struct jw *w, const struct profile *p, const struct jsonl_line *l)
{
	if (l->n_tags == 0)
		return;
	jw_key(w, STR("tags"));
	jw_open(w, '{');
	for (uint32_t i = 0; i < l->n_tags; i++) {
		const struct tag *t = &l->tags[i];

		jw_key(w, profile_str(p, t->key));
		if (t->str)
			jw_str(w, profile_str(p, t->str));
		else
			jw_i64(w, t->num);
	}
	jw_close(w, '}');
}

static void put_values(struct jw *w, const struct jsonl_types *t, const int64_t *values)
{
	jw_key(w, STR("values"));
	jw_open(w, '{');
	for (uint32_t i = 0; i < t->p->n_types; i++) {
		jw_key(w, t->keys[i]);
		jw_i64(w, values[i]);
	}
	jw_close(w, '}');
}

static void put_value(struct jw *w, const struct profile *p, int64_t value, uint32_t type)
{
	jw_key(w, STR("value"));
	jw_i64(w, value);
	jw_key(w, STR("type"));
	jw_str(w, profile_str(p, p->types[type].type));
	jw_key(w, STR("unit"));
	jw_str(w, profile_str(p, p->types[type].unit));
}

static bool any_value(const struct jsonl_types *t, const int64_t *values)
{
	for (uint32_t i = 0; i < t->p->n_types; i++)
		if ((t->type == FORMAT_ALL_TYPES || t->type == i) && values[i] != 0)
			return true;
	return false;
}

int jsonl_types_init(struct jsonl_types *t, struct arena *a, const struct profile *p, uint32_t type, struct err *e)
{
	const struct format_opts o = { .type = type == FORMAT_ALL_TYPES && p->n_types == 1 ? 0 : type };

	*t = (struct jsonl_types){ .p = p, .type = o.type, .keys = arena_array(a, p->n_types, sizeof(*t->keys)) };
	if (o.type != FORMAT_ALL_TYPES && format_type(p, &o, "jsonl", &t->type, e) < 0)
		return -1;
	for (uint32_t i = 0; i < p->n_types; i++)
		t->keys[i] = arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(profile_str(p, p->types[i].type)),
		    STR_ARG(profile_str(p, p->types[i].unit)));
	return 0;
}

void jsonl_put(const struct jsonl_types *t, const struct jsonl_line *l, struct buf *out)
{
	struct jw w = jw_init(out);

	if (!any_value(t, l->values))
		return;
	jw_open(&w, '{');
	if (l->profile.n) {
		jw_key(&w, STR("profile"));
		jw_str(&w, l->profile);
	}
	jw_key(&w, STR("stack"));
	jw_open(&w, '[');
	for (uint32_t k = 0; k < l->n; k++)
		jw_str(&w, l->stack[k]);
	jw_close(&w, ']');
	if (t->type == FORMAT_ALL_TYPES)
		put_values(&w, t, l->values);
	else
		put_value(&w, t->p, l->values[t->type], t->type);
	put_tags(&w, t->p, l);
	jw_close(&w, '}');
	buf_byte(out, '\n');
}

static int put_profile(struct arena *a, const struct format_profile *in, struct str name, const struct format_opts *o,
    struct buf *out, struct err *e)
{
	const struct profile *p = in->p;
	struct jsonl_types types;
	struct str *stack;
	struct frames f;

	if (jsonl_types_init(&types, a, p, o->type, e) < 0)
		return -1;
	frames_init(&f, a, p);
	stack = arena_array(a, f.max_depth, sizeof(*stack));
	for (uint32_t i = 0; i < p->n_samples; i++) {
		uint32_t tags = p->tag_at ? p->tag_at[i] : 0;

		jsonl_put(&types,
		    &(struct jsonl_line){ .profile = name,
			.stack = stack,
			.n = frames_stack(&f, i, stack),
			.values = p->values + (size_t)i * p->n_types,
			.tags = p->tag_at ? p->tags + tags : NULL,
			.n_tags = p->tag_at ? p->tag_at[i + 1] - tags : 0 },
		    out);
	}
	return 0;
}

/* Among several every name is there, and once. */
static struct str unique_name(struct arena *a, struct table *seen, const struct format_profile *in, uint32_t n,
    uint32_t i)
{
	uint64_t hash = hash_seeded(in[i].name);
	struct table_at at = table_find(seen, hash);

	for (uint32_t v; table_next(&at, &v);)
		if (str_eq(in[v].name, in[i].name))
			return arena_printf(a, STR_FMT " #%u", STR_ARG(in[i].name), i + 1);
	table_put(seen, a, hash, i);
	return in[i].name.n || n == 1 ? in[i].name : arena_printf(a, "#%u", i + 1);
}

int jsonl_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e)
{
	struct arena *names = arena_new();
	struct table seen = { 0 };
	int rc = 0;

	for (uint32_t i = 0; i < n && rc == 0; i++) {
		struct arena *a = arena_new();

		rc = put_profile(a, &in[i], unique_name(names, &seen, in, n, i), o, out, e);
		arena_free(a);
	}
	arena_free(names);
	return rc < 0 ? -1 : buf_check(out, "jsonl", e);
}
