/* meta.c - the footer; see meta.h */
#include "formats/parquet/meta.h"

#include "formats/parquet/thrift.h"

/* ---- reading ---- */

static uint64_t get_u64(struct thrift_in *t, const struct thrift_field *f)
{
	int64_t v = thrift_int(t, f);

	if (v < 0)
		t->bad = true;
	return v < 0 ? 0 : (uint64_t)v;
}

static uint32_t get_u32(struct thrift_in *t, const struct thrift_field *f)
{
	uint64_t v = get_u64(t, f);

	if (v > INT32_MAX)
		t->bad = true;
	return (uint32_t)v;
}

static enum pq_logical of_converted(int64_t type)
{
	switch (type) {
	case 0: return PQ_STRING;
	case 1: return PQ_MAP;
	case 3: return PQ_LIST;
	case 9: return PQ_TIMESTAMP_MS;
	case 10: return PQ_TIMESTAMP_US;
	case 13: return PQ_U32;
	case 14: return PQ_U64;
	case 18: return PQ_I64;
	}
	return PQ_PLAIN_TYPE;
}

static enum pq_logical get_integer(struct thrift_in *t)
{
	int64_t bits = 0;
	bool has_sign = true;

	for (struct thrift_field f = { 0 }; thrift_next(t, &f);)
		if (f.id == 1)
			bits = thrift_int(t, &f);
		else if (f.id == 2)
			has_sign = thrift_bool(t, &f);
		else
			thrift_skip(t, &f);
	if (bits == 64)
		return has_sign ? PQ_I64 : PQ_U64;
	return bits == 32 && !has_sign ? PQ_U32 : PQ_PLAIN_TYPE;
}

/* Of a timestamp: the unit is a union of empty structs. */
static enum pq_logical get_timestamp(struct thrift_in *t)
{
	enum pq_logical is = PQ_TIMESTAMP_NS;

	for (struct thrift_field f = { 0 }; thrift_next(t, &f);) {
		if (f.id != 2 || !thrift_struct(t, &f)) {
			thrift_skip(t, &f);
			continue;
		}
		for (struct thrift_field unit = { 0 }; thrift_next(t, &unit); thrift_skip(t, &unit))
			is = unit.id == 1 ? PQ_TIMESTAMP_MS : unit.id == 2 ? PQ_TIMESTAMP_US : PQ_TIMESTAMP_NS;
	}
	return is;
}

static enum pq_logical get_logical(struct thrift_in *t)
{
	enum pq_logical is = PQ_PLAIN_TYPE;

	for (struct thrift_field f = { 0 }; thrift_next(t, &f);) {
		if ((f.id == 8 || f.id == 10) && thrift_struct(t, &f)) {
			is = f.id == 8 ? get_timestamp(t) : get_integer(t);
			continue;
		}
		is = f.id == 1   ? PQ_STRING
		    : f.id == 2  ? PQ_MAP
		    : f.id == 3  ? PQ_LIST
		    : f.id == 14 ? PQ_UUID
				 : PQ_PLAIN_TYPE;
		thrift_skip(t, &f);
	}
	return is;
}

static void get_node(struct thrift_in *t, struct pq_node *n)
{
	n->type = PQ_GROUP;
	for (struct thrift_field f = { 0 }; thrift_next(t, &f);)
		switch (f.id) {
		case 1: n->type = get_u32(t, &f); break;
		case 2: n->length = get_u32(t, &f); break;
		case 3: n->repetition = get_u32(t, &f); break;
		case 4: n->name = thrift_binary(t, &f); break;
		case 5: n->n_children = get_u32(t, &f); break;
		case 6: n->logical = of_converted(thrift_int(t, &f)); break;
		case 10:
			if (thrift_struct(t, &f))
				n->logical = get_logical(t);
			break;
		default: thrift_skip(t, &f);
		}
	if (n->type > PQ_GROUP || n->repetition > PQ_REPEATED)
		t->bad = true;
}

static void get_path(struct arena *a, struct thrift_in *t, const struct thrift_field *f, struct pq_chunk *c)
{
	c->n_path = thrift_list(t, f, THRIFT_BINARY);
	c->path = arena_array(a, c->n_path, sizeof(*c->path));
	for (uint32_t i = 0; i < c->n_path; i++)
		c->path[i] = thrift_item_binary(t);
}

static uint32_t get_encodings(struct thrift_in *t, const struct thrift_field *f)
{
	uint32_t bits = 0;

	for (uint32_t n = thrift_list(t, f, THRIFT_I32); n; n--) {
		int64_t v = thrift_item_int(t);

		if (v >= 0 && v < 32)
			bits |= 1u << v;
	}
	return bits;
}

static void get_column(struct arena *a, struct thrift_in *t, struct pq_chunk *c)
{
	for (struct thrift_field f = { 0 }; thrift_next(t, &f);)
		switch (f.id) {
		case 1: c->type = get_u32(t, &f); break;
		case 2: c->encodings = get_encodings(t, &f); break;
		case 3: get_path(a, t, &f, c); break;
		case 4: c->codec = thrift_i32(t, &f); break;
		case 5: c->n_values = get_u64(t, &f); break;
		case 6: c->raw_bytes = get_u64(t, &f); break;
		case 7: c->bytes = get_u64(t, &f); break;
		case 9: c->data_at = get_u64(t, &f); break;
		case 11: c->dictionary_at = get_u64(t, &f); break;
		default: thrift_skip(t, &f);
		}
}

static void get_chunk(struct arena *a, struct thrift_in *t, struct pq_chunk *c)
{
	bool has_meta = false;

	for (struct thrift_field f = { 0 }; thrift_next(t, &f);)
		switch (f.id) {
		case 3:
			has_meta = thrift_struct(t, &f);
			if (has_meta)
				get_column(a, t, c);
			break;
		case 4: c->offset_index_at = get_u64(t, &f); break;
		case 5: c->offset_index_bytes = get_u32(t, &f); break;
		case 6: c->column_index_at = get_u64(t, &f); break;
		case 7: c->column_index_bytes = get_u32(t, &f); break;
		default: thrift_skip(t, &f);
		}
	if (!has_meta)
		t->bad = true;
}

static void get_group(struct arena *a, struct thrift_in *t, struct pq_group *g)
{
	for (struct thrift_field f = { 0 }; thrift_next(t, &f);)
		switch (f.id) {
		case 1:
			g->n_chunks = thrift_list(t, &f, THRIFT_STRUCT);
			g->chunks = arena_zarray(a, g->n_chunks, sizeof(*g->chunks));
			for (uint32_t i = 0; i < g->n_chunks && !t->bad; i++)
				get_chunk(a, t, &g->chunks[i]);
			break;
		case 2: g->raw_bytes = get_u64(t, &f); break;
		case 3: g->rows = get_u64(t, &f); break;
		case 5: g->at = get_u64(t, &f); break;
		case 6: g->bytes = get_u64(t, &f); break;
		case 7: g->ordinal = get_u32(t, &f); break;
		default: thrift_skip(t, &f);
		}
}

static void get_pair(struct thrift_in *t, struct pq_pair *p)
{
	for (struct thrift_field f = { 0 }; thrift_next(t, &f);)
		switch (f.id) {
		case 1: p->key = thrift_binary(t, &f); break;
		case 2: p->value = thrift_binary(t, &f); break;
		default: thrift_skip(t, &f);
		}
}

int meta_decode(struct arena *a, struct str footer, struct pq_meta *out, struct err *e)
{
	struct thrift_in t = thrift_in(footer);

	*out = (struct pq_meta){ .created_by = STR("") };
	for (struct thrift_field f = { 0 }; thrift_next(&t, &f);)
		switch (f.id) {
		case 2:
			out->n_nodes = thrift_list(&t, &f, THRIFT_STRUCT);
			out->nodes = arena_zarray(a, out->n_nodes, sizeof(*out->nodes));
			for (uint32_t i = 0; i < out->n_nodes && !t.bad; i++)
				get_node(&t, &out->nodes[i]);
			break;
		case 3: out->rows = get_u64(&t, &f); break;
		case 4:
			out->n_groups = thrift_list(&t, &f, THRIFT_STRUCT);
			out->groups = arena_zarray(a, out->n_groups, sizeof(*out->groups));
			for (uint32_t i = 0; i < out->n_groups && !t.bad; i++)
				get_group(a, &t, &out->groups[i]);
			break;
		case 5:
			out->n_pairs = thrift_list(&t, &f, THRIFT_STRUCT);
			out->pairs = arena_zarray(a, out->n_pairs, sizeof(*out->pairs));
			for (uint32_t i = 0; i < out->n_pairs && !t.bad; i++)
				get_pair(&t, &out->pairs[i]);
			break;
		case 6: out->created_by = thrift_binary(&t, &f); break;
		default: thrift_skip(&t, &f);
		}
	if (t.bad || out->n_nodes == 0)
		return err_set(e, ERR_CORRUPT, "parquet footer: broken");
	return 0;
}

/* ---- writing ---- */

/* A union of one empty struct. */
static void put_empty_union(struct buf *b, int16_t id)
{
	int16_t last = 0;

	thrift_put_struct(b, &last, id);
	thrift_put_stop(b);
	thrift_put_stop(b);
}

static void put_integer(struct buf *b, int bits, bool has_sign)
{
	int16_t last = 0, inner = 0;

	thrift_put_struct(b, &last, 10);
	thrift_put_int(b, &inner, 1, THRIFT_I8, bits);
	thrift_put_bool(b, &inner, 2, has_sign);
	thrift_put_stop(b);
	thrift_put_stop(b);
}

static void put_timestamp(struct buf *b, enum pq_logical is)
{
	int16_t last = 0, inner = 0;

	thrift_put_struct(b, &last, 8);
	thrift_put_bool(b, &inner, 1, true);
	thrift_put_struct(b, &inner, 2);
	put_empty_union(b, is == PQ_TIMESTAMP_MS ? 1 : is == PQ_TIMESTAMP_US ? 2 : 3);
	thrift_put_stop(b);
	thrift_put_stop(b);
}

static void put_logical(struct buf *b, int16_t *last, enum pq_logical is)
{
	static const int8_t converted[] = { [PQ_PLAIN_TYPE] = -1,
		[PQ_U32] = 13,
		[PQ_U64] = 14,
		[PQ_I64] = 18,
		[PQ_UUID] = -1,
		[PQ_TIMESTAMP_NS] = -1,
		[PQ_TIMESTAMP_US] = -1,
		[PQ_TIMESTAMP_MS] = -1,
		[PQ_STRING] = 0,
		[PQ_LIST] = 3,
		[PQ_MAP] = 1 };

	if (is == PQ_PLAIN_TYPE)
		return;
	if (converted[is] >= 0)
		thrift_put_i32(b, last, 6, converted[is]);
	thrift_put_struct(b, last, 10);
	switch (is) {
	case PQ_U32: put_integer(b, 32, false); break;
	case PQ_U64: put_integer(b, 64, false); break;
	case PQ_I64: put_integer(b, 64, true); break;
	case PQ_UUID: put_empty_union(b, 14); break;
	case PQ_TIMESTAMP_NS:
	case PQ_TIMESTAMP_US:
	case PQ_TIMESTAMP_MS: put_timestamp(b, is); break;
	case PQ_STRING: put_empty_union(b, 1); break;
	case PQ_MAP: put_empty_union(b, 2); break;
	default: put_empty_union(b, 3);
	}
}

static void put_node(struct buf *b, const struct pq_node *n, bool root)
{
	int16_t last = 0;

	if (n->type != PQ_GROUP)
		thrift_put_i32(b, &last, 1, (int32_t)n->type);
	if (n->type == PQ_FIXED)
		thrift_put_i32(b, &last, 2, (int32_t)n->length);
	if (!root)
		thrift_put_i32(b, &last, 3, (int32_t)n->repetition);
	thrift_put_binary(b, &last, 4, n->name);
	if (n->type == PQ_GROUP)
		thrift_put_i32(b, &last, 5, (int32_t)n->n_children);
	put_logical(b, &last, n->logical);
	thrift_put_stop(b);
}

static void put_encodings(struct buf *b, int16_t *last, uint32_t bits)
{
	thrift_put_list(b, last, 2, THRIFT_I32, (uint32_t)__builtin_popcount(bits));
	for (; bits; bits &= bits - 1)
		buf_varint(b, __builtin_ctz(bits));
}

static void put_column(struct buf *b, const struct pq_chunk *c)
{
	int16_t last = 0;

	thrift_put_i32(b, &last, 1, (int32_t)c->type);
	put_encodings(b, &last, c->encodings);
	thrift_put_list(b, &last, 3, THRIFT_BINARY, c->n_path);
	for (uint32_t i = 0; i < c->n_path; i++)
		thrift_put_item_binary(b, c->path[i]);
	thrift_put_i32(b, &last, 4, c->codec);
	thrift_put_i64(b, &last, 5, (int64_t)c->n_values);
	thrift_put_i64(b, &last, 6, (int64_t)c->raw_bytes);
	thrift_put_i64(b, &last, 7, (int64_t)c->bytes);
	thrift_put_i64(b, &last, 9, (int64_t)c->data_at);
	if (c->dictionary_at)
		thrift_put_i64(b, &last, 11, (int64_t)c->dictionary_at);
	thrift_put_stop(b);
}

static void put_chunk(struct buf *b, const struct pq_chunk *c)
{
	int16_t last = 0;

	thrift_put_i64(b, &last, 2, 0);
	thrift_put_struct(b, &last, 3);
	put_column(b, c);
	thrift_put_i64(b, &last, 4, (int64_t)c->offset_index_at);
	thrift_put_i32(b, &last, 5, (int32_t)c->offset_index_bytes);
	if (c->column_index_bytes) {
		thrift_put_i64(b, &last, 6, (int64_t)c->column_index_at);
		thrift_put_i32(b, &last, 7, (int32_t)c->column_index_bytes);
	}
	thrift_put_stop(b);
}

static void put_group(struct buf *b, const struct pq_group *g, uint32_t ordinal)
{
	int16_t last = 0;

	thrift_put_list(b, &last, 1, THRIFT_STRUCT, g->n_chunks);
	for (uint32_t i = 0; i < g->n_chunks; i++)
		put_chunk(b, &g->chunks[i]);
	thrift_put_i64(b, &last, 2, (int64_t)g->raw_bytes);
	thrift_put_i64(b, &last, 3, (int64_t)g->rows);
	thrift_put_i64(b, &last, 5, (int64_t)g->at);
	thrift_put_i64(b, &last, 6, (int64_t)g->bytes);
	thrift_put_int(b, &last, 7, THRIFT_I16, ordinal);
	thrift_put_stop(b);
}

static void put_pair(struct buf *b, const struct pq_pair *p)
{
	int16_t last = 0;

	thrift_put_binary(b, &last, 1, p->key);
	thrift_put_binary(b, &last, 2, p->value);
	thrift_put_stop(b);
}

static uint32_t count_leaves(const struct pq_meta *m)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->n_nodes; i++)
		n += m->nodes[i].type != PQ_GROUP;
	return n;
}

void meta_encode(struct buf *out, const struct pq_meta *m)
{
	int16_t last = 0;
	uint32_t leaves = count_leaves(m);

	thrift_put_i32(out, &last, 1, 2);
	thrift_put_list(out, &last, 2, THRIFT_STRUCT, m->n_nodes);
	for (uint32_t i = 0; i < m->n_nodes; i++)
		put_node(out, &m->nodes[i], i == 0);
	thrift_put_i64(out, &last, 3, (int64_t)m->rows);
	thrift_put_list(out, &last, 4, THRIFT_STRUCT, m->n_groups);
	for (uint32_t i = 0; i < m->n_groups; i++)
		put_group(out, &m->groups[i], i);
	if (m->n_pairs)
		thrift_put_list(out, &last, 5, THRIFT_STRUCT, m->n_pairs);
	for (uint32_t i = 0; i < m->n_pairs; i++)
		put_pair(out, &m->pairs[i]);
	thrift_put_binary(out, &last, 6, m->created_by);
	thrift_put_list(out, &last, 7, THRIFT_STRUCT, leaves);
	for (uint32_t i = 0; i < leaves; i++)
		put_empty_union(out, 1); /* order of the type itself */
	thrift_put_stop(out);
}
