/*
 * net_fixture.h - a server on a thread of its own, and a client that speaks
 * raw bytes and gives up after five seconds.
 */
#ifndef NET_FIXTURE_H
#define NET_FIXTURE_H

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/httpd.h"
#include "net/listen.h"
#include "net/route.h"
#include "net/tls.h"
#include "proc/loop.h"

enum { REPLY_MAX = 16 << 20 };

struct server {
	pthread_t thread;
	struct loop *l;
	struct router *routes;
	struct httpd *h;
	int fd;
	uint16_t port;
};

static inline void ok(int rc, const struct err *e)
{
	if (rc < 0)
		fail_msg("%s", e->msg);
}

static inline void *server_run(void *arg)
{
	struct server *s = arg;
	struct err e;

	ok(loop_run(s->l, &e), &e);
	return NULL;
}

/* Everything but the thread: more may be set up on s->l before server_go. */
static inline void server_make(struct server *s, const struct route *rows, size_t n, const struct httpd_conf *conf,
    struct tls *tls)
{
	struct net_addr at;
	struct err e;

	memset(s, 0, sizeof(*s));
	s->l = loop_new();
	s->routes = router_new(rows, n, s, &e);
	assert_non_null(s->routes);
	s->h = httpd_new(s->l, conf, s->routes);
	ok(net_parse(STR("127.0.0.1:0"), NET_LISTEN, &at, &e), &e);
	s->fd = net_listen(&at, (struct net_listen_opts){ 0 }, &e);
	ok(s->fd, &e);
	s->port = net_port(s->fd);
	ok(httpd_listen(s->h, s->fd, tls, &e), &e);
}

static inline void server_go(struct server *s)
{
	assert_int_equal(pthread_create(&s->thread, NULL, server_run, s), 0);
}

static inline void server_start(struct server *s, const struct route *rows, size_t n, const struct httpd_conf *conf)
{
	server_make(s, rows, n, conf, NULL);
	server_go(s);
}

static inline void server_halt(struct server *s)
{
	loop_stop(s->l);
	pthread_join(s->thread, NULL);
}

static inline void server_drop(struct server *s)
{
	struct err e;

	httpd_free(s->h);
	/* One more turn, for tasks that were posted. */
	loop_stop(s->l);
	ok(loop_run(s->l, &e), &e);
	router_free(s->routes);
	loop_free(s->l);
	close(s->fd);
}

static inline void server_end(struct server *s)
{
	server_halt(s);
	server_drop(s);
}

static inline void nap(int ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

static inline int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline void patience(int fd)
{
	struct timeval five = { 5, 0 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &five, sizeof(five));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &five, sizeof(five));
}

static inline int dial_port(uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	net_nodelay(fd);
	patience(fd);
	return fd;
}

static inline int dial(const struct server *s)
{
	return dial_port(s->port);
}

static inline void say_n(int fd, const void *p, size_t n)
{
	while (n > 0) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);

		assert_true(k > 0);
		p = (const char *)p + k;
		n -= (size_t)k;
	}
}

static inline void say(int fd, const char *text)
{
	say_n(fd, text, strlen(text));
}

/* Reads until `n` bytes are there or the peer ends; terminated. */
static inline struct buf hear(int fd, size_t n)
{
	struct buf b;

	buf_init(&b, REPLY_MAX);
	while (b.n < n) {
		ssize_t k;

		assert_true(buf_room(&b, 65536));
		k = recv(fd, b.p + b.n, MIN(n - b.n, (size_t)65535), 0);
		if (k < 0 && errno == ECONNRESET)
			break;
		if (k < 0)
			fail_msg("no answer: %s, after %zu bytes: %.200s", strerror(errno), b.n, b.n ? b.p : "");
		if (k == 0)
			break;
		b.n += (size_t)k;
	}
	buf_byte(&b, 0);
	b.n--;
	return b;
}

static inline struct buf hear_all(int fd)
{
	return hear(fd, REPLY_MAX - 131072);
}

struct heard {
	int status;
	char *head; /* terminated */
	struct buf body;
};

static inline void heard_free(struct heard *a)
{
	free(a->head);
	buf_fini(&a->body);
}

/* Value of a field, terminated, in a static buffer of the thread; NULL when there is none. */
static inline const char *heard_field(const struct heard *a, const char *name)
{
	static _Thread_local char value[4096];
	char *at = strcasestr(a->head, name);

	while (at != NULL && (at == a->head || at[-1] != '\n' || at[strlen(name)] != ':'))
		at = strcasestr(at + 1, name);
	if (at == NULL)
		return NULL;
	at += strlen(name) + 1;
	while (*at == ' ')
		at++;
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\r\n"), at);
	return value;
}

/* One reply with a Content-Length (or none: no_body), byte by byte in its head. */
static inline struct heard hear_answer(int fd, bool no_body)
{
	struct heard a = { 0 };
	size_t n = 0;
	const char *length;

	a.head = malloc(65536);
	do {
		ssize_t k = recv(fd, a.head + n, 1, 0);

		if (k != 1)
			fail_msg("head of the answer ends after %zu bytes (%s): %.*s", n,
			    k < 0 ? strerror(errno) : "closed", (int)n, a.head);
		a.head[++n] = '\0';
		assert_true(n < 65535);
	} while (n < 4 || memcmp(a.head + n - 4, "\r\n\r\n", 4) != 0);
	assert_memory_equal(a.head, "HTTP/1.1 ", 9);
	a.status = atoi(a.head + 9);
	length = heard_field(&a, "Content-Length");
	a.body = hear(fd, no_body || length == NULL ? 0 : strtoul(length, NULL, 10));
	return a;
}

static inline void expect_text(const struct heard *a, int status, const char *body)
{
	if (a->status != status || strcmp(a->body.p, body) != 0)
		fail_msg("want %d \"%s\", got %d \"%s\"\n%s", status, body, a->status, a->body.p, a->head);
}

/* Sends one request on a new connection and hears one answer. */
static inline struct heard ask(const struct server *s, const char *text)
{
	int fd = dial(s);
	struct heard a;

	say(fd, text);
	a = hear_answer(fd, strncmp(text, "HEAD", 4) == 0);
	close(fd);
	return a;
}

static inline void expect_closed(int fd)
{
	char c;
	ssize_t n = recv(fd, &c, 1, 0);

	if (n > 0 || (n < 0 && errno != ECONNRESET))
		fail_msg("the connection is still open");
}

#endif
