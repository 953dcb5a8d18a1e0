/* pageindex.c - page indexes and page headers; see meta.h */
#include "formats/parquet/meta.h"
#include "formats/parquet/thrift.h"

static int broken(struct err *e, const char *what)
{
	return err_set(e, ERR_CORRUPT, "parquet %s: broken", what);
}

static uint64_t get_u64(struct thrift_in *t, const struct thrift_field *f)
{
	int64_t v = thrift_int(t, f);

	t->bad |= v < 0;
	return v < 0 ? 0 : (uint64_t)v;
}

static uint32_t get_u32(struct thrift_in *t, const struct thrift_field *f)
{
	uint64_t v = get_u64(t, f);

	t->bad |= v > INT32_MAX;
	return (uint32_t)v;
}

/* ---- offset index ---- */

static void get_location(struct thrift_in *t, struct pq_page_at *p)
{
	for (struct thrift_field f = { 0 }; thrift_next(t, &f);)
		switch (f.id) {
		case 1: p->at = get_u64(t, &f); break;
		case 2: p->bytes = get_u32(t, &f); break;
		case 3: p->first_row = get_u64(t, &f); break;
		default: thrift_skip(t, &f);
		}
}

int offset_index_decode(struct arena *a, struct str in, struct pq_page_at **out, uint32_t *n, struct err *e)
{
	struct thrift_in t = thrift_in(in);

	*out = NULL;
	*n = 0;
	for (struct thrift_field f = { 0 }; thrift_next(&t, &f);) {
		if (f.id != 1) {
			thrift_skip(&t, &f);
			continue;
		}
		*n = thrift_list(&t, &f, THRIFT_STRUCT);
		*out = arena_zarray(a, *n, sizeof(**out));
		for (uint32_t i = 0; i < *n && !t.bad; i++)
			get_location(&t, &(*out)[i]);
	}
	return t.bad ? broken(e, "offset index") : 0;
}

void offset_index_encode(struct buf *out, const struct pq_page_at *p, uint32_t n)
{
	int16_t last = 0;

	thrift_put_list(out, &last, 1, THRIFT_STRUCT, n);
	for (uint32_t i = 0; i < n; i++) {
		int16_t inner = 0;

		thrift_put_i64(out, &inner, 1, (int64_t)p[i].at);
		thrift_put_i32(out, &inner, 2, (int32_t)p[i].bytes);
		thrift_put_i64(out, &inner, 3, (int64_t)p[i].first_row);
		thrift_put_stop(out);
	}
	thrift_put_stop(out);
}

/* ---- column index ---- */

struct column_index {
	struct arena *a;
	struct pq_page_bounds *p;
	uint32_t n;
	bool sized;
};

/* All lists are of one length; the first sets it. Without any value, min and max may be empty lists. */
static bool list_of(struct column_index *x, struct thrift_in *t, const struct thrift_field *f, enum thrift_type type)
{
	uint32_t n = thrift_list(t, f, type);

	if (!x->sized && !t->bad) {
		x->p = arena_zarray(x->a, n, sizeof(*x->p));
		x->n = n;
		x->sized = true;
	}
	t->bad |= n != x->n && n != 0;
	return !t->bad && n != 0;
}

static void get_column_index(struct thrift_in *t, const struct thrift_field *f, struct column_index *x)
{
	static const enum thrift_type types[] = { 0, THRIFT_TRUE, THRIFT_BINARY, THRIFT_BINARY, 0, THRIFT_I64 };

	if (f->id < 1 || f->id > 5 || f->id == 4) {
		thrift_skip(t, f);
		return;
	}
	if (!list_of(x, t, f, types[f->id]))
		return;
	for (uint32_t i = 0; i < x->n; i++)
		switch (f->id) {
		case 1: x->p[i].null = thrift_item_bool(t); break;
		case 2: x->p[i].min = thrift_item_binary(t); break;
		case 3: x->p[i].max = thrift_item_binary(t); break;
		default: x->p[i].nulls = (uint64_t)thrift_item_int(t);
		}
}

int column_index_decode(struct arena *a, struct str in, struct pq_page_bounds **out, uint32_t *n, struct err *e)
{
	struct thrift_in t = thrift_in(in);
	struct column_index x = { .a = a };

	for (struct thrift_field f = { 0 }; thrift_next(&t, &f);)
		get_column_index(&t, &f, &x);
	*out = x.p;
	*n = x.n;
	return t.bad ? broken(e, "column index") : 0;
}

void column_index_encode(struct buf *out, const struct pq_page_bounds *p, uint32_t n, int order)
{
	int16_t last = 0;

	thrift_put_list(out, &last, 1, THRIFT_FALSE, n);
	for (uint32_t i = 0; i < n; i++)
		buf_byte(out, p[i].null);
	thrift_put_list(out, &last, 2, THRIFT_BINARY, n);
	for (uint32_t i = 0; i < n; i++)
		thrift_put_item_binary(out, p[i].min);
	thrift_put_list(out, &last, 3, THRIFT_BINARY, n);
	for (uint32_t i = 0; i < n; i++)
		thrift_put_item_binary(out, p[i].max);
	thrift_put_i32(out, &last, 4, order);
	thrift_put_list(out, &last, 5, THRIFT_I64, n);
	for (uint32_t i = 0; i < n; i++)
		buf_varint(out, (int64_t)p[i].nulls);
	thrift_put_stop(out);
}

/* ---- page headers ---- */

static void get_v1(struct thrift_in *t, struct pq_page_header *h)
{
	for (struct thrift_field f = { 0 }; thrift_next(t, &f);)
		switch (f.id) {
		case 1: h->n_values = get_u32(t, &f); break;
		case 2: h->encoding = thrift_i32(t, &f); break;
		case 3: h->def_encoding = thrift_i32(t, &f); break;
		case 4: h->rep_encoding = thrift_i32(t, &f); break;
		default: thrift_skip(t, &f);
		}
}

static void get_v2(struct thrift_in *t, struct pq_page_header *h)
{
	for (struct thrift_field f = { 0 }; thrift_next(t, &f);)
		switch (f.id) {
		case 1: h->n_values = get_u32(t, &f); break;
		case 2: h->n_nulls = get_u32(t, &f); break;
		case 3: h->n_rows = get_u32(t, &f); break;
		case 4: h->encoding = thrift_i32(t, &f); break;
		case 5: h->def_bytes = get_u32(t, &f); break;
		case 6: h->rep_bytes = get_u32(t, &f); break;
		case 7: h->compressed = thrift_bool(t, &f); break;
		default: thrift_skip(t, &f);
		}
}

static void get_dict(struct thrift_in *t, struct pq_page_header *h)
{
	for (struct thrift_field f = { 0 }; thrift_next(t, &f);)
		switch (f.id) {
		case 1: h->n_values = get_u32(t, &f); break;
		case 2: h->encoding = thrift_i32(t, &f); break;
		default: thrift_skip(t, &f);
		}
}

static void get_inner(struct thrift_in *t, const struct thrift_field *f, struct pq_page_header *h,
    enum pq_page_type type, void (*get)(struct thrift_in *, struct pq_page_header *))
{
	if (h->type != type)
		thrift_skip(t, f);
	else if (thrift_struct(t, f))
		get(t, h);
}

int page_header_decode(struct str in, struct pq_page_header *out, size_t *used, struct err *e)
{
	struct thrift_in t = thrift_in(in);
	unsigned seen = 0;

	*out = (struct pq_page_header){ .type = PQ_INDEX, .compressed = true };
	for (struct thrift_field f = { 0 }; thrift_next(&t, &f);) {
		seen |= f.id > 0 && f.id < 9 ? 1u << f.id : 0;
		switch (f.id) {
		case 1: out->type = get_u32(&t, &f); break;
		case 2: out->raw_bytes = get_u32(&t, &f); break;
		case 3: out->bytes = get_u32(&t, &f); break;
		case 4:
			out->crc = (uint32_t)thrift_i32(&t, &f);
			out->has_crc = true;
			break;
		case 5: get_inner(&t, &f, out, PQ_DATA, get_v1); break;
		case 7: get_inner(&t, &f, out, PQ_DICT, get_dict); break;
		case 8: get_inner(&t, &f, out, PQ_DATA2, get_v2); break;
		default: thrift_skip(&t, &f);
		}
	}
	if (t.bad || (seen & 14) != 14)
		return broken(e, "page header");
	if ((out->type == PQ_DATA && !(seen & 1 << 5)) || (out->type == PQ_DICT && !(seen & 1 << 7)) ||
	    (out->type == PQ_DATA2 && !(seen & 1 << 8)))
		return broken(e, "page header");
	*used = (size_t)(t.p - (const uint8_t *)in.p);
	return 0;
}

void page_header_encode(struct buf *out, const struct pq_page_header *h)
{
	int16_t last = 0, inner = 0;

	thrift_put_i32(out, &last, 1, (int32_t)h->type);
	thrift_put_i32(out, &last, 2, (int32_t)h->raw_bytes);
	thrift_put_i32(out, &last, 3, (int32_t)h->bytes);
	if (h->has_crc)
		thrift_put_i32(out, &last, 4, (int32_t)h->crc);
	thrift_put_struct(out, &last, h->type == PQ_DICT ? 7 : 5);
	thrift_put_i32(out, &inner, 1, (int32_t)h->n_values);
	thrift_put_i32(out, &inner, 2, h->encoding);
	if (h->type == PQ_DATA) {
		thrift_put_i32(out, &inner, 3, h->def_encoding);
		thrift_put_i32(out, &inner, 4, h->rep_encoding);
	}
	thrift_put_stop(out);
	thrift_put_stop(out);
}
