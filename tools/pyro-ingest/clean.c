/* clean.c - see clean.h: the pipeline, and the split by sample labels */
#include "tools/pyro-ingest/clean.h"

#include <stdlib.h>

#include "base/enc.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/num.h"
#include "base/vec.h"
#include "formats/symbols/partition.h"
#include "formats/pprof/pprof.h"

/* ---- labels before everything ---- */

/* A label that is sent with an empty value, too, is none: all of its name go. The labels are sorted. */
static void drop_emptied(struct labels *l)
{
	uint32_t n = 0;

	for (uint32_t i = 0, end; i < l->n; i = end) {
		bool empty = false;

		for (end = i; end < l->n && str_eq(l->p[end].name, l->p[i].name); end++)
			empty = empty || l->p[end].value.n == 0;
		for (uint32_t k = i; k < end && !empty; k++)
			l->p[n++] = l->p[k];
	}
	l->n = n;
}

struct labels clean_labels(struct arena *a, const struct labels *sent)
{
	struct labels l = { arena_array(a, sent->n + 1, sizeof(*l.p)), 0 };

	if (sent->n > 0)
		memcpy(l.p, sent->p, sent->n * sizeof(*l.p));
	l.n = sent->n;
	if (!labels_has(sent, STR("service_name")))
		l.p[l.n++] = (struct label){ STR("service_name"), STR("unknown_service") };
	labels_sort(&l);
	drop_emptied(&l);
	return l;
}

uint64_t clean_size(const struct labels *l, struct profile *p)
{
	uint64_t n;

	if (p->wire_size == 0)
		p->wire_size = pprof_size(p);
	n = p->wire_size;
	for (uint32_t i = 0; i < l->n; i++)
		n += l->p[i].name.n + l->p[i].value.n;
	return n;
}

/* ---- language ---- */

static const struct {
	const char *spy;
	bool go;
} spies[] = {
	{ "gospy", true },
	{ "javaspy", false },
	{ "grafana-agent.java", false },
	{ "pyspy", false },
	{ "rbspy", false },
	{ "nodespy", false },
	{ "phpspy", false },
	{ "dotnetspy", false },
	{ "pyroscope-rs", false },
};

static const struct {
	const char *text;
	bool suffix, go;
} hints[] = {
	{ ".go", true, true },
	{ "/usr/local/go/", false, true },
	{ "java/", false, false },
	{ "sun/", false, false },
	{ ".rb", true, false },
	{ "gems/", false, false },
	{ "./node_modules/", false, false },
	{ ".js", true, false },
	{ "System.", false, false },
	{ "Microsoft.", false, false },
	{ ".py", true, false },
	{ "main.rs", true, false },
	{ "core.rs", true, false },
};

bool clean_is_go(const struct labels *l, const struct profile *p)
{
	struct str spy = labels_get(l, STR("pyroscope_spy"));

	for (size_t i = 0; i < ARRAY_LEN(spies); i++)
		if (str_eq(spy, str_cstr(spies[i].spy)))
			return spies[i].go;
	for (uint32_t i = 0; i < p->n_strings; i++) {
		for (size_t k = 0; k < ARRAY_LEN(hints); k++) {
			struct str text = str_cstr(hints[k].text);

			if (hints[k].suffix ? str_suffix(p->strings[i], text) : str_prefix(p->strings[i], text))
				return hints[k].go;
		}
	}
	return false;
}

/* ---- session id ---- */

static struct labels fix_session(struct arena *a, struct labels l, int64_t sessions)
{
	struct str name = STR("__session_id__"), bytes, text = labels_get(&l, name);
	uint64_t id = 0;
	struct buf b;
	struct err e;

	if (!labels_has(&l, name))
		return l;
	if (sessions <= 0 || text.n != 16 || dec_hex(a, text, &bytes, &e) < 0)
		return labels_without(a, &l, name);
	for (size_t i = 8; i-- > 0;)
		id = id << 8 | (uint8_t)bytes.p[i];
	id %= (uint64_t)sessions;
	buf_init(&b, 64);
	buf_u64le(&b, id);
	bytes = arena_str(a, buf_str(&b));
	buf_reset(&b);
	enc_hex(&b, bytes);
	text = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return labels_with(a, &l, name, text);
}

/* ---- normalisation ---- */

/* Positions of samples with values and none below zero; NULL with *n = all when every sample is such. */
static uint32_t *good_samples(struct arena *a, const struct profile *p, uint32_t *n)
{
	uint32_t *out, bad = 0;
	uint8_t *is_bad = arena_zarray(a, p->n_samples, 1);

	for (uint32_t i = 0; i < p->n_samples; i++) {
		const int64_t *v = p->values + (size_t)i * p->n_types;
		int64_t any = 0, sign = 0;

		for (uint32_t k = 0; k < p->n_types; k++) {
			any |= v[k];
			sign |= v[k];
		}
		is_bad[i] = any == 0 || sign < 0;
		bad += is_bad[i];
	}
	*n = p->n_samples - bad;
	if (bad == 0)
		return NULL;
	out = arena_array(a, *n, sizeof(*out));
	for (uint32_t i = 0, k = 0; i < p->n_samples; i++)
		if (!is_bad[i])
			out[k++] = i;
	return out;
}

static uint8_t *dropped_types(struct arena *a, const struct clean_rules *rules, const struct labels *l,
    const struct profile *p, bool *all)
{
	uint8_t *drop;

	*all = false;
	if (rules->types == NULL)
		return NULL;
	drop = arena_zarray(a, p->n_types, 1);
	*all = true;
	for (uint32_t i = 0; i < p->n_types; i++) {
		struct labels x = labels_with(a, l, STR("__type__"), p->strings[p->types[i].type]), out;

		x = labels_with(a, &x, STR("__unit__"), p->strings[p->types[i].unit]);
		drop[i] = !relabel_apply(a, rules->types, &x, &out);
		*all = *all && drop[i];
	}
	return drop;
}

/* ---- split by sample labels ---- */

struct split {
	struct arena *a;
	const struct clean_in *in;
	struct labels labels; /* of the series */
	struct clean_out *out;
	VEC(struct part) parts;
	struct map by_labels; /* to parts; labels come from outside and may all differ */
};

/* Samples that get one label set. */
struct part {
	struct labels tags; /* of the samples, before; then the series' labels */
	VEC(uint32_t) samples;
};

static bool is_span(struct str key)
{
	return str_eq(key, STR("span_id")) || str_eq(key, STR("profile_id"));
}

static bool is_text_tag(const struct profile *p, const struct tag *t)
{
	return p->strings[t->str].n > 0;
}

struct sample_label {
	struct label label;
	uint32_t str; /* its value's place in the table of strings */
};

static int sample_label_cmp(const void *a, const void *b)
{
	const struct sample_label *x = a, *y = b;
	int order = str_cmp(x->label.name, y->label.name);

	return order ? order : x->str < y->str ? -1 : x->str > y->str;
}

/*
 * The labels of a sample that make series, sorted; *span is its span id's text. Of values of one key
 * the one that is first in the table of strings counts.
 */
static struct labels sample_labels(struct arena *a, const struct profile *p, uint32_t i, struct str *span)
{
	uint32_t from = p->tag_at[i], n = p->tag_at[i + 1] - from, found = 0;
	struct sample_label *all = arena_array(a, n, sizeof(*all));
	struct labels l = { arena_array(a, n, sizeof(*l.p)), 0 };

	*span = STR_NONE;
	for (uint32_t k = from; k < from + n; k++) {
		const struct tag *t = &p->tags[k];
		struct str key = p->strings[t->key];

		if (!is_text_tag(p, t) || key.n == 0)
			continue;
		if (is_span(key))
			*span = p->strings[t->str];
		else
			all[found++] = (struct sample_label){ { key, p->strings[t->str] }, t->str };
	}
	if (found > 1)
		qsort(all, found, sizeof(*all), sample_label_cmp);
	for (uint32_t k = 0; k < found; k++)
		if (l.n == 0 || !str_eq(l.p[l.n - 1].name, all[k].label.name))
			l.p[l.n++] = all[k].label;
	return l;
}

/* 16 hexadecimal digits, read as bytes; anything else is no span. */
static uint64_t span_number(struct arena *a, struct str text)
{
	struct str bytes;
	uint64_t id = 0;
	struct err e;

	if (text.n != 16 || dec_hex(a, text, &bytes, &e) < 0)
		return 0;
	for (size_t i = 8; i-- > 0;)
		id = id << 8 | (uint8_t)bytes.p[i];
	return id;
}

static uint64_t labels_key(const struct labels *l)
{
	uint64_t key = l->n;

	for (uint32_t i = 0; i < l->n; i++) {
		key = (key ^ hash_seeded(l->p[i].name)) * UINT64_C(0x9e3779b97f4a7c15);
		key = (key ^ hash_seeded(l->p[i].value)) * UINT64_C(0x9e3779b97f4a7c15);
	}
	return key ^ key >> 32;
}

static struct part *part_find(struct split *s, uint64_t key, const struct labels *l)
{
	struct map_at at = map_find(&s->by_labels, key);

	for (uint32_t i; map_next(&at, &i);)
		if (labels_cmp(&s->parts.p[i].tags, l) == 0)
			return &s->parts.p[i];
	return NULL;
}

static struct part *part_of(struct split *s, const struct labels *l)
{
	uint64_t key = labels_key(l);
	struct part new = { .tags = *l }, *known = part_find(s, key, l);

	if (known != NULL)
		return known;
	map_put(&s->by_labels, key, (uint32_t)s->parts.n);
	vec_push(&s->parts, new);
	return &s->parts.p[s->parts.n - 1];
}

/* Key by key and value by value. */
static bool same_tags(const struct profile *p, uint32_t x, uint32_t y)
{
	const struct tag *t = p->tags + p->tag_at[x], *u = p->tags + p->tag_at[y];
	uint32_t n = p->tag_at[x + 1] - p->tag_at[x];

	if (n != p->tag_at[y + 1] - p->tag_at[y])
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (t[i].key != u[i].key || t[i].str != u[i].str)
			return false;
	return true;
}

/* Groups the samples by their labels. Returns the spans by sample, or NULL when there are none. */
static uint64_t *group_samples(struct split *s, const uint32_t *samples, uint32_t n)
{
	struct profile *p = s->in->profile;
	uint64_t *spans = arena_zarray(s->a, p->n_samples, sizeof(*spans)), span = 0, any = 0;
	struct part *part = NULL;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t sample = samples ? samples[i] : i;

		/* one thread's samples often follow each other */
		if (i == 0 || !same_tags(p, sample, samples ? samples[i - 1] : i - 1)) {
			struct str text;
			struct labels l = sample_labels(s->a, p, sample, &text);

			part = part_of(s, &l);
			span = span_number(s->a, text);
		}
		vec_push(&part->samples, sample);
		spans[sample] = span;
		any |= span;
	}
	return any ? spans : NULL;
}

static struct labels with_sample_labels(struct arena *a, const struct labels *series, const struct labels *tags)
{
	struct labels l = *series;

	for (uint32_t i = 0; i < tags->n; i++)
		if (labels_get(series, tags->p[i].name).n == 0)
			l = labels_with(a, &l, tags->p[i].name, tags->p[i].value);
	return l;
}

/* Relabels the groups; dropped ones go, equal ones become one. */
static void relabel_parts(struct split *s)
{
	const struct clean_rules *rules = s->in->rules;
	uint32_t n = 0;

	map_reset(&s->by_labels);
	for (size_t i = 0; i < s->parts.n; i++) {
		struct part *x = &s->parts.p[i], *same;
		struct labels l = with_sample_labels(s->a, &s->labels, &x->tags);
		bool keep = rules->series == NULL || relabel_apply(s->a, rules->series, &l, &l);
		uint64_t key = labels_key(&l);

		same = keep ? part_find(s, key, &l) : NULL;
		for (size_t k = 0; same != NULL && k < x->samples.n; k++)
			vec_push(&same->samples, x->samples.p[k]);
		if (!keep || same != NULL) {
			vec_free(&x->samples);
			continue;
		}
		x->tags = l;
		map_put(&s->by_labels, key, n);
		s->parts.p[n++] = *x;
	}
	s->parts.n = n;
}

static struct labels without_control(struct arena *a, struct labels l)
{
	static const char *const control[] = { "__delta__", "__otel__", "__order__" };

	for (size_t i = 0; i < ARRAY_LEN(control); i++)
		if (labels_has(&l, str_cstr(control[i])))
			l = labels_without(a, &l, str_cstr(control[i]));
	return l;
}

static int finish_push(struct split *s, struct head_push *push, struct labels l, struct err *e)
{
	const struct limits *limits = s->in->rules->limits;
	struct profile *p = s->in->profile;
	bool otel;

	if (clean_check_labels(s->a, limits, &l, &s->out->reason, e) < 0)
		return -1;
	otel = labels_has(&l, STR("__otel__"));
	push->profile = p;
	push->cumulative = !str_eq(labels_get(&l, STR("__delta__")), STR("false"));
	push->name_first = limits->enforce_labels_order || str_eq(labels_get(&l, STR("__order__")), STR("enforced"));
	push->labels = without_control(s->a, l);
	push->partition = partition_id(p, &push->labels, s->in->partition_label, otel);
	push->time = p->time;
	push->duration = p->duration;
	push->now = s->in->now;
	return 0;
}

static int split_samples(struct split *s, const uint32_t *samples, uint32_t n, const uint8_t *skip, struct err *e)
{
	uint64_t *spans = group_samples(s, samples, n);

	relabel_parts(s);
	s->out->p = arena_zarray(s->a, s->parts.n, sizeof(*s->out->p));
	for (size_t i = 0; i < s->parts.n; i++) {
		struct head_push *push = &s->out->p[s->out->n];
		struct part *x = &s->parts.p[i];
		uint32_t *list = arena_array(s->a, x->samples.n, sizeof(*list));

		memcpy(list, x->samples.p, x->samples.n * sizeof(*list));
		push->samples = list;
		push->n_samples = (uint32_t)x->samples.n;
		push->spans = spans;
		push->skip_types = skip;
		if (finish_push(s, push, x->tags, e) < 0)
			return -1;
		s->out->n++;
	}
	return 0;
}

/* The usual profile has no sample labels: one push, no copies. */
static int single_push(struct split *s, const uint32_t *samples, uint32_t n, const uint8_t *skip, struct err *e)
{
	struct labels l = s->labels;

	if (s->in->rules->series != NULL && !relabel_apply(s->a, s->in->rules->series, &l, &l))
		return 0;
	s->out->p = arena_zarray(s->a, 1, sizeof(*s->out->p));
	s->out->p->samples = samples;
	s->out->p->n_samples = n;
	s->out->p->skip_types = skip;
	if (finish_push(s, s->out->p, l, e) < 0)
		return -1;
	s->out->n = 1;
	return 0;
}

static bool has_text_tags(const struct profile *p)
{
	for (uint32_t i = 0; p->tag_at != NULL && i < p->tag_at[p->n_samples]; i++)
		if (is_text_tag(p, &p->tags[i]))
			return true;
	return false;
}

int clean_profile(struct arena *a, const struct clean_in *in, struct clean_out *out, struct err *e)
{
	const struct limits *limits = in->rules->limits;
	struct split s = { .a = a, .in = in, .labels = in->labels, .out = out };
	struct profile *p = in->profile;
	const uint32_t *samples;
	const uint8_t *skip;
	uint32_t n;
	bool all;
	int rc;

	out->p = NULL;
	out->n = 0;
	if (clean_check_profile(a, limits, in->now, &s.labels, p, &out->reason, e) < 0)
		return -1;
	if (clean_is_go(&s.labels, p))
		clean_go(a, p);
	skip = dropped_types(a, in->rules, &s.labels, p, &all);
	samples = good_samples(a, p, &n);
	if (all || n == 0)
		return 0;
	out->reason = DISCARD_malformed_profile;
	if (clean_version(a, &s.labels, p, e) < 0)
		return -1;
	s.labels = fix_session(a, s.labels, limits->max_sessions_per_series);
	rc = has_text_tags(p) ? split_samples(&s, samples, n, skip, e) : single_push(&s, samples, n, skip, e);
	for (size_t i = 0; i < s.parts.n; i++)
		vec_free(&s.parts.p[i].samples);
	vec_free(&s.parts);
	map_fini(&s.by_labels);
	if (rc < 0)
		out->n = 0;
	return rc;
}
