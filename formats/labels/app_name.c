/*
 * app_name.c - the `name` parameter of /ingest and the types that its suffix
 * stands for.
 */
#include "formats/labels/app_name.h"

#include "formats/profile_impl.h"

/* ---- labelset ---- */

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct str trim(struct str s)
{
	while (s.n && is_blank(s.p[0]))
		s = str_skip(s, 1);
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/* The whole character that begins at s: people read the message. */
static struct str whole_char(struct str s)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
	struct str one = str_of(s.p, MIN(n, s.n));

	return str_utf8(one) ? one : STR("\xef\xbf\xbd");
}

static int check_name(struct str name, const char *what, const char *more, struct err *e)
{
	if (name.n == 0)
		return err_set(e, ERR_INVALID, "%s name is required", what);
	for (size_t i = 0; i < name.n; i++)
		if (!is_name_char(name.p[i]) && (name.p[i] == '\0' || strchr(more, name.p[i]) == NULL))
			return err_set(e, ERR_INVALID,
			    "invalid %s name: " STR_FMT ": character is not allowed: '" STR_FMT "'", what,
			    STR_ARG(name), STR_ARG(whole_char(str_skip(name, i))));
	return 0;
}

static void set_tag(struct labelset *l, struct str name, struct str value)
{
	for (uint32_t i = 0; i < l->tags.n; i++)
		if (str_eq(l->tags.p[i].name, name)) {
			l->tags.p[i].value = value;
			return;
		}
	l->tags.p[l->tags.n++] = (struct label){ name, value };
}

/* Offset of the first of two characters, or s.n. */
static size_t find_either(struct str s, char a, char b)
{
	size_t i = 0;

	while (i < s.n && s.p[i] != a && s.p[i] != b)
		i++;
	return i;
}

enum { MAX_TAGS = 4096 };

/* Tags come one after another, whatever stands between them and how often braces close. */
static int parse_tags(struct labelset *l, struct str rest, struct err *e)
{
	while (rest.n) {
		size_t n = find_either(rest, '=', '}');
		struct str key = trim(str_of(rest.p, n)), value;

		if (n == rest.n || rest.p[n] == '}')
			return 0;
		rest = str_skip(rest, n + 1);
		n = find_either(rest, ',', '}');
		if (n == rest.n)
			return 0;
		value = trim(str_of(rest.p, n));
		rest = str_skip(rest, n + 1);
		if (str_eq(key, STR("__name__"))) {
			l->app = value;
			continue;
		}
		if (check_name(key, "label", "", e) < 0)
			return -1;
		if (l->tags.n == MAX_TAGS)
			return err_set(e, ERR_LIMIT, "more than %d labels", MAX_TAGS);
		set_tag(l, key, value);
	}
	return 0;
}

int labelset_parse(struct arena *a, struct str text, struct labelset *out, struct err *e)
{
	size_t n = str_find(text, '{'), tags = 0;
	struct str rest = str_skip(text, n + 1);

	for (size_t i = 0; i < rest.n; i++)
		tags += rest.p[i] == '=';
	*out = (struct labelset){ .app = trim(str_of(text.p, n)) };
	out->tags.p = arena_array(a, MIN(tags, (size_t)MAX_TAGS), sizeof(*out->tags.p));
	if (check_name(out->app, "service", "-/", e) < 0 || parse_tags(out, rest, e) < 0)
		return -1;
	labels_sort(&out->tags);
	return 0;
}

struct labels labelset_labels(struct arena *a, const struct labelset *l)
{
	struct labels out = { .p = arena_array(a, l->tags.n, sizeof(*out.p)) };

	for (uint32_t i = 0; i < l->tags.n; i++)
		if (!str_prefix(l->tags.p[i].name, STR("__")) || str_eq(l->tags.p[i].name, STR("__session_id__")))
			out.p[out.n++] = l->tags.p[i];
	return out;
}

bool labelset_ignored(const struct labelset *l)
{
	return labels_get(&l->tags, STR("profile_id")).n > 0;
}

/* ---- types ---- */

/* type NULL: the same as the suffix */
static const struct {
	const char *suffix, *name, *type, *unit;
} suffixes[] = {
	{ "cpu", "process_cpu", "samples", "count" },
	{ "itimer", "process_cpu", "samples", "count" },
	{ "wall", "wall", "samples", "count" },
	{ "seconds", "wall", "samples", "count" },
	{ "nanoseconds", "wall", "samples", "count" },
	{ "microseconds", "wall", "samples", "count" },
	{ "milliseconds", "wall", "samples", "count" },
	{ "inuse_objects", "memory", NULL, "count" },
	{ "alloc_objects", "memory", NULL, "count" },
	{ "inuse_space", "memory", NULL, "bytes" },
	{ "alloc_space", "memory", NULL, "bytes" },
	{ "bytes", "memory", "samples", "bytes" },
	{ "goroutines", "goroutine", "goroutines", "count" },
	{ "mutex_count", "mutex", "contentions", "count" },
	{ "mutex_duration", "mutex", "delay", "nanoseconds" },
	{ "block_count", "block", "contentions", "count" },
	{ "lock_count", "block", "contentions", "count" },
	{ "block_duration", "block", "delay", "nanoseconds" },
	{ "lock_duration", "block", "delay", "nanoseconds" },
	{ "alloc_in_new_tlab_objects", "memory", NULL, "count" },
	{ "alloc_outside_tlab_objects", "memory", NULL, "count" },
	{ "alloc_in_new_tlab_bytes", "memory", NULL, "bytes" },
	{ "alloc_outside_tlab_bytes", "memory", NULL, "bytes" },
	{ "live", "memory", "live", "count" },
	{ "exceptions", "exceptions", "samples", "count" },
};

/* Counts of a sampler become time: one sample stands for a period. */
static void scale(struct app_type *t, uint32_t sample_rate)
{
	bool cpu = str_eq(t->name, STR("process_cpu"));

	if (sample_rate == 0 || (!cpu && !str_eq(t->name, STR("wall"))))
		return;
	/* rates above 1 GHz are a sender's mistake; a period of 0 would lose all values */
	t->period = MAX(NS_PER_S / sample_rate, INT64_C(1));
	t->type = cpu ? STR("cpu") : STR("wall");
	t->unit = STR("nanoseconds");
	t->period_type = STR("cpu");
	t->period_unit = STR("nanoseconds");
}

int app_type_find(struct str app_name, uint32_t sample_rate, struct app_type *out, struct err *e)
{
	size_t dot = str_rfind(app_name, '.');
	struct str suffix = dot < app_name.n ? str_skip(app_name, dot + 1) : STR("cpu");

	*out = (struct app_type){ .app = str_of(app_name.p, dot) };
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		if (!str_eq(suffix, str_cstr(suffixes[i].suffix)))
			continue;
		out->name = str_cstr(suffixes[i].name);
		out->type = str_cstr(suffixes[i].type ? suffixes[i].type : suffixes[i].suffix);
		out->unit = str_cstr(suffixes[i].unit);
		scale(out, sample_rate);
		return 0;
	}
	return err_set(e, ERR_INVALID,
	    "pyroscopeIngesterAdapter failed to convert metadata: "
	    "unknown profile type: " STR_FMT,
	    STR_ARG(suffix));
}

void app_type_apply(struct profile *p, const struct app_type *t, int64_t from)
{
	assert(p->n_types == 1);
	profile_reserve_strings(p, 4);
	p->types[0].type = profile_new_str(p, t->type);
	p->types[0].unit = profile_new_str(p, t->unit);
	p->time = from;
	if (t->period == 0)
		return;
	p->has_period_type = true;
	p->period_type.type = str_eq(t->period_type, t->type) ? p->types[0].type : profile_new_str(p, t->period_type);
	p->period_type.unit = p->types[0].unit;
	p->period = t->period;
	for (uint32_t i = 0; i < p->n_samples; i++)
		p->values[i] = (int64_t)((uint64_t)p->values[i] * (uint64_t)t->period);
}
