/* URLs, query strings, paths and media types. */
#include "net/http.h"
#include "net/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void inside(struct str s, struct str in)
{
	assert(s.n == 0 || (s.p >= in.p && s.p + s.n <= in.p + in.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str in = str_of(p, n), out, again;
	struct arena *a = arena_new();
	struct http_field accept = { STR("accept"), in };
	struct http_req r = { .a = a, .headers = &accept, .n_headers = 1 };
	struct url_param *params;
	struct url u;
	struct err e;
	bool allow;
	size_t count;

	if (url_parse(in, &u, &e) == 0) {
		inside(u.scheme, in);
		inside(u.user, in);
		inside(u.host, in);
		inside(u.path, in);
		inside(u.query, in);
		inside(u.fragment, in);
	}
	if (url_query(a, in, &params, &count, &e) == 0)
		for (size_t i = 0; i < count; i++)
			assert(params[i].name.n + params[i].value.n <= n);
	url_param(a, in, "name", &out);
	if (url_decode_path(a, in, &out, &e) == 0)
		assert(out.n <= n);
	out = url_clean_path(a, in);
	again = url_clean_path(a, out);
	assert(out.n > 0 && out.p[0] == '/' && str_eq(out, again));
	http_media_param(a, in, "boundary");
	(void)http_accept(&r, &allow, &e);
	arena_free(a);
	return 0;
}
