/* places_type.c - see places_type.h */
#include "tools/pyro-query/places_type.h"

#include "formats/profile_edit.h"

#define NAME STR("__name__")

static bool fits(struct str want, struct str is)
{
	return want.n == 0 || str_eq(want, is);
}

static bool fits_said(struct str want, struct str is)
{
	return is.n == 0 || fits(want, is);
}

static bool is_meant(const struct profile_type *want, const struct profile *p, const struct labels *l)
{
	return fits_said(want->name, labels_get(l, NAME)) &&
	    fits_said(want->period_type, profile_str(p, p->period_type.type)) &&
	    fits_said(want->period_unit, profile_str(p, p->period_type.unit));
}

int places_type_parse(const struct query_opts *o, struct profile_type *out, struct err *e)
{
	struct str text = str_cstr(o->profile_type);

	*out = (struct profile_type){ .type = text };
	if (str_find(text, ':') == text.n || profile_type_parse(text, out, e) == 0)
		return 0;
	e->kind = ERR_USAGE;
	return err_wrap(e, "--profile-type");
}

int places_of_type(const struct query_opts *o, struct arena *a, struct profile *p, const struct labels *l,
    struct profile **out, struct err *e)
{
	struct profile_type want;

	*out = p;
	if (o->profile_type[0] == '\0')
		return 0;
	if (places_type_parse(o, &want, e) < 0)
		return -1;
	*out = NULL;
	if (!is_meant(&want, p, l))
		return 0;
	for (uint32_t i = 0; i < p->n_types && *out == NULL; i++)
		if (fits(want.type, profile_str(p, p->types[i].type)) &&
		    fits(want.unit, profile_str(p, p->types[i].unit)))
			*out = profile_of_type(a, p, i);
	return 0;
}

void places_types(const struct profile *p, const struct labels *l, struct buf *out)
{
	for (uint32_t i = 0; i < p->n_types; i++)
		buf_printf(out, "\n  " STR_FMT ":" STR_FMT ":" STR_FMT ":" STR_FMT ":" STR_FMT,
		    STR_ARG(labels_get(l, NAME)), STR_ARG(profile_str(p, p->types[i].type)),
		    STR_ARG(profile_str(p, p->types[i].unit)), STR_ARG(profile_str(p, p->period_type.type)),
		    STR_ARG(profile_str(p, p->period_type.unit)));
}
