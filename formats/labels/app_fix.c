/*
 * app_fix.c - the sample type configuration of pprof uploads, the profile name
 * that follows from it, and fix-ups of what old senders do.
 */
#include "base/hash.h"
#include "base/json.h"
#include "base/json_scan.h"
#include "formats/labels/app_name.h"
#include "formats/profile_impl.h"

/* ---- sample_type_config ---- */

static const struct sample_type default_types[] = {
	{ .name = { "samples", 7 }, .display_name = { "cpu", 3 } },
	{ .name = { "inuse_objects", 13 } },
	{ .name = { "alloc_objects", 13 } },
	{ .name = { "inuse_space", 11 } },
	{ .name = { "alloc_space", 11 } },
	{ .name = { "goroutine", 9 }, .display_name = { "goroutines", 10 } },
	{ .name = { "contentions", 11 }, .display_name = { "mutex_count", 11 } },
	{ .name = { "delay", 5 }, .display_name = { "mutex_duration", 14 } },
};

const struct sample_type_config sample_type_config_default = { default_types, ARRAY_LEN(default_types) };

static const char *kind_of(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT: return "object";
	case JSON_ARRAY: return "array";
	case JSON_STRING: return "string";
	case JSON_TRUE:
	case JSON_FALSE: return "bool";
	default: return "number";
	}
}

/* In the words that senders know. */
static int bad_member(const json_t *v, const char *member, const char *want, struct err *e)
{
	return err_set(e, ERR_INVALID, "json: cannot unmarshal %s into Go struct field SampleTypeConfig.%s of type %s",
	    kind_of(v), member, want);
}

static int set_text(struct arena *a, const json_t *v, const char *member, struct str *out, struct err *e)
{
	if (!json_is_string(v))
		return bad_member(v, member, "string", e);
	*out = arena_str(a, str_of(json_string_value(v), json_string_length(v)));
	return 0;
}

static int set_bool(const json_t *v, const char *member, bool *out, struct err *e)
{
	if (!json_is_boolean(v))
		return bad_member(v, member, "bool", e);
	*out = json_is_true(v);
	return 0;
}

/* Names of members count in any letter case. */
static int set_member(struct arena *a, const char *name, const json_t *v, struct sample_type *t, struct err *e)
{
	const struct {
		const char *name;
		struct str *text;
		bool *flag;
	} members[] = {
		{ "units", &t->units, NULL },
		{ "display-name", &t->display_name, NULL },
		{ "aggregation", &t->aggregation, NULL },
		{ "cumulative", NULL, &t->cumulative },
		{ "sampled", NULL, &t->sampled },
	};

	for (size_t i = 0; i < ARRAY_LEN(members) && !json_is_null(v); i++) {
		if (!str_eq_nocase(str_cstr(name), str_cstr(members[i].name)))
			continue;
		return members[i].text != NULL ? set_text(a, v, members[i].name, members[i].text, e)
					       : set_bool(v, members[i].name, members[i].flag, e);
	}
	return 0;
}

static int get_type(struct arena *a, const char *name, json_t *o, struct sample_type *t, struct err *e)
{
	const char *member;
	json_t *v;

	*t = (struct sample_type){ .name = arena_str(a, str_cstr(name)) };
	if (json_is_null(o))
		return 0;
	if (!json_is_object(o))
		return err_set(e, ERR_INVALID, "json: cannot unmarshal %s into Go value of type tree.SampleTypeConfig",
		    kind_of(o));
	json_object_foreach(o, member, v) {
		if (set_member(a, member, v, t, e) < 0)
			return -1;
	}
	return 0;
}

static int get_config(struct arena *a, json_t *root, struct sample_type_config *out, struct err *e)
{
	struct sample_type *types;
	const char *name;
	json_t *o;

	if (json_is_null(root)) {
		*out = sample_type_config_default;
		return 0;
	}
	if (!json_is_object(root))
		return err_set(e, ERR_INVALID,
		    "json: cannot unmarshal %s into Go value of type map[string]*tree.SampleTypeConfig", kind_of(root));
	out->p = types = arena_array(a, json_object_size(root), sizeof(*types));
	json_object_foreach(root, name, o) {
		if (get_type(a, name, o, &types[out->n], e) < 0)
			return -1;
		out->n++;
	}
	return 0;
}

int sample_type_config_parse(struct arena *a, struct str json, struct sample_type_config *out, struct err *e)
{
	json_t *root;
	int rc;

	*out = (struct sample_type_config){ 0 };
	if (json_scan(json, e) < 0)
		return -1;
	root = json_parse_last(json, e);
	if (root == NULL)
		return err_wrap(e, "sample_type_config");
	rc = get_config(a, root, out, e);
	json_decref(root);
	return rc;
}

static const struct sample_type *find_type(const struct sample_type_config *c, struct str name)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (str_eq(c->p[i].name, name))
			return &c->p[i];
	return NULL;
}

static bool contains(struct str s, struct str part)
{
	return str_search(s, part) < s.n;
}

static struct str name_by_type(struct str t)
{
	if (contains(t, STR("cpu")))
		return STR("process_cpu");
	if (contains(t, STR("alloc_")) || contains(t, STR("inuse_")) || str_eq(t, STR("space")) ||
	    str_eq(t, STR("objects")))
		return STR("memory");
	if (contains(t, STR("mutex_")))
		return STR("mutex");
	if (contains(t, STR("block_")))
		return STR("block");
	return contains(t, STR("goroutines")) ? STR("goroutines") : STR_NONE;
}

struct str sample_type_config_profile_name(const struct sample_type_config *c, const struct profile *p)
{
	struct str last = STR_NONE, name;

	for (uint32_t i = 0; i < p->n_types; i++)
		if (str_eq(profile_str(p, p->types[i].type), STR("wall")))
			return STR("wall");
	for (uint32_t i = 0; i < p->n_types; i++) {
		const struct sample_type *t;

		last = profile_str(p, p->types[i].type);
		t = find_type(c, last);
		if (t && t->display_name.n)
			last = t->display_name;
		name = name_by_type(last);
		if (name.n)
			return name;
	}
	return last;
}

/* ---- fix-ups ---- */

void profile_fix_time(struct profile *p, int64_t from)
{
	const int64_t year = 365 * 24 * 3600 * NS_PER_S;

	if (p->time >= 0 && p->time < year)
		p->time = from;
}

static bool keeps_name(const struct profile *p, const struct function *f, bool absolute_stay)
{
	struct str file = profile_str(p, f->file);

	return absolute_stay && file.n && file.p[0] == '/';
}

/* "file name"; one blank, even when one of them is empty. */
static struct str long_name(struct arena *a, const struct profile *p, const struct function *f)
{
	struct str file = profile_str(p, f->file), name = profile_str(p, f->name);
	char *out = arena_alloc(a, file.n + 1 + name.n);

	if (file.n)
		memcpy(out, file.p, file.n);
	out[file.n] = ' ';
	if (name.n)
		memcpy(out + file.n + 1, name.p, name.n);
	return str_of(out, file.n + 1 + name.n);
}

/*
 * Functions are renamed in the order in which lines use them. Those that get
 * equal names become one, the first; others stay, unused.
 */
void profile_fix_names(struct profile *p, struct str spy)
{
	bool python = str_eq(spy, STR("pyspy"));
	struct table names = { 0 };
	uint32_t *becomes;

	if (!python && !str_eq(spy, STR("rbspy")) && !str_eq(spy, STR("scripting")))
		return;
	profile_reserve_strings(p, p->n_functions);
	becomes = arena_zarray(p->mem, p->n_functions, sizeof(*becomes)); /* position + 1 */
	for (uint32_t i = 0; i < p->n_lines; i++) {
		uint32_t f = p->lines[i].function, v;

		if (f >= p->n_functions)
			continue;
		if (becomes[f] == 0 && keeps_name(p, &p->functions[f], python))
			becomes[f] = f + 1;
		if (becomes[f] == 0) {
			struct str name = long_name(p->mem, p, &p->functions[f]);
			uint64_t hash = hash_seeded(name);
			struct table_at at = table_find(&names, hash);

			while (becomes[f] == 0 && table_next(&at, &v))
				if (str_eq(profile_str(p, p->functions[v].name), name))
					becomes[f] = v + 1;
			if (becomes[f] == 0) {
				becomes[f] = f + 1;
				p->functions[f].name = profile_new_str(p, name);
				table_put(&names, p->mem, hash, f);
			}
		}
		p->lines[i].function = becomes[f] - 1;
	}
}

static bool all_ids_zero(const struct profile *p)
{
	for (uint32_t i = 0; i < p->n_functions; i++)
		if (p->functions[i].id)
			return false;
	return true;
}

static void underscores(struct profile *p, uint32_t i)
{
	struct str s = profile_str(p, i);
	char *copy;

	if (s.n == 0 || memchr(s.p, '-', s.n) == NULL)
		return;
	copy = arena_alloc(p->mem, s.n);
	for (size_t k = 0; k < s.n; k++)
		copy[k] = s.p[k] == '-' ? '_' : s.p[k];
	p->strings[i] = str_of(copy, s.n);
}

void profile_fix_dotnet(struct profile *p, struct str spy, const struct sample_type_config *c)
{
	if (!str_eq(spy, STR("dotnetspy")) && !(str_eq(spy, STR("unknown")) && find_type(c, STR("inuse-space"))))
		return;
	if (p->n_functions == p->n_locations && all_ids_zero(p)) {
		/* the decoder has already made the lines refer to the function of their location */
		for (uint32_t i = 0; i < p->n_functions; i++)
			p->functions[i].id = p->locations[i].id;
		p->faults.function_id_zero = 0;
	}
	for (uint32_t i = 0; i < p->n_types; i++)
		underscores(p, p->types[i].type);
}
