/*
 * index_reader.c - opening index.tsdb; its lists and series.
 */
#include "formats/block/index_impl.h"

#include "base/hash.h"
#include "base/mem.h"

static int corrupt(struct err *e, const char *what, uint64_t at)
{
	return err_set(e, ERR_CORRUPT, "index: %s at byte %llu", what, (unsigned long long)at);
}

int index_section(const struct index *ix, uint64_t at, const char *what, struct cursor *out, struct err *e)
{
	struct cursor c = cursor_of(ix->bytes);
	struct str body;
	uint32_t crc;

	cursor_str(&c, at);
	body = cursor_str(&c, cursor_u32(&c));
	crc = cursor_u32(&c);
	if (c.bad)
		return err_set(e, ERR_CORRUPT, "index: %s at byte %llu of %zu does not fit", what,
		    (unsigned long long)at, ix->bytes.n);
	if (crc32c(0, body) != crc)
		return err_set(e, ERR_CORRUPT, "index: %s at byte %llu: wrong checksum", what, (unsigned long long)at);
	*out = cursor_of(body);
	return 0;
}

static int read_toc(struct index *ix, struct err *e)
{
	struct str bytes = ix->bytes, toc;
	struct cursor c;

	if (bytes.n < INDEX_HEADER + INDEX_TOC)
		return err_set(e, ERR_CORRUPT, "index: %zu bytes are too few", bytes.n);
	if (!str_prefix(bytes, STR("\xba\xaa\xd7\x00")))
		return err_set(e, ERR_CORRUPT, "index: not an index.tsdb");
	if (bytes.p[4] != 2)
		return err_set(e, ERR_UNSUPPORTED, "index: version %u", (unsigned char)bytes.p[4]);
	toc = str_skip(bytes, bytes.n - INDEX_TOC);
	c = cursor_of(toc);
	ix->toc.symbols = cursor_u64(&c);
	ix->toc.series = cursor_u64(&c);
	ix->toc.labels = cursor_u64(&c);
	ix->toc.labels_table = cursor_u64(&c);
	ix->toc.postings = cursor_u64(&c);
	ix->toc.postings_table = cursor_u64(&c);
	ix->toc.fingerprints = cursor_u64(&c);
	ix->toc.from = (int64_t)cursor_u64(&c);
	ix->toc.through = (int64_t)cursor_u64(&c);
	if (crc32c(0, str_of(toc.p, INDEX_TOC - 4)) != cursor_u32(&c))
		return corrupt(e, "table of contents: wrong checksum", bytes.n - INDEX_TOC);
	ix->series_end = ix->toc.labels ? ix->toc.labels : ix->toc.postings;
	if (ix->toc.series > ix->series_end || ix->series_end > bytes.n - INDEX_TOC)
		return corrupt(e, "table of contents: series out of place", bytes.n - INDEX_TOC);
	return 0;
}

static int read_symbols(struct index *ix, struct err *e)
{
	struct cursor c;
	uint32_t n;

	if (index_section(ix, ix->toc.symbols, "symbols", &c, e) < 0)
		return -1;
	n = cursor_u32(&c);
	if (c.bad || n > cursor_left(&c))
		return corrupt(e, "symbols: impossible count", ix->toc.symbols);
	ix->symbols = arena_array(ix->mem, n, sizeof(*ix->symbols));
	while (ix->n_symbols < n)
		ix->symbols[ix->n_symbols++] = cursor_str(&c, cursor_uvarint(&c));
	return c.bad ? corrupt(e, "symbols: a string does not fit", ix->toc.symbols) : 0;
}

/* Puts one row of the postings table into values, and into names when its name is new. */
static int read_value(struct index *ix, struct cursor *c, struct err *e)
{
	uint64_t kind = cursor_uvarint(c);
	struct str name = cursor_str(c, cursor_uvarint(c)), value = cursor_str(c, cursor_uvarint(c));
	uint64_t offset = cursor_uvarint(c);
	struct index_name *last = ix->n_names ? &ix->names[ix->n_names - 1] : NULL;
	int order = last ? str_cmp(last->name, name) : -1;

	if (c->bad || kind != 2)
		return corrupt(e, "postings table: broken entry", ix->toc.postings_table);
	if (order > 0 || (order == 0 && str_cmp(ix->values[ix->n_values - 1].value, value) >= 0))
		return corrupt(e, "postings table: entries are not ascending", ix->toc.postings_table);
	if (order < 0) {
		last = &ix->names[ix->n_names++];
		*last = (struct index_name){ name, ix->n_values, 0 };
	}
	ix->values[ix->n_values++] = (struct index_value){ value, offset };
	last->n++;
	return 0;
}

static int read_table(struct index *ix, struct err *e)
{
	enum { ENTRY_MIN = 4 };
	struct cursor c;
	uint32_t n;

	if (index_section(ix, ix->toc.postings_table, "postings table", &c, e) < 0)
		return -1;
	n = cursor_u32(&c);
	if (c.bad || n > cursor_left(&c) / ENTRY_MIN)
		return corrupt(e, "postings table: impossible count", ix->toc.postings_table);
	ix->values = arena_array(ix->mem, n, sizeof(*ix->values));
	ix->names = arena_array(ix->mem, n, sizeof(*ix->names));
	while (ix->n_values < n)
		if (read_value(ix, &c, e) < 0)
			return -1;
	return 0;
}

struct index *index_open(struct str bytes, struct err *e)
{
	struct arena *a = arena_new();
	struct index *ix = arena_zalloc(a, sizeof(*ix));

	ix->mem = a;
	ix->bytes = bytes;
	if (read_toc(ix, e) == 0 && read_symbols(ix, e) == 0 && read_table(ix, e) == 0)
		return ix;
	index_close(ix);
	return NULL;
}

void index_close(struct index *ix)
{
	if (ix)
		arena_free(ix->mem);
}

size_t index_bytes(const struct index *ix)
{
	return arena_bytes(ix->mem);
}

int64_t index_from(const struct index *ix)
{
	return ix->toc.from;
}

int64_t index_through(const struct index *ix)
{
	return ix->toc.through;
}

const struct index_name *index_find_name(const struct index *ix, struct str name)
{
	uint32_t low = 0, high = ix->n_names;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int order = str_cmp(ix->names[mid].name, name);

		if (order == 0)
			return &ix->names[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const struct index_value *index_find_value(const struct index *ix, struct str name, struct str value)
{
	const struct index_name *in = index_find_name(ix, name);
	uint32_t low = in ? in->first : 0, high = in ? in->first + in->n : 0;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int order = str_cmp(ix->values[mid].value, value);

		if (order == 0)
			return &ix->values[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

int index_list(const struct index *ix, uint64_t offset, struct cursor *refs, uint32_t *n, struct err *e)
{
	if (index_section(ix, offset, "postings", refs, e) < 0)
		return -1;
	*n = cursor_u32(refs);
	if (refs->bad || *n != cursor_left(refs) / 4 || cursor_left(refs) % 4 != 0)
		return corrupt(e, "postings: impossible count", offset);
	return 0;
}

int index_postings(struct index *ix, struct arena *a, struct str name, struct str value, uint32_t **refs, uint32_t *n,
    struct err *e)
{
	const struct index_value *v = index_find_value(ix, name, value);
	struct cursor c;

	*n = 0;
	*refs = NULL;
	if (v == NULL)
		return 0;
	if (index_list(ix, v->offset, &c, n, e) < 0)
		return -1;
	*refs = arena_array(a, *n, sizeof(**refs));
	for (uint32_t i = 0; i < *n; i++)
		(*refs)[i] = cursor_u32(&c);
	return 0;
}

/* Chunks: the series number of the first, the range of all. */
static void read_chunks(struct cursor *c, struct index_series *out)
{
	uint64_t n = cursor_uvarint(c);
	int64_t last = 0;

	for (uint64_t i = 0; i < n && !c->bad; i++) {
		int64_t from = (int64_t)((uint64_t)last + (uint64_t)cursor_varint(c));
		uint64_t number;

		last = (int64_t)((uint64_t)from + cursor_uvarint(c));
		cursor_uvarint(c);
		number = cursor_uvarint(c);
		cursor_u32(c);
		if (i == 0) {
			out->ref.number = (uint32_t)number;
			out->from = from;
			out->through = last;
		}
		out->from = MIN(out->from, from);
		out->through = MAX(out->through, last);
		if (number > UINT32_MAX - 1)
			c->bad = true;
	}
	if (n == 0)
		c->bad = true;
}

int index_read_series(const struct index *ix, struct arena *a, uint32_t ref, struct index_series *out, uint64_t *end,
    struct err *e)
{
	uint64_t at = (uint64_t)ref * INDEX_SERIES_ALIGN, n;
	struct cursor c = cursor_of(ix->bytes);
	struct str body;

	if (at < ix->toc.series || at >= ix->series_end)
		return corrupt(e, "reference to a series outside", at);
	cursor_str(&c, at);
	body = cursor_str(&c, cursor_uvarint(&c));
	if (crc32c(0, body) != cursor_u32(&c) || c.bad)
		return corrupt(e, "series: wrong length or checksum", at);
	*end = ix->bytes.n - cursor_left(&c);
	c = cursor_of(body);
	*out = (struct index_series){ .ref.fingerprint = cursor_u64(&c) };
	n = cursor_uvarint(&c);
	if (n > cursor_left(&c) / 2)
		return corrupt(e, "series: impossible number of labels", at);
	out->ref.labels.n = (uint32_t)n;
	out->ref.labels.p = arena_array(a, n, sizeof(*out->ref.labels.p));
	for (uint32_t i = 0; i < n; i++) {
		uint64_t name = cursor_uvarint(&c), value = cursor_uvarint(&c);

		if (name >= ix->n_symbols || value >= ix->n_symbols)
			return corrupt(e, "series: a label that is no symbol", at);
		out->ref.labels.p[i] = (struct label){ ix->symbols[name], ix->symbols[value] };
	}
	read_chunks(&c, out);
	return c.bad ? corrupt(e, "series: broken chunks", at) : 0;
}

int index_series(struct index *ix, struct arena *a, uint32_t ref, struct index_series *out, struct err *e)
{
	uint64_t end;

	return index_read_series(ix, a, ref, out, &end, e);
}

int index_all(struct index *ix, struct arena *a, struct index_series **out, uint32_t *n, struct err *e)
{
	uint64_t end = 0;
	uint32_t *refs;

	if (index_postings(ix, a, STR(""), STR(""), &refs, n, e) < 0)
		return -1;
	*out = arena_array(a, *n, sizeof(**out));
	for (uint32_t i = 0; i < *n; i++) {
		uint64_t at = (uint64_t)refs[i] * INDEX_SERIES_ALIGN;

		if (at < end)
			return corrupt(e, "series in the list of all are not ascending", at);
		if (index_read_series(ix, a, refs[i], &(*out)[i], &end, e) < 0)
			return -1;
	}
	return 0;
}

void index_names(const struct index *ix, struct arena *a, struct str **names, uint32_t *n)
{
	uint32_t skip = ix->n_names > 0 && ix->names[0].name.n == 0;

	*n = ix->n_names - skip;
	*names = arena_array(a, *n, sizeof(**names));
	for (uint32_t i = 0; i < *n; i++)
		(*names)[i] = ix->names[skip + i].name;
}

void index_values(const struct index *ix, struct arena *a, struct str name, struct str **values, uint32_t *n)
{
	const struct index_name *in = name.n ? index_find_name(ix, name) : NULL;

	*n = in ? in->n : 0;
	*values = arena_array(a, *n, sizeof(**values));
	for (uint32_t i = 0; i < *n; i++)
		(*values)[i] = ix->values[in->first + i].value;
}
