/* legacy.c - see legacy.h: text, samples, numbers */
#include "base/hash.h"
#include "formats/legacy/legacy.h"

#include <math.h>
#include <stdlib.h>

void legacy_init(struct legacy *l, struct arena *a, struct str text, const struct format_opts *o)
{
	*l = (struct legacy){ .a = a, .text = { .rest = text }, .o = o };
}

void legacy_types(struct legacy *l, const char *types, const char *period_type)
{
	struct str rest = str_cstr(types), period = str_cstr(period_type), word;

	l->n_types = 1;
	for (const char *p = types; *p; p++)
		l->n_types += *p == ' ';
	l->n_types /= 2;
	l->b = profile_builder_new(l->a, l->n_types);
	l->tags = arena_zarray(l->a, 1, sizeof(*l->tags));
	l->cap_tags = 1;
	for (uint32_t i = 0; i < l->n_types; i++) {
		word = str_cut(&rest, ' ');
		profile_builder_type(l->b, i, word, str_cut(&rest, ' '));
	}
	word = str_cut(&period, ' ');
	l->period_type.type = profile_builder_str(l->b, word);
	l->period_type.unit = profile_builder_str(l->b, period);
}

/* ---- text ---- */

bool legacy_line(struct legacy *l)
{
	return lines_next(&l->text);
}

int legacy_bad(struct legacy *l, const char *text, struct err *e)
{
	legacy_drop(l);
	return lines_bad(&l->text, l->a, l->o, &l->notes, text, e);
}

bool legacy_blank(struct str line)
{
	line = str_trim(line);
	return line.n == 0 || line.p[0] == '#';
}

static bool contains(struct str s, struct str part)
{
	return str_search(s, part) < s.n;
}

bool legacy_is_maps(struct str line)
{
	return contains(line, STR("--- Memory map: ---")) || contains(line, STR("MAPPED_LIBRARIES:"));
}

bool legacy_number(struct str *s, int64_t *v)
{
	size_t i = s->n && s->p[0] == '-', first = i;
	uint64_t most = (uint64_t)INT64_MAX + first, sum = 0;

	for (; i < s->n && s->p[i] >= '0' && s->p[i] <= '9'; i++) {
		unsigned digit = (unsigned)(s->p[i] - '0');

		if (sum > (most - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	if (i == first)
		return false;
	*v = (int64_t)(first ? 0 - sum : sum);
	*s = str_skip(*s, i);
	return true;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool legacy_address(struct str *s, uint64_t *v)
{
	size_t i = 2;

	if (s->n < 3 || s->p[0] != '0' || s->p[1] != 'x' || hex_digit(s->p[2]) < 0)
		return false;
	*v = 0;
	for (int digit; i < s->n && (digit = hex_digit(s->p[i])) >= 0; i++) {
		if (*v >> 60)
			return false;
		*v = *v << 4 | (unsigned)digit;
	}
	*s = str_skip(*s, i);
	return true;
}

void legacy_blanks(struct str *s)
{
	while (s->n && (s->p[0] == ' ' || s->p[0] == '\t'))
		*s = str_skip(*s, 1);
}

bool legacy_skip(struct str *s, struct str text)
{
	if (!str_prefix(*s, text))
		return false;
	*s = str_skip(*s, text.n);
	return true;
}

/* ---- samples ---- */

uint32_t legacy_depth(const struct legacy *l)
{
	return l->n_addresses - l->begun;
}

void legacy_push(struct legacy *l, uint64_t address)
{
	if (l->n_addresses == l->cap_addresses)
		l->addresses = profile_grow(l->a, l->addresses, sizeof(*l->addresses), l->n_addresses,
		    &l->cap_addresses);
	l->addresses[l->n_addresses++] = address;
}

int legacy_push_all(struct legacy *l, struct str s, uint32_t minus)
{
	while (s.n) {
		const char *zero = memchr(s.p, '0', s.n);
		uint64_t v;

		if (zero == NULL)
			break;
		s = str_skip(s, (size_t)(zero - s.p));
		if (legacy_address(&s, &v))
			legacy_push(l, v - (legacy_depth(l) >= minus));
		else if (s.n > 2 && s.p[1] == 'x' && hex_digit(s.p[2]) >= 0)
			return -1;
		else
			s = str_skip(s, 1);
	}
	return 0;
}

void legacy_drop(struct legacy *l)
{
	l->n_addresses = l->begun;
	l->n_tags = l->tags_begun;
}

void legacy_tag(struct legacy *l, struct str key, struct str text, int64_t number)
{
	struct tag t = { .key = profile_builder_str(l->b, key), .num = number };

	if (text.n)
		t.str = profile_builder_str(l->b, text);
	if (l->n_tags == l->cap_tags)
		l->tags = profile_grow(l->a, l->tags, sizeof(*l->tags), l->n_tags, &l->cap_tags);
	l->tags[l->n_tags++] = t;
}

void legacy_sample(struct legacy *l, const int64_t *values)
{
	uint32_t i = l->n_samples, cap = l->cap_samples;

	if (i == l->cap_samples) {
		l->samples = profile_grow(l->a, l->samples, sizeof(*l->samples), i, &cap);
		cap = l->cap_samples;
		l->values = profile_grow(l->a, l->values, sizeof(*l->values) * l->n_types, i, &cap);
		l->cap_samples = cap;
	}
	l->samples[i] = (struct legacy_sample){ l->begun, legacy_depth(l), l->tags_begun, l->n_tags - l->tags_begun };
	memcpy(l->values + (size_t)i * l->n_types, values, l->n_types * sizeof(*values));
	l->n_samples++;
	l->begun = l->n_addresses;
	l->tags_begun = l->n_tags;
}

/* ---- numbers ---- */

int64_t legacy_int64(double v)
{
	return v > -0x1p63 && v < 0x1p63 ? (int64_t)v : INT64_MIN;
}

void legacy_unsample(int64_t *count, int64_t *size, int64_t rate)
{
	double scale;

	if (*count == 0 || *size == 0) {
		*count = *size = 0;
	} else if (rate > 1) {
		scale = 1 / (1 - exp(-((double)*size / (double)*count) / (double)rate));
		*count = legacy_int64((double)*count * scale);
		*size = legacy_int64((double)*size * scale);
	}
}

/* ---- names ---- */

static uint64_t address_hash(uint64_t address)
{
	return hash_seeded(str_of(&address, sizeof(address)));
}

static uint32_t find_name(const struct legacy *l, uint64_t address)
{
	struct table_at at = table_find(&l->name_table, address_hash(address));

	for (uint32_t v; table_next(&at, &v);)
		if (l->named[v] == address)
			return v;
	return UINT32_MAX;
}

void legacy_name(struct legacy *l, uint64_t address, struct legacy_name name)
{
	if (name.name.n == 0 || find_name(l, address) != UINT32_MAX)
		return;
	if (l->n_names == l->cap_named)
		l->named = profile_grow(l->a, l->named, sizeof(*l->named), l->n_names, &l->cap_named);
	if (l->n_names == l->cap_names)
		l->names = profile_grow(l->a, l->names, sizeof(*l->names), l->n_names, &l->cap_names);
	table_put(&l->name_table, l->a, address_hash(address), l->n_names);
	l->named[l->n_names] = address;
	l->names[l->n_names++] = name;
}

/* ---- the profile ---- */

struct places { /* locations in the order of their first use */
	uint64_t *address;
	uint32_t *location; /* of the builder */
	uint32_t n, cap;
	struct table index;
};

/* Turns the addresses of all samples into places; ref: one for each address of the samples that are left. */
static uint32_t *find_places(struct legacy *l, struct places *x)
{
	uint32_t *ref = arena_array(l->a, (size_t)l->n_addresses + 1, sizeof(*ref));

	for (uint32_t i = 0; i < l->n_samples; i++) {
		const struct legacy_sample *s = &l->samples[i];

		for (uint32_t k = s->at; k < s->at + s->n; k++) {
			uint64_t address = l->addresses[k], hash = address_hash(address);
			struct table_at at = table_find(&x->index, hash);
			uint32_t v = UINT32_MAX;

			while (table_next(&at, &v))
				if (x->address[v] == address)
					break;
				else
					v = UINT32_MAX;
			if (v == UINT32_MAX) {
				if (x->n == x->cap)
					x->address = profile_grow(l->a, x->address, sizeof(*x->address), x->n, &x->cap);
				table_put(&x->index, l->a, hash, v = x->n);
				x->address[x->n++] = address;
			}
			ref[k] = v;
		}
	}
	return ref;
}

static uint32_t make_location(struct legacy *l, uint64_t address, uint32_t mapping)
{
	struct location loc = { .address = address, .mapping = mapping };
	uint32_t i = find_name(l, address);
	struct function f;
	struct line line;

	if (l->whole_names)
		loc.address = 0;
	if (i == UINT32_MAX)
		return profile_builder_location(l->b, &loc, NULL);
	f = (struct function){ .name = profile_builder_str(l->b, l->names[i].name) };
	f.system_name = f.name;
	f.file = profile_builder_str(l->b, l->names[i].file);
	line = (struct line){ .function = profile_builder_function(l->b, &f), .line = l->names[i].line };
	loc.n_lines = 1;
	return profile_builder_location(l->b, &loc, &line);
}

enum { MAX_SCANS = 1 << 26 }; /* mappings that are looked at for locations that none holds */

struct mapper {
	struct legacy *l;
	uint32_t *order; /* by start */
	uint32_t fake;   /* UINT32_MAX: not needed yet */
	uint32_t scans;
	bool offsets; /* some mapping has one */
};

/* Mappings are few and seldom overlap: the last that begins before it, and some before that one. */
static uint32_t holding(const struct mapper *m, uint64_t address)
{
	const struct legacy_mapping *all = m->l->mappings;
	uint32_t low = 0, high = m->l->n_mappings, best = UINT32_MAX;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (all[m->order[mid]].start <= address)
			low = mid + 1;
		else
			high = mid;
	}
	for (uint32_t i = low, looks = 16; i > 0 && looks > 0; i--, looks--)
		if (address < all[m->order[i - 1]].limit)
			best = MIN(best, m->order[i - 1]);
	return best;
}

/* Some writers forget the first part of a mapping that was split: its offset tells. */
static uint32_t before_offset(struct mapper *m, uint64_t address)
{
	struct legacy *l = m->l;

	for (uint32_t i = 0; m->offsets && i < l->n_mappings && m->scans < MAX_SCANS; i++, m->scans++) {
		struct legacy_mapping *own = &l->mappings[i];

		if (own->offset == 0 || own->start - own->offset > address || address >= own->start)
			continue;
		own->start -= own->offset;
		own->offset = 0;
		return i;
	}
	return UINT32_MAX;
}

static uint32_t find_mapping(struct mapper *m, uint64_t address)
{
	uint32_t i;

	if (address == 0)
		return PROFILE_NONE;
	if ((i = holding(m, address)) != UINT32_MAX || (i = before_offset(m, address)) != UINT32_MAX)
		return i;
	m->fake = m->l->n_mappings;
	return m->fake;
}

static int by_start(const void *a, const void *b, void *mappings)
{
	const struct legacy_mapping *all = mappings;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	if (all[x].start != all[y].start)
		return all[x].start < all[y].start ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Mappings and locations; *locations: of each place. */
static void make_tables(struct legacy *l, struct places *x)
{
	struct mapper m = { .l = l, .fake = UINT32_MAX };
	uint32_t *which = arena_array(l->a, (size_t)x->n + 1, sizeof(*which));
	uint32_t *number = arena_array(l->a, (size_t)l->n_mappings + 1, sizeof(*number));

	m.order = arena_array(l->a, (size_t)l->n_mappings + 1, sizeof(*m.order));
	for (uint32_t i = 0; i < l->n_mappings; i++) {
		m.order[i] = i;
		m.offsets |= l->mappings[i].offset != 0;
	}
	if (l->n_mappings)
		qsort_r(m.order, l->n_mappings, sizeof(*m.order), by_start, l->mappings);
	for (uint32_t i = 0; i < x->n; i++)
		which[i] = l->whole_names && find_name(l, x->address[i]) != UINT32_MAX
		    ? PROFILE_NONE
		    : find_mapping(&m, x->address[i]);
	for (uint32_t i = 0; i < l->n_mappings + (m.fake != UINT32_MAX); i++) {
		struct legacy_mapping fake = { .limit = UINT64_MAX },
				      *own = i < l->n_mappings ? &l->mappings[i] : &fake;

		number[i] = profile_builder_mapping(l->b,
		    &(struct mapping){ .start = own->start,
			.limit = own->limit,
			.offset = own->offset,
			.file = profile_builder_str(l->b, own->file),
			.build_id = profile_builder_str(l->b, own->build_id) });
	}
	x->location = arena_array(l->a, (size_t)x->n + 1, sizeof(*x->location));
	for (uint32_t i = 0; i < x->n; i++)
		x->location[i] = make_location(l, x->address[i],
		    which[i] == PROFILE_NONE ? PROFILE_NONE : number[which[i]]);
}

/* Frames of the profilers and allocators themselves: pprof leaves them out of stacks that have names. */
static const char cpu_frames[] = "ProfileData::Add|ProfileData::prof_handler|CpuProfiler::prof_handler|"
				 "__pthread_sighandler|__restore";
static const char heap_frames[] =
    "calloc|cfree|malloc|free|memalign|do_memalign|(__)?posix_memalign|pvalloc|valloc|realloc|"
    "tcmalloc::.*|tc_calloc|tc_cfree|tc_malloc|tc_free|tc_memalign|tc_posix_memalign|tc_pvalloc|tc_valloc|"
    "tc_realloc|tc_new|tc_delete|tc_newarray|tc_deletearray|tc_new_nothrow|tc_newarray_nothrow|"
    "malloc_zone_malloc|malloc_zone_calloc|malloc_zone_valloc|malloc_zone_realloc|malloc_zone_memalign|"
    "malloc_zone_free|"
    "runtime\\..*|"
    "BaseArena::.*|(::)?do_malloc_no_errno|(::)?do_malloc_pages|(::)?do_malloc|DoSampledAllocation|"
    "MallocedMemBlock::MallocedMemBlock|_M_allocate|__builtin_(vec_)?delete|__builtin_(vec_)?new|"
    "__gnu_cxx::new_allocator::allocate|__libc_malloc|__malloc_alloc_template::allocate|allocate|cpp_alloc|"
    "operator new(\\[\\])?|simple_alloc::allocate";
static const char heap_kept[] = "runtime\\.panic|runtime\\.reflectcall|runtime\\.call[0-9]*";
static const char lock_frames[] =
    "RecordLockProfileData|(base::)?RecordLockProfileData.*|(base::)?SubmitMutexProfileData.*|"
    "(base::)?SubmitSpinLockProfileData.*|(base::Mutex::)?AwaitCommon.*|(base::Mutex::)?Unlock.*|"
    "(base::Mutex::)?UnlockSlow.*|(base::Mutex::)?ReaderUnlock.*|(base::MutexLock::)?~MutexLock.*|"
    "(Mutex::)?AwaitCommon.*|(Mutex::)?Unlock.*|(Mutex::)?UnlockSlow.*|(Mutex::)?ReaderUnlock.*|"
    "(MutexLock::)?~MutexLock.*|(SpinLock::)?Unlock.*|(SpinLock::)?SlowUnlock.*|(SpinLockHolder::)?~SpinLockHolder.*";

int legacy_finish(struct legacy *l, enum legacy_kind kind, struct format_profiles *out)
{
	static const char *const drop[] = { cpu_frames, heap_frames, lock_frames };
	struct places x = { 0 };
	struct profile *p;
	uint32_t *ref, drops, keeps;

	legacy_maps_order(l);
	ref = find_places(l, &x);
	make_tables(l, &x);
	for (uint32_t i = 0; i < l->n_samples; i++) {
		const struct legacy_sample *s = &l->samples[i];

		for (uint32_t k = s->at; k < s->at + s->n; k++)
			ref[k] = x.location[ref[k]];
		profile_builder_append(l->b, ref + s->at, s->n, l->values + (size_t)i * l->n_types, l->tags + s->tag_at,
		    s->n_tags);
	}
	drops = profile_builder_str(l->b, str_cstr(drop[kind]));
	keeps = kind == LEGACY_HEAP ? profile_builder_str(l->b, str_cstr(heap_kept)) : 0;
	p = profile_builder_finish(l->b);
	p->drop_frames = drops;
	p->keep_frames = keeps;
	p->period_type = l->period_type;
	p->has_period_type = true;
	p->period = l->period;
	p->duration = l->duration;
	out->notes = l->notes;
	return format_one(l->a, p, out);
}
