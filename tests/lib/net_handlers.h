/*
 * net_handlers.h - handlers that several tests of the server share.
 */
#ifndef NET_HANDLERS_H
#define NET_HANDLERS_H

#include "tests/lib/net_fixture.h"

static inline void hello(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_reply_text(r, 200, STR("hello\n"));
}

static inline void echo(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_reply(r, &(struct http_reply){ .status = 200, .body = r->body, .keep = true });
}

struct later {
	struct timer t;
	struct http_req *r;
	const char *peer;
};

static inline void later_due(struct timer *t)
{
	struct later *x = CONTAINER_OF(t, struct later, t);

	http_reply_text(x->r, 200, STR("later\n"));
}

static int gone_count UNUSED; /* clients that left before their answer */

static inline void later_gone(struct http_req *r)
{
	const struct later *x = r->ctx;

	assert_true(r->gone);
	assert_ptr_equal(r->peer.p, x->peer); /* a job may use r->a meanwhile: nothing new lies there */
	__atomic_add_fetch(&gone_count, 1, __ATOMIC_SEQ_CST);
}

/* Answers after the number of milliseconds in the query. */
static inline void later(struct http_req *r, void *ctx)
{
	struct later *x = arena_zalloc(r->a, sizeof(*x));

	(void)ctx;
	x->r = r;
	x->peer = r->peer.p;
	r->ctx = x;
	x->t.fn = later_due;
	r->on_gone = later_gone;
	r->until_close = str_suffix(r->query, STR("close"));
	loop_timer(r->loop, &x->t, r->mono + atoi(arena_cstr(r->a, r->query)) * NS_PER_MS);
}

static inline void big(struct http_req *r, void *ctx)
{
	struct buf b;

	(void)ctx;
	buf_init(&b, 64 << 20);
	buf_fill(&b, 'x', (size_t)atoi(arena_cstr(r->a, r->query)));
	http_reply(r, &(struct http_reply){ .status = 200, .take = &b });
	assert_null(b.p);
}

static inline void wait_for(const int *counter, int want)
{
	for (int i = 0; i < 500 && __atomic_load_n(counter, __ATOMIC_SEQ_CST) < want; i++)
		nap(10);
	assert_int_equal(__atomic_load_n(counter, __ATOMIC_SEQ_CST), want);
}

#endif
