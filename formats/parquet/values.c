/* values.c - see values.h */
#include "formats/parquet/values.h"

#include "base/arith.h"
#include "formats/parquet/dbp.h"
#include "formats/parquet/rle.h"

static int short_of(struct err *e, size_t have, size_t need)
{
	return err_set(e, ERR_CORRUPT, "values: %zu bytes where %zu are needed", have, need);
}

static bool is_unsigned(const struct pq_leaf *leaf)
{
	return leaf->logical == PQ_U32 || leaf->logical == PQ_U64;
}

static void widen(int64_t *to, const char *from, size_t n, bool is_u32)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t v;

		memcpy(&v, from + i * sizeof(v), sizeof(v));
		to[i] = is_u32 ? (int64_t)v : (int32_t)v;
	}
}

static int plain_ints(struct str in, const struct pq_leaf *leaf, struct pq_values *out, struct err *e)
{
	size_t n = out->n, need = leaf->type == PQ_BOOLEAN ? (n + 7) / 8 : n * (leaf->type == PQ_INT32 ? 4 : 8);

	if (in.n < need)
		return short_of(e, in.n, need);
	vec_reserve(&out->ints, n);
	if (leaf->type == PQ_INT64 && n)
		memcpy(out->ints.p, in.p, n * 8);
	else if (leaf->type == PQ_INT32)
		widen(out->ints.p, in.p, n, is_unsigned(leaf));
	else if (leaf->type == PQ_BOOLEAN)
		for (size_t i = 0; i < n; i++)
			out->ints.p[i] = (uint8_t)in.p[i / 8] >> (i % 8) & 1;
	out->ints.n = n;
	return 0;
}

static int delta_ints(struct pq_scratch *s, struct str in, const struct pq_leaf *leaf, struct pq_values *out,
    struct err *e)
{
	size_t got, used;
	int rc;

	vec_reserve(&out->ints, out->n);
	if (leaf->type == PQ_INT64) {
		rc = dbp_decode64(in, out->n, out->ints.p, &got, &used, e);
	} else {
		s->indices.n = 0;
		vec_reserve(&s->indices, out->n);
		rc = dbp_decode32(in, out->n, s->indices.p, &got, &used, e);
		if (rc == 0 && got)
			widen(out->ints.p, (const char *)s->indices.p, got, is_unsigned(leaf));
	}
	if (rc == 0 && got != out->n)
		rc = err_set(e, ERR_CORRUPT, "values: %zu where %u are due", got, out->n);
	out->ints.n = out->n;
	return rc;
}

static int rle_booleans(struct str in, struct pq_values *out, struct err *e)
{
	uint8_t *bits;
	int rc;

	if (in.n < 4)
		return short_of(e, in.n, 4);
	bits = mem_array(out->n, 1);
	rc = rle_decode8(str_skip(in, 4), 1, out->n, bits, e);
	vec_reserve(&out->ints, out->n);
	for (size_t i = 0; rc == 0 && i < out->n; i++)
		out->ints.p[i] = bits[i];
	out->ints.n = out->n;
	mem_free(bits);
	return rc;
}

static int plain_fixed(struct str in, const struct pq_leaf *leaf, struct pq_values *out, struct err *e)
{
	size_t need = (size_t)out->n * leaf->length;

	if (in.n < need)
		return short_of(e, in.n, need);
	vec_reserve(&out->fixed, need);
	if (need)
		memcpy(out->fixed.p, in.p, need);
	out->fixed.n = need;
	return 0;
}

/* The text is reserved in one piece first, so that slices of it stay where they are. */
static int text_room(struct pq_values *out, size_t n, struct err *e)
{
	buf_init(&out->text, PQ_MAX_PAGE);
	buf_room(&out->text, n);
	return buf_check(&out->text, "page", e);
}

static int plain_strs(struct str in, struct pq_values *out, struct err *e)
{
	if (in.n / 4 < out->n)
		return short_of(e, in.n, (size_t)out->n * 4);
	if (text_room(out, in.n, e) < 0)
		return -1;
	vec_reserve(&out->strs, out->n);
	for (uint32_t i = 0; i < out->n; i++) {
		uint32_t n;

		if (in.n < 4)
			return short_of(e, in.n, 4);
		memcpy(&n, in.p, 4);
		in = str_skip(in, 4);
		if (in.n < n)
			return short_of(e, in.n, n);
		out->strs.p[out->strs.n++] = str_of(out->text.p + out->text.n, n);
		buf_add(&out->text, str_of(in.p, n));
		in = str_skip(in, n);
	}
	return 0;
}

/* A stream of lengths; their sum must not pass PQ_MAX_PAGE. */
static int lengths(struct str *in, uint32_t *to, size_t n, size_t *sum, struct err *e)
{
	size_t got, used;

	*sum = 0;
	if (dbp_decode32(*in, n, to, &got, &used, e) < 0)
		return -1;
	if (got != n)
		return err_set(e, ERR_CORRUPT, "values: %zu lengths where %zu are due", got, n);
	for (size_t i = 0; i < n; i++) {
		if (to[i] > PQ_MAX_PAGE || (*sum += to[i]) > PQ_MAX_PAGE)
			return err_set(e, ERR_CORRUPT, "values: a length of %u bytes", to[i]);
	}
	*in = str_skip(*in, used);
	return 0;
}

static int delta_length_strs(struct pq_scratch *s, struct str in, struct pq_values *out, struct err *e)
{
	size_t sum;

	s->indices.n = 0;
	vec_reserve(&s->indices, out->n);
	if (lengths(&in, s->indices.p, out->n, &sum, e) < 0)
		return -1;
	if (in.n < sum)
		return short_of(e, in.n, sum);
	if (text_room(out, sum, e) < 0)
		return -1;
	buf_add(&out->text, str_of(in.p, sum));
	vec_reserve(&out->strs, out->n);
	for (size_t i = 0, at = 0; i < out->n; at += s->indices.p[i++])
		out->strs.p[i] = str_of(out->text.p + at, s->indices.p[i]);
	out->strs.n = out->n;
	return 0;
}

/* Prefix shared with the value before, then the rest. */
static int join(const uint32_t *prefix, const uint32_t *suffix, struct str in, struct pq_values *out, struct err *e)
{
	struct str last = STR("");

	for (size_t i = 0; i < out->n; i++) {
		char *at = out->text.p + out->text.n;

		if (prefix[i] > last.n)
			return err_set(e, ERR_CORRUPT, "values: a prefix of %u bytes of a value of %zu", prefix[i],
			    last.n);
		buf_add(&out->text, str_of(last.p, prefix[i]));
		buf_add(&out->text, str_of(in.p, suffix[i]));
		in = str_skip(in, suffix[i]);
		last = str_of(at, (size_t)prefix[i] + suffix[i]);
		out->strs.p[out->strs.n++] = last;
	}
	return 0;
}

static int delta_strs(struct pq_scratch *s, struct str in, struct pq_values *out, struct err *e)
{
	size_t n = out->n, shared, rest;
	uint32_t *prefix, *suffix;

	s->indices.n = 0;
	vec_reserve(&s->indices, 2 * n);
	prefix = s->indices.p;
	suffix = prefix + n;
	if (lengths(&in, prefix, n, &shared, e) < 0 || lengths(&in, suffix, n, &rest, e) < 0)
		return -1;
	if (in.n < rest)
		return short_of(e, in.n, rest);
	if (text_room(out, shared + rest, e) < 0)
		return -1;
	vec_reserve(&out->strs, n);
	return join(prefix, suffix, in, out, e);
}

static int delta_fixed(struct pq_scratch *s, struct str in, const struct pq_leaf *leaf, struct pq_values *out,
    struct err *e)
{
	if (delta_strs(s, in, out, e) < 0)
		return -1;
	vec_reserve(&out->fixed, (size_t)out->n * leaf->length);
	for (size_t i = 0; i < out->strs.n; i++) {
		if (out->strs.p[i].n != leaf->length)
			return err_set(e, ERR_CORRUPT, "values: %zu bytes in a column of %u", out->strs.p[i].n,
			    leaf->length);
		memcpy(out->fixed.p + i * leaf->length, out->strs.p[i].p, leaf->length);
	}
	out->fixed.n = (size_t)out->n * leaf->length;
	out->strs.n = 0;
	return 0;
}

static void pick_strs(const uint32_t *at, size_t n, const struct str *from, struct pq_values *out)
{
	vec_reserve(&out->strs, n);
	for (size_t i = 0; i < n; i++)
		out->strs.p[i] = from[at[i]];
	out->strs.n = n;
}

static void pick(const uint32_t *at, const struct pq_leaf *leaf, const struct pq_values *dict, struct pq_values *out)
{
	size_t n = out->n;

	if (leaf->type == PQ_BYTES) {
		pick_strs(at, n, dict->strs.p, out);
		return;
	}
	if (leaf->type == PQ_FIXED) {
		vec_reserve(&out->fixed, n * leaf->length);
		for (size_t i = 0; i < n; i++)
			memcpy(out->fixed.p + i * leaf->length, dict->fixed.p + (size_t)at[i] * leaf->length,
			    leaf->length);
		out->fixed.n = n * leaf->length;
		return;
	}
	if (out->narrows && out->def.n == 0 && dict->narrow.n > 0) {
		pq_values_room(out, n);
		for (size_t i = 0; i < n; i++)
			out->narrow.p[i] = dict->narrow.p[at[i]];
		out->narrow.n = n;
		return;
	}
	vec_reserve(&out->ints, n);
	for (size_t i = 0; i < n; i++)
		out->ints.p[i] = dict->narrow.n > 0 ? dict->narrow.p[at[i]] : dict->ints.p[at[i]];
	out->ints.n = n;
}

void values_narrow(struct pq_values *v)
{
	uint64_t all = 0;

	for (size_t i = 0; i < v->ints.n; i++)
		all |= (uint64_t)v->ints.p[i];
	if (all > UINT32_MAX)
		return;
	pq_values_room(v, v->ints.n);
	for (size_t i = 0; i < v->ints.n; i++)
		v->narrow.p[i] = (uint32_t)v->ints.p[i];
	v->narrow.n = v->ints.n;
	vec_free(&v->ints);
}

/* One byte of width, then indices. */
static int indexed(struct pq_scratch *s, struct str in, const struct pq_leaf *leaf, const struct pq_values *dict,
    struct pq_values *out, struct err *e)
{
	uint32_t largest;

	if (out->n == 0)
		return 0;
	if (dict == NULL)
		return err_set(e, ERR_CORRUPT, "values: indices, but no dictionary");
	if (in.n == 0)
		return short_of(e, 0, 1);
	s->indices.n = 0;
	vec_reserve(&s->indices, out->n);
	if (rle_decode32(str_skip(in, 1), (uint8_t)in.p[0], out->n, s->indices.p, e) < 0)
		return -1;
	largest = largest_u32(s->indices.p, out->n);
	if (largest >= dict->n)
		return err_set(e, ERR_CORRUPT, "values: index %u in a dictionary of %u", largest, dict->n);
	pick(s->indices.p, leaf, dict, out);
	return 0;
}

int values_decode(struct pq_scratch *s, struct str in, int encoding, const struct pq_leaf *leaf,
    const struct pq_values *dictionary, struct pq_values *out, struct err *e)
{
	bool ints = leaf->type == PQ_INT32 || leaf->type == PQ_INT64;

	if (encoding == PQ_DICTIONARY || encoding == PQ_PLAIN_DICTIONARY)
		return indexed(s, in, leaf, dictionary, out, e);
	if (encoding == PQ_PLAIN && (ints || leaf->type == PQ_BOOLEAN))
		return plain_ints(in, leaf, out, e);
	if (encoding == PQ_PLAIN && leaf->type == PQ_FIXED)
		return plain_fixed(in, leaf, out, e);
	if (encoding == PQ_PLAIN && leaf->type == PQ_BYTES)
		return plain_strs(in, out, e);
	if (encoding == PQ_DELTA && ints)
		return delta_ints(s, in, leaf, out, e);
	if (encoding == PQ_DELTA_LENGTH && leaf->type == PQ_BYTES)
		return delta_length_strs(s, in, out, e);
	if (encoding == PQ_DELTA_BYTES && leaf->type == PQ_BYTES)
		return delta_strs(s, in, out, e);
	if (encoding == PQ_DELTA_BYTES && leaf->type == PQ_FIXED)
		return delta_fixed(s, in, leaf, out, e);
	if (encoding == PQ_RLE && leaf->type == PQ_BOOLEAN)
		return rle_booleans(in, out, e);
	return err_set(e, ERR_UNSUPPORTED, "encoding %d of column type %d", encoding, (int)leaf->type);
}
