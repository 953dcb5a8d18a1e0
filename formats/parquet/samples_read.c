/* samples_read.c - see samples.h: rows of all columns side by side, a page of each at a time */
#include "base/hash.h"
#include "base/mem.h"
#include "base/num.h"
#include "formats/format_impl.h"
#include "formats/parquet/reader.h"
#include "formats/parquet/samples.h"

enum {
	MAX_PROFILES = 1 << 14,
	MEMO = 1 << 10,        /* frames that were looked up last */
	ENTRIES_MIN = 1 << 24, /* rows, frames, labels and values of a file; and for each of its bytes: */
	ENTRIES_A_BYTE = 256,
	MEMORY_MIN = 1 << 29, /* bytes of the pages at hand; and for each byte of the file: */
	MEMORY_A_BYTE = 16,
};

/* A column on its way through a row group. */
struct cursor {
	bool there;
	uint32_t leaf;
	const struct pq_leaf *is;
	const struct pq_page *pages;
	uint32_t n_pages, next_page;
	struct pq_values v; /* the page at hand */
	size_t held;        /* its bytes */
	uint32_t row;       /* the next of the page */
	size_t value;       /* its first value */
	/* the row at hand */
	uint32_t from, end; /* entries */
	size_t at;          /* value of the first of them, if it is one */
};

struct part { /* the rows of one profile */
	struct str name;
	struct profile_builder *b;
	int64_t time;
};

struct type {
	struct cursor in;
	struct str column, type, unit;
};

struct reader {
	struct arena *a;
	const struct format_opts *o;
	struct pq_file *f;
	struct cursor time, profile, stack, keys, values;
	struct type *types;
	uint32_t n_types;
	uint32_t group;
	uint64_t entries_left;
	size_t held, held_max;
	VEC(struct part) parts;
	struct table index; /* of parts */
	VEC(uint32_t) frames;
	VEC(struct tag) tags;
	int64_t *row; /* values */
	struct {
		const struct profile_builder *b;
		struct str name;
		uint32_t location;
	} * memo;
	bool times; /* are there any? */
	struct buf left_out;
	struct err *e;
};

/* ---- columns ---- */

static bool is_int(const struct pq_leaf *l)
{
	return (l->type == PQ_INT32 || l->type == PQ_INT64) && l->max_rep == 0;
}

static void take(struct cursor *c, uint32_t i, const struct pq_leaf *l)
{
	if (!c->there)
		*c = (struct cursor){ .there = true, .leaf = i, .is = l };
}

/* "cpu/nanoseconds", at the last of the marks. */
static void split(struct str text, char mark, struct str *type, struct str *unit)
{
	size_t at = str_rfind(text, mark);

	*type = str_of(text.p, MIN(at, text.n));
	*unit = at < text.n ? str_skip(text, at + 1) : STR("count");
}

/* What the file says that the column is, or what its name says. */
static void add_type(struct reader *r, uint32_t i, const struct pq_leaf *l)
{
	struct type *t = &r->types[r->n_types++];
	struct str said = pq_pair(r->f, arena_printf(r->a, "pyro.type:" STR_FMT, STR_ARG(l->path)));

	*t = (struct type){ .column = l->path };
	take(&t->in, i, l);
	if (said.n)
		split(said, '/', &t->type, &t->unit);
	else
		split(l->path, '_', &t->type, &t->unit);
}

static bool is_time(const struct pq_leaf *l)
{
	return is_int(l) &&
	    (str_eq_nocase(l->path, STR("time")) || l->logical == PQ_TIMESTAMP_NS || l->logical == PQ_TIMESTAMP_US ||
		l->logical == PQ_TIMESTAMP_MS);
}

static int find_column(struct reader *r, uint32_t i)
{
	const struct pq_leaf *l = pq_leaf(r->f, i);
	bool list = l->type == PQ_BYTES && l->max_rep == 1;

	if (list && str_prefix(l->path, STR("stack."))) {
		take(&r->stack, i, l);
	} else if (list && str_prefix(l->path, STR("labels.")) && str_suffix(l->path, STR(".key"))) {
		take(&r->keys, i, l);
	} else if (list && str_prefix(l->path, STR("labels.")) && str_suffix(l->path, STR(".value"))) {
		take(&r->values, i, l);
	} else if (l->type == PQ_BYTES && l->max_rep == 0 && str_eq(l->path, STR("profile"))) {
		take(&r->profile, i, l);
	} else if (is_time(l)) {
		take(&r->time, i, l);
	} else if (!is_int(l)) {
		buf_printf(&r->left_out, "%s" STR_FMT, r->left_out.n ? ", " : "", STR_ARG(l->path));
	} else if (r->n_types == SAMPLES_MAX_COLUMNS) {
		return err_set(r->e, ERR_LIMIT, "more than %d columns of whole numbers", SAMPLES_MAX_COLUMNS);
	} else {
		add_type(r, i, l);
	}
	return 0;
}

static int find_columns(struct reader *r)
{
	r->types = arena_zarray(r->a, MIN(pq_leaves(r->f), (uint32_t)SAMPLES_MAX_COLUMNS), sizeof(*r->types));
	for (uint32_t i = 0; i < pq_leaves(r->f); i++)
		if (find_column(r, i) < 0)
			return -1;
	if (!r->stack.there && pq_find(r->f, STR("SeriesIndex")) >= 0)
		return err_set(r->e, ERR_UNSUPPORTED, "a part of a block; name the folder of the block");
	if (!r->stack.there)
		return err_set(r->e, ERR_INVALID, "no column \"stack\" of lists of names");
	if (r->n_types == 0)
		return err_set(r->e, ERR_INVALID,
		    "no column of whole numbers beside the stacks (a sum of DuckDB is one as ::BIGINT)");
	if (r->keys.there != r->values.there)
		r->keys.there = r->values.there = false;
	r->row = arena_array(r->a, r->n_types, sizeof(*r->row));
	return 0;
}

/* ---- rows ---- */

static int charge(struct reader *r, uint64_t entries)
{
	if (entries > r->entries_left)
		return err_set(r->e, ERR_LIMIT,
		    "more rows and frames than a file of that size can be believed to have");
	r->entries_left -= entries;
	return 0;
}

static int open_chunk(struct reader *r, struct cursor *c)
{
	if (!c->there)
		return 0;
	c->next_page = 0;
	c->row = 0;
	pq_values_reset(&c->v);
	return pq_pages(r->f, r->group, c->leaf, &c->pages, &c->n_pages, r->e);
}

static int next_page(struct reader *r, struct cursor *c)
{
	if (c->next_page == c->n_pages)
		return err_set(r->e, ERR_CORRUPT, "row group %u: a column ends too early", r->group);
	if (charge(r, c->pages[c->next_page].rows) < 0 ||
	    pq_read_page(r->f, r->group, c->leaf, c->next_page++, &c->v, r->e) < 0)
		return -1;
	r->held -= c->held;
	c->held = pq_values_bytes(&c->v);
	r->held += c->held;
	if (r->held > r->held_max)
		return err_set(r->e, ERR_LIMIT, "pages of %zu MiB at once", r->held >> 20);
	c->row = 0;
	c->value = 0;
	return charge(r, c->v.entries);
}

static bool is_value(const struct cursor *c, uint32_t entry)
{
	return c->v.def.n == 0 || c->v.def.p[entry] == c->is->max_def;
}

/* Moves the column to its next row. */
static int next_row(struct reader *r, struct cursor *c)
{
	if (!c->there)
		return 0;
	while (c->row == c->v.rows)
		if (next_page(r, c) < 0)
			return -1;
	c->from = c->is->max_rep ? c->v.row_at.p[c->row] : c->row;
	c->end = c->is->max_rep ? c->v.row_at.p[c->row + 1] : c->row + 1;
	c->row++;
	c->at = c->value;
	for (uint32_t i = c->from; i < c->end; i++)
		c->value += is_value(c, i);
	return 0;
}

/* Of a column without lists; 0 for null. */
static int int_of(const struct reader *r, const struct cursor *c, int64_t *v)
{
	*v = c->there && is_value(c, c->from) ? c->v.ints.p[c->at] : 0;
	if (*v < 0 && c->there && c->is->logical == PQ_U64)
		return err_set(r->e, ERR_INVALID, "column " STR_FMT ": a number of more than 63 bits",
		    STR_ARG(c->is->path));
	return 0;
}

static int64_t time_of(const struct cursor *c, int64_t v)
{
	int64_t unit = !c->there                ? 1
	    : c->is->logical == PQ_TIMESTAMP_MS ? 1000000
	    : c->is->logical == PQ_TIMESTAMP_US ? 1000
						: 1;
	int64_t ns;

	return __builtin_mul_overflow(v, unit, &ns) ? 0 : ns;
}

static struct part *part(struct reader *r)
{
	struct str name = r->profile.there && is_value(&r->profile, r->profile.from)
	    ? r->profile.v.strs.p[r->profile.at]
	    : STR_NONE;
	uint64_t hash = hash_seeded(name);
	struct table_at at = table_find(&r->index, hash);
	struct part new = { .b = NULL };

	for (uint32_t v; table_next(&at, &v);)
		if (str_eq(r->parts.p[v].name, name))
			return &r->parts.p[v];
	if (r->parts.n == MAX_PROFILES) {
		err_set(r->e, ERR_LIMIT, "more than %d profiles", MAX_PROFILES);
		return NULL;
	}
	new.name = arena_str(r->a, name);
	new.b = profile_builder_new(r->a, r->n_types);
	profile_builder_copies(new.b);
	for (uint32_t i = 0; i < r->n_types; i++)
		profile_builder_type(new.b, i, r->types[i].type, r->types[i].unit);
	table_put(&r->index, r->a, hash, (uint32_t)r->parts.n);
	vec_push(&r->parts, new);
	return &r->parts.p[r->parts.n - 1];
}

/* Names of a dictionary come again and again from one place. */
static uint32_t frame(struct reader *r, struct profile_builder *b, struct str name)
{
	size_t i = (size_t)(hash_mix((uintptr_t)name.p, name.n) & (MEMO - 1));
	const struct profile *p;

	if (r->memo[i].b == b && str_eq(r->memo[i].name, name))
		return r->memo[i].location;
	r->memo[i].location = profile_builder_frame(b, name, STR_NONE, 0);
	p = profile_builder_peek(b);
	r->memo[i].name = profile_str(p,
	    p->functions[p->lines[p->locations[r->memo[i].location].first_line].function].name);
	r->memo[i].b = b;
	return r->memo[i].location;
}

static void read_stack(struct reader *r, struct profile_builder *b)
{
	const struct cursor *c = &r->stack;
	size_t at = c->value;

	r->frames.n = 0;
	for (uint32_t i = c->end; i-- > c->from;) { /* leaf first */
		if (is_value(c, i))
			vec_push(&r->frames, frame(r, b, c->v.strs.p[--at]));
		else if (c->v.def.p[i] >= c->is->list_def)
			vec_push(&r->frames, frame(r, b, STR("[unknown]"))); /* a null in the list */
	}
}

static void read_tags(struct reader *r, struct profile_builder *b)
{
	const struct cursor *k = &r->keys, *v = &r->values;
	size_t key = k->at, value = v->at;

	r->tags.n = 0;
	if (!k->there || !(r->o->keep & FORMAT_TAGS))
		return;
	for (uint32_t i = 0; i < k->end - k->from && i < v->end - v->from; i++) {
		bool has_key = is_value(k, k->from + i), has_value = is_value(v, v->from + i);
		struct tag t = { 0 };

		if (has_key)
			t.key = profile_builder_str(b, k->v.strs.p[key++]);
		if (has_value)
			t.str = profile_builder_str(b, v->v.strs.p[value++]);
		if (has_key && has_value)
			vec_push(&r->tags, t);
	}
}

static int read_row(struct reader *r, bool first)
{
	struct part *p;
	int64_t time;

	if (next_row(r, &r->time) < 0 || next_row(r, &r->profile) < 0 || next_row(r, &r->stack) < 0 ||
	    next_row(r, &r->keys) < 0 || next_row(r, &r->values) < 0 || int_of(r, &r->time, &time) < 0)
		return -1;
	for (uint32_t i = 0; i < r->n_types; i++)
		if (next_row(r, &r->types[i].in) < 0 || int_of(r, &r->types[i].in, &r->row[i]) < 0)
			return -1;
	p = part(r);
	if (p == NULL)
		return -1;
	time = time_of(&r->time, time);
	if (first)
		r->times = time != 0 && (r->o->keep & FORMAT_TIMES);
	if (time != 0 && (p->time == 0 || time < p->time))
		p->time = time;
	read_stack(r, p->b);
	read_tags(r, p->b);
	if (r->times)
		profile_builder_add_at(p->b, r->frames.p, (uint32_t)r->frames.n, r->row, r->tags.p, (uint32_t)r->tags.n,
		    time);
	else
		profile_builder_add(p->b, r->frames.p, (uint32_t)r->frames.n, r->row, r->tags.p, (uint32_t)r->tags.n);
	return 0;
}

static int read_groups(struct reader *r)
{
	bool first = true;

	for (r->group = 0; r->group < pq_meta(r->f)->n_groups; r->group++) {
		struct cursor *own[] = { &r->time, &r->profile, &r->stack, &r->keys, &r->values };

		for (size_t i = 0; i < ARRAY_LEN(own); i++)
			if (open_chunk(r, own[i]) < 0)
				return -1;
		for (uint32_t i = 0; i < r->n_types; i++)
			if (open_chunk(r, &r->types[i].in) < 0)
				return -1;
		for (uint32_t row = pq_group_rows(r->f, r->group); row > 0; row--, first = false)
			if (charge(r, r->n_types) < 0 || read_row(r, first) < 0)
				return -1;
	}
	return 0;
}

/* ---- what stands beside ---- */

static uint32_t new_str(struct profile *p, struct str s)
{
	profile_reserve_strings(p, 1);
	return profile_new_str(p, s);
}

static void set_beside(struct reader *r, struct profile *p)
{
	struct str def = pq_pair(r->f, STR("pyro.default_type")), period = pq_pair(r->f, STR("pyro.period_type")), type,
		   unit;
	struct err no;

	for (uint32_t i = 0; i < r->n_types; i++)
		if (def.n && str_eq(r->types[i].column, def))
			p->default_type = p->types[i].type;
	if (period.n == 0 && pq_pair(r->f, STR("pyro.period")).n == 0)
		return;
	if (period.n) {
		split(period, '/', &type, &unit);
		p->has_period_type = true;
		p->period_type.type = new_str(p, type);
		p->period_type.unit = new_str(p, unit);
	}
	num_i64(pq_pair(r->f, STR("pyro.period")), &p->period, &no);
}

static void finish(struct reader *r, struct format_profiles *out)
{
	struct err no;

	if (r->parts.n == 0) { /* a table without rows */
		r->profile.there = false;
		part(r);
	}
	out->p = arena_zarray(r->a, r->parts.n, sizeof(*out->p));
	for (size_t i = 0; i < r->parts.n; i++) {
		struct profile *p = profile_builder_finish(r->parts.p[i].b);

		p->time = r->parts.p[i].time;
		set_beside(r, p);
		out->p[i].p = p;
		out->p[i].name = r->parts.p[i].name;
	}
	out->n = (uint32_t)r->parts.n;
	if (out->n == 1)
		num_i64(pq_pair(r->f, STR("pyro.duration")), &out->p[0].p->duration, &no);
	if (r->left_out.n)
		out->notes.warning = arena_printf(r->a,
		    "parquet: columns that are no whole numbers are left out: " STR_FMT,
		    STR_ARG(buf_str(&r->left_out)));
}

int samples_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct reader r = { .a = a, .o = o, .e = e, .entries_left = ENTRIES_MIN + (uint64_t)bytes.n * ENTRIES_A_BYTE };
	int rc;

	r.held_max = MEMORY_MIN + bytes.n * MEMORY_A_BYTE;
	buf_init(&r.left_out, 1000);
	r.memo = mem_zarray(MEMO, sizeof(*r.memo));
	r.f = pq_open(blob_mem(bytes), e);
	rc = r.f == NULL ? -1 : 0;
	if (rc == 0 && (find_columns(&r) < 0 || read_groups(&r) < 0))
		rc = err_wrap(e, "parquet");
	if (rc == 0)
		finish(&r, out);
	pq_values_fini(&r.time.v);
	pq_values_fini(&r.profile.v);
	pq_values_fini(&r.stack.v);
	pq_values_fini(&r.keys.v);
	pq_values_fini(&r.values.v);
	for (uint32_t i = 0; i < r.n_types; i++)
		pq_values_fini(&r.types[i].in.v);
	pq_close(r.f);
	mem_free(r.memo);
	vec_free(&r.parts);
	vec_free(&r.frames);
	vec_free(&r.tags);
	buf_fini(&r.left_out);
	return rc;
}
