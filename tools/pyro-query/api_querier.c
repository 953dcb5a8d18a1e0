/* api_querier.c - querier.v1.QuerierService; see api.h */
#include "base/enc.h"
#include "base/arith.h"
#include "formats/pprof/pprof.h"
#include "formats/query/tree_cut.h"
#include "tools/pyro-query/api.h"

/* ---- labels ---- */

static int ask_labels(struct api *x, enum ask_kind kind, const struct msg_strs *matchers, const struct msg_strs *names,
    int64_t start, int64_t end, struct part *out, struct err *e)
{
	struct pyro_ask ask;
	bool empty;

	*out = part_none();
	if (range_check_labels(x, &start, end, &empty, e) < 0)
		return -1;
	if (empty)
		return 0;
	ask_merge(x, &ask, kind, STR_NONE, STR_NONE, start, end);
	if (start == 0 || end == 0)
		ask.from = ask.to = 0;
	ask.selectors = *matchers;
	if (names != NULL)
		ask.names = *names;
	return engine_ask(x->engine, x->a, &ask, out, e);
}

static int profile_types(struct api *x, const void *vreq, void *vresp, struct err *e)
{
	const struct querier_profile_types_request *req = vreq;
	struct querier_profile_types_response *resp = vresp;
	struct str name = STR("__profile_type__");
	struct msg_strs none = { 0 }, names = { &name, 1 };
	struct part p;

	if (ask_labels(x, ASK_VALUES, &none, &names, req->start, req->end, &p, e) < 0)
		return -1;
	resp->profile_types.p = arena_zarray(x->a, p.strings.n, sizeof(*resp->profile_types.p));
	for (size_t i = 0; i < p.strings.n; i++) {
		struct types_profile_type *t = &resp->profile_types.p[resp->profile_types.n];
		struct profile_type parsed;
		struct err ignored;

		/* A stored id that is none is passed over, so that it does not hide the others. */
		if (profile_type_parse(p.strings.p[i], &parsed, &ignored) < 0)
			continue;
		t->id = p.strings.p[i];
		t->name = parsed.name;
		t->sample_type = parsed.type;
		t->sample_unit = parsed.unit;
		t->period_type = parsed.period_type;
		t->period_unit = parsed.period_unit;
		resp->profile_types.n++;
	}
	return 0;
}

void cut_names(struct api *x, struct str_list *l, struct str prefix, int64_t limit)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (!str_prefix(l->p[i], prefix))
			continue;
		if (limit > 0 && n >= (uint64_t)limit)
			x->truncated++;
		else
			l->p[n++] = l->p[i];
	}
	l->n = n;
}

static int label_values(struct api *x, const void *vreq, void *vresp, struct err *e)
{
	const struct types_label_values_request *req = vreq;
	struct types_label_values_response *resp = vresp;
	struct str name = req->name;
	struct msg_strs names = { &name, 1 };
	struct part p;

	if (name.n == 0)
		return err_set(e, ERR_INVALID, "name is required");
	if (ask_labels(x, ASK_VALUES, &req->matchers, &names, req->start, req->end, &p, e) < 0)
		return -1;
	cut_names(x, &p.strings, req->prefix, req->limit);
	resp->names = (struct msg_strs){ p.strings.p, p.strings.n };
	return 0;
}

static bool legacy_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (i > 0 && c >= '0' && c <= '9')))
			return false;
	}
	return s.n > 0;
}

/* Names that the client cannot take are left out. */
static void keep_names(struct api *x, struct str_list *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		if (x->utf8_names || legacy_name(l->p[i]))
			l->p[n++] = l->p[i];
	l->n = n;
}

static int label_names(struct api *x, const void *vreq, void *vresp, struct err *e)
{
	const struct types_label_names_request *req = vreq;
	struct types_label_names_response *resp = vresp;
	struct part p;

	if (ask_labels(x, ASK_NAMES, &req->matchers, NULL, req->start, req->end, &p, e) < 0)
		return -1;
	keep_names(x, &p.strings);
	cut_names(x, &p.strings, req->prefix, req->limit);
	resp->names = (struct msg_strs){ p.strings.p, p.strings.n };
	return 0;
}

static int series(struct api *x, const void *vreq, void *vresp, struct err *e)
{
	const struct querier_series_request *req = vreq;
	struct querier_series_response *resp = vresp;
	struct str_list asked = { arena_array(x->a, req->label_names.n, sizeof(struct str)), req->label_names.n };
	struct msg_strs names;
	struct part p;

	if (asked.n > 0)
		memcpy(asked.p, req->label_names.p, asked.n * sizeof(*asked.p));
	keep_names(x, &asked);
	names = (struct msg_strs){ asked.p, asked.n };
	if (ask_labels(x, ASK_SETS, &req->matchers, &names, req->start, req->end, &p, e) < 0)
		return -1;
	if (req->limit > 0 && p.sets.n > (uint64_t)req->limit) {
		x->truncated = p.sets.n - (size_t)req->limit;
		p.sets.n = (size_t)req->limit;
	}
	resp->labels_set.n = p.sets.n;
	resp->labels_set.p = arena_zarray(x->a, p.sets.n, sizeof(*resp->labels_set.p));
	for (size_t i = 0; i < p.sets.n; i++) {
		const struct labels *l = &p.sets.p[i];
		struct types_label_pair_list *to = &resp->labels_set.p[i].labels;

		to->p = arena_zarray(x->a, l->n, sizeof(*to->p));
		for (uint32_t k = 0; k < l->n; k++) {
			if (asked.n == 0 && !x->utf8_names && !legacy_name(l->p[k].name))
				continue;
			to->p[to->n].name = l->p[k].name;
			to->p[to->n++].value = l->p[k].value;
		}
	}
	return 0;
}

/* ---- merges ---- */

void call_site_of(struct api *x, const struct types_stack_trace_selector *s, struct pyro_ask *ask)
{
	if (s == NULL)
		return;
	ask->call_site.p = arena_array(x->a, s->call_site.n, sizeof(*ask->call_site.p));
	ask->call_site.n = s->call_site.n;
	for (size_t i = 0; i < s->call_site.n; i++)
		ask->call_site.p[i] = s->call_site.p[i].name;
}

static struct querier_flame_graph *graph_message(struct api *x, const struct flamegraph *g)
{
	struct querier_flame_graph *m = arena_zalloc(x->a, sizeof(*m));

	m->names = (struct msg_strs){ g->names, g->n_names };
	m->levels.n = g->n_levels;
	m->levels.p = (struct querier_level *)(void *)g->levels;
	m->total = g->total;
	m->max_self = g->max_self;
	return m;
}

int merged_tree(struct api *x, const struct querier_select_merge_stacktraces_request *req, struct part *out,
    int64_t *max_nodes, struct err *e)
{
	int64_t start = req->start;
	struct pyro_ask ask;
	bool empty;

	*out = part_none();
	*max_nodes = 0;
	if (range_check(x, &start, req->end, &empty, e) < 0)
		return -1;
	if (empty)
		return 0;
	if (max_nodes_check(x, req->has_max_nodes ? req->max_nodes : 0, max_nodes, e) < 0)
		return -1;
	if (range_none(start, req->end))
		return 0;
	ask_merge(x, &ask, ASK_TREE, req->profile_type_id, req->label_selector, start, req->end);
	call_site_of(x, req->stack_trace_selector, &ask);
	ask.profile_ids = req->profile_id_selector;
	if (engine_ask(x->engine, x->a, &ask, out, e) < 0)
		return -1;
	if (out->tree != NULL) {
		tree_total(out->tree);
		x->whole = tree_shown(out->tree, 0);
		tree_cut(out->tree, *max_nodes);
	}
	*max_nodes = req->has_max_nodes ? req->max_nodes : 0;
	return 0;
}

static struct str tree_bytes(struct api *x, struct part *p, int64_t max_nodes)
{
	struct buf b;

	if (p->tree == NULL)
		return STR_NONE;
	tree_total(p->tree);
	note_truncated(x, p->tree, max_nodes);
	buf_init(&b, INT32_MAX);
	tree_encode(p->tree, max_nodes, &b);
	return buf_to_arena(&b, x->a);
}

static int select_merge_stacktraces(struct api *x, const void *vreq, void *vresp, struct err *e)
{
	const struct querier_select_merge_stacktraces_request *req = vreq;
	struct querier_select_merge_stacktraces_response *resp = vresp;
	int64_t max_nodes;
	struct part p;

	if (req->format == PROFILE_FORMAT_DOT)
		return err_set(e, ERR_UNIMPL, "dot format is only supported with the v2 query backend");
	if (merged_tree(x, req, &p, &max_nodes, e) < 0)
		return -1;
	if (req->format == PROFILE_FORMAT_TREE)
		resp->tree = tree_bytes(x, &p, max_nodes);
	else
		resp->flamegraph = graph_message(x, flamegraph_of(x, &p, max_nodes));
	part_fini(&p);
	return 0;
}

static int bad_hex(struct str text, struct err *e)
{
	size_t i = 0;

	while (i + 1 < text.n && strchr("0123456789abcdefABCDEF", text.p[i]) != NULL && text.p[i] != '\0')
		i++;
	return err_set(e, ERR_UNKNOWN, "encoding/hex: invalid byte: U+%04X '%c'", (unsigned char)text.p[i], text.p[i]);
}

enum { SPAN_DIGITS = 16, TRACE_DIGITS = 32 };

/*
 * Trace ids in the place of span ids, which Pyroscope does not take: the tag of a trace is a label of the series, as
 * Pyroscope stores it, so they become a matcher in front of the others.
 */
static int traces_of(struct api *x, const struct msg_strs *text, struct pyro_ask *ask, struct err *e)
{
	struct str selector = ask->selectors.p[0], bytes;
	size_t brace = str_find(selector, '{');
	struct buf b;

	buf_init(&b, SIZE_MAX);
	buf_add(&b, str_of(selector.p, brace));
	buf_add(&b, STR("{trace_id=~\""));
	for (size_t i = 0; i < text->n; i++) {
		struct str id = text->p[i];

		if (id.n != TRACE_DIGITS || dec_hex(x->a, id, &bytes, e) < 0) {
			buf_fini(&b);
			return id.n == TRACE_DIGITS
			    ? bad_hex(id, e)
			    : err_set(e, ERR_INVALID, "span ids and trace ids together: ask for each kind by itself");
		}
		buf_add(&b, i > 0 ? STR("|") : STR_NONE);
		enc_hex(&b, bytes);
	}
	buf_add(&b, STR("\","));
	buf_add(&b, brace < selector.n ? str_skip(selector, brace + 1) : STR("}"));
	ask->selectors.p = arena_alloc(x->a, sizeof(struct str));
	ask->selectors.p[0] = buf_to_arena(&b, x->a);
	return 0;
}

static int spans_of(struct api *x, const struct msg_strs *text, struct pyro_ask *ask, struct err *e)
{
	if (text->n > 0 && text->p[0].n == TRACE_DIGITS)
		return traces_of(x, text, ask, e);
	ask->by_span = true;
	ask->spans.n = text->n;
	ask->spans.p = arena_array(x->a, text->n, sizeof(*ask->spans.p));
	for (size_t i = 0; i < text->n; i++) {
		struct str bytes;
		uint64_t id = 0;

		if (text->p[i].n != SPAN_DIGITS)
			return err_set(e, ERR_UNKNOWN, "invalid span id length: \"" STR_FMT "\"", STR_ARG(text->p[i]));
		if (dec_hex(x->a, text->p[i], &bytes, e) < 0)
			return bad_hex(text->p[i], e);
		for (size_t k = 8; k-- > 0;)
			id = id << 8 | (uint8_t)bytes.p[k];
		ask->spans.p[i] = id;
	}
	return 0;
}

static int ask_spans(struct api *x, const struct querier_select_merge_span_profile_request *req, int64_t start,
    struct part *out, struct err *e)
{
	struct pyro_ask ask;

	*out = part_none();
	if (range_none(start, req->end))
		return 0;
	ask_merge(x, &ask, ASK_TREE, req->profile_type_id, req->label_selector, start, req->end);
	if (spans_of(x, &req->span_selector, &ask, e) < 0)
		return -1;
	return engine_ask(x->engine, x->a, &ask, out, e);
}

static int select_merge_span_profile(struct api *x, const void *vreq, void *vresp, struct err *e)
{
	const struct querier_select_merge_span_profile_request *req = vreq;
	struct querier_select_merge_span_profile_response *resp = vresp;
	int64_t start = req->start, max_nodes;
	struct part p;
	bool empty;

	if (range_check(x, &start, req->end, &empty, e) < 0)
		return -1;
	if (empty) {
		resp->flamegraph = arena_zalloc(x->a, sizeof(*resp->flamegraph));
		return 0;
	}
	if (max_nodes_check(x, req->has_max_nodes ? req->max_nodes : 0, &max_nodes, e) < 0 ||
	    ask_spans(x, req, start, &p, e) < 0)
		return -1;
	if (p.tree != NULL) {
		tree_total(p.tree);
		x->whole = tree_shown(p.tree, 0);
		tree_cut_merged(p.tree, max_nodes);
	}
	max_nodes = req->has_max_nodes ? req->max_nodes : 0;
	if (req->format == PROFILE_FORMAT_TREE)
		resp->tree = tree_bytes(x, &p, max_nodes);
	else
		resp->flamegraph = graph_message(x, flamegraph_of(x, &p, max_nodes));
	part_fini(&p);
	return 0;
}

static int select_merge_profile(struct api *x, const void *vreq, void *vresp, struct err *e)
{
	const struct querier_select_merge_profile_request *req = vreq;
	const struct types_stack_trace_selector *s = req->stack_trace_selector;
	int64_t start = req->start;
	struct pyro_ask ask;
	struct part p;
	bool empty;

	(void)vresp;
	if (range_check(x, &start, req->end, &empty, e) < 0)
		return -1;
	if (empty)
		return 0;
	ask_merge(x, &ask, ASK_PROFILE, req->profile_type_id, req->label_selector, start, req->end);
	ask.max_nodes = req->has_max_nodes ? req->max_nodes : 0;
	if (x->limits->max_flamegraph_nodes_on_select_merge_profile &&
	    max_nodes_check(x, ask.max_nodes, &ask.max_nodes, e) < 0)
		return -1;
	call_site_of(x, s, &ask);
	if (s != NULL && s->go_pgo != NULL) {
		ask.go_pgo = true;
		ask.keep_locations = s->go_pgo->keep_locations;
		ask.aggregate_callees = s->go_pgo->aggregate_callees;
		ask.call_site.n = 0;
	}
	ask.profile_ids = req->profile_id_selector;
	p = part_none();
	if (!range_none(start, req->end) && engine_ask(x->engine, x->a, &ask, &p, e) < 0)
		return -1;
	x->truncated = p.cut;
	if (part_pprof(x->a, &p, wrap_mul(req->end, NS_PER_MS), wrap_mul(wrap_sub(req->end, start), NS_PER_MS), &x->raw,
		e) < 0)
		return -1;
	/* One empty sample type, an empty period type and string 0: clients look for no samples. */
	if (x->raw.n == 0)
		buf_add(&x->raw, STR("\x0a\x00\x32\x00\x5a\x00"));
	return 0;
}

/* ---- series ---- */

int select_series_part(struct api *x, const struct querier_select_series_request *req, struct part *out, struct err *e)
{
	int64_t start = req->start, step;
	struct pyro_ask ask;
	bool empty;

	*out = part_none();
	if (range_check(x, &start, req->end, &empty, e) < 0)
		return -1;
	if (empty || range_none(start, req->end))
		return 0;
	if (step_check(req->step, &step, e) < 0)
		return -1;
	ask_merge(x, &ask, ASK_SERIES, req->profile_type_id, req->label_selector, series_from(start, step), req->end);
	ask.from_ms = start;
	ask.to_ms = req->end;
	ask.step_ms = step;
	ask.names = req->group_by;
	call_site_of(x, req->stack_trace_selector, &ask);
	if (engine_ask(x->engine, x->a, &ask, out, e) < 0)
		return -1;
	series_order(&out->series, req->has_limit ? req->limit : 0,
	    req->has_aggregation && req->aggregation == TIME_SERIES_AGGREGATION_TYPE_AVERAGE);
	return 0;
}

static int select_series(struct api *x, const void *vreq, void *vresp, struct err *e)
{
	const struct querier_select_series_request *req = vreq;
	struct querier_select_series_response *resp = vresp;
	bool average = req->has_aggregation && req->aggregation == TIME_SERIES_AGGREGATION_TYPE_AVERAGE;
	struct part p;

	if (select_series_part(x, req, &p, e) < 0)
		return -1;
	series_encode(&p.series, average, &x->raw);
	if (!has_exemplars(x, req))
		return 0;
	if (buf_check(&x->raw, "answer", e) < 0 ||
	    msg_decode(x->a, &querier_select_series_response_type, buf_str(&x->raw), resp, e) < 0)
		return -1;
	x->raw.n = 0; /* resp borrows from it */
	return add_exemplars(x, req, resp, e);
}

/* ---- two sides ---- */

int diff_graph(struct api *x, const struct querier_diff_request *req, struct flamegraph **out, struct err *e)
{
	static const struct querier_select_merge_stacktraces_request none;
	struct querier_select_merge_stacktraces_request left = req->left ? *req->left : none;
	struct querier_select_merge_stacktraces_request right = req->right ? *req->right : none;
	int64_t max = MAX(left.has_max_nodes ? left.max_nodes : 0, right.has_max_nodes ? right.max_nodes : 0);
	int64_t max_left, max_right;
	struct part l, r;
	int rc;

	left.max_nodes = right.max_nodes = max;
	left.has_max_nodes = right.has_max_nodes = true;
	if (merged_tree(x, &left, &l, &max_left, e) < 0)
		return -1;
	if (l.tree != NULL)
		note_truncated(x, l.tree, max_left);
	if (merged_tree(x, &right, &r, &max_right, e) < 0) {
		part_fini(&l);
		return -1;
	}
	if (r.tree != NULL)
		note_truncated(x, r.tree, max_right);
	if (l.tree == NULL)
		l.tree = tree_new();
	if (r.tree == NULL)
		r.tree = tree_new();
	tree_total(l.tree);
	tree_total(r.tree);
	*out = tree_flamegraph_diff(x->a, l.tree, r.tree, MAX(max_left, max_right), e);
	rc = *out == NULL ? -1 : 0;
	part_fini(&l);
	part_fini(&r);
	return rc;
}

static int diff(struct api *x, const void *vreq, void *vresp, struct err *e)
{
	struct querier_diff_response *resp = vresp;
	struct querier_flame_graph_diff *m = arena_zalloc(x->a, sizeof(*m));
	struct flamegraph *g;

	if (diff_graph(x, vreq, &g, e) < 0)
		return -1;
	m->names = (struct msg_strs){ g->names, g->n_names };
	m->levels.n = g->n_levels;
	m->levels.p = (struct querier_level *)(void *)g->levels;
	m->total = g->total;
	m->max_self = g->max_self;
	m->left_ticks = g->left_ticks;
	m->right_ticks = g->right_ticks;
	resp->flamegraph = m;
	return 0;
}

/* ---- statistics ---- */

static void scope_message(struct querier_query_scope *m, const char *name, const struct plan_scope *s)
{
	m->component_type = str_cstr(name);
	m->component_count = s->sets > 0;
	m->block_count = s->sets;
	m->series_count = s->series;
	m->profile_count = s->profiles;
	m->sample_count = s->samples;
	m->index_bytes = s->index_bytes;
	m->profile_bytes = s->profile_bytes;
	m->symbol_bytes = s->symbol_bytes;
}

/* name:type:unit:period:unit{selector}, or the selector alone. */
static void analyze_ask(struct api *x, const struct querier_analyze_query_request *req, int64_t start,
    struct pyro_ask *ask)
{
	struct str text = str_trim(req->query);
	size_t n = str_find(text, '{');

	ask_merge(x, ask, ASK_PLAN, str_trim(str_of(text.p, n)), n < text.n ? str_skip(text, n) : STR("{}"), start,
	    req->end);
}

/* What it would touch: true figures, because the rows are counted. Without a range nothing. */
static int analyze_query(struct api *x, const void *vreq, void *vresp, struct err *e)
{
	const struct querier_analyze_query_request *req = vreq;
	struct querier_analyze_query_response *resp = vresp;
	struct querier_query_impact *impact = arena_zalloc(x->a, sizeof(*impact));
	int64_t start = req->start;
	struct pyro_ask ask;
	struct part p;
	bool empty;

	if (!x->limits->query_analysis_enabled || req->start == 0 || req->end == 0)
		return 0;
	if (range_check(x, &start, req->end, &empty, e) < 0)
		return -1;
	if (empty)
		return 0;
	analyze_ask(x, req, start, &ask);
	if (engine_ask(x->engine, x->a, &ask, &p, e) < 0)
		return -1;
	resp->query_scopes.n = 2;
	resp->query_scopes.p = arena_zarray(x->a, 2, sizeof(*resp->query_scopes.p));
	scope_message(&resp->query_scopes.p[0], "Short term storage", &p.plan.recent);
	scope_message(&resp->query_scopes.p[1], "Long term storage", &p.plan.stored);
	for (size_t i = 0; i < 2; i++) {
		const struct querier_query_scope *s = &resp->query_scopes.p[i];

		impact->total_bytes_in_time_range += s->index_bytes + s->profile_bytes + s->symbol_bytes;
		if (x->limits->query_analysis_series_enabled)
			impact->total_queried_series += s->series_count;
	}
	resp->query_impact = impact;
	part_fini(&p);
	return 0;
}

static int profile_stats(struct api *x, const void *vreq, void *vresp, struct err *e)
{
	struct types_get_profile_stats_response *resp = vresp;
	struct pyro_ask ask = { .tenant = x->tenant, .kind = ASK_STATS };
	struct part p;

	(void)vreq;
	if (engine_ask(x->engine, x->a, &ask, &p, e) < 0)
		return -1;
	if (p.max_time < p.min_time)
		return 0;
	resp->data_ingested = true;
	resp->oldest_profile_time = floor_ms(p.min_time);
	resp->newest_profile_time = floor_ms(p.max_time);
	return 0;
}

#define QUERIER(name, req, resp, fn)                                                              \
	{                                                                                         \
		"/querier.v1.QuerierService/" name, &req##_type, &resp##_type, fn, PROCEDURE_MANY \
	}

const struct procedure querier_procedures[] = {
	QUERIER("ProfileTypes", querier_profile_types_request, querier_profile_types_response, profile_types),
	QUERIER("LabelValues", types_label_values_request, types_label_values_response, label_values),
	QUERIER("LabelNames", types_label_names_request, types_label_names_response, label_names),
	QUERIER("Series", querier_series_request, querier_series_response, series),
	/* What one part of the original holds is all there is here. */
	{ "/ingester.v1.IngesterService/Series", &querier_series_request_type, &querier_series_response_type, series,
	    0 },
	{ "/storegateway.v1.StoreGatewayService/Series", &querier_series_request_type, &querier_series_response_type,
	    series, 0 },
	QUERIER("SelectMergeStacktraces", querier_select_merge_stacktraces_request,
	    querier_select_merge_stacktraces_response, select_merge_stacktraces),
	QUERIER("SelectMergeSpanProfile", querier_select_merge_span_profile_request,
	    querier_select_merge_span_profile_response, select_merge_span_profile),
	QUERIER("SelectMergeProfile", querier_select_merge_profile_request, google_profile, select_merge_profile),
	QUERIER("SelectSeries", querier_select_series_request, querier_select_series_response, select_series),
	QUERIER("Diff", querier_diff_request, querier_diff_response, diff),
	QUERIER("AnalyzeQuery", querier_analyze_query_request, querier_analyze_query_response, analyze_query),
	QUERIER("GetProfileStats", types_get_profile_stats_request, types_get_profile_stats_response, profile_stats),
};

const size_t n_querier_procedures = ARRAY_LEN(querier_procedures);
