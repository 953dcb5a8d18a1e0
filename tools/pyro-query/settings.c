/* settings.c - see settings.h */
#include "tools/pyro-query/settings.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/json.h"
#include "io/file.h"

static const char *path_of(struct arena *a, const char *data)
{
	return arena_printf(a, "%s/tenant_settings.json", data).p;
}

/* The whole file; an empty object where there is none. */
static json_t *read_all(struct arena *a, const char *data, struct err *e)
{
	json_t *root = NULL;
	struct buf b;

	buf_init(&b, SETTINGS_MAX);
	if (file_read(AT_FDCWD, path_of(a, data), SETTINGS_MAX, &b, e) == 0)
		root = json_parse(buf_str(&b), e);
	else if (e->kind == ERR_NOTFOUND)
		root = json_object();
	buf_fini(&b);
	if (root != NULL && !json_is_object(root)) {
		json_decref(root);
		root = NULL;
		err_set(e, ERR_CORRUPT, "an object is expected");
	}
	if (root == NULL)
		err_wrap(e, "settings: %s", path_of(a, data));
	return root;
}

static int write_all(struct arena *a, const char *data, json_t *root, struct err *e)
{
	char *text = json_dumps(root, JSON_SORT_KEYS | JSON_COMPACT);
	struct str s = str_cstr(text);
	int rc = 0;

	if (s.n > SETTINGS_MAX)
		rc = err_set(e, ERR_LIMIT, "settings of all tenants take %zu bytes, the limit is %d", s.n,
		    SETTINGS_MAX);
	if (rc == 0)
		rc = file_mkdirs(AT_FDCWD, data, 0777, e);
	if (rc == 0)
		rc = file_replace(AT_FDCWD, path_of(a, data), s, 0666, e);
	free(text);
	return rc;
}

static json_t *string_of(struct str s)
{
	return json_stringn(s.p, s.n);
}

static json_t *tenant_of(json_t *root, struct arena *a, struct str tenant)
{
	return json_object_get(root, arena_cstr(a, tenant));
}

static struct str text_of(struct arena *a, const json_t *s, const char *member)
{
	const json_t *v = json_object_get(s, member);

	return json_is_string(v) ? arena_str(a, str_of(json_string_value(v), json_string_length(v))) : STR_NONE;
}

static int64_t modified_of(const json_t *s)
{
	return json_integer_value(json_object_get(s, "modifiedAt"));
}

static int by_name(const void *x, const void *y)
{
	return str_cmp(((const struct setting *)x)->name, ((const struct setting *)y)->name);
}

int settings_all(struct arena *a, const char *data, struct str tenant, struct setting_list *out, struct err *e)
{
	json_t *root = read_all(a, data, e), *own, *value;
	const char *key;

	if (root == NULL)
		return -1;
	own = tenant_of(root, a, tenant);
	out->n = 0;
	out->p = arena_zarray(a, json_object_size(own), sizeof(*out->p));
	json_object_foreach(own, key, value) {
		out->p[out->n++] = (struct setting){ arena_str(a, str_cstr(key)), text_of(a, value, "value"),
			modified_of(value) };
	}
	json_decref(root);
	if (out->n > 0)
		qsort(out->p, out->n, sizeof(*out->p), by_name);
	return 0;
}

static int update(struct arena *a, json_t *root, struct str tenant, const struct setting *s, struct err *e)
{
	const char *name = arena_cstr(a, s->name);
	json_t *own = tenant_of(root, a, tenant), *old = json_object_get(own, name), *new;

	if (old != NULL && modified_of(old) > s->modified)
		return err_set(e, ERR_EXISTS, "failed to update " STR_FMT ": newer update already written",
		    STR_ARG(s->name));
	if (own == NULL) {
		own = json_object();
		json_object_set_new(root, arena_cstr(a, tenant), own);
	}
	new = json_object();
	json_object_set_new(new, "name", string_of(s->name));
	json_object_set_new(new, "value", string_of(s->value));
	json_object_set_new(new, "modifiedAt", json_integer(s->modified));
	if (json_object_set_new(own, name, new) < 0)
		return err_set(e, ERR_INVALID, "the setting's name is not UTF-8");
	return 0;
}

/* Keys are C strings in the JSON library, and values must be text. */
static int check_text(struct str s, const char *what, struct err *e)
{
	if (!str_utf8(s))
		return err_set(e, ERR_INVALID, "%s of a setting must be UTF-8", what);
	if (s.n > 0 && memchr(s.p, '\0', s.n) != NULL)
		return err_set(e, ERR_INVALID, "%s of a setting cannot hold a NUL", what);
	return 0;
}

int settings_put(struct arena *a, const char *data, struct str tenant, const struct setting *s, struct err *e)
{
	json_t *root;
	int rc;

	if (check_text(s->name, "the name", e) < 0 || check_text(s->value, "the value", e) < 0)
		return -1;
	root = read_all(a, data, e);
	if (root == NULL)
		return -1;
	rc = update(a, root, tenant, s, e);
	if (rc == 0)
		rc = write_all(a, data, root, e);
	json_decref(root);
	return rc;
}

int settings_remove(struct arena *a, const char *data, struct str tenant, struct str name, int64_t now_ms,
    struct err *e)
{
	const char *key = arena_cstr(a, name);
	json_t *root, *own, *old;
	int rc = 0;

	if (check_text(name, "the name", e) < 0)
		return -1;
	root = read_all(a, data, e);
	if (root == NULL)
		return -1;
	own = tenant_of(root, a, tenant);
	old = json_object_get(own, key);
	if (old != NULL && modified_of(old) > now_ms) {
		rc = err_set(e, ERR_EXISTS, "failed to delete " STR_FMT ": newer update already written",
		    STR_ARG(name));
	} else if (old != NULL) {
		json_object_del(own, key);
		rc = write_all(a, data, root, e);
	}
	json_decref(root);
	return rc;
}
