/*
 * daemon.h - what every serving program does with the options of server.h:
 * where it listens, its timeouts, TLS, and runtime files that change.
 *
 *	fd = daemon_listen(o, name, e);
 *	if (daemon_tls(o, &tls, e) < 0) ...             // tls NULL: plain HTTP
 *	h = httpd_new(l, &conf, router);                // struct httpd_conf conf = daemon_httpd(o, me);
 *	httpd_listen(h, fd, tls, e);
 *	files.changed = reload; runtime_watch(&files, l, o);
 */
#ifndef DAEMON_H
#define DAEMON_H

#include "conf/server.h"
#include "net/httpd.h"
#include "net/listen.h"
#include "net/tls.h"
#include "proc/loop.h"

/* The descriptor, or -1. name: as people write it, with the port that it got (NET_NAME_MAX bytes; or NULL). */
int daemon_listen(const struct server_opts *o, char *name, struct err *e);
struct httpd_conf daemon_httpd(const struct server_opts *o, void *owner);

/* *t is NULL without a certificate. ERR_CONFIG names the option. */
int daemon_tls(const struct server_opts *o, struct tls **t, struct err *e);
/* At SIGHUP; logs what happened. Accepts NULL. */
void daemon_reload_tls(struct tls *t);

/* Says when the runtime files have changed: at most once in a period, on the loop. */
struct runtime_files {
	void (*changed)(struct runtime_files *f);
	const struct server_opts *o;
	struct loop *loop;
	struct timer timer;
	uint64_t seen;
};

void runtime_watch(struct runtime_files *f, struct loop *l, const struct server_opts *o);
void runtime_unwatch(struct runtime_files *f); /* accepts one that is not watched */

#endif
