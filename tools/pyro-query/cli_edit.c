/* cli_edit.c - see cli_edit.h */
#include "tools/pyro-query/cli_edit.h"

#include "formats/profile_edit.h"
#include "io/entropy.h"

static struct profile *rewrite(struct arena *a, const struct query_opts *o, struct profile *p, struct err *e)
{
	struct path_rule *rules = arena_array(a, o->rewrite_path.n + 1, sizeof(*rules));

	for (size_t i = 0; i < o->rewrite_path.n; i++) {
		struct str to = str_cstr(o->rewrite_path.p[i]), from = str_cut(&to, '=');

		if (from.n == 0 || str_find(str_cstr(o->rewrite_path.p[i]), '=') == strlen(o->rewrite_path.p[i])) {
			err_set(e, ERR_USAGE, "--rewrite-path %s: FROM=TO is expected", o->rewrite_path.p[i]);
			return NULL;
		}
		rules[i] = (struct path_rule){ from, to };
	}
	return profile_with_paths(a, p, rules, o->rewrite_path.n);
}

struct profile *cli_edit(struct arena *a, const struct query_opts *o, struct profile *p, struct err *e)
{
	if (o->collapse)
		p = profile_without_recursion(a, p);
	/* stacks that are alike now are one sample */
	if (o->collapse)
		p = profile_merge(a, &p, 1, true, e);
	if (p != NULL && o->rewrite_path.n > 0)
		p = rewrite(a, o, p, e);
	return p;
}

enum { RANDOM_KEY = 16 };

int cli_edit_hide(struct arena *a, const struct query_opts *o, const struct report_opts *ro, struct report *old,
    struct report **r, struct profile **p, struct err *e)
{
	struct str key = str_cstr(o->anonymize_key.secret);
	struct report_opts again = *ro;

	if (!o->anonymize && key.n == 0)
		return 0;
	if (key.n == 0) {
		char *random = arena_alloc(a, RANDOM_KEY);

		entropy_bytes(random, RANDOM_KEY);
		key = str_of(random, RANDOM_KEY);
	}
	*p = profile_anonymous(a, report_profile(old), key);
	again.focus = again.ignore = again.hide = again.show = again.show_from = again.prune_from = NULL;
	again.tag_focus = again.tag_ignore = NULL;
	again.tag_show = again.tag_hide = NULL;
	again.tag_root = again.tag_leaf = STR_NONE;
	again.n_active = 0;
	again.total = report_total(old);
	again.divide_by = 1;
	again.noinlines = false;
	*r = report_new(*p, &again, e);
	return *r != NULL ? 1 : -1;
}
