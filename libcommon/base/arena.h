/*
 * arena.h - a lifetime. Whoever makes the arena decides when all that was
 * made in it dies; there is no other free. One arena per request, per job,
 * per open object. Not for use by two threads at once.
 *
 *	struct arena *a = arena_new();
 *	struct row *rows = arena_array(a, n, sizeof(*rows));
 *	...
 *	arena_free(a);
 */
#ifndef ARENA_H
#define ARENA_H

#include "base/base.h"
#include "base/str.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a);  /* accepts NULL */
void arena_reset(struct arena *a); /* all dies, the first chunk is kept for reuse */
/* From now on arena_reset keeps up to n bytes: for an arena that is filled again and again, where fresh pages of the system
   would cost more than writing them. */
void arena_keep(struct arena *a, size_t n);
/* An arena with a shorter life, which uses what the whole keeps and leaves it there. It ends first. */
struct arena *arena_part(struct arena *whole);
size_t arena_bytes(const struct arena *a); /* memory held from the system */

void *arena_alloc(struct arena *a, size_t n); /* aligned to 16, not zeroed */
void *arena_zalloc(struct arena *a, size_t n);
void *arena_array(struct arena *a, size_t n, size_t size); /* overflow aborts */
void *arena_zarray(struct arena *a, size_t n, size_t size);
/* Room for n bytes that begins with the `used` ones of old (of this arena, or NULL), which is no more: large ones grow
   where they are, others leave a hole, which what is allocated later may fill. */
void *arena_resize(struct arena *a, void *old, size_t used, size_t n);
/* These n bytes of mem_alloc and the like are the arena's now. */
void arena_take(struct arena *a, void *p, size_t n);
struct str arena_str(struct arena *a, struct str s); /* copy */
char *arena_cstr(struct arena *a, struct str s);     /* terminated copy */
/* The text is terminated as well: .p is a C string. */
struct str arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
