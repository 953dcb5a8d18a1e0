/*
 * client_call.h - what every program that asks a server does with the options
 * of conf/client.h: tenant, credentials, TLS.
 *
 *	struct httpc_tls tls;
 *	struct httpc_req req = { .url = url };
 *
 *	if (client_call(&opts.client, &req, &tls, e) < 0) ...
 *	httpc_call(c, a, &req, &res, e);
 */
#ifndef CLIENT_CALL_H
#define CLIENT_CALL_H

#include "conf/client.h"
#include "net/httpc.h"

/* req borrows from o and tls. ERR_USAGE: a certificate without its key, or the other way round. */
int client_call(const struct client_opts *o, struct httpc_req *req, struct httpc_tls *tls, struct err *e);

#endif
