/* block.h - pyro-block's options and verbs. */
#ifndef TOOL_BLOCK_H
#define TOOL_BLOCK_H

#include "conf/tool.h"

struct block_opts {
#define OPT_FILE "tools/pyro-block/block.def"
#include "conf/opt_struct.h"
};

/* Words of --part. */
enum block_part_choice { PART_ALL, PART_META, PART_INDEX, PART_PROFILES, PART_SYMBOLS, PART_JOURNAL };

int block_list(struct tool *t, const struct block_opts *o, struct err *e); /* list_blocks.c */
int block_dump(struct tool *t, const struct block_opts *o, struct err *e); /* dump.c */
int block_examine(struct tool *t, struct err *e);                          /* examine.c: the verb check */

#endif
