/*
 * demangle.h - names as people write them: Itanium C++ (_Z), Rust (_R, and the
 * older _ZN...17h...E).
 *
 *	demangle(a, STR("_ZN4shop7recurseEim"), DEMANGLE_SIMPLE)  "shop::recurse"
 *	                                        DEMANGLE_FULL     "shop::recurse(int, unsigned long)"
 *
 * A name that is not mangled, or that is broken, comes back as it is. C++ is
 * read by the demangler inside libstdc++, which is linked anyway; it refuses
 * names of more than 1,024 bytes, so those stay, too. What comes out has at
 * most DEMANGLE_MAX bytes (names can be made that unfold without end).
 *
 * Source: Itanium C++ ABI 5.1; RFC 2603 (Rust symbol name mangling).
 */
#ifndef SYMBOLIZE_DEMANGLE_H
#define SYMBOLIZE_DEMANGLE_H

#include "base/arena.h"

enum { DEMANGLE_MAX = 1 << 16 };

enum demangle_mode {
	DEMANGLE_NONE,
	DEMANGLE_SIMPLE, /* C++ without parameters, template arguments and return types; Rust without hashes */
	DEMANGLE_FULL,
};

struct str demangle(struct arena *a, struct str name, enum demangle_mode mode); /* name, or in a */

#endif
