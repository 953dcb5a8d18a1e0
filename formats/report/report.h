/*
 * report.h - answers about one profile, for people and for pipes: the texts
 * that `go tool pprof` prints (byte for byte), folded stacks, JSON, dot, flame
 * graphs as SVG and as one self-contained HTML page, and tables of a
 * comparison.
 *
 * A report is made once from a profile and its options (filters, names,
 * sums) and then printed in any number of forms:
 *
 *	struct report_opts o = report_defaults();
 *	struct report *r = report_new(p, &o, &e);       (ERR_INVALID: no such sample type)
 *	if (r != NULL)
 *		report_top(r, &out);
 *	report_free(r);
 *
 * The profile, its strings and the expressions are borrowed until
 * report_free. Printers append to a buf; check it with buf_check at the end.
 * One thread at a time. Nothing here knows the clock or the locale.
 *
 * Source: the output of `go tool pprof` of Go 1.26; SVG of FlameGraph.
 */
#ifndef REPORT_H
#define REPORT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "formats/profile.h"
#include "formats/query/tree.h"

struct regex; /* formats/labels/regex.h */

enum report_granularity {
	REPORT_FUNCTIONS,
	REPORT_FILEFUNCTIONS,
	REPORT_FILES,
	REPORT_LINES,
	REPORT_ADDRESSES,
};

/* A condition on tags, as -tagfocus: see report_tag_filter_parse. */
struct report_tag_filter;

struct report_opts {
	struct str sample; /* name or number of the sample type; empty: the profile's default */
	enum report_granularity granularity;
	bool noinlines;
	bool show_columns; /* of lines; with addresses they are shown anyway */
	bool cum;          /* sort by cum */
	bool mean;         /* value / first value */
	bool drop_negative;
	bool relative;          /* percentages of what the filters leave, not of the whole */
	bool no_trim;           /* show everything: counts and fractions below do not count */
	bool compact_labels;    /* header in the graph only */
	int64_t node_count;     /* -1: as the form has it (80 for tree and dot, all for top) */
	double node_fraction;   /* 0.005 */
	double edge_fraction;   /* 0.001 */
	double divide_by;       /* 1 */
	struct str unit;        /* "minimum" (default), "auto", or a unit: "ms", "MB" */
	struct str trim_path;   /* colon-separated prefixes cut from file names */
	struct str source_path; /* with trim_path empty: the base names found in it are cut points */

	/* NULL = no condition */
	struct regex *focus, *ignore, *hide, *show, *show_from, *prune_from;
	struct report_tag_filter *tag_focus, *tag_ignore;
	struct regex *tag_show, *tag_hide;
	struct str tag_root, tag_leaf; /* comma-separated tag keys that become frames */

	const struct str *active; /* what the header says of filters, one line each: "focus=main" */
	uint32_t n_active;

	int64_t total;       /* not 0: percentages are of this (the base of a comparison) */
	int32_t zone_offset; /* seconds east of UTC, for the time in headers */
	struct str zone;     /* its name; empty: "UTC" */
	uint32_t width;      /* columns of the terminal; 0 = no terminal: nothing is cut */
};

struct report_opts report_defaults(void);

/* expr: as -tagfocus takes it: RE[,RE], KEY=RE, KEY=128kb:512kb, 3:, :5ms. In a. ERR_INVALID says what is wrong. */
struct report_tag_filter *report_tag_filter_parse(struct arena *a, struct str expr, struct err *e);
void report_tag_filter_free(struct report_tag_filter *f); /* accepts NULL; frees the compiled expressions */

struct report;

struct report *report_new(const struct profile *p, const struct report_opts *o, struct err *e);
void report_free(struct report *r);           /* accepts NULL */
int64_t report_total(const struct report *r); /* sum of the absolute values that percentages refer to */
int64_t report_sum(const struct report *r);   /* sum of the values that the filters leave */
struct str report_value(struct report *r, struct arena *a, int64_t v); /* "1.25s", as columns show it */

/* Texts as of pprof: -top, -tree, -peek=RE, -list=RE, -raw, -traces, -tags, -comments, -dot. */
void report_top(struct report *r, struct buf *out);
void report_tree(struct report *r, struct buf *out);
int report_peek(struct report *r, struct regex *which, struct buf *out, struct err *e); /* ERR_NOTFOUND: no match */
void report_raw(struct report *r, struct buf *out);

/* Where -list finds source texts: the caller opens files, nobody else. */
struct report_sources {
	/*
	 * The file of that path, or of a path below the folders of search or of their parents, the first that there
	 * is; as long as the report. -1: the error is printed in the place of the lines.
	 */
	int (*open)(void *ctx, struct str path, struct str search, struct str *text, struct err *e);
	void *ctx;
	struct str search; /* folders with colons between; where source_path is empty the working folder */
};
/*
 * -list=RE: the source of functions that match, with flat and cum of each line. Sums are by line, whatever the
 * granularity; forms that are printed later are by line as well. ERR_NOTFOUND: no match.
 */
int report_list(struct report *r, struct regex *which, const struct report_sources *sources, struct buf *out,
    struct err *e);
void report_traces(struct report *r, struct buf *out);
void report_tags(struct report *r, struct buf *out);
void report_comments(struct report *r, struct buf *out);
void report_dot(struct report *r, struct buf *out);

/* Ours. */
void report_folded(struct report *r, struct buf *out); /* a;b;c 12, sorted by bytes, equal stacks summed */
/*
 * {"type","unit","total","time","duration",
 *  "functions":[{"name","flat","cum"} ...],                    trimmed as the options say
 *  "tree":[{"id","parent","name","self","total"} ...]}         everything, parents first; parent 0: a root
 */
void report_json(struct report *r, struct buf *out);
/* flat, flat_percent, cum, cum_percent, name: raw numbers, a title line, sep is a tab or a comma. */
void report_table(struct report *r, struct buf *out, char sep);
void report_field(struct str s, char sep, struct buf *out); /* a field of such a table, quoted where it must be */
/* The call tree drawn with lines, heaviest first; lighter than node_fraction is counted, not shown. */
void report_calls(struct report *r, struct buf *out);
struct tree *report_call_tree(struct report *r); /* names; freed with tree_free */
/* Without nodes below this share of the total: their callers have their values. All nodes when a value is negative. */
struct tree *report_wide_tree(struct report *r, double share);
/* What the filters leave, divided by divide_by; it lives as long as the report. As -proto. */
struct profile *report_profile(struct report *r);

/*
 * Functions before and after, by printed name. Both reports are of the same sample type. Where samples can be counted,
 * changes have bounds and a significance (diff_stats.h), and those within the noise are left out.
 */
enum diff_normalize { /* what makes the sides comparable */
	DIFF_NONE,
	DIFF_TOTAL,     /* shares of what the filters leave */
	DIFF_TIME,      /* a second of each */
	DIFF_INSTANCES, /* one of the profiles of each */
};

struct diff_limit; /* diff_limit.h */

struct report_diff_opts {
	enum diff_normalize normalize;
	double exposure[2];              /* of DIFF_TIME: seconds; of DIFF_INSTANCES: how many; before and after */
	double confidence;               /* 0.95; 0: as if nothing were known of noise; less than 0: the usual */
	bool all;                        /* also what is within the noise */
	uint64_t count;                  /* lines; 0 = all */
	bool cum;                        /* order by change of cum */
	char sep;                        /* 0: aligned for people; else raw numbers with it between */
	const struct diff_limit *limits; /* that were checked: for documents */
	size_t n_limits;
};
struct report_diff_opts report_diff_defaults(void);
/* ERR_USAGE: the values of the sides are of unlike units. Only shares, DIFF_TOTAL, can be compared all the same. */
int report_diff_check(const struct report *before, const struct report *after, const struct report_diff_opts *o,
    struct err *e);
void report_diff_top(struct report *before, struct report *after, const struct report_diff_opts *o, struct buf *out);
/* A table in Markdown, and what became of the limits. */
void report_diff_markdown(struct report *before, struct report *after, const struct report_diff_opts *o,
    struct buf *out);
/* The limits as test cases, in the XML of JUnit. */
void report_diff_junit(const struct report_diff_opts *o, struct buf *out);
void report_diff_folded(struct report *before, struct report *after, struct buf *out); /* stack before after */
void report_diff_json(struct report *before, struct report *after, const struct report_diff_opts *o, struct buf *out);

/*
 * Pictures. Every frame of the SVG has a <title>, so that it can be read
 * without a script; the script adds zoom, search and "reset". The HTML page
 * draws on a canvas, lists the functions and needs its script; no_script,
 * width and min_width are for the SVG alone.
 *
 *	<svg id="flame" ...> ...
 *	 <svg id="frames" ... total_samples="470">      total of the values
 *	  <g><title>main (20 samples, 4.26%)</title>
 *	   <rect x="0.0000%" y="16" width="4.2553%" height="15" fill="..." fg:x="0" fg:w="20"/>
 *	   <text ...>main</text></g>
 *
 * fg:x and fg:w are values, not pixels: the stacks can be read back exactly.
 * A comparison has fg:l and fg:r too, before and after; fg:w is their sum.
 */
enum picture_colours { /* in the order of the words of report_args.def */
	PICTURE_HOT,
	PICTURE_PACKAGE,
	PICTURE_NAME,
	PICTURE_MEM,
	PICTURE_IO,
	PICTURE_RED,
	PICTURE_GREEN,
	PICTURE_BLUE,
	PICTURE_AQUA,
	PICTURE_YELLOW,
	PICTURE_PURPLE,
	PICTURE_ORANGE,
	PICTURE_GREY,
};

struct picture {
	struct str title, subtitle; /* empty: "Flame Graph", none */
	struct str unit;            /* of the values: "nanoseconds", "bytes", "samples" */
	struct str count_name;      /* what values without a unit are called; empty: samples */
	enum picture_colours colours;
	bool flame;   /* root at the bottom (default: icicle, root on top) */
	bool reverse; /* output.h: stacks begin with their leaves */
	bool no_script;
	bool ansi;        /* colours of a terminal */
	uint32_t columns; /* of text; 0: 100 */
	uint32_t width;   /* pixels; 0: as wide as the window */
	double min_width; /* pixels; narrower frames are left out; 0: 0.1 of 1200, below 0: none are */
};
/* diff: levels are groups of seven; colours go from blue (less) to red (more). */
void report_svg(const struct flamegraph *g, bool diff, const struct picture *o, struct buf *out);
/*
 * Pictures of samples that have times (profile.at; ERR_INVALID: they have none). A chart is a flame graph whose values are
 * nanoseconds since its beginning: what ran when, a group of levels for each thread. The heat map is a whole SVG.
 */
struct flamegraph *report_chart(struct report *r, struct arena *a, struct err *e);
int report_heatmap(struct report *r, const struct picture *o, struct buf *out, struct err *e);
/* The page shows one of several graphs at a time: one for each sample type. */
struct html_graph {
	struct str type, unit;
	const struct flamegraph *g;
};
struct html_page {
	const struct html_graph *graphs;
	uint32_t n, chosen; /* chosen: which is shown first */
	bool diff;          /* all are comparisons */
};
void report_html(const struct html_page *p, const struct picture *o, struct buf *out);

#endif
