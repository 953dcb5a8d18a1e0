/* cli_list.c - see cli_list.h */
#include "tools/pyro-query/cli_list.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/vec.h"
#include "formats/labels/regex.h"
#include "io/file.h"

enum { MAX_SOURCE = 64 << 20 };

struct source {
	struct str path, text;
	const char *error; /* NULL: there is a text */
};

struct sources {
	struct arena *a;
	VEC(struct source) files;
	struct map map;
};

/* The words of pprof, which are those of Go. */
static const char *cannot_open(struct arena *a, struct str path, int error)
{
	char *why = arena_cstr(a, str_cstr(strerror(error)));

	if (why[0] >= 'A' && why[0] <= 'Z')
		why[0] = (char)(why[0] + 'a' - 'A');
	return arena_printf(a, "open " STR_FMT ": %s", STR_ARG(path), why).p;
}

/* 0, or why not; a folder has no lines. */
static int read_source(struct arena *a, const char *path, struct str *text)
{
	struct stat st;
	struct err e;
	struct buf b;
	int rc;

	*text = STR_NONE;
	if (stat(path, &st) < 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return 0;
	if (!S_ISREG(st.st_mode))
		return EINVAL;
	buf_init(&b, MAX_SOURCE);
	rc = file_read(AT_FDCWD, path, MAX_SOURCE, &b, &e);
	if (rc == 0)
		*text = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return rc == 0 ? 0 : e.kind == ERR_LIMIT ? EFBIG : e.sys ? e.sys : EIO;
}

/* Below the folders and their parents. */
static bool search_up(struct arena *a, struct str path, struct str search, struct str *text)
{
	while (search.n) {
		struct str dir = str_cut(&search, ':');

		for (;;) {
			const char *name = arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(dir), STR_ARG(path)).p;
			size_t slash;

			if (read_source(a, name, text) == 0)
				return true;
			slash = str_rfind(dir, '/');
			if (dir.n == 0 || slash >= dir.n)
				break;
			dir.n = slash;
		}
	}
	return false;
}

static struct source load(struct arena *a, struct str path, struct str search)
{
	struct source s = { .path = arena_str(a, path) };
	int error;

	if (memchr(path.p, '\0', path.n) != NULL) {
		s.error = cannot_open(a, path, EINVAL);
	} else if (path.n && path.p[0] == '/') {
		if ((error = read_source(a, arena_cstr(a, path), &s.text)) != 0)
			s.error = cannot_open(a, path, error);
	} else if (!search_up(a, path, search, &s.text)) {
		s.error = arena_printf(a, "could not find file " STR_FMT " on path " STR_FMT, STR_ARG(path),
		    STR_ARG(search))
			      .p;
	}
	return s;
}

static int open_source(void *ctx, struct str path, struct str search, struct str *text, struct err *e)
{
	struct sources *all = ctx;
	uint64_t hash = hash_seeded(path);
	struct map_at at = map_find(&all->map, hash);
	uint32_t i = 0;
	bool known = false;

	while (!known && map_next(&at, &i))
		known = str_eq(all->files.p[i].path, path);
	if (!known) {
		i = (uint32_t)all->files.n;
		vec_push(&all->files, load(all->a, path, search));
		map_put(&all->map, hash, i);
	}
	*text = all->files.p[i].text;
	return all->files.p[i].error ? err_set(e, ERR_NOTFOUND, "%s", all->files.p[i].error) : 0;
}

int cli_list_print(struct report *r, struct arena *a, const char *text, const char *source_path, struct buf *out,
    struct err *e)
{
	struct sources all = { .a = a };
	struct report_sources s = { .open = open_source, .ctx = &all, .search = str_cstr(source_path) };
	struct regex *which = regex_new(str_cstr(text), e);
	char folder[4096];
	int rc;

	if (which == NULL) {
		e->kind = ERR_USAGE;
		return err_wrap(e, "list");
	}
	if (s.search.n == 0 && getcwd(folder, sizeof(folder)) != NULL)
		s.search = str_cstr(folder);
	rc = report_list(r, which, &s, out, e);
	regex_free(which);
	vec_free(&all.files);
	map_fini(&all.map);
	return rc;
}
