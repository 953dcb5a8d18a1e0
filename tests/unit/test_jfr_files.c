/*
 * test_jfr_files.c - real recordings: what the decoder makes of them as the
 * server reads them, against what Pyroscope and its parser made of them.
 */
#include "tests/lib/profile_fixture.h"

#include "base/zip.h"
#include "formats/jfr/jfr.h"
#include "formats/pprof/pprof.h"

enum { LIMIT = 64 << 20 };

static struct str unpacked(struct arena *a, const char *path)
{
	struct str bytes = fixture_file(a, path);
	struct err e;

	if (bytes.p && format_unpack(a, bytes, LIMIT, &bytes, &e) < 0)
		fail_msg("%s: %s", path, e.msg);
	return bytes;
}

/* As the server reads it, at 100 Hz. */
static void decode(struct arena *a, const char *path, const char *labels, struct format_profiles *out)
{
	struct jfr_opts o = { .rate = 100, .only_known = true, .clean_names = true, .spans = true };
	struct err e;

	*out = (struct format_profiles){ 0 };
	if (labels)
		o.contexts = unpacked(a, labels);
	if (jfr_decode(a, unpacked(a, path), &o, out, &e) < 0)
		fail_msg("%s: %s", path, e.msg);
}

static bool has_types(const struct profile *p, const json_t *types)
{
	if (json_array_size(types) != p->n_types)
		return false;
	for (uint32_t i = 0; i < p->n_types; i++) {
		const json_t *t = json_array_get(types, i);

		if (!str_eq(profile_str(p, p->types[i].type), str_cstr(json_string_value(json_array_get(t, 0)))) ||
		    !str_eq(profile_str(p, p->types[i].unit), str_cstr(json_string_value(json_array_get(t, 1)))))
			return false;
	}
	return true;
}

static const struct profile *find(const struct format_profiles *got, const char *metric, const json_t *types)
{
	for (uint32_t i = 0; i < got->n; i++)
		if (str_eq(labels_get(&got->p[i].labels, STR("__name__")), str_cstr(metric)) &&
		    has_types(got->p[i].p, types))
			return got->p[i].p;
	return NULL;
}

static int64_t with_key(const struct profile *p, const char *key)
{
	int64_t n = 0;

	for (uint32_t i = 0; p->tag_at && i < p->n_samples; i++)
		for (uint32_t k = p->tag_at[i]; k < p->tag_at[i + 1]; k++)
			n += str_eq(profile_str(p, p->tags[k].key), str_cstr(key));
	return n;
}

#define SAME(path, what, got, want)                                                                          \
	do {                                                                                                 \
		if ((long long)(got) != (long long)(want))                                                   \
			fail_msg("%s: %s: %lld, not %lld", path, what, (long long)(got), (long long)(want)); \
	} while (0)

static void check_facts(const char *path, const json_t *row, void *arg)
{
	const json_t *facts = fixture_get(row, "jfr_parser_0_16"), *profiles = json_object_get(facts, "profiles"),
		     *keys;
	struct arena *a = arena_new();
	struct format_profiles got;
	const char *key;
	json_t *n;

	if (!json_is_true(json_object_get(facts, "accepts")))
		fail_msg("%s: the index has no facts", path);
	decode(a, path, json_string_value(json_object_get(row, "labels_file")), &got);
	SAME(path, "profiles", got.n, json_array_size(profiles));
	for (size_t i = 0; i < json_array_size(profiles); i++) {
		const json_t *want = json_array_get(profiles, i), *totals = json_object_get(want, "totals");
		const char *metric = json_string_value(json_object_get(want, "metric"));
		const struct profile *p = find(&got, metric, json_object_get(want, "sample_types"));

		if (p == NULL)
			fail_msg("%s: no profile %s", path, metric);
		SAME(path, "samples", p->n_samples, json_integer_value(json_object_get(want, "samples")));
		SAME(path, "functions", p->n_functions, json_integer_value(json_object_get(want, "functions")));
		SAME(path, "locations", p->n_locations, json_integer_value(json_object_get(want, "locations")));
		for (uint32_t t = 0; t < p->n_types; t++)
			SAME(path, metric, fixture_total(p, t), json_integer_value(json_array_get(totals, t)));
		keys = json_object_get(want, "label_keys");
		json_object_foreach((json_t *)(uintptr_t)keys, key, n)
			SAME(path, key, with_key(p, key), json_integer_value(n));
	}
	if (got.n &&
	    !str_eq(labels_get(&got.p[0].labels, STR("jfr_event")),
		str_cstr(json_string_value(json_object_get(facts, "jfr_event")))))
		fail_msg("%s: event " STR_FMT, path, STR_ARG(got.p[0].labels.p[1].value));
	arena_free(a);
	++*(unsigned *)arg;
}

static void test_facts(void **ctx)
{
	unsigned n = 0;

	(void)ctx;
	fixture_rows("jfr/ own/", "jfr", check_facts, &n);
	print_message("%u recordings\n", n);
	assert_in_range(n, 15, 10000);
}

/* ---- stacks, as lines of text ---- */

struct lines {
	struct arena *a;
	struct str *p; /* stack, then its values */
	size_t n, cap;
};

static int by_text(const void *x, const void *y)
{
	return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static void add_line(struct lines *l, struct str s)
{
	if (l->n == l->cap) {
		size_t cap = l->cap * 2 + 64;
		struct str *p = arena_array(l->a, cap, sizeof(*p));

		if (l->n)
			memcpy(p, l->p, l->n * sizeof(*p));
		l->p = p;
		l->cap = cap;
	}
	l->p[l->n++] = s;
}

static struct str stack_text(struct arena *a, const struct profile *p, uint32_t i)
{
	struct buf b;
	struct str s;

	buf_init(&b, LIMIT);
	for (uint32_t k = p->stack_at[i + 1]; k > p->stack_at[i]; k--) {
		const struct line *l = &p->lines[p->locations[p->stack[k - 1]].first_line];

		buf_printf(&b, "%s" STR_FMT ":%lld", k < p->stack_at[i + 1] ? ";" : "",
		    STR_ARG(profile_str(p, p->functions[l->function].name)), (long long)l->line);
	}
	s = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return s;
}

/* One line for each stack: "a:1;b:2 [values]", sorted; type UINT32_MAX: all of them. Equal stacks are added. */
static struct str collapse(struct arena *a, const struct profile *p, uint32_t type)
{
	struct lines l = { .a = a };
	struct buf out;
	struct str s;

	for (uint32_t i = 0; i < p->n_samples; i++) {
		struct str stack = stack_text(a, p, i);

		/* the sample's number behind a NUL: found again after sorting */
		add_line(&l, arena_printf(a, STR_FMT "%c%u", STR_ARG(stack), 0, i));
	}
	qsort(l.p, l.n, sizeof(*l.p), by_text);
	buf_init(&out, LIMIT);
	for (size_t i = 0; i < l.n;) {
		struct str stack = str_of(l.p[i].p, str_find(l.p[i], '\0'));
		int64_t sums[3] = { 0 };
		uint32_t types = 1;

		for (; i < l.n && str_eq(str_of(l.p[i].p, str_find(l.p[i], '\0')), stack); i++) {
			uint32_t sample = (uint32_t)strtoul(l.p[i].p + stack.n + 1, NULL, 10);

			types = type == UINT32_MAX ? p->n_types : 1;
			for (uint32_t t = 0; t < types; t++)
				sums[t] += profile_value(p, sample, type == UINT32_MAX ? t : type);
		}
		buf_printf(&out, STR_FMT " [", STR_ARG(stack));
		for (uint32_t t = 0; t < types; t++)
			buf_printf(&out, "%s%lld", t ? " " : "", (long long)sums[t]);
		buf_printf(&out, "]\n");
	}
	s = arena_str(a, buf_str(&out));
	buf_fini(&out);
	return s;
}

static struct str sort_lines(struct arena *a, struct str text)
{
	struct lines l = { .a = a };
	struct buf out;
	struct str s;

	while (text.n)
		add_line(&l, str_cut(&text, '\n'));
	qsort(l.p, l.n, sizeof(*l.p), by_text);
	buf_init(&out, LIMIT);
	for (size_t i = 0; i < l.n; i++)
		if (l.p[i].n)
			buf_printf(&out, STR_FMT "\n", STR_ARG(l.p[i]));
	s = arena_str(a, buf_str(&out));
	buf_fini(&out);
	return s;
}

static void same_text(const char *path, struct arena *a, struct str got, struct str want)
{
	got = sort_lines(a, got);
	want = sort_lines(a, want);
	if (str_eq(got, want))
		return;
	while (got.n || want.n) {
		struct str g = str_cut(&got, '\n'), w = str_cut(&want, '\n');

		if (!str_eq(g, w))
			fail_msg("%s:\n got " STR_FMT "\nwant " STR_FMT, path, STR_ARG(g), STR_ARG(w));
	}
}

static const struct profile *typed(const struct format_profiles *got, const char *type, uint32_t *at)
{
	for (uint32_t i = 0; i < got->n; i++)
		for (*at = 0; *at < got->p[i].p->n_types; ++*at)
			if (str_eq(profile_str(got->p[i].p, got->p[i].p->types[*at].type), str_cstr(type)))
				return got->p[i].p;
	return NULL;
}

/* ---- what the parser's own tests expect: FILE_N_METRIC_type__unit_..._expected_collapsed.txt.gz ---- */

static const char *const type_names[] = { "alloc_in_new_tlab_bytes", "alloc_outside_tlab_bytes", "alloc_sample_bytes",
	"malloc_bytes", "block_contentions", "mutex_contentions", "cpu_cpu__nanoseconds", "wall_wall__nanoseconds" };
static const char *const types_of_names[] = { "alloc_in_new_tlab_bytes", "alloc_outside_tlab_bytes",
	"alloc_sample_bytes", "malloc_bytes", "block", "mutex", "cpu", "wall" };

static const struct profile *of_file(const struct format_profiles *got, const char *name)
{
	uint32_t at;

	for (size_t i = 0; i < ARRAY_LEN(type_names); i++) {
		if (strstr(name, type_names[i]) == NULL)
			continue;
		if (strcmp(types_of_names[i], "block") != 0 && strcmp(types_of_names[i], "mutex") != 0)
			return typed(got, types_of_names[i], &at);
		for (uint32_t k = 0; k < got->n; k++)
			if (str_eq(labels_get(&got->p[k].labels, STR("__name__")), str_cstr(types_of_names[i])))
				return got->p[k].p;
	}
	return NULL;
}

/* The recording that an expectation belongs to: its name is the beginning. */
static const char *const recordings[] = { "FastSlow_2024_01_16_180855", "async-profiler",
	"cortex-dev-01__kafka-0__cpu__0", "cortex-dev-01__kafka-0__cpu__1",
	"cortex-dev-01__kafka-0__cpu_lock0_alloc0__0", "cortex-dev-01__kafka-0__cpu_lock_alloc__0",
	"cortex-dev-01__kafka-0__cpu_lock_alloc__1", "cpool-uint64-constant-index", "dump1", "example", "nativemem",
	"parse_failure_repro1", "wall" };

static void decode_for(struct arena *a, const char *file, struct format_profiles *got)
{
	const char *name = strrchr(file, '/') + 1;

	for (size_t i = 0; i < ARRAY_LEN(recordings); i++) {
		size_t n = strlen(recordings[i]);

		if (strncmp(name, recordings[i], n) != 0 || (name[n] != '_' && name[n] != '.'))
			continue;
		decode(a, arena_printf(a, "jfr/%s.jfr.gz", recordings[i]).p,
		    strcmp(recordings[i], "dump1") == 0 ? "jfr/dump1.labels.pb.gz" : NULL, got);
		return;
	}
	fail_msg("%s: no such recording", file);
}

static void check_collapsed(const char *path, const json_t *row, void *arg)
{
	struct arena *a = arena_new();
	struct format_profiles got;
	const struct profile *p;

	(void)row;
	if (strstr(path, "_expected_collapsed.txt.gz") != NULL) {
		decode_for(a, path, &got);
		p = of_file(&got, path);
		if (p == NULL)
			fail_msg("%s: there is no such profile", path);
		same_text(path, a, collapse(a, p, UINT32_MAX), unpacked(a, path));
		++*(unsigned *)arg;
	}
	arena_free(a);
}

static void test_collapsed(void **ctx)
{
	unsigned n = 0;

	(void)ctx;
	fixture_rows("jfr/expected/", "text", check_collapsed, &n);
	print_message("%u collapsed profiles\n", n);
	assert_in_range(n, 20, 10000);
}

/*
 * ---- what the server's tests expect: a pprof for each recording, type and set of labels ----
 * FILE.jfr.gz.METRIC_TYPE_UNIT_....HASH.pb.gz. Where there are several, the largest has all samples, and each other one
 * those of a thread_name once more.
 */

enum { MAX_PARTS = 32 };

struct parts {
	struct arena *a;
	char *of;   /* the recording */
	char *kind; /* METRIC_TYPE_UNIT_... */
	const struct profile *p[MAX_PARTS];
	size_t n;
};

struct all_parts {
	struct parts p[MAX_PARTS];
	size_t n;
};

static void take_part(const char *path, const json_t *row, void *arg)
{
	struct all_parts *all = arg;
	const char *of = json_string_value(json_object_get(row, "expected_of"));
	struct str kind = str_cstr(strrchr(path, '/') + 1);
	struct parts *x = NULL;
	struct profile *p;
	struct err e;

	assert_non_null(of);
	kind = str_skip(kind, strlen(strrchr(of, '/') + 1) + 1);
	kind.n = str_find(kind, '.');
	for (size_t i = 0; i < all->n && x == NULL; i++)
		if (strcmp(all->p[i].of, of) == 0 && str_eq(str_cstr(all->p[i].kind), kind))
			x = &all->p[i];
	if (x == NULL) {
		assert_true(all->n < MAX_PARTS);
		x = &all->p[all->n++];
		x->a = arena_new();
		x->of = arena_cstr(x->a, str_cstr(of));
		x->kind = arena_cstr(x->a, kind);
	}
	assert_true(x->n < MAX_PARTS);
	if (pprof_decode(x->a, unpacked(x->a, path), &p, &e) < 0)
		fail_msg("%s: %s", path, e.msg);
	x->p[x->n++] = p;
}

/* The profile whose METRIC_TYPE_UNIT begins the name. */
static const struct profile *of_kind(const struct format_profiles *got, struct arena *a, const char *kind, uint32_t *t)
{
	for (uint32_t i = 0; i < got->n; i++)
		for (*t = 0; *t < got->p[i].p->n_types; ++*t) {
			const struct profile *p = got->p[i].p;
			struct str name = arena_printf(a, STR_FMT "_" STR_FMT "_" STR_FMT "_",
			    STR_ARG(labels_get(&got->p[i].labels, STR("__name__"))),
			    STR_ARG(profile_str(p, p->types[*t].type)), STR_ARG(profile_str(p, p->types[*t].unit)));

			if (str_prefix(str_cstr(kind), name))
				return p;
		}
	return NULL;
}

static int64_t total_of_thread(const struct profile *p, uint32_t type, struct str thread)
{
	int64_t sum = 0;

	for (uint32_t i = 0; p->tag_at && i < p->n_samples; i++)
		for (uint32_t k = p->tag_at[i]; k < p->tag_at[i + 1]; k++)
			if (str_eq(profile_str(p, p->tags[k].key), STR("thread_name")) &&
			    str_eq(profile_str(p, p->tags[k].str), thread))
				sum += profile_value(p, i, type);
	return sum;
}

static bool is_of_a_thread(const struct profile *p, uint32_t type, int64_t sum)
{
	for (uint32_t i = 0; i < p->n_strings; i++)
		if (total_of_thread(p, type, p->strings[i]) == sum)
			return true;
	return false;
}

static void test_server(void **ctx)
{
	static struct all_parts all;

	(void)ctx;
	fixture_rows("jfr/expected-pprof/", "pprof", take_part, &all);
	print_message("%zu profiles of the server\n", all.n);
	assert_in_range(all.n, 10, MAX_PARTS);
	for (size_t i = 0; i < all.n; i++) {
		struct parts *x = &all.p[i];
		struct format_profiles got;
		const struct profile *p, *whole = x->p[0];
		uint32_t type = 0;

		for (size_t k = 1; k < x->n; k++)
			if (fixture_total(x->p[k], 0) > fixture_total(whole, 0))
				whole = x->p[k];
		decode(x->a, x->of, strstr(x->of, "dump1") ? "jfr/dump1.labels.pb.gz" : NULL, &got);
		p = of_kind(&got, x->a, x->kind, &type);
		if (p == NULL)
			fail_msg("%s: no %s", x->of, x->kind);
		same_text(x->kind, x->a, collapse(x->a, p, type), collapse(x->a, whole, 0));
		for (size_t k = 0; k < x->n; k++)
			if (x->p[k] != whole && !is_of_a_thread(p, type, fixture_total(x->p[k], 0)))
				fail_msg("%s %s: no thread of %lld", x->of, x->kind,
				    (long long)fixture_total(x->p[k], 0));
		arena_free(x->a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_collapsed),
		cmocka_unit_test(test_server),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
