/*
 * regex.h - regular expressions in Go's dialect (RE2), linear in the input
 * and bounded in memory (8 MiB per expression). '.' matches newlines too.
 *
 *	struct regex *re = regex_new_anchored(STR("(a|b).*"), e);
 *	if (re == NULL) ...                     ERR_INVALID, "error parsing regexp: ..."
 *	if (regex_match(re, value)) ...
 *	regex_free(re);
 *
 * Anchored expressions that are literals, lists of literals, prefixes,
 * suffixes, parts, ".*" or ".+" (also within one pair of brackets) are
 * compared without an engine. A regex may be used by several threads at once.
 *
 * Texts should be valid UTF-8; '.' does not match bytes that are not.
 */
#ifndef REGEX_H
#define REGEX_H

#include "base/err.h"
#include "base/str.h"

struct regex;

struct regex *regex_new(struct str pattern, struct err *e);          /* matches anywhere */
struct regex *regex_new_anchored(struct str pattern, struct err *e); /* matches whole texts */
void regex_free(struct regex *r);                                    /* accepts NULL */
bool regex_match(const struct regex *r, struct str text);
size_t regex_size(const struct regex *r); /* instructions for the engine; 0: it needs none */

/*
 * Likewise, with the groups: out[0] is the match, out[i] group i, { NULL, 0 }
 * for groups that took no part; slices of text. Fills out[0 .. n).
 */
enum { REGEX_MAX_GROUPS = 32 };
bool regex_capture(const struct regex *r, struct str text, struct str *out, unsigned n);
int regex_group(const struct regex *r, struct str name); /* number of (?P<name>...), or -1 */

#endif
