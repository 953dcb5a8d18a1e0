/* web_page.c - see web_page.h */
#include "base/embed.h"
#include "base/enc.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "formats/flame_view.h"
#include "tools/pyro-query/web_page.h"

EMBED(web_page_html, "tools/pyro-query/web_page.html");
EMBED(web_page_css, "tools/pyro-query/web_page.css");
EMBED(web_page_js, "tools/pyro-query/web_page.js");

enum { MAX_PAGE = 1 << 20, MAX_POLICY = 1024 };

struct web_page {
	struct buf body, policy;
};

/* Indentation and lines of comments stay here. */
static void put_lines(struct buf *out, struct str text)
{
	while (text.n > 0) {
		struct str line = str_cut(&text, '\n');

		while (line.n > 0 && line.p[0] == '\t')
			line = str_skip(line, 1);
		if (line.n == 0 || str_prefix(line, STR("//")))
			continue;
		buf_add(out, line);
		buf_byte(out, '\n');
	}
}

/* Writes <tag>text</tag> and allows what is between the tags: 'sha256-...'. */
static void put_inline(struct web_page *p, const char *tag, struct str shared, struct str own)
{
	uint8_t sum[32];
	size_t from;

	buf_printf(&p->body, "<%s>", tag);
	from = p->body.n;
	put_lines(&p->body, shared);
	put_lines(&p->body, own);
	sha256(str_skip(buf_str(&p->body), from), sum);
	buf_printf(&p->body, "</%s>\n", tag);
	buf_printf(&p->policy, "; %s-src 'sha256-", tag);
	enc_base64(&p->policy, str_of(sum, sizeof(sum)));
	buf_byte(&p->policy, '\'');
}

struct web_page *web_page_new(void)
{
	struct web_page *p = mem_zalloc(sizeof(*p));

	buf_init(&p->body, MAX_PAGE);
	buf_init(&p->policy, MAX_POLICY);
	buf_add(&p->policy, STR("default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; "
	                        "form-action 'none'; frame-ancestors 'self'"));
	buf_add(&p->body, STR("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
	                      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	                      "<title>pyro</title>\n"));
	put_inline(p, "style", flame_view_style(), EMBEDDED(web_page_css));
	put_lines(&p->body, EMBEDDED(web_page_html));
	put_inline(p, "script", flame_view_script(), EMBEDDED(web_page_js));
	return p;
}

void web_page_free(struct web_page *p)
{
	if (p == NULL)
		return;
	buf_fini(&p->body);
	buf_fini(&p->policy);
	mem_free(p);
}

void web_page_show(struct http_req *r, void *page)
{
	struct web_page *p = page;
	const struct http_field headers[] = {
		{ STR("Content-Type"), STR("text/html; charset=utf-8") },
		{ STR("Cache-Control"), STR("no-cache") },
		{ STR("X-Content-Type-Options"), STR("nosniff") },
		{ STR("Referrer-Policy"), STR("no-referrer") },
		{ STR("Content-Security-Policy"), buf_str(&p->policy) },
	};

	http_reply(r, &(struct http_reply){ .status = 200, .headers = headers, .n_headers = ARRAY_LEN(headers),
	    .body = buf_str(&p->body), .keep = true });
}
