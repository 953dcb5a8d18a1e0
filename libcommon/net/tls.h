/*
 * tls.h - the TLS side of a server: certificate, key, client authority.
 *
 *	struct tls *t = tls_new(&(struct tls_conf){ .cert = "a.pem", .key = "a.key" }, e);
 *	httpd_listen(h, fd, t, e);
 *	...
 *	tls_reload(t, e);       // new files for new connections; on error the old ones stay
 *
 * One struct tls may be shared by the httpds of several threads; tls_reload
 * is called by one thread at a time. It must outlive the httpds that use it.
 */
#ifndef TLS_H
#define TLS_H

#include "base/base.h"
#include "base/err.h"

struct tls;

enum tls_auth { TLS_AUTH_NONE, TLS_AUTH_REQUEST, TLS_AUTH_ANY, TLS_AUTH_IF_GIVEN, TLS_AUTH_REQUIRE };

struct tls_conf {
	const char *cert;      /* PEM file: certificate and chain */
	const char *key;       /* PEM file */
	const char *client_ca; /* PEM file of authorities, or NULL */
	enum tls_auth auth;    /* Go's NoClientCert .. RequireAndVerifyClientCert */
	int min_version;       /* 12 or 13; 0 = 12 */
	const char *ciphers;   /* for TLS 1.2: names of the standard or OpenSSL's list, commas or colons; or NULL */
	bool no_http2;         /* offer http/1.1 only */
};

/* The strings of conf are copied. */
struct tls *tls_new(const struct tls_conf *conf, struct err *e);
void tls_free(struct tls *t); /* accepts NULL */
int tls_reload(struct tls *t, struct err *e);

/* One connection; for the server's own use. fd stays the caller's. */
struct tls_conn;

struct tls_conn *tls_open(struct tls *t, int fd);
void tls_close(struct tls_conn *c); /* accepts NULL */
/* As much as is there, up to n: > 0 bytes, 0 end, -1 nothing now, -2 broken. */
long tls_recv(struct tls_conn *c, void *p, size_t n);
long tls_send(struct tls_conn *c, const void *p, size_t n); /* > 0 bytes, -1 no room, -2 broken */
bool tls_pending(const struct tls_conn *c);                 /* bytes that epoll does not know of */
bool tls_wants_write(const struct tls_conn *c);             /* the last -1 waits for room, not for input */
void tls_shut(struct tls_conn *c);                          /* no more output */

#endif
