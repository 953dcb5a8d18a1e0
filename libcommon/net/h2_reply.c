#include "net/h2_impl.h"

static ssize_t read_body(nghttp2_session *session, int32_t stream, uint8_t *p, size_t room, uint32_t *flags,
    nghttp2_data_source *source, void *arg)
{
	struct hreq *q = source->ptr;
	size_t n = MIN(room, q->out_body.n - q->sent);

	(void)arg;
	if (n == 0 && q->pieces && !q->replied)
		return NGHTTP2_ERR_DEFERRED;
	if (n > 0)
		memcpy(p, q->out_body.p + q->sent, n);
	q->sent += n;
	if (q->sent < q->out_body.n || (q->pieces && !q->replied))
		return (ssize_t)n;
	*flags |= NGHTTP2_DATA_FLAG_EOF;
	if (q->n_trailers > 0) {
		nghttp2_nv *nv = arena_array(q->pub.a, q->n_trailers, sizeof(*nv));

		for (size_t i = 0; i < q->n_trailers; i++)
			nv[i] = (nghttp2_nv){ (uint8_t *)(uintptr_t)q->trailers[i].name.p,
				(uint8_t *)(uintptr_t)q->trailers[i].value.p, q->trailers[i].name.n,
				q->trailers[i].value.n, NGHTTP2_NV_FLAG_NONE };
		if (nghttp2_submit_trailer(session, stream, nv, q->n_trailers) == 0)
			*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
	}
	return (ssize_t)n;
}

/* A field as HTTP/2 wants it: lower-case name, value without control bytes or blanks around it. */
static struct http_field clean(struct arena *a, struct http_field f)
{
	char *name = arena_alloc(a, f.name.n + f.value.n), *value = name + f.name.n;
	struct str v = str_trim(f.value);

	for (size_t i = 0; i < f.name.n; i++)
		name[i] = f.name.p[i] >= 'A' && f.name.p[i] <= 'Z' ? (char)(f.name.p[i] | 0x20) : f.name.p[i];
	for (size_t i = 0; i < v.n; i++)
		value[i] = ((unsigned char)v.p[i] < ' ' && v.p[i] != '\t') || v.p[i] == 0x7f ? ' ' : v.p[i];
	return (struct http_field){ str_of(name, f.name.n), str_of(value, v.n) };
}

/* Fields that HTTP/2 does not know, and those that are made here. */
static bool dropped(struct str name, bool keep_length)
{
	return str_eq(name, STR("connection")) || str_eq(name, STR("keep-alive")) ||
	    str_eq(name, STR("transfer-encoding")) || str_eq(name, STR("upgrade")) ||
	    str_eq(name, STR("proxy-connection")) || str_eq(name, STR("date")) ||
	    (str_eq(name, STR("content-length")) && !keep_length) || !h1_is_token(name);
}

static nghttp2_nv nv_of(struct http_field f)
{
	return (nghttp2_nv){ (uint8_t *)(uintptr_t)f.name.p, (uint8_t *)(uintptr_t)f.value.p, f.name.n, f.value.n,
		NGHTTP2_NV_FLAG_NONE };
}

static size_t make_head(struct hreq *q, const struct http_reply *rep, nghttp2_nv *nv)
{
	struct arena *a = q->pub.a;
	bool none = rep->status < 200 || rep->status == 204 || rep->status == 304;
	bool have_length = false;
	size_t n = 0;

	nv[n++] = nv_of((struct http_field){ STR(":status"), arena_printf(a, "%03d", rep->status) });
	nv[n++] = nv_of((struct http_field){ STR("date"), arena_str(a, httpd_date(q->h)) });
	for (size_t i = 0; i < rep->n_headers; i++) {
		struct http_field f = clean(a, rep->headers[i]);

		if (dropped(f.name, q->head_only))
			continue;
		have_length |= str_eq(f.name, STR("content-length"));
		nv[n++] = nv_of(f);
	}
	if (!none && !have_length && rep->n_trailers == 0 && !q->pieces)
		nv[n++] = nv_of((struct http_field){ STR("content-length"), arena_printf(a, "%zu", q->out_body.n) });
	return n;
}

void h2_reply(struct hreq *q, const struct http_reply *rep, struct str body)
{
	struct h2 *s = q->c->h2;
	struct http_field *trailers = arena_array(q->pub.a, rep->n_trailers, sizeof(*trailers));
	nghttp2_nv *nv = arena_array(q->pub.a, rep->n_headers + 3, sizeof(*nv));
	nghttp2_data_provider provider = { .source.ptr = q, .read_callback = read_body };
	size_t n;

	q->out_body = body;
	n = make_head(q, rep, nv);
	for (size_t i = 0; i < rep->n_trailers; i++)
		trailers[i] = clean(q->pub.a, rep->trailers[i]);
	q->trailers = trailers;
	q->n_trailers = rep->n_trailers;
	q->since = loop_mono(q->h->loop);
	if (q->head_only)
		q->out_body = STR_NONE;
	if (q->c->dead || q->closed)
		return; /* freed with the stream list */
	nghttp2_submit_response(s->session, q->stream, nv, n,
	    q->head_only || (body.n == 0 && rep->n_trailers == 0) ? NULL : &provider);
	conn_run_reply(q->c);
}

void h2_begin(struct hreq *q, const struct http_reply *rep)
{
	nghttp2_nv *nv = arena_array(q->pub.a, rep->n_headers + 3, sizeof(*nv));
	nghttp2_data_provider provider = { .source.ptr = q, .read_callback = read_body };
	size_t n = make_head(q, rep, nv);

	q->since = loop_mono(q->h->loop);
	q->wants = true;
	if (q->c->dead || q->closed)
		return;
	nghttp2_submit_response(q->c->h2->session, q->stream, nv, n, q->head_only ? NULL : &provider);
	conn_run_reply(q->c);
}

void h2_more(struct hreq *q)
{
	q->since = loop_mono(q->h->loop);
	q->wants = true;
	if (q->c->dead || q->closed)
		return; /* freed with the stream list */
	nghttp2_session_resume_data(q->c->h2->session, q->stream);
	conn_run_reply(q->c);
}
