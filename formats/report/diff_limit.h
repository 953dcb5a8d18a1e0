/*
 * diff_limit.h - a limit that a comparison, or one profile, must not pass, for programs that end with 1 then.
 *
 *	self(encode) > +3%          what functions whose names match took themselves, more than 3 % above before
 *	cum(json\.) < -100ms        with their callees; a change in a unit
 *	total >= 2s                 a number without a sign is of after alone
 *
 *	what    self(RE), flat(RE) (the same), cum(RE), total
 *	sign    > >= < <=
 *	number  +N% -N% N% (a change in per cent), +N -N (a change) or N (after), with a unit that the sample type can have;
 *	        N% of total: the share that it has after
 *
 * Changes must also be significant: p at most 1 - confidence, of this one test. Where nothing is known of noise, or the
 * confidence is 0, the numbers decide alone.
 */
#ifndef DIFF_LIMIT_H
#define DIFF_LIMIT_H

#include "formats/report/report.h"

struct diff_limit {
	struct str text;
	enum { LIMIT_SELF, LIMIT_CUM, LIMIT_TOTAL } of;
	struct regex *re; /* NULL: of the total */
	bool less, equal;
	bool percent, change, share; /* percent: of a change; share: of the total */
	double number;
	struct str unit;
	/* after diff_limit_check */
	bool passed;         /* the condition holds */
	struct str sentence; /* "self(encode) > +3%: 1s before, 1.30s after, +30.00% (p <0.001)" */
};

/* ERR_USAGE says what is wrong. Texts live in a; re is freed by _fini. */
int diff_limit_parse(struct arena *a, struct str text, struct diff_limit *out, struct err *e);
void diff_limit_fini(struct diff_limit *l);
/*
 * ERR_USAGE: the sample type has no such unit. before NULL: there is one profile, after, and nothing is known of changes;
 * a limit of a change is ERR_USAGE.
 */
int diff_limit_check(struct diff_limit *l, struct arena *a, struct report *before, struct report *after,
    const struct report_diff_opts *o, struct err *e);

/* What became of limits that belong together. */
struct limit_suite {
	struct str name; /* empty: the only one */
	const struct diff_limit *limits;
	size_t n;
	struct str error; /* why they could not be checked, or empty */
};

struct limit_counts {
	size_t limits, passed, unchecked;
};

struct limit_counts limits_count(const struct limit_suite *s, size_t n);
/* A line for each limit; test cases in the XML of JUnit; a list in Markdown, without a title. */
void limits_text(const struct limit_suite *s, size_t n, struct buf *out);
void limits_junit(const struct limit_suite *s, size_t n, struct buf *out);
void limits_markdown(const struct limit_suite *s, size_t n, struct buf *out);
void limits_markdown_name(struct str s, bool cell, struct buf *out); /* as code; cell: in a table */

#endif
