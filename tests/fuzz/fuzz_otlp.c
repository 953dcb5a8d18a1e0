/*
 * Export requests in protobuf (in JSON: fuzz_otlp_json.c): what was taken is
 * written as a request that reads back with the same total. The first byte
 * says what is kept.
 */
#ifndef FUZZ_OTLP
#define FUZZ_OTLP OTLP_PROTOBUF
#endif

#include "base/mem.h"
#include "formats/otlp/otlp.h"
#include "formats/pprof/pprof.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static uint64_t total(const struct profile *p)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < (size_t)p->n_samples * p->n_types; i++)
		sum += (uint64_t)p->values[i];
	return sum;
}

static void positions(const struct profile *p)
{
	uint32_t n_tags = p->tag_at ? p->tag_at[p->n_samples] : 0;

	for (uint32_t i = 0; i < p->stack_at[p->n_samples]; i++)
		check(p->stack[i] < p->n_locations);
	for (uint32_t i = 0; i < n_tags; i++)
		check(p->tags[i].key < p->n_strings && p->tags[i].str < p->n_strings && p->tags[i].unit < p->n_strings);
	for (uint32_t i = 0; i < p->n_locations; i++)
		check(p->locations[i].mapping < p->n_mappings || p->locations[i].mapping == PROFILE_NONE);
	for (uint32_t i = 0; i < p->n_lines; i++)
		check(p->lines[i].function < p->n_functions);
	check(pprof_size(p) > 0);
}

/* All profiles as the server takes them. */
static void stored(struct arena *a, struct str bytes, enum otlp_wire wire)
{
	struct otlp_opts o = { .as_stored = true };
	struct format_profiles got;
	struct otlp *q;
	struct err e;

	if (otlp_read(a, bytes, wire, &o, &q, &e) < 0)
		return;
	for (uint32_t i = 0; i < otlp_profiles(q) && otlp_convert(q, i, &got, &e) == 0; i++)
		for (uint32_t k = 0; k < got.n; k++)
			positions(got.p[k].p);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new();
	enum otlp_wire wire = FUZZ_OTLP;
	const struct format *f = format_by_name(wire == OTLP_JSON ? STR("otlp-json") : STR("otlp"), &(struct err){ 0 });
	struct format_opts o = { .keep = n > 0 ? p[0] & 3u : 3, .type = FORMAT_ALL_TYPES };
	struct format_profiles got = { 0 }, again = { 0 };
	struct str bytes = str_of(p + (n > 0), n - (n > 0));
	struct buf out;
	struct err e;

	stored(a, bytes, wire);
	if (f->decode(a, bytes, &o, &got, &e) == 0) {
		uint64_t before = 0, after = 0;

		buf_init(&out, SIZE_MAX / 2);
		for (uint32_t i = 0; i < got.n; i++) {
			positions(got.p[i].p);
			before += total(got.p[i].p);
		}
		check(f->encode(got.p, got.n, &o, &out, &e) == 0);
		check(f->decode(a, buf_str(&out), &o, &again, &e) == 0);
		for (uint32_t i = 0; i < again.n; i++)
			after += total(again.p[i].p);
		check(before == after);
		buf_fini(&out);
	}
	arena_free(a);
	return 0;
}
