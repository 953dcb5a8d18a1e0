/* perf_cut.c - see perf_cut.h */
#include "formats/perf/perf_cut.h"

#include "formats/perf/perf_blank.h"
#include "formats/perf/perf_line.h"
#include "formats/perf/perf_script.h"

/* Whether the last line, which has no end, is all there; otherwise it and its record go. */
static bool last_is_whole(struct str line)
{
	struct perf_frame f;
	struct perf_head h;
	uint64_t address;
	const char *rest = perf_frame_start(line, &address);

	if (line.n && line.p[0] == '#')
		return true;
	if (rest == NULL && perf_head_parse(line, false, &h) && h.text.n)
		rest = perf_frame_start(h.text, &address);
	if (rest == NULL)
		return false;
	perf_frame_parse(str_of(rest, (size_t)(line.p + line.n - rest)), &f);
	return f.whole;
}

struct str perf_whole_records(struct str text, uint64_t *cut)
{
	struct str t = text, line;
	size_t start;

	*cut = 0;
	if (t.n == 0 || t.p[t.n - 1] == '\n')
		return t;
	start = str_rfind(t, '\n');
	line = start < t.n ? str_skip(t, start + 1) : t;
	if (last_is_whole(line))
		return t;
	*cut = 1 + perf_count_lines(str_of(t.p, t.n - line.n));
	t.n = perf_script_cut(str_of(t.p, t.n - line.n));
	if (t.n + line.n == text.n)
		return t;
	return line.p[0] == ' ' || line.p[0] == '\t' ? t : str_of(text.p, text.n - line.n);
}

size_t perf_script_cut(struct str text)
{
	size_t end = str_rfind(text, '\n') + 1;
	struct perf_head h;

	if (end > text.n)
		return 0;
	/* lines from the last to the first: an empty one ends a record, the head of the next one does too */
	while (end > 0) {
		size_t start = str_rfind(str_of(text.p, end - 1), '\n') + 1;
		struct str line;

		start = start > end - 1 ? 0 : start;
		line = perf_without_cr(str_of(text.p + start, end - 1 - start));
		if (line.n == 0)
			return end;
		if (start > 0 && line.p[0] != '\t' && line.p[0] != '#' && perf_head_parse(line, false, &h))
			return start;
		end = start;
	}
	return 0;
}
