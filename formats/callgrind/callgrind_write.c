/* callgrind_write.c - see callgrind.h: own costs and calls of stacks, both exact */
#include <inttypes.h>

#include "base/arith.h"
#include "formats/callgrind/callgrind.h"

struct frame {
	uint32_t function;
	int64_t line;
};

struct writer {
	struct cg g;
	const struct profile *p;
	uint32_t first;       /* type */
	struct frame *frames; /* of all locations, innermost first */
	uint32_t *frames_at;  /* by location; n_locations + 1 */
	uint32_t *seen;       /* by call: sample + 1 */
	uint32_t cap_seen;
	uint32_t
	    *told[3]; /* by string of the builder: its number in the text, 0: not yet told; objects, files, functions */
	uint32_t n_told[3];
	struct buf *out;
};

static uint32_t string(struct writer *w, uint32_t i)
{
	return profile_builder_str(w->g.b, profile_str(w->p, i));
}

static struct frame make_frame(struct writer *w, const struct location *l, const struct line *line)
{
	const struct profile *p = w->p;
	const struct function *f = line && line->function < p->n_functions ? &p->functions[line->function] : NULL;
	uint32_t object = l->mapping < p->n_mappings ? string(w, p->mappings[l->mapping].file) : 0;
	uint32_t name = f ? string(w, f->name) : 0;

	/* an empty name stays when there is no address to tell it from others */
	if (name == 0 && (f == NULL || l->address != 0))
		name = profile_builder_str(w->g.b, arena_printf(w->g.a, "0x%" PRIx64, l->address));
	return (struct frame){ callgrind_function(&w->g, object, f ? string(w, f->file) : 0, name),
		line ? MAX(line->line, 0) : 0 };
}

static void make_frames(struct writer *w)
{
	const struct profile *p = w->p;
	uint32_t n = 0;

	w->frames = arena_array(w->g.a, (size_t)p->n_lines + p->n_locations + 1, sizeof(*w->frames));
	w->frames_at = arena_array(w->g.a, (size_t)p->n_locations + 1, sizeof(*w->frames_at));
	for (uint32_t i = 0; i < p->n_locations; i++) {
		const struct location *l = &p->locations[i];

		w->frames_at[i] = n;
		if (l->n_lines == 0)
			w->frames[n++] = make_frame(w, l, NULL);
		for (uint32_t k = 0; k < l->n_lines; k++)
			w->frames[n++] = make_frame(w, l, &p->lines[l->first_line + k]);
	}
	w->frames_at[p->n_locations] = n;
}

static bool seen_call(struct writer *w, uint32_t call, uint32_t sample)
{
	while (call >= w->cap_seen) {
		uint32_t old = w->cap_seen;

		w->seen = profile_grow(w->g.a, w->seen, sizeof(*w->seen), old, &w->cap_seen);
		memset(w->seen + old, 0, (w->cap_seen - old) * sizeof(*w->seen));
	}
	if (w->seen[call] == sample + 1)
		return true;
	w->seen[call] = sample + 1;
	return false;
}

/* A call counts once for a sample, however often the stack goes through it. */
static void add_sample(struct writer *w, uint32_t sample)
{
	const struct profile *p = w->p;
	const int64_t *values = p->values + (size_t)sample * p->n_types + w->first;
	uint32_t callee = UINT32_MAX;

	for (uint32_t i = p->stack_at[sample]; i < p->stack_at[sample + 1]; i++) {
		if (p->stack[i] >= p->n_locations)
			continue;
		for (uint32_t k = w->frames_at[p->stack[i]]; k < w->frames_at[p->stack[i] + 1]; k++) {
			const struct frame *f = &w->frames[k];
			struct cg_cost c = { .function = f->function, .line = f->line };

			uint32_t at;

			if (callee == UINT32_MAX) {
				at = callgrind_line(&w->g, &c);
				callgrind_add(&w->g, w->g.lines[at].costs, values);
			} else {
				c.to = callee;
				at = callgrind_call(&w->g, &c);
				if (!seen_call(w, at, sample))
					callgrind_add(&w->g, w->g.calls[at].costs, values);
			}
			callee = f->function;
		}
	}
}

/* ---- text ---- */

/* Names are of one line. */
static void put_text(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_byte(b, (unsigned char)s.p[i] < ' ' ? ' ' : (unsigned char)s.p[i]);
}

static bool is_blank(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] > ' ')
			return false;
	return true;
}

static void put_name(struct writer *w, const char *key, unsigned space, struct str text, uint32_t i)
{
	buf_printf(w->out, "%s=", key);
	if (w->told[space][i]) {
		buf_printf(w->out, "(%u)\n", w->told[space][i]);
		return;
	}
	w->told[space][i] = ++w->n_told[space];
	buf_printf(w->out, "(%u) ", w->told[space][i]);
	put_text(w->out, is_blank(text) ? STR("???") : text);
	buf_byte(w->out, '\n');
}

static void put_costs(struct writer *w, const struct cg_cost *c)
{
	buf_printf(w->out, "%" PRId64, c->line);
	for (uint32_t i = 0; i < w->g.n_events; i++)
		buf_printf(w->out, " %" PRId64, w->g.costs[c->costs + i]);
	buf_byte(w->out, '\n');
}

static void put_function(struct writer *w, const struct str *strings, uint32_t i)
{
	const struct cg_function *f = &w->g.functions[i];

	if (f->n_lines + f->n_calls == 0)
		return;
	buf_byte(w->out, '\n');
	put_name(w, "ob", 0, strings[f->object], f->object);
	put_name(w, "fl", 1, strings[f->file], f->file);
	put_name(w, "fn", 2, strings[f->name], f->name);
	for (uint32_t k = f->first_line; k < f->first_line + f->n_lines; k++)
		put_costs(w, &w->g.lines[k]);
	for (uint32_t k = f->first_call; k < f->first_call + f->n_calls; k++) {
		const struct cg_function *to = &w->g.functions[w->g.calls[k].to];

		if (to->object != f->object)
			put_name(w, "cob", 0, strings[to->object], to->object);
		if (to->file != f->file)
			put_name(w, "cfi", 1, strings[to->file], to->file);
		put_name(w, "cfn", 2, strings[to->name], to->name);
		buf_add(w->out, STR("calls=1 0\n"));
		put_costs(w, &w->g.calls[k]);
	}
}

/* "cpu_(nanoseconds)", "samples"; without a name "_(bytes)" and "_". */
static void put_event(struct writer *w, struct value_type t)
{
	struct str parts[2] = { profile_str(w->p, t.type), profile_str(w->p, t.unit) };
	size_t before = w->out->n;

	buf_byte(w->out, ' ');
	put_text(w->out, parts[0]);
	if (parts[0].n == 0 || !str_eq(parts[1], STR("count")))
		buf_byte(w->out, '_');
	if (!str_eq(parts[1], STR("count"))) {
		buf_byte(w->out, '(');
		put_text(w->out, parts[1]);
		buf_byte(w->out, ')');
	}
	for (size_t i = before + 1; i < w->out->n; i++)
		if (w->out->p[i] == ' ')
			w->out->p[i] = '_';
}

static void put_all(struct writer *w, const struct profile *names)
{
	int64_t totals[CG_EVENTS] = { 0 };

	buf_add(w->out, STR("# callgrind format\nversion: 1\ncreator: pyro\npositions: line\nevents:"));
	for (uint32_t i = 0; i < w->g.n_events; i++)
		put_event(w, w->p->types[w->first + i]);
	buf_byte(w->out, '\n');
	for (uint32_t i = 0; i < w->g.n_functions; i++)
		put_function(w, names->strings, i);
	for (uint32_t i = 0; i < w->g.n_lines; i++)
		for (uint32_t e = 0; e < w->g.n_events; e++)
			totals[e] = wrap_add(totals[e], w->g.costs[w->g.lines[i].costs + e]);
	buf_add(w->out, STR("\ntotals:"));
	for (uint32_t e = 0; e < w->g.n_events; e++)
		buf_printf(w->out, " %" PRId64, totals[e]);
	buf_byte(w->out, '\n');
}

int callgrind_write(const struct profile *p, uint32_t first, uint32_t n, struct buf *out, struct err *e)
{
	struct writer w = { .p = p, .first = first, .out = out };
	struct profile *names;

	for (size_t i = 0; i < (size_t)p->n_samples * p->n_types; i++)
		if (p->values[i] < 0 && i % p->n_types >= first && i % p->n_types < first + n)
			return err_set(e, ERR_UNSUPPORTED,
			    "callgrind: sample %zu has a negative value, costs have none", i / p->n_types + 1);
	w.g.a = arena_new();
	w.g.n_events = n;
	w.g.b = profile_builder_new(w.g.a, n);
	make_frames(&w);
	for (uint32_t i = 0; i < p->n_samples; i++)
		add_sample(&w, i);
	callgrind_sort(&w.g);
	names = profile_builder_finish(w.g.b);
	for (unsigned i = 0; i < 3; i++)
		w.told[i] = arena_zarray(w.g.a, names->n_strings, sizeof(*w.told[i]));
	put_all(&w, names);
	arena_free(w.g.a);
	return buf_check(out, "callgrind", e);
}
