/*
 * index.tsdb: as given, and once more with the checksums made right, since
 * no mutation gets past them.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "formats/block/index_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void ignore(void *ctx, const char *problem)
{
	(void)ctx;
	(void)problem;
}

static void read_all(struct str bytes)
{
	struct arena *a = arena_new();
	struct index_series *all;
	struct series_list list;
	uint32_t n, problems = 0;
	struct err e;
	struct index *ix = index_open(bytes, &e);

	if (ix) {
		struct str *names, *values;
		uint32_t n_names, n_values, *refs;

		if (index_all(ix, a, &all, &n, &e) == 0 && index_select(ix, a, NULL, &list, &e) == 0)
			index_check(ix, ignore, NULL, &problems, &e);
		index_names(ix, a, &names, &n_names);
		for (uint32_t i = 0; i < n_names && i < 100; i++) {
			index_values(ix, a, names[i], &values, &n_values);
			if (n_values == 0)
				abort();
			index_postings(ix, a, names[i], values[0], &refs, &n, &e);
		}
	}
	index_close(ix);
	arena_free(a);
}

static uint64_t be(const char *p, size_t bytes)
{
	uint64_t v = 0;

	for (size_t i = 0; i < bytes; i++)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

static void put_crc(char *p, size_t from, size_t n)
{
	uint32_t crc = crc32c(0, str_of(p + from, n));

	for (size_t i = 0; i < 4; i++)
		p[from + n + i] = (char)(crc >> (24 - 8 * i));
}

static void fix_section(char *p, size_t n, uint64_t at)
{
	uint64_t length;

	if (at > n || n - at < 8)
		return;
	length = be(p + at, 4);
	if (length <= n - at - 8)
		put_crc(p, at + 4, length);
}

static void fix_series(char *p, size_t n, uint64_t at)
{
	struct cursor c = cursor_of(str_of(p, n));
	uint64_t length;
	size_t body;

	if (at >= n)
		return;
	cursor_str(&c, at);
	length = cursor_uvarint(&c);
	body = n - cursor_left(&c);
	if (!c.bad && cursor_left(&c) >= 4 && length <= cursor_left(&c) - 4)
		put_crc(p, body, length);
}

static void fix_lists(char *p, size_t n)
{
	struct err e;
	struct index *ix = index_open(str_of(p, n), &e);

	for (uint32_t i = 0; ix && i < ix->n_values && i < 1000; i++) {
		uint64_t at = ix->values[i].offset;

		fix_section(p, n, at);
		for (uint64_t k = at + 8; i == 0 && at < n && k + 8 <= n && k - at < 4000; k += 4)
			fix_series(p, n, be(p + k, 4) * 16);
	}
	index_close(ix);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *copy;

	read_all(str_of(p, n));
	if (n < INDEX_HEADER + INDEX_TOC)
		return 0;
	copy = mem_alloc(n);
	memcpy(copy, p, n);
	memcpy(copy, "\xba\xaa\xd7\x00\x02", INDEX_HEADER);
	for (size_t i = 0; i < 7; i++)
		fix_section(copy, n - INDEX_TOC, be(copy + n - INDEX_TOC + 8 * i, 8));
	put_crc(copy, n - INDEX_TOC, INDEX_TOC - 4);
	fix_lists(copy, n);
	read_all(str_of(copy, n));
	mem_free(copy);
	return 0;
}
