/* test_symbol_pools.c - symbols of several partitions as one, and when they go */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "formats/symbols/symbol_pools.h"

enum { STACKS = 40, DEPTH = 5 };

static uint32_t random_next(uint32_t *x)
{
	*x = *x * 1664525 + 1013904223;
	return *x >> 8;
}

/* Stacks of a few functions, some with an inlined one, in four mappings. */
static struct symbols *make(uint32_t seed, uint32_t stacks[STACKS])
{
	struct symbols *s = symbols_new(9);
	char name[20];

	for (uint32_t i = 0; i < STACKS; i++) {
		uint32_t locations[DEPTH], n = 1 + random_next(&seed) % DEPTH;

		for (uint32_t k = 0; k < n; k++) {
			struct sym_line lines[2];
			struct sym_location l = { .address = random_next(&seed) % 4,
				.n_lines = random_next(&seed) % 3 };
			uint32_t m = random_next(&seed) % 4;
			struct sym_mapping map = { .start = m };

			snprintf(name, sizeof(name), "lib%u", m / 2);
			map.file = symbols_add_string(s, str_cstr(name));
			l.mapping = symbols_add_mapping(s, &map);
			for (uint32_t j = 0; j < l.n_lines; j++) {
				snprintf(name, sizeof(name), "f%u", random_next(&seed) % 6);
				lines[j] = (struct sym_line){ symbols_add_function(s,
								  &(struct sym_function){
								      .name = symbols_add_string(s, str_cstr(name)) }),
					random_next(&seed) % 2 };
			}
			locations[k] = symbols_add_location(s, &l, lines);
		}
		stacks[i] = symbols_add_stack(s, locations, n);
	}
	return s;
}

/* All that a stack says. */
static void print_stack(const struct symbols *s, uint32_t stack, struct buf *out)
{
	uint32_t at[DEPTH + 1], n = symbols_stack(s, stack, at, DEPTH + 1);

	buf_reset(out);
	for (uint32_t i = 0; i < n; i++) {
		const struct sym_location *l = &s->locations.p[at[i]];
		const struct sym_mapping *m = &s->mappings.p[l->mapping];

		buf_printf(out, "%llx in " STR_FMT " from %llx", (unsigned long long)l->address,
		    STR_ARG(s->strings.p[m->file]), (unsigned long long)m->start);
		for (uint32_t k = 0; k < l->n_lines; k++) {
			const struct sym_line *line = &s->lines.p[l->first_line + k];

			buf_printf(out, " " STR_FMT ":%u", STR_ARG(s->strings.p[s->functions.p[line->function].name]),
			    line->line);
		}
		buf_byte(out, ';');
	}
}

static uint32_t number_of(const struct sym_runs *runs, uint32_t stack)
{
	size_t r = 0;

	while (r + 1 < runs->n && runs->p[r + 1].first <= stack)
		r++;
	assert_true(r < runs->n && runs->p[r].first <= stack);
	return runs->p[r].is + (stack - runs->p[r].first);
}

static void united(void **state)
{
	struct symbols *to = symbols_new(9);
	struct buf one, other;

	(void)state;
	buf_init(&one, 1 << 16);
	buf_init(&other, 1 << 16);
	for (uint32_t seed = 0; seed < 20; seed++) {
		struct sym_runs runs = { 0 }, again = { 0 };
		uint32_t stacks[STACKS];
		struct symbols *from = make(seed, stacks);
		struct sym_counts before, after;
		struct err e;

		symbols_unite(to, from, &runs);
		for (uint32_t i = 0; i < from->nodes.n; i++) {
			print_stack(from, i, &one);
			print_stack(to, number_of(&runs, i), &other);
			assert_true(str_eq(buf_str(&one), buf_str(&other)));
		}
		before = symbols_counts(to);
		symbols_rest(to);
		symbols_unite(to, from, &again);
		after = symbols_counts(to);
		assert_memory_equal(&before, &after, sizeof(before)); /* all of it was there */
		if (seed == 0) {
			assert_int_equal(runs.n, 1);
			assert_null(to->index); /* in the same order, all is compared, and no table is made */
		}
		assert_int_equal(again.n, runs.n);
		assert_memory_equal(runs.p, again.p, runs.n * sizeof(*runs.p));
		assert_int_equal(symbols_check(to, &(struct sym_counts){ 0 }, &e), 0);
		symbols_free(from);
		vec_free(&runs);
		vec_free(&again);
	}
	symbols_free(to);
	buf_fini(&one);
	buf_fini(&other);
}

static void pools_go(void **state)
{
	struct symbol_pools *x = symbol_pools_new();
	struct symbol_pool *p[3];
	uint64_t first;

	(void)state;
	for (uint64_t i = 0; i < 3; i++) {
		p[i] = symbol_pool_of(x, i / 2, 5 + i % 2);
		p[i]->used = 10 + i;
		p[i]->largest = 1;
	}
	assert_ptr_equal(symbol_pool_of(x, 0, 6), p[1]);
	assert_ptr_not_equal(p[0], p[2]); /* the same id of another owner */
	symbol_pools_rest(x, 0);
	assert_true(symbol_pools_bytes(x) >= 3 * sizeof(*p[0]));
	first = p[0]->generation;
	assert_ptr_equal(symbol_pool_find(x, 0, 5, first), p[0]);
	assert_null(symbol_pool_find(x, 0, 5, first + 1));
	assert_null(symbol_pool_find(x, 3, 5, first));
	assert_ptr_equal(symbol_pools_oldest(x, 0), p[0]);
	assert_ptr_equal(symbol_pools_oldest(x, 10), p[1]);
	symbol_pools_touch(x, 11, 13);
	assert_int_equal(p[1]->used, 13);
	symbol_pool_drop(x, p[0]);
	assert_null(symbol_pool_find(x, 0, 5, first));
	assert_ptr_equal(symbol_pool_find(x, 1, 5, p[2]->generation), p[2]);
	p[0] = symbol_pool_of(x, 0, 5);
	assert_int_not_equal(p[0]->generation, first);
	p[0]->used = 13;
	assert_null(symbol_pools_oldest(x, 13));
	symbol_pools_free(x);
}

/* One that has become much larger than what is asked of it is mostly of blocks that are gone. */
static void stale_pools(void **state)
{
	struct symbol_pools *x = symbol_pools_new();
	struct sym_runs runs = { 0 };
	uint32_t stacks[STACKS], rounds = 0;

	(void)state;
	for (uint64_t first = symbol_pool_of(x, 0, 0)->generation; rounds < 100; rounds++) {
		struct symbol_pool *p = symbol_pool_of(x, 0, 0);
		struct symbols *s = make(rounds, stacks);

		if (p->generation != first) {
			symbols_free(s);
			break;
		}
		symbols_unite(p->symbols, s, &runs);
		p->largest = MAX(p->largest, (uint32_t)s->nodes.n);
		p->used = rounds;
		symbols_free(s);
		symbol_pools_rest(x, rounds);
	}
	assert_true(rounds >= 4 && rounds < 100);
	assert_true(symbol_pools_bytes(x) == 0);
	vec_free(&runs);
	symbol_pools_free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(united),
		cmocka_unit_test(pools_go),
		cmocka_unit_test(stale_pools),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
