#include "tools/pyro-serve/known.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "proc/child.h"
#include "tools/pyro-serve/spawn.h"

enum { ANSWER_MAX = 1 << 20 };

/* One program being asked. */
struct asked {
	struct child child;
	struct watch pipe;
	struct buf text;
	struct child_exit how;
	const char *path;
	size_t *open; /* pipes and processes that all of them still wait for */
	struct loop *loop;
};

int known_parse(struct known *k, enum part_id part, struct str text, struct err *e)
{
	while (text.n) {
		struct str line = str_cut(&text, '\n'), whole = line;
		struct known_row row = { .part = part };
		struct str type, kind;

		row.flag = str_cut(&line, '\t');
		type = str_cut(&line, '\t');
		str_cut(&line, '\t');
		row.yaml = str_cut(&line, '\t');
		kind = line;
		row.is_bool = str_eq(type, STR("bool"));
		if (row.flag.n == 0 || kind.n == 0)
			return err_set(e, ERR_CORRUPT, "%s -help=flags: line \"%.*s\"", part_rows[part].program,
			    (int)MIN(whole.n, (size_t)80), whole.p);
		/* An old name may be one of a flag or of a key. */
		if (str_eq(kind, STR("old")))
			row.yaml = row.flag;
		vec_push(&k->rows, row);
	}
	return 0;
}

static void one_less(struct asked *q)
{
	if (--*q->open == 0)
		loop_stop(q->loop);
}

static void on_text(struct watch *w, uint32_t events)
{
	struct asked *q = CONTAINER_OF(w, struct asked, pipe);
	ssize_t n = -1;

	(void)events;
	if (buf_room(&q->text, 1 << 14))
		n = read(w->fd, q->text.p + q->text.n, 1 << 14);
	if (n > 0) {
		q->text.n += (size_t)n;
		return;
	}
	if (n < 0 && errno == EINTR)
		return;
	loop_unwatch(w->loop, w);
	close(w->fd);
	one_less(q);
}

static void on_end(struct child *c, struct child_exit how)
{
	struct asked *q = CONTAINER_OF(c, struct asked, child);

	q->how = how;
	one_less(q);
}

static int ask(struct asked *q, struct arena *a, const char *program, struct err *e)
{
	char *argv[3];
	struct child_fd to[1];
	struct child_opts co = { .argv = argv, .fds = to, .n_fds = 1 };
	int p[2], rc;

	q->path = spawn_find(a, program, e);
	if (!q->path)
		return -1;
	argv[0] = arena_cstr(a, str_cstr(q->path));
	argv[1] = arena_cstr(a, STR("-help=flags"));
	argv[2] = NULL;
	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, ERR_IO, "pipe");
	to[0] = (struct child_fd){ p[1], STDOUT_FILENO };
	co.path = q->path;
	rc = child_spawn(&q->child, q->loop, &co, e);
	close(p[1]);
	if (rc == 0 && (rc = loop_watch(q->loop, &q->pipe, p[0], EPOLLIN, e)) < 0)
		child_drop(&q->child);
	if (rc < 0)
		close(p[0]);
	else
		*q->open += 2;
	return rc;
}

static int judge(struct known *k, struct asked *q, enum part_id part, struct err *e)
{
	struct buf words;

	if (!q->how.by_signal && q->how.code == 0 && buf_check(&q->text, "the list of options", e) == 0)
		return known_parse(k, part, arena_str(k->a, buf_str(&q->text)), e);
	buf_init(&words, 256);
	child_print_exit(&words, q->how);
	/* 111 may be otherwise next time; the whole says the same then. */
	err_set(e, !q->how.by_signal && q->how.code == 111 ? ERR_BUSY : ERR_UNSUPPORTED,
	    "ask %s for its options: " STR_FMT, q->path, STR_ARG(buf_str(&words)));
	buf_fini(&words);
	return -1;
}

static int ask_all(struct known *k, struct err *e)
{
	struct asked q[PARTS];
	struct loop *l = loop_new();
	size_t open = 0;
	int rc = 0;

	memset(q, 0, sizeof(q));
	for (int i = 0; i < PARTS; i++) {
		q[i].loop = l;
		q[i].open = &open;
		q[i].child.fn = on_end;
		q[i].pipe.fn = on_text;
		buf_init(&q[i].text, ANSWER_MAX);
		if (rc == 0)
			rc = ask(&q[i], k->a, part_rows[i].program, e);
	}
	if (rc == 0)
		rc = loop_run(l, e);
	for (int i = 0; i < PARTS; i++) {
		if (rc == 0)
			rc = judge(k, &q[i], (enum part_id)i, e);
		if (q[i].pipe.loop) {
			loop_unwatch(l, &q[i].pipe);
			close(q[i].pipe.fd);
		}
		child_drop(&q[i].child);
		buf_fini(&q[i].text);
	}
	loop_free(l);
	return rc;
}

static int be_informed(struct known *k, struct err *e)
{
	if (k->asked)
		return 0;
	k->asked = true;
	return ask_all(k, e);
}

static int on_flag(struct opts_other *x, struct str name, bool *is_bool, struct err *e)
{
	struct known *k = CONTAINER_OF(x, struct known, other);

	if (be_informed(k, e) < 0)
		return -1;
	for (size_t i = 0; i < k->rows.n; i++) {
		if (!str_eq(k->rows.p[i].flag, name))
			continue;
		*is_bool = k->rows.p[i].is_bool;
		return 1;
	}
	return 0;
}

static int on_key(struct opts_other *x, struct str path, bool *inner, struct err *e)
{
	struct known *k = CONTAINER_OF(x, struct known, other);

	if (be_informed(k, e) < 0)
		return -1;
	for (size_t i = 0; i < k->rows.n; i++) {
		struct str key = k->rows.p[i].yaml;

		if (key.n && str_eq(key, path))
			return 1;
		*inner |= key.n > path.n && str_prefix(key, path) && key.p[path.n] == '.';
	}
	return 0;
}

void known_init(struct known *k, struct arena *a)
{
	*k = (struct known){ .a = a, .other = { .flag = on_flag, .key = on_key } };
}

void known_fini(struct known *k)
{
	vec_free(&k->rows);
}

bool known_takes(const struct known *k, enum part_id part, struct str flag)
{
	for (size_t i = 0; i < k->rows.n; i++)
		if (k->rows.p[i].part == part && str_eq(k->rows.p[i].flag, flag))
			return true;
	return false;
}
