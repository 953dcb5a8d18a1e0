/* A flame graph as one HTML page that opens from disk: nothing is loaded from anywhere. */
#include "base/json.h"
#include "formats/report_impl.h"

static void put_html(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		switch (s.p[i]) {
		case '&':
			buf_add(out, STR("&amp;"));
			break;
		case '<':
			buf_add(out, STR("&lt;"));
			break;
		case '>':
			buf_add(out, STR("&gt;"));
			break;
		default:
			buf_byte(out, (unsigned char)s.p[i]);
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

/* "<" never appears in it, so no name can end the element that holds it. */
static void put_data(const struct flamegraph *g, bool diff, const struct picture *o, struct buf *out)
{
	struct jw w = jw_init(out);

	w.html = true;
	jw_open(&w, '{');
	jw_key(&w, STR("diff"));
	jw_bool(&w, diff);
	jw_key(&w, STR("flame"));
	jw_bool(&w, o->flame);
	jw_key(&w, STR("unit"));
	jw_str(&w, o->unit);
	put_i64(&w, "total", g->total);
	put_i64(&w, "left", g->left_ticks);
	put_i64(&w, "right", g->right_ticks);
	jw_key(&w, STR("names"));
	jw_open(&w, '[');
	for (size_t i = 0; i < g->n_names; i++)
		jw_str(&w, g->names[i]);
	jw_close(&w, ']');
	put_levels(&w, g);
	jw_close(&w, '}');
}

static const char page_head[] =
	"<style>\n"
	"body{margin:0;font:13px system-ui,sans-serif;background:#fff;color:#111;height:100vh;"
	"display:flex;flex-direction:column}\n"
	"header{padding:6px 10px;display:flex;gap:10px;align-items:center;flex-wrap:wrap}\n"
	"h1{font-size:16px;margin:0}header small{color:#666}#search{width:18em}\n"
	"#box{position:relative;overflow-y:auto;flex:3;border-top:1px solid #ccc;border-bottom:1px solid #ccc}\n"
	"#flame{position:sticky;top:0;display:block;cursor:pointer}#space{position:absolute;top:0;width:1px}\n"
	"#tip{position:fixed;display:none;white-space:pre;background:#222;color:#fff;padding:4px 8px;"
	"border-radius:3px;pointer-events:none;max-width:90vw;overflow:hidden}\n"
	"#list{overflow:auto;flex:1}table{border-collapse:collapse;font:12px ui-monospace,Menlo,Consolas,monospace}\n"
	"td,th{padding:1px 10px;text-align:right;white-space:nowrap}td:last-child,th:last-child{text-align:left}\n"
	"th{cursor:pointer;position:sticky;top:0;background:#eee}tbody tr:hover{background:#ffd;cursor:pointer}\n"
	"</style></head><body>\n";

static const char page_body[] =
	"<input id=\"search\" type=\"search\" placeholder=\"search: regular expression\">"
	"<span id=\"stat\"></span><button id=\"reset\">Reset zoom</button><button id=\"flip\">Flip</button></header>\n"
	"<div id=\"box\"><canvas id=\"flame\"></canvas><div id=\"space\"></div></div>\n"
	"<div id=\"list\"><table><thead><tr><th id=\"by-self\">self</th><th>self%</th><th id=\"by-sum\">total</th>"
	"<th>total%</th><th>function</th></tr></thead><tbody id=\"table\"></tbody></table></div>\n"
	"<div id=\"tip\"></div>\n";

void report_html(const struct flamegraph *g, bool diff, const struct picture *o, struct buf *out)
{
	struct str title = o->title.n > 0 ? o->title : STR("Flame Graph");

	buf_add(out, STR("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>"));
	put_html(out, title);
	buf_add(out, STR("</title>\n"));
	buf_add(out, str_cstr(page_head));
	buf_add(out, STR("<header><h1>"));
	put_html(out, title);
	buf_add(out, STR("</h1><small>"));
	put_html(out, o->subtitle);
	buf_add(out, STR("</small>"));
	buf_add(out, str_cstr(page_body));
	buf_add(out, STR("<script type=\"application/json\" id=\"data\">"));
	put_data(g, diff, o, out);
	buf_add(out, STR("</script>\n<script>\n"));
	buf_add(out, str_cstr(report_page_script));
	buf_add(out, STR("</script>\n</body></html>\n"));
}
