/*
 * client.h - the options of programs that ask a server (client.def), as a set
 * of its own among a program's tables (tool.h). daemon/client_call.h puts
 * them into requests.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include "conf/opt.h"

struct client_opts {
#define OPT_FILE "conf/client.def"
#include "conf/opt_struct.h"
};

extern const struct opt_table client_table;

#endif
