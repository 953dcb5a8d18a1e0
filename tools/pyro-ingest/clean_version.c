/* clean_version.c - see clean.h: labels that name the sources go into the build ids of mappings */
#include "base/json.h"
#include "tools/pyro-ingest/clean.h"

enum { MAX_VERSIONS = 16 << 20 }; /* bytes of all texts that a profile gets */

static const struct {
	const char *label, *key;
} version_parts[] = {
	{ "service_repository", "repository" },
	{ "service_git_ref", "git_ref" },
	{ "", "build_id" },
	{ "service_root_path", "root_path" },
};

static bool has_version(const struct labels *l)
{
	for (size_t i = 0; i < ARRAY_LEN(version_parts); i++)
		if (labels_get(l, str_cstr(version_parts[i].label)).n > 0)
			return true;
	return false;
}

static void version_json(struct buf *b, const struct labels *l, struct str build)
{
	struct jw w = jw_init(b);

	jw_open(&w, '{');
	for (size_t i = 0; i < ARRAY_LEN(version_parts); i++) {
		struct str label = str_cstr(version_parts[i].label),
			   value = label.n == 0 ? build : labels_get(l, label);

		if (value.n == 0)
			continue;
		jw_key(&w, str_cstr(version_parts[i].key));
		jw_str(&w, value);
	}
	jw_close(&w, '}');
}

/*
 * Mappings are many and labels long if a stranger wants it: a build id gets
 * its text once, the table of strings grows once, and all texts have a limit.
 */
int clean_version(struct arena *a, const struct labels *l, struct profile *p, struct err *e)
{
	uint32_t known = p->n_strings, *text;
	size_t bytes = 0;
	struct str *all;
	struct buf b;
	int rc = 0;

	if (p->n_mappings == 0 || !has_version(l))
		return 0;
	text = arena_zarray(a, known, sizeof(*text)); /* by build id; 0 = none yet */
	all = arena_array(p->mem, (size_t)known + MIN(p->n_mappings, known), sizeof(*all));
	memcpy(all, p->strings, known * sizeof(*all));
	p->strings = all;
	buf_init(&b, MAX_VERSIONS);
	for (uint32_t m = 0; m < p->n_mappings && rc == 0; m++) {
		uint32_t id = p->mappings[m].build_id;

		if (text[id] == 0) {
			buf_reset(&b);
			version_json(&b, l, all[id]);
			bytes += b.n;
			if (b.over || bytes > MAX_VERSIONS)
				rc = err_set(e, ERR_INVALID,
				    "labels of the source version and %u mappings make more than "
				    "%d bytes of build ids",
				    p->n_mappings, MAX_VERSIONS);
			else
				text[id] = p->n_strings++;
			if (rc == 0)
				all[text[id]] = arena_str(a, buf_str(&b));
		}
		p->mappings[m].build_id = text[id];
	}
	buf_fini(&b);
	return rc;
}
