/* format_perf_script.c - the text of `perf script` in the table of formats */
#include "formats/format_impl.h"
#include "formats/perf/perf_line.h"
#include "formats/perf/perf_script.h"

#define PERF_EXTENSIONS "perf perfscript"

enum { LOOK_LINES = 64 };

/* "\t", an address in 16 columns, a blank: as perf prints frames. */
static bool is_frame(struct str line)
{
	uint64_t address;
	const char *end = line.n >= 17 && line.p[0] == '\t' ? perf_frame_start(line, &address) : NULL;

	return end == line.p + 17;
}

/*
 * Among the first lines is the head of a record, and below it or behind it a
 * frame; or a head that says little and a frame that is laid out as perf does
 * it; or perf's own header, or nothing but heads with times.
 */
static int perf_script_bid(struct str s, struct str file_name)
{
	unsigned lines = 0, heads = 0, timed = 0;
	bool comment = false, named = format_named(file_name, PERF_EXTENSIONS);
	struct perf_head h;
	uint64_t address;

	while (s.n && lines < LOOK_LINES) {
		struct str line = str_cut(&s, '\n');

		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n == 0)
			continue;
		if (line.p[0] == '#') {
			comment |= str_prefix(line, STR("# perf version")) || str_prefix(line, STR("# captured on"));
			continue;
		}
		lines++;
		if (heads && (line.p[0] == '\t' || line.p[0] == ' ') && perf_frame_start(line, &address))
			return timed ? BID_SURE : BID_NAMED + 5;
		if (perf_head_parse(line, true, &h) && is_frame(str_of(s.p, str_find(s, '\n'))))
			return BID_NAMED;
		if (!perf_head_parse(line, false, &h))
			continue;
		heads++;
		timed += h.has_time;
		if (h.has_time && h.text.n && perf_frame_start(h.text, &address))
			return BID_SURE;
	}
	if (timed && timed * 10 >= lines * 9)
		return BID_NAMED;
	if (comment)
		return BID_SURE;
	return named && heads ? BID_LIKELY : BID_NO;
}

const struct format format_perf_script = {
	.name = "perf-script",
	.extensions = PERF_EXTENSIONS,
	.content_types = "text/x-perf-script",
	.text = "what perf script prints",
	.bid = perf_script_bid,
	.decode = perf_script_decode,
	.stream = perf_script_stream,
	.cut = perf_script_cut,
};
