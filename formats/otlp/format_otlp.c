/* format_otlp.c - export requests of OpenTelemetry in the table of formats: protobuf */
#include "formats/format_impl.h"
#include "formats/otlp/otlp.h"
#include "formats/otlp/otlp_row.h"

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	return otlp_row_decode(a, bytes, OTLP_PROTOBUF, o, out, e);
}

static int row_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e)
{
	return otlp_encode(in, n, o, OTLP_PROTOBUF, out, e);
}

const struct format format_otlp = {
	.name = "otlp",
	.extensions = "otlp",
	.content_types = "application/vnd.opentelemetry.profiles+protobuf",
	.text = "export request of OpenTelemetry profiles, protobuf",
	.bid = otlp_bid,
	.decode = row_decode,
	.encode = row_encode,
	.several = true,
};
