/*
 * folder.c - the part of file.h about folders.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/vec.h"
#include "io/fd.h"
#include "io/file.h"

/* One level; made durable in the folder above, or files in it could vanish with it. */
static int make_folder(int dirfd, const char *path, unsigned mode, struct err *e)
{
	struct str above = str_cstr(path);
	struct stat st;
	char *parent;
	int rc;

	if (mkdirat(dirfd, path, mode) < 0) {
		int sys = errno;

		/* A read-only or forbidden parent does not matter when the folder is there. */
		if (fstatat(dirfd, path, &st, 0) == 0 && S_ISDIR(st.st_mode))
			return 0;
		errno = sys == EEXIST ? ENOTDIR : sys;
		return err_sys(e, fd_kind(errno), "%s: make folder", path);
	}
	above.n = str_rfind(above, '/');
	parent = above.n == strlen(path) ? mem_cstr(".", 1) : mem_cstr(path, MAX(above.n, (size_t)1));
	rc = file_fsync_dir(dirfd, parent, e);
	mem_free(parent);
	/* One that is there is not synced again: the next attempt has to make it anew. */
	if (rc < 0)
		unlinkat(dirfd, path, AT_REMOVEDIR);
	return rc;
}

int file_mkdirs(int dirfd, const char *path, unsigned mode, struct err *e)
{
	char *part = mem_cstr(path, strlen(path));
	size_t n = strlen(part);
	struct stat st;
	int rc = 0;

	while (n > 1 && part[n - 1] == '/')
		part[--n] = '\0';
	if (fstatat(dirfd, part, &st, 0) == 0 && S_ISDIR(st.st_mode))
		n = 0;
	for (size_t i = 1; i <= n && rc == 0; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		if (part[i - 1] == '/')
			continue;
		part[i] = '\0';
		rc = make_folder(dirfd, part, mode, e);
		if (i < n)
			part[i] = '/';
	}
	mem_free(part);
	return rc;
}

/* Beside parameters called dirfd. */
static int dirfd_of(DIR *d)
{
	return dirfd(d);
}

/* The stream owns the descriptor from here on. */
static DIR *folder_open(int dirfd, const char *path, int flags, struct err *e)
{
	int fd = fd_open(dirfd, path, O_RDONLY | O_DIRECTORY | flags, e);
	DIR *d;

	if (fd < 0)
		return NULL;
	d = fdopendir(fd);
	if (d == NULL) {
		err_sys(e, ERR_IO, "%s", path);
		fd_close(&fd);
	}
	return d;
}

/* The next entry that is not . or ..; NULL with *rc = 0 at the end, -1 on failure. */
static struct dirent *folder_next(DIR *d, int *rc, struct err *e)
{
	struct dirent *entry;

	do {
		errno = 0;
		entry = readdir(d);
	} while (entry && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
	*rc = entry == NULL && errno ? err_sys(e, ERR_IO, "read folder") : 0;
	return entry;
}

static int remove_at(int dirfd, const char *name, unsigned depth, struct err *e)
{
	struct dirent *entry;
	DIR *d;
	int rc;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return err_sys(e, fd_kind(errno), "%s: remove", name);
	/* An empty one goes without being opened, also when no descriptor is left. */
	if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0)
		return 0;
	if (depth == FILE_TREE_DEPTH)
		return err_set(e, ERR_LIMIT, "%s: folders nested deeper than %d", name, FILE_TREE_DEPTH);
	d = folder_open(dirfd, name, O_NOFOLLOW, e);
	if (d == NULL)
		return -1;
	while ((entry = folder_next(d, &rc, e)) != NULL) {
		rc = remove_at(dirfd_of(d), entry->d_name, depth + 1, e);
		if (rc < 0)
			break;
	}
	closedir(d);
	if (rc < 0)
		return err_wrap(e, "%s", name);
	if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys(e, fd_kind(errno), "%s: remove", name);
	return 0;
}

int file_remove_tree(int dirfd, const char *path, struct err *e)
{
	return remove_at(dirfd, path, 0, e);
}

static int by_name(const void *a, const void *b)
{
	return str_cmp(((const struct file_info *)a)->name, ((const struct file_info *)b)->name);
}

static void list_add(struct arena *a, const char *name, const struct stat *st, struct file_info *out)
{
	*out = (struct file_info){
		.name = { arena_cstr(a, str_cstr(name)), strlen(name) },
		.type = S_ISREG(st->st_mode) ? FILE_REGULAR
		    : S_ISDIR(st->st_mode)   ? FILE_FOLDER
		    : S_ISLNK(st->st_mode)   ? FILE_LINK
					     : FILE_OTHER,
		.size = (uint64_t)st->st_size,
		.mtime = st->st_mtim.tv_sec * NS_PER_S + st->st_mtim.tv_nsec,
	};
}

const char *file_join(struct arena *a, const char *folder, struct str name)
{
	const char *slash = str_suffix(str_cstr(folder), STR("/")) ? "" : "/";

	return arena_printf(a, "%s%s" STR_FMT, folder, slash, STR_ARG(name)).p;
}

int file_list(struct arena *a, int dirfd, const char *path, struct file_list *out, struct err *e)
{
	VEC(struct file_info) all = { 0 };
	DIR *d = folder_open(dirfd, path, 0, e);
	struct dirent *entry;
	int rc;

	if (d == NULL)
		return -1;
	while ((entry = folder_next(d, &rc, e)) != NULL) {
		struct stat st;

		if (fstatat(dirfd_of(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			vec_reserve(&all, 1);
			list_add(a, entry->d_name, &st, &all.p[all.n++]);
		} else if (errno != ENOENT) {
			rc = err_sys(e, fd_kind(errno), "%s", entry->d_name);
			break;
		}
	}
	closedir(d);
	if (rc == 0) {
		if (all.n)
			qsort(all.p, all.n, sizeof(*all.p), by_name);
		out->n = all.n;
		out->p = arena_array(a, all.n, sizeof(*all.p));
		if (all.n)
			memcpy(out->p, all.p, all.n * sizeof(*all.p));
	}
	vec_free(&all);
	return rc < 0 ? err_wrap(e, "%s", path) : 0;
}
