/*
 * mapped.h - files that are read where they lie, for as long as somebody wants them. Regular files alone: a pipe that is
 * opened waits, a device does things, and paths may come from strangers. Whoever rewrites such a file in place meanwhile
 * ends this program; installers replace them.
 */
#ifndef MAPPED_H
#define MAPPED_H

#include "base/err.h"
#include "base/str.h"

struct mapped;

struct mapped *mapped_new(void);
void mapped_free(struct mapped *m); /* accepts NULL; the bytes of all its files end with it */
int mapped_file(struct mapped *m, const char *path, struct str *out, struct err *e);
/* The same in the form of format_opts.binary; whoever asks looks at the build. */
bool mapped_binary(void *mapped, struct str path, struct str build_id, struct str *out);

#endif
