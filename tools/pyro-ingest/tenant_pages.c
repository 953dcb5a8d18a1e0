/*
 * tenant_pages.c - what came in, by tenant, since the process began, as JSON:
 *
 *	/api/v1/user_stats           {"userID":"team-a","numSeries":2, ...}  of the tenant that asks
 *	/distributor/all_user_stats  [ ... ]                                 of all that have been met
 */
#include "base/json.h"
#include "base/num.h"
#include "daemon/operator.h"
#include "net/tenant.h"
#include "tools/pyro-ingest/ingest.h"

static void number(struct jw *w, const char *name, uint64_t v)
{
	jw_key(w, str_cstr(name));
	jw_u64(w, v);
}

static void discarded(struct jw *w, const struct tenant *t)
{
	static const char *const reasons[] = {
#define DISCARD(reason) #reason,
#include "tools/pyro-ingest/discard.def"
#undef DISCARD
	};
	uint64_t profiles = 0, bytes = 0;

	jw_key(w, STR("discarded"));
	jw_open(w, '{');
	for (size_t i = 0; i < DISCARDS; i++) {
		profiles += t->discarded[i];
		bytes += t->discarded_bytes[i];
		if (t->discarded[i] > 0)
			number(w, reasons[i], t->discarded[i]);
	}
	jw_close(w, '}');
	number(w, "discardedProfiles", profiles);
	number(w, "discardedBytes", bytes);
}

static void tenant_json(struct jw *w, const struct tenant *t)
{
	struct received_sum got = received_sum(&t->received);

	jw_open(w, '{');
	jw_key(w, STR("userID"));
	jw_str(w, t->name);
	number(w, "numSeries", (uint64_t)MAX(t->series, 0));
	number(w, "receivedProfiles", got.profiles);
	number(w, "receivedBytes", got.compressed);
	number(w, "receivedDecompressedBytes", got.decompressed);
	number(w, "receivedSamples", got.samples);
	discarded(w, t);
	jw_close(w, '}');
}

void show_user_stats(struct http_req *r, void *ctx)
{
	struct ingest *in = ((struct worker *)r->owner)->conf.ingest;
	struct tenant none = { 0 }, *t = in->tenants.first;
	struct buf b;
	struct jw w;
	struct err e;

	(void)ctx;
	if (tenant_of_request(r, in->server->multitenancy, &none.name, &e) < 0) {
		http_error(r, &e);
		return;
	}
	while (t != NULL && !str_eq(t->name, none.name))
		t = t->next;
	buf_init(&b, OPERATOR_PAGE_MAX);
	w = jw_init(&b);
	tenant_json(&w, t != NULL ? t : &none);
	http_reply_json(r, 200, &b);
	buf_fini(&b);
}

void show_all_user_stats(struct http_req *r, void *ctx)
{
	struct ingest *in = ((struct worker *)r->owner)->conf.ingest;
	struct buf b;
	struct jw w;

	(void)ctx;
	buf_init(&b, OPERATOR_PAGE_MAX);
	w = jw_init(&b);
	jw_open(&w, '[');
	for (struct tenant *t = in->tenants.first; t != NULL; t = t->next)
		tenant_json(&w, t);
	jw_close(&w, ']');
	http_reply_json(r, 200, &b);
	buf_fini(&b);
}
