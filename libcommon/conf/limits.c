/* limits.c - see limits.h */
#include "conf/limits.h"

#include <fcntl.h>

#include "base/mem.h"
#include "io/file.h"

#define OPT_FILE "conf/limits.def"
#define OPT_STRUCT limits
#define OPT_TABLE limits_rows_table
#include "conf/opt_rows.h"

const struct opt_table limits_table = {
	limits_rows_table_rows, ARRAY_LEN(limits_rows_table_rows), sizeof(struct limits),
};

enum { MAX_FILE = 16 << 20 };

struct limits_set {
	struct arena *a;
	struct limits base;
	struct str *names;
	struct limits *limits;
	size_t n;
};

static int overlay_tenants(struct limits_set *s, const struct yaml *map, const char *path, struct err *e)
{
	if (map == NULL || map->kind == YAML_NULL)
		return 0;
	if (map->kind != YAML_MAP)
		return err_set(e, ERR_CONFIG, "%s:%u: overrides: a map of tenants is expected", path, map->line);
	s->names = arena_array(s->a, map->n, sizeof(*s->names));
	s->limits = arena_array(s->a, map->n, sizeof(*s->limits));
	for (size_t i = 0; i < map->n; i++) {
		s->names[i] = map->items[i].key;
		s->limits[i] = s->base;
		if (opt_overlay(&limits_table, &s->limits[i], s->a, "limits.", map->items[i].value, path, e) < 0)
			return -1;
	}
	s->n = map->n;
	return 0;
}

static int read_overrides(struct limits_set *s, const char *path, struct err *e)
{
	struct buf text;
	struct yaml *root = NULL;
	int rc;

	buf_init(&text, MAX_FILE + 1);
	rc = file_read(AT_FDCWD, path, MAX_FILE, &text, e);
	if (rc == 0) {
		root = yaml_parse(s->a, arena_str(s->a, buf_str(&text)), path, e);
		rc = root == NULL ? -1 : 0;
	}
	if (rc == 0)
		rc = overlay_tenants(s, yaml_get(root, "overrides"), path, e);
	buf_fini(&text);
	return rc;
}

struct limits_set *limits_read(const struct limits *base, const char *path, struct err *e)
{
	struct limits_set *s = mem_zalloc(sizeof(*s));

	s->a = arena_new();
	s->base = *base;
	if (path != NULL && path[0] != '\0' && read_overrides(s, path, e) < 0) {
		limits_free(s);
		return NULL;
	}
	return s;
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
