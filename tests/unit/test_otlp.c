/* test_otlp.c - export requests of OpenTelemetry: schemas, conversion, JSON, writing */
#include "tests/lib/profile_fixture.h"

#include "formats/folded/folded.h"
#include "formats/format.h"
#include "formats/otlp/otlp.h"
#include "formats/pprof/pprof.h"
#include "tests/lib/otlp_fixture.h"

static const struct format_opts all = { .keep = FORMAT_TAGS, .type = FORMAT_ALL_TYPES };

static const struct format *row(const char *name)
{
	struct err e;

	return format_by_name(str_cstr(name), &e);
}

static struct format_profiles decode(struct arena *a, const char *format, struct str bytes, const struct format_opts *o)
{
	struct format_profiles got = { 0 };
	struct err e;

	if (row(format)->decode(a, bytes, o, &got, &e) < 0)
		fail_msg("%s: %s", format, e.msg);
	return got;
}

static void expect_self(const char *what, const struct fx *x, const struct profile *p)
{
	int64_t want[FX_FUNCTIONS], got[FX_FUNCTIONS] = { 0 };

	fx_self(x, want);
	for (uint32_t i = 0; i < p->n_samples; i++) {
		const struct location *l = &p->locations[p->stack[p->stack_at[i]]];
		struct str name = p->strings[p->functions[p->lines[l->first_line].function].name];

		assert_int_equal(name.n, 2);
		got[name.p[1] - '0'] += profile_value(p, i, 0);
	}
	for (unsigned i = 0; i < FX_FUNCTIONS; i++)
		if (got[i] != want[i])
			fail_msg("%s: f%u has %lld, not %lld", what, i, (long long)got[i], (long long)want[i]);
}

/* ---- schemas ---- */

/* Requests of every schema: recognised, and the same profile comes out of all of them. */
static void test_schemas(void **ctx)
{
	(void)ctx;
	for (unsigned version = 0; version < FX_VERSIONS; version++)
		for (uint32_t seed = 0; seed < 300; seed++) {
			struct arena *a = arena_new();
			struct otlp_opts o = { 0 };
			struct format_profiles got;
			struct otlp *q;
			struct buf b;
			struct err e;
			struct fx x;

			fx_make(&x, version, seed);
			buf_init(&b, FIXTURE_MAX);
			fx_request(&b, &x);
			assert_int_equal(otlp_read(a, buf_str(&b), OTLP_PROTOBUF, &o, &q, &e), 0);
			if (strcmp(otlp_schema(q), fx_schemas[version]) != 0)
				fail_msg("seed %u: %s was taken for %s", seed, fx_schemas[version], otlp_schema(q));
			assert_int_equal(otlp_profiles(q), 1);
			assert_int_equal(otlp_samples(q), x.n_samples);
			if (otlp_convert(q, 0, &got, &e) < 0)
				fail_msg("%s, seed %u: %s", fx_schemas[version], seed, e.msg);
			assert_int_equal(got.n, 1);
			expect_self(fx_schemas[version], &x, got.p[0].p);
			assert_int_equal(got.p[0].p->time, INT64_C(1768471200000000000));
			assert_int_equal(got.p[0].p->duration, INT64_C(5000000000));
			assert_int_equal(got.p[0].p->period, x.period);
			assert_string_equal(row("otlp") == format_detect(buf_str(&b), STR_NONE, &e) ? "otlp" : "other",
			    "otlp");
			buf_fini(&b);
			arena_free(a);
		}
}

static void expect_label(const struct labels *l, const char *name, const char *want)
{
	struct str got = labels_get(l, str_cstr(name));

	if (!str_eq(got, str_cstr(want)))
		fail_msg("label %s is " STR_FMT ", not %s", name, STR_ARG(got), want);
}

/* As the server stores it: samples of CPU time become nanoseconds, labels of resource and link. */
static void test_as_stored(void **ctx)
{
	(void)ctx;
	for (unsigned version = 0; version < FX_VERSIONS; version++) {
		struct arena *a = arena_new();
		struct otlp_opts o = { .as_stored = true };
		struct format_profiles got;
		struct profile *p;
		struct otlp *q;
		struct buf b;
		struct err e;
		struct fx x;
		int64_t sum = 0;

		fx_make(&x, version, 4);
		x.values_alone = false;
		x.samples[0].attribute = 2;
		x.samples[0].link = true;
		buf_init(&b, FIXTURE_MAX);
		fx_request(&b, &x);
		assert_int_equal(otlp_read(a, buf_str(&b), OTLP_PROTOBUF, &o, &q, &e), 0);
		assert_int_equal(otlp_convert(q, 0, &got, &e), 0);
		p = got.p[0].p;
		for (unsigned i = 0; i < x.n_samples; i++)
			sum += fx_value(&x.samples[i]);
		assert_int_equal(fixture_total(p, 0), sum * x.period);
		assert_true(str_eq(profile_str(p, p->types[0].type), STR("cpu")));
		assert_true(str_eq(profile_str(p, p->types[0].unit), STR("nanoseconds")));
		labels_sort(&got.p[0].labels);
		expect_label(&got.p[0].labels, "__name__", "process_cpu");
		expect_label(&got.p[0].labels, "__delta__", "false");
		expect_label(&got.p[0].labels, "__otel__", "true");
		expect_label(&got.p[0].labels, "service_name", "shop");
		expect_label(&got.p[0].labels, "service.name", "shop");
		expect_label(&got.p[0].labels, "k8s.pod.name", "shop-1");
		assert_non_null(p->tag_at);
		assert_int_equal(p->tag_at[1], 3);
		assert_true(str_eq(profile_str(p, p->tags[0].key), STR("thread.name")));
		assert_true(str_eq(profile_str(p, p->tags[0].str), STR("f2")));
		assert_true(str_eq(profile_str(p, p->tags[1].key), STR("span_id")));
		assert_true(str_eq(profile_str(p, p->tags[1].str), STR("5350414e5350414e")));
		assert_true(str_eq(profile_str(p, p->tags[2].key), STR("trace_id")));
		buf_fini(&b);
		arena_free(a);
	}
}

/* ---- broken input ---- */

/* Each cut and many flipped bits: an error or a profile, nothing else. */
static void test_damage(void **ctx)
{
	(void)ctx;
	for (unsigned version = 0; version < FX_VERSIONS; version++) {
		struct buf b;
		struct fx x;
		char *copy;

		fx_make(&x, version, 77);
		buf_init(&b, FIXTURE_MAX);
		fx_request(&b, &x);
		copy = mem_alloc(b.n);
		for (size_t n = 0; n < b.n + b.n * 8; n++) {
			struct arena *a = arena_new();
			struct format_profiles got = { 0 };
			size_t size = n < b.n ? n : b.n;
			struct err e = { 0 };

			memcpy(copy, b.p, b.n);
			if (n >= b.n)
				copy[(n - b.n) / 8] ^= (char)(1 << (n - b.n) % 8);
			if (row("otlp")->decode(a, str_of(copy, size), &all, &got, &e) < 0) {
				assert_int_equal(e.kind, ERR_INVALID);
				assert_true(str_prefix(str_cstr(e.msg), STR("otlp: ")));
			} else {
				assert_true(got.n > 0);
			}
			arena_free(a);
		}
		mem_free(copy);
		buf_fini(&b);
	}
}

/* ---- round trips ---- */

static uint32_t n_tags(const struct profile *p)
{
	return p->tag_at ? p->tag_at[p->n_samples] : 0;
}

static void round_trip(const char *what, const char *format, struct arena *a, const struct format_profiles *in)
{
	struct format_profiles got;
	struct buf b, again;
	struct err e;

	buf_init(&b, FIXTURE_MAX);
	buf_init(&again, FIXTURE_MAX);
	assert_int_equal(row(format)->encode(in->p, in->n, &all, &b, &e), 0);
	got = decode(a, format, buf_str(&b), &all);
	assert_ptr_equal(format_detect(buf_str(&b), STR_NONE, &e), row(format));
	if (got.n != in->n)
		fail_msg("%s: %u profiles, not %u", what, got.n, in->n);
	for (uint32_t i = 0; i < got.n; i++) {
		const struct profile *p = in->p[i].p, *q = got.p[i].p;
		struct buf x, y;

		assert_int_equal(p->n_types, 1);
		buf_init(&x, FIXTURE_MAX);
		buf_init(&y, FIXTURE_MAX);
		folded_encode(p, 0, &x);
		folded_encode(q, 0, &y);
		if (!str_eq(buf_str(&x), buf_str(&y)))
			fail_msg("%s: profile %u has other stacks", what, i);
		buf_fini(&x);
		buf_fini(&y);
		assert_int_equal(fixture_total(p, 0), fixture_total(q, 0));
		assert_int_equal(p->time, q->time);
		assert_int_equal(p->duration, q->duration);
		assert_int_equal(p->period, q->period);
		if (n_tags(p) != n_tags(q))
			fail_msg("%s: %u tags, not %u", what, n_tags(q), n_tags(p));
		assert_int_equal(labels_cmp(&in->p[i].labels, &got.p[i].labels), 0);
	}
	/* what was read is written as the same bytes */
	assert_int_equal(row(format)->encode(got.p, got.n, &all, &again, &e), 0);
	if (!str_eq(buf_str(&b), buf_str(&again)))
		fail_msg("%s: written twice, the bytes differ", what);
	buf_fini(&again);
	buf_fini(&b);
}

static void test_round_trip(void **ctx)
{
	(void)ctx;
	for (uint32_t seed = 0; seed < 60; seed++) {
		struct arena *a = arena_new();
		struct format_profiles in;
		struct buf b;
		struct fx x;

		fx_make(&x, seed % FX_VERSIONS, seed);
		buf_init(&b, FIXTURE_MAX);
		fx_request(&b, &x);
		in = decode(a, "otlp", buf_str(&b), &all);
		round_trip("protobuf", "otlp", a, &in);
		round_trip("JSON", "otlp-json", a, &in);
		buf_fini(&b);
		arena_free(a);
	}
}

/* ---- JSON ---- */

#define TABLES                                                                                                      \
	"\"dictionary\":{\"stringTable\":[\"\",\"samples\",\"count\",\"f\\u00e9\\ud83d\\ude00\",\"key\",\"text\"]," \
	"\"locationTable\":[{},{\"lines\":[{\"functionIndex\":1}]}],\"functionTable\":[{},{\"nameStrindex\":3}],"   \
	"\"mappingTable\":[{}],\"stackTable\":[{},{\"locationIndices\":[1]}],\"attributeTable\":[{},"               \
	"{\"keyStrindex\":4,\"value\":{\"stringValueStrindex\":5}}],\"linkTable\":[{},{\"traceId\":"                \
	"\"00112233445566778899aabbccddeeff\",\"spanId\":\"0102030405060708\"},{\"spanId\":\"AQIDBAUGBwg=\"}]}"
#define REQUEST(samples)                                                                                 \
	"{\"resourceProfiles\":[{\"scopeProfiles\":[{\"profiles\":[{\"sampleType\":{\"typeStrindex\":1," \
	"\"unitStrindex\":2},\"samples\":" samples "}]}]}]," TABLES "}"

static const struct {
	const char *text;
	bool lenient;
	const char *want; /* folded and tags, or the error */
} json[] = {
	{ REQUEST("[{\"stackIndex\":1,\"values\":[\"5\",2.0]}]"), false, "f\u00e9\U0001f600 7\n" },
	{ REQUEST("[{\"stack_index\":1,\"values\":[1e2],\"attributeIndices\":[1],\"linkIndex\":1}]"), false,
	    "f\u00e9\U0001f600 100\nkey=text\nspan_id=0102030405060708\ntrace_id=00112233445566778899aabbccddeeff\n" },
	{ REQUEST("[{\"stackIndex\":1,\"timestampsUnixNano\":[\"1\",\"2\",18446744073709551615],\"linkIndex\":2}]"),
	    false, "f\u00e9\U0001f600 3\nspan_id=0102030405060708\n" },
	{ REQUEST("null"), false,
	    "otlp: no usable sample: the request has the schema v1development of 1.10, 1 profiles, 0 samples" },
	{ REQUEST("[{\"stackIndex\":\"x\"}]"), false, "otlp: byte 130: a whole number should stand here" },
	{ REQUEST("[{\"stackIndex\":1.5}]"), false, "otlp: byte 130: a whole number should stand here" },
	{ REQUEST("[{\"stackIndex\":3000000000}]"), false, "otlp: byte 137: the number is too large" },
	{ REQUEST("[{\"stackIndex\":1,\"value\":[1]}]"), false, "otlp: members of different schemas in one request" },
	{ REQUEST("[{\"stackIndex\":1,\"values\":[1],\"future\":{\"a\":[1,{\"b\":null}]}}]"), false,
	    "otlp: byte 151: unknown member \"future\"" },
	{ REQUEST("[{\"stackIndex\":1,\"values\":[1],\"future\":{\"a\":[1,{\"b\":null}]}}]"), true,
	    "f\u00e9\U0001f600 1\n" },
	{ REQUEST("[{\"stackIndex\":1,\"values\":[1],}]"), false, "otlp: byte 142: a value should follow the ','" },
	{ REQUEST("[{\"stackIndex\":1 \"values\":[1]}]"), false, "otlp: byte 129: ',' or '}' should stand here" },
	{ REQUEST("[]") " x", false, "otlp: byte 556: something follows the request" },
	{ "{", false, "otlp: byte 1: a name should stand here" },
	{ "[]", false, "otlp: byte 0: '{' should stand here" },
	{ "{\"resourceProfiles\":[{\"resource\":{\"attributes\":[{\"key\":\"\\q\"}]}}]}", false,
	    "otlp: byte 56: an escape that JSON does not have" },
};

static void print_tags(struct buf *b, const struct profile *p)
{
	for (uint32_t i = 0; i < n_tags(p); i++)
		buf_printf(b, STR_FMT "=" STR_FMT "\n", STR_ARG(profile_str(p, p->tags[i].key)),
		    STR_ARG(profile_str(p, p->tags[i].str)));
}

static void test_json(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(json); i++) {
		struct arena *a = arena_new();
		struct format_profiles got = { 0 };
		struct format_opts o = all;
		struct buf b;
		struct err e;

		o.lenient = json[i].lenient;
		buf_init(&b, FIXTURE_MAX);
		if (row("otlp-json")->decode(a, str_cstr(json[i].text), &o, &got, &e) < 0) {
			buf_add(&b, str_cstr(e.msg));
		} else {
			folded_encode(got.p[0].p, 0, &b);
			print_tags(&b, got.p[0].p);
			assert_int_equal(got.notes.skipped, json[i].lenient);
		}
		if (!str_eq(buf_str(&b), str_cstr(json[i].want)))
			fail_msg("case %zu: " STR_FMT, i, STR_ARG(buf_str(&b)));
		buf_fini(&b);
		arena_free(a);
	}
}

/* Deep values end at a limit, wherever they stand. */
static void test_deep(void **ctx)
{
	static const char *const inner[] = { "{\"arrayValue\":{\"values\":[",
		"{\"kvlistValue\":{\"values\":[{\"value\":", "{\"unheard\":[" };

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(inner); i++) {
		struct arena *a = arena_new();
		struct format_profiles got = { 0 };
		struct format_opts o = { .lenient = true };
		struct buf b;
		struct err e;

		buf_init(&b, FIXTURE_MAX);
		buf_add(&b, STR("{\"resourceProfiles\":[{\"resource\":{\"attributes\":[{\"value\":"));
		for (unsigned k = 0; k < 100000; k++)
			buf_add(&b, str_cstr(inner[i]));
		assert_int_equal(row("otlp-json")->decode(a, buf_str(&b), &o, &got, &e), -1);
		assert_non_null(strstr(e.msg, " nested more than 100 deep"));
		buf_fini(&b);
		arena_free(a);
	}
}

/* ---- labels ---- */

static const struct {
	const char *rules; /* separated by commas */
	const char *want;
} label_rules[] = {
	{ "*", "k8s.pod.name=shop-1 service.name=shop thread.name" },
	{ "k8s.pod.name", "k8s.pod.name=shop-1" },
	{ "k8s.pod.name=pod,*", "pod=shop-1 service.name=shop thread.name" },
	{ "-k8s.*,*", "service.name=shop thread.name" },
	{ "resource/*", "k8s.pod.name=shop-1 service.name=shop" },
	{ "sample/thread.name=thread", "thread" },
	{ "-service.name,-sample/*,*", "k8s.pod.name=shop-1" },
	{ "scope/*,profile/*", "" },
	{ "", "\"\": an attribute should be named" },
	{ "a*b", "\"a*b\": a '*' stands at the end alone" },
	{ "a*=b", "\"a*=b\": several attributes cannot have one name" },
	{ "a=", "\"a=\": a name should follow the '='" },
	{ "-a=b", "\"-a=b\": what is dropped has no name" },
};

static void label_text(struct buf *b, const struct format_profile *f)
{
	const struct profile *p = f->p;

	for (uint32_t i = 0; i < f->labels.n; i++)
		if (!str_prefix(f->labels.p[i].name, STR("__")) && !str_eq(f->labels.p[i].name, STR("service_name")))
			buf_printf(b, "%s" STR_FMT "=" STR_FMT, b->n ? " " : "", STR_ARG(f->labels.p[i].name),
			    STR_ARG(f->labels.p[i].value));
	if (n_tags(p) > 0)
		buf_printf(b, "%s" STR_FMT, b->n ? " " : "", STR_ARG(profile_str(p, p->tags[0].key)));
}

static void test_labels(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(label_rules); i++) {
		struct arena *a = arena_new();
		struct str rest = str_cstr(label_rules[i].rules), rules[4];
		struct format_profiles got;
		struct otlp_opts o = { 0 };
		struct buf b, out;
		struct otlp *q;
		struct err e;
		struct fx x;
		size_t n = 0;

		do
			rules[n++] = str_cut(&rest, ',');
		while (rest.n);
		fx_make(&x, 6, 1);
		for (unsigned k = 0; k < x.n_samples; k++) {
			x.samples[k].attribute = 1;
			x.samples[k].link = false;
		}
		buf_init(&b, FIXTURE_MAX);
		buf_init(&out, FIXTURE_MAX);
		fx_request(&b, &x);
		o.labels = otlp_labels_parse(a, rules, n, &e);
		if (o.labels == NULL) {
			assert_int_equal(e.kind, ERR_USAGE);
			buf_add(&out, str_cstr(e.msg));
		} else {
			assert_int_equal(otlp_read(a, buf_str(&b), OTLP_PROTOBUF, &o, &q, &e), 0);
			assert_int_equal(otlp_convert(q, 0, &got, &e), 0);
			labels_sort(&got.p[0].labels);
			expect_label(&got.p[0].labels, "service_name", "shop");
			label_text(&out, &got.p[0]);
		}
		if (!str_eq(buf_str(&out), str_cstr(label_rules[i].want)))
			fail_msg("%s: " STR_FMT, label_rules[i].rules, STR_ARG(buf_str(&out)));
		buf_fini(&out);
		buf_fini(&b);
		arena_free(a);
	}
}

/* What stands once and comes again in each profile is refused before it takes all memory, or all time. */
static const struct again {
	const char *want;
	unsigned profiles, pairs, types, samples, depth, lines; /* pairs: of the resource; lines: of the location */
} agains[] = {
	{ "the stacks of the samples have more than", 1, 0, 1, 20000, 20000, 0 },
	{ "the samples of the profiles have more than", 1, 0, 20000, 20000, 1, 0 },
	{ "the locations of the profiles have more than", 10000, 0, 1, 1, 1, 10000 },
	{ "the profiles have more than", 10000, 10000, 1, 1, 1, 0 },
};

static void again_profiles(struct buf *b, const struct again *x)
{
	size_t resources = fx_open(b, 1), at = fx_open(b, 1), scopes;

	for (unsigned i = 0; i < x->pairs; i++)
		pb_put_bytes(b, 1, STR_NONE);
	fx_close(b, at);
	scopes = fx_open(b, 2);
	for (unsigned i = 0; i < x->profiles; i++) {
		at = fx_open(b, 2);
		for (unsigned k = 0; k < x->types; k++)
			fx_type(b, 1, 1, 2);
		for (unsigned k = 0; k < x->samples; k++)
			pb_put_bytes(b, 2, STR("\x08\x01\x22\x01\x05"));
		fx_close(b, at);
	}
	fx_close(b, scopes);
	fx_close(b, resources);
}

static void again_tables(struct buf *b, const struct again *x)
{
	size_t tables = fx_open(b, 2), at, list;

	pb_put_bytes(b, 1, STR_NONE);
	pb_put_bytes(b, 2, STR_NONE);
	at = fx_open(b, 2);
	for (unsigned i = 0; i < x->lines; i++)
		pb_put_bytes(b, 3, STR_NONE);
	fx_close(b, at);
	pb_put_bytes(b, 3, STR_NONE);
	for (unsigned i = 0; i < 5; i++)
		pb_put_bytes(b, 5, str_cstr(fx_strings[i]));
	pb_put_bytes(b, 7, STR_NONE);
	at = fx_open(b, 7);
	list = fx_open(b, 1);
	for (unsigned i = 0; i < x->depth; i++)
		buf_uvarint(b, 1);
	fx_close(b, list);
	fx_close(b, at);
	fx_close(b, tables);
}

static void test_again(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(agains); i++) {
		struct arena *a = arena_new();
		struct format_profiles got = { 0 };
		struct err e = { 0 };
		struct buf b;

		buf_init(&b, FIXTURE_MAX);
		again_profiles(&b, &agains[i]);
		again_tables(&b, &agains[i]);
		assert_int_equal(row("otlp")->decode(a, buf_str(&b), &all, &got, &e), -1);
		if (strstr(e.msg, agains[i].want) == NULL)
			fail_msg("%s: %s", agains[i].want, e.msg);
		assert_int_equal(e.kind, ERR_LIMIT);
		assert_true(arena_bytes(a) < 64 * b.n + (128 << 20));
		buf_fini(&b);
		arena_free(a);
	}
}

/* A program stands in for a service that is not named: the last one that is said, alone. */
static void test_program(void **ctx)
{
	static const char text[] =
	    "{\"resourceProfiles\":[{\"resource\":{\"attributes\":["
	    "{\"key\":\"process.executable.name\",\"value\":{\"stringValue\":\"one\"}},"
	    "{\"key\":\"process.executable.name\",\"value\":{\"stringValue\":\"two\"}}]},"
	    "\"scopeProfiles\":[{\"profiles\":[{\"sampleType\":{\"typeStrindex\":1,\"unitStrindex\":2},"
	    "\"samples\":[{\"stackIndex\":0,\"values\":[5]}]}]}]}],"
	    "\"dictionary\":{\"stringTable\":[\"\",\"cpu\",\"count\"],\"stackTable\":[{}]}}";
	struct arena *a = arena_new();
	struct format_profiles got = decode(a, "otlp-json", str_cstr(text), &all);

	(void)ctx;
	assert_int_equal(got.n, 1);
	expect_label(&got.p[0].labels, "service_name", "unknown_service:two");
	arena_free(a);
}

/* ---- shared data ---- */

static const json_t *member(const json_t *o, const char *name)
{
	return json_object_get(o, name);
}

static void expect_type(const char *path, const struct profile *p, struct value_type t, const json_t *want)
{
	const char *type = json_string_value(json_array_get(want, 0)),
		   *unit = json_string_value(json_array_get(want, 1));

	if (!str_eq(profile_str(p, t.type), str_cstr(type)) || !str_eq(profile_str(p, t.unit), str_cstr(unit)))
		fail_msg("%s: types differ", path);
}

static void expect_converted(const char *path, const struct format_profile *f, const json_t *want,
    const json_t *resource)
{
	const struct profile *p = f->p;
	const char *service = json_string_value(member(member(resource, "attributes"), "service.name"));

	expect_type(path, p, p->types[0], member(want, "sample_type"));
	expect_type(path, p, p->period_type, member(want, "period_type"));
	assert_int_equal(p->n_samples, json_integer_value(member(want, "samples")));
	assert_int_equal(p->period, json_integer_value(member(want, "period")));
	assert_int_equal(p->time, json_integer_value(member(want, "time_unix_nano")));
	assert_int_equal(p->duration, json_integer_value(member(want, "duration_nano")));
	assert_int_equal(fixture_total(p, 0), json_integer_value(member(want, "total")));
	if (service != NULL)
		expect_label(&f->labels, "service_name", service);
}

/* What the original made of a request of 1.5: one profile of the samples without a service, one of a container. */
static void old_layout(struct arena *a, struct str bytes)
{
	static const char *const files[] = { "unknown", "docker" };
	struct format_profiles got = decode(a, "otlp", bytes, &(struct format_opts){ 0 });
	size_t i;

	assert_int_equal(got.n, ARRAY_LEN(files));
	for (uint32_t k = 0; k < got.n; k++) {
		struct str text = fixture_file(a,
		    arena_printf(a, "otlp/old-layout/otel-ebpf-profiler-pyrosymbolized-%s.json", files[k]).p);
		const struct profile *p = got.p[k].p;
		json_t *want, *sample;
		int64_t sum = 0;
		size_t depth = 0;
		struct err e;

		want = json_parse(text, &e);
		assert_non_null(want);
		json_array_foreach(member(want, "samples"), i, sample) {
			sum += strtoll(json_string_value(member(sample, "values")), NULL, 10);
			depth += json_array_size(member(sample, "locations"));
		}

		assert_int_equal(p->stack_at[p->n_samples], depth);
		assert_int_equal(p->n_samples, json_array_size(member(want, "samples")));
		assert_int_equal(fixture_total(p, 0) * p->period, sum);
		json_decref(want);
	}
}

static void shared_row(const char *path, const json_t *index, void *arg)
{
	const json_t *expected = member(member(index, "expected"), "otlp_proto_1_10_profiles_0_3"), *r, *w;
	const char *format = strstr(path, ".json") ? "otlp-json" : "otlp";
	struct arena *a = arena_new();
	struct str bytes = fixture_file(a, path);
	struct format_profiles got = { 0 };
	uint32_t n = 0;
	struct err e;
	size_t i, k;

	(void)arg;
	if (!json_is_array(member(expected, "resource_profiles"))) {
		/* a request of 1.5, and files of what the original made of it */
		if (strcmp(format, "otlp") == 0)
			old_layout(a, bytes);
		else
			assert_int_equal(row(format)->decode(a, bytes, &all, &got, &e), -1);
		arena_free(a);
		return;
	}
	if (format_detect(bytes, STR_NONE, &e) != row(format))
		fail_msg("%s: not recognised", path);
	got = decode(a, format, bytes, &all);
	json_array_foreach(member(expected, "resource_profiles"), i, r) {
		json_array_foreach(member(r, "profiles"), k, w) {
			if (json_integer_value(member(w, "samples")) == 0)
				continue;
			assert_true(n < got.n);
			expect_converted(path, &got.p[n++], w, r);
		}
	}
	assert_int_equal(n, got.n);
	round_trip(path, "otlp", a, &got);
	round_trip(path, "otlp-json", a, &got);
	arena_free(a);
}

static void test_shared(void **ctx)
{
	(void)ctx;
	assert_true(fixture_rows("otlp/", "otlp", shared_row, NULL) >= 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schemas),
		cmocka_unit_test(test_as_stored),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_shared),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
