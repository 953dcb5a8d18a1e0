#include "proc/signal.h"

#include <errno.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void on_readable(struct watch *w, uint32_t events)
{
	struct signals *s = CONTAINER_OF(w, struct signals, w);
	struct signalfd_siginfo info[8];
	ssize_t n = read(w->fd, info, sizeof(info));

	(void)events;
	/* fn may close s: nothing of it is touched after the last call. */
	for (ssize_t i = 0; i < n / (ssize_t)sizeof(info[0]) && s->w.loop; i++)
		s->fn(s, (int)info[i].ssi_signo);
}

int signals_open(struct signals *s, struct loop *l, const int *list, struct err *e)
{
	sigset_t set;
	int fd;

	s->w = (struct watch){ .fn = on_readable, .fd = -1 };
	sigemptyset(&set);
	for (; *list; list++)
		sigaddset(&set, *list);
	pthread_sigmask(SIG_BLOCK, &set, &s->before);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return err_sys(e, ERR_IO, "signalfd");
	s->w.fd = fd;
	if (loop_watch(l, &s->w, fd, EPOLLIN, e) == 0)
		return 0;
	signals_close(s);
	return -1;
}

void signals_close(struct signals *s)
{
	if (!s->w.fn)
		return;
	if (s->w.loop)
		loop_unwatch(s->w.loop, &s->w);
	if (s->w.fd >= 0)
		close(s->w.fd);
	s->w = (struct watch){ .fd = -1 };
	pthread_sigmask(SIG_SETMASK, &s->before, NULL);
}
