/* places.c - see places.h: finding and opening */
#include "tools/pyro-query/places.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "io/file.h"
#include "io/inputs.h"
#include "net/httpc.h"
#include "tools/pyro-query/blocks.h"

enum { INPUT_LIMIT = INT32_MAX };

/* ---- blocks in memory: members of a block stream ---- */

struct member_part {
	struct str name, bytes;
};

struct memory_block {
	struct block_source source;
	struct str id;
	VEC(struct member_part) parts;
};

struct loading {
	struct places *p;
	VEC(struct memory_block *) streams;
};

static struct blob *memory_open(struct block_source *s, struct str name, struct err *e)
{
	struct memory_block *m = CONTAINER_OF(s, struct memory_block, source);

	for (size_t i = 0; i < m->parts.n; i++)
		if (str_eq(m->parts.p[i].name, name))
			return blob_mem(m->parts.p[i].bytes);
	err_set(e, ERR_NOTFOUND, "block " STR_FMT ": no " STR_FMT " in the stream", STR_ARG(m->id), STR_ARG(name));
	return NULL;
}

static void memory_close(struct block_source *s)
{
	struct memory_block *m = CONTAINER_OF(s, struct memory_block, source);

	vec_free(&m->parts);
	mem_free(m);
}

/* "<ULID>/meta.json" -> the block and the name of the part; folders in front are passed over. */
static bool block_member(struct str name, struct str *id, struct str *part)
{
	struct str rest = name;
	struct ulid ulid;
	struct err ignored;

	while (rest.n > 0) {
		struct str first = str_cut(&rest, '/');

		if (first.n == ULID_TEXT && rest.n > 0 && ulid_parse(first, &ulid, &ignored) == 0) {
			*id = first;
			*part = rest;
			return true;
		}
	}
	return false;
}

static void add_member(struct loading *l, struct str id, struct str part, struct str bytes)
{
	struct member_part new = { part, bytes };
	struct memory_block *m = NULL;

	for (size_t i = 0; i < l->streams.n; i++)
		if (str_eq(l->streams.p[i]->id, id))
			m = l->streams.p[i];
	if (m == NULL) {
		m = mem_zalloc(sizeof(*m));
		m->source = (struct block_source){ memory_open, memory_close };
		m->id = id;
		vec_push(&l->streams, m);
	}
	vec_push(&m->parts, new);
}

static int add_block(struct places *p, struct block *b)
{
	if (b == NULL)
		return -1;
	vec_push(&p->blocks, b);
	vec_push(&p->sets, &b->set);
	return 0;
}

/* ---- profiles ---- */

static int add_input(void *ctx, struct input *in, struct err *e)
{
	struct loading *l = ctx;
	struct format_opts fo = { .file_name = in->name };
	struct format_profiles got;
	const struct format *f;
	struct str id, part;

	if (block_member(in->name, &id, &part)) {
		add_member(l, id, part, in->bytes);
	} else {
		f = format_detect(in->bytes, in->name, e);
		if (f == NULL || f->decode(in->a, in->bytes, &fo, &got, e) < 0)
			return -1;
		for (uint32_t i = 0; i < got.n; i++)
			vec_push(&l->p->profiles, got.p[i]);
	}
	vec_push(&l->p->kept, in->a);
	in->a = NULL;
	return 0;
}

/* ---- folders with blocks ---- */

static bool has_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

static int add_folder(struct places *p, const char *path, bool *found, struct err *e)
{
	struct file_list list;
	struct ulid id;
	struct err ignored;
	int rc = file_list(p->a, AT_FDCWD, path, &list, e);

	for (size_t i = 0; rc == 0 && i < list.n; i++) {
		const char *sub = arena_printf(p->a, "%s/" STR_FMT, path, STR_ARG(list.p[i].name)).p;

		if (ulid_parse(list.p[i].name, &id, &ignored) < 0 ||
		    !has_file(arena_printf(p->a, "%s/meta.json", sub).p))
			continue;
		*found = true;
		rc = add_block(p, block_open_folder(sub, e));
	}
	return rc;
}

/* The folder itself, <folder>/local and <folder>/<tenant>/local; or the folder is a block. */
static int find_blocks(struct places *p, const char *path, bool *found, struct err *e)
{
	struct file_list list;

	*found = has_file(arena_printf(p->a, "%s/meta.json", path).p);
	if (*found)
		return add_block(p, block_open_folder(path, e));
	if (add_folder(p, path, found, e) < 0 || file_list(p->a, AT_FDCWD, path, &list, e) < 0)
		return -1;
	for (size_t i = 0; i < list.n; i++) {
		const char *sub = arena_printf(p->a, "%s/" STR_FMT "%s", path, STR_ARG(list.p[i].name),
		    str_eq(list.p[i].name, STR("local")) ? "" : "/local").p;
		struct stat st;

		if (stat(sub, &st) == 0 && S_ISDIR(st.st_mode) && add_folder(p, sub, found, e) < 0)
			return -1;
	}
	return 0;
}

static int add_path(struct loading *l, const char *path, struct err *e)
{
	struct inputs_opts io = { .limit = INPUT_LIMIT };
	struct stat st;
	bool found = false;

	if (strncmp(path, "http://", 7) == 0 || strncmp(path, "https://", 8) == 0) {
		if (l->p->url != NULL)
			return err_set(e, ERR_USAGE, "%s: one server at a time", path);
		l->p->url = path;
		return 0;
	}
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		if (find_blocks(l->p, path, &found, e) < 0)
			return -1;
		if (found)
			return 0;
	}
	return inputs_each(&path, 1, &io, add_input, l, e);
}

static int read_range(struct places *p, struct err *e)
{
	p->now = clock_real()->wall(clock_real());
	p->from = INT64_MIN;
	p->to = INT64_MAX;
	if (p->o->from[0] && num_time(str_cstr(p->o->from), p->now, &p->from, e) < 0)
		return err_wrap(e, "--from");
	if (p->o->to[0] && num_time(str_cstr(p->o->to), p->now, &p->to, e) < 0)
		return err_wrap(e, "--to");
	if (p->from > p->to)
		return err_set(e, ERR_USAGE, "--from is later than --to");
	return 0;
}

int places_open(struct places *p, const char *const *paths, size_t n, const struct query_opts *o, struct err *e)
{
	static const char *const standard_input[] = { "-" };
	struct loading l = { .p = p };
	int rc;

	*p = (struct places){ .a = arena_new(), .o = o };
	rc = read_range(p, e);
	if (n == 0) {
		paths = standard_input;
		n = 1;
	}
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add_path(&l, paths[i], e);
	for (size_t i = 0; i < l.streams.n; i++) {
		if (rc == 0)
			rc = add_block(p, block_open(&l.streams.p[i]->source, e));
		else
			memory_close(&l.streams.p[i]->source);
	}
	vec_free(&l.streams);
	if (rc == 0 && p->url != NULL && (p->profiles.n > 0 || p->blocks.n > 0))
		rc = err_set(e, ERR_USAGE, "a server and files cannot be asked together");
	if (rc < 0)
		places_close(p);
	return rc;
}

void places_close(struct places *p)
{
	for (size_t i = 0; i < p->blocks.n; i++)
		block_close(p->blocks.p[i]);
	for (size_t i = 0; i < p->kept.n; i++)
		arena_free(p->kept.p[i]);
	vec_free(&p->blocks);
	vec_free(&p->sets);
	vec_free(&p->kept);
	vec_free(&p->profiles);
	httpc_free(p->http);
	arena_free(p->a);
	p->http = NULL;
	p->a = NULL;
}
