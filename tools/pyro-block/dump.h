/* dump.h - the parts of pyro-block dump. Text has one line a thing, indented below what it belongs to. */
#ifndef DUMP_H
#define DUMP_H

#include "formats/query/dataset.h"
#include "formats/symbols/symdb.h"
#include "tools/pyro-block/found.h"
#include "tools/pyro-block/printer.h"

int dump_meta(struct printer *p, const char *path, struct str json, struct err *e);
int dump_index(struct printer *p, const char *path, struct str bytes, struct err *e);
/* Tables and stack tree of one partition (dump_symbols.c). */
int dump_partition(struct printer *p, const struct symbols *s, struct err *e);
/* symbols.symdb, or an index.symdb by itself, of which only the index is printed. */
int dump_symdb(struct printer *p, const char *path, struct str bytes, struct err *e);
/* The folder symbols/ of an older block. */
int dump_symdb_folder(struct printer *p, const char *path, struct blobs *parts, struct err *e);
/* Any Parquet file: its columns, then its rows as what its columns make it: profiles or symbols (dump_parquet.c). */
int dump_parquet(struct printer *p, const char *path, struct str bytes, struct err *e);
/* Only the row groups and columns. */
int dump_columns(struct printer *p, const char *path, struct str bytes, struct err *e);
/* Rows of a block or head with their stacks as names, from the root (dump_rows.c). */
int dump_rows(struct printer *p, struct dataset *d, struct err *e);
int dump_journal(struct printer *p, const char *path, struct str bytes, struct err *e);

#endif
