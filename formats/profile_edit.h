/*
 * profile_edit.h - other profiles made of one: with tags for all samples, of a range of time, of one sample type, without recursion, with
 * other paths, without names, one for each value of a tag.
 *
 * The result is new in `a`; it shares arrays and strings with the profile it was made of, which must live as long and
 * is not changed. Nothing fails; time and memory are linear in the profile.
 *
 *	p = profile_without_recursion(a, p);
 *	p = profile_anonymous(a, p, key);
 */
#ifndef PROFILE_EDIT_H
#define PROFILE_EDIT_H

#include "formats/labels/labels.h"
#include "formats/profile.h"

/* Every sample has these as tags too, in front of its own; own tags of such a key are left out. */
struct profile *profile_with_tags(struct arena *a, const struct profile *p, const struct labels *l);

/* Samples that began in from..to (both inclusive, unix ns); p->at must be there. */
struct profile *profile_slice(struct arena *a, const struct profile *p, int64_t from, int64_t to);

/* The samples of these numbers, in their order. */
struct profile *profile_pick(struct arena *a, const struct profile *p, const uint32_t *number, uint32_t n);

/* One sample type alone; samples whose value is 0 stay. type < p->n_types. */
struct profile *profile_of_type(struct arena *a, const struct profile *p, uint32_t type);

/* A function that called itself counts once: of neighbours with one name the callee stays, with its line. */
struct profile *profile_without_recursion(struct arena *a, const struct profile *p);

/* In names of source files and of mappings each prefix that fits first becomes another. */
struct path_rule {
	struct str from, to; /* from fits whole elements: /src fits /src/a.c and /src, not /srcs */
};
struct profile *profile_with_paths(struct arena *a, const struct profile *p, const struct path_rule *rules, size_t n);

/*
 * Names of functions, files and mappings, build ids and texts of tags become fn-, file-, map- and tag- with twelve digits
 * that depend on the name and the key (HMAC-MD5) alone: equal names stay equal, in all profiles with that key. Keys of
 * tags, numbers, lines and addresses stay; comments and the profile's own wishes about frames go.
 */
struct profile *profile_anonymous(struct arena *a, const struct profile *p, struct str key);

/* By the values of tags of these keys ("a" or, for several keys, "a,b"; numbers as digits; nothing is ""): sorted by value. */
struct profile_share {
	struct str value;
	struct profile *p;
};
size_t profile_split(struct arena *a, const struct profile *p, const struct str *keys, size_t n_keys,
    struct profile_share **out);

#endif
