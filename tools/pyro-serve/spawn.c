#include "tools/pyro-serve/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf/parent.h"

extern char **environ;

static const char *beside_us(struct arena *a, const char *program)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self));
	size_t slash = n > 0 ? str_rfind(str_of(self, (size_t)n), '/') : 0;

	if (n <= 0 || slash == (size_t)n)
		return NULL;
	return arena_cstr(a, arena_printf(a, "%.*s/%s", (int)slash, self, program));
}

const char *spawn_find(struct arena *a, const char *program, struct err *e)
{
	const char *path = beside_us(a, program), *env = getenv("PATH");
	struct str rest = str_cstr(env ? env : "/usr/local/bin:/usr/bin:/bin");

	if (path && access(path, X_OK) == 0)
		return path;
	while (rest.n) {
		struct str dir = str_cut(&rest, ':');

		path = arena_cstr(a, arena_printf(a, STR_FMT "/%s", STR_ARG(dir), program));
		if (dir.n && access(path, X_OK) == 0)
			return path;
	}
	err_set(e, ERR_UNSUPPORTED, "%s is neither beside pyro-serve nor in PATH", program);
	return NULL;
}

/* The command line, as it grows. */
struct words {
	struct arena *a;
	char **p;
	size_t n, cap;
};

static void word(struct words *w, struct str text)
{
	if (w->n + 1 >= w->cap) {
		char **p = arena_zarray(w->a, w->cap * 2 + 16, sizeof(*p));

		if (w->n)
			memcpy(p, w->p, w->n * sizeof(*p));
		w->p = p;
		w->cap = w->cap * 2 + 16;
	}
	w->p[w->n++] = arena_cstr(w->a, text);
	w->p[w->n] = NULL;
}

/* What pyro-serve itself got by flag or environment, of the tables that all services have. */
static void shared_flags(struct words *w, const struct spawn_plan *plan)
{
	static const char *const ours[] = { "http_listen_address", "http_listen_port", "listen_fd", "ready_fd" };
	const struct opts *o = plan->conf;

	for (size_t s = plan->shared_sets; s < o->n_sets; s++) {
		const struct opt_table *t = o->sets[s].table;

		for (size_t i = 0; i < t->n; i++) {
			const struct opt_row *row = &t->rows[i];
			bool skip = row->kind != OPT_ROW || opts_origin(o, s, row) < OPT_FROM_ENV;

			for (size_t k = 0; k < ARRAY_LEN(ours) && !skip; k++)
				skip = strcmp(row->field, ours[k]) == 0;
			if (!skip)
				word(w,
				    arena_printf(w->a, "-%s=" STR_FMT, row->flag,
					STR_ARG(opt_text(t, row, o->sets[s].values, w->a))));
		}
	}
}

static void own_flags(struct words *w, const struct spawn_plan *plan, enum part_id part)
{
	const struct opt_list *passed = &plan->conf->passed;

	for (size_t i = 0; i < passed->n; i++) {
		struct str text = str_cstr(passed->p[i]), rest = str_skip(text, 1);

		if (known_takes(plan->known, part, str_cut(&rest, '=')))
			word(w, text);
	}
}

/* How the parts meet. */
static void sockets(struct words *w, const struct spawn_plan *plan, enum part_id part, bool front)
{
	const char *dir = plan->run_dir;

	if (front)
		word(w, arena_printf(w->a, "-listen-fd=%d", SPAWN_LISTEN_FD));
	if (!plan->runs[PART_INGEST] || !plan->runs[PART_QUERY])
		return;
	word(w, arena_printf(w->a, "-head-socket=unix:%s/head.sock", dir));
	if (part == PART_INGEST)
		word(w, arena_printf(w->a, "-query-socket=unix:%s/query.sock", dir));
	else
		word(w, arena_printf(w->a, "-listen=unix:%s/query.sock", dir));
}

static bool our_variable(const char *text)
{
	struct str t = str_cstr(text);

	return str_prefix(t, STR(PARENT_PID_ENV "=")) || str_prefix(t, STR(PARENT_READY_ENV "="));
}

static char **environment(struct arena *a)
{
	struct words w = { .a = a };

	for (char **p = environ; *p; p++)
		if (!our_variable(*p))
			word(&w, str_cstr(*p));
	word(&w, arena_printf(a, PARENT_PID_ENV "=%d", (int)getpid()));
	word(&w, arena_printf(a, PARENT_READY_ENV "=%d", SPAWN_READY_FD));
	return w.p;
}

static bool is_front(const struct spawn_plan *plan, enum part_id part)
{
	for (int i = 0; i < PARTS; i++)
		if (plan->runs[i])
			return i == (int)part;
	return false;
}

int spawn_prepare(struct spawn *s, struct arena *a, const struct spawn_plan *plan, enum part_id part, struct err *e)
{
	struct words w = { .a = a };
	bool front = is_front(plan, part);

	s->path = spawn_find(a, part_rows[part].program, e);
	if (!s->path)
		return -1;
	word(&w, str_cstr(s->path));
	word(&w, STR("serve"));
	shared_flags(&w, plan);
	own_flags(&w, plan, part);
	sockets(&w, plan, part, front);
	s->argv = w.p;
	s->env = environment(a);
	s->listen_fd = front ? plan->listen_fd : -1;
	return 0;
}

int spawn_start(const struct spawn *s, struct loop *l, struct child *c, int *ready, struct err *e)
{
	struct child_fd fds[2];
	struct child_opts o = { .path = s->path, .argv = s->argv, .env = s->env, .fds = fds, .own_group = true };
	int p[2], rc;

	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, ERR_IO, "pipe");
	fds[o.n_fds++] = (struct child_fd){ p[1], SPAWN_READY_FD };
	if (s->listen_fd >= 0)
		fds[o.n_fds++] = (struct child_fd){ s->listen_fd, SPAWN_LISTEN_FD };
	rc = child_spawn(c, l, &o, e);
	close(p[1]);
	if (rc < 0) {
		close(p[0]);
		return -1;
	}
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	*ready = p[0];
	return 0;
}
