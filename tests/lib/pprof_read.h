/*
 * pprof_read.h - a pprof as people keep it (gzip of several members, zstd or
 * plain, told apart by magic) for tests. The unpacked bytes are appended to
 * scratch (unless plain): keep it as long as the profile. ERR_LIMIT when they
 * are more than limit.
 */
#ifndef PPROF_READ_H
#define PPROF_READ_H

#include "base/zip.h"
#include "formats/pprof/pprof.h"

static inline int read_error(struct err *e, size_t limit)
{
	if (e == NULL)
		return -1;
	if (e->kind == ERR_LIMIT)
		return err_set(e, ERR_LIMIT, "decompressed size exceeds maximum allowed size of %zu bytes", limit);
	if (str_suffix(str_cstr(e->msg), STR("unexpected EOF")))
		return err_set(e, ERR_INVALID, "copy to buffer: unexpected EOF");
	e->kind = ERR_INVALID;
	return err_wrap(e, "copy to buffer");
}

static inline int pprof_read(struct arena *a, struct str bytes, size_t limit, struct buf *scratch, struct profile **out,
    struct err *e)
{
	size_t from = scratch->n;
	int rc;

	*out = NULL;
	/* In these words the protocol refuses what is shorter than a gzip header. */
	if (bytes.n == 0)
		return err_set(e, ERR_INVALID, "gzip reset: EOF");
	if (bytes.n < 10)
		return err_set(e, ERR_INVALID, "gzip reset: unexpected EOF");
	if (!zip_is_gzip(bytes) && !zip_is_zstd(bytes)) {
		if (bytes.n > limit)
			return err_set(e, ERR_LIMIT, "decompressed size exceeds maximum allowed size of %zu bytes",
			    limit);
		return pprof_decode(a, bytes, out, e);
	}
	if (zip_is_gzip(bytes))
		rc = zip_gunzip(bytes, limit, scratch, e);
	else
		rc = zip_unzstd(bytes, limit, scratch, e);
	if (rc < 0)
		return read_error(e, limit);
	return pprof_decode(a, str_skip(buf_str(scratch), from), out, e);
}

#endif
