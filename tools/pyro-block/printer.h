/*
 * printer.h - what list, dump and check write: text for people, or one JSON
 * object a line, to standard output in large pieces; and trouble that does
 * not end the work, told on standard error.
 *
 *	struct printer p;
 *	print_init(&p, tool, o->json);
 *	buf_printf(&p.b, "index %s\n", path);
 *	rc = print_more(&p, e);                 now and then
 *	return print_end(&p, rc, e);
 */
#ifndef PRINTER_H
#define PRINTER_H

#include "base/json.h"
#include "conf/tool.h"
#include "formats/labels/labels.h"

struct printer {
	struct tool *tool;
	struct buf b;
	struct jw w; /* of the JSON line at hand */
	bool json, troubled;
	bool nobody;        /* nothing is written */
	bool closed;        /* standard output takes no more: no sense in going on */
	struct err trouble; /* the first */
};

void print_init(struct printer *p, struct tool *t, bool json);
/* Writes out what there is, once it is much. */
int print_more(struct printer *p, struct err *e);
/* The rest. The result is that of the verb: -1 also when there was trouble. */
int print_end(struct printer *p, int rc, struct err *e);
/* One line on standard error, behind what was printed before. */
void print_trouble(struct printer *p, const char *where, const struct err *e);

/* Text. */
void print_time(struct buf *b, int64_t ns);   /* RFC 3339 */
void print_word(struct buf *b, struct str s); /* as it is, quoted where that could mislead */
void print_quoted(struct buf *b, struct str s);

/* {"part":"series", ... }: print_open, any jw_* calls, print_close. */
struct jw *print_open(struct printer *p, const char *part);
int print_close(struct printer *p, struct err *e);
void print_key_u64(struct jw *w, const char *key, uint64_t v);
void print_key_i64(struct jw *w, const char *key, int64_t v);
void print_key_str(struct jw *w, const char *key, struct str v);
void print_key_hex(struct jw *w, const char *key, uint64_t v); /* 16 digits */
void print_key_labels(struct jw *w, const char *key, const struct labels *l);

#endif
