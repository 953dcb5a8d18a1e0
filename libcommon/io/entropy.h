/*
 * entropy.h - unpredictable numbers from the kernel. Cannot fail: a system
 * without random numbers stops the process with one line. Any thread.
 */
#ifndef ENTROPY_H
#define ENTROPY_H

#include "base/base.h"

void entropy_bytes(void *p, size_t n);
uint64_t entropy_u64(void);
/* Seeds hash_seeded; once, at the start of main, before there are threads or tables. */
void entropy_seed_hash(void);

#endif
