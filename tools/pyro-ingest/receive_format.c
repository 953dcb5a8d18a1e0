/*
 * receive_format.c - /ingest of everything else that the table of formats
 * reads, named by `format` or by Content-Type. A profile that says what its
 * values are is taken as a pprof is; one that only counts samples gets its
 * type from the application's name, as folded text does. Of several profiles
 * in one body each is a series, told apart by profile_name.
 */
#include "tools/pyro-ingest/receive_upload.h"

/* Nothing is known but how many there are. */
static bool only_counts(const struct profile *p)
{
	return p->n_types == 1 && str_eq(profile_str(p, p->types[0].type), STR("samples")) &&
	    str_eq(profile_str(p, p->types[0].unit), STR("count")) && !p->has_period_type;
}

/* Labels that the format has for the whole profile stand behind those of the request. */
static struct labels with_own(struct arena *a, struct labels l, const struct format_profile *in, bool several)
{
	for (uint32_t i = 0; i < in->labels.n; i++)
		if (!str_prefix(in->labels.p[i].name, STR("__")) && !labels_has(&l, in->labels.p[i].name))
			l = labels_with(a, &l, in->labels.p[i].name, in->labels.p[i].value);
	if (several && in->name.n && !labels_has(&l, STR("profile_name")))
		l = labels_with(a, &l, STR("profile_name"), in->name);
	return l;
}

static int push_one(struct upload *u, const struct format_profile *in, bool several, size_t size, struct err *e)
{
	struct profile *p = in->p;
	struct str name = labels_get(&in->labels, STR("__name__"));
	struct app_type t;
	struct labels l;

	for (uint32_t i = 0; i < p->n_strings; i++)
		if (!str_utf8(p->strings[i]))
			return err_set(e, ERR_INVALID, "a name in the profile is not valid UTF-8");
	if (only_counts(p)) {
		if (app_type_find(u->name.app, u->rate, &t, e) < 0)
			return -1;
		app_type_apply(p, &t, u->from);
		l = upload_series(u, t.name, t.app, true);
	} else {
		/* the time of the request, as the clocks in such files are often none of this world */
		p->time = u->from;
		if (name.n == 0)
			name = sample_type_config_profile_name(&sample_type_config_default, p);
		l = upload_series(u, name, u->name.app, false);
	}
	l = with_own(u->r->a, l, in, several);
	push_profile(u->push, &l, p, size);
	return 0;
}

static void format_stored(struct push *p)
{
	struct upload *u = p->ctx;

	if (p->err == NULL)
		upload_done(u);
	else if (p->pressed || err_http(p->err->kind) == 503)
		upload_error(u, p->err);
	else
		upload_json(u, 422, "unknown", arena_printf(u->r->a, "%s: %s", err_rpc(p->err->kind), p->err->msg));
}

int upload_plain(struct upload *u, struct str *out, struct err *e)
{
	if (u->plain.p == NULL && format_unpack(u->push->mem, u->r->body, UPLOAD_MAX_TEXT, &u->plain, e) < 0)
		return -1;
	*out = u->plain;
	return 0;
}

void receive_format(struct upload *u)
{
	struct format_opts o = { .rate = u->rate, .keep = FORMAT_NAMES };
	struct format_profiles got = { 0 };
	struct str body;
	struct err e;

	if (upload_plain(u, &body, &e) < 0) {
		if (e.kind == ERR_LIMIT || e.kind == ERR_TOOBIG)
			upload_json(u, 413, "invalid_argument",
			    arena_printf(u->r->a, "request body too large: the limit of unpacked text is %d bytes",
				UPLOAD_MAX_TEXT));
		else
			upload_json(u, 422, "unknown", str_cstr(e.msg));
		return;
	}
	if (u->row->decode(u->push->mem, body, &o, &got, &e) < 0) {
		upload_json(u, 422, "unknown", str_cstr(e.msg));
		return;
	}
	if (labelset_ignored(&u->name)) {
		upload_done(u);
		return;
	}
	for (uint32_t i = 0; i < got.n; i++)
		if (push_one(u, &got.p[i], got.n > 1, i == 0 ? u->r->body.n : 0, &e) < 0) {
			push_failed(u->push, &e, DISCARD_malformed_profile, 0);
			break;
		}
	push_send(u->push, format_stored);
}

/* JSON is said by several rows: then the body decides. */
static const struct format *by_content_type(struct upload *u)
{
	const struct format *f = format_by_content_type(u->type);
	struct str body;
	struct err e;

	if (f == NULL || str_prefix(u->type, STR("text/plain")) || str_prefix(u->type, STR("application/octet-stream")))
		return NULL; /* what senders of folded text say, too */
	if (!str_prefix(u->type, STR("application/json")))
		return f;
	return upload_plain(u, &body, &e) < 0 ? NULL : format_detect(body, STR(""), &e);
}

const struct format *upload_guess(struct upload *u)
{
	const struct format *f;
	struct str body;
	struct err e;

	if (upload_plain(u, &body, &e) < 0)
		return NULL;
	f = format_detect(body, STR(""), &e);
	return f != NULL && body.p == u->r->body.p && strcmp(f->name, "folded") == 0 ? NULL : f;
}

const struct format *upload_format(struct upload *u)
{
	const struct format *f;
	struct err e;

	f = u->format.n ? format_by_name(u->format, &e) : by_content_type(u);
	/* text is read with the rules of its first senders */
	return f == NULL || f->decode == NULL || strcmp(f->name, "folded") == 0 ? NULL : f;
}
