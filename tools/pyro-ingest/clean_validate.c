/* clean_validate.c - see clean.h: what a profile and its labels must be */
#include <stdlib.h>
#include <time.h>

#include "base/enc.h"
#include "base/num.h"
#include "tools/pyro-ingest/clean.h"

static const char *labels_text(struct arena *a, const struct labels *l)
{
	struct buf b;
	const char *text;

	buf_init(&b, 1 << 20);
	labels_print(&b, l);
	text = arena_cstr(a, buf_str(&b));
	buf_fini(&b);
	return text;
}

/* 2026-01-15 10:00:00.25 +0000 UTC */
static const char *go_time(struct arena *a, int64_t ns)
{
	int64_t ms = ns / NS_PER_MS;
	time_t s = (time_t)(ms / 1000);
	int fraction = (int)(ms % 1000);
	struct tm t;
	char text[40];
	struct str dot = STR_NONE;

	gmtime_r(&s, &t);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &t);
	if (fraction > 0) {
		dot = arena_printf(a, ".%03d", fraction);
		while (dot.p[dot.n - 1] == '0')
			dot.n--;
	}
	return arena_cstr(a, arena_printf(a, "%s" STR_FMT " +0000 UTC", text, STR_ARG(dot)));
}

static int check_time(struct arena *a, const struct limits *l, int64_t now, const struct labels *labels,
    const struct profile *p, struct err *e)
{
	int64_t ms = p->time / NS_PER_MS, now_ms = now / NS_PER_MS;
	int64_t from = now_ms - l->reject_older_than / NS_PER_MS, to = now_ms + l->reject_newer_than / NS_PER_MS;
	bool old = l->reject_older_than > 0 && ms <= from, new = l->reject_newer_than > 0 && ms >= to;
	const char *window;

	if (!old && !new)
		return 0;
	if (l->reject_older_than > 0 && l->reject_newer_than > 0)
		window = arena_cstr(a,
		    arena_printf(a, "the ingestion window starts at %s and ends at %s", go_time(a, from * NS_PER_MS),
			go_time(a, to * NS_PER_MS)));
	else if (l->reject_older_than > 0)
		window = arena_cstr(a,
		    arena_printf(a, "the ingestion window starts at %s", go_time(a, from * NS_PER_MS)));
	else
		window = arena_cstr(a, arena_printf(a, "the ingestion window ends at %s", go_time(a, to * NS_PER_MS)));
	return err_set(e, ERR_INVALID,
	    "profile with labels '%s' is outside of ingestion window (profile timestamp: %s, %s)",
	    labels_text(a, labels), go_time(a, p->time), window);
}

/* Stacks keep their root side. */
static void trim_stacks(struct profile *p, int64_t depth)
{
	for (uint32_t i = 0; i < p->n_samples; i++) {
		uint32_t n = p->stack_at[i + 1] - p->stack_at[i];

		if (depth > 0 && n > depth)
			break;
		if (i + 1 == p->n_samples)
			return;
	}
	uint32_t to = 0, from = 0;

	for (uint32_t i = 0; i < p->n_samples; i++) {
		uint32_t end = p->stack_at[i + 1], n = end - from;

		if (depth > 0 && n > depth)
			from = end - (uint32_t)depth;
		memmove(p->stack + to, p->stack + from, (end - from) * sizeof(*p->stack));
		p->stack_at[i] = to;
		to += end - from;
		from = end;
	}
	if (p->n_samples > 0)
		p->stack_at[p->n_samples] = to;
}

static int check_sample_labels(struct arena *a, const struct limits *l, const struct labels *labels,
    const struct profile *p, struct err *e)
{
	int64_t limit = l->max_profile_stacktrace_sample_labels;

	for (uint32_t i = 0; p->tag_at != NULL && limit > 0 && i < p->n_samples; i++) {
		uint32_t n = p->tag_at[i + 1] - p->tag_at[i];

		if (n > limit)
			return err_set(e, ERR_INVALID,
			    "the profile with labels '%s' exceeds the sample labels limit "
			    "(max_profile_stacktrace_sample_labels, actual: %u, limit: %lld)",
			    labels_text(a, labels), n, (long long)limit);
	}
	return 0;
}

static int check_strings(struct profile *p, int64_t limit, struct err *e)
{
	for (uint32_t i = 0; i < p->n_strings; i++) {
		struct str *s = &p->strings[i];

		if (limit > 0 && s->n > (size_t)limit)
			*s = str_skip(*s, s->n - (size_t)limit);
	}
	if (p->n_strings == 0 || p->strings[0].n > 0)
		return err_set(e, ERR_INVALID, "string 0 should be empty string");
	return 0;
}

static int check_positions(const struct profile *p, struct err *e)
{
	uint32_t n = p->n_strings, n_tags = p->tag_at ? p->tag_at[p->n_samples] : 0;

	for (uint32_t i = 0; i < p->n_types; i++)
		if (p->types[i].type >= n)
			return err_set(e, ERR_INVALID, "sample type type string index out of range");
	for (uint32_t i = 0; i < n_tags; i++)
		if (p->tags[i].key >= n || p->tags[i].str >= n)
			return err_set(e, ERR_INVALID, "sample label string index out of range");
	for (uint32_t i = 0; i < p->n_functions; i++) {
		const struct function *f = &p->functions[i];

		if (f->name >= n)
			return err_set(e, ERR_INVALID, "function name string index out of range");
		if (f->system_name >= n)
			return err_set(e, ERR_INVALID, "function system name index string out of range");
		if (f->file >= n)
			return err_set(e, ERR_INVALID, "function file name string index out of range");
	}
	for (uint32_t i = 0; i < p->n_mappings; i++) {
		if (p->mappings[i].file >= n)
			return err_set(e, ERR_INVALID, "mapping file name string index out of range");
		if (p->mappings[i].build_id >= n)
			return err_set(e, ERR_INVALID, "mapping build id string index out of range");
	}
	return 0;
}

/* Beyond what the original looks at: positions it would follow without a check. */
static void mend_positions(struct profile *p)
{
	for (uint32_t i = 0; i < p->n_types; i++)
		if (p->types[i].unit >= p->n_strings)
			p->types[i].unit = 0;
	if (p->period_type.type >= p->n_strings)
		p->period_type.type = 0;
	if (p->period_type.unit >= p->n_strings)
		p->period_type.unit = 0;
}

static int check_texts(const struct profile *p, struct err *e)
{
	for (uint32_t i = 0; i < p->n_types; i++) {
		struct str type = p->strings[p->types[i].type];

		if (str_find(type, '-') < type.n)
			return err_set(e, ERR_INVALID, "sample type contains -");
	}
	for (uint32_t i = 0; i < p->n_strings; i++) {
		struct buf hex;

		if (str_utf8(p->strings[i]))
			continue;
		buf_init(&hex, 1 << 18);
		enc_hex(&hex, p->strings[i]);
		err_set(e, ERR_INVALID, "invalid utf8 string hex: " STR_FMT, STR_ARG(buf_str(&hex)));
		buf_fini(&hex);
		return -1;
	}
	return 0;
}

int clean_check_profile(struct arena *a, const struct limits *l, int64_t now, const struct labels *labels,
    struct profile *p, enum discard *reason, struct err *e)
{
	*reason = DISCARD_malformed_profile;
	if (p->n_types == 0)
		return err_set(e, ERR_INVALID, "empty profile");
	*reason = DISCARD_not_in_ingestion_window;
	if (p->time > 0 && check_time(a, l, now, labels, p, e) < 0)
		return -1;
	if (p->time <= 0)
		p->time = now;
	*reason = DISCARD_profile_size_limit;
	if (l->max_profile_size_bytes > 0 && p->wire_size > (uint64_t)l->max_profile_size_bytes)
		return err_set(e, ERR_INVALID,
		    "the profile with labels '%s' exceeds the size limit "
		    "(max_profile_size_byte, actual: %zu, limit: %lld)",
		    labels_text(a, labels), p->wire_size, (long long)l->max_profile_size_bytes);
	*reason = DISCARD_samples_limit;
	if (l->max_profile_stacktrace_samples > 0 && p->n_samples > l->max_profile_stacktrace_samples)
		return err_set(e, ERR_INVALID,
		    "the profile with labels '%s' exceeds the samples count limit "
		    "(max_profile_stacktrace_samples, actual: %u, limit: %lld)",
		    labels_text(a, labels), p->n_samples, (long long)l->max_profile_stacktrace_samples);
	trim_stacks(p, l->max_profile_stacktrace_depth);
	*reason = DISCARD_sample_labels_limit;
	if (check_sample_labels(a, l, labels, p, e) < 0)
		return -1;
	*reason = DISCARD_malformed_profile;
	if (p->faults.location_id_zero > 0)
		return err_set(e, ERR_INVALID, "location id is 0");
	if (p->faults.function_id_zero > 0)
		return err_set(e, ERR_INVALID, "function id is 0");
	if (p->faults.value_count > 0)
		return err_set(e, ERR_INVALID, "sample value length mismatch");
	if (check_strings(p, l->max_profile_symbol_value_length, e) < 0 || check_positions(p, e) < 0)
		return -1;
	mend_positions(p);
	return check_texts(p, e);
}

/* ---- labels ---- */

static bool legacy_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
			(i > 0 && c >= '0' && c <= '9')))
			return false;
	}
	return s.n > 0;
}

static struct str without_dots(struct arena *a, struct str name)
{
	char *p = arena_cstr(a, name);

	for (size_t i = 0; i < name.n; i++)
		if (p[i] == '.')
			p[i] = '_';
	return str_of(p, name.n);
}

/* Dotted names of the sorted set, one after another; equal values merge. */
static int sanitise(struct arena *a, struct labels *l, enum discard *reason, struct err *e)
{
	for (uint32_t i = 0; i < l->n; i++) {
		struct label x = l->p[i];

		if (str_find(x.name, '.') == x.name.n)
			continue;
		x.name = without_dots(a, x.name);
		if (labels_has(l, x.name) && !str_eq(labels_get(l, x.name), x.value)) {
			*reason = DISCARD_duplicate_label_names;
			return err_set(e, ERR_INVALID,
			    "profile with labels '%s' has duplicate label name '" STR_FMT
			    "' after label name sanitization from '" STR_FMT "'",
			    labels_text(a, l), STR_ARG(x.name), STR_ARG(l->p[i].name));
		}
		*l = labels_without(a, l, l->p[i].name);
		*l = labels_with(a, l, x.name, x.value);
		i = UINT32_MAX;
	}
	return 0;
}

static int check_label(struct arena *a, const struct limits *limits, const struct labels *l, uint32_t i,
    enum discard *reason, struct err *e)
{
	struct str name = l->p[i].name, value = l->p[i].value;

	*reason = DISCARD_label_name_too_long;
	if (limits->max_label_name_length > 0 && name.n > (size_t)limits->max_label_name_length)
		return err_set(e, ERR_INVALID, "profile with labels '%s' has label name too long: '" STR_FMT "'",
		    labels_text(a, l), STR_ARG(name));
	*reason = DISCARD_label_value_too_long;
	if (limits->max_label_value_length > 0 && value.n > (size_t)limits->max_label_value_length)
		return err_set(e, ERR_INVALID, "profile with labels '%s' has label value too long: '" STR_FMT "'",
		    labels_text(a, l), STR_ARG(value));
	*reason = DISCARD_invalid_labels;
	if (limits->disable_label_sanitization ? !str_utf8(name) || name.n == 0 : !legacy_name(name))
		return err_set(e, ERR_INVALID, "invalid labels '%s' with error: invalid label name '" STR_FMT "'",
		    labels_text(a, l), STR_ARG(name));
	if (!str_utf8(value))
		return err_set(e, ERR_INVALID, "invalid labels '%s' with error: invalid label value '" STR_FMT "'",
		    labels_text(a, l), STR_ARG(value));
	*reason = DISCARD_duplicate_label_names;
	if (i > 0 && str_eq(name, l->p[i - 1].name))
		return err_set(e, ERR_INVALID, "profile with labels '%s' has duplicate label name: '" STR_FMT "'",
		    labels_text(a, l), STR_ARG(name));
	return 0;
}

int clean_check_labels(struct arena *a, const struct limits *limits, struct labels *l, enum discard *reason,
    struct err *e)
{
	struct str name = labels_get(l, STR("__name__"));

	*reason = DISCARD_missing_labels;
	if (l->n == 0)
		return err_set(e, ERR_INVALID, "error at least one label pair is required per profile");
	*reason = DISCARD_max_label_names_per_series;
	if (limits->max_label_names_per_series > 0 && l->n > limits->max_label_names_per_series)
		return err_set(e, ERR_INVALID, "profile series '%s' has %u label names; limit %lld", labels_text(a, l),
		    l->n, (long long)limits->max_label_names_per_series);
	*reason = DISCARD_invalid_labels;
	if (name.n == 0 || !str_utf8(name))
		return err_set(e, ERR_INVALID, "invalid labels '%s' with error: invalid metric name",
		    labels_text(a, l));
	if (labels_get(l, STR("service_name")).n == 0)
		return err_set(e, ERR_INVALID, "invalid labels '%s' with error: service name is not provided",
		    labels_text(a, l));
	for (uint32_t i = 0; i < l->n; i++)
		if (check_label(a, limits, l, i, reason, e) < 0)
			return -1;
	return limits->disable_label_sanitization ? 0 : sanitise(a, l, reason, e);
}
