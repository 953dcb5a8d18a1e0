/*
 * debuginfo.h - debug information that clients upload (the eBPF profiler does),
 * and names for profiles that come with addresses alone.
 *
 *	data/TENANT/debuginfo/ID/started   unix time in ns, as text: an upload was announced
 *	                        /file      the ELF file, as soon as it is here
 *	                        /done      empty: the upload is over, the file counts
 *
 * All of it belongs to one thread of its own (a pool of one): its jobs read
 * and write these files, open the tables, and look addresses up. So nothing
 * is locked, and no request waits for a symbol table but those that need one.
 *
 * Limits: bytes of one file (the route's), of all files of a tenant (the
 * oldest go), uploads that a tenant has announced and not finished (the
 * oldest are forgotten), bytes of the tables in memory (the least used ones
 * are closed).
 *
 * Names are put in before a profile is cleaned and stored, so that everything
 * behind it - partitions, blocks, questions - is as if they had been sent.
 * Profiles that came before the upload keep their addresses.
 */
#ifndef DEBUGINFO_H
#define DEBUGINFO_H

#include "formats/profile.h"
#include "net/http.h"
#include "proc/pool.h"

struct debuginfo;

struct debuginfo_conf {
	const char *data;   /* folder */
	uint64_t max_store; /* bytes of the files of a tenant */
	uint64_t memory;    /* bytes of tables */
};

struct debuginfo *debuginfo_new(const struct debuginfo_conf *c);
/* Runs what is queued, then ends the thread; homes of jobs must still be there. Accepts NULL. */
void debuginfo_free(struct debuginfo *d);
struct pool *debuginfo_pool(struct debuginfo *d);

/* Whether a profile has addresses without names in files with build ids. Any thread. */
bool debuginfo_wanted(const struct profile *p);

/* ---- in jobs of debuginfo_pool alone ---- */

enum { DEBUGINFO_UNFINISHED_MAX = 1000 };

enum debuginfo_state { DEBUGINFO_ABSENT, DEBUGINFO_STARTED, DEBUGINFO_DONE };

/* 2 to 40 hexadecimal digits. */
bool debuginfo_id(struct str id);
/* *started: of DEBUGINFO_STARTED, unix time. -1: the disk does not let us know. */
int debuginfo_look(struct debuginfo *d, struct str tenant, struct str id, int64_t *started, struct err *e);
/* Makes room among the unfinished ones. */
int debuginfo_start(struct debuginfo *d, struct str tenant, struct str id, int64_t now, struct err *e);
int debuginfo_store(struct debuginfo *d, struct str tenant, struct str id, struct str bytes, struct err *e);
/* ERR_NOTFOUND: there is no file. */
int debuginfo_finish(struct debuginfo *d, struct str tenant, struct str id, struct err *e);
/* Names for all that is known; new tables of the profile lie in a. */
void debuginfo_names(struct debuginfo *d, struct str tenant, struct arena *a, struct profile *p);

/* ---- receive_debuginfo.c: debuginfo.v1alpha1.DebuginfoService; r->owner is the worker ---- */

void receive_debuginfo_should(struct http_req *r, void *ctx);
void receive_debuginfo_upload(struct http_req *r, void *ctx);
void receive_debuginfo_finished(struct http_req *r, void *ctx);
void receive_debuginfo_too_big(struct http_req *r, void *ctx);

#endif
