/*
 * receive_speedscope.c - /ingest of speedscope files: a series for each name
 * of a profile. Values become what they are meant to be: time in nanoseconds
 * whatever its unit, samples without a unit the period of the sample rate.
 * Source: the spec of the write API, 8.
 */
#include <stdlib.h>

#include "base/json_scan.h"
#include "formats/json/speedscope.h"
#include "tools/pyro-ingest/receive_upload.h"

/* Profiles of one name, form, unit and beginning are one. */
struct group {
	struct str name;
	const struct unit *unit;
	struct profile *p;
};

struct groups {
	struct group *p;
	uint32_t n;
};

/* By beginning; what belongs together is beside each other, in the order of the file. */
static int profile_cmp(const void *a, const void *b)
{
	const struct speedscope_profile *const *x = a, *const *y = b;
	int names;

	if ((*x)->start != (*y)->start)
		return (*x)->start < (*y)->start ? -1 : 1;
	names = str_cmp((*x)->name, (*y)->name);
	if (names != 0)
		return names;
	if ((*x)->unit != (*y)->unit)
		return (*x)->unit < (*y)->unit ? -1 : 1;
	if ((*x)->evented != (*y)->evented)
		return (*x)->evented ? 1 : -1;
	return *x < *y ? -1 : *x > *y;
}

static bool same(const struct speedscope_profile *x, const struct speedscope_profile *y)
{
	return x->start == y->start && str_eq(x->name, y->name) && x->unit == y->unit && x->evented == y->evented;
}

static int make_groups(struct arena *a, const struct speedscope *s, struct groups *out, struct err *e)
{
	const struct speedscope_profile **all = arena_array(a, s->n, sizeof(*all));
	struct profile **merged = arena_array(a, s->n, sizeof(*merged));

	out->n = 0;
	out->p = arena_zarray(a, s->n, sizeof(*out->p));
	for (uint32_t i = 0; i < s->n; i++)
		all[i] = &s->p[i];
	if (s->n)
		qsort(all, s->n, sizeof(*all), profile_cmp);
	for (uint32_t i = 0, k; i < s->n; i = k) {
		struct group *g = &out->p[out->n++];

		*g = (struct group){ all[i]->name, all[i]->unit, NULL };
		for (k = i; k < s->n && same(all[i], all[k]); k++)
			merged[k - i] = all[k]->p;
		g->p = k - i == 1 ? merged[0] : profile_merge(a, merged, k - i, false, e);
		if (g->p == NULL)
			return -1;
	}
	return 0;
}

/* Which rate turns values into what app_type_apply is to make of them. */
static uint32_t rate_of(const struct upload *u, const struct unit *unit)
{
	if (strcmp(unit->own, "nanoseconds") == 0)
		return NS_PER_S; /* they are nanoseconds already */
	return strcmp(unit->own, "count") == 0 ? u->rate : 0;
}

/* size: of the body, once. */
static int push_group(struct upload *u, struct group *g, bool several, size_t size, struct err *e)
{
	struct arena *a = u->r->a;
	struct str app = u->name.app;
	struct app_type t;
	struct labels l;

	if (several)
		app = arena_printf(a, STR_FMT ".%s", STR_ARG(app), g->unit->name);
	if (app_type_find(app, rate_of(u, g->unit), &t, e) < 0)
		return -1;
	for (uint32_t i = 0; i < g->p->n_strings; i++)
		if (!str_utf8(g->p->strings[i]))
			return err_set(e, ERR_INVALID,
			    "pyroscopeIngesterAdapter failed to marshal pprof: string field contains invalid UTF-8");
	app_type_apply(g->p, &t, u->from);
	l = upload_series(u, t.name, t.app, true);
	if (g->name.n)
		l = labels_with(a, &l, STR("profile_name"), g->name);
	push_profile(u->push, &l, g->p, size);
	return 0;
}

static void speedscope_stored(struct push *p)
{
	struct upload *u = p->ctx;

	if (p->err == NULL)
		upload_done(u);
	else if (p->pressed || err_http(p->err->kind) == 503)
		upload_error(u, p->err);
	else
		upload_json(u, 422, "unknown", arena_printf(u->r->a, "%s: %s", err_rpc(p->err->kind), p->err->msg));
}

static int decode(struct upload *u, struct groups *groups, struct err *e)
{
	struct format_opts o = { .rate = u->rate };
	struct arena *a = u->push->mem;
	struct speedscope s;
	struct str body;
	int rc;

	if (upload_plain(u, &body, e) < 0 || json_scan(body, e) < 0)
		return -1;
	rc = speedscope_decode(a, body, &o, &s, e);
	if (!str_eq(s.schema, STR(SPEEDSCOPE_SCHEMA)))
		return err_set(e, ERR_INVALID, "Unknown schema: " STR_FMT, STR_ARG(s.schema));
	return rc < 0 ? -1 : make_groups(a, &s, groups, e);
}

void receive_speedscope(struct upload *u)
{
	struct groups groups = { 0 };
	struct err e;

	if (decode(u, &groups, &e) < 0) {
		upload_json(u, 422, "unknown", str_cstr(e.msg));
		return;
	}
	if (labelset_ignored(&u->name)) {
		upload_done(u);
		return;
	}
	for (uint32_t i = 0; i < groups.n; i++)
		if (push_group(u, &groups.p[i], groups.n > 1, i == 0 ? u->r->body.n : 0, &e) < 0) {
			push_failed(u->push, &e, DISCARD_malformed_profile, 0);
			break;
		}
	push_send(u->push, speedscope_stored);
}
