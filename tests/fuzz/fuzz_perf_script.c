/* `perf script` text: whatever it is, the pieces that the cut makes hold as many samples as the whole. */
#include "formats/perf/perf_script.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(bool ok)
{
	if (!ok)
		__builtin_trap();
}

/* Samples of all events; UINT64_MAX when the text is refused because of its many events. */
static uint64_t samples(struct arena *a, struct str text, unsigned keep)
{
	struct format_opts o = { .keep = keep, .marks = keep ? 7 : 0, .root = (enum format_root)(keep & 3) };
	struct format_profiles got = { 0 };
	uint64_t sum = 0;
	struct err e;

	if (perf_script_decode(a, text, &o, &got, &e) < 0)
		return e.kind == ERR_LIMIT ? UINT64_MAX : 0;
	for (uint32_t i = 0; i < got.n; i++)
		for (uint32_t k = 0; k < got.p[i].p->n_samples; k++)
			sum += (uint64_t)profile_value(got.p[i].p, k, 0);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new();
	struct str text = str_of(p, n);
	size_t cut = perf_script_cut(str_of(p, n / 2));
	uint64_t whole = samples(a, text, 0), apart;

	check(cut <= n / 2);
	check(samples(a, text, FORMAT_TAGS | FORMAT_TIMES) == whole);
	apart = samples(a, str_of(p, cut), 0);
	if (whole != UINT64_MAX && apart != UINT64_MAX)
		check(apart + samples(a, str_skip(text, cut), 0) == whole);
	arena_free(a);
	return 0;
}
