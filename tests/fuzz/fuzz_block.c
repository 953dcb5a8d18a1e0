/*
 * A block of which one part is the input: byte 0 says which. The other parts
 * are those of a small block made here. Everything is asked and checked.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "tests/fuzz/fuzz_blocks.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct block_parts parts;

static void make_parts(void)
{
	struct block_writer *w = block_writer_new();
	struct symbols *s = symbols_new(7);
	struct label l = { STR("a"), STR("1") };
	struct labels labels = { &l, 1 };
	struct sym_line line = { 0, 3 };
	uint32_t loc[2];
	struct err e;

	symbols_add_mapping(s, &(struct sym_mapping){ .start = 1 });
	symbols_add_function(s, &(struct sym_function){ .name = symbols_add_string(s, STR("main")) });
	loc[0] = symbols_add_location(s, &(struct sym_location){ .n_lines = 1 }, &line);
	loc[1] = symbols_add_location(s, &(struct sym_location){ .address = 9 }, NULL);
	block_writer_series(w, &labels, labels_hash(&labels));
	block_writer_partition(w, s);
	for (int i = 0; i < 20; i++) {
		uint32_t stacks[2] = { symbols_add_stack(s, loc, 2), symbols_add_stack(s, loc + 1, 1) };
		int64_t values[2] = { i + 1, 5 };

		block_writer_row(w,
		    &(struct row){ .time = i,
			.n = 2,
			.stacks = stacks,
			.values = values,
			.spans = i % 3 ? NULL : (uint64_t[]){ 1, 0 } });
	}
	if (block_writer_finish(w, (struct ulid){ { 1 } }, &parts, &e) < 0)
		abort();
	block_writer_free(w);
	symbols_free(s);
}

struct set {
	struct blobs blobs;
	uint32_t part;
	struct str bytes;
};

static struct blob *set_open(struct blobs *b, struct str name, struct err *e)
{
	struct set *s = (struct set *)b;

	for (uint32_t i = 0; i < parts.n_parts; i++)
		if (str_eq(parts.part[i].name, name))
			return blob_mem(i == s->part ? s->bytes : parts.part[i].bytes);
	err_set(e, ERR_NOTFOUND, "no such part");
	return NULL;
}

static void set_close(struct blobs *b)
{
	(void)b;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct set set = { { set_open, set_close }, 0, STR_NONE };

	if (n == 0)
		return 0;
	if (parts.n_parts == 0)
		make_parts();
	set.part = p[0] % 4;
	set.bytes = str_of(p + 1, n - 1);
	fuzz_block_of(&set.blobs,
	    (struct scan){ .from = INT64_MIN, .to = INT64_MAX, .samples = true, .spans = true, .ids = true });
	return 0;
}
