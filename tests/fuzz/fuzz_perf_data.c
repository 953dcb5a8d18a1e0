/*
 * perf.data: what is read sums up to as many samples as there are, whatever is kept apart. Each mapping is of the program that
 * is somewhere in the same bytes, so that dumps of stacks are walked.
 */
#include "formats/perf/perf_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static bool program(void *ctx, struct str path, struct str id, struct str *bytes)
{
	const struct str *all = ctx;

	(void)path;
	(void)id;
	*bytes = str_skip(*all, str_search(*all, STR("\177ELF")));
	return bytes->n > 0;
}

static uint64_t samples(struct arena *a, struct str bytes, unsigned keep)
{
	struct format_opts o = { .keep = keep,
		.lenient = true,
		.root = (enum format_root)(keep & 3),
		.binary = program,
		.binary_ctx = &bytes };
	struct format_profiles got = { 0 };
	uint64_t sum = 0;
	struct err e;

	if (perf_data_decode(a, bytes, &o, &got, &e) < 0)
		return 0;
	for (uint32_t i = 0; i < got.n; i++)
		for (uint32_t k = 0; k < got.p[i].p->n_samples; k++)
			sum += (uint64_t)profile_value(got.p[i].p, k, 0);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new();
	struct str bytes = str_of(p, n);

	if (samples(a, bytes, 0) != samples(a, bytes, FORMAT_TAGS | FORMAT_TIMES))
		__builtin_trap();
	arena_free(a);
	return 0;
}
