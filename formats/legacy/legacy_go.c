/* legacy_go.c - see legacy_go.h */
#include "formats/legacy/legacy_go.h"

#include "base/num.h"

enum { MAX_LABELS = 1024 }; /* of one sample */

/* The next field between tabs. */
static struct str field(struct str *s)
{
	while (s->n && s->p[0] == '\t')
		*s = str_skip(*s, 1);
	return str_cut(s, '\t');
}

/* "name+0x1c" without the offset. */
static struct str without_offset(struct str name)
{
	size_t plus = str_rfind(name, '+');

	return plus < name.n && str_prefix(str_skip(name, plus), STR("+0x")) ? str_of(name.p, plus) : name;
}

static void name_line(struct legacy *l, struct str rest)
{
	struct str word = field(&rest), name = field(&rest), place = field(&rest);
	size_t colon = str_rfind(place, ':');
	struct legacy_name n = { .name = without_offset(name) };
	struct str digits = str_skip(place, colon + 1);
	uint64_t address;

	if (!legacy_address(&word, &address) || word.n)
		return;
	n.file = place;
	if (colon < place.n && legacy_number(&digits, &n.line) && digits.n == 0 && n.line >= 0)
		n.file = str_of(place.p, colon);
	else
		n.line = 0;
	legacy_name(l, address, n);
}

/* The text between quotes at the beginning, as Go's %q writes it; false: there is none. */
static bool quoted(struct legacy *l, struct str *s, struct str *out)
{
	size_t n = 1;

	if (s->n < 2 || s->p[0] != '"')
		return false;
	while (n < s->n && s->p[n] != '"')
		n += s->p[n] == '\\' ? 2 : 1;
	if (n >= s->n)
		return false;
	*out = str_of(s->p + 1, n - 1);
	*s = str_skip(*s, n + 1);
	if (str_find(*out, '\\') < out->n) {
		char *p = arena_alloc(l->a, out->n);
		size_t k = 0;

		for (size_t i = 0; i < out->n; i++) {
			char c = out->p[i];

			if (c == '\\' && i + 1 < out->n) {
				c = out->p[++i];
				c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
				if (c == 'x' || c == 'u' || c == 'U' ||
				    (c >= '0' && c <= '7')) /* stays as it is written */
					p[k++] = '\\';
			}
			p[k++] = c;
		}
		*out = str_of(p, k);
	}
	return true;
}

bool legacy_go_labels(struct legacy *l, struct str s)
{
	uint32_t begun = l->n_tags;
	struct str key, value;

	s = str_trim(s);
	if (!legacy_skip(&s, STR("{")))
		return false;
	for (uint32_t i = 0; i < MAX_LABELS && quoted(l, &s, &key); i++) {
		legacy_blanks(&s);
		if (!legacy_skip(&s, STR(":")))
			break;
		legacy_blanks(&s);
		if (!quoted(l, &s, &value))
			break;
		legacy_tag(l, key, value, 0);
		if (legacy_skip(&s, STR("}")))
			return true;
		if (!legacy_skip(&s, STR(",")))
			break;
		legacy_blanks(&s);
	}
	l->n_tags = begun;
	return false;
}

void legacy_go_comments(struct legacy *l)
{
	while (l->text.rest.n && l->text.rest.p[0] == '#') {
		struct str text;

		legacy_line(l);
		text = l->text.line;
		if (legacy_skip(&text, STR("#\t"))) {
			if (l->o->keep & FORMAT_NAMES)
				name_line(l, text);
		} else if (legacy_skip(&text, STR("# labels: ")) && (l->o->keep & FORMAT_TAGS)) {
			legacy_go_labels(l, text);
		}
	}
}
