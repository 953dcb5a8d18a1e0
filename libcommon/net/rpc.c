#include "net/rpc.h"

#include "base/num.h"
#include "base/zip.h"
#include "net/h1.h"
#include "net/rpc_impl.h"
#include "proc/loop.h"

enum { ENVELOPE = 5, COMPRESSED = 1, DEFAULT_MESSAGE = 256 << 20 };

static const struct wire {
	const char *type;
	enum rpc_protocol protocol;
	enum rpc_codec codec;
} wires[] = {
	{ "application/proto", RPC_CONNECT, RPC_PROTO },
	{ "application/json", RPC_CONNECT, RPC_JSON },
	{ "application/json; charset=utf-8", RPC_CONNECT, RPC_JSON },
	{ "application/grpc", RPC_GRPC, RPC_PROTO },
	{ "application/grpc+proto", RPC_GRPC, RPC_PROTO },
	{ "application/grpc+json", RPC_GRPC, RPC_JSON },
	{ "application/grpc+json; charset=utf-8", RPC_GRPC, RPC_JSON },
	{ "application/grpc-web", RPC_GRPC_WEB, RPC_PROTO },
	{ "application/grpc-web+proto", RPC_GRPC_WEB, RPC_PROTO },
	{ "application/grpc-web+json", RPC_GRPC_WEB, RPC_JSON },
	{ "application/grpc-web+json; charset=utf-8", RPC_GRPC_WEB, RPC_JSON },
};

static const char accept_post[] = "application/grpc, application/grpc+json, "
				  "application/grpc+json; charset=utf-8, application/grpc+proto, application/grpc-web, "
				  "application/grpc-web+json, application/grpc-web+json; charset=utf-8, "
				  "application/grpc-web+proto, application/json, application/json; charset=utf-8, "
				  "application/proto";

/* The only parameter that a known type may have is charset=utf-8, in any letter case. */
static const struct wire *find_wire(struct arena *a, struct str type)
{
	struct str base = http_media_type(type), charset = STR_NONE;
	bool params = base.n < str_trim(type).n;

	if (params) {
		charset = http_media_param(a, type, "charset");
		if (!str_eq_nocase(charset, STR("utf-8")) ||
		    str_find(str_skip(type, str_find(type, ';') + 1), ';') != str_skip(type, str_find(type, ';') + 1).n)
			return NULL;
	}
	for (size_t i = 0; i < ARRAY_LEN(wires); i++) {
		struct str known = str_cstr(wires[i].type);
		size_t semicolon = str_find(known, ';');

		if ((semicolon < known.n) == params && str_eq_nocase(base, str_of(known.p, semicolon)))
			return &wires[i];
	}
	return NULL;
}

struct rpc_call *rpc_begin(struct http_req *r)
{
	const struct wire *w = find_wire(r->a, http_header(r, "Content-Type"));
	struct rpc_call *c;
	struct str path = str_skip(r->path, 1);

	if (w == NULL)
		return NULL;
	c = arena_zalloc(r->a, sizeof(*c));
	*c = (struct rpc_call){ .r = r,
		.a = r->a,
		.protocol = w->protocol,
		.codec = w->codec,
		.content_type = w->type,
		.deadline = INT64_MAX,
		.gzip_level = 1 };
	c->service = str_cut(&path, '/');
	c->procedure = path;
	return c;
}

static int connect_timeout(struct rpc_call *c, struct str v, struct err *e)
{
	int64_t ms;

	if (v.n == 0)
		return 0;
	if (v.n > 10)
		return err_set(e, ERR_INVALID, "parse timeout: \"" STR_FMT "\" has >10 digits", STR_ARG(v));
	if (num_i64(v, &ms, e) < 0)
		return err_set(e, ERR_INVALID,
		    "parse timeout: strconv.ParseInt: parsing \"" STR_FMT "\": invalid syntax", STR_ARG(v));
	c->deadline = c->r->mono + ms * NS_PER_MS;
	return 0;
}

static int grpc_timeout_words(struct str v, struct err *e)
{
	int64_t n;
	struct err ignored;

	if (memchr("numSMH", v.p[v.n - 1], 6) == NULL)
		return err_set(e, ERR_INVALID, "protocol error: timeout has invalid unit '%c'", v.p[v.n - 1]);
	if (num_i64(str_of(v.p, v.n - 1), &n, &ignored) < 0 || n < 0)
		return err_set(e, ERR_INVALID, "protocol error: invalid timeout \"" STR_FMT "\"", STR_ARG(v));
	return err_set(e, ERR_INVALID, "protocol error: timeout \"" STR_FMT "\" is too long", STR_ARG(v));
}

/* Up to 8 digits and a unit. */
static int grpc_timeout(struct rpc_call *c, struct str v, struct err *e)
{
	static const struct {
		char unit;
		int64_t ns;
	} units[] = { { 'n', 1 }, { 'u', NS_PER_US }, { 'm', NS_PER_MS }, { 'S', NS_PER_S }, { 'M', 60 * NS_PER_S },
		{ 'H', 3600 * NS_PER_S } };
	int64_t n;

	if (v.n == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (v.p[v.n - 1] != units[i].unit)
			continue;
		if (v.n == 1 || v.n > 9 || num_i64(str_of(v.p, v.n - 1), &n, e) < 0 || n < 0)
			break;
		/* Centuries are no deadline. */
		if (n <= (INT64_MAX - c->r->mono) / units[i].ns)
			c->deadline = c->r->mono + n * units[i].ns;
		return 0;
	}
	return grpc_timeout_words(v, e);
}

static bool wants_gzip(struct str accepted)
{
	while (accepted.n > 0) {
		struct str item = str_cut(&accepted, ',');

		while (item.n > 0)
			if (str_eq(str_cut(&item, ' '), STR("gzip")))
				return true;
	}
	return false;
}

/* The request's compression and what the answer may use. */
static int coding(struct rpc_call *c, const char *used, const char *accepted, bool *packed, struct err *e)
{
	struct str name = http_header(c->r, used);

	*packed = str_eq(name, STR("gzip"));
	if (name.n > 0 && !*packed && !str_eq(name, STR("identity")))
		return err_set(e, ERR_UNIMPL, "unknown compression \"" STR_FMT "\": supported encodings are gzip",
		    STR_ARG(name));
	c->gzip = *packed || wants_gzip(http_headers(c->r, accepted));
	return 0;
}

/* What Go's servers say of a broken stream: the header of the first member is looked at in advance. */
static void gunzip_words(struct str in, struct err *e)
{
	bool head = in.n < 10 || !str_prefix(in, STR("\x1f\x8b\x08"));
	struct err why = *e;

	err_set(e, ERR_INVALID, "%s: %s", head ? "get decompressor" : "decompress",
	    str_suffix(str_cstr(why.msg), STR("unexpected EOF")) ? "unexpected EOF" : why.msg);
}

static int unpack(struct rpc_call *c, struct str in, size_t limit, struct err *e)
{
	struct buf b;
	int rc;

	buf_init(&b, limit);
	rc = zip_gunzip(in, limit, &b, e);
	if (rc == 0)
		c->message = http_own(c->r, &b);
	else if (e->kind == ERR_LIMIT)
		err_set(e, ERR_LIMIT, "message is larger than the limit of %zu bytes", limit);
	else
		gunzip_words(in, e);
	buf_fini(&b);
	return rc;
}

static int open_connect(struct rpc_call *c, size_t limit, struct err *e)
{
	struct str version = http_header(c->r, "Connect-Protocol-Version");
	bool packed;

	if (coding(c, "Content-Encoding", "Accept-Encoding", &packed, e) < 0)
		return -1;
	if (version.p != NULL && version.n > 0 && !str_eq(version, STR("1")))
		return err_set(e, ERR_INVALID, "Connect-Protocol-Version must be \"1\": got \"" STR_FMT "\"",
		    STR_ARG(version));
	if (connect_timeout(c, http_header(c->r, "Connect-Timeout-Ms"), e) < 0)
		return -1;
	if (c->r->body.n > limit)
		return err_set(e, ERR_LIMIT, "message size %zu is larger than configured max %zu", c->r->body.n, limit);
	if (packed && c->r->body.n > 0)
		return unpack(c, c->r->body, limit, e);
	c->message = c->r->body;
	return 0;
}

static int open_grpc(struct rpc_call *c, size_t limit, struct err *e)
{
	struct str body = c->r->body;
	bool packed;
	uint32_t n;

	if (coding(c, "grpc-encoding", "grpc-accept-encoding", &packed, e) < 0 ||
	    grpc_timeout(c, http_header(c->r, "grpc-timeout"), e) < 0)
		return -1;
	if (body.n == 0)
		return err_set(e, ERR_UNIMPL, "unary request has zero messages");
	if (body.n < ENVELOPE)
		return err_set(e, ERR_INVALID, "protocol error: incomplete envelope: unexpected EOF");
	n = (uint32_t)(unsigned char)body.p[1] << 24 | (uint32_t)(unsigned char)body.p[2] << 16 |
	    (uint32_t)(unsigned char)body.p[3] << 8 | (unsigned char)body.p[4];
	if (n > limit)
		return err_set(e, ERR_LIMIT, "message size %u is larger than configured max %zu", n, limit);
	if (n > body.n - ENVELOPE)
		return err_set(e, ERR_INVALID, "protocol error: promised %u bytes in enveloped message, got %zu bytes",
		    n, body.n - ENVELOPE);
	if (n < body.n - ENVELOPE)
		return err_set(e, ERR_UNIMPL, "unary request has multiple messages");
	if ((unsigned char)body.p[0] > COMPRESSED)
		return err_set(e, ERR_INVALID, "protocol error: invalid envelope flags %u", (unsigned char)body.p[0]);
	if (!(body.p[0] & COMPRESSED)) {
		c->message = str_skip(body, ENVELOPE);
		return 0;
	}
	if (!packed)
		return err_set(e, ERR_BUG, "protocol error: sent compressed message without compression support");
	return n == 0 ? 0 : unpack(c, str_skip(body, ENVELOPE), limit, e);
}

static void refuse_type(struct http_req *r)
{
	struct http_field f = { STR("Accept-Post"), str_of(accept_post, sizeof(accept_post) - 1) };

	http_reply(r, &(struct http_reply){ .status = 415, .headers = &f, .n_headers = 1 });
}

struct rpc_call *rpc_open(struct http_req *r, const struct rpc_conf *conf)
{
	struct rpc_call *c = rpc_begin(r);
	size_t limit = DEFAULT_MESSAGE;
	struct err e;
	int rc;

	if (c == NULL) {
		refuse_type(r);
		return NULL;
	}
	if (conf != NULL && conf->max_message > 0)
		limit = conf->max_message;
	else if (r->body_limit > 0)
		limit = r->body_limit;
	if (conf != NULL && conf->gzip_level > 0)
		c->gzip_level = conf->gzip_level;
	rc = c->protocol == RPC_CONNECT ? open_connect(c, limit, &e) : open_grpc(c, limit, &e);
	if (rc == 0 && c->codec == RPC_JSON && c->message.n == 0)
		rc = err_set(&e, ERR_INVALID, "unmarshal message: zero-length payload is not a valid JSON object");
	if (rc == 0)
		return c;
	rpc_fail(c, &e);
	return NULL;
}

void rpc_refuse(struct http_req *r, enum rpc_code code, struct str message)
{
	struct rpc_call *c = rpc_begin(r);

	if (c == NULL)
		refuse_type(r);
	else
		rpc_fail_code(c, code, message);
}

void rpc_too_big(struct http_req *r, void *ctx)
{
	(void)ctx;
	rpc_refuse(r, RPC_RESOURCE_EXHAUSTED,
	    arena_printf(r->a, "message is larger than configured max %zu", r->body_limit));
}

void rpc_unknown(struct http_req *r, void *ctx)
{
	struct rpc_call *c = http_is(r, "POST") ? rpc_begin(r) : NULL;

	(void)ctx;
	if (c == NULL || c->protocol != RPC_GRPC)
		http_reply_not_found(r);
	else
		rpc_fail_code(c, RPC_UNIMPLEMENTED, arena_printf(r->a, "unknown procedure " STR_FMT, STR_ARG(r->path)));
}
