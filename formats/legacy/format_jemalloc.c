/*
 * format_jemalloc.c - heap profiles of jemalloc, text.
 *
 *	heap_v2/RATE
 *	  t*: OBJECTS: BYTES [ALLOCATED: BYTES]        all threads
 *	  tN: ...                                      each thread
 *	@ 0xADDRESS ...                                a stack
 *	  t*: ...
 *	MAPPED_LIBRARIES:
 *	/proc/PID/maps
 *
 * RATE is the mean of bytes between samples: numbers are scaled by the mean size, as for heap_v2 of gperftools. Lines of
 * threads are parts of the line of all of them and are left out.
 */
#include "formats/legacy/legacy.h"

struct counts {
	int64_t objects, bytes, allocated, allocated_bytes;
};

/* Behind "t*:". */
static bool parse_counts(struct str s, struct counts *c)
{
	int64_t *const v[] = { &c->objects, &c->bytes, &c->allocated, &c->allocated_bytes };
	static const char behind[] = ":[:]";

	for (unsigned i = 0; i < 4; i++) {
		legacy_blanks(&s);
		if (!legacy_number(&s, v[i]))
			return false;
		legacy_blanks(&s);
		if (s.n == 0 || s.p[0] != behind[i])
			return false;
		s = str_skip(s, 1);
	}
	return true;
}

static bool parse_head(struct str line, int64_t *rate)
{
	line = str_trim(line);
	return legacy_skip(&line, STR("heap_v2/")) && legacy_number(&line, rate) && line.n == 0 && *rate >= 0;
}

static int one_sample(struct legacy *l, struct str numbers, bool alloc, struct err *e)
{
	struct counts c;

	if (!parse_counts(numbers, &c))
		return legacy_bad(l, "no \"t*: objects: bytes [objects: bytes]\"", e);
	legacy_unsample(&c.objects, &c.bytes, l->period);
	legacy_unsample(&c.allocated, &c.allocated_bytes, l->period);
	if (alloc)
		legacy_sample(l, (int64_t[]){ c.allocated, c.allocated_bytes, c.objects, c.bytes });
	else
		legacy_sample(l, (int64_t[]){ c.objects, c.bytes });
	return 0;
}

/* The lines before the first stack: the sum of all. */
static void read_sum(struct legacy *l, struct counts *sum)
{
	*sum = (struct counts){ 0 };
	while (l->text.rest.n && l->text.rest.p[0] != '@') {
		struct str line;

		legacy_line(l);
		line = str_trim(l->text.line);
		if (legacy_is_maps(l->text.line))
			return;
		if (legacy_skip(&line, STR("t*:")))
			parse_counts(line, sum);
	}
}

static int stacks(struct legacy *l, bool alloc, struct err *e)
{
	while (!legacy_is_maps(l->text.line) && legacy_line(l)) {
		struct str line = str_trim(l->text.line);

		if (legacy_skip(&line, STR("@"))) {
			legacy_drop(l);
			if (legacy_push_all(l, line, 0) < 0 && legacy_bad(l, "an address has more than 64 bits", e) < 0)
				return -1;
		} else if (legacy_skip(&line, STR("t*:")) && one_sample(l, line, alloc, e) < 0) {
			return -1;
		}
	}
	return 0;
}

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct counts sum;
	struct legacy l;
	bool alloc;

	legacy_init(&l, a, bytes, o);
	legacy_line(&l);
	if (!parse_head(l.text.line, &l.period))
		return err_set(e, ERR_INVALID, "jemalloc: line 1: no \"heap_v2/RATE\"");
	read_sum(&l, &sum);
	alloc = sum.allocated != 0 || sum.allocated_bytes != 0;
	legacy_types(&l,
	    alloc ? "alloc_objects count alloc_space bytes inuse_objects count inuse_space bytes"
		  : "objects count space bytes",
	    "space bytes");
	if (stacks(&l, alloc, e) < 0)
		return err_wrap(e, "jemalloc");
	legacy_drop(&l);
	legacy_sections(&l);
	return legacy_finish(&l, LEGACY_HEAP, out);
}

static int jemalloc_bid(struct str bytes, struct str file_name)
{
	int64_t rate;

	(void)file_name;
	return parse_head(str_of(bytes.p, str_find(str_of(bytes.p, MIN(bytes.n, (size_t)64)), '\n')), &rate) ? BID_SURE
													     : BID_NO;
}

const struct format format_jemalloc = {
	.name = "jemalloc",
	.extensions = "",
	.content_types = "text/x-jemalloc-heap",
	.text = "heap profile of jemalloc, text",
	.bid = jemalloc_bid,
	.decode = row_decode,
};
