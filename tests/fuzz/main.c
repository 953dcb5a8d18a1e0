/*
 * main.c - runs a fuzz target over given inputs, for builds without libFuzzer:
 *
 *	fuzz_zip FILE-OR-FOLDER...
 *
 * Folders are walked. Prints how many inputs there were; 1 when there were none.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/fd.h"
#include "io/file.h"

enum { INPUT_MAX = 1 << 26, DEPTH_MAX = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static unsigned long inputs;

static void run_file(int dirfd, const char *path)
{
	struct buf b;
	struct err e;
	uint8_t *p;

	buf_init(&b, INPUT_MAX);
	if (file_read(dirfd, path, INPUT_MAX, &b, &e) < 0) {
		fprintf(stderr, "%s\n", e.msg);
		exit(111);
	}
	/* Exactly as long as the input, so that a sanitizer sees reads behind it. */
	p = mem_alloc(b.n);
	if (b.n)
		memcpy(p, b.p, b.n);
	LLVMFuzzerTestOneInput(p, b.n);
	inputs++;
	mem_free(p);
	buf_fini(&b);
}

static void run_folder(int dirfd, const char *path, unsigned depth)
{
	struct arena *a = arena_new();
	struct file_list list;
	struct err e;
	int fd = fd_open(dirfd, path, O_RDONLY | O_DIRECTORY, &e);

	if (fd < 0 || file_list(a, fd, ".", &list, &e) < 0) {
		fprintf(stderr, "%s\n", e.msg);
		exit(111);
	}
	for (size_t i = 0; i < list.n; i++) {
		if (list.p[i].type == FILE_FOLDER && depth < DEPTH_MAX)
			run_folder(fd, list.p[i].name.p, depth + 1);
		else if (list.p[i].type == FILE_REGULAR)
			run_file(fd, list.p[i].name.p);
	}
	fd_close(&fd);
	arena_free(a);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int fd = fd_open(AT_FDCWD, argv[i], O_RDONLY | O_DIRECTORY, NULL);

		if (fd >= 0)
			run_folder(AT_FDCWD, argv[i], 0);
		else
			run_file(AT_FDCWD, argv[i]);
		fd_close(&fd);
	}
	printf("%lu inputs\n", inputs);
	return inputs ? 0 : 1;
}
