#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/httpd_impl.h"
#include "net/listen.h"

static enum step (*const steps[CONN_STATES])(struct conn *c) = {
	[CONN_HEAD] = h1_step_head,
	[CONN_BODY] = h1_step_body,
	[CONN_WORK] = h1_step_work,
	[CONN_SEND] = h1_step_send,
	[CONN_LINGER] = h1_step_linger,
	[CONN_H2] = h2_step,
};

/* Legal moves; a move to the same state begins it anew. */
static const unsigned may[CONN_STATES] = {
	[CONN_HEAD] = 1u << CONN_HEAD | 1u << CONN_BODY | 1u << CONN_WORK | 1u << CONN_SEND | 1u << CONN_H2,
	[CONN_BODY] = 1u << CONN_WORK | 1u << CONN_SEND | 1u << CONN_H2,
	[CONN_WORK] = 1u << CONN_SEND,
	[CONN_SEND] = 1u << CONN_HEAD | 1u << CONN_LINGER | 1u << CONN_WORK, /* the last: between pieces */
	[CONN_LINGER] = 0,
	[CONN_H2] = 0,
};

static void idle_off(struct conn *c)
{
	struct httpd *h = c->h;

	if (!c->idle)
		return;
	c->idle = false;
	*(c->prev ? &c->prev->next : &h->idle_first) = c->next;
	*(c->next ? &c->next->prev : &h->idle_last) = c->prev;
}

void conn_idle(struct conn *c)
{
	struct httpd *h = c->h;

	idle_off(c);
	c->idle = true;
	c->next = NULL;
	c->prev = h->idle_last;
	*(h->idle_last ? &h->idle_last->next : &h->idle_first) = c;
	h->idle_last = c;
	httpd_room(h);
}

/* Something must move within the timeout, and all of it at min_rate or faster. */
int64_t conn_patience(const struct conn *c, int64_t base)
{
	uint64_t seconds = c->moved / (uint64_t)c->h->conf.min_rate;
	int64_t rate = c->since + base + (int64_t)MIN(seconds, (uint64_t)INT32_MAX) * NS_PER_S;

	return MIN(rate, loop_mono(c->h->loop) + base);
}

void conn_move(struct conn *c, enum conn_state to)
{
	const struct httpd_conf *conf = &c->h->conf;

	assert(may[c->state] & 1u << to);
	c->state = to;
	c->since = loop_mono(c->h->loop);
	c->moved = 0;
	idle_off(c);
	switch (to) {
	case CONN_HEAD:
		c->deadline = c->since + (c->in_n > 0 ? conf->header_timeout : conf->idle_timeout);
		if (c->in_n == 0 && c->begun)
			conn_idle(c);
		break;
	case CONN_BODY: c->deadline = c->since + conf->body_timeout; break;
	case CONN_SEND: c->deadline = c->since + conf->write_timeout; break;
	case CONN_LINGER: c->deadline = c->since + conf->write_timeout / 2; break;
	default: c->deadline = 0;
	}
}

static void conn_event(struct watch *w, uint32_t events)
{
	struct conn *c = CONTAINER_OF(w, struct conn, w);

	if (c->state == CONN_WORK) {
		uint32_t left = c->req != NULL && c->req->pub.until_close ? EPOLLRDHUP : 0;

		/* Pipelined input waits until the reply is out, and so does a half-close that nobody asked to hear of. */
		if (events & (EPOLLERR | EPOLLHUP | left)) {
			conn_close(c);
		} else {
			c->readable = true;
			loop_rewatch(c->h->loop, &c->w, left);
		}
		return;
	}
	if (events & (EPOLLIN | EPOLLERR | EPOLLHUP) || (c->tls && tls_wants_write(c->tls)))
		c->readable = true;
	conn_run(c);
}

void conn_again(struct task *t)
{
	struct conn *c = CONTAINER_OF(t, struct conn, again);

	c->posted = false;
	if (c->dead)
		conn_free(c);
	else if (c->ending)
		conn_close(c);
	else
		conn_run(c);
}

static void set_peer(struct conn *c)
{
	struct sockaddr_storage sa;
	socklen_t n = sizeof(sa);
	char name[NET_NAME_MAX];

	c->trusted = c->h->conf.trust_forwarded;
	if (getpeername(c->w.fd, (struct sockaddr *)&sa, &n) < 0)
		return;
	if (sa.ss_family == AF_UNIX)
		c->trusted = true;
	else
		net_nodelay(c->w.fd);
	net_print(&sa, n, name);
	c->peer_n = (unsigned char)MIN(strlen(name), sizeof(c->peer));
	memcpy(c->peer, name, c->peer_n);
}

struct conn *conn_new(struct httpd *h, int fd, struct tls *tls)
{
	struct conn *c = mem_zalloc(sizeof(*c));
	struct err e;

	c->h = c->home = h;
	c->w.fn = conn_event;
	c->again.fn = conn_again;
	if (loop_watch(h->loop, &c->w, fd, EPOLLIN, &e) < 0) {
		close(fd);
		mem_free(c);
		return NULL;
	}
	set_peer(c);
	if (tls != NULL)
		c->tls = tls_open(tls, fd);
	conn_join(c);
	conn_move(c, CONN_HEAD);
	c->deadline = c->since + h->conf.header_timeout;
	return c;
}

void conn_join(struct conn *c)
{
	c->pos = c->h->conns.n;
	vec_push(&c->h->conns, c);
	httpd_tick(c->h);
}

void conn_forget(struct conn *c)
{
	struct httpd *h = c->h;
	struct conn *last = h->conns.p[--h->conns.n];

	h->conns.p[c->pos] = last;
	last->pos = c->pos;
	idle_off(c);
}

void conn_close(struct conn *c)
{
	struct httpd *h = c->h;
	struct hreq *q = c->req;

	if (c->dead)
		return;
	c->dead = true;
	loop_unwatch(h->loop, &c->w);
	if (c->tls != NULL)
		tls_shut(c->tls);
	tls_close(c->tls);
	close(c->w.fd);
	conn_forget(c);
	mem_free(c->in);
	c->in = NULL;
	c->req = NULL;
	if (q != NULL)
		hreq_gone(q);
	if (c->h2 != NULL && !c->running)
		h2_free(c->h2);
	httpd_conn_closed(h);
	if (!c->running && !c->posted)
		conn_free(c);
}

static void post(struct conn *c)
{
	loop_rewatch(c->h->loop, &c->w, 0);
	if (!c->posted)
		loop_post(c->h->loop, &c->again);
	c->posted = true;
}

static void settle(struct conn *c, enum step step, bool nested)
{
	static const uint32_t want[] = {
		[STEP_READ] = EPOLLIN,
		[STEP_WRITE] = EPOLLOUT,
		[STEP_BOTH] = EPOLLIN | EPOLLOUT,
	};

	c->ending = step == STEP_END;
	if (step == STEP_MOVE)
		conn_leave(c);
	else if (step == STEP_END && !nested)
		conn_close(c);
	else if (step == STEP_END || step == STEP_ON)
		post(c);
	else if (step != STEP_WORK)
		loop_rewatch(c->h->loop, &c->w,
		    c->tls != NULL && tls_wants_write(c->tls) ? want[step] | EPOLLOUT : want[step]);
}

/* Goes on while the steps can, then turns what the last one waits for into interest. */
static void run(struct conn *c, bool nested)
{
	enum step step = STEP_ON;

	if (c->running || c->dead)
		return;
	c->running = true;
	c->nested = nested;
	for (int i = 0; i < TURN_STEPS && step == STEP_ON && !c->dead; i++) {
		if (nested && i > 0 && (c->state == CONN_HEAD || c->state == CONN_H2))
			break;
		step = steps[c->state](c);
	}
	c->running = false;
	if (!c->dead) {
		settle(c, step, nested);
		return;
	}
	h2_free(c->h2);
	if (!c->posted)
		conn_free(c);
}

void conn_run(struct conn *c)
{
	run(c, false);
}

/*
 * Sends a reply, but calls no handler and tells nobody of a lost client: the
 * caller of http_reply may be in the middle of something.
 */
void conn_run_reply(struct conn *c)
{
	run(c, true);
}

void conn_expired(struct conn *c)
{
	bool talk = c->state == CONN_BODY || (c->state == CONN_HEAD && c->in_n > 0);

	if (c->state == CONN_H2) {
		h2_expire(c, loop_mono(c->h->loop));
		return;
	}
	if (!talk) {
		conn_close(c);
		return;
	}
	h1_refuse(c, 408, c->state == CONN_BODY ? "the body came too slowly" : "the head came too slowly");
}

void conn_drain(struct conn *c)
{
	c->draining = true;
	if (c->state == CONN_H2) {
		h2_drain(c->h2);
	} else if (c->state == CONN_HEAD && c->in_n == 0) {
		/*
		 * A request may have come that nobody has looked at; a new connection
		 * gets a moment.
		 */
		c->readable = true;
		if (!c->begun)
			c->deadline = loop_mono(c->h->loop) + DRAIN_NEW * NS_PER_MS;
		conn_run(c);
	} else if (c->req != NULL) {
		c->req->keep_alive = false;
	}
}

void conn_keep(struct conn *c, struct str bytes)
{
	if (bytes.n > c->in_cap || (bytes.n == 0 && c->in != NULL)) {
		size_t cap = (bytes.n + 1023) / 1024 * 1024;
		char *p = bytes.n > 0 ? mem_alloc(cap) : NULL;

		if (bytes.n > 0)
			memcpy(p, bytes.p, bytes.n);
		mem_free(c->in);
		c->in = p;
		c->in_cap = cap;
	} else if (bytes.n > 0) {
		memmove(c->in, bytes.p, bytes.n);
	}
	c->in_n = bytes.n;
}

ssize_t conn_recv(struct conn *c, void *p, size_t room)
{
	ssize_t n;

	if (c->tls != NULL) {
		n = tls_recv(c->tls, p, room);
		c->readable = n == (ssize_t)room || (n > 0 && tls_pending(c->tls));
	} else {
		do
			n = recv(c->w.fd, p, room, 0);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			n = errno == EAGAIN ? -1 : -2;
		c->readable = n == (ssize_t)room;
	}
	c->eof = n == 0;
	return n;
}

/* One TLS record takes what lies in several places: small replies leave as one. */
static ssize_t send_tls(struct conn *c, const struct iovec *v, int n)
{
	char joined[16384];
	size_t have = 0;

	if (n == 1 || v[0].iov_len >= sizeof(joined))
		return tls_send(c->tls, v[0].iov_base, v[0].iov_len);
	for (int i = 0; i < n && have < sizeof(joined); i++) {
		size_t part = MIN(v[i].iov_len, sizeof(joined) - have);

		memcpy(joined + have, v[i].iov_base, part);
		have += part;
	}
	return tls_send(c->tls, joined, have);
}

ssize_t conn_send(struct conn *c, struct iovec *v, int n)
{
	struct msghdr m = { .msg_iov = v, .msg_iovlen = (size_t)n };
	ssize_t sent;

	if (c->tls != NULL)
		return send_tls(c, v, n);
	do
		sent = sendmsg(c->w.fd, &m, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent >= 0 ? sent : errno == EAGAIN ? -1 : -2;
}
