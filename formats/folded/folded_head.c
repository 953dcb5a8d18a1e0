/* folded_head.c - see folded_head.h */
#include "formats/folded/folded_head.h"

enum {
	LOOK_LINES = 50,    /* that decide about two columns */
	LOOK_UTF16 = 16384, /* bytes */
};

bool folded_is_comment(struct str line)
{
	struct folded_count c;

	if (line.n == 0 || line.p[0] != '#')
		return false;
	return line.n == 1 || line.p[1] == ' ' || line.p[1] == '!' || !folded_take_counts(&line, &c, 1);
}

static bool is_word(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == ';' || s.p[i] == '/' || (unsigned char)s.p[i] <= ' ')
			return false;
	return s.n > 0;
}

static bool read_types(struct arena *a, struct folded_head *h, struct str line)
{
	uint32_t n = 0;

	for (struct str rest = str_trim(line); rest.n; n++) {
		struct str word = str_cut(&rest, ' '), type = str_cut(&word, '/');

		if (n == FOLDED_MAX_TYPES || !is_word(type) || !is_word(word))
			return false;
		h->types[n] = (struct folded_type){ arena_str(a, type), arena_str(a, word) };
	}
	h->n_types = n ? n : h->n_types;
	return n > 0;
}

/* "# mode: wall", "# interval: 100" (microseconds) */
static void read_comment(struct arena *a, struct folded_head *h, struct str line)
{
	struct str value = str_skip(line, 1), key = str_trim(str_cut(&value, ':'));
	struct folded_count c;

	value = str_trim(value);
	if (str_eq(key, STR("austin")))
		h->austin = true;
	else if (h->austin && str_eq(key, STR("interval")) && folded_parse_count(value, &c) && c.whole > 0)
		h->interval = c.whole;
	else if (h->austin && str_eq(key, STR("mode")) && (str_eq(value, STR("wall")) || str_eq(value, STR("cpu"))))
		h->types[0] = (struct folded_type){ arena_str(a, value), STR("microseconds") };
	else if (h->austin && str_eq(key, STR("mode")) && str_eq(value, STR("memory")))
		h->types[0] = (struct folded_type){ arena_str(a, value), STR("bytes") };
}

/* All lines that have a count have two, and there is a ";". */
static bool is_comparison(struct str text)
{
	struct str line, left;
	struct folded_count c[2];
	unsigned lines = 0;
	bool frames = false;

	while (lines < LOOK_LINES && folded_next_line(&text, &line)) {
		if (line.n == 0 || folded_is_comment(line))
			continue;
		left = line;
		if (!folded_take_counts(&left, c, 1))
			continue;
		if (!folded_take_counts(&line, c, 2) || line.n == 0)
			return false;
		frames |= str_find(line, ';') < line.n;
		lines++;
	}
	return frames;
}

bool folded_has_head(struct str text)
{
	unsigned lines = 0;
	struct str line;
	struct folded_count c;

	while (lines < LOOK_LINES && folded_next_line(&text, &line))
		lines += line.n > 0 && !folded_is_comment(line) && folded_take_counts(&line, &c, 1);
	return lines == LOOK_LINES;
}

struct str folded_read_head(struct arena *a, struct str text, struct folded_head *h)
{
	struct str rest = text, line;
	struct folded_count c;

	*h = (struct folded_head){ .n_types = 1, .types = { { STR("samples"), STR("count") } } };
	while (folded_next_line(&rest, &line)) {
		if (line.n && folded_is_comment(line))
			read_comment(a, h, line);
		else if (line.n)
			break;
		h->lines++;
		text = rest;
	}
	if (text.n && !folded_take_counts(&line, &c, 1) && read_types(a, h, line)) {
		h->lines++;
		return rest;
	}
	if (h->n_types == 1 && is_comparison(text)) {
		h->n_types = 2;
		h->types[0] = (struct folded_type){ STR("before"), STR("count") };
		h->types[1] = (struct folded_type){ STR("after"), STR("count") };
	}
	return text;
}

unsigned folded_look(struct str text, unsigned *lines)
{
	struct arena *a = arena_new();
	struct folded_head h = { 0 };
	struct str line;
	unsigned good = 0;

	*lines = 0;
	text = folded_utf8(a, folded_is_utf16(text) ? str_of(text.p, MIN(text.n, (size_t)LOOK_UTF16)) : text);
	while (*lines < LOOK_LINES && folded_next_line(&text, &line)) {
		struct folded_count c;

		if (line.n == 0 || folded_is_comment(line))
			continue;
		if (folded_take_counts(&line, &c, 1))
			good++;
		else if (*lines == 0 && read_types(a, &h, line))
			continue;
		++*lines;
	}
	arena_free(a);
	return good;
}
