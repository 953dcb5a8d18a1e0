/* format_flamebearer.c - the flame graph JSON of the old render API in the table of formats */
#include "formats/format_impl.h"
#include "formats/json/flamebearer.h"

static int flamebearer_bid(struct str s, struct str file_name)
{
	(void)file_name;
	s = str_trim(s);
	if (s.n == 0 || s.p[0] != '{')
		return BID_NO;
	if (format_near(s, "\"flamebearer\"") || (format_near(s, "\"flamegraph\"") && format_near(s, "\"names\"")))
		return BID_SURE;
	/* members may come in another order: look through all of it */
	return str_search(s, STR("\"flamebearer\"")) < s.n && str_search(s, STR("\"levels\"")) < s.n ? BID_LIKELY
												     : BID_NO;
}

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct profile *p;

	(void)o;
	return flamebearer_decode(a, bytes, &p, e) < 0 ? -1 : format_one(a, p, out);
}

static int row_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e)
{
	const struct profile *p = in->p;
	uint32_t type;

	(void)n;
	if (format_type(p, o, "flamebearer", &type, e) < 0 || flamebearer_encode(p, type, out, e) < 0)
		return -1;
	return buf_check(out, "flamebearer", e);
}

const struct format format_flamebearer = {
	.name = "flamebearer",
	.extensions = "json",
	.content_types = "application/json",
	.text = "flame graph JSON of the old render API",
	.bid = flamebearer_bid,
	.decode = row_decode,
	.encode = row_encode,
};
