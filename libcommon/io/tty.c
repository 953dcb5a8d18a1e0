/* tty.c - see tty.h */
#include "io/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/fd.h"

#define ENTER "\033[?1049h\033[?25l" /* another screen, no cursor */
#define LEAVE "\033[0m\033[?25h\033[?1049l"

enum { ESCAPE_WAIT_MS = 50, SEQUENCE_MAX = 16 };

struct tty {
	int fd;
	struct termios before, raw;
	unsigned char in[64];
	size_t at, n;
};

/* What a handler needs. */
static struct {
	volatile sig_atomic_t on; /* the terminal is ours */
	int fd;
	struct termios before;
	volatile sig_atomic_t resized, asked;
} the;

static const int fatal[] = { SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
static const int polite[] = { SIGINT, SIGTERM, SIGHUP };

/* Only what a handler may do. */
static void leave(void)
{
	if (!the.on)
		return;
	the.on = 0;
	(void)!write(the.fd, LEAVE, sizeof(LEAVE) - 1);
	tcsetattr(the.fd, TCSAFLUSH, &the.before);
}

static void at_resize(int number)
{
	(void)number;
	the.resized = 1;
}

static void at_polite(int number)
{
	(void)number;
	the.asked = 1;
}

static void at_fatal(int number)
{
	leave();
	signal(number, SIG_DFL);
	raise(number);
}

static void handle(int number, void (*fn)(int))
{
	struct sigaction a = { .sa_handler = fn };

	sigemptyset(&a.sa_mask);
	sigaction(number, &a, NULL); /* without SA_RESTART: a wait for keys ends */
}

static int enter(struct tty *t)
{
	if (tcsetattr(t->fd, TCSAFLUSH, &t->raw) < 0)
		return -1;
	the.on = 1;
	(void)!write(t->fd, ENTER, sizeof(ENTER) - 1);
	return 0;
}

struct tty *tty_open(struct err *e)
{
	static bool at_exit;
	const char *kind = getenv("TERM");
	struct tty *t;
	struct err no;

	if (kind != NULL && strcmp(kind, "dumb") == 0) {
		err_set(e, ERR_USAGE, "TERM is dumb: such a terminal has no screen to fill; name another there");
		return NULL;
	}
	t = mem_zalloc(sizeof(*t));
	t->fd = fd_open(AT_FDCWD, "/dev/tty", O_RDWR | O_NOCTTY, &no);
	if (t->fd < 0 || tcgetattr(t->fd, &t->before) < 0) {
		fd_close(&t->fd);
		mem_free(t);
		err_set(e, ERR_USAGE, "there is no terminal");
		return NULL;
	}
	t->raw = t->before;
	cfmakeraw(&t->raw);
	the.fd = t->fd;
	the.before = t->before;
	the.asked = the.resized = 0;
	for (size_t i = 0; i < ARRAY_LEN(fatal); i++)
		handle(fatal[i], at_fatal);
	for (size_t i = 0; i < ARRAY_LEN(polite); i++)
		handle(polite[i], at_polite);
	handle(SIGWINCH, at_resize);
	if (!at_exit)
		atexit(leave);
	at_exit = true;
	if (enter(t) == 0)
		return t;
	err_sys(e, ERR_IO, "/dev/tty");
	tty_close(t);
	return NULL;
}

void tty_close(struct tty *t)
{
	if (t == NULL)
		return;
	leave();
	for (size_t i = 0; i < ARRAY_LEN(fatal); i++)
		signal(fatal[i], SIG_DFL);
	for (size_t i = 0; i < ARRAY_LEN(polite); i++)
		signal(polite[i], SIG_DFL);
	signal(SIGWINCH, SIG_DFL);
	fd_close(&t->fd);
	mem_free(t);
}

/* The next byte: 0 .. 255, KEY_NONE: none came in time, or a reason to stop waiting. */
static int next_byte(struct tty *t, int wait_ms)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	ssize_t got;

	if (t->at < t->n)
		return t->in[t->at++];
	if (the.asked)
		return KEY_GONE;
	if (the.resized) {
		the.resized = 0;
		return KEY_RESIZE;
	}
	switch (poll(&p, 1, wait_ms)) {
	case 0: return KEY_NONE;
	case -1: return errno == EINTR ? KEY_NONE : KEY_GONE;
	default: break;
	}
	got = read(t->fd, t->in, sizeof(t->in));
	if (got < 0 && errno == EINTR)
		return KEY_NONE;
	if (got <= 0)
		return KEY_GONE;
	t->at = 1;
	t->n = (size_t)got;
	return t->in[0];
}

/* What follows ESC [ or ESC O. */
static int sequence(struct tty *t)
{
	static const struct {
		char end;
		int number; /* in front of ~ */
		enum key key;
	} known[] = { { 'A', 0, KEY_UP }, { 'B', 0, KEY_DOWN }, { 'C', 0, KEY_RIGHT }, { 'D', 0, KEY_LEFT },
		{ 'H', 0, KEY_HOME }, { 'F', 0, KEY_END }, { '~', 1, KEY_HOME }, { '~', 4, KEY_END },
		{ '~', 7, KEY_HOME }, { '~', 8, KEY_END }, { '~', 5, KEY_PAGE_UP }, { '~', 6, KEY_PAGE_DOWN } };
	int number = 0, c = KEY_NONE;

	for (int i = 0; i < SEQUENCE_MAX; i++) {
		c = next_byte(t, ESCAPE_WAIT_MS);
		if (c >= '0' && c <= '9')
			number = (number * 10 + c - '0') % 1000;
		else if (c != ';')
			break;
	}
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (c == known[i].end && (c != '~' || number == known[i].number))
			return known[i].key;
	return KEY_NONE;
}

static int utf8(struct tty *t, int c)
{
	int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1, v = c & (0x3f >> more);

	while (more-- > 0) {
		int next = next_byte(t, ESCAPE_WAIT_MS);

		if (next < 0x80 || next > 0xbf)
			return KEY_NONE;
		v = v << 6 | (next & 0x3f);
	}
	return v;
}

static int stop(struct tty *t)
{
	leave();
	raise(SIGSTOP);
	return enter(t) < 0 ? KEY_GONE : KEY_RESIZE;
}

static int key_of(struct tty *t, int c)
{
	if (c == KEY_CTRL_Z)
		return stop(t);
	if (c == 8)
		return KEY_BACKSPACE;
	if (c == '\n')
		return KEY_ENTER;
	if (c >= 0xc2 && c <= 0xf4)
		return utf8(t, c);
	if (c != KEY_ESCAPE)
		return c < 0x80 || c > 0xff ? c : KEY_NONE;
	c = next_byte(t, ESCAPE_WAIT_MS);
	if (c == '[' || c == 'O')
		return sequence(t);
	return c == KEY_NONE ? KEY_ESCAPE : c == KEY_GONE ? KEY_GONE : KEY_NONE;
}

int tty_key(struct tty *t)
{
	int c;

	do
		c = next_byte(t, -1);
	while (c == KEY_NONE);
	return key_of(t, c);
}

int tty_key_within(struct tty *t, int wait_ms)
{
	return key_of(t, next_byte(t, wait_ms));
}

int tty_fd(const struct tty *t)
{
	return t->fd;
}

void tty_size(const struct tty *t, unsigned *rows, unsigned *columns)
{
	struct winsize size = { 0 };

	ioctl(t->fd, TIOCGWINSZ, &size);
	*rows = size.ws_row > 0 ? size.ws_row : 24;
	*columns = size.ws_col > 0 ? size.ws_col : 80;
}

int tty_write(struct tty *t, struct str bytes, struct err *e)
{
	return fd_write_all(t->fd, bytes, e);
}
