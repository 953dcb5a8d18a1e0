/* Which samples and frames of a profile a report is about. */
#include "formats/labels/regex.h"
#include "formats/report/report_impl.h"

enum answer { UNKNOWN, NO, YES };

/* An expression and what it said of each function and mapping. */
struct condition {
	const struct report *r;
	struct regex *re;
	uint8_t *function, *mapping; /* enum answer; mapping has one more, for locations of none */
	bool simple;                 /* names without arguments, nothing but names */
};

static void condition_init(struct condition *c, const struct report *r, struct regex *re, bool simple)
{
	*c = (struct condition){ .r = r, .re = re, .simple = simple };
	if (re == NULL)
		return;
	c->function = mem_zarray((size_t)r->n_functions + 1, 1);
	c->mapping = mem_zarray((size_t)r->p->n_mappings + 1, 1);
}

static void condition_fini(struct condition *c)
{
	mem_free(c->function);
	mem_free(c->mapping);
}

/* "a::b(int)" is "a::b"; parentheses that belong to the name stay. */
static struct str without_arguments(struct str name)
{
	static const struct {
		const char *before, *with;
	} in_name[] = {
		{ "", "(anonymous namespace)" },
		{ "operator", "operator()" },
	};
	size_t end = 0, from = 0;

	if (str_prefix(name, STR(".")))
		name = str_skip(name, 1);
	for (;;) {
		size_t skip = 0;

		end = from + str_find(str_skip(name, from), '(');
		for (size_t k = 0; k < ARRAY_LEN(in_name); k++) {
			size_t before = strlen(in_name[k].before);

			if (end >= from + before && str_prefix(str_skip(name, end - before), str_cstr(in_name[k].with)))
				skip = strlen(in_name[k].with) - before;
		}
		if (end >= name.n || skip == 0)
			return str_of(name.p, MIN(end, name.n));
		from = end + skip;
	}
}

static bool function_is(struct condition *c, uint32_t function)
{
	const struct rfunction *f;
	struct str name;

	if (function >= c->r->n_functions)
		return false;
	if (c->function[function] != UNKNOWN)
		return c->function[function] == YES;
	f = &c->r->functions[function];
	name = report_str(c->r, f->name);
	if (c->simple)
		c->function[function] = name.n > 0 && regex_match(c->re, without_arguments(name)) ? YES : NO;
	else
		c->function[function] = regex_match(c->re, name) || regex_match(c->re, f->file) ? YES : NO;
	return c->function[function] == YES;
}

/* A profile without any mapping counts as one with an unnamed mapping. */
static bool mapping_is(struct condition *c, uint32_t location)
{
	uint32_t m = c->r->mappings[location], n = c->r->p->n_mappings;

	if (m == PROFILE_NONE && n > 0)
		return false;
	m = m == PROFILE_NONE ? n : m;
	if (c->mapping[m] == UNKNOWN)
		c->mapping[m] = regex_match(c->re, report_mapping_file(c->r, location)) ? YES : NO;
	return c->mapping[m] == YES;
}

static bool location_is(struct condition *c, uint32_t location)
{
	const struct rlocation *l = &c->r->locations[location];

	for (uint32_t i = 0; i < l->n; i++)
		if (function_is(c, c->r->lines[l->first + i].function))
			return true;
	return mapping_is(c, location);
}

enum role { NEUTRAL, FOCUSED, IGNORED };

struct by_name {
	struct report *r;
	struct condition focus, ignore, hide, show;
	uint8_t *role; /* by location */
	bool *hidden;
	bool any_hidden;
	struct line *lines; /* what is left of r->lines */
	uint32_t n_lines;
};

static void keep_lines(struct by_name *x, uint32_t location)
{
	struct rlocation *l = &x->r->locations[location];
	bool hide = x->hide.re && location_is(&x->hide, location);
	bool hide_all = hide && mapping_is(&x->hide, location);
	uint32_t first = x->n_lines;

	for (uint32_t i = 0; i < l->n && !hide_all; i++) {
		const struct line *line = &x->r->lines[l->first + i];

		if (!hide || !function_is(&x->hide, line->function))
			x->lines[x->n_lines++] = *line;
	}
	if (x->show.re && !mapping_is(&x->show, location)) {
		uint32_t n = first;

		for (uint32_t i = first; i < x->n_lines; i++)
			if (x->lines[i].function >= x->r->n_functions || function_is(&x->show, x->lines[i].function))
				x->lines[n++] = x->lines[i];
		x->n_lines = n;
	}
	l->first = first;
	l->n = x->n_lines - first;
	x->hidden[location] = (hide || x->show.re) && l->n == 0;
	x->any_hidden |= x->hidden[location];
}

static void judge_locations(struct by_name *x)
{
	struct report *r = x->r;
	bool edit = x->hide.re || x->show.re;
	size_t n = 0;

	for (uint32_t i = 0; i < r->n_locations; i++) {
		n += r->locations[i].n;
		if (x->ignore.re && location_is(&x->ignore, i))
			x->role[i] = IGNORED;
		else if (x->focus.re == NULL || location_is(&x->focus, i))
			x->role[i] = FOCUSED;
	}
	if (!edit)
		return;
	x->lines = arena_array(r->mem, n + 1, sizeof(*x->lines));
	for (uint32_t i = 0; i < r->n_locations; i++)
		keep_lines(x, i);
	r->lines = x->lines;
	r->n_lines = x->n_lines;
}

static bool is_wanted(const struct by_name *x, const struct rsample *s)
{
	bool focused = false;

	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t location = x->r->stack[s->at + i];

		if (location >= x->r->n_locations)
			continue;
		if (x->role[location] == IGNORED)
			return false;
		focused |= x->role[location] == FOCUSED;
	}
	return focused;
}

static void judge_samples(struct by_name *x)
{
	struct report *r = x->r;
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->n_samples; i++)
		if (is_wanted(x, &r->samples[i]))
			r->samples[n++] = r->samples[i];
	r->n_samples = n;
}

/* Stacks without their hidden locations; samples without a stack go. */
static void drop_hidden(struct by_name *x)
{
	struct report *r = x->r;
	size_t total = 0;
	uint32_t *stack, at = 0, n = 0;

	for (uint32_t i = 0; i < r->n_samples; i++)
		total += r->samples[i].n;
	stack = arena_array(r->mem, total + 1, sizeof(*stack));
	for (uint32_t i = 0; i < r->n_samples; i++) {
		struct rsample s = r->samples[i];
		uint32_t first = at;

		for (uint32_t k = 0; k < s.n; k++) {
			uint32_t location = r->stack[s.at + k];

			if (location < r->n_locations && !x->hidden[location])
				stack[at++] = location;
		}
		if (at > first)
			r->samples[n++] = (struct rsample){ s.number, first, at - first };
	}
	r->stack = stack;
	r->n_samples = n;
}

static void filter_names(struct report *r)
{
	struct by_name x = { .r = r };

	if (!r->o.focus && !r->o.ignore && !r->o.hide && !r->o.show)
		return;
	condition_init(&x.focus, r, r->o.focus, false);
	condition_init(&x.ignore, r, r->o.ignore, false);
	condition_init(&x.hide, r, r->o.hide, false);
	condition_init(&x.show, r, r->o.show, false);
	x.role = mem_zarray((size_t)r->n_locations + 1, sizeof(*x.role));
	x.hidden = mem_zarray((size_t)r->n_locations + 1, sizeof(*x.hidden));
	judge_locations(&x);
	judge_samples(&x);
	if (x.any_hidden)
		drop_hidden(&x);
	condition_fini(&x.focus);
	condition_fini(&x.ignore);
	condition_fini(&x.hide);
	condition_fini(&x.show);
	mem_free(x.role);
	mem_free(x.hidden);
}

/* Where in a location the expression matches: positions of lines, counted from the innermost. */
struct hit {
	uint32_t inner, outer; /* PROFILE_NONE: nowhere */
};

static struct hit find_hit(struct condition *c, struct condition *but, uint32_t location)
{
	const struct rlocation *l = &c->r->locations[location];
	struct hit h = { PROFILE_NONE, PROFILE_NONE };

	for (uint32_t i = 0; i < l->n; i++) {
		uint32_t function = c->r->lines[l->first + i].function;

		if (!function_is(c, function) || (but != NULL && but->re != NULL && function_is(but, function)))
			continue;
		h.inner = MIN(h.inner, i);
		h.outer = i;
	}
	return h;
}

static bool is_marked(const struct report *r, const uint8_t *marks, uint32_t location)
{
	return location < r->n_locations && marks[location];
}

/* Only what the outermost match calls, and itself. */
static void show_from(struct report *r)
{
	uint8_t *marks = mem_zarray((size_t)r->n_locations + 1, sizeof(*marks));
	struct condition c;
	uint32_t n = 0;

	condition_init(&c, r, r->o.show_from, false);
	for (uint32_t i = 0; i < r->n_locations; i++) {
		struct hit h = find_hit(&c, NULL, i);
		bool whole = mapping_is(&c, i);

		if (!whole && h.outer != PROFILE_NONE)
			r->locations[i].n = h.outer + 1;
		marks[i] = whole || h.outer != PROFILE_NONE;
	}
	for (uint32_t i = 0; i < r->n_samples; i++) {
		struct rsample s = r->samples[i];

		while (s.n > 0 && !is_marked(r, marks, r->stack[s.at + s.n - 1]))
			s.n--;
		if (s.n > 0)
			r->samples[n++] = s;
	}
	r->n_samples = n;
	condition_fini(&c);
	mem_free(marks);
}

static void filter_tags(struct report *r)
{
	uint32_t n = 0;

	if (r->o.tag_focus == NULL && r->o.tag_ignore == NULL)
		return;
	for (uint32_t i = 0; i < r->n_samples; i++) {
		uint32_t number = r->samples[i].number;

		if (r->o.tag_focus && !report_tag_match(r, r->o.tag_focus, number))
			continue;
		if (r->o.tag_ignore && report_tag_match(r, r->o.tag_ignore, number))
			continue;
		r->samples[n++] = r->samples[i];
	}
	r->n_samples = n;
}

/* Without what the innermost match calls. */
static void prune_from(struct report *r)
{
	uint8_t *marks = mem_zarray((size_t)r->n_locations + 1, sizeof(*marks));
	struct condition c;

	condition_init(&c, r, r->o.prune_from, true);
	for (uint32_t i = 0; i < r->n_locations; i++) {
		struct hit h = find_hit(&c, NULL, i);

		marks[i] = h.inner != PROFILE_NONE;
		if (marks[i]) {
			r->locations[i].first += h.inner;
			r->locations[i].n -= h.inner;
		}
	}
	for (uint32_t i = 0; i < r->n_samples; i++) {
		struct rsample *s = &r->samples[i];
		uint32_t skip = 0;

		while (skip < s->n && !is_marked(r, marks, r->stack[s->at + skip]))
			skip++;
		if (skip < s->n) {
			s->at += skip;
			s->n -= skip;
		}
	}
	condition_fini(&c);
	mem_free(marks);
}

int report_filter(struct report *r, struct err *e)
{
	(void)e;
	filter_names(r);
	if (r->o.show_from != NULL)
		show_from(r);
	filter_tags(r);
	report_tag_hide(r);
	if (r->o.prune_from != NULL)
		prune_from(r);
	return 0;
}

/* What becomes of a location whose functions the profile wants dropped. */
enum drop { DROP_NOTHING, DROP_CALLEES, DROP_ALL };

/* The outermost line that is to be dropped takes what it calls with it. */
static enum drop drop_lines(struct report *r, uint32_t location, struct hit h)
{
	struct rlocation *l = &r->locations[location];

	if (h.outer == PROFILE_NONE)
		return DROP_NOTHING;
	if (h.outer + 1 == l->n)
		return DROP_ALL;
	l->first += h.outer + 1;
	l->n -= h.outer + 1;
	return DROP_CALLEES;
}

static uint8_t drop_of(const struct report *r, const uint8_t *drop, uint32_t location)
{
	return location < r->n_locations ? drop[location] : DROP_NOTHING;
}

/* Frames at the root stay whatever they are: a stack keeps something that is not to be dropped, or it is left alone. */
static void drop_callees(const struct report *r, struct rsample *s, const uint8_t *drop)
{
	const uint32_t *stack = r->stack + s->at;
	uint32_t left = s->n, what = DROP_ALL;

	while (left > 0 && drop_of(r, drop, stack[left - 1]) != DROP_NOTHING)
		left--;
	while (left > 0 && (what = drop_of(r, drop, stack[left - 1])) == DROP_NOTHING)
		left--;
	if (left == 0)
		return;
	left -= what == DROP_CALLEES;
	s->at += left;
	s->n -= left;
}

static struct regex *compile(struct report *r, uint32_t string, struct err *e)
{
	struct str text = profile_str(r->p, string);

	return regex_new(arena_printf(r->mem, "^(" STR_FMT ")$", STR_ARG(text)), e);
}

int report_drop_frames(struct report *r, struct err *e)
{
	struct regex *drop_re, *keep_re = NULL;
	struct condition drop, keep;
	uint8_t *what;

	if (profile_str(r->p, r->p->drop_frames).n == 0)
		return 0;
	drop_re = compile(r, r->p->drop_frames, e);
	if (drop_re == NULL)
		return err_wrap(e, "drop_frames of the profile");
	if (profile_str(r->p, r->p->keep_frames).n > 0) {
		keep_re = compile(r, r->p->keep_frames, e);
		if (keep_re == NULL) {
			regex_free(drop_re);
			return err_wrap(e, "keep_frames of the profile");
		}
	}
	condition_init(&drop, r, drop_re, true);
	condition_init(&keep, r, keep_re, true);
	what = mem_array((size_t)r->n_locations + 1, 1);
	for (uint32_t i = 0; i < r->n_locations; i++)
		what[i] = (uint8_t)drop_lines(r, i, find_hit(&drop, &keep, i));
	for (uint32_t i = 0; i < r->n_samples; i++)
		drop_callees(r, &r->samples[i], what);
	mem_free(what);
	condition_fini(&drop);
	condition_fini(&keep);
	regex_free(drop_re);
	regex_free(keep_re);
	return 0;
}
