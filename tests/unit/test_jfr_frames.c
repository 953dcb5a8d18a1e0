/*
 * test_jfr_frames.c - stacks that are drawn: integers of one to nine bytes, frames of methods that are not there,
 * stacks that several kinds of events have, in any order. What must come out is known from the draw.
 */
#include "tests/lib/jfr_writer.h"

#include "base/arith.h"
#include "formats/jfr/jfr.h"
#include "formats/jfr/jfr_ends.h"

enum { METHODS = 40, STACKS = 150, DEPTH = 90, EVENTS = 600, CPU = 0, ALLOC = 1, KINDS = 2, MAX_SAMPLES = STACKS * 3 };

struct drawn_frame {
	unsigned method; /* METHODS: one that is not there */
	uint32_t line;
};

struct drawn_sample {
	unsigned stack, context;
	int64_t value;
};

struct draw {
	uint64_t method[METHODS + 1]; /* ids */
	struct drawn_frame frames[STACKS][DEPTH];
	unsigned depth[STACKS];
	struct drawn_sample samples[KINDS][MAX_SAMPLES];
	unsigned n[KINDS];
};

/* A number of so many bits. */
static uint64_t draw_bits(struct writer *w, unsigned bits)
{
	uint64_t v = draw(w, UINT64_C(1) << 31) << 33 ^ draw(w, UINT64_C(1) << 31) << 11 ^ draw(w, 2048);

	return bits >= 64 ? v : v & ((UINT64_C(1) << bits) - 1);
}

/* Mostly small, as in recordings; now and then of eight bytes, of nine, of nine of which the last is not below 0x80. */
static uint64_t draw_number(struct writer *w)
{
	static const unsigned bits[] = { 0, 3, 6, 7, 8, 13, 14, 6, 7, 3, 21, 6, 7, 28, 31, 6 };
	unsigned odd = (unsigned)draw(w, 40);

	if (odd < 3)
		return odd == 0 ? UINT64_MAX : draw_bits(w, odd == 1 ? 56 : 63);
	return draw_bits(w, bits[draw(w, ARRAY_LEN(bits))]);
}

static void draw_stacks(struct writer *w, struct draw *d)
{
	for (unsigned i = 0; i <= METHODS; i++)
		d->method[i] = (draw_bits(w, i * 63 / METHODS) & ~UINT64_C(63)) | i;
	for (unsigned i = 0; i < STACKS; i++) {
		d->depth[i] = (unsigned)draw(w, i % 3 ? DEPTH : 4);
		for (unsigned k = 0; k < d->depth[i]; k++)
			d->frames[i][k] = (struct drawn_frame){ (unsigned)draw(w, METHODS + (i % 5 == 0)),
				(uint32_t)draw_number(w) };
	}
}

static void put_constants(struct writer *w, const struct draw *d)
{
	static char names[METHODS][8];
	size_t at = begin_pools(w, 0, 5);

	w->pools = at - w->begin;
	begin_pool(w, TRACE, STACKS);
	for (unsigned i = 0; i < STACKS; i++) {
		put(w, i + 1, 8);
		for (unsigned f = 0; f < w->n[type_at(TRACE)]; f++) {
			if (types[type_at(TRACE)].f[w->order[type_at(TRACE)][f]].type == BOOLEAN) {
				put_byte(w, 1);
				continue;
			}
			put(w, d->depth[i], 4);
			for (unsigned k = 0; k < d->depth[i]; k++)
				put_fields(w, FRAME,
				    (struct value[]){ N("method", d->method[d->frames[i][k].method]),
					N("lineNumber", d->frames[i][k].line), N("bytecodeIndex", draw_number(w)),
					N("type", draw_number(w)), { .field = NULL } });
		}
	}
	begin_pool(w, METHOD, METHODS);
	for (unsigned i = 0; i < METHODS; i++)
		CONSTANT(w, METHOD, d->method[i], N("type", 1), N("name", i + 2));
	begin_pool(w, CLASS, 1);
	CONSTANT(w, CLASS, 1, N("name", 1));
	begin_pool(w, SYMBOL, METHODS + 1);
	CONSTANT(w, SYMBOL, 1, S("string", "C"));
	for (unsigned i = 0; i < METHODS; i++) {
		snprintf(names[i], sizeof(names[i]), "m%u", i);
		CONSTANT(w, SYMBOL, i + 2, S("string", names[i]));
	}
	begin_pool(w, STATE, 2);
	CONSTANT(w, STATE, 1, S("name", "STATE_RUNNABLE"));
	CONSTANT(w, STATE, 2, S("name", "STATE_SLEEPING"));
	put_size(w, at);
}

static void count_sample(struct draw *d, unsigned kind, unsigned stack, unsigned context, int64_t value)
{
	struct drawn_sample *s = d->samples[kind];
	unsigned i = 0;

	while (i < d->n[kind] && (s[i].stack != stack || s[i].context != context))
		i++;
	if (i == d->n[kind])
		s[d->n[kind]++] = (struct drawn_sample){ stack, context, 0 };
	s[i].value = wrap_add(s[i].value, value);
}

/* one: a kind alone has events that count, so that stacks come in the order in which they are read. */
static void put_draw(struct writer *w, struct draw *d, bool one)
{
	begin_chunk(w);
	for (unsigned i = 0; i < EVENTS; i++) {
		unsigned stack = (unsigned)draw(w, STACKS), context = (unsigned)draw(w, 3);
		unsigned kind = one ? CPU : (unsigned)draw(w, KINDS), state = one || draw(w, 4) ? 1 : 2;
		uint64_t bytes = draw_number(w);

		if (kind == ALLOC)
			EVENT(w, 104, N("startTime", draw_number(w)), N("eventThread", draw_number(w)),
			    N("stackTrace", stack + 1), N("allocationSize", bytes), N("contextId", context));
		else
			EVENT(w, 101, N("startTime", draw_number(w)), N("sampledThread", draw_number(w)),
			    N("stackTrace", stack + 1), N("state", state), N("contextId", context));
		if (kind == ALLOC || state == 1)
			count_sample(d, kind, stack, context, kind == ALLOC ? (int64_t)bytes : 1);
	}
	put_constants(w, d);
	end_chunk(w);
}

static void check_stack(const struct draw *d, unsigned stack, const struct profile *p, uint32_t i)
{
	uint32_t at = p->stack_at[i];

	for (unsigned k = 0; k < d->depth[stack]; k++) {
		const struct drawn_frame *f = &d->frames[stack][k];
		const struct line *l;
		char name[16];

		if (f->method == METHODS)
			continue;
		assert_true(at < p->stack_at[i + 1]);
		l = &p->lines[p->locations[p->stack[at++]].first_line];
		snprintf(name, sizeof(name), "C.m%u", f->method);
		assert_true(str_eq(p->strings[p->functions[l->function].name], str_cstr(name)));
		assert_int_equal(l->line, f->line);
	}
	assert_int_equal(at, p->stack_at[i + 1]);
}

/* Nothing stands in a profile that it does not refer to. */
static void check_used(const struct profile *p)
{
	uint8_t *used = mem_zalloc(p->n_locations + (size_t)1);

	for (uint32_t i = 0; i < p->stack_at[p->n_samples]; i++)
		used[p->stack[i]] = 1;
	for (uint32_t i = 0; i < p->n_locations; i++)
		assert_true(used[i]);
	mem_free(used);
}

static void check_draw(const struct draw *d, const struct format_profiles *got, bool one)
{
	assert_int_equal(got->n, one ? 1 : KINDS);
	for (unsigned kind = 0; kind < got->n; kind++) {
		const struct profile *p = got->p[kind].p;

		assert_int_equal(p->n_samples, d->n[kind]);
		check_used(p);
		for (uint32_t i = 0; i < p->n_samples; i++) {
			const struct drawn_sample *s = &d->samples[kind][i];

			check_stack(d, s->stack, p, i);
			assert_int_equal(profile_value(p, i, p->n_types - 1), s->value);
		}
	}
}

static void test_draws(void **ctx)
{
	struct jfr_opts o = { .rate = NS_PER_S, .only_known = true, .clean_names = true, .spans = true };
	struct arena *a = arena_new();

	(void)ctx;
	for (unsigned i = 0; i < 40; i++) {
		struct draw *d = mem_zalloc(sizeof(*d));
		struct format_profiles got;
		struct writer w;
		struct err e;

		writer_init(&w, i + 1, i % 4 == 3);
		draw_stacks(&w, d);
		put_draw(&w, d, i % 2 == 0);
		if (jfr_decode(a, buf_str(&w.b), &o, &got, &e) < 0)
			fail_msg("draw %u: %s", i, e.msg);
		check_draw(d, &got, i % 2 == 0);
		buf_fini(&w.b);
		mem_free(d);
		arena_reset(a);
	}
	arena_free(a);
}

/* An event whose first eight fields have 64 bytes: the last is none of what is looked at together. */
static void test_wide_event(void **ctx)
{
	enum { BITS = 55 };
	static const uint64_t big = UINT64_C(1) << 50;
	struct jfr_opts o = { .rate = 100, .only_known = true, .spans = true };
	struct arena *a = arena_new();
	struct format_profiles got;
	struct writer w;
	struct err e;
	size_t at;

	(void)ctx;
	/* strings { 300: GET } */
	o.contexts = STR("\x12\x08\x08\xac\x02\x12\x03GET");
	writer_init(&w, 0, false);
	begin_chunk(&w);
	EVENT(&w, 103, N("startTime", big), N("eventThread", big), N("stackTrace", big), N("objectClass", big),
	    N("allocationSize", big), N("tlabSize", big + 7), N("contextId", big), N("spanId", UINT64_C(1) << BITS),
	    N("spanName", 300));
	at = begin_pools(&w, 0, 1);
	w.pools = at - w.begin;
	begin_pool(&w, TRACE, 1);
	CONSTANT(&w, TRACE, big, { .field = "frames", .frames = NULL });
	put_size(&w, at);
	end_chunk(&w);
	if (jfr_decode(a, buf_str(&w.b), &o, &got, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(got.n, 1);
	assert_int_equal(got.p[0].p->n_samples, 1);
	assert_int_equal(profile_value(got.p[0].p, 0, 1), big + 7);
	assert_int_equal(got.p[0].p->tag_at[1], 2);
	assert_true(str_eq(got.p[0].p->strings[got.p[0].p->tags[0].str], STR("0080000000000000")));
	assert_true(str_eq(got.p[0].p->strings[got.p[0].p->tags[1].str], STR("GET")));
	buf_fini(&w.b);
	arena_free(a);
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
#ifdef JFR_BITS
		if (JFR_HAS_BITS)
			assert_true(jfr_frame_ends_clmul(cases[i].ends) == cases[i].frames);
#endif
	}
}

static void test_first_bits(void **ctx)
{
	static const uint64_t all[] = { 0, 1, UINT64_C(1) << 63, 0xb6d, UINT64_C(0x8080808080808080),
		UINT64_C(0x80ff00000001ff0f), UINT64_C(0xfffffffffffffffe), UINT64_C(0xffffffffffffffff) };

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		uint64_t rest = all[i]; /* but for the first n */

		for (unsigned n = 0; n <= JFR_BLOCK; n++) {
			assert_true(jfr_first_bits(all[i], n) == (all[i] ^ rest));
#ifdef JFR_BITS
			if (JFR_HAS_BITS)
				assert_true(jfr_first_bits_bmi(all[i], n) == (all[i] ^ rest));
#endif
			rest &= rest - 1;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_draws),
		cmocka_unit_test(test_wide_event),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_first_bits),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
