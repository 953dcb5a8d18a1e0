#include "net/http.h"

#include "base/num.h"
#include "net/h1.h"

struct str http_header(const struct http_req *r, const char *name)
{
	struct str want = str_cstr(name);

	for (size_t i = 0; i < r->n_headers; i++)
		if (r->headers[i].name.n == want.n && str_eq_nocase(r->headers[i].name, want))
			return r->headers[i].value;
	return STR_NONE;
}

struct str http_headers(struct http_req *r, const char *name)
{
	struct str want = str_cstr(name), out = STR_NONE;
	size_t n = 0;
	char *p;

	for (size_t i = 0; i < r->n_headers; i++)
		if (str_eq_nocase(r->headers[i].name, want)) {
			out = n == 0 ? r->headers[i].value : out;
			n += r->headers[i].value.n + 2;
		}
	if (out.p == NULL || n == out.n + 2)
		return out;
	p = arena_alloc(r->a, n);
	out = str_of(p, 0);
	for (size_t i = 0; i < r->n_headers; i++) {
		struct str v = r->headers[i].value;

		if (!str_eq_nocase(r->headers[i].name, want))
			continue;
		if (out.n > 0) {
			memcpy(p + out.n, ", ", 2);
			out.n += 2;
		}
		if (v.n > 0)
			memcpy(p + out.n, v.p, v.n);
		out.n += v.n;
	}
	return out;
}

bool http_is(const struct http_req *r, const char *method)
{
	return str_eq(r->method, str_cstr(method));
}

struct str http_media_type(struct str content_type)
{
	return str_trim(str_of(content_type.p, str_find(content_type, ';')));
}

/*
 * One parameter: name=token or name="quoted". Moves rest behind it; -1: broken, 0: end,
 * 1: there.
 */
static int next_param(struct arena *a, struct str *rest, struct str *name, struct str *value)
{
	size_t n = 0;
	struct str s = str_trim(*rest);

	if (s.n == 0)
		return 0;
	if (s.p[0] != ';')
		return -1;
	s = str_trim(str_skip(s, 1));
	if (s.n == 0)
		return 0; /* a final semicolon */
	while (n < s.n && h1_is_token(str_of(s.p + n, 1)))
		n++;
	*name = str_of(s.p, n);
	s = str_trim(str_skip(s, n));
	if (n == 0 || s.n == 0 || s.p[0] != '=')
		return -1;
	s = str_trim(str_skip(s, 1));
	if (s.n > 0 && s.p[0] == '"') {
		char *out = arena_alloc(a, s.n);
		size_t i = 1, k = 0;

		while (i < s.n && s.p[i] != '"') {
			/* Other backslashes stand for themselves: old browsers send paths. */
			if (s.p[i] == '\\' && i + 1 < s.n && strchr("()<>@,;:\\\"/[]?=", s.p[i + 1]))
				i++;
			out[k++] = s.p[i++];
		}
		if (i == s.n)
			return -1;
		*value = str_of(out, k);
		*rest = str_skip(s, i + 1);
		return 1;
	}
	n = 0;
	while (n < s.n && h1_is_token(str_of(s.p + n, 1)))
		n++;
	*value = str_of(s.p, n);
	*rest = str_skip(s, n);
	return n > 0 ? 1 : -1;
}

struct str http_media_param(struct arena *a, struct str content_type, const char *name)
{
	struct str rest = str_skip(content_type, str_find(content_type, ';')), key, value;

	while (next_param(a, &rest, &key, &value) == 1)
		if (str_eq_nocase(key, str_cstr(name)))
			return value;
	return STR_NONE;
}

static bool weight_is_zero(struct str params)
{
	while (params.n > 0) {
		struct str one = str_trim(str_cut(&params, ';'));
		double q;
		struct err e;

		if (one.n > 2 && (one.p[0] | 0x20) == 'q' && one.p[1] == '=')
			return num_f64(str_skip(one, 2), &q, &e) == 0 && q <= 0;
	}
	return false;
}

bool http_accepts_gzip(const struct http_req *r)
{
	bool any = false;

	for (size_t i = 0; i < r->n_headers; i++) {
		struct str list = r->headers[i].value;

		if (!str_eq_nocase(r->headers[i].name, STR("Accept-Encoding")))
			continue;
		while (list.n > 0) {
			struct str params = str_cut(&list, ',');
			struct str coding = str_trim(str_cut(&params, ';'));

			if (str_eq_nocase(coding, STR("gzip")))
				return !weight_is_zero(params);
			if (str_eq(coding, STR("*")))
				any = !weight_is_zero(params);
		}
	}
	return any;
}

static size_t token_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && h1_is_token(str_of(s.p + n, 1)))
		n++;
	return n;
}

static int check_media(struct arena *a, struct str text, bool *allow_utf8, struct err *e)
{
	struct str rest = str_skip(text, str_find(text, ';')), name, value;
	struct str base = str_trim(http_media_type(text));
	size_t n = token_length(base);
	int step;

	if (n == 0)
		return err_set(e, ERR_INVALID, "mime: no media type");
	base = str_skip(base, n);
	if (base.n > 0 && base.p[0] != '/')
		return err_set(e, ERR_INVALID, "mime: expected slash after first token");
	if (base.n > 0) {
		base = str_skip(base, 1);
		n = token_length(base);
		if (n == 0)
			return err_set(e, ERR_INVALID, "mime: expected token after slash");
		if (n < base.n)
			return err_set(e, ERR_INVALID, "mime: unexpected content after media subtype");
	}
	while ((step = next_param(a, &rest, &name, &value)) == 1)
		if (str_eq_nocase(name, STR("allow-utf8-labelnames")))
			*allow_utf8 = str_eq(value, STR("true")) || str_eq(value, STR("1")) ||
			    str_eq(value, STR("t")) || str_eq(value, STR("T")) || str_eq(value, STR("TRUE")) ||
			    str_eq(value, STR("True"));
	return step < 0 ? err_set(e, ERR_INVALID, "mime: invalid media parameter") : 0;
}

int http_accept(const struct http_req *r, bool *allow_utf8, struct err *e)
{
	*allow_utf8 = false;
	for (size_t i = 0; i < r->n_headers; i++) {
		struct str list = r->headers[i].value;

		if (!str_eq_nocase(r->headers[i].name, STR("Accept")))
			continue;
		while (list.n > 0) {
			struct str one = str_trim(str_cut(&list, ','));

			if (check_media(r->a, one, allow_utf8, e) < 0)
				return -1;
		}
	}
	return 0;
}

const char *http_status_text(int status)
{
	static const struct {
		short status;
		const char *text;
	} texts[] = {
		{ 100, "Continue" },
		{ 101, "Switching Protocols" },
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 204, "No Content" },
		{ 206, "Partial Content" },
		{ 301, "Moved Permanently" },
		{ 302, "Found" },
		{ 303, "See Other" },
		{ 304, "Not Modified" },
		{ 307, "Temporary Redirect" },
		{ 308, "Permanent Redirect" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 406, "Not Acceptable" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 410, "Gone" },
		{ 411, "Length Required" },
		{ 412, "Precondition Failed" },
		{ 413, "Request Entity Too Large" },
		{ 414, "Request URI Too Long" },
		{ 415, "Unsupported Media Type" },
		{ 416, "Requested Range Not Satisfiable" },
		{ 417, "Expectation Failed" },
		{ 421, "Misdirected Request" },
		{ 422, "Unprocessable Entity" },
		{ 425, "Too Early" },
		{ 426, "Upgrade Required" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 499, "Client Closed Request" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
		{ 505, "HTTP Version Not Supported" },
	};
	size_t low = 0, high = ARRAY_LEN(texts);

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (texts[mid].status == status)
			return texts[mid].text;
		if (texts[mid].status < status)
			low = mid + 1;
		else
			high = mid;
	}
	return "";
}
