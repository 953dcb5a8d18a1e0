/* A flame graph as one HTML page that opens from disk: nothing is loaded from anywhere. */
#include "base/embed.h"
#include "base/json.h"
#include "formats/report/flame_view.h"
#include "formats/report/report_impl.h"

EMBED(report_page_css, "formats/report/report_page.css");
EMBED(report_page_js, "formats/report/report_page.js");

static void put_html(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		switch (s.p[i]) {
		case '&': buf_add(out, STR("&amp;")); break;
		case '<': buf_add(out, STR("&lt;")); break;
		case '>': buf_add(out, STR("&gt;")); break;
		default: buf_byte(out, (unsigned char)s.p[i]);
		}
}

static void put_i64(struct jw *w, const char *key, int64_t v)
{
	jw_key(w, str_cstr(key));
	jw_i64(w, v);
}

static void put_levels(struct jw *w, const struct flamegraph *g)
{
	jw_key(w, STR("levels"));
	jw_open(w, '[');
	for (size_t i = 0; i < g->n_levels; i++) {
		jw_open(w, '[');
		for (size_t k = 0; k < g->levels[i].n; k++)
			jw_i64(w, g->levels[i].values[k]);
		jw_close(w, ']');
	}
	jw_close(w, ']');
}

static void put_graph(struct jw *w, const struct html_graph *p)
{
	const struct flamegraph *g = p->g;

	jw_open(w, '{');
	jw_key(w, STR("type"));
	jw_str(w, p->type);
	jw_key(w, STR("unit"));
	jw_str(w, p->unit);
	put_i64(w, "total", g->total);
	put_i64(w, "left", g->left_ticks);
	put_i64(w, "right", g->right_ticks);
	jw_key(w, STR("names"));
	jw_open(w, '[');
	for (size_t i = 0; i < g->n_names; i++)
		jw_str(w, g->names[i]);
	jw_close(w, ']');
	put_levels(w, g);
	jw_close(w, '}');
}

/* "<" never appears in it, so no name can end the element that holds it. */
static void put_data(const struct html_page *p, const struct picture *o, struct buf *out)
{
	struct jw w = jw_init(out);

	w.html = true;
	jw_open(&w, '{');
	jw_key(&w, STR("diff"));
	jw_bool(&w, p->diff);
	jw_key(&w, STR("flame"));
	jw_bool(&w, o->flame);
	put_i64(&w, "chosen", p->chosen);
	jw_key(&w, STR("graphs"));
	jw_open(&w, '[');
	for (uint32_t i = 0; i < p->n; i++)
		put_graph(&w, &p->graphs[i]);
	jw_close(&w, ']');
	jw_close(&w, '}');
}

static const char page_body[] =
    "<select id=\"type\" aria-label=\"values\"></select><input id=\"search\" type=\"search\" aria-label=\"find "
    "functions\" "
    "placeholder='Find: text, \"exact\" or /expression/'><span id=\"stat\" role=\"status\"></span>"
    "<button id=\"reset\">Show all</button><button id=\"leave\" hidden></button><button id=\"flip\">Flip</button>"
    "<span role=\"group\" aria-label=\"view\"><button data-view=\"both\">Both</button>"
    "<button data-view=\"flame\">Flame</button><button data-view=\"table\">Table</button></span>"
    "<button id=\"theme\" aria-label=\"light or dark\">◐</button></header>\n"
    "<div id=\"flames\"></div><div id=\"list\"><table id=\"table\"></table></div>"
    "<div id=\"detail\" aria-live=\"polite\" hidden></div><div id=\"tip\" hidden></div>\n";

void report_html(const struct html_page *p, const struct picture *o, struct buf *out)
{
	struct str title = o->title.n > 0 ? o->title : STR("Flame Graph");

	buf_add(out, STR("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>"));
	put_html(out, title);
	buf_add(out,
	    STR("</title>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<style>\n"));
	buf_add(out, flame_view_style());
	buf_add(out, EMBEDDED(report_page_css));
	buf_add(out, STR("</style></head><body>\n"));
	buf_add(out, STR("<header><h1>"));
	put_html(out, title);
	buf_add(out, STR("</h1><small>"));
	put_html(out, o->subtitle);
	buf_add(out, STR("</small>"));
	buf_add(out, str_cstr(page_body));
	buf_add(out, STR("<script type=\"application/json\" id=\"data\">"));
	put_data(p, o, out);
	buf_add(out, STR("</script>\n<script>\n"));
	buf_add(out, flame_model_script());
	buf_add(out, flame_view_script());
	buf_add(out, EMBEDDED(report_page_js));
	buf_add(out, STR("</script>\n</body></html>\n"));
}
