/* api_render.c - /pyroscope/render, /pyroscope/render-diff, /pyroscope/label-values; see api.h */
#include "base/arith.h"
#include "base/json.h"
#include "base/num.h"
#include "formats/profile_impl.h"
#include "formats/query/attime.h"
#include "formats/query/render.h"
#include "formats/query/tree_cut.h"
#include "formats/report/output.h"
#include "net/url.h"
#include "tools/pyro-query/api.h"

enum { DOT_NODES = 512, MAX_SELECTOR = 1 << 20 };

/* ---- parameters ---- */

struct str param(struct api *x, struct str query, const char *name)
{
	struct str v;

	return url_param(x->a, query, name, &v) ? v : STR_NONE;
}

static int64_t time_param(struct api *x, struct str query, const char *name)
{
	struct str text = param(x, query, name);
	int64_t at = text.n ? attime_parse(text, x->now) : x->now;

	x->passing = x->passing || text.n == 0 || attime_parse(text, 0) != at;
	return at / NS_PER_MS;
}

int64_t int_param(struct api *x, struct str query, const char *name)
{
	int64_t v;
	struct err ignored;

	return num_i64(param(x, query, name), &v, &ignored) == 0 ? v : 0;
}

/* All values of a parameter that may be repeated. */
struct msg_strs params(struct api *x, struct str query, const char *name)
{
	struct msg_strs out = { 0 };
	struct url_param *p;
	struct err ignored;
	size_t n;

	if (url_query(x->a, query, &p, &n, &ignored) < 0)
		return out;
	out.p = arena_array(x->a, n, sizeof(*out.p));
	for (size_t i = 0; i < n; i++)
		if (str_eq(p[i].name, str_cstr(name)))
			out.p[out.n++] = p[i].value;
	return out;
}

static int64_t nodes_param(struct api *x, struct str query)
{
	int64_t n = int_param(x, query, "maxNodes");

	return n != 0 ? n : int_param(x, query, "max-nodes");
}

/* query is <profile type id>{matchers}: the value of __name__ is the id, the rest selects. */
static int parse_query(struct api *x, struct str text, const char *name, struct side *out, struct err *e)
{
	struct selector s;
	bool found = false;
	struct buf b;

	out->text = text;
	if (text.n == 0)
		return err_set(e, ERR_INVALID, "\"%s\" is required", name);
	if (selector_parse(x->a, text, &s, e) < 0)
		return err_wrap(e, "failed to parse \"%s\"", name);
	for (uint32_t i = 0; i < s.n; i++) {
		if (str_eq(s.p[i].name, STR("__name__"))) {
			out->type_id = arena_str(x->a, s.p[i].value);
			found = true;
		}
	}
	buf_init(&b, MAX_SELECTOR);
	selector_print(&b, &s, STR("__name__"));
	out->selector = arena_str(x->a, buf_str(&b));
	buf_fini(&b);
	selector_fini(&s);
	if (!found)
		return err_set(e, ERR_INVALID, "\"%s\" must contain a profile-type selection", name);
	if (profile_type_parse(out->type_id, &out->type, e) < 0)
		return err_set(e, ERR_INVALID, "failed to parse \"%s\"", name);
	return 0;
}

/* callSite, repeated: functions from the root on. */
static struct types_stack_trace_selector *read_site(struct api *x, struct str query)
{
	struct msg_strs names = params(x, query, "callSite");
	struct types_stack_trace_selector *site = arena_zalloc(x->a, sizeof(*site));

	site->call_site.p = arena_zarray(x->a, names.n, sizeof(*site->call_site.p));
	site->call_site.n = names.n;
	for (size_t i = 0; i < names.n; i++)
		site->call_site.p[i].name = names.p[i];
	return names.n > 0 ? site : NULL;
}

int read_side(struct api *x, struct str query, const char *q, const char *from, const char *until, struct side *out,
    struct err *e)
{
	if (parse_query(x, param(x, query, q), q, out, e) < 0)
		return -1;
	out->from = time_param(x, query, from);
	out->until = time_param(x, query, until);
	out->site = read_site(x, query);
	return 0;
}

static struct querier_select_merge_stacktraces_request merge_request(const struct side *s, int64_t max_nodes)
{
	return (struct querier_select_merge_stacktraces_request){ .profile_type_id = s->type_id,
		.label_selector = s->selector,
		.start = s->from,
		.end = s->until,
		.max_nodes = max_nodes,
		.has_max_nodes = max_nodes != 0,
		.stack_trace_selector = s->site };
}

/* ---- render ---- */

struct timeline timeline_of(struct api *x, const struct side *s, const struct series_group *g, int64_t step,
    bool average)
{
	struct timeline_point *p = arena_array(x->a, g ? g->n : 0, sizeof(*p));

	for (size_t i = 0; g != NULL && i < g->n; i++) {
		p[i].time = g->p[i].time;
		p[i].value = average ? (double)g->p[i].sum / (double)g->p[i].count : (double)g->p[i].sum;
	}
	return timeline_make(x->a, s->from, s->until, step, p, g ? g->n : 0);
}

static int ask_timeline(struct api *x, const struct side *s, struct msg_strs by, bool average, int64_t step,
    struct render *r, struct err *e)
{
	struct querier_select_series_request req = { .profile_type_id = s->type_id,
		.label_selector = s->selector,
		.start = s->from,
		.end = s->until,
		.step = (double)step,
		.group_by = by,
		.stack_trace_selector = s->site };
	struct render_group *groups;
	struct timeline *t = arena_alloc(x->a, sizeof(*t));
	struct part p;

	if (select_series_part(x, &req, &p, e) < 0)
		return -1;
	*t = timeline_of(x, s, p.series.n == 1 ? &p.series.p[0] : NULL, step, average);
	r->timeline = t;
	r->grouped = by.n > 0;
	if (!r->grouped)
		return 0;
	groups = arena_array(x->a, p.series.n, sizeof(*groups));
	for (size_t i = 0; i < p.series.n; i++) {
		struct str key = labels_get(&p.series.p[i].labels, by.p[0]);

		groups[i].key = key.n ? key : STR("*");
		groups[i].timeline = timeline_of(x, s, &p.series.p[i], step, average);
	}
	r->groups = groups;
	r->n_groups = p.series.n;
	return 0;
}

/* NULL: nothing was found. */
static int ask_profile(struct api *x, const struct side *s, int64_t max_nodes, struct profile **out, struct err *e)
{
	struct pyro_ask ask;
	struct part p;
	int64_t from = s->from;
	bool empty;

	*out = NULL;
	if (range_check(x, &from, s->until, &empty, e) < 0)
		return -1;
	if (empty || range_none(from, s->until))
		return 0;
	ask_merge(x, &ask, ASK_PROFILE, s->type_id, s->selector, from, s->until);
	ask.max_nodes = max_nodes;
	call_site_of(x, s->site, &ask);
	if (engine_ask(x->engine, x->a, &ask, &p, e) < 0 || part_profile(x->a, &p, out, e) < 0)
		return -1;
	x->truncated = MAX(x->truncated, p.cut);
	if (*out != NULL) {
		(*out)->time = ask.from;
		(*out)->duration = wrap_sub(ask.to, ask.from);
	}
	return 0;
}

static int render_dot(struct api *x, const struct side *s, int64_t max_nodes, struct buf *out, const char **type,
    struct err *e)
{
	struct report_opts o = report_defaults();
	struct profile *p;
	struct report *r;

	*type = "text/plain";
	if (ask_profile(x, s, MAX(max_nodes, (int64_t)DOT_NODES), &p, e) < 0)
		return -1;
	if (p == NULL)
		return 0;
	*type = "text/plain; charset=utf-8";
	o.node_count = max_nodes > 0 ? max_nodes : 100;
	r = report_new(p, &o, e);
	if (r == NULL)
		return -1;
	report_dot(r, out);
	report_free(r);
	return 0;
}

/* ---- other forms ---- */

/*
 * ?format= names a form of output.h. The original knows dot alone, and answers JSON to all other names; JSON stays what
 * it is, and HTML is for browsers, because clients are known to ask for format=html and read JSON.
 */
static bool wants_form(struct api *x, struct str query, enum output_of what, struct output *out)
{
	struct str name = param(x, query, "format");

	if (name.n == 0 || str_eq(name, STR("json")) || (str_eq(name, STR("html")) && !x->browser))
		return false;
	return output_find(name, out) && (output_what(out) & what) != 0;
}

/* What a frame is; functions where nothing is said. */
static int granularity_param(struct api *x, struct str query, enum report_granularity *out, struct err *e)
{
	static const char *const names[] = { [REPORT_FUNCTIONS] = "functions",
		[REPORT_FILEFUNCTIONS] = "filefunctions",
		[REPORT_FILES] = "files",
		[REPORT_LINES] = "lines",
		[REPORT_ADDRESSES] = "addresses" };
	struct str name = param(x, query, "granularity");

	*out = REPORT_FUNCTIONS;
	if (name.n == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq(name, str_cstr(names[i]))) {
			*out = (enum report_granularity)i;
			return 0;
		}
	}
	return err_set(e, ERR_INVALID, "\"granularity\" must be functions, filefunctions, files, lines or addresses");
}

/* profile: NULL: nothing was found. */
static struct report *report_of(const struct profile *profile, const struct side *s, enum report_granularity by,
    struct err *e)
{
	struct report_opts o = report_defaults();

	o.granularity = by;
	if (profile != NULL)
		return report_new(profile, &o, e);
	err_set(e, ERR_NOTFOUND, "no samples match " STR_FMT, STR_ARG(s->text));
	return NULL;
}

/* No samples, of the same types. */
static const struct profile *nothing_of(struct arena *a, const struct profile *p)
{
	struct profile_builder *b = profile_builder_new(a, p->n_types);

	for (uint32_t i = 0; i < p->n_types; i++)
		profile_builder_type(b, i, profile_str(p, p->types[i].type), profile_str(p, p->types[i].unit));
	return profile_builder_finish(b);
}

static int render_form(struct api *x, const struct output *f, const struct side *s, enum report_granularity by,
    int64_t max_nodes, struct buf *out, const char **type, struct err *e)
{
	struct output_opts o = { .max_nodes = max_nodes, .type = FORMAT_ALL_TYPES };
	struct output_in in = { .a = x->a };
	struct profile *p;
	int rc;

	if (ask_profile(x, s, max_nodes, &p, e) < 0)
		return -1;
	in.profile = p;
	in.report = report_of(p, s, by, e);
	rc = in.report == NULL ? -1 : output_print(f, &in, &o, out, e);
	report_free(in.report);
	*type = arena_cstr(x->a, f->content_type);
	return rc;
}

static int render_diff_form(struct api *x, const struct output *f, const struct side sides[2],
    enum report_granularity by, int64_t max_nodes, struct buf *out, const char **type, struct err *e)
{
	struct output_opts o = { .max_nodes = max_nodes };
	struct output_in in = { .a = x->a };
	struct report *r[2] = { NULL, NULL };
	const struct profile *of[2] = { NULL, NULL };
	struct profile *p;
	int rc = 0;

	for (int i = 0; i < 2 && rc == 0; i++) {
		rc = ask_profile(x, &sides[i], max_nodes, &p, e);
		of[i] = rc == 0 ? p : NULL;
	}
	/* what is on one side alone came or went */
	for (int i = 0; i < 2; i++)
		if (of[i] == NULL && of[!i] != NULL)
			of[i] = nothing_of(x->a, of[!i]);
	for (int i = 0; i < 2 && rc == 0; i++)
		rc = (r[i] = report_of(of[i], &sides[i], by, e)) != NULL ? 0 : -1;
	in.before = r[0];
	in.report = r[1];
	if (rc == 0)
		rc = output_print(f, &in, &o, out, e);
	report_free(r[0]);
	report_free(r[1]);
	*type = arena_cstr(x->a, f->content_type);
	return rc;
}

/* The tree of other frames than functions, of everything that was found; *nodes: what it is to be cut to. */
static int finer_tree(struct api *x, const struct side *s, enum report_granularity by, int64_t max_nodes,
    struct part *out, int64_t *nodes, struct err *e)
{
	struct profile *p;
	struct report *r;

	*out = part_none();
	if (max_nodes_check(x, max_nodes, nodes, e) < 0 || ask_profile(x, s, 0, &p, e) < 0)
		return -1;
	if (p == NULL)
		return 0;
	r = report_of(p, s, by, e);
	if (r == NULL)
		return -1;
	out->tree = report_call_tree(r);
	report_free(r);
	tree_total(out->tree);
	x->whole = tree_shown(out->tree, 0);
	return 0;
}

static int render(struct api *x, struct str query, struct buf *out, const char **type, struct err *e)
{
	int64_t max_nodes = nodes_param(x, query), nodes = 0;
	bool average = str_eq(param(x, query, "aggregation"), STR("avg")), empty;
	struct querier_select_merge_stacktraces_request req;
	struct render r = { 0 };
	enum report_granularity by;
	struct output form;
	struct side s;
	struct part p;
	int64_t from;

	if (url_query_check(query, e) < 0 || read_side(x, query, "query", "from", "until", &s, e) < 0)
		return -1;
	from = s.from;
	if (range_check(x, &from, s.until, &empty, e) < 0 || granularity_param(x, query, &by, e) < 0)
		return -1;
	if (str_eq(param(x, query, "format"), STR("dot")))
		return render_dot(x, &s, max_nodes, out, type, e);
	if (wants_form(x, query, OUTPUT_REPORT, &form))
		return render_form(x, &form, &s, by, max_nodes, out, type, e);
	req = merge_request(&s, max_nodes);
	if ((by == REPORT_FUNCTIONS ? merged_tree(x, &req, &p, &nodes, e)
				    : finer_tree(x, &s, by, max_nodes, &p, &nodes, e)) < 0)
		return -1;
	if (ask_timeline(x, &s, params(x, query, "groupBy"), average, timeline_step(s.from, s.until), &r, e) < 0) {
		part_fini(&p);
		return -1;
	}
	r.graph = flamegraph_of(x, &p, nodes);
	r.name = s.type.type;
	r.unit = s.type.unit;
	render_json(out, &r);
	part_fini(&p);
	return 0;
}

static int render_diff(struct api *x, struct str query, struct buf *out, const char **type, struct err *e)
{
	int64_t max_nodes = nodes_param(x, query);
	struct querier_select_merge_stacktraces_request left, right;
	struct querier_diff_request req = { .left = &left, .right = &right };
	struct render r = { .diff = true };
	struct flamegraph *g;
	enum report_granularity by;
	struct output form;
	struct side l, h;

	if (url_query_check(query, e) < 0 || read_side(x, query, "leftQuery", "leftFrom", "leftUntil", &l, e) < 0 ||
	    read_side(x, query, "rightQuery", "rightFrom", "rightUntil", &h, e) < 0)
		return -1;
	if (!str_eq(l.type_id, h.type_id))
		return err_set(e, ERR_INVALID, "profile types must match");
	if (granularity_param(x, query, &by, e) < 0)
		return -1;
	if (wants_form(x, query, OUTPUT_COMPARISON, &form))
		return render_diff_form(x, &form, (const struct side[2]){ l, h }, by, max_nodes, out, type, e);
	left = merge_request(&l, max_nodes);
	right = merge_request(&h, max_nodes);
	if (diff_graph(x, &req, &g, e) < 0)
		return -1;
	r.graph = g;
	r.name = l.type.type;
	r.unit = l.type.unit;
	render_json(out, &r);
	return 0;
}

/* ---- label values ---- */

static int label_values_page(struct api *x, struct str query, struct buf *out, const char **type, struct err *e)
{
	struct str label = param(x, query, "label");
	struct pyro_ask ask = { .tenant = x->tenant, .kind = ASK_VALUES };
	struct jw w = jw_init(out);
	struct part p;

	(void)type;
	if (label.n == 0)
		return err_set(e, ERR_INVALID, "label parameter is required");
	if (str_eq(label, STR("__name__")))
		label = STR("__profile_type__");
	ask.names = (struct msg_strs){ &label, 1 };
	if (engine_ask(x->engine, x->a, &ask, &p, e) < 0)
		return -1;
	cut_names(x, &p.strings, param(x, query, "prefix"), int_param(x, query, "limit"));
	w.html = true;
	if (p.strings.n == 0) {
		jw_null(&w);
	} else {
		jw_open(&w, '[');
		for (size_t i = 0; i < p.strings.n; i++)
			jw_str(&w, p.strings.p[i]);
		jw_close(&w, ']');
	}
	buf_byte(out, '\n');
	return 0;
}

const struct page pages[] = {
	{ "/pyroscope/render", render, PROCEDURE_MANY },
	{ "/pyroscope/render-diff", render_diff, PROCEDURE_MANY },
	{ "/pyroscope/label-values", label_values_page, PROCEDURE_MANY },
	{ "/pyroscope/functions", functions_page, PROCEDURE_MANY },
	{ "/pyroscope/metrics", metrics_page, PROCEDURE_MANY },
	{ "/pyroscope/adhoc", uploads_page, 0 },
};

const size_t n_pages = ARRAY_LEN(pages);
