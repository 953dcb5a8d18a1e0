/* output.c - see output.h */
#include "formats/report/output.h"

#include "base/zip.h"
#include "formats/report/flame_text.h"
#include "formats/report/report_impl.h"

enum { GZIP_LEVEL = 6, ZSTD_LEVEL = 3, MAX_NAMES = 2048 };

/* ---- of a report ---- */

#define PRINT(form, print)                                                                                       \
	static int form(const struct output_in *in, const struct output_opts *o, struct buf *out, struct err *e) \
	{                                                                                                        \
		(void)o;                                                                                         \
		(void)e;                                                                                         \
		print;                                                                                           \
		return 0;                                                                                        \
	}

PRINT(print_top, report_top(in->report, out))
PRINT(print_tree, report_tree(in->report, out))
PRINT(print_calls, report_calls(in->report, out))
PRINT(print_raw, report_raw(in->report, out))
PRINT(print_traces, report_traces(in->report, out))
PRINT(print_tags, report_tags(in->report, out))
PRINT(print_comments, report_comments(in->report, out))
PRINT(print_folded, report_folded(in->report, out))
PRINT(print_json, report_json(in->report, out))
PRINT(print_dot, report_dot(in->report, out))
PRINT(print_tsv, report_table(in->report, out, '\t'))
PRINT(print_csv, report_table(in->report, out, ','))

/* What nobody said fits the profile. */
struct picture output_picture(const struct report *r, const struct output_opts *o, const char *title)
{
	struct picture p = o->picture;

	if (p.title.n == 0)
		p.title = str_cstr(title);
	if (p.subtitle.n == 0)
		p.subtitle = r->type_name;
	if (p.unit.n == 0)
		p.unit = r->unit;
	return p;
}

/* The share of the total that a frame of the picture has at least. */
static double narrowest(const struct picture *p)
{
	return (p->min_width != 0 ? p->min_width : 0.1) / (p->width ? p->width : 1200);
}

/* Every stack from its leaf: the tree of callers. Freed with tree_free, as t is here. */
static struct tree *reversed(struct tree *t)
{
	struct tree *out = tree_new();
	VEC(struct str) stack = { 0 };

	for (size_t i = 1; i < t->nodes.n; i++) {
		if (t->nodes.p[i].self == 0)
			continue;
		stack.n = 0;
		for (uint32_t at = (uint32_t)i; at != 0; at = t->nodes.p[at].parent)
			vec_push(&stack, t->names.p[t->nodes.p[at].name]);
		tree_add(out, stack.p, (uint32_t)stack.n, t->nodes.p[i].self);
	}
	tree_total(out);
	vec_free(&stack);
	tree_free(t);
	return out;
}

static struct tree *tree_of(struct report *r, const struct picture *p)
{
	struct tree *t = report_call_tree(r);

	return p->reverse ? reversed(t) : t;
}

enum drawing_form { DRAW_SVG, DRAW_TEXT };

static void draw_graph(const struct flamegraph *g, bool diff, const struct picture *p, enum drawing_form form,
    struct buf *out)
{
	if (form == DRAW_TEXT)
		report_flame_text(g, diff, p, out);
	else
		report_svg(g, diff, p, out);
}

static int draw(const struct output_in *in, const struct output_opts *o, enum drawing_form form, struct buf *out)
{
	struct picture p = output_picture(in->report, o, "Flame graph");
	struct tree *t = form == DRAW_TEXT || p.reverse ? tree_of(in->report, &p)
							: report_wide_tree(in->report, narrowest(&p));

	draw_graph(tree_flamegraph(in->a, t, o->max_nodes), false, &p, form, out);
	tree_free(t);
	return 0;
}

/* The same report of another sample type; NULL: the profile has none of that name. Freed with report_free. */
static struct report *of_type(const struct report *r, struct str type)
{
	struct report_opts o = r->o;
	struct err no;

	o.sample = type;
	return report_new(r->p, &o, &no);
}

static const struct flamegraph *page_flames(const struct output_in *in, const struct output_opts *o,
    struct report *before, struct report *r, struct err *e)
{
	struct tree *t = tree_of(r, &o->picture), *l = before != NULL ? tree_of(before, &o->picture) : NULL;
	struct flamegraph *g = l != NULL ? tree_flamegraph_diff(in->a, l, t, o->max_nodes, e)
					 : tree_flamegraph(in->a, t, o->max_nodes);

	tree_free(l);
	tree_free(t);
	return g;
}

/* One graph for each sample type that both sides have; with one that was asked for, that one. */
static int write_page(const struct output_in *in, const struct output_opts *o, struct buf *out, struct err *e)
{
	struct report *r = in->report;
	const struct profile *p = r->p;
	struct html_graph *graphs = arena_array(in->a, p->n_types + 1, sizeof(*graphs));
	struct html_page page = { .graphs = graphs, .diff = in->before != NULL };
	struct picture pic = output_picture(r, o, page.diff ? "What changed" : "Flame graph");
	int rc = 0;

	for (uint32_t i = 0; i < p->n_types && rc == 0; i++) {
		struct str name = profile_str(p, p->types[i].type);
		struct report *own = i == r->type ? r : r->o.sample.n > 0 ? NULL : of_type(r, name);
		struct report *left = NULL;

		/* of two types of one name the first is what the name means */
		if (own != NULL && own->type == i && page.diff)
			left = i == r->type ? in->before : of_type(in->before, name);
		if (own != NULL && own->type == i && (!page.diff || left != NULL)) {
			if (i == r->type)
				page.chosen = page.n;
			graphs[page.n] = (struct html_graph){ name, own->unit, page_flames(in, o, left, own, e) };
			rc = graphs[page.n++].g != NULL ? 0 : i == r->type ? -1 : (page.n--, 0);
		}
		report_free(own != r ? own : NULL);
		report_free(left != in->before ? left : NULL);
	}
	if (page.n > 1 && !page.diff)
		pic.subtitle = o->picture.subtitle; /* the page itself says which type it shows */
	if (rc == 0)
		report_html(&page, &pic, out);
	return rc;
}

PRINT(print_html, return write_page(in, o, out, e))

static int print_chart(const struct output_in *in, const struct output_opts *o, struct buf *out, struct err *e)
{
	struct picture p = output_picture(in->report, o, "Flame chart");
	struct flamegraph *g = report_chart(in->report, in->a, e);

	if (g == NULL)
		return -1;
	p.unit = STR("nanoseconds");
	p.flame = false;
	report_svg(g, false, &p, out);
	return 0;
}

static int print_heatmap(const struct output_in *in, const struct output_opts *o, struct buf *out, struct err *e)
{
	struct picture p = output_picture(in->report, o, "When samples were taken");

	return report_heatmap(in->report, &p, out, e);
}

PRINT(print_svg, return draw(in, o, DRAW_SVG, out))
PRINT(print_flame, return draw(in, o, DRAW_TEXT, out))

/* ---- of a comparison ---- */

static struct report_diff_opts diff_opts(const struct output_opts *o, char sep)
{
	struct report_diff_opts d = o->diff != NULL ? *o->diff : report_diff_defaults();

	d.cum = o->cum;
	d.count = o->rows;
	d.sep = sep;
	return d;
}

static int diff_rows(const struct output_in *in, const struct output_opts *o, char sep, struct buf *out)
{
	struct report_diff_opts d = diff_opts(o, sep);

	report_diff_top(in->before, in->report, &d, out);
	return 0;
}

PRINT(diff_table, return diff_rows(in, o, '\0', out))
PRINT(diff_tsv, return diff_rows(in, o, '\t', out))
PRINT(diff_csv, return diff_rows(in, o, ',', out))
PRINT(diff_folded, report_diff_folded(in->before, in->report, out))

static int diff_json(const struct output_in *in, const struct output_opts *o, struct buf *out, struct err *e)
{
	struct report_diff_opts d = diff_opts(o, '\0');

	(void)e;
	report_diff_json(in->before, in->report, &d, out);
	return 0;
}

static int diff_markdown(const struct output_in *in, const struct output_opts *o, struct buf *out, struct err *e)
{
	struct report_diff_opts d = diff_opts(o, '\0');

	(void)e;
	report_diff_markdown(in->before, in->report, &d, out);
	return 0;
}

static int diff_junit(const struct output_in *in, const struct output_opts *o, struct buf *out, struct err *e)
{
	struct report_diff_opts d = diff_opts(o, '\0');

	(void)in;
	(void)e;
	report_diff_junit(&d, out);
	return 0;
}

static int diff_draw(const struct output_in *in, const struct output_opts *o, enum drawing_form form, struct buf *out,
    struct err *e)
{
	struct output_opts with = *o;
	struct tree *l = tree_of(in->before, &o->picture), *r = tree_of(in->report, &o->picture);
	struct flamegraph *g = tree_flamegraph_diff(in->a, l, r, o->max_nodes, e);
	struct picture p;

	if (with.picture.subtitle.n == 0)
		with.picture.subtitle = STR("blue: less, red: more");
	p = output_picture(in->report, &with, "What changed");
	if (g != NULL)
		draw_graph(g, true, &p, form, out);
	tree_free(l);
	tree_free(r);
	return g != NULL ? 0 : -1;
}

PRINT(diff_svg, return diff_draw(in, o, DRAW_SVG, out, e))

static int diff_html(const struct output_in *in, const struct output_opts *o, struct buf *out, struct err *e)
{
	return write_page(in, o, out, e);
}
PRINT(diff_flame, return diff_draw(in, o, DRAW_TEXT, out, e))

/* ---- the table ---- */

static const struct own {
	struct output of;
	const char *content_type;
} own[] = {
#define OUTPUT(n, ext, type, bin, kept, rep, diff, say) \
	{ .of = { .name = #n,                           \
	      .extensions = ext,                        \
	      .text = say,                              \
	      .binary = bin,                            \
	      .keep = kept,                             \
	      .report = rep,                            \
	      .comparison = diff },                     \
		.content_type = type },
#include "formats/report/outputs.def"
#undef OUTPUT
};

static const struct {
	const char *name, *form;
} same[] = {
	{ "merge", "pprof" },
	{ "table", "tsv" },
	{ "md", "markdown" },
};

static const struct format *format_of(struct str name)
{
	for (uint32_t i = 0; i < n_formats; i++)
		if (formats[i]->encode != NULL && str_eq(name, str_cstr(formats[i]->name)))
			return formats[i];
	return NULL;
}

static int own_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (strcmp(own[i].of.name, name) == 0)
			return (int)i;
	return -1;
}

static bool is_form_by_itself(const struct format *f)
{
	return f->encode != NULL && own_of(f->name) < 0;
}

uint32_t output_count(void)
{
	uint32_t n = ARRAY_LEN(own);

	for (uint32_t i = 0; i < n_formats; i++)
		n += is_form_by_itself(formats[i]);
	return n;
}

/* The one to send. */
static struct str first_type(const struct format *f)
{
	struct str rest = str_cstr(f->content_types);

	return str_cut(&rest, ' ');
}

/* What only the format's row says. */
static struct output with_format(struct output x, const struct format *f)
{
	x.format = f;
	if (f == NULL)
		return x;
	x.name = f->name;
	if (x.extensions == NULL)
		x.extensions = f->extensions;
	if (x.content_type.n == 0)
		x.content_type = first_type(f);
	if (x.text == NULL)
		x.text = f->text;
	return x;
}

/* Can be looked at. */
static bool is_text(struct str type)
{
	return str_prefix(type, STR("text/")) || str_suffix(type, STR("json")) || str_suffix(type, STR("xml"));
}

struct output output_at(uint32_t i)
{
	if (i < ARRAY_LEN(own)) {
		struct output x = own[i].of;

		if (own[i].content_type != NULL)
			x.content_type = str_cstr(own[i].content_type);
		return with_format(x, format_of(str_cstr(x.name)));
	}
	i -= (uint32_t)ARRAY_LEN(own);
	for (uint32_t k = 0; k < n_formats; k++)
		if (is_form_by_itself(formats[k]) && i-- == 0)
			return with_format((struct output){ .binary = !is_text(first_type(formats[k])),
					       .keep = FORMAT_TAGS },
			    formats[k]);
	assert(false);
	return (struct output){ 0 };
}

unsigned output_what(const struct output *f)
{
	return (f->report != NULL || f->format != NULL ? OUTPUT_REPORT : 0) |
	    (f->format != NULL ? OUTPUT_PROFILES : 0) | (f->comparison != NULL ? OUTPUT_COMPARISON : 0);
}

bool output_find(struct str name, struct output *out)
{
	for (size_t i = 0; i < ARRAY_LEN(same); i++)
		if (str_eq(name, str_cstr(same[i].name)))
			name = str_cstr(same[i].form);
	for (uint32_t i = 0; i < output_count(); i++) {
		*out = output_at(i);
		if (str_eq(name, str_cstr(out->name)))
			return true;
	}
	return false;
}

/* ---- --output ---- */

enum output_pack output_packed(struct str file)
{
	return str_suffix(file, STR(".gz")) ? OUTPUT_GZIP
	    : str_suffix(file, STR(".zst")) ? OUTPUT_ZSTD
					    : OUTPUT_AS_IT_IS;
}

/* The length of the longest extension in the list that the name ends in. */
static size_t fits(struct str file, const char *list)
{
	struct str rest = str_cstr(list);
	size_t best = 0;

	while (rest.n > 0) {
		struct str ext = str_cut(&rest, ' ');

		if (ext.n > best && file.n > ext.n && file.p[file.n - ext.n - 1] == '.' &&
		    str_eq_nocase(str_skip(file, file.n - ext.n), ext))
			best = ext.n;
	}
	return best;
}

bool output_by_file(struct str file, struct output *out, enum output_pack *pack)
{
	struct str bare = file;
	size_t best = 0;

	*pack = output_packed(file);
	bare.n -= *pack == OUTPUT_GZIP ? 3 : *pack == OUTPUT_ZSTD ? 4 : 0;
	for (uint32_t i = 0; i < output_count(); i++) {
		struct output f = output_at(i);
		size_t whole = fits(file, f.extensions), n = MAX(whole, fits(bare, f.extensions));

		if (n > best) {
			best = n;
			*out = f;
		}
	}
	return best > 0;
}

static int unknown(const char *text, enum output_of of, struct err *e)
{
	struct buf names;

	buf_init(&names, MAX_NAMES);
	for (uint32_t i = 0; i < output_count(); i++) {
		struct output f = output_at(i);

		if (output_what(&f) & of)
			buf_printf(&names, "%s%s", names.n ? " " : "", f.name);
	}
	err_set(e, ERR_USAGE,
	    "--output %.200s: a form (text " STR_FMT "), FORM=FILE, or a file whose extension names the form", text,
	    STR_ARG(buf_str(&names)));
	buf_fini(&names);
	return -1;
}

/* What "text" and NAME.txt mean: the usual form, but where that is no text. */
static bool find_text(struct str usual, struct output *out)
{
	return output_find(usual, out) && (!out->binary || output_find(STR("top"), out));
}

int output_parse(struct arena *a, const char *text, struct str usual, enum output_of of, struct output_choice *out,
    struct err *e)
{
	struct str rest = str_cstr(text), name = str_cut(&rest, '='), file = str_cstr(text);
	bool is_usual = text[0] == '\0' || strcmp(text, "-") == 0;

	*out = (struct output_choice){ 0 };
	if (str_eq(name, STR("text")) ? find_text(usual, &out->form)
				      : output_find(is_usual ? usual : name, &out->form)) {
		out->file = !is_usual && rest.n > 0 ? arena_cstr(a, rest) : NULL;
		out->pack = output_packed(rest);
		return 0;
	}
	if (output_by_file(file, &out->form, &out->pack)) {
		out->file = text;
		return 0;
	}
	if (str_suffix(file, STR(".txt")) && find_text(usual, &out->form)) {
		out->file = text;
		return 0;
	}
	return unknown(text, of, e);
}

/* ---- printing ---- */

static int no_form(const struct output *f, const char *of, struct err *e)
{
	return err_set(e, ERR_USAGE, "--output: no form %s of %s", f->name, of);
}

static int encode(const struct output *f, const struct format_profile *p, uint32_t n, uint32_t type,
    const struct output_opts *o, struct buf *out, struct err *e)
{
	const struct format_opts fo = { .type = type, .columns = o->columns, .plain = o->plain };

	return f->format->encode(p, n, &fo, out, e);
}

static int encode_report(const struct output *f, const struct output_in *in, const struct output_opts *o,
    struct buf *out, struct err *e)
{
	struct report *r = in->report;
	uint32_t type = r->o.sample.n > 0 ? r->type : FORMAT_ALL_TYPES;
	union { /* encoders read alone */
		const struct profile *in;
		struct profile *out;
	} p = { .in = in->profile };
	struct format_profile one = { 0 };

	if (in->profiles != NULL)
		one = in->profiles[0];
	one.p = in->changed ? report_profile(r) : p.out;
	return encode(f, &one, 1, type, o, out, e);
}

int output_print(const struct output *f, const struct output_in *in, const struct output_opts *o, struct buf *out,
    struct err *e)
{
	if (o->columns && !str_eq(str_cstr(f->name), STR("folded")))
		return err_set(e, ERR_USAGE, "--columns: folded stacks have them, %s has not", f->name);
	if (in->before != NULL)
		return f->comparison != NULL ? f->comparison(in, o, out, e) : no_form(f, "a comparison", e);
	if (in->report != NULL && f->report != NULL && !o->columns)
		return f->report(in, o, out, e);
	if (f->format == NULL)
		return no_form(f, in->report != NULL ? "one profile" : "profiles as they are", e);
	if (in->report != NULL)
		return encode_report(f, in, o, out, e);
	if (in->n != 1 && !f->format->several)
		return err_set(e, ERR_INVALID, "%s holds one profile, and there are %u", f->name, in->n);
	return encode(f, in->profiles, in->n, o->type, o, out, e);
}

static void ungzip(struct buf *b)
{
	size_t max = b->max;
	struct buf plain;
	struct err e;

	buf_init(&plain, SIZE_MAX);
	if (zip_gunzip(buf_str(b), SIZE_MAX, &plain, &e) < 0) { /* a text that begins so */
		buf_fini(&plain);
		return;
	}
	buf_fini(b);
	*b = plain;
	b->max = max;
}

void output_pack(enum output_pack how, struct buf *b)
{
	bool gzip = zip_is_gzip(buf_str(b));
	struct buf packed;

	if (how == OUTPUT_AS_IT_IS || b->over || zip_is_zstd(buf_str(b)) || (how == OUTPUT_GZIP && gzip))
		return;
	if (gzip)
		ungzip(b);
	buf_init(&packed, b->max);
	if (how == OUTPUT_GZIP)
		zip_gzip(buf_str(b), GZIP_LEVEL, &packed);
	else
		zip_zstd(buf_str(b), ZSTD_LEVEL, &packed);
	buf_fini(b);
	*b = packed;
}
