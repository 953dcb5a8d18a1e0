/* receive.c - see receive.h */
#include "tools/pyro-ingest/receive.h"

#include "base/zip.h"
#include "formats/pprof.h"

enum { GZIP_HEADER = 10, NO_LIMIT = 1 << 30 };

/* "gzip: unexpected EOF" -> "copy to buffer: unexpected EOF" */
static int cut_stream(struct err *e)
{
	struct str text = str_cstr(e->msg), first = str_cut(&text, ':');

	if (str_eq(first, STR("gzip")))
		memmove(e->msg, str_trim(text).p, strlen(str_trim(text).p) + 1);
	e->kind = ERR_UNKNOWN;
	return err_wrap(e, "copy to buffer");
}

int receive_pprof(struct arena *a, struct str bytes, int64_t limit, struct buf *scratch,
    struct profile **out, bool *too_large, struct err *e)
{
	size_t max = limit > 0 ? (size_t)limit : NO_LIMIT, start = scratch->n;

	*too_large = false;
	if (bytes.n < GZIP_HEADER)
		return err_set(e, ERR_UNKNOWN, "gzip reset: %s", bytes.n == 0 ? "EOF" : "unexpected EOF");
	if (zip_is_gzip(bytes)) {
		if (zip_gunzip(bytes, max, scratch, e) < 0) {
			*too_large = e->kind == ERR_LIMIT || e->kind == ERR_TOOBIG;
			return cut_stream(e);
		}
		bytes = str_of(scratch->p + start, scratch->n - start);
	}
	*too_large = bytes.n > max;
	if (*too_large)
		return err_set(e, ERR_UNKNOWN, "decompressed size exceeds maximum allowed size of %zu bytes", max);
	if (pprof_decode(a, bytes, out, e) < 0) {
		e->kind = ERR_UNKNOWN;
		return -1;
	}
	return 0;
}
