/* report_args.c - see report_args.h */
#include "formats/report/report_args.h"

#include "formats/labels/regex.h"

/* An option that holds an expression. */
struct condition {
	const char *text, *flag;
	const char *title; /* in the header of a report; NULL: not shown there */
	struct regex **re; /* or: */
	struct report_tag_filter **tags;
};

static int take_condition(struct report_filters *f, struct arena *a, const struct condition *c, struct err *e)
{
	struct str text = str_cstr(c->text);

	if (text.n == 0)
		return 0;
	if (c->title != NULL)
		f->active[f->o.n_active++] = arena_printf(a, "%s=%s", c->title, c->text);
	if (c->tags != NULL)
		*c->tags = report_tag_filter_parse(a, text, e);
	else if ((*c->re = regex_new(text, e)) != NULL)
		f->compiled[f->n++] = *c->re;
	if (c->tags != NULL ? *c->tags != NULL : *c->re != NULL)
		return 0;
	e->kind = ERR_USAGE;
	return err_wrap(e, "--%s", c->flag);
}

static int take_conditions(struct report_filters *f, struct arena *a, const struct report_args *o, struct err *e)
{
	struct report_opts *r = &f->o;
	const struct condition all[] = {
		{ o->focus, "focus", "focus", &r->focus, NULL },
		{ o->ignore, "ignore", "ignore", &r->ignore, NULL },
		{ o->hide, "hide", "hide", &r->hide, NULL },
		{ o->show, "show", "show", &r->show, NULL },
		{ o->show_from, "show-from", "show_from", &r->show_from, NULL },
		{ o->tag_focus, "tagfocus", "tagfocus", NULL, &r->tag_focus },
		{ o->tag_ignore, "tagignore", "tagignore", NULL, &r->tag_ignore },
		{ o->tag_show, "tagshow", "tagshow", &r->tag_show, NULL },
		{ o->tag_hide, "taghide", "taghide", &r->tag_hide, NULL },
		{ o->prune_from, "prune-from", NULL, &r->prune_from, NULL },
	};

	static_assert(ARRAY_LEN(all) <= REPORT_MAX_FILTERS, "room for every expression");
	f->o.active = f->active;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (take_condition(f, a, &all[i], e) < 0)
			return -1;
	return 0;
}

static enum report_granularity granularity_of(const struct report_args *o)
{
	return o->lines        ? REPORT_LINES
	    : o->files         ? REPORT_FILES
	    : o->filefunctions ? REPORT_FILEFUNCTIONS
	    : o->addresses     ? REPORT_ADDRESSES
			       : REPORT_FUNCTIONS;
}

static struct picture picture_of(const struct report_args *o)
{
	return (struct picture){ .title = str_cstr(o->title),
		.subtitle = str_cstr(o->subtitle),
		.count_name = str_cstr(o->count_name),
		.colours = (enum picture_colours)o->colours,
		.flame = !o->icicle,
		.reverse = o->reverse,
		.width = (uint32_t)o->width,
		.min_width = o->min_width > 0 ? o->min_width : -1 };
}

int report_filters_init(struct report_filters *f, struct arena *a, const struct report_args *o, struct err *e)
{
	struct report_opts *r = &f->o;

	*f = (struct report_filters){ .o = report_defaults(), .picture = picture_of(o) };
	if (o->divide_by == 0)
		return err_set(e, ERR_USAGE, "--divide-by: nothing can be divided by zero");
	r->sample = str_cstr(o->sample_type);
	r->granularity = granularity_of(o);
	r->noinlines = o->noinlines;
	r->show_columns = o->show_columns;
	r->cum = o->cum;
	r->mean = o->mean;
	r->drop_negative = o->drop_negative;
	r->relative = o->relative;
	r->no_trim = !o->trim;
	r->compact_labels = o->compact_labels;
	r->node_count = o->node_count;
	r->node_fraction = o->node_fraction;
	r->edge_fraction = o->edge_fraction;
	r->divide_by = o->divide_by;
	if (o->unit[0])
		r->unit = str_cstr(o->unit);
	r->trim_path = str_cstr(o->trim_path);
	r->source_path = str_cstr(o->source_path);
	r->tag_root = str_cstr(o->tag_root);
	r->tag_leaf = str_cstr(o->tag_leaf);
	return take_conditions(f, a, o, e);
}

bool report_filters_change(const struct report_filters *f)
{
	const struct report_opts *o = &f->o;

	return o->n_active > 0 || o->prune_from != NULL || o->tag_root.n > 0 || o->tag_leaf.n > 0 || o->noinlines ||
	    o->divide_by != 1;
}

void report_filters_fini(struct report_filters *f)
{
	for (uint32_t i = 0; i < f->n; i++)
		regex_free(f->compiled[i]);
	report_tag_filter_free(f->o.tag_focus);
	report_tag_filter_free(f->o.tag_ignore);
}
