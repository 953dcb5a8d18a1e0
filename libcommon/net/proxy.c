#include "net/proxy.h"

#include "base/log.h"
#include "net/proxy_impl.h"

enum { BACKOFF_MIN = 20, BACKOFF_MAX = 250 }; /* ms */

static void unlink_forward(struct forward *f)
{
	struct proxy *p = f->p;

	*(f->prev ? &f->prev->next : &p->first) = f->next;
	*(f->next ? &f->next->prev : &p->last) = f->prev;
	f->prev = f->next = NULL;
	p->n_queue--;
}

static void queue_back(struct forward *f)
{
	struct proxy *p = f->p;

	f->prev = p->last;
	f->next = NULL;
	*(p->last ? &p->last->next : &p->first) = f;
	p->last = f;
	p->n_queue++;
}

void forward_queue_front(struct forward *f)
{
	struct proxy *p = f->p;

	f->up = NULL;
	f->prev = NULL;
	f->next = p->first;
	*(p->first ? &p->first->prev : &p->last) = f;
	p->first = f;
	p->n_queue++;
}

void forward_fail(struct forward *f, int status, const char *why)
{
	struct http_req *r = f->r;

	loop_timer_off(f->p->loop, &f->timer);
	r->on_gone = NULL;
	if (f->then != NULL) {
		struct buf none;

		buf_init(&none, 0);
		f->then(r, status, &none);
		return;
	}
	r->gzip_ok = false;
	http_error_json(r, status, NULL, str_cstr(why));
}

/* Takes the request from where it is: the queue or a connection. */
static void detach(struct forward *f)
{
	if (f->up != NULL)
		up_close(f->up);
	else
		unlink_forward(f);
}

static void forward_gone(struct http_req *r)
{
	struct forward *f = r->ctx;
	struct proxy *p = f->p;

	detach(f);
	forward_fail(f, 499, "the request was cancelled by the client");
	proxy_pump(p);
}

static void forward_late(struct timer *t)
{
	struct forward *f = CONTAINER_OF(t, struct forward, timer);
	struct proxy *p = f->p;

	detach(f);
	forward_fail(f, 504, "the server behind did not answer in time");
	proxy_pump(p);
}

static bool is_one_of(struct str name, const struct str *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(name, list[i]))
			return true;
	return false;
}

/* Fields that belong to one hop, and those that are set here. */
static bool dropped(struct str name)
{
	static const struct str list[] = {
		{ "Host", 4 },
		{ "Connection", 10 },
		{ "Keep-Alive", 10 },
		{ "TE", 2 },
		{ "Trailer", 7 },
		{ "Transfer-Encoding", 17 },
		{ "Upgrade", 7 },
		{ "HTTP2-Settings", 14 },
		{ "Expect", 6 },
		{ "Content-Length", 14 },
		{ "Proxy-Connection", 16 },
		{ "X-Pyro-Forwarded", 16 },
		{ "X-Pyro-Peer", 11 },
	};

	return is_one_of(name, list, ARRAY_LEN(list));
}

static void add_field(struct buf *b, struct str name, struct str value)
{
	buf_add(b, name);
	buf_add(b, STR(": "));
	buf_add(b, value);
	buf_add(b, STR("\r\n"));
}

static struct str make_head(struct http_req *r)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	buf_room(&b, 1024);
	buf_add(&b, r->method);
	buf_byte(&b, ' ');
	buf_add(&b, r->target);
	buf_add(&b, STR(" HTTP/1.1\r\n"));
	add_field(&b, STR("Host"), r->host.n > 0 ? r->host : STR("localhost"));
	for (size_t i = 0; i < r->n_headers; i++)
		if (!dropped(r->headers[i].name))
			add_field(&b, r->headers[i].name, r->headers[i].value);
	add_field(&b, STR("X-Pyro-Forwarded"), r->http2 ? STR("h2") : STR("h1"));
	add_field(&b, STR("X-Pyro-Peer"), r->peer);
	if (r->body.n > 0 || !(http_is(r, "GET") || http_is(r, "HEAD")))
		buf_printf(&b, "Content-Length: %zu\r\n", r->body.n);
	buf_add(&b, STR("\r\n"));
	return b.over ? STR_NONE : http_own(r, &b);
}

static bool sendable(const struct http_req *r)
{
	if (r->target.n == 0 || !h1_is_token(r->method))
		return false;
	for (size_t i = 0; i < r->target.n; i++)
		if ((unsigned char)r->target.p[i] <= ' ' || r->target.p[i] == 0x7f)
			return false;
	return h1_is_value(r->host);
}

static void send_on(struct http_req *r, struct proxy *p, int64_t timeout, proxy_then *then)
{
	struct forward *f = arena_zalloc(r->a, sizeof(*f));

	f->r = r;
	f->p = p;
	f->then = then;
	if (!sendable(r)) {
		forward_fail(f, 400, "the request line cannot be forwarded");
		return;
	}
	if (p->n_queue >= p->conf.max_queue) {
		forward_fail(f, 503, "too many requests wait for the server behind");
		return;
	}
	f->since = loop_mono(p->loop);
	f->timer.fn = forward_late;
	f->head = make_head(r);
	if (f->head.p == NULL) {
		forward_fail(f, 431, "the header is too large to forward");
		return;
	}
	r->ctx = f;
	r->on_gone = forward_gone;
	r->until_close = true;
	loop_timer(p->loop, &f->timer, f->since + timeout);
	queue_back(f);
	proxy_pump(p);
}

void proxy_handle(struct http_req *r, void *ctx)
{
	struct proxy *p = ctx;

	send_on(r, p, p->conf.timeout, NULL);
}

void proxy_ask(struct http_req *r, struct proxy *p, int64_t timeout, proxy_then *then)
{
	send_on(r, p, timeout, then);
}

static struct up *idle_up(struct proxy *p)
{
	if (p->n_idle == 0)
		return NULL;
	for (struct up *u = p->ups; u != NULL; u = u->next)
		if (u->f == NULL)
			return u;
	return NULL;
}

void proxy_pump(struct proxy *p)
{
	while (p->first != NULL) {
		struct forward *f = p->first;
		struct up *u = idle_up(p);
		struct err e;

		if (u == NULL) {
			if (p->down || p->n_ups >= p->conf.max_conns)
				return;
			u = up_open(p, &e);
			if (u == NULL) {
				log_event(LOG_DEBUG, "no connection", LOG_CSTR("error", e.msg));
				proxy_refused(p);
				return;
			}
		}
		unlink_forward(f);
		up_start(u, f);
	}
}

/* Requests wait while the sibling is away, each for its own time. */
static void drop_impatient(struct proxy *p)
{
	int64_t now = loop_mono(p->loop);
	struct forward *f = p->first;

	while (f != NULL) {
		struct forward *next = f->next;

		if (now - f->since >= p->conf.retry_for) {
			unlink_forward(f);
			forward_fail(f, 503, "the server behind does not answer");
		}
		f = next;
	}
}

void proxy_refused(struct proxy *p)
{
	if (!p->down)
		p->backoff = p->backoff > 0 ? MIN(p->backoff * 2, BACKOFF_MAX * NS_PER_MS) : BACKOFF_MIN * NS_PER_MS;
	drop_impatient(p);
	p->down = p->first != NULL;
	if (p->down && p->retry.pos == 0)
		loop_timer(p->loop, &p->retry, loop_mono(p->loop) + p->backoff);
}

static void retry(struct timer *t)
{
	struct proxy *p = CONTAINER_OF(t, struct proxy, retry);

	p->down = false;
	proxy_pump(p);
}

static void sweep(struct timer *t)
{
	struct proxy *p = CONTAINER_OF(t, struct proxy, sweep);
	int64_t now = loop_mono(p->loop);
	struct up *u = p->ups;

	while (u != NULL) {
		struct up *next = u->next;

		if (u->f == NULL && now - u->idle_since >= p->conf.idle_timeout)
			up_close(u);
		u = next;
	}
	loop_timer(p->loop, t, now + p->conf.idle_timeout / 4 + NS_PER_MS);
}

struct proxy *proxy_new(struct loop *l, const struct proxy_conf *conf, struct err *e)
{
	struct proxy *p = mem_zalloc(sizeof(*p));
	struct proxy_conf *c = &p->conf;

	p->conf = *conf;
	p->loop = l;
	c->max_conns = c->max_conns ? c->max_conns : 64;
	c->max_queue = c->max_queue ? c->max_queue : 1024;
	c->max_answer = c->max_answer ? c->max_answer : (size_t)1 << 30;
	c->timeout = c->timeout ? c->timeout : 120 * NS_PER_S;
	c->retry_for = c->retry_for ? c->retry_for : 10 * NS_PER_S;
	c->idle_timeout = c->idle_timeout ? c->idle_timeout : 60 * NS_PER_S;
	c->to = NULL;
	p->retry.fn = retry;
	p->sweep.fn = sweep;
	if (net_parse(str_cstr(conf->to), NET_CONNECT, &p->to, e) < 0) {
		mem_free(p);
		err_wrap(e, "proxy");
		return NULL;
	}
	loop_timer(l, &p->sweep, loop_mono(l) + c->idle_timeout);
	return p;
}

void proxy_free(struct proxy *p)
{
	if (p == NULL)
		return;
	p->conf.max_queue = 0;
	p->conf.max_conns = 0;
	while (p->ups != NULL) {
		struct forward *f = p->ups->f;

		up_close(p->ups);
		if (f != NULL)
			forward_fail(f, 503, "the server stops");
	}
	while (p->first != NULL) {
		struct forward *f = p->first;

		unlink_forward(f);
		forward_fail(f, 503, "the server stops");
	}
	loop_timer_off(p->loop, &p->retry);
	loop_timer_off(p->loop, &p->sweep);
	mem_free(p);
}
