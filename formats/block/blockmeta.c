/*
 * blockmeta.c - meta.json of a block, read and written as the original does:
 * one tab a level, times in seconds with at most three decimals.
 */
#include <inttypes.h>
#include <math.h>

#include "base/json.h"
#include "formats/block/block.h"

enum { MS_PER_S = 1000, VERSION_MAX = 3 };

/* ---- reading ---- */

static int wrong(struct err *e, const char *key, const char *want)
{
	return err_set(e, ERR_CORRUPT, "meta.json: %s: not %s", key, want);
}

static int get_u64(const json_t *o, const char *key, uint64_t *out, struct err *e)
{
	const json_t *v = json_object_get(o, key);

	*out = 0;
	if (v == NULL || json_is_null(v))
		return 0;
	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return wrong(e, key, "a whole number");
	*out = (uint64_t)json_integer_value(v);
	return 0;
}

static int get_u32(const json_t *o, const char *key, uint32_t *out, struct err *e)
{
	uint64_t v;

	if (get_u64(o, key, &v, e) < 0)
		return -1;
	if (v > UINT32_MAX)
		return wrong(e, key, "below 2^32");
	*out = (uint32_t)v;
	return 0;
}

/* Seconds with decimals, of which three count, to milliseconds. */
static int get_time(const json_t *o, const char *key, int64_t *ms, struct err *e)
{
	const json_t *v = json_object_get(o, key);

	*ms = 0;
	if (json_is_integer(v)) {
		json_int_t s = json_integer_value(v);

		if (s > INT64_MAX / MS_PER_S || s < INT64_MIN / MS_PER_S)
			return wrong(e, key, "a time");
		*ms = s * MS_PER_S;
		return 0;
	}
	if (!json_is_real(v) || fabs(json_real_value(v)) > 1e12)
		return wrong(e, key, "a time in seconds");
	/* The nearest double of a decimal may lie a little below it. */
	*ms = (int64_t)floor(json_real_value(v) * MS_PER_S + 1e-3);
	return 0;
}

static int get_str(struct arena *a, const json_t *o, const char *key, struct str *out, struct err *e)
{
	const json_t *v = json_object_get(o, key);

	*out = STR_NONE;
	if (v == NULL || json_is_null(v))
		return 0;
	if (!json_is_string(v))
		return wrong(e, key, "a string");
	*out = arena_str(a, str_of(json_string_value(v), json_string_length(v)));
	return 0;
}

static int ulid_of(const json_t *v, const char *key, struct ulid *out, struct err *e)
{
	if (!json_is_string(v))
		return wrong(e, key, "a ULID");
	if (ulid_parse(str_of(json_string_value(v), json_string_length(v)), out, e) < 0) {
		e->kind = ERR_CORRUPT;
		return err_wrap(e, "meta.json: %s", key);
	}
	return 0;
}

/* A member that is an array, an object, or absent (NULL). */
static int get_child(const json_t *o, const char *key, bool array, const json_t **out, struct err *e)
{
	*out = json_object_get(o, key);
	if (json_is_null(*out))
		*out = NULL;
	if (*out && (array ? !json_is_array(*out) : !json_is_object(*out)))
		return wrong(e, key, array ? "an array" : "an object");
	return 0;
}

static int read_stats(const json_t *root, struct block_meta *m, struct err *e)
{
	const json_t *o;

	if (get_child(root, "stats", false, &o, e) < 0 || get_u64(o, "numSamples", &m->n_samples, e) < 0 ||
	    get_u64(o, "numSeries", &m->n_series, e) < 0)
		return -1;
	return get_u64(o, "numProfiles", &m->n_profiles, e);
}

static int read_file(struct arena *a, const json_t *o, struct block_file *f, struct err *e)
{
	const json_t *parquet, *tsdb;

	if (!json_is_object(o))
		return wrong(e, "files", "an array of objects");
	if (get_str(a, o, "relPath", &f->path, e) < 0 || get_u64(o, "sizeBytes", &f->size, e) < 0 ||
	    get_child(o, "parquet", false, &parquet, e) < 0 || get_child(o, "tsdb", false, &tsdb, e) < 0 ||
	    get_u64(parquet, "numRowGroups", &f->row_groups, e) < 0 || get_u64(parquet, "numRows", &f->rows, e) < 0 ||
	    get_u64(tsdb, "numSeries", &f->series, e) < 0)
		return -1;
	return f->path.n ? 0 : wrong(e, "files: relPath", "there");
}

static int read_files(struct arena *a, const json_t *root, struct block_meta *m, struct err *e)
{
	const json_t *list;

	if (get_child(root, "files", true, &list, e) < 0)
		return -1;
	m->n_files = (uint32_t)json_array_size(list);
	m->files = arena_zarray(a, m->n_files, sizeof(*m->files));
	for (uint32_t i = 0; i < m->n_files; i++)
		if (read_file(a, json_array_get(list, i), &m->files[i], e) < 0)
			return -1;
	return 0;
}

static int read_parent(const json_t *o, struct block_parent *p, struct err *e)
{
	if (!json_is_object(o))
		return wrong(e, "parents", "an array of objects");
	if (ulid_of(json_object_get(o, "ulid"), "parents: ulid", &p->ulid, e) < 0 ||
	    get_time(o, "minTime", &p->min_time, e) < 0)
		return -1;
	return get_time(o, "maxTime", &p->max_time, e);
}

static int read_compaction(struct arena *a, const json_t *root, struct block_meta *m, struct err *e)
{
	const json_t *o, *sources, *parents;

	if (get_child(root, "compaction", false, &o, e) < 0 || get_u32(o, "level", &m->level, e) < 0 ||
	    get_child(o, "sources", true, &sources, e) < 0 || get_child(o, "parents", true, &parents, e) < 0)
		return -1;
	m->n_sources = (uint32_t)json_array_size(sources);
	m->sources = arena_array(a, m->n_sources, sizeof(*m->sources));
	for (uint32_t i = 0; i < m->n_sources; i++)
		if (ulid_of(json_array_get(sources, i), "sources", &m->sources[i], e) < 0)
			return -1;
	m->n_parents = (uint32_t)json_array_size(parents);
	m->parents = arena_array(a, m->n_parents, sizeof(*m->parents));
	for (uint32_t i = 0; i < m->n_parents; i++)
		if (read_parent(json_array_get(parents, i), &m->parents[i], e) < 0)
			return -1;
	return 0;
}

static int read_labels(struct arena *a, const json_t *root, struct block_meta *m, struct err *e)
{
	const json_t *o;
	uint32_t n = 0;

	if (get_child(root, "labels", false, &o, e) < 0)
		return -1;
	m->labels.p = arena_array(a, json_object_size(o), sizeof(*m->labels.p));
	for (void *it = json_object_iter((json_t *)(uintptr_t)o); it;
	     it = json_object_iter_next((json_t *)(uintptr_t)o, it)) {
		struct str name = str_of(json_object_iter_key(it), json_object_iter_key_len(it));
		const json_t *v = json_object_iter_value(it);

		if (!json_is_string(v))
			return wrong(e, "labels", "an object of strings");
		m->labels.p[n++] = (struct label){ arena_str(a, name),
			arena_str(a, str_of(json_string_value(v), json_string_length(v))) };
	}
	m->labels.n = n;
	labels_sort(&m->labels);
	return 0;
}

static int read_meta(struct arena *a, const json_t *root, struct block_meta *m, struct err *e)
{
	if (!json_is_object(root))
		return wrong(e, "the whole", "an object");
	if (ulid_of(json_object_get(root, "ulid"), "ulid", &m->ulid, e) < 0 ||
	    get_u32(root, "version", &m->version, e) < 0)
		return -1;
	if (m->version < 1 || m->version > VERSION_MAX)
		return err_set(e, ERR_UNSUPPORTED, "meta.json: version %u, known are 1 to %d", m->version, VERSION_MAX);
	if (get_time(root, "minTime", &m->min_time, e) < 0 || get_time(root, "maxTime", &m->max_time, e) < 0 ||
	    read_stats(root, m, e) < 0 || read_files(a, root, m, e) < 0 || read_compaction(a, root, m, e) < 0 ||
	    read_labels(a, root, m, e) < 0)
		return -1;
	return get_str(a, root, "source", &m->source, e);
}

int block_meta_parse(struct arena *a, struct str json, struct block_meta *out, struct err *e)
{
	json_t *root = json_parse(json, e);
	int rc;

	*out = (struct block_meta){ 0 };
	if (root == NULL) {
		e->kind = ERR_CORRUPT;
		return err_wrap(e, "meta.json");
	}
	rc = read_meta(a, root, out, e);
	json_decref(root);
	return rc;
}

/* ---- writing ---- */

struct printer {
	struct buf *b;
	unsigned depth;
	bool more; /* something stands before on this level */
};

static void line(struct printer *w)
{
	if (w->more)
		buf_byte(w->b, ',');
	buf_byte(w->b, '\n');
	buf_fill(w->b, '\t', w->depth);
	w->more = true;
}

/* json.h writes one string; its separators are for values of its own. */
static void text(struct printer *w, struct str s)
{
	struct jw j = jw_init(w->b);

	j.html = true;
	jw_str(&j, s);
}

static void key(struct printer *w, const char *name)
{
	line(w);
	buf_printf(w->b, "\"%s\": ", name);
}

static void begin(struct printer *w, char bracket)
{
	buf_byte(w->b, (unsigned char)bracket);
	w->depth++;
	w->more = false;
}

static void end(struct printer *w, char bracket)
{
	bool any = w->more;

	w->depth--;
	w->more = false;
	if (any)
		line(w);
	buf_byte(w->b, (unsigned char)bracket);
	w->more = true;
}

static void key_ulid(struct printer *w, const char *name, struct ulid id)
{
	char s[ULID_TEXT + 1];

	ulid_print(id, s);
	if (name)
		key(w, name);
	else
		line(w);
	buf_printf(w->b, "\"%s\"", s);
}

static void key_number(struct printer *w, const char *name, uint64_t v)
{
	key(w, name);
	buf_printf(w->b, "%" PRIu64, v);
}

static void key_number_unless_0(struct printer *w, const char *name, uint64_t v)
{
	if (v)
		key_number(w, name, v);
}

/* Shortest decimals of ms / 1000: 1702904400.005, 1694460120, 0.5. */
static void key_time(struct printer *w, const char *name, int64_t ms)
{
	uint64_t v = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
	unsigned part = (unsigned)(v % MS_PER_S), digits = 3;

	key(w, name);
	buf_printf(w->b, "%s%" PRIu64, ms < 0 ? "-" : "", v / MS_PER_S);
	if (part == 0)
		return;
	for (; part % 10 == 0; digits--)
		part /= 10;
	buf_printf(w->b, ".%0*u", (int)digits, part);
}

static void print_file(struct printer *w, const struct block_file *f)
{
	line(w);
	begin(w, '{');
	key(w, "relPath");
	text(w, f->path);
	key_number_unless_0(w, "sizeBytes", f->size);
	if (str_suffix(f->path, STR(".parquet"))) {
		key(w, "parquet");
		begin(w, '{');
		key_number_unless_0(w, "numRowGroups", f->row_groups);
		key_number_unless_0(w, "numRows", f->rows);
		end(w, '}');
	}
	if (str_suffix(f->path, STR("index.tsdb"))) {
		key(w, "tsdb");
		begin(w, '{');
		key_number_unless_0(w, "numSeries", f->series);
		end(w, '}');
	}
	end(w, '}');
}

static void print_files(struct printer *w, const struct block_meta *m)
{
	if (m->n_files == 0)
		return;
	key(w, "files");
	begin(w, '[');
	for (uint32_t i = 0; i < m->n_files; i++)
		print_file(w, &m->files[i]);
	end(w, ']');
}

static void print_parents(struct printer *w, const struct block_meta *m)
{
	key(w, "parents");
	begin(w, '[');
	for (uint32_t i = 0; i < m->n_parents; i++) {
		line(w);
		begin(w, '{');
		key_ulid(w, "ulid", m->parents[i].ulid);
		key_time(w, "minTime", m->parents[i].min_time);
		key_time(w, "maxTime", m->parents[i].max_time);
		end(w, '}');
	}
	end(w, ']');
}

static void print_compaction(struct printer *w, const struct block_meta *m)
{
	key(w, "compaction");
	begin(w, '{');
	key_number(w, "level", m->level);
	if (m->n_sources > 0) {
		key(w, "sources");
		begin(w, '[');
		for (uint32_t i = 0; i < m->n_sources; i++)
			key_ulid(w, NULL, m->sources[i]);
		end(w, ']');
	}
	if (m->n_parents > 0)
		print_parents(w, m);
	end(w, '}');
}

static void print_labels(struct printer *w, const struct labels *l)
{
	key(w, "labels");
	begin(w, '{');
	for (uint32_t i = 0; i < l->n; i++) {
		line(w);
		text(w, l->p[i].name);
		buf_add(w->b, STR(": "));
		text(w, l->p[i].value);
	}
	end(w, '}');
}

void block_meta_print(struct buf *out, const struct block_meta *m)
{
	struct printer w = { .b = out };

	begin(&w, '{');
	key_ulid(&w, "ulid", m->ulid);
	key_time(&w, "minTime", m->min_time);
	key_time(&w, "maxTime", m->max_time);
	key(&w, "stats");
	begin(&w, '{');
	key_number_unless_0(&w, "numSamples", m->n_samples);
	key_number_unless_0(&w, "numSeries", m->n_series);
	key_number_unless_0(&w, "numProfiles", m->n_profiles);
	end(&w, '}');
	print_files(&w, m);
	print_compaction(&w, m);
	key_number(&w, "version", m->version);
	print_labels(&w, &m->labels);
	if (m->source.n) {
		key(&w, "source");
		text(&w, m->source);
	}
	key(&w, "downsample");
	begin(&w, '{');
	key_number(&w, "resolution", 0);
	end(&w, '}');
	end(&w, '}');
}
