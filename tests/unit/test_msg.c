/* formats/msg/msg.h and messages.h: both forms of messages, both ways. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "formats/msg/messages.h"
#include "formats/query/tree.h"

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
	assert_int_equal(msg_decode(a, &querier_select_series_request_type, STR(SERIES_REQUEST), &m, &e), 0);
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
	assert_int_equal(msg_decode(a, &querier_select_merge_stacktraces_request_type, bytes, &m, &e), 0);
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
	struct str doubles = STR("\x12\x10\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00\x00\x00\x00\x00\x40"
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
	assert_int_equal(msg_decode(a, &ingester_merge_profiles_pprof_request_type, bools, &flags, &e), 0);
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

		assert_int_equal(msg_decode(a, &querier_select_merge_stacktraces_response_type, bytes, &r, &e), 0);
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
		{ { "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 11 }, "proto: integer overflow" },
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
static const struct msg_type chain_type = { { "test.v1.Chain", 13 }, sizeof(struct chain), 1, chain_fields };

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
		assert_int_equal(msg_decode(a, &chain_type, str_of(bytes + at, sizeof(bytes) - at), &m, &e), want);
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

/* ---- both ---- */

static void numbers_of_a_flame_graph(void **state)
{
	enum { N = 1000 };
	int64_t *v = arena_array(a, N, sizeof(*v));
	struct flame_level level = { v, N };
	struct querier_flame_graph m = { .levels = { (struct querier_level *)(void *)&level, 1 } }, back;
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
		cmocka_unit_test_setup_teardown(the_example_of_the_specification, setup, teardown),
		cmocka_unit_test_setup_teardown(cut_at_every_byte, setup, teardown),
		cmocka_unit_test_setup_teardown(optional_fields_are_kept_when_zero, setup, teardown),
		cmocka_unit_test_setup_teardown(lists_packed_and_not, setup, teardown),
		cmocka_unit_test_setup_teardown(other_packed_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(last_scalar_wins_and_messages_merge, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_fields_are_skipped, setup, teardown),
		cmocka_unit_test_setup_teardown(broken_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(decoding_clears_the_struct, setup, teardown),
		cmocka_unit_test_setup_teardown(nesting_has_a_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(skipped_json_has_a_depth_limit_too, setup, teardown),
		cmocka_unit_test_setup_teardown(numbers_of_a_flame_graph, setup, teardown),
		cmocka_unit_test_setup_teardown(outputs_respect_the_maximum, setup, teardown),
		cmocka_unit_test_setup_teardown(empty_messages, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
