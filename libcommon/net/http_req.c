#include "net/httpd_impl.h"
#include "net/url.h"

struct hreq *hreq_new(struct conn *c)
{
	struct httpd *h = c->h;
	struct hreq *q = h->pool;
	struct arena *a;

	if (q != NULL) {
		h->pool = q->next;
		h->n_pool--;
		a = q->pub.a;
	} else {
		q = mem_alloc(sizeof(*q));
		a = arena_new();
	}
	*q = (struct hreq){ .h = h, .c = c, .limit = h->conf.body_limit, .minor = 1 };
	q->pub.a = a;
	memcpy(q->peer, c->peer, c->peer_n); /* it may stay longer than the connection */
	q->pub.peer = str_of(q->peer, c->peer_n);
	q->pub.tls = c->tls != NULL;
	q->pub.loop = h->loop;
	q->pub.owner = h->conf.owner;
	q->since = loop_mono(h->loop);
	buf_init(&q->out_own, 0);
	h->held++;
	h->stats.requests++;
	return q;
}

static void forget_body(struct hreq *q)
{
	if (q->own != NULL)
		httpd_give_scratch(q->h, q->own);
	q->own = NULL;
	mem_free(q->body);
	q->body = NULL;
	q->h->stats.body_bytes -= q->body_cap;
	q->body_n = q->body_cap = 0;
	q->pub.body = STR_NONE;
}

void http_forget_body(struct http_req *r)
{
	forget_body(CONTAINER_OF(r, struct hreq, pub));
}

void hreq_free(struct hreq *q)
{
	struct httpd *h = q->h;

	forget_body(q);
	for (struct owned *o = q->owned; o != NULL; o = o->next)
		mem_free(o->p);
	buf_fini(&q->out_own);
	vec_free(&q->fields);
	if (h->n_pool < MAX_POOL && arena_bytes(q->pub.a) <= POOL_ARENA && !h->freed) {
		arena_reset(q->pub.a);
		q->next = h->pool;
		h->pool = q;
		h->n_pool++;
	} else {
		arena_free(q->pub.a);
		mem_free(q);
	}
	if (h->freed)
		httpd_release(h);
	else
		h->held--;
}

/* Each server's numbers are changed on its thread. */
void hreq_move(struct hreq *q, struct httpd *from, struct httpd *to)
{
	if (from != NULL) {
		from->held--;
		from->stats.requests--;
		from->stats.body_bytes -= q->body_cap;
		return;
	}
	q->h = to;
	q->pub.loop = to->loop;
	q->pub.owner = to->conf.owner;
	to->held++;
	to->stats.requests++;
	to->stats.body_bytes += q->body_cap;
}

struct str http_own(struct http_req *r, struct buf *b)
{
	struct hreq *q = CONTAINER_OF(r, struct hreq, pub);
	struct owned *o = arena_alloc(r->a, sizeof(*o));
	struct str bytes = buf_str(b);

	*o = (struct owned){ q->owned, b->p };
	q->owned = o;
	buf_init(b, b->max);
	return bytes;
}

void hreq_gone(struct hreq *q)
{
	q->c = NULL;
	if (!q->called || q->replied) {
		hreq_free(q);
		return;
	}
	q->pub.gone = true;
	if (q->pub.on_gone != NULL)
		q->pub.on_gone(&q->pub);
}

/* What a sibling says about the first hop. */
static void take_forwarded(struct http_req *r)
{
	struct str via = http_header(r, "X-Pyro-Forwarded"), peer;

	if (via.p == NULL)
		return;
	r->forwarded = true;
	r->http2 = str_eq(via, STR("h2"));
	peer = http_header(r, "X-Pyro-Peer");
	if (peer.p != NULL)
		r->peer = peer;
}

/* Origin form, absolute form, or the asterisk of OPTIONS. */
static int split_target(struct hreq *q, const char **why)
{
	struct http_req *r = &q->pub;
	struct str t = r->target;
	struct err e;
	size_t mark;

	if (t.n > 0 && t.p[0] != '/' && !(str_eq(t, STR("*")) && http_is(r, "OPTIONS"))) {
		struct url u;

		*why = "request target is neither a path nor a URL";
		if (url_parse(t, &u, &e) < 0)
			return 400;
		if (!str_eq_nocase(u.scheme, STR("http")) && !str_eq_nocase(u.scheme, STR("https")))
			return 400;
		r->host = str_of(u.host.p - u.ipv6, (size_t)(u.path.p - u.host.p) + u.ipv6);
		t = u.path.n > 0 ? str_of(u.path.p, (size_t)(t.p + t.n - u.path.p)) : STR("/");
	}
	mark = str_find(t, '?');
	r->path = str_of(t.p, mark);
	r->query = str_skip(t, mark + 1);
	*why = "path has a broken percent escape";
	if (str_find(r->path, '%') != r->path.n && url_decode_path(r->a, r->path, &r->path, &e) < 0)
		return 400;
	return 0;
}

static void no_such_path(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_reply_not_found(r);
}

/* Takes the server's prefix off the path. */
static bool under_prefix(struct hreq *q)
{
	struct str prefix = str_cstr(q->h->conf.path_prefix ? q->h->conf.path_prefix : "");

	while (prefix.n && prefix.p[prefix.n - 1] == '/')
		prefix.n--;
	if (prefix.n == 0)
		return true;
	if (!str_prefix(q->pub.path, prefix) || q->pub.path.n == prefix.n || q->pub.path.p[prefix.n] != '/')
		return false;
	q->pub.path = str_skip(q->pub.path, prefix.n);
	return true;
}

int hreq_route(struct hreq *q, const char **why)
{
	struct http_req *r = &q->pub;
	int status = split_target(q, why);
	struct route_hit hit;

	if (status != 0)
		return status;
	if (q->c->trusted)
		take_forwarded(r);
	if (under_prefix(q))
		hit = router_find(q->h->routes, r->method, r->path);
	else
		hit = (struct route_hit){ .fn = no_such_path };
	q->fn = hit.fn;
	q->fn_ctx = hit.ctx;
	q->aside = hit.aside;
	if (hit.body_limit > 0)
		q->limit = hit.body_limit;
	r->body_limit = q->limit;
	r->route = hit.row;
	r->gzip_ok = hit.row != NULL && !hit.wrong_method && hit.row->flags & ROUTE_GZIP;
	q->head_only = http_is(r, "HEAD");
	return 0;
}

bool hreq_too_long(const struct hreq *q)
{
	return q->length_known && q->length > q->limit;
}

/* Short bodies get their memory at once, long ones as they come: a length costs nothing to say. */
int hreq_body_room(struct hreq *q)
{
	struct httpd_stats *stats = &q->h->stats;
	size_t cap = q->body_cap == 0 ? 4096 : q->body_cap * 2;

	if (q->body_n < q->body_cap)
		return 0;
	if (q->length_known && (q->body_cap > 0 || q->length <= BODY_STEP))
		cap = MIN(q->length, MAX(cap, (size_t)BODY_STEP));
	else if (q->length_known)
		cap = BODY_STEP;
	cap = MIN(cap, q->limit);
	if (cap <= q->body_cap)
		return 413;
	if (stats->body_bytes + (cap - q->body_cap) > q->h->conf.max_body_bytes)
		return 503;
	stats->body_bytes += cap - q->body_cap;
	q->body = mem_resize(q->body, cap, 1);
	q->body_cap = cap;
	return 0;
}

int hreq_body_add(struct hreq *q, struct str bytes)
{
	while (bytes.n > 0) {
		int status = hreq_body_room(q);
		size_t part = MIN(bytes.n, q->body_cap - q->body_n);

		if (status != 0)
			return status;
		memcpy(q->body + q->body_n, bytes.p, part);
		q->body_n += part;
		bytes = str_skip(bytes, part);
	}
	return 0;
}

static void call(struct hreq *q, http_fn *fn, void *ctx)
{
	q->called = true;
	q->h->stats.busy++;
	q->pub.mono = loop_mono(q->h->loop);
	q->pub.wall = loop_wall(q->h->loop);
	fn(&q->pub, ctx);
}

void hreq_call(struct hreq *q, struct str body)
{
	q->pub.body = body;
	call(q, q->fn, q->fn_ctx);
}

/* Only the route that would have taken the body knows how to say that it is too large. */
void hreq_call_too_big(struct hreq *q)
{
	const struct route *row = q->pub.route;

	q->pub.too_big = true;
	q->pub.body = STR_NONE;
	q->linger = true;
	q->keep_alive = false;
	q->h->stats.refused++;
	if (row == NULL || q->fn != row->fn)
		call(q, q->fn, q->fn_ctx); /* 404, 405 */
	else if (row->too_big != NULL)
		call(q, row->too_big, q->fn_ctx);
	else
		call(q, reply_default_too_big, NULL);
}
