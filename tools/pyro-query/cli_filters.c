/* cli_filters.c - see cli_filters.h */
#include "tools/pyro-query/cli_filters.h"

#include "io/term.h"

int cli_filters_init(struct report_filters *f, struct arena *a, const struct query_opts *o, const struct profile *p,
    struct err *e)
{
	const struct report_args args = {
#define OPT(field, ...) .field = o->field,
#define ADV(field, ...) .field = o->field,
#define RANGE(...)
#define CHOICE(...)
#include "formats/report/report_args.def"
#undef OPT
#undef ADV
#undef RANGE
#undef CHOICE
	};

	if (report_filters_init(f, a, &args, e) < 0)
		return -1;
	for (size_t i = o->label_frame.n; i-- > 0;)
		f->o.tag_root = f->o.tag_root.n > 0
		    ? arena_printf(a, "%s," STR_FMT, o->label_frame.p[i], STR_ARG(f->o.tag_root))
		    : str_cstr(o->label_frame.p[i]);
	f->o.width = o->watch ? 0 : term_width(); /* the screen fits them to its size of the moment */
	f->picture.columns = o->width > 0 ? (uint32_t)o->width : f->o.width;
	f->picture.ansi = term_colours();
	f->o.zone_offset = term_zone(a, p->time, &f->o.zone);
	return 0;
}

struct output_opts cli_output_options(const struct query_opts *o)
{
	return (struct output_opts){ .max_nodes = o->max_nodes,
		.cum = o->cum,
		.columns = o->columns,
		.rows = o->node_count > 0 ? (uint64_t)o->node_count : 0 };
}
