/*
 * form.h - multipart/form-data over a body that is whole in memory. Values
 * are slices of the body; nothing is copied or written to disk.
 *
 *	struct form f;
 *	if (form_parse(r->a, http_header(r, "Content-Type"), r->body, &f, e) < 0) ...
 *	const struct form_part *p = form_file(&f, "profile");
 *	if (p != NULL && p->value.n > 0) use(p->value);
 *
 * Only parts with a filename are files, as in Go's multipart reader: a part
 * without one is a plain value and never found by form_file. Layout:
 *
 *	--boundary CRLF  Header: value CRLF ... CRLF  bytes CRLF  --boundary-- CRLF
 *
 * LF for CR LF is taken when the first boundary ends so, and in part headers.
 * Refused (ERR_INVALID), in the words of Go's reader where it has some: no or overlong boundary (over 70 bytes), a body
 * without its final boundary, broken headers. ERR_LIMIT: more than
 * FORM_MAX_PARTS parts, part headers over FORM_MAX_HEAD bytes. Parts without
 * a name are left out; what comes before the first boundary and after the
 * last one is dropped.
 */
#ifndef FORM_H
#define FORM_H

#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"
#include "base/str.h"

enum { FORM_MAX_PARTS = 1000, FORM_MAX_HEAD = 8192, FORM_MAX_BOUNDARY = 70 };

struct form_part {
	struct str name;
	struct str filename; /* p == NULL when absent or empty: the part is no file */
	struct str type;     /* Content-Type of the part; p == NULL when absent */
	struct str value;
};

struct form {
	struct form_part *parts;
	size_t n;
};

bool form_is(struct str content_type); /* multipart/form-data, any parameters */
int form_parse(struct arena *a, struct str content_type, struct str body, struct form *f, struct err *e);
const struct form_part *form_file(const struct form *f, const char *name);  /* first, or NULL */
const struct form_part *form_value(const struct form *f, const char *name); /* not a file */

#endif
