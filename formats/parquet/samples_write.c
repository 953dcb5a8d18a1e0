/* samples_write.c - see samples.h */
#include <inttypes.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "formats/format_impl.h"
#include "formats/parquet/samples.h"
#include "formats/parquet/writer.h"

enum { LEVEL = 3, INTS_A_PAGE = 1 << 15, WORDS_A_PAGE = 1 << 16, MAX_NAME = 200 };

struct column {
	struct str name, type, unit;
	VEC(int64_t) v;
};

/* Words of rows, one or none each, or lists of them. */
struct word_column {
	VEC(uint32_t) v;
	VEC(uint8_t) def;     /* per entry: is it a word? */
	VEC(uint32_t) row_at; /* of lists: entries before each row */
};

struct samples_writer {
	struct arena *mem;
	struct pq_writer *pq;
	uint32_t type;
	size_t max_rows, max_entries; /* of a group */
	struct column *columns;
	uint32_t n_columns;

	/* of the group at hand */
	struct arena *text;
	struct map index;
	VEC(struct str) words;
	VEC(int64_t) time;
	VEC(uint8_t) time_def;
	struct word_column profile, stack, keys, values;
	uint32_t rows;

	/* the profile at hand */
	const struct format_profile *in;
	struct arena *tables;
	struct frames frames;
	uint32_t *frame_words; /* by frame: number of its word + 1, 0: not in this group yet */
	uint32_t *column_of;   /* by type */
	VEC(uint32_t) pairs;   /* labels of a row: key, value */
};

/* ---- columns ---- */

static bool is_taken(const struct samples_writer *w, struct str name)
{
	static const char *const fixed[] = { "time", "profile", "stack", "labels" };

	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		if (str_eq_nocase(name, str_cstr(fixed[i])))
			return true;
	for (uint32_t i = 0; i < w->n_columns; i++)
		if (str_eq_nocase(name, w->columns[i].name))
			return true;
	return false;
}

/* Needs no quotes in SQL; unlike all others, whatever the case. */
static struct str column_name(struct samples_writer *w, struct str type, struct str unit)
{
	struct str text = unit.n ? arena_printf(w->mem, STR_FMT "_" STR_FMT, STR_ARG(type), STR_ARG(unit)) : type;
	char *p = arena_cstr(w->mem, str_of(text.p, MIN(text.n, (size_t)MAX_NAME)));
	struct str name = str_of(p, MIN(text.n, (size_t)MAX_NAME));

	for (char *c = p; c < p + name.n; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9')))
			*c = '_';
	if (name.n == 0 || (p[0] >= '0' && p[0] <= '9'))
		name = arena_printf(w->mem, "_" STR_FMT, STR_ARG(name));
	text = name;
	for (uint32_t i = 2; is_taken(w, name); i++)
		name = arena_printf(w->mem, STR_FMT "_%u", STR_ARG(text), i);
	return name;
}

static uint32_t find_column(const struct samples_writer *w, struct str type, struct str unit)
{
	uint32_t i = 0;

	while (i < w->n_columns && !(str_eq(w->columns[i].type, type) && str_eq(w->columns[i].unit, unit)))
		i++;
	return i;
}

static uint32_t column_of(const struct samples_writer *w, const struct profile *p, uint32_t t)
{
	return find_column(w, profile_str(p, p->types[t].type), profile_str(p, p->types[t].unit));
}

/* The types that are written of a profile. */
static struct range {
	uint32_t from, end;
} types_of(const struct samples_writer *w, const struct profile *p)
{
	return w->type == FORMAT_ALL_TYPES ? (struct range){ 0, p->n_types } : (struct range){ w->type, w->type + 1 };
}

static int add_columns(struct samples_writer *w, const struct profile *p, struct err *e)
{
	const struct format_opts o = { .type = w->type };
	struct range r = types_of(w, p);
	uint32_t type;

	if (w->type != FORMAT_ALL_TYPES && format_type(p, &o, "parquet", &type, e) < 0)
		return -1;
	for (uint32_t t = r.from; t < r.end; t++) {
		struct column c = { .type = profile_str(p, p->types[t].type),
			.unit = profile_str(p, p->types[t].unit) };

		if (column_of(w, p, t) < w->n_columns)
			continue;
		if (w->n_columns == SAMPLES_MAX_COLUMNS)
			return err_set(e, ERR_INVALID, "parquet: more than %d sample types", SAMPLES_MAX_COLUMNS);
		c.name = column_name(w, c.type, c.unit);
		w->columns[w->n_columns++] = c;
	}
	return 0;
}

#define GROUP(text, rep, children, is)                                                                        \
	(struct pq_node)                                                                                      \
	{                                                                                                     \
		.name = STR(text), .type = PQ_GROUP, .repetition = rep, .n_children = children, .logical = is \
	}
#define LEAF(text, rep, kind, is)                                                 \
	(struct pq_node)                                                          \
	{                                                                         \
		.name = STR(text), .type = kind, .repetition = rep, .logical = is \
	}

static struct pq_writer *open_file(const struct samples_writer *w, struct buf *out)
{
	struct pq_node *nodes = mem_array(10 + w->n_columns, sizeof(*nodes)), *n = nodes;
	struct pq_writer *pq;

	*n++ = GROUP("samples", PQ_REQUIRED, 4 + w->n_columns, PQ_PLAIN_TYPE);
	*n++ = LEAF("time", PQ_OPTIONAL, PQ_INT64, PQ_TIMESTAMP_NS);
	*n++ = LEAF("profile", PQ_OPTIONAL, PQ_BYTES, PQ_STRING);
	for (uint32_t i = 0; i < w->n_columns; i++) {
		*n = LEAF("", PQ_REQUIRED, PQ_INT64, PQ_I64);
		n++->name = w->columns[i].name;
	}
	*n++ = GROUP("stack", PQ_REQUIRED, 1, PQ_LIST);
	*n++ = GROUP("list", PQ_REPEATED, 1, PQ_PLAIN_TYPE);
	*n++ = LEAF("element", PQ_REQUIRED, PQ_BYTES, PQ_STRING);
	*n++ = GROUP("labels", PQ_REQUIRED, 1, PQ_MAP);
	*n++ = GROUP("key_value", PQ_REPEATED, 2, PQ_PLAIN_TYPE);
	*n++ = LEAF("key", PQ_REQUIRED, PQ_BYTES, PQ_STRING);
	*n++ = LEAF("value", PQ_REQUIRED, PQ_BYTES, PQ_STRING);
	pq = pq_writer_new(out, nodes, (uint32_t)(n - nodes), true);
	mem_free(nodes);
	return pq;
}

/* ---- metadata ---- */

static void put_types(struct samples_writer *w, const struct profile *p)
{
	uint32_t t = profile_default_type(p);

	for (uint32_t i = 0; i < w->n_columns; i++) {
		const struct column *c = &w->columns[i];

		pq_writer_pair(w->pq, arena_printf(w->mem, "pyro.type:" STR_FMT, STR_ARG(c->name)),
		    arena_printf(w->mem, STR_FMT "/" STR_FMT, STR_ARG(c->type), STR_ARG(c->unit)));
	}
	if (t < p->n_types && (t = column_of(w, p, t)) < w->n_columns)
		pq_writer_pair(w->pq, STR("pyro.default_type"), w->columns[t].name);
}

static void put_profile(struct samples_writer *w, const struct profile *p)
{
	if (p->has_period_type)
		pq_writer_pair(w->pq, STR("pyro.period_type"),
		    arena_printf(w->mem, STR_FMT "/" STR_FMT, STR_ARG(profile_str(p, p->period_type.type)),
			STR_ARG(profile_str(p, p->period_type.unit))));
	if (p->period)
		pq_writer_pair(w->pq, STR("pyro.period"), arena_printf(w->mem, "%" PRId64, p->period));
	if (p->duration)
		pq_writer_pair(w->pq, STR("pyro.duration"), arena_printf(w->mem, "%" PRId64, p->duration));
}

struct samples_writer *samples_writer_new(struct buf *out, const struct format_profile *in, uint32_t n, uint32_t type,
    struct err *e)
{
	struct arena *mem = arena_new();
	struct samples_writer *w = arena_zalloc(mem, sizeof(*w));
	uint32_t columns = 0;

	*w = (struct samples_writer){ .mem = mem,
		.type = type,
		.text = arena_new(),
		.max_rows = SAMPLES_ROWS,
		.max_entries = SAMPLES_ENTRIES };
	for (uint32_t i = 0; i < n && columns < SAMPLES_MAX_COLUMNS; i++)
		columns = MIN(columns + in[i].p->n_types, (uint32_t)SAMPLES_MAX_COLUMNS);
	w->columns = arena_zarray(mem, columns, sizeof(*w->columns));
	for (uint32_t i = 0; i < n; i++)
		if (add_columns(w, in[i].p, e) < 0) {
			samples_writer_free(w);
			return NULL;
		}
	w->pq = open_file(w, out);
	if (n > 0)
		put_types(w, in[0].p);
	if (n == 1)
		put_profile(w, in[0].p);
	return w;
}

static void free_words(struct word_column *c)
{
	vec_free(&c->v);
	vec_free(&c->def);
	vec_free(&c->row_at);
}

void samples_writer_free(struct samples_writer *w)
{
	if (w == NULL)
		return;
	pq_writer_free(w->pq);
	for (uint32_t i = 0; i < w->n_columns; i++)
		vec_free(&w->columns[i].v);
	map_fini(&w->index);
	vec_free(&w->words);
	vec_free(&w->time);
	vec_free(&w->time_def);
	vec_free(&w->pairs);
	free_words(&w->profile);
	free_words(&w->stack);
	free_words(&w->keys);
	free_words(&w->values);
	arena_free(w->tables);
	arena_free(w->text);
	arena_free(w->mem);
}

/* ---- groups ---- */

static const struct pq_form int_forms[] = { { PQ_DELTA, false, LEVEL }, { PQ_DICTIONARY, false, LEVEL },
	{ PQ_PLAIN, false, LEVEL } };
static const struct pq_form word_forms[] = { { PQ_DICTIONARY, false, LEVEL }, { PQ_PLAIN, false, LEVEL } };

static void put_ints(struct samples_writer *w, const int64_t *v, size_t n, const uint8_t *def)
{
	pq_writer_column(w->pq,
	    &(struct pq_column){ .i64 = v,
		.n = n,
		.def = n > 0 && n < w->rows ? def : NULL,
		.level = def != NULL && n > 0,
		.page_entries = INTS_A_PAGE,
		.forms = int_forms,
		.n_forms = ARRAY_LEN(int_forms) });
}

/* Lists share their rows and what is null with another column: keys and values do. */
static void put_words(struct samples_writer *w, struct word_column *c, const struct word_column *rows)
{
	bool lists = rows->row_at.n > 0;

	pq_writer_column(w->pq,
	    &(struct pq_column){ .u32 = c->v.p,
		.words = w->words.p,
		.n = c->v.n,
		.row_at = lists ? rows->row_at.p : NULL,
		.def = c->v.n > 0 && c->v.n < rows->def.n ? rows->def.p : NULL,
		.level = c->v.n > 0,
		.page_entries = WORDS_A_PAGE,
		.forms = word_forms,
		.n_forms = ARRAY_LEN(word_forms) });
}

static void empty_words(struct word_column *c)
{
	c->v.n = c->def.n = c->row_at.n = 0;
}

static void end_list(struct word_column *c)
{
	vec_push(&c->row_at, (uint32_t)c->def.n);
}

static void put_group(struct samples_writer *w)
{
	if (w->rows == 0)
		return;
	pq_writer_group(w->pq, w->rows);
	put_ints(w, w->time.p, w->time.n, w->time_def.p);
	put_words(w, &w->profile, &w->profile);
	for (uint32_t i = 0; i < w->n_columns; i++) {
		put_ints(w, w->columns[i].v.p, w->rows, NULL);
		w->columns[i].v.n = 0;
	}
	end_list(&w->stack);
	end_list(&w->keys);
	put_words(w, &w->stack, &w->stack);
	put_words(w, &w->keys, &w->keys);
	put_words(w, &w->values, &w->keys);
	w->rows = 0;
	w->time.n = w->time_def.n = w->words.n = 0;
	empty_words(&w->profile);
	empty_words(&w->stack);
	empty_words(&w->keys);
	empty_words(&w->values);
	map_reset(&w->index);
	arena_reset(w->text);
	if (w->frame_words != NULL)
		memset(w->frame_words, 0, w->frames.first[w->in->p->n_locations + 1] * sizeof(*w->frame_words));
}

static bool is_full(const struct samples_writer *w)
{
	return w->rows >= w->max_rows || w->stack.def.n >= w->max_entries || w->keys.def.n >= w->max_entries ||
	    (uint64_t)w->rows * w->n_columns >= w->max_entries;
}

/* ---- words ---- */

/* One U+FFFD for each byte that is no UTF-8. */
static struct str valid_text(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, 3 * s.n), *to = p;

	for (size_t i = 0, n; i < s.n; i += n) {
		for (n = 1; n <= MIN(s.n - i, (size_t)4) && !str_utf8(str_of(s.p + i, n)); n++)
			;
		if (n > MIN(s.n - i, (size_t)4)) {
			memcpy(to, "\xef\xbf\xbd", 3);
			to += 3;
			n = 1;
		} else {
			memcpy(to, s.p + i, n);
			to += n;
		}
	}
	return str_of(p, (size_t)(to - p));
}

static uint32_t word(struct samples_writer *w, struct str s)
{
	uint64_t hash = hash_seeded(s);
	struct map_at at = map_find(&w->index, hash);
	uint32_t v;

	while (map_next(&at, &v))
		if (str_eq(w->words.p[v], s))
			return v;
	if (!str_utf8(s))
		return word(w, valid_text(w->text, s));
	v = (uint32_t)w->words.n;
	map_put(&w->index, hash, v);
	vec_push(&w->words, arena_str(w->text, s));
	return v;
}

static uint32_t frame_word(struct samples_writer *w, uint32_t frame)
{
	if (w->frame_words[frame] == 0)
		w->frame_words[frame] = word(w, w->frames.names[frame]) + 1;
	return w->frame_words[frame] - 1;
}

/* ---- rows ---- */

void samples_writer_profile(struct samples_writer *w, const struct format_profile *in)
{
	struct profile tables = *in->p;

	arena_free(w->tables);
	w->tables = arena_new();
	w->in = in;
	tables.n_samples = 0;
	frames_init(&w->frames, w->tables, &tables);
	w->frame_words = arena_zarray(w->tables, (size_t)w->frames.first[tables.n_locations + 1] + 1, sizeof(uint32_t));
	w->column_of = arena_array(w->tables, tables.n_types, sizeof(uint32_t));
	for (uint32_t t = 0; t < tables.n_types; t++)
		w->column_of[t] = column_of(w, &tables, t);
}

static void add_stack(struct samples_writer *w, const struct stack_row *row)
{
	struct word_column *c = &w->stack;
	size_t before = c->v.n;

	end_list(c); /* where this row begins */
	for (uint32_t i = row->n; i-- > 0;) {
		uint32_t l = MIN(row->stack[i], w->in->p->n_locations);

		for (uint32_t f = w->frames.first[l]; f < w->frames.first[l + 1]; f++) {
			vec_push(&c->v, frame_word(w, f));
			vec_push(&c->def, 1);
		}
	}
	if (c->v.n == before)
		vec_push(&c->def, 0);
}

static void add_pair(struct samples_writer *w, struct str key, struct str value)
{
	uint32_t k = word(w, key), v = word(w, value);

	for (size_t i = 0; i < w->pairs.n; i += 2) {
		struct str old;

		if (w->pairs.p[i] != k)
			continue;
		old = w->words.p[w->pairs.p[i + 1]];
		if (w->pairs.p[i + 1] != v)
			w->pairs.p[i + 1] = word(w,
			    arena_printf(w->text, STR_FMT "," STR_FMT, STR_ARG(old), STR_ARG(w->words.p[v])));
		return;
	}
	vec_push(&w->pairs, k);
	vec_push(&w->pairs, v);
}

static void add_labels(struct samples_writer *w, const struct stack_row *row)
{
	const struct profile *p = w->in->p;
	char number[24];

	w->pairs.n = 0;
	for (uint32_t i = 0; i < w->in->labels.n; i++)
		add_pair(w, w->in->labels.p[i].name, w->in->labels.p[i].value);
	for (uint32_t i = 0; i < row->n_tags; i++) {
		const struct tag *t = &row->tags[i];
		int n = snprintf(number, sizeof(number), "%" PRId64, t->num);

		add_pair(w, profile_str(p, t->key), t->str ? profile_str(p, t->str) : str_of(number, (size_t)n));
	}
	end_list(&w->keys);
	for (size_t i = 0; i < w->pairs.n; i += 2) {
		vec_push(&w->keys.v, w->pairs.p[i]);
		vec_push(&w->values.v, w->pairs.p[i + 1]);
		vec_push(&w->keys.def, 1);
	}
	if (w->pairs.n == 0)
		vec_push(&w->keys.def, 0);
}

static void add_values(struct samples_writer *w, const struct stack_row *row)
{
	struct range r = types_of(w, w->in->p);

	for (uint32_t i = 0; i < w->n_columns; i++)
		vec_push(&w->columns[i].v, 0);
	for (uint32_t t = r.from; t < r.end && t < row->n_values; t++) {
		int64_t *sum = &w->columns[w->column_of[t]].v.p[w->rows];

		*sum = (int64_t)((uint64_t)*sum + (uint64_t)row->values[t]); /* two types may have one name */
	}
}

static bool is_zero(const struct samples_writer *w, const struct stack_row *row)
{
	struct range r = types_of(w, w->in->p);

	for (uint32_t t = r.from; t < r.end && t < row->n_values; t++)
		if (row->values[t] != 0)
			return false;
	return true;
}

void samples_writer_add(struct samples_writer *w, const struct stack_row *row, int64_t at)
{
	if (is_zero(w, row))
		return;
	if (at == 0)
		at = w->in->p->time;
	if (at != 0)
		vec_push(&w->time, at);
	vec_push(&w->time_def, at != 0);
	if (w->in->name.n)
		vec_push(&w->profile.v, word(w, w->in->name));
	vec_push(&w->profile.def, w->in->name.n != 0);
	add_values(w, row);
	add_stack(w, row);
	add_labels(w, row);
	w->rows++;
	if (is_full(w))
		put_group(w);
}

void samples_writer_limit(struct samples_writer *w, size_t entries)
{
	w->max_entries = MIN(w->max_entries, MAX(entries, (size_t)1));
	w->max_rows = MIN(w->max_rows, MAX(entries / 4, (size_t)1));
}

void samples_writer_moved(struct samples_writer *w, size_t n)
{
	pq_writer_moved(w->pq, n);
}

void samples_writer_finish(struct samples_writer *w)
{
	put_group(w);
	pq_writer_finish(w->pq, STR("pyro " PYRO_VERSION));
	w->pq = NULL;
	samples_writer_free(w);
}

/* ---- whole profiles ---- */

int samples_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e)
{
	struct samples_writer *w = samples_writer_new(out, in, n, o->type, e);

	if (w == NULL)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		const struct profile *p = in[i].p;

		samples_writer_profile(w, &in[i]);
		for (uint32_t s = 0; s < p->n_samples; s++) {
			uint32_t tags = p->tag_at != NULL ? p->tag_at[s] : 0;

			samples_writer_add(w,
			    &(struct stack_row){ .stack = p->stack + p->stack_at[s],
				.n = p->stack_at[s + 1] - p->stack_at[s],
				.tags = p->tags != NULL ? p->tags + tags : NULL,
				.n_tags = p->tag_at != NULL ? p->tag_at[s + 1] - tags : 0,
				.values = p->values + (size_t)s * p->n_types,
				.n_values = p->n_types },
			    p->at != NULL ? p->at[s] : 0);
		}
	}
	samples_writer_finish(w);
	return buf_check(out, "parquet", e);
}
