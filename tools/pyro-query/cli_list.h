/*
 * cli_list.h - where the verb `list` finds source texts: absolute names as they are, others below the folders of
 * --source-path (else the working folder) and their parents, as pprof looks. Each file is read once. Only regular files
 * are read, of at most 64 MiB.
 */
#ifndef CLI_LIST_H
#define CLI_LIST_H

#include "formats/report/report.h"

/* report_list with its files; text: the expression. ERR_USAGE when it is none. */
int cli_list_print(struct report *r, struct arena *a, const char *text, const char *source_path, struct buf *out,
    struct err *e);

#endif
