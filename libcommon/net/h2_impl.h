/* h2_impl.h - what h2.c (frames, streams, turns) and h2_reply.c (replies as frames) share */
#ifndef H2_IMPL_H
#define H2_IMPL_H

#include <nghttp2/nghttp2.h>

#include "net/httpd_impl.h"

struct h2 {
	nghttp2_session *session;
	struct conn *c;
	struct hreq *streams;
	struct buf out;
	size_t sent;    /* of out */
	int64_t active; /* last input, or output that moved */
	bool draining, broken;
	bool moving; /* to the other server, unless a handler has a request: those that are whole wait */
};

#endif
