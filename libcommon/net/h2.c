#include "base/enc.h"
#include "net/h2_impl.h"

enum {
	STREAM_WINDOW = 1 << 20,
	CONN_WINDOW = 16 << 20,
	MAX_HEADER_BYTES = 65536, /* names and values of a request; 431 */
	MAX_HEADER_FIELDS = 256,
	OUT_FILL = 65536, /* frames are collected up to this size for one send */
	/* streams that a client may cancel: at once, a second */
	RESET_BURST = 500,
	RESET_RATE = 50,
	MAX_CONTINUATIONS = 8, /* frames behind a HEADERS frame */
};

static void link_stream(struct h2 *s, struct hreq *q)
{
	q->prev = NULL;
	q->next = s->streams;
	if (s->streams != NULL)
		s->streams->prev = q;
	s->streams = q;
}

static void unlink_stream(struct h2 *s, struct hreq *q)
{
	*(q->prev ? &q->prev->next : &s->streams) = q->next;
	if (q->next != NULL)
		q->next->prev = q->prev;
	q->prev = q->next = NULL;
}

static void refuse(struct hreq *q, int status, const char *why)
{
	q->called = true;
	q->linger = true;
	q->pub.gzip_ok = false;
	q->h->stats.busy++;
	q->h->stats.refused++;
	http_reply_text(&q->pub, status, arena_printf(q->pub.a, "%s: %s\n", http_status_text(status), why));
}

static void refuse_body(struct hreq *q, int status)
{
	if (status == 413)
		hreq_call_too_big(q);
	else
		refuse(q, status, "request bodies fill the memory set aside");
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *f, void *arg)
{
	struct h2 *s = arg;
	struct hreq *q;

	if (f->hd.type != NGHTTP2_HEADERS || f->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	q = hreq_new(s->c);
	q->stream = f->hd.stream_id;
	q->pub.http2 = true;
	link_stream(s, q);
	nghttp2_session_set_stream_user_data(session, q->stream, q);
	return 0;
}

static void take_pseudo(struct http_req *r, struct str name, struct str value)
{
	if (str_eq(name, STR(":method")))
		r->method = value;
	else if (str_eq(name, STR(":path")))
		r->target = value;
	else if (str_eq(name, STR(":authority")))
		r->host = value;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *f, const uint8_t *name, size_t name_n,
    const uint8_t *value, size_t value_n, uint8_t flags, void *arg)
{
	struct hreq *q = nghttp2_session_get_stream_user_data(session, f->hd.stream_id);
	struct http_field field;

	(void)flags;
	(void)arg;
	if (q == NULL || q->called || f->hd.type != NGHTTP2_HEADERS || f->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0; /* trailers of a request are dropped */
	q->header_bytes += name_n + value_n + 32;
	if (q->header_bytes > MAX_HEADER_BYTES || q->fields.n >= MAX_HEADER_FIELDS)
		return 0;
	field.name = arena_str(q->pub.a, str_of(name, name_n));
	field.value = arena_str(q->pub.a, str_of(value, value_n));
	if (name_n > 0 && name[0] == ':')
		take_pseudo(&q->pub, field.name, field.value);
	else
		vec_push(&q->fields, field);
	return 0;
}

/* All fields of a request are there. */
static void head_done(struct h2 *s, struct hreq *q)
{
	struct http_req *r = &q->pub;
	const char *why = "";
	struct str length, expect;
	int status;

	r->headers = q->fields.p;
	r->n_headers = q->fields.n;
	if (r->host.p == NULL)
		r->host = http_header(r, "host");
	if (q->header_bytes > MAX_HEADER_BYTES || q->fields.n >= MAX_HEADER_FIELDS) {
		refuse(q, 431, "more than 65536 bytes or 256 fields of header");
		return;
	}
	length = http_header(r, "content-length");
	for (size_t i = 0; i < length.n && i < 18; i++)
		if (length.p[i] >= '0' && length.p[i] <= '9')
			q->length = q->length * 10 + (uint64_t)(length.p[i] - '0');
	q->length_known = length.p != NULL;
	status = hreq_route(q, &why);
	if (status != 0) {
		refuse(q, status, why);
		return;
	}
	s->moving |= conn_elsewhere(s->c, q);
	if (hreq_too_long(q)) {
		hreq_call_too_big(q);
		return;
	}
	expect = http_header(r, "expect");
	if (str_eq_nocase(expect, STR("100-continue"))) {
		static const nghttp2_nv go_on = { (uint8_t *)(uintptr_t) ":status", (uint8_t *)(uintptr_t) "100", 7, 3,
			NGHTTP2_NV_FLAG_NONE };

		nghttp2_submit_headers(s->session, NGHTTP2_FLAG_NONE, q->stream, NULL, &go_on, 1, NULL);
	}
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *f, void *arg)
{
	struct h2 *s = arg;
	struct hreq *q;

	if (f->hd.type != NGHTTP2_HEADERS && f->hd.type != NGHTTP2_DATA)
		return 0;
	q = nghttp2_session_get_stream_user_data(session, f->hd.stream_id);
	if (q == NULL)
		return 0;
	if (f->hd.type == NGHTTP2_HEADERS && f->headers.cat == NGHTTP2_HCAT_REQUEST)
		head_done(s, q);
	if (!q->called && f->hd.flags & NGHTTP2_FLAG_END_STREAM) {
		q->waits = s->moving;
		if (!q->waits)
			hreq_call(q, str_of(q->body, q->body_n));
	}
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *p, size_t n, void *arg)
{
	struct hreq *q = nghttp2_session_get_stream_user_data(session, stream);
	int status;

	(void)flags;
	(void)arg;
	if (q == NULL || q->called)
		return 0;
	status = hreq_body_add(q, str_of(p, n));
	if (status != 0)
		refuse_body(q, status);
	return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t code, void *arg)
{
	struct h2 *s = arg;
	struct hreq *q = nghttp2_session_get_stream_user_data(session, stream);

	(void)code;
	if (q == NULL)
		return 0;
	nghttp2_session_set_stream_user_data(session, stream, NULL);
	unlink_stream(s, q);
	/* Inside http_reply nobody is told of a lost client: do it when the reply is out. */
	if (s->c->nested && q->called && !q->replied) {
		q->closed = true;
		link_stream(s, q);
		s->c->readable = true;
		return 0;
	}
	hreq_gone(q);
	return 0;
}

/* A reply that came before its request ended: the rest is not wanted. */
static int on_sent(nghttp2_session *session, const nghttp2_frame *f, void *arg)
{
	struct hreq *q;

	(void)arg;
	if ((f->hd.type != NGHTTP2_HEADERS && f->hd.type != NGHTTP2_DATA) || !(f->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return 0;
	q = nghttp2_session_get_stream_user_data(session, f->hd.stream_id);
	if (q != NULL && q->linger)
		nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, q->stream, NGHTTP2_NO_ERROR);
	return 0;
}

static nghttp2_session *new_session(struct h2 *s)
{
	nghttp2_session_callbacks *cb;
	nghttp2_option *o;
	nghttp2_session *session = NULL;
	int rc;

	rc = nghttp2_session_callbacks_new(&cb);
	assert(rc == 0); /* memory */
	nghttp2_session_callbacks_set_on_begin_headers_callback(cb, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_close);
	nghttp2_session_callbacks_set_on_frame_send_callback(cb, on_sent);
	rc = nghttp2_option_new(&o);
	assert(rc == 0);
	nghttp2_option_set_no_closed_streams(o, 1);
	nghttp2_option_set_max_outbound_ack(o, 200);
	nghttp2_option_set_stream_reset_rate_limit(o, RESET_BURST, RESET_RATE);
	nghttp2_option_set_max_continuations(o, MAX_CONTINUATIONS);
	rc = nghttp2_session_server_new2(&session, cb, s, o);
	assert(rc == 0);
	nghttp2_option_del(o);
	nghttp2_session_callbacks_del(cb);
	return session;
}

struct h2 *h2_new(struct conn *c)
{
	struct h2 *s = mem_zalloc(sizeof(*s));
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, c->h->conf.max_streams },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, MAX_HEADER_BYTES },
	};

	s->c = c;
	s->active = loop_mono(c->h->loop);
	buf_init(&s->out, 4 << 20);
	s->session = new_session(s);
	nghttp2_submit_settings(s->session, NGHTTP2_FLAG_NONE, settings, ARRAY_LEN(settings));
	nghttp2_session_set_local_window_size(s->session, NGHTTP2_FLAG_NONE, 0, CONN_WINDOW);
	return s;
}

void h2_free(struct h2 *s)
{
	if (s == NULL)
		return;
	while (s->streams != NULL) {
		struct hreq *q = s->streams;

		unlink_stream(s, q);
		hreq_gone(q);
	}
	nghttp2_session_del(s->session);
	buf_fini(&s->out);
	mem_free(s);
}

int h2_upgrade(struct h2 *s, struct hreq *q)
{
	struct str settings;
	struct err e;

	if (dec_base64(q->pub.a, q->h2_settings, &settings, &e) < 0 ||
	    nghttp2_session_upgrade2(s->session, (const uint8_t *)settings.p, settings.n, q->head_only, q) != 0)
		return -1;
	q->stream = 1;
	q->pub.http2 = true;
	link_stream(s, q);
	return 0;
}

static enum step feed(struct h2 *s, const char *p, size_t n)
{
	ssize_t used = nghttp2_session_mem_recv(s->session, (const uint8_t *)p, n);

	s->active = loop_mono(s->c->h->loop);
	if (used < 0 || (size_t)used != n)
		s->broken = true;
	return STEP_ON;
}

static void tell_closed(struct h2 *s)
{
	struct hreq *q = s->streams;

	while (q != NULL) {
		struct hreq *next = q->next;

		if (q->closed) {
			unlink_stream(s, q);
			hreq_gone(q);
			next = s->streams; /* a handler may have ended others */
		}
		q = next;
	}
}

static bool is_busy(const struct h2 *s)
{
	for (const struct hreq *q = s->streams; q != NULL; q = q->next)
		if (q->called && !q->replied)
			return true;
	return false;
}

/* Where the connection has moved to, or where it cannot leave. */
static void call_waiting(struct h2 *s)
{
	struct hreq *q = s->streams;

	while (q != NULL) {
		bool waits = q->waits;

		q->waits = false;
		if (waits)
			hreq_call(q, str_of(q->body, q->body_n));
		q = waits ? s->streams : q->next; /* a handler may have ended others */
	}
}

void h2_move(struct h2 *s, struct httpd *from, struct httpd *to)
{
	for (struct hreq *q = s->streams; q != NULL; q = q->next)
		hreq_move(q, from, to);
}

/* Collects frames for one send. -1: the session cannot go on. */
static int fill(struct h2 *s)
{
	if (s->sent > 0) {
		memmove(s->out.p, s->out.p + s->sent, s->out.n - s->sent);
		s->out.n -= s->sent;
		s->sent = 0;
	}
	while (s->out.n < OUT_FILL) {
		const uint8_t *p;
		ssize_t got = nghttp2_session_mem_send(s->session, &p);

		if (got <= 0)
			return (int)got;
		buf_add(&s->out, str_of(p, (size_t)got));
	}
	return 0;
}

/* Sends all frames that are due. STEP_ON: nothing is left. */
static enum step flush(struct h2 *s)
{
	for (;;) {
		struct iovec v;
		ssize_t n;

		if (fill(s) < 0)
			return STEP_END;
		if (s->out.n == 0)
			break;
		v = (struct iovec){ s->out.p + s->sent, s->out.n - s->sent };
		n = conn_send(s->c, &v, 1);
		if (n < 0)
			return n == -1 ? STEP_BOTH : STEP_END;
		s->sent += (size_t)n;
		s->active = loop_mono(s->c->h->loop);
	}
	if (s->streams == NULL && s->out.cap > 0) {
		size_t max = s->out.max;

		buf_fini(&s->out);
		buf_init(&s->out, max);
	}
	return STEP_ON;
}

static enum step read_some(struct conn *c)
{
	struct h2 *s = c->h2;
	char *p;
	ssize_t n;

	/* Handlers run inside; replies to others may need an input buffer meanwhile. */
	p = httpd_scratch(c->h);
	httpd_take_scratch(c->h);
	n = conn_recv(c, p, SCRATCH);
	if (n > 0)
		feed(s, p, (size_t)n);
	httpd_give_scratch(c->h, p);
	if (n == -1)
		return STEP_READ;
	return n > 0 ? STEP_ON : STEP_END;
}

static bool tell_room(struct h2 *s);

enum step h2_step(struct conn *c)
{
	struct h2 *s = c->h2;
	enum step step;

	if (!c->nested) {
		tell_closed(s);
		call_waiting(s);
		if (c->in_n > 0) {
			char *p = c->in;
			size_t n = c->in_n;

			c->in = NULL;
			c->in_n = c->in_cap = 0;
			feed(s, p, n);
			mem_free(p);
		} else if (c->readable && s->out.n - s->sent < OUT_FILL && read_some(c) == STEP_END) {
			return STEP_END;
		}
		if (s->moving && !c->dead && !s->broken && !is_busy(s)) {
			s->moving = false;
			return STEP_MOVE;
		}
		s->moving = false;
		if (!c->dead)
			call_waiting(s);
	}
	if (c->dead)
		return STEP_END;
	step = flush(s);
	if (step == STEP_END || (step == STEP_ON && s->broken))
		return STEP_END;
	if (step == STEP_ON && !c->nested && tell_room(s))
		return STEP_ON;
	if (step == STEP_BOTH)
		return s->out.n - s->sent < OUT_FILL ? STEP_BOTH : STEP_WRITE;
	if (s->streams == NULL &&
	    (s->draining || (!nghttp2_session_want_read(s->session) && !nghttp2_session_want_write(s->session))))
		return STEP_END;
	return c->readable ? STEP_ON : STEP_READ;
}

/* Whose piece is out may send another. True: somebody was asked. */
static bool tell_room(struct h2 *s)
{
	for (struct hreq *q = s->streams; q != NULL; q = q->next) {
		if (!q->pieces || !q->wants || !http_room(&q->pub))
			continue;
		q->wants = false;
		if (q->pub.on_room != NULL)
			q->pub.on_room(&q->pub);
		return true; /* the list may be another now */
	}
	return false;
}

void h2_drain(struct h2 *s)
{
	if (s->draining)
		return;
	s->draining = true;
	nghttp2_submit_goaway(s->session, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(s->session),
	    NGHTTP2_NO_ERROR, NULL, 0);
	conn_run(s->c);
}

/* Looked at on every tick: idle connections, stuck output, slow streams. */
void h2_expire(struct conn *c, int64_t now)
{
	const struct httpd_conf *conf = &c->h->conf;
	struct h2 *s = c->h2;
	bool stuck = s->out.n > s->sent && now - s->active >= conf->write_timeout;
	bool reset = false;

	if (stuck) {
		conn_close(c);
		return;
	}
	if (s->streams == NULL && now - s->active >= conf->idle_timeout) {
		h2_drain(s);
		return;
	}
	for (struct hreq *q = s->streams; q != NULL; q = q->next) {
		bool sends = q->replied || (q->pieces && q->sent < q->out_body.n);
		uint64_t moved = sends ? q->sent : q->body_n;
		int64_t base = sends ? conf->write_timeout : conf->body_timeout;

		if (q->called && !sends)
			continue;
		if (now < q->since + base + (int64_t)(moved / (uint64_t)conf->min_rate) * NS_PER_S)
			continue;
		nghttp2_submit_rst_stream(s->session, NGHTTP2_FLAG_NONE, q->stream, NGHTTP2_CANCEL);
		c->h->stats.refused++;
		reset = true;
	}
	if (reset)
		conn_run(c);
}
