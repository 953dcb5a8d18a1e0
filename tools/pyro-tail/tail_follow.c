/* tail_follow.c - see tail.h: one connection after another, frame by frame */
#include <poll.h>

#include "base/clock.h"
#include "daemon/client_call.h"
#include "formats/msg/tail_frame.h"
#include "formats/pprof/pprof.h"
#include "net/url.h"
#include "tools/pyro-tail/tail.h"

#define SILENCE (3 * TAIL_BEAT + 5 * NS_PER_S)
#define DELAY_MIN (NS_PER_S / 2)
#define DELAY_MAX (15 * NS_PER_S)

struct following {
	const struct tail_reader *r;
	struct arena *a; /* of one event */
	struct buf in;   /* not yet a whole frame */
	uint64_t at;     /* its place in the answer */
	int64_t heard;   /* mono */
	bool connected;  /* this time */
	bool told;       /* no more is wanted */
	bool silent;
	bool refused; /* by the reader: the error is its own */
	bool wrong;   /* what the server says; errors of httpc name the address themselves */
};

static int64_t now(void)
{
	return clock_real()->mono(clock_real());
}

static int take_event(struct following *f, struct str bytes, struct err *e)
{
	struct pyro_tail_event ev;
	struct tail_event out;
	struct profile *p;

	if (msg_decode(f->a, &pyro_tail_event_type, bytes, &ev, e) < 0)
		return -1;
	if (ev.lost > 0)
		f->r->lost(f->r->ctx, ev.lost);
	if (ev.profile.n == 0)
		return 0;
	if (pprof_decode(f->a, ev.profile, &p, e) < 0)
		return -1;
	out = (struct tail_event){ labels_of_pairs(f->a, &ev.labels), ev.time, ev.profile, p };
	labels_sort(&out.labels);
	f->refused = true;
	if (f->r->event(f->r->ctx, &out, e) < 0)
		return -1;
	f->refused = false;
	return 0;
}

static int take_bytes(void *ctx, struct str bytes, struct err *e)
{
	struct following *f = ctx;
	struct str rest, event;
	int rc;

	f->heard = now();
	if (!f->connected)
		f->r->state(f->r->ctx, NULL);
	f->connected = true;
	buf_add(&f->in, bytes);
	if (buf_check(&f->in, "frame", e) < 0)
		return -1;
	rest = buf_str(&f->in);
	while ((rc = tail_frame_cut(&rest, &event, e)) > 0) {
		arena_reset(f->a);
		if ((rc = take_event(f, event, e)) < 0)
			break;
		f->at += TAIL_HEAD + event.n;
	}
	f->wrong = rc < 0;
	if (rc < 0)
		return f->refused ? -1 : err_wrap(e, "byte %llu of the answer", (unsigned long long)f->at);
	if (rest.n > 0)
		memmove(f->in.p, rest.p, rest.n);
	f->in.n = rest.n;
	return 0;
}

static bool turn(void *ctx)
{
	struct following *f = ctx;

	f->told = !f->r->turn(f->r->ctx);
	f->silent = now() - f->heard > SILENCE;
	return !f->told && !f->silent;
}

static int connect_once(struct following *f, const struct tail_opts *o, struct httpc *c, const char *url, struct err *e)
{
	struct arena *a = arena_new();
	struct httpc_res res;
	struct httpc_tls tls;
	struct httpc_req req = { .url = url,
		.timeout = -1,
		.max_body = 1 << 20,
		.turn = turn,
		.turn_fd = f->r->fd,
		.bytes = take_bytes,
		.ctx = f };
	int rc;

	f->connected = f->silent = f->wrong = false;
	f->at = 0;
	f->heard = now();
	buf_reset(&f->in);
	rc = client_call(&o->client, &req, &tls, e);
	if (rc == 0)
		rc = httpc_call(c, a, &req, &res, e);
	f->wrong = f->wrong || rc == 0 || f->silent;
	if (rc < 0 && f->silent && !f->told)
		err_set(e, ERR_TIMEOUT, "nothing was heard for %d seconds", (int)(SILENCE / NS_PER_S));
	if (rc == 0 && res.status != 200)
		rc = httpc_error(&res, "/pyro/tail", e);
	if (rc == 0 && f->in.n > 0)
		rc = err_set(e, ERR_BUSY, "the answer ends within a frame, at byte %llu", (unsigned long long)f->at);
	else if (rc == 0)
		rc = err_set(e, ERR_BUSY, "the server has ended the stream");
	arena_free(a);
	return rc;
}

/* False: a turn says no. */
static bool wait_for(const struct tail_reader *r, int64_t delay)
{
	int64_t until = now() + delay;
	struct pollfd p = { .fd = r->fd, .events = POLLIN };

	do {
		if (!r->turn(r->ctx))
			return false;
		poll(&p, 1, 100);
	} while (now() < until);
	return true;
}

static bool may_work_later(const struct err *e)
{
	return e->kind == ERR_BUSY || e->kind == ERR_TIMEOUT || e->kind == ERR_IO;
}

int tail_follow(const struct tail_opts *o, const char *url, struct str query, const struct tail_reader *r,
    struct err *e)
{
	struct following f = { .r = r, .a = arena_new() };
	struct httpc *c = httpc_new(e);
	int64_t delay = DELAY_MIN;
	bool ever = false;
	int rc = c != NULL ? 0 : -1;
	struct buf full;

	buf_init(&full, 1 << 20);
	buf_init(&f.in, TAIL_MAX + (4 << 20));
	buf_add(&full, str_cstr(url));
	while (full.n > 0 && full.p[full.n - 1] == '/')
		full.n--;
	buf_add(&full, STR("/pyro/tail"));
	url_add_param(&full, STR("query"), query);
	buf_byte(&full, '\0');
	while (rc == 0) {
		connect_once(&f, o, c, full.p, e);
		ever = ever || f.connected;
		if (f.told)
			break;
		if (f.refused || !ever || !o->retry || !may_work_later(e)) {
			rc = f.refused || !f.wrong ? -1 : err_wrap(e, "%s", url);
			break;
		}
		delay = f.connected ? DELAY_MIN : MIN(2 * delay, DELAY_MAX);
		r->state(r->ctx, e->msg);
		if (!wait_for(r, delay))
			break;
	}
	buf_fini(&full);
	buf_fini(&f.in);
	httpc_free(c);
	arena_free(f.a);
	return rc;
}
