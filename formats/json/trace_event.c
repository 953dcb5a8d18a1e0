/* trace_event.c - a profile for each thread that did something */
#include "formats/json/trace_event.h"

#include "formats/json/trace_impl.h"

static struct str process_name(const struct trace *t, struct str pid)
{
	const struct trace_process *p = trace_process(t, pid);

	return p && p->name.n ? p->name : arena_printf(t->a, "process " STR_FMT, STR_ARG(pid));
}

static struct str thread_name(const struct trace *t, const struct trace_track *k)
{
	const struct trace_track *thread = trace_thread(t, k->pid, k->tid);

	return thread && thread->name.n ? thread->name : arena_printf(t->a, "thread " STR_FMT, STR_ARG(k->tid));
}

/* Events by track, in the order of the text. */
static struct trace_event *by_track(struct trace *t)
{
	struct trace_event *all = arena_array(t->a, t->events.n, sizeof(*all));
	uint32_t at = 0;

	for (size_t i = 0; i < t->tracks.n; i++) {
		t->tracks.p[i].first = at;
		at += t->tracks.p[i].n_events;
		t->tracks.p[i].n_events = 0;
	}
	for (size_t i = 0; i < t->events.n; i++) {
		struct trace_track *k = &t->tracks.p[t->events.p[i].track];

		all[k->first + k->n_events++] = t->events.p[i];
	}
	return all;
}

static uint32_t make_tags(struct trace *t, struct profile_builder *b, struct str process, struct str thread,
    struct tag *tags)
{
	if ((t->o->keep & FORMAT_TAGS) == 0)
		return 0;
	tags[0] = (struct tag){ .key = profile_builder_str(b, STR("process")), .str = profile_builder_str(b, process) };
	tags[1] = (struct tag){ .key = profile_builder_str(b, STR("thread")), .str = profile_builder_str(b, thread) };
	return 2;
}

static int make_track(struct trace *t, uint32_t track, const struct trace_event *events, bool several,
    struct format_profiles *out, struct err *e)
{
	struct trace_track *k = &t->tracks.p[track];
	struct profile_builder *b = profile_builder_new(t->a, k->chunked ? 2 : 1);
	struct str process = process_name(t, k->pid), thread = thread_name(t, k);
	struct tag tags[2];
	uint32_t n_tags = make_tags(t, b, process, thread, tags);
	struct profile *p;

	if (k->chunked) {
		/* chunks get lost: nodes without a parent are roots then */
		struct format_opts lenient = *t->o;

		lenient.lenient = true;
		k->tree->j = &t->j;
		p = v8_profile(k->tree, b, tags, n_tags, &lenient, &t->notes, t->size);
		if (p == NULL)
			return -1;
	} else {
		profile_builder_type(b, 0, STR("wall"), STR("nanoseconds"));
		if (trace_make(t, events + k->first, k->n_events, b, tags, n_tags, e) < 0)
			return -1;
		p = profile_builder_finish(b);
	}
	if (p->n_samples == 0)
		return 0;
	out->p[out->n].p = p;
	out->p[out->n++].name = several ? arena_printf(t->a, STR_FMT ": " STR_FMT, STR_ARG(process), STR_ARG(thread))
					: thread;
	return 0;
}

static bool several_processes(const struct trace *t)
{
	for (size_t i = 1; i < t->tracks.n; i++)
		if (!str_eq(t->tracks.p[i].pid, t->tracks.p[0].pid))
			return true;
	return false;
}

static int make_tracks(struct trace *t, struct format_profiles *out, struct err *e)
{
	struct trace_event *events = by_track(t);
	bool several = several_processes(t);

	out->p = arena_zarray(t->a, t->tracks.n, sizeof(*out->p));
	for (uint32_t i = 0; i < t->tracks.n; i++)
		if ((t->tracks.p[i].chunked || t->tracks.p[i].n_events) &&
		    make_track(t, i, events, several, out, e) < 0)
			return -1;
	out->notes = t->notes;
	if (out->n > 0)
		return 0;
	return err_set(e, ERR_INVALID, "no event says how long something ran (of %zu begin, end and complete events)",
	    t->events.n);
}

int trace_event_decode(struct arena *a, struct str json, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct trace t = { .a = a, .o = o, .size = json.n };
	int rc;

	jwalk_init(&t.j, a, json, e);
	rc = trace_read(&t);
	if (rc == 0)
		rc = make_tracks(&t, out, e);
	vec_free(&t.events);
	vec_free(&t.tracks);
	vec_free(&t.processes);
	return rc < 0 ? err_wrap(e, "trace-event") : 0;
}
