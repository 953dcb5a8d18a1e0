/*
 * r8map.h - mapping files of R8 and ProGuard: what classes and methods of
 * Android programs were called before they were made small.
 *
 *	com.shop.Cart -> a.b:
 *	# {"id":"sourceFile","fileName":"Cart.kt"}
 *	    int total -> a                                           a field
 *	    1:3:void add(int):20:22 -> a                             lines 1-3 of a.b.a were 20-22 of add
 *	    4:4:int com.shop.Price.round():7:7 -> a                  line 4: Price.round, line 7, inlined ...
 *	    4:4:void add(int):23 -> a                                ... into add, line 23
 *	    void clear() -> c                                        no lines
 *
 * Source: "R8, Retrace and map file versioning"; ProGuard manual, ReTrace.
 */
#ifndef SYMBOLIZE_R8MAP_H
#define SYMBOLIZE_R8MAP_H

#include "base/arena.h"
#include "formats/symbolize/frame.h"

struct r8map;

/* Borrows from the text. Lines that are not understood are left out and counted. NULL: there is no class in it. */
struct r8map *r8map_read(struct arena *a, struct str text, uint64_t *skipped);
/*
 * name: "a.b.a" or "a/b.a", as stack traces and JFR have it; line 0 = not
 * known. Frames innermost first, in the arena; 0: nothing is known about it.
 * Slashes come back as slashes.
 */
uint32_t r8map_find(const struct r8map *m, struct arena *a, struct str name, uint32_t line, struct sym_frame *out,
    uint32_t max);

#endif
