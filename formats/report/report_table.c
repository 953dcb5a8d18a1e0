/* The table of functions for programs: tab or comma separated, or JSON with the call tree. */
#include <stdlib.h>

#include "base/json.h"
#include "formats/report/report_impl.h"
#include "formats/query/tree_impl.h"

/* A field cannot break the table: quoted where commas separate, without tabs and line ends where tabs do. */
void report_field(struct str s, char sep, struct buf *out)
{
	bool quote = false;

	if (sep == '\t') {
		for (size_t i = 0; i < s.n; i++)
			buf_byte(out, s.p[i] == '\t' || s.p[i] == '\n' || s.p[i] == '\r' ? ' ' : (unsigned char)s.p[i]);
		return;
	}
	for (size_t i = 0; i < s.n && !quote; i++)
		quote = s.p[i] == sep || s.p[i] == '"' || s.p[i] == '\n' || s.p[i] == '\r';
	if (!quote) {
		buf_add(out, s);
		return;
	}
	buf_byte(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_byte(out, '"');
		buf_byte(out, (unsigned char)s.p[i]);
	}
	buf_byte(out, '"');
}

static double share(const struct report *r, int64_t v)
{
	return r->total != 0 ? 100.0 * (double)v / (double)r->total : 0;
}

void report_table(struct report *r, struct buf *out, char sep)
{
	struct graph *g = graph_new(r, FORM_TOP, true);

	buf_printf(out, "flat%cflat_percent%ccum%ccum_percent%cname\n", sep, sep, sep, sep);
	for (uint32_t i = 0; i < g->n; i++) {
		int64_t flat = graph_flat(g, g->order[i]), cum = graph_cum(g, g->order[i]);

		buf_printf(out, "%lld%c%.4f%c%lld%c%.4f%c", (long long)flat, sep, share(r, flat), sep, (long long)cum,
		    sep, share(r, cum), sep);
		report_field(report_printed(r, g->order[i]), sep, out);
		buf_byte(out, '\n');
	}
	graph_free(g);
}

static void put_i64(struct jw *w, const char *key, int64_t v)
{
	jw_key(w, str_cstr(key));
	jw_i64(w, v);
}

static void put_str(struct jw *w, const char *key, struct str s)
{
	jw_key(w, str_cstr(key));
	jw_str(w, s);
}

static void put_functions(struct report *r, struct jw *w)
{
	struct graph *g = graph_new(r, FORM_TOP, true);

	jw_key(w, STR("functions"));
	jw_open(w, '[');
	for (uint32_t i = 0; i < g->n; i++) {
		jw_open(w, '{');
		put_str(w, "name", report_printed(r, g->order[i]));
		put_i64(w, "flat", graph_flat(g, g->order[i]));
		put_i64(w, "cum", graph_cum(g, g->order[i]));
		jw_close(w, '}');
	}
	jw_close(w, ']');
	graph_free(g);
}

/* A list, parents first, so that no reader needs a stack as deep as the program's. */
static void put_tree(struct report *r, struct jw *w)
{
	struct tree *t = report_call_tree(r);

	jw_key(w, STR("tree"));
	jw_open(w, '[');
	for (size_t i = 1; i < t->nodes.n; i++) {
		const struct tree_node *n = &t->nodes.p[i];

		jw_open(w, '{');
		put_i64(w, "id", (int64_t)i);
		put_i64(w, "parent", n->parent);
		put_str(w, "name", t->names.p[n->name]);
		put_i64(w, "self", n->self);
		put_i64(w, "total", n->total);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	tree_free(t);
}

void report_json(struct report *r, struct buf *out)
{
	struct jw w = jw_init(out);

	jw_open(&w, '{');
	put_str(&w, "type", r->type_name);
	put_str(&w, "unit", r->unit);
	put_i64(&w, "total", r->total);
	put_i64(&w, "time", r->p->time);
	put_i64(&w, "duration", r->p->duration);
	put_functions(r, &w);
	put_tree(r, &w);
	jw_close(&w, '}');
	buf_byte(out, '\n');
}
