/* blockpath.c - see blockpath.h */
#include "formats/block/blockpath.h"

static struct str last_element(struct str path)
{
	size_t slash;

	while (str_suffix(path, STR("/")))
		path.n--;
	slash = str_rfind(path, '/');
	return slash < path.n ? str_skip(path, slash + 1) : path;
}

/* "data/alpha/local/" -> "alpha" */
static struct str tenant_of(struct str above)
{
	struct str last = last_element(above);

	if (!str_eq(last, STR("local")) && !str_eq(last, STR("phlaredb")))
		return STR_NONE;
	last = last_element(str_of(above.p, (size_t)(last.p - above.p)));
	return str_eq(last, STR(".")) || str_eq(last, STR("..")) ? STR_NONE : last;
}

bool block_path_parse(struct str path, struct block_path *out)
{
	struct str rest = path;
	struct ulid id;
	struct err ignored;
	bool found = false;

	*out = (struct block_path){ 0 };
	while (rest.n > 0) {
		struct str element = str_cut(&rest, '/');
		size_t at = (size_t)(element.p - path.p);

		if (element.n != ULID_TEXT || ulid_parse(element, &id, &ignored) < 0)
			continue;
		*out = (struct block_path){ id, str_of(path.p, at + element.n), tenant_of(str_of(path.p, at)), rest };
		while (str_prefix(out->part, STR("/")))
			out->part = str_skip(out->part, 1);
		found = true;
	}
	return found;
}
