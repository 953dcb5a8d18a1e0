/* legacy_maps.c - see legacy.h: which file lay where */
#include "formats/legacy/legacy.h"

enum {
	MAX_VARIABLES = 64,     /* NAME=VALUE lines */
	MAX_EXPANDED = 1 << 16, /* bytes of a line with its variables put in; a longer one stays as it is */
	EXPAND_RATIO = 16,      /* bytes of all such lines for each byte of the text, and MAX_EXPANDED more */
	MAX_MAPPINGS = 1 << 20,
};

struct variable {
	struct str name, value;
};

struct maps {
	struct legacy *l;
	struct variable variables[MAX_VARIABLES];
	uint32_t n;
	size_t room; /* for lines with variables put in; when there is none, they stay as they are */
};

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Hexadecimal digits of either case at the beginning, perhaps behind 0x; false: none, or more than 64 bits. */
static bool take_hex(struct str *s, uint64_t *v)
{
	struct str rest = *s;
	size_t i;

	if (rest.n > 2 && rest.p[0] == '0' && rest.p[1] == 'x' && is_hex(rest.p[2]))
		rest = str_skip(rest, 2);
	*v = 0;
	for (i = 0; i < rest.n && is_hex(rest.p[i]); i++) {
		char c = rest.p[i];

		if (*v >> 60)
			return false;
		*v = *v << 4 | (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	*s = str_skip(rest, i);
	return i > 0;
}

/* The next word; empty at the end. */
static struct str take_word(struct str *s)
{
	size_t n = 0;

	legacy_blanks(s);
	while (n < s->n && s->p[n] != ' ' && s->p[n] != '\t')
		n++;
	struct str word = str_of(s->p, n);

	*s = str_skip(*s, n);
	return word;
}

static bool all_of(struct str word, const char *set)
{
	for (size_t i = 0; i < word.n; i++)
		if (strchr(set, word.p[i]) == NULL || word.p[i] == '\0')
			return false;
	return word.n > 0;
}

static bool is_device(struct str word) /* 08:01 */
{
	size_t colon = str_find(word, ':');

	return colon > 0 && colon + 1 < word.n && all_of(str_of(word.p, colon), "0123456789abcdefABCDEF") &&
	    all_of(str_skip(word, colon + 1), "0123456789abcdefABCDEF");
}

/* Behind the permissions: OFFSET DEVICE INODE [FILE], as in /proc/PID/maps. */
static bool proc_tail(struct str rest, struct legacy_mapping *m)
{
	struct str offset = take_word(&rest), device, inode;

	if (!take_hex(&offset, &m->offset) || offset.n)
		return false;
	device = take_word(&rest);
	inode = take_word(&rest);
	if (!is_device(device) || !all_of(inode, "0123456789"))
		return false;
	m->file = take_word(&rest);
	return true;
}

/* FILE (@OFFSET) BUILDID, all of it optional. */
static void brief_tail(struct str rest, struct legacy_mapping *m)
{
	struct str word, id;
	uint64_t ignored;

	m->offset = 0;
	m->file = take_word(&rest);
	if (str_prefix(m->file, STR("(@"))) { /* no file */
		word = m->file;
		m->file = STR_NONE;
	} else {
		word = take_word(&rest);
	}
	if (word.n > 3 && str_prefix(word, STR("(@")) && word.p[word.n - 1] == ')') {
		struct str digits = str_of(word.p + 2, word.n - 3);

		if (!take_hex(&digits, &m->offset) || digits.n)
			m->offset = 0;
		word = take_word(&rest);
	}
	id = word;
	while (id.n && is_hex(id.p[0]))
		id = str_skip(id, 1);
	ignored = word.n - id.n;
	m->build_id = str_of(word.p, (size_t)ignored);
}

/* 1: a mapping of code; 0: of something else; -1: no mapping. */
static int parse_mapping(struct str line, struct legacy_mapping *m)
{
	struct str rest = line, tail, mode;

	*m = (struct legacy_mapping){ 0 };
	legacy_blanks(&rest);
	if (!take_hex(&rest, &m->start) || rest.n == 0 || (rest.p[0] != '-' && rest.p[0] != ' ' && rest.p[0] != '\t'))
		return -1;
	rest = str_skip(rest, 1);
	legacy_blanks(&rest);
	if (!take_hex(&rest, &m->limit))
		return -1;
	legacy_skip(&rest, STR(":"));
	if (rest.n && rest.p[0] != ' ' && rest.p[0] != '\t')
		return -1;
	tail = rest;
	mode = take_word(&tail);
	if (!all_of(mode, "-rwxps"))
		return brief_tail(rest, m), 1;
	if (!proc_tail(tail, m))
		brief_tail(tail, m);
	return str_find(mode, 'x') < mode.n;
}

/* A log puts "... file.cc:12] " in front of each line. */
static struct str without_log(struct str line)
{
	size_t end = str_find(line, ']'), i = end;

	if (end + 1 >= line.n || (line.p[end + 1] != ' ' && line.p[end + 1] != '\t') || str_find(line, '[') < end)
		return line;
	while (i > 0 && line.p[i - 1] >= '0' && line.p[i - 1] <= '9')
		i--;
	return i > 1 && i < end && line.p[i - 1] == ':' ? str_skip(line, end + 2) : line;
}

static struct str expand(struct maps *x, struct str line)
{
	struct buf b;
	struct str out = line;

	if (x->n == 0 || str_find(line, '$') == line.n)
		return line;
	buf_init(&b, MIN(x->room, (size_t)MAX_EXPANDED));
	while (line.n) {
		size_t dollar = str_find(line, '$');
		uint32_t i = 0;

		buf_add(&b, str_of(line.p, dollar));
		line = str_skip(line, dollar);
		if (line.n == 0)
			break;
		line = str_skip(line, 1);
		while (i < x->n && !str_prefix(line, x->variables[i].name))
			i++;
		if (i < x->n) {
			buf_add(&b, x->variables[i].value);
			line = str_skip(line, x->variables[i].name.n);
		} else {
			buf_byte(&b, '$');
		}
	}
	if (!b.over) {
		x->room -= b.n;
		out = arena_str(x->l->a, buf_str(&b));
	}
	buf_fini(&b);
	return out;
}

static void take_variable(struct maps *x, struct str line)
{
	size_t equals = str_find(line, '=');
	struct variable v = { str_trim(str_of(line.p, equals)), str_trim(str_skip(line, equals + 1)) };

	if (equals < line.n && v.name.n && x->n < MAX_VARIABLES)
		x->variables[x->n++] = v;
}

void legacy_maps(struct legacy *l)
{
	struct maps x = { .l = l, .room = l->text.rest.n * EXPAND_RATIO + MAX_EXPANDED };
	struct legacy_mapping m;

	while (legacy_line(l)) {
		struct str line = expand(&x, without_log(l->text.line));
		int code = parse_mapping(line, &m);

		if (code < 0)
			take_variable(&x, line);
		if (code <= 0 || l->n_mappings == MAX_MAPPINGS)
			continue;
		if (l->n_mappings == l->cap_mappings)
			l->mappings = profile_grow(l->a, l->mappings, sizeof(*l->mappings), l->n_mappings,
			    &l->cap_mappings);
		l->mappings[l->n_mappings++] = m;
	}
}

void legacy_sections(struct legacy *l)
{
	while (!legacy_is_maps(l->text.line))
		if (!legacy_line(l))
			return;
	legacy_maps(l);
}

/* ---- order ---- */

static bool differ(struct str a, struct str b)
{
	return a.n && b.n && !str_eq(a, b);
}

static bool touching(const struct legacy_mapping *a, const struct legacy_mapping *b)
{
	if (differ(a->file, b->file) || differ(a->build_id, b->build_id) || a->limit != b->start)
		return false;
	return a->offset == 0 || b->offset == 0 || a->offset + (a->limit - a->start) == b->offset;
}

/* x.so, x.so.6, x.so_2 */
static bool is_library(struct str file)
{
	for (size_t i; (i = str_search(file, STR(".so"))) < file.n;) {
		file = str_skip(file, i + 3);
		if (file.n == 0 ||
		    (file.n > 1 && (file.p[0] == '.' || file.p[0] == '_') && file.p[1] >= '0' && file.p[1] <= '9'))
			return true;
	}
	return false;
}

void legacy_maps_order(struct legacy *l)
{
	struct legacy_mapping *m = l->mappings, swap;
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->n_mappings; i++) {
		if (n && touching(&m[n - 1], &m[i])) {
			m[n - 1].limit = m[i].limit;
			m[n - 1].file = m[i].file.n ? m[i].file : m[n - 1].file;
			m[n - 1].build_id = m[i].build_id.n ? m[i].build_id : m[n - 1].build_id;
		} else {
			m[n++] = m[i];
		}
	}
	for (uint32_t i = 0; i < n; i++) {
		if (m[i].file.n && m[i].file.p[0] != '[' && !is_library(m[i].file)) {
			swap = m[0];
			m[0] = m[i];
			m[i] = swap;
			break;
		}
	}
	/* huge pages in front of the program are a part of it */
	if (n > 1 && str_prefix(m[0].file, STR("/anon_hugepage")) && m[0].limit == m[1].start) {
		memmove(m, m + 1, (n - 1) * sizeof(*m));
		n--;
	}
	if (n && m[0].start - m[0].offset == 0x400000) {
		m[0].start = 0x400000;
		m[0].offset = 0;
	}
	l->n_mappings = n;
}
