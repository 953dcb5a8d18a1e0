/* otlp_row.c - whole requests for the table of formats, and how they are recognised */
#include "formats/otlp/otlp_row.h"

#include "formats/format_impl.h"
#include "formats/msg/pb.h"
#include "formats/profile_impl.h"

/* ---- reading ---- */

static void append(struct arena *a, struct format_profiles *out, const struct format_profiles *more, uint32_t *cap)
{
	for (uint32_t i = 0; i < more->n; i++) {
		struct format_profile *f;

		if (out->n == *cap)
			out->p = profile_grow(a, out->p, sizeof(*out->p), out->n, cap);
		f = &out->p[out->n++];
		*f = more->p[i];
		labels_sort(&f->labels);
	}
}

/* Without tags and times equal stacks are summed, as in other formats. */
static int summed(struct arena *a, struct format_profiles *x, struct err *e)
{
	for (uint32_t i = 0; i < x->n; i++) {
		struct profile *one = x->p[i].p;

		if (one->at != NULL)
			continue;
		x->p[i].p = profile_merge(a, &one, 1, false, e);
		if (x->p[i].p == NULL)
			return -1;
	}
	return 0;
}

static void skipped(struct arena *a, struct format_profiles *out, uint32_t profile, const struct err *e)
{
	if (out->notes.skipped++ == 0)
		out->notes.first = arena_printf(a, "profile %u: %s", profile, e->msg);
}

int otlp_row_decode(struct arena *a, struct str bytes, enum otlp_wire wire, const struct format_opts *o,
    struct format_profiles *out, struct err *e)
{
	struct otlp_opts opts = { .lenient = o->lenient,
		.times = (o->keep & FORMAT_TIMES) != 0,
		.no_tags = (o->keep & FORMAT_TAGS) == 0 };
	struct format_profiles part;
	uint32_t cap = 0;
	struct otlp *q;

	if (otlp_read(a, bytes, wire, &opts, &q, e) < 0)
		return -1;
	for (uint32_t i = 0; i < otlp_profiles(q); i++) {
		if (otlp_convert(q, i, &part, e) < 0) {
			if (!o->lenient)
				return err_wrap(e, "otlp: profile %u (schema %s)", i, otlp_schema(q));
			skipped(a, out, i, e);
			continue;
		}
		if (opts.no_tags && summed(a, &part, e) < 0)
			return -1;
		append(a, out, &part, &cap);
	}
	if (otlp_unknown_members(q) > 0) {
		if (out->notes.skipped == 0)
			out->notes.first = STR("a member that no schema has");
		out->notes.skipped += otlp_unknown_members(q);
	}
	if (out->n > 0)
		return 0;
	return err_set(e, ERR_INVALID, "otlp: no usable sample: the request has the schema %s, %u profiles, %u samples",
	    otlp_schema(q), otlp_profiles(q), otlp_samples(q));
}

/* ---- recognising ---- */

enum { LOOK_FIELDS = 64 };

/* The fields of a message up to the first LOOK_FIELDS or its end (or the end of what is there): is each one of `lens`, of
   length-delimited type? */
static bool fields_are(struct str s, unsigned lens, struct str *first, unsigned number)
{
	struct pb_in in = pb_in(s);
	uint32_t tag;
	struct str v;

	*first = STR_NONE;
	for (unsigned i = 0; i < LOOK_FIELDS && in.p < in.end; i++) {
		if (!pb_tag(&in, &tag) || (tag & 7) != PB_LEN || tag >> 3 >= 32 || (lens >> (tag >> 3) & 1) == 0)
			return false;
		if (!pb_bytes(&in, &v))
			return i > 0; /* cut: the reader says where */
		if (tag >> 3 == number && first->p == NULL)
			*first = v;
	}
	return true;
}

/* request { resources { scopes {} } }: all that is in them is messages and text. pprof's types are numbers. */
int otlp_bid(struct str s, struct str file_name)
{
	struct str resources, scopes, x;
	bool named = format_named(file_name, "otlp");

	if (s.n == 0 || !fields_are(s, 0x1fe, &resources, 1))
		return BID_NO;
	if (resources.p == NULL) {
		/* a dictionary alone */
		if (!fields_are(s, 1u << 2, &x, 2) || x.n == 0 || !fields_are(x, 0xfe, &x, 5))
			return BID_NO;
		return named ? BID_SURE : BID_LIKELY;
	}
	if (resources.n == 0 || !fields_are(resources, 0xe, &scopes, 2))
		return named ? BID_LIKELY : BID_NO;
	if (scopes.p == NULL || !fields_are(scopes, 0xe, &x, 2))
		return named ? BID_LIKELY : BID_WEAK;
	return BID_SURE + 5;
}

int otlp_json_bid(struct str s, struct str file_name)
{
	static const char *const parts[] = { "\"resourceProfiles\"", "\"resource_profiles\"", "\"scopeProfiles\"",
		"\"stringTable\"", "\"stackTable\"", "\"mappingTable\"", "\"locationTable\"", "\"functionTable\"" };
	struct str text = str_trim(s);
	bool named = format_named(file_name, "otlp-json otlpjson");

	if (!str_prefix(text, STR("{")))
		return BID_NO;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (format_near(text, parts[i]))
			return i < 2 || named ? BID_SURE + 5 : BID_SURE;
	return named ? BID_LIKELY : BID_NO;
}
