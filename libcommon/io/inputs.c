/* inputs.c - see inputs.h */
#include "io/inputs.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/vec.h"
#include "base/zip.h"
#include "io/archive.h"
#include "io/fd.h"
#include "io/file.h"
#include "io/filter_zip.h"
#include "io/stream_fd.h"

struct inputs {
	const struct inputs_opts *o;
	int (*fn)(void *ctx, struct input *in, struct err *e);
	void *ctx;
	bool hinted;
};

/* ---- labels ---- */

enum {
	MAX_LABELS_FILE = 1 << 20,
	HEAD = 16, /* bytes that tell what a file is packed with */
};

void inputs_labels_fini(struct inputs_labels *l)
{
	arena_free(l->a);
	*l = (struct inputs_labels){ 0 };
}

static int parse_labels(struct str text, struct buf *out, struct err *e)
{
	struct jw w = jw_init(out);
	unsigned number = 0;

	jw_open(&w, '{');
	while (text.n) {
		struct str line = str_trim(str_cut(&text, '\n'));
		struct str name = str_trim(str_of(line.p, str_find(line, '='))), value;

		number++;
		if (line.n == 0 || line.p[0] == '#')
			continue;
		value = str_trim(str_skip(line, str_find(line, '=') + 1));
		if (name.n == 0 || name.n == line.n || value.n == 0)
			return err_set(e, ERR_USAGE, "line %u: NAME=VALUE is expected", number);
		jw_key(&w, name);
		jw_str(&w, value);
	}
	jw_close(&w, '}');
	return 0;
}

int inputs_take_labels(struct inputs_labels *l, const char *path, struct err *e)
{
	struct buf text, json;
	int rc;

	if (path[0] != '@')
		return 0;
	buf_init(&text, MAX_LABELS_FILE);
	buf_init(&json, (size_t)8 * MAX_LABELS_FILE);
	rc = file_read(AT_FDCWD, path + 1, MAX_LABELS_FILE, &text, e);
	if (rc == 0)
		rc = parse_labels(buf_str(&text), &json, e);
	if (rc == 0) {
		if (l->a == NULL)
			l->a = arena_new();
		l->json = arena_str(l->a, buf_str(&json));
	} else {
		err_wrap(e, "%s", path);
	}
	buf_fini(&text);
	buf_fini(&json);
	return rc < 0 ? -1 : 1;
}

/* Both objects as one: of equal members the last counts. What is no object stays, for whoever reads it to complain. */
static void add_labels(struct inputs *x, struct input *in)
{
	struct str given = x->o->labels ? x->o->labels->json : STR_NONE, own = str_trim(in->labels), inner;

	if (given.n <= 2)
		return;
	if (own.n < 2) {
		in->labels = arena_str(in->a, given);
		return;
	}
	inner = str_trim(str_of(own.p + 1, own.n - 2));
	if (own.p[0] == '{' && own.p[own.n - 1] == '}')
		in->labels = arena_printf(in->a, "{" STR_FMT "%s" STR_FMT, STR_ARG(inner), inner.n ? "," : "",
		    STR_ARG(str_skip(given, 1)));
}

static int give(struct inputs *x, struct input *in, struct err *e)
{
	int rc;

	add_labels(x, in);
	rc = x->fn(x->ctx, in, e);

	if (rc < 0)
		err_wrap(e, STR_FMT, STR_ARG(in->name));
	if (rc < 0 && x->o->bad != NULL)
		rc = x->o->bad(x->ctx, in->name, e);
	arena_free(in->a);
	in->a = NULL;
	return rc;
}

static const char *packed_with(struct str bytes)
{
	return zip_is_gzip(bytes) ? "gzip" : zip_is_zstd(bytes) ? "zstd" : archive_packed(bytes);
}

/* Takes a compression off; what comes out lives in in->a. */
static int unzip(struct input *in, size_t limit, struct err *e)
{
	struct str bytes = in->bytes;
	size_t n = zip_is_gzip(bytes) ? zip_gunzip_size(bytes, limit) : 0;
	struct zip_ends ends = { 0 };
	struct buf b;
	char *p;
	int rc;

	in->packed = packed_with(bytes);
	if (in->packed == NULL)
		return 0;
	if (n > 0 && zip_gunzip_into(bytes, p = arena_alloc(in->a, n), n)) {
		in->bytes = str_of(p, n);
		return 0;
	}
	buf_init(&b, limit);
	rc = zip_is_gzip(bytes) || zip_is_zstd(bytes) ? zip_unpack(bytes, limit, &b, &ends, e)
						      : archive_unpack(bytes, limit, &b, e);
	if (rc == 0)
		in->bytes = arena_str(in->a, buf_str(&b));
	if (rc == 0 && ends.n > 1) {
		size_t *own = arena_array(in->a, ends.n, sizeof(*own));

		memcpy(own, ends.p, ends.n * sizeof(*own));
		in->ends = own;
		in->n_ends = ends.n;
	}
	vec_free(&ends);
	buf_fini(&b);
	return rc;
}

/* One of several failed: others may be what is wanted. */
static int one_failed(struct inputs *x, struct err *e)
{
	bool bytes = e->kind == ERR_INVALID || e->kind == ERR_UNSUPPORTED || e->kind == ERR_CORRUPT;

	if (x->o->bad == NULL && x->o->skip != NULL && bytes && !x->hinted)
		err_set(e, e->kind, "%s; %s skips what cannot be read", e->msg, x->o->skip);
	x->hinted = true;
	return -1;
}

static int archive(struct inputs *x, struct src *s, struct str name, struct err *e);

static bool is_archive(struct str bytes)
{
	struct src *s = src_mem(bytes);
	struct err ignored;
	bool yes = archive_like(s, &ignored) > 0;

	src_close(s);
	return yes;
}

/* Bytes as they were found: packed, an archive, or the thing itself. */
static int found(struct inputs *x, struct input *in, bool inside, struct err *e)
{
	int rc;

	if (unzip(in, x->o->limit, e) < 0) {
		err_wrap(e, STR_FMT, STR_ARG(in->name));
		rc = x->o->bad != NULL ? x->o->bad(x->ctx, in->name, e) : -1;
		arena_free(in->a);
		return rc;
	}
	in->bytes = str_unmarked(in->bytes);
	if (inside || !is_archive(in->bytes))
		return give(x, in, e);
	rc = archive(x, src_mem(in->bytes), in->name, e);
	arena_free(in->a);
	return rc;
}

/* Takes s over. */
static int archive(struct inputs *x, struct src *s, struct str name, struct err *e)
{
	struct unpack *u = unpack_open(s, e);
	struct member m;
	struct buf b;
	int rc = u == NULL ? -1 : 1;

	buf_init(&b, x->o->limit);
	while (rc > 0 && (rc = unpack_next(u, &m, e)) > 0) {
		struct input in = { .mtime = m.mtime };

		if (!m.regular)
			continue;
		buf_reset(&b);
		if (unpack_read(u, x->o->limit, &b, e) < 0) {
			rc = -1;
			break;
		}
		in.a = arena_new();
		in.name = arena_str(in.a, m.name);
		in.labels = arena_str(in.a, m.labels);
		in.bytes = arena_str(in.a, buf_str(&b));
		if (found(x, &in, true, e) < 0)
			rc = one_failed(x, e);
	}
	buf_fini(&b);
	unpack_close(u);
	return rc < 0 ? err_wrap(e, STR_FMT, STR_ARG(name)) : 0;
}

static int whole_file(struct inputs *x, int fd, struct str name, const struct stat *st, struct err *e)
{
	struct input in = { .a = arena_new(), .name = name };
	size_t got = 0, size = st->st_size > 0 ? (size_t)st->st_size : 0;
	char *p;

	in.mtime = st->st_mtim.tv_sec * NS_PER_S + st->st_mtim.tv_nsec;
	in.name = arena_str(in.a, name);
	if (size > x->o->limit) {
		arena_free(in.a);
		return err_set(e, ERR_LIMIT, STR_FMT ": %zu bytes, at most %zu are read", STR_ARG(name), size,
		    x->o->limit);
	}
	p = arena_alloc(in.a, size + 1);
	if (fd_read_full(fd, p, size, &got, e) < 0) {
		arena_free(in.a);
		return err_wrap(e, STR_FMT, STR_ARG(name));
	}
	in.bytes = str_of(p, got);
	return found(x, &in, false, e);
}

/* 1: somebody reads it as a stream; 0: not, *s is unpacked; 2: it is an archive. */
static int offer(struct inputs *x, struct src **s, struct str name, struct err *e)
{
	struct str head;
	int like;

	*s = src_unzip(*s, UINT64_MAX);
	like = archive_like(*s, e);
	if (like < 0 || src_peek(*s, HEAD, &head, e) < 0)
		return -1;
	src_skip(*s, head.n - str_unmarked(head).n);
	return like > 0 ? 2 : x->o->stream(x->ctx, name, *s, e);
}

/* A file that o->stream is asked about. */
static bool is_offered(const struct inputs *x, int fd, const struct stat *st)
{
	char head[HEAD];
	ssize_t n;

	if (x->o->stream == NULL || (uint64_t)st->st_size < MIN(x->o->plain_from, x->o->stream_from))
		return false;
	if ((uint64_t)st->st_size >= x->o->stream_from)
		return true;
	n = pread(fd, head, sizeof(head), 0);
	return n == HEAD && packed_with(str_of(head, HEAD)) == NULL;
}

/* A pipe that o->stream is asked about: what is packed and not large is unpacked faster as a whole. */
static int is_pipe_offered(const struct inputs *x, struct src *s, bool *yes, struct err *e)
{
	struct str head;

	*yes = true;
	if (src_peek(s, HEAD, &head, e) < 0)
		return -1;
	if (packed_with(head) == NULL)
		return 0;
	if (src_peek(s, (size_t)x->o->stream_from, &head, e) < 0)
		return -1;
	*yes = head.n >= x->o->stream_from;
	return 0;
}

/*
 * A pipe or a large file: an archive is read member by member, anything else as a whole or by o->stream. st: of a file that
 * can be read again from its beginning, or NULL.
 */
static int stream(struct inputs *x, int fd, const char *path_name, const struct stat *st, struct err *e)
{
	struct src *s = src_fd(fd, FD_KEEP, path_name);
	struct str name = str_cstr(path_name);
	struct input in;
	struct buf b;
	int like = archive_like(s, e), rc = MIN(like, 0);
	bool offered = like == 0 && x->o->stream != NULL && (x->o->labels == NULL || x->o->labels->json.n == 0);

	if (offered && st == NULL)
		rc = is_pipe_offered(x, s, &offered, e);
	if (rc == 0 && offered)
		rc = offer(x, &s, name, e);
	if (like > 0 || rc == 2)
		return archive(x, s, name, e);
	if (rc != 0) {
		src_close(s);
		return rc > 0 ? 0 : err_wrap(e, STR_FMT, STR_ARG(name));
	}
	if (st != NULL && S_ISREG(st->st_mode) && (uint64_t)st->st_size < x->o->stream_from) {
		src_close(s);
		if (lseek(fd, 0, SEEK_SET) < 0)
			return err_sys(e, ERR_IO, STR_FMT, STR_ARG(name));
		return whole_file(x, fd, name, st, e);
	}
	buf_init(&b, x->o->limit);
	rc = src_all(s, x->o->limit, &b, e);
	src_close(s);
	if (rc < 0) {
		buf_fini(&b);
		return err_wrap(e, STR_FMT, STR_ARG(name));
	}
	in = (struct input){ .a = arena_new() };
	in.name = arena_str(in.a, name);
	in.bytes = arena_str(in.a, buf_str(&b));
	buf_fini(&b);
	return found(x, &in, false, e);
}

static int path(struct inputs *x, const char *name, unsigned depth, struct err *e);

static int folder(struct inputs *x, const char *name, unsigned depth, struct err *e)
{
	struct arena *a = arena_new();
	struct file_list list;
	int rc = file_list(a, AT_FDCWD, name, &list, e);

	if (rc == 0 && depth >= INPUTS_MAX_DEPTH)
		rc = err_set(e, ERR_LIMIT, "%s: folders are nested more than %d deep", name, INPUTS_MAX_DEPTH);
	for (size_t i = 0; rc == 0 && i < list.n; i++) {
		if (list.p[i].name.p[0] == '.' || list.p[i].type == FILE_OTHER)
			continue;
		rc = path(x, file_join(a, name, list.p[i].name), depth + 1, e);
		if (rc < 0)
			one_failed(x, e);
	}
	arena_free(a);
	return rc;
}

static int open_path(struct inputs *x, const char *name, unsigned depth, struct err *e)
{
	int fd = fd_open(AT_FDCWD, name, O_RDONLY, e), rc;
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		rc = err_sys(e, ERR_IO, "%s", name);
	else if (S_ISDIR(st.st_mode))
		rc = folder(x, name, depth, e);
	else if (S_ISREG(st.st_mode) && !is_offered(x, fd, &st))
		rc = whole_file(x, fd, str_cstr(name), &st, e);
	else
		rc = stream(x, fd, name, &st, e);
	fd_close(&fd);
	return rc;
}

static int path(struct inputs *x, const char *name, unsigned depth, struct err *e)
{
	static const char standard[] = "standard input";
	bool own = strcmp(name, "-") == 0;
	int rc;

	if (own && isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
		fputs("reading from the terminal; Ctrl-D ends that, -help tells the usage\n", stderr);
	rc = own ? stream(x, STDIN_FILENO, standard, NULL, e) : open_path(x, name, depth, e);

	if (rc < 0 && x->o->bad != NULL)
		return x->o->bad(x->ctx, str_cstr(own ? standard : name), e);
	return rc;
}

int inputs_each(const char *const *paths, size_t n, const struct inputs_opts *o,
    int (*fn)(void *ctx, struct input *in, struct err *e), void *ctx, struct err *e)
{
	struct inputs x = { .o = o, .fn = fn, .ctx = ctx };
	size_t sources = 0;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		if (o->labels != NULL && paths[i][0] == '@') {
			rc = MIN(inputs_take_labels(o->labels, paths[i], e), 0);
			continue;
		}
		sources++;
		rc = path(&x, paths[i], 0, e);
	}
	return rc == 0 && sources == 0 ? path(&x, "-", 0, e) : rc;
}
