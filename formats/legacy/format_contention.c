/*
 * format_contention.c - waits for locks as text: gperftools and Java's contentionz, Go's block and mutex with debug=1.
 *
 *	--- contentionz 1 ---      or "--- mutex:", "--- contention:" of Go
 *	cycles/second = 3201000000
 *	sampling period = 100
 *	ms since reset = 16502830
 *	DELAY COUNT @ 0xADDRESS ...
 *
 * DELAY is in cycles; delays and counts are multiplied by the period.
 */
#include "formats/legacy/legacy_go.h"

static bool is_head(struct str line)
{
	return str_prefix(line, STR("--- contentionz ")) || str_prefix(line, STR("--- mutex:")) ||
	    str_prefix(line, STR("--- contention:"));
}

struct rates {
	int64_t hz;
	bool java; /* an attribute says so */
};

/* One "name = value"; false: an unknown one, or no number. */
static bool attribute(struct legacy *l, struct str line, struct rates *r)
{
	size_t equals = str_find(line, '=');
	struct str name = str_trim(str_of(line.p, equals)), value = str_trim(str_skip(line, equals + 1));
	int64_t ms;

	if (str_eq(name, STR("discarded samples")))
		return true;
	if (str_eq(name, STR("format")) || str_eq(name, STR("resolution")))
		return r->java = true;
	if (str_eq(name, STR("cycles/second")))
		return legacy_number(&value, &r->hz) && value.n == 0;
	if (str_eq(name, STR("sampling period")))
		return legacy_number(&value, &l->period) && value.n == 0;
	if (!str_eq(name, STR("ms since reset")) || !legacy_number(&value, &ms) || value.n)
		return false;
	l->duration = (int64_t)((uint64_t)ms * (uint64_t)NS_PER_MS);
	return true;
}

static int one_sample(struct legacy *l, const struct rates *r, struct err *e)
{
	struct str line = str_trim(l->text.line);
	int64_t delay, count;

	if (!legacy_number(&line, &delay) || (legacy_blanks(&line), !legacy_number(&line, &count)) ||
	    (legacy_blanks(&line), !legacy_skip(&line, STR("@"))))
		return legacy_bad(l, "no \"delay count @ addresses\"", e);
	if (l->period > 0) {
		if (r->hz > 0)
			delay = legacy_int64((double)delay * (double)l->period / ((double)r->hz / 1e9));
		count = (int64_t)((uint64_t)count * (uint64_t)l->period);
	}
	if (legacy_push_all(l, line, 0) < 0)
		return legacy_bad(l, "an address has more than 64 bits", e);
	legacy_go_comments(l);
	legacy_sample(l, (int64_t[]){ count, delay });
	return 0;
}

static int contention(struct legacy *l, struct err *e)
{
	struct rates r = { 0 };
	bool more;

	legacy_types(l, "contentions count delay nanoseconds", "contentions count");
	l->period = 1;
	while ((more = legacy_line(l)) && !r.java) {
		if (legacy_blank(l->text.line))
			continue;
		if (str_prefix(str_trim(l->text.line), STR("---")) || str_find(l->text.line, '=') == l->text.line.n)
			break;
		if (!attribute(l, l->text.line, &r) &&
		    legacy_bad(l, "an unknown attribute, or its value is no number", e) < 0)
			return -1;
	}
	for (; more && !str_prefix(str_trim(l->text.line), STR("---")); more = legacy_line(l))
		if (!legacy_blank(l->text.line) && one_sample(l, &r, e) < 0)
			return -1;
	legacy_sections(l);
	return 0;
}

/* Java's has no cycles and says "format = java" at once. */
static bool is_java(struct str rest)
{
	struct str head = str_of(rest.p, MIN(rest.n, (size_t)512));

	return str_eq(str_trim(str_cut(&head, '\n')), STR("--- contentionz 1 ---")) &&
	    (str_search(head, STR("format")) < head.n || str_search(head, STR("resolution")) < head.n);
}

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct legacy l;
	int rc;

	legacy_init(&l, a, bytes, o);
	legacy_line(&l);
	if (!is_head(l.text.line))
		return err_set(e, ERR_INVALID,
		    "contention: line 1: no \"--- contentionz\", \"--- mutex:\" or \"--- contention:\"");
	rc = is_java(bytes) ? legacy_java(&l, false, e) : contention(&l, e);
	return rc < 0 ? err_wrap(e, "contention") : legacy_finish(&l, LEGACY_LOCK, out);
}

static int contention_bid(struct str bytes, struct str file_name)
{
	(void)file_name;
	return is_head(bytes) ? BID_SURE : BID_NO;
}

const struct format format_contention = {
	.name = "contention",
	.extensions = "",
	.content_types = "text/x-contention-profile",
	.text = "waits for locks: contentionz, Go's block and mutex with debug=1, text",
	.bid = contention_bid,
	.decode = row_decode,
};
