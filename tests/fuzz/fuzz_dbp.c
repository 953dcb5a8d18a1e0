/* Delta streams of both widths: what is decoded encodes to a stream that says the same. */
#include <stdlib.h>

#include "base/mem.h"
#include "formats/parquet/dbp.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { MAX_VALUES = 5000 };

static void wide(struct str in)
{
	int64_t v[MAX_VALUES], again[MAX_VALUES];
	size_t n, used, k;
	struct err e;
	struct buf b;

	if (dbp_decode64(in, MAX_VALUES, v, &n, &used, &e) < 0)
		return;
	if (used > in.n)
		abort();
	buf_init(&b, 1 << 20);
	dbp_encode64(&b, v, n);
	if (dbp_decode64(buf_str(&b), n, again, &k, NULL, &e) < 0 || k != n || memcmp(v, again, n * 8) != 0)
		abort();
	buf_fini(&b);
}

static void narrow(struct str in)
{
	uint32_t v[MAX_VALUES], again[MAX_VALUES];
	size_t n, used, k;
	struct err e;
	struct buf b;

	if (dbp_decode32(in, MAX_VALUES, v, &n, &used, &e) < 0)
		return;
	buf_init(&b, 1 << 20);
	dbp_encode32(&b, v, n);
	if (dbp_decode32(buf_str(&b), n, again, &k, NULL, &e) < 0 || k != n || memcmp(v, again, n * 4) != 0)
		abort();
	buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	wide(str_of(p, n));
	narrow(str_of(p, n));
	return 0;
}
