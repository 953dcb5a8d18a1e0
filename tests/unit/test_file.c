/* test_file.c - descriptors, files, folders, locks, mappings. Each case in a fresh folder. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/fd.h"
#include "io/file.h"

/* Behind the others: it defines skip() as a macro. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static char folder[64];
static int top = -1;

static int setup(void **state)
{
	struct err e;

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/pyro-test-file-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	top = fd_open(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY, &e);
	return top < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	struct err e;

	(void)state;
	fd_close(&top);
	if (file_remove_tree(AT_FDCWD, folder, &e) < 0)
		fprintf(stderr, "%s\n", e.msg);
	return access(folder, F_OK) == 0 ? -1 : 0;
}

/* ---- what was synced: fsync of this program, which the library calls ---- */

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

static unsigned entries(const char *path)
{
	struct arena *a = arena_new();
	struct file_list list;
	struct err e;
	unsigned n;

	assert_int_equal(file_list(a, top, path, &list, &e), 0);
	n = (unsigned)list.n;
	arena_free(a);
	return n;
}

static void test_descriptors(void **state)
{
	struct err e;
	char p[10];
	size_t got;
	int fd;

	(void)state;
	assert_int_equal(fd_open(top, "none", O_RDONLY, &e), -1);
	assert_int_equal(e.kind, ERR_NOTFOUND);
	assert_string_equal(e.msg, "none: No such file or directory");
	fd = fd_open(top, "f", O_RDWR | O_CREAT | O_EXCL, &e);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(fd_open(top, "f", O_RDWR | O_CREAT | O_EXCL, &e), -1);
	assert_int_equal(e.kind, ERR_EXISTS);
	assert_int_equal(fd_write_all(fd, STR("0123456789abc"), &e), 0);
	assert_int_equal(fd_sync(fd, &e), 0);
	assert_int_equal(fd_read_at(fd, p, 10, 8, &got, &e), 0);
	assert_int_equal(got, 5);
	assert_memory_equal(p, "89abc", 5);
	assert_int_equal(fd_read_at(fd, p, 10, UINT64_MAX, &got, &e), -1);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(fd_read_full(fd, p, 10, &got, &e), 0);
	assert_int_equal(got, 10);
	assert_int_equal(fd_read_full(fd, p, 10, &got, &e), 0);
	assert_int_equal(got, 3);
	assert_int_equal(fd_read_full(fd, p, 10, &got, &e), 0);
	assert_int_equal(got, 0);
	fd_close(&fd);
	assert_int_equal(fd, -1);
	fd_close(&fd);
	fd = 9999;
	assert_int_equal(fd_close_check(&fd, &e), -1);
	assert_int_equal(e.sys, EBADF);
	assert_int_equal(fd_write_all(9999, STR("x"), &e), -1);
	fd = fd_open(AT_FDCWD, "/dev/full", O_WRONLY, &e);
	assert_int_equal(fd_write_all(fd, STR("x"), &e), -1);
	assert_int_equal(e.sys, ENOSPC);
	assert_int_equal(e.kind, ERR_IO);
	fd_close(&fd);
}

/* A pipe gives and takes little at a time; both ends must go on. */
static void test_short_counts(void **state)
{
	enum { N = 1 << 20 };
	char *all = malloc(N);
	int fds[2], status;
	struct err e;
	size_t got;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		memset(all, 'z', N);
		/* Non-blocking, as an inherited descriptor may be. */
		fcntl(fds[1], F_SETFL, O_NONBLOCK);
		_exit(fd_write_all(fds[1], str_of(all, N), &e) < 0);
	}
	close(fds[1]);
	assert_int_equal(fd_read_full(fds[0], all, N, &got, &e), 0);
	assert_int_equal(got, N);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(all[i], 'z');
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fds[0]);
	free(all);
}

static void test_read(void **state)
{
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 1 << 20);
	assert_int_equal(file_replace(top, "f", STR("0123456789"), 0600, &e), 0);
	assert_int_equal(file_read(top, "f", 10, &b, &e), 0);
	assert_true(str_eq(buf_str(&b), STR("0123456789")));
	assert_int_equal(file_read(top, "f", 9, &b, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_string_equal(e.msg, "f: larger than 9 bytes");
	assert_int_equal(file_read(top, "g", 9, &b, &e), -1);
	assert_int_equal(e.kind, ERR_NOTFOUND);
	assert_int_equal(file_read(top, ".", 9, &b, &e), -1);
	assert_int_equal(e.kind, ERR_INVALID);
	/* A file whose size is not known in advance. */
	buf_reset(&b);
	assert_int_equal(file_read(AT_FDCWD, "/proc/self/status", 1 << 19, &b, &e), 0);
	assert_true(b.n > 100);
	assert_int_equal(file_read(AT_FDCWD, "/dev/zero", 100000, &b, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	buf_fini(&b);
	buf_init(&b, 5);
	assert_int_equal(file_read(top, "f", 100, &b, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	buf_fini(&b);
}

static void test_replace(void **state)
{
	struct buf b;
	struct err e;
	struct stat st;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(mkdirat(top, "d", 0755), 0);
	assert_int_equal(file_replace(top, "d/f", STR("old"), 0640, &e), 0);
	assert_int_equal(file_replace(top, "d/f", STR("new"), 0640, &e), 0);
	assert_int_equal(file_read(top, "d/f", 100, &b, &e), 0);
	assert_true(str_eq(buf_str(&b), STR("new")));
	assert_int_equal(fstatat(top, "d/f", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(entries("d"), 1);
	assert_int_equal(file_replace(top, "none/f", STR("x"), 0600, &e), -1);
	assert_int_equal(e.kind, ERR_NOTFOUND);
	assert_int_equal(file_replace(top, "d/", STR("x"), 0600, &e), -1);
	assert_int_equal(file_replace(top, "", STR("x"), 0600, &e), -1);
	/* A folder cannot be replaced by a file; nothing is left behind. */
	assert_int_equal(file_replace(top, "d", STR("x"), 0600, &e), -1);
	assert_int_equal(entries("."), 1);
	buf_fini(&b);
}

static void test_tmp(void **state)
{
	struct err e;
	struct tmp t;

	(void)state;
	assert_int_equal(tmp_open(&t, top, "f", 0600, &e), 0);
	assert_int_equal(fd_write_all(t.fd, STR("x"), &e), 0);
	assert_int_equal(entries("."), 1);
	assert_int_equal(faccessat(top, "f", F_OK, 0), -1);
	tmp_drop(&t);
	tmp_drop(&t);
	assert_int_equal(entries("."), 0);
	assert_int_equal(tmp_open(&t, top, "f", 0600, &e), 0);
	assert_int_equal(tmp_commit(&t, &e), 0);
	tmp_drop(&t);
	assert_int_equal(faccessat(top, "f", F_OK, 0), 0);
	assert_int_equal(entries("."), 1);
}

/* What a process that was killed between tmp_open and tmp_commit leaves. */
static void test_tidy(void **state)
{
	struct err e;
	struct tmp t;

	(void)state;
	assert_int_equal(file_replace(top, "f", STR("x"), 0600, &e), 0);
	assert_int_equal(file_replace(top, ".hidden", STR("x"), 0600, &e), 0);
	assert_int_equal(tmp_open(&t, top, "f", 0600, &e), 0);
	assert_int_equal(entries("."), 3);
	assert_int_equal(tmp_tidy(top, ".", &e), 0);
	assert_int_equal(entries("."), 2);
	assert_int_equal(faccessat(top, ".hidden", F_OK, 0), 0);
	tmp_drop(&t);
	assert_int_equal(tmp_tidy(top, "none", &e), -1);
	assert_int_equal(e.kind, ERR_NOTFOUND);
}

static void test_mkdirs(void **state)
{
	struct err e;
	char path[128];

	(void)state;
	assert_int_equal(file_mkdirs(top, "a/b//c/", 0755, &e), 0);
	assert_int_equal(file_mkdirs(top, "a/b/c", 0755, &e), 0);
	assert_int_equal(faccessat(top, "a/b/c", X_OK, 0), 0);
	snprintf(path, sizeof(path), "%s/x/y", folder);
	assert_int_equal(file_mkdirs(AT_FDCWD, path, 0755, &e), 0);
	assert_int_equal(faccessat(top, "x/y", X_OK, 0), 0);
	assert_int_equal(file_mkdirs(top, ".", 0755, &e), 0);
	assert_int_equal(file_mkdirs(AT_FDCWD, "/", 0755, &e), 0);
	assert_int_equal(file_replace(top, "f", STR(""), 0600, &e), 0);
	assert_int_equal(file_mkdirs(top, "f", 0755, &e), -1);
	assert_int_equal(file_mkdirs(top, "f/g", 0755, &e), -1);
	assert_int_equal(e.kind, ERR_NOTFOUND);
}

static void test_remove(void **state)
{
	char path[4 * FILE_TREE_DEPTH + 64] = "t";
	struct err e;

	(void)state;
	assert_int_equal(file_mkdirs(top, "a/b/c", 0755, &e), 0);
	assert_int_equal(file_replace(top, "a/b/f", STR("x"), 0600, &e), 0);
	assert_int_equal(file_replace(top, "keep", STR("x"), 0600, &e), 0);
	assert_int_equal(symlinkat("..", top, "a/b/up"), 0);
	assert_int_equal(symlinkat("../keep", top, "a/link"), 0);
	assert_int_equal(file_remove_tree(top, "a", &e), 0);
	assert_int_equal(entries("."), 1);
	assert_int_equal(file_remove_tree(top, "a", &e), 0);
	assert_int_equal(file_remove_tree(top, "keep", &e), 0);
	assert_int_equal(file_remove(top, "keep", &e), 0);
	assert_int_equal(file_mkdirs(top, "d", 0755, &e), 0);
	assert_int_equal(file_remove(top, "d", &e), -1);
	for (int i = 0; i <= FILE_TREE_DEPTH; i++)
		memcpy(path + 1 + 2 * i, "/d", 3);
	assert_int_equal(file_mkdirs(top, path, 0755, &e), 0);
	assert_int_equal(file_remove_tree(top, "t", &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_int_equal(file_remove_tree(top, "t/d/d", &e), 0);
}

static void test_list(void **state)
{
	struct arena *a = arena_new();
	struct file_list list;
	struct err e;

	(void)state;
	assert_int_equal(file_list(a, top, ".", &list, &e), 0);
	assert_int_equal(list.n, 0);
	assert_int_equal(file_replace(top, "b", STR("12345"), 0600, &e), 0);
	assert_int_equal(file_mkdirs(top, "a", 0755, &e), 0);
	assert_int_equal(symlinkat("nowhere", top, "c"), 0);
	assert_int_equal(mkfifoat(top, "B", 0600), 0);
	assert_int_equal(file_list(a, top, ".", &list, &e), 0);
	assert_int_equal(list.n, 4);
	assert_string_equal(list.p[0].name.p, "B");
	assert_int_equal(list.p[0].type, FILE_OTHER);
	assert_string_equal(list.p[1].name.p, "a");
	assert_int_equal(list.p[1].type, FILE_FOLDER);
	assert_string_equal(list.p[2].name.p, "b");
	assert_int_equal(list.p[2].type, FILE_REGULAR);
	assert_int_equal(list.p[2].size, 5);
	assert_true(list.p[2].mtime > INT64_C(1600000000) * NS_PER_S);
	assert_int_equal(list.p[3].type, FILE_LINK);
	assert_int_equal(file_list(a, top, "none", &list, &e), -1);
	assert_int_equal(e.kind, ERR_NOTFOUND);
	assert_int_equal(file_list(a, top, "b", &list, &e), -1);
	arena_free(a);
}

static void test_lock(void **state)
{
	struct err e;
	int fd, status;
	pid_t pid;

	(void)state;
	fd = file_lock(top, "lock", false, &e);
	assert_true(fd >= 0);
	assert_int_equal(file_lock(top, "lock", false, &e), -1);
	assert_int_equal(e.kind, ERR_BUSY);
	pid = fork();
	if (pid == 0) {
		close(fd); /* or it would wait for itself */
		_exit(file_lock(top, "lock", true, &e) < 0);
	}
	fd_close(&fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	fd = file_lock(top, "lock", false, &e);
	assert_true(fd >= 0);
	fd_close(&fd);
	assert_int_equal(file_lock(top, "none/lock", false, &e), -1);
	assert_int_equal(e.kind, ERR_NOTFOUND);
}

static void test_blob(void **state)
{
	struct arena *a = arena_new();
	struct blob *b;
	struct err e;
	struct str s;

	(void)state;
	assert_int_equal(file_replace(top, "f", STR("0123456789"), 0600, &e), 0);
	assert_int_equal(file_replace(top, "empty", STR(""), 0600, &e), 0);
	b = blob_file_at(top, "f", FILE_SEQUENTIAL, &e);
	assert_non_null(b);
	assert_int_equal(b->size, 10);
	assert_int_equal(blob_read(b, a, 3, 4, &s, &e), 0);
	assert_true(str_eq(s, STR("3456")));
	assert_int_equal(blob_read(b, a, 10, 0, &s, &e), 0);
	assert_int_equal(blob_read(b, a, 7, 4, &s, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_int_equal(blob_read(b, a, UINT64_MAX, 2, &s, &e), -1);
	assert_int_equal(blob_read(b, a, 1, SIZE_MAX, &s, &e), -1);
	blob_close(b);
	b = blob_file_at(top, "empty", FILE_RANDOM, &e);
	assert_non_null(b);
	assert_int_equal(blob_read(b, a, 0, 0, &s, &e), 0);
	assert_int_equal(blob_read(b, a, 0, 1, &s, &e), -1);
	blob_close(b);
	blob_close(NULL);
	assert_null(blob_file_at(top, "none", FILE_RANDOM, &e));
	assert_int_equal(e.kind, ERR_NOTFOUND);
	assert_null(blob_file(folder, &e));
	arena_free(a);
}

/* Pages of files and the like that this process has in memory. */
static long shared_pages(void)
{
	long size, resident, shared;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld %ld %ld", &size, &resident, &shared), 3);
	fclose(f);
	return shared;
}

static void test_blob_rest(void **state)
{
	enum { BYTES = 4 << 20, PAGE = 4096 };
	static char bytes[BYTES];
	struct arena *a = arena_new();
	struct blob *b;
	struct err e;
	struct str s;
	long before, read;

	(void)state;
	for (size_t i = 0; i < BYTES; i++)
		bytes[i] = (char)(i / PAGE);
	assert_int_equal(file_replace(top, "f", str_of(bytes, BYTES), 0600, &e), 0);
	b = blob_file_at(top, "f", FILE_RANDOM, &e);
	assert_non_null(b);
	before = shared_pages();
	assert_int_equal(blob_read(b, a, 0, BYTES, &s, &e), 0);
	assert_memory_equal(s.p, bytes, BYTES);
	read = shared_pages();
	assert_true(read - before > BYTES / PAGE / 2);
	blob_rest(b);
	assert_true(read - shared_pages() > BYTES / PAGE / 2);
	assert_memory_equal(s.p, bytes, BYTES);
	blob_close(b);
	b = blob_mem(str_of(bytes, BYTES));
	blob_rest(b);
	assert_int_equal(blob_read(b, a, PAGE, 1, &s, &e), 0);
	assert_int_equal(s.p[0], 1);
	blob_close(b);
	blob_rest(NULL);
	arena_free(a);
}

/* A name is there after a power cut when the folder that holds it was synced; its bytes when they were. */
static void test_syncs(void **state)
{
	struct err e;

	(void)state;
	n_synced = 0;
	assert_int_equal(file_mkdirs(top, "x/y", 0755, &e), 0);
	assert_true(was_synced(".") && was_synced("x"));
	n_synced = 0;
	assert_int_equal(file_replace(top, "x/f", STR("1"), 0600, &e), 0);
	assert_true(was_synced("x") && was_synced("x/f"));
	assert_false(was_synced("."));
	n_synced = 0;
	assert_int_equal(file_rename(top, "x/f", "x/y/g", &e), 0);
	assert_true(was_synced("x") && was_synced("x/y"));
	n_synced = 0;
	assert_int_equal(file_replace(top, "f", STR("1"), 0600, &e), 0);
	assert_true(was_synced("."));
}

static void test_rename(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(file_mkdirs(top, "a", 0755, &e), 0);
	assert_int_equal(file_replace(top, "f", STR("x"), 0600, &e), 0);
	assert_int_equal(file_rename(top, "f", "a/g", &e), 0);
	assert_int_equal(entries("a"), 1);
	assert_int_equal(file_rename(top, "f", "a/g", &e), -1);
	assert_int_equal(e.kind, ERR_NOTFOUND);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_descriptors),
		CASE(test_short_counts),
		CASE(test_read),
		CASE(test_syncs),
		CASE(test_tmp),
		CASE(test_replace),
		CASE(test_mkdirs),
		CASE(test_tidy),
		CASE(test_remove),
		CASE(test_list),
		CASE(test_lock),
		CASE(test_rename),
		CASE(test_blob),
		CASE(test_blob_rest),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
