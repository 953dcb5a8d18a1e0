/* stackprof.c - see stackprof.h */
#include "formats/json/stackprof.h"

#include <math.h>

#include "base/hash.h"
#include "base/num.h"
#include "formats/format_impl.h"
#include "formats/json/json_note.h"
#include "formats/json/stack_tree.h"

struct frame {
	uint64_t id;
	struct str name, file;
	int64_t line, samples;
	uint32_t location; /* + 1 */
};

struct numbers {
	uint64_t *p;
	uint32_t n, cap;
};

struct reader {
	struct jwalk j;
	const struct format_opts *o;
	struct format_notes notes;
	struct frame *frames;
	uint32_t n_frames, cap_frames;
	struct table ids;
	struct numbers raw, deltas;
	const char *raw_at;
	struct str mode;
	int64_t interval;
	bool has_raw;
	struct profile_builder *b;
	uint32_t n_types;
};

static void read_numbers(struct jwalk *j, struct numbers *n)
{
	n->n = 0;
	if (!jwalk_try(j, '['))
		return;
	while (jwalk_item(j)) {
		int64_t v = jwalk_i64(j);

		if (n->n == n->cap)
			n->p = profile_grow(j->a, n->p, sizeof(*n->p), n->n, &n->cap);
		n->p[n->n++] = (uint64_t)MAX(v, INT64_C(0));
	}
}

static void read_frame(struct reader *r, struct str id)
{
	struct frame f = { 0 };
	struct str key;
	struct err e;

	if (num_u64(id, &f.id, &e) < 0)
		jwalk_fail(&r->j, "the name of a frame is not a number");
	for (jwalk_open(&r->j, '{'); jwalk_member(&r->j, &key);)
		if (str_eq(key, STR("name")))
			f.name = jwalk_str_or(&r->j, STR_NONE);
		else if (str_eq(key, STR("file")))
			f.file = jwalk_str_or(&r->j, STR_NONE);
		else if (str_eq(key, STR("line")))
			f.line = jwalk_i64_or(&r->j, 0);
		else if (str_eq(key, STR("samples")))
			f.samples = jwalk_i64_or(&r->j, 0);
		else
			jwalk_skip(&r->j);
	if (r->n_frames == r->cap_frames)
		r->frames = profile_grow(r->j.a, r->frames, sizeof(*r->frames), r->n_frames, &r->cap_frames);
	table_put(&r->ids, r->j.a, hash_mix(f.id, 0), r->n_frames);
	r->frames[r->n_frames++] = f;
}

static struct frame *find_frame(struct reader *r, uint64_t id)
{
	struct table_at at = table_find(&r->ids, hash_mix(id, 0));

	for (uint32_t v; table_next(&at, &v);)
		if (r->frames[v].id == id)
			return &r->frames[v];
	return NULL;
}

static int read_text(struct reader *r)
{
	bool any = false;
	struct str key;

	for (jwalk_open(&r->j, '{'); jwalk_member(&r->j, &key);)
		if (str_eq(key, STR("mode"))) {
			r->mode = jwalk_str_or(&r->j, STR_NONE);
		} else if (str_eq(key, STR("interval"))) {
			r->interval = jwalk_i64_or(&r->j, 0);
		} else if (str_eq(key, STR("raw"))) {
			r->has_raw = jwalk_kind(&r->j) == '[';
			r->raw_at = r->j.p;
			read_numbers(&r->j, &r->raw);
		} else if (str_eq(key, STR("raw_timestamp_deltas"))) {
			read_numbers(&r->j, &r->deltas);
		} else if (str_eq(key, STR("frames"))) {
			any = true;
			for (jwalk_open(&r->j, '{'); jwalk_member(&r->j, &key);)
				read_frame(r, key);
		} else {
			jwalk_skip(&r->j);
		}
	if (jwalk_end(&r->j) < 0)
		return -1;
	return any ? 0 : err_set(r->j.e, ERR_INVALID, "no object \"frames\"");
}

/* ---- profile ---- */

static uint32_t location(struct reader *r, struct frame *f)
{
	if (f->location == 0) {
		uint32_t name = profile_builder_str(r->b, f->name);
		struct function fn = { .name = name, .system_name = name, .start_line = MAX(f->line, INT64_C(0)) };
		struct location l = { .n_lines = 1 };
		struct line line = { .line = fn.start_line };

		fn.file = profile_builder_str(r->b, f->file);
		l.mapping = profile_builder_mapping(r->b, &(struct mapping){ 0 });
		line.function = profile_builder_function(r->b, &fn);
		f->location = profile_builder_location(r->b, &l, &line) + 1;
	}
	return f->location - 1;
}

static bool timed(const struct reader *r)
{
	return str_eq(r->mode, STR("wall")) || str_eq(r->mode, STR("cpu"));
}

static void set_types(struct reader *r)
{
	r->n_types = timed(r) || str_eq(r->mode, STR("object")) ? 2 : 1;
	r->b = profile_builder_new(r->j.a, r->n_types);
	profile_builder_type(r->b, 0, STR("samples"), STR("count"));
	if (timed(r))
		profile_builder_type(r->b, 1, r->mode, STR("nanoseconds"));
	else if (r->n_types == 2)
		profile_builder_type(r->b, 1, STR("objects"), STR("count"));
}

/* What n samples stand for, from the k-th on. */
static int64_t weight(const struct reader *r, uint64_t n, uint64_t k)
{
	int64_t sum = 0, one;

	if (!timed(r) || k >= r->deltas.n) {
		if (__builtin_mul_overflow((int64_t)MIN(n, (uint64_t)INT64_MAX), MAX(r->interval, INT64_C(1)), &sum) ||
		    (timed(r) && __builtin_mul_overflow(sum, NS_PER_US, &sum)))
			return INT64_MAX;
		return sum;
	}
	for (uint64_t i = k; i < r->deltas.n && i - k < n; i++) {
		if (__builtin_mul_overflow((int64_t)r->deltas.p[i], NS_PER_US, &one))
			one = INT64_MAX;
		stack_tree_sum(&sum, one);
	}
	return sum;
}

static int bad_raw(struct reader *r, uint32_t at, const char *why)
{
	return json_odd(&r->j, r->o, &r->notes, r->raw_at, "number %u of raw: %s", at, why);
}

/* 0: on; 1: enough, leniently; -1: an error. */
static int add_stack(struct reader *r, uint32_t *at, uint32_t *stack, uint64_t *sample)
{
	const struct numbers *raw = &r->raw;
	uint64_t depth = raw->p[*at];
	int64_t v[2];
	uint32_t n = 0;

	if (depth >= raw->n - *at - 1)
		return bad_raw(r, *at, "more frames than there are numbers") < 0 ? -1 : 1;
	for (uint32_t i = (uint32_t)depth; i > 0; i--) {
		struct frame *f = find_frame(r, raw->p[*at + i]);

		if (f)
			stack[n++] = location(r, f);
		else if (bad_raw(r, *at + i, "no such frame") < 0)
			return -1;
	}
	*at += (uint32_t)depth + 1;
	v[0] = (int64_t)raw->p[*at];
	v[1] = weight(r, raw->p[*at], *sample);
	if (__builtin_add_overflow(*sample, raw->p[*at], sample))
		*sample = UINT64_MAX;
	++*at;
	profile_builder_add(r->b, stack, n, v, NULL, 0);
	return 0;
}

static int make_stacks(struct reader *r)
{
	uint32_t *stack = arena_array(r->j.a, r->raw.n, sizeof(*stack));
	uint64_t sample = 0;
	int rc = 0;

	for (uint32_t at = 0; at < r->raw.n && rc == 0;)
		rc = add_stack(r, &at, stack, &sample);
	return rc < 0 ? -1 : 0;
}

static void make_frames(struct reader *r)
{
	for (uint32_t i = 0; i < r->n_frames; i++) {
		struct frame *f = &r->frames[i];
		int64_t v[2] = { f->samples, weight(r, f->samples > 0 ? (uint64_t)f->samples : 0, UINT64_MAX) };
		uint32_t l;

		if (f->samples <= 0)
			continue;
		l = location(r, f);
		profile_builder_add(r->b, &l, 1, v, NULL, 0);
	}
	r->notes.warning = STR("stackprof: there are no stacks (raw: true), only the samples of each frame");
}

int stackprof_decode(struct arena *a, struct str json, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct reader r = { .o = o };

	jwalk_init(&r.j, a, json, e);
	if (read_text(&r) < 0)
		return err_wrap(e, "stackprof");
	set_types(&r);
	if (!r.has_raw)
		make_frames(&r);
	else if (make_stacks(&r) < 0)
		return err_wrap(e, "stackprof");
	out->notes = r.notes;
	return format_one(a, profile_builder_finish(r.b), out);
}
