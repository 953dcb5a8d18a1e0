/* places.c - see places.h: finding and opening */
#include "tools/pyro-query/places.h"

#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "formats/block/blockpath.h"
#include "io/blobs.h"
#include "io/inputs.h"
#include "net/httpc.h"
#include "tools/pyro-query/places_read.h"
#include "tools/pyro-query/places_type.h"

/* Smaller files are read whole; STREAM_BOUNDED with --memory, PLAIN_FROM when they are not packed. */
enum { STREAM_FROM = 256 << 20, STREAM_BOUNDED = 1 << 20, PLAIN_FROM = 1 << 20 };

/* What one file leaves free is what the next one needs: fresh pages of the system cost more. */
enum { KEEP_FREE = 16 << 20 };

/* ---- blocks in memory: members of a block stream ---- */

struct memory_block {
	struct str folder; /* where it lies in the stream */
	struct blobs *parts;
};

struct loading {
	struct places *p;
	const char *path; /* the source that is being read */
	VEC(struct memory_block) streams;
	struct inputs_labels labels; /* of "@FILE" */
};

static void add_member(struct loading *l, const struct block_path *at, struct input *in)
{
	struct memory_block new = { at->folder, NULL };
	size_t i = 0;

	while (i < l->streams.n && !str_eq(l->streams.p[i].folder, at->folder))
		i++;
	if (i == l->streams.n) {
		new.parts = blobs_mem();
		vec_push(&l->streams, new);
	}
	blobs_mem_add(l->streams.p[i].parts, in->a, at->part, in->bytes);
	in->a = NULL;
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

/* A file by itself, or in a folder: not the member of an archive. */
static bool is_file(const struct loading *l, struct str name)
{
	struct str path = str_cstr(l->path);

	return str_prefix(name, path) && (name.n == path.n || name.p[path.n] == '/' || str_suffix(path, STR("/")));
}

static int add_input(void *ctx, struct input *in, struct err *e)
{
	struct loading *l = ctx;
	struct block_path at;
	size_t n = in->bytes.n;

	if (!is_file(l, in->name) && block_path_parse(in->name, &at) && at.part.n > 0) {
		add_member(l, &at, in);
		return 0;
	}
	if (places_take(l->p, in, e) < 0)
		return -1;
	progress_add(&l->p->progress, n);
	return 0;
}

static int add_stream(void *ctx, struct str name, struct src *s, struct err *e)
{
	struct loading *l = ctx;

	return places_pieces(l->p, name, s, e);
}

static int skip_input(void *ctx, struct str name, struct err *e)
{
	struct loading *l = ctx;

	(void)name;
	l->p->skipped++;
	log_event(LOG_WARN, "input skipped", LOG_CSTR("error", e->msg));
	return 0;
}

/* ---- folders with blocks ---- */

static int add_folder(void *ctx, const char *path, struct blobs *parts, struct err *e)
{
	if (add_block(ctx, block_open(parts, e)) < 0)
		return err_wrap(e, "block %s", path);
	return 0;
}

static int close_folder(void *ctx, const char *path, struct blobs *parts, struct err *e)
{
	(void)ctx;
	(void)path;
	(void)e;
	blobs_close(parts);
	return 0;
}

bool places_has_blocks(const char *path)
{
	struct stat st;
	uint32_t found = 0;
	struct err ignored;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	    blobs_each(path, "meta.json", BLOCK_PATH_DEPTH, close_folder, NULL, &found, &ignored) == 0 && found > 0;
}

/* "localhost:4040" */
static bool looks_like_host(const char *path)
{
	size_t host = strcspn(path, ":/");

	return host > 0 && path[host] == ':' && path[host + 1] >= '0' && path[host + 1] <= '9';
}

static int add_path(struct loading *l, const char *path, struct err *e)
{
	struct inputs_opts io = { .limit = PLACES_INPUT_LIMIT,
		.bad = l->p->o->keep_going ? skip_input : NULL,
		.skip = "-k",
		.labels = &l->labels,
		.stream = add_stream,
		.stream_from = l->p->o->memory > 0 ? STREAM_BOUNDED : STREAM_FROM,
		.plain_from = PLAIN_FROM };
	struct stat st;
	uint32_t found;
	bool there;

	path = places_path(path);
	if (places_is_server(path)) {
		if (l->p->url != NULL)
			return err_set(e, ERR_USAGE, "%s: one server at a time", path);
		l->p->url = path;
		return 0;
	}
	there = stat(path, &st) == 0;
	if (there && S_ISDIR(st.st_mode)) {
		if (blobs_each(path, "meta.json", BLOCK_PATH_DEPTH, add_folder, l->p, &found, e) < 0)
			return -1;
		if (found > 0)
			return 0;
	}
	if (!there && looks_like_host(path))
		return err_set(e, ERR_NOTFOUND, "%s: no such file; a server is written http://%s", path, path);
	l->path = path;
	return inputs_each(&path, 1, &io, add_input, l, e);
}

static int read_time(const struct places *p, const char *option, const char *text, int64_t *out, struct err *e)
{
	if (text[0] == '\0' || num_time(str_cstr(text), p->now, out, e) == 0)
		return 0;
	e->kind = ERR_USAGE;
	return err_wrap(e, "%s", option);
}

static int read_range(struct places *p, struct err *e)
{
	p->now = clock_real()->wall(clock_real());
	p->from = INT64_MIN;
	p->to = INT64_MAX;
	if (read_time(p, "--from", p->o->from, &p->from, e) < 0 || read_time(p, "--to", p->o->to, &p->to, e) < 0)
		return -1;
	p->ranged = p->o->from[0] || p->o->to[0];
	if (p->from > p->to)
		return err_set(e, ERR_USAGE, "--from is later than --to");
	return 0;
}

/* Options for which no input need be read. */
static int check_options(const struct places *p, struct err *e)
{
	struct profile_type type;
	struct format_opts fo;

	return places_opts(p->o, STR_NONE, 0, &fo, e) < 0 ? -1 : places_type_parse(p->o, &type, e);
}

static void add_keys(struct places *p, const struct opt_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct str rest = str_cstr(l->p[i]);

		while (rest.n > 0)
			p->keys[p->n_keys++] = str_cut(&rest, ',');
	}
}

static size_t count_keys(const struct opt_list *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += strlen(l->p[i]) + 1;
	return n;
}

static void read_keys(struct places *p)
{
	const struct query_opts *o = p->o;

	p->keys = arena_array(p->a,
	    count_keys(&o->label_frame) + count_keys(&o->group_by) + count_keys(&o->split_by) + 1, sizeof(*p->keys));
	add_keys(p, &o->label_frame);
	add_keys(p, &o->group_by);
	add_keys(p, &o->split_by);
}

/* An argument that begins like a selector is one: no file is called like that. */
static int read_query(struct places *p, const char *const *paths, size_t n, struct err *e)
{
	p->query = str_cstr(p->o->query);
	for (size_t i = 0; i < n; i++) {
		if (paths[i][0] != '{')
			continue;
		if (!str_eq(p->query, STR("{}")))
			return err_set(e, ERR_USAGE, "%s: one selector at a time", paths[i]);
		p->query = str_cstr(paths[i]);
	}
	return 0;
}

static int add_paths(struct loading *l, const char *const *paths, size_t n, struct err *e)
{
	size_t sources = 0;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		if (paths[i][0] == '{')
			continue;
		if ((rc = inputs_take_labels(&l->labels, paths[i], e)) != 0) {
			rc = MIN(rc, 0);
			continue;
		}
		if (sources++ == 0)
			l->p->source = str_cstr(paths[i]);
		rc = add_path(l, paths[i], e);
	}
	return rc == 0 && sources == 0 ? add_path(l, "-", e) : rc;
}

int places_open(struct places *p, const char *const *paths, size_t n, const struct query_opts *o, enum places_for what,
    unsigned keep, struct places_sum *sum, struct err *e)
{
	struct loading l = { .p = p };
	int rc;

	*p = (struct places){ .a = arena_new(), .o = o, .what = what, .keep = keep, .sum = sum };
	mem_keep(KEEP_FREE);
	read_keys(p);
	rc = check_options(p, e);
	if (rc == 0)
		rc = read_range(p, e);
	if (rc == 0)
		rc = read_query(p, paths, n, e);
	progress_init(&p->progress, "reading profiles", 0, clock_real());
	if (rc == 0)
		rc = add_paths(&l, paths, n, e);
	progress_fini(&p->progress);
	for (size_t i = 0; i < l.streams.n; i++) {
		if (rc == 0)
			rc = add_block(p, block_open(l.streams.p[i].parts, e));
		else
			blobs_close(l.streams.p[i].parts);
	}
	vec_free(&l.streams);
	inputs_labels_fini(&l.labels);
	if (rc == 0 && p->url != NULL && (p->n_read > 0 || p->blocks.n > 0))
		rc = err_set(e, ERR_USAGE, "a server and files cannot be asked together");
	if (rc == 0 && p->n_read > 0 && p->blocks.n > 0)
		rc = err_set(e, ERR_USAGE,
		    "profiles and blocks cannot be asked together: make blocks of both with pyro-ingest");
	/* The answer "no" is kept for questions; a source that is not there is somebody's mistake. */
	if (rc < 0 && e->kind == ERR_NOTFOUND)
		e->kind = ERR_INVALID;
	if (rc < 0)
		places_close(p);
	return rc;
}

void places_close(struct places *p)
{
	for (size_t i = 0; i < p->blocks.n; i++)
		block_close(p->blocks.p[i]);
	if (p->merger != NULL)
		profile_merger_finish(p->merger);
	arena_free(p->only_mem);
	selector_fini(&p->selector);
	vec_free(&p->labels);
	vec_free(&p->blocks);
	vec_free(&p->sets);
	httpc_free(p->http);
	arena_free(p->a);
	p->only_mem = NULL;
	p->merger = NULL;
	p->http = NULL;
	p->a = NULL;
}
