/* speedscope_encode.c - a sampled profile for each profile and sample type */
#include "base/json.h"
#include "formats/json/frame_table.h"
#include "formats/json/speedscope.h"

struct writer {
	struct jw w;
	struct arena *a;
	struct frame_table frames;
	struct frame_map *maps;
	uint32_t *stack;
	struct err *e;
};

static void put_frames(struct writer *w)
{
	jw_key(&w->w, STR("shared"));
	jw_open(&w->w, '{');
	jw_key(&w->w, STR("frames"));
	jw_open(&w->w, '[');
	for (uint32_t i = 0; i < w->frames.n; i++) {
		const struct table_frame *f = &w->frames.frames[i];

		jw_open(&w->w, '{');
		jw_key(&w->w, STR("name"));
		jw_str(&w->w, f->name);
		if (f->file.n) {
			jw_key(&w->w, STR("file"));
			jw_str(&w->w, f->file);
		}
		if (f->start_line > 0) {
			jw_key(&w->w, STR("line"));
			jw_i64(&w->w, f->start_line);
		}
		jw_close(&w->w, '}');
	}
	jw_close(&w->w, ']');
	jw_close(&w->w, '}');
}

static struct str unit_of(struct str unit)
{
	const struct unit *u = unit_find(unit);

	return u ? unit : STR("none");
}

static int sum_of(const struct profile *p, uint32_t type, int64_t *sum, struct err *e)
{
	*sum = 0;
	for (uint32_t i = 0; i < p->n_samples; i++) {
		int64_t v = profile_value(p, i, type);

		if (v < 0)
			return err_set(e, ERR_INVALID, "speedscope: sample %u has the negative value %lld", i,
			    (long long)v);
		if (__builtin_add_overflow(*sum, v, sum))
			return err_set(e, ERR_INVALID, "speedscope: the values add up to more than 63 bits");
	}
	return 0;
}

static void put_samples(struct writer *w, const struct frame_map *m, uint32_t type)
{
	const struct profile *p = m->p;

	jw_key(&w->w, STR("samples"));
	jw_open(&w->w, '[');
	for (uint32_t i = 0; i < p->n_samples; i++) {
		uint32_t n;

		if (profile_value(p, i, type) == 0)
			continue;
		n = frame_map_stack(m, i, w->stack);
		jw_open(&w->w, '[');
		for (uint32_t k = 0; k < n; k++)
			jw_u64(&w->w, w->stack[k]);
		jw_close(&w->w, ']');
	}
	jw_close(&w->w, ']');
	jw_key(&w->w, STR("weights"));
	jw_open(&w->w, '[');
	for (uint32_t i = 0; i < p->n_samples; i++)
		if (profile_value(p, i, type))
			jw_i64(&w->w, profile_value(p, i, type));
	jw_close(&w->w, ']');
}

static int put_profile(struct writer *w, const struct format_profile *in, const struct frame_map *m, uint32_t type)
{
	const struct profile *p = in->p;
	struct str name = profile_str(p, p->types[type].type);
	int64_t sum;

	if (sum_of(p, type, &sum, w->e) < 0)
		return -1;
	if (in->name.n)
		name = arena_printf(w->a, STR_FMT " (" STR_FMT ")", STR_ARG(in->name), STR_ARG(name));
	jw_open(&w->w, '{');
	jw_key(&w->w, STR("type"));
	jw_str(&w->w, STR("sampled"));
	jw_key(&w->w, STR("name"));
	jw_str(&w->w, name);
	jw_key(&w->w, STR("unit"));
	jw_str(&w->w, unit_of(profile_str(p, p->types[type].unit)));
	jw_key(&w->w, STR("startValue"));
	jw_i64(&w->w, 0);
	jw_key(&w->w, STR("endValue"));
	jw_i64(&w->w, sum);
	put_samples(w, m, type);
	jw_close(&w->w, '}');
	return 0;
}

static int put_profiles(struct writer *w, const struct format_profile *in, uint32_t n, const struct format_opts *o)
{
	jw_key(&w->w, STR("profiles"));
	jw_open(&w->w, '[');
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t t = 0; t < in[i].p->n_types; t++)
			if ((o->type == FORMAT_ALL_TYPES || o->type == t) && put_profile(w, &in[i], &w->maps[i], t) < 0)
				return -1;
	jw_close(&w->w, ']');
	return 0;
}

int speedscope_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e)
{
	struct writer w = { .w = jw_init(out), .a = arena_new(), .e = e };
	uint32_t depth = 0;
	int rc;

	frame_table_init(&w.frames, w.a);
	w.maps = arena_array(w.a, n, sizeof(*w.maps));
	for (uint32_t i = 0; i < n; i++) {
		frame_table_add(&w.frames, in[i].p, &w.maps[i]);
		depth = MAX(depth, w.maps[i].max_depth);
	}
	w.stack = arena_array(w.a, depth, sizeof(*w.stack));
	jw_open(&w.w, '{');
	jw_key(&w.w, STR("$schema"));
	jw_str(&w.w, STR(SPEEDSCOPE_SCHEMA));
	jw_key(&w.w, STR("exporter"));
	jw_str(&w.w, STR("pyro"));
	jw_key(&w.w, STR("activeProfileIndex"));
	jw_i64(&w.w, 0);
	put_frames(&w);
	rc = put_profiles(&w, in, n, o);
	jw_close(&w.w, '}');
	buf_byte(out, '\n');
	arena_free(w.a);
	return rc < 0 ? -1 : buf_check(out, "speedscope", e);
}
