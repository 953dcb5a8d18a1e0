#include "conf/yaml.h"

#include <stdlib.h>
#include <yaml.h>

#include "base/enc.h"
#include "base/vec.h"

struct anchor {
	struct str name;
	struct yaml *node;
};

struct reader {
	yaml_parser_t parser;
	struct arena *a;
	const char *name;
	struct err *e;
	VEC(struct anchor) anchors;
	size_t nodes;
	bool merges; /* the document has a merge key somewhere */
};

static int bad(struct reader *r, unsigned line, const char *what)
{
	return err_set(r->e, ERR_CONFIG, "%s:%u: %s", r->name, line, what);
}

static int next(struct reader *r, yaml_event_t *ev)
{
	if (yaml_parser_parse(&r->parser, ev))
		return 0;
	return err_set(r->e, ERR_CONFIG, "%s:%zu: %s%s%s", r->name, r->parser.problem_mark.line + 1,
	    r->parser.problem ? r->parser.problem : "not YAML", r->parser.context ? " " : "",
	    r->parser.context ? r->parser.context : "");
}

struct yaml *yaml_new(struct arena *a, enum yaml_kind kind)
{
	struct yaml *y = arena_zalloc(a, sizeof(*y));

	y->kind = kind;
	y->weight = 1;
	return y;
}

struct yaml *yaml_text(struct arena *a, struct str text, bool quoted)
{
	struct yaml *y = yaml_new(a, YAML_SCALAR);

	y->text = str_of(arena_cstr(a, text), text.n);
	y->quoted = quoted;
	return y;
}

void yaml_add(struct arena *a, struct yaml *parent, struct str key, struct yaml *value)
{
	if (parent->n == parent->cap) {
		size_t cap = parent->cap * 2 + 4;
		struct yaml_item *items = arena_array(a, cap, sizeof(*items));

		if (parent->n)
			memcpy(items, parent->items, parent->n * sizeof(*items));
		parent->items = items;
		parent->cap = cap;
	}
	parent->items[parent->n++] = (struct yaml_item){ .key = key, .value = value, .line = value->line };
	parent->weight += value->weight;
}

/* Depth is that of the trees: YAML_MAX_DEPTH. */
void yaml_merge(struct arena *a, struct yaml *into, const struct yaml *from)
{
	for (size_t i = 0; i < from->n; i++) {
		struct yaml *have = yaml_key(into, from->items[i].key), *value = from->items[i].value;

		if (have == NULL)
			yaml_add(a, into, from->items[i].key, value);
		else if (have->kind == YAML_MAP && value->kind == YAML_MAP)
			yaml_merge(a, have, value);
	}
}

struct yaml *yaml_key(const struct yaml *map, struct str key)
{
	if (map && map->kind == YAML_MAP)
		for (size_t i = 0; i < map->n; i++)
			if (str_eq(map->items[i].key, key))
				return map->items[i].value;
	return NULL;
}

struct yaml *yaml_get(const struct yaml *root, const char *path)
{
	struct str rest = str_cstr(path);
	struct yaml *y = yaml_key(root, str_cut(&rest, '.'));

	while (y && rest.n)
		y = yaml_key(y, str_cut(&rest, '.'));
	return y;
}

struct yaml *yaml_dig(struct arena *a, struct yaml *root, const char *path, struct str *last)
{
	struct str rest = str_cstr(path), part = str_cut(&rest, '.');
	struct yaml *at = root;

	while (rest.n) {
		struct yaml *down = yaml_key(at, part);

		if (!down) {
			down = yaml_new(a, YAML_MAP);
			yaml_add(a, at, part, down);
		}
		at = down;
		part = str_cut(&rest, '.');
	}
	*last = part;
	return at;
}

static bool is_null(struct str s)
{
	return s.n == 0 || str_eq(s, STR("~")) || str_eq(s, STR("null")) || str_eq(s, STR("Null")) ||
	    str_eq(s, STR("NULL"));
}

static void remember(struct reader *r, const yaml_char_t *anchor, struct yaml *node)
{
	struct anchor it = { STR_NONE, node };

	if (!anchor)
		return;
	it.name = arena_str(r->a, str_cstr((const char *)anchor));
	vec_push(&r->anchors, it);
}

/* The latest anchor of that name that is complete; a node cannot hold itself. */
static struct yaml *recall(struct reader *r, struct str name)
{
	for (size_t i = r->anchors.n; i-- > 0;)
		if (str_eq(r->anchors.p[i].name, name))
			return r->anchors.p[i].node;
	return NULL;
}

static struct yaml *read_node(struct reader *r, yaml_event_t *ev, unsigned depth);

static int add_pair(struct reader *r, struct yaml *map, const struct yaml *key, struct yaml *value)
{
	if (key->kind != YAML_SCALAR)
		return bad(r, key->line, "a key must be a word");
	if (key->text.n > YAML_MAX_KEY)
		return err_set(r->e, ERR_CONFIG, "%s:%u: a key of %zu bytes; at most %d", r->name, key->line,
		    key->text.n, YAML_MAX_KEY);
	if (yaml_key(map, key->text))
		return err_set(r->e, ERR_CONFIG, "%s:%u: key " STR_FMT " is given twice", r->name, key->line,
		    STR_ARG(key->text));
	yaml_add(r->a, map, key->text, value);
	map->items[map->n - 1].line = key->line;
	return 0;
}

static struct yaml *read_child(struct reader *r, unsigned depth, yaml_event_type_t end, bool *ended)
{
	yaml_event_t ev;
	struct yaml *y = NULL;

	if (next(r, &ev) < 0)
		return NULL;
	*ended = ev.type == end;
	if (!*ended)
		y = read_node(r, &ev, depth + 1);
	yaml_event_delete(&ev);
	return y;
}

static struct yaml *read_list(struct reader *r, struct yaml *list, unsigned depth)
{
	bool ended = false;
	struct yaml *y;

	while ((y = read_child(r, depth, YAML_SEQUENCE_END_EVENT, &ended)) != NULL)
		yaml_add(r->a, list, STR_NONE, y);
	return ended ? list : NULL;
}

/* What << brings yields to what the map says itself: added last. */
static int merge(struct reader *r, struct yaml *map, const struct yaml *from)
{
	if (from->kind == YAML_LIST) {
		for (size_t i = 0; i < from->n; i++)
			if (from->items[i].value->kind != YAML_MAP || merge(r, map, from->items[i].value) < 0)
				return bad(r, from->line, "<< takes maps");
		return 0;
	}
	if (from->kind != YAML_MAP)
		return bad(r, from->line, "<< takes a map or a list of maps");
	for (size_t i = 0; i < from->n; i++)
		if (!yaml_key(map, from->items[i].key))
			yaml_add(r->a, map, from->items[i].key, from->items[i].value);
	return 0;
}

static struct yaml *read_map(struct reader *r, struct yaml *map, unsigned depth)
{
	struct yaml *key, *value, *from = NULL;
	bool ended = false;

	while ((key = read_child(r, depth, YAML_MAPPING_END_EVENT, &ended)) != NULL) {
		value = read_child(r, depth, YAML_NO_EVENT, &ended);
		if (!value)
			return NULL;
		if (key->kind == YAML_SCALAR && !key->quoted && str_eq(key->text, STR("<<")))
			from = value;
		else if (add_pair(r, map, key, value) < 0)
			return NULL;
	}
	if (!ended || (from && merge(r, map, from) < 0))
		return NULL;
	return map;
}

static struct yaml *read_scalar(struct reader *r, const yaml_event_t *ev)
{
	struct str s = str_of(ev->data.scalar.value, ev->data.scalar.length);
	bool plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	struct yaml *y;

	if (memchr(s.p, 0, s.n)) {
		bad(r, (unsigned)ev->start_mark.line + 1, "a value holds a 0 byte");
		return NULL;
	}
	if (plain && is_null(s) && !ev->data.scalar.tag)
		return yaml_new(r->a, YAML_NULL);
	y = yaml_text(r->a, s, !plain);
	return y;
}

static struct yaml *read_alias(struct reader *r, const yaml_event_t *ev)
{
	struct str name = str_cstr((const char *)ev->data.alias.anchor);
	struct yaml *y = recall(r, name);

	if (!y)
		err_set(r->e, ERR_CONFIG, "%s:%zu: no anchor &" STR_FMT " before this", r->name,
		    ev->start_mark.line + 1, STR_ARG(name));
	else
		r->nodes += y->weight;
	return y;
}

static struct yaml *read_node(struct reader *r, yaml_event_t *ev, unsigned depth)
{
	unsigned line = (unsigned)ev->start_mark.line + 1;
	const yaml_char_t *anchor = NULL;
	struct yaml *y;

	if (depth > YAML_MAX_DEPTH || ++r->nodes > YAML_MAX_NODES) {
		bad(r, line, depth > YAML_MAX_DEPTH ? "nested too deeply" : "too many values");
		return NULL;
	}
	if (ev->type == YAML_ALIAS_EVENT)
		return read_alias(r, ev);
	if (ev->type == YAML_SCALAR_EVENT) {
		anchor = ev->data.scalar.anchor;
		y = read_scalar(r, ev);
	} else if (ev->type == YAML_SEQUENCE_START_EVENT) {
		anchor = ev->data.sequence_start.anchor;
		y = read_list(r, yaml_new(r->a, YAML_LIST), depth);
	} else {
		anchor = ev->data.mapping_start.anchor;
		y = read_map(r, yaml_new(r->a, YAML_MAP), depth);
	}
	if (y) {
		y->line = line;
		remember(r, anchor, y);
	}
	return y;
}

/* Stream start, document start, node, document end, stream end. */
static struct yaml *read_document(struct reader *r)
{
	struct yaml *y = yaml_new(r->a, YAML_NULL);
	yaml_event_t ev;
	bool got = false;

	for (;;) {
		yaml_event_type_t type;

		if (next(r, &ev) < 0)
			return NULL;
		type = ev.type;
		if (type == YAML_DOCUMENT_START_EVENT && got) {
			bad(r, (unsigned)ev.start_mark.line + 1, "a second document; one is allowed");
			y = NULL;
		} else if (type != YAML_STREAM_START_EVENT && type != YAML_DOCUMENT_START_EVENT &&
		    type != YAML_DOCUMENT_END_EVENT && type != YAML_STREAM_END_EVENT) {
			y = read_node(r, &ev, 0);
			got = true;
		}
		yaml_event_delete(&ev);
		if (!y || type == YAML_STREAM_END_EVENT)
			return y;
	}
}

struct yaml *yaml_parse(struct arena *a, struct str text, const char *name, struct err *e)
{
	struct reader r = { .a = a, .name = name, .e = e };
	struct yaml *y;

	if (!yaml_parser_initialize(&r.parser)) {
		err_set(e, ERR_BUG, "%s: YAML parser refuses to start", name);
		return NULL;
	}
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.n ? text.p : ""), text.n);
	y = read_document(&r);
	yaml_parser_delete(&r.parser);
	vec_free(&r.anchors);
	return y;
}

/* Printing */

static bool plain_byte(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
	    c == '/' || c == '-' || c == '+' || c == '=' || c == '(' || c == ')' || c == ' ' || c == ':';
}

/* Text that any YAML reader takes as itself without quotes; when in doubt, no. */
static bool plain_ok(struct str s)
{
	if (is_null(s) || strchr("-.:+= ()", s.p[0]) || s.p[s.n - 1] == ' ' || s.p[s.n - 1] == ':')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!plain_byte((unsigned char)s.p[i]) || (s.p[i] == ':' && s.p[i + 1] == ' '))
			return false;
	return true;
}

static bool looks_typed(struct str s)
{
	static const char *const words[] = { "true", "false", "yes", "no", "on", "off", "y", "n" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq_nocase(s, str_cstr(words[i])))
			return true;
	return s.n && s.p[0] >= '0' && s.p[0] <= '9';
}

static void print_text(struct buf *out, struct str s, bool is_text)
{
	if (s.n && plain_ok(s) && !(is_text && looks_typed(s)))
		buf_add(out, s);
	else
		enc_quote(out, s);
}

static void print_comment(struct buf *out, struct str c, unsigned indent)
{
	while (c.n) {
		struct str line = str_cut(&c, '\n');

		buf_fill(out, ' ', indent);
		buf_printf(out, "# " STR_FMT "\n", STR_ARG(line));
	}
}

static void print_items(struct buf *out, const struct yaml *y, unsigned indent, bool first_here);

/* The value behind "key:" or "-". */
static void print_value(struct buf *out, const struct yaml *v, unsigned indent, bool in_list)
{
	if (v->kind == YAML_NULL) {
		buf_add(out, STR(" null\n"));
	} else if (v->kind == YAML_SCALAR) {
		buf_byte(out, ' ');
		print_text(out, v->text, v->quoted);
		buf_byte(out, '\n');
	} else if (v->n == 0) {
		buf_add(out, v->kind == YAML_MAP ? STR(" {}\n") : STR(" []\n"));
	} else if (in_list && v->kind == YAML_MAP) {
		buf_byte(out, ' ');
		print_items(out, v, indent + 2, true);
	} else {
		buf_byte(out, '\n');
		print_items(out, v, indent + 2, false);
	}
}

/* first_here: the first key stands on the line of its "- ". Depth is bounded by the tree's. */
static void print_items(struct buf *out, const struct yaml *y, unsigned indent, bool first_here)
{
	for (size_t i = 0; i < y->n; i++) {
		const struct yaml_item *it = &y->items[i];

		if (i > 0 || !first_here) {
			print_comment(out, it->value->comment, indent);
			buf_fill(out, ' ', indent);
		}
		if (y->kind == YAML_LIST) {
			buf_byte(out, '-');
		} else {
			print_text(out, it->key, true);
			buf_byte(out, ':');
		}
		print_value(out, it->value, indent, y->kind == YAML_LIST);
	}
}

void yaml_print(struct buf *out, const struct yaml *y)
{
	if (y->kind == YAML_SCALAR) {
		print_text(out, y->text, y->quoted);
		buf_byte(out, '\n');
	} else if (y->kind == YAML_NULL || y->n == 0) {
		buf_add(out, y->kind == YAML_LIST ? STR("[]\n") : STR("{}\n"));
	} else {
		print_items(out, y, 0, false);
	}
}

/* Environment */

static size_t name_length(struct str s)
{
	size_t n = 0;

	while (n < s.n &&
	    ((s.p[n] >= 'a' && s.p[n] <= 'z') || (s.p[n] >= 'A' && s.p[n] <= 'Z') || s.p[n] == '_' ||
		(n > 0 && s.p[n] >= '0' && s.p[n] <= '9')))
		n++;
	return n;
}

/* One "${...}"; inner is what stands between the braces. */
static int expand_one(struct arena *a, struct str inner, struct buf *out)
{
	size_t n = name_length(inner);
	struct str rest = str_skip(inner, n), other = STR_NONE;
	const char *value;
	bool empty_too = false;

	if (n == 0)
		return -1;
	if (rest.n && rest.p[0] == '-') {
		other = str_skip(rest, 1);
	} else if (rest.n && rest.p[0] == ':') {
		/* After the colon, = ? + and offset:length are other operators of the shell. */
		other = str_skip(rest, 1);
		if (other.n && strchr("=?+", other.p[0]))
			return -1;
		empty_too = true;
		if (other.n && other.p[0] == '-')
			other = str_skip(other, 1);
	} else if (rest.n) {
		return -1;
	}
	value = getenv(arena_cstr(a, str_of(inner.p, n)));
	buf_add(out, value && (*value || !empty_too) ? str_cstr(value) : other);
	return 0;
}

int yaml_expand(struct arena *a, struct str text, const char *name, struct str *out, struct err *e)
{
	struct buf b;
	unsigned line = 1;
	int rc = 0;

	buf_init(&b, 16u << 20);
	for (size_t i = 0; i < text.n && rc == 0; i++) {
		struct str rest = str_skip(text, i);

		line += text.p[i] == '\n';
		if (str_prefix(rest, STR("$$"))) {
			buf_byte(&b, '$');
			i++;
		} else if (str_prefix(rest, STR("${"))) {
			size_t end = str_find(rest, '}');

			if (end == rest.n || expand_one(a, str_of(rest.p + 2, end - 2), &b) < 0)
				rc = err_set(e, ERR_CONFIG,
				    "%s:%u: only ${NAME}, ${NAME:-default} and $$ are understood", name, line);
			i += end;
		} else {
			buf_byte(&b, (unsigned char)text.p[i]);
		}
	}
	if (rc == 0)
		rc = buf_check(&b, "the expanded file", e);
	if (rc == 0)
		*out = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return rc;
}
