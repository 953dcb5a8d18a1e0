/* dump_rows.c - rows of a block or of a journal's heads, with their stacks */
#include <inttypes.h>

#include "base/num.h"
#include "formats/ulid.h"
#include "tools/pyro-block/dump.h"

/* Span ids are kept as they lie in memory, and written as the bytes come. */
static uint64_t span_digits(uint64_t span)
{
	return __builtin_bswap64(span);
}

struct rows {
	struct printer *p;
	struct dataset *d;
	VEC(uint32_t) stack;
	uint64_t number;
};

static void frame(const struct rows *r, const struct symbols *s, const struct sym_location *l, uint32_t line, bool json)
{
	struct buf *b = &r->p->b;
	char address[24];
	struct str name;
	size_t n;

	if (l->n_lines > 0) {
		name = s->strings.p[s->functions.p[s->lines.p[l->first_line + line].function].name];
	} else {
		struct buf hex;

		buf_init(&hex, sizeof(address));
		buf_printf(&hex, "0x%" PRIx64, l->address);
		n = MIN(hex.n, sizeof(address));
		memcpy(address, hex.p, n);
		buf_fini(&hex);
		name = str_of(address, n);
	}
	if (json)
		jw_str(&r->p->w, name);
	else
		print_word(b, name);
}

/* From the root; inlined calls after those that they were inlined into. */
static void print_stack(struct rows *r, const struct symbols *s, uint32_t id)
{
	bool first = true;
	uint32_t n;

	vec_reserve(&r->stack, s->nodes.n);
	n = id < s->nodes.n ? symbols_stack(s, id, r->stack.p, (uint32_t)r->stack.cap) : 0;
	while (n-- > 0) {
		const struct sym_location *l = &s->locations.p[r->stack.p[n]];

		for (uint32_t line = MAX(l->n_lines, 1u); line-- > 0; first = false) {
			if (!first && !r->p->json)
				buf_byte(&r->p->b, ';');
			frame(r, s, l, line, r->p->json);
		}
	}
}

static void json_row(struct rows *r, const struct row *row, const struct symbols *s)
{
	struct jw *w = print_open(r->p, "row");
	char id[UUID_TEXT + 1];

	uuid_print(row->id, id);
	print_key_u64(w, "number", r->number);
	print_key_u64(w, "series", row->series);
	print_key_hex(w, "partition", s->partition);
	print_key_i64(w, "time", row->time);
	print_key_i64(w, "duration", row->duration);
	print_key_i64(w, "total", row->total);
	print_key_str(w, "id", str_cstr(id));
	jw_key(w, STR("samples"));
	jw_open(w, '[');
	for (uint32_t i = 0; i < row->n; i++) {
		jw_open(w, '{');
		print_key_i64(w, "value", row->values[i]);
		print_key_u64(w, "stack_id", row->stacks[i]);
		if (row->spans && row->spans[i])
			print_key_hex(w, "span", span_digits(row->spans[i]));
		jw_key(w, STR("stack"));
		jw_open(w, '[');
		print_stack(r, s, row->stacks[i]);
		jw_close(w, ']');
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static int text_row(struct rows *r, const struct row *row, const struct symbols *s, struct err *e)
{
	struct buf *b = &r->p->b;
	char id[UUID_TEXT + 1];

	uuid_print(row->id, id);
	buf_printf(b, "  row %" PRIu64 " series %u ", r->number, row->series);
	print_time(b, row->time);
	if (row->duration) {
		struct arena *a = arena_new();

		buf_add(b, STR(" for "));
		buf_add(b, num_go_duration(a, row->duration));
		arena_free(a);
	}
	buf_printf(b, " total %" PRId64 " partition %016" PRIx64 " id %s\n", row->total, s->partition, id);
	for (uint32_t i = 0; i < row->n; i++) {
		buf_printf(b, "    %" PRId64 " ", row->values[i]);
		if (row->spans && row->spans[i])
			buf_printf(b, "span %016" PRIx64 " ", span_digits(row->spans[i]));
		print_stack(r, s, row->stacks[i]);
		buf_byte(b, '\n');
		if (print_more(r->p, e) < 0)
			return -1;
	}
	return 0;
}

static int one_row(void *ctx, const struct row *row, struct err *e)
{
	struct rows *r = ctx;
	struct symbols *s;
	int rc = 0;

	if (dataset_symbols(r->d, row->partition, &s, e) < 0)
		return -1;
	if (r->p->json) {
		json_row(r, row, s);
		rc = print_close(r->p, e);
	} else {
		rc = text_row(r, row, s, e);
	}
	r->number++;
	return rc;
}

int dump_rows(struct printer *p, struct dataset *d, struct err *e)
{
	struct rows r = { .p = p, .d = d };
	struct scan s = { .from = INT64_MIN,
		.to = INT64_MAX,
		.samples = true,
		.spans = true,
		.ids = true,
		.row = one_row,
		.ctx = &r };
	struct arena *a = arena_new();
	struct series_list list;
	int rc = dataset_series(d, a, NULL, &list, e);

	if (rc == 0) {
		s.series = list.p;
		s.n_series = list.n;
		rc = dataset_scan(d, &s, e);
	}
	vec_free(&r.stack);
	arena_free(a);
	return rc;
}
