/*
 * symtables.h - the Parquet tables of symdb versions 0 to 2 (strings,
 * mappings, functions, locations, stacktraces), as formats/symbols/symdb.h wants them.
 *
 * Source: spec of the block format, 5.8 and 5.9.
 */
#ifndef SYMTABLES_H
#define SYMTABLES_H

#include "formats/symbols/symdb.h"

/* files[i] is a table or NULL. Takes ownership of the blobs, also when it fails. */
struct symdb_tables *symtables_open(struct blob *const files[SYMDB_TABLES], struct err *e);

#endif
