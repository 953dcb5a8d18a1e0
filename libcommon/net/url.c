#include "net/url.h"

#include "base/enc.h"
#include "base/num.h"
#include "base/vec.h"

static bool is_scheme(struct str s)
{
	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

		if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.')))
			return false;
	}
	return true;
}

static int parse_port(struct str s, uint16_t *port, struct err *e)
{
	uint64_t n;

	*port = 0;
	if (s.n == 0)
		return 0;
	if (num_u64(s, &n, e) < 0 || n > 65535)
		return err_set(e, ERR_INVALID, "URL: the port \"" STR_FMT "\" is not 0 to 65535", STR_ARG(s));
	*port = (uint16_t)n;
	return 0;
}

static bool host_ok(struct str host)
{
	for (size_t i = 0; i < host.n; i++)
		if ((unsigned char)host.p[i] <= ' ' || host.p[i] == 0x7f || host.p[i] == '[' || host.p[i] == ']' ||
		    host.p[i] == '<' || host.p[i] == '>' || host.p[i] == '\\')
			return false;
	return true;
}

static int parse_authority(struct str s, struct url *u, struct err *e)
{
	size_t at = str_rfind(s, '@'), colon;

	u->user = STR_NONE;
	if (at < s.n) {
		u->user = str_of(s.p, at);
		s = str_skip(s, at + 1);
	}
	u->ipv6 = s.n > 0 && s.p[0] == '[';
	if (u->ipv6) {
		size_t end = str_find(s, ']');
		struct str port = str_skip(s, end + 1);

		if (end == s.n || (port.n > 0 && port.p[0] != ':'))
			return err_set(e, ERR_INVALID, "URL: the IPv6 address has no closing bracket");
		u->host = str_of(s.p + 1, end - 1);
		return parse_port(str_skip(port, 1), &u->port, e);
	}
	colon = str_rfind(s, ':');
	u->host = str_of(s.p, colon);
	if (str_find(u->host, ':') < u->host.n || !host_ok(u->host))
		return err_set(e, ERR_INVALID, "URL: the host has a byte that hosts may not have");
	return parse_port(str_skip(s, colon + 1), &u->port, e);
}

int url_parse(struct str text, struct url *u, struct err *e)
{
	size_t sep = str_search(text, STR("://")), end;
	struct str rest;

	*u = (struct url){ 0 };
	u->scheme = str_of(text.p, sep);
	if (sep == text.n || !is_scheme(u->scheme))
		return err_set(e, ERR_INVALID, "URL: want scheme://host[:port][/path]");
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f)
			return err_set(e, ERR_INVALID, "URL: control byte at %zu", i);
	rest = str_skip(text, sep + 3);
	for (end = 0; end < rest.n; end++)
		if (rest.p[end] == '/' || rest.p[end] == '?' || rest.p[end] == '#')
			break;
	if (parse_authority(str_of(rest.p, end), u, e) < 0)
		return -1;
	rest = str_skip(rest, end);
	end = str_find(rest, '#');
	u->fragment = str_skip(rest, end + 1);
	rest.n = end;
	end = str_find(rest, '?');
	u->query = str_skip(rest, end + 1);
	u->path = str_of(rest.p, end);
	return 0;
}

/* One decoded pair; false when it does not decode. */
static bool decode_pair(struct arena *a, struct str pair, struct url_param *out)
{
	struct str name = str_cut(&pair, '=');
	struct err e;

	return dec_percent(a, name, true, &out->name, &e) == 0 && dec_percent(a, pair, true, &out->value, &e) == 0;
}

int url_query(struct arena *a, struct str query, struct url_param **out, size_t *n, struct err *e)
{
	size_t count = query.n > 0;

	for (size_t i = 0; i < query.n; i++)
		count += query.p[i] == '&';
	*n = 0;
	if (count > URL_MAX_PARAMS)
		return err_set(e, ERR_LIMIT, "query string of %zu parameters: the limit is %d", count, URL_MAX_PARAMS);
	*out = arena_array(a, count, sizeof(**out));
	while (query.n > 0) {
		struct str pair = str_cut(&query, '&');

		if (pair.n > 0 && str_find(pair, ';') == pair.n && decode_pair(a, pair, &(*out)[*n]))
			++*n;
	}
	return 0;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

int url_query_check(struct str query, struct err *e)
{
	if (str_find(query, ';') < query.n)
		return err_set(e, ERR_INVALID, "invalid semicolon separator in query");
	for (size_t i = 0; i < query.n; i++) {
		struct str s = str_skip(query, i), end;

		if (s.p[0] != '%' || (s.n > 2 && is_hex(s.p[1]) && is_hex(s.p[2])))
			continue;
		/* An escape does not reach beyond its name or value. */
		end = str_of(s.p, MIN(s.n, (size_t)3));
		end.n = MIN(str_find(end, '&'), str_find(end, '='));
		return err_set(e, ERR_INVALID, "invalid URL escape \"" STR_FMT "\"", STR_ARG(end));
	}
	return 0;
}

bool url_param(struct arena *a, struct str query, const char *name, struct str *v)
{
	while (query.n > 0) {
		struct str pair = str_cut(&query, '&');
		struct url_param p;

		if (pair.n > 0 && str_find(pair, ';') == pair.n && decode_pair(a, pair, &p) &&
		    str_eq(p.name, str_cstr(name))) {
			*v = p.value;
			return true;
		}
	}
	*v = STR_NONE;
	return false;
}

int url_decode_path(struct arena *a, struct str path, struct str *out, struct err *e)
{
	if (dec_percent(a, path, false, out, e) < 0)
		return -1;
	if (out->n > 0 && memchr(out->p, 0, out->n) != NULL)
		return err_set(e, ERR_INVALID, "path: has a NUL byte");
	return 0;
}

struct str url_clean_path(struct arena *a, struct str path)
{
	char *out = arena_alloc(a, path.n + 2);
	size_t n = 0;
	bool slash = true; /* the input ends in a slash, or in "." or ".." */

	while (path.n > 0) {
		struct str part = str_cut(&path, '/');

		slash = part.n == 0 || str_eq(part, STR(".")) || str_eq(part, STR(".."));
		if (str_eq(part, STR(".."))) {
			while (n > 0 && out[--n] != '/')
				;
		} else if (!slash) {
			out[n++] = '/';
			memcpy(out + n, part.p, part.n);
			n += part.n;
		}
		/* str_cut does not tell "a" from "a/": look at the byte before the rest. */
		if (path.n == 0 && part.n > 0 && part.p + part.n < path.p)
			slash = true;
	}
	if (slash || n == 0)
		out[n++] = '/';
	return str_of(out, n);
}

static void add_encoded(struct buf *b, struct str s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
		    c == '.' || c == '~') {
			buf_byte(b, c);
		} else if (c == ' ') {
			buf_byte(b, '+');
		} else {
			buf_byte(b, '%');
			buf_byte(b, (unsigned char)hex[c >> 4]);
			buf_byte(b, (unsigned char)hex[c & 15]);
		}
	}
}

void url_add_param(struct buf *b, struct str name, struct str value)
{
	buf_byte(b, str_find(buf_str(b), '?') < b->n ? '&' : '?');
	add_encoded(b, name);
	buf_byte(b, '=');
	add_encoded(b, value);
}
