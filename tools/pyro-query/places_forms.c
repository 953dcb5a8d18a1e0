/* places_forms.c - see places_forms.h */
#include "tools/pyro-query/places_forms.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/vec.h"
#include "base/zip.h"
#include "formats/csv/csv.h"
#include "formats/json/jsonl.h"
#include "formats/parquet/samples.h"
#include "formats/pprof/pprof.h"

enum {
	WRITE_SIZE = 1 << 18, /* bytes of a write, and of a gzip member before compression */
	GZIP_LEVEL = 6,
	ENTRY_BYTES = 64, /* memory for a frame or label of a table of samples until its group is written */
	ENTRIES_PART = 8, /* of all memory */
};

struct places_form_ops {
	int (*begin)(struct places_writer *w, struct err *e);
	void (*row)(struct places_writer *w, const struct stack_row *row);
	void (*end)(struct places_writer *w);
};

struct places_writer {
	const struct places_form *f;
	struct places_to to;
	struct arena *a;
	uint32_t type, first, end; /* type: of --sample-index, or FORMAT_ALL_TYPES; first .. end - 1: of lines */
	struct buf out, packed;

	/* lines: the last text, not yet written, and what it took */
	char separator;
	struct buf line, last;
	int64_t *sums;
	bool any;

	struct jsonl_types types;
	struct frames frames;
	VEC(struct str) names;
	struct samples_writer *samples;
	struct format_profile profile;
	struct buf part, list; /* of a message */
};

/* ---- lines: rows of equal text are neighbours ---- */

static void put_line(struct places_writer *w)
{
	if (w->any && w->separator)
		csv_put_line(&w->out, buf_str(&w->last), w->sums, w->end - w->first, w->separator);
	else if (w->any && w->sums[0] != 0)
		buf_printf(&w->out, STR_FMT " %lld\n", STR_ARG(buf_str(&w->last)), (long long)w->sums[0]);
}

static void add_line(struct places_writer *w, const struct stack_row *row)
{
	struct buf swap = w->line;

	buf_reset(&w->line);
	stack_order_print(w->to.order, row, &w->line);
	if (!w->any || !str_eq(buf_str(&w->line), buf_str(&w->last))) {
		put_line(w);
		memset(w->sums, 0, (w->end - w->first) * sizeof(*w->sums));
		swap = w->line;
		w->line = w->last;
		w->last = swap;
	}
	w->any = true;
	for (uint32_t t = w->first; t < w->end && t < row->n_values; t++)
		w->sums[t - w->first] = (int64_t)((uint64_t)w->sums[t - w->first] + (uint64_t)row->values[t]);
}

static int begin_lines(struct places_writer *w, struct err *e)
{
	const struct profile *p = w->to.head;

	w->first = w->type != FORMAT_ALL_TYPES ? w->type : w->separator ? 0 : profile_default_type(p);
	w->end = w->type != FORMAT_ALL_TYPES || !w->separator ? w->first + 1 : p->n_types;
	if (w->end > p->n_types)
		return err_set(e, ERR_INVALID, "the profile has no sample type");
	w->sums = arena_zarray(w->a, w->end - w->first, sizeof(*w->sums));
	if (w->separator)
		csv_put_heading(&w->out, p, w->first, w->end, w->separator);
	return 0;
}

static int begin_csv(struct places_writer *w, struct err *e)
{
	w->separator = ',';
	return begin_lines(w, e);
}

static int begin_tsv(struct places_writer *w, struct err *e)
{
	w->separator = '\t';
	return begin_lines(w, e);
}

static const struct places_form_ops folded_ops = { begin_lines, add_line, put_line };
static const struct places_form_ops csv_ops = { begin_csv, add_line, put_line };
static const struct places_form_ops tsv_ops = { begin_tsv, add_line, put_line };

/* ---- JSON lines ---- */

static int begin_jsonl(struct places_writer *w, struct err *e)
{
	struct profile tables = *w->to.head;

	tables.n_samples = 0;
	frames_init(&w->frames, w->a, &tables);
	w->frames.p = w->to.head;
	return jsonl_types_init(&w->types, w->a, w->to.head, w->type, e);
}

static void add_jsonl(struct places_writer *w, const struct stack_row *row)
{
	uint32_t n = frames_names(&w->frames, row->stack, row->n, NULL);

	w->names.n = 0;
	vec_reserve(&w->names, n);
	frames_names(&w->frames, row->stack, row->n, w->names.p);
	jsonl_put(&w->types,
	    &(struct jsonl_line){ .stack = w->names.p,
		.n = n,
		.values = row->values,
		.tags = row->tags,
		.n_tags = row->n_tags },
	    &w->out);
}

static void end_nothing(struct places_writer *w)
{
	(void)w;
}

static const struct places_form_ops jsonl_ops = { begin_jsonl, add_jsonl, end_nothing };

/* ---- Parquet ---- */

static int begin_parquet(struct places_writer *w, struct err *e)
{
	union { /* the writer reads alone */
		const struct profile *in;
		struct profile *out;
	} head = { .in = w->to.head };

	w->profile.p = head.out;
	w->samples = samples_writer_new(&w->out, &w->profile, 1, w->type, e);
	if (w->samples == NULL)
		return -1;
	samples_writer_limit(w->samples, w->to.memory / ENTRIES_PART / ENTRY_BYTES);
	samples_writer_profile(w->samples, &w->profile);
	return 0;
}

static void add_parquet(struct places_writer *w, const struct stack_row *row)
{
	samples_writer_add(w->samples, row, 0);
}

static void end_parquet(struct places_writer *w)
{
	samples_writer_finish(w->samples);
	w->samples = NULL;
}

static const struct places_form_ops parquet_ops = { begin_parquet, add_parquet, end_parquet };

/* ---- pprof: a profile of one sample after the other; messages that follow one another are one message ---- */

static int begin_pprof(struct places_writer *w, struct err *e)
{
	(void)e;
	pprof_encode(w->to.head, &w->out);
	return 0;
}

static bool is_zero(const struct stack_row *row)
{
	for (uint32_t i = 0; i < row->n_values; i++)
		if (row->values[i] != 0)
			return false;
	return true;
}

static void put_tag(struct places_writer *w, const struct tag *t)
{
	const uint64_t fields[] = { t->key, t->str, (uint64_t)t->num, t->unit };

	buf_reset(&w->list);
	for (unsigned k = 0; k < ARRAY_LEN(fields); k++) {
		if (fields[k] == 0)
			continue;
		buf_byte(&w->list, (unsigned char)((k + 1) << 3));
		buf_uvarint(&w->list, fields[k]);
	}
	buf_byte(&w->part, 3 << 3 | 2);
	buf_uvarint(&w->part, w->list.n);
	buf_add(&w->part, buf_str(&w->list));
}

/* Field 2 of the profile, as pprof_encode writes it: location ids are positions + 1. */
static void add_pprof(struct places_writer *w, const struct stack_row *row)
{
	struct buf *part = &w->part, *list = &w->list;

	if (is_zero(row))
		return;
	buf_reset(part);
	buf_reset(list);
	for (uint32_t i = 0; i < row->n; i++)
		buf_uvarint(list, (uint64_t)row->stack[i] + 1);
	buf_byte(part, 1 << 3 | 2);
	buf_uvarint(part, list->n);
	buf_add(part, buf_str(list));
	buf_reset(list);
	for (uint32_t i = 0; i < w->to.head->n_types; i++)
		buf_uvarint(list, (uint64_t)(i < row->n_values ? row->values[i] : 0));
	buf_byte(part, 2 << 3 | 2);
	buf_uvarint(part, list->n);
	buf_add(part, buf_str(list));
	for (uint32_t i = 0; i < row->n_tags; i++)
		put_tag(w, &row->tags[i]);
	buf_byte(&w->out, 2 << 3 | 2);
	buf_uvarint(&w->out, part->n);
	buf_add(&w->out, buf_str(part));
}

static const struct places_form_ops pprof_ops = { begin_pprof, add_pprof, end_nothing };

/* ---- the table ---- */

static const struct places_form forms[] = {
	{ "folded", false, false, &folded_ops },
	{ "stacks-csv", false, false, &csv_ops },
	{ "stacks-tsv", false, false, &tsv_ops },
	{ "jsonl", true, false, &jsonl_ops },
	{ "parquet", true, true, &parquet_ops },
	{ "pprof", true, true, &pprof_ops },
};

const struct places_form *places_form(struct str name, struct err *e)
{
	char known[80];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		if (str_eq(name, str_cstr(forms[i].name)))
			return &forms[i];
		n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s", i ? ", " : "", forms[i].name);
	}
	err_set(e, ERR_USAGE, "--memory: " STR_FMT " cannot be written row by row (what can: %s)", STR_ARG(name),
	    known);
	return NULL;
}

/* ---- writing ---- */

static int flush(struct places_writer *w, size_t least, struct err *e)
{
	struct str bytes = buf_str(&w->out);

	if (buf_check(&w->out, w->f->name, e) < 0)
		return -1;
	if (bytes.n == 0 || bytes.n < least)
		return 0;
	if (w->f->ops == &pprof_ops) {
		buf_reset(&w->packed);
		zip_gzip(bytes, GZIP_LEVEL, &w->packed);
		bytes = buf_str(&w->packed);
	}
	if (buf_check(&w->packed, w->f->name, e) < 0 || sink_write(w->to.sink, bytes, e) < 0)
		return -1;
	if (w->samples != NULL)
		samples_writer_moved(w->samples, w->out.n);
	buf_reset(&w->out);
	return 0;
}

static int find_type(struct places_writer *w, struct err *e)
{
	const struct profile *p = w->to.head;
	struct str name = w->to.sample;
	uint64_t number;
	struct err no;

	w->type = FORMAT_ALL_TYPES;
	if (name.n == 0)
		return 0;
	for (w->type = 0; w->type < p->n_types; w->type++)
		if (str_eq(profile_str(p, p->types[w->type].type), name))
			return 0;
	if (num_u64(name, &number, &no) < 0 || number >= p->n_types)
		return err_set(e, ERR_INVALID, "the profile has no sample type \"" STR_FMT "\"", STR_ARG(name));
	w->type = (uint32_t)number;
	return 0;
}

struct places_writer *places_writer_new(const struct places_form *f, const struct places_to *to, struct err *e)
{
	struct places_writer *w = mem_zalloc(sizeof(*w));

	w->f = f;
	w->to = *to;
	w->a = arena_new();
	buf_init(&w->out, INT32_MAX);
	buf_init(&w->packed, INT32_MAX);
	buf_init(&w->line, INT32_MAX);
	buf_init(&w->last, INT32_MAX);
	buf_init(&w->part, INT32_MAX);
	buf_init(&w->list, INT32_MAX);
	if (find_type(w, e) == 0 && f->ops->begin(w, e) == 0 && flush(w, WRITE_SIZE, e) == 0)
		return w;
	places_writer_free(w);
	return NULL;
}

void places_writer_free(struct places_writer *w)
{
	if (w == NULL)
		return;
	samples_writer_free(w->samples);
	buf_fini(&w->out);
	buf_fini(&w->packed);
	buf_fini(&w->line);
	buf_fini(&w->last);
	buf_fini(&w->part);
	buf_fini(&w->list);
	vec_free(&w->names);
	arena_free(w->a);
	mem_free(w);
}

int places_writer_add(struct places_writer *w, const struct stack_row *row, struct err *e)
{
	w->f->ops->row(w, row);
	return flush(w, WRITE_SIZE, e);
}

int places_writer_end(struct places_writer *w, struct err *e)
{
	int rc;

	w->f->ops->end(w);
	rc = flush(w, 0, e);
	places_writer_free(w);
	return rc;
}
