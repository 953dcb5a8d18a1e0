/* labels_json.c - see labels_json.h */
#include "formats/labels/labels_json.h"

#include "base/json.h"

int labels_from_json(struct arena *a, struct str json, struct labels *l, struct err *e)
{
	json_t *root;
	const char *key;
	json_t *value;
	int rc = 0;

	if (json.n == 0)
		return 0;
	root = json_parse(json, e);
	if (root == NULL)
		return -1;
	if (!json_is_object(root))
		rc = err_set(e, ERR_INVALID, "the labels are no JSON object");
	json_object_foreach(root, key, value) {
		if (json_is_string(value))
			*l = labels_with(a, l, arena_str(a, str_cstr(key)),
			    arena_str(a, str_of(json_string_value(value), json_string_length(value))));
	}
	json_decref(root);
	return rc;
}

void labels_to_json(const struct labels *l, struct buf *out)
{
	struct jw w = jw_init(out);

	jw_open(&w, '{');
	for (uint32_t i = 0; i < l->n; i++) {
		jw_key(&w, l->p[i].name);
		jw_str(&w, l->p[i].value);
	}
	jw_close(&w, '}');
}
