#include "base/json.h"
#include "base/zip.h"
#include "net/httpd_impl.h"

enum { GZIP_MIN = 1400, GZIP_LEVEL = 1 };

static bool has_field(const struct http_reply *rep, const char *name)
{
	for (size_t i = 0; i < rep->n_headers; i++)
		if (str_eq_nocase(rep->headers[i].name, str_cstr(name)))
			return true;
	return false;
}

/* Adds Vary, and Content-Encoding if the body was compressed. */
static struct http_reply compressed(struct hreq *q, const struct http_reply *rep, struct str *body)
{
	struct http_field *f = arena_array(q->pub.a, rep->n_headers + 2, sizeof(*f));
	struct http_reply out = *rep;
	struct buf b;

	if (rep->n_headers > 0)
		memcpy(f, rep->headers, rep->n_headers * sizeof(*f));
	out.headers = f;
	f[out.n_headers++] = (struct http_field){ STR("Vary"), STR("Accept-Encoding") };
	if (body->n < GZIP_MIN || !http_accepts_gzip(&q->pub) || has_field(rep, "Content-Encoding"))
		return out;
	buf_init(&b, body->n + 4096);
	zip_gzip(*body, GZIP_LEVEL, &b);
	if (b.over) {
		buf_fini(&b);
		return out;
	}
	buf_fini(&q->out_own);
	q->out_own = b;
	*body = buf_str(&b);
	f[out.n_headers++] = (struct http_field){ STR("Content-Encoding"), STR("gzip") };
	return out;
}

/* "Not now" always says when: 429 and 503 without a Retry-After get one. */
static struct http_reply with_retry(struct http_req *r, const struct http_reply *rep)
{
	struct http_reply out = *rep;
	struct http_field *f;

	for (size_t i = 0; i < rep->n_headers; i++)
		if (str_eq_nocase(rep->headers[i].name, STR("Retry-After")))
			return out;
	f = arena_array(r->a, rep->n_headers + 1, sizeof(*f));
	if (rep->n_headers > 0)
		memcpy(f, rep->headers, rep->n_headers * sizeof(*f));
	f[out.n_headers++] = (struct http_field){ STR("Retry-After"), STR("1") };
	out.headers = f;
	return out;
}

void http_reply(struct http_req *r, const struct http_reply *rep)
{
	struct hreq *q = CONTAINER_OF(r, struct hreq, pub);
	struct http_reply full, later;
	struct str body = rep->body;

	assert(q->called && !q->replied && !q->pieces); /* exactly one reply */
	q->replied = true;
	q->h->stats.busy--;
	if (q->h->conf.on_reply != NULL && !q->h->freed)
		q->h->conf.on_reply(r, rep->status, rep->take != NULL ? rep->take->n : body.n);
	if (rep->take != NULL) {
		q->out_own = *rep->take;
		buf_init(rep->take, rep->take->max);
		body = buf_str(&q->out_own);
	}
	if (q->c == NULL) {
		hreq_free(q);
		return;
	}
	if (rep->status == 429 || rep->status == 503) {
		later = with_retry(r, rep);
		rep = &later;
	}
	if (r->gzip_ok) {
		full = compressed(q, rep, &body);
		rep = &full;
	}
	if (body.p == rep->body.p && !rep->keep && rep->take == NULL && body.n > 0)
		body = arena_str(r->a, body);
	if (q->stream != 0)
		h2_reply(q, rep, body);
	else
		h1_reply(q, rep, body);
}

/* Bytes that would end a header field early become blanks. */
static char *put_value(char *p, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		*p++ = (unsigned char)s.p[i] < ' ' && s.p[i] != '\t' ? ' ' : s.p[i];
	return p;
}

static char *put(char *p, struct str s)
{
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return p + s.n;
}

static char *put_field(char *p, struct str prefix, struct str name, struct str value)
{
	p = put(p, prefix);
	p = put_value(p, name);
	p = put(p, STR(": "));
	p = put_value(p, value);
	return put(p, STR("\r\n"));
}

static char *put_number(char *p, uint64_t v, unsigned base)
{
	char digits[24];
	size_t n = sizeof(digits);

	do
		digits[--n] = "0123456789abcdef"[v % base];
	while ((v /= base) > 0);
	return put(p, str_of(digits + n, sizeof(digits) - n));
}

static size_t fields_size(const struct http_field *f, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += f[i].name.n + f[i].value.n + 4;
	return sum;
}

/* Trailers that HTTP/1.1 carries behind a chunked body. */
static bool chunked_reply(const struct hreq *q, const struct http_reply *rep)
{
	return rep->n_trailers > 0 && !q->pub.forwarded && q->minor == 1;
}

static char *put_framing(char *p, struct hreq *q, const struct http_reply *rep, size_t body_n)
{
	bool none = rep->status < 200 || rep->status == 204 || rep->status == 304;

	if (q->pieces) {
		p = put(p, q->minor == 1 ? STR("Transfer-Encoding: chunked\r\n") : STR(""));
	} else if (chunked_reply(q, rep)) {
		p = put(p, STR("Transfer-Encoding: chunked\r\n"));
		for (size_t i = 0; i < rep->n_trailers; i++)
			p = put_field(p, STR_NONE, STR("Trailer"), rep->trailers[i].name);
	} else if (!none && !(q->head_only && has_field(rep, "Content-Length"))) {
		p = put(p, STR("Content-Length: "));
		p = put_number(p, body_n, 10);
		p = put(p, STR("\r\n"));
	}
	if (!q->keep_alive)
		p = put(p, STR("Connection: close\r\n"));
	else if (q->minor == 0)
		p = put(p, STR("Connection: keep-alive\r\n"));
	return p;
}

struct str reply_head(struct hreq *q, const struct http_reply *rep, size_t body_n)
{
	static const struct str forward = { "X-Pyro-Trailer-", 15 };
	const char *text = http_status_text(rep->status);
	size_t room = 256 + strlen(text) + fields_size(rep->headers, rep->n_headers) +
	    fields_size(rep->trailers, rep->n_trailers) + rep->n_trailers * forward.n;
	char *start = arena_alloc(q->pub.a, room), *p = start;

	p = put(p, STR("HTTP/1.1 "));
	p = put_number(p, (unsigned)rep->status, 10);
	*p++ = ' ';
	p = put(p, str_cstr(text));
	p = put(p, STR("\r\nDate: "));
	p = put(p, httpd_date(q->h));
	p = put(p, STR("\r\n"));
	for (size_t i = 0; i < rep->n_headers; i++)
		p = put_field(p, STR_NONE, rep->headers[i].name, rep->headers[i].value);
	if (q->pub.forwarded)
		for (size_t i = 0; i < rep->n_trailers; i++)
			p = put_field(p, forward, rep->trailers[i].name, rep->trailers[i].value);
	p = put_framing(p, q, rep, body_n);
	p = put(p, STR("\r\n"));
	if (chunked_reply(q, rep) && body_n > 0 && !q->head_only) {
		p = put_number(p, body_n, 16);
		p = put(p, STR("\r\n"));
	}
	assert((size_t)(p - start) <= room);
	return str_of(start, (size_t)(p - start));
}

struct str reply_trailers(struct hreq *q, const struct http_reply *rep)
{
	char *start, *p;

	if (!chunked_reply(q, rep))
		return STR_NONE;
	start = p = arena_alloc(q->pub.a, 16 + fields_size(rep->trailers, rep->n_trailers));
	p = put(p, q->out_body.n > 0 ? STR("\r\n0\r\n") : STR("0\r\n"));
	for (size_t i = 0; i < rep->n_trailers; i++)
		p = put_field(p, STR_NONE, rep->trailers[i].name, rep->trailers[i].value);
	p = put(p, STR("\r\n"));
	return str_of(start, (size_t)(p - start));
}

void http_reply_type(struct http_req *r, int status, const char *type, struct str body)
{
	struct http_field f = { STR("Content-Type"), str_cstr(type) };

	http_reply(r, &(struct http_reply){ .status = status, .headers = &f, .n_headers = 1, .body = body });
}

void http_reply_text(struct http_req *r, int status, struct str text)
{
	http_reply_type(r, status, "text/plain; charset=utf-8", text);
}

void http_reply_empty(struct http_req *r, int status)
{
	http_reply(r, &(struct http_reply){ .status = status });
}

void http_reply_redirect(struct http_req *r, int status, struct str location)
{
	struct http_field f = { STR("Location"), location };

	http_reply(r, &(struct http_reply){ .status = status, .headers = &f, .n_headers = 1 });
}

void http_reply_not_found(struct http_req *r)
{
	struct http_field f[] = {
		{ STR("Content-Type"), STR("text/plain; charset=utf-8") },
		{ STR("X-Content-Type-Options"), STR("nosniff") },
	};

	http_reply(r,
	    &(struct http_reply){ .status = 404,
		.headers = f,
		.n_headers = ARRAY_LEN(f),
		.body = STR("404 page not found\n"),
		.keep = true });
}

void http_reply_json(struct http_req *r, int status, struct buf *take)
{
	struct http_field f = { STR("Content-Type"), STR("application/json") };

	http_reply(r, &(struct http_reply){ .status = status, .headers = &f, .n_headers = 1, .take = take });
}

void reply_default_too_big(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_reply_text(r, 413, arena_printf(r->a, "request body too large: the limit is %zu bytes\n", r->body_limit));
}

static const char *code_of_status(int status)
{
	switch (status) {
	case 400:
	case 413: return "invalid_argument";
	case 401: return "unauthenticated";
	case 403: return "permission_denied";
	case 404: return "unimplemented";
	case 412: return "failed_precondition";
	case 429:
	case 431: return "resource_exhausted";
	case 499: return "canceled";
	case 502:
	case 503: return "unavailable";
	case 504: return "deadline_exceeded";
	}
	return "unknown";
}

void http_error_json(struct http_req *r, int status, const char *code, struct str message)
{
	struct http_field f[] = {
		{ STR("Content-Type"), STR("application/json") },
		{ STR("X-Content-Type-Options"), STR("nosniff") },
	};
	struct buf b;
	struct jw w;

	buf_init(&b, message.n * 6 + 256);
	w = jw_init(&b);
	jw_open(&w, '{');
	jw_key(&w, STR("code"));
	jw_str(&w, str_cstr(code ? code : code_of_status(status)));
	jw_key(&w, STR("message"));
	jw_str(&w, message);
	jw_close(&w, '}');
	buf_byte(&b, '\n');
	http_reply(r, &(struct http_reply){ .status = status, .headers = f, .n_headers = ARRAY_LEN(f), .take = &b });
}

void http_error(struct http_req *r, const struct err *e)
{
	http_error_json(r, err_http(e->kind), err_rpc(e->kind), str_cstr(e->msg));
}
