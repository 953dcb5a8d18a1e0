/*
 * opt.h - options: rows of a table become the fields of a struct, filled from
 * the command line, the environment, a YAML file and the default, in this
 * order of precedence.
 *
 * A table is a file of macro rows, included several times:
 *
 *	SECTION("Storage", "serve")                  title in the help; verbs that take these options, separated
 *	                                             by blanks, "-" for use without a verb; "" = all
 *	OPT(data_path, 'd', PATH, "./data", "pyroscopedb.data-path", "pyroscopedb.data_path", "keep data here")
 *	ADV(...)                                     the same, shown by -help-all only
 *	RANGE(max_age, 0, 24 * 3600 * NS_PER_S)      follows its OPT
 *	CHOICE(backend, "filesystem|s3|gcs")         the words of an ENUM, which is the position in the list
 *	OLD("data-dir", data_path)                   an old flag name, or old YAML path, of that field
 *	#include "store/store.def"                   is fine inside a table
 *
 * A row is OPT(field, short letter or 0, TYPE, default, flag, YAML path or "", text).
 *
 * TYPE      field is a             text
 * BOOL      bool                   true false; the flag may stand alone
 * INT       int64_t                -5; without RANGE it must not be negative
 * FLOAT     double
 * SIZE      uint64_t               4096 64k 256M
 * DURATION  int64_t (ns)           10ms 1h30m 7d; not negative without RANGE
 * STRING PATH  const char *        never NULL
 * ADDRESS   const char *           host:port, :port, unix:/path
 * ENUM      int                    a word of its CHOICE row; where "true" is one, the flag may stand alone
 * SECRET    struct opt_secret      printed as ***
 * LIST      struct opt_list        the flag may be repeated; a YAML list
 * CSV       struct opt_list        one flag with commas; a YAML list or text with commas
 * TREE      struct yaml *          any YAML; NULL when absent
 *
 * The environment name is PYRO_<PROGRAM>_<FIELD>: PYRO_INGEST_DATA_PATH.
 *
 *	struct ingest_opts {                          // ingest.h
 *	#define OPT_FILE "tools/pyro-ingest/ingest.def"
 *	#include "conf/opt_struct.h"
 *	};
 *	                                              // ingest.c
 *	#define OPT_FILE "tools/pyro-ingest/ingest.def"
 *	#define OPT_STRUCT ingest_opts
 *	#define OPT_TABLE ingest_table
 *	#include "conf/opt_rows.h"                    // static const struct opt_table ingest_table
 *
 * Values live in the opts' arena, to be treated as read-only after parsing;
 * then any thread may read them. Most programs reach all this by tool.h.
 */
#ifndef OPT_H
#define OPT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "conf/absent.h"
#include "conf/yaml.h"

struct opt_list {
	const char **p;
	size_t n;
};

/* A type of its own, so that it cannot be logged by accident. */
struct opt_secret {
	const char *secret;
};

#define OPT_C_BOOL bool
#define OPT_C_INT int64_t
#define OPT_C_FLOAT double
#define OPT_C_SIZE uint64_t
#define OPT_C_DURATION int64_t
#define OPT_C_STRING const char *
#define OPT_C_PATH const char *
#define OPT_C_ADDRESS const char *
#define OPT_C_ENUM int
#define OPT_C_SECRET struct opt_secret
#define OPT_C_LIST struct opt_list
#define OPT_C_CSV struct opt_list
#define OPT_C_TREE struct yaml *

enum opt_type {
	OPT_BOOL,
	OPT_INT,
	OPT_FLOAT,
	OPT_SIZE,
	OPT_DURATION,
	OPT_STRING,
	OPT_PATH,
	OPT_ADDRESS,
	OPT_ENUM,
	OPT_SECRET,
	OPT_LIST,
	OPT_CSV,
	OPT_TREE,
};

enum opt_kind { OPT_ROW, OPT_SECTION, OPT_RANGE, OPT_CHOICE, OPT_OLD };

struct opt_row {
	enum opt_kind kind;
	enum opt_type type;
	bool advanced;
	char letter;
	size_t off; /* of the field in the struct */
	const char *field;
	const char *def;  /* default; words of a CHOICE */
	const char *flag; /* also: old name, section title */
	const char *yaml; /* also: verbs of a section */
	const char *text;
	double low, high;
};

struct opt_table {
	const struct opt_row *rows;
	size_t n, size; /* size of the struct */
};

enum opt_origin { OPT_DEFAULT, OPT_FROM_FILE, OPT_FROM_ENV, OPT_FROM_FLAG };

enum { OPT_MAX_SETS = 8, OPT_MAX_FILE = 16 << 20 };

/* One table with the struct it fills. */
struct opt_set {
	const struct opt_table *table;
	void *values;
};

struct opt_mark;

/*
 * Somebody to ask about options that are in no table: a supervisor asks its
 * children. 1: known, 0: not, -1: error. Known flags are collected in
 * opts.passed, known keys are passed over.
 */
struct opts_other {
	int (*flag)(struct opts_other *x, struct str name, bool *is_bool, struct err *e);
	/* *inner: not a key of its own, but known keys begin with "path." */
	int (*key)(struct opts_other *x, struct str path, bool *inner, struct err *e);
};

struct opts {
	const char *prog; /* "pyro-ingest" */
	struct arena *a;
	struct opt_set sets[OPT_MAX_SETS];
	struct opt_mark *marks[OPT_MAX_SETS]; /* origin of each row's value */
	size_t n_sets;
	struct yaml *file;        /* what opts_read_file read, or NULL */
	struct absent absent;     /* parameters that only Pyroscope has */
	bool any_section;         /* the verbs of sections do not matter */
	bool supervised;          /* somebody else judged unknown YAML keys: pass over them (and absent.quiet) */
	struct opts_other *other; /* may be NULL */
	struct opt_list passed;   /* "-flag=value" of other's flags, in their order */
	/* What is not an option: */
	const char *verb; /* NULL without */
	const char **args;
	size_t n_args;
	/* What was asked for instead of running: */
	const char *help; /* "", "all", "mdoc", "bash", "zsh", "fish", "yaml", "flags"; or NULL */
	bool version, print_config;
};

void opts_init(struct opts *o, const char *prog);
void opts_fini(struct opts *o);
/* Adds a table and sets its values to the defaults. A default that does not parse is our mistake: aborts. */
void opts_add(struct opts *o, const struct opt_table *t, void *values);

/*
 * argv without the program's name. `verbs` ends with NULL or is NULL: the
 * first operand that is one of them becomes o->verb. ERR_USAGE otherwise.
 * What is in absent.def is passed over with a warning, or refused.
 */
int opts_parse_args(struct opts *o, const char *const *argv, const char *const *verbs, struct err *e);
int opts_parse_env(struct opts *o, struct err *e);
/* A file as Pyroscope knows it. Unknown keys are ERR_CONFIG with file and line. */
int opts_read_file(struct opts *o, const char *path, bool expand_env, struct err *e);
int opts_apply_yaml(struct opts *o, const struct yaml *root, const char *name, struct err *e);

/*
 * One map laid over a struct, whatever its origin: for the runtime overrides
 * of one tenant. Keys are YAML paths of the table behind `prefix`
 * ("limits."); unknown ones are errors, those of absent.def are not; null
 * values change nothing. Lists are replaced. The new values live in a, which may be younger than the rest.
 */
int opt_overlay(const struct opt_table *t, void *values, struct arena *a, struct absent *absent, const char *prefix,
    const struct yaml *map, const char *name, struct err *e);

/*
 * The option of that flag name, from YAML, for files whose keys are options: one of the verb's sections; lists are
 * replaced. ERR_CONFIG, "name:line: ...".
 */
int opt_store_flag(const struct opt_table *t, void *values, struct arena *a, const char *verb, struct str flag,
    const struct yaml *y, const char *name, struct err *e);

/* One value from text, checked; what opts_* use underneath. */
int opt_store(const struct opt_table *t, const struct opt_row *row, void *values, struct arena *a, struct str text,
    struct err *e);
/* The value as its text (SECRET as "***" or empty), in a; and as YAML. */
struct str opt_text(const struct opt_table *t, const struct opt_row *row, const void *values, struct arena *a);
struct yaml *opt_yaml(const struct opt_table *t, const struct opt_row *row, const void *values, struct arena *a);

/* Looking things up: NULL when there is none. */
const struct opt_row *opt_find(const struct opt_table *t, const char *field);
const char *opt_choices(const struct opt_table *t, const struct opt_row *row);
enum opt_origin opts_origin(const struct opts *o, size_t set, const struct opt_row *row);
/* Where the value came from: "default", "flag", "PYRO_INGEST_LISTEN", "pyroscope.yaml:12". */
const char *opts_origin_text(const struct opts *o, size_t set, const struct opt_row *row);
void opt_env_name(struct buf *out, const char *prog, const struct opt_row *row);

#endif
