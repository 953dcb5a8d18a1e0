/*
 * receive_jfr.c - /ingest of Flight Recorder files: raw, or a form with the
 * parts `jfr` and `labels`, each gzip or not. A recording becomes one profile
 * for each kind of event; each is a series of its own. Source: the spec of the
 * write API, 6.
 */
#include "base/zip.h"
#include "formats/jfr/jfr.h"
#include "net/form.h"
#include "tools/pyro-ingest/receive_upload.h"

enum { NO_LIMIT = 1 << 30 };

/* A part without its gzip, in a buffer of the push. An empty part is as one that is not there. */
static int read_part(struct upload *u, const struct form *f, const char *name, struct str *out, struct err *e)
{
	int64_t limit = u->push->rules->limits->max_profile_size_bytes;
	size_t max = limit > 0 ? (size_t)limit : NO_LIMIT;
	const struct form_part *part = form_file(f, name);
	struct buf *unpacked;

	*out = STR("");
	if (part == NULL || part->value.n == 0)
		return 0;
	if (part->value.n < 2) {
		err_set(e, ERR_INVALID, "failed to read magic");
	} else if (!zip_is_gzip(part->value)) {
		*out = part->value;
		return 0;
	} else {
		unpacked = push_scratch(u->push);
		if (zip_gunzip(part->value, max, unpacked, e) == 0) {
			*out = buf_str(unpacked);
			return 0;
		}
		if (e->kind == ERR_LIMIT || e->kind == ERR_TOOBIG)
			err_set(e, ERR_INVALID, "decompressed size exceeds maximum allowed size of %zu bytes", max);
		else
			err_wrap(e, "failed to decompress jfr");
	}
	return err_wrap(e, "loadJFRFromForm failed to decompress %s", name);
}

static int read_form(struct upload *u, struct str *recording, struct str *contexts, struct err *e)
{
	struct form f;

	if (http_media_param(u->r->a, u->type, "boundary").n == 0)
		return err_set(e, ERR_INVALID, "malformed multipart content type header");
	if (form_parse(u->r->a, u->type, u->r->body, &f, e) < 0 || read_part(u, &f, "jfr", recording, e) < 0)
		return -1;
	if (recording->n == 0)
		return err_set(e, ERR_INVALID, "jfr field is required");
	return read_part(u, &f, "labels", contexts, e);
}

static void push_all(struct upload *u, const struct format_profiles *got)
{
	struct arena *a = u->r->a;

	for (uint32_t i = 0; i < got->n; i++) {
		struct profile *p = got->p[i].p;
		const struct labels *own = &got->p[i].labels;
		struct labels l = upload_series(u, labels_get(own, STR("__name__")), u->name.app, true);

		l = upload_beside(a, &l, STR("jfr_event"), labels_get(own, STR("jfr_event")));
		p->time = u->from;
		p->duration = u->until - u->from;
		push_profile(u->push, &l, p, i == 0 ? u->r->body.n : 0);
	}
	push_send(u->push, upload_stored);
}

void receive_jfr(struct upload *u)
{
	struct jfr_opts o = { .rate = u->rate, .only_known = true, .clean_names = true, .spans = true };
	struct str recording = u->r->body;
	struct format_profiles got = { 0 };
	struct err e;

	if (form_is(u->type) && read_form(u, &recording, &o.contexts, &e) < 0) {
		upload_parse_failed(u, e.msg);
		return;
	}
	if (jfr_decode(u->push->mem, recording, &o, &got, &e) < 0) {
		if (!str_prefix(str_cstr(e.msg), STR("failed to parse labels")))
			err_wrap(&e, "jfr parser ParseEvent error");
		upload_parse_failed(u, e.msg);
		return;
	}
	push_all(u, &got);
}
