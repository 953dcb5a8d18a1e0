/*
 * yaml.h - one YAML document as a tree with line numbers (libyaml inside),
 * and a tree as YAML text again.
 *
 * Everything lives in the caller's arena. Aliases share their anchor's node
 * and merge keys (<<) are resolved; the tree counted with its shares is
 * limited, so a small file cannot unfold into a large one. Duplicate keys,
 * a second document, a depth above YAML_MAX_DEPTH and keys that are not
 * scalars or longer than YAML_MAX_KEY are errors (ERR_CONFIG, "file:line:
 * what"). JSON is YAML.
 *
 *	struct yaml *root = yaml_parse(a, text, "pyroscope.yaml", e);
 *	struct yaml *limits = yaml_get(root, "limits.max_label_names_per_series");
 *	for (size_t i = 0; i < m->n; i++) use(m->items[i].key, m->items[i].value);
 */
#ifndef YAML_TREE_H
#define YAML_TREE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* YAML_MAX_KEY: with every byte escaped it stays below the 1024 bytes that YAML allows to a key. */
enum { YAML_MAX_DEPTH = 32, YAML_MAX_NODES = 1 << 20, YAML_MAX_KEY = 250 };

enum yaml_kind { YAML_NULL, YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml {
	enum yaml_kind kind;
	bool quoted;             /* scalar that was not plain: "true" is text, true is not */
	unsigned line;           /* from 1 */
	struct str text;         /* of a scalar; terminated by a 0 byte behind */
	struct str comment;      /* printed above it; never parsed */
	struct yaml_item *items; /* of a list or map */
	size_t n, cap, weight;   /* weight: nodes below, shares counted each time */
};

struct yaml_item {
	struct str key; /* of a map, else empty */
	unsigned line;  /* of the key; 0 when it was not parsed */
	struct yaml *value;
};

/* An empty document is a YAML_NULL. `name` stands in errors. */
struct yaml *yaml_parse(struct arena *a, struct str text, const char *name, struct err *e);

/* The value at a dotted path of map keys, or NULL. */
struct yaml *yaml_get(const struct yaml *root, const char *path);
struct yaml *yaml_key(const struct yaml *map, struct str key);

/* Building: */
struct yaml *yaml_new(struct arena *a, enum yaml_kind kind);
struct yaml *yaml_text(struct arena *a, struct str text, bool quoted);
void yaml_add(struct arena *a, struct yaml *parent, struct str key, struct yaml *value);
/* Adds what `into` lacks, map by map; both are maps. Nodes of `from` are shared, not copied. */
void yaml_merge(struct arena *a, struct yaml *into, const struct yaml *from);
/* The map at a dotted path, made where it is missing; *last becomes the last part. */
struct yaml *yaml_dig(struct arena *a, struct yaml *root, const char *path, struct str *last);

/* Block style, two blanks per level; scalars are quoted where they must be. */
void yaml_print(struct buf *out, const struct yaml *node);

/*
 * Expands ${NAME}, ${NAME:default}, ${NAME:-default} and ${NAME-default}
 * from the environment, $$ to $; other forms of ${...} are errors with the
 * line. The value of an unset name without default is empty.
 */
int yaml_expand(struct arena *a, struct str text, const char *name, struct str *out, struct err *e);

#endif
