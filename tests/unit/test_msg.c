/* formats/msg.h and messages.h: both forms of messages, both ways. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "formats/messages.h"
#include "formats/tree.h"

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

/* ---- binary ---- */

static const char SERIES_REQUEST[] = "\x0a\x09"
				     "a:b:c:d:e"
				     "\x12\x02"
				     "{}"
				     "\x18\x01\x20\x02\x31\x00\x00\x00\x00\x00\x00\x2e\x40";

static void the_example_of_the_specification(void **state)
{
	struct querier_select_series_request m;
	struct err e;

	(void)state;
	assert_int_equal(
		msg_decode(a, &querier_select_series_request_type, STR(SERIES_REQUEST), &m, &e), 0);
	assert_str(m.profile_type_id, "a:b:c:d:e");
	assert_str(m.label_selector, "{}");
	assert_int_equal(m.start, 1);
	assert_int_equal(m.end, 2);
	assert_true(m.step == 15);
	assert_false(m.has_aggregation);
	assert_false(m.has_limit);
	assert_null(m.stack_trace_selector);
	assert_true(str_eq(encode(&querier_select_series_request_type, &m), STR(SERIES_REQUEST)));
	assert_str(to_json(&querier_select_series_request_type, &m),
		   "{\"profileTypeID\":\"a:b:c:d:e\",\"labelSelector\":\"{}\",\"start\":\"1\","
		   "\"end\":\"2\",\"step\":15}");
}

static void cut_at_every_byte(void **state)
{
	/* Between fields the start of a message is a message. */
	static const size_t whole[] = { 0, 11, 15, 17, 19, 28 };
	size_t next = 0;

	(void)state;
	for (size_t n = 0; n < sizeof(SERIES_REQUEST); n++) {
		struct querier_select_series_request m;
		char *copy = malloc(n ? n : 1);
		struct err e;
		int rc;

		assert_non_null(copy);
		memcpy(copy, SERIES_REQUEST, n);
		rc = msg_decode(a, &querier_select_series_request_type, str_of(copy, n), &m, &e);
		assert_int_equal(rc, n == whole[next] ? 0 : -1);
		if (rc == 0)
			next++;
		else
			assert_string_equal(e.msg, "unexpected EOF");
		free(copy);
	}
	assert_int_equal(next, ARRAY_LEN(whole));
}

static void optional_fields_are_kept_when_zero(void **state)
{
	struct querier_select_merge_stacktraces_request m;
	struct str bytes = STR("\x28\x00\x3a\x00");
	struct err e;

	(void)state;
	assert_int_equal(
		msg_decode(a, &querier_select_merge_stacktraces_request_type, bytes, &m, &e), 0);
	assert_true(m.has_max_nodes);
	assert_int_equal(m.max_nodes, 0);
	assert_non_null(m.stack_trace_selector);
	assert_true(str_eq(encode(&querier_select_merge_stacktraces_request_type, &m), bytes));
	assert_str(to_json(&querier_select_merge_stacktraces_request_type, &m),
		   "{\"maxNodes\":\"0\",\"stackTraceSelector\":{}}");
}

static void lists_packed_and_not(void **state)
{
	static const struct str same[] = {
		{ "\x0a\x04\x01\x02\x96\x01", 6 },
		{ "\x08\x01\x08\x02\x08\x96\x01", 7 },
		{ "\x08\x01\x0a\x00\x0a\x01\x02\x08\x96\x01", 10 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		struct querier_level m;
		struct err e;

		assert_int_equal(msg_decode(a, &querier_level_type, same[i], &m, &e), 0);
		assert_int_equal(m.values.n, 3);
		assert_int_equal(m.values.p[0], 1);
		assert_int_equal(m.values.p[1], 2);
		assert_int_equal(m.values.p[2], 150);
		assert_true(str_eq(encode(&querier_level_type, &m), same[0]));
	}
}

static void other_packed_kinds(void **state)
{
	struct types_heatmap_slot slot;
	struct ingester_merge_profiles_pprof_request flags;
	struct err e;
	struct str doubles =
		STR("\x12\x10\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00\x00\x00\x00\x00\x40"
		    "\x1a\x0b\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
	struct str bools = STR("\x12\x03\x01\x00\x01");

	(void)state;
	assert_int_equal(msg_decode(a, &types_heatmap_slot_type, doubles, &slot, &e), 0);
	assert_int_equal(slot.y_min.n, 2);
	assert_true(slot.y_min.p[1] == 2);
	assert_int_equal(slot.counts.n, 2);
	assert_int_equal(slot.counts.p[1], -1);
	assert_true(str_eq(encode(&types_heatmap_slot_type, &slot), doubles));
	assert_str(to_json(&types_heatmap_slot_type, &slot), "{\"yMin\":[1,2],\"counts\":[5,-1]}");
	assert_int_equal(
		msg_decode(a, &ingester_merge_profiles_pprof_request_type, bools, &flags, &e), 0);
	assert_int_equal(flags.profiles.n, 3);
	assert_true(flags.profiles.p[2]);
	assert_false(flags.profiles.p[1]);
	assert_true(str_eq(encode(&ingester_merge_profiles_pprof_request_type, &flags), bools));
}

static void last_scalar_wins_and_messages_merge(void **state)
{
	/* left { start: 1 }, left { end: 2, start: 3 } */
	struct str bytes = STR("\x0a\x02\x18\x01\x0a\x04\x20\x02\x18\x03");
	struct querier_diff_request m;
	struct err e;

	(void)state;
	assert_int_equal(msg_decode(a, &querier_diff_request_type, bytes, &m, &e), 0);
	assert_int_equal(m.left->start, 3);
	assert_int_equal(m.left->end, 2);
	assert_null(m.right);
	/* Lists within go on. */
	bytes = STR("\x0a\x03\x0a\x01\x61\x0a\x03\x0a\x01\x62");
	{
		struct querier_select_merge_stacktraces_response r;

		assert_int_equal(msg_decode(a, &querier_select_merge_stacktraces_response_type,
					    bytes, &r, &e),
				 0);
		assert_int_equal(r.flamegraph->names.n, 2);
		assert_str(r.flamegraph->names.p[1], "b");
	}
}

static void unknown_fields_are_skipped(void **state)
{
	struct querier_level m;
	struct err e;
	struct str bytes = STR("\x98\x06\x01"
			       "\xa1\x06"
			       "12345678"
			       "\xaa\x06\x02zz"
			       "\xb3\x06\x08\x01\xb4\x06"
			       "\xbd\x06"
			       "1234"
			       "\x08\x05");

	(void)state;
	assert_int_equal(msg_decode(a, &querier_level_type, bytes, &m, &e), 0);
	assert_int_equal(m.values.n, 1);
	assert_int_equal(m.values.p[0], 5);
}

static void broken_bytes(void **state)
{
	static const struct {
		struct str bytes;
		const char *why;
	} cases[] = {
		{ { "\xff\xff\xff", 3 }, "unexpected EOF" },
		{ { "\x00", 1 }, "proto: illegal tag" },
		{ { "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 11 },
		  "proto: integer overflow" },
		{ { "\x0a\x02\x01\x80", 4 }, "unexpected EOF" }, /* packed list cut within */
		{ { "\x0a\x05\x01", 3 }, "unexpected EOF" },
		{ { "\x09"
		    "12345678",
		    9 },
		  "proto: wrong wireType = 1 for field values" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct querier_level m;
		struct err e;

		assert_int_equal(msg_decode(a, &querier_level_type, cases[i].bytes, &m, &e), -1);
		assert_string_equal(e.msg, cases[i].why);
		assert_int_equal(e.kind, ERR_INVALID);
	}
}

static void decoding_clears_the_struct(void **state)
{
	struct types_label_pair m;
	struct err e;

	(void)state;
	memset(&m, 0x55, sizeof(m));
	assert_int_equal(msg_decode(a, &types_label_pair_type, STR(""), &m, &e), 0);
	assert_int_equal(m.name.n + m.value.n, 0);
	memset(&m, 0x55, sizeof(m));
	assert_int_equal(msg_from_json(a, &types_label_pair_type, STR("{}"), &m, &e), 0);
	assert_int_equal(m.name.n + m.value.n, 0);
}

/* A type of our own that contains itself. */
struct chain {
	struct chain *next;
};
static const struct msg_type chain_type;
static const struct msg_field chain_fields[] = {
	{ .number = 1,
	  .kind = MSG_MSG,
	  .card = MSG_ONE,
	  .name = { "next", 4 },
	  .json = { "next", 4 },
	  .type = &chain_type },
};
static const struct msg_type chain_type = {
	{ "test.v1.Chain", 13 }, sizeof(struct chain), 1, chain_fields
};

static void nesting_has_a_limit(void **state)
{
	(void)state;
	for (size_t depth = 98; depth <= 102; depth++) {
		char bytes[400], json[2000];
		size_t at = sizeof(bytes), n = 0;
		struct chain m;
		struct err e;
		int want = depth <= MSG_MAX_DEPTH ? 0 : -1;

		for (size_t i = 1; i < depth; i++) {
			struct buf b;

			buf_init(&b, 10);
			buf_byte(&b, 0x0a);
			buf_uvarint(&b, sizeof(bytes) - at);
			at -= b.n;
			memcpy(bytes + at, b.p, b.n);
			buf_fini(&b);
		}
		assert_int_equal(
			msg_decode(a, &chain_type, str_of(bytes + at, sizeof(bytes) - at), &m, &e),
			want);
		if (want)
			assert_string_equal(e.msg, "proto: exceeded max recursion depth of 100");
		for (size_t i = 1; i < depth; i++) {
			memcpy(json + n, "{\"next\":", 8);
			n += 8;
		}
		json[n++] = '{';
		memset(json + n, '}', depth);
		n += depth;
		assert_int_equal(msg_from_json(a, &chain_type, str_of(json, n), &m, &e), want);
	}
}

static void skipped_json_has_a_depth_limit_too(void **state)
{
	char *text = malloc(200000);
	struct querier_level m;
	struct err e;

	(void)state;
	assert_non_null(text);
	memcpy(text, "{\"x\":", 5);
	memset(text + 5, '[', 199995);
	assert_int_equal(msg_from_json(a, &querier_level_type, str_of(text, 200000), &m, &e), -1);
	assert_non_null(strstr(e.msg, "exceeded max recursion depth"));
	free(text);
}

/* ---- JSON ---- */

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

		if (msg_from_json(a, &querier_select_merge_stacktraces_request_type,
				  str_cstr(same[i]), &m, &e))
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
			if (!str_eq(f->json, str_of(camel, n)) &&
			    !str_prefix((*t)->name, STR("pyro.")))
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
		{ "{\"exemplarType\":\"EXEMPLAR_TYPE_SPAN\"}", 3, false,
		  "{\"exemplarType\":\"EXEMPLAR_TYPE_SPAN\"}" },
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

		assert_int_equal(msg_from_json(a, &querier_select_series_request_type,
					       str_cstr(cases[i].text), &m, &e),
				 0);
		assert_int_equal(m.exemplar_type, cases[i].format);
		assert_int_equal(m.has_aggregation, cases[i].has);
		assert_true(str_eq(to_json(&querier_select_series_request_type, &m),
				   str_cstr(cases[i].json)));
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

		if ((msg_from_json(a, &querier_profile_types_request_type, text, &m, &e) == 0) !=
		    cases[i].ok)
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
		{ &types_block_compaction_type,
		  "level",
		  { "2147483647", "-2147483648", "1e3" },
		  { "2147483648", "-2147483649", "0.5" } },
		{ &types_go_pgo_type,
		  "keepLocations",
		  { "4294967295", "0", "-0" },
		  { "4294967296", "-1", "1.1" } },
		{ &querier_query_scope_type,
		  "blockCount",
		  { "18446744073709551615", "0", "\"5\"" },
		  { "18446744073709551616", "-1", "1e20" } },
	};
	void *m = arena_alloc(a, 1000);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t k = 0; k < 3; k++) {
			struct str good =
				arena_printf(a, "{\"%s\":%s}", cases[i].member, cases[i].good[k]);
			struct str bad =
				arena_printf(a, "{\"%s\":%s}", cases[i].member, cases[i].bad[k]);
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
		int rc = msg_from_json(a, &types_point_type,
				       arena_printf(a, "{\"value\":%s}", cases[i].in), &m, &e);

		assert_int_equal(rc, cases[i].out ? 0 : -1);
		if (rc == 0)
			assert_true(str_eq(to_json(&types_point_type, &m),
					   arena_printf(a, "{\"value\":%s}", cases[i].out)));
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
		assert_int_equal(
			msg_from_json(
				a, &push_raw_sample_type,
				arena_printf(a, "{\"rawProfile\":\"%s\",\"ID\":\"x\"}", same[i]),
				&m, &e),
			0);
		assert_str(m.raw_profile, "\xfb\xff");
		assert_str(to_json(&push_raw_sample_type, &m),
			   "{\"rawProfile\":\"+/8=\",\"ID\":\"x\"}");
	}
	assert_int_equal(
		msg_from_json(a, &push_raw_sample_type, STR("{\"rawProfile\":\"*\"}"), &m, &e), -1);
	assert_int_equal(msg_from_json(a, &push_raw_sample_type, STR("{\"rawProfile\":5}"), &m, &e),
			 -1);
	assert_int_equal(msg_from_json(a, &types_get_profile_stats_response_type,
				       STR("{\"dataIngested\":true}"), &b, &e),
			 0);
	assert_true(b.data_ingested);
	assert_int_equal(msg_from_json(a, &types_get_profile_stats_response_type,
				       STR("{\"dataIngested\":false}"), &b, &e),
			 0);
	assert_str(to_json(&types_get_profile_stats_response_type, &b), "{}");
	assert_int_equal(msg_from_json(a, &types_get_profile_stats_response_type,
				       STR("{\"dataIngested\":\"true\"}"), &b, &e),
			 -1);
	assert_int_equal(msg_from_json(a, &types_get_profile_stats_response_type,
				       STR("{\"dataIngested\":1}"), &b, &e),
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
		int rc = msg_from_json(a, &types_label_pair_type,
				       arena_printf(a, "{\"name\":\"%s\"}", cases[i].in), &m, &e);

		if (rc != (cases[i].out ? 0 : -1))
			fail_msg("%s", cases[i].in);
		if (rc == 0)
			assert_true(str_eq(m.name, str_cstr(cases[i].out)));
	}
	{
		struct types_label_pair m;
		struct err e;

		assert_int_equal(msg_from_json(a, &types_label_pair_type,
					       STR("{\"name\":\"a\\u0000b\"}"), &m, &e),
				 0);
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
	struct str text =
		STR("{\"labelsSet\":[{\"labels\":[{\"name\":\"a\",\"value\":\"1\"},{}]},{}]}");
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
		{ "[]", "unmarshal into *typesv1.LabelValuesRequest: proto: syntax error (line "
			"1:1): unexpected token [" },
		{ "{\"name\":5}", "unmarshal into *typesv1.LabelValuesRequest: proto: (line 1:9): "
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

		if (msg_from_json(a, &types_label_values_request_type, str_cstr(cases[i].text), &m,
				  &e) == 0)
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

		assert_int_equal(msg_from_json(a, &querier_series_request_type,
					       str_cstr(cases[i].text), &m, &e),
				 cases[i].rc);
	}
	{
		struct version_versions v;
		struct err e;

		assert_int_equal(msg_from_json(a, &version_versions_type,
					       STR("{\"instances\":{\"a\":{},\"a\":{}}}"), &v, &e),
				 -1);
		assert_non_null(strstr(e.msg, "duplicate map key \"a\""));
	}
}

static void json_cut_at_every_byte(void **state)
{
	static const char text[] =
		"{\"labelsSet\":[{\"labels\":[{\"name\":\"a\\u00e9\",\"value\":\"1\"}]}],\"x\":"
		"{\"y\":[1.5e3,true,null,\"\\n\"]}}";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		struct querier_series_response m;
		char *copy = malloc(n ? n : 1);
		struct err e;

		assert_non_null(copy);
		memcpy(copy, text, n);
		assert_int_equal(
			msg_from_json(a, &querier_series_response_type, str_of(copy, n), &m, &e),
			n == sizeof(text) - 1 ? 0 : -1);
		free(copy);
	}
}

/* ---- both ---- */

static void numbers_of_a_flame_graph(void **state)
{
	enum { N = 1000 };
	int64_t *v = arena_array(a, N, sizeof(*v));
	struct flame_level level = { v, N };
	struct querier_flame_graph m = { .levels = { (struct querier_level *)(void *)&level, 1 } },
				   back;
	struct str bytes, text;
	struct err e;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		unsigned shift = (unsigned)(i * 7 % 64);

		v[i] = (int64_t)((UINT64_C(0x9e3779b97f4a7c15) * (i + 1)) >> shift);
	}
	v[0] = 0;
	v[1] = INT64_MAX;
	v[2] = INT64_MIN;
	for (size_t i = 0, p = 1; i < 19; i++, p *= 10) {
		v[10 + 3 * i] = (int64_t)p;
		v[11 + 3 * i] = (int64_t)p - 1;
		v[12 + 3 * i] = -(int64_t)p;
	}
	bytes = encode(&querier_flame_graph_type, &m);
	assert_int_equal(msg_decode(a, &querier_flame_graph_type, bytes, &back, &e), 0);
	assert_int_equal(back.levels.p[0].values.n, N);
	assert_memory_equal(back.levels.p[0].values.p, v, N * sizeof(*v));
	text = to_json(&querier_flame_graph_type, &m);
	assert_int_equal(msg_from_json(a, &querier_flame_graph_type, text, &back, &e), 0);
	assert_int_equal(back.levels.p[0].values.n, N);
	assert_memory_equal(back.levels.p[0].values.p, v, N * sizeof(*v));
	v[3] = 15;
	level.n = 4;
	assert_str(to_json(&querier_flame_graph_type, &m),
		   "{\"levels\":[{\"values\":[\"0\",\"9223372036854775807\",\"-"
		   "9223372036854775808\",\"15\"]}]}");
}

static void outputs_respect_the_maximum(void **state)
{
	int64_t v[300] = { 0 };
	struct querier_level l = { { v, 300 } };

	(void)state;
	for (size_t max = 0; max < 1000; max += 50) {
		struct buf b;
		struct err e;

		buf_init(&b, max);
		msg_to_json(&querier_level_type, &l, &b);
		assert_true(b.n <= max);
		assert_int_equal(buf_check(&b, "answer", &e), -1);
		buf_fini(&b);
		buf_init(&b, max);
		msg_encode(&querier_level_type, &l, &b);
		assert_true(b.n <= max);
		assert_int_equal(buf_check(&b, "answer", &e), max < 303 ? -1 : 0);
		buf_fini(&b);
	}
}

static void empty_messages(void **state)
{
	struct push_push_response m;
	struct err e;

	(void)state;
	assert_int_equal(msg_decode(a, &push_push_response_type, STR("\x08\x01"), &m, &e), 0);
	assert_int_equal(msg_from_json(a, &push_push_response_type, STR("{\"a\":1}"), &m, &e), 0);
	assert_int_equal(encode(&push_push_response_type, &m).n, 0);
	assert_str(to_json(&push_push_response_type, &m), "{}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(the_example_of_the_specification),
		T(cut_at_every_byte),
		T(optional_fields_are_kept_when_zero),
		T(lists_packed_and_not),
		T(other_packed_kinds),
		T(last_scalar_wins_and_messages_merge),
		T(unknown_fields_are_skipped),
		T(broken_bytes),
		T(decoding_clears_the_struct),
		T(nesting_has_a_limit),
		T(skipped_json_has_a_depth_limit_too),
		T(json_names),
		T(names_follow_the_rule),
		T(enums),
		T(json_integers),
		T(json_integer_ranges),
		T(json_doubles),
		T(json_bytes_and_bools),
		T(json_strings),
		T(json_lists_and_maps),
		T(json_refusals),
		T(json_duplicates_are_of_fields_not_of_names),
		T(json_cut_at_every_byte),
		T(numbers_of_a_flame_graph),
		T(outputs_respect_the_maximum),
		T(empty_messages),
#undef T
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
