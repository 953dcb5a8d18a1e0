/*
 * callgrind.h - call graphs of Callgrind, Cachegrind's relatives and KCachegrind's friends; only for this folder.
 *
 *	# callgrind format
 *	positions: instr line                    or one of them
 *	events: Ir Time_(10ns)                   what is counted; units in brackets
 *	ob=(1) /bin/prog                         "(n) text" names it, then "(n)" is enough
 *	fl=(1) a.c
 *	fn=(1) main
 *	0x10 +3 20 15000                         positions, costs of its own; +n -n * are relative to the line before
 *	cob=(2) .. cfi=(2) b.c  cfn=(2) work
 *	calls=3 0x40 50                          how often, where to
 *	* * 400 20000                            from where, with what it called
 *	fi=(3) inline.h                          lines that follow are of this file; fe= ends it
 *
 * Several parts in one file add up. Source: "Callgrind Format Specification" of the Valgrind manual; relative costs as
 * other readers take them.
 *
 * Reading gives a graph, not stacks. callgrind_stacks puts them together: each function's costs go to the ways that lead
 * to it in proportion to the inclusive costs along them; costs of each line stay exact. Ways are followed heaviest first,
 * never twice over one function, and not without end: see the limits below.
 */
#ifndef CALLGRIND_H
#define CALLGRIND_H

#include "formats/format_impl.h"
#include "formats/lines.h"

enum {
	CG_EVENTS = 32,
	CG_DEPTH = 256,        /* functions of a way */
	CG_CONTEXTS = 1 << 18, /* ways; and not above 4,096 + 2 for each function and call */
};

struct cg_function {
	uint32_t object, file, name;  /* strings of the builder */
	uint32_t first_line, n_lines; /* after callgrind_sort: in lines */
	uint32_t first_call, n_calls; /* in calls, those it makes */
	uint32_t n_callers;           /* calls from other functions to it */
};

struct cg_cost { /* costs of their own of a line, or with what was called */
	uint32_t function, file;
	uint32_t to; /* of calls: the function that is called */
	int64_t line;
	uint32_t costs; /* n_events numbers begin there in cg.costs */
};

struct cg {
	struct arena *a;
	struct profile_builder *b; /* from the events on */
	uint32_t n_events;
	struct str events[CG_EVENTS];
	int64_t scale[CG_EVENTS]; /* "10ns": 10 */
	struct cg_function *functions;
	struct cg_cost *lines, *calls;
	int64_t *costs;
	uint32_t n_functions, n_lines, n_calls, n_costs;
	uint32_t cap_functions, cap_lines, cap_calls, cap_costs;
	struct table function_table, line_table, call_table;
};

/* callgrind.c: found, or made */
uint32_t callgrind_function(struct cg *g, uint32_t object, uint32_t file, uint32_t name);
uint32_t callgrind_line(struct cg *g, const struct cg_cost *c);      /* number in lines; c->to is 0 */
uint32_t callgrind_call(struct cg *g, const struct cg_cost *c);      /* number in calls */
void callgrind_add(struct cg *g, uint32_t at, const int64_t *costs); /* at: where costs begin */
void callgrind_sort(struct cg *g);                                   /* by function; nothing is added after that */

/* callgrind_read.c: ERR_INVALID with the line. */
int callgrind_read(struct cg *g, struct str bytes, const struct format_opts *o, struct format_notes *notes,
    struct err *e);
/* callgrind_stacks.c: samples into g->b */
void callgrind_stacks(struct cg *g);
/* callgrind_write.c: types first .. first + n - 1 of p */
int callgrind_write(const struct profile *p, uint32_t first, uint32_t n, struct buf *out, struct err *e);

#endif
