/* format_trace_event.c - trace events of Chrome and others in the table of formats */
#include "formats/format_impl.h"
#include "formats/json/json_bid.h"
#include "formats/json/trace_event.h"

static int trace_event_bid(struct str s, struct str file_name)
{
	char first = json_first(s);

	(void)file_name;
	if (first == '{')
		return json_has(s, "\"traceEvents\"") ? BID_SURE : BID_NO;
	return first == '[' && format_near(s, "\"ph\"") ? BID_SURE : BID_NO;
}

const struct format format_trace_event = {
	.name = "trace-event",
	.extensions = "trace trace.json",
	.content_types = "application/json",
	.text = "trace events of Chrome, py-spy, Hermes",
	.bid = trace_event_bid,
	.decode = trace_event_decode,
};
