/*
 * h2_client.h - a small HTTP/2 client for tests, blocking, over a socket.
 *
 *	struct h2c c;
 *	h2c_open(&c, fd);
 *	struct h2c_stream *s = h2c_ask(&c, "GET", "/", NULL, 0, body);
 *	h2c_wait(&c, s);        // until the stream is closed, or the connection is
 */
#ifndef H2_CLIENT_H
#define H2_CLIENT_H

#include <nghttp2/nghttp2.h>

#include "tests/lib/net_fixture.h"

enum { H2C_STREAMS = 2000 };

struct h2c_stream {
	int32_t id;
	int status, informational;
	struct buf head, body, trailers; /* "name: value\n" lines */
	bool heads_done, closed;
	uint32_t error;
	struct str send;
	size_t sent;
};

struct h2c {
	int fd;
	nghttp2_session *session;
	struct h2c_stream *streams[H2C_STREAMS];
	size_t n;
	bool ended, goaway;
	uint32_t goaway_code;
};

static inline struct h2c_stream *h2c_stream_new(struct h2c *c)
{
	struct h2c_stream *s = calloc(1, sizeof(*s));

	assert_true(c->n < H2C_STREAMS);
	c->streams[c->n++] = s;
	buf_init(&s->head, 1 << 20);
	buf_init(&s->body, 64 << 20);
	buf_init(&s->trailers, 1 << 20);
	return s;
}

static inline ssize_t h2c_send(nghttp2_session *session, const uint8_t *p, size_t n, int flags, void *arg)
{
	struct h2c *c = arg;
	ssize_t k = send(c->fd, p, n, MSG_NOSIGNAL);

	(void)session;
	(void)flags;
	return k > 0 ? k : errno == EAGAIN ? NGHTTP2_ERR_WOULDBLOCK : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static inline int h2c_on_header(nghttp2_session *session, const nghttp2_frame *f, const uint8_t *name, size_t name_n,
    const uint8_t *value, size_t value_n, uint8_t flags, void *arg)
{
	struct h2c_stream *s = nghttp2_session_get_stream_user_data(session, f->hd.stream_id);

	(void)flags;
	(void)arg;
	if (s == NULL)
		return 0;
	if (name_n == 7 && memcmp(name, ":status", 7) == 0) {
		int status = atoi((const char *)value);

		if (status < 200)
			s->informational = status;
		else
			s->status = status;
		return 0;
	}
	buf_printf(s->heads_done ? &s->trailers : &s->head, "%.*s: %.*s\n", (int)name_n, (const char *)name,
	    (int)value_n, (const char *)value);
	return 0;
}

static inline int h2c_on_frame(nghttp2_session *session, const nghttp2_frame *f, void *arg)
{
	struct h2c *c = arg;
	struct h2c_stream *s;

	if (f->hd.type == NGHTTP2_GOAWAY) {
		c->goaway = true;
		c->goaway_code = f->goaway.error_code;
	}
	if (f->hd.type == NGHTTP2_HEADERS) {
		s = nghttp2_session_get_stream_user_data(session, f->hd.stream_id);
		if (s != NULL && s->status != 0)
			s->heads_done = true;
	}
	return 0;
}

static inline int h2c_on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *p, size_t n,
    void *arg)
{
	struct h2c_stream *s = nghttp2_session_get_stream_user_data(session, id);

	(void)flags;
	(void)arg;
	buf_add(&s->body, str_of(p, n));
	return 0;
}

static inline int h2c_on_close(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
	struct h2c_stream *s = nghttp2_session_get_stream_user_data(session, id);

	(void)arg;
	if (s != NULL) {
		s->closed = true;
		s->error = code;
	}
	return 0;
}

/* With stream 1 already open when the connection was upgraded. */
static inline void h2c_open_raw(struct h2c *c, int fd)
{
	nghttp2_session_callbacks *cb;

	memset(c, 0, sizeof(*c));
	c->fd = fd;
	nghttp2_session_callbacks_new(&cb);
	nghttp2_session_callbacks_set_send_callback(cb, h2c_send);
	nghttp2_session_callbacks_set_on_header_callback(cb, h2c_on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, h2c_on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, h2c_on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, h2c_on_close);
	nghttp2_session_client_new(&c->session, cb, c);
	nghttp2_session_callbacks_del(cb);
}

static inline void h2c_open(struct h2c *c, int fd)
{
	h2c_open_raw(c, fd);
	nghttp2_submit_settings(c->session, 0, NULL, 0);
}

static inline ssize_t h2c_body(nghttp2_session *session, int32_t id, uint8_t *p, size_t room, uint32_t *flags,
    nghttp2_data_source *source, void *arg)
{
	struct h2c_stream *s = source->ptr;
	size_t n = MIN(room, s->send.n - s->sent);

	(void)session;
	(void)id;
	(void)arg;
	memcpy(p, s->send.p + s->sent, n);
	s->sent += n;
	if (s->sent == s->send.n)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

static inline nghttp2_nv h2c_nv(struct str name, struct str value)
{
	return (nghttp2_nv){ (uint8_t *)(uintptr_t)name.p, (uint8_t *)(uintptr_t)value.p, name.n, value.n, 0 };
}

static inline struct h2c_stream *h2c_ask(struct h2c *c, const char *method, const char *path,
    const struct http_field *fields, size_t n, struct str body)
{
	struct h2c_stream *s = h2c_stream_new(c);
	nghttp2_data_provider data = { .source.ptr = s, .read_callback = h2c_body };
	nghttp2_nv nv[300];
	size_t k = 0;

	nv[k++] = h2c_nv(STR(":method"), str_cstr(method));
	nv[k++] = h2c_nv(STR(":scheme"), STR("http"));
	nv[k++] = h2c_nv(STR(":authority"), STR("test"));
	nv[k++] = h2c_nv(STR(":path"), str_cstr(path));
	for (size_t i = 0; i < n; i++)
		nv[k++] = h2c_nv(fields[i].name, fields[i].value);
	s->send = body;
	s->id = nghttp2_submit_request(c->session, NULL, nv, k, body.n > 0 ? &data : NULL, s);
	assert_true(s->id > 0);
	return s;
}

/* Sends what is due, reads once. false: the connection has ended. */
static inline bool h2c_turn(struct h2c *c)
{
	char buf[65536];
	ssize_t n;

	if (nghttp2_session_send(c->session) != 0) {
		c->ended = true;
		return false;
	}
	n = recv(c->fd, buf, sizeof(buf), 0);
	if (n < 0 && errno != ECONNRESET)
		fail_msg("no answer: %s", strerror(errno));
	if (n <= 0 || nghttp2_session_mem_recv(c->session, (const uint8_t *)buf, (size_t)n) < 0)
		c->ended = true;
	return !c->ended;
}

static inline void h2c_wait(struct h2c *c, const struct h2c_stream *s)
{
	while (!s->closed && h2c_turn(c))
		;
	if (!c->ended)
		nghttp2_session_send(c->session);
}

static inline void h2c_close(struct h2c *c)
{
	nghttp2_session_del(c->session);
	for (size_t i = 0; i < c->n; i++) {
		buf_fini(&c->streams[i]->head);
		buf_fini(&c->streams[i]->body);
		buf_fini(&c->streams[i]->trailers);
		free(c->streams[i]);
	}
	close(c->fd);
}

static inline bool has_line(struct buf *b, const char *line)
{
	buf_byte(b, 0);
	b->n--;
	return b->n > 0 && strstr(b->p, line) != NULL;
}

#endif
