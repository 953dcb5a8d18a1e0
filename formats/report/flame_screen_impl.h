/* flame_screen_impl.h - what the keys (flame_screen.c) and the pictures (flame_screen_draw.c) of flame_screen.h share. */
#ifndef FLAME_SCREEN_IMPL_H
#define FLAME_SCREEN_IMPL_H

#include "formats/report/flame_screen.h"
#include "formats/report/flame_text.h"
#include "formats/report/report_impl.h"

enum screen_view { VIEW_GRAPH, VIEW_TABLE, VIEW_SANDWICH, VIEW_HELP };
enum { TEXT_MAX = 200, TABLE_SORTS = 3 };

struct place { /* a bar */
	size_t level;
	uint32_t bar;
};

struct function_row {
	uint32_t name;
	int64_t self, total;
};

struct flame_screen {
	const struct picture *o;
	struct arena *a;
	struct flame_layout graph;
	enum screen_view view, before; /* before: help */
	struct place zoom, chosen;
	size_t top;    /* first level that is shown */
	unsigned rows; /* of the last picture, for pages */

	bool asking; /* a search is being typed */
	char text[TEXT_MAX + 1];
	size_t n_text;
	bool *hits; /* by name; NULL: nothing is searched for */
	const char *wrong;

	struct function_row *functions;
	size_t n_functions, chosen_row, top_row;
	unsigned sort; /* self, total, name */

	struct arena *sandwich;
	uint32_t middle; /* name */
	struct flame_layout callers, callees;
};

static inline const struct flame_bar *bar_at(const struct flame_layout *l, struct place p)
{
	return &l->rows[p.level].p[p.bar];
}

static inline struct str name_at(const struct flame_screen *s, struct place p)
{
	return p.level == 0 ? STR("all") : s->graph.g->names[bar_at(&s->graph, p)->name];
}

/* The sum of all stacks that have a hit, each once. */
int64_t flame_screen_matched(const struct flame_screen *s);

#endif
