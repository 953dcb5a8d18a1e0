/* receive_ingest.c - /ingest: pprof, folded text, lines, trie, tree; others are in receive_jfr.c, _speedscope.c, _format.c */
#include "base/num.h"
#include "base/zip.h"
#include "formats/labels/app_name.h"
#include "formats/query/attime.h"
#include "formats/folded/folded.h"
#include "formats/folded/tree_format.h"
#include "formats/folded/trie.h"
#include "net/form.h"
#include "net/url.h"
#include "tools/pyro-ingest/receive.h"
#include "tools/pyro-ingest/receive_upload.h"
#include "tools/pyro-ingest/worker.h"

enum { DEFAULT_RATE = 100 };

/* ---- what was sent ---- */

/* BODY_GROUPS: none of these, and no row of the table. */
static enum body body_named(const struct upload *u)
{
	static const struct {
		const char *format;
		enum body body;
	} by_name[] = {
		{ "trie", BODY_TRIE },
		{ "tree", BODY_TREE },
		{ "lines", BODY_LINES },
		{ "jfr", BODY_JFR },
		{ "pprof", BODY_PPROF },
		{ "speedscope", BODY_SPEEDSCOPE },
	};
	struct str name = u->row ? str_cstr(u->row->name) : u->format;

	for (size_t i = 0; i < ARRAY_LEN(by_name); i++)
		if (str_eq(name, str_cstr(by_name[i].format)))
			return by_name[i].body;
	return u->row ? BODY_FORMAT : BODY_GROUPS;
}

static enum body body_of(struct upload *u)
{
	enum body body;

	if (str_eq(u->format, STR("trie")) || str_eq(u->type, STR("binary/octet-stream+trie")))
		return BODY_TRIE;
	if (str_eq(u->format, STR("tree")) || str_eq(u->type, STR("binary/octet-stream+tree")))
		return BODY_TREE;
	if (u->format.n == 0 && form_is(u->type))
		return BODY_FORM;
	u->row = upload_format(u);
	body = body_named(u);
	return body == BODY_GROUPS && form_is(u->type) ? BODY_FORM : body;
}

static struct str param(const struct upload *u, const char *name)
{
	struct str v;

	return url_param(u->r->a, u->r->query, name, &v) ? v : STR_NONE;
}

static uint32_t rate_of(struct str text)
{
	uint64_t n;
	struct err e;

	return text.n > 0 && num_u64(text, &n, &e) == 0 && n <= UINT32_MAX ? (uint32_t)n : DEFAULT_RATE;
}

static int read_params(struct upload *u, struct err *e)
{
	struct str from = param(u, "from"), until = param(u, "until");

	if (labelset_parse(u->r->a, param(u, "name"), &u->name, e) < 0)
		return err_wrap(e, "name");
	u->from = from.n ? attime_parse(from, u->r->wall) : u->r->wall;
	u->until = until.n ? attime_parse(until, u->r->wall) : u->r->wall;
	u->rate = rate_of(param(u, "sampleRate"));
	u->spy = param(u, "spyName");
	if (u->spy.n == 0)
		u->spy = STR("unknown");
	u->format = param(u, "format");
	u->type = http_header(u->r, "Content-Type");
	u->body = body_of(u);
	return 0;
}

struct labels upload_beside(struct arena *a, const struct labels *l, struct str name, struct str value)
{
	struct labels out = { arena_array(a, (size_t)l->n + 1, sizeof(*out.p)), l->n + 1 };

	out.p[0] = (struct label){ name, value };
	memcpy(out.p + 1, l->p, l->n * sizeof(*l->p));
	labels_sort(&out);
	return out;
}

struct labels upload_series(const struct upload *u, struct str name, struct str app, bool app_label)
{
	struct arena *a = u->r->a;
	struct labels l = labelset_labels(a, &u->name);

	if (!labels_has(&l, STR("service_name")))
		l = labels_with(a, &l, STR("service_name"), app);
	else if (app_label && !labels_has(&l, STR("app_name")))
		l = labels_with(a, &l, STR("app_name"), app);
	l = labels_with(a, &l, STR("__name__"), name);
	l = labels_with(a, &l, STR("__delta__"), STR("false"));
	return upload_beside(a, &l, STR("pyroscope_spy"), u->spy);
}

/* The upload lives in the request and goes with the reply; the push does not. */
void upload_done(struct upload *u)
{
	struct push *p = u->push;

	http_reply_empty(u->r, 200);
	push_free(p);
}

void upload_error(struct upload *u, const struct err *e)
{
	struct push *p = u->push;

	http_error(u->r, e);
	push_free(p);
}

void upload_json(struct upload *u, int status, const char *code, struct str message)
{
	struct push *p = u->push;

	http_error_json(u->r, status, code, message);
	push_free(p);
}

/* ---- text and tree formats ---- */

static void text_stored(struct push *p)
{
	struct upload *u = p->ctx;

	if (p->err == NULL) {
		upload_done(u);
		return;
	}
	upload_error(u, p->err);
}

/* Content-Encoding is honoured here: text has no magic of its own. */
static int plain_body(struct upload *u, struct str *body, struct err *e)
{
	struct str encoding = http_header(u->r, "Content-Encoding");
	struct buf *out;
	int rc;

	*body = u->r->body;
	if (!zip_is_gzip(*body) && !zip_is_zstd(*body))
		return 0;
	if (encoding.n == 0 || str_eq_nocase(encoding, STR("identity")))
		return 0;
	out = push_scratch(u->push);
	rc = zip_unpack(*body, UPLOAD_MAX_TEXT, out, NULL, e);
	*body = buf_str(out);
	return rc < 0 ? err_wrap(e, "Content-Encoding " STR_FMT, STR_ARG(encoding)) : 0;
}

static int decode_text(struct upload *u, struct str body, struct profile **out, struct err *e)
{
	struct arena *a = u->push->mem;

	switch (u->body) {
	case BODY_LINES: return folded_decode_lines(a, body, out, e);
	case BODY_TRIE: return trie_decode(a, body, out, e);
	case BODY_TREE: return tree_format_decode(a, body, out, e);
	default: return folded_decode(a, body, out, e);
	}
}

static bool texts_are_utf8(const struct profile *p)
{
	for (uint32_t i = 0; i < p->n_strings; i++)
		if (!str_utf8(p->strings[i]))
			return false;
	return true;
}

static void unpack_failed(struct upload *u, const struct err *e)
{
	if (e->kind == ERR_LIMIT || e->kind == ERR_TOOBIG)
		upload_json(u, 413, "invalid_argument",
		    arena_printf(u->r->a, "request body too large: the limit of unpacked text is %d bytes",
			UPLOAD_MAX_TEXT));
	else
		upload_json(u, 422, "unknown", str_cstr(e->msg));
}

static void receive(struct upload *u);

/* A body that nobody named and that is no folded text, or nothing of it, may be a file of another kind. */
static bool receive_guessed(struct upload *u)
{
	if (u->body != BODY_GROUPS || u->format.n > 0 || (u->row = upload_guess(u)) == NULL)
		return false;
	u->body = body_named(u);
	if (u->body == BODY_JFR)
		u->r->body = u->plain; /* agents send recordings as they are */
	receive(u);
	return true;
}

static void receive_text(struct upload *u)
{
	struct app_type t;
	struct profile *p;
	struct labels l;
	struct str body;
	struct err e;
	int rc;

	if (plain_body(u, &body, &e) < 0) {
		unpack_failed(u, &e);
		return;
	}
	rc = decode_text(u, body, &p, &e);
	if ((rc < 0 || p->n_samples == 0) && receive_guessed(u))
		return;
	if (rc < 0) {
		upload_json(u, 422, "unknown", str_cstr(e.msg));
		return;
	}
	if (labelset_ignored(&u->name)) {
		upload_done(u);
		return;
	}
	if (app_type_find(u->name.app, u->rate, &t, &e) < 0 ||
	    (!texts_are_utf8(p) &&
		err_set(&e, ERR_INVALID,
		    "pyroscopeIngesterAdapter failed to marshal pprof: string field contains invalid UTF-8") < 0)) {
		upload_error(u, &e);
		return;
	}
	app_type_apply(p, &t, u->from);
	l = upload_series(u, t.name, t.app, true);
	push_profile(u->push, &l, p, u->r->body.n);
	push_send(u->push, text_stored);
}

/* ---- pprof ---- */

void upload_parse_failed(struct upload *u, const char *text)
{
	upload_json(u, 422, "unknown", arena_printf(u->r->a, "parsing IngestInput-pprof failed %s", text));
}

void upload_stored(struct push *p)
{
	struct upload *u = p->ctx;
	size_t i = 0;

	if (p->err == NULL) {
		upload_done(u);
		return;
	}
	/* Only what makes no sense to send again is 422. */
	if (p->pressed || err_http(p->err->kind) == 503) {
		upload_error(u, p->err);
		return;
	}
	while (i < p->items.n && p->items.p[i].err != p->err)
		i++;
	upload_json(u, 422, "unknown",
	    arena_printf(p->a, "pushing IngestInput-pprof failed push series with index %zu and id  failed: %s: %s", i,
		err_rpc(p->err->kind), p->err->msg));
}

static void receive_profile(struct upload *u, struct str body, const struct sample_type_config *config)
{
	int64_t limit = u->push->rules->limits->max_profile_size_bytes;
	struct profile *p;
	struct labels l;
	bool too_large;
	struct err e;

	if (receive_pprof(u->push->mem, body, limit, push_scratch(u->push), &p, &too_large, &e) < 0) {
		if (too_large)
			err_set(&e, ERR_INVALID, "decompressed size exceeds maximum allowed size of %lld bytes",
			    (long long)limit);
		err_wrap(&e, "invalid_argument");
		upload_parse_failed(u, e.msg);
		return;
	}
	profile_fix_time(p, u->from);
	profile_fix_names(p, u->spy);
	profile_fix_dotnet(p, u->spy, config);
	l = upload_series(u, sample_type_config_profile_name(config, p), u->name.app, false);
	push_profile(u->push, &l, p, body.n);
	push_send(u->push, upload_stored);
}

static int read_form(struct upload *u, struct form *f, struct sample_type_config *config, struct err *e)
{
	const struct form_part *previous, *c;

	if (http_media_param(u->r->a, u->type, "boundary").n == 0)
		return err_set(e, ERR_INVALID, "malformed multipart content type header");
	if (form_parse(u->r->a, u->type, u->r->body, f, e) < 0)
		return -1;
	previous = form_file(f, "prev_profile");
	if (previous != NULL && previous->value.n > 0)
		return err_set(e, ERR_INVALID,
		    "unsupported client version. Please update github.com/grafana/pyroscope-go "
		    "to the latest version");
	c = form_file(f, "sample_type_config");
	*config = sample_type_config_default;
	if (c != NULL && c->value.n > 0)
		return sample_type_config_parse(u->r->a, c->value, config, e);
	return 0;
}

static void receive_form(struct upload *u)
{
	struct sample_type_config config;
	const struct form_part *profile;
	struct form f;
	struct err e;

	if (read_form(u, &f, &config, &e) < 0) {
		upload_parse_failed(u,
		    arena_printf(u->r->a, "failed to parse pprof /ingest multipart form %s", e.msg).p);
		return;
	}
	profile = form_file(&f, "profile");
	if (profile == NULL || profile->value.n == 0)
		upload_done(u);
	else
		receive_profile(u, profile->value, &config);
}

/* ---- the handler ---- */

static void receive(struct upload *u)
{
	if (u->r->body.n == 0 && u->body != BODY_TREE && u->body != BODY_FORM) {
		upload_done(u);
		return;
	}
	switch (u->body) {
	case BODY_PPROF: receive_profile(u, u->r->body, &sample_type_config_default); break;
	case BODY_FORM: receive_form(u); break;
	case BODY_JFR: receive_jfr(u); break;
	case BODY_SPEEDSCOPE: receive_speedscope(u); break;
	case BODY_FORMAT: receive_format(u); break;
	default: receive_text(u); break;
	}
}

void receive_ingest(struct http_req *r, void *ctx)
{
	struct worker *w = r->owner;
	const struct tenant_rules *tenant = worker_tenant(w, r, false);
	struct upload *u;
	struct err e;

	(void)ctx;
	if (tenant == NULL)
		return;
	u = arena_zalloc(r->a, sizeof(*u));
	*u = (struct upload){ .r = r, .w = w };
	u->push = push_new(w, r, tenant);
	u->push->ctx = u;
	if (read_params(u, &e) < 0)
		upload_error(u, &e);
	else
		receive(u);
}
