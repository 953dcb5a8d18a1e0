/* journal_format.c - see journal_format.h */
#include "formats/head/journal_format.h"

#include "base/hash.h"

enum { RESYNC_WORK = 64 }; /* times the size of the file */

static const char magic[8] = { 'p', 'y', 'r', 'o', 'j', 'r', 'n', 'l' };
static const char mark[4] = { 'p', 'y', 'J', '1' };

static void put32(char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (char)(v >> (8 * i));
}

static uint32_t get32(const char *p)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++)
		v |= (uint32_t)(uint8_t)p[i] << (8 * i);
	return v;
}

/* ---- writing ---- */

void journal_put_header(char out[static JOURNAL_HEADER], uint64_t generation, uint32_t shard)
{
	memset(out, 0, JOURNAL_HEADER);
	memcpy(out, magic, sizeof(magic));
	put32(out + 8, JOURNAL_VERSION);
	put32(out + 12, shard);
	put32(out + 16, (uint32_t)generation);
	put32(out + 20, (uint32_t)(generation >> 32));
	put32(out + 28, crc32c(0, str_of(out, 28)));
}

/* Of the length, which stands at head + 4, and the payload. */
static uint32_t frame_crc(const char *head, struct str payload)
{
	return crc32c(crc32c(0, str_of(head + 4, 4)), payload);
}

void journal_put_frame(struct buf *b, struct str tenant, struct str record)
{
	size_t start = b->n;
	struct str payload;

	buf_fill(b, 0, JOURNAL_FRAME);
	buf_uvarint(b, tenant.n);
	buf_add(b, tenant);
	buf_add(b, record);
	if (!b->over && b->n - start - JOURNAL_FRAME > UINT32_MAX)
		b->over = true;
	if (b->over) {
		b->n = start;
		return;
	}
	payload = str_of(b->p + start + JOURNAL_FRAME, b->n - start - JOURNAL_FRAME);
	put32(b->p + start, JOURNAL_MARK);
	put32(b->p + start + 4, (uint32_t)payload.n);
	put32(b->p + start + 8, frame_crc(b->p + start, payload));
}

/* ---- reading ---- */

bool journal_like(struct str file)
{
	return file.n >= sizeof(magic) && memcmp(file.p, magic, sizeof(magic)) == 0;
}

/* The payload of a sound frame at `at`, or false. */
static bool frame_at(struct str file, size_t at, struct str *payload)
{
	uint32_t n;

	if (file.n - at < JOURNAL_FRAME || get32(file.p + at) != JOURNAL_MARK)
		return false;
	n = get32(file.p + at + 4);
	if (n == 0 || n > file.n - at - JOURNAL_FRAME)
		return false;
	*payload = str_of(file.p + at + JOURNAL_FRAME, n);
	return frame_crc(file.p + at, *payload) == get32(file.p + at + 8);
}

/*
 * The next sound frame behind a broken one, or the end: frames begin with a
 * mark. Records of strangers may be full of marks with long lengths behind
 * them: what is summed up in vain has a limit.
 */
static size_t resync(struct journal_reader *r, size_t at)
{
	struct str file = r->file, payload;

	for (at++; at < r->end && r->work / RESYNC_WORK <= file.n; at++) {
		at += str_search(str_of(file.p + at, r->end - at), str_of(mark, sizeof(mark)));
		if (at >= r->end)
			break;
		if (frame_at(file, at, &payload))
			return at;
		if (file.n - at >= JOURNAL_FRAME)
			r->work += MIN((size_t)get32(file.p + at + 4), file.n);
	}
	return file.n;
}

/* Behind a frame with a sound length stands the next one; that saves looking into strangers' records. */
static size_t behind_broken(struct journal_reader *r)
{
	struct str file = r->file, payload;
	size_t n;

	if (file.n - r->at >= JOURNAL_FRAME && get32(file.p + r->at) == JOURNAL_MARK) {
		n = get32(file.p + r->at + 4);
		if (n < file.n - r->at - JOURNAL_FRAME && frame_at(file, r->at + JOURNAL_FRAME + n, &payload))
			return r->at + JOURNAL_FRAME + n;
	}
	return resync(r, r->at);
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

int journal_begin(struct journal_reader *r, struct str file, struct err *e)
{
	if (!journal_like(file))
		return err_set(e, ERR_CORRUPT, "not a journal file");
	if (file.n < JOURNAL_HEADER)
		return err_set(e, ERR_CORRUPT, "journal header: %zu bytes of %d", file.n, JOURNAL_HEADER);
	if (get32(file.p + 8) < JOURNAL_OLDEST || get32(file.p + 8) > JOURNAL_VERSION)
		return err_set(e, ERR_UNSUPPORTED, "journal version %u, this program reads %d to %d", get32(file.p + 8),
		    JOURNAL_OLDEST, JOURNAL_VERSION);
	if (get32(file.p + 28) != crc32c(0, str_of(file.p, 28)))
		return err_set(e, ERR_CORRUPT, "journal header: wrong checksum");
	*r = (struct journal_reader){ .file = file,
		.at = JOURNAL_HEADER,
		.version = get32(file.p + 8),
		.shard = get32(file.p + 12),
		.generation = get32(file.p + 16) | (uint64_t)get32(file.p + 20) << 32 };
	for (r->end = file.n; r->end > JOURNAL_HEADER && file.p[r->end - 1] == 0;)
		r->end--;
	return 0;
}

enum journal_found journal_next(struct journal_reader *r, struct journal_frame *out)
{
	struct str payload;
	size_t next;

	*out = (struct journal_frame){ .at = r->at };
	/* The last frame may end in zeros that are its own. */
	if (r->at >= r->end)
		return JOURNAL_END;
	if (frame_at(r->file, r->at, &payload)) {
		out->bytes = JOURNAL_FRAME + payload.n;
		r->at += out->bytes;
		return split_payload(payload, &out->tenant, &out->record) ? JOURNAL_RECORD : JOURNAL_BROKEN;
	}
	next = behind_broken(r);
	out->bytes = MIN(next, MAX(r->end, r->at)) - r->at;
	r->at = next;
	return next == r->file.n ? JOURNAL_TORN : JOURNAL_BROKEN;
}
