/*
 * partition.c - the key of a partition of symbols.
 */
#include "formats/symbols/partition.h"

#include "base/hash.h"

static const struct str UNKNOWN = { "unknown", 7 };

/* Go's unicode.IsSpace, for bytes: blanks around a name of ASCII. */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct str trim(struct str s)
{
	while (s.n > 0 && is_space(s.p[0]))
		s = str_skip(s, 1);
	while (s.n > 0 && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool is_slash(char c)
{
	return c == '/' || c == '\\';
}

/*
 * Last element of a path after cleaning it: "." and ".." do not count, the
 * latter takes the element before it away. Empty for "/", "." for nothing,
 * ".." for a relative path that leads out.
 */
static struct str base_name(struct str path)
{
	bool rooted = path.n > 0 && is_slash(path.p[0]);
	size_t end = path.n, skip = 0;

	while (end > 0) {
		size_t start = end;
		struct str part;

		while (start > 0 && !is_slash(path.p[start - 1]))
			start--;
		part = str_of(path.p + start, end - start);
		end = start > 0 ? start - 1 : 0;
		if (part.n == 0 || str_eq(part, STR(".")))
			continue;
		if (str_eq(part, STR("..")))
			skip++;
		else if (skip > 0)
			skip--;
		else
			return part;
	}
	return rooted ? STR("/") : skip ? STR("..") : STR(".");
}

static struct str main_binary(const struct profile *p)
{
	static const struct str not_files[] = {
		{ "[", 1 },
		{ "linux-vdso", 10 },
		{ "/dev/dri/", 9 },
		{ "//anon", 6 },
	};
	struct str file = p->n_mappings ? profile_str(p, p->mappings[0].file) : STR_NONE;

	if (file.n == 0)
		return STR_NONE;
	for (size_t i = 0; i < ARRAY_LEN(not_files); i++)
		if (str_prefix(file, not_files[i]))
			return STR_NONE;
	return trim(base_name(file));
}

static struct str or_unknown(struct str s)
{
	return s.n ? s : UNKNOWN;
}

static struct str partition_key(const struct profile *p, const struct labels *l, struct str label, bool otlp)
{
	struct str binary;

	if (label.n == 0 && otlp)
		label = STR("service_name");
	if (label.n > 0)
		return or_unknown(labels_get(l, label));
	binary = main_binary(p);
	return binary.n ? binary : or_unknown(labels_get(l, STR("service_name")));
}

uint64_t partition_id(const struct profile *p, const struct labels *l, struct str partition_label, bool otlp)
{
	return hash_xxh64(partition_key(p, l, partition_label, otlp), 0);
}
