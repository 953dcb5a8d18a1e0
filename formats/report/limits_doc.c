/* What became of limits, as text, as Markdown for people who review, and as JUnit for what counts tests; see diff_limit.h. */
#include "formats/report/diff_limit.h"

static bool unchecked(const struct limit_suite *s)
{
	return s->error.n > 0;
}

struct limit_counts limits_count(const struct limit_suite *s, size_t n)
{
	struct limit_counts c = { 0 };

	for (size_t i = 0; i < n; i++) {
		c.limits += s[i].n;
		c.unchecked += unchecked(&s[i]) ? s[i].n : 0;
		for (size_t k = 0; k < s[i].n; k++)
			c.passed += !unchecked(&s[i]) && s[i].limits[k].passed;
	}
	return c;
}

static const char *fate(const struct limit_suite *s, const struct diff_limit *l)
{
	return unchecked(s) ? "not checked" : l->passed ? "exceeded" : "kept";
}

/* ---- text ---- */

/* Characters that would end the line or move a cursor are "?". */
static void plain(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++)
		buf_byte(out, (unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f ? '?' : (unsigned char)s.p[i]);
}

void limits_text(const struct limit_suite *s, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < s[i].n; k++) {
			const struct diff_limit *l = &s[i].limits[k];

			buf_printf(out, "%-11s  ", fate(&s[i], l));
			plain(s[i].name, out);
			buf_add(out, s[i].name.n > 0 ? STR(": ") : STR(""));
			plain(unchecked(&s[i]) ? l->text : l->sentence, out);
			if (unchecked(&s[i])) {
				buf_add(out, STR(": "));
				plain(s[i].error, out);
			}
			buf_byte(out, '\n');
		}
}

/* ---- Markdown ---- */

/* A bar would end a cell. */
void limits_markdown_name(struct str s, bool cell, struct buf *out)
{
	buf_byte(out, '`');
	for (size_t i = 0; i < s.n; i++) {
		if (cell && s.p[i] == '|')
			buf_byte(out, '\\');
		buf_byte(out, s.p[i] == '`' ? '\'' : s.p[i] == '\n' || s.p[i] == '\r' ? ' ' : (unsigned char)s.p[i]);
	}
	buf_byte(out, '`');
}

void limits_markdown(const struct limit_suite *s, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < s[i].n; k++) {
			const struct diff_limit *l = &s[i].limits[k];

			buf_printf(out, "- **%s** ", fate(&s[i], l));
			if (s[i].name.n > 0) {
				limits_markdown_name(s[i].name, false, out);
				buf_add(out, STR(": "));
			}
			limits_markdown_name(unchecked(&s[i]) ? l->text : l->sentence, false, out);
			if (unchecked(&s[i])) {
				buf_add(out, STR(": "));
				limits_markdown_name(s[i].error, false, out);
			}
			buf_byte(out, '\n');
		}
}

/* ---- JUnit ---- */

/* Text of XML 1.0: no control characters but tab and line feed, nothing that is no UTF-8. */
static void xml_text(struct str s, struct buf *out)
{
	bool utf8 = str_utf8(s);

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
			buf_byte(out, (c < ' ' && c != '\t' && c != '\n') || (c >= 0x80 && !utf8) ? '?' : c);
	}
}

static void xml_element(const char *name, const char *attribute, struct str text, struct buf *out)
{
	buf_printf(out, "<%s%s", name, attribute);
	xml_text(text, out);
	buf_add(out, attribute[0] != '>' ? STR("\"/>") : STR(""));
	if (attribute[0] == '>')
		buf_printf(out, "</%s>", name);
}

static void junit_case(const struct limit_suite *s, const struct diff_limit *l, struct str name, struct buf *out)
{
	buf_add(out, STR("  <testcase classname=\""));
	xml_text(name, out);
	buf_add(out, STR("\" name=\""));
	xml_text(l->text, out);
	buf_add(out, STR("\">\n   "));
	if (unchecked(s))
		xml_element("error", " message=\"", s->error, out);
	else if (l->passed)
		xml_element("failure", " message=\"", l->sentence, out);
	else
		xml_element("system-out", ">", l->sentence, out);
	buf_add(out, STR("\n  </testcase>\n"));
}

void limits_junit(const struct limit_suite *s, size_t n, struct buf *out)
{
	buf_add(out, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"));
	for (size_t i = 0; i < n; i++) {
		struct str name = s[i].name.n > 0 ? s[i].name : STR("profile");
		struct limit_counts c = limits_count(&s[i], 1);

		buf_add(out, STR(" <testsuite name=\""));
		xml_text(name, out);
		buf_printf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n", c.limits, c.passed, c.unchecked);
		for (size_t k = 0; k < s[i].n; k++)
			junit_case(&s[i], &s[i].limits[k], name, out);
		buf_add(out, STR(" </testsuite>\n"));
	}
	buf_add(out, STR("</testsuites>\n"));
}
