/* journal_replay.c - see journal.h: reading a file back after a crash */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/num.h"
#include "base/stream.h"
#include "io/fd.h"
#include "io/file.h"
#include "tools/pyro-ingest/journal.h"
#include "tools/pyro-ingest/journal_format.h"

static const char magic[8] = { 'p', 'y', 'r', 'o', 'j', 'r', 'n', 'l' };

void journal_put_header(char out[static JOURNAL_HEADER], uint64_t generation, uint32_t shard)
{
	memset(out, 0, JOURNAL_HEADER);
	memcpy(out, magic, sizeof(magic));
	journal_put32(out + 8, JOURNAL_VERSION);
	journal_put32(out + 12, shard);
	journal_put32(out + 16, (uint32_t)generation);
	journal_put32(out + 20, (uint32_t)(generation >> 32));
	journal_put32(out + 28, crc32c(0, str_of(out, 28)));
}

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
		unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;

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

static int header_read(struct str file, struct journal_report *out, struct err *e)
{
	if (file.n < JOURNAL_HEADER || memcmp(file.p, magic, sizeof(magic)) != 0)
		return err_set(e, ERR_CORRUPT, "not a journal file");
	if (journal_get32(file.p + 8) != JOURNAL_VERSION)
		return err_set(e, ERR_UNSUPPORTED, "journal version %u, this program reads %d",
		    journal_get32(file.p + 8), JOURNAL_VERSION);
	if (journal_get32(file.p + 28) != crc32c(0, str_of(file.p, 28)))
		return err_set(e, ERR_CORRUPT, "journal header: checksum");
	out->shard = journal_get32(file.p + 12);
	out->generation = journal_get32(file.p + 16) | (uint64_t)journal_get32(file.p + 20) << 32;
	return 0;
}

/* The payload of a sound frame at `at`, or false. */
static bool frame_at(struct str file, size_t at, struct str *payload)
{
	uint32_t n, crc;

	if (file.n - at < JOURNAL_FRAME || journal_get32(file.p + at) != JOURNAL_MARK)
		return false;
	n = journal_get32(file.p + at + 4);
	if (n == 0 || n > file.n - at - JOURNAL_FRAME)
		return false;
	*payload = str_of(file.p + at + JOURNAL_FRAME, n);
	crc = crc32c(crc32c(0, str_of(file.p + at + 4, 4)), *payload);
	return crc == journal_get32(file.p + at + 8);
}

static bool all_zero(struct str s)
{
	return s.n == 0 || (s.p[0] == 0 && memcmp(s.p, s.p + 1, s.n - 1) == 0);
}

/* The next sound frame behind a broken one, or the end: frames begin with a mark. */
static size_t resync(struct str file, size_t at)
{
	static const char mark[4] = { 'p', 'y', 'J', '1' };
	struct str payload;

	for (at++; at < file.n; at++) {
		at += str_search(str_skip(file, at), str_of(mark, sizeof(mark)));
		if (at < file.n && frame_at(file, at, &payload))
			return at;
	}
	return file.n;
}

static bool split_payload(struct str payload, struct str *tenant, struct str *record)
{
	uint64_t n = 0;
	size_t at = 0;

	for (unsigned shift = 0; at < payload.n && shift < 35; shift += 7) {
		uint8_t c = (uint8_t)payload.p[at++];

		n |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80) {
			if (n > payload.n - at)
				return false;
			*tenant = str_of(payload.p + at, n);
			*record = str_skip(payload, at + n);
			return true;
		}
	}
	return false;
}

static void replay_frames(struct str file, int (*fn)(void *, struct str, struct str, struct err *), void *ctx,
    struct journal_report *out, struct err *first)
{
	size_t at = JOURNAL_HEADER;
	struct str payload, tenant, record;
	struct err e;

	while (at < file.n && !all_zero(str_skip(file, at))) {
		if (!frame_at(file, at, &payload)) {
			size_t next = resync(file, at);

			if (next == file.n) {
				out->torn = file.n - at;
				return;
			}
			out->broken++;
			at = next;
			continue;
		}
		at += JOURNAL_FRAME + payload.n;
		if (!split_payload(payload, &tenant, &record) || fn(ctx, tenant, record, &e) < 0) {
			if (out->broken++ == 0)
				*first = e;
			continue;
		}
		out->records++;
		out->bytes += JOURNAL_FRAME + payload.n;
	}
}

int journal_replay(int dir, const char *name,
    int (*fn)(void *ctx, struct str tenant, struct str record, struct err *e), void *ctx,
    struct journal_report *out, struct err *e)
{
	struct arena *a = arena_new();
	struct blob *b = blob_file_at(dir, name, FILE_SEQUENTIAL, e);
	struct str file;
	int rc = -1;

	*out = (struct journal_report){ 0 };
	if (b != NULL && blob_read(b, a, 0, b->size, &file, e) == 0 && header_read(file, out, e) == 0) {
		replay_frames(file, fn, ctx, out, e);
		rc = 0;
	}
	blob_close(b);
	arena_free(a);
	return rc < 0 ? err_wrap(e, "journal %s", name) : 0;
}
