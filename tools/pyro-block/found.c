/* found.c - see found.h */
#include "tools/pyro-block/found.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/vec.h"
#include "formats/head/journal_format.h"
#include "io/blobs.h"
#include "io/file.h"
#include "io/inputs.h"

enum { INPUT_LIMIT = INT32_MAX, MAGIC = 8 };

struct stream_block {
	struct str folder; /* where it lies in the stream; in mem */
	struct blobs *parts;
};

struct finder {
	const char *path, *only;
	int (*fn)(void *ctx, struct found *f, struct err *e);
	void *ctx;
	struct arena *mem;
	VEC(struct stream_block) blocks;
	uint32_t given;
};

static int give(struct finder *x, struct found *f, struct err *e)
{
	int rc;

	x->given++;
	rc = x->fn(x->ctx, f, e);
	blobs_close(f->parts);
	return rc;
}

/* ---- one file ---- */

static bool kind_of(struct str s, enum found_kind *kind)
{
	static const char symdb_footer = 24;
	struct str end = str_skip(s, s.n < (size_t)symdb_footer ? s.n : s.n - (size_t)symdb_footer);

	if (journal_like(s))
		*kind = FOUND_JOURNAL;
	else if (str_prefix(s, STR("\xba\xaa\xd7\x00")))
		*kind = FOUND_INDEX;
	else if (str_prefix(s, STR("PAR1")))
		*kind = FOUND_PARQUET;
	else if (str_prefix(end, STR("sym1")))
		*kind = FOUND_SYMBOLS;
	else if (str_prefix(s, STR("sym1")))
		*kind = FOUND_SYMDB_INDEX;
	else if (str_prefix(str_trim(s), STR("{")))
		*kind = FOUND_META;
	else
		return false;
	return true;
}

static int give_file(struct finder *x, const char *name, struct str bytes, struct err *e)
{
	struct found f = { .path = name, .bytes = bytes };

	if (bytes.n == 0)
		return err_set(e, ERR_INVALID, "the file is empty");
	if (!kind_of(bytes, &f.kind))
		return err_set(e, ERR_UNSUPPORTED,
		    "neither a file of a block, nor a journal, nor an archive of blocks");
	return give(x, &f, e);
}

/* ---- archives ---- */

static void add_member(struct finder *x, const struct block_path *at, struct input *in)
{
	size_t i = 0;

	if (x->only != NULL && !str_eq(at->part, str_cstr(x->only)))
		return;
	while (i < x->blocks.n && !str_eq(x->blocks.p[i].folder, at->folder))
		i++;
	if (i == x->blocks.n) {
		struct stream_block new = { str_of(arena_cstr(x->mem, at->folder), at->folder.n), blobs_mem() };

		vec_push(&x->blocks, new);
	}
	blobs_mem_add(x->blocks.p[i].parts, in->a, at->part, in->bytes);
	in->a = NULL;
}

static int one_input(void *ctx, struct input *in, struct err *e)
{
	struct finder *x = ctx;
	struct block_path at;

	/* A file that is no archive comes under the name of its path. */
	if (!str_eq(in->name, str_cstr(x->path)) && block_path_parse(in->name, &at) && at.part.n > 0) {
		add_member(x, &at, in);
		return 0;
	}
	return give_file(x, arena_cstr(in->a, in->name), in->bytes, e);
}

static int give_blocks(struct finder *x, int rc, struct err *e)
{
	for (size_t i = 0; i < x->blocks.n; i++) {
		struct found f = { .kind = FOUND_BLOCK,
			.path = x->blocks.p[i].folder.p,
			.parts = x->blocks.p[i].parts };

		block_path_parse(x->blocks.p[i].folder, &f.at);
		if (rc == 0)
			rc = give(x, &f, e);
		else
			blobs_close(f.parts);
	}
	return rc;
}

static int in_inputs(struct finder *x, struct err *e)
{
	struct inputs_opts io = { .limit = INPUT_LIMIT };

	return give_blocks(x, inputs_each(&x->path, 1, &io, one_input, x, e), e);
}

static int in_known_file(struct finder *x, struct err *e)
{
	struct blob *b = blob_file(x->path, e);
	enum found_kind kind;
	struct str bytes;
	int rc;

	if (b == NULL)
		return -1;
	rc = blob_read(b, x->mem, 0, (size_t)b->size, &bytes, e);
	if (rc == 0 && kind_of(bytes, &kind)) {
		rc = give_file(x, x->path, bytes, e);
		if (rc < 0)
			err_wrap(e, "%s", x->path);
	} else if (rc == 0) {
		rc = in_inputs(x, e);
	}
	blob_close(b);
	return rc;
}

static int one_symdb(void *ctx, const char *path, struct blobs *parts, struct err *e)
{
	struct found f = { .kind = FOUND_SYMDB, .path = path, .parts = parts };

	return give(ctx, &f, e);
}

/* The path without its last element. */
static const char *folder_of(struct finder *x)
{
	struct str path = str_cstr(x->path);
	size_t slash = str_rfind(path, '/');

	return slash == path.n ? "." : arena_cstr(x->mem, str_of(path.p, MAX(slash, (size_t)1)));
}

static bool is_file(struct finder *x, const char *folder, const char *name)
{
	struct stat st;

	return stat(arena_printf(x->mem, "%s/%s", folder, name).p, &st) == 0 && S_ISREG(st.st_mode);
}

static bool is_symdb(struct finder *x, const char *folder)
{
	return is_file(x, folder, "index.symdb") && is_file(x, folder, "stacktraces.symdb") &&
	    is_file(x, folder, "strings.parquet");
}

/* A file whose bytes tell what it is is looked at where it lies. */
static int in_file(struct finder *x, struct err *e)
{
	struct str path = str_cstr(x->path);

	if ((str_suffix(path, STR("index.symdb")) || str_suffix(path, STR("stacktraces.symdb"))) &&
	    is_symdb(x, folder_of(x)))
		return blobs_each(folder_of(x), "index.symdb", 0, one_symdb, x, NULL, e);
	return in_known_file(x, e);
}

/* ---- folders ---- */

static int one_folder(void *ctx, const char *path, struct blobs *parts, struct err *e)
{
	struct found f = { .kind = FOUND_BLOCK, .path = path, .parts = parts };
	const char *whole = path;
	char *real = NULL;
	int rc;

	/* "blocks/01…" tells no tenant, but where it really lies may. */
	block_path_parse(str_cstr(path), &f.at);
	if (f.at.tenant.n == 0 && (real = realpath(path, NULL)) != NULL)
		whole = real;
	block_path_parse(str_cstr(whole), &f.at);
	rc = give(ctx, &f, e);
	free(real);
	return rc;
}

static int in_journals(struct finder *x, const char *folder, struct err *e)
{
	struct file_list list;
	int rc = file_list(x->mem, AT_FDCWD, folder, &list, e);

	for (size_t i = 0; i < list.n && rc == 0; i++) {
		struct finder one = *x;

		if (list.p[i].type != FILE_REGULAR || !str_suffix(list.p[i].name, STR(".journal")))
			continue;
		one.path = file_join(x->mem, folder, list.p[i].name);
		rc = in_file(&one, e);
		x->given = one.given;
	}
	return rc;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int in_folder(struct finder *x, struct err *e)
{
	const char *below = arena_printf(x->mem, "%s/journal", x->path).p;
	int rc = blobs_each(x->path, "meta.json", BLOCK_PATH_DEPTH, one_folder, x, NULL, e);

	if (rc == 0 && x->only == NULL && x->given == 0 && is_symdb(x, x->path))
		rc = blobs_each(x->path, "index.symdb", 0, one_symdb, x, NULL, e);
	if (rc == 0 && x->only == NULL)
		rc = in_journals(x, x->path, e);
	if (rc == 0 && x->only == NULL && is_folder(below))
		rc = in_journals(x, below, e);
	return rc;
}

int found_each(const char *path, const char *only, int (*fn)(void *ctx, struct found *f, struct err *e), void *ctx,
    struct err *e)
{
	struct finder x = { .path = path, .only = only, .fn = fn, .ctx = ctx, .mem = arena_new() };
	struct stat st;
	int rc;

	if (is_folder(path))
		rc = in_folder(&x, e);
	else if (strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode))
		rc = in_file(&x, e);
	else
		rc = in_inputs(&x, e);
	/* The answer "no" is kept for sources without blocks. */
	if (rc < 0 && e->kind == ERR_NOTFOUND)
		e->kind = ERR_INVALID;
	if (rc == 0 && x.given == 0)
		rc = err_set(e, ERR_NOTFOUND, "%s: no blocks%s", path, only == NULL ? " and no journals" : "");
	vec_free(&x.blocks);
	arena_free(x.mem);
	return rc;
}
