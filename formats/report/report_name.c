/* Which frames are one node, and how a node is called. */
#include "base/hash.h"
#include "formats/report/report_impl.h"

struct str path_base(struct str path)
{
	if (path.n == 0)
		return STR(".");
	while (path.n > 0 && path.p[path.n - 1] == '/')
		path.n--;
	if (path.n == 0)
		return STR("/");
	for (size_t i = path.n; i > 0; i--)
		if (path.p[i - 1] == '/')
			return str_skip(path, i);
	return path;
}

/* Most paths need no cleaning: no empty, "." or ".." element and no slash at the end. */
static bool is_clean(struct str path)
{
	for (size_t i = 0, start = 0; i <= path.n; i++) {
		size_t n = i - start;

		if (i < path.n && path.p[i] != '/')
			continue;
		if ((n == 0 && i > 0) || (n == 1 && path.p[start] == '.') ||
		    (n == 2 && path.p[start] == '.' && path.p[start + 1] == '.'))
			return false;
		start = i + 1;
	}
	return path.n > 0;
}

/* Takes the last element away; false when there is none that could go. */
static bool up(char *out, size_t *n, size_t floor)
{
	if (*n <= floor)
		return false;
	while (--*n > floor && out[*n] != '/')
		;
	return true;
}

/* Without ".", double slashes, and ".." where its parent is known; "." for nothing. */
struct str path_clean(struct arena *a, struct str path)
{
	bool rooted = path.n > 0 && path.p[0] == '/';
	size_t n = rooted, floor = rooted;
	char *out;

	if (is_clean(path))
		return path;
	out = arena_alloc(a, path.n + 1);
	out[0] = '/';
	for (struct str rest = path; rest.n > 0;) {
		struct str part = str_cut(&rest, '/');
		bool back = str_eq(part, STR(".."));

		if (part.n == 0 || str_eq(part, STR(".")) || (back && (up(out, &n, floor) || rooted)))
			continue;
		if (n > rooted)
			out[n++] = '/';
		memcpy(out + n, part.p, part.n);
		n += part.n;
		if (back)
			floor = n;
	}
	return n > 0 ? str_of(out, n) : STR(".");
}

/* What follows the first directory of that name. */
static bool cut_search(struct str *path, struct str search)
{
	while (search.n > 0) {
		struct str dir = path_base(str_cut(&search, ':'));

		for (size_t i = 0; i + dir.n + 1 < path->n; i++)
			if (path->p[i] == '/' && path->p[i + 1 + dir.n] == '/' &&
			    memcmp(path->p + i + 1, dir.p, dir.n) == 0) {
				*path = str_skip(*path, i + dir.n + 2);
				return true;
			}
	}
	return false;
}

static bool cut_prefix(struct str *path, struct str prefix)
{
	bool slash = str_suffix(prefix, STR("/"));

	if (!str_prefix(*path, prefix))
		return false;
	if (!slash && (path->n == prefix.n || path->p[prefix.n] != '/'))
		return false;
	*path = str_skip(*path, prefix.n + !slash);
	return true;
}

struct str path_trim(struct str path, struct str list, struct str search)
{
	if (list.n == 0 && cut_search(&path, search))
		return path;
	while (list.n > 0)
		if (cut_prefix(&path, str_cut(&list, ':')))
			return path;
	if (!cut_prefix(&path, STR("/proc/self/cwd/./")))
		cut_prefix(&path, STR("/proc/self/cwd/"));
	return path;
}

struct namer {
	struct report *r;
	struct map map;    /* of infos */
	uint32_t *by_name; /* interned name to info + 1, when the name is all that counts */
	uint32_t *file;    /* by function: interned + 1 */
};

static uint32_t add_info(struct namer *x, const struct rinfo *info)
{
	vec_push(&x->r->infos, *info);
	return (uint32_t)x->r->infos.n - 1;
}

static uint32_t find_info(struct namer *x, const struct rinfo *info)
{
	uint64_t hash = hash_mix(hash_mix(info->name, info->file), info->object);
	struct map_at at;
	uint32_t found;

	hash = hash_mix(hash_mix(hash, (uint64_t)info->line ^ (uint64_t)info->column << 40),
	    hash_mix((uint64_t)info->start_line, info->address));
	at = map_find(&x->map, hash);
	for (uint32_t i; map_next(&at, &i);) {
		const struct rinfo *o = &x->r->infos.p[i];

		if (o->name == info->name && o->file == info->file && o->object == info->object &&
		    o->line == info->line && o->column == info->column && o->start_line == info->start_line &&
		    o->address == info->address)
			return i;
	}
	found = add_info(x, info);
	map_put(&x->map, hash, found);
	return found;
}

static uint32_t file_of(struct namer *x, uint32_t function)
{
	struct report *r = x->r;

	if (x->file[function] == 0) {
		struct str file = r->functions[function].file;

		file = r->whole_paths ? file : path_trim(file, r->o.trim_path, r->o.source_path);

		x->file[function] = report_intern(r, file.n ? path_clean(r->mem, file) : file) + 1;
	}
	return x->file[function] - 1;
}

static uint32_t name_line(struct namer *x, uint32_t location, const struct line *line)
{
	struct report *r = x->r;
	enum report_granularity by = r->o.granularity;
	const struct rfunction *f = line && line->function < r->n_functions ? &r->functions[line->function] : NULL;
	struct rinfo info = { 0 };

	if (by == REPORT_ADDRESSES)
		info.address = r->addresses[location];
	if (f != NULL) {
		if (by == REPORT_FUNCTIONS && f->name != 0) {
			info.name = f->name;
			if (x->by_name[f->name] == 0)
				x->by_name[f->name] = add_info(x, &info) + 1;
			return x->by_name[f->name] - 1;
		}
		if (by != REPORT_FILES)
			info.name = f->name;
		if (by != REPORT_FUNCTIONS)
			info.file = file_of(x, line->function);
		if (by == REPORT_LINES || by == REPORT_ADDRESSES)
			info.line = line->line;
		if ((by == REPORT_ADDRESSES && !r->o.noinlines) || (info.line != 0 && r->o.show_columns))
			info.column = line->column;
	}
	if (info.name == 0 || r->object_names) {
		uint32_t m = r->mappings[location];

		info.object = m != PROFILE_NONE ? r->object[m] : 0;
		info.start_line = f != NULL ? f->start_line : 0;
	}
	return find_info(x, &info);
}

static void name_location(struct namer *x, uint32_t i, uint32_t *at)
{
	struct report *r = x->r;
	const struct rlocation *l = &r->locations[i];

	r->node_at[i] = *at;
	if (l->n == 0)
		r->nodes[(*at)++] = name_line(x, i, NULL);
	for (uint32_t k = 0; k < l->n; k++)
		r->nodes[(*at)++] = name_line(x, i, &r->lines[l->first + k]);
}

static void mark_inlined(struct report *r)
{
	r->inlined = arena_zarray(r->mem, r->infos.n, sizeof(*r->inlined));
	for (uint32_t i = 0; i < r->n_locations; i++)
		for (uint32_t k = r->node_at[i]; k + 1 < r->node_at[i + 1]; k++)
			r->inlined[r->nodes[k]] = true;
}

void report_nodes(struct report *r, enum report_names names)
{
	struct namer x = { .r = r };
	bool whole_paths = names == NAMES_WHOLE_PATHS, object_names = names == NAMES_OF_OBJECTS;
	uint32_t n = 0;

	if (r->nodes != NULL && r->whole_paths == whole_paths && r->object_names == object_names)
		return;
	r->whole_paths = whole_paths;
	r->object_names = object_names;
	r->infos.n = 0;
	for (uint32_t i = 0; i < r->n_locations; i++)
		n += MAX(r->locations[i].n, 1);
	r->node_at = arena_array(r->mem, (size_t)r->n_locations + 1, sizeof(*r->node_at));
	r->nodes = arena_array(r->mem, (size_t)n + 1, sizeof(*r->nodes));
	x.by_name = mem_zarray(r->strings.n, sizeof(*x.by_name));
	x.file = mem_zarray((size_t)r->n_functions + 1, sizeof(*x.file));
	n = 0;
	for (uint32_t i = 0; i < r->n_locations; i++)
		name_location(&x, i, &n);
	r->node_at[r->n_locations] = n;
	mark_inlined(r);
	r->printed = arena_zarray(r->mem, r->infos.n + 1, sizeof(*r->printed));
	map_fini(&x.map);
	mem_free(x.by_name);
	mem_free(x.file);
}

/* Address, name, file:line:column, or what there is instead. */
void report_print_name(struct report *r, const struct rinfo *i, const char *sep, struct buf *b)
{
	struct str name = report_str(r, i->name), file = report_str(r, i->file);
	bool more = i->address != 0;

	if (i->address != 0)
		buf_printf(b, "%016llx", (unsigned long long)i->address);
	if (name.n > 0) {
		buf_add(b, str_cstr(more ? sep : ""));
		buf_add(b, name);
		more = true;
	}
	if (i->line == 0 && file.n == 0 && name.n > 0)
		return;
	buf_add(b, str_cstr(more ? sep : ""));
	if (i->line != 0) {
		buf_add(b, file);
		buf_printf(b, ":%lld", (long long)i->line);
		if (i->column != 0)
			buf_printf(b, ":%u", i->column);
	} else if (file.n > 0) {
		buf_add(b, file);
	} else if (i->object != 0) {
		buf_byte(b, '[');
		buf_add(b, path_base(report_str(r, i->object)));
		buf_byte(b, ']');
	} else {
		buf_add(b, STR("<unknown>"));
	}
}

struct str report_printed(struct report *r, uint32_t info)
{
	const struct rinfo *i = &r->infos.p[info];
	struct buf b;

	if (r->printed[info].p != NULL)
		return r->printed[info];
	if (i->address == 0 && i->line == 0 && i->file == 0 && i->name != 0) {
		r->printed[info] = report_str(r, i->name);
		return r->printed[info];
	}
	buf_init(&b, SIZE_MAX / 2);
	report_print_name(r, i, " ", &b);
	r->printed[info] = arena_str(r->mem, buf_str(&b));
	buf_fini(&b);
	return r->printed[info];
}

void report_print_info(struct report *r, const struct rinfo *i, struct buf *b)
{
	buf_add(b, report_str(r, i->name));
	buf_printf(b, "  %llu ", (unsigned long long)i->address);
	buf_add(b, report_str(r, i->file));
	buf_printf(b, " %lld %lld %u ", (long long)i->start_line, (long long)i->line, i->column);
	buf_add(b, report_str(r, i->object));
}
