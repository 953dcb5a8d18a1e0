/* Bytes of a journal file: frames lie in order within it, and what was read can be written and read again. */
#include "base/mem.h"
#include "formats/head/journal_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(bool ok)
{
	if (!ok)
		__builtin_trap();
}

/* The sound records of the file as a file of their own. */
static uint32_t rewrite(struct journal_reader *r, struct buf *out)
{
	struct journal_frame f;
	enum journal_found found;
	uint32_t records = 0;
	size_t end = JOURNAL_HEADER;

	while ((found = journal_next(r, &f)) != JOURNAL_END) {
		check(f.at == end && f.bytes > 0 && f.bytes <= r->file.n - f.at);
		end = f.at + f.bytes;
		check(found != JOURNAL_TORN || end == r->end);
		if (found != JOURNAL_RECORD)
			continue;
		check(f.tenant.n + f.record.n < f.bytes);
		check(f.record.p + f.record.n == r->file.p + end);
		journal_put_frame(out, f.tenant, f.record);
		records++;
	}
	check(journal_next(r, &f) == JOURNAL_END);
	return records;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char head[JOURNAL_HEADER];
	struct journal_reader r;
	struct buf one, two;
	struct err e;

	if (journal_begin(&r, str_of(p, n), &e) < 0) {
		check(e.kind == ERR_CORRUPT || e.kind == ERR_UNSUPPORTED);
		return 0;
	}
	buf_init(&one, SIZE_MAX / 2);
	buf_init(&two, SIZE_MAX / 2);
	journal_put_header(head, r.generation, r.shard);
	buf_add(&one, str_of(head, sizeof(head)));
	buf_add(&two, str_of(head, sizeof(head)));
	uint32_t records = rewrite(&r, &one);
	check(journal_begin(&r, buf_str(&one), &e) == 0);
	check(rewrite(&r, &two) == records);
	check(str_eq(buf_str(&one), buf_str(&two)));
	buf_fini(&one);
	buf_fini(&two);
	return 0;
}
