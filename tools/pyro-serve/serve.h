/*
 * serve.h - the options of pyro-serve and the services it knows.
 */
#ifndef SERVE_H
#define SERVE_H

#include "conf/server.h"
#include "conf/tool.h"

struct serve_opts {
#define OPT_FILE "tools/pyro-serve/serve.def"
#include "conf/opt_struct.h"
};

enum part_id {
#define SERVICE(id, name, program) PART_##id,
#include "tools/pyro-serve/services.def"
#undef SERVICE
	PARTS
};

struct part_row {
	const char *name, *program;
};

extern const struct part_row part_rows[PARTS];

#endif
