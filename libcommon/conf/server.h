/*
 * server.h - the options that all parts of one server share (server.def), as
 * a set of its own among a program's tables (tool.h).
 */
#ifndef SERVER_H
#define SERVER_H

#include "conf/opt.h"

struct server_opts {
#define OPT_FILE "conf/server.def"
#include "conf/opt_struct.h"
};

extern const struct opt_table server_table;

#endif
