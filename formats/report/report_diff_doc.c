/* A comparison as a document: Markdown for people who review. */
#include "formats/report/diff_limit.h"
#include "formats/report/report_diff.h"

static void md_value(struct report *r, int64_t v, bool sign, struct buf *out)
{
	diff_print_value(r, v, sign, out);
	buf_add(out, STR(" | "));
}

static void md_row(struct report *r, const struct changes *c, const struct change *change, struct buf *out)
{
	const struct diff_value *x = c->o->cum ? &change->cum : &change->flat;

	buf_add(out, STR("| "));
	limits_markdown_name(change->name, true, out);
	buf_add(out, STR(" | "));
	md_value(r, x->v[0], false, out);
	md_value(r, x->v[1], false, out);
	md_value(r, diff_delta(x), true, out);
	diff_print_growth(x, out);
	if (c->known && x->tested) {
		buf_add(out, STR(" | "));
		diff_print_value(r, (int64_t)x->test.low, true, out);
		buf_add(out, STR(" to "));
		diff_print_value(r, (int64_t)x->test.high, true, out);
		buf_add(out, STR(" | "));
		diff_print_p(x, out);
	} else if (c->known) {
		buf_add(out, STR(" | | "));
	}
	buf_add(out, STR(" |\n"));
}

void report_diff_markdown(struct report *before, struct report *after, const struct report_diff_opts *o,
    struct buf *out)
{
	struct changes c;
	size_t n;

	changes_collect(&c, before, after, o, false);
	diff_unit(&c, after);
	n = c.n;
	while (n > 0 && diff_delta(o->cum ? &c.all.p[n - 1].cum : &c.all.p[n - 1].flat) == 0)
		n--;
	buf_add(out, STR("### What changed"));
	if (after->type_name.n > 0) {
		buf_add(out, STR(": "));
		limits_markdown_name(after->type_name, false, out);
	}
	buf_add(out, STR("\n\nTotal: "));
	diff_print_value(after, c.total.v[0], false, out);
	buf_add(out, STR(" before, "));
	diff_print_value(after, c.total.v[1], false, out);
	buf_add(out, STR(" after, "));
	diff_print_value(after, diff_delta(&c.total), true, out);
	buf_add(out, STR(" ("));
	diff_print_growth(&c.total, out);
	buf_add(out, STR(").\n"));
	if (n > 0) {
		buf_printf(out, "\n| function (%s) | before | after | change | %% |", o->cum ? "cumulative" : "self");
		if (c.known)
			buf_printf(out, " %.4g%% bounds | p |", diff_confidence(o) * 100);
		buf_add(out, STR("\n| :-- | --: | --: | --: | --: |"));
		buf_add(out, c.known ? STR(" --: | --: |\n") : STR("\n"));
	}
	for (size_t i = 0; i < n; i++)
		md_row(after, &c, &c.all.p[i], out);
	if (c.noise > 0)
		buf_printf(out, "\n%zu function%s changed within the noise.\n", c.noise, c.noise == 1 ? "" : "s");
	else if (n == 0)
		buf_add(out, STR("\nNo function changed.\n"));
	if (o->n_limits > 0)
		buf_byte(out, '\n');
	limits_markdown(&(struct limit_suite){ .limits = o->limits, .n = o->n_limits }, 1, out);
	changes_fini(&c);
}

void report_diff_junit(const struct report_diff_opts *o, struct buf *out)
{
	limits_junit(&(struct limit_suite){ .limits = o->limits, .n = o->n_limits }, 1, out);
}
