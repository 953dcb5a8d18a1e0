/*
 * rules.h - the file of `pyro-query check`: limits over questions.
 *
 *	defaults:                       options of every rule; may be missing
 *	  from: now-1h
 *	rules:
 *	  - name: encode stays cheap    of reports; default: "rule N"
 *	    source: http://host:4040    or a list; default: the command line's
 *	    query: '{service_name="shop"}'
 *	    fail-if:                    or one text; see diff_limit.h
 *	      - self(encode) > 10% of total
 *	      - total > +5%
 *	    base:                       what is compared with: the same question, but for what stands here
 *	      from: now-25h
 *	      to: now-24h
 *
 * All other keys are options of `pyro-query diff`, without their dashes. Pure: nothing is opened.
 */
#ifndef RULES_H
#define RULES_H

#include "formats/report/diff_limit.h"
#include "tools/pyro-query/query.h"

enum { RULES_MAX = 10000, RULES_FILE_MAX = 4 << 20 };

struct rule_side {
	struct query_opts o;
	struct opt_list sources; /* none: those of the command line */
};

struct rule {
	struct str name;
	struct rule_side now, base;
	bool compares; /* there is a base */
	struct diff_limit *limits;
	size_t n_limits;
};

struct rules {
	struct rule *p;
	size_t n;
};

/* In a. t: the table of usual, from which every rule begins. ERR_CONFIG: "name:line: what". */
int rules_parse(struct rules *out, struct arena *a, struct str text, const char *name, const struct opt_table *t,
    const struct query_opts *usual, struct err *e);
void rules_fini(struct rules *r); /* also after a failure, of a struct that was zero before */

#endif
