/*
 * fuzz_json_formats.c - formats of text with a structure: the first byte says which and
 * with which options. What was read is written by every format that writes,
 * and what that wrote it reads.
 */
#include "base/mem.h"
#include "formats/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const char *const names[] = { "speedscope", "cpuprofile", "heapprofile", "flamebearer", "trace-event",
	"stackprof", "firefox", "jsonl", "stacks-csv", "stacks-tsv", "pprof-json", "svg", "html" };

static void check(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static void write_all(struct arena *a, const struct format_profiles *in)
{
	for (size_t i = 0; i < ARRAY_LEN(names) && in->n; i++) {
		const struct format *f = format_by_name(str_cstr(names[i]), &(struct err){ 0 });
		struct format_opts o = { .type = FORMAT_ALL_TYPES };
		struct format_profiles again = { 0 };
		struct buf b;
		struct err e;

		if (f->encode == NULL || in->p[0].p->n_types == 0)
			continue;
		buf_init(&b, SIZE_MAX / 2);
		if (f->encode(in->p, f->several ? in->n : 1, &o, &b, &e) == 0)
			check(b.n == 0 || f->decode(a, buf_str(&b), &o, &again, &e) == 0); /* 0: there were no values */
		else /* negative values, sums beyond 63 bits */
			check(e.kind == ERR_INVALID);
		buf_fini(&b);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new();
	struct format_profiles got = { 0 };
	struct format_opts o = { 0 };
	const struct format *f;
	struct str text;
	struct err e = { 0 };

	if (n > 0) {
		f = format_by_name(str_cstr(names[p[0] / 8 % ARRAY_LEN(names)]), &e);
		o.keep = p[0] & 3;
		o.lenient = p[0] & 4;
		text = str_of(p + 1, n - 1);
		f->bid(text, STR_NONE);
		if (f->decode(a, text, &o, &got, &e) == 0)
			write_all(a, &got);
		else
			check(e.kind == ERR_INVALID || e.kind == ERR_LIMIT);
	}
	arena_free(a);
	return 0;
}
