/*
 * vec.h - a typed growable array.
 *
 *	VEC(struct row) rows = { 0 };
 *	vec_push(&rows, r);
 *	for (size_t i = 0; i < rows.n; i++) use(rows.p[i]);
 *	vec_free(&rows);
 */
#ifndef VEC_H
#define VEC_H

#include "base/mem.h"

#define VEC(type)              \
	struct {               \
		type *p;       \
		size_t n, cap; \
	}

/* Room for k more elements. */
#define vec_reserve(v, k)                                                       \
	do {                                                                    \
		if ((v)->n + (size_t)(k) > (v)->cap) {                          \
			(v)->cap = MAX((v)->n + (size_t)(k), (v)->cap * 2 + 8); \
			(v)->p = mem_resize((v)->p, (v)->cap, sizeof(*(v)->p)); \
		}                                                               \
	} while (0)

#define vec_push(v, x)                  \
	do {                            \
		vec_reserve((v), 1);    \
		(v)->p[(v)->n++] = (x); \
	} while (0)

/* Gives back the room for more. */
#define vec_fit(v)                                                              \
	do {                                                                    \
		if ((v)->cap > (v)->n) {                                        \
			(v)->cap = (v)->n;                                      \
			(v)->p = mem_resize((v)->p, (v)->cap, sizeof(*(v)->p)); \
		}                                                               \
	} while (0)

#define vec_free(v)               \
	do {                      \
		mem_free((v)->p); \
		(v)->p = NULL;    \
		(v)->n = 0;       \
		(v)->cap = 0;     \
	} while (0)

#endif
