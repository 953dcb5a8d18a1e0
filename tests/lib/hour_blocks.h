/*
 * hour_blocks.h - small blocks on disk, one an hour: block i has one row, at the beginning of hour i, with the value 2^i.
 */
#ifndef HOUR_BLOCKS_H
#define HOUR_BLOCKS_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "formats/block/block.h"
#include "formats/query/ask.h"
#include "io/file.h"
#include "tools/pyro-ingest/publish.h"

/* Last: its macros fail and skip are names of ours. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

enum { HOUR_MS = 3600 * 1000 };

#define HOUR_TYPE "cpu:cpu:nanoseconds:cpu:nanoseconds"

static inline void make_hour_block(int i, struct ulid id, struct block_parts *out)
{
	struct label names[] = { { STR("__profile_type__"), STR(HOUR_TYPE) }, { STR("service_name"), STR("shop") } };
	struct labels labels = { names, ARRAY_LEN(names) };
	struct symbols *s = symbols_new(7);
	struct block_writer *w = block_writer_new();
	uint32_t stack;
	int64_t value = 1 << i;
	struct row row = { .time = i * HOUR_MS * NS_PER_MS,
		.total = value,
		.n = 1,
		.stacks = &stack,
		.values = &value };
	struct sym_line line;
	struct err e;

	symbols_add_mapping(s, &(struct sym_mapping){ 0 });
	line = (struct sym_line){
		symbols_add_function(s, &(struct sym_function){ .name = symbols_add_string(s, STR("main")) }), 1
	};
	stack = symbols_add_node(s, 0, symbols_add_location(s, &(struct sym_location){ .n_lines = 1 }, &line));
	row.series = block_writer_series(w, &labels, 1);
	row.partition = block_writer_partition(w, s);
	block_writer_row(w, &row);
	if (block_writer_finish(w, id, out, &e) < 0)
		fail_msg("%s", e.msg);
	block_writer_free(w);
	symbols_free(s);
}

static inline void publish_parts(int dir, const struct block_parts *parts)
{
	struct publish p;
	struct err e;

	assert_int_equal(publish_begin(&p, dir, parts->meta.ulid, &e), 0);
	for (uint32_t i = 0; i < parts->n_parts; i++) {
		struct sink *k = p.sink.part(&p.sink, parts->part[i].name, &e);

		assert_non_null(k);
		assert_int_equal(sink_write(k, parts->part[i].bytes, &e), 0);
		assert_int_equal(sink_close(k, &e), 0);
	}
	assert_int_equal(publish_end(&p, true, 0, &e), 0);
}

/* Of the tenant, below the data folder. Returns its name, which is in text. */
static inline struct str put_hour_block(const char *data, const char *tenant, int i, char text[static ULID_TEXT + 1])
{
	struct ulid id = ulid_make(1000 + i, (const uint8_t[10]){ 9 });
	struct block_parts parts;
	char path[100];
	struct err e;
	int dir;

	ulid_print(id, text);
	snprintf(path, sizeof(path), "%s/%s/local", data, tenant);
	assert_int_equal(file_mkdirs(AT_FDCWD, path, 0777, &e), 0);
	dir = open(path, O_RDONLY | O_DIRECTORY);
	assert_true(dir >= 0);
	make_hour_block(i, id, &parts);
	publish_parts(dir, &parts);
	assert_int_equal(publish_name(dir, id, &e), 0);
	block_parts_free(&parts);
	close(dir);
	return str_cstr(text);
}

/* All rows of tenant a. */
static inline struct pyro_ask hour_ask(int kind)
{
	static struct str all = { "{}", 2 };

	return (struct pyro_ask){ .tenant = STR("a"),
		.kind = kind,
		.profile_type = STR(HOUR_TYPE),
		.selectors = { &all, 1 },
		.to = 100 * HOUR_MS * NS_PER_MS };
}

#endif
