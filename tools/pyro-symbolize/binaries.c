/* binaries.c - see binaries.h */
#include "tools/pyro-symbolize/binaries.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/map.h"
#include "base/vec.h"
#include "formats/symbolize/binary.h"
#include "formats/symbolize/perfmap.h"
#include "io/file.h"
#include "io/mapped.h"
#include "tools/pyro-symbolize/fetch.h"

struct given { /* --binary */
	const char *path;
	struct str id; /* lower case hexadecimal, or a build id of Go; empty: nobody said */
	struct str bytes;
	struct elf elf;
};

struct known { /* what a mapping turned out to be */
	struct str file, id;
	struct binary *binary; /* NULL: nothing was found */
};

struct binaries {
	const struct symbolize_opts *o;
	struct arena *a;
	struct mapped *mapped;
	VEC(struct given) given;
	VEC(struct known) known;
	struct map index;
	VEC(struct perfmap) maps;
	struct perfmap kernel;
	struct fetch *fetch;
	uint32_t *last; /* of the mappings of the profile at hand: positions in known, + 1 */
};

static bool map_file(struct binaries *b, const char *path, struct str *out, struct err *e)
{
	return mapped_file(b->mapped, path, out, e) == 0;
}

static struct str hex(struct arena *a, struct str raw)
{
	struct buf buf;
	struct str s;

	buf_init(&buf, 2 * raw.n + 1);
	enc_hex(&buf, raw);
	s = arena_str(a, buf_str(&buf));
	buf_fini(&buf);
	return s;
}

static struct str base_name(struct str path)
{
	size_t slash = str_rfind(path, '/');

	return slash < path.n ? str_skip(path, slash + 1) : path;
}

/* ---- options ---- */

static int add_given(struct binaries *b, const char *text, struct err *e)
{
	struct given g = { .path = text };
	struct str whole = str_cstr(text);
	size_t at = str_rfind(whole, '=');

	if (access(text, R_OK) != 0 && at < whole.n) {
		g.path = arena_cstr(b->a, str_of(text, at));
		g.id = str_skip(whole, at + 1);
	}
	if (!map_file(b, g.path, &g.bytes, e) || elf_open(b->a, g.bytes, &g.elf, e) < 0)
		return err_wrap(e, "--binary %s", g.path);
	if (g.id.n == 0)
		g.id = hex(b->a, g.elf.build_id);
	vec_push(&b->given, g);
	return 0;
}

static int add_map(struct binaries *b, const char *path, enum perfmap_kind kind, struct perfmap *out, struct err *e)
{
	struct buf text;

	buf_init(&text, INT32_MAX);
	if (file_read(AT_FDCWD, path, INT32_MAX, &text, e) < 0) {
		buf_fini(&text);
		return -1;
	}
	perfmap_read(b->a, arena_str(b->a, buf_str(&text)), kind, out);
	buf_fini(&text);
	if (out->skipped > 0)
		log_event(LOG_WARN, "lines of a map are not understood", LOG_CSTR("file", path),
		    LOG_I64("lines", out->skipped));
	return 0;
}

static int read_options(struct binaries *b, struct err *e)
{
	const struct symbolize_opts *o = b->o;

	for (size_t i = 0; i < o->binary.n; i++)
		if (add_given(b, o->binary.p[i], e) < 0)
			return -1;
	for (size_t i = 0; i < o->perf_map.n; i++) {
		struct perfmap m;

		if (add_map(b, o->perf_map.p[i], PERFMAP_PERF, &m, e) < 0)
			return err_wrap(e, "--perf-map");
		vec_push(&b->maps, m);
	}
	if (o->kallsyms[0] && add_map(b, o->kallsyms, PERFMAP_KERNEL, &b->kernel, e) < 0)
		return err_wrap(e, "--kallsyms");
	if (o->debuginfod.n > 0) {
		b->fetch = fetch_new(o, e);
		if (b->fetch == NULL)
			return err_wrap(e, "--debuginfod");
	}
	return 0;
}

struct binaries *binaries_new(const struct symbolize_opts *o, struct err *e)
{
	struct binaries *b = mem_zalloc(sizeof(*b));

	b->o = o;
	b->a = arena_new();
	b->mapped = mapped_new();
	if (read_options(b, e) == 0)
		return b;
	if (e->kind == ERR_NOTFOUND) /* the answer "no" is for profiles */
		e->kind = ERR_USAGE;
	binaries_free(b);
	return NULL;
}

void binaries_free(struct binaries *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < b->known.n; i++)
		binary_close(b->known.p[i].binary);
	vec_free(&b->known);
	mapped_free(b->mapped);
	vec_free(&b->given);
	vec_free(&b->maps);
	map_fini(&b->index);
	mem_free(b->last);
	fetch_free(b->fetch);
	arena_free(b->a);
	mem_free(b);
}

/* ---- finding ---- */

struct found {
	const char *path;
	struct str bytes;
	struct elf elf;
	bool there;
};

/* Of the same build, as far as both say so. */
static bool same_build(struct binaries *b, const struct elf *f, struct str id)
{
	return id.n == 0 || (f->build_id.n == 0 && f->go_build_id.n == 0) ||
	    str_eq_nocase(hex(b->a, f->build_id), id) || str_eq(f->go_build_id, id);
}

static bool try_path(struct binaries *b, const char *path, struct str id, bool say, struct found *out)
{
	struct err e;

	*out = (struct found){ .path = path };
	if (access(path, R_OK) != 0 || !map_file(b, path, &out->bytes, &e) ||
	    elf_open(b->a, out->bytes, &out->elf, &e) < 0)
		return false;
	if (!same_build(b, &out->elf, id)) {
		if (say)
			log_event(LOG_WARN, "a file is of another build", LOG_CSTR("file", path), LOG_STR("wanted", id),
			    LOG_STR("build", hex(b->a, out->elf.build_id)));
		return false;
	}
	out->there = true;
	return true;
}

static bool use_given(const struct given *g, struct found *out)
{
	*out = (struct found){ g->path, g->bytes, g->elf, true };
	return true;
}

static bool find_given(struct binaries *b, struct str file, struct str id, struct found *out)
{
	for (size_t i = 0; i < b->given.n && id.n > 0; i++) {
		const struct given *g = &b->given.p[i];

		if (str_eq_nocase(g->id, id) || str_eq(g->elf.go_build_id, id))
			return use_given(g, out);
	}
	for (size_t i = 0; i < b->given.n; i++) {
		const struct given *g = &b->given.p[i];

		if (file.n > 0 && str_eq(base_name(str_cstr(g->path)), base_name(file)) && same_build(b, &g->elf, id))
			return use_given(g, out);
	}
	return false;
}

static bool find_main(struct binaries *b, struct str file, struct str id, struct found *out)
{
	if (find_given(b, file, id, out))
		return true;
	if (file.n == 0 || file.p[0] != '/' || memchr(file.p, 0, file.n) != NULL)
		return false;
	return try_path(b, arena_cstr(b->a, arena_printf(b->a, "%s" STR_FMT, b->o->proc_root, STR_ARG(file))), id, true,
	    out);
}

static bool by_id(struct binaries *b, struct str id, struct found *out)
{
	static const char *const usual[] = { "/usr/lib/debug" };
	const char *const *dirs = b->o->debug_dir.n ? b->o->debug_dir.p : usual;
	size_t n = b->o->debug_dir.n ? b->o->debug_dir.n : ARRAY_LEN(usual);

	for (size_t i = 0; i < n && id.n > 2 && enc_is_hex(id); i++)
		if (try_path(b,
			arena_cstr(b->a,
			    arena_printf(b->a, "%s/.build-id/%.2s/" STR_FMT ".debug", dirs[i], id.p,
				STR_ARG(str_skip(id, 2)))),
			id, false, out))
			return true;
	return false;
}

static bool by_link(struct binaries *b, const struct found *f, struct str id, struct found *out)
{
	static const char *const usual[] = { "/usr/lib/debug" };
	const char *const *dirs = b->o->debug_dir.n ? b->o->debug_dir.p : usual;
	size_t n = b->o->debug_dir.n ? b->o->debug_dir.n : ARRAY_LEN(usual);
	struct str path = str_cstr(f->path), link = f->elf.debug_link, dir = str_of(path.p, path.n - base_name(path).n);

	if (link.n == 0 || str_find(link, '/') < link.n)
		return false;
	if (try_path(b, arena_cstr(b->a, arena_printf(b->a, STR_FMT STR_FMT, STR_ARG(dir), STR_ARG(link))), id, false,
		out) ||
	    try_path(b, arena_cstr(b->a, arena_printf(b->a, STR_FMT ".debug/" STR_FMT, STR_ARG(dir), STR_ARG(link))),
		id, false, out))
		return true;
	for (size_t i = 0; i < n; i++)
		if (try_path(b,
			arena_cstr(b->a,
			    arena_printf(b->a, "%s" STR_FMT STR_FMT, dirs[i], STR_ARG(dir), STR_ARG(link))),
			id, false, out) ||
		    try_path(b, arena_cstr(b->a, arena_printf(b->a, "%s/" STR_FMT, dirs[i], STR_ARG(link))), id, false,
			out))
			return true;
	return false;
}

static bool has_debug(const struct elf *f)
{
	return elf_find(f, ".debug_info") != NULL || elf_find(f, ".zdebug_info") != NULL ||
	    elf_find(f, ".gopclntab") != NULL || elf_find(f, ".data.rel.ro.gopclntab") != NULL;
}

static bool find_debug(struct binaries *b, const struct found *f, struct str id, struct found *out)
{
	const char *path;

	if (by_id(b, id, out) || (f->there && by_link(b, f, id, out)))
		return true;
	if (b->fetch == NULL || id.n == 0)
		return false;
	path = fetch_debug(b->fetch, b->a, id);
	return path != NULL && try_path(b, path, id, true, out);
}

/* The file that dwz made of what several have in common. */
static struct str find_alt(struct binaries *b, const struct found *f)
{
	struct str path = str_cstr(f->path), dir = str_of(path.p, path.n - base_name(path).n), link = f->elf.alt_link;
	struct found got;

	if (link.n == 0)
		return STR_NONE;
	if (by_id(b, hex(b->a, f->elf.alt_id), &got))
		return got.bytes;
	if (link.p[0] == '/')
		dir = STR_NONE;
	if (try_path(b, arena_cstr(b->a, arena_printf(b->a, STR_FMT STR_FMT, STR_ARG(dir), STR_ARG(link))), STR_NONE,
		false, &got))
		return got.bytes;
	log_event(LOG_WARN, "a file has part of its debug information in another, which is not here",
	    LOG_CSTR("file", f->path), LOG_STR("other", link));
	return STR_NONE;
}

/* ---- .dwo files ---- */

static bool split_file(void *ctx, struct str dir, struct str name, struct str *bytes)
{
	struct binaries *b = ctx;
	bool whole = name.n > 0 && name.p[0] == '/';
	struct str path = whole ? name : arena_printf(b->a, STR_FMT "/" STR_FMT, STR_ARG(dir), STR_ARG(name));
	struct err e;

	return map_file(b, arena_cstr(b->a, path), bytes, &e);
}

static void open_known(struct binaries *b, struct known *k)
{
	struct found main = { 0 }, debug = { 0 };
	struct binary_files files = { .split = split_file, .ctx = b, .no_inlines = b->o->no_inlines };
	struct str id = k->id;
	struct err e;

	if (find_main(b, k->file, k->id, &main)) {
		files.main = main.bytes;
		if (id.n == 0)
			id = hex(b->a, main.elf.build_id);
		map_file(b, arena_cstr(b->a, arena_printf(b->a, "%s.dwp", main.path)), &files.package, &e);
	}
	if (!main.there || !has_debug(&main.elf)) {
		if (find_debug(b, &main, id, &debug))
			files.debug = debug.bytes;
	}
	if (debug.there || main.there)
		files.alt = find_alt(b, debug.there ? &debug : &main);
	if (files.main.n == 0 && files.debug.n == 0)
		return;
	k->binary = binary_open(&files, &e);
	if (k->binary == NULL)
		log_event(LOG_WARN, "a file cannot be read", LOG_STR("file", k->file), LOG_CSTR("error", e.msg));
}

static uint32_t known_of(struct binaries *b, struct str file, struct str id)
{
	uint64_t hash = hash_mix(hash_seeded(file), hash_seeded(id));
	struct map_at at = map_find(&b->index, hash);
	struct known k = { 0 };

	for (uint32_t v; map_next(&at, &v);)
		if (str_eq(b->known.p[v].file, file) && str_eq(b->known.p[v].id, id))
			return v;
	k.file = arena_str(b->a, file);
	k.id = arena_str(b->a, id);
	open_known(b, &k);
	map_put(&b->index, hash, (uint32_t)b->known.n);
	vec_push(&b->known, k);
	return (uint32_t)b->known.n - 1;
}

/* ---- asking ---- */

void binaries_begin(struct binaries *b, const struct profile *p)
{
	mem_free(b->last);
	b->last = mem_zarray(p->n_mappings, sizeof(*b->last));
}

static struct known *known_for(struct binaries *b, const struct profile *p, const struct mapping *m)
{
	struct str file = m ? profile_str(p, m->file) : STR_NONE, id = m ? profile_str(p, m->build_id) : STR_NONE;
	uint32_t i;

	if (str_suffix(file, STR(" (deleted)")))
		file.n -= 10;
	/* Without a word about where an address is, it is in the only program there is. */
	if (file.n == 0 && id.n == 0) {
		if (b->given.n != 1)
			return NULL;
		file = base_name(str_cstr(b->given.p[0].path));
	}
	if (m == NULL) {
		i = known_of(b, file, id);
		return &b->known.p[i];
	}
	i = (uint32_t)(m - p->mappings);
	if (b->last[i] == 0)
		b->last[i] = known_of(b, file, id) + 1;
	return &b->known.p[b->last[i] - 1];
}

static uint32_t in_maps(struct binaries *b, uint64_t addr, struct sym_frame *out)
{
	if (perfmap_find(&b->kernel, addr, out))
		return 1;
	for (size_t i = 0; i < b->maps.n; i++)
		if (perfmap_find(&b->maps.p[i], addr, out))
			return 1;
	return 0;
}

bool binaries_file(void *ctx, struct str path, struct str build_id, struct str *bytes)
{
	struct found f;

	if (!find_main(ctx, path, build_id, &f))
		return false;
	*bytes = f.bytes;
	return true;
}

uint32_t binaries_find(void *ctx, const struct profile *p, const struct mapping *m, uint64_t addr,
    struct sym_frame *out, uint32_t max)
{
	struct binaries *b = ctx;
	struct known *k = known_for(b, p, m);
	uint64_t at = addr;
	uint32_t n = 0;

	if (k != NULL && k->binary != NULL) {
		bool inside = m != NULL && m->limit > m->start && addr >= m->start && addr < m->limit;

		/* Some profilers write addresses of the file. */
		if (!inside || binary_address(k->binary, m->start, m->limit, m->offset, addr, &at))
			n = binary_find(k->binary, at, out, max);
	}
	return n > 0 ? n : in_maps(b, addr, out);
}
