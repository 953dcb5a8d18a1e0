/* renames.c - see renames.h */
#include "tools/pyro-symbolize/renames.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/vec.h"
#include "formats/symbolize/r8map.h"
#include "formats/symbolize/sourcemap.h"
#include "io/file.h"

struct script {
	struct str file; /* the end of what profiles call it */
	struct sourcemap map;
};

struct renames {
	struct arena *a;
	VEC(struct script) scripts;
	VEC(struct r8map *) classes;
};

static int read_file(struct renames *r, const char *path, struct str *out, struct err *e)
{
	struct buf text;
	int rc;

	buf_init(&text, INT32_MAX);
	rc = file_read(AT_FDCWD, path, INT32_MAX, &text, e);
	if (rc == 0)
		*out = arena_str(r->a, buf_str(&text));
	buf_fini(&text);
	return rc;
}

/* app.js.map is of app.js, unless it or somebody says otherwise. */
static int add_script(struct renames *r, const char *text, struct err *e)
{
	struct str whole = str_cstr(text), bytes, path = whole;
	struct script s = { 0 };
	size_t at = str_rfind(whole, '=');

	if (access(text, R_OK) != 0 && at < whole.n) {
		path = str_of(text, at);
		s.file = str_skip(whole, at + 1);
	}
	if (read_file(r, arena_cstr(r->a, path), &bytes, e) < 0 || sourcemap_read(r->a, bytes, &s.map, e) < 0)
		return err_wrap(e, "--source-map " STR_FMT, STR_ARG(path));
	if (s.file.n == 0)
		s.file = s.map.file;
	if (s.file.n == 0) {
		s.file = str_suffix(path, STR(".map")) ? str_of(path.p, path.n - 4) : path;
		s.file = str_skip(s.file, str_rfind(s.file, '/') < s.file.n ? str_rfind(s.file, '/') + 1 : 0);
	}
	vec_push(&r->scripts, s);
	return 0;
}

static int add_classes(struct renames *r, const char *path, struct err *e)
{
	struct r8map *m;
	uint64_t skipped;
	struct str bytes;

	if (read_file(r, path, &bytes, e) < 0)
		return err_wrap(e, "--mapping-file");
	m = r8map_read(r->a, bytes, &skipped);
	if (m == NULL)
		return err_set(e, ERR_INVALID, "--mapping-file %s: there is no class in it", path);
	if (skipped > 0)
		log_event(LOG_WARN, "lines of a map are not understood", LOG_CSTR("file", path),
		    LOG_I64("lines", skipped));
	vec_push(&r->classes, m);
	return 0;
}

struct renames *renames_new(const struct symbolize_opts *o, struct err *e)
{
	struct renames *r;
	int rc = 0;

	e->kind = ERR_NONE;
	if (o->source_map.n == 0 && o->mapping_file.n == 0)
		return NULL;
	r = mem_zalloc(sizeof(*r));
	r->a = arena_new();
	for (size_t i = 0; i < o->source_map.n && rc == 0; i++)
		rc = add_script(r, o->source_map.p[i], e);
	for (size_t i = 0; i < o->mapping_file.n && rc == 0; i++)
		rc = add_classes(r, o->mapping_file.p[i], e);
	if (rc == 0)
		return r;
	if (e->kind == ERR_NOTFOUND)
		e->kind = ERR_USAGE;
	renames_free(r);
	return NULL;
}

void renames_free(struct renames *r)
{
	if (r == NULL)
		return;
	vec_free(&r->scripts);
	vec_free(&r->classes);
	arena_free(r->a);
	mem_free(r);
}

/* app.js of /srv/dist/app.js and https://shop/app.js?v=3, not of myapp.js. */
static bool is_of(struct str file, struct str script)
{
	file.n = MIN(str_find(file, '?'), str_find(file, '#'));
	return str_suffix(file, script) && (file.n == script.n || file.p[file.n - script.n - 1] == '/');
}

/* Takes ":12" off the end. */
static bool number_behind(struct str *s, uint32_t *out)
{
	size_t colon = str_rfind(*s, ':');
	uint64_t v = 0;

	if (colon + 1 >= s->n || s->n - colon > 10)
		return false;
	for (size_t i = colon + 1; i < s->n; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		v = v * 10 + (unsigned)(s->p[i] - '0');
	}
	*out = (uint32_t)v;
	s->n = colon;
	return true;
}

/* file, file:line or file:line:column; what frames say beside goes before. */
static bool in_script(const struct script *s, const struct sym_frame *in, struct sym_frame *out)
{
	struct str file = in->file;
	uint32_t last = 0, first = 0, line = in->line, column = in->column;

	if (number_behind(&file, &last)) {
		if (number_behind(&file, &first)) {
			line = line ? line : first;
			column = column ? column : last;
		} else
			line = line ? line : last;
	}
	if (!is_of(file, s->file) || !sourcemap_find(&s->map, line ? line : in->start_line, column, out))
		return false;
	if (out->name.n == 0)
		out->name = in->name;
	return true;
}

uint32_t renames_frame(struct renames *r, const struct sym_frame *in, struct sym_frame *out, uint32_t max)
{
	for (size_t i = 0; i < r->scripts.n && in->file.n > 0; i++)
		if (max > 0 && in_script(&r->scripts.p[i], in, out))
			return 1;
	for (size_t i = 0; i < r->classes.n && in->name.n > 0; i++) {
		uint32_t n = r8map_find(r->classes.p[i], r->a, in->name, in->line, out, max);

		if (n > 0)
			return n;
	}
	return 0;
}
