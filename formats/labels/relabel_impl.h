/*
 * relabel_impl.h - a rule as relabel_rules.c makes it and relabel.c runs it.
 */
#ifndef RELABEL_IMPL_H
#define RELABEL_IMPL_H

#include "formats/labels/relabel.h"

struct regex;

struct piece {
	struct str literal;
	int group; /* below 0: the literal counts */
};

/* "a$1${name}" in pieces. */
struct template
{
	struct piece *pieces;
	size_t n;
};

struct rule {
	enum relabel_action action;
	struct str *source;
	size_t n_source;
	struct str separator, target;
	struct template target_template, replacement;
	struct regex *re;
	uint64_t modulus;
};

struct relabel_rules {
	struct arena *mem;
	struct rule *rules;
	size_t n, cap;
	size_t builtin_last; /* built-in rules at the end, behind which nothing is added */
};

#endif
