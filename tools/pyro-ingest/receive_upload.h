/*
 * receive_upload.h - between the handlers of /ingest: one upload, and how it
 * is answered. The upload lives in the request and goes with the reply: each
 * upload_done, _error, _json, _parse_failed is the last thing to happen to it.
 */
#ifndef RECEIVE_UPLOAD_H
#define RECEIVE_UPLOAD_H

#include "formats/format.h"
#include "formats/labels/app_name.h"
#include "tools/pyro-ingest/push.h"

enum body {
	BODY_GROUPS,
	BODY_LINES,
	BODY_TRIE,
	BODY_TREE,
	BODY_PPROF,
	BODY_FORM,
	BODY_JFR,
	BODY_SPEEDSCOPE,
	BODY_FORMAT
};

enum { UPLOAD_MAX_TEXT = 64 << 20 }; /* of text: bytes after unpacking */

struct upload {
	struct http_req *r;
	struct worker *w;
	struct labelset name;
	int64_t from, until;
	uint32_t rate;
	struct str spy, format, type; /* type: Content-Type */
	enum body body;
	const struct format *row; /* of BODY_FORMAT */
	struct push *push;
	struct str plain; /* see upload_plain */
};

/* A label that may stand beside a tag of the same name; the rules for labels judge that. */
struct labels upload_beside(struct arena *a, const struct labels *l, struct str name, struct str value);
/* Labels of the series: name, spy, tags, and the service where no tag names it (else app_name, if app_label). */
struct labels upload_series(const struct upload *u, struct str name, struct str app, bool app_label);

void upload_done(struct upload *u);
void upload_error(struct upload *u, const struct err *e);
void upload_json(struct upload *u, int status, const char *code, struct str message);
void upload_parse_failed(struct upload *u, const char *text); /* 422 */
/* For push_send, of bodies that are parsed to pprof: 200, or 422 with what failed. */
void upload_stored(struct push *p);

/* The body unpacked, at most UPLOAD_MAX_TEXT bytes, in push->mem; once. */
int upload_plain(struct upload *u, struct str *out, struct err *e);
/* The row of the table of formats that decodes the body; NULL where it has its own handler, or is unknown. */
const struct format *upload_format(struct upload *u);
/* The row that a body looks like that is no folded text as it came; NULL: none. */
const struct format *upload_guess(struct upload *u);

void receive_jfr(struct upload *u);
void receive_speedscope(struct upload *u);
void receive_format(struct upload *u);

#endif
