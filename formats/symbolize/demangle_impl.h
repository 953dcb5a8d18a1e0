/* demangle_impl.h - the languages of demangle.h */
#ifndef SYMBOLIZE_DEMANGLE_IMPL_H
#define SYMBOLIZE_DEMANGLE_IMPL_H

#include "base/buf.h"
#include "formats/symbolize/demangle.h"

/* false: not such a name, out is as it was. */
bool demangle_cxx(struct str name, struct buf *out);
bool demangle_rust_legacy(struct str name, bool full, struct buf *out);
bool demangle_rust_v0(struct str name, bool full, struct buf *out);
/* C++ text without parameters, template arguments, return type. */
void demangle_simplify(struct str full, struct buf *out);

enum { DEMANGLE_PUNY = 256 };
/* The characters of a name in Punycode, at most DEMANGLE_PUNY; false: it is none, or has more. */
bool demangle_punycode(struct str s, uint32_t *chars, size_t *n);

static inline bool demangle_is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* Of such digits, the last sixteen. */
static inline uint64_t demangle_hex(struct str digits)
{
	uint64_t n = 0;

	for (size_t i = 0; i < digits.n; i++)
		n = n << 4 | (uint64_t)(digits.p[i] <= '9' ? digits.p[i] - '0' : digits.p[i] - 'a' + 10);
	return n;
}

#endif
