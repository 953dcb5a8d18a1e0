/*
 * known.h - which options the services have: asked from the programs
 * themselves (-help=flags), and only when the command line or the file
 * holds one that pyro-serve does not know.
 *
 *	struct known k;
 *	known_init(&k, arena);                  // k.other goes into opts.other
 *	known_takes(&k, PART_INGEST, STR("ingester.shards"))
 *
 * All programs are asked at the same time. A program that cannot be run is
 * an error, because then nobody can tell a wrong option from a right one.
 */
#ifndef KNOWN_H
#define KNOWN_H

#include "base/vec.h"
#include "tools/pyro-serve/serve.h"

struct known_row {
	struct str flag, yaml;
	bool is_bool;
	enum part_id part;
};

struct known {
	struct opts_other other;
	struct arena *a;
	bool asked;
	VEC(struct known_row) rows;
};

void known_init(struct known *k, struct arena *a);
void known_fini(struct known *k);
bool known_takes(const struct known *k, enum part_id part, struct str flag);
/* The lines of one program's answer; for tests too. Lines that are none are ERR_CORRUPT. */
int known_parse(struct known *k, enum part_id part, struct str text, struct err *e);

#endif
