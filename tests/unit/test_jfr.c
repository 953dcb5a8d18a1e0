/*
 * test_jfr.c - recordings that are written here: every kind of event, the
 * fields of types in any order, both kinds of integers, several chunks, all
 * encodings of strings, cycles, claims that are not true, every cut.
 */
#include "tests/lib/jfr_writer.h"

#include "formats/jfr/jfr.h"
#include "formats/jfr/jfr_ends.h"

/* ---- reading ---- */

static void check_profile(const struct profile *p)
{
	assert_int_equal(p->n_mappings, 1);
	for (uint32_t i = 0; i < p->n_samples; i++) {
		assert_true(p->stack_at[i] <= p->stack_at[i + 1]);
		for (uint32_t k = p->stack_at[i]; k < p->stack_at[i + 1]; k++)
			assert_true(p->stack[k] < p->n_locations);
		for (uint32_t k = p->tag_at ? p->tag_at[i] : 0; p->tag_at && k < p->tag_at[i + 1]; k++)
			assert_true(p->tags[k].key < p->n_strings && p->tags[k].str < p->n_strings);
	}
	for (uint32_t i = 0; i < p->n_locations; i++) {
		assert_true(p->locations[i].first_line < p->n_lines && p->locations[i].mapping == 0);
		assert_true(p->lines[p->locations[i].first_line].function < p->n_functions);
	}
	for (uint32_t i = 0; i < p->n_functions; i++)
		assert_true(p->functions[i].name > 0 && p->functions[i].name < p->n_strings);
}

static void print_sample(struct buf *b, const struct profile *p, uint32_t i)
{
	for (uint32_t k = p->stack_at[i]; k < p->stack_at[i + 1]; k++) {
		const struct line *l = &p->lines[p->locations[p->stack[k]].first_line];

		buf_printf(b, "%s" STR_FMT ":%lld", k > p->stack_at[i] ? " < " : "  ",
		    STR_ARG(profile_str(p, p->functions[l->function].name)), (long long)l->line);
	}
	for (uint32_t t = 0; t < p->n_types; t++)
		buf_printf(b, "%s%lld", t ? " " : " = ", (long long)profile_value(p, i, t));
	for (uint32_t k = p->tag_at ? p->tag_at[i] : 0; p->tag_at && k < p->tag_at[i + 1]; k++)
		buf_printf(b, " " STR_FMT "=" STR_FMT, STR_ARG(profile_str(p, p->tags[k].key)),
		    STR_ARG(profile_str(p, p->tags[k].str)));
	if (p->at)
		buf_printf(b, " @%lld", (long long)p->at[i]);
	buf_printf(b, "\n");
}

static void print_profiles(struct buf *b, const struct format_profiles *got)
{
	for (uint32_t i = 0; i < got->n; i++) {
		const struct profile *p = got->p[i].p;

		check_profile(p);
		buf_printf(b, STR_FMT " " STR_FMT " '" STR_FMT "'", STR_ARG(got->p[i].name),
		    STR_ARG(got->p[i].labels.p[0].value), STR_ARG(got->p[i].labels.p[1].value));
		for (uint32_t t = 0; t < p->n_types; t++)
			buf_printf(b, " " STR_FMT "/" STR_FMT, STR_ARG(profile_str(p, p->types[t].type)),
			    STR_ARG(profile_str(p, p->types[t].unit)));
		if (p->has_period_type)
			buf_printf(b, " of " STR_FMT "/" STR_FMT, STR_ARG(profile_str(p, p->period_type.type)),
			    STR_ARG(profile_str(p, p->period_type.unit)));
		buf_printf(b, "\n");
		for (uint32_t k = 0; k < p->n_samples; k++)
			print_sample(b, p, k);
	}
}

/* What is read, as text, or the error. */
static struct str read_back(struct arena *a, struct str bytes, const struct jfr_opts *o)
{
	struct format_profiles got = { 0 };
	struct err e = { 0 };
	struct buf b;
	struct str s;

	if (jfr_decode(a, bytes, o, &got, &e) < 0)
		return arena_printf(a, "%s", e.msg);
	buf_init(&b, LIMIT);
	print_profiles(&b, &got);
	if (got.notes.skipped)
		buf_printf(&b, "skipped %llu: " STR_FMT "\n", (unsigned long long)got.notes.skipped,
		    STR_ARG(got.notes.first));
	s = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return s;
}

static void expect(const char *about, struct arena *a, struct str bytes, const struct jfr_opts *o, const char *want)
{
	struct str got = read_back(a, bytes, o);

	if (!str_eq(got, str_cstr(want)))
		fail_msg("%s:\n" STR_FMT "\nnot:\n%s", about, STR_ARG(got), want);
}

static const struct jfr_opts server = { .rate = 100, .only_known = true, .clean_names = true, .spans = true };

#define STACK_A "app/Main.work:20 < app/Main.main:10"
#define STACK_B "Main$$Lambda_.work:0 < app/Main.work:21 < app/Main.main:10"
#define STACK_C "app/Main.main:11"

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

/* ---- what is wrong ---- */

static void set_fix(struct writer *w, size_t at, uint64_t v, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		w->b.p[at + i] = (char)(v >> (8 * (size - 1 - i)));
}

static void test_header(void **ctx)
{
	static const struct {
		unsigned at, size;
		uint64_t v;
		const char *want;
	} cases[] = {
		{ 0, 4, 0x464c5201, "error reading chunk header: invalid chunk magic: 464c5201" },
		{ 4, 4, 0x30000, "error reading chunk header: unknown version 30000" },
		{ 4, 4, 0x10000, "error reading chunk header: unknown version 10000" },
		{ 8, 8, 0, "error reading chunk header: invalid size: 0" },
		{ 8, 8, 67, "error reading chunk header: invalid size: 67" },
		{ 8, 8, UINT64_C(1) << 63, "error reading chunk header: invalid size: -9223372036854775808" },
		{ 8, 8, UINT64_C(1) << 42, "a chunk of 4398046511104 bytes of which * are there: unexpected EOF" },
		{ 16, 8, 0, "error reading chunk header: invalid offsets: cp 0 meta 68" },
		{ 16, 8, UINT64_C(1) << 42, "constants at byte 4398046511104 of the chunk: they end at *" },
		{ 16, 8, 68, "constants at byte 68 of the chunk: there is an event of type 0" },
		{ 24, 8, UINT64_MAX, "error reading chunk header: invalid offsets: cp * meta -1" },
		{ 24, 8, UINT64_C(1) << 40, "metadata at byte 1099511627776 of the chunk: unexpected EOF" },
		{ 24, 8, 72, "metadata at byte 72 of the chunk: *" },
	};
	struct arena *a = arena_new();

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str got, want = str_cstr(cases[i].want), head;
		struct writer w;

		writer_init(&w, 0, false);
		record(&w, "cpu", 0);
		set_fix(&w, cases[i].at, cases[i].v, cases[i].size);
		got = read_back(a, buf_str(&w.b), &server);
		head = str_cut(&want, '*');
		if (!str_prefix(got, head) || !str_suffix(got, want))
			fail_msg("case %zu: " STR_FMT, i, STR_ARG(got));
		buf_fini(&w.b);
	}
	expect("nothing", a, STR(""), &server, "");
	expect("short", a, STR("not a jfr file"), &server, "error reading chunk header: unexpected EOF");
	arena_free(a);
}

/* A count or a size of terabytes stands where a small one should. */
static void test_claims(void **ctx)
{
	static const struct {
		const char *about;
		unsigned type; /* of the pool */
		unsigned what; /* 0: entries, 1: frames of the stack, 2: a string, 3: pools, 4: characters */
	} cases[] = {
		{ "entries", TRACE, 0 },
		{ "entries of a type that is passed over", OTHER, 0 },
		{ "frames", TRACE, 1 },
		{ "string", SYMBOL, 2 },
		{ "pools", SYMBOL, 3 },
		{ "characters", SYMBOL, 4 },
	};
	struct arena *a = arena_new();

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		static const uint64_t tera = UINT64_C(1) << 42;
		struct writer w;
		struct str got;
		size_t at, before = arena_bytes(a);

		writer_init(&w, 0, false);
		begin_chunk(&w);
		EVENT(&w, 101, N("stackTrace", 1), N("state", 1));
		w.pools = w.b.n - w.begin;
		at = begin_pools(&w, 0, cases[i].what == 3 ? UINT32_MAX : 1);
		put(&w, cases[i].type, 8);
		put(&w, cases[i].what == 0 ? tera : 1, 4);
		put(&w, 1, 8);
		if (cases[i].type == TRACE)
			put_byte(&w, 0);
		if (cases[i].what == 2 || cases[i].what == 4)
			put_byte(&w, cases[i].what == 2 ? 3 : 4);
		put(&w, tera, 4);
		put_size(&w, at);
		end_chunk(&w);
		got = read_back(a, buf_str(&w.b), &server);
		if (!str_prefix(got, STR("constants at byte ")))
			fail_msg("%s: " STR_FMT, cases[i].about, STR_ARG(got));
		assert_true(arena_bytes(a) - before < 16 << 20);
		buf_fini(&w.b);
	}
	arena_free(a);
}

/* Constants that lead to themselves, forward, or into others. */
static void test_chain(void **ctx)
{
	struct arena *a = arena_new();

	(void)ctx;
	for (int delta = -40; delta <= 40; delta++) {
		struct writer w;
		struct str got;
		size_t at;

		writer_init(&w, 0, false);
		begin_chunk(&w);
		at = begin_pools(&w, 0, 0);
		put_size(&w, at);
		at = begin_pools(&w, 0, 0);
		put_size(&w, at);
		w.pools = w.b.n - w.begin;
		at = begin_pools(&w, delta, 0);
		put_size(&w, at);
		end_chunk(&w);
		got = read_back(a, buf_str(&w.b), &server);
		/* the events are of 11 bytes: size, type, start, duration, delta, mask, number of pools */
		if ((delta == 0 || delta == -10 || delta == -20) != (got.n == 0))
			fail_msg("delta %d: " STR_FMT, delta, STR_ARG(got));
		buf_fini(&w.b);
	}
	arena_free(a);
}

static void check_any(struct arena *a, struct str bytes, bool lenient)
{
	struct jfr_opts o = server;
	struct format_profiles got = { 0 };
	struct err e;

	for (unsigned i = 0; i < 2; i++) {
		o.lenient = lenient;
		if (jfr_decode(a, bytes, &o, &got, &e) == 0) {
			for (uint32_t k = 0; k < got.n; k++)
				check_profile(got.p[k].p);
		} else {
			assert_true(e.kind == ERR_INVALID || e.kind == ERR_LIMIT);
			assert_true(e.msg[0] != '\0');
		}
		o = (struct jfr_opts){ .keep = FORMAT_TAGS | FORMAT_TIMES, .spans = true, .clean_names = true };
	}
	assert_true(arena_bytes(a) < 32 << 20);
	arena_reset(a);
}

static void test_cuts(void **ctx)
{
	struct arena *a = arena_new();

	(void)ctx;
	for (int fixed = 0; fixed < 2; fixed++) {
		struct writer w;
		size_t first;

		writer_init(&w, 4, fixed);
		begin_chunk(&w);
		EVENT(&w, 101, N("stackTrace", 3), N("state", 1));
		put_pools(&w, 0);
		end_chunk(&w);
		first = w.b.n;
		record(&w, "cpu", 0);
		for (size_t n = 0; n < w.b.n; n++) {
			/* in memory of its own, so that a read beyond is seen */
			char *copy = mem_alloc(n + 1);
			struct err e;
			struct format_profiles got = { 0 };
			struct jfr_opts o = server;

			memcpy(copy, w.b.p, n);
			assert_int_equal(jfr_decode(a, str_of(copy, n), &o, &got, &e), n == 0 || n == first ? 0 : -1);
			o.lenient = true;
			got = (struct format_profiles){ 0 };
			assert_int_equal(jfr_decode(a, str_of(copy, n), &o, &got, &e), 0);
			assert_true(n < first || got.n > 0);
			assert_int_equal(got.notes.skipped > 0, n > 0 && n != first);
			check_any(a, str_of(copy, n), true);
			mem_free(copy);
		}
		buf_fini(&w.b);
	}
	arena_free(a);
}

/* The constants stand before the events: what is whole of a cut chunk is taken. */
static void test_cut_chunk(void **ctx)
{
	static const char want[] =
	    "cpu process_cpu '' cpu/nanoseconds of cpu/nanoseconds\n"
	    "  " STACK_C " = 30000000\n"
	    "skipped 1: chunk 1 at byte 0: a chunk of 20000 bytes of which * are there: unexpected EOF\n";
	struct jfr_opts o = server;
	struct arena *a = arena_new();
	struct writer w;

	(void)ctx;
	for (int behind = 0; behind < 2; behind++) {
		struct str got, tail = STR(want), head;
		size_t at;

		writer_init(&w, 0, false);
		begin_chunk(&w);
		put_pools(&w, 0);
		for (unsigned i = 0; i < 3; i++)
			EVENT(&w, 101, N("stackTrace", 3), N("state", 1));
		at = w.b.n;
		for (unsigned i = 0; i < 200; i++)
			EVENT(&w, 101, N("stackTrace", 3), N("state", 1));
		if (behind)
			w.pools = 19990; /* the last ones are behind the cut */
		end_chunk(&w);
		set_fix(&w, 8, 20000, 8);
		w.b.n = at + 5;
		assert_true(w.b.n < 19990);
		o.lenient = true;
		head = str_cut(&tail, '*');
		got = read_back(a, buf_str(&w.b), &o);
		if (!str_prefix(got, head) || !str_suffix(got, tail))
			fail_msg("%d: " STR_FMT, behind, STR_ARG(got));
		o.lenient = false;
		got = read_back(a, buf_str(&w.b), &o);
		assert_true(str_prefix(got, STR("a chunk of 20000 bytes")));
		buf_fini(&w.b);
	}
	arena_free(a);
}

/* The constants of a cut chunk end within an entry: it counts as not there, and nothing is read in its place. */
static void write_cut_constant(struct writer *w)
{
	size_t at;

	begin_chunk(w);
	EVENT(w, 101, N("stackTrace", 1), N("state", 1), N("sampledThread", 1));
	put_pools(w, 0);
	at = begin_pools(w, 0, 2);
	begin_pool(w, METHOD, 1);
	/* its third number stands where the third field of a thread would */
	CONSTANT(w, METHOD, 1, N("type", 1), N("name", 2), N("descriptor", UINT64_C(1) << 40));
	begin_pool(w, THREAD, 1);
	put(w, 1, 8);
	put_size(w, at);
	w->pools = 19990;
	end_chunk(w);
	set_fix(w, 8, 20000, 8);
}

enum { CHAIN = 40 };

/* Each type has two fields of the next one, and the last has none. */
static void put_chain(struct writer *w, struct names *s)
{
	static char numbers[CHAIN + 1][4];

	for (unsigned i = 0; i <= CHAIN; i++)
		snprintf(numbers[i], sizeof(numbers[i]), "%u", i);
	put_element(w, s, "root", 0, NULL, 1);
	put_element(w, s, "metadata", 0, NULL, CHAIN);
	for (unsigned i = 0; i < CHAIN; i++) {
		put_element(w, s, "class", 2, (const char *[]){ "name", numbers[i], "id", numbers[i] },
		    i + 1 < CHAIN ? 2 : 0);
		for (unsigned k = 0; i + 1 < CHAIN && k < 2; k++)
			put_element(w, s, "field", 2, (const char *[]){ "name", "x", "class", numbers[i + 1] }, 0);
	}
}

/* Passing over a value of the first type would take 2^31 steps, and no byte. */
static void write_deep_types(struct writer *w)
{
	size_t at;

	for (unsigned i = 0; i < HEADER; i++)
		put_byte(w, 0);
	put_metadata(w, put_chain);
	w->pools = w->b.n;
	at = begin_pools(w, 0, 1);
	begin_pool(w, 0, 1);
	put(w, 1, 8);
	put_size(w, at);
	end_chunk(w);
}

static void test_flips(void **ctx)
{
	struct arena *a = arena_new();

	(void)ctx;
	for (int fixed = 0; fixed < 2; fixed++) {
		struct writer w;

		writer_init(&w, 6, fixed);
		record(&w, "wall", 0);
		for (size_t i = 0; i < w.b.n; i++)
			for (unsigned bit = i % 4; bit < 8; bit += 4) {
				w.b.p[i] = (char)(w.b.p[i] ^ 1 << bit);
				check_any(a, buf_str(&w.b), bit & 1);
				w.b.p[i] = (char)(w.b.p[i] ^ 1 << bit);
			}
		buf_fini(&w.b);
	}
	arena_free(a);
}

/* An event that is shorter than its fields. */
static void write_short_event(struct writer *w)
{
	size_t at;

	begin_chunk(w);
	at = begin_event(w, 101);
	put(w, 5, 8);
	put_size(w, at);
	EVENT(w, 101, N("stackTrace", 3), N("state", 1));
	put_pools(w, 0);
	end_chunk(w);
}

/* One stack more, behind the constants that are there. */
static void put_stack(struct writer *w, uint64_t id, const uint32_t *frames)
{
	size_t at = w->b.n, before = w->begin + w->pools, here = begin_pools(w, -(int64_t)(at - before), 1);

	begin_pool(w, TRACE, 1);
	CONSTANT(w, TRACE, id, { .field = "frames", .frames = frames });
	put_size(w, here);
	w->pools = at - w->begin;
}

/* Frames of 4, of 8 and of 12 bytes between each other, the last of them near the end of the chunk. */
static void test_long_frames(void **ctx)
{
	enum { SHIFT = 1 << 30, MAIN = SHIFT + 1, WORK = SHIFT + 2, FAR = 300000000 };
	static const uint32_t frames[] = { MAIN, 1, WORK, FAR, WORK, 2, MAIN, FAR, MAIN, FAR, WORK, 3, WORK, 4, WORK, 5,
		WORK, 6, WORK, 7, WORK, 8, WORK, FAR, MAIN, 9, 0 };
	static const char want[] = "cpu process_cpu '' cpu/nanoseconds of cpu/nanoseconds\n"
				   "  app/Main.main:1 < app/Main.work:300000000 < app/Main.work:2 < "
				   "app/Main.main:300000000 < app/Main.main:300000000 < app/Main.work:3 < "
				   "app/Main.work:4 < app/Main.work:5 < app/Main.work:6 < app/Main.work:7 < "
				   "app/Main.work:8 < app/Main.work:300000000 < app/Main.main:9 = 10000000\n";

	(void)ctx;
	for (int behind = 0; behind < 2; behind++) {
		struct arena *a = arena_new();
		struct writer w;

		writer_init(&w, 0, false);
		begin_chunk(&w);
		EVENT(&w, 101, N("stackTrace", 9), N("state", 1));
		put_pools(&w, SHIFT);
		put_stack(&w, 9, frames);
		if (behind)
			put_stack(&w, 10, frames);
		end_chunk(&w);
		expect("long frames", a, buf_str(&w.b), &server, want);
		buf_fini(&w.b);
		arena_free(a);
	}
}

/* A stack of many frames, and as many events that keep it apart: more than what the input may become. */
static void write_spread(struct writer *w)
{
	enum { FRAMES = 20000, EVENTS = 3000 };
	uint32_t *frames = mem_zalloc(sizeof(*frames) * (FRAMES * 2 + 1));

	for (uint32_t i = 0; i < FRAMES; i++) {
		frames[i * 2] = 1;
		frames[i * 2 + 1] = i % 100;
	}
	begin_chunk(w);
	for (unsigned i = 0; i < EVENTS; i++)
		EVENT(w, 101, N("stackTrace", 9), N("state", 1), N("spanId", i + 1));
	put_pools(w, 0);
	put_stack(w, 9, frames);
	end_chunk(w);
	mem_free(frames);
}

static void test_faults(void **ctx)
{
	static const struct {
		void (*write)(struct writer *w);
		struct jfr_opts o;
		const char *begins, *has, *ends;
	} cases[] = {
		{ write_cut_constant, { .keep = FORMAT_TAGS, .lenient = true }, "", "thread=main", "" },
		{ write_deep_types, { 0 }, "metadata at byte 68 of the chunk: ", "types are nested more than 32 deep",
		    "" },
		{ write_short_event, { .rate = 100, .only_known = true }, "event at byte ",
		    " of the chunk: ", "its fields do not fit in its size" },
		{ write_short_event, { .rate = 100, .only_known = true, .lenient = true }, "",
		    STACK_C " = 10000000\nskipped 1: event at byte ", "" },
		{ write_spread, { .rate = 100, .only_known = true, .spans = true },
		    "the recording repeats its stacks, tags or names to more than 128 bytes", "", "" },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct writer w;
		struct str got;

		writer_init(&w, 0, false);
		cases[i].write(&w);
		got = read_back(a, buf_str(&w.b), &cases[i].o);
		if (!str_prefix(got, str_cstr(cases[i].begins)) || !str_suffix(got, str_cstr(cases[i].ends)) ||
		    (*cases[i].has && str_search(got, str_cstr(cases[i].has)) == got.n))
			fail_msg("%zu: " STR_FMT, i, STR_ARG(got));
		assert_true(arena_bytes(a) < (size_t)w.b.n * JFR_SPREAD + (32 << 20));
		buf_fini(&w.b);
		arena_free(a);
	}
}

/* Where frames end and what is longer than a word, with the instructions of newer processors and without. */
static void test_ends(void **ctx)
{
	static const struct {
		uint64_t ends, frames, far;
	} cases[] = {
		{ 0, 0, UINT64_C(0x01ffffffffffffff) },
		{ 0x7, 0, UINT64_C(0x01fffffffffffff8) },
		{ 0xb6d, 0x820, UINT64_C(0x01fffffffffff000) },
		{ 0x80, 0, UINT64_C(0x01ffffffffffff00) },
		{ UINT64_C(0x8000000000000100), 0, UINT64_C(0x00fffffffffffe01) },
		{ UINT64_C(0x8000000000000007), UINT64_C(0x8000000000000000), UINT64_C(0x00fffffffffffff8) },
		{ UINT64_C(0xffffffffffffffff), UINT64_C(0x8888888888888888), 0 },
	};
	uint8_t block[JFR_BLOCK];

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (unsigned k = 0; k < JFR_BLOCK; k++)
			block[k] = cases[i].ends >> k & 1 ? 0x7f : 0x80;
		assert_true(jfr_ends(block) == cases[i].ends);
		assert_true(jfr_far(cases[i].ends) == cases[i].far);
		assert_true(jfr_frame_ends(cases[i].ends) == cases[i].frames);
#ifdef JFR_CLMUL
		if (JFR_HAS_CLMUL)
			assert_true(jfr_frame_ends_clmul(cases[i].ends) == cases[i].frames);
#endif
	}
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
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_cut_chunk),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_long_frames),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_ends),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
