/* perfmap.c - see perfmap.h */
#include "formats/symbolize/perfmap.h"

#include "base/vec.h"
#include "formats/symbolize/radix.h"

struct ranges {
	struct perfmap_entry *p;
	size_t n, cap;
};

static bool hex(struct str *s, uint64_t *out)
{
	uint64_t v = 0;
	size_t i = 0;

	if (str_prefix(*s, STR("0x")))
		*s = str_skip(*s, 2);
	for (; i < s->n && i < 16; i++) {
		char c = s->p[i];
		unsigned d = c >= '0' && c <= '9' ? (unsigned)(c - '0')
		    : c >= 'a' && c <= 'f'        ? (unsigned)(c - 'a') + 10
		    : c >= 'A' && c <= 'F'        ? (unsigned)(c - 'A') + 10
						  : 16;

		if (d == 16)
			break;
		v = v << 4 | d;
	}
	if (i == 0 || i >= s->n || s->p[i] != ' ')
		return false;
	*out = v;
	*s = str_skip(*s, i + 1);
	return true;
}

static bool parse_perf(struct str line, struct perfmap_entry *e)
{
	uint64_t size;

	if (!hex(&line, &e->from) || !hex(&line, &size) || line.n == 0)
		return false;
	e->name = line;
	e->to = e->from + MIN(size, UINT64_MAX - e->from);
	return true;
}

/* Without an end. What is no function has an empty name: others end there. */
static bool parse_kernel(struct str line, struct perfmap_entry *e)
{
	char type;

	if (!hex(&line, &e->from) || line.n < 3 || line.p[1] != ' ')
		return false;
	type = (char)(line.p[0] | 32);
	e->name = str_skip(line, 2);
	e->name.n = MIN(str_find(e->name, '\t'), str_find(e->name, ' '));
	if (type != 't' && type != 'w')
		e->name.n = 0;
	e->to = e->from;
	return true;
}

/*
 * A sweep over the beginnings and ends: of all that are open the latest line
 * counts. A heap of positions, latest first; those that ended are thrown out
 * when they come to the top.
 */
struct heap {
	uint32_t *p;
	size_t n, cap;
};

static void heap_put(struct heap *h, uint32_t v)
{
	size_t i = h->n;

	vec_push(h, v);
	for (; i > 0 && h->p[(i - 1) / 2] < v; i = (i - 1) / 2)
		h->p[i] = h->p[(i - 1) / 2];
	h->p[i] = v;
}

static void heap_pop(struct heap *h)
{
	uint32_t v = h->p[--h->n];
	size_t i = 0;

	for (;;) {
		size_t k = i * 2 + 1;

		if (k >= h->n)
			break;
		if (k + 1 < h->n && h->p[k + 1] > h->p[k])
			k++;
		if (h->p[k] <= v)
			break;
		h->p[i] = h->p[k];
		i = k;
	}
	if (h->n > 0)
		h->p[i] = v;
}

static void emit(struct ranges *out, uint64_t from, uint64_t to, struct str name)
{
	struct perfmap_entry *last = out->n ? &out->p[out->n - 1] : NULL;

	if (from >= to)
		return;
	if (last != NULL && last->to == from && last->name.p == name.p)
		last->to = to;
	else
		vec_push(out, ((struct perfmap_entry){ from, to, name }));
}

/* sorted: positions of `in` in order of their beginnings. */
static void sweep(const struct ranges *in, const struct keyed *sorted, struct ranges *out)
{
	struct heap open = { 0 };
	uint64_t at = 0;
	size_t i = 0;

	while (i < in->n || open.n > 0) {
		uint64_t next = i < in->n ? in->p[sorted[i].value].from : UINT64_MAX;

		while (open.n > 0 && at < next) {
			const struct perfmap_entry *top = &in->p[open.p[0]];

			if (top->to <= at) {
				heap_pop(&open);
				continue;
			}
			emit(out, at, MIN(top->to, next), top->name);
			at = MIN(top->to, next);
		}
		if (i == in->n)
			break;
		at = next;
		for (; i < in->n && in->p[sorted[i].value].from == at; i++)
			heap_put(&open, sorted[i].value);
	}
	vec_free(&open);
}

/* Up to the next one elsewhere. */
static void end_each(struct ranges *in, const struct keyed *keys)
{
	for (size_t i = in->n, k = in->n; i > 0; i--) {
		struct perfmap_entry *e = &in->p[keys[i - 1].value];

		while (k > i && keys[k - 1].key > keys[i - 1].key)
			k--;
		e->to = k < in->n ? keys[k].key : e->from + 4096;
	}
}

void perfmap_read(struct arena *a, struct str text, enum perfmap_kind kind, struct perfmap *out)
{
	struct ranges in = { 0 }, flat = { 0 };
	struct keyed *keys;
	size_t n;

	*out = (struct perfmap){ 0 };
	while (text.n > 0 && in.n < UINT32_MAX / 2) {
		struct str line = str_cut(&text, '\n');
		struct perfmap_entry e;

		line = str_trim(line);
		if (line.n == 0)
			continue;
		if (!(kind == PERFMAP_KERNEL ? parse_kernel(line, &e) : parse_perf(line, &e)))
			out->skipped++;
		else if (kind == PERFMAP_KERNEL ? e.from != 0 : e.to > e.from)
			vec_push(&in, e);
	}
	n = in.n;
	keys = mem_array(n * 2 + 1, sizeof(*keys));
	for (size_t i = 0; i < n; i++)
		keys[i] = (struct keyed){ in.p[i].from, (uint32_t)i };
	radix_sort(keys, keys + n, n);
	if (kind == PERFMAP_KERNEL)
		end_each(&in, keys);
	sweep(&in, keys, &flat);
	out->n = (uint32_t)flat.n;
	out->p = arena_array(a, flat.n, sizeof(*out->p));
	if (flat.n)
		memcpy(out->p, flat.p, flat.n * sizeof(*flat.p));
	vec_free(&in);
	vec_free(&flat);
	mem_free(keys);
}

bool perfmap_find(const struct perfmap *m, uint64_t addr, struct sym_frame *out)
{
	uint32_t i = keyed_upto(m->p, m->n, sizeof(*m->p), addr);

	if (i == 0 || addr >= m->p[i - 1].to || m->p[i - 1].name.n == 0)
		return false;
	*out = (struct sym_frame){ .name = m->p[i - 1].name };
	return true;
}
