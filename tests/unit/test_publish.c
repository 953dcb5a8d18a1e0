/*
 * test_publish.c - blocks and commit files on disk: nothing is visible before
 * its time, everything can be done again, and what is relied on was synced.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io/fd.h"
#include "io/file.h"
#include "tools/pyro-ingest/commit.h"
#include "tools/pyro-ingest/publish.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static char folder[64];
static int top = -1, journals = -1;

static const struct ulid id = { { 1, 2, 3 } };

/* fsync of this program, which the library calls: which folders and files were synced since n_synced = 0. */
static struct {
	dev_t dev;
	ino_t ino;
} synced[64];
static size_t n_synced;

int fsync(int fd)
{
	struct stat st;

	if (n_synced < ARRAY_LEN(synced) && fstat(fd, &st) == 0) {
		synced[n_synced].dev = st.st_dev;
		synced[n_synced++].ino = st.st_ino;
	}
	return (int)syscall(SYS_fsync, fd);
}

static bool was_synced(const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(top, path, &st, 0), 0);
	for (size_t i = 0; i < n_synced; i++)
		if (synced[i].dev == st.st_dev && synced[i].ino == st.st_ino)
			return true;
	return false;
}

static int setup(void **state)
{
	struct err e;

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/pyro-test-publish-XXXXXX");
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
	fd_close(&journals);
	fd_close(&top);
	return file_remove_tree(AT_FDCWD, folder, &e);
}

static bool there(const char *path)
{
	return faccessat(top, path, F_OK, 0) == 0;
}

/* data/anonymous/local/<ULID>, and the same under its temporary name */
static const char *block_path(bool temporary, const char *part)
{
	static char path[2][160];
	char text[ULID_TEXT + 1];

	ulid_print(id, text);
	snprintf(path[temporary], sizeof(path[0]), "anonymous/local/%s%s%s", temporary ? ".tmp-" : "", text, part);
	return path[temporary];
}

static void write_parts(struct publish *p)
{
	static const struct {
		struct str name, bytes;
	} parts[] = { { { "index.tsdb", 10 }, { "index", 5 } }, { { "meta.json", 9 }, { "{}", 2 } } };
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct sink *k = p->sink.part(&p->sink, parts[i].name, &e);

		assert_non_null(k);
		assert_int_equal(sink_write(k, parts[i].bytes, &e), 0);
		assert_int_equal(sink_close(k, &e), 0);
	}
}

static void write_block(void)
{
	struct publish p;
	struct err e;
	int dir = commit_tenant_dir(folder, STR("anonymous"), &e);

	assert_true(dir >= 0);
	assert_int_equal(publish_begin(&p, dir, id, &e), 0);
	write_parts(&p);
	assert_int_equal(publish_end(&p, true, 0, &e), 0);
	assert_int_equal(p.bytes, 7);
	fd_close(&dir);
}

/* What failed, or has no rows, leaves nothing; the error tells which block it is about. */
static void unfinished(void **state)
{
	static const struct {
		bool whole;
		int rc;
	} cases[] = { { true, -1 }, { false, 0 } };
	struct publish p;
	struct err e;
	int dir = commit_tenant_dir(folder, STR("anonymous"), &e);

	(void)state;
	assert_true(dir >= 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(publish_begin(&p, dir, id, &e), 0);
		write_parts(&p);
		assert_true(there(block_path(true, "/index.tsdb")));
		err_set(&e, ERR_IO, "no space");
		assert_int_equal(publish_end(&p, cases[i].whole, cases[i].rc, &e), cases[i].rc);
		assert_false(there(block_path(true, "")));
		assert_true(cases[i].rc == 0 || strncmp(e.msg, "block 0", 7) == 0);
	}
	fd_close(&dir);
}

static void name_block(void)
{
	struct err e;
	int dir = commit_tenant_dir(folder, STR("anonymous"), &e);

	assert_int_equal(publish_name(dir, id, &e), 0);
	fd_close(&dir);
}

static void blocks(void **state)
{
	(void)state;
	write_block();
	assert_true(there(block_path(true, "/meta.json")));
	assert_false(there(block_path(false, "")));
	assert_true(was_synced(block_path(true, "/index.tsdb")) && was_synced(block_path(true, "/meta.json")) &&
	    was_synced(block_path(true, "")));
	n_synced = 0;
	name_block();
	assert_true(there(block_path(false, "/index.tsdb")));
	assert_false(there(block_path(true, "")));
	assert_true(was_synced("anonymous/local"));

	/* Again: the name may be there and not yet be on the medium. */
	n_synced = 0;
	name_block();
	assert_true(there(block_path(false, "/index.tsdb")));
	assert_true(was_synced("anonymous/local"));

	/* A second writing of a published block leaves the first, and nothing temporary. */
	write_block();
	name_block();
	assert_false(there(block_path(true, "")));
}

static void tidy(void **state)
{
	struct err e;
	int dir;

	(void)state;
	write_block();
	dir = commit_tenant_dir(folder, STR("anonymous"), &e);
	assert_int_equal(file_mkdirs(dir, "other", 0755, &e), 0);
	assert_int_equal(publish_tidy(dir, &e), 0);
	fd_close(&dir);
	assert_false(there(block_path(true, "")));
	assert_true(there("anonymous/local/other"));
}

static void write_commit(struct commit *c)
{
	static const struct commit_block block = { { "anonymous", 9 }, { { 1, 2, 3 } } };
	struct err e;

	vec_push(&c->blocks, block);
	vec_push(&c->journals, STR("a.journal"));
	vec_push(&c->journals, STR("b.journal"));
	assert_int_equal(file_replace(journals, "a.journal", STR("x"), 0600, &e), 0);
	assert_int_equal(commit_write(journals, "1.commit", c, &e), 0);
}

static void commits(void **state)
{
	struct commit c = { 0 };
	struct err e;

	(void)state;
	write_block();
	n_synced = 0;
	write_commit(&c); /* b.journal is gone already: that is no error */
	assert_true(was_synced("journal") && was_synced("journal/1.commit"));
	n_synced = 0;
	assert_int_equal(commit_finish(folder, journals, "1.commit", &e), 0);
	assert_true(there(block_path(false, "/meta.json")));
	assert_false(there("journal/a.journal"));
	assert_false(there("journal/1.commit"));
	assert_true(was_synced("anonymous/local") && was_synced("journal"));
	/* The same once more, as after a crash before the last step. */
	assert_int_equal(commit_write(journals, "1.commit", &c, &e), 0);
	assert_int_equal(commit_finish(folder, journals, "1.commit", &e), 0);
	assert_true(there(block_path(false, "/meta.json")));
	commit_fini(&c);
}

/* What is not whole, or of another version, is not acted upon. */
static void broken_commits(void **state)
{
	static const char *const texts[] = {
		"",
		"journal a.journal\n",
		"journal a.journal\nen",
		"rows 5\njournal a.journal\nend\n",
		"block anonymous 01XYZ\njournal a.journal\nend\n",
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		assert_int_equal(file_replace(journals, "a.journal", STR("x"), 0600, &e), 0);
		assert_int_equal(file_replace(journals, "1.commit", str_cstr(texts[i]), 0600, &e), 0);
		assert_int_equal(commit_finish(folder, journals, "1.commit", &e), -1);
		assert_non_null(strstr(e.msg, "1.commit"));
		assert_true(there("journal/a.journal"));
		assert_true(there("journal/1.commit"));
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { CASE(blocks), CASE(unfinished), CASE(tidy), CASE(commits),
		CASE(broken_commits) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
