/* retain.c - see retain.h */
#include "tools/pyro-ingest/retain.h"

bool retain_disk_full(const struct retain_disk *d)
{
	return d->total > 0 && d->free < d->min_free && (double)d->free <= d->min_fraction * (double)d->total;
}

size_t retain_pick(struct retain_block *b, size_t n, const struct retain_disk *d, int64_t now)
{
	struct retain_disk left = *d;
	size_t gone = 0;

	for (size_t i = 0; i < n; i++) {
		b[i].verdict = b[i].period > 0 && now - b[i].made > b[i].period ? RETAIN_AGE : RETAIN_KEEP;
		if (b[i].verdict != RETAIN_KEEP) {
			left.free += b[i].bytes;
			gone++;
		}
	}
	for (size_t i = 0; i < n && retain_disk_full(&left) && now - b[i].made > RETAIN_YOUNG; i++) {
		if (b[i].verdict != RETAIN_KEEP)
			continue;
		b[i].verdict = RETAIN_DISK;
		left.free += b[i].bytes;
		gone++;
	}
	return gone;
}
