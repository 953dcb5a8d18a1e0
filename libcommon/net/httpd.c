#include "net/httpd.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "net/httpd_impl.h"

enum { ACCEPT_BATCH = 16 };

static void tick(struct timer *t);
static void resume(struct timer *t);
static void stopped(struct task *t);

static void fill_defaults(struct httpd_conf *c)
{
#define DEFAULT(field, value) c->field = c->field > 0 ? c->field : (value)
	DEFAULT(max_conns, 10000);
	DEFAULT(body_limit, (size_t)256 << 20);
	DEFAULT(max_body_bytes, (uint64_t)1 << 30);
	DEFAULT(header_timeout, 30 * NS_PER_S);
	DEFAULT(body_timeout, 60 * NS_PER_S);
	DEFAULT(write_timeout, 60 * NS_PER_S);
	DEFAULT(idle_timeout, 120 * NS_PER_S);
	DEFAULT(min_rate, 10240);
	DEFAULT(max_streams, 250);
#undef DEFAULT
}

struct httpd *httpd_new(struct loop *l, const struct httpd_conf *conf, const struct router *routes)
{
	struct httpd *h = mem_zalloc(sizeof(*h));
	int64_t least;

	if (conf != NULL)
		h->conf = *conf;
	fill_defaults(&h->conf);
	h->loop = l;
	h->routes = routes;
	h->tick.fn = tick;
	h->resume.fn = resume;
	h->done_task.fn = stopped;
	least = MIN(MIN(h->conf.header_timeout, h->conf.body_timeout),
	    MIN(h->conf.write_timeout, h->conf.idle_timeout));
	h->tick_every = MIN(MAX(least / 4, 10 * NS_PER_MS), NS_PER_S);
	return h;
}

char *httpd_scratch(struct httpd *h)
{
	if (h->scratch == NULL)
		h->scratch = h->n_spare > 0 ? h->spare[--h->n_spare] : mem_alloc(SCRATCH);
	return h->scratch;
}

char *httpd_take_scratch(struct httpd *h)
{
	char *p = h->scratch;

	h->scratch = NULL;
	return p;
}

void httpd_give_scratch(struct httpd *h, char *p)
{
	if (h->n_spare < MAX_SPARES && !h->freed)
		h->spare[h->n_spare++] = p;
	else
		mem_free(p);
}

struct str httpd_date(struct httpd *h)
{
	int64_t second = loop_wall(h->loop) / NS_PER_S;

	if (second != h->date_second) {
		time_t t = (time_t)second;
		struct tm tm;

		gmtime_r(&t, &tm);
		/* English names whatever the locale of the process. */
		snprintf(h->date, sizeof(h->date), "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT",
		    &"SunMonTueWedThuFriSat"[3 * tm.tm_wday], (unsigned)tm.tm_mday % 100u,
		    &"JanFebMarAprMayJunJulAugSepOctNovDec"[3 * tm.tm_mon], (unsigned)(tm.tm_year + 1900) % 10000u,
		    (unsigned)tm.tm_hour % 100u, (unsigned)tm.tm_min % 100u, (unsigned)tm.tm_sec % 100u);
		h->date_second = second;
	}
	return str_cstr(h->date);
}

static void pause_accept(struct httpd *h)
{
	for (struct listener *i = h->listeners; i != NULL; i = i->next)
		loop_unwatch(h->loop, &i->w);
	h->paused = true;
}

static void start_accept(struct httpd *h)
{
	struct err e;

	h->paused = false;
	for (struct listener *i = h->listeners; i != NULL; i = i->next)
		if (i->w.loop == NULL && loop_watch(h->loop, &i->w, i->fd, EPOLLIN | EPOLLEXCLUSIVE, &e) < 0) {
			log_event(LOG_ERROR, "cannot listen", LOG_CSTR("error", e.msg));
			h->paused = true;
			loop_timer(h->loop, &h->resume, loop_mono(h->loop) + NS_PER_S);
		}
}

static void resume(struct timer *t)
{
	struct httpd *h = CONTAINER_OF(t, struct httpd, resume);

	if (!h->stopping && (!httpd_full(h) || h->idle_first != NULL || h->away > 0))
		start_accept(h);
}

static void arm_tick(struct httpd *h)
{
	int64_t next = loop_mono(h->loop) + h->tick_every;

	if (h->conns.n > 0)
		loop_timer(h->loop, &h->tick,
		    h->stopping ? MIN(MIN(next, h->stop_at), loop_mono(h->loop) + 50 * NS_PER_MS) : next);
}

/* A connection became idle, or went: there may be room again. */
void httpd_room(struct httpd *h)
{
	if (h->paused && !h->stopping && !h->freed && h->resume.pos == 0)
		loop_timer(h->loop, &h->resume, loop_mono(h->loop));
}

void httpd_tick(struct httpd *h)
{
	if (h->tick.pos == 0)
		arm_tick(h);
}

bool httpd_full(const struct httpd *h)
{
	return h->conns.n + h->away >= h->conf.max_conns;
}

static void add_conn(struct httpd *h, int fd, struct tls *tls)
{
	if (conn_new(h, fd, tls) != NULL)
		h->stats.accepted++;
}

static void accept_failed(struct httpd *h, int why)
{
	if (why == EAGAIN || why == ECONNABORTED || why == EINTR)
		return;
	if (h->told_full == 0 || loop_mono(h->loop) - h->told_full >= 10 * NS_PER_S) {
		h->told_full = loop_mono(h->loop);
		log_event(LOG_WARN, "cannot accept, waiting", LOG_CSTR("err", strerror(why)),
		    LOG_I64("connections", h->conns.n));
	}
	pause_accept(h);
	loop_timer(h->loop, &h->resume, loop_mono(h->loop) + 100 * NS_PER_MS);
}

static bool somebody_waits(const struct listener *at)
{
	struct pollfd p = { .fd = at->fd, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

static void accept_event(struct watch *w, uint32_t events)
{
	struct listener *at = CONTAINER_OF(w, struct listener, w);
	struct httpd *h = at->h;

	(void)events;
	for (int i = 0; i < ACCEPT_BATCH; i++) {
		bool full = httpd_full(h);
		int fd;

		if (full && h->idle_first == NULL) {
			if (h->away > 0 && !somebody_waits(at))
				return;
			pause_accept(h);
			conn_beg(h);
			return;
		}
		fd = accept4(at->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			accept_failed(h, errno);
			return;
		}
		/* The connection that has been idle longest gives way. */
		if (full)
			conn_close(h->idle_first);
		add_conn(h, fd, at->tls);
	}
}

int httpd_listen(struct httpd *h, int fd, struct tls *tls, struct err *e)
{
	struct listener *at = mem_zalloc(sizeof(*at));

	*at = (struct listener){ .w.fn = accept_event, .h = h, .tls = tls, .fd = fd };
	if (loop_watch(h->loop, &at->w, fd, EPOLLIN | EPOLLEXCLUSIVE, e) < 0) {
		mem_free(at);
		return -1;
	}
	at->next = h->listeners;
	h->listeners = at;
	return 0;
}

void httpd_adopt(struct httpd *h, int fd, struct tls *tls)
{
	add_conn(h, fd, tls);
}

/* The one timer of all connections: deadlines are looked at a few times in each timeout. */
static void tick(struct timer *t)
{
	struct httpd *h = CONTAINER_OF(t, struct httpd, tick);
	int64_t now = loop_mono(h->loop);

	for (size_t i = h->conns.n; i-- > 0;) {
		struct conn *c;

		if (i >= h->conns.n) /* a handler told of a lost client closed others */
			continue;
		c = h->conns.p[i];
		if (h->stopping && now >= h->stop_at)
			conn_close(c);
		else if ((c->deadline != 0 && now >= c->deadline) || c->state == CONN_H2)
			conn_expired(c);
		else if (!c->begun && !c->idle && c->in_n == 0 && now - c->since >= NS_PER_S)
			conn_idle(c);
	}
	arm_tick(h);
}

static void stopped(struct task *t)
{
	struct httpd *h = CONTAINER_OF(t, struct httpd, done_task);

	if (h->freed) {
		httpd_release(h);
		return;
	}
	h->held--;
	h->done(h->done_ctx);
}

/* The posted task counts as one holder, so that httpd_free in between is harmless. */
static void maybe_stopped(struct httpd *h)
{
	if (!h->stopping || h->told || h->conns.n + h->away > 0 || h->done == NULL)
		return;
	h->told = true;
	h->held++;
	loop_post(h->loop, &h->done_task);
}

void httpd_conn_closed(struct httpd *h)
{
	if (h->freed)
		return;
	httpd_room(h);
	maybe_stopped(h);
}

static void drop_listeners(struct httpd *h)
{
	pause_accept(h);
	loop_timer_off(h->loop, &h->resume);
	while (h->listeners != NULL) {
		struct listener *next = h->listeners->next;

		mem_free(h->listeners);
		h->listeners = next;
	}
}

void httpd_stop(struct httpd *h, int64_t deadline, void (*done)(void *ctx), void *ctx)
{
	if (h->stopping)
		return;
	h->stopping = true;
	h->stop_at = deadline;
	h->done = done;
	h->done_ctx = ctx;
	drop_listeners(h);
	for (size_t i = h->conns.n; i-- > 0;)
		if (i < h->conns.n)
			conn_drain(h->conns.p[i]);
	maybe_stopped(h);
	arm_tick(h);
}

void httpd_release(struct httpd *h)
{
	if (!h->freed || --h->held > 0)
		return;
	vec_free(&h->conns);
	loop_timer_off(h->loop, &h->tick);
	mem_free(h);
}

void httpd_free(struct httpd *h)
{
	if (h == NULL)
		return;
	drop_listeners(h);
	h->stopping = h->freed = true;
	h->held++; /* requests whose client leaves now may be the last ones */
	while (h->conns.n > 0)
		conn_close(h->conns.p[h->conns.n - 1]);
	vec_free(&h->conns);
	loop_timer_off(h->loop, &h->tick);
	while (h->n_spare > 0)
		mem_free(h->spare[--h->n_spare]);
	mem_free(h->scratch);
	h->scratch = NULL;
	while (h->pool != NULL) {
		struct hreq *next = h->pool->next;

		arena_free(h->pool->pub.a);
		mem_free(h->pool);
		h->pool = next;
	}
	httpd_release(h);
}

struct httpd_stats httpd_stats(const struct httpd *h)
{
	struct httpd_stats s = h->stats;

	s.conns = h->conns.n + h->away;
	return s;
}
