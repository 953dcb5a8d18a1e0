/* profiles_writer.c - the writing half of profiles_table.h */
#include "base/mem.h"
#include "formats/parquet/writer.h"
#include "formats/block/profiles_table.h"
#include "formats/block/stored_sums.h"

enum {
	SAMPLES_PER_PAGE = 32768,  /* 256 KiB of decoded values: what a reader decodes at least */
	SAMPLES_OF_SMALL = 131072, /* stacks of a small group make one page: sample types share them */
	ROWS_PER_PAGE = 16384,
	IDS_PER_PAGE = 65536, /* the same ids recur in series far apart */
	NULLS_PER_PAGE = 1 << 20,
};

#define GROUP(text, rep, children, is)                                                                                \
	{                                                                                                             \
		.name = STRING(text), .type = PQ_GROUP, .repetition = PQ_##rep, .n_children = children, .logical = is \
	}
#define LEAF(text, rep, kind, is)                                                          \
	{                                                                                  \
		.name = STRING(text), .type = kind, .repetition = PQ_##rep, .logical = is, \
		.length = (kind) == PQ_FIXED ? 16 : 0                                      \
	}
#define STRING(text)                   \
	{                              \
		text, sizeof(text) - 1 \
	}
#define LIST(text, children)                                                          \
	GROUP(text, REQUIRED, 1, PQ_LIST), GROUP("list", REPEATED, 1, PQ_PLAIN_TYPE), \
	    GROUP("element", REQUIRED, children, PQ_PLAIN_TYPE)

static const struct pq_node nodes[] = {
	GROUP("Profile", REQUIRED, 13, PQ_PLAIN_TYPE),
	LEAF("ID", REQUIRED, PQ_FIXED, PQ_UUID),
	LEAF("SeriesIndex", REQUIRED, PQ_INT32, PQ_U32),
	LEAF("StacktracePartition", REQUIRED, PQ_INT64, PQ_U64),
	LEAF("TotalValue", REQUIRED, PQ_INT64, PQ_U64),
	LIST("Samples", 5),
	LEAF("StacktraceID", REQUIRED, PQ_INT64, PQ_U64),
	LEAF("Value", REQUIRED, PQ_INT64, PQ_I64),
	LIST("Labels", 4),
	LEAF("Key", REQUIRED, PQ_INT64, PQ_I64),
	LEAF("Str", OPTIONAL, PQ_INT64, PQ_I64),
	LEAF("Num", OPTIONAL, PQ_INT64, PQ_I64),
	LEAF("NumUnit", OPTIONAL, PQ_INT64, PQ_I64),
	LEAF("SpanID", OPTIONAL, PQ_INT64, PQ_U64),
	LEAF("TraceID", OPTIONAL, PQ_FIXED, PQ_PLAIN_TYPE),
	LEAF("DropFrames", OPTIONAL, PQ_INT64, PQ_I64),
	LEAF("KeepFrames", OPTIONAL, PQ_INT64, PQ_I64),
	LEAF("TimeNanos", REQUIRED, PQ_INT64, PQ_TIMESTAMP_NS),
	LEAF("DurationNanos", OPTIONAL, PQ_INT64, PQ_I64),
	LEAF("Period", OPTIONAL, PQ_INT64, PQ_I64),
	GROUP("Comments", REQUIRED, 1, PQ_LIST),
	GROUP("list", REPEATED, 1, PQ_PLAIN_TYPE),
	LEAF("element", REQUIRED, PQ_INT64, PQ_I64),
	LEAF("DefaultSampleType", OPTIONAL, PQ_INT64, PQ_I64),
	LIST("Annotations", 2),
	LEAF("Key", REQUIRED, PQ_BYTES, PQ_STRING),
	LEAF("Value", REQUIRED, PQ_BYTES, PQ_STRING),
};

/* Forms that v1.21 reads (spec 4.12); measured winners first. */
static const struct pq_form ints[] = {
	{ PQ_DELTA, false, 0 },
	{ PQ_DELTA, false, 3 },
	{ PQ_PLAIN, false, 3 },
	{ PQ_DICTIONARY, true, 3 },
	{ PQ_DICTIONARY, false, 3 },
	{ PQ_DICTIONARY, false, 0 },
};
static const struct pq_form values[] = {
	{ PQ_PLAIN, false, 1 },
	{ PQ_PLAIN, false, 3 },
	{ PQ_DELTA, false, 3 },
	{ PQ_DICTIONARY, true, 3 },
	{ PQ_DICTIONARY, false, 3 },
};
static const struct pq_form stacks[] = {
	{ PQ_DELTA, false, 3 },
	{ PQ_PLAIN, false, 3 },
	{ PQ_DICTIONARY, true, 6 },
	{ PQ_DICTIONARY, false, 6 },
};
static const struct pq_form ids[] = {
	{ PQ_PLAIN, false, 0 },
	{ PQ_PLAIN, false, 3 },
	{ PQ_DELTA_BYTES, false, 0 },
	{ PQ_DELTA_BYTES, false, 3 },
	{ PQ_DICTIONARY, true, 3 },
	{ PQ_DICTIONARY, false, 0 },
};
static const struct pq_form nulls[] = { { PQ_PLAIN, false, 0 }, { PQ_PLAIN, false, 9 } };

#define FORMS(list) .forms = (list), .n_forms = ARRAY_LEN(list)

struct profiles_writer {
	struct buf out; /* what is not in the sink so far */
	struct sink *to;
	uint64_t sent;
	struct err err; /* of the sink */
	bool failed;
	struct pq_writer *pq;
	struct sums_writer sums;
	VEC(uint8_t) def;
	VEC(int64_t) present;
};

static void send(void *ctx)
{
	struct profiles_writer *w = ctx;

	if (!w->failed)
		w->failed = sink_write(w->to, buf_str(&w->out), &w->err) < 0;
	w->sent += w->out.n;
	buf_reset(&w->out);
}

struct profiles_writer *profiles_writer_new(struct sink *to, bool many)
{
	struct profiles_writer *w = mem_zalloc(sizeof(*w));

	buf_init(&w->out, SIZE_MAX / 2);
	w->to = to;
	w->pq = pq_writer_new(&w->out, nodes, ARRAY_LEN(nodes), many);
	pq_writer_take(w->pq, send, w);
	sums_writer_init(&w->sums);
	return w;
}

int profiles_writer_finish(struct profiles_writer *w, uint64_t *bytes, struct err *e)
{
	int rc;

	sums_writer_finish(&w->sums, w->pq);
	pq_writer_finish(w->pq, STR("pyro " PYRO_VERSION));
	send(w);
	*bytes = w->sent;
	rc = w->failed ? -1 : 0;
	if (w->failed)
		*e = w->err;
	sums_writer_fini(&w->sums);
	buf_fini(&w->out);
	vec_free(&w->def);
	vec_free(&w->present);
	mem_free(w);
	return rc;
}

/* A column; what is ready goes when it is worth a call. */
static void put_column(struct profiles_writer *w, const struct pq_column *c)
{
	enum { WORTH = 64 << 10 };

	pq_writer_column(w->pq, c);
	if (w->out.n < WORTH)
		return;
	pq_writer_moved(w->pq, w->out.n);
	send(w);
}

static void put_ints(struct profiles_writer *w, const struct profiles_group *g, const int64_t *v)
{
	put_column(w, &(struct pq_column){ .i64 = v, .n = g->n, .page_entries = ROWS_PER_PAGE, FORMS(ints) });
}

/* `times` columns with a null for each row. */
static void put_row_nulls(struct profiles_writer *w, unsigned times)
{
	while (times--)
		put_column(w, &(struct pq_column){ .page_entries = NULLS_PER_PAGE, FORMS(nulls) });
}

/* The same for each sample: level 1 says that there is one. */
static void put_sample_nulls(struct profiles_writer *w, const struct profiles_group *g, unsigned times)
{
	while (times--)
		put_column(w,
		    &(struct pq_column){ .row_at = g->sample_at,
			.level = 1,
			.page_entries = NULLS_PER_PAGE,
			FORMS(nulls) });
}

static void put_durations(struct profiles_writer *w, const struct profiles_group *g)
{
	struct pq_column c = { .page_entries = ROWS_PER_PAGE, FORMS(ints) };

	w->def.n = w->present.n = 0;
	vec_reserve(&w->def, g->n);
	vec_reserve(&w->present, g->n);
	for (uint32_t i = 0; i < g->n; i++) {
		w->def.p[i] = g->durations[i] != 0;
		if (g->durations[i])
			w->present.p[w->present.n++] = g->durations[i];
	}
	c.i64 = w->present.p;
	c.n = w->present.n;
	c.level = 1;
	if (c.n == 0)
		put_row_nulls(w, 1);
	else {
		c.def = c.n < g->n ? w->def.p : NULL;
		put_column(w, &c);
	}
}

static void put_spans(struct profiles_writer *w, const struct profiles_group *g)
{
	struct pq_column c = { .make = g->spans,
		.ctx = g->ctx,
		.row_at = g->sample_at,
		.page_entries = SAMPLES_PER_PAGE,
		FORMS(ints) };

	if (g->row_spans == NULL) {
		put_sample_nulls(w, g, 1);
		return;
	}
	w->def.n = 0;
	vec_reserve(&w->def, g->n);
	for (uint32_t r = 0; r < g->n; r++) {
		w->def.p[r] = g->row_spans[r] ? 2 : 1;
		c.n += g->row_spans[r] ? g->sample_at[r + 1] - g->sample_at[r] : 0;
	}
	c.row_def = w->def.p;
	put_column(w, &c);
}

static void put_samples(struct profiles_writer *w, const struct profiles_group *g)
{
	struct pq_column c = { .make = g->stacks,
		.ctx = g->ctx,
		.narrow = true,
		.n = g->sample_at[g->n],
		.row_at = g->sample_at,
		.level = 1,
		.page_entries = SAMPLES_PER_PAGE,
		FORMS(stacks) };

	if (c.n <= SAMPLES_OF_SMALL)
		c.page_entries = SAMPLES_OF_SMALL;
	put_column(w, &c);
	c.page_entries = SAMPLES_PER_PAGE;
	c.make = g->values;
	c.narrow = false;
	c.forms = values;
	c.n_forms = ARRAY_LEN(values);
	c.breaks = g->breaks;
	c.n_breaks = g->n_breaks;
	c.mixed = true;
	put_column(w, &c);
	put_sample_nulls(w, g, 4);
	put_spans(w, g);
	put_sample_nulls(w, g, 1);
}

void profiles_writer_group(struct profiles_writer *w, const struct profiles_group *g)
{
	pq_writer_group(w->pq, g->n);
	put_column(w, &(struct pq_column){ .fixed = g->ids, .n = g->n, .page_entries = IDS_PER_PAGE, FORMS(ids) });
	put_column(w, &(struct pq_column){ .u32 = g->series, .n = g->n, .page_entries = ROWS_PER_PAGE, FORMS(ints) });
	put_ints(w, g, g->partitions);
	put_ints(w, g, g->totals);
	put_samples(w, g);
	put_row_nulls(w, 2);
	put_ints(w, g, g->times);
	put_durations(w, g);
	put_row_nulls(w, 5);
	sums_writer_group(&w->sums, w->pq, g);
}
