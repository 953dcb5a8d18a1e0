/*
 * format_pprof_json.c - the JSON form of the protobuf profile in the table of
 * formats: names as in profile.proto or in lowerCamelCase, 64-bit numbers as
 * strings. Both ways through the binary form, whose rules for ids hold.
 */
#include "formats/format_impl.h"
#include "formats/json/json_bid.h"
#include "formats/msg/messages.h"
#include "formats/pprof/pprof.h"

static int json_bid(struct str s, struct str file_name)
{
	(void)file_name;
	/* requests of OpenTelemetry have tables of strings, too */
	if (json_first(s) != '{' || json_has(s, "\"resourceProfiles\"") || json_has(s, "\"resource_profiles\""))
		return BID_NO;
	if ((json_has(s, "\"sampleType\"") || json_has(s, "\"sample_type\"")) &&
	    (json_has(s, "\"stringTable\"") || json_has(s, "\"string_table\"")))
		return BID_SURE + 6;
	return BID_NO;
}

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct google_profile msg;
	struct profile *p;
	struct buf raw;
	struct str wire;

	(void)o;
	if (msg_from_json(a, &google_profile_type, bytes, &msg, e) < 0)
		return err_wrap(e, "pprof-json");
	buf_init(&raw, SIZE_MAX / 2);
	msg_encode(&google_profile_type, &msg, &raw);
	wire = arena_str(a, buf_str(&raw));
	buf_fini(&raw);
	if (pprof_decode(a, wire, &p, e) < 0)
		return err_wrap(e, "pprof-json");
	return format_one(a, p, out);
}

static int row_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e)
{
	struct arena *a = arena_new();
	struct google_profile msg;
	struct buf raw;
	int rc;

	(void)n;
	(void)o;
	buf_init(&raw, SIZE_MAX / 2);
	pprof_encode(in->p, &raw);
	rc = msg_decode(a, &google_profile_type, buf_str(&raw), &msg, e);
	if (rc == 0) {
		msg_to_json(&google_profile_type, &msg, out);
		buf_byte(out, '\n');
	}
	buf_fini(&raw);
	arena_free(a);
	return rc < 0 ? err_wrap(e, "pprof-json") : buf_check(out, "pprof-json", e);
}

const struct format format_pprof_json = {
	.name = "pprof-json",
	.extensions = "pb.json pprof.json",
	.content_types = "application/json",
	.text = "JSON form of the protobuf profile of google/pprof",
	.bid = json_bid,
	.decode = row_decode,
	.encode = row_encode,
};
