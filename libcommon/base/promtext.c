#include "base/promtext.h"

#include <math.h>
#include <stdio.h>

#include "base/vec.h"

void prom_family(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void number(struct buf *b, double v)
{
	/* Counters stay whole numbers; 2^53 is where doubles end to be exact. */
	if (v == floor(v) && fabs(v) < 9007199254740992.0)
		buf_printf(b, "%.0f", v);
	else
		buf_printf(b, "%.15g", v);
}

static void label(struct buf *b, const struct prom_label *l)
{
	buf_printf(b, "%s=\"", l->name);
	for (size_t i = 0; i < l->value.n; i++) {
		char c = l->value.p[i];

		if (c == '\\' || c == '"')
			buf_byte(b, '\\');
		if (c == '\n')
			buf_add(b, STR("\\n"));
		else
			buf_byte(b, (unsigned char)c);
	}
	buf_byte(b, '"');
}

/* {a="1",le="2"}; le may be NULL. */
static void labels(struct buf *b, const struct prom_label *l, size_t n, const char *le)
{
	if (n == 0 && !le)
		return;
	buf_byte(b, '{');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_byte(b, ',');
		label(b, &l[i]);
	}
	if (le)
		buf_printf(b, "%sle=\"%s\"", n ? "," : "", le);
	buf_byte(b, '}');
}

void prom_sample(struct buf *b, const char *name, const struct prom_label *l, size_t n, double value)
{
	buf_add(b, str_cstr(name));
	labels(b, l, n, NULL);
	buf_byte(b, ' ');
	number(b, value);
	buf_byte(b, '\n');
}

void prom_single(struct buf *b, const char *name, const char *type, const char *help, double value)
{
	prom_family(b, name, type, help);
	prom_sample(b, name, NULL, 0, value);
}

void prom_histogram(struct buf *b, const char *name, const struct prom_label *l, size_t n_labels, const double *bounds,
    const uint64_t *counts, size_t n, double sum)
{
	uint64_t all = 0;

	for (size_t i = 0; i <= n; i++) {
		char le[32] = "+Inf";

		all += counts[i];
		if (i < n)
			snprintf(le, sizeof(le), "%.15g", bounds[i]);
		buf_printf(b, "%s_bucket", name);
		labels(b, l, n_labels, le);
		buf_printf(b, " %llu\n", (unsigned long long)all);
	}
	buf_printf(b, "%s_sum", name);
	labels(b, l, n_labels, NULL);
	buf_byte(b, ' ');
	number(b, sum);
	buf_printf(b, "\n%s_count", name);
	labels(b, l, n_labels, NULL);
	buf_printf(b, " %llu\n", (unsigned long long)all);
}

/* ---- two texts ---- */

struct family {
	struct str name, text, samples; /* samples: the text without its comments in front */
	bool done;
};

typedef VEC(struct family) families;

static struct str next_line(struct str *text)
{
	size_t n = str_find(*text, '\n');
	struct str line = str_of(text->p, MIN(n + 1, text->n));

	*text = str_skip(*text, line.n);
	return line;
}

static void split(struct str text, families *out)
{
	static const struct str help = { "# HELP ", 7 };
	struct family *f = NULL;

	while (text.n > 0) {
		struct str line = next_line(&text);

		if (str_prefix(line, help)) {
			struct str name = str_skip(line, help.n);

			name.n = MIN(str_find(name, ' '), str_find(name, '\n'));
			vec_push(out, ((struct family){ .name = name, .text = str_of(line.p, 0) }));
			f = &out->p[out->n - 1];
		}
		if (f == NULL)
			continue;
		f->text.n += line.n;
		if (f->samples.n == 0 && line.p[0] != '#')
			f->samples = str_of(line.p, 0);
		if (f->samples.p != NULL)
			f->samples.n += line.n;
	}
}

static void add_text(struct buf *out, struct str text)
{
	buf_add(out, text);
	if (text.n > 0 && text.p[text.n - 1] != '\n')
		buf_byte(out, '\n');
}

void prom_merge(struct buf *out, struct str first, struct str second)
{
	families a = { 0 }, b = { 0 };

	split(first, &a);
	split(second, &b);
	for (size_t i = 0; i < a.n; i++) {
		add_text(out, a.p[i].text);
		for (size_t k = 0; k < b.n; k++) {
			if (b.p[k].done || !str_eq(b.p[k].name, a.p[i].name))
				continue;
			add_text(out, b.p[k].samples);
			b.p[k].done = true;
		}
	}
	for (size_t k = 0; k < b.n; k++)
		if (!b.p[k].done)
			add_text(out, b.p[k].text);
	vec_free(&a);
	vec_free(&b);
}
