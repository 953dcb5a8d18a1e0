/*
 * test_jfr_faults.c - recordings with claims that are not true, cycles, types in
 * types, every cut, flipped bits.
 */
#include "tests/lib/jfr_expect.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_cut_chunk),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_faults),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
