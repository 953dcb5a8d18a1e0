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

/* A file of the block. */
static int file_write(struct sink *s, struct str bytes, struct err *e)
{
	struct publish *p = CONTAINER_OF(s, struct publish, file);

	p->bytes += bytes.n;
	return fd_write_all(p->fd, bytes, e) < 0 ? err_wrap(e, "%s", p->name) : 0;
}

static int file_close(struct sink *s, struct err *e)
{
	struct publish *p = CONTAINER_OF(s, struct publish, file);
	int rc = fd_sync(p->fd, e);

	if (rc == 0)
		rc = fd_close_check(&p->fd, e);
	else
		fd_close(&p->fd);
	return rc < 0 ? err_wrap(e, "%s", p->name) : 0;
}

static struct sink *part_open(struct block_sink *s, struct str name, struct err *e)
{
	struct publish *p = CONTAINER_OF(s, struct publish, sink);

	snprintf(p->name, sizeof(p->name), STR_FMT, STR_ARG(name));
	p->fd = fd_open(p->folder, p->name, O_WRONLY | O_CREAT | O_TRUNC, e);
	return p->fd < 0 ? NULL : &p->file;
}

static void undo(struct publish *p)
{
	struct err ignored;

	fd_close(&p->folder);
	publish_drop(p->dir, p->id, &ignored);
}

int publish_end(struct publish *p, bool whole, int rc, struct err *e)
{
	char id[ULID_TEXT + 1];

	if (rc == 0 && whole)
		rc = fd_sync(p->folder, e);
	if (rc < 0 || !whole)
		undo(p);
	fd_close(&p->folder);
	if (rc == 0)
		return 0;
	ulid_print(p->id, id);
	return err_wrap(e, "block %s", id);
}

int publish_begin(struct publish *p, int dir, struct ulid id, struct err *e)
{
	char name[NAME];

	*p = (struct publish){ .sink = { part_open },
		.dir = dir,
		.folder = -1,
		.fd = -1,
		.id = id,
		.file = { file_write, file_close } };
	tmp_name(name, id);
	if (file_remove_tree(dir, name, e) < 0 || file_mkdirs(dir, name, 0777, e) < 0)
		return publish_end(p, false, -1, e);
	p->folder = fd_open(dir, name, O_RDONLY | O_DIRECTORY, e);
	return p->folder < 0 ? publish_end(p, false, -1, e) : 0;
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
