/*
 * tail_frame.h - what /pyro/tail answers: profiles as they come in, without an end. A frame is
 *
 *	0         1                       5
 *	+---------+-----------------------+----------------------------+
 *	| 0       | length, big endian    | pyro.v1.TailEvent          |
 *	+---------+-----------------------+----------------------------+
 *
 * (the envelope of Connect and gRPC). An empty event says that there is somebody: a server sends one after
 * TAIL_BEAT of silence. An event with `lost` alone says how many profiles the reader was too slow for; it comes as soon
 * as there is room again.
 *
 *	while ((rc = tail_frame_cut(&rest, &event, e)) > 0) msg_decode(a, &pyro_tail_event_type, event, &ev, e);
 */
#ifndef TAIL_FRAME_H
#define TAIL_FRAME_H

#include "base/base.h"
#include "formats/msg/messages.h"

enum { TAIL_HEAD = 5, TAIL_MAX = 64 << 20 };
#define TAIL_BEAT (10 * NS_PER_S)

/* Appends one frame; check out with buf_check. */
void tail_frame_add(const struct pyro_tail_event *ev, struct buf *out);
/* 1: *event is the first of *rest, which goes on behind it; 0: there is not all of it; -1: ERR_CORRUPT, this is none. */
int tail_frame_cut(struct str *rest, struct str *event, struct err *e);

#endif
