/* demangle.c - see demangle.h: which language, C++, and the short form of C++ */
#include "formats/symbolize/demangle_impl.h"

#include <setjmp.h>

enum { MANGLED_MAX = 1024 };

/* Of libstdc++: prints piece by piece, without memory of its own. 0: done. */
int __gcclibcxx_demangle_callback(const char *mangled, void (*piece)(const char *, size_t, void *), void *ctx);

struct printing {
	struct buf *out;
	jmp_buf enough;
};

static void print_piece(const char *p, size_t n, void *ctx)
{
	struct printing *w = ctx;

	buf_add(w->out, str_of(p, n));
	if (w->out->over)
		longjmp(w->enough, 1); /* it would go on for as long as the name lets it */
}

bool demangle_cxx(struct str name, struct buf *out)
{
	char text[MANGLED_MAX + 1];
	size_t before = out->n;
	struct printing w = { .out = out };

	if (name.n > MANGLED_MAX || memchr(name.p, 0, name.n) != NULL)
		return false;
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	if (setjmp(w.enough) == 0 && __gcclibcxx_demangle_callback(text, print_piece, &w) == 0)
		return true;
	out->n = before;
	out->over = false;
	return false;
}

/* ---- the short form ---- */

struct cut {
	struct str in;
	size_t i;
	struct buf *out;
	size_t begin;     /* of the name in out: behind the return type */
	bool in_operator; /* the rest belongs to the name: operator new, operator unsigned int */
};

static bool ahead(const struct cut *c, const char *text)
{
	return str_prefix(str_skip(c->in, c->i), str_cstr(text));
}

static bool word_before(const struct cut *c)
{
	char p = c->i > 0 ? c->in.p[c->i - 1] : ' ';

	return (p >= 'a' && p <= 'z') || (p >= 'A' && p <= 'Z') || (p >= '0' && p <= '9') || p == '_' || p == '$';
}

/* Past a group in brackets, whatever is inside. */
static void skip_group(struct cut *c)
{
	unsigned depth = 0;

	for (; c->i < c->in.n; c->i++)
		switch (c->in.p[c->i]) {
		case '(':
		case '<':
		case '[':
		case '{': depth++; break;
		case '>':
			if (c->i > 0 && c->in.p[c->i - 1] == '-')
				break;
			__attribute__((fallthrough));
		case ')':
		case ']':
		case '}':
			if (--depth == 0) {
				c->i++;
				return;
			}
			break;
		case 'o':
			if (!word_before(c) && (ahead(c, "operator<") || ahead(c, "operator>")))
				c->i += c->i + 9 < c->in.n && c->in.p[c->i + 9] == c->in.p[c->i + 8] ? 9 : 8;
			break;
		default: break;
		}
}

/* Behind parameters: const, volatile, references, [clone ...]. */
static void skip_qualifiers(struct cut *c)
{
	static const char *const words[] = { " const", " volatile", " &&", " &", " noexcept" };

	for (size_t k = 0; k < ARRAY_LEN(words); k++)
		if (ahead(c, words[k])) {
			c->i += strlen(words[k]);
			k = SIZE_MAX;
		}
	while (ahead(c, " [clone ")) {
		c->i++;
		skip_group(c);
	}
}

static void copy_operator(struct cut *c)
{
	static const char *const signs[] = { "()", "[]", "<=>", "<<=", ">>=", "->*", "<<", ">>", "<=", ">=", "->", "<",
		">" };

	buf_add(c->out, STR("operator"));
	c->i += 8;
	c->in_operator = true;
	for (size_t k = 0; k < ARRAY_LEN(signs); k++)
		if (ahead(c, signs[k])) {
			buf_add(c->out, str_cstr(signs[k]));
			c->i += strlen(signs[k]);
			return;
		}
}

static void cut_step(struct cut *c)
{
	char p = c->in.p[c->i];

	if (p == 'o' && !word_before(c) && ahead(c, "operator") &&
	    !(c->i + 8 < c->in.n && (c->in.p[c->i + 8] == '_' || c->in.p[c->i + 8] == ':')))
		copy_operator(c);
	else if (p == '(' && ahead(c, "(anonymous namespace)")) {
		buf_add(c->out, STR("(anonymous namespace)"));
		c->i += 21;
	} else if (p == '(') {
		skip_group(c);
		skip_qualifiers(c);
	} else if (p == '<' || (p == '[' && ahead(c, "[abi:")))
		skip_group(c);
	else {
		buf_byte(c->out, (unsigned char)p);
		c->i++;
		if (p == ':')
			c->in_operator = false;
		if (p == ' ' && !c->in_operator)
			c->begin = c->out->n;
	}
}

void demangle_simplify(struct str full, struct buf *out)
{
	struct cut c = { .in = full, .out = out, .begin = out->n };
	size_t before = out->n;

	/* "vtable for X" and the like are no functions. */
	if (str_search(full, STR(" for ")) < full.n) {
		buf_add(out, full);
		return;
	}
	while (c.i < full.n)
		cut_step(&c);
	while (out->n > c.begin && out->p[out->n - 1] == ' ')
		out->n--;
	if (out->n <= c.begin) { /* a function that gives a function, or other rarities */
		out->n = before;
		buf_add(out, full);
		return;
	}
	memmove(out->p + before, out->p + c.begin, out->n - c.begin);
	out->n -= c.begin - before;
}

static bool print(struct str name, enum demangle_mode mode, struct buf *b)
{
	if (str_prefix(name, STR("__R")) || str_prefix(name, STR("__Z"))) /* Mach-O has one more */
		name = str_skip(name, 1);
	if (str_prefix(name, STR("_R")))
		return demangle_rust_v0(name, mode == DEMANGLE_FULL, b);
	if (!str_prefix(name, STR("_Z")))
		return false;
	if (demangle_rust_legacy(name, mode == DEMANGLE_FULL, b))
		return true;
	return demangle_cxx(name, b);
}

struct str demangle(struct arena *a, struct str name, enum demangle_mode mode)
{
	struct buf full, brief;
	struct str got = name;

	if (mode == DEMANGLE_NONE || name.n < 3 || name.p[0] != '_')
		return name;
	buf_init(&full, DEMANGLE_MAX);
	buf_init(&brief, DEMANGLE_MAX);
	if (print(name, mode, &full) && full.n > 0 && !full.over) {
		struct str text = buf_str(&full);

		if (mode == DEMANGLE_SIMPLE && name.p[1] != 'R' && !demangle_rust_legacy(name, false, &brief)) {
			demangle_simplify(text, &brief);
			text = buf_str(&brief);
		}
		got = arena_str(a, text);
	}
	buf_fini(&full);
	buf_fini(&brief);
	return got;
}
