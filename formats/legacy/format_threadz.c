/*
 * format_threadz.c - stacks of all threads as text, of gperftools' threadz.
 *
 *	--- threadz 1 ---
 *	--- Thread 7f794ab90940 (name: main/14748) stack: ---
 *	  PC:  0x00bc8f1c: helper(arg *)
 *	  0x0040be31: main
 *	      creator: 0xa45b96 0xa460b4
 *	--- Thread ... stack: ---
 *	  [same as previous thread]
 *
 * Each thread counts once. Its name and number are tags with FORMAT_TAGS, names of functions are taken with
 * FORMAT_NAMES.
 */
#include "formats/legacy/legacy.h"

static bool digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* --- threadz NUMBER --- */
static bool is_start(struct str line)
{
	size_t at = str_search(line, STR("--- threadz ")), end;

	line = str_skip(line, at + 12);
	end = str_find(line, ' ');
	return digits(str_of(line.p, end)) && str_prefix(str_skip(line, end), STR(" ---"));
}

/* --- Thread HEX (name: NAME/ID) stack: --- */
static bool is_thread(struct str line, struct str *name, struct str *id)
{
	size_t at = str_search(line, STR("--- Thread ")), end = str_search(line, STR(") stack: ---")), open, slash;

	if (at >= line.n || end >= line.n || end < at)
		return false;
	line = str_of(line.p + at + 11, end - at - 11);
	open = str_search(line, STR(" (name: "));
	if (open == 0 || open >= line.n)
		return false;
	line = str_skip(line, open + 8);
	slash = str_rfind(line, '/');
	*name = str_of(line.p, slash);
	*id = str_skip(line, slash + 1);
	return digits(*id);
}

/* "  PC:  0x00bc8f1c: helper(arg *)" */
static void take_name(struct legacy *l, struct str line, uint32_t depth)
{
	size_t zero = str_search(line, STR("0x"));
	uint64_t address;

	line = str_skip(line, zero);
	if ((l->o->keep & FORMAT_NAMES) && legacy_address(&line, &address) && legacy_skip(&line, STR(": ")))
		legacy_name(l, address - (depth > 0), (struct legacy_name){ .name = str_trim(line) });
}

static void tags(struct legacy *l, struct str name, struct str id)
{
	if (!(l->o->keep & FORMAT_TAGS))
		return;
	legacy_tag(l, STR("thread"), name, 0);
	legacy_tag(l, STR("tid"), id, 0);
}

/* The sample before once more. */
static void repeat(struct legacy *l, struct str name, struct str id)
{
	const struct legacy_sample *s;

	legacy_drop(l);
	if (l->n_samples == 0)
		return;
	s = &l->samples[l->n_samples - 1];
	if (!(l->o->keep & FORMAT_TAGS)) {
		l->values[l->n_samples - 1]++;
		return;
	}
	tags(l, name, id);
	legacy_sample(l, (int64_t[]){ 1 });
	l->samples[l->n_samples - 1].at = l->samples[l->n_samples - 2].at;
	l->samples[l->n_samples - 1].n = s->n;
}

/* The lines of one thread, behind its first; the line at hand is the first of what follows. */
static int one_thread(struct legacy *l, struct err *e)
{
	struct str name, id;
	bool same = false;

	is_thread(l->text.line, &name, &id);
	tags(l, name, id);
	while (legacy_line(l)) {
		struct str line = str_trim(l->text.line);
		uint32_t depth = legacy_depth(l);

		if (str_prefix(line, STR("---")))
			break;
		if (str_search(line, STR("same as previous thread")) < line.n) {
			same = true;
			continue;
		}
		if (legacy_push_all(l, line, 1) < 0)
			return legacy_bad(l, "an address has more than 64 bits", e);
		take_name(l, line, depth);
	}
	if (same || legacy_depth(l) == 0)
		repeat(l, name, id);
	else
		legacy_sample(l, (int64_t[]){ 1 });
	return 0;
}

/* The leaf may stand there twice: where it is, and as if it were a call. */
static void drop_double(struct legacy *l)
{
	for (uint32_t i = 0; i < l->n_samples; i++) {
		struct legacy_sample *s = &l->samples[i];

		if (s->n > 1 && l->addresses[s->at] == l->addresses[s->at + 1] + 1) {
			l->addresses[s->at + 1] = l->addresses[s->at];
			s->at++;
			s->n--;
		}
	}
}

static int threads(struct legacy *l, struct err *e)
{
	struct str name, id;

	if (is_start(l->text.line))
		while (legacy_line(l) && !legacy_is_maps(l->text.line) && !str_prefix(l->text.line, STR("-")))
			;
	while (l->text.line.p && !legacy_is_maps(l->text.line) &&
	    !str_prefix(l->text.line, STR("---- no stack trace for"))) {
		if (is_thread(l->text.line, &name, &id)) {
			if (one_thread(l, e) < 0)
				return -1;
		} else {
			if (legacy_bad(l, "no \"--- Thread ID (name: NAME/NUMBER) stack: ---\"", e) < 0)
				return -1;
			legacy_line(l);
		}
	}
	return 0;
}

static bool find_head(struct legacy *l)
{
	struct str name, id;

	while (legacy_line(l) && legacy_blank(l->text.line))
		;
	return is_start(l->text.line) || is_thread(l->text.line, &name, &id);
}

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct legacy l;

	legacy_init(&l, a, bytes, o);
	if (!find_head(&l))
		return err_set(e, ERR_INVALID, "threadz: line %u: no \"--- threadz NUMBER ---\"", l.text.no);
	legacy_types(&l, "thread count", "thread count");
	l.period = 1;
	if (threads(&l, e) < 0)
		return err_wrap(e, "threadz");
	legacy_sections(&l);
	drop_double(&l);
	return legacy_finish(&l, LEGACY_CPU, out);
}

static int threadz_bid(struct str bytes, struct str file_name)
{
	struct format_opts o = { 0 };
	struct legacy l;

	(void)file_name;
	legacy_init(&l, NULL, str_of(bytes.p, MIN(bytes.n, (size_t)4096)), &o);
	return find_head(&l) ? BID_SURE : BID_NO;
}

const struct format format_threadz = {
	.name = "threadz",
	.extensions = "",
	.content_types = "text/x-threadz",
	.text = "stacks of threads of gperftools, text",
	.bid = threadz_bid,
	.decode = row_decode,
};
