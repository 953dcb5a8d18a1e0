/*
 * api.h - the answers of the query services, as plain functions: request
 * message in, response message out, on a thread that may wait. query_serve.c puts
 * them on the wire.
 *
 * Errors are in the protocol's words; the kind gives code and status.
 *
 * Source: spec of the read API, sections 7, 8 and 10.
 */
#ifndef API_H
#define API_H

#include "conf/limits.h"
#include "formats/msg/messages.h"
#include "formats/query/render.h"
#include "net/http.h"
#include "tools/pyro-query/engine.h"

struct api {
	struct arena *a; /* of the answer */
	struct engine *engine;
	const struct limits *limits; /* of the tenant */
	struct str tenant;           /* or several, "a|b" (federation.h) */
	int64_t now;                 /* unix ns */
	const char *data;            /* the data folder */
	uint64_t max_adhoc;          /* uploaded profiles of a tenant */
	size_t whole;                /* nodes of the merged tree, before it was cut */
	size_t truncated;            /* nodes that the answer has put into "other"; names beyond its limit */
	struct buf raw;              /* a finished protobuf message, instead of the response struct */
	bool passing;                /* the answer depends on the present time: it is not kept */
	int64_t good_until;          /* unix ns: from then on it would be another one; 0: never */
	bool browser;                /* the client would rather see HTML */
	bool utf8_names;             /* the client takes label names beyond [a-zA-Z_][a-zA-Z0-9_]* */
};

enum procedure_flags {
	PROCEDURE_PUBLIC = 1, /* needs no tenant */
	PROCEDURE_WRITES = 2, /* done as often as it is asked for */
	PROCEDURE_MANY = 4,   /* several tenants may be asked for at once */
};

struct procedure {
	const char *path; /* "/querier.v1.QuerierService/Series" */
	const struct msg_type *request, *response;
	int (*fn)(struct api *x, const void *req, void *resp, struct err *e);
	unsigned flags; /* enum procedure_flags */
};

/* By file: api_querier.c, api_points.c, api_adhoc.c, api_services.c. */
extern const struct procedure querier_procedures[], point_procedures[], adhoc_procedures[], service_procedures[];
extern const size_t n_querier_procedures, n_point_procedures, n_adhoc_procedures, n_service_procedures;

/* A plain page: query string in, body and type out. */
struct page {
	const char *path;
	int (*fn)(struct api *x, struct str query, struct buf *out, const char **type, struct err *e);
	unsigned flags; /* enum procedure_flags: PROCEDURE_MANY */
};

extern const struct page pages[];
extern const size_t n_pages;
/* /pyroscope/functions, /pyroscope/metrics (api_functions.c). */
int functions_page(struct api *x, struct str query, struct buf *out, const char **type, struct err *e);
int metrics_page(struct api *x, struct str query, struct buf *out, const char **type, struct err *e);
/* /pyroscope/adhoc (api_uploads.c). */
int uploads_page(struct api *x, struct str query, struct buf *out, const char **type, struct err *e);

/* ---- parameters of pages (api_render.c) ---- */

/* What a page is asked about. */
struct side {
	struct str text;    /* as it was asked for */
	struct str type_id; /* the profile type as text */
	struct profile_type type;
	struct str selector;
	int64_t from, until;                     /* ms */
	struct types_stack_trace_selector *site; /* stacks below these functions alone; NULL: all */
};

struct str param(struct api *x, struct str query, const char *name);       /* empty: none */
int64_t int_param(struct api *x, struct str query, const char *name);      /* 0: none, or no number */
struct msg_strs params(struct api *x, struct str query, const char *name); /* of one that may be repeated */
/* The names of the parameters come in; callSite holds for all sides. */
int read_side(struct api *x, struct str query, const char *q, const char *from, const char *until, struct side *out,
    struct err *e);
/* g NULL: no points. step in seconds. */
struct timeline timeline_of(struct api *x, const struct side *s, const struct series_group *g, int64_t step,
    bool average);

/* ---- shared by the two (range.c) ---- */

/*
 * The rules of a time range in ms. *empty: the whole range is before the look-back limit:
 * answer success with nothing. start may move.
 */
int range_check(struct api *x, int64_t *start, int64_t end, bool *empty, struct err *e);
/* The original cuts a range into parts, and makes none of one that starts where it ends: nothing is asked. */
static inline bool range_none(int64_t start, int64_t end)
{
	return start == end;
}
/* Label queries: only when both ends are given. */
int range_check_labels(struct api *x, int64_t *start, int64_t end, bool *empty, struct err *e);
int max_nodes_check(struct api *x, int64_t asked, int64_t *out, struct err *e);
/* An ask about one selector and profile type, start..end in ms, both inclusive. */
void ask_merge(struct api *x, struct pyro_ask *ask, enum ask_kind kind, struct str profile_type, struct str selector,
    int64_t start, int64_t end);

/* Keeps what begins with prefix, and no more than limit (<= 0: all) of it; notes how many were left out. */
void cut_names(struct api *x, struct str_list *l, struct str prefix, int64_t limit);
/* Stacks below these functions alone; NULL or empty: all. */
void call_site_of(struct api *x, const struct types_stack_trace_selector *s, struct pyro_ask *ask);

/* The series of a request, ordered and limited (api_querier.c); for the timeline too. */
int select_series_part(struct api *x, const struct querier_select_series_request *req, struct part *out, struct err *e);
/* From where on rows are asked for a series that starts there, in ms. */
int64_t series_from(int64_t start, int64_t step);
/* Step in ms of a request's seconds; ERR_INVALID for none. */
int step_check(double seconds, int64_t *out, struct err *e);
/* The tenant has them and the request asks for them: the largest profile or span of each point (api_points.c). */
bool has_exemplars(const struct api *x, const struct querier_select_series_request *req);
int add_exemplars(struct api *x, const struct querier_select_series_request *req,
    struct querier_select_series_response *resp, struct err *e);
/*
 * The tree of one request, truncated as often as the original does. max_nodes
 * becomes what the answer itself is to be cut to. No tree: nothing was found.
 */
int merged_tree(struct api *x, const struct querier_select_merge_stacktraces_request *req, struct part *out,
    int64_t *max_nodes, struct err *e);
int diff_graph(struct api *x, const struct querier_diff_request *req, struct flamegraph **out, struct err *e);
/* Notes what the tree will have lost when it is written with max_nodes. */
void note_truncated(struct api *x, const struct tree *t, int64_t max_nodes);
/* Flame graph of a tree part; never NULL. */
struct flamegraph *flamegraph_of(struct api *x, struct part *p, int64_t max_nodes);

#endif
