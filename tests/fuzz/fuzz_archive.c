/*
 * fuzz_archive.c - archives of strangers: every member is read, bounded, and
 * what our own writer makes of them reads back the same.
 */
#include <stdlib.h>

#include "io/archive.h"

enum { MEMBER_MAX = 1 << 16, OUT_MAX = 1 << 24 };

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check_back(const struct member *m, struct str bytes)
{
	struct buf tar, back;
	struct err e;
	struct sink *k;
	struct pack *p;
	struct unpack *u;
	struct member again;

	if (m->name.n == 0 || m->name.n > 60000 || !str_utf8(m->name))
		return;
	buf_init(&tar, OUT_MAX);
	buf_init(&back, OUT_MAX);
	k = sink_mem(&tar);
	p = pack_open(k, &e);
	require(pack_add(p, m, bytes, &e) == 0 && pack_close(p, &e) == 0 && sink_close(k, &e) == 0);
	u = unpack_open(src_mem(buf_str(&tar)), &e);
	require(u && unpack_next(u, &again, &e) == 1 && unpack_read(u, bytes.n, &back, &e) == 0);
	require(str_eq(m->labels, again.labels) && str_eq(bytes, buf_str(&back)));
	unpack_close(u);
	buf_fini(&tar);
	buf_fini(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct err e;
	struct unpack *u = unpack_open(src_mem(str_of(p, n)), &e);
	struct member m;
	struct buf b;
	int members = 0;

	if (u == NULL)
		return 0;
	buf_init(&b, MEMBER_MAX);
	while (members++ < 100 && unpack_next(u, &m, &e) > 0) {
		buf_reset(&b);
		if (unpack_read(u, MEMBER_MAX, &b, &e) < 0)
			break;
		check_back(&m, buf_str(&b));
	}
	unpack_close(u);
	buf_fini(&b);
	return 0;
}
