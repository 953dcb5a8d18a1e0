/*
 * promtext.c - metrics as text.
 */
#include "formats/promtext.h"

#include <inttypes.h>
#include <math.h>

#include "base/json.h"

static void escaped(struct buf *b, struct str s, bool quotes)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\n') {
			buf_add(b, STR("\\n"));
			continue;
		}
		if (s.p[i] == '\\' || (quotes && s.p[i] == '"'))
			buf_byte(b, '\\');
		buf_byte(b, (unsigned char)s.p[i]);
	}
}

static void number(struct buf *b, double v)
{
	struct jw w = jw_init(b);

	if (isnan(v))
		buf_add(b, STR("NaN"));
	else if (isinf(v))
		buf_add(b, v < 0 ? STR("-Inf") : STR("+Inf"));
	else
		jw_f64(&w, v);
}

struct promtext promtext_init(struct buf *out)
{
	return (struct promtext){ .out = out };
}

void promtext_family(struct promtext *t, enum promtext_type type, struct str name, struct str help)
{
	static const struct str types[] = {
		[PROMTEXT_COUNTER] = { "counter", 7 },
		[PROMTEXT_GAUGE] = { "gauge", 5 },
		[PROMTEXT_HISTOGRAM] = { "histogram", 9 },
	};

	t->name = name;
	buf_add(t->out, STR("# HELP "));
	buf_add(t->out, name);
	buf_byte(t->out, ' ');
	escaped(t->out, help, false);
	buf_add(t->out, STR("\n# TYPE "));
	buf_add(t->out, name);
	buf_byte(t->out, ' ');
	buf_add(t->out, types[type]);
	buf_byte(t->out, '\n');
}

/* name suffix {labels,le="..."} and a blank; le NULL: without. */
static void series(struct promtext *t, struct str suffix, const struct labels *l, const double *le)
{
	uint32_t n = l ? l->n : 0;

	buf_add(t->out, t->name);
	buf_add(t->out, suffix);
	if (n || le)
		buf_byte(t->out, '{');
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			buf_byte(t->out, ',');
		buf_add(t->out, l->p[i].name);
		buf_add(t->out, STR("=\""));
		escaped(t->out, l->p[i].value, true);
		buf_byte(t->out, '"');
	}
	if (le) {
		buf_add(t->out, n ? STR(",le=\"") : STR("le=\""));
		number(t->out, *le);
		buf_byte(t->out, '"');
	}
	buf_add(t->out, n || le ? STR("} ") : STR(" "));
}

void promtext_u64(struct promtext *t, const struct labels *l, uint64_t v)
{
	series(t, STR(""), l, NULL);
	buf_printf(t->out, "%" PRIu64 "\n", v);
}

void promtext_f64(struct promtext *t, const struct labels *l, double v)
{
	series(t, STR(""), l, NULL);
	number(t->out, v);
	buf_byte(t->out, '\n');
}

void promtext_histogram(struct promtext *t, const struct labels *l,
			const struct promtext_histogram *h)
{
	const double above = (double)INFINITY;
	uint64_t sum = 0;

	for (uint32_t i = 0; i <= h->n; i++) {
		sum += h->counts[i];
		series(t, STR("_bucket"), l, i < h->n ? &h->bounds[i] : &above);
		buf_printf(t->out, "%" PRIu64 "\n", sum);
	}
	series(t, STR("_sum"), l, NULL);
	number(t->out, h->sum);
	buf_byte(t->out, '\n');
	series(t, STR("_count"), l, NULL);
	buf_printf(t->out, "%" PRIu64 "\n", sum);
}

void promtext_observe(struct promtext_histogram *h, double v)
{
	uint32_t i = 0;

	while (i < h->n && v > h->bounds[i])
		i++;
	/* NaN is above nothing; it counts with the rest. */
	h->counts[isnan(v) ? h->n : i]++;
	h->sum += v;
}
