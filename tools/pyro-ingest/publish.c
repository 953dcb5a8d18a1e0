/* publish.c - see publish.h */
#include "tools/pyro-ingest/publish.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "io/fd.h"
#include "io/file.h"

#define TMP ".tmp-"

enum { NAME = sizeof(TMP) + ULID_TEXT };

static void tmp_name(char out[static NAME], struct ulid id)
{
	char text[ULID_TEXT + 1];

	ulid_print(id, text);
	snprintf(out, NAME, TMP "%s", text);
}

static int write_part(int dir, struct str name, struct str bytes, struct err *e)
{
	char path[64];
	int fd, rc;

	snprintf(path, sizeof(path), STR_FMT, STR_ARG(name));
	fd = fd_open(dir, path, O_WRONLY | O_CREAT | O_TRUNC, e);
	if (fd < 0)
		return -1;
	rc = fd_write_all(fd, bytes, e);
	if (rc == 0)
		rc = fd_sync(fd, e);
	if (rc == 0)
		rc = fd_close_check(&fd, e);
	else
		fd_close(&fd);
	return rc < 0 ? err_wrap(e, "%s", path) : 0;
}

static int write_parts(int dir, const char *name, const struct block_parts *b, struct err *e)
{
	int at = fd_open(dir, name, O_RDONLY | O_DIRECTORY, e), rc = at < 0 ? -1 : 0;

	for (uint32_t i = 0; i < b->n_parts && rc == 0; i++)
		rc = write_part(at, b->part[i].name, b->part[i].bytes, e);
	if (rc == 0)
		rc = fd_sync(at, e);
	fd_close(&at);
	return rc;
}

int publish_write(int dir, const struct block_parts *b, struct err *e)
{
	char name[NAME];
	int rc;

	tmp_name(name, b->meta.ulid);
	if (file_remove_tree(dir, name, e) < 0)
		return -1;
	rc = file_mkdirs(dir, name, 0777, e);
	if (rc == 0)
		rc = write_parts(dir, name, b, e);
	if (rc < 0) {
		struct err ignored;

		err_wrap(e, "block %s", name + sizeof(TMP) - 1);
		file_remove_tree(dir, name, &ignored);
	}
	return rc;
}

int publish_name(int dir, struct ulid id, struct err *e)
{
	char from[NAME], to[ULID_TEXT + 1];

	tmp_name(from, id);
	ulid_print(id, to);
	/* Renamed by an attempt that ended before the folder was synced, perhaps. */
	if (faccessat(dir, to, F_OK, 0) == 0)
		return file_remove_tree(dir, from, e) < 0 ? -1 : fd_sync(dir, e);
	return file_rename(dir, from, to, e);
}

int publish_drop(int dir, struct ulid id, struct err *e)
{
	char name[NAME];

	tmp_name(name, id);
	return file_remove_tree(dir, name, e);
}

int publish_tidy(int dir, struct err *e)
{
	struct arena *a = arena_new();
	struct file_list list;
	int rc = file_list(a, dir, ".", &list, e);

	for (size_t i = 0; rc == 0 && i < list.n; i++)
		if (str_prefix(list.p[i].name, STR(TMP)))
			rc = file_remove_tree(dir, list.p[i].name.p, e);
	arena_free(a);
	return rc;
}
