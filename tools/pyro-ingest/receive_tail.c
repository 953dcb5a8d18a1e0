/* receive_tail.c - /pyro/tail: a reader of what comes in, as a reply in pieces; see tails.h */
#include "base/vec.h"
#include "formats/msg/tail_frame.h"
#include "net/url.h"
#include "tools/pyro-ingest/ingest.h"

/* One reader; in the arena of its request. */
struct watcher {
	struct tail tail;
	struct http_req *r;
	struct timer beat;
	struct watcher **prev, *next; /* of the worker */
	bool greeted, ended;
};

static struct tails *tails_of(const struct watcher *x)
{
	return ((struct worker *)x->r->owner)->conf.ingest->tails;
}

static void end(struct watcher *x)
{
	struct http_req *r = x->r;

	r->on_gone = r->on_room = NULL; /* while its wake is on its way, the client may still go */
	*x->prev = x->next;
	if (x->next != NULL)
		x->next->prev = x->prev;
	loop_timer_off(r->loop, &x->beat);
	x->ended = tails_remove(tails_of(x), &x->tail);
	selector_fini(&x->tail.selector);
	if (!x->ended)
		http_end(r);
}

/* The first frame, which is empty, says that all that comes from here on is seen. */
static void send_empty(struct watcher *x)
{
	struct buf b;

	x->greeted = true;
	buf_init(&b, TAIL_MAX);
	tail_frame_add(&(struct pyro_tail_event){ 0 }, &b);
	http_more(x->r, &b);
	buf_fini(&b);
}

static void beat(struct timer *t)
{
	struct watcher *x = CONTAINER_OF(t, struct watcher, beat);

	loop_timer(x->r->loop, t, loop_mono(x->r->loop) + TAIL_BEAT);
	if (http_room(x->r))
		send_empty(x);
}

static void send_next(struct watcher *x)
{
	struct buf b;

	if (!x->greeted && http_room(x->r))
		send_empty(x);
	buf_init(&b, TAIL_MAX);
	while (http_room(x->r) && tails_next(tails_of(x), &x->tail, &b)) {
		http_more(x->r, &b);
		loop_timer(x->r->loop, &x->beat, loop_mono(x->r->loop) + TAIL_BEAT);
	}
	buf_fini(&b);
}

static void woken(struct task *t)
{
	struct watcher *x = CONTAINER_OF(t, struct watcher, tail.wake);

	if (x->ended) {
		http_end(x->r);
		return;
	}
	tails_awake(tails_of(x), &x->tail);
	send_next(x);
}

static void on_room(struct http_req *r)
{
	send_next(r->ctx);
}

static void on_gone(struct http_req *r)
{
	end(r->ctx);
}

void receive_tail(struct http_req *r, void *ctx)
{
	static const struct http_field head[] = {
		{ STR("Content-Type"), STR("application/x-pyro-tail") },
		{ STR("Cache-Control"), STR("no-store") },
	};
	struct worker *w = r->owner;
	const struct tenant_rules *t = worker_tenant(w, r, false);
	struct watcher *x;
	struct str query;
	struct err e;

	(void)ctx;
	if (t == NULL)
		return;
	if (http_is(r, "HEAD")) {
		http_reply(r, &(struct http_reply){ .status = 200, .headers = head, .n_headers = ARRAY_LEN(head) });
		return;
	}
	x = arena_zalloc(r->a, sizeof(*x));
	x->r = r;
	x->tail = (struct tail){ .tenant = t->tenant->name, .home = r->loop, .wake.fn = woken };
	x->beat.fn = beat;
	if (!url_param(r->a, r->query, "query", &query) || query.n == 0)
		query = STR("{}");
	if (selector_parse(r->a, query, &x->tail.selector, &e) < 0) {
		http_error_json(r, 400, "invalid_argument", str_cstr(e.msg));
		return;
	}
	if (tails_add(tails_of(x), &x->tail, &e) < 0) {
		selector_fini(&x->tail.selector);
		http_error(r, &e);
		return;
	}
	x->prev = &w->watchers;
	x->next = w->watchers;
	if (x->next != NULL)
		x->next->prev = &x->next;
	w->watchers = x;
	r->ctx = x;
	r->on_gone = on_gone;
	r->on_room = on_room;
	http_begin(r, &(struct http_reply){ .status = 200, .headers = head, .n_headers = ARRAY_LEN(head) });
	loop_timer(r->loop, &x->beat, loop_mono(r->loop) + TAIL_BEAT);
	send_next(x);
}

void receive_tail_stop(struct worker *w)
{
	while (w->watchers != NULL)
		end(w->watchers);
}
