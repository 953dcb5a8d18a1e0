/*
 * listen.h - sockets from one kind of text, for servers and for clients:
 *
 *	127.0.0.1:4040  [::1]:4040  :4040  localhost:4040    TCP; an empty host is
 *	                every address of the machine (listen) or loopback (connect)
 *	unix:/run/pyro/a.sock   unix:@name                    Unix stream socket
 *	fd:3                    a listening descriptor inherited from the parent
 *
 * All descriptors are non-blocking and close-on-exec. Names are resolved with
 * the system's resolver, which blocks: listen and parse at start, not in a
 * loop. Numeric addresses and unix paths never block.
 *
 *	struct net_addr at;
 *	int fd;
 *
 *	if (net_parse(str_cstr("unix:/run/pyro/query.sock"), NET_LISTEN, &at, e) < 0 ||
 *	    (fd = net_listen(&at, (struct net_listen_opts){ .backlog = 1024 }, e)) < 0)
 *		return -1;
 */
#ifndef LISTEN_H
#define LISTEN_H

#include <sys/socket.h>

#include "base/base.h"
#include "base/err.h"
#include "base/str.h"

enum { NET_NAME_MAX = 120 }; /* bytes of a printed address, with the final zero */

enum net_use { NET_LISTEN, NET_CONNECT };

struct net_addr {
	struct sockaddr_storage sa;
	socklen_t len;
	int fd;                  /* fd:N, else -1 */
	char name[NET_NAME_MAX]; /* as given, for messages */
};

struct net_listen_opts {
	int backlog;     /* 0 = 4096 */
	int mode;        /* of a unix path, 0 = 0660 */
	bool reuse_port; /* SO_REUSEPORT: several processes share one TCP address */
	bool v6_only;
};

int net_parse(struct str text, enum net_use use, struct net_addr *at, struct err *e);

/*
 * The descriptor, or -1. A unix path left by a process that is gone is taken
 * over; one that still answers is ERR_BUSY. A unix path is not removed when
 * the descriptor is closed: net_unlink does that, if the caller still owns it.
 */
int net_listen(const struct net_addr *at, struct net_listen_opts o, struct err *e);
void net_unlink(const struct net_addr *at);

/*
 * Begins to connect: the descriptor, or -1. *done says whether it stands
 * already; otherwise wait for EPOLLOUT and ask net_connected.
 */
int net_connect(const struct net_addr *at, bool *done, struct err *e);
int net_connected(int fd, const char *name, struct err *e); /* 0, or -1 with the reason */

/* TCP: the port that a listening socket got (for port 0); 0 for unix. */
uint16_t net_port(int fd);

/* "10.0.0.1:1234", "[::1]:1234" or "unix" into out (NET_NAME_MAX bytes); returns out. */
const char *net_print(const struct sockaddr_storage *sa, socklen_t len, char *out);

/* No delay of small writes (TCP only; others are left alone). */
void net_nodelay(int fd);

#endif
