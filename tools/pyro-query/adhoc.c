/* adhoc.c - see adhoc.h */
#include "tools/pyro-query/adhoc.h"

#include <fcntl.h>

#include "base/json.h"
#include "base/num.h"
#include "formats/ulid.h"
#include "io/entropy.h"
#include "io/file.h"

static bool is_id_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
	    c == '-';
}

static const char *folder_of(struct arena *a, const struct adhoc_place *at)
{
	return arena_printf(a, "%s/" STR_FMT "/adhoc", at->data, STR_ARG(at->tenant)).p;
}

static struct str clean_name(struct arena *a, struct str name)
{
	char *p = arena_alloc(a, name.n + 1);

	name.n = MIN(name.n, (size_t)ADHOC_MAX_NAME);
	for (size_t i = 0; i < name.n; i++)
		p[i] = name.p[i];
	for (size_t i = 0; i < name.n; i++)
		if (!is_id_char(p[i]))
			p[i] = '_';
	return str_of(p, name.n);
}

/* <ULID>-<name>: false for anything else. */
static bool parse_id(struct str id, struct adhoc *out)
{
	struct ulid u;
	struct err ignored;

	if (id.n <= ULID_TEXT || id.p[ULID_TEXT] != '-' || ulid_parse(str_of(id.p, ULID_TEXT), &u, &ignored) < 0)
		return false;
	*out = (struct adhoc){ .id = id, .name = str_skip(id, ULID_TEXT + 1), .uploaded = ulid_ms(u) };
	return true;
}

int adhoc_all(struct arena *a, const struct adhoc_place *at, struct adhoc_list *out, struct err *e)
{
	struct file_list files;

	*out = (struct adhoc_list){ NULL, 0 };
	if (file_list(a, AT_FDCWD, folder_of(a, at), &files, e) < 0)
		return e->kind == ERR_NOTFOUND ? 0 : -1;
	out->p = arena_array(a, files.n, sizeof(*out->p));
	for (size_t i = files.n; i-- > 0;)
		if (files.p[i].type == FILE_REGULAR && parse_id(files.p[i].name, &out->p[out->n]))
			out->n++;
	return 0;
}

int adhoc_put(struct arena *a, const struct adhoc_place *at, struct adhoc *new, struct err *e)
{
	const char *folder = folder_of(a, at);
	struct adhoc_list all;
	uint8_t random[10];
	char id[ULID_TEXT + 1];
	struct buf b;
	struct jw w;
	int rc;

	if (adhoc_all(a, at, &all, e) < 0)
		return -1;
	if (all.n >= at->max)
		return err_set(e, ERR_LIMIT,
		    "there are %zu uploaded profiles, the limit is %llu (tenant " STR_FMT
		    ", setting querier.max-adhoc-profiles); old ones can be removed from %s",
		    all.n, (unsigned long long)at->max, STR_ARG(at->tenant), folder);
	entropy_bytes(random, sizeof(random));
	ulid_print(ulid_make(new->uploaded, random), id);
	new->name = clean_name(a, new->name);
	new->id = arena_printf(a, "%s-" STR_FMT, id, STR_ARG(new->name));
	buf_init(&b, ADHOC_MAX_FILE);
	w = jw_init(&b);
	jw_open(&w, '{');
	jw_key(&w, STR("name"));
	jw_str(&w, new->name);
	jw_key(&w, STR("data"));
	jw_str(&w, new->base64);
	jw_key(&w, STR("uploadedAt"));
	jw_str(&w, num_rfc3339(a, new->uploaded *NS_PER_MS));
	jw_close(&w, '}');
	rc = buf_check(&b, "uploaded profile", e);
	if (rc == 0)
		rc = file_mkdirs(AT_FDCWD, folder, 0777, e);
	if (rc == 0)
		rc = file_replace(AT_FDCWD, arena_printf(a, "%s/" STR_FMT, folder, STR_ARG(new->id)).p, buf_str(&b),
		    0666, e);
	buf_fini(&b);
	return rc;
}

static int parse_file(struct arena *a, struct str text, struct adhoc *out, struct err *e)
{
	json_t *root = json_parse(text, e);
	const char *name, *data;
	int rc = -1;

	if (root == NULL)
		return -1;
	name = json_string_value(json_object_get(root, "name"));
	data = json_string_value(json_object_get(root, "data"));
	if (name == NULL || data == NULL) {
		err_set(e, ERR_CORRUPT, "name and data are expected in an uploaded profile");
	} else {
		out->name = arena_str(a, str_cstr(name));
		out->base64 = arena_str(a, str_cstr(data));
		rc = 0;
	}
	json_decref(root);
	return rc;
}

int adhoc_get(struct arena *a, const struct adhoc_place *at, struct str id, struct adhoc *out, struct err *e)
{
	struct buf b;
	int rc;

	for (size_t i = 0; i < id.n; i++)
		if (!is_id_char(id.p[i]))
			return err_set(e, ERR_INVALID, "id '" STR_FMT "' is invalid: can only contain [a-zA-Z0-9_-.]",
			    STR_ARG(str_of(id.p, MIN(id.n, (size_t)ADHOC_MAX_NAME))));
	if (id.n == 0)
		return err_set(e, ERR_INVALID, "id '' is invalid: can only contain [a-zA-Z0-9_-.]");
	if (id.n > ULID_TEXT + 1 + ADHOC_MAX_NAME || !parse_id(id, out))
		return err_set(e, ERR_NOTFOUND, "profile " STR_FMT " not found",
		    STR_ARG(str_of(id.p, MIN(id.n, (size_t)ADHOC_MAX_NAME))));
	buf_init(&b, ADHOC_MAX_FILE);
	rc = file_read(AT_FDCWD, arena_printf(a, "%s/" STR_FMT, folder_of(a, at), STR_ARG(id)).p, ADHOC_MAX_FILE, &b,
	    e);
	if (rc < 0 && e->kind == ERR_NOTFOUND)
		err_set(e, ERR_NOTFOUND, "profile " STR_FMT " not found", STR_ARG(id));
	if (rc == 0)
		rc = parse_file(a, buf_str(&b), out, e);
	buf_fini(&b);
	return rc;
}
