#include "tools/pyro-ingest/received.h"

#include <math.h>

#include "base/mem.h"
#include "base/promtext.h"

static const struct {
	const char *name, *help;
	double low, high;
} kinds[RECEIVED_KINDS] = {
	{ "pyroscope_distributor_received_compressed_bytes", "Bytes of a profile as it was sent.", 10240, 15728640 },
	{ "pyroscope_distributor_received_decompressed_bytes", "Bytes of a profile, unpacked.", 10240, 15728640 },
	{ "pyroscope_distributor_received_samples", "Samples of a profile.", 100, 100000 },
};

/* Bounds rise by one factor from low to high. */
static double bound(int kind, int i)
{
	double step = log(kinds[kind].high / kinds[kind].low) / (RECEIVED_BUCKETS - 1);

	return kinds[kind].low * exp(step * i);
}

static struct received *find(struct received *r, struct str type)
{
	for (; r != NULL; r = r->next)
		if (str_eq(r->type, type))
			return r;
	return NULL;
}

/* Types come from strangers: what is no plain word is not shown by name. */
static bool is_plain(struct str type)
{
	for (size_t i = 0; i < type.n; i++)
		if (type.p[i] <= ' ' || type.p[i] > '~')
			return false;
	return type.n > 0 && type.n <= 128;
}

static struct received *row_of(struct received_list *l, struct str type)
{
	struct received *first = atomic_load(&l->first), *r = find(first, type), *new;
	char *text;

	if (r != NULL)
		return r;
	if (atomic_fetch_add(&l->n, 1) >= RECEIVED_TYPES_MAX) {
		type = STR("other");
		if ((r = find(first, type)) != NULL)
			return r;
	}
	new = mem_zalloc(sizeof(*new) + type.n);
	text = (char *)(new + 1);
	memcpy(text, type.p, type.n);
	new->type = str_of(text, type.n);
	for (;;) {
		new->next = first;
		if (atomic_compare_exchange_strong(&l->first, &first, new))
			return new;
		if ((r = find(first, type)) != NULL) {
			mem_free(new);
			return r;
		}
	}
}

static void count(struct received *r, int kind, uint64_t v)
{
	struct received_hist *h = &r->kinds[kind];
	int low = 0, high = RECEIVED_BUCKETS;

	while (low < high) { /* the first bound that is not below v */
		int mid = (low + high) / 2;

		if ((double)v <= bound(kind, mid))
			high = mid;
		else
			low = mid + 1;
	}
	atomic_fetch_add_explicit(&h->counts[low], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->sum, v, memory_order_relaxed);
}

void received_count(struct received_list *l, struct str type, uint64_t compressed, uint64_t decompressed,
    uint64_t samples)
{
	struct received *r = row_of(l, is_plain(type) ? type : STR("other"));

	count(r, 0, compressed);
	count(r, 1, decompressed);
	count(r, 2, samples);
}

static uint64_t sum_of(const struct received *r, int kind)
{
	return atomic_load_explicit(&r->kinds[kind].sum, memory_order_relaxed);
}

struct received_sum received_sum(const struct received_list *l)
{
	struct received_sum out = { 0 };

	for (struct received *r = atomic_load(&l->first); r != NULL; r = r->next) {
		for (int i = 0; i <= RECEIVED_BUCKETS; i++)
			out.profiles += atomic_load_explicit(&r->kinds[0].counts[i], memory_order_relaxed);
		out.compressed += sum_of(r, 0);
		out.decompressed += sum_of(r, 1);
		out.samples += sum_of(r, 2);
	}
	return out;
}

void received_free(struct received_list *l)
{
	struct received *r = atomic_exchange(&l->first, NULL);

	while (r != NULL) {
		struct received *next = r->next;

		mem_free(r);
		r = next;
	}
}

static void print_row(struct buf *b, int kind, struct str tenant, struct received *r)
{
	struct prom_label labels[] = { { "tenant", tenant }, { "type", r->type } };
	struct received_hist *h = &r->kinds[kind];
	uint64_t counts[RECEIVED_BUCKETS + 1];
	double bounds[RECEIVED_BUCKETS];

	for (int i = 0; i <= RECEIVED_BUCKETS; i++)
		counts[i] = atomic_load_explicit(&h->counts[i], memory_order_relaxed);
	for (int i = 0; i < RECEIVED_BUCKETS; i++)
		bounds[i] = bound(kind, i);
	prom_histogram(b, kinds[kind].name, labels, ARRAY_LEN(labels), bounds, counts, RECEIVED_BUCKETS,
	    (double)atomic_load_explicit(&h->sum, memory_order_relaxed));
}

void received_print(struct buf *b, const struct received_tenant *tenants, size_t n)
{
	for (int kind = 0; kind < RECEIVED_KINDS; kind++) {
		prom_family(b, kinds[kind].name, "histogram", kinds[kind].help);
		for (size_t i = 0; i < n; i++)
			for (struct received *r = atomic_load(&tenants[i].list->first); r != NULL; r = r->next)
				print_row(b, kind, tenants[i].name, r);
	}
}
