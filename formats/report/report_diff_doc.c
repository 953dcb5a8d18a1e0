/* A comparison as documents: Markdown for people who review, JUnit for what counts tests. */
#include "formats/report/diff_limit.h"
#include "formats/report/report_diff.h"

/* As code; a bar would end a cell. */
static void md_name(struct str s, bool cell, struct buf *out)
{
	buf_byte(out, '`');
	for (size_t i = 0; i < s.n; i++) {
		if (cell && s.p[i] == '|')
			buf_byte(out, '\\');
		buf_byte(out, s.p[i] == '`' ? '\'' : s.p[i] == '\n' || s.p[i] == '\r' ? ' ' : (unsigned char)s.p[i]);
	}
	buf_byte(out, '`');
}

static void md_value(struct report *r, int64_t v, bool sign, struct buf *out)
{
	diff_print_value(r, v, sign, out);
	buf_add(out, STR(" | "));
}

static void md_row(struct report *r, const struct changes *c, const struct change *change, struct buf *out)
{
	const struct diff_value *x = c->o->cum ? &change->cum : &change->flat;

	buf_add(out, STR("| "));
	md_name(change->name, true, out);
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

static void md_limits(const struct report_diff_opts *o, struct buf *out)
{
	for (size_t i = 0; i < o->n_limits; i++) {
		buf_printf(out, "%s- **%s** ", i == 0 ? "\n" : "", o->limits[i].passed ? "exceeded" : "kept");
		md_name(o->limits[i].sentence, false, out);
		buf_byte(out, '\n');
	}
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
		md_name(after->type_name, false, out);
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
		buf_printf(out, "\n%zu functions changed within the noise.\n", c.noise);
	else if (n == 0)
		buf_add(out, STR("\nNo function changed.\n"));
	md_limits(o, out);
	changes_fini(&c);
}

/* Text of XML 1.0: no control characters but tab and line feed. */
static void xml_text(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '&')
			buf_add(out, STR("&amp;"));
		else if (c == '<')
			buf_add(out, STR("&lt;"));
		else if (c == '>')
			buf_add(out, STR("&gt;"));
		else if (c == '"')
			buf_add(out, STR("&quot;"));
		else
			buf_byte(out, c < ' ' && c != '\t' && c != '\n' ? '?' : c);
	}
}

void report_diff_junit(const struct report_diff_opts *o, struct buf *out)
{
	size_t failures = 0;

	for (size_t i = 0; i < o->n_limits; i++)
		failures += o->limits[i].passed;
	buf_printf(out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
	    " <testsuite name=\"profile\" tests=\"%zu\" failures=\"%zu\" errors=\"0\">\n",
	    o->n_limits, failures);
	for (size_t i = 0; i < o->n_limits; i++) {
		const struct diff_limit *l = &o->limits[i];

		buf_add(out, STR("  <testcase classname=\"profile\" name=\""));
		xml_text(l->text, out);
		buf_add(out, STR("\">\n   "));
		if (l->passed)
			buf_add(out, STR("<failure message=\""));
		else
			buf_add(out, STR("<system-out>"));
		xml_text(l->sentence, out);
		buf_add(out, l->passed ? STR("\"/>\n") : STR("</system-out>\n"));
		buf_add(out, STR("  </testcase>\n"));
	}
	buf_add(out, STR(" </testsuite>\n</testsuites>\n"));
}
