/* demangle_rust.c - names of Rust since RFC 2603: _R; see demangle.h */
#include "base/enc.h"
#include "formats/symbolize/demangle_impl.h"

enum { V0_DEPTH = 200, V0_STEPS = 1 << 15 };

struct v0 {
	struct str s; /* behind _R */
	size_t i;
	struct buf *out;
	bool full, bad;
	unsigned depth, steps, mute; /* mute: read, print nothing */
	uint64_t lifetimes;          /* of binders that are open */
};

static void path(struct v0 *v, bool in_value);
static void type(struct v0 *v);
static void constant(struct v0 *v);

static void put(struct v0 *v, struct str s)
{
	if (!v->mute)
		buf_add(v->out, s);
	if (v->out->over)
		v->bad = true;
}

static void put_u64(struct v0 *v, uint64_t n)
{
	if (!v->mute)
		buf_printf(v->out, "%llu", (unsigned long long)n);
}

static char peek(const struct v0 *v)
{
	return v->i < v->s.n ? v->s.p[v->i] : '\0';
}

static char next(struct v0 *v)
{
	if (v->i >= v->s.n) {
		v->bad = true;
		return '\0';
	}
	return v->s.p[v->i++];
}

static bool eat(struct v0 *v, char c)
{
	if (peek(v) != c || v->i >= v->s.n)
		return false;
	v->i++;
	return true;
}

/* Guards all that recurses; the caller leaves with v->depth-- . */
static bool enter(struct v0 *v)
{
	if (++v->depth > V0_DEPTH || ++v->steps > V0_STEPS)
		v->bad = true;
	return !v->bad;
}

/* Base 62 with an end: _ is 0, 0_ is 1 ... */
static uint64_t base62(struct v0 *v)
{
	uint64_t n = 0;

	if (eat(v, '_'))
		return 0;
	while (!v->bad && !eat(v, '_')) {
		char c = next(v);
		uint64_t d = c >= '0' && c <= '9' ? (uint64_t)(c - '0')
		    : c >= 'a' && c <= 'z'        ? (uint64_t)(c - 'a') + 10
		    : c >= 'A' && c <= 'Z'        ? (uint64_t)(c - 'A') + 36
						  : 62;

		if (d == 62 || n > (UINT64_MAX - d - 1) / 62)
			v->bad = true;
		n = n * 62 + d;
	}
	return v->bad ? 0 : n + 1;
}

static uint64_t optional62(struct v0 *v, char mark)
{
	uint64_t n;

	if (!eat(v, mark))
		return 0;
	n = base62(v);
	return n == UINT64_MAX ? n : n + 1;
}

struct ident {
	uint64_t disambiguator;
	struct str text;
	bool puny;
};

static struct ident ident(struct v0 *v, bool disambiguated)
{
	struct ident d = { 0 };
	size_t n = 0;

	if (disambiguated)
		d.disambiguator = optional62(v, 's');
	d.puny = eat(v, 'u');
	if (peek(v) < '0' || peek(v) > '9')
		v->bad = true;
	if (!eat(v, '0'))
		while (peek(v) >= '0' && peek(v) <= '9' && n < v->s.n)
			n = n * 10 + (size_t)(next(v) - '0');
	eat(v, '_');
	if (v->bad || n > v->s.n - v->i) {
		v->bad = true;
		return d;
	}
	d.text = str_of(v->s.p + v->i, n);
	v->i += n;
	return d;
}

static void put_ident(struct v0 *v, const struct ident *d)
{
	uint32_t chars[DEMANGLE_PUNY];
	char utf8[4];
	size_t n;

	if (!d->puny) {
		put(v, d->text);
	} else if (demangle_punycode(d->text, chars, &n)) {
		for (size_t i = 0; i < n; i++)
			put(v, str_of(utf8, enc_utf8(utf8, chars[i])));
	} else {
		put(v, STR("punycode{"));
		put(v, d->text);
		put(v, STR("}"));
	}
}

/* B and a place before: what stands there. Returns false when it must not be followed. */
static bool jump(struct v0 *v, size_t *back)
{
	size_t here = v->i - 1;
	uint64_t to = base62(v);

	*back = v->i;
	if (v->bad || to >= here) {
		v->bad = true;
		return false;
	}
	v->i = (size_t)to;
	return !v->mute; /* nothing would be printed */
}

static void lifetime(struct v0 *v, uint64_t n)
{
	if (n == 0) {
		put(v, STR("'_"));
		return;
	}
	if (n > v->lifetimes) {
		v->bad = true;
		return;
	}
	n = v->lifetimes - n;
	if (n < 26) {
		char text[2] = { '\'', (char)('a' + n) };

		put(v, str_of(text, 2));
	} else {
		put(v, STR("'_"));
		put_u64(v, n);
	}
}

/* for<'a, 'b>; returns how many to close again. */
static uint64_t binder(struct v0 *v)
{
	uint64_t n = optional62(v, 'G');

	if (n > V0_DEPTH) {
		v->bad = true;
		return 0;
	}
	if (n > 0)
		put(v, STR("for<"));
	for (uint64_t i = 0; i < n; i++) {
		if (i > 0)
			put(v, STR(", "));
		v->lifetimes++;
		lifetime(v, 1);
	}
	if (n > 0)
		put(v, STR("> "));
	return n;
}

static void generic_args(struct v0 *v)
{
	for (unsigned i = 0; !v->bad && !eat(v, 'E'); i++) {
		if (i > 0)
			put(v, STR(", "));
		if (eat(v, 'L'))
			lifetime(v, base62(v));
		else if (eat(v, 'K'))
			constant(v);
		else
			type(v);
	}
}

static void impl_path(struct v0 *v)
{
	optional62(v, 's');
	v->mute++;
	path(v, false);
	v->mute--;
}

static void nested_path(struct v0 *v, bool in_value)
{
	char space = next(v);
	struct ident d;

	path(v, in_value);
	d = ident(v, true);
	if (space >= 'A' && space <= 'Z') {
		put(v, STR("::{"));
		if (space == 'C')
			put(v, STR("closure"));
		else if (space == 'S')
			put(v, STR("shim"));
		else
			put(v, str_of(&space, 1));
		if (d.text.n) {
			put(v, STR(":"));
			put_ident(v, &d);
		}
		put(v, STR("#"));
		put_u64(v, d.disambiguator);
		put(v, STR("}"));
	} else if (d.text.n) {
		put(v, STR("::"));
		put_ident(v, &d);
	}
}

static void path(struct v0 *v, bool in_value)
{
	struct ident d;
	size_t back;
	char c;

	if (!enter(v)) {
		v->depth--;
		return;
	}
	c = next(v);
	switch (c) {
	case 'C':
		d = ident(v, true);
		put_ident(v, &d);
		if (v->full && !v->mute)
			buf_printf(v->out, "[%llx]", (unsigned long long)d.disambiguator);
		break;
	case 'N': nested_path(v, in_value); break;
	case 'M':
	case 'X':
	case 'Y':
		if (c != 'Y')
			impl_path(v);
		put(v, STR("<"));
		type(v);
		if (c != 'M') {
			put(v, STR(" as "));
			path(v, false);
		}
		put(v, STR(">"));
		break;
	case 'I':
		path(v, in_value);
		put(v, in_value ? STR("::<") : STR("<"));
		generic_args(v);
		put(v, STR(">"));
		break;
	case 'B':
		if (jump(v, &back))
			path(v, in_value);
		v->i = back;
		break;
	default: v->bad = true;
	}
	v->depth--;
}

static struct str basic_type(char c)
{
	static const char *const names[26] = { "i8", "bool", "char", "f64", "str", "f32", NULL, "u8", "isize", "usize",
		NULL, "i32", "u32", "i128", "u128", "_", NULL, NULL, "i16", "u16", "()", "...", NULL, "i64", "u64",
		"!" };

	return c >= 'a' && c <= 'z' ? str_cstr(names[c - 'a']) : STR_NONE;
}

static void fn_type(struct v0 *v)
{
	uint64_t open = binder(v);
	struct ident abi = { 0 };
	bool is_unsafe = eat(v, 'U');

	if (is_unsafe)
		put(v, STR("unsafe "));
	if (eat(v, 'K')) {
		if (eat(v, 'C'))
			abi.text = STR("C");
		else
			abi = ident(v, false);
		put(v, STR("extern \""));
		for (size_t i = 0; i < abi.text.n; i++)
			put(v, abi.text.p[i] == '_' ? STR("-") : str_of(abi.text.p + i, 1));
		put(v, STR("\" "));
	}
	put(v, STR("fn("));
	for (unsigned i = 0; !v->bad && !eat(v, 'E'); i++) {
		if (i > 0)
			put(v, STR(", "));
		type(v);
	}
	put(v, STR(")"));
	if (!eat(v, 'u')) {
		put(v, STR(" -> "));
		type(v);
	}
	v->lifetimes -= open;
}

/* A trait in dyn, with its associated types among its arguments: Iterator<Item = u8>. */
static bool open_path(struct v0 *v)
{
	bool open = false;
	size_t back;

	if (!enter(v)) {
		v->depth--;
		return false;
	}
	if (eat(v, 'B')) {
		if (jump(v, &back))
			open = open_path(v);
		v->i = back;
	} else if (eat(v, 'I')) {
		path(v, false);
		put(v, STR("<"));
		generic_args(v);
		open = true;
	} else
		path(v, false);
	v->depth--;
	return open;
}

static void dyn_type(struct v0 *v)
{
	uint64_t open, life;

	put(v, STR("dyn "));
	open = binder(v);
	for (unsigned i = 0; !v->bad && !eat(v, 'E'); i++) {
		bool args;

		if (i > 0)
			put(v, STR(" + "));
		args = open_path(v);
		while (!v->bad && eat(v, 'p')) {
			struct ident d = ident(v, false);

			put(v, args ? STR(", ") : STR("<"));
			args = true;
			put_ident(v, &d);
			put(v, STR(" = "));
			type(v);
		}
		if (args)
			put(v, STR(">"));
	}
	v->lifetimes -= open;
	if (!eat(v, 'L')) {
		v->bad = true;
		return;
	}
	life = base62(v);
	if (life != 0) {
		put(v, STR(" + "));
		lifetime(v, life);
	}
}

static void tuple(struct v0 *v)
{
	unsigned n = 0;

	put(v, STR("("));
	for (; !v->bad && !eat(v, 'E'); n++) {
		if (n > 0)
			put(v, STR(", "));
		type(v);
	}
	put(v, n == 1 ? STR(",)") : STR(")"));
}

static void reference(struct v0 *v, bool mut)
{
	uint64_t n;

	put(v, STR("&"));
	if (eat(v, 'L') && (n = base62(v)) != 0) {
		lifetime(v, n);
		put(v, STR(" "));
	}
	if (mut)
		put(v, STR("mut "));
	type(v);
}

static void type(struct v0 *v)
{
	struct str basic;
	size_t back;
	char c;

	if (!enter(v)) {
		v->depth--;
		return;
	}
	c = next(v);
	basic = basic_type(c);
	if (basic.n) {
		put(v, basic);
		v->depth--;
		return;
	}
	switch (c) {
	case 'R':
	case 'Q': reference(v, c == 'Q'); break;
	case 'P':
	case 'O':
		put(v, c == 'P' ? STR("*const ") : STR("*mut "));
		type(v);
		break;
	case 'A':
	case 'S':
		put(v, STR("["));
		type(v);
		if (c == 'A') {
			put(v, STR("; "));
			constant(v);
		}
		put(v, STR("]"));
		break;
	case 'T': tuple(v); break;
	case 'F': fn_type(v); break;
	case 'D': dyn_type(v); break;
	case 'B':
		if (jump(v, &back))
			type(v);
		v->i = back;
		break;
	default:
		if (!v->bad)
			v->i--;
		path(v, false);
	}
	v->depth--;
}

static struct str hex_digits(struct v0 *v)
{
	size_t from = v->i;

	while (demangle_is_hex(peek(v)))
		v->i++;
	if (!eat(v, '_'))
		v->bad = true;
	return str_of(v->s.p + from, v->bad ? 0 : v->i - 1 - from);
}

static void put_number(struct v0 *v, struct str hex)
{
	while (hex.n > 0 && hex.p[0] == '0')
		hex = str_skip(hex, 1);
	if (hex.n > 16) {
		put(v, STR("0x"));
		put(v, hex);
		return;
	}
	put_u64(v, demangle_hex(hex));
}

static void put_char(struct v0 *v, struct str hex)
{
	uint32_t n = 0;
	char utf8[4];

	for (size_t i = 0; i < hex.n && n <= 0x10ffff; i++)
		n = n * 16 + (uint32_t)(hex.p[i] <= '9' ? hex.p[i] - '0' : hex.p[i] - 'a' + 10);
	if (n > 0x10ffff || (n >= 0xd800 && n < 0xe000)) {
		v->bad = true;
		return;
	}
	put(v, STR("'"));
	if (n == '\'' || n == '\\')
		put(v, STR("\\"));
	if (n >= 32)
		put(v, str_of(utf8, enc_utf8(utf8, n)));
	else if (!v->mute)
		buf_printf(v->out, "\\u{%x}", n);
	put(v, STR("'"));
}

static void constant(struct v0 *v)
{
	size_t back;
	char c;

	if (!enter(v)) {
		v->depth--;
		return;
	}
	c = next(v);
	switch (c) {
	case 'p': put(v, STR("_")); break;
	case 'B':
		if (jump(v, &back))
			constant(v);
		v->i = back;
		break;
	case 'b': {
		struct str hex = hex_digits(v);

		put(v, str_eq(hex, STR("1")) ? STR("true") : STR("false"));
		break;
	}
	case 'c': put_char(v, hex_digits(v)); break;
	case 'a':
	case 's':
	case 'l':
	case 'x':
	case 'n':
	case 'i':
		if (eat(v, 'n'))
			put(v, STR("-"));
		__attribute__((fallthrough));
	case 'h':
	case 't':
	case 'm':
	case 'y':
	case 'o':
	case 'j':
		put_number(v, hex_digits(v));
		if (v->full)
			put(v, basic_type(c));
		break;
	default: v->bad = true;
	}
	v->depth--;
}

bool demangle_rust_v0(struct str name, bool full, struct buf *out)
{
	struct v0 v = { .s = str_skip(name, 2), .out = out, .full = full };
	size_t before = out->n;

	if (peek(&v) >= '0' && peek(&v) <= '9') /* a version that is not known yet */
		return false;
	path(&v, true);
	if (!v.bad && peek(&v) >= 'A' && peek(&v) <= 'Z') { /* the crate that made this instance */
		v.mute++;
		path(&v, false);
		v.mute--;
	}
	if (!v.bad && (v.i == v.s.n || peek(&v) == '.'))
		return true;
	out->n = before;
	out->over = false;
	return false;
}
