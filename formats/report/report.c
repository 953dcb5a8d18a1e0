#include "formats/report/report.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/num.h"
#include "formats/report/report_impl.h"

struct report_opts report_defaults(void)
{
	return (struct report_opts){
		.node_count = -1,
		.node_fraction = 0.005,
		.edge_fraction = 0.001,
		.divide_by = 1,
		.unit = STR("minimum"),
	};
}

uint32_t report_intern(struct report *r, struct str s)
{
	uint64_t hash;
	struct map_at at;

	if (s.n == 0)
		return 0;
	hash = hash_seeded(s);
	at = map_find(&r->string_map, hash);
	for (uint32_t i; map_next(&at, &i);)
		if (str_eq(r->strings.p[i], s))
			return i;
	map_put(&r->string_map, hash, (uint32_t)r->strings.n);
	vec_push(&r->strings, s);
	return (uint32_t)r->strings.n - 1;
}

struct str report_mapping_file(const struct report *r, uint32_t location)
{
	uint32_t m = r->mappings[location];

	return m != PROFILE_NONE ? report_str(r, r->object[m]) : STR("");
}

static int unknown_type(const struct profile *p, struct str want, struct err *e)
{
	struct buf names;
	int rc;

	buf_init(&names, 700);
	for (uint32_t i = 0; i < p->n_types; i++) {
		buf_add(&names, i ? STR(", ") : STR(""));
		buf_add(&names, profile_str(p, p->types[i].type));
	}
	rc = err_set(e, ERR_INVALID, "the profile has no sample type \"" STR_FMT "\", but: " STR_FMT,
	    (int)MIN(want.n, 200), want.p, STR_ARG(buf_str(&names)));
	buf_fini(&names);
	return rc;
}

static bool is_type(const struct profile *p, uint32_t i, struct str name)
{
	return str_eq(profile_str(p, p->types[i].type), name);
}

/* By number, by name, or the profile's own choice, which is the last type when it has none. */
static int select_type(struct report *r, struct err *e)
{
	const struct profile *p = r->p;
	struct str want = r->o.sample, own = profile_str(p, p->default_type);
	uint64_t number;
	struct err no;

	if (p->n_types == 0)
		return err_set(e, ERR_INVALID, "the profile has no sample types");
	r->type = p->n_types - 1;
	if (want.n == 0) {
		for (uint32_t i = p->n_types; own.n > 0 && i-- > 0;)
			if (is_type(p, i, own))
				r->type = i;
		return 0;
	}
	if (num_u64(want, &number, &no) == 0) {
		if (number >= p->n_types)
			return unknown_type(p, want, e);
		r->type = (uint32_t)number;
		return 0;
	}
	for (uint32_t i = 0; i < p->n_types; i++)
		if (is_type(p, i, want) || (str_prefix(want, STR("inuse_")) && is_type(p, i, str_skip(want, 6)))) {
			r->type = i;
			return 0;
		}
	return unknown_type(p, want, e);
}

static void name_type(struct report *r)
{
	const struct value_type *t = &r->p->types[r->type];
	struct str name = profile_str(r->p, t->type);

	r->unit = profile_str(r->p, t->unit);
	r->type_name = r->o.mean ? arena_printf(r->mem, "mean_" STR_FMT, STR_ARG(name)) : name;
}

static void take_functions(struct report *r)
{
	const struct profile *p = r->p;

	r->n_functions = p->n_functions;
	r->functions = arena_array(r->mem, (size_t)p->n_functions + 1, sizeof(*r->functions));
	for (uint32_t i = 0; i < p->n_functions; i++) {
		const struct function *f = &p->functions[i];

		r->functions[i] = (struct rfunction){ .name = report_intern(r, profile_str(p, f->name)),
			.system = profile_str(p, f->system_name),
			.file = profile_str(p, f->file),
			.start_line = f->start_line };
	}
}

/* A file that looks like an address on the network is where the profile was fetched from, not a binary. */
static bool is_url(struct str s)
{
	size_t n = 0;

	while (n < s.n && ((s.p[n] | 32) >= 'a' && (s.p[n] | 32) <= 'z'))
		n++;
	while (n > 0 && n < s.n &&
	    (((s.p[n] | 32) >= 'a' && (s.p[n] | 32) <= 'z') || (s.p[n] >= '0' && s.p[n] <= '9') || s.p[n] == '+' ||
		s.p[n] == '-' || s.p[n] == '.'))
		n++;
	return n > 0 && n < s.n && s.p[n] == ':';
}

static void take_locations(struct report *r)
{
	const struct profile *p = r->p;
	size_t n = (size_t)p->n_locations + 1;

	r->object = arena_array(r->mem, (size_t)p->n_mappings + 1, sizeof(*r->object));
	for (uint32_t i = 0; i < p->n_mappings; i++) {
		struct str file = profile_str(p, p->mappings[i].file);
		bool fetched = profile_str(p, p->mappings[i].build_id).n == 0 && is_url(file);

		r->object[i] = fetched ? 0 : report_intern(r, file);
	}
	r->n_locations = p->n_locations;
	r->locations = arena_array(r->mem, n, sizeof(*r->locations));
	r->addresses = arena_array(r->mem, n, sizeof(*r->addresses));
	r->mappings = arena_array(r->mem, n, sizeof(*r->mappings));
	for (uint32_t i = 0; i < p->n_locations; i++) {
		const struct location *l = &p->locations[i];

		r->locations[i] = (struct rlocation){ l->first_line, l->n_lines };
		r->addresses[i] = l->address;
		r->last_id = MAX(r->last_id, l->id);
		r->mappings[i] = l->mapping < p->n_mappings ? l->mapping : PROFILE_NONE;
	}
	r->lines = p->lines;
	r->n_lines = p->n_lines;
}

static void take_samples(struct report *r)
{
	const struct profile *p = r->p;

	r->n_samples = p->n_samples;
	r->samples = arena_array(r->mem, (size_t)p->n_samples + 1, sizeof(*r->samples));
	r->stack = p->stack;
	for (uint32_t i = 0; i < p->n_samples; i++)
		r->samples[i] = (struct rsample){ i, p->stack_at[i], p->stack_at[i + 1] - p->stack_at[i] };
}

/* Samples of the base of a comparison, as pprof -diff_base marks them. */
static bool is_base(const struct report *r, uint32_t sample)
{
	const struct tag *t;
	uint32_t n = report_tags_of(r->p, sample, &t);

	for (uint32_t i = 0; i < n; i++)
		if (t[i].str != 0 && str_eq(profile_str(r->p, t[i].key), STR("pprof::base")) &&
		    str_eq(profile_str(r->p, t[i].str), STR("true")))
			return true;
	return false;
}

static void find_base(struct report *r)
{
	for (uint32_t i = 0; i < r->p->n_strings && r->p->tag_at != NULL; i++)
		r->have_base |= str_eq(r->p->strings[i], STR("pprof::base"));
}

/* Percentages refer to the sum of absolute values; of a comparison, to those of the base. */
static int64_t sum_total(const struct report *r)
{
	int64_t total = 0, divisor = 0, base_total = 0, base_divisor = 0;

	for (uint32_t i = 0; i < r->n_samples; i++) {
		const struct rsample *s = &r->samples[i];
		int64_t v = abs_wrap(report_weight(r, s)), d = report_divisor(r, s);

		total = sum_wrap(total, v);
		divisor = sum_wrap(divisor, d);
		if (r->have_base && is_base(r, s->number)) {
			base_total = sum_wrap(base_total, v);
			base_divisor = sum_wrap(base_divisor, d);
		}
	}
	if (base_total > 0) {
		total = base_total;
		divisor = base_divisor;
	}
	return divisor != 0 ? div_wrap(total, divisor) : total;
}

/* Of inlined calls only the function that was really called. Columns that nobody asks for go, as they do in pprof. */
static void fold_inlined(struct report *r)
{
	struct line *lines = arena_array(r->mem, (size_t)r->n_lines + 1, sizeof(*lines));

	for (uint32_t i = 0; i < r->n_lines; i++) {
		lines[i] = r->lines[i];
		lines[i].column = r->o.show_columns ? lines[i].column : 0;
	}
	r->lines = lines;
	for (uint32_t i = 0; i < r->n_locations; i++) {
		struct rlocation *l = &r->locations[i];

		if (l->n > 1) {
			l->first += l->n - 1;
			l->n = 1;
		}
	}
}

static int prepare(struct report *r, struct err *e)
{
	if (select_type(r, e) < 0)
		return -1;
	name_type(r);
	take_functions(r);
	take_locations(r);
	take_samples(r);
	find_base(r);
	if (report_drop_frames(r, e) < 0)
		return -1;
	report_tag_units(r);
	report_tag_frames(r);
	if (!r->o.relative)
		r->total = sum_total(r);
	if (report_filter(r, e) < 0)
		return -1;
	if (r->o.relative)
		r->total = sum_total(r);
	if (r->o.total != 0)
		r->total = r->o.total;
	if (r->o.noinlines)
		fold_inlined(r);
	r->out_unit = r->o.unit;
	return 0;
}

struct report *report_new(const struct profile *p, const struct report_opts *o, struct err *e)
{
	struct report *r = mem_zalloc(sizeof(*r));

	r->mem = arena_new();
	r->p = p;
	r->o = *o;
	vec_push(&r->strings, STR(""));
	if (o->divide_by == 0) {
		err_set(e, ERR_INVALID, "the values cannot be divided by zero");
		report_free(r);
		return NULL;
	}
	if (prepare(r, e) < 0) {
		report_free(r);
		return NULL;
	}
	return r;
}

void report_free(struct report *r)
{
	if (r == NULL)
		return;
	vec_free(&r->strings);
	vec_free(&r->infos);
	map_fini(&r->string_map);
	arena_free(r->mem);
	mem_free(r);
}

int64_t report_total(const struct report *r)
{
	return r->total;
}

int64_t report_sum(const struct report *r)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < r->n_samples; i++)
		sum = sum_wrap(sum, report_weight(r, &r->samples[i]));
	return sum;
}
