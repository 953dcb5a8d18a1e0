/* stack_dump.c - see stack_dump.h */
#include "formats/text/stack_dump.h"

void dump_init(struct dump *d, struct arena *a, struct str bytes, const struct format_opts *o, struct str type,
    const char *unit)
{
	*d = (struct dump){ .a = a, .o = o, .t = { .rest = bytes } };
	d->b = profile_builder_new(a, 1);
	d->type.type = profile_builder_str(d->b, type);
	d->type.unit = profile_builder_str(d->b, str_cstr(unit));
	profile_builder_type(d->b, 0, type, str_cstr(unit));
}

static void push(struct dump *d, uint32_t location)
{
	if (d->n == d->cap)
		d->stack = profile_grow(d->a, d->stack, sizeof(*d->stack), d->n, &d->cap);
	d->stack[d->n++] = location;
}

static bool is_full(struct dump *d)
{
	if (d->n == DUMP_MAX_DEPTH - 1)
		push(d, profile_builder_frame(d->b, STR("[frames left out]"), STR_NONE, 0));
	return d->n == DUMP_MAX_DEPTH;
}

void dump_frame(struct dump *d, struct str name, struct str file, int64_t line)
{
	if (!is_full(d))
		push(d, profile_builder_frame(d->b, name, file, line));
}

void dump_address(struct dump *d, uint64_t address, struct str module)
{
	struct location l = { .address = address, .mapping = PROFILE_NONE };

	if (is_full(d))
		return;
	l.mapping = profile_builder_mapping(d->b,
	    &(struct mapping){ .limit = UINT64_MAX, .file = profile_builder_str(d->b, module) });
	push(d, profile_builder_location(d->b, &l, NULL));
}

void dump_tag(struct dump *d, const char *key, struct str text, int64_t number, const char *unit)
{
	struct tag *t = &d->tags[d->n_tags];

	if (!(d->o->keep & FORMAT_TAGS) || d->n_tags == DUMP_MAX_TAGS)
		return;
	*t = (struct tag){ .key = profile_builder_str(d->b, str_cstr(key)), .num = number };
	if (text.n)
		t->str = profile_builder_str(d->b, text);
	if (unit[0])
		t->unit = profile_builder_str(d->b, str_cstr(unit));
	d->n_tags++;
}

void dump_drop(struct dump *d)
{
	d->n = d->n_tags = 0;
}

void dump_sample(struct dump *d, int64_t value)
{
	if (d->n)
		profile_builder_add(d->b, d->stack, d->n, &value, d->tags, d->n_tags);
	dump_drop(d);
}

int dump_finish(struct dump *d, const char *name, struct format_profiles *out, struct err *e)
{
	struct profile *p = profile_builder_finish(d->b);

	if (p->n_samples == 0)
		return err_set(e, ERR_INVALID, "%s: no stacks in %u lines", name, d->t.no);
	p->period_type = d->type;
	p->has_period_type = true;
	p->period = 1;
	out->notes = d->notes;
	return format_one(d->a, p, out);
}

bool dump_number(struct str s, int64_t *v)
{
	*v = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || *v > (INT64_MAX - 9) / 10)
			return false;
		*v = *v * 10 + (s.p[i] - '0');
	}
	return s.n > 0;
}

bool dump_hex(struct str s, uint64_t *v)
{
	*v = 0;
	if (str_prefix(s, STR("0x")))
		s = str_skip(s, 2);
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
			return false;
		*v = *v << 4 | (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return s.n > 0 && s.n <= 16;
}
