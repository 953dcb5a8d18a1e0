/*
 * stream_fd.h - streams whose far end is a descriptor or a path.
 *
 *	struct src *s = src_path("-", e);               // standard input
 *	struct sink *k = sink_path("out.pb.gz", e);
 *	...
 *	if (failed)
 *		sink_drop(k);                           // out.pb.gz is as it was
 *	else if (sink_close(k, e) < 0)                  // visible now, or not at all
 *		...
 *
 * Descriptors must be blocking. `name` goes in front of error messages and
 * must live as long as the stream.
 */
#ifndef STREAM_FD_H
#define STREAM_FD_H

#include "base/stream.h"

enum fd_owner { FD_KEEP, FD_OWN }; /* FD_OWN: closing the stream closes fd */

struct src *src_fd(int fd, enum fd_owner owner, const char *name);
/* Buffers 64 KiB; larger pieces go straight through. */
struct sink *sink_fd(int fd, enum fd_owner owner, const char *name);

/* "-" is standard input. */
struct src *src_path(const char *path, struct err *e);
/* "-" is standard output. A regular or new file appears under its name when the sink is
   closed without an error (see struct tmp); devices and pipes are written directly. */
struct sink *sink_path(const char *path, struct err *e);
/*
 * What a program answers: to a file (see sink_path), or with path NULL to standard output. ERR_EXISTS when a regular file
 * is there already and force is not set; a device or a pipe takes what it is given.
 */
struct sink *sink_answer(const char *path, bool force, struct err *e);
/* For sinks of this file only: frees without the last write; what sink_path began to
   write vanishes. Accepts NULL. */
void sink_drop(struct sink *k);

/* Writes now what the sink (of this file) has buffered, for output that people wait for. */
int sink_flush(struct sink *k, struct err *e);

#endif
