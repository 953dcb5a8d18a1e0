/*
 * Sums of rows in profiles.parquet (formats/block/stored_sums.h) of a small block made here, with bytes changed: the input
 * is a list of changes, three bytes each, where (little endian, from the first of the sums on) and what to. The hashes are
 * those of what is there then, so that everything behind them is reached.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "formats/block/stored_sums.h"
#include "tests/fuzz/fuzz_blocks.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { ROWS = 40, STACKS = 2100 };

static struct block_parts parts;
static char *changed; /* of profiles.parquet */

static void make_parts(void)
{
	struct block_writer *w = block_writer_new();
	struct symbols *s = symbols_new(7);
	struct label l = { STR("a"), STR("1") };
	struct labels labels = { &l, 1 };
	uint32_t stacks[STACKS];
	int64_t values[STACKS];
	struct err e;

	symbols_add_mapping(s, &(struct sym_mapping){ .start = 1 });
	for (uint32_t i = 0; i < STACKS; i++) {
		uint32_t loc = symbols_add_location(s, &(struct sym_location){ .address = i + 1 }, NULL);

		stacks[i] = symbols_add_stack(s, &loc, 1);
		values[i] = 1 + i % 7;
	}
	block_writer_series(w, &labels, labels_hash(&labels));
	block_writer_partition(w, s);
	for (int i = 0; i < ROWS; i++)
		block_writer_row(w, &(struct row){ .time = i, .n = STACKS, .stacks = stacks, .values = values });
	if (block_writer_finish(w, (struct ulid){ { 1 } }, &parts, &e) < 0)
		abort();
	changed = mem_alloc(parts.part[1].bytes.n);
	block_writer_free(w);
	symbols_free(s);
}

static struct blob *set_open(struct blobs *b, struct str name, struct err *e)
{
	(void)b;
	for (uint32_t i = 0; i < parts.n_parts; i++)
		if (str_eq(parts.part[i].name, name))
			return blob_mem(i == 1 ? str_of(changed, parts.part[1].bytes.n) : parts.part[i].bytes);
	err_set(e, ERR_NOTFOUND, "no such part");
	return NULL;
}

static void set_close(struct blobs *b)
{
	(void)b;
}

/* The pair's value: "AT N HASH". */
static char *pair_in(char *bytes, size_t n)
{
	size_t at = str_search(str_of(bytes, n), STR("pyro.sums"));

	if (at == n)
		abort();
	for (at += 9; bytes[at] < '0' || bytes[at + 1] < '0'; at++)
		;
	return bytes + at;
}

static void change(const uint8_t *p, size_t n)
{
	size_t size = parts.part[1].bytes.n, from;
	char *pair, *text, hash[17];
	uint64_t at, count;
	struct stored_entry is;

	memcpy(changed, parts.part[1].bytes.p, size);
	pair = pair_in(changed, size);
	at = strtoull(pair, &text, 10);
	count = strtoull(text, &text, 10);
	memcpy(&is, changed + at, sizeof(is));
	from = is.at;
	for (; n >= 3; p += 3, n -= 3) {
		size_t to = from + (p[0] | (size_t)p[1] << 8);

		if (to < at + count * sizeof(is))
			changed[to] = (char)p[2];
	}
	for (uint64_t i = 0; i < count; i++) {
		memcpy(&is, changed + at + i * sizeof(is), sizeof(is));
		if (is.at <= size && is.bytes <= size - is.at)
			is.hash = hash_str(str_of(changed + is.at, is.bytes));
		memcpy(changed + at + i * sizeof(is), &is, sizeof(is));
	}
	snprintf(hash, sizeof(hash), "%016" PRIx64, hash_str(str_of(changed + at, count * sizeof(is))));
	memcpy(text + 1, hash, 16);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct blobs blobs = { set_open, set_close };

	if (parts.n_parts == 0)
		make_parts();
	change(p, n);
	fuzz_block_of(&blobs, (struct scan){ .to = ROWS, .samples = true, .summed = true });
	return 0;
}
