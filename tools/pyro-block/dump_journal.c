/* dump_journal.c - a journal: its frames, then what they add up to */
#include <inttypes.h>

#include "tools/pyro-block/dump.h"
#include "tools/pyro-block/replay.h"

static const char *const words[] = {
	[JOURNAL_RECORD] = "record",
	[JOURNAL_BROKEN] = "broken",
	[JOURNAL_TORN] = "torn",
};

static int head_line(struct printer *p, const char *path, const struct journal_reader *r, struct err *e)
{
	if (p->json) {
		struct jw *w = print_open(p, "journal");

		print_key_str(w, "path", str_cstr(path));
		print_key_u64(w, "version", r->version);
		print_key_u64(w, "generation", r->generation);
		print_key_u64(w, "shard", r->shard);
		print_key_u64(w, "bytes", r->file.n);
		return print_close(p, e);
	}
	buf_printf(&p->b, "journal %s\n  version %u, generation %" PRIu64 ", shard %u, %zu bytes\n", path, r->version,
	    r->generation, r->shard, r->file.n);
	return print_more(p, e);
}

static uint64_t partition_of(struct str record)
{
	uint64_t v = 0;

	for (size_t i = 0; i < 8 && i < record.n; i++)
		v |= (uint64_t)(uint8_t)record.p[i] << (8 * i);
	return v;
}

static int json_frame(struct printer *p, enum journal_found found, const struct journal_frame *f, const struct head *h,
    const struct replay *r, const struct err *why, struct err *e)
{
	struct jw *w = print_open(p, words[found]);

	print_key_u64(w, "at", f->at);
	print_key_u64(w, "bytes", f->bytes);
	if (h != NULL) {
		print_key_str(w, "tenant", f->tenant);
		print_key_hex(w, "partition", partition_of(f->record));
		print_key_u64(w, "new_series", head_series(h) - r->series);
		print_key_u64(w, "rows", h->n_rows - r->rows);
		print_key_u64(w, "samples", h->n_samples - r->samples);
	}
	if (why->kind != ERR_NONE)
		print_key_str(w, "error", str_cstr(why->msg));
	return print_close(p, e);
}

static int text_frame(struct printer *p, enum journal_found found, const struct journal_frame *f, const struct head *h,
    const struct replay *r, const struct err *why, struct err *e)
{
	buf_printf(&p->b, "  %s at %zu, %zu bytes", words[found], f->at, f->bytes);
	if (h != NULL) {
		buf_add(&p->b, STR(", tenant "));
		print_word(&p->b, f->tenant);
		buf_printf(&p->b, ", partition %016" PRIx64 ": %u new series, %" PRIu64 " rows, %" PRIu64 " samples",
		    partition_of(f->record), head_series(h) - r->series, h->n_rows - r->rows,
		    h->n_samples - r->samples);
	}
	if (why->kind != ERR_NONE)
		buf_printf(&p->b, ": %s", why->msg);
	buf_byte(&p->b, '\n');
	return print_more(p, e);
}

static int frames(struct printer *p, struct replay *r, struct err *e)
{
	enum journal_found found;
	struct journal_frame f;
	struct head *h;
	struct err why;

	while ((found = replay_next(r, &f, &h, &why)) != JOURNAL_END)
		if ((p->json ? json_frame(p, found, &f, h, r, &why, e) : text_frame(p, found, &f, h, r, &why, e)) < 0)
			return -1;
	return 0;
}

static int tenant_head(struct printer *p, const struct tenant_head *t, struct err *e)
{
	struct dataset *d = &t->head->set;
	struct series_list list;
	struct arena *a = arena_new();
	int rc;

	if (p->json) {
		struct jw *w = print_open(p, "tenant");

		print_key_str(w, "tenant", t->tenant);
		print_key_u64(w, "series", head_series(t->head));
		print_key_u64(w, "rows", t->head->n_rows);
		print_key_u64(w, "samples", t->head->n_samples);
		rc = print_close(p, e);
	} else {
		buf_add(&p->b, STR("tenant "));
		print_word(&p->b, t->tenant);
		buf_printf(&p->b, "\n  %u series, %" PRIu64 " rows, %" PRIu64 " samples\n", head_series(t->head),
		    t->head->n_rows, t->head->n_samples);
		rc = print_more(p, e);
	}
	if (rc == 0)
		rc = dataset_series(d, a, NULL, &list, e);
	for (uint32_t i = 0; rc == 0 && i < list.n; i++) {
		if (p->json) {
			struct jw *w = print_open(p, "series");

			print_key_u64(w, "number", list.p[i].number);
			print_key_hex(w, "fingerprint", list.p[i].fingerprint);
			print_key_labels(w, "labels", &list.p[i].labels);
			rc = print_close(p, e);
		} else {
			buf_printf(&p->b, "  series %u %016" PRIx64 " ", list.p[i].number, list.p[i].fingerprint);
			labels_print(&p->b, &list.p[i].labels);
			buf_byte(&p->b, '\n');
			rc = print_more(p, e);
		}
	}
	arena_free(a);
	return rc < 0 ? -1 : dump_rows(p, d, e);
}

int dump_journal(struct printer *p, const char *path, struct str bytes, struct err *e)
{
	struct replay r;
	int rc = replay_begin(&r, bytes, e);

	if (rc < 0)
		return -1;
	rc = head_line(p, path, &r.reader, e);
	if (rc == 0)
		rc = frames(p, &r, e);
	for (size_t i = 0; i < r.tenants.n && rc == 0; i++)
		rc = tenant_head(p, &r.tenants.p[i], e);
	replay_end(&r);
	return rc;
}
