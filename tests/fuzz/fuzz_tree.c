/* Tree bytes: what is taken must come out as it went in, draw without harm, and be a sound profile. */
#include "base/mem.h"
#include "formats/query/tree.h"
#include "tests/lib/profile_sound.h"

extern const struct format format_query_tree;

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static void round_trip(struct tree *t)
{
	struct tree *u = tree_new();
	struct buf first, second;
	struct err e;

	buf_init(&first, SIZE_MAX / 2);
	buf_init(&second, SIZE_MAX / 2);
	tree_encode(t, 0, &first);
	check(tree_decode(u, buf_str(&first), &e) == 0);
	tree_encode(u, 0, &second);
	check(str_eq(buf_str(&first), buf_str(&second)));
	tree_free(u);
	u = tree_new();
	buf_reset(&second);
	tree_pack(t, &second);
	check(tree_unpack(u, buf_str(&second), &e) == 0);
	buf_reset(&second);
	tree_encode(u, 0, &second);
	check(str_eq(buf_str(&first), buf_str(&second)));
	buf_fini(&first);
	buf_fini(&second);
	tree_free(u);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct tree *t = tree_new();
	struct arena *a = arena_new();
	struct err e;

	if (tree_decode(t, str_of(p, n), &e) == 0) {
		struct buf cut;

		buf_init(&cut, SIZE_MAX / 2);
		round_trip(t);
		tree_encode(t, 3, &cut);
		tree_flamegraph(a, t, 0);
		tree_flamegraph(a, t, 5);
		tree_flamegraph_diff(a, t, t, 4, &e);
		buf_fini(&cut);
	} else {
		check(e.kind == ERR_CORRUPT);
	}
	tree_free(t);
	t = tree_new();
	if (tree_unpack(t, str_of(p, n), &e) == 0)
		tree_flamegraph(a, t, 5);
	else
		check(e.kind == ERR_CORRUPT);
	row_sound(&format_query_tree, 0, str_of(p, n));
	arena_free(a);
	tree_free(t);
	return 0;
}
