/* format_callgrind.c - call graphs of Callgrind in the table of formats */
#include "formats/callgrind/callgrind.h"

#define CALLGRIND_EXTENSIONS "callgrind"

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct cg g = { .a = a };

	if (callgrind_read(&g, bytes, o, &out->notes, e) < 0)
		return err_wrap(e, "callgrind");
	callgrind_stacks(&g);
	if (g.n_calls)
		out->notes.warning = STR(
		    "callgrind has no stacks: they are put together from calls, by inclusive costs");
	return format_one(a, profile_builder_finish(g.b), out);
}

static int row_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e)
{
	const struct profile *p = in->p;
	uint32_t type;

	(void)n;
	if (p->n_types == 0 || p->n_types > CG_EVENTS)
		return err_set(e, ERR_UNSUPPORTED, "callgrind: the profile has %u sample types, 1 to %d can be written",
		    p->n_types, CG_EVENTS);
	if (o->type == FORMAT_ALL_TYPES)
		return callgrind_write(p, 0, p->n_types, out, e);
	return format_type(p, o, "callgrind", &type, e) < 0 ? -1 : callgrind_write(p, type, 1, out, e);
}

/* "# callgrind format", or a line of events and one of a function near the beginning. */
static int callgrind_bid(struct str s, struct str file_name)
{
	(void)file_name;
	if (str_prefix(s, STR("# callgrind format")))
		return BID_SURE;
	if (!format_near(s, "\nevents:") && !str_prefix(s, STR("events:")))
		return BID_NO;
	return format_near(s, "\nfn=") || format_near(s, "\nfl=") ? BID_SURE : BID_NO;
}

const struct format format_callgrind = {
	.name = "callgrind",
	.extensions = CALLGRIND_EXTENSIONS,
	.content_types = "application/x-callgrind",
	.text = "call graph of Callgrind and KCachegrind",
	.bid = callgrind_bid,
	.decode = row_decode,
	.encode = row_encode,
};
