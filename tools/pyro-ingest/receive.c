/* receive.c - see receive.h */
#include "tools/pyro-ingest/receive.h"

#include "base/zip.h"
#include "formats/pprof/pprof.h"
#include "formats/pprof/pprof_words.h"

enum { GZIP_HEADER = 10, NO_LIMIT = 1 << 30 };

/* "gzip: unexpected EOF" -> "copy to buffer: unexpected EOF"; other faults keep the "gzip:" */
static int cut_stream(struct err *e)
{
	if (str_suffix(str_cstr(e->msg), STR("unexpected EOF")))
		return err_set(e, ERR_UNKNOWN, "copy to buffer: unexpected EOF");
	e->kind = ERR_UNKNOWN;
	return err_wrap(e, "copy to buffer");
}

int receive_pprof(struct arena *a, struct str bytes, int64_t limit, struct buf *scratch, struct profile **out,
    bool *too_large, struct err *e)
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
		/* What is no protobuf is of no kind to Push; what a whole message says wrongly is the sender's fault. */
		e->kind = pprof_words(bytes, e) ? ERR_UNKNOWN : ERR_INVALID;
		return -1;
	}
	return 0;
}
