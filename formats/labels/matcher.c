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

/* A match that takes SLOW ns is followed by one that is timed as well; after others, one in GAP stands for all. */
enum { SLOW = 20000, GAP = 61 };

static bool match_in_time(struct patience *p, const struct matcher *m, struct str value)
{
	int64_t began, took;
	bool yes;

	if (p->left <= 0)
		return false;
	if (p->untimed > 0) {
		p->untimed--;
		return matcher_match_value(m, value);
	}
	began = p->cpu();
	yes = matcher_match_value(m, value);
	took = p->cpu() - began;
	p->untimed = took < SLOW ? GAP - 1 : 0;
	p->left -= took < SLOW ? GAP * took : took;
	return yes;
}

bool selector_match_value(const struct selector *s, const struct matcher *m, struct str value)
{
	return s->patience != NULL && m->engine ? match_in_time(s->patience, m, value) : matcher_match_value(m, value);
}

/* What is compared comes first, because it costs little and there may be less to do afterwards. */
bool selector_match(const struct selector *s, const struct labels *l)
{
	for (int engine = 0; engine < 2; engine++)
		for (uint32_t i = 0; i < s->n; i++)
			if (s->p[i].engine == engine && !selector_match_value(s, &s->p[i], labels_get(l, s->p[i].name)))
				return false;
	return true;
}

int selector_check(const struct selector *s, struct err *e)
{
	if (s == NULL || s->patience == NULL || s->patience->left > 0)
		return 0;
	return err_set(e, ERR_INVALID,
	    "the regular expressions of the selector take too long: add matchers with = beside them, or make them "
	    "simpler");
}
