/*
 * progress.c - the moving line on a terminal.
 */
#include "io/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/num.h"

static const int64_t PROGRESS_EVERY = 100 * NS_PER_MS;

void progress_init(struct progress *p, const char *what, uint64_t total, const struct clock *c)
{
	*p = (struct progress){
		.what = what,
		.total = total,
		.clock = c,
		.fd = isatty(STDERR_FILENO) ? STDERR_FILENO : -1,
	};
	if (p->fd >= 0) {
		p->start = c->mono(c);
		p->next = p->start + PROGRESS_EVERY;
	}
}

static void progress_show(struct progress *p, int64_t now)
{
	double seconds = (double)MAX(now - p->start, INT64_C(1)) / (double)NS_PER_S;
	struct arena *a = arena_new();
	struct str done = num_size_iec(a, p->done), all = num_size_iec(a, p->total);
	struct str rate = num_size_iec(a, (uint64_t)((double)p->done / seconds));

	if (p->total)
		dprintf(p->fd, "\r%s " STR_FMT " of " STR_FMT ", %.0f %%, " STR_FMT "/s\033[K", p->what, STR_ARG(done),
		    STR_ARG(all), 100.0 * (double)p->done / (double)p->total, STR_ARG(rate));
	else
		dprintf(p->fd, "\r%s " STR_FMT ", " STR_FMT "/s\033[K", p->what, STR_ARG(done), STR_ARG(rate));
	p->shown = true;
	arena_free(a);
}

void progress_add(struct progress *p, uint64_t n)
{
	int64_t now;

	p->done += n;
	if (p->fd < 0)
		return;
	now = p->clock->mono(p->clock);
	if (now < p->next)
		return;
	progress_show(p, now);
	p->next = now + PROGRESS_EVERY;
}

void progress_fini(struct progress *p)
{
	if (p->shown)
		dprintf(p->fd, "\r\033[K");
	p->shown = false;
	p->fd = -1;
}
