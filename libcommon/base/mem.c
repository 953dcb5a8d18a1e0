/*
 * mem.c - allocation that cannot fail.
 */
#include "base/mem.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static NORETURN void mem_die(size_t n, size_t size)
{
	char line[96];
	int len = snprintf(line, sizeof(line), "out of memory: %zu x %zu bytes\n", n, size);

	if (len > 0 && write(STDERR_FILENO, line, (size_t)len) < 0)
		abort();
	abort();
}

static size_t mem_product(size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes) || bytes > PTRDIFF_MAX)
		mem_die(n, size);
	return bytes;
}

void *mem_alloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (UNLIKELY(p == NULL))
		mem_die(1, n);
	return p;
}

void *mem_zalloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	if (UNLIKELY(p == NULL))
		mem_die(1, n);
	return p;
}

void *mem_array(size_t n, size_t size)
{
	return mem_alloc(mem_product(n, size));
}

void *mem_zarray(size_t n, size_t size)
{
	return mem_zalloc(mem_product(n, size));
}

void *mem_resize(void *p, size_t n, size_t size)
{
	size_t bytes = mem_product(n, size);
	void *q = realloc(p, bytes ? bytes : 1);

	if (UNLIKELY(q == NULL))
		mem_die(n, size);
	return q;
}

void mem_free(void *p)
{
	free(p);
}

void mem_trim(void)
{
	malloc_trim(0);
}

void mem_keep(int n)
{
	mallopt(M_TRIM_THRESHOLD, n);
	mallopt(M_MMAP_THRESHOLD, n / 2);
}

char *mem_cstr(const char *p, size_t n)
{
	char *s;

	if (n == SIZE_MAX)
		mem_die(n, 1);
	s = mem_alloc(n + 1);
	if (n)
		memcpy(s, p, n);
	s[n] = '\0';
	return s;
}
