/*
 * legacy_java.c - heap and contention profiles of Java in the same clothes: see legacy.h.
 *
 *	--- heapz 1 ---                  --- contentionz 1 ---
 *	format = java
 *	resolution = bytes               resolution = microseconds, sampling period, ms since reset
 *	BYTES OBJECTS @ 0x00000003 ...   numbers of the list below
 *	0x00000003 com.example.f (source.java:6)
 *
 * Numbers go, names stay: a location with a name has no address.
 */
#include "formats/legacy/legacy.h"

enum { HEAP_RATE = 512 << 10 };

static int attribute(struct legacy *l, bool heap, struct str line, struct str *unit, struct err *e)
{
	size_t equals = str_find(line, '=');
	struct str name = str_trim(str_of(line.p, equals)), value = str_trim(str_skip(line, equals + 1));
	int64_t ms;

	if (str_eq(name, STR("format")))
		return str_eq(value, STR("java")) ? 0 : legacy_bad(l, "a format other than java", e);
	if (str_eq(name, STR("resolution"))) {
		*unit = value;
		return 0;
	}
	if (!heap && str_eq(name, STR("sampling period")) && legacy_number(&value, &l->period) && value.n == 0)
		return 0;
	if (!heap && str_eq(name, STR("ms since reset")) && legacy_number(&value, &ms) && value.n == 0) {
		l->duration = (int64_t)((uint64_t)ms * (uint64_t)NS_PER_MS);
		return 0;
	}
	return legacy_bad(l, "an unknown attribute, or its value is no number", e);
}

/* 1: it is one; 0: it is none; -1 */
static int one_sample(struct legacy *l, bool heap, struct err *e)
{
	struct str line = str_trim(l->text.line);
	int64_t size, count;

	if (!legacy_number(&line, &size) || (legacy_blanks(&line), !legacy_number(&line, &count)) ||
	    (legacy_blanks(&line), !legacy_skip(&line, STR("@"))))
		return 0;
	if (legacy_push_all(l, line, UINT32_MAX) < 0)
		return legacy_bad(l, "an address has more than 64 bits", e) < 0 ? -1 : 1;
	if (heap) {
		if (count == 0)
			return legacy_bad(l, "no objects", e) < 0 ? -1 : 1;
		legacy_tag(l, STR("bytes"), STR_NONE, count == -1 ? (int64_t)(0 - (uint64_t)size) : size / count);
		legacy_unsample(&count, &size, HEAP_RATE);
	} else if (l->period != 0) {
		count = (int64_t)((uint64_t)count * (uint64_t)l->period);
		size = (int64_t)((uint64_t)size * (uint64_t)l->period);
	}
	legacy_sample(l, (int64_t[]){ count, size });
	return 1;
}

static void add_name(struct legacy *l, struct str line)
{
	struct legacy_name n = { 0 };
	uint64_t address;
	size_t open, colon;
	struct str digits;

	if (!legacy_address(&line, &address) || line.n == 0 || (line.p[0] != ' ' && line.p[0] != '\t'))
		return;
	line = n.name = str_trim(line);
	open = str_rfind(line, '(');
	if (open > 0 && open < line.n && line.p[line.n - 1] == ')' &&
	    (line.p[open - 1] == ' ' || line.p[open - 1] == '\t')) {
		n.name = str_trim(str_of(line.p, open));
		n.file = str_of(line.p + open + 1, line.n - open - 2);
		colon = str_rfind(n.file, ':');
		digits = str_skip(n.file, colon + 1);
		if (colon > 0 && colon < n.file.n && legacy_number(&digits, &n.line) && digits.n == 0) {
			n.file.n = colon;
			n.line = MAX(n.line, 0);
		} else { /* a library: its folder tells nothing */
			n.line = 0;
			if (str_rfind(n.file, '/') < n.file.n)
				n.file = str_skip(n.file, str_rfind(n.file, '/') + 1);
		}
	} else if (str_search(line, STR("generated stub/JIT")) < line.n) {
		n.name = STR("STUB");
	}
	legacy_name(l, address, n);
}

void legacy_java_names(struct legacy *l)
{
	l->whole_names = true;
	while (legacy_line(l))
		add_name(l, str_trim(l->text.line));
}

/* The attributes are gone through for the unit, which the types need. */
int legacy_java(struct legacy *l, bool heap, struct err *e)
{
	struct str unit = heap ? STR("bytes") : STR("nanoseconds");
	bool more;
	int rc = 1;

	while ((more = legacy_line(l))) {
		struct str line = str_trim(l->text.line);

		if (line.n == 0)
			continue;
		if (str_find(line, '=') == line.n)
			break;
		if (attribute(l, heap, line, &unit, e) < 0)
			return -1;
	}
	if (str_find(unit, ' ') < unit.n || unit.n == 0)
		unit = STR("bytes");
	legacy_types(l,
	    arena_printf(l->a, heap ? "inuse_objects count inuse_space " STR_FMT : "contentions count delay " STR_FMT,
		STR_ARG(unit))
		.p,
	    heap ? " " : "contentions count");
	for (; more && rc > 0; more = rc > 0 && legacy_line(l))
		if (str_trim(l->text.line).n)
			rc = one_sample(l, heap, e);
	if (rc < 0)
		return -1;
	if (rc == 0)
		add_name(l, str_trim(l->text.line));
	legacy_java_names(l);
	return 0;
}
