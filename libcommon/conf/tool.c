#include "conf/tool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "conf/optdoc.h"
#include "conf/parent.h"
#include "io/entropy.h"
#include "io/fd.h"

#define OPT_FILE "conf/tool.def"
#define OPT_STRUCT tool_opts
#define OPT_TABLE tool_table
#include "conf/opt_rows.h"

enum { MAX_VERBS = 32 };

static int64_t mono_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static size_t count_verbs(const struct tool_spec *spec)
{
	size_t n = 0;

	while (spec->verbs && spec->verbs[n].name)
		n++;
	assert(n < MAX_VERBS);
	return n;
}

static int parse(struct tool *t, const char *const *argv, struct err *e)
{
	const char *verbs[MAX_VERBS] = { NULL };
	struct opts *o = &t->conf;
	size_t n = count_verbs(t->spec);

	for (size_t i = 0; i < n; i++)
		verbs[i] = t->spec->verbs[i].name;
	o->other = t->spec->other;
	o->any_section = t->spec->any_section;
	for (const struct opt_set *s = t->spec->sets; s && s->table; s++)
		opts_add(o, s->table, s->values);
	opts_add(o, &tool_table, &t->opts);
	if (opts_parse_args(o, argv, verbs, e) < 0)
		return -1;
	if (o->help || o->version)
		return 0;
	if (opts_parse_env(o, e) < 0)
		return -1;
	if (*t->opts.config_file && opts_read_file(o, t->opts.config_file, t->opts.config_expand_env, e) < 0)
		return -1;
	return t->spec->check ? t->spec->check(t, e) : 0;
}

static int show(struct buf *b, struct err *e)
{
	if (buf_check(b, "the text", e) < 0)
		return -1;
	fwrite(b->p, 1, b->n, stdout);
	return 0;
}

static int answer(struct tool *t, struct err *e)
{
	struct optdoc_verb verbs[MAX_VERBS];
	struct optdoc_about about = {
		.summary = t->spec->summary,
		.args = t->spec->run ? t->spec->args : NULL,
		.verbs = verbs,
		.n_verbs = count_verbs(t->spec),
		.examples = t->spec->examples,
		.words = t->spec->words,
	};
	struct buf b;
	int rc = 0;

	for (size_t i = 0; i < about.n_verbs; i++)
		verbs[i] = (struct optdoc_verb){ t->spec->verbs[i].name, t->spec->verbs[i].args,
			t->spec->verbs[i].text };
	buf_init(&b, OPTDOC_MAX);
	if (t->conf.help)
		rc = optdoc_print(&b, &t->conf, &about, t->conf.help, e);
	else if (t->conf.version)
		buf_printf(&b, "%s %s\n", t->spec->name, PYRO_VERSION);
	else
		optdoc_config(&b, &t->conf);
	if (rc == 0)
		rc = show(&b, e);
	buf_fini(&b);
	return rc;
}

/* "help top", as other programs have it. */
static int help_verb(struct tool *t, struct err *e)
{
	t->conf.verb = NULL;
	for (const struct tool_verb *v = t->spec->verbs; v && v->name && t->conf.n_args > 1; v++)
		if (strcmp(v->name, t->conf.args[1]) == 0)
			t->conf.verb = v->name;
	t->conf.help = "";
	return answer(t, e);
}

static int no_verb(struct tool *t, struct err *e)
{
	const char *word = t->conf.n_args ? t->conf.args[0] : NULL;

	if (word == NULL)
		return err_set(e, ERR_USAGE, "a verb is needed; -help lists them");
	if (strcmp(word, "help") == 0)
		return help_verb(t, e);
	if (strpbrk(word, "./{") != NULL)
		return err_set(e, ERR_USAGE, "a verb comes first: %s %s %.200s; -help lists them", t->spec->name,
		    t->spec->verbs[0].name, word);
	return err_set(e, ERR_USAGE, "no verb \"%.40s\"; -help lists them", word);
}

static int run(struct tool *t, struct err *e)
{
	const struct tool_verb *v = t->spec->verbs;

	for (; v && v->name && t->conf.verb; v++)
		if (strcmp(v->name, t->conf.verb) == 0)
			return v->run(t, e);
	if (t->spec->run)
		return t->spec->run(t, e);
	return no_verb(t, e);
}

/*
 * Descriptors 0, 1 and 2 exist, so that no file of ours becomes one of them. What stands in for a closed standard output
 * refuses to be written: an answer that nobody gets is no success.
 */
static void standard_descriptors(const char *name)
{
	struct err e;

	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (fd_open(AT_FDCWD, "/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR, &e) < 0) {
			fprintf(stderr, "%s: %s\n", name, e.msg);
			exit(111);
		}
	}
}

static void start(struct tool *t)
{
	t->started = mono_now();
	standard_descriptors(t->spec->name);
	signal(SIGPIPE, SIG_IGN);
	log_open(t->spec->name, LOG_INFO);
	entropy_seed_hash();
	opts_init(&t->conf, t->spec->name);
	t->conf.supervised = t->conf.absent.quiet = parent_bind();
}

/* A reader of our output that has seen enough is no fault of anybody. */
static bool reader_gone(void)
{
	struct pollfd p = { .fd = STDOUT_FILENO };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLERR);
}

static int end(struct tool *t, int rc, struct err *e)
{
	struct err flush;

	if (rc >= 0 && tool_flush(&flush) < 0) {
		rc = -1;
		*e = flush;
	}
	if (rc >= 0)
		return rc;
	if (e->sys == EPIPE && reader_gone())
		return 0;
	if (!t->quiet_end)
		fprintf(stderr, "%s: %s\n", t->spec->name, e->msg);
	return err_exit(e->kind);
}

int tool_flush(struct err *e)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return err_sys(e, ERR_IO, "write standard output");
}

int tool_main(const struct tool_spec *spec, int argc, char **argv)
{
	struct tool t = { .spec = spec };
	struct err e = { 0 };
	int rc;

	start(&t);
	rc = parse(&t, (const char *const *)(argc > 0 ? argv + 1 : argv), &e);
	if (rc == 0 && (t.conf.help || t.conf.version || t.conf.print_config)) {
		rc = answer(&t, &e);
	} else if (rc == 0) {
		log_open(spec->name, (enum log_level)t.opts.log_level);
		t.ready_fd = parent_ready_fd(t.opts.ready_fd);
		rc = run(&t, &e);
	}
	rc = end(&t, rc, &e);
	opts_fini(&t.conf);
	return rc;
}
