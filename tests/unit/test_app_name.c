/*
 * test_app_name.c - labelsets, types by suffix, sample type configuration,
 * profile names and fix-ups.
 */
#include "tests/lib/pprof_read.h"
#include "tests/lib/profile_fixture.h"

#include "formats/labels/app_name.h"
#include "formats/folded/folded.h"
#include "formats/pprof/pprof.h"

static const struct {
	const char *text, *want; /* app | name=value ... of all tags, or the error */
} sets[] = {
	{ "my-app.cpu", "my-app.cpu|" },
	{ " my/app_1 ", "my/app_1|" },
	{ "svc{region=eu, pod=p-1}", "svc| pod=p-1 region=eu" },
	{ "svc{__session_id__=a1b2c3d4e5f60718,otel.scope.name=com.grafana.pyroscope/go}",
	    "svc| __session_id__=a1b2c3d4e5f60718 otel.scope.name=com.grafana.pyroscope/go" },
	{ "svc{path=/a,b}", "svc| path=/a" },
	{ "svc{a=1", "svc|" },
	{ "svc{a=1,b=2", "svc| a=1" },
	{ "svc{", "svc|" },
	{ "svc{}", "svc|" },
	{ "svc {a = 1 , b=}", "svc| a=1 b=" },
	{ "svc{a={x=y} }", "svc| a={x=y" },
	{ "svc{a=1}b=2,c=3}", "svc| a=1 b=2 c=3" },
	{ "svc{b=1,a=2,b=3}", "svc| a=2 b=3" },
	{ "svc{__name__=other app,a=1}", "other app| a=1" },
	{ "svc{a=1}}b=2}", "svc| a=1" },
	{ "svc{a=\xc3\xa9}", "svc| a=\xc3\xa9" },
	{ "", "service name is required" },
	{ "{a=1}", "service name is required" },
	{ "  {", "service name is required" },
	{ "a b", "invalid service name: a b: character is not allowed: ' '" },
	{ "caf\xc3\xa9.cpu{a=1}", "invalid service name: caf\xc3\xa9.cpu: character is not allowed: '\xc3\xa9'" },
	{ "a\xff", "invalid service name: a\xff: character is not allowed: '\xef\xbf\xbd'" },
	{ "svc{a,b=1}", "invalid label name: a,b: character is not allowed: ','" },
	{ "svc{a-b=1}", "invalid label name: a-b: character is not allowed: '-'" },
	{ "svc{=1}", "label name is required" },
	{ "svc{ =1,a=1}", "label name is required" },
	{ "svc{a=1}{b=2}", "invalid label name: {b: character is not allowed: '{'" },
};

static void test_labelset(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		struct arena *a = arena_new();
		struct labelset l;
		struct buf b;
		struct err e;

		buf_init(&b, 4096);
		if (labelset_parse(a, str_cstr(sets[i].text), &l, &e) < 0) {
			assert_int_equal(e.kind, ERR_INVALID);
			buf_add(&b, str_cstr(e.msg));
		} else {
			buf_printf(&b, STR_FMT "|", STR_ARG(l.app));
			for (uint32_t k = 0; k < l.tags.n; k++)
				buf_printf(&b, " " STR_FMT "=" STR_FMT, STR_ARG(l.tags.p[k].name),
				    STR_ARG(l.tags.p[k].value));
		}
		if (!str_eq(buf_str(&b), str_cstr(sets[i].want)))
			fail_msg("%s: %.*s", sets[i].text, STR_ARG(buf_str(&b)));
		buf_fini(&b);
		arena_free(a);
	}
}

static void test_labelset_labels(void **ctx)
{
	struct arena *a = arena_new();
	struct labelset l;
	struct labels labels;
	struct err e;

	(void)ctx;
	assert_int_equal(labelset_parse(a, STR("s{z=1,__x__=2,__session_id__=3,__=4,_y=5}"), &l, &e), 0);
	labels = labelset_labels(a, &l);
	assert_int_equal(labels.n, 3);
	assert_true(str_eq(labels.p[0].name, STR("__session_id__")));
	assert_true(str_eq(labels.p[1].name, STR("_y")));
	assert_true(str_eq(labels.p[2].name, STR("z")));
	assert_false(labelset_ignored(&l));
	assert_int_equal(labelset_parse(a, STR("s{profile_id=}"), &l, &e), 0);
	assert_false(labelset_ignored(&l));
	assert_int_equal(labelset_parse(a, STR("s{profile_id=x}"), &l, &e), 0);
	assert_true(labelset_ignored(&l));
	arena_free(a);
}

static void test_labelset_limit(void **ctx)
{
	struct arena *a = arena_new();
	struct labelset l;
	struct buf b;
	struct err e;

	(void)ctx;
	buf_init(&b, 1 << 20);
	buf_add(&b, STR("s{"));
	for (unsigned i = 0; i < 4096; i++)
		buf_printf(&b, "k%u=v,", i);
	assert_int_equal(labelset_parse(a, buf_str(&b), &l, &e), 0);
	assert_int_equal(l.tags.n, 4096);
	buf_add(&b, STR("last=v}"));
	assert_int_equal(labelset_parse(a, buf_str(&b), &l, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	buf_fini(&b);
	arena_free(a);
}

static const struct {
	const char *app;
	uint32_t rate;
	const char *want; /* app: name:type:unit:period type:period unit period */
} types[] = {
	{ "app", 100, "app: process_cpu:cpu:nanoseconds:cpu:nanoseconds 10000000" },
	{ "app.cpu", 100, "app: process_cpu:cpu:nanoseconds:cpu:nanoseconds 10000000" },
	{ "a.b.cpu", 99, "a.b: process_cpu:cpu:nanoseconds:cpu:nanoseconds 10101010" },
	{ "app.itimer", 100, "app: process_cpu:cpu:nanoseconds:cpu:nanoseconds 10000000" },
	{ "app.cpu", 0, "app: process_cpu:samples:count:: 0" },
	{ "app.wall", 0, "app: wall:samples:count:: 0" },
	{ "app.wall", 1000000000, "app: wall:wall:nanoseconds:cpu:nanoseconds 1" },
	{ "app.wall", 4000000000, "app: wall:wall:nanoseconds:cpu:nanoseconds 1" },
	{ "app.seconds", 100, "app: wall:wall:nanoseconds:cpu:nanoseconds 10000000" },
	{ "app.nanoseconds", 0, "app: wall:samples:count:: 0" },
	{ "app.microseconds", 0, "app: wall:samples:count:: 0" },
	{ "app.milliseconds", 0, "app: wall:samples:count:: 0" },
	{ "app.inuse_objects", 100, "app: memory:inuse_objects:count:: 0" },
	{ "app.alloc_objects", 100, "app: memory:alloc_objects:count:: 0" },
	{ "app.inuse_space", 100, "app: memory:inuse_space:bytes:: 0" },
	{ "app.alloc_space", 100, "app: memory:alloc_space:bytes:: 0" },
	{ "app.bytes", 100, "app: memory:samples:bytes:: 0" },
	{ "app.goroutines", 100, "app: goroutine:goroutines:count:: 0" },
	{ "app.mutex_count", 100, "app: mutex:contentions:count:: 0" },
	{ "app.mutex_duration", 100, "app: mutex:delay:nanoseconds:: 0" },
	{ "app.block_count", 100, "app: block:contentions:count:: 0" },
	{ "app.lock_count", 100, "app: block:contentions:count:: 0" },
	{ "app.block_duration", 100, "app: block:delay:nanoseconds:: 0" },
	{ "app.lock_duration", 100, "app: block:delay:nanoseconds:: 0" },
	{ "app.alloc_in_new_tlab_objects", 100, "app: memory:alloc_in_new_tlab_objects:count:: 0" },
	{ "app.alloc_outside_tlab_objects", 100, "app: memory:alloc_outside_tlab_objects:count:: 0" },
	{ "app.alloc_in_new_tlab_bytes", 100, "app: memory:alloc_in_new_tlab_bytes:bytes:: 0" },
	{ "app.alloc_outside_tlab_bytes", 100, "app: memory:alloc_outside_tlab_bytes:bytes:: 0" },
	{ "app.live", 100, "app: memory:live:count:: 0" },
	{ "app.exceptions", 100, "app: exceptions:samples:count:: 0" },
	{ ".cpu", 0, ": process_cpu:samples:count:: 0" },
	{ "my.service", 100, "pyroscopeIngesterAdapter failed to convert metadata: unknown profile type: service" },
	{ "app.", 100, "pyroscopeIngesterAdapter failed to convert metadata: unknown profile type: " },
	{ "app.CPU", 100, "pyroscopeIngesterAdapter failed to convert metadata: unknown profile type: CPU" },
};

static void test_types(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct app_type t;
		struct buf b;
		struct err e;

		buf_init(&b, 4096);
		if (app_type_find(str_cstr(types[i].app), types[i].rate, &t, &e) < 0) {
			assert_int_equal(e.kind, ERR_INVALID);
			buf_add(&b, str_cstr(e.msg));
		} else {
			buf_printf(&b, STR_FMT ": " STR_FMT ":" STR_FMT ":" STR_FMT ":" STR_FMT ":" STR_FMT " %lld",
			    STR_ARG(t.app), STR_ARG(t.name), STR_ARG(t.type), STR_ARG(t.unit), STR_ARG(t.period_type),
			    STR_ARG(t.period_unit), (long long)t.period);
		}
		if (!str_eq(buf_str(&b), str_cstr(types[i].want)))
			fail_msg("%s: %.*s", types[i].app, STR_ARG(buf_str(&b)));
		buf_fini(&b);
	}
}

static void test_apply(void **ctx)
{
	static const struct {
		const char *app, *want;
	} rows[] = {
		{ "shop.cpu",
		    "type 'cpu' 'nanoseconds'\nperiod type 'cpu' 'nanoseconds'\n"
		    "period 10000000 time 17 duration 0 drop '' keep '' default ''\nsample 0 1 = 30000000\n" },
		{ "shop.wall",
		    "type 'wall' 'nanoseconds'\nperiod type 'cpu' 'nanoseconds'\n"
		    "period 10000000 time 17 duration 0 drop '' keep '' default ''\nsample 0 1 = 30000000\n" },
		{ "shop.bytes",
		    "type 'samples' 'bytes'\nperiod 0 time 17 duration 0 drop '' keep '' default ''\n"
		    "sample 0 1 = 3\n" },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *a = arena_new();
		struct app_type t;
		struct profile *p;
		struct buf b;
		struct err e;

		buf_init(&b, 4096);
		assert_int_equal(folded_decode(a, STR("main;work 3\n"), &p, &e), 0);
		assert_int_equal(app_type_find(str_cstr(rows[i].app), 100, &t, &e), 0);
		app_type_apply(p, &t, 17);
		profile_dump(&b, p);
		if (!str_prefix(buf_str(&b), str_cstr(rows[i].want)))
			fail_msg("%s: %.*s", rows[i].app, STR_ARG(buf_str(&b)));
		buf_fini(&b);
		arena_free(a);
	}
}

static void test_config(void **ctx)
{
	static const struct {
		const char *json, *want;
	} wrong[] = {
		{ "", "unexpected end of JSON input" },
		{ "{\"a\":{}", "unexpected end of JSON input" },
		{ "{not", "invalid character 'n' looking for beginning of object key string" },
		{ "[]", "json: cannot unmarshal array into Go value of type map[string]*tree.SampleTypeConfig" },
		{ "\"x\"", "json: cannot unmarshal string into Go value of type map[string]*tree.SampleTypeConfig" },
		{ "true", "json: cannot unmarshal bool into Go value of type map[string]*tree.SampleTypeConfig" },
		{ "{\"a\":1}", "json: cannot unmarshal number into Go value of type tree.SampleTypeConfig" },
		{ "{\"a\":{\"units\":1}}",
		    "json: cannot unmarshal number into Go struct field SampleTypeConfig.units of type string" },
		{ "{\"a\":{\"display-name\":[]}}",
		    "json: cannot unmarshal array into Go struct field SampleTypeConfig.display-name of type string" },
		{ "{\"a\":{\"cumulative\":\"yes\"}}",
		    "json: cannot unmarshal string into Go struct field SampleTypeConfig.cumulative of type bool" },
	};
	struct arena *a = arena_new();
	struct sample_type_config c;
	struct err e;

	(void)ctx;
	assert_int_equal(sample_type_config_parse(a,
			     STR("{\"inuse-space\":{\"units\":\"bytes\",\"display-name\":\"x\","
				 "\"aggregation\":\"average\",\"cumulative\":true,\"sampled\":false,\"more\":[1]},"
				 "\"b\":null}"),
			     &c, &e),
	    0);
	assert_int_equal(c.n, 2);
	assert_true(str_eq(c.p[0].name, STR("inuse-space")) && str_eq(c.p[0].units, STR("bytes")));
	assert_true(str_eq(c.p[0].display_name, STR("x")) && str_eq(c.p[0].aggregation, STR("average")));
	assert_true(c.p[0].cumulative && !c.p[0].sampled);
	assert_true(str_eq(c.p[1].name, STR("b")) && c.p[1].display_name.n == 0);
	assert_int_equal(sample_type_config_parse(a, STR("null"), &c, &e), 0);
	assert_int_equal(c.n, sample_type_config_default.n);
	assert_int_equal(sample_type_config_parse(a, STR("{\"a\":{\"units\":\"u\"},\"a\":{\"Display-Name\":\"x\"}}"),
			     &c, &e),
	    0);
	assert_true(c.n == 1 && str_eq(c.p[0].display_name, STR("x")) && c.p[0].units.n == 0);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		assert_int_equal(sample_type_config_parse(a, str_cstr(wrong[i].json), &c, &e), -1);
		assert_string_equal(e.msg, wrong[i].want);
	}
	arena_free(a);
}

static struct profile *with_types(struct arena *a, const char *list)
{
	struct str rest = str_cstr(list);
	uint32_t n = 0, i = 0;
	struct profile_builder *b;

	while (rest.n)
		n += str_cut(&rest, ' ').n > 0;
	b = profile_builder_new(a, n);
	for (rest = str_cstr(list); i < n; i++)
		profile_builder_type(b, i, str_cut(&rest, ' '), STR("count"));
	return profile_builder_finish(b);
}

static void test_profile_name(void **ctx)
{
	static const struct {
		const char *types, *config, *want;
	} rows[] = {
		{ "samples cpu", NULL, "process_cpu" },
		{ "samples cpu", "{}", "process_cpu" },
		{ "samples", "{}", "samples" },
		{ "alloc_objects alloc_space inuse_objects inuse_space", NULL, "memory" },
		{ "objects space", "{}", "memory" },
		{ "space", "{}", "memory" },
		{ "goroutine", NULL, "goroutines" },
		{ "goroutine", "{\"goroutine\":{\"display-name\":\"goroutines\"}}", "goroutines" },
		{ "goroutine", "{}", "goroutine" },
		{ "contentions delay", NULL, "mutex" },
		{ "contentions delay", "{\"contentions\":{\"display-name\":\"block_count\"}}", "block" },
		{ "contentions delay", "{}", "delay" },
		{ "goroutineleak", "{\"goroutineleak\":{\"display-name\":\"goroutine_leak\"}}", "goroutine_leak" },
		{ "cpu wall", NULL, "wall" },
		{ "walltime", "{}", "walltime" },
		{ "a b", "{\"b\":{\"display-name\":\"c\"}}", "c" },
		{ "", NULL, "" },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *a = arena_new();
		struct sample_type_config c = sample_type_config_default;
		struct str got;
		struct err e;

		if (rows[i].config)
			assert_int_equal(sample_type_config_parse(a, str_cstr(rows[i].config), &c, &e), 0);
		got = sample_type_config_profile_name(&c, with_types(a, rows[i].types));
		if (!str_eq(got, str_cstr(rows[i].want)))
			fail_msg("%s: %.*s", rows[i].types, STR_ARG(got));
		arena_free(a);
	}
}

static void test_fix_time(void **ctx)
{
	static const struct {
		int64_t time, want;
	} rows[] = {
		{ 0, 77 },
		{ 1, 77 },
		{ INT64_C(31535999999999999), 77 },
		{ INT64_C(31536000000000000), INT64_C(31536000000000000) },
		{ INT64_C(1700000000000000000), INT64_C(1700000000000000000) },
		{ -1, -1 },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct profile p = { .time = rows[i].time };

		profile_fix_time(&p, 77);
		assert_int_equal(p.time, rows[i].want);
	}
}

static struct profile *scripted(struct arena *a)
{
	struct profile_builder *b = profile_builder_new(a, 1);
	struct function twin = {
		.name = profile_builder_str(b, STR("run")),
		.file = profile_builder_str(b, STR("a.py")),
		.start_line = 9,
	};
	struct location l = { .n_lines = 1 };
	struct line line = { .line = 3 };
	uint32_t stack[4];

	stack[0] = profile_builder_frame(b, STR("run"), STR("a.py"), 1);
	stack[1] = profile_builder_frame(b, STR("run"), STR("a.py"), 2);
	line.function = profile_builder_function(b, &twin);
	stack[2] = profile_builder_location(b, &l, &line);
	stack[3] = profile_builder_frame(b, STR("lib"), STR("/usr/lib/x.py"), 4);
	profile_builder_function(b, &(struct function){ .name = profile_builder_str(b, STR("unused")) });
	profile_builder_add(b, stack, 4, &(int64_t){ 1 }, NULL, 0);
	return profile_builder_finish(b);
}

static void expect_functions(const struct profile *p, const char *want)
{
	struct buf b;

	buf_init(&b, 4096);
	for (uint32_t i = 0; i < p->n_lines; i++)
		buf_printf(&b, STR_FMT "|", STR_ARG(profile_str(p, p->functions[p->lines[i].function].name)));
	if (!str_eq(buf_str(&b), str_cstr(want)))
		fail_msg("%.*s", STR_ARG(buf_str(&b)));
	buf_fini(&b);
}

static void test_fix_names(void **ctx)
{
	struct arena *a = arena_new();
	struct profile *p = scripted(a);

	(void)ctx;
	profile_fix_names(p, STR("gospy"));
	expect_functions(p, "run|run|run|lib|");
	assert_int_not_equal(p->lines[1].function, p->lines[2].function);
	profile_fix_names(p, STR("pyspy"));
	expect_functions(p, "a.py run|a.py run|a.py run|lib|");
	assert_int_equal(p->lines[1].function, p->lines[2].function);
	p = scripted(a);
	profile_fix_names(p, STR("rbspy"));
	expect_functions(p, "a.py run|a.py run|a.py run|/usr/lib/x.py lib|");
	p = scripted(a);
	p->functions[2].file = UINT32_MAX;
	profile_fix_names(p, STR("scripting"));
	expect_functions(p, "a.py run|a.py run|a.py run| lib|");
	assert_true(str_eq(profile_str(p, p->functions[0].system_name), STR("run")));
	arena_free(a);
}

/* Function ids all 0, lines with the ids of their locations; type names with a dash. */
static void test_fix_dotnet(void **ctx)
{
	static const char bytes[] = "\x0a\x02\x08\x01"
				    "\x0a\x02\x08\x02"
				    "\x22\x06\x08\x05\x22\x02\x08\x05"
				    "\x22\x06\x08\x09\x22\x02\x08\x09"
				    "\x2a\x02\x10\x01"
				    "\x2a\x02\x10\x02"
				    "\x32\x00"
				    "\x32\x0b"
				    "inuse-space"
				    "\x32\x03"
				    "b-c";
	static const struct sample_type dash = { .name = { "inuse-space", 11 } };
	static const struct {
		const char *spy;
		bool config, fixed;
	} rows[] = {
		{ "dotnetspy", false, true },
		{ "unknown", true, true },
		{ "unknown", false, false },
		{ "gospy", true, false },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *a = arena_new();
		struct sample_type_config c = { rows[i].config ? &dash : NULL, rows[i].config };
		struct profile *p;
		struct err e;

		assert_int_equal(pprof_decode(a, str_of(bytes, sizeof(bytes) - 1), &p, &e), 0);
		profile_fix_dotnet(p, str_cstr(rows[i].spy), &c);
		assert_int_equal(p->functions[0].id, rows[i].fixed ? 5 : 0);
		assert_int_equal(p->functions[1].id, rows[i].fixed ? 9 : 0);
		assert_int_equal(p->faults.function_id_zero, rows[i].fixed ? 0 : 2);
		assert_true(
		    str_eq(profile_str(p, p->types[0].type), rows[i].fixed ? STR("inuse_space") : STR("inuse-space")));
		assert_true(str_eq(profile_str(p, p->types[1].type), rows[i].fixed ? STR("b_c") : STR("b-c")));
		expect_functions(p, rows[i].fixed ? "inuse_space|b_c|" : "inuse-space|b-c|");
		arena_free(a);
	}
}

/* A real upload: names become known. */
static void test_dotnet_shared(void **ctx)
{
	struct arena *a = arena_new();
	struct str bytes = fixture_file(a, "pprof/dotnet/dotnet-pprof-3.pb.gz");
	struct sample_type_config c;
	struct profile *p;
	struct buf scratch;
	struct err e;

	(void)ctx;
	if (bytes.p == NULL) {
		arena_free(a);
		print_message("no shared data: set PYRO_SHARED\n");
		skip();
	}
	buf_init(&scratch, FIXTURE_MAX);
	assert_int_equal(pprof_read(a, bytes, FIXTURE_MAX, &scratch, &p, &e), 0);
	assert_int_equal(sample_type_config_parse(a, fixture_file(a, "pprof/dotnet/dotnet-pprof-3.st.json"), &c, &e),
	    0);
	profile_fix_dotnet(p, STR("unknown"), &c);
	assert_int_equal(p->faults.function_id_zero, 0);
	assert_int_equal(p->faults.unknown_function, 0);
	for (uint32_t i = 0; i < p->n_lines; i++)
		assert_true(p->lines[i].function < p->n_functions);
	for (uint32_t i = 0; i < p->n_types; i++)
		assert_int_equal(str_find(profile_str(p, p->types[i].type), '-'), profile_str(p, p->types[i].type).n);
	buf_fini(&scratch);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labelset),
		cmocka_unit_test(test_labelset_labels),
		cmocka_unit_test(test_labelset_limit),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_apply),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_profile_name),
		cmocka_unit_test(test_fix_time),
		cmocka_unit_test(test_fix_names),
		cmocka_unit_test(test_fix_dotnet),
		cmocka_unit_test(test_dotnet_shared),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
