/* places_read.c - see places_read.h */
#include "tools/pyro-query/places_read.h"

#include "formats/format_args.h"
#include "formats/format_tell.h"
#include "formats/labels/labels_json.h"
#include "formats/profile_edit.h"
#include "io/mapped.h"
#include "tools/pyro-query/places.h"
#include "tools/pyro-query/places_sum.h"
#include "tools/pyro-query/places_type.h"

enum { TYPES_MAX = 4096 }; /* bytes of an error text */

int places_opts(const struct query_opts *o, struct str name, unsigned keep, struct format_opts *out, struct err *e)
{
	const struct format_args args = FORMAT_ARGS(o);

	*out = (struct format_opts){ .file_name = name, .keep = keep, .lenient = o->lenient };
	return format_args_read(&args, out, e);
}

/* Of several profiles those that --profile and --event name. */
static int choose(const struct query_opts *o, struct arena *a, struct format_profiles *got, struct err *e)
{
	size_t n = o->profile.n + o->event.n;
	const char **names = arena_array(a, n + 1, sizeof(*names));

	for (size_t i = 0; i < n; i++)
		names[i] = i < o->profile.n ? o->profile.p[i] : o->event.p[i - o->profile.n];
	return format_choose(got, names, n, e);
}

const struct format *places_format(const struct query_opts *o, struct str bytes, struct str name, struct err *e)
{
	return format_asked("--format", o->format, bytes, name, e);
}

int places_decode(const struct query_opts *o, unsigned keep, struct input *in, const struct format **format,
    struct format_profiles *got, struct err *e)
{
	const struct format *f = places_format(o, in->bytes, in->name, e);
	struct mapped *files;
	struct format_opts fo;
	int rc;

	*got = (struct format_profiles){ 0 };
	*format = f;
	if (f == NULL || places_opts(o, in->name, keep, &fo, e) < 0)
		return -1;
	fo.ends = in->ends;
	fo.n_ends = in->n_ends;
	files = mapped_new();
	fo.binary = mapped_binary;
	fo.binary_ctx = files;
	rc = format_decode(f, in->a, in->bytes, &fo, got, e);
	mapped_free(files);
	if (rc < 0)
		return -1;
	return choose(o, in->a, got, e);
}

const char *places_path(const char *path)
{
	return strncmp(path, "file://", 7) == 0 ? path + 7 : path;
}

bool places_is_server(const char *path)
{
	return strncmp(path, "http://", 7) == 0 || strncmp(path, "https://", 8) == 0;
}

/* ---- into the sum ---- */

unsigned places_keep(const struct places *p)
{
	const struct query_opts *o = p->o;
	bool tags = p->n_keys > 0 || o->tag_focus[0] || o->tag_ignore[0] || o->tag_root[0] || o->tag_leaf[0] ||
	    o->keep_tags;

	return p->keep | (tags ? FORMAT_TAGS : 0) | (p->ranged ? FORMAT_TIMES : 0);
}

static int takes_labels(struct places *p, const struct labels *l, bool *yes, struct err *e)
{
	*yes = true;
	if (l->n == 0)
		return 0;
	if (!p->parsed && selector_parse(p->a, p->query, &p->selector, e) < 0)
		return -1;
	p->parsed = true;
	*yes = selector_match(&p->selector, l);
	return 0;
}

/* The samples in the range; a profile whose samples have no times counts whole, by its own time. NULL: none. */
static struct profile *in_range(const struct places *x, struct arena *a, struct profile *p)
{
	if (!x->ranged)
		return p;
	if (p->at != NULL) {
		p = profile_slice(a, p, x->from, x->to);
		if ((x->keep & FORMAT_TIMES) == 0)
			p->at = NULL; /* the merge adds them up */
		return p;
	}
	return p->time >= x->from && p->time <= x->to ? p : NULL;
}

struct profile *places_tagged(const struct places *x, struct arena *a, struct profile *p, const struct labels *l)
{
	struct labels wanted = { 0 };

	for (uint32_t i = 0; i < x->n_keys; i++)
		if (labels_has(l, x->keys[i]))
			wanted = labels_with(a, &wanted, x->keys[i], labels_get(l, x->keys[i]));
	return wanted.n > 0 ? profile_with_tags(a, p, &wanted) : p;
}

/* beside: the input has brought another before. */
static int merge(struct places *x, struct profile *p, bool beside, struct err *e)
{
	const struct profile_merge_opts mo = { .keep_tags = true,
		.keep_times = (x->keep & FORMAT_TIMES) != 0,
		.unite = !x->o->strict,
		.copies = true };

	if (x->sum != NULL)
		return places_sum_add(x->sum, p, beside, e);
	if (x->merger == NULL)
		x->merger = profile_merger_new(x->a, &mo);
	return beside ? profile_merger_add_beside(x->merger, p, e) : profile_merger_add(x->merger, p, e);
}

/* The first was waiting for others that would make a sum. */
static int merge_only(struct places *x, struct err *e)
{
	int rc = x->only != NULL ? merge(x, x->only, false, e) : 0;

	x->only = NULL;
	arena_free(x->only_mem);
	x->only_mem = NULL;
	return rc;
}

/* Becomes NULL if it is not of --profile-type. */
static int of_type(struct places *x, struct arena *a, struct profile **p, const struct labels *l, struct err *e)
{
	struct profile *all = *p;
	struct buf types;

	if (places_of_type(x->o, a, all, l, p, e) < 0)
		return -1;
	if (*p == NULL && x->other_types.n == 0) {
		buf_init(&types, TYPES_MAX);
		places_types(all, l, &types);
		x->other_types = arena_str(x->a, buf_str(&types));
		buf_fini(&types);
	}
	return 0;
}

int places_add(struct places *x, struct arena *a, bool keep, struct profile *p, const struct labels *l, struct err *e)
{
	struct profile *own;
	bool yes;

	x->n_read++;
	if ((x->keep & FORMAT_MOMENTS) != 0 && p->time != 0)
		profile_time_samples(p);
	if (takes_labels(x, l, &yes, e) < 0)
		return -1;
	if (!yes || (own = in_range(x, a, p)) == NULL)
		return 0;
	if (x->what == PLACES_SAMPLES && of_type(x, a, &own, l, e) < 0)
		return -1;
	if (own == NULL)
		return 0;
	x->n_profiles++;
	if (x->what == PLACES_LABELS) {
		vec_push(&x->labels, labels_copy(x->a, l));
		return 0;
	}
	own = places_tagged(x, a, own, l);
	if (x->n_profiles == 1 && x->sum == NULL && keep && (p->at == NULL || (x->keep & FORMAT_TIMES) != 0)) {
		x->only = own;
		return 0;
	}
	return merge_only(x, e) < 0 ? -1 : merge(x, own, x->beside, e);
}

/* All profiles of an input into the sum; *a is taken when one is kept. */
static int take_all(struct places *x, struct arena **a, struct str name, const struct format_profiles *got,
    const struct labels *member, int64_t mtime, struct err *e)
{
	uint64_t n;
	int rc = 0;

	format_tell(name, &got->notes);
	for (uint32_t i = 0; i < got->n && rc == 0; i++) {
		struct labels l = got->p[i].labels;

		for (uint32_t k = 0; k < member->n; k++)
			l = labels_with(*a, &l, member->p[k].name, member->p[k].value);
		if (got->p[i].p->time == 0 && member->n > 0)
			got->p[i].p->time = mtime;
		n = x->n_profiles;
		x->beside = x->beside && format_beside(got, i);
		rc = places_add(x, *a, true, got->p[i].p, &l, e);
		x->n_instances += x->n_profiles - n;
		x->beside = x->beside || x->n_profiles > n;
	}
	x->beside = false;
	if (x->only != NULL && x->only_mem == NULL) {
		x->only_mem = *a;
		*a = NULL;
	}
	return rc;
}

int places_take(struct places *x, struct input *in, struct err *e)
{
	struct labels member = { 0 };
	struct format_profiles got;
	const struct format *f;

	if (labels_from_json(in->a, in->labels, &member, e) < 0 ||
	    places_decode(x->o, places_keep(x), in, &f, &got, e) < 0)
		return -1;
	return take_all(x, &in->a, in->name, &got, &member, in->mtime, e);
}

int places_take_stream(struct places *x, const struct format *f, struct str name, struct src *s, struct err *e)
{
	const struct labels none = { 0 };
	struct format_profiles got = { 0 };
	struct arena *a = arena_new();
	struct format_opts fo;
	int rc = places_opts(x->o, name, places_keep(x), &fo, e);

	if (rc == 0)
		rc = f->stream(a, s, &fo, &got, e);
	if (rc == 0)
		rc = choose(x->o, a, &got, e);
	if (rc == 0)
		rc = take_all(x, &a, name, &got, &none, 0, e);
	arena_free(a);
	return rc;
}
