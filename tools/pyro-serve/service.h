/*
 * service.h - one service: state and event give the next state and what to
 * do (states.def). Pure: no process, no clock; the time comes in as a value.
 *
 *	switch (service_event(&s, SVC_EV_ENDED, now)) {
 *	case SVC_DO_DELAY: loop_timer(l, &t, s.deadline); ...
 *
 * A service that ends is started again after 250 ms, and after twice as long
 * each time that it did not stay up for 10 s, up to 30 s.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include "base/base.h"

enum svc_state {
#define STATE(name, text) SVC_##name,
#include "tools/pyro-serve/states.def"
#undef STATE
	SVC_STATES
};

enum svc_event {
#define EVENT(name, text) SVC_EV_##name,
#include "tools/pyro-serve/states.def"
#undef EVENT
	SVC_EVENTS
};

enum svc_action {
#define ACTION(name, text) SVC_DO_##name,
#include "tools/pyro-serve/states.def"
#undef ACTION
	SVC_ACTIONS
};

#define SVC_DELAY_FIRST (250 * NS_PER_MS)
#define SVC_DELAY_MOST (30 * NS_PER_S)
#define SVC_STEADY (10 * NS_PER_S)

struct service {
	enum svc_state state;
	int64_t since;        /* monotonic; when this state began */
	int64_t delay;        /* before the present or next restart; 0 = it never ended by itself */
	int64_t deadline;     /* set by TERM and DELAY: when to give SVC_EV_TIME */
	int64_t stop_timeout; /* set by the owner */
	uint32_t restarts;    /* starts after an end that nobody asked for */
};

/* May this event come in this state? */
bool service_may(enum svc_state state, enum svc_event ev);
/* Moves. Asserts service_may. The caller does what is returned. */
enum svc_action service_event(struct service *s, enum svc_event ev, int64_t now);

const char *service_state_name(enum svc_state state);
const char *service_event_name(enum svc_event ev);

#endif
