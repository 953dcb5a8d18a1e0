/*
 * format.h - the table of profile formats. A format is a row; what one
 * program can write another can read.
 *
 *	const struct format *f = format_detect(bytes, file_name, e);
 *	struct format_profiles got;
 *	if (f == NULL || f->decode(a, bytes, &opts, &got, e) < 0)
 *		return -1;
 *
 * Some inputs hold several profiles (threads, value types): decode gives a
 * list. gzip and zstd around a format are taken off by format_unpack; archives
 * are the caller's business. Formats that are only recognised, to name them in
 * the error, are not in the table.
 */
#ifndef FORMAT_H
#define FORMAT_H

#include "formats/profile.h"

struct format_opts {
	struct str file_name; /* may be empty */
	uint32_t type;        /* encoders of one value: which sample type */
	bool plain;           /* encoders that compress by default: do not */
};

struct format_profiles {
	struct profile **p; /* in the arena */
	uint32_t n;
};

struct format {
	const char *name;
	const char *extensions;    /* separated by blanks, without the dot;
	    the first is the usual one */
	const char *content_types; /* separated by blanks; the first is the one to send */
	const char *text;          /* one line for people */
	/* 0 = certainly not; 100 = a magic number or schema. file_name may be empty. */
	int (*bid)(struct str bytes, struct str file_name);
	/* NULL if the format cannot be read. bytes live as long as the profiles. */
	int (*decode)(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
	    struct err *e);
	/* NULL if the format cannot be written. Appends. */
	int (*encode)(const struct profile *p, const struct format_opts *o, struct buf *out, struct err *e);
};

extern const struct format formats[];
extern const uint32_t n_formats;

/* By its name, or ERR_UNSUPPORTED: unsupported format: NAME (known: ...). */
const struct format *format_by_name(struct str name, struct err *e);
/*
 * By the extension of a file name (one of compression behind it is ignored) or
 * by content type (its parameters are ignored); NULL if there is none.
 */
const struct format *format_by_extension(struct str file_name);
const struct format *format_by_content_type(struct str content_type);
/* By content, the file name as a hint. ERR_UNSUPPORTED names what was recognised or tried. */
const struct format *format_detect(struct str bytes, struct str file_name, struct err *e);

/*
 * Takes gzip or zstd off, again while there is some, three times at most.
 * *out points into bytes or into the arena. ERR_LIMIT above limit bytes.
 */
int format_unpack(struct arena *a, struct str bytes, size_t limit, struct str *out, struct err *e);

#endif
