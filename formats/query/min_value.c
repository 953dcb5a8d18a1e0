/* Which nodes survive a limit on their number: spec of the read API, 9.5. */
#include "formats/query/tree_impl.h"

/* Order-preserving: negative numbers come before positive ones. */
static inline uint64_t key_of(int64_t v)
{
	return (uint64_t)v ^ (UINT64_C(1) << 63);
}

/* 16 steps to each doubling: totals of a tree spread over many orders of magnitude. For v >= 0. */
static inline unsigned octave_of(int64_t v, unsigned shift)
{
	unsigned top;

	(void)shift;
	if (v < 16)
		return (unsigned)v;
	top = 63 - (unsigned)__builtin_clzll((uint64_t)v);
	return (top - 3) * 16 + ((unsigned)(v >> (top - 4)) & 15);
}

static inline unsigned digit_of(int64_t v, unsigned shift)
{
	return key_of(v) >> shift & 255;
}

enum { BUCKETS = 1024 };

/* Narrows v to the values that share the bucket of the k-th largest; *k becomes the rank among them. */
static inline size_t narrow(int64_t *v, size_t n, size_t *k, unsigned shift, unsigned (*bucket_of)(int64_t, unsigned))
{
	uint32_t count[BUCKETS] = { 0 };
	size_t above = 0, kept = 0;
	unsigned bucket = BUCKETS - 1;

	for (size_t i = 0; i < n; i++)
		count[bucket_of(v[i], shift)]++;
	while (above + count[bucket] < *k)
		above += count[bucket--];
	*k -= above;
	for (size_t i = 0; i < n; i++)
		if (bucket_of(v[i], shift) == bucket)
			v[kept++] = v[i];
	return kept;
}

/* Linear whatever the values are: first by magnitude, then digit by digit from the first that differs. */
int64_t select_largest(int64_t *v, size_t n, size_t k)
{
	uint64_t differ = 0;
	int64_t sign = 0;

	assert(k >= 1 && k <= n && n <= UINT32_MAX);
	for (size_t i = 0; i < n; i++)
		sign |= v[i];
	if (sign >= 0)
		n = narrow(v, n, &k, 0, octave_of);
	for (size_t i = 1; i < n; i++)
		differ |= key_of(v[i]) ^ key_of(v[0]);
	while (n > 1 && differ != 0) {
		unsigned top = 63 - (unsigned)__builtin_clzll(differ);
		unsigned shift = top < 7 ? 0 : top - 7;

		n = narrow(v, n, &k, shift, digit_of);
		differ &= (UINT64_C(1) << shift) - 1;
	}
	return v[0];
}

bool tree_has_negative(const struct tree *t)
{
	int64_t sign = 0;

	for (size_t i = 0; i < t->nodes.n; i++)
		sign |= t->nodes.p[i].self | t->nodes.p[i].total;
	return sign < 0;
}

struct heap {
	int64_t *v;
	size_t n, max;
};

static void heap_down(struct heap *h)
{
	size_t i = 0;
	int64_t x = h->v[0];

	for (size_t child; (child = 2 * i + 1) < h->n; i = child) {
		if (child + 1 < h->n && h->v[child + 1] < h->v[child])
			child++;
		if (h->v[child] >= x)
			break;
		h->v[i] = h->v[child];
	}
	h->v[i] = x;
}

static void heap_push(struct heap *h, int64_t x)
{
	size_t i = h->n++;

	for (; i > 0 && h->v[(i - 1) / 2] > x; i = (i - 1) / 2)
		h->v[i] = h->v[(i - 1) / 2];
	h->v[i] = x;
}

/* False: neither the node nor anything below it counts. */
static bool heap_offer(struct heap *h, int64_t x)
{
	if (h->n < h->max) {
		heap_push(h, x);
		return true;
	}
	if (x <= h->v[0])
		return false;
	h->v[0] = x;
	heap_down(h);
	return true;
}

static size_t push_children(const struct tree *t, uint32_t node, uint32_t *stack, size_t n)
{
	size_t first = n;

	for (uint32_t c = t->nodes.p[node].first_child; c != 0; c = t->nodes.p[c].next)
		stack[n++] = c;
	tree_sort(t, stack + first, n - first);
	return n;
}

/* With negative values a child may weigh more than its parent: then the order of the walk counts. */
static int64_t walk(const struct tree *t, size_t max)
{
	struct heap h = { .v = mem_array(max, sizeof(int64_t)), .max = max };
	uint32_t *stack = mem_array(t->nodes.n, sizeof(*stack));
	size_t n = push_children(t, 0, stack, 0);
	int64_t least;

	while (n > 0) {
		uint32_t node = stack[--n];

		if (heap_offer(&h, t->nodes.p[node].total))
			n = push_children(t, node, stack, n);
	}
	least = h.n < h.max ? 0 : h.v[0];
	mem_free(h.v);
	mem_free(stack);
	return least;
}

int64_t tree_min_value(const struct tree *t, int64_t max_nodes)
{
	size_t n = t->nodes.n - 1;
	int64_t *totals, least;

	if (max_nodes < 1 || n <= (uint64_t)max_nodes)
		return 0;
	if (tree_has_negative(t))
		return walk(t, (size_t)max_nodes);
	/* Else the heap ends with the largest totals, in whatever order they came. */
	totals = mem_array(n, sizeof(*totals));
	for (size_t i = 0; i < n; i++)
		totals[i] = t->nodes.p[i + 1].total;
	least = select_largest(totals, n, (size_t)max_nodes);
	mem_free(totals);
	return least;
}
