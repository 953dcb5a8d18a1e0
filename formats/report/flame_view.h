/*
 * flame_view.h - flame graphs in a browser: a script that draws them on a
 * canvas (zoom, search, keys, comparison, table of functions) and its style.
 * Two pages are made of them: the one that the server shows at "/" and the
 * file that report_html writes. What the script offers stands in
 * flame_view.js. Nothing in it names an outside address.
 */
#ifndef FLAME_VIEW_H
#define FLAME_VIEW_H

#include "base/str.h"

struct str flame_view_script(void);
struct str flame_view_style(void);

#endif
