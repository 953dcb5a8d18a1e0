/*
 * format_heap_text.c - heap profiles as text: gperftools, tcmalloc, Go with debug=1, Java's heapz.
 *
 *	heap profile: OBJECTS: BYTES [ALLOCATED: BYTES] @ KIND[/RATE]
 *	OBJECTS: BYTES [ALLOCATED: BYTES] @ 0xADDRESS ...
 *
 * KIND: heapprofile (all allocations), heapz_v2 and heap_v2 (samples, one in RATE bytes), heap (the same, twice the
 * rate is written), growth and fragmentation. What was allocated, not only what is left, counts when the first line
 * tells other numbers of it.
 */
#include "formats/legacy/legacy_go.h"

struct head {
	int64_t rate; /* of samples; the period */
	bool sampled, alloc;
};

/* "12: 345 [67: 89] @" in any of its spacings. */
static bool numbers(struct str *s, int64_t v[static 4])
{
	static const char behind[] = ":[:]";

	for (unsigned i = 0; i < 4; i++) {
		legacy_blanks(s);
		if (!legacy_number(s, &v[i]))
			return false;
		legacy_blanks(s);
		if (s->n == 0 || s->p[0] != behind[i])
			return false;
		*s = str_skip(*s, 1);
	}
	legacy_blanks(s);
	return legacy_skip(s, STR("@"));
}

static struct str kind_word(struct str *s)
{
	size_t n = 0;

	while (n < s->n && ((s->p[n] >= 'a' && s->p[n] <= 'z') || (s->p[n] >= '0' && s->p[n] <= '9') || s->p[n] == '_'))
		n++;
	struct str word = str_of(s->p, n);

	*s = str_skip(*s, n);
	return word;
}

static bool parse_head(struct str line, struct head *h)
{
	size_t at = str_search(line, STR("heap profile:"));
	int64_t v[4], rate = 0;
	struct str kind;

	*h = (struct head){ 0 };
	line = str_skip(line, at);
	if (!legacy_skip(&line, STR("heap profile:")) || !numbers(&line, v))
		return false;
	legacy_blanks(&line);
	kind = kind_word(&line);
	if (legacy_skip(&line, STR("/")) && !legacy_number(&line, &rate))
		rate = 0;
	h->rate = rate;
	h->sampled = str_eq(kind, STR("heapz_v2")) || str_eq(kind, STR("heap_v2")) || str_eq(kind, STR("heap"));
	h->alloc = (v[2] != v[0] && v[2] != 0) || (v[3] != v[1] && v[3] != 0);
	if (str_eq(kind, STR("heap")))
		h->rate = rate / 2;
	else if (!h->sampled)
		h->rate = 1;
	if (str_prefix(kind, STR("growth")) || str_prefix(kind, STR("fragmentation")))
		h->alloc = false;
	else if (!h->sampled && !str_eq(kind, STR("heapprofile")))
		return false;
	return true;
}

/* One pair of numbers; *block: bytes of each. */
static const char *one_pair(const struct head *h, int64_t *count, int64_t *size, int64_t *block)
{
	if (*count == 0 && *size != 0)
		return "no objects, but bytes";
	if (*count == 0)
		return NULL;
	*block = *count == -1 ? (int64_t)(0 - (uint64_t)*size) : *size / *count;
	if (h->sampled)
		legacy_unsample(count, size, h->rate);
	return NULL;
}

static int one_sample(struct legacy *l, const struct head *h, struct err *e)
{
	struct str line = l->text.line;
	int64_t v[4], values[4], block = 0;
	const char *wrong = NULL;

	if (!numbers(&line, v))
		return legacy_bad(l, "no \"objects: bytes [objects: bytes] @ addresses\"", e);
	if (h->alloc)
		wrong = one_pair(h, &v[2], &v[3], &block);
	if (wrong == NULL)
		wrong = one_pair(h, &v[0], &v[1], &block);
	if (wrong == NULL && legacy_push_all(l, line, 0) < 0)
		wrong = "an address has more than 64 bits";
	if (wrong)
		return legacy_bad(l, wrong, e);
	values[0] = h->alloc ? v[2] : v[0];
	values[1] = h->alloc ? v[3] : v[1];
	values[2] = v[0];
	values[3] = v[1];
	legacy_tag(l, STR("bytes"), STR_NONE, block);
	legacy_go_comments(l);
	legacy_sample(l, values);
	return 0;
}

static int heap(struct legacy *l, const struct head *h, struct err *e)
{
	legacy_types(l,
	    h->alloc ? "alloc_objects count alloc_space bytes inuse_objects count inuse_space bytes"
		     : "objects count space bytes",
	    "space bytes");
	l->period = h->rate;
	while (legacy_line(l) && !legacy_is_maps(l->text.line))
		if (!legacy_blank(l->text.line) && one_sample(l, h, e) < 0)
			return -1;
	legacy_sections(l);
	return 0;
}

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct legacy l;
	struct head h;
	int rc;

	legacy_init(&l, a, bytes, o);
	legacy_line(&l);
	if (parse_head(l.text.line, &h))
		rc = heap(&l, &h, e);
	else if (str_eq(str_trim(l.text.line), STR("--- heapz 1 ---")))
		rc = legacy_java(&l, true, e);
	else
		return err_set(e, ERR_INVALID, "heap-text: line 1: no \"heap profile: ... @ heap\"");
	return rc < 0 ? err_wrap(e, "heap-text") : legacy_finish(&l, LEGACY_HEAP, out);
}

static int heap_text_bid(struct str bytes, struct str file_name)
{
	struct str line = str_of(bytes.p, str_find(str_of(bytes.p, MIN(bytes.n, (size_t)4096)), '\n'));
	struct head h;

	(void)file_name;
	return parse_head(line, &h) || str_eq(str_trim(line), STR("--- heapz 1 ---")) ? BID_SURE : BID_NO;
}

const struct format format_heap_text = {
	.name = "heap-text",
	.extensions = "",
	.content_types = "text/x-heap-profile",
	.text = "heap profile of gperftools, Go (debug=1) or Java, text",
	.bid = heap_text_bid,
	.decode = row_decode,
};
