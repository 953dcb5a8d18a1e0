/*
 * jfr_events.c - the events of a chunk, in one pass: which types count, what
 * is read of them, and to which group it is added.
 */
#include "base/arith.h"
#include "base/num.h"
#include "formats/jfr/jfr_impl.h"

/* ---- plans ---- */

static const struct {
	const char *name;
	enum jfr_kind kind;
	bool spans; /* its context and span count */
} known[] = {
	{ "jdk.ExecutionSample", KIND_CPU, true },
	{ "profiler.WallClockSample", KIND_WALL, true },
	{ "jdk.ObjectAllocationInNewTLAB", KIND_IN_TLAB, true },
	{ "jdk.ObjectAllocationOutsideTLAB", KIND_OUT_TLAB, true },
	{ "jdk.JavaMonitorEnter", KIND_LOCK, true },
	{ "jdk.ThreadPark", KIND_PARK, false },
	{ "profiler.LiveObject", KIND_LIVE, false },
	{ "jdk.ObjectAllocationSample", KIND_ALLOC, false },
	{ "profiler.Malloc", KIND_MALLOC, false },
	{ "jdk.NativeMethodSample", KIND_NATIVE, false },
	{ "jdk.ActiveSetting", KIND_SETTING, false },
};

enum want { WANT_NUMBER, WANT_THREAD, WANT_STACK, WANT_STATE, WANT_CLASS, WANT_STRING };

/* The first name that an event has counts. */
static const struct {
	uint8_t slot, want;
	const char *name;
} slots[] = {
	{ SLOT_START, WANT_NUMBER, "startTime" },
	{ SLOT_DURATION, WANT_NUMBER, "duration" },
	{ SLOT_THREAD, WANT_THREAD, "sampledThread" },
	{ SLOT_THREAD, WANT_THREAD, "eventThread" },
	{ SLOT_STACK, WANT_STACK, "stackTrace" },
	{ SLOT_STATE, WANT_STATE, "state" },
	{ SLOT_CLASS, WANT_CLASS, "objectClass" },
	{ SLOT_CLASS, WANT_CLASS, "thrownClass" },
	{ SLOT_MONITOR, WANT_CLASS, "monitorClass" },
	{ SLOT_MONITOR, WANT_CLASS, "parkedClass" },
	{ SLOT_CONTEXT, WANT_NUMBER, "contextId" },
	{ SLOT_SPAN, WANT_NUMBER, "spanId" },
	{ SLOT_SPAN_NAME, WANT_NUMBER, "spanName" },
	{ SLOT_SAMPLES, WANT_NUMBER, "samples" },
	{ SLOT_TLAB_SIZE, WANT_NUMBER, "tlabSize" },
	{ SLOT_ALLOCATION_SIZE, WANT_NUMBER, "allocationSize" },
	{ SLOT_WEIGHT, WANT_NUMBER, "weight" },
	{ SLOT_SIZE, WANT_NUMBER, "size" },
	{ SLOT_SIZE, WANT_NUMBER, "bytesRead" },
	{ SLOT_SIZE, WANT_NUMBER, "bytesWritten" },
	{ SLOT_SIZE, WANT_NUMBER, "objectSize" },
	{ SLOT_SIZE, WANT_NUMBER, "allocationSize" },
	{ SLOT_SIZE, WANT_NUMBER, "allocated" },
	{ SLOT_SIZE, WANT_NUMBER, "weight" },
	{ SLOT_SAMPLING_PERIOD, WANT_NUMBER, "samplingPeriod" },
	{ SLOT_ID, WANT_NUMBER, "id" },
	{ SLOT_NAME, WANT_STRING, "name" },
	{ SLOT_VALUE, WANT_STRING, "value" },
};

/* A field of a known name and another type is not the one. */
static bool fits(const struct jfr_chunk *c, const struct jfr_field *f, unsigned want)
{
	static const uint8_t pools[] = {
		[WANT_THREAD] = JFR_THREADS,
		[WANT_STACK] = JFR_STACKS,
		[WANT_STATE] = JFR_STATES,
		[WANT_CLASS] = JFR_CLASSES,
	};

	if (f->cls == PROFILE_NONE || f->array)
		return false;
	if (want == WANT_NUMBER)
		return f->integer && !f->pool;
	if (want == WANT_STRING)
		return c->classes[f->cls].pool == JFR_STRINGS;
	return f->pool && c->classes[f->cls].pool == pools[want];
}

/* Slots that are asked for, by bits. */
static uint32_t slots_of(const struct jfr *d, unsigned kind, bool spans)
{
#define BIT(name) (UINT32_C(1) << SLOT_##name)
	static const uint32_t values[] = {
		[KIND_CPU] = BIT(STATE),
		[KIND_WALL] = BIT(STATE) | BIT(SAMPLES),
		[KIND_IN_TLAB] = BIT(TLAB_SIZE),
		[KIND_OUT_TLAB] = BIT(ALLOCATION_SIZE),
		[KIND_LOCK] = BIT(DURATION),
		[KIND_PARK] = BIT(DURATION),
		[KIND_LIVE] = BIT(ALLOCATION_SIZE),
		[KIND_ALLOC] = BIT(WEIGHT),
		[KIND_MALLOC] = BIT(SIZE),
		[KIND_NATIVE] = 0,
		[KIND_OTHER] = BIT(DURATION) | BIT(SIZE) | BIT(SAMPLING_PERIOD),
		[KIND_SETTING] = BIT(ID) | BIT(NAME) | BIT(VALUE),
	};
	uint32_t out = values[kind] | BIT(STACK);

	if (d->o->spans && spans)
		out |= BIT(CONTEXT) | BIT(SPAN) | BIT(SPAN_NAME);
	if (d->o->keep & FORMAT_TAGS)
		out |= BIT(THREAD) | BIT(STATE) | BIT(CLASS) | BIT(MONITOR);
	if (d->o->keep & FORMAT_TIMES)
		out |= BIT(START);
#undef BIT
	return out;
}

/* Fields up to the last that may be a slot are read, so that an event that is too short is found out; `asked` are kept. */
static void plan_slots(const struct jfr_chunk *c, const struct jfr_class *cls, uint32_t asked, struct jfr_event *ev)
{
	uint32_t found[JFR_SLOTS];

	for (unsigned i = 0; i < JFR_SLOTS; i++)
		found[i] = PROFILE_NONE;
	for (size_t i = 0; i < ARRAY_LEN(slots); i++) {
		uint32_t f = found[slots[i].slot] == PROFILE_NONE ? jfr_field_of(c, cls, slots[i].name) : cls->n;

		if (f < MIN(cls->n, (uint32_t)UINT16_MAX) && fits(c, &c->fields[cls->first + f], slots[i].want)) {
			found[slots[i].slot] = f;
			ev->n = MAX(ev->n, f + 1);
		}
	}
	for (unsigned i = 0; i < JFR_SLOTS; i++) {
		bool keep = found[i] != PROFILE_NONE && asked >> i & 1;

		ev->slot[i] = (uint16_t)(keep ? found[i] : ev->n);
		if (keep && c->fields[cls->first].run >= ev->n && ev->n <= 64)
			ev->wanted |= UINT64_C(1) << found[i];
	}
}

void jfr_plan_events(struct jfr *d, struct jfr_chunk *c)
{
	struct str names[ARRAY_LEN(known)];

	for (size_t k = 0; k < ARRAY_LEN(known); k++)
		names[k] = str_cstr(known[k].name);
	for (uint32_t i = 0; i < c->n_classes; i++) {
		struct jfr_class *cls = &c->classes[i];
		struct jfr_event ev = { .kind = KIND_OTHER, .group = PROFILE_NONE };
		bool spans = false;

		if (cls->n == 0 || cls->pool < JFR_POOLS)
			continue;
		for (size_t k = 0; k < ARRAY_LEN(known); k++)
			if (str_eq(cls->name, names[k])) {
				ev.kind = (uint8_t)known[k].kind;
				spans = known[k].spans;
			}
		if (d->o->only_known && (ev.kind == KIND_OTHER || ev.kind == KIND_NATIVE))
			continue;
		plan_slots(c, cls, slots_of(d, ev.kind, spans), &ev);
		if (ev.kind != KIND_SETTING && ev.slot[SLOT_STACK] == ev.n)
			continue;
		if (ev.kind < KIND_OTHER)
			ev.group = ev.kind;
		cls->event = arena_alloc(c->a, sizeof(ev));
		*cls->event = ev;
	}
}

/* ---- settings ---- */

/* "20 ms", "10000000" (ns); 0: not a time */
static int64_t time_of(struct str s)
{
	char text[32];
	size_t n = 0;
	int64_t ns;
	struct err e;

	for (size_t i = 0; i < s.n && n < sizeof(text); i++)
		if (s.p[i] != ' ')
			text[n++] = s.p[i];
	if (num_i64(str_of(text, n), &ns, &e) < 0 && num_duration(str_of(text, n), &ns, &e) < 0)
		return 0;
	return ns > 0 ? ns : 0;
}

static void read_setting(struct jfr *d, struct jfr_chunk *c, const struct jfr_class *cls, const uint64_t *v)
{
	const struct jfr_event *ev = cls->event;
	struct str name = jfr_text(d, c, cls, ev->slot[SLOT_NAME], v[ev->slot[SLOT_NAME]]);
	struct str value = jfr_text(d, c, cls, ev->slot[SLOT_VALUE], v[ev->slot[SLOT_VALUE]]);
	uint32_t of = jfr_ids_find(&c->by_id, v[ev->slot[SLOT_ID]]);
	unsigned kind = of != PROFILE_NONE && c->classes[of].event ? c->classes[of].event->kind : KIND_SETTING;

	if (str_eq(name, STR("event"))) {
		if (jfr_spend(d, value.n))
			d->event = arena_str(d->a, value);
		return;
	}
	/* interval: of async-profiler, period: of the JDK */
	if (kind == KIND_CPU && (str_eq(name, STR("interval")) || str_eq(name, STR("period"))))
		d->interval = time_of(value);
	else if (kind == KIND_CPU && str_eq(name, STR("wall")))
		d->wall_interval = time_of(value);
	else if (kind == KIND_NATIVE && str_eq(name, STR("period")))
		d->native_period = time_of(value);
}

/* ---- events ---- */

static int64_t scale(uint64_t v, int64_t mul, uint64_t div)
{
	return div ? (int64_t)((__int128)(int64_t)v * mul / (__int128)div) : (int64_t)v;
}

/* A duration in ns: ticks, unless the field says otherwise. */
static int64_t time_in(const struct jfr *d, const struct jfr_chunk *c, const struct jfr_class *cls, uint32_t slot,
    uint64_t v)
{
	static const int64_t ns[] = { [JFR_NS] = 1, [JFR_US] = NS_PER_US, [JFR_MS] = NS_PER_MS, [JFR_S] = NS_PER_S };
	unsigned unit = slot < cls->event->n ? c->fields[cls->first + slot].unit : JFR_NO_UNIT;

	if (d->o->only_known)
		return (int64_t)v;
	if (unit >= JFR_NS)
		return wrap_mul((int64_t)v, ns[unit]);
	return scale(v, NS_PER_S, c->ticks_per_s);
}

static int add_cpu(struct jfr *d, struct jfr_chunk *c, struct jfr_sample *s, unsigned state)
{
	bool wall = str_eq(d->event, STR("wall"));

	s->values[0] = 1;
	if ((state & STATE_KNOWN) && !(state & STATE_SLEEPS) && jfr_add(d, c, KIND_CPU, s) < 0)
		return -1;
	return wall ? jfr_add(d, c, KIND_WALL, s) : 0;
}

static int add_wall(struct jfr *d, struct jfr_chunk *c, struct jfr_sample *s, unsigned state, uint64_t samples)
{
	s->values[0] = (int64_t)samples;
	if ((state & STATE_RUNS) && str_eq(d->event, STR("wall")) && jfr_add(d, c, KIND_CPU, s) < 0)
		return -1;
	return jfr_add(d, c, KIND_WALL, s);
}

static int add_other(struct jfr *d, struct jfr_chunk *c, const struct jfr_class *cls, struct jfr_sample *s,
    const uint64_t *v)
{
	struct jfr_event *ev = cls->event;
	uint32_t period = ev->slot[SLOT_SAMPLING_PERIOD], time = period < ev->n ? period : ev->slot[SLOT_DURATION];

	if (ev->group == PROFILE_NONE)
		ev->group = jfr_group_other(d, cls);
	s->values[0] = 1;
	s->values[1] = time_in(d, c, cls, time, v[time]);
	s->values[2] = (int64_t)v[ev->slot[SLOT_SIZE]];
	return jfr_add(d, c, ev->group, s);
}

static int count_event(struct jfr *d, struct jfr_chunk *c, const struct jfr_class *cls, uint64_t *v)
{
	const struct jfr_event *ev = cls->event;
	struct jfr_sample s;

#define V(name) v[ev->slot[SLOT_##name]]
	s.entry = jfr_ids_find(&c->pools[JFR_STACKS].map, V(STACK));
	if (s.entry == PROFILE_NONE)
		return 0;
	s.stack = jfr_stack(d, c, s.entry);
	s.keys[0] = V(CONTEXT);
	s.keys[1] = V(SPAN);
	s.keys[2] = V(SPAN_NAME);
	s.keys[3] = s.keys[4] = s.keys[5] = s.keys[6] = 0;
	if (d->o->keep & FORMAT_TAGS) {
		s.keys[3] = V(THREAD);
		s.keys[4] = V(STATE);
		s.keys[5] = V(CLASS);
		s.keys[6] = V(MONITOR);
	}
	s.at = 0;
	if (d->o->keep & FORMAT_TIMES)
		s.at = wrap_add((int64_t)c->start_ns, scale(V(START) - c->start_ticks, NS_PER_S, c->ticks_per_s));
	s.values[0] = 1;
	s.values[1] = s.values[2] = 0;
	switch (ev->kind) {
	case KIND_CPU: return add_cpu(d, c, &s, jfr_state(d, c, V(STATE)));
	case KIND_WALL: return add_wall(d, c, &s, jfr_state(d, c, V(STATE)), V(SAMPLES));
	case KIND_IN_TLAB: s.values[1] = (int64_t)V(TLAB_SIZE); break;
	case KIND_OUT_TLAB:
	case KIND_LIVE: s.values[1] = (int64_t)V(ALLOCATION_SIZE); break;
	case KIND_ALLOC: s.values[1] = (int64_t)V(WEIGHT); break;
	case KIND_MALLOC: s.values[1] = (int64_t)V(SIZE); break;
	case KIND_LOCK:
	case KIND_PARK: s.values[1] = time_in(d, c, cls, ev->slot[SLOT_DURATION], V(DURATION)); break;
	case KIND_NATIVE: break;
	default: return add_other(d, c, cls, &s, v);
	}
#undef V
	return jfr_add(d, c, ev->group, &s);
}

static int skipped(struct jfr *d, const struct jfr_chunk *c, size_t at, const char *what, struct err *e)
{
	if (!d->o->lenient)
		return err_set(e, ERR_INVALID, "event at byte %zu of the chunk: %s", at, what);
	if (d->notes.skipped++ == 0)
		d->notes.first = arena_printf(d->a, "event at byte %llu: %s", (unsigned long long)(c->at + at), what);
	return 0;
}

/* False: not that simple an event, nothing is read. room: bytes behind in->p, that of others included. */
static inline bool read_wanted(const struct jfr_in *in, size_t room, const struct jfr_event *ev, uint64_t *v)
{
	unsigned from = 0;
	uint64_t ends;

	if (ev->wanted == 0 || room < JFR_BLOCK_ROOM)
		return false;
	ends = jfr_ends(in->p);
	for (uint32_t i = 0; i < ev->n; i++) {
		unsigned last;
		uint64_t word;

		if (UNLIKELY(ends == 0))
			return false;
		last = (unsigned)__builtin_ctzll(ends);
		if (UNLIKELY(last - from > 7))
			return false;
		if (ev->wanted >> i & 1) {
			memcpy(&word, in->p + from, sizeof(word));
			v[i] = last == from ? word & 0xff : jfr_leb_of(word, 0, last - from);
		}
		from = last + 1;
		ends &= ends - 1;
	}
	return from <= jfr_left(in);
}

int jfr_read_events(struct jfr *d, struct jfr_chunk *c, struct err *e)
{
	enum { HEADER = 68 };
	struct jfr_in in = jfr_window(c, MIN((size_t)HEADER, c->bytes.n), c->bytes.n), one;

	while (in.p < in.end) {
		size_t at = (size_t)(in.p - (const uint8_t *)c->bytes.p);
		uint64_t size, type;
		uint32_t i;
		const struct jfr_class *cls;

		one = in;
		size = jfr_num(&one, 4);
		type = jfr_num(&one, 8);
		if (one.bad || size > jfr_left(&in) || size < (size_t)(one.p - in.p))
			return c->cut && d->o->lenient
			    ? 0
			    : err_set(e, ERR_INVALID, "event at byte %zu of the chunk: invalid size %llu", at,
				  (unsigned long long)size);
		one.end = in.p + size;
		in.p += size;
		i = jfr_ids_find(&c->by_id, type);
		if (i == PROFILE_NONE || c->classes[i].event == NULL)
			continue;
		cls = &c->classes[i];
		c->v[cls->event->n] = 0;
		if (!read_wanted(&one, jfr_left(&one) + jfr_left(&in), cls->event, c->v))
			jfr_fields(c, &one, cls, cls->event->n, c->v);
		if (UNLIKELY(one.bad)) {
			if (skipped(d, c, at, "its fields do not fit in its size", e) < 0)
				return -1;
			continue;
		}
		if (cls->event->kind == KIND_SETTING)
			read_setting(d, c, cls, c->v);
		else if (count_event(d, c, cls, c->v) < 0)
			return -1;
	}
	return 0;
}
