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

#endif
