/*
 * test_jfr.c - recordings that are written here: every kind of event, the
 * fields of types in any order, both kinds of integers, several chunks, all
 * encodings of strings. What is wrong with some: test_jfr_faults.c.
 */
#include "tests/lib/jfr_expect.h"

static const char as_cpu[] = "cpu process_cpu 'cpu' cpu/nanoseconds of cpu/nanoseconds\n"
			     "  " STACK_A " = 10000000\n"
			     "  " STACK_A " = 10000000\n" /* another context */
			     "wall wall 'cpu' wall/nanoseconds of wall/nanoseconds\n"
			     "  " STACK_C " = 70000000 profile_id=0000000000000abc\n"
			     "  " STACK_C " = 20000000\n";
static const char as_wall[] = "cpu process_cpu 'wall' cpu/nanoseconds of cpu/nanoseconds\n"
			      "  " STACK_A " = 10000000\n"
			      "  " STACK_A " = 10000000\n"
			      "  " STACK_C " = 70000000 profile_id=0000000000000abc\n"
			      "wall wall 'wall' wall/nanoseconds of wall/nanoseconds\n"
			      "  " STACK_A " = 10000000\n"
			      "  " STACK_A " = 10000000\n"
			      "  " STACK_B " = 10000000\n"
			      "  " STACK_C " = 30000000\n" /* samples of both kinds */
			      "  " STACK_C " = 70000000 profile_id=0000000000000abc\n";

static const char *rest_of(struct arena *a, const char *head, const char *event, const char *live, const char *more)
{
	return arena_printf(a,
	    "%salloc_in_new_tlab memory '%s' alloc_in_new_tlab_objects/count alloc_in_new_tlab_bytes/bytes of "
	    "space/bytes\n"
	    "  " STACK_A " = 2 5096\n"
	    "alloc_outside_tlab memory '%s' alloc_outside_tlab_objects/count alloc_outside_tlab_bytes/bytes of "
	    "space/bytes\n"
	    "  " STACK_B " = 1 1152921504606846976\n"
	    "lock mutex '%s' contentions/count delay/nanoseconds of mutex/count\n"
	    "  " STACK_A " = 2 %s\n"
	    "park block '%s' contentions/count delay/nanoseconds of block/count\n"
	    "  " STACK_C " = 1 %s\n"
	    "live memory '%s' live/count%s of objects/count\n"
	    "  " STACK_C " = 1%s\n"
	    "alloc_sample memory '%s' alloc_sample_objects/count alloc_sample_bytes/bytes of space/bytes\n"
	    "  " STACK_B " = 1 300\n"
	    "malloc memory '%s' malloc_objects/count malloc_bytes/bytes\n"
	    "  " STACK_C " = 1 12\n%s",
	    head, event, event, event, *live ? "114" : "57", event, *live ? "18" : "9", event,
	    *live ? " live_bytes/bytes" : "", *live ? " 64" : "", event, event, more)
	    .p;
}

static void test_known(void **ctx)
{
	(void)ctx;
	for (uint64_t seed = 0; seed < 20; seed++)
		for (int fixed = 0; fixed < 2; fixed++) {
			struct arena *a = arena_new();
			struct writer w;

			writer_init(&w, seed, fixed);
			record(&w, "cpu", 0);
			expect("cpu", a, buf_str(&w.b), &server, rest_of(a, as_cpu, "cpu", "", ""));
			buf_fini(&w.b);
			writer_init(&w, seed, fixed);
			record(&w, "wall", UINT64_C(1) << 31);
			expect("wall", a, buf_str(&w.b), &server, rest_of(a, as_wall, "wall", "", ""));
			buf_fini(&w.b);
			arena_free(a);
		}
}

/* In files: periods of their own, ticks as ns (two of them), everything that has a stack. */
static void test_file(void **ctx)
{
	static const char cpu[] = "cpu process_cpu 'cpu' cpu/nanoseconds of cpu/nanoseconds\n"
				  "  " STACK_A " = 40000000\n"
				  "wall wall 'cpu' wall/nanoseconds of wall/nanoseconds\n"
				  "  " STACK_C " = 180000000\n";
	static const char more[] =
	    "native native 'cpu' native/nanoseconds of native/nanoseconds\n"
	    "  " STACK_A " = 20000000\n"
	    "file_read file_read 'cpu' file_read_events/count file_read_time/nanoseconds file_read_bytes/bytes\n"
	    "  " STACK_A " = 2 44 88\n"
	    "java_exception_throw java_exception_throw 'cpu' java_exception_throw_events/count\n"
	    "  " STACK_B " = 1\n"
	    "method_trace method_trace 'cpu' method_trace_events/count method_trace_time/nanoseconds\n"
	    "  " STACK_C " = 1 6\n"
	    "http_request_event http_request_event 'cpu' http_request_event_events/count\n"
	    "  " STACK_C " = 1\n";
	struct jfr_opts o = { .clean_names = true };
	struct arena *a = arena_new();
	struct format_profiles got = { 0 };
	struct writer w;
	struct err e;

	(void)ctx;
	writer_init(&w, 3, false);
	record(&w, "cpu", 0);
	expect("file", a, buf_str(&w.b), &o, rest_of(a, cpu, "cpu", "live", more));
	assert_int_equal(jfr_decode(a, buf_str(&w.b), &o, &got, &e), 0);
	assert_int_equal(got.p[0].p->period, 20000000);
	assert_int_equal(got.p[0].p->time, 5 * NS_PER_S);
	assert_int_equal(got.p[0].p->duration, NS_PER_S);
	for (uint32_t i = 0; i < got.n; i++)
		assert_true(got.p[i].p->default_type > 0);
	buf_fini(&w.b);
	arena_free(a);
}

static void test_tags(void **ctx)
{
	static const struct {
		unsigned keep;
		const char *type, *want;
	} cases[] = {
		{ FORMAT_TAGS, "cpu process_cpu",
		    "  " STACK_A " = 20000000 thread=main state=STATE_RUNNABLE\n"
		    "  " STACK_A " = 20000000 thread=GC state=STATE_RUNNABLE\n" },
		{ FORMAT_TAGS, "alloc_in_new_tlab memory",
		    "  " STACK_A " = 1 4096 class=java/lang/Object\n"
		    "  " STACK_A " = 1 1000 class=app/Main\n" },
		{ FORMAT_TAGS, "lock mutex", "  " STACK_A " = 2 114 monitor=java/lang/Object\n" },
		{ FORMAT_TIMES, "cpu process_cpu",
		    "  " STACK_A " = 20000000 @5000000010\n  " STACK_A " = 20000000 @5000000012\n" },
	};
	struct arena *a = arena_new();
	struct writer w;

	(void)ctx;
	writer_init(&w, 5, false);
	record(&w, "cpu", 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct jfr_opts o = { .clean_names = true, .keep = cases[i].keep };
		struct str got = read_back(a, buf_str(&w.b), &o);
		size_t at = str_search(got, str_cstr(cases[i].type));

		got = str_skip(got, at);
		got = str_skip(got, str_find(got, '\n') + 1);
		if (!str_prefix(got, str_cstr(cases[i].want)))
			fail_msg("case %zu: " STR_FMT, i, STR_ARG(got));
	}
	buf_fini(&w.b);
	arena_free(a);
}

/* Contexts { 3: thread_name = blue }, span names { 5: GET }. */
static void test_contexts(void **ctx)
{
#define LABELS "\x0a\x0a\x08\x03\x12\x06\x0a\x04\x08\x01\x10\x02"
#define STRING1 "\x12\x0f\x08\x01\x12\x0bthread_name"
#define STRING2                    \
	"\x12\x08\x08\x02\x12\x04" \
	"blue"
#define STRING5 "\x12\x07\x08\x05\x12\x03GET"
	static const char want[] = "cpu process_cpu '' cpu/nanoseconds of cpu/nanoseconds\n"
				   "  " STACK_A " = 20000000 thread_name=blue\n"
				   "  " STACK_A " = 10000000 profile_id=00000000000000ff span_name=GET\n"
				   "  " STACK_A " = 10000000\n";
	struct jfr_opts o = server;
	struct arena *a = arena_new();
	struct writer w;

	(void)ctx;
	writer_init(&w, 0, false);
	begin_chunk(&w);
	EVENT(&w, 101, N("stackTrace", 1), N("state", 1), N("contextId", 3));
	EVENT(&w, 101, N("stackTrace", 1), N("state", 1), N("contextId", 4), N("spanId", 255), N("spanName", 5));
	EVENT(&w, 101, N("stackTrace", 1), N("state", 1), N("contextId", 3));
	EVENT(&w, 101, N("stackTrace", 1), N("state", 1), N("spanName", 6));
	put_pools(&w, 0);
	end_chunk(&w);
	o.contexts = STR(LABELS STRING1 STRING2 STRING5);
	expect("contexts", a, buf_str(&w.b), &o, want);
	o.contexts = STR("\x0a\x7f");
	expect("cut contexts", a, buf_str(&w.b), &o, "failed to parse labels form field: unexpected EOF");
	buf_fini(&w.b);
	arena_free(a);
}

/* The same stacks under other ids are summed; the same ids with other stacks are not. */
static void test_chunks(void **ctx)
{
	static const char want[] = "cpu process_cpu '' cpu/nanoseconds of cpu/nanoseconds\n"
				   "  " STACK_A " = 40000000\n"
				   "  " STACK_B " = 10000000\n"
				   "  " STACK_C " = 10000000\n";
	struct arena *a = arena_new();
	struct writer w;

	(void)ctx;
	writer_init(&w, 9, false);
	begin_chunk(&w);
	EVENT(&w, 101, N("stackTrace", 1), N("state", 1));
	EVENT(&w, 101, N("stackTrace", 2), N("state", 1));
	put_pools(&w, 0);
	end_chunk(&w);
	w.fixed = true;
	begin_chunk(&w);
	EVENT(&w, 101, N("stackTrace", 1), N("state", 1)); /* is not there */
	EVENT(&w, 101, N("stackTrace", 2), N("state", 1)); /* what was 1 */
	EVENT(&w, 101, N("stackTrace", 2), N("state", 1));
	put_pools(&w, 1);
	end_chunk(&w);
	w.fixed = false;
	begin_chunk(&w);
	EVENT(&w, 101, N("stackTrace", 1001), N("state", 1));
	EVENT(&w, 101, N("stackTrace", 1003), N("state", 1));
	put_pools(&w, 1000);
	end_chunk(&w);
	expect("three chunks", a, buf_str(&w.b), &server, want);
	buf_fini(&w.b);
	arena_free(a);
}

/* ---- strings ---- */

static void put_strings_pool(struct writer *w)
{
	begin_pool(w, STRING, 4);
	put(w, 1, 8);
	put_string(w, "app/Main");
	put(w, 2, 8); /* a reference to the first */
	put_byte(w, 2);
	put(w, 1, 8);
	put(w, 3, 8); /* to itself */
	put_byte(w, 2);
	put(w, 3, 8);
	put(w, 4, 8);
	put_byte(w, 0);
}

/* The class name of STACK_C is written in each way. */
static void test_strings(void **ctx)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *want;
	} cases[] = {
		{ "\0", 1, "" },
		{ "\1", 1, "" },
		{ "\2\1", 2, "app/Main" },
		{ "\2\2", 2, "app/Main" },
		{ "\2\3", 2, "" },
		{ "\2\4", 2, "" },
		{ "\2\77", 2, "" },
		{ "\3\3a\xc3\xa4", 5, "a\xc3\xa4" },
		{ "\4\2a\xe4\1", 5, "a\xc3\xa4" },
		{ "\4\2\xbd\xb0\3\x80\xb8\3", 8, "\xf0\x9f\x90\x80" }, /* d83d dc00: a surrogate pair */
		{ "\4\1\x80\xb8\3", 5, "\xef\xbf\xbd" },
		{ "\5\2a\xe4", 4, "a\xc3\xa4" },
	};
	struct arena *a = arena_new();

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct writer w;
		size_t at;

		writer_init(&w, 0, false);
		begin_chunk(&w);
		EVENT(&w, 101, N("stackTrace", 3), N("state", 1));
		w.pools = w.b.n - w.begin;
		at = begin_pools(&w, 0, 6);
		put_strings_pool(&w);
		begin_pool(&w, SYMBOL, 2);
		put(&w, 1, 8);
		buf_add(&w.b, str_of(cases[i].bytes, cases[i].n));
		CONSTANT(&w, SYMBOL, 2, S("string", "main"));
		begin_pool(&w, CLASS, 1);
		CONSTANT(&w, CLASS, 1, N("name", 1));
		begin_pool(&w, STATE, 1);
		CONSTANT(&w, STATE, 1, S("name", "STATE_RUNNABLE"));
		put_stacks(&w, 0);
		put_size(&w, at);
		end_chunk(&w);
		expect("strings", a, buf_str(&w.b), &server,
		    arena_printf(a, "cpu process_cpu '' cpu/nanoseconds of cpu/nanoseconds\n  %s.main:11 = 10000000\n",
			cases[i].want)
			.p);
		buf_fini(&w.b);
	}
	arena_free(a);
}

/* All strings, those of the metadata too, as characters, as Latin-1. */
static void test_encodings(void **ctx)
{
	(void)ctx;
	for (unsigned encoding = 3; encoding <= 5; encoding++)
		for (int fixed = 0; fixed < 2; fixed++) {
			struct arena *a = arena_new();
			struct writer w;

			writer_init(&w, 2, fixed);
			w.encoding = encoding;
			record(&w, "cpu", 0);
			expect("encoding", a, buf_str(&w.b), &server, rest_of(a, as_cpu, "cpu", "", ""));
			buf_fini(&w.b);
			arena_free(a);
		}
}

static void test_clean_names(void **ctx)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{ "java/lang/Thread", "java/lang/Thread" },
		{ "jdk/internal/reflect/GeneratedMethodAccessor31", "jdk/internal/reflect/GeneratedMethodAccessor_" },
		{ "jdk/internal/reflect/GeneratedMethodAccessor", "jdk/internal/reflect/GeneratedMethodAccessor" },
		{ "jdk/internal/reflect/GeneratedMethodAccessor3x", "jdk/internal/reflect/GeneratedMethodAccessor3x" },
		{ "a/B$$Lambda$669.0x0000000800fd7318", "a/B$$Lambda_" },
		{ "a/B$$Lambda.0x00007ffa600c4da0", "a/B$$Lambda_" },
		{ "a/B$$Lambda$14/1234567", "a/B$$Lambda_" },
		{ "a/B$$Lambda/0x12ef", "a/B$$Lambda_" },
		{ "a/B$$Lambda42", "a/B$$Lambda_" },
		{ "a/B$$Lambda", "a/B$$Lambda" },
		{ "a/B$$Lambda$14", "a/B$$Lambda$14" },
		{ "a/B$$Lambda$14.0xzz", "a/B$$Lambda$14.0xzz" },
		{ "a/B$$Lambda.0x", "a/B$$Lambda.0x" },
		{ "$$Lambda.12", "$$Lambda.12" },
		{ "a$$Lambda$1.2$$Lambda$3.4", "a$$Lambda$1.2$$Lambda_" },
		{ "libzstd-jni-1.5.1-16931311898282279136.so", "libzstd-jni-_.so" },
		{ "./tmp/libzstd-jni-1.5.1-1.so (deleted)", "libzstd-jni-_.so" },
		{ "libzstd-jni-1.5-1.so", "libzstd-jni-1.5-1.so" },
		{ "./tmp/libamazonCorrettoCryptoProvider109b39cf33c563eb.so", "libamazonCorrettoCryptoProvider_.so" },
		{ "/tmp/amazonCorrettoCryptoProviderNativeLibraries.7382c2f79097f415/libcrypto.so (deleted)",
		    "libamazonCorrettoCryptoProvider_.so" },
		{ "amazonCorrettoCryptoProvider109b39cf33c563e.so", "amazonCorrettoCryptoProvider109b39cf33c563e.so" },
		{ "libasyncProfiler-linux-arm64-17b9a1d8156277a98ccc871afa9a8f69215f92.so", "libasyncProfiler-_.so" },
		{ "libasyncProfiler-linux-x86-17b9a1d8156277a98ccc871afa9a8f69215f92.so",
		    "libasyncProfiler-linux-x86-17b9a1d8156277a98ccc871afa9a8f69215f92.so" },
		{ "a/B$$EnhancerBySpringCGLIB$$1a2b3c", "a/B$$EnhancerBySpringCGLIB$$_" },
		{ "a/B$$EnhancerBySpringCGLIB$$", "a/B$$EnhancerBySpringCGLIB$$_" },
		{ "$$EnhancerBySpringCGLIB$$x", "$$EnhancerBySpringCGLIB$$x" },
		{ "", "" },
	};
	struct arena *a = arena_new();

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str got = jfr_clean_name(a, str_cstr(cases[i].in));

		if (!str_eq(got, str_cstr(cases[i].want)))
			fail_msg("%s: " STR_FMT ", not %s", cases[i].in, STR_ARG(got), cases[i].want);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_contexts),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_clean_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
