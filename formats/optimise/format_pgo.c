/*
 * format_pgo.c - CPU profiles for `go build -pgo`: a pprof with no more than the compiler reads.
 *
 * It weighs calls by the samples whose stacks go over them; a call is its caller's name, the line of the call counted
 * from the caller's first, and the callee's name. So only the PGO_DEPTH locations at the leaf are kept, tags go, the
 * line of the leaf itself does not count, and equal stacks are summed. Values are samples/count and cpu/nanoseconds,
 * those of them that there are; start lines must be there (Go 1.20 and later write them).
 */
#include "base/zip.h"
#include "formats/format_impl.h"
#include "formats/pprof/pprof.h"

enum { GZIP_LEVEL = 9, PGO_DEPTH = 5, MAX_TYPES = 2 };

struct pgo {
	const struct profile *p;
	struct profile_builder *b;
	uint32_t types[MAX_TYPES], n_types;
	uint32_t *leaf, *caller; /* by location: its number + 1, as a leaf and as a caller */
	struct line *lines;      /* room for those of any location */
};

static int find_types(struct pgo *x, struct err *e)
{
	static const char *const wanted[MAX_TYPES][2] = { { "samples", "count" }, { "cpu", "nanoseconds" } };

	for (unsigned k = 0; k < MAX_TYPES; k++)
		for (uint32_t i = 0; i < x->p->n_types; i++)
			if (str_eq(profile_str(x->p, x->p->types[i].type), str_cstr(wanted[k][0])) &&
			    str_eq(profile_str(x->p, x->p->types[i].unit), str_cstr(wanted[k][1]))) {
				x->types[x->n_types++] = i;
				break;
			}
	for (uint32_t i = 0; i < x->p->n_functions && x->n_types; i++)
		if (x->p->functions[i].start_line > 0)
			return 0;
	return err_set(e, ERR_UNSUPPORTED,
	    x->n_types ? "pgo: no function has a start line, by which Go finds calls"
		       : "pgo: the profile has neither samples/count nor cpu/nanoseconds");
}

static uint32_t copy_function(struct pgo *x, uint32_t i)
{
	const struct profile *p = x->p;
	struct function f;

	if (i >= p->n_functions)
		return PROFILE_NONE;
	f = p->functions[i];
	f.name = profile_builder_str(x->b, profile_str(p, f.name));
	f.system_name = profile_builder_str(x->b, profile_str(p, f.system_name));
	f.file = profile_builder_str(x->b, profile_str(p, f.file));
	return profile_builder_function(x->b, &f);
}

static uint32_t copy_location(struct pgo *x, uint32_t i, bool is_leaf)
{
	const struct profile *p = x->p;
	const struct location *l = &p->locations[i];
	uint32_t *known = is_leaf ? &x->leaf[i] : &x->caller[i];
	struct location copy = { .mapping = PROFILE_NONE, .n_lines = l->n_lines };

	if (*known)
		return *known - 1;
	for (uint32_t k = 0; k < l->n_lines; k++) {
		const struct line *from = &p->lines[l->first_line + k];

		x->lines[k] = (struct line){ .function = copy_function(x, from->function), .line = from->line };
		if (k == 0 && is_leaf && from->function < p->n_functions)
			x->lines[k].line = p->functions[from->function].start_line;
	}
	/* without names the address tells locations apart */
	copy.address = l->n_lines ? 0 : l->address;
	if (l->n_lines == 0 && l->mapping < p->n_mappings) {
		struct mapping m = p->mappings[l->mapping];

		m.file = profile_builder_str(x->b, profile_str(p, m.file));
		m.build_id = profile_builder_str(x->b, profile_str(p, m.build_id));
		copy.mapping = profile_builder_mapping(x->b, &m);
	}
	*known = profile_builder_location(x->b, &copy, x->lines) + 1;
	return *known - 1;
}

static void copy_samples(struct pgo *x)
{
	const struct profile *p = x->p;

	for (uint32_t i = 0; i < p->n_samples; i++) {
		uint32_t stack[PGO_DEPTH], n = 0;
		int64_t values[MAX_TYPES];
		uint64_t any = 0;

		for (uint32_t k = 0; k < x->n_types; k++) {
			values[k] = profile_value(p, i, x->types[k]);
			any |= (uint64_t)values[k];
		}
		for (uint32_t k = p->stack_at[i]; k < p->stack_at[i + 1] && n < PGO_DEPTH; k++)
			if (p->stack[k] < p->n_locations) {
				stack[n] = copy_location(x, p->stack[k], n == 0);
				n++;
			}
		if (any && n)
			profile_builder_add(x->b, stack, n, values, NULL, 0);
	}
}

static struct profile *shrink(struct pgo *x, struct arena *a)
{
	const struct profile *p = x->p;
	struct value_type period = { 0 };
	struct profile *q;

	x->b = profile_builder_new(a, x->n_types);
	x->leaf = arena_zarray(a, (size_t)p->n_locations + 1, sizeof(*x->leaf));
	x->caller = arena_zarray(a, (size_t)p->n_locations + 1, sizeof(*x->caller));
	x->lines = arena_array(a, (size_t)p->n_lines + 1, sizeof(*x->lines));
	for (uint32_t k = 0; k < x->n_types; k++)
		profile_builder_type(x->b, k, profile_str(p, p->types[x->types[k]].type),
		    profile_str(p, p->types[x->types[k]].unit));
	if (p->has_period_type) {
		period.type = profile_builder_str(x->b, profile_str(p, p->period_type.type));
		period.unit = profile_builder_str(x->b, profile_str(p, p->period_type.unit));
	}
	copy_samples(x);
	q = profile_builder_finish(x->b);
	q->has_period_type = p->has_period_type;
	q->period_type = period;
	q->period = p->period;
	q->time = p->time;
	q->duration = p->duration;
	return q;
}

static int row_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e)
{
	struct pgo x = { .p = in->p };
	struct arena *a;
	struct buf raw;

	(void)n;
	if (find_types(&x, e) < 0)
		return -1;
	a = arena_new();
	buf_init(&raw, SIZE_MAX / 2);
	pprof_encode(shrink(&x, a), o->plain ? out : &raw);
	if (!o->plain)
		zip_gzip(buf_str(&raw), GZIP_LEVEL, out);
	buf_fini(&raw);
	arena_free(a);
	return buf_check(out, "pgo", e);
}

/* It is read as the pprof that it is. */
static int pgo_bid(struct str bytes, struct str file_name)
{
	(void)bytes;
	(void)file_name;
	return BID_NO;
}

const struct format format_pgo = {
	.name = "pgo",
	.extensions = "pgo",
	.content_types = "application/x-go-pgo",
	.text = "profile for go build -pgo",
	.bid = pgo_bid,
	.encode = row_encode,
};
