/* debuginfo.c - see debuginfo.h */
#include "tools/pyro-ingest/debuginfo.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/log.h"
#include "base/num.h"
#include "base/vec.h"
#include "formats/symbolize/binary.h"
#include "formats/symbolize/symbolize_profile.h"
#include "io/file.h"

enum { QUEUE = 1024, TABLES_MAX = 256 };

struct table_of { /* an opened file */
	struct str tenant, id;
	struct arena *a;
	struct blob *blob;
	struct binary *binary; /* NULL: it cannot be read */
	uint64_t used;         /* when, in questions */
};

struct debuginfo {
	struct debuginfo_conf conf;
	struct pool *pool;
	VEC(struct table_of) tables;
	uint64_t clock;
	/* Of the profile at hand: of each mapping its position in tables, + 1; 0 = none */
	uint32_t *of_mapping;
};

struct debuginfo *debuginfo_new(const struct debuginfo_conf *c)
{
	struct debuginfo *d = mem_zalloc(sizeof(*d));

	d->conf = *c;
	d->pool = pool_new("debuginfo", 1, QUEUE);
	return d;
}

static void close_table(struct table_of *t)
{
	binary_close(t->binary);
	blob_close(t->blob);
	arena_free(t->a);
}

void debuginfo_free(struct debuginfo *d)
{
	if (d == NULL)
		return;
	pool_free(d->pool);
	for (size_t i = 0; i < d->tables.n; i++)
		close_table(&d->tables.p[i]);
	vec_free(&d->tables);
	mem_free(d);
}

struct pool *debuginfo_pool(struct debuginfo *d)
{
	return d->pool;
}

bool debuginfo_id(struct str id)
{
	return id.n >= 2 && id.n <= 40 && enc_is_hex(id);
}

bool debuginfo_wanted(const struct profile *p)
{
	for (uint32_t i = 0; i < p->n_locations; i++) {
		const struct location *l = &p->locations[i];

		if (l->n_lines == 0 && l->address != 0 && l->mapping < p->n_mappings &&
		    debuginfo_id(profile_str(p, p->mappings[l->mapping].build_id)))
			return true;
	}
	return false;
}

/* ---- files ---- */

/* data/TENANT/debuginfo/ID/name; the id in lower case, whatever the client prefers. */
static const char *path_of(const struct debuginfo *d, struct arena *a, struct str tenant, struct str id,
    const char *name)
{
	struct str path = arena_printf(a, "%s/" STR_FMT "/debuginfo/" STR_FMT "%s%s", d->conf.data, STR_ARG(tenant),
	    STR_ARG(id), name[0] ? "/" : "", name);
	char *p = arena_cstr(a, path), *end = p + path.n - strlen(name) - (name[0] != '\0');

	for (char *c = end - id.n; c < end; c++)
		if (*c >= 'A' && *c <= 'F')
			*c = (char)(*c | 32);
	return p;
}

static bool there(const struct debuginfo *d, struct arena *a, struct str tenant, struct str id, const char *name)
{
	return access(path_of(d, a, tenant, id, name), F_OK) == 0;
}

int debuginfo_look(struct debuginfo *d, struct str tenant, struct str id, int64_t *started, struct err *e)
{
	struct arena *a = arena_new();
	struct buf text;
	int rc = DEBUGINFO_ABSENT;

	buf_init(&text, 64);
	if (there(d, a, tenant, id, "done"))
		rc = DEBUGINFO_DONE;
	else if (there(d, a, tenant, id, "started")) {
		rc = DEBUGINFO_STARTED;
		if (file_read(AT_FDCWD, path_of(d, a, tenant, id, "started"), 64, &text, e) < 0)
			rc = -1;
		else if (num_i64(buf_str(&text), started, e) < 0) /* of nobody: it is stale */
			*started = 0;
	}
	buf_fini(&text);
	arena_free(a);
	return rc;
}

/* When an upload was announced that is not over; INT64_MAX: there is none. */
static int64_t unfinished_since(const struct debuginfo *d, struct arena *a, struct str tenant, struct str id)
{
	struct file_list files;
	struct err ignored;
	int64_t since = 0;

	if (file_list(a, AT_FDCWD, path_of(d, a, tenant, id, ""), &files, &ignored) < 0)
		return INT64_MAX;
	for (size_t i = 0; i < files.n; i++) {
		if (str_eq(files.p[i].name, STR("done")))
			return INT64_MAX;
		if (str_eq(files.p[i].name, STR("started")))
			since = files.p[i].mtime;
	}
	return since;
}

/* The oldest uploads that nobody finished go until there is room for that of id. */
static int forget_unfinished(struct debuginfo *d, struct arena *a, struct str tenant, struct str id, struct err *e)
{
	struct file_list ids;

	if (file_list(a, AT_FDCWD, path_of(d, a, tenant, STR(""), ""), &ids, e) < 0)
		return -1;
	for (;;) {
		struct str victim = STR_NONE;
		int64_t oldest = INT64_MAX;
		size_t n = 0;

		for (size_t i = 0; i < ids.n && ids.n > DEBUGINFO_UNFINISHED_MAX; i++) {
			int64_t since = INT64_MAX;

			if (ids.p[i].type == FILE_FOLDER && !str_eq_nocase(ids.p[i].name, id))
				since = unfinished_since(d, a, tenant, ids.p[i].name);
			n += since != INT64_MAX;
			if (since < oldest) {
				oldest = since;
				victim = ids.p[i].name;
			}
		}
		if (n < DEBUGINFO_UNFINISHED_MAX)
			return 0;
		log_event(LOG_WARN,
		    "an upload of debug information was not finished and is forgotten: too many are announced",
		    LOG_STR("tenant", tenant), LOG_STR("build_id", victim));
		if (file_remove_tree(AT_FDCWD, path_of(d, a, tenant, victim, ""), e) < 0)
			return -1;
	}
}

int debuginfo_start(struct debuginfo *d, struct str tenant, struct str id, int64_t now, struct err *e)
{
	struct arena *a = arena_new();
	int rc = file_mkdirs(AT_FDCWD, path_of(d, a, tenant, id, ""), 0777, e);

	if (rc == 0)
		rc = forget_unfinished(d, a, tenant, id, e);
	if (rc == 0)
		rc = file_replace(AT_FDCWD, path_of(d, a, tenant, id, "started"),
		    arena_printf(a, "%lld", (long long)now), 0644, e);
	arena_free(a);
	return rc;
}

/* The oldest files go until there is room for `more` bytes of id, which take the place of what it has. */
static int make_room(struct debuginfo *d, struct arena *a, struct str tenant, struct str id, uint64_t more,
    struct err *e)
{
	const char *folder = path_of(d, a, tenant, STR(""), "");
	struct file_list ids;

	if (more > d->conf.max_store)
		return err_set(e, ERR_LIMIT, "%llu bytes: more than a tenant may keep (-debuginfo.max-store-size)",
		    (unsigned long long)more);
	if (file_list(a, AT_FDCWD, folder, &ids, e) < 0)
		return -1;
	for (;;) {
		uint64_t sum = 0;
		int64_t oldest = INT64_MAX;
		struct str victim = STR_NONE;

		for (size_t i = 0; i < ids.n; i++) {
			struct file_list files;

			if (ids.p[i].type != FILE_FOLDER || str_eq_nocase(ids.p[i].name, id) ||
			    file_list(a, AT_FDCWD, path_of(d, a, tenant, ids.p[i].name, ""), &files, e) < 0)
				continue;
			for (size_t k = 0; k < files.n; k++) {
				sum += files.p[k].size;
				if (str_eq(files.p[k].name, STR("file")) && files.p[k].mtime < oldest) {
					oldest = files.p[k].mtime;
					victim = ids.p[i].name;
				}
			}
		}
		if (sum + more <= d->conf.max_store || victim.n == 0)
			return 0;
		log_event(LOG_INFO, "debug information makes room", LOG_STR("tenant", tenant),
		    LOG_STR("build_id", victim));
		if (file_remove_tree(AT_FDCWD, path_of(d, a, tenant, victim, ""), e) < 0)
			return -1;
	}
}

int debuginfo_store(struct debuginfo *d, struct str tenant, struct str id, struct str bytes, struct err *e)
{
	struct arena *a = arena_new();
	int rc = make_room(d, a, tenant, id, bytes.n, e);

	if (rc == 0)
		rc = file_mkdirs(AT_FDCWD, path_of(d, a, tenant, id, ""), 0777, e);
	if (rc == 0)
		rc = file_replace(AT_FDCWD, path_of(d, a, tenant, id, "file"), bytes, 0644, e);
	arena_free(a);
	return rc;
}

int debuginfo_finish(struct debuginfo *d, struct str tenant, struct str id, struct err *e)
{
	struct arena *a = arena_new();
	int rc;

	if (!there(d, a, tenant, id, "file"))
		rc = err_set(e, ERR_NOTFOUND, "no uploaded file found for build ID " STR_FMT, STR_ARG(id));
	else
		rc = file_replace(AT_FDCWD, path_of(d, a, tenant, id, "done"), STR(""), 0644, e);
	arena_free(a);
	return rc;
}

/* ---- tables ---- */

static void drop_table(struct debuginfo *d, size_t i)
{
	close_table(&d->tables.p[i]);
	d->tables.p[i] = d->tables.p[--d->tables.n];
}

/* Between profiles: the least used ones go while there are too many. */
static void trim(struct debuginfo *d)
{
	for (;;) {
		uint64_t sum = 0;
		size_t least = 0;

		for (size_t i = 0; i < d->tables.n; i++) {
			sum += d->tables.p[i].binary ? binary_bytes(d->tables.p[i].binary) : 0;
			if (d->tables.p[i].used < d->tables.p[least].used)
				least = i;
		}
		if (d->tables.n == 0 || (sum <= d->conf.memory && d->tables.n <= TABLES_MAX))
			return;
		drop_table(d, least);
	}
}

static bool open_table(struct debuginfo *d, struct table_of *t, struct err *e)
{
	struct str bytes;

	t->blob = blob_file_at(AT_FDCWD, path_of(d, t->a, t->tenant, t->id, "file"), FILE_RANDOM, e);
	if (t->blob == NULL || blob_read(t->blob, t->a, 0, (size_t)t->blob->size, &bytes, e) < 0)
		return false;
	t->binary = binary_open(&(struct binary_files){ .main = bytes,
				    .limit = (size_t)MIN(MAX(d->conf.memory, 1u), (uint64_t)INT32_MAX) },
	    e);
	return t->binary != NULL;
}

static uint32_t table_for(struct debuginfo *d, struct str tenant, struct str id)
{
	struct table_of t = { 0 };
	struct err e;

	for (size_t i = 0; i < d->tables.n; i++)
		if (str_eq(d->tables.p[i].tenant, tenant) && str_eq_nocase(d->tables.p[i].id, id)) {
			d->tables.p[i].used = ++d->clock;
			return (uint32_t)i + 1;
		}
	t.a = arena_new();
	if (!there(d, t.a, tenant, id, "done")) {
		arena_free(t.a);
		return 0;
	}
	t.tenant = arena_str(t.a, tenant);
	t.id = arena_str(t.a, id);
	t.used = ++d->clock;
	if (!open_table(d, &t, &e))
		log_event(LOG_WARN, "uploaded debug information cannot be read", LOG_STR("tenant", tenant),
		    LOG_STR("build_id", id), LOG_CSTR("error", e.msg));
	vec_push(&d->tables, t);
	return (uint32_t)d->tables.n;
}

static uint32_t find(void *ctx, const struct profile *p, const struct mapping *m, uint64_t addr, struct sym_frame *out,
    uint32_t max)
{
	struct debuginfo *d = ctx;
	uint32_t i = m ? d->of_mapping[m - p->mappings] : 0;
	struct binary *b = i ? d->tables.p[i - 1].binary : NULL;

	if (b == NULL)
		return 0;
	/* The eBPF profiler writes addresses of the file. */
	if (m->limit > m->start && addr >= m->start && addr < m->limit &&
	    !binary_address(b, m->start, m->limit, m->offset, addr, &addr))
		return 0;
	return binary_find(b, addr, out, max);
}

void debuginfo_names(struct debuginfo *d, struct str tenant, struct arena *a, struct profile *p)
{
	struct symbolize s = { .find = find, .ctx = d, .demangle = DEMANGLE_SIMPLE };
	struct symbolize_count count = { 0 };
	bool any = false;

	trim(d);
	d->of_mapping = mem_zarray(p->n_mappings, sizeof(*d->of_mapping));
	for (uint32_t i = 0; i < p->n_mappings; i++) {
		struct str id = profile_str(p, p->mappings[i].build_id);

		if (debuginfo_id(id))
			d->of_mapping[i] = table_for(d, tenant, id);
		any = any || d->of_mapping[i] != 0;
	}
	if (any)
		symbolize_profile(a, p, &s, &count);
	mem_free(d->of_mapping);
	d->of_mapping = NULL;
}
