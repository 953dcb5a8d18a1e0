/* web_page.c - see web_page.h */
#include "base/embed.h"
#include "base/enc.h"
#include "base/mem.h"
#include "formats/report/flame_view.h"
#include "io/entropy.h"
#include "tools/pyro-query/web_page.h"

EMBED(web_page_html, "tools/pyro-query/web_page.html");
EMBED(web_page_css, "tools/pyro-query/web_page.css");
EMBED(web_page_js, "tools/pyro-query/web_page.js");
EMBED(web_page_time_js, "tools/pyro-query/web_page_time.js");
EMBED(web_page_more_js, "tools/pyro-query/web_page_more.js");
EMBED(web_page_start_js, "tools/pyro-query/web_page_start.js");

enum { MAX_PAGE = 1 << 20, NONCE_BYTES = 18, NONCE_TEXT = NONCE_BYTES / 3 * 4 };

struct web_page {
	struct buf body;
	size_t nonce_at[2]; /* where it stands in body: at the style, at the script */
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

/* Writes <tag nonce="...">texts</tag>; each answer has a nonce of its own. */
static size_t put_inline(struct web_page *p, const char *tag, const struct str *texts, size_t n)
{
	size_t at;

	buf_printf(&p->body, "<%s nonce=\"", tag);
	at = p->body.n;
	buf_fill(&p->body, ' ', NONCE_TEXT);
	buf_add(&p->body, STR("\">"));
	for (size_t i = 0; i < n; i++)
		put_lines(&p->body, texts[i]);
	buf_printf(&p->body, "</%s>\n", tag);
	return at;
}

struct web_page *web_page_new(void)
{
	const struct str styles[] = { flame_view_style(), EMBEDDED(web_page_css) };
	const struct str scripts[] = { flame_model_script(), flame_view_script(), EMBEDDED(web_page_js),
		EMBEDDED(web_page_time_js), EMBEDDED(web_page_more_js), EMBEDDED(web_page_start_js) };
	struct web_page *p = mem_zalloc(sizeof(*p));

	buf_init(&p->body, MAX_PAGE);
	buf_add(&p->body,
	    STR("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<title>pyro</title>\n"));
	p->nonce_at[0] = put_inline(p, "style", styles, ARRAY_LEN(styles));
	put_lines(&p->body, EMBEDDED(web_page_html));
	p->nonce_at[1] = put_inline(p, "script", scripts, ARRAY_LEN(scripts));
	return p;
}

void web_page_free(struct web_page *p)
{
	if (p == NULL)
		return;
	buf_fini(&p->body);
	mem_free(p);
}

void web_page_show(struct http_req *r, void *page)
{
	struct web_page *p = page;
	char *body = arena_alloc(r->a, p->body.n);
	uint8_t random[NONCE_BYTES];
	struct buf nonce;
	struct str policy;

	entropy_bytes(random, sizeof(random));
	buf_init(&nonce, NONCE_TEXT);
	enc_base64(&nonce, str_of(random, sizeof(random)));
	memcpy(body, p->body.p, p->body.n);
	for (size_t i = 0; i < ARRAY_LEN(p->nonce_at); i++)
		memcpy(body + p->nonce_at[i], nonce.p, NONCE_TEXT);
	policy = arena_printf(r->a,
	    "default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; "
	    "form-action 'none'; frame-ancestors 'self'; style-src 'nonce-" STR_FMT "'; script-src 'nonce-" STR_FMT "'",
	    STR_ARG(buf_str(&nonce)), STR_ARG(buf_str(&nonce)));
	buf_fini(&nonce);
	http_reply(r,
	    &(struct http_reply){ .status = 200,
		.body = str_of(body, p->body.n),
		.keep = true,
		.headers =
		    (const struct http_field[]){
			{ STR("Content-Type"), STR("text/html; charset=utf-8") },
			{ STR("Cache-Control"), STR("no-store") },
			{ STR("X-Content-Type-Options"), STR("nosniff") },
			{ STR("Referrer-Policy"), STR("no-referrer") },
			{ STR("Content-Security-Policy"), policy },
		    },
		.n_headers = 5 });
}
