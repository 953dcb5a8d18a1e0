/*
 * stream.h - bytes that come (src), bytes that go (sink), bytes that lie
 * there (blob), and sets of those by name (blobs). Compression, limits and checksums are a src over a src or a
 * sink over a sink. A failed stream stays failed and keeps its first error.
 */
#ifndef STREAM_H
#define STREAM_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct src {
	/* At least `want` bytes unless the end is near (then what is left, n = 0 at
	   the end); valid until the next call. */
	int (*peek)(struct src *s, size_t want, struct str *got, struct err *e);
	void (*skip)(struct src *s, size_t n);
	void (*close)(struct src *s);
};

struct sink {
	int (*write)(struct sink *k, struct str bytes, struct err *e);
	int (*close)(struct sink *k, struct err *e); /* the last error shows here: always check */
};

/* Bytes at rest: a mapped file, an object with ranged reads, a tar member in memory. */
struct blob {
	uint64_t size;
	/* Exactly n bytes at off, or an error. Points into the blob where it can, else into a. */
	int (*read_at)(struct blob *b, struct arena *a, uint64_t off, size_t n, struct str *out, struct err *e);
	void (*close)(struct blob *b);
	/* What was read may leave memory; it stays valid and comes back when it is looked at. NULL: nothing goes. */
	void (*rest)(struct blob *b);
};

/* Blobs by name: the files of a folder, a bucket prefix, members of a tar in memory. */
struct blobs {
	/* The blob of that name (relative, slash separated), or NULL with ERR_NOTFOUND; the error tells the name.
	   The caller closes it, before the set. */
	struct blob *(*open)(struct blobs *s, struct str name, struct err *e);
	void (*close)(struct blobs *s);
};

static inline int src_peek(struct src *s, size_t want, struct str *got, struct err *e)
{
	return s->peek(s, want, got, e);
}

static inline void src_skip(struct src *s, size_t n)
{
	s->skip(s, n);
}

void src_close(struct src *s);                                            /* accepts NULL */
int src_all(struct src *s, size_t limit, struct buf *out, struct err *e); /* ERR_LIMIT past limit */
int sink_write(struct sink *k, struct str bytes, struct err *e);
int sink_close(struct sink *k, struct err *e); /* accepts NULL */
int blob_read(struct blob *b, struct arena *a, uint64_t off, size_t n, struct str *out, struct err *e);
void blob_rest(struct blob *b);  /* accepts NULL */
void blob_close(struct blob *b); /* accepts NULL */
struct blob *blobs_open(struct blobs *s, struct str name, struct err *e);
void blobs_close(struct blobs *s); /* accepts NULL */

struct src *src_mem(struct str bytes);   /* borrows the bytes */
struct sink *sink_mem(struct buf *out);  /* borrows the buf */
struct blob *blob_mem(struct str bytes); /* borrows the bytes */

#endif
