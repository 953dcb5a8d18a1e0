#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "net/proxy_impl.h"

static void up_event(struct watch *w, uint32_t events);

struct up *up_open(struct proxy *p, struct err *e)
{
	struct up *u;
	bool done;
	int fd = net_connect(&p->to, &done, e);

	if (fd < 0)
		return NULL;
	u = mem_zalloc(sizeof(*u));
	u->p = p;
	u->w.fn = up_event;
	u->connecting = !done;
	if (loop_watch(p->loop, &u->w, fd, done ? EPOLLIN : EPOLLOUT, e) < 0) {
		close(fd);
		mem_free(u);
		return NULL;
	}
	buf_init(&u->in, H1_MAX_HEAD);
	buf_init(&u->body, p->conf.max_answer);
	u->next = p->ups;
	if (p->ups != NULL)
		p->ups->prev = u;
	p->ups = u;
	p->n_ups++;
	p->n_idle++;
	p->backoff = done ? 0 : p->backoff;
	return u;
}

void up_close(struct up *u)
{
	struct proxy *p = u->p;

	if (u->f != NULL)
		u->f->up = NULL;
	else
		p->n_idle--;
	loop_unwatch(p->loop, &u->w);
	close(u->w.fd);
	*(u->prev ? &u->prev->next : &p->ups) = u->next;
	if (u->next != NULL)
		u->next->prev = u->prev;
	p->n_ups--;
	buf_fini(&u->in);
	buf_fini(&u->body);
	mem_free(u);
}

static bool repeatable(const struct up *u)
{
	const struct http_req *r = u->f->r;

	return u->p->conf.repeatable || http_is(r, "GET") || http_is(r, "HEAD") || http_is(r, "OPTIONS");
}

/* The connection broke while a request was on it. */
static void broken(struct up *u, const char *why)
{
	struct proxy *p = u->p;
	struct forward *f = u->f;
	bool silent = !u->head_done && u->in.n == 0;
	/* Kept connections that the sibling closed: each is tried once, then a new one is made. */
	bool again = silent && (u->used || (repeatable(u) && ++f->tries < PROXY_TRIES));

	up_close(u);
	if (again)
		forward_queue_front(f);
	else
		forward_fail(f, 502, why);
	proxy_pump(p);
}

/* Nothing was sent: the request waits for the sibling to come back. */
static void refused(struct up *u)
{
	struct proxy *p = u->p;
	struct forward *f = u->f;

	up_close(u);
	forward_queue_front(f);
	proxy_refused(p);
}

/* -1: broken; 0: more to send; 1: all sent. */
static int send_some(struct up *u)
{
	struct forward *f = u->f;
	struct str head = f->head, body = f->r->body;
	struct iovec v[2];
	struct msghdr m = { .msg_iov = v };
	ssize_t n;

	if (f->sent < head.n)
		v[m.msg_iovlen++] = (struct iovec){ (void *)(uintptr_t)(head.p + f->sent), head.n - f->sent };
	if (f->sent < head.n + body.n) {
		size_t off = f->sent > head.n ? f->sent - head.n : 0;

		if (off < body.n)
			v[m.msg_iovlen++] = (struct iovec){ (void *)(uintptr_t)(body.p + off), body.n - off };
	}
	if (m.msg_iovlen == 0)
		return 1;
	do
		n = sendmsg(u->w.fd, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	f->sent += (size_t)n;
	return f->sent == head.n + body.n;
}

static void pour(struct up *u)
{
	int rc = send_some(u);

	/* A sibling that answers early and stops reading: its answer may still be there. */
	loop_rewatch(u->p->loop, &u->w, rc == 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void up_start(struct up *u, struct forward *f)
{
	u->p->n_idle--;
	u->f = f;
	f->up = u;
	f->sent = 0;
	u->head_done = false;
	buf_reset(&u->in);
	if (!u->connecting)
		pour(u);
}

static bool is_trailer(struct str name)
{
	return name.n > 15 && str_eq_nocase(str_of(name.p, 15), STR("X-Pyro-Trailer-"));
}

/* Hop-by-hop fields, and those that the reply makes itself. */
static bool dropped(struct str name)
{
	switch (name.n) {
	case 4: return str_eq_nocase(name, STR("Date"));
	case 7: return str_eq_nocase(name, STR("Trailer")) || str_eq_nocase(name, STR("Upgrade"));
	case 10: return str_eq_nocase(name, STR("Connection")) || str_eq_nocase(name, STR("Keep-Alive"));
	case 17: return str_eq_nocase(name, STR("Transfer-Encoding"));
	}
	return false;
}

/* Keeps the fields of the answer in the request's arena. */
static void keep_head(struct up *u)
{
	struct h1_head *h = &u->p->head;
	struct arena *a = u->f->r->a;
	bool length = http_is(u->f->r, "HEAD");

	u->fields = arena_array(a, h->n_fields, sizeof(*u->fields));
	u->n_fields = 0;
	for (size_t i = 0; i < h->n_fields; i++) {
		struct http_field f = h->fields[i];

		if (dropped(f.name) || (!length && str_eq_nocase(f.name, STR("Content-Length"))))
			continue;
		f.name = arena_str(a, f.name);
		f.value = arena_str(a, f.value);
		u->fields[u->n_fields++] = f;
	}
	u->status = h->status;
	u->keep = h->keep_alive;
	u->framing = h->framing;
	u->left = h->length;
	u->head_done = true;
	if (h->framing == H1_CHUNKED)
		h1_chunked_init(&u->chunked);
}

/* The answer is whole: hand it on, take the next request. clean: nothing came behind it. */
static void finish(struct up *u, bool clean)
{
	struct proxy *p = u->p;
	struct forward *f = u->f;
	struct http_req *r = f->r;
	struct http_field *trailers = arena_array(r->a, u->n_fields, sizeof(*trailers));
	struct http_reply rep = { .status = u->status, .headers = u->fields, .trailers = trailers };
	bool keep = u->keep && clean && f->sent == f->head.n + r->body.n;
	struct buf body = u->body;

	for (size_t i = 0; i < u->n_fields; i++) {
		struct http_field t = u->fields[i];

		if (is_trailer(t.name))
			trailers[rep.n_trailers++] = (struct http_field){ str_skip(t.name, 15), t.value };
		else
			u->fields[rep.n_headers++] = t;
	}
	buf_init(&u->body, p->conf.max_answer);
	u->f = NULL;
	u->used = true;
	u->idle_since = loop_mono(p->loop);
	p->n_idle++;
	if (!keep)
		up_close(u);
	else
		loop_rewatch(p->loop, &u->w, EPOLLIN);
	loop_timer_off(p->loop, &f->timer);
	r->on_gone = NULL;
	rep.take = &body;
	if (f->then != NULL)
		f->then(r, rep.status, &body);
	else
		http_reply(r, &rep);
	buf_fini(&body);
	proxy_pump(p);
}

static void too_large(struct up *u)
{
	struct proxy *p = u->p;
	struct forward *f = u->f;

	up_close(u);
	forward_fail(f, 502, "the answer of the server behind is too large");
	proxy_pump(p);
}

/* Body bytes. false: u is gone. */
static bool take_body(struct up *u, struct str in)
{
	if (u->framing == H1_CHUNKED) {
		enum h1_step step = H1_MORE;

		while (in.n > 0 && step == H1_MORE) {
			struct str data;
			size_t used;

			step = h1_chunked(&u->chunked, in, &used, &data);
			buf_add(&u->body, data);
			in = str_skip(in, used);
		}
		if (step == H1_MORE && !u->body.over)
			return true;
		if (u->body.over)
			too_large(u);
		else if (step == H1_BAD)
			broken(u, u->chunked.why);
		else
			finish(u, in.n == 0);
		return false;
	}
	if (u->framing == H1_LENGTH) {
		size_t part = MIN(u->left, in.n);

		if (u->body.n == 0 && u->left <= u->p->conf.max_answer)
			buf_room(&u->body, MIN(u->left, (uint64_t)1 << 20));
		buf_add(&u->body, str_of(in.p, part));
		u->left -= part;
		if (u->left == 0 && !u->body.over) {
			finish(u, part == in.n);
			return false;
		}
	} else if (u->framing == H1_CLOSE) {
		buf_add(&u->body, in);
	} else {
		finish(u, in.n == 0);
		return false;
	}
	if (!u->body.over)
		return true;
	too_large(u);
	return false;
}

/* Bytes of the answer. false: u is gone, or done with its request. */
static bool take(struct up *u, struct str in)
{
	struct proxy *p = u->p;

	while (!u->head_done) {
		enum h1_step step;

		if (u->in.n > 0) {
			buf_add(&u->in, in);
			in = buf_str(&u->in);
		}
		h1_head_init(&p->head);
		step = u->in.over ? H1_BAD : h1_response(&p->head, in, http_is(u->f->r, "HEAD"));
		if (step == H1_MORE) {
			if (u->in.n == 0)
				buf_add(&u->in, in);
			return true;
		}
		if (step == H1_BAD || p->head.status == 101) {
			u->head_done = true; /* it did answer: not to be tried again */
			broken(u, "the server behind sent a broken answer");
			return false;
		}
		if (p->head.status >= 200)
			keep_head(u);
		in = str_skip(in, p->head.used);
		if (!u->head_done) { /* 1xx: the real one follows */
			in = arena_str(u->f->r->a, in);
			buf_reset(&u->in);
			if (in.n == 0)
				return true;
		}
	}
	return take_body(u, in);
}

static void up_read(struct up *u)
{
	struct proxy *p = u->p;

	for (int i = 0; i < 16; i++) {
		ssize_t n;

		do
			n = recv(u->w.fd, p->scratch, sizeof(p->scratch), 0);
		while (n < 0 && errno == EINTR);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			if (n == 0 && u->head_done && u->framing == H1_CLOSE)
				finish(u, false);
			else
				broken(u, "the server behind closed the connection");
			return;
		}
		if (!take(u, str_of(p->scratch, (size_t)n)) || (size_t)n < sizeof(p->scratch))
			return;
	}
}

static void up_event(struct watch *w, uint32_t events)
{
	struct up *u = CONTAINER_OF(w, struct up, w);
	struct err e;

	if (u->connecting) {
		if (net_connected(w->fd, u->p->to.name, &e) < 0) {
			refused(u);
			return;
		}
		u->connecting = false;
		u->p->backoff = 0;
		pour(u);
		return;
	}
	if (u->f == NULL) { /* closed while idle, or talking out of turn */
		up_close(u);
		return;
	}
	if (events & EPOLLOUT)
		pour(u);
	if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		up_read(u);
}
