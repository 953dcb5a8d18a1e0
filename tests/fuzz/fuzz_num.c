/*
 * fuzz_num.c - numbers and encodings from text. What parses is printed and
 * must parse to the same value; all quoting is undone by its inverse.
 */
#include <math.h>
#include <stdlib.h>

#include "base/enc.h"
#include "base/num.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check_numbers(struct arena *a, struct str s)
{
	uint64_t u, u2;
	int64_t i, i2;
	double f;
	struct err e;

	if (num_u64(s, &u, &e) == 0) {
		require(num_f64(s, &f, &e) == 0 && num_size(s, &u2, &e) == 0 && u == u2);
		if (u <= INT64_MAX)
			require(num_i64(s, &i, &e) == 0 && (uint64_t)i == u);
	}
	if (num_f64(s, &f, &e) == 0)
		require(isfinite(f));
	if (num_duration(s, &i, &e) == 0)
		require(num_duration(num_go_duration(a, i), &i2, &e) == 0 && i == i2);
	else
		require(e.kind == ERR_INVALID);
	if (num_duration(s, &i, &e) == 0 && i % NS_PER_MS == 0)
		require(num_duration(num_prom_duration(a, i), &i2, &e) == 0 && i == i2);
	if (num_time(s, 1768471200 * NS_PER_S, &i, &e) == 0)
		require(num_time(num_rfc3339(a, i), 0, &i2, &e) == 0 && i == i2);
	if (num_size(s, &u, &e) == 0) {
		num_size_si(a, u);
		num_size_iec(a, u);
	}
}

static void check_encodings(struct arena *a, struct str s)
{
	struct buf b;
	struct str out;
	struct err e;

	buf_init(&b, 1 << 26);
	enc_hex(&b, s);
	require(dec_hex(a, buf_str(&b), &out, &e) == 0 && str_eq(s, out));
	buf_reset(&b);
	enc_base64(&b, s);
	require(dec_base64(a, buf_str(&b), &out, &e) == 0 && str_eq(s, out));
	buf_reset(&b);
	enc_percent(&b, s);
	require(dec_percent(a, buf_str(&b), false, &out, &e) == 0 && str_eq(s, out));
	buf_reset(&b);
	enc_quote(&b, s);
	require(str_utf8(buf_str(&b)) && str_find(buf_str(&b), '\n') == b.n);
	buf_fini(&b);
	dec_hex(a, s, &out, &e);
	dec_base64(a, s, &out, &e);
	dec_percent(a, s, true, &out, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new();

	if (n <= 1 << 20) {
		check_numbers(a, str_of(p, n));
		check_encodings(a, str_of(p, n));
	}
	arena_free(a);
	return 0;
}
