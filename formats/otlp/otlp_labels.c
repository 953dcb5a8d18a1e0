/* otlp_labels.c - which attributes become labels; see otlp.h */
#include "formats/otlp/otlp_labels.h"

struct rule {
	unsigned sources; /* bits of enum otlp_source */
	bool drop, prefix;
	struct str name, label; /* label empty: the attribute's own */
};

struct otlp_labels {
	struct rule *p;
	size_t n;
};

static const struct {
	const char *name;
	enum otlp_source source;
} sources[] = {
	{ "resource/", OTLP_OF_RESOURCE },
	{ "scope/", OTLP_OF_SCOPE },
	{ "sample/", OTLP_OF_SAMPLE },
	{ "profile/", OTLP_OF_PROFILE },
};

static int parse_rule(struct str text, struct rule *out, struct err *e)
{
	struct str s = str_trim(text);
	size_t is;

	*out = (struct rule){ .sources = 1u << OTLP_OF_RESOURCE | 1u << OTLP_OF_SCOPE | 1u << OTLP_OF_SAMPLE };
	if (str_prefix(s, STR("-"))) {
		out->drop = true;
		s = str_skip(s, 1);
	}
	for (size_t i = 0; i < ARRAY_LEN(sources); i++)
		if (str_prefix(s, str_cstr(sources[i].name))) {
			out->sources = 1u << sources[i].source;
			s = str_skip(s, strlen(sources[i].name));
			break;
		}
	is = str_find(s, '=');
	if (is < s.n) {
		out->label = str_skip(s, is + 1);
		s.n = is;
		if (out->label.n == 0 || out->drop)
			return err_set(e, ERR_USAGE, "\"" STR_FMT "\": %s", STR_ARG(text),
			    out->drop ? "what is dropped has no name" : "a name should follow the '='");
	}
	if (str_suffix(s, STR("*"))) {
		out->prefix = true;
		s.n--;
		if (out->label.n > 0)
			return err_set(e, ERR_USAGE, "\"" STR_FMT "\": several attributes cannot have one name",
			    STR_ARG(text));
	}
	if (str_find(s, '*') < s.n || (s.n == 0 && !out->prefix))
		return err_set(e, ERR_USAGE, "\"" STR_FMT "\": %s", STR_ARG(text),
		    s.n == 0 ? "an attribute should be named" : "a '*' stands at the end alone");
	out->name = s;
	return 0;
}

struct otlp_labels *otlp_labels_parse(struct arena *a, const struct str *rules, size_t n, struct err *e)
{
	struct otlp_labels *l = arena_zalloc(a, sizeof(*l));

	l->p = arena_zarray(a, n, sizeof(*l->p));
	l->n = n;
	for (size_t i = 0; i < n; i++)
		if (parse_rule(rules[i], &l->p[i], e) < 0)
			return NULL;
	return l;
}

bool otlp_label_name(const struct otlp_labels *l, enum otlp_source source, struct str key, struct str *name)
{
	*name = key;
	if (l == NULL)
		return source != OTLP_OF_PROFILE;
	for (size_t i = 0; i < l->n; i++) {
		const struct rule *r = &l->p[i];

		if ((r->sources >> source & 1) == 0)
			continue;
		if (r->prefix ? !str_prefix(key, r->name) : !str_eq(key, r->name))
			continue;
		if (r->label.n > 0)
			*name = r->label;
		return !r->drop;
	}
	return false;
}
