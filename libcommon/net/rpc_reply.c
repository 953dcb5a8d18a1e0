#include "base/enc.h"
#include "base/json.h"
#include "base/zip.h"
#include "net/rpc_impl.h"

enum { TRAILERS = 0x80, MAX_FIELDS = 8, GZIP_SLACK = 4096 };

static const struct {
	const char *name;
	int http;
} codes[] = {
	{ "ok", 200 },
#define RPC(code, number, http_, name_) [number] = { name_, http_ },
#include "net/rpc.def"
#undef RPC
};

const char *rpc_code_name(enum rpc_code code)
{
	return codes[(unsigned)code < ARRAY_LEN(codes) ? code : RPC_UNKNOWN].name;
}

int rpc_code_http(enum rpc_code code)
{
	return codes[(unsigned)code < ARRAY_LEN(codes) ? code : RPC_UNKNOWN].http;
}

enum rpc_code rpc_code_named(struct str name)
{
	for (unsigned i = 0; i < ARRAY_LEN(codes); i++)
		if (str_eq(name, str_cstr(codes[i].name)))
			return (enum rpc_code)i;
	return RPC_UNKNOWN;
}

enum rpc_code rpc_code_of(enum err_kind kind)
{
	return rpc_code_named(str_cstr(err_rpc(kind)));
}

enum rpc_code rpc_code_of_http(int status)
{
	switch (status) {
	case 200: return RPC_OK;
	case 400:
	case 413: return RPC_INVALID_ARGUMENT;
	case 401: return RPC_UNAUTHENTICATED;
	case 403: return RPC_PERMISSION_DENIED;
	case 404: return RPC_UNIMPLEMENTED;
	case 412: return RPC_FAILED_PRECONDITION;
	case 429:
	case 431: return RPC_RESOURCE_EXHAUSTED;
	case 499: return RPC_CANCELED;
	case 502:
	case 503: return RPC_UNAVAILABLE;
	case 504: return RPC_DEADLINE_EXCEEDED;
	}
	return RPC_UNKNOWN;
}

void rpc_error_json(struct buf *b, const char *code, struct str message)
{
	struct jw w = jw_init(b);

	jw_open(&w, '{');
	jw_key(&w, STR("code"));
	jw_str(&w, str_cstr(code));
	if (message.n > 0) {
		jw_key(&w, STR("message"));
		jw_str(&w, message);
	}
	jw_close(&w, '}');
}

/* The fields of a reply: ours, then the handler's. */
struct fields {
	struct http_field *p;
	size_t n;
};

static struct fields fields_new(struct rpc_call *c, const struct http_field *more, size_t n)
{
	struct fields f = { arena_array(c->a, MAX_FIELDS + n, sizeof(*f.p)), 0 };

	for (size_t i = 0; i < n; i++)
		f.p[f.n++] = more[i];
	return f;
}

static void field(struct fields *f, struct str name, struct str value)
{
	f->p[f->n++] = (struct http_field){ name, value };
}

static struct str bytes_of(const struct rpc_answer *a)
{
	return a->take != NULL ? buf_str(a->take) : a->message;
}

/* Packs into b; false: larger than it could be, send it as it is. */
static bool pack(struct rpc_call *c, struct str message, struct buf *b)
{
	zip_gzip(message, c->gzip_level, b);
	return !b->over;
}

static void reply_connect(struct rpc_call *c, const struct rpc_answer *answer)
{
	struct fields f = fields_new(c, answer->headers, answer->n_headers);
	struct str message = bytes_of(answer);
	struct http_reply rep = { .status = 200, .body = answer->message, .keep = answer->keep, .take = answer->take };
	struct buf packed;

	field(&f, STR("Content-Type"), str_cstr(c->content_type));
	field(&f, STR("Accept-Encoding"), STR("gzip"));
	buf_init(&packed, message.n + GZIP_SLACK);
	if (c->gzip && pack(c, message, &packed)) {
		field(&f, STR("Content-Encoding"), STR("gzip"));
		rep.take = &packed;
		if (answer->take != NULL)
			buf_fini(answer->take); /* may lie in the request: not after the reply */
	}
	rep.headers = f.p;
	rep.n_headers = f.n;
	http_reply(c->r, &rep);
	buf_fini(&packed);
}

static void envelope(struct buf *b, unsigned char flags, struct str bytes)
{
	buf_byte(b, flags);
	buf_u32be(b, (uint32_t)bytes.n);
	buf_add(b, bytes);
}

static void reply_grpc(struct rpc_call *c, const struct rpc_answer *answer)
{
	static const struct str web_status = { "grpc-status: 0\r\n", 16 };
	static const struct http_field status = { { "grpc-status", 11 }, { "0", 1 } };
	struct fields f = fields_new(c, answer->headers, answer->n_headers);
	struct str message = bytes_of(answer);
	struct http_reply rep = { .status = 200 };
	struct buf body, packed;
	bool gzip;

	field(&f, STR("Content-Type"), str_cstr(c->content_type));
	field(&f, STR("Grpc-Accept-Encoding"), STR("gzip"));
	buf_init(&packed, message.n + GZIP_SLACK);
	gzip = c->gzip && pack(c, message, &packed);
	if (gzip) {
		field(&f, STR("Grpc-Encoding"), STR("gzip"));
		message = buf_str(&packed);
	}
	buf_init(&body, message.n + 64);
	envelope(&body, gzip, message);
	if (c->protocol == RPC_GRPC_WEB) {
		envelope(&body, TRAILERS, web_status);
	} else {
		rep.trailers = &status;
		rep.n_trailers = 1;
	}
	buf_fini(&packed);
	if (answer->take != NULL)
		buf_fini(answer->take);
	rep.headers = f.p;
	rep.n_headers = f.n;
	rep.take = &body;
	http_reply(c->r, &rep);
}

void rpc_reply(struct rpc_call *c, const struct rpc_answer *answer)
{
	if (bytes_of(answer).n > UINT32_MAX - 64 && c->protocol != RPC_CONNECT) {
		if (answer->take != NULL)
			buf_fini(answer->take);
		rpc_fail_code(c, RPC_RESOURCE_EXHAUSTED, STR("the answer is larger than an envelope"));
		return;
	}
	if (c->protocol == RPC_CONNECT)
		reply_connect(c, answer);
	else
		reply_grpc(c, answer);
}

void rpc_reply_message(struct rpc_call *c, struct str message)
{
	rpc_reply(c, &(struct rpc_answer){ .message = message });
}

void rpc_reply_buf(struct rpc_call *c, struct buf *take)
{
	rpc_reply(c, &(struct rpc_answer){ .take = take });
}

/* Bytes outside ' ' .. '~', and '%', become %XX. */
static struct str percent(struct arena *a, struct str s)
{
	static const char hex[] = "0123456789ABCDEF";
	char *p = arena_alloc(a, s.n * 3);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];

		if (ch >= ' ' && ch <= '~' && ch != '%') {
			p[n++] = (char)ch;
			continue;
		}
		p[n++] = '%';
		p[n++] = hex[ch >> 4];
		p[n++] = hex[ch & 15];
	}
	return str_of(p, n);
}

/* google.rpc.Status { int32 code = 1; string message = 2; } in base64 without padding. */
static struct str details(struct arena *a, enum rpc_code code, struct str message)
{
	struct buf pb, text;
	struct str out;

	buf_init(&pb, message.n + 32);
	buf_byte(&pb, 1 << 3);
	buf_uvarint(&pb, code);
	if (message.n > 0) {
		buf_byte(&pb, 2 << 3 | 2);
		buf_uvarint(&pb, message.n);
		buf_add(&pb, message);
	}
	buf_init(&text, pb.n * 2 + 8);
	enc_base64(&text, buf_str(&pb));
	out = buf_str(&text);
	while (out.n > 0 && out.p[out.n - 1] == '=')
		out.n--;
	out = arena_str(a, out);
	buf_fini(&pb);
	buf_fini(&text);
	return out;
}

/* No message was sent: all is in the header ("trailers only"). */
static void fail_grpc(struct rpc_call *c, enum rpc_code code, struct str message)
{
	struct fields f = fields_new(c, NULL, 0);

	field(&f, STR("Content-Type"), str_cstr(c->content_type));
	field(&f, STR("Grpc-Accept-Encoding"), STR("gzip"));
	field(&f, STR("Grpc-Status"), arena_printf(c->a, "%d", (int)code));
	field(&f, STR("Grpc-Message"), percent(c->a, message));
	field(&f, STR("Grpc-Status-Details-Bin"), details(c->a, code, message));
	http_reply(c->r, &(struct http_reply){ .status = 200, .headers = f.p, .n_headers = f.n });
}

void rpc_fail_code(struct rpc_call *c, enum rpc_code code, struct str message)
{
	struct fields f;
	struct buf b;

	if (c->protocol != RPC_CONNECT) {
		/* Long texts would pass the limits that clients have for header fields. */
		fail_grpc(c, code, str_of(message.p, MIN(message.n, (size_t)2048)));
		return;
	}
	f = fields_new(c, NULL, 0);
	field(&f, STR("Content-Type"), STR("application/json"));
	field(&f, STR("Accept-Encoding"), STR("gzip"));
	buf_init(&b, message.n * 6 + 256);
	rpc_error_json(&b, rpc_code_name(code), message);
	http_reply(c->r,
	    &(struct http_reply){ .status = rpc_code_http(code), .headers = f.p, .n_headers = f.n, .take = &b });
}

void rpc_fail(struct rpc_call *c, const struct err *e)
{
	rpc_fail_code(c, rpc_code_of(e->kind), str_cstr(e->msg));
}
