/* web_page.h - the page at "/": one file, no outside address. */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include "net/http.h"

void page_show(struct http_req *r, void *ctx);

#endif
