#include "net/form.h"

#include "base/enc.h"
#include "base/vec.h"
#include "net/http.h"

bool form_is(struct str content_type)
{
	return str_eq_nocase(http_media_type(content_type), STR("multipart/form-data"));
}

/* What follows a delimiter: a line end = 1, "--" = 2, else 0 (it was not one). skip: bytes of it. */
static int after_delimiter(struct str s, struct str line_end, size_t *skip)
{
	size_t i = 0;

	if (str_prefix(s, STR("--"))) {
		*skip = 2;
		return 2;
	}
	while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t'))
		i++;
	*skip = i + line_end.n;
	return str_prefix(str_skip(s, i), line_end);
}

/*
 * Finds the next delimiter in s: its offset (of the line end before it), or s.n. A delimiter begins
 * with a line end, CR LF or (as old clients write it) LF.
 */
static size_t find_delimiter(struct str s, struct str delim, int *kind, size_t *skip)
{
	struct str line_end = str_of(delim.p, delim.p[0] == '\r' ? 2 : 1);
	size_t at = 0;

	/* At the very start the line break before it is part of what came before. */
	if (str_prefix(s, str_skip(delim, line_end.n))) {
		*kind = after_delimiter(str_skip(s, delim.n - line_end.n), line_end, skip);
		if (*kind != 0) {
			*skip += delim.n - line_end.n;
			return 0;
		}
	}
	while (at < s.n) {
		const char *hit = memmem(s.p + at, s.n - at, delim.p, delim.n);

		if (hit == NULL)
			break;
		at = (size_t)(hit - s.p);
		*kind = after_delimiter(str_skip(s, at + delim.n), line_end, skip);
		if (*kind != 0) {
			*skip += delim.n;
			return at;
		}
		at += delim.n;
	}
	*kind = 0;
	return s.n;
}

/* filename*=UTF-8''percent-encoded */
static struct str extended(struct arena *a, struct str v)
{
	struct str out;
	struct err e;

	if (v.p == NULL)
		return v;
	str_cut(&v, '\'');
	str_cut(&v, '\'');
	return dec_percent(a, v, false, &out, &e) == 0 ? out : STR_NONE;
}

static void take_disposition(struct arena *a, struct str v, struct form_part *p)
{
	if (!str_eq_nocase(http_media_type(v), STR("form-data")))
		return;
	p->name = http_media_param(a, v, "name");
	p->filename = extended(a, http_media_param(a, v, "filename*"));
	if (p->filename.p == NULL)
		p->filename = http_media_param(a, v, "filename");
	if (p->filename.n == 0)
		p->filename = STR_NONE;
}

static int bad_line(struct str line, struct err *e)
{
	return err_set(e, ERR_INVALID, "malformed MIME header line: " STR_FMT,
	    STR_ARG(str_of(line.p, MIN(line.n, (size_t)200))));
}

/* The header lines of a part; *used: their bytes, with the empty line. */
static int parse_head(struct arena *a, struct str s, struct form_part *p, size_t *used, struct err *e)
{
	struct str rest = s;

	for (;;) {
		const char *lf = memchr(rest.p, '\n', MIN(rest.n, (size_t)FORM_MAX_HEAD));
		struct str line, name;

		if (lf == NULL || (size_t)(lf + 1 - s.p) > FORM_MAX_HEAD)
			return rest.n + (size_t)(rest.p - s.p) > FORM_MAX_HEAD
			    ? err_set(e, ERR_LIMIT, "multipart: part header is larger than %d bytes", FORM_MAX_HEAD)
			    : err_set(e, ERR_INVALID, "unexpected EOF");
		line = str_of(rest.p, (size_t)(lf - rest.p));
		rest = str_skip(rest, line.n + 1);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		*used = (size_t)(rest.p - s.p);
		if (line.n == 0)
			return 0;
		name = line;
		line = str_skip(line, str_find(line, ':') + 1);
		name.n = str_find(name, ':');
		if (name.n == 0 || name.p + name.n == line.p + line.n)
			return bad_line(name, e);
		if (str_eq_nocase(name, STR("Content-Disposition")))
			take_disposition(a, str_trim(line), p);
		else if (str_eq_nocase(name, STR("Content-Type")))
			p->type = str_trim(line);
	}
}

static int parse_parts(struct arena *a, struct str body, struct str delim, struct form *f, struct err *e)
{
	size_t cap = 0, parts = 0, skip, at;
	int kind;

	at = find_delimiter(body, delim, &kind, &skip);
	for (;;) {
		struct form_part p = { 0 };
		size_t head = 0;

		if (kind == 0)
			return err_set(e, ERR_INVALID, parts == 0 ? "multipart: NextPart: EOF" : "unexpected EOF");
		if (kind == 2)
			return 0;
		if (++parts > FORM_MAX_PARTS)
			return err_set(e, ERR_LIMIT, "multipart: more than %d parts", FORM_MAX_PARTS);
		body = str_skip(body, at + skip);
		if (parse_head(a, body, &p, &head, e) < 0)
			return -1;
		body = str_skip(body, head);
		at = find_delimiter(body, delim, &kind, &skip);
		p.value = str_of(body.p, at);
		if (p.name.n == 0)
			continue;
		if (f->n == cap) {
			struct form_part *more = arena_array(a, cap * 2 + 8, sizeof(*more));

			if (f->n > 0)
				memcpy(more, f->parts, f->n * sizeof(*more));
			cap = cap * 2 + 8;
			f->parts = more;
		}
		f->parts[f->n++] = p;
	}
}

int form_parse(struct arena *a, struct str content_type, struct str body, struct form *f, struct err *e)
{
	struct str boundary, delim;

	*f = (struct form){ 0 };
	if (!form_is(content_type))
		return err_set(e, ERR_INVALID, "request Content-Type isn't multipart/form-data");
	boundary = http_media_param(a, content_type, "boundary");
	if (boundary.n == 0 || boundary.n > FORM_MAX_BOUNDARY)
		return err_set(e, ERR_INVALID, "multipart: the boundary must have 1 to %d bytes", FORM_MAX_BOUNDARY);
	delim = arena_printf(a, "\r\n--" STR_FMT, STR_ARG(boundary));
	if (delim.n != boundary.n + 4)
		return err_set(e, ERR_INVALID, "multipart: the boundary has a NUL byte");
	/* Old clients end lines with LF alone: the first delimiter says which it is. */
	if (str_prefix(body, arena_printf(a, "--" STR_FMT "\n", STR_ARG(boundary))))
		delim = str_skip(delim, 1);
	return parse_parts(a, body, delim, f, e);
}

const struct form_part *form_file(const struct form *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->parts[i].filename.p != NULL && str_eq(f->parts[i].name, str_cstr(name)))
			return &f->parts[i];
	return NULL;
}

const struct form_part *form_value(const struct form *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->parts[i].filename.p == NULL && str_eq(f->parts[i].name, str_cstr(name)))
			return &f->parts[i];
	return NULL;
}
