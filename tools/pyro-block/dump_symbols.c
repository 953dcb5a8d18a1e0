/* dump_symbols.c - partitions of symbols, entry by entry */
#include <inttypes.h>

#include "formats/symbols/symtables.h"
#include "tools/pyro-block/dump.h"

static struct str text_of(const struct symbols *s, uint32_t i)
{
	return i < s->strings.n ? s->strings.p[i] : STR("?");
}

/* The members that every entry of a partition begins with. */
static struct jw *entry(struct printer *p, const char *part, const struct symbols *s, size_t number)
{
	struct jw *w = print_open(p, part);

	print_key_hex(w, "partition", s->partition);
	print_key_u64(w, "number", number);
	return w;
}

static int dump_strings(struct printer *p, const struct symbols *s, struct err *e)
{
	for (size_t i = 0; i < s->strings.n; i++) {
		if (p->json) {
			print_key_str(entry(p, "string", s, i), "text", s->strings.p[i]);
			if (print_close(p, e) < 0)
				return -1;
			continue;
		}
		buf_printf(&p->b, "    string %zu ", i);
		print_quoted(&p->b, s->strings.p[i]);
		buf_byte(&p->b, '\n');
		if (print_more(p, e) < 0)
			return -1;
	}
	return 0;
}

static const struct {
	uint32_t flag;
	const char *name;
} flags[] = {
	{ MAPPING_HAS_FUNCTIONS, "functions" },
	{ MAPPING_HAS_FILENAMES, "filenames" },
	{ MAPPING_HAS_LINE_NUMBERS, "line_numbers" },
	{ MAPPING_HAS_INLINE_FRAMES, "inline_frames" },
};

static void json_mapping(struct printer *p, const struct symbols *s, size_t i)
{
	const struct sym_mapping *m = &s->mappings.p[i];
	struct jw *w = entry(p, "mapping", s, i);

	print_key_u64(w, "start", m->start);
	print_key_u64(w, "limit", m->limit);
	print_key_u64(w, "offset", m->offset);
	print_key_str(w, "file", text_of(s, m->file));
	print_key_str(w, "build_id", text_of(s, m->build_id));
	jw_key(w, STR("has"));
	jw_open(w, '[');
	for (size_t k = 0; k < ARRAY_LEN(flags); k++)
		if (m->flags & flags[k].flag)
			jw_str(w, str_cstr(flags[k].name));
	jw_close(w, ']');
}

static int dump_mappings(struct printer *p, const struct symbols *s, struct err *e)
{
	for (size_t i = 0; i < s->mappings.n; i++) {
		const struct sym_mapping *m = &s->mappings.p[i];

		if (p->json) {
			json_mapping(p, s, i);
			if (print_close(p, e) < 0)
				return -1;
			continue;
		}
		buf_printf(&p->b, "    mapping %zu 0x%" PRIx64 "-0x%" PRIx64 " offset 0x%" PRIx64 " file ", i, m->start,
		    m->limit, m->offset);
		print_quoted(&p->b, text_of(s, m->file));
		buf_add(&p->b, STR(" build "));
		print_quoted(&p->b, text_of(s, m->build_id));
		for (size_t k = 0; k < ARRAY_LEN(flags); k++)
			if (m->flags & flags[k].flag)
				buf_printf(&p->b, " %s", flags[k].name);
		buf_byte(&p->b, '\n');
		if (print_more(p, e) < 0)
			return -1;
	}
	return 0;
}

static int dump_functions(struct printer *p, const struct symbols *s, struct err *e)
{
	for (size_t i = 0; i < s->functions.n; i++) {
		const struct sym_function *f = &s->functions.p[i];

		if (p->json) {
			struct jw *w = entry(p, "function", s, i);

			print_key_str(w, "name", text_of(s, f->name));
			print_key_str(w, "system_name", text_of(s, f->system_name));
			print_key_str(w, "file", text_of(s, f->file));
			print_key_u64(w, "start_line", f->start_line);
			if (print_close(p, e) < 0)
				return -1;
			continue;
		}
		buf_printf(&p->b, "    function %zu ", i);
		print_quoted(&p->b, text_of(s, f->name));
		if (f->system_name != f->name) {
			buf_add(&p->b, STR(" system "));
			print_quoted(&p->b, text_of(s, f->system_name));
		}
		buf_add(&p->b, STR(" in "));
		print_quoted(&p->b, text_of(s, f->file));
		buf_printf(&p->b, " line %u\n", f->start_line);
		if (print_more(p, e) < 0)
			return -1;
	}
	return 0;
}

static void json_lines(struct jw *w, const struct sym_line *lines, uint32_t n)
{
	jw_key(w, STR("lines"));
	jw_open(w, '[');
	for (uint32_t k = 0; k < n; k++) {
		jw_open(w, '[');
		jw_u64(w, lines[k].function);
		jw_u64(w, lines[k].line);
		jw_close(w, ']');
	}
	jw_close(w, ']');
}

static int dump_locations(struct printer *p, const struct symbols *s, struct err *e)
{
	for (size_t i = 0; i < s->locations.n; i++) {
		const struct sym_location *l = &s->locations.p[i];
		const struct sym_line *lines = s->lines.p + l->first_line;

		if (p->json) {
			struct jw *w = entry(p, "location", s, i);

			print_key_u64(w, "address", l->address);
			print_key_u64(w, "mapping", l->mapping);
			json_lines(w, lines, l->n_lines);
			if (print_close(p, e) < 0)
				return -1;
			continue;
		}
		buf_printf(&p->b, "    location %zu address 0x%" PRIx64 " mapping %u", i, l->address, l->mapping);
		for (uint32_t k = 0; k < l->n_lines; k++)
			buf_printf(&p->b, "%s%u:%u", k ? " " : " function:line ", lines[k].function, lines[k].line);
		buf_byte(&p->b, '\n');
		if (print_more(p, e) < 0)
			return -1;
	}
	return 0;
}

static int dump_nodes(struct printer *p, const struct symbols *s, struct err *e)
{
	for (size_t i = 1; i < s->nodes.n; i++) {
		if (p->json) {
			struct jw *w = entry(p, "stack", s, i);

			print_key_u64(w, "parent", s->nodes.p[i].parent);
			print_key_u64(w, "location", s->nodes.p[i].location);
			if (print_close(p, e) < 0)
				return -1;
			continue;
		}
		buf_printf(&p->b, "    stack %zu parent %u location %u\n", i, s->nodes.p[i].parent,
		    s->nodes.p[i].location);
		if (print_more(p, e) < 0)
			return -1;
	}
	return 0;
}

static int partition_head(struct printer *p, const struct symbols *s, struct err *e)
{
	const struct {
		const char *name;
		size_t n;
	} counts[] = {
		{ "strings", s->strings.n },
		{ "mappings", s->mappings.n },
		{ "functions", s->functions.n },
		{ "locations", s->locations.n },
		{ "nodes", s->nodes.n },
	};

	if (p->json) {
		struct jw *w = print_open(p, "partition");

		print_key_hex(w, "partition", s->partition);
		for (size_t i = 0; i < ARRAY_LEN(counts); i++)
			print_key_u64(w, counts[i].name, counts[i].n);
		return print_close(p, e);
	}
	buf_printf(&p->b, "  partition %016" PRIx64 ":", s->partition);
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		buf_printf(&p->b, "%s %zu %s", i ? "," : "", counts[i].n, counts[i].name);
	buf_byte(&p->b, '\n');
	return print_more(p, e);
}

int dump_partition(struct printer *p, const struct symbols *s, struct err *e)
{
	if (partition_head(p, s, e) < 0 || dump_strings(p, s, e) < 0 || dump_mappings(p, s, e) < 0 ||
	    dump_functions(p, s, e) < 0 || dump_locations(p, s, e) < 0)
		return -1;
	return dump_nodes(p, s, e);
}

/* ---- a file by itself ---- */

static int head_line(struct printer *p, const char *path, uint32_t version, uint32_t n, struct err *e)
{
	if (p->json) {
		struct jw *w = print_open(p, "symbols");

		print_key_str(w, "path", str_cstr(path));
		print_key_u64(w, "version", version);
		print_key_u64(w, "partitions", n);
		return print_close(p, e);
	}
	buf_printf(&p->b, "symbols %s\n  symdb version %u, %u partitions\n", path, version, n);
	return print_more(p, e);
}

/* index.symdb tells which partitions there are; their contents lie in its neighbours. */
static int only_ids(struct printer *p, const uint64_t *ids, uint32_t n, struct err *e)
{
	for (uint32_t i = 0; i < n; i++) {
		if (p->json) {
			print_key_hex(print_open(p, "partition"), "partition", ids[i]);
			if (print_close(p, e) < 0)
				return -1;
			continue;
		}
		buf_printf(&p->b, "  partition %016" PRIx64 "\n", ids[i]);
		if (print_more(p, e) < 0)
			return -1;
	}
	return 0;
}

static int partitions(struct printer *p, const char *path, struct symdb *db, bool contents, struct err *e)
{
	const uint64_t *ids;
	uint32_t n = symdb_partitions(db, &ids);
	int rc = head_line(p, path, symdb_version(db), n, e);

	if (rc == 0 && !contents)
		return only_ids(p, ids, n, e);
	for (uint32_t i = 0; i < n && rc == 0; i++) {
		struct symbols *s;

		rc = symdb_partition(db, i, &s, e);
		if (rc == 0) {
			rc = dump_partition(p, s, e);
			symbols_free(s);
		}
	}
	return rc;
}

static int dump_files(struct printer *p, const char *path, const struct symdb_files *files, bool contents,
    struct err *e)
{
	struct symdb *db = symdb_open(files, e);
	int rc;

	if (db == NULL)
		return -1;
	rc = partitions(p, path, db, contents, e);
	symdb_close(db);
	return rc;
}

int dump_symdb(struct printer *p, const char *path, struct str bytes, struct err *e)
{
	enum { FOOTER = 24 };
	/* Of a lone index.symdb nothing is read but the index: any size of the tables will do. */
	static struct symdb_tables somewhere = {
		.rows = { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX },
	};
	struct str end = str_skip(bytes, bytes.n < FOOTER ? bytes.n : bytes.n - FOOTER);
	struct symdb_files files = { 0 };

	if (str_prefix(end, STR("sym1"))) {
		files.symbols = blob_mem(bytes);
	} else {
		files.index = blob_mem(bytes);
		files.stacktraces = blob_mem(STR(""));
		files.tables = &somewhere;
	}
	return dump_files(p, path, &files, files.symbols != NULL, e);
}

static int open_tables(struct blobs *parts, struct symdb_tables **out, struct err *e)
{
	static const char *const names[SYMDB_TABLES] = {
		[SYMDB_STRINGS] = "strings.parquet",
		[SYMDB_MAPPINGS] = "mappings.parquet",
		[SYMDB_FUNCTIONS] = "functions.parquet",
		[SYMDB_LOCATIONS] = "locations.parquet",
	};
	struct blob *files[SYMDB_TABLES] = { NULL };

	for (int i = 0; i < SYMDB_TABLES; i++) {
		if (names[i] == NULL || (files[i] = blobs_open(parts, str_cstr(names[i]), e)) != NULL)
			continue;
		while (i-- > 0)
			blob_close(files[i]);
		return -1;
	}
	*out = symtables_open(files, e);
	return *out ? 0 : -1;
}

int dump_symdb_folder(struct printer *p, const char *path, struct blobs *parts, struct err *e)
{
	struct symdb_files files = { 0 };

	files.index = blobs_open(parts, STR("index.symdb"), e);
	if (files.index == NULL)
		return -1;
	files.stacktraces = blobs_open(parts, STR("stacktraces.symdb"), e);
	if (files.stacktraces == NULL || open_tables(parts, &files.tables, e) < 0) {
		blob_close(files.stacktraces);
		blob_close(files.index);
		return -1;
	}
	return dump_files(p, path, &files, true, e);
}
