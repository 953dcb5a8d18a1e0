/*
 * symbolize.h - pyro-symbolize's parts: where names come from (binaries.c,
 * fetch.c, renames.c), profiles in and out (symbolize.c).
 */
#ifndef SYMBOLIZE_TOOL_H
#define SYMBOLIZE_TOOL_H

#include "conf/tool.h"

struct symbolize_opts {
#define OPT_FILE "tools/pyro-symbolize/symbolize.def"
#include "conf/opt_struct.h"
};

#endif
