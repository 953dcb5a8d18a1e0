/*
 * format_bpftrace.c - maps with stacks in their keys, as bpftrace prints them.
 *
 *	@cpu[bash, 
 *	    do_sys_open+115
 *	    entry_SYSCALL_64+68
 *	, 
 *	    __open64+42
 *	    main+12 (prog)
 *	]: 3
 *
 * Each map is a profile of its own, named after it. Frames stand leaf first in the order of the keys: [kstack, ustack]
 * is a whole stack. In the style of perf, "ADDRESS name+0 (module)", the address and the module go. Other keys are tags
 * with FORMAT_TAGS: words "comm", numbers "pid", further ones "key3" and so on. An entry without a stack has its keys as
 * frames, the first at the root. Entries whose value is no whole number (statistics, histograms) are left out.
 *
 * Source: what bpftrace 0.9 to 0.21 prints.
 */
#include "formats/text/stack_dump.h"

enum { MAX_MAPS = 256, MAX_KEYS = 16 };

struct map_of {
	struct str name;
	struct dump d; /* its text is not used */
};

struct reader {
	struct arena *a;
	const struct format_opts *o;
	struct lines t;
	struct format_notes notes;
	struct map_of *maps;
	uint32_t n;
	struct str keys[MAX_KEYS]; /* of the entry, without stacks */
	uint32_t n_keys;
	bool has_stack;
};

static struct dump *map_named(struct reader *r, struct str name)
{
	struct str type = str_skip(name, 1);

	for (uint32_t i = 0; i < r->n; i++)
		if (str_eq(r->maps[i].name, name))
			return &r->maps[i].d;
	if (r->n == MAX_MAPS)
		return NULL;
	r->maps[r->n].name = name;
	dump_init(&r->maps[r->n].d, r->a, STR_NONE, r->o, type.n ? type : STR("samples"), "count");
	return &r->maps[r->n++].d;
}

/* "name+12", "name+0x1f", without the distance. */
static struct str without_offset(struct str s)
{
	size_t plus = str_rfind(s, '+');
	uint64_t v;

	return plus > 0 && plus < s.n && dump_hex(str_skip(s, plus + 1), &v) ? str_of(s.p, plus) : s;
}

static void take_frame(struct dump *d, struct str s)
{
	size_t blank = str_find(s, ' '), open = str_search(s, STR(" ("));
	struct str module = STR_NONE;
	uint64_t address = 0;

	if (open < s.n && s.p[s.n - 1] == ')') {
		module = str_of(s.p + open + 2, s.n - open - 3);
		s.n = open;
	}
	if (blank >= 8 && blank < s.n && dump_hex(str_of(s.p, blank), &address))
		s = str_trim(str_skip(s, blank));
	if (dump_hex(s, &address) && s.n >= 3)
		dump_address(d, address, module);
	else if (str_eq(s, STR("[unknown]")) && address)
		dump_address(d, address, module);
	else
		dump_frame(d, without_offset(s), STR_NONE, 0);
}

static void take_keys(struct reader *r, struct str s)
{
	while (s.n) {
		size_t comma = str_search(s, STR(", "));
		struct str key = str_trim(str_of(s.p, comma));

		s = str_skip(s, comma + 2);
		if (key.n && key.p[key.n - 1] == ',')
			key.n--;
		if (key.n && r->n_keys < MAX_KEYS)
			r->keys[r->n_keys++] = key;
	}
}

static void keys_to_tags(struct reader *r, struct dump *d)
{
	bool word = false, number = false;
	int64_t v;

	for (uint32_t i = 0; i < r->n_keys; i++) {
		bool is_number = dump_number(r->keys[i], &v), *seen = is_number ? &number : &word;
		const char *key = is_number ? "pid" : "comm";

		dump_tag(d, *seen ? arena_printf(r->a, "key%u", i + 1).p : key, r->keys[i], 0, "");
		*seen = true;
	}
}

/* "]: 12" at the end of an entry; what stands in front are keys. 1: taken; 0: no end; -1 */
static int take_end(struct reader *r, struct dump *d, struct str line, struct err *e)
{
	size_t close = str_search(line, STR("]: "));
	struct str text = str_trim(str_skip(line, close + 3));
	int64_t v;
	bool minus;

	for (struct str rest = line; close < line.n;) { /* keys may hold brackets: the last one counts */
		size_t next = close + 3;

		rest = str_skip(line, next);
		if (str_search(rest, STR("]: ")) >= rest.n)
			break;
		close = next + str_search(rest, STR("]: "));
		text = str_trim(str_skip(line, close + 3));
	}
	if (close >= line.n)
		return 0;
	take_keys(r, str_of(line.p, close));
	minus = text.n && text.p[0] == '-';
	if (!dump_number(str_skip(text, minus), &v)) {
		dump_drop(d);
		if (r->has_stack)
			return lines_bad(&r->t, r->a, r->o, &r->notes, "the value is no whole number", e) < 0 ? -1 : 1;
		return 1;
	}
	if (r->has_stack)
		keys_to_tags(r, d);
	else
		for (uint32_t i = r->n_keys; i-- > 0;)
			dump_frame(d, r->keys[i], STR_NONE, 0);
	dump_sample(d, minus ? -v : v);
	return 1;
}

/* From "@name[" to "]: N". */
static int one_entry(struct reader *r, size_t open, struct err *e)
{
	struct str first = r->t.line, rest = str_skip(first, open + 1);
	struct dump *d = map_named(r, str_of(first.p, open));
	int rc;

	if (d == NULL)
		return lines_bad(&r->t, r->a, r->o, &r->notes, "more than 256 maps", e);
	r->n_keys = 0;
	r->has_stack = false;
	rc = take_end(r, d, rest, e);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	take_keys(r, rest);
	while (lines_next(&r->t)) {
		struct str line = r->t.line;

		if (line.n && line.p[0] != ' ' && line.p[0] != '\t') {
			if ((rc = take_end(r, d, line, e)) != 0)
				return rc < 0 ? -1 : 0;
			take_keys(r, line);
		} else if (str_trim(line).n) {
			r->has_stack = true;
			take_frame(d, str_trim(line));
		}
	}
	dump_drop(d);
	return lines_bad(&r->t, r->a, r->o, &r->notes, "the last entry has no end", e);
}

/* "@name["; open: where the bracket is. */
static bool is_map(struct str line, size_t *open)
{
	*open = str_find(line, '[');
	if (line.n == 0 || line.p[0] != '@' || *open >= line.n)
		return false;
	for (size_t i = 1; i < *open; i++)
		if (line.p[i] == ' ' || line.p[i] == ':')
			return false;
	return true;
}

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct reader r = { .a = a, .o = o, .t = { .rest = bytes } };
	size_t open;

	r.maps = arena_zarray(a, MAX_MAPS, sizeof(*r.maps));
	out->p = arena_zarray(a, MAX_MAPS, sizeof(*out->p));
	while (lines_next(&r.t))
		if (is_map(r.t.line, &open) && one_entry(&r, open, e) < 0)
			return err_wrap(e, "bpftrace");
	for (uint32_t i = 0; i < r.n; i++) {
		struct format_profiles one = { 0 };

		/* maps without a stack or a number stand beside those that have them */
		if (dump_finish(&r.maps[i].d, "bpftrace", &one, e) < 0)
			continue;
		out->p[out->n] = one.p[0];
		out->p[out->n++].name = r.maps[i].name;
	}
	out->notes = r.notes;
	return out->n > 0 ? 0
			  : err_set(e, ERR_INVALID, "bpftrace: no map \"@name[stack]: number\" in %u lines", r.t.no);
}

static int bpftrace_bid(struct str bytes, struct str file_name)
{
	struct lines t = { .rest = str_of(bytes.p, MIN(bytes.n, (size_t)DUMP_LOOK)) };
	size_t open;

	(void)file_name;
	while (lines_next(&t)) {
		if (!is_map(t.line, &open))
			continue;
		if (str_search(t.line, STR("]: ")) < t.line.n)
			return BID_LIKELY;
		return t.rest.n && (t.rest.p[0] == ' ' || t.rest.p[0] == '\t' || t.rest.p[0] == '\n') ? BID_SURE
												      : BID_NO;
	}
	return BID_NO;
}

const struct format format_bpftrace = {
	.name = "bpftrace",
	.extensions = "bpftrace",
	.content_types = "text/x-bpftrace",
	.text = "maps of bpftrace with stacks as keys",
	.bid = bpftrace_bid,
	.decode = row_decode,
};
