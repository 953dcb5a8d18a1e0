/*
 * node_pages.h - pages that say which servers there are, as a server of one
 * node has them: itself, active, without tokens.
 *
 *	/ring, /distributor/ring, /overrides-exporter/ring, /store-gateway/tenants, /memberlist
 *	                            a table for browsers; JSON for who accepts application/json:
 *	{"shards":[{"id":"HOST","state":"ACTIVE","address":"as the client has it","timestamp":"...", ...}],"now":"..."}
 *	/admin                      links to the pages of operators
 *	/api/v1/status/runtimeinfo  when it started, where, on how many processors
 *
 * Source: spec of the read API, sections 3.2 and 17.3.
 */
#ifndef NODE_PAGES_H
#define NODE_PAGES_H

#include "conf/server.h"
#include "net/route.h"

struct node {
	const struct server_opts *server;
	int64_t started; /* unix ns */
};

/* Adds the pages; node is borrowed. */
int node_pages(struct router *r, struct node *node, struct err *e);

#endif
