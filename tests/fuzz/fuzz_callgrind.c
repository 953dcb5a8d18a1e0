/* Call graphs: what was read can be written, and what was written is read with the same totals. The first byte: options. */
#include "base/mem.h"
#include "tests/lib/profile_sound.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

extern const struct format format_callgrind;

static uint64_t total(const struct profile *p, uint32_t type)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < p->n_samples; i++)
		sum += (uint64_t)profile_value(p, i, type);
	return sum;
}

static void round_trip(struct arena *a, const struct profile *p)
{
	struct format_opts o = { .type = FORMAT_ALL_TYPES };
	struct format_profiles got = { 0 };
	struct buf b;
	struct err e;

	buf_init(&b, SIZE_MAX / 2);
	if (format_callgrind.encode(&(struct format_profile){ .p = (struct profile *)(uintptr_t)p }, 1, &o, &b, &e) ==
	    0) {
		sound(format_callgrind.decode(a, buf_str(&b), &o, &got, &e) == 0);
		sound(got.p[0].p->n_types == p->n_types);
		for (uint32_t i = 0; i < p->n_types; i++)
			sound(total(got.p[0].p, i) == total(p, i));
	}
	buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct format_opts o = { .lenient = n > 0 && (p[0] & 8) };
	struct format_profiles got = { 0 };
	struct arena *a = arena_new();
	struct err e;

	if (n > 0) {
		row_sound(&format_callgrind, p[0], str_of(p + 1, n - 1));
		if (format_callgrind.decode(a, str_of(p + 1, n - 1), &o, &got, &e) == 0)
			round_trip(a, got.p[0].p);
	}
	arena_free(a);
	return 0;
}
