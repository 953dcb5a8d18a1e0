/* places_ask.c - see places.h: one profile, or labels, out of everything */
#include "base/enc.h"
#include "base/num.h"
#include "daemon/client_call.h"
#include "formats/pprof/pprof.h"
#include "formats/query/label_set.h"
#include "tools/pyro-query/places.h"

enum { MAX_SETS = 1000 }; /* questions for one answer */

/* ---- a server ---- */

static int call(struct places *p, const char *procedure, const struct msg_type *type, const void *req,
    struct str *answer, struct err *e)
{
	struct http_field type_field = { STR("Content-Type"), STR("application/proto") };
	struct httpc_req hr = { .method = "POST",
		.headers = &type_field,
		.n_headers = 1,
		.gzip = true,
		.max_body = 1 << 30,
		.turn = p->turn != NULL ? p->turn->fn : NULL,
		.turn_fd = p->turn != NULL ? p->turn->fd : -1,
		.ctx = p->turn != NULL ? p->turn->ctx : NULL };
	struct httpc_tls tls;
	struct httpc_res res;
	struct str base = str_cstr(p->url);
	struct buf body;
	int rc;

	while (str_suffix(base, STR("/")))
		base.n--;
	hr.url = arena_printf(p->a, STR_FMT "/querier.v1.QuerierService/%s", STR_ARG(base), procedure).p;
	if (client_call(&p->o->client, &hr, &tls, e) < 0)
		return -1;
	if (p->http == NULL && (p->http = httpc_new(e)) == NULL)
		return -1;
	buf_init(&body, INT32_MAX);
	msg_encode(type, req, &body);
	hr.body = buf_str(&body);
	rc = httpc_call(p->http, p->a, &hr, &res, e);
	buf_fini(&body);
	if (rc < 0)
		return -1;
	if (res.status != 200)
		return httpc_error(&res, procedure, e);
	*answer = res.body;
	return 0;
}

/* Servers want a range: without one the last hour. */
static void server_range(const struct places *p, int64_t *start, int64_t *end)
{
	int64_t to = p->o->to[0] ? p->to : p->now, from = p->o->from[0] ? p->from : to - 3600 * NS_PER_S;

	*start = from / NS_PER_MS == 0 ? 1 : from / NS_PER_MS; /* 0 is none to them */
	*end = to / NS_PER_MS;
}

/* ---- labels ---- */

static int server_labels(struct places *p, enum ask_kind kind, const struct msg_strs *names, struct part *out,
    struct err *e)
{
	struct str selector = p->query, answer;
	struct msg_strs matchers = { &selector, 1 };
	int64_t start, end;

	*out = part_none();
	server_range(p, &start, &end);
	if (kind == ASK_SETS) {
		struct querier_series_request req = { .matchers = matchers,
			.label_names = *names,
			.start = start,
			.end = end };
		struct querier_series_response resp;

		if (call(p, "Series", &querier_series_request_type, &req, &answer, e) < 0 ||
		    msg_decode(p->a, &querier_series_response_type, answer, &resp, e) < 0)
			return -1;
		out->sets.n = resp.labels_set.n;
		out->sets.p = arena_array(p->a, out->sets.n, sizeof(*out->sets.p));
		for (size_t i = 0; i < out->sets.n; i++) {
			struct labels *l = &out->sets.p[i];

			*l = labels_of_pairs(p->a, &resp.labels_set.p[i].labels);
			labels_sort(l);
		}
		return 0;
	}
	if (kind == ASK_NAMES) {
		struct types_label_names_request req = { .matchers = matchers, .start = start, .end = end };
		struct types_label_names_response resp;

		if (call(p, "LabelNames", &types_label_names_request_type, &req, &answer, e) < 0 ||
		    msg_decode(p->a, &types_label_names_response_type, answer, &resp, e) < 0)
			return -1;
		out->strings = (struct str_list){ resp.names.p, resp.names.n };
		return 0;
	}
	struct types_label_values_request req = { .name = names->p[0],
		.matchers = matchers,
		.start = start,
		.end = end };
	struct types_label_values_response resp;

	if (call(p, "LabelValues", &types_label_values_request_type, &req, &answer, e) < 0 ||
	    msg_decode(p->a, &types_label_values_response_type, answer, &resp, e) < 0)
		return -1;
	out->strings = (struct str_list){ resp.names.p, resp.names.n };
	return 0;
}

/* Of profiles with labels in files and streams. */
static int file_labels(struct places *p, enum ask_kind kind, const struct msg_strs *names, struct part *out,
    struct err *e)
{
	struct label_what what = { .kind = kind == ASK_NAMES ? LABEL_NAMES
		    : kind == ASK_SETS                       ? LABEL_SETS
							     : LABEL_VALUES,
		.names = names->p,
		.n_names = names->n };
	struct label_set all;
	bool any = false;

	*out = part_none();
	label_set_init(&all, &what, p->a);
	for (size_t i = 0; i < p->labels.n; i++) {
		any |= p->labels.p[i].n > 0;
		label_set_add(&all, &p->labels.p[i]);
	}
	label_set_strings(&all, &out->strings);
	label_set_sets(&all, &out->sets);
	label_set_fini(&all);
	/* the first of all, of profiles that have none of these labels */
	if (out->sets.n > 0 && out->sets.p[0].n == 0)
		out->sets = (struct labels_list){ out->sets.p + 1, out->sets.n - 1 };
	if (p->labels.n > 0 && !any)
		return err_set(e, ERR_USAGE,
		    "these profiles have no labels: give a profile stream, a folder of blocks, a block stream or a "
		    "server");
	return 0;
}

int places_labels(struct places *p, enum ask_kind kind, const struct msg_strs *names, struct part *out, struct err *e)
{
	struct str selector = p->query;
	struct pyro_ask ask = { .kind = kind, .selectors = { &selector, 1 }, .names = *names };

	if (p->url != NULL)
		return server_labels(p, kind, names, out, e);
	if (p->n_read > 0)
		return file_labels(p, kind, names, out, e);
	if (p->o->from[0] || p->o->to[0]) {
		ask.from = p->from;
		ask.to = p->to;
	}
	return ask_run(p->a, &ask, p->sets.p, p->sets.n, out, e);
}

/* ---- profiles ---- */

static void block_times(const struct places *p, int64_t *min, int64_t *max)
{
	*min = INT64_MAX;
	*max = INT64_MIN;
	for (size_t i = 0; i < p->sets.n; i++) {
		*min = MIN(*min, p->sets.p[i]->min_time);
		*max = MAX(*max, p->sets.p[i]->max_time);
	}
}

/* The part of the wanted range that the blocks reach into; false: none. */
static bool clip_range(const struct places *p, int64_t *from, int64_t *to)
{
	block_times(p, from, to);
	*from = MAX(*from, p->from);
	*to = MIN(*to, p->to);
	/* A range of more than 292 years has no length that could be written: the newest ones count. */
	if (*from < 0 && *to > INT64_MAX + *from)
		*from = *to - INT64_MAX;
	return *from <= *to;
}

/* " from A to B", of a server; blocks are asked from their first row to their last. */
static const char *asked_range(struct places *p)
{
	int64_t from, to;

	if (p->url == NULL)
		return "";
	server_range(p, &from, &to);
	return arena_printf(p->a, " from " STR_FMT " to " STR_FMT, STR_ARG(num_rfc3339(p->a, from * NS_PER_MS)),
	    STR_ARG(num_rfc3339(p->a, to * NS_PER_MS)))
	    .p;
}

int places_missed(struct places *p, struct err *e)
{
	int64_t from, to;

	if (p->url != NULL)
		return err_set(e, ERR_NOTFOUND, "no profile matches " STR_FMT "%s", STR_ARG(p->query), asked_range(p));
	if (p->sets.n == 0 || clip_range(p, &from, &to))
		return err_set(e, ERR_NOTFOUND, "no profile matches " STR_FMT, STR_ARG(p->query));
	block_times(p, &from, &to);
	return err_set(e, ERR_NOTFOUND, "nothing is in the time range: the blocks are from " STR_FMT " to " STR_FMT,
	    STR_ARG(num_rfc3339(p->a, from)), STR_ARG(num_rfc3339(p->a, to)));
}

static struct str usual_type(const struct str_list *types)
{
	static const char *const first[] = { "process_cpu:cpu:nanoseconds:cpu:nanoseconds",
		"process_cpu:cpu:nanoseconds:", "process_cpu:samples:count:" };

	for (size_t k = 0; k < ARRAY_LEN(first); k++)
		for (size_t i = 0; i < types->n; i++)
			if (str_prefix(types->p[i], str_cstr(first[k])))
				return types->p[i];
	return types->n == 1 ? types->p[0] : STR_NONE;
}

/* Those of the type that --profile-type asks for, alone. */
static struct str_list types_called(struct arena *a, const struct str_list *all, struct str type)
{
	struct str_list out = { .p = arena_array(a, all->n + 1, sizeof(*out.p)) };
	struct profile_type parsed;
	struct err e;

	for (size_t i = 0; i < all->n; i++)
		if (profile_type_parse(all->p[i], &parsed, &e) == 0 && str_eq(parsed.type, type))
			out.p[out.n++] = all->p[i];
	return out;
}

static int no_type(const struct str_list *known, enum err_kind kind, const char *what, struct err *e)
{
	struct buf b;

	buf_init(&b, 4096);
	for (size_t i = 0; i < known->n; i++)
		buf_printf(&b, "\n  " STR_FMT, STR_ARG(known->p[i]));
	err_set(e, kind, "%s:" STR_FMT, what, STR_ARG(buf_str(&b)));
	buf_fini(&b);
	return -1;
}

/* --profile-type, or the only one there is, or the CPU time. */
static int choose_type(struct places *p, struct str *out, struct err *e)
{
	struct str name = STR("__profile_type__"), want = str_cstr(p->o->profile_type);
	struct msg_strs names = { &name, 1 };
	struct str_list called;
	struct part part;

	*out = want;
	if (str_find(want, ':') < want.n)
		return 0;
	if (places_labels(p, ASK_VALUES, &names, &part, e) < 0)
		return -1;
	if (part.strings.n == 0)
		return places_missed(p, e);
	called = want.n > 0 ? types_called(p->a, &part.strings, want) : part.strings;
	if (called.n == 0)
		return no_type(&part.strings, ERR_NOTFOUND,
		    arena_printf(p->a, "no profile is of type %.500s; there are", p->o->profile_type).p, e);
	*out = usual_type(&called);
	return out->n > 0 ? 0 : no_type(&called, ERR_USAGE, "several profile types; choose one with --profile-type", e);
}

static int server_profile(struct places *p, struct str type, struct profile **out, struct err *e)
{
	struct querier_select_merge_profile_request req = { .profile_type_id = type,
		.label_selector = p->query,
		.max_nodes = p->o->max_nodes,
		.has_max_nodes = p->o->max_nodes > 0 };
	struct str answer;

	server_range(p, &req.start, &req.end);
	if (call(p, "SelectMergeProfile", &querier_select_merge_profile_request_type, &req, &answer, e) < 0)
		return -1;
	return pprof_decode(p->a, answer, out, e);
}

static int block_profile(struct places *p, struct str type, struct profile **out, struct err *e)
{
	struct str selector = p->query;
	struct pyro_ask ask = { .kind = ASK_PROFILE,
		.profile_type = type,
		.selectors = { &selector, 1 },
		.max_nodes = p->o->max_nodes };
	struct part part;

	*out = NULL;
	if (!clip_range(p, &ask.from, &ask.to))
		return 0;
	if (ask_run(p->a, &ask, p->sets.p, p->sets.n, &part, e) < 0 || part_profile(p->a, &part, out, e) < 0)
		return -1;
	if (*out == NULL)
		return 0;
	(*out)->time = ask.from;
	/* blocks know times to the millisecond, and profiles of one moment do not tell how long it was */
	(*out)->duration = ask.to - ask.from < NS_PER_MS ? 0 : ask.to - ask.from;
	return 0;
}

static int rows_profile(struct places *p, struct str type, struct profile **out, struct err *e)
{
	return p->url ? server_profile(p, type, out, e) : block_profile(p, type, out, e);
}

/* {a="b"} and name="value" as one selector. */
static struct str with_matchers(struct places *p, struct str selector, const struct labels *l)
{
	struct str end = str_trim(selector);
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	end.n -= str_suffix(end, STR("}"));
	buf_add(&b, end.n > 0 ? str_trim(end) : STR("{"));
	for (uint32_t i = 0; i < p->n_keys; i++) {
		if (b.n > 1 && b.p[b.n - 1] != ',')
			buf_byte(&b, ',');
		buf_add(&b, p->keys[i]);
		buf_byte(&b, '=');
		enc_quote(&b, labels_get(l, p->keys[i]));
	}
	buf_byte(&b, '}');
	end = arena_str(p->a, buf_str(&b));
	buf_fini(&b);
	return end;
}

/* One question for each set of the labels that are wanted beside the stacks; all are of the same time. */
static int tagged_profile(struct places *p, struct str type, struct profile **out, struct err *e)
{
	const struct msg_strs names = { p->keys, p->n_keys };
	struct str all = p->query;
	struct profile_merger *m;
	struct profile *one;
	struct part part;
	int rc;

	if (places_labels(p, ASK_SETS, &names, &part, e) < 0)
		return -1;
	if (part.sets.n > MAX_SETS)
		return err_set(e, ERR_LIMIT, "%zu values of the labels, at most %d are asked for; choose some with -q",
		    part.sets.n, MAX_SETS);
	/* series without any of them */
	labels_list_merge(p->a, &part.sets, &(struct labels_list){ &(struct labels){ 0 }, 1 });
	m = profile_merger_new(p->a, &(struct profile_merge_opts){ .keep_tags = true });
	rc = 0;
	for (size_t i = 0; i < part.sets.n && rc == 0; i++) {
		p->query = with_matchers(p, all, &part.sets.p[i]);
		rc = rows_profile(p, type, &one, e);
		if (rc < 0 && e->kind == ERR_NOTFOUND)
			rc = 0;
		else if (rc == 0 && one != NULL && one->n_samples > 0)
			rc = profile_merger_add_beside(m, places_tagged(p, p->a, one, &part.sets.p[i]), e);
	}
	p->query = all;
	*out = profile_merger_finish(m);
	return rc;
}

int places_profile(struct places *p, struct profile **out, struct err *e)
{
	struct str type;

	*out = NULL;
	if (p->n_read > 0 && p->n_profiles == 0 && p->other_types.n > 0)
		return err_set(e, ERR_NOTFOUND, "no profile is of type %.500s; one has:" STR_FMT, p->o->profile_type,
		    STR_ARG(p->other_types));
	if (p->n_read > 0 && p->n_profiles == 0)
		return err_set(e, ERR_NOTFOUND, "no profile of %llu is in the range and matches " STR_FMT,
		    (unsigned long long)p->n_read, STR_ARG(p->query));
	if (p->n_profiles > 0) {
		*out = p->only;
		if (p->only == NULL) {
			*out = profile_merger_finish(p->merger);
			p->merger = NULL;
		}
		return 0;
	}
	if (p->sets.n == 0 && p->url == NULL)
		return err_set(e, ERR_NOTFOUND, STR_FMT ": there are no profiles and no blocks", STR_ARG(p->source));
	if (choose_type(p, &type, e) < 0)
		return -1;
	if ((p->n_keys > 0 ? tagged_profile(p, type, out, e) : rows_profile(p, type, out, e)) < 0)
		return -1;
	if (*out == NULL || (*out)->n_samples == 0)
		return err_set(e, ERR_NOTFOUND, "no samples of " STR_FMT " match " STR_FMT "%s", STR_ARG(type),
		    STR_ARG(p->query), asked_range(p));
	return 0;
}
