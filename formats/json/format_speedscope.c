/* format_speedscope.c - the JSON of speedscope.app in the table of formats */
#include "formats/format_impl.h"
#include "formats/json/json_bid.h"
#include "formats/json/speedscope.h"

static int speedscope_bid(struct str s, struct str file_name)
{
	bool named = format_named(file_name, "speedscope");

	if (json_first(s) != '{')
		return BID_NO;
	if (format_near(s, "speedscope.app/file-format-schema.json"))
		return BID_SURE;
	/* members may come in another order: look through all of it */
	if (json_has(s, "\"https://www.speedscope.app/file-format-schema.json\""))
		return BID_SURE;
	if (json_has(s, "\"profiles\"") && json_has(s, "\"shared\"") && json_has(s, "\"frames\""))
		return named ? BID_SURE : BID_NAMED;
	return BID_NO;
}

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct speedscope s;

	if (speedscope_decode(a, bytes, o, &s, e) < 0)
		return -1;
	out->p = arena_zarray(a, s.n, sizeof(*out->p));
	out->n = s.n;
	out->notes = s.notes;
	for (uint32_t i = 0; i < s.n; i++) {
		out->p[i].p = s.p[i].p;
		out->p[i].name = s.p[i].name;
	}
	return 0;
}

static int row_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e)
{
	uint32_t type;

	for (uint32_t i = 0; i < n && o->type != FORMAT_ALL_TYPES; i++)
		if (format_type(in[i].p, o, "speedscope", &type, e) < 0)
			return -1;
	return speedscope_encode(in, n, o, out, e);
}

const struct format format_speedscope = {
	.name = "speedscope",
	.extensions = "speedscope speedscope.json",
	.content_types = "application/json",
	.text = "JSON of speedscope.app, sampled and evented",
	.bid = speedscope_bid,
	.decode = row_decode,
	.encode = row_encode,
	.several = true,
};
