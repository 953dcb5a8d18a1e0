/*
 * labels.c - label sets and profile types.
 */
#include "formats/labels/labels.h"

#include "base/enc.h"
#include "base/hash.h"
#include "base/mem.h"

/* Position of name, or where it would be inserted. */
static uint32_t labels_find(const struct labels *l, struct str name)
{
	uint32_t i = 0;

	while (i < l->n && str_cmp(l->p[i].name, name) < 0)
		i++;
	return i;
}

static const struct label *labels_at(const struct labels *l, struct str name)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (str_eq(l->p[i].name, name))
			return &l->p[i];
	return NULL;
}

struct str labels_get(const struct labels *l, struct str name)
{
	const struct label *at = labels_at(l, name);

	return at ? at->value : STR("");
}

bool labels_has(const struct labels *l, struct str name)
{
	return labels_at(l, name) != NULL;
}

/* Sets are short and mostly sorted, but their length is the sender's choice. */
static void labels_insertion(struct label *p, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		struct label x = p[i];
		uint32_t j = i;

		for (; j > 0 && str_cmp(p[j - 1].name, x.name) > 0; j--)
			p[j] = p[j - 1];
		p[j] = x;
	}
}

static void labels_merge(struct label *p, uint32_t n, struct label *tmp)
{
	uint32_t half = n / 2, i = 0, j = half, k = 0;

	if (n <= 16) {
		labels_insertion(p, n);
		return;
	}
	labels_merge(p, half, tmp);
	labels_merge(p + half, n - half, tmp);
	memcpy(tmp, p, n * sizeof(*p));
	while (i < half && j < n)
		p[k++] = str_cmp(tmp[j].name, tmp[i].name) < 0 ? tmp[j++] : tmp[i++];
	while (i < half)
		p[k++] = tmp[i++];
	while (j < n)
		p[k++] = tmp[j++];
}

void labels_sort(struct labels *l)
{
	struct label *tmp = l->n > 16 ? mem_array(l->n, sizeof(*tmp)) : NULL;

	labels_merge(l->p, l->n, tmp);
	mem_free(tmp);
}

int labels_cmp(const struct labels *a, const struct labels *b)
{
	for (uint32_t i = 0; i < a->n && i < b->n; i++) {
		int c = str_cmp(a->p[i].name, b->p[i].name);

		if (c == 0)
			c = str_cmp(a->p[i].value, b->p[i].value);
		if (c)
			return c;
	}
	return (a->n > b->n) - (a->n < b->n);
}

static char *label_put(char *p, struct str s)
{
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = (char)0xff;
	return p + s.n + 1;
}

uint64_t labels_hash(const struct labels *l)
{
	char small[1024], *buf = small, *p;
	uint64_t hash;
	size_t n = 0;

	for (uint32_t i = 0; i < l->n; i++)
		n += l->p[i].name.n + l->p[i].value.n + 2;
	if (n > sizeof(small))
		buf = mem_alloc(n);
	p = buf;
	for (uint32_t i = 0; i < l->n; i++)
		p = label_put(label_put(p, l->p[i].name), l->p[i].value);
	hash = hash_xxh64(str_of(buf, n), 0);
	if (buf != small)
		mem_free(buf);
	return hash;
}

struct labels labels_copy(struct arena *a, const struct labels *l)
{
	struct labels out = { arena_array(a, l->n, sizeof(*out.p)), l->n };
	size_t n = 0;
	char *p;

	for (uint32_t i = 0; i < l->n; i++)
		n += l->p[i].name.n + l->p[i].value.n;
	p = arena_alloc(a, n);
	for (uint32_t i = 0; i < l->n; i++) {
		const struct str *from[2] = { &l->p[i].name, &l->p[i].value };
		struct str *to[2] = { &out.p[i].name, &out.p[i].value };

		for (int k = 0; k < 2; k++) {
			if (from[k]->n)
				memcpy(p, from[k]->p, from[k]->n);
			*to[k] = str_of(p, from[k]->n);
			p += from[k]->n;
		}
	}
	return out;
}

struct labels labels_with(struct arena *a, const struct labels *l, struct str name, struct str value)
{
	uint32_t at = labels_find(l, name);
	uint32_t skip = at < l->n && str_eq(l->p[at].name, name);
	uint32_t rest = l->n - at - skip;
	struct labels out = { arena_array(a, (size_t)l->n + 1, sizeof(*out.p)), at + 1 + rest };

	if (at)
		memcpy(out.p, l->p, at * sizeof(*out.p));
	out.p[at] = (struct label){ name, value };
	if (rest)
		memcpy(out.p + at + 1, l->p + at + skip, rest * sizeof(*out.p));
	return out;
}

struct labels labels_without(struct arena *a, const struct labels *l, struct str name)
{
	struct labels out = { arena_array(a, l->n, sizeof(*out.p)), 0 };

	for (uint32_t i = 0; i < l->n; i++)
		if (!str_eq(l->p[i].name, name))
			out.p[out.n++] = l->p[i];
	return out;
}

struct labels labels_some(struct arena *a, const struct labels *l, const struct str *names, size_t n)
{
	struct labels out = { arena_array(a, n, sizeof(*out.p)), 0 };

	for (size_t i = 0; i < n; i++) {
		struct str value = labels_get(l, names[i]);

		if (value.n > 0)
			out.p[out.n++] = (struct label){ names[i], value };
	}
	return out;
}

void labels_print(struct buf *b, const struct labels *l)
{
	buf_byte(b, '{');
	for (uint32_t i = 0; i < l->n; i++) {
		if (i)
			buf_add(b, STR(", "));
		buf_add(b, l->p[i].name);
		buf_byte(b, '=');
		enc_quote(b, l->p[i].value);
	}
	buf_byte(b, '}');
}

static int profile_type_bad(struct str id, size_t parts, struct err *e)
{
	struct buf b;

	buf_init(&b, 4096);
	enc_quote(&b, id);
	err_set(e, ERR_INVALID,
	    "profile-type selection must be of the form <name>:<sample-type>:<sample-unit>:"
	    "<period-type>:<period-unit>(:delta), got(%zu): " STR_FMT,
	    parts, STR_ARG(buf_str(&b)));
	buf_fini(&b);
	return -1;
}

int profile_type_parse(struct str id, struct profile_type *out, struct err *e)
{
	struct str part[5] = { { 0 } }, rest = id;
	size_t parts = 1;

	for (size_t i = 0; i < id.n; i++)
		parts += id.p[i] == ':';
	if (parts != 5 && parts != 6)
		return profile_type_bad(id, parts, e);
	for (size_t i = 0; i < ARRAY_LEN(part); i++)
		part[i] = str_cut(&rest, ':');
	*out = (struct profile_type){ part[0], part[1], part[2], part[3], part[4] };
	return 0;
}

struct str profile_type_id(struct arena *a, const struct profile_type *t)
{
	const struct str part[] = { t->name, t->type, t->unit, t->period_type, t->period_unit };
	size_t n = ARRAY_LEN(part) - 1;
	char *text, *p;

	for (size_t i = 0; i < ARRAY_LEN(part); i++)
		n += part[i].n;
	text = p = arena_alloc(a, n);
	for (size_t i = 0; i < ARRAY_LEN(part); i++) { /* not printed: a part may hold zeros */
		if (i > 0)
			*p++ = ':';
		if (part[i].n > 0)
			memcpy(p, part[i].p, part[i].n);
		p += part[i].n;
	}
	return str_of(text, n);
}
