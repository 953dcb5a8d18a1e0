/*
 * Tables of samples. Byte 0: options, and with its highest bit the rest is a file as it is; else a file is made of the
 * rest, since no mutation of a page gets past its checksum: columns, levels and values follow the bytes. What was read can
 * be written, and what was written is read with the same totals.
 */
#include "base/mem.h"
#include "formats/parquet/writer.h"
#include "tests/lib/profile_sound.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

extern const struct format format_parquet;

enum { MAX_ENTRIES = 64 };

static const struct pq_form forms[] = { { PQ_DICTIONARY, false, 1 }, { PQ_PLAIN, false, 1 } };

static uint8_t take(struct str *in)
{
	uint8_t c = in->n ? (uint8_t)in->p[0] : 0;

	*in = str_skip(*in, in->n > 0);
	return c;
}

struct levels {
	uint32_t row_at[MAX_ENTRIES + 1];
	uint8_t def[MAX_ENTRIES];
	uint32_t values, v[MAX_ENTRIES];
};

static void put_column(struct pq_writer *w, struct str *in, uint32_t rows, bool list, uint8_t max_def, bool words)
{
	const struct str names[] = { STR("a"), STR("b;\n"), STR(""), STR("\xff") };
	struct levels l = { .values = 0 };
	uint32_t n = 0;

	for (uint32_t r = 0; r < rows; r++) {
		uint32_t more = list ? 1 + take(in) % (MAX_ENTRIES / rows) : 1;

		l.row_at[r] = n;
		for (; more > 0; more--, n++) {
			l.def[n] = max_def ? (uint8_t)(take(in) % (max_def + 1)) : 0;
			if (l.def[n] == max_def)
				l.v[l.values++] = words ? take(in) % 4 : take(in) * UINT32_C(0x1010101);
		}
	}
	l.row_at[rows] = n;
	pq_writer_column(w,
	    &(struct pq_column){ .u32 = l.v,
		.words = words && l.values ? names : NULL,
		.n = l.values,
		.row_at = list ? l.row_at : NULL,
		.def = max_def ? l.def : NULL,
		.page_entries = 1 + take(in) % 16,
		.forms = forms,
		.n_forms = ARRAY_LEN(forms) });
}

static void make(struct str *in, struct buf *out)
{
	uint8_t how = take(in), rep = how & 1 ? PQ_OPTIONAL : PQ_REQUIRED;
	struct pq_node nodes[] = {
		{ .name = STR("s"), .type = PQ_GROUP, .n_children = 5 },
		{ .name = STR("stack"), .type = PQ_GROUP, .repetition = rep, .n_children = 1 },
		{ .name = STR("list"), .type = PQ_GROUP, .repetition = PQ_REPEATED, .n_children = 1 },
		{ .name = STR("element"), .type = PQ_BYTES, .repetition = rep },
		{ .name = STR("time"),
		    .type = PQ_INT64,
		    .repetition = rep,
		    .logical = PQ_TIMESTAMP_NS + (how >> 1) % 3 },
		{ .name = STR("profile"), .type = PQ_BYTES, .repetition = rep },
		{ .name = STR("cpu_ns"), .type = how & 16 ? PQ_INT64 : PQ_INT32, .repetition = rep },
		{ .name = STR("labels"), .type = PQ_GROUP, .repetition = rep, .n_children = 1 },
		{ .name = STR("key_value"), .type = PQ_GROUP, .repetition = PQ_REPEATED, .n_children = 2 },
		{ .name = STR("key"), .type = PQ_BYTES, .repetition = PQ_REQUIRED },
		{ .name = STR("value"), .type = PQ_BYTES, .repetition = rep },
	};
	uint8_t more = rep == PQ_OPTIONAL;
	struct pq_writer *w = pq_writer_new(out, nodes, ARRAY_LEN(nodes), true);

	for (uint32_t groups = (how >> 5) % 3; groups > 0; groups--) {
		uint32_t rows = 1 + take(in) % 16;

		pq_writer_group(w, rows);
		put_column(w, in, rows, true, more ? 3 : 1, true);
		put_column(w, in, rows, false, more, false);
		put_column(w, in, rows, false, more, true);
		put_column(w, in, rows, false, more, false);
		put_column(w, in, rows, true, more ? 2 : 1, true);
		put_column(w, in, rows, true, more ? 3 : 1, true);
	}
	pq_writer_finish(w, STR("fuzz"));
}

static uint64_t total(const struct profile *p, uint32_t type)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < p->n_samples; i++)
		sum += (uint64_t)profile_value(p, i, type);
	return sum;
}

static void round_trip(struct arena *a, const struct format_profiles *in)
{
	struct format_opts o = { .type = FORMAT_ALL_TYPES, .keep = FORMAT_TAGS | FORMAT_TIMES };
	struct format_profiles got = { 0 };
	struct buf b;
	struct err e;

	buf_init(&b, SIZE_MAX / 2);
	sound(format_parquet.encode(in->p, in->n, &o, &b, &e) == 0);
	sound(format_parquet.decode(a, buf_str(&b), &o, &got, &e) == 0);
	for (uint32_t i = 0; in->n == 1 && i < in->p[0].p->n_types; i++)
		sound(total(got.p[0].p, i) == total(in->p[0].p, i));
	buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str in = str_of(p, n);
	uint8_t how = take(&in);
	struct format_opts o = { .keep = how & 7 };
	struct format_profiles got = { 0 };
	struct arena *a = arena_new();
	struct buf made;
	struct err e;

	buf_init(&made, SIZE_MAX / 2);
	if (how < 128) {
		make(&in, &made);
		in = buf_str(&made);
	}
	row_sound(&format_parquet, how, in);
	if (format_parquet.decode(a, in, &o, &got, &e) == 0)
		round_trip(a, &got);
	else
		sound(how >= 128);
	buf_fini(&made);
	arena_free(a);
	return 0;
}
