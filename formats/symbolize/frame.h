/*
 * frame.h - what an address means: a function and a place, the innermost
 * inlined call first. Names are as the compiler wrote them (demangle.h makes
 * them readable).
 */
#ifndef SYMBOLIZE_FRAME_H
#define SYMBOLIZE_FRAME_H

#include "base/str.h"

enum { SYM_FRAMES_MAX = 128 }; /* of one address; more are cut, outermost first */

struct sym_frame {
	struct str name;           /* may be empty: only the place is known */
	struct str file;           /* may be empty */
	uint32_t line, start_line; /* 0 = not known; start_line: where the function begins */
	uint32_t column;           /* 0 = not known */
};

#endif
