/* cli_check.c - see cli.h: limits of a file, each over a question of its own */
#include "io/file.h"
#include "tools/pyro-query/cli.h"
#include "tools/pyro-query/cli_out.h"
#include "tools/pyro-query/cli_sides.h"
#include "tools/pyro-query/rules.h"

#include <fcntl.h>

enum { MAX_ANSWER = INT32_MAX };

struct check {
	struct arena *a;
	struct rules rules;
	struct limit_suite *suites; /* one for each rule */
	struct opt_list sources;    /* of the command line */
	struct err first;           /* why a rule could not be checked */
	bool failed;
};

static int open_side(const struct check *c, const struct rule_side *s, struct cli_side *out, struct err *e)
{
	const struct opt_list *from = s->sources.n > 0 ? &s->sources : &c->sources;

	if (from->n == 0)
		return err_set(e, ERR_USAGE, "neither the rule nor the command line names a source");
	return cli_side_open(out, from->p, from->n, &s->o, e);
}

/* Sentences live in c->a; everything else is closed again. */
static int check_rule(struct check *c, struct rule *r, struct err *e)
{
	struct cli_side sides[2] = { 0 };
	struct report_diff_opts d = report_diff_defaults();
	int rc = open_side(c, &r->now, &sides[1], e);

	d.confidence = r->now.o.confidence;
	d.all = true;
	if (rc == 0 && r->compares && (rc = open_side(c, &r->base, &sides[0], e)) < 0)
		err_wrap(e, "base");
	if (rc == 0 && r->compares)
		rc = cli_sides_normalize(sides, &r->now.o, &d, e);
	for (size_t i = 0; i < r->n_limits && rc == 0; i++)
		rc = diff_limit_check(&r->limits[i], c->a, sides[0].r, sides[1].r, &d, e);
	cli_side_close(&sides[0]);
	cli_side_close(&sides[1]);
	return rc;
}

static void check_all(struct check *c)
{
	struct err e;

	for (size_t i = 0; i < c->rules.n; i++) {
		struct rule *r = &c->rules.p[i];

		c->suites[i] = (struct limit_suite){ .name = r->name, .limits = r->limits, .n = r->n_limits };
		if (check_rule(c, r, &e) == 0)
			continue;
		c->suites[i].error = arena_str(c->a, str_cstr(e.msg));
		if (!c->failed)
			c->first = e;
		if (!c->failed)
			err_wrap(&c->first, STR_FMT, STR_ARG(r->name));
		c->failed = true;
	}
}

static void summary(const struct check *c, struct buf *out)
{
	struct limit_counts n = limits_count(c->suites, c->rules.n);

	buf_printf(out, "%zu limit%s of %zu rule%s: %zu exceeded, %zu kept, %zu not checked", n.limits,
	    n.limits == 1 ? "" : "s", c->rules.n, c->rules.n == 1 ? "" : "s", n.passed,
	    n.limits - n.passed - n.unchecked, n.unchecked);
}

static void print(const struct check *c, const char *form, struct buf *out)
{
	if (strcmp(form, "junit") == 0) {
		limits_junit(c->suites, c->rules.n, out);
	} else if (strcmp(form, "markdown") == 0) {
		buf_add(out, STR("### "));
		summary(c, out);
		buf_add(out, STR("\n\n"));
		limits_markdown(c->suites, c->rules.n, out);
	} else {
		limits_text(c->suites, c->rules.n, out);
		summary(c, out);
		buf_byte(out, '\n');
	}
}

/* Exceeded: 1, whatever else; otherwise the first reason why something could not be checked. */
static int verdict(const struct check *c, struct err *e)
{
	if (limits_count(c->suites, c->rules.n).passed > 0)
		return 1;
	if (!c->failed)
		return 0;
	*e = c->first;
	return -1;
}

static int parse_form(struct check *c, const struct query_opts *o, struct cli_out *out, struct err *e)
{
	static const char *const forms[] = { "diff", "markdown", "junit" };

	if (cli_out_parse(c->a, o->output, STR("diff"), o->force, out, e) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (strcmp(out->output.name, forms[i]) == 0)
			return 0;
	return err_set(e, ERR_USAGE, "check --output %s: there are text, markdown and junit", out->output.name);
}

static int read_rules(struct check *c, struct tool *t, const struct query_opts *o, struct err *e)
{
	const char *path = t->conf.args[0];
	struct buf text;
	int rc;

	buf_init(&text, RULES_FILE_MAX + 1);
	rc = file_read(AT_FDCWD, path, RULES_FILE_MAX, &text, e);
	if (rc == 0)
		rc = rules_parse(&c->rules, c->a, arena_str(c->a, buf_str(&text)), path, t->conf.sets[0].table, o, e);
	buf_fini(&text);
	/* the answer "no" is kept for questions */
	if (rc < 0 && e->kind == ERR_NOTFOUND)
		e->kind = ERR_CONFIG;
	return rc;
}

int cli_check(struct tool *t, const struct query_opts *o, struct err *e)
{
	struct check c = { .a = arena_new() };
	struct cli_out out;
	struct buf b;
	int rc = 0;

	buf_init(&b, MAX_ANSWER);
	if (t->conf.n_args == 0)
		rc = err_set(e, ERR_USAGE, "check: a file of rules is expected");
	if (rc == 0)
		rc = parse_form(&c, o, &out, e);
	if (rc == 0)
		rc = read_rules(&c, t, o, e);
	if (rc == 0) {
		c.sources = (struct opt_list){ t->conf.args + 1, t->conf.n_args - 1 };
		c.suites = arena_zarray(c.a, c.rules.n, sizeof(*c.suites));
		check_all(&c);
		print(&c, out.output.name, &b);
		rc = cli_out_write(&out, &b, e);
	}
	if (rc == 0)
		rc = verdict(&c, e);
	rules_fini(&c.rules);
	buf_fini(&b);
	arena_free(c.a);
	return rc;
}
