/* page.c - see page.h */
#include "formats/parquet/page.h"

#include "base/hash.h"
#include "formats/parquet/codec.h"
#include "formats/parquet/rle.h"
#include "formats/parquet/schema.h"
#include "formats/parquet/values.h"

void pq_values_reset(struct pq_values *v)
{
	v->rows = v->entries = v->n = 0;
	v->row_at.n = v->def.n = v->ints.n = v->narrow.n = v->fixed.n = v->strs.n = 0;
	buf_fini(&v->text);
}

void pq_values_fini(struct pq_values *v)
{
	vec_free(&v->row_at);
	vec_free(&v->def);
	vec_free(&v->ints);
	vec_free(&v->narrow);
	vec_free(&v->fixed);
	vec_free(&v->strs);
	buf_fini(&v->text);
}

void pq_values_room(struct pq_values *v, size_t n)
{
	if (v->narrow.cap < n || v->narrow.cap / 2 > n)
		vec_free(&v->narrow);
	vec_reserve(&v->narrow, MAX(n, (size_t)1));
}

size_t pq_values_bytes(const struct pq_values *v)
{
	return v->row_at.cap * sizeof(*v->row_at.p) + v->def.cap + v->ints.cap * sizeof(*v->ints.p) +
	    v->narrow.cap * sizeof(*v->narrow.p) + v->fixed.cap + v->strs.cap * sizeof(*v->strs.p) + v->text.cap;
}

void pq_scratch_fini(struct pq_scratch *s)
{
	buf_fini(&s->raw);
	vec_free(&s->indices);
}

/* A page, taken apart. */
struct page {
	struct pq_page_header h;
	struct str rep, def, values;
};

static int get_header(struct str bytes, struct pq_page_header *h, struct str *body, struct err *e)
{
	size_t used;

	if (page_header_decode(bytes, h, &used, e) < 0)
		return -1;
	*body = str_skip(bytes, used);
	if (h->bytes > body->n)
		return err_set(e, ERR_CORRUPT, "page: cut short, %zu of %u bytes", body->n, h->bytes);
	body->n = h->bytes;
	if (h->raw_bytes > PQ_MAX_PAGE || h->n_values > PQ_MAX_ENTRIES)
		return err_set(e, ERR_LIMIT, "page: %u bytes and %u entries; at most %d and %d", h->raw_bytes,
		    h->n_values, PQ_MAX_PAGE, PQ_MAX_ENTRIES);
	if (h->has_crc && h->crc != 0 && crc32_ieee(0, *body) != h->crc)
		return err_set(e, ERR_CORRUPT, "page: checksum is wrong");
	return 0;
}

static int unpack(struct pq_scratch *s, int codec, struct str in, size_t raw, struct str *out, struct err *e)
{
	if (codec == PQ_NONE) {
		if (in.n != raw)
			return err_set(e, ERR_CORRUPT, "page: %zu bytes, and %zu uncompressed", in.n, raw);
		*out = in;
		return 0;
	}
	if (s->raw.max == 0)
		buf_init(&s->raw, PQ_MAX_PAGE);
	buf_reset(&s->raw);
	if (codec_decode(codec, in, raw, &s->raw, e) < 0)
		return -1;
	*out = buf_str(&s->raw);
	return 0;
}

static int take_levels(struct str *in, struct str *out, struct err *e)
{
	uint32_t n;

	if (in->n < 4)
		return err_set(e, ERR_CORRUPT, "page: cut short in the levels");
	memcpy(&n, in->p, 4);
	*in = str_skip(*in, 4);
	if (n > in->n)
		return err_set(e, ERR_CORRUPT, "page: %u bytes of levels in %zu", n, in->n);
	*out = str_of(in->p, n);
	*in = str_skip(*in, n);
	return 0;
}

static int open_v1(struct pq_scratch *s, struct page *p, struct str body, const struct pq_leaf *leaf, int codec,
    struct err *e)
{
	if ((leaf->max_rep && p->h.rep_encoding != PQ_RLE) || (leaf->max_def && p->h.def_encoding != PQ_RLE))
		return err_set(e, ERR_UNSUPPORTED, "page: levels in encoding %d", p->h.def_encoding);
	if (unpack(s, codec, body, p->h.raw_bytes, &p->values, e) < 0)
		return -1;
	if (leaf->max_rep && take_levels(&p->values, &p->rep, e) < 0)
		return -1;
	return leaf->max_def ? take_levels(&p->values, &p->def, e) : 0;
}

static int open_v2(struct pq_scratch *s, struct page *p, struct str body, int codec, struct err *e)
{
	uint64_t levels = (uint64_t)p->h.rep_bytes + p->h.def_bytes;

	if (levels > body.n || levels > p->h.raw_bytes)
		return err_set(e, ERR_CORRUPT, "page: %llu bytes of levels in %zu", (unsigned long long)levels, body.n);
	p->rep = str_of(body.p, p->h.rep_bytes);
	p->def = str_of(body.p + p->h.rep_bytes, p->h.def_bytes);
	return unpack(s, p->h.compressed ? codec : PQ_NONE, str_skip(body, (size_t)levels),
	    p->h.raw_bytes - (size_t)levels, &p->values, e);
}

static int page_open(struct pq_scratch *s, struct str bytes, const struct pq_leaf *leaf, int codec, struct page *p,
    struct err *e)
{
	struct str body;

	*p = (struct page){ 0 };
	if (get_header(bytes, &p->h, &body, e) < 0)
		return -1;
	switch (p->h.type) {
	case PQ_DATA: return open_v1(s, p, body, leaf, codec, e);
	case PQ_DATA2: return open_v2(s, p, body, codec, e);
	case PQ_DICT: return unpack(s, codec, body, p->h.raw_bytes, &p->values, e);
	default: return err_set(e, ERR_UNSUPPORTED, "page type %d", (int)p->h.type);
	}
}

/* Rows from the repetition levels. */
static int get_rows(const struct page *p, const struct pq_leaf *leaf, uint32_t rows, struct pq_values *out,
    struct err *e)
{
	unsigned width = schema_level_width(leaf->max_rep);
	size_t n;

	out->entries = p->h.n_values;
	if (leaf->max_rep == 0) {
		out->rows = out->entries;
		return 0;
	}
	if (rows == UINT32_MAX && p->h.type == PQ_DATA2)
		rows = p->h.n_rows;
	if (rows == UINT32_MAX || rows > out->entries) {
		if (rle_count_zeros(p->rep, width, out->entries, &n, e) < 0)
			return -1;
		rows = (uint32_t)n;
	}
	vec_reserve(&out->row_at, (size_t)rows + 1);
	if (rle_zeros(p->rep, width, out->entries, out->row_at.p, rows, &n, e) < 0)
		return -1;
	if (n && out->row_at.p[0] != 0)
		return err_set(e, ERR_CORRUPT, "page: does not begin with a row");
	out->row_at.p[n] = out->entries;
	out->row_at.n = n + 1;
	out->rows = (uint32_t)n;
	return n == 0 && out->entries ? err_set(e, ERR_CORRUPT, "page: entries without a row") : 0;
}

/* Which entries are values. */
static int get_nulls(const struct page *p, const struct pq_leaf *leaf, struct pq_values *out, struct err *e)
{
	unsigned width = schema_level_width(leaf->max_def);
	size_t nulls = 0;
	bool all = true;

	out->n = out->entries;
	if (leaf->max_def == 0)
		return 0;
	if (rle_all(p->def, width, out->entries, leaf->max_def, &all, e) < 0)
		return -1;
	if (all)
		return 0;
	vec_reserve(&out->def, out->entries);
	if (rle_decode8(p->def, width, out->entries, out->def.p, e) < 0)
		return -1;
	out->def.n = out->entries;
	for (size_t i = 0; i < out->entries; i++) {
		if (out->def.p[i] > leaf->max_def)
			return err_set(e, ERR_CORRUPT, "page: definition level %u of at most %u", out->def.p[i],
			    leaf->max_def);
		nulls += out->def.p[i] != leaf->max_def;
	}
	out->n = out->entries - (uint32_t)nulls;
	return 0;
}

int page_decode(struct pq_scratch *s, struct str bytes, const struct pq_leaf *leaf, int codec,
    const struct pq_values *dictionary, uint32_t rows, struct pq_values *out, struct err *e)
{
	struct page p;

	pq_values_reset(out);
	if (page_open(s, bytes, leaf, codec, &p, e) < 0)
		return -1;
	if (p.h.type == PQ_DICT && rows != UINT32_MAX)
		return err_set(e, ERR_CORRUPT, "page: a dictionary where %u rows should be", rows);
	if (p.h.type == PQ_DICT) {
		out->entries = out->n = out->rows = p.h.n_values;
		if (values_decode(s, p.values, PQ_PLAIN, leaf, NULL, out, e) < 0)
			return -1;
		values_narrow(out);
		return 0;
	}
	if (get_rows(&p, leaf, rows, out, e) < 0 || get_nulls(&p, leaf, out, e) < 0)
		return -1;
	if (rows != UINT32_MAX && out->rows != rows)
		return err_set(e, ERR_CORRUPT, "page: %u rows where the index says %u", out->rows, rows);
	return values_decode(s, p.values, p.h.encoding, leaf, dictionary, out, e);
}

int page_rows(struct pq_scratch *s, struct str bytes, const struct pq_leaf *leaf, int codec, uint32_t *rows,
    struct err *e)
{
	struct page p;
	size_t n;

	if (page_open(s, bytes, leaf, codec, &p, e) < 0)
		return -1;
	*rows = 0;
	if (p.h.type == PQ_DICT)
		return 0;
	*rows = p.h.type == PQ_DATA2 ? p.h.n_rows : p.h.n_values;
	if (p.h.type == PQ_DATA2 || leaf->max_rep == 0)
		return 0;
	if (rle_count_zeros(p.rep, schema_level_width(leaf->max_rep), p.h.n_values, &n, e) < 0)
		return -1;
	*rows = (uint32_t)n;
	return 0;
}
