/* formats/msg/msg.h: the JSON form of messages. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "formats/msg/messages.h"

static struct arena *a;
static struct buf out;

static int setup(void **state)
{
	(void)state;
	a = arena_new();
	buf_init(&out, 1 << 24);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(a);
	buf_fini(&out);
	return 0;
}

#define assert_str(s, text)                                                \
	do {                                                               \
		struct str s_ = (s);                                       \
		if (!str_eq(s_, STR(text)))                                \
			fail_msg("%.*s instead of %s", STR_ARG(s_), text); \
	} while (0)

static struct str encode(const struct msg_type *t, const void *msg)
{
	buf_reset(&out);
	msg_encode(t, msg, &out);
	return arena_str(a, buf_str(&out));
}

static struct str to_json(const struct msg_type *t, const void *msg)
{
	buf_reset(&out);
	msg_to_json(t, msg, &out);
	return arena_str(a, buf_str(&out));
}

static void json_names(void **state)
{
	static const char *const same[] = {
		"{\"profileTypeID\":\"p\",\"labelSelector\":\"{}\",\"maxNodes\":\"5\",\"start\":"
		"\"1700000000000\"}",
		"{\"profile_typeID\":\"p\",\"label_selector\":\"{}\",\"max_nodes\":5,\"start\":1."
		"7e12}",
		" {\t\"start\" : 1700000000000.000 "
		",\r\n\"unknown\":{\"a\":[1,null,{}]},\"maxNodes\":\"5e0\","
		"\"labelSelector\":\"\\u007b}\",\"profileTypeID\":\"\\u0070\",\"format\":null}\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		struct querier_select_merge_stacktraces_request m;
		struct err e;

		if (msg_from_json(a, &querier_select_merge_stacktraces_request_type, str_cstr(same[i]), &m, &e))
			fail_msg("%s", e.msg);
		assert_str(to_json(&querier_select_merge_stacktraces_request_type, &m),
		    "{\"profileTypeID\":\"p\",\"labelSelector\":\"{}\",\"start\":"
		    "\"1700000000000\","
		    "\"maxNodes\":\"5\"}");
	}
}

static void names_follow_the_rule(void **state)
{
	(void)state;
	for (const struct msg_type *const *t = messages_all; *t; t++)
		for (uint32_t i = 0; i < (*t)->n; i++) {
			const struct msg_field *f = &(*t)->fields[i];
			char camel[64];
			size_t n = 0;

			for (size_t k = 0; k < f->name.n; k++) {
				bool up = f->name.p[k] == '_' && k + 1 < f->name.n;

				k += up;
				camel[n++] = up && f->name.p[k] >= 'a' && f->name.p[k] <= 'z'
				    ? (char)(f->name.p[k] - 32)
				    : f->name.p[k];
			}
			/* Messages of our own may be named as we like. */
			if (!str_eq(f->json, str_of(camel, n)) && !str_prefix((*t)->name, STR("pyro.")))
				fail_msg("%.*s.%.*s", STR_ARG((*t)->name), STR_ARG(f->name));
			assert_true(i == 0 || f->number > f[-1].number);
			assert_true(f->at < (*t)->size);
		}
	assert_ptr_equal(messages_find(STR("push.v1.PushRequest")), &push_push_request_type);
	assert_null(messages_find(STR("push.v1.Push")));
}

static void enums(void **state)
{
	static const struct {
		const char *text;
		int32_t format;
		bool has;
		const char *json;
	} cases[] = {
		{ "{\"exemplarType\":\"EXEMPLAR_TYPE_SPAN\"}", 3, false, "{\"exemplarType\":\"EXEMPLAR_TYPE_SPAN\"}" },
		{ "{\"exemplarType\":3}", 3, false, "{\"exemplarType\":\"EXEMPLAR_TYPE_SPAN\"}" },
		{ "{\"exemplarType\":77}", 77, false, "{\"exemplarType\":77}" },
		{ "{\"exemplarType\":\"EXEMPLAR_TYPE_SANDWICH\"}", 0, false, "{}" },
		{ "{\"aggregation\":\"SANDWICH\"}", 0, false, "{}" },
		{ "{\"aggregation\":\"TIME_SERIES_AGGREGATION_TYPE_SUM\"}", 0, true,
		    "{\"aggregation\":\"TIME_SERIES_AGGREGATION_TYPE_SUM\"}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct querier_select_series_request m;
		struct err e;

		assert_int_equal(msg_from_json(a, &querier_select_series_request_type, str_cstr(cases[i].text), &m, &e),
		    0);
		assert_int_equal(m.exemplar_type, cases[i].format);
		assert_int_equal(m.has_aggregation, cases[i].has);
		assert_true(str_eq(to_json(&querier_select_series_request_type, &m), str_cstr(cases[i].json)));
	}
}

static void json_integers(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t v;
	} cases[] = {
		{ "0", true, 0 },
		{ "-0", true, 0 },
		{ "5", true, 5 },
		{ "-5", true, -5 },
		{ "\"5\"", true, 5 },
		{ "\"-5\"", true, -5 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "\"9223372036854775807\"", true, INT64_MAX },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "9223372036854775808", false, 0 },
		{ "-9223372036854775809", false, 0 },
		{ "18446744073709551616", false, 0 },
		{ "1.7e12", true, 1700000000000 },
		{ "1.7E+12", true, 1700000000000 },
		{ "1.0", true, 1 },
		{ "100e-2", true, 1 },
		{ "0.01e2", true, 1 },
		{ "0.0", true, 0 },
		{ "0e999999999999", true, 0 },
		{ "1e999999999999", false, 0 },
		{ "1e-999999999999", false, 0 },
		{ "1e18", true, 1000000000000000000 },
		{ "1e19", false, 0 },
		{ "1.5", false, 0 },
		{ "9007199254740993", true, 9007199254740993 },
		{ "123456789012345678.0", true, 123456789012345678 },
		{ "\"\"", false, 0 },
		{ "\" 5\"", false, 0 },
		{ "\"5 \"", false, 0 },
		{ "\"a\"", false, 0 },
		{ "\"0x5\"", false, 0 },
		{ "true", false, 0 },
		{ "{}", false, 0 },
		{ "[]", false, 0 },
		{ "01", false, 0 },
		{ "+1", false, 0 },
		{ ".5", false, 0 },
		{ "1.", false, 0 },
		{ "1e", false, 0 },
		{ "-", false, 0 },
		{ "1a", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct querier_profile_types_request m;
		struct err e;
		struct str text = arena_printf(a, "{\"start\":%s}", cases[i].text);

		if ((msg_from_json(a, &querier_profile_types_request_type, text, &m, &e) == 0) != cases[i].ok)
			fail_msg("%s: %s", cases[i].text, cases[i].ok ? e.msg : "accepted");
		if (cases[i].ok)
			assert_int_equal(m.start, cases[i].v);
	}
}

static void json_integer_ranges(void **state)
{
	static const struct {
		const struct msg_type *t;
		const char *member, *good[3], *bad[3];
	} cases[] = {
		{ &types_block_compaction_type, "level", { "2147483647", "-2147483648", "1e3" },
		    { "2147483648", "-2147483649", "0.5" } },
		{ &types_go_pgo_type, "keepLocations", { "4294967295", "0", "-0" }, { "4294967296", "-1", "1.1" } },
		{ &querier_query_scope_type, "blockCount", { "18446744073709551615", "0", "\"5\"" },
		    { "18446744073709551616", "-1", "1e20" } },
	};
	void *m = arena_alloc(a, 1000);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t k = 0; k < 3; k++) {
			struct str good = arena_printf(a, "{\"%s\":%s}", cases[i].member, cases[i].good[k]);
			struct str bad = arena_printf(a, "{\"%s\":%s}", cases[i].member, cases[i].bad[k]);
			struct err e;

			if (msg_from_json(a, cases[i].t, good, m, &e) < 0)
				fail_msg("%.*s: %s", STR_ARG(good), e.msg);
			if (msg_from_json(a, cases[i].t, bad, m, &e) == 0)
				fail_msg("%.*s", STR_ARG(bad));
		}
}

static void json_doubles(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "1.5", "1.5" },
		{ "\"1.5\"", "1.5" },
		{ "15", "15" },
		{ "-2e-3", "-0.002" },
		{ "\"NaN\"", "\"NaN\"" },
		{ "\"Infinity\"", "\"Infinity\"" },
		{ "\"-Infinity\"", "\"-Infinity\"" },
		{ "1e300", "1e+300" },
		{ "\"nan\"", NULL },
		{ "NaN", NULL },
		{ "\"\"", NULL },
		{ "1e999", NULL },
		{ "true", NULL },
		{ "\"1,5\"", NULL },
		{ "\"+1\"", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct types_point m;
		struct err e;
		int rc = msg_from_json(a, &types_point_type, arena_printf(a, "{\"value\":%s}", cases[i].in), &m, &e);

		assert_int_equal(rc, cases[i].out ? 0 : -1);
		if (rc == 0)
			assert_true(
			    str_eq(to_json(&types_point_type, &m), arena_printf(a, "{\"value\":%s}", cases[i].out)));
	}
}

static void json_bytes_and_bools(void **state)
{
	static const char *const same[] = { "+/8=", "-_8=", "+/8", "-_8", "\\u002b/8" };
	struct push_raw_sample m;
	struct types_get_profile_stats_response b;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		assert_int_equal(msg_from_json(a, &push_raw_sample_type,
				     arena_printf(a, "{\"rawProfile\":\"%s\",\"ID\":\"x\"}", same[i]), &m, &e),
		    0);
		assert_str(m.raw_profile, "\xfb\xff");
		assert_str(to_json(&push_raw_sample_type, &m), "{\"rawProfile\":\"+/8=\",\"ID\":\"x\"}");
	}
	assert_int_equal(msg_from_json(a, &push_raw_sample_type, STR("{\"rawProfile\":\"*\"}"), &m, &e), -1);
	assert_int_equal(msg_from_json(a, &push_raw_sample_type, STR("{\"rawProfile\":5}"), &m, &e), -1);
	assert_int_equal(msg_from_json(a, &types_get_profile_stats_response_type, STR("{\"dataIngested\":true}"), &b,
			     &e),
	    0);
	assert_true(b.data_ingested);
	assert_int_equal(msg_from_json(a, &types_get_profile_stats_response_type, STR("{\"dataIngested\":false}"), &b,
			     &e),
	    0);
	assert_str(to_json(&types_get_profile_stats_response_type, &b), "{}");
	assert_int_equal(msg_from_json(a, &types_get_profile_stats_response_type, STR("{\"dataIngested\":\"true\"}"),
			     &b, &e),
	    -1);
	assert_int_equal(msg_from_json(a, &types_get_profile_stats_response_type, STR("{\"dataIngested\":1}"), &b, &e),
	    -1);
}

static void json_strings(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "abc", "abc" },
		{ "", "" },
		{ "\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t" },
		{ "\\u00e9\\u20AC", "\xc3\xa9\xe2\x82\xac" },
		{ "\\ud83d\\ude00", "\xf0\x9f\x98\x80" },
		{ "\xc3\xa9", "\xc3\xa9" },
		{ "x\\u0041y", "xAy" },
		{ "\\ud83d", NULL },
		{ "\\ude00", NULL },
		{ "\\ud83d\\u0041", NULL },
		{ "\\ud83dx", NULL },
		{ "\\x41", NULL },
		{ "\\u12", NULL },
		{ "\\u12g4", NULL },
		{ "\\", NULL },
		{ "\xff", NULL },
		{ "\xed\xa0\x80", NULL },
		{ "\n", NULL },
		{ "\x01", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct types_label_pair m;
		struct err e;
		int rc = msg_from_json(a, &types_label_pair_type, arena_printf(a, "{\"name\":\"%s\"}", cases[i].in), &m,
		    &e);

		if (rc != (cases[i].out ? 0 : -1))
			fail_msg("%s", cases[i].in);
		if (rc == 0)
			assert_true(str_eq(m.name, str_cstr(cases[i].out)));
	}
	{
		struct types_label_pair m;
		struct err e;

		assert_int_equal(msg_from_json(a, &types_label_pair_type, STR("{\"name\":\"a\\u0000b\"}"), &m, &e), 0);
		assert_int_equal(m.name.n, 3);
		assert_str(to_json(&types_label_pair_type, &m), "{\"name\":\"a\\u0000b\"}");
		m.name = STR("a\xff<>&");
		assert_str(to_json(&types_label_pair_type, &m), "{\"name\":\"a\\ufffd<>&\"}");
	}
}

static void json_lists_and_maps(void **state)
{
	struct querier_series_response s;
	struct version_versions v;
	struct err e;
	struct str text = STR("{\"labelsSet\":[{\"labels\":[{\"name\":\"a\",\"value\":\"1\"},{}]},{}]}");
	struct str map = STR("{\"instances\":{\"x\":{\"ID\":\"x\",\"Timestamp\":\"5\","
			     "\"QuerierAPI\":\"1\"},\"y\":{}}}");

	(void)state;
	assert_int_equal(msg_from_json(a, &querier_series_response_type, text, &s, &e), 0);
	assert_int_equal(s.labels_set.n, 2);
	assert_int_equal(s.labels_set.p[0].labels.n, 2);
	assert_true(str_eq(to_json(&querier_series_response_type, &s), text));
	assert_int_equal(msg_from_json(a, &version_versions_type, map, &v, &e), 0);
	assert_int_equal(v.instances.n, 2);
	assert_int_equal(v.instances.p[0].value->timestamp, 5);
	assert_true(str_eq(to_json(&version_versions_type, &v), map));
	assert_str(encode(&version_versions_type, &v),
	    "\x0a\x0c\x0a\x01x\x12\x07\x0a\x01x\x18\x05 \x01\x0a\x05\x0a\x01y\x12\x00");
}

static void json_refusals(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "zero-length payload is not a valid JSON object" },
		{ "[]",
		    "unmarshal into *typesv1.LabelValuesRequest: proto: syntax error (line "
		    "1:1): unexpected token [" },
		{ "{\"name\":5}",
		    "unmarshal into *typesv1.LabelValuesRequest: proto: (line 1:9): "
		    "invalid value for string field name: 5" },
		{ "{\"name\":\"a\",\"name\":\"b\"}",
		    "unmarshal into *typesv1.LabelValuesRequest: proto: (line 1:13): duplicate field "
		    "\"name\"" },
		{ "{\"name\":\"a\",\n \"end\":\"x\"}",
		    "unmarshal into *typesv1.LabelValuesRequest: proto: (line 2:8): invalid value "
		    "for int64 field end: \"x\"" },
		{ "{\"name\":\"\xc3\xa9\",\"end\":{}}",
		    "unmarshal into *typesv1.LabelValuesRequest: proto: (line 1:19): invalid value "
		    "for int64 field end: {" },
		{ " ", NULL },
		{ "{", NULL },
		{ "{\"name\"", NULL },
		{ "{\"name\":", NULL },
		{ "{\"name\":\"a\"", NULL },
		{ "{\"name\":\"a\",}", NULL },
		{ "{,}", NULL },
		{ "{}x", NULL },
		{ "{}{}", NULL },
		{ "null", NULL },
		{ "5", NULL },
		{ "{name:\"a\"}", NULL },
		{ "{'name':\"a\"}", NULL },
		{ "{\"name\" \"a\"}", NULL },
		{ "{\"matchers\":\"a\"}", NULL },
		{ "{\"matchers\":[null]}", NULL },
		{ "{\"matchers\":[\"a\",]}", NULL },
		{ "{\"matchers\":[\"a\" \"b\"]}", NULL },
		{ "{\"matchers\":[}", NULL },
		{ "{\"x\":}", NULL },
		{ "{\"x\":[1,]}", NULL },
		{ "{\"x\":{\"a\"}}", NULL },
		{ "{\"x\":{1:2}}", NULL },
		{ "{\"x\":tru}", NULL },
		{ "{\"x\":\"\\q\"}", NULL },
		{ "{\"x\":\"\xff\"}", NULL },
		{ "{\"x\":[}]}", NULL },
		{ "{\"name\":\"a\" /* no */}", NULL },
		{ "\xef\xbb\xbf{}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct types_label_values_request m;
		struct err e;

		if (msg_from_json(a, &types_label_values_request_type, str_cstr(cases[i].text), &m, &e) == 0)
			fail_msg("%s was accepted", cases[i].text);
		if (cases[i].why)
			assert_string_equal(e.msg, cases[i].why);
		assert_int_equal(e.kind, ERR_INVALID);
	}
}

static void json_duplicates_are_of_fields_not_of_names(void **state)
{
	static const struct {
		const char *text;
		int rc;
	} cases[] = {
		{ "{\"labelNames\":[],\"label_names\":[]}", -1 },
		{ "{\"x\":1,\"x\":2}", 0 },
		{ "{\"start\":null,\"start\":1}", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct querier_series_request m;
		struct err e;

		assert_int_equal(msg_from_json(a, &querier_series_request_type, str_cstr(cases[i].text), &m, &e),
		    cases[i].rc);
	}
	{
		struct version_versions v;
		struct err e;

		assert_int_equal(msg_from_json(a, &version_versions_type, STR("{\"instances\":{\"a\":{},\"a\":{}}}"),
				     &v, &e),
		    -1);
		assert_non_null(strstr(e.msg, "duplicate map key \"a\""));
	}
}

static void json_cut_at_every_byte(void **state)
{
	static const char text[] = "{\"labelsSet\":[{\"labels\":[{\"name\":\"a\\u00e9\",\"value\":\"1\"}]}],\"x\":"
				   "{\"y\":[1.5e3,true,null,\"\\n\"]}}";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		struct querier_series_response m;
		char *copy = malloc(n ? n : 1);
		struct err e;

		assert_non_null(copy);
		memcpy(copy, text, n);
		assert_int_equal(msg_from_json(a, &querier_series_response_type, str_of(copy, n), &m, &e),
		    n == sizeof(text) - 1 ? 0 : -1);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(json_names, setup, teardown),
		cmocka_unit_test_setup_teardown(names_follow_the_rule, setup, teardown),
		cmocka_unit_test_setup_teardown(enums, setup, teardown),
		cmocka_unit_test_setup_teardown(json_integers, setup, teardown),
		cmocka_unit_test_setup_teardown(json_integer_ranges, setup, teardown),
		cmocka_unit_test_setup_teardown(json_doubles, setup, teardown),
		cmocka_unit_test_setup_teardown(json_bytes_and_bools, setup, teardown),
		cmocka_unit_test_setup_teardown(json_strings, setup, teardown),
		cmocka_unit_test_setup_teardown(json_lists_and_maps, setup, teardown),
		cmocka_unit_test_setup_teardown(json_refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(json_duplicates_are_of_fields_not_of_names, setup, teardown),
		cmocka_unit_test_setup_teardown(json_cut_at_every_byte, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
