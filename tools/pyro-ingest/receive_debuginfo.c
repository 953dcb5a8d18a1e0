/*
 * receive_debuginfo.c - debuginfo.v1alpha1.DebuginfoService: three steps, each
 * a job of the thread that the files belong to.
 *
 *	ShouldInitiateUpload   may I?     → announced
 *	Upload/ID              the file
 *	UploadFinished         that is it → counts
 *
 * Without -debuginfo.enabled the answers are those of a server that wants none.
 */
#include "base/enc.h"
#include "base/log.h"
#include "formats/msg/messages.h"
#include "net/rpc.h"
#include "tools/pyro-ingest/debuginfo.h"
#include "tools/pyro-ingest/ingest.h"

#define STALE_AFTER (7 * 60 * NS_PER_S) /* five minutes for the upload, and two */

struct step {
	struct job job;
	struct debuginfo *d;
	struct http_req *r;
	struct rpc_call *call; /* NULL: Upload */
	struct str tenant, id;
	int64_t now;
	bool answer; /* of ShouldInitiateUpload */
	const char *reason;
	bool failed;
	enum rpc_code code;
	struct err err;
};

static struct str bad_id(struct arena *a, const char *before, struct str id)
{
	struct buf b;
	struct str s;

	buf_init(&b, 8192);
	buf_printf(&b, "%sinvalid gnuBuildID ", before);
	enc_quote(&b, id);
	s = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return s;
}

static void fail(struct step *s, enum rpc_code code)
{
	s->failed = true;
	s->code = code;
}

static void reply(struct step *s)
{
	if (s->failed)
		rpc_fail_code(s->call, s->code, str_cstr(s->err.msg));
	else
		rpc_reply_message(s->call, s->call->codec == RPC_JSON ? STR("{}") : STR_NONE);
}

static struct step *step_new(struct worker *w, struct http_req *r, const struct tenant_rules *tenant)
{
	struct step *s = arena_zalloc(r->a, sizeof(*s));

	s->d = w->conf.ingest->debuginfo;
	s->r = r;
	s->tenant = tenant->tenant->name;
	s->now = r->wall;
	return s;
}

/* false: the queue is full; s->err says so. */
static bool submit(struct step *s, void (*work)(struct job *), void (*done)(struct job *))
{
	s->job = (struct job){ .work = work, .done = done, .home = s->r->loop };
	return pool_submit(debuginfo_pool(s->d), &s->job, &s->err) == 0;
}

/* ---- ShouldInitiateUpload ---- */

static void should_work(struct job *j)
{
	struct step *s = CONTAINER_OF(j, struct step, job);
	int64_t started = 0;

	switch (debuginfo_look(s->d, s->tenant, s->id, &started, &s->err)) {
	case DEBUGINFO_ABSENT:
		s->answer = true;
		s->reason = "First time we see this Build ID, therefore please upload!";
		break;
	case DEBUGINFO_STARTED:
		s->answer = started < s->now - STALE_AFTER;
		s->reason = s->answer
		    ? "A previous upload was started but not finished and is now stale, so it can be retried."
		    : "A previous upload is still in-progress and not stale yet (only stale uploads can be retried).";
		break;
	case DEBUGINFO_DONE:
		s->reason = "Debuginfo already exists and is not marked as invalid, therefore no new upload is needed.";
		break;
	default: fail(s, RPC_INTERNAL); return;
	}
	if (s->answer && debuginfo_start(s->d, s->tenant, s->id, s->now, &s->err) < 0) {
		err_wrap(&s->err, "failed to write uploading metadata");
		fail(s, RPC_INTERNAL);
	}
}

static void should_reply(struct step *s)
{
	struct debuginfo_should_initiate_upload_response resp = { .should_initiate_upload = s->answer,
		.reason = str_cstr(s->reason) };
	struct buf b;

	if (s->failed) {
		reply(s);
		return;
	}
	buf_init(&b, 4096);
	if (s->call->codec == RPC_JSON)
		msg_to_json(&debuginfo_should_initiate_upload_response_type, &resp, &b);
	else
		msg_encode(&debuginfo_should_initiate_upload_response_type, &resp, &b);
	rpc_reply_buf(s->call, &b);
}

static void should_done(struct job *j)
{
	should_reply(CONTAINER_OF(j, struct step, job));
}

static int read_message(struct rpc_call *c, const struct msg_type *type, void *out, struct err *e)
{
	int rc = c->codec == RPC_JSON ? msg_from_json(c->a, type, c->message, out, e)
				      : msg_decode(c->a, type, c->message, out, e);

	return rc < 0 ? err_wrap(e, "unmarshal message") : 0;
}

/* What upstream's validateInit says. */
static bool valid(struct step *s, const struct debuginfo_should_initiate_upload_request *req)
{
	const struct debuginfo_file_metadata *f = req->file;

	s->id = f ? f->gnu_build_id : STR_NONE;
	if (f == NULL)
		err_set(&s->err, ERR_INVALID, "invalid request: init.File == nil");
	else if (f->type != DEBUGINFO_TYPE_EXECUTABLE_FULL && f->type != DEBUGINFO_TYPE_EXECUTABLE_NO_TEXT)
		err_set(&s->err, ERR_INVALID, "invalid request: init.File.Type(%d) is not valid", (int)f->type);
	else if (!debuginfo_id(s->id)) {
		struct str text = bad_id(s->r->a, "invalid request: ", s->id);

		err_set(&s->err, ERR_INVALID, STR_FMT, STR_ARG(text));
	} else
		return true;
	fail(s, RPC_INVALID_ARGUMENT);
	return false;
}

void receive_debuginfo_should(struct http_req *r, void *ctx)
{
	struct worker *w = r->owner;
	const struct tenant_rules *tenant = worker_tenant(w, r, true);
	struct debuginfo_should_initiate_upload_request req = { 0 };
	struct step *s;

	(void)ctx;
	if (tenant == NULL)
		return;
	s = step_new(w, r, tenant);
	s->call = rpc_open(r, &(struct rpc_conf){ .max_message = 1 << 20 });
	if (s->call == NULL)
		return;
	if (read_message(s->call, &debuginfo_should_initiate_upload_request_type, &req, &s->err) < 0) {
		rpc_fail(s->call, &s->err);
		return;
	}
	if (s->d == NULL) {
		s->reason = "DebugInfo upload disabled";
		should_reply(s);
	} else if (!valid(s, &req))
		should_reply(s);
	else if (!submit(s, should_work, should_done))
		rpc_fail(s->call, &s->err);
}

/* ---- Upload ---- */

static void upload_work(struct job *j)
{
	struct step *s = CONTAINER_OF(j, struct step, job);
	int64_t started;
	int state = debuginfo_look(s->d, s->tenant, s->id, &started, &s->err);

	if (state == DEBUGINFO_STARTED) {
		if (debuginfo_store(s->d, s->tenant, s->id, s->r->body, &s->err) < 0)
			fail(s, RPC_INTERNAL);
	} else
		fail(s, state < 0 ? RPC_INTERNAL : RPC_FAILED_PRECONDITION);
}

static void upload_done(struct job *j)
{
	struct step *s = CONTAINER_OF(j, struct step, job);

	if (!s->failed)
		http_reply_empty(s->r, 200);
	else if (s->code == RPC_FAILED_PRECONDITION)
		http_reply_text(s->r, 412, STR("no pending upload for this build ID\n"));
	else {
		log_event(LOG_ERROR, "debug information cannot be stored", LOG_STR("tenant", s->tenant),
		    LOG_STR("build_id", s->id), LOG_CSTR("error", s->err.msg));
		http_reply_text(s->r, 500, STR("upload failed\n"));
	}
}

void receive_debuginfo_upload(struct http_req *r, void *ctx)
{
	struct worker *w = r->owner;
	const struct tenant_rules *tenant = worker_tenant(w, r, false);
	struct step *s;

	(void)ctx;
	if (tenant == NULL)
		return;
	s = step_new(w, r, tenant);
	s->id = str_skip(r->path, str_rfind(r->path, '/') + 1);
	if (!debuginfo_id(s->id))
		http_reply_text(r, 400,
		    arena_printf(r->a, STR_FMT "\n", STR_ARG(bad_id(r->a, "invalid gnu_build_id: ", s->id))));
	else if (s->d == NULL)
		http_reply_text(r, 412, STR("no pending upload for this build ID\n"));
	else if (!submit(s, upload_work, upload_done))
		http_error(r, &s->err);
}

void receive_debuginfo_too_big(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_reply_text(r, 413, STR("upload failed\n"));
}

/* ---- UploadFinished ---- */

static void unknown(struct step *s)
{
	err_set(&s->err, ERR_NOTFOUND, "no upload metadata found for build ID " STR_FMT, STR_ARG(s->id));
	fail(s, RPC_NOT_FOUND);
}

static void finished_work(struct job *j)
{
	struct step *s = CONTAINER_OF(j, struct step, job);
	int64_t started;

	switch (debuginfo_look(s->d, s->tenant, s->id, &started, &s->err)) {
	case DEBUGINFO_ABSENT: unknown(s); return;
	case DEBUGINFO_DONE:
		err_set(&s->err, ERR_INVALID, "upload is not in uploading state");
		fail(s, RPC_FAILED_PRECONDITION);
		return;
	case DEBUGINFO_STARTED: break;
	default: fail(s, RPC_INTERNAL); return;
	}
	if (debuginfo_finish(s->d, s->tenant, s->id, &s->err) < 0)
		fail(s, s->err.kind == ERR_NOTFOUND ? RPC_FAILED_PRECONDITION : RPC_INTERNAL);
}

static void finished_done(struct job *j)
{
	reply(CONTAINER_OF(j, struct step, job));
}

void receive_debuginfo_finished(struct http_req *r, void *ctx)
{
	struct worker *w = r->owner;
	const struct tenant_rules *tenant = worker_tenant(w, r, true);
	struct debuginfo_upload_finished_request req = { 0 };
	struct step *s;

	(void)ctx;
	if (tenant == NULL)
		return;
	s = step_new(w, r, tenant);
	s->call = rpc_open(r, &(struct rpc_conf){ .max_message = 1 << 20 });
	if (s->call == NULL)
		return;
	if (read_message(s->call, &debuginfo_upload_finished_request_type, &req, &s->err) < 0) {
		rpc_fail(s->call, &s->err);
		return;
	}
	s->id = req.gnu_build_id;
	if (!debuginfo_id(s->id)) {
		struct str text = bad_id(r->a, "invalid gnu_build_id: ", s->id);

		rpc_fail_code(s->call, RPC_INVALID_ARGUMENT, text);
	} else if (s->d == NULL) {
		unknown(s);
		reply(s);
	} else if (!submit(s, finished_work, finished_done))
		rpc_fail(s->call, &s->err);
}
