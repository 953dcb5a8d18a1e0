/* names.c - see names.h */
#include "tools/pyro-convert/names.h"

#include "base/buf.h"
#include "base/hash.h"

enum { PART_MAX = 80, PATH_BYTES = 4096 };

static struct str without_extension(struct str name, const char *extensions)
{
	struct str rest = str_cstr(extensions);
	size_t slash = str_rfind(name, '/'), from = slash < name.n ? slash + 1 : 0, best = 0, dot;

	if (str_suffix(name, STR(".gz")) && name.n - 3 > from)
		name.n -= 3;
	else if (str_suffix(name, STR(".zst")) && name.n - 4 > from)
		name.n -= 4;
	while (rest.n > 0) {
		struct str ext = str_cut(&rest, ' ');

		if (ext.n > best && name.n > from + ext.n + 1 && name.p[name.n - ext.n - 1] == '.' &&
		    str_eq_nocase(str_skip(name, name.n - ext.n), ext))
			best = ext.n;
	}
	if (best > 0)
		return str_of(name.p, name.n - best - 1);
	dot = str_rfind(name, '.');
	return dot < name.n && dot > from ? str_of(name.p, dot) : name;
}

static void put_component(struct buf *b, struct str part)
{
	if (part.n == 0 || str_eq(part, STR(".")) || str_eq(part, STR("..")))
		return;
	if (b->n > 0)
		buf_byte(b, '/');
	for (size_t i = 0; i < part.n; i++)
		buf_byte(b, (unsigned char)part.p[i] < ' ' || part.p[i] == 127 ? '_' : (unsigned char)part.p[i]);
}

struct str names_base(struct arena *a, struct str operand, struct str input, const char *extensions)
{
	struct str name = input, out;
	struct buf b;

	while (operand.n > 1 && operand.p[operand.n - 1] == '/')
		operand.n--;
	if (str_eq(name, STR("standard input")))
		name = STR("stdin");
	else if (str_eq(name, operand))
		name = str_skip(name, str_rfind(name, '/') < name.n ? str_rfind(name, '/') + 1 : 0);
	else if (operand.n > 0 && str_prefix(name, operand) && name.p[operand.n] == '/')
		name = str_skip(name, operand.n + 1);
	else if (operand.n > 0 && str_prefix(name, operand) && operand.p[operand.n - 1] == '/')
		name = str_skip(name, operand.n);
	name = without_extension(name, extensions);
	buf_init(&b, PATH_BYTES);
	while (name.n > 0)
		put_component(&b, str_cut(&name, '/'));
	out = b.n > 0 ? arena_str(a, buf_str(&b)) : STR("profile");
	buf_fini(&b);
	return out;
}

struct str names_part(struct arena *a, struct str name, uint32_t number)
{
	char *p;

	if (name.n == 0)
		return arena_printf(a, "%u", number);
	name.n = MIN(name.n, (size_t)PART_MAX);
	while (name.n > 0 && !str_utf8(name))
		name.n--;
	if (name.n == 0)
		return arena_printf(a, "%u", number);
	p = arena_cstr(a, name);
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)p[i] <= ' ' || p[i] == 127 || strchr("/\\:*?\"<>|", p[i]) != NULL)
			p[i] = '_';
	if (p[0] == '.')
		p[0] = '_';
	return str_of(p, name.n);
}

static bool is_taken(const struct names *n, struct str name)
{
	struct map_at at = map_find(&n->map, hash_seeded(name));

	for (uint32_t i; map_next(&at, &i);)
		if (str_eq(n->all.p[i], name))
			return true;
	return false;
}

struct str names_take(struct names *n, struct arena *a, struct str base, struct str tail)
{
	struct str name = arena_printf(a, STR_FMT STR_FMT, STR_ARG(base), STR_ARG(tail));

	for (unsigned k = 2; is_taken(n, name); k++)
		name = arena_printf(a, STR_FMT "-%u" STR_FMT, STR_ARG(base), k, STR_ARG(tail));
	map_put(&n->map, hash_seeded(name), (uint32_t)n->all.n);
	vec_push(&n->all, name);
	return name;
}

void names_fini(struct names *n)
{
	vec_free(&n->all);
	map_fini(&n->map);
}
