#include "tools/pyro-serve/service.h"

struct move {
	bool may;
	enum svc_state to;
	enum svc_action act;
};

static const struct move moves[SVC_STATES][SVC_EVENTS] = {
#define MOVE(state, event, next, action) [SVC_##state][SVC_EV_##event] = { true, SVC_##next, SVC_DO_##action },
#include "tools/pyro-serve/states.def"
#undef MOVE
};

static const char *const state_names[] = {
#define STATE(name, text) text,
#include "tools/pyro-serve/states.def"
#undef STATE
};

static const char *const event_names[] = {
#define EVENT(name, text) #name,
#include "tools/pyro-serve/states.def"
#undef EVENT
};

bool service_may(enum svc_state state, enum svc_event ev)
{
	return moves[state][ev].may;
}

const char *service_state_name(enum svc_state state)
{
	return state < SVC_STATES ? state_names[state] : "unknown";
}

const char *service_event_name(enum svc_event ev)
{
	return ev < SVC_EVENTS ? event_names[ev] : "unknown";
}

/* The delay grows with every end that follows soon after the start. */
static void grow_delay(struct service *s, int64_t now)
{
	bool steady = s->state == SVC_UP && now - s->since >= SVC_STEADY;

	if (s->delay == 0 || steady)
		s->delay = SVC_DELAY_FIRST;
	else
		s->delay = MIN(s->delay * 2, SVC_DELAY_MOST);
}

enum svc_action service_event(struct service *s, enum svc_event ev, int64_t now)
{
	const struct move *m = &moves[s->state][ev];

	assert(m->may);
	if (m->act == SVC_DO_DELAY) {
		grow_delay(s, now);
		s->deadline = now + s->delay;
	} else if (m->act == SVC_DO_TERM) {
		s->deadline = now + s->stop_timeout;
	} else if (m->act == SVC_DO_SPAWN) {
		s->restarts += s->state == SVC_WAITING;
	}
	if (m->to != s->state)
		s->since = now;
	s->state = m->to;
	return m->act;
}
