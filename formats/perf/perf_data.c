/*
 * perf_data.c - records in the order of time: maps and commands change, and
 * samples are made of what they are at that moment.
 */
#include "formats/perf/perf_data.h"

#include "base/arith.h"
#include "base/hash.h"
#include "base/vec.h"
#include "formats/perf/perf_data_sample.h"
#include "formats/perf/perf_line.h"
#include "formats/perf/perf_unwind.h"

enum { /* where the processor was: of the misc field of a record */
	MODE_MASK = 7,
	MODE_KERNEL = 1,
	MODE_GUEST_KERNEL = 4,
	MISC_EXEC = 1 << 13,     /* of COMM */
	MISC_BUILD_ID = 1 << 14, /* of MMAP2 */
	MISC_ID_BYTES = 20,
};

/* Marks in a call chain: the mode of the addresses behind them. */
#define CONTEXT_FIRST ((uint64_t)-4095)
#define CONTEXT_KERNEL ((uint64_t)-128)
#define CONTEXT_GUEST_KERNEL ((uint64_t)-2176)

/* An address that was met: in a space of that number, of an event. */
struct met {
	uint64_t address;
	uint32_t space, event, location;
};

struct event {
	struct profile_builder *b; /* NULL: it has no samples yet */
	int64_t first, last;       /* times */
	int64_t period;            /* of the first sample */
};

struct thread {
	uint32_t tid;
	struct str comm;
};

struct reader {
	struct arena *a;
	const struct format_opts *o;
	struct perf_file f;
	struct perf_maps maps;
	struct perf_unwind unwind;
	struct event *events; /* by attr */
	struct thread *threads;
	uint32_t n_threads, cap_threads;
	struct table thread_index;
	struct met *met;
	uint32_t n_met, cap_met;
	struct table met_index, id_index;
	VEC(uint32_t) stack;
	uint64_t walked[PERF_UNWIND_MAX];
	uint64_t n_samples;
};

static void note(struct reader *r, const char *p, const char *what)
{
	if (r->f.notes->skipped++ == 0)
		r->f.notes->first = arena_printf(r->a, "byte %zu: %s", (size_t)(p - r->f.bytes.p), what);
}

static struct str until_nul(struct str s)
{
	return str_of(s.p, str_find(s, '\0'));
}

/* ---- threads ---- */

static struct thread *thread_of(struct reader *r, uint32_t tid)
{
	uint64_t hash = hash_mix(tid, 5);
	struct table_at at = table_find(&r->thread_index, hash);

	for (uint32_t v; table_next(&at, &v);)
		if (r->threads[v].tid == tid)
			return &r->threads[v];
	if (r->n_threads == r->cap_threads)
		r->threads = profile_grow(r->a, r->threads, sizeof(*r->threads), r->n_threads, &r->cap_threads);
	r->threads[r->n_threads] = (struct thread){ .tid = tid, .comm = tid == 0 ? STR("swapper") : STR_NONE };
	table_put(&r->thread_index, r->a, hash, r->n_threads);
	return &r->threads[r->n_threads++];
}

/* pid, tid u32; the command */
static void take_comm(struct reader *r, const char *p)
{
	struct str body = perf_record_body(&r->f, p);

	if (body.n < 8) {
		note(r, p, "a command that is cut");
		return;
	}
	thread_of(r, perf_u32(&r->f, body.p + 4))->comm = until_nul(str_skip(body, 8));
	if (perf_record_misc(&r->f, p) & MISC_EXEC)
		perf_maps_clear(&r->maps, perf_u32(&r->f, body.p));
}

/* pid, ppid, tid, ptid u32; time u64 */
static void take_fork(struct reader *r, const char *p)
{
	struct str body = perf_record_body(&r->f, p), comm;

	if (body.n < 24) {
		note(r, p, "a new thread that is cut");
		return;
	}
	comm = thread_of(r, perf_u32(&r->f, body.p + 12))->comm;
	thread_of(r, perf_u32(&r->f, body.p + 8))->comm = comm;
	perf_maps_fork(&r->maps, perf_u32(&r->f, body.p), perf_u32(&r->f, body.p + 4));
}

/* ---- maps ---- */

static struct str hex_id(struct reader *r, const char *p, size_t n)
{
	struct buf b;
	struct str s;

	buf_init(&b, 2 * MISC_ID_BYTES);
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%02x", (unsigned)(unsigned char)p[i]);
	s = arena_str(r->a, buf_str(&b));
	buf_fini(&b);
	return s;
}

static struct str build_id_of(struct reader *r, struct str file)
{
	struct table_at at = table_find(&r->id_index, hash_seeded(file));

	for (uint32_t v; table_next(&at, &v);)
		if (str_eq(r->f.build_ids[v].file, file))
			return r->f.build_ids[v].id;
	return STR_NONE;
}

static void index_build_ids(struct reader *r)
{
	for (uint32_t i = 0; i < r->f.n_build_ids; i++)
		if (build_id_of(r, r->f.build_ids[i].file).p == NULL)
			table_put(&r->id_index, r->a, hash_seeded(r->f.build_ids[i].file), i);
}

/* "[kernel.kallsyms]_text" says which symbol it begins with. Its offset is that symbol's address, not a place in a file. */
static void name_kernel(struct perf_map *map)
{
	static const char *const kernels[] = { "[kernel.kallsyms]", "[guest.kernel.kallsyms]" };

	for (size_t i = 0; i < ARRAY_LEN(kernels); i++)
		if (str_prefix(map->file, str_cstr(kernels[i]))) {
			map->file = str_cstr(kernels[i]);
			map->offset = 0;
		}
}

/* pid, tid u32; address, size, offset u64; of MMAP2: 24 bytes with a build id or the file's number, prot, flags u32; name */
static int take_map(struct reader *r, const char *p, bool two, struct err *e)
{
	struct str body = perf_record_body(&r->f, p);
	uint16_t misc = perf_record_misc(&r->f, p);
	bool kernel = (misc & MODE_MASK) == MODE_KERNEL || (misc & MODE_MASK) == MODE_GUEST_KERNEL;
	size_t head = two ? 64 : 32;
	struct perf_map map;

	if (body.n < head) {
		note(r, p, "a mapping that is cut");
		return 0;
	}
	map.start = perf_u64(&r->f, body.p + 8);
	map.end = map.start + MIN(perf_u64(&r->f, body.p + 16), UINT64_MAX - map.start);
	map.offset = perf_u64(&r->f, body.p + 24);
	map.file = until_nul(str_skip(body, head));
	map.build_id = STR_NONE;
	if (kernel)
		name_kernel(&map);
	if (two && misc & MISC_BUILD_ID)
		map.build_id = hex_id(r, body.p + 36, MIN((size_t)(unsigned char)body.p[32], (size_t)MISC_ID_BYTES));
	else
		map.build_id = build_id_of(r, map.file);
	if (!perf_maps_add(&r->maps, kernel ? PERF_KERNEL : perf_u32(&r->f, body.p), &map))
		return err_set(e, ERR_LIMIT, "perf.data: byte %zu: more than %d mappings of a process, or %llu of all",
		    (size_t)(p - r->f.bytes.p), PERF_MAX_RANGES, (unsigned long long)r->maps.limit);
	return 0;
}

/* ---- samples ---- */

static uint32_t mapping_of(const struct perf_map *m, struct profile_builder *b)
{
	struct mapping x = { .start = m->start, .limit = m->end, .offset = m->offset };

	x.file = profile_builder_str(b, m->file);
	x.build_id = profile_builder_str(b, m->build_id);
	return profile_builder_mapping(b, &x);
}

static uint32_t new_location(struct reader *r, struct event *v, uint32_t space, bool kernel, uint64_t address)
{
	struct location l = { .address = address, .mapping = PROFILE_NONE };
	uint32_t map = perf_maps_find(&r->maps, space, address);

	if (map != PROFILE_NONE)
		l.mapping = mapping_of(&r->maps.maps[map], v->b);
	else if (kernel)
		l.mapping = profile_builder_mapping(v->b,
		    &(struct mapping){ .file = profile_builder_str(v->b, STR("[kernel.kallsyms]")) });
	return profile_builder_location(v->b, &l, NULL);
}

/* Looked up by what an address means, which it keeps while the space has the same number. */
static uint32_t location_of(struct reader *r, uint32_t event, uint32_t pid, bool kernel, uint64_t address)
{
	uint32_t space = perf_maps_space(&r->maps, kernel ? PERF_KERNEL : pid), number = r->maps.spaces[space].number;
	uint64_t hash = hash_mix(address, (uint64_t)number << 32 | event);
	struct table_at at = table_find(&r->met_index, hash);
	uint32_t location;

	for (uint32_t v; table_next(&at, &v);)
		if (r->met[v].address == address && r->met[v].space == number && r->met[v].event == event)
			return r->met[v].location;
	location = new_location(r, &r->events[event], space, kernel, address);
	/* what is nowhere mapped may be so later */
	if (perf_maps_find(&r->maps, space, address) == PROFILE_NONE)
		return location;
	if (r->n_met == r->cap_met)
		r->met = profile_grow(r->a, r->met, sizeof(*r->met), r->n_met, &r->cap_met);
	r->met[r->n_met] = (struct met){ address, number, event, location };
	table_put(&r->met_index, r->a, hash, r->n_met++);
	return location;
}

static void push_walked(struct reader *r, uint32_t event, const struct perf_data_sample *s)
{
	uint32_t n = perf_unwind(&r->unwind, perf_maps_space(&r->maps, s->pid), &s->dump, r->walked);

	for (uint32_t i = 0; i < n; i++)
		vec_push(&r->stack, location_of(r, event, s->pid, false, r->walked[i]));
}

static void push_chain(struct reader *r, uint32_t event, const struct perf_data_sample *s, uint16_t misc)
{
	bool kernel = (misc & MODE_MASK) == MODE_KERNEL || (misc & MODE_MASK) == MODE_GUEST_KERNEL, first = true;
	bool user = false;

	r->stack.n = 0;
	for (uint64_t i = 0; i < s->n; i++) {
		uint64_t ip = perf_u64(&r->f, s->chain + i * 8);

		if (ip >= CONTEXT_FIRST) {
			kernel = ip == CONTEXT_KERNEL || ip == CONTEXT_GUEST_KERNEL;
			first = true;
			continue;
		}
		/* where a thread was interrupted is exact; the others are returned to */
		vec_push(&r->stack, location_of(r, event, s->pid, kernel, ip - (!first && ip > 0)));
		first = false;
		user |= !kernel;
	}
	if (!user && s->dump.abi != 0)
		push_walked(r, event, s);
	if (r->stack.n == 0)
		vec_push(&r->stack, location_of(r, event, s->pid, kernel, s->ip));
}

static uint32_t root_frame(struct reader *r, struct profile_builder *b, const struct perf_data_sample *s,
    struct str comm)
{
	struct buf name;
	uint32_t frame;

	buf_init(&name, SIZE_MAX / 2);
	buf_add(&name, comm);
	if (r->o->root == FORMAT_ROOT_PID)
		buf_printf(&name, "-%d", (int)s->pid);
	if (r->o->root == FORMAT_ROOT_TID)
		buf_printf(&name, "-%d/%d", (int)s->pid, (int)s->tid);
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == ' ' || name.p[i] == ';')
			name.p[i] = name.p[i] == ' ' ? '_' : ':';
	frame = profile_builder_frame(b, arena_str(r->a, buf_str(&name)), STR_NONE, 0);
	buf_fini(&name);
	return frame;
}

static uint32_t sample_tags(struct reader *r, struct profile_builder *b, const struct perf_data_sample *s,
    struct str comm, struct tag *tags)
{
	uint32_t n = 0;

	if (!(r->o->keep & FORMAT_TAGS))
		return 0;
#define TAG(name, value)                                                                       \
	tags[n++] = (struct tag)                                                               \
	{                                                                                      \
		.key = profile_builder_str(b, STR(name)), .str = profile_builder_str(b, value) \
	}
	if (comm.n)
		TAG("thread", comm);
	TAG("pid", arena_printf(r->a, "%d", (int)s->pid));
	TAG("tid", arena_printf(r->a, "%d", (int)s->tid));
	if (s->cpu != UINT32_MAX)
		TAG("cpu", arena_printf(r->a, "%03u", s->cpu));
#undef TAG
	return n;
}

static bool has_period(const struct perf_attr *x)
{
	return x->sample_type & PERF_HAS_PERIOD || (!x->freq && x->period > 1);
}

static void add_sample(struct reader *r, uint32_t attr, const struct perf_data_sample *s, uint16_t misc)
{
	const struct perf_attr *x = &r->f.attrs[attr];
	struct event *v = &r->events[attr];
	struct str comm = thread_of(r, s->tid)->comm;
	uint64_t period = x->sample_type & PERF_HAS_PERIOD ? s->period : x->period;
	int64_t values[2] = { 1, (int64_t)MIN(period ? period : 1, (uint64_t)INT64_MAX) };
	int64_t at = (int64_t)(r->f.has_wall ? s->time - r->f.clock + r->f.wall : s->time);
	struct tag tags[4];
	uint32_t n_tags;

	if (v->b == NULL) {
		v->b = profile_builder_new(r->a, has_period(x) ? 2 : 1);
		v->first = v->last = at;
		v->period = values[1];
	}
	v->first = MIN(v->first, at);
	v->last = MAX(v->last, at);
	push_chain(r, attr, s, misc);
	if (comm.n && r->o->root != FORMAT_ROOT_NONE)
		vec_push(&r->stack, root_frame(r, v->b, s, comm));
	n_tags = sample_tags(r, v->b, s, comm, tags);
	if (r->o->keep & FORMAT_TIMES)
		profile_builder_add_at(v->b, r->stack.p, (uint32_t)r->stack.n, values, tags, n_tags, at);
	else
		profile_builder_add(v->b, r->stack.p, (uint32_t)r->stack.n, values, tags, n_tags);
	r->n_samples++;
}

/* All events of a recording have the fields up to their id at the same places. */
static void take_sample(struct reader *r, const char *p)
{
	const struct perf_attr *x = &r->f.attrs[0];
	struct perf_data_sample s;
	uint32_t attr;

	if (!perf_data_sample_parse(&r->f, p, x, true, &s)) {
		note(r, p, "a sample that is cut");
		return;
	}
	attr = perf_file_attr(&r->f, s.id);
	x = &r->f.attrs[attr];
	if (!perf_data_sample_parse(&r->f, p, x, false, &s))
		note(r, p, "a sample that is cut");
	else
		add_sample(r, attr, &s, perf_record_misc(&r->f, p));
}

static int take_record(struct reader *r, const char *p, struct err *e)
{
	switch (perf_record_type(&r->f, p)) {
	case PERF_MMAP: return take_map(r, p, false, e);
	case PERF_MMAP2: return take_map(r, p, true, e);
	case PERF_COMM: take_comm(r, p); return 0;
	case PERF_FORK: take_fork(r, p); return 0;
	case PERF_SAMPLE: take_sample(r, p); return 0;
	default: return 0;
	}
}

/* ---- profiles ---- */

static struct profile *finish(struct reader *r, uint32_t attr)
{
	struct event *v = &r->events[attr];
	const struct perf_attr *x = &r->f.attrs[attr];
	uint32_t note_at = profile_builder_str(v->b, r->f.cmdline);
	struct profile *p;

	perf_event_types(v->b, x->name, has_period(x));
	p = profile_builder_finish(v->b);
	if (p->n_types == 2) {
		p->has_period_type = true;
		p->period_type = p->types[1];
		p->period = v->period;
	}
	p->duration = wrap_sub(v->last, v->first);
	p->time = r->f.has_wall ? v->first : 0;
	if (r->f.cmdline.n) {
		p->comments = arena_array(r->a, 1, sizeof(*p->comments));
		p->comments[0] = note_at;
		p->n_comments = 1;
	}
	return p;
}

static void finish_all(struct reader *r, struct format_profiles *out)
{
	out->p = arena_zarray(r->a, r->f.n_attrs, sizeof(*out->p));
	for (uint32_t i = 0; i < r->f.n_attrs; i++)
		if (r->events[i].b) {
			out->p[out->n].name = r->f.attrs[i].name;
			out->p[out->n++].p = finish(r, i);
		}
}

int perf_data_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct reader r = { .a = a, .o = o };
	int rc;

	if (perf_file_open(&r.f, a, bytes, o->lenient, &out->notes, e) < 0)
		return -1;
	perf_maps_init(&r.maps, a, bytes.n + PERF_MAX_RANGES);
	perf_unwind_init(&r.unwind, a, o, &r.maps);
	r.events = arena_zarray(a, (size_t)r.f.n_attrs + 1, sizeof(*r.events));
	index_build_ids(&r);
	rc = 0;
	for (uint32_t i = 0; i < r.f.n_records && rc == 0; i++)
		rc = take_record(&r, r.f.records[i].p, e);
	vec_free(&r.stack);
	if (rc < 0)
		return -1;
	if (r.n_samples == 0)
		return err_set(e, ERR_INVALID, "perf.data: no samples" STR_FMT STR_FMT, out->notes.first.n ? 2 : 0,
		    ": ", STR_ARG(out->notes.first));
	finish_all(&r, out);
	out->notes.warning = perf_unwind_warning(&r.unwind);
	return 0;
}
