/*
 * num.h - numbers, sizes, durations and times from text, with ranges, and
 * back. Parsers refuse signs where they make no sense, blanks, and overflow.
 */
#ifndef NUM_H
#define NUM_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

int num_i64(struct str s, int64_t *out, struct err *e);
int num_u64(struct str s, uint64_t *out, struct err *e);
int num_f64(struct str s, double *out, struct err *e);
/* 4096, 64k, 256M, 4MiB, 1.5GB: bytes (k, K, kB, KiB = 1024). */
int num_size(struct str s, uint64_t *out, struct err *e);
/* Go and Prometheus forms: 0, 10ms, 1h30m, 7d, 2w, 1.5s; signs allowed. Nanoseconds. */
int num_duration(struct str s, int64_t *out, struct err *e);
/* RFC 3339; now, now-1h, 1h (= now - 1h); unix time in 10, 13, 16 or 19 digits, or 0. Nanoseconds. */
int num_time(struct str s, int64_t now, int64_t *out, struct err *e);

struct str num_go_duration(struct arena *a, int64_t ns);   /* 48h0m0s, 1.5s, 0s */
struct str num_prom_duration(struct arena *a, int64_t ns); /* 2d, 1h30m, 0s */
struct str num_size_si(struct arena *a, uint64_t bytes);   /* 4.2 MB */
struct str num_size_iec(struct arena *a, uint64_t bytes);  /* 4.0 MiB, 512 KiB */
struct str num_rfc3339(struct arena *a, int64_t ns);       /* 2026-01-15T10:00:00.123Z, fraction only if any */

#endif
