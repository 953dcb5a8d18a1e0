/*
 * otlp_impl.h - a request that is being converted. Only for formats/otlp.
 *
 * Each group of a profile's samples becomes a profile whose tables hold what
 * the group uses, in the order of use. Where an entry of the request's tables
 * has gone is kept by its index; an entry counts only while it bears the
 * number of the group (`turn`), so nothing is cleared between groups.
 */
#ifndef OTLP_IMPL_H
#define OTLP_IMPL_H

#include "formats/otlp/otlp_labels.h"
#include "formats/otlp/otlp_request.h"
#include "formats/profile_impl.h"

enum { OTLP_ALL_FLAGS = 15, OTLP_MIXED_FLAGS = 255 };

struct otlp_maps { /* for one set of tables */
	bool ready;
	uint64_t *strings, *functions, *locations, *stacks;
	uint64_t *mappings;       /* by index * 16 + flags */
	uint64_t *keys, *values;  /* of attributes, as strings */
	uint64_t *spans, *traces; /* of links, as strings */
	uint8_t *location_flags;  /* what the location knows: enum mapping_flags */
	uint8_t *mapping_uniform; /* flags that all of its locations have, or OTLP_MIXED_FLAGS */
	uint8_t *mapping_flags;   /* of the stack at hand */
	uint64_t *mapping_seen;   /* in it */
	uint8_t *is_service;      /* the attribute names the service */
};

struct otlp {
	struct arena *a;
	struct otlp_opts o;
	struct otlp_request rq;
	struct otlp_maps *maps; /* by tables */
	size_t size;            /* bytes of the request */
	uint64_t spread;        /* words that came again so far: see otlp_spend */
	uint32_t turn, stack_turn;
	uint32_t unknown;
};

/*
 * What stands once in a request may come again in each of its profiles and services: how often is limited, so that
 * little input cannot take all memory. n more of `what`, each of so many words of four bytes, that `of` have; ERR_LIMIT: "the stacks of the samples have more
 * than 4194304 locations in all".
 */
int otlp_spend(struct otlp *q, uint64_t n, unsigned words, const char *of, const char *what, struct err *e);
/* The text of an attribute's key or value. */
struct str otlp_key(const struct otlp *q, const struct otlp_tables *t, const struct otlp_attribute *x);
struct str otlp_value(const struct otlp *q, const struct otlp_tables *t, const struct otlp_attribute *x);
/* The samples `list` (positions in the request) of profile i as one profile. */
int otlp_group(struct otlp *q, uint32_t i, const uint32_t *list, uint32_t n, struct profile **out, struct str *name,
    struct err *e);

#endif
