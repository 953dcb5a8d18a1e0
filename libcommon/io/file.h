/*
 * file.h - whole files, folders, locks, mappings.
 *
 * Files become visible only complete: bytes go to a temporary file in the
 * same folder, which is synced, renamed, and the folder synced. A reader
 * needs no lock. Paths are relative to dirfd (AT_FDCWD, or a folder).
 * Every failure names the path. Any thread; objects are not shared.
 *
 *	struct tmp t;
 *	if (tmp_open(&t, AT_FDCWD, "data/ring.json", 0644, e) < 0)
 *		return -1;
 *	rc = fd_write_all(t.fd, text, e);
 *	if (rc == 0)
 *		rc = tmp_commit(&t, e);
 *	tmp_drop(&t);                           // harmless after a commit
 */
#ifndef FILE_H
#define FILE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/stream.h"

enum { FILE_TREE_DEPTH = 64 }; /* of file_remove_tree */

/* Appends the whole file to out; ERR_LIMIT past limit bytes, also for pipes and /proc. */
int file_read(int dirfd, const char *path, size_t limit, struct buf *out, struct err *e);
/* New contents, atomically and durably. */
int file_replace(int dirfd, const char *path, struct str bytes, unsigned mode, struct err *e);
/* What a program answers, all of it: see sink_answer in stream_fd.h. */
int file_answer(const char *path, struct str bytes, bool force, struct err *e);
/* Makes renames and removals in the folder durable. */
int file_fsync_dir(int dirfd, const char *path, struct err *e);
/* Renames and makes it durable (both folders). */
int file_rename(int dirfd, const char *from, const char *to, struct err *e);
/* Removes one file; that it is not there is no error. */
int file_remove(int dirfd, const char *path, struct err *e);

/* A file that is not yet there. fd is for writing; -1 when nothing is open. */
struct tmp {
	int dirfd, fd;
	char *path, *tmp;
};

int tmp_open(struct tmp *t, int dirfd, const char *path, unsigned mode, struct err *e);
int tmp_commit(struct tmp *t, struct err *e); /* on failure the temporary is gone as well */
void tmp_drop(struct tmp *t);                 /* removes it unless committed; may be repeated */
/* Removes what processes that were killed left of tmp_open in the folder. Nobody else may be writing there. */
int tmp_tidy(int dirfd, const char *path, struct err *e);

/* mkdir -p. Folders that are there keep their mode. */
int file_mkdirs(int dirfd, const char *path, unsigned mode, struct err *e);
/* rm -r, not following links; ERR_LIMIT below FILE_TREE_DEPTH; absent is no error. */
int file_remove_tree(int dirfd, const char *path, struct err *e);

struct file_info {
	struct str name; /* without folder, terminated with NUL as well */
	enum { FILE_REGULAR, FILE_FOLDER, FILE_LINK, FILE_OTHER } type;
	uint64_t size;
	int64_t mtime; /* ns */
};

struct file_list {
	struct file_info *p;
	size_t n;
};

/* The folder's entries without . and .., sorted by bytes, in a. Entries that vanish
   while it is read are left out. */
int file_list(struct arena *a, int dirfd, const char *path, struct file_list *out, struct err *e);
/* "folder/name" in a, with one slash however the folder was written: "day", "day/". */
const char *file_join(struct arena *a, const char *folder, struct str name);

/*
 * An exclusive lock on path (made if missing, never removed, because removing
 * a lock file is a race), held by the descriptor that is returned until that is
 * closed or the process ends. ERR_BUSY when somebody holds it and wait is false.
 */
int file_lock(int dirfd, const char *path, bool wait, struct err *e);

/* The file, mapped read-only; reads are slices of the mapping and cost nothing. A file
   that others shorten meanwhile kills the process: only for files replaced by rename. */
enum file_advice { FILE_RANDOM, FILE_SEQUENTIAL };
struct blob *blob_file(const char *path, struct err *e); /* FILE_RANDOM */
struct blob *blob_file_at(int dirfd, const char *path, enum file_advice advice, struct err *e);

#endif
