/* commit.c - see commit.h */
#include "tools/pyro-ingest/commit.h"

#include <fcntl.h>
#include <unistd.h>

#include "io/fd.h"
#include "io/file.h"
#include "tools/pyro-ingest/publish.h"

enum { MAX_COMMIT = 64 << 20 };

void commit_fini(struct commit *c)
{
	vec_free(&c->blocks);
	vec_free(&c->journals);
	vec_free(&c->damaged);
}

int commit_tenant_dir(const char *data, struct str tenant, struct err *e)
{
	struct arena *a = arena_new();
	const char *path = arena_printf(a, "%s/" STR_FMT "/local", data, STR_ARG(tenant)).p;
	int fd = -1;

	if (file_mkdirs(AT_FDCWD, path, 0777, e) == 0)
		fd = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, e);
	arena_free(a);
	return fd;
}

int commit_write(int journal_dir, const char *name, const struct commit *c, struct err *e)
{
	struct buf b;
	char id[ULID_TEXT + 1];
	int rc;

	buf_init(&b, MAX_COMMIT);
	for (size_t i = 0; i < c->blocks.n; i++) {
		ulid_print(c->blocks.p[i].id, id);
		buf_printf(&b, "block " STR_FMT " %s\n", STR_ARG(c->blocks.p[i].tenant), id);
	}
	for (size_t i = 0; i < c->journals.n; i++)
		buf_printf(&b, "journal " STR_FMT "\n", STR_ARG(c->journals.p[i]));
	for (size_t i = 0; i < c->damaged.n; i++)
		buf_printf(&b, "damaged " STR_FMT "\n", STR_ARG(c->damaged.p[i]));
	buf_add(&b, STR("end\n"));
	rc = buf_check(&b, "commit file", e);
	if (rc == 0)
		rc = file_replace(journal_dir, name, buf_str(&b), 0666, e);
	buf_fini(&b);
	return rc;
}

int commit_cancel(int journal_dir, const char *name, struct err *e)
{
	if (file_remove(journal_dir, name, e) < 0)
		return -1;
	return file_fsync_dir(journal_dir, ".", e);
}

int commit_drop_blocks(const char *data, const struct commit *c, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < c->blocks.n && rc == 0; i++) {
		int dir = commit_tenant_dir(data, c->blocks.p[i].tenant, e);

		rc = dir < 0 ? -1 : publish_drop(dir, c->blocks.p[i].id, e);
		fd_close(&dir);
	}
	return rc;
}

int commit_keep_aside(int journal_dir, struct str name, struct err *e)
{
	struct arena *a = arena_new();
	const char *from = arena_cstr(a, name);
	int rc = file_rename(journal_dir, from, arena_printf(a, "%s.broken", from).p, e);

	arena_free(a);
	return rc < 0 && e->kind == ERR_NOTFOUND ? 0 : rc; /* done already */
}

static int finish_line(const char *data, int journal_dir, struct arena *a, struct str line, struct err *e)
{
	struct str rest = line, word = str_cut(&rest, ' ');
	struct ulid id;
	int dir, rc;

	if (str_eq(word, STR("journal")))
		return file_remove(journal_dir, arena_cstr(a, rest), e);
	if (str_eq(word, STR("damaged")))
		return commit_keep_aside(journal_dir, rest, e);
	if (!str_eq(word, STR("block")))
		return err_set(e, ERR_CORRUPT, "unknown line \"" STR_FMT "\"", STR_ARG(line));
	word = str_cut(&rest, ' ');
	if (ulid_parse(rest, &id, e) < 0)
		return -1;
	dir = commit_tenant_dir(data, word, e);
	if (dir < 0)
		return -1;
	rc = publish_name(dir, id, e);
	fd_close(&dir);
	return rc;
}

int commit_finish(const char *data, int journal_dir, const char *name, struct err *e)
{
	struct arena *a = arena_new();
	struct buf b;
	struct str rest;
	int rc;

	buf_init(&b, MAX_COMMIT + 1);
	rc = file_read(journal_dir, name, MAX_COMMIT, &b, e);
	rest = buf_str(&b);
	if (rc == 0 && !str_suffix(rest, STR("end\n")))
		rc = err_set(e, ERR_CORRUPT, "the last line is missing");
	while (rc == 0 && rest.n > 0) {
		struct str line = str_cut(&rest, '\n');

		if (!str_eq(line, STR("end")))
			rc = finish_line(data, journal_dir, a, line, e);
	}
	if (rc == 0)
		rc = file_fsync_dir(journal_dir, ".", e);
	if (rc == 0)
		rc = file_remove(journal_dir, name, e);
	buf_fini(&b);
	arena_free(a);
	return rc < 0 ? err_wrap(e, "commit file %s", name) : 0;
}
