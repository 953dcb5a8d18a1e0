/*
 * selector_parse.c - text to selector. The messages are those that users of
 * Prometheus know, at the same positions.
 *
 *	selector = [ metric ] [ "{" [ matcher { "," matcher } [ "," ] ] "}" ]
 *	matcher  = name op string | string
 *	name     = identifier | string
 *	op       = "=" | "!=" | "=~" | "!~"
 *
 * A metric name, in front or as a string alone, is a condition on __name__.
 */
#include "base/vec.h"
#include "formats/labels/regex.h"
#include "formats/labels/selector_token.h"

struct parser {
	struct selector_text t;
	VEC(struct matcher) out;
	uint32_t engines;
	size_t size;
};

static bool is_sign(const struct selector_text *p, char c)
{
	return p->kind == K_SIGN && p->token.p[0] == c;
}

static int count_engine(struct parser *p, struct matcher *m, size_t at)
{
	size_t size = regex_size(m->re);

	m->engine = size > 0;
	p->engines += m->engine;
	p->size += size;
	if (p->engines > SELECTOR_MAX_ENGINES)
		return selector_fail(&p->t, at,
		    "more than %d regular expressions that are no lists, prefixes or suffixes", SELECTOR_MAX_ENGINES);
	if (p->size > SELECTOR_MAX_SIZE)
		return selector_fail(&p->t, at, "regular expressions that are too large together");
	return 0;
}

static int add(struct parser *p, enum match_op op, struct str name, struct str value, size_t at)
{
	struct matcher m = { .op = op, .name = name, .value = value };

	if (p->out.n == SELECTOR_MAX_MATCHERS)
		return selector_fail(&p->t, at, "more than %d matchers", SELECTOR_MAX_MATCHERS);
	if (op == MATCH_RE || op == MATCH_NRE) {
		m.re = regex_new_anchored(value, p->t.e);
		if (m.re == NULL) {
			struct err why = *p->t.e;

			return selector_fail(&p->t, at, "%s", why.msg);
		}
		if (count_engine(p, &m, at) < 0) {
			regex_free(m.re);
			return -1;
		}
	}
	vec_push(&p->out, m);
	return 0;
}

static bool op_of(const struct selector_text *p, enum match_op *op)
{
	static const struct {
		struct str text;
		enum match_op op;
	} ops[] = {
		{ { "=", 1 }, MATCH_EQ },
		{ { "!=", 2 }, MATCH_NE },
		{ { "=~", 2 }, MATCH_RE },
		{ { "!~", 2 }, MATCH_NRE },
	};

	if (p->kind != K_SIGN && p->kind != K_OP)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (str_eq(ops[i].text, p->token)) {
			*op = ops[i].op;
			return true;
		}
	return false;
}

/* One condition; the token behind it is read. */
static int matcher(struct parser *p)
{
	bool string = p->t.kind == K_STRING;
	size_t at = p->t.start;
	enum match_op op;
	struct str name;

	if (p->t.kind != K_NAME && !string)
		return selector_unexpected(&p->t, " in label matching, expected identifier or \"}\"");
	name = string ? selector_string(&p->t) : arena_str(p->t.a, p->t.token);
	if (selector_next(&p->t) < 0)
		return -1;
	if (!op_of(&p->t, &op)) {
		if (string)
			return add(p, MATCH_EQ, STR("__name__"), name, at);
		return selector_unexpected(&p->t, " in label matching, expected label matching operator");
	}
	if (selector_next(&p->t) < 0)
		return -1;
	if (p->t.kind != K_STRING)
		return selector_unexpected(&p->t, " in label matching, expected string");
	if (add(p, op, name, selector_string(&p->t), at) < 0)
		return -1;
	return selector_next(&p->t);
}

/* From the opening brace to the token behind the closing one. */
static int matchers(struct parser *p)
{
	if (selector_next(&p->t) < 0)
		return -1;
	while (!is_sign(&p->t, '}')) {
		if (matcher(p) < 0)
			return -1;
		if (is_sign(&p->t, '}'))
			break;
		if (!is_sign(&p->t, ','))
			return selector_unexpected(&p->t, " in label matching, expected \",\" or \"}\"");
		if (selector_next(&p->t) < 0)
			return -1;
	}
	return selector_next(&p->t);
}

static int selector(struct parser *p)
{
	struct str metric = STR_NONE;

	if (selector_next(&p->t) < 0)
		return -1;
	if (selector_is_metric(&p->t)) {
		metric = arena_str(p->t.a, p->t.token);
		if (selector_next(&p->t) < 0)
			return -1;
	} else if (!is_sign(&p->t, '{')) {
		return selector_unexpected(&p->t, "");
	}
	if (is_sign(&p->t, '{') && matchers(p) < 0)
		return -1;
	if (p->t.kind != K_END)
		return selector_unexpected(&p->t, "");
	if (metric.n)
		return add(p, MATCH_EQ, STR("__name__"), metric, 0);
	return 0;
}

int selector_parse(struct arena *a, struct str text, struct selector *out, struct err *e)
{
	struct parser p = { .t = { .a = a, .e = e, .text = text } };
	int rc;

	*out = (struct selector){ 0 };
	if (text.n > SELECTOR_MAX_TEXT)
		return err_set(e, ERR_INVALID, "a selector of %zu bytes, the limit is %d", text.n, SELECTOR_MAX_TEXT);
	if (text.n == 0)
		p.t.text = STR("");
	rc = selector(&p);
	*out = (struct selector){ .p = arena_array(a, p.out.n, sizeof(*out->p)),
		.n = (uint32_t)p.out.n,
		.engines = p.engines,
		.size = p.size };
	if (p.out.n)
		memcpy(out->p, p.out.p, p.out.n * sizeof(*out->p));
	vec_free(&p.out);
	if (rc < 0)
		selector_fini(out);
	return rc;
}
