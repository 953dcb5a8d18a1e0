/*
 * journal_format.h - the bytes of a journal file; see journal.h for the
 * layout. Shared by the writer, the reader and pyro-ingest's tests.
 */
#ifndef JOURNAL_FORMAT_H
#define JOURNAL_FORMAT_H

#include "base/base.h"

enum { JOURNAL_HEADER = 32, JOURNAL_FRAME = 12, JOURNAL_VERSION = 1, JOURNAL_MARK = 0x314a7970 };

static inline void journal_put32(char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (char)(v >> (8 * i));
}

static inline uint32_t journal_get32(const char *p)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++)
		v |= (uint32_t)(uint8_t)p[i] << (8 * i);
	return v;
}

void journal_put_header(char out[static JOURNAL_HEADER], uint64_t generation, uint32_t shard);

#endif
