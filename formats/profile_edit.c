/* profile_edit.c - see profile_edit.h */
#include "formats/profile_edit.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/md5.h"
#include "formats/profile_impl.h"

/* A copy of the head; what the edit changes is replaced. */
static struct profile *copy(struct arena *a, const struct profile *p)
{
	struct profile *out = arena_alloc(a, sizeof(*out));

	*out = *p;
	out->mem = a;
	return out;
}

/* ---- tags ---- */

static bool is_label(const struct profile *p, const struct tag *t, const struct labels *l)
{
	return labels_has(l, profile_str(p, t->key));
}

struct profile *profile_with_tags(struct arena *a, const struct profile *p, const struct labels *l)
{
	struct profile *out = copy(a, p);
	size_t own = p->tag_at != NULL ? p->tag_at[p->n_samples] : 0;
	struct tag *added = arena_zarray(a, (size_t)l->n + 1, sizeof(*added));
	uint32_t n = 0;

	profile_reserve_strings(out, 2 * l->n);
	for (uint32_t k = 0; k < l->n; k++) {
		added[k].key = profile_new_str(out, l->p[k].name);
		added[k].str = profile_new_str(out, l->p[k].value);
	}
	out->tag_at = arena_array(a, (size_t)p->n_samples + 1, sizeof(*out->tag_at));
	out->tags = arena_array(a, own + (size_t)p->n_samples * l->n + 1, sizeof(*out->tags));
	for (uint32_t i = 0; i < p->n_samples; i++) {
		out->tag_at[i] = n;
		for (uint32_t k = 0; k < l->n; k++)
			out->tags[n++] = added[k];
		for (uint32_t k = own ? p->tag_at[i] : 0; own && k < p->tag_at[i + 1]; k++)
			if (!is_label(p, &p->tags[k], l))
				out->tags[n++] = p->tags[k];
	}
	out->tag_at[p->n_samples] = n;
	return out;
}

/* ---- some of the samples ---- */

struct profile *profile_pick(struct arena *a, const struct profile *p, const uint32_t *number, uint32_t n)
{
	struct profile *out = copy(a, p);
	size_t frames = 0, tags = 0;
	uint32_t at = 0, tag = 0;

	for (uint32_t i = 0; i < n; i++) {
		frames += p->stack_at[number[i] + 1] - p->stack_at[number[i]];
		tags += p->tag_at != NULL ? p->tag_at[number[i] + 1] - p->tag_at[number[i]] : 0;
	}
	out->n_samples = n;
	out->stack_at = arena_array(a, (size_t)n + 1, sizeof(*out->stack_at));
	out->stack = arena_array(a, frames + 1, sizeof(*out->stack));
	out->values = arena_array(a, (size_t)n * p->n_types + 1, sizeof(*out->values));
	out->tag_at = p->tag_at != NULL ? arena_array(a, (size_t)n + 1, sizeof(*out->tag_at)) : NULL;
	out->tags = p->tag_at != NULL ? arena_array(a, tags + 1, sizeof(*out->tags)) : NULL;
	out->at = p->at != NULL ? arena_array(a, (size_t)n + 1, sizeof(*out->at)) : NULL;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t from = number[i];

		out->stack_at[i] = at;
		for (uint32_t k = p->stack_at[from]; k < p->stack_at[from + 1]; k++)
			out->stack[at++] = p->stack[k];
		for (uint32_t k = 0; k < p->n_types; k++)
			out->values[(size_t)i * p->n_types + k] = profile_value(p, from, k);
		if (out->at != NULL)
			out->at[i] = p->at[from];
		if (out->tag_at == NULL)
			continue;
		out->tag_at[i] = tag;
		for (uint32_t k = p->tag_at[from]; k < p->tag_at[from + 1]; k++)
			out->tags[tag++] = p->tags[k];
	}
	out->stack_at[n] = at;
	if (out->tag_at != NULL)
		out->tag_at[n] = tag;
	return out;
}

struct profile *profile_slice(struct arena *a, const struct profile *p, int64_t from, int64_t to)
{
	uint32_t *number = arena_array(a, (size_t)p->n_samples + 1, sizeof(*number)), n = 0;

	for (uint32_t i = 0; i < p->n_samples; i++)
		if (p->at[i] >= from && p->at[i] <= to)
			number[n++] = i;
	return profile_pick(a, p, number, n);
}

struct profile *profile_of_type(struct arena *a, const struct profile *p, uint32_t type)
{
	struct profile *out = copy(a, p);

	out->types = arena_alloc(a, sizeof(*out->types));
	out->types[0] = p->types[type];
	out->n_types = 1;
	out->default_type = 0;
	out->values = arena_array(a, (size_t)p->n_samples + 1, sizeof(*out->values));
	for (uint32_t i = 0; i < p->n_samples; i++)
		out->values[i] = profile_value(p, i, type);
	return out;
}

/* ---- recursion ---- */

/* Locations by what their outermost and innermost functions are called; NO_NAME: nobody knows, and that equals nothing. */
#define NO_NAME UINT32_MAX

struct collapse {
	const struct profile *p;
	struct profile *out;
	struct arena *a;
	uint32_t cap_locations;
	uint32_t *name;              /* by function: the first function of that name */
	uint32_t *without_innermost; /* by location: the same without its innermost line; 0: not yet made */
};

static uint32_t *first_of_name(struct arena *a, const struct profile *p)
{
	uint32_t *name = arena_array(a, (size_t)p->n_functions + 1, sizeof(*name));
	struct table index = { 0 };

	for (uint32_t i = 0; i < p->n_functions; i++) {
		struct str s = profile_str(p, p->functions[i].name);
		uint64_t hash = hash_seeded(s);
		struct table_at at = table_find(&index, hash);

		name[i] = s.n > 0 ? i : NO_NAME;
		for (uint32_t v; s.n > 0 && table_next(&at, &v);)
			if (str_eq(profile_str(p, p->functions[v].name), s))
				name[i] = v;
		if (name[i] == i)
			table_put(&index, a, hash, i);
	}
	return name;
}

static uint32_t line_name(const struct collapse *c, uint32_t line)
{
	uint32_t f = c->out->lines[line].function;

	return f < c->p->n_functions ? c->name[f] : NO_NAME;
}

/* Neighbours within a location: inlined recursion. Lines stay in place, only fewer. */
static void collapse_lines(struct collapse *c, struct location *l)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->n_lines; i++) {
		uint32_t at = l->first_line + i, name = line_name(c, at);

		if (n > 0 && name != NO_NAME && name == line_name(c, l->first_line + n - 1))
			continue;
		c->out->lines[l->first_line + n++] = c->out->lines[at];
	}
	l->n_lines = n;
}

static uint32_t shortened(struct collapse *c, uint32_t location)
{
	struct location l;

	if (c->without_innermost[location] != 0)
		return c->without_innermost[location] - 1;
	if (c->out->n_locations == c->cap_locations)
		c->out->locations = profile_grow(c->a, c->out->locations, sizeof(l), c->out->n_locations,
		    &c->cap_locations);
	l = c->out->locations[location];
	l.first_line++;
	l.n_lines--;
	l.id = 0; /* ids are made anew where they are not all different */
	c->out->locations[c->out->n_locations] = l;
	c->without_innermost[location] = c->out->n_locations + 1;
	return c->out->n_locations++;
}

/* From the root on: when the callee's outermost function is the innermost of its caller, the caller loses that one. */
static uint32_t collapse_stack(struct collapse *c, const uint32_t *stack, uint32_t n, uint32_t *out)
{
	uint32_t kept = 0;

	for (uint32_t i = n; i-- > 0;) {
		uint32_t location = stack[i];
		const struct location *own, *caller;

		if (kept > 0 && location < c->p->n_locations && out[kept - 1] < c->out->n_locations) {
			own = &c->out->locations[location];
			caller = &c->out->locations[out[kept - 1]];
			if (own->n_lines > 0 && caller->n_lines > 0 &&
			    line_name(c, own->first_line + own->n_lines - 1) == line_name(c, caller->first_line) &&
			    line_name(c, caller->first_line) != NO_NAME) {
				if (caller->n_lines == 1)
					kept--;
				else
					out[kept - 1] = shortened(c, out[kept - 1]);
			}
		}
		out[kept++] = location;
	}
	for (uint32_t i = 0; i < kept / 2; i++) {
		uint32_t other = out[i];

		out[i] = out[kept - 1 - i];
		out[kept - 1 - i] = other;
	}
	return kept;
}

struct profile *profile_without_recursion(struct arena *a, const struct profile *p)
{
	struct collapse c = { .p = p, .out = copy(a, p), .a = a };
	size_t frames = p->n_samples > 0 ? p->stack_at[p->n_samples] : 0;
	uint32_t at = 0;

	c.name = first_of_name(a, p);
	c.cap_locations = p->n_locations;
	c.without_innermost = arena_zarray(a, (size_t)p->n_locations + 1, sizeof(*c.without_innermost));
	c.out->locations = arena_array(a, (size_t)p->n_locations + 1, sizeof(*c.out->locations));
	c.out->lines = arena_array(a, (size_t)p->n_lines + 1, sizeof(*c.out->lines));
	if (p->n_locations > 0)
		memcpy(c.out->locations, p->locations, p->n_locations * sizeof(*p->locations));
	if (p->n_lines > 0)
		memcpy(c.out->lines, p->lines, p->n_lines * sizeof(*p->lines));
	for (uint32_t i = 0; i < p->n_locations; i++)
		collapse_lines(&c, &c.out->locations[i]);
	c.out->stack_at = arena_array(a, (size_t)p->n_samples + 1, sizeof(*c.out->stack_at));
	c.out->stack = arena_array(a, frames + 1, sizeof(*c.out->stack));
	for (uint32_t i = 0; i < p->n_samples; i++) {
		c.out->stack_at[i] = at;
		at += collapse_stack(&c, p->stack + p->stack_at[i], p->stack_at[i + 1] - p->stack_at[i],
		    c.out->stack + at);
	}
	c.out->stack_at[p->n_samples] = at;
	return c.out;
}

/* ---- strings ---- */

/* What becomes of the strings of one role. */
struct rename {
	struct arena *a;
	struct profile *out;
	uint32_t *done; /* by string: the new one + 1; 0: not yet */
	struct str (*fn)(struct rename *r, struct str s);
	const struct path_rule *rules;
	size_t n_rules;
	struct str key;
	const char *prefix;
};

static void rename_begin(struct rename *r, uint32_t n_strings)
{
	r->done = arena_zarray(r->a, (size_t)n_strings + 1, sizeof(*r->done));
}

static void rename_one(struct rename *r, uint32_t n_strings, uint32_t *string)
{
	struct str old, new;

	if (*string >= n_strings)
		return;
	if (r->done[*string] == 0) {
		old = r->out->strings[*string];
		new = old.n > 0 ? r->fn(r, old) : old;
		r->done[*string] = (new.p == old.p &&new.n == old.n ? *string : profile_new_str(r->out, new)) + 1;
	}
	*string = r->done[*string] - 1;
}

static void own_tables(struct arena *a, struct profile *out)
{
	struct function *f = arena_array(a, (size_t)out->n_functions + 1, sizeof(*f));
	struct mapping *m = arena_array(a, (size_t)out->n_mappings + 1, sizeof(*m));

	if (out->n_functions > 0)
		memcpy(f, out->functions, out->n_functions * sizeof(*f));
	if (out->n_mappings > 0)
		memcpy(m, out->mappings, out->n_mappings * sizeof(*m));
	out->functions = f;
	out->mappings = m;
}

static struct str new_path(struct rename *r, struct str s)
{
	for (size_t i = 0; i < r->n_rules; i++) {
		struct str from = r->rules[i].from, to = r->rules[i].to, rest;

		if (from.n == 0 || !str_prefix(s, from))
			continue;
		rest = str_skip(s, from.n);
		if (rest.n > 0 && rest.p[0] != '/' && from.p[from.n - 1] != '/')
			continue;
		while (to.n == 0 && rest.n > 0 && rest.p[0] == '/')
			rest = str_skip(rest, 1);
		return arena_printf(r->a, STR_FMT STR_FMT, STR_ARG(to), STR_ARG(rest));
	}
	return s;
}

struct profile *profile_with_paths(struct arena *a, const struct profile *p, const struct path_rule *rules, size_t n)
{
	struct rename r = { .a = a, .out = copy(a, p), .fn = new_path, .rules = rules, .n_rules = n };

	rename_begin(&r, p->n_strings);
	profile_reserve_strings(r.out, p->n_functions + p->n_mappings);
	own_tables(a, r.out);
	for (uint32_t i = 0; i < p->n_functions; i++)
		rename_one(&r, p->n_strings, &r.out->functions[i].file);
	for (uint32_t i = 0; i < p->n_mappings; i++)
		rename_one(&r, p->n_strings, &r.out->mappings[i].file);
	return r.out;
}

enum { MD5_BLOCK = 64, MD5_SIZE = 16, SHOWN = 6 };

/* RFC 2104. As a keyed function MD5 still stands; what is told of the digest is short besides. */
static void hmac_md5(struct arena *a, struct str key, struct str text, uint8_t out[MD5_SIZE])
{
	uint8_t block[MD5_BLOCK] = { 0 }, *inner = arena_alloc(a, MD5_BLOCK + text.n), outer[MD5_BLOCK + MD5_SIZE];

	if (key.n > MD5_BLOCK)
		md5(key, block);
	else if (key.n > 0)
		memcpy(block, key.p, key.n);
	for (size_t i = 0; i < MD5_BLOCK; i++) {
		inner[i] = block[i] ^ 0x36;
		outer[i] = block[i] ^ 0x5c;
	}
	memcpy(inner + MD5_BLOCK, text.p, text.n);
	md5(str_of(inner, MD5_BLOCK + text.n), outer + MD5_BLOCK);
	md5(str_of(outer, sizeof(outer)), out);
}

static struct str hidden(struct rename *r, struct str s)
{
	uint8_t d[MD5_SIZE];

	hmac_md5(r->a, r->key, s, d);
	static_assert(SHOWN == 6, "as many bytes as the format below");
	return arena_printf(r->a, "%s-%02x%02x%02x%02x%02x%02x", r->prefix, d[0], d[1], d[2], d[3], d[4], d[5]);
}

/* The strings that nobody refers to any more must not be written either. */
static void forget_strings(struct profile *out, uint32_t n_old, const bool *kept)
{
	for (uint32_t i = 1; i < n_old; i++)
		if (!kept[i])
			out->strings[i] = STR("");
}

static void keep_string(bool *kept, uint32_t n, uint32_t i)
{
	if (i < n)
		kept[i] = true;
}

static void keep_type(bool *kept, uint32_t n, struct value_type t)
{
	keep_string(kept, n, t.type);
	keep_string(kept, n, t.unit);
}

struct profile *profile_anonymous(struct arena *a, const struct profile *p, struct str key)
{
	static const char *const prefixes[] = { "fn", "file", "map", "tag" };
	struct profile *out = copy(a, p);
	uint32_t n = p->n_strings, n_tags = p->tag_at != NULL ? p->tag_at[p->n_samples] : 0;
	struct rename r[ARRAY_LEN(prefixes)];
	bool *kept = arena_zarray(a, (size_t)n + 1, sizeof(*kept));

	profile_reserve_strings(out, 4 * n + 1);
	own_tables(a, out);
	for (size_t k = 0; k < ARRAY_LEN(r); k++) {
		r[k] = (struct rename){ .a = a, .out = out, .fn = hidden, .key = key, .prefix = prefixes[k] };
		rename_begin(&r[k], n);
	}
	for (uint32_t i = 0; i < p->n_functions; i++) {
		rename_one(&r[0], n, &out->functions[i].name);
		rename_one(&r[0], n, &out->functions[i].system_name);
		rename_one(&r[1], n, &out->functions[i].file);
	}
	for (uint32_t i = 0; i < p->n_mappings; i++) {
		rename_one(&r[2], n, &out->mappings[i].file);
		rename_one(&r[2], n, &out->mappings[i].build_id);
	}
	out->tags = arena_array(a, (size_t)n_tags + 1, sizeof(*out->tags));
	for (uint32_t i = 0; i < n_tags; i++) {
		out->tags[i] = p->tags[i];
		keep_string(kept, n, p->tags[i].key);
		keep_string(kept, n, p->tags[i].unit);
		rename_one(&r[3], n, &out->tags[i].str);
	}
	for (uint32_t k = 0; k < p->n_types; k++)
		keep_type(kept, n, p->types[k]);
	keep_type(kept, n, p->period_type);
	keep_string(kept, n, p->default_type);
	out->n_comments = out->drop_frames = out->keep_frames = out->doc_url = 0;
	forget_strings(out, n, kept);
	return out;
}

/* ---- shares ---- */

static void print_value(const struct profile *p, uint32_t sample, struct str key, struct buf *b)
{
	bool any = false;

	for (uint32_t i = p->tag_at[sample]; i < p->tag_at[sample + 1]; i++) {
		const struct tag *t = &p->tags[i];

		if (!str_eq(profile_str(p, t->key), key))
			continue;
		if (any)
			buf_byte(b, '+');
		any = true;
		if (t->str != 0)
			buf_add(b, profile_str(p, t->str));
		else
			buf_printf(b, "%lld" STR_FMT, (long long)t->num, STR_ARG(profile_str(p, t->unit)));
	}
}

struct sorted {
	struct str value;
	uint32_t number;
};

static int by_value(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	int rc = str_cmp(x->value, y->value);

	return rc != 0 ? rc : x->number < y->number ? -1 : x->number > y->number;
}

size_t profile_split(struct arena *a, const struct profile *p, const struct str *keys, size_t n_keys,
    struct profile_share **out)
{
	struct sorted *all = arena_array(a, (size_t)p->n_samples + 1, sizeof(*all));
	uint32_t *number = arena_array(a, (size_t)p->n_samples + 1, sizeof(*number));
	size_t n = 0;
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	for (uint32_t i = 0; i < p->n_samples; i++) {
		buf_reset(&b);
		for (size_t k = 0; k < n_keys; k++) {
			if (k > 0)
				buf_byte(&b, ',');
			if (p->tag_at != NULL)
				print_value(p, i, keys[k], &b);
		}
		all[i] = (struct sorted){ i > 0 && str_eq(all[i - 1].value, buf_str(&b)) ? all[i - 1].value
											 : arena_str(a, buf_str(&b)),
			i };
	}
	buf_fini(&b);
	if (p->n_samples > 1)
		qsort(all, p->n_samples, sizeof(*all), by_value);
	*out = arena_array(a, (size_t)p->n_samples + 1, sizeof(**out));
	for (uint32_t i = 0, k; i < p->n_samples; i = k) {
		for (k = i; k < p->n_samples && str_eq(all[k].value, all[i].value); k++)
			number[k - i] = all[k].number;
		(*out)[n++] = (struct profile_share){ all[i].value, profile_pick(a, p, number, k - i) };
	}
	return n;
}
