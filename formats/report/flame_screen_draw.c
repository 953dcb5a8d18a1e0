/* flame_screen_draw.c - see flame_screen.h: the pictures */
#include "formats/report/flame_screen_impl.h"

/* ---- drawing ---- */

struct pen {
	struct flame_screen *s;
	struct buf *out;
	unsigned rows, columns; /* left */
	bool colours;
};

/* The next line is wiped before it is written: behind the last cell of a line some terminals would wipe that cell. */
static void end_line(struct pen *p)
{
	if (p->rows > 1)
		buf_add(p->out, STR("\r\n\033[K"));
	p->rows -= p->rows > 0;
}

static void text_line(struct pen *p, struct str text, bool strong)
{
	if (p->rows == 0)
		return;
	if (strong)
		buf_add(p->out, STR("\033[1m"));
	flame_text_name(text, MIN((size_t)p->columns, text.n), " ", p->out);
	if (strong)
		buf_add(p->out, STR("\033[0m"));
	end_line(p);
}

static struct flame_window window_of(const struct pen *p, const struct flame_bar *zoom)
{
	return (struct flame_window){ .x = zoom->x,
		.w = zoom->w,
		.columns = p->columns,
		.colours = p->colours,
		.palette = p->s->o->colours };
}

static void put_share(struct buf *b, int64_t v, int64_t total)
{
	buf_printf(b, " (%.2f%%)", total != 0 ? 100.0 * (double)v / (double)total : 0.0);
}

static void draw_graph(struct pen *p, unsigned keep)
{
	struct flame_screen *s = p->s;
	struct flame_window w = window_of(p, bar_at(&s->graph, s->zoom));
	size_t shown = p->rows > keep ? p->rows - keep : 1;

	w.hits = s->hits;
	w.chosen = bar_at(&s->graph, s->chosen);
	if (s->chosen.level < s->top)
		s->top = s->chosen.level;
	if (s->chosen.level >= s->top + shown)
		s->top = s->chosen.level - shown + 1;
	s->rows = (unsigned)shown;
	for (size_t i = 0; i < shown; i++) {
		flame_text_row(&s->graph, s->top + i, &w, p->out);
		end_line(p);
	}
}

static void put_facts(struct flame_screen *s, struct buf *b)
{
	const struct flame_bar *c = bar_at(&s->graph, s->chosen);
	const struct flamegraph *g = s->graph.g;

	flame_text_name(name_at(s, s->chosen), SIZE_MAX, "", b);
	buf_add(b, STR("  "));
	if (s->graph.diff) {
		flame_text_amount(s->o, c->left, b);
		put_share(b, c->left, g->left_ticks);
		buf_add(b, STR(" before, "));
		flame_text_amount(s->o, c->right, b);
		put_share(b, c->right, g->right_ticks);
		buf_add(b, STR(" after"));
	} else {
		flame_text_amount(s->o, c->w, b);
		put_share(b, c->w, g->total);
		buf_add(b, STR(", self "));
		flame_text_amount(s->o, c->self, b);
	}
	if (s->hits != NULL) {
		buf_printf(b, "  matched /%.*s/: ", (int)s->n_text, s->text);
		flame_text_amount(s->o, flame_screen_matched(s), b);
		put_share(b, flame_screen_matched(s), g->total);
	}
}

/* Without what a name's bytes would do to a terminal; the width is that of the screen. */
static void fact_line(struct pen *p)
{
	struct flame_screen *s = p->s;
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	if (s->asking)
		buf_printf(&b, "/%.*s_", (int)s->n_text, s->text);
	else if (s->wrong != NULL)
		buf_printf(&b, "%.*s: %s", (int)s->n_text, s->text, s->wrong);
	else
		put_facts(s, &b);
	text_line(p, buf_str(&b), true);
	buf_fini(&b);
}

static void draw_table(struct pen *p, unsigned keep)
{
	static const char *const heads[] = { "      SELF      total  function", "      self      TOTAL  function",
		"      self      total  FUNCTION" };
	struct flame_screen *s = p->s;
	size_t shown;
	struct buf b;

	text_line(p, str_cstr(heads[s->sort]), true);
	shown = p->rows > keep ? p->rows - keep : 1;
	s->rows = (unsigned)shown;
	if (s->chosen_row < s->top_row)
		s->top_row = s->chosen_row;
	if (s->chosen_row >= s->top_row + shown)
		s->top_row = s->chosen_row - shown + 1;
	buf_init(&b, SIZE_MAX / 2);
	for (size_t i = 0; i < shown; i++) {
		size_t k = s->top_row + i;
		const struct function_row *f = &s->functions[k];

		if (k < s->n_functions) {
			struct buf v;

			buf_init(&v, 256);
			buf_reset(&b);
			unit_label(&v, f->self, s->o->unit, STR("auto"));
			put_right(&b, buf_str(&v), 10);
			buf_reset(&v);
			unit_label(&v, f->total, s->o->unit, STR("auto"));
			put_right(&b, buf_str(&v), 11);
			buf_add(&b, STR("  "));
			buf_add(p->out,
			    k == s->chosen_row                        ? STR("\033[7m")
				: s->hits != NULL && s->hits[f->name] ? STR("\033[1m")
								      : STR(""));
			flame_text_name(buf_str(&b), MIN((size_t)p->columns, b.n), " ", p->out);
			flame_text_function(s->graph.g->names[f->name], p->columns > b.n ? p->columns - b.n : 0, "",
			    p->out);
			buf_add(p->out, STR("\033[0m"));
			buf_fini(&v);
		}
		end_line(p);
	}
	buf_fini(&b);
}

static void draw_sandwich(struct pen *p, unsigned keep)
{
	struct flame_screen *s = p->s;
	unsigned room = p->rows > keep ? p->rows - keep : 1, above = room / 2;
	const struct flame_bar all = { .w = s->callees.g->total };
	struct flame_window w = window_of(p, &all);

	w.hits = NULL;
	/* level 1 is the function itself on both sides: it is drawn once */
	for (unsigned i = above; i-- > 0;) {
		flame_text_row(&s->callers, i + 2, &w, p->out);
		end_line(p);
	}
	for (unsigned i = 0; i < room - above; i++) {
		flame_text_row(&s->callees, i + 1, &w, p->out);
		end_line(p);
	}
}

static void draw_help(struct pen *p, unsigned keep)
{
	static const char *const lines[] = { "", "  arrows, h j k l   choose a frame",
		"  Enter             zoom into it", "  Backspace, u      zoom out by one",
		"  Home, r           show all", "  /                 search (a regular expression)",
		"  n, N              next hit, the one before",
		"  s                 sandwich: its callers above, what it calls below",
		"  t, Tab            table of functions, and back",
		"  o                 in the table: sort by self, total, name",
		"  Escape            leave what is open, clear the search, show all", "  ?                 this",
		"  q                 leave" };

	for (size_t i = 0; p->rows > keep; i++)
		if (i < ARRAY_LEN(lines))
			text_line(p, str_cstr(lines[i]), false);
		else
			end_line(p);
}

void flame_screen_draw(struct flame_screen *s, unsigned rows, unsigned columns, bool colours, struct buf *out)
{
	struct pen p = { s, out, MAX(rows, 4u), MAX(columns, 8u), colours };
	struct buf b;

	buf_add(out, STR("\033[H\033[K"));
	buf_init(&b, SIZE_MAX / 2);
	buf_add(&b, s->o->title);
	buf_add(&b, STR("  "));
	buf_add(&b, s->o->subtitle);
	buf_add(&b, STR("  "));
	flame_text_amount(s->o, s->graph.g->total, &b);
	if (s->view == VIEW_SANDWICH) {
		buf_add(&b, STR("  sandwich of "));
		buf_add(&b, s->graph.g->names[s->middle]);
	}
	text_line(&p, buf_str(&b), true);
	buf_fini(&b);
	switch (s->view) {
	case VIEW_TABLE: draw_table(&p, 2); break;
	case VIEW_SANDWICH: draw_sandwich(&p, 2); break;
	case VIEW_HELP: draw_help(&p, 2); break;
	default: draw_graph(&p, 2); break;
	}
	fact_line(&p);
	text_line(&p, STR("q quit  ? keys  / search  s sandwich  t table  Enter zoom  r all"), false);
}
