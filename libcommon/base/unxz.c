/* unxz.c - see unxz.h */
#include "base/unxz.h"

#include <lzma.h>

enum { STEP = 64 << 10 };

static int unxz_error(lzma_ret rc, struct err *e)
{
	if (rc == LZMA_MEMLIMIT_ERROR)
		return err_set(e, ERR_LIMIT, "xz: needs more than %d bytes to unpack", UNXZ_MEMORY);
	return err_set(e, ERR_CORRUPT, "xz: %s", rc == LZMA_BUF_ERROR ? "unexpected EOF" : "broken data");
}

int unxz(struct str in, size_t limit, struct buf *out, struct err *e)
{
	lzma_stream z = LZMA_STREAM_INIT;
	size_t before = out->n;
	lzma_ret rc = lzma_stream_decoder(&z, UNXZ_MEMORY, LZMA_CONCATENATED);

	z.next_in = (const uint8_t *)in.p;
	z.avail_in = in.n;
	while (rc == LZMA_OK) {
		size_t room = MIN((size_t)STEP, limit - (out->n - before));

		if (room == 0 || !buf_room(out, room)) {
			lzma_end(&z);
			return err_set(e, ERR_LIMIT, "xz: more than %zu bytes", limit);
		}
		z.next_out = (uint8_t *)out->p + out->n;
		z.avail_out = room;
		rc = lzma_code(&z, LZMA_FINISH);
		out->n += room - z.avail_out;
	}
	lzma_end(&z);
	return rc == LZMA_STREAM_END ? 0 : unxz_error(rc, e);
}
