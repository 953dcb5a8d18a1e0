/* web_page.c - see web_page.h; the bytes are those of web_page.html beside it */
#include "tools/pyro-query/web_page.h"

__asm__(".section .rodata\n"
        ".globl page_begin, page_end\n"
        ".hidden page_begin, page_end\n"
        "page_begin: .incbin \"tools/pyro-query/web_page.html\"\n"
        "page_end:\n"
        ".previous\n");

extern const char page_begin[] __attribute__((visibility("hidden")));
extern const char page_end[] __attribute__((visibility("hidden")));

void page_show(struct http_req *r, void *ctx)
{
	static const struct http_field headers[] = {
		{ { "Content-Type", 12 }, { "text/html; charset=utf-8", 24 } },
		{ { "Cache-Control", 13 }, { "no-cache", 8 } },
		{ { "X-Content-Type-Options", 22 }, { "nosniff", 7 } },
		{ { "Content-Security-Policy", 23 },
		  { "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'", 93 } },
	};

	(void)ctx;
	http_reply(r, &(struct http_reply){ .status = 200, .headers = headers, .n_headers = ARRAY_LEN(headers),
	    .body = str_of(page_begin, (size_t)(page_end - page_begin)), .keep = true });
}
