/*
 * bench_pprof.c - speed of the pprof decoder and encoder, one line a file and
 * operation, CPU time, best of several rounds:
 *
 *	bench_pprof FILE...
 *	bench pprof_decode 1034.2 MB/s heap.pb.gz 38.1 us
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "base/zip.h"
#include "formats/pprof/pprof.h"

enum { ROUNDS = 9, MAX_FILE = 64 << 20, MAX_RAW = 256 << 20 };

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void print(const char *what, size_t bytes, double us, const char *file)
{
	printf("bench %s %.1f MB/s %s %.1f us\n", what, (double)bytes / us, file, us);
}

static int bench(const char *file, struct str raw)
{
	double decode = 1e18, encode = 1e18, start;
	struct arena *a = arena_new();
	struct profile *p;
	struct buf out;
	struct err e;
	int loops = raw.n > 1 << 20 ? 4 : 20;

	buf_init(&out, MAX_RAW);
	for (int round = 0; round < ROUNDS; round++) {
		start = now_us();
		for (int i = 0; i < loops; i++) {
			arena_reset(a);
			if (pprof_decode(a, raw, &p, &e) < 0) {
				fprintf(stderr, "%s: %s\n", file, e.msg);
				return 1;
			}
		}
		decode = MIN(decode, (now_us() - start) / loops);
		start = now_us();
		for (int i = 0; i < loops; i++) {
			buf_reset(&out);
			pprof_encode(p, &out);
		}
		encode = MIN(encode, (now_us() - start) / loops);
	}
	print("pprof_decode", raw.n, decode, file);
	print("pprof_encode", out.n, encode, file);
	buf_fini(&out);
	arena_free(a);
	return 0;
}

int main(int argc, char **argv)
{
	char *in = mem_alloc(MAX_FILE);
	struct buf raw;
	struct err e;
	int rc = 0;

	buf_init(&raw, MAX_RAW);
	for (int i = 1; i < argc; i++) {
		const char *name = strrchr(argv[i], '/');
		FILE *f = fopen(argv[i], "rb");
		struct str bytes = str_of(in, f ? fread(in, 1, MAX_FILE, f) : 0);

		if (f)
			fclose(f);
		buf_reset(&raw);
		if (!zip_is_gzip(bytes)) {
			buf_add(&raw, bytes);
		} else if (zip_gunzip(bytes, MAX_RAW, &raw, &e) < 0) {
			fprintf(stderr, "%s: %s\n", argv[i], e.msg);
			return 1;
		}
		rc |= bench(name ? name + 1 : argv[i], buf_str(&raw));
	}
	buf_fini(&raw);
	mem_free(in);
	return rc;
}
