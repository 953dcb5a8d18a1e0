#include "tools/pyro-serve/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/fd.h"

static const struct {
	char byte;
	const char *verb, *operand;
} commands[] = {
#define COMMAND(byte, verb, operand, text) { byte, verb, operand },
#include "tools/pyro-serve/control.def"
#undef COMMAND
};

static int fifo_name(char *out, size_t n, const char *dir, struct err *e)
{
	if (snprintf(out, n, "%s/control", dir) < (int)n)
		return 0;
	return err_set(e, ERR_CONFIG, "%.100s...: name too long", dir);
}

static void on_readable(struct watch *w, uint32_t events)
{
	struct control *c = CONTAINER_OF(w, struct control, w);
	char bytes[16];
	ssize_t n = read(w->fd, bytes, sizeof(bytes));

	(void)events;
	for (ssize_t i = 0; i < n && c->w.loop; i++)
		for (size_t k = 0; k < ARRAY_LEN(commands); k++)
			if (commands[k].byte == bytes[i])
				c->fn(c, bytes[i]);
}

int control_open(struct control *c, struct loop *l, const char *dir, struct err *e)
{
	char name[PATH_MAX];
	int fd;

	if (fifo_name(name, sizeof(name), dir, e) < 0)
		return -1;
	if (mkfifo(name, 0600) < 0 && errno != EEXIST)
		return err_sys(e, ERR_IO, "make %s", name);
	/* Open for writing too, so that the last writer's end is not the end. */
	fd = fd_open(AT_FDCWD, name, O_RDWR | O_NONBLOCK, e);
	if (fd < 0)
		return -1;
	c->w.fn = on_readable;
	if (loop_watch(l, &c->w, fd, EPOLLIN, e) == 0)
		return 0;
	close(fd);
	return -1;
}

void control_close(struct control *c)
{
	if (!c->w.loop)
		return;
	loop_unwatch(c->w.loop, &c->w);
	close(c->w.fd);
}

int control_send(const char *dir, char command, struct err *e)
{
	char name[PATH_MAX];
	int fd, rc;

	if (fifo_name(name, sizeof(name), dir, e) < 0)
		return -1;
	fd = open(name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && (errno == ENXIO || errno == ENOENT))
		return err_set(e, ERR_NOTFOUND, "no pyro-serve runs in %s", dir);
	if (fd < 0)
		return err_sys(e, fd_kind(errno), "open %s", name);
	rc = fd_write_all(fd, str_of(&command, 1), e);
	fd_close(&fd);
	return rc;
}

char control_byte(const char *verb, const char *operand)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].verb, verb) == 0 && strcmp(commands[i].operand, operand) == 0)
			return commands[i].byte;
	return 0;
}
