/* callgrind_read.c - see callgrind.h: text to graph */
#include "base/arith.h"
#include "base/hash.h"
#include "formats/callgrind/callgrind.h"

enum space { FILES, FUNCTIONS, OBJECTS, SPACES };

struct names { /* "(n) text" */
	uint64_t *id;
	uint32_t *text; /* strings of the builder */
	uint32_t n, cap, cap_text;
	struct table index;
};

struct reader {
	struct cg *g;
	const struct format_opts *o;
	struct format_notes *notes;
	struct lines t;
	struct names names[SPACES];
	uint32_t object, file, own_file, function;        /* own_file: of the function; file: of the lines at hand */
	uint32_t called_object, called_file, called_name; /* UINT32_MAX: as the caller's */
	uint32_t current;                                 /* number of the function, UINT32_MAX: not looked up */
	bool in_call;                                     /* the next costs are of a call */
	unsigned n_positions;
	uint64_t position[2];
	int64_t cost[CG_EVENTS]; /* of the line before */
};

static int bad(struct reader *r, const char *text, struct err *e)
{
	return lines_bad(&r->t, r->g->a, r->o, r->notes, text, e);
}

/* ---- names ---- */

static bool decimal(struct str *s, uint64_t *v)
{
	size_t i = 0;

	for (*v = 0; i < s->n && s->p[i] >= '0' && s->p[i] <= '9'; i++) {
		unsigned digit = (unsigned)(s->p[i] - '0');

		if (*v > (UINT64_MAX - digit) / 10)
			return false;
		*v = *v * 10 + digit;
	}
	*s = str_skip(*s, i);
	return i > 0;
}

/* The place of a number among those that were told, or x->n. */
static uint32_t find_number(const struct names *x, enum space space, uint64_t id)
{
	struct table_at at = table_find(&x->index, hash_mix(id, space));

	for (uint32_t v; table_next(&at, &v);)
		if (x->id[v] == id)
			return v;
	return x->n;
}

static void tell_number(struct reader *r, enum space space, uint64_t id, uint32_t text)
{
	struct names *x = &r->names[space];
	uint32_t i = find_number(x, space, id);

	if (i < x->n) { /* named again: the last name counts */
		x->text[i] = text;
		return;
	}
	if (x->n == x->cap)
		x->id = profile_grow(r->g->a, x->id, sizeof(*x->id), x->n, &x->cap);
	if (x->n == x->cap_text)
		x->text = profile_grow(r->g->a, x->text, sizeof(*x->text), x->n, &x->cap_text);
	x->id[x->n] = id;
	x->text[x->n] = text;
	table_put(&x->index, r->g->a, hash_mix(id, space), x->n++);
}

/* "text", "(n) text" or "(n)"; -1: (n) is nobody. */
static int take_name(struct reader *r, enum space space, struct str s, uint32_t *out)
{
	const struct names *x = &r->names[space];
	struct str rest = str_skip(s, 1), text;
	uint64_t id;
	uint32_t i;

	if (s.n < 3 || s.p[0] != '(' || !decimal(&rest, &id) || rest.n == 0 || rest.p[0] != ')') {
		*out = profile_builder_str(r->g->b, str_eq(s, STR("???")) ? STR_NONE : s);
		return 0;
	}
	text = str_trim(str_skip(rest, 1));
	if (text.n) {
		if (str_eq(text, STR("???")))
			text = STR_NONE;
		*out = profile_builder_str(r->g->b, text);
		tell_number(r, space, id, *out);
		return 0;
	}
	i = find_number(x, space, id);
	if (i == x->n)
		return -1;
	*out = x->text[i];
	return 0;
}

/* ---- numbers ---- */

static void blanks(struct str *s)
{
	while (s->n && (s->p[0] == ' ' || s->p[0] == '\t'))
		*s = str_skip(*s, 1);
}

/* Decimal, or hexadecimal behind 0x. */
static bool number(struct str *s, uint64_t *v)
{
	size_t i = 2;

	if (!str_prefix(*s, STR("0x")))
		return decimal(s, v);
	for (*v = 0; i < s->n; i++) {
		char c = s->p[i];
		int digit = c >= '0' && c <= '9'             ? c - '0'
		    : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
							     : -1;

		if (digit < 0)
			break;
		if (*v >> 60)
			return false;
		*v = *v << 4 | (unsigned)digit;
	}
	*s = str_skip(*s, i);
	return i > 2;
}

/* n, +n, -n or *: relative to *v, which it replaces. */
static bool relative(struct str *s, uint64_t *v)
{
	char c = s->n ? s->p[0] : '\0';
	uint64_t n = 0;

	if (c == '*' || c == '+' || c == '-')
		*s = str_skip(*s, 1);
	if (c != '*' && !number(s, &n))
		return false;
	*v = c == '*' ? *v : c == '+' ? *v + n : c == '-' ? *v - n : n;
	return s->n == 0 || s->p[0] == ' ' || s->p[0] == '\t';
}

static uint32_t current_function(struct reader *r)
{
	if (r->current == UINT32_MAX)
		r->current = callgrind_function(r->g, r->object, r->own_file, r->function);
	return r->current;
}

/* Positions and costs: of the function at hand, or of the call that was announced. */
static int cost_line(struct reader *r, struct str s, struct err *e)
{
	struct cg *g = r->g;
	struct cg_cost c = { .file = r->file };
	int64_t costs[CG_EVENTS] = { 0 };
	uint64_t any = 0;
	uint32_t at;

	for (unsigned i = 0; i < r->n_positions; i++, blanks(&s))
		if (!relative(&s, &r->position[i]))
			return bad(r, "neither a setting nor positions and costs", e);
	for (uint32_t i = 0; i < g->n_events && s.n; i++, blanks(&s)) {
		if (!relative(&s, (uint64_t *)&r->cost[i]))
			return bad(r, "a cost is no number", e);
		costs[i] = wrap_mul(r->cost[i], g->scale[i]);
		any |= (uint64_t)costs[i];
	}
	if (s.n)
		return bad(r, "more costs than events", e);
	c.line = (int64_t)r->position[r->n_positions - 1];
	c.function = current_function(r);
	if (r->in_call) {
		r->in_call = false;
		c.to = callgrind_function(g, r->called_object == UINT32_MAX ? r->object : r->called_object,
		    r->called_file == UINT32_MAX ? r->own_file : r->called_file, r->called_name);
		r->called_object = r->called_file = UINT32_MAX;
		at = callgrind_call(g, &c);
		callgrind_add(g, g->calls[at].costs, costs);
	} else if (any) {
		at = callgrind_line(g, &c);
		callgrind_add(g, g->lines[at].costs, costs);
	}
	return 0;
}

/* ---- settings ---- */

static int setting(struct reader *r, struct str key, struct str value, struct err *e)
{
	uint32_t name, ignored; /* targets of jumps: only their names are of interest */
	enum space space = FILES;
	uint32_t *to = NULL;

	if (str_eq(key, STR("fl")))
		to = &r->own_file;
	else if (str_eq(key, STR("fi")) || str_eq(key, STR("fe")))
		to = &r->file;
	else if (str_eq(key, STR("cfl")) || str_eq(key, STR("cfi")))
		to = &r->called_file;
	else if (str_eq(key, STR("fn")))
		space = FUNCTIONS, to = &r->function;
	else if (str_eq(key, STR("cfn")))
		space = FUNCTIONS, to = &r->called_name;
	else if (str_eq(key, STR("ob")))
		space = OBJECTS, to = &r->object;
	else if (str_eq(key, STR("cob")))
		space = OBJECTS, to = &r->called_object;
	else if (str_eq(key, STR("jfi")))
		to = &ignored;
	else if (str_eq(key, STR("jfn")))
		space = FUNCTIONS, to = &ignored;
	if (to == NULL) { /* calls: the next line is of them; jump, jcnd: the next line has no cost */
		if (str_eq(key, STR("calls")))
			r->in_call = true;
		else if (!str_eq(key, STR("jump")) && !str_eq(key, STR("jcnd")) && !str_eq(key, STR("rcalls")))
			return bad(r, "an unknown setting", e);
		return 0;
	}
	if (value.n == 0 && to == &r->called_file) { /* back to the caller's */
		r->called_file = UINT32_MAX;
		return 0;
	}
	if (take_name(r, space, value, &name) < 0)
		return bad(r, "the name of this number was not told before", e);
	*to = name;
	if (to == &r->own_file || to == &r->function)
		r->file = r->own_file;
	if (to == &r->own_file || to == &r->function || to == &r->object)
		r->current = UINT32_MAX;
	return 0;
}

/* "Time_(10ns)": Time in nanoseconds, ten each. "_": no name. */
static void add_event(struct cg *g, struct str name)
{
	static const struct {
		const char *text, *unit;
	} units[] = { { "ns", "nanoseconds" }, { "us", "microseconds" }, { "ms", "milliseconds" }, { "s", "seconds" } };
	size_t open = str_find(name, '(');
	struct str unit = open + 2 <= name.n ? str_of(name.p + open + 1, name.n - open - 2) : STR_NONE, rest = unit;
	uint64_t factor;

	g->events[g->n_events] = name;
	g->scale[g->n_events++] = 1;
	if (open == 0 || open >= name.n || name.p[name.n - 1] != ')') {
		profile_builder_type(g->b, g->n_events - 1, str_eq(name, STR("_")) ? STR_NONE : name, STR("count"));
		return;
	}
	name.n = open;
	if (name.p[name.n - 1] == '_')
		name.n--;
	if (decimal(&rest, &factor) && factor > 0 && factor <= 1000000000) {
		g->scale[g->n_events - 1] = (int64_t)factor;
		unit = rest;
	}
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (str_eq(unit, str_cstr(units[i].text)))
			unit = str_cstr(units[i].unit);
	profile_builder_type(g->b, g->n_events - 1, name, unit);
}

static int events(struct reader *r, struct str list, struct err *e)
{
	struct cg *g = r->g;
	struct str rest = list, word, names[CG_EVENTS];
	uint32_t n = 0;

	for (blanks(&rest); rest.n; blanks(&rest)) {
		word = str_of(rest.p, MIN(str_find(rest, ' '), str_find(rest, '\t')));
		rest = str_skip(rest, word.n);
		if (n == CG_EVENTS)
			return err_set(e, ERR_LIMIT, "line %u: more than %d events", r->t.no, CG_EVENTS);
		names[n++] = word;
	}
	if (g->b == NULL && n > 0) {
		g->b = profile_builder_new(g->a, n);
		for (uint32_t i = 0; i < n; i++)
			add_event(g, names[i]);
		return 0;
	}
	for (uint32_t i = 0; i < n || i < g->n_events; i++)
		if (i >= n || i >= g->n_events || !str_eq(names[i], g->events[i]))
			return err_set(e, ERR_INVALID, "line %u: other events than those of the part before", r->t.no);
	return n > 0 ? 0 : err_set(e, ERR_INVALID, "line %u: no events", r->t.no);
}

static int header(struct reader *r, struct str key, struct str value, struct err *e)
{
	bool instr = str_search(value, STR("instr")) < value.n, line = str_search(value, STR("line")) < value.n;

	if (str_eq(key, STR("events")))
		return events(r, value, e);
	if (str_eq(key, STR("positions"))) {
		if (!instr && !line)
			return err_set(e, ERR_INVALID, "line %u: positions are neither instr nor line", r->t.no);
		r->n_positions = instr && line ? 2 : 1;
	}
	if (str_eq(key, STR("part")) || str_eq(key, STR("positions")))
		r->position[0] = r->position[1] = 0;
	return 0;
}

static bool is_word(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z') || s.p[i] == '_'))
			return false;
	return s.n > 0;
}

static int one_line(struct reader *r, struct err *e)
{
	struct str line = str_trim(r->t.line);
	size_t colon = str_find(line, ':'), equals = str_find(line, '=');

	if (line.n == 0 || line.p[0] == '#')
		return 0;
	if (equals < line.n && equals < colon && is_word(str_of(line.p, equals))) {
		if (r->g->b == NULL)
			return err_set(e, ERR_INVALID, "line %u: no events: before it", r->t.no);
		return setting(r, str_of(line.p, equals), str_trim(str_skip(line, equals + 1)), e);
	}
	if (colon < line.n && is_word(str_of(line.p, colon)))
		return header(r, str_of(line.p, colon), str_trim(str_skip(line, colon + 1)), e);
	if (r->g->b == NULL)
		return err_set(e, ERR_INVALID, "line %u: no events: before it", r->t.no);
	return cost_line(r, line, e);
}

int callgrind_read(struct cg *g, struct str bytes, const struct format_opts *o, struct format_notes *notes,
    struct err *e)
{
	struct reader r = { .g = g,
		.o = o,
		.notes = notes,
		.t = { .rest = bytes },
		.n_positions = 1,
		.current = UINT32_MAX };

	r.called_object = r.called_file = UINT32_MAX;
	while (lines_next(&r.t))
		if (one_line(&r, e) < 0)
			return -1;
	return g->b ? 0 : err_set(e, ERR_INVALID, "no events: in %u lines", r.t.no);
}
