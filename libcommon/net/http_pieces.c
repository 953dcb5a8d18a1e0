/* http_pieces.c - a reply that comes in pieces; see http.h */
#include "net/httpd_impl.h"

static struct hreq *of(struct http_req *r)
{
	return CONTAINER_OF(r, struct hreq, pub);
}

void http_begin(struct http_req *r, const struct http_reply *rep)
{
	struct hreq *q = of(r);

	assert(q->called && !q->replied && !q->pieces);
	q->pieces = true;
	if (q->h->conf.on_reply != NULL && !q->h->freed)
		q->h->conf.on_reply(r, rep->status, 0);
	if (q->c == NULL)
		return;
	if (q->stream != 0)
		h2_begin(q, rep);
	else
		h1_begin(q, rep);
}

bool http_room(const struct http_req *r)
{
	const struct hreq *q = (const struct hreq *)((const char *)r - offsetof(struct hreq, pub));

	if (q->c == NULL || q->c->dead || q->replied)
		return false;
	return q->stream != 0 ? q->sent == q->out_body.n && !q->closed : h1_room(q);
}

void http_more(struct http_req *r, struct buf *take)
{
	struct hreq *q = of(r);

	assert(q->pieces && !q->replied && take->n > 0);
	if (!http_room(r) || q->head_only) {
		buf_reset(take);
		return;
	}
	buf_fini(&q->out_own);
	q->out_own = *take;
	buf_init(take, take->max);
	q->out_body = buf_str(&q->out_own);
	q->sent = 0;
	if (q->stream != 0)
		h2_more(q);
	else
		h1_more(q);
}

void http_end(struct http_req *r)
{
	struct hreq *q = of(r);

	assert(q->pieces && !q->replied);
	q->replied = true;
	q->h->stats.busy--;
	if (q->c == NULL)
		hreq_free(q);
	else if (q->stream != 0)
		h2_more(q);
	else
		h1_end(q);
}
