#include "net/sibling.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/fd.h"
#include "net/h1.h"
#include "net/listen.h"

enum { CHUNK = 65536, RETRY_MS = 20, STOP_MS = 50 };

struct sibling {
	struct net_addr at;
	struct h1_head head;
	int fd; /* -1: no connection */
};

/* One call on its way. */
struct call {
	struct sibling *s;
	const struct sibling_call *want;
	struct buf in;    /* what came: head and body */
	int64_t deadline; /* monotonic */
	bool fresh;       /* the connection was made for this call */
	bool told;        /* that it has been asked */
};

static int64_t mono(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

struct sibling *sibling_new(const char *at, struct err *e)
{
	struct sibling *s = mem_zalloc(sizeof(*s));

	s->fd = -1;
	if (net_parse(str_cstr(at), NET_CONNECT, &s->at, e) == 0)
		return s;
	mem_free(s);
	return NULL;
}

void sibling_free(struct sibling *s)
{
	if (s == NULL)
		return;
	fd_close(&s->fd);
	mem_free(s);
}

static bool is_stopped(const struct call *c, struct err *e)
{
	return c->want->stop != NULL && atomic_load(c->want->stop) != 0 && err_set(e, ERR_CANCELED, "stopped") < 0;
}

/* 0 when the descriptor is ready. */
static int wait_for(struct call *c, short events, struct err *e)
{
	struct pollfd p = { .fd = c->s->fd, .events = events };
	int64_t left = c->deadline - mono();
	int rc;

	do {
		if (is_stopped(c, e))
			return -1;
		if (left <= 0)
			return err_set(e, ERR_TIMEOUT, "%s does not answer in time", c->s->at.name);
		left = MIN(left / NS_PER_MS + 1, (int64_t)(c->want->stop != NULL ? STOP_MS : INT_MAX));
		rc = poll(&p, 1, (int)left);
		if (rc < 0 && errno != EINTR)
			return err_sys(e, ERR_IO, "poll");
		left = c->deadline - mono();
	} while (rc <= 0);
	return 0;
}

static int connect_once(struct call *c, struct err *e)
{
	struct sibling *s = c->s;
	bool done;

	s->fd = net_connect(&s->at, &done, e);
	if (s->fd < 0)
		return -1;
	if (done || (wait_for(c, POLLOUT, e) == 0 && net_connected(s->fd, s->at.name, e) == 0))
		return 0;
	fd_close(&s->fd);
	return -1;
}

static int connect_patiently(struct call *c, struct err *e)
{
	int64_t wait = c->want->wait > 0 ? c->want->wait : 5 * NS_PER_S, until = MIN(mono() + wait, c->deadline);

	c->fresh = true;
	while (connect_once(c, e) < 0) {
		if (mono() >= until || is_stopped(c, e))
			return -1;
		poll(NULL, 0, RETRY_MS);
	}
	return 0;
}

static int gone(struct call *c, struct err *e)
{
	return err_set(e, ERR_BUSY, "%s closed the connection", c->s->at.name);
}

static int send_all(struct call *c, struct str head, struct str body, struct err *e)
{
	while (head.n + body.n > 0) {
		struct iovec v[] = { { (void *)(uintptr_t)head.p, head.n }, { (void *)(uintptr_t)body.p, body.n } };
		struct msghdr m = { .msg_iov = v, .msg_iovlen = ARRAY_LEN(v) };
		ssize_t n = sendmsg(c->s->fd, &m, MSG_NOSIGNAL);

		if (n >= 0) {
			size_t of_head = MIN((size_t)n, head.n);

			head = str_skip(head, of_head);
			body = str_skip(body, (size_t)n - of_head);
		} else if (errno == EAGAIN) {
			if (wait_for(c, POLLOUT, e) < 0)
				return -1;
		} else if (errno != EINTR) {
			return gone(c, e);
		}
	}
	return 0;
}

/* More bytes into c->in. 1: some came, 0: the end. */
static int receive(struct call *c, size_t room, struct err *e)
{
	for (;;) {
		ssize_t n;

		if (!buf_room(&c->in, room))
			return err_set(e, ERR_LIMIT, "%s: the answer is larger than %zu bytes", c->s->at.name,
			    c->in.max);
		n = recv(c->s->fd, c->in.p + c->in.n, room, 0);
		if (n >= 0) {
			c->in.n += (size_t)n;
			return n > 0;
		}
		if (errno == EAGAIN ? wait_for(c, POLLIN, e) < 0 : errno != EINTR)
			return errno == EAGAIN ? -1 : gone(c, e);
	}
}

static int read_head(struct call *c, struct err *e)
{
	struct h1_head *h = &c->s->head;
	enum h1_step step;

	do {
		int rc = receive(c, CHUNK, e);

		if (rc <= 0)
			return rc < 0 ? -1 : gone(c, e);
		h1_head_init(h);
		step = h1_response(h, buf_str(&c->in), false);
	} while (step == H1_MORE);
	/* A sibling is our own server: it states the length of what it answers. */
	if (step == H1_BAD || (h->framing != H1_LENGTH && h->framing != H1_EMPTY))
		return err_set(e, ERR_CORRUPT, "%s: not an answer: %s", c->s->at.name,
		    step == H1_BAD ? h->why : "no length");
	return 0;
}

static int ask(struct call *c, struct err *e)
{
	const struct h1_head *h = &c->s->head;
	size_t whole;
	struct buf head;
	int rc;

	buf_init(&head, 4096);
	buf_printf(&head, "POST %s HTTP/1.1\r\nHost: sibling\r\nContent-Length: %zu\r\n\r\n", c->want->path,
	    c->want->body.n);
	rc = buf_check(&head, "path", e);
	if (rc == 0)
		rc = send_all(c, buf_str(&head), c->want->body, e);
	buf_fini(&head);
	if (rc == 0 && c->want->meanwhile != NULL && !c->told) {
		c->told = true;
		c->want->meanwhile(c->want->ctx);
	}
	if (rc < 0 || read_head(c, e) < 0)
		return -1;
	if (h->framing == H1_EMPTY)
		return 0;
	if (h->length > c->in.max - h->used)
		return err_set(e, ERR_LIMIT, "%s: the answer is larger than %zu bytes", c->s->at.name, c->in.max);
	whole = h->used + (size_t)h->length;
	while (c->in.n < whole) {
		rc = receive(c, whole - c->in.n, e);
		if (rc <= 0)
			return rc < 0 ? -1 : gone(c, e);
	}
	return 0;
}

int sibling_post(struct sibling *s, struct arena *a, const struct sibling_call *call, struct sibling_answer *out,
    struct err *e)
{
	struct call c = { .s = s, .want = call };
	int rc;

	c.deadline = mono() + (call->timeout > 0 ? call->timeout : 60 * NS_PER_S);
	buf_init(&c.in, (call->max_body > 0 ? call->max_body : (size_t)1 << 30) + H1_MAX_HEAD + CHUNK);
	rc = s->fd < 0 ? connect_patiently(&c, e) : 0;
	if (rc == 0)
		rc = ask(&c, e);
	/* A kept connection may have been closed at the other end meanwhile. */
	if (rc < 0 && e->kind == ERR_BUSY && !c.fresh) {
		fd_close(&s->fd);
		buf_reset(&c.in);
		rc = connect_patiently(&c, e);
		if (rc == 0)
			rc = ask(&c, e);
	}
	if (rc == 0) {
		out->status = s->head.status;
		out->body = str_of(buf_to_arena(&c.in, a).p + s->head.used,
		    s->head.framing == H1_EMPTY ? 0 : (size_t)s->head.length);
	}
	if (rc < 0 || !s->head.keep_alive)
		fd_close(&s->fd);
	buf_fini(&c.in);
	return rc;
}
