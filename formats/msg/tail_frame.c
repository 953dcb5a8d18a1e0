/* tail_frame.c - see tail_frame.h */
#include "formats/msg/tail_frame.h"

void tail_frame_add(const struct pyro_tail_event *ev, struct buf *out)
{
	size_t at = out->n, n;

	buf_fill(out, 0, TAIL_HEAD);
	msg_encode(&pyro_tail_event_type, ev, out);
	if (out->over)
		return;
	n = out->n - at - TAIL_HEAD;
	for (int i = 0; i < 4; i++)
		out->p[at + 1 + (size_t)i] = (char)(n >> (24 - 8 * i));
}

int tail_frame_cut(struct str *rest, struct str *event, struct err *e)
{
	const unsigned char *p = (const unsigned char *)rest->p;
	uint32_t n = 0;

	if (rest->n > 0 && p[0] != 0)
		return err_set(e, ERR_CORRUPT, "a frame begins with %u, not with 0", p[0]);
	if (rest->n < TAIL_HEAD)
		return 0;
	for (int i = 1; i < TAIL_HEAD; i++)
		n = n << 8 | p[i];
	if (n > TAIL_MAX)
		return err_set(e, ERR_CORRUPT, "a frame says that it has %u bytes; at most %d are taken", n, TAIL_MAX);
	if (rest->n - TAIL_HEAD < n)
		return 0;
	*event = str_of(rest->p + TAIL_HEAD, n);
	*rest = str_skip(*rest, TAIL_HEAD + (size_t)n);
	return 1;
}
