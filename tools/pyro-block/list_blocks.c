/* list_blocks.c - pyro-block list: one line a block, from its meta.json alone */
#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "base/vec.h"
#include "formats/block/block.h"
#include "tools/pyro-block/block.h"
#include "tools/pyro-block/found.h"
#include "tools/pyro-block/parts.h"
#include "tools/pyro-block/printer.h"

enum { COLUMNS = 10 };

static const struct {
	const char *title;
	bool right;
} columns[COLUMNS] = {
	{ "BLOCK", false },
	{ "TENANT", false },
	{ "LEVEL", true },
	{ "FROM", false },
	{ "TO", false },
	{ "SERIES", true },
	{ "ROWS", true },
	{ "SAMPLES", true },
	{ "BYTES", true },
	{ "B/ROW", true },
};

struct table_line {
	struct str cell[COLUMNS];
};

struct listing {
	struct printer p;
	struct arena *mem;
	VEC(struct table_line) lines;
};

/* Old blocks do not tell sizes: then the files are asked, where they are at hand. */
static uint64_t bytes_of(struct blobs *parts, const struct block_meta *m)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < m->n_files; i++) {
		uint64_t size = m->files[i].size;
		struct err ignored;

		if (size == 0) {
			struct blob *b = blobs_open(parts, m->files[i].path, &ignored);

			size = b ? b->size : 0;
			blob_close(b);
		}
		n += size;
	}
	return n;
}

static double bytes_per_row(uint64_t bytes, const struct block_meta *m)
{
	return m->n_profiles ? (double)bytes / (double)m->n_profiles : 0;
}

static int json_line(struct listing *l, const struct found *f, const struct block_meta *m, const char *id,
    uint64_t bytes, struct err *e)
{
	struct jw *w = print_open(&l->p, "block");

	print_key_str(w, "block", str_cstr(id));
	if (f->at.tenant.n > 0)
		print_key_str(w, "tenant", f->at.tenant);
	print_key_str(w, "path", str_cstr(f->path));
	print_key_u64(w, "version", m->version);
	print_key_u64(w, "level", m->level);
	print_key_str(w, "from", num_rfc3339(l->mem, ms_to_ns(m->min_time)));
	print_key_str(w, "to", num_rfc3339(l->mem, ms_to_ns(m->max_time)));
	print_key_u64(w, "series", m->n_series);
	print_key_u64(w, "rows", m->n_profiles);
	print_key_u64(w, "samples", m->n_samples);
	print_key_u64(w, "bytes", bytes);
	jw_key(w, STR("bytes_per_row"));
	jw_f64(w, bytes_per_row(bytes, m));
	return print_close(&l->p, e);
}

static void text_line(struct listing *l, const struct found *f, const struct block_meta *m, const char *id,
    uint64_t bytes)
{
	struct arena *a = l->mem;
	struct table_line line = { .cell = {
				       arena_printf(a, "%s", id),
				       f->at.tenant.n ? arena_str(a, f->at.tenant) : STR("-"),
				       arena_printf(a, "%u", m->level),
				       num_rfc3339(a, ms_to_ns(m->min_time)),
				       num_rfc3339(a, ms_to_ns(m->max_time)),
				       arena_printf(a, "%" PRIu64, m->n_series),
				       arena_printf(a, "%" PRIu64, m->n_profiles),
				       arena_printf(a, "%" PRIu64, m->n_samples),
				       arena_printf(a, "%" PRIu64, bytes),
				       arena_printf(a, "%.1f", bytes_per_row(bytes, m)),
				   } };

	vec_push(&l->lines, line);
}

static int one_block(void *ctx, struct found *f, struct err *e)
{
	struct listing *l = ctx;
	struct arena *a;
	struct block_meta m;
	char id[ULID_TEXT + 1];
	struct err bad;
	int rc = 0;

	if (f->kind != FOUND_BLOCK)
		return err_set(e, ERR_UNSUPPORTED, "part of a block, or a journal; `dump` shows it");
	a = arena_new();
	if (part_meta(a, f->parts, &m, &bad) < 0) {
		print_trouble(&l->p, f->path, &bad);
	} else {
		ulid_print(m.ulid, id);
		if (l->p.json)
			rc = json_line(l, f, &m, id, bytes_of(f->parts, &m), e);
		else
			text_line(l, f, &m, id, bytes_of(f->parts, &m));
	}
	arena_free(a);
	return rc;
}

static void print_line(struct buf *b, const struct table_line *line, const size_t *width)
{
	for (int i = 0; i < COLUMNS; i++) {
		size_t fill = width[i] - line->cell[i].n;

		if (i > 0)
			buf_add(b, STR("  "));
		if (columns[i].right)
			buf_fill(b, ' ', fill);
		buf_add(b, line->cell[i]);
		if (!columns[i].right)
			buf_fill(b, ' ', fill);
	}
	buf_byte(b, '\n');
}

static void print_table(struct listing *l)
{
	size_t width[COLUMNS];
	struct table_line head;

	for (int i = 0; i < COLUMNS; i++) {
		head.cell[i] = str_cstr(columns[i].title);
		width[i] = head.cell[i].n;
		for (size_t k = 0; k < l->lines.n; k++)
			width[i] = MAX(width[i], l->lines.p[k].cell[i].n);
	}
	if (l->lines.n > 0)
		print_line(&l->p.b, &head, width);
	for (size_t k = 0; k < l->lines.n; k++)
		print_line(&l->p.b, &l->lines.p[k], width);
}

int block_list(struct tool *t, const struct block_opts *o, struct err *e)
{
	static const char *const standard_input[] = { "-" };
	const char *const *paths = t->conf.n_args ? t->conf.args : standard_input;
	size_t n = t->conf.n_args ? t->conf.n_args : 1;
	struct listing l = { .mem = arena_new() };
	int rc = 0;

	print_init(&l.p, t, o->json);
	for (size_t i = 0; i < n && !l.p.closed; i++) {
		rc = found_each(paths[i], "meta.json", one_block, &l, e);
		if (rc < 0 && !l.p.closed)
			print_trouble(&l.p, "", e);
	}
	print_table(&l);
	rc = print_end(&l.p, l.p.closed ? -1 : 0, e);
	vec_free(&l.lines);
	arena_free(l.mem);
	return rc;
}
