/*
 * flame_view.h - flame graphs in a browser: a script that makes models of call
 * trees and does sums over them, one that draws them on a canvas (zoom, search,
 * keys, comparison, table of functions), and its style. The second needs the first.
 * Two pages are made of them: the one that the server shows at "/" and the
 * file that report_html writes. What the scripts offer stands in
 * flame_model.js and flame_view.js. Nothing in them names an outside address.
 */
#ifndef FLAME_VIEW_H
#define FLAME_VIEW_H

#include "base/str.h"

struct str flame_model_script(void);
struct str flame_view_script(void);
struct str flame_view_style(void);

#endif
