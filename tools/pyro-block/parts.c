/* parts.c - see parts.h */
#include "tools/pyro-block/parts.h"

enum { MAX_META = 64 << 20 };

int part_meta(struct arena *a, struct blobs *parts, struct block_meta *out, struct err *e)
{
	struct blob *b = blobs_open(parts, STR("meta.json"), e);
	struct str text;
	int rc = -1;

	if (b == NULL)
		return -1;
	if (b->size > MAX_META)
		err_set(e, ERR_LIMIT, "%llu bytes, at most %d are read", (unsigned long long)b->size, MAX_META);
	else if (blob_read(b, a, 0, (size_t)b->size, &text, e) == 0)
		rc = block_meta_parse(a, text, out, e);
	blob_close(b);
	return rc < 0 ? err_wrap(e, "meta.json") : 0;
}

static struct str base_name(struct str path)
{
	size_t slash = str_rfind(path, '/');

	return slash < path.n ? str_skip(path, slash + 1) : path;
}

int part_bytes(struct arena *a, struct blobs *parts, struct str name, struct blob **blob, struct str *out,
    struct err *e)
{
	struct str path = name;
	struct block_meta m;
	struct err ignored;

	if (!str_eq(name, STR("meta.json")) && part_meta(a, parts, &m, &ignored) == 0)
		for (uint32_t i = 0; i < m.n_files; i++)
			if (str_eq(base_name(m.files[i].path), name))
				path = m.files[i].path;
	*blob = blobs_open(parts, path, e);
	if (*blob == NULL)
		return -1;
	if (blob_read(*blob, a, 0, (size_t)(*blob)->size, out, e) == 0)
		return 0;
	blob_close(*blob);
	*blob = NULL;
	return err_wrap(e, STR_FMT, STR_ARG(path));
}
