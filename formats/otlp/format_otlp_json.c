/* format_otlp_json.c - export requests of OpenTelemetry in the table of formats: JSON */
#include "formats/format_impl.h"
#include "formats/otlp/otlp.h"
#include "formats/otlp/otlp_row.h"

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	return otlp_row_decode(a, bytes, OTLP_JSON, o, out, e);
}

static int row_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e)
{
	return otlp_encode(in, n, o, OTLP_JSON, out, e);
}

const struct format format_otlp_json = {
	.name = "otlp-json",
	.extensions = "otlp-json otlpjson",
	.content_types = "application/vnd.opentelemetry.profiles+json",
	.text = "export request of OpenTelemetry profiles, JSON",
	.bid = otlp_json_bid,
	.decode = row_decode,
	.encode = row_encode,
	.several = true,
};
