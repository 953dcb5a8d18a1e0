/* head.c - see head.h: the tables of a head, and its face as a dataset */
#include "formats/head/head.h"

#include "base/hash.h"
#include "formats/head/head_tables.h"
#include "formats/query/label_set.h"

static int head_select(struct dataset *d, struct arena *a, const struct selector *s, struct series_list *out,
    struct err *e)
{
	struct head_tables *t = ((struct head *)d)->tables;

	out->p = arena_array(a, t->series.n, sizeof(*out->p));
	out->n = 0;
	for (uint32_t i = 0; i < t->series.n; i++) {
		struct head_series *x = &t->series.p[i];

		if (x->rows.n > 0 && (s == NULL || selector_match(s, &x->labels)))
			out->p[out->n++] = (struct series_ref){ i, x->fingerprint, x->labels };
	}
	return selector_check(s, e);
}

static int head_since(struct dataset *d, struct arena *a, const struct selector *s, uint32_t since,
    struct series_list *out, uint32_t *now, struct err *e)
{
	const struct head_tables *t = ((struct head *)d)->tables;

	*now = (uint32_t)t->with_rows.n;
	out->p = arena_array(a, *now - since, sizeof(*out->p));
	out->n = 0;
	for (uint32_t i = since; i < *now; i++) {
		uint32_t number = t->with_rows.p[i];
		const struct head_series *x = &t->series.p[number];

		if (s == NULL || selector_match(s, &x->labels))
			out->p[out->n++] = (struct series_ref){ number, x->fingerprint, x->labels };
	}
	return selector_check(s, e);
}

static struct label_views **head_views(struct dataset *d)
{
	return &((struct head *)d)->tables->views;
}

/* What a scan unpacks. */
struct unpacked {
	struct head_taking taking;
	struct samples samples;
};

static int scan_row(const struct head_tables *t, const struct scan *s, const struct head_series *x, size_t k,
    struct row *row, struct unpacked *u, struct err *e)
{
	const struct head_row *r = &x->rows.p[k];
	const struct head_profile *p = &t->profiles.p[r->profile];
	struct samples *unpacked = &u->samples;
	struct str packed;
	size_t used;

	if (p->time < s->from || p->time > s->to)
		return 0;
	row->partition = p->partition;
	row->time = p->time;
	row->duration = p->duration;
	row->total = r->total;
	row->number = (uint32_t)k;
	memcpy(row->id, p->id, sizeof(row->id));
	if (s->samples) {
		if (head_take_row(&u->taking, x, k, &packed, e) < 0 || rows_decode(packed, unpacked, &used, e) < 0)
			return err_wrap(e, "head");
		row->n = (uint32_t)unpacked->stacks.n;
		row->stacks = unpacked->stacks.p;
		row->values = unpacked->values.p;
		row->spans = s->spans && unpacked->spans.n ? unpacked->spans.p : NULL;
	}
	return s->row(s->ctx, row, e);
}

static int scan_sum(const struct scan *s, const struct head_sum *sum, int64_t time, struct row *row,
    struct samples *unpacked, struct err *e)
{
	size_t used;

	if (rows_decode(str_of(sum->packed, sum->bytes), unpacked, &used, e) < 0)
		return err_wrap(e, "head");
	row->partition = sum->partition;
	row->time = time;
	row->total = sum->total;
	row->n = (uint32_t)unpacked->stacks.n;
	row->stacks = unpacked->stacks.p;
	row->values = unpacked->values.p;
	row->spans = NULL;
	return s->row(s->ctx, row, e);
}

/* A head that is being cut is read by two threads: nothing of it is touched here. Its label views and sums are those of
   questions, which one thread asks at a time; the other takes the rows as they are. */
static int head_scan(struct dataset *d, const struct scan *s, struct err *e)
{
	struct head_tables *t = ((struct head *)d)->tables;
	bool summed = s->summed && s->samples && !s->spans && !s->ids;
	struct unpacked unpacked = { 0 };
	int rc = 0;

	for (uint32_t i = 0; i < s->n_series && rc == 0; i++) {
		struct head_series *x = &t->series.p[s->series[i].number];
		struct row row = { .series = s->series[i].number };

		for (size_t k = 0; k < x->rows.n && rc == 0;) {
			const struct head_row *r = &x->rows.p[k];
			const struct head_sum *sum = NULL;

			if (summed)
				rc = head_sum_at(t, x, k, s, &sum, e);
			if (rc == 0 && sum != NULL)
				rc = scan_sum(s, sum, t->profiles.p[r->profile].time, &row, &unpacked.samples, e);
			else if (rc == 0)
				rc = scan_row(t, s, x, k, &row, &unpacked, e);
			k += sum != NULL ? HEAD_PART_ROWS : 1;
		}
	}
	samples_fini(&unpacked.samples);
	head_taking_fini(&unpacked.taking);
	return rc;
}

struct head_packed {
	struct packed_rows rows; /* first member */
	const struct head *head;
	struct head_taking taking;
};

static int packed_take(struct packed_rows *p, uint32_t series, uint32_t row, struct str *out, struct err *e)
{
	struct head_packed *k = CONTAINER_OF(p, struct head_packed, rows);
	const struct head_series *x = &k->head->tables->series.p[series];

	assert(row < x->rows.n);
	return head_take_row(&k->taking, x, row, out, e) < 0 ? err_wrap(e, "head") : 0;
}

static void packed_close(struct packed_rows *p)
{
	struct head_packed *k = CONTAINER_OF(p, struct head_packed, rows);

	head_taking_fini(&k->taking);
	mem_free(k);
}

static struct packed_rows *head_packed(struct dataset *d)
{
	struct head_packed *k = mem_zalloc(sizeof(*k));

	k->rows = (struct packed_rows){ packed_take, packed_close };
	k->head = (const struct head *)d;
	return &k->rows;
}

static int head_symbols(struct dataset *d, uint32_t partition, struct symbols **out, struct err *e)
{
	struct head_tables *t = ((struct head *)d)->tables;

	(void)e;
	assert(partition < t->partitions.n);
	*out = t->partitions.p[partition];
	return 0;
}

static void head_sizes(struct dataset *d, struct dataset_sizes *out)
{
	const struct head *h = (const struct head *)d;
	uint64_t symbols = 0;

	for (size_t i = 0; i < h->tables->partitions.n; i++)
		symbols += symbols_bytes(h->tables->partitions.p[i]);
	*out = (struct dataset_sizes){ .profiles = head_bytes(h) - symbols, .symbols = symbols };
}

static const struct dataset_ops head_ops = {
	.series = head_select,
	.scan = head_scan,
	.symbols = head_symbols,
	.sizes = head_sizes,
	.series_since = head_since,
	.views = head_views,
	.packed = head_packed,
};

struct head *head_new(void)
{
	struct head *h = mem_zalloc(sizeof(*h));

	h->set.ops = &head_ops;
	h->set.min_time = INT64_MAX;
	h->set.max_time = INT64_MIN;
	h->tables = mem_zalloc(sizeof(*h->tables));
	h->tables->mem = arena_new();
	buf_init(&h->tables->packed, UINT32_MAX);
	buf_init(&h->tables->key, UINT32_MAX);
	return h;
}

static void series_fini(struct head_series *s)
{
	for (size_t i = 0; i < s->rows.n; i++)
		mem_free(s->rows.p[i].packed);
	vec_free(&s->rows);
	vec_free(&s->bundles);
	vec_free(&s->sums);
	if (s->baseline != NULL) {
		vec_free(&s->baseline->stacks);
		vec_free(&s->baseline->values);
		mem_free(s->baseline);
	}
}

void head_free(struct head *h)
{
	struct head_tables *t;

	if (h == NULL)
		return;
	t = h->tables;
	for (size_t i = 0; i < t->series.n; i++)
		series_fini(&t->series.p[i]);
	for (size_t i = 0; i < t->partitions.n; i++)
		symbols_free(t->partitions.p[i]);
	vec_free(&t->series);
	vec_free(&t->with_rows);
	vec_free(&t->streams);
	vec_free(&t->stream_series);
	vec_free(&t->profiles);
	vec_free(&t->partitions);
	vec_free(&t->order);
	vec_free(&t->order_spare);
	map_fini(&t->series_by_print);
	map_fini(&t->streams_by_key);
	map_fini(&t->partitions_by_id);
	samples_fini(&t->samples);
	samples_fini(&t->growth);
	buf_fini(&t->packed);
	buf_fini(&t->key);
	label_views_free(t->views);
	arena_free(t->mem);
	mem_free(t);
	mem_free(h);
}

void head_rest(struct head *h)
{
	struct head_tables *t = h->tables;

	for (size_t i = 0; i < t->partitions.n; i++)
		symbols_rest(t->partitions.p[i]);
	for (size_t i = 0; i < t->series.n; i++) {
		struct head_series *x = &t->series.p[i];

		vec_fit(&x->rows);
		vec_fit(&x->bundles);
		if (x->baseline != NULL) {
			vec_free(&x->baseline->stacks);
			vec_free(&x->baseline->values);
			x->baseline->seen = false;
		}
	}
	vec_fit(&t->profiles);
	vec_fit(&t->series);
	vec_free(&t->streams);
	vec_free(&t->stream_series);
	vec_free(&t->order);
	vec_free(&t->order_spare);
	map_fini(&t->streams_by_key);
	map_fini(&t->series_by_print);
	map_fini(&t->partitions_by_id);
	samples_fini(&t->samples);
	samples_fini(&t->growth);
	buf_reset(&t->packed);
}

uint32_t head_partition(struct head *h, uint64_t id)
{
	struct head_tables *t = h->tables;
	struct map_at at = map_find(&t->partitions_by_id, hash_mix(id, 0));

	for (uint32_t i; map_next(&at, &i);)
		if (t->partitions.p[i]->partition == id)
			return i;
	vec_push(&t->partitions, symbols_new(id));
	map_put(&t->partitions_by_id, hash_mix(id, 0), (uint32_t)t->partitions.n - 1);
	h->set.n_partitions = (uint32_t)t->partitions.n;
	return h->set.n_partitions - 1;
}

bool head_series_find(const struct head *h, const struct labels *l, uint64_t fingerprint, uint32_t *out)
{
	struct map_at at = map_find(&h->tables->series_by_print, fingerprint);

	while (map_next(&at, out)) {
		const struct head_series *s = &h->tables->series.p[*out];

		if (s->fingerprint == fingerprint && labels_cmp(&s->labels, l) == 0)
			return true;
	}
	return false;
}

uint32_t head_series_add(struct head *h, const struct labels *l, uint64_t fingerprint)
{
	struct head_tables *t = h->tables;
	struct head_series s = { .labels = labels_copy(t->mem, l), .fingerprint = fingerprint };

	vec_push(&t->series, s);
	map_put(&t->series_by_print, fingerprint, (uint32_t)t->series.n - 1);
	return (uint32_t)t->series.n - 1;
}

uint32_t head_profile_add(struct head *h, const struct head_profile *p)
{
	vec_push(&h->tables->profiles, *p);
	return (uint32_t)h->tables->profiles.n - 1;
}

uint32_t head_series(const struct head *h)
{
	return (uint32_t)h->tables->series.n;
}

uint32_t head_active_series(const struct head *h, int64_t since)
{
	uint32_t n = 0;

	for (size_t i = 0; i < h->tables->series.n; i++)
		n += h->tables->series.p[i].last_push >= since;
	return n;
}

size_t head_bytes(const struct head *h)
{
	enum {
		PART_BYTES = sizeof(struct head_bundle) + sizeof(struct head_sum),
		ROW_BYTES = sizeof(struct head_row) + 16 + PART_BYTES / HEAD_PART_ROWS, /* 16: malloc's */
	};
	const struct head_tables *t = h->tables;
	size_t n = arena_bytes(t->mem) + t->series.cap * sizeof(*t->series.p) +
	    t->profiles.cap * sizeof(*t->profiles.p) + map_bytes(&t->series_by_print) + map_bytes(&t->streams_by_key) +
	    t->streams.cap * sizeof(*t->streams.p);

	n += t->row_bytes + h->n_rows * ROW_BYTES * 3 / 2 + t->with_rows.cap * sizeof(*t->with_rows.p) +
	    label_views_bytes(t->views);
	for (size_t i = 0; i < t->partitions.n; i++)
		n += symbols_bytes(t->partitions.p[i]);
	return n;
}
