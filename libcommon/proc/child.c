#include "proc/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void on_end(struct watch *w, uint32_t events)
{
	struct child *c = CONTAINER_OF(w, struct child, w);
	struct child_exit how = { 0 };
	siginfo_t info = { 0 };

	(void)events;
	if (waitid(P_PIDFD, (id_t)w->fd, &info, WEXITED) < 0 && errno == EINTR)
		return; /* level-triggered: asked again next turn */
	how.by_signal = info.si_code != CLD_EXITED;
	how.core = info.si_code == CLD_DUMPED;
	how.code = info.si_status;
	child_drop(c);
	c->fn(c, how);
}

/*
 * Copies above CHILD_MAX_FD, so that putting one in its place cannot close
 * another that is still to be moved.
 */
static int lift(const struct child_opts *o, int *high, posix_spawn_file_actions_t *fa, struct err *e)
{
	int top = 2;

	for (size_t i = 0; i < o->n_fds; i++) {
		assert(o->fds[i].to >= 0 && o->fds[i].to <= CHILD_MAX_FD);
		high[i] = fcntl(o->fds[i].from, F_DUPFD_CLOEXEC, CHILD_MAX_FD + 1);
		if (high[i] < 0)
			return err_sys(e, ERR_IO, "copy descriptor %d", o->fds[i].from);
		posix_spawn_file_actions_adddup2(fa, high[i], o->fds[i].to);
		top = MAX(top, o->fds[i].to);
	}
	posix_spawn_file_actions_addclosefrom_np(fa, top + 1);
	return 0;
}

/* Signals that anybody ignores or blocks in us must reach the child. */
static void attributes(posix_spawnattr_t *at, bool own_group)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(at, &none);
	posix_spawnattr_setsigdefault(at, &all);
	posix_spawnattr_setpgroup(at, 0);
	posix_spawnattr_setflags(at,
	    (short)(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (own_group ? POSIX_SPAWN_SETPGROUP : 0)));
}

static int spawn(pid_t *pid, const struct child_opts *o, struct err *e)
{
	int high[CHILD_MAX_FDS], rc;
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;

	assert(o->n_fds <= CHILD_MAX_FDS);
	memset(high, -1, sizeof(high));
	posix_spawn_file_actions_init(&fa);
	posix_spawnattr_init(&at);
	attributes(&at, o->own_group);
	rc = lift(o, high, &fa, e);
	if (rc == 0) {
		errno = posix_spawn(pid, o->path, &fa, &at, o->argv, o->env ? o->env : environ);
		if (errno != 0)
			rc = err_sys(e, errno == ENOENT ? ERR_NOTFOUND : ERR_IO, "start %s", o->path);
	}
	for (size_t i = 0; i < o->n_fds; i++)
		if (high[i] >= 0)
			close(high[i]);
	posix_spawnattr_destroy(&at);
	posix_spawn_file_actions_destroy(&fa);
	return rc;
}

int child_spawn(struct child *c, struct loop *l, const struct child_opts *o, struct err *e)
{
	pid_t pid;
	int fd;

	assert(c->pid == 0);
	if (spawn(&pid, o, e) < 0)
		return -1;
	fd = pidfd_open(pid, 0);
	c->w = (struct watch){ .fn = on_end, .fd = fd };
	if (fd < 0)
		err_sys(e, ERR_IO, "start %s: pidfd_open", o->path);
	else if (loop_watch(l, &c->w, fd, EPOLLIN, e) == 0) {
		c->pid = pid;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	kill(pid, SIGKILL); /* not reaped yet, so the number is still its own */
	waitpid(pid, NULL, 0);
	return -1;
}

int child_kill(struct child *c, int signo, struct err *e)
{
	if (c->pid == 0)
		return err_set(e, ERR_NOTFOUND, "the process has ended");
	if (pidfd_send_signal(c->w.fd, signo, NULL, 0) < 0)
		return err_sys(e, errno == ESRCH ? ERR_NOTFOUND : ERR_IO, "signal %d to process %d", signo,
		    (int)c->pid);
	return 0;
}

void child_drop(struct child *c)
{
	if (c->pid == 0)
		return;
	loop_unwatch(c->w.loop, &c->w);
	close(c->w.fd);
	c->w.fd = -1;
	c->pid = 0;
}

void child_print_exit(struct buf *out, struct child_exit how)
{
	if (!how.by_signal) {
		buf_printf(out, "exit code %d", how.code);
		return;
	}
	buf_printf(out, "signal %d (%s%s)", how.code, strsignal(how.code), how.core ? ", core dumped" : "");
}
