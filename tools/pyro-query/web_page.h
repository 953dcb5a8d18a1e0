/*
 * web_page.h - the page at "/": services, time line, flame graph, table, comparison, files. One
 * answer of at most 80,000 bytes, no outside address. It is put together
 * once; the Content-Security-Policy of each answer admits only the style and
 * the script that bear its random number, so that no text of a profile can
 * become one.
 */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include "net/http.h"

struct web_page;

struct web_page *web_page_new(void);
void web_page_free(struct web_page *p);             /* accepts NULL */
void web_page_show(struct http_req *r, void *page); /* a handler */

#endif
