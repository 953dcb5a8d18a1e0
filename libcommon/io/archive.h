/*
 * archive.h - many files in one stream. Reading: tar (all dialects), zip,
 * cpio, by libarchive; compressed streams go through src_unzip first. Writing: pax
 * tar (POSIX.1-2001, "pax Interchange Format"), by our own hand, because libarchive's
 * writer wants names in the character set of the process's locale.
 *
 * A profile stream is a tar with one member per profile:
 *
 *	name     <unix-ns>-<series-hash>.pb.gz
 *	mtime    the profile's time, to the nanosecond
 *	xattr    user.pyro.labels = JSON object of the labels
 *
 * so `tar tv` lists it and `tar x --xattrs` unpacks it.
 *
 *	struct unpack *u = unpack_open(src, e);
 *	struct member m;
 *	while ((rc = unpack_next(u, &m, e)) > 0)
 *		if (m.regular && unpack_read(u, limit, &buf, e) == 0) ...
 *	unpack_close(u);
 *
 * Members come in the order of the stream and are never written to disk
 * here; names are text of strangers and may hold "..", quote them. One thread at
 * a time. After an error only the close call is allowed.
 */
#ifndef ARCHIVE_IO_H
#define ARCHIVE_IO_H

#include "base/buf.h"
#include "base/err.h"
#include "base/stream.h"

enum { ARCHIVE_LABELS_MAX = 1 << 16 }; /* bytes of user.pyro.labels; more is ERR_LIMIT */

struct member {
	struct str name; /* bytes of the path; UTF-8 from pax and zip archives */
	int64_t mtime;   /* ns; 0 when the archive has none */
	uint64_t size;
	bool sized;        /* size is known (zip streams may tell it behind the data) */
	bool regular;      /* not a folder, link or device */
	struct str labels; /* text of user.pyro.labels, empty when there is none */
};

struct unpack;
struct pack;

/* Whether the next bytes of s look like an archive. Peeks 512 bytes; -1 when that fails. */
int archive_like(struct src *s, struct err *e);

/* Takes s over: it is closed with the reader, or at once on failure. */
struct unpack *unpack_open(struct src *s, struct err *e);
/* 1: *m is filled, valid until the next call; 0: the end; -1. Skips what was not read. */
int unpack_next(struct unpack *u, struct member *m, struct err *e);
/* Appends the member's bytes to out. ERR_LIMIT past limit bytes. */
int unpack_read(struct unpack *u, size_t limit, struct buf *out, struct err *e);
void unpack_close(struct unpack *u); /* accepts NULL */

/* xz, bzip2 or lz4 by its magic, or NULL; gzip and zstd are base/zip.h's. */
const char *archive_packed(struct str bytes);
/* Takes it off and appends. ERR_LIMIT past limit bytes, ERR_CORRUPT. */
int archive_unpack(struct str bytes, size_t limit, struct buf *out, struct err *e);

/* Does not take k over: the caller closes it after pack_close. Same members, same bytes:
   mode 0644, owner 0, no owner names, no access or change times. */
struct pack *pack_open(struct sink *k, struct err *e);
/* m->size, sized and regular are ignored; the file is `bytes`. ERR_INVALID for a name that
   is empty or holds a NUL. */
int pack_add(struct pack *p, const struct member *m, struct str bytes, struct err *e);
int pack_close(struct pack *p, struct err *e); /* writes the end; accepts NULL */

#endif
