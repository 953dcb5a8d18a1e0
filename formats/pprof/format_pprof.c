/* format_pprof.c - the protobuf profile in the table of formats */
#include <inttypes.h>

#include "base/zip.h"
#include "formats/format_impl.h"
#include "formats/pprof/pprof.h"
#include "formats/pprof/pprof_parts.h"

/*
 * Levels of libdeflate: as small as what gzip -6 makes, in two thirds of the time of its own 6. Of many frames, the order of
 * samples saves more than a better level finds, and that takes twice the time of the first.
 */
enum { GZIP_LEVEL = 4, GZIP_ORDERED = 1, MANY_FRAMES = 100000 };

#define PPROF_EXTENSIONS "pb pprof prof cpu heap"

/* What follows the number; NULL: it does not end, or not within ten bytes. */
static const unsigned char *long_varint(const unsigned char *p, const unsigned char *end, uint64_t *v)
{
	*v = 0;
	for (size_t i = 0; i < 10 && p < end; i++, p++) {
		*v |= (uint64_t)(*p & 0x7f) << 7 * i;
		if (*p < 0x80)
			return p + 1;
	}
	return NULL;
}

static inline const unsigned char *varint(const unsigned char *p, const unsigned char *end, uint64_t *v)
{
	if (UNLIKELY(p == end || *p >= 0x80))
		return long_varint(p, end, v);
	*v = *p;
	return p + 1;
}

enum { ENOUGH_RECORDS = 256 };

#define SEEN(field) (1u << (field))

/* Walks over the fields: text and other binary data break a rule within a few bytes, never after so many. */
static int pprof_bid(struct str s, struct str file_name)
{
	const unsigned char *p = (const unsigned char *)(s.n ? s.p : ""), *end = p + s.n, *next;
	const unsigned samples = SEEN(2), locations = SEEN(4), both = samples | locations, tables = SEEN(1) | SEEN(6);
	unsigned records = 0, seen = 0;
	uint64_t tag, n;
	bool named,
	    typed = false; /* a type holds numbers; OpenTelemetry's field 1 does not, and its others are as ours */

	while (p < end) {
		if (records >= ENOUGH_RECORDS && (seen & both) != 0)
			return typed ? BID_MOST : BID_SURE;
		if ((next = varint(p, end, &tag)) == NULL)
			break;
		p = next;
		if ((next = varint(p, end, &n)) == NULL)
			break;
		p = next;
		if (tag >> 3 == 0)
			break;
		if (tag >> 3 == 1 && (seen & SEEN(1)) == 0)
			typed = n > 0 && p < end && (*p & 7) == 0;
		if ((tag & 7) == 2 && tag >> 3 <= 14 && n <= (uint64_t)(end - p))
			p += n;
		else if ((tag & 7) != 0 || tag >> 3 < 7)
			break;
		records++;
		seen |= tag >> 3 < 16 ? SEEN(tag >> 3) : 0;
	}
	/* sample types and strings are in every profile */
	if (p == end && (seen & tables) == tables)
		return typed && (seen & both) == both ? BID_MOST : BID_SURE;
	named = format_named(file_name, PPROF_EXTENSIONS " pgo");
	if (records >= 8 && (seen & (both | SEEN(6))) != 0)
		return named ? BID_NAMED : BID_LIKELY; /* cut or damaged: its decoder says where */
	return named && records ? BID_WEAK : BID_NO;
}

/* Function ids of 0 are not told: a .NET profiler writes them, and its lines say what is meant. */
static struct str warning_of(struct arena *a, const struct profile_faults *f)
{
	uint64_t lost = (uint64_t)f->unknown_location + f->unknown_function + f->unknown_mapping;

	if (lost == 0 && f->value_count == 0)
		return STR_NONE;
	return arena_printf(a, "references that lead nowhere: %" PRIu64 "; samples with too many or too few values: %u",
	    lost, f->value_count);
}

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct profile **p;

	if (pprof_decode_parts(a, bytes, o->ends, o->n_ends, &p, &out->n, e) < 0)
		return -1;
	out->notes.warning = warning_of(a, &p[0]->faults);
	out->p = arena_zarray(a, out->n, sizeof(*out->p));
	for (uint32_t i = 0; i < out->n; i++)
		out->p[i] = (struct format_profile){ .p = p[i], .apart = i > 0 };
	return 0;
}

static int row_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e)
{
	const struct profile *p = in->p;
	struct buf raw;
	int rc;

	(void)n;
	if (o->plain) {
		pprof_encode(p, out);
		return buf_check(out, "pprof", e);
	}
	buf_init(&raw, SIZE_MAX / 2);
	if (p->n_samples > 0 && p->stack_at[p->n_samples] >= MANY_FRAMES) {
		pprof_encode_ordered(p, &raw);
		zip_gzip(buf_str(&raw), GZIP_ORDERED, out);
	} else {
		pprof_encode(p, &raw);
		zip_gzip(buf_str(&raw), GZIP_LEVEL, out);
	}
	rc = buf_check(out, "pprof", e);
	buf_fini(&raw);
	return rc;
}

const struct format format_pprof = {
	.name = "pprof",
	.extensions = PPROF_EXTENSIONS,
	.content_types = "application/octet-stream application/x-protobuf application/vnd.google.protobuf",
	.text = "protobuf profile of google/pprof, gzip",
	.bid = pprof_bid,
	.decode = row_decode,
	.encode = row_encode,
};
