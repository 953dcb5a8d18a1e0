/* api_points.c - SelectHeatmap and exemplars: single profiles and spans; see api.h */
#include <stdlib.h>

#include "base/enc.h"
#include "formats/query/heatmap.h"
#include "formats/ulid.h"
#include "tools/pyro-query/api.h"

/* ---- one example ---- */

static int name_cmp(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Ascending, each once. */
static struct msg_strs sorted(struct arena *a, const struct msg_strs *names)
{
	struct msg_strs out = { arena_array(a, names->n, sizeof(*out.p)), 0 };

	if (names->n == 0)
		return out;
	memcpy(out.p, names->p, names->n * sizeof(*out.p));
	qsort(out.p, names->n, sizeof(*out.p), name_cmp);
	for (size_t i = 0; i < names->n; i++)
		if (out.n == 0 || !str_eq(out.p[out.n - 1], out.p[i]))
			out.p[out.n++] = out.p[i];
	return out;
}

static struct str span_text(struct arena *a, uint64_t span)
{
	char bytes[8];
	struct str out;
	struct buf b;

	for (int i = 0; i < 8; i++)
		bytes[i] = (char)(span >> 8 * i);
	buf_init(&b, 64);
	enc_hex(&b, str_of(bytes, 8));
	out = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return out;
}

/* Its labels are those that the group does not have in common. */
static struct types_exemplar exemplar_of(struct arena *a, const struct example *e, const struct msg_strs *by)
{
	struct types_exemplar m = { .timestamp = e->point->time, .value = e->point->value };
	struct labels rest = *e->labels;
	char id[UUID_TEXT + 1];

	for (size_t i = 0; i < by->n; i++)
		rest = labels_without(a, &rest, by->p[i]);
	m.labels = pairs_of_labels(a, &rest);
	if (e->point->span != 0) {
		m.span_id = span_text(a, e->point->span);
	} else {
		uuid_print(e->point->id, id);
		m.profile_id = arena_str(a, str_cstr(id));
	}
	return m;
}

/* ---- the question ---- */

struct points_ask {
	struct str profile_type, selector;
	int64_t from, start, end, step; /* ms; the first moment holds what came from..start */
	struct msg_strs by;             /* sorted */
	bool spans;
	const struct types_stack_trace_selector *site; /* NULL: all stacks */
};

static int ask_points(struct api *x, const struct points_ask *q, struct point_groups *out, struct err *e)
{
	struct pyro_ask ask;
	struct part p;

	ask_merge(x, &ask, ASK_POINTS, q->profile_type, q->selector, q->from, q->end);
	ask.span_points = q->spans;
	call_site_of(x, q->site, &ask);
	if (engine_ask(x->engine, x->a, &ask, &p, e) < 0)
		return -1;
	*out = points_grouped(x->a, &p.points, q->by.p, q->by.n);
	part_fini(&p);
	return 0;
}

/* ---- heat maps ---- */

static struct types_heatmap_slot slot_message(struct arena *a, const struct heatmap *m, const struct heatmap_slot *s,
    const struct msg_strs *by, bool examples)
{
	struct types_heatmap_slot out = { .timestamp = s->time };
	size_t n = 0;

	out.y_min = (struct msg_f64s){ arena_array(a, HEATMAP_ROWS, sizeof(double)), HEATMAP_ROWS };
	out.counts = (struct msg_i32s){ arena_array(a, HEATMAP_ROWS, sizeof(int32_t)), HEATMAP_ROWS };
	memcpy(out.y_min.p, m->floors, sizeof(m->floors));
	memcpy(out.counts.p, s->counts, sizeof(s->counts));
	if (!examples)
		return out;
	for (int i = 0; i < HEATMAP_ROWS; i++)
		n += s->examples[i].point != NULL;
	out.exemplars.p = arena_array(a, n, sizeof(*out.exemplars.p));
	for (int i = 0; i < HEATMAP_ROWS; i++)
		if (s->examples[i].point != NULL)
			out.exemplars.p[out.exemplars.n++] = exemplar_of(a, &s->examples[i], by);
	return out;
}

static void heatmap_message(struct arena *a, const struct heatmap *m, const struct msg_strs *by, bool examples,
    struct querier_select_heatmap_response *resp)
{
	resp->series.n = m->n;
	resp->series.p = arena_zarray(a, m->n, sizeof(*resp->series.p));
	for (size_t i = 0; i < m->n; i++) {
		struct types_heatmap_series *s = &resp->series.p[i];

		s->labels = pairs_of_labels(a, &m->p[i].labels);
		s->slots.n = m->p[i].n;
		s->slots.p = arena_array(a, m->p[i].n, sizeof(*s->slots.p));
		for (size_t k = 0; k < m->p[i].n; k++)
			s->slots.p[k] = slot_message(a, m, &m->p[i].p[k], by, examples);
	}
}

static int check_types(const struct querier_select_heatmap_request *req, struct err *e)
{
	bool spans = req->query_type == HEATMAP_QUERY_TYPE_SPAN;

	if (!spans && req->query_type != HEATMAP_QUERY_TYPE_INDIVIDUAL)
		return err_set(e, ERR_INVALID, "valid heatmap query type must be specified");
	if (req->exemplar_type == EXEMPLAR_TYPE_INDIVIDUAL && spans)
		return err_set(e, ERR_INVALID, "individual exemplars only available for individual query type");
	if (req->exemplar_type == EXEMPLAR_TYPE_SPAN && !spans)
		return err_set(e, ERR_INVALID, "span exemplars only available for span query type");
	if (req->exemplar_type < 0 || req->exemplar_type > EXEMPLAR_TYPE_SPAN)
		return err_set(e, ERR_INVALID, "unknown exemplar type: %d", req->exemplar_type);
	return 0;
}

static int check_request(struct api *x, const struct querier_select_heatmap_request *req, struct points_ask *q,
    bool *empty, struct err *e)
{
	if (!x->limits->query_heatmaps_enabled)
		return err_set(e, ERR_UNIMPL, "This endpoint is not available in v1 frontend");
	if (step_check(req->step, &q->step, e) < 0)
		return err_set(e, ERR_INVALID, "step must be greater than 0, got %f", req->step);
	if (req->has_limit && req->limit < 0)
		return err_set(e, ERR_INVALID, "limit must be non-negative, got %lld", (long long)req->limit);
	if (req->start >= req->end)
		return err_set(e, ERR_INVALID, "start time must be before end time, got start=%lld end=%lld",
		    (long long)req->start, (long long)req->end);
	q->start = req->start;
	q->end = req->end;
	if (range_check(x, &q->start, q->end, empty, e) < 0)
		return -1;
	return *empty ? 0 : check_types(req, e);
}

static int select_heatmap(struct api *x, const void *vreq, void *vresp, struct err *e)
{
	const struct querier_select_heatmap_request *req = vreq;
	bool examples = req->exemplar_type > EXEMPLAR_TYPE_NONE, empty = false;
	struct points_ask q = { .profile_type = req->profile_type_id,
		.selector = req->label_selector,
		.by = sorted(x->a, &req->group_by),
		.spans = req->query_type == HEATMAP_QUERY_TYPE_SPAN };
	struct point_groups g;
	struct heatmap_opts o = { .limit = req->has_limit ? req->limit : 0 };
	struct heatmap m;

	if (check_request(x, req, &q, &empty, e) < 0)
		return -1;
	if (empty)
		return 0;
	q.from = q.start - q.step;
	if (ask_points(x, &q, &g, e) < 0)
		return -1;
	o.from = q.start;
	o.step = q.step;
	if (heatmap_make(x->a, &g, &o, &m, e) < 0)
		return -1;
	if (examples && m.n_examples > HEATMAP_MAX_EXAMPLES)
		return err_set(e, ERR_INVALID,
		    "more than %d exemplars: ask for a longer step, a shorter range, a limit, or for none",
		    HEATMAP_MAX_EXAMPLES);
	heatmap_message(x->a, &m, &q.by, examples, vresp);
	return 0;
}

/* ---- exemplars of time series ---- */

static int group_cmp(const void *labels, const void *group)
{
	return labels_cmp(labels, &((const struct point_group *)group)->labels);
}

static const struct point_group *group_of(struct arena *a, const struct point_groups *g,
    const struct types_label_pair_list *labels)
{
	struct labels key = labels_of_pairs(a, labels);

	return g->n > 0 ? bsearch(&key, g->p, g->n, sizeof(*g->p), group_cmp) : NULL;
}

static void add_to_series(struct arena *a, struct types_series *s, const struct point_groups *g,
    const struct points_ask *q)
{
	const struct point_group *group = group_of(a, g, &s->labels);
	struct moments m = { 0 };

	if (group != NULL)
		m = largest_points(a, group, q->start, q->step);
	for (size_t i = 0, k = 0; i < s->points.n; i++) {
		struct types_point *p = &s->points.p[i];

		while (k < m.n && m.p[k].time < p->timestamp)
			k++;
		if (k == m.n || m.p[k].time != p->timestamp)
			continue;
		p->exemplars.n = 1;
		p->exemplars.p = arena_alloc(a, sizeof(*p->exemplars.p));
		*p->exemplars.p = exemplar_of(a, &m.p[k].example, &q->by);
	}
}

bool has_exemplars(const struct api *x, const struct querier_select_series_request *req)
{
	return x->limits->query_heatmaps_enabled && req->exemplar_type > EXEMPLAR_TYPE_NONE;
}

int add_exemplars(struct api *x, const struct querier_select_series_request *req,
    struct querier_select_series_response *resp, struct err *e)
{
	struct points_ask q = { .profile_type = req->profile_type_id,
		.selector = req->label_selector,
		.start = req->start,
		.end = req->end,
		.by = sorted(x->a, &req->group_by),
		.spans = req->exemplar_type == EXEMPLAR_TYPE_SPAN,
		.site = req->stack_trace_selector };
	struct point_groups g;
	bool empty;

	if (!has_exemplars(x, req) || resp->series.n == 0)
		return 0;
	if (step_check(req->step, &q.step, e) < 0 || range_check(x, &q.start, q.end, &empty, e) < 0)
		return -1;
	q.from = series_from(q.start, q.step);
	if (ask_points(x, &q, &g, e) < 0)
		return -1;
	for (size_t i = 0; i < resp->series.n; i++)
		add_to_series(x->a, &resp->series.p[i], &g, &q);
	return 0;
}

const struct procedure point_procedures[] = {
	{ "/querier.v1.QuerierService/SelectHeatmap", &querier_select_heatmap_request_type,
	    &querier_select_heatmap_response_type, select_heatmap, PROCEDURE_MANY },
};

const size_t n_point_procedures = ARRAY_LEN(point_procedures);
