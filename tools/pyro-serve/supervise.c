#include "tools/pyro-serve/supervise.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "io/fd.h"
#include "proc/ready.h"
#include "tools/pyro-serve/service.h"
#include "tools/pyro-serve/service_status.h"

/* A part of the server: a service and its process. */
struct part {
	struct service svc;
	struct supervisor *up;
	enum part_id id;
	struct child child;
	struct watch ready;
	struct timer timer;
	struct child_exit end;
	bool ended; /* end holds something */
};

struct supervisor {
	struct supervise_conf conf;
	struct loop *loop;
	struct part parts[PARTS];
	int64_t started; /* unix */
	bool was_ready, stopping;
	int64_t stopped_at; /* monotonic, when stopping began */
	const char *broken; /* the program without which the server cannot go on */
	int broken_code;
	struct err e; /* of the last thing that failed outside */
};

static void event(struct part *p, enum svc_event ev);

static void publish(const struct supervisor *s)
{
	int64_t wall = loop_wall(s->loop), mono = loop_mono(s->loop);
	struct status st = { .written = wall, .started = s->started, .pid = (uint32_t)getpid() };
	struct err e;

	strncpy(st.address, s->conf.address, sizeof(st.address) - 1);
	for (int i = 0; i < PARTS; i++) {
		const struct part *p = &s->parts[i];
		struct status_service *v = &st.services[st.n];

		if (!s->conf.runs[i])
			continue;
		st.n++;
		strncpy(v->name, part_rows[i].name, sizeof(v->name) - 1);
		v->state = p->svc.state;
		v->pid = (uint32_t)p->child.pid;
		v->since = wall - (mono - p->svc.since);
		v->delay = p->svc.delay;
		v->restarts = p->svc.restarts;
		v->end_kind = !p->ended ? 0 : p->end.by_signal ? 2 : 1;
		v->end_code = (uint32_t)p->end.code;
	}
	if (status_write(s->conf.run_dir, &st, &e) < 0)
		log_event(LOG_WARN, "status not written", LOG_CSTR("error", e.msg));
}

static bool all_up(const struct supervisor *s)
{
	for (int i = 0; i < PARTS; i++)
		if (s->conf.runs[i] && s->parts[i].svc.state != SVC_UP)
			return false;
	return true;
}

/* Nothing runs, and nothing will. */
static bool is_over(const struct part *p)
{
	return p->svc.state == SVC_DOWN || p->svc.state == SVC_FAILED;
}

static bool is_front(const struct part *p)
{
	return p->up->conf.spawn[p->id].listen_fd >= 0;
}

/* The next service in order is asked to stop when those before it have. */
static void stop_next(struct supervisor *s)
{
	for (int i = 0; i < PARTS; i++) {
		struct part *p = &s->parts[i];

		if (!s->conf.runs[i] || is_over(p))
			continue;
		if (p->svc.state != SVC_STOPPING)
			event(p, SVC_EV_STOP);
		if (!is_over(p))
			return;
	}
	loop_stop(s->loop);
}

static void tell_ready(struct supervisor *s)
{
	s->was_ready = true;
	log_event(LOG_INFO, "ready", LOG_CSTR("address", s->conf.address),
	    LOG_F64("start_ms", (double)(loop_mono(s->loop) - s->conf.begun) / 1e6), LOG_I64("pid", getpid()),
	    LOG_CSTR("version", PYRO_VERSION));
	if (ready_tell(s->conf.ready_fd, &s->e) < 0)
		log_event(LOG_WARN, "readiness not told", LOG_CSTR("error", s->e.msg));
}

/* What a new state of one service means for the whole. */
static void consider(struct part *p)
{
	struct supervisor *s = p->up;

	if (p->svc.state == SVC_FAILED) {
		log_event(LOG_ERROR, "service failed and is not started again",
		    LOG_CSTR("service", part_rows[p->id].name));
		/* Without its front the server would accept nothing and refuse nothing. */
		if ((!s->was_ready || is_front(p)) && !s->broken) {
			s->broken = part_rows[p->id].program;
			s->broken_code = p->ended ? p->end.code : 100;
			s->stopping = true;
		}
	}
	if (!s->was_ready && !s->stopping && all_up(s))
		tell_ready(s);
	if (is_over(p) && is_front(p) && s->stopping)
		fd_close(&s->conf.listen_fd);
	publish(s);
	if (s->stopping && is_over(p))
		stop_next(s);
}

static void close_ready(struct part *p)
{
	if (!p->ready.loop)
		return;
	loop_unwatch(p->ready.loop, &p->ready);
	close(p->ready.fd);
}

static void on_ready(struct watch *w, uint32_t events)
{
	struct part *p = CONTAINER_OF(w, struct part, ready);
	char line[16];
	ssize_t n = read(w->fd, line, sizeof(line));

	(void)events;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	/* Closed without a word: its end is about to be heard of. */
	close_ready(p);
	if (n > 0 && service_may(p->svc.state, SVC_EV_READY))
		event(p, SVC_EV_READY);
}

static void on_end(struct child *c, struct child_exit how)
{
	struct part *p = CONTAINER_OF(c, struct part, child);
	bool broken = !how.by_signal && (how.code == 100 || how.code == 2);
	struct buf words;

	close_ready(p);
	p->end = how;
	p->ended = true;
	buf_init(&words, 256);
	child_print_exit(&words, how);
	log_event(p->svc.state == SVC_STOPPING || p->svc.state == SVC_RESTARTING ? LOG_INFO : LOG_WARN, "service ended",
	    LOG_CSTR("service", part_rows[p->id].name), LOG_STR("how", buf_str(&words)));
	buf_fini(&words);
	event(p, broken ? SVC_EV_BROKEN : SVC_EV_ENDED);
}

static void on_timer(struct timer *t)
{
	event(CONTAINER_OF(t, struct part, timer), SVC_EV_TIME);
}

/* False: it could not be started, and e says why. */
static bool start(struct part *p)
{
	struct supervisor *s = p->up;
	int fd;

	if (spawn_start(&s->conf.spawn[p->id], s->loop, &p->child, &fd, &s->e) < 0)
		return false;
	p->ready.fn = on_ready;
	if (loop_watch(s->loop, &p->ready, fd, EPOLLIN, &s->e) == 0)
		return true;
	close(fd);
	child_kill(&p->child, SIGKILL, &s->e);
	child_drop(&p->child);
	return false;
}

static void send_signal(struct part *p, int signo)
{
	if (child_kill(&p->child, signo, &p->up->e) < 0 && p->up->e.kind != ERR_NOTFOUND)
		log_event(LOG_ERROR, "service not signalled", LOG_CSTR("service", part_rows[p->id].name),
		    LOG_CSTR("error", p->up->e.msg));
}

static void act(struct part *p, enum svc_action what)
{
	struct supervisor *s = p->up;

	switch (what) {
	case SVC_DO_TERM:
		send_signal(p, SIGTERM);
		loop_timer(s->loop, &p->timer, p->svc.deadline);
		break;
	case SVC_DO_KILL:
		log_event(LOG_ERROR, "service killed: it did not end in time",
		    LOG_CSTR("service", part_rows[p->id].name));
		send_signal(p, SIGKILL);
		break;
	case SVC_DO_DELAY:
		log_event(LOG_INFO, "service will be started again", LOG_CSTR("service", part_rows[p->id].name),
		    LOG_I64("delay_ms", p->svc.delay / NS_PER_MS));
		loop_timer(s->loop, &p->timer, p->svc.deadline);
		break;
	case SVC_DO_SPAWN:
	case SVC_DO_NONE:
	case SVC_ACTIONS: break;
	}
}

static bool waits(enum svc_state st)
{
	return st == SVC_WAITING || st == SVC_STOPPING || st == SVC_RESTARTING;
}

static void event(struct part *p, enum svc_event ev)
{
	enum svc_state from = p->svc.state;
	enum svc_action what = service_event(&p->svc, ev, loop_mono(p->up->loop));

	if (!waits(p->svc.state))
		loop_timer_off(p->up->loop, &p->timer);
	log_event(LOG_DEBUG, "service moves", LOG_CSTR("service", part_rows[p->id].name),
	    LOG_CSTR("event", service_event_name(ev)), LOG_CSTR("from", service_state_name(from)),
	    LOG_CSTR("to", service_state_name(p->svc.state)));
	act(p, what);
	if (what == SVC_DO_SPAWN && !start(p)) {
		bool never = p->up->e.kind == ERR_NOTFOUND || p->up->e.kind == ERR_DENIED;

		log_event(LOG_ERROR, "service not started", LOG_CSTR("service", part_rows[p->id].name),
		    LOG_CSTR("error", p->up->e.msg));
		event(p, never ? SVC_EV_BROKEN : SVC_EV_ENDED);
		return;
	}
	if (p->svc.state != from)
		consider(p);
}

struct supervisor *supervise_new(const struct supervise_conf *conf, struct loop *l)
{
	struct supervisor *s = mem_zalloc(sizeof(*s));

	s->conf = *conf;
	s->loop = l;
	s->started = loop_wall(l);
	for (int i = 0; i < PARTS; i++) {
		s->parts[i].up = s;
		s->parts[i].id = (enum part_id)i;
		s->parts[i].svc.stop_timeout = conf->stop_timeout;
		s->parts[i].child.fn = on_end;
		s->parts[i].timer.fn = on_timer;
	}
	return s;
}

void supervise_free(struct supervisor *s)
{
	for (int i = 0; i < PARTS; i++) {
		close_ready(&s->parts[i]);
		child_drop(&s->parts[i].child);
		loop_timer_off(s->loop, &s->parts[i].timer);
	}
	fd_close(&s->conf.listen_fd);
	mem_free(s);
}

void supervise_start(struct supervisor *s)
{
	for (int i = 0; i < PARTS; i++)
		if (s->conf.runs[i])
			event(&s->parts[i], SVC_EV_START);
}

void supervise_stop(struct supervisor *s)
{
	if (s->stopping) {
		/* timeout(1) and groups of processes are told twice by one request */
		for (int i = 0; i < PARTS && loop_mono(s->loop) >= s->stopped_at + NS_PER_S; i++)
			send_signal(&s->parts[i], SIGKILL);
		return;
	}
	s->stopping = true;
	s->stopped_at = loop_mono(s->loop);
	log_event(LOG_INFO, "stopping");
	stop_next(s);
}

void supervise_restart(struct supervisor *s, enum part_id part)
{
	if (s->conf.runs[part] && !s->stopping)
		event(&s->parts[part], SVC_EV_RESTART);
}

void supervise_reload(struct supervisor *s)
{
	/* One that is starting reads everything anyway, and may not have its handler yet. */
	for (int i = 0; i < PARTS; i++)
		if (s->parts[i].svc.state == SVC_UP)
			send_signal(&s->parts[i], SIGHUP);
}

int supervise_result(const struct supervisor *s, struct err *e)
{
	if (!s->broken)
		return 0;
	return err_set(e, s->broken_code == 2 ? ERR_CONFIG : ERR_UNSUPPORTED,
	    "%s ended for good; its message stands above", s->broken);
}
