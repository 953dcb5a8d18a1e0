/*
 * test_cut_write.c - journals of a last run into batches, batches into blocks:
 * what is read of sound, damaged and foreign files, and what is on the disk
 * after a cut that succeeds, fails, or is done again.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/head/journal_format.h"
#include "formats/symbols/symbols.h"
#include "io/fd.h"
#include "io/file.h"
#include "tools/pyro-ingest/cut_replay.h"
#include "tools/pyro-ingest/cut_write.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static char folder[64];
static int top = -1, journals = -1;
static struct counters counters;
static _Atomic uint64_t held;

static int setup(void **state)
{
	struct err e;

	(void)state;
	memset(&counters, 0, sizeof(counters));
	held = 0;
	snprintf(folder, sizeof(folder), "/tmp/pyro-test-cut-XXXXXX");
	if (mkdtemp(folder) == NULL || (top = fd_open(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY, &e)) < 0 ||
	    file_mkdirs(top, "journal", 0755, &e) < 0)
		return -1;
	journals = fd_open(top, "journal", O_RDONLY | O_DIRECTORY, &e);
	return journals < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(held, 0);
	fd_close(&journals);
	fd_close(&top);
	return file_remove_tree(AT_FDCWD, folder, &e);
}

static bool there(const char *path)
{
	return faccessat(top, path, F_OK, 0) == 0;
}

static size_t entries(const char *path)
{
	struct arena *a = arena_new();
	struct file_list list;
	struct err e;
	size_t n = file_list(a, top, path, &list, &e) < 0 ? 0 : list.n;

	arena_free(a);
	return n;
}

/* A journal with `rows` pushes of each tenant, an hour apart; damage: a byte of the first record is turned. */
static void write_journal(uint64_t generation, uint32_t shard, const char *const *tenants, size_t n, int rows,
    bool damage)
{
	struct sym_importer *imp = sym_importer_new();
	struct arena *a = arena_new();
	char header[JOURNAL_HEADER], name[48];
	struct buf file, record;
	struct err e;

	buf_init(&file, 1 << 20);
	buf_init(&record, 1 << 20);
	journal_put_header(header, generation, shard);
	buf_add(&file, str_of(header, sizeof(header)));
	for (size_t i = 0; i < n; i++) {
		struct head *h = head_new();

		for (int k = 0; k < rows; k++) {
			struct label labels[] = { { STR("__name__"), STR("cpu") }, { STR("service_name"), STR("s") } };
			struct profile_builder *b = profile_builder_new(a, 1);
			uint32_t stack = profile_builder_frame(b, STR("main"), STR_NONE, 0);
			struct head_push p = { .labels = { labels, 2 },
				.partition = shard,
				.time = k * 3600 * NS_PER_S + 1 };

			profile_builder_type(b, 0, STR("t"), STR("u"));
			profile_builder_add(b, &stack, 1, &(int64_t){ 7 }, NULL, 0);
			p.profile = profile_builder_finish(b);
			buf_reset(&record);
			assert_int_equal(head_add(h, imp, &p, &record), 1);
			journal_put_frame(&file, str_cstr(tenants[i]), buf_str(&record));
		}
		head_free(h);
	}
	if (damage)
		file.p[JOURNAL_HEADER + JOURNAL_FRAME + 12] ^= 1;
	journal_name(name, generation, shard);
	assert_int_equal(file_replace(journals, name, buf_str(&file), 0600, &e), 0);
	buf_fini(&file);
	buf_fini(&record);
	arena_free(a);
	sym_importer_free(imp);
}

static const char *const alpha_beta[] = { "alpha", "beta" };

static struct cut_batches replay(uint64_t below)
{
	struct cut_batches read = { 0 }, kept = { 0 };
	struct err e;

	assert_int_equal(cut_replay(journals, below, &counters, &held, &read, &e), 0);
	for (size_t i = 0; i < read.n; i++)
		cut_batch_keep(&kept, read.p[i]);
	vec_free(&read);
	return kept;
}

static void drop(struct cut_batches *b)
{
	for (size_t i = 0; i < b->n; i++)
		cut_batch_free(b->p[i]);
	vec_free(b);
}

static void sound_journals(void **state)
{
	struct cut_batches b;

	(void)state;
	write_journal(1, 0, alpha_beta, 2, 3, false);
	write_journal(1, 1, alpha_beta, 1, 2, false);
	write_journal(2, 0, alpha_beta, 1, 1, false); /* of this run */
	b = replay(2);
	assert_int_equal(b.n, 2);
	assert_int_equal(b.p[0]->heads.n, 2);
	assert_true(str_eq(b.p[0]->heads.p[1].tenant, STR("beta")));
	assert_int_equal(b.p[0]->heads.p[0].head->n_rows, 3);
	assert_int_equal(b.p[1]->heads.p[0].head->n_rows, 2);
	assert_int_equal(b.p[0]->journals.n, 1);
	assert_true(str_eq(b.p[0]->journals.p[0], STR("0000000000000001-0.journal")));
	assert_int_equal(counters.replayed_records, 8);
	assert_int_equal(counters.broken_records, 0);
	assert_true(held > 1000);
	drop(&b);
	assert_true(there("journal/0000000000000001-0.journal"));
}

/* What can be read of a damaged file is: records of other heads, and those that do not build on the lost one. */
static void damaged_journals(void **state)
{
	struct cut_batches b;
	struct err e;

	(void)state;
	write_journal(1, 0, alpha_beta, 2, 2, true);
	assert_int_equal(file_replace(journals, "0000000000000001-7.journal",
			     STR("not a journal at all, but long enough"), 0600, &e),
	    0);
	b = replay(2);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.p[0]->journals.n, 0);
	assert_int_equal(b.p[0]->damaged.n, 1);
	assert_int_equal(b.p[0]->heads.p[b.p[0]->heads.n - 1].head->n_rows, 2);
	assert_true(there("journal/0000000000000001-0.journal")); /* until its rows are in blocks */
	assert_false(there("journal/0000000000000001-7.journal"));
	assert_true(there("journal/0000000000000001-7.journal.broken"));
	assert_true(counters.broken_records >= 2);
	drop(&b);
}

static struct cut_write writing(void)
{
	return (struct cut_write){ .data = folder,
		.journals = journals,
		.window = 3600 * NS_PER_S,
		.generation = 9,
		.wall = INT64_C(1768471200) * NS_PER_S };
}

static void cut(void **state)
{
	struct cut_write w = writing();
	struct cut_batches b;
	struct err e;

	(void)state;
	write_journal(1, 0, alpha_beta, 2, 3, false);
	write_journal(1, 1, alpha_beta, 1, 2, true);
	write_journal(1, 2, alpha_beta, 1, 2, false);
	b = replay(2);
	assert_int_equal(cut_write_run(&w, b.p, b.n, &e), 0);
	/* Each batch makes its own blocks, one an hour and tenant: 3 and 3, nothing, 2. */
	assert_int_equal(w.commit.blocks.n, 8);
	assert_int_equal(w.n_rows, 8);
	assert_true(w.n_bytes > 8000);
	assert_int_equal(entries("alpha/local"), 5);
	assert_int_equal(entries("beta/local"), 3);
	assert_int_equal(entries("journal"), 1);
	assert_true(there("journal/0000000000000001-1.journal.broken"));
	cut_write_reset(&w);
	drop(&b);
}

/* A tenant's folder cannot be made: nothing of the others stays, nothing is lost, and later all is well. */
static void failed_cut(void **state)
{
	struct cut_write w = writing();
	struct cut_batches b;
	struct err e;

	(void)state;
	write_journal(1, 0, alpha_beta, 2, 2, false);
	assert_int_equal(file_replace(top, "beta", STR("in the way"), 0600, &e), 0);
	b = replay(2);
	assert_int_equal(cut_write_run(&w, b.p, b.n, &e), -1);
	assert_non_null(strstr(e.msg, "tenant beta"));
	assert_false(w.committed);
	assert_int_equal(w.commit.blocks.n, 0);
	assert_int_equal(entries("alpha/local"), 0);
	assert_int_equal(entries("journal"), 1);
	assert_true(there("journal/0000000000000001-0.journal"));

	assert_int_equal(unlinkat(top, "beta", 0), 0);
	w.generation++;
	assert_int_equal(cut_write_run(&w, b.p, b.n, &e), 0);
	assert_int_equal(entries("alpha/local"), 2);
	assert_int_equal(entries("beta/local"), 2);
	assert_int_equal(entries("journal"), 0);
	cut_write_reset(&w);
	drop(&b);
}

/* The commit file is there, and its last steps were not done: a restart does them, and knows the generation. */
static void recovered(void **state)
{
	struct commit c = { 0 };
	uint64_t generation = 1;
	struct err e;

	(void)state;
	write_journal(0x1f, 0, alpha_beta, 1, 1, false);
	write_journal(0x22, 0, alpha_beta, 1, 1, false);
	vec_push(&c.journals, STR("000000000000001f-0.journal"));
	assert_int_equal(commit_write(journals, "0000000000000020.commit", &c, &e), 0);
	commit_fini(&c);
	assert_int_equal(cut_recover(folder, journals, &generation, &e), 0);
	assert_int_equal(generation, 0x23);
	assert_int_equal(entries("journal"), 1);
	assert_true(there("journal/0000000000000022-0.journal"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(sound_journals),
		CASE(damaged_journals),
		CASE(cut),
		CASE(failed_cut),
		CASE(recovered),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
