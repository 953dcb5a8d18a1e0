/*
 * test_callgrind.c - call graphs in and out: stacks from calls, costs that stay exact, cycles, limits.
 */
#include "tests/lib/profile_fixture.h"

#include "formats/folded/folded.h"
#include "formats/format.h"

static const struct format *row(void)
{
	struct err e;

	return format_by_name(STR("callgrind"), &e);
}

/* Types, folded stacks of each, what was left out. */
static const char *decoded(struct arena *a, struct str in, bool lenient)
{
	struct format_opts o = { .lenient = lenient };
	struct format_profiles got = { 0 };
	struct err e;
	struct buf b;
	struct str text;

	if (row()->decode(a, in, &o, &got, &e) < 0)
		return arena_printf(a, "error: %s", e.msg).p;
	buf_init(&b, FIXTURE_MAX);
	for (uint32_t i = 0; i < got.p[0].p->n_types; i++) {
		buf_printf(&b, STR_FMT "/" STR_FMT "\n", STR_ARG(profile_str(got.p[0].p, got.p[0].p->types[i].type)),
		    STR_ARG(profile_str(got.p[0].p, got.p[0].p->types[i].unit)));
		folded_encode(got.p[0].p, i, &b);
	}
	if (got.notes.skipped)
		buf_printf(&b, "skipped %llu: " STR_FMT "\n", (unsigned long long)got.notes.skipped,
		    STR_ARG(got.notes.first));
	text = arena_printf(a, STR_FMT, STR_ARG(buf_str(&b)));
	buf_fini(&b);
	return text.p;
}

static const struct {
	bool lenient;
	const char *in, *want;
} cases[] = {
	{ false, "# callgrind format\nevents: Ir\nfn=main\n1 5\ncfn=a\ncalls=1 2\n2 10\nfn=a\n3 10\n",
	    "Ir/count\nmain 5\nmain;a 10\n" },
	/* names by number, two positions, relative ones, events with units, fewer costs than events, CRLF */
	{ false,
	    "version: 1\r\npositions: instr line\r\nevents: Time_(10ns) Mem_(bytes) n\r\nob=(1) /bin/x\r\nfl=(1) "
	    "a.c\r\nfn=(1) main\r\n"
	    "0x10 16 20 7\r\ncob=(2) lib.so\r\ncfi=(2) b.c\r\ncfn=(2) f g\r\ncalls=1 0x99 50\r\n+4 +1 30 "
	    "1\r\n\r\nob=(2)\r\nfl=(2)\r\nfn=(2)\r\n* -3 10\r\n+1 * 20 1\r\n",
	    "Time/nanoseconds\nmain 200\nmain;f g 300\nMem/bytes\nmain 7\nmain;f g 1\nn/count\n" },
	/* the callee's file is the caller's again after each call */
	{ false,
	    "events: I\nfl=a.c\nfn=alpha\n1 10\ncfl=b.c\ncfn=beta\ncalls=1 1\n1 10\ncfn=gamma\ncalls=1 1\n1 "
	    "10\n\nfn=gamma\n1 10\ncfl=\n\nfl=b.c\nfn=beta\n1 10\n",
	    "I/count\nalpha 10\nalpha;beta 10\nalpha;gamma 10\n" },
	/* costs go by what was called: a third and two thirds; the rest to the heaviest */
	{ false,
	    "events: I\nfn=main\n1 1\ncfn=a\ncalls=1 1\n1 100\ncfn=b\ncalls=1 1\n2 200\nfn=a\ncfn=leaf\ncalls=1 1\n1 "
	    "100\nfn=b\ncfn=leaf\ncalls=1 1\n1 200\nfn=leaf\n1 100\n2 200\n3 1\n",
	    "I/count\nmain 1\nmain;a;leaf 100\nmain;b;leaf 201\n" },
	/* a cycle is followed once; what nobody calls from outside begins at its heaviest */
	{ false,
	    "events: I\nfn=main\n1 1\ncfn=even\ncalls=1 1\n1 60\nfn=even\n1 30\ncfn=odd\ncalls=9 1\n1 90\nfn=odd\n1 "
	    "30\ncfn=even\ncalls=9 1\n1 80\nfn=odd\n",
	    "I/count\nmain 1\nmain;even 30\nmain;even;odd 30\n" },
	{ false,
	    "events: I\nfn=x\n1 3\ncfn=y\ncalls=1 1\n1 9\nfn=y\n1 4\ncfn=x\ncalls=1 1\n1 5\nfn=f\n1 7\ncfn=f\ncalls=3 "
	    "1\n1 70\n",
	    "I/count\nf 7\nx 3\nx;y 4\n" },
	/* lines of another file, jumps, parts that add up */
	{ false,
	    "part: 1\nevents: I\nfl=(1) a.c\nfn=(1) f\n1 3\nfi=(2) i.h\n9 4\nfe=(1)\njfi=(3) j.h\njcnd=1/2 "
	    "+3\n*\njump=3 9\n2\n5 1\npart: 2\nevents: I\nfl=(1)\nfn=(1)\n1 10\nsummary: 18\ntotals: 18\n",
	    "I/count\nf 18\n" },
	/* a number that is named again has its last name */
	{ false, "events: I\nfn=(1) a\n1 2\nfn=(1) b\n1 3\nfn=(1)\n1 4\n", "I/count\na 2\nb 7\n" },
	{ false, "", "error: callgrind: no events: in 0 lines" },
	{ false, "fn=f\n", "error: callgrind: line 1: no events: before it" },
	{ false, "1 2\n", "error: callgrind: line 1: no events: before it" },
	{ false, "events: I\npart: 2\nevents: J\n",
	    "error: callgrind: line 3: other events than those of the part before" },
	{ false, "events:\n", "error: callgrind: line 1: no events" },
	{ false, "positions: x\n", "error: callgrind: line 1: positions are neither instr nor line" },
	{ false, "events: I\nfn=(2)\n", "error: callgrind: line 2: the name of this number was not told before" },
	{ false, "events: I\nfn=f\n1 2 3\n", "error: callgrind: line 3: more costs than events" },
	{ false, "events: I\nfn=f\n1 x\n", "error: callgrind: line 3: a cost is no number" },
	{ false, "events: I\nfn=f\n1 99999999999999999999\n", "error: callgrind: line 3: a cost is no number" },
	{ false, "events: I\nfn=f\nnonsense\n", "error: callgrind: line 3: neither a setting nor positions and costs" },
	{ false, "events: I\nfn=f\nodd=5\n", "error: callgrind: line 3: an unknown setting" },
	{ true, "events: I\nfn=f\nodd=5\nx\n1 7\n", "I/count\nf 7\nskipped 2: line 3: an unknown setting\n" },
};

static void test_cases(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		const char *got = decoded(a, str_cstr(cases[i].in), cases[i].lenient);

		if (strcmp(got, cases[i].want) != 0)
			fail_msg("case %zu:\n%s\n%s\nwant\n%s", i, cases[i].in, got, cases[i].want);
		arena_free(a);
	}
}

static void test_cut(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t n = strlen(cases[i].in);
		char *bytes = mem_alloc(n + 1);

		memcpy(bytes, cases[i].in, n);
		for (size_t k = 0; k < n; k++) {
			struct arena *a = arena_new();

			decoded(a, str_of(bytes, k), k % 2);
			for (unsigned bit = 0; bit < 8; bit++) {
				bytes[k] = (char)(bytes[k] ^ 1 << bit);
				decoded(a, str_of(bytes, n), bit % 2);
				bytes[k] = (char)(bytes[k] ^ 1 << bit);
			}
			arena_free(a);
		}
		mem_free(bytes);
	}
}

/* Two locations of recursion, an inlined call, an address without a name; two types. */
static struct profile *made(struct arena *a, int64_t first)
{
	struct profile_builder *b = profile_builder_new(a, 2);
	struct line inlined[2] = { { .line = 7 }, { .line = 3 } };
	struct location l = { .mapping = PROFILE_NONE, .n_lines = 2 };
	uint32_t m, f, in, raw;
	struct mapping lib = { .file = profile_builder_str(b, STR("/lib/x.so")) };

	profile_builder_type(b, 0, STR("samples"), STR("count"));
	profile_builder_type(b, 1, STR("cpu time"), STR("nanoseconds"));
	m = profile_builder_frame(b, STR("main"), STR("m.c"), 5);
	f = profile_builder_frame(b, STR("f"), STR("m.c"), 9);
	inlined[0].function = profile_builder_function(b,
	    &(struct function){ .name = profile_builder_str(b, STR("in")) });
	inlined[1].function = profile_builder_function(b,
	    &(struct function){ .name = profile_builder_str(b, STR("out")),
		.file = profile_builder_str(b, STR("o.c")) });
	l.mapping = profile_builder_mapping(b, &lib);
	in = profile_builder_location(b, &l, inlined);
	raw = profile_builder_location(b, &(struct location){ .address = 0xabc, .mapping = l.mapping }, NULL);
	profile_builder_add(b, (uint32_t[]){ in, f, f, f, m }, 5, (int64_t[]){ first, 10 }, NULL, 0);
	profile_builder_add(b, (uint32_t[]){ f, m }, 2, (int64_t[]){ 2, 20 }, NULL, 0);
	profile_builder_add(b, (uint32_t[]){ raw, m }, 2, (int64_t[]){ 3, 30 }, NULL, 0);
	return profile_builder_finish(b);
}

static void test_write(void **ctx)
{
	static const char text[] =
	    "# callgrind format\nversion: 1\ncreator: pyro\npositions: line\nevents: samples cpu_time_(nanoseconds)\n"
	    "\nob=(1) ???\nfl=(1) m.c\nfn=(1) main\ncfn=(2) f\ncalls=1 0\n5 3 30\ncob=(2) /lib/x.so\ncfi=(2) "
	    "???\ncfn=(3) 0xabc\n"
	    "calls=1 0\n5 3 30\n"
	    "\nob=(1)\nfl=(1)\nfn=(2)\n9 2 20\ncob=(2)\ncfi=(3) o.c\ncfn=(4) out\ncalls=1 0\n9 1 10\ncfn=(2)\ncalls=1 "
	    "0\n9 1 10\n"
	    "\nob=(2)\nfl=(2)\nfn=(5) in\n7 1 10\n"
	    "\nob=(2)\nfl=(3)\nfn=(4)\ncfi=(2)\ncfn=(5)\ncalls=1 0\n3 1 10\n"
	    "\nob=(2)\nfl=(2)\nfn=(3)\n0 3 30\n"
	    "\ntotals: 6 60\n";
	struct arena *a = arena_new();
	struct format_opts o = { .type = FORMAT_ALL_TYPES };
	struct buf b;
	struct err e;

	(void)ctx;
	buf_init(&b, FIXTURE_MAX);
	assert_int_equal(row()->encode(&(struct format_profile){ .p = made(a, 1) }, 1, &o, &b, &e), 0);
	buf_byte(&b, '\0');
	assert_string_equal(b.p, text);
	/* back: own costs of each function, and both types */
	assert_string_equal(decoded(a, str_of(b.p, b.n - 1), false),
	    "samples/count\nmain;0xabc 3\nmain;f 2\nmain;f;out;in 1\ncpu_time/nanoseconds\nmain;0xabc 30\nmain;f "
	    "20\nmain;f;out;in 10\n");
	buf_reset(&b);
	o.type = 1;
	assert_int_equal(row()->encode(&(struct format_profile){ .p = made(a, 1) }, 1, &o, &b, &e), 0);
	buf_byte(&b, '\0');
	assert_non_null(strstr(b.p, "events: cpu_time_(nanoseconds)\n"));
	assert_non_null(strstr(b.p, "totals: 60\n"));
	o.type = 2;
	assert_int_equal(row()->encode(&(struct format_profile){ .p = made(a, 1) }, 1, &o, &b, &e), -1);
	assert_int_equal(e.kind, ERR_INVALID);
	o.type = FORMAT_ALL_TYPES;
	assert_int_equal(row()->encode(&(struct format_profile){ .p = made(a, -1) }, 1, &o, &b, &e), -1);
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
	assert_string_equal(e.msg, "callgrind: sample 1 has a negative value, costs have none");
	buf_fini(&b);
	arena_free(a);
}

/* Graphs that would have more ways than atoms: layers, each calling all of the next; and one long chain. */
static void test_limits(void **ctx)
{
	struct arena *a = arena_new();
	const char *got;
	struct buf b;

	(void)ctx;
	buf_init(&b, FIXTURE_MAX);
	buf_add(&b, STR("events: I\n"));
	for (int layer = 0; layer < 40; layer++)
		for (int i = 0; i < 10; i++) {
			buf_printf(&b, "fn=f%d_%d\n%d 3\n", layer, i, i + 1);
			for (int k = 0; layer < 39 && k < 10; k++)
				buf_printf(&b, "cfn=f%d_%d\ncalls=1 1\n1 %d\n", layer + 1, k, 3 * (39 - layer));
		}
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "fn=c%d\n1 1\ncfn=c%d\ncalls=1 1\n1 %d\n", i, i + 1, 999 - i);
	got = decoded(a, buf_str(&b), false);
	{
		uint64_t sum = 0;

		for (const char *p = got; (p = strchr(p, ' ')) != NULL; p++)
			sum += strtoull(p, NULL, 10);
		assert_int_equal(sum, 40 * 10 * 3 + 1000);
	}
	buf_fini(&b);
	arena_free(a);
}

/* ---- shared data ---- */

static const char *const files[] = { "own/pprof/go-a/cpu-00.pb.gz", "own/pprof/go-server/heap.pb.gz",
	"pprof/java/profile_java", "own/pprof/node/node20-wall-a.pb.gz" };

static int by_bytes(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* "name value" of every leaf function, summed and sorted. */
static const char *flats(struct arena *a, const struct profile *p, uint32_t type)
{
	struct str *lines;
	struct buf b;
	struct str text;
	uint32_t n = 0;

	lines = arena_array(a, (size_t)p->n_locations + p->n_samples + 1, sizeof(*lines));
	for (uint32_t i = 0; i < p->n_functions; i++) {
		uint64_t sum = 0;
		bool again = false;

		for (uint32_t k = 0; k < i && !again; k++)
			again = str_eq(profile_str(p, p->functions[k].name), profile_str(p, p->functions[i].name));
		for (uint32_t k = 0; k < p->n_samples && !again; k++) {
			const struct location *l;

			if (p->stack_at[k] == p->stack_at[k + 1])
				continue;
			l = &p->locations[p->stack[p->stack_at[k]]];
			if (l->n_lines &&
			    str_eq(profile_str(p, p->functions[p->lines[l->first_line].function].name),
				profile_str(p, p->functions[i].name)))
				sum += (uint64_t)profile_value(p, k, type);
		}
		if (sum && n < p->n_locations + p->n_samples)
			lines[n++] = arena_printf(a, STR_FMT " %llu", STR_ARG(profile_str(p, p->functions[i].name)),
			    (unsigned long long)sum);
	}
	qsort(lines, n, sizeof(*lines), by_bytes);
	buf_init(&b, FIXTURE_MAX);
	for (uint32_t i = 0; i < n; i++) {
		buf_add(&b, lines[i]);
		buf_byte(&b, '\n');
	}
	text = arena_printf(a, STR_FMT, STR_ARG(buf_str(&b)));
	buf_fini(&b);
	return text.p;
}

/* What goes out and comes back has the same own costs by function, whatever the stacks are. */
static void test_shared(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct arena *a = arena_new();
		struct str bytes = fixture_file(a, files[i]), raw;
		struct format_opts o = { .type = FORMAT_ALL_TYPES };
		struct format_profiles in = { 0 }, back = { 0 };
		struct buf b;
		struct err e;

		if (bytes.p == NULL) {
			arena_free(a);
			print_message("no shared data: set PYRO_SHARED\n");
			skip();
		}
		buf_init(&b, FIXTURE_MAX);
		assert_int_equal(format_unpack(a, bytes, FIXTURE_MAX, &raw, &e), 0);
		assert_int_equal(format_by_name(STR("pprof"), &e)->decode(a, raw, &o, &in, &e), 0);
		assert_int_equal(row()->encode(&in.p[0], 1, &o, &b, &e), 0);
		assert_int_equal(row()->decode(a, buf_str(&b), &o, &back, &e), 0);
		assert_int_equal(back.p[0].p->n_types, in.p[0].p->n_types);
		for (uint32_t t = 0; t < in.p[0].p->n_types; t++)
			assert_string_equal(flats(a, back.p[0].p, t), flats(a, in.p[0].p, t));
		buf_fini(&b);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_shared),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
