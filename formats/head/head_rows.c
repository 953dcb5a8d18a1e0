/* head_rows.c - a cleaned profile into rows of a head */
#include "base/hash.h"
#include "formats/head/head.h"
#include "formats/head/head_tables.h"

/* ---- series of a push ---- */

struct type_names {
	struct str name, type, unit, period_type, period_unit;
	bool has_period;
};

static struct type_names names_of(const struct head_push *p, uint32_t type)
{
	const struct profile *f = p->profile;

	return (struct type_names){
		.name = labels_get(&p->labels, STR("__name__")),
		.type = profile_str(f, f->types[type].type),
		.unit = profile_str(f, f->types[type].unit),
		.period_type = f->has_period_type ? profile_str(f, f->period_type.type) : STR_NONE,
		.period_unit = f->has_period_type ? profile_str(f, f->period_type.unit) : STR_NONE,
		.has_period = f->has_period_type,
	};
}

/* An empty value is as good as none. */
static struct labels with_value(struct arena *a, const struct labels *l, struct str name, struct str value)
{
	return value.n > 0 ? labels_with(a, l, name, value) : labels_without(a, l, name);
}

/* Labels that every stored series has beside its own; they replace labels of the same names. */
static struct labels series_labels(struct arena *a, const struct head_push *p, uint32_t type)
{
	struct type_names t = names_of(p, type);
	struct profile_type pt = { t.name, t.type, t.unit, t.period_type, t.period_unit };
	struct labels l = p->labels;
	struct str service = labels_get(&l, STR("service_name"));

	if (service.n > 0)
		l = labels_with(a, &l, STR("__service_name__"), service);
	if (t.has_period) {
		l = with_value(a, &l, STR("__period_type__"), t.period_type);
		l = with_value(a, &l, STR("__period_unit__"), t.period_unit);
	}
	l = with_value(a, &l, STR("__type__"), t.type);
	l = with_value(a, &l, STR("__unit__"), t.unit);
	return labels_with(a, &l, STR("__profile_type__"), profile_type_id(a, &pt));
}

static void label_to_front(struct labels *l, struct str name)
{
	for (uint32_t i = 0; i < l->n; i++) {
		if (str_eq(l->p[i].name, name)) {
			struct label x = l->p[i];

			memmove(l->p + 1, l->p, i * sizeof(*l->p));
			l->p[0] = x;
			return;
		}
	}
}

static void key_add(struct buf *b, struct str s)
{
	buf_add(b, s);
	buf_byte(b, 0xff);
}

/* Everything that decides the series of a push, in a form that hashes. */
static void stream_key(struct head *h, const struct head_push *p, uint64_t key[2])
{
	struct buf *b = &h->tables->key;

	buf_reset(b);
	buf_byte(b, p->name_first);
	for (uint32_t i = 0; i < p->labels.n; i++) {
		key_add(b, p->labels.p[i].name);
		key_add(b, p->labels.p[i].value);
	}
	for (uint32_t i = 0; i < p->profile->n_types; i++) {
		struct type_names t = names_of(p, i);

		key_add(b, t.type);
		key_add(b, t.unit);
		buf_byte(b, p->skip_types != NULL && p->skip_types[i]);
	}
	if (p->profile->has_period_type) {
		struct type_names t = names_of(p, 0);

		key_add(b, t.period_type);
		key_add(b, t.period_unit);
	}
	key[0] = hash_seeded(buf_str(b));
	key[1] = hash_xxh64(buf_str(b), key[0]);
}

static const struct head_stream *stream_find(struct head *h, const uint64_t key[2])
{
	struct head_tables *t = h->tables;
	struct map_at at = map_find(&t->streams_by_key, key[0]);

	for (uint32_t i; map_next(&at, &i);)
		if (t->streams.p[i].key[0] == key[0] && t->streams.p[i].key[1] == key[1])
			return &t->streams.p[i];
	return NULL;
}

static struct labels stored_labels(struct arena *a, const struct head_push *p, uint32_t type, uint64_t *print)
{
	struct labels l = series_labels(a, p, type);

	if (p->name_first) {
		label_to_front(&l, STR("__service_name__"));
		label_to_front(&l, STR("__profile_type__"));
	}
	*print = labels_hash(&l);
	return l;
}

static bool type_skipped(const struct head_push *p, uint32_t type)
{
	return p->skip_types != NULL && p->skip_types[type];
}

uint32_t head_new_series(struct head *h, const struct head_push *p)
{
	uint64_t key[2], print;
	uint32_t n = 0, found;
	struct arena *a;

	stream_key(h, p, key);
	if (stream_find(h, key) != NULL)
		return 0;
	a = arena_new();
	for (uint32_t i = 0; i < p->profile->n_types; i++) {
		struct labels l = stored_labels(a, p, i, &print);

		n += !type_skipped(p, i) && !head_series_find(h, &l, print, &found);
	}
	arena_free(a);
	return n;
}

/* The series numbers of a push, by sample type; new ones are added. */
static const struct head_stream *stream_of(struct head *h, const struct head_push *p)
{
	struct head_tables *t = h->tables;
	uint64_t key[2], print;
	const struct head_stream *known;
	struct head_stream s;
	struct arena *a;

	stream_key(h, p, key);
	known = stream_find(h, key);
	if (known != NULL)
		return known;
	s = (struct head_stream){ { key[0], key[1] }, (uint32_t)t->stream_series.n, p->profile->n_types };
	a = arena_new();
	for (uint32_t i = 0; i < p->profile->n_types; i++) {
		struct labels l = stored_labels(a, p, i, &print);
		uint32_t number = UINT32_MAX;

		if (!type_skipped(p, i) && !head_series_find(h, &l, print, &number))
			number = head_series_add(h, &l, print);
		vec_push(&t->stream_series, number);
	}
	arena_free(a);
	vec_push(&t->streams, s);
	map_put(&t->streams_by_key, key[0], (uint32_t)t->streams.n - 1);
	return &t->streams.p[t->streams.n - 1];
}

/* ---- samples of a push ---- */

/* Radix sort by the upper half: stack ids of a partition are dense small numbers. */
static void order_sort(struct head_tables *t, uint32_t max)
{
	enum { BITS = 11, SIZE = 1 << BITS };
	size_t n = t->order.n;
	uint64_t *from = t->order.p, *to;

	t->order_spare.n = 0;
	vec_reserve(&t->order_spare, n);
	to = t->order_spare.p;
	for (unsigned shift = 0; shift < 32 && max >> shift; shift += BITS) {
		uint32_t at[SIZE] = { 0 }, sum = 0;
		uint64_t *swap = from;

		for (size_t i = 0; i < n; i++)
			at[from[i] >> (32 + shift) & (SIZE - 1)]++;
		for (size_t k = 0; k < SIZE; k++) {
			uint32_t count = at[k];

			at[k] = sum;
			sum += count;
		}
		for (size_t i = 0; i < n; i++)
			to[at[from[i] >> (32 + shift) & (SIZE - 1)]++] = from[i];
		from = to;
		to = swap;
	}
	if (from != t->order.p)
		memcpy(t->order.p, from, n * sizeof(*from));
}

/* Stack numbers of all samples of the push, ascending, in t->order. */
static void stacks_of(struct head *h, struct sym_importer *imp, struct symbols *s, const struct head_push *p)
{
	struct head_tables *t = h->tables;
	uint32_t n = p->samples ? p->n_samples : p->profile->n_samples, max = 0;
	bool sorted = true;

	if (p->again)
		symbols_import_again(imp, s, p->profile);
	else
		symbols_import(imp, s, p->profile);
	t->order.n = 0;
	vec_reserve(&t->order, n);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t sample = p->samples ? p->samples[i] : i;
		uint32_t id = symbols_import_stack(imp, s, p->profile, sample);

		if (id == SYM_DROPPED)
			continue;
		sorted = sorted && id >= max;
		max = MAX(max, id);
		t->order.p[t->order.n++] = (uint64_t)id << 32 | sample;
	}
	if (!sorted)
		order_sort(t, max);
}

/* The samples of one type from t->order: ascending, equal stacks added, no zeros. */
static void samples_of(struct head_tables *t, const struct head_push *p, uint32_t type)
{
	struct samples *s = &t->samples;
	size_t n = 0;

	s->stacks.n = s->values.n = s->spans.n = 0;
	vec_reserve(&s->stacks, t->order.n);
	vec_reserve(&s->values, t->order.n);
	if (p->spans)
		vec_reserve(&s->spans, t->order.n);
	for (size_t i = 0; i < t->order.n; i++) {
		uint32_t stack = (uint32_t)(t->order.p[i] >> 32), sample = (uint32_t)t->order.p[i];
		int64_t value = profile_value(p->profile, sample, type);

		if (value == 0)
			continue;
		if (n > 0 && s->stacks.p[n - 1] == stack && !p->spans) {
			s->values.p[n - 1] = (int64_t)((uint64_t)s->values.p[n - 1] + (uint64_t)value);
			continue;
		}
		s->stacks.p[n] = stack;
		s->values.p[n] = value;
		if (p->spans)
			s->spans.p[n] = p->spans[sample];
		n++;
	}
	s->stacks.n = s->values.n = n;
	s->spans.n = p->spans ? n : 0;
	if (p->spans)
		samples_sort(s);
}

/* ---- cumulative values ---- */

/* Merges the new values into the baseline and leaves what grew in `growth`. False: some value fell. */
static bool grow(struct head_baseline *b, const struct samples *now, struct samples *growth)
{
	VEC(uint32_t) stacks = { 0 };
	VEC(int64_t) values = { 0 };
	size_t i = 0, k = 0;
	bool fell = false;

	growth->stacks.n = growth->values.n = growth->spans.n = 0;
	vec_reserve(&stacks, b->stacks.n + now->stacks.n);
	vec_reserve(&values, b->stacks.n + now->stacks.n);
	while (i < b->stacks.n || k < now->stacks.n) {
		bool old = i < b->stacks.n && (k == now->stacks.n || b->stacks.p[i] <= now->stacks.p[k]);
		bool new = k < now->stacks.n && (i == b->stacks.n || now->stacks.p[k] <= b->stacks.p[i]);
		uint32_t stack = old ? b->stacks.p[i] : now->stacks.p[k];
		int64_t before = old ? b->values.p[i] : 0, value = new ? now->values.p[k] : before;

		fell = fell || value < before;
		if (value > before) {
			vec_push(&growth->stacks, stack);
			vec_push(&growth->values, (int64_t)((uint64_t)value - (uint64_t)before));
		}
		vec_push(&stacks, stack);
		vec_push(&values, value);
		i += old;
		k += new;
	}
	vec_free(&b->stacks);
	vec_free(&b->values);
	memcpy(&b->stacks, &stacks, sizeof(stacks));
	memcpy(&b->values, &values, sizeof(values));
	return !fell;
}

static void baseline_set(struct head_baseline *b, const struct samples *s)
{
	b->stacks.n = b->values.n = 0;
	vec_reserve(&b->stacks, s->stacks.n);
	vec_reserve(&b->values, s->values.n);
	if (s->stacks.n > 0) {
		memcpy(b->stacks.p, s->stacks.p, s->stacks.n * sizeof(*s->stacks.p));
		memcpy(b->values.p, s->values.p, s->values.n * sizeof(*s->values.p));
	}
	b->stacks.n = b->values.n = s->stacks.n;
	b->seen = true;
}

/* False: nothing to store (the first profile, or a value fell and this one is the new start). */
static bool cumulative(struct head_series *x, struct head_tables *t)
{
	if (x->baseline == NULL)
		x->baseline = mem_zalloc(sizeof(*x->baseline));
	if (!x->baseline->seen || !grow(x->baseline, &t->samples, &t->growth)) {
		baseline_set(x->baseline, &t->samples);
		return false;
	}
	return t->growth.stacks.n > 0;
}

/* ---- rows ---- */

static int64_t total_of(const struct samples *s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s->values.n; i++)
		sum += (uint64_t)s->values.p[i];
	return (int64_t)sum;
}

uint32_t head_row_add(struct head *h, uint32_t series, uint32_t profile, bool is_cumulative)
{
	struct head_tables *t = h->tables;
	struct head_series *x = &t->series.p[series];
	const struct samples *s = &t->samples;
	struct head_row row = { .profile = profile };
	int64_t time = t->profiles.p[profile].time;

	if (is_cumulative) {
		if (!cumulative(x, t))
			return 0;
		s = &t->growth;
		buf_reset(&t->packed);
		rows_encode(&t->packed, s);
	}
	row.packed = mem_alloc(t->packed.n);
	memcpy(row.packed, t->packed.p, t->packed.n);
	row.bytes = (uint32_t)t->packed.n;
	row.total = total_of(s);
	if (x->rows.n == 0)
		vec_push(&t->with_rows, series);
	vec_push(&x->rows, row);
	t->row_bytes += row.bytes;
	head_bundle_rows(t, x);
	h->n_rows++;
	h->n_samples += s->stacks.n;
	h->set.min_time = MIN(h->set.min_time, time);
	h->set.max_time = MAX(h->set.max_time, time);
	return 1;
}

static bool is_cumulative(const struct head_push *p, uint32_t type)
{
	struct type_names t = names_of(p, type);

	return p->cumulative && str_eq(t.name, STR("memory")) &&
	    (str_eq(t.type, STR("alloc_objects")) || str_eq(t.type, STR("alloc_space")));
}

/* The row of one sample type: packed once, for the journal and for memory. */
static uint32_t add_type(struct head *h, const struct head_push *p, uint32_t type, uint32_t series, uint32_t profile,
    struct buf *record)
{
	struct head_tables *t = h->tables;
	bool kind = is_cumulative(p, type);

	samples_of(t, p, type);
	if (t->samples.stacks.n == 0 && !kind)
		return 0;
	buf_reset(&t->packed);
	rows_encode(&t->packed, &t->samples);
	buf_uvarint(record, series);
	buf_byte(record, kind);
	buf_add(record, buf_str(&t->packed));
	t->series.p[series].last_push = p->now;
	return head_row_add(h, series, profile, kind);
}

uint32_t head_add(struct head *h, struct sym_importer *imp, const struct head_push *p, struct buf *record)
{
	struct head_tables *t = h->tables;
	uint32_t known = head_series(h), stored = 0, profile;
	struct head_stream stream = *stream_of(h, p);
	struct head_profile shared = { p->time, p->duration, head_partition(h, p->partition), { 0 } };
	struct symbols *s = t->partitions.p[shared.partition];
	struct sym_counts before = symbols_counts(s);
	size_t start = record->n;

	stacks_of(h, imp, s, p);
	memcpy(shared.id, p->id, sizeof(shared.id));
	profile = head_profile_add(h, &shared);
	record_symbols(record, s, &before);
	record_series(record, h, known);
	record_profile(record, &shared);
	for (uint32_t i = 0; i < stream.n_types; i++)
		if (!type_skipped(p, i))
			stored += add_type(h, p, i, t->stream_series.p[stream.first + i], profile, record);
	h->record_bytes += record->n - start;
	return stored;
}
