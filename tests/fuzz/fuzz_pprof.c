/*
 * pprof: what is taken must encode, and read back to the same bytes. A merge
 * of it with itself has every sum twice, and so have the parts of it behind itself.
 */
#include "base/mem.h"
#include "formats/folded/folded.h"
#include "formats/pprof/pprof_parts.h"
#include "tests/lib/pprof_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static void check_positions(const struct profile *o)
{
	for (uint32_t i = 0; i < o->stack_at[o->n_samples]; i++)
		check(o->stack[i] < o->n_locations || o->stack[i] == PROFILE_NONE);
	for (uint32_t i = 0; i < o->n_lines; i++)
		check(o->lines[i].function < o->n_functions || o->lines[i].function == PROFILE_NONE);
	for (uint32_t i = 0; i < o->n_locations; i++) {
		const struct location *l = &o->locations[i];

		check(l->mapping < o->n_mappings || l->mapping == PROFILE_NONE);
		check(l->first_line <= o->n_lines && l->n_lines <= o->n_lines - l->first_line);
	}
}

static void round_trip(struct arena *a, const struct profile *o)
{
	struct profile *again;
	struct buf one, two;
	struct err e;

	buf_init(&one, SIZE_MAX / 2);
	buf_init(&two, SIZE_MAX / 2);
	pprof_encode(o, &one);
	if (pprof_decode(a, buf_str(&one), &again, &e) == 0) {
		check(again->n_samples == o->n_samples && again->n_locations == o->n_locations);
		pprof_encode(again, &two);
		check(str_eq(buf_str(&one), buf_str(&two)));
	} else {
		/* many types and samples without values: with none written they are out of proportion */
		check(o->faults.value_count > 0);
	}
	buf_fini(&one);
	buf_fini(&two);
}

static uint64_t total(const struct profile *o, uint32_t type)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < o->n_samples; i++)
		sum += (uint64_t)profile_value(o, i, type);
	return sum;
}

static void merge_twice(struct arena *a, struct profile *o)
{
	struct profile *in[2] = { o, o }, *sum;
	struct err e;

	if (o->n_types > 8)
		return;
	sum = profile_merge(a, in, 2, true, &e);
	check(sum != NULL);
	check_positions(sum);
	for (uint32_t k = 0; k < o->n_types; k++)
		check(total(sum, k) == 2 * total(o, k));
	if (o->n_types) {
		struct buf b;

		buf_init(&b, 1 << 20);
		folded_encode(sum, 0, &b);
		buf_fini(&b);
	}
}

static uint64_t all_of(const struct profile *o)
{
	uint64_t sum = 0;

	for (uint32_t k = 0; k < o->n_types; k++)
		sum += total(o, k);
	return sum;
}

/* Also in members that end anywhere. */
static void check_parts(struct arena *a, struct str s, const struct profile *o)
{
	const size_t ends[] = { s.n / 3, s.n, s.n + s.n / 2, 2 * s.n };
	uint64_t sum;
	struct profile **parts;
	uint32_t n;
	struct buf twice;
	struct err e;

	buf_init(&twice, SIZE_MAX / 2);
	buf_add(&twice, s);
	buf_add(&twice, s);
	for (size_t k = 0; k <= ARRAY_LEN(ends); k += ARRAY_LEN(ends)) {
		if (pprof_decode_parts(a, buf_str(&twice), ends, k, &parts, &n, &e) < 0) {
			check(e.kind == ERR_INVALID || e.kind == ERR_LIMIT);
			continue;
		}
		sum = 0;
		for (uint32_t i = 0; i < n; i++)
			sum += all_of(parts[i]);
		check(n == 1 ? parts[0]->faults.value_count > 0 || sum == 0 : sum == 2 * all_of(o));
	}
	buf_fini(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new();
	struct profile *o;
	struct buf scratch;
	struct err e;
	int rc;

	buf_init(&scratch, 1 << 22);
	if (n >= 2 && p[0] == 0x1f && p[1] == 0x8b)
		rc = pprof_read(a, str_of(p, n), 1 << 22, &scratch, &o, &e);
	else
		rc = pprof_decode(a, str_of(p, n), &o, &e);
	if (rc == 0) {
		check_positions(o);
		round_trip(a, o);
		merge_twice(a, o);
		if (scratch.n == 0 && o->faults.value_count == 0)
			check_parts(a, str_of(p, n), o);
	} else {
		check(e.kind == ERR_INVALID || e.kind == ERR_LIMIT);
	}
	buf_fini(&scratch);
	arena_free(a);
	return 0;
}
