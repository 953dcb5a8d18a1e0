/*
 * output.h - the forms in which an answer about profiles is written: texts,
 * tables, pictures, and every format of formats[] that can be written. One
 * table for all who write: the verbs and --output of the programs, and servers
 * that are asked for a form.
 *
 *	struct output_choice c;
 *	if (output_parse(a, "svg=cpu.svg", STR("top"), OUTPUT_REPORT, &c, e) == 0)
 *		rc = output_print(&c.form, &(struct output_in){ .report = r, .profile = p }, &opts, &buf, e);
 *
 * A form is printed of one of three things:
 *
 *	a report        one profile behind its filters; a format gets report_profile() of it
 *	profiles        what a decoder gave, as many as there are; formats alone, and only those that hold
 *	                several take more than one
 *	a comparison    two reports
 *
 * A row of formats[] is a form by itself; a row of outputs.def of the same name adds what it is for reports and
 * comparisons. To add a form: a line in outputs.def and its function in output.c.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "formats/format.h"
#include "formats/report/report.h"

enum output_of { OUTPUT_REPORT = 1, OUTPUT_PROFILES = 2, OUTPUT_COMPARISON = 4 };

struct output_opts {
	int64_t max_nodes;                   /* of pictures; <= 0: all */
	uint64_t rows;                       /* of a table of a comparison; 0: all */
	bool cum;                            /* its order */
	bool columns;                        /* folded: all sample types, side by side; ERR_USAGE: any other form */
	bool plain;                          /* formats that compress by default: do not */
	uint32_t type;                       /* of profiles: as format_opts.type */
	const struct report_diff_opts *diff; /* of a comparison, but for rows and cum; NULL: the usual */
	struct picture picture;              /* an empty title, subtitle or unit: as it fits */
};

struct output_in {
	struct arena *a;
	struct report *report;                 /* of a comparison: after */
	const struct profile *profile;         /* what the report was made of */
	bool changed;                          /* the filters change it: formats get what they leave */
	struct report *before;                 /* not NULL: a comparison */
	const struct format_profile *profiles; /* without a report; with one: name and labels of its profile, or NULL */
	uint32_t n;
};

struct output {
	const char *name;
	const char *extensions;  /* as in format.h; may hold dots: "pb.gz" */
	struct str content_type; /* the one to send, with its parameters */
	const char *text;        /* one line for people */
	bool binary;             /* not for a terminal */
	unsigned keep;           /* what decoders are to keep for it: enum format_keep */
	/* NULL: there is no such */
	int (*report)(const struct output_in *in, const struct output_opts *o, struct buf *out, struct err *e);
	int (*comparison)(const struct output_in *in, const struct output_opts *o, struct buf *out, struct err *e);
	const struct format *format; /* NULL: only of reports and comparisons */
};

uint32_t output_count(void);
struct output output_at(uint32_t i); /* i < output_count() */
/* By name, or by another name of it (merge = pprof); false: there is none. */
bool output_find(struct str name, struct output *out);
/* enum output_of, those that it has. */
unsigned output_what(const struct output *f);

enum output_pack { OUTPUT_AS_IT_IS, OUTPUT_GZIP, OUTPUT_ZSTD };

struct output_choice {
	struct output form;
	const char *file; /* NULL: standard output */
	enum output_pack pack;
};

/*
 * --output: a form, FORM=FILE, or a file whose extension names the form (behind it .gz or .zst compress); "" and "-" are
 * the usual form, and so is "text". ERR_USAGE lists what can be printed of the thing.
 */
int output_parse(struct arena *a, const char *text, struct str usual, enum output_of of, struct output_choice *out,
    struct err *e);
enum output_pack output_packed(struct str file); /* .gz, .zst */
/* By the longest extension that fits; false: none does. */
bool output_by_file(struct str file, struct output *out, enum output_pack *pack);

/* ERR_USAGE: there is no such form of the thing. Check the buf at the end. */
int output_print(const struct output *f, const struct output_in *in, const struct output_opts *o, struct buf *out,
    struct err *e);
/* o->picture, filled up with what the report says and that title. */
struct picture output_picture(const struct report *r, const struct output_opts *o, const char *title);
/* What is packed already stays as it is, but zstd takes the place of gzip. In place. */
void output_pack(enum output_pack how, struct buf *b);

#endif
