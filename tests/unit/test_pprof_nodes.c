/* test_pprof_nodes.c - samples that are a tree: the same bytes as those of its stacks one by one */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "formats/pprof/pprof.h"

enum { NODES = 400, LOCATIONS = 300, TREES = 60, FRAMES = NODES * NODES };

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)((random_state >> 33) % n);
}

/* Deep ones and flat ones; some nodes have no value, some a large or a negative one. */
static void make_nodes(struct pprof_node *nodes, uint32_t n, uint32_t back)
{
	static const int64_t values[] = { 0, 1, 127, 128, INT64_MAX, -1 };

	nodes[0] = (struct pprof_node){ 0 };
	for (uint32_t i = 1; i < n; i++)
		nodes[i] = (struct pprof_node){ i - 1 - random_below(i < back ? i : back), random_below(LOCATIONS),
			values[random_below(6)] };
}

static void flatten(struct profile *p, const struct pprof_node *nodes, uint32_t n)
{
	uint32_t at = 0;

	for (uint32_t i = 1; i < n; i++) {
		if (nodes[i].value == 0)
			continue;
		p->stack_at[p->n_samples] = at;
		p->values[p->n_samples++] = nodes[i].value;
		for (uint32_t up = i; up != 0; up = nodes[up].parent)
			p->stack[at++] = nodes[up].location;
	}
	p->stack_at[p->n_samples] = at;
}

static struct profile *tables(struct arena *a)
{
	struct profile_builder *b = profile_builder_new(a, 1);
	struct profile *p;

	profile_builder_type(b, 0, STR("cpu"), STR("nanoseconds"));
	for (uint32_t i = 0; i < LOCATIONS; i++)
		profile_builder_frame(b, STR("f"), STR("file"), i);
	p = profile_builder_finish(b);
	p->stack_at = arena_array(a, NODES + 1, sizeof(*p->stack_at));
	p->stack = arena_array(a, FRAMES, sizeof(*p->stack));
	p->values = arena_array(a, NODES, sizeof(*p->values));
	return p;
}

static void trees(void **state)
{
	(void)state;
	for (uint32_t k = 0; k < TREES; k++) {
		uint32_t n = k == 0 ? 1 : 1 + random_below(NODES);
		struct pprof_node nodes[NODES];
		struct arena *a = arena_new();
		struct profile *p = tables(a);
		struct buf one, other;

		random_state = k;
		make_nodes(nodes, n, k % 3 == 0 ? 1 : k % 3 == 1 ? 3 : NODES);
		buf_init(&one, 1 << 24);
		buf_init(&other, 1 << 24);
		buf_add(&one, STR("before"));
		buf_add(&other, STR("before"));
		pprof_encode_nodes(p, nodes, n, &one);
		flatten(p, nodes, n);
		pprof_encode(p, &other);
		assert_int_equal(one.n, other.n);
		assert_memory_equal(one.p, other.p, one.n);
		buf_fini(&one);
		buf_fini(&other);
		arena_free(a);
	}
}

/* Too little room at any place: what is there is kept, and said to be too much. */
static void little_room(void **state)
{
	struct pprof_node nodes[NODES];
	struct arena *a = arena_new();
	struct profile *p = tables(a);
	struct buf whole, b;

	(void)state;
	make_nodes(nodes, NODES, 2);
	buf_init(&whole, 1 << 24);
	pprof_encode_nodes(p, nodes, NODES, &whole);
	for (size_t max = 0; max < whole.n; max += 1 + max / 9) {
		buf_init(&b, max);
		pprof_encode_nodes(p, nodes, NODES, &b);
		assert_true(b.over && b.n <= max);
		buf_fini(&b);
	}
	buf_fini(&whole);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees),
		cmocka_unit_test(little_room),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
