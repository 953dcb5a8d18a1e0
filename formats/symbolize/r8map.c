/* r8map.c - see r8map.h */
#include "formats/symbolize/r8map.h"

#include "base/hash.h"
#include "formats/profile_impl.h"

struct r8_class {
	struct str small, original, file;
	uint32_t first, n; /* members */
};

struct r8_member {
	struct str small, name, of; /* of: another class, or empty */
	uint32_t from, to;          /* lines of the small program; 0: none are said */
	uint32_t line, last;        /* lines before; 0: none */
};

struct r8map {
	struct r8_class *classes;
	struct r8_member *members;
	uint32_t n_classes, n_members, cap_classes, cap_members;
	struct table by_name;
};

/* Digits and a colon; false leaves s alone. */
static bool number(struct str *s, char end, uint32_t *out)
{
	uint64_t v = 0;
	size_t i = 0;

	for (; i < s->n && i < 10 && s->p[i] >= '0' && s->p[i] <= '9'; i++)
		v = v * 10 + (unsigned)(s->p[i] - '0');
	if (i == 0 || v > UINT32_MAX || (i < s->n ? s->p[i] != end : end != '\0'))
		return false;
	*out = (uint32_t)v;
	*s = str_skip(*s, i + (end != '\0'));
	return true;
}

/* Behind the parameters: :20:22, :20, or nothing. */
static bool original_lines(struct str s, struct r8_member *m)
{
	if (s.n == 0)
		return true;
	if (s.p[0] != ':')
		return false;
	s = str_skip(s, 1);
	if (number(&s, '\0', &m->line)) {
		m->last = m->line;
		return true;
	}
	return number(&s, ':', &m->line) && number(&s, '\0', &m->last);
}

/* true: a method. A field, and what is neither, is false; *bad tells them apart. */
static bool parse_member(struct str line, struct r8_member *m, bool *bad)
{
	size_t arrow = str_search(line, STR(" -> ")), open, close, dot;
	struct str left = str_trim(str_of(line.p, arrow)), type;

	*m = (struct r8_member){ 0 };
	*bad = arrow == line.n;
	if (*bad)
		return false;
	m->small = str_trim(str_skip(line, arrow + 4));
	if (number(&left, ':', &m->from) && !number(&left, ':', &m->to)) {
		*bad = true;
		return false;
	}
	open = str_find(left, '(');
	close = str_find(left, ')');
	if (open == left.n || close == left.n || close < open)
		return false;
	*bad = !original_lines(str_skip(left, close + 1), m);
	left.n = open;
	type = str_of(left.p, str_rfind(left, ' '));
	left = type.n < left.n ? str_skip(left, type.n + 1) : left;
	dot = str_rfind(left, '.');
	if (dot < left.n) {
		m->of = str_of(left.p, dot);
		left = str_skip(left, dot + 1);
	}
	m->name = left;
	return !*bad && left.n > 0 && m->small.n > 0;
}

static bool parse_class(struct str line, struct r8_class *c)
{
	size_t arrow = str_search(line, STR(" -> "));

	*c = (struct r8_class){ 0 };
	if (arrow == line.n || !str_suffix(line, STR(":")))
		return false;
	c->original = str_trim(str_of(line.p, arrow));
	c->small = str_trim(str_of(line.p + arrow + 4, line.n - arrow - 5));
	return c->original.n > 0 && c->small.n > 0;
}

/* # {"id":"sourceFile","fileName":"Cart.kt"} */
static void parse_comment(struct str line, struct r8_class *c)
{
	size_t at = str_search(line, STR("\"fileName\":\""));

	if (at == line.n || str_search(line, STR("\"sourceFile\"")) == line.n)
		return;
	line = str_skip(line, at + 12);
	c->file = str_of(line.p, str_find(line, '"'));
}

static uint64_t name_hash(struct str s)
{
	return hash_seeded(s);
}

static void add_class(struct r8map *m, struct arena *a, const struct r8_class *c)
{
	if (m->n_classes == m->cap_classes)
		m->classes = profile_grow(a, m->classes, sizeof(*m->classes), m->n_classes, &m->cap_classes);
	m->classes[m->n_classes] = *c;
	m->classes[m->n_classes].first = m->n_members;
	table_put(&m->by_name, a, name_hash(c->small), m->n_classes);
	m->n_classes++;
}

static void add_member(struct r8map *m, struct arena *a, const struct r8_member *k)
{
	if (m->n_members == m->cap_members)
		m->members = profile_grow(a, m->members, sizeof(*m->members), m->n_members, &m->cap_members);
	m->members[m->n_members++] = *k;
	m->classes[m->n_classes - 1].n++;
}

struct r8map *r8map_read(struct arena *a, struct str text, uint64_t *skipped)
{
	struct r8map *m = arena_zalloc(a, sizeof(*m));

	*skipped = 0;
	while (text.n > 0 && m->n_members < UINT32_MAX / 2) {
		struct str line = str_cut(&text, '\n'), words = str_trim(line);
		struct r8_member k;
		struct r8_class c;
		bool bad = false;

		if (words.n == 0)
			continue;
		if (words.p[0] == '#') {
			if (m->n_classes > 0)
				parse_comment(words, &m->classes[m->n_classes - 1]);
		} else if (line.p[0] != ' ' && line.p[0] != '\t') {
			if (parse_class(words, &c))
				add_class(m, a, &c);
			else
				++*skipped;
		} else if (m->n_classes > 0 && parse_member(words, &k, &bad))
			add_member(m, a, &k);
		else
			*skipped += bad || m->n_classes == 0;
	}
	return m->n_classes > 0 ? m : NULL;
}

static const struct r8_class *class_of(const struct r8map *m, struct str name)
{
	struct table_at at = table_find(&m->by_name, name_hash(name));

	for (uint32_t v; table_next(&at, &v);)
		if (str_eq(m->classes[v].small, name))
			return &m->classes[v];
	return NULL;
}

static struct str replaced(struct arena *a, struct str s, char from, char to)
{
	struct str copy = arena_str(a, s);
	char *p = (char *)(uintptr_t)copy.p;

	for (size_t i = 0; i < copy.n; i++)
		if (p[i] == from)
			p[i] = to;
	return copy;
}

/* com.shop.Cart$Item in Cart.java, where nothing else is said. */
static struct str guess_file(struct arena *a, const struct r8_class *c, struct str class)
{
	size_t n;

	if (c != NULL && c->file.n)
		return c->file;
	class = str_skip(class, str_rfind(class, '.') < class.n ? str_rfind(class, '.') + 1 : 0);
	n = str_find(class, '$');
	return arena_printf(a, STR_FMT ".java", STR_ARG(str_of(class.p, n)));
}

static struct sym_frame frame(struct arena *a, const struct r8_class *c, const struct r8_member *k, uint32_t line,
    bool slashes)
{
	struct str class = k->of.n ? k->of : c->original;
	struct sym_frame f = { .line = line };

	if (k->line > 0)
		f.line = k->last > k->line && line >= k->from ? MIN(k->line + (line - k->from), k->last) : k->line;
	f.file = guess_file(a, k->of.n ? NULL : c, class);
	if (slashes)
		class = replaced(a, class, '.', '/');
	f.name = arena_printf(a, STR_FMT "." STR_FMT, STR_ARG(class), STR_ARG(k->name));
	return f;
}

uint32_t r8map_find(const struct r8map *m, struct arena *a, struct str name, uint32_t line, struct sym_frame *out,
    uint32_t max)
{
	bool slashes = str_find(name, '/') < name.n;
	struct str plain = str_of(name.p, str_find(name, '(')), class, method;
	const struct r8_member *any = NULL;
	const struct r8_class *c;
	uint32_t n = 0;
	size_t dot;

	if (slashes)
		plain = replaced(a, plain, '/', '.');
	dot = str_rfind(plain, '.');
	if (dot == plain.n || max == 0)
		return 0;
	class = str_of(plain.p, dot);
	method = str_skip(plain, dot + 1);
	c = class_of(m, class);
	if (c == NULL)
		return 0;
	for (uint32_t i = 0; i < c->n; i++) {
		const struct r8_member *k = &m->members[c->first + i];

		if (!str_eq(k->small, method))
			continue;
		if (line > 0 && k->from > 0 && line >= k->from && line <= k->to && n < max)
			out[n++] = frame(a, c, k, line, slashes);
		else if (any == NULL || (any->from > 0 && k->from == 0))
			any = k;
	}
	if (n > 0)
		return n;
	if (any != NULL) {
		out[0] = frame(a, c, any, line, slashes);
		if (any->from > 0) /* the line is nowhere in the map */
			out[0].line = 0;
		return 1;
	}
	/* The class at least; methods that kept their names are not in the map. */
	out[0] = frame(a, c, &(struct r8_member){ .name = arena_str(a, method) }, line, slashes);
	return 1;
}
