/*
 * relabel.h - Prometheus relabel rules over label sets.
 *
 *	struct relabel_rules *r = relabel_rules_new(RELABEL_FIRST);
 *	struct relabel_fields f = relabel_defaults();
 *	f.source = names; f.n_source = 1; f.target = STR("env");
 *	if (relabel_rules_add(r, &f, e) < 0) ...
 *	keep = relabel_apply(a, r, &labels, &labels);
 *	relabel_rules_free(r);
 *
 * Rules own copies of their fields. relabel_apply may run in several threads
 * at once. Sets are sorted by name and stay so; a rule that empties a label
 * removes it.
 *
 * Source: the relabel_config chapter of Prometheus' documentation; spec of
 * the write API, section 12 (also of the built-in rules).
 */
#ifndef RELABEL_H
#define RELABEL_H

#include "base/json.h"
#include "formats/labels/labels.h"

/* X(name, word) */
/* clang-format off */
#define RELABEL_ACTIONS(X)                                                                    \
	X(REPLACE, "replace") X(KEEP, "keep") X(DROP, "drop") X(HASHMOD, "hashmod")           \
	X(LABELMAP, "labelmap") X(LABELDROP, "labeldrop") X(LABELKEEP, "labelkeep")           \
	X(LOWERCASE, "lowercase") X(UPPERCASE, "uppercase") X(KEEPEQUAL, "keepequal")         \
	X(DROPEQUAL, "dropequal")
/* clang-format on */

enum relabel_action {
#define X(name, word) RELABEL_##name,
	RELABEL_ACTIONS(X)
#undef X
	    RELABEL_N_ACTIONS
};

/* Where the built-in rules stand among the configured ones. */
enum relabel_position { RELABEL_FIRST, RELABEL_LAST, RELABEL_DISABLED };

struct relabel_fields {
	const struct str *source; /* label names */
	size_t n_source;
	struct str separator, regex, target, replacement;
	uint64_t modulus;
	enum relabel_action action;
};

struct relabel_rules;

struct relabel_fields relabel_defaults(void); /* ";", "(.*)", "$1", replace */
/* In any case of letters. */
int relabel_action_parse(struct str word, enum relabel_action *out, struct err *e);

struct relabel_rules *relabel_rules_new(enum relabel_position builtin);
void relabel_rules_free(struct relabel_rules *r); /* accepts NULL */
/* ERR_CONFIG for what Prometheus would refuse; nothing is added then. */
int relabel_rules_add(struct relabel_rules *r, const struct relabel_fields *f, struct err *e);
size_t relabel_rules_count(const struct relabel_rules *r); /* with the built-in ones */

/*
 * A rule as an object with the usual names (source_labels, separator, regex,
 * modulus, target_label, replacement, action); modulus may be a text.
 */
int relabel_rules_add_json(struct relabel_rules *r, json_t *rule, struct err *e);

/*
 * true = keep. *out is *in when nothing changed, else a new array in a; out
 * may be in. After a drop, *out is *in. NULL rules keep everything.
 */
bool relabel_apply(struct arena *a, const struct relabel_rules *r, const struct labels *in, struct labels *out);

#endif
