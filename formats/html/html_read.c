/* html_read.c - see html_read.h */
#include "formats/html/html_read.h"

#include "formats/format_impl.h"
#include "formats/json/flamebearer.h"

#define DATA "<script type=\"application/json\" id=\"data\">"

/* What stands between two texts; false: they are not there. */
static bool between(struct str text, const char *open, const char *close, struct str *out)
{
	size_t at = str_search(text, str_cstr(open));
	size_t n;

	if (at == text.n)
		return false;
	*out = str_skip(text, at + strlen(open));
	n = str_search(*out, str_cstr(close));
	if (n == out->n)
		return false;
	out->n = n;
	return true;
}

enum html_kind html_kind(struct str text)
{
	if (str_search(text, STR(DATA)) < text.n)
		return HTML_OURS;
	return str_search(text, STR("function f(")) < text.n && str_search(text, STR("levels[")) < text.n ? HTML_CALLS
													  : HTML_NONE;
}

int html_decode(struct arena *a, struct str text, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct profile *p;
	struct str data;

	(void)o;
	switch (html_kind(text)) {
	case HTML_OURS:
		if (!between(text, DATA, "</script>", &data))
			return err_set(e, ERR_INVALID, "html: the data of the page have no end");
		return flamebearer_decode_page(a, data, out, e) < 0 ? err_wrap(e, "html: the data of the page") : 0;
	case HTML_CALLS:
		if (html_decode_calls(a, text, &p, e) < 0)
			return err_wrap(e, "html");
		return format_one(a, p, out);
	default:
		return err_set(e, ERR_INVALID,
		    "html: no flame graph that can be read: those of pyro-query html and of async-profiler can");
	}
}
