#include "conf/absent.h"

#include "base/log.h"

struct row {
	const char *flag, *yaml, *why;
	const char *same, *near; /* NULL: harmless, whatever the value */
};

static const struct row rows[] = {
#define REFUSED(flag, yaml, same, near, why) { flag, yaml, why, same, near },
#define HARMLESS(flag, yaml, why) { flag, yaml, why, NULL, NULL },
#include "conf/absent.def"
#undef REFUSED
#undef HARMLESS
};
_Static_assert(ARRAY_LEN(rows) <= ABSENT_ROWS_MAX, "absent.warned has one for each");

/* Where it was written: a file and line, or the command line. */
struct place {
	const char *file;
	unsigned line;
	struct str name;
};

static bool fits(const char *pattern, struct str name)
{
	struct str p = str_cstr(pattern);
	char last = p.n ? p.p[p.n - 1] : 0;

	if (p.n == 0)
		return false;
	if (last != '.' && last != '_' && last != '-')
		return str_eq(name, p);
	/* "analytics." also stands for the map "analytics". */
	return str_prefix(name, p) || (last == '.' && str_eq(name, str_of(p.p, p.n - 1)));
}

static const struct row *find(bool by_flag, struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (fits(by_flag ? rows[i].flag : rows[i].yaml, name))
			return &rows[i];
	return NULL;
}

static void warn(struct absent *x, const struct row *r, struct place at)
{
	bool *warned = &x->warned[r - rows];

	if (*warned || x->quiet)
		return;
	*warned = true;
	if (at.file)
		log_event(LOG_WARN, "option has no effect", LOG_STR("option", at.name), LOG_CSTR("file", at.file),
		    LOG_I64("line", at.line), LOG_CSTR("why", r->why));
	else
		log_event(LOG_WARN, "option has no effect", LOG_STR("option", at.name), LOG_CSTR("why", r->why));
}

static enum absent_is judge(struct absent *x, const struct row *r, struct str value, struct place at, struct err *e)
{
	bool same = r->same && (value.n == 0 || str_eq(value, str_cstr(r->same)));

	if (same || x->quiet)
		return ABSENT_TAKEN;
	if (!r->same || (*r->near && str_eq(value, str_cstr(r->near)))) {
		warn(x, r, at);
		return ABSENT_TAKEN;
	}
	err_set(e, ERR_CONFIG, "%s" STR_FMT ": \"%.*s\" is not possible: %s", at.file ? "" : "-", STR_ARG(at.name),
	    (int)MIN(value.n, (size_t)80), value.p, r->why);
	if (at.file)
		err_wrap(e, "%s:%u", at.file, at.line);
	return ABSENT_REFUSED;
}

bool absent_wants_value(struct str flag)
{
	const struct row *r = find(true, flag);

	return r && r->same && strcmp(r->same, "false") != 0;
}

enum absent_is absent_flag(struct absent *x, struct str flag, struct str value, struct err *e)
{
	const struct row *r = find(true, flag);

	return r ? judge(x, r, value, (struct place){ .name = flag }, e) : ABSENT_UNKNOWN;
}

enum absent_is absent_key(struct absent *x, struct str path, const struct yaml *value, const char *file, unsigned line,
    struct err *e)
{
	const struct row *r = find(false, path);
	struct str text = STR("");

	if (!r)
		return ABSENT_UNKNOWN;
	if (value->kind == YAML_SCALAR)
		text = value->text;
	else if (value->n > 0) /* a list or map with something in it */
		text = STR("...");
	return judge(x, r, text, (struct place){ file, line, path }, e);
}

bool absent_inner(struct str path)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str yaml = str_cstr(rows[i].yaml);

		if (yaml.n > path.n + 1 && str_prefix(yaml, path) && yaml.p[path.n] == '.')
			return true;
	}
	return false;
}
