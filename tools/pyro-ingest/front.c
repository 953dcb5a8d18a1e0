/* front.c - what comes in where: pushes are taken here, questions go to the query process */
#include "daemon/operator.h"
#include "formats/query/ask.h"
#include "net/proxy.h"
#include "net/rpc.h"
#include "tools/pyro-ingest/ingest.h"

/* ---- what goes to the query process ---- */

static void to_query(struct http_req *r, void *ctx)
{
	struct worker *w = r->owner;

	(void)ctx;
	if (w->query != NULL)
		proxy_handle(r, w->query);
	else
		http_reply_not_found(r);
}

static void body_too_large(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_error_json(r, 413, "invalid_argument", STR("request body too large: http: request body too large"));
}

struct router *front_router(struct ingest *in, struct err *e)
{
	int64_t mb = in->base->ingestion_body_limit_mb;
	size_t body = mb > 0 ? (size_t)mb << 20 : SIZE_MAX / 2;
	struct route rows[] = {
		{ .path = "/ingest",
		    .methods = "POST",
		    .fn = receive_ingest,
		    .body_limit = body,
		    .flags = ROUTE_GZIP,
		    .too_big = body_too_large },
		{ .path = "/pyroscope/ingest",
		    .methods = "POST",
		    .fn = receive_ingest,
		    .body_limit = body,
		    .flags = ROUTE_GZIP,
		    .too_big = body_too_large },
		/* What pyro-query would refuse is not taken in. */
		{ .path = "/querier.v1.QuerierService/",
		    .methods = "*",
		    .fn = to_query,
		    .body_limit = ASK_MAX_BODY,
		    .flags = ROUTE_PREFIX | ROUTE_EACH | ROUTE_ASIDE,
		    .too_big = rpc_too_big },
		{ .path = "/pyro/tail", .methods = "GET", .fn = receive_tail },
		{ .path = "/push.v1.PusherService/Push",
		    .methods = "POST",
		    .fn = receive_push,
		    .body_limit = body,
		    .flags = ROUTE_ALLOW,
		    .too_big = rpc_too_big },
		RPC_ROUTE("/ingester.v1.IngesterService/Flush", flush_api),
		{ .path = "/debuginfo.v1alpha1.DebuginfoService/ShouldInitiateUpload",
		    .methods = "POST",
		    .fn = receive_debuginfo_should,
		    .body_limit = 1 << 20,
		    .flags = ROUTE_ALLOW,
		    .too_big = rpc_too_big },
		{ .path = "/debuginfo.v1alpha1.DebuginfoService/UploadFinished",
		    .methods = "POST",
		    .fn = receive_debuginfo_finished,
		    .body_limit = 1 << 20,
		    .flags = ROUTE_ALLOW,
		    .too_big = rpc_too_big },
		{ .path = "/debuginfo.v1alpha1.DebuginfoService/Upload/",
		    .methods = "POST",
		    .fn = receive_debuginfo_upload,
		    .body_limit = in->opts->debuginfo ? (size_t)in->opts->debuginfo_max_file : 1 << 20,
		    .flags = ROUTE_PREFIX,
		    .too_big = receive_debuginfo_too_big },
	};
	/* the paths of both packages that OpenTelemetry has published, for HTTP and for gRPC */
	static const char *const otlp[] = {
		"/v1development/profiles",
		"/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export",
		"/v1experimental/profiles",
		"/opentelemetry.proto.collector.profiles.v1experimental.ProfilesService/Export",
	};
	struct route *kept = mem_zarray(ARRAY_LEN(rows) + ARRAY_LEN(otlp), sizeof(*kept));
	struct router *r;

	memcpy(kept, rows, sizeof(rows));
	for (size_t i = 0; i < ARRAY_LEN(otlp); i++)
		kept[ARRAY_LEN(rows) + i] = (struct route){ .path = otlp[i],
			.methods = "POST",
			.fn = receive_otlp,
			.body_limit = body,
			.too_big = receive_otlp_too_big };
	r = router_new(kept, ARRAY_LEN(rows) + ARRAY_LEN(otlp), NULL, e);
	if (r != NULL &&
	    (router_add(r, status_routes, n_status_routes, NULL, e) < 0 ||
		router_add(r, operator_routes, n_operator_routes, NULL, e) < 0 || node_pages(r, &in->node, e) < 0)) {
		router_free(r);
		return NULL;
	}
	if (r != NULL)
		router_fallback(r, to_query, NULL, ROUTE_ASIDE);
	return r;
}
