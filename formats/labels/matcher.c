/*
 * matcher.c - matching label sets. The grammar is in selector_parse.c.
 */
#include "formats/labels/matcher.h"

#include "base/enc.h"

#include "formats/labels/regex.h"

void selector_fini(struct selector *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		regex_free(s->p[i].re);
	s->p = NULL;
	s->n = 0;
}

void selector_add(struct arena *a, struct selector *s, enum match_op op, struct str name, struct str value)
{
	struct matcher *p = arena_array(a, (size_t)s->n + 1, sizeof(*p));

	/* Expressions can be wrong; they come through selector_parse. */
	assert(op == MATCH_EQ || op == MATCH_NE);
	if (s->n)
		memcpy(p, s->p, s->n * sizeof(*p));
	p[s->n] = (struct matcher){ .op = op, .name = name, .value = value };
	s->p = p;
	s->n++;
}

bool matcher_match_value(const struct matcher *m, struct str value)
{
	switch (m->op) {
	case MATCH_EQ: return str_eq(m->value, value);
	case MATCH_NE: return !str_eq(m->value, value);
	case MATCH_RE: return regex_match(m->re, value);
	default: return !regex_match(m->re, value);
	}
}

bool matcher_match_empty(const struct matcher *m)
{
	return matcher_match_value(m, STR(""));
}

void selector_print(struct buf *b, const struct selector *s, struct str without)
{
	static const char *const ops[] = { [MATCH_EQ] = "=", [MATCH_NE] = "!=", [MATCH_RE] = "=~", [MATCH_NRE] = "!~" };

	buf_byte(b, '{');
	for (uint32_t i = 0; i < s->n; i++) {
		if (without.n > 0 && str_eq(s->p[i].name, without))
			continue;
		enc_quote(b, s->p[i].name);
		buf_add(b, str_cstr(ops[s->p[i].op]));
		enc_quote(b, s->p[i].value);
		buf_byte(b, ',');
	}
	buf_byte(b, '}');
}

bool selector_match(const struct selector *s, const struct labels *l)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (!matcher_match_value(&s->p[i], labels_get(l, s->p[i].name)))
			return false;
	return true;
}
