/*
 * floor.c - what an uploaded profile must cost at least, on this machine and
 * now: the denominator of the ingest figures.
 *
 *	floor FILE.pb.gz...
 *	FILE.pb.gz 28123 81234 410 129.7 74.2
 *
 * A line is: file, bytes as sent, bytes inflated, samples, CPU microseconds
 * in all, and of these for inflating; each step is the best of some rounds. Nothing a server adds is counted: no
 * HTTP, no journal, no checks, and every string, place and stack has been
 * seen before, so that finding it is one hash and one probe.
 */
#define XXH_INLINE_ALL
#include <libdeflate.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

enum {
	MAX_GZ = 8 << 20,
	MAX_RAW = 64 << 20,
	PADDING = 64,        /* zeros behind the profile end every varint */
	MAX_ITEMS = 1 << 20, /* of each kind */
	MAX_FRAMES = 1 << 24,
	KNOWN_BITS = 18,
	ROUNDS = 12,
};

enum { PROFILE_SAMPLE = 2, PROFILE_LOCATION = 4, PROFILE_STRING = 6 };

/* Hashes seen so far; an entry's number is its place. */
struct known {
	uint64_t hash[1 << KNOWN_BITS];
};

static struct known strings, places, stacks;
static uint32_t place_of[MAX_ITEMS]; /* location id of the profile to place */
static uint32_t frames[MAX_FRAMES];
static uint64_t seen;
static uint32_t run[1 << 16];
static size_t n_samples, n_frames;
static struct {
	size_t first, n;
} sample[MAX_ITEMS];

static uint32_t find(struct known *k, uint64_t hash)
{
	uint32_t mask = (1u << KNOWN_BITS) - 1, at = (uint32_t)(hash >> 40) & mask;

	hash |= 1;
	while (k->hash[at] != hash && k->hash[at] != 0)
		at = (at + 1) & mask;
	k->hash[at] = hash;
	return at;
}

static inline uint64_t varint(const uint8_t **at)
{
	const uint8_t *p = *at;
	uint64_t v = *p++;

	if (v > 127) {
		v &= 127;
		for (unsigned shift = 7; shift < 64; shift += 7) {
			v |= (uint64_t)(*p & 127) << shift;
			if (*p++ < 128)
				break;
		}
	}
	*at = p;
	return v;
}

struct field {
	uint64_t number, value; /* or the length of bytes */
	const uint8_t *bytes;   /* NULL: it is a number */
};

/* The next field of the message [*at, end), its bytes cut at the end. */
static inline bool next(const uint8_t **at, const uint8_t *end, struct field *f)
{
	uint64_t tag;

	if (*at >= end)
		return false;
	tag = varint(at);
	f->number = tag >> 3;
	f->value = varint(at);
	f->bytes = NULL;
	if ((tag & 7) == 2) {
		if (f->value > (uint64_t)(end - *at))
			f->value = *at < end ? (uint64_t)(end - *at) : 0;
		f->bytes = *at;
		*at += f->value;
	}
	return true;
}

static void walk_sample(const uint8_t *p, const uint8_t *end)
{
	size_t first = n_frames;
	struct field f;

	if ((size_t)(end - p) > MAX_FRAMES - n_frames)
		return;
	while (next(&p, end, &f)) {
		const uint8_t *q = f.bytes, *stop = q + f.value;

		if (q == NULL && f.number == 1)
			frames[n_frames++] = (uint32_t)f.value;
		else if (q != NULL && f.number == 1)
			while (q < stop)
				frames[n_frames++] = (uint32_t)varint(&q);
		else if (q != NULL)
			while (q < stop)
				seen += varint(&q);
	}
	if (n_samples < MAX_ITEMS) {
		sample[n_samples].first = first;
		sample[n_samples++].n = n_frames - first;
	}
}

/* The place is the location's address and lines, as they are written. */
static void walk_location(const uint8_t *p, const uint8_t *end)
{
	uint64_t id = 0, key = 0;
	struct field f, line;

	while (next(&p, end, &f)) {
		if (f.bytes == NULL) {
			if (f.number == 1)
				id = f.value;
			else
				key = key * 31 + f.value;
			continue;
		}
		for (const uint8_t *q = f.bytes; next(&q, f.bytes + f.value, &line);)
			key = key * 31 + line.value;
	}
	if (id < MAX_ITEMS)
		place_of[id] = find(&places, XXH3_64bits(&key, sizeof(key)));
}

static void walk(const uint8_t *p, size_t n)
{
	const uint8_t *end = p + n;
	struct field f, inner;

	n_samples = n_frames = 0;
	while (next(&p, end, &f)) {
		if (f.bytes == NULL) {
			seen += f.value;
		} else if (f.number == PROFILE_SAMPLE) {
			walk_sample(f.bytes, f.bytes + f.value);
		} else if (f.number == PROFILE_LOCATION) {
			walk_location(f.bytes, f.bytes + f.value);
		} else if (f.number == PROFILE_STRING) {
			seen += find(&strings, XXH3_64bits(f.bytes, f.value));
		} else {
			for (const uint8_t *q = f.bytes; next(&q, f.bytes + f.value, &inner);)
				seen += inner.value;
		}
	}
}

static void find_stacks(void)
{
	for (size_t i = 0; i < n_samples; i++) {
		const uint32_t *id = frames + sample[i].first;
		size_t n = sample[i].n < 1 << 16 ? sample[i].n : 1 << 16;

		for (size_t k = 0; k < n; k++)
			run[k] = place_of[id[k] & (MAX_ITEMS - 1)];
		seen += find(&stacks, XXH3_64bits(run, n * sizeof(*run)));
	}
}

static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double lower(double a, double b)
{
	return a < b ? a : b;
}

static int measure(const char *file, uint8_t *gz, uint8_t *raw)
{
	struct libdeflate_decompressor *z = libdeflate_alloc_decompressor();
	double best, inflating = 1e18, walking = 1e18, finding = 1e18;
	FILE *in = fopen(file, "rb");
	size_t n = 0, size = 0;

	if (in != NULL) {
		n = fread(gz, 1, MAX_GZ, in);
		fclose(in);
	}
	for (int round = 0; round < ROUNDS; round++) {
		int loops = n > 1 << 20 ? 2 : 20;
		double start = cpu_us();

		for (int i = 0; i < loops; i++)
			if (libdeflate_gzip_decompress(z, gz, n, raw, MAX_RAW, &size) != LIBDEFLATE_SUCCESS) {
				fprintf(stderr, "floor: %s: not a gzip file of at most %d MB\n", file, MAX_RAW >> 20);
				return 1;
			}
		inflating = lower(inflating, (cpu_us() - start) / loops);
		memset(raw + size, 0, PADDING);
		start = cpu_us();
		for (int i = 0; i < loops; i++)
			walk(raw, size);
		walking = lower(walking, (cpu_us() - start) / loops);
		start = cpu_us();
		for (int i = 0; i < loops; i++)
			find_stacks();
		finding = lower(finding, (cpu_us() - start) / loops);
	}
	best = inflating + walking + finding;
	printf("%s %zu %zu %zu %.1f %.1f\n", file, n, size, n_samples, best, inflating);
	libdeflate_free_decompressor(z);
	return 0;
}

int main(int argc, char **argv)
{
	uint8_t *gz = malloc(MAX_GZ), *raw = malloc(MAX_RAW + PADDING);
	int rc = gz == NULL || raw == NULL;

	for (int i = 1; i < argc && rc == 0; i++)
		rc = measure(argv[i], gz, raw);
	free(gz);
	free(raw);
	return rc != 0 || seen == 42;
}
