/*
 * html_read.h - flame graphs as pages, read back: those of pyro-query html, and
 * of async-profiler 2.9 to 4.
 *
 * Ours has its data as JSON in an element: see flamebearer_decode_page.
 *
 * async-profiler's is a script. Names are a list of strings, each of which says
 * how many characters it has in common with the one before; then come calls,
 * one on a line, a frame each, parents in front of their children:
 *
 *	const cpool = [             0x20 + characters in common, the rest
 *	'all',
 *	' java/lang/Thread.run',
 *	'1sleep',
 *	];
 *	unpack(cpool);
 *	n(3,9)                      n(key, width)               beside the last, at its end
 *	u(11,7)                     u(key, width)               on the last; no width: as wide
 *	f(19,1,7,2)                 f(key, level, left, width)  left: from where the last begins
 *
 * key is eight times the place in the list and the kind of the frame. Before
 * names were a list, calls had all of it:
 *
 *	f(0,0,9,3,'all')            f(level, left, width, kind, name)
 *
 * Widths are samples, or what else was counted: the page does not say, so it is
 * samples/count. The frame of level 0 stands for all and is no part of stacks.
 *
 * Source: pages of async-profiler 2.9, 3.0, 4.0 and 4.1, and the script in them.
 */
#ifndef HTML_READ_H
#define HTML_READ_H

#include "formats/format.h"

enum { HTML_DEPTH = 1 << 14 }; /* levels of a graph */

/* Whose page it is; HTML_NONE: of neither. */
enum html_kind { HTML_NONE, HTML_OURS, HTML_CALLS };
enum html_kind html_kind(struct str text);

int html_decode(struct arena *a, struct str text, const struct format_opts *o, struct format_profiles *out,
    struct err *e);
/* HTML_CALLS. ERR_INVALID names the line. */
int html_decode_calls(struct arena *a, struct str text, struct profile **out, struct err *e);

#endif
