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
	(void)o;
	return flamebearer_decode_sides(a, bytes, out, e);
}

/* Two profiles by the names that reading a double gives. */
static bool is_double(const struct format_profile *in, uint32_t n)
{
	return n == 2 && str_eq(in[0].name, STR("before")) && str_eq(in[1].name, STR("after"));
}

static int encode_sum(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e)
{
	struct arena *a = arena_new();
	struct profile **all = arena_array(a, n, sizeof(*all)), *p;
	uint32_t type;
	int rc = -1;

	for (uint32_t i = 0; i < n; i++)
		all[i] = in[i].p;
	p = n == 1 ? all[0] : profile_merge(a, all, n, false, e);
	if (p == NULL)
		err_wrap(e, "flamebearer holds one profile");
	else if (format_type(p, o, "flamebearer", &type, e) == 0)
		rc = flamebearer_encode(p, type, out, e);
	arena_free(a);
	return rc;
}

static int row_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e)
{
	uint32_t left, right;

	if (!is_double(in, n))
		return encode_sum(in, n, o, out, e) < 0 ? -1 : buf_check(out, "flamebearer", e);
	if (format_type(in[0].p, o, "flamebearer", &left, e) < 0 ||
	    format_type(in[1].p, o, "flamebearer", &right, e) < 0)
		return -1;
	if (left != right)
		return err_set(e, ERR_INVALID, "flamebearer: the profiles to compare have other sample types");
	if (flamebearer_encode_diff(in[0].p, in[1].p, left, out, e) < 0)
		return -1;
	return buf_check(out, "flamebearer", e);
}

const struct format format_flamebearer = {
	.name = "flamebearer",
	.extensions = "flamebearer flamebearer.json",
	.content_types = "application/json",
	.text = "flame graph JSON of the old render API",
	.bid = flamebearer_bid,
	.decode = row_decode,
	.encode = row_encode,
	.several = true,
};
