/* formats/symbols/symbols.h: tables, stacks, names, import of profiles. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "tests/lib/pprof_read.h"
#include "formats/symbols/symbols.h"

/* A small generator with a seed of its own: tests do not depend on libc's. */
static uint64_t state = 1;

static uint32_t roll(uint32_t n)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((state >> 33) % n);
}

static uint32_t frame(struct symbols *s, const char *name, uint32_t line)
{
	uint32_t text = symbols_add_string(s, str_cstr(name));
	struct sym_function f = { .name = text, .system_name = text };
	struct sym_line l = { symbols_add_function(s, &f), line };

	symbols_add_mapping(s, &(struct sym_mapping){ 0 });
	return symbols_add_location(s, &(struct sym_location){ .n_lines = 1 }, &l);
}

static void test_add(void **ctx)
{
	struct symbols *s = symbols_new(7);
	char *big = mem_alloc(SYM_MAX_STRING + 10);
	uint32_t a, b;

	(void)ctx;
	assert_int_equal(s->partition, 7);
	assert_int_equal(symbols_add_string(s, STR_NONE), 0);
	a = symbols_add_string(s, STR("main"));
	assert_int_equal(a, 1);
	assert_int_equal(symbols_add_string(s, STR("main")), a);
	assert_int_not_equal(symbols_add_string(s, STR("mai")), a);
	memset(big, 'x', SYM_MAX_STRING + 10);
	memcpy(big, "0123456789", 10);
	a = symbols_add_string(s, str_of(big, SYM_MAX_STRING + 10));
	assert_int_equal(s->strings.p[a].n, SYM_MAX_STRING);
	assert_true(s->strings.p[a].p[0] == 'x');
	assert_int_equal(symbols_add_string(s, str_of(big + 10, SYM_MAX_STRING)), a);
	a = frame(s, "f", 3);
	assert_int_equal(frame(s, "f", 3), a);
	b = frame(s, "f", 4);
	assert_int_not_equal(a, b);
	assert_int_equal(s->functions.n, 1);
	assert_int_equal(s->mappings.n, 1);
	assert_int_equal(s->locations.n, 2);
	assert_true(symbols_bytes(s) > SYM_MAX_STRING);
	mem_free(big);
	symbols_free(s);
	symbols_free(NULL);
}

/* Each field of a mapping, function and location makes it another one. */
static void test_add_differs(void **ctx)
{
	struct symbols *s = symbols_new(0);
	struct sym_line lines[2] = { { 0, 1 }, { 1, 2 } };

	(void)ctx;
	symbols_add_string(s, STR("a"));
	symbols_add_string(s, STR("b"));
	const struct sym_mapping mappings[] = {
		{ 0 },
		{ .start = 1 },
		{ .limit = 1 },
		{ .offset = 1 },
		{ .file = 1 },
		{ .build_id = 1 },
		{ .flags = 1 },
		{ .file = 1, .build_id = 2 },
		{ .file = 2, .build_id = 1 },
		{ .start = UINT64_C(0x9e3779b97f4a7c15) },
		{ .start = UINT64_C(0x9e3779b97f4a7c15), .limit = 1 },
	};
	const struct sym_function functions[] = {
		{ 0 },
		{ .name = 1 },
		{ .system_name = 1 },
		{ .file = 1 },
		{ .start_line = 1 },
		{ 1, 2, 0, 0 },
		{ 2, 1, 0, 0 },
		{ 1, 0, 2, 0 },
	};
	const struct sym_location locations[] = {
		{ .n_lines = 0 },
		{ .address = 1 },
		{ .mapping = 1 },
		{ .n_lines = 1 },
		{ .n_lines = 2 },
		{ .address = 1, .n_lines = 1 },
		/* The constants of hash_mix, which make a factor 0. */
		{ .address = UINT64_C(0xe7037ed1a0b428db) },
		{ .address = UINT64_C(0xe7037ed1a0b428db), .mapping = 1 },
		{ .address = UINT64_C(0x9e3779b97f4a7c15) },
		{ .address = UINT64_C(0x9e3779b97f4a7c15), .mapping = 1 },
	};

	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < ARRAY_LEN(mappings); i++)
			assert_int_equal(symbols_add_mapping(s, &mappings[i]), i);
		for (uint32_t i = 0; i < ARRAY_LEN(functions); i++)
			assert_int_equal(symbols_add_function(s, &functions[i]), i);
		for (uint32_t i = 0; i < ARRAY_LEN(locations); i++)
			assert_int_equal(symbols_add_location(s, &locations[i], lines), i);
	}
	struct sym_line swapped[2] = { { 1, 2 }, { 0, 1 } };
	assert_int_equal(symbols_add_location(s, &(struct sym_location){ .n_lines = 2 }, swapped),
	    ARRAY_LEN(locations));
	symbols_free(s);
}

static void test_lines_limit(void **ctx)
{
	struct symbols *s = symbols_new(0);
	struct sym_line lines[300] = { { 0 } };
	uint32_t l;

	(void)ctx;
	frame(s, "a", 1);
	l = symbols_add_location(s, &(struct sym_location){ .n_lines = 300 }, lines);
	assert_int_equal(s->locations.p[l].n_lines, SYM_MAX_LINES);
	symbols_free(s);
}

static void expect_stack(const struct symbols *s, uint32_t id, const uint32_t *want, uint32_t n)
{
	uint32_t *got = mem_array(n + 1, sizeof(*got));

	assert_int_equal(symbols_stack(s, id, got, n + 1), n);
	if (n)
		assert_memory_equal(got, want, n * sizeof(*want));
	mem_free(got);
}

static void test_stacks(void **ctx)
{
	struct symbols *s = symbols_new(0);
	uint32_t l[4], leaf, id;

	(void)ctx;
	for (uint32_t i = 0; i < 4; i++)
		l[i] = frame(s, "f", i);
	assert_int_equal(symbols_add_stack(s, l, 0), 0);
	id = symbols_add_stack(s, l, 4);
	assert_int_equal(id, 4);
	assert_int_equal(symbols_add_stack(s, l, 4), id);
	assert_int_equal(s->nodes.n, 5);
	/* The root side of a stack is a node of the same tree. */
	assert_int_equal(symbols_add_stack(s, l + 2, 2), 2);
	assert_int_equal(s->nodes.n, 5);
	leaf = symbols_add_stack(s, (uint32_t[]){ l[3], l[1], l[2], l[3] }, 4);
	assert_int_equal(s->nodes.p[leaf].parent, 3);
	expect_stack(s, id, l, 4);
	expect_stack(s, 0, l, 0);
	expect_stack(s, 1000, l, 0);
	assert_int_equal(symbols_stack(s, id, l, 2), 2);
	assert_int_equal(symbols_add_node(s, 3, l[3]), leaf);
	symbols_free(s);
}

/* Two functions that call each other in every order: each order is a stack. */
static void test_stacks_recursive(void **ctx)
{
	enum { DEPTH = 13 };
	struct symbols *s = symbols_new(0);
	uint32_t two[2] = { frame(s, "left", 1), frame(s, "right", 2) }, stack[DEPTH], nodes = 1;

	(void)ctx;
	for (uint32_t bits = 0; bits < 1u << DEPTH; bits++) {
		uint32_t id;

		for (uint32_t i = 0; i < DEPTH; i++)
			stack[i] = two[bits >> i & 1];
		id = symbols_add_stack(s, stack, DEPTH);
		expect_stack(s, id, stack, DEPTH);
		assert_true(s->nodes.n > nodes);
		nodes = (uint32_t)s->nodes.n;
	}
	symbols_free(s);
}

/* Order and depth count, also across the runs that a hash is made of. */
static void test_stacks_deep(void **ctx)
{
	struct symbols *s = symbols_new(0);
	uint32_t *l = mem_array(5000, sizeof(*l)), ids[64], n = 0;

	(void)ctx;
	for (uint32_t i = 0; i < 5000; i++)
		l[i] = frame(s, "f", i % 7);
	for (uint32_t depth = 60; depth < 5000; depth += 617, n++) {
		ids[n] = symbols_add_stack(s, l, depth);
		expect_stack(s, ids[n], l, depth);
		for (uint32_t k = 0; k < n; k++)
			assert_int_not_equal(ids[k], ids[n]);
	}
	for (uint32_t i = 0; i + 64 < 640; i += 64) {
		uint32_t swap = l[i], id;

		l[i] = l[i + 64];
		l[i + 64] = swap;
		id = symbols_add_stack(s, l, 677);
		expect_stack(s, id, l, 677);
	}
	mem_free(l);
	symbols_free(s);
}

/* A node with so many children that its list becomes a table; also after the tree was appended. */
static void test_wide(void **ctx)
{
	enum { WIDE = 3000 };
	struct symbols *s = symbols_new(0);
	uint32_t l[WIDE];

	(void)ctx;
	for (uint32_t i = 0; i < WIDE; i++)
		l[i] = frame(s, "f", i);
	for (uint32_t i = 0; i < WIDE / 2; i++)
		vec_push(&s->nodes, ((struct sym_node){ 0, l[i] }));
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < WIDE; i++)
			assert_int_equal(symbols_add_node(s, 0, l[i]), i + 1);
	for (uint32_t i = WIDE; i-- > 0;)
		assert_int_equal(symbols_add_stack(s, &l[i], 1), i + 1);
	assert_int_equal(s->nodes.n, WIDE + 1);
	symbols_free(s);
}

static struct symbols *small(void)
{
	struct symbols *s = symbols_new(1);
	uint32_t l[2] = { frame(s, "leaf", 1), frame(s, "root", 2) };

	symbols_add_stack(s, l, 2);
	return s;
}

static void test_check(void **ctx)
{
	struct sym_counts none = { 0 };
	struct err e;
	struct symbols *s = small();
	struct sym_counts all = symbols_counts(s);

	(void)ctx;
	assert_int_equal(symbols_check(s, &none, &e), 0);
	vec_push(&s->nodes, ((struct sym_node){ 9, 0 }));
	assert_int_equal(symbols_check(s, &all, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	all = symbols_counts(s);
	assert_int_equal(symbols_check(s, &all, &e), 0);
	symbols_free(s);

#define BREAK(what)                                                \
	do {                                                       \
		s = small();                                       \
		what;                                              \
		assert_int_equal(symbols_check(s, &none, &e), -1); \
		assert_int_equal(e.kind, ERR_CORRUPT);             \
		symbols_free(s);                                   \
	} while (0)
	BREAK(s->strings.n = 0);
	BREAK(s->strings.p[0] = STR("x"));
	BREAK(s->nodes.n = 0);
	BREAK(s->mappings.p[0].file = 3);
	BREAK(s->mappings.p[0].build_id = UINT32_MAX);
	BREAK(s->functions.p[1].name = 3);
	BREAK(s->functions.p[1].system_name = 3);
	BREAK(s->functions.p[1].file = 3);
	BREAK(s->locations.p[1].mapping = 1);
	BREAK(s->locations.p[1].n_lines = 2);
	BREAK(s->locations.p[1].first_line = UINT32_MAX);
	BREAK(s->locations.p[1].n_lines = 256);
	BREAK(s->lines.p[1].function = 2);
	BREAK(s->nodes.p[2].parent = 2);
	BREAK(s->nodes.p[1].location = 2);
}

/* The path of entry i, ";root;main". */
static void name_path(const struct symbols *s, uint32_t i, struct buf *out)
{
	if (i == 0)
		return;
	name_path(s, s->names.p[i].parent, out);
	buf_byte(out, ';');
	buf_add(out, s->strings.p[s->names.p[i].name]);
}

static void expect_name(const struct symbols *s, uint32_t node, const char *want)
{
	struct buf got;

	buf_init(&got, 1 << 10);
	name_path(s, s->node_name.p[node], &got);
	assert_true(str_eq(buf_str(&got), str_cstr(want)));
	buf_fini(&got);
}

static void test_names(void **ctx)
{
	struct symbols *s = symbols_new(0);
	uint32_t a = frame(s, "a", 1), a2 = frame(s, "a", 2), b = frame(s, "b", 1), bare, inlined, id;
	struct sym_line lines[2] = { s->lines.p[s->locations.p[b].first_line],
		s->lines.p[s->locations.p[a].first_line] };

	(void)ctx;
	symbols_names(s);
	assert_int_equal(s->names.n, 1);
	bare = symbols_add_location(s, &(struct sym_location){ .address = 5 }, NULL);
	inlined = symbols_add_location(s, &(struct sym_location){ .n_lines = 2 }, lines);
	id = symbols_add_stack(s, (uint32_t[]){ b, a }, 2);
	symbols_names(s);
	expect_name(s, id, ";a;b");
	/* Other lines, inlining: the same names. */
	uint32_t same = symbols_add_stack(s, (uint32_t[]){ b, a2 }, 2);
	uint32_t into = symbols_add_stack(s, &inlined, 1);
	uint32_t nothing = symbols_add_stack(s, (uint32_t[]){ bare, b, a }, 3);
	uint32_t again = symbols_add_stack(s, (uint32_t[]){ a, a, a }, 3);
	symbols_names(s);
	assert_int_equal(s->node_name.n, s->nodes.n);
	assert_int_equal(s->node_name.p[same], s->node_name.p[id]);
	assert_int_equal(s->node_name.p[into], s->node_name.p[id]);
	assert_int_equal(s->node_name.p[nothing], s->node_name.p[id]);
	expect_name(s, again, ";a;a;a");
	assert_int_equal(s->node_name.p[0], 0);
	assert_int_equal(s->names.n, 5);
	symbols_names(s);
	assert_int_equal(s->names.n, 5);
	symbols_free(s);
}

/* ---- import ---- */

/* "leaf;...;root" of a stack, each frame as name:line@address in file, for comparing. */
static void print_stack(const struct symbols *s, uint32_t id, struct buf *out)
{
	for (; id; id = s->nodes.p[id].parent) {
		const struct sym_location *l = &s->locations.p[s->nodes.p[id].location];
		const struct sym_mapping *m = &s->mappings.p[l->mapping];

		buf_printf(out, "[%llx %llx-%llx+%llx/%x " STR_FMT " " STR_FMT, (unsigned long long)l->address,
		    (unsigned long long)m->start, (unsigned long long)m->limit, (unsigned long long)m->offset, m->flags,
		    STR_ARG(s->strings.p[m->file]), STR_ARG(s->strings.p[m->build_id]));
		for (uint32_t k = 0; k < l->n_lines; k++) {
			const struct sym_line *line = &s->lines.p[l->first_line + k];
			const struct sym_function *f = &s->functions.p[line->function];

			buf_printf(out, "|" STR_FMT "," STR_FMT "," STR_FMT ":%u:%u", STR_ARG(s->strings.p[f->name]),
			    STR_ARG(s->strings.p[f->system_name]), STR_ARG(s->strings.p[f->file]), f->start_line,
			    line->line);
		}
		buf_add(out, STR("]"));
	}
}

static struct str cut(struct str s)
{
	return s.n > SYM_MAX_STRING ? str_skip(s, s.n - SYM_MAX_STRING) : s;
}

static void print_location(const struct profile *p, const struct location *l, struct buf *out)
{
	struct mapping m = { .file = PROFILE_NONE, .build_id = PROFILE_NONE };
	bool plain;

	if (l->mapping != PROFILE_NONE)
		m = p->mappings[l->mapping];
	plain = !(m.flags & MAPPING_HAS_FUNCTIONS);
	buf_printf(out, "[%llx %llx-%llx+%llx/%x " STR_FMT " " STR_FMT, (unsigned long long)(plain ? l->address : 0),
	    (unsigned long long)(plain ? m.start : 0), (unsigned long long)(plain ? m.limit : 0),
	    (unsigned long long)(plain ? m.offset : 0), m.flags, STR_ARG(cut(profile_str(p, m.file))),
	    STR_ARG(cut(profile_str(p, m.build_id))));
	for (uint32_t k = 0; k < MIN(l->n_lines, 255u); k++) {
		const struct line *line = &p->lines[l->first_line + k];
		const struct function *f = &p->functions[line->function];

		buf_printf(out, "|" STR_FMT "," STR_FMT "," STR_FMT ":%u:%u", STR_ARG(cut(profile_str(p, f->name))),
		    STR_ARG(cut(profile_str(p, f->system_name))), STR_ARG(cut(profile_str(p, f->file))),
		    (uint32_t)f->start_line, (uint32_t)line->line);
	}
	buf_add(out, STR("]"));
}

/* The same from the profile, by the rules of cleaning; false if the sample is to be dropped. */
static bool print_sample(const struct profile *p, uint32_t sample, struct buf *out)
{
	for (uint32_t i = p->stack_at[sample]; i < p->stack_at[sample + 1]; i++) {
		const struct location *l = p->stack[i] == PROFILE_NONE ? NULL : &p->locations[p->stack[i]];

		if (l == NULL || (l->n_lines == 0 && l->address == 0) || l->mapping_unknown)
			return false;
		for (uint32_t k = 0; k < l->n_lines; k++)
			if (p->lines[l->first_line + k].function == PROFILE_NONE)
				return false;
		print_location(p, l, out);
	}
	return true;
}

/* Imports all and compares each stack; returns how many samples were dropped. */
static uint32_t import(struct sym_importer *imp, struct symbols *s, const struct profile *p)
{
	struct buf want, got;
	uint32_t dropped = 0;
	struct err e;

	buf_init(&want, SIZE_MAX);
	buf_init(&got, SIZE_MAX);
	symbols_import(imp, s, p);
	for (uint32_t i = 0; i < p->n_samples; i++) {
		uint32_t id = symbols_import_stack(imp, s, p, i);

		buf_reset(&want);
		buf_reset(&got);
		if (!print_sample(p, i, &want)) {
			assert_int_equal(id, SYM_DROPPED);
			dropped++;
			continue;
		}
		assert_int_not_equal(id, SYM_DROPPED);
		print_stack(s, id, &got);
		assert_int_equal(got.n, want.n);
		if (got.n)
			assert_memory_equal(got.p, want.p, got.n);
	}
	assert_int_equal(symbols_check(s, &(struct sym_counts){ 0 }, &e), 0);
	assert_true(s->mappings.n > 0 && s->functions.n > 0);
	buf_fini(&want);
	buf_fini(&got);
	return dropped;
}

/* A copy as a journal would make it: what a table got, appended in pieces. */
static struct symbols *replay(const struct symbols *s)
{
	struct symbols *r = symbols_new(s->partition);
	struct err e;

	for (size_t i = 1; i < s->strings.n; i++)
		symbols_append_string(r, s->strings.p[i]);
	for (size_t i = 0; i < s->mappings.n; i++)
		vec_push(&r->mappings, s->mappings.p[i]);
	for (size_t i = 0; i < s->functions.n; i++)
		vec_push(&r->functions, s->functions.p[i]);
	for (size_t i = 0; i < s->lines.n; i++)
		vec_push(&r->lines, s->lines.p[i]);
	for (size_t i = 0; i < s->locations.n; i++)
		vec_push(&r->locations, s->locations.p[i]);
	for (size_t i = 1; i < s->nodes.n; i++)
		vec_push(&r->nodes, s->nodes.p[i]);
	assert_int_equal(symbols_check(r, &(struct sym_counts){ 0 }, &e), 0);
	return r;
}

static void expect_counts(const struct symbols *s, struct sym_counts want)
{
	struct sym_counts got = symbols_counts(s);

	assert_memory_equal(&got, &want, sizeof(got));
}

enum { ODD_SAMPLES = 12 };

/* A profile with one sample for each rule of cleaning. */
static struct profile *odd_profile(struct arena *a)
{
	static struct line many[300];
	struct profile *p = arena_zalloc(a, sizeof(*p));
	struct str names[] = { STR(""), STR("main"), STR("a.out"), STR("main.c"), STR(""), STR("id") };
	struct mapping mappings[] = {
		{ .id = 1, .start = 0x1000, .limit = 0x2000, .offset = 0x10, .file = 2, .build_id = 5 },
		{ .id = 2,
		    .start = 0x5000,
		    .limit = 0x6000,
		    .offset = 0x20,
		    .file = 2,
		    .flags = MAPPING_HAS_FUNCTIONS | MAPPING_HAS_FILENAMES },
		{ .id = 3, .file = 99 },
	};
	struct function functions[] = {
		{ .id = 1, .name = 1, .system_name = 1, .file = 3, .start_line = 7 },
		{ .id = 2, .name = 4, .system_name = 77, .file = 0, .start_line = -1 },
		{ .id = 3, .name = 1, .system_name = 1, .file = 3, .start_line = 7 },
	};
	struct location locations[] = {
		{ .id = 1, .address = 0x1234, .mapping = 0, .first_line = 0, .n_lines = 1 },
		{ .id = 2, .address = 0x5678, .mapping = 1, .first_line = 0, .n_lines = 1 },
		{ .id = 3, .address = 0x5999, .mapping = 1, .first_line = 2, .n_lines = 1 }, /* as 2, once cleaned */
		{ .id = 4, .mapping = 0 }, /* neither lines nor address */
		{ .id = 5, .address = 1, .mapping = PROFILE_NONE, .mapping_unknown = true },
		{ .id = 6, .mapping = 0, .first_line = 3, .n_lines = 2 }, /* unknown function */
		{ .id = 7, .address = 0x77, .mapping = PROFILE_NONE },
		{ .id = 8, .mapping = 0, .first_line = 5, .n_lines = 300 },
		{ .id = 9, .address = 0x5600, .mapping = 1 },              /* only an address, which is taken */
		{ .id = 10, .mapping = 2, .first_line = 1, .n_lines = 1 }, /* strings that do not exist */
	};
	struct line lines[5] = { { 0, 0, 10 }, { 1, 0, -5 }, { 2, 0, 10 }, { 0, 0, 1 }, { PROFILE_NONE, 0, 1 } };
	uint32_t at[] = { 0, 2, 4, 6, 7, 8, 10, 11, 12, 13, 14, 14, 16 };
	uint32_t stack[] = { 0, 1, 0, 2, 1, 0, 3, 4, 0, 5, 6, 7, 8, 9, 0, PROFILE_NONE };

	static_assert(ARRAY_LEN(at) == ODD_SAMPLES + 1, "samples");
	p->strings = memcpy(arena_alloc(a, sizeof(names)), names, sizeof(names));
	p->n_strings = ARRAY_LEN(names);
	p->mappings = memcpy(arena_alloc(a, sizeof(mappings)), mappings, sizeof(mappings));
	p->n_mappings = ARRAY_LEN(mappings);
	p->functions = memcpy(arena_alloc(a, sizeof(functions)), functions, sizeof(functions));
	p->n_functions = ARRAY_LEN(functions);
	p->locations = memcpy(arena_alloc(a, sizeof(locations)), locations, sizeof(locations));
	p->n_locations = ARRAY_LEN(locations);
	p->lines = arena_array(a, 305, sizeof(*p->lines));
	memcpy(p->lines, lines, sizeof(lines));
	memcpy(p->lines + 5, many, sizeof(many));
	p->n_lines = 305;
	p->stack_at = memcpy(arena_alloc(a, sizeof(at)), at, sizeof(at));
	p->stack = memcpy(arena_alloc(a, sizeof(stack)), stack, sizeof(stack));
	p->n_samples = ODD_SAMPLES;
	return p;
}

static void test_import_rules(void **ctx)
{
	struct sym_importer *imp = sym_importer_new();
	struct symbols *s = symbols_new(3), *r;
	struct arena *a = arena_new();
	struct profile *p = odd_profile(a);
	struct sym_counts counts;
	uint32_t first[ODD_SAMPLES];

	(void)ctx;
	assert_int_equal(import(imp, s, p), 4);
	for (uint32_t i = 0; i < ODD_SAMPLES; i++)
		first[i] = symbols_import_stack(imp, s, p, i);
	assert_int_equal(first[0], first[1]);     /* equal once addresses are gone */
	assert_int_not_equal(first[0], first[2]); /* order counts */
	assert_int_equal(first[10], 0);           /* empty stack */
	assert_int_equal(first[3], SYM_DROPPED);
	assert_int_equal(first[4], SYM_DROPPED);
	assert_int_equal(first[5], SYM_DROPPED);
	assert_int_equal(first[11], SYM_DROPPED);
	assert_int_equal(s->locations.p[s->nodes.p[first[6]].location].mapping, 0);
	assert_int_equal(s->locations.p[s->nodes.p[first[7]].location].n_lines, SYM_MAX_LINES);
	/* Nothing of dropped samples, and nothing twice. */
	counts = symbols_counts(s);
	assert_int_equal(counts.locations, 6);
	assert_int_equal(import(imp, s, p), 4);
	expect_counts(s, counts);
	symbols_import_again(imp, s, p);
	for (uint32_t i = 0; i < ODD_SAMPLES; i++)
		assert_int_equal(symbols_import_stack(imp, s, p, i), first[i]);
	/* After a replay the same numbers come out, whoever comes first. */
	r = replay(s);
	symbols_import_again(imp, r, p);
	for (uint32_t i = ODD_SAMPLES; i-- > 0;)
		assert_int_equal(symbols_import_stack(imp, r, p, i), first[i]);
	expect_counts(r, counts);
	symbols_free(r);
	symbols_free(s);
	sym_importer_free(imp);
	sym_importer_free(NULL);
	arena_free(a);
}

static void test_import_nothing(void **ctx)
{
	struct sym_importer *imp = sym_importer_new();
	struct symbols *s = symbols_new(3);
	struct profile p = { .stack_at = (uint32_t[]){ 0 } };

	(void)ctx;
	symbols_import(imp, s, &p);
	assert_int_equal(s->mappings.n, 1);
	assert_int_equal(s->functions.n, 1);
	assert_int_equal(s->nodes.n, 1);
	symbols_free(s);
	sym_importer_free(imp);
}

/* Random stacks over few names in tables of random order: equal stacks, equal numbers. */
static struct profile *random_profile(struct arena *a)
{
	enum { NAMES = 12, LOCATIONS = 40, SAMPLES = 60 };
	struct profile *p = arena_zalloc(a, sizeof(*p));
	uint32_t n = 0;

	p->n_strings = NAMES + 1;
	p->strings = arena_array(a, p->n_strings, sizeof(*p->strings));
	p->strings[0] = STR("");
	for (uint32_t i = 1; i <= NAMES; i++)
		p->strings[i] = arena_printf(a, "name%u", (i + roll(1000)) % NAMES);
	p->n_functions = NAMES;
	p->functions = arena_zarray(a, NAMES, sizeof(*p->functions));
	for (uint32_t i = 0; i < NAMES; i++)
		p->functions[i] = (struct function){ .name = roll(NAMES + 1), .file = roll(3) };
	p->n_locations = LOCATIONS;
	p->locations = arena_zarray(a, LOCATIONS, sizeof(*p->locations));
	p->n_lines = 2 * LOCATIONS;
	p->lines = arena_zarray(a, p->n_lines, sizeof(*p->lines));
	for (uint32_t i = 0; i < LOCATIONS; i++)
		p->locations[i] = (struct location){ .mapping = PROFILE_NONE,
			.address = roll(2),
			.first_line = 2 * i,
			.n_lines = 1 + roll(2) };
	for (uint32_t i = 0; i < p->n_lines; i++)
		p->lines[i] = (struct line){ roll(NAMES), 0, roll(3) };
	p->n_samples = SAMPLES;
	p->stack_at = arena_array(a, SAMPLES + 1, sizeof(*p->stack_at));
	p->stack = arena_array(a, SAMPLES * 100, sizeof(*p->stack));
	for (uint32_t i = 0; i < SAMPLES; i++) {
		p->stack_at[i] = n;
		for (uint32_t depth = roll(i % 10 ? 6 : 100); depth > 0; depth--)
			p->stack[n++] = roll(LOCATIONS);
	}
	p->stack_at[SAMPLES] = n;
	return p;
}

static void test_import_random(void **ctx)
{
	struct sym_importer *imp = sym_importer_new();
	struct symbols *s = symbols_new(0);
	uint32_t *stack = mem_array(1000, sizeof(*stack));

	(void)ctx;
	for (int round = 0; round < 50; round++) {
		struct arena *a = arena_new();

		assert_int_equal(import(imp, s, random_profile(a)), 0);
		arena_free(a);
	}
	/* By numbers, every node is found as what it is: the tree has no path twice. */
	for (uint32_t i = 0; i < s->nodes.n; i++) {
		uint32_t n = symbols_stack(s, i, stack, 1000);

		assert_int_equal(symbols_add_stack(s, stack, n), i);
	}
	/* Locations, functions and strings are distinct as well. */
	for (uint32_t i = 0; i < s->locations.n; i++)
		assert_int_equal(symbols_add_location(s, &s->locations.p[i], s->lines.p + s->locations.p[i].first_line),
		    i);
	for (uint32_t i = 0; i < s->functions.n; i++)
		assert_int_equal(symbols_add_function(s, &s->functions.p[i]), i);
	for (uint32_t i = 0; i < s->strings.n; i++)
		assert_int_equal(symbols_add_string(s, s->strings.p[i]), i);
	mem_free(stack);
	symbols_free(s);
	sym_importer_free(imp);
}

/* Two partitions take turns with one importer. */
static void test_import_partitions(void **ctx)
{
	struct sym_importer *imp = sym_importer_new();
	struct symbols *s[2] = { symbols_new(0), symbols_new(1) };

	(void)ctx;
	for (int round = 0; round < 20; round++) {
		struct arena *a = arena_new();
		struct profile *p = random_profile(a);

		import(imp, s[round % 2], p);
		symbols_import_again(imp, s[1 - round % 2], p);
		for (uint32_t i = 0; i < p->n_samples; i++) {
			struct buf want, got;

			buf_init(&want, SIZE_MAX);
			buf_init(&got, SIZE_MAX);
			print_sample(p, i, &want);
			print_stack(s[1 - round % 2], symbols_import_stack(imp, s[1 - round % 2], p, i), &got);
			assert_true(str_eq(buf_str(&want), buf_str(&got)));
			buf_fini(&want);
			buf_fini(&got);
		}
		arena_free(a);
	}
	symbols_free(s[0]);
	symbols_free(s[1]);
	sym_importer_free(imp);
}

static size_t read_shared(const char *name, char *out, size_t size)
{
	const char *shared = getenv("PYRO_SHARED");
	char path[512];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", shared ? shared : "../shared", name);
	f = fopen(path, "rb");
	if (f) {
		n = fread(out, 1, size, f);
		fclose(f);
	}
	return n;
}

static void test_import_real(void **ctx)
{
	static const char *const files[] = {
		"testdata/pprof/go/parca-profile-with-labels.pb.gz",
		"testdata/pprof/go/heap.pb.gz",
		"testdata/pprof/go-series/1644509272337470000.pb.gz",
		"testdata/pprof/go-series/1644509275338070000.pb.gz",
	};
	enum { SIZE = 1 << 20 };
	struct sym_importer *imp = sym_importer_new();
	struct symbols *s = symbols_new(0);
	char *bytes = mem_alloc(SIZE);
	uint32_t n = 0;

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct str in = { bytes, read_shared(files[i], bytes, SIZE) };
		struct arena *a = arena_new();
		struct sym_counts counts;
		struct profile *p;
		struct buf scratch;
		struct err e;

		buf_init(&scratch, 1 << 26);
		if (in.n > 0) {
			n++;
			assert_int_equal(pprof_read(a, in, 1 << 26, &scratch, &p, &e), 0);
			import(imp, s, p);
			counts = symbols_counts(s);
			import(imp, s, p);
			expect_counts(s, counts);
		}
		buf_fini(&scratch);
		arena_free(a);
	}
	mem_free(bytes);
	symbols_free(s);
	sym_importer_free(imp);
	if (n == 0) {
		print_message("no shared data: PYRO_SHARED\n");
		skip();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_add_differs),
		cmocka_unit_test(test_lines_limit),
		cmocka_unit_test(test_stacks),
		cmocka_unit_test(test_stacks_recursive),
		cmocka_unit_test(test_stacks_deep),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_import_rules),
		cmocka_unit_test(test_import_nothing),
		cmocka_unit_test(test_import_random),
		cmocka_unit_test(test_import_partitions),
		cmocka_unit_test(test_import_real),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
