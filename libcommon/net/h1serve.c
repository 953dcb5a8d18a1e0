#include <stdio.h>
#include <sys/socket.h>

#include "net/httpd_impl.h"

static const struct str preface = { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24 };

/* A reply of the server itself; what the client still sends is dropped. */
void h1_refuse(struct conn *c, int status, const char *why)
{
	struct hreq *q = c->req;

	if (q == NULL)
		q = c->req = hreq_new(c);
	conn_keep(c, STR_NONE);
	q->called = true;
	q->linger = true;
	q->keep_alive = false;
	c->h->stats.busy++;
	c->h->stats.refused++;
	q->pub.gzip_ok = false;
	http_reply_text(&q->pub, status, arena_printf(q->pub.a, "%s: %s\n", http_status_text(status), why));
}

static struct str rebase(struct str s, const char *from, const char *to)
{
	return s.p == NULL ? s : str_of(to + (s.p - from), s.n);
}

/* The head was parsed at `from`; its bytes live at `to` as long as the request. */
static void take_head(struct hreq *q, const struct h1_head *h, const char *from, const char *to)
{
	struct http_field *f = arena_array(q->pub.a, h->n_fields, sizeof(*f));

	for (size_t i = 0; i < h->n_fields; i++) {
		f[i].name = rebase(h->fields[i].name, from, to);
		f[i].value = rebase(h->fields[i].value, from, to);
	}
	q->pub.headers = f;
	q->pub.n_headers = h->n_fields;
	q->pub.method = rebase(h->method, from, to);
	q->pub.target = rebase(h->target, from, to);
	q->pub.host = rebase(h->host, from, to);
	q->h2_settings = rebase(h->h2_settings, from, to);
	q->minor = h->minor;
	q->keep_alive = h->keep_alive;
	q->h2c = h->h2c && q->c->tls == NULL;
	q->length_known = h->framing != H1_CHUNKED;
	q->length = h->framing == H1_LENGTH ? h->length : 0;
	q->chunked = h->framing == H1_CHUNKED;
	if (q->chunked)
		h1_chunked_init(&q->decoder);
}

static bool send_now(struct conn *c, const char *text)
{
	struct str s = str_cstr(text);
	struct iovec v = { (void *)(uintptr_t)s.p, s.n };

	return conn_send(c, &v, 1) == (ssize_t)s.n;
}

/* The request becomes stream 1 of an HTTP/2 connection. */
static bool upgrade(struct conn *c, struct hreq *q)
{
	struct h2 *s = h2_new(c);

	if (h2_upgrade(s, q) < 0) {
		h2_free(s);
		return false; /* as if the client had not asked */
	}
	c->h2 = s;
	c->req = NULL;
	conn_move(c, CONN_H2);
	if (!send_now(c,
		"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
		"Upgrade: h2c\r\n\r\n"))
		conn_close(c);
	return true;
}

static enum step work(struct conn *c, struct str body)
{
	struct hreq *q = c->req;

	if (q->h2c && upgrade(c, q)) {
		if (!c->dead)
			hreq_call(q, body);
		return STEP_ON;
	}
	conn_move(c, CONN_WORK);
	hreq_call(q, body);
	return STEP_ON;
}

static enum step too_big(struct conn *c)
{
	conn_keep(c, STR_NONE);
	conn_move(c, CONN_WORK);
	hreq_call_too_big(c->req);
	return STEP_ON;
}

static enum step refuse(struct conn *c, int status, const char *why)
{
	if (status == 413)
		return too_big(c);
	h1_refuse(c, status, status == 503 ? "request bodies fill the memory set aside" : why);
	return STEP_ON;
}

/* The other server reads it again. */
static enum step move_away(struct conn *c, struct str in)
{
	struct hreq *q = c->req;

	c->req = NULL;
	conn_keep(c, in);
	hreq_free(q);
	c->h->stats.requests--;
	return STEP_MOVE;
}

/* A head is there: in holds it and maybe more. */
static enum step begin(struct conn *c, struct str in)
{
	const struct h1_head *head = &c->h->head;
	struct hreq *q = c->req = hreq_new(c);
	uint64_t total = head->used + (head->framing == H1_LENGTH ? head->length : 0);
	bool whole = head->framing != H1_CHUNKED && total <= in.n;
	size_t mine = whole ? (size_t)total : head->used;
	bool copied = mine <= COPY_MAX || !whole;
	const char *at = arena_str(q->pub.a, str_of(in.p, copied ? mine : head->used)).p, *why = "";
	int status;

	if (!copied)
		q->own = httpd_take_scratch(c->h);
	take_head(q, head, in.p, at);
	status = hreq_route(q, &why);
	if (status != 0)
		return refuse(c, status, why);
	if (conn_elsewhere(c, q))
		return move_away(c, in);
	if (hreq_too_long(q))
		return too_big(c);
	conn_keep(c, str_skip(in, mine));
	if (whole)
		return work(c, str_of((copied ? at : in.p) + head->used, mine - head->used));
	conn_move(c, CONN_BODY);
	if (!q->chunked) {
		status = hreq_body_add(q, str_of(c->in, c->in_n));
		c->moved = q->body_n;
		conn_keep(c, STR_NONE);
		if (status != 0)
			return refuse(c, status, "");
	}
	if (head->expect && !send_now(c, "HTTP/1.1 100 Continue\r\n\r\n"))
		return STEP_END;
	return STEP_ON;
}

/* The first bytes may be the preface of HTTP/2, or a part of it. */
static enum h1_step look_for_h2(struct str in)
{
	size_t n = MIN(in.n, preface.n);

	if (memcmp(in.p, preface.p, n) != 0)
		return H1_BAD;
	return n == preface.n ? H1_DONE : H1_MORE;
}

static enum step head_bytes(struct conn *c, struct str in)
{
	enum h1_step step = H1_BAD;

	if (!c->begun && (step = look_for_h2(in)) == H1_DONE) {
		conn_keep(c, in);
		c->h2 = h2_new(c);
		conn_move(c, CONN_H2);
		return STEP_ON;
	}
	if (step == H1_BAD) {
		c->begun = true;
		h1_head_init(&c->h->head);
		step = h1_request(&c->h->head, in);
	}
	c->partial = step == H1_MORE;
	if (step == H1_BAD) {
		h1_refuse(c, c->h->head.status, c->h->head.why);
		return STEP_ON;
	}
	if (step == H1_DONE)
		return begin(c, in);
	if (c->in_n == 0) {
		conn_keep(c, in);
		conn_move(c, CONN_HEAD);
	} else {
		conn_keep(c, in);
	}
	return c->readable ? STEP_ON : STEP_READ;
}

enum step h1_step_head(struct conn *c)
{
	char *p = httpd_scratch(c->h);
	size_t n = c->in_n;

	if (n > 0)
		memcpy(p, c->in, n);
	if (n == 0 || c->partial) {
		ssize_t got;

		if (!c->readable)
			return STEP_READ;
		got = conn_recv(c, p + n, SCRATCH - n);
		if (got == -1 && !(c->draining && c->begun && n == 0))
			return STEP_READ;
		if (got <= 0)
			return STEP_END;
		n += (size_t)got;
	}
	return head_bytes(c, str_of(p, n));
}

static enum step feed_chunked(struct conn *c, struct str in)
{
	struct hreq *q = c->req;
	enum h1_step step = H1_MORE;

	while (in.n > 0 && step == H1_MORE) {
		struct str data;
		size_t used;
		int status;

		step = h1_chunked(&q->decoder, in, &used, &data);
		if (step == H1_BAD)
			return refuse(c, 400, q->decoder.why);
		status = hreq_body_add(q, data);
		if (status != 0)
			return refuse(c, status, "");
		in = str_skip(in, used);
	}
	conn_keep(c, in);
	if (step == H1_DONE)
		return work(c, str_of(q->body, q->body_n));
	return c->readable ? STEP_ON : STEP_READ;
}

static enum step body_more(struct conn *c, void *p, size_t room, size_t *got)
{
	ssize_t n;

	*got = 0;
	if (!c->readable)
		return STEP_READ;
	n = conn_recv(c, p, room);
	if (n <= 0)
		return n == -1 ? STEP_READ : STEP_END;
	*got = (size_t)n;
	c->moved += (uint64_t)n;
	c->deadline = conn_patience(c, c->h->conf.body_timeout);
	return STEP_ON;
}

enum step h1_step_body(struct conn *c)
{
	struct hreq *q = c->req;
	enum step step;
	size_t got;
	int status;

	if (q->chunked) {
		char *p = httpd_scratch(c->h);

		if (c->in_n > 0)
			return feed_chunked(c, str_of(c->in, c->in_n));
		step = body_more(c, p, SCRATCH, &got);
		return got > 0 ? feed_chunked(c, str_of(p, got)) : step;
	}
	status = hreq_body_room(q);
	if (status != 0)
		return refuse(c, status, "");
	step = body_more(c, q->body + q->body_n, MIN(q->body_cap, q->length) - q->body_n, &got);
	q->body_n += got;
	if (q->body_n < q->length)
		return step == STEP_ON && !c->readable ? STEP_READ : step;
	/* The room was filled because the body ends here: do not look for more. */
	c->readable = c->tls != NULL && tls_pending(c->tls);
	return work(c, str_of(q->body, q->body_n));
}

enum step h1_step_work(struct conn *c)
{
	(void)c;
	return STEP_WORK;
}

void h1_reply(struct hreq *q, const struct http_reply *rep, struct str body)
{
	struct conn *c = q->c;

	if (rep->close || c->h->stopping)
		q->keep_alive = false;
	q->out_body = body;
	q->out_head = reply_head(q, rep, body.n);
	q->out_tail = reply_trailers(q, rep);
	if (q->head_only)
		q->out_body = q->out_tail = STR_NONE;
	conn_move(c, CONN_SEND);
	conn_run_reply(c);
}

/* ---- a reply in pieces: between two of them the connection waits as it does for a reply ---- */

void h1_begin(struct hreq *q, const struct http_reply *rep)
{
	if (q->c->h->stopping || q->minor == 0)
		q->keep_alive = false;
	q->pub.until_close = true;
	q->out_head = reply_head(q, rep, 0);
	conn_move(q->c, CONN_SEND);
	conn_run_reply(q->c);
}

bool h1_room(const struct hreq *q)
{
	return q->c->state == CONN_WORK;
}

void h1_more(struct hreq *q)
{
	if (q->minor == 1) {
		int n = snprintf(q->chunk, sizeof(q->chunk), "%zx\r\n", q->out_body.n);

		q->out_head = str_of(q->chunk, (size_t)n);
		q->out_tail = STR("\r\n");
	}
	conn_move(q->c, CONN_SEND);
	conn_run_reply(q->c);
}

/* What is on its way goes first. */
void h1_end(struct hreq *q)
{
	struct conn *c = q->c;

	if (c->dead || c->state != CONN_WORK)
		return;
	q->last_sent = true;
	if (q->minor == 1 && !q->head_only)
		q->out_tail = STR("0\r\n\r\n");
	conn_move(c, CONN_SEND);
	conn_run_reply(c);
}

static enum step piece_sent(struct conn *c)
{
	struct hreq *q = c->req;

	buf_fini(&q->out_own);
	q->out_head = q->out_body = q->out_tail = STR_NONE;
	q->sent = 0;
	if (q->replied) {
		q->last_sent = true;
		if (q->minor == 1 && !q->head_only)
			q->out_tail = STR("0\r\n\r\n");
		return STEP_ON;
	}
	conn_move(c, CONN_WORK);
	loop_rewatch(c->h->loop, &c->w, EPOLLRDHUP);
	if (!c->nested && q->pub.on_room != NULL)
		q->pub.on_room(&q->pub);
	return c->state == CONN_WORK ? STEP_WORK : STEP_ON;
}

static enum step sent_all(struct conn *c)
{
	struct hreq *q = c->req;
	bool keep = q->keep_alive, linger = q->linger;

	if (q->pieces && !q->last_sent)
		return piece_sent(c);
	c->req = NULL;
	hreq_free(q);
	if (keep) {
		conn_move(c, CONN_HEAD);
		c->partial = false;
		return c->in_n > 0 || c->readable ? STEP_ON : STEP_READ;
	}
	if (!linger && c->in_n == 0 && !c->readable)
		return STEP_END;
	/* Closing with unread input would make the system drop the reply. */
	if (c->tls != NULL)
		tls_shut(c->tls);
	shutdown(c->w.fd, SHUT_WR);
	conn_move(c, CONN_LINGER);
	c->readable = true;
	return STEP_ON;
}

enum step h1_step_send(struct conn *c)
{
	struct hreq *q = c->req;
	const struct str part[] = { q->out_head, q->out_body, q->out_tail };
	struct iovec v[ARRAY_LEN(part)];
	size_t skip = q->sent, left = 0;
	int n = 0;
	ssize_t sent;

	for (size_t i = 0; i < ARRAY_LEN(part); i++) {
		size_t off = MIN(skip, part[i].n);

		skip -= off;
		if (part[i].n == off)
			continue;
		v[n++] = (struct iovec){ (void *)(uintptr_t)(part[i].p + off), part[i].n - off };
		left += part[i].n - off;
	}
	if (n == 0)
		return sent_all(c);
	sent = conn_send(c, v, n);
	if (sent < 0)
		return sent == -1 ? STEP_WRITE : STEP_END;
	q->sent += (size_t)sent;
	if ((size_t)sent == left)
		return sent_all(c);
	c->moved += (uint64_t)sent;
	c->deadline = conn_patience(c, c->h->conf.write_timeout);
	return c->tls != NULL ? STEP_ON : STEP_WRITE;
}

enum step h1_step_linger(struct conn *c)
{
	ssize_t n;

	if (!c->readable)
		return STEP_READ;
	n = conn_recv(c, httpd_scratch(c->h), SCRATCH);
	if (n == -1)
		return STEP_READ;
	return n > 0 ? STEP_ON : STEP_END;
}
