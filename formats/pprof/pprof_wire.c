/*
 * pprof_wire.c - what is seldom needed of reading records: faults, long
 * numbers, fields that nobody knows.
 */
#include "formats/pprof/pprof_wire.h"

#include <stdarg.h>
#include <stdio.h>

const struct pprof_field pprof_fields[FIELDS] = {
	[0] = { "", 0 },
	[F_SAMPLE_TYPE] = { "sample_type", BIT(WIRE_LEN) },
	[F_SAMPLE] = { "sample", BIT(WIRE_LEN) },
	[F_MAPPING] = { "mapping", BIT(WIRE_LEN) },
	[F_LOCATION] = { "location", BIT(WIRE_LEN) },
	[F_FUNCTION] = { "function", BIT(WIRE_LEN) },
	[F_STRING] = { "string_table", BIT(WIRE_LEN) },
	[F_DROP_FRAMES] = { "drop_frames", BIT(WIRE_VARINT) },
	[F_KEEP_FRAMES] = { "keep_frames", BIT(WIRE_VARINT) },
	[F_TIME] = { "time_nanos", BIT(WIRE_VARINT) },
	[F_DURATION] = { "duration_nanos", BIT(WIRE_VARINT) },
	[F_PERIOD_TYPE] = { "period_type", BIT(WIRE_LEN) },
	[F_PERIOD] = { "period", BIT(WIRE_VARINT) },
	[F_COMMENT] = { "comment", BIT(WIRE_VARINT) | BIT(WIRE_LEN) },
	[F_DEFAULT_TYPE] = { "default_sample_type", BIT(WIRE_VARINT) },
	[F_DOC_URL] = { "doc_url", BIT(WIRE_VARINT) },
};

__attribute__((cold)) void pprof_bad(struct reader *r, const uint8_t *at, const char *fmt, ...)
{
	size_t byte = (size_t)(at - r->base);
	char text[128];
	va_list ap;

	if (r->failed)
		return;
	r->failed = true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (r->field == 0)
		err_set(r->e, ERR_INVALID, "pprof: byte %zu: %s", byte, text);
	else
		err_set(r->e, ERR_INVALID, "pprof: byte %zu, field %u (%s): %s", byte, r->field,
		    pprof_fields[r->field].name, text);
}

const uint8_t *pprof_number_slow(struct reader *r, const uint8_t *p, uint64_t *v)
{
	const uint8_t *at = p;

	*v = 0;
	for (unsigned shift = 0; shift < 70 && p < r->end; shift += 7) {
		*v |= (uint64_t)(*p & 0x7f) << shift;
		if (*p++ < 0x80)
			return p;
	}
	*v = 0;
	if (r->end - at >= 10)
		pprof_bad(r, at, "a number of more than ten bytes");
	else
		pprof_bad(r, at, "unexpected EOF: a number passes the end of the profile");
	return r->end;
}

__attribute__((cold)) void pprof_bad_length(struct reader *r, const uint8_t *at, uint64_t n, ptrdiff_t left)
{
	pprof_bad(r, at, "unexpected EOF: length %llu, but %td bytes are left", (unsigned long long)n,
	    MAX(left, (ptrdiff_t)0));
}

const uint8_t *pprof_skip_field(struct reader *r, const uint8_t *p, const uint8_t *end, uint64_t tag, unsigned known)
{
	size_t n;
	uint64_t v;

	if (tag >> 3 == 0 || tag > UINT32_MAX) {
		pprof_bad(r, p, "illegal field number %llu", (unsigned long long)(tag >> 3));
		return end;
	}
	if (tag >> 3 <= known) {
		pprof_bad(r, p, "wrong wire type %u for part %u", (unsigned)tag & 7, (unsigned)(tag >> 3));
		return end;
	}
	switch (tag & 7) {
	case WIRE_VARINT: return number(r, p, &v, false);
	case WIRE_LEN: p = length(r, p, end, &n, false); return p + n;
	case WIRE_64:
	case WIRE_32:
		n = (tag & 7) == WIRE_64 ? 8 : 4;
		if (end - p >= (ptrdiff_t)n)
			return p + n;
		pprof_bad(r, p, "unexpected EOF: a fixed number is cut");
		return end;
	}
	pprof_bad(r, p, "wire type %u", (unsigned)tag & 7);
	return end;
}

void pprof_read_numbers(struct reader *r, const uint8_t *p, const uint8_t *end, uint64_t *v, unsigned known)
{
	uint64_t tag;

	while (p < end) {
		p = number(r, p, &tag, false);
		if (LIKELY((tag & 7) == WIRE_VARINT && tag - 8 < (uint64_t)known * 8))
			p = number(r, p, &v[(tag >> 3) - 1], false);
		else
			p = pprof_skip_field(r, p, end, tag, known);
	}
	check_end(r, p, end);
}
