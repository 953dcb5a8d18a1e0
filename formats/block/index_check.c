/*
 * index_check.c - everything in an index.tsdb that can be checked without
 * the rest of the block.
 */
#include "formats/block/index_impl.h"

#include <stdarg.h>
#include <stdio.h>

struct check {
	struct index *ix;
	struct arena *mem;
	void (*say)(void *ctx, const char *problem);
	void *ctx;
	uint32_t problems;
	struct index_series *series;
	uint32_t *refs; /* of the series, ascending */
	uint32_t n;
};

static void PRINTF_LIKE(2, 3) problem(struct check *c, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->problems++;
	if (c->say)
		c->say(c->ctx, text);
}

static void check_symbols(struct check *c)
{
	for (uint32_t i = 1; i < c->ix->n_symbols; i++)
		if (str_cmp(c->ix->symbols[i - 1], c->ix->symbols[i]) >= 0)
			problem(c, "index: symbol %u does not follow the one before it", i);
}

static void check_labels(struct check *c, uint32_t i)
{
	const struct labels *l = &c->series[i].ref.labels;

	for (uint32_t k = 0; k < l->n; k++) {
		if (l->p[k].name.n == 0 || l->p[k].value.n == 0)
			problem(c, "index: series %u: label %u has an empty name or value", i, k);
		for (uint32_t j = 0; j < k; j++)
			if (str_eq(l->p[j].name, l->p[k].name))
				problem(c, "index: series %u: two labels " STR_FMT, i, STR_ARG(l->p[k].name));
	}
	if (labels_hash(l) != c->series[i].ref.fingerprint)
		problem(c, "index: series %u: the fingerprint is not that of its labels", i);
}

static void check_series(struct check *c)
{
	int64_t from = INT64_MAX, through = INT64_MIN;

	for (uint32_t i = 0; i < c->n; i++) {
		const struct index_series *s = &c->series[i];

		check_labels(c, i);
		if (s->ref.number != i)
			problem(c, "index: series %u has the number %u", i, s->ref.number);
		if (s->from > s->through)
			problem(c, "index: series %u ends before it starts", i);
		if (i > 0 && labels_cmp(&c->series[i - 1].ref.labels, &s->ref.labels) >= 0)
			problem(c, "index: series %u does not follow the one before it", i);
		from = MIN(from, s->from);
		through = MAX(through, s->through);
	}
	if (c->n > 0 && (from != c->ix->toc.from || through != c->ix->toc.through))
		problem(c, "index: the range of the table of contents is not that of the series");
}

/* Position of the series with this reference, or n. */
static uint32_t find_series(const struct check *c, uint32_t ref)
{
	uint32_t low = 0, high = c->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (c->refs[mid] == ref)
			return mid;
		if (c->refs[mid] < ref)
			low = mid + 1;
		else
			high = mid;
	}
	return c->n;
}

/* One list: ascending, and each series in it has the pair. Returns its length. */
static uint32_t check_list(struct check *c, struct str name, const struct index_value *v)
{
	struct cursor refs;
	struct err e;
	uint32_t n, last = 0;

	if (index_list(c->ix, v->offset, &refs, &n, &e) < 0) {
		problem(c, "%s", e.msg);
		return 0;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint32_t ref = cursor_u32(&refs), at = find_series(c, ref);

		if (i > 0 && ref <= last)
			problem(c, "index: postings of " STR_FMT "=" STR_FMT " are not ascending", STR_ARG(name),
			    STR_ARG(v->value));
		else if (at == c->n || !str_eq(labels_get(&c->series[at].ref.labels, name), v->value))
			problem(c, "index: postings of " STR_FMT "=" STR_FMT " name the series %u", STR_ARG(name),
			    STR_ARG(v->value), ref);
		last = ref;
	}
	return n;
}

static void check_postings(struct check *c)
{
	uint64_t have = 0, want = 0;

	for (uint32_t i = 0; i < c->n; i++)
		want += c->series[i].ref.labels.n;
	for (uint32_t i = 0; i < c->ix->n_names; i++) {
		const struct index_name *name = &c->ix->names[i];

		for (uint32_t k = 0; k < name->n; k++)
			if (name->name.n > 0)
				have += check_list(c, name->name, &c->ix->values[name->first + k]);
	}
	if (have != want)
		problem(c, "index: %llu postings for %llu labels of series", (unsigned long long)have,
		    (unsigned long long)want);
}

static void check_fingerprints(struct check *c)
{
	uint32_t want = (c->n + INDEX_FINGERPRINT_EVERY - 1) / INDEX_FINGERPRINT_EVERY, n;
	struct cursor table;
	struct err e;

	if (index_section(c->ix, c->ix->toc.fingerprints, "fingerprint table", &table, &e) < 0) {
		problem(c, "%s", e.msg);
		return;
	}
	n = cursor_u32(&table);
	if (n != want || cursor_left(&table) != (uint64_t)n * 16) {
		problem(c, "index: fingerprint table: %u entries for %u series", n, c->n);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint64_t ref = cursor_u64(&table), fingerprint = cursor_u64(&table);
		uint32_t at = i * INDEX_FINGERPRINT_EVERY;

		if (ref != c->refs[at] || fingerprint != c->series[at].ref.fingerprint)
			problem(c, "index: fingerprint table: entry %u is not series %u", i, at);
	}
}

/* Nothing reads the label-index sections; their checksums are checked if they are there. */
static void check_label_table(struct check *c)
{
	struct cursor table, section;
	struct err e;
	uint32_t n;

	if (c->ix->toc.labels_table == 0)
		return;
	if (index_section(c->ix, c->ix->toc.labels_table, "label-index table", &table, &e) < 0) {
		problem(c, "%s", e.msg);
		return;
	}
	n = cursor_u32(&table);
	for (uint32_t i = 0; i < n && !table.bad; i++) {
		uint64_t offset;

		cursor_uvarint(&table);
		cursor_str(&table, cursor_uvarint(&table));
		offset = cursor_uvarint(&table);
		if (!table.bad && index_section(c->ix, offset, "label index", &section, &e) < 0)
			problem(c, "%s", e.msg);
	}
	if (table.bad)
		problem(c, "index: label-index table: broken entry");
}

int index_check(struct index *ix, void (*say)(void *ctx, const char *problem), void *ctx, uint32_t *problems,
    struct err *e)
{
	struct check c = { .ix = ix, .mem = arena_new(), .say = say, .ctx = ctx };
	uint32_t n;
	int rc = index_all(ix, c.mem, &c.series, &c.n, e);

	if (rc == 0)
		rc = index_postings(ix, c.mem, STR(""), STR(""), &c.refs, &n, e);
	if (rc == 0) {
		check_symbols(&c);
		check_series(&c);
		check_postings(&c);
		check_fingerprints(&c);
		check_label_table(&c);
	}
	*problems += c.problems;
	arena_free(c.mem);
	return rc;
}
