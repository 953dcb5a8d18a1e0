/* head_bundle.c - the samples of rows of a series that lie side by side, compressed: a fraction of what they take one by one */
#include "base/zip.h"
#include "formats/head/head_tables.h"

/* Small heads are asked as they are; the samples of a row have at most 2^32 bytes. */
enum { BUNDLE_FROM = 4 << 20, LEVEL = 1 };
#define BUNDLE_MAX ((size_t)UINT32_MAX)

static size_t bytes_of(const struct head_row *rows)
{
	size_t n = 0;

	for (uint32_t i = 0; i < HEAD_PART_ROWS; i++)
		n += rows[i].bytes;
	return n;
}

/* The rows of a part become one piece of t->mem. */
static void bundle(struct head_tables *t, struct head_row *rows, struct head_bundle *out)
{
	struct buf *plain = &t->packed, z;
	struct str best;
	uint8_t *p;

	buf_reset(plain);
	for (uint32_t i = 0; i < HEAD_PART_ROWS; i++) {
		buf_add(plain, str_of(rows[i].packed, rows[i].bytes));
		mem_free(rows[i].packed);
		rows[i].packed = NULL;
	}
	buf_init(&z, BUNDLE_MAX);
	zip_zstd(buf_str(plain), LEVEL, &z);
	best = !z.over && z.n < plain->n ? buf_str(&z) : buf_str(plain);
	p = arena_alloc(t->mem, best.n);
	memcpy(p, best.p, best.n);
	*out = (struct head_bundle){ p, (uint32_t)best.n, (uint32_t)plain->n };
	buf_fini(&z);
	t->row_bytes -= out->bytes;
	t->bundle_bytes += out->packed_bytes;
}

/* What was complete while the head was small follows; a part that is too large for one bundle stays as it is. */
void head_bundle_rows(struct head_tables *t, struct head_series *x)
{
	size_t whole = x->rows.n / HEAD_PART_ROWS;

	if (x->rows.n % HEAD_PART_ROWS != 0)
		return;
	for (size_t i = x->bundles.n; i < whole; i++)
		vec_push(&x->bundles, (struct head_bundle){ 0 });
	if (t->row_bytes + t->bundle_bytes < BUNDLE_FROM)
		return;
	for (size_t i = whole; i-- > 0 && x->bundles.p[i].packed == NULL;) {
		struct head_row *rows = &x->rows.p[i * HEAD_PART_ROWS];

		if (bytes_of(rows) <= BUNDLE_MAX)
			bundle(t, rows, &x->bundles.p[i]);
	}
}

static int unpack(struct head_taking *k, const struct head_series *x, size_t part, struct err *e)
{
	const struct head_bundle *b = &x->bundles.p[part];
	struct str packed = str_of(b->packed, b->packed_bytes);

	k->series = NULL;
	k->unpacked.max = SIZE_MAX / 2;
	buf_reset(&k->unpacked);
	if (b->packed_bytes == b->bytes)
		buf_add(&k->unpacked, packed);
	else if (!buf_room(&k->unpacked, b->bytes) || zip_unzstd_into(packed, k->unpacked.p, b->bytes, e) < 0)
		return -1;
	k->unpacked.n = b->bytes;
	k->series = x;
	k->part = part;
	return 0;
}

int head_take_row(struct head_taking *k, const struct head_series *x, size_t row, struct str *out, struct err *e)
{
	const struct head_row *r = &x->rows.p[row];
	size_t part = row / HEAD_PART_ROWS, at = 0;

	if (r->packed != NULL) {
		*out = str_of(r->packed, r->bytes);
		return 0;
	}
	if ((k->series != x || k->part != part) && unpack(k, x, part, e) < 0)
		return -1;
	for (size_t i = part * HEAD_PART_ROWS; i < row; i++)
		at += x->rows.p[i].bytes;
	*out = str_of(k->unpacked.p + at, r->bytes);
	return 0;
}

void head_taking_fini(struct head_taking *k)
{
	buf_fini(&k->unpacked);
}
