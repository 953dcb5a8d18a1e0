/*
 * perf_line.c - lines of `perf script` taken apart. Fields of the head are
 * told by their forms, because which are there depends on how perf was asked.
 */
#include "formats/perf/perf_line.h"

enum { MAX_WORDS = 24, MAX_ID = 10, MAX_SECONDS = 10 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool all_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]))
			return false;
	return s.n > 0;
}

/* SECONDS.FRACTION: with 0 to 9 digits behind the point. */
static bool parse_time(struct str s, int64_t *ns)
{
	size_t dot;
	int64_t v = 0, unit = NS_PER_S;

	if (s.n < 3 || s.p[s.n - 1] != ':' || !is_digit(s.p[0]))
		return false;
	s.n--;
	dot = str_find(s, '.');
	if (dot == s.n || dot > MAX_SECONDS || s.n - dot > 10)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (i == dot)
			continue;
		if (!is_digit(s.p[i]))
			return false;
		/* 19 digits at most; a time beyond the year 2262 wraps */
		v = (int64_t)((uint64_t)v * 10 + (uint64_t)(s.p[i] - '0'));
		unit = i > dot ? unit / 10 : unit;
	}
	*ns = (int64_t)((uint64_t)v * (uint64_t)unit);
	return true;
}

/* PID, PID/TID, TID; -1 is a task that has ended. */
static bool parse_ids(struct str s, struct str *pid, struct str *tid)
{
	size_t slash = str_find(s, '/');
	struct str one = str_of(s.p, slash), two = str_skip(s, slash + 1);

	if (one.n > 1 && one.p[0] == '-')
		one = str_skip(one, 1);
	if (two.n > 1 && two.p[0] == '-')
		two = str_skip(two, 1);
	if (one.n > MAX_ID || two.n > MAX_ID || !all_digits(one) || (slash < s.n && !all_digits(two)))
		return false;
	*pid = slash < s.n ? str_of(s.p, slash) : STR_NONE;
	*tid = slash < s.n ? str_skip(s, slash + 1) : s;
	return true;
}

static bool is_cpu(struct str s)
{
	return s.n >= 3 && s.p[0] == '[' && s.p[s.n - 1] == ']' && all_digits(str_of(s.p + 1, s.n - 2));
}

struct words {
	struct str w[MAX_WORDS];
	unsigned n;
};

static void split_words(struct str line, struct words *out)
{
	size_t i = 0;

	out->n = 0;
	while (out->n < MAX_WORDS) {
		size_t from;

		while (i < line.n && is_blank(line.p[i]))
			i++;
		if (i == line.n)
			return;
		from = i;
		while (i < line.n && !is_blank(line.p[i]))
			i++;
		out->w[out->n++] = str_of(line.p + from, i - from);
	}
}

static bool is_event(struct str s)
{
	return s.n > 1 && s.p[s.n - 1] == ':';
}

/* Fields before word `at`, from the last to the first: flags, cpu, ids; the rest is the command. */
static bool fields_before(struct str line, const struct words *w, unsigned at, struct perf_head *out)
{
	struct str none;
	bool ids = false;

	/* letters of -F +misc */
	if (at >= 2 && !is_cpu(w->w[at - 1]) && !parse_ids(w->w[at - 1], &none, &none) && w->w[at - 1].n <= 3 &&
	    (is_cpu(w->w[at - 2]) || parse_ids(w->w[at - 2], &none, &none)))
		at--;
	if (at > 0 && is_cpu(w->w[at - 1])) {
		at--;
		out->cpu = str_of(w->w[at].p + 1, w->w[at].n - 2);
		ids = true;
	}
	if (at > 0 && parse_ids(w->w[at - 1], &out->pid, &out->tid)) {
		at--;
		ids = true;
	}
	if (at > 0) {
		const char *end = w->w[at - 1].p + w->w[at - 1].n;

		out->comm = str_trim(str_of(line.p, (size_t)(end - line.p)));
	}
	return ids;
}

/* Words from `at` on: the period, the event. */
static bool fields_behind(struct str line, const struct words *w, unsigned at, struct perf_head *out)
{
	const char *end = line.p + line.n;

	if (at < w->n && all_digits(w->w[at])) {
		uint64_t v = 0;

		for (size_t i = 0; i < w->w[at].n; i++) {
			unsigned digit = (unsigned)(w->w[at].p[i] - '0');

			v = v > ((uint64_t)INT64_MAX - digit) / 10 ? (uint64_t)INT64_MAX : v * 10 + digit;
		}
		out->period = (int64_t)v;
		out->has_period = true;
		at++;
	}
	if (at == w->n || !is_event(w->w[at])) {
		if (at < w->n)
			out->text = str_trim(str_of(w->w[at].p, (size_t)(end - w->w[at].p)));
		return false;
	}
	out->event = str_of(w->w[at].p, w->w[at].n - 1);
	out->text = str_trim(str_of(w->w[at].p + w->w[at].n, (size_t)(end - w->w[at].p) - w->w[at].n));
	return true;
}

/* Without a time: a number of a task, perhaps a cpu and a period, then an event. */
static bool parse_timeless(struct str line, const struct words *w, struct perf_head *out)
{
	struct str none;

	for (unsigned i = 0; i < w->n; i++) {
		unsigned at = i + 1;

		if (!parse_ids(w->w[i], &none, &none))
			continue;
		at += at < w->n && is_cpu(w->w[at]);
		*out = (struct perf_head){ 0 };
		if (fields_behind(line, w, at, out) && fields_before(line, w, at, out))
			return true;
	}
	return false;
}

static bool parse_loose(struct str line, const struct words *w, struct perf_head *out)
{
	struct str none;

	*out = (struct perf_head){ 0 };
	if (w->n == 0 || line.n == 0 || is_blank(line.p[0]))
		return false;
	for (unsigned i = 0; i < w->n; i++)
		if (is_event(w->w[i])) {
			unsigned at = i > 0 && all_digits(w->w[i - 1]) ? i - 1 : i;

			fields_behind(line, w, at, out);
			fields_before(line, w, at, out);
			return true;
		}
	for (unsigned i = 1; i < w->n; i++)
		if (parse_ids(w->w[i], &none, &none)) {
			unsigned at = i + 1 < w->n && is_cpu(w->w[i + 1]) ? i + 2 : i + 1;

			fields_before(line, w, at, out);
			return at == w->n;
		}
	out->comm = str_trim(line);
	return w->n == 1;
}

/* Word `at` is a time, w->n: there is none. loose: whatever stands around it. */
static bool parse_timed(struct str line, const struct words *w, unsigned at, bool loose, struct perf_head *out)
{
	bool before, behind;

	*out = (struct perf_head){ 0 };
	if (at == w->n)
		return false;
	parse_time(w->w[at], &out->time);
	out->has_time = true;
	before = fields_before(line, w, at, out);
	behind = fields_behind(line, w, at + 1, out);
	return before || behind || loose;
}

bool perf_head_parse(struct str line, bool loose, struct perf_head *out)
{
	struct words w;
	int64_t time;
	unsigned at = 0;

	split_words(line, &w);
	while (at < w.n && !parse_time(w.w[at], &time))
		at++;
	/* what passes by the strict rules means the same where loose ones hold */
	return parse_timed(line, &w, at, false, out) || parse_timeless(line, &w, out) ||
	    (loose && (parse_timed(line, &w, at, true, out) || parse_loose(line, &w, out)));
}

const char *perf_frame_start(struct str line, uint64_t *address)
{
	const char *p = line.p, *end = line.p + line.n, *from;
	uint64_t v = 0;
	int digit;

	while (p < end && is_blank(*p))
		p++;
	from = p;
	for (; p < end && (digit = hex_value(*p)) >= 0; p++)
		v = v << 4 | (unsigned)digit;
	if (p == from || p - from > 16 || (p < end && !is_blank(*p)))
		return NULL;
	*address = v;
	return p;
}

/* Where the "(" of the last group in round brackets stands, or s.n: "foo (/a/b (deleted))". */
static size_t last_group(struct str s)
{
	size_t depth = 0;

	if (s.n == 0 || s.p[s.n - 1] != ')')
		return s.n;
	for (size_t i = s.n; i > 0; i--) {
		depth += s.p[i - 1] == ')';
		if (s.p[i - 1] == '(' && --depth == 0 && (i == 1 || is_blank(s.p[i - 2])))
			return i - 1;
		if (depth == 0)
			break;
	}
	/* brackets that do not match: the last that follows a blank */
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == '(' && (i == 1 || is_blank(s.p[i - 2])))
			return i - 1;
	return s.n;
}

/* Without "+0x1f" at the end. */
static struct str without_offset(struct str s)
{
	size_t i = s.n;

	while (i > 0 && hex_value(s.p[i - 1]) >= 0)
		i--;
	if (i == s.n || i < 3 || memcmp(s.p + i - 3, "+0x", 3) != 0)
		return s;
	return str_of(s.p, i - 3);
}

void perf_frame_parse(struct str rest, struct perf_frame *out)
{
	struct str s = str_trim(rest);
	size_t at = last_group(s);

	*out = (struct perf_frame){ 0 };
	if (at < s.n) {
		struct str group = str_of(s.p + at + 1, s.n - at - 2);

		s = str_trim(str_of(s.p, at));
		out->whole = true;
		if (str_eq(group, STR("inlined"))) {
			out->inlined = true;
			if ((at = last_group(s)) < s.n && at > 0 && s.p[at + 1] == '/') {
				group = str_of(s.p + at + 1, s.n - at - 2);
				s = str_trim(str_of(s.p, at));
			}
		}
		if (!str_eq(group, STR("inlined")) && !str_eq(group, STR("[unknown]")))
			out->object = without_offset(group);
	}
	s = without_offset(s);
	if (!str_eq(s, STR("[unknown]")))
		out->symbol = s;
}

/* "w[1040]": perf says so when it knows no line. */
static bool is_place_in_object(struct str s)
{
	size_t open = str_rfind(s, '['), i = open + 1;

	if (open == 0 || open >= s.n || s.p[s.n - 1] != ']')
		return false;
	while (hex_value(s.p[i]) >= 0)
		i++;
	return i > open + 1 && i + 1 == s.n;
}

bool perf_source_line(struct str line, struct str *file, int64_t *number)
{
	struct str s = str_trim(line);
	size_t colon = str_rfind(s, ':'), end;
	int64_t v = 0;

	*file = STR_NONE;
	*number = 0;
	if (s.n > 0 && is_blank(line.p[0]) && is_place_in_object(s))
		return true;
	if (s.n == 0 || !is_blank(line.p[0]) || colon == s.n || colon == 0)
		return false;
	end = colon + 1;
	while (end < s.n && is_digit(s.p[end]) && v < INT32_MAX)
		v = v * 10 + (s.p[end++] - '0');
	if (end == colon + 1 || (end < s.n && s.p[end] != ' '))
		return false;
	*file = str_eq(str_of(s.p, colon), STR("??")) ? STR_NONE : str_of(s.p, colon);
	*number = file->n ? v : 0;
	return true;
}

struct str perf_event_name(struct str event)
{
	size_t colon = str_rfind(event, ':');

	if (colon == 0 || colon >= event.n)
		return event;
	for (size_t i = colon + 1; i < event.n; i++)
		if (strchr("ukhGHpPSDeIWb", event.p[i]) == NULL || event.p[i] == '\0')
			return event;
	return str_of(event.p, colon);
}

bool perf_event_is_clock(struct str event)
{
	struct str name = perf_event_name(event);

	return str_eq(name, STR("cpu-clock")) || str_eq(name, STR("task-clock"));
}

void perf_event_types(struct profile_builder *b, struct str event, bool has_period)
{
	profile_builder_type(b, 0, STR("samples"), STR("count"));
	if (has_period && perf_event_is_clock(event))
		profile_builder_type(b, 1, STR("cpu"), STR("nanoseconds"));
	else if (has_period)
		profile_builder_type(b, 1, event.n ? perf_event_name(event) : STR("events"), STR("count"));
}

/* A method of Go, "net/http.(*Client).Do": its brackets are part of the name. */
static bool is_go_method(struct str s)
{
	size_t open = str_search(s, STR(".("));

	return open < s.n && str_search(str_skip(s, open + 2), STR(").")) < s.n - open - 2;
}

struct str perf_symbol_name(struct arena *a, struct str s, bool java)
{
	static const char anonymous[] = "(anonymous namespace)";
	bool slash, plain = true;
	char *p;
	size_t n = 0;

	if (!is_go_method(s)) {
		for (size_t i = 0; i < s.n; i++)
			if (s.p[i] == '(' && !str_prefix(str_skip(s, i), STR(anonymous))) {
				s.n = i;
				break;
			}
	}
	for (size_t i = 0; i < s.n; i++)
		plain &= s.p[i] != ';' && s.p[i] != '"' && s.p[i] != '\'';
	slash = java && s.n && memchr(s.p, '/', s.n);
	if (plain)
		return slash && s.p[0] == 'L' ? str_skip(s, 1) : s;
	p = arena_alloc(a, s.n);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '"' && s.p[i] != '\'')
			p[n++] = s.p[i] == ';' ? ':' : s.p[i];
	s = str_of(p, n);
	return slash && n && p[0] == 'L' ? str_skip(s, 1) : s;
}

struct str perf_object_name(struct arena *a, struct str object)
{
	size_t slash = str_rfind(object, '/');
	struct str name = slash < object.n ? str_skip(object, slash + 1) : object;

	char *p;

	if (object.n == 0)
		return STR("[unknown]");
	p = arena_alloc(a, name.n + 2);
	p[0] = '[';
	memcpy(p + 1, name.p, name.n);
	p[name.n + 1] = ']';
	return str_of(p, name.n + 2);
}

bool perf_object_is_kernel(struct str object)
{
	if (object.n == 0)
		return false;
	return (object.p[0] == '[' || str_suffix(object, STR("vmlinux"))) &&
	    str_search(object, STR("unknown")) == object.n;
}

bool perf_object_is_jit(struct str object)
{
	struct str id;

	if (!str_prefix(object, STR("/tmp/perf-")) || !str_suffix(object, STR(".map")))
		return false;
	id = str_of(object.p + 10, object.n - 10 - MIN(object.n - 10, (size_t)4));
	return all_digits(id);
}
