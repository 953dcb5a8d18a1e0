#include "net/httpd_impl.h"

enum { BEG_AGAIN = 100 }; /* ms */

/* Nothing moves when a server stops: what is under way must be known. */
bool conn_elsewhere(const struct conn *c, const struct hreq *q)
{
	struct httpd *aside = c->home->conf.aside;

	if (aside == NULL || c->h->stopping || c->posted)
		return false;
	return c->h != (q->aside ? aside : c->home);
}

/* ---- the last of a connection is at home, which counts it ---- */

static void is_back(struct httpd *h)
{
	h->away--;
	if (h->freed)
		httpd_release(h);
	else
		h->held--;
}

static void closed_away(struct task *t)
{
	struct conn *c = CONTAINER_OF(t, struct conn, again);
	struct httpd *h = c->home;
	bool freed = h->freed;

	mem_free(c);
	is_back(h);
	if (!freed)
		httpd_conn_closed(h);
}

void conn_free(struct conn *c)
{
	if (c->h == c->home) {
		mem_free(c);
		return;
	}
	c->again.fn = closed_away;
	loop_post(c->home->loop, &c->again);
}

/* ---- there and back ---- */

static void arrive(struct task *t)
{
	struct conn *c = CONTAINER_OF(t, struct conn, again);
	struct httpd *h = c->h;
	bool home = h == c->home, gone;
	struct err e;

	c->again.fn = conn_again;
	conn_join(c);
	if (c->h2 != NULL)
		h2_move(c->h2, NULL, h);
	gone = h->freed || loop_watch(h->loop, &c->w, c->w.fd, EPOLLIN, &e) < 0;
	if (gone)
		conn_close(c);
	if (home)
		is_back(h);
	if (gone)
		return;
	c->readable = true;
	c->draining = h->stopping;
	if (c->draining && c->h2 != NULL)
		h2_drain(c->h2);
	else
		conn_run(c);
}

void conn_leave(struct conn *c)
{
	struct httpd *from = c->h, *to = from == c->home ? from->conf.aside : c->home;

	loop_unwatch(from->loop, &c->w);
	conn_forget(c);
	if (c->h2 != NULL)
		h2_move(c->h2, from, NULL);
	if (from == c->home) {
		from->away++;
		from->held++;
		httpd_room(from); /* it may be idle there */
	}
	c->h = to;
	c->again.fn = arrive;
	loop_post(to->loop, &c->again);
}

/* ---- room for a new one ---- */

/* Behind the news of the one that was closed. */
static void begged(struct task *t)
{
	struct httpd *h = CONTAINER_OF(t, struct httpd, beg);

	h->begging = false;
	if (h->freed) {
		httpd_release(h);
		return;
	}
	h->held--;
	if (!h->stopping && h->paused && httpd_full(h) && h->resume.pos == 0)
		loop_timer(h->loop, &h->resume, loop_mono(h->loop) + BEG_AGAIN * NS_PER_MS);
}

/* Of ours: others came from elsewhere. */
static void close_idle(struct task *t)
{
	struct httpd *h = CONTAINER_OF(t, struct httpd, beg);
	struct conn *c = h->conf.aside->idle_first;

	while (c != NULL && c->home != h)
		c = c->next;
	if (c != NULL)
		conn_close(c);
	h->beg.fn = begged;
	loop_post(h->loop, &h->beg);
}

void conn_beg(struct httpd *h)
{
	if (h->away == 0 || h->begging)
		return;
	h->begging = true;
	h->held++;
	h->beg.fn = close_idle;
	loop_post(h->conf.aside->loop, &h->beg);
}
