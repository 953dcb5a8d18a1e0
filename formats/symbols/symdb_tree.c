/*
 * symdb_tree.c - stack trees in group varint.
 *
 * Two nodes a group: a control byte, whose bits 2k and 2k + 1 are the length
 * of value k minus 1, then four little endian values of 1 to 4 bytes: zigzag
 * of the parent's distance to the parent before, location, and both again.
 * The root has parent -1.
 */
#include "formats/symbols/symdb_impl.h"

enum { GROUP_MIN = 5, GROUP_MAX = 17 };

static uint32_t zigzag(uint32_t v)
{
	return v << 1 ^ (0 - (v >> 31));
}

static uint32_t unzigzag(uint32_t v)
{
	return v >> 1 ^ (0 - (v & 1));
}

static unsigned put_value(unsigned char *at, uint32_t v, unsigned *bits)
{
	unsigned n = v < 1u << 8 ? 1 : v < 1u << 16 ? 2 : v < 1u << 24 ? 3 : 4;

	for (unsigned i = 0; i < n; i++)
		at[i] = (unsigned char)(v >> 8 * i);
	*bits = n - 1;
	return n;
}

void symdb_encode_nodes(struct buf *out, const struct sym_node *nodes, uint32_t n)
{
	uint32_t last = 0;

	for (uint32_t i = 0; i < n; i += 2) {
		unsigned char group[GROUP_MAX] = { 0 };
		uint32_t values[4] = { 0 };
		unsigned size = 1, bits;

		for (uint32_t k = 0; k < 2 && i + k < n; k++) {
			uint32_t parent = i + k ? nodes[i + k].parent : UINT32_MAX;

			values[2 * k] = zigzag(parent - last);
			values[2 * k + 1] = i + k ? nodes[i + k].location : 0;
			last = parent;
		}
		for (unsigned k = 0; k < 4; k++) {
			size += put_value(group + size, values[k], &bits);
			group[0] |= (unsigned char)(bits << 2 * k);
		}
		buf_add(out, str_of(group, size));
	}
}

/* Reads 4 bytes wherever the value is short: `at` has GROUP_MAX bytes. */
static uint32_t get_value(const unsigned char **at, unsigned bits)
{
	const unsigned char *p = *at;
	uint32_t v = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;

	*at += bits + 1;
	return v & UINT32_MAX >> (24 - 8 * bits);
}

static const unsigned char *get_group(const unsigned char *p, uint32_t values[static 4])
{
	unsigned control = *p++;

	values[0] = get_value(&p, control & 3);
	values[1] = get_value(&p, control >> 2 & 3);
	values[2] = get_value(&p, control >> 4 & 3);
	values[3] = get_value(&p, control >> 6);
	return p;
}

static unsigned group_size(unsigned control)
{
	return GROUP_MIN + (control & 3) + (control >> 2 & 3) + (control >> 4 & 3) + (control >> 6);
}

/* Local node i of a chunk whose node 1 is number `base` of the symbols. */
static int take_node(struct symbols *s, uint32_t base, uint32_t i, uint32_t parent, uint32_t location, struct err *e)
{
	if (i == 0 && parent != UINT32_MAX)
		return err_set(e, ERR_CORRUPT, "stack tree: the root has a parent");
	if (i > 0 && parent >= i)
		return err_set(e, ERR_CORRUPT, "stack tree: node %u has parent %u", i, parent);
	if (i > 0)
		s->nodes.p[s->nodes.n++] = (struct sym_node){
			parent ? base + parent - 1 : 0,
			location,
		};
	return 0;
}

int symdb_decode_nodes(struct symbols *s, struct str bytes, uint32_t n, struct err *e)
{
	const unsigned char *p = (const unsigned char *)bytes.p, *end = p + bytes.n;
	uint32_t base = (uint32_t)s->nodes.n, last = 0, values[4];

	if ((uint64_t)n > bytes.n / GROUP_MIN * 2)
		return err_set(e, ERR_CORRUPT, "stack tree: %u nodes in %zu bytes", n, bytes.n);
	if (s->nodes.n + (uint64_t)n > UINT32_MAX - 1)
		return err_set(e, ERR_CORRUPT, "stack tree: more than %u nodes", UINT32_MAX - 1);
	vec_reserve(&s->nodes, n);
	for (uint32_t i = 0; i < n; i += 2) {
		unsigned char copy[GROUP_MAX] = { 0 };

		if (end - p >= GROUP_MAX) {
			p = get_group(p, values);
		} else {
			if (p == end || end - p < group_size(*p))
				return err_set(e, ERR_CORRUPT, "stack tree: ends at node %u of %u", i, n);
			memcpy(copy, p, (size_t)(end - p));
			get_group(copy, values);
			p += group_size(*p);
		}
		for (uint32_t k = 0; k < 2 && i + k < n; k++) {
			last += unzigzag(values[2 * k]);
			if (take_node(s, base, i + k, last, values[2 * k + 1], e) < 0)
				return -1;
		}
	}
	return p == end ? 0 : err_set(e, ERR_CORRUPT, "stack tree: bytes after node %u", n);
}
