/*
 * blocks.h - the blocks of a data folder, kept open between questions: most
 * recently used ones stay, up to a limit of memory for their decoded parts
 * and half of the descriptors that the process may have.
 * One thread.
 */
#ifndef BLOCKS_H
#define BLOCKS_H

#include "formats/block.h"

struct blocks;

struct blocks *blocks_new(const char *data, size_t max_memory);
void blocks_free(struct blocks *b);
/* <data>/<tenant>/local/<ulid>. The block stays open until the next call of blocks_trim. */
struct block *blocks_get(struct blocks *b, struct str tenant, struct ulid id, struct err *e);
/* Closes what is over the limit. Not while a question uses blocks. */
void blocks_trim(struct blocks *b);

#endif
