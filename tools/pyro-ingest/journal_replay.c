/* journal_replay.c - see journal.h: reading a file back after a crash */
#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "base/stream.h"
#include "formats/head/journal_format.h"
#include "io/file.h"
#include "tools/pyro-ingest/journal.h"

void journal_name(char out[static 48], uint64_t generation, uint32_t shard)
{
	snprintf(out, 48, "%016" PRIx64 "-%u.journal", generation, shard);
}

bool journal_name_parse(struct str name, uint64_t *generation, uint32_t *shard)
{
	struct str rest = name;
	struct str first = str_cut(&rest, '-');
	uint64_t n;
	struct err e;

	*generation = 0;
	if (first.n != 16 || !str_suffix(rest, STR(".journal")))
		return false;
	for (size_t i = 0; i < first.n; i++) {
		char c = first.p[i];
		unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0')
		    : c >= 'a' && c <= 'f'            ? (unsigned)(c - 'a' + 10)
						      : 16;

		if (digit == 16)
			return false;
		*generation = *generation << 4 | digit;
	}
	rest.n -= sizeof(".journal") - 1;
	if (num_u64(rest, &n, &e) < 0 || n > UINT32_MAX)
		return false;
	*shard = (uint32_t)n;
	return true;
}

static void replay_frames(struct journal_reader *r, int (*fn)(void *, struct str, struct str, struct err *), void *ctx,
    struct journal_report *out, struct err *first)
{
	struct journal_frame f;
	enum journal_found found;
	struct err e;

	while ((found = journal_next(r, &f)) != JOURNAL_END) {
		if (found == JOURNAL_BROKEN)
			err_set(&e, ERR_CORRUPT, "frame at %zu: damaged", f.at);
		if (found == JOURNAL_TORN) {
			out->torn = f.bytes;
		} else if (found == JOURNAL_BROKEN || fn(ctx, f.tenant, f.record, &e) < 0) {
			if (out->broken++ == 0)
				*first = e;
		} else {
			out->records++;
			out->bytes += f.bytes;
		}
	}
}

/* The header is synced before the first record: without any of it there never was one. */
static bool never_begun(struct str file)
{
	size_t i = 0;

	while (i < file.n && file.p[i] == '\0')
		i++;
	return i == file.n || file.n < JOURNAL_HEADER;
}

int journal_replay(int dir, const char *name, int (*fn)(void *ctx, struct str tenant, struct str record, struct err *e),
    void *ctx, struct journal_report *out, struct err *e)
{
	struct arena *a = arena_new();
	struct blob *b = blob_file_at(dir, name, FILE_SEQUENTIAL, e);
	struct journal_reader r;
	struct str file;
	int rc = -1;

	*out = (struct journal_report){ 0 };
	if (b == NULL || blob_read(b, a, 0, b->size, &file, e) < 0) {
		rc = -1;
	} else if (never_begun(file)) {
		out->torn = file.n;
		rc = 0;
	} else if (journal_begin(&r, file, e) == 0) {
		out->generation = r.generation;
		out->shard = r.shard;
		replay_frames(&r, fn, ctx, out, e);
		rc = 0;
	}
	blob_close(b);
	arena_free(a);
	return rc < 0 ? err_wrap(e, "journal %s", name) : 0;
}
