/*
 * The way of a profile, from its bytes to a block: decode, clean, store, cut,
 * read back. First byte: which limits; then labels, name=value by commas, up
 * to a line end; then the pprof. What the head took stands in the blocks, and
 * they are sound; the records make the same head again.
 */
#include "base/zip.h"
#include "formats/block/block.h"
#include "formats/block/block_check.h"
#include "formats/block/block_cut.h"
#include "formats/pprof/pprof.h"
#include "io/blobs.h"
#include "tools/pyro-ingest/clean.h"

enum { ROOM = 1 << 26 };

#define NOW (INT64_C(1768471200) * NS_PER_S)

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static void no_problem(void *ctx, const char *problem)
{
	(void)ctx;
	check(problem == NULL);
}

static struct limits limits_by(uint8_t bits)
{
	struct limits l = { .max_profile_stacktrace_samples = 2000, .max_profile_stacktrace_depth = 300 };

	if (bits & 1)
		l.reject_older_than = l.reject_newer_than = 3600 * NS_PER_S;
	if (bits & 2)
		l.max_profile_stacktrace_depth = 3;
	if (bits & 4)
		l.max_profile_symbol_value_length = 5;
	if (bits & 8)
		l.max_label_names_per_series = 5;
	if (bits & 16)
		l.max_sessions_per_series = 3;
	l.enforce_labels_order = bits & 32;
	l.disable_label_sanitization = bits & 64;
	return l;
}

static struct labels read_labels(struct arena *a, struct str line)
{
	struct labels l = { arena_array(a, line.n + 1, sizeof(*l.p)), 0 };

	while (line.n > 0) {
		struct str value = str_cut(&line, ','), name = str_cut(&value, '=');

		l.p[l.n++] = (struct label){ name, value };
	}
	return l;
}

static uint64_t cut(struct arena *a, struct head *h)
{
	struct dataset *set = &h->set;
	struct cut_window *w;
	uint64_t rows = 0;
	struct err e;
	size_t n;

	check(cut_windows(a, &set, 1, 3600 * NS_PER_S, &w, &n, &e) == 0);
	for (size_t i = 0; i < n; i++) {
		struct ulid id = { { 1 } };
		struct blobs *parts = blobs_mem();
		struct block_parts b;
		struct block *block;
		uint32_t problems;

		check(cut_block(&set, 1, w[i], id, &b, &e) == 0);
		for (uint32_t k = 0; k < b.n_parts; k++)
			blobs_mem_add(parts, NULL, b.part[k].name, b.part[k].bytes);
		block = block_open(parts, &e);
		check(block != NULL);
		check(block_check(block, no_problem, NULL, &problems, &e) == 0 && problems == 0);
		rows += block->meta.n_profiles;
		block_close(block);
		block_parts_free(&b);
	}
	return rows;
}

static void store(struct arena *a, struct clean_out *out)
{
	struct sym_importer *imp = sym_importer_new();
	struct head *h = head_new(), *again = head_new();
	struct buf record;
	struct err e;

	buf_init(&record, ROOM);
	for (uint32_t i = 0; i < out->n; i++) {
		buf_reset(&record);
		head_add(h, imp, &out->p[i], &record);
		check(!record.over);
		check(head_replay(again, buf_str(&record), &e) == 0);
	}
	check(again->n_rows == h->n_rows && again->n_samples == h->n_samples && head_series(again) == head_series(h));
	check(cut(a, h) == h->n_rows);
	buf_fini(&record);
	sym_importer_free(imp);
	head_free(h);
	head_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new();
	struct str rest = str_of(p, n), line;
	struct limits limits = limits_by(n > 0 ? p[0] : 0);
	struct clean_rules rules = { .limits = &limits };
	struct clean_in in = { .rules = &rules, .now = NOW };
	struct labels sent;
	struct clean_out out;
	struct err e;

	line = str_cut(&rest, '\n');
	sent = read_labels(a, str_skip(line, 1));
	in.labels = clean_labels(a, &sent);
	if (pprof_decode(a, rest, &in.profile, &e) == 0 && clean_profile(a, &in, &out, &e) == 0)
		store(a, &out);
	arena_free(a);
	return 0;
}
