/* trace_read.c - the text: each event is read once, its arguments again when they matter */
#include "base/hash.h"
#include "formats/json/trace_impl.h"

struct raw {
	const char *where, *args; /* args: where the value begins, or NULL */
	struct str ph, name, pid, tid, id;
	double at, dur;
	bool has_at, has_dur, has_name;
};

static struct jwalk *args_walk(struct trace *t, struct jwalk *sub, const char *at)
{
	jwalk_sub(sub, &t->j, at);
	return sub;
}

static uint64_t track_hash(struct str pid, struct str word, bool chunked)
{
	return hash_mix(hash_seeded(pid), hash_seeded(word)) + chunked;
}

static uint32_t find_track(const struct trace *t, struct str pid, struct str word, bool chunked)
{
	struct table_at at = table_find(&t->index, track_hash(pid, word, chunked));

	for (uint32_t v; table_next(&at, &v);) {
		const struct trace_track *k = &t->tracks.p[v];

		if (k->chunked == chunked && str_eq(k->pid, pid) && str_eq(chunked ? k->id : k->tid, word))
			return v;
	}
	return UINT32_MAX;
}

/* That of the event, made where there is none. */
static uint32_t track(struct trace *t, const struct raw *r, bool chunked)
{
	struct str word = chunked ? r->id : r->tid;
	uint32_t found = find_track(t, r->pid, word, chunked);

	if (found != UINT32_MAX)
		return found;
	table_put(&t->index, t->a, track_hash(r->pid, word, chunked), (uint32_t)t->tracks.n);
	vec_push(&t->tracks, ((struct trace_track){ .pid = r->pid, .tid = r->tid, .id = r->id, .chunked = chunked }));
	if (t->tracks.n == TRACE_MAX_TRACKS)
		jwalk_fail(&t->j, "more than %d threads", TRACE_MAX_TRACKS);
	return (uint32_t)t->tracks.n - 1;
}

const struct trace_track *trace_thread(const struct trace *t, struct str pid, struct str tid)
{
	uint32_t i = find_track(t, pid, tid, false);

	return i != UINT32_MAX ? &t->tracks.p[i] : NULL;
}

const struct trace_process *trace_process(const struct trace *t, struct str pid)
{
	struct table_at at = table_find(&t->pids, hash_seeded(pid));

	for (uint32_t v; table_next(&at, &v);)
		if (str_eq(t->processes.p[v].pid, pid))
			return &t->processes.p[v];
	return NULL;
}

/* A member of args that is a text. */
static struct str args_text(struct trace *t, const struct raw *r, const char *member)
{
	struct str key, text = STR_NONE;
	struct jwalk sub;

	if (r->args == NULL)
		return text;
	args_walk(t, &sub, r->args);
	if (!jwalk_try(&sub, '{'))
		return text;
	while (jwalk_member(&sub, &key))
		if (str_eq(key, str_cstr(member)))
			text = jwalk_str_or(&sub, STR_NONE);
		else
			jwalk_skip(&sub);
	return text;
}

static void read_place(struct trace *t, const struct raw *r, struct trace_event *ev)
{
	struct jwalk sub;
	struct str key;

	if (r->args == NULL)
		return;
	args_walk(t, &sub, r->args);
	if (!jwalk_try(&sub, '{'))
		return;
	while (jwalk_member(&sub, &key))
		if (str_eq(key, STR("url")) || str_eq(key, STR("filename")) || str_eq(key, STR("src_file")))
			ev->file = jwalk_str_or(&sub, STR_NONE);
		else if (str_eq(key, STR("line")))
			ev->line = jwalk_i64_or(&sub, 0);
		else
			jwalk_skip(&sub);
	if (sub.failed) { /* a line beyond 64 bits */
		ev->line = 0;
		ev->file = STR_NONE;
	}
}

static void add_event(struct trace *t, const struct raw *r, bool begin, double dur)
{
	struct trace_event ev = { .where = r->where, .at = r->at, .name = r->name, .begin = begin, .dur = dur };

	if (!r->has_at) {
		json_passed(&t->j, &t->notes, r->where, "an event without a time");
		return;
	}
	ev.has_name = r->has_name;
	ev.track = track(t, r, false);
	ev.order = (uint32_t)t->events.n;
	if (begin)
		read_place(t, r, &ev);
	vec_push(&t->events, ev);
	t->tracks.p[ev.track].n_events++;
}

static void add_name(struct trace *t, const struct raw *r)
{
	struct str name = args_text(t, r, "name");

	if (str_eq(r->name, STR("thread_name"))) {
		uint32_t thread = track(t, r, false);

		t->tracks.p[thread].name = name;
		return;
	}
	if (trace_process(t, r->pid) != NULL)
		return; /* the first name counts */
	table_put(&t->pids, t->a, hash_seeded(r->pid), (uint32_t)t->processes.n);
	vec_push(&t->processes, ((struct trace_process){ r->pid, name }));
}

/* ---- chunks of a CPU profile ---- */

static void read_cpu_profile(struct v8_tree *tree)
{
	struct str key;

	if (!jwalk_try(tree->j, '{'))
		return;
	while (jwalk_member(tree->j, &key))
		if (str_eq(key, STR("nodes")))
			v8_read_nodes(tree);
		else if (str_eq(key, STR("samples")))
			v8_read_samples(tree);
		else if (str_eq(key, STR("timeDeltas")))
			v8_read_deltas(tree);
		else if (str_eq(key, STR("startTime")))
			tree->start = jwalk_f64(tree->j);
		else if (str_eq(key, STR("endTime")))
			tree->has_end = (tree->end = jwalk_f64_or(tree->j, 0)) > 0;
		else
			jwalk_skip(tree->j);
}

static void read_data(struct v8_tree *tree)
{
	struct str key;

	if (!jwalk_try(tree->j, '{'))
		return;
	while (jwalk_member(tree->j, &key))
		if (str_eq(key, STR("cpuProfile")))
			read_cpu_profile(tree);
		else if (str_eq(key, STR("timeDeltas")))
			v8_read_deltas(tree);
		else if (str_eq(key, STR("startTime")))
			tree->start = jwalk_f64(tree->j);
		else if (str_eq(key, STR("endTime")))
			tree->has_end = (tree->end = jwalk_f64_or(tree->j, 0)) > 0;
		else
			jwalk_skip(tree->j);
}

/* The thread is that of the event that begins it: chunks come from another one. */
static void add_chunk(struct trace *t, const struct raw *r)
{
	uint32_t number = track(t, r, true);
	struct trace_track *k = &t->tracks.p[number];
	struct jwalk sub;
	struct str key;

	if (str_eq(r->name, STR("Profile")))
		k->tid = r->tid;
	if (k->tree == NULL)
		k->tree = arena_zalloc(t->a, sizeof(*k->tree));
	if (r->args == NULL)
		return;
	k->tree->j = args_walk(t, &sub, r->args);
	if (jwalk_try(&sub, '{')) {
		while (jwalk_member(&sub, &key))
			if (str_eq(key, STR("data")))
				read_data(k->tree);
			else
				jwalk_skip(&sub);
	}
	k->tree->j = NULL;
	t->j.failed = sub.failed;
}

/* ---- events ---- */

static void take(struct trace *t, const struct raw *r)
{
	char ph = r->ph.n == 1 ? r->ph.p[0] : '\0';

	if (ph == 'B' || ph == 'E')
		add_event(t, r, ph == 'B', -1);
	else if (ph == 'X' && r->has_dur && r->dur >= 0)
		add_event(t, r, true, r->dur);
	else if (ph == 'X')
		json_passed(&t->j, &t->notes, r->where, "a complete event without a duration");
	else if (ph == 'M' && (str_eq(r->name, STR("thread_name")) || str_eq(r->name, STR("process_name"))))
		add_name(t, r);
	else if (str_eq(r->name, STR("Profile")) || str_eq(r->name, STR("ProfileChunk")) ||
	    str_eq(r->name, STR("CpuProfile")))
		add_chunk(t, r);
}

static void read_event(struct trace *t)
{
	struct raw r = { 0 };
	struct str key;

	if (jwalk_kind(&t->j) != '{') {
		if (!t->j.failed)
			json_passed(&t->j, &t->notes, t->j.p, "an event that is no object");
		jwalk_skip(&t->j);
		return;
	}
	r.where = t->j.p;
	for (jwalk_open(&t->j, '{'); jwalk_member(&t->j, &key);)
		if (str_eq(key, STR("ph"))) {
			r.ph = jwalk_str_or(&t->j, STR_NONE);
		} else if (str_eq(key, STR("name"))) {
			r.has_name = jwalk_kind(&t->j) == '"';
			r.name = jwalk_str_or(&t->j, STR_NONE);
		} else if (str_eq(key, STR("pid"))) {
			r.pid = jwalk_word(&t->j);
		} else if (str_eq(key, STR("tid"))) {
			r.tid = jwalk_word(&t->j);
		} else if (str_eq(key, STR("id"))) {
			r.id = jwalk_word(&t->j);
		} else if (str_eq(key, STR("ts"))) {
			r.has_at = jwalk_kind(&t->j) == '0';
			r.at = jwalk_f64_or(&t->j, 0);
		} else if (str_eq(key, STR("dur")) || (str_eq(key, STR("tdur")) && !r.has_dur)) {
			r.has_dur = jwalk_kind(&t->j) == '0';
			r.dur = jwalk_f64_or(&t->j, 0);
		} else if (str_eq(key, STR("args"))) {
			jwalk_kind(&t->j);
			r.args = t->j.p;
			jwalk_skip(&t->j);
		} else {
			jwalk_skip(&t->j);
		}
	if (!t->j.failed)
		take(t, &r);
}

static void read_events(struct trace *t)
{
	for (jwalk_open(&t->j, '['); jwalk_item_or_end(&t->j);)
		read_event(t);
}

int trace_read(struct trace *t)
{
	struct str key;

	if (jwalk_kind(&t->j) == '[') {
		read_events(t);
	} else {
		for (jwalk_open(&t->j, '{'); jwalk_member(&t->j, &key);) {
			if (!str_eq(key, STR("traceEvents"))) {
				jwalk_skip(&t->j);
				continue;
			}
			read_events(t);
			if (t->j.cut)
				break;
		}
	}
	/* a writer that was stopped */
	if (t->j.failed && t->j.cut && t->o->lenient) {
		json_passed(&t->j, &t->notes, t->j.end, "the text ends in an event");
		return 0;
	}
	return t->j.cut && !t->j.failed ? 0 : jwalk_end(&t->j);
}
