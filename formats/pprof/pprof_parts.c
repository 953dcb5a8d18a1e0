/* pprof_parts.c - see pprof_parts.h */
#include "formats/pprof/pprof_parts.h"

#include "base/vec.h"
#include "formats/pprof/pprof.h"
#include "formats/pprof/pprof_wire.h"

enum { MAX_MARKS = 32 }; /* of a gap; each field that stands once is there twice at most */

/* What lies between the tables of a profile and those of the next, as the header says; the cut is at low .. high. */
struct gap {
	size_t from, to;
	size_t low, high;
};

struct gaps {
	struct gap *p;
	size_t n, cap;
};

/* A field that stands once in a profile. */
struct mark {
	size_t at, end;
	unsigned bit;
};

/* Fields that a profile has at most once, by bit: all known ones from 7 on but for the comments. */
static unsigned once(uint64_t tag)
{
	uint64_t field = tag >> 3;

	return field >= F_DROP_FRAMES && field < FIELDS && field != F_COMMENT ? 1u << field : 0;
}

/* Returns what follows the field at p; n: bytes of a record. */
static const uint8_t *next_field(struct reader *r, const uint8_t *p, uint64_t *tag, size_t *n)
{
	p = number(r, p, tag, false);
	if ((*tag & 7) == WIRE_LEN && *tag >> 3 != 0) {
		p = length(r, p, r->end, n, false);
		return p + *n;
	}
	return pprof_skip_field(r, p, r->end, *tag, 0);
}

/* What the walk knows of the profile that it is in. */
struct walk {
	size_t tables; /* behind the last string; of who writes strings first, behind the last type as well */
	size_t types;  /* the first type behind the strings */
	bool strings_first;
};

static void see_string(struct gaps *gaps, struct walk *w, size_t at, size_t end, bool empty)
{
	size_t next = w->strings_first ? at : w->types;

	if (w->tables == 0)
		w->strings_first = w->types == 0;
	else if (w->types > 0 && empty)
		vec_push(gaps, ((struct gap){ w->tables, next, w->tables, next }));
	w->types = 0;
	w->tables = end;
}

static void see_type(struct walk *w, size_t at, size_t end)
{
	if (w->types == 0)
		w->types = MAX(at, 1u);
	if (w->strings_first)
		w->tables = end;
}

static void find_gaps(struct reader *r, struct gaps *gaps)
{
	const uint8_t *p = r->base;
	struct walk w = { 0 };
	size_t at, n = 0;
	uint64_t tag;

	while (p < r->end && !r->failed) {
		at = (size_t)(p - r->base);
		p = next_field(r, p, &tag, &n);
		if (tag == TAG(F_STRING, WIRE_LEN))
			see_string(gaps, &w, at, (size_t)(p - r->base), n == 0);
		else if (tag == TAG(F_SAMPLE_TYPE, WIRE_LEN))
			see_type(&w, at, (size_t)(p - r->base));
	}
}

static unsigned seen(struct reader *r, size_t from, size_t to)
{
	const uint8_t *p = r->base + from;
	unsigned all = 0;
	uint64_t tag;
	size_t n;

	while (p < r->base + to) {
		p = next_field(r, p, &tag, &n);
		all |= once(tag);
	}
	return all;
}

static size_t marks_of(struct reader *r, const struct gap *g, struct mark *marks)
{
	const uint8_t *p = r->base + g->from, *at;
	size_t k = 0, n;
	uint64_t tag;

	while (p < r->base + g->to && k < MAX_MARKS) {
		at = p;
		p = next_field(r, p, &tag, &n);
		if (once(tag))
			marks[k++] = (struct mark){ (size_t)(at - r->base), (size_t)(p - r->base), once(tag) };
	}
	return k;
}

/* A field that the profile in front has already is of the next; and one that the next has is of that in front. */
static void narrow(struct reader *r, struct gaps *gaps)
{
	struct mark marks[MAX_MARKS];
	size_t n, from = 0, to = (size_t)(r->end - r->base);
	unsigned has;

	for (size_t i = 0; i < gaps->n; i++) {
		struct gap *g = &gaps->p[i];

		n = marks_of(r, g, marks);
		has = seen(r, from, g->from);
		for (size_t k = 0; k < n && g->high == g->to; has |= marks[k++].bit)
			if (has & marks[k].bit)
				g->high = marks[k].at;
		from = g->high;
	}
	for (size_t i = gaps->n; i > 0; i--) {
		struct gap *g = &gaps->p[i - 1];

		n = marks_of(r, g, marks);
		has = seen(r, g->to, to);
		for (; n > 0 && g->low == g->from; has |= marks[n].bit)
			if (has & marks[--n].bit)
				g->low = marks[n].end;
		to = g->low;
	}
}

/* Where members end may tell what the fields do not: *cut. *k goes on through ends. */
static bool cut_of(const struct gap *g, const size_t *ends, size_t n_ends, size_t *k, size_t *cut)
{
	bool found = false;

	*cut = g->low;
	while (*k < n_ends && ends[*k] < g->low)
		++*k;
	for (; g->low != g->high && *k < n_ends && ends[*k] <= g->high; ++*k) {
		if (found && ends[*k] != *cut)
			return false;
		*cut = ends[*k];
		found = true;
	}
	return g->low == g->high || found;
}

static bool is_whole(const struct profile *p)
{
	const struct profile_faults *f = &p->faults;
	uint32_t most = 0;

	for (uint32_t i = 0; i < p->n_types; i++)
		most = MAX(most, MAX(p->types[i].type, p->types[i].unit));
	for (uint32_t i = 0; i < p->n_functions; i++)
		most = MAX(most, MAX(p->functions[i].name, p->functions[i].file));
	return p->n_types > 0 && p->n_strings > most && p->strings[0].n == 0 &&
	    f->unknown_location + f->unknown_function + f->unknown_mapping + f->value_count == 0;
}

/* One profile behind another, in front of each gap and behind the last. */
static int decode_each(struct arena *a, struct str raw, const struct gaps *gaps, const size_t *ends, size_t n_ends,
    struct profile **out, struct err *e)
{
	size_t from = 0, cut = 0, k = 0;

	for (size_t i = 0; i <= gaps->n; i++, from = cut) {
		cut = raw.n;
		if (i < gaps->n && !cut_of(&gaps->p[i], ends, n_ends, &k, &cut))
			return err_set(e, ERR_INVALID,
			    "pprof: byte %zu: a second profile begins here or up to %zu bytes before: "
			    "profiles are given one by one, packed one by one, or in a tar",
			    gaps->p[i].to, gaps->p[i].to - gaps->p[i].from);
		if (pprof_decode(a, str_of(raw.p + from, cut - from), &out[i], e) < 0)
			return err_wrap(e, "the profile that begins at byte %zu", from);
		if (!is_whole(out[i]))
			return err_set(e, ERR_INVALID,
			    "pprof: byte %zu: a second profile begins here, and that at byte %zu is not whole: "
			    "profiles are given one by one, or in a tar",
			    gaps->p[0].to, from);
	}
	return 0;
}

int pprof_decode_parts(struct arena *a, struct str raw, const size_t *ends, size_t n_ends, struct profile ***out,
    uint32_t *n, struct err *e)
{
	const uint8_t *base = (const uint8_t *)(raw.n ? raw.p : "");
	struct reader r = { .base = base, .end = base + raw.n, .e = &(struct err){ 0 } };
	struct gaps gaps = { 0 };
	struct profile *one;
	int rc = pprof_decode(a, raw, &one, e);

	*n = 1;
	*out = arena_alloc(a, sizeof(struct profile *));
	(*out)[0] = one;
	if ((rc == 0 && one->faults.value_count == 0) || raw.n >= UINT32_MAX)
		return rc;
	find_gaps(&r, &gaps);
	if (!r.failed && gaps.n > 0) {
		narrow(&r, &gaps);
		*n = (uint32_t)gaps.n + 1;
		*out = arena_array(a, *n, sizeof(struct profile *));
		rc = decode_each(a, raw, &gaps, ends, n_ends, *out, e);
	}
	vec_free(&gaps);
	return rc;
}
