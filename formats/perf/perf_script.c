/*
 * perf_script.c - `perf script` text, once over. A record is looked up before
 * it is read: the line of its leaf by its bytes behind the address, all lines
 * below by a hash of their bytes. What was never seen is read line by line.
 */
#include "formats/perf/perf_script.h"

#include "base/hash.h"
#include "base/stream.h"
#include "base/vec.h"
#include "formats/lines.h"
#include "formats/perf/perf_blank.h"
#include "formats/perf/perf_cut.h"
#include "formats/perf/perf_line.h"
#include "formats/perf/perf_stacks.h"

enum { LOOK_UP_MAX = 1 << 20 }; /* bytes of callers: more is one stack without an end, or a text without empty lines */

/* A line that was read, without its address and the offset in its function. */
struct known_line {
	struct str symbol, object;
	uint32_t seq;
	bool java;
};

/* The callers of a stack that were read, by a hash that no two texts share. */
struct known_callers {
	struct hash128 hash;
	uint32_t seq, lines;
	bool java;
};

struct root {
	struct str comm;     /* of the last record */
	struct str pid, tid; /* in the root frame, if asked for */
	uint32_t frame;
	bool java;
};

/* A record that is being read line by line. */
struct record {
	bool open;
	bool no_frames;   /* its one frame stood in its head */
	bool source_only; /* what follows may be the source line of the frame above */
	struct perf_sample sample;
	int64_t period, at;
};

struct script {
	const struct format_opts *o;
	struct arena *a;
	uint64_t line; /* number of the one at hand */
	struct perf_stacks stacks;
	struct known_line *lines;
	struct known_callers *callers;
	uint32_t n_lines, cap_lines, n_callers, cap_callers;
	struct table line_index, callers_index;
	struct root root;
	uint32_t event;
	struct record r;
	VEC(uint32_t) leaf; /* frames of the record that is open */
	VEC(uint32_t) rest;
	struct format_notes *notes;
	struct str comment;
	bool irregular; /* since the last empty line something was there beside one record */
	bool too_many;
	uint64_t lines_seen;
	uint32_t none; /* the sequence of no frames */
};

static void note(struct script *s, uint64_t line, const char *why)
{
	if (s->notes->skipped++ == 0)
		s->notes->first = arena_printf(s->a, "line %llu: %s", (unsigned long long)line, why);
}

/* ---- what was seen before ---- */

/* What is known of the callers; NULL: nothing. */
static const struct known_callers *callers_find(const struct script *s, struct hash128 hash, bool java)
{
	struct table_at at = table_find(&s->callers_index, hash.high);

	for (uint32_t v; table_next(&at, &v);) {
		const struct known_callers *own = &s->callers[v];

		if (own->hash.low == hash.low && own->hash.high == hash.high && own->java == java)
			return own;
	}
	return NULL;
}

static void callers_put(struct script *s, const struct known_callers *c)
{
	if (s->n_callers == s->cap_callers)
		s->callers = profile_grow(s->a, s->callers, sizeof(*s->callers), s->n_callers, &s->cap_callers);
	s->callers[s->n_callers] = *c;
	table_put(&s->callers_index, s->a, c->hash.high, s->n_callers++);
}

static int hex_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* What tells a line from others: its symbol, its object. */
static void split_line(struct str rest, struct str *symbol, struct str *object)
{
	size_t at = str_rfind(rest, '('), end, i;

	if (at == rest.n || at == 0 || rest.p[at - 1] != ' ')
		at = rest.n;
	*object = str_skip(rest, at);
	end = i = at - (at < rest.n);
	while (i > 0 && hex_digit(rest.p[i - 1]))
		i--;
	if (i < end && i >= 3 && memcmp(rest.p + i - 3, "+0x", 3) == 0)
		end = i - 3;
	*symbol = str_of(rest.p, end);
}

static bool line_find(const struct script *s, const struct known_line *l, uint64_t *hash, uint32_t *seq)
{
	struct table_at at;

	*hash = hash_seeded(l->symbol) * 31 + hash_seeded(l->object) + l->java;
	at = table_find(&s->line_index, *hash);
	for (uint32_t v; table_next(&at, &v);) {
		const struct known_line *own = &s->lines[v];

		if (own->java == l->java && str_eq(own->symbol, l->symbol) && str_eq(own->object, l->object)) {
			*seq = own->seq;
			return true;
		}
	}
	return false;
}

static void line_put(struct script *s, const struct known_line *l, uint64_t hash)
{
	if (s->n_lines == s->cap_lines)
		s->lines = profile_grow(s->a, s->lines, sizeof(*s->lines), s->n_lines, &s->cap_lines);
	s->lines[s->n_lines] = *l;
	s->lines[s->n_lines].symbol = arena_str(s->a, l->symbol);
	s->lines[s->n_lines].object = arena_str(s->a, l->object);
	table_put(&s->line_index, s->a, hash, s->n_lines++);
}

/* ---- frames ---- */

static struct str marked(struct script *s, struct str name, const char *mark)
{
	char *p = arena_alloc(s->a, name.n + 4);

	if (name.n)
		memcpy(p, name.p, name.n);
	memcpy(p + name.n, mark, 4);
	return str_of(p, name.n + 4);
}

static struct str with_marks(struct script *s, struct str name, struct str object, bool nested)
{
	if (nested && s->o->marks & FORMAT_MARK_INLINED && str_search(name, STR("_[i]")) == name.n)
		return marked(s, name, "_[i]");
	if (nested)
		return name;
	if (s->o->marks & FORMAT_MARK_KERNEL && perf_object_is_kernel(object))
		return marked(s, name, "_[k]");
	if (s->o->marks & FORMAT_MARK_JIT && perf_object_is_jit(object) && str_search(name, STR("_[j]")) == name.n)
		return marked(s, name, "_[j]");
	return name;
}

/* "a->b->c" of a compiler at run time: c and b are inlined in a. Appends to `frames` from the innermost out. */
static uint32_t frames_of(struct script *s, const struct perf_frame *f)
{
	struct str names = f->symbol;
	VEC(uint32_t) frames = { 0 };
	uint32_t seq;
	bool more;

	do {
		struct perf_stack_frame x = { .object = f->object, .inlined = f->inlined };
		size_t at = names.n;
		bool known = f->symbol.n > 0;

		while (known && perf_object_is_jit(f->object) && at >= 2 && memcmp(names.p + at - 2, "->", 2) != 0)
			at--;
		more = known && perf_object_is_jit(f->object) && at >= 2;
		x.name = more ? str_skip(names, at) : names;
		if (known)
			x.name = perf_symbol_name(s->a, x.name, s->root.java);
		else if (f->object.n || f->address == 0 || f->whole)
			x.name = perf_object_name(s->a, f->object);
		else
			x.address = f->address;
		x.inlined |= more;
		x.name = x.address ? x.name : with_marks(s, x.name, f->object, more);
		vec_push(&frames, perf_stacks_frame(&s->stacks, &x));
		names.n = more ? at - 2 : 0;
	} while (more);
	seq = perf_stacks_seq(&s->stacks, frames.p, (uint32_t)frames.n);
	vec_free(&frames);
	return seq;
}

/* The sequence of a line from behind its address on. */
static uint32_t frame_seq(struct script *s, struct str rest, uint64_t address)
{
	struct known_line l = { .java = s->root.java };
	struct perf_frame f;
	uint64_t hash;

	split_line(rest, &l.symbol, &l.object);
	if (line_find(s, &l, &hash, &l.seq))
		return l.seq;
	perf_frame_parse(rest, &f);
	f.address = address;
	l.seq = frames_of(s, &f);
	/* a frame that has nothing but its address is not told by its line */
	if (f.symbol.n || f.object.n || f.whole)
		line_put(s, &l, hash);
	return l.seq;
}

/* ---- heads ---- */

static struct str root_name(struct script *s, const struct perf_head *h)
{
	struct buf b;
	struct str name;

	buf_init(&b, SIZE_MAX / 2);
	buf_add(&b, h->comm);
	if (s->o->root == FORMAT_ROOT_PID || s->o->root == FORMAT_ROOT_TID) {
		buf_byte(&b, '-');
		buf_add(&b, h->pid.n ? h->pid : STR("?"));
	}
	if (s->o->root == FORMAT_ROOT_TID) {
		buf_byte(&b, '/');
		buf_add(&b, h->tid);
	}
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] == ' ' || b.p[i] == ';')
			b.p[i] = b.p[i] == ' ' ? '_' : ':';
	name = arena_str(s->a, buf_str(&b));
	buf_fini(&b);
	return name;
}

static void take_root(struct script *s, const struct perf_head *h)
{
	struct root *r = &s->root;
	bool pid = s->o->root == FORMAT_ROOT_PID || s->o->root == FORMAT_ROOT_TID, tid = s->o->root == FORMAT_ROOT_TID;

	if (r->comm.p && str_eq(r->comm, h->comm) && (!pid || str_eq(r->pid, h->pid)) &&
	    (!tid || str_eq(r->tid, h->tid)))
		return;
	*r = (struct root){ h->comm, h->pid, h->tid, PROFILE_NONE, str_prefix(h->comm, STR("java")) };
	if (h->comm.n == 0)
		r->comm = STR("");
	else if (s->o->root != FORMAT_ROOT_NONE)
		r->frame = perf_stacks_frame(&s->stacks, &(struct perf_stack_frame){ .name = root_name(s, h) });
}

static bool take_event(struct script *s, const struct perf_head *h)
{
	struct perf_event *v;

	if (s->event == PROFILE_NONE || !str_eq(s->stacks.events[s->event].name, h->event)) {
		s->event = perf_stacks_event(&s->stacks, h->event);
		if (s->event == PROFILE_NONE)
			return false;
	}
	v = &s->stacks.events[s->event];
	if (h->has_period && !v->has_period) {
		v->has_period = true;
		v->period = h->period;
	}
	if (h->has_time) {
		v->first = v->has_time ? MIN(v->first, h->time) : h->time;
		v->last = v->has_time ? MAX(v->last, h->time) : h->time;
		v->has_time = true;
	}
	return true;
}

/* Into s->r, which is then open. */
static void take_head(struct script *s, const struct perf_head *h)
{
	struct record *r = &s->r;

	*r = (struct record){ .open = true, .period = h->period > 0 ? h->period : 1, .at = h->time };
	if (!take_event(s, h)) {
		s->too_many = true;
		r->open = false;
		return;
	}
	take_root(s, h);
	r->sample = (struct perf_sample){ .leaf = s->none,
		.callers = s->none,
		.root = s->root.frame,
		.event = s->event,
		.tags = PROFILE_NONE };
	if (s->o->keep & FORMAT_TAGS) {
		struct str tags[PERF_TAGS] = { h->comm, h->pid, h->tid, h->cpu };

		r->sample.tags = perf_stacks_tags(&s->stacks, tags);
	}
}

static bool is_record(const struct perf_head *h)
{
	return str_prefix(h->event, STR("PERF_RECORD_")) || str_prefix(h->text, STR("PERF_RECORD_"));
}

static void add_sample(struct script *s)
{
	perf_stacks_add(&s->stacks, &s->r.sample, s->r.period, s->r.at);
	s->r.open = false;
}

/* ---- line by line ---- */

static void close_record(struct script *s)
{
	struct record *r = &s->r;

	if (r->open) {
		if (!r->no_frames) {
			r->sample.leaf = perf_stacks_seq(&s->stacks, s->leaf.p, (uint32_t)s->leaf.n);
			r->sample.callers = perf_stacks_seq(&s->stacks, s->rest.p, (uint32_t)s->rest.n);
		}
		add_sample(s);
	}
	s->leaf.n = s->rest.n = 0;
}

static void open_record(struct script *s, const struct perf_head *h)
{
	const char *rest;
	uint64_t address;

	close_record(s);
	if (is_record(h))
		return;
	take_head(s, h);
	rest = h->text.n ? perf_frame_start(h->text, &address) : NULL;
	if (s->r.open && rest) {
		s->r.no_frames = true;
		s->r.sample.leaf = frame_seq(s, str_of(rest, (size_t)(h->text.p + h->text.n - rest)), address);
	}
}

static bool push_frames(struct script *s, struct str line)
{
	uint64_t address;
	const char *rest = perf_frame_start(line, &address);
	bool first = s->leaf.n == 0;
	const struct perf_seq *q;
	uint32_t seq;

	if (rest == NULL)
		return false;
	seq = frame_seq(s, str_of(rest, (size_t)(line.p + line.n - rest)), address);
	q = &s->stacks.seqs[seq];
	for (uint32_t i = 0; i < q->n; i++)
		if (first)
			vec_push(&s->leaf, s->stacks.seq_frames[q->at + i]);
		else
			vec_push(&s->rest, s->stacks.seq_frames[q->at + i]);
	return true;
}

/* "a.c:12" belongs to the outermost function of the frame above. */
static bool push_source(struct script *s, struct str line)
{
	uint32_t *frame = s->rest.n ? &s->rest.p[s->rest.n - 1] : s->leaf.n ? &s->leaf.p[s->leaf.n - 1] : NULL;
	struct perf_stack_frame x;

	if (frame == NULL)
		return false;
	x = s->stacks.frames[*frame];
	if (x.line || x.file.n || !perf_source_line(line, &x.file, &x.line))
		return false;
	*frame = perf_stacks_frame(&s->stacks, &x);
	return true;
}

/* Text that begins with a frame: a line above it may be a head that says little. */
static bool is_frame_only(struct str text)
{
	struct str line = str_of(text.p, str_find(text, '\n'));
	struct perf_head h;
	uint64_t address;

	return line.n && (line.p[0] == ' ' || line.p[0] == '\t') && perf_frame_start(line, &address) &&
	    (line.p[0] == '\t' || !perf_head_parse(line, false, &h));
}

static void take_line(struct script *s, struct str line, struct str next)
{
	bool indented = line.n && (line.p[0] == ' ' || line.p[0] == '\t'), loose;
	struct perf_head h;

	if (line.n == 0 || line.p[0] == '#')
		return;
	s->lines_seen++;
	loose = !indented && !s->r.open && is_frame_only(next);
	if (!(line.p[0] == '\t' && s->r.open) && perf_head_parse(line, loose, &h)) {
		s->irregular |= s->r.open;
		open_record(s, &h);
		return;
	}
	if (s->r.open && !s->r.no_frames && indented && push_frames(s, line))
		return;
	if (s->r.open && !s->r.no_frames && indented && push_source(s, line))
		return;
	s->irregular = true;
	if (s->r.open || !indented)
		note(s, s->line, "neither an event nor a frame of a stack");
	else
		note(s, s->line, "a frame without an event above it");
}

static void take_lines(struct script *s, struct str block)
{
	while (block.n && !s->too_many) {
		struct str line = perf_without_cr(str_cut(&block, '\n'));

		s->line++;
		take_line(s, line, block);
	}
	close_record(s);
}

/* ---- blocks: what stands between empty lines ---- */

/* A record whose lines were all seen before. */
static bool take_known(struct script *s, struct str block)
{
	struct str head = str_cut(&block, '\n'), leaf = str_cut(&block, '\n');
	struct perf_head h;
	uint64_t address;
	const struct known_callers *known = &(struct known_callers){ .seq = s->none };
	const char *rest;

	if (leaf.n == 0 || leaf.p[0] != '\t' || block.n > LOOK_UP_MAX ||
	    !perf_head_parse(perf_without_cr(head), true, &h) || is_record(&h) ||
	    (h.text.n && perf_frame_start(h.text, &address)))
		return false;
	rest = perf_frame_start(leaf, &address);
	if (rest == NULL)
		return false;
	if (block.n && (known = callers_find(s, hash_seeded_128(block), str_prefix(h.comm, STR("java")))) == NULL)
		return false;
	s->line += 2 + (uint64_t)known->lines;
	take_head(s, &h);
	if (!s->r.open)
		return true;
	s->r.sample.callers = known->seq;
	leaf = perf_without_cr(str_of(rest, (size_t)(leaf.p + leaf.n - rest)));
	s->r.sample.leaf = frame_seq(s, leaf, address);
	add_sample(s);
	return true;
}

/* Remembers the callers of a block that was one record and nothing else; a source line of the leaf is not a caller. */
static void keep_callers(struct script *s, struct str block)
{
	struct known_callers new = { .seq = s->r.sample.callers, .java = s->root.java };

	str_cut(&block, '\n');
	str_cut(&block, '\n');
	if (block.n == 0 || block.n > LOOK_UP_MAX || block.p[0] != '\t')
		return;
	new.hash = hash_seeded_128(block);
	new.lines = (uint32_t)perf_count_lines(block);
	if (callers_find(s, new.hash, new.java) == NULL)
		callers_put(s, &new);
}

static void take_block(struct script *s, struct str block)
{
	if (take_known(s, block))
		return;
	s->irregular = false;
	s->r = (struct record){ 0 };
	s->r.sample.callers = PROFILE_NONE;
	take_lines(s, block);
	if (!s->irregular && s->r.sample.callers != PROFILE_NONE && s->r.sample.callers != s->none)
		keep_callers(s, block);
}

static void take_comment(struct script *s, struct str line)
{
	if (str_prefix(line, STR("# cmdline :")))
		s->comment = arena_str(s->a, str_trim(str_skip(line, 1)));
}

/* The text without a last record that is cut inside a line. */
static struct str whole_records(struct script *s, struct str text)
{
	uint64_t line;
	struct str whole = perf_whole_records(text, &line);

	if (line)
		note(s, s->line + line, "the last record is cut");
	return whole;
}

static void take_text(struct script *s, struct str t)
{
	while (t.n && !s->too_many) {
		const char *end = t.p + t.n, *at;

		if (t.p[0] == '\n' || (t.p[0] == '\r' && t.n > 1 && t.p[1] == '\n')) {
			t = str_skip(t, t.p[0] == '\n' ? 1 : 2);
			s->line++;
			continue;
		}
		if (t.p[0] == '#') {
			take_comment(s, perf_without_cr(str_cut(&t, '\n')));
			s->line++;
			continue;
		}
		at = perf_find_blank(t.p, end);
		take_block(s, str_of(t.p, (size_t)(at - t.p) + (at < end)));
		t = str_skip(t, (size_t)(at - t.p) + 1);
	}
}

/* What leads into the piece at hand, which goes. */
static void keep_root(struct script *s)
{
	struct root *r = &s->root;

	if (r->comm.p == NULL)
		return;
	r->comm = arena_str(s->a, r->comm);
	r->pid = arena_str(s->a, r->pid);
	r->tid = arena_str(s->a, r->tid);
}

static int take_all(struct script *s, struct src *in, struct err *e)
{
	struct str text;
	bool end;

	do {
		if (lines_piece(in, perf_script_cut, 0, &text, &end, e) < 0)
			return -1;
		take_text(s, end ? whole_records(s, text) : text);
		keep_root(s);
		src_skip(in, text.n);
	} while (!end && !s->too_many);
	return 0;
}

int perf_script_stream(struct arena *a, struct src *in, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct script s = { .o = o, .a = a, .event = PROFILE_NONE, .notes = &out->notes };
	int rc;

	perf_stacks_init(&s.stacks, a, o->keep & FORMAT_TIMES);
	s.none = perf_stacks_seq(&s.stacks, NULL, 0);
	rc = take_all(&s, in, e);
	vec_free(&s.leaf);
	vec_free(&s.rest);
	if (rc < 0)
		return -1;
	if (s.too_many)
		return err_set(e, ERR_LIMIT, "perf-script: more than %d different events", PERF_MAX_EVENTS);
	if (s.stacks.n_samples == 0 && (s.lines_seen || out->notes.skipped))
		return err_set(e, ERR_INVALID, "perf-script: no event; " STR_FMT, STR_ARG(out->notes.first));
	perf_stacks_finish(&s.stacks, s.comment, out);
	return 0;
}

int perf_script_decode(struct arena *a, struct str text, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct src *in = src_mem(text);
	int rc = perf_script_stream(a, in, o, out, e);

	src_close(in);
	return rc;
}
