/* Tags of samples: units, conditions, and tags that become frames. */
#include <stdlib.h>

#include "base/hash.h"
#include "base/num.h"
#include "formats/labels/regex.h"
#include "formats/report/report_impl.h"

static bool is_number(const struct tag *t)
{
	return t->str == 0 && !report_tag_empty(t);
}

/* Keys get interned names; the unit of a key is the first that a number of that key has. */
static void find_units(struct report *r)
{
	const struct profile *p = r->p;

	for (uint32_t i = 0; i < p->tag_at[p->n_samples]; i++) {
		const struct tag *t = &p->tags[i];

		if (t->key < p->n_strings && r->keys[t->key] == 0)
			r->keys[t->key] = report_intern(r, p->strings[t->key]);
	}
	r->n_keys = (uint32_t)r->strings.n;
	r->key_unit = arena_zarray(r->mem, r->n_keys, sizeof(*r->key_unit));
	for (uint32_t i = 0; i < p->tag_at[p->n_samples]; i++) {
		const struct tag *t = &p->tags[i];
		struct str *unit = &r->key_unit[t->key < p->n_strings ? r->keys[t->key] : 0];

		if (is_number(t) && unit->n == 0)
			*unit = profile_str(p, t->unit);
	}
}

void report_tag_units(struct report *r)
{
	if (r->p->tag_at == NULL)
		return;
	r->keys = arena_zarray(r->mem, (size_t)r->p->n_strings + 1, sizeof(*r->keys));
	find_units(r);
	for (uint32_t i = 0; i < r->n_keys; i++) {
		struct str key = report_str(r, i);

		if (r->key_unit[i].n > 0)
			continue;
		if (str_eq(key, STR("alignment")) || str_eq(key, STR("request")))
			r->key_unit[i] = STR("bytes");
		else
			r->key_unit[i] = key;
	}
}

uint32_t report_key(const struct report *r, const struct tag *t)
{
	return t->key < r->p->n_strings ? r->keys[t->key] : 0;
}

void report_tag_hide(struct report *r)
{
	if (r->p->tag_at == NULL || (r->o.tag_show == NULL && r->o.tag_hide == NULL))
		return;
	r->tag_gone = arena_zarray(r->mem, r->n_keys, sizeof(*r->tag_gone));
	for (uint32_t i = 0; i < r->n_keys; i++) {
		struct str key = report_str(r, i);

		r->tag_gone[i] = (r->o.tag_show && !regex_match(r->o.tag_show, key)) ||
		    (r->o.tag_hide && regex_match(r->o.tag_hide, key));
	}
}

struct report_tag_filter {
	struct str key;         /* empty: any */
	bool has_low, has_high; /* a range, else expressions */
	double low, high;
	struct str unit;
	struct regex **res;
	uint32_t n_res;
};

struct amount {
	int64_t value;
	struct str unit;
};

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* 128kb: a number and letters, at the start of *s. */
static int take_amount(struct str *s, struct amount *out, bool *found, struct err *e)
{
	size_t sign = s->n > 0 && (s->p[0] == '+' || s->p[0] == '-'), n = sign, end;

	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
		n++;
	*found = n > sign;
	if (!*found)
		return 0;
	if (num_i64(str_of(s->p + (s->p[0] == '+'), n - (s->p[0] == '+')), &out->value, e) < 0)
		return -1;
	for (end = n; end < s->n && is_alpha(s->p[end]); end++)
		;
	out->unit = str_of(s->p + n, end - n);
	*s = str_skip(*s, end);
	return 0;
}

/* N, N:, :N or N:N; anything else is no range. */
static int parse_range(struct report_tag_filter *f, struct str text, struct err *e)
{
	struct amount low, high;
	bool colon, has_low, has_high;
	struct str unit;

	if (take_amount(&text, &low, &has_low, e) < 0)
		return -1;
	colon = str_prefix(text, STR(":"));
	text = str_skip(text, colon);
	if (take_amount(&text, &high, &has_high, e) < 0)
		return -1;
	if (text.n > 0 || (!has_low && !has_high) || (has_low && has_high && !colon) ||
	    (has_high && !has_low && !colon))
		return 0;
	if (!has_low)
		low = high;
	f->low = unit_scale(low.value, low.unit, low.unit, &f->unit);
	f->high = f->low;
	if (has_low && has_high) {
		f->high = unit_scale(high.value, high.unit, f->unit, &unit);
		if (!str_eq(unit, f->unit))
			return 0;
	}
	f->has_low = has_low;
	f->has_high = has_high || !colon;
	return 0;
}

static int parse_expressions(struct arena *a, struct report_tag_filter *f, struct str text, struct err *e)
{
	uint32_t max = 1;

	for (size_t i = 0; i < text.n; i++)
		max += text.p[i] == ',';
	f->res = arena_zarray(a, max, sizeof(struct regex *));
	while (f->n_res < max) {
		struct regex *re = regex_new(str_cut(&text, ','), e);

		if (re == NULL)
			return -1;
		f->res[f->n_res++] = re;
	}
	return 0;
}

struct report_tag_filter *report_tag_filter_parse(struct arena *a, struct str expr, struct err *e)
{
	struct report_tag_filter *f = arena_zalloc(a, sizeof(*f));
	size_t equals = str_find(expr, '=');
	struct str text = expr;

	if (equals < expr.n) {
		f->key = str_of(expr.p, equals);
		text = str_skip(expr, equals + 1);
	}
	if (parse_range(f, text, e) < 0 || (!f->has_low && !f->has_high && parse_expressions(a, f, text, e) < 0)) {
		report_tag_filter_free(f);
		err_wrap(e, "tag filter \"" STR_FMT "\"", (int)MIN(expr.n, 200), expr.p);
		return NULL;
	}
	return f;
}

void report_tag_filter_free(struct report_tag_filter *f)
{
	for (uint32_t i = 0; f != NULL && i < f->n_res; i++)
		regex_free(f->res[i]);
	if (f != NULL)
		f->n_res = 0;
}

static bool in_range(const struct report *r, const struct report_tag_filter *f, const struct tag *t)
{
	struct str unit;
	double v = unit_scale(t->num, report_tag_unit(r, report_key(r, t)), f->unit, &unit);

	return str_eq(unit, f->unit) && (!f->has_low || v >= f->low) && (!f->has_high || v <= f->high);
}

static bool has_key(const struct report *r, const struct report_tag_filter *f, const struct tag *t)
{
	return f->key.n == 0 || str_eq(f->key, report_str(r, report_key(r, t)));
}

static bool text_matches(const struct report *r, struct regex *re, bool with_key, const struct tag *t)
{
	struct str value = profile_str(r->p, t->str), key = report_str(r, report_key(r, t));
	struct buf b;
	bool yes;

	if (!with_key)
		return regex_match(re, value);
	buf_init(&b, SIZE_MAX / 2);
	buf_add(&b, key);
	buf_byte(&b, ':');
	buf_add(&b, value);
	yes = regex_match(re, buf_str(&b));
	buf_fini(&b);
	return yes;
}

static bool any_matches(const struct report *r, const struct report_tag_filter *f, struct regex *re,
    const struct tag *t, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (t[i].str != 0 && has_key(r, f, &t[i]) && text_matches(r, re, f->key.n == 0, &t[i]))
			return true;
	return false;
}

/* Of several expressions all must match, but with a key one is enough. */
bool report_tag_match(const struct report *r, const struct report_tag_filter *f, uint32_t sample)
{
	const struct tag *t = NULL;
	uint32_t n = report_tags_of(r->p, sample, &t);

	if (f->has_low || f->has_high) {
		for (uint32_t i = 0; i < n; i++)
			if (is_number(&t[i]) && has_key(r, f, &t[i]) && in_range(r, f, &t[i]))
				return true;
		return false;
	}
	for (uint32_t i = 0; i < f->n_res; i++)
		if (any_matches(r, f, f->res[i], t, n) != (f->key.n == 0))
			return f->key.n != 0;
	return f->key.n == 0;
}

struct str report_tag_unit(const struct report *r, uint32_t key)
{
	return key < r->n_keys ? r->key_unit[key] : STR("");
}

struct frames {
	uint32_t *p;
	size_t n, cap;
};

/* Frames made of tags: a function named by the values, in a file named by the key. */
struct tag_frames {
	struct report *r;
	struct map map; /* by value and key: position in made */
	VEC(struct rfunction) made;
	struct frames stack;
	struct frames root; /* follow the stack of a sample, but are numbered first */
};

static bool has_unit(const struct report *r, const struct tag *t, uint32_t n, struct str key)
{
	for (uint32_t i = 0; i < n; i++)
		if (is_number(&t[i]) && t[i].unit != 0 && str_eq(report_str(r, report_key(r, &t[i])), key))
			return true;
	return false;
}

/* The texts, then the numbers of a key. */
static void print_values(const struct report *r, uint32_t sample, struct str key, struct buf *b)
{
	const struct tag *t = NULL;
	uint32_t n = report_tags_of(r->p, sample, &t);
	bool units = has_unit(r, t, n, key);

	for (int numbers = 0; numbers < 2; numbers++)
		for (uint32_t i = 0; i < n; i++) {
			if (is_number(&t[i]) != numbers || report_tag_empty(&t[i]) ||
			    !str_eq(report_str(r, report_key(r, &t[i])), key))
				continue;
			if (b->n > 0)
				buf_byte(b, ',');
			if (!numbers)
				buf_add(b, profile_str(r->p, t[i].str));
			else if (units)
				unit_label(b, t[i].num, profile_str(r->p, t[i].unit), r->o.unit);
			else
				unit_label(b, t[i].num, STR(""), STR(""));
		}
}

static uint32_t make_frame(struct tag_frames *x, uint32_t sample, struct str key)
{
	struct report *r = x->r;
	struct buf b;
	struct str file = report_str(r, report_intern(r, key));
	uint32_t name;
	uint64_t hash;
	struct map_at at;

	buf_init(&b, SIZE_MAX / 2);
	print_values(r, sample, key, &b);
	name = report_intern(r, arena_str(r->mem, buf_str(&b)));
	buf_fini(&b);
	hash = hash_mix(name, hash_seeded(key));
	at = map_find(&x->map, hash);
	for (uint32_t i; map_next(&at, &i);)
		if (x->made.p[i].name == name && str_eq(x->made.p[i].file, file))
			return r->n_locations + i;
	map_put(&x->map, hash, (uint32_t)x->made.n);
	vec_push(&x->made, ((struct rfunction){ .name = name, .file = file }));
	return r->n_locations + (uint32_t)x->made.n - 1;
}

/* What follows the last comma goes away from *list. */
static struct str cut_last(struct str *list)
{
	size_t comma = str_rfind(*list, ',');
	struct str last = comma < list->n ? str_skip(*list, comma + 1) : *list;

	list->n = comma < list->n ? comma : 0;
	return last;
}

/* The first key stands nearest to the root, the last one nearest to the leaf. */
static void push_frames(struct tag_frames *x, uint32_t sample, struct str keys, struct frames *to)
{
	while (keys.n > 0) {
		struct str key = cut_last(&keys);

		if (key.n > 0)
			vec_push(to, make_frame(x, sample, key));
	}
}

static void *grown(struct report *r, const void *old, size_t n, size_t more, size_t size)
{
	char *copy = arena_zarray(r->mem, n + more + 1, size);

	if (n > 0)
		memcpy(copy, old, n * size);
	return copy;
}

static void add_made(struct tag_frames *x)
{
	struct report *r = x->r;
	size_t more = x->made.n;
	struct line *lines = grown(r, r->lines, r->n_lines, more, sizeof(*lines));

	r->functions = grown(r, r->functions, r->n_functions, more, sizeof(*r->functions));
	r->locations = grown(r, r->locations, r->n_locations, more, sizeof(*r->locations));
	r->addresses = grown(r, r->addresses, r->n_locations, more, sizeof(*r->addresses));
	r->mappings = grown(r, r->mappings, r->n_locations, more, sizeof(*r->mappings));
	for (size_t i = 0; i < more; i++) {
		r->functions[r->n_functions] = x->made.p[i];
		r->locations[r->n_locations] = (struct rlocation){ r->n_lines, 1 };
		r->mappings[r->n_locations++] = PROFILE_NONE;
		lines[r->n_lines++].function = r->n_functions++;
	}
	r->lines = lines;
}

void report_tag_frames(struct report *r)
{
	struct tag_frames x = { .r = r };

	if (r->o.tag_root.n == 0 && r->o.tag_leaf.n == 0)
		return;
	for (uint32_t i = 0; i < r->n_samples; i++) {
		struct rsample *s = &r->samples[i];
		uint32_t at = (uint32_t)x.stack.n;

		x.root.n = 0;
		push_frames(&x, s->number, r->o.tag_root, &x.root);
		push_frames(&x, s->number, r->o.tag_leaf, &x.stack);
		for (uint32_t k = 0; k < s->n; k++)
			vec_push(&x.stack, r->stack[s->at + k]);
		for (size_t k = 0; k < x.root.n; k++)
			vec_push(&x.stack, x.root.p[k]);
		*s = (struct rsample){ s->number, at, (uint32_t)x.stack.n - at };
	}
	r->stack = grown(r, x.stack.p, x.stack.n, 0, sizeof(uint32_t));
	add_made(&x);
	vec_free(&x.stack);
	vec_free(&x.root);
	vec_free(&x.made);
	map_fini(&x.map);
}
