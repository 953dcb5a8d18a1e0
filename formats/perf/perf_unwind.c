/* perf_unwind.c - see perf_unwind.h */
#include "formats/perf/perf_unwind.h"

#include <elf.h>

#include "base/hash.h"
#include "formats/symbolize/cfi.h"

struct unwind_file {
	struct str path, id;
	struct elf elf;
	struct cfi *cfi; /* NULL: it cannot be walked, see why */
	enum perf_unwind_end why;
};

void perf_unwind_init(struct perf_unwind *w, struct arena *a, const struct format_opts *o, const struct perf_maps *maps)
{
	*w = (struct perf_unwind){ .a = a, .o = o, .maps = maps };
}

/* ---- files ---- */

static bool other_build(const struct elf *f, struct str id)
{
	static const char hex[] = "0123456789abcdef";

	if (id.n == 0 || f->build_id.n == 0)
		return false;
	if (id.n != f->build_id.n * 2)
		return true;
	for (size_t i = 0; i < id.n; i++)
		if (id.p[i] != hex[(unsigned char)f->build_id.p[i / 2] >> (i % 2 ? 0 : 4) & 15])
			return true;
	return false;
}

static void open_file(struct perf_unwind *w, struct unwind_file *x)
{
	struct str bytes;
	struct err e;

	if (x->path.n == 0 || x->path.p[0] != '/' || w->o->binary == NULL ||
	    !w->o->binary(w->o->binary_ctx, x->path, x->id, &bytes) || elf_open(w->a, bytes, &x->elf, &e) < 0)
		return;
	x->why = other_build(&x->elf, x->id) ? UNWIND_OTHER_BUILD : UNWIND_NO_RULES;
	if (x->why == UNWIND_NO_RULES)
		x->cfi = cfi_open(w->a, &x->elf, &e);
}

static struct unwind_file *file_of(struct perf_unwind *w, const struct perf_map *map)
{
	uint64_t hash = hash_mix(hash_seeded(map->file), hash_seeded(map->build_id));
	struct table_at at = table_find(&w->index, hash);
	struct unwind_file *x;

	for (uint32_t v; table_next(&at, &v);) {
		x = &w->files[v];
		if (str_eq(x->path, map->file) && str_eq(x->id, map->build_id))
			return x;
	}
	if (w->n_files == w->cap_files)
		w->files = profile_grow(w->a, w->files, sizeof(*w->files), w->n_files, &w->cap_files);
	x = &w->files[w->n_files];
	*x = (struct unwind_file){ .path = map->file, .id = map->build_id };
	table_put(&w->index, w->a, hash, w->n_files++);
	x->why = UNWIND_NO_FILE;
	if (w->n_files <= PERF_UNWIND_FILES)
		open_file(w, x);
	return x;
}

/* ---- registers ---- */

/* The numbers of DWARF, by those of the kernel; -1: nobody needs it. */
static const int8_t x86_numbers[] = { 0, 3, 2, 1, 4, 5, 6, 7, 16, -1, -1, -1, -1, -1, -1, -1, 8, 9, 10, 11, 12, 13, 14,
	15 };

enum {
	X86_PC = 8,
	X86_SP = 7, /* of DWARF, as the next */
	X86_SEGMENTS = 12,
	ARM_PC = 32,
	ARM_SP = 31,
};

static bool dumped_register(const struct perf_dump *d, unsigned number, uint64_t *value)
{
	uint64_t below = d->mask & ((UINT64_C(1) << number) - 1);

	if (!(d->mask >> number & 1))
		return false;
	memcpy(value, d->regs + (size_t)__builtin_popcountll(below) * 8, sizeof(*value));
	return true;
}

/* x86-64 never dumps the four segments that have the numbers of x12 to x15. */
static bool is_arm(const struct perf_dump *d)
{
	return d->mask >> ARM_PC & 1 && d->mask >> X86_SEGMENTS & 15;
}

static bool first_frame(const struct perf_dump *d, struct cfi_frame *f)
{
	bool arm = is_arm(d);
	unsigned n = arm ? ARM_PC : ARRAY_LEN(x86_numbers);

	*f = (struct cfi_frame){ .signal = true };
	for (unsigned i = 0; i < n; i++) {
		int number = arm ? (int)i : x86_numbers[i];

		if (number >= 0 && dumped_register(d, i, &f->reg[number]))
			f->known |= UINT64_C(1) << number;
	}
	return dumped_register(d, arm ? ARM_PC : X86_PC, &f->pc);
}

struct memory {
	struct str bytes;
	uint64_t at;
};

static bool read_dump(void *ctx, uint64_t addr, uint64_t *value)
{
	const struct memory *m = ctx;

	if (addr < m->at || addr - m->at > m->bytes.n || m->bytes.n - (addr - m->at) < sizeof(*value))
		return false;
	memcpy(value, m->bytes.p + (addr - m->at), sizeof(*value));
	return true;
}

/* ---- the walk ---- */

static enum perf_unwind_end end_of(enum cfi_result r)
{
	switch (r) {
	case CFI_END: return UNWIND_WHOLE;
	case CFI_NONE: return UNWIND_NO_RULES;
	case CFI_MEMORY: return UNWIND_DUMP;
	default: return UNWIND_BROKEN;
	}
}

/* The file at an address of the process, and the address in it; NULL: *end says why. */
static struct unwind_file *place_of(struct perf_unwind *w, uint32_t space, uint64_t addr, bool arm, uint64_t *in_file,
    enum perf_unwind_end *end)
{
	uint32_t i = perf_maps_find(w->maps, space, addr);
	const struct perf_map *map = i == PROFILE_NONE ? NULL : &w->maps->maps[i];
	struct unwind_file *x;

	*end = UNWIND_NO_FILE;
	if (map == NULL)
		return NULL;
	x = file_of(w, map);
	*end = x->why;
	if (x->why != UNWIND_NO_RULES && w->first_missing.n == 0)
		w->first_missing = x->path;
	return x->cfi && arm == (x->elf.machine == EM_AARCH64) &&
		elf_address(&x->elf, addr - map->start + map->offset, in_file)
	    ? x
	    : NULL;
}

static enum perf_unwind_end walk(struct perf_unwind *w, uint32_t space, const struct perf_dump *d, uint64_t *out,
    uint32_t *n)
{
	const bool arm = is_arm(d);
	struct memory dump = { .bytes = d->memory };
	const struct cfi_memory memory = { .read = read_dump, .ctx = &dump };
	enum perf_unwind_end end;
	enum cfi_result got;
	struct cfi_frame f;
	uint64_t addr, at;
	struct unwind_file *x;

	if (d->abi != PERF_ABI_64)
		return UNWIND_OTHER_ABI;
	if (!first_frame(d, &f))
		return UNWIND_BROKEN;
	dump.at = f.reg[arm ? ARM_SP : X86_SP];
	while (*n < PERF_UNWIND_MAX) {
		addr = f.pc - !f.signal; /* what was interrupted is exact; the others are returned to */
		out[(*n)++] = addr;
		x = place_of(w, space, addr, arm, &at, &end);
		if (x == NULL)
			return end;
		got = cfi_step(x->cfi, at, &f, &memory);
		if (got != CFI_CALLER)
			return end_of(got);
	}
	return UNWIND_DEEP;
}

uint32_t perf_unwind(struct perf_unwind *w, uint32_t space, const struct perf_dump *d, uint64_t out[PERF_UNWIND_MAX])
{
	uint32_t n = 0;

	w->n++;
	w->ends[walk(w, space, d, out, &n)]++;
	return n;
}

/* ---- what to say ---- */

struct str perf_unwind_warning(const struct perf_unwind *w)
{
	static const char *const texts[N_UNWIND_ENDS] = {
		[UNWIND_NO_FILE] = "in a file that is not here",
		[UNWIND_OTHER_BUILD] = "in a file of another build",
		[UNWIND_NO_RULES] = "where no table says who called",
		[UNWIND_DUMP] = "beyond what was dumped (perf record --call-graph dwarf,SIZE)",
		[UNWIND_BROKEN] = "at a frame that makes no sense",
		[UNWIND_DEEP] = "after as many frames as are walked",
		[UNWIND_OTHER_ABI] = "at once, being of programs of 32 bits or a big-endian machine",
	};
	const char *between = ":";
	struct buf b;
	struct str s;

	if (w->n == w->ends[UNWIND_WHOLE])
		return STR_NONE;
	buf_init(&b, SIZE_MAX / 2);
	buf_printf(&b, "%llu of %llu stacks are not whole", (unsigned long long)(w->n - w->ends[UNWIND_WHOLE]),
	    (unsigned long long)w->n);
	for (unsigned i = 1; i < N_UNWIND_ENDS; i++)
		if (w->ends[i]) {
			buf_printf(&b, "%s %llu end %s", between, (unsigned long long)w->ends[i], texts[i]);
			between = ",";
		}
	if (w->first_missing.n)
		buf_printf(&b, "; the first such file is " STR_FMT, STR_ARG(w->first_missing));
	s = arena_str(w->a, buf_str(&b));
	buf_fini(&b);
	return s;
}
