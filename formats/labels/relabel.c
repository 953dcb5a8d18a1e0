/*
 * relabel.c - relabel rules at work. Reading them is in relabel_rules.c.
 */
#include "formats/labels/relabel.h"

#include "base/hash.h"
#include "base/md5.h"
#include "formats/labels/regex.h"
#include "formats/labels/relabel_impl.h"

/* Upper case letters: first .. last, how far their lower case is, every how many. */
static const struct {
	uint16_t first, last;
	int16_t lower;
	uint16_t step;
} cases[] = {
	{ 0x41, 0x5a, 32, 1 },
	{ 0xc0, 0xd6, 32, 1 },
	{ 0xd8, 0xde, 32, 1 },
	{ 0x100, 0x12e, 1, 2 },
	{ 0x132, 0x136, 1, 2 },
	{ 0x139, 0x147, 1, 2 },
	{ 0x14a, 0x176, 1, 2 },
	{ 0x178, 0x178, -121, 1 },
	{ 0x179, 0x17d, 1, 2 },
	{ 0x386, 0x386, 38, 1 },
	{ 0x388, 0x38a, 37, 1 },
	{ 0x38c, 0x38c, 64, 1 },
	{ 0x38e, 0x38f, 63, 1 },
	{ 0x391, 0x3a1, 32, 1 },
	{ 0x3a3, 0x3ab, 32, 1 },
	{ 0x400, 0x40f, 80, 1 },
	{ 0x410, 0x42f, 32, 1 },
	{ 0x460, 0x480, 1, 2 },
	{ 0x48a, 0x4be, 1, 2 },
	{ 0x4c1, 0x4cd, 1, 2 },
	{ 0x4d0, 0x52e, 1, 2 },
	{ 0x531, 0x556, 48, 1 },
	{ 0x1e00, 0x1e94, 1, 2 },
	{ 0x1ea0, 0x1efe, 1, 2 },
};

static uint32_t rune_case(uint32_t c, bool upper)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint32_t from = upper ? c - (uint32_t)cases[i].lower : c;

		if (from >= cases[i].first && from <= cases[i].last && (from - cases[i].first) % cases[i].step == 0)
			return upper ? from : c + (uint32_t)cases[i].lower;
	}
	return c;
}

/* Pairs within two-byte and three-byte UTF-8 keep their length, the Latin Y with diaeresis too. */
static struct str change_case(struct arena *a, struct str s, bool upper)
{
	char *p = arena_alloc(a, s.n);

	for (size_t i = 0; i < s.n;) {
		unsigned char c = (unsigned char)s.p[i];
		size_t n = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
		uint32_t v = c;

		if (n > s.n - i || !str_utf8(str_of(s.p + i, n)))
			n = 1;
		memcpy(p + i, s.p + i, n);
		if (n == 1 && c < 0x80) {
			p[i] = (char)rune_case(v, upper);
		} else if (n == 2) {
			v = rune_case((c & 0x1fu) << 6 | ((unsigned char)s.p[i + 1] & 0x3f), upper);
			p[i] = (char)(0xc0 | v >> 6);
			p[i + 1] = (char)(0x80 | (v & 0x3f));
		} else if (n == 3) {
			v = (c & 0xfu) << 12 | ((unsigned char)s.p[i + 1] & 0x3fu) << 6 |
			    ((unsigned char)s.p[i + 2] & 0x3f);
			v = rune_case(v, upper);
			p[i] = (char)(0xe0 | v >> 12);
			p[i + 1] = (char)(0x80 | (v >> 6 & 0x3f));
			p[i + 2] = (char)(0x80 | (v & 0x3f));
		}
		i += n;
	}
	return str_of(p, s.n);
}

/* The values of the source labels with the separator between them. */
static struct str source_value(struct arena *a, const struct rule *r, const struct labels *l)
{
	size_t n = 0;
	char *p, *at;

	if (r->n_source == 1)
		return labels_get(l, r->source[0]);
	if (r->n_source == 0)
		return STR("");
	for (size_t i = 0; i < r->n_source; i++)
		n += labels_get(l, r->source[i]).n + r->separator.n;
	at = p = arena_alloc(a, n);
	for (size_t i = 0; i < r->n_source; i++) {
		struct str part[2] = { i ? r->separator : STR(""), labels_get(l, r->source[i]) };

		for (int k = 0; k < 2; k++) {
			if (part[k].n)
				memcpy(at, part[k].p, part[k].n);
			at += part[k].n;
		}
	}
	return str_of(p, (size_t)(at - p));
}

/* A template with the groups put in. What is only literal, or only a group, is not copied. */
static struct str expand(struct arena *a, const struct template *t, const struct str *groups)
{
	size_t n = 0;
	char *p;

	if (t->n == 0)
		return STR("");
	if (t->n == 1)
		return t->pieces[0].group < 0 ? t->pieces[0].literal : groups[t->pieces[0].group];
	for (size_t i = 0; i < t->n; i++)
		n += t->pieces[i].group < 0 ? t->pieces[i].literal.n : groups[t->pieces[i].group].n;
	p = arena_alloc(a, n);
	n = 0;
	for (size_t i = 0; i < t->n; i++) {
		struct str s = t->pieces[i].group < 0 ? t->pieces[i].literal : groups[t->pieces[i].group];

		if (s.n)
			memcpy(p + n, s.p, s.n);
		n += s.n;
	}
	return str_of(p, n);
}

static void set(struct arena *a, struct labels *l, struct str name, struct str value)
{
	if (value.n)
		*l = labels_with(a, l, name, value);
	else if (labels_has(l, name))
		*l = labels_without(a, l, name);
}

static void replace(struct arena *a, const struct rule *r, struct str value, struct labels *l)
{
	struct str groups[REGEX_MAX_GROUPS], target;

	if (!regex_capture(r->re, value, groups, REGEX_MAX_GROUPS))
		return;
	target = expand(a, &r->target_template, groups);
	if (target.n == 0 || !str_utf8(target))
		return;
	set(a, l, target, expand(a, &r->replacement, groups));
}

static void hashmod(struct arena *a, const struct rule *r, struct str value, struct labels *l)
{
	uint8_t digest[16];
	uint64_t v = 0;

	md5(value, digest);
	for (int i = 8; i < 16; i++)
		v = v << 8 | digest[i];
	set(a, l, r->target, arena_printf(a, "%llu", (unsigned long long)(v % r->modulus)));
}

static void labelmap(struct arena *a, const struct rule *r, struct labels *l)
{
	struct str groups[REGEX_MAX_GROUPS];
	struct labels from = *l;

	for (uint32_t i = 0; i < from.n; i++) {
		struct str name;

		if (!regex_capture(r->re, from.p[i].name, groups, REGEX_MAX_GROUPS))
			continue;
		name = expand(a, &r->replacement, groups);
		if (name.n)
			set(a, l, name, from.p[i].value);
	}
}

static void label_filter(struct arena *a, const struct rule *r, bool keep, struct labels *l)
{
	struct labels out = { NULL, 0 };

	for (uint32_t i = 0; i < l->n; i++) {
		bool stays = regex_match(r->re, l->p[i].name) == keep;

		if (!stays && out.p == NULL) {
			out.p = arena_array(a, l->n, sizeof(*out.p));
			memcpy(out.p, l->p, i * sizeof(*out.p));
		} else if (stays && out.p) {
			out.p[out.n] = l->p[i];
		}
		out.n += stays;
	}
	if (out.p)
		*l = out;
}

/* false: the set is dropped. */
static bool apply(struct arena *a, const struct rule *r, struct labels *l)
{
	struct str value = source_value(a, r, l);

	switch (r->action) {
	case RELABEL_KEEP: return regex_match(r->re, value);
	case RELABEL_DROP: return !regex_match(r->re, value);
	case RELABEL_KEEPEQUAL: return str_eq(labels_get(l, r->target), value);
	case RELABEL_DROPEQUAL: return !str_eq(labels_get(l, r->target), value);
	case RELABEL_REPLACE: replace(a, r, value, l); break;
	case RELABEL_HASHMOD: hashmod(a, r, value, l); break;
	case RELABEL_LOWERCASE:
	case RELABEL_UPPERCASE: set(a, l, r->target, change_case(a, value, r->action == RELABEL_UPPERCASE)); break;
	case RELABEL_LABELMAP: labelmap(a, r, l); break;
	default: label_filter(a, r, r->action == RELABEL_LABELKEEP, l); break;
	}
	return true;
}

bool relabel_apply(struct arena *a, const struct relabel_rules *r, const struct labels *in, struct labels *out)
{
	struct labels l = *in;
	bool keep = true;

	for (size_t i = 0; r && keep && i < r->n; i++)
		keep = apply(a, &r->rules[i], &l);
	*out = keep ? l : *in;
	return keep;
}
