/* limits.c - see limits.h */
#include "conf/limits.h"

#include <fcntl.h>

#include "base/hash.h"
#include "base/mem.h"
#include "io/file.h"

#define OPT_FILE "conf/limits.def"
#define OPT_STRUCT limits
#define OPT_TABLE limits_rows_table
#include "conf/opt_rows.h"

const struct opt_table limits_table = {
	limits_rows_table_rows,
	ARRAY_LEN(limits_rows_table_rows),
	sizeof(struct limits),
};

enum { MAX_FILE = 16 << 20 };

struct limits_set {
	struct arena *a;
	struct absent absent;
	struct limits base;
	struct str *names;
	struct limits *limits;
	size_t n;
};

/* The limits of a tenant that files may change further. */
static struct limits *own_limits(struct limits_set *s, struct str tenant)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->names[i], tenant))
			return &s->limits[i];
	s->names[s->n] = tenant;
	s->limits[s->n] = s->base;
	return &s->limits[s->n++];
}

static void make_room(struct limits_set *s, size_t more)
{
	size_t cap = s->n + more;
	struct str *names = arena_array(s->a, cap, sizeof(*names));
	struct limits *limits = arena_array(s->a, cap, sizeof(*limits));

	if (s->n > 0) {
		memcpy(names, s->names, s->n * sizeof(*names));
		memcpy(limits, s->limits, s->n * sizeof(*limits));
	}
	s->names = names;
	s->limits = limits;
}

static int overlay_tenants(struct limits_set *s, const struct yaml *map, const char *path, struct err *e)
{
	if (map->kind == YAML_NULL)
		return 0;
	if (map->kind != YAML_MAP)
		return err_set(e, ERR_CONFIG, "%s:%u: overrides: a map of tenants is expected", path, map->line);
	make_room(s, map->n);
	for (size_t i = 0; i < map->n; i++) {
		struct limits *l = own_limits(s, map->items[i].key);

		if (opt_overlay(&limits_table, l, s->a, &s->absent, "limits.", map->items[i].value, path, e) < 0)
			return -1;
	}
	return 0;
}

static int overlay_file(struct limits_set *s, const struct yaml *root, const char *path, struct err *e)
{
	if (root->kind == YAML_NULL)
		return 0;
	if (root->kind != YAML_MAP)
		return err_set(e, ERR_CONFIG, "%s:%u: the file must be a map of keys", path, root->line);
	for (size_t i = 0; i < root->n; i++) {
		const struct yaml_item *it = &root->items[i];

		if (!str_eq(it->key, STR("overrides")))
			return err_set(e, ERR_CONFIG, "%s:%u: unknown key %.*s; overrides: is all there is", path,
			    it->line, (int)MIN(it->key.n, (size_t)200), it->key.p);
		if (overlay_tenants(s, it->value, path, e) < 0)
			return -1;
	}
	return 0;
}

static int read_text(const char *path, struct buf *text, struct err *e)
{
	buf_init(text, MAX_FILE + 1);
	if (file_read(AT_FDCWD, path, MAX_FILE, text, e) == 0)
		return 0;
	buf_fini(text);
	return -1;
}

static int read_overrides(struct limits_set *s, const char *path, struct err *e)
{
	struct buf text;
	struct yaml *root;

	if (read_text(path, &text, e) < 0)
		return -1;
	root = yaml_parse(s->a, arena_str(s->a, buf_str(&text)), path, e);
	buf_fini(&text);
	return root == NULL ? -1 : overlay_file(s, root, path, e);
}

struct limits_set *limits_read(const struct limits *base, const struct opt_list *files, struct err *e)
{
	struct limits_set *s = mem_zalloc(sizeof(*s));

	s->a = arena_new();
	s->base = *base;
	for (size_t i = 0; i < files->n; i++) {
		if (read_overrides(s, files->p[i], e) < 0) {
			limits_free(s);
			return NULL;
		}
	}
	return s;
}

uint64_t limits_hash(const struct opt_list *files)
{
	uint64_t h = 0;

	for (size_t i = 0; i < files->n; i++) {
		struct buf text;
		struct err e;

		if (read_text(files->p[i], &text, &e) < 0) {
			h = hash_mix(h, 1);
			continue;
		}
		h = hash_mix(h, hash_str(buf_str(&text)));
		buf_fini(&text);
	}
	return h;
}

void limits_free(struct limits_set *s)
{
	if (s == NULL)
		return;
	arena_free(s->a);
	mem_free(s);
}

const struct limits *limits_of(const struct limits_set *s, struct str tenant)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->names[i], tenant))
			return &s->limits[i];
	return &s->base;
}

const struct limits *limits_base(const struct limits_set *s)
{
	return &s->base;
}

size_t limits_tenants(const struct limits_set *s, const struct str **names)
{
	*names = s->names;
	return s->n;
}

static struct yaml *tenant_yaml(const struct limits_set *s, const struct limits *l, bool own, struct arena *a)
{
	struct yaml *map = yaml_new(a, YAML_MAP);

	for (size_t i = 0; i < limits_table.n; i++) {
		const struct opt_row *row = &limits_table.rows[i];

		if (row->kind != OPT_ROW ||
		    (own && str_eq(opt_text(&limits_table, row, l, a), opt_text(&limits_table, row, &s->base, a))))
			continue;
		yaml_add(a, map, str_skip(str_cstr(row->yaml), strlen("limits.")), opt_yaml(&limits_table, row, l, a));
	}
	return map;
}

void limits_yaml(const struct limits_set *s, bool own, struct buf *out)
{
	struct arena *a = arena_new();
	struct yaml *root = yaml_new(a, YAML_MAP), *tenants = yaml_new(a, YAML_MAP);

	for (size_t i = 0; i < s->n; i++)
		yaml_add(a, tenants, s->names[i], tenant_yaml(s, &s->limits[i], own, a));
	yaml_add(a, root, STR("overrides"), tenants);
	yaml_print(out, root);
	arena_free(a);
}
