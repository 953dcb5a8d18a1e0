/*
 * bench_symbols.c - CPU time of interning a profile into a partition that
 * knows everything in it, and of the first time.
 *
 *	bench_symbols FILE...
 *
 * For each file: best of some rounds, in microseconds; "cold" is the same
 * over so many partitions that none stays in the caches.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/lib/pprof_read.h"
#include "formats/symbols/symbols.h"

enum { ROUNDS = 15, REPEAT = 20, COLD = 64, MAX_FILE = 64 << 20 };

static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static uint64_t sum;

static void import(struct sym_importer *imp, struct symbols *s, const struct profile *p)
{
	symbols_import(imp, s, p);
	for (uint32_t i = 0; i < p->n_samples; i++)
		sum += symbols_import_stack(imp, s, p, i);
}

static double bench_first(struct sym_importer *imp, const struct profile *p)
{
	double best = 1e18;

	for (int r = 0; r < ROUNDS; r++) {
		struct symbols *s = symbols_new(1);
		double start = cpu_us();

		import(imp, s, p);
		best = MIN(best, cpu_us() - start);
		symbols_free(s);
	}
	return best;
}

static double bench_steady(struct sym_importer *imp, struct symbols *s, const struct profile *p)
{
	double best = 1e18;

	for (int r = 0; r < ROUNDS; r++) {
		double start = cpu_us();

		for (int i = 0; i < REPEAT; i++)
			import(imp, s, p);
		best = MIN(best, (cpu_us() - start) / REPEAT);
	}
	return best;
}

static double bench_cold(struct sym_importer *imp, const struct profile *p)
{
	struct symbols *s[COLD];
	double best = 1e18;

	for (int i = 0; i < COLD; i++)
		import(imp, s[i] = symbols_new((uint64_t)i), p);
	for (int r = 0; r < 3; r++) {
		double start = cpu_us();

		for (int i = 0; i < COLD; i++)
			import(imp, s[i], p);
		best = MIN(best, (cpu_us() - start) / COLD);
	}
	for (int i = 0; i < COLD; i++)
		symbols_free(s[i]);
	return best;
}

static int bench_file(const char *path, struct sym_importer *imp, struct err *e)
{
	struct arena *a = arena_new();
	struct buf scratch;
	char *bytes = mem_alloc(MAX_FILE);
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(bytes, 1, MAX_FILE, f) : 0;
	struct profile *p;
	int rc;

	if (f)
		fclose(f);
	buf_init(&scratch, 1 << 30);
	rc = pprof_read(a, str_of(bytes, n), 1 << 30, &scratch, &p, e);
	if (rc == 0) {
		struct symbols *s = symbols_new(1);
		double first = bench_first(imp, p), steady, cold = bench_cold(imp, p);
		const char *name = strrchr(path, '/');

		import(imp, s, p);
		steady = bench_steady(imp, s, p);
		printf("%-28.28s %8u %8u %8u %8zu %9.1f %9.1f %9.1f %10zu\n", name ? name + 1 : path, p->n_samples,
		    p->n_strings, p->n_locations, s->nodes.n, first, cold, steady, symbols_bytes(s));
		symbols_free(s);
	}
	buf_fini(&scratch);
	mem_free(bytes);
	arena_free(a);
	return rc < 0 ? err_wrap(e, "%s", path) : 0;
}

int main(int argc, char **argv)
{
	struct sym_importer *imp = sym_importer_new();
	struct err e;
	int rc = 0;

	printf("%-28s %8s %8s %8s %8s %9s %9s %9s %10s\n", "interning, CPU us", "samples", "strings", "locations",
	    "nodes", "first", "cold", "steady", "bytes");
	for (int i = 1; i < argc && rc == 0; i++)
		rc = bench_file(argv[i], imp, &e);
	if (rc < 0)
		fprintf(stderr, "bench_symbols: %s\n", e.msg);
	sym_importer_free(imp);
	return rc < 0 || sum == 42;
}
