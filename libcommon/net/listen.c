#include "net/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/num.h"

static int parse_unix(struct str path, struct net_addr *at, struct err *e)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&at->sa;

	if (path.n == 0 || path.n >= sizeof(un->sun_path) || memchr(path.p, 0, path.n) != NULL)
		return err_set(e, ERR_CONFIG, "%s: the path must have 1 to %zu bytes", at->name,
		    sizeof(un->sun_path) - 1);
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path.p, path.n);
	at->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.n);
	if (path.p[0] == '@')
		un->sun_path[0] = '\0'; /* abstract: the length counts, no final zero */
	else
		at->len++;
	return 0;
}

static int parse_fd(struct str number, struct net_addr *at, struct err *e)
{
	int64_t fd;

	if (num_i64(number, &fd, e) < 0 || fd < 0 || fd > 1 << 20)
		return err_set(e, ERR_CONFIG, "%s: not a descriptor number", at->name);
	at->fd = (int)fd;
	return 0;
}

/* host:port, [v6]:port, :port */
static int split_host(struct str text, struct str *host, struct str *port)
{
	size_t colon = str_rfind(text, ':');

	if (colon == text.n)
		return -1;
	*host = str_of(text.p, colon);
	*port = str_skip(text, colon + 1);
	if (host->n >= 2 && host->p[0] == '[' && host->p[host->n - 1] == ']')
		*host = str_of(host->p + 1, host->n - 2);
	else if (str_find(*host, ':') != host->n)
		return -1;
	return port->n > 0 ? 0 : -1;
}

static int parse_tcp(struct str text, enum net_use use, struct net_addr *at, struct err *e)
{
	struct addrinfo want = { .ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC }, *got;
	struct str host, port;
	char h[256], p[8];
	uint64_t number;
	int rc;

	if (split_host(text, &host, &port) < 0 || host.n >= sizeof(h))
		return err_set(e, ERR_CONFIG, "%s: want host:port, [v6]:port, unix:path or fd:number", at->name);
	if (num_u64(port, &number, e) < 0 || number > 65535)
		return err_set(e, ERR_CONFIG, "%s: the port must be 0 to 65535", at->name);
	memcpy(h, host.p, host.n);
	h[host.n] = '\0';
	snprintf(p, sizeof(p), "%u", (unsigned)number);
	want.ai_flags = AI_NUMERICSERV | (use == NET_LISTEN ? AI_PASSIVE : 0);
	rc = getaddrinfo(host.n > 0 ? h : NULL, p, &want, &got);
	if (rc != 0)
		return err_set(e, rc == EAI_AGAIN ? ERR_BUSY : ERR_CONFIG, "%s: %s", at->name, gai_strerror(rc));
	/* An empty host listens on IPv6 when there is any, which takes IPv4 as well. */
	for (struct addrinfo *i = got; i != NULL; i = i->ai_next)
		if (at->len == 0 || (host.n == 0 && use == NET_LISTEN && i->ai_family == AF_INET6)) {
			memcpy(&at->sa, i->ai_addr, i->ai_addrlen);
			at->len = i->ai_addrlen;
		}
	freeaddrinfo(got);
	return 0;
}

int net_parse(struct str text, enum net_use use, struct net_addr *at, struct err *e)
{
	memset(at, 0, sizeof(*at));
	at->fd = -1;
	if (text.n >= sizeof(at->name))
		return err_set(e, ERR_CONFIG, "address of %zu bytes: at most %zu", text.n, sizeof(at->name) - 1);
	memcpy(at->name, text.p, text.n);
	if (str_prefix(text, STR("unix:")))
		return parse_unix(str_skip(text, 5), at, e);
	if (str_prefix(text, STR("fd:"))) {
		if (use == NET_CONNECT)
			return err_set(e, ERR_CONFIG, "%s: a descriptor cannot be connected to", at->name);
		return parse_fd(str_skip(text, 3), at, e);
	}
	return parse_tcp(text, use, at, e);
}

static int inherited(const struct net_addr *at, struct err *e)
{
	int listening = 0;
	socklen_t n = sizeof(listening);
	int fl;

	if (getsockopt(at->fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &n) < 0)
		return err_sys(e, ERR_CONFIG, "%s", at->name);
	if (!listening)
		return err_set(e, ERR_CONFIG, "%s: not a listening socket", at->name);
	fl = fcntl(at->fd, F_GETFL);
	if (fl < 0 || fcntl(at->fd, F_SETFL, fl | O_NONBLOCK) < 0 || fcntl(at->fd, F_SETFD, FD_CLOEXEC) < 0)
		return err_sys(e, ERR_IO, "%s", at->name);
	return at->fd;
}

static int new_socket(const struct net_addr *at, struct err *e)
{
	int fd = socket(at->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		err_sys(e, ERR_IO, "%s: socket", at->name);
	return fd;
}

static bool is_path(const struct net_addr *at)
{
	return at->sa.ss_family == AF_UNIX && ((const struct sockaddr_un *)&at->sa)->sun_path[0] != '\0';
}

/* Removes the path of a server that no longer runs. */
static int take_over(const struct net_addr *at, struct err *e)
{
	int fd = new_socket(at, e), rc;

	if (fd < 0)
		return -1;
	rc = connect(fd, (const struct sockaddr *)&at->sa, at->len);
	if (rc == 0 || errno != ECONNREFUSED) {
		close(fd);
		return err_set(e, ERR_BUSY, "%s: another server listens here", at->name);
	}
	close(fd);
	net_unlink(at);
	return 0;
}

static int bind_to(int fd, const struct net_addr *at, struct net_listen_opts o, struct err *e)
{
	int rc;

	/* The mode is right from the first moment: bind applies the mask. */
	if (is_path(at)) {
		mode_t old = umask((mode_t)(~(o.mode ? o.mode : 0660) & 0777));

		rc = bind(fd, (const struct sockaddr *)&at->sa, at->len);
		umask(old);
	} else {
		rc = bind(fd, (const struct sockaddr *)&at->sa, at->len);
	}
	if (rc < 0)
		return err_sys(e, errno == EADDRINUSE ? ERR_BUSY : ERR_IO, "listen on %s", at->name);
	return 0;
}

int net_listen(const struct net_addr *at, struct net_listen_opts o, struct err *e)
{
	int one = 1, zero = 0, fd;

	if (at->fd >= 0)
		return inherited(at, e);
	if ((fd = new_socket(at, e)) < 0)
		return -1;
	if (at->sa.ss_family != AF_UNIX) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (o.reuse_port && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) < 0)
			goto failed;
	}
	if (at->sa.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, o.v6_only ? &one : &zero, sizeof(one));
	if (bind_to(fd, at, o, e) < 0) {
		if (!is_path(at) || e->sys != EADDRINUSE || take_over(at, e) < 0 || bind_to(fd, at, o, e) < 0)
			goto closed;
	}
	if (listen(fd, o.backlog > 0 ? o.backlog : 4096) == 0)
		return fd;
failed:
	err_sys(e, ERR_IO, "listen on %s", at->name);
closed:
	close(fd);
	return -1;
}

void net_unlink(const struct net_addr *at)
{
	if (is_path(at))
		unlink(((const struct sockaddr_un *)&at->sa)->sun_path);
}

static int refused(const char *name, int why, struct err *e)
{
	errno = why;
	return err_sys(e, why == ETIMEDOUT ? ERR_TIMEOUT : ERR_BUSY, "connect to %s", name);
}

int net_connect(const struct net_addr *at, bool *done, struct err *e)
{
	int fd = new_socket(at, e);

	if (fd < 0)
		return -1;
	net_nodelay(fd);
	*done = connect(fd, (const struct sockaddr *)&at->sa, at->len) == 0;
	if (!*done && errno != EINPROGRESS) {
		int why = errno; /* EAGAIN on a unix socket: its backlog is full */

		close(fd);
		return refused(at->name, why, e);
	}
	return fd;
}

int net_connected(int fd, const char *name, struct err *e)
{
	int why = 0;
	socklen_t n = sizeof(why);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &n) < 0)
		why = errno;
	return why == 0 ? 0 : refused(name, why, e);
}

uint16_t net_port(int fd)
{
	struct sockaddr_storage sa;
	socklen_t n = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &n) < 0)
		return 0;
	if (sa.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&sa)->sin_port);
	if (sa.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&sa)->sin6_port);
	return 0;
}

const char *net_print(const struct sockaddr_storage *sa, socklen_t len, char *out)
{
	char host[INET6_ADDRSTRLEN];

	(void)len;
	if (sa->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)sa;

		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		snprintf(out, NET_NAME_MAX, "%s:%u", host, ntohs(in->sin_port));
	} else if (sa->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)sa;
		bool v4 = IN6_IS_ADDR_V4MAPPED(&in->sin6_addr);

		if (v4)
			inet_ntop(AF_INET, &in->sin6_addr.s6_addr[12], host, sizeof(host));
		else
			inet_ntop(AF_INET6, &in->sin6_addr, host, sizeof(host));
		snprintf(out, NET_NAME_MAX, v4 ? "%s:%u" : "[%s]:%u", host, ntohs(in->sin6_port));
	} else {
		snprintf(out, NET_NAME_MAX, "unix");
	}
	return out;
}

void net_nodelay(int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}
