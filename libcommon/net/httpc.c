#include "net/httpc.h"

#define CURL_DISABLE_TYPECHECK /* its macros want a function, not a pointer to one */
#include <curl/curl.h>
#include <pthread.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/vec.h"
#include "io/lazy.h"

/* clang-format off */
#define CURL_CALLS(X) \
	X(curl_easy_cleanup) X(curl_easy_getinfo) X(curl_easy_init) X(curl_easy_perform) \
	X(curl_easy_reset) X(curl_easy_setopt) X(curl_easy_strerror) X(curl_free) \
	X(curl_multi_add_handle) X(curl_multi_cleanup) X(curl_multi_info_read) X(curl_multi_init) \
	X(curl_multi_perform) X(curl_multi_poll) X(curl_multi_remove_handle) \
	X(curl_global_init) X(curl_slist_append) X(curl_slist_free_all) X(curl_url) \
	X(curl_url_cleanup) X(curl_url_get) X(curl_url_set)
/* clang-format on */

static struct {
	CURL_CALLS(LAZY_FIELD)
} lib;

static const struct lazy_call calls[] = { CURL_CALLS(LAZY_CALL) };
static struct lazy curl = LAZY("libcurl.so.4", calls, &lib);

enum { DEFAULT_MAX_BODY = 256 << 20, MAX_HEADER_BYTES = 1 << 20, TURN_MS = 100 };

struct httpc {
	CURL *curl;
};

/* What the callbacks of one call fill. */
struct answer {
	struct arena *a;
	struct buf body;
	VEC(struct http_field) fields;
	size_t header_bytes;
	const char *refused; /* a limit that was passed */
	CURL *curl;
	const struct httpc_req *req;
	struct err *e; /* of req->bytes */
	bool failed;   /* it has set e */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void setup(void)
{
	lib.curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct httpc *httpc_new(struct err *e)
{
	struct httpc *c;

	if (lazy_load(&curl, e) < 0)
		return NULL;
	c = mem_alloc(sizeof(*c));
	pthread_once(&once, setup);
	c->curl = lib.curl_easy_init();
	assert(c->curl != NULL); /* memory */
	return c;
}

void httpc_free(struct httpc *c)
{
	if (c == NULL)
		return;
	lib.curl_easy_cleanup(c->curl);
	mem_free(c);
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct answer *an = arg;
	long status = 0;

	if (an->req->bytes != NULL)
		lib.curl_easy_getinfo(an->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200) {
		an->failed = an->req->bytes(an->req->ctx, str_of(p, size * n), an->e) < 0;
		return an->failed ? 0 : size * n;
	}
	buf_add(&an->body, str_of(p, size * n));
	if (an->body.over)
		an->refused = "body";
	return an->body.over ? 0 : size * n;
}

/* One header line, of every answer on the way: a status line begins a new one. */
static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
	struct answer *an = arg;
	struct str line = str_trim(str_of(p, size * n)), name;
	struct http_field f;

	an->header_bytes += size * n;
	if (an->header_bytes > MAX_HEADER_BYTES) {
		an->refused = "header";
		return 0;
	}
	if (str_prefix(line, STR("HTTP/"))) {
		an->fields.n = 0;
		return size * n;
	}
	name = str_cut(&line, ':');
	if (name.n == 0 || line.p == name.p + name.n)
		return size * n;
	f.name = arena_str(an->a, name);
	f.value = arena_str(an->a, str_trim(line));
	vec_push(&an->fields, f);
	return size * n;
}

static int fail(CURLcode rc, const struct httpc_req *req, const struct answer *an, const char *text, size_t limit,
    struct err *e)
{
	enum err_kind kind = ERR_IO;

	switch (rc) {
	case CURLE_OPERATION_TIMEDOUT: kind = ERR_TIMEOUT; break;
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE: kind = ERR_BUSY; break;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_BAD_FUNCTION_ARGUMENT: kind = ERR_INVALID; break;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CONNECT_ERROR: kind = ERR_DENIED; break;
	case CURLE_TOO_MANY_REDIRECTS: kind = ERR_LIMIT; break;
	case CURLE_ABORTED_BY_CALLBACK: kind = ERR_CANCELED; break;
	default: break;
	}
	if (an->refused != NULL)
		return err_set(e, ERR_LIMIT, "%s: the %s of the answer is larger than %zu bytes", req->url, an->refused,
		    an->refused[0] == 'b' ? limit : (size_t)MAX_HEADER_BYTES);
	return err_set(e, kind, "%s: %s", req->url, text[0] ? text : lib.curl_easy_strerror(rc));
}

static bool clean(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' && s.p[i] != '\t')
			return false;
	return true;
}

static int add_line(struct curl_slist **list, struct arena *a, struct str name, struct str value, struct err *e)
{
	struct str line;
	struct curl_slist *more;

	if (!clean(name) || !clean(value) || name.n == 0)
		return err_set(e, ERR_INVALID, "header field " STR_FMT " has a control byte", STR_ARG(name));
	/* libcurl drops "Name:" and wants "Name;" for a field without a value. */
	line = value.n > 0 ? arena_printf(a, STR_FMT ": " STR_FMT, STR_ARG(name), STR_ARG(value))
			   : arena_printf(a, STR_FMT ";", STR_ARG(name));
	more = lib.curl_slist_append(*list, arena_cstr(a, line));
	assert(more != NULL);
	*list = more;
	return 0;
}

static int make_headers(const struct httpc_req *req, struct arena *a, struct curl_slist **list, struct err *e)
{
	bool type = false, expect = false;

	for (size_t i = 0; i < req->n_headers; i++) {
		if (add_line(list, a, req->headers[i].name, req->headers[i].value, e) < 0)
			return -1;
		type |= str_eq_nocase(req->headers[i].name, STR("Content-Type"));
		expect |= str_eq_nocase(req->headers[i].name, STR("Expect"));
	}
	if (req->tenant != NULL && add_line(list, a, STR("X-Scope-OrgID"), str_cstr(req->tenant), e) < 0)
		return -1;
	/* libcurl would add a form's type, and wait a second for "100 Continue". */
	if (!type)
		*list = lib.curl_slist_append(*list, "Content-Type:");
	if (!expect)
		*list = lib.curl_slist_append(*list, "Expect:");
	return 0;
}

static void set_auth(CURL *c, const struct httpc_req *req)
{
	if (req->user != NULL) {
		lib.curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		lib.curl_easy_setopt(c, CURLOPT_USERNAME, req->user);
		lib.curl_easy_setopt(c, CURLOPT_PASSWORD, req->password ? req->password : "");
	}
	if (req->bearer != NULL) {
		lib.curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		lib.curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER, req->bearer);
	}
}

static void set_tls(CURL *c, const struct httpc_tls *t)
{
	if (t == NULL)
		return;
	if (t->ca_file != NULL)
		lib.curl_easy_setopt(c, CURLOPT_CAINFO, t->ca_file);
	if (t->cert_file != NULL)
		lib.curl_easy_setopt(c, CURLOPT_SSLCERT, t->cert_file);
	if (t->key_file != NULL)
		lib.curl_easy_setopt(c, CURLOPT_SSLKEY, t->key_file);
	if (t->insecure) {
		lib.curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
		lib.curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

/*
 * libcurl verifies and announces the host of the URL. Another server name
 * goes in as that host, with the connection led to the real one.
 */
static int set_server_name(CURL *c, struct arena *a, const struct httpc_req *req, struct curl_slist **to,
    struct curl_slist **headers, struct err *e)
{
	CURLU *u = lib.curl_url();
	char *host = NULL, *port = NULL, *url = NULL;
	int rc = -1;

	if (lib.curl_url_set(u, CURLUPART_URL, req->url, 0) != CURLUE_OK ||
	    lib.curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    lib.curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK ||
	    lib.curl_url_set(u, CURLUPART_HOST, req->tls->server_name, 0) != CURLUE_OK ||
	    lib.curl_url_get(u, CURLUPART_URL, &url, 0) != CURLUE_OK) {
		err_set(e, ERR_INVALID, "%s: bad URL or server name", req->url);
		goto done;
	}
	*to = lib.curl_slist_append(NULL,
	    arena_cstr(a, arena_printf(a, "%s:%s:%s:%s", req->tls->server_name, port, host, port)));
	lib.curl_easy_setopt(c, CURLOPT_CONNECT_TO, *to);
	lib.curl_easy_setopt(c, CURLOPT_URL, url);
	rc = add_line(headers, a, STR("Host"), arena_printf(a, "%s:%s", host, port), e);
done:
	lib.curl_free(host);
	lib.curl_free(port);
	lib.curl_free(url);
	lib.curl_url_cleanup(u);
	return rc;
}

static void set_method(CURL *c, const struct httpc_req *req)
{
	bool body = req->body.n > 0;

	if (req->method != NULL && strcmp(req->method, "HEAD") == 0) {
		lib.curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
		return;
	}
	if (body || (req->method != NULL && (strcmp(req->method, "POST") == 0 || strcmp(req->method, "PUT") == 0))) {
		lib.curl_easy_setopt(c, CURLOPT_POST, 1L);
		lib.curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)req->body.n);
		lib.curl_easy_setopt(c, CURLOPT_POSTFIELDS, body ? req->body.p : "");
	}
	if (req->method != NULL)
		lib.curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, req->method);
}

static long ms(int64_t ns, int64_t fallback)
{
	ns = ns > 0 ? ns : fallback;
	return (long)MIN(MAX(ns / NS_PER_MS, 1), (int64_t)INT_MAX);
}

static void set_options(CURL *c, const struct httpc_req *req, struct answer *an, char *text)
{
	lib.curl_easy_reset(c);
	text[0] = '\0';
	lib.curl_easy_setopt(c, CURLOPT_ERRORBUFFER, text);
	lib.curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	lib.curl_easy_setopt(c, CURLOPT_URL, req->url);
	lib.curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	lib.curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	lib.curl_easy_setopt(c, CURLOPT_USERAGENT, "pyro/" PYRO_VERSION);
	lib.curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	lib.curl_easy_setopt(c, CURLOPT_WRITEDATA, an);
	lib.curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	lib.curl_easy_setopt(c, CURLOPT_HEADERDATA, an);
	lib.curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, req->timeout < 0 ? 0L : ms(req->timeout, 60 * NS_PER_S));
	lib.curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, ms(req->connect_timeout, 10 * NS_PER_S));
	lib.curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, req->redirects > 0 ? 1L : 0L);
	lib.curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)req->redirects);
	lib.curl_easy_setopt(c, CURLOPT_TCP_NODELAY, 1L);
	if (req->unix_path != NULL)
		lib.curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, req->unix_path);
	if (req->proxy != NULL)
		lib.curl_easy_setopt(c, CURLOPT_PROXY, req->proxy);
	if (req->gzip)
		lib.curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "gzip");
	lib.curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
	    req->h2_prior ? (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE : (long)CURL_HTTP_VERSION_2TLS);
}

/* As curl_easy_perform, with turns. CURLE_ABORTED_BY_CALLBACK: a turn has ended it. */
static CURLcode perform_in_turns(CURL *c, const struct httpc_req *req)
{
	struct curl_waitfd extra = { .fd = req->turn_fd, .events = CURL_WAIT_POLLIN };
	CURLM *multi = lib.curl_multi_init();
	CURLcode rc = CURLE_OK;
	int running = 1, left;

	assert(multi != NULL); /* memory */
	lib.curl_multi_add_handle(multi, c);
	while (rc == CURLE_OK && running > 0) {
		if (lib.curl_multi_perform(multi, &running) != CURLM_OK)
			rc = CURLE_RECV_ERROR;
		else if (running > 0 &&
		    lib.curl_multi_poll(multi, &extra, req->turn_fd >= 0, TURN_MS, NULL) != CURLM_OK)
			rc = CURLE_RECV_ERROR;
		else if (running > 0 && !req->turn(req->ctx))
			rc = CURLE_ABORTED_BY_CALLBACK;
	}
	for (CURLMsg *m; rc == CURLE_OK && (m = lib.curl_multi_info_read(multi, &left)) != NULL;)
		if (m->msg == CURLMSG_DONE)
			rc = m->data.result;
	lib.curl_multi_remove_handle(multi, c);
	lib.curl_multi_cleanup(multi);
	return rc;
}

int httpc_call(struct httpc *c, struct arena *a, const struct httpc_req *req, struct httpc_res *res, struct err *e)
{
	size_t limit = req->max_body > 0 ? req->max_body : DEFAULT_MAX_BODY;
	struct answer an = { .a = a, .curl = c->curl, .req = req, .e = e };
	struct curl_slist *headers = NULL, *to = NULL;
	char text[CURL_ERROR_SIZE];
	long status = 0, version = 0;
	CURLcode rc;
	int out = -1;

	*res = (struct httpc_res){ 0 };
	buf_init(&an.body, limit);
	set_options(c->curl, req, &an, text);
	set_method(c->curl, req);
	set_auth(c->curl, req);
	set_tls(c->curl, req->tls);
	if (make_headers(req, a, &headers, e) < 0)
		goto done;
	if (req->tls != NULL && req->tls->server_name != NULL && set_server_name(c->curl, a, req, &to, &headers, e) < 0)
		goto done;
	lib.curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
	rc = req->turn != NULL ? perform_in_turns(c->curl, req) : lib.curl_easy_perform(c->curl);
	if (an.failed)
		goto done;
	if (rc != CURLE_OK) {
		fail(rc, req, &an, text, limit, e);
		goto done;
	}
	lib.curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	lib.curl_easy_getinfo(c->curl, CURLINFO_HTTP_VERSION, &version);
	res->status = (int)status;
	res->http2 = version == CURL_HTTP_VERSION_2_0;
	res->body = arena_str(a, buf_str(&an.body));
	res->n_headers = an.fields.n;
	res->headers = arena_array(a, an.fields.n, sizeof(*an.fields.p));
	if (an.fields.n > 0)
		memcpy((void *)(uintptr_t)res->headers, an.fields.p, an.fields.n * sizeof(*an.fields.p));
	out = 0;
done:
	/* The handle must not point into what dies now. */
	lib.curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, NULL);
	lib.curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, NULL);
	lib.curl_easy_setopt(c->curl, CURLOPT_CONNECT_TO, NULL);
	lib.curl_slist_free_all(headers);
	lib.curl_slist_free_all(to);
	buf_fini(&an.body);
	vec_free(&an.fields);
	return out;
}

struct str httpc_header(const struct httpc_res *res, const char *name)
{
	for (size_t i = 0; i < res->n_headers; i++)
		if (str_eq_nocase(res->headers[i].name, str_cstr(name)))
			return res->headers[i].value;
	return STR_NONE;
}

int httpc_error(const struct httpc_res *res, const char *what, struct err *e)
{
	enum err_kind kind = res->status == 404        ? ERR_NOTFOUND
	    : res->status == 401                       ? ERR_UNAUTH
	    : res->status == 429 || res->status == 503 ? ERR_BUSY
	    : res->status < 500                        ? ERR_INVALID
						       : ERR_UNKNOWN;
	struct err ignored;
	json_t *root = json_parse(res->body, &ignored);
	const char *message = root ? json_string_value(json_object_get(root, "message")) : NULL;

	if (kind == ERR_NOTFOUND && message == NULL)
		err_set(e, ERR_UNIMPL, "%s: status 404: the server at this address does not have it", what);
	else
		err_set(e, kind, "%s: status %d%s%s", what, res->status, message ? ": " : "", message ? message : "");
	if (root != NULL)
		json_decref(root);
	/* what strangers say moves no cursor */
	for (char *p = e->msg; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	return -1;
}
