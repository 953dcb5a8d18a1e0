/* The binary trie and tree bodies: any bytes are taken or refused, in bounded memory. */
#include "base/mem.h"
#include "formats/folded/tree_format.h"
#include "formats/folded/trie.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static void check_profile(const struct profile *o)
{
	for (uint32_t i = 0; i < o->n_samples; i++) {
		check(o->stack_at[i] <= o->stack_at[i + 1]); /* a key without a name is a stack without frames */
		for (uint32_t k = o->stack_at[i]; k < o->stack_at[i + 1]; k++)
			check(o->stack[k] < o->n_locations);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new();
	struct profile *o;
	struct err e;

	if (trie_decode(a, str_of(p, n), &o, &e) == 0)
		check_profile(o);
	else
		check(o == NULL && (e.kind == ERR_INVALID || e.kind == ERR_LIMIT));
	if (tree_format_decode(a, str_of(p, n), &o, &e) == 0)
		check_profile(o);
	else
		check(o == NULL && (e.kind == ERR_INVALID || e.kind == ERR_LIMIT));
	check(arena_bytes(a) < n * 4096 + (64 << 20));
	arena_free(a);
	return 0;
}
