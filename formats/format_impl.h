/*
 * format_impl.h - what the rows of the table of formats share: how sure a bid
 * is, and small helpers. Only for format*.c.
 */
#ifndef FORMAT_IMPL_H
#define FORMAT_IMPL_H

#include "formats/format.h"
#include "formats/profile_impl.h"

enum { /* of bid */
	BID_NO = 0,
	BID_WEAK = 20, /* would do when nothing else does */
	BID_LIKELY = 60,
	BID_NAMED = 70, /* likely, and the file name says so */
	BID_SURE = 90,  /* a magic number, a schema, all of it checked */
	BID_MOST = 100, /* it cannot be anything else: nobody is asked any more */
};

/* The file name (one of compression behind it is ignored) has one of the extensions. */
bool format_named(struct str file_name, const char *extensions);
/* part stands near the beginning. */
bool format_near(struct str bytes, const char *part);
/* One profile without name and labels; returns 0. */
int format_one(struct arena *a, struct profile *p, struct format_profiles *out);
/* The sample type that an encoder of one is to write. ERR_INVALID: there is no such. */
int format_type(const struct profile *p, const struct format_opts *o, const char *name, uint32_t *type, struct err *e);

#endif
