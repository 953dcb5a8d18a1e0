/*
 * labels.h - label sets: sorted by name (bytes), no two of one name. Values
 * are borrowed slices; labels_copy makes a set of its own.
 */
#ifndef LABELS_H
#define LABELS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

struct label {
	struct str name, value;
};

struct labels {
	struct label *p;
	uint32_t n;
};

struct str labels_get(const struct labels *l, struct str name); /* empty if absent */
bool labels_has(const struct labels *l, struct str name);
void labels_sort(struct labels *l);                             /* stable, by name */
int labels_cmp(const struct labels *a, const struct labels *b); /* pair by pair, shorter first (index order) */
uint64_t labels_hash(const struct labels *l); /* fingerprint: XXH64 of name 0xff value 0xff ... in stored order */
struct labels labels_copy(struct arena *a, const struct labels *l); /* with its bytes */
/* A set like l with name = value (replaced or inserted), or without name. New array in a, bytes borrowed. */
struct labels labels_with(struct arena *a, const struct labels *l, struct str name, struct str value);
struct labels labels_without(struct arena *a, const struct labels *l, struct str name);
/* Those of these names that l has with a value; sorted if the names are. Bytes borrowed. */
struct labels labels_some(struct arena *a, const struct labels *l, const struct str *names, size_t n);
void labels_print(struct buf *b, const struct labels *l); /* {a="b", c="d"}, values quoted as Go does */

/* name:type:unit:period_type:period_unit, from 5 parts or 6 (the sixth is dropped). */
struct profile_type {
	struct str name, type, unit, period_type, period_unit;
};
int profile_type_parse(struct str id, struct profile_type *out, struct err *e);
struct str profile_type_id(struct arena *a, const struct profile_type *t);

#endif
