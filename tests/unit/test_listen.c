/* Addresses and sockets. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/listen.h"

static void texts(void **state)
{
	static const struct {
		const char *text;
		enum net_use use;
		int family; /* 0: refused */
		const char *printed;
	} cases[] = {
		{ "127.0.0.1:80", NET_LISTEN, AF_INET, "127.0.0.1:80" },
		{ "[::1]:0", NET_LISTEN, AF_INET6, "[::1]:0" },
		{ "[::ffff:1.2.3.4]:5", NET_CONNECT, AF_INET6, "1.2.3.4:5" },
		{ "unix:/tmp/x", NET_LISTEN, AF_UNIX, "unix" },
		{ "unix:@x", NET_CONNECT, AF_UNIX, "unix" },
		{ "unix:", NET_LISTEN, 0, NULL },
		{ "127.0.0.1", NET_LISTEN, 0, NULL },
		{ "127.0.0.1:", NET_LISTEN, 0, NULL },
		{ "127.0.0.1:x", NET_LISTEN, 0, NULL },
		{ "127.0.0.1:65536", NET_LISTEN, 0, NULL },
		{ "127.0.0.1:-1", NET_LISTEN, 0, NULL },
		{ "::1:80", NET_LISTEN, 0, NULL },
		{ "fd:3", NET_CONNECT, 0, NULL },
		{ "fd:x", NET_LISTEN, 0, NULL },
		{ "fd:-1", NET_LISTEN, 0, NULL },
		{ "", NET_LISTEN, 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct net_addr at;
		struct err e;
		char out[NET_NAME_MAX];
		int rc = net_parse(str_cstr(cases[i].text), cases[i].use, &at, &e);

		if ((rc == 0) != (cases[i].family != 0))
			fail_msg("%s: %s", cases[i].text, rc < 0 ? e.msg : "taken");
		if (rc < 0) {
			assert_int_equal(e.kind, ERR_CONFIG);
			continue;
		}
		assert_int_equal(at.sa.ss_family, cases[i].family);
		assert_string_equal(net_print(&at.sa, at.len, out), cases[i].printed);
		assert_string_equal(at.name, cases[i].text);
	}
}

static int listen_on(const char *text, struct net_addr *at)
{
	struct err e;
	int fd;

	assert_int_equal(net_parse(str_cstr(text), NET_LISTEN, at, &e), 0);
	fd = net_listen(at, (struct net_listen_opts){ 0 }, &e);
	if (fd < 0)
		fail_msg("%s", e.msg);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	return fd;
}

static void connect_to(const char *text)
{
	struct net_addr at;
	struct err e;
	bool done;
	int fd;

	assert_int_equal(net_parse(str_cstr(text), NET_CONNECT, &at, &e), 0);
	fd = net_connect(&at, &done, &e);
	assert_true(fd >= 0);
	if (!done) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };

		assert_int_equal(poll(&p, 1, 2000), 1);
		assert_int_equal(net_connected(fd, text, &e), 0);
	}
	close(fd);
}

static void tcp(void **state)
{
	struct net_addr at;
	struct addrinfo *found;
	char text[60];
	int fd = listen_on("127.0.0.1:0", &at);

	(void)state;
	assert_true(net_port(fd) > 0);
	snprintf(text, sizeof(text), "127.0.0.1:%u", net_port(fd));
	connect_to(text);
	close(fd);
	fd = listen_on(":0", &at);
	snprintf(text, sizeof(text), ":%u", net_port(fd));
	connect_to(text);
	if (getaddrinfo("localhost", NULL, NULL, &found) == 0) { /* a bare root may have no /etc/hosts */
		freeaddrinfo(found);
		snprintf(text, sizeof(text), "localhost:%u", net_port(fd));
		connect_to(text);
	}
	close(fd);
}

static void refused(void **state)
{
	struct net_addr at;
	struct err e;
	bool done;
	int fd;

	(void)state;
	assert_int_equal(net_parse(STR("127.0.0.1:1"), NET_CONNECT, &at, &e), 0);
	fd = net_connect(&at, &done, &e);
	if (fd >= 0) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };

		assert_false(done);
		poll(&p, 1, 2000);
		assert_int_equal(net_connected(fd, at.name, &e), -1);
		close(fd);
	}
	assert_int_equal(e.kind, ERR_BUSY);
	assert_int_equal(e.sys, ECONNREFUSED);
	assert_int_equal(net_parse(STR("unix:/tmp/pyro-test-nobody"), NET_CONNECT, &at, &e), 0);
	assert_int_equal(net_connect(&at, &done, &e), -1);
	assert_int_equal(e.kind, ERR_BUSY);
}

static void unix_paths(void **state)
{
	struct net_addr at, again;
	struct err e;
	struct stat st;
	char text[100];
	int fd, other;

	(void)state;
	snprintf(text, sizeof(text), "unix:/tmp/pyro-test-listen-%d", (int)getpid());
	fd = listen_on(text, &at);
	assert_int_equal(stat(text + 5, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	connect_to(text);
	/* Somebody answers there: hands off. */
	assert_int_equal(net_parse(str_cstr(text), NET_LISTEN, &again, &e), 0);
	assert_int_equal(net_listen(&again, (struct net_listen_opts){ 0 }, &e), -1);
	assert_int_equal(e.kind, ERR_BUSY);
	/* The path of a dead server is taken over. */
	close(fd);
	assert_int_equal(stat(text + 5, &st), 0);
	other = listen_on(text, &again);
	connect_to(text);
	close(other);
	net_unlink(&again);
	assert_int_equal(stat(text + 5, &st), -1);
	snprintf(text, sizeof(text), "unix:@pyro-test-%d", (int)getpid());
	fd = listen_on(text, &at);
	connect_to(text);
	net_unlink(&at);
	close(fd);
}

static void inherited(void **state)
{
	struct net_addr at, fd_at;
	struct err e;
	char text[20];
	int fd = listen_on("127.0.0.1:0", &at), pipes[2];

	(void)state;
	fcntl(fd, F_SETFL, 0);
	fcntl(fd, F_SETFD, 0);
	snprintf(text, sizeof(text), "fd:%d", fd);
	assert_int_equal(listen_on(text, &fd_at), fd);
	assert_int_equal(pipe(pipes), 0);
	snprintf(text, sizeof(text), "fd:%d", pipes[0]);
	assert_int_equal(net_parse(str_cstr(text), NET_LISTEN, &at, &e), 0);
	assert_int_equal(net_listen(&at, (struct net_listen_opts){ 0 }, &e), -1);
	assert_int_equal(e.kind, ERR_CONFIG);
	close(pipes[0]);
	close(pipes[1]);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(tcp),
		cmocka_unit_test(refused),
		cmocka_unit_test(unix_paths),
		cmocka_unit_test(inherited),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
