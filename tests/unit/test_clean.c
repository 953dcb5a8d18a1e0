/*
 * test_clean.c - the steps between a decoded profile and the head: labels,
 * validation and its words, trims, normalisation, split, session.
 */
#include "tests/lib/clean_fixture.h"

#include "base/num.h"
#include "formats/pprof/pprof.h"

static struct limits usual_limits(void)
{
	return (struct limits){
		.max_label_name_length = 20,
		.max_label_value_length = 30,
		.max_label_names_per_series = 6,
		.max_profile_size_bytes = 1000,
		.max_profile_stacktrace_samples = 5,
		.max_profile_stacktrace_sample_labels = 3,
		.max_profile_stacktrace_depth = 4,
		.max_profile_symbol_value_length = 12,
		.reject_older_than = 3600 * NS_PER_S,
		.reject_newer_than = 600 * NS_PER_S,
	};
}

static void want_labels(const struct labels *l, const char *want)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	labels_print(&b, l);
	buf_byte(&b, 0);
	assert_string_equal(b.p, want);
	buf_fini(&b);
}

/* ---- labels ---- */

static void test_labels(void **state)
{
	static const struct {
		const char *sent, *want;
	} cases[] = {
		{ "", "{service_name=\"unknown_service\"}" },
		{ "service_name=", "{}" },
		{ "service_name= a=1 service_name=x", "{a=\"1\"}" },
		{ "b=1 b=", "{service_name=\"unknown_service\"}" },
		{ "z=1 service_name=x a=2", "{a=\"2\", service_name=\"x\", z=\"1\"}" },
		{ "b= a=1", "{a=\"1\", service_name=\"unknown_service\"}" },
		{ "a=1 a=2", "{a=\"1\", a=\"2\", service_name=\"unknown_service\"}" },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct labels sent = labels_of(a, cases[i].sent), l = clean_labels(a, &sent);

		want_labels(&l, cases[i].want);
	}
	arena_free(a);
}

#define BASE "__name__=cpu service_name=s"
#define SHOWN "{__name__=\"cpu\", service_name=\"s\""
#define LONG21 "abcdefghijklmnopqrstu"
#define LONG31 "abcdefghijklmnopqrstuvwxyzabcde"

/* want: the set, or the error. */
static const struct {
	const char *in, *want;
	enum discard reason;
	bool any_name; /* disable_label_sanitization */
} label_cases[] = {
	{ BASE, SHOWN "}", 0, false },
	{ BASE " x="
	       "abcdefghijklmnopqrstuvwxyzabcd",
	    SHOWN ", x=\"abcdefghijklmnopqrstuvwxyzabcd\"}", 0, false },
	{ BASE " t.u=1 x.y=2", SHOWN ", t_u=\"1\", x_y=\"2\"}", 0, false },
	{ ".a=1 " BASE, "{__name__=\"cpu\", _a=\"1\", service_name=\"s\"}", 0, false },
	{ BASE " x.y=2 x_y=2", SHOWN ", x_y=\"2\"}", 0, false },
	{ BASE " x.y=1 x.y.z=2", SHOWN ", x_y=\"1\", x_y_z=\"2\"}", 0, false },
	{ "__name__=a/b:c service_name=s", "{__name__=\"a/b:c\", service_name=\"s\"}", 0, false },
	{ BASE " t.u=1 x-y/z=2", SHOWN ", t.u=\"1\", x-y/z=\"2\"}", 0, true },
	{ "", "error at least one label pair is required per profile", DISCARD_missing_labels, false },
	{ BASE " a=1 b=2 c=3 d=4 e=5",
	    "profile series '{__name__=\"cpu\", a=\"1\", b=\"2\", c=\"3\", d=\"4\", e=\"5\", "
	    "service_name=\"s\"}' has 7 label names; limit 6",
	    DISCARD_max_label_names_per_series, false },
	{ "service_name=s", "invalid labels '{service_name=\"s\"}' with error: invalid metric name",
	    DISCARD_invalid_labels, false },
	{ "__name__=\xff service_name=s",
	    "invalid labels '{__name__=\"\\xff\", service_name=\"s\"}' with error: "
	    "invalid metric name",
	    DISCARD_invalid_labels, false },
	{ "__name__=cpu", "invalid labels '{__name__=\"cpu\"}' with error: service name is not provided",
	    DISCARD_invalid_labels, false },
	{ BASE " " LONG21 "=1",
	    "profile with labels '{__name__=\"cpu\", " LONG21 "=\"1\", service_name=\"s\"}' has label "
	    "name too long: '" LONG21 "'",
	    DISCARD_label_name_too_long, false },
	{ BASE " x=" LONG31,
	    "profile with labels '" SHOWN ", x=\"" LONG31 "\"}' has label value too long: '" LONG31 "'",
	    DISCARD_label_value_too_long, false },
	{ BASE " x-y=1", "invalid labels '" SHOWN ", x-y=\"1\"}' with error: invalid label name 'x-y'",
	    DISCARD_invalid_labels, false },
	{ BASE " 1x=1",
	    "invalid labels '{1x=\"1\", __name__=\"cpu\", service_name=\"s\"}' with error: invalid label name "
	    "'1x'",
	    DISCARD_invalid_labels, false },
	{ BASE " =1",
	    "invalid labels '{=\"1\", __name__=\"cpu\", service_name=\"s\"}' with error: invalid label name ''",
	    DISCARD_invalid_labels, false },
	{ BASE " =1",
	    "invalid labels '{=\"1\", __name__=\"cpu\", service_name=\"s\"}' with error: invalid label name ''",
	    DISCARD_invalid_labels, true },
	{ BASE " x=\xff", "invalid labels '" SHOWN ", x=\"\\xff\"}' with error: invalid label value '\xff'",
	    DISCARD_invalid_labels, false },
	{ BASE " x=1 x=2", "profile with labels '" SHOWN ", x=\"1\", x=\"2\"}' has duplicate label name: 'x'",
	    DISCARD_duplicate_label_names, false },
	{ BASE " x=1 x=1", "profile with labels '" SHOWN ", x=\"1\", x=\"1\"}' has duplicate label name: 'x'",
	    DISCARD_duplicate_label_names, false },
	{ BASE " x.y=1 x_y=2",
	    "profile with labels '" SHOWN ", x.y=\"1\", x_y=\"2\"}' has duplicate label name 'x_y' after "
	    "label name sanitization from 'x.y'",
	    DISCARD_duplicate_label_names, false },
};

static void test_label_rules(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(label_cases); i++) {
		struct limits limits = usual_limits();
		struct labels l = labels_of(a, label_cases[i].in);
		enum discard reason;
		struct err e;

		labels_sort(&l);
		limits.disable_label_sanitization = label_cases[i].any_name;
		if (clean_check_labels(a, &limits, &l, &reason, &e) == 0) {
			want_labels(&l, label_cases[i].want);
			continue;
		}
		assert_string_equal(e.msg, label_cases[i].want);
		assert_int_equal(e.kind, ERR_INVALID);
		assert_int_equal(reason, label_cases[i].reason);
	}
	arena_free(a);
}

/* ---- validation ---- */

#define SPOIL(name, what)                   \
	static void name(struct profile *p) \
	{                                   \
		what;                       \
	}
SPOIL(no_types, p->n_types = 0)
SPOIL(too_old, p->time = now - 3600 * NS_PER_S)
SPOIL(too_new, p->time = now + 600 * NS_PER_S + 250 * NS_PER_MS)
SPOIL(just_new, p->time = now + 600 * NS_PER_S - NS_PER_MS)
SPOIL(just_old, p->time = now - 3600 * NS_PER_S + NS_PER_MS)
SPOIL(latest, p->time = INT64_MAX)
SPOIL(no_time, p->time = 0)
SPOIL(below_time, p->time = INT64_MIN)
SPOIL(too_big, p->wire_size = 1001)
SPOIL(just_big, p->wire_size = 1000)
SPOIL(location_zero, p->faults.location_id_zero = 1)
SPOIL(function_zero, p->faults.function_id_zero = 1)
SPOIL(value_count, p->faults.value_count = 1)
SPOIL(no_strings, p->n_strings = 0)
SPOIL(first_string, p->strings[0] = STR("x"))
SPOIL(type_out, p->types[1].type = p->n_strings)
SPOIL(unit_out, p->types[1].unit = UINT32_MAX)
SPOIL(name_out, p->functions[0].name = p->n_strings)
SPOIL(system_out, p->functions[0].system_name = p->n_strings)
SPOIL(file_out, p->functions[0].file = UINT32_MAX)
SPOIL(key_out, p->tags[0].key = p->n_strings)
SPOIL(tag_out, p->tags[0].str = UINT32_MAX)
SPOIL(dash, p->strings[p->types[0].type] = STR("a-b"))
SPOIL(not_utf8, p->strings[p->n_strings - 1] = STR("a\xff\x0f"))

static void add_mapping(struct profile *p)
{
	p->mappings = arena_zarray(p->mem, 1, sizeof(*p->mappings));
	p->n_mappings = 1;
}

SPOIL(mapping_file, add_mapping(p); p->mappings[0].file = p->n_strings)
SPOIL(mapping_build, add_mapping(p); p->mappings[0].build_id = UINT32_MAX)

#define WINDOW "the ingestion window starts at 2026-01-15 09:00:00 +0000 UTC and ends at 2026-01-15 10:10:00 +0000 UTC)"
#define OUTSIDE "profile with labels '{a=\"1\"}' is outside of ingestion window (profile timestamp: "
#define EXCEEDS "the profile with labels '{a=\"1\"}' exceeds the "

static const struct {
	void (*spoil)(struct profile *p);
	const char *want; /* NULL = good */
	enum discard reason;
	int64_t time; /* afterwards, when good */
} profile_cases[] = {
	{ no_types, "empty profile", DISCARD_malformed_profile, 0 },
	{ too_old, OUTSIDE "2026-01-15 09:00:00 +0000 UTC, " WINDOW, DISCARD_not_in_ingestion_window, 0 },
	{ too_new, OUTSIDE "2026-01-15 10:10:00.25 +0000 UTC, " WINDOW, DISCARD_not_in_ingestion_window, 0 },
	{ latest, OUTSIDE "2262-04-11 23:47:16.854 +0000 UTC, " WINDOW, DISCARD_not_in_ingestion_window, 0 },
	{ too_big, EXCEEDS "size limit (max_profile_size_byte, actual: 1001, limit: 1000)", DISCARD_profile_size_limit,
	    0 },
	{ location_zero, "location id is 0", DISCARD_malformed_profile, 0 },
	{ function_zero, "function id is 0", DISCARD_malformed_profile, 0 },
	{ value_count, "sample value length mismatch", DISCARD_malformed_profile, 0 },
	{ no_strings, "string 0 should be empty string", DISCARD_malformed_profile, 0 },
	{ first_string, "string 0 should be empty string", DISCARD_malformed_profile, 0 },
	{ type_out, "sample type type string index out of range", DISCARD_malformed_profile, 0 },
	{ key_out, "sample label string index out of range", DISCARD_malformed_profile, 0 },
	{ tag_out, "sample label string index out of range", DISCARD_malformed_profile, 0 },
	{ name_out, "function name string index out of range", DISCARD_malformed_profile, 0 },
	{ system_out, "function system name index string out of range", DISCARD_malformed_profile, 0 },
	{ file_out, "function file name string index out of range", DISCARD_malformed_profile, 0 },
	{ mapping_file, "mapping file name string index out of range", DISCARD_malformed_profile, 0 },
	{ mapping_build, "mapping build id string index out of range", DISCARD_malformed_profile, 0 },
	{ dash, "sample type contains -", DISCARD_malformed_profile, 0 },
	{ not_utf8, "invalid utf8 string hex: 61ff0f", DISCARD_malformed_profile, 0 },
	{ just_new, NULL, 0, 0 },
	{ just_old, NULL, 0, 0 },
	{ just_big, NULL, 0, 0 },
	{ unit_out, NULL, 0, 0 },
	{ no_time, NULL, 0, now },
	{ below_time, NULL, 0, now },
};

static void test_profile_rules(void **state)
{
	static const struct sample s[] = { { "b a", "k=v", { 1, 10 } }, { "c a", NULL, { 2, 20 } } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(profile_cases); i++) {
		struct arena *a = arena_new();
		struct limits limits = usual_limits();
		struct labels l = labels_of(a, "a=1");
		struct profile *p = profile_of(a, s, ARRAY_LEN(s));
		enum discard reason;
		struct err e;
		int rc;

		profile_cases[i].spoil(p);
		rc = clean_check_profile(a, &limits, now, &l, p, &reason, &e);
		assert_int_equal(rc, profile_cases[i].want ? -1 : 0);
		if (rc < 0) {
			assert_string_equal(e.msg, profile_cases[i].want);
			assert_int_equal(reason, profile_cases[i].reason);
			assert_int_equal(e.kind, ERR_INVALID);
		} else if (profile_cases[i].time != 0) {
			assert_int_equal(p->time, profile_cases[i].time);
		}
		arena_free(a);
	}
}

/* Windows that are open at one end, and limits that are off. */
static void test_open_windows(void **state)
{
	struct arena *a = arena_new();
	struct limits limits = usual_limits(), none = { 0 };
	struct sample s = { "a", NULL, { 1, 1 } };
	struct profile *p = profile_of(a, &s, 1);
	struct labels l = labels_of(a, "a=1");
	enum discard reason;
	struct err e;

	(void)state;
	limits.reject_newer_than = 0;
	p->time = 1;
	assert_int_equal(clean_check_profile(a, &limits, now, &l, p, &reason, &e), -1);
	assert_string_equal(e.msg,
	    OUTSIDE "1970-01-01 00:00:00 +0000 UTC, the ingestion window starts at "
		    "2026-01-15 09:00:00 +0000 UTC)");
	p->time = INT64_MAX;
	assert_int_equal(clean_check_profile(a, &limits, now, &l, p, &reason, &e), 0);
	limits = usual_limits();
	limits.reject_older_than = 0;
	assert_int_equal(clean_check_profile(a, &limits, now, &l, p, &reason, &e), -1);
	assert_string_equal(e.msg,
	    OUTSIDE "2262-04-11 23:47:16.854 +0000 UTC, the ingestion window ends at "
		    "2026-01-15 10:10:00 +0000 UTC)");
	p->time = 1;
	assert_int_equal(clean_check_profile(a, &limits, now, &l, p, &reason, &e), 0);
	p->wire_size = SIZE_MAX;
	assert_int_equal(clean_check_profile(a, &none, now, &l, p, &reason, &e), 0);
	arena_free(a);
}

static void test_trims(void **state)
{
	static const struct sample s[] = {
		{ "b a", NULL, { 1, 1 } },
		{ "e d c b a", NULL, { 2, 2 } },
		{ "d c b a", NULL, { 3, 3 } },
		{ "0123456789abcdef a", NULL, { 4, 4 } },
		{ "g f e d c b a", NULL, { 5, 5 } },
	};
	struct arena *a = arena_new();
	struct limits limits = usual_limits();
	struct profile *p = profile_of(a, s, ARRAY_LEN(s));
	struct labels l = labels_of(a, "a=1");
	enum discard reason;
	struct err e;

	(void)state;
	assert_int_equal(clean_check_profile(a, &limits, now, &l, p, &reason, &e), 0);
	want_stack(p, 0, "b a");
	want_stack(p, 1, "d c b a");
	want_stack(p, 2, "d c b a");
	want_stack(p, 3, "456789abcdef a");
	want_stack(p, 4, "d c b a");
	assert_int_equal(profile_value(p, 4, 1), 5);
	limits.max_profile_stacktrace_samples = 4;
	assert_int_equal(clean_check_profile(a, &limits, now, &l, p, &reason, &e), -1);
	assert_string_equal(e.msg, EXCEEDS "samples count limit (max_profile_stacktrace_samples, actual: 5, limit: 4)");
	assert_int_equal(reason, DISCARD_samples_limit);
	arena_free(a);
}

static void test_sample_labels_limit(void **state)
{
	static const struct sample s[] = { { "a", "x=1 y=2 z=3", { 1, 1 } }, { "a", "w=#5 x=1 y=2 z=3", { 1, 1 } } };
	struct arena *a = arena_new();
	struct limits limits = usual_limits();
	struct labels l = labels_of(a, "a=1");
	enum discard reason;
	struct err e;

	(void)state;
	assert_int_equal(clean_check_profile(a, &limits, now, &l, profile_of(a, s, 1), &reason, &e), 0);
	assert_int_equal(clean_check_profile(a, &limits, now, &l, profile_of(a, s, 2), &reason, &e), -1);
	assert_string_equal(e.msg,
	    EXCEEDS "sample labels limit (max_profile_stacktrace_sample_labels, actual: 4, limit: 3)");
	assert_int_equal(reason, DISCARD_sample_labels_limit);
	arena_free(a);
}

/* ---- the pipeline ---- */

/* Runs it and writes each push as "labels: sample[/span] ...". */
static const char *run(struct arena *a, const struct limits *limits, struct relabel_rules *series, struct profile *p,
    const char *labels)
{
	struct clean_rules rules = { .limits = limits, .series = series };
	struct labels sent = labels_of(a, labels);
	struct clean_in in = { .rules = &rules, .now = now, .profile = p, .labels = clean_labels(a, &sent) };
	struct clean_out out;
	const char *text;
	struct buf b;
	struct err e;

	if (clean_profile(a, &in, &out, &e) < 0) {
		assert_int_equal(out.n, 0);
		return arena_cstr(a, str_cstr(e.msg));
	}
	buf_init(&b, 1 << 16);
	for (uint32_t i = 0; i < out.n; i++) {
		const struct head_push *x = &out.p[i];

		labels_print(&b, &x->labels);
		buf_printf(&b, "%s%s:", x->cumulative ? "+" : "", x->name_first ? "^" : "");
		for (uint32_t k = 0; k < (x->samples ? x->n_samples : p->n_samples); k++) {
			uint32_t sample = x->samples ? x->samples[k] : k;

			buf_printf(&b, " %u", sample);
			if (x->spans != NULL && x->spans[sample] != 0)
				buf_printf(&b, "/%llx", (unsigned long long)x->spans[sample]);
		}
		buf_byte(&b, '\n');
	}
	text = arena_cstr(a, buf_str(&b));
	buf_fini(&b);
	return text;
}

#define SPAN "0102030405060708"

static const struct {
	const char *what, *labels;
	struct sample s[4];
	const char *want;
} pipelines[] = {
	{ "all samples", BASE, { { "a", NULL, { 1, 1 } }, { "b", NULL, { 1, 1 } } }, SHOWN "}+: 0 1\n" },
	{ "negative and zero", BASE,
	    { { "a", NULL, { 0, 0 } }, { "b", NULL, { 1, -1 } }, { "c", NULL, { 0, 7 } }, { "d", NULL, { -3, 0 } } },
	    SHOWN "}+: 2\n" },
	{ "nothing left", BASE, { { "a", NULL, { 0, 0 } }, { "b", NULL, { -1, 1 } } }, "" },
	{ "nothing left, bad labels", "a-b=1", { { "a", NULL, { 0, 0 } } }, "" },
	{ "not a delta", BASE " __delta__=false", { { "a", NULL, { 1, 1 } } }, SHOWN "}: 0\n" },
	{ "control labels", BASE " __otel__=true __order__=enforced", { { "a", NULL, { 1, 1 } } }, SHOWN "}+^: 0\n" },
	{ "numbers are no labels", BASE, { { "a", "bytes=#5", { 1, 1 } }, { "b", NULL, { 1, 1 } } },
	    SHOWN "}+: 0 1\n" },
	{ "split", BASE,
	    { { "a", "x=1", { 1, 1 } }, { "b", NULL, { 1, 1 } }, { "c", "x=2", { 1, 1 } }, { "d", "x=1", { 1, 1 } } },
	    SHOWN ", x=\"1\"}+: 0 3\n" SHOWN "}+: 1\n" SHOWN ", x=\"2\"}+: 2\n" },
	{ "order of sample labels", BASE, { { "a", "x=1 y=2", { 1, 1 } }, { "b", "y=2 x=1", { 1, 1 } } },
	    SHOWN ", x=\"1\", y=\"2\"}+: 0 1\n" },
	{ "the series wins, groups merge", BASE " x=9",
	    { { "a", "x=1", { 1, 1 } }, { "b", "x=2", { 1, 1 } }, { "c", NULL, { 1, 1 } } },
	    SHOWN ", x=\"9\"}+: 0 1 2\n" },
	{ "spans", BASE,
	    { { "a", "span_id=" SPAN, { 1, 1 } }, { "b", "profile_id=ff00000000000000", { 1, 1 } },
		{ "c", "span_id=xyz", { 1, 1 } }, { "d", "span_id=01020304050607zz", { 1, 1 } } },
	    SHOWN "}+: 0/807060504030201 1/ff 2 3\n" },
	{ "spans and labels", BASE, { { "a", "span_id=" SPAN " x=1", { 1, 1 } }, { "b", "x=1", { 1, 1 } } },
	    SHOWN ", x=\"1\"}+: 0/807060504030201 1\n" },
	{ "dropped ones have no group", BASE, { { "a", "x=1", { 0, 0 } }, { "b", "x=2", { 1, 1 } } },
	    SHOWN ", x=\"2\"}+: 1\n" },
	{ "dots of sample labels", BASE, { { "a", "x.y=1", { 1, 1 } } }, SHOWN ", x_y=\"1\"}+: 0\n" },
	{ "bad sample label", BASE, { { "b", "x=1", { 1, 1 } }, { "a", "x-y=1", { 1, 1 } } },
	    "invalid labels '" SHOWN ", x-y=\"1\"}' with error: invalid label name 'x-y'" },
	{ "no session", BASE " __session_id__=0102030405060708", { { "a", NULL, { 1, 1 } } }, SHOWN "}+: 0\n" },
	{ "no name", "service_name=s", { { "a", NULL, { 1, 1 } } },
	    "invalid labels '{service_name=\"s\"}' with error: invalid metric name" },
};

static void test_pipeline(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pipelines); i++) {
		struct arena *a = arena_new();
		struct limits limits = usual_limits();
		size_t n = 0;

		limits.max_profile_symbol_value_length = 16;
		while (n < 4 && pipelines[i].s[n].stack != NULL)
			n++;
		print_message("# %s\n", pipelines[i].what);
		assert_string_equal(run(a, &limits, NULL, profile_of(a, pipelines[i].s, n), pipelines[i].labels),
		    pipelines[i].want);
		arena_free(a);
	}
}

static void test_builtin_rules(void **state)
{
	static const struct sample s[] = { { "a", NULL, { 1, 1 } }, { "b", "x=1", { 1, 1 } } };
	struct relabel_rules *rules = relabel_rules_new(RELABEL_FIRST);
	struct arena *a = arena_new();
	struct limits limits = usual_limits();

	(void)state;
	limits.enforce_labels_order = true;
	assert_string_equal(run(a, &limits, rules, profile_of(a, s, 1), "__name__=godeltaprof_memory service_name=s"),
	    "{__name__=\"memory\", __name_replaced__=\"godeltaprof_memory\", service_name=\"s\"}^: 0\n");
	assert_string_equal(run(a, &limits, rules, profile_of(a, s + 1, 1),
				"__name__=godeltaprof_memory service_name=s"),
	    "{__name__=\"memory\", __name_replaced__=\"godeltaprof_memory\", service_name=\"s\", x=\"1\"}^: 0\n");
	relabel_rules_free(rules);
	arena_free(a);
}

/* Rules that drop some groups, all groups, and make groups equal. */
static void test_relabelled_groups(void **state)
{
	static const struct sample s[] = { { "a", "x=1", { 1, 1 } }, { "b", "x=2", { 1, 1 } },
		{ "c", "x=3", { 1, 1 } } };
	static const struct {
		const char *regex, *want;
		enum relabel_action action;
	} cases[] = {
		{ "2", SHOWN ", x=\"1\"}+: 0\n" SHOWN ", x=\"3\"}+: 2\n", RELABEL_DROP },
		{ ".*", "", RELABEL_DROP },
		{ "[13]", SHOWN ", x=\"q\"}+: 0 2\n" SHOWN ", x=\"2\"}+: 1\n", RELABEL_REPLACE },
	};
	struct str source = STR("x");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct relabel_rules *rules = relabel_rules_new(RELABEL_DISABLED);
		struct relabel_fields f = relabel_defaults();
		struct arena *a = arena_new();
		struct limits limits = usual_limits();
		struct err e;

		f.source = &source;
		f.n_source = 1;
		f.regex = str_cstr(cases[i].regex);
		f.action = cases[i].action;
		if (f.action == RELABEL_REPLACE) {
			f.target = source;
			f.replacement = STR("q");
		}
		assert_int_equal(relabel_rules_add(rules, &f, &e), 0);
		assert_string_equal(run(a, &limits, rules, profile_of(a, s, 3), BASE), cases[i].want);
		relabel_rules_free(rules);
		arena_free(a);
	}
}

static void test_session(void **state)
{
	static const struct {
		const char *id, *want;
	} cases[] = {
		{ "0500000000000000", "0100000000000000" },
		{ "0300000000000000", "0300000000000000" },
		{ "ffffffffffffffff", "0300000000000000" },
		{ "FEFFFFFFFFFFFFFF", "0200000000000000" },
		{ "05000000000000", NULL },
		{ "xyz", NULL },
		{ "0500000000000g00", NULL },
		{ "050000000000000000", NULL },
	};
	struct sample s = { "a", NULL, { 1, 1 } };
	struct arena *a = arena_new();
	struct limits limits = usual_limits();

	(void)state;
	limits.max_sessions_per_series = 4;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *labels = arena_cstr(a, arena_printf(a, BASE " __session_id__=%s", cases[i].id)), *want;

		want = cases[i].want == NULL
		    ? SHOWN "}+: 0\n"
		    : arena_cstr(a,
			  arena_printf(a, "{__name__=\"cpu\", __session_id__=\"%s\", service_name=\"s\"}+: 0\n",
			      cases[i].want));
		assert_string_equal(run(a, &limits, NULL, profile_of(a, &s, 1), labels), want);
	}
	arena_free(a);
}

static void test_version(void **state)
{
	static const struct {
		const char *labels, *build, *want;
	} cases[] = {
		{ "", "b1", "b1" },
		{ " service_git_ref=v1", "b1", "{\"git_ref\":\"v1\",\"build_id\":\"b1\"}" },
		{ " service_repository=r service_root_path=p", "", "{\"repository\":\"r\",\"root_path\":\"p\"}" },
		{ " service_repository=r\"q service_git_ref=g service_root_path=p", "b",
		    "{\"repository\":\"r\\\"q\",\"git_ref\":\"g\",\"build_id\":\"b\",\"root_path\":\"p\"}" },
	};
	struct sample s = { "a", NULL, { 1, 1 } };
	struct arena *a = arena_new();
	struct limits limits = usual_limits();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct profile *p = profile_of(a, &s, 1);

		add_mapping(p);
		p->strings[p->n_strings - 1] = str_cstr(cases[i].build);
		p->mappings[0].build_id = p->n_strings - 1;
		run(a, &limits, NULL, p, arena_cstr(a, arena_printf(a, BASE "%s", cases[i].labels)));
		assert_true(str_eq(profile_str(p, p->mappings[0].build_id), str_cstr(cases[i].want)));
	}
	arena_free(a);
}

/* Mappings are many, strings are many, labels are long: memory stays near what came in. */
static void test_version_bounds(void **state)
{
	enum { MANY = 60000, LONG = 1 << 20 };
	struct sample s = { "a", NULL, { 1, 1 } };
	struct arena *a = arena_new();
	struct limits none = { 0 };
	struct clean_rules rules = { .limits = &none };
	struct profile *p = profile_of(a, &s, 1);
	struct labels sent = labels_of(a, BASE " service_git_ref=v1");
	struct clean_in in = { .rules = &rules, .now = now, .labels = clean_labels(a, &sent), .profile = p };
	struct str *strings = arena_array(a, p->n_strings + MANY, sizeof(*strings));
	uint32_t first = p->n_strings;
	struct clean_out out;
	struct err e;

	(void)state;
	memcpy(strings, p->strings, first * sizeof(*strings));
	p->strings = strings;
	p->mappings = arena_zarray(a, 2 * MANY, sizeof(*p->mappings));
	p->n_mappings = 0;
	for (uint32_t i = 0; i < MANY; i++) {
		strings[p->n_strings++] = arena_printf(a, "b%u", i);
		p->mappings[p->n_mappings++].build_id = first + i;
		p->mappings[p->n_mappings++].build_id = first + i;
	}
	assert_int_equal(clean_profile(a, &in, &out, &e), 0);
	assert_int_equal(p->n_strings, first + 2 * MANY);
	assert_true(str_eq(profile_str(p, p->mappings[7].build_id), STR("{\"git_ref\":\"v1\",\"build_id\":\"b3\"}")));
	assert_int_equal(p->mappings[6].build_id, p->mappings[7].build_id);
	assert_true(arena_bytes(a) < (size_t)64 << 20);

	in.labels = labels_with(a, &in.labels, STR("service_root_path"), str_of(arena_zalloc(a, LONG), LONG));
	assert_int_equal(clean_profile(a, &in, &out, &e), -1);
	assert_int_equal(out.reason, DISCARD_malformed_profile);
	assert_non_null(strstr(e.msg, "120000 mappings make more than 16777216 bytes"));
	assert_true(arena_bytes(a) < (size_t)96 << 20);
	arena_free(a);
}

/* Every sample has labels of its own: groups must be found by hash. */
static void test_many_groups(void **state)
{
	enum { MANY = 20000 };
	struct arena *a = arena_new();
	struct limits none = { 0 };
	struct clean_rules rules = { .limits = &none };
	struct labels sent = labels_of(a, BASE);
	struct clean_in in = { .rules = &rules, .now = now, .labels = clean_labels(a, &sent) };
	struct profile_builder *b = profile_builder_new(a, 2);
	struct clean_out out;
	struct err e;

	(void)state;
	profile_builder_type(b, 0, STR("samples"), STR("count"));
	profile_builder_type(b, 1, STR("cpu"), STR("nanoseconds"));
	for (uint32_t i = 0; i < MANY; i++) {
		struct sample s = { "a", arena_cstr(a, arena_printf(a, "x=%u", i)), { 1, 1 } };

		add_sample(a, b, &s);
	}
	in.profile = profile_builder_finish(b);
	assert_int_equal(clean_profile(a, &in, &out, &e), 0);
	assert_int_equal(out.n, MANY);
	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(out.p[i].n_samples, 1);
	arena_free(a);
}

static void test_size(void **state)
{
	struct sample s = { "a", NULL, { 1, 1 } };
	struct arena *a = arena_new();
	struct profile *p = profile_of(a, &s, 1);
	struct labels l = labels_of(a, "ab=1 c=234");
	struct buf b;

	(void)state;
	p->wire_size = 100;
	assert_int_equal(clean_size(&l, p), 107);
	p->wire_size = 0;
	buf_init(&b, 1 << 16);
	pprof_encode(p, &b);
	assert_int_equal(clean_size(&l, p), b.n + 7);
	buf_fini(&b);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_label_rules),
		cmocka_unit_test(test_profile_rules),
		cmocka_unit_test(test_open_windows),
		cmocka_unit_test(test_trims),
		cmocka_unit_test(test_sample_labels_limit),
		cmocka_unit_test(test_pipeline),
		cmocka_unit_test(test_builtin_rules),
		cmocka_unit_test(test_relabelled_groups),
		cmocka_unit_test(test_session),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_version_bounds),
		cmocka_unit_test(test_many_groups),
		cmocka_unit_test(test_size),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
