/*
 * names.h - what outputs are called: pure decisions over names of inputs.
 * Names of archive members come from strangers: nothing that is made here
 * leads out of the folder it is for.
 */
#ifndef NAMES_H
#define NAMES_H

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"

/*
 * The name of an input below the folder of outputs, without the extension of its format (and of a compression):
 *
 *	operand   input               is
 *	day       day/a/cpu.pb.gz     a/cpu
 *	x/cpu.jfr x/cpu.jfr           cpu
 *	all.tar   /../a/./b.folded    a/b
 *	-         standard input      stdin
 *
 * extensions: as in format.h. Never empty, absolute or with a ".." in it.
 */
struct str names_base(struct arena *a, struct str operand, struct str input, const char *extensions);
/* A profile's own name as part of a file name: "GC thread/3" is "GC_thread_3"; empty: its number. */
struct str names_part(struct arena *a, struct str name, uint32_t number);

/* Names that are taken. */
struct names {
	VEC(struct str) all;
	struct map map;
};

/* base and tail as one name; if that is taken, base-2, base-3 ... In a, and remembered. */
struct str names_take(struct names *n, struct arena *a, struct str base, struct str tail);
void names_fini(struct names *n);

#endif
