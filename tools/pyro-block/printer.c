/* printer.c - see printer.h */
#include "tools/pyro-block/printer.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/num.h"
#include "io/fd.h"

enum { MUCH = 256 << 10, MAX_PIECE = INT32_MAX };

void print_init(struct printer *p, struct tool *t, bool json)
{
	*p = (struct printer){ .tool = t, .json = json };
	buf_init(&p->b, MAX_PIECE);
}

static int flush(struct printer *p, struct err *e)
{
	int rc = buf_check(&p->b, "output", e);

	if (rc == 0 && !p->nobody && p->b.n > 0 && fd_write_all(STDOUT_FILENO, buf_str(&p->b), e) < 0)
		rc = err_wrap(e, "standard output");
	p->closed = p->closed || rc < 0;
	buf_reset(&p->b);
	return rc;
}

int print_more(struct printer *p, struct err *e)
{
	return p->b.n >= MUCH || p->b.over ? flush(p, e) : 0;
}

int print_end(struct printer *p, int rc, struct err *e)
{
	if (rc >= 0 && !p->closed && flush(p, e) < 0)
		rc = -1;
	buf_fini(&p->b);
	if (rc >= 0 && p->troubled) {
		*e = p->trouble;
		p->tool->quiet_end = true;
		rc = -1;
	}
	return rc;
}

void print_trouble(struct printer *p, const char *where, const struct err *e)
{
	struct err ignored;

	if (flush(p, &ignored) < 0)
		return;
	fprintf(stderr, "%s: %s%s%s\n", p->tool->spec->name, where, where[0] ? ": " : "", e->msg);
	if (!p->troubled)
		p->trouble = *e;
	p->troubled = true;
}

/* ---- text ---- */

void print_time(struct buf *b, int64_t ns)
{
	struct arena *a = arena_new();

	buf_add(b, num_rfc3339(a, ns));
	arena_free(a);
}

void print_quoted(struct buf *b, struct str s)
{
	enc_quote(b, s);
}

void print_word(struct buf *b, struct str s)
{
	bool plain = s.n > 0 && str_utf8(s);

	for (size_t i = 0; i < s.n && plain; i++)
		plain = (unsigned char)s.p[i] >= ' ' && s.p[i] != 0x7f && s.p[i] != ';' && s.p[i] != '"';
	if (plain)
		buf_add(b, s);
	else
		enc_quote(b, s);
}

/* ---- JSON ---- */

struct jw *print_open(struct printer *p, const char *part)
{
	p->w = jw_init(&p->b);
	jw_open(&p->w, '{');
	print_key_str(&p->w, "part", str_cstr(part));
	return &p->w;
}

int print_close(struct printer *p, struct err *e)
{
	jw_close(&p->w, '}');
	buf_byte(&p->b, '\n');
	return print_more(p, e);
}

void print_key_u64(struct jw *w, const char *key, uint64_t v)
{
	jw_key(w, str_cstr(key));
	jw_u64(w, v);
}

void print_key_i64(struct jw *w, const char *key, int64_t v)
{
	jw_key(w, str_cstr(key));
	jw_i64(w, v);
}

void print_key_str(struct jw *w, const char *key, struct str v)
{
	jw_key(w, str_cstr(key));
	jw_str(w, v);
}

void print_key_hex(struct jw *w, const char *key, uint64_t v)
{
	char text[17];

	snprintf(text, sizeof(text), "%016" PRIx64, v);
	print_key_str(w, key, str_cstr(text));
}

void print_key_labels(struct jw *w, const char *key, const struct labels *l)
{
	jw_key(w, str_cstr(key));
	jw_open(w, '{');
	for (uint32_t i = 0; i < l->n; i++) {
		jw_key(w, l->p[i].name);
		jw_str(w, l->p[i].value);
	}
	jw_close(w, '}');
}
