/*
 * receive_otlp.c - profiles of OpenTelemetry: OTLP/HTTP in protobuf and JSON,
 * and gRPC, at the same paths; told apart by Content-Type. See
 * formats/otlp/otlp.h and section 9 of the spec of the write API.
 *
 * The profiles of a request are taken in their order up to the first that is
 * refused; what stood before it stays.
 */
#include "base/num.h"
#include "base/zip.h"
#include "formats/otlp/otlp.h"
#include "net/rpc.h"
#include "tools/pyro-ingest/push.h"
#include "tools/pyro-ingest/worker.h"

enum { GZIP_HEADER = 10 };

struct export
{
	struct http_req *r;
	struct rpc_call *call; /* NULL: plain HTTP */
	struct push *push;
	enum otlp_wire wire;
	int64_t limit;       /* bytes of the unpacked body; 0 = none */
	uint32_t last;       /* the last profile of the push: its position among those of one profile of the request */
	const char *refused; /* the request itself is wrong: why, in the request's arena */
};

/* ---- answers ---- */

static void reply_text(struct http_req *r, int status, struct str text)
{
	struct http_field f[] = {
		{ STR("Content-Type"), STR("text/plain; charset=utf-8") },
		{ STR("X-Content-Type-Options"), STR("nosniff") },
	};

	http_reply(r,
	    &(struct http_reply){ .status = status,
		.headers = f,
		.n_headers = ARRAY_LEN(f),
		.body = arena_printf(r->a, STR_FMT "\n", STR_ARG(text)),
		.keep = true });
}

/* The request cannot be understood as a whole, or a profile of it cannot be converted. */
static void reply_refused(struct export *x)
{
	if (x->call != NULL)
		rpc_fail_code(x->call, RPC_INVALID_ARGUMENT, str_cstr(x->refused));
	else
		reply_text(x->r, 400, arena_printf(x->r->a, "rpc error: code = InvalidArgument desc = %s", x->refused));
}

static struct str uuid_text(struct export *x)
{
	uint8_t id[16];

	worker_profile_id(x->push->w, id);
	return arena_printf(x->r->a, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", id[0],
	    id[1], id[2], id[3], id[4], id[5], id[6], id[7], id[8], id[9], id[10], id[11], id[12], id[13], id[14],
	    id[15]);
}

/* Clients send again what is 429 or 503 and give up on what is 400. */
static void reply_push_error(struct export *x)
{
	const struct push *p = x->push;
	const struct err *e = p->err;
	uint32_t index = 0;
	struct str text;

	/* a profile that is refused is the last; one that could not be stored may be any */
	if (p->items.p[p->items.n - 1].err == e)
		index = x->last;
	text = arena_printf(x->r->a,
	    "failed to make a GRPC request: push series with index %u and id " STR_FMT " failed: %s: %s", index,
	    STR_ARG(uuid_text(x)), err_rpc(e->kind), e->msg);
	if (x->call == NULL)
		reply_text(x->r, err_http(e->kind), text);
	else
		rpc_fail_code(x->call, e->kind == ERR_INVALID ? RPC_UNKNOWN : rpc_code_of(e->kind), text);
}

static void export_done(struct push *p)
{
	struct export *x = p->ctx;

	if (p->err != NULL)
		reply_push_error(x);
	else if (x->refused != NULL)
		reply_refused(x);
	else if (x->call != NULL)
		rpc_reply_message(x->call, x->call->codec == RPC_JSON ? STR("{}") : STR_NONE);
	else
		http_reply_type(x->r, 200, "application/x-protobuf", STR_NONE);
	push_free(p);
}

/* ---- the request ---- */

static void too_large(struct export *x, const char *what)
{
	struct str size = num_size_si(x->r->a, (uint64_t)x->limit);

	reply_text(x->r, 413, arena_printf(x->r->a, "%s payload size exceeds limit of " STR_FMT, what, STR_ARG(size)));
}

/* 0, or -1: the answer has been given. */
static int plain_body(struct export *x, struct str *body)
{
	size_t limit = x->limit > 0 ? (size_t)x->limit : INT32_MAX;
	struct buf *out;
	struct err e;

	*body = x->r->body;
	if (!str_eq_nocase(http_header(x->r, "Content-Encoding"), STR("gzip"))) {
		if (body->n <= limit)
			return 0;
		too_large(x, "profile");
		return -1;
	}
	if (body->n < GZIP_HEADER || !zip_is_gzip(*body)) {
		reply_text(x->r, 400, STR("Failed to read request body"));
		return -1;
	}
	out = push_scratch(x->push);
	if (zip_gunzip(*body, limit, out, &e) < 0) {
		if (e.kind == ERR_LIMIT || e.kind == ERR_TOOBIG)
			too_large(x, "uncompressed profile");
		else
			reply_text(x->r, 400, STR("failed to read gzip-compressed request body"));
		return -1;
	}
	*body = buf_str(out);
	return 0;
}

/* The profiles of one profile of the request, by service; false: one was refused. */
static bool push_groups(struct export *x, const struct format_profiles *groups, size_t size)
{
	for (uint32_t k = 0; k < groups->n; k++) {
		push_profile(x->push, &groups->p[k].labels, groups->p[k].p, size);
		x->last = k;
		if (x->push->items.p[x->push->items.n - 1].err != NULL)
			return false;
	}
	return true;
}

/* What is said of a schema that is not the present one, so that its sender can be found. */
static const char *schema_words(struct export *x, const struct otlp *q, const char *why)
{
	if (strstr(otlp_schema(q), "1.10") != NULL)
		return why;
	return arena_printf(x->r->a, "%s (the request has the schema %s)", why, otlp_schema(q)).p;
}

static void refuse(struct export *x, const char *why)
{
	x->refused = why;
	x->push->w->conf.counters->profiles++;
	x->push->tenant->discarded[DISCARD_malformed_profile]++;
	x->push->tenant->discarded_bytes[DISCARD_malformed_profile] += x->r->body.n;
}

static void push_all(struct export *x, struct otlp *q)
{
	struct format_profiles groups;
	struct err e;

	if (!otlp_has_tables(q)) {
		refuse(x, "missing profile metadata dictionary");
		return;
	}
	if (!otlp_has_resources(q)) {
		refuse(x, "missing resource profiles");
		return;
	}
	if (otlp_is_strange(q)) {
		refuse(x,
		    arena_printf(x->r->a,
			"no usable sample: the request has the schema %s, or one that is not known: %u profiles have "
			"fields that it does not have, and no samples",
			otlp_schema(q), otlp_profiles(q))
			.p);
		return;
	}
	for (uint32_t i = 0; i < otlp_profiles(q); i++) {
		size_t size = otlp_profile_size(q, i);

		if (otlp_convert(q, i, &groups, &e) < 0) {
			err_wrap(&e, "failed to convert otel profile");
			refuse(x, schema_words(x, q, arena_cstr(x->r->a, str_cstr(e.msg))));
			return;
		}
		if (!push_groups(x, &groups, size > 0 ? size : x->r->body.n / otlp_profiles(q)))
			return;
	}
}

static void take(struct export *x, struct str body)
{
	struct otlp_opts o = { .labels = x->push->w->conf.otlp_labels, .as_stored = true };
	struct push *p = x->push;
	struct otlp *q;
	struct err e;

	if (otlp_read(p->mem, body, x->wire, &o, &q, &e) < 0) {
		if (x->call != NULL)
			rpc_fail_code(x->call, RPC_INVALID_ARGUMENT,
			    arena_printf(x->r->a, "unmarshal message: %s", e.msg));
		else
			reply_text(x->r, 400,
			    x->wire == OTLP_JSON ? STR("Failed to parse JSON request")
						 : STR("Failed to parse protobuf request"));
		push_free(p);
		return;
	}
	push_all(x, q);
	push_send(p, export_done);
}

/* ---- the handlers ---- */

static bool wire_of(struct str content_type, enum otlp_wire *wire)
{
	struct str type = http_media_type(content_type);

	*wire = str_eq_nocase(type, STR("application/json")) ? OTLP_JSON : OTLP_PROTOBUF;
	return *wire == OTLP_JSON || str_eq_nocase(type, STR("application/x-protobuf")) ||
	    str_eq_nocase(type, STR("application/protobuf"));
}

static struct export *export_new(struct http_req *r, const struct tenant_rules *tenant)
{
	struct export *x = arena_zalloc(r->a, sizeof(*x));

	x->r = r;
	x->push = push_new(r->owner, r, tenant);
	x->push->ctx = x;
	x->limit = x->push->rules->limits->ingestion_body_limit_mb << 20;
	return x;
}

static void receive_grpc(struct http_req *r)
{
	const struct tenant_rules *tenant = worker_tenant(r->owner, r, true);
	struct rpc_call *call;
	struct export *x;

	if (tenant == NULL)
		return;
	call = rpc_open(r, &(struct rpc_conf){ .max_message = 0 });
	if (call == NULL)
		return;
	x = export_new(r, tenant);
	x->call = call;
	x->wire = call->codec == RPC_JSON ? OTLP_JSON : OTLP_PROTOBUF;
	take(x, call->message);
}

static bool is_grpc(const struct http_req *r)
{
	return r->http2 && str_prefix(http_header(r, "Content-Type"), STR("application/grpc"));
}

void receive_otlp(struct http_req *r, void *ctx)
{
	struct str type = http_header(r, "Content-Type"), body;
	const struct tenant_rules *tenant;
	struct push *p;
	enum otlp_wire wire;
	struct export *x;

	(void)ctx;
	if (is_grpc(r)) {
		receive_grpc(r);
		return;
	}
	if (!wire_of(type, &wire)) {
		reply_text(r, 415, arena_printf(r->a, "Unsupported Content-Type: " STR_FMT, STR_ARG(type)));
		return;
	}
	tenant = worker_tenant(r->owner, r, false);
	if (tenant == NULL)
		return;
	x = export_new(r, tenant);
	x->wire = wire;
	p = x->push;
	if (plain_body(x, &body) < 0)
		push_free(p);
	else
		take(x, body);
}

void receive_otlp_too_big(struct http_req *r, void *ctx)
{
	struct str size = num_size_si(r->a, r->body_limit);

	if (is_grpc(r))
		rpc_too_big(r, ctx);
	else
		reply_text(r, 413, arena_printf(r->a, "profile payload size exceeds limit of " STR_FMT, STR_ARG(size)));
}
