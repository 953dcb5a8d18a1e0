/*
 * format.h - the table of profile formats. A format is a row; what one
 * program can write another can read.
 *
 *	const struct format *f = format_detect(bytes, file_name, e);
 *	struct format_profiles got;
 *	if (f == NULL || f->decode(a, bytes, &opts, &got, e) < 0)
 *		return -1;
 *
 * Some inputs hold several profiles (threads, events, resources): decode gives
 * a list, in the order of the input. gzip and zstd around a format are taken
 * off by format_unpack; archives are the caller's business. Formats that are
 * only recognised, to name them in the error, are not in the table.
 *
 * To add a format: formats/<kind>/format_<name>.c with its row, and a line in
 * formats.def.
 */
#ifndef FORMAT_H
#define FORMAT_H

#include "formats/labels/labels.h"
#include "formats/profile.h"

#define FORMAT_ALL_TYPES UINT32_MAX

struct src; /* base/stream.h */

enum format_keep {        /* what stays apart beside stacks, where a format has it */
	FORMAT_TAGS = 1,  /* tags of samples: thread, pid, cpu, state, class ...; otherwise such samples are summed */
	FORMAT_TIMES = 2, /* profile.at; otherwise samples of one stack are summed */
	FORMAT_NAMES = 4, /* names that only stand in comments, where pprof shows addresses: Go's texts of debug=1 */
	FORMAT_MOMENTS =
	    8, /* for who reads many: samples without times are of their profile's (profile_time_samples) */
};

enum format_marks {              /* behind names of functions, where perf's text says it */
	FORMAT_MARK_KERNEL = 1,  /* "_[k]" */
	FORMAT_MARK_JIT = 2,     /* "_[j]": compiled while the program ran */
	FORMAT_MARK_INLINED = 4, /* "_[i]": told by a compiler at run time */
};

enum format_root { /* the first frame of perf's stacks */
	FORMAT_ROOT_COMMAND,
	FORMAT_ROOT_PID, /* command-PID */
	FORMAT_ROOT_TID, /* command-PID/TID */
	FORMAT_ROOT_NONE,
};

struct format_opts {
	struct str file_name; /* may be empty */
	const size_t *ends;   /* decoders: where in the bytes a member of gzip or a frame of zstd ended (io/inputs.h) */
	size_t n_ends;
	unsigned keep;         /* decoders: enum format_keep */
	uint32_t rate;         /* decoders: samples a second where the file does not say; 0 = 100 */
	bool lenient;          /* decoders: leave out what cannot be read and note it, instead of failing */
	unsigned marks;        /* decoders: enum format_marks */
	enum format_root root; /* decoders */
	bool split_frames;     /* decoders of folded stacks: take file and line out of names */
	/* Decoders whose stacks lead through programs (perf.data): the bytes of a program or library of that path, and of that
	   build where the id (hexadecimal) is not empty, which stay until decode returns; false: it is not here. NULL: none is.
	   Never for what strangers sent: they name the path. */
	bool (*binary)(void *ctx, struct str path, struct str build_id, struct str *bytes);
	void *binary_ctx;
	struct str first; /* decoders: of a piece that is not the first (see cut), the first piece */
	uint32_t type; /* encoders of one value: which sample type; FORMAT_ALL_TYPES: the default one. Encoders that can
	    hold several write all with FORMAT_ALL_TYPES. */
	bool columns;  /* encoder of folded stacks: all sample types, side by side */
	bool plain;    /* encoders that compress by default: do not */
};

struct format_profile {
	struct profile *p;
	struct str name; /* in the input: of a thread, an event; may be empty */
	struct labels
	    labels; /* what the format says of the whole profile, as series labels (__name__, service_name ...) */
	bool apart; /* an input of its own that was written behind another: it did not run beside the one before */
};

struct format_notes {
	uint64_t records;   /* of text: lines or blocks that count; 0 = nobody counted them */
	uint64_t skipped;   /* records that were left out; without lenient only those that a format may always skip */
	struct str first;   /* where and why the first was: "line 12: no count" */
	struct str warning; /* for people: "callgrind has no stacks: they are put together from calls"; may be empty */
};

struct format_profiles {
	struct format_profile *p; /* in the arena */
	uint32_t n;
	struct format_notes notes;
};

struct format {
	const char *name;
	const char *extensions;    /* separated by blanks, without the dot in front;
	    the first is the usual one */
	const char *content_types; /* separated by blanks; the first is the one to send */
	const char *text;          /* one line for people */
	/*
	 * 0 = certainly not; 100 = a magic number or schema (format_impl.h). file_name may be empty. Here and below bytes
	 * are unpacked and have no byte-order mark of UTF-8: format_unpack or io/inputs.h took it off.
	 */
	int (*bid)(struct str bytes, struct str file_name);
	/* NULL if the format cannot be read. bytes live as long as the profiles. out is all zero. */
	int (*decode)(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
	    struct err *e);
	/*
	 * For formats of independent records (lines, blocks of lines): how many bytes at the beginning are whole records;
	 * 0 = less than one. decode takes such a piece as if it were a file, so that inputs larger than memory can be read.
	 * NULL for all others.
	 */
	size_t (*cut)(struct str bytes);
	/* As decode, of bytes that are read once, a few records at a time; the profiles do not need them. NULL for most. */
	int (*stream)(struct arena *a, struct src *s, const struct format_opts *o, struct format_profiles *out,
	    struct err *e);
	/* NULL if the format cannot be written. Appends. n is 1 unless `several`. */
	int (*encode)(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
	    struct err *e);
	bool several; /* encode takes any number of profiles: threads, events */
};

/* Profile i ran beside the one before, in one recording: see profile_merger_add_beside. */
static inline bool format_beside(const struct format_profiles *got, uint32_t i)
{
	return i > 0 && !got->p[i].apart;
}

extern const struct format *const formats[];
extern const uint32_t n_formats;

/* By its name, or ERR_UNSUPPORTED: unsupported format: NAME (known: ...). */
const struct format *format_by_name(struct str name, struct err *e);
/*
 * By the extension of a file name (the longest that fits; one of compression behind it is ignored) or
 * by content type (its parameters are ignored); NULL if there is none.
 */
const struct format *format_by_extension(struct str file_name);
const struct format *format_by_content_type(struct str content_type);
/* By content, the file name as a hint. ERR_UNSUPPORTED names what was recognised or tried. */
const struct format *format_detect(struct str bytes, struct str file_name, struct err *e);
/* The one of that name, which the option (--format) gives, or that of the content where it is empty. It can be read. */
const struct format *format_asked(const char *option, const char *name, struct str bytes, struct str file_name,
    struct err *e);
/* f->decode of what somebody said is an f: where it cannot be one, the error says what the bytes look like. */
int format_decode(const struct format *f, struct arena *a, struct str bytes, const struct format_opts *o,
    struct format_profiles *out, struct err *e);

/*
 * Of several profiles those that are named, by name or by number from 1; a name that none has stands for those that begin
 * with it and "_": alloc for alloc_in_new_tlab. No names: all stay. ERR_INVALID says which there are.
 */
int format_choose(struct format_profiles *got, const char *const *names, size_t n, struct err *e);

/*
 * Takes gzip or zstd off, again while there is some, three times at most, and a byte-order mark of UTF-8.
 * *out points into bytes or into the arena. ERR_LIMIT above limit bytes.
 */
int format_unpack(struct arena *a, struct str bytes, size_t limit, struct str *out, struct err *e);

#endif
