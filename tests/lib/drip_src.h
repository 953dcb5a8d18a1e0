/*
 * drip_src.h - a source that lends as few bytes as it may, each time in other memory: what was lent before is overwritten
 * and freed, so that who keeps pointers into it is found out.
 *
 *	struct drip_src d = drip_src(text);
 *	reads_from(&d.src);
 *	drip_src_fini(&d);
 */
#ifndef DRIP_SRC_H
#define DRIP_SRC_H

#include "base/mem.h"
#include "base/stream.h"

struct drip_src {
	struct src src;
	struct str left;
	char *lent;
	size_t n;
};

static inline void drip_src_fini(struct drip_src *d)
{
	if (d->lent != NULL)
		memset(d->lent, '?', d->n);
	mem_free(d->lent);
	d->lent = NULL;
}

static inline int drip_peek(struct src *s, size_t want, struct str *got, struct err *e)
{
	struct drip_src *d = CONTAINER_OF(s, struct drip_src, src);

	(void)e;
	drip_src_fini(d);
	d->n = MIN(want, d->left.n);
	d->lent = mem_cstr(d->n ? d->left.p : "", d->n);
	*got = str_of(d->lent, d->n);
	return 0;
}

static inline void drip_skip(struct src *s, size_t n)
{
	struct drip_src *d = CONTAINER_OF(s, struct drip_src, src);

	d->left = str_skip(d->left, n);
}

static inline struct drip_src drip_src(struct str text)
{
	return (struct drip_src){ .src = { .peek = drip_peek, .skip = drip_skip }, .left = text };
}

#endif
