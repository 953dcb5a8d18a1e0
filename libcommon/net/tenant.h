/*
 * tenant.h - whose request this is: the header X-Scope-OrgID.
 *
 * Without multi-tenancy every request belongs to "anonymous". With it the
 * header must name one tenant: A-Z a-z 0-9 ! - _ . * ' ( ), at most 150
 * bytes, not "." or "..". What follows a ":" is metadata and cut off. Several
 * tenants ("a|b") are for questions alone, the same one twice is one.
 *
 * Source: spec of the read API, section 2.
 */
#ifndef TENANT_H
#define TENANT_H

#include "net/http.h"

enum { TENANTS_MAX = 64 };

/* ERR_UNAUTH "no org id" when it is missing; ERR_INVALID for a value that is none. */
int tenant_of_request(const struct http_req *r, bool multitenancy, struct str *out, struct err *e);
/* The same with several tenants: "a|b", ascending, each once; at most TENANTS_MAX. In r->a. */
int tenants_of_request(const struct http_req *r, bool multitenancy, struct str *out, struct err *e);

#endif
