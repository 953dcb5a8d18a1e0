/*
 * inputs.h - what a filter was given to read: files, folders, archives and
 * standard input, one after another, each as whole bytes. gzip, zstd, xz, bzip2
 * and lz4 are taken off, and a byte-order mark of UTF-8; a tar, zip or cpio is many inputs; a folder is all regular files
 * below it, in order of their names. "-", or no path at all, is standard input; where that is a terminal, standard error
 * says what is waited for.
 *
 *	static int one(void *ctx, struct input *in, struct err *e) { ... in->bytes ... }
 *	inputs_each(paths, n, &(struct inputs_opts){ .limit = 1 << 30 }, one, ctx, e);
 *
 * The bytes live in in->a. fn may keep them by taking the arena (set in->a to
 * NULL); otherwise it is freed after fn returns.
 */
#ifndef INPUTS_H
#define INPUTS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/stream.h"

enum { INPUTS_MAX_DEPTH = 32 }; /* folders in folders */

struct input {
	struct arena *a;
	struct str name; /* of the file or member, for messages and for finding the format */
	struct str bytes;
	int64_t mtime;      /* ns; 0 = unknown */
	struct str labels;  /* JSON object of a profile stream's member, or empty */
	const size_t *ends; /* where in bytes each member of gzip or frame of zstd ended, if there were several */
	size_t n_ends;
	const char *packed; /* "gzip", "zstd", "xz" ...: what was taken off; or NULL */
};

/*
 * Labels of the inputs that follow, from "@FILE" among the paths: lines NAME=VALUE, empty ones and those that begin with
 * # left out. They go over those that a member brings; the next "@FILE" replaces them. "./@x" is a file with such a name.
 */
struct inputs_labels {
	struct str json; /* an object; empty: none */
	struct arena *a; /* made when needed */
};

void inputs_labels_fini(struct inputs_labels *l);
/* 1: path is "@FILE" and was read; 0: it is something else; -1: ERR_USAGE and others, with the line. */
int inputs_take_labels(struct inputs_labels *l, const char *path, struct err *e);

struct inputs_opts {
	size_t limit; /* bytes of one input, unpacked */
	/* Goes into input.labels. inputs_each takes "@FILE" of its paths into it. NULL: such a path is a file like others. */
	struct inputs_labels *labels;
	/* Called instead of failing when one input cannot be read or fn fails; 0 goes on. May be NULL. */
	int (*bad)(void *ctx, struct str name, struct err *e);
	/* The option that would have `bad` called: named where it is NULL and one of a folder or archive ends all. May be NULL. */
	const char *skip;
	/*
	 * Asked before a file of stream_from bytes or more, or one of plain_from that is not packed, or a pipe that is not
	 * packed or has stream_from bytes, is read as a whole: 1 = it was read here, 0 = it was peeked at only, and fn gets it. The stream is unpacked, and no archive. May
	 * be NULL.
	 */
	int (*stream)(void *ctx, struct str name, struct src *s, struct err *e);
	uint64_t stream_from, plain_from;
};

int inputs_each(const char *const *paths, size_t n, const struct inputs_opts *o,
    int (*fn)(void *ctx, struct input *in, struct err *e), void *ctx, struct err *e);

#endif
