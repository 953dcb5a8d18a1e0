/* dump.c - pyro-block dump: which parts; meta.json and index.tsdb */
#include "tools/pyro-block/dump.h"

#include <inttypes.h>

#include "base/num.h"
#include "formats/block/block.h"
#include "formats/block/index.h"
#include "tools/pyro-block/block.h"
#include "tools/pyro-block/parts.h"

struct dumping {
	struct printer p;
	enum block_part_choice part;
	uint32_t shown; /* parts of this path */
};

/* ---- meta.json ---- */

static void text_files(struct buf *b, const struct block_meta *m)
{
	for (uint32_t i = 0; i < m->n_files; i++) {
		const struct block_file *f = &m->files[i];

		buf_add(b, STR("  file "));
		print_word(b, f->path);
		buf_printf(b, ": %" PRIu64 " bytes", f->size);
		if (f->rows || f->row_groups)
			buf_printf(b, ", %" PRIu64 " rows in %" PRIu64 " groups", f->rows, f->row_groups);
		if (f->series)
			buf_printf(b, ", %" PRIu64 " series", f->series);
		buf_byte(b, '\n');
	}
}

static void text_range(struct buf *b, int64_t from_ms, int64_t to_ms)
{
	print_time(b, ms_to_ns(from_ms));
	buf_add(b, STR(" .. "));
	print_time(b, ms_to_ns(to_ms));
}

static void text_meta(struct buf *b, const struct block_meta *m)
{
	char id[ULID_TEXT + 1];

	ulid_print(m->ulid, id);
	buf_printf(b, "  block %s, version %u, level %u", id, m->version, m->level);
	if (m->source.n > 0) {
		buf_add(b, STR(", from "));
		print_word(b, m->source);
	}
	buf_add(b, STR("\n  time "));
	text_range(b, m->min_time, m->max_time);
	buf_printf(b, "\n  %" PRIu64 " series, %" PRIu64 " rows, %" PRIu64 " samples\n", m->n_series, m->n_profiles,
	    m->n_samples);
	text_files(b, m);
	for (uint32_t i = 0; i < m->n_sources; i++) {
		ulid_print(m->sources[i], id);
		buf_printf(b, "  source %s\n", id);
	}
	for (uint32_t i = 0; i < m->n_parents; i++) {
		ulid_print(m->parents[i].ulid, id);
		buf_printf(b, "  parent %s ", id);
		text_range(b, m->parents[i].min_time, m->parents[i].max_time);
		buf_byte(b, '\n');
	}
	if (m->labels.n > 0) {
		buf_add(b, STR("  labels "));
		labels_print(b, &m->labels);
		buf_byte(b, '\n');
	}
}

/* The object as it stands, members that we do not know too, on one line. */
static int json_meta(struct printer *p, const char *path, struct str json, struct err *e)
{
	json_t *root = json_parse(json, e);
	char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
	struct jw *w;

	json_decref(root);
	if (text == NULL)
		return -1;
	w = print_open(p, "meta");
	print_key_str(w, "path", str_cstr(path));
	jw_key(w, STR("meta"));
	jw_raw(w, str_cstr(text));
	free(text);
	return print_close(p, e);
}

int dump_meta(struct printer *p, const char *path, struct str json, struct err *e)
{
	struct arena *a;
	struct block_meta m;
	int rc;

	if (p->json)
		return json_meta(p, path, json, e);
	a = arena_new();
	rc = block_meta_parse(a, json, &m, e);
	if (rc == 0) {
		buf_printf(&p->b, "meta %s\n", path);
		text_meta(&p->b, &m);
		rc = print_more(p, e);
	}
	arena_free(a);
	return rc;
}

/* ---- index.tsdb ---- */

static int one_series(struct printer *p, const struct index_series *s, struct err *e)
{
	struct jw *w;

	if (p->json) {
		w = print_open(p, "series");
		print_key_u64(w, "number", s->ref.number);
		print_key_hex(w, "fingerprint", s->ref.fingerprint);
		print_key_i64(w, "from", s->from);
		print_key_i64(w, "through", s->through);
		print_key_labels(w, "labels", &s->ref.labels);
		return print_close(p, e);
	}
	buf_printf(&p->b, "  series %u %016" PRIx64 " ", s->ref.number, s->ref.fingerprint);
	print_time(&p->b, s->from);
	buf_add(&p->b, STR(" .. "));
	print_time(&p->b, s->through);
	buf_byte(&p->b, ' ');
	labels_print(&p->b, &s->ref.labels);
	buf_byte(&p->b, '\n');
	return print_more(p, e);
}

static int one_value(struct printer *p, struct str name, struct str value, uint32_t n, struct err *e)
{
	struct jw *w;

	if (p->json) {
		w = print_open(p, "label");
		print_key_str(w, "name", name);
		print_key_str(w, "value", value);
		print_key_u64(w, "series", n);
		return print_close(p, e);
	}
	buf_add(&p->b, STR("  label "));
	print_word(&p->b, name);
	buf_byte(&p->b, '=');
	print_quoted(&p->b, value);
	buf_printf(&p->b, ": %u series\n", n);
	return print_more(p, e);
}

static int label_values(struct printer *p, struct arena *a, struct index *ix, struct str name, struct err *e)
{
	struct str *values;
	uint32_t n, *refs, found;

	index_values(ix, a, name, &values, &n);
	for (uint32_t i = 0; i < n; i++)
		if (index_postings(ix, a, name, values[i], &refs, &found, e) < 0 ||
		    one_value(p, name, values[i], found, e) < 0)
			return -1;
	return 0;
}

static int index_contents(struct printer *p, struct arena *a, struct index *ix, const char *path, struct err *e)
{
	struct index_series *series;
	struct str *names;
	uint32_t n, n_names;

	if (index_all(ix, a, &series, &n, e) < 0)
		return -1;
	if (p->json) {
		struct jw *w = print_open(p, "index");

		print_key_str(w, "path", str_cstr(path));
		print_key_u64(w, "series", n);
		print_key_i64(w, "from", index_from(ix));
		print_key_i64(w, "through", index_through(ix));
		if (print_close(p, e) < 0)
			return -1;
	} else {
		buf_printf(&p->b, "index %s\n  %u series, ", path, n);
		print_time(&p->b, index_from(ix));
		buf_add(&p->b, STR(" .. "));
		print_time(&p->b, index_through(ix));
		buf_byte(&p->b, '\n');
	}
	for (uint32_t i = 0; i < n; i++)
		if (one_series(p, &series[i], e) < 0)
			return -1;
	index_names(ix, a, &names, &n_names);
	for (uint32_t i = 0; i < n_names; i++)
		if (label_values(p, a, ix, names[i], e) < 0)
			return -1;
	return 0;
}

int dump_index(struct printer *p, const char *path, struct str bytes, struct err *e)
{
	struct index *ix = index_open(bytes, e);
	struct arena *a;
	int rc;

	if (ix == NULL)
		return -1;
	a = arena_new();
	rc = index_contents(p, a, ix, path, e);
	arena_free(a);
	index_close(ix);
	return rc;
}

/* ---- what to show ---- */

static bool wanted(struct dumping *d, enum block_part_choice part)
{
	bool yes = d->part == PART_ALL || d->part == part;

	d->shown += yes;
	return yes;
}

/* -1 only when there is no sense in going on: standard output is closed. */
static int go_on(struct dumping *d, const char *path, int rc, struct err *e)
{
	if (rc == 0 || d->p.closed)
		return rc;
	print_trouble(&d->p, path, e);
	return 0;
}

static int one_part(struct dumping *d, const struct found *f, const char *name,
    int (*dump)(struct printer *p, const char *path, struct str bytes, struct err *e), struct err *e)
{
	struct arena *a = arena_new();
	struct blob *blob;
	struct str bytes;
	int rc = part_bytes(a, f->parts, str_cstr(name), &blob, &bytes, e);

	if (rc == 0) {
		rc = dump(&d->p, f->path, bytes, e);
		if (rc < 0)
			err_wrap(e, "%s", name);
		blob_close(blob);
	}
	arena_free(a);
	return go_on(d, f->path, rc, e);
}

static const char *symbols_form(const struct block_meta *m)
{
	for (uint32_t i = 0; i < m->n_files; i++) {
		if (str_suffix(m->files[i].path, STR("symbols.symdb")))
			return "symdb in one file";
		if (str_suffix(m->files[i].path, STR("index.symdb")))
			return "symdb in a folder";
	}
	return "tables";
}

static int all_symbols(struct dumping *d, struct block *b, const char *path, struct err *e)
{
	struct printer *p = &d->p;

	if (p->json) {
		struct jw *w = print_open(p, "symbols");

		print_key_str(w, "path", str_cstr(path));
		print_key_str(w, "form", str_cstr(symbols_form(&b->meta)));
		print_key_u64(w, "partitions", b->set.n_partitions);
		if (print_close(p, e) < 0)
			return -1;
	} else {
		buf_printf(&p->b, "symbols %s\n  %s, %u partitions\n", path, symbols_form(&b->meta),
		    b->set.n_partitions);
	}
	for (uint32_t i = 0; i < b->set.n_partitions; i++) {
		struct symbols *s;
		int rc = dataset_symbols(&b->set, i, &s, e);

		if (rc == 0)
			rc = dump_partition(p, s, e);
		if (go_on(d, path, rc, e) < 0)
			return -1;
	}
	return 0;
}

/* Symbols and rows need each other: the block as a whole, which takes the parts. */
static int with_block(struct dumping *d, struct found *f, bool symbols, bool rows, struct err *e)
{
	struct block *b = block_open(f->parts, e);
	int rc = 0;

	f->parts = NULL;
	if (b == NULL)
		return go_on(d, f->path, -1, e);
	if (rows)
		rc = go_on(d, f->path, dump_rows(&d->p, &b->set, e), e);
	if (rc == 0 && symbols)
		rc = go_on(d, f->path, all_symbols(d, b, f->path, e), e);
	block_close(b);
	return rc;
}

static int one_block(struct dumping *d, struct found *f, struct err *e)
{
	bool rows, symbols;

	if (wanted(d, PART_META) && one_part(d, f, "meta.json", dump_meta, e) < 0)
		return -1;
	if (wanted(d, PART_INDEX) && one_part(d, f, "index.tsdb", dump_index, e) < 0)
		return -1;
	rows = wanted(d, PART_PROFILES);
	if (rows && one_part(d, f, "profiles.parquet", dump_columns, e) < 0)
		return -1;
	symbols = wanted(d, PART_SYMBOLS);
	return rows || symbols ? with_block(d, f, symbols, rows, e) : 0;
}

static int one_file(struct dumping *d, const struct found *f, struct err *e)
{
	static const struct {
		enum block_part_choice part;
		int (*dump)(struct printer *p, const char *path, struct str bytes, struct err *e);
	} kinds[] = {
		[FOUND_META] = { PART_META, dump_meta },
		[FOUND_INDEX] = { PART_INDEX, dump_index },
		[FOUND_PARQUET] = { PART_ALL, dump_parquet },
		[FOUND_SYMBOLS] = { PART_SYMBOLS, dump_symdb },
		[FOUND_SYMDB_INDEX] = { PART_SYMBOLS, dump_symdb },
		[FOUND_JOURNAL] = { PART_JOURNAL, dump_journal },
	};

	/* Parquet files hold profiles or symbols: whoever names one means it. */
	if (kinds[f->kind].part == PART_ALL ? !wanted(d, PART_SYMBOLS) && !wanted(d, PART_PROFILES)
					    : !wanted(d, kinds[f->kind].part))
		return 0;
	return go_on(d, f->path, kinds[f->kind].dump(&d->p, f->path, f->bytes, e), e);
}

static int one_found(void *ctx, struct found *f, struct err *e)
{
	struct dumping *d = ctx;

	if (f->kind == FOUND_BLOCK)
		return one_block(d, f, e);
	if (f->kind == FOUND_SYMDB)
		return wanted(d, PART_SYMBOLS) ? go_on(d, f->path, dump_symdb_folder(&d->p, f->path, f->parts, e), e)
					       : 0;
	return one_file(d, f, e);
}

int block_dump(struct tool *t, const struct block_opts *o, struct err *e)
{
	static const char *const standard_input[] = { "-" };
	const char *const *paths = t->conf.n_args ? t->conf.args : standard_input;
	size_t n = t->conf.n_args ? t->conf.n_args : 1;
	struct dumping d = { .part = (enum block_part_choice)o->part };

	print_init(&d.p, t, o->json);
	for (size_t i = 0; i < n && !d.p.closed; i++) {
		int rc;

		d.shown = 0;
		rc = found_each(paths[i], NULL, one_found, &d, e);
		if (rc == 0 && d.shown == 0)
			rc = err_set(e, ERR_NOTFOUND, "%s: no such part", paths[i]);
		if (rc < 0 && !d.p.closed)
			print_trouble(&d.p, "", e);
	}
	return print_end(&d.p, d.p.closed ? -1 : 0, e);
}
